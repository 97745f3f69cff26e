"""Settling a claim: from its evidence, and from what the other side said of it, to the state it is in at a moment.

In order: a waiver that came before it was met; evidence in time, or late; and where evidence is contested and that is not
settled, or was upheld, it does not count. Without evidence that counts it is open until it closes, and missed after.
A confirmation by the other side is evidence in itself. Evidence is used once: what met one period late does not meet the next.
"""

from collections.abc import Mapping

import attrs
from pendulum import DateTime

from coachcore.charter.schedules import EvidencePattern, Need
from coachcore.events import BreachReported, DisputeResolved, EvidenceConfirmed, EvidenceContested, ObligationWaived
from coachcore.ledger.checks import CHECKED, Proof
from coachcore.ledger.evidence import Evidence
from coachcore.ledger.opening import Claim
from coachcore.ledger.values import Obligation, ObligationState

__all__ = ["Said", "said_of", "settle"]


@attrs.define
class Said:
    """What the parties said of one obligation."""

    confirmed: DateTime | None = None
    confirmed_by: str | None = None
    waived: DateTime | None = None
    contested: bool = False
    upheld: bool = False


def said_of(evidence: Evidence) -> dict[str, Said]:
    """What was confirmed, contested, settled and waived, by obligation."""
    found: dict[str, Said] = {}
    about: dict[str, str] = {}
    for event in evidence.history.events:
        content = event.content
        if isinstance(content, EvidenceConfirmed):
            said = found.setdefault(content.obligation_id, Said())
            if said.confirmed is None:
                said.confirmed, said.confirmed_by = event.occurred_at, event.id
        elif isinstance(content, ObligationWaived):
            said = found.setdefault(content.obligation_id, Said())
            said.waived = said.waived or event.occurred_at
        elif isinstance(content, EvidenceContested):
            about[content.dispute_id] = content.obligation_id
            found.setdefault(content.obligation_id, Said()).contested = True
        elif isinstance(content, DisputeResolved) and content.dispute_id in about:
            said = found[about[content.dispute_id]]
            said.contested, said.upheld = False, content.upheld
    return found


def settle(
    claim: Claim, evidence: Evidence, said: Mapping[str, Said], used: set[str], closed_at: DateTime | None
) -> Obligation | None:
    """The obligation a claim is at `as_of`; None where it fell away: its thing, or the engagement, was closed first."""
    as_of = evidence.as_of
    word = said.get(claim.id, Said())
    if claim.is_standing:
        return _standing(claim, evidence, word, closed_at)
    proof, due_at = _proof(claim, evidence, used)
    if (
        word.confirmed is not None
        and not (word.contested or word.upheld)
        and (proof is None or proof.at > word.confirmed)
    ):
        proof = Proof(word.confirmed, (word.confirmed_by or "",))
    if word.contested or word.upheld:
        proof = None
    if proof is not None:
        used.update(proof.events)
    state, settled_at = ObligationState.OPEN, None
    if word.waived is not None and (proof is None or proof.at > word.waived):
        state, settled_at, proof = ObligationState.WAIVED, word.waived, None
    elif proof is not None and proof.at <= due_at:
        state, settled_at = ObligationState.MET, max(proof.at, claim.opened_at)
    elif proof is not None and proof.at <= claim.closes_at:
        state, settled_at = ObligationState.MET_LATE, proof.at
    else:
        proof = None
        ends = min((each for each in (claim.ends_at, closed_at) if each is not None), default=None)
        if ends is not None and ends < claim.closes_at and not (word.contested or word.upheld):
            return None
        if as_of >= claim.closes_at:
            state, settled_at = ObligationState.MISSED, claim.closes_at
    return _made(claim, state, settled_at, word, proof.events if proof else ())


def _made(
    claim: Claim, state: ObligationState, settled_at: DateTime | None, word: Said, events: tuple[str, ...]
) -> Obligation:
    return Obligation(
        id=claim.id,
        duty_id=claim.duty.id,
        role=claim.role,
        opened_at=claim.opened_at,
        due_at=claim.due_at,
        closes_at=claim.closes_at,
        state=state,
        weight=claim.duty.weight,
        evidence=events,
        is_contested=word.contested,
        is_confirmed=word.confirmed is not None,
        settled_at=None if settled_at is None else max(settled_at, claim.opened_at),
    )


def _standing(claim: Claim, evidence: Evidence, word: Said, closed_at: DateTime | None) -> Obligation:
    """Kept unless a breach was upheld; a breach that is not settled is in dispute, and keeps it open."""
    reported = [
        (event, evidence.history.state.breaches.get(event.content.breach_id))
        for event in evidence.of_type("BreachReported")
        if isinstance(event.content, BreachReported) and event.content.duty_id == claim.duty.id
    ]
    upheld = [(event, matter) for event, matter in reported if matter is not None and matter.upheld]
    pending = any(matter is None or matter.closed_at is None for _, matter in reported)
    if word.waived is not None and not upheld:
        return _made(claim, ObligationState.WAIVED, word.waived, word, ())
    if upheld:
        return _made(claim, ObligationState.MISSED, upheld[0][1].closed_at, word, tuple(each.id for each, _ in upheld))
    if pending or closed_at is None or closed_at > evidence.as_of:
        return attrs.evolve(_made(claim, ObligationState.OPEN, None, word, ()), is_contested=pending or word.contested)
    return _made(claim, ObligationState.MET, closed_at, word, ())


def _proof(claim: Claim, evidence: Evidence, used: set[str]) -> tuple[Proof | None, DateTime]:
    """What meets a claim, and up to when it is in time. Where all patterns are needed, the one found last decides.

    A pattern with a time of its own (`until`) that was passed makes the whole late.
    """
    proofs = [(pattern, _one(pattern, claim, evidence, used)) for pattern in claim.evidence]
    found = [(pattern, proof) for pattern, proof in proofs if proof is not None]
    if claim.need is Need.ANY:
        return min((proof for _, proof in found), key=lambda each: each.at, default=None), claim.due_at
    if len(found) < len(proofs):
        return None, claim.due_at
    proof = Proof(max(each.at for _, each in found), tuple(one for _, each in found for one in each.events))
    zone = evidence.history.state.zone
    deadlines = [
        until
        for pattern, each in found
        if pattern.until is not None and each.at > (until := pattern.until.before(claim.anchor, zone))
    ]
    return proof, min(deadlines, default=claim.due_at)


def _one(pattern: EvidencePattern, claim: Claim, evidence: Evidence, used: set[str]) -> Proof | None:
    if pattern.check is not None:
        return CHECKED[pattern.check](claim, evidence)
    for event in evidence.matching(pattern, claim.role, claim.begin, claim.closes_at, claim.thing, claim.things):
        if claim.since is not None and (event.occurred_at, event.version) <= claim.since:
            continue
        if event.id not in used or claim.thing is not None:
            return Proof(event.occurred_at, (event.id,))
    return None
