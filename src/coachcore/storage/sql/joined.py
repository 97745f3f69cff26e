"""A store's events in a host's own transaction: its rows and these events are committed together, or not at all.

    with Session(engine) as session, session.begin():
        session.add(Invoice(...))
        store.joined(session).write([...])

A host hands over what it works with: a `Session` or `Connection` of SQLAlchemy, their asynchronous forms for an asynchronous store, or
a connection of Django within `atomic`. Each write is a savepoint of the host's transaction, so one that is refused leaves nothing, and
the host may go on. Nothing is committed or rolled back here.

Whether the host's commit has stored the events is not taken from the host, which may have rolled back to a savepoint of its own, or have
gone on in a transaction that PostgreSQL had given up: they are looked for, and callbacks run only where they are there.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Concatenate, NamedTuple, ParamSpec, Protocol, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Dialect, event
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession, async_scoped_session
from sqlalchemy.orm import Session, scoped_session

from coachcore.errors import NotValid, shown
from coachcore.flow import run
from coachcore.storage.contract import Checkpoint, SaveCheckpoint, Write
from coachcore.storage.record import Record, StreamHead
from coachcore.storage.sql import operations
from coachcore.storage.sql import statements as sql
from coachcore.storage.sql.django_host import DjangoHost, is_django
from coachcore.storage.sql.flows import Face
from coachcore.storage.sql.operations import Executor, Step
from coachcore.storage.sql.sql_errors import no_transaction, translated

__all__ = ["AsyncJoinedSQLStore", "Commits", "JoinedSQLStore", "async_joined", "host_of"]

P = ParamSpec("P")
T = TypeVar("T")


class Host(Protocol):
    """What a host works with, as a joined store needs it."""

    def executor(self) -> Executor:
        """Runs statements in the host's transaction."""
        ...

    def savepoint(self) -> AbstractContextManager[Executor]:
        """A part of the host's transaction that can fail alone. Raises Refused `host_transaction.missing`."""
        ...

    def on_commit(self, is_due: Callable[[Executor], bool], callback: Callable[[], object]) -> None:
        """Call back after the host's commit, where `is_due` is true in it."""
        ...


class JoinedSQLStore(Face):
    """A `JoinedStore`; see there for what each method promises. Made by `SQLStore.joined`."""

    def __init__(self, name: str, host: Host) -> None:
        self._name = name
        self._host = host
        self._steps: list[Step | SaveCheckpoint] = []

    def write(self, writes: Sequence[Write]) -> None:
        self._steps += run(self._write(writes))

    def on_commit(self, callback: Callable[[], object]) -> None:
        with translated(self._name):
            self._host.on_commit(self._is_stored, callback)

    def _is_stored(self, executor: Executor) -> bool:
        return operations.are_stored(executor, self._steps)

    def _transact(self, operation: Callable[Concatenate[Any, P], T], *args: P.args, **named: P.kwargs) -> T:
        with translated(self._name), self._host.savepoint() as executor:
            return operation(executor, *args, **named)

    def _ask(self, operation: Callable[Concatenate[Any, P], T], *args: P.args, **named: P.kwargs) -> T:
        with translated(self._name):
            return operation(self._host.executor(), *args, **named)


class AsyncJoinedSQLStore:
    """A `JoinedStore` whose methods are coroutines, `on_commit` apart. Made by `AsyncSQLStore.joined`."""

    def __init__(self, joined: JoinedSQLStore, host: "AsyncSession | AsyncConnection") -> None:
        self._joined = joined
        self._host = host

    async def write(self, writes: Sequence[Write]) -> None:
        await self._host.run_sync(lambda _: self._joined.write(writes))

    async def read(self, engagement_id: str, after_version: int = 0, limit: int | None = None) -> Sequence[Record]:
        return await self._host.run_sync(lambda _: self._joined.read(engagement_id, after_version, limit))

    async def head(self, engagement_id: str) -> StreamHead | None:
        return await self._host.run_sync(lambda _: self._joined.head(engagement_id))

    async def heads(self, after_id: str = "", limit: int | None = None) -> Sequence[StreamHead]:
        return await self._host.run_sync(lambda _: self._joined.heads(after_id, limit))

    async def checkpoint(self, name: str) -> Checkpoint | None:
        return await self._host.run_sync(lambda _: self._joined.checkpoint(name))

    def on_commit(self, callback: Callable[[], object]) -> None:
        """Call back once the host's transaction is committed, after at least one write."""
        self._joined.on_commit(callback)


