"""Guards: what an event of a kind needs of the books, beyond role and stage. One function a kind, in the table `GUARDS`.

A guard raises Refused (or NotAllowed) with a code and what to do instead; it may return the content completed where it
left something to be understood. Guards for entries about other entries stand in `correcting`.
"""

from collections.abc import Callable, Iterable
from typing import Any

from pendulum import DateTime

from coachcore import events as e
from coachcore.engagement.state import ActionStatus, Goal, SessionStatus, State
from coachcore.errors import NotAllowed, Refused, did_you_mean
from coachcore.events import Content
from coachcore.model.measures import Milestones
from coachcore.model.parties import Actor, Role
from coachcore.model.value import evolve

__all__ = ["GUARDS", "duty_of", "goal_at"]

Guard = Callable[[State, Any, Actor, DateTime], "Content | None"]
GUARDS: dict[type[Content], Guard] = {}


def guard(*kinds: type[Content]) -> Callable[[Guard], Guard]:
    def made(check: Guard) -> Guard:
        for kind in kinds:
            GUARDS[kind] = check
        return check

    return made


def found(things: Any, kind: str, thing_id: str, at: DateTime, since: str) -> Any:
    thing = things.get(thing_id)
    if thing is None:
        known = sorted(things)
        listed = f"known: {', '.join(known[:10])}" if known else f"there is no {kind} yet"
        hint = did_you_mean(thing_id, known, listed)
        raise Refused(f"{kind}.unknown", f"there is no {kind} {thing_id!r}", hint)
    if at < getattr(thing, since):
        raise Refused(
            f"{kind}.not_yet",
            f"{at} is before the {kind} {thing_id!r} was there ({getattr(thing, since)})",
            "check the time",
        )
    return thing


def _new(things: Any, kind: str, thing_id: str) -> None:
    if thing_id in things:
        raise Refused(f"{kind}.exists", f"there is a {kind} {thing_id!r} already", f"give the new {kind} another id")


def _open_goal(state: State, goal_id: str, at: DateTime) -> Goal:
    """A goal that nothing has closed, at whatever time. Raises as `goal_at` does."""
    goal: Goal = found(state.goals, "goal", goal_id, at, "set_at")
    if goal.closed_at is not None:
        raise Refused(
            "goal.closed",
            f"goal {goal_id!r} was {goal.status} at {goal.closed_at}",
            "set a new goal, or take that entry back",
        )
    return goal


def goal_at(state: State, goal_id: str, at: DateTime) -> Goal:
    """A goal that is active at a moment. Raises Refused goal.unknown, goal.not_yet, goal.closed."""
    goal: Goal = found(state.goals, "goal", goal_id, at, "set_at")
    if goal.closed_at is not None and at >= goal.closed_at:
        raise Refused(
            "goal.closed",
            f"goal {goal_id!r} was {goal.status} at {goal.closed_at}",
            "set a new goal, or enter an earlier time",
        )
    return goal


@guard(e.AgreementAccepted)
def _accept(state: State, content: e.AgreementAccepted, actor: Actor, at: DateTime) -> Content:
    version = content.agreement_version or state.newest_version
    if version != state.newest_version:
        raise Refused(
            "agreement.version_not_newest",
            f"version {version} of the agreement is not the newest",
            f"read and accept version {state.newest_version}",
        )
    if at < state.newest_at:
        raise Refused(
            "agreement.not_yet",
            f"{at} is before version {version} of the agreement was there ({state.newest_at})",
            "check the time",
        )
    if actor.party in state.accepted:
        raise Refused("agreement.accepted_already", f"{actor} has accepted version {version} already", "nothing to do")
    if state.newest.party(actor.party) is None:
        raise NotAllowed("party.leaving", f"{actor} is no party of version {version}", "the new parties accept it")
    return evolve(content, agreement_version=version)


@guard(e.AgreementAmended)
def _amend(state: State, content: e.AgreementAmended, actor: Actor, at: DateTime) -> None:
    if at < state.signed_at:
        raise Refused(
            "agreement.out_of_order",
            f"{at} is before the agreement was last amended or accepted ({state.signed_at})",
            "enter changes of the agreement in the order they happened",
        )


