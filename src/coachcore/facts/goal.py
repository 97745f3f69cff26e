"""The facts of one goal: its wording, its measure, its time and pace, its plan and its status."""

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final, Literal, cast, get_args

import attrs
from pendulum import Date

from coachcore.engagement.erasure import is_omitted
from coachcore.engagement.history import History
from coachcore.engagement.state import ActionStatus, Goal, GoalStatus, State
from coachcore.errors import NotFound, shown
from coachcore.events import GoalReviewed, ProgressRecorded
from coachcore.facts.counted import Values, as_counted
from coachcore.facts.gas_levels import LevelsCover, levels_cover
from coachcore.facts.goal_text import GoalKind
from coachcore.facts.numbers import fact_number
from coachcore.facts.pace import pace_interval, recorded_pace, required_pace
from coachcore.facts.plausible import amount_ratio, change_ratio, hours_of, is_change, is_in_range
from coachcore.model.answers import bounded_repr
from coachcore.model.measures import Avoid, Counts, Habit, Measure, Milestones, Reach, Reduce, StayWithin
from coachcore.model.parties import Role
from coachcore.model.times import day_of, days_between, end_of_day, start_of_day
from coachcore.model.wording import says_something
from coachcore.numbers import COMPUTED
from coachcore.rules import fact

__all__ = ["GoalFacts", "facts_of_goal", "goal_facts", "recorded_goal"]

