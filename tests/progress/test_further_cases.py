"""Further cases of each kind of fault that scoring once had. Every figure is worked out by hand, from the rule beside it."""

from decimal import Decimal
from typing import Any

import pytest
from scipy import stats

from coachcore import Avoid, Habit, Reach, Reduce, StayWithin
from coachcore.errors import NotValid
from coachcore.progress import GoalProgress
from tests.progress.test_faults import LEVELS, Goals, daily, days, reach, reduce, weekly

END = "2026-06-01"


def scored(
    measure: Any, rows: Any, day: str, due_on: str = END, start: str = "2026-03-02", **fields: Any
) -> GoalProgress:
    return Goals(start=start).goal(measure, due_on, **fields).reads(rows).at(day)


def budget(**fields: Any) -> Avoid:
    return Avoid(metric="m", **fields)


def within(low: int, high: int) -> StayWithin:
    return StayWithin(metric="m", unit="u", low=low, high=high)


# --- what readings mean ----------------------------------------------------------------------------------------------

SIX_HUNDREDS = [(f"2026-03-{day:02d}", 100) for day in range(3, 9)]
OF_ONE_MOMENT = [("2026-03-05", 10), ("2026-03-05", 20)]


@pytest.mark.parametrize(
    ("measure", "rows", "attainment"),
    [
        # a sum goes towards the target, also downwards: 600 of a debt of 1,000
        (reduce(baseline=1000, target=0, counts="sum"), SIX_HUNDREDS, "0.6"),
        (reach(baseline=1000, target=0, counts="sum"), SIX_HUNDREDS, "0.6"),
        # two books before the goal, and one more: 1 of 10
        (reach(baseline=2, target=12, unit="books"), [("2026-03-10", 1)], "0.1"),
        (reach(baseline=2, target=12, unit="books"), [("2026-03-10", 3)], "0.1"),
        (reach(target=12, unit="book"), [(f"2026-03-{day:02d}", 1) for day in range(3, 9)], "0.5"),
        (reach(target=100, unit="pages"), [("2026-03-05", 20), ("2026-03-06", 30), ("2026-03-07", 25)], "0.75"),
        # page numbers, not pages
        (reach(target=100, unit="pages"), [("2026-03-05", 20), ("2026-03-06", 30), ("2026-03-07", 45)], "0.45"),
        # of one moment only what is a level has a mean
        (reach(), OF_ONE_MOMENT, "0.15"),
        (reach(counts="sum"), OF_ONE_MOMENT, "0.3"),
        (reach(per_day="sum"), OF_ONE_MOMENT, "0.3"),
        (reach(per_day="highest"), OF_ONE_MOMENT, "0.2"),
        (reach(per_day="lowest"), OF_ONE_MOMENT, "0.1"),
        (reach(per_day="last"), OF_ONE_MOMENT, "0.15"),
        (reach(per_day="mean"), [("2026-03-05", 10), ("2026-03-05", 60), ("2026-03-05T12:00", 80)], "0.5"),
        (reach(per_day="mean", counts="sum"), [*OF_ONE_MOMENT, ("2026-03-06", 25)], "0.4"),
    ],
)
def test_what_readings_mean(measure: Any, rows: Any, attainment: str) -> None:
    assert scored(measure, rows, "2026-03-11").attainment == Decimal(attainment)


def test_two_of_one_moment_are_no_running_total_whichever_was_recorded_first() -> None:
    for amounts in ((1, 2), (2, 1)):
        rows = [("2026-03-05T10:00", amount) for amount in amounts]
        assert scored(reach(target=12, unit="books"), rows, "2026-03-06").attainment == Decimal("0.25")


def test_the_course_of_a_total_is_the_same_whichever_of_one_moment_was_recorded_first() -> None:
    rows = [("2026-03-03", 14), ("2026-03-05", 32), ("2026-03-22", 31), ("2026-03-22", 4)]
    courses = []
    for order in (rows, [*rows[:2], rows[3], rows[2]]):
        progress = Goals().goal(reach(counts="sum"), "2026-04-20").reads(order).whole("2026-03-25")
        goal = progress.goals["g"]
        courses.append((goal.trend, goal.forecast.reach_on, goal.forecast.probability, progress.inputs("g").values))
    assert courses[0] == courses[1]
    assert [total for _, total in courses[0][3]] == [14, 46, 81]


