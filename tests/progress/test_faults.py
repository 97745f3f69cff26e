"""What scoring once got wrong, kind by kind, with what a person would expect; in other zones and measures too."""

import decimal
import itertools
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import numpy
import pendulum
import pytest

import coachcore
from coachcore import Agreement, Avoid, Checkpoint, Habit, Milestone, Milestones, Party, Reach, Reduce, Role, StayWithin
from coachcore.errors import Refused
from coachcore.practice import Engagement
from coachcore.progress import GoalProgress, Progress, gas_t_score

ZONES = ("Europe/Riga", "Asia/Kathmandu", "Pacific/Auckland")
SHIFTING = (*ZONES, "America/Los_Angeles")
"""Also one in which a day of 23 hours is among the first."""
LEVELS = {"much_less": "a", "less": "b", "expected": "c", "more": "d", "much_more": "e"}


class Goals:
    """Goals of one client from 2 March 2026 on, with a clock that goes on to whatever happens, in local time."""

    def __init__(self, zone: str = "Europe/Riga", start: str = "2026-03-02") -> None:
        self.zone = zone
        self.now = self.time(start)
        parties = (Party(id="c", name="Ann", role=Role.COACH), Party(id="k", name="Ben", role=Role.CLIENT))
        practice = coachcore.open(clock=lambda: self.now)
        self.engagement: Engagement = practice.propose(Agreement(title="T", zone=zone, parties=parties))
        self.engagement.coach.accept(), self.engagement.client.accept(), self.engagement.coach.start()

    def time(self, local: str) -> pendulum.DateTime:
        moment = pendulum.parse(local, tz=self.zone)
        assert isinstance(moment, pendulum.DateTime)
        return moment

    def on(self, local: str) -> "Goals":
        self.now = max(self.now, self.time(local))
        return self

    def goal(self, measure: Any, due_on: str | None = None, goal_id: str = "g", **fields: Any) -> "Goals":
        self.engagement.client.set_goal("A goal", goal_id=goal_id, measure=measure, due_on=due_on, **fields)
        return self

    def reads(self, rows: Iterable[tuple[str, Any]], goal_id: str = "g") -> "Goals":
        for local, value in rows:
            self.on(local).engagement.client.record_progress(goal_id, value, occurred_at=self.time(local))
        return self

    def reaches(self, *rows: tuple[str, str]) -> "Goals":
        for local, step in rows:
            self.on(local).engagement.client.record_progress("g", milestone_id=step)
        return self

    def paused(self, begin: str, end: str) -> "Goals":
        """A pause that the other side confirms."""
        self.on(begin).engagement.coach.pause("Away")
        self.engagement.client.confirm_pause()
        self.on(end).engagement.coach.resume()
        return self

    def whole(self, local: str) -> Progress:
        self.on(local)
        return self.engagement.progress(as_of=self.time(local))

    def at(self, local: str) -> GoalProgress:
        return self.whole(local).goals["g"]


def days(first: int, last: int, month: int = 3, hour: int = 12) -> list[tuple[str, int]]:
    """A reading of 1 on each day of a month."""
    return [(f"2026-{month:02d}-{day:02d}T{hour:02d}:00", 1) for day in range(first, last + 1)]


def reach(**fields: Any) -> Reach:
    return Reach(metric="m", **{"unit": "u", "baseline": 0, "target": 100, **fields})


def reduce(**fields: Any) -> Reduce:
    return Reduce(metric="m", unit="u", **{"baseline": 20, "target": 10, **fields})


def daily(**fields: Any) -> Habit:
    return Habit(metric="m", **{"times": 1, "per": "P1D", "share": 1, **fields})


def weekly(**fields: Any) -> Habit:
    return Habit(metric="m", **{"times": 3, "per": "P1W", "share": 1, **fields})


# --- status by ratio -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
    ("measure", "first", "second"), [(reach(), 0, 1), (reduce(), 20, "19.9"), (reach(target=-100), 0, -1)]
)
def test_little_that_is_missing_early_on_is_not_off_track(zone: str, measure: Any, first: Any, second: Any) -> None:
    goals = Goals(zone).goal(measure, "2026-05-10").reads([("2026-03-02T00:00", first)])
    assert (goals.at("2026-03-02T00:01").status, goals.at("2026-03-02T00:01").reason.code) == ("no_data", "too_early")
    assert goals.reads([("2026-03-03T12:00", second)]).at("2026-03-04").status == "on_track"