LEAST_CONFIDENCE: Final = 5
"""Of ten: below it a client thinks that they will rather not reach it."""
WORDS: Final = re.compile(r"[^\W_]+")
STEM: Final = 4
"""Letters by which words count as the same: lead, leads and leading; vadīt and vadība. Shorter words say little of what a text is about."""

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
    reason_is_own: bool | None = fact("whether the client gave the reason, and not somebody for them")
    words_of_purpose: int | None = fact(
        "how many words of the agreement's purpose the goal and its reason take up", unit="words"
    )
    kind: GoalKind | None = fact("the kind of goal, by its measure, or else as it was read from its text")
    has_measure: bool | None = fact("whether the goal has a measure")
    measure_kind: MeasureKind | None = fact("the kind of its measure")
    distance: Decimal | None = fact("how far the target is from the baseline, in the measure's unit")
    is_in_range: bool | None = fact("whether such a measure can show the baseline, the target or the bounds at all")
    has_evidence: bool | None = fact("whether the goal says where its figures come from")
    has_cue: bool | None = fact("whether the goal says on what occasion it is done, or on which days, or at what time")
    has_support: bool | None = fact("whether the goal says what help it takes, and whose")
    has_obstacle_plan: bool | None = fact("whether the goal says what may come between, and what to do then")
    steps: int | None = fact("how many milestones or checkpoints there are on the way", unit="steps")
    starts_on: Date | None = fact("the day work on the goal begins")
    due_on: Date | None = fact("the day the goal is due")
    agreement_starts_on: Date | None = fact("the day the engagement begins by its agreement")
    agreement_ends_on: Date | None = fact("the day the engagement ends by its agreement")
    days_to_due: int | None = fact("days left until the goal is due; negative when past", unit="days")
    days_since_set: int | None = fact("days since the goal was set", unit="days")
    days_planned: int | None = fact("days from the day the goal was set or starts to the day it is due", unit="days")
    periods_planned: Decimal | None = fact(
        "how many periods of a habit there are until it is due, parts of one included", unit="periods"
    )
    confidence: int | None = fact("the client's confidence of reaching the goal, 0 to 10", unit="points")
    within_control: bool | None = fact("whether reaching the goal depends on what the client does")
    other_active_goals: int | None = fact("how many other goals of its owner are active and not paused", unit="goals")
    planned_actions: int | None = fact("how many actions a client planned or accepted for the goal", unit="actions")
    open_actions: int | None = fact("how many of these actions are open", unit="actions")
    readings: int | None = fact("how many readings the goal has", unit="readings")
    days_since_reading: int | None = fact("days since the last reading", unit="days")
    required_pace: Decimal | None = fact("how far the measure must move each week to reach the target in time")
    recorded_pace: Decimal | None = fact(
        "how far the measure moved towards the target each week, by the client's readings"
    )
    recorded_pace_low: Decimal | None = fact(
        "the lower end of the interval in which that pace lies with a probability of 80 percent"
    )
    recorded_pace_high: Decimal | None = fact("the upper end of that interval")
    pace_ratio: Decimal | None = fact(
        "the pace that is needed divided by the pace so far; unknown where the measure has not moved towards the target"
    )
    plausible_ratio: Decimal | None = fact(
        "the pace from baseline to target divided by the fastest that is plausible for such a measure, or by the client's own if faster"
    )
    is_met: bool | None = fact("whether the measure's target has been reached already")
    conflicting_goals: int | None = fact(
        "how many other active goals want the same metric to go the other way, or elsewhere", unit="goals"
    )
    weekly_occasions: Decimal | None = fact(
        "how often a week the owner's active habits are to be done, this goal included", unit="occasions"
    )
    weekly_hours: Decimal | None = fact("how many hours a week these habits take, of those that say so", unit="hours")
    similar_goals_closed: int | None = fact(
        "how many of the owner's earlier goals with such a measure were achieved or dropped", unit="goals"
    )
    base_rate: Decimal | None = fact("the share of these earlier goals that were achieved, 0 to 1")
    target_before_learning: bool | None = fact(
        "whether a target is set before the client knows how: their first of the kind, no reading, and a confidence below 5"
    )
    is_reviewed: bool | None = fact("whether the coach has reviewed the goal by the SMART criteria")
    has_levels: bool | None = fact("whether the five levels of Goal Attainment Scaling are agreed")
    levels_overlap: bool | None = fact("whether a result would fit two of these levels")
    levels_gap: bool | None = fact("whether a result would fall between two of these levels")
    levels_in_order: bool | None = fact("whether these levels go from the least to the most")


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
    today, measure = day_of(as_of, zone), goal.measure
    readings = [
        (event.occurred_at, event.content.value)
        for event in history.readings_by_goal.get(goal.id, ())
        if isinstance(event.content, ProgressRecorded)
    ]
    actions = [
        action
        for action in state.actions.values()
        if action.goal_id == goal.id and action.accepted_at is not None and action.owner_role is not Role.COACH
    ]
    starts = goal.starts_on or day_of(goal.set_at, zone)
    due_at = end_of_day(goal.due_on, zone) if goal.due_on else None
    since = max(filter(None, (start_of_day(starts, zone), goal.series_from)))
    numbers = [
        (moment, goal.in_present_unit(moment, number))
        for moment, number in readings
        if number is not None and (goal.series_from is None or moment >= goal.series_from)
    ]
    levels = _levels(goal, numbers, zone)
    required, recorded = required_pace(goal, levels, as_of, due_at), recorded_pace(goal, levels, since)
    interval = pace_interval(goal, levels, since)
    # from paces that are not rounded, lest the ratio be rounded twice
    ratio = required / recorded if required is not None and recorded is not None and recorded > 0 else None
    similar = [other for other in _others(goal, state) if other.closed_at is not None and _is_similar(goal, other)]
    achieved = sum(other.status is GoalStatus.ACHIEVED for other in similar)
    days_planned = days_between(starts, goal.due_on) if goal.due_on else None
    cover = levels_cover(goal.levels) if goal.levels is not None else LevelsCover()
    return GoalFacts(
        as_of=today,
        status=goal.status,
        title_words=sum(map(_is_said, goal.title.split())),
        has_why=_is_said(goal.why),
        why_words=len(goal.why.split()) if goal.why else None,
        reason_is_own=None if goal.why is None or goal.why_by is None else goal.why_by.role is Role.CLIENT,
        words_of_purpose=_words_of_purpose(goal, state.agreement.purpose),
        kind=_kind(goal),
        has_measure=measure is not None,
        measure_kind=cast("MeasureKind", measure.kind) if measure else None,
        distance=_number(abs(measure.target - measure.baseline) if isinstance(measure, Reach | Reduce) else None),
        is_in_range=_is_in_range(measure),
        has_evidence=_is_said(goal.evidence),
        has_cue=_is_said(goal.cue)
        or (isinstance(measure, Habit) and (measure.clock is not None or bool(measure.weekdays))),
        has_support=_is_said(goal.support),
        has_obstacle_plan=_is_said(goal.obstacles),
        steps=_steps(measure),
        starts_on=goal.starts_on,
        due_on=goal.due_on,
        agreement_starts_on=state.agreement.starts_on,
        agreement_ends_on=state.agreement.ends_on,
        days_to_due=days_between(today, goal.due_on) if goal.due_on else None,
        days_since_set=days_between(day_of(goal.set_at, zone), today),
        days_planned=days_planned,
        periods_planned=_number(
            # its first day and its last count both
            COMPUTED.divide(Decimal(days_planned + 1), Decimal(measure.per.approximate_days))
            if isinstance(measure, Habit) and days_planned is not None
            else None
        ),
        confidence=goal.confidence,
        within_control=goal.within_control,
        other_active_goals=sum(not other.is_paused for other in _active_others(goal, state)),
        planned_actions=len(actions),
        open_actions=sum(action.status is ActionStatus.OPEN for action in actions),
        readings=len(readings),
        days_since_reading=days_between(day_of(readings[-1][0], zone), today) if readings else None,
        required_pace=_number(required),
        recorded_pace=_number(recorded),
        recorded_pace_low=_number(interval.low if interval is not None else None),
        recorded_pace_high=_number(interval.high if interval is not None else None),
        pace_ratio=_number(ratio),
        plausible_ratio=_number(_plausible_ratio(goal, starts, numbers, recorded)),
        is_met=_is_met(goal, levels),
        conflicting_goals=sum(_conflict(goal, other) for other in _active_others(goal, state)),
        weekly_occasions=_number(_weekly_occasions(goal, state)),
        weekly_hours=_number(_weekly_hours(goal, state)),
        similar_goals_closed=len(similar),
        base_rate=_number(Decimal(achieved) / len(similar)) if similar else None,
        target_before_learning=None
        if goal.confidence is None
        else _kind(goal) == "target" and not similar and not readings and goal.confidence < LEAST_CONFIDENCE,
        is_reviewed=any(
            isinstance(event.content, GoalReviewed) and event.content.goal_id == goal.id
            for event in history.by_type.get(GoalReviewed, ())
        ),
        has_levels=goal.levels is not None,
        levels_overlap=cover.overlap,
        levels_gap=cover.gap,
        levels_in_order=cover.in_order,
    )


