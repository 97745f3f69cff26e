"""Several processes that record on one engagement: whole commands, against bare sqlite3 that looks up the head and inserts.

`python -m benchmarks.processes {ours,bare} FILE NUMBER` is one of them. For each line on its input it gives its commands, one a
transaction, and prints how long the longest took; so the processes are started once, and both sides take turns.
"""

import secrets
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter

from benchmarks.books import begun, command
from benchmarks.figures import median_ratio
from benchmarks.peers import BareSQLite
from coachcore.practice import open_practice

__all__ = ["measured"]

PROCESSES, COMMANDS = 8, 25
SIDES = ("ours", "bare")


def measured(folder: Path, rounds: int) -> dict[str, float]:
    """The time until all processes have given their commands, and the longest wait for one, over the same of the peer."""
    practice, engagement = begun(folder / "processes-ours.db")
    records = practice.store.read(engagement.id)
    practice.close()
    bare = BareSQLite(folder / "processes-bare.db")
    bare.write(records)
    bare.close()
    totals: dict[str, list[float]] = {side: [] for side in SIDES}
    waits: dict[str, list[float]] = {side: [] for side in SIDES}
    with ExitStack() as stack:
        workers = {side: [stack.enter_context(_worker(side, folder, n)) for n in range(PROCESSES)] for side in SIDES}
        for number in range(rounds + 1):
            for side in SIDES:
                total, wait = _round(workers[side])
                if number:  # the first warms up
                    totals[side].append(total)
                    waits[side].append(wait)
        for worker in (*workers["ours"], *workers["bare"]):
            assert worker.stdin is not None
            worker.stdin.close()
    with open_practice(folder / "processes-ours.db") as practice:
        recorded = practice.load(engagement.id).version - engagement.version
    assert recorded == PROCESSES * COMMANDS * (rounds + 1), "every command was recorded once"
    return {
        "processes_total_to_bare": median_ratio(totals["ours"], totals["bare"]),
        "processes_wait_to_bare": median_ratio(waits["ours"], waits["bare"]),
    }


def _worker(side: str, folder: Path, number: int) -> subprocess.Popen[str]:
    arguments = [sys.executable, "-m", "benchmarks.processes", side, str(folder / f"processes-{side}.db"), str(number)]
    return subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _round(workers: Sequence[subprocess.Popen[str]]) -> tuple[float, float]:
    """Seconds until every worker has given its commands, and the longest that one of them waited."""
    begin = perf_counter()
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    longest = 0.0
    for worker in workers:
        assert worker.stdout is not None
        longest = max(longest, float(worker.stdout.readline()))
    return perf_counter() - begin, longest


def _ours(path: Path, number: int) -> Callable[[], None]:
    client = open_practice(path).load("bench").client

    def give() -> None:
        verb, fields = command(number)
        getattr(client, verb)(**fields)

    return give


def _bare(path: Path, number: int) -> Callable[[], None]:
    peer = BareSQLite(path)
    template = peer.last("bench")

    def give() -> None:
        peer.write_next(template._replace(event_id=secrets.token_hex(16)))

    return give


def main(side: str, path: Path, number: int) -> None:
    give = (_ours if side == "ours" else _bare)(path, number)
    for _ in sys.stdin:
        longest = 0.0
        for _ in range(COMMANDS):
            begin = perf_counter()
            give()
            longest = max(longest, perf_counter() - begin)
        print(longest, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
