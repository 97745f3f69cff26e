"""What one side says of how a session went, and by which only the other failed, helps nobody before the other could answer."""

from pathlib import Path
from typing import Any

import pytest

import coachcore
from coachcore import Party, Role
from coachcore.errors import Refused
from coachcore.events import SessionHeld
from coachcore.interop import read_journal, write_journal
from coachcore.interop.importing import import_journal
from coachcore.ledger import LapseReason, NextStepKind, ObligationState
from coachcore.ledger.accounts import balances
from tests.ledger.test_adverse import ATTENDING, AUTUMN, NOTICE, SPRING, TICK, WINTER, Coaching
from tests.ledger.test_hard_cases import PARTIES, Course

OPEN, MET, _, MISSED, _, LAPSED = ObligationState


def blaming(who: str) -> Coaching:
    """One side says, an hour after a session began to which they did not come themselves, that the other missed it."""
    coaching = Coaching()
    author: Any = coaching.on(5, 1).eng.as_party(who)
    author.miss_session("s", ["ann" if who == "ben" else "ben"])
    return coaching


BOTH = pytest.mark.parametrize(
    ("who", "other", "own", "others", "settled"),
    [("ben", "ann", ATTENDING, NOTICE, LAPSED), ("ann", "ben", NOTICE, ATTENDING, MET)],
)


@BOTH
def test_what_one_owes_oneself_waits_until_the_other_side_could_answer(
    who: str, other: str, own: str, others: str, settled: ObligationState
) -> None:
    coaching = blaming(who)
    assert [coaching.state(own, day) for day in (6, 12, 19)] == [OPEN, OPEN, OPEN]
    assert coaching.state(own, 20) is settled
    assert coaching.state(others, 20) is MISSED
    coaching.check_postings()


@BOTH
def test_what_is_contested_helps_nobody_and_undecided_it_is_not_judged(
    who: str, other: str, own: str, others: str, settled: ObligationState
) -> None:
    coaching = blaming(who)
    coaching.on(6).eng.as_party(other).contest_evidence(others, "I was there", dispute_id="d")  # type: ignore[union-attr]
    assert [coaching.state(own, day) for day in (20, 35)] == [OPEN, OPEN]
    undecided = coaching.at(coaching.time(40), own)
    assert (undecided.state, undecided.lapse_reason) == (LAPSED, LapseReason.UNDECIDED)
    coaching.check_postings()


@BOTH
def test_what_was_contested_in_vain_or_conceded_counts_for_its_author(
    who: str, other: str, own: str, others: str, settled: ObligationState
) -> None:
    coaching, conceded = blaming(who), blaming(who)
    coaching.on(6).eng.as_party(other).contest_evidence(others, "I was there", dispute_id="d")  # type: ignore[union-attr]
    coaching.on(8).wise.resolve_dispute("d", False, "No")
    conceded.on(7).eng.as_party(other).concede_obligation(others, "I forgot")  # type: ignore[union-attr]
    for each in (coaching, conceded):
        assert [each.state(own, day) for day in (6, 9)] == [OPEN, settled]
        each.check_postings()


@BOTH
@pytest.mark.parametrize("decided_by", ["supervisor", "author"])
def test_once_it_is_overturned_the_true_outcome_is_entered_anew(
    who: str, other: str, own: str, others: str, settled: ObligationState, decided_by: str
) -> None:
    coaching = blaming(who)
    coaching.on(6).eng.as_party(other).contest_evidence(others, "I was there", dispute_id="d")  # type: ignore[union-attr]
    judge: Any = coaching.wise if decided_by == "supervisor" else coaching.eng.as_party(who)
    judge.resolve_dispute("d", True, "So it was")
    assert coaching.state(own, 8) is OPEN
    author: Any = coaching.eng.as_party(who)
    with pytest.raises(Refused, match=r"session_outcome\.duplicate"):
        author.miss_session("s", [other])
    party: Any = coaching.eng.as_party(other)
    party.miss_session("s", [who])
    assert coaching.eng.state().sessions["s"].absent == (who,)
    assert coaching.state(own, 9) is OPEN  # who says so now waits for an answer in turn
    assert coaching.state(own, 30) is MISSED
    assert coaching.state(others, 30) is (LAPSED if who == "ann" else MET)
    coaching.check_postings()
    with pytest.raises(Refused, match=r"session\.closed"):
        party.hold_session("s")


