"""How a ledger goes on with its engagement: what is settled and over stays as it is, and only the rest is computed again.

It rests on a property of the ledger. An obligation that is neither open nor in dispute, and whose grace is over, is changed only by an
event that occurred before that, by an assertion that names it, and by what changes the past: a correction, an erasure, an agreement.
So after one event more the ledger of ten thousand is computed in the time that a week of them takes.
"""

from bisect import bisect_right
from collections.abc import Sequence
from operator import itemgetter

from pendulum import DateTime

from coachcore.charter import Charter
from coachcore.charter.duty import DutySchedule
from coachcore.charter.schedules import SESSIONS, ForEach, Of
from coachcore.engagement.guards import duty_of
from coachcore.engagement.history import History
from coachcore.events import (
    AgreementAccepted,
    AgreementAmended,
    BreachReported,
    BreachResolved,
    ContentErased,
    CorrectionConfirmed,
    EngagementCompleted,
    EngagementTerminated,
    EntryCorrected,
    Event,
    InformationDisclosed,
    PauseConfirmed,
    SessionMoveAgreed,
    by_occurrence,
)
from coachcore.ledger.assertions import AssertionsByObligation
from coachcore.ledger.event_index import EventIndex
from coachcore.ledger.obligations import Dispute, Obligation, ObligationState
from coachcore.ledger.opening import Opening
from coachcore.ledger.settlement import settle
from coachcore.ledger.slots import OtherOccasions, Slot, Start, slots
from coachcore.model.times import Period
from coachcore.rules import RuleSet

__all__ = ["Continuation", "OneContinuation"]

KEPT_FROM = 100
"""From how many obligations on a ledger keeps what the next goes on from. A shorter one is computed anew in a few milliseconds, and what it
would keep, for hundreds of engagements at once, takes more memory than their ledgers.
"""
MARKED = 32
"""Of so many slots one is marked with where the schedule goes on after it: each takes memory, and few are ever gone back to."""
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
    SessionMoveAgreed,
)
"""What may change obligations that were over before it was recorded, so that the ledger is computed anew."""

ENDS = (EngagementCompleted, EngagementTerminated)
"""From these on, what was entered long after it occurred may have come too late."""


class FinalSlots:
    """The first slots of a schedule, as long as nothing that occurs from now on changes them.

    openings, obligations: of all of them. used: the ids of the events that serve them. after: where the schedule goes on.
    """

    __slots__ = ("_marks", "_slots", "after", "obligations", "openings", "used")

    def __init__(self) -> None:
        self.openings: list[Opening] = []
        self.obligations: list[Obligation] = []
        self.used = set[str]()
        self.after: Start = None
        # when each slot is over, how many obligations there are after it, and what serves those that it opened
        self._slots: list[tuple[DateTime, int, Sequence[Sequence[str]]]] = []
        self._marks: list[tuple[int, Start]] = []  # after how many slots, and where the schedule goes on then

    def add(self, slot: Slot, obligations: Sequence[Obligation], used: Sequence[Sequence[str]]) -> None:
        self.openings += slot.openings
        self.obligations += obligations
        self._slots.append((slot.closes_at, len(self.openings), used))
        self.after = slot.after
        if len(self._slots) % MARKED == 0:
            self._marks.append((len(self._slots), slot.after))

    def rewind(self, moment: DateTime) -> None:
        """Keep only what was over before a moment."""
        late = (place for place, (closes_at, _, _) in enumerate(self._slots) if closes_at >= moment)
        self.cut(next(late, len(self._slots)))

    def release(self, obligation_id: str) -> str | None:
        """Keep only what comes before an obligation. Returns what it is about; None where it is none of these."""
        for number, opening in enumerate(self.openings):
            if obligation_id in (opening.id, opening.id_for_all):
                self._cut_before(number)
                return opening.subject_id
        return None

    def release_about(self, subject_id: str | None) -> None:
        """Keep only what comes before the obligations about something."""
        numbers = (number for number, opening in enumerate(self.openings) if opening.subject_id == subject_id)
        if (first := next(numbers, None)) is not None:
            self._cut_before(first)

    def _cut_before(self, number: int) -> None:
        """Leave out the slot of an obligation, by its number, and all after it."""
        self.cut(bisect_right(self._slots, number, key=itemgetter(1)))

    def cut(self, place: int) -> None:
        """Leave out a slot and all after it, and some before it."""
        if place >= len(self._slots):
            return
        while self._marks and self._marks[-1][0] > place:
            self._marks.pop()
        place, self.after = self._marks[-1] if self._marks else (0, None)
        end = self._slots[place - 1][1] if place else 0
        del self._slots[place:], self.openings[end:], self.obligations[end:]
        self.used.clear()
        for _, _, used in self._slots:
            self.used.update(*used)


