"""SQL stores keep every promise of a store: on PostgreSQL and on SQLite, with synchronous and with asynchronous drivers."""

from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy import Engine, update

from coachcore.storage.contract import AsyncEventStore, EventStore
from coachcore.storage.sql import AsyncSQLStore, SQLStore
from coachcore.storage.sql.tables import checkpoints, tables
from coachcore.testing.stores import AsyncStoreConformance, StoreConformance, store_machine


class SQLStoreConformance(StoreConformance):
    is_persistent = True

    def make_store(self, directory: Path) -> EventStore:
        return SQLStore(self.url)

    def change_checkpoint(self, store: EventStore, name: str, position: int) -> bool:
        assert isinstance(store, SQLStore)
        with store.engine.begin() as connection:
            connection.execute(update(checkpoints).where(checkpoints.c.name == name).values(position=position))
        return True


class TestSQLStoreOnPostgreSQL(SQLStoreConformance):
    @pytest.fixture(autouse=True)
    def database(self, postgresql_url: str) -> None:
        self.url = postgresql_url


class TestSQLStoreOnSQLite(SQLStoreConformance):
    @pytest.fixture(autouse=True)
    def database(self, tmp_path: Path) -> None:
        self.url = f"sqlite:///{tmp_path}/coaching.db"


class AsyncSQLStoreConformance(AsyncStoreConformance):
    is_persistent = True

    async def make_async_store(self, directory: Path) -> AsyncEventStore:
        return await AsyncSQLStore.open(self.url)


class TestAsyncSQLStoreOnPostgreSQL(AsyncSQLStoreConformance):
    @pytest.fixture(autouse=True)
    def database(self, postgresql_url: str) -> None:
        self.url = postgresql_url


class TestAsyncSQLStoreOnSQLite(AsyncSQLStoreConformance):
    @pytest.fixture(autouse=True)
    def database(self, tmp_path: Path) -> None:
        self.url = f"sqlite+aiosqlite:///{tmp_path}/coaching.db"


def test_a_store_does_beside_a_model_what_the_model_does(engine: Engine) -> None:
    def empty_store() -> EventStore:
        tables.drop_all(engine)
        return SQLStore(engine)

    # a tenth of what a store in memory does, since each step waits for a database
    few = settings(max_examples=settings().max_examples // 10, stateful_step_count=settings().stateful_step_count // 2)
    run_state_machine_as_test(store_machine(empty_store), settings=few)
