"""The days by which actions are owed: the due day that was agreed last, and what became of it.

Moving an action in time moves the day by which it is owed, `MOST_MOVES` times at most. A day that is over for good is computed once,
however long the history goes on.
"""

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import attrgetter

import attrs
from pendulum import DateTime

from coachcore.engagement.promises import MOST_MOVES
from coachcore.engagement.timeline import Timeline
from coachcore.facts.due_days import DueDay
from coachcore.model.parties import Role
from coachcore.model.times import Period

__all__ = ["BY_TIME", "ActionDays", "AgreedDay"]


@attrs.define(kw_only=True, eq=False)
class AgreedDay:
    """By when an action is owed.

    last: the due day agreed last; several: all of them, in the order in which they were set, where there were more.
    owner_role: whose action it is. ends_at: when it is due; closes_at: the end of the grace.
    """

    action_id: str
    owner_role: Role | None
    several: tuple[DueDay, ...]
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
            several=tuple(days) if len(days) > 1 else (),
            last=last,
            ends_at=ends_at,
            closes_at=closes_at,
        )

    @property
    def days(self) -> tuple[DueDay, ...]:
        """All its due days, in the order in which they were set."""
        return self.several or (self.last,)

    @property
    def first(self) -> DueDay:
        return self.days[0]

    @property
    def over_at(self) -> DateTime:
        """When its grace is over and all its days have ended: until then a pause moves a day to which it was moved too late."""
        return max(self.closes_at, *(day.ends_at for day in self.days))

    def is_missed_by(self, moment: DateTime) -> bool:
        """Whether, at a moment, its grace is over, and ended with the action neither done nor dropped before its day
        was over.

        Dropping it in the grace takes back no miss, and so no lesson from it.
        """
        if self.closes_at >= moment:
            return False
        done_at = self.last.done_at
        return not self.is_dropped and (done_at is None or done_at > self.closes_at)

    @property
    def is_dropped(self) -> bool:
        """Whether the action was dropped before its day was over."""
        dropped_at = self.last.dropped_at
        return dropped_at is not None and dropped_at <= self.ends_at


BY_END = attrgetter("ends_at")
BY_TIME = attrgetter("ends_at", "action_id")


class ActionDays:
    """The agreed days of a history's actions. Those that are over for good are kept in order, and only the others computed again."""

    def __init__(self) -> None:
        self._running: dict[str, None] = {}  # the actions whose days are not over for good
        self._agreed: list[AgreedDay] = []  # theirs, in order
        self._missed: list[AgreedDay] = []
        self._over: dict[str, AgreedDay] = {}
        # in order, by whose they are
        self._over_agreed: defaultdict[Role | None, list[AgreedDay]] = defaultdict(list)
        self._over_missed: defaultdict[Role | None, list[AgreedDay]] = defaultdict(list)
        self._over_days: list[DueDay] = []

    def touch(self, action_id: str) -> None:
        """Compute the days of an action again: something was recorded about it."""
        self._running[action_id] = None
        agreed = self._over.pop(action_id, None)
        if agreed is not None:
            for ordered in (self._over_agreed[agreed.owner_role], self._over_missed[agreed.owner_role]):
                place = bisect_left(ordered, BY_TIME(agreed), key=BY_TIME)
                if place < len(ordered) and ordered[place] is agreed:
                    del ordered[place]
            for day in agreed.days:
                del self._over_days[self._over_days.index(day, bisect_left(self._over_days, day.ends_at, key=BY_END))]

    def rewind(self, moment: DateTime) -> None:
        """Compute again what was not over for good before a moment."""
        for action_id in [agreed.action_id for agreed in self._over.values() if agreed.over_at >= moment]:
            self.touch(action_id)

    def advance(self, agreed_day: Callable[[str], AgreedDay | None], as_of: DateTime, final_before: DateTime) -> None:
        """Go on to a later moment.

        agreed_day: computes the agreed day of an action, None where it never had one. final_before: what is over before it stays as it is.
        """
        by_id = {action_id: agreed_day(action_id) for action_id in self._running}
        computed = sorted(filter(None, by_id.values()), key=BY_TIME)
        # without a day it has none until something more is recorded about it
        self._running = {action_id: None for action_id, agreed in by_id.items() if agreed is not None}
        self._agreed, self._missed = [], []
        for agreed in computed:
            is_missed = agreed.is_missed_by(as_of)
            if agreed.over_at >= final_before:
                self._agreed.append(agreed)
                self._missed += [agreed] if is_missed else []
                continue
            del self._running[agreed.action_id]
            self._over[agreed.action_id] = agreed
            insort(self._over_agreed[agreed.owner_role], agreed, key=BY_TIME)
            if is_missed:
                insort(self._over_missed[agreed.owner_role], agreed, key=BY_TIME)
            for day in agreed.days:
                insort(self._over_days, day, key=BY_END)

    def agreed_by(self, role: Role, skip: int = 0) -> Iterable[AgreedDay]:
        """The agreed days of a role's actions, in the order in which they end, without the first ones. skip: how many those are."""
        return _in_order(self._over_agreed[role], self._agreed, role, skip)

    def missed_by(self, role: Role, skip: int = 0) -> Iterable[AgreedDay]:
        """As `agreed_by`, those that the engagement's moment shows as missed."""
        return _in_order(self._over_missed[role], self._missed, role, skip)

    def due_days(self, begin: DateTime, end: DateTime) -> Iterator[DueDay]:
        """Every due day that ended after one moment and up to another."""
        first = bisect_right(self._over_days, begin, key=BY_END)
        yield from self._over_days[first : bisect_right(self._over_days, end, key=BY_END)]
        yield from (day for agreed in self._agreed for day in agreed.days if begin < day.ends_at <= end)


def _in_order(over: list[AgreedDay], running: list[AgreedDay], role: Role, skip: int) -> Iterable[AgreedDay]:
    """What is over of a role's actions and what is not, in order; most often all that is over comes first."""
    own = [agreed for agreed in running if agreed.owner_role is role]
    first = bisect_left(over, BY_TIME(own[0]), key=BY_TIME) if own else len(over)
    if first == len(over):
        return [*over[skip:], *own[max(skip - len(over), 0) :]]
    return [*over[:first], *sorted([*over[first:], *own], key=BY_TIME)][skip:]
