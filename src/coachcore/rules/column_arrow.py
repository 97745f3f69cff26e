"""Columns of pyarrow: made of what pandas has, and what narwhals cannot ask of them."""

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from coachcore.rules.kinds import Kind

__all__ = ["array", "items_counted"]


def array(given: Any, kind: Kind) -> Any:
    """A column of pandas in its fact's type: days are moments at midnight there, and moments are of nanoseconds.

    Raises ValueError (pyarrow's errors are of it) or TypeError where it is not of one type.
    """
    found = pa.array(given, from_pandas=True)
    if not pa.types.is_timestamp(found.type):
        return found
    if kind.name != "date":
        return found.cast(pa.timestamp("us", found.type.tz), safe=False)
    days = found.cast(pa.date32(), safe=False)
    if found.type.tz is not None or not days.cast(found.type).equals(found):
        raise ValueError("it has moments, not days")
    return days


def items_counted(column: Any) -> Any:
    """How many different items each list of a column has; null of null."""
    lists = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    pairs = pa.table({"at": pc.list_parent_indices(lists), "item": pc.list_flatten(lists)})
    once = pairs.group_by(["at", "item"]).aggregate([])
    counts = once.group_by("at").aggregate([([], "count_all")])
    places = pc.index_in(pa.array(range(len(lists)), counts["at"].type), value_set=counts["at"])
    found = pc.fill_null(pc.take(counts["count_all"], places), 0)
    return pc.if_else(pc.is_null(lists), pa.scalar(None, found.type), found)