def test_what_is_entered_anew_may_be_that_it_was_held_and_a_journal_says_so(tmp_path: Path) -> None:
    coaching = blaming("ben")
    coaching.on(6).coach.contest_evidence(NOTICE, "I waited an hour", dispute_id="d")
    coaching.on(7).wise.resolve_dispute("d", True, "He did")
    coaching.on(8).coach.hold_session("s", attended=["ann"], occurred_at=coaching.time(5, 0.5))
    assert coaching.state(ATTENDING, 9) is OPEN
    assert coaching.state(ATTENDING, 30) is MISSED
    assert coaching.state(NOTICE, 30) is MET
    path = tmp_path / "journal.jsonl"
    path.write_text("\n".join(write_journal(coaching.eng.recorded())), encoding="utf-8")
    refused: list[Any] = []
    copy = import_journal(coachcore.open(), read_journal(path), on_refused=refused.append)
    assert [event.content for event in copy.recorded()][1:] == [event.content for event in coaching.eng.recorded()][1:]
    assert not refused


# --- a session that only one side is said to have held ----------------------------------------------------------------


def held_alone(who: str, by: str = "") -> Coaching:
    """It is said, an hour after it began, that a session was held to which one side alone came; by that side where not said otherwise."""
    coaching = Coaching()
    author: Any = coaching.on(5, 1).eng.as_party(by or who)
    author.hold_session("s", attended=[who])
    return coaching


@BOTH
def test_who_says_that_they_alone_held_a_session_waits_as_well_as_the_other(
    who: str, other: str, own: str, others: str, settled: ObligationState
) -> None:
    coaching = held_alone(who)
    assert [coaching.state(each, day) for each in (own, others) for day in (6, 12, 19)] == [OPEN] * 6
    assert [coaching.state(each, 20) for each in (own, others)] == [MET, MISSED]
    coaching.check_postings()


@BOTH
def test_what_is_contested_of_it_is_judged_for_neither_while_nobody_decides(
    who: str, other: str, own: str, others: str, settled: ObligationState
) -> None:
    coaching = held_alone(who)
    coaching.on(6).eng.as_party(other).contest_evidence(others, "I was there")  # type: ignore[union-attr]
    assert [coaching.state(each, 35) for each in (own, others)] == [OPEN, OPEN]
    for each in (own, others):
        undecided = coaching.at(coaching.time(40), each)
        assert (undecided.state, undecided.lapse_reason) == (LAPSED, LapseReason.UNDECIDED)
    coaching.check_postings()


@BOTH
def test_once_it_is_overturned_both_attended_and_what_follows_is_owed_when_it_is_entered_anew(
    who: str, other: str, own: str, others: str, settled: ObligationState
) -> None:
    coaching = held_alone(who)
    coaching.on(6).eng.as_party(other).contest_evidence(others, "I was there", dispute_id="d")  # type: ignore[union-attr]
    coaching.on(8).wise.resolve_dispute("d", True, "So it was")
    assert [coaching.state(each, 7) for each in (own, others)] == [OPEN, OPEN]
    assert [coaching.state(each, 9) for each in (own, others)] == [MET, MET]
    coaching.check_postings()
    summary = "coach.structure.sessions/s@held"
    assert summary not in {each.id for each in coaching.eng.ledger().obligations}
    coaching.coach.hold_session("s", occurred_at=coaching.time(5, 1))
    assert summary in {each.id for each in coaching.eng.ledger().obligations}
    assert [coaching.state(each, 10) for each in (own, others)] == [MET, MET]


