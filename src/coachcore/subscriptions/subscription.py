"""Subscriptions of synchronous and of asynchronous practices; see the package."""

import asyncio
import logging
import random as random_numbers
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from inspect import isasyncgenfunction, isgeneratorfunction
from secrets import token_hex
from typing import Any, Protocol, TypedDict, TypeVar, Unpack

from coachcore.errors import (
    Conflict,
    NotFound,
    NotValid,
    Refused,
    StoreUnavailable,
    check_callable,
    check_type,
    did_you_mean,
    named_arguments,
    shown,
)
from coachcore.events import EVENT_TYPES, Content
from coachcore.flow import Flow, is_asynchronous, run, run_async, value_of
from coachcore.model.parties import Actor, Role
from coachcore.model.value import Ident, check_for
from coachcore.practice import Practice
from coachcore.practice.async_faces import AsyncPractice
from coachcore.privacy import as_declared_reader
from coachcore.storage.contract import Checkpoint, SaveCheckpoint
from coachcore.subscriptions.delivery import AsyncDelivery, Delivery
from coachcore.subscriptions.retry_policy import RetryPolicy
from coachcore.subscriptions.runner import Options, Run
from coachcore.subscriptions.saved_state import SavedState, Waiting
from coachcore.subscriptions.saving import ATTEMPTS, OVERTAKEN, RunningState, StartAgain, superseded
from coachcore.subscriptions.status import RunResult, SubscriptionStatus, all_statuses, status_of

__all__ = [
    "AsyncSubscription",
    "Stop",
    "Subscription",
    "SubscriptionBase",
    "SubscriptionOptions",
    "async_statuses",
    "statuses",
]

C = TypeVar("C", bound=Content)
LOG = logging.getLogger("coachcore.subscriptions")

GONE = ("store.closed", "store.moved", "store.forked", "store.missing")
"""Codes of a store that does not come back while the practice is open."""


class Stop(Protocol):
    """How `run` learns that it is to end: a `threading.Event`, or what has these two methods of it."""

    def is_set(self) -> bool: ...

    def wait(self, timeout: float) -> object: ...


class SubscriptionOptions(TypedDict, total=False):
    """Further arguments of a subscription; see `Subscription`."""

    content: bool
    reader: Role | str | Actor | None
    from_start: bool
    retry: RetryPolicy
    on_failure: Callable[[Waiting, Exception], object] | None
    random: Callable[[], float]


