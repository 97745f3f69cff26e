"""Statuses at the very boundary: at exactly nine and six tenths of what is expected, and at exactly the end of a day."""

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
        ("4.51", "on_track"),
        ("4.5", "on_track"),  # exactly 0.9 of what is expected
        ("4.49", "at_risk"),
        ("3.01", "at_risk"),
        ("3", "at_risk"),  # exactly 0.6
        ("2.99", "off_track"),
        ("9.99", "on_track"),
        ("10", "attained"),
        ("10.01", "attained"),
    ],
)
def test_a_status_includes_its_boundary(running: Engagement, clock: Any, reading: str, status: str) -> None:
    running.client.record_progress("run", reading)
    assert status_at(running, clock, HALF_WAY) == status


def test_a_goal_is_overdue_from_the_end_of_its_due_day_on(running: Engagement, clock: Any) -> None:
    running.client.record_progress("run", 9)
    assert status_at(running, clock, DUE - timedelta(microseconds=1)) == "on_track"
    assert status_at(running, clock, DUE) == "overdue"


def test_a_goal_without_a_reading_is_overdue_from_the_same_moment_on(running: Engagement, clock: Any) -> None:
    assert status_at(running, clock, DUE - timedelta(microseconds=1)) == "not_started"
    assert status_at(running, clock, DUE) == "overdue"


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
    for moment in ("2026-01-08T12:00:00Z", "2026-01-15T12:00:00Z"):
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
