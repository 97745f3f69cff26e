"""Samples: the numbers that a statistic is computed from, in whatever form a host has them."""

from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Any

from coachcore.errors import NotValid, shown
from coachcore.numbers import NumberLike, decimal_number, real_number

__all__ = ["Sample", "check_level", "number", "positive", "sample"]

Sample = Iterable[NumberLike]
"""Numbers as callers have them: a list, a tuple, a one-dimensional array of numpy, a column of a frame."""


def sample(values: Sample, path: str, least: int = 0) -> list[float]:
    """The numbers as floats, in their order. path: the argument's name. least: how many there must be.

    Raises NotValid value.invalid (no sequence of numbers), sample.too_short, and what `number` raises, with the index.
    """
    if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
        hint = "pass a list, a tuple or an array"
        raise NotValid("value.invalid", f"{path} is not a sequence of numbers", hint, path=path)
    numbers = [number(value, f"{path}[{index}]") for index, value in enumerate(values)]
    if len(numbers) < least:
        message = f"{path} has {len(numbers)} of at least {least} numbers"
        raise NotValid("sample.too_short", message, f"pass at least {least}", path=path)
    return numbers


def number(value: Any, path: str) -> float:
    """One number as a float. Raises NotValid number.invalid, number.not_finite. path: the argument's name."""
    try:
        plain = float(decimal_number(value) if isinstance(value, str) else real_number(value))
    except NotValid as error:
        raise error.under(path) from None
    except (TypeError, ValueError, OverflowError):
        raise NotValid(
            "number.invalid", f"{shown(value)} is not a number", "give a decimal number such as 58.5", path=path
        ) from None
    if not isfinite(plain):
        hint = "leave out what was not measured"
        raise NotValid("number.not_finite", f"{shown(value)} is not a finite number", hint, path=path)
    return plain


def positive(value: Any, path: str) -> float:
    """One number above 0. Raises NotValid number.not_positive, and what `number` raises."""
    plain = number(value, path)
    if plain <= 0:
        raise NotValid("number.not_positive", f"{shown(value)} is not above 0", "use more than 0", path=path)
    return plain


def check_level(level: Any) -> None:
    """Raises NotValid level.out_of_range where the probability of an interval is not from 0.01 to 0.999."""
    if isinstance(level, bool) or not isinstance(level, int | float) or not 0.01 <= level <= 0.999:
        hint = "use 0.01 to 0.999, such as 0.8"
        raise NotValid("level.out_of_range", f"{shown(level)} is not a level", hint, path="level")
