"""The asynchronous face: `AsyncPractice` and `AsyncEngagement`, whose methods await stores, handlers and each other's units.

A store whose methods are coroutines is awaited. The SQLite store and the one in memory are called directly, in the event loop:
a call takes less time than handing it to a thread. A practice belongs to one event loop; its tasks may share it and everything
it returns. Where a task is cancelled, whatever it awaits, each handle stays equal to a fresh load, and the next call works.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Self, TypeVar, Unpack

from coachcore.engagement.history import EventLog
from coachcore.engagement.state import State
from coachcore.envelope import UPCASTERS, Upcaster
from coachcore.events import Content, Event, LearningLogged
from coachcore.flow import run_async, value_of
from coachcore.hooks import AsyncHooks, Failure
from coachcore.model.agreement import Agreement
from coachcore.model.parties import Actor, Role
from coachcore.model.times import MomentLike, When
from coachcore.model.words import ErasureGround, LearningKind
from coachcore.numbers import NumberLike
from coachcore.practice.base import Clock, PracticeBase, seals, utc_now
from coachcore.practice.erasing import Erasure, erasing
from coachcore.practice.handle import HandleBase, RecordingOptions, checked
from coachcore.practice.learning import logging_learning
from coachcore.practice.tasks import Tasks
from coachcore.practice.unit import AsyncUnit, BatchScope, UnitBase
from coachcore.roles import async_methods as roles
from coachcore.storage import open_async_store
from coachcore.storage.contract import AsyncEventStore, EventStore

if TYPE_CHECKING:
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

__all__ = ["AsyncEngagement", "AsyncPractice", "open_async_practice"]

T = TypeVar("T")


async def open_async_practice(
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
) -> "AsyncPractice":
    """Open a practice whose methods are awaited, and whose handlers may be asynchronous.

    Arguments and errors as of `open_practice`; the methods of `keys` may be coroutines.
    """
    store = await open_async_store(path_or_url, create=create)
    try:
        if await run_async(seals(store, keys)):
            from coachcore.storage.sealed import AsyncSealedStore

            store = AsyncSealedStore(store, keys)
        practice = AsyncPractice(
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
        await run_async(value_of(store.close()))
        raise
    return practice


class AsyncPractice(PracticeBase["AsyncEngagement", AsyncUnit]):
    """A host's engagements, in one store. Use it with `async with`, or close it. The tasks of one event loop may share it."""

    hooks: AsyncHooks

    def __init__(
        self,
        store: EventStore | AsyncEventStore,
        *,
        clock: Clock = utc_now,
        on_failure: Failure | None = None,
        upcasters: Mapping[tuple[str, int], Upcaster] = UPCASTERS,
        charters: Iterable["Charter"] = (),
        rules: "RuleSet | None" = None,
        judges: "Sequence[Judge]" = (),
    ) -> None:
        super().__init__(store, Tasks(), clock, on_failure, upcasters, charters, rules, judges)
        self.hooks = hooks = AsyncHooks(on_failure)
        """The handlers, for `practice.hooks.remove(handler)`."""
        self.after = hooks.after
        """Decorate a handler to run after events of these types were stored; see `coachcore.hooks`."""
        self.before = hooks.before
        """Decorate a handler, asynchronous or not, to run before events of these types are stored; see `coachcore.hooks`."""
        self._notifications: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Wait for the after handlers of what hosts have committed, and close the store."""
        while self._notifications:
            await asyncio.wait(self._notifications)
        await run_async(value_of(self.store.close()))

    async def receipt(self, engagement_id: str | None = None) -> "Receipt":
        """What confirms everything that is stored now, or one engagement; see `Practice.receipt`."""
        from coachcore.storage.receipt import receipt_flow

        return await run_async(receipt_flow(self.store, time=self.now(), engagement_id=engagement_id))

    async def rotate_keys(self) -> "KeyRotation":
        """Wrap every data key of the store with the wrapping key in use now; see `Practice.rotate_keys`."""
        return await run_async(self._rotated())

    async def propose(
        self,
        agreement: Agreement,
        *,
        by: str | None = None,
        engagement_id: str | None = None,
        occurred_at: When | None = None,
    ) -> "AsyncEngagement":
        """Begin an engagement with a proposed agreement, to be accepted by every signatory; see `Practice.propose`."""
        return await run_async(self._proposed(agreement, by, engagement_id, occurred_at))

    async def import_file(self, path: str | os.PathLike[str], **options: Unpack["LogOptions"]) -> "AsyncEngagement":
        """Import a journal or a message log, whichever the file is: all of it, or nothing; see `Practice.import_file`.

        The file is read, and its lines are decided, in the event loop: of a long one other tasks notice that.
        """
        from coachcore.interop.importing import import_flow, read_file

        journal = read_file(path, **options)
        return await run_async(import_flow(self, journal, options.get("engagement_id")))

    def tick(
        self, name: str, now: MomentLike | None = None, *, since: MomentLike | None = None
    ) -> "AsyncIterator[TickItem]":
        """What came due, became late, was missed or lapsed since the last tick of a name, for `async for`; see `Practice.tick`."""
        from coachcore.practice.ticks import TickRun

        return self._ticked(TickRun(self, name, now, since))

    async def _ticked(self, tick: "TickRun") -> "AsyncIterator[TickItem]":
        for item in await run_async(tick.begun()):
            await run_async(tick.confirmed())
            yield item
        await run_async(tick.ended())

    def unit(self, connection: object = None) -> AbstractAsyncContextManager[AsyncUnit]:
        """A unit of work, for `async with`: what is recorded through its handles is stored when it ends, all or nothing.

        connection: a host's asynchronous connection or session of the store's database, in whose open transaction the unit is
        written. See `coachcore.practice.unit` and `Practice.unit`.
        """
        return self._unit_scope(connection)

    async def in_unit(self, work: Callable[[AsyncUnit], Awaitable[T]]) -> T:
        """Do work in a unit, and all of it again in another unit where another writer came first; see `Practice.in_unit`."""
        result: T = await run_async(self._in_unit(work))
        return result

    async def log_learning(
        self,
        coach: str,
        title: str,
        *,
        hours: NumberLike | None = None,
        kind: LearningKind | str = LearningKind.OTHER,
        note: str | None = None,
        occurred_at: When | None = None,
    ) -> tuple[Event, ...]:
        """Record what a coach learnt in each of their engagements under way; see `Practice.log_learning`."""
        content = LearningLogged(title=title, hours=hours, kind=kind, note=note)
        return await run_async(logging_learning(self, coach, content, occurred_at))

    async def erase(
        self,
        engagement_id: str,
        event_ids: Sequence[str],
        *,
        ground: ErasureGround | str,
        reason: str | None = None,
    ) -> Erasure:
        """Erase the content of events on a ground of the law, whoever wrote it; see `Practice.erase`."""
        return await run_async(erasing(self, engagement_id, event_ids, ground, reason))

    async def load(self, engagement_id: str) -> "AsyncEngagement":
        """Open an engagement by its id. Raises NotFound with the nearest id, Corrupt."""
        return await run_async(self._loaded(engagement_id))

    async def ids(self) -> tuple[str, ...]:
        """The ids of all engagements, sorted."""
        return await run_async(self._ids())

    async def __aiter__(self) -> AsyncIterator["AsyncEngagement"]:
        for engagement_id in await self.ids():
            yield await self.load(engagement_id)

    def _handle_on(
        self, engagement_id: str, event_log: EventLog, unit: UnitBase["AsyncEngagement"] | None = None
    ) -> "AsyncEngagement":
        return AsyncEngagement(self, engagement_id, event_log, unit)

    def _new_unit(self, parent: UnitBase["AsyncEngagement"] | None) -> AsyncUnit:
        return AsyncUnit(self, parent)

    def _notify(self) -> None:
        # a commit is reported by an ordinary call, in which nothing can be awaited
        task = asyncio.get_running_loop().create_task(run_async(self.hooks.notify_flow()))
        self._notifications.add(task)
        task.add_done_callback(self._notifications.discard)


class AsyncEngagement(HandleBase):
    """A handle on one engagement: its parties act through it, and it answers questions as of any two times. Tasks may share it."""

    practice: AsyncPractice

    # --- acting parties ----------------------------------------------------------------------------------------------

    @property
    def coach(self) -> roles.AsyncCoach:
        """The coach's role object. Raises NotAllowed party.ambiguous where the agreement names several coaches: use `as_party`."""
        return roles.AsyncCoach(self, self._sole(Role.COACH))

    @property
    def client(self) -> roles.AsyncClient:
        """The client's role object. Raises NotAllowed party.ambiguous where the agreement names several clients: use `as_party`."""
        return roles.AsyncClient(self, self._sole(Role.CLIENT))

    @property
    def sponsor(self) -> roles.AsyncSponsor:
        """The sponsor's role object. Raises as `coach` does, and NotAllowed party.missing where there is no sponsor."""
        return roles.AsyncSponsor(self, self._sole(Role.SPONSOR))

    @property
    def supervisor(self) -> roles.AsyncSupervisor:
        """The supervisor's role object. Raises as `sponsor` does."""
        return roles.AsyncSupervisor(self, self._sole(Role.SUPERVISOR))

    def as_party(self, party_id: str) -> roles.AnyAsyncRole:
        """The role object of a party, by id: for groups, and where the role is not known. Raises NotAllowed party.unknown."""
        actor = self._actor(party_id)
        return roles.ASYNC_ROLES[actor.role](self, actor)

    # --- recording ---------------------------------------------------------------------------------------------------

    async def record(self, content: Content, actor: Actor, **options: Unpack[RecordingOptions]) -> tuple[Event, ...]:
        """Record an event by a party, and store it with what follows from it; see `Engagement.record`."""
        return await run_async(self._record(content, actor, **checked(options)))

    def batch(self) -> AbstractAsyncContextManager[Self]:
        """A unit of work on this engagement alone, for `async with`; see `Engagement.batch`."""
        return BatchScope(self)

    async def refresh(self) -> Self:
        """Read what other handles have recorded since."""
        return await run_async(self._refreshed())

    # --- questions ---------------------------------------------------------------------------------------------------

    async def snapshot(self, as_of: When | None = None, known_at: When | None = None) -> "Snapshot":
        """The engagement at a moment, with everything that is computed from it; see `Engagement.snapshot`."""
        return await run_async(self._snapshot(as_of, known_at))

    async def state(self, as_of: When | None = None, known_at: When | None = None) -> State:
        """The stage, goals, actions, sessions and agreement at a moment. See `snapshot`."""
        return (await self.snapshot(as_of, known_at)).state

    async def recorded(self, as_of: When | None = None, known_at: When | None = None) -> tuple[Event, ...]:
        """The recorded events that had occurred by `as_of`, in the order recorded; corrected events and corrections alike."""
        return await run_async(self._recorded(as_of, known_at))

    async def smart(self, goal_id: str, as_of: When | None = None, known_at: When | None = None) -> "GoalReview":
        """The SMART review of a goal; see `Snapshot.review`."""
        return (await self.snapshot(as_of, known_at)).review(goal_id)

    async def progress(self, as_of: When | None = None, known_at: When | None = None) -> "Progress":
        """The progress of every goal and of the engagement; see `Snapshot.progress`."""
        return (await self.snapshot(as_of, known_at)).progress

    async def ledger(self, as_of: When | None = None, known_at: When | None = None) -> "Ledger":
        """Both roles' obligations under the charter, and how they were settled; see `Snapshot.ledger`."""
        return (await self.snapshot(as_of, known_at)).ledger

    async def view(
        self,
        reader: Role | str | Actor | None = None,
        as_of: When | None = None,
        known_at: When | None = None,
        *,
        party: str | None = None,
    ) -> "SnapshotView":
        """The engagement as a role, or one party, may see it; see `Snapshot.view`."""
        return (await self.snapshot(as_of, known_at)).view(reader, party=party)
