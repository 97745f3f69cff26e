"""How benchmarks print: a table for people, one JSON object on the last line for programs."""

import gc
import json
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from time import perf_counter
from typing import Any

__all__ = ["median_ratio", "seconds", "show"]


def seconds(work: Callable[[], object], clock: Callable[[], float] = perf_counter) -> float:
    """How long some work takes, until its answer is there and not until it is gone. clock: in seconds, the wall's or the process's."""
    gc.collect()
    begin = clock()
    answer = work()
    spent = clock() - begin
    del answer
    return spent


def median_ratio(over: Sequence[float], under: Sequence[float]) -> float:
    """The median of the ratios of two sides that took turns, round by round, so that what slows both in a round cancels out."""
    return round(median(a / b for a, b in zip(over, under, strict=True)), 3)


def show(title: str, rows: Sequence[tuple[str, str, str]], result: Mapping[str, Any], arguments: Sequence[str]) -> int:
    """Print rows of (what, figure, target) and, with --json, the result; the exit code of the benchmark."""
    print(title)
    wide = max(len(each[0]) for each in rows)
    for label, figure, target in rows:
        print(f"  {label:<{wide}}  {figure:>14}  {target}".rstrip())
    if "--json" in arguments:
        print(json.dumps(result, sort_keys=True))
    return 0
