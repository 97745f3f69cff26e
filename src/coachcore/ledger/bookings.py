"""Which sessions were held or to come at each moment of the past.

What is due by the first or second of them has another due day once one of them is booked, moved, missed or cancelled. The ledger of a
moment knows those of that moment, so that its books must too.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator, Sequence

import attrs
from pendulum import DateTime

from coachcore.engagement.state import Session, SessionStatus
from coachcore.ledger.event_index import EventIndex

__all__ = ["Bookings", "bookings_in_turn", "bookings_of", "to_begin_between", "to_decide_the_first"]


@attrs.frozen
class Bookings:
    """The sessions from a moment on.

    since: that moment; for those of now, when the last was settled that did not take place. starts: when those begin that were held or are
    to come, in order. first_closed: when the first was to begin of those that were missed or cancelled. first_at: when the first was
    booked, or began if it was entered later.
    """

    since: DateTime
    starts: Sequence[DateTime]
    first_closed: DateTime | None
    first_at: DateTime

    @property
    def first_start(self) -> DateTime:
        """When the first session begins; of those that do not take place, where no other is to come."""
        start = self.starts[0] if self.starts else self.first_closed
        assert start is not None  # there are bookings only where there are sessions
        return start

    def nth_start(self, number: int, moment: DateTime) -> DateTime | None:
        """When the nth session begins from a moment on; None where there are not so many."""
        place = bisect_left(self.starts, moment) + number - 1
        return self.starts[place] if place < len(self.starts) else None


def bookings_of(sessions: Sequence[Session]) -> Bookings:
    """The bookings that sessions, one at least and in order of their start, amount to now."""
    starts = [session.starts_at for session in sessions if _takes_place(session)]
    closed = [session for session in sessions if not _takes_place(session)]
    since = max((session.settled_at or session.starts_at for session in closed), default=sessions[0].scheduled_at)
    first_at = min(min(session.scheduled_at, session.starts_at) for session in sessions)
    return Bookings(since, starts, closed[0].starts_at if closed else None, first_at)


def bookings_in_turn(sessions: Sequence[Session]) -> Iterator[Bookings]:
    """The bookings from each moment on at which a session was booked, moved, missed or cancelled.

    Each is valid until the next is asked for.
    """
    steps: list[tuple[DateTime, str, DateTime | None, DateTime | None]] = []
    for session in sessions:
        before: DateTime | None = None
        for moment, start in _course(session):
            steps.append((moment, session.id, before, start))
            before = start
    steps.sort(key=lambda step: step[:2])
    starts: list[DateTime] = []
    first_closed: DateTime | None = None
    for place, (moment, _, before, start) in enumerate(steps):
        if before is not None:
            del starts[bisect_left(starts, before)]
        if start is not None:
            insort(starts, start)
        elif before is not None and (first_closed is None or before < first_closed):
            first_closed = before
        if place + 1 == len(steps) or steps[place + 1][0] > moment:
            first_at = min(filter(None, (steps[0][0], first_closed, *starts[:1])))
            yield Bookings(moment, starts, first_closed, first_at)


def to_begin_between(begin: DateTime, end: DateTime, index: EventIndex) -> Sequence[Session]:
    """The sessions that were ever to begin from one moment to another, both included."""
    sessions = index.sessions
    first = bisect_left(sessions, begin, key=lambda session: session.starts_at)
    last = bisect_right(sessions, end, key=lambda session: session.starts_at)
    moved_away = [
        session
        for session in index.cached("moved sessions", _moved_sessions)
        if not begin <= session.starts_at <= end and any(begin <= move.starts_at <= end for move in session.moves)
    ]
    return [*sessions[first:last], *moved_away]


def to_decide_the_first(now: Bookings, index: EventIndex) -> Sequence[Session]:
    """The sessions by which it was decided which is the first.

    After the last change of a session that was ever to begin up to the first of now, that stays the first. So of hundreds of sessions
    only those are left that were booked by then.
    """
    if not now.starts:
        return index.sessions
    limit = now.starts[0]
    concerned = [
        session
        for session in index.sessions
        if session.starts_at <= limit or any(move.starts_at <= limit for move in session.moves)
    ]
    last_at = max(_course(session)[-1][0] for session in concerned)
    return [session for session in index.sessions if session.scheduled_at <= last_at]


def _moved_sessions(index: EventIndex) -> list[Session]:
    return [session for session in index.sessions if session.moves]


def _takes_place(session: Session) -> bool:
    return session.status in (SessionStatus.HELD, SessionStatus.SCHEDULED)


def _course(session: Session) -> list[tuple[DateTime, DateTime | None]]:
    """When a session was to begin, from each moment on; None from when it was missed or cancelled."""
    moments = [session.scheduled_at, *(move.moved_at for move in session.moves)]
    starts = [*(move.starts_at for move in session.moves), session.starts_at]
    course: list[tuple[DateTime, DateTime | None]] = list(zip(moments, starts, strict=True))
    if _takes_place(session):
        return course
    # that it was cancelled may have been entered late, after it had been moved
    settled_at = session.settled_at or session.starts_at
    return [*(step for step in course if step[0] <= settled_at), (settled_at, None)]
