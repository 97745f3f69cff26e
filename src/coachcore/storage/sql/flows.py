"""What the stores of SQL have in common: the methods that a host's own transaction has too, and what takes several transactions.

A class of these says how one operation is run: `_transact` in a transaction, `_ask` where it only reads, in one statement.
"""

from collections.abc import Callable, Sequence
from typing import Any, Concatenate, ParamSpec, TypeVar

from coachcore.errors import CoachcoreError, Conflict, NotFound
from coachcore.flow import Flow, run, value_of
from coachcore.storage.contract import Checkpoint, Numbered, Write
from coachcore.storage.record import Record, StreamHead
from coachcore.storage.sql import operations
from coachcore.storage.sql.operations import Batch, RefusedWriteError, Steps
from coachcore.storage.sql.sql_errors import contention
from coachcore.storage.sql.tables import tables

__all__ = ["Face", "Flows"]

P = ParamSpec("P")
T = TypeVar("T")

ATTEMPTS = 5
"""How often a transaction is tried that others get in the way of, before `store.contention`."""


class Flows:
    """What takes several transactions; what `_transact` and `_ask` return may be awaitable."""

    _name: str  # what messages call the database
    _transact: Callable[..., Any]
    _ask: Callable[..., Any]

    def _open(self, create: bool) -> Flow[None]:
        attempts = 2 * len(tables.tables)
        while not (yield from value_of(self._ask(operations.has_tables))):
            if not create:
                hint = "correct the URL, or open it with create=True"
                raise NotFound("store.missing", f"there is no store in {self._name}", hint)
            attempts -= 1
            try:
                yield from value_of(self._transact(operations.create_tables))
            except CoachcoreError:
                # Unless somebody else is creating them: not every database creates all or none, so each failure may mean that
                # one more is there.
                if attempts == 0:
                    raise

    def _write(self, writes: Sequence[Write]) -> Flow[Steps]:
        """Store all writes; what was done for each."""
        steps: Steps = operations.admitted(writes)
        if not steps:
            return steps
        for _ in range(ATTEMPTS):
            try:
                yield from value_of(self._store(steps))
            except RefusedWriteError:
                steps = yield from value_of(self._ask(operations.still_to_write, steps))
            else:
                return steps
        raise contention(self._name, "others were faster each time")

    def _store(self, steps: Steps) -> Any:
        return self._transact(operations.write, steps)

    def _number(self, enough: int = 2**63) -> Flow[int]:
        """Number events, until all or enough of them have positions; how many got one."""
        count = 0
        while count < enough:
            batch = yield from self._number_some()
            count += batch.events
            if batch.is_last:
                break
        return count

    def _number_some(self) -> Flow[Batch]:
        attempts = ATTEMPTS
        while True:
            try:
                batch: Batch = yield from value_of(self._transact(operations.number_some))
                return batch
            except Conflict:  # another reader is numbering
                attempts -= 1
                if attempts == 0:
                    raise

    def _read_all(self, after_position: int, limit: int) -> Flow[Sequence[Numbered]]:
        # asked first: a page that was read before somebody else numbered more would end too early
        if not (yield from value_of(self._ask(operations.is_all_numbered))):
            yield from self._number(limit)
        page: Sequence[Numbered] = yield from value_of(self._ask(operations.read_page, after_position, limit))
        return page

    def _last_position(self) -> Flow[int]:
        if not (yield from value_of(self._ask(operations.is_all_numbered))):
            yield from self._number()
        position: int = yield from value_of(self._ask(operations.last_position))
        return position


class Face(Flows):
    """What a synchronous store and its joined form have in common."""

    def _transact(self, operation: Callable[Concatenate[Any, P], T], *args: P.args, **named: P.kwargs) -> T:
        raise NotImplementedError

    def _ask(self, operation: Callable[Concatenate[Any, P], T], *args: P.args, **named: P.kwargs) -> T:
        raise NotImplementedError

    def write(self, writes: Sequence[Write]) -> None:
        run(self._write(writes))

    def read(self, engagement_id: str, after_version: int = 0, limit: int | None = None) -> Sequence[Record]:
        return self._ask(operations.read, engagement_id, after_version, limit)

    def head(self, engagement_id: str) -> StreamHead | None:
        return self._ask(operations.head, engagement_id)

    def heads(self, after_id: str = "", limit: int | None = None) -> Sequence[StreamHead]:
        return self._ask(operations.heads, after_id, limit)

    def checkpoint(self, name: str) -> Checkpoint | None:
        return self._ask(operations.checkpoint, name)