@pytest.mark.parametrize("zone", ZONES)
def test_a_status_does_not_change_with_the_time_of_day(zone: str) -> None:
    goals = Goals(zone).goal(reach(), "2026-03-11").reads([("2026-03-04", 20), ("2026-03-06", 45)])
    statuses = [goals.at(f"2026-03-07T{time}").status for time in ("00:00", "00:05", "12:00", "23:59")]
    assert statuses == ["on_track"] * 4


def test_a_reading_that_worsens_the_status_is_believed_with_the_next_one() -> None:
    goals = Goals().goal(reach(counts="latest"), "2026-05-10")  # seventy days
    goals.reads([("2026-03-16", 20), ("2026-03-23", 38), ("2026-03-30", 26)])  # 40 expected
    assert goals.at("2026-03-30").status == "on_track"  # 14 points behind, and 2 without it
    assert goals.reads([("2026-03-31", 26)]).at("2026-03-31").status == "behind"


# --- silence ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("measure", [reach(), reduce(), StayWithin(metric="m", unit="u", low=7, high=9), daily()])
def test_no_reading_is_not_started_at_first_and_no_data_later(measure: Any) -> None:
    goals = Goals().goal(measure, "2026-05-10")
    assert goals.at("2026-03-02T12:00").status == "not_started"
    assert goals.at("2026-03-10").status == "no_data" or isinstance(measure, Habit)
    assert goals.at("2026-05-10T12:00").status in ("no_data", "off_track")
    assert goals.at("2026-05-11").status == "no_data"


@pytest.mark.parametrize("zone", ZONES)
def test_silence_after_a_reading_is_no_data_with_its_days(zone: str) -> None:
    goals = Goals(zone).goal(reach(), "2026-05-10").reads([("2026-03-04", 20)])
    silent = goals.at("2026-05-01")
    assert (silent.reason.code, silent.reason.values) == ("silent", {"days": 58})
    assert silent.status == "no_data"
    assert silent.forecast.reason == "silent"
    assert silent.last_reading_on == pendulum.date(2026, 3, 4)


def test_one_reading_within_bounds_long_ago_is_nothing_attained() -> None:
    within = StayWithin(metric="m", unit="u", low=7, high=9, share="0.8")
    goals = Goals().goal(within, "2026-06-10").reads([("2026-03-03", 8)])
    assert [goals.at(day).status for day in ("2026-06-01", "2026-06-12")] == ["no_data", "no_data"]


def test_an_agreed_cadence_says_how_long_silence_may_be() -> None:
    goals = Goals().goal(reach(every="P1M"), "2026-12-31").reads([("2026-03-03", 1), ("2026-04-03", 30)])
    assert goals.at("2026-05-20").status == "on_track"
    assert goals.at("2026-06-20").status == "no_data"


def test_the_share_of_weight_that_is_scored_stands_beside_the_whole() -> None:
    goals = Goals()
    for goal_id in "abcde":
        goals.goal(reach(target=10), "2026-05-01", goal_id)
    goals.engagement.client.weight_goal("e", 4)
    whole = goals.reads([("2026-03-10", 10)], "a").whole("2026-04-20")
    assert (whole.attainment, whole.scored_weight) == (1, Decimal("0.125"))  # 1 of 8


# --- pauses ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("zone", ZONES)
def test_what_is_expected_stands_still_in_a_pause(zone: str) -> None:
    goals = Goals(zone).goal(reach(), "2026-03-11").reads([("2026-03-04", 25), ("2026-03-06T12:00", 50)])
    before = goals.at("2026-03-07")
    assert (before.expected, before.status) == (Decimal("0.5"), "on_track")
    goals.engagement.coach.pause("Away")
    for moment in ("2026-03-09", "2026-03-10", "2026-03-11T12:00"):
        assert (goals.at(moment).expected, goals.at(moment).status) == (Decimal("0.5"), "on_track")


@pytest.mark.parametrize("zone", SHIFTING)
def test_a_week_paused_for_four_days_and_kept_in_the_other_three_is_kept(zone: str) -> None:
    goals = Goals(zone).goal(weekly(), "2026-06-01").reads(days(2, 4)).paused("2026-03-05", "2026-03-09T00:01")
    kept = goals.at("2026-03-10")
    assert (kept.attainment, kept.current_streak, kept.status) == (1, 1, "on_track")


