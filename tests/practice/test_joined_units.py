"""Units on a host's own connection: stored with the host's rows or not at all; handles and handlers follow the host's commit.

The connection is a small one in memory. What SQL stores do with real connections is tested with them.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import coachcore
from coachcore.errors import Conflict, Refused
from coachcore.events import Content, Erased, MessageSent
from coachcore.hooks import Stored
from coachcore.model import Agreement
from coachcore.practice import Engagement, Practice
from coachcore.practice.async_faces import AsyncPractice
from coachcore.storage import Record, StreamHead
from coachcore.storage.contract import Append, Write
from coachcore.storage.memory import MemoryStore
from coachcore.storage.verify import verify


class Connection:
    """A host's transaction: it sees its own writes, and others do once it commits."""

    def __init__(self, store: MemoryStore) -> None:
        self.store, self.seen = store, MemoryStore()
        self.seen.write([Append(head.engagement_id, store.read(head.engagement_id), 0) for head in store.heads()])
        self.writes: list[Write] = []
        self.callbacks: list[Callable[[], object]] = []

    def commit(self) -> None:
        self.store.write(self.writes)
        callbacks = self.callbacks.copy()
        self.callbacks.clear()
        for callback in callbacks:
            callback()

    def rollback(self) -> None:
        self.callbacks.clear()


