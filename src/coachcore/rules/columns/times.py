"""Days, moments and durations over columns: durations are reckoned as whole microseconds.

Promises: time passed between moments is told exactly, whatever the clocks there were set to; what is too long, or past the
end of the calendar, is unknown.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import attrs

from coachcore.rules.columns.facts import NOTHING, SAME_ZONES, Cannot, Columns, Term
from coachcore.rules.kinds import Kind
from coachcore.rules.tree import (
    BOUND,
    LENGTHS,
    LONGEST,
    LONGEST_RATIO,
    MICROSECOND,
    SIGNS,
    Arithmetic,
    Call,
    Constant,
    Node,
    Reading,
)

__all__ = ["Times"]

SPAN, RATIO_SPAN = LONGEST // MICROSECOND, LONGEST_RATIO // MICROSECOND
AS_DIFFERENCE: Final = "write it as a difference of two days or moments, compared with the duration"


@attrs.define
class Times(Columns):
    """Writes terms with days, moments and durations."""

    def lasting(self, node: Call, unit: int, term: Term) -> Term:
        """A duration of so many units."""
        if node.parts[0].kind.name != "int":
            raise Cannot("a duration is made of a fact that is no whole number", "declare the fact as int")
        return self.multiplied(node.parts[0], term, unit)

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

    def timed(self, node: Arithmetic, sign: str, terms: list[Term]) -> Term:
        """Arithmetic with days, moments or durations."""
        first, second = (each.kind.name for each in node.parts)
        if first == second == "duration":
            return self.ratio(node, terms) if sign == "/" else self.added(node, sign, terms)
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
        return self.multiplied(node.parts[0] if first == "duration" else node.parts[1], span, int(times.value))

    def between(self, terms: list[Term], kind: str) -> Term:
        """The duration between two days or moments."""
        if terms[0].form != terms[1].form:
            raise Cannot("a moment with a zone meets one without", SAME_ZONES, "type")
        checks = terms[0].checks | terms[1].checks
        value = terms[0].value - terms[1].value
        if kind == "moment" and self.is_counted:
            return Term(value, checks=checks)
        in_days = kind == "date" and self.back.is_duckdb()
        return Term(value * LENGTHS["days"] if in_days else value.dt.total_microseconds(), checks=checks)

    def added(self, node: Arithmetic, sign: str, terms: list[Term]) -> Term:
        one, other = (self.within(part, each, SPAN) for part, each in zip(node.parts, terms, strict=True))
        value = SIGNS[sign](self.expression(one), other.value)
        return self.within(node, Term(value, checks=one.checks | other.checks), SPAN)

    def ratio(self, node: Arithmetic, terms: list[Term]) -> Term:
        if any(each.is_written and abs(each.value) > RATIO_SPAN for each in terms):
            return NOTHING
        one, other = (
            self.double(self.within(part, each, RATIO_SPAN)) for part, each in zip(node.parts, terms, strict=True)
        )
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
            last = self.written(Constant(ends[is_later] - sign * by, node.kind)).value
        except OverflowError:
            return NOTHING
        value = self.shifted(term, node.kind, sign * by)
        within = term.value <= last if is_later else term.value >= last
        return self._checked(Term(value, term.form, term.checks), ("calendar", node), within)

    def shifted(self, term: Term, kind: Kind, by: timedelta) -> Any:
        """A day or a moment some time later, as an expression."""
        if kind.name == "date":
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
            return attrs.evolve(term, value=self.kept(term.value, BOUND), in_range=True)
        finite = self.numbers.get(("finite", node.fact)) if isinstance(node, Reading) else None  # told by the range
        checks = term.checks - {finite}
        if not is_told:
            value = term.value.cast(self.api.Float64) if term.form == "decimal" else term.value
            within = value.abs() <= BOUND if term.form == "float" else value.is_between(-BOUND, BOUND)
            checks |= {self.check(("range", node), within)}
        return attrs.evolve(term, checks=checks, in_range=True)
