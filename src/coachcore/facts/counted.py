"""How the readings of a goal count: those of one moment or day made one, and added up where each is one more.

Facts, scores and forecasts go by the same numbers: this is the one place that says which they are.
"""

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from itertools import accumulate, groupby, islice, pairwise
from operator import itemgetter
from typing import Final

from pendulum import DateTime

from coachcore.model.measures import Counts, PerDay, Reach, Reduce, StayWithin
from coachcore.numbers import COMPUTED

__all__ = ["Value", "Values", "as_counted", "counted_values", "counts_of"]

ZERO: Final = Decimal(0)
Value = tuple[DateTime, Decimal]
Values = Sequence[tuple[DateTime, Decimal]]
"""Moments and values, in order of time."""


def counts_of(measure: Reach | Reduce, values: Values) -> Counts:
    """Which readings count. Where a measure does not say: the best of a reach, the latest of a reduce.

    Things done one by one (`ONE_BY_ONE`) are added up unless the readings only rise from the baseline on, as those of a
    running total do.
    """
    if measure.counts is not None:
        return measure.counts
    if isinstance(measure, Reduce):
        return Counts.LATEST
    is_counted = measure.unit.lower() in ONE_BY_ONE and measure.direction > 0
    return Counts.SUM if is_counted and values and not _is_running_total(measure, values) else Counts.BEST


def _is_running_total(measure: Reach | Reduce, values: Values) -> bool:
    """Whether each value is above the one before. Of a single one it is whether it is no less than the baseline."""
    # two readings of one moment have no order, so they cannot be what had been reached by then
    return values[0][1] >= measure.baseline and all(
        moment < next_moment and value < next_value for (moment, value), (next_moment, next_value) in pairwise(values)
    )


DONE_ONE_BY_ONE: Final = """
book books application applications call calls article articles chapter chapters page pages letter letters lesson lessons
meeting meetings interview interviews session sessions workout workouts conversation conversations visit visits task tasks
grāmata grāmatas pieteikums pieteikumi zvans zvani raksts raksti nodaļa nodaļas lappuse lappuses vēstule vēstules
nodarbība nodarbības tikšanās intervija intervijas sesija sesijas treniņš treniņi saruna sarunas vizīte vizītes
uzdevums uzdevumi
"""
ONE_BY_ONE: Final = frozenset(DONE_ONE_BY_ONE.split())
"""Units of what is done one by one, so that a reading is one more and not how many there are so far."""


def counted_values(
    measure: Reach | Reduce | StayWithin, readings: Values, day_of: Callable[[DateTime], date]
) -> list[Value]:
    """The readings as they count, in order of time.

    Those of one moment count as their mean, those of one day as the measure says. What adds up is added up whenever it
    was, also in one moment.
    """
    if measure.per_day is None:
        if isinstance(measure, Reach | Reduce) and counts_of(measure, readings) is Counts.SUM:
            return list(readings)
        return _by_moment(readings)
    combine = PER_DAY[measure.per_day]
    days = [list(of_day) for _, of_day in groupby(readings, key=lambda reading: day_of(reading[0]))]
    return [(of_day[-1][0], combine(of_day)) for of_day in days]


def as_counted(measure: Reach | Reduce, readings: Values, day_of: Callable[[DateTime], date]) -> tuple[Values, Counts]:
    """The readings as `counted_values` has them, running totals where they are added up; and which of them count.

    A total begins at the baseline and goes on towards the target, also downwards: 100 paid of a debt is 100 less.
    """
    values = counted_values(measure, readings, day_of)
    counts = counts_of(measure, values)
    if counts is not Counts.SUM:
        return values, counts
    direction = measure.direction
    totals = accumulate((direction * number for _, number in values), initial=measure.baseline)
    # of several at one moment the total of all counts, whichever was recorded first
    by_moment = {moment: total for (moment, _), total in zip(values, islice(totals, 1, None), strict=True)}
    return list(by_moment.items()), counts


def _by_moment(readings: Values) -> list[tuple[DateTime, Decimal]]:
    """The readings with those of one moment made one: their mean, so that the order in which they were recorded is irrelevant."""
    groups = groupby(readings, key=itemgetter(0))
    return [(moment, _mean([number for _, number in group])) for moment, group in groups]


def _mean(numbers: Sequence[Decimal]) -> Decimal:
    return numbers[0] if len(numbers) == 1 else COMPUTED.divide(sum(sorted(numbers), ZERO), Decimal(len(numbers)))


def _numbers(values: Values) -> list[Decimal]:
    return [number for _, number in values]


PER_DAY: Final[dict[PerDay, Callable[[Values], Decimal]]] = {
    PerDay.LAST: lambda of_day: _by_moment(of_day)[-1][1],
    PerDay.MEAN: lambda of_day: _mean(_numbers(of_day)),
    PerDay.SUM: lambda of_day: sum(sorted(_numbers(of_day)), ZERO),
    PerDay.HIGHEST: lambda of_day: max(_numbers(of_day)),
    PerDay.LOWEST: lambda of_day: min(_numbers(of_day)),
}
