"""The SQLite store keeps every promise of a store, and says clearly what is wrong with a file."""

import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from coachcore.errors import Conflict, Corrupt, NotFound, NotValid, Refused, StoreUnavailable
from coachcore.storage import Record, open_store
from coachcore.storage.contract import Append, Checkpoint, EventStore, SaveCheckpoint, Write
from coachcore.storage.sqlite import SQLiteStore
from coachcore.storage.sqlite_schema import NOTED_EVERY, SCHEMA_VERSION
from coachcore.storage.verify import ERASURE_TYPE, verify
from coachcore.testing.stores import StoreConformance, history, make_record, store_machine


class TestSQLiteStore(StoreConformance):
    is_persistent = True

    def make_store(self, directory: Path) -> EventStore:
        return SQLiteStore(directory / "books.db")

    def change_checkpoint(self, store: EventStore, name: str, position: int) -> bool:
        assert isinstance(store, SQLiteStore)
        edit(store.path, f"UPDATE checkpoints SET position = {position} WHERE name = '{name}'")
        return True


class _ScratchStore(SQLiteStore):
    def __init__(self) -> None:
        self._directory = tempfile.TemporaryDirectory()
        super().__init__(Path(self._directory.name) / "books.db")
        self._db.execute("PRAGMA synchronous = OFF")  # the disk is not what this is about

    def close(self) -> None:
        super().close()
        self._directory.cleanup()


TestSQLiteStoreBesideAModel = store_machine(_ScratchStore).TestCase


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "books.db"


@pytest.fixture
def written(path: Path) -> Path:
    with SQLiteStore(path) as store:
        store.write([Append("eng-1", history("eng-1", 300), 0)])
    return path


def edit(path: Path, *statements: str) -> None:
    """Change the file behind the store's back."""
    db = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        db.execute(statement)
    db.close()


def test_commits_reach_the_disk_through_a_write_ahead_log(path: Path) -> None:
    with SQLiteStore(path) as store:
        assert store._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert store._db.execute("PRAGMA synchronous").fetchone() == (2,)


