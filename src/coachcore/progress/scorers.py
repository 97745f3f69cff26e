"""A scorer for each kind of measure: `(measure, readings, span) -> Score`, in the table `SCORERS`. Adding a kind is adding one.

Every formula is written into its score. A score without readings is unknown, unless having none says something: nothing
happened that was to be avoided.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import groupby
from typing import Any

import attrs
from pendulum import DateTime

from coachcore.model.measures import Avoid, Habit, Measure, Milestones, Reach, Reduce, StayWithin
from coachcore.model.times import Period, day_of
from coachcore.progress.clock import paused_seconds
from coachcore.progress.values import Reading, Score

__all__ = ["SCORERS", "Span"]

ZERO, ONE = Decimal(0), Decimal(1)


@attrs.frozen(kw_only=True)
class Span:
    """The time a goal is scored over: from its begin to the moment of the question (or its end, if that came first)."""

    begin: DateTime
    until: DateTime
    zone: str
    pauses: tuple[tuple[DateTime, DateTime], ...] = ()


def clamped(raw: Decimal) -> Decimal:
    return min(max(raw, ZERO), ONE)


def scored(raw: Decimal, formula: str, **inputs: Any) -> Score:
    return Score(value=clamped(raw), raw=raw, formula=formula, inputs=inputs)


def unknown(why: str) -> Score:
    return Score(value=None, why=why)


def values(readings: Sequence[Reading]) -> list[Decimal]:
    return [each.value for each in readings if each.value is not None]


def reach(measure: Reach, readings: Sequence[Reading], span: Span) -> Score:
    """The best reading's part of the way from baseline to target."""
    found = values(readings)
    if not found:
        return unknown("no_readings")
    best = max(found) if measure.target > measure.baseline else min(found)
    return scored(
        (best - measure.baseline) / (measure.target - measure.baseline),
        "(best - baseline) / (target - baseline)",
        best=best,
        baseline=measure.baseline,
        target=measure.target,
    )


def reduce(measure: Reduce, readings: Sequence[Reading], span: Span) -> Score:
    """The latest reading's part of the way down."""
    found = values(readings)
    if not found:
        return unknown("no_readings")
    return scored(
        (measure.baseline - found[-1]) / (measure.baseline - measure.target),
        "(baseline - latest) / (baseline - target)",
        latest=found[-1],
        baseline=measure.baseline,
        target=measure.target,
    )


def stay_within(measure: StayWithin, readings: Sequence[Reading], span: Span) -> Score:
    """The share of readings within the bounds, against the share that was agreed."""
    found = values(readings)
    if not found:
        return unknown("no_readings")
    within = sum(
        (measure.low is None or each >= measure.low) and (measure.high is None or each <= measure.high)
        for each in found
    )
    return scored(
        Decimal(within) / len(found) / measure.share,
        "(within / readings) / share",
        within=within,
        readings=len(found),
        share=measure.share,
    )


def avoid(measure: Avoid, readings: Sequence[Reading], span: Span) -> Score:
    """The share of periods in which it happened no more often than allowed; the running one is judged as it stands."""
    if measure.per is None:
        happened = sum(values(readings), ZERO)
        kept = 1 if happened <= measure.allowed else 0
        return scored(
            ONE if kept else clamped(measure.allowed / happened),
            "1 while happened <= allowed, then allowed / happened",
            happened=happened,
            allowed=measure.allowed,
        )
    begun = _periods(measure.per, span, whole=False)
    if not begun:
        return unknown("no_period_yet")
    kept = sum(
        sum((each.value or ZERO for each in readings if a <= each.at < b), ZERO) <= measure.allowed for a, b in begun
    )
    return scored(
        Decimal(kept) / len(begun),
        "periods kept / periods begun",
        kept=kept,
        periods=len(begun),
        allowed=measure.allowed,
    )


def habit(measure: Habit, readings: Sequence[Reading], span: Span) -> Score:
    """The share of whole periods kept, against the share that was agreed; the running one is not held against anybody."""
    whole = _periods(measure.per, span, whole=True)
    if not whole:
        return unknown("no_period_yet")
    kept = sum(times_in(measure, readings, span.zone, a, b) >= measure.times for a, b in whole)
    return scored(
        Decimal(kept) / len(whole) / measure.share,
        "(periods kept / whole periods) / share",
        kept=kept,
        periods=len(whole),
        share=measure.share,
        times=measure.times,
    )


def times_in(measure: Habit, readings: Sequence[Reading], zone: str, begin: DateTime, end: DateTime) -> Decimal:
    """How many times a habit was done in a period: readings added up, or the local days on which they reach `at_least`."""
    inside = [each for each in readings if begin <= each.at < end and each.value is not None]
    if measure.at_least is None:
        return sum((each.value or ZERO for each in inside), ZERO)
    days = groupby(inside, key=lambda each: day_of(each.at, zone))
    return Decimal(sum(sum((each.value or ZERO for each in day), ZERO) >= measure.at_least for _, day in days))


def milestones(measure: Milestones, readings: Sequence[Reading], span: Span) -> Score:
    """The weight of the steps that were reached, of the weight of all."""
    reached = {each.milestone_id for each in readings}
    done = sum((each.weight for each in measure.steps if each.id in reached), ZERO)
    total = sum((each.weight for each in measure.steps), ZERO)
    return scored(
        done / total,
        "weight of steps reached / weight of all steps",
        reached=tuple(each.id for each in measure.steps if each.id in reached),
        steps=len(measure.steps),
    )


def _periods(per: Period, span: Span, *, whole: bool) -> list[tuple[DateTime, DateTime]]:
    """The periods from the span's begin on; of the last one only when it is over (`whole`), or as soon as it has begun.

    A period in which the engagement was paused for half its time or more is left out.
    """
    found = []
    number, begin = 1, span.begin
    while begin < span.until and number <= 10_000:
        end = per.after(span.begin, span.zone, number)
        if whole and end > span.until:
            break
        length = Decimal(str((end - begin).total_seconds()))
        if paused_seconds(span.pauses, begin, end) * 2 < length:
            found.append((begin, end))
        number, begin = number + 1, end
    return found


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
