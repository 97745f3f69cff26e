"""Asynchronous practices: the same flows awaited, tasks beside each other, and cancellations at every await."""

import asyncio
import json
import random
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar, cast

import pytest

import coachcore
from coachcore.errors import Conflict, NotFound, Refused
from coachcore.events import ConcernRaised, Content, MessageSent
from coachcore.hooks import AsyncPending, Stored
from coachcore.interop import write_journal
from coachcore.model import Agreement
from coachcore.practice import Practice
from coachcore.practice.async_faces import AsyncEngagement, AsyncPractice
from coachcore.storage.memory import MemoryStore

T = TypeVar("T")
REFUSED = {"at": "2026-01-05T09:00:00Z", "by": "anna", "do": "record_progress", "with": {"goal_id": "none", "value": 1}}
"""A line of a journal about a goal that nobody has set."""


class AwaitedStore:
    """A store in memory whose methods are coroutines that let other tasks run before and after they act."""

    promises = coachcore.storage.contract.Promises(durability="none", order="commit", is_exclusive=False)

    def __init__(self) -> None:
        self.memory = MemoryStore()
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        method = getattr(self.memory, name)

        async def call(*arguments: Any, **options: Any) -> Any:
            self.calls.append(name)
            await asyncio.sleep(0)
            answer = method(*arguments, **options)
            await asyncio.sleep(0)
            return answer

        return call


Work = Callable[[AsyncPractice], Coroutine[Any, Any, T]]


def runner(opened: Callable[[], Awaitable[AsyncPractice]]) -> Callable[[Work[T]], T]:
    """Runs a coroutine function with the practice that is opened in its event loop."""

    def run(work: Work[T]) -> T:
        async def main() -> T:
            async with await opened() as practice:
                return await work(practice)

        return asyncio.run(main())

    return run


@pytest.fixture(params=["memory", "sqlite", "awaited"])
def awaiting(request: pytest.FixtureRequest, tmp_path: Any, clock: Any) -> Callable[[Work[T]], T]:
    """Runs a coroutine function with an asynchronous practice, on each kind of store."""

    async def opened() -> AsyncPractice:
        if request.param == "awaited":
            return AsyncPractice(AwaitedStore(), clock=clock)  # type: ignore[arg-type]
        return await coachcore.open_async(
            ":memory:" if request.param == "memory" else tmp_path / "coaching.db", clock=clock
        )

    return runner(opened)


@pytest.fixture(params=["sqlite", "postgresql"])
def awaiting_sql(request: pytest.FixtureRequest, tmp_path: Any, clock: Any) -> Callable[[Work[T]], T]:
    """Runs a coroutine function with an asynchronous practice, on a database with an asynchronous driver."""
    is_server = request.param == "postgresql"
    url = request.getfixturevalue("postgresql_url") if is_server else f"sqlite+aiosqlite:///{tmp_path}/coaching.db"
    return runner(lambda: coachcore.open_async(f"sql+{url}", clock=clock))


async def assert_as_stored(*engagements: AsyncEngagement) -> None:
    """Each handle shows what another practice reads from the store, from the first event on."""
    for engagement in engagements:
        practice = engagement.practice
        fresh = await AsyncPractice(practice.store, clock=practice._clock).load(engagement.id)
        assert await engagement.state() == await fresh.state()
        assert await engagement.recorded() == await fresh.recorded()


def test_a_host_awaits_what_a_synchronous_one_calls(
    awaiting: Callable[[Work[Any]], Any], agreement: Agreement, clock: Any
) -> None:
    async def work(practice: AsyncPractice) -> None:
        eng = await practice.propose(agreement, engagement_id="anna")
        for party in agreement.signatories:
            await eng.as_party(party.id).accept()
        goal = await eng.client.set_goal("Run", goal_id="g")
        assert goal.title == "Run"
        assert (await eng.state()).goals["g"] == goal
        assert "set_goal" in await eng.client.may()
        other = await practice.load("anna")
        await other.coach.send_message("Hello", event_id="m")
        assert (await other.coach.send_message("Hello", event_id="m")).version == eng.version + 1
        assert (await eng.refresh()).version == other.version
        assert await practice.ids() == ("anna",)
        assert [each.id async for each in practice] == ["anna"]
        assert (await eng.snapshot()).ledger == await eng.ledger()
        assert await eng.progress() == (await eng.snapshot()).progress
        assert await eng.view("client") == (await eng.snapshot()).view("client")
        assert (await eng.smart("g")).goal_id == "g"
        with pytest.raises(NotFound) as caught:
            await practice.load("ana")
        assert "anna" in caught.value.hint
        await assert_as_stored(eng, other)

    awaiting(work)


