"""The terms of a rule over the columns of a frame: facts by their column's type, numbers, days, moments and durations.

A value that may yet be unknown (a float that is no number, a result out of range) carries the checks that tell so; nothing
is asked of them here. Numbers are reckoned as doubles, which hold every number in range exactly, and durations as whole
microseconds.
"""

import sys
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import attrs
import narwhals as nw

from coachcore.errors import NotValid, did_you_mean, nearest
from coachcore.rules.facts import FactSchema
from coachcore.rules.kinds import Kind
from coachcore.rules.tree import (
    BOUND,
    LONGEST,
    LONGEST_RATIO,
    SIGNS,
    Arithmetic,
    Call,
    Constant,
    Node,
    Reading,
)

__all__ = ["DAY", "MICROSECOND", "NOTHING", "Cannot", "Term", "Terms", "decimals", "wrong_column"]

MICROSECOND: Final = timedelta(microseconds=1)
DAY: Final = timedelta(days=1) // MICROSECOND
SPAN, RATIO_SPAN = LONGEST // MICROSECOND, LONGEST_RATIO // MICROSECOND
UNITS: Final = {
    "days": DAY,
    "weeks": 7 * DAY,
    "hours": DAY // 24,
    "minutes": DAY // 1440,
    "seconds": DAY // 86_400,
}
SMALL: Final = (nw.Int8, nw.Int16, nw.Int32, nw.UInt8, nw.UInt16, nw.UInt32)
"""Types whose numbers are in range by themselves."""
PLACES: Final = 38
"""How many digits after the point a decimal column may have."""
PLAIN: Final = {"bool": nw.Boolean, "text": nw.String, "date": nw.Date}
"""The column types of kinds that have one only."""
ITEMS: Final = {"bool": "Boolean", "int": "Int64", "float": "Float64", "text": "String", "date": "Date"}
FITTING: Final[Mapping[str, str]] = {
    "bool": "Boolean",
    "int": "an integer type",
    "decimal": "Decimal, or another type of numbers",
    "float": "Float64, or another type of numbers",
    "text": "String, Categorical or Enum",
    "date": "Date",
    "moment": "Datetime",
    "duration": "Duration",
    "set": "a List of its items",
}
AS_DIFFERENCE: Final = "write it as a difference of two days or moments, compared with the duration"
SAME_ZONES: Final = "give both columns a time zone, or neither"


class Cannot(Exception):
    """What columns, or this back end, cannot say as live judging says it."""

    def __init__(
        self, what: str, hint: str = "judge these facts one by one, with evaluate", code: str = "cannot"
    ) -> None:
        super().__init__(what)
        self.what, self.hint, self.code = what, hint, code


def decimals(what: str) -> Cannot:
    """Frames do not reckon with decimals exactly."""
    return Cannot(what, "declare them as float, or say approximate=True to have them reckoned as floats", "decimal")


def wrong_column(name: str, what: str, kind: Kind) -> NotValid:
    """The error of a column whose type does not fit its fact."""
    return NotValid("rule.column_type", what, f"fact {name} is {kind}: give {FITTING[kind.name]}", path=name)


@attrs.frozen(eq=False)
class Term:
    """A part of an expression over columns.

    value: an expression, or where it is_written a plain value; of a condition also None, for unknown. form: int, float or
    decimal of numbers, by their column's type; zoned or plain of moments. checks: numbers of what must be true for the
    value to be known, where there is one. in_range: whether it needs no check to be reckoned with.
    """

    value: Any
    form: str = ""
    checks: frozenset[int] = frozenset()
    in_range: bool = False
    is_written: bool = False


NOTHING: Final = Term(None, is_written=True)
"""What is never known: a fact whose column has nothing in it, and all that is reckoned from it."""


