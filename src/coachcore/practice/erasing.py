"""Erasure by the host: on a ground of the law, whoever wrote it; and where the text of what was erased may still be.

    erasure = practice.erase("eng-1", ["e7"], ground="consent_withdrawn")
    erasure.copies  # (Copies.BACKUPS, Copies.EXPORTS, ...): what the host has to see to itself

The event that records it is entered in the name of whoever wrote the text, since it is as private as that, and names the ground; the
authors of several get one each.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import attrs

from coachcore.errors import NotValid, Refused
from coachcore.events import ContentErased, Event
from coachcore.flow import Flow
from coachcore.model.answers import bounded_repr
from coachcore.model.parties import Actor
from coachcore.model.value import check_for, with_changes
from coachcore.model.words import ErasureGround
from coachcore.practice.unit import UnitBase
from coachcore.storage.contract import AsyncEventStore, EventStore

if TYPE_CHECKING:
    from coachcore.practice.base import PracticeBase

__all__ = ["Copies", "Erasure", "copies_of_erased", "erasing"]


class Copies(StrEnum):
    """Where the text of erased events may still be, out of the reach of an erasure."""

    WRITE_AHEAD_LOG = "write_ahead_log"
    """The file `-wal` beside an SQLite store, as long as a reader needs it; it is emptied as soon as none does."""
    SERVER = "server"
    """A database server's pages, until it reuses them (VACUUM in PostgreSQL), its log, and archives of that."""
    REPLICAS = "replicas"
    """Copies of the database that its server keeps elsewhere: they follow when they are replicated to, their backups do not."""
    BACKUPS = "backups"
    """Backups of the store, and unused blocks of the disk, a flash disk's in particular."""
    PROCESSES = "processes"
    """Handles in other processes, until they next read; and snapshots, views and frames that somebody holds, in this one too."""
    READERS = "readers"
    """Journals, reports, frames and messages that were made of it, and whatever those who read it have noted."""
    SUBSCRIBERS = "subscribers"
    """What hooks, subscriptions and webhooks with content have passed on: they get the event ContentErased, and have to act on it."""


@attrs.frozen(kw_only=True)
class Erasure:
    """What an erasure by the host has done.

    events: the events ContentErased that record it, one for each author; `entry_ids` of their contents are the events erased, with the
    corrections that repeat them. ground: the ground of the law. copies: where the text may still be.
    """

    __repr__ = bounded_repr

    engagement_id: str
    events: tuple[Event, ...]
    ground: ErasureGround
    copies: tuple[Copies, ...]

    @property
    def event_ids(self) -> tuple[str, ...]:
        """The ids of all events whose content was erased."""
        contents = [event.content for event in self.events]
        return tuple(
            event_id for content in contents if isinstance(content, ContentErased) for event_id in content.entry_ids
        )


def erasing(
    practice: "PracticeBase[Any, Any]",
    engagement_id: str,
    event_ids: Sequence[str],
    ground: ErasureGround | str,
    reason: str | None,
) -> Flow[Erasure]:
    """Erase the content of events, whoever their authors are; all of them or none."""
    try:
        known_ground = check_for(ErasureGround)(ground)
    except NotValid as error:
        raise error.under("ground") from None
    try:
        whole = ContentErased(entry_ids=event_ids, reason=reason or str(known_ground), host_ground=known_ground)
    except NotValid as error:
        path = error.path.replace("entry_ids", "event_ids", 1)
        raise NotValid(error.code, error.message, error.hint, path=path, **error.data) from None

    def work(unit: UnitBase[Any]) -> Flow[tuple[Event, ...]]:
        engagement = yield from unit._loaded(engagement_id)
        by_author: dict[Actor, list[str]] = {}
        for event_id in dict.fromkeys(whole.entry_ids):
            event = engagement._event_log.event(event_id)
            if event is None:
                hint = "give ids of events of this engagement"
                raise Refused("event.unknown", f"there is no event {event_id!r}", hint)
            by_author.setdefault(event.actor, []).append(event_id)
        events: list[Event] = []
        for author, ids in by_author.items():
            events += yield from engagement._record(with_changes(whole, entry_ids=ids), author, is_host=True)
        return tuple(events)

    events: tuple[Event, ...] = yield from practice._repeated(work)
    return Erasure(
        engagement_id=engagement_id, events=events, ground=known_ground, copies=copies_of_erased(practice.store)
    )


def copies_of_erased(store: EventStore | AsyncEventStore) -> tuple[Copies, ...]:
    """Where the text of what was erased from a store may be at this moment."""
    everywhere = (Copies.PROCESSES, Copies.READERS, Copies.SUBSCRIBERS)
    match store.promises.durability:
        case "none":
            return everywhere
        case "server":
            return (Copies.SERVER, Copies.REPLICAS, Copies.BACKUPS, *everywhere)
    in_log = () if getattr(store, "is_log_clean", True) else (Copies.WRITE_AHEAD_LOG,)
    return (*in_log, Copies.BACKUPS, *everywhere)
