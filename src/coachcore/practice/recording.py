"""From a proposal to what is stored of it: decided with the before handlers' additions, encoded, and folded on what was before.

Nothing here reads or writes the store. What a command adds is an `Entry`, which a unit collects or a single command writes.
"""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from pendulum import DateTime

from coachcore.engagement.decide import Draft, decide, objection
from coachcore.engagement.history import EventLog
from coachcore.engagement.state import Goal, State
from coachcore.envelope import encode
from coachcore.errors import Conflict, NotFound, Refused, shown
from coachcore.events import Content, ContentErased, EntryCorrected, Erased, Event, Proposal, Unknown, type_of
from coachcore.flow import Flow
from coachcore.hooks import Stored
from coachcore.model.agreement import Agreement
from coachcore.model.parties import Actor, Role
from coachcore.practice.unit import Entry, UnitBase
from coachcore.storage.contract import Append
from coachcore.storage.record import Record

if TYPE_CHECKING:
    from coachcore.charter import Charter, Duty
    from coachcore.ledger import Obligation
    from coachcore.practice.handle import HandleBase
    from coachcore.smart import SmartFinding, TextFinding

__all__ = ["Command", "append_of", "entry_of", "erased_by", "objection_to", "runs_of", "stored_events"]

MAX_ADDED = 100
"""Events that one command may lead to. Handlers that add to each other's events would never end; without handlers it is at most
two."""


class Command(NamedTuple):
    """A proposed event and its author.

    has_own_id: whether the caller chose the id, so that the command may be a repetition. is_host: whether the host
    records it in the author's name.
    """

    proposal: Proposal
    actor: Actor
    recorded_at: DateTime | None
    expected_version: int | None
    has_own_id: bool
    is_host: bool = False


def entry_of(
    handle: "HandleBase", command: Command, unit: UnitBase[Any] | None, *, is_import: bool = False
) -> Flow[Entry]:
    """What is to be stored of a command. is_import: keeps what no command can record.

    Raises Conflict engagement.conflict, with the newer events, where the engagement is not at the expected version, Refused
    recorded_at.in_future where an import says that, and as `decide` and the before handlers.
    """
    before = handle._event_log
    proposal, actor, recorded_at, expected_version, has_own_id, is_host = command
    if expected_version is not None and expected_version != before.version:
        raise Conflict(
            "engagement.conflict",
            f"the engagement is at version {before.version}, not {shown(expected_version)}",
            "look at what was recorded since, then try again",
            expected=expected_version,
            actual=before.version,
            newer=before.recorded[max(expected_version, 0) :],
        )
    present = handle.practice.now()
    if recorded_at is not None and recorded_at > present:  # what is recorded next could not be earlier
        raise Refused(
            "recorded_at.in_future",
            f"recorded at {recorded_at}, later than now ({present})",
            "correct the times of the line, or the clock",
        )
    now = recorded_at or present
    if before.version:  # a clock set back does not change the order of events
        now = max(now, before.recorded[-1].recorded_at)
    if isinstance(proposal.content, Unknown | Erased) and is_import:
        drafts: Sequence[Draft] = (_unchanged_draft(proposal, actor, now),)
    else:
        state = before.state if before.version else None
        context = _Context(handle, before, now, actor, is_import=recorded_at is not None, is_host=is_host)
        drafts = _decided(state, proposal, actor, now, context)
        if unit is not None and handle.practice.hooks.has_before:
            drafts = yield from _with_added(handle, before, drafts, proposal, actor, now, unit)
    events, records = _encoded(handle.id, before, drafts, now)
    return Entry(handle, before, before.extended(events), events, records, erased_by(drafts), has_own_id)


def _decided(
    state: State | None, proposal: Proposal, actor: Actor, now: DateTime, context: "_Context"
) -> Sequence[Draft]:
    """The drafts of a proposal. Where it names something that is not there, the hint names what its author may read."""
    try:
        return decide(state, proposal, actor, now, context)
    except Refused as error:
        if state is None or context.is_import or error.code not in UNKNOWN_ITEM:
            raise
        refusal = error
    raise _with_seen_hint(refusal, state, proposal, actor, now, context)  # which is not chained to the other


UNKNOWN_ITEM = frozenset(
    f"{kind}.unknown" for kind in ("goal", "milestone", "action", "session", "concern", "breach", "dispute", "decision")
)
"""The errors whose hints name ids that hosts chose."""


def _with_seen_hint(
    error: Refused, state: State, proposal: Proposal, actor: Actor, now: DateTime, context: "_Context"
) -> Refused:
    """The error as it is where there are no other items than those that the author may read."""
    from coachcore.privacy.state_view import COLLECTIONS, visible_state
    from coachcore.privacy.visible import VisibleFields

    readable = visible_state(state, VisibleFields(state, actor))
    try:
        decide(
            state.with_changes(**{name: getattr(readable, name) for name in COLLECTIONS}), proposal, actor, now, context
        )
    except Refused as other:
        if other.code == error.code:
            return other
    return Refused(error.code, error.message, "give the id of one that you can read")


