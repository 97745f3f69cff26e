"""That a session was held, and who came to it, may be contested by whoever owes something by that and did not enter it."""

from typing import Any

import pytest

import coachcore
from coachcore import Party, Role
from coachcore.errors import NotAllowed, Refused
from coachcore.events import SessionHeld
from coachcore.interop import parse_journal
from coachcore.interop.importing import import_journal
from coachcore.interop.journal import write_journal
from coachcore.ledger import Dispute, LapseReason, NextStepKind, ObligationState
from coachcore.ledger.accounts import balances
from tests.ledger.test_groups import BEN, DAN, Group
from tests.ledger.test_hard_cases import PARTIES
from tests.ledger.test_what_counts import Coaching

OPEN, MET, LATE, MISSED, _, LAPSED = ObligationState
ATTENDING, NOTICE = "client.engagement.participation/s", "coach.ethics.professionalism/s"
SUMMARY, FEEDBACK, QUESTION = (
    "coach.structure.sessions/s@held",
    "coach.feedback.constructive/s",
    "coach.reflection.prompting/s",
)
SUPERVISED = (*PARTIES, Party(id="sue", name="Sue", role=Role.SUPERVISOR))


class Booked(Coaching):
    """A session on day 5 that was booked on day 1, and for which the client has prepared on some day, or has not."""

    def __init__(self, prepared_on: float | None = None) -> None:
        super().__init__()
        self.on(1).coach.schedule_session(self.time(5), session_id="s", agenda=["Topic"])
        if prepared_on is not None:
            self.on(prepared_on).client.prepare_session("s", "Two questions")

    def check(self) -> None:
        """Postings replay to each day's ledger, and the ledger goes on from the one before as it is computed anew."""
        whole = self.eng.ledger()
        for day in range(int(self.day)):
            moment = self.time(day)
            assert balances(whole.postings, moment) == balances(self.eng.ledger(as_of=moment).postings), day
        again = self.practice.load(self.eng.id)
        assert again.ledger().obligations == whole.obligations


class Said(Booked):
    """Nobody has prepared for it; on some day one side says that it was held."""

    def __init__(self, by: str = "ann", day: float = 5.1) -> None:
        super().__init__()
        self.by: Any = self.eng.as_party(by)
        self.held = self.on(day).by.hold_session("s")


# --- the client ------------------------------------------------------------------------------------------------------


def test_who_has_not_prepared_may_contest_that_there_was_a_session() -> None:
    coaching = Said()
    missed = coaching.obligation(ATTENDING, 8)
    assert (missed.state, missed.adverse_entries, missed.asked_by) == (MISSED, (), (coaching.held.id,))
    answers = [step for step in coaching.eng.ledger().next_steps if step.kind is NextStepKind.ANSWER]
    assert [(step.role, step.until) for step in answers if step.duty_id in ATTENDING] == [
        (Role.CLIENT, coaching.time(19.1))
    ]
    coaching.client.contest_evidence(ATTENDING, "She never came", dispute_id="d")
    contested = coaching.obligation(ATTENDING, 30)
    assert (contested.state, contested.dispute, contested.waits_until) == (OPEN, Dispute.RAISED, coaching.time(38))
    undecided = coaching.obligation(ATTENDING, 39)
    assert (undecided.state, undecided.lapse_reason) == (LAPSED, LapseReason.UNDECIDED)
    assert coaching.eng.ledger(as_of=coaching.time(7.5)).obligation(ATTENDING).state is MISSED
    before = coaching.eng.ledger(as_of=coaching.time(30), known_at=coaching.time(7.9))
    assert before.obligation(ATTENDING).state is MISSED
    coaching.check()


@pytest.mark.parametrize(("upheld", "state"), [(True, OPEN), (False, MISSED)])
def test_the_contest_is_decided_as_any(upheld: bool, state: ObligationState) -> None:
    coaching = Said()
    coaching.on(8).client.contest_evidence(ATTENDING, "She never came", dispute_id="d")
    (coaching.coach if upheld else coaching.client).resolve_dispute("d", upheld, "So it was")
    assert coaching.state(ATTENDING, 9) is state
    coaching.check()
    if upheld:  # nobody says any more how it went, until somebody says it anew
        coaching.client.miss_session("s", ["ann"])
        assert coaching.obligation(NOTICE, 10).waits_for is Role.COACH
        assert [coaching.state(obligation_id, 30) for obligation_id in (ATTENDING, NOTICE)] == [LAPSED, MISSED]
    else:
        with pytest.raises(Refused, match=r"contest\.duplicate"):
            coaching.client.contest_evidence(ATTENDING, "Again")


