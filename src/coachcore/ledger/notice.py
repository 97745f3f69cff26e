"""Notice: whether a session was cancelled or moved later than the agreement allows, by somebody who could have given notice.

Who learns of a session only within the notice, since the other side books it for tomorrow or moves it there, cannot give any; so they
may still say that they cannot come. Once they have prepared for it, they have agreed to it.
"""

from collections.abc import Iterator

from pendulum import DateTime

from coachcore.engagement.state import Session, SessionMove
from coachcore.events import Event, by_occurrence
from coachcore.ledger.event_index import EventIndex, noticed_at

__all__ = ["is_late", "late_moves", "unagreed_moves"]


def is_late(event: Event, party_id: str, starts_at: DateTime, session: Session, index: EventIndex) -> bool:
    """Whether an event says that a party wished a session, which was to start at a moment, cancelled or moved at short notice."""
    if not index.timeline.is_short_notice(noticed_at(event, party_id), starts_at):
        return False
    bookings = [*index.about("SessionScheduled", session.id), *index.about("SessionMoved", session.id)]
    before = [booking for booking in bookings if booking.version < event.version]
    booking = max(before, key=by_occurrence, default=None)
    if booking is None or (getattr(booking.content, "moved_by", None) or booking.actor.party) == party_id:
        return True
    if not index.timeline.is_short_notice(booking.recorded_at, starts_at):
        return True
    preparations = index.about("SessionPrepared", session.id)
    return any(event.actor.party == party_id and event.version > booking.version for event in preparations)


def late_moves(session: Session, index: EventIndex) -> Iterator[tuple[Event, SessionMove]]:
    """The moves of a session at short notice, each with its event."""
    for move in session.moves:
        event = index.history.state.events.get(move.event_id)
        if event is not None and is_late(event, move.moved_by, move.starts_at, session, index):
            yield event, move


def unagreed_moves(session: Session, party_id: str, index: EventIndex) -> list[Event]:
    """The moves at short notice that a party recorded for itself, and to which the other side has not agreed."""
    agreements = index.about("SessionMoveAgreed", session.id)
    return [
        event
        for event, move in late_moves(session, index)
        if event.actor.party == move.moved_by == party_id
        and not any(
            agreed.version > event.version and agreed.actor.role is not event.actor.role for agreed in agreements
        )
    ]
