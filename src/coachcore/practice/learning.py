"""What a coach learnt, recorded once and counted in every engagement that is under way.

    practice.log_learning("carla", "A course on groups", hours=6)

A coach owes each client some hours of learning a quarter, and learns them once. The logs are recorded in one unit, so
that all of the engagements have theirs, or none.
"""

from typing import TYPE_CHECKING, Any

from coachcore.engagement.state import Stage
from coachcore.errors import NotFound, check_type, did_you_mean, shown
from coachcore.events import Event, LearningLogged
from coachcore.flow import Flow
from coachcore.model.parties import Role, actor_of
from coachcore.model.times import When
from coachcore.practice.unit import UnitBase

if TYPE_CHECKING:
    from coachcore.practice.base import PracticeBase

__all__ = ["logging_learning"]

UNDER_WAY = frozenset({Stage.AGREED, Stage.ACTIVE, Stage.PAUSED})


def logging_learning(
    practice: "PracticeBase[Any, Any]", coach: str, content: LearningLogged, occurred_at: When | None
) -> Flow[tuple[Event, ...]]:
    """Record what a coach learnt in each of their engagements, and return the events, by the ids of the engagements.

    coach: the id that the party has in all of them. Raises NotFound coach.unknown where none under way has such a coach.
    """
    check_type(coach, str, "coach")
    engagement_ids: list[str] = []
    coaches: set[str] = set()
    for engagement_id in (yield from practice._ids()):
        state = (yield from practice._loaded(engagement_id))._event_log.state
        if state.stage in UNDER_WAY:
            ids = {party.id for party in state.agreement.those(Role.COACH)}
            coaches |= ids
            if coach in ids:
                engagement_ids.append(engagement_id)
    if not engagement_ids:
        hint = did_you_mean(coach, sorted(coaches), "give the id that the coach has in the agreements")
        raise NotFound("coach.unknown", f"no engagement under way has a coach {shown(coach)}", hint)

    actor = actor_of(coach, Role.COACH)

    def work(unit: UnitBase[Any]) -> Flow[tuple[Event, ...]]:
        events: list[Event] = []
        for engagement_id in engagement_ids:
            engagement = yield from unit._loaded(engagement_id)
            events += yield from engagement._record(content, actor, occurred_at=occurred_at)
        return tuple(events)

    events: tuple[Event, ...] = yield from practice._repeated(work)
    return events
