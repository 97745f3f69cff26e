"""Simulated clients, for calibrating and judging forecasts: weekly readings of a goal, by five archetypes.

A client has a pace (units a week), a course that depends on the archetype, a random walk (some weeks go better, and the
next start from there) and noise (a reading differs from day to day). All are drawn anew for each client:

- steady: the same pace throughout.
- stalling: the pace ends at some week, abruptly or little by little.
- relapsing: weeks of progress, then weeks that lose a part of it, over and over.
- seasonal: a slow pace with a wave of 4 to 16 weeks.
- gappy: steady, but many weeks have no reading.
"""

from collections.abc import Callable
from math import exp, log, pi, sin
from random import Random
from typing import Final

import attrs

__all__ = ["ARCHETYPES", "STYLES", "Client", "Habits", "simulated"]


@attrs.frozen
class Habits:
    """How much readings of a kind of client vary, in units of their weekly pace.

    noise, walk: medians; noise_spread, walk_spread: standard deviations of the logarithms.
    """

    noise: float
    noise_spread: float
    walk: float
    walk_spread: float


STYLES: Final = (
    Habits(1.0, 0.6, 0.4, 0.6),
    Habits(1.3, 1.0, 0.4, 0.9),
    Habits(0.5, 0.5, 0.2, 0.5),
    Habits(2.0, 0.7, 0.4, 0.6),
)
"""Clients of whom half are rather regular, others erratic; each client is drawn from one of these."""


@attrs.frozen
class Client:
    """A client's readings.

    weeks, values: of the readings so far. path: the reading of every week, those to come included.
    pace: units a week, negative where the goal is to come down.
    """

    weeks: list[int]
    values: list[float]
    path: list[float]
    pace: float

    def ahead(self, weeks: int) -> float:
        """The reading that many weeks after the last one."""
        return self.path[self.weeks[-1] + weeks]


Course = Callable[[float], float]
"""Week -> progress, in units of the pace."""


def _steady(random: Random, life: int) -> Course:
    return lambda week: week


def _stalling(random: Random, life: int) -> Course:
    end = random.uniform(0.2, 1.1) * life
    if random.random() < 0.5:
        return lambda week: min(week, end)
    return lambda week: end * (1 - exp(-week / end))


def _relapsing(random: Random, life: int) -> Course:
    gaining, losing, share = random.uniform(3, 14), random.uniform(1, 5), random.uniform(0.3, 1.0)

    def course(week: float) -> float:
        rounds, within = divmod(week, gaining + losing)
        lost = max(within - gaining, 0) / losing * share * gaining
        return rounds * gaining * (1 - share) + min(within, gaining) - lost

    return course


def _seasonal(random: Random, life: int) -> Course:
    period, height, begin = random.uniform(4, 16), random.uniform(1, 4), random.uniform(0, 2 * pi)
    pace = random.random()
    return lambda week: week * pace + height * sin(2 * pi * week / period + begin)


ARCHETYPES: Final[dict[str, Callable[[Random, int], Course]]] = {
    "steady": _steady,
    "stalling": _stalling,
    "relapsing": _relapsing,
    "seasonal": _seasonal,
    "gappy": _steady,
}


def simulated(random: Random, archetype: str, readings: int, weeks_ahead: int) -> Client:
    """A client of an archetype with that many readings so far, and the weeks to come."""
    habits = random.choice(STYLES)
    weeks = list(range(readings))
    if archetype == "gappy":
        read_share = random.uniform(0.35, 0.75)
        weeks = [0]
        while len(weeks) < readings:
            skipped = int(log(1 - random.random()) / log(1 - read_share))
            weeks.append(weeks[-1] + 1 + skipped)
    pace = random.lognormvariate(0, 0.5) * random.choice((-1, 1))
    noise = random.lognormvariate(log(habits.noise), habits.noise_spread)
    step = random.lognormvariate(log(habits.walk), habits.walk_spread)
    course = ARCHETYPES[archetype](random, readings + weeks_ahead)
    walk, path = 0.0, []
    for week in range(weeks[-1] + weeks_ahead + 1):
        walk += random.gauss(0, step)
        path.append(pace * (course(week) + walk + random.gauss(0, noise)))
    return Client(weeks, [path[week] for week in weeks], path, pace)
