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
from contextlib import contextmanager, suppress
from functools import partial
from itertools import islice
from pathlib import Path
from threading import RLock
from typing import Any, Self
from weakref import WeakSet

from coachcore.errors import Corrupt, NotFound, StoreUnavailable
from coachcore.storage.admission import admit, closed_within, is_stored_already, refuse_foreign, refuse_position
from coachcore.storage.contract import Append
from coachcore.storage.record import Record, StreamHead
from coachcore.storage.scope import Scope
from coachcore.storage.sqlite_errors import Translated, damaged, not_a_store, rolled_back

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
_HEADS = "SELECT engagement_id, version, digest FROM streams WHERE engagement_id > ? ORDER BY engagement_id LIMIT ?"
_FIND = f"SELECT {_COLUMNS} FROM events WHERE event_id = ?"
_INSERT = (
    "INSERT INTO events (engagement_id, version, event_id, head, salt, content, digest) VALUES (?, ?, ?, ?, ?, ?, ?)"
)
_BEGIN_STREAM = "INSERT INTO streams (engagement_id, version, digest) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
_MOVE_STREAM = "UPDATE streams SET version = ?, digest = ? WHERE engagement_id = ? AND version = ? AND digest = ?"
_ERASE = "UPDATE events SET salt = NULL, content = NULL WHERE event_id = ? AND engagement_id = ?"


# one statement, so that what another process creates meanwhile is seen whole or not at all
_WHAT_IT_IS = """
SELECT application_id, user_version, EXISTS (SELECT 1 FROM sqlite_master)
FROM pragma_application_id, pragma_user_version
"""

_DEFINITIONS = "SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_master"

_MAGIC = b"SQLite format 3\0"
_PAGE = 1000
_SWITCH_ATTEMPTS = 100
_BUSY_SECONDS = 10.0

_record = partial(tuple.__new__, Record)
"""A record from a row of `_COLUMNS`, without the cost of naming its fields one by one."""


