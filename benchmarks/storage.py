"""Storage: what recording, replaying and opening cost, over the database itself and over an event-sourcing library.

A ratio to a peer is a rate: ours over the peer's, with the same work, the same durability and the same input; both sides take turns in
short rounds, since machines and disks are noisy, and the figure is the median of the rounds' ratios. A growth is a time: with 40,000
events or engagements over the same with 100. The times with 8 processes are over the same of the peer. See `benchmarks.peers`.
"""

import gc
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING, TypeVar

from benchmarks import growth, processes
from benchmarks.books import Command, begin, begun, clock, command, fill, filled, give
from benchmarks.figures import median_ratio, show
from benchmarks.peers import BareSQLite, eventsourcing
from coachcore.practice import Engagement, Practice, open_practice
from coachcore.storage.contract import Append, EventStore
from coachcore.storage.record import Record
from coachcore.storage.sqlite import SQLiteStore

if TYPE_CHECKING:
    from benchmarks.eventsourcing_peer import Recorder

T = TypeVar("T")
Figures = dict[str, float]

LINES: dict[str, tuple[str, str]] = {
    # key -> what it is, and its target
    "store_ratio": ("store alone, over bare sqlite3", "at least 0.85"),
    "wal_pages_per_append": ("pages in the write-ahead log, an append", "at most 4"),
    "command_ratio_1": ("command, over bare sqlite3", "at least 0.65"),
    "command_to_es_1": ("command, over eventsourcing", "at least 1.1"),
    "commands_per_s": ("commands a second", ""),
    "command_ratio_10": ("ten commands a batch, over bare sqlite3", "at least 0.40"),
    "command_to_es_10": ("ten commands a batch, over eventsourcing", "at least 1.0"),
    "replay_ratio": ("replay, over reading head and content as JSON", "at least 0.5"),
    "replay_to_es": ("replay, over eventsourcing", "at least 2.5"),
    "replayed_per_s": ("events replayed a second", ""),
    "growth_replay": ("growth: replay, time of an event", ""),
    "growth_batch": ("growth: a batch of one command", "at most 1.5"),
    "growth_state": ("growth: the state at another moment", "at most 1.5"),
    "growth_open": ("growth: opening a store", "at most 1.5"),
    "growth_unknown_id": ("growth: an id that is not there", "at most 1.5"),
    "processes_total_to_bare": ("8 processes on one engagement, time over bare sqlite3", "at most 2.5"),
    "processes_wait_to_bare": ("their longest wait, over bare sqlite3", "at most 3"),
}
APPENDS = 100
"""Events that each side stores in a round."""
PAGE, FRAME_HEADER, LOG_HEADER = 4096, 24, 32
"""Bytes of a page, and of what stands before it and before all of them in a write-ahead log (SQLite's file format, section 4)."""


def timed(work: Callable[[T], object], items: Iterable[T]) -> float:
    """Seconds that some work on each item takes."""
    begin_at = perf_counter()
    for item in items:
        work(item)
    return perf_counter() - begin_at


def runs(items: Sequence[T], size: int) -> list[Sequence[T]]:
    """Items in runs of a size."""
    return [items[first : first + size] for first in range(0, len(items), size)]


# -- recording ---------------------------------------------------------------------------------------------------------


def write(store: EventStore, records: Sequence[Record]) -> None:
    """Store the next events of one engagement."""
    store.write([Append(records[0].engagement_id, records, records[0].version - 1)])


def real_records(engagements: int, events: int) -> list[Record]:
    """Records as commands make them: the first event of each engagement, the second of each, and so on."""
    with open_practice(":memory:", clock=clock()) as practice:
        histories = []
        for number in range(engagements):
            engagement = begin(practice, f"engagement-{number}")
            fill(engagement, events)
            histories.append(practice.store.read(engagement.id))
    return [record for turn in zip(*histories, strict=True) for record in turn]


