"""Breaches and disclosures: nobody decides on their own, and a breach falls on whoever carried the duty when it happened."""

import json
from collections.abc import Callable
from typing import Any

import pytest

import coachcore
from coachcore import Party, Role
from coachcore.charter import Charter
from coachcore.errors import NotAllowed, Refused
from coachcore.interop import parse_journal
from coachcore.interop.importing import import_journal
from coachcore.interop.journal import write_journal
from coachcore.ledger import Dispute, Obligation
from coachcore.ledger.accounts import balances
from coachcore.model.times import as_moment
from tests.ledger.test_hard_cases import MET, MISSED, OPEN, PARTIES, Course

DUTY = "coach.environment.confidentiality"
STANDING = f"{DUTY}/standing"
KEYS = """
id = "house"
version = "1"

[[duty]]
id = "coach.house.keys"
title = { en = "Keys", lv = "Atslēgas" }
text = { en = "Keeps the keys.", lv = "Glabā atslēgas." }
schedules = [{ kind = "standing" }]
"""
WITH_SUPERVISOR = (*PARTIES, Party(id="sue", name="Sue", role=Role.SUPERVISOR))


def course() -> Course:
    return Course(parties=WITH_SUPERVISOR)


def standing(coaching: Course, day: float) -> Obligation:
    return coaching.ledger(day).obligation(STANDING)


def disclose(coaching: Course, **fields: Any) -> str:
    event: Any = coaching.coach.disclose_information("The employer", "That we meet", "As said", **fields)
    return str(event.id)


def report(coaching: Course, breach_id: str) -> None:
    coaching.client.report_breach(DUTY, "It was told on", breach_id=breach_id)


def resolve(coaching: Course, breach_id: str, *, upheld: bool) -> None:
    coaching.eng.as_party("sue").resolve_breach(breach_id, upheld, "I looked into it")


def test_of_several_breaches_the_first_that_was_upheld_counts() -> None:
    coaching = course().on(3)
    report(coaching, "b1"), report(coaching, "b2")
    resolve(coaching.on(5), "b1", upheld=True)
    resolve(coaching.on(9), "b2", upheld=True)
    missed = standing(coaching, 10)
    assert (missed.state, missed.settled_at, len(missed.evidence)) == (MISSED, coaching.time(5), 2)


def test_of_several_breaches_one_that_waits_and_then_one_that_was_upheld_is_shown() -> None:
    coaching = course().on(3)
    report(coaching, "b1"), report(coaching, "b2"), report(coaching, "b3")
    resolve(coaching.on(5), "b1", upheld=False)
    assert standing(coaching, 6).dispute is Dispute.RAISED
    resolve(coaching.on(7), "b2", upheld=True)
    assert standing(coaching, 8).dispute is Dispute.RAISED
    assert standing(coaching, 40).dispute is Dispute.UPHELD  # nobody decided the third in time


def test_a_waiver_of_0_1_stands_in_for_no_breach_that_was_upheld_before_it() -> None:
    for waived_on, state in ((4, "waived"), (8, "missed")):
        coaching = course().on(3)
        report(coaching, "b1")
        coaching.on(6).coach.resolve_breach("b1", True, "It was so")
        lines = [json.loads(line) for line in write_journal(coaching.eng.recorded())]
        waiver = {"obligation_id": STANDING, "reason": "I trust you"}
        lines.append(
            {"at": coaching.time(waived_on).isoformat(), "by": "ben", "do": "waive_obligation", "with": waiver}
        )
        lines.sort(key=lambda line: as_moment(line["at"]))
        journal = parse_journal("\n".join(map(json.dumps, lines)))
        eng = import_journal(course().on(100).practice, journal, engagement_id="old")
        assert eng.ledger(as_of=coaching.time(20)).obligation(STANDING).state == state


# --- disclosures -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fields", [{"ground": "law"}, {"ground": "danger"}])
def test_a_disclosure_on_law_or_in_danger_opens_nothing(fields: dict[str, str]) -> None:
    coaching = course().on(3)
    disclose(coaching, **fields)
    assert standing(coaching, 4).dispute is Dispute.NONE
    assert not coaching.eng.state().breaches


