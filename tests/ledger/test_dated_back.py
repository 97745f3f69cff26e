"""What one side dates back alone neither makes the other side late nor takes back a miss of its own."""

from collections.abc import Callable
from typing import Any

import pytest
from pendulum import DateTime

from coachcore.errors import Refused
from coachcore.ledger import NextStepKind, Obligation, ObligationState
from coachcore.ledger.accounts import balances
from coachcore.model import Habit
from tests.ledger.test_hard_cases import LAPSED, LATE, MET, MISSED, OPEN, REFLECTION, SMART, Course

CONDUCT, PART, ETHICS = (
    "coach.ethics.professionalism",
    "client.engagement.participation",
    "coach.ethics.code/first_session",
)


def course_of_60_days() -> Course:
    course = Course()
    course.on(1).client.set_goal("Speak up", goal_id="g1", **SMART)
    course.coach.schedule_session(course.time(3), session_id="s1")
    return course.on(60)


def reads_twice(course: Course, moment: DateTime) -> None:
    """Two readings off track, as one is too early to judge by."""
    for occurred_at in (moment.subtract(days=1), moment):
        course.client.record_progress("g1", -1, occurred_at=occurred_at)


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
    ("readings", "coach", lambda it, when: reads_twice(it, when)),
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


@pytest.mark.parametrize(("who", "other", "duty"), [("coach", "ben", PART), ("client", "ann", CONDUCT)])
def test_notice_that_the_other_side_records_counts_from_when_it_was_given(who: str, other: str, duty: str) -> None:
    course = Course()
    course.coach.schedule_session(course.time(10), session_id="s")
    getattr(course.on(10.2), who).cancel_session("s", cancelled_by=other, reason="Ill", occurred_at=course.time(5))
    assert course.ledger(40).obligation(f"{duty}/s").state is LAPSED


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


AFFIRMED, FIRST_GOAL = "coach.environment.confidentiality/first_session", "client.goals.smart/start"


@pytest.mark.parametrize("is_another_to_come", [False, True])
@pytest.mark.parametrize("day", [2, 4, 12])
def test_who_cancels_the_first_session_afterwards_has_missed_what_was_due_by_it(
    day: float, is_another_to_come: bool
) -> None:
    course = Course()
    course.coach.schedule_session(course.time(5), session_id="s1")
    if is_another_to_come:
        course.coach.schedule_session(course.time(30), session_id="s2")
    course.on(12).coach.cancel_session("s1", reason="Ill", occurred_at=course.time(day))
    assert [course.ledger(14).obligation(duty).state for duty in (AFFIRMED, ETHICS)] == [MISSED, MISSED]


def test_a_no_show_that_the_coach_enters_takes_back_nothing_that_the_coach_missed() -> None:
    course = Course()
    course.coach.schedule_session(course.time(5), session_id="s1")
    course.coach.schedule_session(course.time(30), session_id="s2")
    course.on(6).coach.miss_session("s1", ["ben"], occurred_at=course.time(5))
    assert course.ledger(14).obligation(AFFIRMED).state is MISSED


def test_the_first_session_that_the_other_side_says_was_cancelled_was_no_first_session() -> None:
    course = Course()
    course.coach.schedule_session(course.time(5), session_id="s1")
    course.on(12).client.cancel_session("s1", reason="Ill", occurred_at=course.time(2))
    assert course.ledger(14).obligation(AFFIRMED).state is LAPSED


def test_the_other_side_takes_nothing_back_that_was_done_by_cancelling_as_of_a_day_before() -> None:
    course = Course()
    course.coach.schedule_session(course.time(5), session_id="s1")
    course.on(3).coach.affirm_confidentiality()
    course.on(12).client.cancel_session("s1", reason="Ill", occurred_at=course.time(2))
    assert course.ledger(14).obligation(AFFIRMED).state is MET


def test_before_it_is_recorded_nothing_lapses_by_a_cancellation_of_ones_own() -> None:
    course = Course()
    course.coach.schedule_session(course.time(20), session_id="s1")
    course.on(12).coach.cancel_session("s1", reason="Ill", occurred_at=course.time(2))
    assert course.ledger(4).obligation(AFFIRMED).state is OPEN
    assert course.ledger(13).obligation(AFFIRMED).settled_at == course.time(12)


@pytest.mark.parametrize(("who", "state"), [("client", MISSED), ("coach", OPEN)])
def test_who_cancels_the_second_session_afterwards_has_missed_what_was_due_by_it(who: str, state: Any) -> None:
    course = Course()
    for name, day in (("s1", 3), ("s2", 5), ("s3", 25)):
        course.coach.schedule_session(course.time(day), session_id=name)
    course.on(3.1).coach.hold_session("s1")
    getattr(course.on(12), who).cancel_session("s2", reason="Ill", occurred_at=course.time(4))
    assert course.ledger(14).obligation(FIRST_GOAL).state is state


