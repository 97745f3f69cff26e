"""On what a disclosure rests: a consent of its scope and purpose, of each client concerned, that holds at that moment; law; danger."""

from typing import Any

import pytest

import coachcore
from coachcore import Party, Role
from coachcore.errors import Refused
from coachcore.events import ConsentGiven, InformationDisclosed
from coachcore.interop import parse_journal
from coachcore.interop.importing import import_journal
from coachcore.interop.journal import write_journal
from coachcore.ledger import Dispute
from tests.ledger.test_hard_cases import PARTIES, Course

STANDING = "coach.environment.confidentiality/standing"
GROUP = (
    Party(id="ann", name="Ann", role=Role.COACH),
    Party(id="ben", name="Ben", role=Role.CLIENT),
    Party(id="eve", name="Eve", role=Role.CLIENT),
)


def disclose(coaching: Course, day: float, **fields: Any) -> str:
    event: Any = coaching.on(day).coach.disclose_information("HR", "How it goes", "As agreed", **fields)
    return str(event.id)


def shared(coaching: Course, day: float, **fields: Any) -> str:
    return disclose(coaching, day, ground="consent", scope="share_with_sponsor", **fields)


def breaches(coaching: Course) -> set[str]:
    return set(coaching.eng.state().breaches)


# --- purpose ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("consented", "disclosed", "is_covered"),
    [
        (None, None, True),
        (None, "A talk with the manager", True),
        ("Progress report", "Progress report", True),
        ("Progress report", " progress  REPORT", True),
        ("Progress report", "A talk with the manager", False),
        ("Progress report", None, False),
    ],
)
def test_a_consent_covers_disclosures_of_its_purpose_and_one_without_a_purpose_covers_any(
    consented: str | None, disclosed: str | None, is_covered: bool
) -> None:
    coaching = Course()
    coaching.client.give_consent("share_with_sponsor", purpose=consented)
    event_id = shared(coaching, 3, purpose=disclosed)
    assert breaches(coaching) == (set() if is_covered else {event_id})
    expected = Dispute.NONE if is_covered else Dispute.RAISED
    assert coaching.ledger(4).obligation(STANDING).dispute is expected


def test_a_further_consent_adds_to_those_before_and_withdrawing_ends_all_of_the_scope() -> None:
    coaching = Course()
    coaching.client.give_consent("share_with_sponsor", purpose="Progress report")
    coaching.client.give_consent("share_with_sponsor", purpose="Invoice")
    coaching.client.give_consent("research")
    for purpose in ("Progress report", "Invoice"):
        shared(coaching, 3, purpose=purpose)
    disclose(coaching, 3, scope="research", purpose="A study")
    assert not breaches(coaching)
    coaching.on(4).client.withdraw_consent("share_with_sponsor")
    late = {shared(coaching, 5, purpose=purpose) for purpose in ("Progress report", "Invoice")}
    disclose(coaching, 5, scope="research")
    assert breaches(coaching) == late


# --- end -------------------------------------------------------------------------------------------------------------


def test_a_consent_holds_to_the_end_of_its_last_day_in_the_engagements_zone() -> None:
    coaching = Course()  # which begins on 5 January at 9:00 in Riga, that is 7:00 in UTC
    coaching.client.give_consent("share_with_sponsor", ends_on="2026-01-08")
    shared(coaching, 3 + 14.9 / 24)  # 23:54 in Riga
    assert not breaches(coaching)
    after = shared(coaching, 3 + 15.1 / 24)  # 0:06 on the ninth; in UTC it is still the eighth
    assert breaches(coaching) == {after}
    coaching.client.give_consent("share_with_sponsor", ends_on="2026-01-20")
    shared(coaching, 5)
    assert breaches(coaching) == {after}  # what was disclosed without a consent stays so


