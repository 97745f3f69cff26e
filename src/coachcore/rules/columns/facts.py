"""The terms of facts: their columns, each in the form in which values of its type are compared.

A float that is not finite is unknown, and so is an int fact that comes as a float which is not whole.
"""

import sys
from typing import Any, Final

import attrs
import narwhals as nw

from coachcore.rules.columns.backend import Backend, wrong_type
from coachcore.rules.columns.terms import UNKNOWN, Term, Unsupported
from coachcore.rules.expr.names import nearest_hint
from coachcore.rules.expr.types import FactType

__all__ = ["fact_term"]

# the types of items that sets can have in columns, by the items of the fact
ITEM_TYPES: Final = {"bool": "Boolean", "text": "String", "date": "Date", "int": "Int64", "float": "Float64"}


def fact_term(backend: Backend, name: str, fact_type: FactType) -> Term:
    """A fact from its column. Raises Unsupported with the codes missing, type, cannot."""
    if name not in backend.names:
        near, hint = nearest_hint(name, [*map(str, backend.names)], "the columns: ")
        raise Unsupported(f"the frame has no column {name!r}", hint, "column.missing", name, {"nearest": near})
    dtype = backend.column_type(name, fact_type)
    if dtype is None:
        return UNKNOWN
    term = _column_term(backend, name, fact_type, dtype)
    if term is None:
        raise wrong_type(name, f"column {name!r} is {dtype}", fact_type)
    return term


def _column_term(backend: Backend, name: str, fact_type: FactType, dtype: Any) -> Term | None:
    """None where the column's type does not fit."""
    column = backend.api.col(name)
    match fact_type.name, dtype:
        case ("bool", nw.Boolean()) | ("text", nw.String()):
            return Term(column)
        case "text", nw.Categorical() | nw.Enum():
            return Term(column.cast(backend.api.String))
        case "date", nw.Date():
            return Term(backend.days(column))
        case "moment", nw.Datetime():
            return Term(backend.moments(column), "zoned" if dtype.time_zone else "plain")
        case "duration", nw.Duration():
            return Term(column.dt.total_microseconds())
        case "set", nw.List() if fact_type.item and fact_type.item.name in ITEM_TYPES:
            item, item_type = fact_type.item.name, ITEM_TYPES[fact_type.item.name]
            if dtype.inner == nw.Unknown:  # all sets are empty
                return Term(column.cast(backend.api.List(getattr(backend.api, item_type))), item)
            is_fitting = dtype.inner.is_integer() if item == "int" else dtype.inner == getattr(nw, item_type)
            return Term(column, item) if is_fitting else None
        case "int" | "float" | "decimal", _ if dtype.is_float():
            finite = backend.within(Term(column.cast(backend.api.Float64), "float"), sys.float_info.max)
            if fact_type.name == "float":
                return finite
            if fact_type.name == "decimal":
                return attrs.evolve(finite, value=backend.add(backend.rounded(finite.value)))
            return Term(backend.where(finite.value % 1 == 0, finite.value), "float")
        case (("int" | "decimal"), _) if dtype.is_integer():
            return Term(column, "int")
        case "decimal", nw.Decimal():
            return Term(column, "decimal", digits=(dtype.precision, dtype.scale))
        case "float", _ if dtype.is_numeric():
            return backend.double(Term(column, "int" if dtype.is_integer() else "decimal"))
    return None
