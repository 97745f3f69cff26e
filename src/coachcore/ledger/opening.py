"""Opening an obligation: its id, its window and its due time, whose it is, and whether its duty applies.

An `Opening` is an obligation before evidence is looked for. Its id (`ids`) never depends on what comes later. Its terms and its
responsible role are those in force when it was opened. What would fall due only after the engagement was closed lapses, unless it was
met before. In a group an occasion may open one for each party (`shares`). Which ones a schedule opens over a history is `slots`'s.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache, cached_property

import attrs
from pendulum import DateTime

from coachcore.charter.duty import Duty, DutySchedule
from coachcore.charter.schedules import Every, EvidencePattern, ForEach, Need, Of, Standing
from coachcore.engagement.timeline import Timeline
from coachcore.events import Event
from coachcore.facts import schemas
from coachcore.facts.engagement import FactsOverTime, Spans
from coachcore.ledger.event_index import EventIndex
from coachcore.ledger.obligations import LapseReason
from coachcore.ledger.occasions import Occasion, known_closings
from coachcore.ledger.shares import Share
from coachcore.ledger.tenures import Tenures
from coachcore.model.agreement import DutyTerms
from coachcore.model.parties import Role
from coachcore.rules import Condition

__all__ = ["Opening", "OwnWord", "applicability", "opened_obligation", "timeline_of", "weight_of"]


@attrs.frozen(kw_only=True)
class OwnWord:
    """How it stands that the side which owes an obligation said of its session that only the other side failed (see `adverse.own_word`).

    entry: the event that says so. counts: whether it does. moment: since when it does, or does not; None while the
    other side may still answer. undecided: the event that contested it, where nobody decided that. contest, before: the
    event that contested it only after it had counted, as after an import, and how it stood before that. is_claim: by it
    the other side failed in nothing, since it says that they cancelled in good time or wished a move; so they contest
    it here; is_overturned: they did so rightly. waits_for, waits_until: of a claim, whose answer or decision is
    awaited, and until when.
    """

    entry: Event
    counts: bool
    moment: DateTime | None
    is_claim: bool = False
    is_overturned: bool = False
    waits_for: Role | None = None
    waits_until: DateTime | None = None
    undecided: Event | None = None
    contest: Event | None = None
    before: "OwnWord | None" = None


@attrs.define(kw_only=True, eq=False)
class Opening:
    """An obligation as it was opened, to be settled.

    opened_by: the schedule it comes from. share: whose it is. begin: from when evidence about nothing in particular
    counts. anchor: the moment that due times are counted from. due_at: the last moment that is in time, NEVER while a
    pause stops the clock, with days_left then. closes_at: the last moment of the grace. subject_id: what evidence must
    be about; since: the event (its time and version) that evidence must come after. period_before: from when to when
    the period before lasted, where there is one. ends_at: when its occasion, the duty or the engagement ended, and
    lapse_reason why; evidence_until: when the other side said so, where they dated it back, since what was done by then
    counts. listed_from: when its occasion became known, where that may be later. no_longer_applies: the duty's
    condition applied when it was opened, and ceased to. id_for_all: where its id names a party, the one that it had
    while it was one for all of the role. time_set_at: when the other side booked the session, or moved it to its time.
    has_failed: an entry says that the session it is about was not kept (see `adverse`); cleared_by: ids of the events
    by which such entries do not count; is_outcome_cleared: nor does what was said that the session came to. own_word:
    what its own side said of the session. held_entry: the event by which the session was held that it follows from;
    unannounced: the event by which the other side alone said that the session was held. forms: where it is due by a
    session, and its due day changed as sessions were booked, moved or cancelled: from each such moment on, the
    obligation as it would have been opened then.
    """

    id: str
    opened_by: DutySchedule
    share: Share
    opened_at: DateTime
    begin: DateTime
    anchor: DateTime
    due_at: DateTime
    closes_at: DateTime
    weight: Decimal
    subject_id: str | None = None
    since: tuple[DateTime, int] | None = None
    period_before: tuple[DateTime, DateTime] | None = None
    ends_at: DateTime | None = None
    lapse_reason: LapseReason = LapseReason.ENDED
    evidence_until: DateTime | None = None
    listed_from: DateTime | None = None
    days_left: int | None = None
    no_longer_applies: bool = False
    id_for_all: str | None = None
    time_set_at: DateTime | None = None
    has_failed: bool = False
    cleared_by: tuple[str, ...] = ()
    is_outcome_cleared: bool = False
    own_word: OwnWord | None = None
    held_entry: Event | None = None
    unannounced: Event | None = None
    forms: tuple[tuple[DateTime, "Opening"], ...] = ()

    @property
    def role(self) -> Role:
        """The role that owes it."""
        return self.share.role

    @property
    def duty(self) -> Duty:
        return self.opened_by.duty

    @property
    def pool(self) -> str:
        """An event is evidence for one obligation of a pool."""
        return self.opened_by.pool

    @property
    def kind(self) -> str:
        """The kind of its schedule."""
        return self.opened_by.schedule.kind

    @property
    def need(self) -> Need:
        return self.opened_by.schedule.need

    @property
    def evidence(self) -> tuple[EvidencePattern, ...]:
        return self.opened_by.schedule.evidence

    @property
    def of(self) -> Of | None:
        """What it is about; None where that is nothing, or several things."""
        return self.opened_by.of

    @property
    def is_standing(self) -> bool:
        return self.opened_by.is_standing

    @property
    def is_waivable(self) -> bool:
        """Whether the other side may waive it."""
        return self.opened_by.is_waivable


def opened_obligation(
    opened_by: DutySchedule,
    index: EventIndex,
    tenures: Tenures,
    id_of: Callable[..., str],
    share: Share,
    opened_at: DateTime,
    begin: DateTime,
    anchor: DateTime,
    due_at: DateTime,
    days_left: int | None = None,
    occasion: Occasion | None = None,
    ends_at: DateTime | None = None,
    lapse_reason: LapseReason = LapseReason.CANCELLED,
    ends_learnt_at: DateTime | None = None,
    period_before: tuple[DateTime, DateTime] | None = None,
) -> Opening | None:
    """An obligation under the terms in force when it was opened. id_of: its id, of the party that it names. ends_learnt_at: when the other
    side recorded that what it is about was over. period_before: as of `Opening`.

    None where it was not opened: its time has not come, the duty is switched off or does not apply, or the engagement was closed.
    """
    timeline, duty, schedule = index.timeline, opened_by.duty, opened_by.schedule
    assert not isinstance(schedule, Standing)  # which is opened by itself
    # a period that is under way at the end is owed no more: nobody affirms a code for an engagement that is over
    closed_at = None if opened_by.is_surviving and not isinstance(schedule, Every) else timeline.closed_at
    if opened_at > index.as_of or (closed_at is not None and opened_at > closed_at):
        return None
    tenure = tenures.tenure_at(opened_at)
    if tenure.is_off:
        return None
    terms = tenure.terms
    due = due_at if due_at >= opened_at else timeline.end_of(timeline.day_at(opened_at))
    grace = terms.grace if terms is not None and terms.grace is not None else schedule.grace
    closes_at = timeline.closing(due, grace)
    if occasion is not None and occasion.ends_known_at is not None and occasion.ends_known_at > closes_at:
        ends_at = None
    occasion_ends_at = ends_at
    if ends_at is None:
        lapse_reason = LapseReason.ENDED
    if closed_at is not None and (ends_at is None or closed_at < ends_at):
        ends_at, lapse_reason = closed_at, LapseReason.ENDED
    off_at = tenure.off_at
    if off_at is not None and (ends_at is None or off_at < ends_at):
        ends_at, lapse_reason = off_at, LapseReason.NO_LONGER_APPLIES
    if share.until is not None and (ends_at is None or share.until < ends_at):
        ends_at, lapse_reason = share.until, LapseReason.ENDED
    subject = occasion if opened_by.of is not None else None
    is_of_held = isinstance(schedule, ForEach) and schedule.of is Of.HELD
    opening = Opening(
        id=id_of(party=share.named_party),
        id_for_all=None if share.named_party is None else id_of(),
        opened_by=opened_by,
        share=share,
        opened_at=opened_at,
        begin=begin,
        anchor=anchor,
        due_at=due,
        closes_at=closes_at,
        days_left=days_left,
        weight=weight_of(duty, terms),
        subject_id=None if subject is None else subject.subject_id,
        since=None if subject is None else subject.since,
        period_before=period_before,
        ends_at=ends_at,
        lapse_reason=lapse_reason,
        evidence_until=None if ends_at is None or ends_at != occasion_ends_at else ends_learnt_at,
        listed_from=None if occasion is None else occasion.listed_from,
        time_set_at=None if occasion is None else occasion.time_set_for(share.debtor),
        held_entry=occasion.entry if occasion is not None and is_of_held else None,
        unannounced=None if occasion is None else occasion.unannounced,
    )
    if duty.applies is None or _applies(duty, share, min(due, index.as_of), index):
        return opening
    ceased_at = _when_ceased(duty, opening, index)
    closings = known_closings(index)
    if ceased_at is None and closings and _applied_as_known(duty, opening, index):
        ceased_at = opening.opened_at
    if ceased_at is None:
        return None
    if closings:  # nobody could know that there was nothing to do, and what they did counts
        opening = attrs.evolve(opening, evidence_until=max(closings.values()))
    # what ends the engagement also ends its active stage
    if opening.ends_at is not None and opening.ends_at <= ceased_at:
        return attrs.evolve(opening, no_longer_applies=True)
    return attrs.evolve(opening, ends_at=ceased_at, no_longer_applies=True, lapse_reason=LapseReason.NO_LONGER_APPLIES)


def timeline_of(opened_by: DutySchedule, index: EventIndex) -> Timeline:
    """The timeline by which an obligation falls due. No pause stops one that survives."""
    return index.timeline.without_pauses if opened_by.is_surviving else index.timeline


def weight_of(duty: Duty, terms: DutyTerms | None) -> Decimal:
    """How much an obligation of a duty counts, under the terms in force when it was opened."""
    return duty.weight if terms is None or terms.weight is None else terms.weight


# --- whether a duty applies ------------------------------------------------------------------------------------------


@cache
def _condition(text: str) -> Condition:
    return Condition.of(text, schemas()["engagement"])


class _OwedFacts(FactsOverTime):
    """The facts by which a duty applies to whoever owes it. A goal counts as active for as long as its owner owes
    something about it: a client's from when it binds them, and in a group that of nobody else.

    closings: when it was recorded that goals were closed, where that counts and not when they were.
    """

    def __init__(self, share: Share, index: EventIndex, closings: Mapping[str, DateTime]) -> None:
        super().__init__(index.history)
        self._goals = index.goals_of(share)
        self._is_clients = share.role is Role.CLIENT
        self._closings = closings

    @cached_property
    def active_goals(self) -> Spans:
        begins = ((goal, goal.accepted_at if self._is_clients else goal.set_at) for goal in self._goals)
        return Spans(
            (max(begin, goal.set_at), self._closings.get(goal.id, goal.binds_until))
            for goal, begin in begins
            if begin is not None
        )


def _applied_as_known(duty: Duty, opening: Opening, index: EventIndex) -> bool:
    """Whether a duty applied at any time before an obligation was due, as far as was known: what made it not apply was
    said afterwards.
    """
    assert duty.applies is not None
    condition, known = _condition(duty.applies), _facts(opening.share, index, as_known=True)
    end = min(opening.due_at, index.as_of)
    moments = {opening.opened_at, end} | known.changes(opening.opened_at, end, condition.facts)
    return any(condition.evaluate(known.as_of(moment, condition.facts)) is not False for moment in moments)


def _facts(share: Share, index: EventIndex, *, as_known: bool = False) -> FactsOverTime:
    """The facts by which duties apply to whoever owes them. as_known: as far as was known, before what was said
    afterwards.
    """
    key = ("facts", share.role, share.owners, as_known)
    return index.cached(key, lambda index: _OwedFacts(share, index, known_closings(index) if as_known else {}))


def _when_ceased(duty: Duty, opening: Opening, index: EventIndex) -> DateTime | None:
    """When a duty ceased to apply that had applied since the obligation was opened; None where it never applied."""
    assert duty.applies is not None
    end = min(opening.due_at, index.as_of)
    next_change = None
    for moment in reversed(_moments(duty.applies, opening, end, index)):
        if _applies(duty, opening.share, moment, index):
            return next_change or moment
        next_change = moment
    return None


def applicability(opening: Opening, index: EventIndex) -> list[tuple[DateTime, bool]]:
    """Whether the duty's condition held when the obligation was opened, and from each moment on at which its facts changed."""
    if opening.duty.applies is None:
        return []
    end = min(opening.due_at, index.as_of)
    moments = _moments(opening.duty.applies, opening, end, index)
    return [(moment, _applies(opening.duty, opening.share, moment, index)) for moment in moments]


def _moments(condition: str, opening: Opening, end: DateTime, index: EventIndex) -> list[DateTime]:
    """When the obligation was opened, and when after it and up to the end the facts changed that a condition reads."""
    changes = _facts(opening.share, index).changes(opening.opened_at, end, _condition(condition).facts)
    return sorted({opening.opened_at} | changes)


def _applies(duty: Duty, share: Share, moment: DateTime, index: EventIndex) -> bool:
    """Whether a duty's condition holds, or is unknown, by the facts of a moment. Unknown is not false: the duty stays
    owed.
    """
    assert duty.applies is not None
    condition = _condition(duty.applies)
    return condition.evaluate(_facts(share, index).as_of(moment, condition.facts)) is not False
