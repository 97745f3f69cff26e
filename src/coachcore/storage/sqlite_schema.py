"""The tables of an SQLite store, and the questions whose statements depend on them.

Version 2 is written and read. Version 1, of coachcore 0.1, is only read: its table `streams` held each engagement's head, which cost
a page of the log at every append, and AUTOINCREMENT another; event ids were unique in the whole practice.
"""

import sqlite3

import attrs

__all__ = ["APPLICATION_ID", "SCHEMAS", "SCHEMA_VERSION", "Schema"]

APPLICATION_ID = 0x436F6163  # "Coac"
"""What the header of a coachcore database says it is."""

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

# The engagement's head is found through the index on its versions, and the ids of all through a skip scan of it: from each id to the
# next higher one, so that a page of heads costs the same in a store of any size.
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
