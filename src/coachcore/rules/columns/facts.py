"""Facts from the columns of a frame, each in the form in which its column's type is compared exactly.

A value that may yet be unknown (a float that is no number) carries the checks that tell so; nothing is asked of them here.
"""

import sys
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import attrs
import narwhals as nw

from coachcore.errors import NotValid, did_you_mean, nearest
from coachcore.rules.expr.evaluate import MICROSECOND
from coachcore.rules.expr.nodes import Constant
from coachcore.rules.expr.schema import Schema
from coachcore.rules.expr.types import FactType

__all__ = ["NOTHING", "SAME_ZONES", "Cannot", "Columns", "Term", "decimals", "wrong_column"]

SMALL: Final = (nw.Int8, nw.Int16, nw.Int32, nw.UInt8, nw.UInt16, nw.UInt32)
"""Types whose numbers are in range by themselves."""
INT_DIGITS: Final[Mapping[Any, tuple[int, int]]] = {
    **dict.fromkeys((nw.Int8, nw.UInt8), (3, 0)),
    **dict.fromkeys((nw.Int16, nw.UInt16), (5, 0)),
    **dict.fromkeys((nw.Int32, nw.UInt32), (10, 0)),
    nw.Int64: (19, 0),
    nw.UInt64: (20, 0),
    nw.Int128: (39, 0),
}
"""How many digits ints have at most, as precision and scale."""
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


def wrong_column(name: str, what: str, fact_type: FactType) -> NotValid:
    """The error of a column whose type does not fit its fact."""
    return NotValid("rule.column_type", what, f"fact {name} is {fact_type}: give {FITTING[fact_type.name]}", path=name)


@attrs.frozen(eq=False)
class Term:
    """A part of an expression over columns.

    value: an expression, or where it is_written a plain value; of a condition also None, for unknown. form: int, float or
    decimal of numbers, by their column's type; zoned or plain of moments. checks: numbers of what must be true for the
    value to be known, where there is one. in_range: whether it needs no check to be reckoned with.
    digits: precision and scale of a column of decimals; of ints, how many digits they may have, and 0.
    """

    value: Any
    form: str = ""
    checks: frozenset[int] = frozenset()
    in_range: bool = False
    is_written: bool = False
    digits: tuple[int, int] | None = None


def since_1970(moment: datetime) -> int:
    """Microseconds since 1970: of a moment with a zone in UTC, of one without by its own clock."""
    return (moment - datetime(1970, 1, 1, tzinfo=moment.tzinfo and UTC)) // MICROSECOND


def _digits(dtype: Any) -> tuple[int, int] | None:
    """The precision and scale of a type of decimals; None where narwhals does not tell, which it did not always."""
    precision, scale = getattr(dtype, "precision", None), getattr(dtype, "scale", None)
    return None if precision is None or scale is None else (precision, scale)


NOTHING: Final = Term(None, is_written=True)
"""What is never known: a fact whose column has nothing in it, and all that is reckoned from it."""