def test_a_disclosure_needs_a_consent_in_force_and_of_its_scope() -> None:
    coaching = course().on(3)
    coaching.client.give_consent("share_with_sponsor")
    disclose(coaching, ground="consent", scope="share_with_sponsor")
    assert standing(coaching, 4).dispute is Dispute.NONE
    other = disclose(coaching, ground="consent", scope="research")
    assert standing(coaching, 4.1).dispute is Dispute.RAISED
    coaching.on(5).client.withdraw_consent("share_with_sponsor")
    too_late = disclose(coaching.on(6), scope="share_with_sponsor")
    without = disclose(coaching, ground="consent")
    assert set(coaching.eng.state().breaches) == {other, too_late, without}


def test_a_disclosure_without_a_ground_is_recorded_and_opens_a_breach_that_nobody_has_decided() -> None:
    coaching = course().on(3)
    breach = disclose(coaching)
    obligation = standing(coaching, 4)
    assert (obligation.state, obligation.dispute, obligation.is_contested) == (OPEN, Dispute.RAISED, True)
    assert standing(coaching, 32).dispute is Dispute.RAISED
    undecided = standing(coaching, 40)
    assert (undecided.state, undecided.dispute) == (OPEN, Dispute.UNDECIDED)
    coaching.on(41).coach.complete()
    assert (standing(coaching, 42).state, standing(coaching, 42).dispute) == (MET, Dispute.UNDECIDED)
    with pytest.raises(Refused) as caught:
        coaching.eng.as_party("sue").resolve_breach(breach, True, "It was")
    assert caught.value.code == "window.closed"


def test_the_coach_may_admit_a_disclosure_and_not_dismiss_it_and_a_supervisor_decides() -> None:
    coaching = course().on(3)
    breach = disclose(coaching)
    for acting, upheld in ((coaching.coach, False), (coaching.client, True), (coaching.client, False)):
        with pytest.raises(NotAllowed):
            acting.resolve_breach(breach, upheld, "So")
    coaching.on(5).coach.resolve_breach(breach, True, "I should have asked")
    obligation = standing(coaching, 6)
    assert (obligation.state, obligation.evidence, obligation.dispute) == (MISSED, (breach,), Dispute.UPHELD)
    second = disclose(coaching)
    coaching.eng.as_party("sue").resolve_breach(second, False, "Everybody knew")


def test_a_disclosure_of_0_1_and_one_that_is_imported_without_the_question_opens_nothing() -> None:
    coaching = course().on(3)
    disclose(coaching)
    lines = list(write_journal(coaching.eng.recorded()))
    again = import_journal(coachcore.open(), parse_journal("".join(lines)))
    assert again.ledger(as_of=coaching.time(4)).obligation(STANDING).dispute is Dispute.RAISED
    old = [line.replace(', "needs_ground": true', "") for line in lines]
    assert old != lines
    imported = import_journal(coachcore.open(), parse_journal("".join(old)))
    assert imported.ledger(as_of=coaching.time(4)).obligation(STANDING).dispute is Dispute.NONE


# --- reports ---------------------------------------------------------------------------------------------------------


def test_a_sponsor_reports_and_never_decides() -> None:
    coaching = course().on(3)
    sponsor: Any = coaching.eng.as_party("dee")
    sponsor.report_breach(DUTY, "I heard it", breach_id="mine")
    coaching.client.report_breach(DUTY, "So did I", breach_id="theirs")
    for breach, upheld in (("mine", True), ("theirs", True), ("theirs", False)):
        with pytest.raises(NotAllowed):
            sponsor.resolve_breach(breach, upheld, "So")
    assert standing(coaching, 4).dispute is Dispute.RAISED
    with pytest.raises(NotAllowed):  # neither does the client of a report that is not theirs
        coaching.client.resolve_breach("mine", False, "It was nothing")
    coaching.client.resolve_breach("theirs", False, "I was wrong")
    coaching.eng.as_party("sue").resolve_breach("mine", True, "It was")
    assert standing(coaching, 5).state is MISSED


