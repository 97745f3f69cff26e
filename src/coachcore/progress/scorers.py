"""Scorers: one function for each kind of measure, `(measure, readings, span) -> Score`, in the table `SCORERS`.

Each writes its formula and its inputs into the score. Without readings a score is unknown, unless their absence means something:
what was to be avoided did not happen. A new kind of measure needs one more function here.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from itertools import groupby, pairwise
from operator import attrgetter, itemgetter
from typing import Any, Final

import attrs
from pendulum import DateTime

from coachcore.engagement.timeline import Timeline
from coachcore.model.measures import Avoid, Counts, Habit, Measure, Milestones, PerDay, Reach, Reduce, StayWithin
from coachcore.progress.intervals import wilson_interval
from coachcore.progress.periods import Part, Tally, calendar_periods, habit_parts
from coachcore.progress.scores import HabitProgress, Reading, Score, figure
from coachcore.progress.working_time import COMPUTED, closed_days

__all__ = [
    "BY_MOMENT",
    "SCORERS",
    "SoFar",
    "Span",
    "avoid_periods",
    "counted_values",
    "counts_of",
    "habit_periods",
    "habit_progress",
    "habit_tally",
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
    """

    begin: DateTime
    until: DateTime
    due: DateTime | None
    timeline: Timeline
    pauses: tuple[tuple[DateTime, DateTime], ...] = ()
    skipped: frozenset[date] = frozenset()
    so_far: SoFar = attrs.field(factory=SoFar)

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

    def day(self, moment: DateTime, day_starts: str | None = None) -> date:
        """The day of a moment where it happened. day_starts: when a day begins there, instead of midnight."""
        day = self.timeline.day_at(_earlier(moment, day_starts))
        return date(day.year, day.month, day.day)  # pendulum's own days add up much more slowly

    def has_ended(self, day: date, day_starts: str | None) -> bool:
        """Whether a day is over when the span ends."""
        return self.is_due or _earlier(self.until, day_starts) >= self.timeline.end_of(day)


def _earlier(moment: DateTime, day_starts: str | None) -> DateTime:
    if day_starts is None:
        return moment
    hours, minutes = day_starts.split(":")
    return moment - timedelta(hours=int(hours), minutes=int(minutes))


def scored(raw: Decimal, formula: str, *, is_met: bool, **inputs: Any) -> Score:
    shown = figure(raw)
    return Score(value=min(max(shown, ZERO), FULL), raw=shown, is_met=is_met, formula=formula, inputs=inputs)


def unknown(why: str) -> Score:
    return Score(value=None, why=why)


def counts_of(measure: Reach | Reduce, values: Sequence[Decimal]) -> Counts:
    """Which readings count. Where a measure does not say: the best of a reach, the latest of a reduce.

    Things done one by one (`ONE_BY_ONE`) are added up unless the readings only rise, as those of a running total do.
    """
    if measure.counts is not None:
        return measure.counts
    if isinstance(measure, Reduce):
        return Counts.LATEST
    is_counted = measure.unit.lower() in ONE_BY_ONE and measure.target > measure.baseline
    rises = all(later > earlier for earlier, later in pairwise(values))
    return Counts.SUM if is_counted and len(values) > 1 and not rises else Counts.BEST


ONE_BY_ONE: Final = frozenset(
    [
        "books",
        "applications",
        "calls",
        "articles",
        "chapters",
        "letters",
        "lessons",
        "meetings",
        "interviews",
        "sessions",
        "workouts",
        "conversations",
        "visits",
        "grāmatas",
        "pieteikumi",
        "zvani",
        "raksti",
        "nodaļas",
        "vēstules",
        "nodarbības",
        "tikšanās",
        "intervijas",
        "sesijas",
        "treniņi",
        "sarunas",
        "vizītes",
    ]
)
"""Units of what is done one by one, so that a reading is one more and not how many there are so far."""


def counted_values(
    measure: Reach | Reduce | StayWithin, readings: Sequence[Reading], span: Span
) -> list[tuple[DateTime, Decimal]]:
    """The readings as they count, in order of time: those of one moment as their mean, those of one day as the measure says."""
    numeric = [(reading.occurred_at, reading.value) for reading in readings if reading.value is not None]
    if measure.per_day is None:
        if isinstance(measure, Reach | Reduce) and counts_of(measure, [number for _, number in numeric]) is Counts.SUM:
            return numeric
        return _by_moment(numeric)
    combine = PER_DAY[measure.per_day]
    days = [list(of_day) for _, of_day in groupby(numeric, key=lambda reading: span.day(reading[0]))]
    return [(of_day[-1][0], combine([number for _, number in _by_moment(of_day)])) for of_day in days]