@guard(e.GoalSet)
def _set_goal(state: State, content: e.GoalSet, actor: Actor, at: DateTime) -> None:
    _new(state.goals, "goal", content.goal_id)
    check_span(content.starts_on, content.due_on)


@guard(e.GoalRevised)
def _revise_goal(state: State, content: e.GoalRevised, actor: Actor, at: DateTime) -> None:
    goal = goal_at(state, content.goal_id, at)
    check_span(content.starts_on or goal.starts_on, content.due_on or goal.due_on)


def check_span(starts_on: Any, due_on: Any) -> None:
    if starts_on and due_on and due_on < starts_on:
        raise Refused(
            "goal.due_before_start", f"due on {due_on}, before it starts on {starts_on}", "let it be due later"
        )


@guard(e.GoalReviewed, e.GoalWeighted, e.GoalLevelsAgreed, e.PlanConfirmed)
def _active_goal(state: State, content: Any, actor: Actor, at: DateTime) -> None:
    goal_at(state, content.goal_id, at)


@guard(e.GoalAchieved, e.GoalDropped)
def _close_goal(state: State, content: Any, actor: Actor, at: DateTime) -> None:
    _open_goal(state, content.goal_id, at)


@guard(e.GoalScored)
def _score_goal(state: State, content: e.GoalScored, actor: Actor, at: DateTime) -> None:
    found(state.goals, "goal", content.goal_id, at, "set_at")


@guard(e.ProgressRecorded)
def _record_progress(state: State, content: e.ProgressRecorded, actor: Actor, at: DateTime) -> None:
    check_reading(goal_at(state, content.goal_id, at), content)


def check_reading(goal: Goal, content: e.ProgressRecorded) -> None:
    steps = {each.id for each in goal.measure.steps} if isinstance(goal.measure, Milestones) else None
    if steps is None and content.milestone_id is not None:
        raise Refused("progress.no_milestones", f"goal {goal.id!r} has no milestones", "give a value in its unit")
    if steps is not None and content.milestone_id not in steps:
        raise Refused(
            "progress.milestone_unknown",
            f"goal {goal.id!r} has no milestone {content.milestone_id!r}",
            f"its milestones: {', '.join(sorted(steps))}",
        )


@guard(e.SelfAssessed, e.PlanReviewed)
def _assess(state: State, content: Any, actor: Actor, at: DateTime) -> Content:
    for goal_id in content.goal_ids:
        found(state.goals, "goal", goal_id, at, "set_at")
    active = tuple(each.id for each in state.goals_in_order if each.is_active_at(at))
    chosen: Content = content if content.goal_ids else evolve(content, goal_ids=active)
    return chosen


@guard(e.ActionPlanned)
def _plan_action(state: State, content: e.ActionPlanned, actor: Actor, at: DateTime) -> None:
    _new(state.actions, "action", content.action_id)
    if content.goal_id is not None:
        goal_at(state, content.goal_id, at)


@guard(e.ActionRescheduled, e.ActionDone, e.ActionDropped)
def _open_action(state: State, content: Any, actor: Actor, at: DateTime) -> None:
    action = found(state.actions, "action", content.action_id, at, "planned_at")
    was_open = isinstance(content, e.ActionRescheduled) and action.closed_at is not None and at < action.closed_at
    if action.status is not ActionStatus.OPEN and not was_open:
        raise Refused("action.closed", f"action {action.id!r} is {action.status} already", "plan a new action")


@guard(e.SessionScheduled)
def _schedule(state: State, content: e.SessionScheduled, actor: Actor, at: DateTime) -> None:
    known = state.sessions.get(content.session_id)
    if known is not None and known.status is not SessionStatus.SCHEDULED:
        raise Refused("session.settled", f"session {known.id!r} was {known.status}", "schedule a new session")


