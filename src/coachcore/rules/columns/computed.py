"""What a rule computes, over columns: numbers as doubles, days, moments and durations as whole numbers.

Time between moments is the time that passed, whatever the clocks there were set to. What is out of range, too long, or past the
end of the calendar, is unknown. Nothing overflows, because operands are checked before they are used. For example
`late_by * count <= hours(24)` multiplies two columns; the duration is null where the product would pass 4,000,000 days.

Libraries do not add or multiply decimals exactly, so that is refused, or with `approximate` done as doubles.
"""

from datetime import date, datetime, timedelta
from functools import reduce
from operator import and_
from typing import Final

import attrs

from coachcore.rules.columns.backend import Backend
from coachcore.rules.columns.terms import UNKNOWN, Term, Unsupported, as_whole_number
from coachcore.rules.expr.evaluate import (
    DURATION_UNITS,
    MAX_DIVIDED_DURATION,
    MAX_DURATION,
    MAX_RESULT,
    MICROSECOND,
    OPERATORS,
)
from coachcore.rules.expr.nodes import Arithmetic, Call, Constant

__all__ = ["computed"]

LONGEST: Final = MAX_DURATION // MICROSECOND
LONGEST_DIVIDED: Final = MAX_DIVIDED_DURATION // MICROSECOND
# what a day and a moment are counted in, and the ends of the calendar
UNITS: Final = {"date": timedelta(days=1), "moment": MICROSECOND}
ENDS: Final = {
    "date": (as_whole_number(date.min), as_whole_number(date.max)),
    "moment": (as_whole_number(datetime.min), as_whole_number(datetime.max)),
}


def computed(backend: Backend, node: Call | Arithmetic, terms: list[Term]) -> Term:
    """A call or an operation on terms that are not all constants. Raises Unsupported."""
    match node:
        case Call("len") if (
            terms[0].form == "float"
        ):  # NaN and the infinities would be one item, which lists count singly
            hint = "count them in your code, and declare their number as a fact"
            raise Unsupported("the items of a set of floats are counted", hint)
        case Call("len"):
            return Term(backend.set_size(terms[0].value), "int", bound=MAX_RESULT)
        case Call("min" | "max"):
            return _extreme(backend, node, terms)
        case Call(function) if function in DURATION_UNITS:
            return _product(backend, node, Term(DURATION_UNITS[function], is_constant=True), terms[0])
    if isinstance(node, Call) or all(operand.type.is_number for operand in node.operands):
        return _number(backend, node, terms)
    return _calendar(backend, node, terms)


# --- numbers ---------------------------------------------------------------------------------------------------------


def _number(backend: Backend, node: Arithmetic | Call, terms: list[Term]) -> Term:
    """Numbers computed: known where operands and result are in range."""
    if node.type.name == "decimal":
        backend.allow_rounding("decimals are computed with")
    left, *rest = (_ranged(backend, term) for term in terms)
    if isinstance(node, Call):
        return left if node.function == "float" else attrs.evolve(left, value=left.value.abs())
    if not rest:
        return attrs.evolve(left, value=0 - left.value)
    operation = backend.quotient if node.operator == "/" else OPERATORS[node.operator]
    return backend.within(Term(operation(left.value, rest[0].value), "float"), MAX_RESULT)


def _ranged(backend: Backend, term: Term) -> Term:
    """A number as a double with which arithmetic can be done: whole numbers are checked before, as they may be no double."""
    return backend.double(backend.within(backend.double(term) if term.form == "decimal" else term, MAX_RESULT))


def _extreme(backend: Backend, node: Call, terms: list[Term]) -> Term:
    """The least or the greatest of several: unknown where one of them is."""
    if node.type.name in ("text", "moment"):
        hint = "compare each of them: a <= c and b <= c for max(a, b) <= c"
        raise Unsupported(f"{node.function} of {node.type.name}s is computed", hint)
    if any(term.form == "decimal" for term in terms):
        backend.allow_rounding(f"{node.function} of decimals is computed")
    is_whole = not node.type.is_number or all(term.form == "int" or isinstance(term.value, int) for term in terms)
    terms = terms if is_whole else [backend.double(term) for term in terms]
    # libraries pass over what is null
    are_known = reduce(and_, (~term.value.is_null() for term in terms if not term.is_constant))
    pick = backend.api.min_horizontal if node.function == "min" else backend.api.max_horizontal
    value = pick(*(backend.api.lit(term.value) if term.is_constant else term.value for term in terms))
    form = "" if not node.type.is_number else "int" if is_whole else "float"
    return Term(backend.where(are_known, value), form)


# --- days, moments and durations -------------------------------------------------------------------------------------


def _calendar(backend: Backend, node: Arithmetic, terms: list[Term]) -> Term:
    (left, right), (left_term, right_term) = node.operands, terms
    match left.type.name, node.operator, right.type.name:
        case "date" | "moment" as name, _, "duration":
            if not isinstance(right, Constant):
                hint = "compare a difference of two days or moments with the duration: b - a <= d for a + d >= b"
                raise Unsupported(f"a {name} is moved by a duration that is not a constant", hint)
            moved = OPERATORS[node.operator](left_term.value, right.value // UNITS[name])
            return attrs.evolve(left_term, value=backend.where(moved.is_between(*ENDS[name]), moved))
        case "date" | "moment" as name, _, _:
            difference = (left_term.value - right_term.value).cast(backend.api.Int64)
            return Term(difference * (UNITS[name] // MICROSECOND))
        case "duration", "/", "duration":
            if any(term.is_constant and abs(term.value) > LONGEST_DIVIDED for term in terms):
                return UNKNOWN
            left_term, right_term = (backend.double(backend.within(term, LONGEST_DIVIDED)) for term in terms)
            return backend.within(Term(backend.quotient(left_term.value, right_term.value), "float"), MAX_RESULT)
        case "duration", _, "duration":
            left_term, right_term = (backend.within(term, LONGEST) for term in terms)
            total = OPERATORS[node.operator](left_term.value, right_term.value)
            return backend.within(Term(total), LONGEST)
        case "duration", _, _:
            return _product(backend, node, left_term, right_term)
    return _product(backend, node, right_term, left_term)


def _product(backend: Backend, node: Arithmetic | Call, span: Term, number: Term) -> Term:
    """A duration times a number, both of them whole: known where operands and product are in range."""
    if number.is_constant and number.value == int(number.value):
        return _times_constant(backend, span, int(number.value))
    if not any(operand.type.name == "int" for operand in node.operands):
        hint = "declare the fact as int, or compare numbers: d / hours(1) <= n for d <= hours(n)"
        raise Unsupported("a duration is multiplied by a number that is not an int, and would be rounded", hint)
    if span.is_constant:
        return _times_constant(backend, number, span.value)
    span, number = backend.within(span, LONGEST), backend.within(number, MAX_RESULT)
    factor = number.value.cast(backend.api.Int64)
    # the check is by division, which is exact: |s * n| <= longest just where |s| <= longest // |n|
    most = backend.api.lit(LONGEST) // factor.abs().clip(1)
    return Term(backend.where(span.value.abs() <= most, span.value) * factor, bound=LONGEST)


def _times_constant(backend: Backend, term: Term, factor: int) -> Term:
    """A column of durations or of whole numbers times a constant."""
    limit = min(LONGEST // max(abs(factor), 1), MAX_RESULT if term.form else LONGEST)
    return Term(backend.within(term, limit).value.cast(backend.api.Int64) * factor, bound=LONGEST)
