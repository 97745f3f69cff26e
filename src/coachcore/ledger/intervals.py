"""Between which figures a share lies by chance, where it was observed in few cases."""

from decimal import Decimal, localcontext
from typing import Final

import attrs

from coachcore.numbers import ROUNDED

__all__ = ["Interval", "wilson_interval"]

Z_95: Final = Decimal("1.959963984540054")
"""The standard normal deviate of a two-sided interval of 95 %."""


@attrs.frozen
class Interval:
    """A share from `low` to `high`, each 0 to 1."""

    low: Decimal
    high: Decimal


def wilson_interval(share: Decimal, count: Decimal) -> Interval:
    """The 95 % interval of a share that was observed in a number of cases.

    Source: Wilson (1927), Journal of the American Statistical Association 22, 209-212. Unlike share +- 2 standard errors it stays within
    0 and 1, and is not a point where all or none of few cases were met.
    """
    with localcontext(ROUNDED):
        z_squared = Z_95 * Z_95
        centre = share + z_squared / (2 * count)
        spread = Z_95 * (share * (1 - share) / count + z_squared / (4 * count * count)).sqrt()
        whole = 1 + z_squared / count
        low, high = (centre - spread) / whole, (centre + spread) / whole
    # rounding must not move a bound of exactly 0, 1 or the share itself past it
    return Interval(max(min(low, share), Decimal(0)), min(max(high, share), Decimal(1)))
