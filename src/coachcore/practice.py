"""The shell: a practice binds a store, a clock, hooks, charters and rules; an engagement is a handle on one of its event logs.

This is the only place where the pure core meets time and storage. A command passes: role object -> `record` -> `decide` (pure) ->
before hooks -> `encode` -> store -> fold -> after hooks. A question passes: store -> fold -> `Snapshot` -> a part of it.

A practice and its engagements may be shared between threads. What a handle has read is one immutable `EventLog`, replaced as a whole
once its events are committed: a reader never waits, and an interrupt leaves the earlier one or the later. The store refuses what was
decided on an earlier version; the locks here only save threads from deciding again.
"""

import os
import secrets
import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import groupby
from threading import RLock
from typing import TYPE_CHECKING, Any, NoReturn, Self, TypeVar, Unpack, cast

import pendulum
from pendulum import DateTime

from coachcore import roles
from coachcore.engagement.decide import Draft, decide
from coachcore.engagement.history import EventLog
from coachcore.engagement.state import State
from coachcore.envelope import UPCASTERS, Upcaster, decode_chain, encode
from coachcore.errors import Conflict, NotAllowed, NotFound, NotValid, Refused, check_type, did_you_mean, shown
from coachcore.events import (
    Content,
    ContentErased,
    DisputeResolved,
    EngagementProposed,
    Erased,
    Event,
    EvidenceConfirmed,
    EvidenceContested,
    ObligationWaived,
    Proposal,
    StatementAcknowledged,
    Unknown,
    type_of,
)
from coachcore.hooks import Failure, Hooks, Pending, Stored
from coachcore.model.agreement import Agreement
from coachcore.model.answers import answer_html
from coachcore.model.parties import Actor, Role
from coachcore.model.times import When, as_date, as_moment, end_of_day, parse_local
from coachcore.model.value import Ident, check_for
from coachcore.model.words import Visibility
from coachcore.storage import EventStore, Record, open_store
from coachcore.unit import Entry, Unit, UnitScope, opened, recorded_by_hook

if TYPE_CHECKING:  # opening a practice and recording need none of these; the first snapshot imports them
    from coachcore.charter import Charter, Charters, Duty
    from coachcore.interop.message_log import LogOptions
    from coachcore.ledger import Ledger, Obligation
    from coachcore.privacy import View
    from coachcore.progress import Progress
    from coachcore.rules import RuleSet
    from coachcore.smart import GoalReview
    from coachcore.snapshot import Snapshot
    from coachcore.storage.receipt import Receipt

__all__ = ["Engagement", "Practice", "open_practice"]

Clock = Callable[[], datetime]
R = TypeVar("R", bound=roles.ActingParty)
MICROSECOND = timedelta(microseconds=1)
RETRIES = 32
"""Attempts to record where other writers come first. An engagement has few writers, so 32 lost attempts in a row point to a fault."""
SIMILAR_IDS = 100
"""Ids that are compared with an unknown one, so that the hint costs the same in a store of any size."""
MAX_ADDED = 100
"""Events that one command may lead to. Handlers that add to each other's events would never end; without handlers it is at most two."""
CACHED_EVENTS = 50_000
"""Events that a practice keeps decoded, of the engagements used last. About 1 KB each: a hundred usual engagements, or a very long one."""
LEDGER_ACTS = (EvidenceConfirmed, EvidenceContested, ObligationWaived, DisputeResolved, StatementAcknowledged)
"""Events that open no obligation and close none: they only change how an obligation is settled."""


def utc_now() -> DateTime:
    """The present, in UTC: the default clock of a practice."""
    return pendulum.now("UTC")


def open_practice(
    path_or_url: str | os.PathLike[str] = ":memory:",
    *,
    clock: Clock = utc_now,
    charters: Iterable["Charter"] = (),
    rules: "RuleSet | None" = None,
    upcasters: Mapping[tuple[str, int], Upcaster] = UPCASTERS,
    on_failure: Failure | None = None,
    plugins: Sequence[str] = (),
    create: bool = True,
) -> "Practice":
    """Open a practice: a path, ":memory:", or a URL such as sqlite:///coaching.db.

    clock: returns the present, for tests and imports. charters: a host's own, which agreements may name. rules: the SMART rules by
    which goals are judged, in reviews and in the ledger alike; the default ones when omitted. upcasters: convert contents of older
    schemas. on_failure: called when an after hook fails; logged when omitted. plugins: names of installed plug-ins that add
    handlers (`coachcore.hooks`); none is loaded without its name. create: make the file where there is none.
    Raises StoreUnavailable, Corrupt, NotValid as `open_store` does; NotFound plugin.unknown, NotValid plugin.*.
    """
    practice = Practice(
        open_store(path_or_url, create=create),
        clock=clock,
        charters=charters,
        rules=rules,
        upcasters=upcasters,
        on_failure=on_failure,
    )
    try:
        practice.hooks.load_plugins(plugins, practice)
    except BaseException:
        practice.close()
        raise
    return practice


