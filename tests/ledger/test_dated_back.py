"""What one side dates back alone neither makes the other side late nor takes back a miss of its own."""

from collections.abc import Callable
from typing import Any

import pytest

from coachcore.errors import Refused
from coachcore.ledger import Obligation
from tests.ledger.test_hard_cases import LAPSED, MET, MISSED, OPEN, REFLECTION, SMART, Course

CONDUCT, PART = "coach.ethics.professionalism", "client.engagement.participation"


def course_of_60_days() -> Course:
    course = Course()
    course.on(1).client.set_goal("Speak up", goal_id="g1", **SMART)
    course.coach.schedule_session(course.time(3), session_id="s1")
    return course.on(60)


def opened_by(record: Callable[[Course], Any], role: str) -> list[Obligation]:
    """The obligations of a role that a ledger has only once something was recorded."""
    plain, course = course_of_60_days(), course_of_60_days()
    record(course)
    known = {obligation.id for obligation in plain.ledger(60).obligations}
    return [each for each in course.ledger(60).obligations if each.role == role and each.id not in known]


DATED_BACK: list[tuple[str, str, Callable[[Course, Any], Any]]] = [
    ("a concern", "coach", lambda it, when: it.client.raise_concern("Too fast", occurred_at=when)),
    ("the coach's concern", "client", lambda it, when: it.coach.raise_concern("Too slow", occurred_at=when)),
    ("a low rating", "coach", lambda it, when: it.client.rate_safety(1, occurred_at=when)),
    ("a low rating of openness", "client", lambda it, when: it.coach.rate_openness(1, occurred_at=when)),
    ("a goal", "coach", lambda it, when: it.client.set_goal("Rest", goal_id="g2", occurred_at=when)),
    ("another goal", "coach", lambda it, when: it.client.revise_goal("g1", reason="R", title="T", occurred_at=when)),
    ("a session held", "coach", lambda it, when: it.client.hold_session("s1", occurred_at=when)),
    ("a session", "coach", lambda it, when: it.client.schedule_session(it.time(30), session_id="s2", occurred_at=when)),
    ("a reading", "coach", lambda it, when: it.client.record_progress("g1", -1, occurred_at=when)),
]


@pytest.mark.parametrize(("role", "record"), [row[1:] for row in DATED_BACK], ids=[row[0] for row in DATED_BACK])
def test_nobody_is_late_by_what_the_other_side_dated_back(role: str, record: Callable[[Course, Any], Any]) -> None:
    obligations = opened_by(lambda course: record(course, course.time(20)), role)
    assert obligations
    assert {obligation.state for obligation in obligations} <= {OPEN, MET, LAPSED}


def test_what_was_dated_back_is_owed_for_as_long_as_anything_else() -> None:
    course = course_of_60_days()
    course.client.raise_concern("Too fast", concern_id="c", occurred_at=course.time(20))
    answer = "coach.environment.support/c@concern"
    assert course.ledger(60).obligation(answer).due_at == course.end_of_day(67)
    assert course.state(answer, 66) is OPEN
    assert course.state(answer, 69) is MISSED


def test_one_who_dates_back_owes_from_the_day_named() -> None:
    assert "missed" in {
        each.state
        for each in opened_by(lambda it: it.client.set_goal("Rest", goal_id="g2", occurred_at=it.time(20)), "client")
    }


def test_low_ratings_dated_back_together_ask_for_one_answer() -> None:
    course = course_of_60_days()
    for day in (20, 30, 40):
        course.client.rate_safety(1, occurred_at=course.time(day))
    asked = [each for each in course.ledger(60).obligations if each.id.endswith("@low_rating")]
    assert [each.state for each in asked] == [OPEN]


def test_another_wording_makes_nothing_that_was_dated_back_due_earlier() -> None:
    course = course_of_60_days()
    course.client.raise_concern("Too fats", concern_id="c", occurred_at=course.time(20))
    raised = next(event for event in course.eng.recorded() if event.type == "ConcernRaised")
    course.client.correct_entry(
        raised.id,
        "A slip",
        replacement=type(raised.content)(concern_id="c", text="Too fast"),
        happened_at=course.time(20),
    )
    assert course.state("coach.environment.support/c@concern", 61) is OPEN


