"""A store of coachcore 0.1 is read as it is, and converted once: whole, or not at all, with a copy of it beside."""

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from coachcore.errors import CoachcoreError, Corrupt, NotValid, StoreUnavailable
from coachcore.storage import Append, Checkpoint, SaveCheckpoint, StreamHead, sqlite_migration
from coachcore.storage.sqlite import SQLiteStore
from coachcore.storage.sqlite_migration import migrate
from coachcore.storage.verify import ERASURE_TYPE, verify
from coachcore.testing.stores import history, make_record

SECRET = "told in confidence, " * 500
FIRST, *REST = history("A", 3)
ERASED = make_record("B", 1, content=SECRET)._replace(salt=None, content=None)
NOTICE = make_record("B", 2, ERASED.digest, type_=ERASURE_TYPE)
EVENTS = [FIRST, ERASED, NOTICE, *REST]
CHECKPOINTS = {"mail": 3, "search": 5}


@pytest.fixture
def old(tmp_path: Path, write_old_store: Callable[..., Path]) -> Path:
    """An old store, in whose unused pages there is still what was erased."""
    path = write_old_store(tmp_path / "books.db", EVENTS, CHECKPOINTS)
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA secure_delete = OFF")
    db.execute("CREATE TABLE secrets (secret)")
    db.execute("INSERT INTO secrets VALUES (?)", (SECRET,))
    db.execute("DROP TABLE secrets")
    db.close()
    assert b"told in confidence" in path.read_bytes()
    return path


def contents(path: Path) -> dict[str, Any]:
    """Everything that can be read from a store, which must be sound."""
    with SQLiteStore(path, create=False) as store:
        assert verify(store).problems == ()
        return {
            "events": [(position, record[:7]) for position, record in store.read_all()],
            "A": [record[:7] for record in store.read("A")],
            "heads": list(store.heads()),
            "head": store.head("B"),
            "last_position": store.last_position(),
            "checkpoints": [store.checkpoint("mail"), *store.checkpoints()],
        }


EXPECTED = {
    "events": [(position, record[:7]) for position, record in enumerate(EVENTS, 1)],
    "A": [record[:7] for record in (FIRST, *REST)],
    "heads": [
        StreamHead(engagement_id="A", version=3, digest=REST[-1].digest),
        StreamHead(engagement_id="B", version=2, digest=NOTICE.digest),
    ],
    "head": StreamHead(engagement_id="B", version=2, digest=NOTICE.digest),
    "last_position": 5,
    "checkpoints": [
        Checkpoint(name="mail", position=3),
        Checkpoint(name="mail", position=3),
        Checkpoint(name="search", position=5),
    ],
}


def backups(path: Path) -> list[Path]:
    return sorted(path.parent.glob(f"{path.name}.schema-1*"))


def refused(call: Callable[[], object]) -> CoachcoreError:
    with pytest.raises(CoachcoreError) as caught:
        call()
    return caught.value


def test_an_old_store_is_read_as_it_is_and_a_write_says_what_to_do(old: Path) -> None:
    before = old.read_bytes()
    assert contents(old) == EXPECTED
    with SQLiteStore(old) as store:
        for write in (Append("C", history("C", 1), 0), SaveCheckpoint(Checkpoint(name="new"), None)):
            error = refused(lambda: store.write([write]))  # noqa: B023
            assert (type(error), error.code) == (StoreUnavailable, "store_schema.old")
            assert f"coachcore migrate {old}" in error.hint
    assert old.read_bytes() == before


def test_a_migrated_store_holds_the_same_and_is_written(old: Path) -> None:
    migration = migrate(old)
    (backup,) = backups(old)
    assert (migration.from_version, migration.to_version, migration.events) == (1, 2, 5)
    assert migration.backup == backup
    assert contents(old) == EXPECTED
    with SQLiteStore(old) as store:
        store.write([Append("A", history("A", 1, after=REST[-1]), 3)])
        assert store.read_all()[-1].position == 6
    assert verify_sqlite(old) == [("ok",)]


