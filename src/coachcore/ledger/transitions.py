"""What changes by the mere passing of time: an obligation comes due, becomes late, is missed or lapses.

The transitions up to a moment are a function of the ledger at that moment. Where nothing is recorded late, those at a later moment
hold the same ones and more; a late entry or a correction may take some of them away, and bring others.
"""

from collections.abc import Iterator, Sequence
from enum import StrEnum

import attrs
from pendulum import DateTime

from coachcore.charter.schedules import Need
from coachcore.engagement.timeline import NEVER, Timeline
from coachcore.ledger.due import Outlook, first_due_at
from coachcore.ledger.obligations import Obligation, ObligationState
from coachcore.ledger.opening import Opening
from coachcore.model.times import MICROSECOND, day_of, moved, start_of_day

__all__ = ["Transition", "TransitionKind", "next_transition_at", "transitions"]


class TransitionKind(StrEnum):
    """due: the day has begun on which it is due; late: that is over, and its grace is not; missed, lapsed: it was settled so."""

    DUE = "due"
    LATE = "late"
    MISSED = "missed"
    LAPSED = "lapsed"


@attrs.frozen(kw_only=True)
class Transition:
    """A change of an obligation. obligation: as it is at the ledger's moment, which may be settled since. moment: when it changed."""

    kind: TransitionKind
    moment: DateTime
    obligation: Obligation

    @property
    def party(self) -> str | None:
        """The party who owes it, where that is one of several."""
        return self.obligation.party


def transitions(outlook: Outlook, obligations: Sequence[Obligation]) -> tuple[Transition, ...]:
    """The transitions up to the ledger's moment, first ones first."""
    reached = [
        Transition(kind=kind, moment=moment, obligation=obligation)
        for opening, obligation in zip(outlook.openings, obligations, strict=True)
        for kind, moment in _reached(opening, obligation, outlook)
    ]
    return tuple(sorted(reached, key=lambda transition: (transition.moment, transition.obligation.id)))


def _reached(opening: Opening, obligation: Obligation, outlook: Outlook) -> Iterator[tuple[TransitionKind, DateTime]]:
    settled_at = obligation.settled_at
    for kind, moment in _expected(opening, outlook.history.timeline):
        if moment <= outlook.history.as_of and (settled_at is None or settled_at > moment):
            yield kind, moment
    if settled_at is not None and obligation.state is ObligationState.MISSED:
        yield TransitionKind.MISSED, settled_at
    if settled_at is not None and obligation.state is ObligationState.LAPSED:
        yield TransitionKind.LAPSED, settled_at


def _expected(opening: Opening, timeline: Timeline) -> Iterator[tuple[TransitionKind, DateTime]]:
    """When an obligation comes due and becomes late, unless it is settled before."""
    due_at = first_due_at(opening, timeline)
    if opening.is_standing or due_at is None or due_at == NEVER:
        return
    zone = timeline.zone_at(due_at)
    yield TransitionKind.DUE, max(start_of_day(day_of(due_at, zone), zone), opening.opened_at)
    in_time_until = due_at if opening.need is Need.ANY else opening.due_at
    if in_time_until < opening.closes_at:
        yield TransitionKind.LATE, in_time_until + MICROSECOND


def next_transition_at(outlook: Outlook, obligations: Sequence[Obligation], until: DateTime) -> DateTime | None:
    """The earliest moment, `until` at most, at which a transition may come if nothing more is recorded; None where none ever will."""
    pairs = zip(outlook.openings, obligations, strict=True)
    waiting = [pair for pair in pairs if pair[1].state is ObligationState.OPEN]
    if not waiting and outlook.history.timeline.closed_at is not None:
        return None
    answers = [moved(each.waits_until, MICROSECOND) for _, each in waiting if each.waits_until is not None]
    moments = [
        *answers,
        *(
            moment
            for opening in (*(opening for opening, _ in waiting), *outlook.openings_until(until))
            if not opening.is_standing
            for moment in (*(moment for _, moment in _expected(opening, outlook.history.timeline)), _closed(opening))
        ),
    ]
    pause_ends_at = outlook.history.state.pause_ends_at  # from then on the clock runs again, and due days are known
    moments += filter(None, [pause_ends_at])
    return min((moment for moment in moments if outlook.history.as_of < moment < until), default=until)


def _closed(opening: Opening) -> DateTime:
    return NEVER if opening.closes_at == NEVER else opening.closes_at + MICROSECOND
