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
    """Whole numbers wrap around and convert without complaint, so checks suffice and nothing is clamped."""

    api: ClassVar[Any] = pl
    wraps_around = True

    def native_type(self, name: str) -> str:
        return str(self.frame.to_native().collect_schema()[name])

    def with_columns(self, expressions: Sequence[Any]) -> Any:
        # lazy, so that what rules have in common is computed once
        judged = self.frame.to_native().lazy().with_columns(expressions)
        if not isinstance(self.frame, nw.LazyFrame):
            return judged.collect()
        judged.collect_schema()
        return judged

    def try_out(self, expression: Any) -> None:
        self.frame.to_native().lazy().select(expression).collect_schema()

    def clamped(self, whole: Any, limit: int) -> Any:
        return whole

    def as_int64(self, whole: Any) -> Any:
        return whole.cast(pl.Int64, strict=False)  # where it does not fit, a check fails
