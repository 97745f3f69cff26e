"""Scores in the corners: closings and later pauses, goals set in the middle of a day, months, and what was once reached."""

from decimal import Decimal
from functools import cache
from typing import Any

import attrs
import pendulum
import pytest
from hypothesis import given
from hypothesis import strategies as st

import coachcore
from coachcore import Agreement, Avoid, Habit, Milestone, Milestones, Party, Period, Reach, Reduce, Role, StayWithin
from coachcore.engagement.timeline import Timeline
from coachcore.errors import NotValid
from coachcore.model.times import as_moment
from coachcore.practice import Engagement
from coachcore.progress import GoalProgress, Reading, Status, gas_t_score, readings
from coachcore.progress.scorers import SCORERS, Span

RIGA = "Europe/Riga"


class Coached:
    """An engagement in Riga, from 2 March 2026, with a clock that is set by local time."""

    def __init__(self) -> None:
        self.now = pendulum.datetime(2026, 3, 2, tz=RIGA)
        parties = (Party(id="c", name="Ann", role=Role.COACH), Party(id="k", name="Ben", role=Role.CLIENT))
        practice = coachcore.open(clock=lambda: self.now)
        self.engagement: Engagement = practice.propose(Agreement(title="T", zone=RIGA, parties=parties))
        self.coach, self.client = self.engagement.coach, self.engagement.client
        self.coach.accept(), self.client.accept(), self.coach.start()

    def on(self, local: str) -> "Coached":
        self.now = pendulum.parse(local, tz=RIGA)  # type: ignore[assignment]
        return self

    def goal(self, measure: Any, **fields: Any) -> "Coached":
        self.client.set_goal("A goal to score", goal_id="g", measure=measure, **fields)
        return self

    def reads(self, *rows: tuple[str, Any]) -> "Coached":
        for local, value in rows:
            self.on(local).client.record_progress("g", value)
        return self

    def as_of(self, local: str) -> GoalProgress:
        self.on(local)
        return self.engagement.progress().goals["g"]


@pytest.fixture
def coached() -> Coached:
    return Coached()


def number(kind: Any, **fields: Any) -> Any:
    return kind(metric="m", unit="u", **fields)


def test_what_follows_a_closing_changes_nothing_of_a_closed_goals_score(coached: Coached) -> None:
    coached.goal(number(Reach, baseline=0, target=10), due_on="2026-03-11").reads(("2026-03-05", 4))
    coached.on("2026-03-07").client.achieve_goal("g")
    closed = coached.as_of("2026-03-07")
    assert closed.expected == Decimal("0.5")
    coached.on("2026-03-08").coach.pause("Away")
    coached.on("2026-03-10").coach.resume()
    assert coached.as_of("2026-04-01") == closed


def test_a_goal_asked_about_as_of_a_day_before_its_closing_is_scored_as_of_that_day(coached: Coached) -> None:
    coached.goal(number(Reach, baseline=0, target=10), due_on="2026-03-11").reads(("2026-03-05", 4))
    before = coached.as_of("2026-03-06")
    coached.on("2026-03-07").client.drop_goal("g", "No longer wanted")
    again = coached.engagement.progress(as_of=pendulum.datetime(2026, 3, 6, tz=RIGA)).goals["g"]
    assert again == before
    assert coached.as_of("2026-03-08").status is Status.DROPPED
    assert coached.engagement.progress().attainment is None


def test_a_goal_without_a_first_day_begins_with_the_day_it_was_set(coached: Coached) -> None:
    habit = number(Habit, times=1, per=Period.parse("P1D"), at_least=100, share=1)
    coached.on("2026-03-02T15:00:00").goal(habit)
    coached.reads(("2026-03-03T10:00:00", 60), ("2026-03-03T20:00:00", 40), ("2026-03-04T16:00:00", 100))
    score = coached.as_of("2026-03-05").score
    assert (score.inputs["kept"], score.inputs["periods"]) == (2, 3)


