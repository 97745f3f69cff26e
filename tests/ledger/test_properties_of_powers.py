"""Properties 1 to 6 of a fair ledger: what a party says alone neither helps them nor hurts the other side."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pendulum import DateTime

from coachcore import events as e
from coachcore.events import Content
from coachcore.ledger import Ledger, Obligation
from coachcore.model import Role
from coachcore.model.words import Visibility
from tests.ledger.any_course import (
    ANSWERS,
    FEW,
    PLAIN,
    SPEECH,
    AnyCourse,
    act,
    check_for_long,
    courses,
    entry,
    moments_of,
)
from tests.ledger.test_any_history import EVER, later

ALONE = sorted(set(SPEECH) - {"accept", "accept handover"})
"""What a party says alone. To accept what the other side proposed is an agreement of both."""


def course_with_speech(draw: st.DrawFn, course: AnyCourse, role: Role) -> AnyCourse:
    """The course as it goes on when one party speaks, and nobody else does anything."""
    spoken = course.copy()
    for _ in range(draw(st.integers(2, 8))):
        spoken.now = later(spoken.now, hours=draw(st.sampled_from([0, 1, 30, 200])))
        content = act(draw, spoken, draw(st.sampled_from(ALONE)), str(role))
        if content is not None and not _is_contest_of_own(spoken, content, role):
            spoken.is_recorded(content, str(role))
    for content in _one_of_each(draw, spoken, role):
        spoken.is_recorded(content, str(role))
    return spoken


def _one_of_each(draw: st.DrawFn, course: AnyCourse, role: Role) -> list[Content]:
    """Confirming, waiving and contesting of one obligation in each state, of either side."""
    by_state: dict[tuple[Role, str], list[Obligation]] = {}
    for obligation in course.ledger_now.obligations:
        by_state.setdefault((obligation.role, obligation.state), []).append(obligation)
    contents: list[Content] = []
    for (owner, _), obligations in by_state.items():
        obligation_id = draw(st.sampled_from(obligations)).id
        dispute_id = f"d{len(course.state.disputes) + len(contents) + 1}"
        contents.append(e.EvidenceConfirmed(obligation_id=obligation_id))
        contents.append(e.ObligationWaived(obligation_id=draw(st.sampled_from(obligations)).id, reason="R"))
        if owner is not role:
            contents.append(e.EvidenceContested(dispute_id=dispute_id, obligation_id=obligation_id, reason="R"))
    return draw(st.permutations(contents))


def _is_contest_of_own(course: AnyCourse, content: Content, role: Role) -> bool:
    """Contesting what was entered against oneself: the excepted act."""
    if not isinstance(content, e.EvidenceContested):
        return False
    return course.ledger_now.obligation(content.obligation_id).role is role


def record_of(ledger: Ledger, role: Role) -> tuple[int, int, int, Decimal | None]:
    statement = ledger.statement(role)
    return statement.total.met, statement.total.met_late, statement.total.missed, statement.reliability


def two_times(draw: st.DrawFn, course: AnyCourse) -> list[tuple[DateTime, DateTime]]:
    as_of, known_at = moments_of(draw, course)
    return [(as_of, EVER), (later(course.now, days=90), EVER), (as_of, known_at)]


@FEW
@given(data=st.data())
def test_own_speech_alone_never_improves_ones_own_record(data: st.DataObject) -> None:
    """Property 1: confirming, contesting, waiving, deciding, offering, reporting and amending, said by one party alone, never raise what
    that party has met, met late or their reliability, nor lower what they missed, at any two times."""
    course = data.draw(courses())
    role = data.draw(st.sampled_from([Role.COACH, Role.CLIENT]))
    spoken = course_with_speech(data.draw, course, role)
    for as_of, known_at in two_times(data.draw, spoken):
        met, late, missed, reliability = record_of(course.ledger(as_of, known_at), role)
        met_then, late_then, missed_then, reliability_then = record_of(spoken.ledger(as_of, known_at), role)
        assert met_then <= met
        assert met_then + late_then <= met + late
        assert missed_then >= missed
        assert reliability_then == reliability or (reliability is not None and (reliability_then or 0) < reliability)


@FEW
@given(data=st.data())
def test_own_speech_alone_never_worsens_the_record_of_the_other_side(data: st.DataObject) -> None:
    """Property 2: said by one party alone, none of these lowers what the other side has met, met late or its reliability, nor raises
    what it missed.

    Reliability is compared once the time of what was confirmed is over: confirmed in its grace it is late at once, and would be missed
    only when the grace ends."""
    course = data.draw(courses())
    role = data.draw(st.sampled_from([Role.COACH, Role.CLIENT]))
    spoken = course_with_speech(data.draw, course, role)
    confirmed = {getattr(event.content, "obligation_id", "") for event in spoken.events}
    for as_of, known_at in two_times(data.draw, spoken):
        ledger = course.ledger(as_of, known_at)
        met, late, missed, reliability = record_of(ledger, role.counterpart)
        met_then, late_then, missed_then, reliability_then = record_of(spoken.ledger(as_of, known_at), role.counterpart)
        assert met_then >= met
        assert met_then + late_then >= met + late
        assert missed_then <= missed
        if all(obligation.state != "open" for obligation in ledger.obligations if obligation.id in confirmed):
            assert reliability is None or (reliability_then is not None and reliability_then >= reliability)


NOTHING_TO_DO = {"confirmation.closed", "waiver.closed", "dispute.closed", "breach.closed", "window.closed"}
"""Codes that say that there is nothing left to concede, and never that somebody else has to consent."""


@FEW
@given(data=st.data())
def test_what_is_against_ones_own_interest_one_may_do_alone(data: st.DataObject) -> None:
    """Property 4: confirming and waiving what one is owed, conceding a dispute or a breach and withdrawing one's own are never refused
    because the other side or somebody else would have to consent."""
    course = data.draw(courses())
    course.now = later(course.now, hours=data.draw(st.sampled_from([0, 24, 400])))
    acts: list[tuple[Role, Content]] = []
    for obligation in course.ledger_now.obligations:
        creditor = obligation.role.counterpart
        acts.append((creditor, e.EvidenceConfirmed(obligation_id=obligation.id)))
        if obligation.is_waivable:
            acts.append((creditor, e.ObligationWaived(obligation_id=obligation.id, reason="R")))
    for dispute in course.state.disputes.values():
        for role, upheld in ((dispute.opened_by.role, False), (dispute.opened_by.role.counterpart, True)):
            acts.append((role, e.DisputeResolved(dispute_id=dispute.id, upheld=upheld, text="T")))
    for breach in course.state.breaches.values():
        acts.append((breach.opened_by.role, e.BreachResolved(breach_id=breach.id, upheld=False, text="T")))
        acts.append((Role.COACH, e.BreachResolved(breach_id=breach.id, upheld=True, text="T")))
    for role, content in acts:
        if isinstance(content, e.BreachResolved) and not content.upheld and role is Role.COACH:
            continue  # a coach who reports the coach: admitting it is against their interest, withdrawing it is not
        refusal = course.copy().refusal(content, str(role))
        assert refusal is None or refusal in NOTHING_TO_DO, (refusal, content)


@FEW
@given(data=st.data())
def test_what_a_party_may_not_read_changes_nothing_for_them(data: st.DataObject) -> None:
    """Property 5: whatever a party records for themselves alone changes no obligation of the other side, at any two times, and no
    window to contest it runs."""
    course = data.draw(courses(most=40))
    role = data.draw(st.sampled_from([Role.COACH, Role.CLIENT]))
    secretive, is_secret = course.copy(), False
    own = [name for name, (by, _) in ANSWERS.items() if by == str(role)]
    for _ in range(12):
        secretive.now = later(secretive.now, hours=data.draw(st.sampled_from([1, 30, 200])))
        command = entry(data.draw, secretive, data.draw(st.sampled_from([*own, *own, *PLAIN])))
        if command is not None and command[0] == str(role):
            is_secret = secretive.is_recorded(command[1], command[0], visibility=Visibility.AUTHOR) or is_secret
    for as_of, known_at in two_times(data.draw, secretive) if is_secret else ():
        open_to_all, kept_secret = (each.ledger(as_of, known_at) for each in (course, secretive))
        assert _obligations_of(kept_secret, role.counterpart) == _obligations_of(open_to_all, role.counterpart)


def _obligations_of(ledger: Ledger, role: Role) -> list[Obligation]:
    return [obligation for obligation in ledger.obligations if obligation.role is role]


@FEW
@given(data=st.data())
def test_a_dispute_and_an_offer_are_resolved_at_most_once(data: st.DataObject) -> None:
    """Property 6: a dispute that was decided is closed to everybody, and an offer that was accepted is used up."""
    course = data.draw(courses(ends=False))
    for number, obligation in enumerate(course.ledger_now.obligations):
        contest = e.EvidenceContested(dispute_id=f"x{number}", obligation_id=obligation.id, reason="R")
        if course.is_recorded(contest, str(obligation.role.counterpart)):
            decision = e.DisputeResolved(dispute_id=f"x{number}", upheld=data.draw(st.booleans()), text="T")
            course.record(decision, "supervisor")
    course.is_recorded(e.DutyHandedOver(duty_id="coach.structure.review", to=Role.CLIENT), "coach")
    course.is_recorded(e.HandoverAccepted(duty_id="coach.structure.review"), "client")
    resolved = [event.content.dispute_id for event in course.events if isinstance(event.content, e.DisputeResolved)]
    assert len(set(resolved)) == len(resolved)
    for dispute_id in resolved:
        for by in ("coach", "client", "supervisor"):
            for upheld in (True, False):
                content = e.DisputeResolved(dispute_id=dispute_id, upheld=upheld, text="T")
                assert not course.copy().is_recorded(content, by)
    offers: dict[str, int] = {}
    for event in course.events:
        if isinstance(event.content, e.DutyHandedOver):
            offers[event.content.duty_id] = 1
        elif isinstance(event.content, e.HandoverAccepted):
            offers[event.content.duty_id] -= 1
            assert offers[event.content.duty_id] == 0
    for duty_id, count in offers.items():
        if count == 0:
            for by in ("coach", "client"):
                assert not course.copy().is_recorded(e.HandoverAccepted(duty_id=duty_id), by)


PROPERTIES = [test for name, test in sorted(globals().items()) if name.startswith("test_")]


@pytest.mark.soak
@pytest.mark.parametrize("test", PROPERTIES, ids=lambda test: test.__name__)
def test_it_holds_of_many_courses(test: Callable[[], None]) -> None:
    check_for_long(test)
