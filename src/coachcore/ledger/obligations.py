"""What the ledger consists of: obligations, and the postings that move them between accounts."""

from decimal import Decimal
from enum import StrEnum

import attrs
from pendulum import DateTime

from coachcore.charter.schedules import Of
from coachcore.model.answers import bounded_repr
from coachcore.model.parties import Actor, Role
from coachcore.model.times import day_of, days_between
from coachcore.text import Catalogue, catalogue

__all__ = [
    "Dispute",
    "Lacking",
    "LapseReason",
    "Obligation",
    "ObligationState",
    "Posting",
    "StateChange",
]


class ObligationState(StrEnum):
    """Whether an obligation is open, how it was settled, or that it lapsed: it counts then neither for nor against anybody."""

    OPEN = "open"
    MET = "met"
    MET_LATE = "met_late"
    MISSED = "missed"
    WAIVED = "waived"
    LAPSED = "lapsed"


class Dispute(StrEnum):
    """How a dispute about an obligation stands. It changes the obligation's state only where it was upheld."""

    NONE = "none"
    RAISED = "raised"
    UPHELD = "upheld"
    NOT_UPHELD = "not_upheld"
    UNDECIDED = "undecided"
    """Nobody decided it in time: it counts as if it had not been raised, and is listed."""


class LapseReason(StrEnum):
    """Why an obligation is no longer owed, though it was neither met nor missed."""

    NOT_JUDGED = "not_judged"
    """What would have met it was the other side's to give, and they gave nothing."""
    NOT_ASKED = "not_asked"
    """There was nothing to do: no action was due, no goal was active."""
    NO_LONGER_APPLIES = "no_longer_applies"
    """Its condition ceased to hold, its goal was achieved, or an agreement switched the duty off."""
    DROPPED = "dropped"
    CANCELLED = "cancelled"
    ENDED = "ended"
    """The engagement was closed before it was due."""
    SOURCE_CANNOT_TELL = "source_cannot_tell"
    """The engagement was imported from a source that cannot hold the evidence, such as a message log."""
    UNDECIDED = "undecided"
    """The other side's entry that it failed was contested, and nobody decided in time."""


@attrs.frozen
class StateChange:
    """A state that an obligation got at a moment, as a ledger of that moment shows it.

    cause: the id of the event that brought it; None where a period or a grace ended. lapse_reason: why it lapsed, where it did.
    """

    changed_at: DateTime
    state: ObligationState
    cause: str | None = None
    lapse_reason: LapseReason | None = None


@attrs.frozen
class Lacking:
    """One of several things that an obligation is about, for the lack of which it was missed: a goal without a plan, say.

    of: the kind of occasion it is; subject_id: its id.
    """

    of: Of
    subject_id: str


