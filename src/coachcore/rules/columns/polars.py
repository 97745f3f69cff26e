"""Frames of polars, eager and lazy: judged by polars' own expressions.

narwhals speaks polars' language, so shared code makes them with polars itself; the detour through narwhals costs time and
adds nothing.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

import narwhals as nw
import polars as pl

from coachcore.rules.columns.backend import Backend

__all__ = ["Frame"]


class Frame(Backend):
    """Whole numbers wrap around and convert without complaint, so checks suffice."""

    api: ClassVar[Any] = pl
    wraps_around = True

    def native_type(self, name: str) -> str:
        return str(self.frame.to_native().collect_schema()[name])

    def with_columns(self, expressions: Sequence[Any]) -> Any:
        # lazy, so that what rules have in common is computed once
        judged = self.frame.to_native().lazy().with_columns(expressions)
        judged.collect_schema()
        return judged if isinstance(self.frame, nw.LazyFrame) else judged.collect()

    def try_out(self, expression: Any) -> None:
        self.frame.to_native().lazy().select(expression).collect_schema()
