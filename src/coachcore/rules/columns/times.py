"""Days, moments and durations over columns: durations are whole microseconds, and exact.

Time between moments is the time that passed, whatever the clocks there were set to. What is too long, or past the end of the
calendar, is unknown. For example `late_by * count <= hours(24)` multiplies two columns of whole numbers; in rows where the
product would pass 4,000,000 days, a check says so.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import attrs

from coachcore.rules.columns.backend import Unsupported
from coachcore.rules.columns.terms import UNKNOWN, Builder, Term
from coachcore.rules.expr.evaluate import (
    DURATION_UNITS,
    MAX_DIVIDED_DURATION,
    MAX_DURATION,
    MAX_RESULT,
    MICROSECOND,
    OPERATORS,
)
from coachcore.rules.expr.nodes import Arithmetic, Call, Constant, Node

__all__ = ["calendar_arithmetic", "duration", "same_zones"]

LONGEST: Final = MAX_DURATION // MICROSECOND
LONGEST_DIVIDED: Final = MAX_DIVIDED_DURATION // MICROSECOND
AS_DIFFERENCE: Final = "compare a difference of two days or moments with the duration: b - a <= d for a + d >= b"


def same_zones(left: Term, right: Term) -> None:
    """Raises Unsupported where a moment with a zone and one without are used together."""
    if left.form != right.form:
        reason = "a moment with a zone is used with one without"
        raise Unsupported(reason, "give both columns a time zone, or neither", "type")


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
        case ("date", "date"):
            return _apart(build.backend.days_apart, terms)
        case ("moment", "moment"):
            same_zones(*terms)
            return _apart(build.backend.moments_apart, terms)
        case ("date" | "moment", _):
            if not isinstance(right, Constant):
                raise Unsupported(f"a {left.type.name} is moved by a duration that is not a constant", AS_DIFFERENCE)
            return _moved(build, node, terms[0], right.value)
        case ("duration", _):
            return _product(build, left, terms[0], right, terms[1])
    return _product(build, right, terms[1], left, terms[0])


def _times_constant(build: Builder, node: Node, term: Term, factor: int, largest: int) -> Term:
    """A column of whole numbers times a constant: in range where the number is. largest: the number, whatever the constant."""
    limit = min(LONGEST // max(abs(factor), 1), largest)
    whole = _whole_within(build, node, term, limit)
    return attrs.evolve(whole, value=whole.value * factor)


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
    span, number = build.within(span_node, span, LONGEST), _whole_within(build, number_node, number, MAX_RESULT)
    value, fits = build.backend.product(span.value, number.value, LONGEST)
    return build.checked(Term(value, checks=span.checks | number.checks), ("product", span_node, number_node), fits)


def _apart(difference: Any, terms: list[Term]) -> Term:
    left, right = terms
    return Term(difference(left.value, right.value), checks=left.checks | right.checks)


def _sum(build: Builder, node: Arithmetic, terms: list[Term]) -> Term:
    left, right = (build.within(operand, term, LONGEST) for operand, term in zip(node.operands, terms, strict=True))
    value = OPERATORS[node.operator](build.expression(left), right.value)
    return build.within(node, Term(value, checks=left.checks | right.checks), LONGEST)


def _ratio(build: Builder, node: Arithmetic, terms: list[Term]) -> Term:
    if any(term.is_constant and abs(term.value) > LONGEST_DIVIDED for term in terms):
        return UNKNOWN
    if terms[1].is_constant and not terms[1].value:
        return UNKNOWN
    left, right = (
        build.double(build.within(operand, term, LONGEST_DIVIDED))
        for operand, term in zip(node.operands, terms, strict=True)
    )
    return build.bounded(node, Term(build.expression(left) / right.value, "float", left.checks | right.checks))


def _moved(build: Builder, node: Arithmetic, term: Term, by: timedelta) -> Term:
    """A day or a moment some constant time later or earlier; unknown where the calendar ends."""
    first: Any = date.min
    last: Any = date.max
    if node.type.name == "date":
        by = timedelta(days=by.days)  # as Python does
    else:
        zone = UTC if term.form == "zoned" else None
        first, last = datetime.min.replace(tzinfo=zone), datetime.max.replace(tzinfo=zone)
    by = by if node.operator == "+" else -by
    move = build.backend.moved_day if node.type.name == "date" else build.backend.moved_moment
    try:
        end = build.constant(Constant((last if by > timedelta() else first) - by, node.type)).value
    except OverflowError:
        return UNKNOWN
    is_within = term.value <= end if by > timedelta() else term.value >= end
    return build.checked(Term(move(term.value, by), term.form, term.checks), ("calendar", node), is_within)