@pytest.mark.parametrize(("who", "due_day"), [("coach", 20), ("client", 6)])
def test_a_session_that_the_other_side_books_afterwards_makes_nothing_due_before_it_did(
    who: str, due_day: float
) -> None:
    course = Course()
    course.on(20)
    for name, day in (("s1", 4), ("s2", 6)):
        getattr(course, who).schedule_session(course.time(day), session_id=name, occurred_at=course.time(1))
    assert course.ledger(21).obligation(FIRST_GOAL).due_at == course.end_of_day(due_day)
    affirmed = course.ledger(21).obligation(AFFIRMED)
    assert affirmed.due_at == (course.end_of_day(20) if who == "client" else course.time(4))


@pytest.mark.parametrize(
    "end", [lambda it, when: it.complete(occurred_at=when), lambda it, when: it.terminate("R", occurred_at=when)]
)
@pytest.mark.parametrize("who", ["coach", "client"])
def test_nobody_ends_an_engagement_as_of_a_day_before_what_they_missed(
    who: str, end: Callable[[Any, Any], Any]
) -> None:
    course = Course().on(30)
    with pytest.raises(Refused, match=r"end\.not_allowed"):
        end(getattr(course, who), course.time(1))
    assert course.state(f"{REFLECTION}#1", 30) is MISSED


def test_a_missed_review_stays_so_when_the_coach_says_afterwards_that_the_goal_was_reached() -> None:
    states = {}
    for who in ("coach", "client"):
        course = Course()
        course.on(1).client.set_goal("Speak up", goal_id="g1", **SMART)
        reads_twice(course.on(100), course.time(100))
        (review,) = (each.id for each in course.ledger(101).obligations if each.of == "off_track")
        assert course.state(review, 120) is MISSED
        getattr(course, who).achieve_goal("g1", occurred_at=course.time(102))
        states[who] = course.state(review, 121)
    assert states == {"coach": MISSED, "client": None}


# --- disputes --------------------------------------------------------------------------------------------------------


def test_a_dispute_about_evidence_that_was_settled_is_not_raised_again() -> None:
    course = Course()
    course.on(3).client.reflect("One")
    course.on(4).coach.contest_evidence(f"{REFLECTION}#1", "Was it?", dispute_id="d1")
    course.coach.resolve_dispute("d1", upheld=False, text="It was")
    with pytest.raises(Refused, match=r"contest\.duplicate"):
        course.coach.contest_evidence(f"{REFLECTION}#1", "Was it?", dispute_id="d2")


def test_what_is_in_dispute_is_not_contested_a_second_time_until_there_is_new_evidence() -> None:
    course = Course()
    course.on(3).client.reflect("One")
    course.on(4).coach.contest_evidence(f"{REFLECTION}#1", "Was it?", dispute_id="d1")
    with pytest.raises(Refused, match=r"contest\.duplicate"):
        course.on(5).coach.contest_evidence(f"{REFLECTION}#1", "Was it?", dispute_id="d2")
    assert list(course.eng.state().disputes) == ["d1"]


def test_a_move_is_agreed_to_once_and_the_next_move_again() -> None:
    course = Course()
    course.coach.schedule_session(course.time(5), session_id="s")
    for day in (4.5, 4.6):
        course.on(day).coach.move_session("s", course.time(day + 0.6), "Ill")
        course.client.agree_to_move("s")
        with pytest.raises(Refused, match=r"move_agreement\.duplicate"):
            course.client.agree_to_move("s")


def test_a_duty_that_is_offered_twice_is_one_offer() -> None:
    course = Course()
    for day in (3, 5):
        course.on(day).coach.hand_over_duty("coach.structure.review", "client")
    (offer,) = course.eng.state().offers
    assert offer.occurred_at == course.time(5)
    assert len([step for step in course.ledger(6).next_steps if step.kind is NextStepKind.ACCEPT]) == 1


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


HABIT = Habit(metric="runs", times=5, per="P1W")
CHANGED = "client.goals.smart/g1.1"


def test_a_goal_that_the_coach_revises_badly_makes_the_client_owe_nothing() -> None:
    for who, is_owed in (("coach", False), ("client", True)):
        course = course_of_60_days()
        getattr(course, who).revise_goal("g1", reason="R", title="Better")
        assert (course.state(CHANGED, 61) is not None) is is_owed
        assert course.state("coach.goals.setting/g1@goal_change.1", 61) is OPEN


def test_what_a_client_revises_on_a_day_on_which_the_coach_did_too_they_owe() -> None:
    course = course_of_60_days()
    course.coach.revise_goal("g1", reason="R", title="Better")
    course.on(60.1).client.revise_goal("g1", reason="R", title="Worse")
    assert course.state(CHANGED, 61) is not None
    assert [each for each in course.ids("coach.goals.setting", 61) if "g1@" in each] == ["/g1@goal_change.1"]


