"""Scorers: one function for each kind of measure, `(measure, readings, span) -> Score`, in the table `SCORERS`.

Each writes its formula and its inputs into the score. Without readings a score is unknown, unless their absence means something:
what was to be avoided did not happen. A new kind of measure needs one more function here.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from itertools import accumulate, groupby, islice, pairwise
from operator import attrgetter, itemgetter
from typing import Any, Final, TypeVar

import attrs
from pendulum import DateTime

from coachcore.engagement.timeline import Timeline
from coachcore.model.measures import Avoid, Counts, Habit, Measure, Milestones, PerDay, Reach, Reduce, StayWithin
from coachcore.model.times import MICROSECOND, moved
from coachcore.progress.intervals import wilson_interval
from coachcore.progress.periods import Part, Tally, calendar_periods, habit_parts
from coachcore.progress.scores import HabitProgress, Reading, Score, figure
from coachcore.progress.working_time import COMPUTED, closed_days

__all__ = [
    "BY_MOMENT",
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


@attrs.define
class SoFar:
    """What was counted of a habit at earlier moments, so that each reading counts it on, and none anew.

    tally: of the parts before `next_day`, which no later reading can change. closed_days: those of `pauses`. latest: the last moment that
    was tallied, and how many readings were, with what they add up to.
    """

    tally: Tally = attrs.field(factory=Tally)
    next_day: date | None = None
    pauses: tuple[tuple[DateTime, DateTime], ...] = ()
    closed_days: frozenset[date] = frozenset()
    latest: tuple[DateTime, int, Tally] | None = None


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
    pauses: tuple[tuple[DateTime, DateTime], ...] = ()
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


Values = Sequence[tuple[DateTime, Decimal]]
"""Moments and values, in order of time."""


def counts_of(measure: Reach | Reduce, values: Values) -> Counts:
    """Which readings count. Where a measure does not say: the best of a reach, the latest of a reduce.

    Things done one by one (`ONE_BY_ONE`) are added up unless the readings only rise from the baseline on, as those of a
    running total do.
    """
    if measure.counts is not None:
        return measure.counts
    if isinstance(measure, Reduce):
        return Counts.LATEST
    is_counted = measure.unit.lower() in ONE_BY_ONE and measure.target > measure.baseline
    return Counts.SUM if is_counted and values and not _is_running_total(measure, values) else Counts.BEST


def _is_running_total(measure: Reach | Reduce, values: Values) -> bool:
    """Whether each value is above the one before. Of a single one it is whether it is no less than the baseline."""
    # two readings of one moment have no order, so they cannot be what had been reached by then
    return values[0][1] >= measure.baseline and all(
        moment < next_moment and value < next_value for (moment, value), (next_moment, next_value) in pairwise(values)
    )


DONE_ONE_BY_ONE: Final = """
book books application applications call calls article articles chapter chapters page pages letter letters lesson lessons
meeting meetings interview interviews session sessions workout workouts conversation conversations visit visits task tasks
grāmata grāmatas pieteikums pieteikumi zvans zvani raksts raksti nodaļa nodaļas lappuse lappuses vēstule vēstules
nodarbība nodarbības tikšanās intervija intervijas sesija sesijas treniņš treniņi saruna sarunas vizīte vizītes
uzdevums uzdevumi
"""
ONE_BY_ONE: Final = frozenset(DONE_ONE_BY_ONE.split())
"""Units of what is done one by one, so that a reading is one more and not how many there are so far."""


def counted_values(
    measure: Reach | Reduce | StayWithin, readings: Sequence[Reading], span: Span
) -> list[tuple[DateTime, Decimal]]:
    """The readings as they count, in order of time.

    Those of one moment count as their mean, those of one day as the measure says. What adds up is added up whenever it
    was, also in one moment.
    """
    numeric = [(reading.occurred_at, reading.value) for reading in readings if reading.value is not None]
    if measure.per_day is None:
        if isinstance(measure, Reach | Reduce) and counts_of(measure, numeric) is Counts.SUM:
            return numeric
        return _by_moment(numeric)
    combine = PER_DAY[measure.per_day]
    days = [list(of_day) for _, of_day in groupby(numeric, key=lambda reading: span.day(reading[0]))]
    return [(of_day[-1][0], combine(of_day)) for of_day in days]


def as_counted(measure: Reach | Reduce, readings: Sequence[Reading], span: Span) -> tuple[Values, Counts]:
    """The readings as `counted_values` has them, running totals where they are added up; and which of them count.

    A total begins at the baseline and goes on towards the target, also downwards: 100 paid of a debt is 100 less.
    """
    values = counted_values(measure, readings, span)
    counts = counts_of(measure, values)
    if counts is not Counts.SUM:
        return values, counts
    direction = 1 if measure.target > measure.baseline else -1
    totals = accumulate((direction * number for _, number in values), initial=measure.baseline)
    return [(moment, total) for (moment, _), total in zip(values, islice(totals, 1, None), strict=True)], counts


def _by_moment(readings: Values) -> list[tuple[DateTime, Decimal]]:
    """The readings with those of one moment made one: their mean, so that the order in which they were recorded is irrelevant."""
    groups = groupby(readings, key=itemgetter(0))
    return [(moment, _mean([number for _, number in group])) for moment, group in groups]


def _mean(numbers: Sequence[Decimal]) -> Decimal:
    return numbers[0] if len(numbers) == 1 else COMPUTED.divide(sum(sorted(numbers), ZERO), Decimal(len(numbers)))


def _numbers(values: Values) -> list[Decimal]:
    return [number for _, number in values]


PER_DAY: Final[dict[PerDay, Callable[[Values], Decimal]]] = {
    PerDay.LAST: lambda of_day: _by_moment(of_day)[-1][1],
    PerDay.MEAN: lambda of_day: _mean(_numbers(of_day)),
    PerDay.SUM: lambda of_day: sum(sorted(_numbers(of_day)), ZERO),
    PerDay.HIGHEST: lambda of_day: max(_numbers(of_day)),
    PerDay.LOWEST: lambda of_day: min(_numbers(of_day)),
}


def numeric(measure: Reach | Reduce, readings: Sequence[Reading], span: Span) -> Score:
    """How far the reading that counts has come from the baseline to the target."""
    values, counts = as_counted(measure, readings, span)
    if not values:
        return unknown("no_readings")
    rises = measure.target > measure.baseline
    reading = values[-1][1]
    if counts is Counts.BEST:
        reading = max(_numbers(values)) if rises else min(_numbers(values))
    name = {Counts.SUM: "total", Counts.BEST: "best", Counts.LATEST: "latest"}[counts]
    inputs = {name: reading, "baseline": measure.baseline, "target": measure.target}
    return scored(
        COMPUTED.divide(reading - measure.baseline, measure.target - measure.baseline),
        f"({name} - baseline) / (target - baseline)",
        is_met=reading >= measure.target if rises else reading <= measure.target,
        **inputs,
    )


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
