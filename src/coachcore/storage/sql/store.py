"""A store in any database that SQLAlchemy knows, for synchronous and asynchronous hosts.

    store = SQLStore("postgresql+psycopg://coaching@db/coaching")
    store = await AsyncSQLStore.open("postgresql+psycopg://coaching@db/coaching")

Promises what every `EventStore` promises. A write is acknowledged once the database has committed it, so it is as durable as the
database's settings make it. Writers of different engagements do not wait for each other. Events get positions when somebody reads the
order of all events, or calls `number`.

Both stores run the same operations (`operations`) on a synchronous `Connection`; for the asynchronous one SQLAlchemy awaits the
driver under it. What takes several transactions is a `Flow` over the methods that run one (`flows`).
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from sqlalchemy import URL, Connection, Engine
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from coachcore.flow import run, run_async
from coachcore.storage.contract import Checkpoint, Numbered, Promises, Write
from coachcore.storage.record import Record, StreamHead
from coachcore.storage.sql import operations
from coachcore.storage.sql.connections import HostConnections, OwnConnections
from coachcore.storage.sql.engines import async_engine, sync_engine
from coachcore.storage.sql.flows import Face, Flows
from coachcore.storage.sql.joined import AsyncJoinedSQLStore, Commits, JoinedSQLStore, async_joined, host_of
from coachcore.storage.sql.operations import Steps
from coachcore.storage.sql.sql_errors import closed, shown_url, translated

__all__ = ["AsyncSQLStore", "SQLStore"]

P = ParamSpec("P")
T = TypeVar("T")

_PROMISES = Promises(durability="server", order="reading", is_exclusive=False)


class SQLStore(Face):
    """An `EventStore` in an SQL database; see there for what each method promises.

    database: a URL of SQLAlchemy with a synchronous driver, or an `Engine`, which the store then leaves open when it is closed.
    create: create the tables where they are not there. Raises NotFound `store.missing`, StoreUnavailable, NotValid `store_url.invalid`.
    """

    promises = _PROMISES

    def __init__(self, database: str | URL | Engine, *, create: bool = True) -> None:
        self._is_closed = False
        self._commits = Commits()
        self.engine = sync_engine(database)
        is_hosts = isinstance(database, Engine)
        self._connections = HostConnections(self.engine) if is_hosts else OwnConnections(self.engine)
        self._name = shown_url(self.engine.url)
        try:
            run(self._open(create))
        except BaseException:
            self.close()
            raise

    def read_all(self, after_position: int = 0, limit: int = 1000) -> Sequence[Numbered]:
        return run(self._read_all(after_position, limit))

    def number(self) -> int:
        """Give positions to all committed events, as reading does; how many got one. For a host that does it in the background."""
        return run(self._number())

    def last_position(self) -> int:
        return run(self._last_position())

    def checkpoints(self) -> Sequence[Checkpoint]:
        return self._ask(operations.checkpoints)

    def self_check(self) -> Sequence[str]:
        return self._ask(operations.missing_tables)

    def joined(self, host: object) -> JoinedSQLStore:
        """The events of this store in a host's own transaction (see `joined`).

        host: a `Session`, `scoped_session` or `Connection` of SQLAlchemy, or a connection of Django, on the same database.
        Raises NotValid connection.invalid.
        """
        return JoinedSQLStore(self._name, host_of(host, self.engine.dialect, self._commits))

    def close(self) -> None:
        self._is_closed = True
        self._connections.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def _store(self, steps: Steps) -> None:
        is_one_statement = operations.is_one_statement(steps, self.engine.dialect)
        self._run(lambda connection: operations.write(connection, steps), in_transaction=not is_one_statement)

    def _transact(self, operation: Callable[Concatenate[Any, P], T], *args: P.args, **named: P.kwargs) -> T:
        return self._run(lambda connection: operation(connection, *args, **named), in_transaction=True)

    def _ask(self, operation: Callable[Concatenate[Any, P], T], *args: P.args, **named: P.kwargs) -> T:
        return self._run(lambda connection: operation(connection, *args, **named), in_transaction=False)

    def _run(self, operation: Callable[[Connection], T], *, in_transaction: bool) -> T:
        if self._is_closed:
            raise closed(self._name)
        with translated(self._name):
            return self._connections.run(operation, in_transaction=in_transaction)


class AsyncSQLStore(Flows):
    """An `AsyncEventStore` in an SQL database; see `EventStore` for what each method promises. Made by `open`."""

    promises = _PROMISES

    def __init__(self, engine: AsyncEngine, *, owns_engine: bool) -> None:
        self._is_closed = False
        self._commits = Commits()
        self._owns_engine = owns_engine
        self.engine = engine
        self._autocommit = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._name = shown_url(engine.url)

    @classmethod
    async def open(cls, database: str | URL | AsyncEngine, *, create: bool = True) -> Self:
        """Open a store; see `SQLStore`. database: a URL with an asynchronous driver, or an `AsyncEngine`."""
        store = cls(async_engine(database), owns_engine=not isinstance(database, AsyncEngine))
        try:
            await run_async(store._open(create))
        except BaseException:
            await store.close()
            raise
        return store

    async def write(self, writes: Sequence[Write]) -> None:
        await run_async(self._write(writes))

    async def read(self, engagement_id: str, after_version: int = 0, limit: int | None = None) -> Sequence[Record]:
        return await self._ask(operations.read, engagement_id, after_version, limit)

    async def head(self, engagement_id: str) -> StreamHead | None:
        return await self._ask(operations.head, engagement_id)

    async def heads(self, after_id: str = "", limit: int | None = None) -> Sequence[StreamHead]:
        return await self._ask(operations.heads, after_id, limit)

    async def read_all(self, after_position: int = 0, limit: int = 1000) -> Sequence[Numbered]:
        return await run_async(self._read_all(after_position, limit))

    async def number(self) -> int:
        """Give positions to all committed events, as reading does; how many got one. For a host that does it in the background."""
        return await run_async(self._number())

    async def last_position(self) -> int:
        return await run_async(self._last_position())

    async def checkpoint(self, name: str) -> Checkpoint | None:
        return await self._ask(operations.checkpoint, name)

    async def checkpoints(self) -> Sequence[Checkpoint]:
        return await self._ask(operations.checkpoints)

    async def self_check(self) -> Sequence[str]:
        return await self._ask(operations.missing_tables)

    def joined(self, host: object) -> AsyncJoinedSQLStore:
        """The events of this store in a host's own transaction (see `joined`).

        host: an `AsyncSession`, `async_scoped_session` or `AsyncConnection` that is open, on the same database. Raises NotValid
        connection.invalid.
        """
        return async_joined(self._name, host, self.engine.dialect, self._commits)

    async def close(self) -> None:
        self._is_closed = True
        if self._owns_engine:
            await self.engine.dispose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.close()

    async def _store(self, steps: Steps) -> None:
        is_one_statement = operations.is_one_statement(steps, self.engine.dialect)
        await self._run(self._autocommit.connect if is_one_statement else self.engine.begin, operations.write, steps)

    async def _transact(self, operation: Callable[Concatenate[Any, P], T], *args: P.args, **named: P.kwargs) -> T:
        return await self._run(self.engine.begin, operation, *args, **named)

    async def _ask(self, operation: Callable[Concatenate[Any, P], T], *args: P.args, **named: P.kwargs) -> T:
        return await self._run(self._autocommit.connect, operation, *args, **named)

    async def _run(
        self,
        connected: Callable[[], AbstractAsyncContextManager[AsyncConnection]],
        operation: Callable[Concatenate[Any, P], T],
        *args: P.args,
        **named: P.kwargs,
    ) -> T:
        async def work() -> T:
            with translated(self._name):
                async with connected() as connection:
                    return await connection.run_sync(operation, *args, **named)

        if self._is_closed:
            raise closed(self._name)
        return await _whole(work())


async def _whole(work: Coroutine[Any, Any, T]) -> T:
    """The result of work that goes on to its end where the task that awaits it is cancelled, which is then cancelled
    afterwards.

    A driver that is cancelled in the middle of a statement may leave a transaction open that nobody can end (aiosqlite
    does), and nobody knows whether a commit under way arrives.
    """
    task, cancellation = asyncio.create_task(work), None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            cancellation = error
    if cancellation is not None:
        task.cancelled() or task.exception()  # nobody else looks at it
        raise cancellation
    return task.result()