def test_the_end_is_compared_with_the_time_of_the_disclosure_and_not_with_that_of_recording() -> None:
    coaching = Course().on(1)
    coaching.client.give_consent("share_with_sponsor", ends_on="2026-01-08")
    shared(coaching, 6, occurred_at=coaching.time(2))
    assert not breaches(coaching)
    before = shared(coaching, 6.1, occurred_at=coaching.time(0.5))
    assert breaches(coaching) == {before}


def test_a_consent_cannot_end_before_it_is_given() -> None:
    coaching = Course().on(3)
    coaching.client.give_consent("contact", ends_on="2026-01-08")
    with pytest.raises(Refused) as caught:
        coaching.client.give_consent("contact", ends_on="2026-01-07")
    assert caught.value.code == "consent_end.out_of_range"
    given = coaching.client.give_consent("research", ends_on="2026-02-01")
    wrong = ConsentGiven(scope="research", ends_on="2026-01-07")
    with pytest.raises(Refused) as caught:
        coaching.client.correct_entry(given.id, "A slip", replacement=wrong)
    assert caught.value.code == "consent_end.out_of_range"


# --- whose -----------------------------------------------------------------------------------------------------------


def test_in_a_group_each_client_concerned_consents_and_withdraws_for_themselves() -> None:
    coaching = Course(parties=GROUP)
    eve: Any = coaching.eng.as_party("eve")
    coaching.client.give_consent("share_with_sponsor")
    about_all = shared(coaching, 3)
    shared(coaching, 3.1, clients=["ben"])
    about_eve = shared(coaching, 3.2, clients=["eve"])
    assert breaches(coaching) == {about_all, about_eve}
    eve.give_consent("share_with_sponsor")
    shared(coaching, 4)
    coaching.client.withdraw_consent("share_with_sponsor")
    shared(coaching, 5, clients=["eve"])
    about_both = shared(coaching, 5.1, clients=["eve", "ben"])
    assert breaches(coaching) == {about_all, about_eve, about_both}


def test_a_disclosure_names_clients_and_is_read_by_those_whom_it_concerns() -> None:
    coaching = Course(parties=GROUP)
    with pytest.raises(Refused) as caught:
        shared(coaching, 3, clients=["ann"])
    assert caught.value.code == "concerned_client.unknown"
    about_eve = shared(coaching, 3, clients=["eve"])
    readers = {
        reader: about_eve in {event.id for event in coaching.eng.view(reader).events}
        for reader in ("client", "eve", "coach")
    }
    assert readers == {"client": False, "eve": True, "coach": True}
    coaching.amend(parties=GROUP[:2])
    shared(coaching, 6, clients=["eve"], purpose="Of before")  # who left may still be talked about
    with pytest.raises(Refused):
        coaching.coach.correct_entry(
            about_eve, "A slip", replacement=InformationDisclosed(to="HR", what="It", basis="So", clients=["nobody"])
        )


def test_a_breach_that_a_disclosure_opens_is_shown_to_those_who_may_read_the_disclosure() -> None:
    sue, dee = Party(id="sue", name="Sue", role=Role.SUPERVISOR), Party(id="dee", name="Dee", role=Role.SPONSOR)
    coaching = Course(parties=(*GROUP, sue, dee))
    breach = shared(coaching, 3, clients=["eve"])
    eng = coaching.on(4).eng
    decided: Any = eng.as_party("sue")
    decided.resolve_breach(breach, True, "Eve was not asked")
    readers = ("ann", "eve", "sue", "ben", "dee")
    assert [breach in eng.view(party=party).state.breaches for party in readers] == [True, True, True, False, False]
    texts = {
        party: str([event.content.text for event in eng.view(party=party).events if event.type == "BreachResolved"])
        for party in readers
    }
    assert [("Eve was not asked" in texts[party]) for party in readers] == [True, True, True, False, False]
    assert [eng.view(party=party).facts.open_breaches for party in readers] == [0, 0, 0, None, None]


# --- corrections and erasure -----------------------------------------------------------------------------------------


