"""What an SQL store does within one transaction of a connection; nothing here begins or ends one.

A write inserts and looks for nothing first: the keys of the tables refuse what does not fit, and only then is it asked why
(`still_to_write`). Writes are ordered by engagement, so that two of them wait for each other's engagements in one order.

Positions are given by `number_some`, a batch at a time. It first takes the lock of the store's one row by an UPDATE, so
two of them take turns; a killed one leaves no trace. It numbers only what it can see, and writers neither wait for it
nor for its lock.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Any, NamedTuple, Protocol

import attrs
from sqlalchemy import Connection, Dialect, Executable, inspect
from sqlalchemy.exc import IntegrityError

from coachcore.errors import Corrupt, StoreUnavailable
from coachcore.storage.admission import admit, admit_checkpoint, is_stored_already, refuse_foreign, stored_checkpoint
from coachcore.storage.contract import Append, Checkpoint, Numbered, SaveCheckpoint, Write
from coachcore.storage.record import Record, StreamHead, is_id
from coachcore.storage.sql import statements as sql
from coachcore.storage.sql.driver import DriverExecutor, on_driver
from coachcore.storage.sql.tables import SCHEMA_VERSION, store, tables

__all__ = [
    "Batch",
    "Executor",
    "RefusedWriteError",
    "Step",
    "Steps",
    "admitted",
    "are_stored",
    "checkpoint",
    "checkpoints",
    "create_tables",
    "has_tables",
    "head",
    "heads",
    "is_all_numbered",
    "is_one_statement",
    "last_position",
    "missing_tables",
    "number_some",
    "read",
    "read_page",
    "still_to_write",
    "write",
]

APPENDS_AT_ONCE = 500
"""How many appends get positions in one transaction: other readers wait for it, and a killed one is done again."""

INSERTS_IN_WITH = ("postgresql",)
"""Databases in which an INSERT may stand in a WITH clause."""

_ENDLESS = 2**63 - 1

Parameters = Mapping[str, Any]


class Executor(Protocol):
    """As much of an SQLAlchemy `Connection` as is used here. Raises the errors of SQLAlchemy."""

    def execute(self, statement: Executable, parameters: Any = None, /) -> Any: ...


class Step(NamedTuple):
    """An append that was admitted. previous: the digest it continues. is_stored: only what it erases is still to be done."""

    append: Append
    previous: str
    is_stored: bool = False


Steps = Sequence[Step | SaveCheckpoint]


class Batch(NamedTuple):
    """How many events got positions, and whether there were no more."""

    events: int
    is_last: bool


class RefusedWriteError(Exception):
    """Something is not as a write expects it; `still_to_write` says what."""


# -- writing ------------------------------------------------------------------------------------------------------------


def admitted(writes: Sequence[Write]) -> Steps:
    """The writes, after every check that needs no database."""
    steps: list[Step | SaveCheckpoint] = []
    for entry in writes:
        if isinstance(entry, SaveCheckpoint):
            steps.append(entry)
        else:
            previous = admit(entry)
            if entry.records:
                steps.append(Step(entry, previous))
    return steps


def write(host: Connection | DriverExecutor, steps: Steps) -> None:
    """Store all steps. Raises RefusedWriteError where one does not fit; the transaction must then be rolled back."""
    connection = on_driver(host)
    try:
        for step in sorted(steps, key=_place):
            if isinstance(step, SaveCheckpoint):
                _save(connection, step)
            else:
                if not step.is_stored:
                    _append(connection, step)
                if step.append.erase:
                    _erase(connection, step.append)
    except IntegrityError as error:
        raise RefusedWriteError from error.orig


def _place(step: Step | SaveCheckpoint) -> tuple[bool, str]:
    if isinstance(step, SaveCheckpoint):
        return True, step.checkpoint.name
    return False, step.append.engagement_id


def is_one_statement(steps: Steps, dialect: Dialect) -> bool:
    """Whether `write` runs one statement for all of it, which then needs no transaction around it."""
    match steps:
        case [Step(append=append, is_stored=False)] if not append.erase:
            return _is_one_insert(append, dialect)
    return False


def _is_one_insert(append: Append, dialect: Dialect) -> bool:
    return dialect.name in INSERTS_IN_WITH and append.expected_version > 0 and len(append.records) == 1


def _append(connection: DriverExecutor, step: Step) -> None:
    engagement_id, records, expected_version, _ = step.append
    place = {"engagement": engagement_id, "first": expected_version + 1, "last": expected_version + len(records)}
    follows = {"expected": expected_version, "previous": step.previous}
    rows = [record._asdict() for record in records]
    if _is_one_insert(step.append, connection.dialect):
        if connection.execute(sql.APPEND_EVENT, rows[0] | place | follows).rowcount == 0:
            raise RefusedWriteError
        return
    if expected_version == 0:
        written = connection.execute(sql.BEGIN_ENGAGEMENT, place)
    else:
        written = connection.execute(sql.CONTINUE_ENGAGEMENT, place | follows)
    if written.rowcount == 0:
        raise RefusedWriteError
    connection.execute(sql.INSERT_EVENTS, rows[0] if len(rows) == 1 else rows)


def _erase(connection: Executor, append: Append) -> None:
    engagement_id = append.engagement_id
    missing = (
        event_id
        for event_id in append.erase
        if connection.execute(sql.ERASE, {"engagement": engagement_id, "event": event_id}).rowcount == 0
    )
    refuse_foreign(engagement_id, missing)


def _save(connection: Executor, save: SaveCheckpoint) -> None:
    checkpoint, expected = save
    if not checkpoint.follows(expected):
        raise RefusedWriteError
    row = attrs.asdict(checkpoint, recurse=False) | {"digest": checkpoint.digest}
    if expected is None:
        connection.execute(sql.INSERT_CHECKPOINT, row)
        return
    stored = {"reader": expected.name, "expected_digest": expected.digest}
    if connection.execute(sql.MOVE_CHECKPOINT, row | stored).rowcount == 0:
        raise RefusedWriteError


def still_to_write(connection: Executor, steps: Steps) -> Steps:
    """The steps of a write that was refused, with those marked that are stored already.

    Each is checked as if those before it were stored.

    Raises what `EventStore.write` raises where a step does not fit.
    """
    checked: list[Step | SaveCheckpoint] = []
    offered: dict[str, list[Record]] = {}  # of the steps before, by engagement
    saved: dict[str, Checkpoint] = {}
    for step in steps:
        if isinstance(step, SaveCheckpoint):
            name = step.checkpoint.name
            admit_checkpoint(step, saved[name] if name in saved else checkpoint(connection, name))
            saved[name] = step.checkpoint
        elif not step.is_stored:
            append = step.append
            before = offered.setdefault(append.engagement_id, [])
            # What others store meanwhile is no harm in this order: events that are found although the head was not there yet are
            # a repeat, and where none are found although it was, the write is tried again.
            current = _head_of(before[-1]) if before else head(connection, append.engagement_id)
            newer = [*read(connection, append.engagement_id, append.expected_version), *before]
            stored = _find(connection, append) | {record.event_id: record for record in before}
            stored = {
                record.event_id: stored[record.event_id] for record in append.records if record.event_id in stored
            }
            step = step._replace(is_stored=is_stored_already(append, step.previous, current, stored, newer))
            if not step.is_stored:
                before.extend(append.records)
        checked.append(step)
    return checked


def are_stored(connection: Executor, steps: Steps) -> bool:
    """Whether what a write stored is still there, and was not rolled back with the transaction or a savepoint around it."""
    for step in steps:
        if isinstance(step, SaveCheckpoint):
            stored = checkpoint(connection, step.checkpoint.name)
            if stored is None or not stored.follows(step.checkpoint):
                return False
        elif not step.is_stored:
            last = step.append.records[-1]
            row = connection.execute(sql.DIGEST, {"engagement": last.engagement_id, "of_version": last.version}).first()
            if row is None or row[0] != last.digest:
                return False
    return True


def _find(connection: Executor, append: Append) -> dict[str, Record]:
    """The engagement's records that have one of the event ids of an append, by event id."""
    rows: list[Any] = []
    for ids in _chunks([record.event_id for record in append.records]):
        rows += connection.execute(sql.FIND, {"engagement": append.engagement_id, **ids}).all()
    return {record.event_id: record for record in (Record(*row) for row in rows)}


