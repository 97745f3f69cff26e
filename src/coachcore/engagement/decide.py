"""`decide(state, proposal, actor, now) -> drafts`: whether an event may be entered, and what follows from it.

Pure: it reads the tables and the guards of the event's kind, and either returns the drafts to be stored (the proposed
one first, completed where it left something to be understood, then what follows from it), or raises `Refused` with why,
and what would be allowed. It never looks at a store or a clock.
"""

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import Any

import attrs
from pendulum import DateTime

from coachcore import events as e
from coachcore.engagement.evolve import KEYS, key_of
from coachcore.engagement.state import ActionStatus, Goal, SessionStatus, Stage, State
from coachcore.engagement.tables import MAY, verbs_of
from coachcore.errors import NotAllowed, Refused
from coachcore.events import Content, Correction, Event, Proposal
from coachcore.model.agreement import Agreement
from coachcore.model.measures import Milestones
from coachcore.model.parties import Actor, Role
from coachcore.model.value import evolve
from coachcore.model.words import Visibility

__all__ = ["Draft", "decide"]


@attrs.frozen(kw_only=True)
class Draft:
    """An event that may be stored: everything but its place in the books."""

    event_id: str
    content: Content
    occurred_at: DateTime
    actor: Actor
    visibility: Visibility
    caused_by: str | None = None
    correlation_id: str | None = None


Guard = Callable[[State, Any, Actor, DateTime], "Content | None"]
GUARDS: dict[type[Content], Guard] = {}


def decide(state: State | None, proposal: Proposal, actor: Actor, now: DateTime) -> tuple[Draft, ...]:
    """What entering a proposal would store. `now`: the moment of recording.

    Raises NotAllowed when the actor's role may not, Refused when the stage or a guard says no.
    """
    content = proposal.content
    at = proposal.occurred_at or now
    _check_actor(state, content, actor)
    if at > now:
        raise Refused(
            "time.in_future",
            f"{at} is later than now ({now})",
            "an entry says what has happened; leave occurred_at out",
        )
    if state is None:
        if not isinstance(content, e.EngagementProposed):
            raise Refused("engagement.unknown", "there is no such engagement yet", "propose it first")
    else:
        content = _checked(state, content, actor, at)
    visibility = _visibility(content, proposal.visibility)
    first = Draft(
        event_id=proposal.event_id,
        content=content,
        occurred_at=at,
        actor=actor,
        visibility=visibility,
        caused_by=proposal.caused_by,
        correlation_id=proposal.correlation_id,
    )
    follows = _follows(state, content) if state is not None else ()
    return (
        first,
        *(
            Draft(
                event_id=f"{proposal.event_id}.{number}",
                content=each,
                occurred_at=at,
                actor=actor,
                visibility=type(each).visibility,
                caused_by=proposal.event_id,
                correlation_id=proposal.correlation_id,
            )
            for number, each in enumerate(follows, 1)
        ),
    )


def _check_actor(state: State | None, content: Content, actor: Actor) -> None:
    kind = type(content)
    if kind not in MAY:
        raise Refused("event.not_enterable", f"{kind.__name__} cannot be entered", "use one of the commands")
    agreement = (
        state.agreement
        if state is not None
        else content.agreement
        if isinstance(content, e.EngagementProposed)
        else None
    )
    if agreement is not None:
        party = agreement.party(actor.party)
        if party is None or party.role is not actor.role:
            _check_newcomer(state, content, actor, agreement)
    if actor.role not in MAY[kind][0]:
        who = " or ".join(sorted(MAY[kind][0]))
        raise NotAllowed(
            "role.not_allowed",
            f"a {actor.role} may not {_verb(kind)}",
            f"that is for the {who}; {_instead(actor.role, kind, state.stage if state else None)}",
            allowed_roles=sorted(MAY[kind][0]),
        )


def _check_newcomer(state: State | None, content: Content, actor: Actor, agreement: Agreement) -> None:
    """Whom only the newest version names may accept it, and nothing else before it is in force."""
    coming = None if state is None else state.newest.party(actor.party)
    if state is None or coming is None or coming.role is not actor.role:
        known = ", ".join(f"{each.id} ({each.role})" for each in agreement.parties)
        raise NotAllowed("party.unknown", f"{actor} is no party of this engagement", f"the parties are: {known}")
    if not isinstance(content, e.AgreementAccepted):
        raise NotAllowed(
            "party.not_yet",
            f"{actor} joins with version {state.newest_version} of the agreement, which is not in force",
            "accept it; everything else when all have accepted",
        )


def _verb(kind: type[Content]) -> str:
    return kind.verb.replace("_", " ")


