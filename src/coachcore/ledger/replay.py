"""One course of states from several, each of which an obligation went through from a moment on."""

from collections.abc import Sequence

import attrs
from pendulum import DateTime

from coachcore.engagement.timeline import NEVER
from coachcore.ledger.obligations import ObligationState, StateChange

__all__ = ["in_turn"]

Course = tuple[DateTime, str | None, Sequence[StateChange]]


def in_turn(courses: Sequence[Course]) -> tuple[StateChange, ...]:
    """The states of an obligation of which one course held after the other, each up to the moment of the next.

    A course is the moment from which on it holds, the id of the event that brought it, and its changes from the opening on. Where the
    obligation stood otherwise by the course before, that event is what changed it.
    """
    whole: list[StateChange] = []
    ends = [*(since for since, _, _ in courses[1:]), NEVER]
    for (since, cause, changes), end in zip(courses, ends, strict=True):
        begin = max(since, changes[0].changed_at)
        if begin >= end:
            continue
        if not whole:
            whole.append(StateChange(begin, ObligationState.OPEN))
        current = [change for change in changes if change.changed_at <= begin][-1]
        later = [change for change in changes if begin < change.changed_at < end]
        for change in (attrs.evolve(current, changed_at=begin, cause=cause or current.cause), *later):
            if change.state is not whole[-1].state:
                whole.append(change)
    return tuple(whole)
