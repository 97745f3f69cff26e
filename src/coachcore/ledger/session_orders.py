"""Orders in which the ledger goes through the sessions of a history, each kept up as sessions are booked, moved and settled.

An order is sorted once. A session about which something more is recorded takes another place in it, so that a ledger which goes on
from another passes none of the sessions that have long been over.
"""

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable
from typing import Any

import attrs
from pendulum import DateTime

from coachcore.engagement.state import Session, SessionStatus, by_start
from coachcore.events import Event

__all__ = [
    "BY_BOOKING",
    "BY_EARLIEST_START",
    "BY_START",
    "HELD",
    "HELD_BY_BOTH",
    "MOVED",
    "SessionOrder",
    "earliest_start",
]

OutcomeOf = Callable[[Session], Event | None]
"""The event that said what a session came to."""


@attrs.frozen(eq=False)
class SessionOrder:
    """An order of the sessions, or of some of them.

    key: what they are sorted by, different for each session. includes: whether it has a session.
    """

    key: Callable[[Session], Any]
    includes: Callable[[Session, OutcomeOf], bool] = lambda session, outcome_of: True

    def of(self, sessions: Iterable[Session], outcome_of: OutcomeOf) -> list[Session]:
        """Those of some sessions that it has, in their order."""
        return sorted((session for session in sessions if self.includes(session, outcome_of)), key=self.key)

    def replace(self, sessions: list[Session], before: Session | None, after: Session, outcome_of: OutcomeOf) -> None:
        """Put a session in its place. sessions: in this order. before: the session as it was."""
        if before is not None:
            place = bisect_left(sessions, self.key(before), key=self.key)
            if place < len(sessions) and sessions[place] is before:
                del sessions[place]
        if self.includes(after, outcome_of):
            insort(sessions, after, key=self.key)


def earliest_start(session: Session) -> DateTime:
    """The earliest time at which a session was ever to begin."""
    return min([session.starts_at, *(move.starts_at for move in session.moves)])


BY_START = SessionOrder(by_start)
BY_EARLIEST_START = SessionOrder(lambda session: (earliest_start(session), session.id))
BY_BOOKING = SessionOrder(lambda session: (session.scheduled_at, session.id))
MOVED = SessionOrder(by_start, lambda session, outcome_of: bool(session.moves))


def _by_outcome(session: Session) -> tuple[DateTime, DateTime, str]:
    return session.settled_at or session.starts_at, session.starts_at, session.id


HELD = SessionOrder(_by_outcome, lambda session, outcome_of: session.status is SessionStatus.HELD)
"""Those that were held, in the order in which the events said so: one recorded later counts later."""
HELD_BY_BOTH = SessionOrder(
    _by_outcome, lambda session, outcome_of: session.status is SessionStatus.HELD and not session.absent
)
"""Those of them to which both sides came."""
