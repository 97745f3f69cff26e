"""Entries by which one side says that the other failed: they wait for an answer, and nobody is judged by what they could not contest."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import attrs
import pendulum
import pytest
from pendulum import DateTime

import coachcore
from coachcore import Agreement, Party, Role
from coachcore.charter import Charter, load
from coachcore.engagement import EventLog
from coachcore.errors import NotAllowed, Refused
from coachcore.events import SessionCancelled, SessionMissed
from coachcore.ledger import Dispute, LapseReason, Ledger, Obligation, ObligationState, ledger
from coachcore.ledger.accounts import balances
from coachcore.model.words import Visibility
from coachcore.practice import Engagement

from .test_hard_cases import Course

OPEN, MET, LATE, MISSED, WAIVED, LAPSED = ObligationState
ATTENDING, NOTICE = "client.engagement.participation/s", "coach.ethics.professionalism/s"
TICK = timedelta(microseconds=1)
WINTER, SPRING, AUTUMN = "2026-01-05T09:00", "2026-03-18T02:30", "2026-10-14T03:30"
"""Beginnings; from those of spring and autumn a change of the clock in Riga falls into the 14 days after the session."""


class Coaching:
    """An engagement since day 0 of a local calendar, with a session on day 5 that is prepared for, and a clock in local days and hours."""

    def __init__(self, begin: str = WINTER) -> None:
        self.begin = pendulum.parse(begin, tz="Europe/Riga")
        self.now: Any = self.begin
        self.practice = coachcore.open(clock=lambda: self.now)
        parties = (
            Party(id="ann", name="Ann", role=Role.COACH),
            Party(id="ben", name="Ben", role=Role.CLIENT),
            Party(id="wise", name="Eve", role=Role.SUPERVISOR),
        )
        agreement = Agreement(title="T", zone="Europe/Riga", parties=parties, notice_hours=24)
        self.eng: Engagement = self.practice.propose(agreement)
        self.coach, self.client = self.eng.coach, self.eng.client
        self.wise: Any = self.eng.as_party("wise")
        self.coach.accept(), self.client.accept(), self.coach.start()
        self.starting = self.time(0)
        self.starts_at = self.time(5)
        self.coach.schedule_session(self.starts_at, session_id="s", agenda=["Topic"])
        self.on(2).client.prepare_session("s", "Two questions")

    def time(self, days: int, hours: float = 0, micros: int = 0) -> DateTime:
        """A local time of day, days after the beginning."""
        moment: DateTime = self.begin.add(days=days)  # type: ignore[union-attr]
        return moment.in_timezone("UTC").add(seconds=round(hours * 3600), microseconds=micros)

    def on(self, days: int, hours: float = 0, micros: int = 0) -> "Coaching":
        self.now = max(self.now, self.time(days, hours, micros))
        return self

    def at(self, moment: DateTime, obligation_id: str) -> Obligation:
        self.now = max(self.now, moment)
        return self.eng.ledger(as_of=moment).obligation(obligation_id)

    def state(self, obligation_id: str, days: int, hours: float = 0, micros: int = 0) -> ObligationState:
        return self.at(self.time(days, hours, micros), obligation_id).state

    def check_postings(self) -> None:
        """The postings up to any moment give the balances of the ledger of that moment, for what was recorded in time."""
        whole = self.eng.ledger(as_of=self.now)
        for posting in whole.postings:
            for moment in (max(posting.posted_at - TICK, self.starting), posting.posted_at):
                then = self.eng.ledger(as_of=moment).postings
                assert balances(whole.postings, moment) == balances(then), moment


def accused(begin: str = WINTER) -> Coaching:
    """The coach has entered, an hour after its beginning, that the client missed the session."""
    coaching = Coaching(begin)
    coaching.on(5, 1).coach.miss_session("s", ["ben"], "Nobody came")
    return coaching


# --- silence, concession ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("begin", [WINTER, SPRING, AUTUMN])
def test_an_entry_against_the_other_side_counts_once_they_could_answer_for_14_days(begin: str) -> None:
    coaching = accused(begin)
    end = coaching.begin.add(days=19, hours=1).in_timezone("UTC")  # type: ignore[union-attr]
    assert end.in_timezone("Europe/Riga").hour == coaching.time(5, 1).in_timezone("Europe/Riga").hour
    waiting = coaching.at(end, ATTENDING)
    assert (waiting.state, waiting.waits_for, waiting.waits_until) == (OPEN, Role.CLIENT, end)
    missed = coaching.at(end + TICK, ATTENDING)
    assert (missed.state, missed.settled_at, missed.waits_for) == (MISSED, end + TICK, None)
    assert coaching.at(end, ATTENDING).state is OPEN  # also when it is asked later
    assert [coaching.state(NOTICE, day) for day in (6, 20)] == [OPEN, MET]  # nor does it help who entered it sooner


def test_who_enters_their_own_failure_concedes_it() -> None:
    coaching = Coaching()
    coaching.on(5, 1).client.miss_session("s", ["ben"], "I overslept")
    assert coaching.state(ATTENDING, 7) is MISSED
    with pytest.raises(Refused, match=r"obligation\.not_allowed"):
        coaching.client.contest_evidence(ATTENDING, "I came after all")


@pytest.mark.parametrize(("by", "state"), [("coach", MISSED), ("client", OPEN)])
def test_cancelling_late_counts_at_once_only_where_who_cancelled_says_so(by: str, state: ObligationState) -> None:
    coaching = Coaching()
    coaching.on(4, 20)
    coaching.eng.as_party(by).cancel_session("s", cancelled_by="ann", reason="A train")  # type: ignore[union-attr]
    assert coaching.state(NOTICE, 6) is state
    assert coaching.state(NOTICE, 19) is MISSED


def test_who_failed_may_concede_at_once() -> None:
    coaching = accused()
    coaching.on(6).client.concede_obligation(ATTENDING, "I forgot")
    conceded = coaching.at(coaching.time(7), ATTENDING)
    assert (conceded.state, conceded.waits_for) == (MISSED, None)
    assert coaching.state(ATTENDING, 5, 20) is OPEN
    with pytest.raises(Refused, match=r"concession\.duplicate"):
        coaching.client.contest_evidence(ATTENDING, "Or did I")
    coaching.check_postings()


def test_nobody_concedes_for_another_and_nothing_that_nobody_entered() -> None:
    coaching = accused()
    with pytest.raises(NotAllowed, match=r"concession\.not_allowed"):
        coaching.coach.concede_obligation(ATTENDING)
    with pytest.raises(Refused, match=r"adverse_entry\.missing"):
        coaching.coach.concede_obligation(NOTICE)


# --- contest ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("begin", [WINTER, SPRING, AUTUMN])
def test_what_is_contested_waits_30_days_for_a_decision_and_then_lapses(begin: str) -> None:
    coaching = accused(begin)
    coaching.on(18).client.contest_evidence(ATTENDING, "I was there, the door was shut", dispute_id="d")
    end = coaching.begin.add(days=48).in_timezone("UTC")  # type: ignore[union-attr]
    waiting = coaching.at(end, ATTENDING)
    assert (waiting.state, waiting.dispute, waiting.waits_until) == (OPEN, Dispute.RAISED, end)
    assert waiting.waits_for is Role.COACH
    undecided = coaching.at(end + TICK, ATTENDING)
    assert (undecided.state, undecided.lapse_reason) == (LAPSED, LapseReason.UNDECIDED)
    assert (undecided.dispute, undecided.settled_at) == (Dispute.UNDECIDED, end + TICK)
    coaching.check_postings()


@pytest.mark.parametrize("begin", [WINTER, SPRING, AUTUMN])
def test_the_time_to_contest_ends_with_the_last_microsecond_of_14_days(begin: str) -> None:
    end = accused(begin).begin.add(days=19, hours=1)  # type: ignore[union-attr]
    in_time = accused(begin)
    in_time.now = end
    in_time.client.contest_evidence(ATTENDING, "I was there")
    assert in_time.at(end + TICK, ATTENDING).state is OPEN
    late = accused(begin)
    late.now = end.add(microseconds=1)
    for act in (late.client.contest_evidence, late.client.concede_obligation):
        with pytest.raises(Refused, match=r"window\.closed"):
            act(ATTENDING, "I was there")


def test_what_was_entered_against_one_is_contested_once() -> None:
    coaching = accused()
    coaching.on(6).client.contest_evidence(ATTENDING, "I was there", dispute_id="d")
    for act in (coaching.client.contest_evidence, coaching.client.concede_obligation):
        with pytest.raises(Refused, match=r"contest\.duplicate"):
            act(ATTENDING, "Again")
    with pytest.raises(Refused, match=r"contested_evidence\.missing"):
        coaching.coach.contest_evidence(ATTENDING, "I say so")


@pytest.mark.parametrize("who", ["coach", "wise"])
def test_an_entry_that_is_withdrawn_or_overturned_judges_nobody(who: str) -> None:
    coaching = accused()
    coaching.on(6).client.contest_evidence(ATTENDING, "I was there", dispute_id="d")
    coaching.on(9)
    coaching.eng.as_party(who).resolve_dispute("d", True, "So he was")  # type: ignore[union-attr]
    cleared = coaching.at(coaching.time(60), ATTENDING)
    assert (cleared.state, cleared.lapse_reason, cleared.settled_at) == (
        LAPSED,
        LapseReason.CANCELLED,
        coaching.time(9),
    )
    assert cleared.dispute is Dispute.UPHELD
    coaching.check_postings()


@pytest.mark.parametrize("who", ["client", "wise"])
def test_an_entry_that_was_contested_in_vain_counts_from_the_decision(who: str) -> None:
    coaching = accused()
    coaching.on(6).client.contest_evidence(ATTENDING, "I was there", dispute_id="d")
    coaching.on(30)
    coaching.eng.as_party(who).resolve_dispute("d", False, "He was not")  # type: ignore[union-attr]
    missed = coaching.at(coaching.time(60), ATTENDING)
    assert (missed.state, missed.settled_at, missed.dispute) == (MISSED, coaching.time(30), Dispute.NOT_UPHELD)
    assert coaching.state(ATTENDING, 29) is OPEN
    coaching.check_postings()


def test_neither_side_decides_for_itself() -> None:
    coaching = accused()
    coaching.on(6).client.contest_evidence(ATTENDING, "I was there", dispute_id="d")
    with pytest.raises(NotAllowed, match=r"upholding\.not_allowed"):
        coaching.client.resolve_dispute("d", True, "I was")
    with pytest.raises(NotAllowed, match=r"dismissal\.not_allowed"):
        coaching.coach.resolve_dispute("d", False, "You were not")


def test_a_late_cancellation_that_was_none_leaves_nothing_owed() -> None:
    coaching = Coaching()
    coaching.on(4, 20).client.cancel_session("s", cancelled_by="ann", reason="She rang")
    coaching.on(6).coach.contest_evidence(NOTICE, "It was you who rang", dispute_id="d")
    coaching.on(7).client.resolve_dispute("d", True, "True")
    assert coaching.state(NOTICE, 6) is OPEN
    assert coaching.state(NOTICE, 8) is LAPSED
    coaching.check_postings()


def test_who_was_left_out_of_a_session_that_was_held_may_contest_it() -> None:
    coaching = Coaching()
    coaching.on(5, 1).coach.hold_session("s", attended=["ann"])
    assert coaching.state(ATTENDING, 6) is OPEN
    coaching.on(7).client.contest_evidence(ATTENDING, "I was there", dispute_id="d")
    coaching.on(8).wise.resolve_dispute("d", True, "There is a recording")
    assert coaching.state(ATTENDING, 9) is MET
    coaching.check_postings()


# --- an agreement on how to settle it --------------------------------------------------------------------------------


@pytest.mark.parametrize(("upheld", "state"), [(True, LAPSED), (False, MISSED)])
def test_both_settle_a_dispute_by_offer_and_acceptance(upheld: bool, state: ObligationState) -> None:
    coaching = accused()
    coaching.on(6).client.contest_evidence(ATTENDING, "I was there", dispute_id="d")
    coaching.on(7).coach.offer_resolution("d", upheld, "Let us leave it at that")
    assert coaching.state(ATTENDING, 8) is OPEN
    with pytest.raises(Refused, match=r"resolution_offer\.missing"):
        coaching.coach.accept_resolution("d")
    coaching.on(9).client.accept_resolution("d")
    assert coaching.eng.state().disputes["d"].upheld is upheld
    settled = coaching.at(coaching.time(10), ATTENDING)
    assert (settled.state, settled.settled_at) == (state, coaching.time(9))
    for act in (coaching.client.accept_resolution, coaching.coach.accept_resolution):
        with pytest.raises(Refused, match=r"dispute\.closed"):
            act("d")
    with pytest.raises(Refused, match=r"dispute\.closed"):
        coaching.wise.resolve_dispute("d", not upheld, "Otherwise")
    coaching.check_postings()


def test_what_lapsed_by_a_settlement_of_both_was_nobodys_own_act() -> None:
    coaching = accused()
    coaching.on(6).client.contest_evidence(ATTENDING, "I was there", dispute_id="d")
    coaching.coach.offer_resolution("d", True, "Let us leave it at that")
    coaching.client.accept_resolution("d")
    ledger = coaching.eng.ledger()
    assert ledger.obligation(ATTENDING).lapsed_by is None
    statement = ledger.statement("client")
    assert ATTENDING in [obligation.id for obligation in statement.lapsed]
    assert not statement.lapsed_by_own_act


def test_an_offer_lapses_after_14_days() -> None:
    for micros, is_open in ((0, True), (1, False)):
        coaching = accused()
        coaching.on(6).client.contest_evidence(ATTENDING, "I was there", dispute_id="d")
        coaching.on(7).client.offer_resolution("d", True, "Let us forget it")
        coaching.on(21, 0, micros)
        if is_open:
            coaching.coach.accept_resolution("d")
            continue
        with pytest.raises(Refused, match=r"window\.closed"):
            coaching.coach.accept_resolution("d")


def test_a_dispute_of_evidence_is_settled_by_both_too() -> None:
    coaching = Coaching()
    coaching.on(5, 1).coach.hold_session("s")
    coaching.coach.give_feedback("Good", strength="Calm", next_step="Again", session_id="s")
    feedback = "coach.feedback.constructive/s"
    coaching.on(6).client.contest_evidence(feedback, "It says nothing", dispute_id="d")
    coaching.on(6, 1).coach.offer_resolution("d", True, "I write it anew")
    assert coaching.state(feedback, 7) is MET
    coaching.on(7).client.accept_resolution("d")
    assert coaching.state(feedback, 12) is MISSED
    coaching.check_postings()


# --- who could read it, and when -------------------------------------------------------------------------------------


def with_the_last_entry_private(coaching: Coaching, moment: DateTime) -> Ledger:
    """The ledger as it would be had the last entry been kept to its author, which 0.1 allowed."""
    *others, last = coaching.eng.snapshot().history.recorded
    event_log = EventLog([*others, attrs.evolve(last, visibility=Visibility.AUTHOR)])
    return ledger(load(), event_log.history(moment, moment))


def test_an_entry_that_the_judged_may_not_read_judges_nobody() -> None:
    coaching = accused()
    secret = with_the_last_entry_private(coaching, coaching.time(100)).obligation(ATTENDING)
    assert (secret.state, secret.adverse_entries, secret.waits_for) == (OPEN, (), None)
    coaching = Coaching()
    coaching.on(5, 1).coach.hold_session("s", attended=["ann"])
    assert with_the_last_entry_private(coaching, coaching.time(100)).obligation(ATTENDING).state is OPEN
    coaching = Coaching()
    coaching.on(4, 4).client.move_session("s", coaching.time(7), "She asked", moved_by="ann")
    coaching.on(7, 1)
    secret = with_the_last_entry_private(coaching, coaching.time(100)).obligation(NOTICE)
    assert (secret.state, secret.waits_for) == (OPEN, None)  # nobody has said how it went


def test_the_time_to_answer_runs_from_when_it_was_recorded() -> None:
    coaching = Coaching()
    coaching.on(40).coach.miss_session("s", ["ben"], occurred_at=coaching.time(5, 1))
    assert coaching.at(coaching.time(54), ATTENDING).state is OPEN
    assert coaching.at(coaching.time(54, 0, 1), ATTENDING).state is MISSED
    assert coaching.eng.ledger(as_of=coaching.time(20)).obligation(ATTENDING).state is OPEN


def test_a_correction_that_says_something_else_is_answered_anew() -> None:
    coaching = Coaching()
    event = coaching.on(4, 20).coach.cancel_session("s", cancelled_by="ben", reason="She rang")
    coaching.on(10).coach.correct_entry(event.id, "She wrote", SessionCancelled(session_id="s", cancelled_by="ben"))
    waiting = coaching.at(coaching.time(24), ATTENDING)
    assert (waiting.state, waiting.waits_until) == (OPEN, coaching.time(24))
    assert coaching.state(ATTENDING, 24, 0, 1) is MISSED


def test_what_one_entered_against_oneself_is_not_made_the_others_failure_alone() -> None:
    coaching = Coaching()
    event = coaching.on(5, 1).coach.miss_session("s", ["ann"], "I was ill")
    assert [coaching.state(obligation_id, 7) for obligation_id in (NOTICE, ATTENDING)] == [MISSED, LAPSED]
    coaching.on(10).coach.correct_entry(event.id, "Wrong name", SessionMissed(session_id="s", missed_by=["ben"]))
    for day in (11, 40):
        assert [coaching.state(obligation_id, day) for obligation_id in (NOTICE, ATTENDING)] == [MISSED, LAPSED]


def test_a_contest_is_of_what_was_entered_until_then() -> None:
    coaching = accused()
    coaching.on(6).client.contest_evidence(ATTENDING, "I was there", dispute_id="d")
    coaching.on(7).coach.resolve_dispute("d", True, "True")
    event = coaching.eng.snapshot().history.recorded[-3]
    coaching.on(8).coach.correct_entry(event.id, "A note", SessionMissed(session_id="s", missed_by=["ben"]))
    assert coaching.at(coaching.time(22), ATTENDING).waits_for is Role.CLIENT
    coaching.on(9).client.contest_evidence(ATTENDING, "I was there", dispute_id="again")
    assert coaching.state(ATTENDING, 30) is OPEN


def test_who_entered_it_against_the_other_may_withdraw_it_whole() -> None:
    coaching = accused()
    event = coaching.eng.snapshot().history.recorded[-1]
    coaching.on(7).coach.correct_entry(event.id, "I had the wrong day")
    assert coaching.eng.state().sessions["s"].status == "scheduled"
    assert coaching.state(ATTENDING, 30) is OPEN
    coaching.coach.hold_session("s", occurred_at=coaching.time(5, 1))
    assert coaching.state(ATTENDING, 30) is MET


@pytest.mark.parametrize(
    "enter",
    [
        lambda coaching: coaching.coach.miss_session("s", ["ben", "ann"]),
        lambda coaching: coaching.coach.cancel_session("s"),
        lambda coaching: coaching.coach.cancel_session("s", cancelled_by="ann"),
        lambda coaching: coaching.coach.hold_session("s"),
    ],
)
def test_what_one_entered_against_oneself_too_is_not_retracted(enter: Callable[[Coaching], Any]) -> None:
    coaching = Coaching()
    event = enter(coaching.on(5, 1))
    with pytest.raises(Refused, match=r"retraction\.not_allowed"):
        coaching.coach.correct_entry(event.id, "Never mind")


# --- moving within the notice ----------------------------------------------------------------------------------------


def moved(wished_by: str | None = None) -> Coaching:
    """The coach has entered, 20 hours before the session, that it is moved by two days; it is held then."""
    coaching = Coaching()
    coaching.on(4, 4).coach.move_session("s", coaching.time(7), "A train", moved_by=wished_by)
    return coaching


def test_a_move_within_the_notice_waits_for_the_other_side_to_agree() -> None:
    for agreed_after, state in ((0, MET), (1, MISSED), (None, MISSED)):
        coaching = moved()
        coaching.on(7, 1).coach.hold_session("s")
        waiting = coaching.at(coaching.time(18, 4), NOTICE)
        assert (waiting.state, waiting.waits_for, waiting.waits_until) == (OPEN, Role.CLIENT, coaching.time(18, 4))
        if agreed_after == 0:
            coaching.client.agree_to_move("s", "It suited me too")
        elif agreed_after == 1:
            coaching.on(18, 4, 1)
            with pytest.raises(Refused, match=r"window\.closed"):
                coaching.client.agree_to_move("s")
        assert coaching.state(NOTICE, 20) is state
        coaching.check_postings()


def test_who_moved_it_cannot_agree_for_the_other_and_nobody_to_what_was_not_moved() -> None:
    coaching = moved()
    with pytest.raises(Refused, match=r"session_move\.missing"):
        coaching.coach.agree_to_move("s")
    with pytest.raises(Refused, match=r"session_move\.missing"):
        Coaching().client.agree_to_move("s")


def test_an_agreement_is_to_the_moves_made_until_then() -> None:
    coaching = moved()
    coaching.on(4, 5).client.agree_to_move("s")
    coaching.on(6, 20).coach.move_session("s", coaching.time(9), "Another train")
    coaching.on(9, 1).coach.hold_session("s")
    assert coaching.state(NOTICE, 10) is OPEN
    assert coaching.state(NOTICE, 30) is MISSED


def test_a_move_said_to_be_the_other_sides_wish_may_be_contested() -> None:
    coaching = Coaching()
    coaching.on(4, 4).client.move_session("s", coaching.time(7), "She asked", moved_by="ann")
    coaching.on(7, 1).coach.hold_session("s")
    waiting = coaching.at(coaching.time(8), NOTICE)
    assert (waiting.state, waiting.waits_for) == (OPEN, Role.COACH)
    coaching.coach.contest_evidence(NOTICE, "It was his wish", dispute_id="d")
    undecided = coaching.at(coaching.time(39), NOTICE)
    assert (undecided.state, undecided.lapse_reason) == (LAPSED, LapseReason.UNDECIDED)
    coaching.check_postings()


def test_moving_outside_the_notice_is_free() -> None:
    coaching = Coaching()
    coaching.on(3, 23).coach.move_session("s", coaching.time(7), "A train")
    coaching.on(7, 1).coach.hold_session("s")
    assert coaching.state(NOTICE, 8) is MET


# --- the end ---------------------------------------------------------------------------------------------------------


def test_the_time_to_answer_goes_on_after_the_end() -> None:
    coaching = accused()
    coaching.on(7).coach.complete("Done")
    assert coaching.state(ATTENDING, 19, 1) is OPEN
    coaching.client.contest_evidence(ATTENDING, "I was there")
    assert coaching.state(ATTENDING, 20) is OPEN
    assert coaching.at(coaching.time(50), ATTENDING).lapse_reason is LapseReason.UNDECIDED


def test_what_nobody_said_of_a_session_until_14_days_after_the_end_is_not_judged() -> None:
    coaching = Coaching()
    coaching.on(7).coach.complete("Done")
    for obligation_id in (ATTENDING, NOTICE):
        assert coaching.at(coaching.time(21), obligation_id).state is OPEN
        lapsed = coaching.at(coaching.time(21, 0, 1), obligation_id)
        assert (lapsed.state, lapsed.lapse_reason) == (LAPSED, LapseReason.NOT_JUDGED)
    coaching.check_postings()
    coaching.on(22).coach.miss_session("s", ["ben"], occurred_at=coaching.time(5, 1))
    for obligation_id in (ATTENDING, NOTICE):
        assert coaching.state(obligation_id, 60) is LAPSED  # it came too late to judge anybody


# --- where it is shown -----------------------------------------------------------------------------------------------


def test_a_statement_lists_what_waits_and_between_which_figures_reliability_may_come_to() -> None:
    coaching = accused()
    waiting = coaching.on(7).eng.ledger().statement("client")
    assert [(each.id, each.waits_for, each.waits_until) for each in waiting.waiting] == [
        (ATTENDING, Role.CLIENT, coaching.time(19, 1))
    ]
    assert waiting.reliability is None
    assert waiting.reliability_bounds is not None
    assert (waiting.reliability_bounds.low, waiting.reliability_bounds.high) == (0, 1)
    contested = coaching.on(8).client.contest_evidence(ATTENDING, "I was there", dispute_id="d")
    statement = coaching.on(9).eng.ledger().statement("client")
    assert [each.waits_for for each in statement.waiting] == [Role.COACH]
    assert [each.id for each in statement.contested] == [ATTENDING]
    assert contested.id == "d"
    assert statement.digest != waiting.digest


def test_the_answer_that_is_owed_is_listed_as_due_from_who_owes_it() -> None:
    coaching = moved()
    coaching.on(7, 1).coach.hold_session("s")
    (item,) = [item for item in coaching.eng.ledger().due(coaching.time(30)) if item.obligation_id == NOTICE]
    assert (item.role, item.is_answer, item.is_late) == (Role.CLIENT, True, False)
    assert (item.due_at, item.due_on) == (coaching.time(18, 4), coaching.time(18, 4).date())
    assert item in coaching.eng.ledger().due(coaching.time(30), "client")
    assert NOTICE not in {item.obligation_id for item in coaching.eng.ledger().due(coaching.time(18))}


def test_a_miss_by_silence_is_announced_when_the_time_to_answer_is_over() -> None:
    coaching = accused()
    before = coaching.on(19, 1).eng.ledger()
    later = before.next_transition_at(coaching.time(40))
    assert later is not None
    assert later <= coaching.time(19, 1, 1)
    assert not [each for each in before.transitions if each.obligation.id == ATTENDING and each.kind == "missed"]
    after = coaching.on(19, 1, 1).eng.ledger()
    (missed,) = [each for each in after.transitions if each.obligation.id == ATTENDING and each.kind == "missed"]
    assert missed.moment == coaching.time(19, 1, 1)


def test_the_story_says_what_it_waits_for_and_what_came_of_it() -> None:
    coaching = accused()
    waiting = coaching.at(coaching.time(7), ATTENDING).why("en")
    assert waiting[-1] == (
        "The coach has entered that it was not kept. The client can contest that until 24 January 2026; "
        "after that it counts as missed."
    )
    assert "24.01.2026." in coaching.at(coaching.time(7), ATTENDING).why("lv")[-1]
    coaching.on(8).client.contest_evidence(ATTENDING, "I was there", dispute_id="d")
    assert coaching.at(coaching.time(9), ATTENDING).why("en")[-1] == (
        "What the other side entered is contested. If nobody decides by 12 February 2026, it is not judged."
    )
    coaching.on(10).wise.resolve_dispute("d", False, "He was not")
    assert coaching.at(coaching.time(11), ATTENDING).why("en")[-2:] == (
        "What the other side entered against it counts since 15 January 2026, so it was missed.",
        "What the other side entered was contested, and the contest was not upheld.",
    )
    waived = accused()
    waived.on(7).coach.waive_obligation(ATTENDING, "A misunderstanding")
    waived.on(8).client.contest_evidence(ATTENDING, "I was there", dispute_id="d")
    assert waived.at(waived.time(9), ATTENDING).why("en")[-2:] == (
        "The other side waived it on 12 January 2026.",
        "It is disputed; until that is decided, it counts as before.",
    )
    assert waived.at(waived.time(50), ATTENDING).why("en")[-1] == (
        "It was disputed, and nobody decided in time, so it counts as before."
    )
    asked = moved()
    asked.on(7, 1).coach.hold_session("s")
    assert asked.at(asked.time(8), NOTICE).why("en")[-1] == (
        "The session was moved at short notice. If the client does not agree to that by 23 January 2026, it counts as missed."
    )


@pytest.mark.parametrize("of", ["session", "appointment", "held"])
def test_being_left_out_of_a_session_waits_for_an_answer_whatever_the_charter_calls_the_occasion(of: str) -> None:
    charter = Charter.from_toml(
        f"""
        id = "house"
        version = "1"

        [[duty]]
        id = "client.house.coming"
        title = {{ en = "Coming", lv = "Ierašanās" }}
        text = {{ en = "Comes.", lv = "Ierodas." }}
        schedules = [{{ kind = "each", of = "{of}", evidence = [{{ check = "attended" }}] }}]
        """
    )
    coaching = Course(charters=[charter], charter="house", charter_version="1")
    coaching.on(1).coach.schedule_session(coaching.time(5), session_id="s")
    coaching.on(5.1).coach.hold_session("s", attended=["ann"])
    coming = "client.house.coming/s"
    assert coaching.ledger(10).obligation(coming).waits_for is Role.CLIENT
    assert coaching.ledger(30).obligation(coming).state == "missed"
