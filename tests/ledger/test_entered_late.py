"""Evidence that is recorded long after it occurred: two weeks after the grace it is late, and two weeks after the end it is none."""

from datetime import timedelta

import pendulum
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pendulum import DateTime

from coachcore.ledger import ObligationState

from . import test_hard_cases
from .test_hard_cases import LAPSED, MET, MISSED, OPEN, REFLECTION, Course

LATE = ObligationState.MET_LATE
FEEDBACK = "coach.feedback.constructive/s1"


def test_a_quarter_of_reflections_entered_in_one_evening_is_not_a_quarter_met_in_time() -> None:
    """Each says that it was written in its week. Those of the last weeks are believed, and marked."""
    coaching = Course().on(84.5)
    for week in range(12):
        coaching.client.reflect("Of that week", occurred_at=coaching.time(7 * week + 3))
    ledger = coaching.ledger(84.6)
    states = [ledger.obligation(f"{REFLECTION}#{number}").state for number in range(1, 13)]
    # due on days 7, 14 ... with two days of grace, and two weeks after that
    assert states == [LATE] * 9 + [MET] * 3
    marked = {entry.obligation.id for entry in ledger.statement("client").entered_late}
    assert {f"{REFLECTION}#{number}" for number in range(1, 13)} <= marked


@pytest.mark.parametrize(("micros", "state"), [(0, MET), (1, LATE)])
@pytest.mark.parametrize("begin", ["2026-01-05", "2026-03-16", "2026-10-12"])  # the clock changes in the two weeks
def test_the_two_weeks_end_with_the_local_day(
    begin: str, micros: int, state: ObligationState, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(test_hard_cases, "BEGIN", pendulum.parse(f"{begin}T09:00", tz="Europe/Riga"))
    coaching = Course()
    last = coaching.time(0).in_timezone("Europe/Riga").start_of("day").add(days=9 + 14 + 1, microseconds=micros - 1)
    coaching.practice._clock = lambda: last  # type: ignore[attr-defined]
    coaching.client.reflect("Of the first week", occurred_at=coaching.time(3))
    assert coaching.eng.ledger(as_of=last).obligation(f"{REFLECTION}#1").state is state


def test_what_was_entered_in_time_counts_whatever_else_is_entered_later() -> None:
    coaching = Course().on(5)
    coaching.client.reflect("On the day")
    assert coaching.state(f"{REFLECTION}#1", 6) is MET
    coaching.on(60).client.reflect("An earlier one", occurred_at=coaching.time(2))
    assert coaching.state(f"{REFLECTION}#1", 61) is MET


def test_a_rating_of_the_other_side_that_comes_too_late_takes_nothing_from_nobody() -> None:
    """It would turn what lapsed into late, which one side's word must not do to the other."""
    coaching = Course()
    for number in (1, 2, 3):
        coaching.session(f"s{number}", number * 3)
    coaching.on(60).client.rate_safety(5, occurred_at=coaching.time(10))
    assert coaching.ledger(61).obligation("coach.environment.support/s3").state is LAPSED


def test_nothing_is_met_by_what_is_entered_two_weeks_after_the_end() -> None:
    coaching = Course()
    coaching.session("s1", 20)
    coaching.on(27).coach.complete("Done")
    assert coaching.state(FEEDBACK, 27.1) is MISSED
    for day, expected in ((40.9, MET), (41.1, MISSED)):
        other = Course()
        other.session("s1", 20)
        other.on(27).coach.complete("Done")
        other.on(day).coach.give_feedback(
            "Good", strength="Calm", next_step="Again", session_id="s1", occurred_at=other.time(21)
        )
        if expected is MET:
            assert other.state(FEEDBACK, day + 0.1) in (MET, LATE)
        else:
            assert other.state(FEEDBACK, day + 0.1) is MISSED


def test_what_outlasts_the_end_is_met_when_it_is_done() -> None:
    coaching = Course().on(7)
    coaching.coach.complete("Done")
    coaching.on(60).client.raise_concern("You still have my notes", concern_id="c")
    concern = "coach.environment.support/c@concern"
    assert coaching.state(concern, 61) is OPEN
    coaching.on(62).coach.answer_concern("c", "They are destroyed")
    assert coaching.state(concern, 63) is MET


def test_actions_said_to_be_done_long_ago_are_no_discipline() -> None:
    coaching = Course()
    coaching.client.plan_action("Do it", action_id="a", due_on=coaching.time(10).date())
    coaching.on(60).client.do_action("a", occurred_at=coaching.time(9))
    ledger = coaching.ledger(61)
    assert ledger.obligation("client.action.accountability/a").state is LATE
    assert ledger.obligation("client.motivation.discipline#1").state is MISSED


@settings(max_examples=25)
@given(st.floats(0, 6.5), st.floats(0, 90))
def test_the_later_it_is_entered_the_less_it_is_worth(occurred: float, delay: float) -> None:
    coaching = Course().on(occurred + delay)
    coaching.client.reflect("Of the first week", occurred_at=coaching.time(occurred))
    now: DateTime = coaching.time(occurred + delay)
    first = coaching.eng.ledger(as_of=max(now, coaching.end_of_day(9)) + timedelta(days=1)).obligation(
        f"{REFLECTION}#1"
    )
    limit = coaching.end_of_day(9) + timedelta(days=14)
    assert first.state is (MET if now <= limit else LATE)
    assert first.state is not OPEN


def test_a_goal_reached_before_but_said_so_after_the_miss_leaves_the_miss() -> None:
    course = Course()
    course.on(1).client.set_goal("Walk home", goal_id="walk")
    plan = "client.goals.action_plan/walk"
    assert course.on(12).eng.ledger().obligation(plan).state == "missed"
    course.client.achieve_goal("walk", occurred_at=course.time(5))
    assert course.eng.ledger().obligation(plan).state == "missed"


def test_a_goal_reached_in_time_owes_no_plan() -> None:
    course = Course()
    course.on(1).client.set_goal("Walk home", goal_id="walk")
    course.on(6).client.achieve_goal("walk", occurred_at=course.time(5))
    assert course.on(12).eng.ledger().obligation("client.goals.action_plan/walk").state == "lapsed"


@pytest.mark.parametrize(("who", "state"), [("client", "missed"), ("coach", "lapsed")])
def test_a_cancellation_entered_after_the_session_by_who_missed_it_takes_back_no_miss(who: str, state: str) -> None:
    course = Course()
    course.on(1).coach.schedule_session(course.time(10), session_id="s")
    course.on(12)
    getattr(course, who).cancel_session("s", cancelled_by="ben", reason="Ill", occurred_at=course.time(4))
    assert course.on(40).eng.ledger().obligation("client.engagement.participation/s").state == state
