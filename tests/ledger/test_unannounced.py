"""Sessions that one side enters as held, of which the other could not know: what follows from them waits for an answer."""

import pytest

from coachcore.ledger import LapseReason, ObligationState
from tests.ledger.test_what_counts import Coaching

OPEN, MET, _, MISSED, _, LAPSED = ObligationState
FEEDBACK, PARTNERSHIP = "client.progress.feedback/s2", "client.communication.partnership/s3"


def entered_at_once(days: tuple[float, ...] = (3, 4, 5), today: float = 10) -> Coaching:
    """On one evening the coach enters sessions of the week before."""
    coaching = Coaching()
    coaching.on(today)
    for number, day in enumerate(days, 1):
        coaching.coach.schedule_session(coaching.time(day), session_id=f"s{number}")
        coaching.coach.hold_session(f"s{number}")
    return coaching


def test_what_follows_from_a_session_nobody_announced_waits_for_14_days() -> None:
    coaching = entered_at_once()
    assert coaching.obligation(FEEDBACK, 11).due_at == coaching.end_of_day(17)
    waiting = coaching.obligation(FEEDBACK, 20)
    assert (waiting.state, waiting.waits_for, waiting.waits_until) == (OPEN, "client", coaching.time(24))
    assert coaching.state(PARTNERSHIP, 24) is OPEN
    assert [coaching.state(duty, 25) for duty in (FEEDBACK, PARTNERSHIP)] == [MISSED, MISSED]


def test_who_was_not_there_contests_it_and_owes_nothing() -> None:
    coaching = entered_at_once()
    coaching.on(12).client.contest_evidence(FEEDBACK, "There was no session", dispute_id="d")
    assert coaching.state(FEEDBACK, 30) is OPEN
    lapsed = coaching.obligation(FEEDBACK, 43)
    assert (lapsed.state, lapsed.lapse_reason) == (LAPSED, LapseReason.UNDECIDED)


def test_once_that_was_upheld_the_session_is_entered_as_it_was() -> None:
    coaching = entered_at_once()
    coaching.on(12).client.contest_evidence(FEEDBACK, "There was no session", dispute_id="d")
    coaching.on(13).coach.resolve_dispute("d", True, "I meant another client")
    assert coaching.state(FEEDBACK, 14) is LAPSED
    coaching.on(14).coach.cancel_session("s2", reason="It never was")
    assert coaching.eng.state().sessions["s2"].status == "cancelled"
    assert "client.progress.feedback/s3" not in coaching.ids("", 20)


def test_what_one_does_about_it_meets_it_and_says_that_there_was_a_session() -> None:
    coaching = entered_at_once()
    coaching.on(12).client.give_feedback("Good pace", about="session", session_id="s2")
    assert coaching.state(FEEDBACK, 13) is MET
    assert coaching.obligation(PARTNERSHIP, 20).waits_for == "client"


def test_a_session_that_one_took_part_in_is_no_surprise() -> None:
    prepared, rated = Coaching(), Coaching()
    for coaching in (prepared, rated):
        coaching.session("s1", 3)
        coaching.on(4.05).coach.schedule_session(coaching.time(4), session_id="s2")
    prepared.on(4.1).client.prepare_session("s2", "What I want")
    for coaching in (prepared, rated):
        coaching.on(5.1).coach.hold_session("s2")
    rated.on(5.2).client.rate_session("s2", 4)
    assert [coaching.state(FEEDBACK, 14) for coaching in (prepared, rated)] == [MISSED, MISSED]


def test_a_session_that_was_booked_before_it_began_is_no_surprise() -> None:
    coaching = Coaching()
    coaching.session("s1", 3)
    coaching.session("s2", 5)
    assert coaching.obligation(FEEDBACK, 11).waits_for is None
    assert coaching.state(FEEDBACK, 14) is MISSED


def test_what_the_coach_owes_after_a_session_they_entered_themselves_does_not_wait() -> None:
    coaching = entered_at_once()
    assert coaching.state("coach.reflection.prompting/s1", 14) is MISSED


@pytest.mark.parametrize("by", ["coach", "client"])
@pytest.mark.parametrize("is_dated_back", [True, False])
def test_how_a_session_went_that_was_booked_when_it_was_over_is_asked_a_week_after_the_booking(
    by: str, is_dated_back: bool
) -> None:
    coaching = Coaching()
    booked_at = {"occurred_at": coaching.time(3)} if is_dated_back else {}
    getattr(coaching.on(40), by).schedule_session(coaching.time(5), session_id="s", **booked_at)
    asked = "coach.ethics.professionalism/s@no_outcome"
    assert "/s@no_outcome" not in coaching.ids("coach.ethics.professionalism", 47)
    assert [coaching.state(asked, day) for day in (48, 55)] == [OPEN, OPEN]
    assert coaching.state(asked, 56) is MISSED
