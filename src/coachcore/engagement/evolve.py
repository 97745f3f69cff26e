"""`evolve(state, event) -> state`: what each event changes. Pure and total.

Total means that any sequence of events folds without an error: an event about something that does not exist (a goal that a
correction retracted, an event of a newer release) changes nothing but the version and the events of the state. Whether an
event may be recorded is checked before, in `decide`.
"""

from collections.abc import Callable, Iterable
from datetime import timedelta
from itertools import chain
from typing import Any, cast

import attrs
from pendulum import DateTime
from rpds import HashTrieMap

from coachcore import events as e
from coachcore.engagement.consents import consent_of, is_grounded
from coachcore.engagement.state import (
    EMPTY,
    Action,
    ActionStatus,
    Goal,
    GoalStatus,
    Handover,
    Matter,
    Resolution,
    Session,
    SessionMove,
    SessionStatus,
    Stage,
    State,
)
from coachcore.events import Content, Event
from coachcore.model.goal import changed_fields, goal_fields
from coachcore.model.measures import Avoid, Habit, Measure, Milestones, StayWithin
from coachcore.model.parties import Role
from coachcore.model.times import Period, elapsed, moved

__all__ = ["evolve", "fold"]

Change = dict[str, Any]
Handler = Callable[[State, Event, Any], Change]

HANDLERS: dict[type[Content], Handler] = {}
"""What each type of event changes beyond the events, their version and their last moment, none of which a handler reads."""


def evolve(state: State | None, event: Event) -> State | None:
    """The state after an event. None is the state before the engagement is proposed."""
    content = event.content
    if state is None:
        return _proposed(event, content) if isinstance(content, e.EngagementProposed) else None
    handler = HANDLERS.get(type(content))
    changes = {} if handler is None else handler(state, event, content)
    version, last_at = state.version, state.last_at
    return state.with_changes(
        version=version if version > event.version else event.version,
        events=state.events.insert(event.id, event),
        last_at=event.occurred_at if event.occurred_at > last_at else last_at,
        **changes,
    )


def fold(events: Iterable[Event], state: State | None = None) -> State | None:
    """The state after all events, in order: what `evolve` gives, event by event, in a third of the time.

    One copy of the state is changed throughout, and the events enter their map together: an insertion into a persistent map takes
    four times what it takes to make the map of all.
    """
    rest = iter(events)
    by_id = {}
    if state is None:
        for event in rest:
            state = evolve(None, event)
            if state is not None:
                by_id[event.id] = event
                break
        else:
            return None
    known = EMPTY if by_id else state.events
    folded = state.with_changes()
    fields = folded.__dict__
    version, last_at = state.version, state.last_at
    for event in rest:
        by_id[event.id] = event
        if event.version > version:
            version = event.version
        if event.occurred_at > last_at:
            last_at = event.occurred_at
        handler = HANDLERS.get(event.kind)
        if handler is not None:
            fields.update(handler(folded, event, event.content))
    fields.update(version=version, last_at=last_at, events=known.update(by_id) if known else HashTrieMap(by_id))
    return folded


ID_FIELDS = {
    kind: tuple(name for name in attrs.fields_dict(cast("Any", kind)) if name.endswith("_id") and name != "entry_id")
    for kind in e.EVENT_TYPES.values()
}
"""The fields of each event that hold ids of goals, actions, sessions and the like; a correction must keep them."""


def ids_of(content: Content) -> tuple[str, ...]:
    """The ids in a content that a correction must keep."""
    return tuple([getattr(content, name) or "" for name in ID_FIELDS.get(type(content), ())])


def _proposed(event: Event, content: e.EngagementProposed) -> State:
    return State(
        engagement_id=event.engagement_id,
        version=event.version,
        began_at=event.occurred_at,
        last_at=event.occurred_at,
        stages=((event.occurred_at, Stage.PROPOSED),),
        agreement=content.agreement,
        newest=content.agreement,
        newest_at=event.occurred_at,
        imported_at=content.imported_at,
        earlier_imports=content.earlier_imports,
        events=EMPTY.insert(event.id, event),
    )


