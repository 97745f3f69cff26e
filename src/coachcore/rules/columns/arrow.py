"""Columns of pyarrow: made of what pandas has, and what narwhals cannot ask of them."""

from datetime import date, datetime
from enum import Enum
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from coachcore.rules.expr.types import FactType, normalize

__all__ = ["array", "items_counted"]


def array(given: Any, fact_type: FactType) -> Any:
    """A column of pandas in its fact's type: days are moments at midnight there, and moments are of nanoseconds.

    Raises ValueError (pyarrow's errors are of it), TypeError or OverflowError where it is not of one type.
    """
    found = pa.array(_plain(given, fact_type) if given.dtype == object else given, from_pandas=True)
    if pa.types.is_decimal(found.type) and found.type.scale < 0:
        raise ValueError(f"its decimals have {found.type.scale} places")
    if not pa.types.is_timestamp(found.type):
        return found
    if fact_type.name != "date":
        return _in_microseconds(found)
    days = found.cast(pa.date32(), safe=False)
    if found.type.tz is not None or not days.cast(found.type).equals(found):
        raise ValueError("it has moments, not days")
    return days


def _plain(given: Any, fact_type: FactType) -> list[Any]:
    """Python's objects as pyarrow takes them: sets as lists, members of enums by their values. Raises ValueError.

    pyarrow would cut moments among days to their day, and the zone off moments among those without.
    """
    known = [each for each in given if isinstance(each, date) and each == each]
    forms = {_form(each) for each in known}
    if len(forms) > 1:
        raise ValueError(f"it has {' and '.join(sorted(forms))}")
    if fact_type.item is not None:
        item = fact_type.item
        return [[_value(one, item) for one in each] if isinstance(each, frozenset | set) else each for each in given]
    return [_value(each, fact_type) for each in given]


def _form(given: date) -> str:
    if not isinstance(given, datetime):
        return "days"
    return "moments without a zone" if given.utcoffset() is None else "moments with a zone"


def _value(given: Any, fact_type: FactType) -> Any:
    return normalize(given, fact_type) if isinstance(given, Enum) else given


def _in_microseconds(moments: Any) -> Any:
    """Moments cut to microseconds, downwards: pyarrow cuts towards 1970."""
    fact_type = pa.timestamp("us", moments.type.tz)
    near = moments.cast(fact_type, safe=moments.type.unit != "ns")
    if moments.type.unit != "ns":
        return near
    is_later = pc.greater(near.cast(moments.type), moments)
    return pc.subtract(near.cast(pa.int64()), pc.cast(is_later, pa.int64())).cast(fact_type)


def items_counted(column: Any) -> Any:
    """How many different items each list of a column has; null of null."""
    lists = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    items = pc.list_flatten(lists)
    if pa.types.is_floating(
        items.type
    ):  # -0.0 is 0.0, and what is no number is one unknown item, however many there are
        items = pc.if_else(pc.is_finite(items), pc.add(items, 0.0), pa.scalar(None, items.type))
    pairs = pa.table({"at": pc.list_parent_indices(lists), "item": items})
    once = pairs.group_by(["at", "item"]).aggregate([])
    counts = once.group_by("at").aggregate([([], "count_all")])
    places = pc.index_in(pa.array(range(len(lists)), counts["at"].type), value_set=counts["at"])
    found = pc.fill_null(pc.take(counts["count_all"], places), 0)
    return pc.if_else(pc.is_null(lists), pa.scalar(None, found.type), found)
