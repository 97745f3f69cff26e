"""What an erasure leaves in the write-ahead log of an SQLite store, and how it gets out of there without anybody waiting.

Erased pages are overwritten in the file, but the log beside it holds the pages as they were until it is emptied, which a reader that
began before prevents. Waiting for that reader would hold the lock that every writer needs: 10 s with one that stays open. So one attempt
is made at once, and where that fails a thread makes others, at longer and longer intervals, none of which waits for anything.
"""

from collections.abc import Callable
from threading import Event, Thread
from typing import Final

__all__ = ["LogCleaning"]

FIRST_PAUSE: Final = 0.02
LONGEST_PAUSE: Final = 1.0
"""In seconds. Most readers are gone after a few milliseconds; one that stays costs an attempt a second, of about a millisecond."""


class LogCleaning:
    """The emptying of a store's log. empty: makes one attempt; False where a reader still needs the log."""

    def __init__(self, empty: Callable[[], bool]) -> None:
        self._empty = empty
        self._stopped = Event()
        self._thread: Thread | None = None
        self.is_pending = False

    def begin(self) -> None:
        """Something was erased: empty the log now, or as soon as no reader needs it."""
        self.is_pending = True
        if not self.attempt() and (self._thread is None or not self._thread.is_alive()):
            self._thread = Thread(target=self._repeat, name="coachcore-log-cleaning", daemon=True)
            self._thread.start()

    def attempt(self) -> bool:
        """Empty the log if no reader needs it; whether nothing erased is left in it."""
        if self.is_pending and self._empty():
            self.is_pending = False
        return not self.is_pending

    def stop(self) -> None:
        """Make no further attempts."""
        self._stopped.set()

    def _repeat(self) -> None:
        pause = FIRST_PAUSE
        while not self._stopped.wait(pause) and not self.attempt():
            pause = min(pause * 2, LONGEST_PAUSE)