class SQLiteStore:
    """An `EventStore` in an SQLite file; see there for what each method promises.

    path: the file. create: make it when it is not there. busy_seconds: how long to wait while another process writes
    before `store.locked`. A store opened before a fork refuses to be used after it (`store.forked`).
    """

    def __init__(
        self, path: str | os.PathLike[str], *, create: bool = True, busy_seconds: float = _BUSY_SECONDS
    ) -> None:
        self.path = Path(path).absolute()
        self._translated = Translated(self.path)
        self._lock = RLock()
        self._pid = os.getpid()
        self._scopes: WeakSet[Scope] = WeakSet()
        self._has_erased = False
        self._refuse_other_files(create)
        self._connect(create, busy_seconds)

    # -- writing ------------------------------------------------------------------------------------------------------

    def append(
        self, engagement_id: str, records: Sequence[Record], expected_version: int, *, erase: Sequence[str] = ()
    ) -> tuple[Record, ...]:
        append = Append(engagement_id, records, expected_version, erase)
        previous = admit(append)
        if not records:
            return ()
        with self._translated:
            try:
                with self.transaction():
                    return self._write(engagement_id, records, expected_version, previous, erase)
            except _HeadElsewhereError as error:
                head = error.head
            except sqlite3.IntegrityError:  # the head is as expected, so it must be the ids
                head = StreamHead(engagement_id=engagement_id, version=expected_version, digest=previous)
        stored = self._find([record.event_id for record in records])
        if is_stored_already(append, previous, head, stored, self.read(engagement_id, expected_version)):
            return tuple(stored[record.event_id] for record in records)
        raise Corrupt(
            "store.inconsistent",
            f"{self.path} refuses an event that fits engagement {engagement_id!r}",
            "run `coachcore verify` on it",
        )

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
            raise _HeadElsewhereError(self.head(engagement_id))
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
        with self.transaction(), self._translated:
            self._db.execute(
                "INSERT INTO checkpoints (name, position) VALUES (?, ?)"
                " ON CONFLICT (name) DO UPDATE SET position = excluded.position",
                (name, position),
            )

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with self._usable():
            depth = len(self._scopes)
            if not depth:
                self._take_back()
            if depth and not self._db.in_transaction:
                raise rolled_back(self.path)
            scope = Scope()
            try:
                with self._translated:
                    self._db.execute(f"SAVEPOINT s{depth}" if depth else "BEGIN IMMEDIATE")
                self._scopes.add(scope)
                yield
                if not self._db.in_transaction:
                    raise rolled_back(self.path)
                if not depth:
                    self._refuse_moved_file()
                with self._translated:
                    self._db.execute(f"RELEASE s{depth}" if depth else "COMMIT")
            except BaseException:
                if self._db.in_transaction:  # unless SQLite has rolled back by itself, as on a full disk
                    with self._translated, _without_savepoint():
                        self._db.execute(f"ROLLBACK TO s{depth}" if depth else "ROLLBACK")
                raise
            finally:
                self._scopes.discard(scope)
            if self._has_erased and not depth:
                self._has_erased = False
                self._forget_the_log()

    def _take_back(self) -> None:
        """Take back what an interrupted call has left open: it was not acknowledged."""
        with self._translated:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")

    @property
    def in_transaction(self) -> bool:
        with self._usable():
            return bool(self._scopes)

    def _forget_the_log(self) -> None:
        """Move the write-ahead log into the file and empty it, so that erased content is in neither.

        When another process still needs the log, this waits for the next time that the log is emptied; what was to be
        stored is stored already, so that is no failure.
        """
        with suppress(sqlite3.OperationalError):
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    # -- reading ------------------------------------------------------------------------------------------------------

    def read(self, engagement_id: str, after_version: int = 0) -> Sequence[Record]:
        return list(map(_record, self._rows(_READ, (engagement_id, after_version))))

    def read_all(self, after_position: int = 0, limit: int | None = None) -> Iterator[Record]:
        return islice(self._pages(after_position, limit), None if limit is None else max(limit, 0))

    def _pages(self, after: int, limit: int | None) -> Iterator[Record]:
        size = _PAGE if limit is None else min(limit, _PAGE)
        while True:
            page = list(map(_record, self._rows(_READ_ALL, (after, size))))
            yield from page
            if len(page) < size or not page:
                return
            after = page[-1].position

    def heads(self, after_id: str = "", limit: int | None = None) -> Sequence[StreamHead]:
        rows = self._rows(_HEADS, (after_id, -1 if limit is None else max(limit, 0)))
        return [StreamHead(engagement_id=e, version=v, digest=d) for e, v, d in rows]

    def head(self, engagement_id: str) -> StreamHead | None:
        rows = self._rows(
            "SELECT engagement_id, version, digest FROM streams WHERE engagement_id = ?", (engagement_id,)
        )
        return next((StreamHead(engagement_id=e, version=v, digest=d) for e, v, d in rows), None)

    def last_position(self) -> int:
        rows = self._rows("SELECT seq FROM sqlite_sequence WHERE name = 'events'", ())
        return self._position(rows)

    def checkpoint(self, name: str) -> int:
        rows = self._rows("SELECT position FROM checkpoints WHERE name = ?", (name,))
        return self._position(rows)

    def _position(self, rows: Sequence[Any]) -> int:
        position = rows[0][0] if rows else 0
        if not isinstance(position, int) or position < 0:
            raise damaged(self.path, f"{position!r:.60} is stored where a position belongs")
        return position

    def self_check(self) -> Sequence[str]:
        problems = [str(line) for (line,) in self._rows("PRAGMA integrity_check", ()) if line != "ok"]
        missing = _definitions().difference(self._rows(_DEFINITIONS, ()))
        problems += [f"the {kind} {name} is missing, or defined otherwise" for kind, name, *_ in sorted(missing)]
        return problems

    def _rows(self, statement: str, values: tuple[Any, ...]) -> list[Any]:
        with self._usable(), self._translated:
            return self._db.execute(statement, values).fetchall()

    def _find(self, event_ids: Sequence[str]) -> Mapping[str, Record]:
        rows = [row for event_id in event_ids for row in self._rows(_FIND, (event_id,))]
        return {record.event_id: record for record in map(_record, rows)}

    # -- opening and closing --------------------------------------------------------------------------------------------

    def close(self) -> None:
        if self._pid == os.getpid():
            with self._lock:
                if self._scopes:
                    raise closed_within()
                self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def _usable(self) -> RLock:
        """The lock under which to use the connection, which belongs to the process that opened it."""
        if self._pid != os.getpid():  # SQLite's locks do not survive a fork: using them there can destroy the file
            raise StoreUnavailable(
                "store.forked",
                f"{self.path} was opened before this process was forked off",
                "open the store in each process, after the fork",
            )
        return self._lock

    def _refuse_other_files(self, create: bool) -> None:
        try:
            if self.path.is_dir():
                raise StoreUnavailable("store.is_directory", f"{self.path} is a directory", "name a file in it")
            if not self.path.parent.is_dir():
                raise StoreUnavailable(
                    "store_directory.missing",
                    f"there is no directory {self.path.parent}",
                    "create it, or correct the path",
                )
            with self.path.open("rb") as file:
                beginning = file.read(len(_MAGIC))
        except FileNotFoundError:
            if not create:
                raise NotFound("store.missing", f"there is no store {self.path}", "correct the path") from None
        except OSError as problem:  # also a name that is too long for the file system
            raise StoreUnavailable(
                "store.no_access",
                f"{self.path!s:.200} cannot be read: {problem.strerror}",
                "allow access to the file, or name another",
            ) from problem
        else:
            if beginning not in (b"", _MAGIC):  # SQLite would take a short file for an empty one
                raise not_a_store(self.path, "it is not an SQLite database")
            if not beginning and not create:
                raise not_a_store(self.path, "it is empty")

    def _is_fixed(self) -> bool:
        """Whether the file lies where this process can write nothing, as on a read-only disk.

        It may still be read, but only as it stands: SQLite would make files beside it to coordinate with writers.
        """
        may_write = os.access(self.path, os.W_OK) or os.access(self.path.parent, os.W_OK)
        return self.path.exists() and not may_write and not Path(f"{self.path}-wal").exists()

    def _refuse_moved_file(self) -> None:
        """Refuse a write to a file that was deleted, moved or replaced since: nobody would find there what is acknowledged."""
        try:
            is_same = _identity(self.path) == self._identity
        except OSError:
            is_same = False
        if not is_same:
            raise StoreUnavailable(
                "store.moved",
                f"{self.path} was deleted, moved or replaced since it was opened; nothing was stored",
                "put the file back, or close the store and open it where it is now",
            )

    def _create_private(self) -> None:
        """Make the file readable by its owner alone, whatever the umask; the write-ahead log gets the same permissions."""
        with suppress(OSError):  # it is there already, or SQLite fails likewise, and its error is translated
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))

    def _connect(self, create: bool, busy_seconds: float) -> None:
        if create:
            self._create_private()
        mode = "mode=ro&immutable=1" if self._is_fixed() else "mode=rwc" if create else "mode=rw"
        with self._translated:
            self._db = sqlite3.connect(
                f"{self.path.as_uri()}?{mode}",
                uri=True,
                timeout=busy_seconds,
                isolation_level=None,  # no transactions but those begun here
                check_same_thread=False,  # the lock sees to it
            )
        try:
            with self._translated:
                if self._is_new():
                    self._start_the_log()
                    self._create_tables()
                self._db.execute("PRAGMA synchronous = FULL")
                self._db.execute("PRAGMA secure_delete = ON")  # erased content is overwritten, not just unlinked
                self._identity = _identity(self.path)
        except BaseException:
            self._db.close()
            raise

    def _is_new(self) -> bool:
        """Whether the file is empty; raises when it is something other than a store. Writes nothing."""
        application, schema, has_tables = self._db.execute(_WHAT_IT_IS).fetchone()
        if application == APPLICATION_ID:
            if schema > SCHEMA_VERSION:
                raise StoreUnavailable(
                    "store_schema.unknown",
                    f"{self.path} was written by a newer coachcore: its tables have version {schema}, "
                    f"this one knows {SCHEMA_VERSION}",
                    "update coachcore",
                    found=schema,
                    known=SCHEMA_VERSION,
                )
            if schema < 1:
                raise damaged(self.path, f"its header says that its tables have version {schema}")
            return False
        if application or schema or has_tables:
            raise not_a_store(self.path, "it is another program's SQLite database")
        return True

    def _start_the_log(self) -> None:
        """Switch the empty file to the write-ahead log.

        The switch alone does not wait for others who open the file at this moment; a transaction does, so that takes
        its turn in between.
        """
        for _ in range(_SWITCH_ATTEMPTS):
            try:
                self._db.execute("PRAGMA journal_mode = WAL").fetchone()
                return
            except sqlite3.OperationalError as problem:
                if problem.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    raise
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute("COMMIT")
        self._db.execute("PRAGMA journal_mode = WAL").fetchone()

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
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise


@contextmanager
def _without_savepoint() -> Iterator[None]:
    """An interrupt may come just before a savepoint is set, or just after it was released."""
    try:
        yield
    except sqlite3.OperationalError as problem:
        if "no such savepoint" not in str(problem):
            raise


def _definitions() -> set[tuple[str, str, str, str]]:
    """The tables and indexes of a new store, as SQLite describes them."""
    db = sqlite3.connect(":memory:")
    try:
        db.executescript(_TABLES)
        return set(db.execute(_DEFINITIONS))
    finally:
        db.close()


def _identity(path: Path) -> tuple[int, int]:
    """Which file lies at a path: its device and its number there."""
    status = os.stat(path)
    return status.st_dev, status.st_ino


class _HeadElsewhereError(Exception):
    """The engagement's head is not where the append expects it."""

    def __init__(self, head: StreamHead | None) -> None:
        super().__init__(head)
        self.head = head
