"""Guards of the acts over the ledger: each act by whom, about whose obligation and until when the table `POWERS` says.

They also guard what gives rise to such acts: sessions that are scheduled or moved, breaches, disclosures, pauses, ends and amendments.
Guards of actions and goals are in `promises`, those of corrections in `corrections`.
"""

from collections.abc import Callable, Mapping
from typing import Final

from pendulum import DateTime

from coachcore import events as e
from coachcore.engagement.corrections import SIDES
from coachcore.engagement.evolve import LONGEST_PAUSE, PAUSED_ALONE_IN, left_to_pause
from coachcore.engagement.guards import (
    GuardInContext,
    check_concerned,
    check_named,
    check_new,
    check_open,
    check_within,
    existing,
)
from coachcore.engagement.permissions import DAYS_AFTER_THE_END
from coachcore.engagement.powers import corrections_of, readable_from
from coachcore.engagement.references import Context, JudgedObligation
from coachcore.engagement.state import Matter, Session, SessionStatus, State
from coachcore.engagement.windows import Windows
from coachcore.errors import NotAllowed, NotFound, Refused
from coachcore.events import Content, Event, by_occurrence
from coachcore.model.parties import Actor, Role
from coachcore.model.times import Period
from coachcore.model.value import with_changes
from coachcore.model.words import Visibility

__all__ = ["OUTCOMES", "POWER_GUARDS", "overturned_outcome"]


MET = ("met", "met_late")
NO_LONGER_OWED = ("waived", "lapsed")
UNMET = ("open", "missed", *NO_LONGER_OWED)
"""States of an obligation. A waiver stands in for a miss, so what was met late is not waived: that would take away what was done. What
lapsed counts for and against nobody, and a confirmation would make it late."""


def _check_creditor(obligation: JudgedObligation, actor: Actor, verb: str) -> None:
    """Raises NotAllowed where an obligation is not owed to whoever acts: to the other side, and in a group to one of them."""
    if actor.role is not obligation.role.counterpart:
        raise NotAllowed(
            "obligation.not_allowed",
            f"the {actor.role} cannot {verb} their own obligation",
            f"that is for the {obligation.role.counterpart}, to whom it was owed",
        )
    if obligation.owed_to not in (None, actor.party):
        raise NotAllowed(
            "obligation_party.not_allowed",
            f"{obligation.id} is not owed to {actor}",
            f"only {obligation.owed_to}, to whom it is owed, can {verb} it",
        )


def _is_debtor(obligation: JudgedObligation, actor: Actor) -> bool:
    """Whether somebody owes an obligation: anybody of its role, or in a group the one whose own it is."""
    return actor.role is obligation.role and obligation.party in (None, actor.party)


def _windows(state: State, context: Context) -> Windows:
    return context.charter(state.agreement).windows


def _check_window(
    act: str,
    since: str,
    begin: DateTime,
    length: Period,
    now: DateTime,
    state: State,
    context: Context,
) -> None:
    """Raises Refused window.closed where an act comes later than a period after a moment; what is imported was in time where it was.

    No period is over before the import of the engagement.
    """
    ends_at = state.window_end(length, begin, now)
    if now > ends_at and not context.is_import:
        lasting = str(length) if length.months else f"{length.days} days"
        counted = since if state.window_begin(begin, now) == begin else "after the import"
        raise Refused(
            "window.closed",
            f"{act} was possible until {ends_at}: {lasting} {counted}",
            "settle it between you, or raise a concern; what stands, stands",
        )


def _confirm(state: State, content: e.EvidenceConfirmed, actor: Actor, now: DateTime, context: Context) -> None:
    if context.is_import:
        return  # whatever it was about: what was recorded elsewhere keeps its effect
    obligation = context.obligation(content.obligation_id)
    _check_creditor(obligation, actor, "confirm")
    if obligation.state in NO_LONGER_OWED:
        raise Refused("confirmation.closed", f"{obligation.id} is {obligation.state}", "nothing to confirm")
    if state.closed_at is not None:
        since = "after the engagement ended"
        _check_window("confirming", since, state.closed_at, DAYS_AFTER_THE_END, now, state, context)


