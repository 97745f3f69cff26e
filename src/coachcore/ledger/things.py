"""What there is an obligation for: each session, goal, due day, decision and concern of a history, and when each falls away.

A due day is one of an action's: each time it is planned or moved it has another, and is asked for by that day anew.
"""

from collections.abc import Callable, Iterator

import attrs
from pendulum import DateTime

from coachcore.charter.charter import Duty
from coachcore.charter.schedules import Each, Of
from coachcore.engagement.state import Session, SessionStatus
from coachcore.events import ConcernRaised
from coachcore.facts.due_days import DueDay, due_days
from coachcore.ledger.evidence import Evidence

__all__ = ["NUMBERED", "THINGS", "Thing", "dues"]

NUMBERED = frozenset({Of.GOAL_CHANGE, Of.ACTION_DUE, Of.MISSED_ACTION})
"""Of what one thing may have several, which are told apart by a number."""


@attrs.frozen(kw_only=True)
class Thing:
    """Something for which an obligation arises.

    key: its id; number: which one of it, where it may have several. anchor: what is due is counted from here. begin: from
    when loose evidence counts. since: the entry (its time and version) after which named evidence counts. ends_at: when
    it fell away.
    """

    key: str
    number: int = 0
    opened_at: DateTime
    anchor: DateTime
    begin: DateTime
    since: tuple[DateTime, int] | None = None
    ends_at: DateTime | None = None


def _of_session(session: Session, opened_at: DateTime, ends_at: DateTime | None = None) -> Thing:
    return Thing(
        key=session.id, opened_at=opened_at, anchor=session.starts_at, begin=session.starts_at, ends_at=ends_at
    )


def _sessions(duty: Duty, schedule: Each, evidence: Evidence) -> Iterator[Thing]:
    """Each session; one that was called off, or that only the other side missed, is owed no longer from then on.

    Where coming is what is asked, calling off too late is not coming.
    """
    timeline = evidence.timeline
    asks_to_come = any(each.check == "attended" for each in schedule.evidence)
    for session in evidence.history.state.sessions_in_order:
        carrier = timeline.responsible_role(duty.id, session.scheduled_at)
        settled = session.settled_at
        fell = False
        if settled is not None and session.status in (SessionStatus.CANCELLED, SessionStatus.MISSED):
            is_theirs = carrier in {timeline.role_of(each, settled) for each in session.absent}
            if session.status is SessionStatus.MISSED:
                fell = not is_theirs
            else:
                notice = (session.starts_at - settled).total_seconds() / 3600
                fell = not (is_theirs and asks_to_come and notice < timeline.agreement_at(settled).notice_hours)
        yield _of_session(session, session.scheduled_at, settled if fell else None)


def _appointments(duty: Duty, schedule: Each, evidence: Evidence) -> Iterator[Thing]:
    """Each session, called off or not: whether notice was given is just what is asked."""
    for session in evidence.history.state.sessions_in_order:
        yield _of_session(session, session.scheduled_at)


def _held(duty: Duty, schedule: Each, evidence: Evidence) -> Iterator[Thing]:
    """Each session that was held, in the order in which it was known: a session entered later is counted later."""
    held = [each for each in evidence.history.state.sessions.values() if each.status is SessionStatus.HELD]
    for session in sorted(held, key=lambda each: (each.settled_at or each.starts_at, each.starts_at, each.id)):
        yield _of_session(session, session.starts_at)


def _goals(duty: Duty, schedule: Each, evidence: Evidence) -> Iterator[Thing]:
    for goal in evidence.goals:
        since = max(goal.set_at, evidence.timeline.started_at or goal.set_at)
        yield Thing(key=goal.id, opened_at=since, anchor=since, begin=goal.set_at, ends_at=goal.closed_at)


def _goal_changes(duty: Duty, schedule: Each, evidence: Evidence) -> Iterator[Thing]:
    counts: dict[str, int] = {}
    closed = {goal.id: goal.closed_at for goal in evidence.goals}
    for event in evidence.of_type("GoalRevised"):
        goal_id = getattr(event.content, "goal_id", None)
        if goal_id is None:
            continue
        counts[goal_id] = counts.get(goal_id, 0) + 1
        yield Thing(
            key=goal_id,
            number=counts[goal_id],
            opened_at=event.occurred_at,
            anchor=event.occurred_at,
            begin=event.occurred_at,
            since=(event.occurred_at, event.version - 1),
            ends_at=closed.get(goal_id),
        )


# --- due days --------------------------------------------------------------------------------------------------------


def dues(evidence: Evidence) -> tuple[DueDay, ...]:
    """Every due day an action ever had, in the order in which they end."""
    return evidence.once("due days", lambda evidence: due_days(evidence.history))


def _actions_due(duty: Duty, schedule: Each, evidence: Evidence) -> Iterator[Thing]:
    for due in dues(evidence):
        yield Thing(
            key=due.action_id,
            number=due.number,
            opened_at=due.since,
            anchor=max(due.ends_at, due.since),
            begin=due.since,
            since=(due.since, due.version),
            ends_at=due.dropped_at,
        )


def _missed_actions(duty: Duty, schedule: Each, evidence: Evidence) -> Iterator[Thing]:
    """Each due day that passed with the action neither done, nor moved, nor given up."""
    for due in dues(evidence):
        if due.ends_at <= evidence.as_of and due.is_due_at_its_end and not due.is_kept:
            at = max(due.ends_at, due.since)
            yield Thing(key=due.action_id, number=due.number, opened_at=at, anchor=at, begin=at, since=(at, 0))


# --- the rest --------------------------------------------------------------------------------------------------------


def _decisions(duty: Duty, schedule: Each, evidence: Evidence) -> Iterator[Thing]:
    for each in sorted(evidence.history.state.decisions.values(), key=lambda one: (one.opened_at, one.id)):
        yield Thing(key=each.id, opened_at=each.opened_at, anchor=each.opened_at, begin=each.opened_at)


def _concerns(duty: Duty, schedule: Each, evidence: Evidence) -> Iterator[Thing]:
    """Each concern that the other side raised."""
    for event in evidence.of_type("ConcernRaised"):
        at = event.occurred_at
        carrier = evidence.timeline.responsible_role(duty.id, at)
        if isinstance(event.content, ConcernRaised) and event.actor.role is carrier.counterpart:
            yield Thing(key=event.content.concern_id, opened_at=at, anchor=at, begin=at)


THINGS: dict[Of, Callable[[Duty, Each, Evidence], Iterator[Thing]]] = {
    Of.SESSION: _sessions,
    Of.APPOINTMENT: _appointments,
    Of.HELD: _held,
    Of.GOAL: _goals,
    Of.GOAL_CHANGE: _goal_changes,
    Of.ACTION_DUE: _actions_due,
    Of.MISSED_ACTION: _missed_actions,
    Of.DECISION: _decisions,
    Of.CONCERN: _concerns,
}
"""For each of what there may be an obligation: the things of a history."""
