"""Occasions: what obligations arise from. The sessions, goals, due days, decisions and concerns of a history.

`OCCASIONS` has one function for each kind of occasion that a charter's schedule may name. An occasion says from when an obligation
is owed, what its due time is counted from, and when it was closed, if something closed it: a session that is cancelled needs no
preparation. An action that is moved in time keeps its occasion, whose due day moves.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from itertools import islice
from typing import Any

import attrs
from pendulum import Date, DateTime

from coachcore.charter.duty import Duty
from coachcore.charter.schedules import ForEach, Of
from coachcore.engagement.powers import is_private
from coachcore.engagement.references import addressee_of
from coachcore.engagement.state import Goal, GoalStatus, Session, SessionStatus, by_start
from coachcore.events import EVENT_TYPES, ConcernRaised, EngagementStarted, Event, SessionHeld, by_occurrence
from coachcore.ledger.action_days import BY_TIME, AgreedDay
from coachcore.ledger.event_index import EventIndex, counted_from, subject_ids
from coachcore.ledger.goal_versions import off_track
from coachcore.ledger.notice import is_late, late_moves, unagreed_moves
from coachcore.ledger.obligations import LapseReason
from coachcore.ledger.session_orders import HELD, HELD_BY_BOTH, SessionOrder
from coachcore.ledger.shares import Debtor, all_of
from coachcore.model.parties import Role
from coachcore.model.times import MICROSECOND, Period, elapsed, moved

__all__ = ["GOAL_CLOSED", "OCCASIONS", "Occasion", "known_at", "known_closings", "started_for"]


@attrs.define(kw_only=True, eq=False)
class Occasion:
    """Something that an obligation arises from.

    subject_id: the id of the session, goal, action and so on; number: which of its occasions, where it may have several. opened_at:
    from when the obligation is owed. anchor: the moment that due times are counted from. begin: from when evidence about nothing in
    particular counts. since: the event (its time and version) after which evidence about the subject counts. ends_at: when the occasion
    was closed, and lapse_reason how. days_left: while a pause stops the clock, for a day that was set. listed_from: when the occasion
    became known, where that may be after opened_at. involved: ids of the parties whose goal, action or decision it is, or who said it
    and to whom. attended: of a session that was held, ids of those who came. open_for: ids of those for whom ends_at closes nothing.
    ends_known_at: when the owner's side recorded that it was closed: what was over before that was missed, whatever they say later.
    ends_learnt_at: when the other side recorded it: what was done by then counts. closing: the event by which it was closed, where its
    author may be one of several on the owner's side. entry: the event that says that there is this occasion, where somebody else may
    have recorded it. time_set_by: the event that set a session's time. unannounced: the event by which one side alone said that a
    session was held of which the other could not know.
    """

    subject_id: str
    number: int = 0
    opened_at: DateTime
    anchor: DateTime
    begin: DateTime
    since: tuple[DateTime, int] | None = None
    ends_at: DateTime | None = None
    lapse_reason: LapseReason = LapseReason.NO_LONGER_APPLIES
    days_left: int | None = None
    listed_from: DateTime | None = None
    involved: frozenset[str] = frozenset()
    attended: frozenset[str] | None = None
    open_for: tuple[str, ...] = ()
    ends_known_at: DateTime | None = None
    ends_learnt_at: DateTime | None = None
    closing: Event | None = None
    entry: Event | None = None
    time_set_by: Event | None = None
    unannounced: Event | None = None

    def time_set_for(self, debtor: Debtor) -> DateTime | None:
        """When others set the time of the session that it is about; None where whoever owes something about it did."""
        event = self.time_set_by
        return None if event is None or debtor.wrote(event) else event.recorded_at

    def as_learnt_by(self, debtor: Debtor, of: Of, index: EventIndex) -> "Occasion":
        """The occasion as whoever owes something about it could know it.

        What others dated back is owed from when it was recorded, so that nobody is late by what they could not read. A session
        keeps its day, but what had to be there before it was booked is not asked for (`judgement.asked_patterns`).
        """
        closing = self.closing
        if closing is not None and self.ends_known_at is not None and not debtor.wrote(closing):  # a fellow's word
            learnt = attrs.evolve(self, closing=None, ends_known_at=None, ends_learnt_at=closing.recorded_at)
            return learnt.as_learnt_by(debtor, of, index)
        entry = self.entry
        if entry is None:
            return self
        if of is Of.HELD and not debtor.wrote(entry):  # a session is over before anybody says that it was held
            return index.cached(
                ("held", self.subject_id, debtor), lambda index: _held_as_entered(self, entry, debtor, index)
            )
        if entry.recorded_at == entry.occurred_at:  # as most
            return self
        learnt_at = known_at(entry, debtor, index)
        if of in (Of.SESSION, Of.APPOINTMENT):
            return attrs.evolve(self, opened_at=max(self.opened_at, learnt_at))
        return attrs.evolve(self, anchor=max(self.anchor, learnt_at))


def _held_as_entered(occasion: Occasion, entry: Event, debtor: Debtor, index: EventIndex) -> Occasion:
    """A session that was held, for whoever did not enter it."""
    unannounced = entry if _is_unannounced(occasion, entry, debtor, index) else None
    return attrs.evolve(occasion, anchor=max(occasion.anchor, counted_from(entry, index)), unannounced=unannounced)


def _of_session(session: Session, opened_at: DateTime, ends_at: DateTime | None = None, **fields: Any) -> Occasion:
    times = {"anchor": session.starts_at, "begin": session.starts_at, **fields}
    return Occasion(subject_id=session.id, opened_at=opened_at, ends_at=ends_at, **times)


def _end_of(session: Session) -> DateTime:
    return moved(session.starts_at, timedelta(minutes=session.minutes))


def _from(moment: DateTime, subject_id: str, **fields: Any) -> Occasion:
    """An occasion with which everything starts at one moment."""
    return Occasion(subject_id=subject_id, opened_at=moment, anchor=moment, begin=moment, **fields)


def _sessions(duty: Duty, schedule: ForEach, index: EventIndex, skip: int) -> Iterator[Occasion]:
    """Every session. It is closed when it is cancelled, or when only the other side missed it.

    Where the duty is to attend, cancelling with less than the agreed notice does not close it: it counts as not attending.
    """
    asks_to_attend = _asks_to_attend(schedule)
    for session in index.sessions[skip:]:
        settled_at, open_for = session.settled_at, session.absent
        is_cancelled = session.status is SessionStatus.CANCELLED
        is_closed = settled_at is not None and session.status is not SessionStatus.HELD
        learnt = _who_closed(duty, SESSION_CLOSED, session.id, index) if is_closed else {}
        ends_at = settled_at if is_closed else None
        is_over = ends_at is not None and (session.status is SessionStatus.MISSED or ends_at > session.starts_at)
        if asks_to_attend and is_over:
            # whoever neither missed nor cancelled it had nothing to attend, however late somebody says so
            ends_at, learnt = session.starts_at, {}
        if is_cancelled and settled_at is not None:
            open_for = _late_to_cancel(session, index) if asks_to_attend else ()
        yield _of_session(
            session,
            session.scheduled_at,
            ends_at,
            entry=_first("SessionScheduled", session.id, index),
            time_set_by=_time_set_by(session, index),
            **learnt,
            lapse_reason=LapseReason.CANCELLED if is_cancelled else LapseReason.NO_LONGER_APPLIES,
            open_for=open_for,
        )


def _asks_to_attend(schedule: ForEach) -> bool:
    return any(pattern.check == "attended" for pattern in schedule.evidence)


def _late_to_cancel(session: Session, index: EventIndex) -> tuple[str, ...]:
    """Ids of the parties who cancelled a session with less than the agreed notice, or after they had moved it so."""
    outcome = index.outcome_of(session)
    if outcome is None:
        return ()
    return tuple(
        party
        for party in session.absent
        if is_late(outcome, party, session.starts_at, session, index) or unagreed_moves(session, party, index)
    )


def _appointments(duty: Duty, schedule: ForEach, index: EventIndex, skip: int) -> Iterator[Occasion]:
    """Every session, kept or not: the duty is to come, and to give notice of cancelling or moving it.

    Cancelled in good time it is closed, for nobody who cancelled or moved it late. What was to come after the end cannot come.
    """
    closed_at = index.timeline.closed_at
    for session in index.sessions[skip:]:
        is_out_of_reach = closed_at is not None and session.settled_at is None and session.starts_at > closed_at
        ends_at, lapse_reason = closed_at if is_out_of_reach else None, LapseReason.ENDED
        open_for: tuple[str, ...] = ()
        if session.status is SessionStatus.CANCELLED:
            ends_at, lapse_reason = session.settled_at, LapseReason.CANCELLED
            open_for = (*_late_to_cancel(session, index), *(move.moved_by for _, move in late_moves(session, index)))
        entry = _first("SessionScheduled", session.id, index)
        yield _of_session(
            session, session.scheduled_at, ends_at, lapse_reason=lapse_reason, open_for=open_for, entry=entry
        )


ASKED_AFTER = Period(days=7)
"""How long after a session its coach is asked how it went, where nobody has said so."""
ASKED_WITHIN = timedelta(days=6)
"""Less than `ASKED_AFTER`, by which most sessions are left out without computing a day."""


def _is_not_accounted_for(session: Session, outcome_of: Callable[[Session], Event | None]) -> bool:
    outcome = outcome_of(session)
    return outcome is None or elapsed(session.starts_at, outcome.recorded_at) >= ASKED_WITHIN


NOT_ACCOUNTED_FOR = SessionOrder(by_start, _is_not_accounted_for)


def _sessions_without_outcome(duty: Duty, schedule: ForEach, index: EventIndex) -> Iterator[Occasion]:
    """Every session of which nobody has said, for a week, that it was held, missed or cancelled."""
    timeline = index.timeline.without_pauses if duty.survives(schedule) else index.timeline
    last = index.as_of if timeline.closed_at is None else min(index.as_of, timeline.closed_at)
    for session in index.sessions_by(NOT_ACCOUNTED_FOR):
        outcome = index.outcome_of(session)
        said_at = None if outcome is None else outcome.recorded_at
        entry = _first("SessionScheduled", session.id, index)
        # of what was booked only when it was over nobody could say sooner how it went
        over_at = _end_of(session) if entry is None else max(_end_of(session), counted_from(entry, index))
        asked_at = timeline.due(over_at, ASKED_AFTER)
        if asked_at < last and (said_at is None or said_at > asked_at):
            yield _from(moved(asked_at, MICROSECOND), session.id, entry=entry)


def _held_sessions(duty: Duty, schedule: ForEach, index: EventIndex, skip: int) -> Iterator[Occasion]:
    """Every session that was held, in the order in which the events said so. It is the same occasion for every schedule.

    One to which only the coach or only the client came asks nothing of either, but for having come.
    """
    order = HELD if _asks_to_attend(schedule) else HELD_BY_BOTH
    for session in index.sessions_by(order)[skip:]:
        yield index.cached(("held", session.id), partial(_of_held_session, session))


def _of_held_session(session: Session, index: EventIndex) -> Occasion:
    """A session that was held. Due times are counted from its end. In a group it is about those who came."""
    return _of_session(
        session,
        session.starts_at,
        anchor=_end_of(session),
        listed_from=session.settled_at,
        attended=frozenset(session.attended),
        entry=_first("SessionHeld", session.id, index),
        time_set_by=_time_set_by(session, index),
    )


def _time_set_by(session: Session, index: EventIndex) -> Event | None:
    """The event that set the time of a session: its last move, or its booking."""
    if session.moves:
        return index.history.state.events.get(session.moves[-1].event_id)
    return _first("SessionScheduled", session.id, index)


def _is_unannounced(occasion: Occasion, entry: Event, debtor: Debtor, index: EventIndex) -> bool:
    """Whether somebody could not know of a session before it was said to have been held, and did nothing about it while they could answer.

    Else anybody could enter sessions of last month, and the others would owe what follows from each.
    """
    time_set_at = occasion.time_set_for(debtor)
    if time_set_at is None or time_set_at < occasion.begin:
        return False
    answer_until = index.timeline.window_end(index.windows.answer, entry.recorded_at)
    return not any(
        debtor.wrote(event) and event.recorded_at <= answer_until
        for kind in ABOUT_A_SESSION
        for event in index.about(kind, occasion.subject_id)
    )


GOAL_CLOSED = ("GoalAchieved", "GoalDropped")
SESSION_CLOSED = ("SessionMissed", "SessionCancelled")
ABOUT_A_SESSION = tuple(kind for kind, event_type in EVENT_TYPES.items() if "session_id" in event_type.__annotations__)
"""The types of events that name a session."""


def _goals(duty: Duty, schedule: ForEach, index: EventIndex) -> Iterator[Occasion]:
    """Every goal. What a client owes about it begins when it binds them: a goal that the coach set, once they accept it."""
    for goal in index.goals:
        binding_from = goal.accepted_at if duty.role is Role.CLIENT else goal.set_at
        if binding_from is None:
            continue
        owner = goal.owner if duty.role is Role.CLIENT and index.timeline.has_group(Role.CLIENT) else None
        since = max(binding_from, started_for(Debtor(duty.role, owner), index) or binding_from)
        yield Occasion(
            subject_id=goal.id,
            opened_at=since,
            anchor=since,
            begin=goal.set_at,
            **_closed(duty, goal, index),
            involved=_those(goal.owner),
            entry=_first("GoalSet", goal.id, index),
        )


def _first(kind: str, subject_id: str, index: EventIndex) -> Event | None:
    """The first event of a type about something."""
    events = index.about(kind, subject_id)
    return events[0] if events else None


def _who_closed(duty: Duty, kinds: tuple[str, ...], subject_id: str, index: EventIndex) -> dict[str, Any]:
    """When it was recorded that an occasion was closed, as the field of the occasion for the side that recorded it."""
    events = [event for kind in kinds for event in index.about(kind, subject_id)]
    if not events:
        return {}
    closing = events[-1]
    field = "ends_known_at" if closing.actor.role is duty.role else "ends_learnt_at"
    return {field: closing.recorded_at, "closing": closing}


def known_closings(index: EventIndex) -> dict[str, DateTime]:
    """For each goal of which somebody said afterwards that it had been closed: when they recorded that."""
    return index.cached("known closings", _known_closings)


def _known_closings(index: EventIndex) -> dict[str, DateTime]:
    return {
        getattr(event.content, "goal_id", ""): event.recorded_at
        for kind in GOAL_CLOSED
        for event in index.of_type(kind)
        if event.recorded_at > event.occurred_at
    }


def _bound_at(goal: Goal, moment: DateTime, index: EventIndex) -> bool:
    """Whether a goal bound its owner at a moment as far as anybody knew: what closed it as of before may have been said
    since.
    """
    if goal.binds_at(moment):
        return True
    is_accepted = goal.accepted_at is not None and max(goal.set_at, goal.accepted_at) <= moment
    return is_accepted and moment < known_closings(index).get(goal.id, moment)


def _those(*party_ids: str | None) -> frozenset[str]:
    return frozenset(party_id for party_id in party_ids if party_id is not None)


def _closed(duty: Duty, goal: Goal, index: EventIndex) -> dict[str, Any]:
    """How an occasion about a goal was closed, as fields of the occasion.

    A goal is a client's. A coach who drops it, or says that it was reached, leaves what the coach owes about it as it is.
    """
    if goal.closed_at is None:
        return {}
    who_closed = _who_closed(duty, GOAL_CLOSED, goal.id, index)
    if duty.role is Role.COACH and "ends_known_at" in who_closed:
        return {}
    is_dropped = goal.status is GoalStatus.DROPPED
    lapse_reason = LapseReason.DROPPED if is_dropped else LapseReason.NO_LONGER_APPLIES
    return {"ends_at": goal.closed_at, "lapse_reason": lapse_reason, **who_closed}


def _goal_changes(duty: Duty, schedule: ForEach, index: EventIndex) -> Iterator[Occasion]:
    """Every change of a goal; several on one day are one. While a review is owed for one change, the next asks for no second review.

    A client owes nothing about a goal that does not bind them, nor about what the coach alone made of it.
    """
    counts: dict[str, int] = {}
    last_days: dict[str, Date] = {}
    goals = {goal.id: goal for goal in index.goals}
    waiting: dict[str, Event] = {}
    asks_for_events = all(pattern.type is not None for pattern in schedule.evidence)
    for event in index.of_type("GoalRevised"):
        goal = goals.get(getattr(event.content, "goal_id", ""))
        if goal is None or (duty.role is Role.CLIENT and event.actor.role is not Role.CLIENT):
            continue
        day = index.timeline.day_at(event.occurred_at)
        if last_days.get(goal.id) == day:
            continue
        last_days[goal.id] = day
        counts[goal.id] = counts.get(goal.id, 0) + 1
        if duty.role is Role.CLIENT and not _bound_at(goal, event.occurred_at, index):
            continue
        before = waiting.get(goal.id) if asks_for_events else None
        if before is not None and _still_waits(before, event, duty.role, schedule, index, about=goal.id):
            continue
        waiting[goal.id] = event
        since = (event.occurred_at, event.version - 1)
        yield _from(
            event.occurred_at,
            goal.id,
            number=counts[goal.id],
            since=since,
            **_closed(duty, goal, index),
            involved=_those(goal.owner),
            entry=event,
        )


def _goals_off_track(duty: Duty, schedule: ForEach, index: EventIndex) -> Iterator[Occasion]:
    """Every time that a goal came off track. While a review of the plan is owed for one, another asks for no second review."""
    timeline = index.timeline
    reviews = [event.occurred_at for event in index.of_type("PlanReviewed")]
    turns = [(event, goal) for goal in index.goals for event in off_track(goal, index)]
    counts: dict[str, int] = {}
    asking: Event | None = None
    for event, goal in sorted(turns, key=lambda turn: by_occurrence(turn[0])):
        moment = event.occurred_at
        if asking is not None and moment <= timeline.due(known_at(asking, all_of(duty.role), index), schedule.within):
            reviewed = bisect_right(reviews, asking.occurred_at)
            if reviewed == len(reviews) or reviews[reviewed] > moment:
                continue
        asking = event
        counts[goal.id] = counts.get(goal.id, 0) + 1
        yield _from(
            moment,
            goal.id,
            number=counts[goal.id],
            since=(moment, event.version),
            **_closed(duty, goal, index),
            involved=_those(goal.owner),
            entry=event,
        )


def known_at(event: Event, debtor: Debtor, index: EventIndex) -> DateTime:
    """From when somebody could know of an event: their own from when it occurred, others' from when they recorded it.

    To another time the other side may have agreed; of a fellow's word nobody agrees for the rest.
    """
    if debtor.wrote(event):
        return event.occurred_at
    if event.actor.role is debtor.role:
        return max(event.occurred_at, event.recorded_at)
    return counted_from(event, index)


def started_for(debtor: Debtor, index: EventIndex) -> DateTime | None:
    """From when somebody owes what it owes from the start on, or in periods; None before the start.

    That is when others recorded the start, or a first session, which they dated back: else all would have missed whole months.
    """
    begin = index.timeline.started_at
    if begin is None:
        return None
    return index.cached(("started", debtor), lambda index: _started_for(begin, debtor, index))


def _started_for(begin: DateTime, debtor: Debtor, index: EventIndex) -> DateTime:
    starting = (event for event in index.all.between(begin, begin) if isinstance(event.content, STARTING))
    event = next(starting, None)
    return begin if event is None else max(begin, known_at(event, debtor, index))


STARTING = (EngagementStarted, SessionHeld)


# --- due days --------------------------------------------------------------------------------------------------------


def _actions_due(duty: Duty, schedule: ForEach, index: EventIndex, skip: int) -> Iterator[Occasion]:
    """Every action with a due day that is the role's own. Moving it in time moves the day by which it is owed, and settles nothing."""
    for agreed in index.action_days.agreed_by(duty.role, skip):
        first, last = agreed.first, agreed.last
        yield Occasion(
            subject_id=agreed.action_id,
            opened_at=first.since,
            anchor=agreed.ends_at,
            begin=first.since,
            since=(first.since, first.version),
            ends_at=last.dropped_at,
            lapse_reason=LapseReason.DROPPED,
            days_left=last.days_left,
            involved=_those(last.owner),
        )


