"""Predictions: between which bounds a future reading lies, from a person's own readings.

The method is small enough to be computed by hand. A level follows the readings by exponential smoothing: half of what a reading
differs from what was predicted for it is taken over for each median gap between readings, and less for a shorter gap. From the level, the
prediction goes on with 0.6 of the drift, the mean change of the level since the first reading: people slow down more often than they
speed up. How far predictions were off so far, one gap ahead and as many gaps ahead as is asked now, says how wide the interval is.
Its quantiles are data (`prediction.toml`): they were calibrated on simulated clients by `python -m benchmarks.calibration`, by the number
of readings and by how far ahead the prediction goes.

Source of the parts: Brown (1959), Statistical Forecasting for Inventory Control (smoothing); Gardner & McKenzie (1985), Management
Science 31, 1237-1246 (a trend that is damped). Their combination and the quantiles are ours.
"""

import tomllib
from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import cache, cached_property
from importlib.resources import files
from itertools import groupby, pairwise
from math import log, sqrt
from operator import itemgetter
from statistics import NormalDist, median
from typing import Any, Final

import attrs

from coachcore.errors import NotValid
from coachcore.numbers import NumberLike
from coachcore.progress.samples import Sample, interval_level, positive, sample

__all__ = ["LEAST_READINGS", "Prediction", "Reaching", "Series", "predict"]

LEAST_READINGS: Final = 3
"""Two readings say nothing of how much readings differ by chance."""
SMOOTHING: Final = 0.5
"""The share of a surprise that the level takes over, for each median gap."""
DAMPING: Final = 0.6
"""The share of the mean drift so far that a prediction goes on with."""
SURPRISE: Final = 3.0
"""A reading further off than three times the usual error moves the level no more than that: it may be a slip."""
GAP_POWER: Final = 0.25
"""Errors after a gap longer than the median one count divided by (gap / median gap) ** 0.25."""
WIDENING: Final = 0.25
WIDENING_POWER: Final = 0.8
"""Errors are usually 1 + 0.25 * (gaps - 1) ** 0.8 times as large so many gaps ahead as one gap ahead."""
PRIOR_WEIGHT: Final = 2.0
"""How many errors of a person's own, as many gaps ahead as is asked, weigh as much as what is usual that far ahead."""


@attrs.frozen
class Prediction:
    """A future reading: with the asked-for probability it lies between `lower` and `upper`; half of them lie below `median`.

    All three are None, with the reason as a code, where there is too little data (`too_few_readings`) or where the readings never
    differ (`no_variation`), so that nothing says how far off a prediction may be. The reason is "" otherwise.
    """

    lower: float | None
    median: float | None
    upper: float | None
    reason: str = ""


def predict(times: Sample, values: Sample, horizon: NumberLike, level: NumberLike = 0.8) -> Prediction:
    """An interval for the reading `horizon` after the last one.

    times: when each value was read, in any unit, such as days since the start; in any order. values: as many. Values of one time
    count as their mean. horizon: above 0, in the unit of the times. level: the probability of the interval, from 0.01 to 0.999.
    Raises NotValid on other input.
    """
    probability = interval_level(level)
    ahead = positive(horizon, "horizon")
    moments, numbers = sample(times, "times"), sample(values, "values")
    if len(moments) != len(numbers):
        message = f"{len(numbers)} values for {len(moments)} times"
        raise NotValid("values.conflict", message, "give one value for each time", path="values")
    series = Series.of(moments, numbers)
    if reason := series.too_little:
        return Prediction(None, None, None, reason)
    return series.interval(ahead, probability)


@attrs.frozen
class Reaching:
    """When a target is reached, as time after the last reading. on: at the pace so far; earliest, latest: the bounds of an interval.

    Each is None where it is not reached within the time that was looked at.
    """

    earliest: float | None
    on: float | None
    latest: float | None


@attrs.frozen(kw_only=True)
class Step:
    """The smoothed state after a reading: its time, its value, the level, the drift to go on with, and the error made at it.

    lag: by how much time the level lags behind readings that rise evenly.
    """

    time: float
    value: float
    level: float
    drift: float
    error: float
    lag: float = 0.0


