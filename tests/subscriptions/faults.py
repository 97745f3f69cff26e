"""Stores that fail at a chosen step, as a process that is killed, or a disk that does not answer, would make them."""

from collections.abc import Callable, Sequence
from typing import Any

from coachcore.storage.contract import Write
from coachcore.storage.memory import MemoryStore
from coachcore.storage.sql import SQLStore
from coachcore.storage.sqlite import SQLiteStore

__all__ = ["Faults", "FaultyMemory", "FaultySQL", "FaultySQLite", "Killed"]


class Killed(BaseException):
    """The process ends at this step, and nothing of it runs on."""


class Faults:
    """Raises an error at one step of many: each call of `step` is one."""

    def __init__(self, failing_step: int | None = None, error: BaseException | None = None) -> None:
        self.steps = 0
        self._failing_step = failing_step
        self._error = error or Killed()

    @property
    def has_come(self) -> bool:
        return self._failing_step is not None and self.steps >= self._failing_step

    def step(self) -> None:
        self.steps += 1
        if self.steps == self._failing_step:
            raise self._error


def _write(self: Any, write: Callable[[Sequence[Write]], None], writes: Sequence[Write]) -> None:
    self.faults.step()
    write(writes)
    self.faults.step()  # all of it is stored, and the caller never hears of it


class FaultyMemory(MemoryStore):
    faults = Faults()

    def write(self, writes: Sequence[Write]) -> None:
        _write(self, super().write, writes)


class FaultySQLite(SQLiteStore):
    faults = Faults()

    def write(self, writes: Sequence[Write]) -> None:
        _write(self, super().write, writes)


class FaultySQL(SQLStore):
    faults = Faults()

    def write(self, writes: Sequence[Write]) -> None:
        _write(self, super().write, writes)
