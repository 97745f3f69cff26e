"""The course of a goal: what its readings had come to at any moment, what was expected by then, and its status.

The outcome is fixed when the goal is due. Before, the status goes by the gap between attainment and what is expected, in points of a
hundred, within a band that is as wide as the readings are noisy. Silence is no data, not good news; one reading is too early to
judge; and a reading that makes the status worse is believed with the next one.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import cached_property
from itertools import pairwise
from statistics import fmean, median
from typing import Final

import attrs
from pendulum import DateTime

from coachcore.engagement.state import Goal, GoalStatus
from coachcore.engagement.timeline import Timeline
from coachcore.facts.counted import Values
from coachcore.model.measures import Avoid, Counts, Habit, Measure, Milestones, Reach, Reduce, StayWithin
from coachcore.model.times import MICROSECOND, moved
from coachcore.progress.forecast import Course, Forecast, kept_up_forecast, numeric_forecast, without_forecast
from coachcore.progress.periods import Part, calendar_periods, shortest_days
from coachcore.progress.samples import sample
from coachcore.progress.scorers import (
    BY_MOMENT,
    ONE_DAY,
    SCORERS,
    SoFar,
    Span,
    after_midnight,
    as_counted,
    avoid_periods,
    counted_values,
    habit_periods,
    habit_progress,
    habit_tally,
    last_moment,
    scored,
    unknown,
)
from coachcore.progress.scores import HabitProgress, Ignored, Outcome, Reading, Reason, Score, Status, figure
from coachcore.progress.trend import D2, Trend, last_change, mann_kendall, slope_sign, theil_sen
from coachcore.progress.working_time import COMPUTED, share_passed, working_days, working_time

__all__ = ["DEFAULT_THRESHOLDS", "SELF_RATED", "GoalCourse", "Standing", "Thresholds"]

KeptUp = Habit | Avoid | StayWithin
Numeric = Reach | Reduce

SELF_RATED: Final = Reach(metric="self-rating", unit="points", baseline=0, target=10, counts=Counts.LATEST)
"""How a goal without a measure is scored: by the client's own ratings of it, 0 to 10."""


@attrs.frozen(kw_only=True)
class Thresholds:
    """The bounds between statuses, in points of a hundred that attainment differs from what is expected by now.

    ahead: from so many above on. behind: from more than so many below on, or from the noise of the readings where that is more, but no
    more than `noisiest`. off_track: from more than so many below on. not_started: the share of the time, 0 to 1, after which a goal
    without readings is no_data. silent: after how many cadences without a reading. cadence_days: of a measure that names none and has
    fewer than three readings. relapse: the share of the agreed one below which recent adherence is a relapse. The figures are
    conventions of ours; every practice may have its own.
    """

    ahead: float = 10
    behind: float = 5
    noisiest: float = 15
    off_track: float = 20
    not_started: float = 0.1
    silent: float = 2
    cadence_days: float = 7
    relapse: float = 0.5


DEFAULT_THRESHOLDS: Final = Thresholds()

TREND_OF: Final = 100
"""A trend is of so many readings at most: its work grows with their square, and those of years ago say nothing of now."""
ROUNDING: Final = 1e-9
"""More than shares of 12 places and floats differ by."""
CLASSES: Final = (Status.AHEAD, Status.ON_TRACK, Status.BEHIND, Status.OFF_TRACK)
"""From the best to the worst."""


@attrs.frozen(kw_only=True)
class Standing:
    """A goal at a moment: the readings up to it, its score, and what was expected."""

    measure: Measure
    moment: DateTime
    readings: Sequence[Reading]
    span: Span
    score: Score
    expected: Score

    @cached_property
    def counted_levels(self) -> tuple[Values, Counts]:
        """The readings of a level as they count, and which of them count; see `as_counted`."""
        assert isinstance(self.measure, Numeric)
        return as_counted(self.measure, self.readings, self.span)

    @cached_property
    def habit_parts(self) -> tuple[Part, ...]:
        """The periods of a habit."""
        assert isinstance(self.measure, Habit)
        return tuple(habit_periods(self.measure, self.readings, self.span))

    @property
    def gap(self) -> float:
        """By how many points of a hundred it is above what is expected; what fell behind the baseline is that much further below."""
        assert self.score.raw is not None
        assert self.expected.value is not None
        return float((self.score.raw - self.expected.value) * 100)


