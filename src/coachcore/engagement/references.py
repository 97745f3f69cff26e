"""What the fields of events refer to: goals, sessions and the like in the state; duties and obligations beyond it.

`COLLECTIONS` says for each id field which collection of the state holds the item, and which attribute says from when it exists;
guards, corrections, the ledger and the test strategies read it. What the state does not hold (duties, obligations, charters) comes
from a `Context`, which the shell implements by a snapshot and which computes only what a guard asks for.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, Protocol

import attrs
from pendulum import DateTime

from coachcore import events as e
from coachcore.engagement.state import Goal, State
from coachcore.engagement.windows import Windows
from coachcore.errors import NotFound, Refused, did_you_mean
from coachcore.events import Content, EntryCorrected, Event
from coachcore.model.agreement import Agreement, DutyTerms
from coachcore.model.parties import Actor, Role

__all__ = [
    "ADDRESSED",
    "COLLECTIONS",
    "Context",
    "GoalError",
    "JudgedObligation",
    "addressee_of",
    "check_ids",
    "check_references",
    "duty_of",
    "sealed_id",
]

COLLECTIONS: Final[Mapping[str, tuple[str, str]]] = {
    "goal_id": ("goals", "set_at"),
    "action_id": ("actions", "planned_at"),
    "session_id": ("sessions", "scheduled_at"),
    "concern_id": ("concerns", "opened_at"),
    "breach_id": ("breaches", "opened_at"),
    "decision_id": ("decisions", "opened_at"),
    "dispute_id": ("disputes", "opened_at"),
    "entry_id": ("events", "occurred_at"),
}
"""For each id field: the collection of the state that holds the item, and the item's attribute that says from when it exists."""


ADDRESSED: Final[Mapping[type[Content], str]] = {
    e.ConcernRaised: "to",
    e.EncouragementGiven: "to",
    e.FeedbackGiven: "to",
    e.MessageSent: "to",
    e.OpennessRated: "client",
}
"""The events that may be for or about one party of the other side, with the field that names them."""


def addressee_of(content: Content) -> str | None:
    """The id of the party whom an event is for or about; None where it is for everybody, and where it cannot be read."""
    field = ADDRESSED.get(type(content))
    addressee: str | None = None if field is None else getattr(content, field)
    return addressee


class CharterPowers(Protocol):
    """What guards read of a charter: how long the parties have to answer and to decide, and which duties stand all the time."""

    @property
    def windows(self) -> Windows: ...
    @property
    def standing_duties(self) -> Collection[str]: ...


class DutyPowers(Protocol):
    """What guards read of a duty: whether it can be handed over, and whether it survives what the two sides agree on."""

    @property
    def is_transferable(self) -> bool: ...
    @property
    def is_surviving(self) -> bool: ...


class JudgedObligation(Protocol):
    """What guards read of an obligation of the ledger: who owes it to whom, how it stands, and whether the other side may waive it."""

    @property
    def id(self) -> str: ...
    @property
    def role(self) -> Role: ...
    @property
    def party(self) -> str | None: ...
    @property
    def owed_to(self) -> str | None: ...
    @property
    def state(self) -> str: ...
    @property
    def opened_at(self) -> DateTime: ...
    @property
    def is_waivable(self) -> bool: ...
    @property
    def evidence(self) -> tuple[str, ...]: ...
    @property
    def settled_at(self) -> DateTime | None: ...
    @property
    def adverse_entries(self) -> tuple[str, ...]: ...
    @property
    def asked_by(self) -> tuple[str, ...]: ...
    @property
    def claims(self) -> tuple[str, ...]: ...


class GoalError(Protocol):
    """What guards read of a finding of a goal's SMART review."""

    @property
    def rule_id(self) -> str: ...
    def title(self, lang: str) -> str: ...
    def advice(self, lang: str) -> str: ...


class Context(Protocol):
    """What `decide` needs to know beyond the state. Each method raises NotFound where nothing has this id."""

    @property
    def is_import(self) -> bool:
        """Whether the event was recorded elsewhere before, and keeps the effect that it had there."""

    @property
    def is_host(self) -> bool:
        """Whether the host records it, for which the law may be a ground that no party has."""

    @property
    def recorded_at(self) -> DateTime:
        """The moment of recording, which the windows of the powers are counted to."""

    def charter(self, agreement: Agreement) -> CharterPowers:
        """The charter that an agreement names; NotFound charter.unknown."""

    def duty(self, duty_id: str, agreement: Agreement) -> DutyPowers:
        """A duty of an agreement's charter; NotFound duty.unknown."""

    def obligation(self, obligation_id: str) -> JudgedObligation:
        """An obligation of the ledger; NotFound obligation.unknown."""

    def statement_digest(
        self, whose: Role | Actor, stood_at: DateTime, since: DateTime | None, until: DateTime | None
    ) -> str:
        """The digest of a role's or a party's statement of a period, as of a moment and as known now."""

    def goal_errors(self, goal: Goal) -> Sequence[GoalError]:
        """The findings of severity error in the SMART review of a goal, as it is or would become; not what is unknown."""

    def recorded(self, event_id: str) -> Event | None:
        """An event as it was recorded, whether it was corrected since or not; None where no event has this id."""

    def conditions_met(self, content: Content) -> Collection[str]:
        """Of the conditions that charters put on evidence of a content's type, those that it meets."""

    def favours(self, role: Role, correction: EntryCorrected) -> bool:
        """Whether a correction, if it counted, would better what a role owes, or worsen what others owe."""

    def events_between(self, begin: DateTime, end: DateTime) -> Iterable[Event]:
        """The effective events that occurred from one moment to another, both included; found without looking at the others."""


