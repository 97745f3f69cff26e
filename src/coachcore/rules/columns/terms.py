"""Terms: the parts of a rule as expressions over columns, null in the rows in which they are unknown.

A fact's term is its column in the form in which its type is compared exactly: a column of Float32 is widened to doubles; an int
fact may come as floats, which is what pandas makes of nulls. Numbers are computed as doubles, which hold every whole number in
range exactly. Days are counted since 1970, moments (in UTC where they have a zone) and durations in microseconds, so that all
libraries compute alike and exactly.

Evaluation is total: a float that is not finite, or a result out of range, is unknown. For that each term knows a bound of its
values, and is checked where the bound does not suffice (see `Backend.within`).
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from math import inf
from typing import Any, Final

import attrs

from coachcore.rules.expr.evaluate import MICROSECOND

__all__ = ["UNKNOWN", "Term", "Unsupported", "as_whole_number", "constant_term"]


@attrs.frozen
class Unsupported(Exception):
    """A part of a rule that columns, or a back end, cannot evaluate as facts are evaluated.

    code: of the error. column: the column at fault, where there is one.
    """

    reason: str
    hint: str = "judge these facts one by one, with evaluate"
    code: str = "column.unsupported"
    column: str = ""
    data: Mapping[str, Any] = attrs.field(factory=dict)


@attrs.frozen(eq=False)
class Term:
    """A part of a rule.

    value: an expression; where `is_constant`, a plain value. form: of numbers int, float or decimal, by the type of the column;
    of moments zoned or plain; of sets the type of their items. bound: no number or duration is further from zero. digits:
    precision and scale of a column of decimals, or of whole numbers.
    """

    value: Any
    form: str = ""
    bound: float = inf
    is_constant: bool = False
    digits: tuple[int, int] = (38, 0)


# unknown in every row: a column of nothing but nulls, and what is computed from it
UNKNOWN: Final = Term(None, is_constant=True)


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
