"""A unit of work: events of several engagements that are stored together, or not at all.

    with practice.unit() as unit:
        anna, ben = unit.load("anna-2026"), unit.load("ben-2026")
        anna.coach.send_message("See you both on Monday.")
        ben.coach.send_message("See you both on Monday.")

A unit belongs to this object, and never to a thread or a task: what is recorded through its handles is part of it, whoever calls,
and nothing else is. It collects events and writes them when it ends, in one call of the store. So no lock is held while
the host's code runs or awaits, and until then no other handle, snapshot, handler or process sees any of them.

An engagement that a unit has loaded is the unit's until the unit ends. Recording on it beside the unit waits where another
thread or task does so, and is refused (Conflict `unit.open`) in the unit's own, where waiting would never end. What another
process records meanwhile makes the unit fail with Conflict `store.conflict` when it ends; repeat all of it then, as
`Practice.in_unit` does.

A unit on a host's own connection, `practice.unit(connection=...)`, writes in the host's transaction when it ends. Its events are
committed with the host's rows, or not at all, and handles, snapshots and after handlers follow that commit.
"""

import weakref
from abc import abstractmethod
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from coachcore.engagement.history import EventLog
from coachcore.errors import Conflict, Refused, check_type
from coachcore.events import Event
from coachcore.flow import Flow, run, run_async
from coachcore.model.agreement import Agreement
from coachcore.model.times import MomentLike, When
from coachcore.practice.waiting import WAIT_SECONDS, Turn
from coachcore.storage.contract import Checkpoint, JoinedStore, SaveCheckpoint
from coachcore.storage.record import Record

if TYPE_CHECKING:  # the practice makes units
    from coachcore.practice.async_faces import AsyncEngagement
    from coachcore.practice.base import PracticeBase
    from coachcore.practice.faces import Engagement
    from coachcore.practice.handle import HandleBase
    from coachcore.practice.ticks import TickItem

__all__ = [
    "OVERTAKEN",
    "RETRIES",
    "TICK",
    "AsyncUnit",
    "BatchScope",
    "Cause",
    "Entry",
    "Unit",
    "UnitBase",
    "UnitScope",
    "recorded_by_hook",
    "within",
]

H = TypeVar("H", bound="HandleBase")
T = TypeVar("T")
U = TypeVar("U", bound="UnitBase[Any]")
RETRIES = 32
"""Attempts to record where other writers come first. An engagement has few writers, so 32 lost attempts in a row point to a fault."""
TICK = "tick:"
"""With which the names of the checkpoints of ticks begin (`ticks`); all others are of subscriptions."""
OVERTAKEN = ("store.conflict", "store.contention")
"""Conflicts after which a command or a unit is decided again: another writer came first, or the database preferred one."""


class Entry(NamedTuple):
    """What one command adds to a unit. before, after: the engagement's events without it and with it.

    records: the events as they will be stored. erased: ids of events whose content goes with it. has_own_id: whether the caller
    chose the event's id, so that the command may be a repetition.
    """

    handle: "HandleBase"
    before: EventLog
    after: EventLog
    events: Sequence[Event]
    records: Sequence[Record]
    erased: Sequence[str]
    has_own_id: bool


class Cause(NamedTuple):
    """The event whose handler records through a unit. Ids of events are those of one engagement, and mean nothing in another."""

    engagement_id: str
    event_id: str


class Host:
    """Whose transaction a unit is written in. connection: weakly, since handles of the unit may outlive it.

    commit: what waits for the host's commit. The store refers to it until the transaction ends in either way, and nobody else does.
    """

    def __init__(self, connection: object) -> None:
        self.connection = weakref.ref(connection)
        self.commit: Callable[[], HostCommit | None] = _no_commit


class HostCommit:
    """What follows from the commit of a host. runs: the entries of each engagement."""

    def __init__(self, unit: "UnitBase[Any]", runs: Sequence[Sequence[Entry]]) -> None:
        self._unit = unit
        self._runs = runs
        assert unit._host is not None
        unit._host.commit = weakref.ref(self)

    def __call__(self) -> None:
        assert self._unit._host is not None
        self._unit._host.commit = _no_commit  # handlers may record
        self._unit.practice._committed(self._runs)
        self._unit.practice._notify()