def test_totals_are_what_trend_forecast_and_report_go_on_from() -> None:
    goals = Goals().goal(reduce(baseline=500, target=0, counts="sum"), "2026-12-31")
    progress = goals.reads([(f"2026-0{month}-02", 100) for month in (4, 5, 6)]).whole("2026-06-03")
    goal = progress.goals["g"]
    assert [value for _, value in progress.inputs("g").values] == [400, 300, 200]
    assert goal.trend is not None
    assert goal.trend.last.change == -100
    assert goal.forecast.reach_on is not None
    assert "2026-07" <= str(goal.forecast.reach_on)[:7] <= "2026-08"  # 200 more, at 100 a month


def test_what_is_counted_has_no_noise() -> None:
    rows = [("2026-03-05", 1), ("2026-03-12", 9), ("2026-03-19", 1), ("2026-03-26", 9), ("2026-04-02", 1)]
    goal = scored(reach(target=60, unit="calls"), rows, "2026-04-03", "2026-05-10")
    # 21 of 60 are 35 %; 32 of 70 days are 45.7 %: more than the 5 points behind that a sum may be
    assert (goal.attainment, goal.status) == (Decimal("0.35"), "behind")


# --- what was due, and closings --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("measure", "due_on", "rows", "closed_on", "status", "outcome"),
    [
        (reach(), "2026-03-20", [("2026-03-10", 50), ("2026-04-01", 100)], "2026-04-02", "attained_late", "not_met"),
        (reach(), "2026-03-20", [("2026-03-10", 100)], "2026-04-02", "attained", "attained"),
        (reach(), "2026-03-20", [("2026-03-10", 50)], "2026-04-02", "declared_achieved", "not_met"),
        (reach(), "2026-03-20", [("2026-03-10", 50)], "2026-03-12", "declared_achieved", "declared_achieved"),
        (daily(), "2026-03-10", days(2, 10), "2026-03-12", "attained", "attained"),
        (daily(), "2026-03-10", days(2, 5), "2026-03-12", "declared_achieved", "not_met"),
    ],
)
def test_a_goal_that_is_closed_after_its_due_day_keeps_what_it_had_come_to(
    measure: Any, due_on: str, rows: Any, closed_on: str, status: str, outcome: str
) -> None:
    goals = Goals().goal(measure, due_on).reads(rows).on(closed_on)
    goals.engagement.client.achieve_goal("g")
    goal = goals.at("2026-04-20")
    assert goal.outcome is not None
    assert (goal.status, goal.outcome.status) == (status, outcome)


def test_a_reading_from_before_the_due_day_counts_however_late_it_is_recorded() -> None:
    goals = Goals().goal(reach(), "2026-03-20").reads([("2026-03-10", 50)]).on("2026-03-25")
    goals.engagement.client.record_progress("g", 100, occurred_at=goals.time("2026-03-19"))
    goals.engagement.client.record_progress("g", 20, occurred_at=goals.time("2026-03-24"))
    outcome = goals.at("2026-03-25").outcome
    assert outcome is not None
    assert (outcome.status, outcome.attainment) == ("attained", 1)


LAST_NIGHT = [("2026-03-02T22:00", 1), ("2026-03-03T22:00", 1), ("2026-03-05T00:30", 1)]


