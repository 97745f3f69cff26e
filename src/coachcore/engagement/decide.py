"""`decide(state, proposal, actor, now, context) -> drafts`: whether an event may be recorded, and what follows from it.

Pure: it reads the tables and the guards of the event's kind, and either returns the drafts to be stored (the proposed
one first, completed where it left something to be understood, then what follows from it), or raises `Refused` with why,
and what would be allowed. It never looks at a store or a clock; what only the charter and the ledger know it asks of a context.
"""

from collections.abc import Iterable

import attrs
from pendulum import DateTime

from coachcore import events as e
from coachcore.engagement.allowing import check_stage, instead, spoken
from coachcore.engagement.correcting import RECORD_GUARDS
from coachcore.engagement.guards import GUARDS
from coachcore.engagement.references import Context, check_references
from coachcore.engagement.state import Stage, State
from coachcore.engagement.tables import MAY
from coachcore.errors import NotAllowed, Refused
from coachcore.events import Content, Proposal
from coachcore.model.agreement import Agreement
from coachcore.model.answers import bounded_repr
from coachcore.model.parties import Actor
from coachcore.model.words import Visibility

__all__ = ["Draft", "decide"]


@attrs.frozen(kw_only=True)
class Draft:
    """An event that may be stored: everything but its place in the books."""

    __repr__ = bounded_repr

    event_id: str
    content: Content
    occurred_at: DateTime
    actor: Actor
    visibility: Visibility
    caused_by: str | None = None
    correlation_id: str | None = None


def decide(state: State | None, proposal: Proposal, actor: Actor, now: DateTime, context: Context) -> tuple[Draft, ...]:
    """What recording a proposal would store. now: the moment of recording. context: asked only where the event refers to it.

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
        check_references(None, content, context)
    else:
        content = _checked(state, content, actor, at, context)
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
            f"a {actor.role} may not {spoken(kind)}",
            f"that is for the {who}; {instead(actor.role, kind, state.stage if state else None)}",
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


def _checked(state: State, content: Content, actor: Actor, at: DateTime, context: Context) -> Content:
    kind = type(content)
    if isinstance(content, e.EngagementProposed):
        raise Refused("engagement.exists", "this engagement has been proposed already", "amend it, or propose another")
    if at < state.began_at:
        raise Refused(
            "time.before_begin",
            f"{at} is before the engagement began ({state.began_at})",
            "check the date and the year",
        )
    check_stage(state, kind, actor, at)
    if kind in LIFECYCLE_EVENTS and at < state.stages[-1][0]:
        raise Refused(
            "stage.out_of_order",
            f"{at} is before the last change of stage ({state.stages[-1][0]})",
            "enter changes of stage in the order they happened",
        )
    check_references(state, content, context)
    guard = GUARDS.get(kind) or RECORD_GUARDS.get(kind)
    return (guard(state, content, actor, at) if guard else None) or content


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
            f"{spoken(type(content))} cannot be kept to yourself",
            "both sides see the same books",
        )
    return wanted or type(content).visibility


def _follows(state: State, content: Content) -> Iterable[Content]:
    if isinstance(content, e.SessionHeld) and state.stage is Stage.AGREED:
        yield e.EngagementStarted()
