"""The autonomy index: which share of what moves the coaching forward the client begins.

What counts: a goal set, an action planned, a session scheduled, a topic brought to an agenda. Answering and reporting do not, nor does
any message. Fewer than `FEWEST_ACTS` in a period are too few to judge.
"""

from collections.abc import Iterable
from decimal import Decimal, localcontext
from typing import Final

import attrs

from coachcore.engagement.history import History
from coachcore.events import ActionPlanned, Event, GoalSet, SessionPrepared, SessionScheduled
from coachcore.ledger.event_index import has_words
from coachcore.model.parties import Role
from coachcore.model.times import Period
from coachcore.model.wording import says_something
from coachcore.model.words import Visibility
from coachcore.numbers import ROUNDED
from coachcore.progress.intervals import Interval, exact_wilson_interval

__all__ = ["FEWEST_ACTS", "Autonomy", "AutonomyIndex", "autonomy", "autonomy_index"]

FEWEST_ACTS = 5
"""Below it one act moves the share by more than a fifth."""
SPAN: Final = Period(months=3)
"""Of an index: long enough for five acts where sessions are held every other week, and as long as the period of the duty to hand over."""


@attrs.frozen
class Autonomy:
    """How many acts of a period the client began, of how many in all."""

    by_client: int
    acts: int

    @property
    def share(self) -> Decimal | None:
        """0 to 1; None where there were too few acts to judge."""
        if self.acts < FEWEST_ACTS:
            return None
        with localcontext(ROUNDED):
            return Decimal(self.by_client) / self.acts

    @property
    def interval(self) -> Interval | None:
        """The Wilson interval of the share, 95 %; None where there were too few acts to judge."""
        share = self.share
        return None if share is None else exact_wilson_interval(share, Decimal(self.acts))


@attrs.frozen
class AutonomyIndex:
    """The client's share of a period, and of the one before it."""

    latest: Autonomy
    before: Autonomy

    @property
    def is_up(self) -> bool | None:
        """Whether the share is higher than in the period before; None where either had too few acts to judge."""
        latest, before = self.latest.share, self.before.share
        return None if latest is None or before is None else latest > before


def autonomy(events: Iterable[Event]) -> Autonomy:
    """The acts among the events of a period. What somebody kept to themselves, or said nothing by, moves nothing forward."""
    by_client = acts = 0
    for event in events:
        if event.visibility is Visibility.AUTHOR:
            continue
        content = event.content
        count = isinstance(content, GoalSet | ActionPlanned | SessionScheduled) and has_words(event)
        agenda = content.agenda if isinstance(content, SessionScheduled | SessionPrepared) else ()
        topics = sum(map(says_something, agenda))
        acts += count + topics
        by_client += (count + topics) if event.actor.role is Role.CLIENT else 0
    return Autonomy(by_client, acts)


def autonomy_index(history: History) -> AutonomyIndex:
    """The index of the last three months up to the history's moment, and of the three months before."""
    zone = history.state.zone
    middle, begin = (SPAN.after(history.as_of, zone, -times) for times in (1, 2))
    return AutonomyIndex(
        autonomy(event for event in history.effective if middle < event.occurred_at),
        autonomy(event for event in history.effective if begin < event.occurred_at <= middle),
    )