def test_a_day_of_twenty_five_hours_is_one_day(coached: Coached) -> None:
    habit = number(Habit, times=1, per=Period.parse("P1D"), at_least=100, share=1)
    coached.goal(habit, starts_on="2026-10-25")
    coached.reads(("2026-10-25T00:10:00", 50), ("2026-10-25T23:50:00", 50), ("2026-10-26T00:10:00", 99))
    score = coached.as_of("2026-10-27").score
    assert (score.inputs["kept"], score.inputs["periods"]) == (1, 2)


def test_months_are_those_of_the_calendar_and_the_first_day_of_one_alone_is_no_month_missed(coached: Coached) -> None:
    coached.goal(number(Habit, times=1, per=Period.parse("P1M"), share=1), starts_on="2026-03-31")
    coached.reads(("2026-04-30T23:59:00", 1), ("2026-05-01T00:00:00", 1), ("2026-05-31T00:00:00", 1))
    score = coached.as_of("2026-06-30T23:59:59").score  # April and May; June is still running
    assert (score.inputs["kept"], score.inputs["periods"]) == (2, 2)
    score = coached.as_of("2026-07-01").score
    assert (score.inputs["kept"], score.inputs["periods"]) == (2, 3)


def test_of_a_period_with_a_pause_as_much_less_is_wanted(coached: Coached) -> None:
    coached.goal(number(Habit, times=1, per=Period.parse("P10D"), share=1), starts_on="2026-03-02")
    coached.reads(("2026-03-03", 1)).on("2026-03-04").coach.pause("Away")
    coached.on("2026-03-09").coach.resume()  # five days of the first ten
    coached.on("2026-03-14").coach.pause("Away")
    coached.on("2026-03-18").coach.resume()  # four of the second ten
    score = coached.as_of("2026-03-22").score
    assert (score.inputs["done"], score.inputs["wanted"]) == (Decimal("0.5"), Decimal("1.1"))
    assert (score.inputs["kept"], score.inputs["periods"], score.value) == (1, 2, Decimal("0.454545454545"))


def test_avoiding_counts_the_current_period_too(coached: Coached) -> None:
    coached.goal(number(Avoid, allowed=1, per=Period.parse("P1M")), starts_on="2026-03-02")
    coached.reads(("2026-03-10", 1), ("2026-04-03", 1))
    assert coached.as_of("2026-04-04").attainment == 1
    coached.reads(("2026-04-05", 1))
    assert coached.as_of("2026-04-06").attainment == Decimal("0.5")


def test_avoiding_in_the_whole_span_falls_with_each_time_too_many(coached: Coached) -> None:
    coached.goal(number(Avoid, allowed=2)).reads(("2026-03-03", 2))
    assert coached.as_of("2026-03-04").attainment == 1
    coached.reads(("2026-03-05", 3))
    assert coached.as_of("2026-03-06").attainment == Decimal("0.4")


def test_what_was_reached_once_stays_reached_in_the_forecast_and_asks_for_no_pace(coached: Coached) -> None:
    coached.goal(number(Reach, baseline=0, target=10), due_on="2026-06-01")
    coached.reads(("2026-03-12", 10), ("2026-03-20", 6))
    goal = coached.as_of("2026-03-21")
    assert goal.attainment == 1
    assert (goal.forecast.reach_on, goal.forecast.reason) == (pendulum.date(2026, 3, 12), "reached")
    assert coached.engagement.smart("g").facts.required_pace == 0