def handles(*kinds: type[Content]) -> Callable[[Handler], Handler]:
    """Register a function as the handler of some types of events."""

    def register(handler: Handler) -> Handler:
        for kind in kinds:
            HANDLERS[kind] = handler
        return handler

    return register


def _stage(state: State, since: DateTime, stage: Stage) -> Change:
    if state.stage is stage:
        return {}
    return {"stages": (*state.stages, (since, stage))}


# --- agreement -------------------------------------------------------------------------------------------------------


@handles(e.AgreementAccepted)
def _accepted(state: State, event: Event, content: e.AgreementAccepted) -> Change:
    if content.agreement_version != state.newest_version:
        return {}
    accepted = state.accepted | {event.actor.party}
    if not {party.id for party in state.newest.signatories} | state.leaving <= accepted:
        return {"accepted": accepted}
    stage = _stage(state, event.occurred_at, Stage.AGREED) if state.stage is Stage.PROPOSED else {}
    return {
        "accepted": accepted,
        "agreement": state.newest,
        "agreement_version": state.newest_version,
        **stage,
    }


def _leaving(state: State, content: e.AgreementAmended) -> frozenset[str]:
    """Who must accept an agreement because it takes from them the part that they have by the one that is in force."""
    if not content.asks_leavers or not state.agreement_version:
        return frozenset()
    return frozenset(party.id for party in state.agreement.left_by(content.agreement))


@handles(e.AgreementAmended)
def _amended(state: State, event: Event, content: e.AgreementAmended) -> Change:
    changes: Change = {
        "newest": content.agreement,
        "leaving": _leaving(state, content),
        "newest_version": state.newest_version + 1,
        "newest_at": event.occurred_at,
        "accepted": frozenset(),
    }
    if state.stage in (Stage.PROPOSED, Stage.AGREED):
        changes |= {"agreement": content.agreement, "agreement_version": 0}
        changes |= _stage(state, event.occurred_at, Stage.PROPOSED)
    return changes


STAGES_AFTER: dict[type[Content], tuple[frozenset[Stage], Stage]] = {
    e.EngagementStarted: (frozenset({Stage.AGREED}), Stage.ACTIVE),
    e.EngagementPaused: (frozenset({Stage.ACTIVE}), Stage.PAUSED),
    e.EngagementResumed: (frozenset({Stage.PAUSED}), Stage.ACTIVE),
    e.EngagementCompleted: (frozenset({Stage.ACTIVE, Stage.PAUSED}), Stage.COMPLETED),
    e.EngagementTerminated: (
        frozenset({Stage.PROPOSED, Stage.AGREED, Stage.ACTIVE, Stage.PAUSED}),
        Stage.TERMINATED,
    ),
}
"""The lifecycle: from which stages each event leads to which. In any other stage the event changes nothing."""


@handles(*STAGES_AFTER)
def _moved(state: State, event: Event, content: Content) -> Change:
    sources, target = STAGES_AFTER[type(content)]
    state = state.as_of(event.occurred_at)
    if state.stage not in sources:
        return {}
    changes = {**_stage(state, event.occurred_at, target), "pause_ends_at": None}
    if isinstance(content, e.EngagementPaused) and content.needs_consent:
        changes["pause_ends_at"] = _alone_until(state, event)
        changes["pauses_alone"] = (*state.pauses_alone, (event.actor.role, event.recorded_at))
        if event.occurred_at < event.recorded_at:
            changes["late_pauses"] = (*state.late_pauses, (event.occurred_at, event.recorded_at))
    return changes


LONGEST_PAUSE = Period(days=30)
"""How long one side alone can stop the clock of both, of any `PAUSED_ALONE_IN`: else it would pause anew whenever a pause is over."""
PAUSED_ALONE_IN = timedelta(days=60)
"""Twice as long, so that alone one side stops the clock for half of the time at most."""


def left_to_pause(state: State, role: Role, moment: DateTime) -> timedelta:
    """How much longer a side may pause alone, at a moment: the pauses that nobody confirmed are added up."""
    first, paused = moved(moment, -PAUSED_ALONE_IN), timedelta()
    for side, begin in state.pauses_alone:
        ends = (until for until, stage in state.stages if until > begin and stage is not Stage.PAUSED)
        end = min(next(ends, moment), moment)
        if side is role and end > first:
            paused += elapsed(max(begin, first), end)
    return max(timedelta(days=LONGEST_PAUSE.days) - paused, timedelta())


