"""How fast a goal has to move, and how fast it moved: the client's own pace, with the interval in which it lies.

Readings go up and down, so a pace from a few of them is uncertain. Their course is taken for a steady pace with chance added from moment
to moment (Brownian motion with drift). The best estimate of its pace is then the way from the baseline to the last reading over the time
between, and the changes from reading to reading say how far off it may be: their mean square about that pace, each divided by its time.
The interval is Student's, exact for such a course; where readings scatter about a level it is wider than it need be, so it
says of fewer paces that they are beyond a client's own.
"""

from collections.abc import Sequence
from decimal import Decimal, localcontext
from itertools import pairwise
from typing import Final

import attrs
from pendulum import DateTime

from coachcore.engagement.state import Goal
from coachcore.facts.counted import Values, counts_of
from coachcore.model.measures import Counts, Reach, Reduce
from coachcore.model.times import elapsed
from coachcore.numbers import COMPUTED

__all__ = ["PaceInterval", "pace_interval", "recorded_pace", "required_pace"]

WEEK_SECONDS: Final = 7 * 86400
MIN_PACE_DAYS: Final = 7
"""Days before there is a recorded pace: a pace is per week, and less than a week would extrapolate the noise of single readings."""
MIN_CHANGES: Final = 3
"""With fewer, the interval is so wide that no pace is outside of it: with two it goes three standard errors each way."""
T_90: Final = tuple(
    Decimal(thousandths).scaleb(-3)
    for thousandths in (
        *(3078, 1886, 1638, 1533, 1476, 1440, 1415, 1397, 1383, 1372, 1363, 1356, 1350, 1345, 1341),
        *(1337, 1333, 1330, 1328, 1325, 1323, 1321, 1319, 1318, 1316, 1315, 1314, 1313, 1311, 1310),
    )
)
"""The 90 % quantiles of Student's distribution with 1, 2, ... degrees of freedom: nine of ten chances, or an interval of 80 %."""
Z_90: Final = Decimal("1.282")
"""The same of the normal distribution, for more degrees of freedom than the table has."""


@attrs.frozen(kw_only=True)
class PaceInterval:
    """Between which bounds a client's own pace lies with a probability of 80 %, each week, in the measure's unit."""

    low: Decimal
    high: Decimal


def required_pace(goal: Goal, levels: Values, as_of: DateTime, due_at: DateTime | None) -> Decimal | None:
    """How far the measure must move each week to reach its target in time, in its unit; 0 once it is there.

    levels: what the readings had come to, in order of time. None without a due day, once it is past, and for measures other than
    reach and reduce.
    """
    if not isinstance(goal.measure, Reach | Reduce) or due_at is None or due_at <= as_of:
        return None
    left = _way_left(goal.measure, levels)
    return COMPUTED.divide(left * WEEK_SECONDS, Decimal(str(elapsed(as_of, due_at).total_seconds())))


def _way_left(measure: Reach | Reduce, levels: Values) -> Decimal:
    """How far it is to the target, in the measure's unit; 0 once it is reached, or all of the way before the first reading."""
    come_to = [level for _, level in levels] or [measure.baseline]
    ways = [(measure.target - level) * measure.direction for level in come_to]
    # what was reached once stays reached, but for a level that is where its latest reading says
    is_latest = counts_of(measure, levels) is Counts.LATEST
    return max(ways[-1] if is_latest else min(ways), Decimal(0))


def recorded_pace(goal: Goal, values: Sequence[tuple[DateTime, Decimal]], since: DateTime) -> Decimal | None:
    """How far the measure moved towards its target in a week, from the baseline to the last reading, in its unit.

    values: what the readings had come to, in order of time. since: the moment of the baseline. None without a reading at least a
    week after it, and for measures other than reach and reduce.
    """
    return _pace_of(_changes(goal, values, since))


def _pace_of(changes: Sequence[tuple[Decimal, Decimal]]) -> Decimal | None:
    seconds = sum((seconds for seconds, _ in changes), Decimal(0))
    if seconds < MIN_PACE_DAYS * 86400:
        return None
    return COMPUTED.divide(sum((change for _, change in changes), Decimal(0)) * WEEK_SECONDS, seconds)


def pace_interval(goal: Goal, levels: Values, since: DateTime) -> PaceInterval | None:
    """The interval of the recorded pace; see the module. None where there is no such pace, or fewer than three readings."""
    changes = _changes(goal, levels, since)
    pace = _pace_of(changes)
    if pace is None or len(changes) < MIN_CHANGES:
        return None
    with localcontext(COMPUTED):
        by_weeks = [(seconds / WEEK_SECONDS, change) for seconds, change in changes]
        freedom = len(by_weeks) - 1
        variance = sum(((change - pace * weeks) ** 2 / weeks for weeks, change in by_weeks), Decimal(0)) / freedom
        quantile = T_90[freedom - 1] if freedom <= len(T_90) else Z_90
        half = quantile * (variance / sum((weeks for weeks, _ in by_weeks), Decimal(0))).sqrt()
        return PaceInterval(low=pace - half, high=pace + half)


def _changes(goal: Goal, levels: Sequence[tuple[DateTime, Decimal]], since: DateTime) -> list[tuple[Decimal, Decimal]]:
    """From moment to moment, beginning with the baseline: the seconds between, and how far the level moved towards the target."""
    measure = goal.measure
    if not isinstance(measure, Reach | Reduce):
        return []
    by_moment = {since: measure.baseline}
    by_moment.update((moment, level) for moment, level in levels if moment > since)  # of one moment, the last
    return [
        (Decimal(str(elapsed(begin, end).total_seconds())), (after - before) * measure.direction)
        for (begin, before), (end, after) in pairwise(sorted(by_moment.items()))
    ]