def objection_to(handle: "HandleBase", before: EventLog, event: Event) -> Refused | None:
    """Why an imported event could not be recorded today; None where it could be. before: what had been recorded before it."""
    # what follows from an event before it was recorded with that
    if not before.version or event.version <= before.version:
        return None
    return objection(before.state, event, _Context(handle, before, event.recorded_at, is_host=True))


def _with_added(
    handle: "HandleBase",
    before: EventLog,
    drafts: Sequence[Draft],
    proposal: Proposal,
    actor: Actor,
    now: DateTime,
    unit: UnitBase[Any],
) -> Flow[Sequence[Draft]]:
    """The drafts of a command and those that before handlers add to them, each of which passes the before handlers in turn."""
    state = before.state if before.version else None
    context = _Context(handle, before, now, actor)
    hooks = handle.practice.hooks
    accepted: list[Draft] = []
    waiting = list(drafts)
    while waiting:
        draft = waiting.pop(0)
        pending = hooks.pending_type(
            content=draft.content, draft=draft, engagement_id=handle.id, state=state, unit=unit
        )
        added = yield from hooks.before_flow(pending)
        accepted.append(draft)
        if len(accepted) + len(added) > MAX_ADDED:
            raise Refused(
                "hook.endless", f"before handlers add more than {MAX_ADDED} events", "let them add to fewer types"
            )
        if not added:
            continue
        # an added event may refer to the one it is added to
        known = _foreseen(handle.id, before, [*accepted, *waiting], now)
        for content in added:
            further = Proposal(
                content=content,
                event_id=f"{proposal.event_id}.{len(accepted) + len(waiting)}",
                occurred_at=draft.occurred_at,
                caused_by=proposal.event_id,
            )
            waiting += _decided(known, further, actor, now, context)
            known = _foreseen(handle.id, before, [*accepted, *waiting], now)
    return tuple(accepted)


class _Context:
    """What `decide` needs to know beyond the state (`engagement.references.Context`), at the moment of recording.

    The ledger is computed at the first need of an obligation, and goes on from the one before. actor: whose command it is.
    """

    def __init__(
        self,
        handle: "HandleBase",
        event_log: EventLog,
        now: DateTime,
        actor: Actor | None = None,
        *,
        is_import: bool = False,
        is_host: bool = False,
    ) -> None:
        self._actor = actor
        self.is_import = is_import
        self.is_host = is_host
        self._handle = handle
        self._event_log = event_log
        self.recorded_at = now

    def charter(self, agreement: Agreement) -> "Charter":
        return self._handle.practice.charters.of(agreement)

    def duty(self, duty_id: str, agreement: Agreement) -> "Duty":
        return self.charter(agreement).duty(duty_id)

    def obligation(self, obligation_id: str) -> "Obligation":
        snapshot = self._handle._snapshot_of(self._event_log, self.recorded_at)
        ledger = snapshot.ledger
        if self.is_import:  # 0.1 had one obligation for all of a group, of which what was said holds for each
            each_ones = ledger.obligations_for_all(obligation_id)
            if each_ones:
                return max(each_ones, key=lambda obligation: bool(obligation.evidence))
        with suppress(NotFound):
            return ledger.obligation(obligation_id)
        if self._actor is not None:  # unknown there too, and the hint names none that the author may not see
            snapshot.view(self._actor).ledger.obligation(obligation_id)
        return ledger.obligation(obligation_id)

    def statement_digest(
        self, whose: Role | Actor, stood_at: DateTime, since: DateTime | None, until: DateTime | None
    ) -> str:
        ledger = self._handle._snapshot_of(self._event_log, stood_at).ledger
        return ledger.statement(whose, since=since, until=until).digest

    def goal_errors(self, goal: Goal) -> "tuple[SmartFinding | TextFinding, ...]":
        from coachcore.smart import goal_errors

        snapshot = self._handle._snapshot_of(self._event_log, self.recorded_at)
        return goal_errors(snapshot.history, goal, snapshot.rules)

    def recorded(self, event_id: str) -> Event | None:
        return self._event_log.event(event_id)

    def conditions_met(self, content: Content) -> set[str]:
        from coachcore.ledger.event_index import conditions_met

        charters = list(self._handle.practice.charters.own)
        for agreement in (self._event_log.state.agreement, self._event_log.state.newest):
            with suppress(NotFound):  # an entry can be erased though the host no longer has the charter
                charters.append(self.charter(agreement))
        return conditions_met(content, charters)

    def favours(self, role: Role, correction: EntryCorrected) -> bool:
        from coachcore.ledger.comparison import favours, favours_in_breaches, may_matter

        handle, event_log, now = self._handle, self._event_log, self.recorded_at
        state = event_log.state
        event = state.events[correction.entry_id]
        if not may_matter(event, correction, state, self.charter(state.agreement)):
            return False
        draft = Draft(
            event_id="",  # it is not recorded under any id
            content=correction,
            occurred_at=now,
            actor=event.actor,
            visibility=event.visibility,
        )
        corrected = event_log.extended([_event(draft, handle.id, event_log.version + 1, now)])
        if favours_in_breaches(role, state, corrected.state):
            return True
        after = handle._snapshot_of(corrected, now).ledger.obligations
        before = handle._snapshot_of(event_log, now).ledger.obligations
        return favours(role, before, after, now, event.actor.party)

    def events_between(self, begin: DateTime, end: DateTime) -> Sequence[Event]:
        return self._event_log.effective_between(begin, end)