def _no_commit() -> None:
    return None


class UnitBase(Generic[H]):
    """A unit of work that is open, of a synchronous or asynchronous practice."""

    def __init__(self, practice: "PracticeBase[H, Any]", parent: "UnitBase[H] | None" = None) -> None:
        self.practice = practice
        self._root: UnitBase[H] = self if parent is None else parent._root
        self._parent = parent
        self._host: Host | None = None
        self._joined: JoinedStore | None = None
        self._entries: list[Entry] = [] if parent is None else parent._entries
        self._checkpoints: list[SaveCheckpoint] = [] if parent is None else parent._checkpoints
        self._first = len(self._entries), len(self._checkpoints)
        self._handles: dict[str, H] = {} if parent is None else parent._handles
        self._innermost = self
        self._is_closing = False
        self._caller = practice._waiting.caller()
        self._ended = practice._waiting.signal()
        self._turn: Turn = practice._waiting.turn() if parent is None else parent._turn
        self._scope: Callable[[], object] = _no_scope
        self._cause: Cause | None = None if parent is None else parent._cause

    @property
    def is_open(self) -> bool:
        """Whether it may still record: until its `with` block ends, even where an interrupt has kept that from being noted."""
        return not self._ended.is_set() and self._scope() is not None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self._handles)} engagements, {'open' if self.is_open else 'ended'}>"

    def save_checkpoint(self, checkpoint: Checkpoint, expected: Checkpoint | None) -> None:
        """Save a reader's checkpoint with the unit's events. expected: the stored one that it was made from.

        The unit raises Conflict checkpoint.conflict, when it ends, where another reader of that name has moved it.
        Raises Refused unit.closed.
        """
        self._refuse_ended()
        self._checkpoints.append(SaveCheckpoint(checkpoint, expected))

    def _cause_in(self, engagement_id: str) -> str | None:
        """The event from which follows what is recorded on an engagement through this unit, unless the caller names another."""
        cause = self._cause
        return cause.event_id if cause is not None and cause.engagement_id == engagement_id else None

    def unit(self) -> "UnitScope[Any]":
        """A part of this unit: where it raises, its own events are taken back, and the unit may go on.

        Raises Conflict unit_part.open where another part of this unit is open, Refused unit.closed.
        """
        self._refuse_ended()
        if self._root._innermost is not self:
            raise Conflict(
                "unit_part.open", "a part of this unit is open", "end it first, or use the part's own unit()"
            )
        return UnitScope(self.practice._new_unit(self))

    # --- flows -------------------------------------------------------------------------------------------------------

    def _loaded(self, engagement_id: str) -> Flow[H]:
        check_type(engagement_id, str, "engagement_id")
        engagement = yield from self._handle(engagement_id)
        if not engagement.version:
            yield from self.practice._refuse_unknown(engagement_id)
        return engagement

    def _handle(self, engagement_id: str) -> Flow[H]:
        """This unit's handle on an engagement, which may still be to be proposed."""
        self._refuse_ended()
        handle = self._handles.get(engagement_id)
        if handle is None:
            handle = yield from self._in_turn(self._claimed(engagement_id))
        return handle

    def _claimed(self, engagement_id: str) -> Flow[H]:
        if engagement_id not in self._handles:
            self._handles[engagement_id] = yield from self.practice._claimed(engagement_id, self._root)
        return self._handles[engagement_id]

    def _ticked(self, name: str, now: MomentLike | None, since: MomentLike | None) -> "Flow[Sequence[TickItem]]":
        from coachcore.practice.ticks import TickRun

        self._refuse_ended()
        return (yield from self._in_turn(TickRun(self.practice, name, now, since).in_unit(self)))

    def _in_turn(self, work: Flow[T]) -> Flow[T]:
        """Do something while no other thread or task does so in this unit."""
        return self._turn.during(work, WAIT_SECONDS)

    def _left(self, error: BaseException | None) -> Flow[None]:
        """End the unit, or a part of one: store its events, or take them back."""
        if isinstance(error, GeneratorExit):  # whoever awaited is closed, and nothing more can be awaited
            self._abandon()
            return
        try:
            yield from self._turn.during(self._finished(error))
        except BaseException:
            self._undo(*self._first)
            raise
        finally:
            self._end()
        if self._parent is None and error is None:
            yield from self.practice.hooks.notify_flow()

    def _finished(self, error: BaseException | None) -> Flow[None]:
        if error is not None:
            self._undo(*self._first)
        elif self._parent is None:
            self._is_closing = True  # what another thread or task would record from here on would not be stored
            if self._entries or self._checkpoints:
                yield from self.practice._commit(self._entries, self._checkpoints, self)

    def _wait(self, engagement_id: str, host: "Host | None" = None) -> Flow[None]:
        """Wait until the unit of another thread or task ends; refuse where that would be for ever.

        host: of the unit that is to record. Raises Conflict unit.open, host_transaction.open, Refused hook.recorded.
        """
        if self.is_open and self._caller != self.practice._waiting.caller():
            yield from self._ended.awaited()
        if not self.is_open:
            self._refuse_uncommitted(engagement_id, host)
        elif (handle := self._handles.get(engagement_id)) is not None and handle._is_deciding:
            raise recorded_by_hook()
        else:
            raise Conflict(
                "unit.open",
                f"a unit of work is open on engagement {engagement_id!r}",
                "record through the handles of the unit, or try again when it has ended",
            )

    def _refuse_uncommitted(self, engagement_id: str, host: "Host | None") -> None:
        """Refuse to record beside a host's transaction in its own thread or task: the database would wait for its end there."""
        if self._host is None or self._host.commit() is None or self._caller != self.practice._waiting.caller():
            return
        if host is None or host.connection() is not self._host.connection():
            raise Conflict(
                "host_transaction.open",
                f"events of engagement {engagement_id!r} were recorded in a transaction of yours that is still open",
                "commit it or roll it back first, or record on its connection: practice.unit(connection=...)",
            )

    # --- ending ------------------------------------------------------------------------------------------------------

    def _refuse_ended(self) -> None:
        if not self.is_open or self._root._is_closing:
            raise Refused("unit.closed", "the unit has ended", "begin another with practice.unit()")

    def _undo(self, entries: int, checkpoints: int) -> None:
        """Take back all but the first. Each step may be repeated, so an interrupt leaves nothing half done."""
        del self._checkpoints[checkpoints:]
        while len(self._entries) > entries:
            entry = self._entries[-1]
            entry.handle._event_log = entry.before
            self._entries.pop()

    def _end(self) -> None:
        self._root._innermost = self if self._parent is None else self._parent
        self._joined = None
        self._ended.set()

    def _abandon(self) -> None:
        """End a unit whose block was left without that, as by an interrupt."""
        if not self._ended.is_set():
            self._undo(*self._first)
            self._end()
        self._ended.set()  # an interrupt may have kept those who wait from being woken


