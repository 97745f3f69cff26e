"""A frame put beside its verdicts: what the back end cannot do is found before anything is run, and named."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

import narwhals as nw

from coachcore.errors import NotValid
from coachcore.rules.columns.conditions import Writer
from coachcore.rules.columns.facts import Cannot
from coachcore.rules.expr.nodes import atoms_of
from coachcore.rules.expr.schema import Schema
from coachcore.rules.rule import CheckedRule

__all__ = ["judged", "types_of", "want_free"]


def types_of(taken: Any) -> Mapping[str, Any]:
    """A frame's types by column. Raises NotValid rule.column_type where it has one that narwhals cannot read."""
    try:
        found: Mapping[str, Any] = taken.collect_schema()
    except ValueError as error:
        what = f"{taken.implementation.value} has a column of a type that cannot be read: {error}"
        data = {"backend": str(taken.implementation.value)}
        raise NotValid("rule.column_type", what, "cast that column, or leave it out", **data) from None
    return found


def want_free(names: Collection[Any], cases: Sequence[CheckedRule], back: nw.Implementation) -> None:
    """Raises NotValid rule.column_twice where a verdict's column would take another's place.

    In SQL names that differ only by case are one: there also where two columns, or two rules, have such names.
    """
    is_caseless = back.is_duckdb() or back.is_ibis() or back.is_spark_like()
    seen: dict[Any, str] = {}
    for name in names:
        known = name.lower() if is_caseless else name
        if known in seen:
            what = f"columns {seen[known]!r} and {name!r} are one to {back.value}, which tells no case"
            raise NotValid("rule.column_twice", what, "rename one of them", backend=str(back.value))
        seen[known] = name
    for case in cases:
        name = case.rule.id
        known = name.lower() if is_caseless else name
        if known in seen:
            what = f"there is a column {seen[known]!r} already" + ("" if seen[known] == name else f", and no {name!r}")
            data = {"rule": name, "backend": str(back.value)}
            raise NotValid("rule.column_twice", what, "rename it, or leave it out", path=f"rule {name}", **data)
        seen[known] = name


def judged(taken: Any, schema: Schema, cases: Sequence[CheckedRule], approximate: bool, **given: Any) -> Any:
    """A frame of narwhals with a column of outcomes for each rule. given: what `Writer.over` takes besides."""
    is_polars, api = taken.implementation.is_polars(), nw
    if is_polars:  # narwhals speaks polars' language, and to polars the detour is not needed
        import polars as api  # type: ignore[no-redef]
    writer = Writer.over(taken, schema, approximate, api, **given)
    made = [writer.outcome(case).alias(case.rule.id) for case in cases]
    counted = writer.terms.counted
    if counted:
        taken = _with_counts(taken, counted)
    try:
        if is_polars:
            lazy = taken.to_native().lazy().with_columns(made)  # lazy, so that common parts are reckoned once
            is_lazy = isinstance(taken, nw.LazyFrame)
            found = nw.from_native(lazy if is_lazy else lazy.collect())
        else:
            found = taken.with_columns(*made)
        found.collect_schema()
    except Exception as error:
        if is_polars:
            writer = Writer.over(taken, schema, approximate, nw, **given)
        for refused in _refused(taken, writer, cases):
            raise refused from error
        raise
    return found.drop([*counted.values()]) if counted else found


def _with_counts(taken: Any, counted: Mapping[str, str]) -> Any:
    """A frame of pyarrow with how many items the sets have, beside them."""
    from coachcore.rules.columns.arrow import items_counted

    table = taken.to_native()
    for name, column in counted.items():
        table = table.append_column(column, items_counted(table[name]))
    return nw.from_native(table)


def _refused(taken: Any, writer: Writer, cases: Sequence[CheckedRule]) -> Iterator[NotValid]:
    """An error for each expression that the back end cannot do by itself, and each id it makes no column of."""
    for case in cases:
        for atom in atoms_of(case.run):
            found = _failing(taken.select, writer.closed(writer.condition(atom)).alias("tried"))
            if found is not None:
                yield writer.refusal(case, writer.text_of(atom), Cannot(f"{writer.backend} cannot do it: {found}"))
        found = _failing(taken.with_columns, writer.outcome(case).alias(case.rule.id))
        if found is not None:
            what = f"{writer.backend} makes no column {case.rule.id!r}: {found}"
            yield writer.refusal(case, case.rule.require, Cannot(what, "give the rule another id"))


def _failing(put: Callable[[Any], Any], expression: Any) -> str | None:
    """What a back end says of an expression that it cannot put in a frame; None where it can."""
    try:
        put(expression).collect_schema()
    except Exception as error:
        reason = (str(error).strip() or "it gives no reason").splitlines()[0]
        return f"{type(error).__name__}: {reason}"
    return None