class Practice:
    """A host's engagements, in one store. Use it as a context manager, or close it."""

    def __init__(
        self,
        store: EventStore,
        *,
        clock: Clock = utc_now,
        on_failure: Failure | None = None,
        upcasters: Mapping[tuple[str, int], Upcaster] = UPCASTERS,
        charters: Iterable["Charter"] = (),
        rules: "RuleSet | None" = None,
    ) -> None:
        charters = _checked_composition(clock, on_failure, upcasters, charters, rules)
        self.store = store
        self.hooks = Hooks(on_failure)
        """The handlers, for `practice.hooks.remove(handler)`."""
        self.before = self.hooks.before
        """Decorate a handler to run before events of these types are stored; see `coachcore.hooks`."""
        self.after = self.hooks.after
        """Decorate a handler to run after events of these types were stored; see `coachcore.hooks`."""
        self._clock = clock
        self._upcasters = upcasters
        self._own_charters = tuple(charters)
        self._rules = rules
        self._commit_lock = RLock()
        self._lock = RLock()  # for the few steps that change what threads share
        self._shared_by_id: weakref.WeakValueDictionary[str, _Shared] = weakref.WeakValueDictionary()
        self._used_last: OrderedDict[str, _Shared] = OrderedDict()
        self._cached_events = 0

    @cached_property
    def charters(self) -> "Charters":
        """The charters that agreements of this practice may name."""
        from coachcore.charter import Charters

        return Charters(self._own_charters)

    @cached_property
    def rules(self) -> "RuleSet":
        """The SMART rules by which this practice judges goals."""
        from coachcore.smart import default_rules

        return default_rules() if self._rules is None else self._rules

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Practice {type(self.store).__name__}>"

    def __reduce__(self) -> NoReturn:
        """Raises NotValid practice.not_picklable: an open store belongs to one process."""
        raise NotValid(
            "practice.not_picklable",
            "a practice holds an open store, a clock and handlers, and cannot be pickled or copied",
            "open the store again in the other process, or pass on snapshots of engagements",
        )

    def close(self) -> None:
        """Close the store."""
        self.store.close()

    def now(self) -> DateTime:
        """The present by this practice's clock, in UTC."""
        return as_moment(self._clock())

    def receipt(self, engagement_id: str | None = None) -> "Receipt":
        """What confirms everything that is stored now, or one engagement: its `str()` is a line to keep elsewhere.

        `coachcore verify DB --receipt FILE` shows later whether anything of it is gone or changed; see `coachcore.storage.receipt`.
        Raises NotFound engagement.unknown, StoreUnavailable, Corrupt.
        """
        from coachcore.storage.receipt import take_receipt

        return take_receipt(self.store, time=self.now(), engagement_id=engagement_id)

    def propose(
        self,
        agreement: Agreement,
        *,
        by: str | None = None,
        engagement_id: str | None = None,
        occurred_at: When | None = None,
    ) -> "Engagement":
        """Begin an engagement with a proposed agreement, to be accepted by every signatory.

        by: the id of the party who proposes; the first coach when omitted. engagement_id: a new id is made when omitted.
        Raises Refused engagement.duplicate, NotAllowed party.unknown, NotValid.
        """
        return self._proposed(agreement, by, engagement_id, occurred_at)

    def _proposed(
        self,
        agreement: Agreement,
        by: str | None,
        engagement_id: str | None,
        occurred_at: When | None,
        unit: Unit | None = None,
    ) -> "Engagement":
        check_type(agreement, Agreement, "agreement")
        proposer = agreement.party(by) if by is not None else agreement.those(Role.COACH)[0]
        if proposer is None:
            known = ", ".join(party.id for party in agreement.parties)
            raise NotAllowed("party.unknown", f"there is no party {shown(by)}", f"the parties: {known}")
        engagement = self._unproposed(engagement_id, unit)
        engagement.record(
            EngagementProposed(agreement=agreement),
            Actor(party=proposer.id, role=proposer.role),
            occurred_at=None if occurred_at is None else moment_of(occurred_at, agreement.zone),
        )
        return engagement

    def import_file(self, path: str | os.PathLike[str], **options: Unpack["LogOptions"]) -> "Engagement":
        """Import a journal or a message log, whichever the file is: all of it, or nothing.

        options: how a message log is to be read (zone, dates, columns, speakers, delimiter, encoding, title), and engagement_id,
        in place of the file's own. A message log that was imported before may have grown. What `coachcore import` does; see
        `coachcore.interop.import_file`.
        Raises NotFound file.missing, Refused engagement.duplicate and what a line is refused with, Conflict, NotValid.
        """
        from coachcore.interop.importing import import_file

        return import_file(self, path, **options)

    def unit(self) -> UnitScope:
        """A unit of work, for `with` and `async with`: what is recorded through its handles is stored when it ends, all or nothing.

        See `coachcore.unit`. Raises Conflict store.conflict, when it ends, where another process has recorded on its engagements.
        """
        return UnitScope(opened(self))

    def _unproposed(self, engagement_id: str | None = None, unit: Unit | None = None) -> "Engagement":
        """A handle on an engagement that is still to be proposed. Raises Refused engagement.duplicate."""
        engagement_id = _new_id("eng") if engagement_id is None else _checked_id(engagement_id)
        engagement = Engagement(self, engagement_id, EventLog()) if unit is None else unit._handle(engagement_id)
        if engagement.version or self.store.head(engagement_id) is not None:
            raise Refused(
                "engagement.duplicate",
                f"there is already an engagement {engagement_id!r}",
                "give another id, or load it",
            )
        return engagement

    def load(self, engagement_id: str) -> "Engagement":
        """Open an engagement by its id. Raises NotFound with the nearest id, Corrupt."""
        check_type(engagement_id, str, "engagement_id")
        event_log = self._read(engagement_id)
        if not event_log.version:
            self._refuse_unknown(engagement_id)
        return Engagement(self, engagement_id, event_log)

    def _refuse_unknown(self, engagement_id: str) -> NoReturn:
        hint = did_you_mean(engagement_id, self._similar_ids(engagement_id))
        raise NotFound("engagement.unknown", f"there is no engagement {shown(engagement_id)}", hint)

    # --- what the handles of an engagement share ---------------------------------------------------------------------

    def _shared(self, engagement_id: str) -> "_Shared":
        with self._lock:
            shared = self._shared_by_id.get(engagement_id)
            if shared is None:
                shared = self._shared_by_id[engagement_id] = _Shared()
            return shared

    def _claimed(self, engagement_id: str, unit: Unit) -> "Engagement":
        """A unit's handle on an engagement, which is the unit's until it ends."""
        shared = self._shared(engagement_id)
        is_free = False
        while not is_free:
            shared.wait(engagement_id)
            with shared.lock:  # not in the middle of a command
                if is_free := shared.open_unit() is None:
                    shared.unit = weakref.ref(unit)
        return Engagement(self, engagement_id, self._read(engagement_id), unit)

    def _read(self, engagement_id: str, known: EventLog | None = None) -> EventLog:
        """All that is stored of an engagement. Of what is known already, only the events recorded since are read.

        Everything is read again where the store has another history than the known one, as when a backup was put back, and where
        content was erased: what was read before it was erased is dropped.
        """
        shared = self._shared(engagement_id)
        if known is None or known.version < shared.event_log.version:
            known = shared.event_log
        records = self.store.read(
            engagement_id, max(known.version - 1, 0)
        )  # the last known one tells which history it is
        later: list[Event] | None = None
        if known.version and records and records[0].digest == known.digest:
            later = self._decoded(records[1:], known.digest)
            if not later:
                return known
        if later is not None and not _erases(later):
            event_log = known.extended(later)
        else:
            shared.snapshot = shared.ledger = None  # they hold what was read before
            event_log = EventLog(self._decoded(self.store.read(engagement_id) if known.version else records))
        self._remember(shared, engagement_id, event_log)
        return event_log

    def _remember(self, shared: "_Shared", engagement_id: str, event_log: EventLog) -> None:
        """Keep the events for the next handle, and let go of those of the engagements that were not used for longest."""
        with self._lock:
            shared.event_log = event_log
            self._cached_events += event_log.version - shared.counted
            shared.counted = event_log.version
            self._used_last[engagement_id] = shared
            self._used_last.move_to_end(engagement_id)
            while self._cached_events > CACHED_EVENTS and len(self._used_last) > 1:
                _, oldest = self._used_last.popitem(last=False)
                self._cached_events -= oldest.counted
                oldest.counted = 0

    def _commit(self, entries: Sequence[Entry]) -> None:
        """Store what was decided, all of it or nothing. Only then the handles show it, and after handlers will be notified."""
        if self.store.in_transaction:
            raise Conflict(
                "store_transaction.conflict",
                "a transaction of the store is open, and would take these events back where it fails",
                "use practice.unit() for engagements, and the store's transactions for records alone",
            )
        runs = [(handle, list(run)) for handle, run in groupby(entries, key=lambda entry: entry.handle)]
        erasing = {entry.handle for entry in entries if _to_erase(entry.drafts)}
        event_logs: dict[Engagement, EventLog] = {}
        committed: list[Stored[Any]] = []
        with self._commit_lock:  # so that handlers are notified in the order of commits
            with self.store.transaction() if len(runs) > 1 else nullcontext():
                stored = [self._append(handle.id, run) for handle, run in runs]
            for (handle, run), records in zip(runs, stored, strict=True):
                event_log = event_logs.get(handle, run[0].before)
                for event in _events(event_log, run, records):
                    event_log = event_log.extended((event,))
                    if self.hooks.has_after:
                        committed.append(Stored(content=event.content, event=event, state=event_log.state))
                event_logs[handle] = event_log
            self.hooks.add_committed(committed)
        for handle, event_log in event_logs.items():
            if handle in erasing:  # content that was read before it was erased is dropped
                event_log = EventLog(self._decoded(self.store.read(handle.id)))
                handle._shared.snapshot = handle._shared.ledger = None
            self._remember(handle._shared, handle.id, event_log)
            handle._advance(event_log)

    def _append(self, engagement_id: str, run: Sequence[Entry]) -> Sequence[Record]:
        drafts = [draft for entry in run for draft in entry.drafts]
        erase = _to_erase(drafts)
        _check_erased(drafts, erase)
        records = [record for entry in run for record, _ in entry.records]
        return self.store.append(engagement_id, records, run[0].before.version, erase=erase)

    def _similar_ids(self, engagement_id: str) -> list[str]:
        """Ids to compare an unknown one with: all in a small store, otherwise some that share a beginning with it."""
        heads = self.store.heads(limit=SIMILAR_IDS)
        if len(heads) == SIMILAR_IDS:
            beginnings = [engagement_id[: len(engagement_id) * quarter // 4] for quarter in range(4)]
            heads = [head for beginning in beginnings for head in self.store.heads(beginning, limit=SIMILAR_IDS // 4)]
        return [head.engagement_id for head in heads]

    def ids(self) -> tuple[str, ...]:
        """The ids of all engagements, sorted."""
        return tuple(sorted(head.engagement_id for head in self.store.heads()))

    def __iter__(self) -> Iterator["Engagement"]:
        return (self.load(engagement_id) for engagement_id in self.ids())

    def _decoded(self, records: Sequence[Record], previous: str = "") -> list[Event]:
        """Stored records as events, those of older schemas upcast. previous: the digest of the event before them."""
        return decode_chain(records, self._upcasters, previous=previous)


class _Context:
    """What `decide` needs to know beyond the state (`engagement.references.Context`), at the moment of recording.

    The ledger is computed at the first need of an obligation. Confirming, contesting, waiving and resolving open no obligation and
    close none, so a series of these uses the same ledger.
    """

    def __init__(self, engagement: "Engagement", event_log: EventLog, now: DateTime) -> None:
        self._engagement = engagement
        self._event_log = event_log
        self._now = now

    def charter(self, agreement: Agreement) -> "Charter":
        return self._engagement.practice.charters.of(agreement)

    def duty(self, duty_id: str, agreement: Agreement) -> "Duty":
        return self.charter(agreement).duty(duty_id)

    def obligation(self, obligation_id: str) -> "Obligation":
        cache, event_log = self._engagement._cache, self._event_log
        if (snapshot := cache.ledger_snapshot_for(event_log)) is None or not any(
            obligation.id == obligation_id for obligation in snapshot.ledger.obligations
        ):
            snapshot = self._engagement._snapshot_of(event_log, self._now)
        cache.ledger = event_log, snapshot
        return snapshot.ledger.obligation(obligation_id)

    def review(self, goal_id: str) -> "GoalReview":
        return self._engagement._snapshot_of(self._event_log, self._now).review(goal_id)

    def events_between(self, begin: DateTime, end: DateTime) -> Sequence[Event]:
        return self._event_log.effective_between(begin, end)


def _no_unit() -> None:
    return None


class _Shared:
    """What the handles of one engagement share in a practice: what was read and computed last, and who records.

    event_log: as stored. snapshot: the last, and what it is of. ledger: the snapshot whose ledger commands use, and of which events.
    unit: the unit of work that has loaded the engagement; a weak reference, so that a unit that nobody can end holds up nobody.
    """

    def __init__(self) -> None:
        self.event_log = EventLog()
        self.snapshot: tuple[tuple[object, ...], Snapshot] | None = None
        self.ledger: tuple[EventLog, Snapshot] | None = None
        self.unit: Callable[[], Unit | None] = _no_unit
        self.counted = 0  # of the practice's cached events
        self.lock = RLock()  # one command at a time decides and stores

    def ledger_snapshot_for(self, event_log: EventLog) -> "Snapshot | None":
        """The last snapshot whose ledger was used, as long as only `LEDGER_ACTS` were recorded since."""
        if self.ledger is None:
            return None
        before, snapshot = self.ledger
        if before is not event_log:
            is_earlier = before.version <= event_log.version
            if not is_earlier or event_log.recorded[before.version - 1].digest != before.digest:
                return None
            if not all(isinstance(event.content, LEDGER_ACTS) for event in event_log.recorded[before.version :]):
                return None
        return snapshot

    def wait(self, engagement_id: str) -> None:
        """Wait until the unit ends that has loaded the engagement. Raises Conflict unit.open, Refused hook.recorded."""
        if (unit := self.open_unit()) is not None:
            unit._wait(engagement_id)

    def open_unit(self) -> Unit | None:
        """The open unit that has loaded the engagement."""
        unit = self.unit()
        return unit if unit is not None and unit.is_open else None


class Engagement:
    """A handle on one engagement: its parties act through it, and it answers questions as of any two times."""

    def __init__(self, practice: Practice, engagement_id: str, event_log: EventLog, unit: Unit | None = None) -> None:
        self.practice = practice
        self.id = engagement_id
        self._event_log = event_log
        self._unit = unit
        self._is_deciding = False
        self._shared = practice._shared(engagement_id)
        self._cache = self._shared if unit is None else _Shared()  # nobody else may see what a unit has not stored

    _repr_html_ = answer_html

    def __repr__(self) -> str:
        if not self._event_log.version:
            return f"<Engagement {self.id}: not yet proposed>"
        try:
            stage = self._event_log.state.stage
        except NotFound:
            return f"<Engagement {self.id}: not readable by this release>"
        return f"<Engagement {self.id}: {stage}, {self.version} events>"

    # --- acting parties ----------------------------------------------------------------------------------------------

    @property
    def coach(self) -> roles.Coach:
        """The coach's role object. Raises NotAllowed party.ambiguous where the agreement names several coaches: use `as_party`."""
        return self._sole(Role.COACH, roles.Coach)

    @property
    def client(self) -> roles.Client:
        """The client's role object. Raises NotAllowed party.ambiguous where the agreement names several clients: use `as_party`."""
        return self._sole(Role.CLIENT, roles.Client)

    @property
    def sponsor(self) -> roles.Sponsor:
        """The sponsor's role object. Raises as `coach` does, and NotAllowed party.missing where there is no sponsor."""
        return self._sole(Role.SPONSOR, roles.Sponsor)

    @property
    def supervisor(self) -> roles.Supervisor:
        """The supervisor's role object. Raises as `sponsor` does."""
        return self._sole(Role.SUPERVISOR, roles.Supervisor)

    def _sole(self, role: Role, kind: type[R]) -> R:
        parties = self._event_log.state.agreement.those(role)
        if len(parties) != 1:
            raise NotAllowed(
                "party.ambiguous" if parties else "party.missing",
                f"the agreement names {len(parties) or 'no'} {role}{'s' if len(parties) > 1 else ''}",
                f"name one: engagement.as_party({parties[0].id!r})"
                if parties
                else f"amend the agreement to add a {role}",
            )
        return kind(self, Actor(party=parties[0].id, role=role))

    def as_party(self, party_id: str) -> roles.AnyRole:
        """The role object of a party, by id: for groups, and where the role is not known. Raises NotAllowed party.unknown.

        The methods that every role has can be called on it; `isinstance(party, Client)` narrows it to those of one role.
        """
        actor = self._actor(party_id)
        return roles.ROLES[actor.role](self, actor)

    def _actor(self, party_or_role: str) -> Actor:
        """The actor of a party id, or of a role that only one party has. Raises NotAllowed party.unknown, party.ambiguous."""
        state = self._event_log.state
        party = state.agreement.party(party_or_role) or state.newest.party(party_or_role)
        if party is not None:
            return Actor(party=party.id, role=party.role)
        if party_or_role in tuple(Role):
            return self._sole(Role(party_or_role), roles.ActingParty).actor
        known = ", ".join(f"{each.id} ({each.role})" for each in state.newest.parties)
        raise NotAllowed("party.unknown", f"there is no party {shown(party_or_role)}", f"the parties: {known}")

    # --- recording ---------------------------------------------------------------------------------------------------

    def record(
        self,
        content: Content,
        actor: Actor,
        *,
        occurred_at: When | None = None,
        visibility: Visibility | str | None = None,
        event_id: str | None = None,
        correlation_id: str | None = None,
        caused_by: str | None = None,
        recorded_at: DateTime | None = None,
        expected_version: int | None = None,
    ) -> tuple[Event, ...]:
        """Record an event by a party, and store it with what follows from it; returns the events as stored.

        occurred_at: when it happened, for late events; now when omitted. event_id: recording the same id again changes nothing and
        returns what was stored. recorded_at: for imports; never before that of the last event. expected_version: raise Conflict,
        rather than check again, where another handle has recorded something since.
        Raises Refused, NotAllowed, NotValid, Conflict; in each case nothing is stored.
        """
        if not isinstance(content, Content):
            raise NotValid(
                "event.invalid", f"{shown(content)} is not an event", "pass one of the classes in coachcore.events"
            )
        check_type(actor, Actor, "actor", "use engagement.as_party(party_id).record(...)")
        if expected_version is not None:
            check_type(expected_version, int, "expected_version")
        proposal = Proposal(
            content=content,
            event_id=secrets.token_hex(16) if event_id is None else event_id,
            occurred_at=None if occurred_at is None else self._moment(occurred_at, "occurred_at"),
            visibility=visibility,
            correlation_id=correlation_id,
            caused_by=caused_by,
        )
        if recorded_at is not None:
            recorded_at = self._moment(recorded_at, "recorded_at")
        unit = self._open_unit
        for attempt in range(RETRIES):
            if event_id is not None and (stored := self._already_stored(proposal, actor)):
                return stored
            if expected_version is not None and expected_version != self._event_log.version:
                raise Conflict(
                    "engagement.conflict",
                    f"the engagement is at version {self._event_log.version}, not {shown(expected_version)}",
                    "look at what was recorded since, then try again",
                    expected=expected_version,
                    actual=self._event_log.version,
                )
            try:
                if unit is not None:
                    return tuple(self._record_in(unit, proposal, actor, recorded_at))
                return tuple(self._record_alone(proposal, actor, recorded_at))
            except Conflict as error:
                if unit is not None or attempt == RETRIES - 1:
                    raise
                known = self.version
                self.refresh()
                # the id may belong to this very event, stored through another handle since this one last read
                if error.code != "store.conflict" and (error.code != "record_id.duplicate" or known == self.version):
                    raise
        raise AssertionError("unreachable")

    def _already_stored(self, proposal: Proposal, actor: Actor) -> tuple[Event, ...]:
        event_log = self._event_log
        first = event_log.event(proposal.event_id)
        if first is None:
            return ()
        if first.actor != actor or type(first.content) is not type(proposal.content):
            raise Conflict(
                "event_id.duplicate",
                f"event id {proposal.event_id!r} belongs to another event",
                "give each event an id of its own",
            )
        return (first, *(event for event in event_log.recorded[first.version :] if event.caused_by == first.id))

    @property
    def _open_unit(self) -> Unit | None:
        return self._unit if self._unit is not None and self._unit.is_open else None

    def _record_alone(self, proposal: Proposal, actor: Actor, recorded_at: DateTime | None) -> Sequence[Event]:
        """Record as a unit of its own."""
        if self.practice.hooks.has_before:
            with self.practice.unit() as unit:
                handle = unit._handle(self.id)
                events = handle._record_in(unit, proposal, actor, recorded_at, is_alone=True)
            self._advance(handle._event_log)
            first, last = events[0].version, events[-1].version
            return self._event_log.recorded[first - 1 : last]  # with the positions that they were given
        entry = None
        while entry is None:
            self._shared.wait(self.id)
            with self._shared.lock:
                if self._shared.open_unit() is None:
                    if isinstance(proposal.content, LEDGER_ACTS):
                        self.refresh()  # so that the ledger and `decide` use the same state
                    entry = self._entry(proposal, actor, recorded_at)
                    self.practice._commit([entry])
        self.practice.hooks.notify()
        return self._event_log.recorded[entry.before.version : entry.before.version + len(entry.drafts)]

    def _record_in(
        self, unit: Unit, proposal: Proposal, actor: Actor, recorded_at: DateTime | None, *, is_alone: bool = False
    ) -> Sequence[Event]:
        """Record as part of a unit. Where it is refused, what before handlers added to the unit is taken back with it."""
        if self._is_deciding:
            raise recorded_by_hook()
        count = len(unit._entries)
        self._is_deciding = True
        try:
            entry = self._entry(proposal, actor, recorded_at, unit, is_alone=is_alone)
            events = _events(entry.before, [entry], [record for record, _ in entry.records])
            unit._entries.append(entry)
            self._event_log = entry.before.extended(events)
        except BaseException:
            unit._undo(count)
            raise
        finally:
            self._is_deciding = False
        return events

    def _entry(
        self,
        proposal: Proposal,
        actor: Actor,
        recorded_at: DateTime | None,
        unit: Unit | None = None,
        *,
        is_alone: bool = True,
    ) -> Entry:
        """What is to be stored of a proposed event. is_alone: not of a batch, which may be an import."""
        event_log = self._event_log
        now = recorded_at or self.practice.now()
        if event_log.version:  # a clock set back does not change the order of events
            now = max(now, event_log.recorded[-1].recorded_at)
        if isinstance(proposal.content, Unknown | Erased) and not is_alone:
            drafts: Sequence[Draft] = (
                _unchanged_draft(proposal, actor, now),
            )  # an import keeps what no command can record
        else:
            drafts = self._decided(event_log, proposal, actor, now, unit)
        return Entry(self, event_log, drafts, self._encoded(event_log, drafts, now), now)

    def _decided(
        self, event_log: EventLog, proposal: Proposal, actor: Actor, now: DateTime, unit: Unit | None
    ) -> Sequence[Draft]:
        state = event_log.state if event_log.version else None
        context = _Context(self, event_log, now)
        drafts = decide(state, proposal, actor, now, context)
        hooks = self.practice.hooks
        if unit is None or not hooks.has_before:
            return drafts
        accepted: list[Draft] = []
        waiting = list(drafts)
        while waiting:
            draft = waiting.pop(0)
            pending = Pending(content=draft.content, draft=draft, engagement_id=self.id, state=state, unit=unit)
            added = hooks.run_before(pending)
            accepted.append(draft)
            if len(accepted) + len(added) > MAX_ADDED:
                raise Refused(
                    "hook.endless", f"before handlers add more than {MAX_ADDED} events", "let them add to fewer types"
                )
            if not added:
                continue
            known = _foreseen(
                self.id, event_log, [*accepted, *waiting], now
            )  # an added event may refer to the one it is added to
            for content in added:
                further = Proposal(
                    content=content,
                    event_id=f"{proposal.event_id}.{len(accepted) + len(waiting)}",
                    occurred_at=draft.occurred_at,
                    caused_by=proposal.event_id,
                )
                waiting += decide(known, further, actor, now, context)
                known = _foreseen(self.id, event_log, [*accepted, *waiting], now)
        return tuple(accepted)

    def _encoded(self, event_log: EventLog, drafts: Sequence[Draft], now: DateTime) -> list[tuple[Record, str]]:
        previous = event_log.digest
        encoded = []
        for version, draft in enumerate(drafts, event_log.version + 1):
            record, digest = encode(
                draft,
                engagement_id=self.id,
                version=version,
                recorded_at=now,
                previous=previous,
                salt=secrets.token_bytes(16),
            )
            previous = record.digest
            encoded.append((record, digest))
        return encoded

    @contextmanager
    def batch(self) -> Iterator["Engagement"]:
        """A unit of work on this engagement alone: what is recorded through the handle it returns is stored together, or not at all.

        On a handle of a unit, a part of that unit. Raises Conflict unit.open where a unit is open on the engagement, and as `Practice.unit`.
        """
        if self._open_unit is not None:
            with self._open_unit._innermost.unit():
                yield self
        else:
            with self.practice.unit() as unit:
                handle = unit._handle(self.id)
                yield handle
            self._advance(handle._event_log)

    def refresh(self) -> Self:
        """Read what other handles have recorded since."""
        if self._open_unit is None:
            known = self._event_log
            self._advance(self.practice._read(self.id, known), known)
        return self

    def _advance(self, event_log: EventLog, known: EventLog | None = None) -> None:
        """Show the events of another log, unless another thread has shown later ones since `known`."""
        with self.practice._lock:
            if self._event_log is known or self._event_log.version <= event_log.version:
                self._event_log = event_log

    # --- questions ---------------------------------------------------------------------------------------------------

    @property
    def version(self) -> int:
        """How many events were recorded."""
        return self._event_log.version

    @property
    def zone(self) -> str:
        """The IANA zone in which days begin and end."""
        return self._event_log.state.zone

    def _moment(self, moment: When, path: str) -> DateTime:
        """A moment from a caller, in UTC; a day means its end, and local text is read in the engagement's zone."""
        try:
            return moment_of(moment, self._event_log.state.zone if self._event_log.version else "UTC")
        except NotValid as error:
            raise error.under(path) from None

    def snapshot(self, as_of: When | None = None, known_at: When | None = None) -> "Snapshot":
        """The engagement at a moment, with everything that is computed from it; the store and the clock are read once.

        as_of: what had occurred by then; now when omitted (or `known_at`, where that is given). A day means its end in the
        engagement's zone. known_at: what had been recorded by then; now when omitted, so that late events count. The last snapshot
        is cached, and returned again while it describes the same events and times.
        Raises NotFound engagement.not_yet before the engagement began, NotValid time.*.
        """
        self.refresh()
        return self._snapshot_of(self._event_log, as_of, known_at)

    def _snapshot_of(self, event_log: EventLog, as_of: When | None, known_at: When | None = None) -> "Snapshot":
        state = event_log.state  # raises NotFound where there is none
        now = self.practice.now()
        knowledge = (
            max(now, event_log.recorded[-1].recorded_at) if known_at is None else self._moment(known_at, "known_at")
        )
        if as_of is None:
            moment = max(now, state.last_at) if known_at is None else knowledge
        else:
            moment = self._moment(as_of, "as_of")
        # without known_at all events count, whatever the clock says
        key = (event_log, moment, None if known_at is None else knowledge)
        cached = self._cache.snapshot
        if cached is None or cached[0] != key:
            from coachcore.snapshot import Snapshot

            history = event_log.history(moment, knowledge)
            self._cache.snapshot = cached = key, Snapshot(history, self.practice.charters, self.practice.rules)
        return cached[1]

    def state(self, as_of: When | None = None, known_at: When | None = None) -> State:
        """The stage, goals, actions, sessions and agreement at a moment. See `snapshot`."""
        return self.snapshot(as_of, known_at).state

    def recorded(self, as_of: When | None = None, known_at: When | None = None) -> tuple[Event, ...]:
        """The recorded events that had occurred by `as_of`, in the order recorded; corrected events and corrections alike."""
        recorded = self.snapshot(as_of, known_at).history.recorded
        if as_of is None:
            return tuple(recorded)
        moment = self._moment(as_of, "as_of")
        return tuple(event for event in recorded if event.occurred_at <= moment)

    def smart(self, goal_id: str, as_of: When | None = None, known_at: When | None = None) -> "GoalReview":
        """The SMART review of a goal; see `Snapshot.review`."""
        return self.snapshot(as_of, known_at).review(goal_id)

    def progress(self, as_of: When | None = None, known_at: When | None = None) -> "Progress":
        """The progress of every goal and of the engagement; see `Snapshot.progress`."""
        return self.snapshot(as_of, known_at).progress

    def ledger(self, as_of: When | None = None, known_at: When | None = None) -> "Ledger":
        """Both roles' obligations under the charter, and how they were settled; see `Snapshot.ledger`."""
        return self.snapshot(as_of, known_at).ledger

    def view(self, reader: Role | str | Actor, as_of: When | None = None, known_at: When | None = None) -> "View":
        """The history as a role, or one party, may see it; see `Snapshot.view`."""
        return self.snapshot(as_of, known_at).view(reader)


def _checked_composition(
    clock: object, on_failure: object, upcasters: object, charters: object, rules: object
) -> "tuple[Charter, ...]":
    """Check the parts of a practice when it is opened, rather than at their first use; returns the charters."""
    for name, function in (("clock", clock), ("on_failure", on_failure)):
        if not callable(function) and (name == "clock" or function is not None):
            raise NotValid("value.invalid", f"{shown(function)} is not a function", "pass a function", path=name)
    check_type(upcasters, Mapping, "upcasters")
    if rules is not None:
        from coachcore.rules import RuleSet

        check_type(rules, RuleSet, "rules")
    check_type(charters, Iterable, "charters", "pass a list of charters")
    own_charters = tuple(cast("Iterable[Charter]", charters))
    if own_charters:
        from coachcore.charter import Charter

        for charter in own_charters:
            check_type(charter, Charter, "charters")
    return own_charters


def _event(
    draft: Draft,
    engagement_id: str,
    version: int,
    recorded_at: DateTime,
    record: Record | None = None,
    content_digest: str = "",
    previous: str = "",
) -> Event:
    """A draft as an event. record: its stored form; without one the event has no position and no digests."""
    return Event(
        id=draft.event_id,
        engagement_id=engagement_id,
        version=version,
        position=0 if record is None else record.position,
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
        digest="" if record is None else record.digest,
    )


def _events(event_log: EventLog, run: Sequence[Entry], records: Sequence[Record]) -> list[Event]:
    """The events of entries that follow one another in an engagement. records: of all of them, as stored or as they will be."""
    previous, events = event_log.digest, []
    stored = iter(records)
    for entry in run:
        for draft, (_, content_digest) in zip(entry.drafts, entry.records, strict=True):
            record = next(stored)
            events.append(
                _event(draft, record.engagement_id, record.version, entry.recorded_at, record, content_digest, previous)
            )
            previous = record.digest
    return events


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


def _to_erase(drafts: Sequence[Draft]) -> list[str]:
    contents = [draft.content for draft in drafts]
    return [event_id for content in contents if isinstance(content, ContentErased) for event_id in content.entry_ids]


def _erases(events: Sequence[Event]) -> bool:
    return any(isinstance(event.content, ContentErased) for event in events)


def _checked_id(engagement_id: str) -> str:
    try:
        ident = str(check_for(Ident)(engagement_id))
    except NotValid as error:
        raise error.under("engagement_id") from None
    if "/" in ident or ident.startswith("."):
        raise NotValid(
            "engagement_id.invalid",
            f"{shown(ident)} reads as a path, and engagement ids become parts of file names and URLs",
            "use no / in it, and begin with another sign than a dot",
            path="engagement_id",
        )
    return ident


def _check_erased(drafts: Sequence[Draft], erase: Sequence[str]) -> None:
    for draft in drafts:
        if isinstance(draft.content, Erased) and draft.event_id not in erase:
            raise Refused(
                "erasure.missing",
                f"event {draft.event_id!r} has no content, and no event erases it",
                "give its content, or the event that erased it",
            )


def moment_of(moment: When, zone: str) -> DateTime:
    """A moment from a caller, in UTC: a day (a date, or text such as 2026-03-01) means its last microsecond in the zone."""
    if isinstance(moment, str):
        if len(moment) == len("2026-03-01"):
            moment = as_date(moment)
        else:
            try:
                return parse_local(moment, zone)
            except NotValid as error:
                if error.code != "time.invalid":
                    raise
                hint = "write a day, such as 2026-02-03, or a time, such as 2026-02-03T10:00:00+02:00"
                raise NotValid("time.invalid", f"{shown(moment)} is not a time", hint) from None
    if isinstance(moment, date) and not isinstance(moment, datetime):
        return end_of_day(as_date(moment), zone) - MICROSECOND
    return as_moment(moment)


def _new_id(kind: str) -> str:
    return f"{kind}-{secrets.token_hex(6)}"