class JoinedMemory:
    """A store's events as a connection sees them."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def on_commit(self, callback: Callable[[], object]) -> None:
        self.connection.callbacks.append(callback)

    def write(self, writes: Sequence[Write]) -> None:
        self.connection.seen.write(writes)
        self.connection.writes += writes

    def read(self, engagement_id: str, after_version: int = 0, limit: int | None = None) -> Sequence[Record]:
        return self.connection.seen.read(engagement_id, after_version, limit)

    def head(self, engagement_id: str) -> StreamHead | None:
        return self.connection.seen.head(engagement_id)

    def heads(self, after_id: str = "", limit: int | None = None) -> Sequence[StreamHead]:
        return self.connection.seen.heads(after_id, limit)


class HostedStore(MemoryStore):
    """A store in the memory of a host that has transactions of its own."""

    def joined(self, connection: Connection) -> JoinedMemory:
        return JoinedMemory(connection)


@pytest.fixture
def store() -> HostedStore:
    return HostedStore()


@pytest.fixture
def practice(store: HostedStore, clock: Any) -> Iterator[Practice]:
    with Practice(store, clock=clock) as practice:
        yield practice
        assert verify(store).is_clean


@pytest.fixture
def notified(practice: Practice) -> list[tuple[str, int]]:
    calls: list[tuple[str, int]] = []
    practice.after(Content)(lambda stored: calls.append((stored.event.engagement_id, stored.event.version)))
    return calls


def assert_as_stored(*engagements: Engagement) -> None:
    """Each handle shows what another practice reads from the store, before it is asked to read again."""
    for engagement in engagements:
        fresh = Practice(engagement.practice.store, clock=engagement.practice._clock).load(engagement.id)
        assert engagement.known_state == fresh.known_state
        assert engagement.recorded() == fresh.recorded()


def test_a_unit_on_a_connection_is_seen_when_the_host_commits(
    practice: Practice,
    store: HostedStore,
    anna: Engagement,
    ben: Engagement,
    agreement: Agreement,
    notified: list[tuple[str, int]],
) -> None:
    connection = Connection(store)
    with practice.unit(connection=connection) as unit:
        mine = unit.load("anna")
        mine.client.send_message("Hello")
        unit.load("ben").client.send_message("Hello")
        unit.propose(agreement, engagement_id="new")
        assert mine.state().version == 2
        assert connection.writes == []
    assert [write.engagement_id for write in connection.writes if isinstance(write, Append)] == ["anna", "ben", "new"]
    assert (store.last_position(), notified) == (2, [])
    assert (anna.version, mine.version, practice.load("anna").version) == (1, 1, 1)
    connection.commit()
    assert notified == [("anna", 2), ("ben", 2), ("new", 1)]
    assert mine.version == 2
    assert_as_stored(mine, anna.refresh(), ben.refresh())
    assert anna.client.send_message().version == 3


def test_a_host_that_rolls_back_restores_every_handle(
    practice: Practice, store: HostedStore, anna: Engagement, agreement: Agreement, notified: list[tuple[str, int]]
) -> None:
    snapshot = anna.snapshot()
    connection = Connection(store)
    with practice.unit(connection=connection) as unit:
        mine = unit.load("anna")
        mine.client.send_message("Lost")
        assert mine.snapshot().state.version == 2
        new = unit.propose(agreement, engagement_id="new")
    connection.rollback()
    assert anna.snapshot() is snapshot
    assert_as_stored(anna, mine)
    assert (new.version, practice.ids(), notified) == (0, ("anna",), [])
    assert mine.client.send_message("Stored").version == 2
    assert_as_stored(anna.refresh(), mine)
    assert notified == [("anna", 2)]


def test_a_block_that_raises_writes_nothing_on_the_connection(
    practice: Practice, store: HostedStore, anna: Engagement
) -> None:
    connection = Connection(store)
    with pytest.raises(KeyError), practice.unit(connection=connection) as unit:
        mine = unit.load("anna")
        mine.client.send_message()
        raise KeyError
    assert (connection.writes, connection.callbacks, mine.version) == ([], [], 1)
    assert_as_stored(anna, mine)


def test_units_of_one_transaction_see_each_other_and_are_committed_together(
    practice: Practice, store: HostedStore, anna: Engagement, notified: list[tuple[str, int]]
) -> None:
    connection = Connection(store)
    for _ in range(2):
        with practice.unit(connection=connection) as unit:
            mine = unit.load("anna")
            mine.client.send_message()
            with pytest.raises(Conflict) as caught:
                anna.client.send_message()
            assert caught.value.code == "unit.open"
    assert mine.version == 1, "the host may still roll back"
    connection.commit()
    assert notified == [("anna", 2), ("anna", 3)]
    assert_as_stored(mine, anna.refresh())


def test_what_was_recorded_meanwhile_makes_the_hosts_transaction_fail(
    practice: Practice, store: HostedStore, anna: Engagement, notified: list[tuple[str, int]]
) -> None:
    connection = Connection(store)
    with practice.unit(connection=connection) as unit:
        unit.load("anna").client.send_message("In the transaction")
    Practice(store, clock=practice._clock).load("anna").client.send_message("Meanwhile")
    with pytest.raises(Conflict):
        connection.commit()
    assert notified == []
    assert_as_stored(anna.refresh())


def test_recording_beside_an_open_transaction_is_refused_where_the_database_would_wait_for_ever(
    practice: Practice, store: HostedStore, anna: Engagement, ben: Engagement
) -> None:
    connection = Connection(store)
    with practice.unit(connection=connection) as unit:
        unit.load("anna").client.send_message()

    def on_another_connection() -> None:
        with practice.unit(connection=Connection(store)) as unit:
            unit.load("anna")

    for way in (anna.client.send_message, anna.batch().__enter__, on_another_connection):
        with pytest.raises(Conflict) as caught:
            way()
        assert caught.value.code == "host_transaction.open"
        assert "roll it back" in caught.value.hint
    ben.client.send_message()
    with ThreadPoolExecutor(1) as pool:  # another thread would wait in the database until the transaction ends
        assert pool.submit(anna.client.send_message).result().version == 2
    connection.rollback()
    assert anna.client.send_message().version == 3


def test_handlers_may_record_once_the_host_has_committed(
    practice: Practice, store: HostedStore, anna: Engagement
) -> None:
    practice.after(MessageSent)(lambda stored: anna.coach.raise_concern("Late"))
    connection = Connection(store)
    with practice.unit(connection=connection) as unit:
        unit.load("anna").client.send_message()
    connection.commit()
    assert [event.type for event in anna.recorded()][1:] == ["MessageSent", "ConcernRaised"]
    assert_as_stored(anna)


def test_a_command_that_is_repeated_on_a_connection_adds_nothing(
    practice: Practice, store: HostedStore, anna: Engagement, notified: list[tuple[str, int]]
) -> None:
    event = anna.client.send_message("Hello", event_id="m1")
    elsewhere = Practice(store, clock=practice._clock)
    connection = Connection(store)
    with practice.unit(connection=connection) as unit:
        mine = unit.load("anna")
        assert mine.client.send_message("Hello", event_id="m1") == event
        mine.client.send_message("More", event_id="m2")
    connection.commit()
    assert notified == [("anna", 2), ("anna", 3)]
    assert elsewhere.load("anna").client.send_message("More", event_id="m2").version == 3
    assert_as_stored(mine)


def test_content_that_is_erased_on_a_connection_is_dropped_at_the_commit(
    practice: Practice, store: HostedStore, anna: Engagement
) -> None:
    event = anna.client.send_message("Hello")
    snapshot, connection = anna.snapshot(), Connection(store)
    with practice.unit(connection=connection) as unit:
        unit.load("anna").client.erase_content([event.id], "Asked")
    assert anna.snapshot() is snapshot
    connection.commit()
    assert anna.recorded()[1].content == Erased(type="MessageSent")
    assert_as_stored(anna)


@pytest.mark.parametrize("name", [":memory:", "coaching.db"])
def test_a_store_without_connections_of_hosts_refuses_them(tmp_path: Path, name: str) -> None:
    with coachcore.open(name if name == ":memory:" else tmp_path / name) as practice:
        with pytest.raises(Refused) as caught:
            practice.unit(connection=object())
        assert caught.value.code == "unit_connection.not_allowed"
        assert "SQL store" in caught.value.hint


def test_asynchronous_handlers_run_after_the_hosts_commit_and_before_the_practice_is_closed(
    store: HostedStore, agreement: Agreement, clock: Any
) -> None:
    notified: list[int] = []

    async def work() -> None:
        async with AsyncPractice(store, clock=clock) as practice:

            @practice.after(MessageSent)
            async def noted(stored: Stored[MessageSent]) -> None:
                await asyncio.sleep(0)
                notified.append(stored.event.version)

            eng = await practice.propose(agreement, engagement_id="anna")
            for is_committed in (False, True):
                connection = Connection(store)
                async with practice.unit(connection=connection) as unit:
                    await (await unit.load("anna")).client.send_message()
                (connection.commit if is_committed else connection.rollback)()
                assert (eng.version, notified) == (1, [])
            assert (await eng.refresh()).version == 2
        assert notified == [2]

    asyncio.run(work())
