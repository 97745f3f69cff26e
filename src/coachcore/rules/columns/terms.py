"""Terms: the parts of a rule as expressions over columns, with the checks that say where their values are known.

Evaluation is total: a float that is not finite, or a result out of range, is unknown. Asking so at every step would be slow,
because several comparisons read the same facts. A term therefore carries a value that may be wrong in some rows, and the
numbers of the checks that hold in all other rows. A check is written once, whatever asks for it; comparisons with the same
checks are joined before the checks are applied. For example `0 < fill and fill * 2 <= 1` has the checks

    0: |fill| <= the greatest double        1: |fill| <= 10^15        2: |fill * 2| <= 10^15

and its second comparison is Term(fill * 2 <= 1, checks={1, 2}): check 1 implies check 0.

A fact's term is its column in the form in which its type is compared exactly: a column of Float32 is widened to doubles, with the
check that they are finite; an int fact may come as floats, which is what pandas makes of nulls, with the check that they are
whole. Numbers are computed as doubles, which hold every whole number in range exactly; days, moments and durations are whole
numbers.
"""

import sys
from collections.abc import Hashable
from datetime import UTC, date, datetime, timedelta
from functools import reduce
from operator import and_
from typing import Any, Final

import attrs
import narwhals as nw

from coachcore.errors import did_you_mean, nearest
from coachcore.rules.columns.backend import Backend, Unsupported, wrong_type
from coachcore.rules.expr.evaluate import MAX_RESULT, MICROSECOND
from coachcore.rules.expr.nodes import FactRef, Node
from coachcore.rules.expr.types import FactType

__all__ = ["UNKNOWN", "Builder", "Term", "as_whole_number", "constant_term", "fact_term", "same_zones"]

# the types of items that sets can have in columns, by the items of the fact
ITEM_TYPES: Final = {"bool": "Boolean", "text": "String", "date": "Date", "int": "Int64", "float": "Float64"}


@attrs.frozen(eq=False)
class Term:
    """A part of a rule.

    value: an expression; where `is_constant`, a plain value. form: of numbers int, float or decimal, by the type of the column;
    of moments zoned or plain; of sets the type of their items. checks: see above. in_range: whether arithmetic can use it
    unchecked. digits: precision and scale of a column of decimals.
    """

    value: Any
    form: str = ""
    checks: frozenset[int] = frozenset()
    in_range: bool = False
    is_constant: bool = False
    digits: tuple[int, int] | None = None


# unknown in every row: a column of nothing but nulls, and what is computed from it
UNKNOWN: Final = Term(None, is_constant=True)


@attrs.define
class Builder:
    """Makes terms over one frame, and holds their checks. approximate: whether decimals may be computed as floats."""

    backend: Backend
    approximate: bool = False
    checks: list[Any] = attrs.field(factory=list)
    numbers: dict[Hashable, int] = attrs.field(factory=dict)

    @property
    def api(self) -> Any:
        """The module whose functions make expressions."""
        return self.backend.api

    def checked(self, term: Term, key: Hashable, condition: Any) -> Term:
        """The term with one more check. key: what distinguishes it from other checks."""
        number = self.numbers.setdefault(key, len(self.checks))
        if number == len(self.checks):
            self.checks.append(condition)
        return attrs.evolve(term, checks=term.checks | {number})

    def closed(self, term: Term) -> Any:
        """A condition as an expression that is null where it is unknown: its checks are applied."""
        if term.is_constant:
            return self.api.lit(term.value, dtype=self.api.Boolean)
        if not term.checks:
            return term.value
        return self.api.when(reduce(and_, (self.checks[number] for number in sorted(term.checks)))).then(term.value)

    def where_known(self, term: Term, value: bool) -> Term:
        """A condition that has one value in every row where a term is known."""
        return attrs.evolve(term, value=self.api.when(~term.value.is_null()).then(self.api.lit(value)))

    def null_beyond(self, value: Any, limit: int) -> Any:
        """A number that is null where it is further than `limit` from zero."""
        return self.api.when(value.is_between(-limit, limit)).then(value)

    def within(self, node: Node, term: Term, limit: int) -> Term:
        """A duration, known where it is at most `limit` from zero. node: what the term was made of."""
        if term.is_constant:
            return term
        checked = self.checked(term, ("within", node, limit), term.value.is_between(-limit, limit))
        return attrs.evolve(checked, value=self.clamped(term.value, limit))

    def clamped(self, value: Any, limit: int) -> Any:
        """Whole numbers that a check keeps to `limit`, brought to it where the check fails, lest an overflow fail the query."""
        # neither `null_beyond` nor `clip`, which have the value twice: of a sum of sums that would double at each
        api = self.api
        return api.max_horizontal(api.min_horizontal(value, api.lit(limit)), api.lit(-limit))

    def bounded(self, node: Node, term: Term, *, result_tells: bool = False) -> Term:
        """A number, known where arithmetic can use it. result_tells: whether the check of the result implies this one."""
        if term.in_range or term.is_constant:
            return term
        if term.form == "int" and not self.backend.wraps_around:
            return attrs.evolve(term, value=self.null_beyond(term.value, MAX_RESULT), in_range=True)
        # to be in range is to be finite
        finite = self.numbers.get(("finite", node.fact)) if isinstance(node, FactRef) else None
        bounded = attrs.evolve(term, checks=term.checks - {finite}, in_range=True)
        if result_tells:
            return bounded
        value = self.double(term).value if term.form == "decimal" else term.value
        within = value.is_between(-MAX_RESULT, MAX_RESULT) if term.form == "int" else value.abs() <= MAX_RESULT
        return self.checked(bounded, ("range", node), within)

    def double(self, term: Term) -> Term:
        """A number as a double."""
        match term:
            case Term(is_constant=True, value=number):
                return attrs.evolve(term, value=float(number), form="float")
            case Term(form="float"):
                return term
            case Term(form="decimal", value=decimals):
                return attrs.evolve(term, value=self.backend.decimal_as_double(decimals), form="float")
        return attrs.evolve(term, value=term.value.cast(self.api.Float64), form="float")


