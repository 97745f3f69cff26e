"""The connections on which an SQL store runs its operations: those of a host's engine, or its own.

An exception from a signal handler leaves SQLAlchemy's pool of connections with a lock that nobody releases, or with a
connection that is in the middle of something and is handed out again. So a store that opens its own connections has no
such pool. It uses each for one operation at a time, and closes it where anything but an `Exception` is raised. What
threads share are a queue and a lock that are each one step for the interpreter, so that an interrupt comes before or
after, and a list that is replaced as a whole.
"""

import select
import sys
import weakref
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Lock
from time import monotonic
from traceback import clear_frames
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from coachcore.errors import CoachcoreError
from coachcore.storage.sql.operations import RefusedWriteError

__all__ = ["HostConnections", "OwnConnections"]

T = TypeVar("T")

MOST = 15
"""Connections of a store at a time, as in SQLAlchemy's own pool: several processes fit in the hundred that PostgreSQL
has by default.
"""

WAIT_SECONDS = 30
"""How long an operation waits for a connection, also as in SQLAlchemy's pool."""

SETTLE_SECONDS = 5
"""How long an interrupted call waits for the server to end what it was in the middle of; psycopg waits as long."""
CANCEL_AGAIN_SECONDS = 0.2
"""After how long a statement that still runs is cancelled once more: much longer than the way to a server and back."""

_ACTIVE = 1
"""libpq's PQTRANS_ACTIVE: a command was sent, and its end has not arrived."""


class HostConnections:
    """Connections of a host's engine, taken from its pool for each operation."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._autocommit = engine.execution_options(isolation_level="AUTOCOMMIT")

    def run(self, operation: Callable[[Connection], T], *, in_transaction: bool) -> T:
        """The result of an operation, in a transaction of its own or with each statement committed by itself."""
        with self._engine.begin() if in_transaction else self._autocommit.connect() as connection:
            return operation(connection)

    def close(self) -> None:
        """Nothing: the engine is the host's."""


class _Place:
    """Room for one connection, which is opened at its first use. commits_itself: whether each statement is a
    transaction.
    """

    __slots__ = ("__weakref__", "commits_itself", "connection")

    def __init__(self) -> None:
        self.connection: Connection | None = None
        self.commits_itself = False


class OwnConnections:
    """Connections of the store's own engine, which must not have a pool; they stay open for the next operations.

    An interrupt may lose a place wherever it is. So places are counted by weak references; when a lost one is gone, its
    reference is put into the queue, which wakes who waits for it.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._idle: SimpleQueue[_Place | weakref.ref[_Place]] = SimpleQueue()
        self._places: list[weakref.ref[_Place]] = []
        self._lock = Lock()
        if engine.dialect.driver == "psycopg":
            event.listen(engine, "invalidate", _settle)

    def run(self, operation: Callable[[Connection], T], *, in_transaction: bool) -> T:
        """The result of an operation, in a transaction of its own or with each statement committed by itself.

        Raises SQLAlchemy's TimeoutError where all connections are in use for too long.
        """
        handled = sys.exception()
        place = self._free_place()
        try:
            connection = self._connected(place, in_transaction)
            transaction = connection.begin()
            result = operation(connection)
            transaction.commit()
            return result
        except BaseException as error:
            actual = _actual(error, handled)
            self._recover(place, actual)
            raise actual  # noqa: B904 - what hid it is no cause
        finally:
            self._idle.put_nowait(place)

    def close(self) -> None:
        """Close all connections that are not in use."""
        with suppress(Empty):
            while True:
                place = self._idle.get_nowait()
                if isinstance(place, _Place) and place.connection is not None:
                    place.connection.invalidate()

    def _recover(self, place: _Place, error: BaseException) -> None:
        """Take back what a failed operation did; unless it refused something by itself, nobody knows what its
        connection is doing.
        """
        connection, place.connection = place.connection, None
        if connection is None:
            return
        if isinstance(error, CoachcoreError | RefusedWriteError):
            connection.rollback()
            place.connection = connection
            return
        is_lost = isinstance(error, Exception) and connection.invalidated
        connection.invalidate(error)
        if is_lost:  # the server ended it, and so most likely the idle ones too
            self.close()
        elif not isinstance(error, Exception):
            # a cursor that the traceback refers to would keep SQLite's lock, even where its connection is closed
            clear_frames(error.__traceback__)

    def _free_place(self) -> _Place:
        for seconds in (0, *[1] * WAIT_SECONDS):
            with suppress(Empty):
                place = self._idle.get(timeout=seconds)
                if isinstance(place, _Place):
                    return place
            with self._lock:
                self._places = [reference for reference in self._places if reference() is not None]
                if len(self._places) < MOST:
                    place = _Place()
                    self._places.append(weakref.ref(place, self._idle.put_nowait))
                    return place
        raise PoolTimeoutError(f"all {MOST} connections of the store were in use for {WAIT_SECONDS} seconds")

    def _connected(self, place: _Place, in_transaction: bool) -> Connection:
        """The open connection of a place, in the right mode.

        By an option of SQLAlchemy's, changing it would leave a trace each time.
        """
        if place.connection is None:
            place.connection, place.commits_itself = self._engine.connect(), False
        if place.commits_itself == in_transaction:
            driver: Any = place.connection.connection.dbapi_connection
            if in_transaction:
                self._engine.dialect.reset_isolation_level(driver)
            else:
                self._engine.dialect.set_isolation_level(driver, "AUTOCOMMIT")
            place.commits_itself = not in_transaction
        return place.connection


def _actual(error: BaseException, handled: BaseException | None) -> BaseException:
    """The interrupt that SQLAlchemy or a driver hid behind an error of their own when they cleaned up after it; else
    the error.

    handled: what the host itself was handling when it called.
    """
    cause: BaseException | None = error
    while isinstance(cause, Exception) and cause is not handled:
        cause = cause.__context__
    return error if cause is None or cause is handled else cause


def _settle(connection: Any, record: object, error: BaseException | None) -> None:
    """Wait until the server has ended what an interrupted connection of psycopg was in the middle of.

    Otherwise a transaction may be committed after the call was interrupted and the next one has read. psycopg does so
    itself, but at a KeyboardInterrupt only.
    """
    if error is None or isinstance(error, Exception) or connection.pgconn.transaction_status != _ACTIVE:
        return
    driver, deadline = connection.pgconn, monotonic() + SETTLE_SECONDS
    with suppress(Exception):  # the connection is closed in any case
        # its answer alone is not the end: only with the message after that the server has let go of the transaction
        while driver.transaction_status == _ACTIVE and (left := deadline - monotonic()) > 0:
            if not driver.is_busy():
                driver.get_result()
                continue
            connection.cancel_safe(timeout=left)  # again, since one that comes before the statement is lost
            select.select([driver.socket], [], [], min(left, CANCEL_AGAIN_SECONDS))
            driver.consume_input()
