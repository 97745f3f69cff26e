"""Settling a claim: from its evidence, and from what the other side said of it, to the state it is in at a moment.

In order: a waiver that came before it was met; evidence in time, or late; and what had been entered when it was contested
does not count while that is not settled, or was upheld, though what is entered afterwards does. Without evidence that
counts it is open until it closes, and missed after. A confirmation by the other side is evidence in itself, and late at
worst, since it is theirs to say. Evidence for a period is used once: what met one period late does not meet the next.
"""

from collections.abc import Mapping

import attrs
from pendulum import DateTime

from coachcore.charter.schedules import EvidencePattern, Need
from coachcore.events import (
    BreachReported,
    DisputeResolved,
    Event,
    EvidenceConfirmed,
    EvidenceContested,
    ObligationWaived,
)
from coachcore.ledger.checks import CHECKED, NOT_YET, Proof
from coachcore.ledger.evidence import Evidence, is_readable
from coachcore.ledger.opening import Claim
from coachcore.ledger.values import FellAway, Obligation, ObligationState

__all__ = ["Said", "said_of", "settle"]


@attrs.define
class Said:
    """What the parties said of one obligation. disputes: of each, the contest and whether it was upheld, if it is settled."""

    confirmations: list[Event] = attrs.field(factory=list)
    waived: DateTime | None = None
    disputes: dict[str, tuple[Event, bool | None]] = attrs.field(factory=dict)

    @property
    def is_contested(self) -> bool:
        return any(upheld is None for _, upheld in self.disputes.values())

    @property
    def barred(self) -> int:
        """Up to which version what was entered does not count; 0 where everything does."""
        return max((event.version for event, upheld in self.disputes.values() if upheld is not False), default=0)


def said_of(evidence: Evidence) -> dict[str, Said]:
    """What was confirmed, contested, settled and waived, by obligation."""
    found: dict[str, Said] = {}
    about: dict[str, str] = {}
    for event in evidence.history.effective:
        content = event.content
        if isinstance(content, EvidenceConfirmed):
            found.setdefault(content.obligation_id, Said()).confirmations.append(event)
        elif isinstance(content, ObligationWaived):
            said = found.setdefault(content.obligation_id, Said())
            said.waived = said.waived or event.occurred_at
        elif isinstance(content, EvidenceContested):
            about[content.dispute_id] = content.obligation_id
            found.setdefault(content.obligation_id, Said()).disputes[content.dispute_id] = (event, None)
        elif isinstance(content, DisputeResolved) and content.dispute_id in about:
            disputes = found[about[content.dispute_id]].disputes
            disputes[content.dispute_id] = (disputes[content.dispute_id][0], content.upheld)
    return found


@attrs.frozen(kw_only=True)
class Found:
    """What was found for a claim. proof: what meets it. is_in_time. seen: events that belong to it, met or barred.

    was_met: whether it would be met if nothing were barred. is_told: False while a check cannot be told yet.
    """

    proof: Proof | None = None
    is_in_time: bool = False
    seen: tuple[str, ...] = ()
    was_met: bool = False
    is_told: bool = True


def settle(claim: Claim, evidence: Evidence, said: Mapping[str, Said], used: set[str]) -> Obligation | FellAway:
    """What a claim is at `as_of`: an obligation, unless its thing, or the engagement, was closed first.

    used: the events that met earlier claims of its pool; what is seen here is added.
    """
    word = said.get(claim.id) or Said()
    if claim.is_standing:
        return _standing(claim, evidence, word)
    ends = claim.ends_at
    falls_at = ends if ends is not None and (ends < claim.due_at or claim.lapsed) else None
    found = _found(claim, evidence, used, falls_at or claim.closes_at, word.barred)
    proof, in_time = _confirmed(claim, word, found, falls_at)
    if word.waived is not None and (proof is None or proof.at > word.waived):
        return _made(claim, ObligationState.WAIVED, word.waived, word)
    used.update(found.seen)
    if proof is not None:
        state = ObligationState.MET if in_time else ObligationState.MET_LATE
        return _made(claim, state, proof.at, word, proof.events)
    if falls_at is not None and not found.was_met:
        return FellAway(
            id=claim.id,
            duty_id=claim.duty.id,
            role=claim.role,
            opened_at=claim.opened_at,
            due_at=claim.due_at,
            at=max(falls_at, claim.opened_at),
        )
    if evidence.as_of >= claim.closes_at and (found.is_told or word.barred):
        return _made(claim, ObligationState.MISSED, claim.closes_at, word)
    return _made(claim, ObligationState.OPEN, None, word)


def _confirmed(claim: Claim, word: Said, found: Found, falls_at: DateTime | None) -> tuple[Proof | None, bool]:
    """What meets a claim: what was found, or the other side's word that it was met, if that came first."""
    for event in word.confirmations:
        at = event.occurred_at
        if event.version <= word.barred or (falls_at is not None and at > falls_at):
            continue
        if found.proof is None or found.proof.at > at:
            return Proof(at, (event.id,)), at <= claim.due_at
        break
    return found.proof, found.is_in_time


def _made(
    claim: Claim, state: ObligationState, settled_at: DateTime | None, word: Said, events: tuple[str, ...] = ()
) -> Obligation:
    return Obligation(
        id=claim.id,
        duty_id=claim.duty.id,
        role=claim.role,
        opened_at=claim.opened_at,
        due_at=claim.due_at,
        closes_at=claim.closes_at,
        state=state,
        weight=claim.weight,
        evidence=events,
        is_contested=word.is_contested,
        is_confirmed=any(each.version > word.barred for each in word.confirmations),
        is_standing=claim.is_standing,
        settled_at=None if settled_at is None else max(settled_at, claim.opened_at),
    )