def _missed_actions(duty: Duty, schedule: ForEach, index: EventIndex, skip: int) -> Iterator[Occasion]:
    """Every action of a client whose due day and grace passed with the action neither done nor dropped.

    Whoever owes something about it does not take that back by saying, once it is overdue, that the action had been done in time.
    """
    said_too_late = _said_too_late(duty, schedule, index)
    all_missed = index.action_days.missed_by(Role.CLIENT, 0 if said_too_late else skip)
    if said_too_late:
        in_order = sorted([*all_missed, *said_too_late], key=BY_TIME)
        all_missed = in_order[skip:]
    for agreed in all_missed:
        missed_at = moved(agreed.closes_at, MICROSECOND)
        entry = _first("ActionPlanned", agreed.action_id, index)
        yield _from(missed_at, agreed.action_id, since=(missed_at, 0), involved=_those(agreed.last.owner), entry=entry)


def _said_too_late(duty: Duty, schedule: ForEach, index: EventIndex) -> list[AgreedDay]:
    """The actions of which a duty's own side said that they had been done in time when what it owes because of a miss was overdue."""
    said_too_late = []
    # a month may be shorter than the mean; most are passed without computing a day
    least = timedelta(days=0 if schedule.within is None else 0.9 * schedule.within.approximate_days - 1)
    for event in index.done_later:
        if event.actor.role is not duty.role or elapsed(event.occurred_at, event.recorded_at) < least:
            continue
        agreed = index.agreed_day(getattr(event.content, "action_id", ""))
        if agreed is None or agreed.owner_role is not Role.CLIENT or agreed.is_missed_by(index.as_of):
            continue
        was_said = event.occurred_at == agreed.last.done_at and not agreed.is_dropped
        if was_said and event.recorded_at > index.timeline.due(moved(agreed.closes_at, MICROSECOND), schedule.within):
            said_too_late.append(agreed)
    return said_too_late