class ScheduleCourse:
    """The obligations of one schedule as its history goes on."""

    def __init__(self, opened_by: DutySchedule) -> None:
        self.opened_by = opened_by
        self.final = FinalSlots()

    def advance(self, index: EventIndex, assertions: AssertionsByObligation) -> tuple[list[Opening], list[Obligation]]:
        """All obligations, of which those that are not final are settled anew."""
        try:
            return self._advanced(index, assertions)
        except OtherOccasions:
            self.final = FinalSlots()
            return self._advanced(index, assertions)

    def _advanced(
        self, index: EventIndex, assertions: AssertionsByObligation
    ) -> tuple[list[Opening], list[Obligation]]:
        final, is_final = self.final, True
        used = final.used
        later_openings, later_obligations = list[Opening](), list[Obligation]()
        for slot in slots(self.opened_by, index, final.after):
            if is_final and (slot.after is None or slot.closes_at >= index.final_before):
                is_final, used = False, set(final.used)
            obligations, used_by = [], []
            for opening in slot.openings:
                own = assertions.about(opening, slot.openings, index.timeline)
                obligation, event_ids = settle(opening, index, assertions, own, used)
                obligations.append(obligation)
                used_by.append([event_id for event_id in event_ids if event_id not in used])
                used.update(event_ids)
            if is_final and not all(map(_is_final, obligations)):
                is_final, used = False, set(final.used)
                final.used.difference_update(*used_by)
            if is_final:
                final.add(slot, obligations, used_by)
            else:
                later_openings += slot.openings
                later_obligations += obligations
        return final.openings + later_openings, final.obligations + later_obligations


def _is_final(obligation: Obligation) -> bool:
    """Whether an obligation whose grace is over waits neither for an answer nor for a decision."""
    return obligation.state is not ObligationState.OPEN and obligation.dispute is not Dispute.RAISED


class Continuation:
    """What the ledger of a later moment of the same engagement goes on from. `advance` takes it there, and there is no way back."""

    def __init__(self, charter: Charter, history: History, rules: RuleSet) -> None:
        self.charter = charter
        self.rules = rules
        self._history = history
        self._courses = [ScheduleCourse(opened_by) for opened_by in charter.duty_schedules]
        self._assertions = AssertionsByObligation(charter.duty_schedules)
        self.index = EventIndex(history, rules, _grace_of_actions(charter), charter.windows)
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
                course.final.rewind(events[0].occurred_at)
        last_at = self._history.state.last_at
        for event in events:
            obligation_id = self._assertions.add(event)
            if obligation_id is None:
                continue
            if event.occurred_at < last_at:
                return False  # it was asserted before others were
            self._release(obligation_id)
        self.index.advance(history, events)
        self._history = history
        self._settle()
        return True

    def _release(self, obligation_id: str) -> None:
        """Settle an obligation anew, and where it depends on how a session went, all that depend on the same."""
        for course in self._courses:
            if course.opened_by.duty.id == duty_of(obligation_id):
                subject_id = course.final.release(obligation_id)
                for other in self._courses if subject_id is not None and course.opened_by.of in SESSIONS else ():
                    if other.opened_by.of in SESSIONS:
                        other.final.release_about(subject_id)

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
        is_kept = continuation is not None and len(continuation.obligations) >= KEPT_FROM
        self._waiting = [continuation] if continuation is not None and is_kept else []

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
    version = before.recorded[-1].version
    first = bisect_right(history.effective, before.as_of, key=lambda event: event.occurred_at)
    reached = [event for event in history.effective[first:] if event.version <= version]
    for event in (*reached, *recorded):
        if isinstance(event.content, CHANGES_OF_THE_PAST) or event.id in history.state.corrected:
            return None
    events = [*reached, *(event for event in recorded if event.occurred_at <= history.as_of)]
    if any(isinstance(event.content, ENDS) for event in events):
        return None
    return sorted(events, key=by_occurrence)
