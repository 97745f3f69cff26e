"""What each role owes next: what is open now, and what will open by a later moment from what is known now.

    for item in snapshot.ledger.due("2026-03-31"):
        print(item.due_on, item.role, charter.duty(item.duty_id).title(), item.schedule, item.subject_id)

Obligations are opened as they would be at the later moment, and judged by the evidence of the present. So the next period of a cadence
is listed, and all that is owed about sessions and actions that are planned. What hangs on how things turn out is not: a summary is
owed once the session was held, a lesson once an action was missed.
"""

from collections.abc import Iterator, Sequence
from copy import copy

import attrs
from pendulum import Date, DateTime

from coachcore.charter import Charter
from coachcore.charter.schedules import Need, Of, Who
from coachcore.engagement.history import History
from coachcore.engagement.timeline import NEVER, Timeline
from coachcore.ledger.event_index import EventIndex
from coachcore.ledger.judgement import asked_patterns, in_time_until, is_lacking
from coachcore.ledger.listing import Listing
from coachcore.ledger.obligations import Obligation, ObligationState
from coachcore.ledger.opening import Opening
from coachcore.ledger.shares import owing_at
from coachcore.ledger.slots import openings
from coachcore.model.parties import Role
from coachcore.smart import default_rules

__all__ = ["Due", "Outlook", "first_due_at"]


@attrs.frozen(kw_only=True)
class Due:
    """Something a role owes next, and why.

    obligation_id: the id that the obligation has, or will have once it opens; duty_id: of the duty, whose title the charter has.
    role: who owes it. party, owed_to: as of `Obligation`; parties: ids of all who owe it now, as who took the place of
    the only client. due_at: until when it is in time, and due_on the day of that moment in the zone of the engagement;
    of what has parts with times of their own, such as preparing by the day before a session, the first that is still
    lacking. closes_at: until when it may be done late. All three are None while a pause stops the clock; days_left says
    then how many days are left, where it is due on a day. opens_at: from when it is owed. is_open: whether it is owed
    now. is_late: whether it is past its due time, and may still be done. schedule: once, every or each;
    schedule_number: its place among those of the duty. of, subject_id: the kind of occasion it arises from, and the id
    of that session, goal, action and so on. waits_for: the other role, where what is asked for is theirs to give.
    is_answer: whether an answer is due: to what the other side entered against this one, to what it contests, or to a
    move; the obligation itself may be the other side's.
    """

    obligation_id: str
    duty_id: str
    role: Role
    due_at: DateTime | None
    due_on: Date | None
    closes_at: DateTime | None
    opens_at: DateTime
    is_open: bool
    is_late: bool
    schedule: str
    of: Of | None = None
    subject_id: str | None = None
    days_left: int | None = None
    waits_for: Role | None = None
    party: str | None = None
    owed_to: str | None = None
    parties: tuple[str, ...] = ()
    is_answer: bool = False
    schedule_number: int = 0

    @property
    def is_paused(self) -> bool:
        """Whether a pause stops its clock."""
        return self.due_at is None


class Outlook:
    """What a ledger was computed from, to look ahead from its moment. It holds what the parties wrote, and shows none of it.

    listing: of the ledger. entered_late, moved_ids: as of `EventIndex`.
    """

    __slots__ = ("_charter", "_grace_of_actions", "entered_late", "history", "listing", "moved_ids")

    def __init__(self, charter: Charter, index: EventIndex, listing: Listing) -> None:
        self._charter = charter
        self._grace_of_actions = index.grace_of_actions
        self.listing = listing
        self.history = index.history
        self.entered_late = index.entered_late
        self.moved_ids = index.moved_ids

    def of(self, listing: Listing) -> "Outlook":
        """The same outlook for the listing of some of the ledger's obligations."""
        outlook = copy(self)
        outlook.listing = listing
        return outlook

    @property
    def openings(self) -> tuple[Opening, ...]:
        """How the ledger's obligations were opened, in their order."""
        return self.listing.openings

    def due(self, obligations: Sequence[Obligation], until: DateTime) -> tuple[Due, ...]:
        """What is owed and due by a moment, soonest first, at last that whose clock is stopped.

        obligations: of the ledger, settled.
        """
        index = self._index(self.history)
        due = [
            *(
                _due(opening, index, is_open=True)
                if obligation.waits_for is None
                else _answer_due(opening, obligation, index)
                for opening, obligation in zip(self.openings, obligations, strict=True)
                if obligation.state is ObligationState.OPEN and not obligation.is_standing
            ),
            *(_due(opening, index, is_open=False) for opening in self.openings_until(until) if not _is_unsure(opening)),
        ]
        wanted = [item for item in due if item is not None and (item.due_at is None or item.due_at <= until)]
        return tuple(sorted(wanted, key=lambda item: (item.due_at or NEVER, item.role, item.obligation_id)))

    def openings_until(self, until: DateTime) -> Iterator[Opening]:
        """What will open after the ledger's moment and by a later one, if nothing more is recorded."""
        if until > self.history.as_of:
            is_open = {opening.id for opening in self.openings}
            for opening in openings(self._charter.duty_schedules, self._index(attrs.evolve(self.history, as_of=until))):
                if opening.id not in is_open and not opening.is_standing:
                    yield opening

    def _index(self, history: History) -> EventIndex:
        # the rules judge goals that exist; no obligation that is still to open is about one
        return EventIndex(history, default_rules(), self._grace_of_actions, self._charter.windows)


