"""Types of facts and expressions, their units, the values a type accepts, and the one form in which rules compare them.

`accept` is the only definition of both: which values a type takes, and what becomes of them. `normalize` asks it;
generated checkers skip it for values that already have that form.

It is total and quick: a number's magnitude is looked at before it is converted exactly. NaN and the infinities are no numbers that
rules can compute with, so they are unknown, None. Scalars and missing values of numpy and pandas are recognized by their
attributes; neither library is imported.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from functools import cached_property
from math import isfinite
from typing import Any, Final

import attrs

from coachcore.errors import NotValid, excerpt, misfit
from coachcore.numbers import decimal_of, is_finite, scalar_kind
from coachcore.rules.limits import LIMITS

__all__ = [
    "NUMBERS",
    "ORDERED",
    "TYPES",
    "FactType",
    "Unit",
    "accept",
    "expected_text",
    "format_unit",
    "is_missing",
    "normalize",
    "parse_unit",
    "times",
]

Unit = tuple[tuple[str, int], ...]
"""A unit as its parts with their powers, sorted: mg/kg is (("kg", -1), ("mg", 1)); () is the unit of a plain ratio."""

UNIT: Final = re.compile(r"\s*[^\s*/]+\s*(?:[*/]\s*[^\s*/]+\s*)*")
UNIT_PART: Final = re.compile(r"([*/]?)\s*([^\s*/]+)")


def parse_unit(text: str) -> Unit:
    """A unit from its name: parts joined by `*` and `/`, such as `mg/kg` or `EUR/month`. Raises NotValid unit.invalid."""
    if not UNIT.fullmatch(text):
        data = misfit(excerpt(text), "a unit", key="unit")
        raise NotValid("unit.invalid", f"{excerpt(text)} is not a unit", "name it as EUR, mg/kg or kg*m", **data)
    powers: Counter[str] = Counter()
    for sign, name in UNIT_PART.findall(text):
        powers[name] += -1 if sign == "/" else 1
    return _unit(powers)


def _unit(powers: Mapping[str, int]) -> Unit:
    return tuple(sorted((name, power) for name, power in powers.items() if power and name != "1"))


def times(left: Unit | None, right: Unit | None, sign: int = 1) -> Unit | None:
    """The unit of a product; a number without a unit (None) leaves the other's unchanged. sign: -1 for a quotient."""
    if left is None and right is None:
        return None
    powers = dict(left or ())
    for name, power in right or ():
        powers[name] = powers.get(name, 0) + sign * power
    return _unit(powers)


def format_unit(unit: Unit) -> str:
    """A unit as text, as `parse_unit` reads it; `1` for a plain ratio."""
    numerator = [name for name, power in unit for _ in range(power)]
    denominator = [name for name, power in unit for _ in range(-power)]
    return "/".join(["*".join(numerator) or "1", *denominator])


@attrs.frozen(cache_hash=True)
class FactType:
    """The type of a fact or an expression.

    name: bool, int, decimal, float, text, date, moment (a datetime), duration or set. unit: of a number; None fits any.
    members: of an enum (texts, or whole numbers of an int), or of a set of one. item: of a set.
    """

    name: str
    unit: Unit | None = None
    members: tuple[Any, ...] = ()
    item: "FactType | None" = None

    @property
    def is_number(self) -> bool:
        """Whether it is an int, a decimal or a float."""
        return self.name in NUMBERS

    @property
    def group(self) -> str:
        """Its name, one name for all numbers."""
        return "number" if self.is_number else self.name

    @cached_property
    def member_set(self) -> frozenset[Any]:
        """The members, to look one up among thousands."""
        return frozenset(self.members)

    def __str__(self) -> str:
        if self.item is not None:
            return f"a set of {self.item}"
        if self.members:
            return f"one of {', '.join(map(str, self.members))}"
        return f"{self.name} in {format_unit(self.unit)}" if self.unit else self.name


NUMBERS: Final = ("int", "decimal", "float")
ORDERED: Final = (*NUMBERS, "text", "date", "moment", "duration")
"""Types whose values can be compared by before and after."""


def _exactly(*classes: type, but: type | None = None) -> Callable[[Any], Any]:
    """A conversion that takes instances of some classes as they are. but: a subclass that is refused."""

    def convert(value: Any) -> Any:
        if not isinstance(value, classes) or (but is not None and isinstance(value, but)):
            raise TypeError
        return value

    return convert


_number = _exactly(int, Decimal, float, but=bool)


def _int(value: Any) -> int | None:
    number = _number(value)
    if not is_finite(number):
        return None
    if isinstance(number, Decimal) and number.adjusted() > LIMITS.number_exponent:
        raise OverflowError
    whole = int(number)
    if whole != number:
        raise TypeError
    return whole


def _float(value: Any) -> float | None:
    try:
        double = float(_number(value))
    except (OverflowError, ValueError):  # a whole number beyond all doubles, or a signaling NaN
        return None
    return double if isfinite(double) else None


