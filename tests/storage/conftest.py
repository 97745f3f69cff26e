"""Stores as coachcore 0.1 wrote them."""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from coachcore.storage import Record

TABLES_OF_0_1 = """
CREATE TABLE events (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    engagement_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    event_id TEXT NOT NULL UNIQUE,
    digest TEXT NOT NULL,
    head BLOB NOT NULL,
    salt BLOB,
    content BLOB,
    UNIQUE (engagement_id, version)
);
CREATE TABLE streams (
    engagement_id TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    digest TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE checkpoints (
    name TEXT PRIMARY KEY,
    position INTEGER NOT NULL
) WITHOUT ROWID;
"""

WriteOldStore = Callable[[Path, Sequence[Record], Mapping[str, int]], Path]


@pytest.fixture
def write_old_store() -> WriteOldStore:
    """Writes a store of 0.1 with these records, in this order, and checkpoints."""

    def write(path: Path, records: Sequence[Record], checkpoints: Mapping[str, int]) -> Path:
        db = sqlite3.connect(path, isolation_level=None)
        db.execute("PRAGMA journal_mode = WAL")
        db.executescript(TABLES_OF_0_1)
        db.execute(f"PRAGMA application_id = {0x436F6163}")
        db.execute("PRAGMA user_version = 1")
        insert = (
            "INSERT INTO events (engagement_id, version, event_id, head, salt, content, digest)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)"
        )
        db.executemany(insert, [record[:7] for record in records])
        ends = {record.engagement_id: record for record in records}
        heads = [(record.engagement_id, record.version, record.digest) for record in ends.values()]
        db.executemany("INSERT INTO streams VALUES (?, ?, ?)", heads)
        db.executemany("INSERT INTO checkpoints VALUES (?, ?)", checkpoints.items())
        db.close()
        return path

    return write
