"""Guards: what an event requires of the state, beyond the role and the stage. One function per type, in the table `GUARDS`.

A guard raises Refused (or NotAllowed) with a code and what to do instead. It may return the content with defaults filled in:
accepting "the agreement" becomes accepting its newest version. Guards of actions and goals, which belong to somebody, are in
`promises`, those of events about other events in `corrections`, and those of the acts over the ledger in `power_guards`.
"""

from collections.abc import Callable
from typing import Any

from pendulum import Date, DateTime

from coachcore import events as e
from coachcore.engagement.references import Context, addressee_of
from coachcore.engagement.state import Goal, SessionStatus, State
from coachcore.errors import Refused, did_you_mean
from coachcore.events import Content
from coachcore.model.measures import Avoid, Counts, Habit, Measure, Milestones
from coachcore.model.parties import Actor, Role
from coachcore.model.times import day_of
from coachcore.model.value import with_changes

__all__ = ["GUARDS", "goal_at"]

Guard = Callable[[State, Any, Actor, DateTime], "Content | None"]
GUARDS: dict[type[Content], Guard] = {}
GuardInContext = Callable[[State, Any, Actor, DateTime, Context], "Content | None"]
"""A guard that asks for more than the state: a duty, an obligation, the moment of recording, or whether the event is imported."""


def guard(*kinds: type[Content]) -> Callable[[Guard], Guard]:
    """Register a function as the guard of some types of events."""

    def register(check: Guard) -> Guard:
        for kind in kinds:
            GUARDS[kind] = check
        return check

    return register


def existing(collection: Any, kind: str, item_id: str, occurred_at: DateTime, since: str) -> Any:
    """The item of a collection of the state that existed at a moment. since: its attribute that says from when it exists.

    Raises Refused `<kind>.unknown`, `<kind>.not_yet`.
    """
    item = collection.get(item_id)
    if item is None:
        known = sorted(collection)
        listed = f"known: {', '.join(known[:10])}" if known else f"there is no {kind} yet"  # a hint is one line
        hint = did_you_mean(item_id, known, listed)
        raise Refused(f"{kind}.unknown", f"there is no {kind} {item_id!r}", hint)
    if occurred_at < getattr(item, since):
        raise Refused(
            f"{kind}.not_yet",
            f"{occurred_at} is before the {kind} {item_id!r} existed (since {getattr(item, since)})",
            "check the time",
        )
    return item


def check_new(collection: Any, kind: str, item_id: str) -> None:
    """Raises Refused `<kind>.duplicate` where the state has such an item already."""
    if item_id in collection:
        raise Refused(f"{kind}.duplicate", f"{kind} {item_id!r} exists already", f"give the new {kind} another id")


def check_within(state: State, moment: DateTime | None, occurred_at: DateTime) -> None:
    """Raises Refused time.out_of_engagement where something is said of a moment before the engagement, or after the saying of it."""
    if moment is not None and not state.began_at <= moment <= occurred_at:
        raise Refused(
            "time.out_of_engagement",
            f"{moment} is before the engagement began, or after {occurred_at}",
            "check the time",
        )


def open_goal(state: State, goal_id: str, occurred_at: DateTime) -> Goal:
    """A goal that was never closed, not even after this moment. Raises as `goal_at` does."""
    goal: Goal = existing(state.goals, "goal", goal_id, occurred_at, "set_at")
    if goal.closed_at is not None:
        raise _closed(goal, "set a new goal, or retract the event that closed it")
    return goal


def _closed(goal: Goal, hint: str) -> Refused:
    return Refused("goal.closed", f"goal {goal.id!r} was {goal.status} at {goal.closed_at}", hint)


def goal_at(state: State, goal_id: str, occurred_at: DateTime) -> Goal:
    """A goal that is active at a moment. Raises Refused goal.unknown, goal.not_yet, goal.closed."""
    goal: Goal = existing(state.goals, "goal", goal_id, occurred_at, "set_at")
    if goal.closed_at is not None and occurred_at >= goal.closed_at:
        raise _closed(goal, "set a new goal, or give an earlier occurred_at")
    return goal


