"""Numbers as hosts have them, read once for all: by the model's values, by scores, and by facts of rules.

A float that was computed has noise in its last digits (0.1 + 0.2 is 0.30000000000000004), and a mean of three has no end:
floats are therefore rounded to 12 places, by their shortest digits. What is written exactly, as a text or a Decimal, is never
rounded. Scalars of numpy and of libraries like it are recognized by their attributes; none is imported.
"""

import operator
import re
from decimal import Context, Decimal, Inexact, InvalidOperation
from math import isfinite
from typing import Any, Final, SupportsFloat

from coachcore.errors import NotValid, shown

__all__ = [
    "COMPUTED",
    "EXACT",
    "FRACTIONS_BELOW",
    "LAST_PLACE",
    "PLACES",
    "ROUNDED",
    "ROUNDED_BELOW",
    "SCALE",
    "NumberLike",
    "WholeLike",
    "decimal_number",
    "decimal_of",
    "decimal_of_json",
    "finite_float",
    "is_finite",
    "real_number",
    "rounded",
    "scalar_kind",
    "whole_number",
]

MAX_DIGITS: Final = 28
LARGEST_BITS: Final = 94
"""An int of more bits has more than 28 digits."""
LONGEST_TEXT: Final = 100
"""Characters of a number as text: more than any number in range needs, zeros and exponent included."""

PLACES: Final = 12
"""Places to which floats are rounded. A double has 15 digits that can be relied on: with 12 places they end at 999.999..., more
than scales, shares and most readings need."""

ROUNDED_BELOW: Final = 8192.0
FRACTIONS_BELOW: Final = 2.0**52
SCALE: Final = 10.0**PLACES
PLAIN: Final = re.compile(rf"-?[0-9]{{1,{MAX_DIGITS - PLACES}}}(?:\.[0-9]{{1,{PLACES}}})?")
"""A text that needs no further check, which most are; replays read every number as text."""
LAST_PLACE: Final = Decimal(1).scaleb(-PLACES)
EXACT: Final = Context(prec=MAX_DIGITS, traps=[Inexact, InvalidOperation])
"""For what must be exact: it raises rather than rounds, whatever context the host's thread has."""
ROUNDED: Final = Context(prec=MAX_DIGITS)
"""For what has no end, such as a share: it rounds to 28 digits, whatever context the host's thread has."""

COMPUTED: Final = Context(prec=64)
"""Twice the digits that a number may have, whatever context the host's thread has: what falls short of a target by its last digit shows."""

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


def finite_float(text: str) -> float:
    """A number of JSON as a float. Raises ValueError where it is too large for one, such as 1e999."""
    number = float(text)
    if not isfinite(number):
        raise ValueError(f"{text:.40} is out of range")
    return number


def rounded(number: float) -> float:
    """A float rounded to 12 places, half to even, without the noise of its last digits.

    By plain arithmetic of doubles, so that columns of frames can do the very same (`rules.columns.terms`): libraries differ in how
    they round. A double has a fraction below 2**52 only, and adding that much rounds it away; from 8192 on, doubles are more than
    the twelfth place apart, so the shortest digits of each have no more than 12 places.
    """
    double = float(number)
    if not -ROUNDED_BELOW < double < ROUNDED_BELOW:
        return double
    scaled = double * SCALE
    if -FRACTIONS_BELOW < scaled < FRACTIONS_BELOW:
        shift = FRACTIONS_BELOW if scaled > 0 else -FRACTIONS_BELOW
        scaled = scaled + shift - shift
    return scaled / SCALE


def decimal_of(number: float) -> Decimal:
    """A finite float, rounded, by its shortest digits: 0.1 is a tenth."""
    return Decimal(repr(rounded(number)))


