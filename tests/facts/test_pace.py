"""The client's own pace with its interval: what it is computed from, and how often it holds the pace that there is."""

from decimal import Decimal
from math import exp, lgamma, pi, sqrt
from random import Random

import pendulum
import pytest

from coachcore import Reach, Reduce, Role
from coachcore.engagement.state import Goal
from coachcore.facts import PaceInterval, pace_interval, recorded_pace
from coachcore.facts.counted import Values
from coachcore.facts.pace import T_90, required_pace
from coachcore.model.parties import Actor

SINCE = pendulum.datetime(2026, 3, 2)


def goal(measure: Reach | Reduce) -> Goal:
    return Goal(id="g", title="T", measure=measure, set_at=SINCE, set_by=Actor(party="k", role=Role.CLIENT))


RUN = goal(Reach(metric="run", unit="km", baseline=0, target=10))


def weekly(*levels: str) -> Values:
    return [(SINCE.add(weeks=number), Decimal(level)) for number, level in enumerate(levels, 1)]


def test_the_interval_is_student_s_of_the_changes_from_week_to_week() -> None:
    # changes 1, 3, 2: mean 2, standard deviation 1, and 1.886 * 1 / sqrt(3) = 1.0889
    interval = pace_interval(RUN, weekly("1", "4", "6"), SINCE)
    assert interval is not None
    assert float(interval.low) == pytest.approx(2 - 1.0889, abs=1e-4)
    assert float(interval.high) == pytest.approx(2 + 1.0889, abs=1e-4)


@pytest.mark.parametrize("levels", [(), ("1",), ("1", "4")])
def test_fewer_than_three_readings_have_no_interval(levels: tuple[str, ...]) -> None:
    assert pace_interval(RUN, weekly(*levels), SINCE) is None


def test_three_readings_within_a_week_have_none_either() -> None:
    levels = [(SINCE.add(days=number), Decimal(number)) for number in (1, 2, 3)]
    assert recorded_pace(RUN, levels, SINCE) is None
    assert pace_interval(RUN, levels, SINCE) is None


def test_a_steady_pace_has_an_interval_without_width() -> None:
    assert pace_interval(RUN, weekly("2", "4", "6", "8"), SINCE) == PaceInterval(low=Decimal(2), high=Decimal(2))


def test_a_fall_counts_towards_a_target_below() -> None:
    weight = goal(Reduce(metric="weight", unit="kg", baseline=90, target=80))
    levels = weekly("89", "86", "84")
    assert recorded_pace(weight, levels, SINCE) == 2
    interval = pace_interval(weight, levels, SINCE)
    assert interval is not None
    assert interval.low < 2 < interval.high


def test_the_quantiles_are_those_of_student_s_distribution() -> None:
    for freedom, quantile in enumerate(T_90, 1):
        assert share_below(float(quantile), freedom) == pytest.approx(0.9, abs=1e-4)


def share_below(bound: float, freedom: int, steps: int = 2000) -> float:
    """The probability below a bound, by Simpson's rule over the density."""
    scale = exp(lgamma((freedom + 1) / 2) - lgamma(freedom / 2)) / sqrt(freedom * pi)
    width = bound / steps
    heights = [scale * (1 + (width * step) ** 2 / freedom) ** (-(freedom + 1) / 2) for step in range(steps + 1)]
    return 0.5 + width / 3 * (heights[0] + 4 * sum(heights[1:-1:2]) + 2 * sum(heights[2:-1:2]) + heights[-1])


def test_four_of_five_intervals_hold_the_pace_of_a_course_with_chance_in_it() -> None:
    random, within, courses = Random(16), 0, 1000
    for _ in range(courses):
        moment, level, levels = SINCE, 0.0, []
        for _ in range(random.randint(3, 12)):
            days = random.randint(3, 12)
            moment, level = moment.add(days=days), level + days / 7 + random.gauss(0, 1.5) * sqrt(days / 7)
            levels.append((moment, Decimal(f"{level:.4f}")))
        interval = pace_interval(RUN, levels, SINCE)
        within += interval is not None and interval.low <= 1 <= interval.high
    assert 0.77 < within / courses < 0.83


def test_what_is_left_of_a_level_goes_by_the_latest_and_of_a_best_by_the_best() -> None:
    due = SINCE.add(weeks=4)
    for measure, left in (
        (Reach(metric="run", unit="km", baseline=0, target=10), 2),
        (Reach(metric="run", unit="km", baseline=0, target=10, counts="latest"), 5),
    ):
        assert required_pace(goal(measure), weekly("8", "5"), SINCE.add(weeks=3), due) == left
