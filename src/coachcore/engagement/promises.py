"""Promises: whose an action or a goal is, and who may say what about it.

An action belongs to the coach or client who is to do it, a goal to a client. What somebody takes on themselves is owed at once. What is
proposed to the other side is owed once they accept it, within 14 days; until then they may decline it, and whoever proposed it may
withdraw it, both by dropping it. That an action is done is for its owner to say, or for the other side to confirm: never for a fellow
client, coach or sponsor. Only its owner moves or drops it.

What 0.1 recorded names no owner. A client's goals and actions are theirs; an action that the coach planned may have been meant for
anybody, so either side may go on with it and it obliges nobody; a goal that the coach set is the clients' together. The same holds
for what is imported without an owner.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from pendulum import DateTime

from coachcore import events as e
from coachcore.engagement.guards import (
    GuardInContext,
    check_amount,
    check_last_step,
    check_new,
    check_reading,
    check_span,
    existing,
    goal_at,
    open_goal,
)
from coachcore.engagement.references import Context
from coachcore.engagement.state import Action, Goal, State
from coachcore.engagement.windows import Windows
from coachcore.errors import NotAllowed, Refused
from coachcore.events import Content, Event
from coachcore.model.goal import changed_fields, goal_fields
from coachcore.model.measures import Habit
from coachcore.model.parties import Actor, Role
from coachcore.model.times import day_of, last_moment
from coachcore.model.value import with_changes

__all__ = ["MOST_MOVES", "PROMISE_GUARDS", "answer_until", "checked_promise"]

MOST_MOVES = 2
"""How often an action may be moved: after that it is done, dropped or missed, and a new one can be planned."""
SKIPPED_WITHIN: Final = timedelta(days=7)
"""Nobody makes up for a missed day of last month by saying now that it did not count."""


# --- who owns it -----------------------------------------------------------------------------------------------------


def _check_owner(state: State, owner: str, actor: Actor) -> None:
    """Raises Refused owner.unknown, NotAllowed owner.not_allowed: one promises for oneself, and proposes to the other side."""
    party = state.agreement.party(owner)
    if party is None:
        known = ", ".join(party.id for party in state.agreement.parties)
        raise Refused("owner.unknown", f"there is no party {owner!r}", f"the parties: {known}")
    if owner != actor.party and party.role is not actor.role.counterpart:
        raise NotAllowed(
            "owner.not_allowed",
            f"the {actor.role} cannot promise anything for the {party.role} {owner!r}",
            f"leave owner out, or propose it to a {actor.role.counterpart}",
        )


def _plan_action(
    state: State, content: e.ActionPlanned, actor: Actor, occurred_at: DateTime, context: Context
) -> Content | None:
    check_new(state.actions, "action", content.action_id)
    if content.goal_id is not None:
        goal_at(state, content.goal_id, occurred_at)
    if content.owner is not None:
        _check_owner(state, content.owner, actor)
        return None
    return None if context.is_import else with_changes(content, owner=actor.party)


def _set_goal(
    state: State, content: e.GoalSet, actor: Actor, occurred_at: DateTime, context: Context
) -> Content | None:
    check_new(state.goals, "goal", content.goal_id)
    check_span(content.starts_on, content.due_on)
    if not context.is_import:
        check_last_step(content.measure, content.due_on)
    if actor.role is Role.CLIENT:  # one that the coach proposes becomes active when it is accepted
        goal = Goal(id=content.goal_id, **goal_fields(content), set_at=occurred_at, set_by=actor)
        _check_smart(state, goal, context)
    if content.owner is not None:
        _check_owner(state, content.owner, actor)
        party = state.agreement.party(content.owner)
        if party is not None and party.role is not Role.CLIENT:
            raise Refused(
                "goal_owner.not_allowed", "a goal is a client's", "name the client, or plan an action instead"
            )
        return None
    if context.is_import:
        return None
    if actor.role is Role.CLIENT:
        return with_changes(content, owner=actor.party)
    clients = state.agreement.those(Role.CLIENT)
    if len(clients) > 1:
        named = ", ".join(client.id for client in clients)
        raise Refused("goal_owner.missing", "there are several clients", f"name whose goal it is: {named}")
    return with_changes(content, owner=clients[0].id)


def _check_smart(state: State, goal: Goal, context: Context, before: Goal | None = None) -> None:
    """Raises Refused goal_error.not_allowed where the agreement asks for SMART goals, and one would be active that is not.

    before: an active goal as it was before a change, which may keep the errors that it has: they go one after another.
    """
    if not state.agreement.goals_must_be_smart or context.is_import:
        return
    known = {error.rule_id for error in context.goal_errors(before)} if before is not None else set()
    errors = [error for error in context.goal_errors(goal) if error.rule_id not in known]
    if errors:
        raise Refused(
            "goal_error.not_allowed",
            f"goal {goal.id!r} is not SMART, as the agreement asks: {'; '.join(error.title('en') for error in errors)}",
            "; ".join(error.advice("en") for error in errors),
            findings=[
                {"rule_id": error.rule_id, "title": error.title("en"), "advice": error.advice("en")} for error in errors
            ],
        )


def _check_say(
    state: State, owner: str | None, name: str, actor: Actor, context: Context, *, may_other_side: bool
) -> None:
    """Raises NotAllowed owner_act.not_allowed where somebody has no say in a promise. name: what it is, for the message.

    What has no owner is anybody's, and so is what the owner left behind who is no longer a party. What is imported was said elsewhere.
    """
    party = None if owner is None else state.agreement.party(owner)
    if context.is_import or party is None or actor.party == party.id:
        return
    is_other_side = actor.role is party.role.counterpart
    if not (is_other_side and may_other_side):
        hint = f"only {party.id!r} may" + (f", or the {party.role.counterpart}" if may_other_side else "")
        raise NotAllowed("owner_act.not_allowed", f"{name} is the promise of the {party.role} {party.id!r}", hint)


# --- proposals -------------------------------------------------------------------------------------------------------


def answer_until(promise: Action | Goal, windows: Windows, state: State, now: DateTime) -> DateTime:
    """Until when what was proposed may be accepted: for as long as its owner has to answer, and until the day of an action is over."""
    assert promise.proposed_at is not None
    window_ends = state.window_end(windows.answer, promise.proposed_at, now)
    if isinstance(promise, Goal) or promise.due_on is None:
        return window_ends
    return min(window_ends, last_moment(promise.due_on, state.zone))


def _check_acceptance(
    promise: Action | Goal, name: str, state: State, actor: Actor, now: DateTime, context: Context
) -> None:
    """Raises Refused proposal.closed, proposal.expired, NotAllowed proposal.not_allowed."""
    if promise not in state.proposals:
        raise Refused(
            "proposal.closed",
            f"{name} waits for nobody's acceptance",
            "see `state.proposals`; what was accepted, or is one's own, is owed already",
        )
    if promise.owner != actor.party:
        raise NotAllowed("proposal.not_allowed", f"{name} was not proposed to {actor}", f"{promise.owner!r} accepts it")
    end = answer_until(promise, context.charter(state.agreement).windows, state, now)
    if now > end and not context.is_import:
        raise Refused(
            "proposal.expired",
            f"{name} could be accepted until {end}",
            "take it on by yourself, or let it be proposed anew",
        )


def _accept_action(state: State, content: e.ActionAccepted, actor: Actor, now: DateTime, context: Context) -> None:
    action: Action = existing(state.actions, "action", content.action_id, now, "planned_at")
    _check_acceptance(action, f"action {action.id!r}", state, actor, now, context)


def _accept_goal(state: State, content: e.GoalAccepted, actor: Actor, now: DateTime, context: Context) -> None:
    goal = goal_at(state, content.goal_id, now)
    _check_acceptance(goal, f"goal {goal.id!r}", state, actor, now, context)
    _check_smart(state, goal, context)


# --- what is said about it -------------------------------------------------------------------------------------------


def _open_action(
    state: State, content: e.ActionDone | e.ActionDropped | e.ActionRescheduled, occurred_at: DateTime
) -> Action:
    action: Action = existing(state.actions, "action", content.action_id, occurred_at, "planned_at")
    was_open = (
        isinstance(content, e.ActionRescheduled) and action.closed_at is not None and occurred_at < action.closed_at
    )
    if action.closed_at is not None and not was_open:
        raise Refused("action.closed", f"action {action.id!r} is already {action.status}", "plan a new action")
    return action


def _check_accepted(action: Action) -> None:
    if action.accepted_at is None:
        raise Refused(
            "action.proposed",
            f"action {action.id!r} is only proposed to {action.owner!r}",
            "they accept it first, or plan an action of their own",
        )


def _check_not_dated_back(action: Action, state: State, occurred_at: DateTime, context: Context) -> None:
    """Raises Refused due_day.closed where the day is over by which an action was owed, and it is moved or dropped as of a time before."""
    if context.is_import or action.due_on is None or occurred_at >= context.recorded_at:
        return
    if action.due_on < day_of(context.recorded_at, state.zone):
        raise Refused(
            "due_day.closed",
            f"action {action.id!r} was due on {action.due_on}; what is recorded after it changes nothing before it",
            "leave occurred_at out",
        )


def _do_action(state: State, content: e.ActionDone, actor: Actor, occurred_at: DateTime, context: Context) -> None:
    action = _open_action(state, content, occurred_at)
    _check_accepted(action)
    _check_say(state, action.owner, f"action {action.id!r}", actor, context, may_other_side=True)


def _drop_action(state: State, content: e.ActionDropped, actor: Actor, occurred_at: DateTime, context: Context) -> None:
    action = _open_action(state, content, occurred_at)
    _check_not_dated_back(action, state, occurred_at, context)
    is_withdrawn = action.accepted_at is None and action.planned_by.party == actor.party
    _check_say(state, action.owner, f"action {action.id!r}", actor, context, may_other_side=is_withdrawn)


def _move_action(
    state: State, content: e.ActionRescheduled, actor: Actor, occurred_at: DateTime, context: Context
) -> None:
    action = _open_action(state, content, occurred_at)
    _check_accepted(action)
    _check_say(state, action.owner, f"action {action.id!r}", actor, context, may_other_side=False)
    _check_not_dated_back(action, state, occurred_at, context)
    if context.is_import:
        return  # 0.1 moved actions as often as somebody wished, and to days that were past
    if action.moves >= MOST_MOVES:
        raise Refused(
            "action_moves.closed",
            f"action {action.id!r} was moved {action.moves} times",
            "drop it and plan another, or do it late and say what you learnt",
        )
    if content.due_on < day_of(occurred_at, state.zone):
        raise Refused("due_day.not_allowed", f"{content.due_on} is past", "move the action to a day to come")


def _change_goal(state: State, content: Any, actor: Actor, occurred_at: DateTime, context: Context) -> None:
    """A goal is its owner's and the coach's to change, and no fellow client's."""
    if isinstance(content, e.GoalAchieved | e.GoalDropped | e.GoalPaused | e.GoalResumed | e.DaySkipped):
        goal = open_goal(state, content.goal_id, occurred_at)
    elif isinstance(content, e.GoalScored):
        goal = existing(state.goals, "goal", content.goal_id, occurred_at, "set_at")
    else:
        goal = goal_at(state, content.goal_id, occurred_at)
    if isinstance(content, e.GoalRevised):
        check_span(content.starts_on or goal.starts_on, content.due_on or goal.due_on)
        if not context.is_import:
            check_last_step(content.measure or goal.measure, content.due_on or goal.due_on)
    if isinstance(content, e.ProgressRecorded):
        check_reading(goal, content)
        if not context.is_import:
            check_amount(goal, content)
    _check_say(state, goal.owner, f"goal {goal.id!r}", actor, context, may_other_side=True)
    if isinstance(content, e.GoalScored) and goal.levels is None and not context.is_import:
        hint = "agree what each level means first: agree_levels(goal_id, much_less=..., less=..., expected=..., more=..., much_more=...)"
        raise Refused("goal_levels.missing", f"no levels are agreed for goal {goal.id!r}", hint)
    if isinstance(content, e.GoalRevised) and goal.accepted_at is not None:
        _check_smart(state, with_changes(goal, **changed_fields(content)), context, goal)