def _encoded(
    engagement_id: str, before: EventLog, drafts: Sequence[Draft], now: DateTime
) -> tuple[list[Event], list[Record]]:
    """Drafts as they will be stored, as events and as bytes."""
    previous, events, records = before.digest, [], []
    for version, draft in enumerate(drafts, before.version + 1):
        record, content_digest = encode(
            draft,
            engagement_id=engagement_id,
            version=version,
            recorded_at=now,
            previous=previous,
            salt=secrets.token_bytes(16),
        )
        events.append(_event(draft, engagement_id, version, now, content_digest, previous, record.digest))
        records.append(record)
        previous = record.digest
    return events, records


def _event(
    draft: Draft,
    engagement_id: str,
    version: int,
    recorded_at: DateTime,
    content_digest: str = "",
    previous: str = "",
    digest: str = "",
) -> Event:
    """A draft as an event; without digests where it is not to be stored as it is."""
    return Event(
        id=draft.event_id,
        engagement_id=engagement_id,
        version=version,
        type=type_of(draft.content),
        schema=draft.content.schema,
        occurred_at=draft.occurred_at,
        recorded_at=recorded_at,
        actor=draft.actor,
        visibility=draft.visibility,
        caused_by=draft.caused_by,
        correlation_id=draft.correlation_id,
        content=draft.content,
        content_digest=content_digest,
        previous=previous,
        digest=digest,
    )


def _foreseen(engagement_id: str, event_log: EventLog, drafts: Sequence[Draft], now: DateTime) -> State:
    """The state once these drafts are stored."""
    events = [_event(draft, engagement_id, version, now) for version, draft in enumerate(drafts, event_log.version + 1)]
    return event_log.extended(events).state


def _unchanged_draft(proposal: Proposal, actor: Actor, now: DateTime) -> Draft:
    return Draft(
        event_id=proposal.event_id,
        content=proposal.content,
        occurred_at=proposal.occurred_at or now,
        actor=actor,
        visibility=proposal.visibility or type(proposal.content).visibility,
        caused_by=proposal.caused_by,
        correlation_id=proposal.correlation_id,
    )


# --- what one engagement adds to a unit --------------------------------------------------------------------------------


def runs_of(entries: Sequence[Entry]) -> list[Sequence[Entry]]:
    """The entries of each engagement, by its id."""
    if len(entries) == 1:
        return [tuple(entries)]
    runs: dict[str, list[Entry]] = {}
    for entry in entries:
        runs.setdefault(entry.handle.id, []).append(entry)
    return [run for _, run in sorted(runs.items())]


def append_of(run: Sequence[Entry]) -> Append:
    """The append of entries that follow one another in an engagement. Raises Refused erasure.missing."""
    records: list[Record] = []
    erased: list[str] = []
    without_content: list[str] = []
    for entry in run:
        records += entry.records
        erased += entry.erased
        without_content += [event.id for event in entry.events if type(event.content) is Erased]
    for event_id in without_content:
        if event_id not in erased:
            raise Refused(
                "erasure.missing",
                f"event {event_id!r} has no content, and no event erases it",
                "give its content, or the event that erased it",
            )
    return Append(run[0].handle.id, records, run[0].before.version, erased)


def stored_events(run: Sequence[Entry]) -> Iterator[Stored[Any]]:
    """The events of entries, each with the state after it."""
    for entry in run:
        event_log = entry.before
        for event in entry.events:
            event_log = entry.after if event is entry.events[-1] else event_log.extended((event,))
            yield Stored(content=event.content, event=event, state=event_log.state)


def erased_by(items: Sequence[Draft] | Sequence[Event]) -> list[str]:
    """The ids of the events whose content goes with these."""
    erasures = [item.content for item in items if type(item.content) is ContentErased]
    return [event_id for erasure in erasures for event_id in erasure.entry_ids]
