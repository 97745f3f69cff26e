"""Settling an obligation: from evidence, and from what the other side asserts, to its state at a moment.

1. Evidence meets it: in time up to the due day, late up to the end of the grace.
2. A waiver stands in for a miss, and for being late, whether it was given before or after. Evidence in time meets the obligation all
   the same, and late evidence is left to the next one.
3. A dispute changes nothing until it is decided. Where it was upheld, events recorded before the contest do not count; later ones do.
4. A confirmation by the other side is evidence in itself, at worst late evidence, since it is theirs to give.
5. Without evidence that counts the obligation is open until it closes, and missed after that. But it lapses, and counts for and
   against nobody, where all that is lacking was the other side's to give, and where there was nothing to do.

An event is evidence for one obligation of a schedule: what met one period late does not meet the next, and feedback that names no
session counts for the oldest that still waits for it.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import attrs
from pendulum import DateTime

from coachcore.charter.schedules import Of
from coachcore.engagement.state import Matter
from coachcore.engagement.timeline import NEVER
from coachcore.events import CorrectionConfirmed, EntryCorrected, Event, EvidenceConfirmed, by_occurrence
from coachcore.ledger.adverse import Failure, failure, own_word
from coachcore.ledger.assertions import NOTHING_ASSERTED, Assertions, AssertionsByObligation
from coachcore.ledger.checks import Evidence, lacking
from coachcore.ledger.event_index import ABOUT_SESSIONS, EventIndex
from coachcore.ledger.judgement import Judgement, is_ready, judge
from coachcore.ledger.lapses import lapse_event, whose_act
from coachcore.ledger.obligations import Dispute, LapseReason, Obligation, ObligationState, StateChange
from coachcore.ledger.occasions import GOAL_CLOSED
from coachcore.ledger.opening import Opening, OwnWord, applicability
from coachcore.ledger.replay import in_turn
from coachcore.model.times import MICROSECOND, moved

__all__ = ["settle"]

NOT_IN_TIME = (ObligationState.OPEN, ObligationState.MET_LATE, ObligationState.MISSED)
"""States of an obligation that would not be owed, or not be late, if the session had not been held."""


def settle(
    opening: Opening, index: EventIndex, assertions: AssertionsByObligation, own: Assertions, used: set[str]
) -> tuple[Obligation, Sequence[str]]:
    """The obligation at `as_of`, and the ids of the events that serve it and no other of its pool.

    It lapsed where its occasion, the duty or the engagement ended before it fell due. own: the assertions about it. used: ids of the
    events that serve earlier obligations of its pool.
    """
    is_of_sessions = opening.opened_by.is_of_sessions
    before, word = opening, own_word(opening, index, assertions.about_session) if is_of_sessions else None
    if word is not None and not opening.opened_by.outcome_checks and opening.lapse_reason is not LapseReason.CANCELLED:
        word = None  # it closes nothing: what was over before it was said stays missed meanwhile
    if word is not None:
        opening = _with_own_word(opening, word, index)
    obligation, belonging = _settled(opening, index, own, used)
    if word is not None and word.before is not None and word.contest is not None:
        counting = _with_own_word(before, word.before, index)
        settled = _settled(counting, index, own, used)[0]
        while_counted = _course(settled, counting, index, own, used)
        once_contested = _course(obligation, opening, index, own, used)
        contest = word.contest
        changes = in_turn([(opening.opened_at, None, while_counted), (contest.occurred_at, contest.id, once_contested)])
    elif opening.forms:
        courses = []
        for since, form in opening.forms:
            settled = _settled(form, index, own, used)[0]
            courses.append((since, _session_event(since, index), _course(settled, form, index, own, used)))
        changes = in_turn(courses)
    else:
        changes = _history(obligation, opening, index, own, used)
    if word is not None and word.is_claim and opening.opened_by.outcome_checks:
        obligation = _with_claim(obligation, word)
    if changes is not obligation.changes:
        _complete(obligation, changes=changes)
    return obligation, belonging


def _with_own_word(opening: Opening, word: OwnWord, index: EventIndex) -> Opening:
    """An obligation as what its own side said of the session leaves it: that closes nothing before it counts."""
    if word.counts or word.undecided is not None:
        return attrs.evolve(opening, own_word=word)
    closed_at = None if opening.opened_by.is_surviving else index.timeline.closed_at
    return attrs.evolve(opening, own_word=word, ends_at=closed_at, lapse_reason=LapseReason.ENDED, evidence_until=None)


def _course(
    obligation: Obligation, opening: Opening, index: EventIndex, own: Assertions, used: set[str]
) -> tuple[StateChange, ...]:
    """The states that an obligation went through, as it was opened, from its opening on."""
    return _history(obligation, opening, index, own, used) or obligation.history


def _with_claim(obligation: Obligation, word: OwnWord) -> Obligation:
    """An obligation about which its own side claims what the other side may contest here, having failed in nothing by
    it.
    """
    claimed = attrs.evolve(obligation, claims=(word.entry.id,))
    if obligation.state is not ObligationState.OPEN or word.moment is not None:
        return claimed
    return attrs.evolve(claimed, waits_for=word.waits_for, waits_until=word.waits_until)


def _history(
    obligation: Obligation, opening: Opening, index: EventIndex, own: Assertions, used: set[str]
) -> tuple[StateChange, ...]:
    """The states that an obligation went through, as it was opened; empty where it was opened and at most settled, at `settled_at`."""
    is_plain = own is NOTHING_ASSERTED and opening.listed_from is None and opening.duty.applies is None
    if is_plain and not _is_established_later(obligation, opening, index):
        return obligation.changes
    applies = applicability(opening, index)
    opened_at = _exists_from(opening, applies)
    has_turns = own is not NOTHING_ASSERTED and bool(own.turns) and not opening.is_standing
    if (
        has_turns
        or not all(does_apply for _, does_apply in applies)
        or opened_at > opening.opened_at
        or _is_established_later(obligation, opening, index)
    ):
        return _with_lapses(_changes(obligation, opening, index, own, used, opened_at), applies, opening, index)
    return obligation.changes


def _session_event(moment: DateTime, index: EventIndex) -> str | None:
    """The event of a moment by which a session was booked, moved, held or cancelled; None where there is none."""
    events = [event for event in index.all.between(moment, moment) if isinstance(event.content, ABOUT_SESSIONS)]
    return events[-1].id if events else None


def _settled(opening: Opening, index: EventIndex, own: Assertions, used: set[str]) -> tuple[Obligation, Sequence[str]]:
    """The obligation, and the ids of the events that serve it and no other of its pool."""
    if opening.opened_by.is_standing:
        return _standing(opening, index, own), ()
    failed = failure(opening, index, own) if opening.opened_by.is_of_sessions else None
    if failed is None or not failed.entries:
        return _judged(opening, index, own, used, None)
    if failed.has_failed or failed.cleared_by or failed.is_outcome_cleared:
        opening = attrs.evolve(
            opening,
            has_failed=failed.has_failed,
            cleared_by=failed.cleared_by,
            is_outcome_cleared=failed.is_outcome_cleared,
        )
    obligation, belonging = _judged(opening, index, own, used, failed)
    fields: dict[str, Any] = {}
    if adverse_entries := failed.adverse_entries:
        fields["adverse_entries"] = adverse_entries
    if (obligation.state in NOT_IN_TIME or failed.is_attendance_contested) and (asked_by := failed.asked_by):
        fields["asked_by"] = asked_by
    if obligation.state is ObligationState.OPEN and (waiting := failed.waiting) is not None:
        fields.update(waits_for=waiting.waits_for, waits_until=waiting.moment)
    _complete(obligation, **fields)
    return obligation, belonging


def _complete(obligation: Obligation, **fields: Any) -> None:
    """Set fields of an obligation that was just made. Nobody else has it yet, and a copy would cost a third of settling it."""
    for name, value in fields.items():
        object.__setattr__(obligation, name, value)


def _judged(
    opening: Opening, index: EventIndex, own: Assertions, used: set[str], failed: Failure | None
) -> tuple[Obligation, Sequence[str]]:
    """The obligation by evidence, what was entered against it (None where nothing was), and what the parties said."""
    ends_at = opening.ends_at
    ends_before_due = ends_at is not None and (ends_at < opening.due_at or opening.no_longer_applies)
    lapses_at = ends_at if ends_before_due else None
    contested_version = own.contested_version(opening.role)
    end = lapses_at or opening.closes_at
    if lapses_at is not None and opening.evidence_until is not None:
        end = max(lapses_at, min(opening.evidence_until, opening.closes_at))
    judgement = judge(opening, index, used, end, contested_version)
    if failed is not None and failed.is_attendance_contested and not judgement.is_in_time:
        judgement = attrs.evolve(judgement, evidence=None)  # it would be late only if the session was held
    evidence, is_in_time = _confirmed(opening, own, judgement, lapses_at)
    if own.waived_at is not None and not (evidence is not None and is_in_time):
        return _obligation(opening, ObligationState.WAIVED, own.waived_at, own, index), ()
    belonging = judgement.used
    if evidence is not None:
        state = ObligationState.MET if is_in_time else ObligationState.MET_LATE
        obligation = _obligation(opening, state, evidence.met_at, own, index, evidence.event_ids)
        if lapses_at is not None and evidence is judgement.evidence:
            cancelling = _own_cancelling(opening, lapses_at, index)
            if cancelling is not None:
                lapsed_at = _once_it_counts(lapses_at, opening.own_word)
                cancelled = _lapsed(opening, own, index, lapsed_at, LapseReason.CANCELLED, cancelling)
                _complete(cancelled, changes=(*obligation.history, cancelled.history[-1]))
                return cancelled, belonging
        late_from = judgement.late_from
        if late_from is not None and late_from.met_at < evidence.met_at:
            _complete(obligation, changes=_met_late_before(obligation, late_from, opening))
        return obligation, belonging
    word = opening.own_word
    if word is not None and word.undecided is not None and word.moment is not None:
        return _lapsed(opening, own, index, word.moment, LapseReason.UNDECIDED, word.undecided), belonging
    if lapses_at is not None and not judgement.was_met:
        lapsed_at = end if opening.no_longer_applies else lapses_at
        if index.as_of < lapsed_at:  # it may still be met by what is done before the other side says that it was over
            return _obligation(opening, ObligationState.OPEN, None, own, index), belonging
        event = lapse_event(opening, lapses_at, opening.lapse_reason, index)
        # it is over from the session's start on
        if event is None and (outcome_at := _outcome(opening, index)) is not None:
            event = lapse_event(opening, outcome_at, opening.lapse_reason, index)
            lapsed_at = max(lapsed_at, outcome_at)
        if event is None and opening.no_longer_applies:
            closings = (event for kind in GOAL_CLOSED for event in index.of_type(kind))
            event = next((event for event in closings if event.recorded_at == opening.evidence_until), None)
        return _lapsed(opening, own, index, _once_it_counts(lapsed_at, word), opening.lapse_reason, event), belonging
    cleared = None if failed is None else failed.cleared_outcome
    # no session took place, and nobody says that they failed; but who had not prepared for it has once it is said that one did
    if cleared is not None and not opening.has_failed and is_ready(opening, index, used, contested_version):
        assert cleared.moment is not None
        cause = index.history.state.events.get(cleared.cleared_by or "")
        return _lapsed(opening, own, index, cleared.moment, LapseReason.CANCELLED, cause), belonging
    has_closed = index.as_of > opening.closes_at and not (word is not None and word.moment is None)
    if has_closed and (failed is None or failed.waiting is None):
        closed_at = moved(opening.closes_at, MICROSECOND)
        undecided = None if failed is None else failed.undecided
        if undecided is not None and undecided.moment is not None:
            return _lapsed(
                opening, own, index, max(closed_at, undecided.moment), LapseReason.UNDECIDED, undecided.contest
            ), belonging
        is_unread = failed is not None and failed.is_unread
        if (judgement.is_known and not is_unread) or contested_version:
            if judgement.lapse_reason is not None and not judgement.was_met:
                return _lapsed(opening, own, index, closed_at, judgement.lapse_reason), belonging
            counts_from = None if failed is None else failed.counts_from
            since = None if word is None else word.moment
            missed_at = max(filter(None, (closed_at, counts_from, since)))
            missed = _obligation(opening, ObligationState.MISSED, missed_at, own, index)
            if parts := lacking(opening, index):
                _complete(missed, lacking=parts)
            return missed, belonging
        if index.ended_at is not None:  # nobody can say any more how the session went
            return _lapsed(opening, own, index, max(closed_at, index.ended_at), LapseReason.NOT_JUDGED), belonging
    return _obligation(opening, ObligationState.OPEN, None, own, index), belonging


def _lapsed(
    opening: Opening,
    own: Assertions,
    index: EventIndex,
    moment: DateTime,
    reason: LapseReason,
    event: Event | None = None,
) -> Obligation:
    """The obligation as lapsed at a moment. event: the one by which it did."""
    return _obligation(opening, ObligationState.LAPSED, moment, own, index, lapse_reason=reason, lapse_event=event)


def _once_it_counts(moment: DateTime, word: OwnWord | None) -> DateTime:
    """A moment, or when what its own side said of the session came to count, where that was later."""
    return moment if word is None or word.moment is None else max(moment, word.moment)


def _own_cancelling(opening: Opening, cancelled_at: DateTime, index: EventIndex) -> Event | None:
    """The event by which the side that owes something about a session entered that it was cancelled; None where it did not.

    What they had done for it earns nothing then: else one could book sessions with an agenda and cancel them.
    """
    if opening.of is not Of.SESSION or opening.lapse_reason is not LapseReason.CANCELLED:
        return None
    event = lapse_event(opening, cancelled_at, LapseReason.CANCELLED, index)
    return event if event is not None and event.actor.role is opening.role else None


def _met_late_before(obligation: Obligation, late_from: Evidence, opening: Opening) -> tuple[StateChange, ...]:
    """The states of an obligation that was met late, by what was entered too late, before it was met by evidence that was not."""
    assert obligation.settled_at is not None
    met_late_at = max(late_from.met_at, opening.opened_at)
    return (
        StateChange(opening.opened_at, ObligationState.OPEN),
        StateChange(met_late_at, ObligationState.MET_LATE, late_from.event_ids[-1]),
        StateChange(obligation.settled_at, obligation.state, obligation.cause),
    )


# --- how it came to its state ----------------------------------------------------------------------------------------


def _outcome(opening: Opening, index: EventIndex, evidence: Sequence[str] = ()) -> DateTime | None:
    """When it was said how the session went that an obligation depends on; None where it depends on none, or the other
    side confirmed it.

    evidence: ids of the events that met it.
    """
    events = index.history.state.events
    if not opening.opened_by.outcome_checks or any(
        event_id in events and isinstance(events[event_id].content, EvidenceConfirmed) for event_id in evidence
    ):
        return None
    session = index.history.state.sessions.get(opening.subject_id or "")
    return None if session is None else session.settled_at


def _exists_from(opening: Opening, applies: Sequence[tuple[DateTime, bool]]) -> DateTime:
    """From when a ledger lists the obligation: once its occasion is known, as a session that was held, and its duty applies."""
    if not applies:
        return opening.opened_at if opening.listed_from is None else max(opening.opened_at, opening.listed_from)
    applies_from = next((moment for moment, does_apply in applies if does_apply), opening.opened_at)
    return max(applies_from, opening.listed_from or applies_from)


def _with_lapses(
    changes: Sequence[StateChange], applies: Sequence[tuple[DateTime, bool]], opening: Opening, index: EventIndex
) -> tuple[StateChange, ...]:
    """The changes, and where the obligation was open and its duty did not apply for a while, that it lapsed and was owed again."""
    changes = [_once_it_applies(change, applies) for change in changes]
    whole: list[StateChange] = []
    ends = [change.changed_at for change in changes[1:]] + [NEVER]
    for change, end in zip(changes, ends, strict=True):
        whole.append(change)
        if change.state is not ObligationState.OPEN:
            continue
        for moment, does_apply in applies:
            state = ObligationState.OPEN if does_apply else ObligationState.LAPSED
            if change.changed_at < moment < end and whole[-1].state is not state:
                reason = None if does_apply else LapseReason.NO_LONGER_APPLIES
                event = None if reason is None else lapse_event(opening, moment, reason, index)
                whole.append(StateChange(moment, state, None if event is None else event.id, reason))
    return tuple(
        change for number, change in enumerate(whole) if number == 0 or whole[number - 1].state is not change.state
    )


def _once_it_applies(change: StateChange, applies: Sequence[tuple[DateTime, bool]]) -> StateChange:
    """A change, from when a ledger shows it: what was done while the duty did not apply shows once it applies again."""
    if change.state not in (ObligationState.MET, ObligationState.MET_LATE):
        return change
    following = [*(moment for moment, _ in applies[1:]), NEVER]
    for (moment, does_apply), end in zip(applies, following, strict=False):
        if not does_apply and moment < change.changed_at < end != NEVER:
            return attrs.evolve(change, changed_at=end)
    return change


def _known_from(
    state: ObligationState,
    settled_at: DateTime,
    evidence: Sequence[str],
    opening: Opening,
    index: EventIndex,
    own: Assertions,
) -> DateTime:
    """When it was known that the obligation had been settled: when the last event was recorded that its state rests on."""
    if not evidence and own is NOTHING_ASSERTED and not opening.opened_by.outcome_checks:
        return settled_at
    ids = set(evidence)
    if state is ObligationState.WAIVED and own.waiver is not None:
        ids.add(own.waiver.id)
    elif state not in (ObligationState.MET, ObligationState.MET_LATE):
        ids.update(event.id for event in own.resolutions.values())
    if _outcome(opening, index, evidence) is not None:
        kinds = ("SessionHeld", "SessionMissed", "SessionCancelled")
        ids.update(event.id for kind in kinds for event in index.about(kind, opening.subject_id or ""))
    events = index.history.state.events
    recorded = [event.recorded_at for event_id in ids if (event := events.get(event_id)) is not None]
    if index.history.state.corrected and not index.history.state.corrected.isdisjoint(ids):
        recorded += [
            event.recorded_at
            for event in index.of_type("EntryCorrected")
            if isinstance(event.content, EntryCorrected) and event.content.entry_id in ids
            if not event.content.needs_consent
        ]
        recorded += [
            event.recorded_at
            for event in index.of_type("CorrectionConfirmed")
            if isinstance(event.content, CorrectionConfirmed)
            and isinstance(proposal := events[event.content.entry_id].content, EntryCorrected)
            and proposal.entry_id in ids
        ]
    return max([settled_at, *recorded])


def _established_at(obligation: Obligation, opening: Opening, index: EventIndex) -> DateTime:
    """From when a ledger shows the state of a settled obligation: its evidence may say of an earlier moment that it was met then."""
    assert obligation.settled_at is not None
    established_at = obligation.settled_at
    for event_id in obligation.evidence:
        event = index.history.state.events.get(event_id)
        if event is not None and event.occurred_at > established_at:
            established_at = event.occurred_at
    word = opening.own_word
    if word is not None and word.moment is not None and word.entry.id in obligation.evidence:
        established_at = max(established_at, word.moment)
    outcome_at = _outcome(opening, index, obligation.evidence)
    return established_at if outcome_at is None else max(established_at, outcome_at)


def _is_established_later(obligation: Obligation, opening: Opening, index: EventIndex) -> bool:
    settled_at = obligation.settled_at
    return settled_at is not None and _established_at(obligation, opening, index) > settled_at


def _changes(
    settled: Obligation, opening: Opening, index: EventIndex, own: Assertions, used: set[str], opened_at: DateTime
) -> tuple[StateChange, ...]:
    """The states that the obligation went through, from its opening on, each from when a ledger shows it.

    Between two assertions it stands as if there were no later ones, so it is settled anew for each of them.
    """
    turns = own.turns
    changes = [StateChange(opened_at, ObligationState.OPEN)]

    def change(moment: DateTime, state: ObligationState, cause: str | None, reason: LapseReason | None) -> None:
        if changes[-1].state is not state:
            changes.append(StateChange(max(moment, opened_at), state, cause, reason))

    for number in range(len(turns) + 1):
        turn = turns[number - 1] if number else None
        begin = turn.occurred_at if turn is not None else opened_at
        end = turns[number].occurred_at if number < len(turns) else None
        if end is not None and end <= begin:
            continue
        assertions = own.limited_to(turns[:number])
        obligation = _settled(opening, index, assertions, used)[0] if turns else settled
        turn_id = None if turn is None else turn.id
        if obligation.settled_at is None:
            change(begin, ObligationState.OPEN, turn_id, None)
            continue
        established_at = _established_at(obligation, opening, index)
        last = StateChange(established_at, obligation.state, obligation.cause, obligation.lapse_reason)
        # of what is waived, only evidence in time counts
        steps = [last] if assertions.waiver is not None else [*obligation.changes[1:-1], last]
        current = next((step for step in reversed(steps) if step.changed_at <= begin), None)
        if current is not None:
            change(begin, current.state, turn_id, current.lapse_reason)
        else:
            is_waived = assertions.waived_at is not None and assertions.waived_at <= begin
            change(begin, ObligationState.WAIVED if is_waived else ObligationState.OPEN, turn_id, None)
        for step in steps:
            if begin < step.changed_at and (end is None or step.changed_at < end):
                change(step.changed_at, step.state, step.cause, step.lapse_reason)
    return tuple(changes)


def _confirmed(
    opening: Opening, own: Assertions, judgement: Judgement, lapses_at: DateTime | None
) -> tuple[Evidence | None, bool]:
    """What meets an obligation and whether in time: the evidence, or the other side's confirmation, whichever came first."""
    for event in own.confirmations:
        confirmed_at = event.occurred_at
        if event.version <= own.contested_version(opening.role) or (lapses_at is not None and confirmed_at > lapses_at):
            continue
        if judgement.evidence is None or judgement.evidence.met_at > confirmed_at:
            return Evidence(confirmed_at, (event.id,)), confirmed_at <= opening.due_at
        break
    return judgement.evidence, judgement.is_in_time


