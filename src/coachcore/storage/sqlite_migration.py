"""Converting the SQLite file of an older coachcore, once, where it lies.

All of it is one transaction, so whatever interrupts it leaves the old store or the new one; a copy of the old one is
made beside it first. The file stays the same file: a process that still has it open as an old store is refused, where a
file that was renamed into its place would lose what that process writes. Afterwards the file is rebuilt, so that no
page of the old tables is left in it.

Events are copied bit for bit, with their positions; what was erased stays erased. What only the old tables say is
checked before it goes: where each engagement ends, and the last position that was given.
"""

import os
import sqlite3
from contextlib import closing, suppress
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import attrs

from coachcore.errors import StoreUnavailable
from coachcore.storage.contract import Checkpoint
from coachcore.storage.sqlite_errors import Translated, damaged, not_a_store
from coachcore.storage.sqlite_file import BUSY_SECONDS, StoreFile, create_private
from coachcore.storage.sqlite_schema import NOTE, SCHEMA_VERSION, SCHEMAS, stored_schema

__all__ = ["Migration", "migrate"]

_COLUMNS = "position, engagement_id, version, event_id, digest, head, salt, content"


@attrs.frozen(kw_only=True)
class Migration:
    """What a migration did. backup: the copy of the old file; None where the store was new already and nothing was done."""

    path: Path
    from_version: int
    to_version: int
    events: int
    backup: Path | None


def migrate(path: str | os.PathLike[str]) -> Migration:
    """Convert a store to the tables that this coachcore writes, and keep a copy of the old file beside it.

    Raises what opening a store raises; Corrupt store.damaged where the store contradicts itself; it is then unchanged.
    """
    file = StoreFile(path)
    file.refuse_others(create=False)
    with Translated(file.path), closing(_connection(file.path)) as db:
        version = _version(db, file.path)
        backup = None
        if version != SCHEMA_VERSION:
            db.execute("PRAGMA synchronous = FULL")
            db.execute("PRAGMA secure_delete = ON")
            db.execute("BEGIN IMMEDIATE")  # from here on nobody else writes
            version = _version(db, file.path)
            if version != SCHEMA_VERSION:  # still: another process may have been first
                _refuse_contradictions(db, file.path)
                backup = _back_up(file.path, version)
                _convert(db)
            db.execute("COMMIT")
            with suppress(sqlite3.OperationalError):  # no room, or a reader; the pages of the old tables are zeros
                db.execute("VACUUM")
                db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        (events,) = db.execute("SELECT count(*) FROM events").fetchone()
    return Migration(path=file.path, from_version=version, to_version=SCHEMA_VERSION, events=events, backup=backup)


def _connection(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, timeout=BUSY_SECONDS, isolation_level=None)


def _version(db: sqlite3.Connection, path: Path) -> int:
    schema = stored_schema(db, path)
    if schema is None:
        raise not_a_store(path, "it is empty")
    return schema.version


def _refuse_contradictions(db: sqlite3.Connection, path: Path) -> None:
    """Raise Corrupt where events are gone, which only the old tables show."""
    old, new = SCHEMAS[1], SCHEMAS[SCHEMA_VERSION]
    problem = next((line for (line,) in db.execute("PRAGMA integrity_check") if line != "ok"), "")
    if not problem and db.execute(old.heads, ("", -1)).fetchall() != db.execute(new.heads, ("", -1)).fetchall():
        problem = "an engagement does not end where its head says"
    last_given = next(iter(db.execute(old.last_position).fetchall()), (0,))
    if not problem and db.execute("SELECT coalesce(max(position), 0) FROM events").fetchone() != last_given:
        problem = "the last event is not at the last position that was given"
    if problem:
        raise damaged(path, problem)


def _back_up(path: Path, version: int) -> Path:
    """Copy the store to a new file beside it, which only its owner may read.

    The copy is made in a folder of its own and gets its name once it is whole; an earlier copy is never overwritten.
    """
    try:
        backup = _new_file(path, version)
        try:
            with TemporaryDirectory(dir=path.parent, prefix=".") as folder:
                beside = Path(folder) / backup.name
                create_private(beside)
                with closing(_connection(path)) as db:
                    db.execute("VACUUM INTO ?", (str(beside),))
                with closing(_connection(beside)) as copy:
                    copy.execute("PRAGMA journal_mode = WAL").fetchone()  # which VACUUM does not copy
                with beside.open("rb+") as file:
                    os.fsync(file.fileno())
                beside.replace(backup)
                _sync_directory(path.parent)
        except BaseException:
            backup.unlink(missing_ok=True)
            raise
    except OSError as problem:
        raise StoreUnavailable(
            "store.no_access",
            f"no copy can be made beside {path}: {problem.strerror}",
            "allow writing to its directory",
        ) from problem
    return backup


def _new_file(path: Path, version: int) -> Path:
    """An empty file of a name that was free."""
    for number in count(1):
        backup = path.with_name(f"{path.name}.schema-{version}{f'.{number}' if number > 1 else ''}")
        with suppress(FileExistsError):
            create_private(backup)
            break
    return backup


def _sync_directory(path: Path) -> None:
    """Wait until the names in a directory have reached the disk; some systems do not open directories."""
    with suppress(PermissionError):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _convert(db: sqlite3.Connection) -> None:
    checkpoints = [
        Checkpoint(name=name, position=position) for name, position in db.execute(SCHEMAS[1].checkpoints).fetchall()
    ]
    db.execute("ALTER TABLE events RENAME TO old_events")
    db.execute("DROP TABLE checkpoints")
    SCHEMAS[SCHEMA_VERSION].create(db)
    db.execute(f"INSERT INTO events ({_COLUMNS}) SELECT {_COLUMNS} FROM old_events ORDER BY position")
    rows = [(*attrs.astuple(checkpoint), checkpoint.digest) for checkpoint in checkpoints]
    db.executemany("INSERT INTO checkpoints VALUES (?, ?, ?, ?, ?, ?)", rows)
    db.execute("DROP TABLE old_events")
    db.execute("DROP TABLE streams")
    db.execute(NOTE)