@pytest.mark.parametrize(
    ("zone", "start", "due_on", "rows", "day", "outcome"),
    [
        # the night after the due day belongs to it
        ("Europe/Riga", "2026-03-02", "2026-03-04", LAST_NIGHT, "2026-03-06", "attained"),
        ("Europe/Riga", "2026-03-02", "2026-03-02", [("2026-03-02T12:00", 1)], "2026-03-03T03:59", None),
        ("Europe/Riga", "2026-03-02", "2026-03-02", [("2026-03-02T12:00", 1)], "2026-03-03T04:00", "attained"),
        # four o'clock is what the clock shows, also where it skips or repeats an hour
        (
            "Europe/Riga",
            "2026-03-28",
            "2026-03-29",
            [("2026-03-28T12:00", 1), ("2026-03-29T04:30", 1)],
            "2026-03-31",
            "attained",
        ),
        ("Europe/Riga", "2026-10-24", "2026-10-24", [("2026-10-25T03:59", 1)], "2026-10-26", "attained"),
        ("Pacific/Auckland", "2026-04-04", "2026-04-04", [("2026-04-05T03:30", 1)], "2026-04-06", "attained"),
    ],
)
def test_a_day_that_ends_after_midnight(
    zone: str, start: str, due_on: str, rows: Any, day: str, outcome: str | None
) -> None:
    goal = Goals(zone, start).goal(daily(day_starts="04:00"), due_on).reads(rows).at(day)
    assert (None if goal.outcome is None else str(goal.outcome.status)) == outcome


# --- budgets ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("measure", "rows", "day", "status", "reason", "attainment"),
    [
        (budget(allowed=2, per="P1M"), days(3, 3), "2026-03-10", "on_track", "on_pace", "1"),
        (budget(allowed=2, per="P1M"), days(3, 4), "2026-03-10", "behind", "budget_used_up", "1"),
        (budget(allowed=2, per="P1M"), days(3, 4), "2026-04-02", "on_track", "on_pace", "1"),
        (budget(allowed=2, per="P1W"), days(3, 5), "2026-03-06", "off_track", "far_behind", "0"),
        (budget(allowed=0, per="P1W"), [], "2026-03-20", "on_track", "on_pace", "1"),
        (
            budget(allowed=1, per="P1D", day_starts="04:00"),
            [("2026-03-02T22:00", 1), ("2026-03-03T00:30", 1)],
            "2026-03-04T12:00",
            "off_track",
            "far_behind",
            "0.666666666666",
        ),
    ],
)
def test_a_budget_of_a_period(measure: Any, rows: Any, day: str, status: str, reason: str, attainment: str) -> None:
    goal = scored(measure, rows, day)
    assert (goal.status, goal.reason.code, goal.attainment) == (status, reason, Decimal(attainment))


@pytest.mark.parametrize("measure", [budget(), budget(per="P1W"), daily(), reach(), within(7, 9)])
def test_nothing_is_kept_before_it_begins(measure: Any) -> None:
    goals = Goals().goal(measure, END, starts_on="2026-04-01")
    assert (goals.at("2026-03-31").status, goals.at("2026-03-31").attainment) == ("not_started", None)
    assert goals.whole("2026-03-31").scored_weight == 0
    begun = goals.at("2026-04-02")
    assert begun.attainment == (1 if isinstance(measure, Avoid) else 0 if isinstance(measure, Habit) else None)


def test_a_paused_period_earns_a_budget_nothing() -> None:
    goals = Goals().goal(budget(per="P1W"), END).reads([("2026-03-03", 1)]).paused("2026-03-09", "2026-04-06")
    goal = goals.at("2026-04-07")  # a week with a slip, four that were paused, one without
    assert (goal.attainment, goal.score.inputs["periods"]) == (Decimal("0.5"), 2)


def test_what_was_paused_throughout_was_neither_kept_nor_missed() -> None:
    goals = Goals().goal(budget(per="P1W"), "2026-03-29", starts_on="2026-03-09").on("2026-03-08")
    goals.engagement.coach.pause("Away")
    for day in ("2026-03-20", "2026-04-02"):
        assert (goals.at(day).status, goals.at(day).reason.code) == ("no_data", "no_period_yet")


# --- changes midway --------------------------------------------------------------------------------------------------


def habit(metric: str, unit: str) -> Habit:
    return Habit(metric=metric, unit=unit, times=1, per="P1D", share=1)


