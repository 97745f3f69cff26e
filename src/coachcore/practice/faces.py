"""The synchronous face: `Practice` and `Engagement`. What they do is in `base` and `handle`; their methods run its flows."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Self, TypeVar, Unpack

from coachcore import roles
from coachcore.engagement.history import EventLog
from coachcore.engagement.state import State
from coachcore.envelope import UPCASTERS, Upcaster
from coachcore.events import Content, Event, LearningLogged
from coachcore.flow import run
from coachcore.hooks import Failure, Hooks
from coachcore.model.agreement import Agreement
from coachcore.model.parties import Actor, Role
from coachcore.model.times import MomentLike, When
from coachcore.model.words import ErasureGround, LearningKind
from coachcore.numbers import NumberLike
from coachcore.practice.base import Clock, PracticeBase, seals, utc_now
from coachcore.practice.erasing import Erasure, erasing
from coachcore.practice.handle import HandleBase, RecordingOptions, checked
from coachcore.practice.learning import logging_learning
from coachcore.practice.unit import BatchScope, Unit, UnitBase, UnitScope
from coachcore.practice.waiting import Threads
from coachcore.storage import open_store
from coachcore.storage.contract import EventStore

if TYPE_CHECKING:  # opening a practice and recording need none of these; the first snapshot imports them
    from coachcore.charter import Charter
    from coachcore.interop.message_log import LogOptions
    from coachcore.ledger import Ledger
    from coachcore.practice.ticks import TickItem, TickRun
    from coachcore.privacy.snapshot_view import SnapshotView
    from coachcore.progress import Progress
    from coachcore.rules import RuleSet
    from coachcore.smart import GoalReview, Judge
    from coachcore.snapshot import Snapshot
    from coachcore.storage.receipt import Receipt
    from coachcore.storage.sealed import KeyProvider, KeyRotation

__all__ = ["Engagement", "Practice", "open_practice"]

T = TypeVar("T")


def open_practice(
    path_or_url: str | os.PathLike[str] = ":memory:",
    *,
    clock: Clock = utc_now,
    charters: Iterable["Charter"] = (),
    rules: "RuleSet | None" = None,
    judges: "Sequence[Judge]" = (),
    upcasters: Mapping[tuple[str, int], Upcaster] = UPCASTERS,
    on_failure: Failure | None = None,
    plugins: Sequence[str] = (),
    create: bool = True,
    keys: "KeyProvider | None" = None,
) -> "Practice":
    """Open a practice: a path, ":memory:", or a URL such as sqlite:///coaching.db.

    clock: returns the present, for tests and imports. charters: a host's own, which agreements may name. rules: the
    SMART rules by which goals are judged, in reviews and in the ledger alike; the default ones when omitted. judges: a
    host's own, of the wording of goals (`coachcore.smart.Judge`). upcasters: convert contents of older schemas.
    on_failure: called when an after hook fails; logged when omitted. plugins: names of installed plug-ins that add
    handlers (`coachcore.hooks`); none is loaded without its name. create: make the file where there is none. keys:
    wrapping keys, with which contents are encrypted from now on (`coachcore.storage.sealed`, extra `crypto`); without
    them an encrypted store gives types, times and counts, and no content can be recorded in it.
    Raises StoreUnavailable, Corrupt, NotValid as `open_store` does; NotFound plugin.unknown, NotValid plugin.*,
    package.missing, visibility.unknown.
    """
    store = open_store(path_or_url, create=create)
    try:
        if run(seals(store, keys)):
            from coachcore.storage.sealed import SealedStore

            store = SealedStore(store, keys)
        practice = Practice(
            store,
            clock=clock,
            charters=charters,
            rules=rules,
            judges=judges,
            upcasters=upcasters,
            on_failure=on_failure,
        )
        practice.hooks.load_plugins(plugins, practice)
    except BaseException:
        store.close()
        raise
    return practice


class Practice(PracticeBase["Engagement", Unit]):
    """A host's engagements, in one store. Use it as a context manager, or close it. Threads may share it."""

    store: EventStore
    hooks: Hooks

    def __init__(
        self,
        store: EventStore,
        *,
        clock: Clock = utc_now,
        on_failure: Failure | None = None,
        upcasters: Mapping[tuple[str, int], Upcaster] = UPCASTERS,
        charters: Iterable["Charter"] = (),
        rules: "RuleSet | None" = None,
        judges: "Sequence[Judge]" = (),
    ) -> None:
        super().__init__(store, Threads(), clock, on_failure, upcasters, charters, rules, judges)
        self.hooks = hooks = Hooks(on_failure)
        """The handlers, for `practice.hooks.remove(handler)`."""
        self.after = hooks.after
        """Decorate a handler to run after events of these types were stored; see `coachcore.hooks`."""
        self.before = hooks.before
        """Decorate a handler to run before events of these types are stored; see `coachcore.hooks`."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the store."""
        self.store.close()

    def receipt(self, engagement_id: str | None = None) -> "Receipt":
        """What confirms everything that is stored now, or one engagement: its `str()` is a line to keep elsewhere.

        `coachcore verify DB --receipt FILE` shows later whether anything of it is gone or changed; see `coachcore.storage.receipt`.
        Raises NotFound engagement.unknown, StoreUnavailable, Corrupt.
        """
        from coachcore.storage.receipt import take_receipt

        return take_receipt(self.store, time=self.now(), engagement_id=engagement_id)

    def rotate_keys(self) -> "KeyRotation":
        """Wrap every data key of the store with the wrapping key in use now; no event is touched.

        A process may go on recording meanwhile. Every process needs the new wrapping key before, and the old one until
        it is done.
        Raises Refused keys.missing where the store is not encrypted, Corrupt data_key.changed, StoreUnavailable
        key_provider.failed.
        """
        return run(self._rotated())

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
        return run(self._proposed(agreement, by, engagement_id, occurred_at))

    def import_file(self, path: str | os.PathLike[str], **options: Unpack["LogOptions"]) -> "Engagement":
        """Import a journal or a message log, whichever the file is: all of it, or nothing.

        options: how a message log is to be read (zone, dates, columns, speakers, delimiter, encoding, title), and engagement_id,
        in place of the file's own. A message log that was imported before may have grown. What `coachcore import` does; see
        `coachcore.interop.import_file`.
        Raises NotFound file.missing, Refused engagement.duplicate and what a line is refused with, Conflict, NotValid.
        """
        from coachcore.interop.importing import import_file

        return import_file(self, path, **options)

    def tick(
        self, name: str, now: MomentLike | None = None, *, since: MomentLike | None = None
    ) -> "Iterator[TickItem]":
        """What came due, became late, was missed or lapsed since the last tick of a name, in all engagements, first ones first.

        That it was announced is saved once the last item was used: a loop that is left, or ends in a crash, gets all of its items
        again, with the same ids. `Unit.tick` announces exactly once what is recorded in a unit. now: the moment to look at; by the
        clock when omitted. since: of a new name, the moment from which it announces; all when omitted.
        Raises NotValid id.invalid, time.*; while it runs, Conflict tick.conflict where another run of the name has taken over,
        Refused tick_state.unknown, Corrupt, NotFound charter.unknown, StoreUnavailable.
        """
        from coachcore.practice.ticks import TickRun

        return self._ticked(TickRun(self, name, now, since))

    def _ticked(self, tick: "TickRun") -> "Iterator[TickItem]":
        for item in run(tick.begun()):
            run(tick.confirmed())
            yield item
        run(tick.ended())

    def unit(self, connection: object = None) -> UnitScope[Unit]:
        """A unit of work, for `with` and `async with`: what is recorded through its handles is stored when it ends, all or nothing.

        connection: a host's connection or session of the store's database, in whose open transaction the unit is written; see
        `coachcore.practice.unit`. Raises Conflict store.conflict, when it ends, where another process has recorded on its
        engagements; Refused unit_connection.not_allowed where the store has no such connections.
        """
        return self._unit_scope(connection)

    def in_unit(self, work: Callable[[Unit], T]) -> T:
        """Do work in a unit, and all of it again in another unit where another writer came first; returns what the work returns.

        work: records through the handles of the unit it is called with; what else it does must be safe to repeat. Raises what the
        work raises, and Conflict after 32 attempts.
        """
        result: T = run(self._in_unit(work))
        return result

    def log_learning(
        self,
        coach: str,
        title: str,
        *,
        hours: NumberLike | None = None,
        kind: LearningKind | str = LearningKind.OTHER,
        note: str | None = None,
        occurred_at: When | None = None,
    ) -> tuple[Event, ...]:
        """Record what a coach learnt in each of their engagements under way, all of them or none; returns the events.

        coach: the id that the party has in all of their agreements. hours: time spent. occurred_at: local to each
        engagement's zone, where it has no offset.
        Raises NotFound coach.unknown, NotValid, Refused, Conflict.
        """
        content = LearningLogged(title=title, hours=hours, kind=kind, note=note)
        return run(logging_learning(self, coach, content, occurred_at))

    def erase(
        self,
        engagement_id: str,
        event_ids: Sequence[str],
        *,
        ground: ErasureGround | str,
        reason: str | None = None,
    ) -> Erasure:
        """Erase the content of events for good on a ground of the law, whoever wrote it; authors use `erase_content`.

        event_ids: of one engagement; corrections that repeat their text go with them. ground: an `ErasureGround`.
        reason: for those who may read the event; the ground when omitted. All of them are erased or none; outcomes
        stand, as does what was computed. The answer says where the text may still be.
        Raises NotFound engagement.unknown, Refused event.unknown, erasure.not_allowed, NotValid choice.unknown,
        event_ids.missing.
        """
        return run(erasing(self, engagement_id, event_ids, ground, reason))

    def load(self, engagement_id: str) -> "Engagement":
        """Open an engagement by its id. Raises NotFound with the nearest id, Corrupt."""
        return run(self._loaded(engagement_id))

    def ids(self) -> tuple[str, ...]:
        """The ids of all engagements, sorted."""
        return run(self._ids())

    def __iter__(self) -> Iterator["Engagement"]:
        return (self.load(engagement_id) for engagement_id in self.ids())

    def _handle_on(
        self, engagement_id: str, event_log: EventLog, unit: UnitBase["Engagement"] | None = None
    ) -> "Engagement":
        return Engagement(self, engagement_id, event_log, unit)

    def _new_unit(self, parent: UnitBase["Engagement"] | None) -> Unit:
        return Unit(self, parent)

    def _notify(self) -> None:
        self.hooks.notify()


