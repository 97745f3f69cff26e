"""What one reader may read of an engagement: field by field, and under which ids they know what is sealed for them.

A host chooses ids, and may put words into them (`tell-boss-I-quit`). Of what a reader may not see, such an id is
replaced by one that says nothing, `sealed-<version of the event>`, wherever it stands: in sealed events, in
obligations and their ids, in evidence. Ids that coachcore made say nothing, and stay.
"""

import re
from collections.abc import Collection, Mapping
from enum import StrEnum
from functools import cached_property
from typing import Final

import attrs

from coachcore.engagement.references import sealed_id
from coachcore.engagement.state import State
from coachcore.errors import NotAllowed
from coachcore.events import CorrectedEvent, ErasedEvent, Event, InformationDisclosed, type_of
from coachcore.model.parties import Actor, Role
from coachcore.privacy.reading import ReadingRights, filled_fields

__all__ = ["ITEM_KEYS", "Omitted", "VisibleFields"]

ITEM_KEYS: Final = ("goal_id", "action_id", "session_id", "concern_id", "breach_id", "dispute_id", "decision_id")
"""Fields that name an item of the state."""
_ITEMS = "|".join(key.removesuffix("_id") for key in ITEM_KEYS)
MADE_BY_US: Final = re.compile(rf"(?:{_ITEMS})-[0-9a-f]{{12}}|[0-9a-f]{{32}}(?:\.\d+)?")
"""Ids that commands make of `secrets.token_hex` for items and events; a word before one would be a host's."""
NO_FIELDS: Final[frozenset[str]] = frozenset()


class Omitted(StrEnum):
    """Why something is left out of a view."""

    PRIVATE = "private"
    """It is computed from what its author keeps private."""
    NOT_PRESENT = "not_present"
    """It is of a time at which the reader did not take part."""
    NOT_OPENED = "not_opened"
    """The agreement does not open it to sponsors."""
    PERSONAL = "personal"
    """It is about another client of the group, or meant for somebody else."""


@attrs.frozen
class Outcome:
    """What counts of an event. filled: the fields that say something. readable: those that the reader may read."""

    filled: frozenset[str]
    readable: frozenset[str] | None

    def reads(self, names: Collection[str]) -> bool:
        """Whether the reader may read these fields, as far as the event has them and they say something."""
        return self.readable is not None and not self.filled.intersection(names) - self.readable


