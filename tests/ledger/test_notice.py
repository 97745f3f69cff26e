"""Notice: who cancels or moves a session too late, and who could not have done so sooner."""

import pytest

from coachcore.ledger import LapseReason, ObligationState
from tests.ledger.test_what_counts import Coaching

OPEN, MET, _, MISSED, _, LAPSED = ObligationState
ATTENDING, NOTICE = "client.engagement.participation/s", "coach.ethics.professionalism/s"
ALONE = pytest.mark.parametrize(("who", "other", "duty"), [("client", "coach", ATTENDING), ("coach", "client", NOTICE)])


def booked(by: str, day: float = 1, start: float = 5) -> Coaching:
    coaching = Coaching()
    party = coaching.on(day).eng.as_party(by)
    party.schedule_session(coaching.time(start), agenda=["Topic"], session_id="s")  # type: ignore[union-attr]
    return coaching


@ALONE
def test_whom_the_other_side_books_within_the_notice_may_still_say_that_they_cannot_come(
    who: str, other: str, duty: str
) -> None:
    coaching = booked(other, day=4.5)
    coaching.on(4.6).eng.as_party(who).cancel_session("s", reason="I cannot")  # type: ignore[union-attr]
    assert coaching.state(duty, 30) is LAPSED
    coaching = booked(who, day=4.5)
    coaching.on(4.6).eng.as_party(who).cancel_session("s", reason="I cannot")  # type: ignore[union-attr]
    assert coaching.state(duty, 30) is MISSED


@ALONE
def test_whom_the_other_side_moves_a_session_to_tomorrow_may_cancel_it_too(who: str, other: str, duty: str) -> None:
    coaching = booked(other, start=9)
    coaching.on(4.5).eng.as_party(other).move_session("s", coaching.time(5), "I have time")  # type: ignore[union-attr]
    coaching.on(4.6).eng.as_party(who).cancel_session("s", reason="I do not")  # type: ignore[union-attr]
    assert coaching.state(duty, 30) is not MISSED


def test_who_has_prepared_for_it_has_agreed_to_it() -> None:
    coaching = booked("coach", day=4.5)
    coaching.on(4.6).client.prepare_session("s", "What I want to ask")
    coaching.on(4.9).client.cancel_session("s", reason="Not today")
    assert coaching.state(ATTENDING, 30) is MISSED


@pytest.mark.parametrize(("agreed", "state"), [(False, MISSED), (True, LAPSED)])
def test_a_session_that_a_client_moves_at_the_last_minute_and_then_cancels_was_cancelled_late(
    agreed: bool, state: ObligationState
) -> None:
    coaching = booked("coach")
    coaching.on(4.9).client.move_session("s", coaching.time(30), "Too much to do")
    if agreed:
        coaching.on(5).coach.agree_to_move("s")
    coaching.on(20).client.cancel_session("s", reason="No use")
    obligation = coaching.obligation(ATTENDING, 40)
    assert (obligation.state, obligation.lapse_reason) == (state, LapseReason.CANCELLED if agreed else None)
    # where the session is held after all, they came
    held = booked("coach")
    held.on(4.9).client.move_session("s", held.time(8), "Too much to do")
    held.on(7).client.prepare_session("s", "The team")
    held.on(8.1).coach.hold_session("s")
    assert held.state(ATTENDING, 40) is MET


def test_nobody_makes_the_client_late_by_cancelling_what_the_client_had_moved() -> None:
    coaching = booked("coach")
    coaching.on(4.9).client.move_session("s", coaching.time(30), "Too much to do")
    coaching.on(20).coach.cancel_session("s", reason="Ill")
    assert coaching.obligation(ATTENDING, 40).lapse_reason is LapseReason.CANCELLED


def test_while_the_move_may_be_agreed_to_the_cancelled_session_waits() -> None:
    coaching = booked("coach")
    coaching.on(4.9).client.move_session("s", coaching.time(8.9), "Too much to do")
    coaching.on(6).client.cancel_session("s", reason="No use")
    waiting = coaching.obligation(ATTENDING, 7)
    assert (waiting.state, waiting.waits_for) == (OPEN, "coach")
    assert coaching.state(ATTENDING, 20) is MISSED


@pytest.mark.parametrize("hours", [11, 23])
def test_nobody_has_to_prepare_for_what_the_other_side_sets_for_tomorrow(hours: int) -> None:
    """The coach books a session on the evening before, or moves it there from three weeks on; the client comes."""
    eve = 5 - hours / 24
    booked_late, moved_late = booked("coach", day=eve), booked("coach", start=20)
    moved_late.on(eve).coach.move_session("s", moved_late.time(5), "I have time")
    for coaching in (booked_late, moved_late):
        coaching.on(5.1).coach.hold_session("s")
        assert coaching.state(ATTENDING, 30) is MET
        assert coaching.state("coach.structure.sessions/s", 30) is MET  # the agenda came with the booking


def test_who_sets_it_for_tomorrow_themselves_prepares_for_it() -> None:
    coaching = booked("client", day=4.5)
    coaching.on(5.1).coach.hold_session("s")
    assert coaching.state(ATTENDING, 30) is MISSED


def test_what_is_set_a_day_before_or_more_is_prepared_for() -> None:
    coaching = booked("coach", day=4)
    coaching.on(5.1).coach.hold_session("s")
    assert coaching.state(ATTENDING, 30) is MISSED


@pytest.mark.parametrize("day", [5.1, 8, 30])
@pytest.mark.parametrize("is_prepared", [False, True])
@ALONE
def test_who_cancels_a_session_after_it_began_makes_nobody_else_miss_it(
    who: str, other: str, duty: str, is_prepared: bool, day: float
) -> None:
    """Nobody had said how it went, so that both sides' obligations about it were open."""
    coaching = booked("coach")
    if is_prepared:
        coaching.on(2).client.prepare_session("s", "The team")
    assert coaching.state(duty, 5.05) is OPEN
    coaching.on(day).eng.as_party(who).cancel_session("s", reason="It did not take place")  # type: ignore[union-attr]
    others = NOTICE if who == "client" else ATTENDING
    assert [coaching.state(duty, day + late) for late in (2, 60)] == [MISSED, MISSED]
    assert [coaching.state(others, day + late) for late in (0.1, 2, 60)] == [LAPSED] * 3
