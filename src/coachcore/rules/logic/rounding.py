"""What is rounded to one result: the stretch of exact values that come to it, for arithmetic of every kind.

A float is a double, a decimal has 28 digits, a duration whole microseconds, a day a whole day. So `q * 0.5 <= days(1)`
holds a microsecond further than it would were it exact, and `day + hours(n) == until` for twenty-four hours of `n`.
"""

from decimal import ROUND_CEILING, Context, Decimal
from fractions import Fraction
from math import ceil, inf, nextafter
from typing import Final

from coachcore.rules.expr.evaluate import (
    DECIMAL_CONTEXT,
    DURATION_UNITS,
    FUNCTIONS,
    MAX_DURATION,
    MAX_RESULT,
    MICROSECOND,
)
from coachcore.rules.expr.nodes import Arithmetic, Call

__all__ = ["DAY", "Place", "rounded_from"]

Place = tuple[Fraction, ...]
"""Points with one result between them: a single one where nothing is rounded, else its two ends and one of these."""
DAY: Final = DURATION_UNITS["days"]
"""A day, in microseconds."""
UPWARDS: Final = Context(prec=DECIMAL_CONTEXT.prec, rounding=ROUND_CEILING)
FURTHEST: Final = 2 * (MAX_DURATION // MICROSECOND)
"""No duration that is reckoned is so long."""
NEAR: Final = 8
"""How many doubles from the exact one a function of doubles may change its result."""


def rounded_from(node: Arithmetic | Call, place: Place) -> list[Place]:
    """The places, were nothing rounded, that a term's result at a place comes from."""
    fact_type: str | None = None
    if isinstance(node, Call):
        if node.function in DURATION_UNITS and node.operands[0].type.name != "int":
            return [_span_from(node.function, place)]
        fact_type = "float" if node.function == "float" else None
    elif node.type.name == "date":  # a day and a part of a day is a day, whichever way that is rounded
        return [tuple(each + by for each in place) for by in (-DAY, 0, DAY)]
    else:
        is_exact = len(node.operands) == 1 or (node.type.name == "duration" and node.operator != "*")
        fact_type = None if is_exact else node.type.name
    if fact_type not in ("float", "decimal", "duration"):
        return [place]
    return [(_lowest(place[0], fact_type), *_inner(place), -_lowest(-place[-1], fact_type))]


def _inner(place: Place) -> Place:
    return place if len(place) == 1 else place[1:-1]


def _span_from(function: str, place: Place) -> Place:
    """Both ends of the numbers of which a function makes a duration: as it does it, with doubles that are rounded too."""
    return (_first_span(function, place[0]), *_inner(place), -_first_span(function, -place[-1]))


def _first_span(function: str, point: Fraction) -> Fraction:
    """Halfway between the last double that comes to less than a point and the first that does not; in microseconds."""
    if abs(point) > FURTHEST:
        return point
    unit, make = DURATION_UNITS[function], FUNCTIONS[function]
    double = float((ceil(point) - Fraction(1, 2)) / unit)
    for _ in range(NEAR):
        double = nextafter(double, -inf)
    for _ in range(2 * NEAR):
        if make(double) // MICROSECOND >= point:
            break
        double = nextafter(double, inf)
    return (Fraction(double) + Fraction(nextafter(double, -inf))) / 2 * unit


def _lowest(point: Fraction, fact_type: str) -> Fraction:
    """The lowest of what is rounded to a value at a point or higher: halfway to the value before it."""
    if fact_type == "duration":
        return ceil(point) - Fraction(1, 2)
    if abs(point) > 2 * MAX_RESULT:  # nothing that is reckoned comes so far
        return point
    if fact_type == "decimal":
        digits = UPWARDS.divide(Decimal(point.numerator), Decimal(point.denominator))
        return (Fraction(digits) + Fraction(DECIMAL_CONTEXT.next_minus(digits))) / 2 if digits else point
    double = float(point)
    if double < point:
        double = nextafter(double, inf)
    return (Fraction(double) + Fraction(nextafter(double, -inf))) / 2