class SubscriptionBase:
    """What subscriptions of synchronous and of asynchronous practices do alike."""

    _delivery_type: type[Delivery[Any]] | type[AsyncDelivery[Any]]

    @partial(named_arguments, name="a subscription")
    def __init__(
        self,
        practice: Any,
        name: str,
        handler: Callable[[Any], object] | None = None,
        *,
        types: object = None,
        content: bool = False,
        reader: Role | str | Actor | None = None,
        from_start: bool = True,
        retry: RetryPolicy = RetryPolicy(),  # noqa: B008 - a value, which never changes
        on_failure: Callable[[Waiting, Exception], object] | None = None,
        random: Callable[[], float] = random_numbers.random,
    ) -> None:
        check_type(content, bool, "content")
        check_type(from_start, bool, "from_start")
        check_type(retry, RetryPolicy, "retry")
        for argument, function in (("handler", handler), ("on_failure", on_failure), ("random", random)):
            self._check_function(argument, function)
        try:
            self.name = str(check_for(Ident)(name))
        except NotValid as error:
            raise error.under("name") from None
        self.practice = practice
        self._store = practice.store
        self._from_start = from_start
        self._handler = handler
        self._options = Options(
            types=None if types is None else _type_names(types),
            content=content,
            reader=None if reader is None else as_declared_reader(reader),
            retry=retry,
            on_failure=on_failure,
            random=random,
        )
        self._unavailable = 0

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"

    def _check_function(self, argument: str, function: object) -> None:
        if function is None and argument != "random":
            return
        check_callable(function, argument)
        if any(
            isgeneratorfunction(called) or isasyncgenfunction(called) for called in (function, type(function).__call__)
        ):
            raise NotValid(
                "subscription_handler.invalid",
                f"{shown(function)} is a generator, of which nothing would run",
                "pass a function that does its work when it is called",
                path=argument,
            )
        if self._delivery_type is Delivery and is_asynchronous(function):
            raise NotValid(
                "subscription_handler.asynchronous",
                f"{shown(function)} is asynchronous, and this practice is not",
                "open the practice with `await coachcore.open_async(...)`, or pass an ordinary function",
                path=argument,
            )

    # --- flows -------------------------------------------------------------------------------------------------------

    def _opened(self) -> Flow[tuple[Checkpoint, Checkpoint | None]]:
        """The checkpoint to begin from; and the stored one, None for a new subscription."""
        stored: Checkpoint | None = yield from value_of(self._store.checkpoint(self.name))
        if stored is not None:
            return stored, stored
        if self._handler is None:
            known = yield from value_of(self._store.checkpoints())
            hint = did_you_mean(self.name, [checkpoint.name for checkpoint in known])
            raise NotFound("subscription.unknown", f"there is no subscription {self.name!r}", hint)
        position = 0 if self._from_start else (yield from value_of(self._store.last_position()))
        return Checkpoint(name=self.name, position=position), None

    def _ran(self, should_stop: Callable[[], bool]) -> Flow[RunResult]:
        if self._handler is None:
            raise Refused(
                "subscription_handler.missing",
                f"subscription {self.name!r} has no handler here",
                "pass the function that handles its deliveries",
            )
        single = Run(self.practice, self._handler, self._delivery_type, self._options, should_stop)
        runner = token_hex(8)
        for _ in range(ATTEMPTS):
            checkpoint, stored = yield from self._opened()
            last = yield from value_of(self._store.last_position())
            running = RunningState(self._store, checkpoint, stored, runner)
            try:
                if stored is None:  # so that it is listed, and that one from the end begins at this one
                    running.apply(SavedState.moved_to, checkpoint.position)
                yield from single.deliver_all(running, last)
            except StartAgain:
                continue
            status = status_of(running.state.as_checkpoint(), max(last, running.state.position))
            return RunResult(delivered=single.delivered, failed=single.failed, status=status)
        raise superseded(self.name)

    def _seconds_to_wait(self, stop: Callable[[], bool], every: float) -> Flow[float]:
        """Run once; how long to wait before the next time."""
        try:
            result = yield from self._ran(stop)
        except StoreUnavailable as error:
            if error.code in GONE:
                raise
            self._unavailable += 1
            delay = self._options.retry.delay(self._unavailable, self._options.random()).total_seconds()
            LOG.warning("subscription %s waits %.1f s for its store: %s", self.name, delay, error)
            return max(delay, every)
        self._unavailable = 0
        if result.status.is_paused:
            return every
        now = self.practice.now()
        moments = [waiting.next_attempt_at for waiting in result.status.waiting if waiting.next_attempt_at is not None]
        seconds: list[float] = [(moment - now).total_seconds() for moment in moments]
        return max(min([every, *seconds]), 0.0)

    def _status(self) -> Flow[SubscriptionStatus]:
        checkpoint, _ = yield from self._opened()
        last = yield from value_of(self._store.last_position())
        return status_of(checkpoint, max(last, checkpoint.position))

    def _changed(self, change: Callable[[SavedState], SavedState]) -> Flow[None]:
        """Change the stored state, whether or not the subscription is running."""
        for _ in range(ATTEMPTS):
            checkpoint, stored = yield from self._opened()
            state = change(SavedState.of(checkpoint))
            try:
                yield from value_of(self._store.write([SaveCheckpoint(state.as_checkpoint(), stored)]))
            except Conflict as error:
                if error.code not in OVERTAKEN:
                    raise
            else:
                return
        raise Conflict(
            "subscription_change.conflict",
            f"subscription {self.name!r} has moved on each time it was to be changed",
            "try again",
        )

    def _paused(self, is_paused: bool) -> Flow[None]:
        return self._changed(lambda state: state.paused(is_paused))

    def _retried(self, engagement_id: str | None) -> Flow[None]:
        def change(state: SavedState) -> SavedState:
            names = list(state.waiting) if engagement_id is None else [_waiting(state, engagement_id).engagement_id]
            return state.retried(names, self.practice.now())

        return self._changed(change)

    def _skipped(self, engagement_id: str, event_id: str | None) -> Flow[None]:
        def change(state: SavedState) -> SavedState:
            waiting = _waiting(state, engagement_id)
            if not waiting.event_id:
                raise NotFound(
                    "skipped_event.missing",
                    f"engagement {engagement_id!r} catches up in subscription {state.name!r}, and no event holds it up",
                    "run the subscription",
                )
            if event_id not in (None, waiting.event_id):
                raise Conflict(
                    "skipped_event.conflict",
                    f"engagement {engagement_id!r} waits at event {waiting.event_id!r}, not at {shown(event_id)}",
                    "look at the status again",
                )
            return state.skipped(engagement_id, self.practice.now())

        return self._changed(change)

    def _replayed(self, from_position: int) -> Flow[None]:
        check_type(from_position, int, "from_position")

        def change(state: SavedState) -> SavedState:
            if not 1 <= from_position <= state.position + 1:
                raise NotValid(
                    "replay_position.out_of_range",
                    f"{shown(from_position)} is no position to go back to",
                    f"give 1 for the first event, up to {state.position + 1} for the next one",
                    path="from_position",
                )
            return state.replayed(from_position)

        return self._changed(change)


