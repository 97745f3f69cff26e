"""What-if: what a goal would need, and where it would stand, with another due day or target. Nothing is recorded."""

from datetime import timedelta
from decimal import Decimal, localcontext

import attrs
from pendulum import Date, DateTime

from coachcore.engagement.state import GoalStatus
from coachcore.errors import NotValid
from coachcore.model.answers import bounded_repr
from coachcore.model.measures import Habit, Milestones, Reach, Reduce
from coachcore.model.times import MICROSECOND, DayLike, as_date, moved
from coachcore.model.value import with_changes
from coachcore.numbers import NumberLike
from coachcore.progress.course import GoalCourse, Standing
from coachcore.progress.scorers import SoFar, habit_periods
from coachcore.progress.scores import Status, figure
from coachcore.progress.working_time import COMPUTED, working_time

__all__ = ["WhatIf", "what_if"]

WEEK = timedelta(days=7)


@attrs.frozen(kw_only=True)
class WhatIf:
    """Where a goal would stand with a due day and a target, and what it would take from now on.

    due_on, target: those it would have; target: None of measures without one. attainment, expected: 0 to 1, and status:
    as of `GoalProgress`.
    pace_needed: how far it has to move towards its target in a working week, from now to the due day, in the measure's
    unit; of milestones, how much weight; 0 where it is reached; None without a due day to come, and of other measures.
    share_needed: of a habit, the share of what is wanted from now on that has to be done; above 1 where it cannot be
    made any more.
    probability: of reaching it by the due day, 0 to 1, and reach_on: as of `Forecast`. now: the outlook without the
    change; None in that itself.
    """

    __repr__ = bounded_repr

    goal_id: str
    due_on: Date | None
    target: Decimal | None
    attainment: Decimal | None
    expected: Decimal | None
    status: Status
    pace_needed: Decimal | None
    share_needed: Decimal | None
    probability: float | None
    reach_on: Date | None
    now: "WhatIf | None" = None


def what_if(
    course: GoalCourse, as_of: DateTime, due_on: DayLike | None = None, target: NumberLike | None = None
) -> WhatIf:
    """A goal with another due day or target, or as it is where both are left out.

    Raises NotValid what_if_goal.closed of a closed goal, what_if_target.not_allowed of a measure without a target,
    due_day.out_of_range of a day before the goal begins, and what the measure raises of a target.
    """
    goal = course.goal
    if goal.status is not GoalStatus.ACTIVE:
        raise NotValid("what_if_goal.closed", f"goal {goal.id!r} is closed", "ask of an active goal", path="goal_id")
    changed = goal
    if due_on is not None:
        day, first = as_date(due_on), course.timeline.day_at(course.begin)
        if day < first:
            message = f"{day} is before the goal begins"
            raise NotValid("due_day.out_of_range", message, f"use {first} or later", path="due_on")
        changed = with_changes(changed, due_on=day)
    if target is not None:
        if not isinstance(goal.measure, Reach | Reduce):
            message = f"goal {goal.id!r} has no target to move"
            hint = "only reach and reduce have a target; revise the measure instead"
            raise NotValid("what_if_target.not_allowed", message, hint, path="target")
        changed = with_changes(changed, measure=with_changes(goal.measure, target=target))
    with localcontext(COMPUTED):
        now = _outlook(course, as_of)
        then = now if changed is goal else _outlook(attrs.evolve(course, goal=changed, so_far=SoFar()), as_of)
    return attrs.evolve(then, now=now)


def _outlook(course: GoalCourse, as_of: DateTime) -> WhatIf:
    standing = course.standing(as_of)
    forecast = course.forecast(standing)
    measure = course.goal.measure
    return WhatIf(
        goal_id=course.goal.id,
        due_on=course.goal.due_on,
        target=measure.target if isinstance(measure, Reach | Reduce) else None,
        attainment=standing.score.value,
        expected=standing.expected.value,
        status=course.status(standing)[0],
        pace_needed=_pace_needed(course, standing),
        share_needed=_share_needed(course, standing),
        probability=forecast.probability,
        reach_on=forecast.reach_on,
    )


def _pace_needed(course: GoalCourse, standing: Standing) -> Decimal | None:
    """What is left, divided by the working weeks that are left, in which the only pause is one that goes on."""
    left = _left(course, standing)
    if left is None or course.due is None or standing.moment >= course.due:
        return None
    # the due day ends a microsecond before the next one begins
    time_left = working_time(standing.span.pauses, standing.moment, moved(course.due, MICROSECOND))
    return figure(COMPUTED.divide(left * (WEEK // MICROSECOND), Decimal(time_left // MICROSECOND)))


def _left(course: GoalCourse, standing: Standing) -> Decimal | None:
    """How far it is to the target, in the unit of the measure."""
    measure, inputs = course.goal.measure, standing.score.inputs
    if isinstance(measure, Milestones):
        total = sum((step.weight for step in measure.steps), Decimal(0))
        return total - COMPUTED.multiply(total, standing.score.value or Decimal(0))
    if not isinstance(measure, Reach | Reduce):
        return None
    reached = next((inputs[name] for name in ("total", "best", "latest") if name in inputs), measure.baseline)
    return max((measure.target - reached) * measure.direction, Decimal(0))


def _share_needed(course: GoalCourse, standing: Standing) -> Decimal | None:
    """(agreed share * wanted in all - done of it so far) / wanted from now on, not below 0."""
    measure = course.goal.measure
    if not isinstance(measure, Habit) or course.due is None or standing.moment >= course.due:
        return None
    whole = attrs.evolve(standing.span, until=course.due)
    so_far = [part for part in standing.habit_parts if part.counts]
    in_all = sum((part.wanted for part in habit_periods(measure, standing.readings, whole)), Decimal(0))
    to_come = in_all - sum((part.wanted for part in so_far), Decimal(0))
    if to_come <= 0:
        return None
    lacking = COMPUTED.multiply(measure.share, in_all) - sum((part.credit for part in so_far), Decimal(0))
    return figure(COMPUTED.divide(max(lacking, Decimal(0)), to_come))