@BOTH
def test_its_author_takes_back_alone_that_the_other_side_did_not_come_and_says_so_with_them_alone(
    who: str, other: str, own: str, others: str, settled: ObligationState
) -> None:
    coaching = held_alone(who)
    author: Any = coaching.eng.as_party(who)
    entry = coaching.eng.recorded()[-1].id
    coaching.on(8)
    author.correct_entry(entry, "We both were there", SessionHeld(session_id="s"))
    assert not coaching.eng.state().proposed_corrections
    assert [coaching.state(each, 9) for each in (own, others)] == [MET, MET]
    coaching.check_postings()
    author.correct_entry(entry, "They were not, after all", SessionHeld(session_id="s", attended=[who]))
    assert len(coaching.eng.state().proposed_corrections) == 1
    assert [coaching.state(each, 10) for each in (own, others)] == [MET, MET]


@pytest.mark.parametrize(("who", "failed", "kept"), [("ann", ATTENDING, NOTICE), ("ben", NOTICE, ATTENDING)])
def test_who_says_that_they_did_not_come_themselves_concedes_it(who: str, failed: str, kept: str) -> None:
    coaching = held_alone(who, by="ben" if who == "ann" else "ann")
    assert [coaching.state(each, 7) for each in (failed, kept)] == [MISSED, MET]


@pytest.mark.parametrize("who", ["ann", "ben"])
def test_a_session_to_which_one_side_alone_came_asks_nothing_of_either_but_for_having_come(who: str) -> None:
    """Neither a summary and feedback of the coach, nor, of every so many sessions, ratings and feedback of the client."""
    course = Course()
    course.on(1)
    for number in (1, 2, 3):
        course.coach.schedule_session(course.time(4 + number), session_id=f"s{number}")
    for number in (1, 2, 3):
        course.on(4.1 + number).eng.as_party(who).hold_session(f"s{number}", attended=[who])  # type: ignore[union-attr]
    owed = {each.duty_id for each in course.ledger(40).obligations if each.subject_id in ("s1", "s2", "s3")}
    assert owed == {
        "client.engagement.participation", "coach.structure.sessions", "coach.ethics.professionalism"
    }  # fmt: skip
    assert not [each for each in course.ledger(40).obligations if each.id.endswith("@held")]


def test_in_a_group_one_client_who_came_holds_the_session_with_the_coach() -> None:
    course = Course(parties=(*PARTIES, Party(id="cas", name="Cas", role=Role.CLIENT)))
    course.on(1).coach.schedule_session(course.time(5), session_id="s")
    course.on(5.1).coach.hold_session("s", attended=["ann", "ben"])
    assert course.ledger(6).obligation("coach.ethics.professionalism/s").state is MET
    assert course.ledger(6).obligation("coach.structure.sessions/s@held").state is OPEN
    assert course.ledger(30).obligation("client.engagement.participation/s@:cas").state is MISSED


def test_what_is_said_of_oneself_and_giving_notice_count_at_once() -> None:
    coaching = Coaching()
    coaching.on(3).client.cancel_session("s", reason="Ill")
    assert coaching.state(ATTENDING, 4) is LAPSED
    assert coaching.state(NOTICE, 4) is LAPSED


@pytest.mark.parametrize("who", ["ann", "ben"])
def test_cancelling_late_in_the_name_of_the_other_side_helps_nobody_before_they_could_answer(who: str) -> None:
    other = "ben" if who == "ann" else "ann"
    own = NOTICE if who == "ann" else ATTENDING
    coaching = Coaching()
    author: Any = coaching.on(4, 20).eng.as_party(who)
    author.cancel_session("s", cancelled_by=other, reason="A train")
    assert coaching.state(own, 18) is OPEN
    assert coaching.state(own, 20) is LAPSED
    coaching.check_postings()