def test_handlers_are_awaited_before_and_after_in_the_order_of_commits(
    awaiting: Callable[[Work[Any]], Any], agreement: Agreement
) -> None:
    async def work(practice: AsyncPractice) -> None:
        calls: list[tuple[str, str, int]] = []

        @practice.before(MessageSent)
        async def copied(pending: AsyncPending[MessageSent]) -> list[Content]:
            await asyncio.sleep(0)
            if pending.engagement_id == "anna":
                ben = await pending.unit.load("ben")
                await ben.client.raise_concern("Anna is there")
            if pending.content.text == "vetoed":
                pending.veto("not today")
            return []

        @practice.after(Content)
        async def noted(stored: Stored[Content]) -> None:
            await asyncio.sleep(0)
            calls.append((stored.event.engagement_id, stored.event.type, stored.state.version))

        anna = await practice.propose(agreement, engagement_id="anna")
        ben = await practice.propose(agreement, engagement_id="ben")
        with pytest.raises(Refused) as caught:
            await anna.client.send_message("vetoed")
        assert caught.value.code == "hook.vetoed"
        assert len(calls) == 2
        await anna.client.send_message("Hello")
        await asyncio.gather(*(eng.client.send_message("Hi") for eng in (anna, ben, anna)))
        assert calls[2:4] == [("anna", "MessageSent", 2), ("ben", "ConcernRaised", 2)]
        assert [version for name, _, version in calls if name == "anna"] == [1, 2, 3, 4]
        assert [version for name, _, version in calls if name == "ben"] == [1, 2, 3, 4, 5]
        await assert_as_stored(anna, ben)

    awaiting(work)


def test_a_before_handler_returns_what_it_adds_and_records_nothing_itself(
    awaiting: Callable[[Work[Any]], Any], agreement: Agreement
) -> None:
    async def work(practice: AsyncPractice) -> None:
        eng = await practice.propose(agreement)

        @practice.before(MessageSent)
        async def again(pending: AsyncPending[MessageSent]) -> None:
            await eng.coach.raise_concern("Again")

        with pytest.raises(Refused) as caught:
            await eng.client.send_message()
        assert caught.value.code == "hook.recorded"
        assert eng.version == 1
        await assert_as_stored(eng)

    awaiting(work)


def test_tasks_share_one_engagement(awaiting: Callable[[Work[Any]], Any], agreement: Agreement) -> None:
    async def work(practice: AsyncPractice) -> None:
        eng = await practice.propose(agreement, engagement_id="anna")
        notified: list[int] = []
        practice.after(Content)(lambda stored: notified.append(stored.event.version))

        async def record() -> None:
            for number in range(10):
                handle = eng if number % 2 else await practice.load("anna")
                event = await handle.client.send_message()
                assert (await eng.recorded())[event.version - 1] == event

        await asyncio.gather(*(record() for _ in range(8)))
        assert notified == list(range(2, 82))
        await assert_as_stored(eng)

    awaiting(work)


def test_recording_beside_a_unit_waits_in_another_task_and_is_refused_in_its_own(
    awaiting: Callable[[Work[Any]], Any], agreement: Agreement
) -> None:
    async def work(practice: AsyncPractice) -> None:
        anna = await practice.propose(agreement, engagement_id="anna")
        ben = await practice.propose(agreement, engagement_id="ben")
        async with practice.unit() as unit:
            mine = await unit.load("anna")
            await mine.client.send_message("in the unit")
            with pytest.raises(Conflict) as caught:
                await anna.client.send_message()
            assert caught.value.code == "unit.open"
            beside = asyncio.create_task(anna.client.send_message("beside it"))
            await ben.client.send_message()
            assert not beside.done()
        assert (await beside).version == 3
        assert [getattr(event.content, "text", None) for event in await mine.recorded()][1:] == [
            "in the unit",
            "beside it",
        ]
        await assert_as_stored(anna, ben, mine)

    awaiting(work)


