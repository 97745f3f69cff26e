"""Recording: the store alone, and whole commands, on SQLite and on PostgreSQL, over the bare database and over another library.

Sides take turns in rounds of a hundred events, and each figure is the median of the rounds' ratios, without the first.
"""

import os
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Protocol, TypeVar

from benchmarks.books import Command, begin, clock, command, fill, give
from benchmarks.figures import median_ratio
from benchmarks.peers import BareSQLite, eventsourcing
from coachcore.practice import Engagement, Practice, open_practice
from coachcore.storage.contract import Append, EventStore
from coachcore.storage.record import Record
from coachcore.storage.sqlite import SQLiteStore

if TYPE_CHECKING:
    from benchmarks.eventsourcing_peer import Recorder

__all__ = ["on_postgresql", "on_sqlite"]

T = TypeVar("T")
Figures = dict[str, float]

APPENDS = 100
"""Events that each side stores in a round."""
PAGE, FRAME_HEADER, LOG_HEADER = 4096, 24, 32
"""Bytes of a page, and of what stands before it and before all of them in a write-ahead log (SQLite's file format, section 4)."""


class Peer(Protocol):
    """The bare database."""

    def write(self, records: Sequence[Record]) -> None: ...


def timed(work: Callable[[T], object], items: Iterable[T]) -> float:
    """Seconds that some work on each item takes."""
    begin_at = perf_counter()
    for item in items:
        work(item)
    return perf_counter() - begin_at


def runs(items: Sequence[T], size: int) -> list[Sequence[T]]:
    """Items in runs of a size."""
    return [items[first : first + size] for first in range(0, len(items), size)]


# -- one side and the other --------------------------------------------------------------------------------------------


def write(store: EventStore, records: Sequence[Record]) -> None:
    """Store the next events of one engagement."""
    store.write([Append(records[0].engagement_id, records, records[0].version - 1)])


def turns_of(rounds: int) -> list[Sequence[Record]]:
    """What to store in each round: records as commands make them, of ten engagements in turn."""
    with open_practice(":memory:", clock=clock()) as practice:
        histories = []
        for number in range(10):
            engagement = begin(practice, f"engagement-{number}")
            fill(engagement, APPENDS // 10 * rounds)
            histories.append(practice.store.read(engagement.id))
    return runs([record for turn in zip(*histories, strict=True) for record in turn], APPENDS)


def store_ratio(store: EventStore, peer: Peer, turns: Iterable[Sequence[Record]]) -> float:
    """The rate of the store over that of its peer, one event a transaction."""
    ours, bare = [], []
    for turn in turns:
        one_by_one = runs(turn, 1)
        ours.append(timed(lambda records: write(store, records), one_by_one))
        bare.append(timed(peer.write, one_by_one))
    return median_ratio(bare[1:], ours[1:])


def in_batch(engagement: Engagement, commands: Sequence[Command]) -> None:
    """Give commands as one unit of work; a command alone is one by itself."""
    if len(commands) == 1:
        give(engagement, commands)
    else:
        with engagement.batch() as batch:
            give(batch, commands)


class CommandTimes:
    """Seconds of each round of commands on one engagement, so many a transaction; and of the rows they make, inserted by a peer."""

    def __init__(
        self, practice: Practice, peer: Peer | None, recorder: "Recorder | None", rounds: int, size: int
    ) -> None:
        self.ours: list[float] = []
        self.bare: list[float] = []
        self.es: list[float] = []
        with practice:
            engagement = begin(practice, "bench")
            for number in range(rounds + 1):
                version = engagement.version
                batches = runs([command(number * APPENDS + index) for index in range(APPENDS)], size)
                self.ours.append(timed(lambda batch: in_batch(engagement, batch), batches))
                records = practice.store.read(engagement.id, version)
                assert len(records) == APPENDS
                if peer is not None:
                    self.bare.append(timed(peer.write, runs(records, size)))
                if recorder is not None:
                    self.es.append(timed(recorder.record, batches))

    def ratio_to(self, times: Sequence[float]) -> float:
        """Our rate over that of a peer."""
        return median_ratio(times[1:], self.ours[1:])


# -- SQLite ------------------------------------------------------------------------------------------------------------


def on_sqlite(folder: Path, rounds: int) -> Figures:
    """The figures on SQLite, all sides with the write-ahead log and synchronous FULL, which is sqlite3's default."""
    *turns, last = turns_of(rounds + 2)
    path = folder / "store.db"
    with SQLiteStore(path) as store, closing(BareSQLite(folder / "store-bare.db")) as peer:
        figures = {"store_ratio": store_ratio(store, peer, turns)}
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        timed(lambda records: write(store, records), runs(last, 1))
        pages = (Path(f"{path}-wal").stat().st_size - LOG_HEADER) / (PAGE + FRAME_HEADER)
        figures["wal_pages_per_append"] = round(pages / len(last), 2)
    for size in (1, 10):
        settings = {"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(folder / f"es-{size}.db")}
        with closing(BareSQLite(folder / f"bare-{size}.db")) as peer, eventsourcing(settings) as recorder:
            times = CommandTimes(open_practice(folder / f"commands-{size}.db"), peer, recorder, rounds, size)
        figures[f"command_ratio_{size}"] = times.ratio_to(times.bare)
        if times.es:
            figures[f"command_to_es_{size}"] = times.ratio_to(times.es)
        if size == 1:
            figures["commands_per_s"] = round(APPENDS / median(times.ours[1:]))
    return figures


# -- PostgreSQL --------------------------------------------------------------------------------------------------------

SERVER = "COACHCORE_TEST_POSTGRESQL"


def on_postgresql(rounds: int) -> Figures:
    """The figures on PostgreSQL, with the durability that the server's settings give all sides; none where no server is named."""
    server = os.environ.get(SERVER)
    if not server:
        print(f"{SERVER} names no PostgreSQL server: its figures are left out")
        return {}
    from benchmarks.postgresql_peer import BarePostgreSQL, schema, settings_in
    from coachcore.storage.sql import SQLStore

    with schema(server, "ours") as url, schema(server, "theirs") as other_url:
        with SQLStore(url) as store, closing(BarePostgreSQL(other_url)) as peer:
            figures = {"pg_store_ratio": store_ratio(store, peer, turns_of(rounds + 1))}
        with eventsourcing(settings_in(other_url)) as recorder:
            if recorder is not None:
                times = CommandTimes(Practice(SQLStore(url)), None, recorder, rounds, 1)
                figures["pg_to_es"] = times.ratio_to(times.es)
    return figures
