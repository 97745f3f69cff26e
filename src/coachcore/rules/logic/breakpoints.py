"""Breakpoints: the places along a fact at which a comparison can change its value.

Numbers, dates, moments and durations are points of a line: Fractions, microseconds where they are of time. Between two neighbouring
breakpoints no comparison of the fact changes its value, so one value from each gap stands for all of it.

Where a comparison reads the fact as it is, its breakpoint is the other side: exact. Through arithmetic the comparison is solved
for the fact, operation by operation, as if nothing were rounded. For example `days(n) + grace <= days(10)` with grace = 3 days has
its breakpoint at 10 days, then at 7 days before the sum, then at n = 7. Results are rounded (doubles, 28 digits, whole
microseconds), so the comparison can change its value a little beside such a breakpoint: who uses it verifies by evaluating.
"""

import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Context, Decimal
from fractions import Fraction
from itertools import pairwise
from math import copysign, floor
from typing import Any, Final

from coachcore.rules.expr.evaluate import DECIMAL_CONTEXT, DURATION_UNITS, evaluate
from coachcore.rules.expr.nodes import Arithmetic, Atom, Call, Comparison, FactRef, IsKnown, Node, fact_names
from coachcore.rules.expr.types import FactType
from coachcore.rules.limits import LIMITS

__all__ = ["DAY", "LINES", "STEPS", "breakpoints", "on_line", "points", "reads_bare", "value_at"]

DAY: Final = DURATION_UNITS["days"]
"""A day, in microseconds."""
STEPS: Final[Mapping[str, int]] = {"int": 1, "date": DAY, "moment": 1, "duration": 1}
"""Types whose values go by steps, and the length of one."""
LINES: Final = (*STEPS, "decimal", "float")
"""Types whose values are points of a line."""
EPOCH: Final = datetime(1970, 1, 1)
FARTHEST: Final = LIMITS.number_exponent + 1
"""Decimals with a larger exponent, or its reverse, are placed as if they had this one: only their order matters."""
LARGEST_INT_BITS: Final = FARTHEST * 3
"""An int of more bits is placed as if it were the power of ten: 10**n has 3.3 n bits."""
ALL_DIGITS: Final = Context(prec=2 * FARTHEST)


