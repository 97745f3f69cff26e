"""Tables of pyarrow: what its kernels do differently, and the one thing that narwhals cannot ask of them.

pyarrow compares no moments that have zones with `min` and `max`, looks floats up by their bits, and has no kernel that counts
the different items of a list.
"""

from collections.abc import Sequence
from typing import Any

import narwhals as nw
import pyarrow as pa
import pyarrow.compute as pc

from coachcore.rules.columns.backend import Backend, wrong_type
from coachcore.rules.expr.types import FactType

__all__ = ["Frame"]


class Frame(Backend):
    """The sizes of sets are columns that stand beside the frame's own while rules are run."""

    def __init__(self, frame: Any) -> None:
        super().__init__(frame)
        self.size_columns: dict[str, str] = {}

    def native_type(self, name: str) -> str:
        return str(self.frame.to_native().schema.field(name).type)

    def column_type(self, name: str, fact_type: FactType) -> Any:
        native = self.frame.to_native().schema.field(name).type
        if pa.types.is_dictionary(native) and not _is_text(native.value_type):
            raise wrong_type(name, f"column {name!r} is {native}", fact_type)
        return super().column_type(name, fact_type)

    def with_columns(self, expressions: Sequence[Any]) -> Any:
        judged = self._with_sizes().with_columns(*expressions)
        return judged.drop([*self.size_columns.values()]).to_native()

    def try_out(self, expression: Any) -> None:
        self._with_sizes().select(expression)

    def _with_sizes(self) -> Any:
        table = self.frame.to_native()
        for name, size_column in self.size_columns.items():
            table = table.append_column(size_column, _set_sizes(table[name]))
        return nw.from_native(table)

    def decimal_as_double(self, decimals: Any) -> Any:
        # pyarrow multiplies by 0.01 where it should divide by 100: not the nearest double
        return decimals.cast(nw.String).cast(nw.Float64)

    def is_in(self, column: Any, form: str, values: Sequence[Any]) -> Any:
        # floats are looked up by their bits, in which -0.0 is 0.0 only after 0.0 is added
        return (column + 0.0 if form == "float" else column).is_in(values)

    def extreme_operand(self, value: Any, fact_type: FactType) -> Any:
        return value.cast(nw.String) if fact_type.name == "text" else value  # string and large_string do not mix

    def set_size(self, name: str, sets: Any, has_floats: bool) -> Any:
        size_column = f"size of {name}"
        while size_column in self.types:
            size_column += "_"
        self.size_columns[name] = size_column
        return nw.col(size_column)


def _is_text(native: Any) -> bool:
    return bool(pa.types.is_string(native) or pa.types.is_large_string(native) or pa.types.is_null(native))


def _set_sizes(column: Any) -> Any:
    """How many different items each list of a column has; null of null."""
    lists = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    items = pc.list_flatten(lists)
    if pa.types.is_floating(items.type):
        # -0.0 is 0.0; NaN and the infinities are one unknown item, however many there are
        items = pc.if_else(pc.is_finite(items), pc.add(items, 0.0), pa.scalar(None, items.type))
    pairs = pa.table({"list": pc.list_parent_indices(lists), "item": items})
    distinct = pairs.group_by(["list", "item"]).aggregate([])
    sizes = distinct.group_by("list").aggregate([([], "count_all")])
    rows = pc.index_in(pa.array(range(len(lists)), sizes["list"].type), value_set=sizes["list"])
    sizes_by_row = pc.fill_null(pc.take(sizes["count_all"], rows), 0)
    return pc.if_else(pc.is_null(lists), pa.scalar(None, sizes_by_row.type), sizes_by_row)
