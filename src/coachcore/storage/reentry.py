"""A store that is called in the middle of one of its own writes of the same thread: by a signal handler or a finalizer.

A flag that a write sets stays set for ever where an interrupt comes at the wrong moment. What is running does not: it is on the stack.
"""

import sys
from collections.abc import Collection
from types import CodeType, FrameType

from coachcore.errors import Refused

__all__ = ["is_running", "reentered"]


def is_running(codes: Collection[CodeType], owner: object) -> bool:
    """Whether one of these methods of an object is running in this thread, above the method whose callee asks."""
    frame: FrameType | None = sys._getframe(3)
    while frame is not None:
        if frame.f_code in codes and frame.f_locals.get("self") is owner:
            return True
        frame = frame.f_back
    return False


def reentered() -> Refused:
    """The error of a store that is called in the middle of one of its own writes: by a signal handler or a finalizer."""
    return Refused(
        "store.reentered",
        "the store was called in the middle of one of its own writes",
        "let a signal handler note what happened, and use the store once it has returned",
    )
