"""Whom a correction helps: two ledgers of one moment, with it and without it, compared obligation by obligation.

One's own record is bettered where a miss, a delay or a breach disappears, where what had lapsed is met, where what is
open gets more time, or where it is met better than an entry of now would meet it. The other side's is worsened where
what was met no longer is, where a miss or a breach appears, or where there is less time for what is open. What one
could have done by an entry of now, or by dropping what is not yet due, helps nobody.
"""

from collections.abc import Iterable

from pendulum import DateTime

from coachcore.charter import Charter
from coachcore.charter.schedules import Of
from coachcore.engagement.state import State
from coachcore.events import EntryCorrected, Event, ProgressRecorded
from coachcore.ledger.obligations import Dispute, Obligation, ObligationState
from coachcore.model.parties import Role

__all__ = ["favours", "favours_in_breaches", "may_matter"]

OPEN, LAPSED = ObligationState.OPEN, ObligationState.LAPSED
WORTH = {
    ObligationState.MISSED: 0,
    ObligationState.MET_LATE: 1,
    ObligationState.MET: 2,
    ObligationState.WAIVED: 2,
}


def may_matter(event: Event, correction: EntryCorrected, state: State, charter: Charter) -> bool:
    """Whether a correction may change an obligation, so that it is worth computing two ledgers.

    Readings, of which most corrections are, change none unless the charter asks for readings, or the goal was revised after one: whether
    its revision is SMART was judged by the pace up to then.
    """
    if not isinstance(event.content, ProgressRecorded):
        return True
    if any(pattern.type == event.type for duty in charter.duties for pattern in duty.patterns):
        return True
    goal = state.goals.get(event.content.goal_id)
    begin = min(event.occurred_at, correction.happened_at or event.occurred_at)
    return goal is not None and goal.revised_at is not None and goal.revised_at >= begin


def favours(
    role: Role,
    before: Iterable[Obligation],
    after: Iterable[Obligation],
    moment: DateTime,
    party: str | None = None,
) -> bool:
    """Whether what changed between two ledgers of a moment betters what a role owes, or worsens what others owe.

    party: who of the role corrects. Of a group, what a fellow owes for themselves is another's too.
    """
    obligations = {obligation.id: obligation for obligation in before}
    corrected = {obligation.id: obligation for obligation in after}
    for obligation_id in obligations.keys() | corrected.keys():
        then, now = obligations.get(obligation_id), corrected.get(obligation_id)
        if then == now:
            continue
        owed = [obligation for obligation in (then, now) if obligation is not None]
        is_of_side = any(obligation.role is role for obligation in owed)
        is_fellows = party is not None and all(obligation.party not in (None, party) for obligation in owed)
        is_of_others = is_fellows or not is_of_side
        if (is_of_side and _is_better(then, now, moment)) or (is_of_others and _is_worse(then, now)):
            return True
    return False


def favours_in_breaches(role: Role, before: State, after: State) -> bool:
    """Whether between two states a breach disappears that a role has to answer for, or one appears that others have to.

    Obligations alone do not show that, since several breaches of a duty count as one.
    """
    were, are = _accusations(before), _accusations(after)

    def is_accused(accusation: tuple[str, str, DateTime]) -> bool:
        _, duty_id, happened_at = accusation
        return before.responsible_role(duty_id, happened_at) is role

    return any(map(is_accused, were - are)) or not all(map(is_accused, are - were))


def _accusations(state: State) -> set[tuple[str, str, DateTime]]:
    """The id of each breach, the duty, and when it happened, which says who carried the duty."""
    return {(breach.id, breach.about or "", breach.happened_at) for breach in state.breaches.values()}


def _is_better(before: Obligation | None, after: Obligation | None, moment: DateTime) -> bool:
    is_owed_before, is_owed_after = _is_owed(before), _is_owed(after)
    if before is None or not is_owed_before:
        return after is not None and after.state in (ObligationState.MET, ObligationState.MET_LATE)
    if after is None or not is_owed_after:
        return before.state in (ObligationState.MISSED, ObligationState.MET_LATE)
    if after.state is OPEN:
        if before.state is OPEN:
            return _has_more_time(before, after)
        return WORTH[before.state] < WORTH[ObligationState.MET]
    if before.state is OPEN:
        is_late = before.due_at is not None and before.due_at < moment and not _awaits_outcome(before, moment)
        return WORTH[after.state] > WORTH[ObligationState.MET_LATE if is_late else ObligationState.MET]
    return WORTH[after.state] > WORTH[before.state]


def _is_worse(before: Obligation | None, after: Obligation | None) -> bool:
    is_owed_before, is_owed_after = _is_owed(before), _is_owed(after)
    if before is None or not is_owed_before:
        return after is not None and after.state in (ObligationState.MISSED, ObligationState.MET_LATE)
    if before.state is OPEN:
        if after is None or not is_owed_after:
            return False
        return after.state is ObligationState.MISSED or (after.state is OPEN and _has_more_time(after, before))
    if after is None or not is_owed_after or after.state is OPEN:
        return before.state is not ObligationState.MISSED
    return WORTH[after.state] < WORTH[before.state]


def _is_owed(obligation: Obligation | None) -> bool:
    return obligation is not None and obligation.state is not LAPSED


def _awaits_outcome(obligation: Obligation, moment: DateTime) -> bool:
    """Whether it is open only since nobody has said how its session went, or its own side alone: saying so now meets it in time."""
    is_over = obligation.closes_at is not None and obligation.closes_at < moment
    is_of_session = obligation.of in (Of.SESSION, Of.APPOINTMENT)
    is_in_question = obligation.adverse_entries or obligation.asked_by or obligation.dispute is not Dispute.NONE
    return is_over and is_of_session and not is_in_question


def _has_more_time(before: Obligation, after: Obligation) -> bool:
    return before.closes_at is not None and after.closes_at is not None and after.closes_at > before.closes_at