def _alone_until(state: State, event: Event) -> DateTime:
    """Until when a pause lasts that nobody confirms."""
    until = LONGEST_PAUSE.after(event.recorded_at, state.zone)
    if not state.pauses_alone:  # as most
        return until
    return min(until, moved(event.recorded_at, left_to_pause(state, event.actor.role, event.recorded_at)))


# --- goals -----------------------------------------------------------------------------------------------------------


def goal_set(event: Event, content: e.GoalSet) -> Goal:
    """A goal as it was set."""
    is_own = content.owner in (None, event.actor.party)  # 0.1 named no owner, and asked nobody to accept
    return Goal(
        id=content.goal_id,
        set_at=event.occurred_at,
        set_by=event.actor,
        why_by=event.actor if content.why is not None else None,
        owner=content.owner or (event.actor.party if event.actor.role is Role.CLIENT else None),
        accepted_at=event.occurred_at if is_own else None,
        proposed_at=None if is_own else event.recorded_at,
        **goal_fields(content),
    )


@handles(e.GoalSet)
def _goal_set(state: State, event: Event, content: e.GoalSet) -> Change:
    goal = goal_set(event, content)
    return {"goals": state.goals.insert(goal.id, goal)}


def _closed(event: Event, status: GoalStatus) -> Change:
    # what a client says afterwards takes back nothing that was owed until then
    binds_until = event.recorded_at if event.actor.role is Role.CLIENT else event.occurred_at
    return {"status": status, "closed_at": event.occurred_at, "binds_until": binds_until}


def _revised(goal: Goal, event: Event, content: e.GoalRevised) -> Change:
    """Another metric or unit begins a series of readings of its own, unless a factor converts those so far.

    What is kept up in the same unit, but more or less often, is judged by what was agreed at each time.
    """
    changes: Change = {"revised_at": event.occurred_at, **changed_fields(content)}
    before, after, moment = goal.measure, content.measure, event.occurred_at
    if content.why is not None:
        changes["why_by"] = event.actor
    if before is None or after is None or before == after:
        return changes
    if _is_one_series(before, after):
        # from a budget of the whole time to one of periods there is nothing to be judged period by period
        is_judged_over_time = type(before) is type(after) and isinstance(after, Habit | StayWithin | Avoid)
        if is_judged_over_time and (getattr(before, "per", None) is None) == (getattr(after, "per", None) is None):
            changes["earlier_measures"] = (*goal.earlier_measures, (moment, before))
    elif content.readings_factor is None:
        changes |= {"series_from": moment, "conversions": (), "earlier_measures": ()}
    else:
        changes |= {"conversions": (*goal.conversions, (moment, content.readings_factor)), "earlier_measures": ()}
    return changes


def _is_one_series(before: Measure, after: Measure) -> bool:
    if isinstance(before, Milestones) or isinstance(after, Milestones):
        return type(before) is type(after)
    # what is done or happens is counted in amounts, where a level is read: neither is a reading of the other
    are_amounts = [isinstance(measure, Habit | Avoid) for measure in (before, after)]
    return (before.metric, before.unit, are_amounts[0]) == (after.metric, after.unit, are_amounts[1])


def _paused(goal: Goal, event: Event) -> Change:
    return {} if goal.is_paused else {"pauses": (*goal.pauses, (event.occurred_at, None))}


def _resumed(goal: Goal, event: Event) -> Change:
    return {"pauses": (*goal.pauses[:-1], (goal.pauses[-1][0], event.occurred_at))} if goal.is_paused else {}


