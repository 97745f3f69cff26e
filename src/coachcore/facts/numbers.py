"""The decimals of facts: 12 significant digits, so that every form of a rule compares the same number.

A pace or a share is a quotient, and has more digits than any column keeps: polars cuts a third to the places of its column, and
pandas' doubles have 15 to 17 digits. A rule would then hold on one engagement and fail on a frame of it. A decimal of 12
digits, 12 places after the point and 26 before it fits both: the column of decimals exactly, and a double so that two different
numbers stay different and in order (a double keeps any 15 digits).
"""

from decimal import Context, Decimal
from typing import Final

from coachcore.numbers import LAST_PLACE, PLACES

__all__ = ["PRECISION", "fact_number"]

PRECISION: Final = 38
"""The digits of a column of decimals: the most that libraries of frames have. 12 of them are after the point, as in recorded
numbers."""
LARGEST: Final = Decimal(10) ** 25
"""Numbers further from zero count as this far: a column has 26 digits before the point, and no measure needs as many."""
SIGNIFICANT: Final = Context(prec=12)
EXACT: Final = Context(prec=PRECISION)


def fact_number(value: Decimal) -> Decimal:
    """A number as facts hold it: rounded half to even, to 12 significant digits and at most 12 places."""
    bounded = max(-LARGEST, min(value, LARGEST))
    if abs(bounded) < 1:  # at most 12 places are at most 12 digits here, so nothing is rounded twice
        return bounded.quantize(LAST_PLACE, context=EXACT) if _places(bounded) > PLACES else bounded
    rounded = SIGNIFICANT.plus(bounded)
    return rounded.quantize(Decimal(1), context=EXACT) if _places(rounded) < 0 else rounded


def _places(number: Decimal) -> int:
    return -int(number.as_tuple().exponent)
