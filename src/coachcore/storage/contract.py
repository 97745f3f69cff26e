"""What every store promises: `EventStore`, and the values that pass through it.

A store knows bytes, versions, positions and digests, and nothing of coaching. All that belongs together is written by one call of
`write`, which stores all of it or nothing; so no transaction is ever open while a host's code runs. Events get their place in the order
of the whole practice, their position, once they are committed, and never from `write`: where several writers commit at once, a
position given earlier would let a reader pass an event that becomes visible later.

`AsyncEventStore` is the same with coroutines. `coachcore.testing.stores` tests both against every sentence here.
"""

from collections.abc import Awaitable, Callable, Sequence
from hashlib import sha256
from typing import Literal, NamedTuple, Protocol, Self, runtime_checkable

import attrs

from coachcore.errors import NotValid, shown
from coachcore.storage.record import AN_ID, Record, StreamHead, is_id

__all__ = [
    "Append",
    "AsyncEventStore",
    "Checkpoint",
    "EventStore",
    "JoinedStore",
    "Numbered",
    "Promises",
    "SaveCheckpoint",
    "Write",
]

_MAX_NUMBER = 2**63


@attrs.frozen(kw_only=True)
class Promises:
    """What a store promises beyond the contract, so that a host can refuse a store that promises too little.

    durability: what an acknowledged write outlives: "none", the end of the process at most; "disk", a power cut; "server", what the
    server's settings let it outlive. order: when a committed event gets its position: "commit", at once; "reading", when somebody next
    reads the order of all events (`read_all`). is_exclusive: whether writers take turns in the whole store; otherwise only those
    of one engagement do.
    """

    durability: Literal["none", "disk", "server"]
    order: Literal["commit", "reading"]
    is_exclusive: bool


class Append(NamedTuple):
    """The next events of one engagement.

    records: versions `expected_version + 1` onwards, each chained to the one before. expected_version: where the engagement must
    stand, 0 for a new one. erase: ids of events of this engagement whose content and salt go in the same step; erasing twice is
    no error.
    """

    engagement_id: str
    records: Sequence[Record]
    expected_version: int
    erase: Sequence[str] = ()


@attrs.frozen(kw_only=True)
class Checkpoint:
    """How far a reader of all events has come.

    name: the reader's. position: the last one it has done with, 0 before the first. generation: counts how often the reader was sent
    back; within one generation the position never falls. failures: failed attempts on the event after `position`.
    state: what else the reader remembers, as bytes that mean nothing to the store.
    Raises NotValid checkpoint.invalid: a name that is no id (`record.is_id`), or a number that is not a whole one from 0 to 2**63 - 1.
    """

    name: str
    position: int = 0
    generation: int = 0
    failures: int = 0
    state: bytes = b""

    def __attrs_post_init__(self) -> None:
        if not is_id(self.name):
            raise _not_valid("name", self.name, AN_ID)
        for name in ("position", "generation", "failures"):
            number = getattr(self, name)
            if type(number) is not int or not 0 <= number < _MAX_NUMBER:
                raise _not_valid(name, number, "a whole number from 0 to 2**63 - 1, as databases hold it")
        if not isinstance(self.state, bytes):
            raise _not_valid("state", type(self.state).__name__, "bytes")

    @property
    def digest(self) -> str:
        """Hex SHA-256 of all fields: stored beside them, so that a changed byte is noticed."""
        fields = f"{self.name}\0{self.position}\0{self.generation}\0{self.failures}\0".encode()
        return sha256(fields + self.state).hexdigest()

    def follows(self, stored: "Checkpoint | None") -> bool:
        """Whether it may replace the stored one: same generation and no lower position, or the next generation."""
        if stored is None:
            return True
        is_same_run = self.generation == stored.generation and self.position >= stored.position
        return is_same_run or self.generation == stored.generation + 1


def _not_valid(field: str, actual: object, expected: str) -> NotValid:
    return NotValid(
        "checkpoint.invalid", f"found {shown(actual)}, expected {expected}", "nothing was stored", path=field
    )


class SaveCheckpoint(NamedTuple):
    """Replace a checkpoint. expected: the stored one that it was made from, None where there was none."""

    checkpoint: Checkpoint
    expected: Checkpoint | None


Write = Append | SaveCheckpoint


class Numbered(NamedTuple):
    """A committed event and its position: 1, 2, 3 ... in the whole practice, part of no digest."""

    position: int
    record: Record


