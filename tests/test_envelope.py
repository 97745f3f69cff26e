"""What is encoded decodes to an equal event, for every type and every option; damage is named, never guessed."""

# ruff: noqa: PT017

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coachcore.canonical import canonical_json
from coachcore.engagement import Draft
from coachcore.envelope import decode, encode
from coachcore.errors import Corrupt, NotFound
from coachcore.events import EVENT_TYPES, CheckInMade, Content, EngagementProposed, MessageSent, Unknown
from coachcore.model import Actor, Visibility
from coachcore.model.times import as_moment
from coachcore.practice import Engagement, Practice
from coachcore.storage import Record, content_digest, digest_of
from coachcore.testing.strategies import contents, json_values, moments, values

MOMENT = as_moment("2026-03-01T10:00:00.5Z")
IDS = st.from_regex(r"[A-Za-z0-9._:#/@-]{1,40}", fullmatch=True)


def encoded(content: Content, **options: Any) -> Record:
    fields = {
        "event_id": "e1",
        "occurred_at": MOMENT,
        "actor": Actor(party="anna", role="client"),
        "visibility": Visibility.SHARED,
        **options,
    }
    draft = Draft(content=content, **fields)
    return encode(draft, engagement_id="eng-1", version=1, recorded_at=MOMENT, previous="", salt=bytes(16))[0]


@pytest.mark.parametrize("name", EVENT_TYPES)
@given(data=st.data())
@settings(max_examples=6)
def test_every_type_of_event_reads_back_equal_from_its_bytes(name: str, data: st.DataObject) -> None:
    content = data.draw(contents(EVENT_TYPES[name]))
    beside = {
        "event_id": data.draw(IDS),
        "occurred_at": data.draw(moments()),
        "actor": data.draw(values(Actor)),
        "visibility": data.draw(st.sampled_from(Visibility)),
        "caused_by": data.draw(st.none() | IDS),
        "correlation_id": data.draw(st.none() | st.text(st.characters(exclude_categories=["C"]), min_size=1)),
    }
    record = encoded(content, **beside)
    event = decode(record)
    assert event.content == content
    assert {**beside, "event_id": event.id} == {
        "event_id": event.id,
        **{name: getattr(event, name) for name in beside if name != "event_id"},
    }
    assert event.id == beside["event_id"]
    assert (event.type, event.schema, event.recorded_at, event.version) == (name, content.schema, MOMENT, 1)
    assert record.content is not None
    assert event.digest == digest_of(record.head)
    assert event.content_digest == content_digest(bytes(16), record.content)
    for stored in (record.head, record.content):
        assert canonical_json(json.loads(stored)) == stored


@given(st.dictionaries(st.text(max_size=5), json_values(), max_size=4))
def test_what_a_newer_release_wrote_is_kept_field_by_field(fields: dict[str, Any]) -> None:
    record = encoded(CheckInMade())
    head = {**json.loads(record.head), "type": "HologramShown", "schema": 3}
    event = decode(record._replace(head=canonical_json(head), content=canonical_json(fields)))
    assert event.content == Unknown(type="HologramShown", schema=3, fields=json.loads(canonical_json(fields)))


@given(st.data())
@settings(max_examples=400)
def test_damaged_bytes_are_read_as_something_or_named_corrupt(data: st.DataObject) -> None:
    record = encoded(MessageSent(text="Hello"), caused_by="e0")
    part = data.draw(st.sampled_from(["head", "content"]))
    stored = bytearray(getattr(record, part))
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(stored) - 1))
        stored[place : place + data.draw(st.integers(0, 5))] = data.draw(st.binary(max_size=3))
    try:
        decode(record._replace(**{part: bytes(stored)}))
    except Corrupt as error:
        assert error.code == "event.unreadable"
        assert error.data == {"engagement_id": "eng-1", "version": 1}
        assert "coachcore verify" in error.hint


@given(
    st.dictionaries(st.sampled_from([*json.loads(encoded(CheckInMade()).head)]), json_values(), min_size=1, max_size=3)
)
@settings(max_examples=200)
def test_an_envelope_with_any_other_values_is_read_or_named_corrupt(changed: dict[str, Any]) -> None:
    record = encoded(CheckInMade())
    head = canonical_json({**json.loads(record.head), **changed})
    try:
        decode(record._replace(head=head))
    except Corrupt as error:
        assert error.code == "event.unreadable"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b"5",
        b'"x"',
        b"{}x",
        b" {}",
        b"\xff",
        b'{"text":5}',
        b'{"text":""}',
        b'{"text":{}}',
        b"[" * 100_000,
    ],
    ids=lambda content: repr(content[:12]),
)
def test_content_that_cannot_be_read_is_corrupt(content: bytes) -> None:
    with pytest.raises(Corrupt) as caught:
        decode(encoded(MessageSent())._replace(content=content))
    assert caught.value.code == "event.unreadable"


def test_older_schemas_are_upcast_one_step_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MessageSent, "schema", 3)
    head = json.loads(encoded(MessageSent()).head)
    old = encoded(MessageSent())._replace(head=canonical_json({**head, "schema": 1}), content=b'{"body":"HELLO"}')
    steps = {
        ("MessageSent", 1): lambda fields: {"words": fields["body"]},
        ("MessageSent", 2): lambda fields: {"text": fields["words"].title()},
    }
    assert decode(old, steps).content == MessageSent(text="Hello")
    for missing in steps:
        with pytest.raises(Corrupt):
            decode(old, {name: step for name, step in steps.items() if name != missing})
    with pytest.raises(Corrupt):
        decode(old, {**steps, ("MessageSent", 1): lambda fields: {"words": fields["nothing"]}})


def test_an_engagement_whose_proposal_is_of_a_newer_release_says_so(practice: Practice, agreed: Engagement) -> None:
    first = practice.store.read(agreed.id)[0]
    head = canonical_json(
        {**json.loads(first.head), "schema": EngagementProposed.schema + 1, "engagement_id": "new", "id": "n"}
    )
    newer = first._replace(head=head, digest=digest_of(head), engagement_id="new", event_id="n")
    practice.store.append("new", [newer], 0)
    eng = practice.load("new")
    assert "not readable" in repr(eng)
    with pytest.raises(NotFound) as caught:
        eng.state()
    assert caught.value.code == "engagement.unreadable"
    assert "upgrade" in caught.value.hint
