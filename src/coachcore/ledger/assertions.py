"""Assertions: what the parties say about an obligation. They confirm, waive and concede it, contest it and settle the dispute.

By whom, about whose and until when, the guards decided when it was recorded (`engagement.powers`); what it does is `settlement`'s.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

import attrs
from pendulum import DateTime

from coachcore.charter.duty import DutySchedule
from coachcore.engagement.state import Session
from coachcore.engagement.timeline import Timeline
from coachcore.events import (
    DisputeResolved,
    Event,
    EvidenceConfirmed,
    EvidenceContested,
    ObligationConceded,
    ObligationWaived,
    ResolutionAccepted,
    ResolutionOffered,
    by_occurrence,
)
from coachcore.ledger.event_index import EventIndex
from coachcore.ledger.ids import of_occasion
from coachcore.ledger.obligations import Dispute
from coachcore.ledger.opening import Opening
from coachcore.model.parties import Role

__all__ = ["NOTHING_ASSERTED", "Assertions", "AssertionsByObligation"]


@attrs.define
class Assertions:
    """What the parties asserted about one obligation.

    waivers: all that were given; waiver: the one from which on it is waived. conceded: the event by which the debtor conceded an entry.
    disputes: by id, the event that contested evidence or an entry, and whether the dispute was upheld (None while it is not settled).
    resolutions: by the id of a dispute that was settled, the event that settled it.
    """

    confirmations: list[Event] = attrs.field(factory=list)
    waivers: list[Event] = attrs.field(factory=list)
    waiver: Event | None = None
    conceded: Event | None = None
    disputes: dict[str, tuple[Event, bool | None]] = attrs.field(factory=dict)
    resolutions: dict[str, Event] = attrs.field(factory=dict)

    @property
    def waived_at(self) -> DateTime | None:
        return None if self.waiver is None else self.waiver.occurred_at

    @property
    def turns(self) -> list[Event]:
        """The assertions that may change an obligation's state, in order of occurrence."""
        if self is NOTHING_ASSERTED:  # as of most
            return []
        contests = (event for event, _ in self.disputes.values())
        resolutions = self.resolutions.values()
        turns = [*self.confirmations, *contests, *resolutions, *filter(None, [self.waiver, self.conceded])]
        return sorted(turns, key=by_occurrence)

    def limited_to(self, turns: Sequence[Event]) -> "Assertions":
        """These assertions as they were when only some of the turns had been taken."""
        if not turns:
            return NOTHING_ASSERTED
        return Assertions(
            confirmations=[event for event in self.confirmations if event in turns],
            waiver=self.waiver if self.waiver in turns else None,
            conceded=self.conceded if self.conceded in turns else None,
            disputes={
                dispute_id: (event, None if self.resolutions.get(dispute_id) not in turns else upheld)
                for dispute_id, (event, upheld) in self.disputes.items()
                if event in turns
            },
            resolutions={
                dispute_id: resolution for dispute_id, resolution in self.resolutions.items() if resolution in turns
            },
        )

    def dispute(self, index: EventIndex) -> Dispute:
        """How the dispute stands that was raised last."""
        if not self.disputes:
            return Dispute.NONE
        event, upheld = list(self.disputes.values())[-1]
        if upheld is not None:
            return Dispute.UPHELD if upheld else Dispute.NOT_UPHELD
        ends_at = index.timeline.window_end(index.windows.decision, event.occurred_at)
        return Dispute.RAISED if index.timeline.as_of <= ends_at else Dispute.UNDECIDED

    def contested_version(self, debtor: Role) -> int:
        """The version up to which events do not count as evidence, since the other side contested it rightly; 0 where all count."""
        if not self.disputes:
            return 0
        contests = (event for event, upheld in self.disputes.values() if upheld and event.actor.role is not debtor)
        return max((event.version for event in contests), default=0)

    def contest_by(
        self, is_debtor: Callable[[Event], bool], after: int
    ) -> tuple[Event, Event | None, bool | None] | None:
        """The debtor's last contest after a version, the event that settled it, and whether it was upheld."""
        for dispute_id, (event, upheld) in reversed(self.disputes.items()):
            if event.version > after and is_debtor(event):
                return event, self.resolutions.get(dispute_id), upheld
        return None

    def concession(self, after: int) -> Event | None:
        """The event after a version by which the debtor conceded what was entered against it."""
        return self.conceded if self.conceded is not None and self.conceded.version > after else None


