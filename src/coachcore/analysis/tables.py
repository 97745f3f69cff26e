"""The tables: the columns of each, and how its rows are made of a snapshot.

`SCHEMAS` is the one definition of the columns: their order, types and meaning. Rows and frames have them whatever the engagements
are, so that a table of none can be joined with, and one of today appended to one of last year. It is in the terms of the rules
engine, so `SCHEMAS["goals"].facts["pace_ratio"].meaning` says what a column means.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

import attrs

from coachcore.facts import EngagementFacts, GoalFacts, goal_facts, schemas
from coachcore.ledger import ObligationState
from coachcore.model.parties import Role
from coachcore.progress import Status
from coachcore.rules import Fact, FactType, Schema
from coachcore.snapshot import Snapshot

__all__ = ["SCHEMAS", "TABLES", "Row"]

Row = dict[str, Any]


def _column(name: str, type_name: str, meaning: str, members: Iterable[str] = (), *, unknown: bool = False) -> Fact:
    column_type = FactType(type_name, members=tuple(map(str, members)))
    return Fact(name=name, type=column_type, meaning=meaning, unknown_allowed=unknown)


ENGAGEMENT_ID: Final = _column("engagement_id", "text", "the engagement")
COLUMNS: Final[Mapping[str, tuple[Fact, ...]]] = {
    "engagements": (
        ENGAGEMENT_ID,
        *schemas()["engagement"].facts.values(),
        _column("client_reliability", "decimal", "the share of the client's obligations that were met", unknown=True),
        _column("coach_reliability", "decimal", "the share of the coach's obligations that were met", unknown=True),
    ),
    "goals": (
        ENGAGEMENT_ID,
        _column("goal_id", "text", "the goal"),
        *schemas()["goal"].facts.values(),
        _column("progress_status", "text", "how far the goal is compared to what is expected", Status),
        _column("attainment", "decimal", "how far the goal is, 0 to 1", unknown=True),
        _column("expected", "decimal", "how far it is expected to be, 0 to 1", unknown=True),
    ),
    "obligations": (
        ENGAGEMENT_ID,
        _column("obligation_id", "text", "the obligation"),
        _column("duty_id", "text", "the duty of the charter"),
        _column("role", "text", "the role that owes it", Role),
        _column("state", "text", "what became of it", ObligationState),
        _column("opened_at", "moment", "since when it is owed"),
        _column("due_at", "moment", "until when it is met in time"),
        _column("settled_at", "moment", "when it was settled", unknown=True),
        _column("weight", "decimal", "its weight in reliability"),
        _column("is_contested", "bool", "whether the other side contests it, and that is not settled"),
        _column("evidence", "int", "how many events are its evidence"),
    ),
    "problems": (
        ENGAGEMENT_ID,
        _column("code", "text", "the code of the error"),
        _column("message", "text", "what is wrong"),
    ),
}
SCHEMAS: Final[Mapping[str, Schema]] = {
    table: Schema(table, {column.name: column for column in columns}) for table, columns in COLUMNS.items()
}
"""The columns of each table, in order: name, type, meaning, and whether they may be unknown (null)."""


def _goals(snapshot: Snapshot) -> Iterator[Row]:
    """A row for each goal: its facts, and how far it is."""
    for goal_id, score in snapshot.progress.goals.items():
        yield {
            "engagement_id": snapshot.engagement_id,
            "goal_id": goal_id,
            **_fields(goal_facts(snapshot.history, goal_id)),
            "progress_status": str(score.status),
            "attainment": score.attainment,
            "expected": score.expected,
        }


def _engagements(snapshot: Snapshot) -> Iterator[Row]:
    """A row for each engagement: its facts, and both roles' reliability."""
    yield {
        "engagement_id": snapshot.engagement_id,
        **_fields(snapshot.facts),
        "client_reliability": snapshot.ledger.statement("client").reliability,
        "coach_reliability": snapshot.ledger.statement("coach").reliability,
    }


def _fields(facts: GoalFacts | EngagementFacts) -> Row:
    return {field.name: getattr(facts, field.name) for field in attrs.fields(type(facts))}


def _obligations(snapshot: Snapshot) -> Iterator[Row]:
    """A row for each obligation."""
    for obligation in snapshot.ledger.obligations:
        yield {
            "engagement_id": snapshot.engagement_id,
            "obligation_id": obligation.id,
            "duty_id": obligation.duty_id,
            "role": str(obligation.role),
            "state": str(obligation.state),
            "opened_at": obligation.opened_at,
            "due_at": obligation.due_at,
            "settled_at": obligation.settled_at,
            "weight": obligation.weight,
            "is_contested": obligation.is_contested,
            "evidence": len(obligation.evidence),
        }


def _problems(snapshot: Snapshot) -> Iterator[Row]:
    """None for an engagement whose parts can be computed; those that cannot get theirs from the error that this raises."""
    _ = snapshot.progress, snapshot.ledger
    yield from ()


TABLES: Final[Mapping[str, Callable[[Snapshot], Iterator[Row]]]] = {
    "engagements": _engagements,
    "goals": _goals,
    "obligations": _obligations,
    "problems": _problems,
}
"""How the rows of each table are made. `problems` has a row for each engagement that cannot be read."""