@attrs.define
class Terms:
    """Writes terms over a frame's columns.

    api: narwhals, or polars itself where the frame is polars': the calls are the same, and cost less there. back: the
    back end. types: by column. nothing: columns that have no type but null's. loose: columns whose nulls compare as if
    they were values. alone: whether no columns can be put beside these.
    """

    api: Any
    back: nw.Implementation
    schema: FactSchema
    types: Mapping[str, Any]
    nothing: frozenset[str]
    loose: frozenset[str]
    approximate: bool
    alone: bool = False
    checks: list[Any] = attrs.field(factory=list)
    """What must be true, by number."""
    numbers: dict[Any, int] = attrs.field(factory=dict)
    facts: dict[str, Term] = attrs.field(factory=dict)
    counted: dict[str, str] = attrs.field(factory=dict)
    """Columns that have to be put beside those there are: how many different items the sets of a column have."""

    def of(self, node: Node) -> Term:
        """The term of a node that is no condition. Raises Cannot, NotValid rule.column_missing, rule.column_type."""
        match node:
            case Constant():
                return self.written(node)
            case Reading(name):
                return self.fact(name)
            case Call(function, parts) | Arithmetic(function, parts):
                terms = [self.of(each) for each in parts]
                if any(each is NOTHING for each in terms):
                    return NOTHING
                if isinstance(node, Call):
                    return self.called(node, function, terms)
                if node.kind.is_number and all(each.kind.is_number for each in parts):
                    return self.reckoned(node, function, terms)
                return self.timed(node, function, terms)
        raise Cannot(f"{type(node).__name__} is no term")

    def written(self, node: Constant) -> Term:
        value = node.value
        match node.kind.name:
            case "duration":
                return Term(value // MICROSECOND, is_written=True)
            case "moment":
                return Term(self.api.lit(value), "plain" if value.tzinfo is None else "zoned")
            case "date":
                return Term(self.api.lit(value))
        return Term(value, is_written=True)

    def check(self, key: Any, whether: Any) -> int:
        """The number of a check, which is made once for a key."""
        found = self.numbers.get(key)
        if found is None:
            found = self.numbers[key] = len(self.checks)
            self.checks.append(whether)
        return found

    def _checked(self, term: Term, key: Any, whether: Any) -> Term:
        return attrs.evolve(term, checks=term.checks | {self.check(key, whether)})

    def expression(self, term: Term) -> Any:
        """A term's value as an expression."""
        return self.api.lit(term.value) if term.is_written else term.value

    # --- facts -------------------------------------------------------------------------------------------------------

    def fact(self, name: str) -> Term:
        """A fact from its column. Raises NotValid rule.column_missing, rule.column_type."""
        found = self.facts.get(name)
        if found is None:
            kind, dtype = self.schema.facts[name].kind, self.types.get(name)
            if dtype is None:
                hint = did_you_mean(name, self.types, f"the columns: {', '.join(map(str, self.types))}")
                data = {"nearest": nearest(name, self.types)}
                raise NotValid("rule.column_missing", f"the frame has no column {name!r}", hint, path=name, **data)
            if name in self.loose:
                hint = f"have {self.back.value} hold it in pyarrow's types"
                raise NotValid("rule.column_type", f"column {name!r} has no nulls of its own", hint, path=name)
            made = NOTHING if name in self.nothing else self.column(name, kind, dtype)
            if made is None:
                raise wrong_column(name, f"column {name!r} is {dtype}", kind)
            found = self.facts[name] = made
        return found

    def column(self, name: str, kind: Kind, dtype: Any) -> Term | None:
        """A column as a term; None where its type does not fit."""
        column = self.api.col(name)
        if kind.is_number:
            return self.of_numbers(name, kind, dtype)
        if kind.item is not None:
            return self.of_sets(column, kind.item, dtype.inner) if isinstance(dtype, nw.List) else None
        if kind.name == "text" and isinstance(dtype, nw.Categorical | nw.Enum):
            return Term(column.cast(self.api.String))
        if kind.name == "moment" and isinstance(dtype, nw.Datetime):
            return self.of_moments(column, dtype)
        if kind.name == "duration" and isinstance(dtype, nw.Duration):
            return Term(column.dt.total_microseconds())
        return Term(column) if dtype == PLAIN.get(kind.name) else None

    def of_moments(self, column: Any, dtype: Any) -> Term:
        zone = dtype.time_zone
        if dtype.time_unit == "ns":  # which reach to 2262 only
            column = column.cast(self.api.Datetime("us", zone))
        if (
            zone not in (None, "UTC") and not self.back.is_duckdb()
        ):  # which keeps instants, and shows them in the session's zone
            column = column.dt.convert_time_zone("UTC")
        return Term(column, "zoned" if zone else "plain")

    def of_sets(self, column: Any, item: Kind, inner: Any) -> Term | None:
        if inner == nw.Unknown and item.name in ITEMS:  # all of them are empty
            name = ITEMS[item.name]
            column, inner = column.cast(self.api.List(getattr(self.api, name))), getattr(nw, name)()
        if item.name == "float":
            return Term(column, "float") if inner == nw.Float64 else None
        if item.is_number:
            return Term(column, "int") if inner.is_integer() else None
        return Term(column) if item.name in PLAIN and inner == PLAIN[item.name] else None

    def of_numbers(self, name: str, kind: Kind, dtype: Any) -> Term | None:
        """Numbers. A float column of whole numbers is what some libraries make of nulls."""
        column = self.api.col(name)
        if dtype.is_integer():
            whole = Term(column, "int", in_range=isinstance(dtype, SMALL))
            return self.double(whole) if kind.name == "float" else whole
        if dtype.is_float():
            wide = column if dtype == nw.Float64 else column.cast(self.api.Float64)
            found = self._checked(Term(wide, "float"), ("finite", name), wide.abs() <= sys.float_info.max)
            return self._checked(found, ("whole", name), wide % 1 == 0) if kind.name == "int" else found
        if not dtype.is_decimal() or kind.name == "int":
            return None
        if self.back.is_dask():
            raise Cannot("dask compares no decimals", "give floats", "decimal")
        exact = Term(column, "decimal")
        return self.double(exact) if kind.name == "float" else exact

    # --- numbers -----------------------------------------------------------------------------------------------------

    def double(self, term: Term) -> Term:
        """A number as a double."""
        if term.is_written:
            return attrs.evolve(term, value=float(term.value), form="float")
        if term.form == "float":
            return term
        return attrs.evolve(term, value=term.value.cast(self.api.Float64), form="float")

    def number(self, value: Any, form: str) -> Any:
        """A written number as numbers of a form are compared with. Raises Cannot."""
        if form == "decimal":
            exact = value if isinstance(value, Decimal) else Decimal(repr(value))
            if len(exact.as_tuple().digits) - 1 - exact.adjusted() > PLACES:
                raise decimals(f"{exact} has more places than a decimal column keeps")
            return self.api.lit(exact)
        if form == "int" and value == int(value):
            return int(value)
        near = float(value)
        if form == "float" and isinstance(value, Decimal) and Decimal(repr(near)) != value and not self.approximate:
            raise decimals(f"{value} has more digits than a float column keeps")
        return near

    def alike(self, left: Term, right: Term) -> tuple[Term, Term]:
        """Two numbers in types that are compared exactly. Raises Cannot."""
        if left.is_written:
            return attrs.evolve(left, value=self.number(left.value, right.form)), right
        if right.is_written:
            return left, attrs.evolve(right, value=self.number(right.value, left.form))
        if left.form == right.form:
            return left, right
        if {left.form, right.form} == {"decimal", "float"} and not self.approximate:
            raise decimals("a decimal column is compared with a float column")
        return (self.double(left), self.double(right)) if "float" in (left.form, right.form) else (left, right)

    def called(self, node: Call, function: str, terms: list[Term]) -> Term:
        first = terms[0]
        if function == "len":
            return self.length(node.parts[0], first)
        if function in UNITS:
            return self.lasting(node, UNITS[function], first)
        if function in ("min", "max"):
            return self.extreme(node, function == "min", terms)
        if node.kind.name == "decimal" and not self.approximate:
            raise decimals("decimals are reckoned with")
        found = self.double(self.bounded(node.parts[0], first))
        return found if function == "float" else attrs.evolve(found, value=found.value.abs())

    def length(self, node: Node, term: Term) -> Term:
        """How many items a set has."""
        if not self.back.is_pyarrow() or not isinstance(node, Reading):
            return Term(term.value.list.unique().list.len(), "int", in_range=True)
        if self.alone:
            raise Cannot("pyarrow does not tell how many different items a list has", "use columns")
        column = f"how many {node.fact}"
        while column in self.types:
            column += "_"
        self.counted[node.fact] = column
        return Term(self.api.col(column), "int", in_range=True)

    def extreme(self, node: Call, is_least: bool, terms: list[Term]) -> Term:
        """The least or the greatest of parts: unknown where one of them is."""
        if node.kind.is_number:
            if any(each.form == "decimal" for each in terms) and not self.approximate:
                raise decimals("the least or the greatest of decimals is taken")
            is_whole = all(isinstance(each.value, int) if each.is_written else each.form == "int" for each in terms)
            terms = terms if is_whole else [self.double(each) for each in terms]
        is_first, is_second = (SIGNS["<="], SIGNS[">"]) if is_least else (SIGNS[">="], SIGNS["<"])
        found = terms[0]
        for each in terms[1:]:
            one, other = self.expression(found), self.expression(each)
            then_other = self.api.when(is_second(one, other)).then(other)
            value = self.api.when(is_first(one, other)).then(one).otherwise(then_other)
            found = Term(value, each.form or found.form, found.checks | each.checks)
        return found

    def bounded(self, node: Node, term: Term, *, is_told: bool = False) -> Term:
        """A number with the check that it is one to reckon with. is_told: the result's check will tell it as well."""
        if term.in_range or term.is_written:
            return term
        if term.form == "int" and not self.back.is_polars():  # others make no doubles of numbers out of range
            return attrs.evolve(term, value=self.kept(term.value, BOUND), in_range=True)
        finite = self.numbers.get(("finite", node.fact)) if isinstance(node, Reading) else None  # told by the range
        checks = term.checks - {finite}
        if not is_told:
            value = term.value.cast(self.api.Float64) if term.form == "decimal" else term.value
            within = value.abs() <= BOUND if term.form == "float" else value.is_between(-BOUND, BOUND)
            checks |= {self.check(("range", node), within)}
        return attrs.evolve(term, checks=checks, in_range=True)

    def reckoned(self, node: Arithmetic, sign: str, terms: list[Term]) -> Term:
        """Arithmetic of numbers: operands and result are in range, or it is unknown."""
        if node.kind.name == "decimal" and not self.approximate:
            raise decimals("decimals are reckoned with")
        if len(terms) == 1:
            one = self.double(self.bounded(node.parts[0], terms[0]))
            return attrs.evolve(one, value=0 - one.value)
        is_by_written = terms[1].is_written or (terms[0].is_written and sign == "*")
        factor = (
            float(next((abs(each.value) for each in reversed(terms) if each.is_written), 0)) if is_by_written else 0.0
        )
        if sign == "/" and is_by_written:
            if not factor:
                return NOTHING
            factor = 1 / factor
        is_growing = sign in "*/" and factor >= 1  # what is out of range stays so
        one, other = (
            self.double(self.bounded(part, term, is_told=is_growing))
            for part, term in zip(node.parts, terms, strict=True)
        )
        value = SIGNS[sign](self.expression(one), other.value)
        is_shrinking = sign in "*/" and 0 < factor <= 1
        return self.bounded(
            node, Term(value, "float", one.checks | other.checks, in_range=is_shrinking and not is_growing)
        )

    # --- days, moments, durations ------------------------------------------------------------------------------------

    def lasting(self, node: Call, unit: int, term: Term) -> Term:
        """A duration of so many units."""
        if node.parts[0].kind.name != "int":
            raise Cannot("a duration is made of a fact that is no whole number", "declare the fact as int")
        return self.multiplied(term, unit)

    def multiplied(self, term: Term, factor: int) -> Term:
        """Whole microseconds times a whole number; null where it comes out too long."""
        most = SPAN // max(abs(factor), 1)
        return Term(self.kept(term.value, most).cast(self.api.Int64) * factor, checks=term.checks)

    def kept(self, value: Any, most: int) -> Any:
        """A number that is no further from zero than `most`, else null."""
        return self.api.when(value.is_between(-most, most)).then(value)

    def timed(self, node: Arithmetic, sign: str, terms: list[Term]) -> Term:
        """Arithmetic with days, moments or durations."""
        first, second = (each.kind.name for each in node.parts)
        if first == second == "duration":
            return self.ratio(node, terms) if sign == "/" else self.added(sign, terms)
        if first == second:
            return self.between(terms, first)
        if first in ("date", "moment"):
            by = node.parts[1]
            if not isinstance(by, Constant):
                raise Cannot("a day or a moment is moved by what is not written in the rule", AS_DIFFERENCE)
            return self.moved(node, terms[0], by.value, 1 if sign == "+" else -1)
        span, times = (terms[0], terms[1]) if first == "duration" else (terms[1], terms[0])
        if span.is_written or not times.is_written or times.value != int(times.value):
            raise Cannot("a duration is taken times what is no whole number", "multiply both sides until it is whole")
        return self.multiplied(span, int(times.value))

    def between(self, terms: list[Term], kind: str) -> Term:
        """The duration between two days or moments."""
        if terms[0].form != terms[1].form:
            raise Cannot("a moment with a zone meets one without", SAME_ZONES, "type")
        value = terms[0].value - terms[1].value
        in_days = kind == "date" and self.back.is_duckdb()
        return Term(value * DAY if in_days else value.dt.total_microseconds(), checks=terms[0].checks | terms[1].checks)

    def added(self, sign: str, terms: list[Term]) -> Term:
        one, other = (self.spanning(each) for each in terms)
        value = SIGNS[sign](self.expression(one), other.value)
        return self.spanning(Term(value, checks=one.checks | other.checks))

    def spanning(self, term: Term, most: int = SPAN) -> Term:
        """A duration to reckon with; null where it is too long."""
        return term if term.is_written else attrs.evolve(term, value=self.kept(term.value, most))

    def ratio(self, node: Arithmetic, terms: list[Term]) -> Term:
        if any(each.is_written and abs(each.value) > RATIO_SPAN for each in terms):
            return NOTHING
        one, other = (self.double(self.spanning(each, RATIO_SPAN)) for each in terms)
        if other.is_written and not other.value:
            return NOTHING
        return self.bounded(node, Term(self.expression(one) / other.value, "float", one.checks | other.checks))

    def moved(self, node: Arithmetic, term: Term, by: timedelta, sign: int) -> Term:
        """A day or a moment, some written time later or earlier; unknown where the calendar ends."""
        ends: tuple[Any, Any] = (date.min, date.max)
        if node.kind.name == "date":
            by = timedelta(days=by.days)  # as Python does: whole days, of the duration as it is written
        else:
            zone = UTC if term.form == "zoned" else None
            ends = (datetime.min.replace(tzinfo=zone), datetime.max.replace(tzinfo=zone))
        is_later = sign * by > timedelta()
        try:
            last = self.api.lit(ends[is_later] - sign * by)
        except OverflowError:
            return NOTHING
        value = term.value + sign * by
        if node.kind.name == "date" and not self.back.is_polars():
            value = value.cast(self.api.Date)
        within = term.value <= last if is_later else term.value >= last
        return self._checked(Term(value, term.form, term.checks), ("calendar", node), within)