@attrs.frozen(kw_only=True)
class Obligation:
    """One concrete instance of a duty.

    id: does not change with anything that happens later. role: the responsible role. party: id of the party who owes
    it, where the role has several and it is not common to them. owed_to: id of the party to whom it is owed, where it
    is owed to one of several. parties: ids of all who owe it. opened_at: from when it is owed. due_at: the last moment
    at which evidence is in time: that of the due day, unless the charter counts hours. closes_at: the last moment at
    which it is late; after it the obligation is missed. Both are None while a pause stops the clock; days_left says
    then how many days are left, once it goes on. Of a standing one they are None until it ends. of, subject_id: the
    kind of occasion it arises from, and the id of that session, goal, action, decision or concern; None where it is
    owed for a period, for several sessions together, or once. evidence: ids of the events that met it (their content
    may be sealed). dispute: how a dispute about it stands. is_confirmed: the other side confirmed it. is_standing: it
    lasts as long as the engagement and is due only when that ends. is_waivable: the other side may waive it.
    settled_at: when it ceased to be open; known_from: when the last of what settled it was recorded, so not before
    settled_at. lapse_reason: why it lapsed, where it did; lapse_event: the id of the event that made it lapse, and
    lapsed_by whose act that was: None where time passed and nobody did anything, or where both sides had agreed on it.
    zone: the IANA zone of its days. changes: the states it went through, where they are not simply open and then this
    one (see `history`). adverse_entries: ids of the other side's entries by which it failed, such as that a session was
    missed. asked_by: ids of the entries by which somebody else says that the session was held, and who came, where it
    is not met in time and would not be owed otherwise. claims: ids of entries by which whoever owes it says to their
    own advantage that the other side cancelled the session in good time, or wished it moved. waits_for, waits_until:
    whose answer it waits for, and the last moment for that; it stays open until then, though its time may be over.
    schedule_number: the place among the duty's schedules of the one that it comes from. lacking: of one that was missed
    and is about several goals or actions, those that lacked something.
    """

    __repr__ = bounded_repr

    id: str
    duty_id: str
    role: Role
    opened_at: DateTime
    due_at: DateTime | None
    closes_at: DateTime | None
    state: ObligationState
    weight: Decimal
    evidence: tuple[str, ...] = ()
    dispute: Dispute = Dispute.NONE
    is_confirmed: bool = False
    is_standing: bool = False
    is_waivable: bool = True
    settled_at: DateTime | None = None
    of: Of | None = None
    subject_id: str | None = None
    days_left: int | None = None
    lapse_reason: LapseReason | None = None
    lapse_event: str | None = None
    lapsed_by: Actor | None = None
    known_from: DateTime | None = None
    zone: str = "UTC"
    party: str | None = None
    owed_to: str | None = None
    parties: tuple[str, ...] = ()
    changes: tuple[StateChange, ...] = ()
    adverse_entries: tuple[str, ...] = ()
    asked_by: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    waits_for: Role | None = None
    waits_until: DateTime | None = None
    schedule_number: int = 0
    lacking: tuple[Lacking, ...] = ()

    @property
    def cause(self) -> str | None:
        """The id of the event that settled it; None where the end of a period or of a grace did."""
        return self.evidence[-1] if self.evidence else self.lapse_event

    @property
    def history(self) -> tuple[StateChange, ...]:
        """The states that it went through, from its opening on, each from when a ledger shows it."""
        if self.changes:
            return self.changes
        opened = StateChange(self.opened_at, ObligationState.OPEN)
        if self.settled_at is None:
            return (opened,)
        return (opened, StateChange(self.settled_at, self.state, self.cause, self.lapse_reason))

    def why(self, lang: str = "en") -> tuple[str, ...]:
        """How it came to its state, in sentences: who owed it and until when, each change, and how a dispute stands.

        Days are those of the engagement's zone. No sentence quotes what a party wrote. Raises NotValid language.unknown.
        """
        return _story(self, catalogue(lang))

    @property
    def is_contested(self) -> bool:
        """Whether a dispute about it waits for a decision."""
        return self.dispute is Dispute.RAISED


@attrs.frozen(kw_only=True)
class Posting:
    """A movement of an obligation's weight from one account to another. The sum over all accounts is always zero.

    Accounts are `<role>:owed` (the source of every obligation) and `<role>:<state>`. party: whose obligation it is, where it is one party's
    own in a group. number: which of the obligation's postings it is.
    cause: the id of the event that brought it; or `opened`; or `grace_ended`, when the due day and its grace were over; or the reason of
    lapsing, where no single event did. reverses: the id of the posting that it negates, where it is a reversal.
    """

    posted_at: DateTime
    obligation_id: str
    number: int
    debit: str
    credit: str
    weight: Decimal
    cause: str
    party: str | None = None
    reverses: str | None = None

    @property
    def id(self) -> str:
        """Names the posting: the obligation's id and its number."""
        return f"{self.obligation_id}:{self.number}"


# --- the story of an obligation --------------------------------------------------------------------------------------


