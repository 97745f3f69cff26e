"""The facts of one goal: its wording, its measure, its time and pace, its plan and its status."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal, cast

import attrs
from pendulum import Date, DateTime

from coachcore.engagement.history import History
from coachcore.engagement.state import ActionStatus, Goal, GoalStatus
from coachcore.errors import NotFound, shown
from coachcore.events import GoalReviewed, ProgressRecorded
from coachcore.facts.numbers import fact_number
from coachcore.model.answers import bounded_repr
from coachcore.model.measures import Milestones, Reach, Reduce
from coachcore.model.parties import Role
from coachcore.model.times import day_of, days_between, end_of_day, start_of_day
from coachcore.rules import fact

__all__ = ["GoalFacts", "goal_facts", "recorded_pace"]

WEEK_SECONDS = 7 * 86400
MIN_PACE_DAYS = 7
"""Days before there is a recorded pace: a pace is per week, and less than a week would extrapolate the noise of single readings."""

MeasureKind = Literal["reach", "reduce", "stay_within", "avoid", "habit", "milestones"]


@attrs.frozen(kw_only=True)
class GoalFacts:
    """What is known about one goal at a moment."""

    __repr__ = bounded_repr

    as_of: Date | None = fact("the day the facts are of")
    status: GoalStatus | None = fact("whether the goal is active, achieved or dropped")
    title_words: int | None = fact("how many words the goal's title has", unit="words")
    has_why: bool | None = fact("whether the goal has a reason: what it is good for")
    why_words: int | None = fact("how many words the goal's reason has", unit="words")
    has_measure: bool | None = fact("whether the goal has a measure")
    measure_kind: MeasureKind | None = fact("the kind of its measure")
    distance: Decimal | None = fact("how far the target is from the baseline, in the measure's unit")
    starts_on: Date | None = fact("the day work on the goal begins")
    due_on: Date | None = fact("the day the goal is due")
    agreement_starts_on: Date | None = fact("the day the engagement begins by its agreement")
    agreement_ends_on: Date | None = fact("the day the engagement ends by its agreement")
    days_to_due: int | None = fact("days left until the goal is due; negative when past", unit="days")
    days_since_set: int | None = fact("days since the goal was set", unit="days")
    days_planned: int | None = fact("days from the day the goal was set or starts to the day it is due", unit="days")
    confidence: int | None = fact("the client's confidence of reaching the goal, 0 to 10", unit="points")
    within_control: bool | None = fact("whether reaching the goal depends on what the client does")
    other_active_goals: int | None = fact("how many other goals are active", unit="goals")
    planned_actions: int | None = fact("how many actions a client planned or accepted for the goal", unit="actions")
    open_actions: int | None = fact("how many of these actions are open", unit="actions")
    readings: int | None = fact("how many readings the goal has", unit="readings")
    days_since_reading: int | None = fact("days since the last reading", unit="days")
    required_pace: Decimal | None = fact("how far the measure must move each week to reach the target in time")
    recorded_pace: Decimal | None = fact(
        "how far the measure moved towards the target each week, by the client's readings"
    )
    pace_ratio: Decimal | None = fact(
        "the pace that is needed divided by the pace so far; unknown where the measure has not moved towards the target"
    )
    is_reviewed: bool | None = fact("whether the coach has reviewed the goal by the SMART criteria")
    has_levels: bool | None = fact("whether the five levels of Goal Attainment Scaling are agreed")


def goal_facts(history: History, goal_id: str) -> GoalFacts:
    """The facts of a recorded goal, at the history's `as_of`. Raises NotFound goal.unknown."""
    goal = history.state.goals.get(goal_id) if isinstance(goal_id, str) else None
    if goal is None:
        known = ", ".join(each.id for each in history.state.goals_in_order)
        raise NotFound("goal.unknown", f"there is no goal {shown(goal_id)}", f"known: {known or 'none yet'}")
    return facts_of_goal(history, goal)


