"""Journals: an engagement as JSON Lines, one command a line, in the order recorded, for people, mail and version control.

    {"at": "2026-02-03T10:00:00+02:00", "by": "liga", "do": "set_goal", "with": {"goal_id": "g1", "title": "..."}}

Here stand what a journal is, and writing it; reading stands in `journal_reader`. Promises: what is written reads back
equal: content, actor, both times, visibility and ids; of erased events and those of a newer release too.
"""

import json
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, cast

import attrs
from pendulum import DateTime

from coachcore.engagement.encrypted import refuse_encrypted
from coachcore.events import (
    EVENT_TYPES,
    AgreementAmended,
    Content,
    EngagementProposed,
    Erased,
    Event,
    Proposal,
    Unknown,
)
from coachcore.model.agreement import Agreement
from coachcore.model.answers import bounded_repr
from coachcore.model.parties import Actor
from coachcore.model.times import FIRST_YEAR, LAST_YEAR
from coachcore.model.value import Name, with_changes
from coachcore.model.words import Visibility
from coachcore.serial import content_to, moment_text

__all__ = ["Journal", "JournalLine", "write_journal"]


@attrs.frozen(kw_only=True)
class JournalLine:
    """One line of a journal.

    number: of its line in the file, from 1. occurred_at: when it happened; recorded_at: when it was recorded, never earlier than
    `occurred_at`, and never earlier than the line before. visibility: None where it is the event type's own. event_id: None where
    the practice is to make one. caused_by: the event it followed from. content: `Erased` where it was erased before the
    export, `Unknown` where it is of a newer release.
    """

    __repr__ = bounded_repr

    number: int
    occurred_at: DateTime
    recorded_at: DateTime
    actor: Actor
    content: Content
    visibility: Visibility | None = None
    event_id: str | None = None
    caused_by: str | None = None
    correlation_id: Name | None = None

    @property
    def by(self) -> str:
        """The id of the party who recorded it."""
        return self.actor.party

    def proposal(self, event_id: str) -> Proposal:
        """The line as a proposal. event_id: used where the line has none of its own."""
        return Proposal(
            content=self.content,
            event_id=self.event_id or event_id,
            occurred_at=self.occurred_at,
            visibility=self.visibility,
            correlation_id=self.correlation_id,
            caused_by=self.caused_by,
        )


@attrs.frozen(kw_only=True)
class Journal:
    """A journal that was read: its lines in the order recorded. engagement_id: None where the file names none.

    source: the file's name, for messages. The first line proposes the engagement. can_grow: whether the same source may
    have more lines next time (a message log); importing it again then appends what is new.
    """

    __repr__ = bounded_repr

    engagement_id: str | None
    lines: tuple[JournalLine, ...]
    source: str
    can_grow: bool = False

    @property
    def agreement(self) -> Agreement:
        """The agreement as first proposed."""
        return cast("EngagementProposed", self.lines[0].content).agreement


def write_journal(events: Iterable[Event]) -> Iterator[str]:
    """The lines of a journal, each with its line end. events: everything recorded of one engagement, in that order.

    Times are written in the engagement's zone, with their offset; what a reader would fill in is left out.
    Raises NotAllowed event_content.encrypted where a content cannot be read without a key.
    """
    zone = "UTC"
    for event in _with_earlier_imports(events):
        refuse_encrypted([event])
        content = event.content
        if isinstance(content, EngagementProposed | AgreementAmended):
            zone = content.agreement.zone
        line = {"at": _local(event.occurred_at, zone), "by": event.actor.party, "do": _name(event)}
        if isinstance(content, EngagementProposed):
            line["engagement"] = event.engagement_id
        line |= _as_line(content)
        if event.recorded_at != event.occurred_at:
            line["recorded_at"] = _local(event.recorded_at, zone)
        if isinstance(content, Erased | Unknown) or event.visibility is not type(content).visibility:
            line["visibility"] = str(event.visibility)
        line["id"] = event.id
        for name in ("caused_by", "correlation_id"):
            if (field_value := getattr(event, name)) is not None:
                line[name] = field_value
        yield json.dumps(line, ensure_ascii=False) + "\n"


def _with_earlier_imports(events: Iterable[Event]) -> Iterable[Event]:
    """The events, with an import among those of before where something was recorded after it, within the windows that
    it opened. Nothing came of any other, so that what is imported and written again is what it was.
    """
    rest = iter(events)
    first = next(rest, None)
    content = None if first is None else first.content
    if first is None or not isinstance(content, EngagementProposed) or content.imported_at is None:
        return rest if first is None else chain([first], rest)
    later = list(rest)
    if any(event.recorded_at > content.imported_at for event in later):
        earlier = (*content.earlier_imports, content.imported_at)
        first = attrs.evolve(first, content=with_changes(content, earlier_imports=earlier))
    return [first, *later]


def _name(event: Event) -> str:
    """What an event is called: the verb of its type, or the type itself where this release has no verb for it."""
    kind = EVENT_TYPES.get(event.type)
    return kind.verb if kind is not None and not isinstance(event.content, Unknown) else event.type


def _as_line(content: Content) -> dict[str, Any]:
    if isinstance(content, Erased):
        return {"erased": True}
    if isinstance(content, Unknown):
        return {"schema": content.schema, "with": content.fields}
    if isinstance(content, EngagementProposed):
        content = with_changes(content, imported_at=None)  # whoever imports it sets theirs, see _with_earlier_imports
    fields = content_to(content)
    return ({"schema": content.schema} if content.schema > 1 else {}) | ({"with": fields} if fields else {})


def _local(moment: DateTime, zone: str) -> str:
    """A moment as the clocks of a zone show it, with the offset; in UTC at the two ends of time, where years run over."""
    there = moment.in_timezone(zone)
    return moment_text(there if FIRST_YEAR <= there.year <= LAST_YEAR else moment)
