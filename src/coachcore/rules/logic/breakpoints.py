"""Values on a line: where, along one fact, a comparison can change its answer; and values to try around those places.

A number, a day, a moment or a duration is a point (a Fraction; microseconds where it is of time). A comparison that reads
a fact once is solved for it, through sums, products, ratios and the functions; what cannot be solved is said to be so.
What is reckoned is rounded, so that a stretch of values comes to one result: its ends are among the points (`rounding`).
So are the places where what is reckoned goes out of range, and is unknown.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from math import floor
from typing import Any, Final

import attrs

from coachcore.rules.expr.evaluate import (
    DECIMAL_CONTEXT,
    DURATION_UNITS,
    MAX_DIVIDED_DURATION,
    MAX_DURATION,
    MAX_RESULT,
    evaluate,
)
from coachcore.rules.expr.nodes import Arithmetic, Atom, Call, Comparison, FactRef, IsKnown, Node, fact_names
from coachcore.rules.expr.types import NUMBERS, FactType
from coachcore.rules.logic.rounding import DAY, Place, rounded_from

__all__ = ["LINES", "STEPS", "criticals", "on_line", "points", "value_at"]

STEPS: Final[Mapping[str, int]] = {"int": 1, "date": DAY, "moment": 1, "duration": 1}
"""Kinds that go by steps, and how long one is."""
LINES: Final = (*STEPS, "decimal", "float")
"""Kinds whose values lie on a line."""
EPOCH: Final = datetime(1970, 1, 1)


MOST_PLACES: Final = 1_000
"""A term that comes to its targets in more places is not solved: `abs` within `abs` doubles them each time."""
FURTHEST: Final = 400
"""Decimals with a larger power of ten, or its reverse, are taken to be of this one: only their order matters."""


def on_line(value: Any) -> Fraction:
    """The point of a value."""
    if isinstance(value, timedelta):
        return Fraction(value // timedelta(microseconds=1))
    if isinstance(value, datetime):
        return Fraction((value.replace(tzinfo=None) - EPOCH) // timedelta(microseconds=1))
    if isinstance(value, date):
        return Fraction(value.toordinal() * DAY)
    if isinstance(value, Decimal) and value and abs(value.adjusted()) > FURTHEST:
        return Fraction(Decimal(1).scaleb(FURTHEST if value.adjusted() > 0 else -FURTHEST).copy_sign(value))
    return Fraction(value)


def value_at(point: Fraction, fact_type: FactType, *, zoned: bool = True) -> Any:
    """The value at a point; None where the kind has none so far out. Steps are rounded down. zoned: of a moment."""
    try:
        match fact_type.name:
            case "int":
                return floor(point)
            case "decimal":
                return DECIMAL_CONTEXT.divide(Decimal(point.numerator), Decimal(point.denominator))
            case "float":
                return float(point)
            case "date":
                return date.fromordinal(floor(point / DAY))
            case "duration":
                return timedelta(microseconds=floor(point))
            case "moment":
                found = EPOCH + timedelta(microseconds=floor(point))
                return found.replace(tzinfo=UTC) if zoned else found
    except (OverflowError, ValueError):
        return None
    raise TypeError(f"{fact_type} is on no line")


RANGES: Final[Mapping[str, tuple[Fraction, Fraction]]] = {
    **{name: (Fraction(-MAX_RESULT), Fraction(MAX_RESULT)) for name in NUMBERS},
    "duration": (on_line(-MAX_DURATION), on_line(MAX_DURATION)),
    "date": (on_line(date.min), on_line(date.max)),
    "moment": (on_line(datetime.min), on_line(datetime.max)),
}
"""Between which points values can be reckoned with, by kind."""
RATIOS: Final = (on_line(-MAX_DIVIDED_DURATION), on_line(MAX_DIVIDED_DURATION))
"""The same, of durations that are divided."""


def criticals(atom: Atom, fact: str, facts: Mapping[str, Any], *, to_range: bool = True) -> list[Fraction] | None:
    """The points along a fact at which a comparison may change its answer, the other facts being as they are.

    facts: in the form that rules compare. to_range: also where what is reckoned goes out of range, and is unknown; and,
    along a fact without steps, the ends of what is rounded to one result. None where it cannot be solved for the fact.
    """
    if isinstance(atom, IsKnown):
        targets: list[Place] = []
        term = atom.operand
    elif isinstance(atom, Comparison):
        term, other = atom.operands
        if fact in fact_names(term) and fact in fact_names(other):
            return None
        if fact not in fact_names(term):
            term, other = other, term
        target = evaluate(other, facts)
        if isinstance(target, frozenset) and term.type.item is not None:
            return None
        values = target if isinstance(target, frozenset) else () if target is None else (target,)
        targets = [(on_line(each),) for each in values]
    else:
        return []
    is_rounded = to_range or _reading(term, fact).type.name in STEPS
    found = _Solving(fact, facts, to_range, is_rounded).of(term, targets)
    return None if found is None else [point for place in found for point in place]


def _reading(node: Any, fact: str) -> FactRef:
    """Where a term reads a fact first."""
    while not isinstance(node, FactRef):
        node = next(each for each in node.operands if fact in fact_names(each))
    return node


@attrs.frozen
class _Solving:
    """A term that is solved for a fact, the others being as they are; as `criticals` says.

    is_rounded: whether the ends of what is rounded to one result are looked for.
    """

    fact: str
    facts: Mapping[str, Any]
    to_range: bool
    is_rounded: bool

    def of(self, node: Node, targets: Sequence[Place]) -> Sequence[Place] | None:
        """Where along the fact a term comes to one of the targets, or to the ends of what can be reckoned with."""
        if isinstance(node, FactRef):
            return targets
        if not isinstance(node, Arithmetic | Call):
            return None
        within = [each for each in node.operands if self.fact in fact_names(each)]
        if len(within) != 1:
            return None
        inner = within[0]
        others = [evaluate(each, self.facts) for each in node.operands if each is not inner]
        if any(each is None for each in others):
            return []
        if self.to_range:
            targets = [*targets, *_ends(node.type)]
        if self.is_rounded:
            targets = [exact for each in targets for exact in rounded_from(node, each)]
        back = _through(node, inner, targets, [on_line(each) for each in others])
        if back is None:
            return None
        if self.to_range:
            back = [*back, *_ends(inner.type, is_divided=isinstance(node, Arithmetic) and node.operator == "/")]
        back = list(dict.fromkeys(back))
        return self.of(inner, back) if len(back) <= MOST_PLACES else None


def _ends(fact_type: FactType, *, is_divided: bool = False) -> list[Place]:
    """The ends of what can be reckoned with."""
    found = RATIOS if is_divided and fact_type.name == "duration" else RANGES.get(fact_type.name, ())
    return [(each,) for each in found]


def _through(
    node: Arithmetic | Call, inner: Node, targets: Sequence[Place], others: list[Fraction]
) -> Sequence[Place] | None:
    """Where the part of a term that reads the fact is, for the term to come to the targets; None: it is not solved."""
    if isinstance(node, Call):
        return _through_call(node.function, targets, others)
    if not others:
        return _moved(targets, lambda each: -each)
    return _through_sign(node.operator, inner is node.operands[0], targets, others[0])


def _through_call(function: str, targets: Sequence[Place], others: list[Fraction]) -> Sequence[Place] | None:
    if function in DURATION_UNITS:
        return _moved(targets, lambda each: each / DURATION_UNITS[function])
    if function == "abs":
        return [*targets, *_moved(targets, lambda each: -each), (Fraction(0),)]
    if function in ("min", "max"):
        return [*targets, *((each,) for each in others)]
    return targets if function == "float" else None


def _through_sign(operator: str, is_first: bool, targets: Sequence[Place], other: Fraction) -> list[Place]:
    if operator == "+":
        return _moved(targets, lambda each: each - other)
    if operator == "-":
        return _moved(targets, lambda each: each + other if is_first else other - each)
    if not other:  # always nothing, or never told
        return [] if operator == "*" or is_first else [(Fraction(0),)]
    if operator == "*":
        return _moved(targets, lambda each: each / other)
    if is_first:
        return _moved(targets, lambda each: each * other)
    sides = [tuple(each for each in place if side * each > 0) for place in targets for side in (-1, 1)]
    return [*_moved([each for each in sides if each], lambda each: other / each), (Fraction(0),)]


def _moved(places: Iterable[Place], move: Callable[[Fraction], Fraction]) -> list[Place]:
    return [tuple(sorted(move(each) for each in place)) for place in places]


def points(found: Iterable[Fraction], fact_type: FactType) -> list[Fraction]:
    """Points to try, in order: each critical one, one in every gap between two, and one beyond either end."""
    ends = sorted(set(found))
    if fact_type.name in STEPS:
        step = STEPS[fact_type.name]
        near = {floor(each / step) * step + by * step for each in ends for by in (-1, 0, 1)}
        near |= {floor(each / step) * step + 2 * step for each in ends if each % step}
        return [Fraction(each) for each in sorted(near)] or [_some(fact_type)]
    if not ends:
        return [_some(fact_type)]
    gaps = [(one + other) / 2 for one, other in pairwise(ends)]
    return sorted({*ends, *gaps, ends[0] - 1, ends[-1] + 1})


def _some(fact_type: FactType) -> Fraction:
    return Fraction(date(2026, 1, 1).toordinal() * DAY) if fact_type.name == "date" else Fraction(0)
