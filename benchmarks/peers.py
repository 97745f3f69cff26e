"""What the stores and the commands are measured against.

`BareSQLite` writes the same rows into the same tables with the same durability, and does nothing else: what the database costs.
`eventsourcing` is the application in `benchmarks.eventsourcing_peer`.
"""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coachcore.storage.record import Record
from coachcore.storage.sqlite import SQLiteStore

if TYPE_CHECKING:
    from benchmarks.eventsourcing_peer import Recorder

__all__ = ["BareSQLite", "eventsourcing"]

COLUMNS = "engagement_id, version, event_id, head, salt, content, digest"
INSERT = f"INSERT INTO events ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)"
HEAD = "SELECT version, digest FROM events WHERE engagement_id = ? ORDER BY version DESC LIMIT 1"
READ = "SELECT head, content FROM events WHERE engagement_id = ? ORDER BY version"


class BareSQLite:
    """sqlite3 on the tables of `SQLiteStore`, with its durability."""

    def __init__(self, path: Path) -> None:
        SQLiteStore(path).close()
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA synchronous = FULL")

    def write(self, records: Sequence[Record]) -> None:
        """Insert the next events of an engagement, in one transaction."""
        execute = self._db.execute
        execute("BEGIN IMMEDIATE")
        if len(records) == 1:
            execute(INSERT, records[0])
        else:
            self._db.executemany(INSERT, records)
        execute("COMMIT")

    def read(self, engagement_id: str) -> list[tuple[Any, Any]]:
        """Head and content of each event, as JSON."""
        loads = json.loads
        return [(loads(head), loads(content)) for head, content in self._db.execute(READ, (engagement_id,))]

    def write_next(self, record: Record) -> None:
        """Insert a record as the next of its engagement, wherever that stands: look that up, and insert, in one transaction."""
        execute = self._db.execute
        execute("BEGIN IMMEDIATE")
        version, _ = execute(HEAD, (record.engagement_id,)).fetchone()
        execute(INSERT, record._replace(version=version + 1))
        execute("COMMIT")

    def last(self, engagement_id: str) -> Record:
        """The last record of an engagement."""
        rows = self._db.execute(
            f"SELECT {COLUMNS} FROM events WHERE engagement_id = ? ORDER BY version DESC", (engagement_id,)
        )
        return Record(*rows.fetchone())

    def close(self) -> None:
        self._db.close()


def eventsourcing(settings: Mapping[str, str]) -> "AbstractContextManager[Recorder | None]":
    """The peer application with these settings of its persistence module; None where the library is not installed."""
    try:
        from benchmarks.eventsourcing_peer import Recorder
    except ImportError:
        return nullcontext()
    return Recorder(settings)