def _instead(role: Role, kind: type[Content], stage: Stage | None) -> str:
    """What the role may do instead: first of the same area, then changes of stage."""
    verbs = [e.COMMANDS[each] for each in verbs_of(role, stage)]
    near = [each.verb for each in verbs if each.area == kind.area] or [
        each.verb for each in verbs if each.area == "agreement"
    ]
    return f"a {role} may now: {', '.join(near or [each.verb for each in verbs][:8]) or 'nothing'}"


def _checked(state: State, content: Content, actor: Actor, at: DateTime) -> Content:
    kind = type(content)
    if isinstance(content, e.EngagementProposed):
        raise Refused("engagement.exists", "this engagement has been proposed already", "amend it, or propose another")
    if at < state.began_at:
        raise Refused(
            "time.before_begin",
            f"{at} is before the engagement began ({state.began_at})",
            "check the date and the year",
        )
    _check_stage(state, kind, actor, at)
    if kind in LIFECYCLE_EVENTS and at < state.stages[-1][0]:
        raise Refused(
            "stage.out_of_order",
            f"{at} is before the last change of stage ({state.stages[-1][0]})",
            "enter changes of stage in the order they happened",
        )
    guard = GUARDS.get(kind)
    return (guard(state, content, actor, at) if guard else None) or content


def _check_stage(state: State, kind: type[Content], actor: Actor, at: DateTime) -> None:
    """Raises Refused stage.not_allowed where the event cannot have occurred at that time."""
    stage = state.stage_at(at)
    stages = MAY[kind][1]
    if stage not in stages:
        when = ", ".join(each for each in Stage if each in stages)
        raise Refused(
            "stage.not_allowed",
            f"cannot {_verb(kind)} while the engagement is {stage}",
            f"possible while it is {when}; {_instead(actor.role, kind, stage)}",
            stage=str(stage),
            allowed=list(verbs_of(actor.role, stage)),
            allowed_stages=[str(each) for each in Stage if each in stages],
        )


LIFECYCLE_EVENTS = frozenset(
    {
        e.AgreementAccepted,
        e.AgreementAmended,
        e.EngagementStarted,
        e.EngagementPaused,
        e.EngagementResumed,
        e.EngagementCompleted,
        e.EngagementTerminated,
    }
)


def _visibility(content: Content, wanted: Visibility | None) -> Visibility:
    if wanted is Visibility.AUTHOR and content.area in ("agreement", "ledger", "record", "ethics", "goals", "plan"):
        raise Refused(
            "visibility.both_sides",
            f"{_verb(type(content))} cannot be kept to yourself",
            "both sides see the same books",
        )
    return wanted or type(content).visibility


def _follows(state: State, content: Content) -> Iterable[Content]:
    if isinstance(content, e.SessionHeld) and state.stage is Stage.AGREED:
        yield e.EngagementStarted()


# --- guards ----------------------------------------------------------------------------------------------------------


def guard(*kinds: type[Content]) -> Callable[[Guard], Guard]:
    def made(check: Guard) -> Guard:
        for kind in kinds:
            GUARDS[kind] = check
        return check

    return made


def _found(things: Any, kind: str, thing_id: str, at: DateTime, since: str) -> Any:
    thing = things.get(thing_id)
    if thing is None:
        near = get_close_matches(thing_id, list(things), 1, 0.5)
        known = sorted(things)
        hint = (
            f"did you mean {near[0]!r}?"
            if near
            else f"known: {', '.join(known[:10])}"
            if known
            else f"there is no {kind} yet"
        )
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
    goal: Goal = _found(state.goals, "goal", goal_id, at, "set_at")
    if goal.closed_at is not None:
        raise Refused(
            "goal.closed",
            f"goal {goal_id!r} was {goal.status} at {goal.closed_at}",
            "set a new goal, or take that entry back",
        )
    return goal


def goal_at(state: State, goal_id: str, at: DateTime) -> Goal:
    """A goal that is active at a moment. Raises Refused goal.unknown, goal.not_yet, goal.closed."""
    goal: Goal = _found(state.goals, "goal", goal_id, at, "set_at")
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
    _check_span(content.starts_on, content.due_on)


@guard(e.GoalRevised)
def _revise_goal(state: State, content: e.GoalRevised, actor: Actor, at: DateTime) -> None:
    goal = goal_at(state, content.goal_id, at)
    _check_span(content.starts_on or goal.starts_on, content.due_on or goal.due_on)


def _check_span(starts_on: Any, due_on: Any) -> None:
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
    _found(state.goals, "goal", content.goal_id, at, "set_at")


@guard(e.ProgressRecorded)
def _record_progress(state: State, content: e.ProgressRecorded, actor: Actor, at: DateTime) -> None:
    _check_reading(goal_at(state, content.goal_id, at), content)


def _check_reading(goal: Goal, content: e.ProgressRecorded) -> None:
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
        _found(state.goals, "goal", goal_id, at, "set_at")
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
    action = _found(state.actions, "action", content.action_id, at, "planned_at")
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
    session = _found(state.sessions, "session", content.session_id, at, "scheduled_at")
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
    _check_named(state, content)


