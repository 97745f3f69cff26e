"""A connection of Django as a host of events: the store's statements over its driver's connection, in its `atomic` block.

Django is not imported: its connection is known by its methods.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeGuard

from sqlalchemy import Dialect

from coachcore.errors import NotValid
from coachcore.storage.sql.driver import DriverExecutor
from coachcore.storage.sql.operations import Executor
from coachcore.storage.sql.sql_errors import no_transaction

__all__ = ["DjangoHost", "is_django"]


def is_django(host: object) -> TypeGuard[Any]:
    """Whether it is a connection of Django (`django.db.connection`, `connections[...]`)."""
    return all(hasattr(host, name) for name in ("vendor", "in_atomic_block", "ensure_connection", "on_commit"))


class DjangoHost:
    """A connection of Django as a `Host` of a joined store.

    Raises NotValid connection.conflict where the connection is to another kind of database than the store's.
    """

    def __init__(self, connection: Any, dialect: Dialect) -> None:
        if connection.vendor != dialect.name:
            raise NotValid(
                "connection.conflict",
                f"the connection is to {connection.vendor}, and the store is in {dialect.name}",
                "pass the connection to the store's database: connections[alias]",
            )
        self._connection = connection
        self._executor = _DjangoDriver(connection, dialect)

    def executor(self) -> "_DjangoDriver":
        return self._executor

    @contextmanager
    def savepoint(self) -> Iterator["_DjangoDriver"]:
        if not self._connection.in_atomic_block and self._connection.get_autocommit():
            raise no_transaction("record within `with transaction.atomic():`")
        savepoint = self._connection.savepoint()
        try:
            yield self._executor
        except BaseException:
            self._connection.savepoint_rollback(savepoint)
            raise
        self._connection.savepoint_commit(savepoint)

    def on_commit(self, is_due: Callable[[Executor], bool], callback: Callable[[], object]) -> None:
        def call_if_due() -> None:
            if is_due(self._executor):
                callback()

        self._connection.on_commit(call_if_due)


class _DjangoDriver(DriverExecutor):
    def __init__(self, connection: Any, dialect: Dialect) -> None:
        super().__init__(dialect, connection.Database.Error)
        self._host = connection

    def _connection(self) -> Any:
        self._host.ensure_connection()
        return self._host.connection
