"""Where subscriptions stand, as a value: for a host's monitoring, and for `coachcore subscriptions`."""

from typing import Any

import attrs

from coachcore.errors import Corrupt, Refused
from coachcore.flow import Flow, value_of
from coachcore.practice.unit import TICK
from coachcore.storage.contract import Checkpoint
from coachcore.subscriptions.saved_state import MAX_WAITING, SavedState, Waiting

__all__ = ["RunResult", "SubscriptionStatus", "all_statuses", "status_of"]


@attrs.frozen(kw_only=True)
class SubscriptionStatus:
    """Where a subscription stands.

    position: of the last event it is done with, apart from those of the engagements in `waiting`. last_position: of the
    last event of the practice. generation: how often it was sent back by `replay`. failures: attempts on the event
    after `position` that have not ended; 1 while a handler runs. waiting: the engagements that wait at an event whose
    delivery failed, the one at the oldest event first. problem: the code of the error where the state cannot be read,
    as of a reader that is no subscription; "" otherwise.
    """

    name: str
    position: int
    last_position: int
    generation: int
    failures: int
    is_paused: bool = False
    waiting: tuple[Waiting, ...] = ()
    problem: str = ""

    @property
    def lag(self) -> int:
        """How many events the subscription has yet to come to, of whatever type."""
        return max(self.last_position - self.position, 0)

    @property
    def set_aside(self) -> tuple[Waiting, ...]:
        """The engagements that wait until somebody calls `retry` or `skip`."""
        return tuple(waiting for waiting in self.waiting if waiting.is_set_aside)

    @property
    def is_full(self) -> bool:
        """Whether so many engagements wait (`MAX_WAITING`) that the subscription goes no further until one of them succeeds."""
        return len(self.waiting) >= MAX_WAITING

    def as_dict(self) -> dict[str, Any]:
        """All of it, JSON-compatible."""
        waiting = [{**waiting.as_dict(), "is_set_aside": waiting.is_set_aside} for waiting in self.waiting]
        return {**attrs.asdict(self, recurse=False), "waiting": waiting, "lag": self.lag, "is_full": self.is_full}


@attrs.frozen(kw_only=True)
class RunResult:
    """What one run did. delivered, failed: deliveries that ended well, and that did not. status: where the subscription then stood."""

    delivered: int
    failed: int
    status: SubscriptionStatus

    @property
    def lag(self) -> int:
        """How many of the events that were there when the run began the subscription has yet to come to."""
        return self.status.lag

    @property
    def set_aside(self) -> tuple[Waiting, ...]:
        """The engagements that wait until somebody calls `retry` or `skip`."""
        return self.status.set_aside


def status_of(checkpoint: Checkpoint, last_position: int) -> SubscriptionStatus:
    """The status of the subscription whose checkpoint this is."""
    problem = ""
    try:
        state = SavedState.of(checkpoint)
    except (Corrupt, Refused) as error:
        state, problem = SavedState.of(attrs.evolve(checkpoint, state=b"")), error.code
    return SubscriptionStatus(
        name=state.name,
        position=state.position,
        last_position=last_position,
        generation=state.generation,
        failures=state.failures,
        is_paused=state.is_paused,
        waiting=tuple(sorted(state.waiting.values(), key=lambda waiting: waiting.position)),
        problem=problem,
    )


def all_statuses(store: Any) -> Flow[tuple[SubscriptionStatus, ...]]:
    """The status of every subscription of a store, by name."""
    checkpoints = yield from value_of(store.checkpoints())
    last = yield from value_of(store.last_position())
    return tuple(status_of(checkpoint, last) for checkpoint in checkpoints if not checkpoint.name.startswith(TICK))