def test_a_pause_breaks_no_streak() -> None:
    goals = Goals().goal(daily(), "2026-06-01").reads(days(2, 5)).paused("2026-03-06", "2026-03-16").reads(days(16, 18))
    habit = goals.at("2026-03-19").habit
    assert habit is not None
    assert (habit.current_streak, habit.best_streak, habit.adherence, habit.periods) == (7, 7, 1, 7)


def test_days_of_a_pause_do_not_pass_in_a_forecast() -> None:
    goals = Goals().goal(reach(), "2026-12-31").reads([("2026-03-09", 10), ("2026-03-16", 20)])
    goals.paused("2026-03-16T01:00", "2026-05-11T01:00").reads([("2026-05-12", 21)])
    forecast = goals.at("2026-05-12T01:00").forecast
    assert forecast.reach_on is not None
    assert pendulum.date(2026, 7, 1) <= forecast.reach_on <= pendulum.date(2026, 7, 15)  # 79 more, at 1.4 a day


@pytest.mark.parametrize("zone", SHIFTING)
def test_one_goal_is_paused_and_a_day_skipped_without_breaking_streak_or_adherence(zone: str) -> None:
    goals = Goals(zone).goal(daily(), "2026-06-01").goal(daily(), "2026-06-01", "other").reads(days(2, 5))
    client = goals.reads(days(2, 5), "other").on("2026-03-06").engagement.client
    client.pause_goal("g", "An injury")
    assert goals.on("2026-03-16").engagement.state().goals["g"].is_paused
    client.resume_goal("g")
    goals.reads(days(16, 18)).on("2026-03-20T09:00")
    client.skip_day("g", "2026-03-19", "A fever")
    whole = goals.reads(days(20, 20)).whole("2026-03-21")
    habit, other = whole.goals["g"].habit, whole.goals["other"].habit
    assert habit is not None
    assert other is not None
    assert (habit.adherence, habit.current_streak, habit.periods) == (1, 8, 8)
    assert (other.current_streak, other.periods, other.periods_kept) == (0, 19, 4)  # it was neither paused nor skipped


def test_a_paused_goal_is_expected_to_stand_still_and_its_forecast_leaves_the_pause_out() -> None:
    goals = Goals().goal(reach(), "2026-12-31").reads([("2026-03-09", 10), ("2026-03-16", 20)])
    client = goals.on("2026-03-16T01:00").engagement.client
    client.pause_goal("g", "A season")
    assert goals.at("2026-03-17").expected == goals.at("2026-05-11").expected
    goals.on("2026-05-11T01:00")
    client.resume_goal("g")
    forecast = goals.reads([("2026-05-12", 21)]).at("2026-05-12T01:00").forecast
    assert forecast.reach_on is not None
    assert pendulum.date(2026, 7, 1) <= forecast.reach_on <= pendulum.date(2026, 7, 15)


def test_no_pause_of_a_goal_and_no_skipped_day_moves_what_is_owed() -> None:
    due = []
    for stands_still in (False, True):
        goals = Goals().goal(weekly(), "2026-06-01", "g").reads(days(2, 4)).on("2026-03-06")
        if stands_still:
            goals.engagement.client.pause_goal("g", "An injury")
            goals.engagement.client.skip_day("g", "2026-03-05", "A fever")
        obligations = goals.on("2026-05-01").engagement.ledger().obligations
        due.append([(obligation.id, obligation.due_at, obligation.state) for obligation in obligations])
    assert due[0] == due[1]


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (lambda it: it.client.resume_goal("g"), r"goal_pause\.missing"),
        (lambda it: (it.client.pause_goal("g", "R"), it.coach.pause_goal("g", "R")), r"goal_pause\.duplicate"),
        (lambda it: it.client.skip_day("run", "2026-03-19", "R"), r"skipped_day\.not_allowed"),
        (lambda it: it.client.skip_day("g", "2026-03-12", "R"), r"skipped_day\.closed"),
        (lambda it: (it.client.drop_goal("g", "R"), it.client.pause_goal("g", "R")), r"goal\.closed"),
    ],
)
def test_what_cannot_stand_still_is_refused(act: Any, code: str) -> None:
    goals = Goals().goal(daily(), "2026-06-01").goal(reach(), "2026-06-01", "run").on("2026-03-20")
    with pytest.raises(Refused, match=code):
        act(goals.engagement)