class Unit(UnitBase["Engagement"]):
    """A unit of work that is open; made by `Practice.unit`."""

    def load(self, engagement_id: str) -> "Engagement":
        """A handle of this unit on an engagement; the same one each time.

        Raises as `Practice.load`, Conflict unit.open, Refused unit.closed.
        """
        return run(self._loaded(engagement_id))

    def propose(
        self,
        agreement: Agreement,
        *,
        by: str | None = None,
        engagement_id: str | None = None,
        occurred_at: When | None = None,
    ) -> "Engagement":
        """Begin an engagement as part of this unit; see `Practice.propose`. Raises Refused unit.closed too."""
        self._refuse_ended()
        return run(self.practice._proposed(agreement, by, engagement_id, occurred_at, self))

    def tick(
        self, name: str, now: MomentLike | None = None, *, since: MomentLike | None = None
    ) -> "Sequence[TickItem]":
        """What came to pass since the last tick of a name, by what is stored; see `Practice.tick`.

        That it was announced is stored with the unit's events, or not at all: what is recorded for an item is recorded once.
        When the unit ends, it raises Conflict checkpoint.conflict where another run of the name came first.
        """
        return run(self._ticked(name, now, since))


class AsyncUnit(UnitBase["AsyncEngagement"]):
    """A unit of work that is open; made by `AsyncPractice.unit`."""

    async def load(self, engagement_id: str) -> "AsyncEngagement":
        """A handle of this unit on an engagement; the same one each time. See `Unit.load`."""
        return await run_async(self._loaded(engagement_id))

    async def propose(
        self,
        agreement: Agreement,
        *,
        by: str | None = None,
        engagement_id: str | None = None,
        occurred_at: When | None = None,
    ) -> "AsyncEngagement":
        """Begin an engagement as part of this unit; see `AsyncPractice.propose`."""
        self._refuse_ended()
        return await run_async(self.practice._proposed(agreement, by, engagement_id, occurred_at, self))

    async def tick(
        self, name: str, now: MomentLike | None = None, *, since: MomentLike | None = None
    ) -> "Sequence[TickItem]":
        """What came to pass since the last tick of a name, by what is stored; see `Unit.tick`."""
        return await run_async(self._ticked(name, now, since))