def _check_named(state: State, content: Content) -> None:
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
    session = _found(state.sessions, "session", content.session_id, at, "scheduled_at")
    if not isinstance(content, e.SessionPrepared) and session.status is not SessionStatus.HELD:
        raise Refused("session.not_held", f"session {session.id!r} is {session.status}", "enter that it was held first")


@guard(e.FeedbackGiven, e.ReflectionWritten, e.ReflectionPrompted, e.TechniqueChosen, e.CoachNoteWritten)
def _maybe_about_session(state: State, content: Any, actor: Actor, at: DateTime) -> None:
    if content.session_id is not None:
        _found(state.sessions, "session", content.session_id, at, "scheduled_at")


@guard(e.EncouragementGiven)
def _encourage(state: State, content: e.EncouragementGiven, actor: Actor, at: DateTime) -> None:
    if content.action_id is not None:
        _found(state.actions, "action", content.action_id, at, "planned_at")


@guard(e.ConsequenceNoted)
def _note_consequence(state: State, content: e.ConsequenceNoted, actor: Actor, at: DateTime) -> None:
    if content.action_id is not None:
        _found(state.actions, "action", content.action_id, at, "planned_at")
    if content.decision_id is not None:
        _found(state.decisions, "decision", content.decision_id, at, "opened_at")


@guard(e.ConcernRaised)
def _raise_concern(state: State, content: e.ConcernRaised, actor: Actor, at: DateTime) -> None:
    _new(state.concerns, "concern", content.concern_id)


@guard(e.DecisionMade)
def _make_decision(state: State, content: e.DecisionMade, actor: Actor, at: DateTime) -> None:
    _new(state.decisions, "decision", content.decision_id)


@guard(e.ConcernAnswered)
def _answer_concern(state: State, content: e.ConcernAnswered, actor: Actor, at: DateTime) -> None:
    concern = _found(state.concerns, "concern", content.concern_id, at, "opened_at")
    if concern.opened_by.party == actor.party:
        raise Refused("concern.own", f"{actor} raised this concern", "the other side answers it")


@guard(e.BreachReported)
def _report_breach(state: State, content: e.BreachReported, actor: Actor, at: DateTime) -> None:
    _new(state.breaches, "breach", content.breach_id)
    _duty_role(content.duty_id)


@guard(e.BreachResolved)
def _resolve_breach(state: State, content: e.BreachResolved, actor: Actor, at: DateTime) -> None:
    breach = _found(state.breaches, "breach", content.breach_id, at, "opened_at")
    _check_open(breach, "breach")
    accused = state.carrier(breach.about or "", breach.opened_at)
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
    if state.carrier(duty_of(obligation_id), at) is actor.role:
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
    dispute = _found(state.disputes, "dispute", content.dispute_id, at, "opened_at")
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
    carrier = state.carrier(content.duty_id, at)
    if content.to not in (Role.COACH, Role.CLIENT):
        raise Refused("duty.no_carrier", f"a {content.to} carries no duties", "hand it to the coach or the client")
    if carrier is content.to:
        raise Refused("duty.carried_already", f"the {content.to} carries {content.duty_id} already", "nothing to do")
    if carrier is not actor.role:
        raise NotAllowed(
            "duty.not_carried", f"the {actor.role} does not carry {content.duty_id}", f"the {carrier} hands it over"
        )


@guard(e.EntryCorrected)
def _correct(state: State, content: e.EntryCorrected, actor: Actor, at: DateTime) -> Content | None:
    entry = state.entries.get(content.entry_id)
    if entry is None and content.entry_id in state.corrected:
        raise Refused("entry.taken_back", f"entry {content.entry_id!r} was taken back", "enter it anew")
    if entry is None:
        raise Refused(
            "entry.unknown", f"there is no entry {content.entry_id!r}", "give the id of an event of this engagement"
        )
    kind = e.EVENT_TYPES.get(entry.type)
    how = kind.correction if kind is not None else Correction.NEVER
    if kind is None or how is Correction.NEVER:
        raise Refused(
            "entry.not_correctable", f"{entry.type} is not corrected", "enter what holds now; the earlier entry stays"
        )
    if content.entry_id in state.erased:
        raise Refused("entry.erased", f"entry {content.entry_id!r} was erased", "enter it anew")
    if entry.actor.party != actor.party:
        raise NotAllowed(
            "entry.not_yours",
            f"the entry is by {entry.actor}",
            "who made an entry corrects it; raise a concern or contest it",
        )
    new = content.replacement
    if content.happened_at is not None and not state.began_at <= content.happened_at <= at:
        raise Refused(
            "time.out_of_engagement", f"{content.happened_at} is before it began, or after {at}", "check the time"
        )
    if content.happened_at is not None and new is not None:
        _check_moved(state, entry, content.happened_at, actor)
    if new is None:
        if how is not Correction.RETRACT:
            raise Refused(
                "entry.not_retractable",
                f"{entry.type} cannot be taken back, other entries may point to it",
                "replace it, or drop, cancel or answer it",
            )
        return None
    if type(new) is not kind:
        raise Refused(
            "entry.other_type",
            f"a {entry.type} cannot become a {type(new).__name__}",
            "keep the type, or take it back and enter anew",
        )
    if key_of(new) != key_of(entry.content):
        raise Refused(
            "entry.other_thing",
            f"the replacement is about something else ({', '.join(KEYS[kind])} changed)",
            "keep the ids; to move an entry, take it back and enter it anew",
        )
    return evolve(content, replacement=_fit(state, entry, new))


