"""What a synchronous and an asynchronous practice do alike: reading, storing, beginning engagements and units of work.

Each step that meets the store or a host's handler is a flow (`coachcore.flow`); `Practice` and `AsyncPractice` run them.
"""

import secrets
import weakref
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar, cast

import pendulum
from pendulum import DateTime

from coachcore.engagement.history import EventLog
from coachcore.envelope import Upcaster, decode_chain
from coachcore.errors import (
    Conflict,
    NotAllowed,
    NotFound,
    NotValid,
    Refused,
    check_callable,
    check_type,
    did_you_mean,
    shown,
)
from coachcore.events import EngagementProposed
from coachcore.flow import Flow, value_of
from coachcore.hooks import Failure, Handlers
from coachcore.model.agreement import Agreement
from coachcore.model.parties import Actor, Role
from coachcore.model.times import When, as_moment, moment_of
from coachcore.model.value import Ident, check_for
from coachcore.model.words import Visibility
from coachcore.practice.cache import Cache, Shared
from coachcore.practice.copies import Copies, copies_of_erased
from coachcore.practice.handle import HandleBase
from coachcore.practice.recording import append_of, erased_by, runs_of, stored_events
from coachcore.practice.unit import OVERTAKEN, RETRIES, Entry, Host, HostCommit, UnitBase, UnitScope
from coachcore.practice.waiting import Waiting
from coachcore.storage.contract import AsyncEventStore, EventStore, JoinedStore, SaveCheckpoint, Write
from coachcore.storage.opening import has_sealed
from coachcore.storage.record import Record

if TYPE_CHECKING:  # opening a practice and recording need none of these; the first snapshot imports them
    from coachcore.charter import Charter, Charters
    from coachcore.ledger import Due
    from coachcore.rules import RuleSet
    from coachcore.smart import Judge
    from coachcore.storage.sealed import KeyProvider, KeyRotation

__all__ = ["Clock", "PracticeBase", "seals", "utc_now"]

Clock = Callable[[], datetime]
H = TypeVar("H", bound=HandleBase)
T = TypeVar("T")
U = TypeVar("U", bound=UnitBase[Any])
SIMILAR_IDS = 100
"""Ids that are compared with an unknown one, so that the hint costs the same in a store of any size."""


def utc_now() -> DateTime:
    """The present, in UTC: the default clock of a practice."""
    return pendulum.now("UTC")


def seals(store: EventStore | AsyncEventStore, keys: "KeyProvider | None") -> Flow[bool]:
    """Whether a practice seals what it stores: where it is given keys, or where contents of the store are sealed
    already.

    Raises NotValid visibility.unknown where there are keys for a visibility that no event has.
    """
    for visibility in sorted(getattr(keys, "visibilities", ())):
        if visibility not in tuple(Visibility):
            raise NotValid(
                "visibility.unknown",
                f"there is a wrapping key for the visibility {shown(visibility)}, which no event has",
                did_you_mean(visibility, Visibility),
                path="keys",
            )
    return keys is not None or (yield from has_sealed(store))


