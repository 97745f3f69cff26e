"""What each side may still do about what is late, missed, disputed or offered, and until when: the windows of the powers, looked up.

What is simply due is in `Ledger.due`. Nothing here says that anybody should: a waiver is a favour, and a dispute may stand.
"""

from collections.abc import Iterator, Sequence
from enum import StrEnum

import attrs
from pendulum import DateTime

from coachcore.engagement.history import History
from coachcore.engagement.powers import corrections_of, readable_from
from coachcore.engagement.state import Matter
from coachcore.engagement.windows import Windows
from coachcore.ledger.obligations import Dispute, Obligation, ObligationState
from coachcore.model.parties import Role
from coachcore.model.times import MICROSECOND, Period, moved

__all__ = ["NextStep", "NextStepKind", "next_steps"]


class NextStepKind(StrEnum):
    """What may still be done."""

    DO_LATE = "do_late"
    """Its due day is past, and its grace is not."""
    WAIVE = "waive"
    """The other side missed it."""
    ANSWER = "answer"
    """The other side has entered that it failed, which may be contested or conceded; or that it cancelled a session in
    good time or wished it moved, which may be contested or confirmed.
    """
    AGREE = "agree"
    """The other side has moved a session at short notice."""
    CONCEDE = "concede"
    """The other side has raised a dispute about it."""
    WITHDRAW = "withdraw"
    """One's own side has raised a dispute about it."""
    ACCEPT_RESOLUTION = "accept_resolution"
    """The other side offers to settle the dispute."""
    ACCEPT = "accept"
    """The other side offers the duty."""


@attrs.frozen(kw_only=True)
class NextStep:
    """Something that a role may still do. until: the last moment. obligation: None where the step is about a duty as a whole."""

    kind: NextStepKind
    role: Role
    duty_id: str
    until: DateTime
    obligation: Obligation | None = None


def next_steps(obligations: Sequence[Obligation], history: History, windows: Windows) -> tuple[NextStep, ...]:
    """The steps that are possible at the history's moment, those first whose time ends first. windows: of the charter."""
    steps = [*_about_obligations(obligations, history, windows), *_offers(history, windows)]
    possible = [step for step in steps if step.until >= history.as_of]
    return tuple(sorted(possible, key=lambda step: (step.until, step.role, step.kind, step.duty_id)))


def _about_obligations(obligations: Sequence[Obligation], history: History, windows: Windows) -> Iterator[NextStep]:
    is_imported = history.state.imported_at is not None
    open_disputes = [dispute for dispute in history.state.disputes.values() if dispute.closed_at is None]
    # of several about one obligation, which engagements from before may have, the one opened last
    disputes = {dispute.about: dispute for dispute in sorted(open_disputes, key=lambda each: (each.opened_at, each.id))}
    for obligation in obligations:
        is_undecided = obligation.dispute is Dispute.RAISED or (is_imported and obligation.dispute is Dispute.UNDECIDED)
        if is_undecided and obligation.id in disputes:
            steps = _about_dispute(disputes[obligation.id], history, windows)
        elif obligation.waits_for is not None and obligation.waits_until is not None:
            is_own = obligation.waits_for is obligation.role
            kind = NextStepKind.ANSWER if is_own or obligation.claims else NextStepKind.AGREE
            steps = [(kind, obligation.waits_for, obligation.waits_until)]
        else:
            steps = _about_late_and_missed(obligation, history, windows)
        for kind, role, until in steps:
            yield NextStep(kind=kind, role=role, duty_id=obligation.duty_id, until=until, obligation=obligation)


Steps = list[tuple[NextStepKind, Role, DateTime]]


def _about_dispute(dispute: Matter, history: History, windows: Windows) -> Steps:
    raised_by, until = dispute.opened_by.role, _end(windows.decision, dispute.recorded_at, history)
    steps = [(NextStepKind.CONCEDE, raised_by.counterpart, until), (NextStepKind.WITHDRAW, raised_by, until)]
    if dispute.offer is not None:
        lapses_at = min(_end(windows.answer, dispute.offer.offered_at, history), until)
        steps.append((NextStepKind.ACCEPT_RESOLUTION, dispute.offer.offered_by.role.counterpart, lapses_at))
    return steps


def _about_late_and_missed(obligation: Obligation, history: History, windows: Windows) -> Steps:
    due_at, closes_at, settled_at = obligation.due_at, obligation.closes_at, obligation.settled_at
    if obligation.state is ObligationState.OPEN and not obligation.is_standing and due_at and closes_at:
        return [(NextStepKind.DO_LATE, obligation.role, closes_at)] if due_at < history.as_of else []
    if obligation.state is ObligationState.MISSED and obligation.is_waivable and settled_at:
        # a miss begins with the day after its last one, so what is counted from it ends with a day too
        until = moved(_end(windows.decision, settled_at, history), -MICROSECOND)
        waive = (NextStepKind.WAIVE, obligation.role.counterpart, until)
        answers = _about_entries_from_elsewhere(obligation, settled_at, history, windows)
        return [*answers, *_about_a_session_held(obligation, history, windows), waive]
    return []


def _about_a_session_held(obligation: Obligation, history: History, windows: Windows) -> Steps:
    """That a session was held, without which nothing would have been missed, may be contested."""
    if obligation.dispute is not Dispute.NONE or obligation.id in history.state.conceded:
        return []
    entries = filter(None, map(history.state.events.get, obligation.asked_by))
    begins = filter(None, (readable_from(entry, corrections_of(history.state, entry)) for entry in entries))
    return [(NextStepKind.ANSWER, obligation.role, _end(windows.answer, begin, history)) for begin in begins]


def _about_entries_from_elsewhere(
    obligation: Obligation, settled_at: DateTime, history: History, windows: Windows
) -> Steps:
    """What was entered against a party elsewhere, and counts, may be answered from the import on."""
    if not obligation.adverse_entries:
        return []
    is_answered = obligation.dispute is not Dispute.NONE or obligation.id in history.state.conceded
    until = _end(windows.answer, settled_at, history)
    was_elsewhere = until != windows.answer.after(settled_at, history.state.zone)
    return [(NextStepKind.ANSWER, obligation.role, until)] if was_elsewhere and not is_answered else []


def _end(window: Period, begin: DateTime, history: History) -> DateTime:
    """The last moment of a window; none expires before the import of the engagement, once that is known."""
    return history.state.window_end(window, begin, min(history.as_of, history.known_at))


def _offers(history: History, windows: Windows) -> Iterator[NextStep]:
    if history.state.stage.is_closed:
        return
    for offer in history.state.offers:
        until = _end(windows.answer, offer.occurred_at, history)
        yield NextStep(kind=NextStepKind.ACCEPT, role=offer.to, duty_id=offer.duty_id, until=until)
