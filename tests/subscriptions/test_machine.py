"""Whatever fails, crashes, pauses, replays or records meanwhile: no event is skipped, and each engagement's are delivered in order.

The model knows which events were sent, which of them a handler has dealt with, and nothing of how a subscription remembers that.
"""

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from coachcore.errors import Conflict, StoreUnavailable
from coachcore.events import MessageSent
from coachcore.practice import Practice
from coachcore.storage.verify import verify
from coachcore.subscriptions import Delivery, RetryPolicy, Subscription, SubscriptionStatus
from tests.conftest import AGREEMENT, Clock
from tests.subscriptions.faults import Faults, FaultyMemory, FaultySQLite, Killed

NAMES = ("anna", "ben", "cora")
OUTCOMES = st.sampled_from(["ok", "ok", "note", "note", "note", "fail", "note and fail", "kill", "note and kill"])
INTERFERENCE = st.sampled_from(["overtake", "overtake", "send", "pause", "replay", "second"])
POLICY = RetryPolicy(attempts=2)


class SubscriptionMachine(RuleBasedStateMachine):
    """Over a store in memory."""

    def new_store(self) -> Any:
        return FaultyMemory()

    @initialize()
    def begin(self) -> None:
        self.clock = Clock()
        self.store = self.new_store()
        self.practice = Practice(self.store, clock=self.clock)
        for name in (*NAMES, "log"):
            self.practice.propose(AGREEMENT, engagement_id=name)
        self.sent: list[tuple[str, str]] = []  # engagement and event id, in the order of the practice
        self.handled: set[str] = set()  # event ids, of the present generation
        self.generation = 0
        self.superseded = ""  # the event whose handler was running when a second runner came
        self.excuses = 0  # what may lead to a delivery of something that was handled
        self.repeated = 0
        self.outcomes: list[str] = []
        self.failed_checks: list[str] = []

    # --- what the handler does ---------------------------------------------------------------------------------------

    def noted(self) -> list[str]:
        """Which events, of which generation, the log has a note of, as the store has it."""
        heads = [json.loads(record.head) for record in self.store.read("log", 1)]
        return [head["correlation_id"] for head in heads]

    def is_handled(self, event_id: str) -> bool:
        return event_id in self.handled or f"{self.generation}-{event_id}" in self.noted()

    def unhandled(self) -> list[tuple[str, str]]:
        noted = set(self.noted())
        return [
            (name, event_id)
            for name, event_id in self.sent
            if event_id not in self.handled and f"{self.generation}-{event_id}" not in noted
        ]

    def handle(self, delivery: Delivery[MessageSent]) -> None:
        name, event_id = delivery.event.engagement_id, delivery.event.id
        self.check(delivery.generation == self.generation, "a delivery of another generation")
        if self.is_handled(event_id):
            self.repeated += 1
            self.check(self.repeated <= self.excuses, "something was delivered again without a reason")
        else:
            first = next(other for of, other in self.unhandled() if of == name)
            self.check(first == event_id, f"{event_id} of {name} was delivered before {first}")
        outcome = self.outcomes.pop() if self.outcomes else "ok"
        if outcome.startswith("note") or outcome == "overtake":
            log = delivery.unit.load("log")
            log.client.raise_concern("Noted", correlation_id=f"{delivery.generation}-{event_id}")
        if outcome in ("overtake", "send", "pause", "replay"):
            faults, self.store.faults = self.store.faults, Faults()  # those are for the subscription
            self.interfere(outcome, name)
            self.store.faults = faults
        elif outcome == "second":
            self.excuses += 1
            self.run(self.manager())
            self.superseded = event_id if delivery.generation == self.generation else ""
        elif outcome.endswith("fail"):
            raise OSError("down")
        elif outcome.endswith("kill"):
            raise Killed
        if "note" not in outcome and outcome != "overtake" and delivery.generation == self.generation:
            self.handled.add(event_id)

    def interfere(self, outcome: str, name: str) -> None:
        if outcome == "overtake":  # another writer makes the unit begin again
            Practice(self.store, clock=self.clock).load("log").client.raise_concern("Other", correlation_id="other")
        elif outcome == "send":
            self.send(name)
        elif outcome == "pause":
            self.manager().pause()
        else:
            self.replay_from(1)

    def check(self, holds: bool, sentence: str) -> None:
        """A failed assertion in a handler would count as a failed delivery."""
        if not holds:
            self.failed_checks.append(sentence)

    # --- steps -------------------------------------------------------------------------------------------------------

    def send(self, name: str) -> None:
        event = self.practice.load(name).client.send_message()
        self.sent.append((name, event.id))

    def manager(self) -> Subscription:
        practice = Practice(self.store, clock=self.clock)
        return Subscription(
            practice,
            "reader",
            self.handle,
            types=MessageSent,
            retry=POLICY,
            random=lambda: 1.0,
            on_failure=lambda waiting, error: None,
        )

    def run(self, subscription: Subscription) -> None:
        try:
            subscription.run_once()
        except (Killed, StoreUnavailable):
            self.excuses += 1
        except Conflict as error:
            if error.code != "subscription.conflict":
                raise
            self.handled.discard(self.superseded)  # the run ended before it could save that

    @rule(names=st.lists(st.sampled_from(NAMES), min_size=1, max_size=4))
    def several_send(self, names: list[str]) -> None:
        for name in names:
            self.send(name)

    @rule(
        outcomes=st.lists(OUTCOMES | OUTCOMES | INTERFERENCE, min_size=2, max_size=6),
        failing_step=st.none() | st.integers(1, 12),
        is_killed=st.booleans(),
        is_resumed=st.sampled_from([True, True, True, False]),
    )
    def runs(self, outcomes: list[str], failing_step: int | None, is_killed: bool, is_resumed: bool) -> None:
        if is_resumed:
            self.manager().resume()
        self.outcomes = outcomes[::-1]
        error = Killed() if is_killed else StoreUnavailable("store.io", "the disk does not answer")
        self.store.faults = Faults(failing_step, error)
        self.run(self.manager())
        self.store.faults = Faults()
        self.check_status()

    @rule(seconds=st.sampled_from([1, 5, 4000]))
    def time_passes(self, seconds: int) -> None:
        self.clock.forward(seconds=seconds)

    @rule()
    def is_paused(self) -> None:
        self.manager().pause()

    @rule()
    def is_retried(self) -> None:
        self.manager().retry()

    @precondition(lambda self: any(waiting.event_id for waiting in self.manager().status().waiting))
    @rule(choice=st.integers(0, 2))
    def is_skipped(self, choice: int) -> None:
        waiting = [waiting for waiting in self.manager().status().waiting if waiting.event_id]
        skipped = waiting[choice % len(waiting)]
        self.manager().skip(skipped.engagement_id, skipped.event_id)
        self.handled.add(skipped.event_id)

    @rule(position=st.integers(1, 30))
    def is_replayed(self, position: int) -> None:
        self.replay_from(min(position, self.manager().status().position + 1))

    def replay_from(self, position: int) -> None:
        positions = self.positions()
        handled = {event_id for _, event_id in self.sent if self.is_handled(event_id)}
        self.manager().replay(position)
        self.handled = {event_id for event_id in handled if positions[event_id] < position}
        self.generation += 1

    # --- what must hold ----------------------------------------------------------------------------------------------

    def positions(self) -> dict[str, int]:
        return {record.event_id: position for position, record in self.store.read_all()}

    def check_status(self) -> SubscriptionStatus:
        assert not self.failed_checks, self.failed_checks
        status = self.manager().status()
        positions = self.positions()
        waiting = {waiting.engagement_id: waiting for waiting in status.waiting}
        for name, event_id in self.unhandled():
            if positions[event_id] <= status.position:
                assert name in waiting, f"{event_id} of {name} was passed over"
                assert waiting[name].position <= positions[event_id]
        for entry in status.waiting:
            assert entry.is_set_aside == (entry.failures >= POLICY.attempts)
        noted = [key for key in self.noted() if key != "other"]
        assert len(noted) == len(set(noted)), "something was noted twice"
        assert status.lag == max(positions.values()) - status.position
        assert status.generation == self.generation
        return status

    def teardown(self) -> None:
        if not hasattr(self, "store"):
            return
        self.outcomes = []
        self.manager().resume()
        for _ in range(4):
            self.manager().retry()
            self.clock.forward(hours=2)
            assert self.manager().run_once().failed == 0
        status = self.check_status()
        assert (self.unhandled(), status.waiting, status.lag) == ([], (), 0)
        assert verify(self.store).is_clean
        self.store.close()


class SQLiteMachine(SubscriptionMachine):
    """Over an SQLite file."""

    def new_store(self) -> Any:
        self.folder = tempfile.TemporaryDirectory()
        return FaultySQLite(Path(self.folder.name) / "coaching.db")

    def teardown(self) -> None:
        super().teardown()
        if hasattr(self, "folder"):
            self.folder.cleanup()


TestInMemory: Any = SubscriptionMachine.TestCase
TestInSQLite: Any = SQLiteMachine.TestCase
TestInSQLite.settings = settings(max_examples=25)  # each write waits for the disk


@pytest.mark.soak
class TestForLongInMemory(SubscriptionMachine.TestCase):  # type: ignore[misc]
    settings = settings(max_examples=3_000, stateful_step_count=80)
