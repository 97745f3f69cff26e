"""What both sides would owe under an agreement that nobody has signed yet: a dry run, of which nothing is stored.

The engagement is taken to begin as agreed: every signatory has accepted, and the work starts at a moment. What follows from it is computed
by the same ledger that will judge it.
"""

from pendulum import DateTime

from coachcore.charter import Charter
from coachcore.engagement.history import EventLog
from coachcore.errors import NotValid
from coachcore.events import AgreementAccepted, Content, EngagementProposed, EngagementStarted, Event
from coachcore.ledger import Due, ledger
from coachcore.model.agreement import Agreement
from coachcore.model.parties import Actor, Role
from coachcore.model.times import When, moment_of, start_of_day

__all__ = ["preview"]


def preview(
    charter: Charter, agreement: Agreement, *, until: When, starts_at: When | None = None, now: DateTime
) -> tuple[Due, ...]:
    """What each role would owe up to a moment, soonest first; see `Ledger.due`.

    starts_at: when the work begins; when omitted, with the day on which the agreement says that it starts, or else `now`. until: a day
    means its end in the agreement's zone.
    Raises NotValid time.*, date.invalid.
    """
    if starts_at is not None:
        try:
            start = moment_of(starts_at, agreement.zone)
        except NotValid as error:
            raise error.under("starts_at") from None
    else:
        start = now if agreement.starts_on is None else start_of_day(agreement.starts_on, agreement.zone)
    proposer = agreement.those(Role.COACH)[0]
    contents: list[tuple[Content, str, Role]] = [(EngagementProposed(agreement=agreement), proposer.id, proposer.role)]
    contents += [(AgreementAccepted(agreement_version=1), party.id, party.role) for party in agreement.signatories]
    contents.append((EngagementStarted(), proposer.id, proposer.role))
    events = [
        Event(
            id=f"preview-{version}",
            engagement_id="preview",
            version=version,
            type=type(content).__name__,
            schema=content.schema,
            occurred_at=start,
            recorded_at=start,
            actor=Actor(party=party_id, role=role),
            visibility=content.visibility,
            content=content,
        )
        for version, (content, party_id, role) in enumerate(contents, 1)
    ]
    return ledger(charter, EventLog(events).history(start, start)).due(until)