@runtime_checkable
class EventStore(Protocol):
    """A practice's events, as bytes. Safe to use from several threads.

    Every method may raise StoreUnavailable (closed, locked, full, read-only, unreachable: the store is unchanged) and Corrupt (what
    is stored cannot be read). Ids are texts of 1 to 255 characters (`record.is_id`); asked for another, a store has nothing.
    """

    @property
    def promises(self) -> Promises:
        """What it promises beyond the contract."""
        ...

    def write(self, writes: Sequence[Write]) -> None:
        """Store all of it or nothing; what was written is as durable as `promises` says when the call returns.

        Idempotent by event id and content, within the engagement: an append is acknowledged without a new event where each of its
        events is stored already with the same content, type, actor, times and visibility (`record.is_same_event`; erased content
        counts as the same), and they are either the events after `expected_version`, or the engagement stands at
        `expected_version`. What it erases is erased all the same. No writes, or an append of no records: nothing to do.
        The writes are checked and stored in their order, so an append may go on from one before it.

        Raises Conflict: `store.conflict` (the engagement is at another version; `error.newer` has the records after the expected
        version, `data` has `expected` and `actual`), `record_id.duplicate` (an event id is taken by another event of the
        engagement, or only some of the records are stored), `history.conflict` (at that version, but by another history),
        `checkpoint.conflict` (another reader of that name has moved it), `store.contention` (the database gave up on the
        transaction in favour of another; decide again). NotValid `write.invalid` (neither Append nor SaveCheckpoint),
        `record.invalid` (a record does not agree with itself or the call), `erasure_record.missing`, `checkpoint.backwards`.
        NotFound `erased_event.unknown`.
        """
        ...

    def read(self, engagement_id: str, after_version: int = 0, limit: int | None = None) -> Sequence[Record]:
        """The events of one engagement after a version, in order, as they stand together at one moment; `limit` at most.

        Empty when there are none, or no such engagement.
        """
        ...

    def read_all(self, after_position: int = 0, limit: int = 1000) -> Sequence[Numbered]:
        """The events of the whole practice after a position, in order, `limit` at most.

        What was acknowledged before another write began comes before it.
        Gap-free: an event is seen only once every event with a lower position can be, so a reader that goes on from the last
        position it saw, while others write, skips none. Whatever was committed before the call is seen, sooner or later, by a
        reader that goes on; where `promises.order` is "reading", this call numbers it first.
        """
        ...

    def head(self, engagement_id: str) -> StreamHead | None:
        """Where one engagement stands; None when the store does not have it."""
        ...

    def heads(self, after_id: str = "", limit: int | None = None) -> Sequence[StreamHead]:
        """Where each engagement stands, by engagement id (in order of code points): those after an id, `limit` at most.

        As they stand together at one moment, so that no write is seen in part.
        """
        ...

    def last_position(self) -> int:
        """The highest position given, 0 in an empty store; numbers what is committed first, as `read_all` does."""
        ...

    def checkpoint(self, name: str) -> Checkpoint | None:
        """The checkpoint saved under a name. Raises Corrupt `checkpoint.changed` where its digest does not fit."""
        ...

    def checkpoints(self) -> Sequence[Checkpoint]:
        """All checkpoints, by name."""
        ...

    def self_check(self) -> Sequence[str]:
        """Damage that the store finds below the level of events (pages, indexes), a sentence each; usually empty."""
        ...

    def close(self) -> None:
        """Close the store. Closing it twice is not an error; any other use afterwards raises StoreUnavailable `store.closed`."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc_info: object) -> None: ...


@runtime_checkable
class JoinedStore(Protocol):
    """A store's events over a host's own connection, made by `store.joined(connection)`: in the host's transaction.

    `write` leaves the transaction open, and the host's commit stores its rows and these events together; `read` sees what was
    written on the connection. Nothing is ever committed, rolled back or repeated here.
    """

    def write(self, writes: Sequence[Write]) -> None: ...

    def read(self, engagement_id: str, after_version: int = 0, limit: int | None = None) -> Sequence[Record]: ...

    def head(self, engagement_id: str) -> StreamHead | None: ...

    def heads(self, after_id: str = "", limit: int | None = None) -> Sequence[StreamHead]: ...

    def checkpoint(self, name: str) -> Checkpoint | None: ...

    def on_commit(self, callback: Callable[[], object]) -> None:
        """Call back once the host's transaction is committed; never where it is rolled back."""
        ...


@runtime_checkable
class AsyncEventStore(Protocol):
    """An `EventStore` whose methods are coroutines; see there for what each promises. Safe to use from several tasks."""

    @property
    def promises(self) -> Promises: ...

    def write(self, writes: Sequence[Write]) -> Awaitable[None]: ...

    def read(
        self, engagement_id: str, after_version: int = 0, limit: int | None = None
    ) -> Awaitable[Sequence[Record]]: ...

    def read_all(self, after_position: int = 0, limit: int = 1000) -> Awaitable[Sequence[Numbered]]: ...

    def head(self, engagement_id: str) -> Awaitable[StreamHead | None]: ...

    def heads(self, after_id: str = "", limit: int | None = None) -> Awaitable[Sequence[StreamHead]]: ...

    def last_position(self) -> Awaitable[int]: ...

    def checkpoint(self, name: str) -> Awaitable[Checkpoint | None]: ...

    def checkpoints(self) -> Awaitable[Sequence[Checkpoint]]: ...

    def self_check(self) -> Awaitable[Sequence[str]]: ...

    def close(self) -> Awaitable[None]: ...
