"""What a rule computes, over columns: numbers as doubles, days, moments and durations as whole numbers.

A day is counted in days since 1970, a moment in microseconds since 1970 (in UTC where it has a zone), a duration in microseconds,
so that all libraries compute alike and exactly. Time between moments is the time that passed, whatever the clocks there were
set to. What is out of range, too long, or past the end of the calendar, is unknown. For example `late_by * count <= hours(24)`
multiplies two columns; a check excludes the rows in which the product would pass 4,000,000 days.

Libraries do not add or multiply decimals exactly, so that is refused, or with `approximate` done as doubles.
"""

from datetime import date, datetime, timedelta
from functools import reduce
from operator import and_
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
from coachcore.rules.expr.nodes import Arithmetic, Call, Constant, Node, fact_names

__all__ = ["computed", "inexact"]

LONGEST: Final = MAX_DURATION // MICROSECOND
LONGEST_DIVIDED: Final = MAX_DIVIDED_DURATION // MICROSECOND
# what a day and a moment are counted in, and the ends of the calendar
UNITS: Final = {"date": timedelta(days=1), "moment": MICROSECOND}
ENDS: Final = {
    "date": (as_whole_number(date.min), as_whole_number(date.max)),
    "moment": (as_whole_number(datetime.min), as_whole_number(datetime.max)),
}


def inexact(reason: str) -> Unsupported:
    """Decimals in a place where frames would round them."""
    hint = "declare the facts as float, or give approximate=True to compute with floats"
    return Unsupported(reason, hint + "; columns of one decimal type can be compared", "decimal")


def computed(build: Builder, node: Call | Arithmetic, terms: list[Term]) -> Term:
    """A call or an operation on terms that are not all constants. Raises Unsupported."""
    if isinstance(node, Call) and node.function == "len":
        return _set_size(build, node, terms[0])
    if isinstance(node, Call) and node.function not in ("abs", "float"):
        return (_duration if node.function in DURATION_UNITS else _extreme)(build, node, terms)
    if isinstance(node, Call) or (node.type.is_number and all(operand.type.is_number for operand in node.operands)):
        return _number(build, node, terms)
    return _calendar(build, node, terms)


# --- numbers ---------------------------------------------------------------------------------------------------------


def _number(build: Builder, node: Arithmetic | Call, terms: list[Term]) -> Term:
    """Numbers computed: known where operands and result are in range."""
    if node.type.name == "decimal" and not build.approximate:
        raise inexact("decimals are computed with")
    if isinstance(node, Call) or len(terms) == 1:  # which stay in range
        operand = build.double(build.bounded(node.operands[0], terms[0]))
        if isinstance(node, Call) and node.function == "float":
            return operand
        return attrs.evolve(operand, value=operand.value.abs() if isinstance(node, Call) else 0 - operand.value)
    factor = 0.0  # by which a constant makes the other number larger
    if terms[1].is_constant and node.operator == "/":
        if not terms[1].value:
            return UNKNOWN
        factor = 1 / abs(float(terms[1].value))
    elif node.operator == "*":
        factor = next((abs(float(term.value)) for term in terms if term.is_constant), 0.0)
    is_growing, is_shrinking = factor >= 1, 0 < factor <= 1
    left, right = (
        # a number out of range is still out of range when it has grown
        build.double(build.bounded(operand, term, result_tells=is_growing))
        for operand, term in zip(node.operands, terms, strict=True)
    )
    value = OPERATORS[node.operator](left.value, right.value)
    in_range = is_shrinking and not is_growing
    return build.bounded(node, Term(value, "float", left.checks | right.checks, in_range=in_range))


def _extreme(build: Builder, node: Call, terms: list[Term]) -> Term:
    """The least or the greatest of several: unknown where one of them is."""
    if node.type.name in ("text", "moment"):
        hint = "compare each of them: a <= c and b <= c for max(a, b) <= c"
        raise Unsupported(f"{node.function} of {node.type.name}s is computed", hint)
    if any(term.form == "decimal" for term in terms) and not build.approximate:
        raise inexact(f"{node.function} of decimals is computed")
    is_whole = not node.type.is_number or all(term.form == "int" or isinstance(term.value, int) for term in terms)
    terms = terms if is_whole else [build.double(term) for term in terms]
    # libraries pass over what is null, so a check asks for it
    are_known = reduce(and_, (~term.value.is_null() for term in terms if not term.is_constant))
    pick = build.api.min_horizontal if node.function == "min" else build.api.max_horizontal
    value = pick(*(build.api.lit(term.value) if term.is_constant else term.value for term in terms))
    form = "" if not node.type.is_number else "int" if is_whole else "float"
    checks = frozenset().union(*(term.checks for term in terms))
    return build.checked(Term(value, form, checks), ("all", node), are_known)