GOAL_CHANGES: dict[type[Content], Callable[[Goal, Event, Any], Change]] = {
    e.GoalAccepted: lambda goal, event, content: {"accepted_at": event.occurred_at},
    e.GoalReviewed: lambda goal, event, content: {"reviewed_at": event.occurred_at},
    e.GoalRevised: _revised,
    e.GoalWeighted: lambda goal, event, content: {"weight": content.in_scores},
    e.GoalLevelsAgreed: lambda goal, event, content: {"levels": content},
    e.GoalScored: lambda goal, event, content: {"level": content.level},
    e.GoalPaused: lambda goal, event, content: _paused(goal, event),
    e.GoalResumed: lambda goal, event, content: _resumed(goal, event),
    e.DaySkipped: lambda goal, event, content: {"skipped": tuple(dict.fromkeys((*goal.skipped, content.on)))},
    e.GoalAchieved: lambda goal, event, content: _closed(event, GoalStatus.ACHIEVED),
    e.GoalDropped: lambda goal, event, content: _closed(event, GoalStatus.DROPPED),
    e.PlanConfirmed: lambda goal, event, content: {"plan_confirmed_at": event.occurred_at},
}
"""What each event about a goal changes of it. The table is what `late` knows of, too: an event that changes a goal stands here."""


def goal_after(goal: Goal, event: Event) -> Goal:
    """A goal after an event of `GOAL_CHANGES` about it."""
    return attrs.evolve(goal, **GOAL_CHANGES[type(event.content)](goal, event, event.content))


@handles(*GOAL_CHANGES)
def _goal_changed(state: State, event: Event, content: Any) -> Change:
    goal = state.goals.get(content.goal_id)
    return {} if goal is None else {"goals": state.goals.insert(goal.id, goal_after(goal, event))}


# --- plan ------------------------------------------------------------------------------------------------------------


@handles(e.ActionPlanned)
def _action_planned(state: State, event: Event, content: e.ActionPlanned) -> Change:
    actor, owner = event.actor, content.owner
    owner_role: Role | None = actor.role
    if owner is None:  # in events of 0.1; what a coach planned then may have been for anybody
        owner, owner_role = (actor.party, actor.role) if actor.role is Role.CLIENT else (None, None)
    elif owner != actor.party:  # it is proposed to the other side
        owner_role = actor.role.counterpart
    is_own = owner in (None, actor.party)
    action = Action(
        id=content.action_id,
        title=content.title,
        goal_id=content.goal_id,
        due_on=content.due_on,
        planned_at=event.occurred_at,
        planned_by=actor,
        owner=owner,
        owner_role=owner_role,
        accepted_at=event.occurred_at if is_own else None,
        proposed_at=None if is_own else event.recorded_at,
        status=ActionStatus.OPEN if is_own else ActionStatus.PROPOSED,
    )
    return {"actions": state.actions.insert(action.id, action)}


@handles(e.ActionAccepted, e.ActionRescheduled, e.ActionDone, e.ActionDropped)
def _action_changed(state: State, event: Event, content: Any) -> Change:
    action = state.actions.get(content.action_id)
    if action is None:
        return {}
    if isinstance(content, e.ActionAccepted):
        changed = attrs.evolve(action, accepted_at=event.occurred_at, status=ActionStatus.OPEN)
    elif isinstance(content, e.ActionRescheduled):
        changed = attrs.evolve(action, due_on=content.due_on, moves=action.moves + 1)
    else:
        status = ActionStatus.DONE if isinstance(content, e.ActionDone) else ActionStatus.DROPPED
        changed = attrs.evolve(action, status=status, closed_at=event.occurred_at)
    return {"actions": state.actions.insert(action.id, changed)}


# --- sessions --------------------------------------------------------------------------------------------------------


@handles(e.SessionScheduled)
def _session_scheduled(state: State, event: Event, content: e.SessionScheduled) -> Change:
    known = state.sessions.get(content.session_id)
    moves = known.moves if known else ()
    if known is not None and known.starts_at != content.starts_at:
        moves = (*moves, _move(known, event, None))
    session = Session(
        id=content.session_id,
        starts_at=content.starts_at,
        minutes=content.minutes,
        agenda=content.agenda or (known.agenda if known else ()),
        structure=content.structure or (known.structure if known else None),
        scheduled_at=known.scheduled_at if known else event.occurred_at,
        moves=moves,
    )
    return {"sessions": state.sessions.insert(session.id, session)}


def _move(session: Session, event: Event, moved_by: str | None) -> SessionMove:
    return SessionMove(
        moved_at=event.occurred_at,
        moved_by=moved_by or event.actor.party,
        starts_at=session.starts_at,
        event_id=event.id,
    )


