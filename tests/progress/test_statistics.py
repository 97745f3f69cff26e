"""The statistics of `coachcore.progress`: published figures, and what other libraries give for the same input."""

import math
from decimal import Decimal
from fractions import Fraction
from itertools import combinations
from random import Random
from statistics import median
from typing import Any

import attrs
import numpy
import pymannkendall
import pytest
from scipy import stats

from coachcore.errors import NotValid
from coachcore.progress import (
    ChangeClass,
    change_class,
    clinical_cutoffs,
    gas_t_score,
    habit_strength,
    last_change,
    mann_kendall,
    nap,
    okr_grade,
    predict,
    reliable_change,
    scale_mean,
    scale_score,
    theil_sen,
    wilson_interval,
)
from coachcore.progress.trend import slope_sign


def random_samples(seed: int, least: int = 3) -> list[list[float]]:
    """A thousand short samples: some with many ties, some with none."""
    random = Random(seed)
    return [
        [random.choice((random.randint(0, 4), random.gauss(0, 10))) for _ in range(random.randint(least, 25))]
        for _ in range(1000)
    ]


# Goal Attainment Scaling. Kiresuk & Sherman 1968; the last three by Turner-Stokes 2009 with her erratum, by hand.
@pytest.mark.parametrize(
    ("levels", "weights", "rho", "wanted"),
    [
        ([0], None, 0.3, 50.0),
        ([-2], None, 0.3, 30.0),
        ([1, 1, 1], None, 0.0, 50 + 30 / 3**0.5),
        ([-2, -2, -2], None, 0.3, 22.613872124741693),
        ([1, 0, -1], [3, 2, 1], 0.3, 50 + 20 / (0.7 * 14 + 0.3 * 36) ** 0.5),
        ([2, 1], [0, 2], 0.3, 60.0),  # a goal of weight 0 is left out
        ([1] * 10, [1e-9] * 10, 0.3, 66.43989873053573),
    ],
)
def test_gas(levels: list[int], weights: list[float] | None, rho: float, wanted: float) -> None:
    assert gas_t_score(levels, weights, rho) == pytest.approx(wanted, abs=1e-9)
    assert gas_t_score(numpy.array(levels), None if weights is None else numpy.array(weights), rho) == pytest.approx(
        wanted
    )


def test_a_reliable_change_is_that_of_jacobson_and_truax() -> None:
    change = reliable_change(32.5, 47.5, 7.5, 0.80)
    assert round(change.index, 2) == 3.16  # as published
    assert change.needed == pytest.approx(1.959963984540054 * 7.5 * 0.4**0.5)
    assert change.is_reliable
    assert not reliable_change(20, 20, 5, 0.9).is_reliable
    assert reliable_change(30, 20, 6, 0.5).index == pytest.approx(-10 / 6)


def test_cutoffs_are_those_of_jacobson_and_truax() -> None:
    cutoffs = clinical_cutoffs(40, 7.5, 60, 7.5)
    assert (cutoffs.a, cutoffs.b, cutoffs.c) == (55, 45, 50)
    falling = clinical_cutoffs(32, 7, 10, 7)
    assert (falling.a, falling.b, falling.c) == (18, 24, 21)


@pytest.mark.parametrize(
    ("after", "wanted"),
    [
        (47.5, ChangeClass.IMPROVED),
        (52, ChangeClass.RECOVERED),
        (33, ChangeClass.UNCHANGED),
        (20, ChangeClass.DETERIORATED),
    ],
)
def test_a_change_is_of_one_of_four_classes(after: float, wanted: ChangeClass) -> None:
    assert change_class(32.5, after, 7.5, 0.8, 50, higher_is_better=True) is wanted
    assert change_class(-32.5, -after, 7.5, 0.8, -50) is wanted  # the same on a scale of complaints


def test_mann_kendall_equals_the_library_of_that_name() -> None:
    for values in random_samples(1):
        wanted, own = pymannkendall.original_test(values), mann_kendall(values)
        assert (own.s, own.var) == (wanted.s, pytest.approx(wanted.var_s))
        assert (own.z, own.p) == (pytest.approx(wanted.z), pytest.approx(wanted.p, abs=1e-12))
    assert mann_kendall([5, 5, 5, 5]).p == 1


def test_theil_sen_equals_scipy() -> None:
    random = Random(2)
    for values in random_samples(2):
        times = sorted(random.sample(range(1000), len(values)))
        assert theil_sen(values, times).slope == pytest.approx(stats.theilslopes(values, times).slope)
        assert theil_sen(numpy.array(values)).slope == pytest.approx(stats.theilslopes(values).slope)
    assert theil_sen([1, 2], [3, 3]).slope is None


