"""Days, moments and durations over columns: durations are reckoned as whole microseconds.

Promises: time passed between moments is told exactly, whatever the clocks there were set to; what is too long, or past the
end of the calendar, is unknown.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import attrs

from coachcore.rules.columns.facts import NOTHING, SAME_ZONES, Cannot, Columns, Term
from coachcore.rules.expr.evaluate import (
    DURATION_UNITS,
    MAX_DIVIDED_DURATION,
    MAX_DURATION,
    MAX_RESULT,
    MICROSECOND,
    OPERATORS,
)
from coachcore.rules.expr.nodes import Arithmetic, Call, Constant, FactRef, Node
from coachcore.rules.expr.types import FactType

__all__ = ["Times"]

SPAN, RATIO_SPAN = MAX_DURATION // MICROSECOND, MAX_DIVIDED_DURATION // MICROSECOND
AS_DIFFERENCE: Final = "write it as a difference of two days or moments, compared with the duration"


@attrs.define
class Times(Columns):
    """Writes terms with days, moments and durations."""

    def lasting(self, node: Call, unit: int, term: Term) -> Term:
        """A duration of so many units."""
        if node.operands[0].type.name != "int":
            raise Cannot("a duration is made of a fact that is no whole number", "declare the fact as int")
        return self.multiplied(node.operands[0], term, unit)

    def multiplied(self, node: Node, term: Term, factor: int) -> Term:
        """Whole microseconds times a whole number. node: what is multiplied."""
        most = SPAN // max(abs(factor), 1)
        if term.form == "float":  # a number, which has no durations in it: this does not grow
            return Term(self.kept(term.value, most).cast(self.api.Int64) * factor, checks=term.checks)
        near = self.within(node, term, most)
        return Term(near.value.cast(self.api.Int64) * factor, checks=near.checks)

    def within(self, node: Node, term: Term, most: int) -> Term:
        """A whole number with the check that it is no further from zero than `most`, and where it fails, any that is."""
        if term.is_written:
            return term
        near = self._checked(term, ("within", node, most), term.value.is_between(-most, most))
        if self.back.is_polars():  # whose numbers wrap around, and cast to anything
            return near
        # not when and then, which has the value twice: of a sum of sums that grows with each
        least, api = self.api.lit(-most), self.api
        return attrs.evolve(near, value=api.max_horizontal(api.min_horizontal(term.value, api.lit(most)), least))

    def kept(self, value: Any, most: int) -> Any:
        """A number that is no further from zero than `most`, else null."""
        return self.api.when(value.is_between(-most, most)).then(value)

    def timed(self, node: Arithmetic, operator: str, terms: list[Term]) -> Term:
        """Arithmetic with days, moments or durations."""
        first, second = (each.type.name for each in node.operands)
        if first == second == "duration":
            return self.ratio(node, terms) if operator == "/" else self.added(node, operator, terms)
        if first == second:
            return self.between(terms, first)
        if first in ("date", "moment"):
            by = node.operands[1]
            if not isinstance(by, Constant):
                raise Cannot("a day or a moment is moved by what is not written in the rule", AS_DIFFERENCE)
            return self.moved(node, terms[0], by.value, 1 if operator == "+" else -1)
        span, times = (terms[0], terms[1]) if first == "duration" else (terms[1], terms[0])
        if span.is_written or not times.is_written or times.value != int(times.value):
            raise Cannot("a duration is taken times what is no whole number", "multiply both sides until it is whole")
        return self.multiplied(node.operands[0] if first == "duration" else node.operands[1], span, int(times.value))

    def between(self, terms: list[Term], fact_type: str) -> Term:
        """The duration between two days or moments."""
        if terms[0].form != terms[1].form:
            raise Cannot("a moment with a zone meets one without", SAME_ZONES, "type")
        checks = terms[0].checks | terms[1].checks
        value = terms[0].value - terms[1].value
        if fact_type == "moment" and self.is_counted:
            return Term(value, checks=checks)
        in_days = fact_type == "date" and self.back.is_duckdb()
        return Term(value * DURATION_UNITS["days"] if in_days else value.dt.total_microseconds(), checks=checks)

    def added(self, node: Arithmetic, operator: str, terms: list[Term]) -> Term:
        one, other = (self.within(operand, each, SPAN) for operand, each in zip(node.operands, terms, strict=True))
        value = OPERATORS[operator](self.expression(one), other.value)
        return self.within(node, Term(value, checks=one.checks | other.checks), SPAN)

    def ratio(self, node: Arithmetic, terms: list[Term]) -> Term:
        if any(each.is_written and abs(each.value) > RATIO_SPAN for each in terms):
            return NOTHING
        one, other = (
            self.double(self.within(operand, each, RATIO_SPAN))
            for operand, each in zip(node.operands, terms, strict=True)
        )
        if other.is_written and not other.value:
            return NOTHING
        return self.bounded(node, Term(self.expression(one) / other.value, "float", one.checks | other.checks))

    def moved(self, node: Arithmetic, term: Term, by: timedelta, operator: int) -> Term:
        """A day or a moment, some written time later or earlier; unknown where the calendar ends."""
        ends: tuple[Any, Any] = (date.min, date.max)
        if node.type.name == "date":
            by = timedelta(days=by.days)  # as Python does: whole days, of the duration as it is written
        else:
            zone = UTC if term.form == "zoned" else None
            ends = (datetime.min.replace(tzinfo=zone), datetime.max.replace(tzinfo=zone))
        is_later = operator * by > timedelta()
        try:
            last = self.written(Constant(ends[is_later] - operator * by, node.type)).value
        except OverflowError:
            return NOTHING
        value = self.shifted(term, node.type, operator * by)
        within = term.value <= last if is_later else term.value >= last
        return self._checked(Term(value, term.form, term.checks), ("calendar", node), within)

    def shifted(self, term: Term, fact_type: FactType, by: timedelta) -> Any:
        """A day or a moment some time later, as an expression."""
        if fact_type.name == "date":
            later = term.value + by
            return later if self.back.is_polars() else later.cast(self.api.Date)
        if self.is_counted:
            return term.value + by // MICROSECOND
        if term.form == "zoned" and not self.back.is_polars():
            # in microseconds, which pass: a day of theirs is one by the clocks of the session's zone
            return term.value.dt.offset_by(f"{by // MICROSECOND}us")
        return term.value + by

    def bounded(self, node: Node, term: Term, *, is_told: bool = False) -> Term:
        """A number with the check that it is one to reckon with. is_told: the result's check will tell it as well."""
        if term.in_range or term.is_written:
            return term
        if term.form == "int" and not self.back.is_polars():  # others make no doubles of numbers out of range
            return attrs.evolve(term, value=self.kept(term.value, MAX_RESULT), in_range=True)
        finite = self.numbers.get(("finite", node.fact)) if isinstance(node, FactRef) else None  # told by the range
        checks = term.checks - {finite}
        if not is_told:
            value = term.value.cast(self.api.Float64) if term.form == "decimal" else term.value
            within = value.abs() <= MAX_RESULT if term.form == "float" else value.is_between(-MAX_RESULT, MAX_RESULT)
            checks |= {self.check(("range", node), within)}
        return attrs.evolve(term, checks=checks, in_range=True)
