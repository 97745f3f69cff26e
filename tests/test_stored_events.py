"""Stored events read back: older schemas upcast, newer ones kept, erased ones shown as erased, damage named."""

import json
from typing import Any

import attrs
import pytest

import coachcore
from coachcore import Agreement, Party, Role
from coachcore.engagement.decide import Draft
from coachcore.envelope import decode, encode
from coachcore.events import COMMANDS, EVENT_TYPES, CheckInMade, Content, Erased, Unknown, event
from coachcore.model import Actor, Visibility
from coachcore.practice import Practice
from coachcore.report import build_report
from coachcore.storage import Record, content_digest, digest_of, open_store
from coachcore.storage.contract import Append
from coachcore.storage.verify import verify


def begun(practice: Practice) -> Any:
    parties = (Party(id="c", name="Ann", role=Role.COACH), Party(id="k", name="Ben", role=Role.CLIENT))
    engagement = practice.propose(Agreement(title="T", parties=parties), engagement_id="e")
    engagement.coach.accept(), engagement.client.accept(), engagement.coach.start()
    return engagement


def rewritten(record: Record, **head: Any) -> Record:
    """A record whose envelope says otherwise, its digest made anew: as another release would have written it."""
    head_bytes = json.dumps({**json.loads(record.head), **head}, sort_keys=True, separators=(",", ":")).encode()
    return record._replace(head=head_bytes, digest=digest_of(head_bytes))


def next_record(engagement: Any, content: Content, event_id: str = "new") -> Record:
    draft = Draft(
        event_id=event_id,
        content=content,
        occurred_at=engagement.practice.now(),
        actor=Actor(party="k", role=Role.CLIENT),
        visibility=Visibility.SHARED,
    )
    last = engagement.recorded()[-1]
    return encode(
        draft,
        engagement_id="e",
        version=last.version + 1,
        recorded_at=engagement.practice.now(),
        previous=last.digest,
        salt=bytes(16),
    )[0]


@pytest.fixture
def mood_noted() -> Any:
    """An event of a later release: its first schema had `mood` as words, its second has it as a number."""
    words = {"bad": 1, "fair": 3, "good": 5}

    class MoodNoted(Content):
        """How the client feels, 1 to 5."""

        mood: int

    kind = event("note_mood", "motivation", schema=2)(MoodNoted)
    yield kind, {("MoodNoted", 1): lambda fields: {**fields, "mood": words[fields["mood"]]}}
    del EVENT_TYPES["MoodNoted"]
    del COMMANDS["note_mood"]


def test_an_older_schema_is_upcast_when_read_and_its_bytes_stay(mood_noted: Any) -> None:
    kind, upcasters = mood_noted
    store = open_store(":memory:")
    engagement = begun(Practice(store))
    old = rewritten(next_record(engagement, kind(mood=1)), schema=1)
    body = b'{"mood":"good"}'
    old = rewritten(old._replace(content=body), content_digest=content_digest(bytes(16), body))
    store.write([Append("e", [old], engagement.version)])
    read = Practice(store, upcasters=upcasters).load("e").recorded()[-1]
    assert read.content == kind(mood=5)
    assert read.schema == 1
    assert store.read("e")[-1].content == body
    assert verify(store).is_clean
    with pytest.raises(coachcore.Corrupt, match="upcaster"):
        Practice(store).load("e")


def test_an_event_of_a_newer_release_is_kept_and_reported_and_the_engagement_goes_on() -> None:
    store = open_store(":memory:")
    engagement = begun(Practice(store))
    newer = rewritten(next_record(engagement, CheckInMade(text="hello")), type="HologramShown")
    store.write([Append("e", [newer], engagement.version)])
    loaded = Practice(store).load("e")
    assert loaded.recorded()[-1].content == Unknown(type="HologramShown", schema=1, fields={"text": "hello"})
    assert loaded.state().unknown == ("new",)
    before = loaded.version
    loaded.client.check_in("Still here")
    assert loaded.version == before + 1
    assert verify(store).is_clean
    assert build_report(loaded.snapshot())["events"]["unknown"] == {"HologramShown": 1}


def test_a_newer_schema_of_a_known_type_is_kept_too() -> None:
    store = open_store(":memory:")
    engagement = begun(Practice(store))
    store.write(
        [Append("e", [rewritten(next_record(engagement, CheckInMade(text="hello")), schema=9)], engagement.version)]
    )
    content = Practice(store).load("e").recorded()[-1].content
    assert content == Unknown(type="CheckInMade", schema=9, fields={"text": "hello"})


def test_erased_content_is_shown_as_erased_and_gone() -> None:
    store = open_store(":memory:")
    engagement = begun(Practice(store))
    secret = engagement.client.reflect("A secret")
    engagement.client.erase_content([secret.id], "I asked for it")
    loaded = Practice(store).load("e")
    assert loaded.recorded()[secret.version - 1].content == Erased(type="ReflectionWritten")
    assert not any(b"secret" in (each.content or b"") for each in store.read("e"))
    assert verify(store).is_clean
    assert loaded.ledger().obligation("client.development.reflection#1").evidence == (secret.id,)


@pytest.mark.parametrize("head", [b"", b"{}", b"[]", b"nonsense", b'{"id": 1}'])
def test_unreadable_bytes_are_corrupt_and_the_error_names_the_event(head: bytes) -> None:
    record = next_record(begun(Practice(open_store(":memory:"))), CheckInMade(text="hello"))
    for digest in (record.digest, digest_of(head)):
        with pytest.raises(coachcore.Corrupt, match="event 5 of 'e'"):
            decode(record._replace(head=head, digest=digest))


def test_what_is_encoded_decodes_to_an_equal_event() -> None:
    record = next_record(begun(Practice(open_store(":memory:"))), CheckInMade(text="Sveiki, ā"))
    read = decode(record)
    assert read.content == CheckInMade(text="Sveiki, ā")
    assert read.digest == digest_of(record.head)
    assert attrs.asdict(read, recurse=False)["version"] == 5