@handles(e.SessionMoved)
def _session_moved(state: State, event: Event, content: e.SessionMoved) -> Change:
    session = state.sessions.get(content.session_id)
    if session is None:
        return {}
    moves = (*session.moves, _move(session, event, content.moved_by))
    moved = attrs.evolve(session, starts_at=content.starts_at, moves=moves)
    return {"sessions": state.sessions.insert(moved.id, moved)}


@handles(e.SessionHeld)
def _session_held(state: State, event: Event, content: e.SessionHeld) -> Change:
    sides = [tuple(party.id for party in state.agreement.those(role)) for role in (Role.COACH, Role.CLIENT)]
    attended = content.attended or tuple(chain(*sides))
    absent = tuple(chain(*(side for side in sides if not set(side) & set(attended))))
    changes: Change = {"status": SessionStatus.HELD, "attended": attended, "absent": absent}
    if content.minutes is not None:
        changes["minutes"] = content.minutes
    if content.structure is not None:
        changes["structure"] = content.structure
    return {
        **_session_settled(state, event, content.session_id, changes),
        **(_stage(state, event.occurred_at, Stage.ACTIVE) if state.stage is Stage.AGREED else {}),
    }


@handles(e.SessionMissed)
def _session_missed(state: State, event: Event, content: e.SessionMissed) -> Change:
    changes = {"status": SessionStatus.MISSED, "absent": content.missed_by}
    return _session_settled(state, event, content.session_id, changes)


@handles(e.SessionCancelled)
def _session_cancelled(state: State, event: Event, content: e.SessionCancelled) -> Change:
    changes = {"status": SessionStatus.CANCELLED, "absent": (content.cancelled_by or event.actor.party,)}
    return _session_settled(state, event, content.session_id, changes)


def _session_settled(state: State, event: Event, session_id: str, changes: Change) -> Change:
    session = state.sessions.get(session_id)
    if session is None:
        return {}
    settled = attrs.evolve(session, settled_at=event.occurred_at, **changes)
    return {"sessions": state.sessions.insert(session_id, settled)}


# --- concerns, breaches, disputes, decisions -------------------------------------------------------------------------

OPENED: dict[type[Content], tuple[str, str, str | None]] = {
    e.ConcernRaised: ("concerns", "concern_id", None),
    e.BreachReported: ("breaches", "breach_id", "duty_id"),
    e.EvidenceContested: ("disputes", "dispute_id", "obligation_id"),
    e.DecisionMade: ("decisions", "decision_id", None),
}
"""Events that open a matter: its collection in the state, the field with its id, the field that says what it is about."""

SETTLED: dict[type[Content], tuple[str, str]] = {
    e.ConcernAnswered: ("concerns", "concern_id"),
    e.BreachResolved: ("breaches", "breach_id"),
    e.DisputeResolved: ("disputes", "dispute_id"),
    e.ResolutionAccepted: ("disputes", "dispute_id"),
}
"""Events that settle a matter: its collection in the state, and the field with its id."""


@handles(*OPENED)
def _opened(state: State, event: Event, content: Any) -> Change:
    place, key, about = OPENED[type(content)]
    matter = Matter(
        id=getattr(content, key),
        opened_at=event.occurred_at,
        opened_by=event.actor,
        happened_at=getattr(content, "happened_at", None) or event.occurred_at,
        recorded_at=event.recorded_at,
        about=getattr(content, about) if about else None,
    )
    return {place: getattr(state, place).insert(matter.id, matter)}


@handles(*SETTLED)
def _settled(state: State, event: Event, content: Any) -> Change:
    place, key = SETTLED[type(content)]
    matters = getattr(state, place)
    matter = matters.get(getattr(content, key))
    if matter is None:
        return {}
    if isinstance(content, e.ConcernAnswered) and matter.closed_at is not None:
        return {}  # the first answer closed it; a further one does not open it again for the time between
    if isinstance(content, e.ResolutionAccepted):
        if matter.offer is None:
            return {}
        upheld: bool | None = matter.offer.upheld
    else:
        upheld = getattr(content, "upheld", None)
    settled = attrs.evolve(matter, closed_at=event.occurred_at, upheld=upheld)
    return {place: matters.insert(matter.id, settled)}


