"""Reports and tables: what showing an engagement costs, over reading it.

The health journal (325 events) is imported into an SQLite file once. `report_to_fold`: a report at a moment that was
not asked for before, over reading, decoding and folding all events (by a practice that has read none).
`frames_to_snapshot`: the rows of all tables from one fresh snapshot, over computing the parts of another. Both sides of
a ratio take turns, and the ratio is the median over rounds. Store reads and folds of one report are counted in a round
of their own, off the clock.
"""

import gc
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any
from unittest.mock import patch

from benchmarks.books import read_anew
from benchmarks.figures import median_ratio, show
from coachcore.analysis import TABLES, rows
from coachcore.events import Event
from coachcore.interop import read_journal
from coachcore.interop.importing import import_journal
from coachcore.practice import Engagement, Practice, open_practice
from coachcore.report import build_report
from coachcore.snapshot import Snapshot

JOURNAL = Path(__file__).parent.parent / "examples" / "journals" / "health-en.jsonl"
ROUNDS = 25
TARGETS = {"report_to_fold": 3.5, "frames_to_snapshot": 1.3}


def seconds(work: Callable[[], object]) -> float:
    gc.collect()
    begin = perf_counter()
    work()
    return perf_counter() - begin


def computed(snapshot: Snapshot) -> None:
    """Every part of a snapshot."""
    _ = snapshot.facts, snapshot.progress, snapshot.ledger
    for goal_id in snapshot.state.goals:
        snapshot.review(goal_id)


def tables(snapshot: Snapshot) -> None:
    for table in TABLES:
        list(rows(table, snapshot))


def counted(engagement: Engagement, work: Callable[[], object]) -> tuple[int, int]:
    """How often some work reads the store, and how many events it folds."""
    reads, steps = 0, 0
    histories: Any = import_module("coachcore.engagement.history")
    read, evolve, fold = engagement.practice.store.read, histories.evolve, histories.fold

    def counting_read(*arguments: Any, **options: Any) -> Any:
        nonlocal reads
        reads += 1
        return read(*arguments, **options)

    def counting_step(*arguments: Any) -> Any:
        nonlocal steps
        steps += 1
        return evolve(*arguments)

    def counting_fold(events: Iterable[Event], *state: Any) -> Any:
        nonlocal steps
        events = list(events)
        steps += len(events)
        return fold(events, *state)

    with (
        patch.object(engagement.practice.store, "read", counting_read),
        patch.object(histories, "evolve", counting_step),
        patch.object(histories, "fold", counting_fold),
    ):
        work()
    return reads, steps


def main(arguments: Sequence[str]) -> int:
    journal = read_journal(JOURNAL)
    last = journal.lines[-1].recorded_at
    with TemporaryDirectory() as folder, open_practice(Path(folder) / "a.db", clock=lambda: last) as practice:
        engagement = import_journal(practice, journal)
        snapshots = 0

        def fresh() -> Snapshot:
            nonlocal snapshots
            snapshots += 1
            return engagement.snapshot(last - timedelta(microseconds=snapshots))

        reports, folds, parts, frames = [], [], [], []
        for _ in range(ROUNDS + 1):
            folds.append(seconds(lambda: read_anew(Practice(practice.store), engagement.id)))
            reports.append(seconds(lambda: build_report(fresh())))
            parts.append(seconds(lambda: computed(fresh())))
            frames.append(seconds(lambda: tables(fresh())))
        reads, steps = counted(engagement, lambda: build_report(fresh()))
        events = engagement.version
    result = {
        "report_to_fold": median_ratio(reports[1:], folds[1:]),
        "frames_to_snapshot": median_ratio(frames[1:], parts[1:]),
        "report_ms": round(1000 * median(reports[1:]), 2),
        "fold_ms": round(1000 * median(folds[1:]), 2),
        "store_reads": reads,
        "events_folded_to_events": round(steps / events, 2),
    }
    lines = [
        ("a report, ms", f"{result['report_ms']:.1f}", ""),
        (f"reading, decoding and folding {events} events, ms", f"{result['fold_ms']:.1f}", ""),
        ("ratio of the two", f"{result['report_to_fold']:.2f}", f"target {TARGETS['report_to_fold']}"),
        ("store reads of a report", f"{reads}", "1"),
        ("events it folds, over all events", f"{result['events_folded_to_events']:.2f}", "at most 1"),
        (
            "all tables over a snapshot with its parts",
            f"{result['frames_to_snapshot']:.2f}",
            f"target {TARGETS['frames_to_snapshot']}",
        ),
    ]
    return show("Report of the health journal", lines, result, arguments)
