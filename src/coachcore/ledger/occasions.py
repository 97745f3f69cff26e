"""Occasions: what obligations arise from. The sessions, goals, due days, decisions and concerns of a history.

`OCCASIONS` has one function for each kind of occasion that a charter's schedule may name. An occasion says from when an obligation
is owed, what its due time is counted from, and when it was closed, if something closed it: a session that is cancelled needs no
preparation. An action has an occasion for each of its due days, since moving it asks for it by another day.
"""

from collections.abc import Callable, Iterator
from typing import Any

import attrs
from pendulum import DateTime

from coachcore.charter.charter import Duty
from coachcore.charter.schedules import ForEach, Of
from coachcore.engagement.state import Session, SessionStatus
from coachcore.events import ConcernRaised
from coachcore.facts.due_days import DueDay, due_days
from coachcore.ledger.event_index import EventIndex
from coachcore.model.times import MICROSECOND

__all__ = ["NUMBERED", "OCCASIONS", "Occasion", "due_days_of"]

NUMBERED = frozenset({Of.GOAL_CHANGE, Of.ACTION_DUE, Of.MISSED_ACTION})
"""Kinds of which one goal or action may have several occasions, which a number distinguishes."""


@attrs.frozen(kw_only=True)
class Occasion:
    """Something that an obligation arises from.

    subject_id: the id of the session, goal, action and so on; number: which of its occasions, where it may have several.
    opened_at: from when the obligation is owed. anchor: the moment that due times are counted from. begin: from when evidence
    about nothing in particular counts. since: the event (its time and version) after which evidence about the subject counts.
    ends_at: when the occasion was closed. days_left: while a pause stops the clock, for a day that was set.
    """

    subject_id: str
    number: int = 0
    opened_at: DateTime
    anchor: DateTime
    begin: DateTime
    since: tuple[DateTime, int] | None = None
    ends_at: DateTime | None = None
    days_left: int | None = None


def _of_session(session: Session, opened_at: DateTime, ends_at: DateTime | None = None) -> Occasion:
    return Occasion(
        subject_id=session.id, opened_at=opened_at, anchor=session.starts_at, begin=session.starts_at, ends_at=ends_at
    )


def _from(moment: DateTime, subject_id: str, **fields: Any) -> Occasion:
    """An occasion with which everything starts at one moment."""
    return Occasion(subject_id=subject_id, opened_at=moment, anchor=moment, begin=moment, **fields)


def _sessions(duty: Duty, schedule: ForEach, index: EventIndex) -> Iterator[Occasion]:
    """Every session. It is closed when it is cancelled, or when only the other side missed it.

    Where the duty is to attend, cancelling with less than the agreed notice does not close it: it counts as not attending.
    """
    timeline = index.timeline
    asks_to_attend = any(pattern.check == "attended" for pattern in schedule.evidence)
    for session in index.history.state.sessions_in_order:
        role = timeline.responsible_role(duty.id, session.scheduled_at)
        settled_at = session.settled_at
        is_closed = False
        if settled_at is not None and session.status in (SessionStatus.CANCELLED, SessionStatus.MISSED):
            is_theirs = role in {timeline.role_of(each, settled_at) for each in session.absent}
            if session.status is SessionStatus.MISSED:
                is_closed = not is_theirs
            else:
                notice = (session.starts_at - settled_at).total_seconds() / 3600
                is_closed = not (
                    is_theirs and asks_to_attend and notice < timeline.agreement_at(settled_at).notice_hours
                )
        yield _of_session(session, session.scheduled_at, settled_at if is_closed else None)


def _appointments(duty: Duty, schedule: ForEach, index: EventIndex) -> Iterator[Occasion]:
    """Every session, cancelled or not: the duty is to give notice of cancelling it."""
    for session in index.history.state.sessions_in_order:
        yield _of_session(session, session.scheduled_at)


