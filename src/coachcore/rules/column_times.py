"""Days, moments and durations over columns: durations are reckoned as whole microseconds.

Promises: time passed between moments is told exactly, whatever the clocks there were set to; what is too long, or past the
end of the calendar, is unknown.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import attrs

from coachcore.rules.column_facts import DAY, MICROSECOND, NOTHING, SAME_ZONES, Cannot, Columns, Term
from coachcore.rules.tree import BOUND, LONGEST, LONGEST_RATIO, SIGNS, Arithmetic, Call, Constant, Node, Reading

__all__ = ["Times"]

SPAN, RATIO_SPAN = LONGEST // MICROSECOND, LONGEST_RATIO // MICROSECOND
UNITS: Final = {
    "days": DAY,
    "weeks": 7 * DAY,
    "hours": DAY // 24,
    "minutes": DAY // 1440,
    "seconds": DAY // 86_400,
}
AS_DIFFERENCE: Final = "write it as a difference of two days or moments, compared with the duration"


@attrs.define
class Times(Columns):
    """Writes terms with days, moments and durations."""

    def lasting(self, node: Call, unit: int, term: Term) -> Term:
        """A duration of so many units."""
        if node.parts[0].kind.name != "int":
            raise Cannot("a duration is made of a fact that is no whole number", "declare the fact as int")
        return self.multiplied(term, unit)

    def multiplied(self, term: Term, factor: int) -> Term:
        """Whole microseconds times a whole number; null where it comes out too long."""
        most = SPAN // max(abs(factor), 1)
        return Term(self.kept(term.value, most).cast(self.api.Int64) * factor, checks=term.checks)

    def kept(self, value: Any, most: int) -> Any:
        """A number that is no further from zero than `most`, else null."""
        return self.api.when(value.is_between(-most, most)).then(value)

    def timed(self, node: Arithmetic, sign: str, terms: list[Term]) -> Term:
        """Arithmetic with days, moments or durations."""
        first, second = (each.kind.name for each in node.parts)
        if first == second == "duration":
            return self.ratio(node, terms) if sign == "/" else self.added(sign, terms)
        if first == second:
            return self.between(terms, first)
        if first in ("date", "moment"):
            by = node.parts[1]
            if not isinstance(by, Constant):
                raise Cannot("a day or a moment is moved by what is not written in the rule", AS_DIFFERENCE)
            return self.moved(node, terms[0], by.value, 1 if sign == "+" else -1)
        span, times = (terms[0], terms[1]) if first == "duration" else (terms[1], terms[0])
        if span.is_written or not times.is_written or times.value != int(times.value):
            raise Cannot("a duration is taken times what is no whole number", "multiply both sides until it is whole")
        return self.multiplied(span, int(times.value))

    def between(self, terms: list[Term], kind: str) -> Term:
        """The duration between two days or moments."""
        if terms[0].form != terms[1].form:
            raise Cannot("a moment with a zone meets one without", SAME_ZONES, "type")
        value = terms[0].value - terms[1].value
        in_days = kind == "date" and self.back.is_duckdb()
        return Term(value * DAY if in_days else value.dt.total_microseconds(), checks=terms[0].checks | terms[1].checks)

    def added(self, sign: str, terms: list[Term]) -> Term:
        one, other = (self.spanning(each) for each in terms)
        value = SIGNS[sign](self.expression(one), other.value)
        return self.spanning(Term(value, checks=one.checks | other.checks))

    def spanning(self, term: Term, most: int = SPAN) -> Term:
        """A duration to reckon with; null where it is too long."""
        return term if term.is_written else attrs.evolve(term, value=self.kept(term.value, most))

    def ratio(self, node: Arithmetic, terms: list[Term]) -> Term:
        if any(each.is_written and abs(each.value) > RATIO_SPAN for each in terms):
            return NOTHING
        one, other = (self.double(self.spanning(each, RATIO_SPAN)) for each in terms)
        if other.is_written and not other.value:
            return NOTHING
        return self.bounded(node, Term(self.expression(one) / other.value, "float", one.checks | other.checks))

    def moved(self, node: Arithmetic, term: Term, by: timedelta, sign: int) -> Term:
        """A day or a moment, some written time later or earlier; unknown where the calendar ends."""
        ends: tuple[Any, Any] = (date.min, date.max)
        if node.kind.name == "date":
            by = timedelta(days=by.days)  # as Python does: whole days, of the duration as it is written
        else:
            zone = UTC if term.form == "zoned" else None
            ends = (datetime.min.replace(tzinfo=zone), datetime.max.replace(tzinfo=zone))
        is_later = sign * by > timedelta()
        try:
            last = self.api.lit(ends[is_later] - sign * by)
        except OverflowError:
            return NOTHING
        value = term.value + sign * by
        if node.kind.name == "date" and not self.back.is_polars():
            value = value.cast(self.api.Date)
        within = term.value <= last if is_later else term.value >= last
        return self._checked(Term(value, term.form, term.checks), ("calendar", node), within)

    def bounded(self, node: Node, term: Term, *, is_told: bool = False) -> Term:
        """A number with the check that it is one to reckon with. is_told: the result's check will tell it as well."""
        if term.in_range or term.is_written:
            return term
        if term.form == "int" and not self.back.is_polars():  # others make no doubles of numbers out of range
            return attrs.evolve(term, value=self.kept(term.value, BOUND), in_range=True)
        finite = self.numbers.get(("finite", node.fact)) if isinstance(node, Reading) else None  # told by the range
        checks = term.checks - {finite}
        if not is_told:
            value = term.value.cast(self.api.Float64) if term.form == "decimal" else term.value
            within = value.abs() <= BOUND if term.form == "float" else value.is_between(-BOUND, BOUND)
            checks |= {self.check(("range", node), within)}
        return attrs.evolve(term, checks=checks, in_range=True)
