"""What one of several coaches or clients dates back makes no other of them late: a fellow's word is as far from them as the other side's."""

from typing import Any

import pytest

from coachcore.engagement.timeline import NEVER
from coachcore.errors import NotAllowed, Refused
from coachcore.events import SessionHeld, SessionScheduled
from coachcore.ledger import LapseReason, ObligationState
from coachcore.ledger.accounts import balances
from tests.ledger.test_groups import BEN, DAN, Group, states
from tests.ledger.test_hard_cases import PARTIES
from tests.ledger.test_said_to_have_come import SUPERVISED

OPEN, MET, LATE, MISSED, _, LAPSED = ObligationState
AFFIRMED, ETHICS = "coach.environment.confidentiality/first_session", "coach.ethics.code/first_session"
PARTICIPATION, REFLECTION = "client.engagement.participation", "client.development.reflection"
EVERYBODY = (*PARTIES, BEN, DAN)


class Several(Group):
    """Two coaches, ann and dan, and two clients, ben and bo."""

    def __init__(self, **options: Any) -> None:
        super().__init__(EVERYBODY, **options)
        self.dan: Any = self.eng.as_party("dan")

    def check(self) -> None:
        """Postings replay to the ledger of each day, for what was recorded in time, and ledgers that go on are those computed anew."""
        whole = self.eng.ledger()
        again = self.practice.load(self.eng.id)
        assert again.ledger().obligations == whole.obligations
        for day in range(int(self.day)):
            moment = self.time(day)
            assert balances(whole.postings, moment) == balances(self.eng.ledger(as_of=moment).postings), day


# --- the first session -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("author", "other"), [("ann", "dan"), ("dan", "ann")])
@pytest.mark.parametrize("duty", [AFFIRMED, ETHICS])
@pytest.mark.parametrize("is_dated_back", [True, False])
def test_a_session_booked_in_the_past_makes_the_other_coach_miss_nothing(
    author: str, other: str, duty: str, is_dated_back: bool
) -> None:
    group = Several()
    party: Any = group.on(20).eng.as_party(author)
    options = {"occurred_at": group.time(5)} if is_dated_back else {}
    party.schedule_session(group.time(10), session_id="s1", **options)
    party.hold_session("s1")
    assert states(group.ledger(20.1), f"{duty}@:") == {author: MISSED, other: OPEN}
    others = group.ledger(20.1).obligation(f"{duty}@:{other}")
    assert others.due_at == group.end_of_day(20)
    colleague: Any = group.eng.as_party(other)
    if duty == AFFIRMED:
        colleague.affirm_confidentiality()
    else:
        colleague.affirm_ethics("ICF", "2025")
    assert states(group.ledger(22), f"{duty}@:") == {author: MISSED, other: MET}


def test_who_could_read_the_booking_misses_what_is_due_by_the_session() -> None:
    group = Several()
    group.on(5).dan.schedule_session(group.time(10), session_id="s1")
    group.on(10.1).dan.hold_session("s1")
    assert set(states(group.ledger(11), f"{AFFIRMED}@:").values()) == {MISSED}
    group.check()


def test_a_session_that_a_client_books_in_the_past_makes_neither_coach_miss_anything() -> None:
    group = Several()
    group.on(20).client.schedule_session(group.time(10), session_id="s1", occurred_at=group.time(5))
    group.client.hold_session("s1")
    assert set(states(group.ledger(20.1), f"{AFFIRMED}@:").values()) == {OPEN}
    assert set(states(group.ledger(21), f"{AFFIRMED}@:").values()) == {MISSED}


@pytest.mark.parametrize(("author", "others"), [("ann", ["dan"]), ("ben", ["ann", "dan"])])
def test_a_session_booked_for_in_a_minute_leaves_the_others_the_day(author: str, others: list[str]) -> None:
    booked, moved = Several(), Several()
    party: Any = booked.on(5.4).eng.as_party(author)
    party.schedule_session(booked.time(5.401), session_id="s1")
    moved.on(1).coach.schedule_session(moved.time(9), session_id="s1")
    mover: Any = moved.on(5.4).eng.as_party(author)
    mover.move_session("s1", moved.time(5.401), "Let us begin")
    for group in (booked, moved):
        for other in others:
            affirmed = f"{AFFIRMED}@:{other}"
            due_at = group.ledger(5.402).obligation(affirmed).due_at
            assert (group.ledger(5.5).obligation(affirmed).state, due_at) == (OPEN, group.end_of_day(5))
        assert {group.ledger(6.1).obligation(f"{AFFIRMED}@:{other}").state for other in others} == {MISSED}
        group.check()
    if author == "ann":  # who books it knows of it
        assert booked.ledger(7).obligation(f"{AFFIRMED}@:ann").due_at == booked.time(5.401)