def _chunks(values: Sequence[Any]) -> Iterator[Parameters]:
    """Parameters of the statements that look for `IDS_AT_ONCE` values; where there are fewer, the last is repeated."""
    for first in range(0, len(values), sql.IDS_AT_ONCE):
        chunk = values[first : first + sql.IDS_AT_ONCE]
        yield {f"id_{index}": chunk[min(index, len(chunk) - 1)] for index in range(sql.IDS_AT_ONCE)}


# -- reading ------------------------------------------------------------------------------------------------------------


def read(
    connection: Executor, engagement_id: str, after_version: int = 0, limit: int | None = None
) -> Sequence[Record]:
    """The events of an engagement after a version."""
    if not is_id(engagement_id):
        return []
    values = {"engagement": engagement_id, "after": max(after_version, 0), "limit": _limit(limit)}
    return [Record(*row) for row in connection.execute(sql.READ, values).all()]


def read_page(connection: Executor, after_position: int, limit: int) -> Sequence[Numbered]:
    """Events that have positions, and lie after one."""
    values = {"after": max(after_position, 0), "limit": _limit(limit)}
    rows = connection.execute(sql.READ_ALL, values).all()
    return [Numbered(position, Record(*row)) for position, *row in rows]


def head(connection: Executor, engagement_id: str) -> StreamHead | None:
    """Where an engagement stands."""
    if not is_id(engagement_id):
        return None
    row = connection.execute(sql.HEAD, {"engagement": engagement_id}).first()
    return None if row is None else _stream_head(*row)


