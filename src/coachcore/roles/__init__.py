"""Role objects: what a coach, a client, a sponsor and a supervisor may do, one method for each event.

`eng.client.record_progress(goal_id, 58.5)` records a `ProgressRecorded` by the client. A role has a method for each event that
the permission table (`engagement.permissions`) allows it, and no others. In an asynchronous practice `AsyncClient` and the like
have the same methods as coroutines.
"""

from typing import TYPE_CHECKING, Any

from coachcore.roles.acting import ActingParty, AsyncActingParty, AsyncRecorder, Recorder, RecordOptions
from coachcore.roles.methods import ROLES, AnyRole, Client, Coach, Sponsor, Supervisor

if TYPE_CHECKING:  # most hosts use the methods of one kind
    from coachcore.roles.async_methods import (
        ASYNC_ROLES,
        AnyAsyncRole,
        AsyncClient,
        AsyncCoach,
        AsyncSponsor,
        AsyncSupervisor,
    )

__all__ = [
    "ASYNC_ROLES",
    "ROLES",
    "ActingParty",
    "AnyAsyncRole",
    "AnyRole",
    "AsyncActingParty",
    "AsyncClient",
    "AsyncCoach",
    "AsyncRecorder",
    "AsyncSponsor",
    "AsyncSupervisor",
    "Client",
    "Coach",
    "RecordOptions",
    "Recorder",
    "Sponsor",
    "Supervisor",
]


if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        if name in __all__:
            from coachcore.roles import async_methods

            return getattr(async_methods, name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