@pytest.mark.parametrize(
    ("before", "after", "first", "revised_on", "then", "day", "attainment", "readings"),
    [
        # each week by what was agreed for it: two of two, two of two, four of four
        (weekly(times=2), weekly(times=4), days(2, 3) + days(9, 10), "2026-03-16", days(16, 19), "2026-03-23", "1", 8),
        # in the middle of a week it holds from the next on
        (weekly(times=2), weekly(times=4), days(2, 3) + days(9, 10), "2026-03-11", days(16, 19), "2026-03-23", "1", 8),
        (weekly(times=2), weekly(times=4), days(2, 3) + days(9, 10), "2026-03-11", [], "2026-03-16", "1", 4),
        # on the first day it is what was meant: two of two
        (weekly(times=7), weekly(times=2), days(2, 2), "2026-03-02T13:00", days(3, 3), "2026-03-09", "1", 2),
        # other periods begin with the day: three of three from Monday to Wednesday, one of two since
        (weekly(times=7), daily(), days(2, 4), "2026-03-05T09:00", days(5, 5), "2026-03-07", "0.8", 4),
        # two were allowed in the first week, one in the second; it is the fourteenth now
        (
            budget(allowed=2, per="P1W"),
            budget(allowed=1, per="P1W"),
            days(3, 4),
            "2026-03-09",
            days(10, 11),
            END,
            "0.928571428571",
            4,
        ),
        # both within 5 to 10, one of two within 7 to 9
        (
            within(5, 10),
            within(7, 9),
            [("2026-03-03", 6), ("2026-03-04", 10)],
            "2026-03-05",
            [("2026-03-06", 8), ("2026-03-07", 6)],
            "2026-03-08",
            "0.75",
            4,
        ),
        # a target that is moved is one way to go: 40 of 100
        (reach(target=50), reach(), [("2026-03-03", 40)], "2026-03-05", [], "2026-03-06", "0.4", 1),
        # of another measure nothing was asked before: four of four
        (habit("walks", "walks"), habit("runs", "runs"), days(2, 8), "2026-03-09", days(9, 12), "2026-03-13", "1", 4),
        # a level is no amount, and an amount no level
        (reach(), weekly(unit="u"), [("2026-03-05", 40)], "2026-03-09", [], "2026-03-15", None, 0),
        (weekly(unit="u"), reach(), days(2, 4), "2026-03-09", [], "2026-03-15", None, 0),
    ],
)
def test_a_measure_that_is_changed_midway(
    before: Any, after: Any, first: Any, revised_on: str, then: Any, day: str, attainment: str | None, readings: int
) -> None:
    goals = Goals().goal(before, END).reads(first).on(revised_on)
    goals.engagement.client.revise_goal("g", reason="Agreed anew", measure=after)
    goal = goals.reads(then).at(day)
    assert goal.readings == readings
    assert goal.attainment == (None if attainment is None else Decimal(attainment))
    assert len(goal.ignored) == len(first) + len(then) - readings


def test_a_budget_that_is_lowered_midway_is_judged_week_by_week() -> None:
    goals = Goals().goal(budget(allowed=2, per="P1W"), END).reads(days(3, 4)).on("2026-03-09")
    goals.engagement.client.revise_goal("g", reason="Agreed anew", measure=budget(allowed=1, per="P1W"))
    progress = goals.reads(days(10, 11)).whole("2026-03-12")
    assert [(period.done, period.allowed, period.is_kept) for period in progress.inputs("g").periods] == [
        (2, 2, True),
        (2, 1, False),
    ]
    assert progress.goals["g"].attainment == Decimal("0.5")


def test_three_agreements_of_a_habit_make_one_streak() -> None:
    goals = Goals().goal(weekly(times=1), END).reads(days(2, 2))
    for on, times, rows in (("2026-03-09T08:00", 4, days(9, 12)), ("2026-03-16T07:00", 3, days(16, 18))):
        goals.on(on).engagement.client.revise_goal("g", reason="Agreed anew", measure=weekly(times=times))
        goals.reads(rows)
    goal = goals.at("2026-03-23")
    assert (goal.attainment, goal.best_streak, goal.score.inputs["wanted"]) == (1, 3, 8)


@pytest.mark.parametrize("factor", [0, -1, "-0.001"])
def test_a_factor_of_readings_is_above_0(factor: Any) -> None:
    goals = Goals().goal(reach(unit="m", target=1000), END).reads([("2026-03-30", 40)])
    with pytest.raises(NotValid, match=r"number\.not_positive") as caught:
        goals.engagement.client.revise_goal(
            "g", reason="unit", measure=Reach(metric="m", unit="km", baseline=0, target=1), readings_factor=factor
        )
    assert caught.value.path == "readings_factor"


