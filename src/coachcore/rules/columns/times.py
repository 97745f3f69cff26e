"""Days, moments and durations over columns: whole numbers, so that all libraries compute alike and exactly.

A day is counted in days since 1970, a moment in microseconds since 1970 (in UTC where it has a zone), a duration in microseconds.
Time between moments is the time that passed, whatever the clocks there were set to. What is too long, or past the end of the
calendar, is unknown. For example `late_by * count <= hours(24)` multiplies two columns; a check excludes the rows in which the
product would pass 4,000,000 days.
"""

from datetime import date, datetime, timedelta
from typing import Final

import attrs

from coachcore.rules.columns.backend import Unsupported
from coachcore.rules.columns.terms import UNKNOWN, Builder, Term, as_whole_number, same_zones
from coachcore.rules.expr.evaluate import (
    DURATION_UNITS,
    MAX_DIVIDED_DURATION,
    MAX_DURATION,
    MAX_RESULT,
    MICROSECOND,
    OPERATORS,
)
from coachcore.rules.expr.nodes import Arithmetic, Call, Constant, Node

__all__ = ["calendar_arithmetic", "duration"]

LONGEST: Final = MAX_DURATION // MICROSECOND
LONGEST_DIVIDED: Final = MAX_DIVIDED_DURATION // MICROSECOND
# what a day and a moment are counted in, and the ends of the calendar
UNITS: Final = {"date": timedelta(days=1), "moment": MICROSECOND}
ENDS: Final = {
    "date": (as_whole_number(date.min), as_whole_number(date.max)),
    "moment": (as_whole_number(datetime.min), as_whole_number(datetime.max)),
}


def duration(build: Builder, node: Call, count: Term) -> Term:
    """A duration of so many units. Raises Unsupported."""
    if node.operands[0].type.name != "int":
        hint = "declare the fact as int, or compare a number: d / hours(1) <= n for d <= hours(n)"
        raise Unsupported(f"{node.function}(...) is of a number that is not an int, and would be rounded", hint)
    return _times_constant(build, node.operands[0], count, DURATION_UNITS[node.function], MAX_RESULT)


def calendar_arithmetic(build: Builder, node: Arithmetic, terms: list[Term]) -> Term:
    """Arithmetic with days, moments or durations. Raises Unsupported."""
    left, right = node.operands
    match left.type.name, right.type.name:
        case ("duration", "duration"):
            return _ratio(build, node, terms) if node.operator == "/" else _sum(build, node, terms)
        case ("date" | "moment" as name, "duration"):
            if not isinstance(right, Constant):
                hint = "compare a difference of two days or moments with the duration: b - a <= d for a + d >= b"
                raise Unsupported(f"a {name} is moved by a duration that is not a constant", hint)
            return _moved(build, node, terms[0], right.value // UNITS[name])
        case ("date" | "moment" as name, _):
            same_zones(*terms)
            difference = (terms[0].value - terms[1].value).cast(build.api.Int64)
            return Term(difference * (UNITS[name] // MICROSECOND))
        case ("duration", _):
            return _product(build, left, terms[0], right, terms[1])
    return _product(build, right, terms[1], left, terms[0])


def _moved(build: Builder, node: Arithmetic, term: Term, steps: int) -> Term:
    """A day or a moment, constant time later or earlier; unknown past the calendar's ends."""
    moved = OPERATORS[node.operator](term.value, steps)
    key = ("calendar", node)
    return build.checked(Term(moved, term.form, term.checks), key, moved.is_between(*ENDS[node.type.name]))


def _times_constant(build: Builder, node: Node, term: Term, factor: int, largest: int) -> Term:
    """A column of whole numbers times a constant: in range where the number is. largest: the number, whatever the constant."""
    whole = _whole_within(build, node, term, min(LONGEST // max(abs(factor), 1), largest))
    return Term(whole.value * factor, checks=whole.checks, in_range=True)


def _bounded(build: Builder, node: Node, term: Term) -> Term:
    """A duration, known where it is not too long; what was computed here is in range already."""
    return term if term.in_range else attrs.evolve(build.within(node, term, LONGEST), in_range=True)


def _whole_within(build: Builder, node: Node, term: Term, limit: int) -> Term:
    """A whole number of 64 bits, known where it is at most `limit` from zero."""
    if term.form == "float":
        return Term(build.null_beyond(term.value, limit).cast(build.api.Int64), checks=term.checks)
    near = build.within(node, term, limit)
    return Term(build.backend.as_int64(near.value), checks=near.checks)


def _product(build: Builder, span_node: Node, span: Term, number_node: Node, number: Term) -> Term:
    """A duration times a number. Raises Unsupported."""
    if number.is_constant and number.value == int(number.value):
        return _times_constant(build, span_node, span, int(number.value), LONGEST)
    if number_node.type.name != "int":
        hint = "multiply both sides of the comparison by a constant until it is whole, or declare the fact as int"
        raise Unsupported("a duration is multiplied by a number that is not an int, and would be rounded", hint)
    if span.is_constant:
        return _times_constant(build, number_node, number, span.value, MAX_RESULT)
    span, number = _bounded(build, span_node, span), _whole_within(build, number_node, number, MAX_RESULT)
    value, fits = build.backend.product(span.value, number.value, LONGEST)
    product = Term(value, checks=span.checks | number.checks, in_range=True)
    return build.checked(product, ("product", span_node, number_node), fits)


def _sum(build: Builder, node: Arithmetic, terms: list[Term]) -> Term:
    left, right = (_bounded(build, operand, term) for operand, term in zip(node.operands, terms, strict=True))
    value = OPERATORS[node.operator](left.value, right.value)
    return _bounded(build, node, Term(value, checks=left.checks | right.checks))


def _ratio(build: Builder, node: Arithmetic, terms: list[Term]) -> Term:
    is_too_long = any(term.is_constant and abs(term.value) > LONGEST_DIVIDED for term in terms)
    if is_too_long or (terms[1].is_constant and not terms[1].value):
        return UNKNOWN
    left, right = (
        build.double(build.within(operand, term, LONGEST_DIVIDED))
        for operand, term in zip(node.operands, terms, strict=True)
    )
    return build.bounded(node, Term(left.value / right.value, "float", left.checks | right.checks))
