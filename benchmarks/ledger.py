"""The ledger: what it costs over reading, decoding and folding the same events, and how it grows.

The history is dense, with at least one obligation an event (see `benchmarks.dense`). Both sides of a ratio take turns,
and the ratio is the median over rounds. Times are processor times, so that other programs do not count; nothing here
waits for anything but the disk, which only the recording of one event does.

`ledger_to_replay_10k`: the ledger over a practice that reads, decodes and folds the 10,000 events.
`ledger_to_fold_300`: the same for 300 engagements of 50 events. `..._to_full`, over a ledger computed from nothing, of
10,000 events: the ledger after one event more, a waiver with what it has to look up, a statement. `obligation_growth`:
looking up one obligation of 10,000 events over one of 1,000. `growth_100k_to_10k`: the ledger of ten times the events,
only with --full.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time

from benchmarks import books
from benchmarks.dense import DenseBook
from benchmarks.figures import median_ratio, show
from benchmarks.figures import seconds as seconds_by
from coachcore.ledger import Ledger
from coachcore.practice import Engagement, Practice
from coachcore.snapshot import Snapshot

Figures = dict[str, float]

EVENTS, MANY, FEW = 10_000, 100_000, 1_000
SMALL, SMALL_EVENTS = 300, 50
DISTINCT, REPEATS = 100, 50
"""How many obligations are looked up, and how often: one look-up takes less than the clock can tell. They are as many of a short ledger
as of a long one: all of the long one would not fit into the cache of the processor."""

LINES: dict[str, tuple[str, str]] = {
    # key -> what it is, and its target
    "ledger_to_replay_10k": ("ledger of 10,000 events, over reading and folding them", "at most 5"),
    "after_one_more_to_full": ("ledger after one event more, over a full one", "at most 0.01"),
    "waive_to_full": ("a waiver, over a full ledger", "at most 0.01"),
    "statement_to_full": ("a statement, over a full ledger", "at most 0.02"),
    "obligation_growth": ("an obligation among 10,000 events, over 1,000", "at most 1.5"),
    "growth_100k_to_10k": ("ledger of 100,000 events, over 10,000", "at most 12"),
    "ledger_to_fold_300": ("ledgers of 300 engagements of 50 events, over folding", "at most 2"),
    "obligations_per_event": ("obligations an event", "at least 1"),
    "ledger_ms": ("ledger of 10,000 events, ms", ""),
}


seconds = partial(seconds_by, clock=process_time)


def read_anew(book: DenseBook, engagement_id: str) -> Engagement:
    """An engagement, read by a practice that has read nothing."""
    return books.read_anew(Practice(book.practice.store, clock=lambda: book.now), engagement_id)


def fresh(book: DenseBook, engagement_id: str) -> Snapshot:
    """A snapshot of which nothing has been computed."""
    return read_anew(book, engagement_id).snapshot()


def waivable(ledger: Ledger) -> str:
    """The id of the next obligation of the client that the coach may waive, and that no one event of the history meets."""
    return next(due.id for due in ledger.statement("client").next_due if due.is_waivable and due.of is None)


def computed(*snapshots: Snapshot) -> None:
    """The ledger of each snapshot, computed unless it was before."""
    for snapshot in snapshots:
        _ = snapshot.ledger


def look_up_all(ledger: Ledger, ids: Sequence[str]) -> None:
    for obligation_id in ids:
        ledger.obligation(obligation_id)


def with_long_history(path: Path, rounds: int) -> Figures:
    """The figures of one engagement of 10,000 events, which goes on by one event a round."""
    times: dict[str, list[float]] = {
        name: [] for name in ("fold", "full", "statement", "later", "waiver", "many", "few")
    }
    book = DenseBook(path)
    few = book.engagement(FEW, "few").ledger()
    engagement = book.engagement(EVENTS)
    engagement.ledger()
    for _ in range(rounds + 1):
        times["fold"].append(seconds(partial(read_anew, book, engagement.id)))
        snapshot = fresh(book, engagement.id)
        times["full"].append(seconds(partial(computed, snapshot)))
        many = snapshot.ledger
        times["statement"].append(seconds(partial(many.statement, "client")))
        for name, ledger in (("many", many), ("few", few)):
            step = len(ledger.obligations) // DISTINCT
            ids = [obligation.id for obligation in ledger.obligations[::step]][:DISTINCT] * REPEATS
            ledger.obligation(ids[0])  # the first look-up makes the table of ids
            times[name].append(seconds(partial(look_up_all, ledger, ids)))
        book.one_more(engagement)
        times["later"].append(seconds(engagement.ledger))
        obligation_id = waivable(engagement.ledger())
        book.one_more(engagement)
        times["waiver"].append(seconds(partial(engagement.coach.waive_obligation, obligation_id, "Ill this week.")))
    of_full = {"after_one_more_to_full": "later", "waive_to_full": "waiver", "statement_to_full": "statement"}
    return {
        "ledger_to_replay_10k": median_ratio(times["full"][1:], times["fold"][1:]),
        **{key: median_ratio(times[name][1:], times["full"][1:]) for key, name in of_full.items()},
        "obligation_growth": median_ratio(times["many"][1:], times["few"][1:]),
        "obligations_per_event": round(len(many.obligations) / len(snapshot.history.effective), 2),
        "ledger_ms": round(1000 * median(times["full"][1:])),
    }


def growth(folder: Path, rounds: int) -> float:
    """The ledger of ten times the events over that of 10,000, each at its last event."""
    books = {events: DenseBook(folder / f"growth-{events}.db") for events in (EVENTS, MANY)}
    ids = {events: book.engagement(events).id for events, book in books.items()}
    times: dict[int, list[float]] = {EVENTS: [], MANY: []}
    for _ in range(rounds):
        for events, spent in times.items():
            snapshot = fresh(books[events], ids[events])
            spent.append(seconds(partial(computed, snapshot)))
    return median_ratio(times[MANY], times[EVENTS])


def with_small_histories(path: Path, rounds: int) -> float:
    """The ledgers of 300 engagements of 50 events, over reading, decoding and folding them."""
    book, folds, ledgers = DenseBook(path), list[float](), list[float]()
    ids = [book.engagement(SMALL_EVENTS, f"small-{number}").id for number in range(SMALL)]
    for _ in range(rounds + 1):
        folds.append(seconds(lambda: [read_anew(book, engagement_id) for engagement_id in ids]))
        snapshots = [fresh(book, engagement_id) for engagement_id in ids]
        ledgers.append(seconds(partial(computed, *snapshots)))
    return median_ratio(ledgers[1:], folds[1:])


def main(arguments: Sequence[str]) -> int:
    is_full = "--full" in arguments
    rounds = 10 if is_full else 3
    with TemporaryDirectory() as name:
        folder = Path(name)
        figures = with_long_history(folder / "long.db", rounds)
        figures["ledger_to_fold_300"] = with_small_histories(folder / "small.db", rounds)
        if is_full:
            figures["growth_100k_to_10k"] = growth(folder, 3)
    rows = [(label, f"{figures[key]:,.3f}", target) for key, (label, target) in LINES.items() if key in figures]
    return show("Ledger of dense histories", rows, figures, arguments)
