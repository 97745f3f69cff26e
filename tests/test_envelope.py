"""What is encoded decodes to an equal event, for every type and every option; damage is named, never guessed."""

# ruff: noqa: PT017

import json
import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coachcore.canonical import canonical_json
from coachcore.engagement import Draft
from coachcore.envelope import decode, decode_chain, encode
from coachcore.errors import Corrupt, NotFound, NotValid
from coachcore.events import EVENT_TYPES, CheckInMade, Content, EngagementProposed, Event, MessageSent, Unknown
from coachcore.model import Actor, Visibility
from coachcore.model.times import as_moment
from coachcore.practice import Engagement, Practice
from coachcore.storage import Record, content_digest, digest_of
from coachcore.storage.admission import admit
from coachcore.storage.contract import Append
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


def resealed(record: Record, *, head: bytes | None = None, content: bytes | None = None) -> Record:
    """The record with another head or content, whose digests fit as if it had been stored so."""
    if head is None:
        head = record.head
    if content is not None:
        fields = {**json.loads(head), "content_digest": content_digest(bytes(16), content)}
        head, record = canonical_json(fields), record._replace(content=content)
    return record._replace(head=head, digest=digest_of(head))


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
    assert hash(event.content) == hash(content)
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
    assert admit(Append("eng-1", [Record(*record)], 0)) == ""  # as the record claims of itself


@pytest.mark.parametrize(
    "changes", [{"content": b"{}"}, {"salt": bytes(15)}, {"head": b"{}"}, {"digest": "0" * 64}, {"event_id": "e2"}]
)
def test_a_changed_copy_of_an_encoded_record_is_checked_like_any_other(changes: dict[str, Any]) -> None:
    record = encoded(CheckInMade(text="All is well."))
    assert admit(Append("eng-1", [record], 0)) == ""
    with pytest.raises(NotValid, match="expected"):
        admit(Append("eng-1", [record._replace(**changes)], 0))


@pytest.mark.parametrize("caused_by", [None, "e0"])
def test_a_head_reads_the_same_however_its_json_is_written(caused_by: str | None) -> None:
    record = encoded(CheckInMade(), caused_by=caused_by, correlation_id="a request")
    fields = json.loads(record.head)
    for head in (
        json.dumps(dict(reversed(fields.items()))).encode(),
        record.head.replace(b"a request", rb"a\u0020request"),
        json.dumps({**fields, "of_a_newer_release": 1}).encode(),
    ):
        other = resealed(record, head=head)
        assert decode(other) == attrs.evolve(decode(record), digest=other.digest)


@given(st.dictionaries(st.text(max_size=5), json_values(), max_size=4))
def test_what_a_newer_release_wrote_is_kept_field_by_field(fields: dict[str, Any]) -> None:
    record = encoded(CheckInMade())
    head = {**json.loads(record.head), "type": "HologramShown", "schema": 3}
    event = decode(resealed(record, head=canonical_json(head), content=canonical_json(fields)))
    assert event.content == Unknown(type="HologramShown", schema=3, fields=json.loads(canonical_json(fields)))


@given(st.data())
@settings(max_examples=400)
def test_changed_bytes_are_corrupt_and_so_are_unreadable_ones_with_fitting_digests(data: st.DataObject) -> None:
    record = encoded(MessageSent(text="Hello"), caused_by="e0")
    part = data.draw(st.sampled_from(["head", "content"]))
    stored = bytearray(getattr(record, part))
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(stored) - 1))
        stored[place : place + data.draw(st.integers(0, 5))] = data.draw(st.binary(max_size=3))
    if bytes(stored) != getattr(record, part):
        with pytest.raises(Corrupt) as caught:
            decode(record._replace(**{part: bytes(stored)}))
        assert caught.value.code == f"event_{part}.changed"
        assert caught.value.data == {"engagement_id": "eng-1", "version": 1}
        assert "coachcore verify" in caught.value.hint
    try:
        decode(resealed(record, **{part: bytes(stored)}))
    except Corrupt as error:
        assert error.code in ("event.unreadable", "event_column.changed", "event_content.changed")
        assert error.data == {"engagement_id": "eng-1", "version": 1}
        assert "coachcore verify" in error.hint


@pytest.mark.parametrize("part", ["salt", "content"])
def test_an_event_of_which_only_a_part_was_erased_is_corrupt(part: str) -> None:
    with pytest.raises(Corrupt) as caught:
        decode(encoded(CheckInMade())._replace(**{part: None}))
    assert caught.value.code == "event_content.changed"


@pytest.mark.parametrize(
    "changes", [{"event_id": "e2"}, {"version": 2}, {"engagement_id": "eng-2"}, {"version": None}, {"event_id": b"e1"}]
)
def test_a_column_that_differs_from_the_head_is_corrupt(changes: dict[str, Any]) -> None:
    with pytest.raises(Corrupt) as caught:
        decode(encoded(CheckInMade())._replace(**changes))
    assert caught.value.code == "event_column.changed"
    json.dumps(caught.value.as_dict())


