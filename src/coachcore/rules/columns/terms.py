"""The terms of a rule over the columns of a frame.

A value that may yet be unknown (a result out of range) carries the checks that tell so; nothing is asked of them here.
Numbers are reckoned as doubles, which hold every number in range exactly.
"""

import math
from decimal import ROUND_FLOOR, Context, Decimal
from typing import Any, Final

import attrs

from coachcore.rules.columns.facts import NOTHING, SAME_ZONES, Cannot, Term, decimals
from coachcore.rules.columns.times import Times
from coachcore.rules.expr.evaluate import DURATION_UNITS, OPERATORS
from coachcore.rules.expr.nodes import Arithmetic, Call, Constant, FactRef, Node

__all__ = ["Terms", "held"]


ROOM: Final = 38
"""The digits of a decimal in SQL."""
WIDE: Final = Context(prec=100)
"""Where no written number is rounded."""


def held(value: Any, digits: tuple[int, int]) -> tuple[Decimal | None, bool]:
    """The greatest number with a column's digits that is no greater than a written one, and whether it is that one.

    None where a column of so many digits holds none so far from zero.
    """
    precision, scale = digits
    exact = value if isinstance(value, Decimal) else Decimal(repr(value))
    below = exact.quantize(Decimal(1).scaleb(-scale), ROUND_FLOOR, WIDE)
    if abs(below) >= Decimal(10) ** (precision - scale):
        return None, False
    short = below.normalize(WIDE)
    return (short if short.as_tuple().exponent <= 0 else short.quantize(Decimal(1), context=WIDE)), below == exact  # type: ignore[operator]


