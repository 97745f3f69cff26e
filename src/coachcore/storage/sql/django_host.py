"""A connection of Django as a host of events: the store's statements over its driver's connection, in its `atomic` block.

Django is not imported: its connection is known by its methods. The statements go to the driver's own cursor, so that Django's log of
queries holds no content of events.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import lru_cache
from typing import Any, NamedTuple, TypeGuard

from sqlalchemy import ClauseElement, Dialect
from sqlalchemy.engine import Compiled
from sqlalchemy.exc import DBAPIError

from coachcore.errors import NotValid
from coachcore.storage.sql.operations import Executor
from coachcore.storage.sql.sql_errors import no_transaction

__all__ = ["DjangoHost", "is_django"]


def is_django(host: object) -> TypeGuard[Any]:
    """Whether it is a connection of Django (`django.db.connection`, `connections[...]`)."""
    return all(hasattr(host, name) for name in ("vendor", "in_atomic_block", "ensure_connection", "on_commit"))


class DjangoHost:
    """Raises NotValid connection.conflict where the connection is to another kind of database than the store's."""

    def __init__(self, connection: Any, dialect: Dialect) -> None:
        if connection.vendor != dialect.name:
            raise NotValid(
                "connection.conflict",
                f"the connection is to {connection.vendor}, and the store is in {dialect.name}",
                "pass the connection to the store's database: connections[alias]",
            )
        self._connection = connection
        self._executor = _DjangoExecutor(connection, dialect)

    def executor(self) -> "_DjangoExecutor":
        return self._executor

    @contextmanager
    def savepoint(self) -> Iterator["_DjangoExecutor"]:
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


class _Rows(NamedTuple):
    rowcount: int
    rows: Sequence[tuple[Any, ...]]

    def all(self) -> Sequence[tuple[Any, ...]]:
        return self.rows

    def first(self) -> tuple[Any, ...] | None:
        return self.rows[0] if self.rows else None


class _DjangoExecutor:
    """Runs statements of SQLAlchemy on a connection of Django; errors are SQLAlchemy's."""

    def __init__(self, connection: Any, dialect: Dialect) -> None:
        self._connection = connection
        self._dialect = dialect

    def execute(self, statement: Any, parameters: Any = None, /) -> _Rows:
        self._connection.ensure_connection()
        errors = self._connection.Database.Error
        rows = parameters if isinstance(parameters, list) else [parameters or {}]
        compiled = _compiled(statement, self._dialect, tuple(rows[0]))
        values = [_ordered(compiled, row) for row in rows]
        try:
            with closing(self._connection.connection.cursor()) as cursor:
                if len(values) == 1:
                    cursor.execute(compiled.string, values[0])
                else:
                    cursor.executemany(compiled.string, values)
                answer = cursor.fetchall() if cursor.description else ()
                return _Rows(cursor.rowcount, [tuple(map(_as_bytes, row)) for row in answer])
        except errors as error:
            raise DBAPIError.instance(compiled.string, None, error, errors, dialect=self._dialect) from error


@lru_cache(maxsize=100)  # a dozen statements, and the engines of the few stores of a process
def _compiled(statement: ClauseElement, dialect: Dialect, names: tuple[str, ...]) -> Compiled:
    return statement.compile(dialect=dialect, column_keys=names)


def _ordered(compiled: Any, row: dict[str, Any]) -> Any:
    values = compiled.construct_params(row)
    return [values[name] for name in compiled.positiontup] if compiled.positional else values


def _as_bytes(value: object) -> object:
    return bytes(value) if isinstance(value, memoryview) else value  # as psycopg2 has binary values