def _levels(goal: Goal, numbers: Values, zone: str) -> Values:
    """What the readings had come to at each, as scores count them; of several at one moment, each as it was recorded."""
    measure = goal.measure
    if not isinstance(measure, Reach | Reduce):
        return []
    levels, counts = as_counted(measure, numbers, lambda moment: day_of(moment, zone))
    return levels if measure.per_day is not None or counts is Counts.SUM else numbers


def _is_met(goal: Goal, levels: Values) -> bool | None:
    """By the last level; None for measures without a target, and before there is a reading."""
    measure = goal.measure
    if not isinstance(measure, Reach | Reduce) or not levels:
        return None
    return measure.is_reached_by(levels[-1][1])


def _kind(goal: Goal) -> GoalKind | None:
    measure, read_as = goal.measure, _kind_read(goal)
    if isinstance(measure, Habit):
        return "habit"
    if isinstance(measure, Avoid):
        return "avoid"
    if isinstance(measure, Milestones):
        if len(measure.steps) > 1:
            return "milestones"
        return read_as if read_as in ("learning", "if_then") else "deed"
    return read_as if measure is None else "target"


def _kind_read(goal: Goal) -> GoalKind | None:
    """The kind in what was read from its text; a host may have recorded anything there."""
    try:
        record = json.loads(goal.read_as or "null")
    except (ValueError, RecursionError):
        return None
    kind = record.get("kind") if isinstance(record, dict) else None
    return cast("GoalKind", kind) if kind in get_args(GoalKind) else None


def _is_said(text: str | None) -> bool:
    """Whether a text says something; of one that was erased that is assumed, since words were left out."""
    return text is not None and (says_something(text) or is_omitted(text))


def _words_of_purpose(goal: Goal, purpose: str | None) -> int | None:
    if purpose is None or is_omitted(goal.title):
        return None
    return len(_stems(purpose) & _stems(f"{goal.title} {goal.why or ''}"))


def _stems(text: str) -> set[str]:
    return {word[:STEM] for word in WORDS.findall(text.casefold()) if len(word) >= STEM}


def _steps(measure: Measure | None) -> int:
    if isinstance(measure, Milestones):
        return len(measure.steps)
    return len(measure.checkpoints) if isinstance(measure, Reach | Reduce) else 0