def test_tasks_record_in_one_unit_and_those_that_fail_are_taken_back_alone(
    awaiting: Callable[[Work[Any]], Any], agreement: Agreement
) -> None:
    async def work(practice: AsyncPractice) -> None:
        @practice.before(ConcernRaised)
        async def vetoed(pending: AsyncPending[ConcernRaised]) -> None:
            await (await pending.unit.load("ben")).client.send_message("taken back")
            await asyncio.sleep(0)
            pending.veto("no concerns")

        anna = await practice.propose(agreement, engagement_id="anna")
        ben = await practice.propose(agreement, engagement_id="ben")
        async with practice.unit() as unit:
            first, second = await asyncio.gather(unit.load("anna"), unit.load("anna"))
            assert first is second
            parts: Sequence[Awaitable[Any]] = [
                first.client.raise_concern("No"),
                (await unit.load("ben")).client.send_message("stays"),
                first.client.send_message("stays too"),
            ]
            answers = await asyncio.gather(*parts, return_exceptions=True)
        assert [isinstance(answer, Refused) for answer in answers] == [True, False, False]
        assert ((await anna.refresh()).version, (await ben.refresh()).version) == (2, 2)
        await assert_as_stored(anna, ben)

    awaiting(work)


def test_a_batch_and_a_part_of_a_unit_are_awaited(awaiting: Callable[[Work[Any]], Any], agreement: Agreement) -> None:
    async def work(practice: AsyncPractice) -> None:
        anna = await practice.propose(agreement, engagement_id="anna")
        async with anna.batch() as batch:
            await batch.client.send_message()
            with pytest.raises(KeyError):
                async with batch.batch():
                    await batch.client.send_message()
                    raise KeyError
            await batch.client.send_message()
        assert anna.version == 3
        async with practice.unit() as unit:
            mine = await unit.load("anna")
            with pytest.raises(KeyError):
                async with unit.unit():
                    await mine.client.send_message()
                    raise KeyError
            await unit.propose(agreement, engagement_id="new")
        assert await practice.ids() == ("anna", "new")
        await assert_as_stored(anna, mine)

    awaiting(work)


def test_work_in_a_unit_is_done_again_where_another_writer_came_first(
    awaiting: Callable[[Work[Any]], Any], agreement: Agreement
) -> None:
    async def work(practice: AsyncPractice) -> None:
        await practice.propose(agreement, engagement_id="anna")
        elsewhere = await AsyncPractice(practice.store, clock=practice._clock).load("anna")
        attempts: list[int] = []

        async def record(unit: Any) -> str:
            anna = await unit.load("anna")
            attempts.append(anna.version)
            if len(attempts) < 3:
                await elsewhere.client.send_message("first")
            event = await anna.client.send_message("second")
            return str(event.id)

        event_id = await practice.in_unit(record)
        assert attempts == [1, 2, 3]
        assert [event.id for event in await elsewhere.recorded()][-1] == event_id

    awaiting(work)


def test_a_task_that_is_cancelled_at_any_await_leaves_handles_equal_to_a_fresh_load(
    awaiting: Callable[[Work[Any]], Any], agreement: Agreement
) -> None:
    """Every await of a command with handlers, and of a unit, is reached: each step of the loop is one more than the last time."""

    async def work(practice: AsyncPractice) -> None:
        @practice.before(MessageSent)
        async def slowly(pending: AsyncPending[MessageSent]) -> None:
            await asyncio.sleep(0)

        @practice.after(MessageSent)
        async def noted(stored: Stored[MessageSent]) -> None:
            await asyncio.sleep(0)

        anna = await practice.propose(agreement, engagement_id="anna")
        ben = await practice.propose(agreement, engagement_id="ben")

        async def command() -> None:
            await anna.client.send_message()

        async def unit() -> None:
            async with practice.unit() as unit:
                await (await unit.load("anna")).client.send_message()
                await (await unit.load("ben")).client.raise_concern("Hello")

        for record in (command, unit):
            is_cancelled, steps = True, 0
            while is_cancelled:
                task = asyncio.create_task(record())
                for _ in range(steps):
                    await asyncio.sleep(0)
                is_cancelled = task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                await assert_as_stored(anna, ben)
                before = anna.version
                assert (await anna.client.send_message()).version == before + 1
                steps += 1
            assert steps > 2

    awaiting(work)


