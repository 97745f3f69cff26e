"""What is rounded to one result: the stretch of exact values that come to it, for arithmetic of every kind.

A float is a double, a decimal has 28 digits, a duration whole microseconds, a day a whole day. So `q * 0.5 <= days(1)`
holds a microsecond further than it would were it exact, and `day + hours(n) == until` for twenty-four hours of `n`.
"""

from collections.abc import Mapping
from decimal import ROUND_CEILING, Context, Decimal
from fractions import Fraction
from math import ceil, inf, nextafter
from typing import Final

from coachcore.rules.tree import BOUND, DECIMALS, Arithmetic, Call

__all__ = ["DAY", "Place", "rounded_from"]

Place = tuple[Fraction, ...]
"""Points with one result between them: a single one where nothing is rounded, else its two ends and one of these."""
DAY: Final = 86_400_000_000
"""A day, in microseconds."""
UPWARDS: Final = Context(prec=DECIMALS.prec, rounding=ROUND_CEILING)
ROUNDED: Final[Mapping[str, str]] = {"float": "float", **dict.fromkeys(("days", "weeks", "hours"), "duration")}
"""What the results of functions are rounded as."""


def rounded_from(node: Arithmetic | Call, place: Place) -> list[Place]:
    """The places, were nothing rounded, that a term's result at a place comes from."""
    if isinstance(node, Call):
        kind = ROUNDED.get(node.function)
    elif node.kind.name == "date":  # a day and a part of a day is a day, whichever way that is rounded
        return [tuple(each + by for each in place) for by in (-DAY, 0, DAY)]
    else:
        is_exact = len(node.parts) == 1 or (node.kind.name == "duration" and node.sign != "*")
        kind = None if is_exact else node.kind.name
    if kind not in ("float", "decimal", "duration"):
        return [place]
    inner = place if len(place) == 1 else place[1:-1]
    return [(_lowest(place[0], kind), *inner, -_lowest(-place[-1], kind))]


def _lowest(point: Fraction, kind: str) -> Fraction:
    """The lowest of what is rounded to a value at a point or higher: halfway to the value before it."""
    if kind == "duration":
        return ceil(point) - Fraction(1, 2)
    if abs(point) > 2 * BOUND:  # nothing that is reckoned comes so far
        return point
    if kind == "decimal":
        digits = UPWARDS.divide(Decimal(point.numerator), Decimal(point.denominator))
        return (Fraction(digits) + Fraction(DECIMALS.next_minus(digits))) / 2 if digits else point
    double = float(point)
    if double < point:
        double = nextafter(double, inf)
    return (Fraction(double) + Fraction(nextafter(double, -inf))) / 2