class Engagement(HandleBase):
    """A handle on one engagement: its parties act through it, and it answers questions as of any two times. Threads may share it."""

    practice: Practice

    # --- acting parties ----------------------------------------------------------------------------------------------

    @property
    def coach(self) -> roles.Coach:
        """The coach's role object. Raises NotAllowed party.ambiguous where the agreement names several coaches: use `as_party`."""
        return roles.Coach(self, self._sole(Role.COACH))

    @property
    def client(self) -> roles.Client:
        """The client's role object. Raises NotAllowed party.ambiguous where the agreement names several clients: use `as_party`."""
        return roles.Client(self, self._sole(Role.CLIENT))

    @property
    def sponsor(self) -> roles.Sponsor:
        """The sponsor's role object. Raises as `coach` does, and NotAllowed party.missing where there is no sponsor."""
        return roles.Sponsor(self, self._sole(Role.SPONSOR))

    @property
    def supervisor(self) -> roles.Supervisor:
        """The supervisor's role object. Raises as `sponsor` does."""
        return roles.Supervisor(self, self._sole(Role.SUPERVISOR))

    def as_party(self, party_id: str) -> roles.AnyRole:
        """The role object of a party, by id: for groups, and where the role is not known. Raises NotAllowed party.unknown.

        The methods that every role has can be called on it; `isinstance(party, Client)` narrows it to those of one role.
        """
        actor = self._actor(party_id)
        return roles.ROLES[actor.role](self, actor)

    # --- recording ---------------------------------------------------------------------------------------------------

    def record(self, content: Content, actor: Actor, **options: Unpack[RecordingOptions]) -> tuple[Event, ...]:
        """Record an event by a party, and store it with what follows from it; returns the events as stored.

        options: see `RecordingOptions`; occurred_at for late events, event_id to make it safe to repeat the call, and others.
        Raises Refused, NotAllowed, NotValid, Conflict; in each case nothing is stored.
        """
        return run(self._record(content, actor, **checked(options)))

    def batch(self) -> BatchScope[Self]:
        """A unit of work on this engagement alone: what is recorded through the handle it returns is stored together, or not at all.

        On a handle of a unit, a part of that unit. Raises Conflict unit.open where a unit is open on the engagement, and as
        `Practice.unit`.
        """
        return BatchScope(self)

    def refresh(self) -> Self:
        """Read what other handles have recorded since."""
        return run(self._refreshed())

    # --- questions ---------------------------------------------------------------------------------------------------

    def snapshot(self, as_of: When | None = None, known_at: When | None = None) -> "Snapshot":
        """The engagement at a moment, with everything that is computed from it; the store and the clock are read once.

        as_of: what had occurred by then; now when omitted (or `known_at`, where that is given). A day means its end in the
        engagement's zone. known_at: what had been recorded by then; now when omitted, so that late events count. The last snapshot
        is cached, and returned again while it describes the same events and times.
        Raises NotFound engagement.not_yet before the engagement began, NotValid time.*.
        """
        return run(self._snapshot(as_of, known_at))

    def state(self, as_of: When | None = None, known_at: When | None = None) -> State:
        """The stage, goals, actions, sessions and agreement at a moment. See `snapshot`."""
        return self.snapshot(as_of, known_at).state

    def recorded(self, as_of: When | None = None, known_at: When | None = None) -> tuple[Event, ...]:
        """The recorded events that had occurred by `as_of`, in the order recorded; corrected events and corrections alike."""
        return run(self._recorded(as_of, known_at))

    def smart(self, goal_id: str, as_of: When | None = None, known_at: When | None = None) -> "GoalReview":
        """The SMART review of a goal; see `Snapshot.review`."""
        return self.snapshot(as_of, known_at).review(goal_id)

    def progress(self, as_of: When | None = None, known_at: When | None = None) -> "Progress":
        """The progress of every goal and of the engagement; see `Snapshot.progress`."""
        return self.snapshot(as_of, known_at).progress

    def ledger(self, as_of: When | None = None, known_at: When | None = None) -> "Ledger":
        """Both roles' obligations under the charter, and how they were settled; see `Snapshot.ledger`."""
        return self.snapshot(as_of, known_at).ledger

    def view(
        self,
        reader: Role | str | Actor | None = None,
        as_of: When | None = None,
        known_at: When | None = None,
        *,
        party: str | None = None,
    ) -> "SnapshotView":
        """The engagement as a role, or one party, may see it; see `Snapshot.view`."""
        return self.snapshot(as_of, known_at).view(reader, party=party)
