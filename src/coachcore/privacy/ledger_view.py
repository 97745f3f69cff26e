"""The ledger as a reader may see it: the obligations that they may see, and figures only where these are all of them.

Every obligation stands as it does in the whole ledger, so that both sides see the same states. Of a statement of which
the reader sees a part alone, the total stays, since every party reads it in the overview; what is computed from single
obligations (areas, intervals, own acts) is left out, and a statement that has no such total is refused.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import attrs

from coachcore.charter.schedules import Of
from coachcore.engagement.history import History
from coachcore.errors import NotAllowed
from coachcore.ledger import (
    Due,
    EnteredLate,
    Interval,
    Ledger,
    NextStep,
    Obligation,
    OwnActs,
    RestsOn,
    StateChange,
    Statement,
    Waiver,
)
from coachcore.ledger.listing import Listing
from coachcore.model.parties import Actor, Role
from coachcore.model.times import When
from coachcore.privacy.visible import VisibleFields

__all__ = ["LedgerView", "StatementView", "statement_if_seen", "visible_ledger"]

ITEM_OF: Final = {
    Of.GOAL: "goal_id",
    Of.GOAL_CHANGE: "goal_id",
    Of.OFF_TRACK: "goal_id",
    Of.ACTION_DUE: "action_id",
    Of.MISSED_ACTION: "action_id",
    Of.DECISION: "decision_id",
    Of.CONCERN: "concern_id",
}
"""The field by which events name what an obligation is about; other occasions are sessions, and a rating is an event.
"""
LONG: Final = "@long"
"""The end of an id that has a digest in place of what it is about."""


@attrs.frozen(kw_only=True)
class StatementView(Statement):
    """A statement as a reader may see it. is_complete: whether they see every obligation of it."""

    is_complete: bool
    _source: Callable[[], Statement] = attrs.field(repr=False, eq=False)
    _rests_on: Callable[[], tuple[RestsOn, ...]] = attrs.field(repr=False, eq=False)

    @property
    def own_acts(self) -> tuple[OwnActs, ...]:
        """As of the whole statement; none where the reader does not see all of it."""
        return self._source().own_acts if self.is_complete else ()

    @property
    def before_the_table(self) -> tuple[RestsOn, ...]:
        """As of the whole statement, about the obligations that the reader sees."""
        return self._rests_on()

    @property
    def effective_count(self) -> Decimal | None:
        """As of the whole statement; None where the reader does not see all of it."""
        return self._source().effective_count if self.is_complete else None

    @property
    def reliability_interval(self) -> Interval | None:
        """As of the whole statement; None where the reader does not see all of it."""
        return self._source().reliability_interval if self.is_complete else None

    @property
    def reliability_bounds(self) -> Interval | None:
        """As of the whole statement; None where the reader does not see all of it."""
        return self._source().reliability_bounds if self.is_complete else None

    @property
    def digest(self) -> str:
        """That of the whole statement, which is the one to acknowledge."""
        return self._source().digest


@attrs.frozen(kw_only=True)
class LedgerView(Ledger):
    """A ledger as a reader may see it; see the module."""

    _source: Callable[[], Ledger] = attrs.field(repr=False, eq=False)
    _history: History = attrs.field(repr=False, eq=False)
    _visible: VisibleFields = attrs.field(repr=False, eq=False)
    _shown: Mapping[str, Obligation] = attrs.field(repr=False, eq=False)
    """The obligations that the reader sees, as they see them, by their id in the whole ledger."""

    def due(self, until: When, role: Role | str | Actor | None = None) -> tuple[Due, ...]:
        """What of the whole ledger's `due` the reader may see. Raises as `Ledger.due`."""
        rights, reader = self._visible.rights, self._visible.reader
        return tuple(
            attrs.evolve(
                item,
                obligation_id=_obligation_id(item, self._visible),
                subject_id=_subject_id(item, self._visible),
            )
            for item in self._source().due(until, role)
            if (item.obligation_id in self._shown)
            or (not item.is_open and rights.may_see_obligation(item, reader, self.as_of))
        )

    @property
    def next_steps(self) -> tuple[NextStep, ...]:
        """What each side may still do about the obligations that the reader sees, and about the duties offered."""
        offered = {offer.duty_id for offer in self._history.state.offers}
        steps = []
        for step in self._source().next_steps:
            if step.obligation is None:
                steps += [step] if step.duty_id in offered else []
            elif (obligation := self._shown.get(step.obligation.id)) is not None:
                steps.append(attrs.evolve(step, obligation=obligation))
        return tuple(steps)

    def statement(
        self, role: Role | str | Actor, *, since: When | None = None, until: When | None = None
    ) -> StatementView:
        """A statement as the reader may see it.

        Raises as `Ledger.statement`, NotAllowed statement_reader.not_allowed.
        """
        whole = self._source().statement(role, since=since, until=until)
        if not self._may_show(whole):
            raise NotAllowed(
                "statement_reader.not_allowed",
                "the statement has obligations that the reader may not see",
                "ask for the statement of a role without a period, which has its totals, or for the reader's own",
            )
        is_complete = self._is_complete(whole)
        return _visible_statement(whole, self._shown, self._visible, self._history, is_complete=is_complete)

    def has_statement(self, role: Role | str | Actor) -> bool:
        """Whether the reader may see the statement of a role or a party, or its totals.

        Raises as `Ledger.statement`.
        """
        return self._may_show(self._source().statement(role))

    def _is_complete(self, statement: Statement) -> bool:
        return all(obligation.id in self._shown for obligation in statement.obligations)

    def _may_show(self, statement: Statement) -> bool:
        is_of_all = statement.party is None and statement.since is None and statement.until is None
        return self._is_complete(statement) or (is_of_all and self._visible.rights.is_present(self._visible.reader))