def facts_of_goal(history: History, goal: Goal) -> GoalFacts:
    """The facts of a goal, recorded or still a draft, at the history's `as_of`."""
    state, zone, as_of = history.state, history.state.zone, history.as_of
    today = day_of(as_of, zone)
    readings = [
        (event.occurred_at, event.content.value)
        for event in history.effective
        if isinstance(event.content, ProgressRecorded) and event.content.goal_id == goal.id
    ]
    values = [(occurred_at, value) for occurred_at, value in readings if value is not None]
    actions = [
        action
        for action in state.actions.values()
        if action.goal_id == goal.id and action.accepted_at is not None and action.owner_role is not Role.COACH
    ]
    measure = goal.measure
    starts = goal.starts_on or day_of(goal.set_at, zone)
    due_at = end_of_day(goal.due_on, zone) if goal.due_on else None
    distance = abs(measure.target - measure.baseline) if isinstance(measure, Reach | Reduce) else None
    required, recorded = (
        _required_pace(goal, values, as_of, due_at),
        recorded_pace(goal, values, start_of_day(starts, zone)),
    )
    # from paces that are not rounded, lest the ratio be rounded twice
    ratio = required / recorded if required is not None and recorded is not None and recorded > 0 else None
    return GoalFacts(
        as_of=today,
        status=goal.status,
        title_words=len(goal.title.split()),
        has_why=goal.why is not None,
        why_words=len(goal.why.split()) if goal.why else None,
        has_measure=measure is not None,
        measure_kind=cast("MeasureKind", measure.kind) if measure else None,
        distance=_number(distance),
        starts_on=goal.starts_on,
        due_on=goal.due_on,
        agreement_starts_on=state.agreement.starts_on,
        agreement_ends_on=state.agreement.ends_on,
        days_to_due=days_between(today, goal.due_on) if goal.due_on else None,
        days_since_set=days_between(day_of(goal.set_at, zone), today),
        days_planned=days_between(starts, goal.due_on) if goal.due_on else None,
        confidence=goal.confidence,
        within_control=goal.within_control,
        other_active_goals=sum(
            other.id != goal.id and other.status is GoalStatus.ACTIVE for other in state.goals.values()
        ),
        planned_actions=len(actions),
        open_actions=sum(action.status is ActionStatus.OPEN for action in actions),
        readings=len(readings),
        days_since_reading=days_between(day_of(readings[-1][0], zone), today) if readings else None,
        required_pace=_number(required),
        recorded_pace=_number(recorded),
        pace_ratio=_number(ratio),
        is_reviewed=any(
            isinstance(event.content, GoalReviewed) and event.content.goal_id == goal.id for event in history.effective
        ),
        has_levels=goal.levels is not None,
    )


def _number(value: Decimal | None) -> Decimal | None:
    return None if value is None else fact_number(value)


def _required_pace(
    goal: Goal, values: Sequence[tuple[DateTime, Decimal]], as_of: DateTime, due_at: DateTime | None
) -> Decimal | None:
    measure = goal.measure
    if not isinstance(measure, Reach | Reduce) or due_at is None or due_at <= as_of:
        return None
    sign = 1 if measure.target > measure.baseline else -1
    ways_left = [(measure.target - value) * sign for _, value in values] or [(measure.target - measure.baseline) * sign]
    # what was reached once stays reached; a level to be reduced is where its latest reading says
    left = max(min(ways_left) if isinstance(measure, Reach) else ways_left[-1], Decimal(0))
    return left * WEEK_SECONDS / Decimal(str((due_at - as_of).total_seconds()))


def recorded_pace(goal: Goal, values: Sequence[tuple[DateTime, Decimal]], since: DateTime) -> Decimal | None:
    """How far the measure moved towards its target in a week, from the baseline to the last reading, in its unit.

    values: time and value of the readings, in order. since: the moment of the baseline. None without a reading at least a week
    after it, and for measures other than reach and reduce.
    """
    measure = goal.measure
    if isinstance(measure, Milestones) or not isinstance(measure, Reach | Reduce) or not values:
        return None
    last_at, last = values[-1]
    seconds = Decimal(str((last_at - since).total_seconds()))
    if seconds < MIN_PACE_DAYS * 86400:
        return None
    sign = 1 if measure.target > measure.baseline else -1
    return (last - measure.baseline) * sign * WEEK_SECONDS / seconds