# --- what was due ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
    ("measure", "before", "after"),
    [
        (reduce(), [("2026-03-20", 15), ("2026-03-25", 10)], [("2026-04-05", 20)]),
        (Avoid(metric="m"), [], [("2026-04-05", 1)]),
        (StayWithin(metric="m", unit="u", high=9), [("2026-03-20", 8), ("2026-03-27", 8)], [("2026-04-05", 12)]),
        (daily(), days(2, 31), [("2026-04-20", 1)]),
    ],
)
def test_nothing_after_the_due_day_undoes_what_was_attained(zone: str, measure: Any, before: Any, after: Any) -> None:
    goals = Goals(zone).goal(measure, "2026-03-31").reads(before)
    assert goals.at("2026-04-02").status == "attained"
    later = goals.reads(after).at("2026-04-21")
    assert later.status == "attained"
    assert later.outcome is not None
    assert (later.outcome.status, later.outcome.attainment) == ("attained", 1)


@pytest.mark.parametrize("measure", [reach(), reach(target=-100), reduce(baseline=0, target=-100)])
def test_reached_late_is_distinguished_from_in_time(measure: Any) -> None:
    way = measure.target
    goals = Goals().goal(measure, "2026-03-20").reads([("2026-03-10", way / 2), ("2026-04-01", way)])
    late = goals.at("2026-04-02")
    assert late.status == "attained_late"
    assert late.outcome is not None
    assert (late.outcome.status, late.outcome.attainment) == ("not_met", Decimal("0.5"))


def test_what_is_kept_up_and_was_not_is_not_met() -> None:
    goals = Goals().goal(daily(share="0.8"), "2026-03-29").reads(days(2, 23))
    judged = goals.at("2026-04-02")
    assert (judged.status, judged.attainment) == ("not_met", Decimal("0.785714285714"))  # 22 of 28


@pytest.mark.parametrize("is_step", [True, False])
def test_a_step_or_checkpoint_after_the_goal_is_refused(is_step: bool) -> None:
    steps = Milestones(
        steps=(Milestone(id="a", title="A", due_on="2026-03-10"), Milestone(id="b", title="B", due_on="2026-04-30"))
    )
    measure = steps if is_step else reach(checkpoints=[Checkpoint(on="2026-04-30", value=50)])
    with pytest.raises(Refused, match=r"step_due\.conflict"):
        Goals().goal(measure, "2026-03-31")
    Goals().goal(measure, "2026-04-30")


# --- habits ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("times", "done", "adherence"), [(3, 2, "0.666666666666"), (4, 3, "0.75"), (2, 5, "1")])
def test_a_habit_done_in_part_gets_part_credit(times: int, done: int, adherence: str) -> None:
    goals = Goals().goal(weekly(times=times), "2026-12-01")
    for week in range(10):
        monday = pendulum.date(2026, 3, 2).add(weeks=week)
        goals.reads((f"{monday.add(days=day)}T12:00", 1) for day in range(done))
    goal = goals.at("2026-05-11")
    assert (goal.attainment, goal.adherence, goal.readings) == (Decimal(adherence), Decimal(adherence), 10 * done)


def test_a_relapse_shows_in_attainment_and_status() -> None:
    goals = Goals().goal(daily(share="0.8"), "2026-12-01").reads(days(2, 31))
    held = goals.at("2026-04-01")
    assert (held.attainment, held.status, held.best_streak) == (1, "on_track", 30)
    lapsed = goals.at("2026-04-11")
    assert (lapsed.attainment, lapsed.status, lapsed.current_streak) == (Decimal("0.75"), "relapsed", 0)


@pytest.mark.parametrize("zone", SHIFTING)
def test_the_last_period_is_judged_pro_rata_when_a_goal_ends_in_it(zone: str) -> None:
    goals = Goals(zone).goal(weekly(share="0.8"), "2026-03-06").reads(days(2, 4))
    assert (goals.at("2026-03-10").status, goals.at("2026-03-10").attainment) == ("attained", 1)


@pytest.mark.parametrize("zone", SHIFTING)
def test_weeks_are_those_of_the_calendar(zone: str) -> None:
    goals = Goals(zone, "2026-03-04").goal(weekly(), "2026-06-01")
    goals.reads([*days(9, 11), *days(16, 18), *days(23, 25)])
    goal = goals.at("2026-03-30")
    assert (goal.attainment, goal.current_streak) == (1, 3)


def test_a_week_may_begin_on_another_day() -> None:
    rows = [*days(9, 10), *days(22, 23)]  # Monday and Tuesday, then Sunday and Monday
    for week_starts, weeks_kept in ((1, 1), (7, 2)):
        goals = Goals(start="2026-03-09").goal(weekly(times=2, week_starts=week_starts), "2026-06-01").reads(rows)
        assert goals.at("2026-03-30").score.inputs["kept"] == weeks_kept