def check_span(starts_on: Any, due_on: Any) -> None:
    """Raises Refused goal_dates.conflict where a goal would be due before it starts."""
    if starts_on and due_on and due_on < starts_on:
        raise Refused("goal_dates.conflict", f"due on {due_on}, before it starts on {starts_on}", "give a later due_on")


def check_last_step(measure: Measure | None, due_on: Date | None) -> None:
    """Raises Refused step_due.conflict where a step or a checkpoint of a goal is due after the goal itself."""
    days = [step.due_on for step in getattr(measure, "steps", ())]
    days += [checkpoint.on for checkpoint in getattr(measure, "checkpoints", ())]
    last = max((day for day in days if day is not None), default=None)
    if due_on and last is not None and last > due_on:
        hint = "give the step or checkpoint an earlier day, or the goal a later one"
        raise Refused("step_due.conflict", f"due on {last}, after the goal, which is due on {due_on}", hint)


def check_reading(goal: Goal, content: e.ProgressRecorded) -> None:
    """Raises Refused milestone.not_allowed, milestone.unknown: a milestone is named if and only if the goal has some."""
    steps = {step.id for step in goal.measure.steps} if isinstance(goal.measure, Milestones) else None
    if steps is None and content.milestone_id is not None:
        raise Refused("milestone.not_allowed", f"goal {goal.id!r} has no milestones", "give a value in its unit")
    if steps is not None and content.milestone_id not in steps:
        raise Refused(
            "milestone.unknown",
            f"goal {goal.id!r} has no milestone {content.milestone_id!r}",
            f"its milestones: {', '.join(sorted(steps))}",
        )


def check_amount(goal: Goal, content: e.ProgressRecorded) -> None:
    """Raises Refused reading.negative where readings are amounts that add up, and this one is below 0."""
    measure = goal.measure
    is_amount = isinstance(measure, Habit | Avoid) or getattr(measure, "counts", None) is Counts.SUM
    if is_amount and content.value is not None and content.value < 0:
        hint = "give how much it was; correct the reading that was too high"
        raise Refused(
            "reading.negative", f"{content.value} is negative, and goal {goal.id!r} adds its readings up", hint
        )


@guard(e.GoalReviewed, e.PlanConfirmed)
def _active_goal(state: State, content: Any, actor: Actor, occurred_at: DateTime) -> None:
    goal_at(state, content.goal_id, occurred_at)


@guard(e.SelfAssessed, e.PlanReviewed)
def _assess(state: State, content: Any, actor: Actor, occurred_at: DateTime) -> Content:
    for goal_id in content.goal_ids:
        existing(state.goals, "goal", goal_id, occurred_at, "set_at")
    others = {client.id for client in state.agreement.those(Role.CLIENT) if actor.role is Role.CLIENT} - {actor.party}
    active = tuple(
        goal.id for goal in state.goals_in_order if goal.is_active_at(occurred_at) and goal.owner not in others
    )
    completed: Content = content if content.goal_ids else with_changes(content, goal_ids=active)
    return completed


def check_named(state: State, content: Content) -> None:
    """Raises Refused participant.unknown where an event names a party whom the agreement does not: of a session, who attended, missed,
    moved or cancelled it; of what is said, to whom; of a rating, whose.
    """
    named = getattr(content, "attended", ()) or getattr(content, "missed_by", ())
    others = (getattr(content, "cancelled_by", None), getattr(content, "moved_by", None), addressee_of(content))
    for party_id in (*named, *others):
        if party_id is not None and state.agreement.party(party_id) is None:
            known = ", ".join(party.id for party in state.agreement.parties)
            raise Refused("participant.unknown", f"there is no party {party_id!r}", f"the parties: {known}")


@guard(e.MessageSent)
def _to_a_party(state: State, content: Any, actor: Actor, occurred_at: DateTime) -> None:
    check_named(state, content)


@guard(e.OpennessRated)
def _of_a_client(state: State, content: e.OpennessRated, actor: Actor, occurred_at: DateTime) -> None:
    check_named(state, content)
    clients = [party.id for party in state.agreement.those(Role.CLIENT)]
    if content.client is not None and content.client not in clients:
        raise Refused(
            "rated_client.not_allowed", f"{content.client!r} is no client", f"name a client: {', '.join(clients)}"
        )


