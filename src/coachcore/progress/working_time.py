"""Working time: the time between two moments without the pauses in it."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from pendulum import DateTime

from coachcore.engagement.timeline import Timeline
from coachcore.model.times import MICROSECOND, NO_TIME, elapsed, moved
from coachcore.numbers import COMPUTED

__all__ = ["COMPUTED", "closed_days", "share_passed", "working_days", "working_time"]


def working_time(spans: Sequence[tuple[DateTime, DateTime]], begin: DateTime, end: DateTime) -> timedelta:
    """The time between two moments that was not paused; none where the end is before the begin.

    spans: begin and end of each pause, none overlapping another.
    """
    if end <= begin:
        return NO_TIME
    worked = elapsed(begin, end)
    for paused_at, resumed_at in spans:
        if paused_at < end and resumed_at > begin:
            worked -= elapsed(max(paused_at, begin), min(resumed_at, end))
    return worked


def working_days(spans: Sequence[tuple[DateTime, DateTime]], begin: DateTime, end: DateTime) -> float:
    """The same in days of 24 hours."""
    return working_time(spans, begin, end).total_seconds() / 86_400


def closed_days(spans: Sequence[tuple[DateTime, DateTime]], timeline: Timeline) -> frozenset[date]:
    """The days of which half or more was paused. spans: begin and end of each pause, none overlapping another."""
    seconds: dict[date, float] = {}
    for begin, end in spans:
        moment = begin
        while moment < end:
            day = timeline.day_at(moment)
            ends = min(moved(timeline.end_of(day), MICROSECOND), end)
            seconds[day] = seconds.get(day, 0.0) + max(elapsed(moment, ends).total_seconds(), 0.0)
            moment = ends if ends > moment else moved(moment, timedelta(days=1))
    return frozenset(day for day, paused in seconds.items() if paused >= 43_200)


def share_passed(spans: Sequence[tuple[DateTime, DateTime]], begin: DateTime, now: DateTime, end: DateTime) -> Decimal:
    """The share, 0 to 1, of what is spread from `begin` to `end` that is due by `now`. spans: the pauses, in order, none overlapping.

    Nothing becomes due in a pause; what was left when it began is spread over the time that is left when it ends.
    """
    share, since = Decimal(0), begin
    for paused_at, resumed_at in [*spans, (now, now)]:
        until = min(paused_at, now)
        if since < until and since < end:
            worked, left = elapsed(since, min(until, end)) // MICROSECOND, elapsed(since, end) // MICROSECOND
            share += COMPUTED.multiply(1 - share, COMPUTED.divide(Decimal(worked), Decimal(left)))
        since = max(since, resumed_at)
    return share