# --- decisions and concerns ------------------------------------------------------------------------------------------


def _decisions(duty: Duty, schedule: ForEach, index: EventIndex) -> Iterator[Occasion]:
    for decision in sorted(index.history.state.decisions.values(), key=lambda matter: (matter.opened_at, matter.id)):
        yield _from(decision.opened_at, decision.id, involved=_those(decision.opened_by.party))


def _concerns(duty: Duty, schedule: ForEach, index: EventIndex) -> Iterator[Occasion]:
    """Every concern that the other side raised, and did not keep to itself."""
    for event in index.of_type("ConcernRaised"):
        role = index.timeline.responsible_role(duty.id, event.occurred_at)
        is_theirs = event.actor.role is role.counterpart and not is_private(index.history.state, event)
        if isinstance(event.content, ConcernRaised) and is_theirs:
            yield _from(
                event.occurred_at,
                event.content.concern_id,
                involved=_those(event.actor.party, addressee_of(event.content)),
                entry=event,
            )


LOWEST_GOOD = {"OpennessRated": 3, "SafetyRated": 4, "AllianceRated": 3, "SessionRated": 3}
"""The lowest rating, 1 to 5, that asks for no answer. Safety is the ground that the work stands on, so a middling one asks for it too."""


def _low_ratings(duty: Duty, schedule: ForEach, index: EventIndex) -> Iterator[Occasion]:
    """Every low rating by the other side that this side may read. A rating is never a miss; not answering it is one.

    Another of the same kind by the same party adds nothing while the one before it waits for an answer.
    """
    events = [event for kind in LOWEST_GOOD for event in index.of_type(kind)]
    waiting: dict[tuple[str, str], Event] = {}
    for event in sorted(events, key=by_occurrence):
        role = index.timeline.responsible_role(duty.id, event.occurred_at)
        lowest_good = LOWEST_GOOD[event.type]
        rating = getattr(event.content, "rating", lowest_good)
        is_challenge_taken = getattr(event.content, "challenge_taken", False)
        is_theirs = event.actor.role is role.counterpart and not is_private(index.history.state, event)
        if not is_theirs or rating >= lowest_good or is_challenge_taken:
            continue
        before = waiting.get((event.type, event.actor.party))
        if before is None or not _still_waits(before, event, role, schedule, index):
            waiting[event.type, event.actor.party] = event
            involved = _those(event.actor.party, addressee_of(event.content))
            yield _from(event.occurred_at, event.id, involved=involved, entry=event)


