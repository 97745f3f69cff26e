"""What cannot be said of one event: computed evidence, each a function `(claim, evidence) -> Proof | None` in a table."""

from collections.abc import Callable
from decimal import Decimal

import attrs
from pendulum import DateTime

from coachcore.engagement.state import ActionStatus, Goal, SessionStatus
from coachcore.events import GoalRevised, GoalSet
from coachcore.facts.goal import facts_of_goal
from coachcore.ledger.evidence import Evidence
from coachcore.ledger.opening import Claim
from coachcore.model.times import end_of_day
from coachcore.smart import default_rules

__all__ = ["CHECKED", "Proof"]


@attrs.frozen
class Proof:
    """That an obligation was met: when, and by which events."""

    at: DateTime
    events: tuple[str, ...] = ()


def attended(claim: Claim, evidence: Evidence) -> Proof | None:
    """The session was held, and somebody of the role came. It counts at the session's start, whenever it was entered."""
    session = evidence.history.state.sessions.get(claim.thing or "")
    if session is None or session.status is not SessionStatus.HELD:
        return None
    roles = {
        party.role for each in session.attended if (party := evidence.history.state.agreement.party(each)) is not None
    }
    if claim.role not in roles:
        return None
    return Proof(session.starts_at, tuple(each.id for each in evidence.of_thing("SessionHeld", session.id)))


def kept_notice(claim: Claim, evidence: Evidence) -> Proof | None:
    """The session came, and the role neither missed it nor called it off late."""
    state = evidence.history.state
    session = state.sessions.get(claim.thing or "")
    if session is None or session.settled_at is None:
        return None
    roles = {party.role for each in session.absent if (party := state.agreement.party(each)) is not None}
    if claim.role in roles:
        notice = (session.starts_at - session.settled_at).total_seconds() / 3600
        if session.status is SessionStatus.MISSED or notice < state.agreement.notice_hours:
            return None
    return Proof(min(session.settled_at, session.starts_at))


def _smart_from(goal_id: str, claim: Claim, evidence: Evidence) -> Proof | None:
    """The first moment in the claim's window at which a goal's SMART review had no error."""
    goal: Goal | None = None
    events = sorted(
        [*evidence.of_thing("GoalSet", goal_id), *evidence.of_thing("GoalRevised", goal_id)],
        key=lambda each: (each.occurred_at, each.version),
    )
    final = evidence.history.state.goals.get(goal_id)
    if final is None:
        return None
    for event in events:
        content = event.content
        if isinstance(content, GoalSet):
            goal = attrs.evolve(
                final,
                title=content.title,
                why=content.why,
                measure=content.measure,
                starts_on=content.starts_on,
                due_on=content.due_on,
            )
        elif isinstance(content, GoalRevised) and goal is not None:
            names = ("title", "why", "measure", "starts_on", "due_on")
            goal = attrs.evolve(
                goal, **{name: given for name in names if (given := getattr(content, name)) is not None}
            )
        if goal is None or event.occurred_at > claim.closes_at:
            continue
        facts = facts_of_goal(evidence.history, goal, event.occurred_at)
        verdicts = default_rules().evaluate(facts, on="goal")
        if not any(each.rule.severity == "error" and each.outcome == "fails" for each in verdicts):
            return Proof(max(event.occurred_at, claim.opened_at), (event.id,))
    return None


def goal_is_smart(claim: Claim, evidence: Evidence) -> Proof | None:
    """The goal's SMART review has no error."""
    return _smart_from(claim.thing or "", claim, evidence)


def any_goal_is_smart(claim: Claim, evidence: Evidence) -> Proof | None:
    """There is a goal whose SMART review has no error."""
    proofs = [proof for goal in evidence.goals if (proof := _smart_from(goal.id, claim, evidence)) is not None]
    return min(proofs, key=lambda each: each.at, default=None)


def every_goal_has_action(claim: Claim, evidence: Evidence) -> Proof | None:
    """At the end of the period, every active goal has an action."""
    if evidence.as_of < claim.due_at:
        return None
    planned = {each.goal_id for each in evidence.history.state.actions.values() if each.planned_at <= claim.due_at}
    if all(each.id in planned for each in evidence.goals if each.is_active_at(claim.due_at)):
        return Proof(claim.due_at)
    return None


def done_in_time(claim: Claim, evidence: Evidence) -> Proof | None:
    """Of the actions that fell due in the period, the agreed share was done in time; none fell due: nothing was asked."""
    if evidence.as_of < claim.due_at:
        return None
    state = evidence.history.state
    due = [
        (each, end)
        for each in state.actions.values()
        if each.due_on is not None
        and each.status is not ActionStatus.DROPPED
        and claim.begin < (end := end_of_day(each.due_on, state.zone)) <= claim.due_at
    ]
    in_time = sum(
        each.status is ActionStatus.DONE and each.closed_at is not None and each.closed_at <= end for each, end in due
    )
    if not due or Decimal(in_time) / len(due) >= state.agreement.done_in_time_share:
        return Proof(claim.due_at)
    return None


def initiative_grows(claim: Claim, evidence: Evidence) -> Proof | None:
    """The other side's share of what was entered grew from the first half of the period to the second."""
    if evidence.as_of < claim.due_at:
        return None
    middle = claim.begin + (claim.due_at - claim.begin) / 2
    halves: list[list[bool]] = [[], []]
    for each in evidence.history.events:
        if claim.begin <= each.occurred_at < claim.due_at:
            halves[each.occurred_at >= middle].append(each.actor.role is claim.role.counterpart)
    first, second = (Decimal(sum(half)) / len(half) if half else Decimal(0) for half in halves)
    return Proof(claim.due_at) if second > first else None


CHECKED: dict[str, Callable[[Claim, Evidence], Proof | None]] = {
    each.__name__: each
    for each in (
        attended,
        kept_notice,
        goal_is_smart,
        any_goal_is_smart,
        every_goal_has_action,
        done_in_time,
        initiative_grows,
    )
}
"""The checks by the names that charters use."""
