"""Subscriptions of asynchronous practices: handlers are awaited, others run meanwhile, and a cancelled run loses nothing."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import pytest

import coachcore
from coachcore.errors import NotValid
from coachcore.events import ConcernRaised, MessageSent
from coachcore.model import Agreement
from coachcore.practice.async_faces import AsyncPractice
from coachcore.storage.sql import AsyncSQLStore
from coachcore.subscriptions import AsyncDelivery, AsyncSubscription, RetryPolicy, Subscription, async_statuses

T = TypeVar("T")


Open = Callable[[], Awaitable[AsyncPractice]]


@pytest.fixture(params=["memory", "sqlite", "sql", "postgresql"])
def opened(request: pytest.FixtureRequest, tmp_path: Path, clock: Any, agreement: Agreement) -> Open:
    """Opens a practice in which anna and ben have sent a message each."""
    path = tmp_path / "coaching.db"
    url = request.getfixturevalue("postgresql_url") if request.param == "postgresql" else f"sqlite+aiosqlite:///{path}"

    async def open_it() -> AsyncPractice:
        if request.param in ("memory", "sqlite"):
            practice = await coachcore.open_async(":memory:" if request.param == "memory" else path, clock=clock)
        else:
            practice = AsyncPractice(await AsyncSQLStore.open(url), clock=clock)
        for name in ("anna", "ben"):
            engagement = await practice.propose(agreement, engagement_id=name)
            await engagement.client.send_message()
        return practice

    return open_it


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(coroutine)


def test_asynchronous_and_ordinary_handlers_are_called_for_each_event_in_order(opened: Open, clock: Any) -> None:
    async def check() -> None:
        calls: list[tuple[str, int]] = []

        async def handle(delivery: AsyncDelivery[MessageSent]) -> None:
            await asyncio.sleep(0)
            calls.append(("awaited", delivery.position))

        async with await opened() as practice:
            awaited = AsyncSubscription(practice, "awaited", handle, types=MessageSent)
            ordinary: AsyncSubscription = AsyncSubscription(
                practice, "ordinary", lambda delivery: calls.append(("called", delivery.position))
            )
            assert (await awaited.run_once()).delivered == 2
            assert (await ordinary.run_once()).lag == 0
            assert calls == [("awaited", 2), ("awaited", 4), *(("called", position) for position in (1, 2, 3, 4))]
            assert (await awaited.status()).position == 4
            assert (await awaited.run_once()).delivered == 0
            assert [(status.name, status.lag) for status in await async_statuses(practice)] == [
                ("awaited", 0),
                ("ordinary", 0),
            ]

    run(check())


def test_failures_wait_are_retried_skipped_paused_and_replayed(opened: Open, clock: Any) -> None:
    async def check() -> None:
        calls: list[int] = []
        failing = {2, 4}
        reported: list[str] = []

        async def handle(delivery: AsyncDelivery[MessageSent]) -> None:
            calls.append(delivery.position)
            if delivery.position in failing:
                raise OSError("down")

        async def report(waiting: Any, error: Exception) -> None:
            await asyncio.sleep(0)
            reported.append(waiting.engagement_id)

        async with await opened() as practice:
            subscription = AsyncSubscription(
                practice, "reader", handle, types=MessageSent, retry=RetryPolicy(attempts=1), on_failure=report
            )
            result = await subscription.run_once()
            assert [waiting.engagement_id for waiting in result.set_aside] == ["anna", "ben"] == reported
            await subscription.skip("anna")
            failing.clear()
            await subscription.retry("ben")
            await subscription.pause()
            assert (await subscription.run_once()).delivered == 0
            await subscription.resume()
            assert (await subscription.run_once()).status.waiting == ()
            assert calls == [2, 4, 4]
            await subscription.replay()
            assert (await subscription.run_once()).delivered == 2

    run(check())


def test_what_a_handler_records_through_the_unit_is_stored_with_the_checkpoint(opened: Open, clock: Any) -> None:
    async def check() -> None:
        async def note(delivery: AsyncDelivery[MessageSent]) -> None:
            log = await delivery.unit.load("ben")
            await log.client.raise_concern("Noted", concern_id=delivery.event.id)
            if delivery.attempt == 1:
                raise OSError("down")

        async with await opened() as practice:
            subscription = AsyncSubscription(practice, "reader", note, types=MessageSent)
            for _ in range(3):
                await subscription.run_once()
                clock.forward(hours=1)
            contents = [event.content for event in await (await practice.load("ben")).recorded()]
            concerns = [content.concern_id for content in contents if isinstance(content, ConcernRaised)]
            sent = [
                event.id
                for name in ("anna", "ben")
                for event in await (await practice.load(name)).recorded()
                if isinstance(event.content, MessageSent)
            ]
            assert concerns == sent

    run(check())


def test_tasks_record_while_a_handler_awaits(opened: Open, clock: Any) -> None:
    async def check() -> None:
        reached, go_on = asyncio.Event(), asyncio.Event()

        async def wait(delivery: AsyncDelivery[MessageSent]) -> None:
            reached.set()
            await go_on.wait()

        async with await opened() as practice:
            running = asyncio.create_task(AsyncSubscription(practice, "reader", wait, types=MessageSent).run_once())
            await reached.wait()
            await (await practice.load("anna")).client.send_message()
            go_on.set()
            assert (await running).delivered == 2
            assert (await AsyncSubscription(practice, "reader").status()).lag == 1

    run(check())


def test_a_run_that_is_cancelled_in_a_handler_counts_the_attempt_and_repeats_it(opened: Open, clock: Any) -> None:
    async def check() -> None:
        reached = asyncio.Event()
        calls: list[tuple[int, int]] = []

        async def wait(delivery: AsyncDelivery[MessageSent]) -> None:
            calls.append((delivery.position, delivery.attempt))
            if len(calls) == 1:
                reached.set()
                await asyncio.Event().wait()

        async with await opened() as practice:
            subscription = AsyncSubscription(practice, "reader", wait, types=MessageSent)
            running = asyncio.create_task(subscription.run_once())
            await reached.wait()
            running.cancel()
            with pytest.raises(asyncio.CancelledError):
                await running
            await subscription.run_once()
            clock.forward(hours=1)
            assert (await subscription.run_once()).status.waiting == ()
            assert calls == [(2, 1), (4, 1), (2, 2)]

    run(check())


def test_run_delivers_until_it_is_stopped(opened: Open, clock: Any) -> None:
    async def check() -> None:
        stop = asyncio.Event()
        positions: list[int] = []

        async def handle(delivery: AsyncDelivery[Any]) -> None:
            positions.append(delivery.position)
            if len(positions) == 4:
                await (await practice.load("anna")).client.send_message()
            if len(positions) == 5:
                stop.set()

        async with await opened() as practice:
            await AsyncSubscription(practice, "reader", handle).run(stop, every=0)
            assert positions == [1, 2, 3, 4, 5]

    run(check())


def test_each_kind_of_practice_has_its_own_kind_of_subscription(opened: Open, clock: Any) -> None:
    async def check() -> None:
        async with await opened() as practice:
            with pytest.raises(NotValid) as caught:
                Subscription(practice, "reader", print)  # type: ignore[arg-type]
            assert (caught.value.code, caught.value.path) == ("value.invalid", "practice")
            with coachcore.open(":memory:") as other, pytest.raises(NotValid) as caught:
                AsyncSubscription(other, "reader", print)  # type: ignore[arg-type]
            assert (caught.value.code, caught.value.path) == ("value.invalid", "practice")

    run(check())
