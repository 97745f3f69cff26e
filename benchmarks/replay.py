"""Replay: one engagement read from SQLite, decoded and folded, at 1,000, 10,000 and 100,000 events.

Target: 50,000 events a second or better on one core, decoding included, and no fall with length: the cost of an event
must not grow with the history before it. Each figure is the median of several whole replays.
"""

import gc
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from benchmarks.books import filled
from benchmarks.figures import show
from coachcore.practice import Practice

SIZES = {"1k": (1_000, 15), "10k": (10_000, 9), "100k": (100_000, 3)}
TARGET = 50_000


def main(arguments: Sequence[str]) -> int:
    result: dict[str, float] = {}
    with TemporaryDirectory() as folder:
        for name, (size, rounds) in SIZES.items():
            practice, engagement = filled(Path(folder) / f"{name}.db", size)
            times = []
            for _ in range(rounds + 1):
                gc.collect()
                begin = perf_counter()
                version = Practice(practice.store).load(engagement.id).version  # a practice keeps what it has read
                times.append(perf_counter() - begin)
                assert version == size
            practice.close()
            result[f"events_per_s_{name}"] = round(size / median(times[1:]))
    result["slowdown_100k_to_1k"] = round(result["events_per_s_1k"] / result["events_per_s_100k"], 2)
    rows = [
        (
            f"events a second, {name}",
            f"{result[f'events_per_s_{name}']:,.0f}",
            f"target {TARGET:,}" if name == "10k" else "",
        )
        for name in SIZES
    ]
    rows.append(("cost of an event at 100k against 1k", f"{result['slowdown_100k_to_1k']:.2f}", "1 = does not grow"))
    return show("Replay from SQLite: read, decode, fold", rows, result, arguments)