SEALED_ID: Final = re.compile(r"sealed-\d+")
"""As `sealed_id` makes them."""
REFERRING: Final = frozenset(
    {
        e.EngagementProposed,
        e.AgreementAmended,
        e.BreachReported,
        e.DutyHandedOver,
        e.HandoverAccepted,
        e.EvidenceConfirmed,
        e.EvidenceContested,
        e.ObligationConceded,
        e.ObligationWaived,
        e.EntryCorrected,
    }
)
"""The events below, which most are not: looking that up takes a tenth of the time of matching them all."""


def sealed_id(version: int) -> str:
    """The id under which readers know an event, or what it introduced, where its own id is not for them."""
    return f"sealed-{version}"


def check_ids(event_id: str, content: Content) -> None:
    """Raises Refused id.ambiguous where a new id could be taken for that of something sealed."""
    kind = type(content).introduces
    for new_id in (event_id, None if kind is None else getattr(content, f"{kind}_id")):
        if new_id is not None and SEALED_ID.fullmatch(new_id):
            raise Refused(
                "id.ambiguous",
                f"{new_id!r} is how readers are shown the id of what is sealed for them",
                "choose another id, or leave it out",
            )


def check_openings(agreement: Agreement) -> None:
    """Raises Refused sponsor_field.unknown where an agreement opens a field to its sponsors that no event has."""
    for opening in agreement.sponsor_sees:
        event_type, dot, name = opening.partition(".")
        if not dot:
            continue
        kind = e.EVENT_TYPES.get(event_type)
        fields = [] if kind is None else [field.name for field in attrs.fields(kind)]  # type: ignore[arg-type]
        if name not in fields:
            known = [f"{event_type}.{field}" for field in fields] or list(e.EVENT_TYPES)
            hint = did_you_mean(opening if kind else event_type, known, "docs/reference/readers.md lists the fields")
            raise Refused("sponsor_field.unknown", f"no event has the field {opening!r}", hint)


def check_party_ids(agreement: Agreement, state: State | None) -> None:
    """Raises Refused party_id.ambiguous where the id of a new party is a role's name, as which a reader's text is read.

    Who has such an id already keeps it: 0.1 allowed it, and message logs call their two parties `coach` and `client`.
    """
    known = [] if state is None else [party.id for terms in (state.agreement, state.newest) for party in terms.parties]
    for party in agreement.parties:
        if party.id in tuple(Role) and party.id not in known:
            raise Refused(
                "party_id.ambiguous",
                f"the id {party.id!r} is also the name of a role",
                "give the party another id, such as that of its account",
            )


def _check_terms(terms: DutyTerms, duty: DutyPowers, context: Context) -> None:
    """Raises Refused duty_terms.not_allowed where an agreement does without a duty that protects more than the two sides of it."""
    if duty.is_surviving and (terms.off or terms.weight == 0) and not context.is_import:
        raise Refused(
            "duty_terms.not_allowed",
            f"an agreement cannot switch off {terms.duty_id}, nor give it no weight",
            "it is neither waived nor handed over; leave its terms out, or agree on another cadence or grace",
        )


def duty_of(obligation_id: str) -> str:
    """The id of the duty that an obligation is an instance of: what stands before its occasion and its party."""
    return obligation_id.partition("#")[0].partition("/")[0]


def _check_said_elsewhere(obligation_id: str, agreement: Agreement, context: Context) -> None:
    """What 0.1 recorded may be about an obligation that it alone had: an action that was moved had one for each of its days.

    Its duty has to be known all the same.
    """
    try:
        context.duty(duty_of(obligation_id), agreement)
    except NotFound:
        context.obligation(obligation_id)  # whose hint names those that are like it


def check_references(state: State | None, content: Content, context: Context) -> None:
    """Raises Refused where an event refers to what does not exist (charter.unknown, duty.unknown, obligation.unknown).

    An agreement's openings, parties and terms are checked too: sponsor_field.unknown, party_id.ambiguous,
    duty_terms.not_allowed. What is imported may report a breach of, and hand over, a duty that does not exist, as 0.1 allowed.
    """
    if type(content) not in REFERRING:
        return
    try:
        match content:
            case e.EngagementProposed(agreement=agreement) | e.AgreementAmended(agreement=agreement):
                check_openings(agreement)
                if not context.is_import:
                    check_party_ids(agreement, state)
                context.charter(agreement)
                for terms in agreement.terms:
                    _check_terms(terms, context.duty(terms.duty_id, agreement), context)
            case (
                e.BreachReported(duty_id=duty_id)
                | e.DutyHandedOver(duty_id=duty_id)
                | e.HandoverAccepted(duty_id=duty_id)
            ) if state is not None and not context.is_import:
                context.duty(duty_id, state.agreement)
            case (
                e.EvidenceConfirmed(obligation_id=obligation_id)
                | e.EvidenceContested(obligation_id=obligation_id)
                | e.ObligationWaived(obligation_id=obligation_id)
            ) if state is not None and context.is_import:
                _check_said_elsewhere(obligation_id, state.agreement, context)
            case (
                e.EvidenceConfirmed(obligation_id=obligation_id)
                | e.EvidenceContested(obligation_id=obligation_id)
                | e.ObligationConceded(obligation_id=obligation_id)
                | e.ObligationWaived(obligation_id=obligation_id)
            ):
                context.obligation(obligation_id)
            case e.EntryCorrected(replacement=Content() as replacement):
                check_references(state, replacement, context)
    except NotFound as error:
        raise Refused(error.code, error.message, error.hint, **error.data) from None
