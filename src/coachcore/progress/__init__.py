"""Progress: scores computed from readings, for each goal and for the engagement. Pure functions of a history.

Every score carries its inputs and its formula, so that it can be recomputed by hand. Pauses do not count: neither towards what is
expected by now, nor as days of a habit. A closed goal is scored as of its closing, and what it had come to when it was due is fixed.

    progress(history).goals["run"].attainment      # 0 to 1; None while unknown

What needs no engagement takes plain numbers: `predict`, `mann_kendall`, `gas_t_score` and the others.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, localcontext
from functools import cached_property, partial
from typing import Any

import attrs
from pendulum import DateTime

from coachcore.engagement.history import History
from coachcore.engagement.state import Goal
from coachcore.engagement.timeline import Timeline
from coachcore.events import Event, ProgressRecorded, SelfAssessed
from coachcore.facts.engagement import FactsOverTime
from coachcore.model.answers import ById, answer_html, bounded_repr
from coachcore.model.parties import Role
from coachcore.model.times import DayLike
from coachcore.numbers import NumberLike
from coachcore.progress.alerts import Alert, alert_rules, alerts
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
from coachcore.progress.inputs import GoalInputs, JudgedPeriod, goal_inputs
from coachcore.progress.intervals import Interval, ShareInterval, wilson_interval
from coachcore.progress.prediction import Prediction, predict
from coachcore.progress.ratings import GoalRatings, goal_ratings, latest_ratings
from coachcore.progress.scale_answers import Scale, ScaleAnswer, ScaleAnswers, ScaleChange, scale_answers
from coachcore.progress.scales import OkrGrade, okr_grade, scale_mean, scale_score
from coachcore.progress.scorers import SoFar
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
from coachcore.progress.totals import ActionsDone, GasScore, actions_done, gas_score, levels_by_goal
from coachcore.progress.trend import LastChange, MannKendall, TheilSen, Trend, last_change, mann_kendall, theil_sen
from coachcore.progress.what_if import WhatIf, what_if
from coachcore.progress.working_time import COMPUTED
from coachcore.rules import RuleSet

__all__ = [
    "DEFAULT_THRESHOLDS",
    "FHIR_CODES",
    "ActionsDone",
    "Alert",
    "ChangeClass",
    "Cutoffs",
    "Forecast",
    "GasScore",
    "GoalInputs",
    "GoalProgress",
    "GoalRatings",
    "HabitProgress",
    "Ignored",
    "Interval",
    "JudgedPeriod",
    "LastChange",
    "MannKendall",
    "OkrGrade",
    "Outcome",
    "Prediction",
    "Progress",
    "Reading",
    "Reason",
    "ReliableChange",
    "Scale",
    "ScaleAnswer",
    "ScaleAnswers",
    "ScaleChange",
    "Score",
    "ShareInterval",
    "Status",
    "TheilSen",
    "Thresholds",
    "Trend",
    "WhatIf",
    "alert_rules",
    "change_class",
    "clinical_cutoffs",
    "gas_t_score",
    "goal_progress",
    "habit_strength",
    "last_change",
    "mann_kendall",
    "nap",
    "off_track_by_reading",
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


def _no_alerts() -> tuple[Alert, ...]:
    return ()


@attrs.frozen(kw_only=True, slots=False)
class Progress:
    """The progress of an engagement. goals: by id, first set first. Dropped goals, and those of weight 0, count in no other figure.

    attainment: 0 to 1, the weighted mean over the goals that can be scored; None while none can. scored_weight: the share of all weight
    that these goals have, 0 to 1; None without goals. gas: Goal Attainment Scaling T-score of the goals that have a level; None while
    none has; gas_score: the same with its baseline and change; gas_by_role: by the levels that each role gave. okr: the plain
    mean of the attainments that are known, as a grade; None while none is. actions: those of the clients that were due; None in a view
    for who may not read them. ratings: of each goal, the client's, the coach's and the measured progress. scales: what the parties
    answered to each scale, by its id.
    """

    __repr__ = bounded_repr
    _repr_html_ = answer_html

    goals: Mapping[str, GoalProgress]
    attainment: Decimal | None
    scored_weight: Decimal | None
    gas_score: GasScore | None
    gas_by_role: Mapping[Role, GasScore]
    okr: OkrGrade | None
    actions: ActionsDone | None
    ratings: Mapping[str, GoalRatings]
    scales: Mapping[str, ScaleAnswers]
    as_of: DateTime
    _courses: Mapping[str, GoalCourse] = attrs.field(repr=False, eq=False)
    _find_alerts: Callable[[], tuple[Alert, ...]] = attrs.field(default=_no_alerts, repr=False, eq=False)

    @property
    def gas(self) -> Decimal | None:
        """The T-score of Goal Attainment Scaling; None while no goal has a level."""
        return None if self.gas_score is None else self.gas_score.t

    @property
    def gas_baseline(self) -> Decimal | None:
        """The T-score of the first levels of the goals that were scored more than once; None while none was."""
        return None if self.gas_score is None else self.gas_score.baseline

    @property
    def gas_change(self) -> Decimal | None:
        """By how much the T-score of the goals that were scored more than once has changed; None while none was."""
        return None if self.gas_score is None else self.gas_score.change

    @cached_property
    def alerts(self) -> tuple[Alert, ...]:
        """What to look at, by the rules of the practice: those about goals first."""
        return self._find_alerts()

    def what_if(self, goal_id: str, *, due_on: DayLike | None = None, target: NumberLike | None = None) -> WhatIf:
        """Where a goal would stand, and what it would need from now on, with another due day or target; `.now` is as things are.

        Raises NotFound goal.unknown, NotValid what_if_goal.closed, what_if_target.not_allowed where the measure has no target,
        due_day.out_of_range where the day is before the goal begins.
        """
        _ = self.goals[goal_id]
        return what_if(self._courses[goal_id], self.as_of, due_on, target)

    def inputs(self, goal_id: str) -> GoalInputs:
        """What the scores of a goal were computed from: readings, values, periods and pauses. Raises NotFound goal.unknown."""
        _ = self.goals[goal_id]
        return goal_inputs(self._courses[goal_id], self.as_of)

    def __getstate__(self) -> dict[str, Any]:
        # rules compile functions, which cannot be pickled; the alerts themselves hold none
        return {**self.__dict__, "alerts": self.alerts, "_find_alerts": _no_alerts}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)


def readings(history: History, goal_id: str) -> tuple[Reading, ...]:
    """The readings of a goal, in order of occurrence."""
    return readings_by_goal(history).get(goal_id, ())


def readings_by_goal(history: History) -> dict[str, tuple[Reading, ...]]:
    """The readings of every goal, in order of occurrence."""
    return {
        goal_id: tuple(
            reading_of(event, event.content) for event in events if isinstance(event.content, ProgressRecorded)
        )
        for goal_id, events in history.readings_by_goal.items()
    }


def reading_of(event: Event, content: ProgressRecorded) -> Reading:
    """What an event says of its goal."""
    return Reading(
        occurred_at=event.occurred_at, value=content.value, milestone_id=content.milestone_id, event_id=event.id
    )


def self_ratings_by_goal(history: History) -> dict[str, list[Reading]]:
    """What the client rated each goal at, 0 to 10, as readings in order of occurrence."""
    by_goal: dict[str, list[Reading]] = {}
    for event in history.by_type.get(SelfAssessed, ()):
        content = event.content
        if isinstance(content, SelfAssessed) and content.rating is not None:
            reading = Reading(
                occurred_at=event.occurred_at, value=Decimal(content.rating), milestone_id=None, event_id=event.id
            )
            for goal_id in content.goal_ids:
                by_goal.setdefault(goal_id, []).append(reading)
    return by_goal


def progress(history: History, thresholds: Thresholds = DEFAULT_THRESHOLDS, rules: RuleSet | None = None) -> Progress:
    """The progress of every goal and of the engagement, at the history's `as_of`.

    thresholds: the bounds between statuses. rules: those that raise alerts; the shipped ones when omitted.
    """
    by_goal, self_rated = readings_by_goal(history), self_ratings_by_goal(history)
    courses = {
        goal.id: GoalCourse(history.timeline, goal, by_goal.get(goal.id, ()), thresholds, self_rated.get(goal.id, ()))
        for goal in history.state.goals_in_order
    }
    scores = {goal_id: _scored(course, history.as_of) for goal_id, course in courses.items()}
    counted = [goal for goal in scores.values() if goal.status is not Status.DROPPED and goal.weight > 0]
    known = [(goal.attainment, goal.weight) for goal in counted if goal.attainment is not None]
    levels, latest, facts = levels_by_goal(history), latest_ratings(history), FactsOverTime(history)
    scaled = [courses[goal.goal_id].goal for goal in counted]
    by_role = {role: gas_score(scaled, levels, role) for role in (Role.CLIENT, Role.COACH)}
    ratings = {
        goal_id: goal_ratings(goal_id, latest, None if courses[goal_id].goal.measure is None else score.attainment)
        for goal_id, score in scores.items()
    }
    with localcontext(COMPUTED):
        weight, scored_weight = (
            sum((goal.weight for goal in counted), Decimal(0)),
            sum((w for _, w in known), Decimal(0)),
        )
        return Progress(
            goals=ById("goal", scores),
            attainment=figure(sum((a * w for a, w in known), Decimal(0)) / scored_weight) if known else None,
            scored_weight=figure(scored_weight / weight) if counted else None,
            gas_score=gas_score(scaled, levels),
            gas_by_role={role: score for role, score in by_role.items() if score is not None},
            okr=okr_grade([attainment for attainment, _ in known]) if known else None,
            actions=actions_done(facts, history.as_of),
            ratings=ById("goal", ratings),
            scales=ById("scale", scale_answers(history)),
            as_of=history.as_of,
            courses=courses,
            find_alerts=partial(alerts, history, facts, courses, ratings, rules or alert_rules()),
        )


def off_track_by_reading(
    timeline: Timeline, goal: Goal, readings: Sequence[Reading], first: int = 0, so_far: SoFar | None = None
) -> list[bool]:
    """Of each reading, whether the status that `goal_progress` gives a goal as of it, with the readings up to it, is off track.

    goal: as it was then. readings: in order of occurrence. first: the index of the first one to look at. so_far: what was
    counted for the same goal with those before; what is counted now is added to it.
    """
    with localcontext(COMPUTED):
        return GoalCourse(timeline, goal, readings, so_far=so_far or SoFar()).off_track_from(first)


def goal_progress(
    history: History,
    goal: Goal,
    readings: Sequence[Reading],
    thresholds: Thresholds = DEFAULT_THRESHOLDS,
    self_ratings: Sequence[Reading] = (),
) -> GoalProgress:
    """The progress of one goal, at the history's `as_of`. readings, self_ratings: those of the goal, in order of occurrence."""
    return _scored(GoalCourse(history.timeline, goal, readings, thresholds, self_ratings), history.as_of)


def _scored(course: GoalCourse, as_of: DateTime) -> GoalProgress:
    goal, timeline = course.goal, course.timeline
    with localcontext(COMPUTED):
        now = course.standing(as_of)
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
            last_reading_on=timeline.day_at(now.readings[-1].occurred_at) if now.readings else None,
            weight=goal.weight,
            level=goal.level,
            habit=course.habit(now),
            trend=course.trend(now),
            forecast=course.forecast(now),
            scored_at=now.moment,
        )
