"""An engagement's history: its events as known at a time, corrected, in order of occurrence, and folded to a state.

A question has two times. `known_at`: which events had been recorded by then. `as_of`: which of those had occurred by then.
The *recorded* events are all that were recorded, as they were recorded. The *effective* events are what counts: a correction
puts its replacement in the place of the event it names, a retraction removes that event, of an erased content what remains of it
counts, and a pause that the other side has confirmed counts as one that needs no consent. The fold goes by occurrence, so a late
event changes the past it belongs to and nothing else.

`EventLog` is for an engagement that is being worked with; a `History` is a value, the answer to one pair of times.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from operator import attrgetter
from typing import Final, Self

import attrs
from pendulum import DateTime
from rpds import HashTrieMap

from coachcore.engagement.encrypted import refuse_encrypted
from coachcore.engagement.evolve import evolve, fold
from coachcore.engagement.late import Part, part_of, with_late_event, with_replaced_event
from coachcore.engagement.sequence import PersistentSequence
from coachcore.engagement.state import State
from coachcore.engagement.timeline import Timeline
from coachcore.errors import NotFound, NotValid, check_type
from coachcore.events import (
    Content,
    ContentErased,
    CorrectedEvent,
    CorrectionConfirmed,
    EngagementPaused,
    EntryCorrected,
    Erased,
    ErasedEvent,
    Event,
    PauseConfirmed,
    ProgressRecorded,
    by_occurrence,
)
from coachcore.model.answers import bounded_repr
from coachcore.model.value import with_changes

__all__ = [
    "EventLog",
    "History",
    "as_counted",
    "corrections_by_entry",
    "counted_corrections",
    "effective_events",
    "extended_history",
]


@attrs.frozen
class History:
    """An engagement as of one time, as known at another: the events that count and the state they fold to.

    effective: corrections applied, in order of occurrence; only what had occurred by `as_of` and was known at `known_at`.
    state: their fold. recorded: everything recorded by `known_at`, as it was recorded and in that order, corrections included.
    """

    __repr__ = bounded_repr

    effective: Sequence[Event]
    state: State
    as_of: DateTime
    known_at: DateTime
    recorded: Sequence[Event]

    @cached_property
    def by_type(self) -> Mapping[type[Content], Sequence[Event]]:
        """The effective events by the type of their content, in order of occurrence."""
        by_type: dict[type[Content], list[Event]] = {}
        for event in self.effective:
            by_type.setdefault(type(event.content), []).append(event)
        return by_type

    def of_types(self, *kinds: type[Content]) -> list[Event]:
        """The effective events whose content is of one of some types, in order of occurrence."""
        return sorted((event for kind in kinds for event in self.by_type.get(kind, ())), key=by_occurrence)

    @cached_property
    def readings_by_goal(self) -> Mapping[str, Sequence[Event]]:
        """The events that record a reading, by the id of its goal, in order of occurrence."""
        by_goal: dict[str, list[Event]] = {}
        for event in self.by_type.get(ProgressRecorded, ()):
            if isinstance(event.content, ProgressRecorded):
                by_goal.setdefault(event.content.goal_id, []).append(event)
        return by_goal

    @cached_property
    def timeline(self) -> Timeline:
        """Which stage, agreement, pause and responsible role held at a moment up to `as_of`."""
        return Timeline(self.effective, self.state, self.as_of)


def extended_history(history: History, events: Sequence[Event]) -> History:
    """A history with the events that were recorded next, as of the later of its moment and theirs.

    Where they come after all of its events in order of occurrence, the fold goes on from its state; otherwise it starts anew.
    Raises NotValid events.conflict where they are not what was recorded next in this engagement.
    """
    last = history.recorded[-1]
    for version, event in enumerate(events, last.version + 1):
        check_type(event, Event, "events")
        if (event.engagement_id, event.version) != (last.engagement_id, version):
            raise NotValid(
                "events.conflict",
                f"event {event.version} of {event.engagement_id} does not follow event {version - 1} of {last.engagement_id}",
                "pass all events recorded since, in the order recorded",
                path="events",
            )
    recorded = (*history.recorded, *events)
    as_of = max(history.as_of, *(event.occurred_at for event in events))
    known_at = max(history.known_at, *(event.recorded_at for event in events))
    # from all recorded events: some may have been recorded before, and have occurred after the history's moment
    effective = tuple(event for event in effective_events(recorded) if event.occurred_at <= as_of)
    known = len(history.effective)
    state = fold(effective[known:], history.state) if effective[:known] == history.effective else fold(effective)
    assert state is not None  # the first event stays the proposal
    return History(effective, state, as_of, known_at, recorded)


def effective_events(recorded: Iterable[Event]) -> list[Event]:
    """The events that count: corrections applied, in order of occurrence (events of one moment: as recorded)."""
    events = list(recorded)
    if not CHANGING.isdisjoint({event.kind for event in events}):
        counted = [as_counted(event) for event in events]
        confirmed = set(filter(None, (_confirmed_pause(event.content) for event in counted)))
        counted = [_with_consent(event) if event.id in confirmed else event for event in counted]
        corrections = counted_corrections(counted)
        corrected = [_corrected(event, corrections.get(event.id)) for event in counted]
        events = [event for event in corrected if event is not None]
    events.sort(key=attrgetter("occurred_at"))  # which leaves those of one moment in their order
    return events


CHANGING = frozenset({EntryCorrected, CorrectionConfirmed, PauseConfirmed, Erased})
"""Contents by which other events count otherwise than as they were recorded; most histories have none."""


CORRECTING: Final = frozenset({EntryCorrected, CorrectionConfirmed, Erased})
"""The kinds of contents by which entries are corrected; what was erased may have been one of the others."""


def corrections_by_entry(recorded: Iterable[Event]) -> dict[str, list[Event]]:
    """The corrections of each event that count, since they needed no consent or were confirmed, in the order in which they came to."""
    corrections: dict[str, list[Event]] = {}
    proposed: dict[str, Event] = {}
    for event in recorded:
        if event.kind not in CORRECTING:
            continue
        correction = as_counted(event)
        content = correction.content
        if isinstance(content, EntryCorrected):
            if content.needs_consent:
                proposed[event.id] = correction
            else:
                corrections.setdefault(content.entry_id, []).append(correction)
        elif isinstance(content, CorrectionConfirmed) and content.entry_id in proposed:
            correction = proposed[content.entry_id]
            corrections.setdefault(getattr(correction.content, "entry_id", ""), []).append(correction)
    return corrections


def counted_corrections(recorded: Iterable[Event]) -> dict[str, Event]:
    """The correction that counts of each event that has one: the last of `corrections_by_entry`."""
    return {entry_id: corrections[-1] for entry_id, corrections in corrections_by_entry(recorded).items()}


def _place(events: PersistentSequence[Event], event: Event) -> int:
    """Where an event belongs in the order of occurrence; most come after all others."""
    if not events or events[-1].occurred_at < event.occurred_at or by_occurrence(events[-1]) <= by_occurrence(event):
        return len(events)
    return bisect_right(events, by_occurrence(event), key=by_occurrence)


def _without(events: PersistentSequence[Event], event: Event) -> PersistentSequence[Event]:
    return events.without(bisect_left(events, by_occurrence(event), key=by_occurrence))


def as_counted(event: Event) -> Event:
    """An event as it was recorded; where its content was erased, with what remains of it."""
    content = event.content
    if type(content) is not Erased or content.remains is None:
        return event
    return ErasedEvent(**{**event.__dict__, "content": content.remains.content, "remains": content.remains})


def _confirmed_pause(content: Content) -> str | None:
    """The id of the pause that a content confirms, as the last who had to; None where it confirms none."""
    return content.entry_id if isinstance(content, PauseConfirmed) and not content.awaits_others else None


def _confirms(recorded: Iterable[Event], pause_id: str) -> bool:
    """Whether a pause is confirmed by one of these events."""
    return any(_confirmed_pause(as_counted(event).content) == pause_id for event in recorded)


def _with_consent(event: Event) -> Event:
    """A pause that the other side has confirmed, as one that needs no consent."""
    content = event.content
    if not isinstance(content, EngagementPaused):
        return event
    return attrs.evolve(event, content=with_changes(content, needs_consent=False))


def _corrected(event: Event, correction: Event | None) -> Event | None:
    if correction is None or not isinstance(correction.content, EntryCorrected):
        return event
    content = correction.content.replacement
    if content is None:
        return None
    replaced = attrs.evolve(event, content=content, occurred_at=correction.content.happened_at or event.occurred_at)
    if isinstance(correction, ErasedEvent):
        return ErasedEvent(**{**replaced.__dict__, "remains": correction.remains})
    return replaced if isinstance(replaced, ErasedEvent) else CorrectedEvent(**replaced.__dict__, was=event.content)


def _with_remains(events: Sequence[Event]) -> Sequence[Event]:
    """The events, those without content with what the event that erased it has kept of it."""
    erased = [event.content for event in events if event.kind is Erased]
    if all(isinstance(content, Erased) and content.remains is not None for content in erased):
        return events
    contents = [event.content for event in events if event.kind is ContentErased]
    remains = {
        remaining.entry_id: remaining
        for content in contents
        if isinstance(content, ContentErased)
        for remaining in content.remains
    }
    return [
        attrs.evolve(event, content=Erased(type=event.type, remains=remains.get(event.id)))
        if event.kind is Erased
        else event
        for event in events
    ]


class EventLog:
    """The events of one engagement as recorded, and the state they fold to.

    An event costs the same whenever it occurred, and so does a correction (see `late`): a history may be recorded in any
    order. Only a late change of agreement or stage, which is rare, folds everything again. All parts are persistent values, so
    that `extended` leaves this log as it is, and takes time in proportion to the new events alone.

    version: how many events were recorded.
    """

    def __init__(self, events: Sequence[Event] = ()) -> None:
        self.version = 0
        self.recorded: PersistentSequence[Event] = PersistentSequence()
        self._effective: PersistentSequence[Event] = PersistentSequence()
        self._by_part: HashTrieMap[Part, PersistentSequence[Event]] | None = (
            None  # the events that change each part, once one was late
        )
        self._state: State | None = None
        self.extend(_with_remains(events))

    @property
    def state(self) -> State:
        """The fold of everything recorded so far.

        Raises NotFound while there is nothing to fold, NotAllowed event_content.encrypted where the proposal cannot be read.
        """
        if self._state is not None:
            return self._state
        if self.recorded:
            refuse_encrypted(self.recorded[:1])
            raise NotFound(
                "engagement.unreadable",
                f"the proposal of {self.recorded[0].engagement_id!r} is of a release newer than this one",
                "upgrade coachcore; the stored data are intact",
            )
        raise NotFound("engagement.empty", "nothing has been recorded yet", "propose the engagement first")

    @property
    def digest(self) -> str:
        """The digest of the last event, "" where there is none."""
        return self.recorded[-1].digest if self.recorded else ""

    def event(self, event_id: str) -> Event | None:
        """An event as it was recorded, whether it was corrected since or not; None where no event has this id."""
        effective = self._state.events.get(event_id) if self._state is not None else None
        if effective is not None:
            return self.recorded[effective.version - 1]
        if self._state is not None and event_id in self._state.corrected:  # retracted
            return next(event for event in self.recorded if event.id == event_id)
        return None

    def effective_between(self, begin: DateTime, end: DateTime) -> Sequence[Event]:
        """The effective events that occurred from one moment to another, both included, in order."""
        first = bisect_left(self._effective, begin, key=lambda event: event.occurred_at)
        last = bisect_right(self._effective, end, key=lambda event: event.occurred_at)
        return self._effective[first:last]

    def without_content(self, event_ids: Iterable[str]) -> "EventLog":
        """This log with the content of some events erased, as another one."""
        erased = frozenset(event_ids)
        return EventLog(
            [
                attrs.evolve(event, content=Erased(type=event.type)) if event.id in erased else event
                for event in self.recorded
            ]
        )

    def extended(self, events: Sequence[Event]) -> Self:
        """This log with the events that were recorded next, as another one."""
        event_log = object.__new__(type(self))
        event_log.__dict__.update(self.__dict__)
        event_log.extend(events)
        return event_log

    def extend(self, events: Sequence[Event]) -> None:
        """Add the events that were recorded next."""
        self.version += len(events)
        for index, event in enumerate(events):
            state = self._state_with(event) if self._state is not None else None
            if state is None:
                self.recorded = self.recorded.extended(events[index:])
                self._fold_all()
                return
            self.recorded = self.recorded.appended(event)
            self._state = state

    def _fold_all(self) -> None:
        self._effective = PersistentSequence(effective_events(self.recorded))
        self._by_part = None
        self._state = fold(self._effective)

    def _state_with(self, event: Event) -> State | None:
        """The state with one more event, put in its place; None where everything has to be folded again."""
        state = self._state
        assert state is not None
        event = as_counted(event)
        if event.id in state.corrected:
            return None  # a release that knew more recorded the correction first
        if isinstance(event.content, PauseConfirmed | CorrectionConfirmed):
            return None  # what it names counts from now on, of the time to which it belongs
        if isinstance(event.content, EngagementPaused) and _confirms(self.recorded, event.id):
            return None  # it counts otherwise than as it was recorded: its confirmation came first
        if self._by_part is None and self._effective[-1].occurred_at <= event.occurred_at:
            self._effective = self._effective.appended(event)  # in most engagements no event is ever late
            state = evolve(state, event)
        elif (place := self._placed(event)) == len(self._effective) - 1:
            state = evolve(state, event)
        else:
            later = self._effective.starting_at(place + 1)
            state = with_late_event(state, event, later, self._about(event))
        if state is None or not isinstance(event.content, EntryCorrected) or event.content.needs_consent:
            return state
        return self._state_corrected(state, event, event.content.entry_id)

    def _state_corrected(self, state: State, correction: Event, entry_id: str) -> State | None:
        old = state.events.get(entry_id)
        if old is None or isinstance(old.content, EntryCorrected):
            return None
        new = _corrected(as_counted(self.recorded[old.version - 1]), correction)
        self._take_out(old)
        if new is not None:
            self._placed(new)
        return with_replaced_event(state, old, new, self._effective[-1], self._about(old))

    def _placed(self, event: Event) -> int:
        """The place of an event in the order of occurrence, in which it is put."""
        place = _place(self._effective, event)
        self._effective = self._effective.with_item(place, event)
        part = part_of(event)
        if self._by_part is not None and part is not None:
            about = self._by_part.get(part, PersistentSequence())
            self._by_part = self._by_part.insert(part, about.with_item(_place(about, event), event))
        return place

    def _take_out(self, event: Event) -> None:
        self._effective = _without(self._effective, event)
        part = part_of(event)
        if self._by_part is not None and part is not None:
            self._by_part = self._by_part.insert(part, _without(self._by_part[part], event))

    def _about(self, event: Event) -> Sequence[Event]:
        """The events that change the same part, in order; none where it changes no part by itself."""
        part = part_of(event)
        if part is None:
            return ()
        if self._by_part is None:
            by_part: dict[Part, list[Event]] = {}
            for effective in self._effective:
                if (changed := part_of(effective)) is not None:
                    by_part.setdefault(changed, []).append(effective)
            self._by_part = HashTrieMap({key: PersistentSequence(events) for key, events in by_part.items()})
        return self._by_part.get(part, ())

    def history(self, as_of: DateTime, known_at: DateTime) -> History:
        """What had occurred by `as_of`, as known at `known_at`. Raises NotFound where the engagement was not yet known."""
        recorded: Sequence[Event] = self.recorded
        effective: Sequence[Event] = self._effective
        if recorded and recorded[-1].recorded_at > known_at:
            recorded = tuple(event for event in recorded if event.recorded_at <= known_at)
            effective = effective_events(recorded)
        state = self._state
        if not effective or effective[-1].occurred_at > as_of or recorded is not self.recorded:
            effective = tuple(event for event in effective if event.occurred_at <= as_of)
            state = fold(effective)
        if state is None:
            lacking = f"had occurred in this engagement by {as_of}" if recorded else f"had been recorded by {known_at}"
            raise NotFound(
                "engagement.not_yet", f"nothing {lacking}", f"ask about a later {'as_of' if recorded else 'known_at'}"
            )
        return History(effective, state, as_of, known_at, recorded)
