"""Saving the state of a subscription by compare-and-set, while others may pause it, replay it, or run it too."""

from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec

import attrs

from coachcore.errors import CoachcoreError, Conflict
from coachcore.flow import Flow, value_of
from coachcore.practice.unit import OVERTAKEN as UNIT_OVERTAKEN
from coachcore.storage.contract import Checkpoint, SaveCheckpoint
from coachcore.subscriptions.saved_state import SavedState

__all__ = ["ATTEMPTS", "OVERTAKEN", "RunningState", "StartAgain", "superseded"]

P = ParamSpec("P")
Change = Callable[Concatenate[SavedState, P], SavedState]
"""A method of `SavedState` that returns the state after it."""
ATTEMPTS = 32
"""Of a save that others overtake. They are few, so that many lost attempts in a row point to a fault."""

OVERTAKEN = ("checkpoint.conflict", *UNIT_OVERTAKEN)
"""Conflicts after which a save is tried again: those of a unit, and that another reader of the name has saved meanwhile."""


class StartAgain(Exception):
    """The state was changed so that the pass over the events begins again: by a replay, or by others before this run saved."""


class RunningState:
    """The state during one run: as stored, with what this run has changed since.

    The newest run wins: its first save puts its id in the state. An earlier one that still goes on finds another id than its own,
    and ends with Conflict subscription.conflict before it delivers anything more.
    """

    def __init__(self, store: Any, checkpoint: Checkpoint, stored: Checkpoint | None, runner: str) -> None:
        """checkpoint: where to begin. stored: the same, None where none is stored yet."""
        self.state = SavedState.of(checkpoint)
        self._store = store
        self._stored = stored
        self._runner = runner
        self._has_saved = False
        self._changes: list[Callable[[SavedState], SavedState]] = []

    def apply(self, change: Change[P], *arguments: P.args, **named: P.kwargs) -> None:
        """Change the state; saved with the next `save`."""
        self._changes.append(lambda state: change(state, *arguments, **named))
        self.state = change(self.state, *arguments, **named)

    def save(self) -> Flow[None]:
        """Save what was changed; no write where nothing was. Raises StartAgain, Conflict subscription.conflict."""
        for _ in range(ATTEMPTS):
            if not self._changes:
                return
            if (yield from self._is_written(self._write_of(self.state))):
                return
        raise superseded(self.state.name)

    def save_unless_paused(self, change: Change[P], *arguments: P.args, **named: P.kwargs) -> Flow[None]:
        """Save what was changed, with one more change unless the subscription was paused meanwhile. Raises as `save`."""
        for _ in range(ATTEMPTS):
            if self.state.is_paused:
                yield from self.save()
                return
            if (yield from self._is_written(self.write_after(change, *arguments, **named))):
                return
        raise superseded(self.state.name)

    def write_after(self, change: Change[P], *arguments: P.args, **named: P.kwargs) -> SaveCheckpoint:
        """The write that saves what was changed, with one more change; pass it to `written` once it is done."""
        return self._write_of(change(self.state, *arguments, **named))

    def _write_of(self, state: SavedState) -> SaveCheckpoint:
        return SaveCheckpoint(attrs.evolve(state, runner=self._runner).as_checkpoint(), self._stored)

    def _is_written(self, write: SaveCheckpoint) -> Flow[bool]:
        try:
            yield from value_of(self._store.write([write]))
        except Conflict as error:
            yield from self.overtaken(error)
            return False
        self.written(write)
        return True

    def written(self, write: SaveCheckpoint) -> None:
        """A state was stored, with all changes."""
        self.state, self._stored = SavedState.of(write.checkpoint), write.checkpoint
        self._has_saved = True
        self._changes.clear()

    def overtaken(self, error: CoachcoreError) -> Flow[None]:
        """After a write was refused: repeat the changes on the state as it is stored now.

        Raises the error itself where it is none of `OVERTAKEN`; StartAgain, Conflict subscription.conflict.
        """
        if error.code not in OVERTAKEN:
            raise error
        if error.code != "checkpoint.conflict":
            return
        stored: Checkpoint | None = yield from value_of(self._store.checkpoint(self.state.name))
        state = SavedState.of(stored or Checkpoint(name=self.state.name))
        if self._has_saved and state.runner != self._runner:
            raise superseded(self.state.name) from error
        if not self._has_saved or state.generation != self.state.generation:
            raise StartAgain
        self._stored = stored
        for change in self._changes:
            state = change(state)
        self.state = state


def superseded(name: str) -> Conflict:
    """The end of a run that others have overtaken."""
    return Conflict(
        "subscription.conflict",
        f"another runner of subscription {name!r} has taken over",
        "run each subscription in one place at a time",
    )