def store_alone(folder: Path, rounds: int) -> Figures:
    """Records of ten engagements in turn, one a transaction; the last of them into an empty write-ahead log."""
    ours, bare = [], []
    path = folder / "store.db"
    *turns, last = runs(real_records(10, APPENDS // 10 * (rounds + 2)), APPENDS)
    with SQLiteStore(path) as store, closing(BareSQLite(folder / "store-bare.db")) as peer:
        for turn in turns:
            one_by_one = runs(turn, 1)
            ours.append(timed(lambda records: write(store, records), one_by_one))
            bare.append(timed(peer.write, one_by_one))
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        timed(lambda records: write(store, records), runs(last, 1))
        log = Path(f"{path}-wal").stat().st_size
    return {
        "store_ratio": median_ratio(bare[1:], ours[1:]),
        "wal_pages_per_append": round((log - LOG_HEADER) / (PAGE + FRAME_HEADER) / len(last), 2),
    }


def in_batch(engagement: Engagement, commands: Sequence[Command]) -> None:
    """Give commands as one unit of work; a command alone is one by itself."""
    if len(commands) == 1:
        give(engagement, commands)
    else:
        with engagement.batch() as batch:
            give(batch, commands)


def commands(folder: Path, rounds: int, size: int, recorder: "Recorder | None") -> Figures:
    """Commands on one engagement, so many a transaction; and the rows they make, inserted by the peer."""
    ours: list[float] = []
    bare: list[float] = []
    theirs: list[float] = []
    practice, engagement = begun(folder / f"commands-{size}.db")
    with practice, closing(BareSQLite(folder / f"commands-{size}-bare.db")) as peer:
        for number in range(rounds + 1):
            version = engagement.version
            batches = runs([command(number * APPENDS + index) for index in range(APPENDS)], size)
            ours.append(timed(lambda batch: in_batch(engagement, batch), batches))
            records = practice.store.read(engagement.id, version)
            assert len(records) == APPENDS
            bare.append(timed(peer.write, runs(records, size)))
            if recorder is not None:
                theirs.append(timed(recorder.record, batches))
    figures = {f"command_ratio_{size}": median_ratio(bare[1:], ours[1:])}
    if size == 1:
        figures["commands_per_s"] = round(APPENDS / median(ours[1:]))
    if theirs:
        figures[f"command_to_es_{size}"] = median_ratio(theirs[1:], ours[1:])
    return figures


# -- replaying ---------------------------------------------------------------------------------------------------------


def replay(folder: Path, rounds: int, events: int, recorder: "Recorder | None") -> Figures:
    """A whole engagement, read by a practice that has read nothing; the peer reads head and content, and parses both."""
    ours: list[float] = []
    bare: list[float] = []
    theirs: list[float] = []
    path = folder / "replay.db"
    practice, engagement = filled(path, events)
    with practice, closing(BareSQLite(path)) as peer:
        sides: list[tuple[list[float], Callable[[], int]]] = [
            (ours, lambda: Practice(practice.store).load(engagement.id).version),
            (bare, lambda: len(peer.read(engagement.id))),
        ]
        if recorder is not None:
            recorder.record([command(number) for number in range(events - recorder.replayed())])
            sides.append((theirs, recorder.replayed))
        for _ in range(rounds + 1):
            for times, read in sides:
                gc.collect()
                begin_at = perf_counter()
                count = read()
                times.append(perf_counter() - begin_at)
                assert count == events
    figures = {
        "replay_ratio": median_ratio(bare[1:], ours[1:]),
        "replayed_per_s": round(events / median(ours[1:])),
    }
    if theirs:
        figures["replay_to_es"] = median_ratio(theirs[1:], ours[1:])
    return figures


# -- all of it ---------------------------------------------------------------------------------------------------------


def on_sqlite(path: Path) -> Mapping[str, str]:
    """The settings of the peer application for a file; it uses the write-ahead log and sqlite3's default, synchronous FULL."""
    return {"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(path)}


def main(arguments: Sequence[str]) -> int:
    times = 5 if "--full" in arguments else 1
    figures: Figures = {}
    with TemporaryDirectory() as name:
        folder = Path(name)
        figures |= store_alone(folder, 20 * times)
        for size in (1, 10):
            with eventsourcing(on_sqlite(folder / f"commands-{size}-es.db")) as recorder:
                figures |= commands(folder, 20 * times, size, recorder)
        with eventsourcing(on_sqlite(folder / "replay-es.db")) as recorder:
            figures |= replay(folder, 7 * times, 10_000, recorder)
        figures |= growth.measured(folder, 15 * times)
        figures |= processes.measured(folder, 5 * times)
    rows = [(label, f"{figures[key]:,.2f}", target) for key, (label, target) in LINES.items() if key in figures]
    return show("Storage: ratios of rates to peers, and growths of times", rows, figures, arguments)