@guard(e.SessionHeld, e.SessionMissed, e.SessionCancelled)
def _settle(state: State, content: Any, actor: Actor, at: DateTime) -> None:
    session = found(state.sessions, "session", content.session_id, at, "scheduled_at")
    if session.status is not SessionStatus.SCHEDULED:
        raise Refused(
            "session.settled", f"session {session.id!r} was {session.status} already", "correct that entry instead"
        )
    if not isinstance(content, e.SessionCancelled) and at < session.starts_at:
        raise Refused(
            "session.not_begun",
            f"session {session.id!r} begins at {session.starts_at}, after {at}",
            "enter it afterwards, or move it",
        )
    check_named(state, content)


def check_named(state: State, content: Content) -> None:
    named = getattr(content, "attended", ()) or getattr(content, "missed_by", ())
    by = getattr(content, "cancelled_by", None)
    _check_parties(state, (*named, by) if by else named)


def _check_parties(state: State, ids: Iterable[str]) -> None:
    for each in ids:
        if state.agreement.party(each) is None:
            known = ", ".join(party.id for party in state.agreement.parties)
            raise Refused("party.unknown", f"there is no party {each!r}", f"the parties: {known}")


@guard(e.SessionPrepared, e.SessionSummarised, e.SessionRated)
def _about_session(state: State, content: Any, actor: Actor, at: DateTime) -> None:
    session = found(state.sessions, "session", content.session_id, at, "scheduled_at")
    if not isinstance(content, e.SessionPrepared) and session.status is not SessionStatus.HELD:
        raise Refused("session.not_held", f"session {session.id!r} is {session.status}", "enter that it was held first")


@guard(e.FeedbackGiven, e.ReflectionWritten, e.ReflectionPrompted, e.TechniqueChosen, e.CoachNoteWritten)
def _maybe_about_session(state: State, content: Any, actor: Actor, at: DateTime) -> None:
    if content.session_id is not None:
        found(state.sessions, "session", content.session_id, at, "scheduled_at")


@guard(e.EncouragementGiven)
def _encourage(state: State, content: e.EncouragementGiven, actor: Actor, at: DateTime) -> None:
    if content.action_id is not None:
        found(state.actions, "action", content.action_id, at, "planned_at")


@guard(e.ConsequenceNoted)
def _note_consequence(state: State, content: e.ConsequenceNoted, actor: Actor, at: DateTime) -> None:
    if content.action_id is not None:
        found(state.actions, "action", content.action_id, at, "planned_at")
    if content.decision_id is not None:
        found(state.decisions, "decision", content.decision_id, at, "opened_at")


@guard(e.ConcernRaised)
def _raise_concern(state: State, content: e.ConcernRaised, actor: Actor, at: DateTime) -> None:
    _new(state.concerns, "concern", content.concern_id)


@guard(e.DecisionMade)
def _make_decision(state: State, content: e.DecisionMade, actor: Actor, at: DateTime) -> None:
    _new(state.decisions, "decision", content.decision_id)


@guard(e.ConcernAnswered)
def _answer_concern(state: State, content: e.ConcernAnswered, actor: Actor, at: DateTime) -> None:
    concern = found(state.concerns, "concern", content.concern_id, at, "opened_at")
    if concern.opened_by.party == actor.party:
        raise Refused("concern.own", f"{actor} raised this concern", "the other side answers it")


@guard(e.BreachReported)
def _report_breach(state: State, content: e.BreachReported, actor: Actor, at: DateTime) -> None:
    _new(state.breaches, "breach", content.breach_id)
    _duty_role(content.duty_id)


@guard(e.BreachResolved)
def _resolve_breach(state: State, content: e.BreachResolved, actor: Actor, at: DateTime) -> None:
    breach = found(state.breaches, "breach", content.breach_id, at, "opened_at")
    _check_open(breach, "breach")
    accused = state.responsible_role(breach.about or "", breach.opened_at)
    if actor.role is accused and not content.upheld:
        raise NotAllowed(
            "breach.own_case",
            f"the {actor.role} cannot clear themselves of a breach",
            "they may admit it; the others decide",
        )