def _story(obligation: Obligation, words: Catalogue) -> tuple[str, ...]:
    """The sentences, in the language of a catalogue."""
    opened, *changes = obligation.history
    sentences = [_owed(obligation, words)]
    if obligation.due_at is None and obligation.days_left is not None and obligation.state == "open":
        sentences.append(words.plural("story.days_left", obligation.days_left))
    before: StateChange = opened
    for change in changes:
        sentences.append(_change(obligation, before, change, words))
        before = change
    if obligation.state in ("met", "met_late") and not obligation.is_standing:
        if obligation.is_confirmed:
            sentences.append(words.text("story.confirmed"))
        if _is_known_later(obligation):
            assert obligation.known_from is not None
            sentences.append(words.text("story.known_from", day=_day(obligation, obligation.known_from, words)))
    if obligation.state == "lapsed" and obligation.lapsed_by is not None:
        sentences.append(words.text(f"story.lapsed_by.{obligation.lapsed_by.role}"))
    if obligation.state == "open":
        sentences.append(words.text("story.open"))
    if obligation.waits_until is not None:
        sentences.append(words.text(_what_waits(obligation), day=_day(obligation, obligation.waits_until, words)))
    elif obligation.dispute != "none" and obligation.lapse_reason is not LapseReason.UNDECIDED:
        is_decided = obligation.dispute in (Dispute.UPHELD, Dispute.NOT_UPHELD)
        of_entry = "entry_" if obligation.adverse_entries and is_decided else ""
        sentences.append(words.text(f"story.{of_entry}dispute.{obligation.dispute}"))
    return tuple(sentences)


def _what_waits(obligation: Obligation) -> str:
    """The message of what an obligation waits for: an answer, a decision, or consent to a move."""
    if obligation.is_contested:
        return "story.waits.decision"
    if obligation.claims:
        return f"story.waits.claim.{obligation.waits_for}"
    if obligation.asked_by:
        return f"story.waits.held.{obligation.waits_for}"
    answer = "answer" if obligation.waits_for is obligation.role else "agreement"
    return f"story.waits.{answer}.{obligation.waits_for}"


def _day(obligation: Obligation, moment: DateTime, words: Catalogue) -> str:
    return words.date(day_of(moment, obligation.zone))


def _owed(obligation: Obligation, words: Catalogue) -> str:
    since = _day(obligation, obligation.opened_at, words)
    if obligation.is_standing:
        return words.text(f"story.standing.{obligation.role}", since=since)
    if obligation.due_at is None:
        return words.text(f"story.paused.{obligation.role}", since=since)
    return words.text(f"story.owed.{obligation.role}", since=since, due=_day(obligation, obligation.due_at, words))


def _change(obligation: Obligation, before: StateChange, change: StateChange, words: Catalogue) -> str:
    """A change of state. The day shown is that on which it was met, which may be before a ledger could show it."""
    is_last = change is obligation.history[-1]
    moment = obligation.settled_at if is_last and obligation.settled_at is not None else change.changed_at
    day = _day(obligation, moment, words)
    if before.state in ("met", "met_late") and change.state in ("open", "missed"):
        message = "story.overturned_missed" if change.state == "missed" else "story.overturned"
        return words.text(message, day=_day(obligation, change.changed_at, words))
    if change.state == "missed":
        if obligation.is_standing:
            return words.text("story.breached", day=day)
        if obligation.adverse_entries:
            return words.text("story.failed", day=day)
        return words.text("story.missed", day=_day(obligation, obligation.closes_at or moment, words))
    if change.state == "lapsed":
        reason = words.word("lapse_reason", change.lapse_reason)
        return words.text("story.lapsed", day=day, reason=reason)
    if change.state == "met" and obligation.is_standing:
        return words.text("story.kept", day=day)
    return words.text("story.owed_again" if change.state == "open" else f"story.{change.state}", day=day)


def _is_known_later(obligation: Obligation) -> bool:
    """Whether it was recorded on a later day than the next that it was met."""
    if obligation.known_from is None or obligation.settled_at is None:
        return False
    settled_on, known_on = (
        day_of(moment, obligation.zone) for moment in (obligation.settled_at, obligation.known_from)
    )
    return days_between(settled_on, known_on) > 1
