"""A store in one SQLite file, with the standard library alone.

Promises what every `EventStore` promises, across threads and processes: an append that returned has reached the disk
(write-ahead log, synchronous FULL), one that did not has left nothing, whatever kills the process. Writers take turns
(BEGIN IMMEDIATE), so positions are given in the order in which events become visible. The file says what it is
(`application_id`) and which tables it has (`user_version`); a file that says otherwise is left as it is.

The common append is one UPDATE of the engagement's head, which checks version and digest at once, and one INSERT; only
when that fails is it asked why.
"""

import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import islice
from pathlib import Path
from threading import RLock
from typing import Any, Self

from coachcore.errors import CoachcoreError, Corrupt, NotValid, StoreUnavailable
from coachcore.storage.admission import admit, is_stored_already, refuse_foreign, refuse_position
from coachcore.storage.record import Record, StreamHead

__all__ = ["APPLICATION_ID", "SCHEMA_VERSION", "SQLiteStore"]

APPLICATION_ID = 0x436F6163  # "Coac"
"""What the header of a coachcore database says it is."""

SCHEMA_VERSION = 1
"""The tables below; written to `user_version`."""

# AUTOINCREMENT remembers the last position handed out apart from the events, so that a deleted tail is noticed.
_TABLES = """
CREATE TABLE events (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    engagement_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    event_id TEXT NOT NULL UNIQUE,
    digest TEXT NOT NULL,
    head BLOB NOT NULL,
    salt BLOB,
    content BLOB,
    UNIQUE (engagement_id, version)
);
CREATE TABLE streams (
    engagement_id TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    digest TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE checkpoints (
    name TEXT PRIMARY KEY,
    position INTEGER NOT NULL
) WITHOUT ROWID;
"""

_COLUMNS = "engagement_id, version, event_id, head, salt, content, digest, position"
_READ = f"SELECT {_COLUMNS} FROM events WHERE engagement_id = ? AND version > ? ORDER BY version"
_READ_ALL = f"SELECT {_COLUMNS} FROM events WHERE position > ? ORDER BY position LIMIT ?"
_FIND = f"SELECT {_COLUMNS} FROM events WHERE event_id = ?"
_INSERT = (
    "INSERT INTO events (engagement_id, version, event_id, head, salt, content, digest) VALUES (?, ?, ?, ?, ?, ?, ?)"
)
_BEGIN_STREAM = "INSERT INTO streams (engagement_id, version, digest) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
_MOVE_STREAM = "UPDATE streams SET version = ?, digest = ? WHERE engagement_id = ? AND version = ? AND digest = ?"
_ERASE = "UPDATE events SET salt = NULL, content = NULL WHERE event_id = ? AND engagement_id = ?"

_PAGE = 1000
_BUSY_SECONDS = 10.0

_record = partial(tuple.__new__, Record)
"""A record from a row of `_COLUMNS`, without the cost of naming its fields one by one."""


