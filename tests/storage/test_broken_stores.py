"""The conformance suite and the state machine find what is wrong with a store, whatever it is.

Each store here is the one in memory with one fault. A fault that no test notices would be a promise that nothing tests.
"""

import inspect
import itertools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from coachcore.errors import Conflict
from coachcore.storage.admission import admit
from coachcore.storage.contract import Append, Checkpoint, EventStore, Numbered, Promises, SaveCheckpoint, Write
from coachcore.storage.memory import MemoryStore
from coachcore.storage.record import Record, StreamHead
from coachcore.testing.stores import StoreConformance, store_machine


class LosesTheLastRecord(MemoryStore):
    def _add(self, engagement_id: str, records: Sequence[Record]) -> None:
        super()._add(engagement_id, records[:-1] or records)


class AcknowledgesWithoutStoring(MemoryStore):
    writes = 0

    def write(self, writes: Sequence[Write]) -> None:
        self.writes += 1
        if self.writes % 3:
            super().write(writes)


class StoresAPartOfWhatFails(MemoryStore):
    def write(self, writes: Sequence[Write]) -> None:
        for write in writes:
            super().write([write])


class KeepsTheCheckpointsOfWhatFails(MemoryStore):
    def write(self, writes: Sequence[Write]) -> None:
        super().write([write for write in writes if isinstance(write, SaveCheckpoint)])
        super().write([write for write in writes if not isinstance(write, SaveCheckpoint)])


class LosesPositionsToWhatFails(MemoryStore):
    lost = 0

    def write(self, writes: Sequence[Write]) -> None:
        try:
            super().write(writes)
        except Exception:
            self.lost += 1
            raise

    def read_all(self, after_position: int = 0, limit: int = 1000) -> Sequence[Numbered]:
        return [Numbered(p + self.lost, record) for p, record in super().read_all(after_position - self.lost, limit)]


class ReordersReading(MemoryStore):
    def read_all(self, after_position: int = 0, limit: int = 1000) -> Sequence[Numbered]:
        page = super().read_all(after_position, limit)
        records = sorted((record for _, record in page), key=lambda record: record[:2])
        return [Numbered(position, record) for (position, _), record in zip(page, records, strict=True)]


class ReordersAnEngagement(MemoryStore):
    def read(self, engagement_id: str, after_version: int = 0, limit: int | None = None) -> Sequence[Record]:
        return super().read(engagement_id, after_version, limit)[::-1]


class NumbersTwice(MemoryStore):
    def read_all(self, after_position: int = 0, limit: int = 1000) -> Sequence[Numbered]:
        return [Numbered(max(position - position % 5, 1), r) for position, r in super().read_all(after_position, limit)]