def _pause_goal(state: State, content: Any, actor: Actor, occurred_at: DateTime, context: Context) -> None:
    _change_goal(state, content, actor, occurred_at, context)
    goal = state.goals[content.goal_id]
    if isinstance(content, e.GoalPaused) and goal.is_paused:
        raise Refused("goal_pause.duplicate", f"goal {goal.id!r} is paused already", "resume it first")
    if isinstance(content, e.GoalResumed) and not goal.is_paused:
        raise Refused("goal_pause.missing", f"goal {goal.id!r} is not paused", "pause it first, or leave it as it is")


def _skip_day(state: State, content: e.DaySkipped, actor: Actor, occurred_at: DateTime, context: Context) -> None:
    _change_goal(state, content, actor, occurred_at, context)
    goal = state.goals[content.goal_id]
    if not isinstance(goal.measure, Habit):
        hint = "pause the goal; only a habit has days of its own"
        raise Refused("skipped_day.not_allowed", f"goal {goal.id!r} is no habit", hint)
    today = day_of(occurred_at, state.zone)
    if content.on < today - SKIPPED_WITHIN and not context.is_import:
        hint = "skip a day to come, or one of the last seven"
        raise Refused("skipped_day.closed", f"{content.on} is over for more than seven days", hint)


# --- corrections -----------------------------------------------------------------------------------------------------


