"""Progress: scores computed from readings, for each goal and for the engagement. Pure functions of a history.

Every score carries its inputs and its formula, so that it can be recomputed by hand. Pauses do not count: neither towards what is
expected by now, nor as periods of a habit. A closed goal is scored as of its closing.

    progress(history).goals["run"].attainment      # 0 to 1; None while unknown
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal

import attrs
from pendulum import DateTime

from coachcore.engagement.history import History
from coachcore.engagement.state import Goal, GoalStatus
from coachcore.engagement.timeline import Timeline
from coachcore.events import ProgressRecorded
from coachcore.facts.goal import recorded_pace
from coachcore.model.answers import ById, answer_html, bounded_repr
from coachcore.model.measures import Avoid, Habit, Milestones, Reach, Reduce, StayWithin
from coachcore.model.times import day_of, end_of_day, start_of_day
from coachcore.numbers import decimal_of
from coachcore.progress.change import (
    ChangeClass,
    Cutoffs,
    ReliableChange,
    change_class,
    clinical_cutoffs,
    nap,
    reliable_change,
)
from coachcore.progress.gas import gas_t_score
from coachcore.progress.intervals import Interval, ShareInterval, wilson_interval
from coachcore.progress.prediction import Prediction, predict
from coachcore.progress.scales import OkrGrade, okr_grade, scale_mean, scale_score
from coachcore.progress.scorers import SCORERS, Counts, Span, scored, unknown
from coachcore.progress.scores import Forecast, GoalProgress, Reading, Reason, Score, Status
from coachcore.progress.strength import habit_strength
from coachcore.progress.trend import LastChange, MannKendall, TheilSen, last_change, mann_kendall, theil_sen
from coachcore.progress.working_time import working_seconds

__all__ = [
    "ChangeClass",
    "Cutoffs",
    "Forecast",
    "GoalProgress",
    "Interval",
    "LastChange",
    "MannKendall",
    "OkrGrade",
    "Prediction",
    "Progress",
    "Reading",
    "Reason",
    "ReliableChange",
    "Score",
    "ShareInterval",
    "Status",
    "TheilSen",
    "change_class",
    "clinical_cutoffs",
    "gas_t_score",
    "goal_progress",
    "goal_status",
    "habit_strength",
    "last_change",
    "mann_kendall",
    "nap",
    "okr_grade",
    "predict",
    "progress",
    "readings",
    "reliable_change",
    "scale_mean",
    "scale_score",
    "theil_sen",
    "wilson_interval",
]

ON_TRACK, AT_RISK = Decimal("0.9"), Decimal("0.6")
"""Bounds of attainment / expected: a goal is on track from the first, at risk from the second, and off track below it.

Both are conventions of ours, not measured: how much delay is normal differs by kind of goal.
"""

LONGEST_FORECAST = 520
"""Weeks, about ten years. A day further off is named no more: it only says that there is hardly any headway."""


@attrs.frozen(kw_only=True)
class Progress:
    """The progress of an engagement. goals: by id, first set first.

    attainment: 0 to 1, the weighted mean over the goals that can be scored; None while none can.
    gas: Goal Attainment Scaling T-score of the goals that have a level; None while none has.
    """

    __repr__ = bounded_repr
    _repr_html_ = answer_html

    goals: Mapping[str, GoalProgress]
    attainment: Decimal | None
    gas: Decimal | None
    as_of: DateTime


def readings(history: History, goal_id: str) -> tuple[Reading, ...]:
    """The readings of a goal, in order of occurrence."""
    return readings_by_goal(history).get(goal_id, ())


def readings_by_goal(history: History) -> dict[str, tuple[Reading, ...]]:
    """The readings of every goal, in order of occurrence."""
    by_goal: dict[str, list[Reading]] = {}
    for event in history.effective:
        content = event.content
        if isinstance(content, ProgressRecorded):
            reading = Reading(
                occurred_at=event.occurred_at, value=content.value, milestone_id=content.milestone_id, event_id=event.id
            )
            by_goal.setdefault(content.goal_id, []).append(reading)
    return {goal_id: tuple(goal_readings) for goal_id, goal_readings in by_goal.items()}


def progress(history: History) -> Progress:
    """The progress of every goal and of the engagement, at the history's `as_of`."""
    by_goal = readings_by_goal(history)
    scores = {goal.id: goal_progress(history, goal, by_goal.get(goal.id, ())) for goal in history.state.goals_in_order}
    goals = ById("goal", scores)
    known = [
        (goal.attainment, goal.weight)
        for goal in goals.values()
        if goal.attainment is not None and goal.status is not Status.DROPPED
    ]
    total_weight = sum((weight for _, weight in known), Decimal(0))
    levelled = [(goal.level, goal.weight) for goal in goals.values() if goal.level is not None]
    return Progress(
        goals=goals,
        attainment=sum((a * w for a, w in known), Decimal(0)) / total_weight if known else None,
        gas=decimal_of(gas_t_score([level for level, _ in levelled], [w for _, w in levelled])) if levelled else None,
        as_of=history.as_of,
    )


