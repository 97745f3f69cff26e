"""Tables of pyarrow: what its kernels do differently, and the one thing that narwhals cannot ask of them.

pyarrow has no kernel that counts the different items of a list.
"""

from typing import Any

import narwhals as nw
import pyarrow as pa
import pyarrow.compute as pc

from coachcore.rules.columns.backend import Backend, wrong_type
from coachcore.rules.expr.types import FactType

__all__ = ["Frame"]


class Frame(Backend):
    """A table."""

    def native_type(self, name: str) -> str:
        return str(self.frame.to_native().schema.field(name).type)

    def column_type(self, name: str, fact_type: FactType) -> Any:
        native = self.frame.to_native().schema.field(name).type
        if pa.types.is_dictionary(native) and native.value_type not in (pa.string(), pa.large_string(), pa.null()):
            raise wrong_type(name, f"column {name!r} is {native}", fact_type)
        return super().column_type(name, fact_type)

    def decimal_as_double(self, decimals: Any) -> Any:
        # pyarrow multiplies by 0.01 where it should divide by 100: not the nearest double
        return decimals.cast(nw.String).cast(nw.Float64)

    def set_size(self, sets: Any) -> Any:
        lists = self.frame.select(sets).to_native().column(0).combine_chunks()
        return self.add(nw.from_native(pa.chunked_array([_set_sizes(lists)]), series_only=True))


def _set_sizes(lists: Any) -> Any:
    """How many different items each list has; null of null."""
    pairs = pa.table({"list": pc.list_parent_indices(lists), "item": pc.list_flatten(lists)})
    sizes = pairs.group_by("list").aggregate([("item", "count_distinct", pc.CountOptions(mode="all"))])
    rows = pc.index_in(pa.array(range(len(lists)), sizes["list"].type), value_set=sizes["list"])
    sizes_by_row = pc.fill_null(pc.take(sizes["item_count_distinct"], rows), 0)
    return pc.if_else(pc.is_null(lists), pa.scalar(None, sizes_by_row.type), sizes_by_row)
