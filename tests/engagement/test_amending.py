"""Changing an agreement: all signatories accept the new version, and who leaves, while they remember what it says."""

from typing import Any

import pytest

from coachcore import Party, Role
from coachcore.errors import NotAllowed, Refused
from coachcore.interop import parse_journal, write_journal
from coachcore.interop.importing import import_journal
from coachcore.model.value import with_changes
from tests.ledger.test_hard_cases import PARTIES, Course


def amended() -> Course:
    """On day 3 the coach proposes and accepts an agreement with another client."""
    coaching = Course()
    other = Party(id="eva", name="Eva", role=Role.CLIENT)
    parties = [party for party in PARTIES if party.role is not Role.CLIENT]
    changed = with_changes(coaching.eng.state().agreement, parties=(*parties, other))
    coaching.on(3).coach.amend(changed, "A colleague goes on")
    for party in ("ann", "dee", "eva"):
        coaching.eng.as_party(party).accept()  # type: ignore[union-attr]
    return coaching


def test_an_amendment_is_in_force_once_who_leaves_has_accepted_it_within_14_days() -> None:
    coaching = amended()
    coaching.on(17).client.accept()
    assert [party.id for party in coaching.eng.state().agreement.parties] == ["ann", "dee", "eva"]


def test_an_amendment_that_was_not_accepted_in_14_days_is_proposed_anew() -> None:
    coaching = amended()
    with pytest.raises(Refused) as caught:
        coaching.on(17.001).client.accept()
    assert caught.value.code == "amendment.closed"
    coaching.coach.amend(coaching.eng.state().newest, "Once more")
    for party in ("coach", "sponsor", "eva", "client"):
        coaching.eng.as_party(party).accept()  # type: ignore[union-attr]
    assert coaching.eng.state().agreement_version == 3


def test_the_first_agreement_waits_for_as_long_as_it_takes() -> None:
    coaching = Course()
    late = coaching.practice.propose(coaching.eng.state().agreement)
    late.as_party("coach").accept()  # type: ignore[union-attr]
    coaching.on(60)
    late.as_party("client").accept()  # type: ignore[union-attr]
    late.as_party("sponsor").accept()  # type: ignore[union-attr]
    assert late.state().stage == "agreed"


def test_what_was_accepted_late_elsewhere_stays_accepted() -> None:
    """0.1 knew no time to accept; what it recorded, and what is imported, keeps its effect."""
    coaching = amended()
    coaching.on(16).client.accept()
    lines = "".join(write_journal(coaching.eng.recorded())).splitlines(keepends=True)
    later = lines[-1].replace("2026-01-21", "2026-03-21")
    assert later != lines[-1]
    journal = parse_journal("".join([*lines[:-1], later]))
    again = import_journal(Course().on(200).practice, journal)
    assert again.state().agreement_version == 2


# --- other parts -----------------------------------------------------------------------------------------------------

DAN, EVA = Party(id="dan", name="Dan", role=Role.COACH), Party(id="eva", name="Eva", role=Role.CLIENT)
WISE = Party(id="wise", name="Wise", role=Role.SUPERVISOR)


def with_part(coaching: Course, party_id: str, role: Role, *others: Party) -> tuple[Party, ...]:
    """The parties of the agreement, one of them in another role, with others beside them."""
    parties = coaching.eng.state().agreement.parties
    return (*(with_changes(each, role=role) if each.id == party_id else each for each in parties), *others)


@pytest.mark.parametrize(
    ("party_id", "role", "other"),
    [
        ("ben", Role.SUPERVISOR, EVA),
        ("ben", Role.SPONSOR, EVA),
        ("ann", Role.SUPERVISOR, DAN),
        ("dee", Role.SUPERVISOR, Party(id="kim", name="Kim", role=Role.SPONSOR)),
    ],
)
def test_nobody_is_given_another_part_without_a_word(party_id: str, role: Role, other: Party) -> None:
    coaching = Course()
    agreement = with_changes(coaching.eng.state().agreement, parties=with_part(coaching, party_id, role, other))
    by: Any = coaching.on(3).client if party_id == "ann" else coaching.on(3).coach
    by.amend(agreement, "It suits us better")
    state = coaching.eng.state()
    for party in {signatory.id for signatory in agreement.signatories} - {party_id}:
        coaching.eng.as_party(party).accept()  # type: ignore[union-attr]
    assert (state.leaving, coaching.eng.state().agreement_version) == ({party_id}, 1)
    coaching.eng.as_party(party_id).accept()  # type: ignore[union-attr]
    assert coaching.eng.state().agreement_version == 2
    assert party_id in {party.id for party in coaching.eng.state().agreement.those(role)}


def a_coach_who_became_supervisor(act: str) -> Course:
    """The client says something against the coach on day 5, and on day 7 another takes over: the coach stays as a
    supervisor.
    """
    coaching = Course((*PARTIES, WISE))
    if act == "breach":
        coaching.on(5).client.report_breach("coach.ethics.code", "It was said aloud", breach_id="x")
    else:
        coaching.session("s1", 5, is_held=False)
        coaching.on(5.1).client.cancel_session("s1", cancelled_by="ann")
        coaching.coach.contest_evidence("coach.ethics.professionalism/s1", "I was there", dispute_id="x")
    coaching.on(7).amend(parties=with_part(coaching, "ann", Role.SUPERVISOR, DAN))
    coaching.coach.accept()
    return coaching


@pytest.mark.parametrize("act", ["breach", "dispute"])
def test_a_supervisor_decides_nothing_of_when_they_were_a_side(act: str) -> None:
    coaching = a_coach_who_became_supervisor(act)
    for upheld in (True, False):
        with pytest.raises(NotAllowed) as caught:
            getattr(coaching.on(8).eng.as_party("ann"), f"resolve_{act}")("x", upheld, "As I see it")
        assert caught.value.code == "decision.not_allowed"
    getattr(coaching.eng.as_party("wise"), f"resolve_{act}")("x", False, "As I see it")


def test_what_arose_later_they_may_decide() -> None:
    coaching = a_coach_who_became_supervisor("breach")
    coaching.on(9).client.report_breach("coach.ethics.code", "Again", breach_id="y", happened_at=coaching.time(8))
    supervisor: Any = coaching.eng.as_party("ann")
    supervisor.resolve_breach("y", True, "I have read the notes")
    assert coaching.eng.state().breaches["y"].upheld
