"""What happened, as known at a time: corrections applied, put in the order it occurred, folded to a state.

Two questions have two times. `known_at`: which entries had been recorded by then. `as_of`: what of it had occurred by
then. A correction puts its replacement in the place of the entry it names; a retraction takes it out; both stay in
`entries`. The fold is by occurrence, so a late entry changes the past it belongs to, and nothing else.
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

__all__ = ["Books", "History", "effective", "extended_history", "fold"]

STEP = 64
"""How many events lie between two kept states; a late entry is folded again from the one before it."""


@attrs.frozen
class History:
    """What a reader sees: the events that count, in the order they occurred, and the state they fold to.

    events: corrections applied; the events of `as_of` or earlier, known at `known_at`. state: their fold.
    entries: everything recorded by `known_at`, as recorded, corrections and corrected alike.
    """

    __repr__ = bounded_repr

    events: tuple[Event, ...]
    state: State
    as_of: DateTime
    known_at: DateTime
    entries: tuple[Event, ...]

    @cached_property
    def timeline(self) -> Timeline:
        """Which stage, agreement, pause and responsible role held at a moment up to `as_of`."""
        return Timeline(self.events, self.state, self.as_of)


def extended_history(history: History, events: Sequence[Event]) -> History:
    """A history with events that were recorded next, as of the later of its moment and theirs.

    Where they come after all of its events in order of occurrence, its state is folded on; else everything is folded anew.
    Raises NotValid events.conflict where they are not what was recorded next of this engagement.
    """
    recorded = history.entries[-1]
    for version, event in enumerate(events, recorded.version + 1):
        check_type(event, Event, "events")
        if (event.engagement_id, event.version) != (recorded.engagement_id, version):
            raise NotValid(
                "events.conflict",
                f"event {event.version} of {event.engagement_id} does not follow event {version - 1} of {recorded.engagement_id}",
                "pass all events recorded since, in the order recorded",
                path="events",
            )
    entries = (*history.entries, *events)
    as_of = max(history.as_of, *(event.occurred_at for event in events))
    known_at = max(history.known_at, *(event.recorded_at for event in events))
    # from all entries: some may have been recorded before, and have occurred after the history's moment
    counting = tuple(event for event in effective(entries) if event.occurred_at <= as_of)
    known = len(history.events)
    state = fold(counting[known:], history.state) if counting[:known] == history.events else fold(counting)
    assert state is not None  # the first event stays the proposal
    return History(counting, state, as_of, known_at, entries)


def effective(entries: Iterable[Event]) -> list[Event]:
    """The events that count: corrections applied, in the order they occurred (entries of one moment: as recorded)."""
    events = list(entries)
    corrections = {each.content.entry_id: each.content for each in events if isinstance(each.content, EntryCorrected)}
    if corrections:
        events = [kept for each in events if (kept := _corrected(each, corrections.get(each.id))) is not None]
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
    for each in events:
        state = evolve(state, each)
    return state


class Books:
    """The entries of one engagement, and the state they fold to, kept while it is worked with.

    Appending in order costs one step. A late entry folds again from the kept state before it, so its cost goes with how
    late it is, not with how long the history is. A correction, which is rare, folds everything again.
    """

    def __init__(self, entries: Sequence[Event] = ()) -> None:
        self.entries: list[Event] = []
        self._events: list[Event] = []
        self._kept: list[State | None] = []  # _kept[i]: the state before event i * STEP
        self._state: State | None = None
        self.extend(entries)

    @property
    def state(self) -> State:
        """The fold of everything entered so far. Raises NotFound while there is nothing."""
        if self._state is not None:
            return self._state
        if self.entries:
            raise NotFound(
                "engagement.unreadable",
                f"the proposal of {self.entries[0].engagement_id!r} is of a release newer than this one",
                "upgrade coachcore; what is stored is whole",
            )
        raise NotFound("engagement.empty", "nothing has been entered yet", "propose the engagement first")

    @property
    def version(self) -> int:
        """How many entries there are."""
        return len(self.entries)

    def entry(self, event_id: str) -> Event | None:
        """An entry as it was recorded, whether it was corrected since or not; None where there is none of this id."""
        found = self._state.entries.get(event_id) if self._state is not None else None
        if found is not None:
            return self.entries[found.version - 1]
        if self._state is not None and event_id in self._state.corrected:  # taken back
            return next(each for each in self.entries if each.id == event_id)
        return None

    def extend(self, entries: Sequence[Event]) -> None:
        """Enter what was recorded next."""
        self.entries.extend(entries)
        if len(entries) > STEP or any(isinstance(each.content, EntryCorrected) for each in entries):
            self._events = effective(self.entries)
            self._refold_from(0)
            return
        late = len(self._events)  # where the first late entry lands
        for each in entries:
            place = len(self._events)
            while place and _order(self._events[place - 1]) > _order(each):
                place -= 1
            if place == len(self._events) and late == place:
                self._step(each)
                late += 1
            else:
                self._events.insert(place, each)
                late = min(late, place)
        if late < len(self._events):
            self._refold_from(late)

    def _step(self, event: Event) -> None:
        if len(self._events) % STEP == 0:
            self._kept.append(self._state)
        self._events.append(event)
        self._state = evolve(self._state, event)

    def _refold_from(self, index: int) -> None:
        first = index // STEP * STEP
        rest = self._events[first:]
        self._state = self._kept[first // STEP] if first else None
        del self._events[first:], self._kept[first // STEP :]
        for each in rest:
            self._step(each)

    def history(self, as_of: DateTime, known_at: DateTime) -> History:
        """What had occurred by `as_of`, as known at `known_at`. Raises NotFound where the engagement was not yet known."""
        entries = self.entries
        events = self._events
        if entries and entries[-1].recorded_at > known_at:
            entries = [each for each in entries if each.recorded_at <= known_at]
            events = effective(entries)
        state = self._state
        if not events or events[-1].occurred_at > as_of or entries is not self.entries:
            events = [each for each in events if each.occurred_at <= as_of]
            state = fold(events)
        if state is None:
            lacking = f"had occurred in this engagement by {as_of}" if entries else f"had been recorded by {known_at}"
            raise NotFound(
                "engagement.not_yet", f"nothing {lacking}", f"ask about a later {'as_of' if entries else 'known_at'}"
            )
        return History(tuple(events), state, as_of, known_at, tuple(entries))