@pytest.mark.parametrize("who", ["ann", "ben"])
@pytest.mark.parametrize("day", [5, 8, 30])
def test_whose_session_the_other_side_missed_has_missed_nothing_however_late_that_is_said(who: str, day: int) -> None:
    coaching = Coaching()
    party: Any = coaching.on(day, 1).eng.as_party(who)
    party.miss_session("s", ["ann"])
    assert coaching.state(ATTENDING, 50) is LAPSED
    assert coaching.state(NOTICE, 50) is MISSED
    coaching.check_postings()


def test_the_agenda_that_was_lacking_is_missed_whoever_is_said_to_have_missed_the_session() -> None:
    coaching = Coaching()
    coaching.on(3).coach.schedule_session(coaching.time(8), session_id="t")
    coaching.on(8, 1).coach.miss_session("t", ["ben"])
    agenda = "coach.structure.sessions/t"
    assert coaching.state(agenda, 9) is MISSED
    coaching.client.contest_evidence("client.engagement.participation/t", "I was there", dispute_id="d")
    assert coaching.state(agenda, 60) is MISSED


# --- claims by which the other side failed in nothing ----------------------------------------------------------------

CASES = [("ann", "cancelled"), ("ben", "cancelled"), ("ann", "moved")]
"""Who claims what. A client who has a session moved owes no notice of it, and attends it on its new day."""
CLAIMED = pytest.mark.parametrize(("who", "claim"), CASES)
OWN, OTHER = {"ann": NOTICE, "ben": ATTENDING}, {"ann": "ben", "ben": "ann"}


def claiming(who: str, claim: str, begin: str = WINTER) -> Coaching:
    """An hour before a session one side enters that the other cancelled it three days before, or asks to have it moved."""
    coaching = Coaching(begin)
    author: Any = coaching.on(4, 23).eng.as_party(who)
    if claim == "cancelled":
        author.cancel_session("s", cancelled_by=OTHER[who], occurred_at=coaching.time(2, 1))
    else:
        author.move_session("s", coaching.time(10), "A call came", moved_by=OTHER[who])
        coaching.on(10, 1).coach.hold_session("s")
    return coaching


@CLAIMED
@pytest.mark.parametrize("begin", [WINTER, SPRING, AUTUMN])
def test_that_the_other_side_gave_notice_helps_nobody_before_they_could_contest_it(
    who: str, claim: str, begin: str
) -> None:
    coaching, own = claiming(who, claim, begin), OWN[who]
    waiting = coaching.at(coaching.time(17), own)
    until = coaching.begin.add(days=18, hours=23).in_timezone("UTC")  # type: ignore[union-attr]
    assert (waiting.state, waiting.waits_until) == (OPEN, until)
    assert waiting.waits_for == ("client" if who == "ann" else "coach")
    (step,) = (
        step
        for step in coaching.eng.ledger(as_of=coaching.time(17)).next_steps
        if step.obligation is not None and step.obligation.id == own
    )
    assert (step.kind, step.role, step.until) == (NextStepKind.ANSWER, waiting.waits_for, until)
    assert coaching.at(until, own).state is OPEN
    assert coaching.at(until + TICK, own).state is (LAPSED if claim == "cancelled" else MET)
    coaching.check_postings()


@CLAIMED
@pytest.mark.parametrize(
    ("upheld", "states", "reason"),
    [(None, (OPEN, LAPSED), LapseReason.UNDECIDED), (True, (MISSED, MISSED), None), (False, (MET, MET), None)],
)
def test_a_contested_claim_waits_for_a_decision(
    who: str, claim: str, upheld: bool | None, states: tuple[ObligationState, ...], reason: LapseReason | None
) -> None:
    coaching, own = claiming(who, claim), OWN[who]
    contester = coaching.eng.as_party(OTHER[who])
    contester.contest_evidence(own, "I asked for nothing", dispute_id="d")  # type: ignore[union-attr]
    with pytest.raises(Refused, match=r"contest\.duplicate"):
        contester.contest_evidence(own, "Nothing at all")  # type: ignore[union-attr]
    assert coaching.state(own, 12) is OPEN
    if upheld is not None:
        coaching.on(13).wise.resolve_dispute("d", upheld, "So I find")
    if upheld is False and claim == "cancelled":
        states, reason = (LAPSED, LAPSED), LapseReason.CANCELLED
    assert tuple(coaching.state(own, day) for day in (14, 60)) == states
    assert coaching.at(coaching.time(60), own).lapse_reason is reason
    coaching.check_postings()


