"""Who sees what: the history as a role may read it; what is not theirs is sealed, not hidden.

Sealed means that it happened, when, and of which type stays visible (so that both sides' ledgers agree), and what it says
does not. Tables say which areas a sponsor may be shown; the rest follows from each event's visibility:

- `author`: its author alone.
- `shared`: coaches, clients and supervisors.
- `sponsor`: sponsors too. A sponsor reads, of shared events, the areas that the agreement opens to them, what they wrote
  themselves, and the agreement itself.

Pure; it decides nothing about storage. A history handed to a view must be complete, since sealing is done here.
"""

from typing import Final

import attrs
from pendulum import DateTime

from coachcore.engagement.history import History
from coachcore.events import Content, Event
from coachcore.model.agreement import SponsorSees
from coachcore.model.answers import bounded_repr
from coachcore.model.parties import Actor, Role
from coachcore.model.words import Visibility

__all__ = ["SPONSOR_AREAS", "Sealed", "View", "may_read", "view"]

SPONSOR_AREAS: Final[dict[SponsorSees, frozenset[str]]] = {
    SponsorSees.GOALS: frozenset({"goals"}),
    SponsorSees.PROGRESS: frozenset({"progress"}),
    SponsorSees.SESSIONS: frozenset({"sessions"}),
    SponsorSees.LEDGER: frozenset({"ledger"}),
}
"""The areas of events that each opening in an agreement shows to sponsors."""

ALWAYS: Final = frozenset({"agreement"})
NEVER: Final = frozenset({"SessionSummarised", "SessionPrepared", "SelfAssessed"})
"""What sponsors are not shown with its area, since it tells what was said; it can still be recorded for them."""


@attrs.frozen(kw_only=True)
class Sealed:
    """An event whose content is not the viewer's to read: that it happened, and nothing of what it says."""

    id: str
    version: int
    type: str
    occurred_at: DateTime
    actor: Actor


@attrs.frozen(kw_only=True)
class View:
    """A history as somebody may see it. viewer: a role, or one party. items: in the order they occurred."""

    __repr__ = bounded_repr

    viewer: Role | Actor
    items: tuple[Event | Sealed, ...]

    @property
    def events(self) -> tuple[Event, ...]:
        """What the viewer may read."""
        return tuple(each for each in self.items if isinstance(each, Event))

    @property
    def sealed(self) -> tuple[Sealed, ...]:
        """What the viewer may only know of."""
        return tuple(each for each in self.items if isinstance(each, Sealed))


def may_read(event: Event, content: Content, viewer: Role | Actor, opened: tuple[SponsorSees, ...]) -> bool:
    """Whether a viewer may read what an event says. opened: what the agreement opens to sponsors.

    A role (rather than a party) is nobody's author: what one person keeps to themselves is sealed for their role too.
    """
    if isinstance(viewer, Actor) and event.actor.party == viewer.party:
        return True
    role = viewer.role if isinstance(viewer, Actor) else viewer
    if event.visibility is Visibility.AUTHOR:
        return False
    if role is not Role.SPONSOR or event.visibility is Visibility.SPONSOR or content.area in ALWAYS:
        return True
    if event.type in NEVER:
        return False
    return any(content.area in SPONSOR_AREAS[each] for each in opened)


def view(history: History, viewer: Role | Actor) -> View:
    """A history as a role, or one party, may see it."""
    opened = history.state.agreement.sponsor_sees
    return View(
        viewer=viewer,
        items=tuple(
            each
            if may_read(each, each.content, viewer, opened)
            else Sealed(
                id=each.id, version=each.version, type=each.type, occurred_at=each.occurred_at, actor=each.actor
            )
            for each in history.effective
        ),
    )