def test_a_due_day_that_is_moved_spreads_the_way_anew() -> None:
    goals = Goals("UTC").goal(reach(), "2026-03-20").reads([("2026-03-05", 10), ("2026-03-10", 50)]).on("2026-03-15")
    goals.engagement.client.revise_goal("g", reason="A fever", due_on="2026-04-10")
    goal = goals.at("2026-03-22")  # twenty of forty days are over
    assert (goal.expected, goal.status, goal.outcome) == (Decimal("0.5"), "on_track", None)


# --- goals without a measure -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ratings", "day", "fields", "attainment", "status", "reason", "ignored"),
    [
        ([("2026-03-03", 5), ("2026-03-10", 6)], "2026-03-11", {}, "0.6", "ahead", "well_ahead", []),
        ([("2026-03-03", 5)], "2026-03-05", {}, "0.5", "no_data", "too_early", []),
        ([("2026-03-03", 5), ("2026-03-10", 6)], "2026-04-01", {}, "0.6", "no_data", "silent", []),
        (
            [("2026-03-03", 5)],
            "2026-03-11",
            {"starts_on": "2026-04-01"},
            None,
            "not_started",
            "no_measure",
            ["before_start"],
        ),
    ],
)
def test_a_goal_that_is_only_rated(
    ratings: Any, day: str, fields: Any, attainment: str | None, status: str, reason: str, ignored: list[str]
) -> None:
    goals = Goals()
    goals.engagement.client.set_goal("A goal", goal_id="g", due_on="2026-06-10", **fields)
    for on, rating in ratings:
        goals.on(on).engagement.client.assess_self("As I see it", rating=rating, goal_ids=["g"])
    goal = goals.at(day)
    assert goal.attainment == (None if attainment is None else Decimal(attainment))
    assert (goal.status, goal.reason.code, [reading.why for reading in goal.ignored]) == (status, reason, ignored)


# --- forecasts, what-if, levels --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "rows", "day"),
    [
        # the day at the pace so far is past, and nothing was read since
        (85, [(f"2026-03-{day:02d}", 10 * (day - 1) + day % 2) for day in range(3, 10)], "2026-03-11"),
        # several readings a day, with the target some hours off
        (
            75,
            [
                (f"2026-03-{day:02d}T{hour:02d}:00", 24 * (day - 2) + hour + hour % 2)
                for day in (2, 3, 4)
                for hour in range(1, 22, 4)
            ],
            "2026-03-04T22:00",
        ),
    ],
)
def test_an_interval_of_days_is_at_least_a_day_wide(target: int, rows: Any, day: str) -> None:
    forecast = scored(reach(target=target), rows, day, "2026-12-31").forecast
    assert forecast.reach_earliest is not None
    assert forecast.reach_latest is not None
    assert day[:10] <= str(forecast.reach_earliest) < str(forecast.reach_latest)


def beta_binomial(shares: list[float], times: int, least: int) -> float:
    """How likely it is done at least so many of so many times more, by scipy. shares: of the periods so far, oldest first."""
    weights = [0.9**age for age in range(len(shares))][::-1]
    kept = sum(weight * share for weight, share in zip(weights, shares, strict=True))
    return float(stats.betabinom(times, 1 + kept, 1 + sum(weights) - kept).sf(least - 1))


TWO_A_WEEK = [row for monday in range(2, 31, 7) for row in days(monday, monday + 1)]