@attrs.frozen(slots=False, eq=False)
class GoalCourse:
    """A goal with its readings, in order of occurrence. self_ratings: what the client rated it at, which scores a goal without a measure.

    so_far: what was counted of a habit at earlier moments; `off_track_from` adds to it.
    """

    timeline: Timeline
    goal: Goal
    readings: Sequence[Reading]
    thresholds: Thresholds = DEFAULT_THRESHOLDS
    self_ratings: Sequence[Reading] = ()
    so_far: SoFar = attrs.field(factory=SoFar)
    _standings: dict[DateTime, Standing] = attrs.field(factory=dict, init=False, repr=False)

    @cached_property
    def measure(self) -> Measure:
        return self.goal.measure or SELF_RATED

    @cached_property
    def begin(self) -> DateTime:
        """The start of its first day.

        What is kept up asks nothing of the days before it was set, or of those that were measured otherwise.
        """
        first, goal = self.timeline.day_at(self.goal.set_at), self.goal
        if goal.starts_on is not None:
            first = max(goal.starts_on, first) if isinstance(self.measure, KeptUp) else goal.starts_on
        if goal.series_from is not None and isinstance(self.measure, KeptUp):
            first = max(first, self.timeline.day_at(goal.series_from))
        return self.timeline.start_of(first, after_midnight(self._day_starts))

    @cached_property
    def due(self) -> DateTime | None:
        """The last moment of its due day. What it has come to then is fixed; as of that day itself it is not over yet."""
        return None if self.goal.due_on is None else last_moment(self.timeline, self.goal.due_on, self._day_starts)

    @property
    def _day_starts(self) -> str | None:
        """When a day of its measure begins, instead of midnight."""
        return getattr(self.measure, "day_starts", None)

    @cached_property
    def counts_from(self) -> DateTime:
        """The first moment of which readings count: those before it were taken before its begin, or measured otherwise."""
        series_from = self.goal.series_from
        return self.begin if series_from is None else max(self.begin, series_from)

    @cached_property
    def counted(self) -> tuple[Sequence[Reading], tuple[Ignored, ...]]:
        """The readings that count, converted to the unit of the measure in force, and those that do not."""
        readings = self.self_ratings if self.goal.measure is None else self.readings
        first = bisect_left(readings, self.counts_from, key=BY_MOMENT)
        otherwise = 0 if self.goal.series_from is None else bisect_left(readings, self.goal.series_from, key=BY_MOMENT)
        ignored = [
            Ignored(event_id=reading.event_id, why="earlier_measure" if index < otherwise else "before_start")
            for index, reading in enumerate(readings[:first])
        ]
        return self._converted(readings[first:]), tuple(ignored)

    def _converted(self, readings: Sequence[Reading]) -> Sequence[Reading]:
        return [self._in_present_unit(reading) for reading in readings] if self.goal.conversions else readings

    def _in_present_unit(self, reading: Reading) -> Reading:
        if reading.value is None:
            return reading
        number = self.goal.in_present_unit(reading.occurred_at, reading.value)
        return reading if number is reading.value else attrs.evolve(reading, value=number)

    def standing(self, moment: DateTime) -> Standing:
        """The goal at a moment, scored over the time until then, and until it was due or closed at most."""
        known = self._standings.get(moment)
        if known is None:
            known = self._standings[moment] = self._standing_with(moment, self.counted[0])
        return known

    def _standing_with(self, moment: DateTime, readings: Sequence[Reading]) -> Standing:
        """The standing at a moment. readings: those that count and were taken by then, or some beyond."""
        until = min(moment, self.goal.closed_at) if self.goal.closed_at else moment
        if readings and readings[-1].occurred_at > until:  # most often all of them count
            readings = readings[: bisect_right(readings, until, key=BY_MOMENT)]
        end = min(until, self.due) if self.due is not None and isinstance(self.measure, KeptUp) else until
        span = Span(
            begin=self.begin,
            until=max(end, self.begin),
            due=self.due,
            timeline=self.timeline,
            pauses=self._pauses(until),
            skipped=frozenset(self.goal.skipped),
            so_far=self.so_far,
            earlier_measures=self.goal.earlier_measures,
        )
        if end is not until:
            readings = readings[: bisect_right(readings, end, key=BY_MOMENT)]
        if isinstance(self.measure, Avoid) and until < self.begin:  # nothing is kept yet by its not happening
            score = unknown("no_period_yet")
        else:
            score = SCORERS[type(self.measure)](self.measure, readings, span)
        return Standing(
            measure=self.measure,
            moment=until,
            readings=readings,
            span=span,
            score=score,
            expected=self._expected(span, until),
        )

    def _pauses(self, until: DateTime) -> tuple[tuple[DateTime, DateTime], ...]:
        of_all = self.timeline.pauses_until(until)
        own = tuple((begin, min(end or until, until)) for begin, end in self.goal.pauses if begin < until)
        return _merged((*of_all, *own)) if own else of_all

    # --- what is expected --------------------------------------------------------------------------------------------

    def _expected(self, span: Span, moment: DateTime) -> Score:
        """The attainment expected by now. It grows from day to day, by the days that are over."""
        measure = self.measure
        if isinstance(measure, Habit | StayWithin):
            return scored(measure.share, "the share that was agreed", is_met=False, share=measure.share)
        if isinstance(measure, Avoid):
            return scored(Decimal(1), "1: it is to be kept up throughout", is_met=False)
        if isinstance(measure, Milestones) and any(step.due_on for step in measure.steps):
            return self._steps_due(measure, moment)
        points = self._agreed_points
        if not points:
            return unknown("no_due_day")
        is_over = self.due is not None and moment > self.due
        now = points[-1][0] if is_over else self.timeline.start_of(self.timeline.day_at(moment))
        earlier, reached = self.begin, Decimal(0)
        for end, attainment in points:
            if now < end:
                passed = share_passed(span.pauses, earlier, max(now, earlier), end)
                return scored(
                    reached + COMPUTED.multiply(attainment - reached, passed),
                    "agreed before + (agreed next - agreed before) * share of the working time between them that has passed",
                    is_met=False,
                    agreed_before=figure(reached),
                    agreed_next=figure(attainment),
                    share_passed=figure(passed),
                    since=earlier,
                    until=end,
                )
            earlier, reached = end, attainment
        return scored(reached, "all of the time has passed", is_met=False)

    @cached_property
    def _agreed_points(self) -> list[tuple[DateTime, Decimal]]:
        """The moments by which an attainment was agreed: as the days of the checkpoints end, and all of it as the due day ends."""
        measure = self.measure
        points = []
        if isinstance(measure, Numeric):
            way = measure.target - measure.baseline
            for checkpoint in measure.checkpoints:
                share = COMPUTED.divide(checkpoint.value - measure.baseline, way)
                points.append((self._day_after(checkpoint.on), share))
        if self.goal.due_on is not None:
            points.append((self._day_after(self.goal.due_on), Decimal(1)))
        return points

    def _day_after(self, day: date) -> DateTime:
        return self.timeline.start_of(date.fromordinal(day.toordinal() + 1))

    def _steps_due(self, measure: Milestones, moment: DateTime) -> Score:
        """The weight of the steps that are due. A step without a day of its own is due with the goal."""
        weights = [
            step.weight
            for step in measure.steps
            if (due_on := step.due_on or self.goal.due_on) is not None and moment > self.timeline.end_of(due_on)
        ]
        due, total = sum(weights, Decimal(0)), sum((step.weight for step in measure.steps), Decimal(0))
        return scored(
            COMPUTED.divide(due, total), "weight of steps due / weight of all steps", is_met=False, due=due, total=total
        )

    # --- status ------------------------------------------------------------------------------------------------------

    def status(self, now: Standing) -> tuple[Status, Reason]:
        """The status at a moment, with the reason."""
        if self.goal.status is not GoalStatus.ACTIVE:
            return self._closed(now)
        if self.due is not None and now.moment > self.due:
            return self._after_due(now)
        if now.score.is_met and not isinstance(self.measure, KeptUp):
            return self._reached(now)
        if not now.readings and not isinstance(self.measure, Avoid):
            return self._without_readings(now)
        if isinstance(self.measure, Avoid) and now.score.value is not None:
            return self._budget(self.measure, now)
        silence = self._silent_days(now)
        if silence is not None:
            return Status.NO_DATA, Reason(code="silent", values={"days": silence})
        if now.score.value is None:
            status = Status.NOT_STARTED if now.moment < self.begin else Status.NO_DATA
            return status, Reason(code=now.score.why)
        if self._has_relapsed(now):
            return Status.RELAPSED, Reason(code="relapsed", values={"attainment": now.score.value})
        by_trend = self._by_trend(now) if now.expected.value is None else None
        if by_trend is not None and by_trend[0] is Status.ON_TRACK:
            return by_trend  # the baseline is a reading, too: to lead away from it takes one more
        if isinstance(self.measure, Numeric | StayWithin) and self._reading_days(now) < 2:
            return Status.NO_DATA, Reason(code="too_early")
        return by_trend or self._by_gap(now)

    def off_track_from(self, first: int) -> list[bool]:
        """Of each reading from an index on, whether the status was off track with it, while there was none after it."""
        if self.goal.measure is None:  # readings say nothing of it
            return [False] * (len(self.readings) - first)
        start = bisect_left(self.readings, self.counts_from, key=BY_MOMENT)
        counted, answers = list(self._converted(self.readings[start:first])), []
        for index in range(first, len(self.readings)):
            if index >= start:
                counted += self._converted(self.readings[index : index + 1])
            answers.append(self._is_off_track(self.readings[index].occurred_at, counted))
        return answers

    def _is_off_track(self, moment: DateTime, counted: Sequence[Reading]) -> bool:
        if self.due is not None and moment > self.due:
            return False  # it is met or not met
        if self.timeline.day_at(moved(moment, MICROSECOND)) < self.so_far.enough_before:
            return False  # a day is over at its last microsecond
        now = self._standing_with(moment, counted)
        self.so_far.enough_before = self._enough_before(now)
        is_gap_known = now.score.raw is not None and now.expected.value is not None
        if is_gap_known and now.gap >= -self.thresholds.off_track:  # so that the rest need not be looked at
            return False
        return self.status(now)[0] is Status.OFF_TRACK

    def _enough_before(self, now: Standing) -> date:
        """The day before which a habit or a budget is not off track whatever happens; the first of all where none is known.

        Of what is final, credit / (judged + most * missed) stays above the bound for so many missed periods more. Each is as long as
        `shortest_days` or longer, and wants `times` of a habit at most. The running one counts, of a habit, only once it is
        kept, which lowers no share, or as the goal is due.
        """
        measure = self.measure
        if self.goal.earlier_measures or not isinstance(measure, Habit | Avoid) or measure.per is None:
            return date.min
        first = self.timeline.day_at(self.begin)
        begin, _ = next(calendar_periods(measure.per, first, first, measure.week_starts))
        if isinstance(measure, Habit):
            tally = self.so_far.tally
            credit, judged, most, share = float(tally.credit), float(tally.wanted), measure.times, float(measure.share)
            begin, running = self.so_far.next_day or begin, 1
        else:
            # the day before may come again, where the zone changes
            yesterday = now.span.day(now.span.until, measure.day_starts) - ONE_DAY
            periods = avoid_periods(measure, now.readings, now.span)
            final = [period for period in periods if period.last < yesterday]
            credit, judged, most, share = sum(period.is_kept for period in final), len(final), 1, 1.0
            begin, running = final[-1].last + ONE_DAY if final else begin, 0
        ordinal = (self.goal.due_on or date.max).toordinal()
        bound = share - self.thresholds.off_track / 100 + ROUNDING
        if bound > 0:
            missed = (credit / bound - judged) // most
            ordinal = min(ordinal, begin.toordinal() + int(missed + running) * shortest_days(measure.per))
        return date.fromordinal(max(ordinal, 1))

    def outcome(self, now: Standing) -> Outcome | None:
        """What it had come to when it was due or closed; None before."""
        if self.goal.closed_at is None and (self.due is None or now.moment <= self.due):
            return None
        fixed_at = min(moment for moment in (self.goal.closed_at, self.due) if moment is not None)
        then = self.standing(fixed_at)
        if self.goal.closed_at is not None and (self.due is None or self.goal.closed_at < self.due):
            status, _ = self._closed(then)
        else:
            status, _ = self._when_due(then)
        return Outcome(status=status, attainment=then.score.value, fixed_at=fixed_at)

    def _closed(self, now: Standing) -> tuple[Status, Reason]:
        if self.goal.status is GoalStatus.DROPPED:
            return Status.DROPPED, Reason(code="dropped")
        if self.due is not None and now.moment > self.due:
            status, reason = self._after_due(now)
            if status in (Status.ATTAINED, Status.ATTAINED_LATE):
                return status, reason
        elif now.score.is_met and not isinstance(self.measure, KeptUp):
            return Status.ATTAINED, Reason(code="attained")
        return Status.DECLARED_ACHIEVED, Reason(code="declared_achieved", values={"attainment": now.score.value})

    def _when_due(self, then: Standing) -> tuple[Status, Reason]:
        if not then.readings and not isinstance(self.measure, Avoid):
            return Status.NO_DATA, Reason(code="due_without_readings")
        if isinstance(self.measure, StayWithin) and (silence := self._silent_days(then)) is not None:
            return Status.NO_DATA, Reason(code="silent", values={"days": silence})
        if then.score.value is None:
            return Status.NO_DATA, Reason(code=then.score.why)
        if then.score.is_met:
            return Status.ATTAINED, Reason(code="attained")
        return Status.NOT_MET, Reason(code="due_passed", values={"attainment": then.score.value})

    def _after_due(self, now: Standing) -> tuple[Status, Reason]:
        assert self.due is not None
        status, reason = self._when_due(self.standing(self.due))
        if status is not Status.ATTAINED and now.score.is_met and not isinstance(self.measure, KeptUp):
            return Status.ATTAINED_LATE, Reason(code="attained_late")
        return status, reason

    def _reached(self, now: Standing) -> tuple[Status, Reason]:
        days = (
            [step.due_on for step in self.measure.steps if step.due_on] if isinstance(self.measure, Milestones) else []
        )
        if days and now.moment <= self.timeline.end_of(max(days)):
            return Status.AHEAD, Reason(code="steps_ahead")
        if self._is_held(now):
            return Status.SUSTAINING, Reason(code="sustaining")
        return Status.ATTAINED, Reason(code="attained")

    def _is_held(self, now: Standing) -> bool:
        """Whether a level that is to be held was at its target at the reading before, too."""
        measure = self.measure
        if not isinstance(measure, Numeric):
            return False
        values, counts = now.counted_levels
        return counts is Counts.LATEST and len(values) > 1 and measure.is_reached_by(values[-2][1])

    def _without_readings(self, now: Standing) -> tuple[Status, Reason]:
        gone = working_time(now.span.pauses, now.span.begin, now.moment).total_seconds()
        whole = working_time(now.span.pauses, now.span.begin, self.due).total_seconds() if self.due else 0.0
        limit = whole * self.thresholds.not_started if whole else self._cadence(now) * self.thresholds.silent * 86_400
        status = Status.NOT_STARTED if gone < limit else Status.NO_DATA
        return status, Reason(code="no_measure" if self.goal.measure is None else now.score.why or "no_readings")

    def _budget(self, measure: Avoid, now: Standing) -> tuple[Status, Reason]:
        values = {"attainment": now.score.value}
        if not now.score.is_met:
            is_far = now.gap < -self.thresholds.off_track
            status, code = (Status.OFF_TRACK, "far_behind") if is_far else (Status.BEHIND, "little_behind")
            return status, Reason(code=code, values={**values, "expected": now.expected.value})
        periods = avoid_periods(measure, now.readings, now.span)
        happened, allowed = (
            (periods[-1].happened, periods[-1].allowed) if periods else (now.score.inputs["happened"], measure.allowed)
        )
        if allowed and happened >= allowed:
            return Status.BEHIND, Reason(code="budget_used_up")
        return Status.ON_TRACK, Reason(code="on_pace", values={**values, "expected": now.expected.value})

    def _cadence(self, now: Standing) -> float:
        """Days between readings: as agreed, else as they were, in working time."""
        every = getattr(self.measure, "every", None)
        if every is not None:
            return float(every.approximate_days)
        days = sorted({self._working_days(now, reading.occurred_at) // 1 for reading in now.readings})
        if len(days) < 3:
            return self.thresholds.cadence_days
        return max(median(later - earlier for earlier, later in pairwise(days)), 1.0)

    def _working_days(self, now: Standing, moment: DateTime) -> float:
        return working_days(now.span.pauses, now.span.begin, moment)

    def _silent_days(self, now: Standing) -> int | None:
        """Working days since the last reading, where they are more than two cadences; None otherwise, and of habits and steps."""
        if isinstance(self.measure, Habit | Avoid | Milestones) or not now.readings:
            return None
        silent = self._working_days(now, now.moment) - self._working_days(now, now.readings[-1].occurred_at)
        return round(silent) if silent > self._cadence(now) * self.thresholds.silent else None

    def cadences_silent(self, now: Standing) -> float | None:
        """For how many cadences there has been no reading, in working time; since the begin where there was none yet.

        None of what needs no readings (avoid, milestones), and of a goal that is reached, due or closed.
        """
        if isinstance(self.measure, Avoid | Milestones) or self.goal.status is not GoalStatus.ACTIVE:
            return None
        if self.due is not None and now.moment >= self.due:
            return None
        if now.score.is_met and not isinstance(self.measure, KeptUp):
            return None
        measure = self.measure
        cadence = measure.per.approximate_days if isinstance(measure, Habit) else self._cadence(now)
        since = self._working_days(now, now.readings[-1].occurred_at) if now.readings else 0.0
        return max(self._working_days(now, now.moment) - since, 0.0) / float(cadence)

    def _reading_days(self, now: Standing) -> int:
        return len({self.timeline.day_at(reading.occurred_at) for reading in now.readings})

    def _has_relapsed(self, now: Standing) -> bool:
        measure = self.measure
        if isinstance(measure, Habit):
            tally = habit_tally(measure, now.readings, now.span)
            recent = tally.recent_adherence(measure)
            if recent is None or tally.best_streak < 4 or tally.periods <= 7:
                return False
            return float(recent) < float(measure.share) * self.thresholds.relapse
        if not isinstance(measure, Numeric):
            return False
        values, counts = now.counted_levels
        return counts is Counts.LATEST and any(measure.is_reached_by(value) for _, value in values[:-1])

    def _by_trend(self, now: Standing) -> tuple[Status, Reason]:
        """Without a due day: on track while the readings lead towards the target."""
        measure = self.measure
        if not isinstance(measure, Numeric):
            return Status.ON_TRACK, Reason(code="no_due_day")
        values, counts = now.counted_levels
        if counts is Counts.SUM:
            return Status.ON_TRACK, Reason(code="towards")
        points = [(0.0, float(measure.baseline))]
        points += [(self._working_days(now, moment), float(value)) for moment, value in values]
        towards = slope_sign([value for _, value in points], [time for time, _ in points])
        towards *= measure.direction
        if towards > 0:
            return Status.ON_TRACK, Reason(code="towards")
        return (Status.BEHIND, Reason(code="no_headway")) if towards == 0 else (Status.OFF_TRACK, Reason(code="away"))

    def _by_gap(self, now: Standing) -> tuple[Status, Reason]:
        band = self._band(now)
        place = self._class(now.gap, band)
        earlier = self._without_last_reading(now)
        if earlier is not None and self._class(earlier.gap, band) < place:
            place -= 1  # a reading that makes it worse is believed with the next one
        values = {"attainment": now.score.value, "expected": now.expected.value}
        return CLASSES[place], Reason(
            code=("well_ahead", "on_pace", "little_behind", "far_behind")[place], values=values
        )

    def _class(self, gap: float, band: float) -> int:
        """The index in `CLASSES`. gap, band: in points."""
        if gap >= self.thresholds.ahead and not isinstance(self.measure, KeptUp):
            return 0
        if gap >= -band:
            return 1
        return 2 if gap >= -self.thresholds.off_track else 3

    def _without_last_reading(self, now: Standing) -> Standing | None:
        """The goal at the same moment, had the last reading not been taken; None where there would be too few."""
        if not isinstance(self.measure, Numeric | StayWithin):
            return None
        last = now.readings[-1].occurred_at
        earlier = [reading for reading in now.readings if reading.occurred_at < last]
        score = SCORERS[type(self.measure)](self.measure, earlier, now.span)
        return None if score.value is None else attrs.evolve(now, readings=earlier, score=score)

    def _band(self, now: Standing) -> float:
        """By how many points readings differ by chance: the mean moving range of what remains beside the trend, over 1.128."""
        measure = self.measure
        if not isinstance(measure, Numeric):
            return self.thresholds.behind
        counted, counts = now.counted_levels
        values = [float(value) for _, value in counted]
        if counts is Counts.SUM or len(values) < 4:  # what was done is known; it is no level that is measured
            return self.thresholds.behind
        changes = [later - earlier for earlier, later in pairwise(values)]
        usual = median(changes)
        noise = fmean(abs(change - usual) for change in changes) / D2
        points = noise / abs(float(measure.target - measure.baseline)) * 100
        return max(self.thresholds.behind, min(points, self.thresholds.noisiest))

    # --- beside the status -------------------------------------------------------------------------------------------

    def habit(self, now: Standing) -> HabitProgress | None:
        """How a habit is kept; None of other goals."""
        return habit_progress(self.measure, now.readings, now.span) if isinstance(self.measure, Habit) else None

    def trend(self, now: Standing) -> Trend | None:
        """How the readings move that count; None with fewer than two, and of what is no level."""
        measure = self.measure
        if not isinstance(measure, Numeric | StayWithin):
            return None
        if isinstance(measure, StayWithin):
            counted: Sequence[tuple[DateTime, Decimal]] = counted_values(measure, now.readings, now.span)
        else:
            counted, _ = now.counted_levels
        readings = counted[-TREND_OF:]
        if len(readings) < 2:
            return None
        values = sample([value for _, value in readings], "values")
        slope = theil_sen(values, [self._working_days(now, moment) / 7 for moment, _ in readings]).slope
        return Trend(len(values), slope, mann_kendall(values), last_change(values))

    def forecast(self, now: Standing) -> Forecast:
        """What is to be expected of it from now on."""
        measure = self.measure
        if self.goal.status is not GoalStatus.ACTIVE:
            return without_forecast("closed")
        if isinstance(measure, Habit):
            return self._habit_forecast(measure, now)
        if not isinstance(measure, Numeric):
            return without_forecast("not_for_this_measure")
        values, counts = now.counted_levels
        if now.score.is_met:
            return self._has_reached(measure, values)
        if self._silent_days(now) is not None:
            return without_forecast("silent")
        course = Course(
            readings=values,
            begin=now.span.begin,
            as_of=now.moment,
            due=self.due if self.due is not None and self.due > now.moment else None,
            timeline=self.timeline,
            pauses=now.span.pauses,
        )
        return numeric_forecast(course, measure.baseline, measure.target, counts)

    def _has_reached(self, measure: Numeric, values: Sequence[tuple[DateTime, Decimal]]) -> Forecast:
        day = self.timeline.day_at(next(moment for moment, value in values if measure.is_reached_by(value)))
        return Forecast(reach_earliest=day, reach_on=day, reach_latest=day, probability=1.0, reason="reached")

    def _habit_forecast(self, measure: Habit, now: Standing) -> Forecast:
        tally = habit_tally(measure, now.readings, now.span)
        if tally.periods < 3:
            return without_forecast("too_few_readings")
        if self.due is None or now.moment >= self.due:
            return without_forecast("not_for_this_measure")
        whole = attrs.evolve(now.span, until=self.due)
        in_all = sum((part.wanted for part in habit_periods(measure, now.readings, whole)), Decimal(0))
        return kept_up_forecast(
            [float(part.credit / part.wanted) for part in now.habit_parts if part.counts],
            float(tally.credit),
            float(tally.wanted),
            float(max(in_all - tally.wanted, Decimal(0))),
            float(measure.share),
        )


def _merged(spans: Sequence[tuple[DateTime, DateTime]]) -> tuple[tuple[DateTime, DateTime], ...]:
    """Spans in order, those that touch made one."""
    merged: list[tuple[DateTime, DateTime]] = []
    for begin, end in sorted(spans):
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((begin, end))
    return tuple(merged)