def _contest(state: State, content: e.EvidenceContested, actor: Actor, now: DateTime, context: Context) -> None:
    check_new(state.disputes, "dispute", content.dispute_id)
    if context.is_import:
        return
    obligation = context.obligation(content.obligation_id)
    if _is_debtor(obligation, actor) and (obligation.adverse_entries or obligation.asked_by):
        if not obligation.adverse_entries:
            _check_absent(state, obligation, actor)
        _check_answer("contesting", state, obligation, actor, now, context)
        return
    _check_creditor(obligation, actor, "contest")
    if obligation.claims and obligation.state == "open":
        _check_answer("contesting", state, obligation, actor, now, context, claims=True)
        return
    if not obligation.evidence or obligation.state in UNMET:
        raise Refused(
            "contested_evidence.missing",
            f"{obligation.id} is {obligation.state}, and there is no evidence to contest",
            "contest evidence once there is some; what is missed needs no contest",
        )
    evidence = [event for event_id in obligation.evidence if (event := state.events.get(event_id)) is not None]
    begin = max((event.recorded_at for event in evidence), default=now)
    _check_first_contest(state, obligation, actor, begin)
    if any(event.visibility is Visibility.AUTHOR for event in evidence):
        return  # no window runs through an entry that whoever would contest it may not read
    _check_window(
        "contesting", "from when it could be read", begin, _windows(state, context).answer, now, state, context
    )


ABOUT_WHAT_WAS_HELD: Final = (e.SessionSummarised, e.SessionRated, e.FeedbackGiven, e.ReflectionPrompted)
"""What a party says of a session once it was held: who does has taken part in it."""


def _check_absent(state: State, obligation: JudgedObligation, actor: Actor) -> None:
    """Raises Refused contest.conflict where whoever contests that a session was held has spoken of it as of one that was."""
    sessions = {
        getattr(event.content, "session_id", "") for event in map(state.events.get, obligation.asked_by) if event
    }
    for event in state.events.values():
        is_own = event.actor.role is actor.role and obligation.party in (None, event.actor.party)
        if not is_own or not isinstance(event.content, ABOUT_WHAT_WAS_HELD):
            continue
        session = state.sessions.get(event.content.session_id or "")
        is_of_it = session is not None and session.id in sessions and event.occurred_at >= session.starts_at
        if is_of_it and event.visibility is not Visibility.AUTHOR:
            raise Refused(
                "contest.conflict",
                f"{event.actor} has recorded {event.type} {event.id!r} of the session that is said not to have been held",
                "whoever took part in a session does not contest that it was held; correct that entry first",
            )


def _check_answer(
    act: str,
    state: State,
    obligation: JudgedObligation,
    actor: Actor,
    now: DateTime,
    context: Context,
    *,
    claims: bool = False,
) -> None:
    """Raises Refused where a party has already answered what the other side entered against it, or may no longer.

    claims: whether it is what the other side said of it to its own advantage.
    """
    entry_ids = obligation.claims if claims else obligation.adverse_entries or obligation.asked_by
    entries = [event for event_id in entry_ids if (event := state.events.get(event_id)) is not None]
    begins = [begin for event in entries if (begin := readable_from(event, corrections_of(state, event))) is not None]
    begin = max(begins, default=now)
    _check_first_contest(state, obligation, actor, begin)
    if obligation.id in state.conceded:
        raise Refused("concession.duplicate", f"{obligation.id} was conceded already", "what was conceded stands")
    _check_window(act, "from when the entry could be read", begin, _windows(state, context).answer, now, state, context)


def _check_first_contest(state: State, obligation: JudgedObligation, actor: Actor, since: DateTime) -> None:
    """Raises Refused contest.duplicate where a side has contested, since a moment, what an obligation rests on.

    A contest that one of several withdrew was theirs alone: else they would have taken the others' from them.
    """
    by_the_side = [
        dispute
        for dispute in state.disputes.values()
        if dispute.about == obligation.id and dispute.opened_by.role is actor.role and dispute.opened_at >= since
    ]
    if any(dispute.opened_by.party == actor.party or not _is_withdrawn(dispute, state) for dispute in by_the_side):
        raise Refused(
            "contest.duplicate",
            f"what {obligation.id} rests on was contested already",
            "a dispute is settled once: withdraw the contest, offer a resolution, or let a supervisor decide",
        )


