"""What is delivered: every committed event in order, as ids, types and times; its content only on request."""

import json
from collections.abc import Sequence
from typing import Any

import attrs
import pytest

import coachcore
from coachcore.engagement.decide import Draft
from coachcore.envelope import encode
from coachcore.errors import NotAllowed, NotValid
from coachcore.events import (
    COMMANDS,
    EVENT_TYPES,
    CheckInMade,
    ConcernRaised,
    Content,
    ContentErased,
    EntryCorrected,
    Erased,
    MessageSent,
    Unknown,
    event,
)
from coachcore.model import Actor, Party, Role, Visibility
from coachcore.model.times import as_moment
from coachcore.practice import Engagement, Practice
from coachcore.storage import Record, content_digest, digest_of
from coachcore.storage.contract import Append, Numbered
from coachcore.storage.memory import MemoryStore
from coachcore.subscriptions import Delivery, RetryPolicy, Subscription

PRIVATE = "Nobody else may read this"


def next_record(engagement: Engagement, content: Content, **head: Any) -> Record:
    """A record of a content, as another release would have written it where `head` says so."""
    now = engagement.practice.now()
    draft = Draft(
        event_id=f"{engagement.id}-{engagement.version + 1}",
        content=content,
        occurred_at=now,
        actor=Actor(party="anna", role=Role.CLIENT),
        visibility=Visibility.SHARED,
    )
    last = engagement.recorded()[-1]
    record, _ = encode(
        draft,
        engagement_id=engagement.id,
        version=last.version + 1,
        recorded_at=now,
        previous=last.digest,
        salt=bytes(16),
    )
    head_bytes = json.dumps({**json.loads(record.head), **head}, sort_keys=True, separators=(",", ":")).encode()
    return record._replace(head=head_bytes, digest=digest_of(head_bytes))


def messages(engagement_id: str, count: int) -> list[Record]:
    """The first events of an engagement, as a store has them."""
    records: list[Record] = []
    now, previous = as_moment("2026-01-05T09:00:00Z"), ""
    for version in range(1, count + 1):
        draft = Draft(
            event_id=f"{engagement_id}-{version}",
            content=MessageSent(),
            occurred_at=now,
            actor=Actor(party="anna", role=Role.CLIENT),
            visibility=Visibility.SHARED,
        )
        record, _ = encode(
            draft, engagement_id=engagement_id, version=version, recorded_at=now, previous=previous, salt=bytes(16)
        )
        records.append(record)
        previous = record.digest
    return records


def store(engagement: Engagement, record: Record) -> None:
    engagement.practice.store.write([Append(engagement.id, [record], engagement.version)])


def delivered(practice: Practice, **options: Any) -> list[Delivery[Any]]:
    deliveries: list[Delivery[Any]] = []
    Subscription(practice, "reader", deliveries.append, **options).run_once()
    return deliveries


def test_every_event_is_delivered_in_the_order_of_the_practice_with_ids_type_and_times(
    practice: Practice, anna: Engagement, ben: Engagement, clock: Any
) -> None:
    clock.forward(hours=1)
    anna.client.raise_concern(PRIVATE, correlation_id="c-1")
    ben.client.send_message()
    deliveries = delivered(practice)
    stored = [*anna.recorded(), *ben.recorded()]
    assert [delivery.position for delivery in deliveries] == [1, 2, 3, 4]
    assert [(d.event.engagement_id, d.event.version) for d in deliveries] == [
        ("anna", 1),
        ("ben", 1),
        ("anna", 2),
        ("ben", 2),
    ]
    for delivery in deliveries:
        original = next(event for event in stored if event.id == delivery.event.id)
        for name in ("type", "schema", "occurred_at", "recorded_at", "actor", "caused_by", "correlation_id", "digest"):
            assert getattr(delivery.event, name) == getattr(original, name)
    assert {(delivery.subscription, delivery.attempt, delivery.generation) for delivery in deliveries} == {
        ("reader", 1, 0)
    }


