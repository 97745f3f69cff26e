"""Rules over frames: each an expression over columns, with the outcomes that judging has fact by fact.

Promises: null is unknown; what is lazy stays lazy; what columns or a back end cannot say as live judging says it is
refused, with the rule, the expression and the back end named.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import narwhals as nw

from coachcore.errors import NotValid
from coachcore.rules.column_conditions import Writer
from coachcore.rules.column_facts import Cannot, wrong_column
from coachcore.rules.facts import FactSchema
from coachcore.rules.tree import leaves_of
from coachcore.rules.verdicts import Prepared

__all__ = ["columns", "expressions"]


def columns(frame: Any, schema: FactSchema, cases: Sequence[Prepared], *, approximate: bool = False) -> Any:
    """A frame with a column of outcomes for each rule; see `RuleSet.columns`."""
    taken = _taken(frame)
    if not cases:
        return frame
    if taken.implementation.is_pandas():
        judged = _in_pandas(taken.to_native(), schema, cases, approximate)
        return nw.from_native(judged) if taken is frame else judged
    _want_free(taken.collect_schema(), cases)
    judged = _judged(taken, schema, cases, approximate)
    return judged if taken is frame else judged.to_native()


def expressions(
    frame: Any, schema: FactSchema, cases: Sequence[Prepared], *, approximate: bool = False
) -> dict[str, nw.Expr]:
    """The expression of each rule by its id, for frames with columns like this one's; see `RuleSet.expressions`."""
    taken = _taken(frame)
    if taken.implementation.is_pandas():
        what = "there are no expressions over frames of pandas, whose types say too little"
        raise NotValid("rule.column_frame", what, "take pyarrow.Table.from_pandas(frame), or use columns")
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


def _want_free(names: Any, cases: Sequence[Prepared]) -> None:
    """Raises NotValid rule.column_twice where a verdict's column would take another's place."""
    for case in cases:
        if case.rule.id in names:
            what = f"the frame has a column {case.rule.id!r} already"
            raise NotValid("rule.column_twice", what, "rename it, or leave it out", path=f"rule {case.rule.id}")


def _judged(taken: Any, schema: FactSchema, cases: Sequence[Prepared], approximate: bool) -> Any:
    is_polars, api = taken.implementation.is_polars(), nw
    if is_polars:  # narwhals speaks polars' language, and to polars the detour is not needed
        import polars as api  # type: ignore[no-redef]
    writer = Writer.over(taken, schema, approximate, api)
    made = {case.rule.id: writer.outcome(case) for case in cases}
    counted = writer.terms.counted
    if counted:
        taken = _with_counts(taken, counted)
    try:
        if is_polars:
            lazy = taken.to_native().lazy().with_columns(**made)  # lazy, so that common parts are reckoned once
            is_lazy = isinstance(taken, nw.LazyFrame)
            judged = nw.from_native(lazy if is_lazy else lazy.collect())
        else:
            judged = taken.with_columns(*(each.alias(name) for name, each in made.items()))
        judged.collect_schema()
    except Exception as error:
        _name(taken, Writer.over(taken, schema, approximate, nw) if is_polars else writer, cases, error)
        raise
    return judged.drop([*counted.values()]) if counted else judged


def _with_counts(taken: Any, counted: Mapping[str, str]) -> Any:
    """A frame of pyarrow with how many items the sets have, beside them."""
    from coachcore.rules.column_arrow import items_counted

    table = taken.to_native()
    for name, column in counted.items():
        table = table.append_column(column, items_counted(table[name]))
    return nw.from_native(table)


def _name(taken: Any, writer: "Writer", cases: Sequence[Prepared], error: Exception) -> None:
    """Raises NotValid for the first expression that the back end cannot do by itself."""
    for case in cases:
        for leaf in leaves_of(case.run):
            try:
                taken.select(writer.closed(writer.condition(leaf)).alias("tried")).collect_schema()
            except Exception as found:
                reason = (str(found).strip() or "it gives no reason").splitlines()[0]
                refused = Cannot(f"{writer.backend} cannot do it: {type(found).__name__}: {reason}")
                raise writer.refusal(case, leaf, refused) from error


def _in_pandas(frame: Any, schema: FactSchema, cases: Sequence[Prepared], approximate: bool) -> Any:
    """Frames of pandas go through pyarrow: pandas' own types know no days and no lists, and take null for False."""
    import pandas as pd

    try:
        import pyarrow as pa

        from coachcore.rules.column_arrow import array
    except ModuleNotFoundError:
        what = "frames of pandas are judged through pyarrow, which is not installed"
        raise NotValid("rule.columns_missing", what, "pip install pyarrow") from None

    if frame.columns.nlevels > 1:
        what = "the frame's columns have several levels"
        raise NotValid("rule.column_frame", what, "give them one name each, as facts have")
    _want_free(set(frame.columns), cases)
    arrays = {"": pa.nulls(len(frame))}
    for name in dict.fromkeys(name for case in cases for name in case.facts if name in frame.columns):
        kind = schema.facts[name].kind
        try:
            arrays[name] = array(frame[name], kind)
        except (pa.ArrowException, ValueError, TypeError) as error:
            what = f"column {name!r} is not of one type: {str(error).splitlines()[0]}"
            raise wrong_column(name, what, kind) from error
    judged = _judged(nw.from_native(pa.table(arrays)), schema, cases, approximate).to_native()
    found = judged.select([case.rule.id for case in cases]).to_pandas(types_mapper={pa.bool_(): pd.BooleanDtype()}.get)
    return pd.concat([frame, found.set_axis(frame.index)], axis=1)