def _standing(claim: Claim, evidence: Evidence, word: Said) -> Obligation:
    """Kept unless a breach was upheld; a breach that is not settled is in dispute, and keeps it open.

    A breach is of whoever carried the duty when it was reported. Several count as one, and are all named.
    """
    breaches, closed_at = evidence.history.state.breaches, evidence.timeline.closed_at
    reported = [
        (event, breaches.get(event.content.breach_id))
        for event in evidence.of_type("BreachReported")
        if isinstance(event.content, BreachReported)
        and event.content.duty_id == claim.duty.id
        and claim.begin <= event.occurred_at
        and (claim.ends_at is None or event.occurred_at < claim.ends_at)
    ]
    upheld = [(event, matter) for event, matter in reported if matter is not None and matter.upheld]
    pending = any(matter is None or matter.closed_at is None for _, matter in reported)
    if upheld:
        first = min(matter.closed_at for _, matter in upheld if matter.closed_at is not None)
        if word.waived is None or first < word.waived:
            return _made(claim, ObligationState.MISSED, first, word, tuple(event.id for event, _ in upheld))
    if word.waived is not None:
        return _made(claim, ObligationState.WAIVED, word.waived, word)
    ended = min((each for each in (claim.ends_at, closed_at) if each is not None), default=None)
    if pending or ended is None or ended > evidence.as_of:
        return attrs.evolve(_made(claim, ObligationState.OPEN, None, word), is_contested=pending or word.is_contested)
    settled = [
        ended,
        *(matter.closed_at for _, matter in reported if matter is not None and matter.closed_at is not None),
    ]
    return _made(claim, ObligationState.MET, max(settled), word)


# --- what was found --------------------------------------------------------------------------------------------------


@attrs.frozen
class Match:
    """What was found for one pattern: what counts now; what would if nothing were barred; in time up to when."""

    fresh: Proof | None
    barred: Proof | None
    until: DateTime

    @property
    def any(self) -> Proof | None:
        return self.fresh or self.barred


def _found(claim: Claim, evidence: Evidence, used: set[str], end: DateTime, barred: int) -> Found:
    """What meets a claim up to a moment. Where all patterns are needed, the one found last decides, and each must be in time.

    Where something was contested, all of it counts again once any of it was entered anew.
    """
    matches = [_one(pattern, claim, evidence, used, end, barred) for pattern in claim.evidence]
    is_told = not any(each.fresh is NOT_YET for each in matches)
    matches = [attrs.evolve(each, fresh=None) if each.fresh is NOT_YET else each for each in matches]
    seen = tuple(one for each in matches for proof in (each.fresh, each.barred) if proof for one in proof.events)
    if claim.need is Need.ANY:
        was_met = any(each.any for each in matches)
        best = min((each for each in matches if each.fresh), key=lambda each: each.fresh.at, default=None)  # type: ignore[union-attr]
        if best is None or best.fresh is None:
            return Found(seen=seen if was_met else (), was_met=was_met, is_told=is_told)
        barred_seen = tuple(one for each in matches if each.barred for one in each.barred.events)
        return Found(
            proof=best.fresh,
            is_in_time=best.fresh.at <= best.until,
            seen=(*best.fresh.events, *barred_seen),
            was_met=True,
            is_told=is_told,
        )
    proofs = [(each, each.any) for each in matches]
    if not all(proof for _, proof in proofs):
        return Found(is_told=is_told)
    if barred and not any(each.fresh for each in matches):
        return Found(seen=seen, was_met=True, is_told=is_told)
    kept = [(match, proof) for match, proof in proofs if proof is not None]
    return Found(
        proof=Proof(max(proof.at for _, proof in kept), tuple(one for _, proof in kept for one in proof.events)),
        is_in_time=all(proof.at <= match.until for match, proof in kept),
        seen=seen,
        was_met=True,
        is_told=is_told,
    )


def _one(
    pattern: EvidencePattern, claim: Claim, evidence: Evidence, used: set[str], end: DateTime, barred: int
) -> Match:
    until = claim.due_at
    if pattern.lead_time is not None:
        zone = evidence.timeline.zone_at(claim.anchor)
        until = max(pattern.lead_time.before(claim.anchor, zone), claim.opened_at)  # it could not be there sooner
    if pattern.in_time:
        end = min(end, until)
    if pattern.check is not None:
        proof = CHECKED[pattern.check](claim, evidence)
        if proof is NOT_YET:
            return Match(NOT_YET, None, until)
        if proof is None or proof.at > end:
            return Match(None, None, until)
        is_fresh = not barred or any(evidence.version(each) > barred for each in proof.events)
        return Match(proof, None, until) if is_fresh else Match(None, proof, until)
    old: Proof | None = None
    for event in evidence.matching(
        pattern,
        role=claim.role,
        opened_at=claim.opened_at,
        begin=claim.begin,
        end=end,
        thing=claim.thing,
        since=claim.since,
    ):
        if event.id in used and (claim.thing is None or not is_readable(event)):
            continue
        proof = Proof(event.occurred_at, (event.id,))
        if event.version > barred:
            return Match(proof, old, until)
        old = old or proof
    return Match(None, old, until)