@attrs.define
class Columns:
    """The columns of a frame as facts.

    api: narwhals, or polars itself where the frame is polars': the calls are the same, and cost less there. back: the
    back end. types: by column. names: of all columns there are. broken: errors of columns that are of no one type.
    nothing: columns that have no type but null's. loose: columns whose nulls compare as if they were values. collated:
    columns whose texts are compared under a collation. alone: whether no columns can be put beside these.
    """

    api: Any
    back: nw.Implementation
    schema: Schema
    types: Mapping[str, Any]
    names: Collection[str]
    broken: Mapping[str, NotValid]
    nothing: frozenset[str]
    loose: frozenset[str]
    collated: frozenset[str]
    approximate: bool
    alone: bool = False
    checks: list[Any] = attrs.field(factory=list)
    """What must be true, by number."""
    numbers: dict[Any, int] = attrs.field(factory=dict)
    facts: dict[str, Term] = attrs.field(factory=dict)
    counted: dict[str, str] = attrs.field(factory=dict)
    """Columns that have to be put beside those there are: how many different items the sets of a column have."""

    @property
    def is_counted(self) -> bool:
        """Whether moments are counted in microseconds since 1970.

        DuckDB reckons with them in its session's zone; pyarrow tells no least of those that have one.
        """
        return self.back.is_duckdb() or self.back.is_pyarrow()

    def written(self, node: Constant) -> Term:
        value = node.value
        match node.type.name:
            case "duration":
                return Term(value // MICROSECOND, is_written=True)
            case "moment":
                form = "plain" if value.tzinfo is None else "zoned"
                return Term(self.api.lit(since_1970(value) if self.is_counted else value), form)
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
            fact_type, dtype = self.schema.facts[name].type, self.types.get(name)
            if name in self.broken:
                raise self.broken[name]
            if dtype is None:
                hint = did_you_mean(name, self.names, f"the columns: {', '.join(self.names)}")
                data = {"nearest": nearest(name, self.names)}
                raise NotValid("rule.column_missing", f"the frame has no column {name!r}", hint, path=name, **data)
            if name in self.loose:
                hint = f"have {self.back.value} hold it in pyarrow's types"
                raise NotValid("rule.column_type", f"column {name!r} has no nulls of its own", hint, path=name)
            if name in self.collated:
                hint = f'select it as it is: {name} collate "binary" as {name}'
                raise Cannot(f"texts of column {name!r} are compared under a collation", hint)
            made = NOTHING if name in self.nothing else self.column(name, fact_type, dtype)
            if made is None:
                raise wrong_column(name, f"column {name!r} is {dtype}", fact_type)
            found = self.facts[name] = made
        return found

    def column(self, name: str, fact_type: FactType, dtype: Any) -> Term | None:
        """A column as a term; None where its type does not fit."""
        column = self.api.col(name)
        if fact_type.is_number:
            return self.of_numbers(name, fact_type, dtype)
        if fact_type.item is not None:
            return self.of_sets(column, fact_type.item, dtype.inner) if isinstance(dtype, nw.List) else None
        if fact_type.name == "text" and isinstance(dtype, nw.Categorical | nw.Enum):
            return Term(column.cast(self.api.String))
        if fact_type.name == "moment" and isinstance(dtype, nw.Datetime):
            return self.of_moments(column, dtype)
        if fact_type.name == "duration" and isinstance(dtype, nw.Duration):
            return Term(column.dt.total_microseconds())
        return Term(column) if dtype == PLAIN.get(fact_type.name) else None

    def of_moments(self, column: Any, dtype: Any) -> Term:
        zone, form = dtype.time_zone, "zoned" if dtype.time_zone else "plain"
        if self.is_counted:  # narwhals calls DuckDB's function for it by its other name only
            counted = column.dt.total_microseconds() if self.back.is_duckdb() else column.dt.timestamp("us")
            return Term(counted, form)
        if dtype.time_unit != "us":  # ns reach to 2262 only, and at ms what is written would be cut to it
            column = column.cast(self.api.Datetime("us", zone))
        if zone not in (None, "UTC"):
            column = column.dt.convert_time_zone("UTC")
        return Term(column, form)

    def of_sets(self, column: Any, item: FactType, inner: Any) -> Term | None:
        if inner == nw.Unknown and item.name in ITEMS:  # all of them are empty
            name = ITEMS[item.name]
            column, inner = column.cast(self.api.List(getattr(self.api, name))), getattr(nw, name)()
        if item.name == "float":
            return Term(column, "float") if inner == nw.Float64 else None
        if item.is_number:
            return Term(column, "int") if inner.is_integer() else None
        return Term(column) if item.name in PLAIN and inner == PLAIN[item.name] else None

    def of_numbers(self, name: str, fact_type: FactType, dtype: Any) -> Term | None:
        """Numbers. A float column of whole numbers is what some libraries make of nulls."""
        column = self.api.col(name)
        if dtype.is_integer():
            whole = Term(column, "int", in_range=isinstance(dtype, SMALL), digits=INT_DIGITS.get(type(dtype)))
            return self.double(whole) if fact_type.name == "float" else whole
        if dtype.is_float():
            wide = column if dtype == nw.Float64 else column.cast(self.api.Float64)
            found = self._checked(Term(wide, "float"), ("finite", name), wide.abs() <= sys.float_info.max)
            return self._checked(found, ("whole", name), wide % 1 == 0) if fact_type.name == "int" else found
        if not dtype.is_decimal() or fact_type.name == "int":
            return None
        exact = Term(column, "decimal", digits=_digits(dtype))
        return self.double(exact) if fact_type.name == "float" else exact

    def double(self, term: Term) -> Term:
        """A number as a double."""
        if term.is_written:
            return attrs.evolve(term, value=float(term.value), form="float")
        if term.form == "float":
            return term
        value = term.value
        if term.form == "decimal" and self.back.is_pyarrow():  # which multiplies by 0.01: not the nearest double
            value = value.cast(self.api.String)
        return attrs.evolve(term, value=value.cast(self.api.Float64), form="float")