def test_content_is_there_only_where_it_is_asked_for(practice: Practice, anna: Engagement) -> None:
    anna.client.raise_concern(PRIVATE)
    without = delivered(practice)[-1]
    assert PRIVATE not in repr(without) + repr(without.event)
    assert not without.is_erased
    with pytest.raises(NotAllowed) as caught:
        _ = without.content
    assert caught.value.code == "delivery_content.not_allowed"
    contents: list[Content] = []
    subscription = Subscription(practice, "index", lambda delivery: contents.append(delivery.content), content=True)
    subscription.run_once()
    assert contents == [event.content for event in anna.recorded()]
    assert contents[-1].text == PRIVATE  # type: ignore[attr-defined]
    with_content = delivered(practice, content=True) or [None]
    assert PRIVATE not in repr(with_content[-1])


def test_only_events_of_the_types_asked_for_are_delivered(
    practice: Practice, anna: Engagement, ben: Engagement
) -> None:
    anna.client.raise_concern("One")
    ben.client.send_message()
    anna.client.send_message()
    types = [("one", ConcernRaised), ("several", (ConcernRaised, MessageSent)), ("every", Content)]
    positions = {}
    for name, kinds in types:
        deliveries: list[Delivery[Any]] = []
        subscription = Subscription(practice, name, deliveries.append, types=kinds)  # type: ignore[arg-type]
        assert subscription.run_once().status.position == 5, "it is done with the others too"
        positions[name] = [delivery.position for delivery in deliveries]
    assert positions == {"one": [3], "several": [3, 4, 5], "every": [1, 2, 3, 4, 5]}


@pytest.mark.parametrize("store", ["memory"], indirect=True)
@pytest.mark.parametrize("types", [(), [], (MessageSent, str), "MessageSent", 5, Unknown])
def test_types_that_are_none_are_refused(practice: Practice, types: Any) -> None:
    with pytest.raises(NotValid) as caught:
        Subscription(practice, "reader", print, types=types)
    assert (caught.value.code, caught.value.path) == ("subscription_type.invalid", "types")


def test_an_erased_event_is_delivered_as_erased_and_a_correction_as_an_event(
    practice: Practice, agreed: Engagement
) -> None:
    agreed.coach.start()
    message, check_in = agreed.client.send_message(PRIVATE), agreed.client.check_in("Fin")
    agreed.client.erase_content([message.id], "as asked")
    agreed.client.correct_entry(check_in.id, "a slip", CheckInMade(text="Fine"))
    types = (MessageSent, ContentErased, CheckInMade, EntryCorrected)
    first, second, third, fourth = delivered(agreed.practice, types=types, content=True)
    assert (first.event.type, first.is_erased, first.content) == ("MessageSent", True, Erased(type="MessageSent"))
    assert (second.event.type, second.is_erased) == ("CheckInMade", False)
    assert third.content.entry_ids == (message.id,)
    assert fourth.content.replacement == CheckInMade(text="Fine")


def test_content_of_an_older_schema_is_converted_by_the_upcasters_of_the_practice(
    practice: Practice, anna: Engagement
) -> None:
    class MoodNoted(Content):
        """How the client feels, 1 to 5."""

        mood: int

    kind = event("note_mood", "motivation", schema=2)(MoodNoted)
    try:
        body = b'{"mood":"good"}'
        record = next_record(anna, kind(mood=1), schema=1, content_digest=content_digest(bytes(16), body))
        store(anna, record._replace(content=body))
        upcasting = Practice(practice.store, upcasters={("MoodNoted", 1): lambda fields: {"mood": 5}})
        assert delivered(upcasting, types=kind, content=True)[0].content == kind(mood=5)
    finally:
        del EVENT_TYPES["MoodNoted"]
        del COMMANDS["note_mood"]


def test_an_event_of_a_newer_release_is_delivered_to_who_takes_every_type_or_needs_no_content(
    practice: Practice, anna: Engagement
) -> None:
    store(anna, next_record(anna, CheckInMade(text="hello"), schema=9))
    (bare,) = delivered(practice, types=CheckInMade)
    assert (bare.event.type, bare.event.schema) == ("CheckInMade", 9)
    contents: list[Content] = []
    Subscription(practice, "copy", lambda delivery: contents.append(delivery.content), content=True).run_once()
    assert contents[-1] == Unknown(type="CheckInMade", schema=9, fields={"text": "hello"})


