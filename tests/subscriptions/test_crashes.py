"""A crash at any step loses no delivery; what a handler records through the unit of its delivery is stored exactly once."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from coachcore.errors import Conflict, StoreUnavailable
from coachcore.events import ConcernRaised, MessageSent
from coachcore.model import Agreement
from coachcore.practice import Engagement, Practice
from coachcore.storage.contract import Append, Write
from coachcore.storage.memory import MemoryStore
from coachcore.storage.verify import verify
from coachcore.subscriptions import Delivery, RetryPolicy, Subscription
from tests.subscriptions.faults import Faults, FaultyMemory, FaultySQL, FaultySQLite, Killed


@pytest.fixture
def new_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Any]]:
    stores: list[Any] = []

    def make() -> Any:
        path = tmp_path / f"{len(stores)}.db"
        if request.param == "memory":
            stores.append(FaultyMemory())
        else:
            stores.append(FaultySQLite(path) if request.param == "sqlite" else FaultySQL(f"sqlite:///{path}"))
        return stores[-1]

    yield make
    for store in stores:
        store.close()


def begun(practice: Practice, agreement: Agreement) -> None:
    for name in ("anna", "ben", "log"):
        practice.propose(agreement, engagement_id=name)
    for _ in range(2):
        for name in ("anna", "ben"):
            practice.load(name).client.send_message()


def concerns(practice: Practice) -> Counter[str]:
    """How often each event led to a concern in the log."""
    return Counter(
        event.content.concern_id
        for event in practice.load("log").recorded()
        if isinstance(event.content, ConcernRaised)
    )


def crash_anywhere(
    new_store: Callable[[], Any], agreement: Agreement, clock: Any, error: type[BaseException], fails: bool
) -> Iterator[tuple[Practice, list[str]]]:
    """A practice for each step at which a crash may come, after a crash there and all further runs; and what was delivered."""
    failing_step = 0
    while True:
        failing_step += 1
        store = new_store()
        faults = Faults(failing_step, error() if error is Killed else error("store.io", "the disk does not answer"))  # type: ignore[call-arg]
        outside: list[str] = []
        begun(Practice(store, clock=clock), agreement)
        failing = {"anna"} if fails else set()

        def handle(
            delivery: Delivery[Any], faults: Any = faults, outside: Any = outside, failing: Any = failing
        ) -> None:
            faults.step()
            outside.append(delivery.event.id)
            log = delivery.unit.load("log")
            log.client.raise_concern("Noted", concern_id=delivery.event.id)
            faults.step()
            if delivery.event.engagement_id in failing:
                failing.clear()
                raise OSError("down")

        store.faults = faults
        crashes = 0
        for _ in range(6):  # each with a practice of its own, as after a start of the process
            practice = Practice(store, clock=clock)
            try:
                Subscription(practice, "reader", handle, types=MessageSent).run_once()
            except (Killed, StoreUnavailable):
                crashes += 1
            clock.forward(hours=1)
        store.faults = Faults()
        if not faults.has_come:
            assert crashes == 0
            return
        yield practice, outside


@pytest.mark.parametrize(
    ("new_store", "error", "fails"),
    [
        ("memory", Killed, False),
        ("memory", Killed, True),
        ("memory", StoreUnavailable, True),
        ("sqlite", Killed, True),
        ("sqlite", StoreUnavailable, True),
        ("sql", Killed, True),
    ],
    indirect=["new_store"],
)
def test_a_crash_at_any_step_loses_no_event_and_stores_what_follows_from_it_once(
    new_store: Callable[[], Any], agreement: Agreement, clock: Any, error: type[BaseException], fails: bool
) -> None:
    count = 0
    for practice, outside in crash_anywhere(new_store, agreement, clock, error, fails):
        count += 1
        sent = [
            event.id
            for name in ("anna", "ben")
            for event in practice.load(name).recorded()
            if isinstance(event.content, MessageSent)
        ]
        assert concerns(practice) == dict.fromkeys(sent, 1), "exactly once"
        assert set(outside) == set(sent), "at least once"
        assert len(outside) <= len(sent) + (3 if fails else 1), "and again only where it crashed or failed"
        (status,) = [Subscription(practice, "reader").status()]
        assert (status.waiting, status.failures) == ((), 0)
        assert verify(practice.store).is_clean
    assert count >= 4 * 6, "four messages, each with a step before, in and after its handler and both writes"


def test_a_handler_that_fails_takes_what_it_recorded_with_it(anna: Engagement, ben: Engagement, clock: Any) -> None:
    def fail_once(delivery: Delivery[Any]) -> None:
        delivery.unit.load("ben").client.raise_concern("Noted", concern_id=f"attempt-{delivery.attempt}")
        if delivery.attempt == 1:
            raise OSError

    anna.client.send_message()
    subscription = Subscription(anna.practice, "reader", fail_once, types=MessageSent)
    assert subscription.run_once().failed == 1
    assert ben.refresh().version == 1
    clock.forward(hours=1)
    assert subscription.run_once().delivered == 1
    assert [event.content.concern_id for event in ben.refresh().recorded()[1:]] == ["attempt-2"]  # type: ignore[attr-defined]


def test_where_another_writer_comes_first_the_handler_runs_again_and_nothing_counts_as_failed(
    anna: Engagement, ben: Engagement
) -> None:
    other = Practice(anna.practice.store, clock=anna.practice.now)
    calls: list[int] = []

    def note(delivery: Delivery[Any]) -> None:
        handle = delivery.unit.load("ben")
        handle.client.raise_concern("Noted", concern_id=delivery.event.id)
        calls.append(delivery.attempt)
        if len(calls) < 3:
            other.load("ben").client.send_message()

    anna.client.send_message()
    result = Subscription(anna.practice, "reader", note, types=MessageSent).run_once()
    assert (result.delivered, result.failed, calls) == (1, 0, [1, 1, 1])
    types = [event.type for event in ben.refresh().recorded()]
    assert types == ["EngagementProposed", "MessageSent", "MessageSent", "ConcernRaised"]


def test_what_cannot_be_stored_with_a_delivery_counts_as_its_failure(anna: Engagement, ben: Engagement) -> None:
    def record_twice(delivery: Delivery[Any]) -> None:
        """Under the id of an event that another writer has stored meanwhile."""
        delivery.unit.load("ben").client.record(MessageSent(), event_id="same")
        Practice(anna.practice.store).load("ben").client.record(
            ConcernRaised(concern_id="c", text="Hm"), event_id="same"
        )

    anna.client.send_message(), anna.client.send_message()
    reader = Subscription(anna.practice, "reader", record_twice, types=MessageSent, retry=RetryPolicy(attempts=1))
    (waiting,) = reader.run_once().set_aside
    assert waiting.reason in ("record_id.duplicate", "event_id.duplicate")
    assert ben.refresh().version == 2


def test_a_pause_while_a_handler_records_leaves_what_it_records_stored_once(anna: Engagement, ben: Engagement) -> None:
    def note(delivery: Delivery[Any]) -> None:
        delivery.unit.load("ben").client.raise_concern("Noted", concern_id=delivery.event.id)
        if not subscription.status().is_paused:
            subscription.pause()

    anna.client.send_message(), anna.client.send_message()
    subscription = Subscription(anna.practice, "reader", note, types=MessageSent)
    assert subscription.run_once().delivered == 1
    assert concerns_of(ben) == [anna.recorded()[1].id]
    subscription.resume()
    subscription.run_once()
    assert concerns_of(ben) == [event.id for event in anna.recorded()[1:]]


def test_what_a_runner_records_after_another_has_taken_over_is_refused_with_its_checkpoint(
    anna: Engagement, ben: Engagement, clock: Any
) -> None:
    def note(delivery: Delivery[Any]) -> None:
        delivery.unit.load("ben").client.raise_concern("Noted", concern_id=f"by-first-{delivery.event.id}")
        second.run_once()

    def note_second(delivery: Delivery[Any]) -> None:
        delivery.unit.load("ben").client.raise_concern("Noted", concern_id=f"by-second-{delivery.event.id}")

    anna.client.send_message()
    elsewhere = Practice(anna.practice.store, clock=clock)
    second = Subscription(elsewhere, "reader", note_second, types=MessageSent)
    with pytest.raises(Conflict) as caught:
        Subscription(anna.practice, "reader", note, types=MessageSent).run_once()
    assert caught.value.code == "subscription.conflict"
    clock.forward(hours=1)
    second.run_once()
    assert concerns_of(ben) == [f"by-second-{anna.recorded()[1].id}"]


def concerns_of(engagement: Engagement) -> list[str]:
    contents = [event.content for event in engagement.refresh().recorded()]
    return [content.concern_id for content in contents if isinstance(content, ConcernRaised)]


def test_an_append_and_its_checkpoint_are_one_write(agreement: Agreement, clock: Any) -> None:
    writes: list[Sequence[Write]] = []

    class Noting(MemoryStore):
        def write(self, entries: Sequence[Write]) -> None:
            writes.append(entries)
            super().write(entries)

    practice = Practice(Noting(), clock=clock)
    begun(practice, agreement)
    writes.clear()

    def note(delivery: Delivery[Any]) -> None:
        delivery.unit.load("log").client.raise_concern("Noted", concern_id=delivery.event.id)

    Subscription(practice, "reader", note, types=MessageSent).run_once()
    kinds = [[type(entry).__name__ for entry in entries] for entries in writes]
    assert kinds == [["SaveCheckpoint"], ["Append", "SaveCheckpoint"]] * 4
    assert all(entry.engagement_id == "log" for entries in writes for entry in entries if isinstance(entry, Append))


def test_an_event_whose_handler_ends_the_process_is_set_aside_after_the_last_attempt(
    anna: Engagement, ben: Engagement, clock: Any
) -> None:
    calls: list[str] = []

    def deadly(delivery: Delivery[Any]) -> None:
        calls.append(delivery.event.engagement_id)
        if delivery.event.engagement_id == "anna":
            raise Killed

    anna.client.send_message(), ben.client.send_message()
    for _ in range(5):
        practice = Practice(anna.practice.store, clock=clock)
        subscription = Subscription(practice, "reader", deadly, types=MessageSent, retry=RetryPolicy(attempts=3))
        with suppress(Killed):
            subscription.run_once()
        clock.forward(hours=1)
    (waiting,) = subscription.status().waiting
    assert (waiting.engagement_id, waiting.failures, waiting.reason) == ("anna", 3, "delivery.unfinished")
    assert waiting.is_set_aside
    assert calls == ["anna", "ben", "anna", "anna"]