@pytest.mark.parametrize("in_unit", [False, True])
def test_a_coroutine_that_is_closed_leaves_nothing(
    awaiting: Callable[[Work[Any]], Any], agreement: Agreement, in_unit: bool
) -> None:
    async def work(practice: AsyncPractice) -> None:
        is_deciding = asyncio.Event()

        @practice.before(ConcernRaised)
        async def for_ever(pending: AsyncPending[ConcernRaised]) -> None:
            is_deciding.set()
            await asyncio.Event().wait()

        anna = await practice.propose(agreement, engagement_id="anna")

        async def record() -> None:
            if not in_unit:
                await anna.client.raise_concern("Hello")
            async with practice.unit() as unit:
                mine = await unit.load("anna")
                await mine.client.send_message()
                await mine.client.raise_concern("Hello")

        coroutine = record()
        while not is_deciding.is_set():
            coroutine.send(None)
            await asyncio.sleep(0)
        coroutine.close()  # as where a loop ends without waiting for its tasks
        assert (await anna.client.send_message()).version == 2
        await assert_as_stored(anna)

    awaiting(work)


def test_a_file_is_imported_as_a_synchronous_practice_imports_it(
    awaiting: Callable[[Work[Any]], Any], agreement: Agreement, clock: Any, tmp_path: Path
) -> None:
    with coachcore.open(":memory:", clock=clock) as there:
        eng = there.propose(agreement, engagement_id="anna")
        eng.client.send_message("Hello", event_id="m1")
        journal = tmp_path / "anna.jsonl"
        journal.write_text("\n".join(write_journal(eng.recorded())), encoding="utf-8")
        lines = [(event.id, event.content) for event in eng.recorded()]

    async def work(practice: AsyncPractice) -> None:
        imported = await practice.import_file(journal)
        assert imported.id == "anna"
        assert [(event.id, event.content) for event in await imported.recorded()] == lines
        with pytest.raises(Refused) as caught:
            await practice.import_file(journal)
        assert caught.value.code == "engagement.duplicate"
        broken = tmp_path / "broken.jsonl"
        broken.write_text("\n".join([*journal.read_text(encoding="utf-8").splitlines(), json.dumps(REFUSED)]))
        with pytest.raises(Refused) as refused:
            await practice.import_file(broken, engagement_id="ben")
        assert refused.value.data["line"] == len(lines) + 2, "after a line about the journal itself"
        assert await practice.ids() == ("anna",)

    awaiting(work)


async def cancel_tasks(
    practice: AsyncPractice, agreement: Agreement, rounds: int, choices: random.Random, *, turns: int = 8
) -> int:
    """Four tasks at a time record on two engagements, two of them are cancelled; returns how many were, before they had
    ended.

    turns: of the event loop, before they are cancelled, on average.
    """
    suffix = f"-{choices.random()}"
    anna, ben = [await practice.propose(agreement, engagement_id=name + suffix) for name in ("anna", "ben")]
    acknowledged: list[str] = []
    together: list[tuple[str, str]] = []
    cancelled = 0

    async def command(name: str) -> None:
        engagement = await practice.load(anna.id) if choices.random() < 0.5 else anna
        await engagement.client.send_message("Hello", event_id=name)
        acknowledged.append(name)

    async def unit(name: str) -> None:
        both = f"{name}-first", f"{name}-second"
        together.append(both)
        async with practice.unit() as unit:
            await (await unit.load(anna.id)).client.send_message("Hello", event_id=both[0])
            async with unit.unit() as part:
                await (await part.load(ben.id)).client.raise_concern("Hello", event_id=both[1])
        acknowledged.extend(both)

    async def batch(name: str) -> None:
        both = f"{name}-first", f"{name}-second"
        together.append(both)
        async with ben.batch() as handle:
            for event_id in both:
                await handle.client.send_message("Hello", event_id=event_id)
        acknowledged.extend(both)

    for number in range(rounds):
        works = choices.choices([command, unit, batch], k=4)
        tasks = [asyncio.create_task(work(f"{number}-{index}")) for index, work in enumerate(works)]
        for _ in range(int(choices.expovariate(1 / turns))):
            await asyncio.sleep(0)
        cancelled += sum(task.cancel() for task in choices.sample(tasks, 2))
        results = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 30)
        assert {type(result) for result in results} <= {type(None), asyncio.CancelledError}, results
        await assert_as_stored(anna, ben)
        stored = {event.id for eng in (anna, ben) for event in await eng.recorded()}
        assert stored.issuperset(acknowledged)
        assert all(len(stored.intersection(both)) in (0, 2) for both in together)
    return cancelled


