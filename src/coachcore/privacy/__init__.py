"""Privacy: the history as a reader may see it. What a reader may not read is sealed, not hidden.

A sealed event still shows that it happened, when, by whom and of which type, so that both sides' ledgers agree, and of
its content the fields that the reader may read. Each event's visibility says who reads it, and a table
(`privacy.table`) which field of which event each role reads; what that does not name is sealed:

- `author`: its author alone.
- `shared`: coaches, clients and supervisors; of what is personal in a group, the client whom it concerns. A sponsor
  reads the fields that the table opens to sponsors always, or where the agreement opens their area, and what they
  recorded themselves.
- `sponsor`: sponsors too, whole.

What was owed and how it was settled is computed on the whole history, and seen by both sides; but in a group what a
client owes, and what is owed to them alone, only by them, the coaches and the supervisors, and by a sponsor only where
the agreement opens the ledger.

Pure functions. They take the complete history; stores and encryption are not their concern.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from functools import cached_property

import attrs
from pendulum import DateTime

from coachcore.engagement.decide import Draft
from coachcore.engagement.history import History
from coachcore.engagement.state import State
from coachcore.errors import NotValid
from coachcore.events import Event
from coachcore.model.agreement import Agreement
from coachcore.model.answers import bounded_repr
from coachcore.model.parties import Actor, Party, Role, role_named
from coachcore.model.value import Ident, check_for
from coachcore.privacy.reading import ReadingRights, filled_fields
from coachcore.privacy.state_view import visible_state
from coachcore.privacy.table import READERS, Access, Row, access
from coachcore.privacy.visible import VisibleFields

__all__ = [
    "READERS",
    "Access",
    "Row",
    "Sealed",
    "View",
    "access",
    "as_declared_reader",
    "declared_reader_in",
    "may_read",
    "parties_ever",
    "readable_fields",
    "seen_by",
    "view",
    "view_of_state",
]


@attrs.frozen(kw_only=True)
class Sealed:
    """An event of which the reader may not read all: that it happened, and what they may read of it.

    fields: the fields that the reader may read and that say something, by name.
    """

    id: str
    version: int
    type: str
    occurred_at: DateTime
    actor: Actor
    fields: Mapping[str, object] = attrs.field(factory=dict, repr=False)


@attrs.frozen(kw_only=True, slots=False, eq=False)
class View:
    """A history as a reader may see it. reader: a role, or one party. items: in order of occurrence."""

    __repr__ = bounded_repr

    reader: Role | Actor
    items: tuple[Event | Sealed, ...]
    _state: State = attrs.field(repr=False)
    _visible: VisibleFields = attrs.field(repr=False)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, View) and (self.reader, self.items) == (other.reader, other.items)

    def __hash__(self) -> int:
        return hash((self.reader, tuple(item.id for item in self.items)))

    @property
    def events(self) -> tuple[Event, ...]:
        """The events that the reader may read whole."""
        return tuple(each for each in self.items if isinstance(each, Event))

    @property
    def sealed(self) -> tuple[Sealed, ...]:
        """The events of which the reader sees not all, or nothing, of the content."""
        return tuple(each for each in self.items if isinstance(each, Sealed))

    @cached_property
    def state(self) -> State:
        """The stage, goals, actions, sessions and agreement, without what is sealed for the reader."""
        return visible_state(self._state, self._visible)


def view(history: History, reader: Role | Actor) -> View:
    """A history as a role, or one party, may see it."""
    return view_of_state(history.state, reader)


def view_of_state(state: State, reader: Role | Actor) -> View:
    """What a state is the fold of, as a role, or one party, may see it."""
    visible = VisibleFields(state, reader)
    return View(reader=reader, items=items_of(visible), state=state, visible=visible)


def seen_by(reader: Role | Actor, event: Event, state: State) -> Event | Sealed:
    """An event as a reader may see it in an engagement's state: itself, or sealed. What was erased nobody sees."""
    return item_of(VisibleFields(state, reader), event)


def may_read(state: State | None, event: Event | Draft, reader: Role | Actor) -> bool:
    """Whether a reader may read all of an event, or of one about to be stored.

    state: of the engagement; None before it began. A role, unlike a party, is the author of nothing: an event that its
    author keeps private is sealed for the author's role too.
    """
    if state is None:  # the proposal, which all parties read
        return True
    return ReadingRights(state).may_read(event, reader)


def readable_fields(state: State | None, event: Event | Draft, reader: Role | Actor) -> Mapping[str, object]:
    """The fields that a reader may read of an event, or of one about to be stored, and that say something; by name.

    state: of the engagement; None before it began.
    """
    filled = filled_fields(event)
    if state is None:  # the proposal, which all parties read
        return filled
    fields = ReadingRights(state).readable_fields(event, reader) or ()
    return {name: value for name, value in filled.items() if name in fields}


def items_of(visible: VisibleFields) -> tuple[Event | Sealed, ...]:
    """All events as a reader may see them, in order of occurrence."""
    return tuple(item_of(visible, event) for event in visible.events)


def item_of(visible: VisibleFields, event: Event) -> Event | Sealed:
    """An event as a reader may see it."""
    whole = visible.whole(event)
    if whole is not None:
        return whole
    readable = visible.fields(event) or ()
    return Sealed(
        id=visible.event_id(event.id),
        version=event.version,
        type=event.type,
        occurred_at=event.occurred_at,
        actor=event.actor,
        fields={name: value for name, value in filled_fields(event).items() if name in readable},
    )


def as_declared_reader(reader: object) -> Role | str:
    """The reader that a handler or a subscription declares, for any engagement: a role, or a party's id.

    A text that is a role's name is the role, and one that is nearly that is a misspelt role: it would be read as the id
    of somebody whom no engagement has, and the handler would never run. An Actor is its party, whatever the id. Raises
    NotValid role.unknown, id.invalid.
    """
    if isinstance(reader, Actor):
        return str(reader.party)
    if not isinstance(reader, str) or reader in tuple(Role) or _is_nearly_a_role(reader):
        return role_named(reader)
    try:
        return str(check_for(Ident)(reader))
    except NotValid as error:
        raise error.under("reader") from None


def _is_nearly_a_role(text: str) -> bool:
    near = get_close_matches(text.casefold(), list(Role), 1, 0.8)
    return text.isalpha() and bool(near) and abs(len(near[0]) - len(text)) <= 1


def declared_reader_in(
    reader: Role | str, state: State | None, agreement: Agreement | None = None
) -> Role | Actor | None:
    """Who a declared reader is in an engagement; None where they are a party who neither takes nor took part in it.

    state: of the engagement; None before it began. agreement: one that is being proposed.
    """
    if isinstance(reader, Role):
        return reader
    party = None if state is None else parties_ever(state).get(reader)
    if party is None and agreement is not None:
        party = agreement.party(reader)
    return None if party is None else Actor(party=party.id, role=party.role)


def parties_ever(state: State) -> Mapping[str, Party]:
    """Everybody who takes part, took part or is asked to, by id, as the newest agreement that names them says."""
    return ReadingRights(state).parties
