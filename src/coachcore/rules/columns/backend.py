"""What shared code asks of a back end: one frame, and the few operations that libraries do differently.

Shared code writes expressions in the language that narwhals and polars have in common, and never asks which library a frame
is of. What differs is a method or a class attribute of `Backend`, whose defaults are narwhals' own way; the modules `polars`,
`pandas`, `pyarrow` and `duckdb` each have a class that overrides what their library does otherwise, and says why. A new back
end is such a module, and a line in `BACKENDS`; the property tests of tests/rules/columns say whether it agrees.
"""

from collections.abc import Collection, Mapping, Sequence
from importlib import import_module
from typing import Any, ClassVar, Final

import attrs
import narwhals as nw

from coachcore.errors import NotValid
from coachcore.rules.expr.types import FactType

__all__ = ["BACKENDS", "Backend", "Unsupported", "backend_of", "wrong_type"]

# narwhals' names of the libraries, which are those of the modules here too
BACKENDS: Final = ("polars", "pandas", "pyarrow", "duckdb")
SUPPORTED: Final = "give a frame of polars (eager or lazy), pandas or pyarrow, or a relation of DuckDB"
COLUMN_TYPES: Final = {"bool": "Boolean", "text": "String, Categorical or Enum", "moment": "Datetime", "set": "a List"}


@attrs.frozen
class Unsupported(Exception):
    """A part of a rule that columns, or a back end, cannot evaluate as facts are evaluated.

    code: what follows `rule.column_`. column: the column at fault, where there is one.
    """

    reason: str
    hint: str = "judge these facts one by one, with evaluate"
    code: str = "cannot"
    column: str = ""
    data: Mapping[str, Any] = attrs.field(factory=dict)


def wrong_type(column: str, reason: str, fact_type: FactType) -> Unsupported:
    """A column whose type does not fit its fact."""
    fitting = "numbers" if fact_type.is_number else COLUMN_TYPES.get(fact_type.name, fact_type.name.title())
    return Unsupported(reason, f"fact {column} is {fact_type}: give a column of {fitting}", "type", column)


class Backend:
    """One frame. frame: as narwhals wraps it. Raises ValueError where narwhals cannot read the types of its columns."""

    # the module whose functions make expressions: narwhals, or a library that speaks the same language
    api: ClassVar[Any] = nw
    # whether a whole number past 64 bits wraps around; elsewhere it, or its conversion to a double, fails the whole query
    wraps_around: ClassVar[bool] = False

    def __init__(self, frame: Any) -> None:
        self.frame = frame
        self.types: Mapping[str, Any] = frame.collect_schema()
        self.name = str(frame.implementation.value)
        self.names: Collection[Any] = self.types

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

    # --- running -----------------------------------------------------------------------------------------------------

    def with_columns(self, expressions: Sequence[Any]) -> Any:
        """The native frame with more columns. Raises what the library raises."""
        frame = self.frame.with_columns(*expressions)
        frame.collect_schema()  # a lazy frame says here, and not when it is run, that it cannot
        return frame.to_native()

    def try_out(self, expression: Any) -> None:
        """Raises what the library raises where it cannot evaluate an expression. Lazy frames are not run."""
        self.frame.select(expression).collect_schema()

    # --- numbers, texts, sets ----------------------------------------------------------------------------------------

    def decimal_as_double(self, decimals: Any) -> Any:
        """Decimals as the nearest doubles."""
        return decimals.cast(self.api.Float64)

    def wide(self, whole: Any) -> Any:
        """Whole numbers in a type in which a product does not overflow, unless it wraps around."""
        return whole

    def set_size(self, name: str, sets: Any) -> Any:
        """How many different items lists have. name: of their column."""
        return sets.list.unique().list.len()

    # --- days and moments --------------------------------------------------------------------------------------------

    def days(self, column: Any) -> Any:
        """A column of days, as whole days since 1970."""
        return column.cast(self.api.Int32)

    def moments(self, column: Any) -> Any:
        """A column of moments, as whole microseconds since 1970; those with a zone in UTC."""
        return column.dt.timestamp("us")


def backend_of(frame: Any) -> Backend:
    """The back end of a frame. Raises NotValid rule.column_frame, column_twice, column_type, and rule.columns_missing."""
    wrapped = _wrapped(frame)
    name = str(wrapped.implementation.value)
    if name not in BACKENDS:
        reason = f"frames of {name} are not supported: rules are not tested on them"
        raise NotValid("rule.column_frame", reason, f"convert it: {SUPPORTED}", backend=name)
    try:
        backend: Backend = import_module(f"{__package__}.{name}").Frame(wrapped)
    except ModuleNotFoundError as error:
        reason = f"frames of {name} are judged through {error.name}, which is not installed"
        raise NotValid("rule.columns_missing", reason, f"pip install {error.name}") from None
    except ValueError as error:
        reason = f"{name} has a column of a type that cannot be read: {error}"
        raise NotValid("rule.column_type", reason, "cast that column, or leave it out", backend=name) from None
    return backend


def _wrapped(frame: Any) -> Any:
    try:
        return nw.from_native(frame)
    except TypeError:
        reason = f"{type(frame).__module__}.{type(frame).__name__} is not a frame"
        raise NotValid("rule.column_frame", reason, SUPPORTED) from None
    except nw.exceptions.DuplicateError as error:
        reason = f"the frame has two columns of one name: {' '.join(str(error).split())}"
        raise NotValid("rule.column_twice", reason, "leave one of them out") from None