class VisibleFields:
    """What a reader may read of the events of a state. It holds all of them, and shows what is open."""

    def __init__(self, state: State, reader: Role | Actor) -> None:
        self.rights = ReadingRights(state)
        self.reader = reader
        self.role = reader.role if isinstance(reader, Actor) else reader
        self._state = state
        self._open: dict[str, frozenset[str] | None] = {}
        self._outcomes: dict[str, Outcome] = {}

    def __reduce__(self) -> str:
        raise NotAllowed(
            "view_copy.not_allowed",
            "a view cannot be pickled: it is computed from the whole history, which would go with it",
            "pass the snapshot and make the view there, or export what the reader may read",
        )

    @property
    def events(self) -> tuple[Event, ...]:
        """The engagement's events in order of occurrence, sealed ones too."""
        return self.rights.events

    def event(self, event_id: str) -> Event | None:
        """An event by its id in the whole history."""
        return self._state.events.get(event_id)

    def fields(self, event: Event) -> frozenset[str] | None:
        """The names of the fields that the reader may read; None where the event is closed to them."""
        if event.id not in self._open:
            self._open[event.id] = self.rights.readable_fields(event, self.reader)
        return self._open[event.id]

    def whole(self, event: Event) -> Event | None:
        """An event as readers see it, where the reader may read all that it says; None otherwise."""
        if not self.is_whole(event):
            return None
        return event.as_read if isinstance(event, ErasedEvent | CorrectedEvent) else event

    def is_whole(self, event: Event) -> bool:
        """Whether the reader may read all that an event says."""
        if isinstance(event, ErasedEvent):  # of what remains of it nobody reads anything
            return self.fields(event) is not None
        outcome = self.outcome(event)
        return outcome.readable is not None and outcome.filled <= outcome.readable

    def is_whole_as_recorded(self, event: Event) -> bool:
        """Whether the reader may read all of an event as it was recorded, before it was corrected or taken back."""
        counted = self.event(event.id)
        if counted is not None and not self.is_whole(counted):
            return False
        if counted is not None and not isinstance(counted, CorrectedEvent):
            return True  # as it counts it is as it was recorded
        return self.rights.may_read(event, self.reader)

    def outcome(self, event: Event) -> "Outcome":
        """What counts of an event, and which of it the reader may read; of an erased one, of what remains of it."""
        if event.id not in self._outcomes:
            counted = event
            if isinstance(event, ErasedEvent):
                counted = Event(**{name: value for name, value in event.__dict__.items() if name != "remains"})
            fields = self.rights.readable_fields(counted, self.reader) if counted is not event else self.fields(event)
            self._outcomes[event.id] = Outcome(frozenset(filled_fields(counted)), fields)
        return self._outcomes[event.id]

    def obstacle(self, needed: Mapping[str, Collection[str]], goal_id: str | None = None) -> "Omitted | None":
        """Why a figure is not for the reader: an event that it is computed from is sealed for them; else None.

        needed: the fields from which it is computed, by type of event. goal_id: of the events about one goal alone; but
        a sponsor, who is not shown which goal a sealed event is about, would learn it from the figure, so that for them
        all events count.
        """
        for event_type, names in needed.items():
            for event in self._by_type.get(event_type, ()):
                about = (getattr(event.content, "goal_id", None), *getattr(event.content, "goal_ids", ()))
                is_about = goal_id is None or self.role is Role.SPONSOR or goal_id in about
                if is_about and not self.outcome(event).reads(names):
                    return self.why_sealed(event)
        return None

    @cached_property
    def _by_type(self) -> Mapping[str, list[Event]]:
        """The events by type: each figure of each goal asks for those of a few types."""
        by_type: dict[str, list[Event]] = {}
        for event in self.events:
            by_type.setdefault(type_of(event.content), []).append(event)
        return by_type

    def why_sealed(self, event: Event) -> "Omitted":
        """Why a reader may not read all of an event."""
        if self.rights.is_private(event):
            return Omitted.PRIVATE
        if not self.rights.took_part(event, self.reader):
            return Omitted.NOT_PRESENT
        return Omitted.NOT_OPENED if self.role is Role.SPONSOR else Omitted.PERSONAL

    # --- ids ---------------------------------------------------------------------------------------------------------

    def event_id(self, event_id: str) -> str:
        """An event's id, as the reader knows it."""
        event = self._state.events.get(event_id)
        if event is None or not self._is_sealed(event) or MADE_BY_US.fullmatch(event_id):
            return event_id
        return sealed_id(event.version)

    def _is_sealed(self, event: Event) -> bool:
        """Whether nothing of an event is open to the reader."""
        fields, filled = self.fields(event), filled_fields(event).keys()
        return fields is None or (bool(filled) and not filled & fields)

    def item_id(self, key: str, item_id: str) -> str:
        """The id of an item of the state, as the reader knows it. key: the field that names such items."""
        if (key, item_id) in self._named or MADE_BY_US.fullmatch(item_id):
            return item_id
        introducing = self.rights.introducing(key, item_id)
        return item_id if introducing is None else sealed_id(introducing.version)

    @cached_property
    def _named(self) -> frozenset[tuple[str, str]]:
        """The items that an event names in a field which is open to the reader."""
        named: set[tuple[str, str]] = set()
        for event in self.events:
            fields = self.outcome(event).readable or NO_FIELDS
            named.update((key, getattr(event.content, key)) for key in fields.intersection(ITEM_KEYS))
            if "goal_ids" in fields:
                named.update(("goal_id", goal_id) for goal_id in getattr(event.content, "goal_ids", ()))
            if isinstance(event.content, InformationDisclosed) and self.is_whole(event):
                named.add(("breach_id", event.id))
        return frozenset(named)

    def is_named(self, key: str, item_id: str) -> bool:
        """Whether an event that is open to the reader names an item."""
        return (key, item_id) in self._named

    # --- agreements --------------------------------------------------------------------------------------------------

    @cached_property
    def readable_agreements(self) -> tuple[Event, ...]:
        """The events that proposed an agreement which the reader may read, first things first."""
        return tuple(
            event
            for event in self.events
            if hasattr(event.content, "agreement") and "agreement" in (self.fields(event) or NO_FIELDS)
        )
