"""Conditions over columns: a rule's tree, from comparisons up, as one expression.

Null is the third value: what `&`, `|` and comparisons of columns do with null is Kleene's logic. Everything else that is unknown
is made null by the checks of its term (see `terms`). For example, with `fill` a column of floats, `fill > 0 or is_fragile` is

    when(|fill| <= the greatest double).then(fill > 0) | is_fragile
"""

from collections.abc import Sequence
from functools import reduce
from operator import and_, or_
from typing import Any

import attrs

from coachcore.rules.columns.backend import Unsupported
from coachcore.rules.columns.facts import fact_term
from coachcore.rules.columns.numbers import (
    arithmetic,
    comparable,
    compared_decimal,
    constant_for,
    decimal_bound,
    extreme,
)
from coachcore.rules.columns.terms import UNKNOWN, Builder, Term, constant_term, same_zones
from coachcore.rules.columns.times import calendar_arithmetic, duration
from coachcore.rules.expr import nodes
from coachcore.rules.expr.evaluate import DURATION_UNITS, OPERATORS, evaluate
from coachcore.rules.expr.nodes import BOOL, MIRRORED, Node, fact_names
from coachcore.rules.limits import LIMITS

__all__ = ["Conditions"]


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
        """A node of any type. Raises Unsupported."""
        if node not in self.terms:
            self.terms[node] = self._term(node)
        return self.terms[node]

    def _term(self, node: Node) -> Term:
        match node:
            case nodes.Constant(value):
                return constant_term(value)
            case nodes.And(operands) | nodes.Or(operands):
                return self._joined(isinstance(node, nodes.And), [self.term(operand) for operand in operands])
            case nodes.Not(operand):
                return _negated(self.term(operand))
        self.atom = node if node.type == BOOL else self.atom
        match node:
            case nodes.FactRef(name):
                return fact_term(self.build, name, node.type)
            case nodes.IsKnown(operand, wanted):
                return self._is_known(self.term(operand), wanted)
            case nodes.Comparison() if not fact_names(node):
                return _decided(evaluate(node, {}))
            case nodes.Comparison("in", (item, items)):
                return self._is_in(item, items)
            case nodes.Comparison("not in", (item, items)):
                return _negated(self._is_in(item, items))
            case nodes.Comparison(operator, (left, right)):
                return self._compared(operator, left, right)
        terms = [self.term(operand) for operand in node.operands]
        return UNKNOWN if any(term is UNKNOWN for term in terms) else self._computed(node, terms)

    def _computed(self, node: nodes.Call | nodes.Arithmetic, terms: list[Term]) -> Term:
        if isinstance(node, nodes.Arithmetic):
            is_numeric = node.type.is_number and all(operand.type.is_number for operand in node.operands)
            return (arithmetic if is_numeric else calendar_arithmetic)(self.build, node, terms)
        if node.function == "len":
            sizes = self.build.backend.set_size(fact_names(node)[0], terms[0].value, terms[0].form == "float")
            return Term(sizes, "int", in_range=True)
        if node.function in DURATION_UNITS:
            return duration(self.build, node, terms[0])
        if node.function in ("min", "max"):
            return extreme(self.build, node, terms)
        return arithmetic(self.build, node, terms)

    def _joined(self, is_and: bool, operands: Sequence[Term]) -> Term:
        """Operands with the same checks are joined before the checks are applied: where one fails, all of them are unknown."""
        if any(operand.is_constant and operand.value is (not is_and) for operand in operands):
            return Term(not is_and, is_constant=True)
        by_checks: dict[frozenset[int], list[Any]] = {}
        for operand in operands:
            if not operand.is_constant or operand.value is None:  # the other constant changes nothing
                value = self.build.closed(operand) if operand.is_constant else operand.value
                by_checks.setdefault(operand.checks, []).append(value)
        join = and_ if is_and else or_
        terms = [Term(reduce(join, values), checks=checks) for checks, values in by_checks.items()]
        if len(terms) > 1:
            return Term(reduce(join, map(self.build.closed, terms)))
        return terms[0] if terms else Term(is_and, is_constant=True)

    def _is_known(self, term: Term, wanted: bool) -> Term:
        if term.is_constant:
            return Term((term.value is not None) is wanted, is_constant=True)
        is_null = self.build.closed(term).is_null()
        return Term(~is_null if wanted else is_null)

    def _compared(self, operator: str, left_node: Node, right_node: Node) -> Term:
        left, right = self.term(left_node), self.term(right_node)
        if left is UNKNOWN or right is UNKNOWN:
            return UNKNOWN
        if left_node.type.item is not None:
            raise Unsupported("sets are compared", "ask what is in them, or how many items they have")
        if left_node.type.name == "moment":
            same_zones(left, right)
        if left.is_constant and right.is_constant:  # two conditions: of other terms one reads a fact
            return _decided(OPERATORS[operator](left.value, right.value))
        if left.is_constant:  # an expression is the left operand of the library's operator
            left, right, operator = right, left, MIRRORED.get(operator, operator)
        if right.is_constant and left.form == "decimal" and left.digits:
            return compared_decimal(self.build, operator, left, left.digits, right.value)
        if left_node.type.is_number:
            left, right = comparable(self.build, left, right)
        return Term(OPERATORS[operator](left.value, right.value), checks=left.checks | right.checks)

    def _is_in(self, item: Node, items: Node) -> Term:
        """Whether a term is one of several constants, or a constant is in a set."""
        if isinstance(items, nodes.Constant):
            term = self.term(item)
            return UNKNOWN if term is UNKNOWN else self._is_one_of(term, item, sorted(items.value))
        if not isinstance(item, nodes.Constant):
            raise Unsupported("a fact is looked for in another", "look for a constant in the set")
        sets = self.term(items)
        if sets is UNKNOWN:
            return UNKNOWN
        value = constant_for(self.build, item.value, sets.form) if item.type.is_number else item.value
        if sets.form == "int" and isinstance(value, float):
            return self.build.where_known(sets, False)
        return attrs.evolve(sets, value=sets.value.list.contains(value))

    def _is_one_of(self, term: Term, node: Node, constants: list[Any]) -> Term:
        if term.form == "decimal" and term.digits:
            bounds = [decimal_bound(constant, term.digits) for constant in constants]
            values = [self.build.api.lit(bound) for bound, is_equal in bounds if is_equal]
        elif node.type.is_number:
            values = [constant_for(self.build, constant, term.form) for constant in constants]
            if term.form == "int":
                values = [value for value in values if isinstance(value, int)]
        else:
            others = [constant_term(constant) for constant in constants]
            for other in others:
                same_zones(term, other)
            values = [other.value for other in others]
        if not values:
            return self.build.where_known(term, False)
        if len(values) > LIMITS.values_compared_singly and term.form != "decimal":
            return attrs.evolve(term, value=self.build.backend.is_in(term.value, term.form, values))
        return attrs.evolve(term, value=reduce(or_, (term.value == value for value in values)))


def _negated(term: Term) -> Term:
    if term.is_constant:
        return _decided(None if term.value is None else not term.value)
    return attrs.evolve(term, value=~term.value)


def _decided(value: bool | None) -> Term:
    """A condition that has the same value in every row."""
    return UNKNOWN if value is None else Term(value, is_constant=True)
