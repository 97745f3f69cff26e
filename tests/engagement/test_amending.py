"""Changing an agreement: all signatories accept the new version, and who leaves, while they remember what it says."""

import pytest

from coachcore import Party, Role
from coachcore.errors import Refused
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
