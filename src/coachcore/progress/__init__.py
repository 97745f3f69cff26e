"""Progress: from readings to scores, for each goal and for the engagement; pure functions of (history, as_of).

Every score carries its inputs and its formula. Pauses do not count: not towards what is expected by now, and not as
periods of a habit. A closed goal is scored as at its closing.
"""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal

import attrs
from pendulum import DateTime

from coachcore.engagement.history import History
from coachcore.engagement.state import Goal, GoalStatus
from coachcore.events import ProgressRecorded
from coachcore.facts.goal import recorded_pace
from coachcore.model.answers import ById, bounded_repr
from coachcore.model.measures import Avoid, Habit, Milestones, Reach, Reduce, StayWithin
from coachcore.model.times import day_of, end_of_day, start_of_day
from coachcore.progress.clock import working_seconds
from coachcore.progress.gas import gas_t_score
from coachcore.progress.scorers import SCORERS, Span, scored, unknown
from coachcore.progress.values import Forecast, GoalProgress, Reading, Reason, Score, Status

__all__ = [
    "Forecast",
    "GoalProgress",
    "Progress",
    "Reading",
    "Reason",
    "Score",
    "Status",
    "gas_t_score",
    "goal_progress",
    "progress",
    "readings",
]

ON_TRACK, AT_RISK = Decimal("0.9"), Decimal("0.6")
"""Attainment against expectation: at or above the first it is on track, at or above the second at risk."""


@attrs.frozen(kw_only=True)
class Progress:
    """How far an engagement is. goals: by id, first set first. attainment: of all goals that can be scored, by weight.

    gas: Goal Attainment Scaling T-score of the goals that have a level; None while none has.
    """

    __repr__ = bounded_repr

    goals: Mapping[str, GoalProgress]
    attainment: Decimal | None
    gas: Decimal | None
    as_of: DateTime


def readings(history: History, goal_id: str) -> tuple[Reading, ...]:
    """The readings of a goal, in the order they occurred."""
    return readings_by_goal(history).get(goal_id, ())


def readings_by_goal(history: History) -> dict[str, tuple[Reading, ...]]:
    """The readings of every goal, in the order they occurred."""
    found: dict[str, list[Reading]] = {}
    for each in history.effective:
        content = each.content
        if isinstance(content, ProgressRecorded):
            found.setdefault(content.goal_id, []).append(
                Reading(at=each.occurred_at, value=content.value, milestone_id=content.milestone_id, event_id=each.id)
            )
    return {goal_id: tuple(each) for goal_id, each in found.items()}


def progress(history: History) -> Progress:
    """How far every goal of an engagement is, and the whole, at the history's `as_of`."""
    by_goal = readings_by_goal(history)
    scores = {goal.id: goal_progress(history, goal, by_goal.get(goal.id, ())) for goal in history.state.goals_in_order}
    goals = ById("goal", scores)
    known = [
        (each.attainment, each.weight)
        for each in goals.values()
        if each.attainment is not None and each.status is not Status.DROPPED
    ]
    weight = sum((each for _, each in known), Decimal(0))
    levelled = [(each.level, each.weight) for each in goals.values() if each.level is not None]
    return Progress(
        goals=goals,
        attainment=sum((a * w for a, w in known), Decimal(0)) / weight if known else None,
        gas=gas_t_score([level for level, _ in levelled], [w for _, w in levelled]) if levelled else None,
        as_of=history.as_of,
    )


def goal_progress(history: History, goal: Goal, found: tuple[Reading, ...]) -> GoalProgress:
    """How far one goal is, at the history's `as_of`. found: its readings, in order."""
    state, as_of = history.state, history.as_of
    zone = state.zone
    until = min(as_of, goal.closed_at) if goal.closed_at else as_of
    begin = start_of_day(goal.starts_on or day_of(goal.set_at, zone), zone)  # days of a habit are whole days
    due = end_of_day(goal.due_on, zone) if goal.due_on else None
    span = Span(
        begin=begin, until=min(until, due) if due else until, zone=zone, pauses=history.timeline.pauses_until(until)
    )
    seen = tuple(each for each in found if each.at <= until)
    score = SCORERS[type(goal.measure)](goal.measure, seen, span) if goal.measure else unknown("no_measure")
    expected = _expected(goal, begin, until, due, span)
    status, reason = _status(goal, score, expected, bool(seen), until, due)
    numbers = [each.value for each in seen if each.value is not None]
    return GoalProgress(
        goal_id=goal.id,
        kind=goal.measure.kind if goal.measure else "none",
        status=status,
        reason=reason,
        attainment=score.value,
        score=score,
        expected=expected.value,
        expected_score=expected,
        readings=len(seen),
        latest=numbers[-1] if numbers else None,
        weight=goal.weight,
        level=goal.level,
        forecast=_forecast(goal, seen, begin, until, zone),
        scored_at=until,
    )


def _expected(goal: Goal, begin: DateTime, until: DateTime, due: DateTime | None, span: Span) -> Score:
    """What should be reached by now: its part of the working time; all of it for what is to be kept up throughout."""
    measure = goal.measure
    if isinstance(measure, Habit | Avoid | StayWithin):
        return scored(Decimal(1), "1: it is to be kept up throughout")
    if isinstance(measure, Milestones) and all(each.due_on for each in measure.steps):
        past = sum(
            (s.weight for s in measure.steps if s.due_on and end_of_day(s.due_on, span.zone) <= until), Decimal(0)
        )
        total = sum((s.weight for s in measure.steps), Decimal(0))
        return scored(past / total, "weight of steps due / weight of all steps", due=past, total=total)
    if due is None:
        return unknown("no_due_day")
    whole = working_seconds(span.pauses, begin, due)
    if whole <= 0:
        return scored(Decimal(1), "1: there is no time in between")
    gone = working_seconds(span.pauses, begin, min(until, due))
    return scored(gone / whole, "working time gone / working time in all", gone_s=gone, whole_s=whole)


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


def _forecast(goal: Goal, seen: tuple[Reading, ...], begin: DateTime, until: DateTime, zone: str) -> Forecast:
    """The day the target is reached if the pace since the baseline goes on; the interval from the paces between readings."""
    measure = goal.measure
    if not isinstance(measure, Reach | Reduce):
        return Forecast(on=None, why="not_for_this_measure")
    values = [(each.at, each.value) for each in seen if each.value is not None]
    sign = 1 if measure.target > measure.baseline else -1
    if isinstance(measure, Reach):  # what was reached once stays reached
        first = next((at for at, value in values if (measure.target - value) * sign <= 0), None)
        if first is not None:
            return _reached(first, zone)
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
        each
        for count in range(max(2, len(values) // 2), len(values) + 1)
        if (each := recorded_pace(goal, values[:count], begin)) is not None and each > 0
    ) or [pace]

    def day(weekly: Decimal) -> DateTime | None:
        weeks = left / weekly
        return last_at + timedelta(days=float(weeks * 7)) if weeks < 520 else None

    middle, soon, late = (day(each) for each in (pace, max(paces[-1], pace), min(paces[0], pace)))
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
