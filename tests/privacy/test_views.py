"""What each reader sees: sealed events, never hidden ones."""

from pathlib import Path

import attrs
import pytest

import coachcore
from coachcore import Agreement, Party, Role, SponsorSees
from coachcore.engagement import EventLog
from coachcore.events import MessageSent, ReflectionWritten
from coachcore.interop import read_journal
from coachcore.interop.importing import import_journal
from coachcore.model.words import Visibility
from coachcore.practice import Engagement
from coachcore.privacy import view as view_of
from coachcore.serial import to_json

JOURNALS = Path(__file__).parents[2] / "examples" / "journals"


@pytest.fixture
def engagement() -> Engagement:
    practice = coachcore.open()
    agreement = Agreement(
        title="Leading",
        sponsor_sees=(SponsorSees.GOALS, SponsorSees.SESSIONS),
        parties=(
            Party(id="ann", name="Ann", role=Role.COACH),
            Party(id="one", name="Ben", role=Role.CLIENT),
            Party(id="two", name="Cid", role=Role.CLIENT),
            Party(id="boss", name="Dee", role=Role.SPONSOR),
            Party(id="wise", name="Eve", role=Role.SUPERVISOR),
        ),
    )
    engagement = practice.propose(agreement)
    for party in ("ann", "one", "two", "boss"):
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
    assert view.sealed[0].actor.party == "ann"
    assert "secret" not in str(to_json([sealed.fields for sealed in view.sealed]))


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


@pytest.mark.parametrize("reader", ["onne", "", None, 5])
def test_a_view_of_somebody_unknown_is_refused(engagement: Engagement, reader: object) -> None:
    with pytest.raises(coachcore.NotValid, match=r"reader\.unknown"):
        engagement.view(reader)  # type: ignore[arg-type]


def test_a_party_as_an_actor_sees_what_their_role_does_not(engagement: Engagement) -> None:
    engagement.coach.write_note("A secret thought", visibility="author")
    assert "CoachNoteWritten" in sealed_types(engagement, "coach")
    assert engagement.view(engagement.coach.actor).sealed == ()


@pytest.mark.parametrize("role", list(Role))
def test_every_view_of_a_journal_accounts_for_every_event(role: Role) -> None:
    engagement = import_journal(coachcore.open(), read_journal(JOURNALS / "leadership-en.jsonl"))
    view = engagement.view(role)
    assert len(view.events) + len(view.sealed) == len(engagement.snapshot().history.effective)
    assert any(each.type == "ReflectionWritten" for each in view.sealed)


READERS = ("two", "ann", "boss", "wise", "client", "coach", "sponsor", "supervisor")


@pytest.mark.parametrize("is_retracted", [False, True])
def test_a_correction_is_read_by_those_who_may_read_what_it_corrects(
    engagement: Engagement, is_retracted: bool
) -> None:
    one = engagement.as_party("one")
    reflection = one.reflect("My marker")  # type: ignore[union-attr]
    replacement = None if is_retracted else ReflectionWritten(text="My marker, again")
    correction = one.correct_entry(reflection.id, "Marker of the reason", replacement)
    assert correction.visibility == "author"
    for reader in READERS:
        view = engagement.view(reader)
        assert "arker" not in str(to_json([event.content for event in view.events]))
        assert "EntryCorrected" in [sealed.type for sealed in view.sealed]
    assert "My marker" in str(to_json([event.content for event in engagement.view("one").events])) or is_retracted


def test_a_correction_of_0_1_that_was_stored_as_shared_is_sealed_all_the_same(engagement: Engagement) -> None:
    reflection = engagement.as_party("one").reflect("My marker")  # type: ignore[union-attr]
    engagement.as_party("one").correct_entry(reflection.id, "Marker", ReflectionWritten(text="My marker"))
    stored = [
        attrs.evolve(event, visibility=Visibility.SHARED) if event.type == "EntryCorrected" else event
        for event in engagement.recorded()
    ]
    event_log = EventLog(stored)
    history = event_log.history(stored[-1].occurred_at, stored[-1].recorded_at)
    for role in (Role.COACH, Role.CLIENT, Role.SPONSOR, Role.SUPERVISOR):
        assert "arker" not in str(to_json([event.content for event in view_of(history, role).events]))


def test_a_correction_may_have_fewer_readers_than_what_it_corrects_and_never_more(engagement: Engagement) -> None:
    one = engagement.as_party("one")
    private = one.reflect("Mine")  # type: ignore[union-attr]
    shared = one.send_message("Ours")
    for event, wanted, granted in (
        (private, "shared", "author"),
        (private, "sponsor", "author"),
        (shared, "sponsor", "shared"),
        (shared, "author", "author"),
    ):
        correction = one.correct_entry(event.id, "A word", event.content, visibility=wanted)
        assert correction.visibility == granted


def test_a_correction_of_what_is_shared_is_shared(engagement: Engagement) -> None:
    message = engagement.coach.send_message("Monday")
    correction = engagement.coach.correct_entry(message.id, "The day", MessageSent(text="Tuesday"))
    assert correction.visibility == "shared"
    assert sealed_types(engagement, "one") == []
    assert sealed_types(engagement, "boss") == ["MessageSent", "EntryCorrected"]


def test_a_client_of_a_group_sees_nothing_of_what_a_fellow_client_owes_or_is_owed(engagement: Engagement) -> None:
    rating = engagement.as_party("two").rate_safety(1)  # type: ignore[union-attr]
    now = engagement.snapshot(as_of=engagement.state().last_at.add(days=20))
    answer = f"coach.environment.support/{rating.id}@low_rating"
    seen = {who: now.obligations_seen_by(who) for who in ("one", "two", "coach", "wise", "client", "boss")}
    assert seen["coach"] == seen["wise"] == now.ledger.obligations
    assert {obligation.party for obligation in seen["one"]} == {None, "one"}
    assert {who: any(each.id == answer for each in seen[who]) for who in ("one", "two", "coach", "client")} == {
        "one": False,
        "two": True,
        "coach": True,
        "client": False,
    }
    assert any(obligation.role is Role.COACH for obligation in seen["one"])
    assert {obligation.party for obligation in seen["client"]} == {None}
    assert seen["boss"] == ()


def test_a_sponsor_sees_obligations_where_the_agreement_opens_the_ledger() -> None:
    practice = coachcore.open()
    roles = {"c": Role.COACH, "a": Role.CLIENT, "s": Role.SPONSOR}
    parties = tuple(Party(id=party_id, name="P", role=role) for party_id, role in roles.items())
    eng = practice.propose(Agreement(title="T", parties=parties, sponsor_sees=(SponsorSees.LEDGER,)))
    for party in roles:
        eng.as_party(party).accept()  # type: ignore[union-attr]
    eng.coach.start()
    now = eng.snapshot()
    assert now.obligations_seen_by("s") == now.obligations_seen_by("a") == now.ledger.obligations != ()