def test_a_measure_that_is_a_plan_counts_from_the_day_on_which_the_goal_got_it() -> None:
    course = course_of_60_days()
    owed = [f"{PLANNED}/g1", f"{PLANNED}#1"]
    assert [course.state(obligation, 60) for obligation in owed] == [MISSED, MISSED]
    confirmed = course.ledger(60).obligation("coach.goals.action_plans/g1")
    assert confirmed.state is LAPSED
    course.client.revise_goal("g1", reason="R", measure=HABIT, occurred_at=course.time(5))
    assert [course.state(obligation, 61) for obligation in owed] == [LATE, MISSED]
    assert course.ledger(61).obligation(confirmed.id).state is LAPSED


def test_the_coach_takes_no_plan_away_from_the_client_by_another_measure() -> None:
    course = Course()
    course.on(1).client.set_goal("Speak up", goal_id="g1", **{**SMART, "measure": HABIT})
    course.on(20).coach.revise_goal("g1", reason="R", measure=SMART["measure"])
    assert [course.state(f"{PLANNED}{name}", 60) for name in ("/g1", "#1")] == [MET, MET]


def test_a_plan_that_the_client_dates_back_asks_for_no_confirmation_before() -> None:
    course = course_of_60_days()
    course.client.plan_action("Walk", goal_id="g1", occurred_at=course.time(3))
    assert course.ledger(61).obligation("coach.goals.action_plans/g1").state is LAPSED


def test_nobody_owed_an_answer_to_a_rating_that_was_dated_back() -> None:
    course = Course().on(36)
    motivation = "coach.ownership.motivation#1"
    assert course.ledger(36).obligation(motivation).state is LAPSED
    course.client.rate_motivation(4, occurred_at=course.time(10))
    assert course.ledger(37).obligation(motivation).state is LAPSED


def test_a_session_that_is_booked_when_it_is_over_makes_nothing_due_before() -> None:
    for who, due in (("client", "end"), ("coach", "start")):
        course = Course().on(20)
        getattr(course, who).schedule_session(course.time(18), session_id="s")
        due_at = course.ledger(20).obligation(AFFIRMED).due_at
        assert due_at == (course.end_of_day(20) if due == "end" else course.time(18))


@pytest.mark.parametrize(("who", "state"), [("client", OPEN), ("coach", MISSED)])
def test_a_session_of_which_the_other_side_says_late_that_it_was_held_asks_for_feedback_from_then_on(
    who: str, state: Any
) -> None:
    course = Course()
    course.coach.schedule_session(course.time(3), session_id="s")
    getattr(course.on(10), who).hold_session("s")
    assert course.state("coach.feedback.constructive/s", 10) is state
    assert course.state("coach.feedback.constructive/s", 14) is MISSED


def test_a_date_that_is_corrected_counts_at_every_moment_of_the_ledger_that_knows_the_correction() -> None:
    """What was known of a change is asked of the correction, whenever that came, and not only from when it was recorded on."""
    course = Course()
    course.on(1).client.set_goal("Speak up", goal_id="g1", **SMART)
    revised = course.on(20.1).client.revise_goal("g1", reason="R", title="Speak", occurred_at=course.time(20))
    course.on(33).client.correct_entry(
        next(event.id for event in course.eng.recorded() if event.type == "GoalRevised"),
        "The week before",
        happened_at=course.time(15),
    )
    assert revised is not None
    assert not course.eng.state().proposed_corrections  # it was missed by then, whichever the day
    review = "coach.goals.setting/g1@goal_change.1"
    whole = course.ledger(60).obligation(review)
    for day in range(16, 40):
        then = [change.state for change in whole.history if change.changed_at <= course.time(day)]
        assert course.eng.ledger(as_of=course.time(day)).obligation(review).state is then[-1], day


@pytest.mark.parametrize("close", ["drop_goal", "achieve_goal"])
@pytest.mark.parametrize(("who", "state"), [("coach", MISSED), ("client", None)])
def test_a_coach_who_closes_a_clients_goal_still_owes_what_they_owed_about_it(
    close: str, who: str, state: ObligationState | None
) -> None:
    course = Course()
    course.on(1).client.set_goal("Speak up", goal_id="g1", **SMART)
    getattr(getattr(course.on(3), who), close)("g1", "No use")
    review = "coach.goals.setting/g1"
    assert course.state(review, 20) is state
    assert course.state("client.goals.action_plan/g1", 20) is None


# --- the start -------------------------------------------------------------------------------------------------------

BEGINNINGS: list[tuple[str, Callable[[Any, Any], Any]]] = [
    ("the start", lambda party, day: party.start(occurred_at=day)),
    ("a first session", lambda party, day: party.hold_session("s0", occurred_at=day)),
]


