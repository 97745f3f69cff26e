"""Terms: the parts of a rule as expressions over columns, with the checks that say where their values are known.

Evaluation is total: a float that is not finite, or a result out of range, is unknown. Asking so at every step would be slow,
because several comparisons read the same facts. A term therefore carries a value that may be wrong in some rows, and the
numbers of the checks that hold in all other rows. A check is written once, whatever asks for it; comparisons with the same
checks are joined before the checks are applied. For example `0 < fill and fill * 2 <= 1` has the checks

    0: |fill| <= the greatest double        1: |fill| <= 10^15        2: |fill * 2| <= 10^15

and its second comparison is Term(fill * 2 <= 1, checks={1, 2}): check 1 implies check 0.

Numbers are computed as doubles, which hold every whole number in range exactly; days, moments and durations are whole numbers.
"""

from collections.abc import Hashable
from datetime import UTC, date, datetime, timedelta
from functools import reduce
from operator import and_
from typing import Any, Final

import attrs

from coachcore.rules.columns.backend import Backend, Unsupported
from coachcore.rules.expr.evaluate import MAX_RESULT, MICROSECOND
from coachcore.rules.expr.nodes import FactRef, Node

__all__ = ["UNKNOWN", "Builder", "Term", "as_whole_number", "constant_term", "same_zones"]


@attrs.frozen(eq=False)
class Term:
    """A part of a rule.

    value: an expression; where `is_constant`, a plain value (of a condition True, False or None). form: of numbers int, float
    or decimal, by the type of the column; of moments zoned or plain. checks: see above. in_range: whether arithmetic can use
    it unchecked. digits: precision and scale of a column of decimals or whole numbers.
    """

    value: Any
    form: str = ""
    checks: frozenset[int] = frozenset()
    in_range: bool = False
    is_constant: bool = False
    digits: tuple[int, int] | None = None


# unknown in every row: a column of nothing but nulls, and what is computed from it
UNKNOWN: Final = Term(None, is_constant=True)


@attrs.define
class Builder:
    """Makes terms over one frame, and holds their checks. approximate: whether decimals may be computed as floats."""

    backend: Backend
    approximate: bool = False
    checks: list[Any] = attrs.field(factory=list)
    numbers: dict[Hashable, int] = attrs.field(factory=dict)

    @property
    def api(self) -> Any:
        """The module whose functions make expressions."""
        return self.backend.api

    def checked(self, term: Term, key: Hashable, condition: Any) -> Term:
        """The term with one more check. key: what distinguishes it from other checks."""
        number = self.numbers.setdefault(key, len(self.checks))
        if number == len(self.checks):
            self.checks.append(condition)
        return attrs.evolve(term, checks=term.checks | {number})

    def closed(self, term: Term) -> Any:
        """A condition as an expression that is null where it is unknown: its checks are applied."""
        if term.is_constant:
            return self.api.lit(term.value, dtype=self.api.Boolean)
        if not term.checks:
            return term.value
        return self.api.when(reduce(and_, (self.checks[number] for number in sorted(term.checks)))).then(term.value)

    def where_known(self, term: Term, value: bool) -> Term:
        """A condition that has one value in every row where a term is known."""
        return attrs.evolve(term, value=self.api.when(~term.value.is_null()).then(self.api.lit(value)))

    def within(self, node: Node, term: Term, limit: int) -> Term:
        """A whole number, known where it is at most `limit` from zero. node: what the term was made of."""
        if term.is_constant:
            return term
        checked = self.checked(term, ("within", node, limit), term.value.is_between(-limit, limit))
        return attrs.evolve(checked, value=self.backend.clamped(term.value, limit))

    def null_beyond(self, value: Any, limit: int) -> Any:
        """A number that is null where it is further than `limit` from zero."""
        return self.api.when(value.is_between(-limit, limit)).then(value)

    def bounded(self, node: Node, term: Term, *, result_tells: bool = False) -> Term:
        """A number, known where arithmetic can use it. result_tells: whether the check of the result implies this one."""
        if term.in_range or term.is_constant:
            return term
        if term.form == "int" and not self.backend.wraps_around:
            return attrs.evolve(term, value=self.null_beyond(term.value, MAX_RESULT), in_range=True)
        # to be in range is to be finite
        finite = self.numbers.get(("finite", node.fact)) if isinstance(node, FactRef) else None
        bounded = attrs.evolve(term, checks=term.checks - {finite}, in_range=True)
        if result_tells:
            return bounded
        value = term.value.cast(self.api.Float64) if term.form == "decimal" else term.value
        within = value.abs() <= MAX_RESULT if term.form == "float" else value.is_between(-MAX_RESULT, MAX_RESULT)
        return self.checked(bounded, ("range", node), within)

    def double(self, term: Term) -> Term:
        """A number as a double."""
        if term.is_constant:
            return attrs.evolve(term, value=float(term.value), form="float")
        if term.form == "float":
            return term
        is_decimal = term.form == "decimal"
        value = self.backend.decimal_as_double(term.value) if is_decimal else term.value.cast(self.api.Float64)
        return attrs.evolve(term, value=value, form="float")


def constant_term(value: Any) -> Term:
    """A constant of a rule."""
    form = "" if not isinstance(value, datetime) else "plain" if value.tzinfo is None else "zoned"
    return Term(as_whole_number(value), form, is_constant=True)


def as_whole_number(value: Any) -> Any:
    """A day, a moment or a duration as it is counted in columns; any other value as it is."""
    match value:
        case timedelta():
            return value // MICROSECOND
        case datetime():
            return (value - datetime(1970, 1, 1, tzinfo=value.tzinfo and UTC)) // MICROSECOND
        case date():
            return (value - date(1970, 1, 1)).days
    return value


def same_zones(left: Term, right: Term) -> None:
    """Raises Unsupported where a moment with a zone and one without are used together."""
    if left.form != right.form:
        reason = "a moment with a zone is used with one without"
        raise Unsupported(reason, "give both columns a time zone, or neither", "type")
