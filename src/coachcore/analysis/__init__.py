"""Many engagements as rows: facts, scores and obligations, for notebooks and warehouses.

Plain rows need nothing; `frame` makes a polars or pandas frame of them where one is installed (`coachcore[polars]`,
`coachcore[pandas]`). Rows are JSON-compatible but for decimals and times, which frames keep as they are.
"""

from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from typing import Any

import attrs

from coachcore.errors import NotValid, StoreUnavailable, shown
from coachcore.facts import engagement_facts, goal_facts
from coachcore.model.times import When
from coachcore.practice import Engagement

__all__ = ["TABLES", "frame", "rows"]

Row = dict[str, Any]


def _goals(engagement: Engagement, as_of: When | None) -> Iterator[Row]:
    """A row for each goal: its facts, and how far it is."""
    history = engagement.history(as_of)
    progress = engagement.progress(as_of).goals
    for goal_id, score in progress.items():
        facts = attrs.asdict(goal_facts(history, goal_id, history.as_of))
        yield {
            "engagement_id": engagement.id,
            "goal_id": goal_id,
            **facts,
            "progress_status": str(score.status),
            "attainment": score.attainment,
            "expected": score.expected,
        }


def _engagements(engagement: Engagement, as_of: When | None) -> Iterator[Row]:
    """A row for each engagement: its facts, and both roles' reliability."""
    history = engagement.history(as_of)
    ledger = engagement.ledger(as_of)
    yield {
        "engagement_id": engagement.id,
        **attrs.asdict(engagement_facts(history, history.as_of)),
        "client_reliability": ledger.statement("client").reliability,
        "coach_reliability": ledger.statement("coach").reliability,
    }


def _obligations(engagement: Engagement, as_of: When | None) -> Iterator[Row]:
    """A row for each obligation."""
    for each in engagement.ledger(as_of).obligations:
        yield {
            "engagement_id": engagement.id,
            "obligation_id": each.id,
            "duty_id": each.duty_id,
            "role": str(each.role),
            "state": str(each.state),
            "opened_at": each.opened_at,
            "due_at": each.due_at,
            "settled_at": each.settled_at,
            "weight": each.weight,
            "is_contested": each.is_contested,
            "evidence": len(each.evidence),
        }


TABLES: dict[str, Callable[[Engagement, When | None], Iterator[Row]]] = {
    "engagements": _engagements,
    "goals": _goals,
    "obligations": _obligations,
}
"""What can be had as rows."""


def rows(table: str, engagements: Iterable[Engagement], as_of: When | None = None) -> Iterator[Row]:
    """The rows of a table over engagements (a practice is an iterable of them). Raises NotValid analysis.table_unknown."""
    if table not in tuple(TABLES):
        raise NotValid("analysis.table_unknown", f"there is no table {shown(table)}", f"one of: {', '.join(TABLES)}")
    return (row for engagement in engagements for row in TABLES[table](engagement, as_of))


def frame(table: str, engagements: Iterable[Engagement], as_of: When | None = None, *, backend: str = "polars") -> Any:
    """The rows of a table as a frame. backend: polars or pandas. Raises StoreUnavailable analysis.backend_missing."""
    if backend not in ("polars", "pandas"):
        raise NotValid("analysis.backend_unknown", f"there is no backend {shown(backend)}", "one of: polars, pandas")
    try:
        library = import_module(backend)
    except ImportError:
        raise StoreUnavailable(
            "analysis.backend_missing", f"{backend} is not installed", f"pip install 'coachcore[{backend}]'"
        ) from None
    found = [
        {name: value.value if hasattr(value, "value") else value for name, value in row.items()}
        for row in rows(table, engagements, as_of)
    ]
    return library.DataFrame(found, infer_schema_length=None) if backend == "polars" else library.DataFrame(found)