class Subscription(SubscriptionBase):
    """A named, durable reader of a practice's events; see `coachcore.subscriptions`.

    name: under which the store remembers it: letters, digits and . _ : - # / @. handler: called with each `Delivery`;
    left out by whoever only looks at it or manages it. types: the classes of the events to deliver; every event when
    omitted. content: whether deliveries have the content of the event. reader: a role, or a party's id; deliveries then
    have what they may read, as the engagement is when they are made, and the content where it is all; as a party, of
    the engagements of that party alone. A text that is a role's name is the role; an Actor names a party of any id.
    from_start: whether a new subscription begins with the first event of the practice, rather than with the next one
    recorded. retry: when failed deliveries are repeated. on_failure: called with the `Waiting` and the exception when a
    delivery fails; logged when omitted. random: numbers from 0 to 1, for the jitter of delays.
    Raises NotValid value.invalid, id.invalid, role.unknown, subscription_type.invalid,
    subscription_handler.asynchronous, subscription_handler.invalid.
    """

    _delivery_type = Delivery

    def __init__(
        self,
        practice: Practice,
        name: str,
        handler: Callable[[Delivery[C]], object] | None = None,
        *,
        types: type[C] | Iterable[type[Content]] | None = None,
        **options: Unpack[SubscriptionOptions],
    ) -> None:
        check_type(practice, Practice, "practice")
        super().__init__(practice, name, handler, types=types, **options)

    def run_once(self) -> RunResult:
        """Deliver what is there, and what is due to be repeated.

        Raises Conflict subscription.conflict where another runner has taken over; Refused subscription_handler.missing,
        subscription_state.unknown; Corrupt subscription_state.invalid, and what the store raises.
        """
        return run(self._ran(_never))

    def run(self, stop: Stop, *, every: float = 1.0) -> None:
        """Deliver events as they come until `stop` is set, which is looked at before each delivery.

        every: seconds between two looks at the store, 0 or more. While the store is unavailable it waits as `retry` says.
        Raises as `run_once`, and StoreUnavailable where the store does not come back: store.closed, store.moved.
        """
        _check_every(every)
        while not stop.is_set():
            stop.wait(run(self._seconds_to_wait(stop.is_set, every)))

    def status(self) -> SubscriptionStatus:
        """Where it stands. Raises NotFound subscription.unknown where it never ran, and no handler is given."""
        return run(self._status())

    def pause(self) -> None:
        """Deliver nothing more, in whatever process it runs; a handler that is running ends first."""
        run(self._paused(True))

    def resume(self) -> None:
        """End a pause; what was recorded meanwhile is delivered."""
        run(self._paused(False))

    def retry(self, engagement_id: str | None = None) -> None:
        """Repeat the delivery that an engagement waits for in the next run, with all attempts; of every engagement when omitted.

        Raises NotFound waiting_engagement.unknown.
        """
        run(self._retried(engagement_id))

    def skip(self, engagement_id: str, event_id: str | None = None) -> None:
        """Pass over the event that an engagement waits at; its later ones are delivered.

        event_id: refuse, rather than skip another event, where the engagement no longer waits at this one.
        Raises NotFound waiting_engagement.unknown, skipped_event.missing; Conflict skipped_event.conflict.
        """
        run(self._skipped(engagement_id, event_id))

    def replay(self, from_position: int = 1) -> None:
        """Deliver every event again from a position on, up to those not delivered yet, and go on with them.

        Engagements that wait at an earlier event go on waiting. Raises NotValid replay_position.out_of_range.
        """
        run(self._replayed(from_position))


