"""Storage: what recording, replaying and opening cost, over the database itself and over an event-sourcing library.

A ratio to a peer is a rate: ours over the peer's, with the same work, the same durability and the same input; both
sides take turns in short rounds, since machines and disks are noisy, and the figure is the median of the rounds'
ratios. A growth is a time: with 40,000 events or engagements over the same with 100. The times with 8 processes are
over the same of the peer. See `benchmarks.peers`.
"""

import gc
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING

from benchmarks import growth, processes, recording
from benchmarks.books import command, filled
from benchmarks.figures import median_ratio, show
from benchmarks.peers import BareSQLite, eventsourcing
from coachcore.practice import Practice
from coachcore.storage.sqlite import SQLiteStore

if TYPE_CHECKING:
    from benchmarks.eventsourcing_peer import Recorder

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
    "pg_store_ratio": ("PostgreSQL: store alone, over bare psycopg", "at least 0.8"),
    "pg_to_es": ("PostgreSQL: command, over eventsourcing", "at least 2"),
    "growth_batch": ("growth: a batch of one command", "at most 1.5"),
    "growth_state": ("growth: the state at another moment", "at most 1.5"),
    "growth_open": ("growth: opening a store", "at most 1.5"),
    "growth_unknown_id": ("growth: an id that is not there", "at most 1.5"),
    "processes_total_to_bare": ("8 processes on one engagement, time over bare sqlite3", "at most 2.5"),
    "processes_wait_to_bare": ("their longest wait, over bare sqlite3", "at most 3"),
}


def replay(folder: Path, rounds: int, events: int, recorder: "Recorder | None") -> Figures:
    """A whole engagement, read by a practice that has read nothing; the peer reads head and content, and parses both."""
    ours: list[float] = []
    bare: list[float] = []
    theirs: list[float] = []
    path = folder / "replay.db"
    filled(path, events)[0].close()
    with SQLiteStore(path) as store, closing(BareSQLite(path)) as peer:
        sides: list[tuple[list[float], Callable[[], object]]] = [
            (ours, lambda: Practice(store).load("bench")),
            (bare, lambda: peer.read("bench")),
        ]
        if recorder is not None:
            recorder.record([command(number) for number in range(events - recorder.replayed().version)])
            sides.append((theirs, recorder.replayed))
        for _ in range(rounds + 1):
            for times, read in sides:
                gc.collect()
                begin_at = perf_counter()
                answer = read()
                times.append(perf_counter() - begin_at)  # until the answer is there, not until it is gone
                assert (len(answer) if isinstance(answer, list) else getattr(answer, "version", 0)) == events
                del answer
    figures = {
        "replay_ratio": median_ratio(bare[1:], ours[1:]),
        "replayed_per_s": round(events / median(ours[1:])),
    }
    if theirs:
        figures["replay_to_es"] = median_ratio(theirs[1:], ours[1:])
    return figures


def main(arguments: Sequence[str]) -> int:
    times = 5 if "--full" in arguments else 1
    with TemporaryDirectory() as name:
        folder = Path(name)
        figures = recording.on_sqlite(folder, 20 * times) | recording.on_postgresql(10 * times)
        settings = {"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(folder / "replay-es.db")}
        with eventsourcing(settings) as recorder:
            figures |= replay(folder, 7 * times, 10_000, recorder)
        figures |= growth.measured(folder, 15 * times) | processes.measured(folder, 5 * times)
    rows = [(label, f"{figures[key]:,.2f}", target) for key, (label, target) in LINES.items() if key in figures]
    return show("Storage: ratios of rates to peers, and growths of times", rows, figures, arguments)