def _still_waits(
    question: Event, until: Event, role: Role, schedule: ForEach, index: EventIndex, about: str | None = None
) -> bool:
    """Whether what asks for an answer is not overdue at a later event, and nothing that may be an answer came before that.

    about: what the answer has to be about, where not anything will do.
    """
    kinds = {pattern.type for pattern in schedule.evidence}
    answers = index.all.between(question.occurred_at, until.occurred_at)
    return index.timeline.due(
        known_at(question, all_of(role), index), schedule.within
    ) >= until.occurred_at and not any(
        event.type in kinds and event.actor.role is role and (about is None or about in subject_ids(event))
        for event in answers
    )


ListOccasions = Callable[[Duty, ForEach, EventIndex, int], Iterator[Occasion]]


def _skipping(occasions: Callable[[Duty, ForEach, EventIndex], Iterator[Occasion]]) -> ListOccasions:
    """A function that lists few occasions at little cost, made to skip the first ones."""
    return lambda duty, schedule, index, skip: islice(occasions(duty, schedule, index), skip, None)


OCCASIONS: dict[Of, ListOccasions] = {
    Of.SESSION: _sessions,
    Of.APPOINTMENT: _appointments,
    Of.HELD: _held_sessions,
    Of.NO_OUTCOME: _skipping(_sessions_without_outcome),
    Of.GOAL: _skipping(_goals),
    Of.GOAL_CHANGE: _skipping(_goal_changes),
    Of.OFF_TRACK: _skipping(_goals_off_track),
    Of.ACTION_DUE: _actions_due,
    Of.MISSED_ACTION: _missed_actions,
    Of.DECISION: _skipping(_decisions),
    Of.CONCERN: _skipping(_concerns),
    Of.LOW_RATING: _skipping(_low_ratings),
}
"""For each kind of occasion, the function that lists the occasions of a history. Its last argument: how many of them to skip."""
