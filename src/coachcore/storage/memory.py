"""A store in memory: for tests, notebooks, and events that need not outlive the process.

One lock. A write puts its records behind those that are committed, and is committed by one assignment. So an interrupt at any moment
leaves all of it or nothing: the next call removes what is behind the committed events, and erases what a committed write erases. A
call in the middle of a write of the same thread, as by a signal handler, is refused.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from threading import RLock
from typing import NamedTuple, Self

from coachcore.errors import StoreUnavailable
from coachcore.storage.admission import (
    admit,
    admit_checkpoint,
    is_stored_already,
    refuse_foreign,
)
from coachcore.storage.contract import Append, Checkpoint, Numbered, Promises, SaveCheckpoint, Write
from coachcore.storage.record import Record, StreamHead
from coachcore.storage.reentry import is_running, reentered

__all__ = ["MemoryStore"]


class _Committed(NamedTuple):
    """What is committed: the first `events` events, these checkpoints, and the erasure of these events, if it is still to be done."""

    events: int
    checkpoints: Mapping[str, Checkpoint]
    to_erase: Sequence[int] = ()  # indexes into the log


class MemoryStore:
    """An `EventStore` in this process's memory; see there for what each method promises."""

    promises = Promises(durability="none", order="commit", is_exclusive=True)

    def __init__(self) -> None:
        self._lock = RLock()
        self._log: list[Record] = []  # position p at index p - 1
        self._streams: dict[str, list[int]] = {}  # engagement -> indexes into the log, version v at v - 1
        self._index_of: dict[tuple[str, str], int] = {}  # engagement and event id -> index into the log
        self._sorted_ids: list[str] | None = None  # of engagements; None until they are needed
        self._committed = _Committed(0, {})
        self._is_changing = False  # whether there may be something to finish
        self._is_closed = False

    def write(self, writes: Sequence[Write]) -> None:
        with self._lock:
            self._ready()
            self._is_changing = True
            checkpoints, to_erase = dict(self._committed.checkpoints), list(self._committed.to_erase)
            for entry in writes:
                if isinstance(entry, SaveCheckpoint):
                    admit_checkpoint(entry, checkpoints.get(entry.checkpoint.name))
                    checkpoints[entry.checkpoint.name] = entry.checkpoint
                else:
                    self._append(entry)
                    to_erase += self._erased(entry)
            self._committed = _Committed(len(self._log), checkpoints, to_erase)
            self._finish()
            self._is_changing = False

    def _append(self, append: Append) -> None:
        """Put the records of an append behind the log, unless they are stored already."""
        previous = admit(append)
        if not append.records:
            return
        engagement_id = append.engagement_id
        stored = self._find(engagement_id, (record.event_id for record in append.records))
        newer = self._stream(engagement_id, append.expected_version)
        if not is_stored_already(append, previous, self._head(engagement_id), stored, newer):
            self._add(engagement_id, append.records)

    def _add(self, engagement_id: str, records: Sequence[Record]) -> None:
        if engagement_id not in self._streams:
            self._sorted_ids = None
        for record in records:
            index = len(self._log)
            self._log.append(record)  # first, since `_cut` goes by the log
            self._streams.setdefault(engagement_id, []).append(index)
            self._index_of[engagement_id, record.event_id] = index

    def _erased(self, append: Append) -> list[int]:
        """Where the events are that an append erases."""
        stored = self._find(append.engagement_id, append.erase)
        refuse_foreign(append.engagement_id, (event_id for event_id in append.erase if event_id not in stored))
        return [self._index_of[append.engagement_id, event_id] for event_id in stored]

    def _ready(self) -> None:
        """Refuse a closed store and a call in the middle of a change, and finish what an interrupt or an error has left."""
        if self._is_closed:
            raise StoreUnavailable("store.closed", "the store is closed", "open it again with open_store()")
        if self._is_changing:
            if is_running((MemoryStore.write.__code__, MemoryStore._finish.__code__), self):
                raise reentered()
            self._finish()
            self._is_changing = False

    def _finish(self) -> None:
        """Remove what is behind the committed events, and erase what is to be erased. Each step may be repeated."""
        self._cut(self._committed.events)
        for index in self._committed.to_erase:
            self._log[index] = self._log[index]._replace(salt=None, content=None)
        if self._committed.to_erase:
            self._committed = self._committed._replace(to_erase=())

    def _cut(self, count: int) -> None:
        """Remove every event after the first `count`; of the last, not every index may have it."""
        while len(self._log) > count:
            index, record = len(self._log) - 1, self._log[-1]
            stream = self._streams.get(record.engagement_id, [])
            if stream and stream[-1] == index:
                stream.pop()
            if not stream:
                self._sorted_ids = None
                self._streams.pop(record.engagement_id, None)
            if self._index_of.get((record.engagement_id, record.event_id)) == index:
                del self._index_of[record.engagement_id, record.event_id]
            self._log.pop()

    def _find(self, engagement_id: str, event_ids: Iterable[str]) -> dict[str, Record]:
        indexes = ((event_id, self._index_of.get((engagement_id, event_id))) for event_id in event_ids)
        return {event_id: self._log[index] for event_id, index in indexes if index is not None}

    def _stream(self, engagement_id: str, after_version: int, limit: int | None = None) -> list[Record]:
        first = max(after_version, 0)
        last = None if limit is None else first + max(limit, 0)
        return [self._log[index] for index in self._streams.get(engagement_id, [])[first:last]]

    def _head(self, engagement_id: str) -> StreamHead | None:
        stream = self._streams.get(engagement_id)
        if not stream:
            return None
        last = self._log[stream[-1]]
        return StreamHead(engagement_id=engagement_id, version=last.version, digest=last.digest)

    def read(self, engagement_id: str, after_version: int = 0, limit: int | None = None) -> Sequence[Record]:
        with self._lock:
            self._ready()
            return self._stream(engagement_id, after_version, limit)

    def read_all(self, after_position: int = 0, limit: int = 1000) -> Sequence[Numbered]:
        with self._lock:
            self._ready()
            first = max(after_position, 0)
            page = self._log[first : first + max(limit, 0)]
            return [Numbered(position, record) for position, record in enumerate(page, first + 1)]

    def head(self, engagement_id: str) -> StreamHead | None:
        with self._lock:
            self._ready()
            return self._head(engagement_id)

    def heads(self, after_id: str = "", limit: int | None = None) -> Sequence[StreamHead]:
        with self._lock:
            self._ready()
            if self._sorted_ids is None:
                self._sorted_ids = sorted(self._streams)
            first = bisect_right(self._sorted_ids, after_id)
            ids = self._sorted_ids[first : None if limit is None else first + max(limit, 0)]
            return [head for engagement_id in ids if (head := self._head(engagement_id)) is not None]

    def last_position(self) -> int:
        with self._lock:
            self._ready()
            return len(self._log)

    def checkpoint(self, name: str) -> Checkpoint | None:
        with self._lock:
            self._ready()
            return self._committed.checkpoints.get(name)

    def checkpoints(self) -> Sequence[Checkpoint]:
        with self._lock:
            self._ready()
            return sorted(self._committed.checkpoints.values(), key=lambda checkpoint: checkpoint.name)

    def self_check(self) -> Sequence[str]:
        with self._lock:
            self._ready()
            return []

    def close(self) -> None:
        with self._lock:
            self._is_closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()
