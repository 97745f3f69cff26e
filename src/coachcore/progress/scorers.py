"""Scorers: one function for each kind of measure, `(measure, readings, span) -> Score`, in the table `SCORERS`.

Each writes its formula and its inputs into the score. Without readings a score is unknown, unless their absence means something:
what was to be avoided did not happen. A new kind of measure needs one more function here.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import lru_cache
from itertools import groupby
from operator import attrgetter
from typing import Any

import attrs
from pendulum import DateTime

from coachcore.engagement.timeline import elapsed
from coachcore.model.measures import Avoid, Habit, Measure, Milestones, Reach, Reduce, StayWithin
from coachcore.model.times import Period, day_of
from coachcore.progress.scores import Reading, Score
from coachcore.progress.working_time import paused_seconds

__all__ = ["SCORERS", "Counts", "Span"]

ZERO, FULL = Decimal(0), Decimal(1)
BY_TIME = attrgetter("occurred_at")
MAX_PERIODS = 10_000
"""Twenty-seven years of days, longer than any engagement; it bounds the work for a goal that starts in the year 1."""


@attrs.frozen(kw_only=True)
class Span:
    """The time that a goal is scored over: from its begin to the moment it is scored for, or to its end if that came first.

    counts: how many times a habit was done in each whole period, as far as that was counted.
    """

    begin: DateTime
    until: DateTime
    zone: str
    pauses: tuple[tuple[DateTime, DateTime], ...] = ()
    counts: "Counts" = attrs.field(factory=dict)


Counts = dict[tuple[str, DateTime, DateTime], Decimal]
"""By the zone, begin and end of a whole period. Later readings are of later periods, so that none is counted anew for them."""


def clamped(raw: Decimal) -> Decimal:
    return min(max(raw, ZERO), FULL)


def scored(raw: Decimal, formula: str, **inputs: Any) -> Score:
    return Score(value=clamped(raw), raw=raw, formula=formula, inputs=inputs)


def unknown(why: str) -> Score:
    return Score(value=None, why=why)


def values(readings: Sequence[Reading]) -> list[Decimal]:
    return [reading.value for reading in readings if reading.value is not None]


def reach(measure: Reach, readings: Sequence[Reading], span: Span) -> Score:
    """How far the best reading has come from the baseline to the target: what was reached once stays reached."""
    numbers = values(readings)
    if not numbers:
        return unknown("no_readings")
    best = max(numbers) if measure.target > measure.baseline else min(numbers)
    return scored(
        (best - measure.baseline) / (measure.target - measure.baseline),
        "(best - baseline) / (target - baseline)",
        best=best,
        baseline=measure.baseline,
        target=measure.target,
    )


def reduce(measure: Reduce, readings: Sequence[Reading], span: Span) -> Score:
    """How far the latest reading has come from the baseline down to the target."""
    numbers = values(readings)
    if not numbers:
        return unknown("no_readings")
    return scored(
        (measure.baseline - numbers[-1]) / (measure.baseline - measure.target),
        "(baseline - latest) / (baseline - target)",
        latest=numbers[-1],
        baseline=measure.baseline,
        target=measure.target,
    )


def stay_within(measure: StayWithin, readings: Sequence[Reading], span: Span) -> Score:
    """The share of readings within the bounds, divided by the share that was agreed."""
    numbers = values(readings)
    if not numbers:
        return unknown("no_readings")
    within = sum(
        (measure.low is None or number >= measure.low) and (measure.high is None or number <= measure.high)
        for number in numbers
    )
    return scored(
        Decimal(within) / len(numbers) / measure.share,
        "(within / readings) / share",
        within=within,
        readings=len(numbers),
        share=measure.share,
    )


def avoid(measure: Avoid, readings: Sequence[Reading], span: Span) -> Score:
    """The share of periods in which it happened no more often than allowed, the current period included."""
    if measure.per is None:
        happened = sum(values(readings), ZERO)
        return scored(
            FULL if happened <= measure.allowed else clamped(measure.allowed / happened),
            "1 while happened <= allowed, then allowed / happened",
            happened=happened,
            allowed=measure.allowed,
        )
    begun = _periods(measure.per, span, whole=False)
    if not begun:
        return unknown("no_period_yet")
    periods_kept = sum(
        sum((reading.value or ZERO for reading in readings if begin <= reading.occurred_at < end), ZERO)
        <= measure.allowed
        for begin, end in begun
    )
    return scored(
        Decimal(periods_kept) / len(begun),
        "periods kept / periods begun",
        kept=periods_kept,
        periods=len(begun),
        allowed=measure.allowed,
    )


def habit(measure: Habit, readings: Sequence[Reading], span: Span) -> Score:
    """The share of whole periods in which it was kept up, divided by the share that was agreed; the current period does not count."""
    whole = _periods(measure.per, span, whole=True)
    if not whole:
        return unknown("no_period_yet")
    counts, zone = span.counts, span.zone
    for begin, end in whole:
        if (zone, begin, end) not in counts:
            counts[zone, begin, end] = times_in(measure, readings, zone, begin, end)
    periods_kept = sum(counts[zone, begin, end] >= measure.times for begin, end in whole)
    return scored(
        Decimal(periods_kept) / len(whole) / measure.share,
        "(periods kept / whole periods) / share",
        kept=periods_kept,
        periods=len(whole),
        share=measure.share,
        times=measure.times,
    )


def times_in(measure: Habit, readings: Sequence[Reading], zone: str, begin: DateTime, end: DateTime) -> Decimal:
    """How many times a habit was done in a period: the sum of the readings, or the local days whose sum reaches `at_least`.

    readings: in order of occurrence.
    """
    first = bisect_left(readings, begin, key=BY_TIME)
    within = readings[first : bisect_left(readings, end, key=BY_TIME)]
    inside = [reading for reading in within if reading.value is not None]
    if measure.at_least is None:
        return sum(values(inside), ZERO)
    days = groupby(inside, key=lambda reading: day_of(reading.occurred_at, zone))
    return Decimal(sum(sum(values(list(day)), ZERO) >= measure.at_least for _, day in days))


def milestones(measure: Milestones, readings: Sequence[Reading], span: Span) -> Score:
    """The weight of the steps that were reached, divided by the weight of all steps."""
    reached = {reading.milestone_id for reading in readings}
    done = sum((step.weight for step in measure.steps if step.id in reached), ZERO)
    total = sum((step.weight for step in measure.steps), ZERO)
    return scored(
        done / total,
        "weight of steps reached / weight of all steps",
        reached=tuple(step.id for step in measure.steps if step.id in reached),
        steps=len(measure.steps),
    )


@lru_cache(maxsize=4096)
def _end_of(per: Period, begin: DateTime, zone: str, number: int) -> DateTime:
    """The end of the nth period from a moment on. A goal is scored at many moments, over the same periods."""
    return per.after(begin, zone, number)


def _periods(per: Period, span: Span, *, whole: bool) -> list[tuple[DateTime, DateTime]]:
    """The periods from the span's begin on. The last one counts once it has begun, or with `whole` only when it is over.

    A period is left out where the engagement was paused for half of it or more: too little of it remains to be judged.
    """
    periods = []
    number, begin = 1, span.begin
    while begin < span.until and number <= MAX_PERIODS:
        end = _end_of(per, span.begin, span.zone, number)
        if whole and end > span.until:
            break
        paused = paused_seconds(span.pauses, begin, end) if span.pauses else ZERO
        if not paused or paused * 2 < Decimal(str(elapsed(begin, end).total_seconds())):
            periods.append((begin, end))
        number, begin = number + 1, end
    return periods


Scorer = Callable[[Any, Sequence[Reading], Span], Score]

SCORERS: dict[type[Measure], Scorer] = {
    Reach: reach,
    Reduce: reduce,
    StayWithin: stay_within,
    Avoid: avoid,
    Habit: habit,
    Milestones: milestones,
}
"""The scorer of each kind of measure."""