class AsyncSubscription(SubscriptionBase):
    """A subscription of an asynchronous practice: its methods are coroutines, and its handler may be one. See `Subscription`."""

    _delivery_type = AsyncDelivery

    def __init__(
        self,
        practice: AsyncPractice,
        name: str,
        handler: Callable[[AsyncDelivery[C]], object] | None = None,
        *,
        types: type[C] | Iterable[type[Content]] | None = None,
        **options: Unpack[SubscriptionOptions],
    ) -> None:
        check_type(practice, AsyncPractice, "practice")
        super().__init__(practice, name, handler, types=types, **options)

    async def run_once(self) -> RunResult:
        """See `Subscription.run_once`."""
        return await run_async(self._ran(_never))

    async def run(self, stop: asyncio.Event, *, every: float = 1.0) -> None:
        """See `Subscription.run`."""
        _check_every(every)
        while not stop.is_set():
            seconds = await run_async(self._seconds_to_wait(stop.is_set, every))
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), seconds)

    async def status(self) -> SubscriptionStatus:
        """See `Subscription.status`."""
        return await run_async(self._status())

    async def pause(self) -> None:
        """See `Subscription.pause`."""
        await run_async(self._paused(True))

    async def resume(self) -> None:
        """See `Subscription.resume`."""
        await run_async(self._paused(False))

    async def retry(self, engagement_id: str | None = None) -> None:
        """See `Subscription.retry`."""
        await run_async(self._retried(engagement_id))

    async def skip(self, engagement_id: str, event_id: str | None = None) -> None:
        """See `Subscription.skip`."""
        await run_async(self._skipped(engagement_id, event_id))

    async def replay(self, from_position: int = 1) -> None:
        """See `Subscription.replay`."""
        await run_async(self._replayed(from_position))


def statuses(practice: Practice) -> tuple[SubscriptionStatus, ...]:
    """The status of every subscription of a practice, by name, whoever runs them."""
    check_type(practice, Practice, "practice")
    return run(all_statuses(practice.store))


async def async_statuses(practice: AsyncPractice) -> tuple[SubscriptionStatus, ...]:
    """The status of every subscription of an asynchronous practice, by name."""
    check_type(practice, AsyncPractice, "practice")
    return await run_async(all_statuses(practice.store))


def _never() -> bool:
    return False


def _check_every(every: float) -> None:
    check_type(every, (int, float), "every")
    if not every >= 0:  # NaN is not, either
        raise NotValid("run_interval.out_of_range", f"{shown(every)} seconds", "give a number from 0", path="every")


def _type_names(types: object) -> frozenset[str] | None:
    """The names of the types of events that are meant; None for every type, unknown ones too."""
    kinds = (types,) if isinstance(types, type) else tuple(types) if isinstance(types, Iterable) else ()
    if Content in kinds:
        return None
    names = {name for name, kind in EVENT_TYPES.items() if issubclass(kind, kinds)} if _are_contents(kinds) else None
    if not names:
        raise NotValid(
            "subscription_type.invalid",
            f"{shown(types)} names no type of events",
            "pass classes of coachcore.events, such as types=(GoalSet, GoalDropped), or leave it out for every event",
            path="types",
        )
    return frozenset(names)


def _are_contents(kinds: tuple[object, ...]) -> bool:
    return all(isinstance(kind, type) and issubclass(kind, Content) for kind in kinds)


def _waiting(state: SavedState, engagement_id: str) -> Waiting:
    waiting = state.waiting.get(engagement_id) if isinstance(engagement_id, str) else None
    if waiting is None:
        raise NotFound(
            "waiting_engagement.unknown",
            f"engagement {shown(engagement_id)} does not wait in subscription {state.name!r}",
            did_you_mean(engagement_id, state.waiting),
        )
    return waiting
