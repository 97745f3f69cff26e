"""A store that seals keeps every promise of the store beneath it, which holds no content in clear."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from coachcore.errors import Conflict, Corrupt, NotFound, StoreUnavailable
from coachcore.storage.contract import Append, AsyncEventStore, Checkpoint, EventStore, SaveCheckpoint, Write
from coachcore.storage.memory import MemoryStore
from coachcore.storage.record import Record, SealedRecord, is_sealed
from coachcore.storage.sealed import AsyncSealedStore, KeyRotation, MemoryKeys, SealedStore
from coachcore.storage.sealed.cipher import unwrap, wrap
from coachcore.storage.sql import AsyncSQLStore, SQLStore
from coachcore.storage.sqlite import SQLiteStore
from coachcore.storage.sqlite_migration import migrate
from coachcore.storage.verify import ERASURE_TYPE, verify
from coachcore.testing.records import history, make_record
from coachcore.testing.stores import AsyncStoreConformance, StoreConformance, store_machine

OLD, NEW, PRIVATE = (bytes([number]) * 32 for number in (1, 2, 3))


def keys() -> MemoryKeys:
    return MemoryKeys({"old": OLD})


class TestSealedMemoryStore(StoreConformance):
    def make_store(self, directory: Path) -> EventStore:
        return SealedStore(MemoryStore(), keys())


class TestSealedSQLiteStore(StoreConformance):
    is_persistent = True

    def make_store(self, directory: Path) -> EventStore:
        return SealedStore(SQLiteStore(directory / "books.db"), keys())


class TestSealedSQLStoreOnSQLite(StoreConformance):
    is_persistent = True

    def make_store(self, directory: Path) -> EventStore:
        return SealedStore(SQLStore(f"sqlite:///{directory}/coaching.db"), keys())


class TestSealedSQLStoreOnPostgreSQL(StoreConformance):
    is_persistent = True

    @pytest.fixture(autouse=True)
    def database(self, postgresql_url: str) -> None:
        self.url = postgresql_url

    def make_store(self, directory: Path) -> EventStore:
        return SealedStore(SQLStore(self.url), keys())


class TestAsyncSealedSQLStore(AsyncStoreConformance):
    is_persistent = True

    async def make_async_store(self, directory: Path) -> AsyncEventStore:
        return AsyncSealedStore(await AsyncSQLStore.open(f"sqlite+aiosqlite:///{directory}/coaching.db"), keys())


TestSealedStoreBesideAModel = store_machine(lambda: SealedStore(MemoryStore(), keys())).TestCase


def written(
    store: EventStore, engagement_id: str = "eng-1", count: int = 3, visibility: str = "shared"
) -> list[Record]:
    """Append events whose heads name a visibility, after those that are there."""
    before = store.head(engagement_id)
    previous, version = (before.digest, before.version) if before else ("", 0)
    records = []
    for number in range(version + 1, version + count + 1):
        records.append(make_record(engagement_id, number, previous, visibility=visibility))
        previous = records[-1].digest
    store.write([Append(engagement_id, records, version)])
    return records


def test_the_store_beneath_holds_sealed_contents_and_heads_in_clear() -> None:
    beneath = MemoryStore()
    records = written(SealedStore(beneath, keys()))
    for record, stored in zip(records, beneath.read("eng-1"), strict=True):
        assert is_sealed(stored)
        assert stored.head == record.head
        assert stored.content is not None
        assert record.content is not None
        assert record.content not in stored.content
        assert len(stored.content) == len(record.content) + 16 + 16, "salt and tag are all that is added"


def test_no_nonce_is_used_twice_and_each_visibility_and_engagement_has_a_key_of_its_own() -> None:
    beneath = MemoryStore()
    store = SealedStore(beneath, keys())
    for engagement_id in ("eng-1", "eng-2"):
        for visibility in ("shared", "author", "shared"):
            written(store, engagement_id, 20, visibility)
    records = [record for _, record in beneath.read_all()]
    nonces = {record.salt[9:] for record in records if record.salt}
    assert len(nonces) == len(records) == 120
    keys_used = {
        (record.engagement_id, b"author" in record.head, record.salt[1:9]) for record in records if record.salt
    }
    assert len(keys_used) == 4
    assert len({key_id for _, _, key_id in keys_used}) == 4


def test_content_that_is_moved_to_another_event_is_refused() -> None:
    beneath = MemoryStore()
    written(SealedStore(beneath, keys()))
    first, second, _ = beneath.read("eng-1")
    beneath._log[1] = second._replace(salt=first.salt, content=first.content)
    store = SealedStore(beneath, keys())
    opened = store.read("eng-1")
    assert [type(record) for record in opened] == [Record, SealedRecord, Record]
    assert [problem.code for problem in verify(store).problems] == ["event_seal.changed"]
    assert verify(store).problems[0].version == 2


def test_a_data_key_that_is_moved_to_another_visibility_does_not_open() -> None:
    beneath = MemoryStore()
    store = SealedStore(beneath, keys())
    written(store, visibility="author")
    written(store, visibility="shared")
    (checkpoint,) = [c for c in beneath.checkpoints() if c.state]
    state = checkpoint.state
    swapped = state.replace(b'"author"', b'"other"').replace(b'"shared"', b'"author"').replace(b'"other"', b'"shared"')
    beneath.write([SaveCheckpoint(Checkpoint(name=checkpoint.name, state=swapped), checkpoint)])
    reopened = SealedStore(beneath, keys())
    problems = {getattr(record, "problem", None) for record in reopened.read("eng-1")}
    assert {problem and problem.code for problem in problems} == {"data_key.changed"}
    with pytest.raises(Corrupt) as refused:
        written(reopened)
    assert refused.value.code == "data_key.changed"


def test_another_key_under_the_same_id_is_damage_and_a_key_that_is_not_there_is_none() -> None:
    beneath = MemoryStore()
    written(SealedStore(beneath, keys()))
    wrong = SealedStore(beneath, MemoryKeys({"old": NEW})).read("eng-1")[0]
    assert isinstance(wrong, SealedRecord)
    assert wrong.problem is not None
    assert wrong.problem.code == "data_key.changed"
    without = SealedStore(beneath, MemoryKeys({"new": NEW})).read("eng-1")[0]
    assert isinstance(without, SealedRecord)
    assert without.problem is None
    with pytest.raises(NotFound) as refused:
        written(SealedStore(beneath, MemoryKeys({"new": NEW})))
    assert refused.value.code == "wrapping_key.missing"


def test_what_was_stored_before_the_keys_is_read_beside_what_is_sealed() -> None:
    beneath = MemoryStore()
    plain = written(beneath)
    store = SealedStore(beneath, keys())
    sealed = written(store)
    assert store.read("eng-1") == [*plain, *sealed]
    assert [is_sealed(record) for record in beneath.read("eng-1")] == [False] * 3 + [True] * 3
    store.write([Append("eng-1", plain, 0)])  # repeated by a writer that has the keys now
    assert verify(store).is_clean


def test_a_store_without_keys_verifies_what_it_can_and_says_how_much_it_cannot() -> None:
    beneath = MemoryStore()
    written(SealedStore(beneath, keys()))
    written(beneath, "eng-2", 2)
    report = verify(beneath)
    assert report.is_clean
    assert report.sealed == 3
    assert verify(SealedStore(beneath, keys())).sealed == 0


def test_a_file_of_0_1_is_read_with_keys_and_sealed_from_when_it_is_migrated(
    tmp_path: Path, write_old_store: Callable[..., Path]
) -> None:
    records = history("eng-1", 3)
    path = write_old_store(tmp_path / "old.db", records, {"mail": 2})
    with SealedStore(SQLiteStore(path), keys()) as store:
        assert store.read("eng-1") == records
        with pytest.raises(StoreUnavailable) as refused:
            written(store)
        assert refused.value.code == "store_schema.old"
    migrate(path)
    with SealedStore(SQLiteStore(path), keys()) as store:
        records += written(store)
        assert store.read("eng-1") == records
        assert [checkpoint.name for checkpoint in store.checkpoints()] == ["mail"]
    with SQLiteStore(path) as beneath:
        assert [is_sealed(record) for record in beneath.read("eng-1")] == [False] * 3 + [True] * 3


# --- processes --------------------------------------------------------------------------------------------------------


class Overtaken(MemoryStore):
    """In the middle of its next write somebody else does theirs."""

    other: Callable[[], object] | None = None

    def write(self, writes: Sequence[Write]) -> None:
        other, self.other = self.other, None
        if other is not None:
            other()
        super().write(writes)


def test_of_two_processes_that_make_a_key_at_once_the_second_takes_that_of_the_first() -> None:
    beneath = Overtaken()
    first, second = SealedStore(beneath, keys()), SealedStore(beneath, keys())
    written(first, visibility="author")
    records = [*first.read("eng-1"), make_record("eng-1", 4, first.read("eng-1")[-1].digest, visibility="shared")]
    beneath.other = lambda: written(first, "eng-2")
    second.write([Append("eng-1", records[3:], 3)])
    for store in (first, second, SealedStore(beneath, keys())):
        assert store.read("eng-1") == records
        assert len(store.read("eng-2")) == 3


def test_a_writer_that_was_overtaken_while_it_made_a_key_gets_the_newer_records_opened() -> None:
    beneath = Overtaken()
    first, second = SealedStore(beneath, keys()), SealedStore(beneath, keys())
    beneath.other = lambda: written(first)
    with pytest.raises(Conflict) as conflict:
        second.write([Append("eng-1", [make_record("eng-1", 1, event_id="mine")], 0)])
    assert conflict.value.code == "store.conflict"
    assert list(conflict.value.newer) == first.read("eng-1")
    assert not any(map(is_sealed, conflict.value.newer))


def test_rotation_in_the_middle_leaves_both_processes_reading_and_writing() -> None:
    beneath = MemoryStore()
    before = SealedStore(beneath, MemoryKeys({"old": OLD, "new": NEW}))
    records = written(before)
    stored = beneath.read("eng-1")
    after = SealedStore(beneath, MemoryKeys({"new": NEW, "old": OLD}))
    assert after.rotate_keys() == KeyRotation(rewrapped=1)
    assert after.rotate_keys() == KeyRotation(unchanged=1)
    assert beneath.read("eng-1") == stored, "no event is touched"
    records += written(before)
    records += written(after, visibility="author")
    records += written(before, visibility="author")
    with_new_alone = SealedStore(beneath, MemoryKeys({"new": NEW}))
    with_old_alone = SealedStore(beneath, MemoryKeys({"old": OLD}))
    for store in (before, after, with_new_alone):
        assert store.read("eng-1") == records
    assert {type(record) for record in with_old_alone.read("eng-1")} == {SealedRecord}


def test_a_rotation_that_another_process_overtakes_keeps_the_key_that_it_made() -> None:
    beneath = Overtaken()
    store = SealedStore(beneath, MemoryKeys({"new": NEW, "old": OLD}))
    records = written(SealedStore(beneath, MemoryKeys({"old": OLD, "new": NEW})))
    beneath.other = lambda: records.extend(written(SealedStore(beneath, MemoryKeys({"old": OLD})), visibility="author"))
    assert store.rotate_keys() == KeyRotation(rewrapped=2)
    assert SealedStore(beneath, MemoryKeys({"new": NEW})).read("eng-1") == records


def test_a_rotation_leaves_the_keys_that_its_process_cannot_unwrap() -> None:
    beneath = MemoryStore()
    every_key = {"new": NEW, "old": OLD, "private": PRIVATE}
    store = SealedStore(beneath, MemoryKeys(every_key, {"": "old", "author": "private"}))
    records = [*written(store), *written(store, visibility="author")]
    rotating = MemoryKeys({"new": NEW, "old": OLD, "private": None}, {"": "new", "author": "new"})
    assert SealedStore(beneath, rotating).rotate_keys() == KeyRotation(rewrapped=1, unavailable=1)
    assert SealedStore(beneath, MemoryKeys({"new": NEW, "private": PRIVATE})).read("eng-1") == records


# --- erasure ----------------------------------------------------------------------------------------------------------


def erased(store: EventStore, event_ids: Sequence[str], visibility: str = "author") -> None:
    head = store.head("eng-1")
    assert head is not None
    erasure = make_record("eng-1", head.version + 1, head.digest, type_=ERASURE_TYPE, visibility=visibility)
    store.write([Append("eng-1", [erasure], head.version, event_ids)])


def test_with_the_last_content_of_a_visibility_its_key_is_destroyed_and_a_copy_of_the_content_stays_sealed() -> None:
    beneath = MemoryStore()
    store, other = SealedStore(beneath, keys()), SealedStore(beneath, keys())
    shared, author = written(store), written(store, visibility="author")
    copy = beneath.read("eng-1")
    assert other.read("eng-1") == [*shared, *author]
    erased(store, [author[0].event_id])
    assert b'"wrapped": null' not in b"".join(checkpoint.state for checkpoint in beneath.checkpoints())
    erased(store, [author[1].event_id, author[2].event_id])
    assert b"".join(checkpoint.state for checkpoint in beneath.checkpoints()).count(b'"wrapped": null') == 1
    for reader in (store, other, SealedStore(beneath, keys())):
        assert reader.read("eng-1")[:3] == shared
        assert [record.content for record in reader.read("eng-1")[3:6]] == [None] * 3
        assert all(record.content for record in reader.read("eng-1")[6:]), "what records the erasures"
        assert verify(reader).is_clean
    # a copy of the events that somebody put back, beside the keys of today
    beneath._log[3:6] = copy[3:6]
    assert [record.content for record in SealedStore(beneath, keys()).read("eng-1")[3:6]] == [None] * 3


def test_a_process_that_has_a_destroyed_key_in_memory_seals_with_a_new_one() -> None:
    beneath = MemoryStore()
    store, other = SealedStore(beneath, keys()), SealedStore(beneath, keys())
    author = written(store, visibility="author")
    erased(other, [record.event_id for record in author])
    # to write after the erasure, a writer has to have read it: here from the conflict
    late = make_record("eng-1", 4, author[-1].digest, event_id="late", visibility="author")
    with pytest.raises(Conflict) as conflict:
        store.write([Append("eng-1", [late], 3)])
    (erasure,) = conflict.value.newer
    again = make_record("eng-1", 5, erasure.digest, visibility="author")
    store.write([Append("eng-1", [again], 4)])
    assert SealedStore(beneath, keys()).read("eng-1")[4] == again


# --- providers that fail ----------------------------------------------------------------------------------------------


class Failing(MemoryKeys):
    is_failing = False

    def unwrap(self, key_id: str, wrapped: bytes, /) -> bytes:
        if self.is_failing:
            raise ConnectionError("key service: secret-token")
        return super().unwrap(key_id, wrapped)

    def wrap(self, key_id: str, secret: bytes, /) -> bytes:
        if self.is_failing:
            raise ConnectionError("key service: secret-token")
        return super().wrap(key_id, secret)


def test_a_provider_that_fails_is_an_error_of_ours_and_nothing_is_stored() -> None:
    beneath, provider = MemoryStore(), Failing({"old": OLD})
    provider.is_failing = True
    store = SealedStore(beneath, provider)
    for _ in range(2):
        with pytest.raises(StoreUnavailable) as failed:
            written(store)
        assert failed.value.code == "key_provider.failed"
        assert "secret-token" not in str(failed.value)
        assert beneath.last_position() == 0
        assert not beneath.checkpoints()
    provider.is_failing = False
    records = written(store)
    provider.is_failing = True
    with pytest.raises(StoreUnavailable):
        SealedStore(beneath, provider).read("eng-1")
    assert store.read("eng-1") == records, "a key that is in memory is not asked for again"


def test_a_provider_that_returns_something_else_than_bytes_has_failed() -> None:
    class Mistaken(MemoryKeys):
        def wrap(self, key_id: str, secret: bytes, /) -> bytes:
            return secret.hex()  # type: ignore[return-value]

    with pytest.raises(StoreUnavailable) as failed:
        written(SealedStore(MemoryStore(), Mistaken({"old": OLD})))
    assert failed.value.code == "key_provider.failed"


def test_a_provider_may_be_asynchronous() -> None:
    class Service:
        async def current(self, visibility: str, /) -> str:
            return "old"

        async def wrap(self, key_id: str, secret: bytes, /) -> bytes:
            return wrap(OLD, secret)

        async def unwrap(self, key_id: str, wrapped: bytes, /) -> bytes:
            return unwrap(OLD, wrapped)

    async def recorded() -> None:
        beneath = MemoryStore()
        store = AsyncSealedStore(beneath, Service())
        records = history("eng-1", 3)
        await store.write([Append("eng-1", records, 0)])
        assert await store.read("eng-1") == records
        assert await AsyncSealedStore(beneath, Service()).read("eng-1") == records
        assert SealedStore(beneath, keys()).read("eng-1") == records

    asyncio.run(recorded())
