"""`decide(state, proposal, actor, now, context) -> drafts`: whether an event may be recorded, and what follows from it.

A pure function of its arguments: no store, no clock. It checks the actor, the permission table, what the event refers to, and
the guard of its type. It returns the drafts to be stored: the proposed event first, with defaults filled in, then what follows
from it. Otherwise it raises `Refused` or `NotAllowed` with the reason and with what would be allowed.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import attrs
from pendulum import DateTime

from coachcore import events as e
from coachcore.engagement.corrections import CORRECTION_GUARDS
from coachcore.engagement.guards import GUARDS
from coachcore.engagement.permissions import PERMISSIONS, alternatives, check_stage, command_in_words
from coachcore.engagement.power_guards import OUTCOMES, POWER_GUARDS, overturned_outcome
from coachcore.engagement.powers import SPEECH
from coachcore.engagement.promises import PROMISE_GUARDS
from coachcore.engagement.references import Context, check_ids, check_references
from coachcore.engagement.state import SessionStatus, Stage, State
from coachcore.errors import NotAllowed, Refused
from coachcore.events import Content, Event, Proposal
from coachcore.model.agreement import Agreement
from coachcore.model.answers import bounded_repr
from coachcore.model.parties import Actor
from coachcore.model.value import Name, with_changes
from coachcore.model.words import Visibility

__all__ = ["Draft", "decide", "objection"]


@attrs.frozen(kw_only=True, slots=False)
class Draft:
    """An event that may be stored: everything but its version, the time of recording and its digests."""

    __repr__ = bounded_repr

    event_id: str
    content: Content
    occurred_at: DateTime
    actor: Actor
    visibility: Visibility
    caused_by: str | None = None
    correlation_id: Name | None = None


def decide(state: State | None, proposal: Proposal, actor: Actor, now: DateTime, context: Context) -> tuple[Draft, ...]:
    """What recording a proposal would store. now: the moment of recording. context: used only for events that refer to it.

    Raises NotAllowed where the actor's role may not record it, Refused where the stage, a reference or a guard is against it.
    """
    content = proposal.content
    occurred_at = proposal.occurred_at or now
    state = None if state is None else state.as_of(now)
    _check_actor(state, content, actor)
    if occurred_at > now:
        raise Refused(
            "time.in_future",
            f"{occurred_at} is later than now ({now})",
            "an event says what has happened; leave occurred_at out",
        )
    if occurred_at < now and type(content) in SPEECH and not context.is_import:
        raise Refused(
            "time.not_allowed",
            f"to {command_in_words(type(content))} takes effect when it is recorded, and cannot be dated back to {occurred_at}",
            "leave occurred_at out",
        )
    if not context.is_import:  # an export for a person has such ids
        check_ids(proposal.event_id, content)
    if state is None:
        if not isinstance(content, e.EngagementProposed):
            raise Refused("engagement.empty", "nothing has been recorded yet", "propose the engagement first")
        if not context.is_import:
            content = with_changes(content, imported_at=None, earlier_imports=())
        check_references(None, content, context)
    else:
        content = _completed(state, content, actor, occurred_at, context)
    if state is not None and (about := _repeated_by(content)):
        visibility = _inherited(state, about, proposal.visibility, context)
    else:
        visibility = _visibility(content, proposal.visibility, context)
    first = Draft(
        event_id=proposal.event_id,
        content=content,
        occurred_at=occurred_at,
        actor=actor,
        visibility=visibility,
        caused_by=proposal.caused_by,
        correlation_id=proposal.correlation_id,
    )
    consequences = [
        Draft(
            event_id=f"{proposal.event_id}.{number}",
            content=consequence,
            occurred_at=occurred_at,
            actor=actor,
            visibility=type(consequence).visibility,
            caused_by=proposal.event_id,
            correlation_id=proposal.correlation_id,
        )
        for number, consequence in enumerate(_consequences(state, content, context), 1)
    ]
    return (first, *consequences)


def objection(state: State, event: Event, context: Context) -> Refused | None:
    """Why an event that was recorded elsewhere, or by 0.1, could not be recorded today as it counts; None where it could be.

    state: before the event. context: of the moment of recording, and of no import. Events about which the table of powers says nothing
    are not looked at.
    """
    content = event.content
    if type(content) not in JUDGED_BY_THE_TABLE:
        return None
    proposal = Proposal(content=content, event_id=event.id, occurred_at=event.occurred_at, visibility=event.visibility)
    try:
        draft = decide(state, proposal, event.actor, event.recorded_at, context)[0]
    except Refused as error:
        return error
    return _one_sided(state, event, draft.content)


def _one_sided(state: State, event: Event, today: Content) -> Refused | None:
    """What counts without the other side, though it would not today. today: the content as it would be recorded today."""
    match event.content, today:
        case e.DutyHandedOver(offered=False, duty_id=duty_id, to=to), _:
            return Refused(
                "handover_consent.missing",
                f"{duty_id} passed to the {to} without their acceptance",
                "offer it, so that the other side may accept it",
            )
        case e.EngagementPaused(needs_consent=False), _ if event.occurred_at < event.recorded_at:
            return Refused(
                "pause_consent.missing",
                f"a pause was dated back to {event.occurred_at} without the other side",
                "let the other side confirm it",
            )
        case e.PauseConfirmed(awaits_others=False), e.PauseConfirmed(awaits_others=True):
            return Refused(
                "pause_confirmation.missing",
                "a pause counts from its date, or for longer, that others of the group have not confirmed",
                "let every other coach and client confirm it",
            )
        case e.EntryCorrected(needs_consent=False), e.EntryCorrected(needs_consent=True):
            return Refused(
                "correction_consent.missing",
                "a correction counts that helps its author, or comes late, without the other side",
                "let the other side confirm it",
            )
        case e.AgreementAmended(asks_leavers=False, agreement=agreement), _ if state.agreement.left_by(agreement):
            return Refused(
                "leaver_consent.missing",
                "an amendment leaves out parties who were not asked",
                "let those whom it leaves out accept it too",
            )
    return None


def _check_actor(state: State | None, content: Content, actor: Actor) -> None:
    kind = type(content)
    if kind not in PERMISSIONS:
        raise Refused("event.not_allowed", f"{kind.__name__} cannot be recorded", "use one of the commands")
    agreement = (
        state.agreement
        if state is not None
        else content.agreement
        if isinstance(content, e.EngagementProposed)
        else None
    )
    # an author may erase what they wrote after they have left too
    if agreement is not None and kind is not e.ContentErased:
        party = agreement.party(actor.party)
        if party is None or party.role is not actor.role:
            _check_newcomer(state, content, actor, agreement)
    if actor.role not in PERMISSIONS[kind][0]:
        roles = " or ".join(sorted(PERMISSIONS[kind][0]))
        raise NotAllowed(
            "role.not_allowed",
            f"a {actor.role} may not {command_in_words(kind)}",
            f"that is for the {roles}; {alternatives(actor.role, kind, state.stage if state else None)}",
            allowed_roles=sorted(PERMISSIONS[kind][0]),
        )


def _check_newcomer(state: State | None, content: Content, actor: Actor, agreement: Agreement) -> None:
    """A party that only the newest version of the agreement names may accept it, and do nothing else until it is in force."""
    newcomer = None if state is None else state.newest.party(actor.party)
    if state is None or newcomer is None or newcomer.role is not actor.role:
        known = ", ".join(f"{party.id} ({party.role})" for party in agreement.parties)
        raise NotAllowed("party.unknown", f"there is no party {actor}", f"the parties: {known}")
    if not isinstance(content, e.AgreementAccepted):
        raise NotAllowed(
            "party.not_yet",
            f"{actor} joins with version {state.newest_version} of the agreement, which is not in force yet",
            "accept it; everything else is possible once all have accepted",
        )


def _completed(state: State, content: Content, actor: Actor, occurred_at: DateTime, context: Context) -> Content:
    kind = type(content)
    if isinstance(content, e.EngagementProposed):
        raise Refused("proposal.duplicate", "this engagement has already been proposed", "amend it, or propose another")
    if occurred_at < state.began_at:
        raise Refused(
            "time.before_start",
            f"{occurred_at} is before the engagement began ({state.began_at})",
            "check the date and the year",
        )
    check_stage(state, kind, actor, occurred_at)
    if kind in LIFECYCLE_EVENTS and occurred_at < state.stages[-1][0]:
        raise Refused(
            "stage.out_of_order",
            f"{occurred_at} is before the last change of stage ({state.stages[-1][0]})",
            "record changes of stage in the order they happened",
        )
    check_references(state, content, context)
    completed = None
    if kind in GUARDS:
        completed = GUARDS[kind](state, content, actor, occurred_at)
    elif kind in GUARDS_IN_CONTEXT:
        completed = GUARDS_IN_CONTEXT[kind](state, content, actor, occurred_at, context)
    return completed or content


GUARDS_IN_CONTEXT = {**CORRECTION_GUARDS, **POWER_GUARDS, **PROMISE_GUARDS}
LIFECYCLE_EVENTS = frozenset(
    {
        e.AgreementAccepted,
        e.AgreementAmended,
        e.EngagementStarted,
        e.EngagementPaused,
        e.PauseConfirmed,
        e.EngagementResumed,
        e.EngagementCompleted,
        e.EngagementTerminated,
    }
)


FOR_BOTH = frozenset(
    {
        e.ConcernRaised,
        e.SessionCancelled,
        e.SessionHeld,
        e.SessionMissed,
        e.SessionMoved,
        e.SessionScheduled,
    }
)
"""Events beyond the areas below that ask something of the other side, or say how it did: nobody is judged by what they may not read."""

JUDGED_BY_THE_TABLE: Final = (SPEECH | FOR_BOTH | GUARDS_IN_CONTEXT.keys()) - {e.StatementAcknowledged}
"""The events that an import records though they could not be recorded today. A receipt changes nothing, whenever it was given."""


def _visibility(content: Content, wanted: Visibility | None, context: Context) -> Visibility:
    is_for_both = content.area in ("agreement", "ledger", "record", "ethics", "goals", "plan") or (
        type(content) in FOR_BOTH and not context.is_import
    )
    if wanted is Visibility.AUTHOR and is_for_both:
        raise Refused(
            "visibility.not_allowed",
            f"{command_in_words(type(content))} cannot be kept to yourself",
            "both sides see the same record",
        )
    return wanted or type(content).visibility


def _repeated_by(content: Content) -> tuple[str, ...]:
    """The ids of the events of whose content another repeats something."""
    if isinstance(content, e.EntryCorrected):
        return (content.entry_id,)
    return tuple(remains.entry_id for remains in content.remains) if isinstance(content, e.ContentErased) else ()


def _inherited(state: State, entry_ids: Iterable[str], wanted: Visibility | None, context: Context) -> Visibility:
    """A correction repeats what it corrects, and an erasure what remains, so nobody reads it who could not read that."""
    events = filter(None, (state.events.get(entry_id) or context.recorded(entry_id) for entry_id in entry_ids))
    about = min((event.visibility for event in events), key=_openness, default=Visibility.SHARED)
    return min(about, wanted or about, key=_openness)


def _openness(visibility: Visibility) -> int:
    return visibility.openness


def _consequences(state: State | None, content: Content, context: Context) -> Sequence[Content]:
    """What follows from an event: the first session that is held begins the engagement; another outcome replaces an overturned one."""
    if state is None or not isinstance(content, OUTCOMES):
        return ()
    consequences: list[Content] = []
    if isinstance(content, e.SessionHeld) and state.stage is Stage.AGREED:
        consequences.append(e.EngagementStarted())
    session = state.sessions.get(content.session_id)
    if session is not None and session.status is not SessionStatus.SCHEDULED:
        overturned = overturned_outcome(state, content.session_id, context)
        if overturned is not None:
            consequences.append(
                e.EntryCorrected(entry_id=overturned.id, reason="It was contested, and that was upheld")
            )
    return consequences
