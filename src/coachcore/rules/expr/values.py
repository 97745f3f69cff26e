"""Values of facts as files have them: days, moments and durations (ISO 8601) as texts, sets as lists."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from math import isfinite
from typing import Any, Final

import attrs

from coachcore.durations import parse_duration
from coachcore.rules.expr.types import FactType
from coachcore.rules.limits import LIMITS

__all__ = ["READERS", "JsonObject", "decimal_text", "jsonable", "value_from_file"]

NUMBER: Final = re.compile(r"-?\d{1,1000}(?:\.\d{1,1000})?(?:E[+-]?\d{1,9})?")
"""A decimal as a text."""


def value_from_file(value: Any, fact_type: FactType) -> Any:
    """A fact from what files have for it: days, moments, durations (ISO 8601) and decimals also as texts, sets as lists.

    What cannot be read is returned unchanged: the schema refuses it, with the fact's name.
    """
    try:
        if fact_type.item is not None and isinstance(value, list):
            return frozenset(value_from_file(item, fact_type.item) for item in value)
        return READERS[fact_type.name](value) if isinstance(value, str) and fact_type.name in READERS else value
    except (ValueError, TypeError, OverflowError):
        return value


def _duration(text: str) -> timedelta:
    duration = parse_duration(text)
    if duration.months:
        raise ValueError(f"{text!r} has no fixed length: months differ")
    whole = timedelta(days=duration.days, seconds=duration.seconds, microseconds=duration.microseconds)
    return -whole if duration.is_negative else whole


READERS: Final[Mapping[str, Callable[[str], Any]]] = {
    "date": date.fromisoformat,
    "moment": datetime.fromisoformat,
    "duration": _duration,
    "decimal": lambda text: Decimal(text) if NUMBER.fullmatch(text) else text,
}
"""By type, the function that reads a value from a text."""


class JsonObject:
    """A value that is a table of its fields in JSON."""

    __slots__ = ()

    def as_dict(self) -> dict[str, Any]:
        """As JSON: every field by its name; sets as lists, decimals, days, moments and durations as texts."""
        return {name: jsonable(getattr(self, name)) for name in attrs.fields_dict(type(self))}  # type: ignore[arg-type]


def jsonable(value: Any) -> Any:
    """A value as JSON and rule files have it: sets as lists, enums by value, days, moments and durations (ISO 8601) as texts.

    Decimals are texts, which keep every digit; what is no number, such as NaN, is None.
    """
    if isinstance(value, JsonObject):
        return value.as_dict()
    if isinstance(value, Mapping):
        return {name: jsonable(item) for name, item in value.items()}
    if isinstance(value, frozenset | set):
        return sorted(map(jsonable, value), key=repr)
    if isinstance(value, list | tuple):
        return [jsonable(item) for item in value]
    if isinstance(value, timedelta):
        return _duration_text(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, float):
        return float(value) if isfinite(value) else None
    if isinstance(value, Decimal):
        return decimal_text(value) if value.is_finite() else None
    return value.isoformat() if isinstance(value, date) else value


def decimal_text(value: Decimal) -> str:
    """A decimal's digits; with an exponent where they would be too many to read."""
    return f"{value:f}" if abs(value.adjusted()) < LIMITS.positional_digits else str(value)


def _duration_text(value: timedelta) -> str:
    whole = abs(value)
    seconds = f"{whole.seconds}.{whole.microseconds:06}" if whole.microseconds else str(whole.seconds)
    clock = f"T{seconds}S" if whole % timedelta(days=1) else ""
    return f"{'-' if value < timedelta() else ''}P{whole.days}D{clock}"