class Scope(AbstractContextManager[T], AbstractAsyncContextManager[T]):
    """What `with` and `async with` enter and leave: the same flows, run or awaited."""

    def __enter__(self) -> T:
        try:
            return run(self.entered())
        except BaseException:
            self.abandon()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            run(self.left(error))
        except BaseException:
            self.abandon()  # even while a traceback refers to this object
            raise

    async def __aenter__(self) -> T:
        try:
            return await run_async(self.entered())
        except BaseException:
            self.abandon()
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await run_async(self.left(error))
        except BaseException:
            self.abandon()
            raise

    @abstractmethod
    def entered(self) -> Flow[T]:
        """Begin; returns what to record through. Where it raises, `abandon` the scope."""

    @abstractmethod
    def left(self, error: BaseException | None) -> Flow[None]:
        """Store what was recorded, or take it back where an error is given."""

    @abstractmethod
    def abandon(self) -> None:
        """Take back what was recorded, where the scope was not left, even while the traceback of an interrupt refers to it."""


class UnitScope(Scope[U]):
    """What `with practice.unit() as unit:` and `async with` enter and leave.

    It is referred to by the block alone. So the unit ends with the block even where an interrupt comes before
    `__exit__` is called.
    """

    def __init__(self, unit: U) -> None:
        self.unit = unit
        unit._scope = weakref.ref(self)
        unit._root._innermost = unit
        self._life = _life(unit)
        next(self._life)

    def entered(self) -> Flow[U]:
        yield from ()
        return self.unit

    def left(self, error: BaseException | None) -> Flow[None]:
        try:
            yield from self.unit._left(error)
        finally:
            self.abandon()

    def abandon(self) -> None:
        self._life.close()


class BatchScope(Scope[H]):
    """What `with engagement.batch() as batch:` and `async with` enter and leave.

    A unit on one engagement, or a part of the open one.
    """

    def __init__(self, handle: H) -> None:
        self._handle = handle
        self._scope: UnitScope[Any] | None = None

    def entered(self) -> Flow[H]:
        unit = self._handle._open_unit
        if unit is not None:
            self._scope, self._inner = unit._root._innermost.unit(), self._handle
            return self._handle
        self._scope = self._handle.practice._unit_scope()
        self._inner = yield from self._scope.unit._handle(self._handle.id)
        return self._inner

    def left(self, error: BaseException | None) -> Flow[None]:
        if self._scope is not None:
            yield from self._scope.left(error)
        if error is None:
            self._handle._advance(self._inner._event_log)

    def abandon(self) -> None:
        if self._scope is not None:
            self._scope.abandon()


def within(scope: Scope[Any], work: Flow[T]) -> Flow[T]:
    """Do work in a unit or batch, then end it: store its events, or take them back where the work raises."""
    try:
        try:
            result = yield from work
        except BaseException as error:
            yield from scope.left(error)
            raise
        yield from scope.left(None)
        return result
    finally:
        scope.abandon()  # even while the traceback of an interrupt refers to it


def _life(unit: UnitBase[Any]) -> Generator[None]:
    # Closed with its scope. No `__del__`, in which an interrupt would be lost, and which would run after each unit.
    try:
        yield
    finally:
        unit._abandon()


def _no_scope() -> None:
    return None


def recorded_by_hook() -> Refused:
    """The refusal of a before handler that would decide twice at a time on one engagement."""
    return Refused(
        "hook.recorded",
        "a before handler recorded something on the engagement whose event it handles",
        "return the events from the handler; they are stored with the first",
    )
