"""Opening obligations: a duty's schedules over a history give claims, each with an id, a window and a due time.

A claim is an obligation before anybody asked whether it was met. Ids never depend on what comes later: `<duty>#<n>` for
the nth period, `<duty>/<thing>` for each session, goal and so on, `<duty>/start`, `/first_session`, `/standing`. A pause
moves what was to fall due in it or after it by its length. What would fall due only after the engagement was closed is
not owed, unless it was met before. Duties are of the role: in a group, what one client does counts for the clients.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cache

import attrs
from pendulum import DateTime

from coachcore.charter.charter import Duty, tuned
from coachcore.charter.schedules import Each, Every, EvidencePattern, Need, Of, Once, OnceOf, Schedule, Standing
from coachcore.engagement.state import ActionStatus, Session, SessionStatus, Stage
from coachcore.events import ActionDropped, ActionPlanned, ActionRescheduled, ConcernRaised
from coachcore.facts import EngagementFacts, schemas
from coachcore.ledger.evidence import Evidence
from coachcore.model.parties import Role
from coachcore.model.times import Period, end_of_day
from coachcore.rules import Condition

__all__ = ["Claim", "claims"]

MAX_PERIODS = 5_000


@attrs.frozen(kw_only=True)
class Claim:
    """An obligation to be settled.

    begin: from when evidence counts that names no thing. anchor: what due times are counted from. thing: the id that
    evidence must name; things: the field it stands in. since: the entry (its time and version) it must come after. ends_at: when it falls away, if something closes it.
    """

    id: str
    duty: Duty
    role: Role
    opened_at: DateTime
    begin: DateTime
    anchor: DateTime
    due_at: DateTime
    closes_at: DateTime
    need: Need = Need.ANY
    evidence: tuple[EvidencePattern, ...] = ()
    thing: str | None = None
    things: str | None = None
    since: tuple[DateTime, int] | None = None
    ends_at: DateTime | None = None
    is_standing: bool = False


class Calendar:
    """When an engagement started, paused and closed, and where that moves a due time."""

    def __init__(self, evidence: Evidence) -> None:
        state = evidence.history.state
        self.zone = state.zone
        self.as_of = evidence.as_of
        self.began_at = state.began_at
        self.started_at = next((at for at, stage in state.stages if stage is Stage.ACTIVE), None)
        self.closed_at = next((at for at, stage in state.stages if stage.is_closed), None)
        self.pauses: list[tuple[DateTime, DateTime | None]] = []
        for index, (at, stage) in enumerate(state.stages):
            if stage is Stage.PAUSED:
                self.pauses.append((at, state.stages[index + 1][0] if index + 1 < len(state.stages) else None))

    def after(self, anchor: DateTime, period: Period | None, times: int = 1) -> DateTime:
        """So many periods after a moment, moved by the pauses between."""
        due = period.after(anchor, self.zone, times) if period is not None else anchor
        for begin, end in self.pauses:
            if anchor < (end or self.as_of) and begin < due:
                due += (end or max(self.as_of, begin)) - max(begin, anchor)
        return due


Opener = Callable[[Duty, Schedule, Role, Evidence, Calendar], Iterator[Claim]]


def claims(duties: tuple[Duty, ...], evidence: Evidence) -> Iterator[Claim]:
    """Every claim that has been opened by `as_of`, duty by duty."""
    calendar = Calendar(evidence)
    state = evidence.history.state
    for duty in duties:
        terms = state.agreement.terms_of(duty.id)
        if terms is not None and terms.off:
            continue
        if terms is not None:
            duty = tuned(duty, every=terms.every, grace=terms.grace, weight=terms.weight)
        for schedule in duty.schedules:
            for claim in _opened(duty, schedule, evidence, calendar):
                if claim.opened_at <= evidence.as_of and _applies(duty, claim, evidence, calendar):
                    due = max(claim.due_at, claim.opened_at)  # entered after the fact: due at once
                    yield attrs.evolve(
                        claim,
                        role=state.carrier(duty.id, claim.opened_at),
                        due_at=due,
                        closes_at=max(claim.closes_at, due),
                    )


@cache
def _condition(text: str) -> Condition:
    return Condition.of(text, schemas()["engagement"])


def _applies(duty: Duty, claim: Claim, evidence: Evidence, calendar: Calendar) -> bool:
    """Whether a duty's condition lets it be owed, by what was so when it was due (or is so now, if that is earlier).

    Known there: stage, active_goals, sessions_held, days_since_start, clients, has_sponsor. Unknown is not false: a
    condition that cannot be told leaves it owed.
    """
    if duty.applies is None:
        return True
    state = evidence.history.state
    at = min(claim.due_at, evidence.as_of)
    held = [one for one in state.sessions.values() if one.status is SessionStatus.HELD and one.starts_at <= at]
    facts = EngagementFacts(
        stage=state.stage_at(at),
        active_goals=sum(each.is_active_at(at) for each in evidence.goals),
        sessions_held=len(held),
        days_since_start=(at - calendar.started_at).days if calendar.started_at else None,
        clients=len(state.agreement.those(Role.CLIENT)),
        has_sponsor=bool(state.agreement.those(Role.SPONSOR)),
    )
    return _condition(duty.applies).evaluate(facts) is not False


def _opened(duty: Duty, schedule: Schedule, evidence: Evidence, calendar: Calendar) -> Iterator[Claim]:
    match schedule:
        case Standing():
            yield from _standing(duty, calendar)
        case Once():
            yield from _once(duty, schedule, evidence, calendar)
        case Every():
            yield from _every(duty, schedule, calendar)
        case Each():
            yield from _each(duty, schedule, evidence, calendar)


def _standing(duty: Duty, calendar: Calendar) -> Iterator[Claim]:
    since = calendar.started_at
    if since is None:
        return
    end = calendar.closed_at or calendar.as_of + timedelta(seconds=1)
    yield Claim(
        id=f"{duty.id}/standing",
        duty=duty,
        role=duty.role,
        opened_at=since,
        begin=since,
        anchor=since,
        due_at=end,
        closes_at=end,
        is_standing=True,
    )


def _once(duty: Duty, schedule: Once, evidence: Evidence, calendar: Calendar) -> Iterator[Claim]:
    sessions = [each for each in evidence.history.state.sessions_in_order if each.status is not SessionStatus.CANCELLED]
    if schedule.of is OnceOf.FIRST_SESSION:
        if not sessions:
            return
        first = sessions[0]
        opened, due = min(first.scheduled_at, first.starts_at), first.starts_at
    else:
        if calendar.started_at is None:
            return
        opened = calendar.started_at
        due = calendar.after(opened, schedule.within)
        after = [each for each in sessions if each.starts_at >= opened]
        if schedule.sessions is not None and len(after) >= schedule.sessions:
            due = min(due, max(after[schedule.sessions - 1].starts_at, opened))
    yield Claim(
        id=f"{duty.id}/{schedule.of}",
        duty=duty,
        role=duty.role,
        opened_at=opened,
        begin=calendar.began_at,
        anchor=opened,
        due_at=due,
        closes_at=calendar.after(due, schedule.grace),
        need=schedule.need,
        evidence=schedule.evidence,
    )


def _every(duty: Duty, schedule: Every, calendar: Calendar) -> Iterator[Claim]:
    start = calendar.started_at
    if start is None:
        return
    end = calendar.closed_at or calendar.as_of
    begin = start
    for number in range(1, MAX_PERIODS + 1):
        if begin >= end and number > 1:
            return
        due = calendar.after(start, schedule.every, number)
        yield Claim(
            id=f"{duty.id}#{number}",
            duty=duty,
            role=duty.role,
            opened_at=begin,
            begin=begin,
            anchor=begin,
            due_at=due,
            closes_at=calendar.after(due, schedule.grace),
            need=schedule.need,
            evidence=schedule.evidence,
        )
        begin = due


# --- each ------------------------------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class Thing:
    """Something for which an obligation arises. field: where events name it. begin: from when loose evidence counts."""

    id: str
    key: str
    field: str | None
    opened_at: DateTime
    anchor: DateTime
    begin: DateTime
    since: tuple[DateTime, int] | None = None
    ends_at: DateTime | None = None


def _each(duty: Duty, schedule: Each, evidence: Evidence, calendar: Calendar) -> Iterator[Claim]:
    things = list(THINGS[schedule.of](duty, evidence, calendar))
    for index, thing in enumerate(things, 1):
        if index % schedule.nth:
            continue
        is_group = schedule.nth > 1
        begin = (
            things[index - schedule.nth - 1].anchor
            if is_group and index > schedule.nth
            else calendar.began_at
            if is_group
            else thing.begin
        )
        due = calendar.after(thing.anchor, schedule.within)
        yield Claim(
            id=f"{duty.id}/{thing.id}",
            duty=duty,
            role=duty.role,
            opened_at=thing.opened_at,
            begin=begin,
            anchor=thing.anchor,
            due_at=due,
            closes_at=calendar.after(due, schedule.grace),
            need=schedule.need,
            evidence=schedule.evidence,
            thing=None if is_group else thing.key,
            things=thing.field,
            since=thing.since,
            ends_at=thing.ends_at,
        )


def _of_session(session: Session, opened_at: DateTime, ends_at: DateTime | None = None) -> Thing:
    return Thing(
        id=session.id,
        key=session.id,
        field="session_id",
        opened_at=opened_at,
        anchor=session.starts_at,
        begin=session.starts_at,
        ends_at=ends_at,
    )


def _sessions(duty: Duty, evidence: Evidence, calendar: Calendar) -> Iterator[Thing]:
    """Each session; one that was called off, or that only the other side missed, is owed no longer from then on."""
    agreement = evidence.history.state.agreement
    for session in evidence.history.state.sessions_in_order:
        absent = {party.role for each in session.absent if (party := agreement.party(each)) is not None}
        fell = session.status is SessionStatus.CANCELLED or (
            session.status is SessionStatus.MISSED and duty.role not in absent
        )
        yield _of_session(session, session.scheduled_at, session.settled_at if fell else None)


def _appointments(duty: Duty, evidence: Evidence, calendar: Calendar) -> Iterator[Thing]:
    """Each session, called off or not: whether notice was given is just what is asked."""
    for session in evidence.history.state.sessions_in_order:
        yield _of_session(session, session.scheduled_at)


def _held(duty: Duty, evidence: Evidence, calendar: Calendar) -> Iterator[Thing]:
    for session in evidence.history.state.sessions_in_order:
        if session.status is SessionStatus.HELD:
            yield _of_session(session, session.starts_at)


def _goals(duty: Duty, evidence: Evidence, calendar: Calendar) -> Iterator[Thing]:
    for goal in evidence.goals:
        since = max(goal.set_at, calendar.started_at or goal.set_at)
        yield Thing(
            id=goal.id,
            key=goal.id,
            field="goal_id",
            opened_at=since,
            anchor=since,
            begin=goal.set_at,
            ends_at=goal.closed_at,
        )


def _goal_changes(duty: Duty, evidence: Evidence, calendar: Calendar) -> Iterator[Thing]:
    counts: dict[str, int] = {}
    closed = {goal.id: goal.closed_at for goal in evidence.goals}
    for event in evidence.of_type("GoalRevised"):
        goal_id = getattr(event.content, "goal_id", None)
        if goal_id is None:
            continue
        counts[goal_id] = counts.get(goal_id, 0) + 1
        yield Thing(
            id=f"{goal_id}.{counts[goal_id]}",
            key=goal_id,
            field="goal_id",
            opened_at=event.occurred_at,
            anchor=event.occurred_at,
            begin=event.occurred_at,
            ends_at=closed.get(goal_id),
        )


@attrs.frozen
class Due:
    """One due day of an action: set by planning it, or by moving it."""

    action_id: str
    number: int
    since: DateTime
    version: int
    at: DateTime
    ends_at: DateTime | None


def dues(evidence: Evidence) -> list[Due]:
    """Every due day an action ever had, in the order they fall."""
    zone = evidence.history.state.zone
    dropped: dict[str, DateTime] = {}
    for each in evidence.of_type("ActionDropped"):
        if isinstance(each.content, ActionDropped):
            dropped[each.content.action_id] = each.occurred_at
    found: list[Due] = []
    counts: dict[str, int] = {}
    for event in sorted(
        [*evidence.of_type("ActionPlanned"), *evidence.of_type("ActionRescheduled")],
        key=lambda each: (each.occurred_at, each.version),
    ):
        content = event.content
        if not isinstance(content, ActionPlanned | ActionRescheduled) or content.due_on is None:
            continue
        counts[content.action_id] = counts.get(content.action_id, 0) + 1
        found.append(
            Due(
                content.action_id,
                counts[content.action_id],
                event.occurred_at,
                event.version,
                end_of_day(content.due_on, zone),
                dropped.get(content.action_id),
            )
        )
    return sorted(found, key=lambda each: (each.at, each.action_id, each.number))


def _numbered(due: Due) -> str:
    return due.action_id if due.number == 1 else f"{due.action_id}.{due.number}"


def _actions_due(duty: Duty, evidence: Evidence, calendar: Calendar) -> Iterator[Thing]:
    for due in dues(evidence):
        yield Thing(
            id=_numbered(due),
            key=due.action_id,
            field="action_id",
            opened_at=due.since,
            anchor=max(due.at, due.since),
            begin=due.since,
            since=(due.since, due.version),
            ends_at=due.ends_at,
        )


def _missed_actions(duty: Duty, evidence: Evidence, calendar: Calendar) -> Iterator[Thing]:
    """Each due day that passed with the action neither done, nor moved, nor given up."""
    actions = evidence.history.state.actions
    moved = {(each.action_id, each.number): each.since for each in dues(evidence)}
    for due in dues(evidence):
        action = actions.get(due.action_id)
        next_since = moved.get((due.action_id, due.number + 1))
        if action is None or due.at > evidence.as_of or (next_since is not None and next_since <= due.at):
            continue
        if action.status is not ActionStatus.OPEN and action.closed_at is not None and action.closed_at <= due.at:
            continue
        yield Thing(
            id=_numbered(due), key=due.action_id, field="action_id", opened_at=due.at, anchor=due.at, begin=due.at
        )


def _decisions(duty: Duty, evidence: Evidence, calendar: Calendar) -> Iterator[Thing]:
    for each in sorted(evidence.history.state.decisions.values(), key=lambda one: (one.opened_at, one.id)):
        yield Thing(
            id=each.id,
            key=each.id,
            field="decision_id",
            opened_at=each.opened_at,
            anchor=each.opened_at,
            begin=each.opened_at,
        )


def _concerns(duty: Duty, evidence: Evidence, calendar: Calendar) -> Iterator[Thing]:
    """Each concern that somebody else raised."""
    for event in evidence.of_type("ConcernRaised"):
        if isinstance(event.content, ConcernRaised) and event.actor.role is not duty.role:
            yield Thing(
                id=event.content.concern_id,
                key=event.content.concern_id,
                field="concern_id",
                opened_at=event.occurred_at,
                anchor=event.occurred_at,
                begin=event.occurred_at,
            )


THINGS: dict[Of, Callable[[Duty, Evidence, Calendar], Iterator[Thing]]] = {
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
