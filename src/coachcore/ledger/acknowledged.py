"""Statements that were acknowledged: who has read which one, and what has changed in it since.

Acknowledging is a receipt. What was read stays computable for ever, from the events that had been recorded before it: an
acknowledged statement is recomputed, never stored, and its digest says that it is the same. Once both sides have acknowledged it, its
period is closed: what changes in it later is shown as a difference, and what reverses a settlement is marked.
"""

from collections.abc import Callable
from functools import cache, cached_property

import attrs
from pendulum import DateTime

from coachcore.engagement.corrections import SIDES
from coachcore.engagement.history import EventLog, History
from coachcore.events import Event, StatementAcknowledged
from coachcore.ledger import Ledger
from coachcore.ledger.statements import Statement, StatementChange
from coachcore.model.answers import bounded_repr
from coachcore.model.parties import Actor, Role

__all__ = ["Acknowledged", "Acknowledgement", "acknowledged_statements"]


@attrs.frozen
class Acknowledgement:
    """Who acknowledged a statement, when, and the id of the event."""

    by: Actor
    acknowledged_at: DateTime
    event_id: str


@attrs.frozen(kw_only=True, slots=False, eq=False)
class Acknowledged:
    """A statement that was acknowledged.

    role, party, since, until: whose it is, and its period; party is None for a whole role. stood_at: the moment that
    it describes. digest: its digest when it was acknowledged; None where 0.1 recorded that. acknowledgements: by
    whom, the first at the beginning.
    """

    __repr__ = bounded_repr

    role: Role
    party: str | None = None
    stood_at: DateTime
    since: DateTime | None
    until: DateTime | None
    digest: str | None
    acknowledgements: tuple[Acknowledgement, ...]
    _concerned: frozenset[str] = attrs.field(default=frozenset(), repr=False)
    """Ids of the coaches and clients whom it concerned, and who still take part."""
    _ledger_then: Callable[[], Ledger] = attrs.field(repr=False)
    _ledger_now: Callable[[], Ledger] = attrs.field(repr=False)

    @cached_property
    def statement(self) -> Statement:
        """The statement as it was read: as of `stood_at`, by what had been recorded before it was acknowledged first."""
        return self._ledger_then().statement(self.whose, since=self.since, until=self.until)

    def from_ledgers(self, changed: Callable[[Ledger], Ledger]) -> "Acknowledged":
        """The same, with its statements from other ledgers. changed: makes them of those that these are from."""
        then, now = self._ledger_then, self._ledger_now
        return attrs.evolve(self, ledger_then=lambda: changed(then()), ledger_now=lambda: changed(now()))

    @property
    def whose(self) -> Role | Actor:
        """Whose statement it is: a role's, or one party's."""
        return self.role if self.party is None else Actor(party=self.party, role=self.role)

    @property
    def is_intact(self) -> bool:
        """Whether it still has the digest that was acknowledged; a charter or rules of another text give another."""
        return self.digest in (None, self.statement.digest)

    @property
    def is_closed(self) -> bool:
        """Whether both sides have acknowledged it: every coach and client, and what is one party's, that party and the other side.

        Else two of a group would close the period of the others, who have not read what they owed.
        """
        sides = {
            acknowledgement.by.role
            for acknowledgement in self.acknowledgements
            if acknowledgement.by.role is not self.role or self.party in (None, acknowledgement.by.party)
        }
        read_by = {acknowledgement.by.party for acknowledgement in self.acknowledgements}
        is_read_by_all = self.party is not None or self._concerned <= read_by
        return self.digest is not None and {Role.COACH, Role.CLIENT} <= sides and is_read_by_all

    @cached_property
    def changes(self) -> tuple[StatementChange, ...]:
        """What is otherwise now of what had been due when it was read: of its period, up to `stood_at`."""
        until = self.stood_at if self.until is None else min(self.until, self.stood_at)
        if self.since is not None and until < self.since:
            return ()
        then, now = (
            ledger().statement(self.whose, since=self.since, until=until)
            for ledger in (self._ledger_then, self._ledger_now)
        )
        return then.diff(now)


def acknowledged_statements(
    history: History, ledger_of: Callable[[History], Ledger], ledger_now: Callable[[], Ledger]
) -> tuple[Acknowledged, ...]:
    """The statements that were acknowledged in a history, in the order in which they first were.

    ledger_of: the ledger of an earlier history. ledger_now: of this one.
    """
    by_statement: dict[tuple[object, ...], list[Event]] = {}
    for event in history.effective:
        content = event.content
        if isinstance(content, StatementAcknowledged):
            key = (content.role, content.party, content.stood_at, content.since, content.until, content.digest)
            by_statement.setdefault(key, []).append(event)
    return tuple(_acknowledged(events, history, ledger_of, ledger_now) for events in by_statement.values())


def _acknowledged(
    events: list[Event], history: History, ledger_of: Callable[[History], Ledger], ledger_now: Callable[[], Ledger]
) -> Acknowledged:
    first, content = events[0], events[0].content
    assert isinstance(content, StatementAcknowledged)
    stood_at = content.stood_at

    @cache
    def ledger_then() -> Ledger:
        known = EventLog(history.recorded[: first.version - 1])
        return ledger_of(known.history(stood_at, first.recorded_at))

    return Acknowledged(
        role=content.role,
        party=content.party,
        stood_at=stood_at,
        since=content.since,
        until=content.until,
        digest=content.digest,
        acknowledgements=tuple(Acknowledgement(event.actor, event.recorded_at, event.id) for event in events),
        concerned=_members(history, stood_at).intersection(_members(history, history.as_of)),
        ledger_then=ledger_then,
        ledger_now=ledger_now,
    )


def _members(history: History, moment: DateTime) -> frozenset[str]:
    """Ids of the coaches and clients of a moment."""
    return frozenset(party for role in SIDES for party in history.timeline.members_at(role, moment))
