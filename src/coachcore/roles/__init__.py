"""Role objects: what a coach, a client, a sponsor and a supervisor may do, one method for each event.

`eng.client.record_progress(goal_id, 58.5)` records a `ProgressRecorded` by the client. A role has a method for each event that
the permission table (`engagement.permissions`) allows it, and no others.
"""

from coachcore.roles.acting import ActingParty, Recorder, RecordOptions
from coachcore.roles.methods import ROLES, AnyRole, Client, Coach, Sponsor, Supervisor

__all__ = [
    "ROLES",
    "ActingParty",
    "AnyRole",
    "Client",
    "Coach",
    "RecordOptions",
    "Recorder",
    "Sponsor",
    "Supervisor",
]