def test_a_coach_who_corrects_a_purpose_into_one_that_is_covered_proposes_it() -> None:
    coaching = Course()
    coaching.client.give_consent("share_with_sponsor", purpose="Progress report")
    fields: dict[str, Any] = {"to": "HR", "what": "It", "basis": "So", "scope": "share_with_sponsor"}
    breach = shared(coaching, 3, purpose="A talk with the manager")
    new = InformationDisclosed(**fields, ground="consent", purpose="Progress report")
    proposal = coaching.coach.correct_entry(breach, "I meant the report", replacement=new)
    assert breaches(coaching) == {breach}
    coaching.client.confirm_correction(proposal.id)
    assert not breaches(coaching)


def test_a_coach_alone_retracts_no_disclosure_that_opened_a_breach() -> None:
    coaching = Course()
    first, second = disclose(coaching, 3), disclose(coaching, 3.1)
    for event_id in (first, second):
        coaching.coach.correct_entry(event_id, "It was nothing")
    assert breaches(coaching) == {first, second}
    law = InformationDisclosed(to="HR", what="It", basis="The law", ground="law")
    coaching.coach.correct_entry(second, "It was", replacement=law)
    assert breaches(coaching) == {first, second}


def test_a_coach_freely_words_a_disclosure_otherwise_and_the_breach_stays() -> None:
    coaching = Course()
    breach = disclose(coaching, 3)
    reworded = InformationDisclosed(to="HR", what="How it goes", basis="As we agreed")
    correction = coaching.coach.correct_entry(breach, "Clearer", replacement=reworded)
    assert not correction.content.needs_consent
    assert breaches(coaching) == {breach}


def test_a_client_who_narrows_a_consent_on_which_a_disclosure_rests_proposes_it() -> None:
    coaching = Course()
    consent = coaching.client.give_consent("share_with_sponsor")
    shared(coaching, 3, purpose="Invoice")
    narrower = ConsentGiven(scope="share_with_sponsor", purpose="Progress report")
    coaching.client.correct_entry(consent.id, "Only for that", replacement=narrower)
    assert not breaches(coaching)


@pytest.mark.parametrize(
    "erased", [(), ("consent",), ("disclosures",), ("consent", "disclosures"), ("disclosures", "consent")]
)
@pytest.mark.parametrize("is_corrected", [False, True])
def test_erasing_consents_and_disclosures_changes_no_outcome_and_leaves_no_purpose(
    erased: tuple[str, ...], is_corrected: bool
) -> None:
    coaching = Course()
    first = "Jotting" if is_corrected else "Progress report"
    consent = coaching.client.give_consent("share_with_sponsor", purpose=first)
    if is_corrected:
        coaching.client.correct_entry(
            consent.id, "A slip", replacement=ConsentGiven(scope="share_with_sponsor", purpose="Progress report")
        )
    covered = shared(coaching, 3, purpose="progress report")
    other = shared(coaching, 3.1, purpose="Jotting")
    before = coaching.eng.ledger(as_of=coaching.time(4))
    assert breaches(coaching) == {other}
    for what in erased:
        coaching.on(4.5)
        if what == "consent":
            coaching.client.erase_content([consent.id], "Mine")
        else:
            coaching.coach.erase_content([covered, other], "No longer needed")
    assert breaches(coaching) == {other}
    again = coaching.eng.ledger(as_of=coaching.time(4))
    assert again.obligations == before.obligations
    assert again.statement("coach").digest == before.statement("coach").digest
    journal = "".join(write_journal(coaching.eng.recorded()))
    if len(erased) == 2:
        assert "rogress" not in journal
        assert "Jotting" not in journal
    imported = import_journal(coachcore.open(), parse_journal(journal))
    assert set(imported.state().breaches) == {other}


def test_consents_that_name_no_purpose_and_no_end_are_stored_as_before() -> None:
    coaching = Course(parties=PARTIES)
    coaching.client.give_consent("contact", note="By phone")
    shared(coaching, 3)
    lines = list(write_journal(coaching.eng.recorded()))
    assert not [line for line in lines if "purpose" in line or "ends_on" in line or '"clients"' in line]
