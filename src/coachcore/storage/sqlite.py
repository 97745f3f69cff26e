"""A store in one SQLite file, with the standard library alone.

Promises what every `EventStore` promises, across threads and processes: a write that returned has reached the disk
(write-ahead log, synchronous FULL), one that did not has left nothing, whatever kills the process. Writers take turns
(BEGIN IMMEDIATE), so positions are given in the order in which events become visible. The file says what it is
(`application_id`) and which tables it has (`user_version`); a file that says otherwise is left as it is.

The common write looks at nothing first: it inserts the events, and the INSERT of the first of an append also checks what the
engagement ends with. Only when one fails is the write done again with a look at what is stored, and either finds it stored
already or says what is wrong.

A deleted event leaves a gap in the positions, except the last: so the table `high_water` notes the last event now and then, and
when the store is closed. Nothing shows that events after it were cut off, except a receipt that is kept elsewhere.
"""

import os
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from random import uniform
from shlex import quote
from threading import RLock
from time import monotonic, sleep
from typing import Any, Self, TypeAlias

import attrs

from coachcore.errors import Corrupt, NotValid, StoreUnavailable
from coachcore.storage.admission import (
    admit,
    admit_checkpoint,
    is_stored_already,
    refuse_foreign,
    stored_checkpoint,
)
from coachcore.storage.contract import Append, Checkpoint, Numbered, Promises, SaveCheckpoint, Write
from coachcore.storage.record import Record, StreamHead
from coachcore.storage.reentry import is_running, reentered
from coachcore.storage.sqlite_errors import Translated, damaged
from coachcore.storage.sqlite_file import BUSY_SECONDS, StoreFile
from coachcore.storage.sqlite_log import LogCleaning
from coachcore.storage.sqlite_schema import (
    DEFINITIONS,
    NOTE,
    NOTED_EVERY,
    SCHEMA_VERSION,
    SCHEMAS,
    Schema,
    stored_schema,
)

__all__ = ["SQLiteStore"]

_COLUMNS = "engagement_id, version, event_id, head, salt, content, digest"
_READ = f"SELECT {_COLUMNS} FROM events WHERE engagement_id = ? AND version > ? ORDER BY version LIMIT ?"
_READ_ALL = f"SELECT position, {_COLUMNS} FROM events WHERE position > ? ORDER BY position LIMIT ?"
_FIND = f"SELECT {_COLUMNS} FROM events WHERE engagement_id = ? AND event_id = ?"
_INSERT = f"INSERT INTO events ({_COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
# the version is NULL, which is refused, unless the event before is there with the digest that the new one names
_INSERT_NEXT = (
    f"INSERT INTO events ({_COLUMNS}) VALUES (?1, (SELECT version + 1 FROM events"
    " WHERE engagement_id = ?1 AND version = ?2 - 1 AND digest = ?8), ?3, ?4, ?5, ?6, ?7)"
)
_ERASE = "UPDATE events SET salt = NULL, content = NULL WHERE engagement_id = ? AND event_id = ?"
_SAVE = "REPLACE INTO checkpoints (name, position, generation, failures, state, digest) VALUES (?, ?, ?, ?, ?, ?)"

_NOTED = """
SELECT high_water.position, high_water.digest = events.digest, (SELECT max(position) FROM events)
FROM high_water LEFT JOIN events ON events.position = high_water.position
"""

_SWITCH_ATTEMPTS = 100  # each process that opens the file at the same moment may cost one
_FIRST_PAUSE, _LONGEST_PAUSE = 0.0005, 0.005  # in seconds: from half a commit to ten
_ALL = -1  # a LIMIT that is none

_Step: TypeAlias = tuple[Write, str]
"""What to write; of an append, with the digest that the engagement must have."""


