"""A unit of work: events of several engagements that are stored together, or not at all.

    with practice.unit() as unit:
        anna, ben = unit.load("anna-2026"), unit.load("ben-2026")
        anna.coach.send_message("See you both on Monday.")
        ben.coach.send_message("See you both on Monday.")

A unit belongs to this object, and never to a thread or a task: what is recorded through its handles is part of it, whoever calls,
and nothing else is. It collects events and writes them when it ends, in one short transaction of the store. So no lock is held while
the host's code runs or awaits, and until then no other handle, snapshot, handler or process sees any of them.

An engagement that a unit has loaded is the unit's until the unit ends. Recording on it beside the unit waits where another thread
does so, and is refused (Conflict `unit.open`) in the unit's own thread, where waiting would never end. What another process
records meanwhile makes the unit fail with Conflict `store.conflict` when it ends; repeat all of it then.
"""

import weakref
from collections.abc import Generator, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager, contextmanager
from threading import Event as Signal
from threading import get_ident
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple

from pendulum import DateTime

from coachcore.engagement.decide import Draft
from coachcore.engagement.history import EventLog
from coachcore.errors import Conflict, Refused
from coachcore.model.agreement import Agreement
from coachcore.model.times import When
from coachcore.storage import Record
from coachcore.storage.scope import Scope

if TYPE_CHECKING:  # the practice makes units
    from coachcore.practice import Engagement, Practice

__all__ = ["Entry", "Unit", "UnitScope", "opened", "recorded_by_hook"]

WAIT_SECONDS = 10.0
"""How long recording beside a unit waits for it to end: as long as the SQLite store waits for another process."""


class Entry(NamedTuple):
    """What one command adds to a unit. before: the engagement's events without it. records: each with its content's digest."""

    handle: "Engagement"
    before: EventLog
    drafts: Sequence[Draft]
    records: Sequence[tuple[Record, str]]
    recorded_at: DateTime


class Unit:
    """A unit of work that is open; made by `Practice.unit`."""

    def __init__(self, practice: "Practice", scope: Scope, parent: "Unit | None" = None) -> None:
        self.practice = practice
        self._root: Unit = self if parent is None else parent._root
        self._parent = parent
        self._entries: list[Entry] = [] if parent is None else parent._entries
        self._handles: dict[str, Engagement] = {} if parent is None else parent._handles
        self._innermost = self
        self._thread = get_ident()
        self._ended = Signal()
        self._scope = weakref.ref(scope)

    @property
    def is_open(self) -> bool:
        """Whether it may still record: until its `with` block ends, even where an interrupt has kept that from being noted."""
        return not self._ended.is_set() and self._scope() is not None

    def __repr__(self) -> str:
        return f"<Unit of {len(self._handles)} engagements, {'open' if self.is_open else 'ended'}>"

    def load(self, engagement_id: str) -> "Engagement":
        """A handle of this unit on an engagement; the same one each time. Raises as `Practice.load`, Conflict unit.open."""
        engagement = self._handle(engagement_id)
        if not engagement.version:
            self.practice._refuse_unknown(engagement_id)
        return engagement

    def _handle(self, engagement_id: str) -> "Engagement":
        """This unit's handle on an engagement, which may still be to be proposed."""
        self._refuse_ended()
        if engagement_id not in self._handles:
            self._handles[engagement_id] = self.practice._claimed(engagement_id, self._root)
        return self._handles[engagement_id]

    def propose(
        self,
        agreement: Agreement,
        *,
        by: str | None = None,
        engagement_id: str | None = None,
        occurred_at: When | None = None,
    ) -> "Engagement":
        """Begin an engagement as part of this unit; see `Practice.propose`."""
        self._refuse_ended()
        return self.practice._proposed(agreement, by, engagement_id, occurred_at, self)

    def unit(self) -> "UnitScope":
        """A part of this unit: where it raises, its own events are taken back, and the unit may go on.

        Raises Conflict unit_part.open where another part of this unit is open.
        """
        self._refuse_ended()
        if self._root._innermost is not self:
            raise Conflict(
                "unit_part.open", "a part of this unit is open", "end it first, or use the part's own unit()"
            )
        return UnitScope(opened(self.practice, self))

    def _refuse_ended(self) -> None:
        if not self.is_open:
            raise Refused("unit.closed", "the unit has ended", "begin another with practice.unit()")

    def _wait(self, engagement_id: str) -> None:
        """Wait until another thread's unit ends; refuse where that would be for ever."""
        if self._thread != get_ident():
            self._ended.wait(WAIT_SECONDS)
        if not self.is_open:
            return
        if (handle := self._handles.get(engagement_id)) is not None and handle._is_deciding:
            raise recorded_by_hook()
        raise Conflict(
            "unit.open",
            f"a unit of work is open on engagement {engagement_id!r}",
            "record through the handles of the unit, or try again when it has ended",
        )

    def _undo(self, count: int) -> None:
        """Take back all but the first entries. Each step may be repeated, so an interrupt leaves nothing half done."""
        while len(self._entries) > count:
            entry = self._entries[-1]
            entry.handle._event_log = entry.before
            self._entries.pop()


@contextmanager
def opened(practice: "Practice", parent: Unit | None = None) -> Generator[Unit]:
    """Open a unit, or a part of one. A generator is closed even where an interrupt comes just before its end is called."""
    scope = Scope()
    unit = Unit(practice, scope, parent)
    unit._root._innermost = unit
    count = len(unit._entries)
    try:
        yield unit
        if parent is None and unit._entries:
            practice._commit(unit._entries)
    except BaseException:
        unit._undo(count)
        raise
    finally:
        unit._root._innermost = unit if parent is None else parent
        unit._ended.set()
    if parent is None:
        practice.hooks.notify()


def recorded_by_hook() -> Refused:
    """The refusal of a before handler that would decide twice at a time on one engagement."""
    return Refused(
        "hook.recorded",
        "a before handler recorded something on the engagement whose event it handles",
        "return the events from the handler; they are stored with the first",
    )


class UnitScope(AbstractContextManager[Unit], AbstractAsyncContextManager[Unit]):
    """What `with practice.unit() as unit:` and `async with` enter and leave."""

    def __init__(self, scope: AbstractContextManager[Unit]) -> None:
        self._scope = scope

    def __enter__(self) -> Unit:
        return self._scope.__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        return self._scope.__exit__(kind, error, trace)

    async def __aenter__(self) -> Unit:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        return self.__exit__(kind, error, trace)
