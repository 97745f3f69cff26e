"""Which sessions were held or to come at each moment of the past.

What is due by the first or second of them has another due day once one of them is booked, moved, missed or cancelled. A
ledger of then shows the day that followed from the sessions of then, and so must what a later ledger says of that
moment.

They are as whoever owes it sees them: a role, or in a group one party for themselves. What others booked afterwards
begins for them when that is recorded. What their own side says of a session that did not take place counts from when it
is recorded, and once the session has begun it takes back no due time: otherwise whoever missed one could cancel the
session as of a day before it.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

import attrs
from pendulum import DateTime

from coachcore.engagement.state import Session, SessionStatus
from coachcore.events import Event
from coachcore.ledger.event_index import EventIndex, counted_from
from coachcore.ledger.occasions import known_at
from coachcore.ledger.session_orders import BY_BOOKING, BY_EARLIEST_START, MOVED, earliest_start
from coachcore.ledger.shares import Debtor
from coachcore.model.times import elapsed

__all__ = [
    "Bookings",
    "bookings_in_turn",
    "bookings_of_now",
    "cancelled_as_learnt",
    "to_begin_between",
    "to_decide_the_first",
]

LONGER_THAN_A_DAY: Final = timedelta(hours=26)
"""No day is longer, whatever the clock does; a session so far ahead begins on another day than that on which it is booked."""


@attrs.frozen
class Bookings:
    """The sessions from a moment on.

    since: that moment; of those of now, when the last was settled, where none was held or is to come. starts: when those
    begin that were held or are to come, in order; of those of now, the first alone. last_closed: when that was to begin
    which was missed or cancelled last: up to then it was the one to come, and what it was due by lapsed with it.
    first_at: when the first was booked, or began if it was entered later.
    """

    since: DateTime
    starts: Sequence[DateTime]
    last_closed: DateTime | None
    first_at: DateTime

    @property
    def first_start(self) -> DateTime:
        """When the first session begins; of those that do not take place, where no other is to come."""
        start = self.starts[0] if self.starts else self.last_closed
        assert start is not None  # there are bookings only where there are sessions
        return start

    def nth_start(self, number: int, moment: DateTime) -> DateTime | None:
        """When the nth session begins from a moment on; None where there are not so many."""
        place = bisect_left(self.starts, moment) + number - 1
        return self.starts[place] if place < len(self.starts) else None


def bookings_of_now(debtor: Debtor, index: EventIndex) -> Bookings | None:
    """The bookings that the sessions amount to now for whoever owes something; None where they know of none.

    Of hundreds of sessions only those are looked at that may be the first: none begins before the earliest time at which it was ever
    to begin, and none is known before it was booked.
    """
    first_start: DateTime | None = None
    closed: list[tuple[DateTime, DateTime]] = []  # when each was missed or cancelled, and when it was to begin
    for session in index.sessions_by(BY_EARLIEST_START):
        if first_start is not None and earliest_start(session) >= first_start:
            break
        course = _course(session, debtor, index)
        if not course:
            continue
        if (start := course[-1][1]) is not None:
            first_start = start if first_start is None else min(first_start, start)
        elif (start := course[-2][1]) is not None:
            closed.append((course[-1][0], start))
    first_at = min([*filter(None, [first_start]), *(start for _, start in closed)], default=None)
    if first_at is None:
        return None
    for session in index.sessions_by(BY_BOOKING):
        if session.scheduled_at >= first_at:
            break
        if course := _course(session, debtor, index):
            first_at = min(first_at, course[0][0])
    since = max((closed_at for closed_at, _ in closed), default=first_at)
    last_closed = min((start for closed_at, start in closed if closed_at == since), default=None)
    return Bookings(since, [] if first_start is None else [first_start], last_closed, first_at)


def bookings_in_turn(sessions: Sequence[Session], debtor: Debtor, index: EventIndex) -> Iterator[Bookings]:
    """The bookings for whoever owes something, from each moment on at which a session was booked, moved, missed or cancelled.

    Each is valid until the next is asked for.
    """
    steps: list[tuple[DateTime, str, DateTime | None, DateTime | None]] = []
    for session in sessions:
        before: DateTime | None = None
        for moment, start in _course(session, debtor, index):
            steps.append((moment, session.id, before, start))
            before = start
    steps.sort(key=lambda step: step[:2])
    starts: list[DateTime] = []
    last_closed: DateTime | None = None
    closed_at: DateTime | None = None
    earliest = steps[0][0] if steps else None
    for place, (moment, _, before, start) in enumerate(steps):
        if before is not None:
            del starts[bisect_left(starts, before)]
        if start is not None:
            insort(starts, start)
        elif before is not None:
            last_closed = before if closed_at != moment or last_closed is None else min(before, last_closed)
            closed_at, earliest = moment, min(filter(None, (earliest, before)))
        if place + 1 == len(steps) or steps[place + 1][0] > moment:
            yield Bookings(moment, starts, last_closed, min(filter(None, (earliest, *starts[:1]))))


def cancelled_as_learnt(cancelled_at: DateTime, index: EventIndex) -> DateTime | None:
    """When it was recorded that none of the sessions up to a moment, the last of which was cancelled then, took place."""
    outcomes = filter(None, map(index.outcome_of, index.sessions))
    return max((outcome.recorded_at for outcome in outcomes if outcome.occurred_at <= cancelled_at), default=None)


def to_begin_between(begin: DateTime, end: DateTime, index: EventIndex) -> Sequence[Session]:
    """The sessions that were ever to begin from one moment to another, both included."""
    sessions = index.sessions
    first = bisect_left(sessions, begin, key=lambda session: session.starts_at)
    last = bisect_right(sessions, end, key=lambda session: session.starts_at)
    moved_away = [
        session
        for session in index.sessions_by(MOVED)
        if not begin <= session.starts_at <= end and any(begin <= move.starts_at <= end for move in session.moves)
    ]
    return [*sessions[first:last], *moved_away]


def to_decide_the_first(now: Bookings, debtor: Debtor, index: EventIndex) -> Sequence[Session]:
    """The sessions by which it was decided which is the first for whoever owes something.

    After the last change of a session that was ever to begin up to the first of now, that stays the first. So of hundreds of sessions
    only those are left that were booked by then.
    """
    if not now.starts:
        return index.sessions
    by_start, by_booking = index.sessions_by(BY_EARLIEST_START), index.sessions_by(BY_BOOKING)
    concerned = by_start[: bisect_right(by_start, now.starts[0], key=earliest_start)]
    last_at = max(step[0] for session in concerned for step in _course(session, debtor, index))
    return by_booking[: bisect_right(by_booking, last_at, key=lambda session: session.scheduled_at)]


def _within_reach(start: DateTime, event: Event | None, debtor: Debtor, index: EventIndex) -> DateTime:
    """By when something is due that is due by a session's start: where others set that, not before the day is over on which that could be
    read. Else one would book a session that begins in a minute, or last month.
    """
    if event is None or debtor.wrote(event):
        return start
    timeline = index.timeline
    return max(start, timeline.end_of(timeline.day_at(known_at(event, debtor, index))))


def _course(session: Session, debtor: Debtor, index: EventIndex) -> list[tuple[DateTime, DateTime | None]]:
    """When a session was to begin, from each moment on; None from when it was missed or cancelled. All as they see it by now."""
    booked = next(iter(index.about("SessionScheduled", session.id)), None)
    booked_at = session.scheduled_at if booked is None else max(session.scheduled_at, known_at(booked, debtor, index))
    takes_place = session.status in (SessionStatus.HELD, SessionStatus.SCHEDULED)
    is_in_reach = booked is None or debtor.wrote(booked) or elapsed(booked_at, session.starts_at) >= LONGER_THAN_A_DAY
    if takes_place and not session.moves and session.starts_at >= booked_at and is_in_reach:  # as most
        return [(booked_at, session.starts_at)] if booked_at <= index.as_of else []
    starts = [*(move.starts_at for move in session.moves), session.starts_at]
    events = index.history.state.events
    set_by = [booked, *(events.get(move.event_id) for move in session.moves)]
    starts = [_within_reach(start, event, debtor, index) for start, event in zip(starts, set_by, strict=True)]
    moments = [booked_at, *(max(move.moved_at, booked_at) for move in session.moves)]
    course: list[tuple[DateTime, DateTime | None]] = list(zip(moments, starts, strict=True))
    if not takes_place:
        settled_at = session.settled_at or session.starts_at
        outcome = index.outcome_of(session)
        is_own = outcome is not None and outcome.actor.role is debtor.role
        if outcome is not None and is_own:
            settled_at = counted_from(outcome, index)
        if not is_own or settled_at < starts[-1]:
            # that it was cancelled may have been entered late, after it had been moved
            settled_at = max(settled_at, booked_at)
            course = [*(step for step in course if step[0] <= settled_at), (settled_at, None)]
    return course if course[-1][0] <= index.as_of else [step for step in course if step[0] <= index.as_of]