@pytest.mark.parametrize(("first", "last", "status"), [(2, 19, "relapsed"), (9, 26, "behind"), (7, 26, "on_track")])
def test_the_agreed_share_is_what_is_expected_and_is_not_lowered_again(first: int, last: int, status: str) -> None:
    goal = Goals().goal(daily(share="0.8"), "2026-06-01").reads(days(first, last)).at("2026-03-27")
    assert (goal.attainment, goal.expected) == (Decimal(last - first + 1) / 25, Decimal("0.8"))
    assert goal.status == status


@pytest.mark.parametrize("zone", SHIFTING)
def test_what_is_done_after_midnight_belongs_to_the_day_before_where_days_start_later(zone: str) -> None:
    rows = [
        ("2026-03-28T22:00", 1),
        ("2026-03-30T00:30", 1),
        ("2026-03-30T22:00", 1),
    ]  # clocks change on the 29th in Riga
    for day_starts, kept in (("04:00", 3), (None, 2)):
        goals = Goals(zone, "2026-03-28").goal(daily(day_starts=day_starts), "2026-06-01").reads(rows)
        assert goals.at("2026-03-31T05:00").score.inputs["kept"] == kept


def test_a_habit_has_streaks_shares_strength_and_an_interval() -> None:
    goals = Goals().goal(daily(share="0.8"), "2026-06-01").reads([*days(2, 6), *days(8, 14)])
    habit = goals.at("2026-03-15").habit
    assert habit is not None
    assert (habit.current_streak, habit.best_streak, habit.periods, habit.periods_kept) == (7, 7, 13, 12)
    assert (habit.adherence, habit.recent_adherence) == (Decimal("0.923076923076"), 1)
    rest = 0.5 ** (1 / 13)
    by_hand = 0.0
    for mark in [1] * 5 + [0] + [1] * 7:
        by_hand = by_hand * rest + mark * (1 - rest)
    assert habit.strength == pytest.approx(by_hand)
    assert habit.interval is not None
    assert (habit.interval.low, habit.interval.high) == (
        pytest.approx(0.66686, abs=1e-5),
        pytest.approx(0.98629, abs=1e-5),
    )


def test_weekdays_ranges_and_upper_bounds() -> None:
    workdays = Goals().goal(daily(weekdays=[1, 3, 5]), "2026-06-01").reads(days(2, 2) + days(4, 4) + days(6, 6))
    assert (workdays.at("2026-03-09").attainment, workdays.at("2026-03-09").score.inputs["periods"]) == (1, 3)
    ranged = Goals().goal(weekly(times=2, at_most=3), "2026-06-01").reads(days(2, 5))  # four, where three are the most
    assert ranged.at("2026-03-09").attainment == Decimal("0.5")
    budget = Goals().goal(Avoid(metric="m", allowed=2, per="P1M"), "2026-06-01").reads([*days(2, 3), *days(1, 3, 4)])
    assert budget.at("2026-05-01").attainment == Decimal("0.666666666666")  # March and May, not April


# --- readings that do not count, and changes midway ------------------------------------------------------------------


@pytest.mark.parametrize("measure", [reach(), daily(), reduce()])
def test_a_reading_before_the_goal_begins_is_listed_and_does_not_count(measure: Any) -> None:
    goals = Goals().goal(measure, "2026-05-10", starts_on="2026-04-01").reads([("2026-03-10", 30)])
    goal = goals.at("2026-03-20")
    assert (goal.attainment, goal.readings, [ignored.why for ignored in goal.ignored]) == (None, 0, ["before_start"])


def test_days_before_a_habit_was_set_are_not_missed() -> None:
    goals = Goals().goal(daily(), "2026-06-01", starts_on="2026-01-01").reads(days(2, 11))
    assert (goals.at("2026-03-12").attainment, goals.at("2026-03-12").score.inputs["periods"]) == (1, 10)


def test_readings_in_an_earlier_unit_do_not_count_or_are_converted() -> None:
    for factor, attainment in ((None, None), ("0.001", Decimal("0.04"))):
        goals = Goals().goal(reach(unit="m", target=1000), "2026-05-10").reads([("2026-03-30", 40)])
        goals.on("2026-04-06").engagement.client.revise_goal(
            "g", reason="unit", measure=Reach(metric="m", unit="km", baseline=0, target=1), readings_factor=factor
        )
        goal = goals.at("2026-04-07")
        assert goal.attainment == attainment
        assert [ignored.why for ignored in goal.ignored] == (["earlier_measure"] if factor is None else [])


