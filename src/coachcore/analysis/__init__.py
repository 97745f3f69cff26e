"""Many engagements as rows: facts, scores and obligations, for notebooks and warehouses.

Plain rows need nothing; `frame` makes a polars or pandas frame of them where one is installed (`coachcore[polars]`,
`coachcore[pandas]`). Rows are JSON-compatible but for decimals and times, which frames keep as they are.

    rows("goals", practice, "2026-05-15")       # every engagement of a practice, on one day
    now = engagement.snapshot()
    rows("goals", now), rows("obligations", now)  # several tables of one moment, computed once

A population is never lost to one of its members: an engagement that had not begun has no rows, and one that cannot be read has
a row in the table `problems` and none elsewhere.
"""

from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from typing import Any

import attrs

from coachcore.errors import CoachcoreError, Corrupt, NotFound, NotValid, StoreUnavailable, shown
from coachcore.facts import goal_facts
from coachcore.model.times import When
from coachcore.practice import Engagement, Practice
from coachcore.snapshot import Snapshot

__all__ = ["TABLES", "Source", "frame", "rows"]

Row = dict[str, Any]
Source = Practice | Engagement | Snapshot | Iterable[Engagement | Snapshot]
"""What rows are made of: a practice, or one or several engagements or snapshots."""


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


def _fields(facts: Any) -> Row:
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


TABLES: dict[str, Callable[[Snapshot], Iterator[Row]]] = {
    "engagements": _engagements,
    "goals": _goals,
    "obligations": _obligations,
    "problems": _problems,
}
"""The tables there are. `problems` has a row for each engagement that cannot be read: engagement_id, code, message."""


def rows(table: str, source: Source, as_of: When | None = None, known_at: When | None = None) -> Iterator[Row]:
    """The rows of a table over one engagement or many.

    as_of, known_at: as for `Engagement.snapshot`; leave them out for snapshots, which have their moment.
    Raises NotValid analysis.table_unknown, analysis.source, analysis.moment.
    """
    if table not in tuple(TABLES):
        raise NotValid("analysis.table_unknown", f"there is no table {shown(table)}", f"one of: {', '.join(TABLES)}")
    return _rows(table, _members(source), as_of, known_at)


def _rows(
    table: str,
    members: Iterator[tuple[str, Callable[[], Engagement | Snapshot]]],
    as_of: When | None,
    known_at: When | None,
) -> Iterator[Row]:
    for engagement_id, opened in members:
        try:
            made = list(TABLES[table](_snapshot(opened(), as_of, known_at)))
        except (NotFound, Corrupt) as error:
            if table == "problems" and error.code != "engagement.not_yet":
                yield _problem(engagement_id, error)
        else:
            yield from made


def _problem(engagement_id: str, error: CoachcoreError) -> Row:
    return {"engagement_id": engagement_id, "code": error.code, "message": error.message}


def _members(source: Source) -> Iterator[tuple[str, Callable[[], Engagement | Snapshot]]]:
    """Each engagement's id, and how it is opened: only when its turn comes, so that one that is damaged fails alone."""
    if isinstance(source, Practice):
        for engagement_id in source.ids():
            yield engagement_id, lambda engagement_id=engagement_id: source.load(engagement_id)  # type: ignore[misc]
        return
    members = [source] if isinstance(source, Engagement | Snapshot) or not isinstance(source, Iterable) else source
    for member in members:
        if not isinstance(member, Engagement | Snapshot):
            hint = "pass a practice, engagements or snapshots"  # type: ignore[unreachable]
            raise NotValid("analysis.source", f"{shown(member)} is not an engagement", hint)
        engagement_id = member.id if isinstance(member, Engagement) else member.engagement_id
        yield engagement_id, lambda member=member: member  # type: ignore[misc]


def _snapshot(member: Engagement | Snapshot, as_of: When | None, known_at: When | None) -> Snapshot:
    if isinstance(member, Engagement):
        return member.snapshot(as_of, known_at)
    if as_of is not None or known_at is not None:
        raise NotValid("analysis.moment", "a snapshot has its moment already", "leave out as_of and known_at")
    return member


def frame(
    table: str, source: Source, as_of: When | None = None, known_at: When | None = None, *, backend: str = "polars"
) -> Any:
    """The rows of a table as a frame. backend: polars or pandas. Raises as `rows`, and StoreUnavailable analysis.backend_missing."""
    if backend not in ("polars", "pandas"):
        raise NotValid("analysis.backend_unknown", f"there is no backend {shown(backend)}", "one of: polars, pandas")
    try:
        library = import_module(backend)
    except ImportError:
        raise StoreUnavailable(
            "analysis.backend_missing", f"{backend} is not installed", f"pip install 'coachcore[{backend}]'"
        ) from None
    made = [
        {name: value.value if hasattr(value, "value") else value for name, value in row.items()}
        for row in rows(table, source, as_of, known_at)
    ]
    return library.DataFrame(made, infer_schema_length=None) if backend == "polars" else library.DataFrame(made)
