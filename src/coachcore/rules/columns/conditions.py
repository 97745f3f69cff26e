"""Conditions over columns: a rule's tree, from comparisons up, as one expression.

Null is the third value: what `&`, `|` and comparisons of columns do with null is Kleene's logic. Everything else that is unknown
is made null by the checks of its term (see `terms`). For example, with `fill` a column of floats, `fill > 0 or is_fragile` is

    when(|fill| <= the greatest double).then(fill > 0) | is_fragile

Numbers are compared exactly or not at all: decimals with any constant, and with decimals that have as many places.
"""

from collections.abc import Callable, Iterable
from decimal import ROUND_FLOOR, Context, Decimal
from functools import reduce
from operator import and_, or_
from typing import Any, Final

import attrs

from coachcore.rules.columns.backend import Unsupported
from coachcore.rules.columns.computed import computed, inexact
from coachcore.rules.columns.terms import UNKNOWN, Builder, Term, constant_term, fact_term, same_zones
from coachcore.rules.expr import nodes
from coachcore.rules.expr.evaluate import OPERATORS, evaluate
from coachcore.rules.expr.nodes import BOOL, MIRRORED, Node, fact_names
from coachcore.rules.limits import LIMITS

__all__ = ["Conditions"]

NOT_ROUNDED: Final = Context(prec=100)
"""A context in which no constant of a rule is rounded: they have at most 28 digits, columns at most 76."""


@attrs.define
class Conditions:
    """Makes conditions over one frame, each part of them once. atom: the one that is being made, for messages."""

    build: Builder
    atom: Node | None = None
    terms: dict[Node, Term] = attrs.field(factory=dict)

    def expression(self, condition: Node) -> Any:
        """A condition as an expression: true, false, or null for unknown. Raises Unsupported."""
        return self.build.closed(self.term(condition))

    def term(self, node: Node) -> Term:
        """A node of any type; of a condition always an expression. Raises Unsupported."""
        if node not in self.terms:
            term = self._term(node)
            self.terms[node] = Term(self.build.closed(term)) if node.type == BOOL and term.is_constant else term
        return self.terms[node]

    def _term(self, node: Node) -> Term:
        match node:
            case nodes.Constant(value):
                return constant_term(value)
            case nodes.And(operands) | nodes.Or(operands):
                return self._joined(and_ if isinstance(node, nodes.And) else or_, map(self.term, operands))
            case nodes.Not(operand):
                return _negated(self.term(operand))
        self.atom = node if node.type == BOOL else self.atom
        match node:
            case nodes.FactRef(name):
                return fact_term(self.build, name, node.type)
            case nodes.IsKnown(operand, wanted):
                is_null = self.build.closed(self.term(operand)).is_null()
                return Term(~is_null if wanted else is_null)
            case nodes.Comparison() if not fact_names(node):
                return Term(evaluate(node, {}), is_constant=True)
        terms = [self.term(operand) for operand in node.operands]
        if UNKNOWN in terms:
            return UNKNOWN
        match node:
            case nodes.Comparison("in"):
                return self._is_in(node, *terms)
            case nodes.Comparison("not in"):
                return _negated(self._is_in(node, *terms))
            case nodes.Comparison(operator):
                return self._compared(operator, node, *terms)
        return computed(self.build, node, terms)

    def _joined(self, join: Callable[[Any, Any], Any], operands: Iterable[Term]) -> Term:
        """Operands with the same checks are joined before the checks are applied: where one fails, all of them are unknown."""
        by_checks: dict[frozenset[int], list[Any]] = {}
        for operand in operands:
            by_checks.setdefault(operand.checks, []).append(operand.value)
        terms = [Term(reduce(join, values), checks=checks) for checks, values in by_checks.items()]
        return terms[0] if len(terms) == 1 else Term(reduce(join, map(self.build.closed, terms)))

    # --- comparisons -------------------------------------------------------------------------------------------------

    def _compared(self, operator: str, node: nodes.Comparison, left: Term, right: Term) -> Term:
        if node.operands[0].type.item is not None:
            raise Unsupported("sets are compared", "ask what is in them, or how many items they have")
        if left.is_constant:  # an expression is the left operand of the library's operator
            left, right, operator = right, left, MIRRORED.get(operator, operator)
        if right.is_constant and left.form == "decimal" and left.digits:
            return _compared_decimal(self.build, operator, left, left.digits, right.value)
        if right.is_constant:
            right = attrs.evolve(right, value=_constant_beside(self.build, left, right))
        elif node.operands[0].type.is_number:
            left, right = _comparable(self.build, left, right)
        same_zones(left, right)
        return Term(OPERATORS[operator](left.value, right.value), checks=left.checks | right.checks)

    def _is_in(self, node: nodes.Comparison, item: Term, items: Term) -> Term:
        """Whether a term is one of several constants, or a constant is in a set."""
        if items.is_constant:
            return self._is_one_of(node, item, [constant_term(value) for value in sorted(items.value)])
        constant = node.operands[0]
        if not isinstance(constant, nodes.Constant):
            raise Unsupported("a fact is looked for in another", "look for a constant in the set")
        value = _constant_for(self.build, constant.value, items.form) if constant.type.is_number else constant.value
        if items.form == "int" and isinstance(value, float):
            return self.build.where_known(items, False)
        return attrs.evolve(items, value=items.value.list.contains(value))

    def _is_one_of(self, node: nodes.Comparison, term: Term, constants: list[Term]) -> Term:
        if len(constants) <= LIMITS.values_compared_singly or term.form == "decimal":
            compared = [self._compared("==", node, term, constant).value for constant in constants]
            return attrs.evolve(term, value=reduce(or_, compared))
        values = [_constant_beside(self.build, term, constant) for constant in constants]
        if term.form == "float":  # pyarrow looks floats up by their bits, in which -0.0 is 0.0 only after 0.0 is added
            return attrs.evolve(term, value=(term.value + 0.0).is_in(values))
        if term.form == "int":
            values = [value for value in values if isinstance(value, int)]
        return attrs.evolve(term, value=term.value.is_in(values))