def test_a_measure_that_replaces_another_has_no_readings_yet() -> None:
    steps = Milestones(steps=(Milestone(id="a", title="A"), Milestone(id="b", title="B")))
    goals = Goals().goal(steps, "2026-05-10").reaches(("2026-03-20", "a"))
    goals.on("2026-03-25").engagement.client.revise_goal("g", reason="A number", measure=reach())
    goal = goals.at("2026-03-26")
    assert (goal.status, goal.score.why, goal.reason.code) == ("no_data", "no_readings", "no_readings")


@pytest.mark.parametrize(
    "rows", list(itertools.permutations([("2026-03-25T08:00", 10), ("2026-03-25T08:00", 20), ("2026-03-25T08:00", 12)]))
)
def test_the_order_in_which_readings_of_one_moment_are_recorded_does_not_matter(rows: Any) -> None:
    goals = Goals().goal(reduce(), "2026-05-10").reads(rows)
    assert goals.at("2026-03-26").attainment == Decimal("0.6")  # 14, their mean


@pytest.mark.parametrize(
    "measure",
    [
        Avoid(metric="m", allowed=3),
        daily(),
        reach(counts="sum"),
        Reach(metric="m", unit="books", baseline=0, target=12, counts="sum"),
    ],
)
def test_a_negative_amount_is_refused_where_readings_add_up(measure: Any) -> None:
    goals = Goals().goal(measure, "2026-06-10").reads([("2026-03-03", 5)])
    with pytest.raises(Refused, match=r"reading\.negative"):
        goals.reads([("2026-03-04", -3)])


@pytest.mark.parametrize("unit", ["books", "applications", "grāmatas"])
def test_what_is_done_one_by_one_adds_up(unit: str) -> None:
    rows = [(f"2026-0{month}-05", 1) for month in range(4, 10)]
    goals = Goals().goal(Reach(metric="m", unit=unit, baseline=0, target=12), "2026-12-31").reads(rows)
    goal = goals.at("2026-09-10")
    assert (goal.attainment, goal.score.inputs["total"]) == (Decimal("0.5"), 6)
    running_total = Goals().goal(Reach(metric="m", unit=unit, baseline=0, target=12), "2026-12-31")
    assert (
        running_total.reads([("2026-04-05", 1), ("2026-05-05", 3), ("2026-06-05", 4)])
        .at("2026-06-06")
        .score.inputs["best"]
        == 4
    )


@pytest.mark.parametrize(
    ("per_day", "latest"), [(None, 13), ("last", 13), ("mean", 15), ("sum", 30), ("highest", 17), ("lowest", 13)]
)
@pytest.mark.parametrize("before", [[], [("2026-03-09T21:00", 19)]])  # the day before does not count with it
def test_readings_of_one_day_combine_as_the_measure_says(per_day: str | None, latest: int, before: Any) -> None:
    rows = [*before, ("2026-03-10T07:00", 17), ("2026-03-10T21:00", 13)]
    goals = Goals().goal(reduce(per_day=per_day), "2026-05-10").reads(rows)
    assert goals.at("2026-03-11").score.inputs["latest"] == latest


def test_a_budget_that_is_used_up_is_behind() -> None:
    goals = Goals().goal(Avoid(metric="m", allowed=3), "2026-06-10").reads([("2026-03-02T10:00", 2)])
    assert goals.at("2026-03-02T11:00").status == "on_track"
    goals.reads([("2026-03-02T12:00", 1)])
    assert (goals.at("2026-03-03").status, goals.at("2026-03-03").reason.code) == ("behind", "budget_used_up")


# --- steps, due days, closings ---------------------------------------------------------------------------------------


def test_steps_with_days_are_expected_by_them_without_a_due_day_of_the_goal() -> None:
    steps = Milestones(steps=(Milestone(id="a", title="A", due_on="2026-03-10"), Milestone(id="b", title="B")))
    goals = Goals().goal(steps).reaches(("2026-03-09", "b"))
    assert [goals.at(day).expected for day in ("2026-03-10", "2026-03-25")] == [0, Decimal("0.5")]
    assert goals.at("2026-03-25").status == "on_track"


