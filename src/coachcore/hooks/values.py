"""What handlers get: an event about to be stored, or one that was stored, as it is or as a reader may see it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Generic, NoReturn, TypeVar

import attrs
from pendulum import DateTime

from coachcore.engagement.decide import Draft
from coachcore.engagement.state import State
from coachcore.errors import Refused
from coachcore.events import Content, Event, type_of
from coachcore.model.answers import bounded_repr
from coachcore.model.parties import Actor, Role
from coachcore.privacy import Sealed, View, declared_reader_in, may_read, readable_fields, seen_by, view_of_state

if TYPE_CHECKING:  # a unit loads engagements, which run hooks
    from coachcore.practice.unit import AsyncUnit, Unit

__all__ = ["AsyncPending", "Pending", "PendingEvent", "PendingView", "Stored", "StoredView"]

C_co = TypeVar("C_co", bound=Content, covariant=True)


class _Vetoes:
    """An event about to be stored, which a handler may refuse."""

    def veto(self, reason: str, hint: str = "") -> NoReturn:
        """Refuse the event. Nothing of the command is stored, and the caller gets Refused hook.vetoed with the reason."""
        raise Refused("hook.vetoed", reason, hint or "the host refuses this; ask its operator")


@attrs.frozen(kw_only=True)
class PendingEvent(_Vetoes, Generic[C_co]):
    """An event about to be stored.

    content: what is to be recorded. draft: the same with its time, actor and visibility. state: the engagement before it (None
    where the event proposes one).
    """

    __repr__ = bounded_repr

    content: C_co
    draft: Draft
    engagement_id: str
    state: State | None

    def reader_named(self, declared_reader: Role | str) -> Role | Actor | None:
        """A role, or the party of an id; None where the engagement has no such party."""
        agreement = getattr(self.content, "agreement", None)
        return declared_reader_in(declared_reader, self.state, agreement)

    def seen_by(self, reader: Role | Actor) -> "PendingView":
        """The event as a role, or one party, may see it."""
        return PendingView(
            reader=reader,
            engagement_id=self.engagement_id,
            type=type_of(self.content),
            occurred_at=self.draft.occurred_at,
            actor=self.draft.actor,
            content=self.content if may_read(self.state, self.draft, reader) else None,
            fields=readable_fields(self.state, self.draft, reader),
            before=self.state,
        )


@attrs.frozen(kw_only=True)
class Pending(PendingEvent[C_co]):
    """An event about to be stored, as passed to a `before` handler.

    unit: what is recorded through its handles is stored with the event, or not at all.
    """

    __repr__ = bounded_repr

    unit: "Unit"


@attrs.frozen(kw_only=True)
class AsyncPending(PendingEvent[C_co]):
    """An event about to be stored, as passed to a `before` handler of an asynchronous practice; see `Pending`."""

    __repr__ = bounded_repr

    unit: "AsyncUnit"


@attrs.frozen(kw_only=True)
class PendingView(_Vetoes):
    """An event about to be stored as a reader may see it, as passed to a `before` handler that names the reader.

    content: None where the reader may not read all of it. fields: the fields that they may read and that say something.
    """

    __repr__ = bounded_repr

    reader: Role | Actor
    engagement_id: str
    type: str
    occurred_at: DateTime
    actor: Actor
    content: Content | None
    fields: Mapping[str, object] = attrs.field(repr=False)
    _before: State | None = attrs.field(repr=False)

    @property
    def view(self) -> View | None:
        """The engagement before it as the reader may see it; None where the event proposes one. Computed at each call."""
        return None if self._before is None else view_of_state(self._before, self.reader)

    @property
    def state(self) -> State | None:
        """The state before it as the reader may see it; None where the event proposes one. Computed at each call."""
        return None if (view := self.view) is None else view.state


@attrs.frozen(kw_only=True)
class Stored(Generic[C_co]):
    """An event that was stored, as passed to an `after` handler. state: the engagement after it."""

    __repr__ = bounded_repr

    content: C_co
    event: Event
    state: State

    def reader_named(self, declared_reader: Role | str) -> Role | Actor | None:
        """A role, or the party of an id; None where the engagement has no such party."""
        return declared_reader_in(declared_reader, self.state)

    def seen_by(self, reader: Role | Actor) -> "StoredView":
        """The event as a role, or one party, may see it."""
        return StoredView(
            reader=reader,
            engagement_id=self.event.engagement_id,
            item=seen_by(reader, self.event, self.state),
            after=self.state,
        )


@attrs.frozen(kw_only=True)
class StoredView:
    """An event that was stored as a reader may see it, as passed to an `after` handler that names the reader.

    item: the event, or, where the reader may not read it, what is visible of a sealed one.
    """

    __repr__ = bounded_repr

    reader: Role | Actor
    engagement_id: str
    item: Event | Sealed
    _after: State = attrs.field(repr=False)

    @property
    def view(self) -> View:
        """The engagement after it as the reader may see it. Computed at each call."""
        return view_of_state(self._after, self.reader)

    @property
    def state(self) -> State:
        """The state after it as the reader may see it. Computed at each call."""
        return self.view.state