def statement_if_seen(ledger: Ledger, whose: Role | Actor) -> Statement | None:
    """The statement of a role or a party; None where the ledger is a view whose reader may not see it."""
    if isinstance(ledger, LedgerView) and not ledger.has_statement(whose):
        return None
    return ledger.statement(whose)


def visible_ledger(whole: Ledger, visible: VisibleFields, history: History) -> LedgerView:
    """A ledger as a reader may see it. history: what they may read of the events, with the state as they see it."""
    rights, reader = visible.rights, visible.reader
    outlook = whole._outlook
    pairs = [
        (opening, obligation)
        for opening, obligation in zip(outlook.openings, whole.obligations, strict=True)
        if rights.may_see_obligation(obligation, reader, whole.as_of)
    ]
    shown = {obligation.id: _as_seen(obligation, visible) for _, obligation in pairs}
    listing = Listing.of(shown.values(), [opening for opening, _ in pairs])
    handed_over = {handover.duty_id for handover in history.state.handovers}
    return LedgerView(
        charter=whole.charter,
        as_of=whole.as_of,
        obligations=listing,
        handed_over=tuple((duty_id, role) for duty_id, role in whole.handed_over if duty_id in handed_over),
        rules_digest=whole.rules_digest,
        outlook=outlook.of(listing),
        continuation=whole._continuation,
        source=lambda: whole,
        history=history,
        visible=visible,
        shown=shown,
    )


