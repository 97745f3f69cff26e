"""Rows as a frame of polars or pandas, with the types of the table's schema, whatever the rows hold.

| column | polars | pandas |
|---|---|---|
| a number of something | Int64 | Int64 |
| decimal | Decimal(38, 12) | float64 |
| score (a computed share) | Float64 | float64 |
| day, moment | Date, Datetime in UTC | datetime64, that of moments in UTC |
| text of a few members | Enum | category |
| other text, yes or no | String, Boolean | string, boolean |

In pandas a column has no Python objects, so that it plots and aggregates; unknown is null in either.
"""

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, Final

from coachcore.analysis.tables import SCORES, Row
from coachcore.errors import NotValid, StoreUnavailable, shown
from coachcore.facts.numbers import PRECISION
from coachcore.numbers import PLACES
from coachcore.rules import FactType, Schema

__all__ = ["BACKENDS", "frame_maker"]


def _polars(polars: Any, schema: Schema, rows: Sequence[Row]) -> Any:
    types = {
        "bool": polars.Boolean,
        "int": polars.Int64,
        "decimal": polars.Decimal(PRECISION, PLACES),
        "text": polars.String,
        "date": polars.Date,
        "moment": polars.Datetime("us", "UTC"),
    }

    def dtype(name: str, column_type: FactType) -> Any:
        if name in SCORES:
            return polars.Float64
        return polars.Enum(column_type.members) if column_type.members else types[column_type.name]

    def cell(name: str, value: Any) -> Any:
        return float(value) if name in SCORES and value is not None else value

    return polars.DataFrame(
        {name: [cell(name, row[name]) for row in rows] for name in schema.facts},
        schema={name: dtype(name, column.type) for name, column in schema.facts.items()},
    )


def _pandas(pandas: Any, schema: Schema, rows: Sequence[Row]) -> Any:
    types = {
        "bool": "boolean",
        "int": "Int64",
        "decimal": "float64",
        "text": "string",
        "date": "datetime64[us]",
        "moment": "datetime64[us, UTC]",
    }

    def series(name: str, column_type: FactType) -> Any:
        dtype = pandas.CategoricalDtype(column_type.members) if column_type.members else types[column_type.name]
        return pandas.Series([row[name] for row in rows], dtype=dtype)

    return pandas.DataFrame({name: series(name, column.type) for name, column in schema.facts.items()})


BACKENDS: Final[dict[str, Callable[[Any, Schema, Sequence[Row]], Any]]] = {"polars": _polars, "pandas": _pandas}


def frame_maker(backend: str) -> Callable[[Schema, Sequence[Row]], Any]:
    """The function that makes frames of a library. Raises NotValid backend.unknown, StoreUnavailable backend.missing."""
    if backend not in tuple(BACKENDS):
        hint = f"one of: {', '.join(BACKENDS)}"
        raise NotValid("backend.unknown", f"there is no backend {shown(backend)}", hint)
    try:
        library = import_module(backend)
    except ImportError:
        hint = f"pip install 'coachcore[{backend}]'"
        raise StoreUnavailable("backend.missing", f"{backend} is not installed", hint) from None
    return lambda schema, rows: BACKENDS[backend](library, schema, rows)
