"""A practice on an SQL store: what it stores, decides again and tells its handlers, also in a host's transaction."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import Engine
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session

import coachcore
from coachcore.events import MessageSent
from coachcore.hooks import Stored
from coachcore.model import Agreement
from coachcore.practice import Practice
from coachcore.practice.async_faces import AsyncPractice
from coachcore.storage.sql import AsyncSQLStore, SQLStore
from coachcore.storage.verify import verify


def test_an_engagement_is_recorded_loaded_and_verified(url: str, agreement: Agreement) -> None:
    name = url if url.startswith("postgresql") else f"sql+{url}"
    with coachcore.open(name) as practice:
        eng = practice.propose(agreement, engagement_id="one")
        eng.client.send_message("Ā, я, \U0001f600")
        with practice.unit() as unit:
            unit.load("one").coach.send_message("Good morning.")
            unit.propose(agreement, engagement_id="two")
    with coachcore.open(name, create=False) as practice:
        assert practice.ids() == ("one", "two")
        content = practice.load("one").recorded()[1].content
        assert isinstance(content, MessageSent)
        assert content.text == "Ā, я, \U0001f600"
        assert practice.load("one").version == 3
        assert verify(practice.store).is_clean


def test_commands_that_race_are_decided_again(postgresql_url: str, agreement: Agreement) -> None:
    writers, messages = 3, 10
    start = Barrier(writers)

    def send() -> None:
        with coachcore.open(postgresql_url) as practice:
            eng = practice.load("one")
            start.wait()
            for _ in range(messages):
                eng.client.send_message("Hello")

    with coachcore.open(postgresql_url) as practice:
        practice.propose(agreement, engagement_id="one")
        with ThreadPoolExecutor(writers) as pool:
            for future in [pool.submit(send) for _ in range(writers)]:
                future.result()
        assert practice.load("one").version == 1 + writers * messages
        assert verify(practice.store).is_clean


@pytest.mark.parametrize("is_committed", [True, False])
def test_a_unit_in_a_hosts_session_follows_its_commit(engine: Engine, agreement: Agreement, is_committed: bool) -> None:
    stored: list[str] = []
    with Practice(SQLStore(engine)) as practice:
        eng = practice.propose(agreement, engagement_id="one")
        practice.after(MessageSent)(lambda event: stored.append(event.event.engagement_id))
        with Session(engine) as session:
            with practice.unit(connection=session) as unit:
                unit.load("one").coach.send_message("One")
            with practice.unit(connection=session) as unit:
                unit.load("one").coach.send_message("Two")
            assert (eng.version, practice.load("one").version, stored) == (1, 1, [])
            session.commit() if is_committed else session.rollback()
        expected = (3, ["one", "one"]) if is_committed else (1, [])
        assert (practice.load("one").version, stored) == expected
        assert eng.client.send_message("Three").version == expected[0] + 1
        assert verify(practice.store).is_clean


def test_an_asynchronous_practice_records_in_tasks_and_in_a_hosts_session(url: str, agreement: Agreement) -> None:
    stored: list[int] = []

    async def main() -> int:
        engine = create_async_engine(url.replace("sqlite:", "sqlite+aiosqlite:"))
        store = await AsyncSQLStore.open(engine)
        async with AsyncPractice(store) as practice:

            @practice.after(MessageSent)
            async def note(event: Stored[MessageSent]) -> None:
                await asyncio.sleep(0)
                stored.append(event.event.version)

            eng = await practice.propose(agreement, engagement_id="one")
            await asyncio.gather(*(eng.client.send_message("Hello") for _ in range(5)))
            async with AsyncSession(engine) as session:
                async with practice.unit(connection=session) as unit:
                    await (await unit.load("one")).coach.send_message("Good morning.")
                await session.commit()
            version = (await practice.load("one")).version
        await engine.dispose()
        return version

    assert asyncio.run(main()) == 7
    assert sorted(stored) == [2, 3, 4, 5, 6, 7]
    with SQLStore(url) as store:
        assert verify(store).is_clean
