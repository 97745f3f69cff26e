"""What can go wrong with a database is an error of ours, with what to do; what was acknowledged is there, and nothing else."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from traceback import format_exception
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, make_url, select, text, update

from coachcore.errors import CoachcoreError, Conflict, NotFound, NotValid, StoreUnavailable
from coachcore.storage.contract import Append, Checkpoint, SaveCheckpoint
from coachcore.storage.sql import SQLStore, operations
from coachcore.storage.sql.tables import events, unnumbered
from coachcore.storage.sql.tables import store as store_table
from coachcore.testing.stores import make_record
from tests.storage.sql.conftest import append

SECRET = "".join(("hun", "ter2"))  # in two parts, since a traceback quotes the lines of this file


# -- opening -------------------------------------------------------------------------------------------------------------


def test_a_database_without_a_store_is_left_as_it_is_unless_one_is_to_be_created(url: str, engine: Engine) -> None:
    with pytest.raises(NotFound) as problem:
        SQLStore(url, create=False)
    assert problem.value.code == "store.missing"
    SQLStore(url).close()
    with SQLStore(url, create=False) as store:
        assert store.self_check() == []


def test_tables_of_another_release_are_refused_and_left_as_they_are(url: str, store: SQLStore, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(update(store_table).values(schema_version=99))
    with pytest.raises(StoreUnavailable) as problem:
        SQLStore(url)
    assert problem.value.code == "store_schema.unknown"


def test_several_who_create_the_tables_at_once_share_them(url: str) -> None:
    start = Barrier(4)

    def open_and_write(number: int) -> None:
        start.wait()
        with SQLStore(url) as store:
            store.write([append(f"eng-{number}")])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(open_and_write, range(4)))
    with SQLStore(url) as store:
        assert [position for position, _ in store.read_all()] == [1, 2, 3, 4]


def test_missing_tables_are_named(store: SQLStore, engine: Engine) -> None:
    unnumbered.drop(engine)
    assert store.self_check() == ["the table coachcore_unnumbered is missing"]
    with pytest.raises(StoreUnavailable) as problem:
        store.write([append("anna")])
    assert problem.value.code == "store.invalid"


def test_a_hosts_engine_is_left_open(engine: Engine) -> None:
    with SQLStore(engine) as store:
        store.write([append("anna")])
    store.close()
    with engine.connect() as connection:
        assert connection.execute(select(events.c.version)).scalars().all() == [1]
    with pytest.raises(StoreUnavailable) as problem:
        store.head("anna")
    assert problem.value.code == "store.closed"


# -- reaching the database -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", [{"port": 1}, {"database": "nowhere"}, {"username": "nobody"}])
def test_a_database_that_cannot_be_reached_is_named_without_its_password(
    postgresql_url: str, wrong: dict[str, object]
) -> None:
    url = make_url(postgresql_url).set(password=SECRET, **wrong)  # type: ignore[arg-type]
    with pytest.raises(StoreUnavailable) as problem:
        SQLStore(url.update_query_dict({"passfile": SECRET}))
    assert problem.value.code == "store.unreachable"
    assert "127.0.0.1" in problem.value.message
    assert SECRET not in "".join(format_exception(problem.value))


def test_a_lost_connection_stores_nothing_and_the_next_call_has_another(
    postgresql_engine: Engine, postgresql_database: str
) -> None:
    with SQLStore(postgresql_engine) as store:
        store.write([append("anna")])
        killer = create_engine(postgresql_database)
        with killer.connect() as connection:
            others = "pid <> pg_backend_pid() AND datname = current_database()"
            connection.execute(text(f"SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE {others}"))
        killer.dispose()
        with pytest.raises(StoreUnavailable) as problem:
            store.write([append("lost")])
        assert problem.value.code == "store.unreachable"
        store.write([append("ben")])
        assert [head.engagement_id for head in store.heads()] == ["anna", "ben"]


def test_a_session_that_may_not_write_says_so(postgresql_url: str, postgresql_engine: Engine) -> None:
    SQLStore(postgresql_engine).close()
    read_only = create_engine(
        postgresql_url, connect_args={"options": _options(postgresql_url, "-c default_transaction_read_only=on")}
    )
    with SQLStore(read_only) as store:
        with pytest.raises(StoreUnavailable) as problem:
            store.write([append("anna")])
        assert (problem.value.code, store.heads()) == ("store.read_only", [])
    read_only.dispose()


def _options(url: str, more: str) -> str:
    return f"{make_url(url).query['options']} {more}"


def test_a_statement_that_takes_too_long_says_so(postgresql_url: str, postgresql_engine: Engine) -> None:
    hurried = create_engine(
        postgresql_url, connect_args={"options": _options(postgresql_url, "-c statement_timeout=20")}
    )
    with SQLStore(postgresql_engine) as store, postgresql_engine.begin() as slow, SQLStore(hurried) as other:
        store.joined(slow).write([append("anna")])
        with pytest.raises(StoreUnavailable) as problem:
            other.write([append("anna")])
    hurried.dispose()
    assert problem.value.code == "store.cancelled"


def test_an_empty_pool_says_so(url: str) -> None:
    engine = create_engine(url, pool_size=1, max_overflow=0, pool_timeout=0.01)
    with SQLStore(engine) as store, engine.connect(), pytest.raises(StoreUnavailable) as problem:
        store.heads()
    engine.dispose()
    assert problem.value.code == "store.busy"


def test_errors_hold_no_content(store: SQLStore, engine: Engine) -> None:
    record = make_record("anna", content={"text": SECRET})
    unnumbered.drop(engine)
    with pytest.raises(CoachcoreError) as problem:
        store.write([Append("anna", [record], 0)])
    assert SECRET not in "".join(format_exception(problem.value))
    with pytest.raises(NotValid) as invalid:
        store.read("anna", 2**70)
    assert invalid.value.code == "store_value.invalid"


# -- others who write ----------------------------------------------------------------------------------------------------


def test_a_serialization_failure_is_contention(postgresql_url: str) -> None:
    engine = create_engine(postgresql_url, isolation_level="SERIALIZABLE")
    with SQLStore(engine) as store:
        store.write([append("anna"), SaveCheckpoint(Checkpoint(name="mail"), None)])
        moved = SaveCheckpoint(Checkpoint(name="mail", position=1), Checkpoint(name="mail"))
        with engine.begin() as slow:
            joined = store.joined(slow)
            assert len(joined.heads()) == 1
            store.write([moved])
            with pytest.raises(Conflict) as problem:
                joined.write([moved])
            slow.rollback()
    engine.dispose()
    assert problem.value.code == "store.contention"


def test_a_deadlock_of_hosts_transactions_is_contention_for_one_of_them(postgresql_url: str) -> None:
    engine = create_engine(
        postgresql_url, connect_args={"options": _options(postgresql_url, "-c deadlock_timeout=20ms")}
    )
    both_hold_one = Barrier(2)

    def write(first: str, second: str) -> str:
        with engine.connect() as connection:
            joined = store.joined(connection)
            joined.write([append(first)])
            both_hold_one.wait()
            try:
                joined.write([append(second)])
            except Conflict as conflict:
                connection.rollback()
                return conflict.code
            connection.commit()
            return "committed"

    with SQLStore(engine) as store, ThreadPoolExecutor(2) as pool:
        ends = [pool.submit(write, *names) for names in (("anna", "ben"), ("ben", "anna"))]
        assert sorted(end.result() for end in ends) == ["committed", "store.contention"]
        assert [head.engagement_id for head in store.heads()] == ["anna", "ben"]
    engine.dispose()


def test_units_on_the_same_engagements_in_any_order_do_not_deadlock(postgresql_url: str) -> None:
    rounds, start = 20, Barrier(2)

    def write(names: tuple[str, str]) -> None:
        with SQLStore(postgresql_url) as store:
            for number in range(rounds):
                start.wait()  # equal events, so who comes second repeats what is stored
                store.write([append(f"{name}-{number}", 3) for name in names])

    SQLStore(postgresql_url).close()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, [("anna", "ben"), ("ben", "anna")]))
    with SQLStore(postgresql_url) as store:
        assert len(store.heads()) == 2 * rounds
        assert store.last_position() == 2 * rounds * 3


def test_sqlite_that_is_locked_for_too_long_is_contention(tmp_path_factory: pytest.TempPathFactory) -> None:
    url = f"sqlite:///{tmp_path_factory.mktemp('locked')}/coaching.db"
    engine = create_engine(url, connect_args={"timeout": 0.01})
    with SQLStore(engine) as store:
        with engine.begin() as slow:
            store.joined(slow).write([append("anna")])
            with pytest.raises(Conflict) as problem:
                store.write([append("ben")])
        store.write([append("ben")])
    engine.dispose()
    assert problem.value.code == "store.contention"


def test_a_write_that_others_get_in_the_way_of_each_time_is_contention(
    store: SQLStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    # what a key refuses, and nobody knows why when it is asked: others have come, and have gone again
    real_write, attempts = operations.write, 0

    def write_where_somebody_was_faster(connection: Any, steps: operations.Steps) -> None:
        nonlocal attempts
        attempts += 1
        real_write(connection, operations.admitted([Append("anna", [make_record("anna", event_id="rival")], 0)]))
        real_write(connection, steps)

    monkeypatch.setattr(operations, "write", write_where_somebody_was_faster)
    with pytest.raises(Conflict) as problem:
        store.write([append("anna")])
    assert (problem.value.code, attempts) == ("store.contention", 5)
    assert (store.heads(), store.read_all()) == ([], [])


def test_ids_are_ordered_by_code_points_whatever_the_databases_order_is(store: SQLStore, engine: Engine) -> None:
    names = ["b", "B", "a b", "a-b", "ab", "ä", "Ā", "č", "z", "Z", "_", "\U0001f600", "ﬀ"]
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            others = connection.execute(
                text("SELECT name FROM unnest(CAST(:names AS text[])) name ORDER BY name"), {"names": names}
            )
            assert others.scalars().all() != sorted(names)
    store.write([append(name) for name in names])
    assert [head.engagement_id for head in store.heads()] == sorted(names)
    assert [head.engagement_id for head in store.heads("a-b", 3)] == sorted(names)[sorted(names).index("a-b") + 1 :][:3]
