"""Hooks: a host's handlers that run before an event is stored, where they may veto it or add events, and after.

A `before` handler runs before anything is stored: if it raises, nothing is. An `after` handler runs once the event is
committed, after those of all events committed earlier: if it raises, the error is logged (or passed to `on_failure`), nothing
is undone, and the other handlers still run. Handlers run in the order they were added; a handler for `Content` runs for every
type. Events that a `before` handler adds pass through the `before` handlers in turn. Where another writer comes first, the
command is decided again and its `before` handlers run again, so what they record elsewhere belongs to `pending.unit`, and
anything else they do elsewhere must be safe to repeat. For example::

    @practice.before(GoalSet)
    def one_goal_at_a_time(pending):
        if pending.state.active_goals:
            pending.veto("there is an active goal already")

    practice.hooks.remove(one_goal_at_a_time)

No lock is held while a handler runs, so a slow one delays the command it belongs to, and the handlers of later events, but neither
reads nor records elsewhere. Practices that were opened with `open_async` await handlers that are coroutine functions; others refuse
them when they are added.
"""

from coachcore.hooks.handlers import (
    AfterHandler,
    AsyncBeforeHandler,
    AsyncHooks,
    BeforeHandler,
    Failure,
    Handlers,
    Hooks,
)
from coachcore.hooks.values import AsyncPending, Pending, PendingEvent, PendingView, Stored, StoredView

__all__ = [
    "AfterHandler",
    "AsyncBeforeHandler",
    "AsyncHooks",
    "AsyncPending",
    "BeforeHandler",
    "Failure",
    "Handlers",
    "Hooks",
    "Pending",
    "PendingEvent",
    "PendingView",
    "Stored",
    "StoredView",
]
