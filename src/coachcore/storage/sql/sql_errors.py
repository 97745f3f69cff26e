"""What an error of a database means for a store.

Promises: nothing of SQLAlchemy's or a driver's but our own errors leaves an SQL store, each with a hint, and without passwords and
without the values of a statement; the driver's error is its cause.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.engine import URL
from sqlalchemy.exc import DataError, DBAPIError, OperationalError, SQLAlchemyError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from coachcore.errors import CoachcoreError, Conflict, Corrupt, NotValid, Refused, StoreUnavailable

__all__ = ["closed", "contention", "no_transaction", "shown_url", "translated"]

_Meaning = tuple[type[CoachcoreError], str, str, str]
_CONTENTION: _Meaning = (
    Conflict,
    "store.contention",
    "gave up on this transaction in favour of another",
    "load again, decide again, and write again",
)
_DAMAGED: _Meaning = (Corrupt, "store.damaged", "is damaged", "run `coachcore verify` on it; restore it from a backup")
_UNREACHABLE: _Meaning = (
    StoreUnavailable,
    "store.unreachable",
    "cannot be reached",
    "check that the server runs and that the URL is right; then try again",
)
_NO_TABLE: _Meaning = (
    StoreUnavailable,
    "store.invalid",
    "lacks what a store has",
    "correct the URL, or restore a backup",
)
_NO_ACCESS: _Meaning = (
    StoreUnavailable,
    "store.no_access",
    "refuses the user",
    "grant rights to the tables named coachcore_*",
)
_FULL: _Meaning = (StoreUnavailable, "store.full", "has no room to grow", "make room on the disk; nothing was stored")
_BUSY: _Meaning = (
    StoreUnavailable,
    "store.busy",
    "has no connection left",
    "use a larger pool, or shorter transactions",
)
_FAILED: _Meaning = (StoreUnavailable, "store.io", "failed", "look at the database's log")

# Beginning of an SQLSTATE, name of an SQLite error, or number of an error of MySQL or SQL Server (deadlock and lock timeout); the
# longest that fits counts.
_MEANINGS: dict[str, _Meaning] = {
    "40001": _CONTENTION,
    "40P01": _CONTENTION,
    "55P03": _CONTENTION,
    "1205": _CONTENTION,
    "1213": _CONTENTION,
    "SQLITE_BUSY": _CONTENTION,
    "SQLITE_LOCKED": _CONTENTION,
    "XX00": _DAMAGED,
    "SQLITE_CORRUPT": _DAMAGED,
    "SQLITE_NOTADB": _DAMAGED,
    "08": _UNREACHABLE,
    "57P": _UNREACHABLE,
    "28": _NO_ACCESS,
    "42501": _NO_ACCESS,
    "SQLITE_CANTOPEN": _NO_ACCESS,
    "25P01": (Refused, "host_transaction.missing", "commits each statement by itself", "begin a transaction"),
    "25006": (StoreUnavailable, "store.read_only", "cannot be written", "connect to the primary server"),
    "SQLITE_READONLY": (StoreUnavailable, "store.read_only", "cannot be written", "allow writing to the file"),
    "53100": _FULL,
    "SQLITE_FULL": _FULL,
    "53200": (StoreUnavailable, "store.out_of_memory", "needs more memory than there is", "read or write less at once"),
    "53300": _BUSY,
    "57014": (StoreUnavailable, "store.cancelled", "cancelled the statement", "raise the server's statement_timeout"),
    "42P01": _NO_TABLE,
    "SQLITE_ERROR": _NO_TABLE,
}


def contention(name: str, problem: str) -> CoachcoreError:
    """Somebody else's transaction was in the way."""
    return _error(_CONTENTION, name, problem)


def closed(name: str) -> StoreUnavailable:
    """The store is used after it was closed."""
    return StoreUnavailable("store.closed", f"{name} is closed", "open it again with open_store()")


def no_transaction(hint: str) -> Refused:
    """A host's connection has no transaction that events could join."""
    return Refused(
        "host_transaction.missing", "the connection commits each statement by itself, so nothing can join it", hint
    )


def _error(meaning: _Meaning, name: str, problem: str) -> CoachcoreError:
    kind, code, description, hint = meaning
    return kind(code, f"{name} {description}: {problem}", hint)


def shown_url(url: URL) -> str:
    """A URL for messages: without its password, and without its query, which may hold one."""
    return url.set(query={}).render_as_string(hide_password=True)


@contextmanager
def translated(name: str) -> Iterator[None]:
    """A scope whose errors of SQLAlchemy are raised as ours. name: what messages call the store."""
    try:
        yield
    except SQLAlchemyError as error:
        raise _explained(error, name) from (error.orig if isinstance(error, StatementError) else error)
    except (UnicodeEncodeError, OverflowError) as error:
        raise _not_valid(error) from error


def _explained(error: SQLAlchemyError, name: str) -> CoachcoreError:
    cause = error.orig if isinstance(error, StatementError) else error
    if isinstance(error, DataError):
        return _not_valid(cause)
    if isinstance(error, PoolTimeoutError):
        meaning = _BUSY
    else:
        state = _state(cause)
        prefixes = (state[:length] for length in range(len(state), 1, -1))
        known = next((_MEANINGS[prefix] for prefix in prefixes if prefix in _MEANINGS), _FAILED)
        was_lost = isinstance(error, DBAPIError) and error.connection_invalidated
        # psycopg's errors of connecting have no SQLSTATE
        is_unreachable = was_lost or (isinstance(error, OperationalError) and not state)
        meaning = _UNREACHABLE if is_unreachable else known
    return _error(meaning, name, _first_line(cause))


def _state(cause: BaseException | None) -> str:
    """SQLSTATE, name or number of a driver's error; empty where it has none."""
    for attribute in ("sqlstate", "pgcode", "sqlite_errorname"):
        state = getattr(cause, attribute, None)
        if isinstance(state, str):
            return state
    first = cause.args[0] if cause is not None and cause.args else ""
    return str(first) if isinstance(first, int) or (isinstance(first, str) and len(first) == 5) else ""


def _first_line(cause: BaseException | None) -> str:
    return str(cause).partition("\n")[0][:200]  # what follows the first line may quote values


def _not_valid(cause: BaseException | None) -> NotValid:
    return NotValid(
        "store_value.invalid", f"a value cannot be stored or looked up: {_first_line(cause)}", "check the ids"
    )