class NumbersWithGaps(MemoryStore):
    def read_all(self, after_position: int = 0, limit: int = 1000) -> Sequence[Numbered]:
        return [Numbered(2 * position, record) for position, record in super().read_all(after_position // 2, limit)]

    def last_position(self) -> int:
        return 2 * super().last_position()


class NumbersFromZero(MemoryStore):
    def read_all(self, after_position: int = 0, limit: int = 1000) -> Sequence[Numbered]:
        return [Numbered(position - 1, record) for position, record in super().read_all(after_position, limit)]


class BeginsAPageTooEarly(MemoryStore):
    def read_all(self, after_position: int = 0, limit: int = 1000) -> Sequence[Numbered]:
        return super().read_all(after_position - 1, limit)


class ShowsAnEventLate(MemoryStore):
    """What a position given before the commit does: of two new events the second is visible first."""

    shown = 0

    def read_all(self, after_position: int = 0, limit: int = 1000) -> Sequence[Numbered]:
        page = super().read_all(after_position, limit)
        first_new, self.shown = self.shown + 1, max(self.shown, self.last_position())
        is_late = len(page) > 1 and self.shown > 20
        return [entry for entry in page if entry.position != first_new] if is_late else page


class IgnoresTheLimitOfAPage(MemoryStore):
    def read_all(self, after_position: int = 0, limit: int = 1000) -> Sequence[Numbered]:
        return super().read_all(after_position, 10**6)


class IgnoresTheLimitOfAnEngagement(MemoryStore):
    def read(self, engagement_id: str, after_version: int = 0, limit: int | None = None) -> Sequence[Record]:
        return super().read(engagement_id, after_version)


class CutsALongEngagement(MemoryStore):
    def read(self, engagement_id: str, after_version: int = 0, limit: int | None = None) -> Sequence[Record]:
        return super().read(engagement_id, after_version, 1000 if limit is None else limit)


class ListsEngagementsAsTheyBegan(MemoryStore):
    def heads(self, after_id: str = "", limit: int | None = None) -> Sequence[StreamHead]:
        heads = [head for name in self._streams if (head := self.head(name)) is not None and name > after_id]
        return heads[:limit]


class IgnoresThePageOfHeads(MemoryStore):
    def heads(self, after_id: str = "", limit: int | None = None) -> Sequence[StreamHead]:
        return super().heads()


class ForgetsWhereAnEngagementStands(MemoryStore):
    def head(self, engagement_id: str) -> StreamHead | None:
        records = self.read(engagement_id, limit=2)
        return None if not records else self._first_head(records[-1])

    @staticmethod
    def _first_head(record: Record) -> StreamHead:
        return StreamHead(engagement_id=record.engagement_id, version=record.version, digest=record.digest)


class CountsEngagementsAsPositions(MemoryStore):
    def last_position(self) -> int:
        super().last_position()
        return len(self._streams)


class ReadsUnderAnotherCase(MemoryStore):
    def read(self, engagement_id: str, after_version: int = 0, limit: int | None = None) -> Sequence[Record]:
        name = next((name for name in self._streams if name.lower() == engagement_id.lower()), engagement_id)
        return super().read(name, after_version, limit)


class EncodesHeadsAnew(MemoryStore):
    def read(self, engagement_id: str, after_version: int = 0, limit: int | None = None) -> Sequence[Record]:
        records = super().read(engagement_id, after_version, limit)
        return [record._replace(head=record.head.replace(b'":', b'": ')) for record in records]


class AdmitsWhatDoesNotAgree(MemoryStore):
    def _append(self, append: Append) -> None:
        if append.records and not self._head(append.engagement_id):
            self._add(append.engagement_id, append.records)
        else:
            super()._append(append)


class KnowsNoRepetition(MemoryStore):
    def _append(self, append: Append) -> None:
        head = self._head(append.engagement_id)
        if append.records and head and head.version != append.expected_version:
            newer = self._stream(append.engagement_id, append.expected_version)
            data = {"expected": append.expected_version, "actual": head.version}
            raise Conflict("store.conflict", "stale", newer=newer, **data)
        super()._append(append)


class AppendsAgain(MemoryStore):
    def _append(self, append: Append) -> None:
        head = self._head(append.engagement_id)
        if append.records and head and (head.version, head.digest) == (append.expected_version, admit(append)):
            self._add(append.engagement_id, append.records)
        else:
            super()._append(append)


class TakesAnIdForTheEvent(MemoryStore):
    """What 0.1 did: an id that is stored is acknowledged, whatever the event says."""

    def _append(self, append: Append) -> None:
        admit(append)
        if not append.records or len(self._find(append.engagement_id, (r.event_id for r in append.records))) < len(
            append.records
        ):
            super()._append(append)


class ComparesDigestsAlone(MemoryStore):
    def _append(self, append: Append) -> None:
        for event_id, stored in self._find(append.engagement_id, (r.event_id for r in append.records)).items():
            if stored.digest not in {record.digest for record in append.records}:
                raise Conflict("record_id.duplicate", f"{event_id} is stored")
        super()._append(append)


class AcknowledgesWhatIsHalfStored(MemoryStore):
    def _append(self, append: Append) -> None:
        admit(append)
        if not self._find(append.engagement_id, (record.event_id for record in append.records)):
            super()._append(append)


class IdsAreUniqueInThePractice(MemoryStore):
    def _append(self, append: Append) -> None:
        taken = {event_id for name, event_id in self._index_of if name != append.engagement_id}
        if any(record.event_id in taken for record in append.records):
            raise Conflict("record_id.duplicate", "taken")
        super()._append(append)


class AcknowledgesAStaleWrite(MemoryStore):
    def _append(self, append: Append) -> None:
        try:
            super()._append(append)
        except Conflict as conflict:
            if conflict.code != "store.conflict":
                raise


class TakesAnotherHistory(MemoryStore):
    def _append(self, append: Append) -> None:
        try:
            super()._append(append)
        except Conflict as conflict:
            if conflict.code != "history.conflict":
                raise
            self._add(append.engagement_id, append.records)


class AttachesNothingToAConflict(MemoryStore):
    def write(self, writes: Sequence[Write]) -> None:
        try:
            super().write(writes)
        except Conflict as conflict:
            conflict.newer = ()
            raise


class AttachesEverythingToAConflict(MemoryStore):
    def _append(self, append: Append) -> None:
        try:
            super()._append(append)
        except Conflict as conflict:
            conflict.newer = tuple(self._stream(append.engagement_id, 0))
            raise


class ErasesNothing(MemoryStore):
    def _erased(self, append: Append) -> list[int]:
        super()._erased(append)
        return []


class ErasesContentAlone(MemoryStore):
    def read(self, engagement_id: str, after_version: int = 0, limit: int | None = None) -> Sequence[Record]:
        records = super().read(engagement_id, after_version, limit)
        return [record if record.content else record._replace(salt=bytes(16)) for record in records]


class ErasesTheIdEverywhere(MemoryStore):
    def _erased(self, append: Append) -> list[int]:
        super()._erased(append)
        return [index for (_, event_id), index in self._index_of.items() if event_id in append.erase]


class ErasesWhatItFinds(MemoryStore):
    def _erased(self, append: Append) -> list[int]:
        return [self._index_of[append.engagement_id, i] for i in self._find(append.engagement_id, append.erase)]


class ErasesBeforeItFails(MemoryStore):
    def _erased(self, append: Append) -> list[int]:
        for index in super()._erased(append):
            self._log[index] = self._log[index]._replace(salt=None, content=None)
        return []


class ErasesOnlyWithANewEvent(MemoryStore):
    def _erased(self, append: Append) -> list[int]:
        erased = super()._erased(append)
        is_new = append.records and self._log and self._log[-1] == append.records[-1]
        return erased if is_new and len(self._log) > self._committed.events else []


class NeverComparesACheckpoint(MemoryStore):
    def write(self, writes: Sequence[Write]) -> None:
        stored = {checkpoint.name: checkpoint for checkpoint in self.checkpoints()}
        entries: list[Write] = []
        for write in writes:
            if isinstance(write, SaveCheckpoint):
                name = write.checkpoint.name
                write = SaveCheckpoint(write.checkpoint, stored.get(name))
                stored[name] = write.checkpoint
            entries.append(write)
        super().write(entries)


class SavesAnyCheckpoint(MemoryStore):
    def write(self, writes: Sequence[Write]) -> None:
        checkpoints = {**self._committed.checkpoints}
        for write in writes:
            if isinstance(write, SaveCheckpoint):
                checkpoints[write.checkpoint.name] = write.checkpoint
        super().write([write for write in writes if not isinstance(write, SaveCheckpoint)])
        self._committed = self._committed._replace(checkpoints=checkpoints)


class RepeatsACheckpoint(MemoryStore):
    """A step that somebody has done is acknowledged to whoever does it again."""

    def write(self, writes: Sequence[Write]) -> None:
        stored = self._committed.checkpoints
        super().write([w for w in writes if not isinstance(w, SaveCheckpoint) or stored.get(w.checkpoint.name) != w[0]])


class ForgetsTheStateOfACheckpoint(MemoryStore):
    def checkpoint(self, name: str) -> Checkpoint | None:
        stored = super().checkpoint(name)
        return stored and Checkpoint(name=name, position=stored.position, generation=stored.generation)


class InventsACheckpoint(MemoryStore):
    def checkpoint(self, name: str) -> Checkpoint | None:
        return super().checkpoint(name) or Checkpoint(name=name)


class ListsCheckpointsAsTheyCame(MemoryStore):
    def checkpoints(self) -> Sequence[Checkpoint]:
        return super().checkpoints()[::-1]


class AnswersWhenClosed(MemoryStore):
    def head(self, engagement_id: str) -> StreamHead | None:
        return self._head(engagement_id)


class ClosesOnce(MemoryStore):
    def close(self) -> None:
        self._ready()
        super().close()


class PromisesADisk(MemoryStore):
    promises = Promises(durability="disk", order="commit", is_exclusive=True)


class SharesItsEvents(MemoryStore):
    log: list[Record] = []

    def __init__(self) -> None:
        super().__init__()
        self._log = self.log
        self._committed = self._committed._replace(events=len(self.log))


class GivesTuples(MemoryStore):
    def read(self, engagement_id: str, after_version: int = 0, limit: int | None = None) -> Sequence[Any]:
        return [tuple(record) for record in super().read(engagement_id, after_version, limit)]


class WritesInTurnsOfAnEngagement(MemoryStore):
    """Appends of one write are stored one after the other, as others can see."""

    def write(self, writes: Sequence[Write]) -> None:
        before = self._committed
        try:
            for write in writes:
                super().write([write])
        except BaseException:
            self._committed = before
            raise


BROKEN = [
    kind
    for kind in list(globals().values())
    if isinstance(kind, type) and issubclass(kind, MemoryStore) and kind is not MemoryStore
]
NOT_OF_THE_MACHINE = {
    # what takes several threads, more events or other ids than the machine has, a second store, or a closed one
    AdmitsWhatDoesNotAgree,
    AnswersWhenClosed,
    ClosesOnce,
    CutsALongEngagement,
    ErasesOnlyWithANewEvent,
    ErasesTheIdEverywhere,
    ErasesWhatItFinds,
    ErasesBeforeItFails,
    GivesTuples,
    IgnoresThePageOfHeads,
    PromisesADisk,
    ReadsUnderAnotherCase,
    RepeatsACheckpoint,
    SavesAnyCheckpoint,
    TakesAnotherHistory,
    WritesInTurnsOfAnEngagement,
}


def cases(test: Any) -> Iterator[dict[str, Any]]:
    """The arguments of a test that is parametrized."""
    axes = []
    for mark in getattr(test, "pytestmark", ()):
        names, values = mark.args
        is_single = isinstance(names, str)
        axes.append([{names: value} if is_single else dict(zip(names, value, strict=True)) for value in values])
    for combination in itertools.product(*axes):
        yield {name: value for arguments in combination for name, value in arguments.items()}


def failures(make_store: Callable[[], EventStore], directory: Path) -> Iterator[str]:
    """The tests of the suite that a store fails, or that end in any other error."""

    class Suite(StoreConformance):
        def make_store(self, directory: Path) -> EventStore:
            return make_store()

    suite = Suite()
    for name in sorted(vars(StoreConformance)):
        if not name.startswith("test_"):
            continue
        test = getattr(suite, name)
        for arguments in cases(test):
            if "store" in inspect.signature(test).parameters:
                arguments["store"] = make_store()
            else:
                arguments["tmp_path"] = directory
            try:
                test(**arguments)
            except pytest.skip.Exception:
                pass
            except (Exception, pytest.fail.Exception) as error:
                yield f"{name}: {error!r:.200}"


def test_the_store_in_memory_passes_every_test(tmp_path: Path) -> None:
    assert list(failures(MemoryStore, tmp_path)) == []


@pytest.mark.parametrize("kind", BROKEN)
def test_the_suite_finds_the_fault(kind: type[MemoryStore], tmp_path: Path) -> None:
    assert next(failures(kind, tmp_path), None) is not None


MACHINE = settings(
    max_examples=200,
    stateful_step_count=15,
    phases=[Phase.generate],
    database=None,
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("kind", [kind for kind in BROKEN if kind not in NOT_OF_THE_MACHINE])
def test_the_state_machine_finds_the_fault(kind: type[MemoryStore]) -> None:
    with pytest.raises((Exception, pytest.fail.Exception)):
        run_state_machine_as_test(store_machine(kind), settings=MACHINE)