def _visible_statement(
    whole: Statement, shown: Mapping[str, Obligation], visible: VisibleFields, history: History, *, is_complete: bool
) -> StatementView:
    def visible_ones(obligations: Iterable[Obligation]) -> tuple[Obligation, ...]:
        return tuple(shown[obligation.id] for obligation in obligations if obligation.id in shown)

    handed_over = {handover.duty_id for handover in history.state.handovers}

    def rests_on() -> tuple[RestsOn, ...]:
        return tuple(
            attrs.evolve(entry, obligation=shown[entry.obligation.id], event_id=visible.event_id(entry.event_id))
            for entry in whole.before_the_table
            if entry.obligation.id in shown
        )

    return StatementView(
        role=whole.role,
        party=whole.party,
        as_of=whole.as_of,
        known_at=whole.known_at,
        since=whole.since,
        until=whole.until,
        obligations=visible_ones(whole.obligations),
        total=whole.total,
        areas=whole.areas if is_complete else (),
        next_due=visible_ones(whole.next_due),
        contested=visible_ones(whole.contested),
        entered_late=tuple(
            EnteredLate(shown[late.obligation.id], late.days)
            for late in whole.entered_late
            if late.obligation.id in shown
        ),
        moved=tuple((shown[obligation.id], times) for obligation, times in whole.moved if obligation.id in shown),
        handed_over=tuple(duty_id for duty_id in whole.handed_over if duty_id in handed_over),
        taken_over=tuple(duty_id for duty_id in whole.taken_over if duty_id in handed_over),
        waivers=tuple(_waiver(waiver, shown, visible) for waiver in whole.waivers if waiver.obligation.id in shown),
        rules_digest=whole.rules_digest,
        charter=whole.charter,
        history=history,
        is_complete=is_complete,
        source=lambda: whole,
        rests_on=rests_on,
    )


def _waiver(waiver: Waiver, shown: Mapping[str, Obligation], visible: VisibleFields) -> Waiver:
    """A waiver, with its reason where the reader may read that."""
    event = visible.event(waiver.obligation.history[-1].cause or "")
    is_readable = event is not None and visible.outcome(event).reads(("reason",))
    return attrs.evolve(waiver, obligation=shown[waiver.obligation.id], reason=waiver.reason if is_readable else None)


# --- ids -------------------------------------------------------------------------------------------------------------


def _as_seen(obligation: Obligation, visible: VisibleFields) -> Obligation:
    """An obligation without what a host has put into ids of what is sealed for the reader."""

    def events(ids: Sequence[str]) -> tuple[str, ...]:
        return tuple(visible.event_id(event_id) for event_id in ids)

    changes: dict[str, Any] = {
        "id": _obligation_id(obligation, visible),
        "subject_id": _subject_id(obligation, visible),
        "evidence": events(obligation.evidence),
        "adverse_entries": events(obligation.adverse_entries),
        "asked_by": events(obligation.asked_by),
        "claims": events(obligation.claims),
        "lacking": tuple(
            attrs.evolve(part, subject_id=visible.item_id(ITEM_OF[part.of], part.subject_id))
            for part in obligation.lacking
        ),
        "lapse_event": None if obligation.lapse_event is None else visible.event_id(obligation.lapse_event),
        "changes": tuple(_change(change, visible) for change in obligation.changes),
    }
    is_changed = any(getattr(obligation, name) != value for name, value in changes.items())
    return attrs.evolve(obligation, **changes) if is_changed else obligation


def _change(change: StateChange, visible: VisibleFields) -> StateChange:
    return change if change.cause is None else attrs.evolve(change, cause=visible.event_id(change.cause))


def _subject_id(obligation: Obligation | Due, visible: VisibleFields) -> str | None:
    """The id of what an obligation is about, as the reader knows it."""
    if obligation.subject_id is None:
        return None
    if obligation.of is Of.LOW_RATING:
        return visible.event_id(obligation.subject_id)
    key = "session_id" if obligation.of is None else ITEM_OF.get(obligation.of, "session_id")
    return visible.item_id(key, obligation.subject_id)


def _obligation_id(obligation: Obligation | Due, visible: VisibleFields) -> str:
    """An obligation's id, with the id of what it is about as the reader knows it."""
    obligation_id = obligation.id if isinstance(obligation, Obligation) else obligation.obligation_id
    subject_id, seen_as = obligation.subject_id, _subject_id(obligation, visible)
    if subject_id is None or seen_as is None or seen_as == subject_id:
        return obligation_id
    beginning, slash, name = obligation_id.partition("/")
    escaped = subject_id.replace("@", "@@")
    rest = name.removeprefix(escaped) if name.startswith(escaped) else f"@{name}" if name.endswith(LONG) else ""
    return f"{beginning}{slash}{seen_as}{rest}"
