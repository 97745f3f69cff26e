"""Samples: the numbers that a statistic is computed from, in whatever form a host has them."""

from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Any, Final

from coachcore.errors import NotValid, shown
from coachcore.numbers import MAX_DIGITS, NumberLike, decimal_number, real_number

__all__ = ["Sample", "elements", "interval_level", "number", "positive", "sample"]

Sample = Iterable[NumberLike]
"""Numbers as callers have them: a list, a tuple, a one-dimensional array of numpy, a column of a frame."""

LARGEST: Final = 10.0**MAX_DIGITS
"""No recorded number is as large. Below it squares, and sums of them, are floats."""
SMALLEST: Final = 1e-100
"""What is nearer to 0 counts as 0: its square is no float any more, and what is divided by it may be none."""


def sample(values: Sample, path: str, least: int = 0) -> list[float]:
    """The numbers as floats, in their order. path: the argument's name. least: how many there must be.

    Raises NotValid value.invalid (no sequence of numbers), sample.too_short, and what `number` raises, with the index.
    """
    numbers = [
        value if type(value) is float and SMALLEST <= abs(value) < LARGEST else number(value, f"{path}[{index}]")
        for index, value in enumerate(elements(values, path))
    ]
    if len(numbers) < least:
        message = f"{path} has {len(numbers)} of at least {least} numbers"
        raise NotValid("sample.too_short", message, f"pass at least {least}", path=path)
    return numbers


def elements(values: Any, path: str) -> list[Any]:
    """The items of a sequence, in their order. path: the argument's name. Raises NotValid value.invalid where it is none."""
    # an array of numpy without dimensions has `__iter__`, and raises when it is iterated
    if (
        isinstance(values, str | bytes | Mapping)
        or not isinstance(values, Iterable)
        or getattr(values, "shape", 1) == ()
    ):
        hint = "pass a list, a tuple or an array"
        raise NotValid("value.invalid", f"{path} is not a sequence of numbers", hint, path=path)
    return list(values)


def number(value: Any, path: str) -> float:
    """One number as a float; 0 where it is below 1E-100. path: the argument's name.

    Raises NotValid number.invalid, number.not_finite, number.out_of_range (1E+28 or more).
    """
    try:
        plain = float(decimal_number(value) if isinstance(value, str) else real_number(value))
    except NotValid as error:
        raise error.under(path) from None
    except OverflowError:
        plain = LARGEST  # an int of more digits than floats go up to
    except (TypeError, ValueError):
        raise NotValid(
            "number.invalid", f"{shown(value)} is not a number", "give a decimal number such as 58.5", path=path
        ) from None
    if not isfinite(plain):
        hint = "leave out what was not measured"
        raise NotValid("number.not_finite", f"{shown(value)} is not a finite number", hint, path=path)
    if abs(plain) >= LARGEST:
        hint = f"give a number below 1E+{MAX_DIGITS}"
        raise NotValid("number.out_of_range", f"{shown(value)} is out of range", hint, path=path)
    return plain if abs(plain) >= SMALLEST else 0.0


def positive(value: Any, path: str) -> float:
    """One number above 0. Raises NotValid number.not_positive, and what `number` raises."""
    plain = number(value, path)
    if plain <= 0:
        raise NotValid("number.not_positive", f"{shown(value)} is not above 0", "use more than 0", path=path)
    return plain


def interval_level(level: NumberLike) -> float:
    """The probability of an interval as a float.

    Raises NotValid level.out_of_range where it is not from 0.01 to 0.999, and what `number` raises.
    """
    plain = number(level, "level")
    if not 0.01 <= plain <= 0.999:
        hint = "use 0.01 to 0.999, such as 0.8"
        raise NotValid("level.out_of_range", f"{shown(level)} is not a level", hint, path="level")
    return plain
