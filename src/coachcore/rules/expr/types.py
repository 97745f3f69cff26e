"""Kinds: the types of facts and expressions, their units, and how a value is brought into the one form rules compare.

Promises: `settled` is total. What is no value of a kind rules can reckon with (NaN, an infinite number) is unknown, None.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from math import isfinite
from typing import Any, Final

import attrs

from coachcore.errors import NotValid

__all__ = [
    "NUMBERS",
    "ORDERED",
    "TYPES",
    "FactType",
    "Unit",
    "expected_text",
    "format_unit",
    "is_valid",
    "normalize",
    "parse_unit",
    "times",
    "unit_quotient",
]

Unit = tuple[tuple[str, int], ...]
"""A unit as its parts with their powers, sorted: mg/kg is (("kg", -1), ("mg", 1)); () is the unit of a plain ratio."""

UNIT_PART: Final = re.compile(r"\s*([*/]?)\s*([^\s*/]+)\s*(?=[*/]|$)")


def parse_unit(text: str) -> Unit:
    """A unit from its name: parts joined by `*` and `/`, such as `mg/kg` or `EUR/month`. Raises NotValid fact.unit."""
    powers: dict[str, int] = {}
    at = 0
    while at < len(text) or not text:
        found = UNIT_PART.match(text, at)
        if found is None or bool(found[1]) is not bool(at):
            raise NotValid("fact.unit", f"{text!r} is no unit", "name it as EUR, mg/kg or kg*m")
        powers[found[2]] = powers.get(found[2], 0) + (-1 if found[1] == "/" else 1)
        at = found.end()
    return _unit(powers)


def _unit(powers: Mapping[str, int]) -> Unit:
    return tuple(sorted((name, power) for name, power in powers.items() if power and name != "1"))


def times(one: Unit | None, other: Unit | None, operator: int = 1) -> Unit | None:
    """The unit of a product; a number without a unit (None) leaves the other's as it is."""
    if one is None and other is None:
        return None
    powers = dict(one or ())
    for name, power in other or ():
        powers[name] = powers.get(name, 0) + operator * power
    return _unit(powers)


def unit_quotient(one: Unit | None, other: Unit | None) -> Unit | None:
    """The unit of a quotient."""
    return times(one, other, -1)


def format_unit(unit: Unit) -> str:
    """A unit by its name, as `unit_named` reads it; `1` for a plain ratio."""
    over = [name for name, power in unit for _ in range(power) if power > 0]
    under = [name for name, power in unit for _ in range(-power) if power < 0]
    return "/".join(["*".join(over) or "1", *under])


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

    def __str__(self) -> str:
        if self.item is not None:
            return f"a set of {self.item}"
        if self.members:
            return f"one of {', '.join(map(str, self.members))}"
        return f"{self.name} in {format_unit(self.unit)}" if self.unit else self.name


NUMBERS: Final = ("int", "decimal", "float")
ORDERED: Final = (*NUMBERS, "text", "date", "moment", "duration")
"""Kinds that can be compared by before and after."""


def _is_finite(given: Any) -> bool:
    return given.is_finite() if isinstance(given, Decimal) else isfinite(given)


def _int(given: Any) -> Any:
    if isinstance(given, int) or not _is_finite(given):
        return given if isinstance(given, int) else None
    return int(given) if given == int(given) else given


def _float(given: Any) -> Any:
    return float(given) if _is_finite(given) else None


def _decimal(given: Any) -> Any:
    """A float by its shortest digits: 0.1 is a tenth."""
    found = Decimal(repr(float(given))) if isinstance(given, float) else given
    return found if isinstance(found, int) or found.is_finite() else None


def _text(given: Any) -> str:
    return str(given.value) if isinstance(given, Enum) else given


def _duration(given: timedelta) -> timedelta:
    """A duration of the standard class: what a subclass makes of arithmetic may be something else."""
    return given if given.__class__ is timedelta else timedelta.__add__(timedelta(), given)


def _moment(given: datetime) -> datetime:
    """A moment with a zone in UTC, so that differences are of time passed, whatever the clocks were set to."""
    if given.tzinfo is UTC or given.tzinfo is None or given.utcoffset() is None:
        return given
    there = given.astimezone(UTC)
    return datetime.combine(date(there.year, there.month, there.day), there.time(), UTC)


@attrs.frozen
class _Handling:
    """classes: what may be given. settle: how a value is brought into the form that rules compare."""

    classes: tuple[type, ...]
    settle: Callable[[Any], Any] = lambda given: given


NUMERIC = (int, Decimal, float)
TYPES: Final[Mapping[str, _Handling]] = {
    "bool": _Handling((bool,)),
    "int": _Handling(NUMERIC, _int),
    "decimal": _Handling(NUMERIC, _decimal),
    "float": _Handling(NUMERIC, _float),
    "text": _Handling((str, Enum), _text),
    "date": _Handling((date,)),
    "moment": _Handling((datetime,), _moment),
    "duration": _Handling((timedelta,), _duration),
    "set": _Handling((frozenset, set)),
}


GIVEN: Final[Mapping[str, str]] = {
    "bool": "True or False, in files true or false",
    "int": "a whole number",
    "decimal": "a number, or in files its digits as a text",
    "float": "a number",
    "text": "a text",
    "date": 'date(2026, 5, 1), in files "2026-05-01"',
    "moment": 'a datetime, in files "2026-05-01T12:00Z"',
    "duration": 'timedelta(hours=36), in files "PT36H"',
}
"""How a value of a kind is written."""


def is_valid(given: Any, fact_type: FactType) -> bool:
    """Whether a value may stand for a fact of a kind. An int fact takes other numbers where they are whole."""
    if not isinstance(given, TYPES[fact_type.name].classes):
        return False
    if isinstance(given, frozenset | set):
        return fact_type.item is not None and all(is_valid(each, fact_type.item) for each in given)
    if fact_type.members and (given.value if isinstance(given, Enum) else given) not in fact_type.members:
        return False
    if isinstance(given, bool):
        return fact_type.name == "bool"
    if fact_type.name == "int" and isinstance(given, float | Decimal):
        return not _is_finite(given) or given == int(given)
    return not (fact_type.name == "date" and isinstance(given, datetime))


def expected_text(fact_type: FactType) -> str:
    """What to give for a fact of a kind, in Python and in files."""
    if fact_type.item is not None:
        return f"a frozenset, in files a list, of what is each {expected_text(fact_type.item)}"
    return (
        str(fact_type)
        if fact_type.members
        else f"{fact_type}: {GIVEN[fact_type.name]}"
        if fact_type.name in GIVEN
        else str(fact_type)
    )


def normalize(given: Any, fact_type: FactType) -> Any:
    """A value in the form that rules compare: an enum by its value, a moment in UTC; None for what is not known."""
    if given is None:
        return None
    if fact_type.item is not None:
        return frozenset(normalize(each, fact_type.item) for each in given)
    try:
        return TYPES[fact_type.name].settle(given)
    except (ArithmeticError, ValueError):
        return None
