"""Checks: evidence that no single event shows, computed by functions `(opening, index) -> CheckAnswer` in the table `CHECKS`.

A check that cannot answer says why (`NoAnswer`). Whether somebody attended a session that nobody has recorded as held, missed or
cancelled is unknown, not false, and the obligation stays open.
"""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from enum import Enum

import attrs
from pendulum import DateTime
from rpds import HashTrieMap

from coachcore.charter.schedules import Of
from coachcore.engagement.history import History
from coachcore.engagement.state import Action, ActionStatus, Goal, GoalStatus, Session, SessionStatus
from coachcore.events import Event, SessionScheduled, by_occurrence
from coachcore.facts.goal import facts_of_goal
from coachcore.ledger.autonomy import Autonomy, AutonomyIndex, autonomy
from coachcore.ledger.event_index import EventIndex, has_words, is_of
from coachcore.ledger.goal_versions import agreed_versions
from coachcore.ledger.obligations import Lacking
from coachcore.ledger.occasions import known_at, known_closings
from coachcore.ledger.opening import Opening
from coachcore.ledger.shares import Debtor
from coachcore.model.measures import Avoid, Habit, Milestones, StayWithin
from coachcore.model.parties import Role
from coachcore.model.times import MICROSECOND, elapsed, moved

__all__ = ["CHECKS", "Evidence", "NoAnswer", "lacking"]


@attrs.frozen
class Evidence:
    """What meets an obligation: when it was met, and the ids of the events that show it."""

    met_at: DateTime
    event_ids: tuple[str, ...] = ()


class NoAnswer(Enum):
    """Why a check says neither that an obligation is met nor that it is not."""

    NOT_YET = "not yet"
    """What it asks for is not known yet."""
    NOT_ASKED = "not asked"
    """There was nothing to do: no action was due, no goal was active."""
    NOT_JUDGED = "not judged"
    """There is too little to judge by."""
    CANCELLED = "cancelled"
    """The session was cancelled, and whoever owes it failed in nothing by that."""


CheckAnswer = Evidence | NoAnswer | None
HALF = Decimal("0.5")


def attended(opening: Opening, index: EventIndex) -> CheckAnswer:
    """The session was held, and somebody of the role attended; in a group, the party whose obligation it is.

    It is met at the session's start, whenever it was recorded; where a correction moved the start later, when it was held.
    """
    session = index.history.state.sessions.get(opening.subject_id or "")
    if session is None:
        return None
    if session.status is SessionStatus.SCHEDULED:
        return NoAnswer.NOT_YET
    if opening.is_outcome_cleared:
        return NoAnswer.NOT_YET
    if session.status is not SessionStatus.HELD:
        return NoAnswer.NOT_YET if _is_only_said(opening) and not _is_overturned(opening) else None
    return _unless_failed(session, opening, index)


def kept_notice(opening: Opening, index: EventIndex) -> CheckAnswer:
    """The session was held, or only others missed it, and the owner moved it with no less than the agreed notice.

    Cancelling it in good time is no failure, and no credit either: else one could book sessions and cancel them.
    """
    session = index.history.state.sessions.get(opening.subject_id or "")
    if session is None:
        return None
    # a late move fails it however the session goes
    is_open = session.settled_at is None and not opening.has_failed and not _is_overturned(opening)
    return NoAnswer.NOT_YET if is_open else _unless_failed(session, opening, index)


def _is_only_said(opening: Opening) -> bool:
    """Whether its own side alone says that the other failed, and that does not count, or not yet."""
    return opening.own_word is not None and not opening.own_word.counts


def _is_overturned(opening: Opening) -> bool:
    """Whether its own side claims that the other cancelled the session, or wished it moved, and was contested rightly."""
    return opening.own_word is not None and opening.own_word.is_overturned


def _unless_failed(session: Session, opening: Opening, index: EventIndex) -> CheckAnswer:
    """That the role kept a session that was settled, unless an entry says otherwise; what was entered too late says nothing."""
    if opening.has_failed or _is_overturned(opening):
        return None
    if _is_only_said(opening):
        return NoAnswer.NOT_YET
    outcome = index.outcome_of(session)
    if outcome is None or index.is_past_the_end(outcome):
        return NoAnswer.NOT_YET
    if session.status is SessionStatus.CANCELLED:
        return NoAnswer.CANCELLED
    claimed = () if opening.own_word is None else (opening.own_word.entry.id,)
    event_ids = dict.fromkeys((*claimed, outcome.id, *opening.cleared_by))
    return Evidence(min(session.starts_at, outcome.occurred_at), tuple(event_ids))


