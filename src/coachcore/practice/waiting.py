"""How those who use a practice wait for each other: threads block, tasks await.

A turn belongs to one thread, or one task, at a time; whoever has it may take it again. A signal is set once, and wakes all who
wait. `Threads` serves `Practice`; `coachcore.practice.tasks` has the same for `AsyncPractice`.
"""

from collections.abc import Callable
from contextlib import suppress
from threading import Lock, RLock, get_ident
from typing import Protocol, TypeVar

from coachcore.errors import Conflict
from coachcore.flow import Flow

__all__ = ["WAIT_SECONDS", "Signal", "ThreadSignal", "ThreadTurn", "Threads", "Turn", "Waiting", "turn_missed"]

T = TypeVar("T")
WAIT_SECONDS = 10.0
"""How long anybody waits for a unit: as long as the SQLite store waits for another process."""


class Turn(Protocol):
    """The right to do something, which others wait for."""

    def during(self, work: Flow[T], seconds: float | None = None) -> Flow[T]:
        """Do the work while nobody else has the turn. seconds: raise Conflict unit.locked after so long; None waits on."""
        ...


class Signal(Protocol):
    """Something that happens once."""

    def set(self) -> None:
        """May be repeated, as where an interrupt came before those who wait were woken."""
        ...

    def is_set(self) -> bool: ...

    def awaited(self) -> Flow[None]:
        """Wait until it is set, `WAIT_SECONDS` at most."""
        ...


class Waiting(Protocol):
    """What the parts of a practice wait with."""

    @property
    def turn(self) -> Callable[[], Turn]: ...

    @property
    def signal(self) -> Callable[[], Signal]: ...

    @property
    def caller(self) -> Callable[[], object]:
        """Who is calling; the same object, or an equal one, for each call by the same thread or task."""
        ...


class ThreadTurn:
    """A turn of threads."""

    def __init__(self) -> None:
        self._lock = RLock()

    def during(self, work: Flow[T], seconds: float | None = None) -> Flow[T]:
        if seconds is None:
            with self._lock:
                return (yield from work)
        if not self._lock.acquire(timeout=seconds):
            raise turn_missed()
        try:
            return (yield from work)
        finally:
            self._lock.release()


class ThreadSignal:
    """What threads wait for: a lock that is free once it is set.

    Not `threading.Event`, whose lock stays locked where an interrupt comes while it is set or waited for; the next call on it
    would then never return.
    """

    def __init__(self) -> None:
        self._is_set = False
        self._lock = Lock()
        self._lock.acquire()

    def set(self) -> None:
        self._is_set = True
        with suppress(RuntimeError):  # it was free already
            self._lock.release()

    def is_set(self) -> bool:
        return self._is_set

    def awaited(self) -> Flow[None]:
        yield from ()
        if not self._is_set and self._lock.acquire(timeout=WAIT_SECONDS):
            self._lock.release()  # for the next one who waits


class Threads:
    """Threads block."""

    turn = ThreadTurn
    signal = ThreadSignal
    caller = staticmethod(get_ident)


def turn_missed() -> Conflict:
    """The error of who has waited too long for a unit that is recording something else."""
    return Conflict(
        "unit.locked",
        f"the unit has been recording something else for {WAIT_SECONDS:g} seconds",
        "let a before handler record in its unit by itself, and wait for no thread or task that does so",
    )
