"""An engagement's history: its events as known at a time, corrected, in order of occurrence, and folded to a state.

A question has two times. `known_at`: which events had been recorded by then. `as_of`: which of those had occurred by then.
The *recorded* events are all that were recorded, as they were recorded. The *effective* events are what counts: a correction
puts its replacement in the place of the event it names, a retraction removes that event. The fold goes by occurrence, so a late
event changes the past it belongs to and nothing else.

`EventLog` is for an engagement that is being worked with; a `History` is a value, the answer to one pair of times.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property

import attrs
from pendulum import DateTime

from coachcore.engagement.evolve import evolve
from coachcore.engagement.state import State
from coachcore.engagement.timeline import Timeline
from coachcore.errors import NotFound, NotValid, check_type
from coachcore.events import EntryCorrected, Event
from coachcore.model.answers import bounded_repr

__all__ = ["EventLog", "History", "effective_events", "extended_history", "fold"]

CHECKPOINT_INTERVAL = 64
"""Events between two checkpoints: a late event folds up to so many more than come after it, and states share most of their memory."""


@attrs.frozen
class History:
    """An engagement as of one time, as known at another: the events that count and the state they fold to.

    effective: corrections applied, in order of occurrence; only what had occurred by `as_of` and was known at `known_at`.
    state: their fold. recorded: everything recorded by `known_at`, as it was recorded and in that order, corrections included.
    """

    __repr__ = bounded_repr

    effective: tuple[Event, ...]
    state: State
    as_of: DateTime
    known_at: DateTime
    recorded: tuple[Event, ...]

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
    corrections = {
        event.content.entry_id: event.content for event in events if isinstance(event.content, EntryCorrected)
    }
    if corrections:
        corrected = [_corrected(event, corrections.get(event.id)) for event in events]
        events = [event for event in corrected if event is not None]
    events.sort(key=_order)
    return events


def _order(event: Event) -> tuple[DateTime, int]:
    return (event.occurred_at, event.version)


def _corrected(event: Event, correction: EntryCorrected | None) -> Event | None:
    if correction is None:
        return event
    if correction.replacement is None:
        return None
    return attrs.evolve(event, content=correction.replacement, occurred_at=correction.happened_at or event.occurred_at)


def fold(events: Iterable[Event], state: State | None = None) -> State | None:
    """Fold events, in order, into a state."""
    for event in events:
        state = evolve(state, event)
    return state


class EventLog:
    """The events of one engagement as recorded, and the state they fold to.

    Appending in order of occurrence costs one step of the fold. A late event folds again from the checkpoint before it, so
    its cost depends on how late it is, not on how long the history is. A correction, which is rare, folds everything again.
    """

    def __init__(self, events: Sequence[Event] = ()) -> None:
        self.recorded: list[Event] = []
        self._effective: list[Event] = []
        self._checkpoints: list[State | None] = []  # item i: the state before effective event i * CHECKPOINT_INTERVAL
        self._state: State | None = None
        self.extend(events)

    @property
    def state(self) -> State:
        """The fold of everything recorded so far. Raises NotFound while there is nothing to fold."""
        if self._state is not None:
            return self._state
        if self.recorded:
            raise NotFound(
                "engagement.unreadable",
                f"the proposal of {self.recorded[0].engagement_id!r} is of a release newer than this one",
                "upgrade coachcore; the stored data are intact",
            )
        raise NotFound("engagement.empty", "nothing has been recorded yet", "propose the engagement first")

    @property
    def version(self) -> int:
        """How many events were recorded."""
        return len(self.recorded)

    def event(self, event_id: str) -> Event | None:
        """An event as it was recorded, whether it was corrected since or not; None where no event has this id."""
        effective = self._state.events.get(event_id) if self._state is not None else None
        if effective is not None:
            return self.recorded[effective.version - 1]
        if self._state is not None and event_id in self._state.corrected:  # retracted
            return next(event for event in self.recorded if event.id == event_id)
        return None

    def extend(self, events: Sequence[Event]) -> None:
        """Add the events that were recorded next."""
        self.recorded.extend(events)
        if len(events) > CHECKPOINT_INTERVAL or any(isinstance(event.content, EntryCorrected) for event in events):
            self._effective = effective_events(self.recorded)
            self._refold_from(0)
            return
        first_late = len(self._effective)
        for event in events:
            index = len(self._effective)
            while index and _order(self._effective[index - 1]) > _order(event):
                index -= 1
            if index == len(self._effective) and first_late == index:
                self._step(event)
                first_late += 1
            else:
                self._effective.insert(index, event)
                first_late = min(first_late, index)
        if first_late < len(self._effective):
            self._refold_from(first_late)

    def _step(self, event: Event) -> None:
        if len(self._effective) % CHECKPOINT_INTERVAL == 0:
            self._checkpoints.append(self._state)
        self._effective.append(event)
        self._state = evolve(self._state, event)

    def _refold_from(self, index: int) -> None:
        checkpoint = index // CHECKPOINT_INTERVAL
        first = checkpoint * CHECKPOINT_INTERVAL
        rest = self._effective[first:]
        self._state = self._checkpoints[checkpoint] if first else None
        del self._effective[first:], self._checkpoints[checkpoint:]
        for event in rest:
            self._step(event)

    def history(self, as_of: DateTime, known_at: DateTime) -> History:
        """What had occurred by `as_of`, as known at `known_at`. Raises NotFound where the engagement was not yet known."""
        recorded, effective = self.recorded, self._effective
        if recorded and recorded[-1].recorded_at > known_at:
            recorded = [event for event in recorded if event.recorded_at <= known_at]
            effective = effective_events(recorded)
        state = self._state
        if not effective or effective[-1].occurred_at > as_of or recorded is not self.recorded:
            effective = [event for event in effective if event.occurred_at <= as_of]
            state = fold(effective)
        if state is None:
            lacking = f"had occurred in this engagement by {as_of}" if recorded else f"had been recorded by {known_at}"
            raise NotFound(
                "engagement.not_yet", f"nothing {lacking}", f"ask about a later {'as_of' if recorded else 'known_at'}"
            )
        return History(tuple(effective), state, as_of, known_at, tuple(recorded))
