"""The tree of an expression, and what it means: three-valued evaluation, the measure that every other form is held to.

Kleene's logic: `and` fails with one failing part, whatever the others are; `or` holds with one holding part; what cannot
be told otherwise is unknown (None). Evaluation is total: a division by zero, or a result out of range, is unknown.
"""

import operator
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import Any, Final

import attrs

from coachcore.rules.kinds import Kind

__all__ = [
    "BOOL",
    "BOUND",
    "DECIMALS",
    "FUNCTIONS",
    "LENGTHS",
    "LONGEST",
    "LONGEST_RATIO",
    "MICROSECOND",
    "MIRRORED",
    "PLAIN_SUMS",
    "RECKONED",
    "SIGNS",
    "Arithmetic",
    "Call",
    "Comparison",
    "Constant",
    "Junction",
    "Known",
    "Leaf",
    "Node",
    "Not",
    "Reading",
    "applied",
    "applied_where",
    "evaluate",
    "facts_of",
    "leaves_of",
    "operation",
    "reckoned_as",
]

Facts = Mapping[str, Any]
BOOL: Final = Kind("bool")
BOUND: Final = 10**15
"""What is reckoned with, and what comes of it, is a number no further from zero, or unknown: any form keeps that exact."""
LONGEST: Final = timedelta(days=4_000_000)
"""A reckoned duration is no longer, or unknown: longer than the calendar."""
LONGEST_RATIO: Final = timedelta(days=100_000)
"""Durations that are divided are no longer, or their ratio is unknown: in microseconds a float keeps them exact."""


# Nodes are looked up by, often and deep: they keep their hash.


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


@attrs.frozen(cache_hash=True)
class Call:
    """A named pure function. `float` is written by nobody: it brings an int or a decimal beside a float."""

    function: str
    parts: tuple["Node", ...]
    kind: Kind


@attrs.frozen(cache_hash=True)
class Arithmetic:
    """Two parts joined by a sign of arithmetic, or one part negated."""

    sign: str
    parts: tuple["Node", ...]
    kind: Kind


@attrs.frozen(cache_hash=True)
class Comparison:
    """Two terms compared, or a term looked for in a set. text: as it was written."""

    sign: str
    parts: tuple["Node", "Node"]
    text: str = attrs.field(eq=False)
    kind: Kind = BOOL


@attrs.frozen(cache_hash=True)
class Known:
    """Whether a term is known (`is not None`), or not (`is None`): never unknown itself."""

    part: "Node"
    wanted: bool
    text: str = attrs.field(eq=False)
    kind: Kind = BOOL


@attrs.frozen(cache_hash=True)
class Not:
    """The contrary of a part; unknown stays unknown."""

    part: "Node"
    kind: Kind = BOOL


@attrs.frozen(cache_hash=True)
class Junction:
    """`and` or `or` of two or more parts."""

    is_and: bool
    parts: tuple["Node", ...]
    kind: Kind = BOOL


Leaf = Comparison | Known | Reading | Constant
"""A condition that has no conditions in it."""
Node = Constant | Reading | Call | Arithmetic | Comparison | Known | Not | Junction


def _times(one: Any, other: Any) -> Any:
    if isinstance(other, timedelta):
        one, other = other, one
    if isinstance(one, timedelta) and isinstance(other, Decimal):
        return timedelta(microseconds=round(DECIMALS.multiply(_microseconds(one), other)))
    return one * other


def _divided(one: Any, other: Any) -> Any:
    if isinstance(one, timedelta) and max(abs(one), abs(other)) > LONGEST_RATIO:
        raise OverflowError
    return one / other


def _is_same_moment(one: datetime, other: datetime) -> bool:
    """Raises TypeError where one has a zone and the other none: which is earlier cannot be told, nor whether they are one."""
    if (one.tzinfo is None) is not (other.tzinfo is None):
        raise TypeError
    return one == other


def _is_other_moment(one: datetime, other: datetime) -> bool:
    return not _is_same_moment(one, other)


def _is_among_moments(one: datetime, others: Any) -> bool:
    # lint lets values of no kind stand for items that no rule names: these are no moments
    return one in others or any(_is_same_moment(one, each) for each in others if isinstance(each, datetime))


def _is_not_among_moments(one: datetime, others: Any) -> bool:
    return not _is_among_moments(one, others)


def _microseconds(span: timedelta) -> int:
    return (span.days * 86400 + span.seconds) * 1_000_000 + span.microseconds


SIGNS: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "in": lambda item, items: item in items,
    "not in": lambda item, items: item not in items,
    "+": operator.add,
    "-": operator.sub,
    "*": _times,
    "/": _divided,
}

DECIMALS: Final = Context(prec=28, traps=[DivisionByZero, InvalidOperation, Overflow])
"""Decimals are reckoned in a context of our own: a host may have set its thread's to another precision."""