CONFIDENTIALITY = "coach.environment.confidentiality"
"""The duty of which a disclosure without a ground opens a breach."""


@handles(e.InformationDisclosed)
def _disclosed(state: State, event: Event, content: e.InformationDisclosed) -> Change:
    if not content.needs_ground or is_grounded(state, event, content):
        return {}
    breach = Matter(
        id=event.id,
        opened_at=event.occurred_at,
        opened_by=event.actor,
        happened_at=event.occurred_at,
        recorded_at=event.recorded_at,
        about=CONFIDENTIALITY,
    )
    return {"breaches": state.breaches.insert(breach.id, breach)}


@handles(e.ResolutionOffered)
def _resolution_offered(state: State, event: Event, content: e.ResolutionOffered) -> Change:
    dispute = state.disputes.get(content.dispute_id)
    if dispute is None:
        return {}
    offer = Resolution(event.occurred_at, event.actor, content.upheld)
    return {"disputes": state.disputes.insert(dispute.id, attrs.evolve(dispute, offer=offer))}


# --- ethics, ledger, record ------------------------------------------------------------------------------------------


@handles(e.ConsentGiven)
def _consent_given(state: State, event: Event, content: e.ConsentGiven) -> Change:
    return {"consents_given": (*state.consents_given, consent_of(event, content))}


@handles(e.ConsentWithdrawn)
def _consent_withdrawn(state: State, event: Event, content: e.ConsentWithdrawn) -> Change:
    return {
        "consents_given": tuple(
            consent
            for consent in state.consents_given
            if consent.scope is not content.scope or consent.client != event.actor.party
        )
    }


@handles(e.ObligationConceded)
def _conceded(state: State, event: Event, content: e.ObligationConceded) -> Change:
    return {"conceded": state.conceded | {content.obligation_id}}


@handles(e.DutyHandedOver)
def _handed_over(state: State, event: Event, content: e.DutyHandedOver) -> Change:
    handover = Handover(event.occurred_at, content.duty_id, content.to)
    if not content.offered:
        return {"handovers": (*state.handovers, handover)}
    # the last offer is the one that counts, and to hand a duty over to oneself takes it back
    offers = tuple(offer for offer in state.offers if offer.duty_id != content.duty_id)
    is_withdrawn = state.responsible_role(content.duty_id, event.occurred_at) is content.to
    return {"offers": offers if is_withdrawn else (*offers, handover)}


@handles(e.HandoverAccepted)
def _handover_accepted(state: State, event: Event, content: e.HandoverAccepted) -> Change:
    """The duty passes once everybody who will carry it has accepted it: nobody takes it on for a fellow client or coach."""
    role = event.actor.role
    offer = next((offer for offer in state.offers if offer.duty_id == content.duty_id), None)
    offers = tuple(other for other in state.offers if other is not offer)
    accepted_by = frozenset({event.actor.party}) | (frozenset() if offer is None else offer.accepted_by)
    if offer is not None and not {party.id for party in state.agreement.those(role)} <= accepted_by:
        return {"offers": (*offers, attrs.evolve(offer, accepted_by=accepted_by))}
    return {"offers": offers, "handovers": (*state.handovers, Handover(event.occurred_at, content.duty_id, role))}


@handles(e.EntryCorrected)
def _entry_corrected(state: State, event: Event, content: e.EntryCorrected) -> Change:
    if content.needs_consent:
        return {"proposed_corrections": state.proposed_corrections.insert(event.id, content.entry_id)}
    return {"corrected": state.corrected | {content.entry_id}}


@handles(e.CorrectionConfirmed)
def _correction_confirmed(state: State, event: Event, content: e.CorrectionConfirmed) -> Change:
    entry_id = state.proposed_corrections.get(content.entry_id)
    if entry_id is None:
        return {}
    waiting = state.proposed_corrections.remove(content.entry_id)
    return {"corrected": state.corrected | {entry_id}, "proposed_corrections": waiting}


@handles(e.ContentErased)
def _content_erased(state: State, event: Event, content: e.ContentErased) -> Change:
    return {"erased": state.erased | set(content.entry_ids)}


@handles(e.Unknown)
def _unknown(state: State, event: Event, content: e.Unknown) -> Change:
    return {"unknown": (*state.unknown, event.id)}