# --- SMART goals -----------------------------------------------------------------------------------------------------


def _is_smart(event: Event, goal: Goal) -> Callable[[EventIndex], bool]:
    """Whether no SMART rule of severity `error` fails for a version of a goal, by what was known when the goal got it."""

    def compute(index: EventIndex) -> bool:
        moment, state = event.occurred_at, index.history.state
        goals = {
            goal.id: attrs.evolve(goal, status=GoalStatus.ACTIVE) for goal in index.goals if goal.is_active_at(moment)
        }
        actions = {
            action.id: action
            if action.closed_at is None or action.closed_at <= moment
            else attrs.evolve(action, status=ActionStatus.OPEN)
            for action in index.latest_actions(goal.id, moment)
        }
        state_then = state.with_changes(
            goals=HashTrieMap(goals), actions=HashTrieMap(actions), agreement=index.timeline.agreement_at(moment)
        )
        events = tuple(
            event
            for kind in ("ProgressRecorded", "GoalReviewed")
            for event in index.about(kind, goal.id)
            if event.occurred_at <= moment
        )
        history = History(events, state_then, moment, index.history.known_at, events)
        verdicts = index.rules.evaluate(facts_of_goal(history, goal), on="goal")
        return not any(verdict.rule.severity == "error" and verdict.outcome == "fails" for verdict in verdicts)

    return compute


def _first_smart_version(goal_id: str, opening: Opening, index: EventIndex) -> Evidence | None:
    """The first version of a goal, after the event that an obligation arises from, whose SMART review has no error."""
    for event, goal in agreed_versions(goal_id, opening.role, index):
        if event.occurred_at > opening.closes_at:
            return None
        if opening.since is not None and by_occurrence(event) <= opening.since:
            continue
        if index.cached_for_past(("smart", event.id), _is_smart(event, goal)):
            return Evidence(max(event.occurred_at, opening.opened_at), (event.id,))
    return None


def goal_is_smart(opening: Opening, index: EventIndex) -> CheckAnswer:
    """The goal's SMART review has no error."""
    return _first_smart_version(opening.subject_id or "", opening, index)


def any_goal_is_smart(opening: Opening, index: EventIndex) -> CheckAnswer:
    """There is a goal whose SMART review has no error, set by its owner or accepted by them."""
    best: Evidence | None = None
    for goal in index.goals_of(opening.share):
        if best is not None and goal.set_at >= best.met_at:
            break
        evidence = _first_smart_version(goal.id, opening, index)
        if evidence is not None and goal.accepted_at is not None:
            evidence = attrs.evolve(evidence, met_at=max(evidence.met_at, goal.accepted_at))
        if evidence is not None and goal.accepted_at is not None and (best is None or evidence.met_at < best.met_at):
            best = evidence
    return best


# --- over a period ---------------------------------------------------------------------------------------------------


def _is_plan(goal: Goal) -> bool:
    """Whether the measure itself says what to do and how often, so that no action has to be planned."""
    return isinstance(goal.measure, Habit | StayWithin | Avoid | Milestones)


def _plans(goal_id: str, until: DateTime, debtor: Debtor, index: EventIndex) -> Iterator[tuple[Event, DateTime]]:
    """A client's versions of a goal up to a moment whose measure is a plan, each by its event, and from when the debtor could know of it."""
    for event, goal in agreed_versions(goal_id, Role.CLIENT, index):
        learnt_at = known_at(event, debtor, index)
        if learnt_at <= until and _is_plan(goal):
            yield event, learnt_at


def _has_plan_at(goal_id: str, moment: DateTime, opening: Opening, index: EventIndex) -> bool:
    """Whether the measure of a goal was a plan at a moment."""
    versions = [
        goal
        for event, goal in agreed_versions(goal_id, opening.role, index)
        if event.occurred_at <= moment and index.is_entered_in_time(event, opening.closes_at)
    ]
    return bool(versions) and _is_plan(versions[-1])


