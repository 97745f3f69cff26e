"""A subscription is paused, replayed, taken over and looked at, by its own process or another, while it runs or not."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from coachcore.errors import Conflict, Corrupt, NotFound, NotValid, Refused, StoreUnavailable
from coachcore.model import Agreement
from coachcore.practice import Engagement, Practice
from coachcore.storage.contract import Checkpoint, SaveCheckpoint
from coachcore.storage.memory import MemoryStore
from coachcore.subscriptions import Delivery, RetryPolicy, Subscription, statuses

Handled = Callable[[Delivery[Any]], object]


def at_first(action: Callable[[], object], handler: Any) -> Handled:
    """A handler that does something during its first delivery, then handles it."""
    done: list[bool] = []

    def handle(delivery: Delivery[Any]) -> None:
        if not done:
            done.append(True)
            action()
        handler(delivery)

    return handle


# --- pause and resume ------------------------------------------------------------------------------------------------


def test_a_paused_subscription_delivers_nothing_until_it_is_resumed(
    anna: Engagement, mailer: Subscription, handler: Any
) -> None:
    mailer.pause()
    anna.client.send_message()
    result = mailer.run_once()
    assert (result.delivered, result.lag, result.status.is_paused) == (0, 1, True)
    mailer.resume()
    assert mailer.run_once().lag == 0
    assert handler.new_calls() == [("anna", 2)]


def test_a_pause_during_a_delivery_lets_it_end_and_nothing_is_delivered_twice(
    anna: Engagement, ben: Engagement, handler: Any
) -> None:
    practice = anna.practice
    from_elsewhere = Subscription(practice, "reader")
    subscription = Subscription(practice, "reader", at_first(from_elsewhere.pause, handler))
    result = subscription.run_once()
    assert (result.delivered, result.status.position, result.status.is_paused) == (1, 1, True)
    assert result.status.failures == 0
    subscription.resume()
    subscription.run_once()
    assert handler.new_calls() == [("anna", 1), ("ben", 1)]


def test_a_pause_while_a_failed_engagement_catches_up_keeps_its_place(
    anna: Engagement, mailer: Subscription, handler: Any
) -> None:
    handler.fail("anna")
    anna.client.send_message(), anna.client.send_message()
    mailer.run_once()
    handler.new_calls()
    handler.fail()
    mailer.retry()
    pausing = Subscription(anna.practice, "mailer", at_first(mailer.pause, handler))
    (waiting,) = pausing.run_once().status.waiting
    assert (waiting.position, waiting.failures, waiting.is_set_aside) == (4, 0, False)
    mailer.resume()
    assert mailer.run_once().status.waiting == ()
    assert handler.new_calls() == [("anna", 2), ("anna", 3)]


def test_an_event_that_is_skipped_while_its_handler_runs_is_not_repeated_when_that_fails(
    anna: Engagement, mailer: Subscription, handler: Any, clock: Any
) -> None:
    anna.client.send_message(), anna.client.send_message()
    handler.error = lambda engagement_id, version: OSError("down") if version == 2 else None
    mailer.run_once()
    clock.forward(seconds=1)
    handler.new_calls()
    skipping = Subscription(anna.practice, "mailer", at_first(lambda: mailer.skip("anna"), handler))
    assert skipping.run_once().failed == 1
    assert skipping.run_once().status.waiting == ()
    assert handler.new_calls() == [("anna", 2), ("anna", 3)]


# --- replay ----------------------------------------------------------------------------------------------------------


def test_a_replay_delivers_again_from_a_position_and_goes_on_with_what_is_new(
    anna: Engagement, ben: Engagement, mailer: Subscription, handler: Any
) -> None:
    anna.client.send_message()
    mailer.run_once()
    ben.client.send_message()
    handler.new_calls()
    mailer.replay(from_position=2)
    assert mailer.run_once().status.generation == 1
    assert handler.new_calls() == [("ben", 1), ("anna", 2), ("ben", 2)]
    mailer.replay()
    anna.client.send_message()
    mailer.run_once()
    assert handler.new_calls() == [("anna", 1), ("ben", 1), ("anna", 2), ("ben", 2), ("anna", 3)]


def test_a_replay_during_a_delivery_begins_at_once(anna: Engagement, ben: Engagement, handler: Any) -> None:
    generations: list[int] = []

    def replay_once(delivery: Delivery[Any]) -> None:
        handler(delivery)
        generations.append(delivery.generation)
        if delivery.position == 2 and delivery.generation == 0:
            subscription.replay()

    subscription = Subscription(anna.practice, "reader", replay_once)
    result = subscription.run_once()
    assert handler.new_calls() == [("anna", 1), ("ben", 1)] * 2
    assert generations == [0, 0, 1, 1]
    assert (result.delivered, result.lag) == (4, 0)


def test_a_replay_keeps_what_waits_at_an_earlier_event_and_drops_what_is_delivered_again(
    anna: Engagement, ben: Engagement, mailer: Subscription, handler: Any
) -> None:
    anna.client.send_message(), ben.client.send_message(), anna.client.send_message()
    handler.fail("anna", "ben")
    mailer.run_once()
    assert [waiting.position for waiting in mailer.status().waiting] == [3, 4]
    mailer.replay(from_position=4)
    assert [waiting.engagement_id for waiting in mailer.status().waiting] == ["anna"]
    handler.new_calls()
    handler.fail()
    mailer.run_once()
    mailer.retry()
    mailer.run_once()
    assert handler.new_calls() == [("ben", 2), ("anna", 2), ("anna", 3)], "none is skipped, and anna's are in order"


@pytest.mark.parametrize("store", ["memory"], indirect=True)
@pytest.mark.parametrize("position", [0, -1, 4])
def test_a_replay_cannot_pass_over_events(mailer: Subscription, position: int) -> None:
    with pytest.raises(NotValid) as caught:
        mailer.replay(from_position=position)
    assert (caught.value.code, caught.value.path) == ("replay_position.out_of_range", "from_position")
    assert mailer.status().generation == 0


# --- several at a time -----------------------------------------------------------------------------------------------


def test_a_second_runner_takes_over_and_the_first_stops_before_it_delivers_more(
    anna: Engagement, ben: Engagement, handler: Any, clock: Any
) -> None:
    anna.client.send_message(), ben.client.send_message()
    second_handler = type(handler)()
    second = Subscription(anna.practice, "reader", second_handler)
    first = Subscription(anna.practice, "reader", at_first(second.run_once, handler))
    with pytest.raises(Conflict) as caught:
        first.run_once()
    assert caught.value.code == "subscription.conflict"
    assert handler.new_calls() == [("anna", 1)], "what was running when the other took over"
    # the second cannot know how that ended: it counts as failed, and is repeated
    assert second_handler.new_calls() == [("ben", 1), ("ben", 2)]
    clock.forward(seconds=1)
    assert second.run_once().status.waiting == ()
    assert second_handler.new_calls() == [("anna", 1), ("anna", 2)]


def test_two_subscriptions_do_not_disturb_each_other(anna: Engagement, ben: Engagement, handler: Any) -> None:
    other = Subscription(anna.practice, "other", handler)
    subscription = Subscription(anna.practice, "reader", at_first(other.run_once, handler))
    assert subscription.run_once().lag == 0
    assert handler.new_calls() == [("anna", 1), ("ben", 1)] * 2


def test_a_runner_that_finds_the_state_changed_before_its_first_save_begins_again(
    anna: Engagement, ben: Engagement, handler: Any
) -> None:
    """Another runner comes between reading the state and saving it."""

    class Overtaken(MemoryStore):
        overtaking: Callable[[], object] | None = None

        def write(self, writes: Any) -> None:
            overtaking, self.overtaking = self.overtaking, None
            if overtaking is not None:
                overtaking()
            super().write(writes)

    store = Overtaken()
    practice = Practice(store, clock=anna.practice.now)
    for engagement in (anna, ben):
        practice.propose(engagement.state().agreement, engagement_id=engagement.id)
    other_handler = type(handler)()
    other = Subscription(practice, "reader", other_handler)
    subscription = Subscription(practice, "reader", handler)
    store.overtaking = other.run_once
    assert subscription.run_once().lag == 0
    assert other_handler.new_calls() == [("anna", 1), ("ben", 1)]
    assert handler.new_calls() == [], "nothing is delivered twice"


def test_what_is_recorded_during_a_run_is_delivered_by_the_next(anna: Engagement, handler: Any) -> None:
    subscription = Subscription(anna.practice, "reader", at_first(anna.client.send_message, handler))
    assert subscription.run_once().delivered == 1
    assert subscription.status().lag == 1
    assert subscription.run_once().delivered == 1
    assert handler.new_calls() == [("anna", 1), ("anna", 2)]


# --- beginning, and looking --------------------------------------------------------------------------------------------


def test_a_new_subscription_may_begin_with_the_next_event(anna: Engagement, handler: Any) -> None:
    anna.client.send_message()
    subscription = Subscription(anna.practice, "reader", handler, from_start=False)
    assert subscription.run_once().status.position == 2
    anna.client.send_message()
    subscription.run_once()
    assert handler.new_calls() == [("anna", 3)]
    subscription.replay()
    subscription.run_once()
    assert handler.new_calls() == [("anna", 1), ("anna", 2), ("anna", 3)]


def test_the_status_of_a_subscription_says_where_it_stands(
    anna: Engagement, mailer: Subscription, handler: Any
) -> None:
    handler.fail("anna")
    anna.client.send_message()
    mailer.run_once()
    anna.client.send_message()
    status = Subscription(anna.practice, "mailer").status()
    assert (status.position, status.last_position, status.lag, status.generation) == (3, 4, 1, 0)
    assert status.as_dict() == {
        "name": "mailer",
        "position": 3,
        "last_position": 4,
        "lag": 1,
        "generation": 0,
        "failures": 0,
        "is_paused": False,
        "is_full": False,
        "problem": "",
        "waiting": [
            {
                "engagement_id": "anna",
                "position": 3,
                "version": 2,
                "event_id": anna.recorded()[1].id,
                "type": "MessageSent",
                "failures": 1,
                "reason": "OSError",
                "next_attempt_at": "2026-01-05T09:00:01Z",
                "is_set_aside": False,
            }
        ],
    }


def test_all_subscriptions_of_a_store_are_listed(practice: Practice, mailer: Subscription) -> None:
    Subscription(practice, "archive", print).pause()
    practice.store.write([SaveCheckpoint(Checkpoint(name="own", position=1), None)])
    practice.store.write([SaveCheckpoint(Checkpoint(name="zz", position=1, state=b"\xff"), None)])
    listed = statuses(practice)
    assert [(status.name, status.position, status.is_paused, status.problem) for status in listed] == [
        ("archive", 0, True, ""),
        ("mailer", 2, False, ""),
        ("own", 1, False, ""),
        ("zz", 1, False, "subscription_state.invalid"),
    ]


@pytest.mark.parametrize("store", ["memory"], indirect=True)
@pytest.mark.parametrize(
    "state",
    [
        b"\xff",
        b"[]",
        b"{}",
        b'{"schema":1}',
        b'{"schema":"1"}',
        b'{"is_paused":false,"runner":"","schema":1,"waiting":'
        b'[{"engagement_id":"ben","next_attempt_at":"2026-01-05T09:00:00","position":1,"version":1}]}',
        b"[" * 100_000,
    ],
)
def test_a_checkpoint_that_holds_something_else_is_refused(practice: Practice, state: bytes) -> None:
    practice.store.write([SaveCheckpoint(Checkpoint(name="reader", state=state), None)])
    with pytest.raises(Corrupt) as caught:
        Subscription(practice, "reader", print).run_once()
    assert caught.value.code == "subscription_state.invalid"


def test_the_state_of_a_newer_release_is_refused(practice: Practice) -> None:
    practice.store.write([SaveCheckpoint(Checkpoint(name="reader", state=b'{"schema":2}'), None)])
    with pytest.raises(Refused) as caught:
        Subscription(practice, "reader", print).run_once()
    assert caught.value.code == "subscription_state.unknown"


def test_a_checkpoint_without_state_says_where_to_go_on(anna: Engagement, ben: Engagement, handler: Any) -> None:
    anna.practice.store.write([SaveCheckpoint(Checkpoint(name="reader", position=1), None)])
    Subscription(anna.practice, "reader", handler).run_once()
    assert handler.new_calls() == [("ben", 1)]


# --- arguments ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("store", ["memory"], indirect=True)
@pytest.mark.parametrize("call", ["status", "pause", "resume", "retry", "replay"])
def test_who_has_no_handler_finds_a_misspelt_name(practice: Practice, mailer: Subscription, call: str) -> None:
    with pytest.raises(NotFound) as caught:
        getattr(Subscription(practice, "mailre"), call)()
    assert (caught.value.code, caught.value.hint) == ("subscription.unknown", "did you mean 'mailer'?")


def test_running_without_a_handler_is_refused(practice: Practice, mailer: Subscription) -> None:
    with pytest.raises(Refused) as caught:
        Subscription(practice, "mailer").run_once()
    assert caught.value.code == "subscription_handler.missing"


async def asynchronous(delivery: Delivery[Any]) -> None:
    await asyncio.sleep(0)


def generator(*arguments: object) -> Iterator[object]:
    yield arguments


async def asynchronous_generator(*arguments: object) -> AsyncIterator[object]:
    yield arguments


@pytest.mark.parametrize("store", ["memory"], indirect=True)
@pytest.mark.parametrize(
    ("options", "code", "path"),
    [
        ({"name": ""}, "id.invalid", "name"),
        ({"name": "a b"}, "id.invalid", "name"),
        ({"name": 5}, "id.invalid", "name"),
        ({"handler": 5}, "value.invalid", "handler"),
        ({"handler": asynchronous}, "subscription_handler.asynchronous", "handler"),
        ({"handler": generator}, "subscription_handler.invalid", "handler"),
        ({"handler": asynchronous_generator}, "subscription_handler.invalid", "handler"),
        ({"on_failure": generator}, "subscription_handler.invalid", "on_failure"),
        ({"on_failure": "log"}, "value.invalid", "on_failure"),
        ({"random": None}, "value.invalid", "random"),
        ({"content": "yes"}, "value.invalid", "content"),
        ({"from_start": 1}, "value.invalid", "from_start"),
        ({"retry": 3}, "value.invalid", "retry"),
    ],
)
def test_wrong_arguments_are_refused_when_it_is_made(practice: Practice, options: Any, code: str, path: str) -> None:
    with pytest.raises(NotValid) as caught:
        Subscription(practice, **{"name": "reader", "handler": print, **options})
    assert (caught.value.code, caught.value.path) == (code, path)


def test_a_function_that_returns_something_to_await_stops_a_synchronous_subscription(
    anna: Engagement, handler: Any
) -> None:
    subscription: Subscription = Subscription(anna.practice, "reader", lambda delivery: asynchronous(delivery))
    with pytest.raises(Refused) as caught:
        subscription.run_once()
    assert caught.value.code == "flow.asynchronous"
    assert Subscription(anna.practice, "reader").status().position == 0


# --- running until asked to stop ---------------------------------------------------------------------------------------


class Stop:
    """A stop that notes how long it is waited for, and does something each time; set after so many waits."""

    def __init__(self, *actions: Callable[[], object]) -> None:
        self.waits: list[float] = []
        self._actions = list(actions)
        self._is_set = False

    def set(self) -> None:
        self._is_set = True

    def is_set(self) -> bool:
        return self._is_set

    def wait(self, timeout: float) -> None:
        self.waits.append(timeout)
        self._actions.pop(0)()
        self._is_set = self._is_set or not self._actions


def test_run_delivers_what_comes_until_it_is_stopped(
    anna: Engagement, ben: Engagement, mailer: Subscription, handler: Any
) -> None:
    stop = Stop(anna.client.send_message, ben.client.send_message, lambda: None)
    mailer.run(stop, every=5)
    assert handler.new_calls() == [("anna", 2), ("ben", 2)]
    assert stop.waits == [5, 5, 5]


def test_run_stops_between_two_deliveries(anna: Engagement, handler: Any) -> None:
    stop = Stop(lambda: None)
    anna.client.send_message()
    subscription = Subscription(anna.practice, "reader", at_first(stop.set, handler))
    subscription.run(stop)
    assert handler.new_calls() == [("anna", 1)]
    assert subscription.status().failures == 0
    subscription.run_once()
    assert handler.new_calls() == [("anna", 2)]


def test_run_waits_no_longer_than_until_the_next_attempt(
    anna: Engagement, mailer: Subscription, handler: Any, clock: Any
) -> None:
    handler.fail("anna")
    anna.client.send_message()
    stop = Stop(lambda: clock.forward(seconds=1), lambda: clock.forward(seconds=3), lambda: clock.forward(seconds=1))
    mailer.run(stop, every=60)
    assert stop.waits == [1, 4, 1]


def test_run_looks_no_more_often_while_it_is_paused_and_an_attempt_is_due(
    anna: Engagement, mailer: Subscription, handler: Any, clock: Any
) -> None:
    handler.fail("anna")
    anna.client.send_message()
    mailer.run_once()
    mailer.pause()
    clock.forward(hours=1)
    stop = Stop(lambda: None, lambda: None)
    mailer.run(stop, every=3)
    assert stop.waits == [3, 3]


class Unreachable(MemoryStore):
    """A store that cannot be reached for some calls."""

    failures = 0

    def last_position(self) -> int:
        if self.failures:
            self.failures -= 1
            raise StoreUnavailable("store.locked", "another is writing")
        return super().last_position()


def test_run_outlasts_a_store_that_cannot_be_reached(agreement: Agreement, handler: Any) -> None:
    store = Unreachable()
    practice = Practice(store)
    practice.propose(agreement, engagement_id="anna")
    store.failures = 3
    retry = RetryPolicy()
    subscription = Subscription(practice, "reader", handler, retry=retry, random=lambda: 1.0)
    stop = Stop(*[lambda: None] * 4)
    subscription.run(stop, every=2)
    assert stop.waits == [2, 4, 16, 2]
    assert handler.new_calls() == [("anna", 1)]


def test_run_ends_when_the_practice_is_closed(anna: Engagement, mailer: Subscription) -> None:
    practice = Practice(MemoryStore())
    subscription = Subscription(practice, "reader", print)
    with pytest.raises(StoreUnavailable) as caught:
        subscription.run(Stop(practice.close, lambda: None))
    assert caught.value.code == "store.closed"


@pytest.mark.parametrize("store", ["memory"], indirect=True)
@pytest.mark.parametrize("every", [-1, float("nan"), "1"])
def test_an_interval_out_of_range_is_refused(mailer: Subscription, every: Any) -> None:
    with pytest.raises(NotValid) as caught:
        mailer.run(Stop(lambda: None), every=every)
    assert caught.value.path == "every"