def _is_withdrawn(dispute: Matter, state: State) -> bool:
    """Whether a dispute was settled by who raised it."""
    return any(
        isinstance(event.content, e.DisputeResolved)
        and event.content.dispute_id == dispute.id
        and event.actor.party == dispute.opened_by.party
        for event in state.events.values()
    )


def _concede(state: State, content: e.ObligationConceded, actor: Actor, now: DateTime, context: Context) -> None:
    obligation = context.obligation(content.obligation_id)
    if not _is_debtor(obligation, actor):
        raise NotAllowed(
            "concession.not_allowed",
            f"{actor} cannot concede what the {obligation.party or obligation.role} owes",
            f"that is for the {obligation.party or obligation.role} alone; what is owed to you, confirm or contest",
        )
    if not obligation.adverse_entries and not obligation.asked_by:
        raise Refused(
            "adverse_entry.missing",
            f"the other side has entered nothing against {obligation.id}, which is {obligation.state}",
            "to concede a dispute about evidence, resolve it with upheld=True",
        )
    _check_answer("conceding", state, obligation, actor, now, context)


def _check_scheduled(session: Session) -> None:
    if session.status is not SessionStatus.SCHEDULED:
        raise Refused("session.closed", f"session {session.id!r} was {session.status}", "schedule a new session")


def _check_not_begun(session: Session, moment: DateTime) -> None:
    """Raises Refused session.begun where a session is moved after it began."""
    if moment >= session.starts_at:
        raise Refused(
            "session.begun",
            f"session {session.id!r} began at {session.starts_at}",
            "say who missed it, or that it was held; then schedule another",
        )


def _schedule(state: State, content: e.SessionScheduled, actor: Actor, occurred_at: DateTime, context: Context) -> None:
    known = state.sessions.get(content.session_id)
    if known is None:
        return
    _check_scheduled(known)
    if content.starts_at != known.starts_at and not context.is_import:  # 0.1 moved sessions so, at any time
        _check_not_begun(known, context.recorded_at)


def _move_session(state: State, content: e.SessionMoved, actor: Actor, occurred_at: DateTime, context: Context) -> None:
    session = existing(state.sessions, "session", content.session_id, occurred_at, "scheduled_at")
    _check_scheduled(session)
    moment = occurred_at if context.is_import else context.recorded_at  # nobody moves what is over as of a time before
    _check_not_begun(session, moment)
    if content.starts_at <= moment:
        raise Refused(
            "session_start.not_allowed",
            f"a session cannot be moved to {content.starts_at}, which is past",
            "give a time to come",
        )
    check_named(state, content)


def _agree_to_move(state: State, content: e.SessionMoveAgreed, actor: Actor, now: DateTime, context: Context) -> None:
    session = existing(state.sessions, "session", content.session_id, now, "scheduled_at")
    others = [party.id for party in state.agreement.parties if party.role is not actor.role]
    moves = [move for move in session.moves if move.moved_by in others and move.event_id in state.events]
    if not moves:
        raise Refused(
            "session_move.missing",
            f"the other side has not wished session {session.id!r} moved",
            "agree to a move that the other side wished",
        )
    moved = state.events[moves[-1].event_id]
    if not context.is_import and any(
        isinstance(event.content, e.SessionMoveAgreed)
        and event.content.session_id == session.id
        and event.actor.role is actor.role
        and event.version > moved.version
        for event in state.events.values()
    ):
        raise Refused(
            "move_agreement.duplicate",
            f"the {actor.role} agreed to this move of session {session.id!r}",
            "nothing to do",
        )
    begin = readable_from(moved, corrections_of(state, moved)) or now
    _check_window(
        "agreeing",
        "from when the move could be read",
        begin,
        _windows(state, context).answer,
        now,
        state,
        context,
    )