class SQLiteStore:
    """An `EventStore` in an SQLite file; see there for what each method promises.

    path: the file. create: make it when it is not there. busy_seconds: how long to wait while another process writes
    before `store.locked`. A store opened before a fork refuses to be used after it (`store.forked`).
    A file of coachcore 0.1 is read as it is, and a write to it refused (`store_schema.old`) until it is migrated.
    """

    promises = Promises(durability="disk", order="commit", is_exclusive=True)

    _record = staticmethod(partial(tuple.__new__, Record))
    """A record from a row of `_COLUMNS`, without the cost of naming its fields one by one."""

    def __init__(
        self, path: str | os.PathLike[str], *, create: bool = True, busy_seconds: float = BUSY_SECONDS
    ) -> None:
        self._file = StoreFile(path)
        self.path = self._file.path
        self._translated = Translated(self.path)
        self._lock = RLock()
        self._pid = os.getpid()
        self._busy_seconds = busy_seconds
        self._log = LogCleaning(self._empty_the_log)
        self._has_erased = False
        self._has_unnoted = False
        self._file.refuse_others(create)
        self._connect(create)

    # -- writing ------------------------------------------------------------------------------------------------------

    def write(self, writes: Sequence[Write]) -> None:
        steps = [(entry, "" if isinstance(entry, SaveCheckpoint) else admit(entry)) for entry in writes]
        if not steps:
            return
        with self._usable(), self._translated:
            self._ready()
            try:
                self._commit(steps, is_checked=False)
            except sqlite3.IntegrityError:
                self._commit(steps, is_checked=True)
            if self._has_erased:
                self._has_erased = False
                self._log.begin()

    def _commit(self, steps: Sequence[_Step], *, is_checked: bool) -> None:
        """Store all steps or none. is_checked: look first at what is stored."""
        try:
            self._execute("BEGIN IMMEDIATE")
            self._store(steps, is_checked)
            self._file.refuse_moved()
            self._db.execute("COMMIT")
        except BaseException:
            self._take_back()
            raise

    def _store(self, steps: Sequence[_Step], is_checked: bool) -> None:
        self._refuse_old()
        for entry, previous in steps:
            if isinstance(entry, SaveCheckpoint):
                self._save(entry)
            elif entry.records:
                if not is_checked:
                    self._insert(entry, previous)
                elif not self._is_stored(entry, previous):
                    try:
                        self._insert(entry, previous)
                    except sqlite3.IntegrityError as problem:
                        raise Corrupt(
                            "store.inconsistent",
                            f"{self.path} refuses an event that fits engagement {entry.engagement_id!r}",
                            "run `coachcore verify` on it",
                        ) from problem
                if entry.erase:
                    self._erase(entry)

    def _insert(self, append: Append, previous: str) -> None:
        first, *others = append.records
        if append.expected_version:
            cursor = self._db.execute(_INSERT_NEXT, (*first, previous))
        else:
            cursor = self._db.execute(_INSERT, first)
        if others:
            self._db.executemany(_INSERT, others)
        before = (cursor.lastrowid or 0) - 1
        if before // NOTED_EVERY != (before + len(append.records)) // NOTED_EVERY:
            self._db.execute(NOTE)
        self._has_unnoted = True

    def _is_stored(self, append: Append, previous: str) -> bool:
        engagement_id, records, expected_version, _ = append
        rows = (self._db.execute(_FIND, (engagement_id, record.event_id)).fetchone() for record in records)
        stored = {record.event_id: record for record in map(self._record, filter(None, rows))}
        newer = map(self._record, self._db.execute(_READ, (engagement_id, expected_version, _ALL)).fetchall())
        heads = self._db.execute(self._schema.head, (engagement_id,)).fetchall()
        return is_stored_already(append, previous, next(map(_head, heads), None), stored, list(newer))

    def _erase(self, append: Append) -> None:
        engagement_id = append.engagement_id
        for event_id in append.erase:
            if self._db.execute(_ERASE, (engagement_id, event_id)).rowcount != 1:
                refuse_foreign(engagement_id, [event_id])
            self._has_erased = True

    def _save(self, save: SaveCheckpoint) -> None:
        checkpoint = save.checkpoint
        row = self._db.execute(self._schema.checkpoint, (checkpoint.name,)).fetchone()
        admit_checkpoint(save, stored_checkpoint(*row) if row else None)
        self._db.execute(_SAVE, (*attrs.astuple(checkpoint), checkpoint.digest))

    def _refuse_old(self) -> None:
        version = self._tables().version
        if version != SCHEMA_VERSION:
            raise StoreUnavailable(
                "store_schema.old",
                f"{self.path} was written by an older coachcore, and can only be read",
                f"run `coachcore migrate {quote(str(self.path))}` once; it keeps a copy of the file beside it",
                found=version,
                known=SCHEMA_VERSION,
            )

    def _ready(self) -> None:
        """Take back what an interrupted write has left open; refuse a call in the middle of a write that goes on."""
        if self._db.in_transaction:
            if is_running(_WRITE, self):
                raise reentered()
            self._take_back()

    def _take_back(self) -> None:
        """Take back what was not committed; it was not acknowledged either."""
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")

    def _execute(self, statement: str, values: tuple[Any, ...] = ()) -> sqlite3.Cursor:
        """Execute a statement that other processes may keep waiting: again after a pause, until the time is over.

        The pauses are short, and random, so that each process has the same chance. SQLite's own are up to 0.1 s long
        and the same in all: with 8 processes that write, the longest wait was three times as long, and all of it took a
        fifth longer.
        """
        pause, deadline = _FIRST_PAUSE, None
        while True:
            try:
                return self._db.execute(statement, values)
            except sqlite3.OperationalError as problem:
                if problem.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    raise
                now = monotonic()
                deadline = deadline or now + self._busy_seconds
                if now >= deadline:
                    raise
            sleep(uniform(0, pause))
            pause = min(pause * 2, _LONGEST_PAUSE)

    @property
    def is_log_clean(self) -> bool:
        """Whether nothing that this store has erased is left in the write-ahead log."""
        return self._log.attempt()

    def _empty_the_log(self) -> bool:
        """Move the write-ahead log into the file and empty it, so that erased content is in neither; False while others
        need it.

        Waits for nobody (the busy timeout is 0). What was to be stored is stored already, so that is no failure.
        """
        try:
            with self._usable():
                if self._db.in_transaction:
                    return False
                is_busy, *_ = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                return not is_busy
        except sqlite3.ProgrammingError:
            # it was closed, which empties the log too, where nobody else has the file open
            return True
        except (sqlite3.Error, StoreUnavailable):
            return False

    # -- reading ------------------------------------------------------------------------------------------------------

    def read(self, engagement_id: str, after_version: int = 0, limit: int | None = None) -> Sequence[Record]:
        return self._rows(_READ, (engagement_id, after_version, _limit(limit)), self._record)

    def read_all(self, after_position: int = 0, limit: int = 1000) -> Sequence[Numbered]:
        rows = self._rows(_READ_ALL, (after_position, _limit(limit)))
        if rows and not after_position < rows[0][0] <= rows[-1][0]:  # whoever goes on from the last would never end
            raise damaged(self.path, "its events are not in the order of their positions")
        return [Numbered(position, self._record(row)) for position, *row in rows]

    def head(self, engagement_id: str) -> StreamHead | None:
        rows = self._rows(self._tables().head, (engagement_id,))
        return next(map(_head, rows), None)

    def heads(self, after_id: str = "", limit: int | None = None) -> Sequence[StreamHead]:
        rows = self._rows(self._tables().heads, (after_id, _limit(limit)))
        return list(map(_head, rows))

    def last_position(self) -> int:
        rows = self._rows(self._tables().last_position, ())
        position = rows[0][0] if rows else 0
        if not isinstance(position, int) or position < 0:
            raise damaged(self.path, f"{position!r:.60} is stored where a position belongs")
        return position

    def checkpoint(self, name: str) -> Checkpoint | None:
        rows = self._rows(self._tables().checkpoint, (name,))
        return self._checkpoint(rows[0]) if rows else None

    def checkpoints(self) -> Sequence[Checkpoint]:
        return [self._checkpoint(row) for row in self._rows(self._tables().checkpoints, ())]

    def _checkpoint(self, row: tuple[Any, ...]) -> Checkpoint:
        if self._schema.version == SCHEMA_VERSION:
            return stored_checkpoint(*row)
        try:
            return Checkpoint(name=row[0], position=row[1])
        except NotValid as problem:
            raise damaged(self.path, f"a checkpoint cannot be read: {problem.message}") from problem

    def self_check(self) -> Sequence[str]:
        problems = [str(line) for (line,) in self._rows("PRAGMA integrity_check", ()) if line != "ok"]
        missing = self._tables().definitions().difference(self._rows(DEFINITIONS, ()))
        problems += [f"the {kind} {name} is missing, or defined otherwise" for kind, name, *_ in sorted(missing)]
        if self._schema.version == SCHEMA_VERSION:
            problems += _misnoted(self._rows(_NOTED, ()))
        return problems

    def _rows(self, statement: str, values: tuple[Any, ...], kind: Callable[[Any], Any] = tuple) -> list[Any]:
        """The rows that a statement selects, each made a value of a kind."""
        with self._usable(), self._translated:
            self._ready()
            try:
                return list(map(kind, self._execute(statement, values)))
            except UnicodeEncodeError:  # a text that UTF-8 cannot encode is nowhere in the file
                return []

    # -- opening and closing --------------------------------------------------------------------------------------------

    def close(self) -> None:
        if self._pid == os.getpid():
            with self._lock:
                with suppress(sqlite3.ProgrammingError):  # it was closed before
                    self._ready()
                self._log.stop()
                self._log.attempt()
                if self._has_unnoted:
                    self._note()
                self._db.close()
                self._file.forget()

    def _note(self) -> None:
        """Note the last event, unless another process is writing: it does so too."""
        self._has_unnoted = False
        with suppress(sqlite3.Error, StoreUnavailable):
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute(NOTE)
            self._file.refuse_moved()
            self._db.execute("COMMIT")

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

    def _connect(self, create: bool) -> None:
        if create:
            self._file.create_private()
        is_fixed = self._file.is_fixed()
        mode = "mode=ro&immutable=1" if is_fixed else "mode=rwc" if create else "mode=rw"
        with self._translated:
            self._db = sqlite3.connect(
                f"{self.path.as_uri()}?{mode}",
                uri=True,
                timeout=self._busy_seconds,
                isolation_level=None,  # no transactions but those begun here
                check_same_thread=False,  # the lock sees to it
            )
        try:
            with self._translated:
                schema = stored_schema(self._db, self.path)
                if schema is None:
                    self._start_the_log()
                    schema = self._create_tables()
                self._schema = schema
                self._db.execute("PRAGMA synchronous = FULL")
                self._db.execute("PRAGMA secure_delete = ON")  # erased content is overwritten, not just unlinked
                if not is_fixed:
                    if self._db.execute("PRAGMA journal_mode").fetchone() != ("wal",):  # a copy that VACUUM made
                        with suppress(sqlite3.OperationalError):  # the file may be read, and not written
                            self._start_the_log()
                            self._db.execute(DEFINITIONS).fetchall()  # the log is there once something was read
                    self._file.remember()
                self._db.execute("PRAGMA busy_timeout = 0")  # from here on `_execute` waits
                if not is_fixed and self._file.has_log_of_others():  # of a process that ended before it had emptied it
                    self._empty_the_log()
        except BaseException:
            self._db.close()
            raise

    def _tables(self) -> Schema:
        """The file's tables; another process may have migrated an old file by now."""
        if self._schema.version != SCHEMA_VERSION:
            with self._usable(), self._translated:
                self._schema = stored_schema(self._db, self.path) or self._schema
        return self._schema

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

    def _create_tables(self) -> Schema:
        try:
            self._db.execute("BEGIN IMMEDIATE")
            schema = stored_schema(self._db, self.path)
            if schema is None:  # still: another process may have been first
                schema = SCHEMAS[SCHEMA_VERSION]
                schema.create(self._db)
            self._db.execute("COMMIT")
            return schema
        finally:
            self._take_back()


_WRITE = (SQLiteStore._commit.__code__,)
"""What is running while a transaction is open."""


def _head(row: tuple[str, int, str]) -> StreamHead:
    engagement_id, version, digest = row
    return StreamHead(engagement_id=engagement_id, version=version, digest=digest)


def _limit(limit: int | None) -> int:
    return _ALL if limit is None else max(limit, 0)


def _misnoted(rows: Sequence[Any]) -> list[str]:
    """What is wrong with the note of the last event, given rows of `_NOTED`."""
    if len(rows) != 1:
        return ["the note of the last event is missing"]
    position, is_same, last = rows[0]
    if is_same == 0:
        return [f"the event at position {position!r} is not the one that was noted there"]
    if not isinstance(position, int) or (last or 0) // NOTED_EVERY > position // NOTED_EVERY:
        return [f"the last event that was noted is at position {position!r}, and events reach to {last!r}"]
    return []
