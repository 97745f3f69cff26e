"""A path or URL finds its store, and only that store's module is loaded."""

import asyncio
import subprocess
import sys
from pathlib import Path
from traceback import format_exception

import pytest

from coachcore.errors import NotValid, StoreUnavailable
from coachcore.storage import Append, StreamHead, open_async_store, open_store
from coachcore.storage.memory import MemoryStore
from coachcore.storage.sql import AsyncSQLStore, SQLStore
from coachcore.storage.sqlite import SQLiteStore
from coachcore.testing.stores import history


@pytest.mark.parametrize("name", [":memory:", "memory:", "memory://", "MEMORY://", "sqlite:///:memory:"])
def test_memory_has_several_names(name: str) -> None:
    assert isinstance(open_store(name), MemoryStore)


def test_each_memory_is_a_store_of_its_own() -> None:
    one, other = open_store(":memory:"), open_store(":memory:")
    one.write([Append("eng-1", history("eng-1", 1), 0)])
    assert (one.last_position(), other.last_position()) == (1, 0)


def test_a_path_is_an_sqlite_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = ["a.db", str(tmp_path / "b b#?%.db"), tmp_path / "ā.db", "sqlite:///d.db", f"sqlite:///{tmp_path}/e.db"]
    for name in names:
        with open_store(name) as store:
            assert isinstance(store, SQLiteStore)
    assert {entry.name for entry in tmp_path.iterdir()} == {"a.db", "b b#?%.db", "ā.db", "d.db", "e.db"}


def test_a_path_object_is_always_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with open_store(Path(":memory:")):
        assert (tmp_path / ":memory:").exists()


@pytest.mark.parametrize(
    "name", ["oracle://host/books", "mysql+pymysql://host/books", "file:///books.db", "memory+x://"]
)
def test_an_unknown_kind_names_those_that_exist(name: str) -> None:
    with pytest.raises(StoreUnavailable) as problem:
        open_store(name)
    assert problem.value.code == "store_kind.unknown"
    assert "sqlite://" in problem.value.hint


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "store_path.invalid"),
        ("a\0b", "store_path.invalid"),
        ("a\nb.db", "store_path.invalid"),
        (Path("a\x1bb.db"), "store_path.invalid"),
        ("sqlite:///a\x85b.db", "store_path.invalid"),
        (b"bytes.db", "store_path.invalid"),
        ("sqlite://books.db", "store_path.missing"),
        ("sqlite:///", "store_path.missing"),
        ("memory://books", "store_path.not_allowed"),
    ],
)
def test_what_is_no_path_is_not_valid(name: str, code: str) -> None:
    with pytest.raises(NotValid) as problem:
        open_store(name)
    assert problem.value.code == code


def test_no_store_is_loaded_before_it_is_asked_for() -> None:
    code = "import coachcore.storage, coachcore.testing, sys; print(*sorted({'sqlite3', 'sqlalchemy', 'pytest', 'hypothesis'} & set(sys.modules)))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == ""


# -- SQL databases and stores of other distributions ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "prefix", ["postgresql://", "POSTGRESQL://", "postgresql+psycopg://", "sql+postgresql+psycopg://"]
)
def test_postgresql_has_several_names(postgresql_url: str, prefix: str) -> None:
    url = prefix + postgresql_url.partition("://")[2]
    with open_store(url) as store:
        assert isinstance(store, SQLStore)
        store.write([Append("eng-1", history("eng-1", 1), 0)])

    async def head() -> StreamHead | None:
        async with await open_async_store(url, create=False) as opened:
            assert isinstance(opened, AsyncSQLStore)
            return await opened.head("eng-1")

    assert asyncio.run(head()) == StreamHead(engagement_id="eng-1", version=1, digest=history("eng-1", 1)[0].digest)