@attrs.define
class Terms(Times):
    """Writes terms over a frame's columns."""

    def of(self, node: Node) -> Term:
        """The term of a node that is no condition. Raises Cannot, NotValid rule.column_missing, rule.column_type."""
        match node:
            case Constant():
                return self.written(node)
            case FactRef(name):
                return self.fact(name)
            case Call(function, operands) | Arithmetic(function, operands):
                terms = [self.of(each) for each in operands]
                if any(each is NOTHING for each in terms):
                    return NOTHING
                if isinstance(node, Call):
                    return self.called(node, function, terms)
                if node.type.is_number and all(each.type.is_number for each in operands):
                    return self.reckoned(node, function, terms)
                return self.timed(node, function, terms)
        raise Cannot(f"{type(node).__name__} is no term")

    def number(self, value: Any, form: str) -> Any:
        """A written number as numbers of a form are compared with. Raises Cannot."""
        if form == "decimal":
            return self.api.lit(value if isinstance(value, Decimal) else Decimal(repr(value)))
        if form == "int" and value == int(value):
            return int(value)
        near = float(value)
        if form == "float" and isinstance(value, Decimal) and Decimal(repr(near)) != value and not self.approximate:
            raise decimals(f"{value} has more digits than a float column keeps")
        return near

    def alike(self, left: Term, right: Term) -> tuple[Term, Term]:
        """Two numbers in types that are compared exactly. Raises Cannot."""
        if left.is_written:
            return attrs.evolve(left, value=self.number(left.value, right.form)), right
        if right.is_written:
            return left, attrs.evolve(right, value=self.number(right.value, left.form))
        if not self.is_room(left, right):
            if not self.approximate:
                raise decimals(f"two numbers have more than {ROOM} digits together")
            return self.double(left), self.double(right)
        if left.form == right.form:
            return left, right
        if {left.form, right.form} == {"decimal", "float"} and not self.approximate:
            raise decimals("a decimal column is compared with a float column")
        return (self.double(left), self.double(right)) if "float" in (left.form, right.form) else (left, right)

    def is_room(self, left: Term, right: Term) -> bool:
        """Whether the decimal that SQL brings two numbers to has room for both: else it would fail on some rows."""
        is_told = self.back.is_polars() or self.back.is_pyarrow()  # which compare them, or refuse at once
        if is_told or "decimal" not in (left.form, right.form) or not left.digits or not right.digits:
            return True
        whole = max(precision - scale for precision, scale in (left.digits, right.digits))
        return whole + max(scale for _, scale in (left.digits, right.digits)) <= ROOM

    def called(self, node: Call, function: str, terms: list[Term]) -> Term:
        first = terms[0]
        if function == "len":
            return self.length(node.operands[0], first)
        if function in DURATION_UNITS:
            return self.lasting(node, DURATION_UNITS[function], first)
        if function in ("min", "max"):
            return self.extreme(node, function == "min", terms)
        if node.type.name == "decimal" and not self.approximate:
            raise decimals("decimals are reckoned with")
        found = self.double(self.bounded(node.operands[0], first))
        return found if function == "float" else attrs.evolve(found, value=found.value.abs())

    def length(self, node: Node, term: Term) -> Term:
        """How many items a set has."""
        if not self.back.is_pyarrow() or not isinstance(node, FactRef):
            count = term.value.list.unique().list.len()
            return Term(count if term.form != "float" else self.once_unknown(term.value, count), "int", in_range=True)
        if self.alone:
            raise Cannot("pyarrow does not tell how many different items a list has", "use columns")
        column = f"how many {node.fact}"
        while column in self.types:
            column += "_"
        self.counted[node.fact] = column
        return Term(self.api.col(column), "int", in_range=True)

    def once_unknown(self, lists: Any, count: Any) -> Any:
        """How many floats lists have, with what is NaN or infinite as one unknown number, as it is live."""
        if not (self.back.is_polars() or self.back.is_duckdb()):
            raise Cannot(f"{self.back.value} may count what is no number otherwise")
        odd = sum(lists.list.contains(each).cast(self.api.Int64) for each in (math.nan, math.inf, -math.inf))
        return count.cast(self.api.Int64) - self.api.when(odd > 1).then(odd - 1).otherwise(self.api.lit(0))

    def extreme(self, node: Call, is_least: bool, terms: list[Term]) -> Term:
        """The least or the greatest of parts: unknown where one of them is."""
        form = terms[0].form
        if node.type.name == "moment" and any(each.form != form for each in terms):
            raise Cannot("a moment with a zone meets one without", SAME_ZONES, "type")
        if node.type.is_number:
            if any(each.form == "decimal" for each in terms) and not self.approximate:
                raise decimals("the least or the greatest of decimals is taken")
            is_whole = all(isinstance(each.value, int) if each.is_written else each.form == "int" for each in terms)
            terms = terms if is_whole else [self.double(each) for each in terms]
            form = "int" if is_whole else "float"
        pick = self.api.min_horizontal if is_least else self.api.max_horizontal
        operands = [each.value for each in terms if not each.is_written]
        are_known = ~operands[0].is_null()
        for each in operands[1:]:
            are_known = are_known & ~each.is_null()
        values = [self.expression(each) for each in terms]
        if node.type.name == "text" and self.back.is_pyarrow():  # which has texts of two types
            values = [each.cast(self.api.String) for each in values]
        value = pick(*values)  # which passes over what is null
        checks = frozenset().union(*(each.checks for each in terms))
        return self._checked(Term(value, form, checks), ("all", node), are_known)

    def reckoned(self, node: Arithmetic, operator: str, terms: list[Term]) -> Term:
        """Arithmetic of numbers: operands and result are in range, or it is unknown."""
        if node.type.name == "decimal" and not self.approximate:
            raise decimals("decimals are reckoned with")
        if len(terms) == 1:
            one = self.double(self.bounded(node.operands[0], terms[0]))
            return attrs.evolve(one, value=0 - one.value)
        is_by_written = terms[1].is_written or (terms[0].is_written and operator == "*")
        factor = (
            float(next((abs(each.value) for each in reversed(terms) if each.is_written), 0)) if is_by_written else 0.0
        )
        if operator == "/" and is_by_written:
            if not factor:
                return NOTHING
            factor = 1 / factor
        is_growing = operator in "*/" and factor >= 1  # what is out of range stays so
        one, other = (
            self.double(self.bounded(operand, term, is_told=is_growing))
            for operand, term in zip(node.operands, terms, strict=True)
        )
        value = OPERATORS[operator](self.expression(one), other.value)
        is_shrinking = operator in "*/" and 0 < factor <= 1
        return self.bounded(
            node, Term(value, "float", one.checks | other.checks, in_range=is_shrinking and not is_growing)
        )
