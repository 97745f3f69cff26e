"""Tasks of an event loop wait for each other without blocking it: what `coachcore.practice.waiting` is for threads."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

from coachcore.flow import Flow
from coachcore.practice.waiting import WAIT_SECONDS, turn_missed

__all__ = ["TaskSignal", "TaskTurn", "Tasks"]

T = TypeVar("T")


class TaskTurn:
    """A turn of tasks, in the order in which they ask for it."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._owner: asyncio.Task[object] | None = None

    def during(self, work: Flow[T], seconds: float | None = None) -> Flow[T]:
        task = asyncio.current_task()
        if self._owner is task and task is not None:
            return (yield from work)
        if self._loop is not (loop := asyncio.get_running_loop()):
            self._loop, self._lock = loop, asyncio.Lock()  # a lock belongs to the loop in which somebody waited for it
        lock = self._lock
        try:
            yield _within(seconds, lock.acquire)
        except TimeoutError:
            raise turn_missed() from None
        self._owner = task
        try:
            return (yield from work)
        finally:
            self._owner = None
            lock.release()


class TaskSignal(asyncio.Event):
    """What tasks wait for."""

    def awaited(self) -> Flow[None]:
        with suppress(TimeoutError):  # whoever has waited looks whether the unit is still open
            yield _within(WAIT_SECONDS, self.wait)


class Tasks:
    """Tasks await."""

    turn = TaskTurn
    signal = TaskSignal
    caller = staticmethod(asyncio.current_task)


async def _within(seconds: float | None, call: Callable[[], Awaitable[object]]) -> None:
    # unlike `wait_for` of Python 3.11, this never loses a lock that is acquired at the moment of a cancellation
    async with asyncio.timeout(seconds):
        await call()