def _obligation(
    opening: Opening,
    state: ObligationState,
    settled_at: DateTime | None,
    own: Assertions,
    index: EventIndex,
    event_ids: Iterable[str] = (),
    *,
    lapse_reason: LapseReason | None = None,
    lapse_event: Event | None = None,
    dispute: Dispute | None = None,
) -> Obligation:
    """The obligation in a state. dispute: how one about it stands; by what was asserted about it when omitted."""
    evidence, timeline = tuple(event_ids), index.timeline
    lapse_id = None if lapse_event is None else lapse_event.id
    known_from = None
    if settled_at is not None:
        settled_at = max(settled_at, opening.opened_at)
        grounds = evidence if lapse_id is None else (*evidence, lapse_id)
        known_from = _known_from(state, settled_at, grounds, opening, index, own)
    opened_by, share, due_at = opening.opened_by, opening.share, opening.due_at
    is_stopped = due_at == NEVER
    return Obligation(
        id=opening.id,
        duty_id=opened_by.duty.id,
        role=share.role,
        party=share.party,
        owed_to=share.owed_to,
        parties=share.parties,
        opened_at=opening.opened_at,
        due_at=None if is_stopped else due_at,
        closes_at=None if opening.closes_at == NEVER else opening.closes_at,
        days_left=opening.days_left,
        state=state,
        weight=opening.weight,
        evidence=evidence,
        dispute=own.dispute(index) if dispute is None else dispute,
        is_confirmed=bool(own.confirmations)
        and any(event.version > own.contested_version(opening.role) for event in own.confirmations),
        is_standing=opened_by.is_standing,
        is_waivable=opened_by.is_waivable,
        settled_at=settled_at,
        known_from=known_from,
        lapse_reason=lapse_reason,
        lapse_event=lapse_id,
        lapsed_by=None if lapse_event is None else whose_act(lapse_event, timeline),
        of=opened_by.of,
        schedule_number=opened_by.number,
        subject_id=opening.subject_id,
        zone=timeline.zone_at((settled_at or opening.opened_at) if is_stopped else due_at),
    )


