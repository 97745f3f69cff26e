"""What shared code asks of a back end: one frame, and the few operations that libraries do differently.

Shared code writes expressions in the language that narwhals and polars have in common, and never asks which library a frame
is of. What differs is a method or a class attribute of `Backend`, whose defaults are narwhals' own way; the modules `polars`,
`pandas`, `pyarrow` and `duckdb` each have a class that overrides what their library does otherwise, and says why. A new back
end is such a module, and a line in `BACKENDS`; the property tests of tests/rules/columns say whether it agrees.

A value is checked by an expression that has it twice: `when(x.is_between(low, high)).then(x)`. In a sum of sums that would
double at each step, so a checked value becomes a column of the frame, and what is made of it reads that column. For example
`0 < fill and fill * 2 <= 1` is judged in these steps, after which the columns 0, 1 and 2 are dropped:

    0 = when(|fill| <= the greatest double).then(fill)
    1 = when(|0| <= 10^15).then(0)
    2 = when(|1 * 2| <= 10^15).then(1 * 2)
    verdict = (0 > 0) & (2 <= 1)

Columns of all rules that can be made in the same step are added together: DuckDB takes milliseconds each time.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from functools import reduce
from importlib import import_module
from itertools import count
from typing import Any, ClassVar, Final

import attrs
import narwhals as nw

from coachcore.errors import NotValid
from coachcore.numbers import FRACTIONS_BELOW, ROUNDED_BELOW, SCALE
from coachcore.rules.columns.terms import Term, Unsupported
from coachcore.rules.expr.types import FactType

__all__ = ["BACKENDS", "Backend", "backend_of", "wrong_type"]

# narwhals' names of the libraries, which are those of the modules here too
BACKENDS: Final = ("polars", "pandas", "pyarrow", "duckdb")
SUPPORTED: Final = "give a frame of polars (eager or lazy), pandas or pyarrow, or a relation of DuckDB"
COLUMN_TYPES: Final = {"bool": "Boolean", "text": "String, Categorical or Enum", "moment": "Datetime", "set": "a List"}


def wrong_type(column: str, reason: str, fact_type: FactType) -> Unsupported:
    """A column whose type does not fit its fact."""
    fitting = "numbers" if fact_type.is_number else COLUMN_TYPES.get(fact_type.name, fact_type.name.title())
    return Unsupported(reason, f"fact {column} is {fact_type}: give a column of {fitting}", "column.invalid", column)


class Backend:
    """One frame, to which columns are added while the rules are made expressions over it.

    frame: as narwhals wraps it. step: the number of steps after which there are all columns that are read by the expression
    which is being made. Raises ValueError where narwhals cannot read the types of the frame's columns.
    """

    # the module whose functions make expressions: narwhals, or a library that speaks the same language
    api: ClassVar[Any] = nw

    def __init__(self, frame: Any) -> None:
        self.frame = frame
        self.types: Mapping[str, Any] = frame.collect_schema()
        self.name = str(frame.implementation.value)
        self.names: Collection[Any] = self.types
        self.approximate = False
        self.step = 0
        self.added: defaultdict[int, dict[str, Any]] = defaultdict(dict)
        self.unused_names = (name for name in map(str, count()) if name not in self.types)
        self.bounded: dict[tuple[Term, float], tuple[Term, int]] = {}

    def name_key(self, name: Any) -> Any:
        """What a column is found by: equal for names that the library takes for one."""
        return name

    def column_type(self, name: str, fact_type: FactType) -> Any:
        """The type of a column, as narwhals names it; None of a column that holds nothing but nulls. Raises Unsupported."""
        dtype = self.types[name]
        return None if dtype == nw.Unknown and self.native_type(name) in ("null", "Null", '"NULL"') else dtype

    def native_type(self, name: str) -> str:
        """The library's own name for the type of a column."""
        raise NotImplementedError

    # --- columns -----------------------------------------------------------------------------------------------------

    def add(self, values: Any) -> Any:
        """A column of the values of an expression, or of a series."""
        name = next(self.unused_names)
        self.added[self.step][name] = values.alias(name)
        self.step += 1
        return self.api.col(name)

    def with_added(self) -> Any:
        """The frame with the columns that were added. Raises what the library raises."""
        return reduce(lambda frame, columns: frame.with_columns(*columns.values()), self.added.values(), self.frame)

    def with_verdicts(self, verdicts: Mapping[str, Any]) -> Any:
        """The native frame with more columns, and without those added before. Raises what the library raises."""
        frame = self.with_added().with_columns(*(verdict.alias(name) for name, verdict in verdicts.items()))
        frame = frame.drop([name for columns in self.added.values() for name in columns if name not in verdicts])
        frame.collect_schema()  # a lazy frame says here, and not when it is run, that it cannot
        return self.native(frame)

    def native(self, frame: Any) -> Any:
        """A frame of the kind that was given."""
        return frame.to_native()

    def try_out(self, expression: Any) -> None:
        """Raises what the library raises where it cannot evaluate an expression. Lazy frames are not run."""
        self.with_added().select(expression).collect_schema()

    # --- what is unknown ---------------------------------------------------------------------------------------------

    def where(self, condition: Any, value: Any) -> Any:
        """A value, null in the rows in which a condition does not hold."""
        return self.add(self.api.when(condition).then(value))

    def within(self, term: Term, limit: float) -> Term:
        """A number or a duration, null where it is further than `limit` from zero."""
        if term.is_constant or term.bound <= limit:
            return term
        if (term, limit) not in self.bounded:
            value = self.where(term.value.is_between(-limit, limit), term.value)
            self.bounded[term, limit] = attrs.evolve(term, value=value, bound=limit), self.step
        bounded, step = self.bounded[term, limit]
        self.step = max(self.step, step)
        return bounded

    # --- numbers, texts, sets ----------------------------------------------------------------------------------------

    def double(self, term: Term) -> Term:
        """A number as a double."""
        match term:
            case Term(is_constant=True, value=number):
                return attrs.evolve(term, value=float(number), form="float")
            case Term(form="float"):
                return term
            case Term(form="decimal", value=decimals):
                return attrs.evolve(term, value=self.decimal_as_double(decimals), form="float")
        return attrs.evolve(term, value=term.value.cast(self.api.Float64), form="float")

    def quotient(self, doubles: Any, divisor: Any) -> Any:
        """Doubles divided by others, or by a constant that is not 0: the nearest doubles."""
        return doubles / divisor

    def rounded(self, doubles: Any) -> Any:
        """Doubles rounded to 12 places, by the arithmetic of `numbers.rounded`."""
        when, lit = self.api.when, self.api.lit
        scaled = doubles * SCALE
        shift = when(scaled > 0).then(lit(FRACTIONS_BELOW)).otherwise(lit(-FRACTIONS_BELOW))
        whole = when(scaled.abs() < FRACTIONS_BELOW).then(scaled + shift - shift).otherwise(scaled)
        return when(doubles.abs() < ROUNDED_BELOW).then(self.quotient(whole, SCALE)).otherwise(doubles)

    def allow_rounding(self, reason: str) -> None:
        """Raises Unsupported, unless decimals may be computed as floats."""
        if not self.approximate:
            hint = "declare the facts as float, or give approximate=True to compute with floats"
            raise Unsupported(reason, f"{hint}; columns of one decimal type can be compared", "column.inexact")

    def decimal_as_double(self, decimals: Any) -> Any:
        """Decimals as the nearest doubles."""
        return decimals.cast(self.api.Float64)

    def set_size(self, sets: Any) -> Any:
        """How many different items lists have."""
        return sets.list.unique().list.len()

    # --- days and moments --------------------------------------------------------------------------------------------

    def days(self, column: Any) -> Any:
        """A column of days, as whole days since 1970."""
        return column.cast(self.api.Int32)

    def moments(self, column: Any) -> Any:
        """A column of moments, as whole microseconds since 1970; those with a zone in UTC."""
        return column.dt.timestamp("us")