def test_a_copy_without_a_write_ahead_log_gets_one(written: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    edit(written, f"VACUUM INTO '{copy}'")
    with SQLiteStore(copy) as store:
        assert store._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        store.write([Append("eng-2", history("eng-2", 1), 0)])
        assert verify(store).is_clean


def test_a_closed_store_is_one_file(written: Path) -> None:
    assert [entry.name for entry in written.parent.iterdir()] == ["books.db"]


def test_erased_content_is_nowhere_in_the_files(path: Path) -> None:
    secret = "what was said in confidence, " * 400
    with SQLiteStore(path) as store:
        first = make_record(content=secret)
        store.write([Append("eng-1", [first], 0)])
        assert any(b"said in confidence" in file.read_bytes() for file in path.parent.iterdir())
        notice = make_record(version=2, previous=first.digest, type_=ERASURE_TYPE)
        store.write([Append("eng-1", [notice], 1, erase=[first.event_id])])
        assert not any(b"said in confidence" in file.read_bytes() for file in path.parent.iterdir())


def test_content_stays_out_of_a_records_repr() -> None:
    assert "in confidence" not in repr(make_record(content="said in confidence"))


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_the_file_and_its_log_are_readable_by_their_owner_alone_whatever_the_umask(path: Path) -> None:
    umask = os.umask(0)
    try:
        with SQLiteStore(path) as store:
            store.write([Append("eng-1", history("eng-1", 3), 0)])
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


def _delete_log(path: Path) -> None:
    Path(f"{path}-wal").unlink()


def _move_log(path: Path) -> None:
    Path(f"{path}-wal").rename(path.with_name("moved"))


def _replace_log(path: Path) -> None:
    log = Path(f"{path}-wal")
    shutil.copyfile(log, path.with_name("copy")).replace(log)


@pytest.mark.skipif(os.name != "posix", reason="an open file cannot be moved elsewhere")
@pytest.mark.parametrize(
    "change",
    [
        _delete,
        _move,
        _replace,
        _delete_log,
        _move_log,
        pytest.param(
            _replace_log,
            marks=pytest.mark.skipif(sys.platform != "linux", reason="only Linux says where an open file lies"),
        ),
    ],
)
def test_nothing_is_acknowledged_once_the_file_is_not_where_it_was(
    written: Path, change: Callable[[Path], None]
) -> None:
    with SQLiteStore(written) as store:
        before = store.last_position()
        change(written)
        with pytest.raises(StoreUnavailable) as refused:
            store.write([Append("eng-2", history("eng-2", 1), 0)])
        assert refused.value.code == "store.moved"
        with pytest.raises(StoreUnavailable):
            store.write([SaveCheckpoint(Checkpoint(name="mail", position=3), None)])
        assert store.last_position() == before


@pytest.mark.skipif(os.name != "posix", reason="an open file cannot be deleted elsewhere")
def test_the_log_of_a_store_that_was_opened_through_a_link_is_beside_the_file(written: Path, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    link = folder / "link.db"
    link.symlink_to(written)
    with SQLiteStore(link) as store:
        store.write([Append("eng-2", history("eng-2", 1), 0)])
        _delete_log(written)
        with pytest.raises(StoreUnavailable) as refused:
            store.write([Append("eng-3", history("eng-3", 1), 0)])
    assert refused.value.code == "store.moved"


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="lists the open files of a process")
def test_a_closed_store_leaves_no_file_open(written: Path) -> None:
    def open_files() -> list[str]:
        return [name for name in map(_target, Path("/proc/self/fd").iterdir()) if written.name in name]

    with SQLiteStore(written):
        assert open_files() != []
    assert open_files() == []


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except OSError:  # the folder that was read to find the links
        return ""


def test_an_empty_file_is_no_store_to_whoever_does_not_want_one_made(path: Path) -> None:
    path.touch()
    with pytest.raises(StoreUnavailable) as refused:
        open_store(path, create=False)
    assert refused.value.code == "store.invalid"
    assert path.read_bytes() == b""


def test_an_empty_file_becomes_a_store(path: Path) -> None:
    path.touch()
    with SQLiteStore(path) as store:
        store.write([Append("eng-1", history("eng-1", 1), 0)])


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
    edit(written, "DROP TABLE checkpoints")
    with SQLiteStore(written) as store:
        with pytest.raises(Corrupt):
            store.write([SaveCheckpoint(Checkpoint(name="mail"), None)])
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
            store.write([Append("eng-2", history("eng-2", 1), 0)])
        assert problem.value.code == "store.locked"
        assert len(store.read("eng-1")) == 300
        other.close()
        store.write([Append("eng-2", history("eng-2", 1), 0)])


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
            store.write([Append("eng-2", history("eng-2", 1), 0)])
        assert problem.value.code == "store.read_only"
        assert len(store.read("eng-1")) == 300
        assert verify(store).is_clean
        assert [entry.name for entry in written.parent.iterdir()] == ["books.db"]


def test_a_full_disk_stores_nothing_and_says_so(written: Path) -> None:
    with SQLiteStore(written) as store:
        pages = store._db.execute("PRAGMA page_count").fetchone()[0]
        store._db.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(StoreUnavailable) as problem:
            store.write([Append("eng-2", history("eng-2", 1000), 0)])
        assert problem.value.code == "store.full"
        assert store.head("eng-2") is None
        store._db.execute(f"PRAGMA max_page_count = {pages * 10}")
        store.write([Append("eng-2", history("eng-2", 1000), 0)])
        assert verify(store).is_clean


@pytest.mark.parametrize("value", [2**70, object()])
def test_a_value_that_no_store_can_hold_is_not_valid(written: Path, value: object) -> None:
    with SQLiteStore(written) as store, pytest.raises(NotValid):
        store.read(value)  # type: ignore[arg-type]


# -- writing -----------------------------------------------------------------------------------------------------------


def test_a_write_of_several_engagements_and_a_checkpoint_is_stored_whole_or_not_at_all(path: Path) -> None:
    first, second = history("eng-1", 3), history("eng-2", 2)
    mail = Checkpoint(name="mail", position=2, failures=1, state=b"{}")
    whole: list[Write] = [
        Append("eng-1", first[:2], 0),
        Append("eng-2", second, 0),
        Append("eng-1", first[2:], 2),
        SaveCheckpoint(mail, None),
    ]
    with SQLiteStore(path) as store, SQLiteStore(path) as other:
        for stale in (Append("eng-3", [make_record("eng-3", 4, "0" * 64)], 3), SaveCheckpoint(mail, None)):
            with pytest.raises(Conflict):
                store.write([*whole, stale])
            assert (list(other.read_all()), other.heads(), other.checkpoints()) == ([], [], [])
        store.write(whole)
        events = [(position, record.engagement_id, record.version) for position, record in other.read_all()]
        assert events == [(1, "eng-1", 1), (2, "eng-1", 2), (3, "eng-2", 1), (4, "eng-2", 2), (5, "eng-1", 3)]
        assert [(head.engagement_id, head.version) for head in other.heads()] == [("eng-1", 3), ("eng-2", 2)]
        assert (other.checkpoint("mail"), other.checkpoints()) == (mail, [mail])


def test_a_write_of_which_a_part_is_stored_adds_the_rest(written: Path) -> None:
    stored, new = history("eng-1", 300), history("eng-2", 2)
    with SQLiteStore(written) as store:
        store.write([Append("eng-1", stored[297:], 297), Append("eng-2", new, 0)])
        assert [(head.engagement_id, head.version) for head in store.heads()] == [("eng-1", 300), ("eng-2", 2)]
        assert verify(store).is_clean


def test_one_event_id_may_be_used_in_each_engagement(path: Path) -> None:
    with SQLiteStore(path) as store:
        for name in ("eng-1", "eng-2"):
            store.write([Append(name, [make_record(name, event_id="welcome")], 0)])
        assert [record.event_id for _, record in store.read_all()] == ["welcome", "welcome"]


@pytest.mark.parametrize(
    ("record", "code"),
    [
        (make_record("eng-1", 300, "0" * 64, event_id="late"), "store.conflict"),
        (make_record("eng-1", 305, "0" * 64, event_id="early"), "store.conflict"),
        (make_record("eng-1", 1, event_id="first"), "store.conflict"),
        (make_record("eng-1", 301, "0" * 64, event_id="elsewhere"), "history.conflict"),
        (make_record("eng-1", 301, history("eng-1", 300)[-1].digest, event_id="eng-1/7"), "record_id.duplicate"),
        (make_record("eng-2", 1, event_id="again"), "store.conflict"),
    ],
    ids=lambda value: value.event_id if hasattr(value, "event_id") else value,
)
def test_what_does_not_fit_says_why_and_stores_nothing(written: Path, record: Record, code: str) -> None:
    append = Append(record.engagement_id, [record], record.version - 1)
    with SQLiteStore(written) as store:
        with pytest.raises(Conflict) as refused:
            store.write([Append("eng-2", history("eng-2", 2), 0), append])
        assert refused.value.code == code
        newer = history(record.engagement_id, 300 if record.engagement_id == "eng-1" else 2)[record.version - 1 :]
        digests = [event.digest for event in newer] if code == "store.conflict" else []
        assert [event.digest for event in refused.value.newer] == digests
        assert store.last_position() == 300


class Interrupts:
    """Raises KeyboardInterrupt at lines of the store that a block runs, as a signal would: the n-th, and the n-th after it."""

    def __init__(self, *lines: int) -> None:
        self.left = list(lines)

    def __enter__(self) -> None:
        sys.settrace(self._trace)

    def __exit__(self, *exc: object) -> None:
        sys.settrace(None)

    def _trace(self, frame: FrameType, event: str, _: object) -> Any:
        if os.sep + "storage" + os.sep + "sqlite" not in frame.f_code.co_filename:
            return None
        if event == "line" and self.left:
            self.left[0] -= 1
            if self.left[0] == 0:
                del self.left[0]
                raise KeyboardInterrupt
        return self._trace


def next_write(store: SQLiteStore, round_number: int) -> list[Write]:
    """Events of two engagements, the erasure of one of them, and a checkpoint."""
    a, b = store.head("A"), store.head("B")
    events = history("A", 2, after=a)
    notice = make_record("A", events[-1].version + 1, events[-1].digest, type_=ERASURE_TYPE)
    return [
        Append("A", [*events, notice], events[0].version - 1, erase=[events[0].event_id]),
        Append("B", history("B", 1, after=b), b.version if b else 0),
        SaveCheckpoint(Checkpoint(name="mail", position=round_number), store.checkpoint("mail")),
    ]


def interrupts_of_a_write(path: Path, second: int) -> int:
    """Interrupt a write at each line in turn, and again `second` lines later where that is not 0; returns how often."""
    with SQLiteStore(path) as store, SQLiteStore(path, busy_seconds=0) as other:
        for line in range(1, 1000):
            before, writes = store.last_position(), next_write(store, line)
            try:
                with Interrupts(line, *[second] * bool(second)):
                    store.write(writes)
            except KeyboardInterrupt:
                pass
            else:
                return line - 1
            stored = store.last_position() - before
            assert stored in (0, 4)
            assert len(other.read_all(before)) == stored
            assert other.checkpoints() == store.checkpoints()
            other.write([Append("C", history("C", 1, after=other.head("C")), line - 1)])  # nothing is locked
            if not stored:
                store.write(writes)
    raise AssertionError("the write never ended")


@pytest.mark.parametrize("second", [0, 1, 2, 3, 5])
def test_after_an_interrupt_at_any_line_a_write_is_whole_or_gone_and_the_next_call_works(
    path: Path, second: int
) -> None:
    assert interrupts_of_a_write(path, second) > 40
    with SQLiteStore(path) as store:
        assert verify(store).is_clean


def test_a_write_in_the_middle_of_a_write_of_the_same_thread_is_refused(path: Path) -> None:
    refusals: list[str] = []

    def call_again(*_: object) -> None:
        sys.settrace(None)
        for call in (lambda: store.write([Append("B", history("B", 1), 0)]), store.last_position):
            with pytest.raises(Refused) as refused:
                call()
            refusals.append(refused.value.code)

    class Execution(sqlite3.Connection):
        def executemany(self, *arguments: Any) -> sqlite3.Cursor:
            call_again()
            return super().executemany(*arguments)

    with SQLiteStore(path) as store:
        pass
    store = SQLiteStore(path)
    store._db.close()
    store._db = sqlite3.connect(path, isolation_level=None, factory=Execution)
    assert store.last_position() == 0
    store._file.remember()  # the log that the other connection has begun
    with store:
        store.write([Append("A", history("A", 3), 0)])
        assert refusals == ["store.reentered"] * 2
        assert store.last_position() == 3


# -- what was cut off ----------------------------------------------------------------------------------------------------


def test_a_last_event_that_is_gone_is_missed_once_the_store_was_closed(written: Path) -> None:
    edit(written, "DELETE FROM events WHERE position = 300")
    with SQLiteStore(written) as store:
        assert [(problem.code, problem.position) for problem in verify(store).problems] == [("position.missing", 300)]
        store.write([Append("eng-2", history("eng-2", 1), 0)])  # takes position 300
    with SQLiteStore(written) as store:
        assert "position 300 is not the one that was noted" in verify(store).problems[0].message


def test_without_closing_the_last_event_is_noted_now_and_then(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    with SQLiteStore(path) as store:
        for record in history("eng-1", 2 * NOTED_EVERY - 1):
            store.write([Append("eng-1", [record], record.version - 1)])
        store._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        shutil.copyfile(path, copy)  # as a crash leaves it
    for last, is_missed in ((NOTED_EVERY, False), (NOTED_EVERY - 1, True)):
        edit(copy, f"DELETE FROM events WHERE position > {last}")
        with SQLiteStore(copy) as store:
            assert verify(store).is_clean is not is_missed


@pytest.mark.parametrize("change", ["DELETE FROM high_water", "UPDATE high_water SET position = 0"])
def test_a_note_that_is_gone_is_missed(written: Path, change: str) -> None:
    edit(written, change)
    with SQLiteStore(written) as store:
        assert not verify(store).is_clean


def test_an_append_writes_at_most_four_pages_to_the_log(path: Path) -> None:
    with SQLiteStore(path) as store:
        store._db.execute("PRAGMA wal_autocheckpoint = 0")
        page_size = store._db.execute("PRAGMA page_size").fetchone()[0]
        content = "a reflection of two or three sentences " * 8
        previous, before = "", Path(f"{path}-wal").stat().st_size
        for version in range(1, 501):
            event_id = f"{version * 7919 % 10007:032x}"  # in no order, as ids are
            record = make_record("eng-1", version, previous, event_id=event_id, content=content)
            store.write([Append("eng-1", [record], version - 1)])
            previous = record.digest
        pages = (Path(f"{path}-wal").stat().st_size - before) / (page_size + 24)
    assert 3 <= pages / 500 <= 4