@attrs.frozen(kw_only=True)
class _Scored:
    """A goal as it was scored at a moment. counted: the readings up to it. begin, until: the span that counts."""

    counted: Sequence[Reading]
    begin: DateTime
    until: DateTime
    score: Score
    expected: Score
    status: Status
    reason: Reason


def _as_scored(
    timeline: Timeline,
    goal: Goal,
    readings: Sequence[Reading],
    as_of: DateTime,
    zone: str,
    counts: Counts | None = None,
) -> _Scored:
    until = min(as_of, goal.closed_at) if goal.closed_at else as_of
    begin = start_of_day(goal.starts_on or day_of(goal.set_at, zone), zone)  # a habit counts whole days
    due = end_of_day(goal.due_on, zone) if goal.due_on else None
    pauses = timeline.pauses_until(until)
    counts = {} if counts is None else counts
    span = Span(begin=begin, until=min(until, due) if due else until, zone=zone, pauses=pauses, counts=counts)
    counted = readings
    if readings and readings[-1].occurred_at > until:  # most often all of them count
        counted = [reading for reading in readings if reading.occurred_at <= until]
    score = SCORERS[type(goal.measure)](goal.measure, counted, span) if goal.measure else unknown("no_measure")
    expected = _expected(goal, begin, until, due, span)
    status, reason = _status(goal, score, expected, bool(counted), until, due)
    return _Scored(
        counted=counted, begin=begin, until=until, score=score, expected=expected, status=status, reason=reason
    )


def goal_status(
    timeline: Timeline, goal: Goal, readings: Sequence[Reading], as_of: DateTime, counts: Counts | None = None
) -> Status:
    """The status that `goal_progress` gives a goal at a moment. goal: as it was then. readings: in order of occurrence.

    counts: of a habit, what was counted for the same goal at earlier moments; what is counted now is added to it.
    """
    return _as_scored(timeline, goal, readings, as_of, timeline.zone_at(as_of), counts).status


def goal_progress(history: History, goal: Goal, readings: tuple[Reading, ...]) -> GoalProgress:
    """The progress of one goal, at the history's `as_of`. readings: those of the goal, in order of occurrence."""
    zone = history.state.zone
    at_present = _as_scored(history.timeline, goal, readings, history.as_of, zone)
    counted = at_present.counted
    numbers = [reading.value for reading in counted if reading.value is not None]
    return GoalProgress(
        goal_id=goal.id,
        kind=goal.measure.kind if goal.measure else "none",
        status=at_present.status,
        reason=at_present.reason,
        attainment=at_present.score.value,
        score=at_present.score,
        expected=at_present.expected.value,
        expected_score=at_present.expected,
        readings=len(counted),
        latest=numbers[-1] if numbers else None,
        weight=goal.weight,
        level=goal.level,
        forecast=_forecast(goal, counted, at_present.begin, at_present.until, zone),
        scored_at=at_present.until,
    )


def _expected(goal: Goal, begin: DateTime, until: DateTime, due: DateTime | None, span: Span) -> Score:
    """The attainment expected by now: the share of working time that has passed; 1 for measures to be kept up throughout."""
    measure = goal.measure
    if isinstance(measure, Habit | Avoid | StayWithin):
        return scored(Decimal(1), "1: it is to be kept up throughout")
    if isinstance(measure, Milestones) and all(step.due_on for step in measure.steps):
        past = sum(
            (s.weight for s in measure.steps if s.due_on and end_of_day(s.due_on, span.zone) <= until), Decimal(0)
        )
        total = sum((step.weight for step in measure.steps), Decimal(0))
        return scored(past / total, "weight of steps due / weight of all steps", due=past, total=total)
    if due is None:
        return unknown("no_due_day")
    whole = working_seconds(span.pauses, begin, due)
    if whole <= 0:
        return scored(Decimal(1), "1: there is no working time before the due day")
    gone = working_seconds(span.pauses, begin, min(until, due))
    return scored(gone / whole, "working time passed / working time in all", gone_s=gone, whole_s=whole)


