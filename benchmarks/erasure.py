"""How long a writer waits while another process erases beside an open reader, which keeps the write-ahead log from
being emptied.

`python -m benchmarks.erasure FILE` is the writer. For each line on its input it records some commands, one a
transaction, and prints how long the longest took. In every other round this process erases an entry meanwhile; the
reader is there in all of them.
"""

import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from time import perf_counter

from benchmarks.books import begin, begun, command, give
from benchmarks.figures import median_ratio
from coachcore.practice import open_practice

__all__ = ["LINES", "measured"]

COMMANDS = 20
LINES: dict[str, tuple[str, str]] = {
    "erase_stall_ratio": (
        "a writer's longest wait beside an erasure and an open reader, over that without",
        "at most 3",
    ),
}


def measured(folder: Path, rounds: int) -> dict[str, float]:
    """The longest wait of a writer while an erasure runs, over the same while none does."""
    path = folder / "erasure.db"
    practice, engagement = begun(path)
    with practice, _writer(path) as writer, closing(sqlite3.connect(path, isolation_level=None)) as reader:
        entries = [engagement.client.reflect(f"Entry {number}").id for number in range(rounds + 1)]
        waits: dict[bool, list[float]] = {True: [], False: []}
        for number, entry_id in enumerate(entries):
            for is_erasing in (True, False):
                reader.execute("BEGIN")
                reader.execute("SELECT count(*) FROM events").fetchone()
                _begin(writer)
                if is_erasing:
                    practice.erase(engagement.id, [entry_id], ground="objection")
                wait = _end(writer)
                if number:  # the first warms up
                    waits[is_erasing].append(wait)
                reader.execute("COMMIT")
        assert writer.stdin is not None
        writer.stdin.close()
    return {"erase_stall_ratio": median_ratio(waits[True], waits[False])}


def _writer(path: Path) -> "subprocess.Popen[str]":
    arguments = [sys.executable, "-m", "benchmarks.erasure", str(path)]
    return subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _begin(writer: "subprocess.Popen[str]") -> None:
    assert writer.stdin is not None
    writer.stdin.write("go\n")
    writer.stdin.flush()


def _end(writer: "subprocess.Popen[str]") -> float:
    assert writer.stdout is not None
    return float(writer.stdout.readline())


def main(arguments: Sequence[str]) -> int:
    """The writer: an engagement of its own, in the same file, so that nothing but the file is shared."""
    with open_practice(arguments[0]) as practice:
        engagement = begin(practice, "writer")
        number = 0
        for _ in sys.stdin:
            longest = 0.0
            for _ in range(COMMANDS):
                begin_at = perf_counter()
                give(engagement, [command(number)])
                number += 1
                longest = max(longest, perf_counter() - begin_at)
            print(longest, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
