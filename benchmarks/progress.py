"""Progress of many goals: as columns over one by one, and a forecast over a fit of ETS.

20,000 goals with 50 readings each stand in columns. `vector_speedup`: scoring each by itself (its readings made into
`Reading`s, then status, attainment, what is expected, and the forecast at the due day) over `progress_columns` on all
of them, for each goal. One by one a part of the goals is scored; both sides take turns, and the ratio is the median
over rounds. `forecast_to_ets`: see `benchmarks.forecast`.
"""

import sys
from datetime import date, timedelta
from random import Random
from statistics import median
from time import perf_counter
from typing import Any, Final

import numpy
import pendulum

import coachcore
from benchmarks.figures import show
from benchmarks.forecast import forecast_to_ets
from coachcore import Agreement, Party, Reach, Reduce, Role
from coachcore.engagement.state import Goal
from coachcore.engagement.timeline import Timeline
from coachcore.model.parties import Actor
from coachcore.progress import Reading, progress_columns
from coachcore.progress.course import GoalCourse

GOALS: Final = 20_000
READINGS: Final = 50
ALONE: Final = 300
"""How many goals are scored one by one in a round."""
ROUNDS: Final = 5
FIRST: Final = date(2026, 1, 5)
TODAY: Final = FIRST + timedelta(days=160)
TARGETS: Final = {"vector_speedup": "at least 50", "forecast_to_ets": "at most 0.02"}


def frames(random: Random) -> tuple[dict[str, Any], dict[str, Any]]:
    """The goals, and their readings: on 50 of 160 days, on a way from a baseline to a target, with noise."""
    kinds = [random.choice(("reach", "reduce")) for _ in range(GOALS)]
    baselines = [random.randint(60, 120) for _ in range(GOALS)]
    goals = {
        "goal_id": numpy.array([f"g{number}" for number in range(GOALS)]),
        "kind": numpy.array(kinds),
        "baseline": numpy.array(baselines, float),
        "target": numpy.array([baseline - random.randint(10, 40) for baseline in baselines], float),
        "starts_on": numpy.full(GOALS, FIRST, "datetime64[D]"),
        "due_on": numpy.array(
            [FIRST + timedelta(days=random.randint(170, 300)) for _ in range(GOALS)], "datetime64[D]"
        ),
    }
    owners, days, values = [], [], []
    for number, baseline in enumerate(baselines):
        pace = random.uniform(0.0, 0.2)
        for day in sorted(random.sample(range(160), READINGS)):
            owners.append(f"g{number}")
            days.append(FIRST + timedelta(days=day))
            values.append(round(baseline - pace * day + random.gauss(0, 2), 2))
    readings = {
        "goal_id": numpy.array(owners),
        "day": numpy.array(days, "datetime64[D]"),
        "value": numpy.array(values, float),
    }
    return goals, readings


def calm_timeline() -> Timeline:
    """The timeline of an engagement in which nothing else happens."""
    practice = coachcore.open(clock=lambda: pendulum.datetime(2026, 1, 5))
    parties = (Party(id="c", name="Ann", role=Role.COACH), Party(id="k", name="Ben", role=Role.CLIENT))
    return practice.propose(Agreement(title="T", zone="UTC", parties=parties)).snapshot().history.timeline


def one_by_one(goals: dict[str, Any], readings: dict[str, Any], timeline: Timeline) -> list[Any]:
    """The first goals, each scored by itself."""
    scored = []
    client = Actor(party="k", role=Role.CLIENT)
    begin, today = pendulum.datetime(2026, 1, 5), timeline.end_of(TODAY)
    for row in range(ALONE):
        rows = range(row * READINGS, (row + 1) * READINGS)  # the readings of a goal stand together
        own = [
            Reading(
                occurred_at=pendulum.datetime(day.year, day.month, day.day),
                value=coachcore.numbers.decimal_of(float(readings["value"][index])),
                milestone_id=None,
                event_id=str(index),
            )
            for index in rows
            for day in (readings["day"][index].astype(date),)
        ]
        kind = Reach if goals["kind"][row] == "reach" else Reduce
        measure = kind(metric="m", unit="u", baseline=float(goals["baseline"][row]), target=float(goals["target"][row]))
        due_on = goals["due_on"][row].astype(date)
        spec = {"title": "T", "measure": measure, "starts_on": FIRST, "due_on": due_on}
        goal = Goal(id=str(goals["goal_id"][row]), set_at=begin, set_by=client, **spec)
        course = GoalCourse(timeline, goal, own)
        now = course.standing(today)
        forecast = course.forecast(now)
        scored.append((course.status(now)[0], now.score.value, now.expected.value, forecast.at(due_on)))
    return scored


def main(arguments: list[str]) -> int:
    goals, readings = frames(Random(15))
    timeline = calm_timeline()
    ratios = []
    for _ in range(ROUNDS):
        begin = perf_counter()
        alone = one_by_one(goals, readings, timeline)
        between = perf_counter()
        columns = progress_columns(goals, readings, TODAY)
        ratios.append((between - begin) / ALONE / ((perf_counter() - between) / GOALS))
        assert [str(status) for status, *_ in alone] == list(columns["status"][:ALONE])
    result = {"vector_speedup": round(median(ratios), 1), "forecast_to_ets": forecast_to_ets()}
    rows = [(name, str(figure), TARGETS[name]) for name, figure in result.items()]
    return show(f"Progress: {GOALS:,} goals with {READINGS} readings", rows, result, arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