OUTCOMES: Final = (e.SessionHeld, e.SessionMissed, e.SessionCancelled)


def _settle_session(
    state: State,
    content: e.SessionHeld | e.SessionMissed | e.SessionCancelled,
    actor: Actor,
    occurred_at: DateTime,
    context: Context,
) -> None:
    """How a session went is said once. What the other side contested rightly may be said anew, but not the same again."""
    session = existing(state.sessions, "session", content.session_id, occurred_at, "scheduled_at")
    if session.status is not SessionStatus.SCHEDULED:
        overturned = overturned_outcome(state, content.session_id, context)
        if overturned is None:
            raise Refused(
                "session.closed",
                f"session {session.id!r} was {session.status}",
                "correct that event instead; what somebody else entered, contest by what you owe of the session (contest_evidence)",
            )
        if _named(overturned.content) == _named(content):
            raise Refused(
                "session_outcome.duplicate",
                f"that session {session.id!r} was {session.status} so was contested, and the contest was upheld",
                "say how it went instead",
            )
    if not isinstance(content, e.SessionCancelled) and occurred_at < session.starts_at:
        raise Refused(
            "session.not_begun",
            f"session {session.id!r} begins at {session.starts_at}, after {occurred_at}",
            "record it afterwards, or move the session",
        )
    check_named(state, content)


def _named(outcome: Content) -> tuple[type[Content], frozenset[str]]:
    """What an outcome says: how a session went, and of whom."""
    parties = getattr(outcome, "attended", ()) or getattr(outcome, "missed_by", ())
    return type(outcome), frozenset([*parties, *filter(None, [getattr(outcome, "cancelled_by", None)])])


def overturned_outcome(state: State, session_id: str, context: Context) -> Event | None:
    """The event that says how a session went, where a contest of it was upheld: it counts for nobody, and gives way to another."""
    upheld = {dispute.id: dispute for dispute in state.disputes.values() if dispute.upheld and dispute.about}
    if not upheld:
        return None
    contests = [
        event
        for event in state.events.values()
        if isinstance(event.content, e.EvidenceContested) and event.content.dispute_id in upheld
    ]
    for contest in contests:
        try:
            obligation = context.obligation(getattr(contest.content, "obligation_id", ""))
        except NotFound:
            continue  # one that 0.1 alone had
        if contest.actor.role is not obligation.role:
            continue
        for event in filter(None, map(state.events.get, (*obligation.adverse_entries, *obligation.asked_by))):
            is_about_it = isinstance(event.content, OUTCOMES) and event.content.session_id == session_id
            if is_about_it and event.version < contest.version:
                return event
    return None


def _offer_resolution(
    state: State, content: e.ResolutionOffered, actor: Actor, now: DateTime, context: Context
) -> None:
    _check_part(_open_dispute(state, content.dispute_id, now, context), actor, state, context)


def _accept_resolution(
    state: State, content: e.ResolutionAccepted, actor: Actor, now: DateTime, context: Context
) -> None:
    dispute = _open_dispute(state, content.dispute_id, now, context)
    _check_part(dispute, actor, state, context)
    offer = dispute.offer
    if offer is None or offer.offered_by.role is actor.role:
        raise Refused(
            "resolution_offer.missing",
            f"the other side has offered no resolution of dispute {dispute.id!r}",
            "offer one, or let a supervisor decide",
        )
    _check_window("accepting", "from the offer", offer.offered_at, _windows(state, context).answer, now, state, context)


def _open_dispute(state: State, dispute_id: str, now: DateTime, context: Context) -> Matter:
    """A dispute that can still be settled. Raises Refused dispute.unknown, dispute.not_yet, dispute.closed, window.closed."""
    dispute: Matter = existing(state.disputes, "dispute", dispute_id, now, "opened_at")
    check_open(dispute, "dispute")
    since = "after it was raised, a dispute counts as undecided"
    _check_window("deciding", since, dispute.opened_at, _windows(state, context).decision, now, state, context)
    return dispute