@pytest.mark.parametrize(
    ("measure", "rows", "day", "due_on", "expected"),
    [
        # 15 wanted of five weeks and 10 done, 6 to come: 60 % of 21 are 12.6, so three more
        (weekly(share="0.6"), TWO_A_WEEK, "2026-04-06", "2026-04-19", beta_binomial([2 / 3] * 5, 6, 3)),
        (weekly(share="0.9"), TWO_A_WEEK, "2026-04-06", "2026-04-19", 0.0),  # 18.9 of 21 cannot be done any more
        (weekly(share="0.3"), TWO_A_WEEK, "2026-04-06", "2026-04-19", 1.0),  # 6.3 are done
        # 8 of 10 days, 5 to come: 80 % of 15 are 12, so four more
        (daily(share="0.8"), days(2, 9), "2026-03-12", "2026-03-16", beta_binomial([1.0] * 8 + [0.0] * 2, 5, 4)),
    ],
)
def test_a_habit_is_kept_as_likely_as_its_part_credit_says(
    measure: Any, rows: Any, day: str, due_on: str, expected: float
) -> None:
    assert scored(measure, rows, day, due_on).forecast.probability == pytest.approx(expected, abs=1e-6)


def test_a_forecast_refuses_a_level_that_is_none() -> None:
    rows = [("2026-03-05", 10), ("2026-03-10", 28), ("2026-03-15", 41)]
    forecast = scored(reach(), rows, "2026-03-16").forecast
    with pytest.raises(NotValid, match=r"level\.out_of_range"):
        forecast.at("2026-03-20", level=2)
    assert forecast.at("2026-03-20", level=Decimal("0.8")) == forecast.at("2026-03-20")


def test_what_if_a_habit_were_due_today() -> None:
    goals = Goals().goal(weekly(times=7), "2026-03-31").reads(days(2, 5) + days(7, 9)).on("2026-03-10T20:00")
    progress = goals.engagement.progress(as_of="2026-03-10")
    assert progress.goals["g"].attainment == Decimal("0.857142857142")  # six of seven; the second week is not over
    assert progress.what_if("g", due_on="2026-03-10").attainment == Decimal("0.777777777777")  # and one of two


@pytest.mark.parametrize(
    ("levels", "t", "change"),
    [
        ([("coach", -1), ("coach", 1)], 60, 20),
        ([("coach", -1), ("client", 0)], 50, None),  # two raters, not two times
        ([("coach", -1), ("client", 0), ("coach", 1)], 60, 20),
        ([("client", -2), ("coach", -1), ("client", 0)], 50, 20),
    ],
)
def test_a_change_of_levels_is_of_one_rater(levels: Any, t: int, change: int | None) -> None:
    goals = Goals().goal(reach(), END)
    goals.engagement.client.agree_levels("g", **LEVELS)
    for number, (role, level) in enumerate(levels):
        goals.on(f"2026-03-{number + 3:02d}")
        getattr(goals.engagement, role).score_goal("g", level)
    whole = goals.whole("2026-03-20")
    assert (whole.gas, whole.gas_change) == (t, change)


@pytest.mark.parametrize(
    ("measure", "rows", "day", "attainment"),
    [
        (weekly(), days(2, 3) + days(9, 13), "2026-03-16", "0.833333333333"),  # two of three, and three of three
        (weekly(times=4, per="P2W"), days(2, 4), "2026-03-16", "0.75"),
        (weekly(times=7), days(2, 2), "2026-03-20", "0.333333333333"),  # due on Wednesday: one of three
        (
            daily(at_most=2),
            [*days(2, 2), *days(2, 2, hour=13), *days(2, 2, hour=14), ("2026-03-03", 2)],
            "2026-03-04",
            "0.5",
        ),
        (
            Habit(metric="m", unit="steps", times=2, per="P1W", at_least=10_000, share=1),
            [("2026-03-02T08:00", 4000), ("2026-03-02T20:00", 6000), ("2026-03-03", 9999)],
            "2026-03-09",
            "0.5",
        ),
        (daily(weekdays=[1]), days(3, 3), "2026-03-09", "0"),  # a Tuesday is no Monday
        (weekly(week_starts=2), days(3, 5), "2026-03-10", "1"),
        (Reduce(metric="m", unit="u", baseline=20, target=10), [("2026-03-10", 25)], "2026-03-11", "0"),
    ],
)
def test_schedules_and_part_credit(measure: Any, rows: Any, day: str, attainment: str) -> None:
    due_on = "2026-03-04" if day == "2026-03-20" else END
    assert scored(measure, rows, day, due_on).attainment == Decimal(attainment)
