"""Values of facts as files have them: days, moments and durations (ISO 8601) as texts, sets as lists."""

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from math import isfinite
from typing import Any, Final

from coachcore.rules.expr.types import FactType
from coachcore.rules.limits import LIMITS

__all__ = ["decimal_text", "jsonable", "plain", "value_from_file"]

NUMBER: Final = re.compile(r"-?\d{1,1000}(?:\.\d{1,1000})?(?:E[+-]?\d{1,9})?")
"""A decimal as a text."""
SPAN: Final = re.compile(r"(-?)P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?")


def value_from_file(given: Any, fact_type: FactType) -> Any:
    """A fact from what files have for it: days, moments, durations (ISO 8601) and decimals also as texts, sets as lists.

    What cannot be read is given back as it is: the schema refuses it with its name.
    """
    try:
        if fact_type.item is not None and isinstance(given, list):
            return frozenset(value_from_file(each, fact_type.item) for each in given)
        if fact_type.name == "date" and isinstance(given, str):
            return date.fromisoformat(given)
        if fact_type.name == "moment" and isinstance(given, str):
            return datetime.fromisoformat(given)
        if fact_type.name == "duration" and isinstance(given, str):
            return _duration(given)
        if fact_type.name == "float" and isinstance(given, Decimal):
            return float(given)
        if fact_type.name == "decimal" and isinstance(given, str) and NUMBER.fullmatch(given):
            return Decimal(given)
    except (ValueError, TypeError, OverflowError):
        return given
    return given


def _duration(text: str) -> timedelta:
    found = SPAN.fullmatch(text)
    if found is None or not any(found.groups()[1:]):
        raise ValueError(text)
    weeks, days, hours, minutes = (int(each or 0) for each in found.groups()[1:5])
    span = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=float(found[6] or 0))
    return -span if found[1] else span


def plain(given: Any) -> Any:
    """A fact's value as files have it: sets as lists, enums by value, days, moments and durations (ISO 8601) as texts.

    Numbers stay what they are; what is none, such as NaN, is None.
    """
    if isinstance(given, frozenset | set):
        return sorted(map(plain, given), key=repr)
    if isinstance(given, list | tuple):
        return [plain(each) for each in given]
    if isinstance(given, timedelta):
        return _duration_text(given)
    if isinstance(given, Enum):
        return given.value
    if isinstance(given, float):
        return float(given) if isfinite(given) else None
    if isinstance(given, Decimal):
        return given if given.is_finite() else None
    return given.isoformat() if isinstance(given, date) else given


def jsonable(given: Any) -> Any:
    """The same for JSON that others read: decimals as texts, which keep every digit."""
    found = plain(given)
    if isinstance(found, list):
        return [jsonable(each) for each in found]
    return decimal_text(found) if isinstance(found, Decimal) else found


def decimal_text(given: Decimal) -> str:
    """A decimal's digits; with an exponent where they would be too many to read."""
    return f"{given:f}" if abs(given.adjusted()) < LIMITS.positional_digits else str(given)


def _duration_text(given: timedelta) -> str:
    whole = abs(given)
    seconds = f"{whole.seconds}.{whole.microseconds:06}" if whole.microseconds else str(whole.seconds)
    clock = f"T{seconds}S" if whole % timedelta(days=1) else ""
    return f"{'-' if given < timedelta() else ''}P{whole.days}D{clock}"