@pytest.mark.parametrize("begin", [row[1] for row in BEGINNINGS], ids=[row[0] for row in BEGINNINGS])
@pytest.mark.parametrize(("who", "other"), [("coach", "client"), ("client", "coach")])
def test_who_dates_back_the_start_makes_the_other_side_miss_nothing(
    who: str, other: str, begin: Callable[[Any, Any], Any]
) -> None:
    course = Course(is_started=False)
    course.coach.schedule_session(course.time(1), session_id="s0")
    begin(getattr(course.on(60), who), course.time(1.1))
    since_the_start = [each for each in course.ledger(60).obligations if "#" in each.id or each.id.endswith("/start")]
    assert {each.state for each in since_the_start if each.role == other} == {OPEN}
    if other == "client":
        first = course.ledger(60).obligation(f"{REFLECTION}#1")
        assert first.due_at == course.end_of_day(67)
    assert MISSED in {each.state for each in since_the_start if each.role == who}


def test_a_coach_who_says_afterwards_that_a_goal_was_reached_takes_nothing_back_that_the_client_has_done() -> None:
    course = course_of_60_days()
    begun = Course()
    begun.on(1).client.set_goal("Speak up", goal_id="g1", **SMART)
    begun.client.plan_action("Speak first", goal_id="g1")
    for day in (10, 24, 40, 52):
        begun.on(day).client.assess_self("So it goes")
    done = [f"{ASSESSED}#{number}" for number in (1, 2, 3, 4)] + [f"{PLANNED}#1", f"{PLANNED}/g1"]
    assert [begun.state(obligation, 60) for obligation in done] == [MET] * 6
    for each in (begun, course):
        each.on(60).coach.achieve_goal("g1", occurred_at=each.time(5))
    assert [begun.state(obligation, 60) for obligation in done] == [MET] * 6
    assert {course.state(obligation, 60) for obligation in done} == {None}  # and asks for nothing more
    for day in range(6, 60, 6):
        whole, then = begun.ledger(60).postings, begun.eng.ledger(as_of=begun.time(day)).postings
        assert balances(whole, begun.time(day)) == balances(then), day


@pytest.mark.parametrize("who", ["coach", "client"])
@pytest.mark.parametrize(("title", "state"), [("Speak up in the weekly meeting", MET), ("Talk", MISSED)])
def test_who_says_afterwards_that_a_goal_was_reached_before_it_was_revised_takes_no_revision_back(
    who: str, title: str, state: ObligationState
) -> None:
    """The client revises the goal to one that is SMART, or away from that."""
    course = Course()
    course.on(1).client.set_goal("Speak up", goal_id="g1", **SMART)
    course.on(10).client.revise_goal("g1", "So it is clearer", title=title)
    revision = "client.goals.smart/g1.1"
    assert course.state(revision, 40) is state
    getattr(course, who).achieve_goal("g1", occurred_at=course.time(5))
    assert course.state(revision, 41) is (state if who == "client" or state is MET else None)
    for day in (9, 12, 20, 39.5):
        whole, then = course.ledger(60).postings, course.eng.ledger(as_of=course.time(day)).postings
        assert balances(whole, course.time(day)) == balances(then), day


# --- said too late ---------------------------------------------------------------------------------------------------

LESSON, CHEER = "client.action.consequences/a", "coach.feedback.encouragement/a"


def overdue(by: str, day: float) -> Course:
    """An action of the client's that was due on day 3 and missed with day 5; on some day one side says that it was done on day 3."""
    coaching = Course()
    coaching.client.plan_action("Walk", action_id="a", due_on=coaching.time(3).date())
    coaching.on(day).eng.as_party(by).do_action("a", occurred_at=coaching.time(3))  # type: ignore[union-attr]
    return coaching


@pytest.mark.parametrize("day", [15, 25])
@pytest.mark.parametrize(("by", "own", "others"), [("ben", LESSON, CHEER), ("ann", CHEER, LESSON)])
def test_nobody_takes_back_what_they_missed_because_of_a_miss_by_saying_that_there_was_none(
    by: str, own: str, others: str, day: float
) -> None:
    coaching = overdue(by, day)
    assert coaching.state(own, day + 1) is MISSED
    assert coaching.state(others, day + 1) is None  # what the other side owed because of it is no longer asked
    again = coaching.practice.load(coaching.eng.id)
    assert again.ledger().obligations == coaching.eng.ledger().obligations


@pytest.mark.parametrize("by", ["ben", "ann"])
def test_said_while_a_lesson_and_encouragement_could_still_be_given_it_asks_for_neither(by: str) -> None:
    coaching = overdue(by, 10)
    assert [coaching.state(owed, 20) for owed in (LESSON, CHEER)] == [None, None]
