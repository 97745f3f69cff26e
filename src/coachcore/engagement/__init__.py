"""The aggregate: what may be recorded, and what it changes.

`permissions` says which role may record which event at which stage, `powers` who may say what about whose obligation. `decide` checks a
proposed event by them, with the guards of `guards`, `promises`, `power_guards` and `corrections`. `evolve` folds an event into a `State`,
`fold` many. `history` answers what had occurred by one time, as known at another.
"""

from coachcore.engagement.decide import Draft, decide
from coachcore.engagement.evolve import evolve, fold
from coachcore.engagement.history import EventLog, History, effective_events
from coachcore.engagement.references import Context
from coachcore.engagement.state import (
    Action,
    ActionStatus,
    Consent,
    Goal,
    GoalStatus,
    Matter,
    Session,
    SessionStatus,
    Stage,
    State,
)

__all__ = [
    "Action",
    "ActionStatus",
    "Consent",
    "Context",
    "Draft",
    "EventLog",
    "Goal",
    "GoalStatus",
    "History",
    "Matter",
    "Session",
    "SessionStatus",
    "Stage",
    "State",
    "decide",
    "effective_events",
    "evolve",
    "fold",
]