def test_sql_before_a_url_of_sqlalchemy_names_any_database(tmp_path: Path) -> None:
    with open_store(f"sql+sqlite:///{tmp_path}/a.db") as store:
        assert isinstance(store, SQLStore)

    async def kind() -> type:
        async with await open_async_store(f"sql+sqlite+aiosqlite:///{tmp_path}/a.db", create=False) as opened:
            return type(opened)

    assert asyncio.run(kind()) is AsyncSQLStore


def test_memory_and_files_are_the_same_stores_for_asynchronous_practices(tmp_path: Path) -> None:
    async def kinds() -> list[type]:
        stores = [await open_async_store(":memory:"), await open_async_store(tmp_path / "a.db")]
        for store in stores:
            store.close()
        return [type(store) for store in stores]

    assert asyncio.run(kinds()) == [MemoryStore, SQLiteStore]


def test_a_driver_of_the_other_kind_is_refused_with_what_to_use(tmp_path: Path) -> None:
    with pytest.raises(NotValid) as problem:
        open_store(f"sql+sqlite+aiosqlite:///{tmp_path}/a.db")
    assert (problem.value.code, "open_async" in problem.value.hint) == ("store_url.not_allowed", True)
    with pytest.raises(NotValid) as problem:
        asyncio.run(open_async_store(f"sql+sqlite:///{tmp_path}/a.db"))
    assert (problem.value.code, "aiosqlite" in problem.value.hint) == ("store_url.not_allowed", True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("sql+nosuchdatabase://host/a", "store_kind.unknown"),
        ("sql+postgresql+psycopg://user:secret@host:port/a", "store_url.invalid"),
        ("sql+mysql+pymysql://user:secret@host/a", "package.missing"),
        ("postgresql+pg8000://user:secret@host/a", "package.missing"),
    ],
)
def test_a_url_that_sqlalchemy_cannot_use_is_an_error_of_ours_without_its_password(url: str, code: str) -> None:
    with pytest.raises((NotValid, StoreUnavailable)) as problem:
        open_store(url)
    assert problem.value.code == code
    assert problem.value.hint
    assert "secret" not in "".join(format_exception(problem.value))


@pytest.mark.parametrize(
    ("missing", "url", "hint"),
    [
        ("sqlalchemy", "postgresql://host/a", "coachcore[sql]"),
        ("psycopg", "postgresql://host/a", "coachcore[postgresql]"),
    ],
)
def test_without_its_packages_a_store_says_which_extra_brings_them(missing: str, url: str, hint: str) -> None:
    code = (
        f"import sys; sys.modules[{missing!r}] = None\n"
        "from coachcore.errors import NotValid; from coachcore.storage import open_store\n"
        f"try: open_store({url!r})\n"
        "except NotValid as error: print(error.code, error.hint)"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.startswith("package.missing")
    assert hint in answer.stdout


PLUGIN = """
from coachcore.storage.memory import MemoryStore

class ShelfStore(MemoryStore):
    pass

def open_shelf(url, *, create, is_async):
    assert (url, create) == ("Shelf://top/left", False)
    return opened() if is_async else ShelfStore()

async def opened():
    return ShelfStore()

def broken(url, **options):
    raise ZeroDivisionError
"""


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A distribution that is installed and offers two stores."""
    folder = tmp_path / "shelves-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: shelves\nVersion: 1.0\n")
    (folder / "entry_points.txt").write_text(
        "[coachcore.stores]\nshelf = shelves:open_shelf\nbroken = shelves:broken\n"
    )
    (tmp_path / "shelves.py").write_text(PLUGIN)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "shelves", raising=False)


@pytest.mark.usefixtures("plugin")
def test_the_scheme_of_an_entry_point_opens_another_distributions_store() -> None:
    with open_store("Shelf://top/left", create=False) as store:
        assert type(store).__name__ == "ShelfStore"
    store = asyncio.run(open_async_store("Shelf://top/left", create=False))
    assert type(store).__name__ == "ShelfStore"
    with pytest.raises(NotValid) as problem:
        open_store("broken://")
    assert (problem.value.code, problem.value.data["plugin"]) == ("plugin.failed", "broken")
