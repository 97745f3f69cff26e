"""What a subscription remembers between deliveries, as a value; it is stored as the checkpoint of the subscription's name.

Events up to `position` are done with, except those of the engagements in `waiting`: each of them stopped at an event whose delivery
failed, and its later events wait behind that one, while the other engagements go on. The event after `position` was attempted
`failures` times by a runner that never said how it ended.

Every change is a method that returns the state after it. A runner whose state was changed meanwhile, as by `pause` in another
process, repeats its changes on the newer state; so each of them leaves alone what no longer is as it was.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import attrs
from pendulum import DateTime

from coachcore.canonical import canonical_json
from coachcore.errors import Corrupt, NotValid, Refused, without_text
from coachcore.model.times import as_moment
from coachcore.serial import moment_text
from coachcore.storage.contract import Checkpoint

__all__ = ["MAX_WAITING", "SavedState", "Waiting"]

SCHEMA = 1
"""Of the bytes in a checkpoint's state; raised when an earlier release would misread them."""
MAX_WAITING = 100
"""Engagements that may wait at a time. Where more fail, the fault is hardly theirs, and the subscription goes no further until one of
them succeeds. It also bounds what every save writes, to some 25 KB."""


@attrs.frozen(kw_only=True)
class Waiting:
    """An engagement that waits at an event whose delivery failed, and why.

    position, version: of its next event to deliver. event_id, type: of that event, "" where it was not attempted yet. failures:
    attempts that did not end well. reason: the code of the last error or the name of its class, never its text;
    `delivery.unfinished` where a run ended before its handler did. next_attempt_at: None where the engagement is set aside,
    until somebody calls `retry` or `skip`.
    """

    engagement_id: str
    position: int
    version: int
    event_id: str = ""
    type: str = ""
    failures: int = 0
    reason: str = ""
    next_attempt_at: DateTime | None

    @property
    def is_set_aside(self) -> bool:
        """Whether it is not attempted again by itself."""
        return self.next_attempt_at is None

    def as_dict(self) -> dict[str, Any]:
        """All fields, JSON-compatible."""
        moment = self.next_attempt_at
        return {**attrs.asdict(self), "next_attempt_at": None if moment is None else moment_text(moment)}

    def following(self, now: DateTime) -> "Waiting":
        """The engagement once its event is done with: the one after it may be attempted."""
        return Waiting(
            engagement_id=self.engagement_id, position=self.position + 1, version=self.version + 1, next_attempt_at=now
        )


@attrs.frozen(kw_only=True)
class SavedState:
    """Where a subscription stands. runner: random id of the run that moved it last."""

    name: str
    position: int = 0
    generation: int = 0
    failures: int = 0
    runner: str = ""
    is_paused: bool = False
    waiting: Mapping[str, Waiting] = attrs.field(factory=dict)

    @classmethod
    def of(cls, checkpoint: Checkpoint) -> "SavedState":
        """The state in a checkpoint. One without state, of a reader that was no subscription, says only where to go on.

        Raises Corrupt subscription_state.invalid, Refused subscription_state.unknown.
        """
        fields = {} if not checkpoint.state else _read(checkpoint)
        return cls(
            name=checkpoint.name,
            position=checkpoint.position,
            generation=checkpoint.generation,
            failures=checkpoint.failures,
            **fields,
        )

    def as_checkpoint(self) -> Checkpoint:
        """The checkpoint in which it is stored."""
        fields = {
            "schema": SCHEMA,
            "runner": self.runner,
            "is_paused": self.is_paused,
            "waiting": [waiting.as_dict() for waiting in self.waiting.values()],
        }
        return Checkpoint(
            name=self.name,
            position=self.position,
            generation=self.generation,
            failures=self.failures,
            state=canonical_json(fields),
        )

    # --- of the order of all events ----------------------------------------------------------------------------------

    def moved_to(self, position: int) -> "SavedState":
        """All events up to a position are done with."""
        return self if position <= self.position else attrs.evolve(self, position=position, failures=0)

    def begun(self, position: int) -> "SavedState":
        """The event at a position is about to be delivered; counted as failed until it is known to have ended well."""
        before = self.moved_to(position - 1)
        return attrs.evolve(before, failures=before.failures + 1)

    def paused(self, is_paused: bool) -> "SavedState":
        """Nothing is delivered until it is no longer paused."""
        return attrs.evolve(self, is_paused=is_paused)

    # --- of engagements that wait ------------------------------------------------------------------------------------

    def delivered(self, engagement_id: str, position: int, now: DateTime) -> "SavedState":
        """An event is done with: the next one in the order of all events, or the one that its engagement waited at."""
        if position > self.position:
            return self.moved_to(position)
        waiting = self.waiting.get(engagement_id)
        if waiting is None or waiting.position != position:
            return self
        return self._with(waiting.following(now))

    def failed(self, waiting: Waiting) -> "SavedState":
        """An event is not done with; its engagement waits at it."""
        known = self.waiting.get(waiting.engagement_id)
        if known is not None and known.position > waiting.position:  # skipped meanwhile
            return self
        return self.moved_to(waiting.position)._with(waiting)

    def caught_up(self, engagement_ids: Iterable[str]) -> "SavedState":
        """Engagements no longer wait: their events up to `position` are done with."""
        done = frozenset(engagement_ids)
        waiting = {name: waiting for name, waiting in self.waiting.items() if name not in done}
        return attrs.evolve(self, waiting=waiting)

    def retried(self, engagement_ids: Iterable[str], now: DateTime) -> "SavedState":
        """Engagements are attempted again at the event that they wait at, with as many attempts as a new event."""
        again = (
            attrs.evolve(self.waiting[name], failures=0, next_attempt_at=now)
            for name in engagement_ids
            if name in self.waiting
        )
        return self._with(*again)

    def skipped(self, engagement_id: str, now: DateTime) -> "SavedState":
        """The event that an engagement waits at is done with, undelivered."""
        return self._with(self.waiting[engagement_id].following(now))

    def replayed(self, from_position: int) -> "SavedState":
        """Every event from a position on is delivered again. What waits at an earlier one goes on waiting."""
        return attrs.evolve(
            self,
            position=from_position - 1,
            generation=self.generation + 1,
            failures=0,
            waiting={name: waiting for name, waiting in self.waiting.items() if waiting.position < from_position},
        )

    def _with(self, *entries: Waiting) -> "SavedState":
        return attrs.evolve(self, waiting={**self.waiting, **{entry.engagement_id: entry for entry in entries}})


def _read(checkpoint: Checkpoint) -> dict[str, Any]:
    try:
        fields = json.loads(checkpoint.state)
        schema = fields.pop("schema")
        if schema > SCHEMA:
            raise Refused(
                "subscription_state.unknown",
                f"the state of subscription {checkpoint.name!r} was saved by a newer release",
                "run the subscription with that release",
            )
        entries = [_waiting(entry) for entry in fields.pop("waiting")]
        state = {"runner": fields.pop("runner"), "is_paused": fields.pop("is_paused")}
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError, NotValid) as error:
        raise Corrupt(
            "subscription_state.invalid",
            f"the checkpoint {checkpoint.name!r} does not hold the state of a subscription: {type(error).__name__}",
            "choose another name if another reader uses this one; otherwise restore the store from a backup",
        ) from without_text(error)
    return {**state, "waiting": {entry.engagement_id: entry for entry in entries}}


def _waiting(fields: dict[str, Any]) -> Waiting:
    moment = fields.pop("next_attempt_at")
    return Waiting(**fields, next_attempt_at=None if moment is None else as_moment(moment))
