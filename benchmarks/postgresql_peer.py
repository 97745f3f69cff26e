"""psycopg on the tables of `SQLStore`; each side has a schema of its own. Importing it needs the drivers."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from os import getpid

import psycopg
from sqlalchemy import URL, create_engine, make_url

from coachcore.storage.record import Record
from coachcore.storage.sql import SQLStore

__all__ = ["BarePostgreSQL", "schema", "settings_in"]

ANNOUNCE = "INSERT INTO coachcore_unnumbered (engagement_id, first_version, last_version) VALUES (%s, %s, %s)"
INSERT = (
    "INSERT INTO coachcore_events (engagement_id, version, event_id, head, salt, content, digest)"
    " VALUES (%s, %s, %s, %s, %s, %s, %s)"
)


@contextmanager
def schema(server: str, side: str) -> Iterator[str]:
    """The URL of an empty schema for a side, which is dropped in the end."""
    engine, name = create_engine(server), f"coachcore_bench_{getpid()}_{side}"
    with engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {name}")
    try:
        url = engine.url.update_query_dict({"options": f"-csearch_path={name}"})
        yield url.render_as_string(hide_password=False)
    finally:
        with engine.begin() as connection:
            connection.exec_driver_sql(f"DROP SCHEMA {name} CASCADE")
        engine.dispose()


def settings_in(url: str) -> Mapping[str, str]:
    """The settings of the peer application for that schema."""
    server: URL = make_url(url)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": server.database or "",
        "POSTGRES_HOST": server.host or "",
        "POSTGRES_PORT": str(server.port),
        "POSTGRES_USER": server.username or "",
        "POSTGRES_PASSWORD": server.password or "none",
        "POSTGRES_SCHEMA": str(server.query["options"]).partition("search_path=")[2],
    }


class BarePostgreSQL:
    """psycopg on the tables of `SQLStore`."""

    def __init__(self, url: str) -> None:
        SQLStore(url).close()
        server = make_url(url).set(drivername="postgresql")
        self._connection = psycopg.connect(server.render_as_string(hide_password=False))

    def write(self, records: Sequence[Record]) -> None:
        """Insert the next events of an engagement, in one transaction."""
        first, last = records[0], records[-1]
        with self._connection.cursor() as cursor:
            cursor.execute(ANNOUNCE, (first.engagement_id, first.version, last.version))
            if len(records) == 1:
                cursor.execute(INSERT, first)
            else:
                cursor.executemany(INSERT, records)
        self._connection.commit()

    def close(self) -> None:
        self._connection.close()