def test_a_relapse_in_a_level_to_be_reduced_is_forecast_from_where_it_is(coached: Coached) -> None:
    coached.goal(number(Reduce, baseline=10, target=0), due_on="2026-06-01", starts_on="2026-03-02")
    coached.reads(("2026-03-09", 0), ("2026-03-16", 5))
    goal = coached.as_of("2026-03-17")
    assert goal.attainment == Decimal("0.5")
    assert goal.status is Status.RELAPSED
    # five in two weeks, but none in the second, which counts twice: at two thirds of the pace, five more take three weeks
    assert goal.forecast.reach_on == pendulum.date(2026, 4, 6)
    assert goal.forecast.reach_earliest is not None
    assert pendulum.date(2026, 3, 17) <= goal.forecast.reach_earliest < goal.forecast.reach_on


def test_the_pace_of_the_facts_and_of_the_forecast_begin_at_one_moment(coached: Coached) -> None:
    coached.on("2026-03-02T12:00:00").goal(number(Reach, baseline=0, target=30), due_on="2026-06-01")
    coached.reads(("2026-03-09", 10), ("2026-03-16", 20))
    assert coached.engagement.smart("g").facts.recorded_pace == 10
    assert coached.as_of("2026-03-17").forecast.reach_on == pendulum.date(2026, 3, 23)


def test_milestones_without_due_days_expect_by_time_and_a_step_twice_counts_once(coached: Coached) -> None:
    steps = tuple(Milestone(id=each, title=each) for each in "abcd")
    coached.goal(Milestones(steps=steps), due_on="2026-03-11", starts_on="2026-03-02")
    assert coached.as_of("2026-03-02T23:00:00").status is Status.NOT_STARTED
    assert coached.as_of("2026-03-04").status is Status.NO_DATA
    for day in ("2026-03-05", "2026-03-06"):
        coached.on(day).client.record_progress("g", milestone_id="a")
    goal = coached.as_of("2026-03-07")
    assert (goal.attainment, goal.expected, goal.status) == (Decimal("0.25"), Decimal("0.5"), Status.OFF_TRACK)


def test_readings_are_in_order_of_occurrence_whatever_the_order_they_were_recorded(coached: Coached) -> None:
    coached.goal(number(Reduce, baseline=10, target=0)).on("2026-03-20")
    for day, value in ((9, 1), (5, 2), (7, 3)):
        coached.client.record_progress("g", value, occurred_at=pendulum.datetime(2026, 3, day, tz=RIGA))
    assert [each.value for each in readings(coached.engagement.snapshot().history, "g")] == [2, 3, 1]
    assert readings(coached.engagement.snapshot().history, "unknown") == ()


def test_the_whole_is_weighed_and_leaves_out_what_cannot_be_scored(coached: Coached) -> None:
    reach = number(Reach, baseline=0, target=10)
    for name, weight, value in (("a", 1, 2), ("b", 3, 6), ("c", 5, None)):
        coached.client.set_goal("A goal to score", goal_id=name, measure=reach)
        coached.client.weight_goal(name, weight)
        if value is not None:
            coached.client.record_progress(name, value)
    assert coached.engagement.progress().attainment == Decimal("0.5")
    assert coached.engagement.progress().gas is None


@pytest.mark.parametrize(
    "arguments",
    [([0], None, "nan"), ([0], None, float("inf")), ([0], [Decimal("nan")]), ([0], [float("inf")]), ([0.5],)],
)
def test_gas_refuses_what_is_not_a_number(arguments: tuple[Any, ...]) -> None:
    with pytest.raises(NotValid):
        gas_t_score(*arguments)


@given(levels=st.lists(st.integers(-2, 2), min_size=1, max_size=8), rho=st.decimals(0, "0.99", places=2))
def test_gas_is_fifty_around_which_it_is_symmetric(levels: list[int], rho: Decimal) -> None:
    assert gas_t_score(levels, rho=rho) - 50 == pytest.approx(50 - gas_t_score([-each for each in levels], rho=rho))
    assert gas_t_score(levels, [2] * len(levels), rho) == pytest.approx(gas_t_score(levels, rho=rho))


