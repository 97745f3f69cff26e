"""Privacy: the history as a reader may see it. What a reader may not read is sealed, not hidden.

A sealed event still shows that it happened, when, by whom and of which type, so that both sides' ledgers agree; its content does not
show. Each event's visibility says who reads it, and a table says which areas an agreement may open to sponsors:

- `author`: its author alone.
- `shared`: coaches, clients and supervisors.
- `sponsor`: sponsors too. Of shared events a sponsor reads those in the areas that the agreement opens, those they recorded
  themselves, and the agreement itself.

What was owed and how it was settled is computed on the whole history, and seen by both sides; but in a group what a client owes, and what
is owed to them alone, only by them, the coaches and the supervisors, and by a sponsor only where the agreement opens the ledger.

A correction is read by those who may read what it corrects, and by nobody else.

Pure functions. They take the complete history; stores and encryption are not their concern.
"""

from typing import Final

import attrs
from pendulum import DateTime

from coachcore.engagement.decide import Draft
from coachcore.engagement.history import History
from coachcore.engagement.state import State
from coachcore.events import Content, EntryCorrected, ErasedEvent, Event, type_of
from coachcore.ledger.obligations import Obligation
from coachcore.model.agreement import SponsorSees
from coachcore.model.answers import bounded_repr
from coachcore.model.parties import Actor, Role
from coachcore.model.words import Visibility

__all__ = [
    "SPONSOR_AREAS",
    "Sealed",
    "View",
    "may_read",
    "may_read_in",
    "may_see_obligation",
    "seen_by",
    "view",
    "view_of_state",
]

SPONSOR_AREAS: Final[dict[SponsorSees, frozenset[str]]] = {
    SponsorSees.GOALS: frozenset({"goals"}),
    SponsorSees.PROGRESS: frozenset({"progress"}),
    SponsorSees.SESSIONS: frozenset({"sessions"}),
    SponsorSees.LEDGER: frozenset({"ledger"}),
}
"""The areas of events that each opening in an agreement shows to sponsors."""

ALWAYS_READ: Final = frozenset({"agreement"})
NEVER_READ: Final = frozenset({"SessionSummarised", "SessionPrepared", "SelfAssessed"})
"""Events that opening their area does not show to sponsors, since they say what was spoken about. They may still be recorded with the
visibility `sponsor`."""


@attrs.frozen(kw_only=True)
class Sealed:
    """An event whose content the reader may not read: that it happened, and nothing of its content."""

    id: str
    version: int
    type: str
    occurred_at: DateTime
    actor: Actor


@attrs.frozen(kw_only=True)
class View:
    """A history as a reader may see it. reader: a role, or one party. items: in order of occurrence."""

    __repr__ = bounded_repr

    reader: Role | Actor
    items: tuple[Event | Sealed, ...]

    @property
    def events(self) -> tuple[Event, ...]:
        """The events that the reader may read."""
        return tuple(each for each in self.items if isinstance(each, Event))

    @property
    def sealed(self) -> tuple[Sealed, ...]:
        """The events of which the reader sees no content."""
        return tuple(each for each in self.items if isinstance(each, Sealed))


def may_read(
    event: Event | Draft, content: Content, reader: Role | Actor, open_to_sponsors: tuple[SponsorSees, ...]
) -> bool:
    """Whether a reader may read the content of an event, or of one that may be stored. open_to_sponsors: by the agreement.

    A role, unlike a party, is the author of nothing: an event that its author keeps private is sealed for the author's role too.
    """
    if _is_own(event, reader):
        return True
    role = reader.role if isinstance(reader, Actor) else reader
    if event.visibility is Visibility.AUTHOR:
        return False
    if role is not Role.SPONSOR or event.visibility is Visibility.SPONSOR or content.area in ALWAYS_READ:
        return True
    if type_of(content) in NEVER_READ:
        return False
    return any(content.area in SPONSOR_AREAS[opening] for opening in open_to_sponsors)


def view(history: History, reader: Role | Actor) -> View:
    """A history as a role, or one party, may see it."""
    return View(reader=reader, items=tuple(seen_by(reader, event, history.state) for event in history.effective))


def view_of_state(state: State, reader: Role | Actor) -> View:
    """What a state is the fold of, as a role, or one party, may see it."""
    events = sorted(state.events.values(), key=lambda event: (event.occurred_at, event.version))
    return View(reader=reader, items=tuple(seen_by(reader, event, state) for event in events))


def seen_by(reader: Role | Actor, event: Event, state: State) -> Event | Sealed:
    """An event as a reader may see it in an engagement's state: itself, or sealed. What was erased nobody sees."""
    if not may_read_in(state, event, reader):
        return _sealed(event)
    return event.as_erased if isinstance(event, ErasedEvent) else event


def may_read_in(state: State | None, event: Event | Draft, reader: Role | Actor) -> bool:
    """Whether a reader may read the content of an event, or of one that may be stored, in an engagement's state; None before it began."""
    open_to_sponsors = () if state is None else state.agreement.sponsor_sees
    is_readable = may_read(event, event.content, reader, open_to_sponsors)
    if is_readable and isinstance(event.content, EntryCorrected) and not _is_own(event, reader):
        # it repeats what it corrects: no reader may read more of it than of that, which may have been retracted
        corrected = None if state is None else state.events.get(event.content.entry_id)
        is_readable = corrected is not None and may_read(corrected, corrected.content, reader, open_to_sponsors)
    return is_readable


def may_see_obligation(obligation: Obligation, reader: Role | Actor, state: State) -> bool:
    """Whether a reader may see what an obligation is and how it was settled, in an engagement's state.

    A client sees their own and what the coaches owe to them or to all. Clients as a role, of whom nobody in particular asks, see only what
    concerns no one of several.
    """
    role = reader.role if isinstance(reader, Actor) else reader
    if role is Role.SPONSOR:
        return SponsorSees.LEDGER in state.agreement.sponsor_sees
    if role is not Role.CLIENT:
        return True
    if not isinstance(reader, Actor):
        return obligation.party is None and obligation.owed_to is None
    if obligation.role is Role.CLIENT:
        return reader.party in obligation.parties
    return obligation.owed_to in (None, reader.party)


def _is_own(event: Event | Draft, reader: Role | Actor) -> bool:
    return isinstance(reader, Actor) and event.actor.party == reader.party


def _sealed(event: Event) -> Sealed:
    return Sealed(id=event.id, version=event.version, type=event.type, occurred_at=event.occurred_at, actor=event.actor)
