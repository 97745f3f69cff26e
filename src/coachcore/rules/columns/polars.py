"""Frames of polars, eager and lazy: judged by polars' own expressions.

narwhals speaks polars' language, so shared code makes them with polars itself; the detour through narwhals costs time and
adds nothing.
"""

from typing import Any, ClassVar

import narwhals as nw
import polars as pl

from coachcore.rules.columns.backend import Backend

__all__ = ["Frame"]


class Frame(Backend):
    """A frame, as a lazy one, so that what rules have in common is computed once."""

    api: ClassVar[Any] = pl

    def __init__(self, frame: Any) -> None:
        super().__init__(frame)
        self.is_lazy = isinstance(frame, nw.LazyFrame)
        self.frame = frame.to_native().lazy()

    def native_type(self, name: str) -> str:
        return str(self.frame.collect_schema()[name])

    def native(self, frame: Any) -> Any:
        return frame if self.is_lazy else frame.collect()

    def quotient(self, doubles: Any, divisor: Any) -> Any:
        # polars multiplies by 1 / divisor where that is a constant: 0.1 * 3 / 3 is then not the nearest double
        return doubles / (doubles * 0 + divisor if isinstance(divisor, float) else divisor)