def _check_moved(state: State, entry: Event, to: DateTime, actor: Actor) -> None:
    """Whether an entry may be moved to another time: it could have occurred then, after what it names, before what names it."""
    kind = type(entry.content)
    _check_stage(state, kind, actor, to)
    begins = f"{kind.introduces}_id" if kind.introduces else ""
    if isinstance(entry.content, e.SessionHeld) and state.stage_at(entry.occurred_at) is not state.stage_at(to):
        raise Refused("stage.out_of_order", "the first session held began the engagement", "keep it in its stage")
    for name in KEYS[kind]:
        thing_id = getattr(entry.content, name)
        place = PLACES.get(name)
        if thing_id is None or place is None:
            continue
        if name != begins:
            _found(getattr(state, place[0]), name.removesuffix("_id"), thing_id, to, place[1])
        if kind.correction is not Correction.REPLACE:
            continue
        others = (
            each for each in state.entries.values() if each.id != entry.id and _names(each.content, name, thing_id)
        )
        for other in others:
            if (other.occurred_at < to) != (other.occurred_at < entry.occurred_at):
                raise Refused(
                    "entry.out_of_order",
                    f"{other.type} {other.id!r} of {other.occurred_at} refers to the same {name.removesuffix('_id')}",
                    "keep the order in which they happened, or correct that entry first",
                )


PLACES = {
    "goal_id": ("goals", "set_at"),
    "action_id": ("actions", "planned_at"),
    "session_id": ("sessions", "scheduled_at"),
    "concern_id": ("concerns", "opened_at"),
    "breach_id": ("breaches", "opened_at"),
    "decision_id": ("decisions", "opened_at"),
}
"""Where the state keeps what a field of an entry names, and since when it is there."""


def _names(content: Content, name: str, thing_id: str) -> bool:
    return getattr(content, name, None) == thing_id or thing_id in getattr(content, f"{name}s", ())


def _fit(state: State, entry: Event, new: Content) -> Content:
    """A replacement, checked as the entry was when it was made, and completed likewise."""
    if isinstance(new, e.GoalSet | e.GoalRevised):
        _check_span(new.starts_on, new.due_on)
    if isinstance(new, e.SessionHeld | e.SessionMissed | e.SessionCancelled):
        _check_named(state, new)
    if isinstance(new, e.ProgressRecorded) and (goal := state.goals.get(new.goal_id)) is not None:
        _check_reading(goal, new)
    if isinstance(new, e.SelfAssessed | e.PlanReviewed):
        for each in new.goal_ids:
            _found(state.goals, "goal", each, entry.occurred_at, "set_at")
        if not new.goal_ids and type(entry.content) is type(new):
            return evolve(new, goal_ids=entry.content.goal_ids)
    return new


@guard(e.ContentErased)
def _erase(state: State, content: e.ContentErased, actor: Actor, at: DateTime) -> Content:
    named = dict.fromkeys(content.entry_ids)
    for each in content.entry_ids:
        entry = state.entries.get(each)
        if entry is None and each in state.corrected:
            continue  # taken back, which only what may be erased can be
        if entry is None:
            raise Refused("entry.unknown", f"there is no entry {each!r}", "give ids of events of this engagement")
        kind = e.EVENT_TYPES.get(entry.type)
        if kind is e.EntryCorrected and (
            isinstance(entry.content, e.Erased) or getattr(entry.content, "entry_id", None) in named
        ):
            continue
        if kind is None or kind.correction is Correction.NEVER or kind.introduces:
            raise Refused(
                "entry.not_erasable",
                f"{entry.type} holds the books together and is not erased",
                "erase readings, notes, messages, reflections; keep names out of titles",
            )
    repeated = [  # a correction says it again
        each for each in state.entries.values() if getattr(each.content, "entry_id", None) in named
    ]
    further = [each.id for each in sorted(repeated, key=lambda each: each.version) if each.id not in named]
    return evolve(content, entry_ids=(*named, *further))


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
