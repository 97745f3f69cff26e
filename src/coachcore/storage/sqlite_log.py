"""What an erasure leaves in the write-ahead log of an SQLite store, and how it gets out of there without anybody
waiting.

Erased pages are overwritten in the file, but the log beside it holds the pages as they were until it is emptied, which
a reader that began before prevents. Waiting for that reader would hold the lock that every writer needs: 10 s with one
that stays open. So one attempt is made at once, and where that fails a thread makes others, at longer and longer
intervals, none of which waits for anything.
"""

from collections.abc import Callable
from threading import Event, Lock, Thread
from typing import Final

__all__ = ["LogCleaning"]

FIRST_PAUSE: Final = 0.02
LONGEST_PAUSE: Final = 1.0
"""In seconds. Most readers are gone after a few milliseconds; one that stays costs an attempt a second, of about a
millisecond.
"""


class LogCleaning:
    """The emptying of a store's log. empty: makes one attempt; False where a reader still needs the log.

    Erasures are numbered, so that one that is begun during an attempt is not taken for one that the attempt has
    removed.
    """

    def __init__(self, empty: Callable[[], bool]) -> None:
        self._empty = empty
        self._begun = self._removed = 0
        self._stopped = Event()
        self._starting = Lock()
        self._thread: Thread | None = None

    @property
    def is_pending(self) -> bool:
        """Whether something that was erased may still be in the log."""
        return self._removed < self._begun

    def begin(self) -> None:
        """Something was erased: empty the log now, or as soon as no reader needs it. Called by one thread at a time."""
        self._begun += 1
        if self.attempt():
            return
        with self._starting:
            if self._thread is None:
                self._thread = Thread(target=self._repeat, name="coachcore-log-cleaning", daemon=True)
                self._thread.start()

    def attempt(self) -> bool:
        """Empty the log if no reader needs it; whether nothing erased is left in it."""
        begun = self._begun
        if self._removed < begun and self._empty():
            self._removed = max(self._removed, begun)
        return not self.is_pending

    def stop(self) -> None:
        """Make no further attempts."""
        self._stopped.set()

    def _repeat(self) -> None:
        pause = FIRST_PAUSE
        while not self._stopped.wait(pause):
            self.attempt()
            with self._starting:
                if not self.is_pending:
                    self._thread = None
                    return
            pause = min(pause * 2, LONGEST_PAUSE)
