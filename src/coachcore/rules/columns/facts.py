"""Facts as terms: each column in the form in which its type is compared exactly.

For example a column of Float32 is widened to doubles, with the check that they are finite; an int fact may come as floats, which
is what pandas makes of nulls, with the check that they are whole.
"""

import sys
from typing import Any, Final

import narwhals as nw

from coachcore.errors import did_you_mean, nearest
from coachcore.rules.columns.backend import Unsupported, wrong_type
from coachcore.rules.columns.terms import UNKNOWN, Builder, Term
from coachcore.rules.expr.types import FactType

__all__ = ["fact_term"]

# the types of items that sets can have in columns, by the items of the fact
ITEM_TYPES: Final = {"bool": "Boolean", "text": "String", "date": "Date", "int": "Int64", "float": "Float64"}


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
    term = _number(build, name, fact_type, dtype) if fact_type.is_number else _other(build, name, fact_type, dtype)
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
        bits = int(str(dtype).removeprefix("U").removeprefix("Int"))
        largest = 2**bits if dtype.is_unsigned_integer() else 2 ** (bits - 1)
        term = Term(column, "int", in_range=bits <= 32, digits=(len(str(largest)), 0))
    elif dtype.is_decimal() and fact_type.name != "int":
        has_digits = hasattr(dtype, "precision")  # narwhals did not always say how many
        term = Term(column, "decimal", digits=(dtype.precision, dtype.scale) if has_digits else None)
    else:
        return None
    return build.double(term) if fact_type.name == "float" else term