def test_it_is_contested_within_14_days_of_when_it_could_be_read() -> None:
    coaching = Said()
    coaching.on(19.2)
    with pytest.raises(Refused, match=r"window\.closed"):
        coaching.client.contest_evidence(ATTENDING, "She never came")
    assert not [step for step in coaching.eng.ledger().next_steps if step.kind is NextStepKind.ANSWER]


def test_said_when_the_time_was_over_it_makes_nobody_miss_anything_before_they_could_answer() -> None:
    coaching = Said(day=20)
    waiting = coaching.obligation(ATTENDING, 34)
    assert (waiting.state, waiting.waits_for, waiting.waits_until) == (OPEN, Role.CLIENT, coaching.time(34))
    assert waiting.why()[-1].startswith("It was entered that the session was held. The client can contest that")
    assert waiting.why("lv")[-1].startswith("Ierakstīts, ka sesija ir notikusi.")
    assert coaching.state(ATTENDING, 34.1) is MISSED
    coaching.check()


def test_who_took_part_in_it_does_not_contest_that_it_was_held() -> None:
    coaching = Said()
    coaching.on(6).client.rate_session("s", 2)
    with pytest.raises(Refused, match=r"contest\.conflict"):
        coaching.on(8).client.contest_evidence(ATTENDING, "She never came")
    private = Said()
    private.on(6).client.reflect("Nobody came", session_id="s")
    private.on(8).client.contest_evidence(ATTENDING, "She never came")
    assert private.state(ATTENDING, 9) is OPEN


def test_what_was_done_in_time_needs_no_contest_and_what_was_done_late_may_have_one() -> None:
    in_time, late = Booked(3), Booked(4.9)
    for coaching in (in_time, late):
        coaching.on(5.1).coach.hold_session("s")
    assert (in_time.state(ATTENDING, 6), in_time.obligation(ATTENDING, 6).asked_by) == (MET, ())
    with pytest.raises(NotAllowed, match=r"obligation\.not_allowed"):
        in_time.client.contest_evidence(ATTENDING, "She never came")
    assert late.state(ATTENDING, 6) is LATE
    late.client.contest_evidence(ATTENDING, "She never came", dispute_id="d")
    assert late.state(ATTENDING, 7) is OPEN
    late.client.resolve_dispute("d", False, "She did")
    assert late.state(ATTENDING, 8) is LATE


def test_a_preparation_of_before_that_is_entered_while_it_is_contested_counts() -> None:
    coaching = Said()
    coaching.on(8).client.contest_evidence(ATTENDING, "She never came", dispute_id="d")
    coaching.on(9).client.prepare_session("s", "Two questions", occurred_at=coaching.time(3))
    assert coaching.state(ATTENDING, 10) is MET


def test_a_correction_that_names_somebody_may_be_contested_from_then_on() -> None:
    coaching = Booked()
    held = coaching.on(5.1).coach.hold_session("s", attended=["ann"])
    assert coaching.obligation(ATTENDING, 6).adverse_entries == (held.id,)
    coaching.on(12).coach.correct_entry(held.id, "He was there", SessionHeld(session_id="s", attended=["ann", "ben"]))
    corrected = coaching.obligation(ATTENDING, 13)
    assert (corrected.state, corrected.waits_for, corrected.waits_until) == (OPEN, Role.CLIENT, coaching.time(26))
    coaching.on(25).client.contest_evidence(ATTENDING, "I was not")
    assert coaching.state(ATTENDING, 26) is OPEN


def test_erasing_the_entry_takes_nothing_from_the_contest() -> None:
    coaching = Said()
    coaching.on(6).coach.erase_content([coaching.held.id], "As asked")
    coaching.on(8).client.contest_evidence(ATTENDING, "She never came", dispute_id="d")
    assert [coaching.state(ATTENDING, day) for day in (7, 9, 40)] == [MISSED, OPEN, LAPSED]
    lines = list(write_journal(coaching.eng.recorded()))
    again = import_journal(coachcore.open(), parse_journal("".join(lines)))
    assert again.ledger(as_of=coaching.time(9)).obligation(ATTENDING).state is OPEN


# --- the coach -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("owed", [SUMMARY, FEEDBACK, QUESTION])
def test_a_coach_may_contest_what_they_owe_after_a_session_that_the_client_entered(owed: str) -> None:
    coaching = Said(by="ben")
    missed = coaching.obligation(owed, 9)
    assert (missed.state, missed.asked_by) == (MISSED, (coaching.held.id,))
    coaching.coach.contest_evidence(owed, "He did not come", dispute_id="d")
    assert coaching.state(owed, 20) is OPEN
    undecided = coaching.obligation(owed, 40)
    assert (undecided.state, undecided.lapse_reason) == (LAPSED, LapseReason.UNDECIDED)
    coaching.check()


def test_what_the_coach_entered_themselves_they_do_not_contest() -> None:
    coaching = Said()
    assert coaching.obligation(SUMMARY, 9).asked_by == ()
    with pytest.raises(NotAllowed, match=r"obligation\.not_allowed"):
        coaching.coach.contest_evidence(SUMMARY, "There was none")