def _decimal(value: Any) -> Decimal | int | None:
    number = _number(value)
    if not is_finite(number):
        return None
    return decimal_of(number) if isinstance(number, float) else number


def _text(value: Any) -> str:
    if isinstance(value, Enum):
        return str(value.value)
    return str.__str__(_exactly(str)(value))


def _moment(value: Any) -> datetime | None:
    """A moment with a zone in UTC, so that differences are of time passed, whatever the clocks were set to."""
    moment = _exactly(datetime)(value)
    is_local = moment.tzinfo is None or moment.utcoffset() is None
    if moment.__class__ is datetime and (is_local or moment.tzinfo is UTC):
        return moment
    try:
        there = moment if is_local else moment.astimezone(UTC)
    except (OverflowError, ValueError):  # in UTC it is before year 1 or after 9999
        return None
    zone = moment.tzinfo if is_local else UTC
    return datetime.combine(date(there.year, there.month, there.day), there.time(), zone)


def _duration(value: Any) -> timedelta:
    """A duration of the standard class: what a subclass makes of arithmetic may be something else."""
    duration = _exactly(timedelta)(value)
    return duration if duration.__class__ is timedelta else timedelta.__add__(timedelta(), duration)


@attrs.frozen
class _Handling:
    """plain: the class of normalized values. convert: a value normalized; raises TypeError where the type does not take it.
    written: how a value is written, in Python and in files.
    """

    plain: type
    convert: Callable[[Any], Any]
    written: str


TYPES: Final[Mapping[str, _Handling]] = {  # a class stands before those it is a subclass of: bool, datetime
    "bool": _Handling(bool, _exactly(bool), "True or False, in files true or false"),
    "int": _Handling(int, _int, "a whole number"),
    "decimal": _Handling(Decimal, _decimal, "a number, or in files its digits as a text"),
    "float": _Handling(float, _float, "a number"),
    "text": _Handling(str, _text, "a text"),
    "moment": _Handling(datetime, _moment, 'a datetime, in files "2026-05-01T12:00Z"'),
    "date": _Handling(date, _exactly(date, but=datetime), 'date(2026, 5, 1), in files "2026-05-01"'),
    "duration": _Handling(timedelta, _duration, 'timedelta(hours=36), in files "PT36H"'),
    "set": _Handling(frozenset, _exactly(frozenset, set), "a frozenset, in files a list"),
}


MISSING: Final = ("NoneType", "NaTType", "NAType")
"""The classes of None and of what pandas has for it; its NaT would pass for a datetime."""


def accept(value: Any, fact_type: FactType) -> Any:
    """A value in the form that rules compare; None where it is missing, or not a number that rules can compute with.

    An enum is taken by its value, a moment in UTC, a scalar of numpy or pandas as what it stands for. An int takes other
    numbers where they are whole. Missing are None, NaT, NA, and a float NaN whatever the type.
    Raises TypeError where the type does not take the value, OverflowError where its magnitude is beyond the limit.
    """
    if type(value).__name__ in MISSING:
        return None
    try:
        normalized = TYPES[fact_type.name].convert(value)
    except TypeError:
        scalar = _unwrapped(value)
        if scalar is value:
            raise
        normalized = None if scalar is None else TYPES[fact_type.name].convert(scalar)
    if fact_type.item is not None and normalized is not None:
        return frozenset(accept(item, fact_type.item) for item in normalized)
    if fact_type.members and normalized is not None and normalized not in fact_type.member_set:
        raise TypeError
    return normalized


def _unwrapped(value: Any) -> Any:
    """What a scalar of numpy stands for, None for a missing value, anything else as it is."""
    if isinstance(value, float) and value != value:
        return None
    kind = scalar_kind(value)
    if not kind:
        return value
    if kind in "mM" and isinstance(value.item(), int):  # nanoseconds, which the standard classes do not have
        value = value.astype(f"{kind}8[us]", casting="same_kind")  # TypeError of months, which have no length
    return value.item()


def is_missing(value: Any, fact_type: FactType) -> bool:
    """Whether a value stands for none. NaN for a number does not: it is a number, of which nothing is known."""
    return type(value).__name__ in MISSING or (not fact_type.is_number and _unwrapped(value) is None)


def normalize(value: Any, fact_type: FactType) -> Any:
    """What `accept` returns; a value that it refuses, as it is."""
    try:
        return accept(value, fact_type)
    except (TypeError, OverflowError):
        return value


def expected_text(fact_type: FactType) -> str:
    """What to give for a fact of a type, in Python and in files."""
    if fact_type.item is not None:
        return f"a frozenset, in files a list, of what is each {expected_text(fact_type.item)}"
    return str(fact_type) if fact_type.members else f"{fact_type}: {TYPES[fact_type.name].written}"