class PracticeBase(Generic[H, U]):
    """A host's engagements, in one store."""

    store: EventStore | AsyncEventStore
    hooks: Handlers

    def __init__(
        self,
        store: EventStore | AsyncEventStore,
        waiting: Waiting,
        clock: Clock,
        on_failure: Failure | None,
        upcasters: Mapping[tuple[str, int], Upcaster],
        charters: "Iterable[Charter]",
        rules: "RuleSet | None",
        judges: "Sequence[Judge]" = (),
    ) -> None:
        self._own_charters = _checked_composition(clock, on_failure, upcasters, charters, rules)
        self.judges = _checked_judges(judges)
        """A host's own judges of the wording of goals."""
        self.store = store
        self._clock = clock
        self._upcasters = upcasters
        self._rules = rules
        self._waiting = waiting
        self._commit_turn = waiting.turn()
        self._cache = Cache(waiting.turn)

    def _rotated(self) -> "Flow[KeyRotation]":
        """Wrap the store's data keys anew."""
        rotate = getattr(self.store, "rotate_keys", None)
        if rotate is None:
            raise Refused("keys.missing", "this practice has no keys", "open it with keys=")
        return (yield from value_of(cast("KeyRotation | Awaitable[KeyRotation]", rotate())))

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

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {type(self.store).__name__}>"

    def __reduce__(self) -> NoReturn:
        """Raises NotValid practice.not_picklable: an open store belongs to one process."""
        raise NotValid(
            "practice.not_picklable",
            "a practice holds an open store, a clock and handlers, and cannot be pickled or copied",
            "open the store again in the other process, or pass on snapshots of engagements",
        )

    def now(self) -> DateTime:
        """The present by this practice's clock, in UTC."""
        return as_moment(self._clock())

    def preview(self, agreement: Agreement, *, until: When, starts_at: When | None = None) -> "tuple[Due, ...]":
        """A dry run of an agreement before anybody signs: what both sides would owe up to a moment. Nothing is stored.

        until: a day means its end in the agreement's zone. starts_at: when the work would begin; when omitted, with the day on
        which the agreement says that it starts, or else now. See `Ledger.due`.
        Raises NotFound charter.unknown, NotValid time.*, date.invalid.
        """
        from coachcore.ledger.preview import preview

        check_type(agreement, Agreement, "agreement")
        return preview(self.charters.of(agreement), agreement, until=until, starts_at=starts_at, now=self.now())

    def copies_of_erased(self) -> tuple[Copies, ...]:
        """Where the text of what was erased here, by its author or by the host, may be at this moment."""
        return copies_of_erased(self.store)

    # --- beginning and loading ---------------------------------------------------------------------------------------

    def _proposed(
        self,
        agreement: Agreement,
        by: str | None,
        engagement_id: str | None,
        occurred_at: When | None,
        unit: UnitBase[H] | None = None,
    ) -> Flow[H]:
        check_type(agreement, Agreement, "agreement")
        proposer = agreement.party(by) if by is not None else agreement.those(Role.COACH)[0]
        if proposer is None:
            known = ", ".join(party.id for party in agreement.parties)
            raise NotAllowed("party.unknown", f"there is no party {shown(by)}", f"the parties: {known}")
        engagement = yield from self._new_handle(engagement_id, unit)
        yield from engagement._record(
            EngagementProposed(agreement=agreement),
            Actor(party=proposer.id, role=proposer.role),
            occurred_at=None if occurred_at is None else moment_of(occurred_at, agreement.zone),
        )
        return engagement

    def _new_handle(self, engagement_id: str | None = None, unit: UnitBase[H] | None = None) -> Flow[H]:
        """A handle on an engagement that is still to be proposed. Raises Refused engagement.duplicate."""
        new_id = f"eng-{secrets.token_hex(6)}" if engagement_id is None else _checked_id(engagement_id)
        handle = self._handle_on(new_id, EventLog()) if unit is None else (yield from unit._handle(new_id))
        if handle.version or (engagement_id is not None and (yield from value_of(self.store.head(new_id))) is not None):
            raise Refused(
                "engagement.duplicate", f"there is already an engagement {new_id!r}", "give another id, or load it"
            )
        return handle

    def _loaded(self, engagement_id: str) -> Flow[H]:
        check_type(engagement_id, str, "engagement_id")
        event_log = yield from self._read(engagement_id)
        if not event_log.version:
            yield from self._refuse_unknown(engagement_id)
        return self._handle_on(engagement_id, event_log)

    def _refuse_unknown(self, engagement_id: str) -> Flow[NoReturn]:
        similar = yield from self._similar_ids(engagement_id)
        hint = did_you_mean(engagement_id, similar)
        raise NotFound("engagement.unknown", f"there is no engagement {shown(engagement_id)}", hint)

    def _similar_ids(self, engagement_id: str) -> Flow[list[str]]:
        """Ids to compare an unknown one with: all in a small store, otherwise some that share a beginning with it."""
        heads = yield from value_of(self.store.heads("", SIMILAR_IDS))
        if len(heads) == SIMILAR_IDS:
            heads = []
            for beginning in (engagement_id[: len(engagement_id) * quarter // 4] for quarter in range(4)):
                heads = [*heads, *(yield from value_of(self.store.heads(beginning, SIMILAR_IDS // 4)))]
        return [head.engagement_id for head in heads]

    def _ids(self) -> Flow[tuple[str, ...]]:
        heads = yield from value_of(self.store.heads())
        return tuple(head.engagement_id for head in heads)  # a store has them in order

    # --- reading -----------------------------------------------------------------------------------------------------

    def _read(
        self, engagement_id: str, known: EventLog | None = None, joined: JoinedStore | None = None
    ) -> Flow[EventLog]:
        """All that is stored of an engagement. Of what is known already, only the events recorded since are read.

        Everything is read again where the store has another history than the known one, as when a backup was put back. joined: the
        store as a host's transaction sees it, which nobody else may.
        """
        store = self.store if joined is None else joined
        shared = self._cache.of(engagement_id)
        shared_log = shared.event_log
        if known is None or known.version < shared_log.version:
            known = shared_log
        # the last known one tells which history it is
        records = yield from value_of(store.read(engagement_id, max(known.version - 1, 0)))
        if known.version and records and records[0].digest == known.digest:
            if len(records) == 1:
                return known
            event_log = self._extended(shared, known, records[1:])
        else:
            if known.version:
                records = yield from value_of(store.read(engagement_id))
                shared.forget()
            event_log = EventLog(decode_chain(records, self._upcasters))
        if joined is None:
            self._cache.remember(engagement_id, shared, event_log, shared_log)
        return event_log

    def _extended(self, shared: Shared, known: EventLog, records: Sequence[Record]) -> EventLog:
        """What is known with the records stored since. Content that they erase is dropped, with what was computed of it."""
        later = decode_chain(records, self._upcasters, previous=known.digest)
        event_log = known.extended(later)
        if erased := erased_by(later):
            event_log = event_log.without_content(erased)
            shared.erase(event_log)
        return event_log

    # --- recording ---------------------------------------------------------------------------------------------------

    def _unit_scope(self, connection: object = None) -> UnitScope[U]:
        unit = self._new_unit(None)
        if connection is not None:
            unit._joined, unit._host = self._joined(connection), Host(connection)
        return UnitScope(unit)

    def _joined(self, connection: object) -> JoinedStore:
        join = getattr(self.store, "joined", None)
        if join is None:
            raise Refused(
                "unit_connection.not_allowed",
                f"{type(self.store).__name__} cannot write in a host's own transaction",
                "use an SQL store in the host's database, or leave `connection` out",
            )
        return cast("JoinedStore", join(connection))

    def _in_unit(self, work: Callable[[U], Any]) -> Flow[Any]:
        """Do a host's work that records in a unit; do all of it again where another writer came first."""
        check_callable(work, "work")
        return (yield from self._repeated(lambda unit: value_of(work(unit))))

    def _repeated(self, work: Callable[[U], Flow[T]]) -> Flow[T]:
        """Do work in a unit; do all of it again in another where another writer came first."""
        for attempt in range(RETRIES):
            scope = self._unit_scope()
            try:
                try:
                    result = yield from work(scope.unit)
                except BaseException as error:
                    yield from scope.left(error)
                    raise
                try:
                    yield from scope.left(None)
                except Conflict as error:
                    if error.code not in OVERTAKEN or attempt == RETRIES - 1:
                        raise
                else:
                    return result
            finally:
                scope.abandon()  # even while the traceback of an interrupt refers to it
        raise AssertionError("unreachable")

    def _claimed(self, engagement_id: str, unit: UnitBase[H]) -> Flow[H]:
        """A unit's handle on an engagement, which is the unit's until it ends."""
        shared = self._cache.of(engagement_id)
        is_claimed = False
        while not is_claimed:
            if (other := shared.unit()) is not None:
                yield from other._wait(engagement_id, unit._host)
            is_claimed = yield from shared.turn.during(_claim(shared, unit))
        event_log = yield from self._read(engagement_id, None, unit._joined)
        return self._handle_on(engagement_id, event_log, unit)

    def _commit(
        self, entries: Sequence[Entry], checkpoints: Sequence[SaveCheckpoint] = (), unit: UnitBase[H] | None = None
    ) -> Flow[None]:
        """Store what was decided, all of it or nothing. Only then the handles show it, and after handlers will be notified.

        Engagements are written in the order of their ids, so that no two units of a database wait for each other.
        """
        in_order = runs_of(entries)
        writes: list[Write] = [*map(append_of, in_order), *checkpoints]
        if unit is not None and unit._joined is not None:
            new = yield from self._written(writes, in_order, unit._joined)
            unit._joined.on_commit(HostCommit(unit, new))
            for entry in reversed(entries):  # until the host commits, what others see too
                known = entry.handle._shared.event_log
                entry.handle._event_log = known if known.version else entry.before
        elif self.store.promises.is_exclusive:  # writers take turns anyway, and handlers learn of events in that order
            yield from self._commit_turn.during(self._committing(writes, in_order))
        else:
            yield from self._committing(writes, in_order)

    def _committing(self, writes: Sequence[Write], runs: Sequence[Sequence[Entry]]) -> Flow[None]:
        self._committed((yield from self._written(writes, runs)))

    def _written(
        self, writes: Sequence[Write], runs: Sequence[Sequence[Entry]], joined: JoinedStore | None = None
    ) -> Flow[list[Sequence[Entry]]]:
        """Write to the store. Returns the runs whose events are new.

        Others were stored before, under the ids that the caller chose.
        """
        store = self.store if joined is None else joined
        yield from value_of(store.write(writes))
        new = []
        for run in runs:
            handle, after = run[0].handle, run[-1].after
            if any(entry.has_own_id for entry in run):
                head = yield from value_of(store.head(handle.id))
                if head is None or head.digest != after.digest:
                    stored = yield from self._read(handle.id, run[0].before, joined)
                    if stored.version < after.version or stored.recorded[after.version - 1].digest != after.digest:
                        self._show(handle, stored)
                        continue
            new.append(run)
        return new

    def _committed(self, runs: Sequence[Sequence[Entry]]) -> None:
        if self.hooks.has_after:
            self.hooks.add_committed([stored for run in runs for stored in stored_events(run)])
        for run in runs:
            handle, event_log = run[0].handle, run[-1].after
            if erased := [event_id for entry in run for event_id in entry.erased]:
                event_log = event_log.without_content(erased)
                handle._answers.forget()
                handle._shared.erase(event_log)
            self._show(handle, event_log)

    def _show(self, handle: HandleBase, event_log: EventLog) -> None:
        self._cache.remember(handle.id, handle._shared, event_log)
        handle._advance(event_log)

    # --- of each face ------------------------------------------------------------------------------------------------

    def _handle_on(self, engagement_id: str, event_log: EventLog, unit: UnitBase[H] | None = None) -> H:
        """A handle that shows these events."""
        raise NotImplementedError

    def _new_unit(self, parent: UnitBase[H] | None) -> U:
        """A unit, or a part of one."""
        raise NotImplementedError

    def _notify(self) -> None:
        """Run the after handlers of what a host has committed."""
        raise NotImplementedError


def _claim(shared: Shared, unit: UnitBase[Any]) -> Flow[bool]:
    yield from ()
    if shared.open_unit() is not None:
        return False
    shared.unit = weakref.ref(unit)
    return True


def _checked_composition(
    clock: object, on_failure: object, upcasters: object, charters: object, rules: object
) -> "tuple[Charter, ...]":
    """Check the parts of a practice when it is opened, rather than at their first use; returns the charters."""
    check_callable(clock, "clock")
    if on_failure is not None:
        check_callable(on_failure, "on_failure")
    check_type(upcasters, Mapping, "upcasters")
    if rules is not None:
        from coachcore.rules import RuleSet
        from coachcore.smart import check_criteria

        check_type(rules, RuleSet, "rules")
        check_criteria(cast("RuleSet", rules))
    check_type(charters, Iterable, "charters", "pass a list of charters")
    own_charters = tuple(cast("Iterable[Charter]", charters))
    if own_charters:
        from coachcore.charter import Charter

        for charter in own_charters:
            check_type(charter, Charter, "charters")
    return own_charters


def _checked_judges(judges: "Sequence[Judge]") -> "tuple[Judge, ...]":
    if isinstance(judges, tuple) and not judges:
        return ()
    from coachcore.smart.text_review import checked_judges

    return checked_judges(judges)


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
