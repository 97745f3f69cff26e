"""Rules over frames: each an expression over columns, with the outcomes that judging has fact by fact.

Promises: null is unknown; what is lazy stays lazy; what columns or a back end cannot say as live judging says it is
refused, with the rule, the expression and the back end named.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import attrs
import narwhals as nw

from coachcore.errors import NotValid
from coachcore.rules.column_terms import NOTHING, SAME_ZONES, Cannot, Term, Terms, wrong_column
from coachcore.rules.facts import FactSchema
from coachcore.rules.kinds import Kind
from coachcore.rules.tree import (
    BOOL,
    SIGNS,
    Comparison,
    Constant,
    Junction,
    Known,
    Node,
    Not,
    Reading,
    evaluate,
    facts_of,
    leaves_of,
)
from coachcore.rules.verdicts import Prepared

__all__ = ["columns", "expressions"]

FEW: Final = 4
"""So many values are sooner compared one by one than looked up."""
SWAPPED: Final[Mapping[str, str]] = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


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
    writer = _Writer.over(taken, schema, approximate, nw, alone=True)
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
    writer = _Writer.over(taken, schema, approximate, api)
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
        _name(taken, _Writer.over(taken, schema, approximate, nw) if is_polars else writer, cases, error)
        raise
    return judged.drop([*counted.values()]) if counted else judged


def _with_counts(taken: Any, counted: Mapping[str, str]) -> Any:
    """A frame of pyarrow with how many items the sets have, beside them."""
    from coachcore.rules.column_arrow import items_counted

    table = taken.to_native()
    for name, column in counted.items():
        table = table.append_column(column, items_counted(table[name]))
    return nw.from_native(table)


def _name(taken: Any, writer: "_Writer", cases: Sequence[Prepared], error: Exception) -> None:
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


@attrs.define
class _Writer:
    """Writes conditions over a frame's columns. at: the comparison that is being written."""

    terms: Terms
    at: Any = None

    @property
    def backend(self) -> str:
        return str(self.terms.back.value)

    @classmethod
    def over(cls, taken: Any, schema: FactSchema, approximate: bool, api: Any, *, alone: bool = False) -> "_Writer":
        """alone: whether there are expressions only, and no columns can be put beside those there are."""
        types, back, native = taken.collect_schema(), taken.implementation, taken.to_native()
        read = [(name, each) for name, each in types.items() if name in schema.facts]
        is_loose = back.is_pandas_like() or back.is_dask()
        terms = Terms(
            api=api,
            back=back,
            schema=schema,
            types=types,
            nothing=frozenset(name for name, each in read if each == nw.Unknown and _is_null(native, name)),
            loose=frozenset(name for name, _ in read if is_loose and not _has_nulls(native.dtypes[name])),
            approximate=approximate,
            alone=alone,
        )
        return cls(terms)

    def outcome(self, case: Prepared) -> Any:
        """A rule's outcome. Raises NotValid with the rule and the expression."""
        try:
            return self.closed(self.condition(case.run))
        except Cannot as error:
            raise self.refusal(case, self.at, error) from None
        except NotValid as error:
            raise error.under(f"rule {case.rule.id}") from None

    def refusal(self, case: Prepared, leaf: Any, error: Cannot) -> NotValid:
        text = getattr(leaf, "text", None) or getattr(leaf, "fact", "")
        data = {"rule": case.rule.id, "expression": text, "backend": self.backend}
        path = f"rule {case.rule.id}: {text}"
        return NotValid(f"rule.column_{error.code}", error.what, error.hint, path=path, **data)

    def closed(self, term: Term) -> Any:
        """A condition as an expression that is null where it is unknown."""
        if term.is_written:
            return self.terms.api.lit(term.value, dtype=self.terms.api.Boolean)
        if not term.checks:
            return term.value
        whole: Any = None
        for number in sorted(term.checks):
            check = self.terms.checks[number]
            whole = check if whole is None else whole & check
        return self.terms.api.when(whole).then(term.value)

    def condition(self, node: Node) -> Term:
        match node:
            case Junction(is_and, parts):
                return self.junction(is_and, [self.condition(each) for each in parts])
            case Not(part):
                return self.contrary(self.condition(part))
            case Constant(value):
                return Term(value, is_written=True)
        self.at = node
        match node:
            case Reading(name):
                return self.terms.fact(name)
            case Known(part, wanted):
                return self.known(self.term(part), wanted)
            case Comparison() if not facts_of(node):
                return Term(evaluate(node, {}), is_written=True)
            case Comparison("in", (one, other)):
                return self.looked_for(one, other)
            case Comparison("not in", (one, other)):
                return self.contrary(self.looked_for(one, other))
            case Comparison(sign, (one, other)):
                return self.compared(sign, one, other)
        raise Cannot(f"{type(node).__name__} is no condition")

    def term(self, node: Node) -> Term:
        return self.condition(node) if node.kind == BOOL else self.terms.of(node)

    def contrary(self, term: Term) -> Term:
        if term.is_written:
            return Term(None if term.value is None else not term.value, is_written=True)
        return attrs.evolve(term, value=~term.value)

    def junction(self, is_and: bool, parts: Sequence[Term]) -> Term:
        """Parts with the same checks are joined before these are asked: where one fails, all of the parts are unknown."""
        written = {each.value for each in parts if each.is_written}
        if (not is_and) in written:
            return Term(not is_and, is_written=True)
        join = SIGNS_OF[is_and]
        groups: dict[frozenset[int], Any] = {}
        if None in written:
            groups[frozenset()] = self.closed(NOTHING)
        for each in parts:
            if not each.is_written:
                before = groups.get(each.checks)
                groups[each.checks] = each.value if before is None else join(before, each.value)
        if not groups:
            return Term(is_and, is_written=True)
        terms = [Term(value, checks=checks) for checks, value in groups.items()]
        if len(terms) == 1:
            return terms[0]
        whole = self.closed(terms[0])
        for each in terms[1:]:
            whole = join(whole, self.closed(each))
        return Term(whole)

    def known(self, term: Term, wanted: bool) -> Term:
        if term.is_written:
            return Term((term.value is not None) is wanted, is_written=True)
        is_null = self.closed(term).is_null()
        return Term(~is_null if wanted else is_null)

    def compared(self, sign: str, one: Node, other: Node) -> Term:
        left, right = self.term(one), self.term(other)
        if left is NOTHING or right is NOTHING:
            return NOTHING
        if one.kind.item is not None:
            raise Cannot("sets are compared", "ask what is in them, or how many they have")
        if one.kind.name == "moment" and left.form != right.form:
            raise Cannot("a moment with a zone is compared with one without", SAME_ZONES, "type")
        if one.kind.is_number:
            left, right = self.terms.alike(left, right)
        if left.is_written:  # an expression stands on the left
            left, right, sign = right, left, SWAPPED[sign]
        return Term(SIGNS[sign](left.value, right.value), checks=left.checks | right.checks)

    def looked_for(self, item: Node, items: Node) -> Term:
        """Whether a term is one of written values, or a written value is in a set."""
        if isinstance(items, Constant):
            term = self.term(item)
            return NOTHING if term is NOTHING else self.among(term, item.kind, items.value)
        if not isinstance(item, Constant):
            raise Cannot("a fact is looked for in another", "look for what is written in the rule")
        sets = self.terms.of(items)
        if sets is NOTHING:
            return NOTHING
        value = self.terms.number(item.value, sets.form) if item.kind.is_number else item.value
        if sets.form == "int" and isinstance(value, float):
            return self.never(sets)
        return attrs.evolve(sets, value=sets.value.list.contains(value))

    def among(self, term: Term, kind: Kind, values: frozenset[Any]) -> Term:
        found = [self.terms.written(Constant(each, kind)).value for each in sorted(values)]
        if kind.is_number:
            found = [self.terms.number(each, term.form) for each in sorted(values)]
        if term.form == "int":
            found = [each for each in found if isinstance(each, int)]
        if not found:
            return self.never(term)
        is_quick = kind.name == "text" or term.form in ("int", "float")
        if len(found) > FEW and is_quick and not self.terms.back.is_dask():  # where null is then not among them
            return attrs.evolve(term, value=term.value.is_in(found))
        whole = term.value == found[0]
        for each in found[1:]:
            whole = whole | (term.value == each)
        return attrs.evolve(term, value=whole)

    def never(self, term: Term) -> Term:
        """False where a term is known."""
        return attrs.evolve(term, value=self.terms.api.when(~term.value.is_null()).then(self.terms.api.lit(False)))


SIGNS_OF: Final[Mapping[bool, Any]] = {True: lambda one, other: one & other, False: lambda one, other: one | other}


def _has_nulls(dtype: Any) -> bool:
    """Whether a type of pandas has nulls that compare as nulls."""
    return "[pyarrow]" in str(dtype) or str(dtype) == "string"


def _is_null(native: Any, name: str) -> bool:
    """Whether a column's type says that there is nothing in it."""
    if hasattr(native, "collect_schema"):
        found = native.collect_schema()[name]
    elif hasattr(native, "types"):
        found = native.types[native.columns.index(name)]
    elif hasattr(native, "schema") and hasattr(native.schema, "field"):
        found = native.schema.field(name).type
    else:
        return False
    return str(found).strip('"').lower() == "null"
