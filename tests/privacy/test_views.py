"""What each reader sees: sealed events, never hidden ones."""

from pathlib import Path

import pytest

import coachcore
from coachcore import Agreement, Party, Role, SponsorSees
from coachcore.events import EVENT_TYPES
from coachcore.interop import read_journal
from coachcore.interop.importing import import_journal
from coachcore.practice import Engagement
from coachcore.privacy import NEVER_READ, SPONSOR_AREAS

JOURNALS = Path(__file__).parents[2] / "examples" / "journals"


@pytest.fixture
def engagement() -> Engagement:
    practice = coachcore.open()
    agreement = Agreement(
        title="Leading",
        sponsor_sees=(SponsorSees.GOALS, SponsorSees.SESSIONS),
        parties=(
            Party(id="coach", name="Ann", role=Role.COACH),
            Party(id="one", name="Ben", role=Role.CLIENT),
            Party(id="two", name="Cid", role=Role.CLIENT),
            Party(id="boss", name="Dee", role=Role.SPONSOR),
            Party(id="wise", name="Eve", role=Role.SUPERVISOR),
        ),
    )
    engagement = practice.propose(agreement)
    for party in ("coach", "one", "two", "boss"):
        engagement.as_party(party).accept()  # type: ignore[union-attr]
    engagement.coach.start()
    return engagement


def sealed_types(engagement: Engagement, who: str) -> list[str]:
    return [each.type for each in engagement.view(who).sealed]


def test_a_reflection_is_read_by_its_author_alone(engagement: Engagement) -> None:
    engagement.as_party("one").reflect("Only for me")
    assert sealed_types(engagement, "one") == []
    for other in ("two", "coach", "client", "sponsor", "supervisor"):
        assert sealed_types(engagement, other) == ["ReflectionWritten"]


def test_a_sealed_event_shows_that_it_happened_and_nothing_of_its_content(engagement: Engagement) -> None:
    engagement.coach.write_note("A secret thought")
    view = engagement.view("client")
    assert view.sealed[0].type == "CoachNoteWritten"
    assert view.sealed[0].actor.party == "coach"
    assert "secret" not in repr(view.sealed)


def test_a_shared_reflection_is_read_by_both_sides_and_not_by_the_sponsor(engagement: Engagement) -> None:
    engagement.as_party("one").reflect("For us", visibility="shared")
    assert sealed_types(engagement, "coach") == []
    assert sealed_types(engagement, "sponsor") == ["ReflectionWritten"]


def test_a_sponsor_reads_only_what_the_agreement_opens(engagement: Engagement) -> None:
    engagement.as_party("one").set_goal("Delegate two projects", goal_id="g")
    engagement.as_party("one").record_progress("g", 1)
    assert sealed_types(engagement, "sponsor") == ["ProgressRecorded"]


def test_what_is_recorded_for_sponsors_is_read_by_them(engagement: Engagement) -> None:
    engagement.as_party("one").set_goal("Delegate two projects", goal_id="g")
    engagement.as_party("one").record_progress("g", 1, visibility="sponsor")
    assert sealed_types(engagement, "sponsor") == []


def test_a_sponsor_reads_what_they_recorded(engagement: Engagement) -> None:
    engagement.sponsor.give_feedback("The team sees it too")
    assert sealed_types(engagement, "boss") == []


def test_the_table_of_sponsor_areas_names_areas_and_events_that_exist() -> None:
    areas = {kind.area for kind in EVENT_TYPES.values()}
    assert set().union(*SPONSOR_AREAS.values()) <= areas
    assert set(EVENT_TYPES) >= NEVER_READ
    assert set(SPONSOR_AREAS) == set(SponsorSees)


@pytest.mark.parametrize("reader", ["onne", "", None, 5])
def test_a_view_of_somebody_unknown_is_refused(engagement: Engagement, reader: object) -> None:
    with pytest.raises(coachcore.NotValid, match=r"reader\.unknown"):
        engagement.view(reader)  # type: ignore[arg-type]


def test_a_party_whose_id_is_a_role_is_given_as_an_actor(engagement: Engagement) -> None:
    engagement.coach.write_note("A secret thought", visibility="author")
    assert "CoachNoteWritten" in sealed_types(engagement, "coach")
    assert engagement.view(engagement.coach.actor).sealed == ()


@pytest.mark.parametrize("role", list(Role))
def test_every_view_of_a_journal_accounts_for_every_event(role: Role) -> None:
    engagement = import_journal(coachcore.open(), read_journal(JOURNALS / "leadership-en.jsonl"))
    view = engagement.view(role)
    assert len(view.events) + len(view.sealed) == len(engagement.snapshot().history.effective)
    assert any(each.type == "ReflectionWritten" for each in view.sealed)
