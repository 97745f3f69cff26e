"""What rests on acts that the table of powers would refuse today: events of 0.1, and what was imported, keep their effect.

Each act over the ledger is put before the guards again, with the engagement and its obligation as they were before it. Only who acted,
about what, when and with whose consent is looked at. How the obligation stood decided the guards of 0.1 as well, and may be known only
by charters and rules that have changed since.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import StrEnum
from itertools import takewhile
from typing import Any, Final

import attrs
from pendulum import DateTime

from coachcore import events as e
from coachcore.charter import Charter, Duty
from coachcore.engagement.decide import objection
from coachcore.engagement.history import History, as_counted
from coachcore.engagement.state import Goal, Matter, State
from coachcore.errors import NotAllowed, NotFound, Refused
from coachcore.events import Content, EntryCorrected, Event
from coachcore.ledger.event_index import conditions_met
from coachcore.ledger.obligations import Dispute, Obligation, ObligationState, StateChange
from coachcore.model.agreement import Agreement
from coachcore.model.parties import Actor, Role

__all__ = ["Objection", "RestsOn", "acts_refused_today", "resting_on"]


class Objection(StrEnum):
    """Why the table of powers would refuse an act today."""

    DATED_BACK = "dated_back"
    NOT_ENTITLED = "not_entitled"
    """Whoever acted may not do it: it was their own obligation, or neither they nor their side was owed it."""
    NOT_WAIVABLE = "not_waivable"
    NOT_TRANSFERABLE = "not_transferable"
    NOT_ACCEPTED = "not_accepted"
    """The duty passed without the acceptance of whoever carries it then."""
    TOO_LATE = "too_late"


OBJECTIONS: Final[Mapping[str, Objection]] = {
    "time.not_allowed": Objection.DATED_BACK,
    "waiver.not_allowed": Objection.NOT_WAIVABLE,
    "handover_duty.not_allowed": Objection.NOT_TRANSFERABLE,
    "handover_consent.missing": Objection.NOT_ACCEPTED,
    "window.closed": Objection.TOO_LATE,
}
"""By the code of a refusal; every other NotAllowed is of whoever acted."""
ACTS: Final = (
    e.EvidenceConfirmed,
    e.EvidenceContested,
    e.DisputeResolved,
    e.BreachResolved,
    e.ObligationWaived,
    e.DutyHandedOver,
    e.ContentErased,
)


@attrs.frozen(kw_only=True)
class RestsOn:
    """An obligation whose state rests on an act that the table of powers would refuse today.

    event_id, event_type, actor, recorded_at: of the act. objection: why it would be refused.
    """

    obligation: Obligation
    event_id: str
    event_type: str
    actor: Actor
    recorded_at: DateTime
    objection: Objection


def acts_refused_today(
    history: History, charter: Charter, obligations: Iterable[Obligation]
) -> tuple[tuple[Event, Objection], ...]:
    """The acts over the ledger that the table of powers would refuse today, in the order in which they were recorded.

    obligations: those that may rest on them; what was said of others is left out.
    """
    by_id = {obligation.id: obligation for obligation in obligations}
    refused: list[tuple[Event, Objection]] = []
    for event in map(as_counted, history.recorded):
        if not isinstance(event.content, ACTS):
            continue
        context = _Then(event, history, charter, by_id)
        try:
            error = objection(_state_before(event, history), event, context)
            reason = None if error is None else _objection_of(error, event, context)
        except NotFound:
            continue  # about an obligation that is not among these
        if reason is not None:
            refused.append((event, reason))
    return tuple(refused)


def _state_before(event: Event, history: History) -> State:
    """The state as far as the guards of an act read it: of today, with the agreement of then and without what the act itself did.

    Folding all events anew up to each act would take several times what the statement takes.
    """
    state, content = history.state, event.content
    changes: dict[str, Any] = {"agreement": history.timeline.agreement_at(event.recorded_at)}
    if isinstance(content, e.EvidenceContested):
        changes["disputes"] = state.disputes.discard(content.dispute_id)
    elif isinstance(content, e.DisputeResolved) and (dispute := state.disputes.get(content.dispute_id)) is not None:
        undecided = attrs.evolve(dispute, closed_at=None, upheld=None)
        changes["disputes"] = state.disputes.insert(content.dispute_id, undecided)
    elif isinstance(content, e.BreachResolved) and (breach := state.breaches.get(content.breach_id)) is not None:
        undecided = attrs.evolve(breach, closed_at=None, upheld=None)
        changes["breaches"] = state.breaches.insert(content.breach_id, undecided)
    elif isinstance(content, e.DutyHandedOver):
        changes["handovers"] = tuple(each for each in state.handovers if each.occurred_at < event.occurred_at)
    return state.with_changes(**changes)


def _objection_of(error: Refused, event: Event, context: "_Then") -> Objection | None:
    if error.code in OBJECTIONS:
        return OBJECTIONS[error.code]
    if not isinstance(error, NotAllowed) or error.code.startswith("party."):
        return None  # 0.1 asked too whether whoever acted was a party
    content = event.content
    if isinstance(content, e.EvidenceContested) and context.obligation(content.obligation_id).role is event.actor.role:
        return None  # an adverse entry was contested, which may have been withdrawn since
    return Objection.NOT_ENTITLED


def resting_on(
    obligations: Iterable[Obligation], acts: Sequence[tuple[Event, Objection]], state: State, charter: Charter
) -> tuple[RestsOn, ...]:
    """The obligations whose state rests on one of these acts, each with the first of them."""
    if not acts:  # as of most engagements
        return ()
    return tuple(
        RestsOn(
            obligation=obligation,
            event_id=event.id,
            event_type=event.type,
            actor=event.actor,
            recorded_at=event.recorded_at,
            objection=reason,
        )
        for obligation in obligations
        for event, reason in [act for act in acts if _rests(obligation, act[0], state, charter)][:1]
    )


def _rests(obligation: Obligation, event: Event, state: State, charter: Charter) -> bool:
    match event.content:
        case e.DutyHandedOver(duty_id=duty_id):
            if obligation.duty_id != duty_id:
                return False
            handovers = [each for each in state.handovers if each.duty_id == duty_id]
            carried = [each for each in handovers if each.occurred_at <= obligation.opened_at]
            return bool(carried) and carried[-1].occurred_at == event.occurred_at
        case e.EvidenceContested(obligation_id=obligation_id):
            return obligation.id == obligation_id and obligation.dispute in (Dispute.RAISED, Dispute.UPHELD)
        case e.DisputeResolved(dispute_id=dispute_id):
            dispute = state.disputes.get(dispute_id)
            return dispute is not None and dispute.about == obligation.id
        case e.BreachResolved(breach_id=breach_id):
            breach = state.breaches.get(breach_id)
            return breach is not None and _is_of_breach(obligation, breach)
        case e.ContentErased(entry_ids=entry_ids):
            erased = [state.events[entry_id] for entry_id in entry_ids if entry_id in state.events]
            return any(_could_settle(entry, obligation, charter) for entry in erased)
        case _:
            return event.id in {*obligation.evidence, *(change.cause for change in obligation.history)}


def _is_of_breach(obligation: Obligation, breach: Matter) -> bool:
    """Whether a standing obligation is the one that a breach was of: of its duty, and of the time in which it was owed."""
    if not obligation.is_standing or obligation.duty_id != breach.about:
        return False
    ended_at = obligation.due_at
    return obligation.opened_at <= breach.happened_at and (ended_at is None or breach.happened_at <= ended_at)


def _could_settle(entry: Event, obligation: Obligation, charter: Charter) -> bool:
    """Whether an erased entry was evidence about an obligation, or may have been: of its time, and of a type its duty asks for."""
    if entry.id in obligation.evidence:
        return True
    closes_at = obligation.closes_at
    if entry.occurred_at < obligation.opened_at or (closes_at is not None and entry.occurred_at > closes_at):
        return False
    return any(pattern.type == entry.type for pattern in charter.duty(obligation.duty_id).patterns)


class _Then:
    """What `decide` needs to know beyond the state (`engagement.references.Context`), at the moment when an act was recorded."""

    is_import = False
    is_host = True  # what a host did on a ground of the law is no act of a party

    def __init__(self, event: Event, history: History, charter: Charter, obligations: Mapping[str, Obligation]) -> None:
        self.recorded_at = event.recorded_at
        self._event = event
        self._history = history
        self._charter = charter
        self._obligations = obligations

    def charter(self, agreement: Agreement) -> Charter:
        return self._charter

    def duty(self, duty_id: str, agreement: Agreement) -> Duty:
        return self._charter.duty(duty_id)

    def obligation(self, obligation_id: str) -> Obligation:
        """The obligation as it was before the act."""
        obligation = self._obligations.get(obligation_id)
        if obligation is None:
            raise NotFound("obligation.unknown", f"there is no obligation {obligation_id!r}", "see ledger.obligations")
        opened, *changes = obligation.history
        before = list(takewhile(self._was_before, changes))
        last = before[-1] if before else opened
        settled_at = None if last.state is ObligationState.OPEN else last.changed_at
        return attrs.evolve(obligation, state=last.state, settled_at=settled_at)

    def _was_before(self, change: StateChange) -> bool:
        return change.cause != self._event.id and change.changed_at < self.recorded_at

    def statement_digest(
        self, whose: Role | Actor, stood_at: DateTime, since: DateTime | None, until: DateTime | None
    ) -> str:
        return ""  # receipts are not looked at

    def goal_errors(self, goal: Goal) -> tuple[()]:
        return ()  # what a goal was agreed as stays agreed

    def recorded(self, event_id: str) -> Event | None:
        return self._history.state.events.get(event_id)

    def conditions_met(self, content: Content) -> Collection[str]:
        return conditions_met(content, [self._charter])

    def favours(self, role: Role, correction: EntryCorrected) -> bool:
        return False  # corrections are not looked at

    def events_between(self, begin: DateTime, end: DateTime) -> Iterable[Event]:
        return ()  # no act over the ledger asks for them
