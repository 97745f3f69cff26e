"""Three-valued evaluation of expressions: the reference that every other form of a rule must agree with.

Kleene's strong logic: `and` fails when one operand fails, whatever the others are; `or` holds when one operand holds; what
that does not decide is unknown (None). So `amount > 5 or is_insured` holds with is_insured=True though amount is unknown.

Evaluation is total: a division by zero, an unknown operand, a result or an operand of arithmetic out of range is unknown,
never an error. Every comparison of numbers is exact; decimals use a context of our own, so that the precision that a host
set for its thread changes nothing.
"""

import operator as py
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import Any, Final

from coachcore.rules.expr.nodes import And, Arithmetic, Call, Comparison, Constant, FactRef, IsKnown, Node, Not, Or

__all__ = [
    "BOUNDED_FUNCTIONS",
    "DECIMAL_CONTEXT",
    "DURATION_UNITS",
    "EXACT_OPERATIONS",
    "FUNCTIONS",
    "MAX_DIVIDED_DURATION",
    "MAX_DURATION",
    "MAX_RESULT",
    "MICROSECOND",
    "OPERATORS",
    "apply_function",
    "arithmetic_type",
    "evaluate",
    "operation",
]

MAX_RESULT: Final = 10**15
"""Operands and results of arithmetic further from zero are unknown: below it a double still holds every whole number."""
MAX_DURATION: Final = timedelta(days=4_000_000)
"""Longer durations are unknown as operands and results: longer than the calendar, which has 3,652,059 days."""
MAX_DIVIDED_DURATION: Final = timedelta(days=100_000)
"""The ratio of longer durations is unknown: up to here a double holds their microseconds exactly."""
MICROSECOND: Final = timedelta(microseconds=1)
DURATION_UNITS: Final[Mapping[str, int]] = {
    name: timedelta(**{name: 1}) // MICROSECOND for name in ("days", "weeks", "hours", "minutes", "seconds")
}
"""Functions that make a duration of a number, and how many microseconds one of each has."""
DECIMAL_CONTEXT: Final = Context(prec=28, traps=[DivisionByZero, InvalidOperation, Overflow])


