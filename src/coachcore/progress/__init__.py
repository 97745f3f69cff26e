"""Progress: scores computed from readings, for each goal and for the engagement. Pure functions of a history.

Every score carries its inputs and its formula, so that it can be recomputed by hand. Pauses do not count: neither towards what is
expected by now, nor as days of a habit. A closed goal is scored as of its closing, and what it had come to when it was due is fixed.

    progress(history).goals["run"].attainment      # 0 to 1; None while unknown

What needs no engagement takes plain numbers: `predict`, `mann_kendall`, `gas_t_score` and the others.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal, localcontext

import attrs
from pendulum import DateTime

from coachcore.engagement.history import History
from coachcore.engagement.state import Goal
from coachcore.engagement.timeline import Timeline
from coachcore.events import ProgressRecorded, SelfAssessed
from coachcore.model.answers import ById, answer_html, bounded_repr
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
from coachcore.progress.columns import progress_columns
from coachcore.progress.course import DEFAULT_THRESHOLDS, GoalCourse, Thresholds
from coachcore.progress.gas import gas_t_score
from coachcore.progress.intervals import Interval, ShareInterval, wilson_interval
from coachcore.progress.prediction import Prediction, predict
from coachcore.progress.scales import OkrGrade, okr_grade, scale_mean, scale_score
from coachcore.progress.scores import (
    FHIR_CODES,
    Forecast,
    GoalProgress,
    HabitProgress,
    Ignored,
    Outcome,
    Reading,
    Reason,
    Score,
    Status,
    figure,
)
from coachcore.progress.strength import habit_strength
from coachcore.progress.trend import LastChange, MannKendall, TheilSen, last_change, mann_kendall, theil_sen
from coachcore.progress.working_time import COMPUTED

__all__ = [
    "DEFAULT_THRESHOLDS",
    "FHIR_CODES",
    "ChangeClass",
    "Cutoffs",
    "Forecast",
    "GoalProgress",
    "HabitProgress",
    "Ignored",
    "Interval",
    "LastChange",
    "MannKendall",
    "OkrGrade",
    "Outcome",
    "Prediction",
    "Progress",
    "Reading",
    "Reason",
    "ReliableChange",
    "Score",
    "ShareInterval",
    "Status",
    "TheilSen",
    "Thresholds",
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
    "progress_columns",
    "readings",
    "reliable_change",
    "scale_mean",
    "scale_score",
    "theil_sen",
    "wilson_interval",
]


@attrs.frozen(kw_only=True)
class Progress:
    """The progress of an engagement. goals: by id, first set first. Dropped goals count in none of its figures.

    attainment: 0 to 1, the weighted mean over the goals that can be scored; None while none can. scored_weight: the share of all weight
    that these goals have, 0 to 1; None without goals. gas: Goal Attainment Scaling T-score of the goals that have a level; None while
    none has.
    """

    __repr__ = bounded_repr
    _repr_html_ = answer_html

    goals: Mapping[str, GoalProgress]
    attainment: Decimal | None
    scored_weight: Decimal | None
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


def self_ratings_by_goal(history: History) -> dict[str, list[Reading]]:
    """What the client rated each goal at, 0 to 10, as readings in order of occurrence."""
    by_goal: dict[str, list[Reading]] = {}
    for event in history.effective:
        content = event.content
        if isinstance(content, SelfAssessed) and content.rating is not None:
            reading = Reading(
                occurred_at=event.occurred_at, value=Decimal(content.rating), milestone_id=None, event_id=event.id
            )
            for goal_id in content.goal_ids:
                by_goal.setdefault(goal_id, []).append(reading)
    return by_goal


def progress(history: History, thresholds: Thresholds = DEFAULT_THRESHOLDS) -> Progress:
    """The progress of every goal and of the engagement, at the history's `as_of`. thresholds: the bounds between statuses."""
    by_goal, self_rated = readings_by_goal(history), self_ratings_by_goal(history)
    scores = {
        goal.id: goal_progress(history, goal, by_goal.get(goal.id, ()), thresholds, self_rated.get(goal.id, ()))
        for goal in history.state.goals_in_order
    }
    goals = ById("goal", scores)
    counted = [goal for goal in goals.values() if goal.status is not Status.DROPPED]
    known = [(goal.attainment, goal.weight) for goal in counted if goal.attainment is not None]
    levelled = [(goal.level, goal.weight) for goal in counted if goal.level is not None]
    weight, scored_weight = sum((goal.weight for goal in counted), Decimal(0)), sum((w for _, w in known), Decimal(0))
    with localcontext(COMPUTED):
        return Progress(
            goals=goals,
            attainment=figure(sum((a * w for a, w in known), Decimal(0)) / scored_weight) if known else None,
            scored_weight=figure(scored_weight / weight) if counted else None,
            gas=decimal_of(gas_t_score([level for level, _ in levelled], [w for _, w in levelled]))
            if levelled
            else None,
            as_of=history.as_of,
        )


def goal_status(timeline: Timeline, goal: Goal, readings: Sequence[Reading], as_of: DateTime) -> Status:
    """The status that `goal_progress` gives a goal at a moment. goal: as it was then. readings: in order of occurrence."""
    with localcontext(COMPUTED):
        course = GoalCourse(timeline, goal, readings)
        return course.status(course.standing(as_of))[0]


def goal_progress(
    history: History,
    goal: Goal,
    readings: Sequence[Reading],
    thresholds: Thresholds = DEFAULT_THRESHOLDS,
    self_ratings: Sequence[Reading] = (),
) -> GoalProgress:
    """The progress of one goal, at the history's `as_of`. readings, self_ratings: those of the goal, in order of occurrence."""
    with localcontext(COMPUTED):
        course = GoalCourse(history.timeline, goal, readings, thresholds, self_ratings)
        now = course.standing(history.as_of)
        status, reason = course.status(now)
        numbers = [reading.value for reading in now.readings if reading.value is not None]
        return GoalProgress(
            goal_id=goal.id,
            kind=goal.measure.kind if goal.measure else "none",
            status=status,
            reason=reason,
            attainment=now.score.value,
            score=now.score,
            expected=now.expected.value,
            expected_score=now.expected,
            outcome=course.outcome(now),
            readings=len(now.readings),
            ignored=course.counted[1],
            latest=numbers[-1] if numbers else None,
            last_reading_on=history.timeline.day_at(now.readings[-1].occurred_at) if now.readings else None,
            weight=goal.weight,
            level=goal.level,
            habit=course.habit(now),
            forecast=course.forecast(now),
            scored_at=now.moment,
        )