# --- sessions --------------------------------------------------------------------------------------------------------


def test_how_a_session_went_is_said_when_it_is_recorded() -> None:
    course = course_of_60_days()
    asked = f"{CONDUCT}/s1@no_outcome"
    assert course.state(asked, 60) is MISSED
    course.coach.hold_session("s1", occurred_at=course.time(3.1))
    assert course.state(asked, 60) is MISSED


@pytest.mark.parametrize(("who", "duty"), [("coach", CONDUCT), ("client", PART)])
def test_nobody_gives_notice_as_of_a_day_before(who: str, duty: str) -> None:
    course = Course()
    course.coach.schedule_session(course.time(10), session_id="s")
    getattr(course.on(10.2), who).cancel_session("s", reason="Ill", occurred_at=course.time(5))
    assert course.state(f"{duty}/s", 40) is MISSED


@pytest.mark.parametrize(("who", "other", "duty"), [("coach", "client", PART), ("client", "coach", CONDUCT)])
def test_notice_that_the_other_side_records_counts_from_when_it_was_given(who: str, other: str, duty: str) -> None:
    course = Course()
    course.coach.schedule_session(course.time(10), session_id="s")
    getattr(course.on(10.2), who).cancel_session("s", cancelled_by=other, reason="Ill", occurred_at=course.time(5))
    assert course.ledger(40).obligation(f"{duty}/s").state is (LAPSED if duty == PART else MET)


MOVES: list[tuple[str, Callable[[Course, Any], Any]]] = [
    ("moved", lambda it, when: it.coach.move_session("s", it.time(20), reason="R", occurred_at=when)),
    ("scheduled again", lambda it, when: it.coach.schedule_session(it.time(20), session_id="s", occurred_at=when)),
]


@pytest.mark.parametrize("move", [row[1] for row in MOVES], ids=[row[0] for row in MOVES])
@pytest.mark.parametrize("day", [5, 10.2])
def test_a_session_that_has_begun_is_moved_by_nobody(move: Callable[[Course, Any], Any], day: float) -> None:
    course = Course()
    course.coach.schedule_session(course.time(10), session_id="s")
    course.on(10.2)
    with pytest.raises(Refused, match=r"session\.begun"):
        move(course, course.time(day))


# --- disputes --------------------------------------------------------------------------------------------------------


def test_a_dispute_about_evidence_that_was_settled_is_not_raised_again() -> None:
    course = Course()
    course.on(3).client.reflect("One")
    course.on(4).coach.contest_evidence(f"{REFLECTION}#1", "Was it?", dispute_id="d1")
    course.coach.resolve_dispute("d1", upheld=False, text="It was")
    with pytest.raises(Refused, match=r"contest\.duplicate"):
        course.coach.contest_evidence(f"{REFLECTION}#1", "Was it?", dispute_id="d2")


# --- goals -----------------------------------------------------------------------------------------------------------

ASSESSED, PLANNED = "client.progress.self_assessment", "client.goals.action_plan"


@pytest.mark.parametrize(("who", "is_missed"), [("client", True), ("coach", False)])
def test_a_client_who_says_afterwards_that_a_goal_was_reached_has_missed_what_was_owed_until_then(
    who: str, is_missed: bool
) -> None:
    course = course_of_60_days()
    owed = [f"{ASSESSED}#1", f"{ASSESSED}#3", f"{PLANNED}#1"]
    assert [course.state(obligation, 60) for obligation in owed] == [MISSED] * 3
    getattr(course, who).achieve_goal("g1", occurred_at=course.time(5))
    states = [course.state(obligation, 60) for obligation in owed]
    assert states == ([MISSED] * 3 if is_missed else [None] * 3)
    assert course.state(f"{ASSESSED}#6", 90) is None