def _resolve(state: State, content: e.DisputeResolved, actor: Actor, now: DateTime, context: Context) -> None:
    dispute = _open_dispute(state, content.dispute_id, now, context)
    if actor.role is Role.SUPERVISOR:
        _check_no_part(actor, state, context, now, lambda: context.obligation(dispute.about or "").opened_at)
        return
    _check_part(dispute, actor, state, context)
    raised_it = dispute.opened_by.role is actor.role
    if raised_it and content.upheld:
        raise NotAllowed(
            "upholding.not_allowed",
            f"the {actor.role} raised this dispute and cannot uphold it",
            "they may withdraw it (upheld false); the other side may concede it, a supervisor may decide",
        )
    if not raised_it and not content.upheld:
        raise NotAllowed(
            "dismissal.not_allowed",
            f"the {actor.role} cannot dismiss a dispute that the other side raised",
            "they may concede it (upheld true); who raised it may withdraw it, a supervisor may decide",
        )


def _check_part(dispute: Matter, actor: Actor, state: State, context: Context) -> None:
    """Raises NotAllowed where one of several has no part in a dispute: not having raised it, nor owing the obligation or being owed it."""
    if context.is_import or len(state.agreement.those(actor.role)) == 1:
        return
    if dispute.opened_by.role is actor.role:
        has_part = dispute.opened_by.party == actor.party
    else:
        obligation = context.obligation(dispute.about or "")
        is_of_entry = dispute.opened_by.role is obligation.role
        has_part = (obligation.owed_to if is_of_entry else obligation.party) in (None, actor.party)
    if not has_part:
        raise NotAllowed(
            "dispute.not_allowed",
            f"{actor} has no part in this dispute",
            "who raised it may withdraw it, whose obligation it is may concede it, a supervisor may decide",
        )


def _check_no_part(
    actor: Actor, state: State, context: Context, now: DateTime, arose_at: Callable[[], DateTime]
) -> None:
    """Raises NotAllowed where a supervisor was a coach or client when what is to be decided arose, or after that.

    Whoever leaves a side accepts the agreement by which they leave, so that there is an event of theirs from then.
    """
    if context.is_import:
        return
    own = [
        event
        for event in state.events.values()
        if event.actor.party == actor.party and event.actor.role in SIDES and event.occurred_at <= now
    ]
    last = max(own, key=by_occurrence, default=None)
    if last is not None and last.occurred_at >= arose_at():
        raise NotAllowed(
            "decision.not_allowed",
            f"{actor} was a {last.actor.role} when this arose, and so has a part in it",
            "let another supervisor decide, or settle it between you: offer a resolution, concede or withdraw",
        )


def _waive(state: State, content: e.ObligationWaived, actor: Actor, now: DateTime, context: Context) -> Content | None:
    if context.is_import:
        return None
    obligation = context.obligation(content.obligation_id)
    _check_creditor(obligation, actor, "waive")
    if not obligation.is_waivable:
        raise Refused(
            "waiver.not_allowed",
            f"{obligation.id} cannot be waived",
            "some duties protect more than the two of you; agree on how to meet it",
        )
    if obligation.state in (*MET, *NO_LONGER_OWED):
        raise Refused("waiver.closed", f"{obligation.id} is {obligation.state}", "there is nothing to waive")
    if obligation.state == "missed" and obligation.settled_at is not None:
        _check_window(
            "waiving",
            "after it was missed",
            obligation.settled_at,
            _windows(state, context).decision,
            now,
            state,
            context,
        )
    is_owed_to_several = obligation.owed_to is None and len(state.agreement.those(Role.CLIENT)) > 1
    is_for_oneself = actor.role is Role.CLIENT and is_owed_to_several
    return with_changes(content, for_oneself=True) if is_for_oneself else None