def _is_in_range(measure: Measure | None) -> bool | None:
    if isinstance(measure, Reach | Reduce):
        return is_in_range(measure.unit, (measure.baseline, measure.target))
    if isinstance(measure, StayWithin):
        return is_in_range(measure.unit, filter(None, (measure.low, measure.high)))
    return None


def _others(goal: Goal, state: State) -> list[Goal]:
    """The other goals of its owner; of a goal without one, those without one."""
    return [other for other in state.goals.values() if other.id != goal.id and other.owner == goal.owner]


def _active_others(goal: Goal, state: State) -> list[Goal]:
    return [other for other in _others(goal, state) if other.status is GoalStatus.ACTIVE]


def _is_similar(goal: Goal, other: Goal) -> bool:
    return goal.measure is not None and other.measure is not None and goal.measure.kind == other.measure.kind


def _metric(goal: Goal) -> str:
    return (
        goal.measure.metric.casefold() if goal.measure is not None and not isinstance(goal.measure, Milestones) else ""
    )


def _conflict(goal: Goal, other: Goal) -> bool:
    """Whether two goals cannot both be reached: what one wants more of the other avoids, brings down, or keeps within other bounds."""
    if not _metric(goal) or _metric(goal) != _metric(other):
        return False
    return any(
        _excludes(first, second) for first, second in ((goal.measure, other.measure), (other.measure, goal.measure))
    )


def _excludes(first: Measure | None, second: Measure | None) -> bool:
    if isinstance(second, Avoid):
        rises = isinstance(first, Reach) and first.direction > 0
        return rises or (isinstance(first, Habit) and second.allowed == 0)
    if isinstance(second, StayWithin) and isinstance(first, Reach | Reduce | StayWithin) and first.unit == second.unit:
        if isinstance(first, StayWithin):
            return first.high is not None and second.low is not None and first.high < second.low
        is_below = second.low is not None and first.target < second.low
        return is_below or (second.high is not None and first.target > second.high)
    if isinstance(first, Reach | Reduce) and isinstance(second, Reach | Reduce) and first.unit == second.unit:
        return first.direction != second.direction
    return False


def _habits(goal: Goal, state: State) -> Iterator[Habit]:
    """This habit and the other active ones of its owner; none where this goal is no habit."""
    if isinstance(goal.measure, Habit):
        yield goal.measure
        for other in _active_others(goal, state):
            if isinstance(other.measure, Habit) and not other.is_paused:
                yield other.measure


def _a_week(habit: Habit) -> Decimal:
    return COMPUTED.divide(Decimal(habit.times) * 7, Decimal(habit.per.approximate_days))


def _weekly_occasions(goal: Goal, state: State) -> Decimal | None:
    occasions = [_a_week(habit) for habit in _habits(goal, state)]
    return sum(occasions, Decimal(0)) if occasions else None


def _weekly_hours(goal: Goal, state: State) -> Decimal | None:
    hours = [
        _a_week(habit) * of_each
        for habit in _habits(goal, state)
        if habit.at_least is not None and (of_each := hours_of(habit.unit, habit.at_least)) is not None
    ]
    return sum(hours, Decimal(0)) if hours else None


def _plausible_ratio(goal: Goal, starts: Date, numbers: Values, own_pace: Decimal | None) -> Decimal | None:
    """What was done already is plausible: by the client's own pace, or their own readings."""
    measure = goal.measure
    if isinstance(measure, Habit):
        has_done_it = measure.at_least is not None and any(number >= measure.at_least for _, number in numbers)
        return None if measure.at_least is None or has_done_it else amount_ratio(measure.unit, measure.at_least)
    if not isinstance(measure, Reach | Reduce) or goal.due_on is None:
        return None
    days = days_between(starts, goal.due_on)
    verb = measure.metric.casefold().partition(" ")[0]
    if measure.baseline == 0 and is_change(
        measure.unit, verb
    ):  # "lose 40 kg": what is counted is how far something falls
        return change_ratio(measure.unit, measure.target, measure.baseline, days, own_pace=own_pace)
    return change_ratio(measure.unit, measure.baseline, measure.target, days, own_pace=own_pace)


def _number(value: Decimal | None) -> Decimal | None:
    return None if value is None else fact_number(value)