def verify_sqlite(path: Path) -> list[Any]:
    db = sqlite3.connect(path)
    try:
        return db.execute("PRAGMA integrity_check").fetchall()
    finally:
        db.close()


def test_a_migrated_store_is_as_one_that_is_made_anew(old: Path, tmp_path: Path) -> None:
    migrate(old)
    with SQLiteStore(tmp_path / "new.db"):
        pass
    statement = "SELECT type, name, sql FROM sqlite_master ORDER BY name"
    definitions = []
    for path in (old, tmp_path / "new.db"):
        db = sqlite3.connect(path)
        definitions.append(db.execute(statement).fetchall())
        db.close()
    assert definitions[0] == definitions[1]


def test_the_copy_is_the_store_as_it_was_for_its_owner_alone(old: Path) -> None:
    migrate(old)
    (backup,) = backups(old)
    if os.name == "posix":
        assert backup.stat().st_mode & 0o777 == 0o600
    assert contents(backup) == EXPECTED
    with SQLiteStore(backup) as old:
        assert refused(lambda: old.write([Append("C", history("C", 1), 0)])).code == "store_schema.old"


def test_a_copy_overwrites_nothing(old: Path) -> None:
    taken = old.with_name(f"{old.name}.schema-1")
    taken.write_text("something else")
    assert migrate(old).backup == old.with_name(f"{old.name}.schema-1.2")
    assert taken.read_text() == "something else"


def test_nothing_that_was_erased_is_in_any_file_afterwards(old: Path) -> None:
    migrate(old)
    assert {entry.name for entry in old.parent.iterdir()} == {"books.db", "books.db.schema-1"}
    assert not holds_the_secret(old.parent)


def holds_the_secret(folder: Path) -> bool:
    return any(b"told in confidence" in entry.read_bytes() for entry in folder.rglob("*") if entry.is_file())


def test_a_store_that_was_migrated_is_left_as_it_is(old: Path) -> None:
    migrate(old)
    before = old.read_bytes()
    migration = migrate(old)
    assert (migration.from_version, migration.backup, migration.events) == (2, None, 5)
    assert old.read_bytes() == before


def test_a_handle_that_was_open_during_the_migration_goes_on(old: Path) -> None:
    with SQLiteStore(old) as reader, SQLiteStore(old) as writer:
        assert reader.head("A") is not None
        migrate(old)
        assert list(reader.heads()) == EXPECTED["heads"]
        writer.write([Append("A", history("A", 1, after=REST[-1]), 3)])
        assert reader.last_position() == 6


@pytest.mark.parametrize("version", [3, 99])
def test_a_newer_store_is_left_as_it_is(old: Path, version: int) -> None:
    edit(old, f"PRAGMA user_version = {version}")
    before = old.read_bytes()
    for call in (lambda: SQLiteStore(old), lambda: migrate(old)):
        error = refused(call)
        assert (type(error), error.code) == (StoreUnavailable, "store_schema.unknown")
    assert old.read_bytes() == before


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM events WHERE position = 5",
        "DELETE FROM streams WHERE engagement_id = 'B'",
        "UPDATE streams SET digest = 'x'",
        "UPDATE sqlite_sequence SET seq = 9",
    ],
)
def test_a_store_that_contradicts_itself_is_not_migrated(old: Path, change: str) -> None:
    edit(old, change)
    before = old.read_bytes()
    error = refused(lambda: migrate(old))
    assert (type(error), error.code) == (Corrupt, "store.damaged")
    assert (old.read_bytes(), backups(old)) == (before, [])


@pytest.mark.parametrize("path", ["", "a\0b.db", "a\x1bb.db", "\ud800.db", b"bytes.db", 5, None])
def test_what_is_no_path_is_not_migrated(path: Any) -> None:
    with pytest.raises(NotValid) as problem:
        migrate(path)
    assert problem.value.code == "store_path.invalid"


