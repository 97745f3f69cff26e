"""Flows: one generator for callers that wait and callers that await."""

import asyncio
from collections.abc import Awaitable

import pytest

from coachcore.errors import Refused
from coachcore.flow import Flow, run, run_async, value_of


async def later(value: int) -> int:
    await asyncio.sleep(0)
    return value


async def failing() -> int:
    raise KeyError("no such row")


def total(*values: int | Awaitable[int]) -> Flow[int]:
    result = 0
    for value in values:
        result += yield from value_of(value)
    return result


def test_plain_values_need_no_event_loop() -> None:
    assert run(total(1, 2, 3)) == 6


def test_awaitables_are_awaited_in_order_beside_plain_values() -> None:
    async def main() -> int:
        return await run_async(total(1, later(2), later(3), 4))

    assert asyncio.run(main()) == 10


def test_what_has_to_be_awaited_is_refused_where_nobody_awaits(recwarn: pytest.WarningsRecorder) -> None:
    with pytest.raises(Refused) as refused:
        run(total(1, later(2)))
    assert refused.value.code == "flow.asynchronous"
    assert not recwarn.list  # nothing is reported as never awaited


def test_a_flow_can_catch_what_an_await_raised_and_go_on() -> None:
    def careful() -> Flow[str]:
        try:
            yield from value_of(failing())
        except KeyError:
            return str((yield from value_of(later(7))))
        return "not reached"

    assert asyncio.run(run_async(careful())) == "7"


def test_a_cancelled_task_runs_the_ends_of_its_flow() -> None:
    ended: list[str] = []

    def waiting() -> Flow[None]:
        try:
            yield from value_of(asyncio.Event().wait())
        finally:
            ended.append("released")

    async def main() -> None:
        task = asyncio.create_task(run_async(waiting()))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert ended == ["released"]