def _is_unsure(opening: Opening) -> bool:
    """Whether it opens only if something is not done: nobody knows yet whether an action will be missed."""
    return opening.pool.endswith(f" {Of.MISSED_ACTION}")  # of several actions together too, whose `of` is None


def first_due_at(opening: Opening, timeline: Timeline, lacking: Sequence[DateTime] | None = None) -> DateTime | None:
    """Until when the first part of an obligation is in time; None where nothing is asked.

    lacking: until when the parts are in time that are still lacking; every part when omitted.
    """
    moments = [in_time_until(pattern, opening, timeline) for pattern in asked_patterns(opening, timeline)]
    if not moments:
        return None
    if opening.need is Need.ANY:
        return max(moments)
    return min(moments if lacking is None else lacking, default=opening.due_at)


def _answer_due(opening: Opening, obligation: Obligation, index: EventIndex) -> Due:
    """The answer that an obligation waits for, as due from whom it waits for."""
    assert obligation.waits_for is not None
    assert obligation.waits_until is not None
    share, timeline = opening.share, index.timeline
    is_debtors = obligation.waits_for is opening.role
    return Due(
        obligation_id=opening.id,
        duty_id=opening.duty.id,
        role=obligation.waits_for,
        due_at=obligation.waits_until,
        due_on=timeline.day_at(obligation.waits_until),
        closes_at=obligation.waits_until,
        opens_at=opening.opened_at,
        is_open=True,
        is_late=False,
        schedule=opening.kind,
        schedule_number=opening.opened_by.number,
        of=opening.of,
        subject_id=opening.subject_id,
        party=share.party if is_debtors else share.owed_to,
        owed_to=share.owed_to if is_debtors else share.party,
        parties=owing_at(share, timeline, index.as_of)
        if is_debtors
        else timeline.members_at(obligation.waits_for, index.as_of),
        is_answer=True,
    )


def _due(opening: Opening, index: EventIndex, *, is_open: bool) -> Due | None:
    timeline = index.timeline
    patterns = asked_patterns(opening, timeline)
    lacking = [in_time_until(pattern, opening, timeline) for pattern in patterns if is_lacking(pattern, opening, index)]
    due_at = first_due_at(opening, timeline, lacking)
    if due_at is None:
        return None
    is_paused = due_at == NEVER
    is_theirs = all(pattern.by is Who.COUNTERPART for pattern in patterns)
    return Due(
        obligation_id=opening.id,
        duty_id=opening.duty.id,
        role=opening.role,
        due_at=None if is_paused else due_at,
        due_on=None if is_paused else timeline.day_at(due_at),
        closes_at=None if opening.closes_at == NEVER else opening.closes_at,
        opens_at=opening.opened_at,
        is_open=is_open,
        is_late=due_at < index.as_of,
        schedule=opening.kind,
        schedule_number=opening.opened_by.number,
        of=opening.of,
        subject_id=opening.subject_id,
        days_left=opening.days_left if is_paused else None,
        waits_for=opening.role.counterpart if is_theirs else None,
        party=opening.share.party,
        owed_to=opening.share.owed_to,
        parties=owing_at(opening.share, timeline, index.as_of),
    )