def _standing(opening: Opening, index: EventIndex, own: Assertions) -> Obligation:
    """Met when it ends unless a breach was upheld. A breach that nobody has decided yet is a dispute, and changes nothing.

    A breach concerns whoever carried the duty when it happened. Several breaches count as one, and all are named.
    """
    reported = [
        (event, breach)
        for event in _breach_events(index)
        if (breach := index.history.state.breaches.get(getattr(event.content, "breach_id", event.id))) is not None
        and breach.about == opening.duty.id
        and opening.begin <= breach.happened_at
        and (opening.ends_at is None or breach.happened_at < opening.ends_at)
    ]
    dispute = _dispute_of([breach for _, breach in reported], index)
    upheld = [(event, breach.closed_at) for event, breach in reported if breach.upheld and breach.closed_at is not None]
    ended = min(filter(None, (opening.ends_at, index.timeline.closed_at)), default=None)
    if upheld:
        first = min(closed_at for _, closed_at in upheld)
        if own.waived_at is None or first < own.waived_at:
            event_ids = [event.id for event, _ in upheld]
            missed = _obligation(opening, ObligationState.MISSED, first, own, index, event_ids, dispute=dispute)
            changes: tuple[StateChange, ...] = ()
            if ended is not None and ended < first:  # it was met until somebody decided otherwise
                opened = StateChange(opening.opened_at, ObligationState.OPEN)
                met = StateChange(ended, ObligationState.MET)
                changes = (opened, met, StateChange(first, ObligationState.MISSED, missed.cause))
            _complete(missed, changes=changes)
            return missed
    if own.waived_at is not None:
        return _obligation(opening, ObligationState.WAIVED, own.waived_at, own, index)
    if ended is None or ended > index.as_of:
        return _obligation(opening, ObligationState.OPEN, None, own, index, dispute=dispute)
    if index.source_can_tell({"BreachReported"}, opening.opened_at):
        return _obligation(opening, ObligationState.MET, ended, own, index, dispute=dispute)
    reason = LapseReason.SOURCE_CANNOT_TELL
    return _obligation(opening, ObligationState.LAPSED, ended, own, index, lapse_reason=reason)


def _breach_events(index: EventIndex) -> list[Event]:
    """The events that may have opened a breach, in order of occurrence."""
    events = [*index.of_type("BreachReported"), *index.of_type("InformationDisclosed")]
    return sorted(events, key=by_occurrence)


def _dispute_of(breaches: Sequence[Matter], index: EventIndex) -> Dispute:
    """How the breaches of a standing duty stand: one that waits for a decision counts before one that was decided."""
    if not breaches:
        return Dispute.NONE
    standings = set()
    for breach in breaches:
        if breach.closed_at is not None:
            standings.add(Dispute.UPHELD if breach.upheld else Dispute.NOT_UPHELD)
            continue
        ends_at = index.timeline.window_end(index.windows.decision, breach.recorded_at)
        standings.add(Dispute.RAISED if index.as_of <= ends_at else Dispute.UNDECIDED)
    return next(dispute for dispute in BREACHES_FIRST if dispute in standings)


BREACHES_FIRST = (Dispute.RAISED, Dispute.UPHELD, Dispute.UNDECIDED, Dispute.NOT_UPHELD)
