"""Powers over the ledger: who may confirm, contest, waive, decide and hand over, about whose obligation, and until when.

Four principles stand behind the table. What is against one's own interest one may do alone. What helps oneself needs the other side.
What hurts the other side needs their consent, or their silence once they could read it, or somebody who has no part in it. What
stays undecided counts as if it had never been said. So neither side can improve its own record, or worsen the other's, alone.

The obligation's own role decides, not who carries the duty now: a duty that is handed over takes none of its past with it. An act of
speech takes effect when it is recorded, and cannot be dated back.

What was recorded elsewhere before, and is imported, keeps its effect: no window has expired for it, and what could be waived or handed
over when it was recorded stays so.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, Final, Protocol

import attrs
from pendulum import DateTime

from coachcore import events as e
from coachcore.engagement.guards import check_new, check_open, existing
from coachcore.engagement.references import Context
from coachcore.engagement.state import Matter, State
from coachcore.errors import NotAllowed, Refused
from coachcore.events import Content
from coachcore.model.parties import Actor, Role
from coachcore.model.times import Period
from coachcore.model.value import with_changes

__all__ = ["DECISION", "POWERS", "POWER_GUARDS", "SPEECH", "Power", "Standing", "Window"]

ANSWER = Period(days=14)
"""How long the other side has to answer what it can read: the middle of what marketplaces and schools give."""
DECISION = Period(days=30)
"""How long a dispute waits for a decision before it counts as undecided."""


class Standing(StrEnum):
    """How whoever acts stands to the obligation."""

    DEBTOR = "debtor"
    """The role that owes it."""
    CREDITOR = "creditor"
    """The role that it is owed to: the other of coach and client."""
    SUPERVISOR = "supervisor"
    """Somebody who has no part in it."""


class Window(StrEnum):
    """Until when an act is possible."""

    WHILE_OPEN_OR_ENDED = "from its opening until 14 days after the engagement's end"
    AFTER_EVIDENCE = "14 days from when the evidence can be read"
    BEFORE_OR_AFTER_MISS = "from its opening until 30 days after it was missed"
    UNDECIDED = "while it is undecided, 30 days"
    AFTER_OFFER = "14 days from the offer"
    ANY = "at any time"


@attrs.frozen(kw_only=True)
class Power:
    """What one act over the ledger takes: by whom, about whose obligation, until when, and what comes of it.

    effect, undone_by: in words, for the reference page.
    """

    act: type[Content]
    actors: frozenset[Standing]
    window: Window
    effect: str
    undone_by: str


POWERS: Final[tuple[Power, ...]] = (
    Power(
        act=e.EvidenceConfirmed,
        actors=frozenset({Standing.CREDITOR}),
        window=Window.WHILE_OPEN_OR_ENDED,
        effect="met, or met late after its due day, on the day of the confirmation",
        undone_by="a dispute that is decided",
    ),
    Power(
        act=e.EvidenceContested,
        actors=frozenset({Standing.CREDITOR}),
        window=Window.AFTER_EVIDENCE,
        effect="in dispute; its state stays until the dispute is decided",
        undone_by="withdrawing it",
    ),
    Power(
        act=e.DisputeResolved,
        actors=frozenset({Standing.DEBTOR, Standing.CREDITOR, Standing.SUPERVISOR}),
        window=Window.UNDECIDED,
        effect="the debtor may concede it, the creditor withdraw it, a supervisor decide it either way",
        undone_by="nothing",
    ),
    Power(
        act=e.ObligationWaived,
        actors=frozenset({Standing.CREDITOR}),
        window=Window.BEFORE_OR_AFTER_MISS,
        effect="waived where it would be missed or late; evidence in time meets it all the same",
        undone_by="the debtor meets it",
    ),
    Power(
        act=e.DutyHandedOver,
        actors=frozenset({Standing.DEBTOR}),
        window=Window.ANY,
        effect="nothing until it is accepted; the offer lapses after 14 days",
        undone_by="nobody accepting it",
    ),
    Power(
        act=e.HandoverAccepted,
        actors=frozenset({Standing.CREDITOR}),
        window=Window.AFTER_OFFER,
        effect="the new owner owes what opens from then on; in the period under way the old one stays, and either's evidence counts",
        undone_by="offering it back",
    ),
)
"""The acts over the ledger. `docs/reference/powers.md` is this table, and the guards below enforce it."""

SPEECH: Final = frozenset(
    {
        e.AgreementAccepted,
        e.AgreementAmended,
        e.BreachResolved,
        e.DisputeResolved,
        e.DutyHandedOver,
        e.EngagementResumed,
        e.HandoverAccepted,
        e.EvidenceConfirmed,
        e.EvidenceContested,
        e.ObligationWaived,
        e.StatementAcknowledged,
    }
)
"""Acts of speech, which take effect when they are recorded."""


class _Obligation(Protocol):
    """What the guards read of an obligation of the ledger."""

    @property
    def id(self) -> str: ...
    @property
    def duty_id(self) -> str: ...
    @property
    def role(self) -> Role: ...
    @property
    def state(self) -> str: ...
    @property
    def evidence(self) -> tuple[str, ...]: ...
    @property
    def settled_at(self) -> DateTime | None: ...


class _Duty(Protocol):
    @property
    def is_surviving(self) -> bool: ...
    @property
    def is_waivable(self) -> bool: ...
    @property
    def is_transferable(self) -> bool: ...


def _obligation(context: Context, obligation_id: str) -> _Obligation:
    obligation: Any = context.obligation(obligation_id)  # the layers above say which class it is
    typed: _Obligation = obligation
    return typed


def _duty(context: Context, duty_id: str, state: State) -> _Duty:
    duty: Any = context.duty(duty_id, state.agreement)
    typed: _Duty = duty
    return typed


def _check_creditor(obligation: _Obligation, actor: Actor, verb: str) -> None:
    if actor.role is not obligation.role.counterpart:
        raise NotAllowed(
            "obligation.not_allowed",
            f"the {actor.role} cannot {verb} their own obligation",
            f"that is for the {obligation.role.counterpart}, to whom it was owed",
        )


def _after(moment: DateTime, period: Period, state: State) -> DateTime:
    return period.after(moment, state.zone)


def _refuse_too_late(act: str, since: str, ended_at: DateTime) -> Refused:
    return Refused(
        "window.closed",
        f"{act} was possible until {ended_at}: {since}",
        "settle it between you, or raise a concern; what stands, stands",
    )


def _confirm(state: State, content: e.EvidenceConfirmed, actor: Actor, now: DateTime, context: Context) -> None:
    obligation = _obligation(context, content.obligation_id)
    _check_creditor(obligation, actor, "confirm")
    if obligation.state == "waived":
        raise Refused("confirmation.closed", f"{obligation.id} was waived", "nothing to confirm")
    closed_at = state.closed_at
    if not context.is_import and closed_at is not None and now > _after(closed_at, ANSWER, state):
        raise _refuse_too_late("confirming", "14 days after the engagement ended", _after(closed_at, ANSWER, state))


def _contest(state: State, content: e.EvidenceContested, actor: Actor, now: DateTime, context: Context) -> None:
    check_new(state.disputes, "dispute", content.dispute_id)
    obligation = _obligation(context, content.obligation_id)
    _check_creditor(obligation, actor, "contest")
    if not obligation.evidence or obligation.state not in ("met", "met_late"):
        raise Refused(
            "contested_evidence.missing",
            f"{obligation.id} is {obligation.state}, and there is no evidence to contest",
            "contest evidence once there is some; what is missed needs no contest",
        )
    evidence = [event for event_id in obligation.evidence if (event := state.events.get(event_id)) is not None]
    if context.is_import or any(event.visibility == "author" for event in evidence):
        return  # no window runs through an entry that whoever would contest it may not read
    readable_from = max((event.recorded_at for event in evidence), default=now)
    if now > _after(readable_from, ANSWER, state):
        raise _refuse_too_late("contesting", "14 days from when it could be read", _after(readable_from, ANSWER, state))


def _resolve(state: State, content: e.DisputeResolved, actor: Actor, now: DateTime, context: Context) -> None:
    dispute = existing(state.disputes, "dispute", content.dispute_id, now, "opened_at")
    check_open(dispute, "dispute")
    ends_at = _after(dispute.opened_at, DECISION, state)
    if now > ends_at and not context.is_import:
        raise _refuse_too_late("deciding", "after 30 days a dispute counts as undecided", ends_at)
    if actor.role is Role.SUPERVISOR:
        return
    raised_it = dispute.opened_by.role is actor.role
    if raised_it and content.upheld:
        raise NotAllowed(
            "upholding.not_allowed",
            f"the {actor.role} raised this dispute and cannot uphold it",
            "they may withdraw it (upheld false); the other side may concede it, a supervisor may decide",
        )
    if not raised_it and not content.upheld:
        raise NotAllowed(
            "dismissal.not_allowed",
            f"the {actor.role} cannot dismiss a dispute about their own obligation",
            "they may concede it (upheld true); who raised it may withdraw it, a supervisor may decide",
        )


def _waive(state: State, content: e.ObligationWaived, actor: Actor, now: DateTime, context: Context) -> None:
    obligation = _obligation(context, content.obligation_id)
    _check_creditor(obligation, actor, "waive")
    if not context.is_import and not _duty(context, obligation.duty_id, state).is_waivable:
        raise Refused(
            "waiver.not_allowed",
            f"{obligation.duty_id} cannot be waived",
            "some duties protect more than the two of you; agree on how to meet it",
        )
    if obligation.state == "met":
        raise Refused("waiver.closed", f"{obligation.id} is {obligation.state}", "there is nothing to waive")
    if obligation.state == "missed" and obligation.settled_at is not None and not context.is_import:
        ends_at = _after(obligation.settled_at, DECISION, state)
        if now > ends_at:
            raise _refuse_too_late("waiving", "30 days after it was missed", ends_at)


def _hand_over(
    state: State, content: e.DutyHandedOver, actor: Actor, now: DateTime, context: Context
) -> Content | None:
    responsible = state.responsible_role(content.duty_id, now)
    if content.to not in (Role.COACH, Role.CLIENT):
        raise Refused(
            "handover_role.invalid", f"a {content.to} carries no duties", "hand it over to the coach or the client"
        )
    if responsible is content.to:
        raise Refused("handover.redundant", f"the {content.to} already carries {content.duty_id}", "nothing to do")
    if responsible is not actor.role:
        raise NotAllowed(
            "handover.not_allowed",
            f"the {actor.role} does not carry {content.duty_id}",
            f"the {responsible} may hand it over",
        )
    if not context.is_import and not _duty(context, content.duty_id, state).is_transferable:
        raise Refused(
            "handover_duty.not_allowed",
            f"{content.duty_id} cannot be handed over",
            "it protects the other side, or only they could benefit from it; hand over another duty",
        )

    return None if context.is_import else with_changes(content, offered=True)


def _accept_handover(state: State, content: e.HandoverAccepted, actor: Actor, now: DateTime, context: Context) -> None:
    offer = next((offer for offer in reversed(state.offers) if offer.duty_id == content.duty_id), None)
    if offer is None or offer.to is not actor.role:
        raise Refused(
            "offer.missing",
            f"{content.duty_id} was not offered to the {actor.role}",
            f"the {state.responsible_role(content.duty_id, now)}, who carries it, may hand it over",
        )
    ends_at = _after(offer.occurred_at, ANSWER, state)
    if now > ends_at and not context.is_import:
        raise Refused(
            "offer.closed", f"the offer of {content.duty_id} lapsed at {ends_at}", "ask for it to be offered again"
        )


def _resolve_breach(state: State, content: e.BreachResolved, actor: Actor, now: DateTime, context: Context) -> None:
    breach: Matter = existing(state.breaches, "breach", content.breach_id, now, "opened_at")
    check_open(breach, "breach")
    reported_it = breach.opened_by.party == actor.party
    accused = state.responsible_role(breach.about or "", breach.opened_at)
    if actor.role is accused and not content.upheld:
        raise NotAllowed(
            "breach.not_allowed",
            f"the {actor.role} cannot dismiss a report of their own breach",
            "they may admit it (upheld true); who reported it may withdraw it, a supervisor may decide",
        )
    if reported_it and content.upheld and actor.role is not accused:
        raise NotAllowed(
            "breach_report.not_allowed",
            f"{actor} reported this breach and cannot uphold it",
            "they may withdraw it (upheld false); the other side may admit it, a supervisor may decide",
        )
    if not reported_it and actor.role not in (accused, Role.SUPERVISOR):
        raise NotAllowed(
            "breach_decision.not_allowed",
            f"{actor} has no part in this report",
            "who reported it may withdraw it, the other side may admit it, a supervisor may decide",
        )


def _amend(state: State, content: e.AgreementAmended, actor: Actor, now: DateTime, context: Context) -> Content | None:
    """Nobody is left out of an agreement without a word: who leaves accepts it too."""
    return None if context.is_import else with_changes(content, asks_leavers=True)


POWER_GUARDS: dict[type[Content], Callable[[State, Any, Actor, DateTime, Context], Content | None]] = {
    e.EvidenceConfirmed: _confirm,
    e.EvidenceContested: _contest,
    e.DisputeResolved: _resolve,
    e.ObligationWaived: _waive,
    e.DutyHandedOver: _hand_over,
    e.HandoverAccepted: _accept_handover,
    e.BreachResolved: _resolve_breach,
    e.AgreementAmended: _amend,
}
"""The guards of the acts over the ledger, and of amending what it is judged by."""
