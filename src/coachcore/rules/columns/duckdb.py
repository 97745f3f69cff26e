"""Relations of DuckDB: what SQL does differently.

Names have no case, what overflows fails the whole query, moments with a zone are moved by the clock
of the session's zone, and texts may be compared under a collation, in which `a` equals `A`.
"""

from datetime import date
from typing import Any

import duckdb
import narwhals as nw

from coachcore.errors import NotValid
from coachcore.rules.columns.backend import Backend
from coachcore.rules.columns.terms import Unsupported
from coachcore.rules.expr.types import FactType

__all__ = ["Frame"]


class Frame(Backend):
    """A relation."""

    def __init__(self, frame: Any) -> None:
        super().__init__(frame)
        by_key: dict[Any, str] = {}
        for name in self.types:
            twin = by_key.setdefault(self.name_key(name), name)
            if twin != name:
                reason = f"columns {twin!r} and {name!r} are one to duckdb, where names have no case"
                raise NotValid("column.duplicate", reason, "rename one of them", backend="duckdb")

    def name_key(self, name: Any) -> Any:
        return str(name).lower()

    def native_type(self, name: str) -> str:
        relation = self.frame.to_native()
        return str(relation.types[relation.columns.index(name)])

    def column_type(self, name: str, fact_type: FactType) -> Any:
        dtype = super().column_type(name, fact_type)
        if dtype in (nw.String, nw.List(nw.String)) and not self._is_compared_by_code_points(name, dtype):
            hint = f'select it without: {name} collate "binary" as {name}'
            raise Unsupported(f"texts of column {name!r} are compared under a collation", hint)
        return dtype

    def _is_compared_by_code_points(self, name: str, dtype: Any) -> bool:
        """Whether no collation applies, of the column (its type does not show it) or of the session. Asked of no row."""
        text = f'"{name}"' if dtype == nw.String else f'"{name}"[1]'  # names of facts have no quotes
        # DuckDB refuses to compare what has a collation under another one
        question = f"""current_setting('default_collation') in ('', 'binary'), count({text} = ('' collate "binary"))"""
        try:
            return bool(self.frame.to_native().limit(0).aggregate(question).fetchall()[0][0])
        except duckdb.BinderException:
            return False

    def days(self, column: Any) -> Any:
        return column - self.api.lit(date(1970, 1, 1))

    def moments(self, column: Any) -> Any:
        return column.dt.total_microseconds()  # narwhals has DuckDB's epoch_us by this name only
