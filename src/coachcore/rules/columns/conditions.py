"""Conditions over columns: a rule's tree, from comparisons up, as one expression.

Null is the third value: what `&`, `|` and comparisons of columns do with null is Kleene's logic, and terms are null where they are
unknown (see `backend`).

Numbers are compared exactly or not at all: decimals with any constant, and with decimals that have as many places.
"""

from decimal import ROUND_FLOOR, Context, Decimal
from functools import reduce
from operator import and_, or_
from typing import Any, Final

import attrs

from coachcore.rules.columns.backend import Backend
from coachcore.rules.columns.computed import computed
from coachcore.rules.columns.facts import fact_term
from coachcore.rules.columns.terms import UNKNOWN, Term, Unsupported, constant_term
from coachcore.rules.expr import nodes
from coachcore.rules.expr.evaluate import OPERATORS, evaluate
from coachcore.rules.expr.nodes import MIRRORED, Node, fact_names
from coachcore.rules.limits import LIMITS

__all__ = ["Conditions"]

NOT_ROUNDED: Final = Context(prec=100)
"""A context in which no constant of a rule is rounded: they have at most 28 digits, columns at most 76."""


@attrs.define
class Conditions:
    """Makes conditions over one frame, each part of them once."""

    backend: Backend
    terms: dict[Node, tuple[Term, int]] = attrs.field(factory=dict)

    def expression(self, condition: Node) -> Any:
        """A condition as an expression: true, false, or null for unknown. Raises Unsupported."""
        term = self.term(condition)
        return self.backend.api.lit(term.value, dtype=self.backend.api.Boolean) if term.is_constant else term.value

    def term(self, node: Node) -> Term:
        """A node of any type. Raises Unsupported."""
        before = self.backend.step
        if node not in self.terms:
            self.backend.step = 0
            self.terms[node] = self._term(node), self.backend.step
        term, step = self.terms[node]
        self.backend.step = max(before, step)
        return term

    def _term(self, node: Node) -> Term:
        match node:
            case nodes.Constant(value):
                return constant_term(value)
            case nodes.FactRef(name):
                return fact_term(self.backend, name, node.type)
            case nodes.And(operands):
                return Term(reduce(and_, map(self.expression, operands)))
            case nodes.Or(operands):
                return Term(reduce(or_, map(self.expression, operands)))
            case nodes.Not(operand):
                return Term(~self.expression(operand))
            case nodes.IsKnown(operand, wanted):
                is_null = self.expression(operand).is_null()
                return Term(~is_null if wanted else is_null)
            case nodes.Comparison() if not fact_names(node):
                return Term(evaluate(node, {}), is_constant=True)
        terms = [self.term(operand) for operand in node.operands]
        if UNKNOWN in terms:
            return UNKNOWN
        _check_zones(*terms)
        if isinstance(node, nodes.Comparison):
            return Term(_compared(self.backend, node, *terms))
        return computed(self.backend, node, terms)


# --- comparisons -----------------------------------------------------------------------------------------------------


def _check_zones(*terms: Term) -> None:
    """Raises Unsupported where a moment with a zone and one without are used together."""
    if {"plain", "zoned"} <= {term.form for term in terms}:
        reason = "a moment with a zone is used with one without"
        raise Unsupported(reason, "give both columns a time zone, or neither", "column.invalid")


def _compared(backend: Backend, node: nodes.Comparison, left: Term, right: Term) -> Any:
    """What a comparison says, as an expression. Raises Unsupported."""
    operator = node.operator
    if operator == "not in":
        return ~_is_in(backend, node.operands[0], left, right)
    if operator == "in":
        return _is_in(backend, node.operands[0], left, right)
    if node.operands[0].type.item is not None:
        raise Unsupported("sets are compared", "ask what is in them, or how many items they have")
    if left.is_constant:  # an expression is the left operand of the library's operator
        return _compared_with(backend, MIRRORED.get(operator, operator), right, left.value)
    if right.is_constant:
        return _compared_with(backend, operator, left, right.value)
    forms = {left.form, right.form}
    # no type may have room for the digits of two decimals, where SQL fails in some rows
    if "decimal" in forms and (len(forms) > 1 or left.digits[1] != right.digits[1]):
        backend.allow_rounding("a decimal column is compared with one of another number of places, or of another type")
        forms.add("float")
    if "float" in forms:
        left, right = backend.double(left), backend.double(right)
    return OPERATORS[operator](left.value, right.value)


def _is_in(backend: Backend, item: Node, term: Term, items: Term) -> Any:
    """Whether a term is one of several constants, or a constant is in a set."""
    if not items.is_constant:
        if not isinstance(item, nodes.Constant):
            raise Unsupported("a fact is looked for in another", "look for a constant in the set")
        constant = _constant_for(backend, items.form, term.value)
        return _always(backend, items, False) if constant is None else items.value.list.contains(constant)
    members = [constant_term(member) for member in sorted(items.value)]
    _check_zones(term, *members)
    if len(members) <= LIMITS.values_compared_singly or term.form == "decimal":
        return reduce(or_, (_compared_with(backend, "==", term, member.value) for member in members))
    # pyarrow looks floats up by their bits, in which -0.0 is 0.0 only after 0.0 is added
    value = term.value + 0.0 if term.form == "float" else term.value
    constants = [_constant_for(backend, term.form, member.value) for member in members]
    return value.is_in([constant for constant in constants if constant is not None])


def _compared_with(backend: Backend, operator: str, term: Term, value: Any) -> Any:
    """A term compared with a constant: whole numbers and decimals by way of a number with the column's own digits, exactly.

    That is the greatest that is at most the constant. With two places 0.335 gives 0.33, so `price > 0.335` is `price > 0.33`,
    and `price >= 0.335` too.
    """
    if term.form not in ("int", "decimal"):
        return OPERATORS[operator](term.value, _constant_for(backend, term.form, value))
    precision, scale = term.digits
    exact = value if isinstance(value, Decimal) else Decimal(repr(value))
    below = exact.quantize(Decimal(1).scaleb(-scale), ROUND_FLOOR, NOT_ROUNDED)
    is_beyond = abs(below) >= Decimal(10) ** (precision - scale)  # the column's digits do not reach so far from zero
    if is_beyond or (below != exact and operator in ("==", "!=")):
        return _always(backend, term, operator in ("!=", *(("<", "<=") if value > 0 else (">", ">="))))
    if below != exact:
        operator = {"<": "<=", ">=": ">"}.get(operator, operator)
    return OPERATORS[operator](term.value, backend.api.lit(below) if term.form == "decimal" else int(below))


def _constant_for(backend: Backend, form: str, value: Any) -> Any:
    """A constant as values of a form are looked up; None where no value of the form is equal to it. Raises Unsupported."""
    if form == "int":
        return int(value) if value == int(value) else None
    if form != "float":
        return value
    double = float(value)
    if isinstance(value, Decimal) and Decimal(repr(double)) != value:
        backend.allow_rounding(f"{value} has more digits than a float column keeps")
    return double


def _always(backend: Backend, term: Term, value: bool) -> Any:
    """One value in every row in which a term is known."""
    return backend.api.when(~term.value.is_null()).then(backend.api.lit(value))