PLAIN_SUMS: Final[Mapping[tuple[str, str], Callable[[Any, Any], Any]]] = {
    # dates of the standard classes, whatever a subclass makes of it; decimals in our context; moments of one kind only
    ("decimal", "+"): DECIMALS.add,
    ("decimal", "-"): DECIMALS.subtract,
    ("decimal", "*"): DECIMALS.multiply,
    ("decimal", "/"): DECIMALS.divide,
    ("date", "+"): date.__add__,
    ("date", "-"): date.__sub__,
    ("moment", "+"): datetime.__add__,
    ("moment", "-"): datetime.__sub__,
    ("moment", "=="): _is_same_moment,
    ("moment", "!="): _is_other_moment,
    ("moment", "in"): _is_among_moments,
    ("moment", "not in"): _is_not_among_moments,
}

MICROSECOND: Final = timedelta(microseconds=1)
LENGTHS: Final[Mapping[str, int]] = {
    name: timedelta(**{name: 1}) // MICROSECOND for name in ("days", "weeks", "hours", "minutes", "seconds")
}
"""Functions that make a duration of a number, and how many microseconds one of each is."""


def _lasting(length: str) -> Callable[[Any], timedelta]:
    return lambda number: timedelta(**{length: float(number)})


MIRRORED: Final[Mapping[str, str]] = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
"""The sign of a comparison whose sides have changed places; other signs stay as they are."""

FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    **{length: _lasting(length) for length in LENGTHS},
    "abs": lambda number: DECIMALS.abs(number) if isinstance(number, Decimal) else abs(number),
    "min": min,
    "max": max,
    "len": len,
    "float": float,
}
RECKONED: Final = ("abs", *LENGTHS, "float")
"""Functions whose numbers are bounded as those of arithmetic are."""


def operation(node: Arithmetic | Comparison) -> Callable[..., Any]:
    """What a node does with the values of its parts."""
    if len(node.parts) == 1:
        return DECIMALS.minus if node.kind.name == "decimal" else operator.neg
    return PLAIN_SUMS.get((reckoned_as(node), node.sign), SIGNS[node.sign])


def reckoned_as(node: Arithmetic | Comparison) -> str:
    """The kind whose arithmetic a node's is: of numbers what comes of it, of days and moments the first part's."""
    first = node.parts[0].kind.name
    return node.kind.name if node.kind.is_number or first not in ("date", "moment") else first


def evaluate(node: Node, facts: Facts) -> Any:
    """The value of a node: of a condition True, False or None for unknown. facts: as `FactSchema.read` gives them."""
    match node:
        case Constant(value):
            return value
        case Reading(name):
            return facts.get(name)
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
            return applied(FUNCTIONS[function], [evaluate(part, facts) for part in parts], function in RECKONED)
        case Arithmetic(_, parts):
            return applied(operation(node), [evaluate(part, facts) for part in parts], True)
        case Comparison(_, parts):
            return applied(operation(node), [evaluate(part, facts) for part in parts], False)


def applied(function: Callable[..., Any], values: list[Any], is_reckoned: bool) -> Any:
    """A function's value; None of an unknown, and where there is none. is_reckoned: whether numbers are bounded."""
    if any(each is None for each in values):
        return None
    if is_reckoned and not all(_in_range(each) for each in values):
        return None
    try:
        found = function(*values)
    except (ArithmeticError, ValueError):  # also Decimal's, and Overflow's
        return None
    except TypeError:
        if any(isinstance(each, datetime) for each in values):  # a moment with a zone against one without
            return None
        raise
    return found if not is_reckoned or _in_range(found) else None


def _in_range(value: Any) -> bool:
    if isinstance(value, int | float | Decimal):
        return -BOUND <= value <= BOUND
    return not isinstance(value, timedelta) or -LONGEST <= value <= LONGEST


def applied_where(when: Node | None, require: Node) -> Node:
    """What the outcome of a rule is of: where it applies, what it requires; where it does not, it holds."""
    return require if when is None else Junction(False, (require, Not(when)))


def facts_of(node: Node) -> tuple[str, ...]:
    """The names of the facts a node reads, each once, in the order they are written."""
    return tuple(dict.fromkeys(_readings(node)))


def _readings(node: Node) -> Iterator[str]:
    match node:
        case Reading(name):
            yield name
        case Constant():
            return
        case Not(part) | Known(part):
            yield from _readings(part)
        case _:
            for each in node.parts:
                yield from _readings(each)


def leaves_of(node: Node) -> tuple[Leaf, ...]:
    """The comparisons of a condition, and the facts and constants that are conditions, each once, as they are written."""
    return tuple(dict.fromkeys(_leaves(node)))


def _leaves(node: Node) -> Iterator[Leaf]:
    match node:
        case Junction(_, parts):
            for each in parts:
                yield from _leaves(each)
        case Not(part):
            yield from _leaves(part)
        case Comparison() | Known() | Reading() | Constant():
            yield node
        case _:
            raise TypeError(f"{node!r} is no condition")