@CLAIMED
def test_whom_a_claim_names_may_confirm_it_at_once(who: str, claim: str) -> None:
    coaching, own = claiming(who, claim), OWN[who]
    coaching.on(11).eng.as_party(OTHER[who]).confirm_evidence(own)  # type: ignore[union-attr]
    assert coaching.state(own, 12) in (MET, ObligationState.MET_LATE)
    coaching.check_postings()


def test_what_one_could_have_cancelled_oneself_needs_no_answer() -> None:
    coaching = Coaching()
    coaching.on(3).coach.cancel_session("s", cancelled_by="ben")
    assert coaching.state(NOTICE, 4) is LAPSED


def test_an_agenda_that_was_missed_stays_so_whatever_its_coach_says_of_the_client() -> None:
    for hours in (1, 60):  # late, or in good time
        coaching = Coaching()
        coaching.coach.schedule_session(coaching.time(5), session_id="t")
        agenda = "coach.structure.sessions/t"
        assert coaching.state(agenda, 5, 1) is MISSED
        coaching.coach.cancel_session("t", cancelled_by="ben", occurred_at=coaching.time(5, -hours))
        assert [coaching.state(agenda, day) for day in (6, 12, 30, 60)] == [MISSED] * 4


def test_a_confirmation_before_the_session_stands_by_itself() -> None:
    coaching = Coaching()
    coaching.on(4).client.confirm_evidence(NOTICE)
    coaching.on(5, 1).coach.hold_session("s")
    assert [coaching.state(NOTICE, day) for day in (3, 4, 6)] == [OPEN, MET, MET]
    coaching.check_postings()


def test_a_claim_that_comes_too_late_after_the_end_is_not_judged() -> None:
    coaching = Coaching()
    coaching.on(5, 1).coach.complete()
    coaching.on(20).coach.cancel_session("s", cancelled_by="ben", occurred_at=coaching.time(4, 23))
    settled = coaching.at(coaching.time(60), NOTICE)
    assert (settled.state, settled.lapse_reason) == (LAPSED, LapseReason.NOT_JUDGED)


# --- what is due by the first session --------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["coach", "client"])
@pytest.mark.parametrize("number", [1, 2, 3])
def test_sessions_that_are_cancelled_in_good_time_one_after_the_other_leave_nothing_to_miss(
    who: str, number: int
) -> None:
    course = Course()
    affirmed = "coach.ethics.code/first_session"
    for count in range(1, number + 1):
        name = f"s{count}"
        course.on(10 * count - 5).coach.schedule_session(course.time(10 * count), session_id=name)
        assert course.state(affirmed, 10 * count - 4) is OPEN
        getattr(course.on(10 * count - 3), who).cancel_session(name, reason="Ill")
        lapsed = course.ledger(10 * count - 2).obligation(affirmed)
        assert (lapsed.state, lapsed.lapse_reason) == (LAPSED, LapseReason.CANCELLED)
    day = 10 * number
    assert course.ledger(day + 3).obligation(affirmed).state is LAPSED
    course.on(day + 4).coach.schedule_session(course.time(day + 8), session_id="t", agenda=["Topic"])
    assert course.state(affirmed, day + 7) is OPEN
    course.on(day + 8.1).coach.hold_session("t")
    assert course.state(affirmed, day + 9) is MISSED
    whole = course.ledger(day + 20).postings
    for step in range(2 * day + 20):
        moment = course.time(step / 2)
        assert balances(whole, moment) == balances(course.eng.ledger(as_of=moment).postings), step / 2