@attrs.frozen(slots=False, eq=False)
class Series:
    """Readings in order of time, smoothed. gap: the median time between two of them."""

    steps: Sequence[Step]
    gap: float

    @classmethod
    def of(cls, times: Sequence[float], values: Sequence[float]) -> "Series":
        """The series of readings in any order. Values of one time count as their mean."""
        by_time = groupby(sorted(zip(times, values, strict=True)), key=itemgetter(0))
        readings = [(time, _mean([value for _, value in same_time])) for time, same_time in by_time]
        if len(readings) < 2:
            return cls(
                [Step(time=time, value=value, level=value, drift=0.0, error=0.0) for time, value in readings], 0.0
            )
        gap = median(later - earlier for (earlier, _), (later, _) in pairwise(readings))
        return cls(_smoothed(readings, gap), gap)

    @cached_property
    def error(self) -> float:
        """How far predictions for the next reading were off: the root of the mean square."""
        return _root_mean_square([step.error for step in self.steps[1:]])

    @property
    def too_little(self) -> str:
        """Why nothing can be predicted; "" where something can."""
        if len(self.steps) < LEAST_READINGS:
            return "too_few_readings"
        return "" if self.error else "no_variation"

    def interval(self, ahead: float, level: float = 0.8) -> Prediction:
        """The interval of a reading that much after the last one."""
        middle = self.median(ahead)
        half = self.spread(ahead) * quantiles().half_width(len(self.steps), ahead / self.gap, level)
        return Prediction(middle - half, middle, middle + half)

    def below(self, ahead: float, value: float) -> float:
        """The probability that a reading that much after the last one is below a value, from 0 to 1."""
        distance = (value - self.median(ahead)) / self.spread(ahead)
        level = quantiles().level(len(self.steps), ahead / self.gap, abs(distance))
        return 0.5 + level / 2 if distance > 0 else 0.5 - level / 2

    def reaching(self, target: float, longest: float, level: float = 0.8) -> Reaching:
        """When the readings reach a target that they have not reached yet. longest: how far ahead is looked.

        The bounds of the interval go on at the mean pace of the level so far, undamped; `on` as `_arrival` says.
        """
        last = self.steps[-1]
        pace = last.drift / DAMPING
        direction = 1 if target > self.steps[0].value else -1
        table, readings = quantiles(), len(self.steps)

        def short_by(ahead: float, side: int) -> float:  # side: 1 at the bound nearer to the target, -1 at the other
            half = self.spread(ahead) * table.half_width(readings, ahead / self.gap, level)
            return direction * (target - last.level - pace * ahead) - side * half

        def first(side: int) -> float | None:
            return _first(lambda ahead: short_by(ahead, side) <= 0, self.gap, longest)

        earliest, latest, on = first(1), first(-1), self._arrival(target)
        if on is None or on > longest:
            return Reaching(earliest=earliest, on=None, latest=None)
        # both sides of the interval are at least a gap wide
        earliest = min(on if earliest is None else earliest, max(on - self.gap, 0.0))
        latest = None if latest is None else max(latest, on + self.gap)
        return Reaching(earliest=earliest, on=on, latest=latest)

    def _arrival(self, target: float) -> float | None:
        """After how much time a target is reached at the pace so far; None where it leads away.

        The pace is the slower of two. That of the smoothed level, its lag made up for, is moved little by an outlier. The other one, of the
        readings since the first, of which the latter half of the time counts twice, shows that someone has stalled. What is left to go is
        counted from the level or from the last reading, whichever is further from the target.
        """
        first, last = self.steps[0], self.steps[-1]
        direction = 1 if target > first.value else -1
        passed = last.time - first.time
        smoothed = direction * (last.level - first.value) / (passed - last.lag)
        whole = direction * (last.value - first.value) / passed
        recent = direction * (last.value - self._value_at(first.time + passed / 2)) / (passed / 2)
        pace = min(smoothed, (2 * whole + max(recent, 0.0)) / 3)
        if pace <= 0:
            return None
        left = max(direction * (target - last.level) - smoothed * last.lag, direction * (target - last.value))
        return left / pace

    def _value_at(self, time: float) -> float:
        """The value at a time between two readings, on the line between them."""
        index = bisect_right(self.steps, time, key=lambda step: step.time, hi=len(self.steps) - 1)
        before, after = self.steps[index - 1], self.steps[index]
        return before.value + (after.value - before.value) * (time - before.time) / (after.time - before.time)

    def reaches_by(self, target: float, ahead: float) -> float:
        """The probability, from 0 to 1, that some reading up to then reaches a target that none has reached yet.

        That of the reading at the end, p, counts twice: 1 - (1 - p)**2. Readings that went beyond a bound on their way are as often
        back below it as beyond it at the end (the reflection principle of random walks).
        """
        missed = 1 - self.reaches_at(target, ahead)
        return 1 - missed * missed

    def reaches_at(self, target: float, ahead: float) -> float:
        """The probability, from 0 to 1, that the reading that much after the last one is at a target or beyond it."""
        below = self.below(ahead, target)
        return 1 - below if target > self.steps[0].value else below

    def median(self, ahead: float) -> float:
        """The reading that half of the predictions lie below."""
        last = self.steps[-1]
        return last.level + last.drift * ahead

    def spread(self, ahead: float) -> float:
        """How far a prediction that much ahead is usually off.

        The person's own errors over as many gaps, weighed against the error one gap ahead widened as is usual. Errors of windows that
        overlap count as one.
        """
        gaps = max(1, round(ahead / self.gap))
        widened: float = 1 + WIDENING * (gaps - 1) ** WIDENING_POWER
        usual = self.error * widened
        own = self._errors(gaps)
        if not own:
            return usual
        weight = len(own) / gaps
        mean_square = sum(error * error for error in own) / len(own)
        return sqrt((PRIOR_WEIGHT * usual * usual + weight * mean_square) / (PRIOR_WEIGHT + weight))

    def _errors(self, gaps: int) -> list[float]:
        """How far predictions that many readings ahead were off, from the third reading on."""
        return [
            later.value - earlier.level - earlier.drift * (later.time - earlier.time)
            for earlier, later in zip(self.steps[2:], self.steps[2 + gaps :], strict=False)
        ]


