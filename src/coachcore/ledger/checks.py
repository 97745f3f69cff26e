"""What cannot be said of one event: computed evidence, each a function `(claim, evidence) -> Proof | None` in a table.

A check may also answer that it cannot be told yet (`NOT_YET`): whether somebody came to a session that nobody has entered
as held, missed or called off is unknown, not false.
"""

from bisect import bisect_right
from collections.abc import Callable
from decimal import Decimal

import attrs
from pendulum import DateTime
from rpds import HashTrieMap

from coachcore.engagement.history import History
from coachcore.engagement.state import ActionStatus, Goal, GoalStatus, SessionStatus
from coachcore.engagement.timeline import elapsed
from coachcore.events import Event, GoalRevised, GoalSet
from coachcore.facts.goal import facts_of_goal
from coachcore.ledger.evidence import Evidence
from coachcore.ledger.opening import Claim
from coachcore.ledger.things import dues
from coachcore.model.goal import changed_fields, goal_fields
from coachcore.model.times import AFTER_ALL

__all__ = ["CHECKED", "NOT_YET", "Proof"]


@attrs.frozen
class Proof:
    """That an obligation was met: when, and by which events."""

    at: DateTime
    events: tuple[str, ...] = ()


NOT_YET = Proof(AFTER_ALL)
"""It cannot be told yet."""


def attended(claim: Claim, evidence: Evidence) -> Proof | None:
    """The session was held, and somebody of the role came.

    It counts at the session's start, whenever it was entered; where a correction has moved that past it, when it was held.
    """
    session = evidence.history.state.sessions.get(claim.thing or "")
    if session is None:
        return None
    if session.status is SessionStatus.SCHEDULED:
        return NOT_YET
    if session.status is not SessionStatus.HELD:
        return None
    if claim.role not in {evidence.timeline.role_of(each, session.starts_at) for each in session.attended}:
        return None
    at = min(session.starts_at, session.settled_at or session.starts_at)
    return Proof(at, tuple(each.id for each in evidence.of_thing("SessionHeld", session.id)))


def kept_notice(claim: Claim, evidence: Evidence) -> Proof | None:
    """The session came, and the role neither missed it nor called it off late."""
    session = evidence.history.state.sessions.get(claim.thing or "")
    if session is None:
        return None
    if session.settled_at is None:
        return NOT_YET
    timeline, settled = evidence.timeline, session.settled_at
    if claim.role in {timeline.role_of(each, settled) for each in session.absent}:
        notice = (session.starts_at - settled).total_seconds() / 3600
        if session.status is SessionStatus.MISSED or notice < timeline.agreement_at(settled).notice_hours:
            return None
    return Proof(min(settled, session.starts_at))


# --- SMART goals -----------------------------------------------------------------------------------------------------


def _versions(goal_id: str) -> Callable[[Evidence], list[tuple[Event, Goal]]]:
    """How a goal was put each time: by setting it, and by every revision."""

    def made(evidence: Evidence) -> list[tuple[Event, Goal]]:
        events = [*evidence.of_thing("GoalSet", goal_id), *evidence.of_thing("GoalRevised", goal_id)]
        goal: Goal | None = None
        found = []
        for event in sorted(events, key=lambda each: (each.occurred_at, each.version)):
            content = event.content
            if isinstance(content, GoalSet):
                goal = Goal(id=goal_id, set_at=event.occurred_at, set_by=event.actor, **goal_fields(content))
            elif isinstance(content, GoalRevised) and goal is not None:
                goal = attrs.evolve(goal, revised_at=event.occurred_at, **changed_fields(content))
            if goal is not None:
                found.append((event, goal))
        return found

    return made


