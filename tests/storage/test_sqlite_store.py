"""The SQLite store keeps every promise of a store, and says clearly what is wrong with a file."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from coachcore.errors import Corrupt, NotFound, NotValid, StoreUnavailable
from coachcore.storage import EventStore, open_store
from coachcore.storage.sqlite import SCHEMA_VERSION, SQLiteStore
from coachcore.storage.verify import ERASURE_TYPE, verify
from coachcore.testing.old_stores import OldStoreConformance, old_store_machine
from coachcore.testing.stores import history, make_record


class TestSQLiteStore(OldStoreConformance):
    is_persistent = True

    def make_store(self, directory: Path) -> EventStore:
        return SQLiteStore(directory / "books.db")


class _ScratchStore(SQLiteStore):
    def __init__(self) -> None:
        self._directory = tempfile.TemporaryDirectory()
        super().__init__(Path(self._directory.name) / "books.db")
        self._db.execute("PRAGMA synchronous = OFF")  # the disk is not what this is about

    def close(self) -> None:
        super().close()
        self._directory.cleanup()


TestSQLiteStoreBesideAList = old_store_machine(_ScratchStore).TestCase


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "books.db"


@pytest.fixture
def written(path: Path) -> Path:
    with SQLiteStore(path) as store:
        store.append("eng-1", history("eng-1", 300), 0)
    return path


def test_commits_reach_the_disk_through_a_write_ahead_log(path: Path) -> None:
    with SQLiteStore(path) as store:
        assert store._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert store._db.execute("PRAGMA synchronous").fetchone() == (2,)


def test_a_closed_store_is_one_file(written: Path) -> None:
    assert [entry.name for entry in written.parent.iterdir()] == ["books.db"]


def test_erased_content_is_nowhere_in_the_files(path: Path) -> None:
    secret = "what was said in confidence, " * 400
    with SQLiteStore(path) as store:
        first = store.append("eng-1", [make_record(content=secret)], 0)[0]
        assert any(b"said in confidence" in file.read_bytes() for file in path.parent.iterdir())
        notice = make_record(version=2, previous=first.digest, type_=ERASURE_TYPE)
        store.append("eng-1", [notice], 1, erase=[first.event_id])
        assert not any(b"said in confidence" in file.read_bytes() for file in path.parent.iterdir())


def test_content_stays_out_of_a_records_repr() -> None:
    assert "in confidence" not in repr(make_record(content="said in confidence"))


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_the_file_and_its_log_are_readable_by_their_owner_alone_whatever_the_umask(path: Path) -> None:
    umask = os.umask(0)
    try:
        with SQLiteStore(path) as store:
            store.append("eng-1", history("eng-1", 3), 0)
            modes = {entry.name: entry.stat().st_mode & 0o777 for entry in path.parent.iterdir()}
    finally:
        os.umask(umask)
    assert {"books.db", "books.db-wal"} <= set(modes)
    assert set(modes.values()) == {0o600}


def _delete(path: Path) -> None:
    path.unlink()


def _move(path: Path) -> None:
    path.rename(path.with_name("elsewhere.db"))


def _replace(path: Path) -> None:
    copy = path.with_name("copy.db")
    shutil.copyfile(path, copy)
    copy.replace(path)


@pytest.mark.skipif(os.name != "posix", reason="an open file cannot be moved elsewhere")
@pytest.mark.parametrize("change", [_delete, _move, _replace])
def test_nothing_is_acknowledged_once_the_file_is_not_where_it_was(
    written: Path, change: Callable[[Path], None]
) -> None:
    with SQLiteStore(written) as store:
        before = store.last_position()
        change(written)
        with pytest.raises(StoreUnavailable) as refused:
            store.append("eng-2", history("eng-2", 1), 0)
        assert refused.value.code == "store.moved"
        with pytest.raises(StoreUnavailable):
            store.save_checkpoint("mail", 3)
        assert store.last_position() == before


def test_an_empty_file_is_no_store_to_whoever_does_not_want_one_made(path: Path) -> None:
    path.touch()
    with pytest.raises(StoreUnavailable) as refused:
        open_store(path, create=False)
    assert refused.value.code == "store.invalid"
    assert path.read_bytes() == b""


def test_an_empty_file_becomes_a_store(path: Path) -> None:
    path.touch()
    with SQLiteStore(path) as store:
        store.append("eng-1", history("eng-1", 1), 0)


@pytest.mark.parametrize("content", [b"x", b"not a database " * 1000, b"SQLite format 3\x00", b"\x00" * 4096])
def test_a_file_that_is_no_database_is_left_as_it_is(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises((StoreUnavailable, Corrupt)) as problem:
        SQLiteStore(path)
    assert problem.value.code in ("store.invalid", "store.damaged")
    assert str(path) in problem.value.message
    assert problem.value.hint
    assert path.read_bytes() == content
    assert [entry.name for entry in path.parent.iterdir()] == ["books.db"]


@pytest.mark.parametrize("mark", ["CREATE TABLE t (x)", "PRAGMA application_id = 7", "PRAGMA user_version = 7"])
def test_another_programs_database_is_left_as_it_is(path: Path, mark: str) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute(mark)
    other.execute("VACUUM")
    other.close()
    before = path.read_bytes()
    with pytest.raises(StoreUnavailable) as problem:
        SQLiteStore(path)
    assert problem.value.code == "store.invalid"
    assert path.read_bytes() == before


def test_a_newer_schema_is_left_as_it_is(written: Path) -> None:
    edit(written, f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    before = written.read_bytes()
    with pytest.raises(StoreUnavailable) as problem:
        SQLiteStore(written)
    assert problem.value.code == "store_schema.unknown"
    assert written.read_bytes() == before


@pytest.mark.parametrize("share", [0.02, 0.5, 0.99])
def test_a_truncated_file_is_reported_and_never_a_traceback(written: Path, share: float) -> None:
    content = written.read_bytes()
    written.write_bytes(content[: int(len(content) * share)])
    try:
        with SQLiteStore(written) as store:
            report = verify(store)
            assert "store.damaged" in {problem.code for problem in report.problems}
    except Corrupt as damage:
        if damage.code != "store.damaged":
            raise


def test_a_file_with_a_scrambled_page_is_reported_and_never_a_traceback(written: Path) -> None:
    size = written.stat().st_size
    for place in range(4096, size, 4096):
        content = bytearray(written.read_bytes())
        content[place : place + 200] = bytes(range(200))
        scrambled = written.with_name(f"{place}.db")
        scrambled.write_bytes(content)
        try:
            with SQLiteStore(scrambled) as store:
                assert not verify(store).is_clean
        except Corrupt as damage:
            if damage.code != "store.damaged":
                raise


def test_a_missing_table_is_damage(written: Path) -> None:
    edit(written, "DROP TABLE streams")
    with SQLiteStore(written) as store:
        with pytest.raises(Corrupt):
            store.append("eng-2", history("eng-2", 1), 0)
        assert not verify(store).is_clean
        assert len(store.read("eng-1")) == 300


def test_a_directory_is_no_store(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable) as problem:
        SQLiteStore(tmp_path)
    assert problem.value.code == "store.is_directory"


def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable) as problem:
        SQLiteStore(tmp_path / "nowhere" / "books.db")
    assert problem.value.code == "store_directory.missing"
    assert "nowhere" in problem.value.message


def test_a_store_that_is_only_asked_for_is_not_made(path: Path) -> None:
    with pytest.raises(NotFound) as problem:
        open_store(path, create=False)
    assert problem.value.code == "store.missing"
    assert not path.exists()


def test_a_file_that_another_process_is_writing_is_locked(written: Path) -> None:
    other = sqlite3.connect(written, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with SQLiteStore(written, busy_seconds=0) as store:
        with pytest.raises(StoreUnavailable) as problem:
            store.append("eng-2", history("eng-2", 1), 0)
        assert problem.value.code == "store.locked"
        assert len(store.read("eng-1")) == 300
        other.close()
        store.append("eng-2", history("eng-2", 1), 0)


@pytest.mark.skipif(os.name == "nt" or (hasattr(os, "geteuid") and os.geteuid() == 0), reason="may write anywhere")
def test_a_directory_that_may_not_be_written_is_named(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    with pytest.raises(StoreUnavailable) as problem:
        SQLiteStore(closed / "books.db")
    assert problem.value.code == "store.no_access"


def test_a_store_that_may_not_be_written_still_reads(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # as on a read-only disk
    with SQLiteStore(written) as store:
        with pytest.raises(StoreUnavailable) as problem:
            store.append("eng-2", history("eng-2", 1), 0)
        assert problem.value.code == "store.read_only"
        assert len(store.read("eng-1")) == 300
        assert verify(store).is_clean
        assert [entry.name for entry in written.parent.iterdir()] == ["books.db"]


def test_a_full_disk_stores_nothing_and_says_so(written: Path) -> None:
    with SQLiteStore(written) as store:
        pages = store._db.execute("PRAGMA page_count").fetchone()[0]
        store._db.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(StoreUnavailable) as problem:
            store.append("eng-2", history("eng-2", 1000), 0)
        assert problem.value.code == "store.full"
        assert store.head("eng-2") is None
        store._db.execute(f"PRAGMA max_page_count = {pages * 10}")
        store.append("eng-2", history("eng-2", 1000), 0)
        assert verify(store).is_clean


def test_a_transaction_that_ran_out_of_room_cannot_go_on(written: Path) -> None:
    def go_on_regardless(store: SQLiteStore) -> None:
        with store.transaction():
            store.append("eng-2", history("eng-2", 1), 0)
            pages = store._db.execute("PRAGMA page_count").fetchone()[0]
            store._db.execute(f"PRAGMA max_page_count = {pages}")
            with pytest.raises(StoreUnavailable, match=r"store\.full"):
                store.append("eng-3", history("eng-3", 1000), 0)
            if store._db.in_transaction:  # whether SQLite takes all of it back depends on where the room ran out
                store._db.execute("ROLLBACK")
            store.append("eng-4", history("eng-4", 1), 0)

    with SQLiteStore(written) as store:
        with pytest.raises(StoreUnavailable) as problem:
            go_on_regardless(store)
        assert problem.value.code == "store.rolled_back"
        assert [head.engagement_id for head in store.heads()] == ["eng-1"]


@pytest.mark.parametrize("value", ["\ud800", 2**70, object()])
def test_a_value_that_no_store_can_hold_is_not_valid(written: Path, value: object) -> None:
    with SQLiteStore(written) as store, pytest.raises(NotValid):
        store.read(value)  # type: ignore[arg-type]


def edit(path: Path, *statements: str) -> None:
    """Change the file behind the store's back."""
    db = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        db.execute(statement)
    db.close()
