"""How a ledger goes on with its engagement: what is settled and over stays as it is, and only the rest is computed again.

It rests on a property of the ledger. An obligation that is neither open nor in dispute, and whose grace is over, is changed only by an
event that occurred before that, by an assertion that names it, and by what changes the past: a correction, an erasure, an agreement.
So after one event more the ledger of ten thousand is computed in the time that a week of them takes.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from pendulum import DateTime

from coachcore.charter import Charter
from coachcore.charter.duty import DutySchedule
from coachcore.charter.schedules import SESSIONS, ForEach, Of
from coachcore.engagement.history import History
from coachcore.engagement.references import duty_of
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
from coachcore.ledger.listing import NOTHING, GrowingList, Listing, Part
from coachcore.ledger.obligations import Dispute, Obligation, ObligationState
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

    listed: the obligations of all of them. used: the ids of the events that serve them. after: where the schedule goes on.

    What is kept of a slot stands in lists of its own: an object for each would be one more that the collector of garbage passes.
    """

    __slots__ = ("_closed_by", "_ends", "_for_all", "_marks", "_used", "after", "listed", "used")

    def __init__(self, used: set[str]) -> None:
        self.listed = GrowingList()
        self.used = used
        self.after: Start = None
        self._closed_by: list[DateTime] = []  # when each slot and all before it are over
        self._ends = array("L")  # how many obligations there are after it
        self._used: list[Sequence[str]] = []  # what serves those that it opened
        self._marks: list[tuple[int, Start]] = []  # after how many slots, and where the schedule goes on then
        # of several obligations that were one for all of a role, by its id: the number of the first
        self._for_all: dict[str, int] = {}

    def add(self, slot: Slot, obligations: Sequence[Obligation], used: Sequence[str]) -> None:
        """Add a slot with its obligations. used: the ids of the events that serve them and none before."""
        for number, opening in enumerate(slot.openings, len(self.listed.openings)):
            if opening.id_for_all is not None:
                self._for_all.setdefault(opening.id_for_all, number)
        self.listed.openings += slot.openings
        self.listed.obligations += obligations
        closed_by = self._closed_by
        closed_by.append(slot.closes_at if not closed_by else max(closed_by[-1], slot.closes_at))
        self._ends.append(len(self.listed.obligations))
        self._used.append(used)
        self.after = slot.after
        if len(closed_by) % MARKED == 0:
            self._marks.append((len(closed_by), slot.after))

    def rewind(self, moment: DateTime) -> None:
        """Keep only what was over before a moment."""
        self.cut(bisect_left(self._closed_by, moment))

    def release(self, obligation_id: str) -> str | None:
        """Keep only what comes before an obligation. Returns what it is about; None where it is none of these."""
        numbers = self.listed.number_of(obligation_id), self._for_all.get(obligation_id)
        number = min((number for number in numbers if number is not None), default=None)
        if number is None:
            return None
        subject_id = self.listed.openings[number].subject_id
        self._cut_before(number)
        return subject_id

    def release_about(self, subject_id: str) -> None:
        """Keep only what comes before the obligations about something."""
        numbers = (number for number, opening in enumerate(self.listed.openings) if opening.subject_id == subject_id)
        if (first := next(numbers, None)) is not None:
            self._cut_before(first)

    def _cut_before(self, number: int) -> None:
        """Leave out the slot of an obligation, by its number, and all after it."""
        self.cut(bisect_right(self._ends, number))

    def cut(self, place: int) -> None:
        """Leave out a slot and all after it, and some before it."""
        if place >= len(self._ends):
            return
        while self._marks and self._marks[-1][0] > place:
            self._marks.pop()
        place, self.after = self._marks[-1] if self._marks else (0, None)
        end = self._ends[place - 1] if place else 0
        self.listed = self.listed.until(end)
        self._for_all = {name: number for name, number in self._for_all.items() if number < end}
        self.used.difference_update(*self._used[place:])
        del self._closed_by[place:], self._ends[place:], self._used[place:]


class ScheduleCourse:
    """The obligations of one schedule as its history goes on."""

    def __init__(self, opened_by: DutySchedule) -> None:
        self.opened_by = opened_by
        self._final: FinalSlots | None = None  # until there are any

    def advance(self, index: EventIndex, assertions: AssertionsByObligation) -> Part:
        """All obligations, of which those that are not final are settled anew."""
        try:
            return self._advanced(index, assertions)
        except OtherOccasions:
            self._final = None
            return self._advanced(index, assertions)

    def rewind(self, moment: DateTime) -> None:
        """Settle anew what was not over before a moment."""
        if self._final is not None:
            self._final.rewind(moment)

    def release(self, obligation_id: str) -> str | None:
        """Settle an obligation anew, and all after it. Returns what it is about; None where it is none of the final ones."""
        return None if self._final is None else self._final.release(obligation_id)

    def release_about(self, subject_id: str) -> None:
        """Settle anew what is about something, and all after it."""
        if self._final is not None:
            self._final.release_about(subject_id)

    def _advanced(self, index: EventIndex, assertions: AssertionsByObligation) -> Part:
        final, is_final = self._final, True
        used, after = (set[str](), None) if final is None else (final.used, final.after)
        used_later, later = list[str](), NOTHING
        for slot in slots(self.opened_by, index, after):
            is_final = is_final and slot.after is not None and slot.closes_at < index.final_before
            obligations: list[Obligation] = []
            used_by_slot: Sequence[str] = ()
            for opening in slot.openings:
                own = assertions.about(opening, slot.openings, index.timeline)
                obligation, event_ids = settle(opening, index, assertions, own, used)
                obligations.append(obligation)
                if event_ids:
                    # most often the obligation's own evidence, which nothing else uses: no copy is kept of it
                    fresh = (
                        event_ids if used.isdisjoint(event_ids) else [name for name in event_ids if name not in used]
                    )
                    used_by_slot = (*used_by_slot, *fresh) if used_by_slot else fresh
                    used.update(fresh)
            is_final = is_final and all(map(_is_final, obligations))
            if is_final:
                if final is None:
                    final = self._final = FinalSlots(used)
                final.add(slot, obligations, used_by_slot)
            elif obligations:
                if later is NOTHING:
                    later = GrowingList()
                later.openings += slot.openings
                later.obligations += obligations
                used_later += used_by_slot
        used.difference_update(used_later)
        return Part(self.opened_by.duty.id, NOTHING if final is None else final.listed, later)


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
                course.rewind(events[0].occurred_at)
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
                subject_id = course.release(obligation_id)
                if subject_id is None or course.opened_by.of not in SESSIONS:
                    continue
                for other in self._courses:
                    if other.opened_by.of in SESSIONS:
                        other.release_about(subject_id)

    def _settle(self) -> None:
        self.listing = Listing([course.advance(self.index, self._assertions) for course in self._courses])


class OneContinuation:
    """A continuation that the first ledger to go on from it takes; others are computed anew. It is not pickled."""

    __slots__ = ("_waiting",)

    def __init__(self, continuation: Continuation | None = None) -> None:
        is_kept = continuation is not None and len(continuation.listing) >= KEPT_FROM
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