def _is_smart(event: Event, goal: Goal) -> Callable[[Evidence], bool]:
    """Whether no rule of severity `error` failed of a goal, by what was known when it was so put."""

    def made(evidence: Evidence) -> bool:
        at, state = event.occurred_at, evidence.history.state
        others = {
            each.id: attrs.evolve(each, status=GoalStatus.ACTIVE) for each in evidence.goals if each.is_active_at(at)
        }
        actions = {
            each.id: each
            if each.closed_at is None or each.closed_at <= at
            else attrs.evolve(each, status=ActionStatus.OPEN)
            for each in evidence.actions_of.get(goal.id, ())
            if each.planned_at <= at
        }
        then = state.with_changes(
            goals=HashTrieMap(others), actions=HashTrieMap(actions), agreement=evidence.timeline.agreement_at(at)
        )
        kinds = ("ProgressRecorded", "GoalReviewed")
        events = tuple(each for kind in kinds for each in evidence.of_thing(kind, goal.id) if each.occurred_at <= at)
        history = History(events, then, at, evidence.history.known_at, events)
        verdicts = evidence.rules.evaluate(facts_of_goal(history, goal), on="goal")
        return not any(each.rule.severity == "error" and each.outcome == "fails" for each in verdicts)

    return made


def _smart_from(goal_id: str, claim: Claim, evidence: Evidence) -> Proof | None:
    """The first moment, after the entry a claim is for, at which a goal was so put that its SMART review had no error."""
    for event, goal in evidence.once(("versions", goal_id), _versions(goal_id)):
        if event.occurred_at > claim.closes_at:
            return None
        if claim.since is not None and (event.occurred_at, event.version) <= claim.since:
            continue
        if evidence.once(("smart", event.id), _is_smart(event, goal)):
            return Proof(max(event.occurred_at, claim.opened_at), (event.id,))
    return None


def goal_is_smart(claim: Claim, evidence: Evidence) -> Proof | None:
    """The goal's SMART review has no error."""
    return _smart_from(claim.thing or "", claim, evidence)


def any_goal_is_smart(claim: Claim, evidence: Evidence) -> Proof | None:
    """There is a goal whose SMART review has no error."""
    best: Proof | None = None
    for goal in evidence.goals:
        if best is not None and goal.set_at >= best.at:
            break
        proof = _smart_from(goal.id, claim, evidence)
        if proof is not None and (best is None or proof.at < best.at):
            best = proof
    return best


# --- over a period ---------------------------------------------------------------------------------------------------


def every_goal_has_action(claim: Claim, evidence: Evidence) -> Proof | None:
    """At the end of the period, every active goal has an action that is open, or was done in the period."""
    due = claim.due_at
    if evidence.as_of < due:
        return NOT_YET
    for goal in evidence.goals:
        if goal.is_active_at(due) and not any(
            each.planned_at <= due
            and (
                each.closed_at is None
                or each.closed_at > due
                or (each.status is ActionStatus.DONE and each.closed_at >= claim.begin)
            )
            for each in evidence.actions_of.get(goal.id, ())
        ):
            return None
    return Proof(due)


def done_in_time(claim: Claim, evidence: Evidence) -> Proof | None:
    """Of the actions that fell due in the period, the agreed share was done in time; none fell due: nothing was asked."""
    if evidence.as_of < claim.due_at:
        return NOT_YET
    every = dues(evidence)
    ends = evidence.once("due ends", lambda _: [each.ends_at for each in every])
    fell = [
        each
        for each in every[bisect_right(ends, claim.begin) : bisect_right(ends, claim.due_at)]
        if each.is_due_at_its_end
    ]
    share = evidence.timeline.agreement_at(claim.opened_at).done_in_time_share
    if not fell or Decimal(sum(each.is_kept for each in fell)) / len(fell) >= share:
        return Proof(claim.due_at)
    return None


def initiative_grows(claim: Claim, evidence: Evidence) -> Proof | None:
    """The other side's share of what was entered grew from the first half of the period to the second."""
    if evidence.as_of < claim.due_at:
        return NOT_YET
    middle = claim.begin + elapsed(claim.begin, claim.due_at) / 2
    halves: list[list[bool]] = [[], []]
    for each in evidence.all.between(claim.begin, claim.due_at):
        if each.occurred_at < claim.due_at:
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
