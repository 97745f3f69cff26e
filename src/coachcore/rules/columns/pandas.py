"""Frames of pandas: judged through pyarrow, with the index, the attributes and all columns of the frame kept.

pandas' own types have no days, no lists and no null that compares as one. The columns that rules read are converted, by the
types of their facts; all others may hold any objects.
"""

from collections.abc import Sequence
from copy import deepcopy
from datetime import date, datetime
from enum import Enum
from typing import Any

import narwhals as nw
import pandas as pd
import pyarrow as pa

from coachcore.errors import NotValid
from coachcore.rules.columns import pyarrow
from coachcore.rules.columns.backend import wrong_type
from coachcore.rules.expr.types import FactType, normalize

__all__ = ["Frame"]


class Frame(pyarrow.Frame):
    """A table of pyarrow to which a column is added when a rule reads it."""

    def __init__(self, frame: Any) -> None:
        self.original = frame.to_native()
        if self.original.columns.nlevels > 1:
            hint = "give each column one name, as facts have"
            raise NotValid("rule.column_frame", "the frame's columns have several levels", hint)
        super().__init__(nw.from_native(pa.table({"": pa.nulls(len(self.original))})))
        self.names = list(self.original.columns)

    def column_type(self, name: str, fact_type: FactType) -> Any:
        if name not in self.types:
            try:
                array = _arrow_array(self.original[name], fact_type)
                table = nw.from_native(self.frame.to_native().append_column(name, array))
                self.types = table.collect_schema()
            except (pa.ArrowException, ValueError, TypeError, OverflowError) as error:
                reason = f"column {name!r} is not of one type: {str(error).splitlines()[0]}"
                raise wrong_type(name, reason, fact_type) from None
            self.frame = table
        return super().column_type(name, fact_type)

    def with_columns(self, expressions: Sequence[Any]) -> Any:
        """The frame with columns of pandas' BooleanDtype."""
        table = self._with_sizes()
        judged = table.with_columns(*expressions).to_native()
        verdicts = judged.drop_columns(table.columns)
        added = verdicts.to_pandas(types_mapper={pa.bool_(): pd.BooleanDtype()}.get).set_axis(self.original.index)
        joined = pd.concat([self.original, added], axis=1)
        joined.attrs, joined.columns.name = deepcopy(self.original.attrs), self.original.columns.name
        return joined


def _arrow_array(column: Any, fact_type: FactType) -> Any:
    """A column of pandas by the type of its fact: days are moments at midnight there.

    Raises ValueError (pyarrow's errors are of it), TypeError or OverflowError where it is not of one type.
    """
    array = pa.array(_plain_objects(column, fact_type) if column.dtype == object else column, from_pandas=True)
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if not pa.types.is_timestamp(array.type) or fact_type.name != "date":
        return array
    days = array.cast(pa.date32(), safe=False)
    if array.type.tz is not None or not days.cast(array.type).equals(array):
        raise ValueError("it has moments, not days")
    return days


def _plain_objects(values: Any, fact_type: FactType) -> list[Any]:
    """Python's objects as pyarrow takes them: sets as lists, members of enums by their values. Raises ValueError.

    pyarrow would cut moments among days to their day, and the zone off moments among those without.
    """
    forms = {_form(value) for value in values if isinstance(value, date) and value == value}  # NaT is not itself
    if len(forms) > 1:
        raise ValueError(f"it has {' and '.join(sorted(forms))}")
    item = fact_type.item
    if item is None:
        return [_by_value(value, fact_type) for value in values]
    return [[_by_value(each, item) for each in v] if isinstance(v, frozenset | set) else v for v in values]


def _form(value: date) -> str:
    if not isinstance(value, datetime):
        return "days"
    return "moments without a zone" if value.utcoffset() is None else "moments with a zone"


def _by_value(value: Any, fact_type: FactType) -> Any:
    return normalize(value, fact_type) if isinstance(value, Enum) else value