def chain(length: int) -> list[Record]:
    records: list[Record] = []
    for version in range(1, length + 1):
        previous = records[-1].digest if records else ""
        head = {**json.loads(encoded(CheckInMade()).head), "id": f"e{version}", "version": version}
        record = encoded(CheckInMade())._replace(event_id=f"e{version}", version=version)
        records.append(resealed(record, head=canonical_json({**head, "previous": previous})))
    return records


def test_events_that_follow_one_another_are_read_in_order() -> None:
    records = chain(4)
    assert [event.id for event in decode_chain(records)] == ["e1", "e2", "e3", "e4"]
    assert [event.id for event in decode_chain(records[2:], previous=records[1].digest)] == ["e3", "e4"]


@pytest.mark.parametrize(("gone", "named"), [(0, 2), (1, 3), (2, 4)])
def test_a_missing_event_breaks_the_chain_at_the_next(gone: int, named: int) -> None:
    records = chain(4)
    del records[gone]
    with pytest.raises(Corrupt) as caught:
        decode_chain(records)
    assert caught.value.code == "event_chain.broken"
    assert caught.value.data == {"engagement_id": "eng-1", "version": named}


@pytest.mark.parametrize("number", [b"1e99999999999999999999", b"-1e999", b"NaN", b"Infinity", b"9" * 5_000])
@pytest.mark.parametrize("kind", ["MessageSent", "HologramShown"])
def test_a_number_beyond_all_range_in_stored_content_is_corrupt(kind: str, number: bytes) -> None:
    head = canonical_json({**json.loads(encoded(MessageSent()).head), "type": kind})
    with pytest.raises(Corrupt) as caught:
        decode(resealed(encoded(MessageSent()), head=head, content=b'{"text":' + number + b"}"))
    assert caught.value.code == "event.unreadable"


def test_a_caller_that_recurses_is_not_reported_as_damage() -> None:
    record = encoded(MessageSent(text="[[[[[["))

    def recurse() -> None:
        decode(record)
        recurse()

    with pytest.raises(RecursionError):
        recurse()


@given(
    st.dictionaries(st.sampled_from([*json.loads(encoded(CheckInMade()).head)]), json_values(), min_size=1, max_size=3)
)
@settings(max_examples=200)
def test_an_envelope_with_any_other_values_is_read_or_named_corrupt(changed: dict[str, Any]) -> None:
    record = encoded(CheckInMade())
    head = canonical_json({**json.loads(record.head), **changed})
    try:
        decode(resealed(record, head=head))
    except Corrupt as error:
        assert error.code in ("event.unreadable", "event_column.changed", "event_content.changed")


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
        decode(resealed(encoded(MessageSent()), content=content))
    assert caught.value.code == "event.unreadable"


def test_content_that_nobody_asks_for_is_compared_with_its_digest_and_not_read() -> None:
    unreadable = resealed(encoded(MessageSent()), content=b'{"text":5}')
    (event,) = decode_chain([unreadable])
    assert (event.type, event.kind) == ("MessageSent", MessageSent)
    for _ in range(2):
        with pytest.raises(Corrupt) as caught:
            event.content  # noqa: B018 - it is read here
        assert caught.value.code == "event.unreadable"
        assert caught.value.data == {"engagement_id": "eng-1", "version": 1}
    with pytest.raises(Corrupt) as caught:
        decode_chain([unreadable._replace(content=b'{"text":"5"}')])
    assert caught.value.code == "event_content.changed"


@pytest.mark.parametrize("copied", [lambda event: event, copy, lambda event: pickle.loads(pickle.dumps(event))])
def test_an_event_whose_content_was_not_read_yet_equals_one_whose_content_was(
    copied: Callable[[Event], Event],
) -> None:
    record = encoded(MessageSent(text="Hello"))
    assert copied(decode_chain([record])[0]) == decode(record)
    assert hash(copied(decode_chain([record])[0])) == hash(decode(record))
    assert attrs.evolve(copied(decode_chain([record])[0]), version=2) == attrs.evolve(decode(record), version=2)


def test_threads_that_ask_for_a_content_at_once_all_get_it() -> None:
    content = MessageSent(text="Hello")
    for _ in range(50):
        (event,) = decode_chain([encoded(content)])
        with ThreadPoolExecutor(4) as threads:
            assert [*threads.map(lambda event: event.content, [event] * 8)] == [content] * 8


def test_older_schemas_are_upcast_one_step_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MessageSent, "schema", 3)
    head = json.loads(encoded(MessageSent()).head)
    old = resealed(encoded(MessageSent()), head=canonical_json({**head, "schema": 1}), content=b'{"body":"HELLO"}')
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
    practice.store.write([Append("new", [newer], 0)])
    eng = practice.load("new")
    assert "not readable" in repr(eng)
    with pytest.raises(NotFound) as caught:
        eng.state()
    assert caught.value.code == "engagement.unreadable"
    assert "upgrade" in caught.value.hint
