"""What must not grow: the time that one step takes with 40,000 events or engagements, over the same step with 100."""

import gc
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from time import perf_counter

from benchmarks.books import command, filled, give
from benchmarks.figures import median_ratio
from coachcore.errors import NotFound
from coachcore.practice import Engagement, Practice, open_practice
from coachcore.storage.contract import Append
from coachcore.storage.sqlite import SQLiteStore
from coachcore.testing.stores import history

__all__ = ["measured"]

FEW, MANY = 100, 40_000


def measured(folder: Path, rounds: int) -> dict[str, float]:
    """All growths."""
    return with_events(folder, rounds) | with_engagements(folder, rounds)


def growth(few: Callable[[], object], many: Callable[[], object], rounds: int) -> float:
    """How much longer a step takes with many than with few; both take turns."""
    times: dict[Callable[[], object], list[float]] = {few: [], many: []}
    for _ in range(rounds + 1):
        for step in (few, many):
            begin_at = perf_counter()
            step()
            times[step].append(perf_counter() - begin_at)
    return median_ratio(times[many][1:], times[few][1:])


def with_events(folder: Path, rounds: int) -> dict[str, float]:
    """A batch of one command, and the state at another moment."""
    with ExitStack() as stack:
        sides = []
        for events in (FEW, MANY):
            practice, engagement = filled(folder / f"growth-{events}.db", events)
            stack.enter_context(practice)
            sides.append(engagement)
        few, many = sides
        gc.collect()
        return {
            "growth_batch": growth(lambda: batch_of_one(few), lambda: batch_of_one(many), 4 * rounds),
            "growth_state": growth(few.state, many.state, 4 * rounds),
        }


def batch_of_one(engagement: Engagement) -> None:
    with engagement.batch() as batch:
        give(batch, [command(0)])


def with_engagements(folder: Path, rounds: int) -> dict[str, float]:
    """Opening a store, and a question about an engagement that is not there."""
    with ExitStack() as stack:
        paths, practices = [], []
        for count in (FEW, MANY):
            path = folder / f"growth-of-{count}.db"
            ids = [f"engagement-{number}" for number in range(count)]
            with SQLiteStore(path) as store:
                store.write([Append(engagement_id, history(engagement_id, 1), 0) for engagement_id in ids])
            paths.append(path)
            practices.append(stack.enter_context(open_practice(path)))
        few, many = practices
        few_path, many_path = paths
        return {
            "growth_unknown_id": growth(lambda: load_unknown(few), lambda: load_unknown(many), 4 * rounds),
            "growth_open": growth(
                lambda: open_practice(few_path).close(), lambda: open_practice(many_path).close(), 4 * rounds
            ),
        }


def load_unknown(practice: Practice) -> None:
    with suppress(NotFound):
        practice.load("engagement-of-nobody")
