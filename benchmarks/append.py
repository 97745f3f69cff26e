"""Append: one command at a time into SQLite, against bare sqlite3 inserting the same rows with the same durability.

The peer writes the same bytes into tables made by the same statements, and moves the engagement's head as ours does, one
transaction an entry, WAL and synchronous FULL: what the store must do, without the domain. The two take turns in short
rounds, since the disk is noisy; `ratio_to_single_insert` is against the one INSERT alone, into a table with no index.
Target: half of the peer's rate or better.
"""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from benchmarks.books import begun, entry
from benchmarks.figures import show
from coachcore.storage.record import Record
from coachcore.storage.sqlite import SQLiteStore

ROUNDS, APPENDS_A_ROUND = 20, 100
COLUMNS = "engagement_id, version, event_id, head, salt, content, digest"
INSERT = f"INSERT INTO events ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)"
MOVE = "INSERT INTO streams VALUES (?, ?, ?) ON CONFLICT (engagement_id) DO UPDATE SET version = excluded.version, digest = excluded.digest"


def bare(path: Path, *, single: bool) -> sqlite3.Connection:
    """A bare connection with the durability of ours, and our tables, or one table without an index."""
    if not single:
        SQLiteStore(path).close()
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    if single:
        connection.execute(f"CREATE TABLE events (position INTEGER PRIMARY KEY, {COLUMNS})")
    return connection


def insert(connection: sqlite3.Connection, records: Sequence[Record], *, single: bool) -> float:
    """Seconds to insert records, one transaction each."""
    begin = perf_counter()
    for record in records:
        if single:
            connection.execute(INSERT, record[:7])
            continue
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(MOVE, (record.engagement_id, record.version, record.digest))
        connection.execute(INSERT, record[:7])
        connection.execute("COMMIT")
    return perf_counter() - begin


def main(arguments: Sequence[str]) -> int:
    ours, same, single = [], [], []
    with TemporaryDirectory() as folder:
        practice, engagement = begun(Path(folder) / "ours.db")
        client = engagement.client
        alike, lone = bare(Path(folder) / "same.db", single=False), bare(Path(folder) / "single.db", single=True)
        for number in range(ROUNDS):
            contents = [entry(number * APPENDS_A_ROUND + each) for each in range(APPENDS_A_ROUND)]
            before = engagement.version
            begin = perf_counter()
            for content in contents:
                client.record(content)
            ours.append(perf_counter() - begin)
            records = practice.store.read(engagement.id, before)
            assert len(records) == APPENDS_A_ROUND
            same.append(insert(alike, records, single=False))
            single.append(insert(lone, records, single=True))
        practice.close()
        alike.close()
        lone.close()
    result = {
        "ratio_to_sqlite3": round(median(b / a for a, b in zip(ours, same, strict=True)), 3),
        "ratio_to_single_insert": round(median(b / a for a, b in zip(ours, single, strict=True)), 3),
        "appends_per_s": round(APPENDS_A_ROUND / median(ours)),
        "sqlite3_per_s": round(APPENDS_A_ROUND / median(same)),
        "single_insert_per_s": round(APPENDS_A_ROUND / median(single)),
    }
    rows = [
        ("commands a second", f"{result['appends_per_s']:,}", ""),
        ("bare sqlite3, the same rows and tables", f"{result['sqlite3_per_s']:,}", ""),
        ("ratio to it", f"{result['ratio_to_sqlite3']:.2f}", "target 0.50"),
        ("bare sqlite3, one INSERT into a table without an index", f"{result['single_insert_per_s']:,}", ""),
        ("ratio to it", f"{result['ratio_to_single_insert']:.2f}", ""),
    ]
    return show("Append to SQLite, one command at a time", rows, result, arguments)
