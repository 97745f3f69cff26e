"""The tree of an expression, and what it means: three-valued evaluation, and which comparisons decided.

Kleene's logic: `and` fails with one failing part, whatever the others are; `or` holds with one holding part; what cannot
be told otherwise is unknown (None). Evaluation is total: a division by zero, or an overflow, is unknown.
"""

import operator
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal, DecimalException
from enum import Enum
from typing import Any

import attrs

from coachcore.rules.facts import Kind

__all__ = [
    "Arithmetic",
    "Call",
    "Comparison",
    "Constant",
    "Junction",
    "Known",
    "Node",
    "Not",
    "Reading",
    "decides",
    "evaluate",
    "facts_of",
    "unknown_in",
]

Facts = Mapping[str, Any]
BOOL = Kind("bool")


@attrs.frozen
class Constant:
    """A value written in the rule."""

    value: Any
    kind: Kind


@attrs.frozen
class Reading:
    """The value of a fact."""

    fact: str
    kind: Kind


@attrs.frozen
class Call:
    """A named pure function."""

    function: str
    parts: tuple["Node", ...]
    kind: Kind


@attrs.frozen
class Arithmetic:
    """Parts joined by a sign of arithmetic."""

    sign: str
    parts: tuple["Node", ...]
    kind: Kind


@attrs.frozen
class Comparison:
    """Two terms compared, or a term looked for in a set. text: as it was written."""

    sign: str
    parts: tuple["Node", ...]
    text: str
    kind: Kind = BOOL


@attrs.frozen
class Known:
    """Whether a term is known (`is not None`), or not (`is None`): never unknown itself."""

    part: "Node"
    wanted: bool
    text: str
    kind: Kind = BOOL


@attrs.frozen
class Not:
    """The contrary of a part; unknown stays unknown."""

    part: "Node"
    kind: Kind = BOOL


@attrs.frozen
class Junction:
    """`and` or `or` of two or more parts."""

    is_and: bool
    parts: tuple["Node", ...]
    kind: Kind = BOOL


Node = Constant | Reading | Call | Arithmetic | Comparison | Known | Not | Junction

SIGNS: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "in": lambda item, items: item in items,
    "not in": lambda item, items: item not in items,
    "+": operator.add,
    "-": lambda one, other: _less(one, other),
    "*": lambda one, other: _times(one, other),
    "/": lambda one, other: _divided(one, other),
}

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "days": lambda number: timedelta(days=float(number)),
    "weeks": lambda number: timedelta(weeks=float(number)),
    "hours": lambda number: timedelta(hours=float(number)),
    "abs": abs,
    "min": min,
    "max": max,
    "len": len,
}


def _less(one: Any, other: Any) -> Any:
    """A difference; of two days or moments as a plain duration, whatever their classes make of it."""
    for kind in (datetime, date):
        if isinstance(one, kind) and isinstance(other, kind):
            return kind.__sub__(one, other)
    return one - other


def _times(one: Any, other: Any) -> Any:
    if isinstance(other, timedelta):
        one, other = other, one
    if isinstance(one, timedelta):
        return timedelta(microseconds=int(_microseconds(one) * other))
    return one * other


def _divided(one: Any, other: Any) -> Decimal:
    if isinstance(one, timedelta):
        return _microseconds(one) / _microseconds(other)
    return Decimal(one) / Decimal(other)


def _microseconds(span: timedelta) -> Decimal:
    return Decimal((span.days * 86400 + span.seconds) * 1_000_000 + span.microseconds)


def evaluate(node: Node, facts: Facts) -> Any:
    """The value of a node: of a condition True, False or None for unknown."""
    match node:
        case Constant(value):
            return value
        case Reading(name):
            return plain(facts.get(name))
        case Junction(is_and, parts):
            unknown = False
            for part in parts:
                value = evaluate(part, facts)
                if value is (not is_and):
                    return value
                unknown = unknown or value is None
            return None if unknown else is_and
        case Not(part):
            value = evaluate(part, facts)
            return None if value is None else not value
        case Known(part, wanted):
            return (evaluate(part, facts) is not None) is wanted
        case Call(function, parts):
            return _applied(FUNCTIONS[function], [evaluate(part, facts) for part in parts])
        case Arithmetic(sign, parts) if len(parts) == 1:
            return _applied(operator.neg, [evaluate(parts[0], facts)])
        case Arithmetic(sign, parts) | Comparison(sign, parts):
            return _applied(SIGNS[sign], [evaluate(part, facts) for part in parts])


def plain(value: Any) -> Any:
    """A fact as expressions see it: an enum by its value, a float as a decimal; what is no number is unknown."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, float | Decimal):
        number = Decimal(str(value)) if isinstance(value, float) else value
        return number if number.is_finite() else None
    if isinstance(value, frozenset):
        return frozenset(plain(each) for each in value)
    return value


def _applied(function: Callable[..., Any], values: list[Any]) -> Any:
    if any(each is None for each in values):
        return None
    try:
        found = function(*values)
    except (ArithmeticError, DecimalException, OverflowError, ValueError):
        return None
    except TypeError:  # a moment with a zone against one without
        if any(isinstance(each, datetime) for each in values):
            return None
        raise
    if isinstance(found, Decimal) and not found.is_finite():
        return None
    if isinstance(found, date) and not 1 <= found.year <= 9999:
        return None
    return found


def decides(node: Node, facts: Facts) -> tuple[Comparison | Known | Reading, ...]:
    """The comparisons that decide a condition's value: as few as `and` and `or` allow, in the order they are written."""
    match node:
        case Not(part):
            return decides(part, facts)
        case Junction(is_and, parts):
            value = evaluate(node, facts)
            if value is (not is_and):  # one part is enough: the one with the least to say
                deciding = [decides(part, facts) for part in parts if evaluate(part, facts) is value]
                return min(deciding, key=len)
            if value is None:
                return tuple(leaf for part in parts if evaluate(part, facts) is None for leaf in decides(part, facts))
            return tuple(leaf for part in parts for leaf in decides(part, facts))
        case Comparison() | Known() | Reading():
            return (node,)
        case _:
            return ()


def facts_of(node: Node) -> tuple[str, ...]:
    """The names of the facts a node reads, each once, in the order they are written."""
    match node:
        case Reading(name):
            return (name,)
        case Constant():
            return ()
        case Not(part) | Known(part):
            return facts_of(part)
        case _:
            return tuple(dict.fromkeys(name for part in node.parts for name in facts_of(part)))


def unknown_in(node: Node, facts: Facts) -> tuple[str, ...]:
    """The unknown facts that keep a condition from being told, each once, in the order they are written."""
    names = (name for leaf in decides(node, facts) for name in facts_of(leaf) if plain(facts.get(name)) is None)
    return tuple(dict.fromkeys(names))
