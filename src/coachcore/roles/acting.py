"""The base of every role object: a party of an engagement, acting on it.

The named methods are generated from the events (`roles.methods`). All of them call `record`, which accepts any event. A role acts
on a `Recorder`, a protocol that the shell's `Engagement` satisfies, so that this package need not import the shell.
"""

import secrets
from typing import Any, Protocol, TypedDict, TypeVar, Unpack

from coachcore.engagement.permissions import verbs_of
from coachcore.engagement.references import COLLECTIONS
from coachcore.engagement.state import State
from coachcore.errors import named_arguments, unknown_argument
from coachcore.events import Content, Event
from coachcore.model.parties import Actor
from coachcore.model.times import When
from coachcore.model.words import Visibility

__all__ = ["ActingParty", "RecordOptions", "Recorder"]

T = TypeVar("T")


class RecordOptions(TypedDict, total=False):
    """The options of every method that records an event, given by name.

    occurred_at: when it happened, for late events; now when omitted. visibility: instead of the one of the event's type.
    event_id: recording the same id again changes nothing and returns what was stored. correlation_id: stored with the event.
    expected_version: raise Conflict, rather than check again, where another handle has recorded something since.
    """

    occurred_at: When | None
    visibility: Visibility | str | None
    event_id: str | None
    correlation_id: str | None
    expected_version: int | None


class Recorder(Protocol):
    """What a party acts on: it records events and has a state."""

    def record(self, content: Content, actor: Actor, **options: Unpack[RecordOptions]) -> tuple[Event, ...]:
        """Record an event by a party; returns it as stored, with what follows from it."""

    def state(self) -> State:
        """The present state."""


class ActingParty:
    """A party acting on an engagement. `record` accepts any event; the named methods are shortcuts for it.

    actor: the id and the role of the party.
    """

    def __init__(self, engagement: Recorder, actor: Actor) -> None:
        self._engagement = engagement
        self.actor = actor

    def __init_subclass__(cls) -> None:
        for name, method in [*vars(cls).items()]:
            if not name.startswith("_"):
                setattr(cls, name, named_arguments(method, name))

    def __repr__(self) -> str:
        return f"<{self.actor} of {self._engagement!r}>"

    def record(self, content: Content, **options: Unpack[RecordOptions]) -> tuple[Event, ...]:
        """Record an event; returns it as stored, with what follows from it. See `Engagement.record`."""
        return self._engagement.record(content, self.actor, **options)

    def may(self) -> tuple[str, ...]:
        """The methods that this role may use at the present stage."""
        return verbs_of(self.actor.role, self._engagement.state().stage)

    def _record(self, kind: type[Content], options: RecordOptions, /, **fields: Any) -> Event:
        # a misspelt field of a method arrives here as an option
        for name in options.keys() - RecordOptions.__annotations__.keys():
            raise unknown_argument(kind.verb, name, [*fields, *RecordOptions.__annotations__])
        return self.record(kind(**fields), **options)[0]

    def _introduce(self, kind: type[Content], item_type: type[T], options: RecordOptions, /, **fields: Any) -> T:
        name = str(kind.introduces)
        key = f"{name}_id"
        fields[key] = fields[key] or f"{name}-{secrets.token_hex(6)}"
        event = self._record(kind, options, **fields)
        # the id in the stored event: under an event_id that was recorded before it may differ from the one of this call
        introduced = getattr(self._engagement.state(), COLLECTIONS[key][0])[getattr(event.content, key)]
        assert isinstance(introduced, item_type)
        return introduced
