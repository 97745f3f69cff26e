"""The tables: the columns of each, and a function that makes its rows of a snapshot.

`SCHEMAS` is the one definition of the columns: their order, types and meaning. Rows and frames have the same columns
whatever the engagements hold, so that an empty table can be joined with, and today's can be appended to last year's. A
schema is one of the rules engine, so `SCHEMAS["goals"].facts["pace_ratio"].meaning` says what a column means.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

import attrs

from coachcore.facts import EngagementFacts, GoalFacts, schemas
from coachcore.ledger import LapseReason, Ledger, ObligationState
from coachcore.model.parties import Role
from coachcore.privacy.ledger_view import statement_if_seen
from coachcore.privacy.snapshot_view import SnapshotView
from coachcore.progress import Status
from coachcore.rules import Fact, FactType, Schema
from coachcore.snapshot import Snapshot

__all__ = ["SCHEMAS", "SCORES", "TABLES", "Row"]

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
        _column("progress_status", "text", "how the goal's attainment compares with what is expected", Status),
        _column("attainment", "decimal", "the attainment of the goal, 0 to 1", unknown=True),
        _column("expected", "decimal", "the attainment expected by now, 0 to 1", unknown=True),
    ),
    "obligations": (
        ENGAGEMENT_ID,
        _column("obligation_id", "text", "the obligation"),
        _column("duty_id", "text", "the duty of the charter"),
        _column("role", "text", "the role that owes it", Role),
        _column("party", "text", "the party who owes it, where that is one of several in the role", unknown=True),
        _column("state", "text", "whether it is open, or how it was settled", ObligationState),
        _column("opened_at", "moment", "from when it is owed"),
        _column(
            "due_at",
            "moment",
            "until when evidence is in time; none while a pause stops the clock, or until a standing one ends",
            unknown=True,
        ),
        _column("settled_at", "moment", "when it was settled", unknown=True),
        _column("lapse_reason", "text", "why it is no longer owed, where it lapsed", LapseReason, unknown=True),
        _column("weight", "decimal", "its weight in reliability"),
        _column("is_contested", "bool", "whether the other side contests it, and the dispute is not settled"),
        _column("evidence", "int", "how many events are its evidence"),
    ),
    "problems": (
        ENGAGEMENT_ID,
        _column("code", "text", "the code of the error"),
        _column("message", "text", "what is wrong"),
    ),
}
SCORES: Final = frozenset({"attainment", "expected", "client_reliability", "coach_reliability"})
"""Columns of computed shares: no rule compares them, so that frames hold them as floats, which aggregate and plot."""
SCHEMAS: Final[Mapping[str, Schema]] = {
    table: Schema(table, {column.name: column for column in columns}) for table, columns in COLUMNS.items()
}
"""The columns of each table, in order: name, type, meaning, and whether they may be unknown (null)."""


def _goals(snapshot: Snapshot | SnapshotView) -> Iterator[Row]:
    """A row for each goal: its facts and its scores."""
    for goal_id, score in snapshot.progress.goals.items():
        yield {
            "engagement_id": snapshot.engagement_id,
            "goal_id": goal_id,
            **_fields(snapshot.goal_facts(goal_id)),
            "progress_status": str(score.status),
            "attainment": score.attainment,
            "expected": score.expected,
        }


def _engagements(snapshot: Snapshot | SnapshotView) -> Iterator[Row]:
    """A row for each engagement: its facts, and both roles' reliability."""
    yield {
        "engagement_id": snapshot.engagement_id,
        **_fields(snapshot.facts),
        "client_reliability": _reliability(snapshot.ledger, Role.CLIENT),
        "coach_reliability": _reliability(snapshot.ledger, Role.COACH),
    }


def _reliability(ledger: Ledger, role: Role) -> Decimal | None:
    """A role's reliability; None where it is not known, or not for the reader of a view."""
    statement = statement_if_seen(ledger, role)
    return None if statement is None else statement.reliability


def _fields(facts: GoalFacts | EngagementFacts) -> Row:
    return {field.name: getattr(facts, field.name) for field in attrs.fields(type(facts))}


def _obligations(snapshot: Snapshot | SnapshotView) -> Iterator[Row]:
    """A row for each obligation."""
    for obligation in snapshot.ledger.obligations:
        yield {
            "engagement_id": snapshot.engagement_id,
            "obligation_id": obligation.id,
            "duty_id": obligation.duty_id,
            "role": str(obligation.role),
            "party": obligation.party,
            "state": str(obligation.state),
            "opened_at": obligation.opened_at,
            "due_at": obligation.due_at,
            "settled_at": obligation.settled_at,
            "lapse_reason": None if obligation.lapse_reason is None else str(obligation.lapse_reason),
            "weight": obligation.weight,
            "is_contested": obligation.is_contested,
            "evidence": len(obligation.evidence),
        }


def _problems(snapshot: Snapshot | SnapshotView) -> Iterator[Row]:
    """No rows where everything can be computed; otherwise this raises the error that the row is made of."""
    _ = snapshot.progress, snapshot.ledger
    yield from ()


TABLES: Final[Mapping[str, Callable[[Snapshot | SnapshotView], Iterator[Row]]]] = {
    "engagements": _engagements,
    "goals": _goals,
    "obligations": _obligations,
    "problems": _problems,
}
"""The function that makes the rows of each table. `problems` has a row for each engagement that cannot be read."""