def on_line(value: Any) -> Fraction:
    """The point of a value. Its magnitude is looked at first: an exact 1E+9999999 would not end."""
    if isinstance(value, timedelta):
        return Fraction(value // timedelta(microseconds=1))
    if isinstance(value, datetime):
        return Fraction((value.replace(tzinfo=None) - EPOCH) // timedelta(microseconds=1))
    if isinstance(value, date):
        return Fraction((value.toordinal() - EPOCH.toordinal()) * DAY)
    if isinstance(value, Decimal) and value and abs(value.adjusted()) > FARTHEST:
        return Fraction(Decimal(1).scaleb(FARTHEST if value.adjusted() > 0 else -FARTHEST).copy_sign(value))
    if isinstance(value, int) and value.bit_length() > LARGEST_INT_BITS:
        return min(max(Fraction(value), Fraction(-(10**FARTHEST))), Fraction(10**FARTHEST))
    return Fraction(value)


def value_at(point: Fraction, fact_type: FactType, *, is_zoned: bool = True) -> Any:
    """The value at a point, rounded down to a step; None where the type has none so far out. is_zoned: of a moment."""
    try:
        match fact_type.name:
            case "int":
                return floor(point)
            case "decimal":
                return _decimal_at(point)
            case "float":
                return float(point)
            case "date":
                return date.fromordinal(floor(point / DAY) + EPOCH.toordinal())
            case "duration":
                return timedelta(microseconds=floor(point))
            case "moment":
                moment = EPOCH + timedelta(microseconds=floor(point))
                return moment.replace(tzinfo=UTC) if is_zoned else moment
    except OverflowError:
        return copysign(sys.float_info.max, point) if fact_type.name == "float" else None
    except ValueError:
        return None
    raise TypeError(f"{fact_type} is on no line")


def _decimal_at(point: Fraction) -> Decimal:
    numerator, denominator = Decimal(point.numerator), Decimal(point.denominator)
    value = DECIMAL_CONTEXT.divide(numerator, denominator)
    if Fraction(value) != point and 10**FARTHEST % point.denominator == 0:  # it has an end, if beyond 28 digits
        return ALL_DIGITS.divide(numerator, denominator)
    return value


def reads_bare(atom: Atom, fact: str) -> bool:
    """Whether an atom reads a fact as it is, with no arithmetic or function around it."""
    operands = atom.operands if isinstance(atom, Comparison) else (getattr(atom, "operand", atom),)
    return all(isinstance(operand, FactRef) or fact not in fact_names(operand) for operand in operands)


def breakpoints(atom: Atom, fact: str, facts: Mapping[str, Any]) -> list[Fraction] | None:
    """The points along a fact at which an atom may change its value, the other facts being as they are.

    facts: normalized. Exact where `reads_bare`; elsewhere as if nothing were rounded. None where it cannot be solved for the
    fact, because the fact stands in it twice or as a set.
    """
    if isinstance(atom, IsKnown):
        return _solved(atom.operand, fact, facts, ())
    if not isinstance(atom, Comparison):
        return []
    reading = [operand for operand in atom.operands if fact in fact_names(operand)]
    if len(reading) != 1:
        return None if reading else []
    target = evaluate(atom.operands[0 if reading[0] is atom.operands[1] else 1], facts)
    if reading[0].type.item is not None or (isinstance(target, frozenset) and atom.operator not in ("in", "not in")):
        return None
    values = target if isinstance(target, frozenset) else () if target is None else (target,)
    return _solved(reading[0], fact, facts, [on_line(value) for value in values])


def _solved(node: Node, fact: str, facts: Mapping[str, Any], targets: Iterable[Fraction]) -> list[Fraction] | None:
    """Where along the fact a term has one of the target values."""
    while not isinstance(node, FactRef):
        if (
            not isinstance(node, Arithmetic | Call)
            or node.type.name == "text"
            or getattr(node, "function", "") == "len"
        ):
            return None
        inner = [operand for operand in node.operands if fact in fact_names(operand)]
        if len(inner) != 1:
            return None
        values = [evaluate(operand, facts) for operand in node.operands if operand is not inner[0]]
        if any(value is None for value in values):
            return []
        if node.type.name == "date":  # a part of a day counts as none or as one
            targets = [target + shift for target in targets for shift in (-DAY, 0, DAY)]
        others = [on_line(value) for value in values]
        targets = _inverse(node, inner[0] is node.operands[0], list(targets), others)
        if len(targets) > LIMITS.breakpoints:
            return None
        node = inner[0]
    return list(targets)


def _inverse(
    node: Arithmetic | Call, is_first: bool, targets: list[Fraction], others: list[Fraction]
) -> list[Fraction]:
    """Where the operand that reads the fact is when an operation has one of the targets as its result."""
    operator = node.function if isinstance(node, Call) else node.operator if others else "negate"
    other = others[0] if others else Fraction(0)
    match operator:
        case "negate":
            return [-target for target in targets]
        case "abs":
            return [*targets, *(-target for target in targets), Fraction(0)]
        case "min" | "max":
            return [*targets, *others]
        case "float":
            return targets
        case "+":
            return [target - other for target in targets]
        case "-":
            return [target + other if is_first else other - target for target in targets]
        case "*":
            return [target / other for target in targets] if other else []
        case "/" if is_first:
            return [target * other for target in targets]
        case "/":  # there is no result at zero
            return [Fraction(0), *(other / target for target in targets if target)]
    return [target / DURATION_UNITS[operator] for target in targets]


def points(places: Iterable[Fraction], fact_type: FactType, step: int | None = None) -> list[Fraction]:
    """Points to try, in order: every breakpoint, one in each gap between two, and one beyond either end.

    step: of a type that goes by steps, the length of those beside a breakpoint; its own when omitted.
    """
    ends = sorted(set(places))
    if not ends:
        return [on_line(date(2026, 1, 1)) if fact_type.name in ("date", "moment") else Fraction(0)]
    step = step or STEPS.get(fact_type.name)
    if step:
        near = {floor(place / step) * step + by * step for place in ends for by in (-1, 0, 1)}
        near |= {floor(place / step) * step + 2 * step for place in ends if place % step}
        return [Fraction(point) for point in sorted(near)]
    gaps = [
        (low + high) / 2 for low, high in pairwise(ends)
    ]  # beyond the ends by their size: a double does not know 1e300 + 1
    low, high = (end + by * max(Fraction(1), abs(end)) for end, by in ((ends[0], -1), (ends[-1], 1)))
    return [low, *sorted({*ends, *gaps}), high]
