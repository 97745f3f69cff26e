"""What the handles of an engagement share in a practice: the events read last, the last snapshot, and who may record.

A fresh handle reads only what was recorded since, and a snapshot of the same events and times is computed once. What is shared is
replaced as a whole, so that a reader never waits, and an interrupt leaves the earlier value or the later.
"""

import weakref
from collections import OrderedDict
from collections.abc import Callable
from threading import RLock
from typing import TYPE_CHECKING, Any

from coachcore.engagement.history import EventLog
from coachcore.practice.unit import UnitBase
from coachcore.practice.waiting import Turn

if TYPE_CHECKING:  # opening a practice and recording need no snapshots
    from coachcore.snapshot import Snapshot

__all__ = ["Answers", "Cache", "Shared"]

CACHED_EVENTS = 50_000
"""Events that a practice keeps decoded, of the engagements used last. About 1 KB each: a hundred usual engagements, or a very
long one."""


class Answers:
    """What was computed last of an engagement.

    snapshot: the last one, with the events and times that it is of. latest: the last one of the present, whose ledger
    the next goes on from.
    """

    def __init__(self) -> None:
        self.snapshot: tuple[tuple[object, ...], Snapshot] | None = None
        self.latest: Snapshot | None = None

    def forget(self) -> None:
        """Drop what may hold content that was erased since."""
        self.snapshot = self.latest = None


def _no_unit() -> None:
    return None


class Shared(Answers):
    """What the handles of one engagement share.

    event_log: as stored. handles: those in use. turn: one command at a time decides and stores. unit: the unit of work
    that has loaded the engagement; a weak reference, so that a unit that nobody can end holds up nobody.
    """

    def __init__(self, turn: Turn) -> None:
        super().__init__()
        self.event_log = EventLog()
        self.turn = turn
        self.unit: Callable[[], UnitBase[Any] | None] = _no_unit
        self.handles: weakref.WeakSet[Any] = weakref.WeakSet()  # that are of no unit
        self.counted = 0  # of the cached events

    def erase(self, event_log: EventLog) -> None:
        """Show every handle a log from which content was erased, and drop what was computed of what it held."""
        self.forget()
        for handle in list(self.handles):
            handle._advance(event_log)

    def open_unit(self) -> UnitBase[Any] | None:
        """The open unit that has loaded the engagement."""
        unit = self.unit()
        return unit if unit is not None and unit.is_open else None


class Cache:
    """What the handles share, by engagement; the events of `CACHED_EVENTS` at most, of the engagements used last."""

    def __init__(self, turn: Callable[[], Turn]) -> None:
        self.lock = RLock()  # for the few steps that change what threads share
        self._turn = turn
        self._by_id: weakref.WeakValueDictionary[str, Shared] = weakref.WeakValueDictionary()
        self._used_last: OrderedDict[str, Shared] = OrderedDict()
        self._cached_events = 0

    def of(self, engagement_id: str) -> Shared:
        """What the handles of an engagement share; the same object for as long as anybody uses it."""
        with self.lock:
            shared = self._by_id.get(engagement_id)
            if shared is None:
                shared = self._by_id[engagement_id] = Shared(self._turn())
            return shared

    def remember(self, engagement_id: str, shared: Shared, event_log: EventLog, known: EventLog | None = None) -> None:
        """Keep the events for the next handle, and drop those of the engagements that were not used for longest.

        Later ones that somebody else has read or stored stay, unless they are those known when these were read: the store then has
        another history, such as a backup that was put back.
        """
        with self.lock:
            if shared.event_log is not known and shared.event_log.version > event_log.version:
                return
            shared.event_log = event_log
            self._cached_events += event_log.version - shared.counted
            shared.counted = event_log.version
            self._used_last[engagement_id] = shared
            self._used_last.move_to_end(engagement_id)
            while self._cached_events > CACHED_EVENTS and len(self._used_last) > 1:
                _, oldest = self._used_last.popitem(last=False)
                self._cached_events -= oldest.counted
                oldest.counted = 0