def constant_term(value: Any) -> Term:
    """A constant of a rule."""
    form = "" if not isinstance(value, datetime) else "plain" if value.tzinfo is None else "zoned"
    return Term(as_whole_number(value), form, is_constant=True)


def as_whole_number(value: Any) -> Any:
    """A day, a moment or a duration as it is counted in columns; any other value as it is."""
    match value:
        case timedelta():
            return value // MICROSECOND
        case datetime():
            return (value - datetime(1970, 1, 1, tzinfo=value.tzinfo and UTC)) // MICROSECOND
        case date():
            return (value - date(1970, 1, 1)).days
    return value


def same_zones(left: Term, right: Term) -> None:
    """Raises Unsupported where a moment with a zone and one without are used together."""
    if {left.form, right.form} == {"plain", "zoned"}:
        reason = "a moment with a zone is used with one without"
        raise Unsupported(reason, "give both columns a time zone, or neither", "type")


def fact_term(build: Builder, name: str, fact_type: FactType) -> Term:
    """A fact from its column. Raises Unsupported with the codes missing, type, cannot."""
    if name not in build.backend.names:
        names = [*map(str, build.backend.names)]
        hint = did_you_mean(name, names, f"the columns: {', '.join(names)}")
        data = {"nearest": nearest(name, names)}
        raise Unsupported(f"the frame has no column {name!r}", hint, "missing", name, data)
    dtype = build.backend.column_type(name, fact_type)
    if dtype is None:
        return UNKNOWN
    term = (_number if fact_type.is_number else _other)(build, name, fact_type, dtype)
    if term is None:
        raise wrong_type(name, f"column {name!r} is {dtype}", fact_type)
    return term


def _other(build: Builder, name: str, fact_type: FactType, dtype: Any) -> Term | None:
    """A column of anything but numbers; None where its type does not fit."""
    column = build.api.col(name)
    match fact_type.name, dtype:
        case ("bool", nw.Boolean()) | ("text", nw.String()):
            return Term(column)
        case "text", nw.Categorical() | nw.Enum():
            return Term(column.cast(build.api.String))
        case "date", nw.Date():
            return Term(build.backend.days(column))
        case "moment", nw.Datetime():
            return Term(build.backend.moments(column), "zoned" if dtype.time_zone else "plain")
        case "duration", nw.Duration():
            return Term(column.dt.total_microseconds())
        case "set", nw.List() if fact_type.item and fact_type.item.name in ITEM_TYPES:
            item, item_type = fact_type.item.name, ITEM_TYPES[fact_type.item.name]
            if dtype.inner == nw.Unknown:  # all sets are empty
                return Term(column.cast(build.api.List(getattr(build.api, item_type))), item)
            is_fitting = dtype.inner.is_integer() if item == "int" else dtype.inner == getattr(nw, item_type)
            return Term(column, item) if is_fitting else None
    return None


def _number(build: Builder, name: str, fact_type: FactType, dtype: Any) -> Term | None:
    """A column of numbers; None where its type does not fit."""
    column = build.api.col(name)
    if dtype.is_float():
        double = column if dtype == nw.Float64 else column.cast(build.api.Float64)
        term = build.checked(Term(double, "float"), ("finite", name), double.abs() <= sys.float_info.max)
        return build.checked(term, ("whole", name), double % 1 == 0) if fact_type.name == "int" else term
    if dtype.is_integer():
        is_small = dtype in (nw.Int8, nw.Int16, nw.Int32, nw.UInt8, nw.UInt16, nw.UInt32)
        term = Term(column, "int", in_range=is_small)
    elif dtype.is_decimal() and fact_type.name != "int":
        has_digits = hasattr(dtype, "precision")  # narwhals did not always say how many
        term = Term(column, "decimal", digits=(dtype.precision, dtype.scale) if has_digits else None)
    else:
        return None
    return build.double(term) if fact_type.name == "float" else term
