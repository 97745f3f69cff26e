"""Values on a line: where, along one fact, a comparison can change its answer; and values to try around those places.

A number, a day, a moment or a duration is a point (a Fraction; microseconds where it is of time). A comparison that reads
a fact once is solved for it, through sums, products, ratios and the functions; what cannot be solved is said to be so.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from math import floor
from typing import Any, Final

from coachcore.rules.kinds import Kind
from coachcore.rules.tree import (
    BOUND,
    DECIMALS,
    Arithmetic,
    Call,
    Comparison,
    Constant,
    Known,
    Leaf,
    Node,
    Reading,
    evaluate,
    facts_of,
)

__all__ = ["LINES", "STEPS", "criticals", "on_line", "points", "value_at"]

DAY: Final = 86_400_000_000
STEPS: Final[Mapping[str, int]] = {"int": 1, "date": DAY, "moment": 1, "duration": 1}
"""Kinds that go by steps, and how long one is."""
LINES: Final = (*STEPS, "decimal", "float")
"""Kinds whose values lie on a line."""
EPOCH: Final = datetime(1970, 1, 1)
SPANS: Final = {
    "days": DAY,
    "weeks": 7 * DAY,
    "hours": DAY // 24,
    "minutes": DAY // 1440,
    "seconds": DAY // 86_400,
}


def on_line(value: Any) -> Fraction:
    """The point of a value."""
    if isinstance(value, timedelta):
        return Fraction(value // timedelta(microseconds=1))
    if isinstance(value, datetime):
        return Fraction((value.replace(tzinfo=None) - EPOCH) // timedelta(microseconds=1))
    if isinstance(value, date):
        return Fraction(value.toordinal() * DAY)
    return Fraction(value)


def value_at(point: Fraction, kind: Kind, *, zoned: bool = True) -> Any:
    """The value at a point; None where the kind has none so far out. Steps are rounded down. zoned: of a moment."""
    try:
        match kind.name:
            case "int":
                return floor(point)
            case "decimal":
                return DECIMALS.divide(Decimal(point.numerator), Decimal(point.denominator))
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
    raise TypeError(f"{kind} is on no line")


def criticals(leaf: Leaf, fact: str, facts: Mapping[str, Any], *, to_range: bool = True) -> list[Fraction] | None:
    """The points along a fact at which a comparison may change its answer, the other facts being as they are.

    facts: in the form that rules compare. to_range: also where what is reckoned goes out of range, and is unknown.
    None where the comparison cannot be solved for the fact.
    """
    ends = [Fraction(BOUND), Fraction(-BOUND)] if to_range else []
    if isinstance(leaf, Reading):
        return []
    if isinstance(leaf, Known):
        return _solved(leaf.part, fact, [], facts, ends)
    if not isinstance(leaf, Comparison):
        return []
    one, other = leaf.parts
    if fact in facts_of(one) and fact in facts_of(other):
        return None
    if fact not in facts_of(one):
        one, other = other, one
    target = evaluate(other, facts)
    values = target if isinstance(target, frozenset) else () if target is None else (target,)
    if isinstance(target, frozenset) and one.kind.item is not None:
        return None
    return _solved(one, fact, [on_line(each) for each in values], facts, ends)


def _solved(
    node: Node, fact: str, targets: list[Fraction], facts: Mapping[str, Any], ends: list[Fraction]
) -> list[Fraction] | None:
    """The points of a fact at which a term comes to one of the targets, or to the ends of what can be reckoned with."""
    if isinstance(node, Reading):
        return targets
    if not isinstance(node, Arithmetic | Call):
        return None
    within = [each for each in node.parts if fact in facts_of(each)]
    if len(within) != 1:
        return None
    inner = within[0]
    operand_ends = ends if isinstance(inner, Reading) and inner.kind.is_number else []
    if node.kind.is_number:
        targets = [*targets, *ends]
    others = [evaluate(each, facts) for each in node.parts if each is not inner]
    if any(each is None for each in others):
        return []
    if isinstance(node, Call):
        back = _through_call(node.function, targets, [on_line(each) for each in others])
    elif not others:
        back = [-each for each in targets]
    else:
        back = _through_sign(node.sign, inner is node.parts[0], targets, on_line(others[0]))
    if back is None:
        return None
    found = _solved(inner, fact, back, facts, ends)
    return None if found is None else [*found, *operand_ends]


def _through_call(function: str, targets: list[Fraction], others: list[Fraction]) -> list[Fraction] | None:
    if function in SPANS:
        return [each / SPANS[function] for each in targets]
    if function == "abs":
        return [sign * each for each in targets for sign in (1, -1)] + [Fraction(0)]
    if function in ("min", "max"):
        return [*targets, *others]
    return targets if function == "float" else None


def _through_sign(sign: str, is_first: bool, targets: list[Fraction], other: Fraction) -> list[Fraction]:
    if sign == "+":
        return [each - other for each in targets]
    if sign == "-":
        return [each + other if is_first else other - each for each in targets]
    if sign == "*":
        return [each / other for each in targets] if other else []
    if is_first:
        return [each * other for each in targets] if other else []
    return [other / each for each in targets if each] + [Fraction(0)]


def points(found: Iterable[Fraction], kind: Kind) -> list[Fraction]:
    """Points to try, in order: each critical one, one in every gap between two, and one beyond either end."""
    ends = sorted(set(found))
    if kind.name in STEPS:
        step = STEPS[kind.name]
        near = {floor(each / step) * step + by * step for each in ends for by in (-1, 0, 1)}
        near |= {floor(each / step) * step + 2 * step for each in ends if each % step}
        return [Fraction(each) for each in sorted(near)] or [_some(kind)]
    if not ends:
        return [_some(kind)]
    gaps = [(one + other) / 2 for one, other in pairwise(ends)]
    return sorted({*ends, *gaps, ends[0] - 1, ends[-1] + 1})


def _some(kind: Kind) -> Fraction:
    return Fraction(date(2026, 1, 1).toordinal() * DAY) if kind.name == "date" else Fraction(0)


def constants(leaves: Sequence[Leaf], fact: str) -> set[Any]:
    """The values that comparisons hold a fact, or the items of a set of them, against."""
    found: set[Any] = set()
    for leaf in leaves:
        if isinstance(leaf, Comparison) and fact in facts_of(leaf):
            for each in leaf.parts:
                if isinstance(each, Constant):
                    found |= each.value if isinstance(each.value, frozenset) else {each.value}
    return found