def test_the_sign_of_a_slope_is_that_of_the_median_of_all_slopes() -> None:
    random = Random(7)
    for whole in (True, False):
        for values in random_samples(23, least=2):
            values = [round(value / 4) if whole else value for value in values]  # with ties, or none
            times = sorted(random.randint(0, 9) if whole else random.random() for _ in values)
            readings = list(zip(map(Fraction, times), map(Fraction, values), strict=True))
            slopes = [(w - v) / (u - t) for (t, v), (u, w) in combinations(readings, 2) if t != u]
            middle = median(slopes) if slopes else 0
            assert slope_sign(values, times) == (middle > 0) - (middle < 0)
    assert slope_sign([1, 2], [3, 3]) == slope_sign([1], [3]) == slope_sign([2, 2, 2], [1, 2, 3]) == 0
    assert slope_sign([0, 5, 4, 9], [0, 1, 2, 3]) == 1
    assert (slope_sign([0, 9, 8, 7], [0, 1, 2, 3]), slope_sign([0, 2, 0], [0, 1, 2])) == (1, 0)


def test_wilson_equals_scipy() -> None:
    random = Random(3)
    for _ in range(1000):
        n = random.randint(1, 300)
        done, level = random.randint(0, n), random.choice((0.5, 0.8, 0.95, 0.99))
        wanted = stats.binomtest(done, n).proportion_ci(level, "wilson")
        own = wilson_interval(done, n, level)
        assert (own.low, own.high) == (pytest.approx(wanted.low, abs=1e-9), pytest.approx(wanted.high, abs=1e-9))


def test_nap_equals_the_area_of_mann_and_whitney() -> None:
    second = random_samples(5, least=1)
    for a, b in zip(random_samples(4, least=1), second, strict=True):
        assert nap(a, b) == pytest.approx(stats.mannwhitneyu(b, a).statistic / (len(a) * len(b)))


def test_the_last_change_is_unusual_beyond_the_moving_ranges() -> None:
    assert last_change([10, 11, 10, 11, 14]).unusual  # 3 > 2.66
    assert not last_change([10, 11, 10, 11, 13]).unusual
    assert last_change([10, 12]).limit is None
    assert last_change([10]).change is None


@pytest.mark.parametrize(
    ("grades", "mean", "colour"),
    [
        ([0.5, 1, 0.7], 2.2 / 3, "green"),
        ([0.65], 0.65, "green"),  # bands are of tenths
        ([0.35], 0.35, "yellow"),
        ([0.3, 0.3], 0.3, "red"),
    ],
)
def test_an_objective_is_graded(grades: list[float], mean: float, colour: str) -> None:
    grade = okr_grade(grades)
    assert (grade.mean, grade.colour) == (pytest.approx(mean), colour)


def test_a_scale_is_summed_by_its_key() -> None:
    key = {"bond": [1, 3], "doubt": [-2]}
    assert scale_score([5, 1, 4], key) == {"bond": 9, "doubt": 5}
    assert scale_score([6, 0, 4], key, lowest=0, highest=6) == {"bond": 10, "doubt": 6}
    assert scale_score([5, None, 4], key) == {"bond": 9, "doubt": None}
    assert scale_mean([5, 2, None], key) == {"bond": 5, "doubt": 4}
    assert scale_mean([5, 2, None], key, least=2) == {"bond": None, "doubt": None}


def test_a_habit_kept_thirteen_days_is_half_strong() -> None:
    assert habit_strength([1] * 13, 1) == pytest.approx(0.5)
    by_hand = (1 - 0.5 ** (60 / 13)) * 0.5 ** (10 / 13)
    assert habit_strength([1] * 60 + [0] * 10, 1) == pytest.approx(by_hand)
    assert habit_strength([1] * 13, 0.25) == pytest.approx(1 - 0.5**0.5)
    assert habit_strength([], 1) == 0
    kept = [True, False, True, True]
    assert habit_strength(kept, 1) == habit_strength(numpy.array(kept), 1) == habit_strength([1, 0, 1, 1], 1)


@pytest.mark.parametrize(
    ("work", "code"),
    [
        (lambda: mann_kendall([1]), "sample.too_short"),
        (lambda: mann_kendall("12"), "value.invalid"),
        (lambda: theil_sen([1, 2], [1]), "values.conflict"),
        (lambda: theil_sen([1, float("nan")]), "number.not_finite"),
        (lambda: wilson_interval(3, 2), "successes.out_of_range"),
        (lambda: wilson_interval(0, 0), "number.not_positive"),
        (lambda: wilson_interval(1, 2, 95), "level.out_of_range"),
        (lambda: nap([], [1]), "sample.too_short"),
        (lambda: okr_grade([7]), "grade.out_of_range"),
        (lambda: scale_score([1, 2], {"a": [3]}), "item.unknown"),
        (lambda: scale_score([1, 9], {"a": [1]}), "item.out_of_range"),
        (lambda: reliable_change(1, 2, 3, 1), "reliability.out_of_range"),
        (lambda: reliable_change(1, 2, 0, 0.8), "number.not_positive"),
        (lambda: clinical_cutoffs(1, 0, 2, 0), "sd.out_of_range"),
        (lambda: gas_t_score([1, 2], [0, 0]), "gas_weights.missing"),
        (lambda: gas_t_score([1], [-1]), "number.negative"),
        (lambda: habit_strength([1], 0), "number.not_positive"),
        (lambda: habit_strength([1, "much"], 1), "number.invalid"),
        (lambda: mann_kendall(numpy.array(3)), "value.invalid"),  # an array without dimensions
        (lambda: nap([1], 5), "value.invalid"),
        (lambda: last_change([1e308, 1]), "number.out_of_range"),
        (lambda: theil_sen([10**400, 1]), "number.out_of_range"),
        (lambda: reliable_change(1, 2, 5e-324, 0.8), "number.not_positive"),  # as good as 0
        (lambda: change_class(1, 1, 1, 0.5, "x"), "number.invalid"),
        (lambda: scale_score("123", {"a": [1]}), "value.invalid"),
        (lambda: scale_score(5, {"a": [1]}), "value.invalid"),
        (lambda: scale_score([1], {"a": 1}), "value.invalid"),
        (lambda: scale_score([1], {"a": [True]}), "item.unknown"),
        (lambda: scale_mean([1], {"a": [1]}, least="x"), "number.not_whole"),
        (lambda: wilson_interval(1, 2, "much"), "number.invalid"),
    ],
)
def test_wrong_input_is_named(work: Any, code: str) -> None:
    with pytest.raises(NotValid) as caught:
        work()
    assert caught.value.code == code