def heads(connection: Executor, after_id: str = "", limit: int | None = None) -> Sequence[StreamHead]:
    """Where the engagements stand whose ids are after one."""
    rows = connection.execute(sql.HEADS, {"after": after_id, "limit": _limit(limit)}).all()
    return [_stream_head(*row) for row in rows]


def checkpoint(connection: Executor, name: str) -> Checkpoint | None:
    """The checkpoint of a name. Raises Corrupt checkpoint.changed."""
    if not is_id(name):
        return None
    row = connection.execute(sql.CHECKPOINT, {"reader": name}).first()
    return None if row is None else stored_checkpoint(*row)


def checkpoints(connection: Executor) -> Sequence[Checkpoint]:
    """All checkpoints, by name. Raises Corrupt checkpoint.changed."""
    return [stored_checkpoint(*row) for row in connection.execute(sql.CHECKPOINTS).all()]


def _stream_head(engagement_id: str, version: int, digest: str) -> StreamHead:
    return StreamHead(engagement_id=engagement_id, version=version, digest=digest)


def _head_of(record: Record) -> StreamHead:
    return _stream_head(record.engagement_id, record.version, record.digest)


def _limit(limit: int | None) -> int:
    return _ENDLESS if limit is None else max(limit, 0)


# -- numbering ----------------------------------------------------------------------------------------------------------


def is_all_numbered(connection: Executor) -> bool:
    """Whether every committed event has a position."""
    return connection.execute(sql.ANY_UNNUMBERED).first() is None


def last_position(connection: Executor) -> int:
    """The last position given. Raises Corrupt position.changed where the event there is not the one that got it."""
    row = connection.execute(sql.LAST_POSITION).first()
    if row is None:
        raise _position_changed("the row that holds it is gone")
    position, digest, actual = row
    is_other_event = actual not in (digest, None)  # None: the event is gone, as `verify` reports
    if is_other_event or (position == 0) != (digest == ""):
        raise _position_changed(f"the event at {position} is not the one that got this position")
    return int(position)


def _position_changed(problem: str) -> Corrupt:
    return Corrupt(
        "position.changed",
        f"the last position of the store was changed: {problem}",
        "run `coachcore verify` on the store, and restore it from a backup",
    )


def number_some(connection: Executor) -> Batch:
    """Give positions to committed events that have none, those that were appended first."""
    connection.execute(sql.LOCK_POSITIONS)
    position = last_position(connection)
    appends = connection.execute(sql.UNNUMBERED, {"limit": APPENDS_AT_ONCE}).all()
    following = count(position + 1)
    rows = [
        {"position": next(following), "engagement_id": engagement_id, "version": version}
        for _, engagement_id, first, last in appends
        for version in range(first, last + 1)
    ]
    if not rows:
        return Batch(0, is_last=True)
    try:
        connection.execute(sql.INSERT_POSITIONS, rows)
    except IntegrityError as error:
        raise _position_changed(f"there are events after {position}") from error.orig
    for numbers in _chunks([number for number, *_ in appends]):
        connection.execute(sql.DELETE_UNNUMBERED, numbers)
    last = rows[-1]
    digest = connection.execute(
        sql.DIGEST, {"engagement": last["engagement_id"], "of_version": last["version"]}
    ).first()
    moved = {"position": last["position"], "digest": digest[0] if digest else ""}
    connection.execute(sql.MOVE_POSITION, moved)
    return Batch(len(rows), is_last=len(appends) < APPENDS_AT_ONCE)


# -- the tables themselves ----------------------------------------------------------------------------------------------


def has_tables(connection: Connection) -> bool:
    """Whether the store's tables are there. Raises StoreUnavailable where they are of another release."""
    if not inspect(connection).has_table(store.name):
        return False
    row = connection.execute(sql.SCHEMA).first()
    if row is None:
        return False
    if row[0] != SCHEMA_VERSION:
        raise StoreUnavailable(
            "store_schema.unknown",
            f"the tables of the store are of version {row[0]}, and this coachcore knows version {SCHEMA_VERSION}",
            "use the coachcore that wrote them, or a newer one; nothing was changed",
        )
    return True


def missing_tables(connection: Connection) -> Sequence[str]:
    """A sentence for each table that is not there."""
    present = set(inspect(connection).get_table_names())
    return [f"the table {name} is missing" for name in tables.tables if name not in present]


def create_tables(connection: Connection) -> None:
    """Create the tables of an empty store."""
    tables.create_all(connection)
    connection.execute(sql.INSERT_STORE, {"id": 1, "schema_version": SCHEMA_VERSION, "position": 0, "digest": ""})
