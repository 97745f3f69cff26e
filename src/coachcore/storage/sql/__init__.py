"""A store in any database that SQLAlchemy knows; shown on PostgreSQL and SQLite. Needs the extra `sql`."""

from coachcore.storage.sql.store import AsyncSQLStore, SQLStore

__all__ = ["AsyncSQLStore", "SQLStore"]
