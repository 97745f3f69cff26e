"""The connections that an SQL store opens itself: kept from one operation to the next, and closed where one was
interrupted.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, event, text

from coachcore.errors import Conflict, StoreUnavailable
from coachcore.storage.contract import Append
from coachcore.storage.sql import SQLStore, connections
from coachcore.testing.stores import make_record
from tests.storage.sql.conftest import append


class Interrupt(BaseException):
    """What a host's signal handler raises."""


@pytest.fixture
def own(url: str) -> Iterator[SQLStore]:
    """A store on its own connections."""
    with SQLStore(url) as opened:
        yield opened


@pytest.fixture
def opened_later(own: SQLStore) -> list[object]:
    """Grows by each connection that the store opens."""
    driver_connections: list[object] = []
    event.listen(own.engine, "connect", lambda driver_connection, record: driver_connections.append(driver_connection))
    return driver_connections


def run(store: SQLStore, operation: Callable[[Connection], Any], *, in_transaction: bool = True) -> Any:
    return store._connections.run(operation, in_transaction=in_transaction)


def insert_checkpoint(connection: Connection) -> None:
    connection.execute(text("INSERT INTO coachcore_checkpoints VALUES ('mail', 1, 0, 0, '', '')"))


def names(store: SQLStore) -> Any:
    return run(store, lambda connection: connection.execute(text("SELECT name FROM coachcore_checkpoints")).all())


def test_one_connection_is_enough_for_one_thread(own: SQLStore, opened_later: list[object]) -> None:
    for number in range(5):
        own.write([append(f"anna-{number}"), append(f"ben-{number}")])
        own.heads()
    with pytest.raises(Conflict):
        own.write([append("carla"), Append("anna-1", [make_record("anna-1", event_id="other")], 0)])
    assert own.head("carla") is None
    assert opened_later == []


@pytest.mark.parametrize("in_transaction", [False, True])
def test_what_was_not_committed_is_taken_back_and_its_connection_closed(
    own: SQLStore, opened_later: list[object], in_transaction: bool
) -> None:
    def interrupted(connection: Connection) -> None:
        insert_checkpoint(connection)
        raise Interrupt

    with pytest.raises(Interrupt):
        run(own, interrupted, in_transaction=in_transaction)
    assert len(names(own)) == (0 if in_transaction else 1)
    assert len(opened_later) == 1


def test_an_interrupted_cursor_holds_nobody_up_while_its_traceback_is_referred_to(own: SQLStore) -> None:
    own.write([append("anna", 3)])

    def interrupted(connection: Connection) -> None:
        cursor = connection.execute(text("SELECT version FROM coachcore_events"))
        cursor.fetchone()
        raise Interrupt

    with pytest.raises(Interrupt) as caught:
        run(own, interrupted, in_transaction=False)
    own.write([append("ben")])  # SQLite would wait for the end of a read that is going on
    assert [head.engagement_id for head in own.heads()] == ["anna", "ben"]
    assert caught.tb is not None


def test_an_interrupt_is_raised_where_cleaning_up_after_it_failed(own: SQLStore) -> None:
    def fail(_: Connection) -> None:
        raise AssertionError("as SQLAlchemy raises where a commit is interrupted")

    def hidden(connection: Connection) -> None:
        try:
            raise Interrupt
        finally:
            fail(connection)

    with pytest.raises(Interrupt):
        run(own, hidden)
    try:
        raise KeyboardInterrupt  # what the host is handling itself is not raised again
    except KeyboardInterrupt:
        with pytest.raises(AssertionError):
            run(own, fail)


def test_a_lost_place_is_free_again(own: SQLStore) -> None:
    places = own._connections
    assert isinstance(places, connections.OwnConnections)
    for _ in range(2 * connections.MOST):
        places._free_place()  # as where an interrupt comes before it is given a name
    assert own.heads() == []


def test_who_waits_for_a_connection_too_long_learns_of_it(own: SQLStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "WAIT_SECONDS", 0)
    monkeypatch.setattr(connections, "MOST", 2)
    assert run(own, lambda _: run(own, lambda connection: connection.closed)) is False
    with pytest.raises(StoreUnavailable) as problem:
        run(own, lambda _: run(own, lambda _: own.heads()))
    assert problem.value.code == "store.busy"


def test_where_the_server_has_ended_one_connection_no_other_idle_one_is_used(
    postgresql_url: str, postgresql_database: str
) -> None:
    with SQLStore(postgresql_url) as own:
        run(own, lambda _: run(own, lambda _: own.write([append("anna")])))
        killer = create_engine(postgresql_database)
        with killer.connect() as connection:
            others = "pid <> pg_backend_pid() AND datname = current_database()"
            killed = connection.execute(
                text(f"SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE {others}")
            )
            assert len(killed.all()) >= 3, "two that were in use around a third, and others' of this database"
        killer.dispose()
        with pytest.raises(StoreUnavailable) as problem:
            own.heads()
        assert problem.value.code == "store.unreachable"
        assert [head.engagement_id for head in own.heads()] == ["anna"]
        own.write([append("ben"), append("carla")])


def test_the_server_has_ended_what_was_interrupted_when_the_call_returns(postgresql_url: str) -> None:
    # psycopg sees to it where a KeyboardInterrupt comes, and leaves the statement running where another interrupt does
    with SQLStore(postgresql_url) as own:

        def interrupted(connection: Connection) -> None:
            driver_connection: Any = connection.connection.driver_connection
            driver_connection.pgconn.send_query(b"SELECT pg_sleep(120)")
            raise Interrupt

        with pytest.raises(Interrupt):
            run(own, interrupted)
        running = text(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND state = 'active' AND query LIKE 'SELECT pg_sleep%'"
        )
        assert run(own, lambda connection: connection.execute(running).scalar()) == 0