def test_a_client_contests_what_they_owe_after_a_session_that_was_booked_before() -> None:
    coaching = Coaching()
    coaching.session("s1", 4)
    coaching.session("s2", 5)
    feedback = "client.progress.feedback/s2"
    assert coaching.state(feedback, 13) is MISSED
    coaching.client.contest_evidence(feedback, "There was no second one", dispute_id="d")
    assert [coaching.state(feedback, day) for day in (14, 50)] == [OPEN, LAPSED]


# --- groups ----------------------------------------------------------------------------------------------------------


def test_in_a_group_each_contests_their_own_coming_a_fellow_clients_word_too() -> None:
    group = Group((*SUPERVISED, BEN, DAN))
    group.session("s", 5, is_held=False)
    group.on(3).client.prepare_session("s", "Two questions")
    group.on(5.1).client.hold_session("s", attended=["ann", "ben", "bo"])
    bos = f"{ATTENDING}@:bo"
    assert group.ledger(8).obligation(bos).state is MISSED
    assert group.ledger(8).obligation(f"{ATTENDING}@:ben").state is MET
    with pytest.raises(NotAllowed):
        group.client.contest_evidence(bos, "He was ill")
    group.ben.contest_evidence(bos, "I was ill", dispute_id="d")
    assert group.ledger(9).obligation(bos).state is OPEN
    with pytest.raises(NotAllowed):
        group.client.resolve_dispute("d", True, "He was")
    group.on(10).eng.as_party("sue").resolve_dispute("d", True, "He was")  # type: ignore[union-attr]
    assert group.ledger(11).obligation(bos).state is OPEN
    assert group.ledger(11).obligation(f"{ATTENDING}@:ben").state is MET


def test_what_is_owed_after_a_session_that_was_none_lapses() -> None:
    coaching = Said(by="ben")
    coaching.on(9).coach.contest_evidence(SUMMARY, "He did not come", dispute_id="d")
    coaching.on(10).client.resolve_dispute("d", True, "I had the wrong day")
    assert coaching.state(SUMMARY, 11) is LAPSED
    coaching.check()


def test_either_of_two_coaches_contests_what_both_owe() -> None:
    group = Group((*SUPERVISED, DAN))
    group.session("s", 5, is_held=False)
    group.on(5.1).client.hold_session("s")
    dan: Any = group.on(9).eng.as_party("dan")
    dan.contest_evidence(SUMMARY, "Nobody came", dispute_id="d")
    assert group.ledger(10).obligation(SUMMARY).state is OPEN


# --- what was contested rightly --------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_prepared", [True, False])
@pytest.mark.parametrize("entry", ["miss", "cancel"])
def test_who_is_cleared_of_not_having_come_is_judged_as_if_nobody_had_said_so(is_prepared: bool, entry: str) -> None:
    coaching = Booked(3 if is_prepared else None)
    if entry == "miss":
        coaching.on(5.1).coach.miss_session("s", ["ben"])
    else:
        coaching.on(4.9).coach.cancel_session("s", cancelled_by="ben")
    coaching.on(6).client.contest_evidence(ATTENDING, "I was there", dispute_id="d")
    coaching.on(7).coach.resolve_dispute("d", True, "So he was")
    # nobody says any more how the session went: whoever had prepared has failed in nothing, whatever it came to
    assert coaching.state(ATTENDING, 8) is (LAPSED if is_prepared else OPEN)
    coaching.coach.hold_session("s")
    assert coaching.state(ATTENDING, 30) is (MET if is_prepared else MISSED)
    coaching.check()


def test_of_what_nobody_says_anew_until_the_end_nothing_is_judged() -> None:
    coaching = Booked()
    coaching.on(5.1).coach.miss_session("s", ["ben"])
    coaching.on(6).client.contest_evidence(ATTENDING, "I was there", dispute_id="d")
    coaching.on(7).coach.resolve_dispute("d", True, "So he was")
    coaching.on(20).coach.complete()
    assert coaching.state(ATTENDING, 30) is OPEN
    lapsed = coaching.obligation(ATTENDING, 40)
    assert (lapsed.state, lapsed.lapse_reason) == (LAPSED, LapseReason.NOT_JUDGED)


def test_who_was_left_out_and_came_without_having_prepared_has_failed_in_that_alone() -> None:
    coaching = Booked()
    coaching.on(5.1).coach.hold_session("s", attended=["ann"])
    coaching.on(6).client.contest_evidence(ATTENDING, "I was there", dispute_id="d")
    coaching.on(7).coach.resolve_dispute("d", True, "So he was")
    assert coaching.state(ATTENDING, 8) is MISSED
    coaching.check()