def test_a_sponsor_withdraws_their_own_report_while_nobody_has_decided_it() -> None:
    coaching = course().on(3)
    sponsor: Any = coaching.eng.as_party("dee")
    for breach in ("misheard", "admitted", "old"):
        sponsor.report_breach(DUTY, "I heard it", breach_id=breach)
    sponsor.resolve_breach("misheard", False, "I misheard")
    assert not coaching.eng.state().breaches["misheard"].upheld
    coaching.coach.resolve_breach("admitted", True, "I did")
    with pytest.raises(Refused, match=r"breach\.closed"):
        sponsor.resolve_breach("admitted", False, "Never mind")
    assert standing(coaching, 4).state is MISSED
    coaching.on(34)
    with pytest.raises(Refused, match=r"window\.closed"):
        sponsor.resolve_breach("old", False, "Never mind")
    lines = list(write_journal(coaching.eng.recorded()))
    again = import_journal(coachcore.open(), parse_journal("".join(lines)))
    assert [event.content for event in again.recorded()][1:] == [event.content for event in coaching.eng.recorded()][1:]


def test_a_supervisor_who_reported_a_breach_has_a_part_in_it() -> None:
    coaching = course().on(3)
    supervisor = coaching.eng.as_party("sue")
    supervisor.report_breach(DUTY, "I heard it", breach_id="b")
    with pytest.raises(NotAllowed):
        supervisor.resolve_breach("b", True, "It was")
    supervisor.resolve_breach("b", False, "I misheard")
    assert standing(coaching, 4).dispute is Dispute.NOT_UPHELD


def test_a_breach_of_before_a_hand_over_falls_on_who_carried_the_duty_then() -> None:
    duty = "coach.house.keys"
    charter = Charter.from_toml(KEYS)
    coaching = Course(charters=[charter], charter="house", charter_version="1")
    coaching.on(5).coach.hand_over_duty(duty, "client")
    coaching.client.accept_handover(duty)
    assert coaching.state(f"{duty}/standing", 7) is MET
    coaching.on(8).client.report_breach(duty, "Lent on the third day", breach_id="b", happened_at=coaching.time(3))
    disputes = {each.id: each.dispute for each in coaching.ledger(9).obligations}
    assert disputes == {f"{duty}/standing": Dispute.RAISED, f"{duty}/standing.2": Dispute.NONE}
    with pytest.raises(NotAllowed):
        coaching.client.resolve_breach("b", True, "It was")
    coaching.coach.resolve_breach("b", True, "I did")
    states = {each.id: (each.role, each.state) for each in coaching.ledger(10).obligations}
    assert states == {f"{duty}/standing": (Role.COACH, MISSED), f"{duty}/standing.2": (Role.CLIENT, OPEN)}
    ledger = coaching.ledger(10)
    assert balances(ledger.postings, coaching.time(7))["coach:met"] == 1  # as the ledger of that day had it
    assert balances(ledger.postings)["coach:missed"] == 1


NOT_REPORTED: list[tuple[str, Callable[[Course], Any]]] = [
    ("duty.unknown", lambda coaching: coaching.client.report_breach("coach.no.such", "It was broken")),
    ("breach_duty.not_allowed", lambda coaching: coaching.client.report_breach("coach.structure.review", "No review")),
    (
        "time.out_of_engagement",
        lambda coaching: coaching.client.report_breach(DUTY, "Before", happened_at="2025-12-01T10:00:00Z"),
    ),
    (
        "time.out_of_engagement",
        lambda coaching: coaching.client.report_breach(DUTY, "After", happened_at=coaching.time(200)),
    ),
    ("window.closed", lambda coaching: coaching.on(42).client.report_breach(DUTY, "Long ago")),
]


@pytest.mark.parametrize(("code", "report"), NOT_REPORTED)
def test_a_breach_is_reported_of_a_known_duty_and_until_30_days_after_the_end(
    code: str, report: Callable[[Course], Any]
) -> None:
    coaching = course()
    coaching.on(10).coach.complete()
    coaching.on(20).client.report_breach(DUTY, "He told my manager", breach_id="b")
    assert (standing(coaching, 21).state, standing(coaching, 21).dispute) == (MET, Dispute.RAISED)
    with pytest.raises(Refused) as caught:
        report(coaching)
    assert caught.value.code == code
