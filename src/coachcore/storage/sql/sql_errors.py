"""What an error of a database means for a store.

Promises: nothing of SQLAlchemy's or a driver's but our own errors leaves an SQL store, each with a hint, and without passwords and
without the values of a statement; the driver's error is its cause.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.engine import URL
from sqlalchemy.exc import DataError, DBAPIError, OperationalError, SQLAlchemyError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from coachcore.errors import CoachcoreError, Conflict, Corrupt, NotValid, Refused, StoreUnavailable, without_text

__all__ = ["closed", "contention", "no_transaction", "shown_url", "translated"]

# Beginnings of an SQLSTATE, names of SQLite's errors, and numbers of errors of MySQL and SQL Server (deadlock, lock timeout)
_CONTENTION = ("40001", "40P01", "55P03", "1205", "1213", "SQLITE_BUSY", "SQLITE_LOCKED")
_DAMAGED = ("XX00", "SQLITE_CORRUPT", "SQLITE_NOTADB")
_COMMITS_EACH_STATEMENT = "25P01"

_UNREACHABLE = ("store.unreachable", "cannot be reached", "check that the server runs, and the URL; then try again")
_NO_ACCESS = ("store.no_access", "refuses the user", "grant rights to the tables named coachcore_*, or to the file")
_READ_ONLY = ("store.read_only", "cannot be written", "connect to the primary server, or allow writing to the file")
_FULL = ("store.full", "has no room to grow", "make room on the disk; nothing was stored")
_BUSY = ("store.busy", "has no connection left", "use a larger pool, or shorter transactions")
_NO_TABLE = ("store.invalid", "lacks what a store has", "correct the URL, or restore a backup")
_MEANINGS = {
    "08": _UNREACHABLE,
    "57P": _UNREACHABLE,
    "28": _NO_ACCESS,
    "42501": _NO_ACCESS,
    "SQLITE_CANTOPEN": _NO_ACCESS,
    "25006": _READ_ONLY,
    "SQLITE_READONLY": _READ_ONLY,
    "53100": _FULL,
    "SQLITE_FULL": _FULL,
    "53200": ("store.out_of_memory", "needs more memory than there is", "read or write less at a time"),
    "53300": _BUSY,
    "57014": ("store.cancelled", "cancelled the statement", "raise the server's statement_timeout"),
    "42P01": _NO_TABLE,
    "SQLITE_ERROR": _NO_TABLE,
}


def contention(name: str, problem: str) -> Conflict:
    """Somebody else's transaction was in the way."""
    return Conflict(
        "store.contention",
        f"{name} gave up on this transaction in favour of another: {problem}",
        "load again, decide again, and write again",
    )


def closed(name: str) -> StoreUnavailable:
    """The store is used after it was closed."""
    return StoreUnavailable("store.closed", f"{name} is closed", "open it again with open_store()")


def no_transaction(hint: str) -> Refused:
    """A host's connection has no transaction that events could join."""
    return Refused(
        "host_transaction.missing", "the connection commits each statement by itself, so nothing can join it", hint
    )


def shown_url(url: URL) -> str:
    """A URL for messages: without its password, and without its query, which may hold one."""
    return url.set(query={}).render_as_string(hide_password=True)


@contextmanager
def translated(name: str) -> Iterator[None]:
    """A scope whose errors of SQLAlchemy are raised as ours. name: what messages call the store."""
    try:
        yield
    except SQLAlchemyError as error:
        raise _explained(error, name) from without_text(_cause(error))
    except (UnicodeEncodeError, OverflowError) as error:
        raise _not_valid(error) from without_text(error)


def _explained(error: SQLAlchemyError, name: str) -> CoachcoreError:
    cause = _cause(error)
    problem = _first_line(cause)
    if isinstance(error, DataError):
        return _not_valid(cause)
    state = _state(cause)
    if state.startswith(_CONTENTION):
        return contention(name, problem)
    if state == _COMMITS_EACH_STATEMENT:
        return no_transaction("begin a transaction")
    if state.startswith(_DAMAGED):
        hint = "run `coachcore verify` on it; restore it from a backup"
        return Corrupt("store.damaged", f"{name} is damaged: {problem}", hint)
    was_lost = isinstance(error, DBAPIError) and error.connection_invalidated
    has_no_state = isinstance(error, OperationalError) and not state  # as of psycopg where it cannot connect
    if isinstance(error, PoolTimeoutError):
        code, description, hint = _BUSY
    elif was_lost or has_no_state:
        code, description, hint = _UNREACHABLE
    else:
        code, description, hint = next(
            (meaning for beginning, meaning in _MEANINGS.items() if state.startswith(beginning)),
            ("store.io", "failed", "look at the database's log"),
        )
    return StoreUnavailable(code, f"{name} {description}: {problem}", hint)


def _cause(error: SQLAlchemyError) -> BaseException:
    """The driver's error, where there is one."""
    return (error.orig if isinstance(error, StatementError) else None) or error


def _state(cause: BaseException) -> str:
    """SQLSTATE, name or number of a driver's error; empty where it has none."""
    for attribute in ("sqlstate", "pgcode", "sqlite_errorname"):
        state = getattr(cause, attribute, None)
        if isinstance(state, str):
            return state
    first = cause.args[0] if cause.args else ""
    return str(first) if isinstance(first, int) or (isinstance(first, str) and len(first) == 5) else ""


def _first_line(cause: BaseException) -> str:
    return str(cause).partition("\n")[0][:200]  # what follows the first line may quote values


def _not_valid(cause: BaseException) -> NotValid:
    return NotValid(
        "store_value.invalid", f"a value cannot be stored or looked up: {_first_line(cause)}", "check the ids"
    )
