"""The autonomy index: which share of what moves the coaching forward the client begins.

What counts: a goal set, an action planned, a session scheduled, a topic brought to an agenda. Answering and reporting do not, nor does
any message. A session counts when it is first scheduled: scheduling it again moves it, and brings only what makes its agenda longer.
Topics are counted and never compared between entries, so that erasing them changes nothing. Who repeats or splits topics gains nothing
for themselves: a coach's lower the share that the coach answers for. Fewer than `FEWEST_ACTS` in a period are too few to judge.
"""

from collections.abc import Iterable
from decimal import Decimal, localcontext
from typing import Final

import attrs
from pendulum import DateTime

from coachcore.engagement.history import History
from coachcore.events import (
    EVENT_TYPES,
    ActionPlanned,
    Event,
    GoalSet,
    SessionPrepared,
    SessionScheduled,
)
from coachcore.ledger.event_index import has_words, source_of
from coachcore.model.parties import Role
from coachcore.model.times import MICROSECOND, Period, moved
from coachcore.model.wording import says_something
from coachcore.model.words import Visibility
from coachcore.numbers import ROUNDED
from coachcore.progress.intervals import Interval, exact_wilson_interval

__all__ = ["ACTS", "FEWEST_ACTS", "Autonomy", "AutonomyIndex", "autonomy", "autonomy_index"]

FEWEST_ACTS = 5
"""Below it one act moves the share by more than a fifth."""
ACTS: Final = frozenset(kind.__name__ for kind in (GoalSet, ActionPlanned, SessionScheduled, SessionPrepared))
"""The types of events by which somebody begins something."""
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


def autonomy(events: Iterable[Event], since: DateTime | None = None, until: DateTime | None = None) -> Autonomy:
    """The acts among events, from one moment to another, both included; all where they are left out.

    events: in order of occurrence, with those from before that are about the same sessions. What somebody kept to
    themselves, or said nothing by, moves nothing forward.
    """
    agenda_lengths: dict[str, int] = {}
    by_client = total = 0
    for event in events:
        if event.type not in ACTS or event.visibility is Visibility.AUTHOR:
            continue
        content = event.content
        acts = 0
        if isinstance(content, GoalSet | ActionPlanned):
            acts = int(has_words(event))
        elif isinstance(content, SessionPrepared):
            acts = _topics(content.agenda)
        elif isinstance(content, SessionScheduled):
            is_first, before = content.session_id not in agenda_lengths, agenda_lengths.get(content.session_id, 0)
            length = agenda_lengths[content.session_id] = max(before, _topics(content.agenda))
            acts = is_first + length - before
        if acts and (since is None or since <= event.occurred_at) and (until is None or event.occurred_at <= until):
            total += acts
            by_client += acts if event.actor.role is Role.CLIENT else 0
    return Autonomy(by_client, total)


def _topics(agenda: Iterable[str]) -> int:
    """How many topics an agenda has, each counted once."""
    return sum(map(says_something, set(agenda)))


def autonomy_index(history: History) -> AutonomyIndex:
    """The index of the last three months up to the history's moment, and of the three months before.

    What was recorded by a source that cannot hold such acts, as a message log, does not count.
    """
    zone = history.state.zone
    acts = history.of_types(*(EVENT_TYPES[name] for name in ACTS))
    middle, begin = (moved(SPAN.after(history.as_of, zone, -times), MICROSECOND) for times in (1, 2))
    source = source_of(history.effective)
    if source is not None and not source.carried.issuperset(ACTS):
        since = source.left_at or moved(history.as_of, MICROSECOND)
        begin, middle = max(begin, since), max(middle, since)
    return AutonomyIndex(autonomy(acts, middle), autonomy(acts, begin, moved(middle, -MICROSECOND)))
