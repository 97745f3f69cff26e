"""Statements of SQLAlchemy, run by the driver's own cursor: where a host's connection is not SQLAlchemy's, and where time counts.

A write is one or two short statements. SQLAlchemy's `execute` looks each up and prepares a context for it, which takes
the client longer than all else that a write does (measured: 480 us instead of 310 for one event). So writes go to the
driver, on the connection and in the transaction that SQLAlchemy has. They have only texts, whole numbers, bytes and
None as parameters, which every driver takes as they are. What is read goes through SQLAlchemy, which knows what each
driver returns. As a side effect SQLAlchemy's log, and those of Django, hold no content of events.
"""

from collections.abc import Mapping, Sequence
from contextlib import closing
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import ClauseElement, Connection, Dialect
from sqlalchemy.exc import DBAPIError

__all__ = ["DriverExecutor", "Rows", "on_driver"]


class Rows(NamedTuple):
    """The result of a statement; as much of SQLAlchemy's as is used."""

    rowcount: int
    rows: Sequence[tuple[Any, ...]]

    def all(self) -> Sequence[tuple[Any, ...]]:
        """Every row."""
        return self.rows

    def first(self) -> tuple[Any, ...] | None:
        """The first row, None where there is none."""
        return self.rows[0] if self.rows else None


class DriverExecutor:
    """Runs statements on a driver's connection; errors are SQLAlchemy's. Commits nothing."""

    def __init__(self, dialect: Dialect, errors: Any) -> None:
        self.dialect = dialect
        self._errors = errors

    def _connection(self) -> Any:
        raise NotImplementedError

    def _lost(self, error: BaseException) -> bool:
        """Whether the connection cannot be used any more after an error, or an interrupt."""
        return False

    def execute(self, statement: Any, parameters: Any = None, /) -> Rows:
        """Run a statement, with parameters by name; a list of them runs it for each."""
        rows = parameters if isinstance(parameters, list) else [parameters or {}]
        text, fixed, order = _compiled(statement, self.dialect, tuple(rows[0]))
        values: list[Any] = [{**fixed, **row} for row in rows]
        if order is not None:
            values = [[row[name] for name in order] for row in values]
        try:
            with closing(self._connection().cursor()) as cursor:
                if len(values) == 1:
                    cursor.execute(text, values[0])
                else:
                    cursor.executemany(text, values)
                answer = cursor.fetchall() if cursor.description else ()
                return Rows(cursor.rowcount, [tuple(map(_as_bytes, row)) for row in answer])
        except self._errors as error:
            is_lost = self._lost(error)
            raise DBAPIError.instance(
                text, None, error, self._errors, connection_invalidated=is_lost, dialect=self.dialect
            ) from error
        except BaseException as error:
            self._lost(error)
            raise


class _SQLAlchemyDriver(DriverExecutor):
    def __init__(self, connection: Connection) -> None:
        super().__init__(connection.dialect, connection.dialect.loaded_dbapi.Error)
        self._host = connection

    def _connection(self) -> Any:
        return self._host.connection

    def _lost(self, error: BaseException) -> bool:
        # as SQLAlchemy does: after an interrupt nobody knows what the connection is in the middle of
        connection = self._host
        is_lost = not isinstance(error, Exception) or (
            isinstance(error, self._errors)
            and self.dialect.is_disconnect(error, connection.connection.dbapi_connection, None)
        )
        if is_lost and not connection.invalidated:
            connection.invalidate(error)
        return is_lost


def on_driver(connection: Connection | DriverExecutor) -> DriverExecutor:
    """An executor that runs statements on the driver of an SQLAlchemy connection; another executor as it is."""
    return _SQLAlchemyDriver(connection) if isinstance(connection, Connection) else connection


@lru_cache(maxsize=500)  # a score of statements, and the engines of the few stores of a process
def _compiled(
    statement: ClauseElement, dialect: Dialect, names: tuple[str, ...]
) -> tuple[str, Mapping[str, Any], Sequence[str] | None]:
    """The text of a statement, parameters that are part of it, and the order of all where they go by position."""
    compiled: Any = statement.compile(dialect=dialect, column_keys=names)
    return compiled.string, compiled.params, compiled.positiontup if compiled.positional else None


def _as_bytes(value: object) -> object:
    return bytes(value) if isinstance(value, memoryview) else value  # as psycopg2 has binary values
