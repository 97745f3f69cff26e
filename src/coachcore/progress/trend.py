"""Trends: whether readings rise or fall more than by chance, by how much, and whether the last one is unusual."""

from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Sequence
from itertools import combinations, groupby, pairwise
from math import sqrt
from statistics import NormalDist, fmean, median
from typing import Final

import attrs

from coachcore.errors import NotValid
from coachcore.progress.samples import Sample, sample

__all__ = ["LastChange", "MannKendall", "TheilSen", "Trend", "last_change", "mann_kendall", "slope_sign", "theil_sen"]

D2: Final = 1.128
"""The mean range of two readings of a normal distribution, in standard deviations (d2 of control charts)."""
XMR: Final = 2.66
"""3 / D2 as it is published: three standard deviations, by the mean moving range."""


@attrs.frozen
class MannKendall:
    """Whether a series has a trend. s: rising less falling pairs; var: its variance without a trend, ties counted.

    z: the normal deviate, with a continuity correction. p: how likely so much would be without a trend, two-sided, 0 to
    1.
    """

    s: int
    var: float
    z: float
    p: float


@attrs.frozen
class TheilSen:
    """The slope of a series: the change of the value for a unit of time, None where all readings are of one time."""

    slope: float | None


@attrs.frozen
class LastChange:
    """How the last reading differs from the one before. unusual: whether by more than the limits of the moving ranges.

    change: last less before. limit: 2.66 times the mean of the moving ranges before it; None with fewer than three
    readings.
    """

    change: float | None
    limit: float | None
    unusual: bool


@attrs.frozen
class Trend:
    """How the readings of a goal move.

    readings: how many it is of, at most the newest hundred. slope: their median change in a week of working time
    (Theil-Sen), None where all are of one time. test: whether they rise or fall more than by chance (Mann-Kendall).
    last: whether the last one is unusual (XmR).
    """

    readings: int
    slope: float | None
    test: MannKendall
    last: LastChange


def mann_kendall(values: Sample) -> MannKendall:
    """The trend test of Mann and Kendall. values: in order of time, at least two.

    s = sum of sign(later - earlier) over all pairs; var = (n (n-1) (2n+5) - sum of t (t-1) (2t+5) over groups of t
    equal values) / 18; z = (s - sign(s)) / sqrt(var), and 0 where all values are equal. Raises NotValid on other input.
    Source: Mann (1945), Econometrica 13, 245-259; Kendall (1975), Rank Correlation Methods.
    """
    numbers = sample(values, "values", least=2)
    s = sum((later > earlier) - (later < earlier) for earlier, later in combinations(numbers, 2))
    var = (_rank_term(len(numbers)) - sum(map(_rank_term, Counter(numbers).values()))) / 18
    z = (s - (s > 0) + (s < 0)) / sqrt(var) if var else 0.0
    return MannKendall(s=s, var=var, z=z, p=2 * NormalDist().cdf(-abs(z)))


def _rank_term(n: int) -> int:
    return n * (n - 1) * (2 * n + 5)


def theil_sen(values: Sample, times: Sample | None = None) -> TheilSen:
    """The median slope of all pairs of readings. values: at least two. times: as many; 0, 1, 2, ... when omitted.

    One outlier hardly moves it. Pairs of one time do not count. Raises NotValid on other input.
    Source: Theil (1950), Indagationes Mathematicae 12, 85-91; Sen (1968), Journal of the American Statistical
    Association 63, 1379-1389.
    """
    numbers = sample(values, "values", least=2)
    moments = [float(index) for index in range(len(numbers))] if times is None else sample(times, "times")
    if len(moments) != len(numbers):
        message = f"{len(numbers)} values for {len(moments)} times"
        raise NotValid("values.conflict", message, "give one value for each time", path="values")
    readings = zip(moments, numbers, strict=True)
    slopes = [(w - v) / (u - t) for (t, v), (u, w) in combinations(readings, 2) if t != u]
    return TheilSen(median(slopes) if slopes else None)


def slope_sign(values: Sequence[float], times: Sequence[float]) -> int:
    """The sign of `theil_sen`'s slope, -1, 0 or 1, without computing the slope of each pair. values: as many as times.

    A median is positive where half of the slopes, or more, are, and more than are negative. How many pairs rise and fall is counted
    by looking each value up among those before it, in order. Only where half rise and half fall their sizes decide.
    """
    readings = sorted(zip(times, values, strict=True))
    rising = falling = pairs = 0
    before: list[float] = []
    for _, group in groupby(readings, key=lambda reading: reading[0]):
        at_one_time = [value for _, value in group]
        for value in at_one_time:
            rising += bisect_left(before, value)
            falling += len(before) - bisect_right(before, value)
            pairs += len(before)
        for value in at_one_time:
            insort(before, value)
    more, sign = (rising, 1) if rising > falling else (falling, -1)
    if 2 * more < pairs or not pairs:
        return 0
    if rising == falling:
        slope = theil_sen(values, times).slope or 0.0
        return (slope > 0) - (slope < 0)
    return sign


def last_change(values: Sample) -> LastChange:
    """Whether the last reading differs from the one before by more than readings usually do. values: in order of time.

    Source: Wheeler (1993), Understanding Variation (XmR charts): 2.66 times the mean moving range.
    """
    numbers = sample(values, "values")
    if len(numbers) < 2:
        return LastChange(None, None, unusual=False)
    changes = [later - earlier for earlier, later in pairwise(numbers)]
    earlier_ranges = [abs(change) for change in changes[:-1]]
    if not earlier_ranges:
        return LastChange(changes[-1], None, unusual=False)
    limit = XMR * fmean(earlier_ranges)
    return LastChange(changes[-1], limit, unusual=abs(changes[-1]) > limit)