def test_an_event_of_a_newer_release_waits_where_a_handler_asks_for_content_of_its_type(
    practice: Practice, anna: Engagement, ben: Engagement
) -> None:
    store(anna, next_record(anna, CheckInMade(text=PRIVATE), schema=9))
    ben.client.send_message()
    deliveries: list[Delivery[Any]] = []
    subscription = Subscription(
        practice,
        "reader",
        deliveries.append,
        types=(CheckInMade, MessageSent),
        content=True,
        retry=RetryPolicy(attempts=1),
    )
    (waiting,) = subscription.run_once().set_aside
    assert (waiting.engagement_id, waiting.type, waiting.reason) == ("anna", "CheckInMade", "event_content.unknown")
    assert [delivery.event.engagement_id for delivery in deliveries] == ["ben"]


class DamagedStore(MemoryStore):
    """A store that reads one event otherwise than it was written."""

    damaged: Record | None = None

    def read_all(self, after_position: int = 0, limit: int = 1000) -> Sequence[Numbered]:
        page = super().read_all(after_position, limit)
        if self.damaged is None:
            return page
        damaged = self.damaged
        return [n._replace(record=damaged) if n.record.event_id == damaged.event_id else n for n in page]


@pytest.mark.parametrize("types", [None, MessageSent])
@pytest.mark.parametrize("damage", [(b"}", b""), (b"MessageSent", b"MessageSend"), (b"eng", b"\xff"), (b"{", b"[")])
def test_a_damaged_event_is_reported_and_delays_no_other_engagement(
    agreement: Any, types: Any, damage: tuple[bytes, bytes]
) -> None:
    practice = Practice(DamagedStore())
    anna, ben = (practice.propose(agreement, engagement_id=name) for name in ("anna", "ben"))
    anna.client.send_message(), ben.client.send_message()
    head = practice.store.read("anna")[1]
    practice.store.damaged = head._replace(head=head.head.replace(*damage))  # type: ignore[attr-defined]
    deliveries: list[Delivery[Any]] = []
    retry = RetryPolicy(attempts=1)
    result = Subscription(practice, "reader", deliveries.append, types=types, retry=retry).run_once()
    assert [(w.engagement_id, w.reason) for w in result.set_aside] == [("anna", "event_head.changed")]
    assert deliveries[-1].event.engagement_id == "ben"


def test_ten_thousand_events_are_delivered_once_each_with_one_write_each_and_one_at_the_end() -> None:
    class CountingStore(MemoryStore):
        writes = 0

        def write(self, writes: Any) -> None:
            self.writes += 1
            super().write(writes)

    counting = CountingStore()
    names = [f"eng-{number}" for number in range(100)]
    for name in names:
        counting.write([Append(name, messages(name, 100), 0)])
    counting.writes = 0
    positions: list[int] = []
    with coachcore.Practice(counting) as practice:
        subscription = Subscription(practice, "reader", lambda delivery: positions.append(delivery.position))
        result = subscription.run_once()
        assert positions == list(range(1, 10_001))
        assert (result.delivered, result.lag, counting.writes) == (10_000, 0, 10_001)
        assert subscription.run_once().delivered == 0
        assert counting.writes == 10_001, "nothing to deliver, nothing to write"


# --- readers ---------------------------------------------------------------------------------------------------------


def test_a_subscription_that_names_a_reader_gets_what_that_role_may_read(clock: Any, agreement: Any) -> None:
    with coachcore.open(clock=clock) as practice:
        engagement = practice.propose(agreement)
        engagement.client.record(MessageSent(text=PRIVATE), visibility="author", event_id="a-marker-of-mine")
        engagement.client.record(MessageSent(text="For both"))
        engagement.coach.send_message("Dear sponsor", visibility="sponsor")
        for reader, texts in (("sponsor", ["Dear sponsor"]), (Role.COACH, ["For both", "Dear sponsor"])):
            deliveries: list[Delivery[Any]] = []
            Subscription(practice, f"for-{reader}", deliveries.append, types=MessageSent, reader=reader).run_once()
            assert len(deliveries) == 3
            assert [each.content.text for each in deliveries if each.has_content] == texts
            assert [each.item.version for each in deliveries] == [each.event.version for each in deliveries]
            assert deliveries[-1].view == engagement.view(reader)
            assert PRIVATE not in str([(each.event, each.item, each.state) for each in deliveries])
            assert "marker" not in str([(each.event, each.item) for each in deliveries])
            with pytest.raises(NotAllowed, match=r"delivery_reader\.not_allowed"):
                _ = deliveries[0].content