def test_all_steps_before_their_days_are_ahead() -> None:
    steps = Milestones(
        steps=(Milestone(id="a", title="A", due_on="2026-03-10"), Milestone(id="b", title="B", due_on="2026-04-30"))
    )
    goals = Goals().goal(steps, "2026-05-10").reaches(("2026-03-03", "a"), ("2026-03-04", "b"))
    assert [goals.at(day).status for day in ("2026-03-05", "2026-05-01")] == ["ahead", "attained"]


def test_checkpoints_say_what_is_expected_by_when() -> None:
    checkpoints = [Checkpoint(on="2026-03-11", value=10)]
    goals = Goals().goal(reach(checkpoints=checkpoints), "2026-03-21")  # ten days, and ten more
    expected = [goals.at(f"2026-03-{day}").expected for day in ("07", "12", "17")]
    assert expected == [Decimal("0.05"), Decimal("0.1"), Decimal("0.55")]


def test_without_a_due_day_attainment_and_trend_give_a_status() -> None:
    goals = Goals().goal(reach()).reads([("2026-03-10", 80)])
    goal = goals.at("2026-03-20")
    assert (goal.attainment, goal.status, goal.reason.code) == (Decimal("0.8"), "on_track", "towards")


def test_a_goal_declared_achieved_keeps_what_was_measured() -> None:
    goals = Goals().goal(reach(target=10), "2026-06-01").reads([("2026-03-10", 2)])
    goals.engagement.client.achieve_goal("g")
    goal = goals.at("2026-03-20")
    assert (goal.status, goal.attainment, goal.reason.values["attainment"]) == (
        "declared_achieved",
        Decimal("0.2"),
        Decimal("0.2"),
    )


# --- levels ----------------------------------------------------------------------------------------------------------


def test_a_dropped_goal_counts_in_no_score_and_levels_are_agreed_first() -> None:
    goals = Goals().goal(reach(), "2026-05-01", "a").goal(reach(), "2026-05-01", "b")
    with pytest.raises(Refused, match=r"goal_levels\.missing"):
        goals.engagement.coach.score_goal("a", 2)
    for goal_id, level in (("a", 2), ("b", -2)):
        goals.engagement.client.agree_levels(goal_id, **LEVELS)
        goals.engagement.coach.score_goal(goal_id, level)
    assert goals.whole("2026-03-20").gas == 50
    goals.engagement.client.drop_goal("b", reason="No longer wanted")
    assert goals.whole("2026-03-21").gas == 70


def test_gas_is_exact_takes_arrays_and_leaves_out_weight_zero() -> None:
    assert gas_t_score(numpy.array([1, 0, -1])) == 50
    assert gas_t_score([1, 1]) == pytest.approx(62.4034734589, abs=1e-9)
    assert gas_t_score([1, 2], [0, 2]) == 70


# --- figures ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("precision", [1, 3, 12])
def test_the_hosts_decimal_context_changes_nothing(precision: int) -> None:
    goals = Goals().goal(weekly(times=7), "2026-05-10", "h").reads(days(2, 8), "h")
    goals.goal(reach(target=3), "2026-05-10").reads([("2026-03-10", 1), ("2026-03-14", "1.25")])
    with decimal.localcontext() as context:
        context.prec = precision
        narrow = goals.whole("2026-03-20")
    wide = goals.whole("2026-03-20")
    assert narrow == wide
    assert wide.goals["g"].attainment == Decimal("0.416666666666")


def test_what_falls_short_by_its_last_digit_is_not_attained() -> None:
    least = Decimal("-9999999999999999.999999999999")
    goals = Goals().goal(reach(baseline=least, target=-least), "2026-05-10")
    goal = goals.reads([("2026-03-10", -least - Decimal("0.000000000001"))]).at("2026-03-11")
    assert (goal.attainment, goal.score.is_met) == (Decimal("0.999999999999"), False)


# --- forecasts -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rows", [[("2026-03-16", 20)], [("2026-03-16T08:00", 20), ("2026-03-16T20:00", 21)]])
def test_a_forecast_needs_three_readings_on_three_days(rows: Any) -> None:
    forecast = Goals().goal(reach(), "2026-05-10").reads(rows).at("2026-03-17").forecast
    assert (forecast.reach_on, forecast.reason, forecast.at("2026-04-01").reason) == (
        None,
        "too_few_readings",
        "too_few_readings",
    )