def _smoothed(readings: Sequence[tuple[float, float]], gap: float) -> list[Step]:
    start, first = readings[0]
    steps = [Step(time=start, value=first, level=first, drift=0.0, error=0.0)]
    squares = 0.0
    for count, (time, value) in enumerate(readings[1:], start=1):
        last = steps[-1]
        passed = time - last.time
        predicted = last.level + last.drift * passed
        surprise = value - predicted
        believed = surprise
        if count > LEAST_READINGS - 1:
            bound = SURPRISE * sqrt(squares / (count - 1))
            believed = min(max(surprise, -bound), bound)
        weight = 1 - (1 - SMOOTHING) ** (passed / gap)
        level = predicted + weight * believed
        earlier = last.time - start
        # the lag is that of readings which rise by one in a unit of time, so that their level is the time less the lag
        ramp_drift = DAMPING * (earlier - last.lag) / earlier if earlier else 0.0
        lag = (1 - weight) * (passed + last.lag - ramp_drift * passed)
        error = surprise / max(passed / gap, 1.0) ** GAP_POWER
        squares += error * error
        drift = DAMPING * (level - first) / (time - start)
        steps.append(Step(time=time, value=value, level=level, drift=drift, error=error, lag=lag))
    return steps


def _first(reached: Callable[[float], bool], gap: float, longest: float) -> float | None:
    """The first moment at which something is reached, to a hundredth of a gap; None where that is later than `longest`."""
    before, after = 0.0, gap / 8
    while not reached(min(after, longest)):
        if after >= longest:
            return None
        before, after = after, after * 2
    after = min(after, longest)
    while after - before > gap / 100:
        middle = (before + after) / 2
        before, after = (before, middle) if reached(middle) else (middle, after)
    return after


def _mean(numbers: Sequence[float]) -> float:
    return numbers[0] if len(numbers) == 1 else sum(numbers) / len(numbers)


def _root_mean_square(numbers: Sequence[float]) -> float:
    return sqrt(sum(number * number for number in numbers) / len(numbers)) if numbers else 0.0


@attrs.frozen
class Quantiles:
    """Half-widths of intervals in units of `Series.spread`, as calibrated.

    levels, readings, gaps: ascending; half_widths[level][readings][gaps]. Between them, it is linear in the normal deviate of the level
    and in the logarithm of the other two; beyond their ends, readings and gaps count as the last ones.
    """

    levels: Sequence[float]
    readings: Sequence[float]
    gaps: Sequence[float]
    half_widths: Sequence[Sequence[Sequence[float]]]

    @cached_property
    def deviates(self) -> tuple[float, ...]:
        return tuple(_deviate(level) for level in self.levels)

    def half_width(self, readings: int, gaps: float, level: float) -> float:
        """The half-width of the interval of that probability."""
        return _interpolated((0.0, *self.deviates), (0.0, *self._row(readings, gaps)), _deviate(level))

    def level(self, readings: int, gaps: float, half_width: float) -> float:
        """The probability of the interval of that half-width."""
        deviate = _interpolated((0.0, *self._row(readings, gaps)), (0.0, *self.deviates), half_width)
        return 2 * NormalDist().cdf(deviate) - 1

    def _row(self, readings: int, gaps: float) -> list[float]:
        by_readings, by_gaps = _place(self.readings, readings), _place(self.gaps, gaps)
        return [_bilinear(table, by_readings, by_gaps) for table in self.half_widths]


def _deviate(level: float) -> float:
    return NormalDist().inv_cdf(0.5 + level / 2)


def _place(ends: Sequence[float], number: float) -> tuple[int, float]:
    """Between which two of ascending numbers one lies: the index of the lower, and how far along it is, in logarithms."""
    within = min(max(number, ends[0]), ends[-1])
    index = min(bisect_right(ends, within), len(ends) - 1) - 1
    return index, log(within / ends[index]) / log(ends[index + 1] / ends[index])


def _bilinear(table: Sequence[Sequence[float]], row: tuple[int, float], column: tuple[int, float]) -> float:
    (i, down), (j, along) = row, column
    upper = table[i][j] * (1 - along) + table[i][j + 1] * along
    lower = table[i + 1][j] * (1 - along) + table[i + 1][j + 1] * along
    return upper * (1 - down) + lower * down


def _interpolated(xs: Sequence[float], ys: Sequence[float], x: float) -> float:
    index = min(max(bisect_right(xs, x), 1), len(xs) - 1)
    slope = (ys[index] - ys[index - 1]) / (xs[index] - xs[index - 1])
    return ys[index - 1] + slope * (x - xs[index - 1])


@cache
def quantiles() -> Quantiles:
    """The quantiles that ship with the library."""
    table: dict[str, Any] = tomllib.loads((files(__package__) / "prediction.toml").read_text(encoding="utf-8"))
    return Quantiles(table["levels"], table["readings"], table["gaps"], table["half_widths"])
