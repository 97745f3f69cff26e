"""Events in a host's own transaction: its rows and the events are stored together or not at all, whatever it works with."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from typing import Any

import pytest
from django.db import IntegrityError as DjangoIntegrityError
from django.db import ProgrammingError as DjangoProgrammingError
from django.db import connections, transaction
from sqlalchemy import Connection, Engine, create_engine, make_url, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession, create_async_engine
from sqlalchemy.orm import Session, scoped_session, sessionmaker

from coachcore.errors import Conflict, NotValid, Refused
from coachcore.storage.contract import Append, Checkpoint, JoinedStore, SaveCheckpoint
from coachcore.storage.sql import AsyncSQLStore, SQLStore
from coachcore.testing.stores import history, make_record
from tests.django_databases import django_database
from tests.storage.sql.conftest import append


class Host:
    """What a host works with: its transactions, parts of them, and its own rows."""

    def close(self) -> None: ...

    def transaction(self) -> AbstractContextManager[Any]:
        """A transaction, as what is handed to `joined`."""
        raise NotImplementedError

    def savepoint(self, transaction: Any) -> AbstractContextManager[Any]:
        raise NotImplementedError

    def execute(self, transaction: Any, statement: str) -> None:
        transaction.execute(text(statement))


class SessionHost(Host):
    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        with Session(self.engine) as session, session.begin():
            yield session

    def savepoint(self, transaction: Session) -> AbstractContextManager[Any]:
        self.execute(
            transaction, "INSERT INTO host_rows VALUES (0)"
        )  # SQLite's driver begins no transaction at a savepoint
        return transaction.begin_nested()


class ConnectionHost(Host):
    """A connection that is used for one transaction after another."""

    def __init__(self, engine: Engine) -> None:
        self.connection = engine.connect()

    def close(self) -> None:
        self.connection.close()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        with self.connection.begin():
            yield self.connection

    def savepoint(self, transaction: Connection) -> AbstractContextManager[Any]:
        self.execute(transaction, "INSERT INTO host_rows VALUES (0)")
        return transaction.begin_nested()


class DjangoHost(Host):
    def __init__(self, engine: Engine) -> None:
        database = django_database(engine.url)
        connections.settings |= connections.configure_settings({"default": {}, "coaching": database})
        self.connection = connections["coaching"]

    def close(self) -> None:
        self.connection.close()
        del connections["coaching"]

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        with transaction.atomic(using="coaching"):
            yield self.connection

    def savepoint(self, transaction_: Any) -> AbstractContextManager[Any]:
        return transaction.atomic(using="coaching")

    def execute(self, transaction: Any, statement: str) -> None:
        with transaction.cursor() as cursor:
            cursor.execute(statement)


@pytest.fixture(params=[SessionHost, ConnectionHost, DjangoHost])
def host(request: pytest.FixtureRequest, store: SQLStore, engine: Engine) -> Iterator[Host]:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE host_rows (number INTEGER)"))
    opened = request.param(engine)
    with closing(opened):
        yield opened


def rows(engine: Engine, table: str = "host_rows") -> list[int]:
    with engine.connect() as connection:
        return sorted(connection.execute(text(f"SELECT * FROM {table}")).scalars())


def versions(store: SQLStore) -> dict[str, int]:
    return {head.engagement_id: head.version for head in store.heads()}


def test_a_commit_stores_the_hosts_rows_and_the_events(host: Host, store: SQLStore, engine: Engine) -> None:
    seen: list[dict[str, int]] = []
    for number, name in enumerate(["anna", "ben"], 1):
        with host.transaction() as connection:
            joined = store.joined(connection)
            assert isinstance(joined, JoinedStore)
            host.execute(connection, f"INSERT INTO host_rows VALUES ({number})")
            joined.write([append(name, 3), SaveCheckpoint(Checkpoint(name=name, position=1), None)])
            joined.on_commit(lambda: seen.append(versions(store)))
            assert len(seen) == number - 1
        assert rows(engine) == [*range(1, number + 1)]
    assert seen == [{"anna": 3}, {"anna": 3, "ben": 3}], "once after each commit, when others see the events"
    assert [checkpoint.name for checkpoint in store.checkpoints()] == ["anna", "ben"]
    assert [position for position, _ in store.read_all()] == [1, 2, 3, 4, 5, 6]


def test_a_rollback_leaves_neither_and_calls_nothing_back(host: Host, store: SQLStore, engine: Engine) -> None:
    called: list[str] = []
    with pytest.raises(ZeroDivisionError), host.transaction() as connection:
        joined = store.joined(connection)
        joined.write([append("anna")])
        host.execute(connection, "INSERT INTO host_rows VALUES (1)")
        joined.on_commit(lambda: called.append("back"))
        raise ZeroDivisionError
    with host.transaction() as connection:
        host.execute(connection, "INSERT INTO host_rows VALUES (2)")
    assert (versions(store), rows(engine), called) == ({}, [2], [])


@pytest.mark.parametrize("writes", [[append("anna")], [SaveCheckpoint(Checkpoint(name="mail", position=1), None)]])
def test_a_part_that_is_rolled_back_takes_its_events_along(
    host: Host, store: SQLStore, engine: Engine, writes: list[Append | SaveCheckpoint]
) -> None:
    called: list[str] = []
    with host.transaction() as connection:
        with pytest.raises(ZeroDivisionError), host.savepoint(connection):
            joined = store.joined(connection)
            joined.write(writes)
            joined.on_commit(lambda: called.append("back"))
            raise ZeroDivisionError
        assert store.joined(connection).head("anna") is None
        with host.savepoint(connection):
            kept = store.joined(connection)
            kept.write([append("ben")])
            kept.on_commit(lambda: called.append("ben"))
        host.execute(connection, "INSERT INTO host_rows VALUES (1)")
    assert (versions(store), store.checkpoints(), called, 1 in rows(engine)) == ({"ben": 1}, [], ["ben"], True)


def test_what_is_written_is_read_within_the_transaction_and_not_outside(host: Host, store: SQLStore) -> None:
    records = history("anna", 3)
    with host.transaction() as connection:
        joined = store.joined(connection)
        joined.write([Append("anna", records, 0)])
        assert list(joined.read("anna", 1, 1)) == records[1:2]
        assert [head.engagement_id for head in joined.heads()] == ["anna"]
        assert store.head("anna") is None
        assert store.read_all() == []
    assert list(store.read("anna")) == records


def test_a_write_that_is_refused_leaves_the_hosts_transaction_as_it_was(
    host: Host, store: SQLStore, engine: Engine
) -> None:
    store.write([append("anna", 2)])
    with host.transaction() as connection:
        joined = store.joined(connection)
        host.execute(connection, "INSERT INTO host_rows VALUES (1)")
        with pytest.raises(Conflict) as problem:
            joined.write([append("ben"), Append("anna", [make_record("anna", event_id="other")], 0)])
        assert problem.value.code == "store.conflict"
        assert joined.head("ben") is None
        joined.write([append("carl"), append("anna", 2)])  # of which one is stored already
        host.execute(connection, "INSERT INTO host_rows VALUES (2)")
    assert (versions(store), rows(engine)) == ({"anna": 2, "carl": 1}, [1, 2])


def test_a_commit_that_fails_calls_nothing_back(store: SQLStore, engine: Engine, host: Host) -> None:
    if engine.dialect.name == "sqlite":
        pytest.skip("SQLite checks foreign keys only where it was asked to")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE parents (number INTEGER PRIMARY KEY)"))
        foreign_key = "number INTEGER REFERENCES parents DEFERRABLE INITIALLY DEFERRED"
        connection.execute(text(f"CREATE TABLE children ({foreign_key})"))
    called: list[str] = []
    with pytest.raises((IntegrityError, DjangoIntegrityError)), host.transaction() as transaction:
        joined = store.joined(transaction)
        joined.write([append("anna")])
        joined.on_commit(lambda: called.append("back"))
        host.execute(transaction, "INSERT INTO children VALUES (1)")
    assert (versions(store), rows(engine, "children"), called) == ({}, [], [])


def test_a_commit_of_a_transaction_that_the_database_gave_up_calls_nothing_back(
    store: SQLStore, engine: Engine, host: Host
) -> None:
    if engine.dialect.name == "sqlite":
        pytest.skip("SQLite gives up no transaction for a statement that fails")
    called: list[str] = []
    with host.transaction() as transaction:
        joined = store.joined(transaction)
        joined.write([append("anna")])
        joined.on_commit(lambda: called.append("back"))
        with pytest.raises((DBAPIError, DjangoProgrammingError)):
            host.execute(transaction, "SELECT * FROM nowhere")
    assert (versions(store), called) == ({}, [])


def test_a_scoped_session_is_a_session(store: SQLStore, engine: Engine) -> None:
    session = scoped_session(sessionmaker(engine))
    store.joined(session).write([append("anna")])
    assert versions(store) == {}
    session.commit()
    session.remove()
    assert versions(store) == {"anna": 1}


def test_a_connection_that_commits_by_itself_is_refused(store: SQLStore, engine: Engine) -> None:
    with engine.connect() as connection, closing(DjangoHost(engine)) as django_host:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        for host in (connection, django_host.connection):
            with pytest.raises(Refused) as problem:
                store.joined(host).write([append("anna")])
            assert problem.value.code == "host_transaction.missing"
    assert versions(store) == {}


def test_an_engine_that_commits_by_itself_is_refused(store: SQLStore, url: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection, pytest.raises(Refused) as problem:
        store.joined(connection).write([append("anna")])
    engine.dispose()
    assert problem.value.code == "host_transaction.missing"
    assert versions(store) == {}


def test_what_is_no_connection_to_the_stores_database_is_refused(store: SQLStore, engine: Engine) -> None:
    for host in (None, engine, "coaching.db"):
        with pytest.raises(NotValid) as problem:
            store.joined(host)
        assert problem.value.code == "connection.invalid"
    with closing(DjangoHost(engine)) as django_host, pytest.raises(NotValid) as problem:
        django_host.connection.vendor = "oracle"
        store.joined(django_host.connection)
    assert problem.value.code == "connection.conflict"


# -- asynchronous hosts --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("open_host", [AsyncSession, lambda engine: engine.connect()])
def test_an_asynchronous_host_commits_both_or_neither(url: str, open_host: Callable[..., Any]) -> None:
    called: list[str] = []

    async def main() -> dict[str, int]:
        engine = create_async_engine(make_url(url.replace("sqlite:", "sqlite+aiosqlite:")))
        store = await AsyncSQLStore.open(engine)
        for name, is_kept in (("anna", True), ("ben", False)):
            async with open_host(engine) as host:
                joined = store.joined(host)
                await joined.write([append(name, 2)])
                joined.on_commit(lambda name=name: called.append(name))
                head = await joined.head(name)
                assert head is not None
                assert len(await joined.read(name)) == head.version == 2
                assert await store.head(name) is None
                await (host.commit() if is_kept else host.rollback())
        heads = await store.heads()
        await store.close()
        await engine.dispose()
        return {head.engagement_id: head.version for head in heads}

    assert asyncio.run(main()) == {"anna": 2}
    assert called == ["anna"]


def test_an_asynchronous_store_takes_only_asynchronous_hosts_that_are_open(url: str) -> None:
    async def main() -> None:
        engine = create_async_engine(make_url(url.replace("sqlite:", "sqlite+aiosqlite:")))
        store = await AsyncSQLStore.open(engine)
        hosts: list[object] = [engine, Session(engine.sync_engine), AsyncConnection(engine)]
        for host in hosts:
            with pytest.raises(NotValid) as problem:
                store.joined(host)
            assert problem.value.code == "connection.invalid"
        await engine.dispose()

    asyncio.run(main())
