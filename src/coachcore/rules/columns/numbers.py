"""Numbers over columns: compared exactly or not at all, computed as doubles whose operands and results are in range.

Decimals are compared with any constant, and in `decimal_bound` exactly; libraries do not add or multiply them exactly, so that
is refused, or with `approximate` done as doubles.
"""

from decimal import ROUND_FLOOR, Context, Decimal
from functools import reduce
from operator import and_
from typing import Any, Final

import attrs

from coachcore.rules.columns.backend import Unsupported
from coachcore.rules.columns.terms import UNKNOWN, Builder, Term, same_zones
from coachcore.rules.expr.evaluate import OPERATORS
from coachcore.rules.expr.nodes import Arithmetic, Call

__all__ = ["arithmetic", "comparable", "compared_decimal", "constant_for", "decimal_bound", "extreme", "inexact"]

NOT_ROUNDED: Final = Context(prec=100)
"""A context in which no constant of a rule is rounded: they have at most 28 digits, columns at most 76."""


def inexact(reason: str) -> Unsupported:
    """Decimals in a place where frames would round them."""
    return Unsupported(reason, "declare the facts as float, or give approximate=True to compute with floats", "decimal")


def constant_for(build: Builder, value: Any, form: str) -> Any:
    """A constant as numbers of a form are compared with it. Raises Unsupported."""
    if form == "decimal":
        return build.api.lit(value if isinstance(value, Decimal) else Decimal(repr(value)))
    if form == "int" and value == int(value):
        return int(value)
    double = float(value)
    is_rounded = form == "float" and isinstance(value, Decimal) and Decimal(repr(double)) != value
    if is_rounded and not build.approximate:
        raise inexact(f"{value} has more digits than a float column keeps")
    return double


def comparable(build: Builder, left: Term, right: Term) -> tuple[Term, Term]:
    """Two numbers in types that the library compares exactly. Raises Unsupported."""
    if left.is_constant:
        return attrs.evolve(left, value=constant_for(build, left.value, right.form)), right
    if right.is_constant:
        return left, attrs.evolve(right, value=constant_for(build, right.value, left.form))
    problem = ""
    if not _fit_together(build, left, right):
        problem = f"two numbers have more than {build.backend.max_digits} digits together"
    elif left.form == right.form:
        return left, right
    elif {left.form, right.form} == {"decimal", "float"}:
        problem = "a decimal column is compared with a float column"
    if problem and not build.approximate:
        raise inexact(problem)
    return (build.double(left), build.double(right)) if problem or "float" in (left.form, right.form) else (left, right)


def _fit_together(build: Builder, left: Term, right: Term) -> bool:
    """Whether one type of decimals holds both numbers; where none does, SQL fails in some rows."""
    limit = build.backend.max_digits
    if limit is None or "decimal" not in (left.form, right.form) or not left.digits or not right.digits:
        return True
    sizes = (left.digits, right.digits)
    return max(precision - scale for precision, scale in sizes) + max(scale for _, scale in sizes) <= limit


def decimal_bound(value: Any, digits: tuple[int, int]) -> tuple[Decimal | None, bool]:
    """The greatest number with a column's digits that is at most a constant, and whether it is the constant.

    With two places, 0.335 gives 0.33 and False: so `price > 0.335` is `price > 0.33`. None where the column's digits do not
    reach so far from zero.
    """
    precision, scale = digits
    exact = value if isinstance(value, Decimal) else Decimal(repr(value))
    below = exact.quantize(Decimal(1).scaleb(-scale), ROUND_FLOOR, NOT_ROUNDED)
    if abs(below) >= Decimal(10) ** (precision - scale):
        return None, False
    return below, below == exact


def compared_decimal(build: Builder, operator: str, term: Term, digits: tuple[int, int], value: Any) -> Term:
    """A column of decimals compared with a constant, by way of the number with the column's own digits: exactly."""
    below, is_equal = decimal_bound(value, digits)
    if below is None or (not is_equal and operator in ("==", "!=")):
        is_column_less = value > 0
        holds = operator in ("!=", *(("<", "<=") if is_column_less else (">", ">=")))
        return build.where_known(term, holds)
    if not is_equal:
        operator = {"<": "<=", ">=": ">"}.get(operator, operator)
    return attrs.evolve(term, value=OPERATORS[operator](term.value, build.api.lit(below)))


def arithmetic(build: Builder, node: Arithmetic | Call, terms: list[Term]) -> Term:
    """Numbers computed: known where operands and result are in range. Raises Unsupported."""
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


def extreme(build: Builder, node: Call, terms: list[Term]) -> Term:
    """The least or the greatest of several: unknown where one of them is. Raises Unsupported."""
    form = terms[0].form
    for term in terms if node.type.name == "moment" else ():
        same_zones(terms[0], term)
    if node.type.is_number:
        if any(term.form == "decimal" for term in terms) and not build.approximate:
            raise inexact(f"{node.function} of decimals is computed")
        is_whole = all(isinstance(term.value, int) if term.is_constant else term.form == "int" for term in terms)
        terms = terms if is_whole else [build.double(term) for term in terms]
        form = "int" if is_whole else "float"
    are_known = reduce(and_, (~term.value.is_null() for term in terms if not term.is_constant))
    expressions = (build.api.lit(term.value) if term.is_constant else term.value for term in terms)
    values = [build.backend.extreme_operand(expression, node.type) for expression in expressions]
    # libraries pass over what is null, so a check asks for it
    pick = build.api.min_horizontal if node.function == "min" else build.api.max_horizontal
    checks = frozenset().union(*(term.checks for term in terms))
    return build.checked(Term(pick(*values), form, checks), ("all", node), are_known)