def _hand_over(
    state: State, content: e.DutyHandedOver, actor: Actor, now: DateTime, context: Context
) -> Content | None:
    responsible = state.responsible_role(content.duty_id, now)
    if content.to not in (Role.COACH, Role.CLIENT):
        raise Refused(
            "handover_role.invalid", f"a {content.to} carries no duties", "hand it over to the coach or the client"
        )
    is_offered = any(offer.duty_id == content.duty_id and offer.to is not content.to for offer in state.offers)
    if responsible is content.to and not (is_offered and actor.role is responsible):  # who offered it takes it back
        raise Refused("handover.redundant", f"the {content.to} already carries {content.duty_id}", "nothing to do")
    if responsible is not actor.role:
        raise NotAllowed(
            "handover.not_allowed",
            f"the {actor.role} does not carry {content.duty_id}",
            f"the {responsible} may hand it over",
        )
    if not context.is_import and not context.duty(content.duty_id, state.agreement).is_transferable:
        raise Refused(
            "handover_duty.not_allowed",
            f"{content.duty_id} cannot be handed over",
            "it protects the other side, or only they could benefit from it; hand over another duty",
        )
    return None if context.is_import else with_changes(content, offered=True)


def _accept_handover(state: State, content: e.HandoverAccepted, actor: Actor, now: DateTime, context: Context) -> None:
    offer = next((offer for offer in reversed(state.offers) if offer.duty_id == content.duty_id), None)
    if offer is None or offer.to is not actor.role:
        responsible = state.responsible_role(content.duty_id, now)
        if responsible is actor.role:
            hint = f"the {responsible} carries it already; in a journal, write offered: true where it was handed over"
        else:
            hint = f"the {responsible}, who carries it, may hand it over"
        raise Refused("offer.missing", f"{content.duty_id} was not offered to the {actor.role}", hint)
    if actor.party in offer.accepted_by:
        others = ", ".join(sorted({party.id for party in state.agreement.those(actor.role)} - offer.accepted_by))
        raise Refused(
            "acceptance.duplicate",
            f"{actor} has accepted {content.duty_id} already",
            f"it waits for the others: {others}",
        )
    ends_at = state.window_end(_windows(state, context).answer, offer.occurred_at, now)
    if now > ends_at and not context.is_import:
        raise Refused(
            "offer.closed", f"the offer of {content.duty_id} lapsed at {ends_at}", "ask for it to be offered again"
        )


def _acknowledge(
    state: State, content: e.StatementAcknowledged, actor: Actor, now: DateTime, context: Context
) -> Content | None:
    """A receipt is of the statement as it is known now: the digest that is recorded is that of what anybody can recompute."""
    if context.is_import:
        return None
    if content.role not in (Role.COACH, Role.CLIENT):
        raise Refused(
            "statement_role.invalid",
            f"a {content.role} carries no duties and has no statement",
            "acknowledge the statement of the coach or the client",
        )
    if content.stood_at > now:
        raise Refused(
            "statement_time.in_future", f"{content.stood_at} is later than now ({now})", "give the statement's as_of"
        )
    if content.stood_at < state.began_at:
        raise Refused(
            "statement_time.before_start",
            f"{content.stood_at} is before the engagement began ({state.began_at})",
            "give the statement's as_of",
        )
    _check_statement_party(state, content, actor)
    whose = content.role if content.party is None else Actor(party=content.party, role=content.role)
    digest = context.statement_digest(whose, content.stood_at, content.since, content.until)
    if content.digest not in (None, digest):
        raise Refused(
            "statement_digest.conflict",
            f"the {content.role}'s statement as of {content.stood_at} is not the one that was read",
            "read it again, since something was recorded late or another period was meant, and acknowledge that",
        )
    return with_changes(content, digest=digest)


def _check_statement_party(state: State, content: e.StatementAcknowledged, actor: Actor) -> None:
    """What one party of a group owed is acknowledged by them and by the other side."""
    if content.party is None:
        return
    known = [party.id for party in state.agreement.those(Role(content.role))]
    if content.party not in known:
        raise Refused(
            "statement_party.unknown",
            f"{content.party!r} is no {content.role}",
            f"name a {content.role}: {', '.join(known)}",
        )
    if actor.role is content.role and actor.party != content.party:
        raise NotAllowed(
            "statement_party.not_allowed",
            f"{actor} is no side of what {content.party} owed",
            "acknowledge your own statement; those of the other side, or of the whole role",
        )