def _status(
    goal: Goal, score: Score, expected: Score, has_readings: bool, until: DateTime, due: DateTime | None
) -> tuple[Status, Reason]:
    if goal.status is not GoalStatus.ACTIVE:
        status = Status.ACHIEVED if goal.status is GoalStatus.ACHIEVED else Status.DROPPED
        return status, Reason(code=str(status))
    if goal.measure is None:
        return Status.UNKNOWN, Reason(code="no_measure")
    is_kept_up = isinstance(goal.measure, Habit | Avoid | StayWithin)
    is_over = due is not None and until >= due
    if score.value is None:
        if is_over:
            return Status.OVERDUE, Reason(code="due_without_readings")
        return (
            (Status.UNKNOWN, Reason(code=score.why))
            if has_readings or is_kept_up
            else (Status.NOT_STARTED, Reason(code=score.why))
        )
    if score.value >= 1 and (is_over or not is_kept_up):
        return Status.ATTAINED, Reason(code="attained")
    if is_over:
        return Status.OVERDUE, Reason(code="due_passed", values={"attainment": score.value})
    if expected.value is None:
        return Status.UNKNOWN, Reason(code="no_due_day")
    if not has_readings and isinstance(goal.measure, Milestones) and expected.value < ON_TRACK:
        return Status.NOT_STARTED, Reason(code="no_readings")
    ratio = score.value / expected.value if expected.value else Decimal(1)
    values = {"attainment": score.value, "expected": expected.value}
    if ratio >= ON_TRACK:
        return Status.ON_TRACK, Reason(code="on_pace", values=values)
    if ratio >= AT_RISK:
        return Status.AT_RISK, Reason(code="little_behind", values=values)
    return Status.OFF_TRACK, Reason(code="far_behind", values=values)


def _forecast(goal: Goal, readings: Sequence[Reading], begin: DateTime, until: DateTime, zone: str) -> Forecast:
    """The day the target is reached if the pace since the baseline continues; the interval comes from earlier paces.

    The interval spans the fastest and the slowest pace as of each reading in the second half of the readings.
    """
    measure = goal.measure
    if not isinstance(measure, Reach | Reduce):
        return Forecast(on=None, why="not_for_this_measure")
    values = [(reading.occurred_at, reading.value) for reading in readings if reading.value is not None]
    sign = 1 if measure.target > measure.baseline else -1
    if isinstance(measure, Reach):  # what was reached once stays reached
        reached_at = next((moment for moment, value in values if (measure.target - value) * sign <= 0), None)
        if reached_at is not None:
            return _reached(reached_at, zone)
    pace = recorded_pace(goal, values, begin)
    if pace is None:
        return Forecast(on=None, why="no_pace")
    last_at, last = values[-1]
    left = (measure.target - last) * sign
    if left <= 0:
        return _reached(last_at, zone)
    if pace <= 0:
        return Forecast(on=None, why="leads_away")
    paces = sorted(
        earlier
        for count in range(max(2, len(values) // 2), len(values) + 1)
        if (earlier := recorded_pace(goal, values[:count], begin)) is not None and earlier > 0
    ) or [pace]

    def day(weekly: Decimal) -> DateTime | None:
        weeks = left / weekly
        return last_at + timedelta(days=float(weeks * 7)) if weeks < LONGEST_FORECAST else None

    middle, soon, late = map(day, (pace, max(paces[-1], pace), min(paces[0], pace)))
    if middle is None:
        return Forecast(on=None, why="beyond_ten_years")
    return Forecast(
        on=day_of(middle, zone),
        earliest=day_of(soon, zone) if soon else None,
        latest=day_of(late, zone) if late else None,
    )


def _reached(moment: DateTime, zone: str) -> Forecast:
    day = day_of(moment, zone)
    return Forecast(on=day, earliest=day, latest=day)