class SQLiteStore:
    """An `EventStore` in an SQLite file; see there for what each method promises.

    path: the file. create: make it when it is not there. busy_seconds: how long to wait while another process writes
    before `store.locked`. The object may be carried over a fork: each process then opens the file for itself.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, create: bool = True, busy_seconds: float = _BUSY_SECONDS
    ) -> None:
        self.path = Path(path).absolute()
        self._busy_seconds = busy_seconds
        self._is_closed = False
        self._forked_from: list[object] = []
        self._db: sqlite3.Connection
        self._refuse_no_file(create)
        self._connect(create)

    # -- writing ------------------------------------------------------------------------------------------------------

    def append(
        self, engagement_id: str, records: Sequence[Record], expected_version: int, *, erase: Sequence[str] = ()
    ) -> tuple[Record, ...]:
        previous = admit(engagement_id, records, expected_version, erase)
        if not records:
            return ()
        with self.transaction(), self._translated():
            try:
                with self._transaction_inside():
                    return self._write(engagement_id, records, expected_version, previous, erase)
            except (sqlite3.IntegrityError, _HeadElsewhereError) as problem:
                stored = self._find([record.event_id for record in records])
                if is_stored_already(records, expected_version, previous, stored, self.head(engagement_id)):
                    return tuple(stored[record.event_id] for record in records)
                raise Corrupt(
                    "store.damaged",
                    f"{self.path} refuses an event that fits its engagement {engagement_id!r}: {problem}",
                    "Run `coachcore verify` on it.",
                ) from problem

    def _write(
        self, engagement_id: str, records: Sequence[Record], expected_version: int, previous: str, erase: Sequence[str]
    ) -> tuple[Record, ...]:
        execute = self._db.execute
        last = records[-1]
        if expected_version == 0:
            moved = execute(_BEGIN_STREAM, (engagement_id, last.version, last.digest))
        else:
            moved = execute(_MOVE_STREAM, (last.version, last.digest, engagement_id, expected_version, previous))
        if moved.rowcount != 1:
            raise _HeadElsewhereError("its head is elsewhere")
        if len(records) == 1:
            position = execute(_INSERT, last[:7]).lastrowid or 0
        else:
            self._db.executemany(_INSERT, (record[:7] for record in records))
            position = execute("SELECT last_insert_rowid()").fetchone()[0]
        if erase:
            missing = (event_id for event_id in erase if execute(_ERASE, (event_id, engagement_id)).rowcount != 1)
            refuse_foreign(engagement_id, missing)
            self._has_erased = True
        first = position - len(records) + 1
        erased = set(erase)
        return tuple(
            _record((*record[:4], None, None, record.digest, first + index))
            if record.event_id in erased
            else _record((*record[:7], first + index))
            for index, record in enumerate(records)
        )

    def save_checkpoint(self, name: str, position: int) -> None:
        refuse_position(position)
        with self.transaction(), self._translated():
            self._db.execute(
                "INSERT INTO checkpoints (name, position) VALUES (?, ?)"
                " ON CONFLICT (name) DO UPDATE SET position = excluded.position",
                (name, position),
            )

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with self._open():
            if self._db.in_transaction:
                with self._transaction_inside():
                    yield
                return
            with self._translated():
                self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                with self._translated():
                    self._db.execute("COMMIT")
            except BaseException:
                self._has_erased = False
                self._roll_back("ROLLBACK")
                raise
            if self._has_erased:
                self._has_erased = False
                self._forget_the_log()

    @contextmanager
    def _transaction_inside(self) -> Iterator[None]:
        with self._translated(keep=sqlite3.IntegrityError):
            self._db.execute("SAVEPOINT inside")
        try:
            yield
        except BaseException:
            self._roll_back("ROLLBACK TO inside")
            self._roll_back("RELEASE inside")
            raise
        with self._translated():
            self._db.execute("RELEASE inside")

    def _roll_back(self, statement: str) -> None:
        if self._db.in_transaction:  # SQLite may have rolled back by itself, as on a full disk
            with self._translated():
                self._db.execute(statement)

    def _forget_the_log(self) -> None:
        """Move the write-ahead log into the file and empty it, so that erased content is in neither.

        When a reader still needs the log, it stays until the last connection closes.
        """
        with self._translated():
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    # -- reading ------------------------------------------------------------------------------------------------------

    def read(self, engagement_id: str, after_version: int = 0) -> Sequence[Record]:
        return [_record(row) for row in self._rows(_READ, (engagement_id, after_version))]

    def read_all(self, after_position: int = 0, limit: int | None = None) -> Iterator[Record]:
        return islice(self._pages(after_position, limit), None if limit is None else max(limit, 0))

    def _pages(self, after: int, limit: int | None) -> Iterator[Record]:
        size = _PAGE if limit is None else min(limit, _PAGE)
        while True:
            page = [_record(row) for row in self._rows(_READ_ALL, (after, size))]
            yield from page
            if len(page) < size or not page:
                return
            after = page[-1].position

    def heads(self) -> Sequence[StreamHead]:
        rows = self._rows("SELECT engagement_id, version, digest FROM streams ORDER BY engagement_id", ())
        return [StreamHead(engagement_id=e, version=v, digest=d) for e, v, d in rows]

    def head(self, engagement_id: str) -> StreamHead | None:
        rows = self._rows(
            "SELECT engagement_id, version, digest FROM streams WHERE engagement_id = ?", (engagement_id,)
        )
        return next((StreamHead(engagement_id=e, version=v, digest=d) for e, v, d in rows), None)

    def last_position(self) -> int:
        rows = self._rows("SELECT seq FROM sqlite_sequence WHERE name = 'events'", ())
        return int(rows[0][0]) if rows else 0

    def checkpoint(self, name: str) -> int:
        rows = self._rows("SELECT position FROM checkpoints WHERE name = ?", (name,))
        return int(rows[0][0]) if rows else 0

    def self_check(self) -> Sequence[str]:
        return [str(line) for (line,) in self._rows("PRAGMA integrity_check", ()) if line != "ok"]

    def _rows(self, statement: str, values: tuple[Any, ...]) -> list[Any]:
        with self._open(), self._translated():
            return self._db.execute(statement, values).fetchall()

    def _find(self, event_ids: Sequence[str]) -> Mapping[str, Record]:
        rows = [row for event_id in event_ids for row in self._rows(_FIND, (event_id,))]
        return {record.event_id: record for record in map(_record, rows)}

    # -- opening and closing --------------------------------------------------------------------------------------------

    def close(self) -> None:
        with self._lock:
            if not self._is_closed and self._pid == os.getpid():
                self._db.close()
            self._is_closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    @contextmanager
    def _open(self) -> Iterator[None]:
        if self._pid != os.getpid() and not self._is_closed:
            # SQLite forbids using a connection, or even closing it, on the other side of a fork; and the lock may be
            # held by a thread that does not exist here.
            self._forked_from += [self._db, self._lock]
            self._connect(create=False)
        with self._lock:
            if self._is_closed:
                raise StoreUnavailable("store.closed", f"{self.path} is closed", "Open it again with open_store().")
            yield

    def _refuse_no_file(self, create: bool) -> None:
        if self.path.is_dir():
            raise StoreUnavailable("store.not_a_store", f"{self.path} is a directory", "Name a file in it.")
        if not self.path.parent.is_dir():
            raise StoreUnavailable(
                "store.directory_missing", f"there is no directory {self.path.parent}", "Make it, or mend the path."
            )
        if not create and not self.path.exists():
            raise StoreUnavailable("store.missing", f"there is no file {self.path}", "Mend the path.")

    def _connect(self, create: bool) -> None:
        self._lock = RLock()
        self._pid = os.getpid()
        self._has_erased = False
        with self._translated():
            self._db = sqlite3.connect(
                f"{self.path.as_uri()}?mode={'rwc' if create else 'rw'}",
                uri=True,
                timeout=self._busy_seconds,
                isolation_level=None,  # no transactions but those begun here
                check_same_thread=False,  # the lock sees to it
            )
        try:
            with self._translated():
                if self._is_new():
                    self._db.execute("PRAGMA journal_mode = WAL")
                    self._create_tables()
                self._db.execute("PRAGMA synchronous = FULL")
                self._db.execute("PRAGMA secure_delete = ON")  # erased content is overwritten, not just unlinked
        except BaseException:
            self._db.close()
            raise

    def _is_new(self) -> bool:
        """Whether the file is empty; raises when it is something else than a practice's books. Writes nothing."""
        application, schema = self._pragma("application_id"), self._pragma("user_version")
        if application == APPLICATION_ID:
            if schema > SCHEMA_VERSION:
                raise StoreUnavailable(
                    "store.newer_schema",
                    f"{self.path} was written by a newer coachcore: its tables have version {schema}, "
                    f"this one knows {SCHEMA_VERSION}",
                    "Update coachcore.",
                    found=schema,
                    known=SCHEMA_VERSION,
                )
            return False
        if application or schema or self._db.execute("SELECT 1 FROM sqlite_master").fetchone():
            raise _not_a_store(self.path, "it is another program's SQLite database")
        return True

    def _pragma(self, name: str) -> int:
        return int(self._db.execute(f"PRAGMA {name}").fetchone()[0])

    def _create_tables(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            if self._is_new():  # still: another process may have been first
                for statement in _TABLES.split(";"):
                    self._db.execute(statement)
                self._db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                self._db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            self._db.execute("COMMIT")
        except BaseException:
            self._roll_back("ROLLBACK")
            raise

    @contextmanager
    def _translated(self, keep: type[sqlite3.Error] | tuple[()] = ()) -> Iterator[None]:
        try:
            yield
        except keep:
            raise
        except sqlite3.Error as problem:
            raise _explained(problem, self.path) from problem
        except (UnicodeEncodeError, OverflowError) as problem:
            raise NotValid("store.value_invalid", f"a value cannot be stored or looked up: {problem}") from problem


class _HeadElsewhereError(Exception):
    """The engagement's head is not where the append expects it."""


def _not_a_store(path: Path, why: str) -> StoreUnavailable:
    return StoreUnavailable(
        "store.not_a_store", f"{path} does not hold a practice's books: {why}", "Mend the path; the file is untouched."
    )


def _explained(problem: sqlite3.Error, path: Path) -> CoachcoreError:
    """What an SQLite error means to whoever keeps the books."""
    code = getattr(problem, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_NOTADB:
        return _not_a_store(path, "it is not an SQLite database")
    if code == sqlite3.SQLITE_CORRUPT or code in (0, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT):
        # no code of its own: a table is missing, or text that is not UTF-8
        return Corrupt(
            "store.damaged", f"{path} is damaged: {problem}", "Run `coachcore verify` on it; restore it from a backup."
        )
    name, what, hint = _MEANINGS.get(code, ("store.io", "failed", "Look at the disk and the system's log."))
    return StoreUnavailable(name, f"{path} {what}: {problem}", hint)


_MEANINGS = {
    sqlite3.SQLITE_BUSY: ("store.locked", "is being written by another process", "Try again; keep transactions short."),
    sqlite3.SQLITE_LOCKED: ("store.locked", "is locked", "Try again; keep transactions short."),
    sqlite3.SQLITE_READONLY: ("store.read_only", "cannot be written", "Allow writing to the file and its directory."),
    sqlite3.SQLITE_PERM: ("store.no_access", "may not be used", "Allow access to the file and its directory."),
    sqlite3.SQLITE_AUTH: ("store.no_access", "may not be used", "Allow access to the file and its directory."),
    sqlite3.SQLITE_CANTOPEN: ("store.no_access", "cannot be opened", "Allow access to the file and its directory."),
    sqlite3.SQLITE_FULL: ("store.full", "has no room to grow", "Make room on the disk; nothing was stored."),
    sqlite3.SQLITE_NOMEM: ("store.io", "needs more memory than there is", "Read or write less at a time."),
}
