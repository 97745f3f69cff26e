"""Relations of DuckDB: what SQL does differently.

Names have no case, decimals have 38 digits, what overflows fails the whole query, moments with a zone are moved by the clock
of the session's zone, and texts may be compared under a collation, in which `a` equals `A`.
"""

from datetime import date
from functools import cached_property
from typing import Any

import duckdb

from coachcore.errors import NotValid
from coachcore.rules.columns.backend import Backend, Unsupported
from coachcore.rules.expr.types import FactType

__all__ = ["Frame"]


class Frame(Backend):
    """A relation."""

    max_digits = 38

    def __init__(self, frame: Any) -> None:
        super().__init__(frame)
        by_key: dict[Any, str] = {}
        for name in self.types:
            twin = by_key.setdefault(self.name_key(name), name)
            if twin != name:
                reason = f"columns {twin!r} and {name!r} are one to duckdb, where names have no case"
                raise NotValid("rule.column_twice", reason, "rename one of them", backend="duckdb")

    def name_key(self, name: Any) -> Any:
        return str(name).lower()

    def native_type(self, name: str) -> str:
        relation = self.frame.to_native()
        return str(relation.types[relation.columns.index(name)])

    def column_type(self, name: str, fact_type: FactType) -> Any:
        if "text" in (fact_type.name, fact_type.item and fact_type.item.name) and self._is_collated(name, fact_type):
            hint = f'select it without: {name} collate "binary" as {name}'
            raise Unsupported(f"texts of column {name!r} are compared under a collation", hint)
        return super().column_type(name, fact_type)

    def _is_collated(self, name: str, fact_type: FactType) -> bool:
        """Whether texts of a column are compared under a collation, which its type does not show.

        DuckDB refuses to compare what has a collation under another one; nothing is run to find that out.
        """
        if self._default_collation not in ("", "binary"):
            return True
        text = f'"{name}"[1]' if fact_type.item else f'"{name}"'  # names of facts have no quotes
        try:
            self.frame.to_native().select(duckdb.SQLExpression(f"{text} = ('' collate \"binary\")"))
        except duckdb.BinderException as error:
            return "collation" in str(error)
        return False

    @cached_property
    def _default_collation(self) -> str:
        """The setting of the session, which is asked of no row."""
        question = "current_setting('default_collation'), count(*)"
        row = self.frame.to_native().limit(0).aggregate(question).fetchall()[0]
        return str(row[0] or "").lower()

    def product(self, left: Any, right: Any, limit: int) -> tuple[Any, Any]:
        product = left.cast(self.api.Int128) * right  # of at most 33 digits: it does not overflow
        return self.clamped(product, limit).cast(self.api.Int64), product.is_between(-limit, limit)

    def days(self, column: Any) -> Any:
        return column - self.api.lit(date(1970, 1, 1))

    def moments(self, column: Any) -> Any:
        return column.dt.total_microseconds()  # narwhals has DuckDB's epoch_us by this name only