class Commits:
    """What waits for the commits of SQLAlchemy connections: for each, whether it is due, and the callback.

    SQLAlchemy says when a connection is about to commit, and nothing once it has. So the commit is done here, at that moment, and the
    one that SQLAlchemy does next finds nothing to commit.
    """

    def __init__(self) -> None:
        self._waiting: WeakKeyDictionary[Connection, list[_Waiting]] = WeakKeyDictionary()

    def add(self, connection: Connection, is_due: Callable[[Executor], bool], callback: Callable[[], object]) -> None:
        if connection not in self._waiting:
            self._waiting[connection] = []
            event.listen(connection, "commit", self._commit)
            event.listen(connection, "rollback", self._forget)
        self._waiting[connection].append(_Waiting(is_due, callback))

    def _forget(self, connection: Connection) -> None:
        self._waiting[connection].clear()

    def _commit(self, connection: Connection) -> None:
        waiting = self._waiting[connection]
        try:
            due = [entry.callback for entry in waiting if entry.is_due(connection)]
        except SQLAlchemyError:  # the transaction has failed before, and committing it rolls it back
            return
        finally:
            waiting.clear()
        if not due:
            return
        errors = connection.dialect.loaded_dbapi.Error
        try:
            connection.connection.commit()
        except errors as error:
            raise DBAPIError.instance(None, None, error, errors, dialect=connection.dialect) from error
        for callback in due:
            callback()


class _Waiting(NamedTuple):
    is_due: Callable[[Executor], bool]
    callback: Callable[[], object]


class _SQLAlchemyHost:
    def __init__(self, host: Session | Connection, commits: Commits) -> None:
        self._host = host
        self._commits = commits

    def executor(self) -> Connection:
        return self._host.connection() if isinstance(self._host, Session) else self._host

    @contextmanager
    def savepoint(self) -> Iterator[Connection]:
        connection = self.executor()
        if connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT":
            raise no_transaction("set another isolation level on the connection")
        if connection.dialect.name == "sqlite":
            connection.execute(sql.BEGIN_TO_WRITE)
            driver = connection.connection.driver_connection
            if not getattr(driver, "in_transaction", True):
                raise no_transaction("set another isolation level on the connection")
        with connection.begin_nested():
            yield connection

    def on_commit(self, is_due: Callable[[Executor], bool], callback: Callable[[], object]) -> None:
        self._commits.add(self.executor(), is_due, callback)


def host_of(host: object, dialect: Dialect, commits: Commits) -> Host:
    """A host's session or connection as a `Host`. Raises NotValid connection.invalid."""
    if isinstance(host, scoped_session):
        host = host()
    if isinstance(host, Session | Connection):
        return _SQLAlchemyHost(host, commits)
    if is_django(host):
        return DjangoHost(host, dialect)
    raise _not_valid(host, "a Session or Connection of SQLAlchemy, or a connection of Django")


def async_joined(name: str, host: object, dialect: Dialect, commits: Commits) -> AsyncJoinedSQLStore:
    """The joined store of a host's asynchronous session or connection. Raises NotValid connection.invalid."""
    if isinstance(host, async_scoped_session):
        host = host()
    if not isinstance(host, AsyncSession | AsyncConnection):
        raise _not_valid(host, "an AsyncSession or AsyncConnection of SQLAlchemy")
    inner = host.sync_session if isinstance(host, AsyncSession) else host.sync_connection
    return AsyncJoinedSQLStore(JoinedSQLStore(name, host_of(inner, dialect, commits)), host)


def _not_valid(host: object, expected: str) -> NotValid:
    return NotValid(
        "connection.invalid",
        f"events cannot join the transaction of {shown(type(host).__name__)}",
        f"pass {expected} that is open",
    )
