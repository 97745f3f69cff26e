"""Forecasts of a goal: bounds of future readings, the day its target is reached, and how likely that is by its due day.

Days that were paused do not pass. The baseline counts as a reading at the goal's begin. From there on everything rests on
`coachcore.progress.prediction`; habits on the share of periods kept so far, of which older ones count less.
"""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from math import exp, lgamma
from typing import Final

import attrs
from pendulum import Date, DateTime

from coachcore.engagement.timeline import Timeline
from coachcore.model.answers import bounded_repr
from coachcore.model.measures import Counts
from coachcore.model.times import DayLike, as_date
from coachcore.numbers import NumberLike
from coachcore.progress.prediction import LEAST_READINGS, Prediction, Series
from coachcore.progress.samples import interval_level
from coachcore.progress.working_time import working_days

__all__ = ["Course", "Forecast", "kept_up_forecast", "numeric_forecast", "without_forecast"]

LONGEST_DAYS: Final = 3_652.0
"""Ten years. A day further off is named no more: it only says that there is hardly any headway."""
MOST_TIMES: Final = 1_000
"""Of more times to come each stands for several: the work grows with them, and the chance hardly changes."""
FADING: Final = 0.9
"""How much a period of a habit counts beside the one after it: a habit of long ago says less of next week."""


@attrs.frozen(kw_only=True)
class Course:
    """What a forecast goes on from.

    readings: the moments and values that count, in order of time; totals where they are added up.
    begin: the start of the goal's first day. as_of: the moment of the forecast. due: the moment the goal is due, if any. timeline: which
    days they are, where the client is. pauses: begin and end of each.
    """

    readings: Sequence[tuple[DateTime, Decimal]]
    begin: DateTime
    as_of: DateTime
    due: DateTime | None
    timeline: Timeline
    pauses: Sequence[tuple[DateTime, DateTime]]

    def passed(self, moment: DateTime) -> float:
        """Working days from the goal's begin to a moment."""
        return working_days(self.pauses, self.begin, moment)


@attrs.frozen(kw_only=True)
class Forecast:
    """What is to be expected of a goal.

    With 80 % the target is reached from `reach_earliest` to `reach_latest`, and about half of the time by `reach_on`.

    Each of the three is None where it lies more than ten years off. probability: of reaching the target by the due day, 0 to 1; None
    without a due day. reason: why there is no forecast, or none of the day, as a code: too_few_readings (fewer than three, on three
    days), silent (none for two cadences), no_variation, leads_away, not_for_this_measure, closed, reached (it is the past then), or "".
    """

    __repr__ = bounded_repr

    reach_earliest: Date | None = None
    reach_on: Date | None = None
    reach_latest: Date | None = None
    probability: float | None = None
    reason: str = ""
    course: Course | None = attrs.field(default=None, repr=False, eq=False)
    series: Series | None = attrs.field(default=None, repr=False, eq=False)

    def at(self, day: DayLike, level: NumberLike = 0.8) -> Prediction:
        """The interval of a reading on a future day, in the measure's unit. level: its probability, from 0.01 to 0.999.

        Its bounds are None, with the reason, where there is no forecast (`reason`) or where the day is not after the moment of the
        forecast (`past`).
        """
        future, probability = as_date(day), interval_level(level)
        if self.series is None or self.course is None:
            return Prediction(None, None, None, self.reason)
        if future <= self.course.timeline.day_at(self.course.as_of):
            return Prediction(None, None, None, "past")
        ahead = self.course.passed(self.course.timeline.end_of(future)) - self.course.passed(
            self.course.readings[-1][0]
        )
        return self.series.interval(max(ahead, 1e-9), probability)


def without_forecast(reason: str) -> Forecast:
    """A forecast that says why there is none."""
    return Forecast(reason=reason)


def numeric_forecast(course: Course, baseline: Decimal, target: Decimal, counts: Counts) -> Forecast:
    """The forecast of a value on its way from a baseline to a target that it has not reached yet."""
    times, values = [0.0], [float(baseline)]
    for moment, value in course.readings:
        passed = course.passed(moment)
        if passed <= 0:
            values[0] = float(value)
            continue
        times.append(passed)
        values.append(float(value))
    days = {course.timeline.day_at(moment) for moment in (course.begin, *(moment for moment, _ in course.readings))}
    if len(days) < LEAST_READINGS:
        return without_forecast("too_few_readings")
    series = Series.of(times, values)
    if series.too_little:
        return without_forecast(series.too_little)
    gone = max(course.passed(course.as_of) - times[-1], 0.0)
    aim = float(target)
    chance = None
    if course.due is not None:
        ahead = course.passed(course.due) - times[-1]
        chance = _chance(series, aim, max(ahead, 1e-9), counts)
    reaching = series.reaching(aim, LONGEST_DAYS)
    earliest, on, latest = (
        None if ahead is None else _day(course, ahead - gone)
        for ahead in (reaching.earliest, reaching.on, reaching.latest)
    )
    if on is not None and latest is not None:  # the days before today are over, and readings may be some an hour
        latest = max(latest, on.add(days=1))
    return Forecast(
        reach_earliest=earliest,
        reach_on=on,
        reach_latest=latest,
        probability=chance,
        reason="leads_away" if earliest is None and on is None else "",
        course=course,
        series=series,
    )


def _chance(series: Series, target: float, ahead: float, counts: Counts) -> float:
    """The probability of having reached a target: by any reading until then, or by what the readings are, or add up to, then."""
    chance = series.reaches_by(target, ahead) if counts is Counts.BEST else series.reaches_at(target, ahead)
    return round(chance, 6)


def _day(course: Course, ahead: float) -> Date:
    """The day that many days after the moment of the forecast, and no day before it."""
    return course.timeline.day_at(course.as_of + timedelta(days=max(ahead, 0.0)))


def kept_up_forecast(shares: Sequence[float], done: float, wanted: float, to_come: float, share: float) -> Forecast:
    """The forecast of a habit: how likely the agreed share of what is wanted in all is done when it is due.

    shares: of each period so far, how much of what was wanted was done, oldest first. done, wanted: what they add up to.
    to_come: how many times more it is wanted. share: the agreed one. All shares are 0 to 1.

    The chance of doing it each time is taken from the periods so far, each counting a tenth less than the one after it
    (beta-binomial, from an even prior).
    """
    weights = [FADING**age for age in range(len(shares))][::-1]
    successes = 1 + sum(weight * kept for weight, kept in zip(weights, shares, strict=True))
    failures = 1 + sum(weight * (1 - kept) for weight, kept in zip(weights, shares, strict=True))
    times = min(round(to_come), MOST_TIMES)
    lacking = share * (wanted + to_come) - done
    needed = lacking * times / to_come if times else lacking
    chance = sum(
        exp(_log_beta_binomial(more, times, successes, failures)) for more in range(times + 1) if more >= needed - 1e-9
    )
    return Forecast(probability=round(min(chance, 1.0), 6), reason="not_for_this_measure")


def _log_beta_binomial(successes: int, trials: int, a: float, b: float) -> float:
    chosen = lgamma(trials + 1) - lgamma(successes + 1) - lgamma(trials - successes + 1)
    return chosen + _log_beta(successes + a, trials - successes + b) - _log_beta(a, b)


def _log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)
