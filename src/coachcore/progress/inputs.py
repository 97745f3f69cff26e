"""What the scores of a goal were computed from, so that they can be recomputed by hand: readings, values, periods and pauses."""

from datetime import date
from decimal import Decimal, localcontext

import attrs
from pendulum import DateTime

from coachcore.model.answers import bounded_repr
from coachcore.model.measures import Avoid, Counts, Habit, Reach, Reduce, StayWithin
from coachcore.progress.course import GoalCourse
from coachcore.progress.scorers import avoid_periods, counted_values, counts_of, habit_periods
from coachcore.progress.scores import Reading
from coachcore.progress.working_time import COMPUTED

__all__ = ["GoalInputs", "JudgedPeriod", "goal_inputs"]


@attrs.frozen(kw_only=True)
class JudgedPeriod:
    """One period of a habit or a budget. first, last: its days. done: how much was done, or happened, in it.

    wanted: how much was wanted of a habit, and credit: how much of that was done; allowed: how much was allowed of what is to be avoided.
    The others are None. is_kept: whether it was as agreed. counts: whether it is in the score, as one that is over or kept already.
    """

    first: date
    last: date
    done: Decimal
    wanted: Decimal | None
    credit: Decimal | None
    allowed: Decimal | None
    is_kept: bool
    counts: bool


@attrs.frozen(kw_only=True)
class GoalInputs:
    """What the scores of one goal were computed from, up to the moment they are of.

    readings: those that count, in order of time, in the unit of the measure in force. values: the numbers as they count, one for each
    moment or day; running totals where readings are added up. periods: those judged, of habits and budgets. pauses: begin and end of
    each. begin: the start of its first day.
    """

    __repr__ = bounded_repr

    goal_id: str
    begin: DateTime
    readings: tuple[Reading, ...]
    values: tuple[tuple[DateTime, Decimal], ...]
    periods: tuple[JudgedPeriod, ...]
    pauses: tuple[tuple[DateTime, DateTime], ...]


def goal_inputs(course: GoalCourse, as_of: DateTime) -> GoalInputs:
    """What the scores of a goal at a moment are computed from."""
    with localcontext(COMPUTED):
        now = course.standing(as_of)
        measure, readings, span = course.measure, now.readings, now.span
        values: list[tuple[DateTime, Decimal]] = []
        periods: list[JudgedPeriod] = []
        if isinstance(measure, Reach | Reduce | StayWithin):
            values = counted_values(measure, readings, span)
            if isinstance(measure, Reach | Reduce):
                values = _totals(measure, values)
        elif isinstance(measure, Habit):
            periods = [
                JudgedPeriod(
                    first=part.first,
                    last=part.last,
                    done=part.done,
                    wanted=part.wanted,
                    credit=part.credit,
                    allowed=None,
                    is_kept=part.is_kept,
                    counts=part.counts,
                )
                for part in habit_periods(measure, readings, span)
            ]
        elif isinstance(measure, Avoid) and measure.per is not None:
            periods = [
                JudgedPeriod(
                    first=first,
                    last=last,
                    done=happened,
                    wanted=None,
                    credit=None,
                    allowed=measure.allowed,
                    is_kept=happened <= measure.allowed,
                    counts=True,
                )
                for first, last, happened in avoid_periods(measure, readings, span)
            ]
        return GoalInputs(
            goal_id=course.goal.id,
            begin=span.begin,
            readings=tuple(readings),
            values=tuple(values),
            periods=tuple(periods),
            pauses=tuple(span.pauses),
        )


def _totals(measure: Reach | Reduce, values: list[tuple[DateTime, Decimal]]) -> list[tuple[DateTime, Decimal]]:
    if counts_of(measure, [value for _, value in values]) is not Counts.SUM:
        return values
    total, totals = measure.baseline, []
    for moment, value in values:
        total += value
        totals.append((moment, total))
    return totals
