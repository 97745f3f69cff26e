"""A store in memory: for tests, notebooks, and events that need not outlive the process.

Promises what every `EventStore` promises except outliving the process. One lock; a transaction keeps, for each step, the
step that takes it back. These steps may be repeated, and what an interrupt left of them is done at the next call.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import islice
from threading import RLock
from typing import Self
from weakref import WeakSet

from coachcore.errors import StoreUnavailable
from coachcore.storage.admission import admit, closed_within, is_stored_already, refuse_foreign, refuse_position
from coachcore.storage.record import Record, StreamHead
from coachcore.storage.scope import Scope

__all__ = ["MemoryStore"]

_PAGE = 1000


class MemoryStore:
    """An `EventStore` in this process's memory; see there for what each method promises."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._log: list[Record] = []  # position p at index p - 1
        self._positions: dict[str, list[int]] = {}  # engagement -> positions, version v at index v - 1
        self._sorted_ids: list[str] | None = None  # of engagements; None until they are needed
        self._position_of: dict[str, int] = {}  # event id -> position
        self._checkpoints: dict[str, int] = {}
        self._undo: list[Callable[[], object]] = []
        self._scopes: WeakSet[Scope] = WeakSet()
        self._is_closed = False

    def append(
        self, engagement_id: str, records: Sequence[Record], expected_version: int, *, erase: Sequence[str] = ()
    ) -> tuple[Record, ...]:
        previous = admit(engagement_id, records, expected_version, erase)
        if not records:
            return ()
        with self.transaction():
            stored = self._find(record.event_id for record in records)
            if is_stored_already(records, expected_version, previous, stored, self.head(engagement_id)):
                return tuple(stored[record.event_id] for record in records)
            self._undo.append(partial(self._cut, engagement_id, len(self._log)))
            if engagement_id not in self._positions:
                self._sorted_ids = None
            positions = self._positions.setdefault(engagement_id, [])
            for record in records:
                position = len(self._log) + 1
                self._log.append(record._replace(position=position))
                positions.append(position)
                self._position_of[record.event_id] = position
            self._erase(engagement_id, erase)
            return tuple(self._log[-len(records) :])

    def read(self, engagement_id: str, after_version: int = 0) -> Sequence[Record]:
        with self._open():
            positions = self._positions.get(engagement_id, ())
            return [self._log[position - 1] for position in positions[max(after_version, 0) :]]

    def read_all(self, after_position: int = 0, limit: int | None = None) -> Iterator[Record]:
        return islice(self._pages(max(after_position, 0)), None if limit is None else max(limit, 0))

    def _pages(self, after: int) -> Iterator[Record]:
        while True:
            with self._open():
                page = self._log[after : after + _PAGE]
            yield from page
            if len(page) < _PAGE:
                return
            after += _PAGE

    def heads(self, after_id: str = "", limit: int | None = None) -> Sequence[StreamHead]:
        with self._open():
            if self._sorted_ids is None:
                self._sorted_ids = sorted(self._positions)
            first = bisect_right(self._sorted_ids, after_id)
            ids = self._sorted_ids[first : None if limit is None else first + max(limit, 0)]
            return [self._head_at(self._positions[engagement_id][-1]) for engagement_id in ids]

    def head(self, engagement_id: str) -> StreamHead | None:
        with self._open():
            positions = self._positions.get(engagement_id)
            return self._head_at(positions[-1]) if positions else None

    def last_position(self) -> int:
        with self._open():
            return len(self._log)

    def checkpoint(self, name: str) -> int:
        with self._open():
            return self._checkpoints.get(name, 0)

    def save_checkpoint(self, name: str, position: int) -> None:
        refuse_position(position)
        with self.transaction():
            self._undo.append(partial(setattr, self, "_checkpoints", self._checkpoints.copy()))
            self._checkpoints[name] = position

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with self._open():
            mark = len(self._undo)
            scope = Scope()
            self._scopes.add(scope)
            try:
                yield
            except BaseException:
                self._take_back(mark)
                raise
            finally:
                self._scopes.discard(scope)
            if not self._scopes:
                self._undo.clear()

    @property
    def in_transaction(self) -> bool:
        with self._open():
            return bool(self._scopes)

    def self_check(self) -> Sequence[str]:
        with self._open():
            return []

    def close(self) -> None:
        with self._lock:
            if self._scopes:
                raise closed_within()
            self._is_closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    @contextmanager
    def _open(self) -> Iterator[None]:
        with self._lock:
            if self._is_closed:
                raise StoreUnavailable("store.closed", "the store is closed", "open it again with open_store()")
            if self._undo and not self._scopes:
                self._take_back(0)
            yield

    def _find(self, event_ids: Iterator[str]) -> Mapping[str, Record]:
        return {i: self._log[self._position_of[i] - 1] for i in event_ids if i in self._position_of}

    def _head_at(self, position: int) -> StreamHead:
        last = self._log[position - 1]
        return StreamHead(engagement_id=last.engagement_id, version=last.version, digest=last.digest)

    def _erase(self, engagement_id: str, event_ids: Sequence[str]) -> None:
        records = self._find(iter(event_ids))
        refuse_foreign(
            engagement_id, (i for i in event_ids if i not in records or records[i].engagement_id != engagement_id)
        )
        for record in records.values():
            index = record.position - 1
            self._undo.append(partial(self._log.__setitem__, index, record))
            self._log[index] = record._replace(salt=None, content=None)

    def _take_back(self, mark: int) -> None:
        while len(self._undo) > mark:
            self._undo[-1]()
            self._undo.pop()

    def _cut(self, engagement_id: str, count: int) -> None:
        """Take back every event after the first `count`: events of one engagement, of which some may not be in every index."""
        for record in self._log[count:]:
            self._position_of.pop(record.event_id, None)
        positions = self._positions.get(engagement_id, [])
        del positions[bisect_right(positions, count) :]
        if not positions:
            self._sorted_ids = None
            self._positions.pop(engagement_id, None)
        del self._log[count:]