@pytest.mark.parametrize(
    "numbers",
    [
        [],
        [1],
        [5, 5, 5, 5],
        [1, float("nan"), 2],
        [float("inf"), -float("inf")],
        [1e308, -1e308, 1e308],
        [10**400, 1],
        [5e-324, 1e-300, 0.0, 1e-99],
        [9.9e27, -9.9e27, 1e-99, 0],
        [-1, -2, -3],
        ["a", "b"],
        ["1", "2.5", "4"],
        "123",
        b"123",
        [Decimal("1.5"), Decimal(2), Decimal("NaN")],
        [Decimal("sNaN")],
        [Decimal("1E+999999")],
        [Fraction(1, 3), 1, 2],
        [True, False],
        [None, 1],
        [1j, 2],
        [[1], [2]],
        {1: 2},
        None,
        5,
        numpy.array(3),
        numpy.array([[1, 2], [3, 4]]),
        numpy.array([1, 2, 4], dtype=numpy.float32),
        numpy.array([numpy.nan, 1]),
        numpy.array(["a", "b"]),
        numpy.array([1, None], dtype=object),
        [numpy.int8(1), numpy.float64(2), numpy.float16(3)],
        [numpy.datetime64("2026-01-01"), numpy.datetime64("2026-01-02")],
    ],
    ids=repr,
)
def test_any_input_gives_finite_figures_or_a_named_error(numbers: Any) -> None:
    a_number = (
        numbers[0] if isinstance(numbers, list | numpy.ndarray) and numpy.ndim(numbers) and len(numbers) else numbers
    )
    for compute in (
        lambda: gas_t_score(numbers),
        lambda: gas_t_score([1, 0, -1], numbers),
        lambda: mann_kendall(numbers),
        lambda: theil_sen(numbers),
        lambda: theil_sen([1, 2, 3], numbers),
        lambda: last_change(numbers),
        lambda: nap(numbers, [1, 2]),
        lambda: okr_grade(numbers),
        lambda: habit_strength(numbers, 1),
        lambda: predict(numbers, [1, 3, 2], 1),
        lambda: predict([1, 2, 3], numbers, 1),
        lambda: scale_score(numbers, {"a": [1]}),
        lambda: scale_score([1, 2, 3], {"a": numbers}),
        lambda: scale_mean([1, 2, 3], numbers),
        lambda: gas_t_score([1, 0], None, a_number),
        lambda: reliable_change(a_number, 2, 3, 0.8),
        lambda: reliable_change(1, 2, a_number, 0.8),
        lambda: reliable_change(1, 2, 3, a_number),
        lambda: clinical_cutoffs(1, a_number, 2, 1),
        lambda: change_class(1, 2, 3, 0.8, a_number),
        lambda: wilson_interval(a_number, 10),
        lambda: wilson_interval(1, 10, a_number),
        lambda: habit_strength([1, 0], a_number),
        lambda: predict([0, 1, 2, 3], [1, 3, 2, 4], a_number),
        lambda: predict([0, 1, 2, 3], [1, 3, 2, 4], 1, a_number),
    ):
        try:
            answer = compute()
        except NotValid:
            continue
        figures = (
            attrs.astuple(answer)
            if attrs.has(type(answer))
            else answer.values()
            if isinstance(answer, dict)
            else [answer]
        )
        assert all(figure is None or isinstance(figure, str) or math.isfinite(figure) for figure in figures), answer


def test_numbers_are_taken_in_every_form() -> None:
    assert gas_t_score(level for level in (1, 0, -1)) == 50
    assert wilson_interval(7, 10, Decimal("0.95")) == wilson_interval(7, 10)
    assert predict([0, 1, 2, 3], [1, 3, 2, 4], 1, numpy.float64(0.8)) == predict([0, 1, 2, 3], [1, 3, 2, 4], 1)
    assert scale_score(numpy.array([1, 2, 3]), {"a": numpy.array([1, -2])}) == {"a": 5}