def checked_promise(
    state: State, event: Event, replacement: e.ActionPlanned | e.GoalSet, context: Context
) -> e.ActionPlanned | e.GoalSet:
    """What is to replace a promise, with the owner that it has. Raises Refused owner.conflict, promise.accepted.

    A correction passes nothing on to anybody, and what somebody accepted stays as they accepted it.
    """
    owner = getattr(event.content, "owner", None)
    if replacement.owner not in (None, owner):
        raise Refused(
            "owner.conflict",
            f"a correction cannot make {replacement.owner!r} the owner in place of {owner!r}",
            "drop it, and let whoever is to do it plan it, or propose it to them",
        )
    promise: Action | Goal | None
    if isinstance(replacement, e.ActionPlanned):
        promise, advice = state.actions.get(replacement.action_id), "its owner may drop it; then propose another"
    else:
        promise, advice = state.goals.get(replacement.goal_id), "revise it, so that both sides see what changed"
    is_accepted = promise is not None and promise.proposed_at is not None and promise.accepted_at is not None
    if promise is not None and is_accepted and not context.is_import:
        raise Refused("promise.accepted", f"{promise.owner!r} accepted {promise.id!r} as it is", advice)
    if isinstance(promise, Goal) and isinstance(replacement, e.GoalSet) and promise.accepted_at is not None:
        _check_smart(state, with_changes(promise, **goal_fields(replacement)), context, promise)
    return with_changes(replacement, owner=owner)


PROMISE_GUARDS: Final[Mapping[type[Content], GuardInContext]] = {
    e.GoalSet: _set_goal,
    e.GoalAccepted: _accept_goal,
    e.GoalRevised: _change_goal,
    e.GoalWeighted: _change_goal,
    e.GoalLevelsAgreed: _change_goal,
    e.GoalScored: _change_goal,
    e.GoalAchieved: _change_goal,
    e.GoalDropped: _change_goal,
    e.GoalPaused: _pause_goal,
    e.GoalResumed: _pause_goal,
    e.DaySkipped: _skip_day,
    e.ProgressRecorded: _change_goal,
    e.ActionPlanned: _plan_action,
    e.ActionAccepted: _accept_action,
    e.ActionRescheduled: _move_action,
    e.ActionDone: _do_action,
    e.ActionDropped: _drop_action,
}
"""The guards of promises."""