def _held_sessions(duty: Duty, schedule: ForEach, index: EventIndex) -> Iterator[Occasion]:
    """Every session that was held, in the order in which the events said so: one recorded later counts later."""
    sessions = [session for session in index.history.state.sessions.values() if session.status is SessionStatus.HELD]
    sessions.sort(key=lambda session: (session.settled_at or session.starts_at, session.starts_at, session.id))
    for session in sessions:
        yield _of_session(session, session.starts_at)


def _goals(duty: Duty, schedule: ForEach, index: EventIndex) -> Iterator[Occasion]:
    for goal in index.goals:
        since = max(goal.set_at, index.timeline.started_at or goal.set_at)
        yield Occasion(subject_id=goal.id, opened_at=since, anchor=since, begin=goal.set_at, ends_at=goal.closed_at)


def _goal_changes(duty: Duty, schedule: ForEach, index: EventIndex) -> Iterator[Occasion]:
    counts: dict[str, int] = {}
    closed = {goal.id: goal.closed_at for goal in index.goals}
    for event in index.of_type("GoalRevised"):
        goal_id = getattr(event.content, "goal_id", None)
        if goal_id is None:
            continue
        counts[goal_id] = counts.get(goal_id, 0) + 1
        since = (event.occurred_at, event.version - 1)
        yield _from(event.occurred_at, goal_id, number=counts[goal_id], since=since, ends_at=closed.get(goal_id))


# --- due days --------------------------------------------------------------------------------------------------------


def due_days_of(index: EventIndex) -> tuple[DueDay, ...]:
    """Every due day that an action ever had, in the order in which the days end."""
    return index.cached("due days", lambda index: due_days(index.history))


def _actions_due(duty: Duty, schedule: ForEach, index: EventIndex) -> Iterator[Occasion]:
    for due in due_days_of(index):
        yield Occasion(
            subject_id=due.action_id,
            number=due.number,
            opened_at=due.since,
            anchor=max(due.ends_at, due.since),
            begin=due.since,
            since=(due.since, due.version),
            ends_at=due.dropped_at,
            days_left=due.days_left,
        )


def _missed_actions(duty: Duty, schedule: ForEach, index: EventIndex) -> Iterator[Occasion]:
    """Every due day that passed with the action neither done, moved nor dropped."""
    for due in due_days_of(index):
        if due.ends_at < index.as_of and due.is_due_at_its_end and not due.is_done_in_time:
            end = max(due.ends_at + MICROSECOND, due.since)
            yield _from(end, due.action_id, number=due.number, since=(end, 0))


# --- decisions and concerns ------------------------------------------------------------------------------------------


def _decisions(duty: Duty, schedule: ForEach, index: EventIndex) -> Iterator[Occasion]:
    for decision in sorted(index.history.state.decisions.values(), key=lambda matter: (matter.opened_at, matter.id)):
        yield _from(decision.opened_at, decision.id)


def _concerns(duty: Duty, schedule: ForEach, index: EventIndex) -> Iterator[Occasion]:
    """Every concern that the other side raised."""
    for event in index.of_type("ConcernRaised"):
        role = index.timeline.responsible_role(duty.id, event.occurred_at)
        if isinstance(event.content, ConcernRaised) and event.actor.role is role.counterpart:
            yield _from(event.occurred_at, event.content.concern_id)


OCCASIONS: dict[Of, Callable[[Duty, ForEach, EventIndex], Iterator[Occasion]]] = {
    Of.SESSION: _sessions,
    Of.APPOINTMENT: _appointments,
    Of.HELD: _held_sessions,
    Of.GOAL: _goals,
    Of.GOAL_CHANGE: _goal_changes,
    Of.ACTION_DUE: _actions_due,
    Of.MISSED_ACTION: _missed_actions,
    Of.DECISION: _decisions,
    Of.CONCERN: _concerns,
}
"""For each kind of occasion, the function that lists the occasions of a history."""