async def wait_a_step(either: Any) -> None:
    await asyncio.sleep(0)


def test_tasks_that_are_cancelled_beside_others_leave_whole_units_and_the_others_go_on(
    awaiting: Callable[[Work[Any]], Any], agreement: Agreement
) -> None:
    async def work(practice: AsyncPractice) -> None:
        practice.before(MessageSent)(wait_a_step)
        practice.after(Content)(wait_a_step)
        assert await cancel_tasks(practice, agreement, 15, random.Random(12)) > 5

    awaiting(work)


@pytest.mark.soak
def test_tasks_that_are_cancelled_at_1500_random_awaits_leave_whole_units(
    awaiting: Callable[[Work[Any]], Any], agreement: Agreement
) -> None:
    seed = random.randrange(10**9)
    print(f"seed {seed}")
    choices = random.Random(seed)

    async def work(practice: AsyncPractice) -> None:
        cancelled = 0
        while cancelled < 1500:
            for has_hooks in (False, True):
                if has_hooks:
                    practice.before(MessageSent)(wait_a_step)
                    practice.after(Content)(wait_a_step)
                cancelled += await cancel_tasks(practice, agreement, 15, choices)
            practice.hooks.remove(wait_a_step)

    awaiting(work)


TURNS_OF_A_DATABASE = 150
"""Of the event loop, while a few commands wait for a database."""


def test_tasks_that_wait_for_a_database_and_are_cancelled_leave_whole_units(
    awaiting_sql: Callable[[Work[Any]], Any], agreement: Agreement
) -> None:
    async def work(practice: AsyncPractice) -> None:
        assert await cancel_tasks(practice, agreement, 15, random.Random(12), turns=TURNS_OF_A_DATABASE) > 5

    awaiting_sql(work)


@pytest.mark.soak
def test_tasks_that_wait_for_a_database_and_are_cancelled_at_1500_random_awaits_leave_whole_units(
    awaiting_sql: Callable[[Work[Any]], Any], agreement: Agreement
) -> None:
    seed = random.randrange(10**9)
    print(f"seed {seed}")
    choices = random.Random(seed)

    async def work(practice: AsyncPractice) -> None:
        cancelled = 0
        while cancelled < 1500:
            cancelled += await cancel_tasks(practice, agreement, 15, choices, turns=TURNS_OF_A_DATABASE)

    awaiting_sql(work)


def test_a_synchronous_practice_says_that_a_store_has_to_be_awaited(agreement: Agreement) -> None:
    practice = Practice(AwaitedStore())  # type: ignore[arg-type]
    with pytest.raises(Refused) as caught:
        practice.propose(agreement)
    assert caught.value.code == "flow.asynchronous"
    assert "open_async" in caught.value.hint


def test_an_asynchronous_unit_or_batch_in_a_synchronous_with_is_refused_and_stores_nothing(
    awaiting: Callable[[Work[None]], None], agreement: Agreement
) -> None:
    async def work(practice: AsyncPractice) -> None:
        eng = await practice.propose(agreement)
        unit, batch = cast("Any", practice.unit()), cast("Any", eng.batch())
        with pytest.raises(Refused) as caught, unit as begun:
            await (await begun.load(eng.id)).client.send_message()
        assert (caught.value.code, "async with" in caught.value.hint) == ("flow.asynchronous", True)
        with pytest.raises(Refused) as caught, batch:
            pass
        assert caught.value.code == "flow.asynchronous"
        assert (await practice.load(eng.id)).version == 1
        await eng.client.send_message()
        assert eng.version == 2

    awaiting(work)


def test_the_second_loop_that_uses_a_practice_waits_as_the_first_did(agreement: Agreement, clock: Any) -> None:
    practice = AsyncPractice(AwaitedStore(), clock=clock)  # type: ignore[arg-type]

    async def record() -> None:
        eng = await practice.propose(agreement)
        await asyncio.gather(*(eng.client.send_message() for _ in range(5)))
        assert eng.version == 6

    asyncio.run(record())
    asyncio.run(record())
