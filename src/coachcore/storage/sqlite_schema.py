"""The tables of an SQLite store, and the questions whose statements depend on them.

Version 2 is written and read. Version 1, of coachcore 0.1, is only read: its table `streams` held each engagement's head, which
cost a page of the log at every append, and AUTOINCREMENT another; event ids were unique in the whole practice.
"""

import sqlite3
from pathlib import Path

import attrs

from coachcore.errors import StoreUnavailable
from coachcore.storage.sqlite_errors import damaged, not_a_store

__all__ = [
    "APPLICATION_ID",
    "DEFINITIONS",
    "NOTE",
    "NOTED_EVERY",
    "SCHEMAS",
    "SCHEMA_VERSION",
    "Schema",
    "stored_schema",
]

APPLICATION_ID = 0x436F6163  # "Coac"
"""What the header of a coachcore database says it is."""

NOTED_EVERY = 64
"""At every so many positions the last event is noted: one page more in the log."""

# what no longer fits is not replaced, so that it is still found
NOTE = """
UPDATE high_water SET (position, digest) = (SELECT position, digest FROM events ORDER BY position DESC LIMIT 1)
WHERE position = 0 AND EXISTS (SELECT 1 FROM events) OR EXISTS (
    SELECT 1 FROM events WHERE events.position = high_water.position AND events.digest = high_water.digest)
"""

DEFINITIONS = "SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_master"


@attrs.frozen(kw_only=True)
class Schema:
    """One version of the tables. `heads` takes an id and a limit, `head` an id, `checkpoint` a name."""

    version: int
    tables: str
    head: str
    heads: str
    last_position: str
    checkpoint: str
    checkpoints: str

    def create(self, db: sqlite3.Connection) -> None:
        """Make the tables, within the transaction that is open."""
        for statement in self.tables.split(";"):
            db.execute(statement)
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {self.version}")

    def definitions(self) -> frozenset[tuple[str, ...]]:
        """Its tables and indexes as SQLite describes them."""
        db = sqlite3.connect(":memory:")
        try:
            db.executescript(self.tables)
            return frozenset(db.execute(DEFINITIONS))
        finally:
            db.close()


_SCHEMA_1 = Schema(
    version=1,
    tables="""
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
""",
    head="SELECT engagement_id, version, digest FROM streams WHERE engagement_id = ?",
    heads="SELECT engagement_id, version, digest FROM streams WHERE engagement_id > ? ORDER BY engagement_id LIMIT ?",
    last_position="SELECT seq FROM sqlite_sequence WHERE name = 'events'",
    checkpoint="SELECT name, position FROM checkpoints WHERE name = ?",
    checkpoints="SELECT name, position FROM checkpoints ORDER BY name",
)

# The engagement's head is found through the index on its versions, and the ids of all through a skip scan of it: from each id to
# the next higher one, so that a page of heads costs the same in a store of any size.
_SCHEMA_2 = Schema(
    version=2,
    tables="""
CREATE TABLE events (
    position INTEGER PRIMARY KEY,
    engagement_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    event_id TEXT NOT NULL,
    digest TEXT NOT NULL,
    head BLOB NOT NULL,
    salt BLOB,
    content BLOB,
    UNIQUE (engagement_id, version),
    UNIQUE (engagement_id, event_id)
);
CREATE TABLE checkpoints (
    name TEXT PRIMARY KEY,
    position INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    state BLOB NOT NULL,
    digest TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE high_water (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    position INTEGER NOT NULL,
    digest TEXT NOT NULL
);
INSERT INTO high_water VALUES (1, 0, '');
""",
    head="SELECT engagement_id, version, digest FROM events WHERE engagement_id = ? ORDER BY version DESC LIMIT 1",
    heads="""
WITH RECURSIVE ids (engagement_id) AS (
    SELECT min(engagement_id) FROM events WHERE engagement_id > ?
    UNION ALL
    SELECT (SELECT min(events.engagement_id) FROM events WHERE events.engagement_id > ids.engagement_id)
    FROM ids WHERE ids.engagement_id IS NOT NULL
    LIMIT ?
)
SELECT last.engagement_id, last.version, last.digest
FROM ids CROSS JOIN events AS last
    ON last.engagement_id = ids.engagement_id
    AND last.version = (SELECT max(version) FROM events WHERE events.engagement_id = ids.engagement_id)
ORDER BY ids.engagement_id
""",
    last_position="SELECT max(coalesce((SELECT max(position) FROM events), 0), position) FROM high_water",
    checkpoint="SELECT name, position, generation, failures, state, digest FROM checkpoints WHERE name = ?",
    checkpoints="SELECT name, position, generation, failures, state, digest FROM checkpoints ORDER BY name",
)

SCHEMA_VERSION = 2
"""The version that is written; in the header as `user_version`."""

SCHEMAS = {schema.version: schema for schema in (_SCHEMA_1, _SCHEMA_2)}
"""Every version that can be read."""

# one statement, so that what another process creates meanwhile is seen whole or not at all
_WHAT_IT_IS = """
SELECT application_id, user_version, EXISTS (SELECT 1 FROM sqlite_master)
FROM pragma_application_id, pragma_user_version
"""


def stored_schema(db: sqlite3.Connection, path: Path) -> Schema | None:
    """The tables that an open file has; None where it is empty. Writes nothing.

    Raises StoreUnavailable store.invalid, store_schema.unknown; Corrupt store.damaged.
    """
    application, version, has_tables = db.execute(_WHAT_IT_IS).fetchone()
    if application != APPLICATION_ID:
        if application or version or has_tables:
            raise not_a_store(path, "it is another program's SQLite database")
        return None
    if version > SCHEMA_VERSION:
        raise StoreUnavailable(
            "store_schema.unknown",
            f"{path} was written by a newer coachcore: its tables have version {version}, "
            f"this one knows {SCHEMA_VERSION}",
            "update coachcore",
            found=version,
            known=SCHEMA_VERSION,
        )
    if version not in SCHEMAS:
        raise damaged(path, f"its header says that its tables have version {version}")
    return SCHEMAS[version]
