"""Frames of pandas: judged through pyarrow, with the index, the attributes and all columns of the frame kept.

pandas' own types have no days, no lists and no null that compares as one. The columns that rules read are converted, by the
types of their facts; all others may hold any objects.
"""

from collections.abc import Mapping
from copy import deepcopy
from datetime import datetime
from typing import Any

import narwhals as nw
import pandas as pd
import pyarrow as pa

from coachcore.errors import NotValid, without_quotes
from coachcore.rules.columns import pyarrow
from coachcore.rules.columns.backend import wrong_type
from coachcore.rules.expr.types import FactType

__all__ = ["Frame"]


class Frame(pyarrow.Frame):
    """A table of pyarrow to which a column is added when a rule reads it."""

    def __init__(self, frame: Any) -> None:
        self.original = frame.to_native()
        if self.original.columns.nlevels > 1:
            hint = "give each column one name, as facts have"
            raise NotValid("frame.invalid", "the frame's columns have several levels", hint)
        rows = pa.table({"": pa.nulls(len(self.original))})
        super().__init__(nw.from_native(rows))
        self.names = list(self.original.columns)

    def column_type(self, name: str, fact_type: FactType) -> Any:
        if name not in self.types:
            try:
                array = pa.chunked_array([_arrow_array(self.original[name], fact_type)])
                self.frame = self.frame.with_columns(nw.from_native(array, series_only=True).alias(name))
                self.types = self.frame.collect_schema()
            except (pa.ArrowException, ValueError, TypeError, OverflowError) as error:
                convert = "convert members of enums to their values, sets to lists"
                reason = f"column {name!r} is not of one type ({convert}): {without_quotes(str(error)).splitlines()[0]}"
                raise wrong_type(name, reason, fact_type) from None
        return super().column_type(name, fact_type)

    def with_verdicts(self, verdicts: Mapping[str, Any]) -> Any:
        """The frame with columns of pandas' BooleanDtype."""
        added = super().with_verdicts(verdicts).select([*verdicts])
        added = added.to_pandas(types_mapper={pa.bool_(): pd.BooleanDtype()}.get).set_axis(self.original.index)
        joined = pd.concat([self.original, added], axis=1)
        joined.attrs, joined.columns.name = deepcopy(self.original.attrs), self.original.columns.name
        return joined


def _arrow_array(column: Any, fact_type: FactType) -> Any:
    """A column of pandas by the type of its fact: days are moments at midnight there.

    Raises ValueError (pyarrow's errors are of it), TypeError or OverflowError where it is not of one type.
    """
    # pyarrow would cut moments among days to their day, and the zone off moments among those without
    if column.dtype == object and any(isinstance(value, datetime) for value in column.dropna()):
        raise ValueError("it has moments as Python objects, convert it with pandas.to_datetime")
    array = pa.array(column, from_pandas=True)
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if not pa.types.is_timestamp(array.type) or fact_type.name != "date":
        return array
    days = array.cast(pa.date32(), safe=False)
    if array.type.tz is not None or not days.cast(array.type).equals(array):
        raise ValueError("it has moments, not days")
    return days
