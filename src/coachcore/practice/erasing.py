"""Erasure by the host: on a ground of the law, whoever wrote it; and where the text of what was erased may still be.

    erasure = practice.erase("eng-1", ["e7"], ground="consent_withdrawn")
    erasure.copies  # (Copies.BACKUPS, Copies.PROCESSES, ...): what the host has to see to itself

The event ContentErased is recorded in the name of whoever wrote the text, since it is as private as that, and names
the ground; the authors of several get one each.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import attrs

from coachcore.engagement.encrypted import refuse_encrypted
from coachcore.errors import NotValid, Refused
from coachcore.events import ContentErased, Event
from coachcore.flow import Flow
from coachcore.model.answers import bounded_repr
from coachcore.model.parties import Actor
from coachcore.model.value import check_for, with_changes
from coachcore.model.words import ErasureGround
from coachcore.practice.copies import Copies, copies_of_erased
from coachcore.practice.unit import UnitBase

if TYPE_CHECKING:
    from coachcore.practice.base import PracticeBase

__all__ = ["Erasure", "erasing"]


@attrs.frozen(kw_only=True)
class Erasure:
    """What an erasure by the host has done.

    events: the events ContentErased that record it, one for each author; `entry_ids` of their contents are the events
    erased, with the corrections that repeat them. ground: the ground of the law. copies: where the text may still be.
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
        refuse_encrypted(engagement._event_log.recorded[:1])  # nothing could be erased without knowing what remains
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
