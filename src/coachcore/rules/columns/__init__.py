"""Rules over frames: each an expression over columns, with the outcomes that judging has fact by fact.

Promises: null is unknown; what is lazy stays lazy; what columns or a back end cannot say as live judging says it is
refused, with the rule, the expression and the back end named.
"""

import sys
from collections.abc import Callable, Sequence
from typing import Any

import narwhals as nw

from coachcore.errors import NotValid
from coachcore.rules.columns.conditions import Writer
from coachcore.rules.columns.judging import judged, types_of, want_free
from coachcore.rules.columns.pandas import in_dask, in_pandas
from coachcore.rules.expr.schema import Schema
from coachcore.rules.rule import CheckedRule

__all__ = ["columns", "expressions"]


def columns(frame: Any, schema: Schema, cases: Sequence[CheckedRule], *, approximate: bool = False) -> Any:
    """A frame with a column of outcomes for each rule; see `RuleSet.columns`."""
    taken = _taken(frame)
    if not cases:
        return frame
    back, as_given = taken.implementation, _as_given(frame)
    if back.is_pandas():
        return as_given(in_pandas(taken.to_native(), schema, cases, approximate))
    if back.is_dask():
        return as_given(in_dask(taken.to_native(), schema, cases, approximate))
    want_free(types_of(taken), cases, back)
    return as_given(judged(taken, schema, cases, approximate).to_native())


def expressions(
    frame: Any, schema: Schema, cases: Sequence[CheckedRule], *, approximate: bool = False
) -> dict[str, nw.Expr]:
    """The expression of each rule by its id, for frames with columns like this one's; see `RuleSet.expressions`."""
    taken = _taken(frame)
    back = taken.implementation
    if back.is_pandas() or back.is_dask():
        what = f"there are no expressions over frames of {back.value}, whose types say too little"
        raise NotValid("rule.column_frame", what, "take pyarrow.Table.from_pandas(frame), or use columns")
    want_free(types_of(taken), (), back)
    writer = Writer.over(taken, schema, approximate, nw, alone=True)
    return {case.rule.id: writer.outcome(case) for case in cases}


def _taken(frame: Any) -> Any:
    try:
        return nw.from_native(frame)
    except TypeError:
        what = f"{type(frame).__module__}.{type(frame).__name__} is no frame that narwhals takes"
        raise NotValid("rule.column_frame", what, "give a frame of polars, pandas, pyarrow or DuckDB") from None
    except nw.exceptions.DuplicateError as error:
        what = f"the frame has two columns of one name: {' '.join(str(error).split())}"
        raise NotValid("rule.column_twice", what, "leave one of them out") from None


def _as_given(frame: Any) -> Callable[[Any], Any]:
    """How a native frame becomes one like this: as it is, or wrapped by narwhals (by which stable version of it)."""
    if not isinstance(frame, nw.DataFrame | nw.LazyFrame):
        return lambda native: native
    wrapping: Callable[[Any], Any] = getattr(sys.modules[type(frame).__module__], "from_native", nw.from_native)
    return wrapping
