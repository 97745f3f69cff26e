"""Corrections: an author corrects facts, and nobody betters their own record, or worsens the other's, by correcting alone."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import coachcore
from coachcore import events as e
from coachcore.errors import NotAllowed, Refused
from coachcore.events import CheckInMade, EntryCorrected, Event, OpennessRated, SafetyRated
from coachcore.interop import parse_journal
from coachcore.interop.importing import import_journal
from coachcore.interop.journal import write_journal
from coachcore.ledger import Ledger
from coachcore.ledger.accounts import balances
from coachcore.model import Role
from tests.ledger.any_course import courses
from tests.ledger.test_any_history import later
from tests.ledger.test_hard_cases import LATE, MET, MISSED, OPEN, REFLECTION, Course

OPENNESS = "client.communication.open"


def proposed(coaching: Course) -> dict[str, str]:
    return dict(coaching.eng.state().proposed_corrections)


def checked_in_late(day: float = 16.0) -> tuple[Course, Event]:
    """The client checks in on a day; the first check-in was due on day 14, and late until day 17."""
    coaching = Course()
    return coaching, coaching.on(day).client.check_in("I worry a little")


def moved(coaching: Course, event: Event, day: float) -> Any:
    return coaching.eng.as_party(event.actor.party).correct_entry(
        event.id, "It was earlier", replacement=event.content, happened_at=coaching.time(day)
    )


def test_where_only_its_time_was_wrong_the_rest_of_an_entry_stays() -> None:
    coaching, check_in = checked_in_late()
    correction = coaching.client.correct_entry(check_in.id, "Half a day before", happened_at=coaching.time(15.5))
    assert correction.content.replacement == check_in.content
    assert not proposed(coaching)  # late on either day, so it helps nobody
    effective = {event.id: event for event in coaching.eng.snapshot().history.effective}
    assert (effective[check_in.id].occurred_at, effective[check_in.id].content) == (
        coaching.time(15.5),
        check_in.content,
    )


# --- what helps the author -------------------------------------------------------------------------------------------


def test_moving_an_own_entry_to_an_earlier_day_is_a_proposal_until_the_other_side_confirms_it() -> None:
    coaching, check_in = checked_in_late()
    assert coaching.state(f"{OPENNESS}#1", 17) is LATE
    correction = moved(coaching, check_in, 13)
    assert correction.content.needs_consent
    assert proposed(coaching) == {correction.id: check_in.id}
    assert coaching.state(f"{OPENNESS}#1", 18) is LATE
    assert not coaching.eng.state().corrected
    coaching.on(20).coach.confirm_correction(correction.id)
    assert (coaching.state(f"{OPENNESS}#1", 21), proposed(coaching)) == (MET, {})
    assert coaching.eng.state().corrected == {check_in.id}
    before = coaching.eng.ledger(as_of=coaching.time(21), known_at=coaching.time(19))
    assert before.obligation(f"{OPENNESS}#1").state is LATE  # as it was known
    after = coaching.ledger(21)
    assert after.obligation(f"{OPENNESS}#1").known_from == coaching.time(20)
    assert sum(balances(after.postings).values()) == 0
    again = coaching.practice.load(coaching.eng.id)
    assert again.ledger(as_of=coaching.time(21)).obligations == after.obligations


def test_nobody_betters_their_record_by_an_entry_that_only_they_may_read() -> None:
    coaching = Course()
    week = coaching.on(11).client.reflect("A hard week")
    assert coaching.state(f"{REFLECTION}#1", 11) is MISSED
    correction = moved(coaching, week, 6)
    assert coaching.state(f"{REFLECTION}#1", 12) is MISSED
    with pytest.raises(NotAllowed) as caught:
        coaching.coach.confirm_correction(correction.id)
    assert caught.value.code == "correction.not_readable"
    assert coaching.state(f"{REFLECTION}#1", 13) is MISSED


def test_what_makes_evidence_of_an_entry_that_was_none_is_a_proposal() -> None:
    coaching = Course()
    coaching.session("s1", 5)
    feedback = coaching.on(6).coach.give_feedback("Good", strength="Calm", session_id="s1")
    assert coaching.state("coach.feedback.constructive/s1", 10) is MISSED
    complete = e.FeedbackGiven(text="Good", strength="Calm", next_step="Again", session_id="s1")
    correction = coaching.coach.correct_entry(feedback.id, "I had forgotten", replacement=complete)
    assert coaching.state("coach.feedback.constructive/s1", 10) is MISSED
    coaching.client.confirm_correction(correction.id)
    assert coaching.state("coach.feedback.constructive/s1", 11) is MET


def test_more_time_for_an_action_is_given_by_moving_it_and_not_by_correcting_its_day() -> None:
    coaching = Course()
    action = coaching.on(1).client.plan_action("Write", due_on=coaching.time(5).date(), action_id="a")
    planned = next(event for event in coaching.eng.recorded() if event.type == "ActionPlanned")
    assert action.id == "a"
    later_day = e.ActionPlanned(action_id="a", title="Write", due_on=coaching.time(25).date())
    coaching.client.correct_entry(planned.id, "I meant the 30th", replacement=later_day)
    assert list(proposed(coaching).values()) == [planned.id]
    assert coaching.eng.state().actions["a"].due_on == coaching.time(5).date()
    assert coaching.state("client.action.accountability/a", 9) is MISSED


# --- what hurts the other side ---------------------------------------------------------------------------------------


def test_a_concern_is_not_moved_to_a_day_on_which_it_should_long_have_been_answered() -> None:
    coaching = Course()
    coaching.on(12).client.raise_concern("Too fast", concern_id="c")
    raised = next(event for event in coaching.eng.recorded() if event.type == "ConcernRaised")
    correction = moved(coaching, raised, 1)
    answer = "coach.environment.support/c@concern"
    assert coaching.state(answer, 12.5) is OPEN
    coaching.coach.confirm_correction(correction.id)
    assert coaching.state(answer, 12.6) is MISSED


def test_taking_back_what_met_the_other_sides_duty_takes_their_consent() -> None:
    coaching = Course()
    for name, day in (("s1", 2.0), ("s2", 3.0), ("s3", 4.0)):
        coaching.session(name, day)
    rating = coaching.on(5).client.rate_safety(5)
    met = [each.id for each in coaching.ledger(6).obligations if each.role is Role.COACH and rating.id in each.evidence]
    assert met
    coaching.client.correct_entry(rating.id, "I take it back")
    assert {coaching.ledger(6).obligation(obligation_id).state for obligation_id in met} == {MET}


# --- what is free, and until when ------------------------------------------------------------------------------------

FREE: list[tuple[str, Callable[[Course], Any], Callable[[Event], Any]]] = [
    ("another wording", lambda it: it.client.check_in("I wory"), lambda event: CheckInMade(text="I worry")),
    ("a retraction", lambda it: it.client.check_in("Not meant for you"), lambda event: None),
    ("a better rating", lambda it: it.coach.rate_openness(2), lambda event: OpennessRated(rating=4)),
]


@pytest.mark.parametrize(("record", "replacement"), [row[1:] for row in FREE], ids=[row[0] for row in FREE])
def test_what_helps_nobody_is_corrected_freely_for_14_days(
    record: Callable[[Course], Any], replacement: Callable[[Event], Any]
) -> None:
    for days, is_free in ((13.9, True), (15.0, False)):
        coaching = Course()
        event = record(coaching.on(2))
        author = coaching.on(2 + days).eng.as_party(event.actor.party)
        correction = author.correct_entry(event.id, "A slip", replacement=replacement(event))
        assert correction.content.needs_consent is not is_free
        assert (event.id in coaching.eng.state().corrected) is is_free
        effective = {each.id: each.content for each in coaching.eng.snapshot().history.effective}
        assert (effective.get(event.id) == event.content) is not is_free


def test_a_rating_is_lowered_freely_while_there_is_time_to_answer_it() -> None:
    for day, is_free in ((4.0, True), (12.0, False)):
        coaching = Course()
        rating = coaching.on(2).client.rate_safety(4)
        coaching.on(day).client.correct_entry(rating.id, "A slip", replacement=SafetyRated(rating=2))
        low = [each.state for each in coaching.ledger(day).obligations if each.of == "low_rating"]
        assert low == ([OPEN] if is_free else [])
        assert list(proposed(coaching).values()) == ([] if is_free else [rating.id])


def test_the_wording_of_a_private_entry_is_its_authors_at_any_time() -> None:
    coaching = Course()
    week = coaching.on(3).client.reflect("A hard wek")
    before = {each.id: each.state for each in coaching.ledger(100).obligations}
    coaching.on(100).client.correct_entry(week.id, "Typo", replacement=e.ReflectionWritten(text="A hard week"))
    assert coaching.eng.state().corrected == {week.id}
    assert {each.id: each.state for each in coaching.ledger(100).obligations} == before


# --- confirming ------------------------------------------------------------------------------------------------------


def test_a_correction_is_confirmed_once_by_the_other_side_and_where_it_still_fits() -> None:
    coaching, check_in = checked_in_late()
    correction = moved(coaching, check_in, 13)
    for acting in (coaching.client, coaching.eng.as_party("dee")):
        with pytest.raises(NotAllowed):
            acting.record(e.CorrectionConfirmed(entry_id=correction.id))
    for entry_id in (check_in.id, "nothing"):
        with pytest.raises(Refused) as missing:
            coaching.coach.confirm_correction(entry_id)
        assert missing.value.code == "correction.missing"
    coaching.on(18).client.correct_entry(check_in.id, "I take it back")
    assert check_in.id not in coaching.eng.state().events
    with pytest.raises(Refused) as retracted:
        coaching.coach.confirm_correction(correction.id)
    assert retracted.value.code == "event.retracted"


def test_proposals_and_their_confirmations_survive_an_export_and_what_0_1_corrected_counts() -> None:
    coaching, check_in = checked_in_late()
    correction = moved(coaching, check_in, 13)
    lines = list(write_journal(coaching.eng.recorded()))
    state = f"{OPENNESS}#1"

    def imported(lines: list[str]) -> Ledger:
        eng = import_journal(coachcore.open(), parse_journal("".join(lines)))
        assert list(write_journal(eng.recorded())) == lines
        return eng.ledger(as_of=coaching.time(30))

    assert imported(lines).obligation(state).state is LATE
    assert imported([line.replace(', "needs_consent": true', "") for line in lines]).obligation(state).state is MET
    coaching.on(20).coach.confirm_correction(correction.id)
    assert imported(list(write_journal(coaching.eng.recorded()))).obligation(state).state is MET


# --- any correction --------------------------------------------------------------------------------------------------


@settings(max_examples=20)
@given(data=st.data())
def test_a_correction_alone_never_betters_ones_own_record_nor_worsens_the_others(data: st.DataObject) -> None:
    course = data.draw(courses())
    own = [event for event in course.state.events.values() if event.content.correction != "never"]
    if not own:
        return
    event = data.draw(st.sampled_from(sorted(own, key=lambda event: event.version)))
    role = event.actor.role
    hours = data.draw(st.sampled_from([-200, -30, -2, 2, 60]))
    happened_at = min(max(later(event.occurred_at, hours=hours), course.began_at), course.now)
    before = {each.id: each for each in course.ledger_now.obligations}
    corrected = course.copy()
    content = EntryCorrected(entry_id=event.id, reason="R", replacement=event.content, happened_at=happened_at)
    if not corrected.is_recorded(content, str(role)):
        return
    after = {each.id: each for each in corrected.ledger_now.obligations}
    for obligation_id, obligation in before.items():
        now = after.get(obligation_id)
        if obligation.role is role:
            assert obligation.state is not MISSED or (now is not None and now.state is MISSED)
            assert obligation.state is not LATE or (now is not None and now.state in (LATE, MISSED))
        else:
            assert obligation.state is not MET or (now is not None and now.state is MET)
    missed = {each.id for each in before.values() if each.state is MISSED and each.role is not role}
    assert {each.id for each in after.values() if each.state is MISSED and each.role is not role} <= missed
