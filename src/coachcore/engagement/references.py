"""What the fields of events refer to: things in the state, and what only the charter and the ledger know.

`PLACES` says for each id field where the state keeps the thing and since when it is there; guards, corrections, the ledger and the
test strategies read it. What the state does not hold (duties, obligations, charters) a command asks of its `Context`, which the
shell binds to a snapshot and which computes only what is asked.
"""

from collections.abc import Mapping
from typing import Final, Protocol

from coachcore import events as e
from coachcore.engagement.state import State
from coachcore.errors import NotFound, Refused
from coachcore.events import Content
from coachcore.model.agreement import Agreement

__all__ = ["PLACES", "Context", "check_references"]

PLACES: Final[Mapping[str, tuple[str, str]]] = {
    "goal_id": ("goals", "set_at"),
    "action_id": ("actions", "planned_at"),
    "session_id": ("sessions", "scheduled_at"),
    "concern_id": ("concerns", "opened_at"),
    "breach_id": ("breaches", "opened_at"),
    "decision_id": ("decisions", "opened_at"),
    "dispute_id": ("disputes", "opened_at"),
    "entry_id": ("entries", "occurred_at"),
}
"""For each id field: the collection of the state that holds the thing, and its attribute for since when."""


class Context(Protocol):
    """What a command may have to know beyond the state. Each method raises NotFound where there is no such thing."""

    def charter(self, agreement: Agreement) -> object:
        """The charter that an agreement names; NotFound charter.unknown."""

    def duty(self, duty_id: str, agreement: Agreement) -> object:
        """A duty of an agreement's charter; NotFound duty.unknown."""

    def obligation(self, obligation_id: str) -> object:
        """An obligation of the ledger; NotFound obligation.unknown."""

    def review(self, goal_id: str) -> object:
        """The SMART review of a goal; NotFound goal.unknown."""


def check_references(state: State | None, content: Content, context: Context) -> None:
    """Whether the charter and the ledger have what an event refers to.

    Raises Refused charter.unknown, duty.unknown, obligation.unknown.
    """
    try:
        match content:
            case e.EngagementProposed(agreement=agreement) | e.AgreementAmended(agreement=agreement):
                context.charter(agreement)
                for terms in agreement.terms:
                    context.duty(terms.duty_id, agreement)
            case e.BreachReported(duty_id=duty_id) | e.DutyHandedOver(duty_id=duty_id) if state is not None:
                context.duty(duty_id, state.agreement)
            case (
                e.EvidenceConfirmed(obligation_id=obligation_id)
                | e.EvidenceContested(obligation_id=obligation_id)
                | e.ObligationWaived(obligation_id=obligation_id)
            ):
                context.obligation(obligation_id)
            case e.EntryCorrected(replacement=Content() as replacement):
                check_references(state, replacement, context)
    except NotFound as error:
        raise Refused(error.code, error.message, error.hint, **error.data) from None