def decimal_of_json(text: str) -> Decimal:
    """A number with a point or an exponent in JSON: as a float would be, it is rounded to 12 places; of fewer it is exact."""
    number = Decimal(text)
    has_noise = number.is_finite() and int(number.as_tuple().exponent) < -PLACES
    fits = number.adjusted() < MAX_DIGITS - PLACES
    return ROUNDED.quantize(number, LAST_PLACE) if has_noise and fits else number


def decimal_number(raw: object) -> Decimal:
    """A finite decimal of at most 28 digits, 12 of them after the point; a float is rounded to that.

    Raises NotValid number.invalid, number.not_finite, number.out_of_range (1E+28 or more), number.too_precise (a text or a
    Decimal of more places).
    """
    if type(raw) is str and PLAIN.fullmatch(raw):
        number = Decimal(raw)
        return number or abs(number)  # there is one zero
    number = raw if type(raw) is Decimal else _as_decimal(raw)
    if not number.is_finite():
        raise _not_finite(raw)
    _, digits, exponent = number.as_tuple()
    places = -int(exponent)
    if 0 <= places <= PLACES and len(digits) <= MAX_DIGITS:
        return number or abs(number)
    if not number:
        return Decimal(0)
    if number.adjusted() >= MAX_DIGITS:
        raise _out_of_range(raw)
    try:  # 1E+3 is held as it is written out, 1000; zeros at the end, which databases add, do not count
        return EXACT.quantize(number, LAST_PLACE if places > PLACES else Decimal(1))
    except (Inexact, InvalidOperation):
        message = f"{shown(raw)} has too many decimals: {places}"
        hint = f"round it to {PLACES} places; a number has at most {MAX_DIGITS} digits"
        raise NotValid("number.too_precise", message, hint) from None


def _as_decimal(raw: object) -> Decimal:
    try:
        number = _parsed(raw) if isinstance(raw, str) else real_number(raw)
    except (TypeError, ValueError, OverflowError, InvalidOperation):
        hint = "give a decimal number such as 58.5"
        raise NotValid("number.invalid", f"{shown(raw)} is not a number", hint) from None
    if isinstance(number, int) and number.bit_length() > LARGEST_BITS:
        raise _out_of_range(raw)  # before it is converted, which takes the square of its digits
    return decimal_of(number) if isinstance(number, float) and is_finite(number) else Decimal(number)


def _parsed(text: str) -> Decimal:
    if len(text) > LONGEST_TEXT:
        raise ValueError
    return Decimal(text)


def _out_of_range(raw: object) -> NotValid:
    return NotValid("number.out_of_range", f"{shown(raw)} is out of range", f"give a number below 1E+{MAX_DIGITS}")


def whole_number(raw: object, least: int, most: int) -> int:
    """A whole number from `least` to `most`, also from a float or a Decimal that is whole.

    Raises NotValid number.not_whole, number.not_finite, number.out_of_range.
    """
    number: Decimal | int | float
    try:
        number = raw if type(raw) is int else real_number(raw)
    except (TypeError, ValueError, OverflowError):
        value = shown(raw)
        if value[0] in "'\"":  # a text that is shown; another is already called one
            value = f"the text {value}"
        hint = "give an int, or a float that is whole: 7 or 7.0, without quotes"
        raise NotValid("number.not_whole", f"{value} is not a whole number", hint) from None
    if not is_finite(number):
        raise _not_finite(raw)
    number = rounded(number) if isinstance(number, float) else number
    # before it is made whole: of 1E+999999 that would take minutes
    if not least - 1 < number < most + 1:
        hint = f"give a whole number from {least} to {most}"
        raise NotValid("number.out_of_range", f"{shown(raw)} is out of range", hint)
    whole = int(number)
    if whole != number:
        hint = f"give a whole number from {least} to {most}, rounded as you choose"
        raise NotValid("number.not_whole", f"{shown(raw)} is not a whole number", hint)
    return whole


def _not_finite(raw: object) -> NotValid:
    return NotValid("number.not_finite", f"{shown(raw)} is not a finite number", "leave it out when it is not known")