def _multiply(left: Any, right: Any) -> Any:
    if isinstance(right, timedelta):
        left, right = right, left
    if isinstance(left, timedelta) and isinstance(right, Decimal):
        return timedelta(microseconds=round(DECIMAL_CONTEXT.multiply(left // MICROSECOND, right)))
    return left * right


def _divide(left: Any, right: Any) -> Any:
    if isinstance(left, timedelta) and max(abs(left), abs(right)) > MAX_DIVIDED_DURATION:
        raise OverflowError
    return left / right


def _is_same_moment(left: datetime, right: datetime) -> bool:
    """Raises TypeError where only one has a zone: they can be neither ordered nor said to be the same."""
    if (left.tzinfo is None) is not (right.tzinfo is None):
        raise TypeError
    return left == right


def _is_among_moments(moment: datetime, moments: Any) -> bool:
    # truth tables use values that are no moments for "a member no rule names"
    return moment in moments or any(
        _is_same_moment(moment, member) for member in moments if isinstance(member, datetime)
    )


OPERATORS: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "==": py.eq,
    "!=": py.ne,
    "<": py.lt,
    "<=": py.le,
    ">": py.gt,
    ">=": py.ge,
    "in": lambda item, items: item in items,
    "not in": lambda item, items: item not in items,
    "+": py.add,
    "-": py.sub,
    "*": _multiply,
    "/": _divide,
}

EXACT_OPERATIONS: Final[Mapping[tuple[str, str], Callable[[Any, Any], Any]]] = {
    # decimals in our context; dates of the standard classes, whatever a subclass overrides; moments both with a zone or both without
    ("decimal", "+"): DECIMAL_CONTEXT.add,
    ("decimal", "-"): DECIMAL_CONTEXT.subtract,
    ("decimal", "*"): DECIMAL_CONTEXT.multiply,
    ("decimal", "/"): DECIMAL_CONTEXT.divide,
    ("date", "+"): date.__add__,
    ("date", "-"): date.__sub__,
    ("moment", "+"): datetime.__add__,
    ("moment", "-"): datetime.__sub__,
    ("moment", "=="): _is_same_moment,
    ("moment", "!="): lambda left, right: not _is_same_moment(left, right),
    ("moment", "in"): _is_among_moments,
    ("moment", "not in"): lambda moment, moments: not _is_among_moments(moment, moments),
}
"""Operations that replace those of OPERATORS, by the type they work on (`arithmetic_type`) and the operator."""


def _duration_function(unit: str) -> Callable[[Any], timedelta]:
    return lambda number: timedelta(**{unit: float(number)})


FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    **{unit: _duration_function(unit) for unit in DURATION_UNITS},
    "abs": lambda number: DECIMAL_CONTEXT.abs(number) if isinstance(number, Decimal) else abs(number),
    "min": min,
    "max": max,
    "len": len,
    "float": float,
}
BOUNDED_FUNCTIONS: Final = ("abs", *DURATION_UNITS, "float")
"""Functions whose operands and results are bounded as those of arithmetic are."""


def operation(node: Arithmetic | Comparison) -> Callable[..., Any]:
    """The function that a node applies to the values of its operands."""
    if len(node.operands) == 1:
        return DECIMAL_CONTEXT.minus if node.type.name == "decimal" else py.neg
    return EXACT_OPERATIONS.get((arithmetic_type(node), node.operator), OPERATORS[node.operator])


def arithmetic_type(node: Arithmetic | Comparison) -> str:
    """The type whose operations a node uses: for numbers that of the result, for dates and moments that of the first operand."""
    first = node.operands[0].type.name
    return node.type.name if node.type.is_number or first not in ("date", "moment") else first


def evaluate(node: Node, facts: Mapping[str, Any]) -> Any:
    """The value of a node: of a condition True, False or None for unknown.

    facts: values as `Schema.read` returns them; a fact that is left out is unknown.
    """
    match node:
        case Constant(value):
            return value
        case FactRef(name):
            return facts.get(name)
        case And(operands) | Or(operands):
            decisive = isinstance(node, Or)
            is_unknown = False
            for operand in operands:
                value = evaluate(operand, facts)
                if value is decisive:
                    return value
                is_unknown = is_unknown or value is None
            return None if is_unknown else not decisive
        case Not(operand):
            value = evaluate(operand, facts)
            return None if value is None else not value
        case IsKnown(operand, wanted):
            return (evaluate(operand, facts) is not None) is wanted
        case Call(function, operands):
            values = [evaluate(operand, facts) for operand in operands]
            return apply_function(FUNCTIONS[function], values, is_bounded=function in BOUNDED_FUNCTIONS)
        case Arithmetic(_, operands) | Comparison(_, operands):
            values = [evaluate(operand, facts) for operand in operands]
            return apply_function(operation(node), values, is_bounded=isinstance(node, Arithmetic))


def apply_function(function: Callable[..., Any], values: list[Any], *, is_bounded: bool) -> Any:
    """A function's result; None when an operand is unknown or there is no result. is_bounded: whether range is checked."""
    if any(value is None for value in values):
        return None
    if is_bounded and not all(_is_in_range(value) for value in values):
        return None
    try:
        result = function(*values)
    except (ArithmeticError, ValueError):  # decimal's exceptions and OverflowError are of these
        return None
    except TypeError:
        if any(isinstance(value, datetime) for value in values):  # a moment with a zone and one without
            return None
        raise
    return result if not is_bounded or _is_in_range(result) else None


def _is_in_range(value: Any) -> bool:
    if isinstance(value, int | float | Decimal):
        return -MAX_RESULT <= value <= MAX_RESULT
    return not isinstance(value, timedelta) or -MAX_DURATION <= value <= MAX_DURATION
