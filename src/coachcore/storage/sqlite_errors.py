"""What an error of SQLite means for a store.

Promises: nothing of `sqlite3` but our own errors leaves the SQLite store, each with a hint; the original is its cause.
"""

import sqlite3
from pathlib import Path

from coachcore.errors import CoachcoreError, Corrupt, NotValid, StoreUnavailable, without_text

__all__ = ["Translated", "damaged", "not_a_store"]


class Translated:
    """A scope whose SQLite errors come out as ours. Without state, so one serves a store for all its calls."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: object) -> None:
        if isinstance(problem, sqlite3.Error):
            raise _explained(problem, self._path) from without_text(problem)
        if isinstance(problem, UnicodeDecodeError):  # SQLite's own message quotes a damaged name
            raise damaged(self._path, "it holds text that is not UTF-8") from without_text(problem)
        if isinstance(problem, UnicodeEncodeError | OverflowError):
            raise _not_valid(problem) from without_text(problem)


def not_a_store(path: Path, why: str) -> StoreUnavailable:
    """The file is there, and is something else."""
    return StoreUnavailable(
        "store.invalid",
        f"{path} is not a store of coachcore: {why}",
        "correct the path; the file was not changed",
    )


def damaged(path: Path, problem: str) -> Corrupt:
    """The file is a store, and cannot be read in full."""
    return Corrupt(
        "store.damaged", f"{path} is damaged: {problem}", "run `coachcore verify` on it; restore it from a backup"
    )


def _explained(problem: sqlite3.Error, path: Path) -> CoachcoreError:
    """What an SQLite error means for a store."""
    if isinstance(problem, sqlite3.ProgrammingError) and "closed" in str(problem):
        return StoreUnavailable("store.closed", f"{path} is closed", "open it again with open_store()")
    if isinstance(problem, sqlite3.ProgrammingError | sqlite3.InterfaceError | sqlite3.DataError):
        return _not_valid(problem)
    code = getattr(problem, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_NOTADB:
        return not_a_store(path, "it is not an SQLite database")
    if code == sqlite3.SQLITE_CORRUPT or code in (0, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT):
        # no code of its own: a table is missing, or text that is not UTF-8
        return damaged(path, str(problem).partition(" with text ")[0])  # it quotes what is not UTF-8
    name, description, hint = _MEANINGS.get(code, ("store.io", "failed", "look at the disk and the system's log"))
    return StoreUnavailable(name, f"{path} {description}: {problem}", hint)


def _not_valid(problem: Exception) -> NotValid:
    return NotValid("store_value.invalid", f"a value cannot be stored or looked up: {problem}", "check the ids")


_MEANINGS = {
    sqlite3.SQLITE_BUSY: ("store.locked", "is being written by another process", "try again; keep transactions short"),
    sqlite3.SQLITE_LOCKED: ("store.locked", "is locked", "try again; keep transactions short"),
    sqlite3.SQLITE_READONLY: ("store.read_only", "cannot be written", "allow writing to the file and its directory"),
    sqlite3.SQLITE_PERM: ("store.no_access", "may not be used", "allow access to the file and its directory"),
    sqlite3.SQLITE_AUTH: ("store.no_access", "may not be used", "allow access to the file and its directory"),
    sqlite3.SQLITE_CANTOPEN: ("store.no_access", "cannot be opened", "allow access to the file and its directory"),
    sqlite3.SQLITE_FULL: ("store.full", "has no room to grow", "make room on the disk; nothing was stored"),
    sqlite3.SQLITE_NOMEM: ("store.out_of_memory", "needs more memory than there is", "read or write less at a time"),
}
