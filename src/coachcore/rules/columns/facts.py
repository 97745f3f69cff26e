"""Facts as terms: each column in the form in which its type is compared exactly.

For example a column of Float32 is widened to doubles, with the check that they are finite; an int fact may come as floats, which
is what pandas makes of nulls, with the check that they are whole.
"""

import sys
from typing import Any, Final

import attrs
import narwhals as nw

from coachcore.errors import did_you_mean, nearest
from coachcore.rules.columns.backend import Unsupported, wrong_type
from coachcore.rules.columns.terms import UNKNOWN, Builder, Term
from coachcore.rules.expr.schema import Schema
from coachcore.rules.expr.types import FactType

__all__ = ["FactColumns"]

# the column type of facts that have one only
SINGLE_TYPES: Final = {"bool": "Boolean", "text": "String", "date": "Date"}
# the type to give to lists that are all empty, by the items they should have
EMPTY_ITEMS: Final = {**SINGLE_TYPES, "int": "Int64", "float": "Float64"}


@attrs.define
class FactColumns:
    """The facts of a schema over one frame; each is made once."""

    build: Builder
    schema: Schema
    terms: dict[str, Term] = attrs.field(factory=dict)

    def fact(self, name: str) -> Term:
        """A fact from its column. Raises Unsupported with the codes missing, type, cannot."""
        if name not in self.terms:
            self.terms[name] = self._term(name, self.schema.facts[name].type)
        return self.terms[name]

    def _term(self, name: str, fact_type: FactType) -> Term:
        backend = self.build.backend
        if name not in backend.names:
            names = [str(each) for each in backend.names]
            hint = did_you_mean(name, names, f"the columns: {', '.join(names)}")
            data = {"nearest": nearest(name, names)}
            raise Unsupported(f"the frame has no column {name!r}", hint, "missing", name, data)
        dtype = backend.column_type(name, fact_type)
        term = UNKNOWN if dtype is None else self._typed(name, fact_type, dtype)
        if term is None:
            raise wrong_type(name, f"column {name!r} is {dtype}", fact_type)
        return term

    def _typed(self, name: str, fact_type: FactType, dtype: Any) -> Term | None:
        """A column of a type as a term; None where the type does not fit."""
        column = self.build.api.col(name)
        if fact_type.is_number:
            return self._numbers(name, fact_type, dtype)
        if fact_type.item is not None:
            return self._sets(column, fact_type.item, dtype.inner) if isinstance(dtype, nw.List) else None
        if fact_type.name == "text" and isinstance(dtype, nw.Categorical | nw.Enum):
            return Term(column.cast(self.build.api.String))
        if fact_type.name == "moment" and isinstance(dtype, nw.Datetime):
            return Term(self.build.backend.moments(column), "zoned" if dtype.time_zone else "plain")
        if fact_type.name == "duration" and isinstance(dtype, nw.Duration):
            return Term(column.dt.total_microseconds())
        if fact_type.name == "date" and dtype == nw.Date:
            return Term(self.build.backend.days(column))
        return Term(column) if _is(dtype, SINGLE_TYPES.get(fact_type.name)) else None

    def _sets(self, column: Any, item: FactType, inner: Any) -> Term | None:
        if inner == nw.Unknown and item.name in EMPTY_ITEMS:
            name = EMPTY_ITEMS[item.name]
            column, inner = column.cast(self.build.api.List(getattr(self.build.api, name))), getattr(nw, name)()
        if item.name == "float":
            return Term(column, "float") if inner == nw.Float64 else None
        if item.is_number:
            return Term(column, "int") if inner.is_integer() else None
        return Term(column) if _is(inner, SINGLE_TYPES.get(item.name)) else None

    def _numbers(self, name: str, fact_type: FactType, dtype: Any) -> Term | None:
        build, column = self.build, self.build.api.col(name)
        if dtype.is_integer():
            bits = int(str(dtype).removeprefix("U").removeprefix("Int"))
            whole_digits = (len(str(2**bits if dtype.is_unsigned_integer() else 2 ** (bits - 1))), 0)
            whole = Term(column, "int", in_range=bits <= 32, digits=whole_digits)
            return build.double(whole) if fact_type.name == "float" else whole
        if dtype.is_float():
            double = column if dtype == nw.Float64 else column.cast(build.api.Float64)
            term = build.checked(Term(double, "float"), ("finite", name), double.abs() <= sys.float_info.max)
            return build.checked(term, ("whole", name), double % 1 == 0) if fact_type.name == "int" else term
        if not dtype.is_decimal() or fact_type.name == "int":
            return None
        # narwhals did not always say how many digits decimals have
        precision, scale = getattr(dtype, "precision", None), getattr(dtype, "scale", None)
        digits = None if precision is None or scale is None else (precision, scale)
        exact = Term(column, "decimal", digits=digits)
        return build.double(exact) if fact_type.name == "float" else exact


def _is(dtype: Any, name: str | None) -> bool:
    return name is not None and dtype == getattr(nw, name)