def _check_open(matter: Any, kind: str) -> None:
    if matter.closed_at is not None:
        raise Refused(f"{kind}.settled", f"{kind} {matter.id!r} was settled at {matter.closed_at}", "open a new one")


def _duty_role(duty_id: str) -> Role:
    """The role that a duty or obligation belongs to by its id. Raises Refused duty.unknown."""
    role = duty_id.partition(".")[0]
    if role not in (Role.COACH, Role.CLIENT):
        raise Refused(
            "duty.unknown", f"{duty_id!r} is no duty", "ids begin with coach. or client.; see coachcore duties"
        )
    return Role(role)


def duty_of(obligation_id: str) -> str:
    """The id of the duty that an obligation is an instance of."""
    return obligation_id.partition("#")[0].partition("/")[0]


def _as_other_side(state: State, obligation_id: str, actor: Actor, at: DateTime, what: str) -> None:
    _duty_role(obligation_id)
    if state.responsible_role(duty_of(obligation_id), at) is actor.role:
        raise NotAllowed(
            "obligation.own",
            f"the {actor.role} cannot {what} their own obligation",
            f"that is for the {actor.role.counterpart}",
        )


@guard(e.EvidenceConfirmed)
def _confirm(state: State, content: e.EvidenceConfirmed, actor: Actor, at: DateTime) -> None:
    _as_other_side(state, content.obligation_id, actor, at, "confirm")


@guard(e.ObligationWaived)
def _waive(state: State, content: e.ObligationWaived, actor: Actor, at: DateTime) -> None:
    _as_other_side(state, content.obligation_id, actor, at, "waive")


@guard(e.EvidenceContested)
def _contest(state: State, content: e.EvidenceContested, actor: Actor, at: DateTime) -> None:
    _new(state.disputes, "dispute", content.dispute_id)
    _as_other_side(state, content.obligation_id, actor, at, "contest")


@guard(e.DisputeResolved)
def _resolve_dispute(state: State, content: e.DisputeResolved, actor: Actor, at: DateTime) -> None:
    dispute = found(state.disputes, "dispute", content.dispute_id, at, "opened_at")
    _check_open(dispute, "dispute")
    if actor.role is Role.SUPERVISOR:
        return
    raised_it = dispute.opened_by.role is actor.role
    if raised_it and content.upheld:
        raise NotAllowed(
            "dispute.own_case",
            f"the {actor.role} raised this dispute and cannot uphold it",
            "they may withdraw it (upheld false); the other side may concede it, a supervisor may decide",
        )
    if not raised_it and not content.upheld:
        raise NotAllowed(
            "dispute.own_case",
            f"the {actor.role} cannot dismiss a dispute about their own obligation",
            "they may concede it (upheld true); who raised it may withdraw it, a supervisor may decide",
        )


@guard(e.DutyHandedOver)
def _hand_over(state: State, content: e.DutyHandedOver, actor: Actor, at: DateTime) -> None:
    _duty_role(content.duty_id)
    carrier = state.responsible_role(content.duty_id, at)
    if content.to not in (Role.COACH, Role.CLIENT):
        raise Refused("duty.no_carrier", f"a {content.to} carries no duties", "hand it to the coach or the client")
    if carrier is content.to:
        raise Refused("duty.carried_already", f"the {content.to} carries {content.duty_id} already", "nothing to do")
    if carrier is not actor.role:
        raise NotAllowed(
            "duty.not_carried", f"the {actor.role} does not carry {content.duty_id}", f"the {carrier} hands it over"
        )


@guard(e.EngagementTerminated)
def _terminate(state: State, content: e.EngagementTerminated, actor: Actor, at: DateTime) -> None:
    _nothing_later(state, at)


@guard(e.EngagementCompleted)
def _complete(state: State, content: e.EngagementCompleted, actor: Actor, at: DateTime) -> None:
    _nothing_later(state, at)


def _nothing_later(state: State, at: DateTime) -> None:
    if at < state.last_at:
        raise Refused(
            "time.entries_after",
            f"there are entries after {at} (the last at {state.last_at})",
            "close at a later moment",
        )
