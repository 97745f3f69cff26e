"""The store in memory keeps the promises of the contract."""

import pytest

from coachcore.errors import Conflict, NotValid
from coachcore.storage.contract import Append, Checkpoint, EventStore, Numbered, SaveCheckpoint
from coachcore.storage.memory import MemoryStore
from coachcore.storage.record import content_digest, digest_of
from coachcore.testing.stores import history, make_record


def test_it_is_an_event_store() -> None:
    assert isinstance(MemoryStore(), EventStore)


def test_a_write_stores_all_of_it_or_nothing() -> None:
    store, first, second = MemoryStore(), history("eng-1", 2), history("eng-2", 1)
    checkpoint = Checkpoint(name="mail", position=2)
    stale = Append("eng-1", [make_record("eng-1", event_id="late")], 0)
    with pytest.raises(Conflict) as caught:
        store.write([Append("eng-2", second, 0), Append("eng-1", first, 0), SaveCheckpoint(checkpoint, None), stale])
    assert (caught.value.code, caught.value.newer) == ("store.conflict", tuple(first))
    assert (store.last_position(), store.heads(), store.checkpoints()) == (0, [], [])
    store.write([Append("eng-2", second, 0), Append("eng-1", first, 0), SaveCheckpoint(checkpoint, None)])
    assert store.read_all() == [Numbered(1, second[0]), Numbered(2, first[0]), Numbered(3, first[1])]
    assert store.checkpoint("mail") == checkpoint


def test_another_attempt_on_the_same_events_stores_nothing_new() -> None:
    store, records = MemoryStore(), history("eng-1", 2)
    store.write([Append("eng-1", records, 0)])
    store.write([Append("eng-1", records, 0)])
    store.write([Append("eng-1", records[1:], 1)])
    again = make_record("eng-1", 3, records[1].digest, event_id="eng-1/2", content={"text": "event 2"})
    store.write([Append("eng-1", [again], 2)])
    assert store.read("eng-1") == records
    other = make_record("eng-1", 3, records[1].digest, event_id="eng-1/2", content="other")
    with pytest.raises(Conflict, match=r"record_id\.duplicate"):
        store.write([Append("eng-1", [other], 2)])


def test_an_event_salted_anew_is_the_same_event() -> None:
    store, record = MemoryStore(), make_record()
    store.write([Append("eng-1", [record], 0)])
    salt = b"another salt, 16"
    old, new = content_digest(record.salt or b"", record.content or b""), content_digest(salt, record.content or b"")
    head = record.head.replace(old.encode(), new.encode())
    assert head != record.head
    store.write([Append("eng-1", [record._replace(salt=salt, head=head, digest=digest_of(head))], 0)])
    assert store.read("eng-1") == [record]


def test_checkpoints_are_compared_and_never_go_back() -> None:
    store, checkpoint = MemoryStore(), Checkpoint(name="mail", position=5)
    store.write([SaveCheckpoint(checkpoint, None)])
    with pytest.raises(Conflict, match=r"checkpoint\.conflict"):
        store.write([SaveCheckpoint(Checkpoint(name="mail", position=6), None)])
    with pytest.raises(NotValid, match=r"checkpoint\.backwards"):
        store.write([SaveCheckpoint(Checkpoint(name="mail", position=4), checkpoint)])
    restarted = Checkpoint(name="mail", position=0, generation=1)
    store.write([SaveCheckpoint(restarted, checkpoint)])
    assert store.checkpoints() == [restarted]