@guard(e.SessionPrepared, e.SessionSummarised, e.SessionRated)
def _about_session(state: State, content: Any, actor: Actor, occurred_at: DateTime) -> None:
    session = existing(state.sessions, "session", content.session_id, occurred_at, "scheduled_at")
    if not isinstance(content, e.SessionPrepared) and session.status is not SessionStatus.HELD:
        raise Refused(
            "session.not_held", f"session {session.id!r} is {session.status}", "first record that it was held"
        )


@guard(e.FeedbackGiven, e.ReflectionWritten, e.ReflectionPrompted, e.TechniqueChosen, e.CoachNoteWritten)
def _maybe_about_session(state: State, content: Any, actor: Actor, occurred_at: DateTime) -> None:
    check_named(state, content)
    if content.session_id is not None:
        existing(state.sessions, "session", content.session_id, occurred_at, "scheduled_at")


@guard(e.EncouragementGiven)
def _encourage(state: State, content: e.EncouragementGiven, actor: Actor, occurred_at: DateTime) -> None:
    check_named(state, content)
    if content.action_id is not None:
        existing(state.actions, "action", content.action_id, occurred_at, "planned_at")


@guard(e.ConsequenceNoted)
def _note_consequence(state: State, content: e.ConsequenceNoted, actor: Actor, occurred_at: DateTime) -> None:
    if content.action_id is not None:
        existing(state.actions, "action", content.action_id, occurred_at, "planned_at")
    if content.decision_id is not None:
        existing(state.decisions, "decision", content.decision_id, occurred_at, "opened_at")


@guard(e.ConcernRaised)
def _raise_concern(state: State, content: e.ConcernRaised, actor: Actor, occurred_at: DateTime) -> None:
    check_new(state.concerns, "concern", content.concern_id)
    check_named(state, content)


def check_consent_end(state: State, content: e.ConsentGiven, occurred_at: DateTime) -> None:
    """Raises Refused consent_end.out_of_range where a consent would end on a day before it is given."""
    day = day_of(occurred_at, state.zone)
    if content.ends_on is not None and content.ends_on < day:
        raise Refused(
            "consent_end.out_of_range",
            f"the consent would end on {content.ends_on}, before it is given on {day}",
            "give that day or a later one, or leave the end out",
        )


def check_concerned(state: State, content: e.InformationDisclosed) -> None:
    """Raises Refused concerned_client.unknown where a disclosure names somebody who was never a client of the engagement."""
    present = [party.id for party in state.agreement.those(Role.CLIENT)]
    unknown = set(content.clients).difference(present)
    if unknown:  # of before, those who accepted an agreement as clients
        unknown -= {event.actor.party for event in state.events.values() if event.actor.role is Role.CLIENT}
    if unknown:
        raise Refused(
            "concerned_client.unknown", f"{min(unknown)!r} is no client", f"name clients: {', '.join(present)}"
        )


@guard(e.ConsentGiven)
def _give_consent(state: State, content: e.ConsentGiven, actor: Actor, occurred_at: DateTime) -> None:
    check_consent_end(state, content, occurred_at)


@guard(e.DecisionMade)
def _make_decision(state: State, content: e.DecisionMade, actor: Actor, occurred_at: DateTime) -> None:
    check_new(state.decisions, "decision", content.decision_id)


@guard(e.ConcernAnswered)
def _answer_concern(state: State, content: e.ConcernAnswered, actor: Actor, occurred_at: DateTime) -> None:
    concern = existing(state.concerns, "concern", content.concern_id, occurred_at, "opened_at")
    if concern.opened_by.party == actor.party:
        raise Refused("concern.not_allowed", f"{actor} raised this concern", "the other side answers it")


def check_open(matter: Any, kind: str) -> None:
    """Raises Refused `<kind>.closed` where a breach or a dispute was settled already."""
    if matter.closed_at is not None:
        raise Refused(f"{kind}.closed", f"{kind} {matter.id!r} was settled at {matter.closed_at}", f"open a new {kind}")
