"""The facts of one goal: its wording, its measure, its time and pace, its plan and its status."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal, cast

import attrs
from pendulum import Date, DateTime

from coachcore.engagement.history import History
from coachcore.engagement.state import ActionStatus, Goal, GoalStatus, State
from coachcore.errors import NotFound, shown
from coachcore.events import GoalReviewed, ProgressRecorded
from coachcore.facts.numbers import fact_number
from coachcore.facts.plausible import amount_ratio, change_ratio
from coachcore.model.answers import bounded_repr
from coachcore.model.measures import Avoid, Habit, Milestones, Reach, Reduce, StayWithin
from coachcore.model.parties import Role
from coachcore.model.times import day_of, days_between, end_of_day, start_of_day
from coachcore.rules import fact

__all__ = ["GoalFacts", "facts_of_goal", "goal_facts", "recorded_goal", "recorded_pace"]

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
    plausible_ratio: Decimal | None = fact(
        "the pace from baseline to target divided by the fastest that is plausible for such a measure"
    )
    is_met: bool | None = fact("whether the measure's target has been reached already")
    conflicting_goals: int | None = fact(
        "how many other active goals want the same metric to go the other way, or elsewhere", unit="goals"
    )
    weekly_occasions: Decimal | None = fact(
        "how often a week the owner's active habits are to be done, this goal included", unit="occasions"
    )
    similar_goals_closed: int | None = fact(
        "how many of the owner's earlier goals with such a measure were achieved or dropped", unit="goals"
    )
    base_rate: Decimal | None = fact("the share of these earlier goals that were achieved, 0 to 1")
    is_reviewed: bool | None = fact("whether the coach has reviewed the goal by the SMART criteria")
    has_levels: bool | None = fact("whether the five levels of Goal Attainment Scaling are agreed")


def goal_facts(history: History, goal_id: str) -> GoalFacts:
    """The facts of a recorded goal, at the history's `as_of`. Raises NotFound goal.unknown."""
    return facts_of_goal(history, recorded_goal(history, goal_id))


def recorded_goal(history: History, goal_id: str) -> Goal:
    """A goal at the history's `as_of`. Raises NotFound goal.unknown."""
    goal = history.state.goals.get(goal_id) if isinstance(goal_id, str) else None
    if goal is None:
        known = ", ".join(each.id for each in history.state.goals_in_order)
        raise NotFound("goal.unknown", f"there is no goal {shown(goal_id)}", f"known: {known or 'none yet'}")
    return goal


def facts_of_goal(history: History, goal: Goal) -> GoalFacts:
    """The facts of a goal, recorded or still a draft, at the history's `as_of`."""
    state, zone, as_of = history.state, history.state.zone, history.as_of
    today = day_of(as_of, zone)
    readings = [
        (event.occurred_at, event.content.value)
        for event in history.by_type.get(ProgressRecorded, ())
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
    similar = [other for other in _others(goal, state) if other.closed_at is not None and _is_similar(goal, other)]
    achieved = sum(other.status is GoalStatus.ACHIEVED for other in similar)
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
        plausible_ratio=_number(_plausible_ratio(goal, starts)),
        is_met=_is_met(goal, values),
        conflicting_goals=sum(
            _conflict(goal, other) for other in _others(goal, state) if other.status is GoalStatus.ACTIVE
        ),
        weekly_occasions=_number(_weekly_occasions(goal, state)),
        similar_goals_closed=len(similar),
        base_rate=_number(Decimal(achieved) / len(similar)) if similar else None,
        is_reviewed=any(
            isinstance(event.content, GoalReviewed) and event.content.goal_id == goal.id
            for event in history.by_type.get(GoalReviewed, ())
        ),
        has_levels=goal.levels is not None,
    )


def _others(goal: Goal, state: State) -> list[Goal]:
    """The other goals of its owner; of a goal without one, those without one."""
    return [other for other in state.goals.values() if other.id != goal.id and other.owner == goal.owner]


def _is_similar(goal: Goal, other: Goal) -> bool:
    return goal.measure is not None and other.measure is not None and goal.measure.kind == other.measure.kind


def _metric(goal: Goal) -> str:
    return (
        goal.measure.metric.casefold() if goal.measure is not None and not isinstance(goal.measure, Milestones) else ""
    )


def _conflict(goal: Goal, other: Goal) -> bool:
    """Whether two goals cannot both be reached: one metric is to rise and to fall, or to stay within bounds that leave the target out."""
    if not _metric(goal) or _metric(goal) != _metric(other):
        return False
    for first, second in ((goal.measure, other.measure), (other.measure, goal.measure)):
        if isinstance(first, Reach) and isinstance(second, Avoid):
            return True
        if isinstance(first, Reach | Reduce) and isinstance(second, StayWithin) and first.unit == second.unit:
            low, high = second.low, second.high
            return (low is not None and first.target < low) or (high is not None and first.target > high)
    if isinstance(goal.measure, Reach | Reduce) and isinstance(other.measure, Reach | Reduce):
        rises = [measure.target > measure.baseline for measure in (goal.measure, other.measure)]
        return rises[0] is not rises[1] and goal.measure.unit == other.measure.unit
    return False


def _weekly_occasions(goal: Goal, state: State) -> Decimal | None:
    """Of all active habits of the owner together; None where this goal is no habit."""
    if not isinstance(goal.measure, Habit):
        return None
    active = [other.measure for other in _others(goal, state) if other.status is GoalStatus.ACTIVE]
    habits = [goal.measure, *(measure for measure in active if isinstance(measure, Habit))]
    return sum((Decimal(habit.times) * 7 / Decimal(habit.per.approximate_days) for habit in habits), Decimal(0))


def _is_met(goal: Goal, values: Sequence[tuple[DateTime, Decimal]]) -> bool | None:
    """By the last reading; None for measures without a target, and before there is a reading."""
    measure = goal.measure
    if not isinstance(measure, Reach | Reduce) or not values:
        return None
    last = values[-1][1]
    return last >= measure.target if measure.target > measure.baseline else last <= measure.target


def _plausible_ratio(goal: Goal, starts: Date) -> Decimal | None:
    measure = goal.measure
    if isinstance(measure, Habit):
        return None if measure.at_least is None else amount_ratio(measure.unit, measure.at_least)
    if not isinstance(measure, Reach | Reduce) or goal.due_on is None:
        return None
    return change_ratio(measure.unit, measure.baseline, measure.target, days_between(starts, goal.due_on))


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
