"""The base of every role object: a party of an engagement, acting on it.

The named methods are generated from the events (`roles.methods`, `roles.async_methods`). All of them call `record`, which
accepts any event. A role acts on a `Recorder`, a protocol that the shell's `Engagement` satisfies, so that this package need
not import the shell.
"""

import secrets
from collections.abc import Awaitable
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypedDict, TypeVar, Unpack

from coachcore.engagement.permissions import verbs_of
from coachcore.engagement.references import COLLECTIONS
from coachcore.engagement.state import State
from coachcore.errors import named_arguments, unknown_argument
from coachcore.events import Content, Event
from coachcore.model.parties import Actor
from coachcore.model.times import When
from coachcore.model.words import Visibility

if TYPE_CHECKING:
    from coachcore.snapshot import Snapshot

__all__ = ["ActingParty", "AsyncActingParty", "AsyncRecorder", "PartyBase", "RecordOptions", "Recorder"]

T = TypeVar("T")
R = TypeVar("R", bound="Known")


class RecordOptions(TypedDict, total=False):
    """The options of every method that records an event, given by name.

    occurred_at: when it happened, for late events; now when omitted. visibility: instead of the one of the event's type.
    event_id: recording the same again under the same id changes nothing and returns what was stored. correlation_id: stored
    with the event. expected_version: raise Conflict, rather than check again, where another handle has recorded something
    since.
    """

    occurred_at: When | None
    visibility: Visibility | str | None
    event_id: str | None
    correlation_id: str | None
    expected_version: int | None


class Known(Protocol):
    """What a party acts on."""

    @property
    def known_state(self) -> State:
        """The state as it was read or recorded last, which holds what was just recorded."""


class Recorder(Known, Protocol):
    """What a party acts on: it records events and has a state."""

    def record(self, content: Content, actor: Actor, **options: Unpack[RecordOptions]) -> tuple[Event, ...]:
        """Record an event by a party; returns it as stored, with what follows from it."""

    def state(self) -> State:
        """The present state."""

    def snapshot(self, as_of: When | None = None) -> "Snapshot":
        """The engagement at a moment."""


class AsyncRecorder(Known, Protocol):
    """A `Recorder` whose methods are awaited."""

    def record(self, content: Content, actor: Actor, **options: Unpack[RecordOptions]) -> Awaitable[tuple[Event, ...]]:
        """Record an event by a party; returns it as stored, with what follows from it."""

    def state(self) -> Awaitable[State]:
        """The present state."""

    def snapshot(self, as_of: When | None = None) -> "Awaitable[Snapshot]":
        """The engagement at a moment."""


class PartyBase(Generic[R]):
    """A party acting on an engagement. actor: the id and the role of the party."""

    def __init__(self, engagement: R, actor: Actor) -> None:
        self._engagement = engagement
        self.actor = actor

    def __init_subclass__(cls) -> None:
        for name, method in [*vars(cls).items()]:
            if not name.startswith("_") and cls.__module__ != __name__:
                setattr(cls, name, named_arguments(method, name))

    def __repr__(self) -> str:
        return f"<{self.actor} of {self._engagement!r}>"

    def _content(self, kind: type[Content], options: RecordOptions, fields: dict[str, Any]) -> Content:
        """The event that a method records. What it introduces gets an id where the caller gave none."""
        for name in options:
            if name not in RecordOptions.__annotations__:  # a misspelt field of a method arrives as an option
                raise unknown_argument(kind.verb, name, [*fields, *RecordOptions.__annotations__])
        if kind.introduces and not fields[key := f"{kind.introduces}_id"]:
            fields[key] = f"{kind.introduces}-{_token(options.get('event_id'))}"
        return kind(**fields)

    def _introduced(self, event: Event, item_type: type[T]) -> T:
        """The goal, action or the like that an event introduced."""
        key = f"{event.content.introduces}_id"
        introduced = getattr(self._engagement.known_state, COLLECTIONS[key][0])[getattr(event.content, key)]
        assert isinstance(introduced, item_type)
        return introduced


class ActingParty(PartyBase[Recorder]):
    """A party acting on an engagement. `record` accepts any event; the named methods are shortcuts for it.

    actor: the id and the role of the party.
    """

    def record(self, content: Content, **options: Unpack[RecordOptions]) -> tuple[Event, ...]:
        """Record an event; returns it as stored, with what follows from it. See `Engagement.record`."""
        return self._engagement.record(content, self.actor, **options)

    def may(self) -> tuple[str, ...]:
        """The methods that this role may use at the present stage."""
        return verbs_of(self.actor.role, self._engagement.state().stage)

    def _record(self, kind: type[Content], options: RecordOptions, /, **fields: Any) -> Event:
        return self._engagement.record(self._content(kind, options, fields), self.actor, **options)[0]

    def _introduce(self, kind: type[Content], item_type: type[T], options: RecordOptions, /, **fields: Any) -> T:
        return self._introduced(self._record(kind, options, **fields), item_type)


class AsyncActingParty(PartyBase[AsyncRecorder]):
    """A party acting on an engagement of an asynchronous practice; see `ActingParty`."""

    async def record(self, content: Content, **options: Unpack[RecordOptions]) -> tuple[Event, ...]:
        """Record an event; returns it as stored, with what follows from it. See `AsyncEngagement.record`."""
        return await self._engagement.record(content, self.actor, **options)

    async def may(self) -> tuple[str, ...]:
        """The methods that this role may use at the present stage."""
        return verbs_of(self.actor.role, (await self._engagement.state()).stage)

    async def _record(self, kind: type[Content], options: RecordOptions, /, **fields: Any) -> Event:
        return (await self._engagement.record(self._content(kind, options, fields), self.actor, **options))[0]

    async def _introduce(self, kind: type[Content], item_type: type[T], options: RecordOptions, /, **fields: Any) -> T:
        return self._introduced(await self._record(kind, options, **fields), item_type)


def _token(event_id: object) -> str:
    """The end of a new id: the same for each attempt to record an event, so that the attempts are the same."""
    if not isinstance(event_id, str):
        return secrets.token_hex(6)
    return sha256(event_id.encode("utf-8", "surrogatepass")).hexdigest()[:12]
