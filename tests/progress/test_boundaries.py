"""Statuses at the boundary: exactly 10 points above, 5 and 20 below what is expected, and exactly the end of a day."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from coachcore import Habit, Milestone, Milestones, Reach
from coachcore.model.times import as_moment
from coachcore.practice import Engagement

# a goal of ten days in Riga (UTC+2 in January), 10 to 19 January; five of them have gone at the end of the 14th
HALF_WAY = "2026-01-14T22:00:00Z"
DUE = as_moment("2026-01-19T22:00:00Z")
TEN = Reach(metric="run", unit="km", baseline=0, target=10)


def status_at(eng: Engagement, clock: Any, moment: Any) -> str:
    clock.now = as_moment(moment)
    return str(eng.progress(clock.now).goals["run"].status)


@pytest.fixture
def running(begun: Engagement, clock: Any) -> Engagement:
    begun.client.set_goal("Run", goal_id="run", measure=TEN, starts_on="2026-01-10", due_on="2026-01-19")
    clock.now = as_moment("2026-01-12T12:00:00Z")
    return begun


def test_half_of_the_time_expects_half_of_the_way(running: Engagement, clock: Any) -> None:
    clock.now = as_moment(HALF_WAY)
    assert running.progress(clock.now).goals["run"].expected == Decimal("0.5")


@pytest.mark.parametrize(
    ("reading", "status"),
    [
        ("6", "ahead"),  # exactly 10 points above
        ("5.99", "on_track"),
        ("4.51", "on_track"),
        ("4.5", "on_track"),  # exactly 5 points below
        ("4.49", "behind"),
        ("3", "behind"),  # exactly 20
        ("2.99", "off_track"),
        ("9.99", "ahead"),
        ("10", "attained"),
        ("10.01", "attained"),
    ],
)
def test_a_status_includes_its_boundary(running: Engagement, clock: Any, reading: str, status: str) -> None:
    running.client.record_progress("run", 1, occurred_at="2026-01-11T12:00:00Z")
    running.client.record_progress("run", reading)
    assert status_at(running, clock, HALF_WAY) == status


def test_what_a_goal_came_to_is_fixed_at_the_end_of_its_due_day(running: Engagement, clock: Any) -> None:
    running.client.record_progress("run", 8, occurred_at="2026-01-11T12:00:00Z")
    running.client.record_progress("run", "9.6")
    assert status_at(running, clock, DUE - timedelta(microseconds=1)) == "on_track"
    assert running.progress(clock.now).goals["run"].outcome is None
    assert status_at(running, clock, DUE) == "not_met"
    running.client.record_progress("run", 10)
    late = running.progress(clock.now).goals["run"]
    assert (late.status, late.attainment) == ("attained_late", 1)
    assert late.outcome is not None
    assert (late.outcome.status, late.outcome.attainment, late.outcome.fixed_at + timedelta(microseconds=1)) == (
        "not_met",
        Decimal("0.96"),
        DUE,
    )


def test_a_goal_without_a_reading_has_not_started_for_a_tenth_of_its_time(running: Engagement, clock: Any) -> None:
    a_day = as_moment("2026-01-10T22:00:00Z")
    before = [
        str(running.progress(moment).goals["run"].status) for moment in (a_day - timedelta(microseconds=1), a_day)
    ]
    assert before == ["not_started", "no_data"]
    assert status_at(running, clock, DUE) == "no_data"
    assert running.progress(DUE).goals["run"].reason.code == "due_without_readings"


def test_a_milestone_is_expected_from_the_end_of_its_due_day_on(begun: Engagement, clock: Any) -> None:
    steps = (
        Milestone(id="a", title="A", due_on="2026-01-14", weight=1),
        Milestone(id="b", title="B", due_on="2026-01-20", weight=3),
    )
    begun.client.set_goal("Race", goal_id="race", measure=Milestones(steps=steps))
    expected = []
    for moment in (as_moment(HALF_WAY) - timedelta(microseconds=1), as_moment(HALF_WAY)):
        clock.now = moment
        expected.append(begun.progress(moment).goals["race"].expected)
    assert expected == [Decimal(0), Decimal("0.25")]


def test_a_habit_kept_throughout_is_attained_only_when_it_is_over(begun: Engagement, clock: Any) -> None:
    walk = Habit(metric="walks", times=1, per="P1W", share=1)
    begun.client.set_goal("Walk", goal_id="run", measure=walk, starts_on="2026-01-08", due_on="2026-01-21")
    for moment in (
        "2026-01-08T12:00:00Z",
        "2026-01-15T12:00:00Z",
        "2026-01-20T12:00:00Z",
    ):  # three weeks of the calendar
        clock.now = as_moment(moment)
        begun.client.record_progress("run", 1)
    assert status_at(begun, clock, as_moment("2026-01-21T22:00:00Z") - timedelta(microseconds=1)) == "on_track"
    assert status_at(begun, clock, "2026-01-21T22:00:00Z") == "attained"


def test_the_whole_is_weighed_and_leaves_dropped_goals_out(begun: Engagement, clock: Any) -> None:
    for goal_id, weight, reading in (("a", 1, 2), ("b", 3, 6), ("dropped", 100, 0)):
        begun.client.set_goal(goal_id, goal_id=goal_id, measure=TEN)
        begun.client.weight_goal(goal_id, weight)
        begun.client.record_progress(goal_id, reading)
    begun.client.drop_goal("dropped", "It was never mine")
    assert begun.progress().attainment == Decimal("0.5")  # (1 * 0.2 + 3 * 0.6) / 4
