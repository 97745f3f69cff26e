"""Scores against figures worked out by hand, for each kind of measure, with pauses, relapses, late events and closings."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy
import pendulum
import pytest
from hypothesis import given
from hypothesis import strategies as st

import coachcore
from coachcore import Agreement, Avoid, Habit, Milestone, Milestones, Party, Period, Reach, Reduce, Role, StayWithin
from coachcore.errors import NotValid
from coachcore.practice import Engagement
from coachcore.progress import GoalProgress, Status, gas_t_score

BEGIN = pendulum.datetime(2026, 3, 2, 0, tz="Europe/Riga")


class Coaching:
    """An engagement with one goal `g` from 2 March 2026, and a clock in days since then."""

    def __init__(self, measure: Any, due_on: str | None = None) -> None:
        self.day = 0.0
        self.engagement: Engagement = coachcore.open(clock=lambda: BEGIN.add(seconds=int(self.day * 86400))).propose(
            Agreement(
                title="T",
                zone="Europe/Riga",
                parties=(Party(id="c", name="Ann", role=Role.COACH), Party(id="k", name="Ben", role=Role.CLIENT)),
            )
        )
        self.engagement.coach.accept(), self.engagement.client.accept(), self.engagement.coach.start()
        self.engagement.client.set_goal(
            "A goal to score", goal_id="g", measure=measure, starts_on="2026-03-02", due_on=due_on
        )

    def reads(self, *readings: tuple[float, Any]) -> "Coaching":
        for day, value in readings:
            self.day = max(self.day, day)
            self.engagement.client.record_progress("g", value, occurred_at=BEGIN.add(seconds=int(day * 86400)))
        return self

    def as_of(self, day: float) -> GoalProgress:
        self.day = max(self.day, day)
        return self.engagement.progress(as_of=BEGIN.add(seconds=int(day * 86400))).goals["g"]


def number(kind: Callable[..., Any], **fields: Any) -> Any:
    return kind(metric="m", unit="u", **fields)


def test_reach_counts_the_best_reading() -> None:
    coaching = Coaching(number(Reach, baseline=10, target=50)).reads((1, 20), (2, 40), (3, 30))
    assert coaching.as_of(4).attainment == Decimal("0.75")
    assert coaching.as_of(4).score.inputs["best"] == 40


def test_reach_works_downwards_too_and_is_clamped_with_the_raw_value_recorded() -> None:
    coaching = Coaching(number(Reach, baseline=72, target=55)).reads((1, "51.6"))
    assert coaching.as_of(2).attainment == 1
    assert coaching.as_of(2).score.raw == Decimal("1.2")
    assert Coaching(number(Reach, baseline=72, target=55)).reads((1, 80)).as_of(2).attainment == 0


def test_reduce_counts_the_latest_reading_so_that_a_relapse_shows() -> None:
    coaching = Coaching(number(Reduce, baseline=20, target=0)).reads((1, 10), (2, 5), (3, 15))
    assert [coaching.as_of(day).attainment for day in (1.5, 2.5, 3.5)] == [
        Decimal("0.5"),
        Decimal("0.75"),
        Decimal("0.25"),
    ]


def test_stay_within_is_the_share_of_readings_inside_and_the_agreed_share_is_what_is_expected() -> None:
    coaching = Coaching(number(StayWithin, low=7, high=9, share="0.8")).reads((1, 7), (2, 9), (3, 6), (4, 8), (5, 10))
    assert coaching.as_of(6).attainment == Decimal("0.6")  # 3 of 5
    assert coaching.as_of(6).expected == Decimal("0.8")


def test_avoid_is_full_while_it_does_not_happen_and_counts_periods() -> None:
    assert Coaching(number(Avoid)).as_of(3).attainment == 1
    weekly = Coaching(number(Avoid, allowed=1, per=Period.parse("P1W"))).reads((1, 1), (8, 2), (15, 1), (16, 1))
    assert weekly.as_of(13).attainment == Decimal("0.5")
    assert weekly.as_of(20).attainment == Decimal("0.333333333333")


def test_a_habit_counts_parts_of_periods_that_are_over_and_the_current_one_once_it_is_kept() -> None:
    coaching = Coaching(number(Habit, times=2, per=Period.parse("P1W"), share=1)).reads((1, 1), (2, 1), (8, 1))
    assert coaching.as_of(1.5).attainment is None
    assert coaching.as_of(2.5).attainment == 1
    assert coaching.as_of(9).attainment == 1
    assert coaching.as_of(15).attainment == Decimal("0.75")  # 2 of 2, and 1 of 2


def test_a_habit_with_an_amount_counts_local_days_even_where_the_clocks_change() -> None:
    coaching = Coaching(number(Habit, times=3, per=Period.parse("P1W"), at_least=100, share=1))
    coaching.reads((21, 60), (21.5, 40), (22, 100), (27.05, 50), (27.9, 50))  # 29 March 2026 has 23 hours in Riga
    coaching.day = 60
    assert coaching.as_of(28).score.inputs["kept"] == 1


def test_a_limit_that_was_exceeded_once_in_ten_weeks_is_a_little_behind() -> None:
    weekly = Coaching(number(Avoid, allowed=1, per=Period.parse("P1W"))).reads((8, 2))
    assert weekly.as_of(69).attainment == Decimal("0.9")
    assert weekly.as_of(69).status is Status.BEHIND
    assert weekly.as_of(13).status is Status.OFF_TRACK  # one of two


def test_milestones_count_by_weight_and_expect_what_was_due() -> None:
    steps = [
        Milestone(id="a", title="A", weight=Decimal(1), due_on="2026-03-05"),  # type: ignore[arg-type]
        Milestone(id="b", title="B", weight=Decimal(3), due_on="2026-03-20"),  # type: ignore[arg-type]
    ]
    coaching = Coaching(Milestones(steps=tuple(steps)))
    coaching.day = 1
    coaching.engagement.client.record_progress("g", milestone_id="a")
    assert coaching.as_of(5).attainment == Decimal("0.25")
    assert coaching.as_of(5).expected == Decimal("0.25")
    assert coaching.as_of(5).status is Status.ON_TRACK
    assert coaching.as_of(20).expected == 1


def test_what_is_expected_grows_with_time_and_not_in_a_pause() -> None:
    coaching = Coaching(number(Reach, baseline=0, target=10), due_on="2026-03-11")  # ten days
    assert coaching.as_of(5).expected == Decimal("0.5")
    coaching.day = 5
    coaching.engagement.coach.pause("Away")
    assert coaching.as_of(9).expected == Decimal("0.5")


def test_what_was_left_when_a_pause_began_is_spread_over_the_time_that_is_left_after_it() -> None:
    coaching = Coaching(number(Reach, baseline=0, target=10), due_on="2026-03-13")  # twelve days
    coaching.day = 4
    coaching.engagement.coach.pause("Away")
    coaching.day = 6
    coaching.engagement.coach.resume()
    assert coaching.as_of(6).expected == Decimal("0.333333333333")  # four of twelve days
    assert coaching.as_of(7).expected == Decimal("0.444444444444")  # and of the rest, one of six
    assert coaching.as_of(12).expected == 1


def test_a_late_event_counts_when_it_occurred() -> None:
    coaching = Coaching(number(Reduce, baseline=10, target=0)).reads((5, 2))
    coaching.reads((3, 8))
    assert coaching.as_of(4).attainment == Decimal("0.2")
    assert coaching.as_of(6).attainment == Decimal("0.8")


def test_a_closed_goal_is_scored_as_of_its_closing() -> None:
    coaching = Coaching(number(Reduce, baseline=10, target=0), due_on="2026-03-12").reads((3, 5))
    coaching.engagement.client.achieve_goal("g")
    later = coaching.as_of(100)
    assert later.status is Status.DECLARED_ACHIEVED
    assert later.scored_at == BEGIN.add(days=3)
    assert later.expected == Decimal("0.272727272727")  # three of eleven days


@pytest.mark.parametrize(
    ("day", "reading", "wanted"),
    [
        (5, 6, Status.AHEAD),
        (5, 5, Status.ON_TRACK),
        (5, 4, Status.BEHIND),
        (5, 2, Status.OFF_TRACK),
        (5, 10, Status.ATTAINED),
        (11, 5, Status.NOT_MET),
    ],
)
def test_the_status_compares_what_is_reached_with_what_is_expected(day: float, reading: int, wanted: Status) -> None:
    coaching = Coaching(number(Reach, baseline=0, target=10), due_on="2026-03-11").reads((3, 1), (4, reading))
    assert coaching.as_of(day).status is wanted


def test_one_reading_is_too_early_to_judge() -> None:
    coaching = Coaching(number(Reach, baseline=0, target=10), due_on="2026-03-11").reads((4, 1), (4.2, 2))
    assert (coaching.as_of(5).status, coaching.as_of(5).reason.code) == (Status.NO_DATA, "too_early")
    assert coaching.reads((5, 2)).as_of(6).status is Status.OFF_TRACK


def test_what_cannot_be_scored_is_unknown_with_the_reason() -> None:
    assert Coaching(None).as_of(3).status is Status.NOT_STARTED
    assert Coaching(None).as_of(3).reason.code == "no_measure"
    assert Coaching(None).as_of(15).status is Status.NO_DATA
    assert Coaching(number(Reach, baseline=0, target=10)).as_of(3).status is Status.NOT_STARTED
    assert Coaching(number(Reach, baseline=0, target=10)).reads((1, 3)).as_of(3).expected_score.why == "no_due_day"


def test_without_a_due_day_the_status_says_where_the_readings_lead() -> None:
    rising = Coaching(number(Reach, baseline=0, target=10)).reads((1, 3))
    assert (rising.as_of(2).status, rising.as_of(2).reason.code) == (Status.ON_TRACK, "towards")
    falling = Coaching(number(Reduce, baseline=10, target=0)).reads((1, 11))
    assert (falling.as_of(2).status, falling.as_of(2).reason.code) == (Status.NO_DATA, "too_early")
    falling.reads((3, 12))
    assert (falling.as_of(4).status, falling.as_of(4).reason.code) == (Status.OFF_TRACK, "away")
    still = Coaching(number(Reduce, baseline=10, target=0)).reads((1, 10), (3, 10))
    assert (still.as_of(4).status, still.as_of(4).reason.code) == (Status.BEHIND, "no_headway")


def test_the_forecast_goes_on_at_the_pace_so_far() -> None:
    coaching = Coaching(number(Reach, baseline=0, target=100), due_on="2026-06-01").reads((7, 10), (14, 20))
    forecast = coaching.as_of(15).forecast
    assert forecast.reach_on == pendulum.date(2026, 5, 11)  # ten a week: eighty more take eight weeks
    assert forecast.reach_earliest is not None
    assert pendulum.date(2026, 3, 16) <= forecast.reach_earliest < forecast.reach_on
    assert forecast.reason == ""
    assert coaching.as_of(35).forecast.reason == "silent"


def test_readings_that_lead_away_from_the_target_name_no_day() -> None:
    away = Coaching(number(Reach, baseline=50, target=100), due_on="2026-06-01")
    away.reads(*((day, 50 - day) for day in range(1, 21)))
    forecast = away.as_of(21).forecast
    assert (forecast.reach_on, forecast.reason) == (None, "leads_away")
    assert forecast.probability is not None
    assert forecast.probability < 0.01


@pytest.mark.parametrize(
    ("levels", "weights", "wanted"),
    [
        ([0, 0, 0], None, "50.00"),
        ([1, 1], None, "62.40"),  # 50 + 20 / sqrt(0.7 * 2 + 0.3 * 4)
        ([2, -1], None, "56.20"),  # 50 + 10 / sqrt(2.6)
        ([1, 0], [3, 1], "58.73"),  # 50 + 30 / sqrt(0.7 * 10 + 0.3 * 16)
    ],
)
def test_gas_is_what_the_formula_gives(levels: list[int], weights: list[int] | None, wanted: str) -> None:
    assert gas_t_score(levels, weights) == pytest.approx(float(wanted), abs=0.005)


def test_gas_takes_numbers_as_hosts_have_them() -> None:
    levels: list[Any] = [numpy.int64(1), 0.1 * 3 - 0.3]  # 5.6e-17, which is 0
    for weights in ([3, 1], [numpy.float32(3), "1"], [Decimal(3), 1.0], [0.1 + 0.2, 0.1]):  # only their ratio counts
        assert gas_t_score(levels, weights) == pytest.approx(58.73333764609373, abs=1e-9)


@pytest.mark.parametrize("arguments", [([],), ([3],), ([0], [1, 2]), ([0], [0]), ([0], None, 1), ([0], None, -0.1)])
def test_gas_refuses_what_it_cannot_score(arguments: tuple[Any, ...]) -> None:
    with pytest.raises(NotValid):
        gas_t_score(*arguments)


MEASURES = [
    number(Reach, baseline=3, target=50),
    number(Reach, baseline=50, target=3),
    number(Reduce, baseline=50, target=3),
    number(StayWithin, low=3, high=20),
    number(Avoid, allowed=2, per=Period.parse("P1M")),
    number(Avoid),
    number(Habit, times=2, per=Period.parse("P1W")),
    number(Habit, times=2, per=Period.parse("P1M"), at_least=5),
]


@given(
    measure=st.sampled_from(MEASURES),
    readings=st.lists(st.tuples(st.floats(0, 60), st.decimals(0, 99, places=1)), max_size=8),
    due=st.sampled_from([None, "2026-03-02", "2026-04-15"]),
    days=st.lists(st.floats(0, 120), min_size=2, max_size=4),
)
def test_every_score_is_total_and_within_bounds_and_expectation_only_grows(
    measure: Any, readings: list[tuple[float, Decimal]], due: str | None, days: list[float]
) -> None:
    coaching = Coaching(measure, due).reads(*sorted(readings))
    coaching.day = 121
    scores = [coaching.as_of(day) for day in sorted(days)]
    for score in scores:
        assert score.attainment is None or 0 <= score.attainment <= 1
        assert score.expected is None or 0 <= score.expected <= 1
    expected = [score.expected for score in scores if score.expected is not None]
    assert expected == sorted(expected)


@given(readings=st.lists(st.decimals(0, 99, places=1), min_size=1, max_size=6), better=st.decimals(0, 99, places=1))
def test_a_further_reading_never_lowers_what_was_reached(readings: list[Decimal], better: Decimal) -> None:
    coaching = Coaching(number(Reach, baseline=0, target=100)).reads(
        *((i + 1, value) for i, value in enumerate(readings))
    )
    before = coaching.as_of(10).attainment
    after = coaching.reads((11, better)).as_of(12).attainment
    assert before is not None
    assert after is not None
    assert after >= before