def _set_size(build: Builder, node: Call, sets: Term) -> Term:
    """How many items a set has. Of floats, NaN and the infinities would be one item, which lists count singly."""
    if sets.form == "float":
        hint = "count them in your code, and declare their number as a fact"
        raise Unsupported("the items of a set of floats are counted", hint)
    return Term(build.backend.set_size(fact_names(node)[0], sets.value), "int", in_range=True)


# --- days, moments and durations -------------------------------------------------------------------------------------


def _duration(build: Builder, node: Call, terms: list[Term]) -> Term:
    """A duration of so many units."""
    if node.operands[0].type.name != "int":
        hint = "declare the fact as int, or compare a number: d / hours(1) <= n for d <= hours(n)"
        raise Unsupported(f"{node.function}(...) is of a number that is not an int, and would be rounded", hint)
    return _times_constant(build, node.operands[0], terms[0], DURATION_UNITS[node.function])


def _calendar(build: Builder, node: Arithmetic, terms: list[Term]) -> Term:
    left, right = node.operands
    match left.type.name, right.type.name:
        case ("duration", "duration"):
            return (_ratio if node.operator == "/" else _sum)(build, node, terms)
        case ("date" | "moment" as name, "duration"):
            if not isinstance(right, Constant):
                hint = "compare a difference of two days or moments with the duration: b - a <= d for a + d >= b"
                raise Unsupported(f"a {name} is moved by a duration that is not a constant", hint)
            moved = OPERATORS[node.operator](terms[0].value, right.value // UNITS[name])
            term = attrs.evolve(terms[0], value=moved)
            return build.checked(term, ("calendar", node), moved.is_between(*ENDS[name]))
        case ("date" | "moment" as name, _):
            same_zones(*terms)
            difference = (terms[0].value - terms[1].value).cast(build.api.Int64)
            return Term(difference * (UNITS[name] // MICROSECOND))
        case ("duration", _):
            return _product(build, node.operands, terms)
    return _product(build, (right, left), terms[::-1])


def _within(build: Builder, node: Node, term: Term, limit: int) -> Term:
    """A duration, or a whole number in 64 bits, known where it is at most `limit` from zero."""
    if term.form:
        return Term(build.null_beyond(term.value, limit).cast(build.api.Int64), checks=term.checks)
    return term if term.in_range and limit == LONGEST else build.within(node, term, limit)


def _times_constant(build: Builder, node: Node, term: Term, factor: int) -> Term:
    """A column of durations or of whole numbers times a constant: in range where the column is."""
    limit = min(LONGEST // max(abs(factor), 1), MAX_RESULT if term.form else LONGEST)
    within = _within(build, node, term, limit)
    return Term(within.value * factor, checks=within.checks, in_range=True)


def _product(build: Builder, nodes: tuple[Node, ...], terms: list[Term]) -> Term:
    """A duration times a number."""
    span, number = terms
    if number.is_constant and number.value == int(number.value):
        return _times_constant(build, nodes[0], span, int(number.value))
    if nodes[1].type.name != "int":
        hint = "multiply both sides of the comparison by a constant until it is whole, or declare the fact as int"
        raise Unsupported("a duration is multiplied by a number that is not an int, and would be rounded", hint)
    if span.is_constant:
        return _times_constant(build, nodes[1], number, span.value)
    span, number = _within(build, nodes[0], span, LONGEST), _within(build, nodes[1], number, MAX_RESULT)
    # the check is by division, which is exact: |s * n| <= longest just where |s| <= longest // |n|
    most = build.api.lit(LONGEST) // number.value.abs().clip(1)
    value = build.clamped(build.backend.wide(span.value) * number.value, LONGEST).cast(build.api.Int64)
    product = Term(value, checks=span.checks | number.checks, in_range=True)
    return build.checked(product, ("product", *nodes), span.value.abs() <= most)


def _sum(build: Builder, node: Arithmetic, terms: list[Term]) -> Term:
    left, right = (_within(build, operand, term, LONGEST) for operand, term in zip(node.operands, terms, strict=True))
    total = Term(OPERATORS[node.operator](left.value, right.value), checks=left.checks | right.checks)
    return attrs.evolve(build.within(node, total, LONGEST), in_range=True)


def _ratio(build: Builder, node: Arithmetic, terms: list[Term]) -> Term:
    if any(term.is_constant and abs(term.value) > LONGEST_DIVIDED for term in terms):
        return UNKNOWN
    left, right = (
        build.double(build.within(operand, term, LONGEST_DIVIDED))
        for operand, term in zip(node.operands, terms, strict=True)
    )
    return build.bounded(node, Term(left.value / right.value, "float", left.checks | right.checks))
