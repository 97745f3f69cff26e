"""Predictions of readings: what they say and what they refuse.

How well they hold is measured by `python -m benchmarks forecast`.
"""

from random import Random

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.clients import ARCHETYPES, simulated
from coachcore.errors import NotValid
from coachcore.progress import Prediction, predict
from coachcore.progress.prediction import Series

WEEKS = [0, 1, 2, 3, 4, 5]
VALUES = [90.0, 89.2, 88.9, 88.0, 87.8, 87.1]

series = st.lists(st.integers(-1000, 1000), min_size=3, max_size=12).filter(lambda values: len(set(values)) > 1)


def bounds(prediction: Prediction) -> tuple[float, float, float]:
    assert prediction.lower is not None
    assert prediction.median is not None
    assert prediction.upper is not None
    return prediction.lower, prediction.median, prediction.upper


def test_a_prediction_goes_on_with_the_course_and_is_wider_further_off() -> None:
    near, far = bounds(predict(WEEKS, VALUES, 1)), bounds(predict(WEEKS, VALUES, 8))
    assert near[0] < near[1] < near[2] < 88
    assert far[1] < near[1]
    assert far[2] - far[0] > near[2] - near[0]
    certain = bounds(predict(WEEKS, VALUES, 1, level=0.95))
    assert certain[0] < near[0] < near[2] < certain[2]


def test_the_method_is_what_its_description_says() -> None:
    # gaps of 1. The first reading is 0; 10 is predicted as 0, so the level becomes 5, the drift 0.6 * 5 / 1 = 3.
    # 20 is predicted as 8: the level becomes 14, the drift 0.6 * 14 / 2 = 4.2. Two weeks on: 14 + 2 * 4.2.
    assert predict([0, 1, 2], [0, 10, 20], 2).median == pytest.approx(22.4)
    assert Series.of([0, 1, 2], [0, 10, 20]).error == pytest.approx(((10**2 + 12**2) / 2) ** 0.5)


def test_an_outlier_moves_the_level_no_more_than_three_usual_errors() -> None:
    slip = [*VALUES, 70.0]
    moved = VALUES[-1] - (predict([*WEEKS, 6], slip, 0.001).median or 0)
    assert moved < (VALUES[-1] - slip[-1]) / 4
    usual, widened = bounds(predict(WEEKS, VALUES, 1)), bounds(predict([*WEEKS, 6], slip, 1))
    assert widened[2] - widened[0] > usual[2] - usual[0]


@pytest.mark.parametrize(
    ("times", "values", "reason"),
    [
        ([], [], "too_few_readings"),
        ([0, 7], [1, 2], "too_few_readings"),
        ([0, 0, 7], [1, 2, 3], "too_few_readings"),  # two of one moment are one reading
        ([0, 7, 14], [5, 5, 5], "no_variation"),
    ],
)
def test_too_little_data_is_said(times: list[float], values: list[float], reason: str) -> None:
    assert predict(times, values, 7) == Prediction(None, None, None, reason)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (([0, 1], [1, 2, 3], 1), "values.conflict"),
        (([0, 1, 2], [1, 2, 3], 0), "number.not_positive"),
        (([0, 1, 2], [1, 2, float("nan")], 1), "number.not_finite"),
        (([0, 1, 2], [1, 2, 3], 1, 80), "level.out_of_range"),
    ],
)
def test_wrong_input_is_named(arguments: tuple[object, ...], code: str) -> None:
    with pytest.raises(NotValid) as caught:
        predict(*arguments)  # type: ignore[arg-type]
    assert caught.value.code == code


@given(series, st.integers(1, 20), st.randoms(use_true_random=False))
def test_the_order_and_the_unit_of_readings_are_irrelevant(values: list[int], ahead: int, random: Random) -> None:
    days = [7 * index for index in range(len(values))]
    wanted = bounds(predict(days, values, 7 * ahead))
    readings = list(zip(days, values, strict=True))
    random.shuffle(readings)
    shuffled = predict(*map(list, zip(*readings, strict=True)), 7 * ahead)
    assert bounds(shuffled) == wanted
    weeks = predict(numpy.array(days) / 7, values, ahead)
    assert bounds(weeks) == pytest.approx(wanted)
    pounds = predict(days, [value * 2 + 30 for value in values], 7 * ahead)
    assert bounds(pounds) == pytest.approx([value * 2 + 30 for value in wanted])


@given(series, st.floats(0.1, 200))
def test_an_interval_has_a_width_and_holds_its_median(values: list[int], ahead: float) -> None:
    lower, middle, upper = bounds(predict(range(len(values)), values, ahead))
    assert lower < middle < upper


@given(series, st.integers(-2000, 2000))
def test_the_probability_agrees_with_the_intervals(values: list[int], target: int) -> None:
    readings = Series.of(list(range(len(values))), [float(value) for value in values])
    for level in (0.2, 0.8, 0.95):
        interval = readings.interval(3, level)
        assert readings.below(3, interval.lower or 0) == pytest.approx((1 - level) / 2, abs=0.002)
        assert readings.below(3, interval.upper or 0) == pytest.approx((1 + level) / 2, abs=0.002)
    assert 0 <= readings.reaches_by(target, 3) <= 1


def test_a_day_of_reaching_lies_within_its_interval() -> None:
    reaching = Series.of(WEEKS, VALUES).reaching(80, longest=520)
    assert reaching.earliest is not None
    assert reaching.on is not None
    assert reaching.latest is not None
    assert 5 < reaching.earliest < reaching.on < reaching.latest
    assert 12 < reaching.on < 15  # 7 kg more at about 0.5 a week
    assert Series.of(WEEKS, VALUES).reaching(80, longest=3).on is None


def test_intervals_hold_about_as_often_as_they_say() -> None:
    random, held = Random(1), []
    for archetype in ARCHETYPES:
        for readings in (3, 5, 8, 15):
            for _ in range(40):
                client = simulated(random, archetype, readings, 4)
                lower, _, upper = bounds(predict(client.weeks, client.values, 4))
                held.append(lower <= client.ahead(4) <= upper)
    assert 0.76 < sum(held) / len(held) < 0.86