def test_an_empty_store_is_migrated(tmp_path: Path, write_old_store: Callable[..., Path]) -> None:
    path = write_old_store(tmp_path / "empty.db", [], {})
    assert migrate(path).events == 0
    with SQLiteStore(path) as store:
        store.write([Append("A", history("A", 1), 0)])
        assert verify(store).is_clean


def test_while_another_process_writes_a_store_is_not_migrated(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_migration, "BUSY_SECONDS", 0)
    other = sqlite3.connect(old, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        assert refused(lambda: migrate(old)).code == "store.locked"
        assert backups(old) == []
    finally:
        other.close()


# -- interrupted -------------------------------------------------------------------------------------------------------


class Stop:
    """What happens before, or just after, the n-th statement of all connections."""

    def __init__(self, statement: int, is_after: bool, stop: Callable[[], object]) -> None:
        self.left, self.is_after, self.stop = statement, is_after, stop

    def connect(self, path: Path) -> sqlite3.Connection:
        outer = self

        class Stopping(sqlite3.Connection):
            def execute(self, *arguments: Any) -> sqlite3.Cursor:
                return outer.around(lambda: sqlite3.Connection.execute(self, *arguments))

            def executemany(self, *arguments: Any) -> sqlite3.Cursor:
                return outer.around(lambda: sqlite3.Connection.executemany(self, *arguments))

        address = f"{path.as_uri()}?mode=rw"
        return sqlite3.connect(address, uri=True, isolation_level=None, factory=Stopping)

    def around(self, execute: Callable[[], sqlite3.Cursor]) -> sqlite3.Cursor:
        self.left -= 1
        if self.left == 0 and not self.is_after:
            self.stop()
        cursor = execute()
        if self.left == 0 and self.is_after:
            self.stop()
        return cursor


def interrupt() -> None:
    raise KeyboardInterrupt


def stopped_by_an_exception(path: Path, monkeypatch: pytest.MonkeyPatch, statement: int, is_after: bool) -> bool:
    monkeypatch.setattr(sqlite_migration, "_connection", Stop(statement, is_after, interrupt).connect)
    try:
        migrate(path)
    except KeyboardInterrupt:
        return True
    finally:
        monkeypatch.undo()
    return False


def stopped_by_a_kill(path: Path, monkeypatch: pytest.MonkeyPatch, statement: int, is_after: bool) -> bool:
    child = os.fork()
    if child == 0:
        try:
            monkeypatch.setattr(sqlite_migration, "_connection", Stop(statement, is_after, lambda: os._exit(9)).connect)
            migrate(path)
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


def copies(old: Path) -> Iterator[Path]:
    for number in range(200):
        folder = old.parent / str(number)
        folder.mkdir()
        yield Path(shutil.copyfile(old, folder / old.name))


@pytest.mark.parametrize("is_after", [False, True])
@pytest.mark.parametrize(
    "stopped",
    [
        stopped_by_an_exception,
        pytest.param(
            stopped_by_a_kill, marks=pytest.mark.skipif(not hasattr(os, "fork"), reason="kills a forked process")
        ),
    ],
)
def test_a_migration_that_is_stopped_at_any_statement_leaves_the_old_store_or_the_new_one(
    old: Path, monkeypatch: pytest.MonkeyPatch, stopped: Callable[..., bool], is_after: bool
) -> None:
    versions = []
    for statement, path in enumerate(copies(old), 1):
        if not stopped(path, monkeypatch, statement, is_after):
            break
        assert contents(path) == EXPECTED
        for backup in backups(path):
            if backup.stat().st_size:  # empty where its name was taken, and nothing more
                assert contents(backup) == EXPECTED
        version = migrate(path).from_version
        versions.append(version)
        assert contents(path) == EXPECTED
        assert version == 2 or not holds_the_secret(path.parent)
    assert versions == sorted(versions)  # old until it is committed, new from then on
    assert versions.count(1) > 15
    assert versions.count(2) > 1


def edit(path: Path, *statements: str) -> None:
    """Change the file behind the store's back."""
    db = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        db.execute(statement)
    db.close()
