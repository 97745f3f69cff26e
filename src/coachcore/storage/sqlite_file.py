"""The file of an SQLite store: whether it is one, who may read it, and whether it is still where it was opened."""

import os
import sys
import weakref
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from coachcore.errors import NotFound, StoreUnavailable
from coachcore.storage.paths import checked_name
from coachcore.storage.sqlite_errors import not_a_store

__all__ = ["BUSY_SECONDS", "StoreFile", "create_private"]

BUSY_SECONDS = 10.0
"""How long to wait while another process writes; one of ours writes for milliseconds."""

_MAGIC = b"SQLite format 3\0"


class StoreFile:
    """A path, and the file that was opened there."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(checked_name(path)).absolute()
        self.log = f"{os.path.realpath(self.path)}-wal"  # SQLite follows links
        self._name = str(self.path)
        self._identity = (0, 0)
        self._is_log_there: Callable[[], bool] = _always
        self.forget: Callable[[], object] = _always
        """Call it when the file is closed."""

    def refuse_others(self, create: bool) -> None:
        """Raise unless there is an SQLite file, or `create` and there is none or an empty one."""
        try:
            if self.path.is_dir():
                raise StoreUnavailable("store.is_directory", f"{self.path} is a directory", "name a file in it")
            if not self.path.parent.is_dir():
                raise StoreUnavailable(
                    "store_directory.missing",
                    f"there is no directory {self.path.parent}",
                    "create it, or correct the path",
                )
            with self.path.open("rb") as file:
                beginning = file.read(len(_MAGIC))
        except FileNotFoundError:
            if not create:
                raise NotFound("store.missing", f"there is no store {self.path}", "correct the path") from None
        except OSError as problem:  # also a name that is too long for the file system
            raise StoreUnavailable(
                "store.no_access",
                f"{self.path!s:.200} cannot be read: {problem.strerror}",
                "allow access to the file, or name another",
            ) from problem
        else:
            if beginning not in (b"", _MAGIC):  # SQLite would take a short file for an empty one
                raise not_a_store(self.path, "it is not an SQLite database")
            if not beginning and not create:
                raise not_a_store(self.path, "it is empty")

    def create_private(self) -> None:
        """Make the file, unless it is there; SQLite gives its log the same permissions."""
        with suppress(OSError):  # it is there already, or SQLite fails likewise, and its error is translated
            create_private(self.path)

    def is_fixed(self) -> bool:
        """Whether the file lies where this process can write nothing, as on a read-only disk.

        It may still be read, but only as it stands: SQLite would make files beside it to coordinate with writers.
        """
        may_write = os.access(self.path, os.W_OK) or os.access(self.path.parent, os.W_OK)
        return self.path.exists() and not may_write and not os.path.exists(self.log)

    def remember(self) -> None:
        """Remember which file is open, and which log it has; SQLite removes a log only when nobody has it open."""
        self._identity = _identity(self._name)
        if not os.path.exists(self.log):
            return
        self._is_log_there = partial(os.path.exists, self.log)
        if sys.platform == "linux":
            with suppress(OSError):  # no descriptor is free, or there is no /proc
                descriptor = os.open(self.log, os.O_PATH | os.O_CLOEXEC)
                self.forget = weakref.finalize(self, os.close, descriptor)
                link = f"/proc/self/fd/{descriptor}"
                self._is_log_there = partial(_leads_to, link, os.readlink(link))

    def has_log_of_others(self) -> bool:
        """Whether there is something in the log, which another process has written."""
        return os.path.exists(self.log) and os.path.getsize(self.log) > 0

    def refuse_moved(self) -> None:
        """Refuse a write to a file that was deleted, moved or replaced since: nobody would find there what is acknowledged.

        Of the log, Linux is asked where the open file lies now. To ask for its times, as `os.stat` does, lets the file system write
        them at the next commit, which then takes a third longer; so elsewhere it is only asked whether there is a log.
        """
        try:
            is_same = _identity(self._name) == self._identity
        except OSError:
            is_same = False
        if not is_same or not self._is_log_there():
            raise StoreUnavailable(
                "store.moved",
                f"{self.path} or its log was deleted, moved or replaced since it was opened; nothing was stored",
                "put the file back, or close the store and open it where it is now",
            )


def create_private(path: Path) -> None:
    """Make an empty file that its owner alone may read, whatever the umask. Raises FileExistsError where there is one."""
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _always() -> bool:
    return True


def _leads_to(link: str, place: str) -> bool:
    """Whether an open file still lies at a place; of one that was deleted or replaced, the link says so in the place's name."""
    return os.readlink(link) == place


def _identity(path: str) -> tuple[int, int]:
    """Which file lies at a path: its device and its number there."""
    status = os.stat(path)
    return status.st_dev, status.st_ino
