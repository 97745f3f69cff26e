"""The tables of an SQL store.

    coachcore_events        a row for each event, by engagement and version
    coachcore_unnumbered    a row for each append whose events have no position yet
    coachcore_positions     the position of each event that has one
    coachcore_checkpoints   how far each reader has come
    coachcore_store         one row: the version of these tables, and the last position with the digest of its event

Ids are ordered by code points whatever the order of the database: by COLLATE "C" on PostgreSQL, a binary collation on MySQL,
MariaDB and SQL Server; SQLite and Oracle compare bytes of UTF-8 by default. Heads, salts and contents are binary, so the
database's encoding and time zone do not touch them.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Identity,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)

from coachcore.storage.record import MAX_ID

__all__ = ["SCHEMA_VERSION", "checkpoints", "events", "positions", "store", "tables", "unnumbered"]

SCHEMA_VERSION = 1
"""The tables below; stored in `coachcore_store`."""

# on PostgreSQL and SQLite the length has no meaning
_ID = (
    String(MAX_ID)
    .with_variant(String(collation="C"), "postgresql")
    .with_variant(String(MAX_ID, collation="utf8mb4_0900_bin"), "mysql")
    .with_variant(String(MAX_ID, collation="utf8mb4_nopad_bin"), "mariadb")
    .with_variant(String(MAX_ID, collation="Latin1_General_100_BIN2_UTF8"), "mssql")
)
# SQLite numbers rows by themselves only in a column that is declared INTEGER
_ROW_NUMBER = BigInteger().with_variant(Integer(), "sqlite")
_DIGEST = String(64)

tables = MetaData()

# a column for each field of a `Record`, in their order: a row is a record
events = Table(
    "coachcore_events",
    tables,
    Column("engagement_id", _ID, primary_key=True),
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("event_id", _ID, nullable=False),
    Column("head", LargeBinary, nullable=False),
    Column("salt", LargeBinary),
    Column("content", LargeBinary),
    Column("digest", _DIGEST, nullable=False),
    UniqueConstraint("engagement_id", "event_id"),
)

# `number` orders appends as they were begun, so an event that was acknowledged before another was begun gets the lower position.
# It is no position: numbers become visible in another order, and rolled back transactions leave gaps.
unnumbered = Table(
    "coachcore_unnumbered",
    tables,
    Column("number", _ROW_NUMBER, Identity(), primary_key=True),
    Column("engagement_id", _ID, nullable=False),
    Column("first_version", BigInteger, nullable=False),
    Column("last_version", BigInteger, nullable=False),
)

positions = Table(
    "coachcore_positions",
    tables,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("engagement_id", _ID, nullable=False),
    Column("version", BigInteger, nullable=False),
)

checkpoints = Table(
    "coachcore_checkpoints",
    tables,
    Column("name", _ID, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("generation", BigInteger, nullable=False),
    Column("failures", BigInteger, nullable=False),
    Column("state", LargeBinary, nullable=False),
    Column("digest", _DIGEST, nullable=False),
)

store = Table(
    "coachcore_store",
    tables,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("schema_version", Integer, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("digest", _DIGEST, nullable=False),
)