def _report_breach(
    state: State, content: e.BreachReported, actor: Actor, occurred_at: DateTime, context: Context
) -> None:
    check_new(state.breaches, "breach", content.breach_id)
    standing_duties = context.charter(state.agreement).standing_duties
    if content.duty_id not in standing_duties and not context.is_import:
        known = f"such are {', '.join(standing_duties)}" if standing_duties else "this charter has none"
        raise Refused(
            "breach_duty.not_allowed",
            f"{content.duty_id} is no duty that stands all the time, so nothing could come of a breach of it",
            f"{known}; of another duty, contest what was entered as done, or raise a concern",
        )
    check_within(state, content.happened_at, occurred_at)
    if state.closed_at is not None:
        since = "after the engagement ended"
        _check_window(
            "reporting a breach",
            since,
            state.closed_at,
            _windows(state, context).decision,
            context.recorded_at,
            state,
            context,
        )


def _accept(state: State, content: e.AgreementAccepted, actor: Actor, now: DateTime, context: Context) -> Content:
    """A signatory accepts the newest agreement; one that changes another in force, within the time to answer."""
    version = content.agreement_version or state.newest_version
    if version != state.newest_version:
        raise Refused(
            "agreement.outdated",
            f"version {version} of the agreement is not the newest",
            f"read and accept version {state.newest_version}",
        )
    if actor.party in state.accepted:
        raise Refused("agreement.accepted", f"{actor} has already accepted version {version}", "nothing to do")
    if state.newest.party(actor.party) is None and actor.party not in state.leaving:
        raise NotAllowed(
            "acceptance.not_allowed", f"{actor} is not a party of version {version}", "its parties accept it"
        )
    if state.newest_version > 1 and not context.is_import:
        end = state.window_end(_windows(state, context).answer, state.newest_at, now)
        if now > end:
            raise Refused(
                "amendment.closed", f"version {version} could be accepted until {end}", "propose it anew (amend)"
            )
    return with_changes(content, agreement_version=version)


def _disclose(
    state: State, content: e.InformationDisclosed, actor: Actor, now: DateTime, context: Context
) -> Content | None:
    """A disclosure is always recorded, since hiding it would be worse; without a ground it opens a breach."""
    check_concerned(state, content)
    return None if context.is_import else with_changes(content, needs_ground=True)


def _resolve_breach(state: State, content: e.BreachResolved, actor: Actor, now: DateTime, context: Context) -> None:
    breach: Matter = existing(state.breaches, "breach", content.breach_id, now, "opened_at")
    check_open(breach, "breach")
    since = "after it was reported, a breach counts as undecided"
    decision = _windows(state, context).decision
    _check_window("deciding", since, breach.recorded_at, decision, now, state, context)
    if actor.role is Role.SUPERVISOR:
        _check_no_part(actor, state, context, now, lambda: breach.happened_at)
    reported_it = breach.opened_by.party == actor.party
    accused = state.responsible_role(breach.about or "", breach.happened_at)
    if actor.role is accused and not content.upheld:
        raise NotAllowed(
            "breach.not_allowed",
            f"the {actor.role} cannot dismiss a report of their own breach",
            "they may admit it (upheld true); who reported it may withdraw it, a supervisor may decide",
        )
    if context.is_import:
        return  # 0.1 let everybody else decide it
    if reported_it and content.upheld and actor.role is not accused:
        raise NotAllowed(
            "breach_report.not_allowed",
            f"{actor} reported this breach and cannot uphold it",
            "they may withdraw it (upheld false); the other side may admit it, a supervisor may decide",
        )
    if not reported_it and actor.role not in (accused, Role.SUPERVISOR):
        raise NotAllowed(
            "breach_decision.not_allowed",
            f"{actor} has no part in this report",
            "who reported it may withdraw it, the other side may admit it, a supervisor may decide",
        )


def _pause(state: State, content: e.EngagementPaused, actor: Actor, now: DateTime, context: Context) -> Content | None:
    """One side alone stops the clock of all from now on and for 30 of 60 days; more takes all whose clock it stops."""
    if context.is_import:
        return None
    if not left_to_pause(state, actor.role, context.recorded_at):
        raise Refused(
            "pause.closed",
            f"the {actor.role} alone paused for {LONGEST_PAUSE.days} of the last {PAUSED_ALONE_IN.days} days",
            f"let the {actor.role.counterpart} pause, or confirm the pause before (confirm_pause)",
        )
    return with_changes(content, needs_consent=True)


