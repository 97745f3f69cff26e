"""The aggregate: who may do what (`tables`), whether (`decide`), what it changes (`evolve`), and both times (`history`)."""

from coachcore.engagement.decide import Draft, decide
from coachcore.engagement.evolve import evolve
from coachcore.engagement.history import Books, History, effective, fold
from coachcore.engagement.references import Context
from coachcore.engagement.state import (
    Action,
    ActionStatus,
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
    "Books",
    "Context",
    "Draft",
    "Goal",
    "GoalStatus",
    "History",
    "Matter",
    "Session",
    "SessionStatus",
    "Stage",
    "State",
    "decide",
    "effective",
    "evolve",
    "fold",
]
