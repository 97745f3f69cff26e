"""By which act an obligation lapsed, and whose that was: a statement counts what lapsed by one's own act beside reliability."""

from collections.abc import Mapping
from typing import Final

from pendulum import DateTime

from coachcore import events as e
from coachcore.engagement.timeline import Timeline
from coachcore.events import Content, Event
from coachcore.ledger.event_index import EventIndex, subject_ids
from coachcore.ledger.obligations import LapseReason
from coachcore.ledger.opening import Opening
from coachcore.model.parties import Actor

__all__ = ["lapse_event", "whose_act"]

CLOSING: Final = (e.EngagementCompleted, e.EngagementTerminated)
AGREED: Final = (e.AgreementAccepted, e.AgreementAmended)
CANCELLED: Final = (e.SessionCancelled, e.SessionMissed)
DROPPED: Final = (e.GoalDropped, e.ActionDropped)
ACTS: Final[Mapping[LapseReason, tuple[type[Content], ...]]] = {
    LapseReason.DROPPED: DROPPED,
    LapseReason.CANCELLED: CANCELLED,
    LapseReason.ENDED: CLOSING,
    LapseReason.NO_LONGER_APPLIES: (*CLOSING, *AGREED, *CANCELLED, *DROPPED, e.GoalAchieved, e.EngagementPaused),
}
"""For each reason of lapsing, the acts that may bring it. For the other reasons there is none: a period or a grace ended."""


def lapse_event(opening: Opening, lapsed_at: DateTime, reason: LapseReason, index: EventIndex) -> Event | None:
    """The event of the moment that closed what an obligation arises from, or brought its duty or the engagement to an end."""
    acts = ACTS.get(reason, ())
    events = [event for event in index.all.between(lapsed_at, lapsed_at) if isinstance(event.content, acts)]
    about_it = [event for event in events if opening.subject_id in subject_ids(event)]
    return next(reversed(about_it or events), None)


def whose_act(event: Event, timeline: Timeline) -> Actor | None:
    """Whose act an event was that made an obligation lapse, or moved its day; None where both sides agreed on it.

    Closing an engagement on the last day that was agreed, or later, is what both agreed on, whoever records it. A
    session is missed by who did not come, and cancelled or moved by who wished it, whoever recorded that.
    """
    content = event.content
    if isinstance(content, (*AGREED, e.ResolutionAccepted)):
        return None
    if isinstance(content, CLOSING) and timeline.is_agreed_end(event.occurred_at):
        return None
    party = event.actor.party
    if isinstance(content, e.SessionMissed):
        party = content.missed_by[0]
    elif isinstance(content, e.SessionCancelled):
        party = content.cancelled_by or party
    elif isinstance(content, e.SessionMoved):
        party = content.moved_by or party
    role = timeline.role_of(party, event.occurred_at)
    return event.actor if role is None else Actor(party=party, role=role)
