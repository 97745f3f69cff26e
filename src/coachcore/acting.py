"""What every role object is: a party of an engagement, acting. The named methods stand in `roles`, written from the events."""

import secrets
from typing import TYPE_CHECKING, Any

from coachcore.engagement.tables import verbs_of
from coachcore.events import Content, Event
from coachcore.model.parties import Actor
from coachcore.model.words import Visibility

if TYPE_CHECKING:
    from coachcore.practice import Engagement, When

__all__ = ["Acting"]

PLACES = {
    "goal": "goals",
    "action": "actions",
    "session": "sessions",
    "concern": "concerns",
    "breach": "breaches",
    "dispute": "disputes",
    "decision": "decisions",
}
"""Where the state keeps what an event introduces."""


class Acting:
    """A party acting on an engagement. `record` enters any event; the named methods are shorter ways to the same."""

    def __init__(self, engagement: "Engagement", actor: Actor) -> None:
        self.engagement = engagement
        self.actor = actor

    def __repr__(self) -> str:
        return f"<{self.actor} of {self.engagement!r}>"

    def record(
        self,
        content: Content,
        *,
        occurred_at: "When | None" = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
        correlation_id: str | None = None,
        expected_version: int | None = None,
    ) -> tuple[Event, ...]:
        """Enter an event; returns it as stored, and what followed from it. See `Engagement.enter`."""
        return self.engagement.enter(
            content,
            self.actor,
            occurred_at=occurred_at,
            visibility=visibility,
            event_id=event_id,
            correlation_id=correlation_id,
            expected_version=expected_version,
        )

    def may(self) -> tuple[str, ...]:
        """The methods that this role may use at the present stage."""
        return verbs_of(self.actor.role, self.engagement.state().stage)

    def _enter(self, kind: type[Content], given: dict[str, Any], options: dict[str, Any]) -> Event:
        return self.record(kind(**given), **options)[0]

    def _introduce(self, kind: type[Content], given: dict[str, Any], options: dict[str, Any]) -> Any:
        name = str(kind.introduces)
        key = f"{name}_id"
        given[key] = given[key] or f"{name}-{secrets.token_hex(6)}"
        event = self.record(kind(**given), **options)[0]
        thing_id = getattr(event.content, key)  # not the one given, where the event was entered before
        return getattr(self.engagement.state(), PLACES[name])[thing_id]