def _promises(goal_id: str, until: DateTime, opening: Opening, index: EventIndex) -> Iterator[Action]:
    """The actions planned towards a goal by a moment that whoever owes an obligation took on themselves, the last one first."""
    for action in index.latest_actions(goal_id, until):
        if action.owner_role is opening.role and is_of(opening.share, action.owner) and _is_planned(action, index):
            yield action


def _is_planned(action: Action, index: EventIndex) -> bool:
    """Whether the plan of an action says what to do, and was not entered only when nothing settles anything any more."""
    events = index.about("ActionPlanned", action.id)
    return all(has_words(event) and not index.is_past_the_end(event) for event in events)


def goal_has_plan(opening: Opening, index: EventIndex) -> CheckAnswer:
    """Whoever owes it plans to do something towards the goal, or its measure is a plan: a habit, a range to stay within, milestones."""
    goal = index.history.state.goals.get(opening.subject_id or "")
    if goal is None:
        return None
    planned = next((event for event, _ in _plans(goal.id, opening.closes_at, opening.share.debtor, index)), None)
    if planned is not None and planned.occurred_at <= opening.opened_at:
        return Evidence(opening.opened_at, (planned.id,))
    promises = _promises(goal.id, opening.closes_at, opening, index)
    own = [(action.accepted_at, action.id) for action in promises if action.accepted_at]
    accepted_at, action_id = min(own, default=(opening.closes_at, None))
    if planned is not None and (action_id is None or planned.occurred_at <= accepted_at):
        return Evidence(planned.occurred_at, (planned.id,))
    if action_id is None or accepted_at > opening.closes_at:
        return None
    events = [*index.about("ActionPlanned", action_id), *index.about("ActionAccepted", action_id)]
    return Evidence(accepted_at, tuple(event.id for event in events))


def plan_confirmed(opening: Opening, index: EventIndex) -> CheckAnswer:
    """Whoever carries the duty has confirmed the plan of the goal, when there was one. Nothing planned, nothing to confirm."""
    goal = index.history.state.goals.get(opening.subject_id or "")
    if goal is None:
        return None
    debtor = opening.share.debtor
    planned = [(event.occurred_at, learnt_at) for event, learnt_at in _plans(goal.id, index.as_of, debtor, index)]
    for action in index.latest_actions(goal.id, index.as_of):
        if action.owner_role is not Role.COACH and action.accepted_at is not None and _is_planned(action, index):
            events = index.about("ActionPlanned", action.id)
            learnt_at = max((known_at(event, debtor, index) for event in events), default=action.accepted_at)
            planned.append((action.accepted_at, max(action.accepted_at, learnt_at)))
    planned_at = min((occurred_at for occurred_at, _ in planned), default=None)
    for event in index.about("PlanConfirmed", goal.id):
        if event.occurred_at > opening.closes_at:
            break  # a plan that was made and confirmed later does not make a miss of what was not asked
        is_own = index.is_owner(opening.share, event.actor.party, event.occurred_at)
        counts = is_own and not index.is_past_the_end(event)
        if planned_at is not None and counts and event.occurred_at >= planned_at:
            return Evidence(max(event.occurred_at, opening.opened_at), (event.id,))
    if index.as_of <= opening.closes_at:
        return None
    # nor does one that the client dated back, or made on the last day, which would leave the coach hours to look at it
    last_day = index.timeline.day_at(opening.closes_at)
    asked_until = max(index.timeline.end_of(last_day.subtract(days=1)), opening.opened_at)
    return NoAnswer.NOT_ASKED if all(learnt_at > asked_until for _, learnt_at in planned) else None


def every_goal_has_action(opening: Opening, index: EventIndex) -> CheckAnswer:
    """At the end of the period, every active goal has a plan: an own action that is open, or was done in the period, or its measure."""
    due = opening.due_at
    if index.as_of < due:
        return NoAnswer.NOT_YET
    goals = index.goals_of(opening.share)
    binding = [goal for goal in goals if goal.binds_at(due)]
    if binding:
        return None if _without_plan(binding, opening, index) else Evidence(due)
    closings = known_closings(index)  # nobody knew yet that these were closed
    known = [goal for goal in goals if goal.id in closings and goal.set_at <= due < closings[goal.id]]
    return Evidence(due) if known and not _without_plan(known, opening, index) else NoAnswer.NOT_ASKED