def backend_of(frame: Any, approximate: bool) -> Backend:
    """The back end of a frame. approximate: whether decimals may be computed as floats.

    Raises NotValid frame.invalid, column.duplicate, column.invalid, package.missing.
    """
    try:
        wrapped = nw.from_native(frame)
    except TypeError:
        reason = f"{type(frame).__module__}.{type(frame).__name__} is not a frame"
        raise NotValid("frame.invalid", reason, SUPPORTED) from None
    except nw.exceptions.DuplicateError as error:
        reason = f"the frame has two columns of one name: {' '.join(str(error).split())}"
        raise NotValid("column.duplicate", reason, "leave one of them out") from None
    name = str(wrapped.implementation.value)
    if name not in BACKENDS:
        reason = f"frames of {name} are not supported: rules are not tested on them"
        raise NotValid("frame.invalid", reason, f"convert it: {SUPPORTED}", backend=name)
    try:
        backend: Backend = import_module(f"{__package__}.{name}").Frame(wrapped)
    except ModuleNotFoundError as error:
        reason = f"frames of {name} are judged through {error.name}, which is not installed"
        raise NotValid("package.missing", reason, f"pip install {error.name}") from None
    except ValueError as error:
        reason = f"{name} has a column of a type that cannot be read: {error}"
        raise NotValid("column.invalid", reason, "cast that column, or leave it out", backend=name) from None
    backend.approximate = approximate
    return backend
