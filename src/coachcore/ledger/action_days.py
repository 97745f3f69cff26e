"""The days by which actions are owed: the due day that was agreed last, and what became of it.

Moving an action in time moves the day by which it is owed, `MOST_MOVES` times at most. A day that is over for good is computed once,
however long the history goes on.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from operator import attrgetter

import attrs
from pendulum import DateTime

from coachcore.engagement.promises import MOST_MOVES
from coachcore.engagement.timeline import Timeline
from coachcore.facts.due_days import DueDay
from coachcore.model.parties import Role
from coachcore.model.times import Period

__all__ = ["ActionDays", "AgreedDay"]


@attrs.define(kw_only=True, eq=False)
class AgreedDay:
    """By when an action is owed. days: all its due days, in the order in which they were set; last: the one agreed last.

    owner_role: whose action it is. ends_at: when it is due; closes_at: the end of the grace.
    """

    action_id: str
    owner_role: Role | None
    days: tuple[DueDay, ...]
    last: DueDay
    ends_at: DateTime
    closes_at: DateTime

    @classmethod
    def of(cls, days: Sequence[DueDay], timeline: Timeline, grace: Period | None) -> "AgreedDay":
        """By when an action is owed that has some due days. grace: how long after it the action is late and not yet missed."""
        last = days[0]
        for day in days[1 : 1 + MOST_MOVES]:
            if day.since > last.ends_at:
                break
            last = day
        ends_at = max(last.ends_at, last.since)
        closes_at = timeline.closing(ends_at, grace)
        return cls(
            action_id=last.action_id,
            owner_role=last.owner_role,
            days=tuple(days),
            last=last,
            ends_at=ends_at,
            closes_at=closes_at,
        )

    @property
    def first(self) -> DueDay:
        return self.days[0]

    def is_missed_by(self, moment: DateTime) -> bool:
        """Whether, at a moment, its grace is over, and ended with the action neither done nor dropped before its day
        was over.

        Dropping it in the grace takes back no miss, and so no lesson from it.
        """
        if self.closes_at >= moment:
            return False
        dropped_at, done_at = self.last.dropped_at, self.last.done_at
        return (dropped_at is None or dropped_at > self.ends_at) and (done_at is None or done_at > self.closes_at)


BY_END = attrgetter("ends_at")
BY_TIME = attrgetter("ends_at", "action_id")


class ActionDays:
    """The agreed days of a history's actions.

    agreed: in the order in which the days end; missed: those of them that the engagement's moment shows as missed.
    """

    def __init__(self) -> None:
        self.agreed: list[AgreedDay] = []
        self.missed: list[AgreedDay] = []
        self._days: list[DueDay] = []
        self._running: dict[str, None] = {}  # the actions whose days are not over for good
        self._over: list[AgreedDay] = []
        self._over_ids: set[str] = set()
        self._over_missed: list[AgreedDay] = []
        self._over_days: list[DueDay] = []

    def touch(self, action_id: str) -> None:
        """Compute the days of an action again: something was recorded about it."""
        if action_id not in self._running:
            self._running[action_id] = None
            if action_id in self._over_ids:
                self._keep(lambda agreed: agreed.action_id != action_id)

    def rewind(self, moment: DateTime) -> None:
        """Compute again what was not over for good before a moment."""
        self._running.update((agreed.action_id, None) for agreed in self._over if agreed.closes_at >= moment)
        self._keep(lambda agreed: agreed.closes_at < moment)

    def _keep(self, is_kept: Callable[[AgreedDay], bool]) -> None:
        self._over = [agreed for agreed in self._over if is_kept(agreed)]
        self._over_missed = [agreed for agreed in self._over_missed if is_kept(agreed)]
        self._over_ids = {agreed.action_id for agreed in self._over}
        self._over_days = [day for day in self._over_days if day.action_id in self._over_ids]

    def advance(self, agreed_day: Callable[[str], AgreedDay | None], as_of: DateTime, final_before: DateTime) -> None:
        """Go on to a later moment.

        agreed_day: computes the agreed day of an action, None where it never had one. final_before: what is over before it stays as it is.
        """
        computed = [agreed for action_id in self._running if (agreed := agreed_day(action_id)) is not None]
        computed.sort(key=BY_TIME)
        missed = [agreed for agreed in computed if agreed.is_missed_by(as_of)]
        over = [agreed for agreed in computed if agreed.closes_at < final_before]
        for agreed in over:
            del self._running[agreed.action_id]
        self.agreed = _in_order(self._over, computed)
        self.missed = _in_order(self._over_missed, missed)
        self._days = [day for agreed in computed if agreed.action_id in self._running for day in agreed.days]
        if over:
            self._over = _in_order(self._over, over)
            self._over_ids.update(agreed.action_id for agreed in over)
            self._over_missed = [agreed for agreed in self.missed if agreed.action_id not in self._running]
            self._over_days = sorted(chain(self._over_days, *(agreed.days for agreed in over)), key=BY_END)

    def due_days(self, begin: DateTime, end: DateTime) -> Iterator[DueDay]:
        """Every due day that ended after one moment and up to another."""
        first = bisect_right(self._over_days, begin, key=BY_END)
        yield from self._over_days[first : bisect_right(self._over_days, end, key=BY_END)]
        yield from (day for day in self._days if begin < day.ends_at <= end)


def _in_order(earlier: list[AgreedDay], later: list[AgreedDay]) -> list[AgreedDay]:
    """Two lists in order made one; most often all of one comes before all of the other."""
    both = earlier + later
    if earlier and later and BY_TIME(later[0]) < BY_TIME(earlier[-1]):
        both.sort(key=BY_TIME)
    return both