def test_a_subscription_that_reads_as_a_party_gets_the_events_of_their_engagements(
    practice: Practice, anna: Engagement, agreement: Any
) -> None:
    anna.client.record(MessageSent(text=PRIVATE), visibility="author")
    others = (Party(id="cid", name="Cid", role=Role.CLIENT), Party(id="dora", name="Dora", role=Role.COACH))
    practice.propose(attrs.evolve(agreement, parties=others)).client.record(MessageSent(text="Elsewhere"))
    readers = ((anna.client.actor.party, [PRIVATE]), (anna.coach.actor, []), ("nobody-there", None))
    for number, (reader, texts) in enumerate(readers):
        deliveries: list[Delivery[Any]] = []
        result = Subscription(
            practice, f"party-{number}", deliveries.append, types=MessageSent, reader=reader
        ).run_once()
        assert {each.event.engagement_id for each in deliveries} == ({anna.id} if texts is not None else set())
        assert [each.content.text for each in deliveries if each.has_content] == (texts or [])
        assert (result.delivered, result.lag) == (len(deliveries), 0)


def test_a_delivery_is_what_the_reader_may_read_when_it_is_made(clock: Any, agreement: Any) -> None:
    with coachcore.open(clock=clock) as practice:
        engagement = practice.propose(agreement)
        message = engagement.client.record(MessageSent(text=PRIVATE))[0]
        engagement.client.correct_entry(message.id, "Not for you", MessageSent(text="-"), visibility="author")
        deliveries: list[Delivery[Any]] = []
        Subscription(practice, "late", deliveries.append, reader="coach").run_once()
        assert PRIVATE not in str([(each.event, each.item) for each in deliveries])


def test_without_a_reader_a_delivery_has_no_view_and_an_unknown_one_is_refused(
    anna: Engagement, practice: Practice
) -> None:
    deliveries: list[Delivery[Any]] = []
    Subscription(practice, "ids", deliveries.append).run_once()
    assert deliveries
    assert {(each.reader, each.item, each.view, each.state) for each in deliveries} == {(None, None, None, None)}
    with pytest.raises(NotValid, match=r"role\.unknown"):
        Subscription(practice, "odd", deliveries.append, reader="couch")


def test_what_a_handler_records_is_caused_by_the_delivered_event_and_has_no_more_readers(
    practice: Practice, anna: Engagement, ben: Engagement
) -> None:
    named = anna.client.accept().id
    private = anna.client.send_message(PRIVATE, event_id="tell-nobody", visibility="author")

    def note(delivery: Delivery[MessageSent]) -> None:
        if delivery.event.visibility != "author":
            return
        anna_here, ben_here = delivery.unit.load("anna"), delivery.unit.load("ben")
        anna_here.coach.send_message("A copy", event_id="copy")
        anna_here.record(MessageSent(text="Of another"), anna_here.coach.actor, event_id="named", caused_by=named)
        with delivery.unit.unit() as part:
            part.load("anna").coach.send_message("In a part", event_id="part")
        ben_here.coach.send_message("Elsewhere", event_id="elsewhere")

    # a reader who knows the event under another id causes nothing by that
    Subscription(practice, "copies", note, types=MessageSent, reader="coach").run_once()
    causes = {event.id: event.caused_by for event in anna.recorded()}
    assert (causes["copy"], causes["part"], causes["named"]) == (private.id, private.id, named)
    assert ben.recorded()[-1].caused_by is None  # an event of one engagement has no id in another
    anna.coach.send_message("By itself", event_id="itself")
    assert anna.recorded()[-1].caused_by is None
    read = {item.id for item in anna.view("client").events}
    assert not {"copy", "part"} & read
    assert {"named", "itself"} <= read
    assert anna.client.send_message(PRIVATE, event_id="tell-nobody", visibility="author") == private