@pytest.mark.parametrize("zone", SHIFTING)
def test_no_day_of_a_forecast_is_past_and_no_interval_has_no_width(zone: str) -> None:
    goals = (
        Goals(zone)
        .goal(reach(), "2026-12-31")
        .reads((f"2026-03-{9 + 3 * n:02d}", 10 * n + 50 + n % 2) for n in range(5))
    )
    for day in ("2026-03-22", "2026-03-25", "2026-03-26"):
        forecast = goals.at(day).forecast
        assert forecast.reach_earliest is not None
        assert forecast.reach_on is not None
        today = pendulum.Date.fromisoformat(day)
        assert today <= forecast.reach_earliest <= forecast.reach_on
        assert forecast.reach_latest is None or forecast.reach_on < forecast.reach_latest
        prediction = forecast.at(today.add(days=7))
        assert prediction.lower is not None
        assert prediction.upper is not None
        assert prediction.lower < prediction.upper


def test_a_stall_is_forecast_later_than_the_mean_pace_says() -> None:
    goals = Goals().goal(reach(), "2026-06-01").reads((f"2026-03-{day:02d}", 10) for day in (9, 16, 23, 30))
    forecast = goals.at("2026-03-31").forecast
    mean_pace = pendulum.date(2026, 3, 30).add(days=9 * 28)  # ninety more at ten in 28 days
    assert forecast.reach_on is not None
    assert forecast.reach_on > mean_pace
    assert forecast.reach_latest is None or forecast.reach_latest > forecast.reach_on
    assert forecast.probability is not None
    assert forecast.probability < 0.1


def test_one_outlier_moves_the_day_by_less_than_half_of_the_way_to_it_and_widens_the_interval() -> None:
    rows = [(9, 10), (12, 15), (16, 20), (19, 24), (23, 30), (26, 34)]
    goals = Goals().goal(reach(), "2026-12-31").reads((f"2026-03-{day:02d}", value) for day, value in rows)
    before = goals.at("2026-03-27").forecast
    after = goals.reads([("2026-03-30", 90)]).at("2026-03-31").forecast
    for forecast in (before, after):
        assert None not in (forecast.reach_earliest, forecast.reach_on, forecast.reach_latest)
    assert (before.reach_on - after.reach_on).days * 2 < (before.reach_on - pendulum.date(2026, 3, 31)).days  # type: ignore[operator]
    assert after.reach_latest - after.reach_earliest > before.reach_latest - before.reach_earliest  # type: ignore[operator]


# --- trend -----------------------------------------------------------------------------------------------------------


def test_a_goal_has_a_trend_and_says_whether_its_last_reading_is_unusual() -> None:
    rows = [(9, 10), (16, 13), (23, 15), (30, 18)]
    goals = (
        Goals().goal(reach(counts="latest"), "2026-12-31").reads((f"2026-03-{day:02d}", value) for day, value in rows)
    )
    trend = goals.at("2026-03-30").trend
    assert trend is not None
    # weekly slopes 3, 2, 3, 5/2, 5/2, 8/3 of the pairs; clocks change before the last reading, so it is an hour early
    assert (trend.readings, trend.test.s) == (4, 6)
    assert trend.slope == pytest.approx(2.587, abs=0.01)
    assert (trend.last.change, trend.last.limit, trend.last.unusual) == (3, pytest.approx(2.66 * 2.5), False)
    unusual = goals.reads([("2026-04-06", 60)]).at("2026-04-06").trend
    assert unusual is not None
    assert (unusual.last.change, unusual.last.unusual) == (42, True)


@pytest.mark.parametrize("measure", [reach(), reduce(), StayWithin(metric="m", unit="u", high=9)])
def test_one_reading_has_no_trend(measure: Any) -> None:
    assert Goals().goal(measure).reads([("2026-03-09", 10)]).at("2026-03-10").trend is None
    same = Goals().goal(measure).reads([("2026-03-09", 8), ("2026-03-10", 8)]).at("2026-03-11").trend
    assert same is not None
    assert (same.slope, same.test.p, same.last.change) == (0, 1, 0)


def test_what_is_counted_has_no_trend_and_a_pause_does_not_pass_in_one() -> None:
    assert Goals().goal(daily()).reads(days(2, 9)).at("2026-03-10").trend is None
    goals = Goals().goal(reach(counts="latest"), "2026-12-31").reads([("2026-03-09", 10)])
    trend = goals.paused("2026-03-10", "2026-03-17").reads([("2026-03-23", 17)]).at("2026-03-23").trend
    assert trend is not None
    assert trend.slope == pytest.approx(7)
