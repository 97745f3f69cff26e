"""A practice with two engagements on each store, and a handler that notes what is delivered and fails where it is asked to."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

from coachcore.practice import Engagement, Practice
from coachcore.storage.contract import EventStore
from coachcore.storage.memory import MemoryStore
from coachcore.storage.sql import SQLStore
from coachcore.storage.sqlite import SQLiteStore
from coachcore.storage.verify import verify
from coachcore.subscriptions import Delivery, RetryPolicy, Subscription

STORES = ["memory", "sqlite", "sql", "postgresql"]


@attrs.define
class Handler:
    """Notes each call as engagement and version; raises what `error` returns for it, if anything."""

    calls: list[tuple[str, int]] = attrs.field(factory=list)
    error: Callable[[str, int], BaseException | None] = lambda engagement_id, version: None

    def __call__(self, delivery: Delivery[Any]) -> None:
        call = delivery.event.engagement_id, delivery.event.version
        self.calls.append(call)
        if (error := self.error(*call)) is not None:
            raise error

    def fail(self, *engagement_ids: str) -> None:
        """Fail on every event of these engagements from now on."""
        self.error = lambda engagement_id, version: OSError("down") if engagement_id in engagement_ids else None

    def new_calls(self) -> list[tuple[str, int]]:
        """The calls since this was last asked."""
        calls, self.calls = self.calls, []
        return calls


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> EventStore:
    """An empty store of each kind. SQL stores give events their positions when somebody reads."""
    if request.param == "memory":
        return MemoryStore()
    if request.param == "sqlite":
        return SQLiteStore(tmp_path / "coaching.db")
    return SQLStore(
        f"sqlite:///{tmp_path}/coaching.db" if request.param == "sql" else request.getfixturevalue("postgresql_url")
    )


@pytest.fixture
def practice(store: EventStore, clock: Any) -> Iterator[Practice]:
    with Practice(store, clock=clock) as practice:
        yield practice
        assert verify(practice.store).is_clean


@pytest.fixture
def handler() -> Handler:
    return Handler()


@pytest.fixture
def mailer(practice: Practice, anna: Engagement, ben: Engagement, handler: Handler) -> Subscription:
    """A subscription that has delivered what its engagements began with. Delays have no jitter: 1 s, 4 s, 16 s."""
    subscription = Subscription(practice, "mailer", handler, retry=RetryPolicy(attempts=4), random=lambda: 1.0)
    assert subscription.run_once().delivered == 2
    assert handler.new_calls() == [("anna", 1), ("ben", 1)]
    return subscription
