"""What the scores of a goal were computed from, to recompute them by hand: readings, values, periods, pauses."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal, localcontext

import attrs
from pendulum import DateTime

from coachcore.model.answers import bounded_repr
from coachcore.model.measures import Avoid, Habit, Measure, Reach, Reduce, StayWithin
from coachcore.progress.course import GoalCourse, Standing
from coachcore.progress.scorers import avoid_periods, counted_values
from coachcore.progress.scores import Reading
from coachcore.progress.working_time import COMPUTED

__all__ = ["GoalInputs", "JudgedPeriod", "goal_inputs"]


@attrs.frozen(kw_only=True)
class JudgedPeriod:
    """One period of a habit or a budget. first, last: its days. done: how much was done, or happened, in it.

    wanted: how much was wanted of a habit, and credit: how much of that was done; allowed: how much was allowed of what
    is to be avoided. The others are None. is_kept: whether it was as agreed. counts: whether it is in the score, as one
    that is over or kept already.
    """

    first: date
    last: date
    done: Decimal
    wanted: Decimal | None = None
    credit: Decimal | None = None
    allowed: Decimal | None = None
    is_kept: bool
    counts: bool


@attrs.frozen(kw_only=True)
class GoalInputs:
    """What the scores of one goal were computed from, up to the moment they are of.

    readings: those that count, in order of time, in the unit of the measure in force. values: the numbers as they
    count, one for each moment or day; running totals where readings are added up. periods: those judged, of habits and
    budgets. pauses: begin and end of each. begin: the start of its first day.
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
        return GoalInputs(
            goal_id=course.goal.id,
            begin=now.span.begin,
            readings=tuple(now.readings),
            values=tuple(_values(course.measure, now)),
            periods=tuple(_periods(course.measure, now)),
            pauses=tuple(now.span.pauses),
        )


def _values(measure: Measure, now: Standing) -> Sequence[tuple[DateTime, Decimal]]:
    if not isinstance(measure, Reach | Reduce | StayWithin):
        return []
    if isinstance(measure, StayWithin):
        return counted_values(measure, now.readings, now.span)
    return now.counted_levels[0]


def _periods(measure: Measure, now: Standing) -> Iterator[JudgedPeriod]:
    if isinstance(measure, Habit):
        for part in now.habit_parts:
            yield JudgedPeriod(
                first=part.first,
                last=part.last,
                done=part.done,
                wanted=part.wanted,
                credit=part.credit,
                is_kept=part.is_kept,
                counts=part.counts,
            )
    elif isinstance(measure, Avoid):
        for period in avoid_periods(measure, now.readings, now.span):
            yield JudgedPeriod(
                first=period.first,
                last=period.last,
                done=period.happened,
                allowed=period.allowed,
                is_kept=period.is_kept,
                counts=True,
            )