# --- the start, and periods ------------------------------------------------------------------------------------------


def test_a_start_that_one_dates_back_begins_the_others_periods_when_it_was_recorded() -> None:
    group = Several(is_started=False)
    group.on(40).dan.start(occurred_at=group.time(1))
    ledger = group.ledger(41)
    education = [each for each in ledger.obligations if each.id.startswith("coach.methods.education#1")]
    assert {each.opened_at for each in education} == {group.time(40)}
    assert {each.opened_at for each in ledger.obligations if each.duty_id == REFLECTION} == {group.time(40)}


def test_a_first_session_that_one_client_dates_back_makes_no_fellow_miss_weeks() -> None:
    group = Several(is_started=False)
    group.on(3).ben.set_goal("Speak up in meetings", goal_id="g")
    group.on(40).client.schedule_session(group.time(5), session_id="s1", occurred_at=group.time(2))
    group.client.hold_session("s1", occurred_at=group.time(5.1))
    ledger = group.ledger(41)
    bos = [each for each in ledger.obligations if each.party == "bo"]
    assert bos
    assert not [each.id for each in bos if each.state is MISSED]
    assert ledger.obligation("client.goals.action_plan/g@:bo").due_at == group.end_of_day(47)


# --- sessions --------------------------------------------------------------------------------------------------------


def test_a_session_that_a_fellow_enters_late_asks_for_feedback_from_when_it_was_recorded() -> None:
    group = Several()
    for number, day in ((1, 5), (2, 6)):
        group.session(f"s{number}", day, is_held=False)
    group.on(30).client.hold_session("s1", occurred_at=group.time(5.1))
    group.client.hold_session("s2", occurred_at=group.time(6.1))
    feedback = "client.progress.feedback/s2@:"
    assert states(group.ledger(31), feedback) == {"ben": MISSED, "bo": OPEN}
    assert group.ledger(31).obligation(f"{feedback}bo").due_at == group.end_of_day(37)
    group.on(38.5).ben.contest_evidence(f"{feedback}bo", "I was not there", dispute_id="d")
    assert states(group.ledger(39), feedback)["bo"] is OPEN
    undecided = group.ledger(70).obligation(f"{feedback}bo")
    assert (undecided.state, undecided.lapse_reason) == (LAPSED, LapseReason.UNDECIDED)


def test_a_session_that_a_fellow_moves_to_today_need_not_be_prepared() -> None:
    group = Several()
    group.session("s1", 10, is_held=False)
    group.on(9.2).client.move_session("s1", group.time(9.4), "I am free today")
    group.on(9.5).coach.hold_session("s1")
    assert states(group.ledger(12), f"{PARTICIPATION}/s1@:") == {"ben": MISSED, "bo": MET}


def test_a_cancellation_that_a_fellow_dates_back_makes_nobody_else_miss_the_session() -> None:
    group = Several()
    group.session("s1", 10, is_held=False)
    group.on(20).client.cancel_session("s1", reason="We agreed to", occurred_at=group.time(8))
    assert states(group.ledger(21), f"{PARTICIPATION}/s1@:")["bo"] is LAPSED
    assert states(group.ledger(60), f"{PARTICIPATION}/s1@:")["bo"] is LAPSED


# --- what helps ------------------------------------------------------------------------------------------------------