def _without_plan(goals: Sequence[Goal], opening: Opening, index: EventIndex) -> list[Goal]:
    """Those of some goals that have no plan at the end of a period."""
    due = opening.due_at
    return [
        goal
        for goal in goals
        if not _has_plan_at(goal.id, due, opening, index)
        and not any(
            action.accepted_at is not None
            and action.accepted_at <= due
            and (
                action.closed_at is None
                or action.closed_at > due
                or (action.status is ActionStatus.DONE and action.closed_at >= opening.begin)
            )
            for action in _promises(goal.id, due, opening, index)
            if index.has_entry_in_time("ActionPlanned", action.id, opening.closes_at)
        )
    ]


def done_in_time(opening: Opening, index: EventIndex) -> CheckAnswer:
    """The agreed share of the role's own actions that fell due in the period was done in time."""
    if index.as_of < opening.due_at:
        return NoAnswer.NOT_YET
    due = _due_actions(opening, index)
    share = index.timeline.agreement_at(opening.opened_at).done_in_time_share
    if not due:
        return NoAnswer.NOT_ASKED
    if Decimal(sum(is_done for _, is_done in due)) / len(due) >= share:
        return Evidence(opening.due_at)
    return None


def _due_actions(opening: Opening, index: EventIndex) -> list[tuple[str, bool]]:
    """The ids of the own actions that fell due in a period, and whether each was done in time."""
    return [
        (day.action_id, day.is_done_in_time and index.has_entry_in_time("ActionDone", day.action_id, opening.closes_at))
        for day in index.action_days.due_days(opening.begin, opening.due_at)
        if day.owner_role is opening.role and is_of(opening.share, day.owner) and day.is_due_at_its_end
    ]


def lacking(opening: Opening, index: EventIndex) -> tuple[Lacking, ...]:
    """The goals or actions for the lack of which an obligation about several was missed; none of others."""
    checks = opening.opened_by.checks
    if "every_goal_has_action" in checks:
        binding = [goal for goal in index.goals_of(opening.share) if goal.binds_at(opening.due_at)]
        return tuple(Lacking(Of.GOAL, goal.id) for goal in _without_plan(binding, opening, index))
    if "done_in_time" in checks:
        due = _due_actions(opening, index)
        return tuple(Lacking(Of.ACTION_DUE, action_id) for action_id, is_done in due if not is_done)
    return ()


def initiative_grows(opening: Opening, index: EventIndex) -> CheckAnswer:
    """The client's share of what moves the coaching forward is at least a half, or grew over the period before (see `autonomy`).

    Before the first period stands what was done before the work began. What is entered when a period is long over counts
    in none: else whoever is judged by what is begun now could make less of what was begun before.
    """
    if index.as_of < opening.due_at:
        return NoAnswer.NOT_YET
    latest = _initiative(opening.begin, opening.due_at, opening.closes_at, index)
    begin_before, end_before = opening.period_before or (index.timeline.began_at, moved(opening.begin, -MICROSECOND))
    closed_before = end_before + elapsed(opening.due_at, opening.closes_at)
    initiative = AutonomyIndex(latest, _initiative(begin_before, end_before, closed_before, index))
    share = initiative.latest.share
    if share is not None and (share >= HALF or initiative.is_up):
        return Evidence(opening.due_at)
    return NoAnswer.NOT_JUDGED if share is None or initiative.is_up is None else None


def _initiative(begin: DateTime, end: DateTime, closes_at: DateTime, index: EventIndex) -> Autonomy:
    """What the client and others began in a period, and entered in time. closes_at: until when it could be done late."""
    events = index.all.between(begin, end)
    sessions = dict.fromkeys(
        event.content.session_id for event in events if isinstance(event.content, SessionScheduled)
    )
    earlier = [
        event
        for session_id in sessions
        for event in index.about(SessionScheduled.__name__, session_id)
        if event.occurred_at < begin
    ]
    entered = [event for event in (*earlier, *events) if index.is_entered_in_time(event, closes_at)]
    return autonomy(entered, begin)


CHECKS: dict[str, Callable[[Opening, EventIndex], CheckAnswer]] = {
    check.__name__: check
    for check in (
        attended,
        kept_notice,
        goal_has_plan,
        plan_confirmed,
        goal_is_smart,
        any_goal_is_smart,
        every_goal_has_action,
        done_in_time,
        initiative_grows,
    )
}
"""The checks by the names that charters use."""
