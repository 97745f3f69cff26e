"""How a ledger goes on with its engagement: what is settled and over stays as it is, and only the rest is computed again.

It rests on a property of the ledger. An obligation that is neither open nor in dispute, and whose grace is over, is changed only by an
event that occurred before that, by an assertion that names it, and by what changes the past: a correction, an erasure, an agreement.
So after one event more the ledger of ten thousand is computed in the time that a week of them takes.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence

from pendulum import DateTime

from coachcore.charter import Charter
from coachcore.charter.charter import Duty
from coachcore.charter.schedules import ForEach, Of, Schedule
from coachcore.engagement.guards import duty_of
from coachcore.engagement.history import History
from coachcore.events import (
    AgreementAccepted,
    AgreementAmended,
    BreachReported,
    BreachResolved,
    ContentErased,
    CorrectionConfirmed,
    EntryCorrected,
    Event,
    InformationDisclosed,
    PauseConfirmed,
)
from coachcore.ledger.event_index import EventIndex
from coachcore.ledger.obligations import Dispute, Obligation, ObligationState
from coachcore.ledger.opening import Opening, OtherOccasions, Slot, slots
from coachcore.ledger.settlement import AssertionsByObligation, settle
from coachcore.model.times import Period
from coachcore.rules import RuleSet

__all__ = ["Continuation", "OneContinuation"]

CHANGES_OF_THE_PAST = (
    EntryCorrected,
    CorrectionConfirmed,
    ContentErased,
    AgreementAmended,
    AgreementAccepted,
    PauseConfirmed,
    BreachReported,
    BreachResolved,
    InformationDisclosed,
)
"""What may change obligations that were over before it was recorded, so that the ledger is computed anew."""


class Settled:
    """The obligations of some slots of a schedule, settled.

    ends: how many obligations there were after each slot. used: the ids of the events that serve each obligation.
    """

    def __init__(self) -> None:
        self.slots: list[Slot] = []
        self.ends: list[int] = []
        self.openings: list[Opening] = []
        self.obligations: list[Obligation] = []
        self.used: list[Sequence[str]] = []

    def add(self, slot: Slot, obligations: Iterable[Obligation], used: Iterable[Sequence[str]]) -> None:
        self.slots.append(slot)
        self.openings += slot.openings
        self.obligations += obligations
        self.used += used
        self.ends.append(len(self.openings))

    def of_slot(self, place: int) -> slice:
        """Where the obligations of a slot are."""
        return slice(self.ends[place - 1] if place else 0, self.ends[place])

    def is_final(self, place: int, moment: DateTime) -> bool:
        """Whether nothing that occurs from a moment on changes a slot and its obligations."""
        slot = self.slots[place]
        return (
            slot.after is not None
            and slot.closes_at < moment
            and all(
                obligation.state is not ObligationState.OPEN and obligation.dispute is not Dispute.RAISED
                for obligation in self.obligations[self.of_slot(place)]
            )
        )

    def cut(self, place: int) -> None:
        """Leave out a slot and all after it."""
        end = self.ends[place - 1] if place else 0
        del self.slots[place:], self.ends[place:]
        del self.openings[end:], self.obligations[end:], self.used[end:]


class ScheduleCourse:
    """The slots of one schedule, as far as they are final."""

    def __init__(self, duty: Duty, schedule: Schedule) -> None:
        self.duty = duty
        self._schedule = schedule
        self._final = Settled()
        self._used: dict[str, set[str]] = {}  # by pool

    def advance(self, index: EventIndex, assertions: AssertionsByObligation) -> tuple[list[Opening], list[Obligation]]:
        """All obligations, of which those that are not final are settled anew."""
        try:
            later = self._settled(index, assertions)
        except OtherOccasions:
            self._cut(0)
            later = self._settled(index, assertions)
        final = self._final
        openings, obligations = final.openings + later.openings, final.obligations + later.obligations
        for place, slot in enumerate(later.slots):
            if not later.is_final(place, index.final_before):
                break
            its = later.of_slot(place)
            final.add(slot, later.obligations[its], later.used[its])
            self._use(slot.openings, later.used[its])
        return openings, obligations

    def rewind(self, moment: DateTime) -> None:
        """Keep only what was over before a moment."""
        slots = self._final.slots
        self._cut(next((place for place, slot in enumerate(slots) if slot.closes_at >= moment), len(slots)))

    def release(self, obligation_id: str) -> None:
        """Keep only what comes before an obligation."""
        for place, slot in enumerate(self._final.slots):
            if any(obligation_id in (opening.id, opening.id_for_all) for opening in slot.openings):
                self._cut(place)
                return

    def _settled(self, index: EventIndex, assertions: AssertionsByObligation) -> Settled:
        start = self._final.slots[-1].after if self._final.slots else None
        used = {pool: set(event_ids) for pool, event_ids in self._used.items()}
        later = Settled()
        for slot in slots(self.duty, self._schedule, index, start):
            obligations, used_by = [], []
            for opening in slot.openings:
                used_before = used.setdefault(opening.pool, set())
                own = assertions.about(opening, slot.openings, index.timeline)
                obligation, event_ids = settle(opening, index, own, used_before)
                used_before.update(event_ids)
                obligations.append(obligation)
                used_by.append(event_ids)
            later.add(slot, obligations, used_by)
        return later

    def _use(self, openings: Sequence[Opening], used: Sequence[Sequence[str]]) -> None:
        for opening, event_ids in zip(openings, used, strict=True):
            self._used.setdefault(opening.pool, set()).update(event_ids)

    def _cut(self, place: int) -> None:
        if place < len(self._final.slots):
            self._final.cut(place)
            self._used = {}
            self._use(self._final.openings, self._final.used)


class Continuation:
    """What the ledger of a later moment of the same engagement goes on from. `advance` takes it there, and there is no way back."""

    def __init__(self, charter: Charter, history: History, rules: RuleSet) -> None:
        self.charter = charter
        self.rules = rules
        self._history = history
        self._courses = [ScheduleCourse(duty, schedule) for duty in charter.duties for schedule in duty.schedules]
        self._assertions = AssertionsByObligation()
        self.index = EventIndex(history, rules, _grace_of_actions(charter))
        for event in history.effective:
            self._assertions.add(event)
        self._settle()

    def advance(self, history: History) -> bool:
        """Go on to a later history; False, and nothing more to be had from it, where the past has changed."""
        events = _new_events(self._history, history)
        if events is None:
            return False
        if events and events[0].occurred_at < self.index.final_before:
            self.index.rewind(events[0].occurred_at)
            for course in self._courses:
                course.rewind(events[0].occurred_at)
        last_at = self._history.state.last_at
        for event in events:
            obligation_id = self._assertions.add(event)
            if obligation_id is None:
                continue
            if event.occurred_at < last_at:
                return False  # it was asserted before others were
            for course in self._courses:
                if course.duty.id == duty_of(obligation_id):
                    course.release(obligation_id)
        self.index.advance(history, events)
        self._history = history
        self._settle()
        return True

    def _settle(self) -> None:
        self.openings: list[Opening] = []
        self.obligations: list[Obligation] = []
        for course in self._courses:
            openings, obligations = course.advance(self.index, self._assertions)
            self.openings += openings
            self.obligations += obligations


class OneContinuation:
    """A continuation that the first ledger to go on from it takes; others are computed anew. It is not pickled."""

    __slots__ = ("_waiting",)

    def __init__(self, continuation: Continuation | None = None) -> None:
        self._waiting = [] if continuation is None else [continuation]

    def __reduce__(self) -> tuple[type["OneContinuation"], tuple[()]]:
        return OneContinuation, ()

    def take(self, charter: Charter, rules: RuleSet) -> Continuation | None:
        """The continuation, if nobody has taken it and it is by this charter and these rules."""
        try:
            continuation = self._waiting.pop()  # of several threads, one
        except IndexError:
            return None
        return continuation if continuation.charter is charter and continuation.rules is rules else None


def _grace_of_actions(charter: Charter) -> Period | None:
    """How long after its due day an action is late and not yet missed, by the schedule that asks for actions."""
    schedules = (schedule for duty in charter.duties for schedule in duty.schedules)
    return next((each.grace for each in schedules if isinstance(each, ForEach) and each.of is Of.ACTION_DUE), None)


def _new_events(before: History, history: History) -> list[Event] | None:
    """The events that a later history has and an earlier one has not, in order of occurrence; None where it does not go on from it."""
    known = len(before.recorded)
    if len(history.recorded) < known or history.as_of < before.as_of:
        return None
    if history.recorded[known - 1] is not before.recorded[-1]:
        return None
    recorded = history.recorded[known:]
    for event in recorded:
        if isinstance(event.content, CHANGES_OF_THE_PAST) or event.id in history.state.corrected:
            return None
    version = before.recorded[-1].version
    first = bisect_right(history.effective, before.as_of, key=lambda event: event.occurred_at)
    reached = [event for event in history.effective[first:] if event.version <= version]
    events = [*reached, *(event for event in recorded if event.occurred_at <= history.as_of)]
    return sorted(events, key=lambda event: (event.occurred_at, event.version))