def test_what_a_fellow_says_of_the_coach_helps_nobody_of_the_side_before_the_coach_could_answer() -> None:
    group = Several()
    group.session("s1", 10, is_held=False)
    group.on(10.1).client.miss_session("s1", ["ann", "dan"])
    participation = f"{PARTICIPATION}/s1@:"
    assert states(group.ledger(12), participation) == {"ben": OPEN, "bo": OPEN}
    group.coach.contest_evidence("coach.ethics.professionalism/s1", "We waited", dispute_id="d")
    assert states(group.ledger(30), participation) == {"ben": OPEN, "bo": OPEN}
    assert states(group.ledger(60), participation) == {"ben": LAPSED, "bo": LAPSED}
    silent = Several()
    silent.session("s1", 10, is_held=False)
    silent.on(10.1).client.miss_session("s1", ["ann", "dan"])
    assert states(silent.ledger(30), participation) == {"ben": LAPSED, "bo": LAPSED}
    silent.check()


# --- corrections -----------------------------------------------------------------------------------------------------


def test_a_correction_that_takes_from_a_fellow_what_they_met_waits_for_a_consent() -> None:
    group = Several()
    group.session("s1", 5, is_held=False)
    group.on(3).ben.prepare_session("s1", "Two questions")
    held = group.on(5.1).client.hold_session("s1", attended=["ann", "ben", "bo"])
    assert states(group.ledger(8), f"{PARTICIPATION}/s1@:")["bo"] is MET
    left_out = SessionHeld(session_id="s1", attended=["ann", "ben"])
    correction = group.client.correct_entry(held.id, "He was not there", left_out)
    assert correction.id in group.eng.state().proposed_corrections
    assert states(group.ledger(9), f"{PARTICIPATION}/s1@:")["bo"] is MET
    with pytest.raises(NotAllowed, match=r"correction_consent\.not_allowed"):
        group.client.confirm_correction(correction.id)


def test_a_colleagues_correction_of_when_they_booked_makes_the_other_miss_nothing() -> None:
    group = Several()
    booking = group.on(20).dan.schedule_session(group.time(10), session_id="s1")
    content = SessionScheduled(session_id="s1", starts_at=group.time(10))
    proposal = group.dan.correct_entry(recorded_id(group, booking.id), "On day 5", content, happened_at=group.time(5))
    if proposal.id in group.eng.state().proposed_corrections:
        group.client.confirm_correction(proposal.id)
    assert states(group.ledger(20.1), f"{AFFIRMED}@:") == {"ann": OPEN, "dan": MISSED}


def recorded_id(group: Several, session_id: str) -> str:
    return next(event.id for event in group.eng.recorded() if getattr(event.content, "session_id", "") == session_id)


# --- contests --------------------------------------------------------------------------------------------------------


def test_a_contest_that_one_withdraws_takes_none_from_the_others() -> None:
    group = Several()
    group.session("s1", 5)
    group.coach.summarise_session("s1", "What we said")
    summary = "coach.structure.sessions/s1@held"
    group.on(6).client.contest_evidence(summary, "It says nothing", dispute_id="d1")
    with pytest.raises(Refused, match=r"contest\.duplicate"):
        group.ben.contest_evidence(summary, "Nor to me")
    group.client.resolve_dispute("d1", False, "It does")
    with pytest.raises(Refused, match=r"contest\.duplicate"):
        group.client.contest_evidence(summary, "It does not after all")
    group.ben.contest_evidence(summary, "Nothing of what I said", dispute_id="d2")
    group.coach.resolve_dispute("d2", True, "I write it anew")
    assert group.ledger(10).obligation(summary).state is MISSED


def test_what_a_supervisor_decided_is_contested_by_nobody_again() -> None:
    group = Group((*SUPERVISED, BEN, DAN))
    group.session("s1", 5)
    group.coach.summarise_session("s1", "What we said")
    summary = "coach.structure.sessions/s1@held"
    group.on(6).client.contest_evidence(summary, "It says nothing", dispute_id="d1")
    group.eng.as_party("sue").resolve_dispute("d1", False, "It does")  # type: ignore[union-attr]
    with pytest.raises(Refused, match=r"contest\.duplicate"):
        group.ben.contest_evidence(summary, "Nothing of what I said")


def test_nobody_is_due_anything_on_no_day() -> None:
    group = Several()
    group.on(20).dan.schedule_session(group.time(10), session_id="s1", occurred_at=group.time(5))
    group.dan.pause("Away")
    assert all(each.due_at is None or each.due_at < NEVER for each in group.ledger(21).obligations)
