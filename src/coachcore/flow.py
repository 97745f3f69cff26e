"""One text of code for synchronous and asynchronous callers: a generator that yields what has to be awaited.

A flow calls stores and handlers without knowing whether they return a value or an awaitable of one, and asks for the value::

    def head_of(store, engagement_id):
        head = yield from value_of(store.head(engagement_id))
        return None if head is None else head.version

    run(head_of(store, "anna"))              # a store whose methods return values
    await run_async(head_of(store, "anna"))  # one whose methods are coroutines

Nothing here knows an event loop: what is awaited is awaited by the caller's.
"""

from collections.abc import Awaitable, Coroutine, Generator
from inspect import isawaitable, iscoroutinefunction
from typing import Any, TypeAlias, TypeVar

from coachcore.errors import Refused

__all__ = ["Flow", "is_asynchronous", "run", "run_async", "value_of"]

T = TypeVar("T")
Flow: TypeAlias = Generator[Awaitable[Any], Any, T]
"""Yields what has to be awaited, is sent its value, and returns the result."""


def value_of(value: T | Awaitable[T]) -> Flow[T]:
    """The value, awaited where it is an awaitable."""
    if value is not None and isawaitable(value):  # most calls that return nothing are writes
        awaited: T = yield value
        return awaited
    return value


def is_asynchronous(function: object) -> bool:
    """Whether a call has to be awaited, of a function or of an object whose method makes it one."""
    return any(map(iscoroutinefunction, (function, type(function).__call__)))


def run(flow: Flow[T]) -> T:
    """Run a flow to its end. Raises Refused flow.asynchronous, in the flow, at the first thing that has to be awaited."""
    try:
        awaitable = next(flow)
        while True:
            if isinstance(awaitable, Coroutine):
                awaitable.close()  # otherwise Python warns that it was never awaited
            awaitable = flow.throw(
                Refused(
                    "flow.asynchronous",
                    "an asynchronous store, handler or unit was used by a synchronous practice or `with`",
                    "open the practice with `await coachcore.open_async(...)`, or use a synchronous one; or write `async with`",
                )
            )
    except StopIteration as end:
        result: T = end.value
        return result


async def run_async(flow: Flow[T]) -> T:
    """Run a flow to its end, awaiting what it yields. What an await raises, a cancellation too, is raised in the flow."""
    try:
        awaitable = next(flow)
        while True:
            try:
                value = await awaitable
            except BaseException as error:
                awaitable = flow.throw(error)
            else:
                awaitable = flow.send(value)
    except StopIteration as end:
        result: T = end.value
        return result