def _negated(condition: Term) -> Term:
    return attrs.evolve(condition, value=~condition.value)


def _constant_beside(build: Builder, term: Term, constant: Term) -> Any:
    """A constant as values of a term are compared with it. Raises Unsupported."""
    same_zones(term, constant)
    if term.form == "decimal":  # whose digits narwhals does not say
        return build.api.lit(Decimal(str(constant.value)))
    return _constant_for(build, constant.value, term.form) if term.form in ("int", "float") else constant.value


def _constant_for(build: Builder, value: Any, form: str) -> Any:
    """A number as numbers of a form are compared with it. Raises Unsupported."""
    if form == "int" and value == int(value):
        return int(value)
    double = float(value)
    is_rounded = form == "float" and isinstance(value, Decimal) and Decimal(repr(double)) != value
    if is_rounded and not build.approximate:
        raise inexact(f"{value} has more digits than a float column keeps")
    return double


def _comparable(build: Builder, left: Term, right: Term) -> tuple[Term, Term]:
    """Two columns of numbers in types that the library compares exactly. Raises Unsupported."""
    forms = {left.form, right.form}
    # no type may have room for the digits of two decimals, where SQL fails in some rows
    if "decimal" in forms and (len(forms) > 1 or _places(left) != _places(right)):
        if not build.approximate:
            raise inexact("a decimal column is compared with one of another number of places, or of another type")
        forms.add("float")
    return (build.double(left), build.double(right)) if "float" in forms else (left, right)


def _places(term: Term) -> int | None:
    return term.digits and term.digits[1]


def _decimal_bound(value: Any, digits: tuple[int, int]) -> tuple[Decimal | None, bool]:
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


def _compared_decimal(build: Builder, operator: str, term: Term, digits: tuple[int, int], value: Any) -> Term:
    """A column of decimals compared with a constant, by way of the number with the column's own digits: exactly."""
    below, is_equal = _decimal_bound(value, digits)
    if below is None or (not is_equal and operator in ("==", "!=")):
        is_column_less = value > 0
        holds = operator in ("!=", *(("<", "<=") if is_column_less else (">", ">=")))
        return build.where_known(term, holds)
    if not is_equal:
        operator = {"<": "<=", ">=": ">"}.get(operator, operator)
    return attrs.evolve(term, value=OPERATORS[operator](term.value, build.api.lit(below)))
