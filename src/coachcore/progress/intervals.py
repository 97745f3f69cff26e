"""Between which figures a share lies by chance, where it was observed in few cases."""

from decimal import Decimal, localcontext
from statistics import NormalDist
from typing import Final

import attrs

from coachcore.errors import NotValid
from coachcore.numbers import ROUNDED, NumberLike
from coachcore.progress.samples import interval_level, number

__all__ = ["Interval", "ShareInterval", "exact_wilson_interval", "wilson_interval"]

Z_95: Final = Decimal("1.959963984540054")
"""The standard normal deviate of a two-sided interval of 95 %."""


@attrs.frozen
class ShareInterval:
    """A share from `low` to `high`, each 0 to 1."""

    low: float
    high: float


@attrs.frozen
class Interval:
    """A share from `low` to `high`, each 0 to 1, in decimals: the same on every machine, so that statements can be signed."""

    low: Decimal
    high: Decimal


def wilson_interval(successes: NumberLike, n: NumberLike, level: NumberLike = 0.95) -> ShareInterval:
    """The interval of a share: `successes` out of `n` cases. level: its probability, from 0.01 to 0.999.

    Unlike share +- 2 standard errors it stays within 0 and 1, and is not a point where all or none of few cases succeeded.
    Raises NotValid where n is not above 0 or the successes are below 0 or more than n.
    Source: Wilson (1927), Journal of the American Statistical Association 22, 209-212.
    """
    probability = interval_level(level)
    count, done = number(n, "n"), number(successes, "successes")
    if count <= 0:
        raise NotValid("number.not_positive", f"{n} is not above 0", "of no cases there is no share", path="n")
    if not 0 <= done <= count:
        hint = f"use 0 to {n}"
        raise NotValid("successes.out_of_range", f"{successes} is not a part of {n}", hint, path="successes")
    deviate = Z_95 if probability == 0.95 else Decimal(NormalDist().inv_cdf(0.5 + probability / 2))
    cases = Decimal(repr(count))
    with localcontext(ROUNDED):
        exact = exact_wilson_interval(Decimal(repr(done)) / cases, cases, deviate)
    return ShareInterval(float(exact.low), float(exact.high))


def exact_wilson_interval(share: Decimal, count: Decimal, deviate: Decimal = Z_95) -> Interval:
    """The interval of a share that was observed in a number of cases; see `wilson_interval`. deviate: the normal one of its level."""
    with localcontext(ROUNDED):
        square = deviate * deviate
        centre = share + square / (2 * count)
        spread = deviate * (share * (1 - share) / count + square / (4 * count * count)).sqrt()
        whole = 1 + square / count
        low, high = (centre - spread) / whole, (centre + spread) / whole
    # rounding must not move a bound of exactly 0, 1 or the share itself past it
    return Interval(max(min(low, share), Decimal(0)), min(max(high, share), Decimal(1)))