NUMBERS = st.decimals("-1e12", "1e12", places=3)
PERIODS = st.sampled_from(["P1D", "P1W", "P1M", "P1Y", "PT36H"]).map(Period.parse)
BEGIN = as_moment("2026-01-31T10:00:00Z")


@st.composite
def measures(draw: st.DrawFn) -> Any:
    low, high = sorted(draw(st.lists(NUMBERS, min_size=2, max_size=2, unique=True)))
    share = draw(st.decimals("0.01", 1, places=2))
    return draw(
        st.sampled_from(
            [
                number(Reach, baseline=low, target=high),
                number(Reach, baseline=high, target=low),
                number(Reduce, baseline=high, target=low),
                number(StayWithin, low=low, high=high, share=share),
                number(Avoid, allowed=abs(low)),
                number(Avoid, allowed=abs(low), per=draw(PERIODS)),
                number(Habit, times=draw(st.integers(1, 9)), per=draw(PERIODS), share=share),
                number(Habit, times=1, per=draw(PERIODS), share=share, at_least=abs(high) + 1),
                Milestones(steps=(Milestone(id="a", title="A"), Milestone(id="b", title="B", weight=abs(low) + 1))),
            ]
        )
    )


rows = st.lists(st.tuples(st.integers(-100, 400 * 24), NUMBERS | st.none()), max_size=12).map(
    lambda readings: tuple(
        Reading(occurred_at=BEGIN.add(hours=hours), value=value, milestone_id=None if value else "a", event_id="e")
        for hours, value in sorted(readings, key=lambda pair: pair[0])
    )
)


@cache
def timeline(zone: str) -> Timeline:
    """That of an engagement in a zone in which nothing has happened."""
    parties = (Party(id="c", name="Ann", role=Role.COACH), Party(id="k", name="Ben", role=Role.CLIENT))
    practice = coachcore.open(clock=lambda: BEGIN)
    return practice.propose(Agreement(title="T", zone=zone, parties=parties)).snapshot().history.timeline


@given(
    measure=measures(),
    readings=rows,
    hours=st.integers(-100, 400 * 24),
    paused=st.lists(st.tuples(st.integers(0, 9000), st.integers(1, 900)), max_size=3),
    zone=st.sampled_from(["UTC", RIGA, "America/St_Johns", "Pacific/Apia"]),
)
def test_every_scorer_is_total_and_its_score_explains_itself(
    measure: Any, readings: tuple[Reading, ...], hours: int, paused: list[tuple[int, int]], zone: str
) -> None:
    pauses = tuple((BEGIN.add(hours=a), BEGIN.add(hours=a + b)) for a, b in paused)
    until = BEGIN.add(hours=max(hours, 0))
    score = SCORERS[type(measure)](
        measure, readings, Span(begin=BEGIN, until=until, due=None, timeline=timeline(zone), pauses=pauses)
    )
    if score.value is None:
        assert score.why in ("no_readings", "no_period_yet")
    else:
        assert 0 <= score.value <= 1
        assert score.formula


@given(readings=rows, better=st.decimals(0, 100, places=2), falls=st.booleans())
def test_no_reading_can_lower_a_reach_and_a_better_one_never_scores_less(
    readings: tuple[Reading, ...], better: Decimal, falls: bool
) -> None:
    measure = number(Reach, baseline=100, target=0) if falls else number(Reach, baseline=0, target=100)
    span = Span(begin=BEGIN, until=BEGIN.add(days=500), due=None, timeline=timeline("UTC"))
    before = SCORERS[Reach](measure, readings, span).value
    step = Decimal(-1) if falls else Decimal(1)
    last = Reading(occurred_at=BEGIN.add(days=450), value=better, milestone_id=None, event_id="x")
    after = SCORERS[Reach](measure, (*readings, last), span).value
    more = SCORERS[Reach](measure, (*readings, attrs.evolve(last, value=better + step)), span).value
    assert before is None or before <= after  # type: ignore[operator]
    assert after <= more  # type: ignore[operator]
