"""The autonomy index: which share of what moves the coaching forward the client begins.

What counts: a goal set, an action planned, a session scheduled, a topic brought to an agenda. Answering and reporting do not, nor does
any message. Fewer than `FEWEST_ACTS` in a period are too few to judge.
"""

from collections.abc import Iterable
from decimal import Decimal

import attrs

from coachcore.events import ActionPlanned, Event, GoalSet, SessionPrepared, SessionScheduled
from coachcore.model.parties import Role

__all__ = ["FEWEST_ACTS", "Autonomy", "autonomy"]

FEWEST_ACTS = 5
"""Below it one act moves the share by more than a fifth."""


@attrs.frozen
class Autonomy:
    """How many acts of a period the client began, of how many in all."""

    by_client: int
    acts: int

    @property
    def share(self) -> Decimal | None:
        """0 to 1; None where there were too few acts to judge."""
        return Decimal(self.by_client) / self.acts if self.acts >= FEWEST_ACTS else None


def autonomy(events: Iterable[Event]) -> Autonomy:
    """The autonomy index over the events of a period."""
    by_client = acts = 0
    for event in events:
        content = event.content
        count = isinstance(content, GoalSet | ActionPlanned | SessionScheduled)
        topics = len(content.agenda) if isinstance(content, SessionScheduled | SessionPrepared) else 0
        acts += count + topics
        by_client += (count + topics) if event.actor.role is Role.CLIENT else 0
    return Autonomy(by_client, acts)
