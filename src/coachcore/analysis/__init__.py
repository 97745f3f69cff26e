"""Many engagements as rows: facts, scores and obligations, for notebooks and warehouses.

Plain rows need no other library; `frame` makes a polars or pandas frame of them where one is installed
(`coachcore[polars]`, `coachcore[pandas]`). The columns of each table, with their types and meanings, are those of
`SCHEMAS`, whatever the rows hold. Rows are JSON-compatible except for decimals and times.

    rows("goals", practice, "2026-05-15")       # every engagement of a practice, on one day
    now = engagement.snapshot()
    rows("goals", now), rows("obligations", now)  # several tables of one moment, computed once
    rows("goals", now.view("sponsor"))  # what a sponsor may read

One engagement never fails a query over many: an engagement that had not begun has no rows, and one that cannot be read
has a row in the table `problems` and none elsewhere.
"""

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Any

from coachcore.analysis.frames import frame_maker
from coachcore.analysis.tables import SCHEMAS, TABLES, Row
from coachcore.errors import CoachcoreError, Corrupt, NotFound, NotValid, shown
from coachcore.facts.numbers import fact_number
from coachcore.model.times import When
from coachcore.practice import Engagement, Practice
from coachcore.privacy.snapshot_view import SnapshotView
from coachcore.snapshot import Snapshot

__all__ = ["SCHEMAS", "TABLES", "Source", "frame", "rows"]

Member = Engagement | Snapshot | SnapshotView
Source = Practice | Member | Iterable[Member]
"""What rows are made of: a practice, or one or several engagements, snapshots or views of them."""


def rows(table: str, source: Source, as_of: When | None = None, known_at: When | None = None) -> Iterator[Row]:
    """The rows of a table over one engagement or many.

    as_of, known_at: as for `Engagement.snapshot`; leave them out for snapshots and views, which describe a moment
    already. Of a view, rows of what is sealed for its reader are left out, and figures that would reveal it are
    unknown.
    Raises NotValid table.unknown, source.invalid, as_of.not_allowed.
    """
    if table not in tuple(TABLES):
        raise NotValid("table.unknown", f"there is no table {shown(table)}", f"one of: {', '.join(TABLES)}")
    return _rows(table, _members(source), as_of, known_at)


def _rows(
    table: str,
    members: Iterator[tuple[str, Callable[[], Member]]],
    as_of: When | None,
    known_at: When | None,
) -> Iterator[Row]:
    for engagement_id, open_member in members:
        try:
            table_rows = list(TABLES[table](_snapshot(open_member(), as_of, known_at)))
        except (NotFound, Corrupt) as error:
            if table == "problems" and error.code != "engagement.not_yet":
                yield _problem(engagement_id, error)
        else:
            yield from map(_rounded, table_rows)


def _rounded(row: Row) -> Row:
    """A row with its scores rounded as facts are, so that rows and frames hold the same numbers."""
    return {name: fact_number(value) if isinstance(value, Decimal) else value for name, value in row.items()}


def _problem(engagement_id: str, error: CoachcoreError) -> Row:
    return {"engagement_id": engagement_id, "code": error.code, "message": error.message}


def _members(source: Source) -> Iterator[tuple[str, Callable[[], Member]]]:
    """The id of each engagement, and a function that opens it when its turn comes, so that a damaged one fails alone."""
    if isinstance(source, Practice):
        for engagement_id in source.ids():
            yield engagement_id, lambda engagement_id=engagement_id: source.load(engagement_id)  # type: ignore[misc]
        return
    members = [source] if isinstance(source, Member) or not isinstance(source, Iterable) else source
    for member in members:
        if not isinstance(member, Member):
            hint = "pass a practice, engagements, snapshots or views"  # type: ignore[unreachable]
            raise NotValid("source.invalid", f"{shown(member)} is not an engagement", hint)
        engagement_id = member.id if isinstance(member, Engagement) else member.engagement_id
        yield engagement_id, lambda member=member: member  # type: ignore[misc]


def _snapshot(member: Member, as_of: When | None, known_at: When | None) -> Snapshot | SnapshotView:
    if isinstance(member, Engagement):
        return member.snapshot(as_of, known_at)
    if as_of is not None or known_at is not None:
        raise NotValid("as_of.not_allowed", "a snapshot describes a moment already", "leave out as_of and known_at")
    return member


def frame(
    table: str, source: Source, as_of: When | None = None, known_at: When | None = None, *, backend: str = "polars"
) -> Any:
    """The rows of a table as a frame, with the columns and types of `SCHEMAS` whatever the rows hold.

    backend: polars or pandas. Raises as `rows`, NotValid backend.unknown, StoreUnavailable backend.missing.
    """
    to_frame = frame_maker(backend)
    table_rows = list(rows(table, source, as_of, known_at))
    return to_frame(SCHEMAS[table], table_rows)
