"""Scorers: one function for each kind of measure, `(measure, readings, span) -> Score`, in the table `SCORERS`.

Each writes its formula and its inputs into the score. Without readings a score is unknown, unless their absence means something:
what was to be avoided did not happen. A new kind of measure needs one more function here.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from operator import attrgetter
from typing import Any, Final, TypeVar

import attrs
from pendulum import DateTime

from coachcore.engagement.timeline import Timeline
from coachcore.facts import counted
from coachcore.facts.counted import Value, Values
from coachcore.model.measures import Avoid, Counts, Habit, Measure, Milestones, Reach, Reduce, StayWithin
from coachcore.model.times import MICROSECOND, moved
from coachcore.progress.intervals import wilson_interval
from coachcore.progress.periods import Part, Tally, calendar_periods, habit_parts
from coachcore.progress.scores import HabitProgress, Reading, Score, figure
from coachcore.progress.working_time import COMPUTED, closed_days

__all__ = [
    "BY_MOMENT",
    "ONE_DAY",
    "SCORERS",
    "SoFar",
    "Span",
    "after_midnight",
    "as_counted",
    "avoid_periods",
    "counted_values",
    "habit_periods",
    "habit_progress",
    "habit_tally",
    "last_moment",
]

ZERO: Final = Decimal(0)
FULL: Final = Decimal(1)
BY_MOMENT = attrgetter("occurred_at")
ONE_DAY: Final = timedelta(days=1)
Pauses = tuple[tuple[DateTime, DateTime], ...]
"""Begin and end of each pause, in order."""


@attrs.define
class SoFar:
    """What was counted of a habit or a budget at earlier moments, so that each reading counts it on, and none anew.

    tally: of the parts before `next_day`, which no later reading can change. closed_days: those of `pauses`. latest: the last moment that
    was tallied, and how many readings were, with what they add up to. latest_periods: those of a budget, with what they are of.
    enough_before: the day before which it is not off track, whatever is done.
    """

    tally: Tally = attrs.field(factory=Tally)
    next_day: date | None = None
    pauses: Pauses = ()
    closed_days: frozenset[date] = frozenset()
    latest: tuple[DateTime, int, Tally] | None = None
    latest_periods: "tuple[tuple[DateTime, int, Pauses], list[BudgetPeriod]] | None" = None
    enough_before: date = date.min


@attrs.frozen(kw_only=True, slots=False, eq=False)
class Span:
    """The time that a goal is scored over: from its begin to the moment it is scored for, or to its end if that came first.

    due: the moment the goal is due, if any. pauses: begin and end of each, of the engagement and of the goal. skipped: days that
    count neither as kept nor as missed. so_far: what was counted at earlier moments.
    earlier_measures: until when what is kept up was agreed otherwise, and how.
    """

    begin: DateTime
    until: DateTime
    due: DateTime | None
    timeline: Timeline
    pauses: Pauses = ()
    skipped: frozenset[date] = frozenset()
    so_far: SoFar = attrs.field(factory=SoFar)
    earlier_measures: Sequence[tuple[DateTime, Measure]] = ()

    @property
    def is_due(self) -> bool:
        """Whether it ends with the due moment."""
        return self.due is not None and self.until >= self.due

    @cached_property
    def closed_days(self) -> frozenset[date]:
        """The days that were paused for half or more of them, or skipped."""
        if self.pauses != self.so_far.pauses:
            self.so_far.pauses, self.so_far.closed_days = self.pauses, closed_days(self.pauses, self.timeline)
        return self.so_far.closed_days | self.skipped

    def has_open_day(self, first: date, last: date) -> bool:
        """Whether one of the days from first to last is not closed; in a pause that goes on today is not open either."""
        is_paused = bool(self.pauses) and self.pauses[-1][1] >= self.until
        today = self.day(self.until) if is_paused else None
        days = (first + ONE_DAY * number for number in range((last - first).days + 1))
        return any(day not in self.closed_days and day != today for day in days)

    def day(self, moment: DateTime, day_starts: str | None = None) -> date:
        """The day of a moment where it happened.

        day_starts: when a day begins there by the clock, instead of midnight.
        """
        local = self.timeline.day_at(moment)
        day = date(local.year, local.month, local.day)  # pendulum's own days add up much more slowly
        if day_starts is not None and moment < self.timeline.start_of(day, after_midnight(day_starts)):
            return day - ONE_DAY
        return day

    def has_ended(self, day: date, day_starts: str | None) -> bool:
        """Whether a day is over when the span ends, as it is at its last microsecond."""
        return self.is_due or self.until >= last_moment(self.timeline, day, day_starts)


def last_moment(timeline: Timeline, day: date, day_starts: str | None) -> DateTime:
    """The last moment of a day. day_starts: when days begin by the clock, instead of midnight."""
    if day_starts is None:
        return timeline.end_of(day)
    return moved(timeline.start_of(day + ONE_DAY, after_midnight(day_starts)), -MICROSECOND)


def after_midnight(day_starts: str | None) -> timedelta:
    """How long after midnight a day begins. day_starts: as hours and minutes; None at midnight."""
    if day_starts is None:
        return timedelta()
    hours, minutes = day_starts.split(":")
    return timedelta(hours=int(hours), minutes=int(minutes))


def scored(raw: Decimal, formula: str, *, is_met: bool, **inputs: Any) -> Score:
    shown = figure(raw)
    return Score(value=min(max(shown, ZERO), FULL), raw=shown, is_met=is_met, formula=formula, inputs=inputs)


def unknown(why: str) -> Score:
    return Score(value=None, why=why)


def counted_values(measure: Reach | Reduce | StayWithin, readings: Sequence[Reading], span: Span) -> list[Value]:
    """The readings of a span as they count; see `coachcore.facts.counted`."""
    return counted.counted_values(measure, _numeric(readings), span.day)


def as_counted(measure: Reach | Reduce, readings: Sequence[Reading], span: Span) -> tuple[Values, Counts]:
    """The levels of a span, and which of its readings count; see `coachcore.facts.counted`."""
    return counted.as_counted(measure, _numeric(readings), span.day)


def _numeric(readings: Sequence[Reading]) -> list[Value]:
    return [(reading.occurred_at, reading.value) for reading in readings if reading.value is not None]


def numeric(measure: Reach | Reduce, readings: Sequence[Reading], span: Span) -> Score:
    """How far the reading that counts has come from the baseline to the target."""
    if counted.counts_of(measure, ()) is Counts.LATEST:
        readings = _latest(measure, readings, span)
    values, counts = as_counted(measure, readings, span)
    if not values:
        return unknown("no_readings")
    reading = values[-1][1]
    if counts is Counts.BEST:
        numbers = [number for _, number in values]
        reading = max(numbers) if measure.direction > 0 else min(numbers)
    name = {Counts.SUM: "total", Counts.BEST: "best", Counts.LATEST: "latest"}[counts]
    inputs = {name: reading, "baseline": measure.baseline, "target": measure.target}
    return scored(
        COMPUTED.divide(reading - measure.baseline, measure.target - measure.baseline),
        f"({name} - baseline) / (target - baseline)",
        is_met=measure.is_reached_by(reading),
        **inputs,
    )


def _latest(measure: Reach | Reduce, readings: Sequence[Reading], span: Span) -> Sequence[Reading]:
    """The readings that the latest value comes from: those of the last day, or of the last moment, as the measure has it.

    Long histories are scored at each of their readings, so none of those before is looked at.
    """

    def of_one_value(moment: DateTime) -> date:
        return moment if measure.per_day is None else span.day(moment)

    latest: list[Reading] = []
    for reading in reversed(readings):
        if reading.value is None:
            continue
        if latest and of_one_value(reading.occurred_at) != of_one_value(latest[-1].occurred_at):
            break
        latest.append(reading)
    latest.reverse()
    return latest


def stay_within(measure: StayWithin, readings: Sequence[Reading], span: Span) -> Score:
    """The share of readings within the bounds."""
    values = counted_values(measure, readings, span)
    if not values:
        return unknown("no_readings")
    within = sum(_is_within(_bounds_at(moment, measure, span), number) for moment, number in values)
    share = COMPUTED.divide(Decimal(within), Decimal(len(values)))
    return scored(
        share,
        "within / readings",
        is_met=share >= measure.share,
        within=within,
        readings=len(values),
        share=measure.share,
    )


def _bounds_at(moment: DateTime, measure: StayWithin, span: Span) -> StayWithin:
    """The bounds that were agreed at a moment."""
    for until, earlier in span.earlier_measures:
        if moment < until and isinstance(earlier, StayWithin):
            return earlier
    return measure


def _is_within(bounds: StayWithin, number: Decimal) -> bool:
    return (bounds.low is None or number >= bounds.low) and (bounds.high is None or number <= bounds.high)


def avoid(measure: Avoid, readings: Sequence[Reading], span: Span) -> Score:
    """The share of periods in which it happened no more often than allowed.

    The current one is included, and those that were paused are not.
    """
    if measure.per is None:
        happened = sum((reading.value or ZERO for reading in readings), ZERO)
        return scored(
            FULL if happened <= measure.allowed else COMPUTED.divide(measure.allowed, happened),
            "1 while happened <= allowed, then allowed / happened",
            is_met=happened <= measure.allowed,
            happened=happened,
            allowed=measure.allowed,
        )
    periods = avoid_periods(measure, readings, span)
    if not periods:
        return unknown("no_period_yet")
    periods_kept, begun = sum(period.is_kept for period in periods), len(periods)
    return scored(
        COMPUTED.divide(Decimal(periods_kept), Decimal(begun)),
        "periods kept / periods begun",
        is_met=periods_kept == begun,
        kept=periods_kept,
        periods=begun,
        allowed=measure.allowed,
    )


@attrs.frozen(kw_only=True)
class BudgetPeriod:
    """A period of what is to be avoided: its days, how often it happened in it, and how often it was allowed to."""

    first: date
    last: date
    happened: Decimal
    allowed: Decimal

    @property
    def is_kept(self) -> bool:
        """Whether it happened no more often than allowed."""
        return self.happened <= self.allowed


def avoid_periods(measure: Avoid, readings: Sequence[Reading], span: Span) -> list[BudgetPeriod]:
    """The periods of what is to be avoided, but those of which each day was paused; none where the span is one."""
    if measure.per is None:
        return []
    looked_at = span.until, len(readings), span.pauses
    latest = span.so_far.latest_periods
    if latest is not None and latest[0] == looked_at:
        return latest[1]
    periods = []
    for agreed, first, last, _ in _terms(measure, span):
        by_day = _amounts(readings, span, agreed.day_starts)
        days = sorted(day for day in by_day if first <= day <= last)
        index = 0
        assert agreed.per is not None  # those without periods are not judged by them
        for begin, end in calendar_periods(agreed.per, first, last, agreed.week_starts):
            happened = ZERO
            while index < len(days) and days[index] <= end:
                happened += by_day[days[index]]
                index += 1
            if span.has_open_day(max(begin, first), min(end, last)):
                periods.append(BudgetPeriod(first=begin, last=end, happened=happened, allowed=agreed.allowed))
    span.so_far.latest_periods = looked_at, periods
    return periods


KeptByPeriods = TypeVar("KeptByPeriods", Habit, Avoid)


def _terms(measure: KeptByPeriods, span: Span) -> Iterator[tuple[KeptByPeriods, date, date, bool]]:
    """What was agreed at each time, with the first and the last day that is judged by it, and whether it is the last.

    What is agreed in the middle of a period holds from the next one on; where the periods themselves change, from that
    day on.
    """
    first = span.day(span.begin)
    last = max(first, span.day(span.until, measure.day_starts))
    for until, earlier in span.earlier_measures:
        if not isinstance(earlier, type(measure)):
            continue
        changed = _changes_on(earlier, measure, first, span.day(until))
        if changed > last:
            yield earlier, first, max(first, span.day(span.until, earlier.day_starts)), True
            return
        if changed > first:
            yield earlier, first, changed - ONE_DAY, False
            first = changed
    yield measure, first, last, True


def _changes_on(before: Habit | Avoid, after: Habit | Avoid, first: date, day: date) -> date:
    """The first day that is judged by what was agreed on a day."""
    calendars = [(measure.per, measure.week_starts) for measure in (before, after)]
    if calendars[0] != calendars[1] or before.per is None or day <= first:
        return day
    *_, (begin, end) = calendar_periods(before.per, first, day, before.week_starts)
    return day if begin == day else end + ONE_DAY


def _amounts(readings: Sequence[Reading], span: Span, day_starts: str | None) -> dict[date, Decimal]:
    by_day: dict[date, Decimal] = {}
    for reading in readings:
        if reading.value is not None:
            day = span.day(reading.occurred_at, day_starts)
            by_day[day] = by_day.get(day, ZERO) + reading.value
    return by_day


def habit_periods(measure: Habit, readings: Sequence[Reading], span: Span, since: date | None = None) -> Iterator[Part]:
    """The periods of a habit over its span. since: the first day of one of them, where the earlier ones are left out."""
    if since is not None:
        readings = readings[bisect_left(readings, span.timeline.start_of(since), key=BY_MOMENT) :]
    for agreed, first, last, is_latest in _terms(measure, span):
        if since is not None and since > last:
            continue
        yield from habit_parts(
            agreed,
            _amounts(readings, span, agreed.day_starts),
            first,
            last,
            span.closed_days,
            is_last_over=not is_latest or span.has_ended(last, agreed.day_starts),
            ends=not is_latest or span.is_due,
            since=since if since is not None and since > first else None,
        )


def habit_tally(measure: Habit, readings: Sequence[Reading], span: Span) -> Tally:
    """What the periods of a habit add up to. Those that are over for a day are counted once for all moments to come."""
    latest = span.so_far.latest
    if latest is not None and latest[:2] == (span.until, len(readings)):
        return latest[2]
    so_far, last = span.so_far, span.day(span.until, measure.day_starts)
    if so_far.next_day is not None and so_far.next_day > last:  # it was counted on beyond that moment
        so_far = SoFar()
    is_final = True
    tally = so_far.tally
    for part in habit_periods(measure, readings, span, so_far.next_day):
        # the day before may come again, where the zone changes
        if is_final and part.last >= last - ONE_DAY:
            is_final, tally = False, so_far.tally.copy()
        tally.add(part)
        if is_final:
            so_far.next_day = part.last + ONE_DAY
    span.so_far.latest = span.until, len(readings), tally if not is_final else tally.copy()
    return span.so_far.latest[2]


def habit(measure: Habit, readings: Sequence[Reading], span: Span) -> Score:
    """What was done of what was wanted, period by period: more in one makes up for nothing in another."""
    tally = habit_tally(measure, readings, span)
    if not tally.periods:
        return unknown("no_period_yet")
    share = COMPUTED.divide(tally.credit, tally.wanted)
    return scored(
        share,
        "sum of min(done, wanted) / sum of wanted",
        is_met=share >= measure.share,
        done=figure(tally.credit),
        wanted=figure(tally.wanted),
        kept=tally.periods_kept,
        periods=tally.periods,
        share=measure.share,
        times=measure.times,
    )


def habit_progress(measure: Habit, readings: Sequence[Reading], span: Span) -> HabitProgress:
    """How a habit is kept: shares, streaks and strength."""
    tally = habit_tally(measure, readings, span)
    recent = tally.recent_adherence(measure)
    return HabitProgress(
        adherence=figure(COMPUTED.divide(tally.credit, tally.wanted)) if tally.periods else None,
        recent_adherence=None if recent is None else figure(recent),
        current_streak=tally.current_streak,
        best_streak=tally.best_streak,
        strength=tally.strength,
        periods=tally.periods,
        periods_kept=tally.periods_kept,
        interval=wilson_interval(tally.periods_kept, tally.periods) if tally.periods else None,
    )


def milestones(measure: Milestones, readings: Sequence[Reading], span: Span) -> Score:
    """The weight of the steps that were reached, divided by the weight of all steps."""
    reached = {reading.milestone_id for reading in readings}
    done = sum((step.weight for step in measure.steps if step.id in reached), ZERO)
    total = sum((step.weight for step in measure.steps), ZERO)
    return scored(
        COMPUTED.divide(done, total),
        "weight of steps reached / weight of all steps",
        is_met=done == total,
        reached=tuple(step.id for step in measure.steps if step.id in reached),
        steps=len(measure.steps),
    )


Scorer = Callable[[Any, Sequence[Reading], Span], Score]

SCORERS: Final[Mapping[type[Measure], Scorer]] = {
    Reach: numeric,
    Reduce: numeric,
    StayWithin: stay_within,
    Avoid: avoid,
    Habit: habit,
    Milestones: milestones,
}
"""The scorer of each kind of measure."""
