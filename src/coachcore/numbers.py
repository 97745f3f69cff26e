"""Numbers as hosts have them, read once for all: by the model's values, by scores, and by facts of rules.

A float that was computed has noise in its last digits (0.1 + 0.2 is 0.30000000000000004), and a mean of three has no end:
floats are therefore rounded to 12 places, by their shortest digits. What is written exactly, as a text or a Decimal, is never
rounded. Scalars of numpy and of libraries like it are recognized by their attributes; none is imported.
"""

import operator
from decimal import Decimal
from math import isfinite
from typing import Any, Final, SupportsFloat

__all__ = ["PLACES", "NumberLike", "WholeLike", "decimal_of", "is_finite", "real_number", "rounded", "scalar_kind"]

PLACES: Final = 12
"""Places to which floats are rounded. A double has 15 digits that can be relied on: with 12 places they end at 999.999..., more
than scales, shares and most readings need."""

NumberLike = Decimal | int | float | str | SupportsFloat
"""A number as callers give it. Floats are rounded to 12 places; texts such as "58.5", Decimals and ints are exact; what else has a
float value, such as a scalar of numpy, counts as that float. No bool, complex number or array."""
WholeLike = int | float | Decimal | SupportsFloat
"""A whole number as callers give it: 7, 7.0, a scalar of numpy. No bool."""


def scalar_kind(value: object) -> str | None:
    """The kind of a scalar of numpy ("f", "i", "u", "b", "M", ...); "" of an array, None of anything else."""
    kind: str | None = getattr(getattr(value, "dtype", None), "kind", None)
    return kind if kind is None or getattr(value, "shape", None) == () else ""


def real_number(value: Any) -> Decimal | int | float:
    """A number as one of Python's own; a float of fewer bits by its own shortest digits. Raises TypeError where it is none."""
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return value
    kind = scalar_kind(value)
    is_integer = kind in ("i", "u") or (kind is None and hasattr(value, "__index__"))
    if isinstance(value, bool) or not (is_integer or kind == "f" or (kind is None and hasattr(value, "__float__"))):
        raise TypeError
    if is_integer:
        return operator.index(value)
    # float(numpy.float32(58.4)) is 58.400001525878906; numpy writes the digits that 32 bits have, 58.4
    return float(str(value) if kind == "f" else value)


def is_finite(number: Decimal | int | float) -> bool:
    """Whether it is neither NaN nor infinite."""
    return number.is_finite() if isinstance(number, Decimal) else isinstance(number, int) or isfinite(number)


def rounded(number: float) -> float:
    """A float without the noise of its last digits."""
    return round(float(number), PLACES)


def decimal_of(number: float) -> Decimal:
    """A finite float, rounded, by its shortest digits: 0.1 is a tenth."""
    return Decimal(repr(rounded(number)))
