"""A path or URL finds its store, and only that store's module is loaded."""

import subprocess
import sys
from pathlib import Path

import pytest

from coachcore.errors import NotValid, StoreUnavailable
from coachcore.storage import Append, open_store
from coachcore.storage.memory import MemoryStore
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


@pytest.mark.parametrize("name", ["postgresql://host/books", "mysql+pymysql://host/books", "file:///books.db"])
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
    code = "import coachcore.storage, coachcore.testing, sys; print(*sorted({'sqlite3', 'pytest', 'hypothesis'} & set(sys.modules)))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == ""
