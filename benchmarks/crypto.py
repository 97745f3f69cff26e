"""Confidentiality: what encryption at rest costs, and a view over its snapshot, and whom an erasure keeps waiting.

Both sides of a ratio take turns, and the ratio is the median over rounds. `append_ratio` and `replay_ratio` are
rates, encrypted over plain, on SQLite files with the durability that hosts have: commands one by one, and a whole
engagement read by a practice that has read nothing and has unwrapped no key. `view_ratio` is a time: progress, ledger
and facts of a view over the same of its snapshot, both computed from nothing. `erase_stall_ratio`: see
`benchmarks.erasure`.
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import erasure
from benchmarks.books import begin, clock, command, fill, give
from benchmarks.figures import median_ratio, seconds, show
from coachcore.practice import Engagement, Practice, open_practice
from coachcore.privacy.snapshot_view import SnapshotView
from coachcore.snapshot import Snapshot
from coachcore.storage.sealed import MemoryKeys, SealedStore
from coachcore.storage.sqlite import SQLiteStore

Figures = dict[str, float]

COMMANDS = 100
"""Commands that each side records in a round."""
VIEWED = 1_000
"""Events of the engagement that is viewed."""
KEYS = MemoryKeys({"bench": bytes(range(32))})

LINES: dict[str, tuple[str, str]] = {
    "append_ratio": ("commands recorded, encrypted over plain", "at least 0.7"),
    "replay_ratio": ("events replayed, encrypted over plain", "at least 0.7"),
    "view_ratio": ("a view's progress, ledger and facts, over its snapshot's", "at most 2"),
    **erasure.LINES,
}


def ratio(over: Callable[[], object], under: Callable[[], object], rounds: int) -> float:
    """The time of one side over that of the other, which take turns; the first round warms up."""
    pairs = [(seconds(over), seconds(under)) for _ in range(rounds + 1)][1:]
    return median_ratio([pair[0] for pair in pairs], [pair[1] for pair in pairs])


def append(folder: Path, rounds: int) -> Figures:
    """Commands one by one, each a transaction."""
    with ExitStack() as stack:
        sides = []
        for name, keys in (("plain", None), ("encrypted", KEYS)):
            practice = stack.enter_context(open_practice(folder / f"append-{name}.db", keys=keys))
            sides.append(partial(_recorded, begin(practice, "bench")))
        return {"append_ratio": ratio(sides[0], sides[1], rounds)}


def _recorded(engagement: Engagement) -> None:
    first = engagement.version
    give(engagement, map(command, range(first, first + COMMANDS)))


def replay(folder: Path, rounds: int, events: int) -> Figures:
    """An engagement, read from the first event to the last."""
    with ExitStack() as stack:
        sides: list[Callable[[], Engagement]] = []
        for name, keys in (("plain", None), ("encrypted", KEYS)):
            path = folder / f"replay-{name}.db"
            with open_practice(path, clock=clock(), keys=keys) as practice:
                fill(begin(practice, "bench"), events)
            store = stack.enter_context(SQLiteStore(path))
            sides.append(partial(_replayed, store, is_encrypted=keys is not None))
        contents = [[event.content for event in side().recorded()] for side in sides]
        assert len(contents[0]) == len(contents[1]) == events
        assert contents[0][-1] == contents[1][-1]
        return {"replay_ratio": ratio(sides[0], sides[1], rounds)}


def _replayed(store: SQLiteStore, *, is_encrypted: bool) -> Engagement:
    return Practice(SealedStore(store, KEYS) if is_encrypted else store).load("bench")


def view(rounds: int) -> Figures:
    """The parts of a client's view, over those of the snapshot."""
    with open_practice(clock=clock()) as practice:
        engagement = begin(practice, "bench")
        fill(engagement, VIEWED)
        first = engagement.snapshot()

        def fresh() -> Snapshot:
            return Snapshot(first.history, first.charters, first.rules)

        return {"view_ratio": ratio(lambda: _parts(fresh().view("client")), lambda: _parts(fresh()), rounds)}


def _parts(answers: Snapshot | SnapshotView) -> tuple[object, ...]:
    return answers.progress, answers.ledger.obligations, answers.facts, answers.state


def measure(rounds: int, events: int) -> Figures:
    with TemporaryDirectory() as name:
        folder = Path(name)
        return append(folder, rounds) | replay(folder, rounds, events) | view(rounds) | erasure.measured(folder, rounds)


def main(arguments: Sequence[str]) -> int:
    is_full = "--full" in arguments
    figures = measure(rounds=25 if is_full else 9, events=10_000 if is_full else 3_000)
    rows = [(label, f"{figures[key]:.3f}", target) for key, (label, target) in LINES.items()]
    return show("confidentiality", rows, figures, arguments)