class AssertionsByObligation:
    """What was confirmed, contested, resolved and waived, by the id of the obligation.

    duty_schedules: of the charter.
    """

    def __init__(self, duty_schedules: Iterable[DutySchedule]) -> None:
        self._by_outcome = [opened_by for opened_by in duty_schedules if opened_by.outcome_checks]
        self._by_id: defaultdict[str, Assertions] = defaultdict(Assertions)
        self._contested: dict[str, str] = {}  # the obligation of each dispute
        self._offered: dict[str, bool] = {}  # how a resolution was offered last, by dispute

    def about(self, opening: Opening, together: Sequence[Opening], timeline: Timeline) -> Assertions:
        """What was asserted about an obligation.

        together: the obligations that its occasion opened. What was said, before obligations were each party's own, of one that was for
        all of a group holds for each of theirs.
        """
        own = self._by_id.get(opening.id, NOTHING_ASSERTED)
        former = self._by_id.get(opening.id_for_all) if opening.id_for_all is not None else None
        if former is not None and all(other.id != opening.id_for_all for other in together):
            own = Assertions(
                confirmations=sorted([*own.confirmations, *former.confirmations], key=by_occurrence),
                waivers=sorted([*own.waivers, *former.waivers], key=by_occurrence),
                conceded=own.conceded or former.conceded,
                disputes={**former.disputes, **own.disputes},
                resolutions={**former.resolutions, **own.resolutions},
            )
        if own.waivers:
            own = attrs.evolve(own, waiver=_waiver(opening, own.waivers, timeline))
        return own

    def about_session(self, session: Session, party_id: str) -> list[Assertions]:
        """What was asserted about the obligations that depend on how a session went. party_id: who said how it did."""
        obligation_ids = [
            of_occasion(
                opened_by.duty.id,
                session.id,
                opened_by.of or "",
                is_first_kind=opened_by.is_first_kind,
                has_numbers=opened_by.has_numbers,
                party=party,
            )
            for opened_by in self._by_outcome
            for party in (None, *session.absent, *({party_id}.difference(session.absent)))
        ]
        return [self._by_id[obligation_id] for obligation_id in obligation_ids if obligation_id in self._by_id]

    def add(self, event: Event) -> str | None:
        """Add an event, later than those before; the id of the obligation that it is about, None where it asserts nothing."""
        content = event.content
        if type(content) not in ASSERTING:  # as most events
            return None
        if isinstance(content, EvidenceConfirmed):
            self._by_id[content.obligation_id].confirmations.append(event)
        elif isinstance(content, ObligationWaived):
            self._by_id[content.obligation_id].waivers.append(event)
        elif isinstance(content, EvidenceContested):
            self._contested[content.dispute_id] = content.obligation_id
            self._by_id[content.obligation_id].disputes[content.dispute_id] = (event, None)
        elif isinstance(content, ObligationConceded):
            self._by_id[content.obligation_id].conceded = event
        elif isinstance(content, ResolutionOffered):
            self._offered[content.dispute_id] = content.upheld
            return None
        elif isinstance(content, DisputeResolved | ResolutionAccepted) and content.dispute_id in self._contested:
            obligation_id = self._contested[content.dispute_id]
            upheld = content.upheld if isinstance(content, DisputeResolved) else self._offered.get(content.dispute_id)
            own = self._by_id[obligation_id]
            if upheld is not None and content.dispute_id not in own.resolutions:  # a dispute is settled once
                own.disputes[content.dispute_id] = (own.disputes[content.dispute_id][0], upheld)
                own.resolutions[content.dispute_id] = event
            return obligation_id
        else:
            return None
        return content.obligation_id


NOTHING_ASSERTED = Assertions()
ASSERTING = frozenset(
    {
        EvidenceConfirmed,
        ObligationWaived,
        EvidenceContested,
        ObligationConceded,
        ResolutionOffered,
        DisputeResolved,
        ResolutionAccepted,
    }
)


def _waiver(opening: Opening, waivers: Sequence[Event], timeline: Timeline) -> Event | None:
    """The waiver from which on an obligation is waived. What is owed to several clients is so once each of them has waived it."""
    waived_by = set[str]()
    for event in waivers:
        waived_by.add(event.actor.party)
        creditors = set(timeline.members_at(event.actor.role, opening.opened_at))
        staying = creditors.intersection(timeline.members_at(event.actor.role, event.occurred_at))
        if not getattr(event.content, "for_oneself", False) or staying <= waived_by:
            return event
    return None
