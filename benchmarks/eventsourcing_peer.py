"""The peer application: the `eventsourcing` library with an aggregate that records comparable events.

It gets the same commands with the same arguments, and stores in a database of the same kind with the same durability.
Its events hold what ours do, beside the chain of digests: content, actor, visibility and both times, of which the
library adds one. It checks no arguments, no permissions and no references. Importing it needs the library.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Self

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

from benchmarks.books import Command

__all__ = ["Recorder"]


class Engagement(Aggregate):
    """Its state changes as little as ours: most commands leave only that they were given."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.actions: dict[str, str] = {}
        self.last_at = datetime.min

    @event("ProgressRecorded")
    def record_progress(
        self, goal_id: str, value: Decimal, by: str, role: str, visibility: str, occurred_at: datetime
    ) -> None:
        self.last_at = occurred_at

    @event("CheckInMade")
    def check_in(
        self, text: str, no_concerns: bool, by: str, role: str, visibility: str, occurred_at: datetime
    ) -> None:
        self.last_at = occurred_at

    @event("MessageSent")
    def send_message(self, text: str, by: str, role: str, visibility: str, occurred_at: datetime) -> None:
        self.last_at = occurred_at

    @event("ReflectionWritten")
    def reflect(self, text: str, by: str, role: str, visibility: str, occurred_at: datetime) -> None:
        self.last_at = occurred_at

    @event("MotivationRated")
    def rate_motivation(self, rating: int, by: str, role: str, visibility: str, occurred_at: datetime) -> None:
        self.last_at = occurred_at

    @event("ActionPlanned")
    def plan_action(
        self, action_id: str, title: str, goal_id: str, by: str, role: str, visibility: str, occurred_at: datetime
    ) -> None:
        self.actions[action_id] = title

    @event("ActionDone")
    def do_action(self, action_id: str, by: str, role: str, visibility: str, occurred_at: datetime) -> None:
        self.actions.pop(action_id)

    @event("SelfAssessed")
    def assess_self(
        self,
        text: str,
        rating: int,
        goal_ids: tuple[str, ...],
        by: str,
        role: str,
        visibility: str,
        occurred_at: datetime,
    ) -> None:
        self.last_at = occurred_at


class Recorder:
    """An application with one engagement, to which commands are given."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        self._application = Application[Any](env=dict(settings))
        self._engagement = Engagement(title="Run again")
        self.record(())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._application.close()

    def record(self, commands: Sequence[Command]) -> None:
        """Trigger the events of commands, and store them in one transaction."""
        for verb, fields in commands:
            occurred_at = datetime.now(UTC)
            getattr(self._engagement, verb)(
                **fields, by="client", role="client", visibility="shared", occurred_at=occurred_at
            )
        self._application.save(self._engagement)

    def replayed(self) -> Engagement:
        """The engagement, with all its events read and folded anew."""
        engagement: Engagement = self._application.repository.get(self._engagement.id)
        return engagement