def _confirm_pause(
    state: State, content: e.PauseConfirmed, actor: Actor, now: DateTime, context: Context
) -> Content | None:
    waiting = [
        event
        for event in state.events.values()
        if isinstance(event.content, e.EngagementPaused)
        and event.content.needs_consent
        and content.entry_id in (None, event.id)
    ]
    if not waiting:
        raise Refused(
            "pause.missing",
            "there is no such pause that waits for a confirmation",
            "a pause that 0.1 recorded, or that was confirmed, counts already",
        )
    pause = max(waiting, key=lambda event: event.version)
    if actor.party == pause.actor.party:
        raise NotAllowed(
            "pause.not_allowed",
            f"{actor} began this pause",
            f"the {pause.actor.role.counterpart} may confirm it; either may resume",
        )
    if context.is_import:  # as it counted where it was recorded
        return with_changes(content, entry_id=pause.id)
    confirmed_by = {
        event.actor.party
        for event in state.events.values()
        if isinstance(event.content, e.PauseConfirmed) and event.content.entry_id == pause.id
    }
    others = {party.id for party in state.agreement.parties if party.role in SIDES} - {pause.actor.party, actor.party}
    awaited = others - confirmed_by
    if awaited and actor.party in confirmed_by:
        raise Refused(
            "pause_confirmation.duplicate",
            f"{actor} has confirmed this pause already",
            f"it waits for the others: {', '.join(sorted(awaited))}",
        )
    return with_changes(content, entry_id=pause.id, awaits_others=bool(awaited))


def _close(
    state: State,
    content: e.EngagementCompleted | e.EngagementTerminated,
    actor: Actor,
    occurred_at: DateTime,
    context: Context,
) -> None:
    """What is under way at the end lapses, so whoever had missed something would end the engagement as of a day before it."""
    if occurred_at < state.last_at:
        raise Refused(
            "time.events_after",
            f"there are events after {occurred_at} (the last at {state.last_at})",
            "close at a later moment",
        )
    if occurred_at < context.recorded_at and not context.is_import:
        raise Refused(
            "end.not_allowed",
            f"an engagement ends when that is recorded, and not as of {occurred_at}",
            "leave occurred_at out; a note may say since when the two of you have not met",
        )


def _amend(state: State, content: e.AgreementAmended, actor: Actor, now: DateTime, context: Context) -> Content | None:
    """Nobody is left out of an agreement without a word: who leaves accepts it too."""
    return None if context.is_import else with_changes(content, asks_leavers=True)


POWER_GUARDS: Final[Mapping[type[Content], GuardInContext]] = {
    e.EvidenceConfirmed: _confirm,
    e.EvidenceContested: _contest,
    e.DisputeResolved: _resolve,
    e.ObligationConceded: _concede,
    e.SessionHeld: _settle_session,
    e.SessionMissed: _settle_session,
    e.SessionCancelled: _settle_session,
    e.SessionScheduled: _schedule,
    e.SessionMoved: _move_session,
    e.SessionMoveAgreed: _agree_to_move,
    e.ResolutionOffered: _offer_resolution,
    e.ResolutionAccepted: _accept_resolution,
    e.ObligationWaived: _waive,
    e.DutyHandedOver: _hand_over,
    e.HandoverAccepted: _accept_handover,
    e.StatementAcknowledged: _acknowledge,
    e.BreachReported: _report_breach,
    e.BreachResolved: _resolve_breach,
    e.InformationDisclosed: _disclose,
    e.AgreementAmended: _amend,
    e.EngagementCompleted: _close,
    e.EngagementTerminated: _close,
    e.AgreementAccepted: _accept,
    e.EngagementPaused: _pause,
    e.PauseConfirmed: _confirm_pause,
}
"""The guards of the acts over the ledger, and of what gives rise to them."""