def _by_moment(readings: Sequence[tuple[DateTime, Decimal]]) -> list[tuple[DateTime, Decimal]]:
    """The readings with those of one moment made one: their mean, so that the order in which they were recorded is irrelevant."""
    groups = groupby(readings, key=itemgetter(0))
    return [(moment, _mean([number for _, number in group])) for moment, group in groups]


def _mean(numbers: Sequence[Decimal]) -> Decimal:
    return numbers[0] if len(numbers) == 1 else COMPUTED.divide(sum(sorted(numbers), ZERO), Decimal(len(numbers)))


PER_DAY: Final[dict[PerDay, Callable[[Sequence[Decimal]], Decimal]]] = {
    PerDay.LAST: lambda numbers: numbers[-1],
    PerDay.MEAN: _mean,
    PerDay.SUM: lambda numbers: sum(numbers, ZERO),
    PerDay.HIGHEST: max,
    PerDay.LOWEST: min,
}


def numeric(measure: Reach | Reduce, readings: Sequence[Reading], span: Span) -> Score:
    """How far the reading that counts has come from the baseline to the target."""
    values = [number for _, number in counted_values(measure, readings, span)]
    if not values:
        return unknown("no_readings")
    rises = measure.target > measure.baseline
    counts = counts_of(measure, values)
    if counts is Counts.SUM:
        reading = measure.baseline + sum(values, ZERO)
    elif counts is Counts.BEST:
        reading = max(values) if rises else min(values)
    else:
        reading = values[-1]
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
    values = [number for _, number in counted_values(measure, readings, span)]
    if not values:
        return unknown("no_readings")
    within = sum(
        (measure.low is None or number >= measure.low) and (measure.high is None or number <= measure.high)
        for number in values
    )
    share = COMPUTED.divide(Decimal(within), Decimal(len(values)))
    return scored(
        share,
        "within / readings",
        is_met=share >= measure.share,
        within=within,
        readings=len(values),
        share=measure.share,
    )


def avoid(measure: Avoid, readings: Sequence[Reading], span: Span) -> Score:
    """The share of periods in which it happened no more often than allowed, the current period included."""
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
    periods_kept, begun = sum(happened <= measure.allowed for _, _, happened in periods), len(periods)
    return scored(
        COMPUTED.divide(Decimal(periods_kept), Decimal(begun)),
        "periods kept / periods begun",
        is_met=periods_kept == begun,
        kept=periods_kept,
        periods=begun,
        allowed=measure.allowed,
    )


def avoid_periods(measure: Avoid, readings: Sequence[Reading], span: Span) -> list[tuple[date, date, Decimal]]:
    """First and last day of each period of what is to be avoided, and how often it happened in it; none without periods."""
    if measure.per is None:
        return []
    by_day = _amounts(readings, span, measure.day_starts)
    first, last = span.day(span.begin), span.day(span.until, measure.day_starts)
    days, index = sorted(by_day), 0
    periods = []
    for begin, end in calendar_periods(measure.per, first, max(first, last), measure.week_starts):
        happened = ZERO
        while index < len(days) and days[index] <= end:
            happened += by_day[days[index]] if begin <= days[index] else ZERO
            index += 1
        periods.append((begin, end, happened))
    return periods


def _amounts(readings: Sequence[Reading], span: Span, day_starts: str | None) -> dict[date, Decimal]:
    by_day: dict[date, Decimal] = {}
    for reading in readings:
        if reading.value is not None:
            day = span.day(reading.occurred_at, day_starts)
            by_day[day] = by_day.get(day, ZERO) + reading.value
    return by_day


def habit_periods(measure: Habit, readings: Sequence[Reading], span: Span, since: date | None = None) -> Iterator[Part]:
    """The periods of a habit over its span. since: the first day of one of them, where the earlier ones are left out."""
    first = span.day(span.begin)
    last = max(first, span.day(span.until, measure.day_starts))
    if since is not None:
        readings = readings[bisect_left(readings, span.timeline.start_of(since), key=BY_MOMENT) :]
    return habit_parts(
        measure,
        _amounts(readings, span, measure.day_starts),
        first,
        last,
        span.closed_days,
        is_last_over=span.has_ended(last, measure.day_starts),
        ends=span.is_due,
        since=since,
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
            is_final, tally = False, copy(so_far.tally)
        tally.add(part, measure)
        if is_final:
            so_far.next_day = part.last + ONE_DAY
    span.so_far.latest = span.until, len(readings), tally if not is_final else copy(tally)
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
