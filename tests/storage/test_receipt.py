"""A receipt kept elsewhere shows that the end of a store was cut off, or its past rewritten, and says from where."""

import random
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coachcore.errors import CoachcoreError, Corrupt, NotFound, NotValid
from coachcore.storage import EventStore, Record
from coachcore.storage.contract import Append, Numbered
from coachcore.storage.memory import MemoryStore
from coachcore.storage.receipt import (
    EngagementReceipt,
    Receipt,
    StoreReceipt,
    parse_receipt,
    parse_receipts,
    take_receipt,
)
from coachcore.storage.sqlite import SQLiteStore
from coachcore.storage.verify import ERASURE_TYPE, verify
from coachcore.testing.stores import history, make_record

NOON = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
DIGEST = "9f" * 32
LINE = f"coachcore-receipt:1 position=412 digest={DIGEST} time=2026-11-27T12:00:00Z"


def store_of(*runs: Sequence[Record]) -> MemoryStore:
    """A store in memory with these events, a run of one engagement at a time."""
    store = MemoryStore()
    for run in runs:
        store.write([Append(run[0].engagement_id, run, run[0].version - 1)])
    return store


def forged(count: int, version: int) -> list[Record]:
    """The history of A with another event at a version, and all later ones chained to that."""
    records = history("A", version - 1)
    records.append(make_record("A", version, records[-1].digest if records else "", content="never said"))
    return records + history("A", count - version, after=records[-1])


def problems(store: EventStore, *receipts: Receipt) -> list[tuple[str, str, int | None, int | None]]:
    report = verify(store, receipts)
    assert report.receipts == len(receipts)
    return [(problem.code, problem.engagement_id, problem.version, problem.position) for problem in report.problems]


# -- the line ----------------------------------------------------------------------------------------------------------


def test_the_digest_of_a_store_is_that_of_positions_and_digests_line_by_line() -> None:
    a, b = history("A", 3), history("B", 2)
    store = store_of(a[:2], b, a[2:])
    text = "".join(f"{position} {record.digest}\n" for position, record in enumerate([*a[:2], *b, a[2]], 1))
    assert take_receipt(store, time=NOON) == StoreReceipt(
        position=5, digest=sha256(text.encode()).hexdigest(), time=NOON
    )


def test_a_store_of_several_pages_is_read_to_its_end() -> None:
    records = history("A", 2001)
    text = "".join(f"{position} {record.digest}\n" for position, record in enumerate(records, 1))
    receipt = take_receipt(store_of(records), time=NOON)
    assert receipt == StoreReceipt(position=2001, digest=sha256(text.encode()).hexdigest(), time=NOON)


def test_an_engagement_is_confirmed_without_others() -> None:
    records = history("A", 3)
    expected = EngagementReceipt(engagement_id="A", version=3, digest=records[-1].digest, time=NOON)
    assert take_receipt(store_of(records), time=NOON, engagement_id="A") == expected
    assert take_receipt(store_of(history("B", 5), records), time=NOON, engagement_id="A") == expected


def test_an_empty_store_has_a_receipt_and_an_unknown_engagement_has_none() -> None:
    receipt = take_receipt(MemoryStore(), time=NOON)
    assert receipt == StoreReceipt(position=0, digest=sha256(b"").hexdigest(), time=NOON)
    assert problems(store_of(history("A", 2)), receipt) == []
    with pytest.raises(NotFound, match="no engagement"):
        take_receipt(MemoryStore(), time=NOON, engagement_id="A")


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(NotValid, match="no time zone"):
        take_receipt(MemoryStore(), time=NOON.replace(tzinfo=None))


def test_a_receipt_is_one_line_of_text() -> None:
    assert str(StoreReceipt(position=412, digest=DIGEST, time=NOON)) == LINE
    riga = datetime(2026, 11, 27, 14, 0, 0, 500, tzinfo=timezone(timedelta(hours=2)))
    line = f"coachcore-receipt:1 engagement=a%20b%0A#1 version=12 digest={DIGEST} time=2026-11-27T12:00:00.000500Z"
    assert str(EngagementReceipt(engagement_id="a b\n#1", version=12, digest=DIGEST, time=riga)) == line


TIMES = st.datetimes(timezones=st.just(UTC))
NUMBERS = st.integers(1, 2**63 - 1)
DIGESTS = st.binary(min_size=32, max_size=32).map(bytes.hex)
RECEIPTS: st.SearchStrategy[Receipt] = st.one_of(
    st.builds(StoreReceipt, position=NUMBERS | st.just(0), digest=DIGESTS, time=TIMES),
    st.builds(
        EngagementReceipt,
        engagement_id=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=128),
        version=NUMBERS,
        digest=DIGESTS,
        time=TIMES,
    ),
)


@given(RECEIPTS)
def test_a_line_is_read_as_the_receipt_it_was_written_from(receipt: Receipt) -> None:
    line = str(receipt)
    assert line.isascii()
    assert len(line.split()) == len(line.split(" "))
    assert parse_receipt(line) == receipt


@pytest.mark.parametrize(
    "line",
    [
        "",
        LINE[:-1],
        LINE + " ",
        LINE + "\n",
        LINE.replace(":1", ":2"),
        LINE.replace("412", "0412"),
        LINE.replace("412", "-1"),
        LINE.replace("412", "٤"),
        LINE.replace("412", "1" + "0" * 30),
        LINE.replace(" ", "  ", 1),
        LINE.replace("9f", "9F", 1),
        LINE.replace("9f", "", 1),
        LINE.replace("2026-11-27", "2026-02-30"),
        LINE.replace("12:00:00Z", "12:00:00"),
        LINE.replace("12:00:00Z", "12:00:00.000000Z"),
        LINE.replace("12:00:00Z", "12:00:00+02:00"),
        LINE.replace("position=412", "engagement=A"),
        LINE.replace("position=412", "engagement=A version=0"),
        LINE.replace("position=412", "engagement=%41 version=1"),
        LINE.replace("position=412", "engagement=%ff version=1"),
        LINE.replace("position=412", "engagement=a b version=1"),
        LINE.replace("position=412", "position=412 version=1"),
    ],
)
def test_a_line_that_was_changed_in_form_is_refused(line: str) -> None:
    with pytest.raises(NotValid) as refusal:
        parse_receipt(line)
    assert refusal.value.code == "receipt.invalid"


def test_a_file_has_a_receipt_a_line_and_a_bad_one_is_named_with_its_line() -> None:
    other = LINE.replace("412", "7")
    receipts = parse_receipts(f"{LINE}\r\n\n  {other}  \n", "kept.txt")
    assert [str(receipt) for receipt in receipts] == [LINE, other]
    with pytest.raises(NotValid) as refusal:
        parse_receipts(f"{LINE}\n\n{LINE[:-3]}\n", "kept.txt")
    assert (refusal.value.code, refusal.value.path) == ("receipt.invalid", "kept.txt, line 3")
    with pytest.raises(NotValid) as refusal:
        parse_receipts("\n \n", "kept.txt")
    assert refusal.value.code == "receipt.missing"


def test_a_line_of_text_is_no_receipt_to_verify_until_it_is_read() -> None:
    with pytest.raises(NotValid, match="is not a StoreReceipt"):
        verify(MemoryStore(), [LINE])  # type: ignore[list-item]


# -- what it shows -----------------------------------------------------------------------------------------------------


def test_what_is_recorded_later_leaves_a_receipt_good() -> None:
    store = store_of(history("A", 3))
    receipts = [take_receipt(store, time=NOON), take_receipt(store, time=NOON, engagement_id="A")]
    store.write([Append("B", history("B", 2), 0)])
    store.write([Append("A", history("A", 2, after=store.head("A")), 3)])
    assert problems(store, *receipts) == []


def test_an_erasure_leaves_a_receipt_good() -> None:
    store = store_of(history("A", 3))
    receipts = [take_receipt(store, time=NOON), take_receipt(store, time=NOON, engagement_id="A")]
    head = store.head("A")
    assert head is not None
    store.write([Append("A", [make_record("A", 4, head.digest, type_=ERASURE_TYPE)], 3, ["A/1", "A/3"])])
    assert store.read("A")[0].content is None
    assert problems(store, *receipts) == []


@pytest.mark.parametrize("left", [1, 4])
def test_a_cut_end_is_named_with_where_the_store_ends(left: int) -> None:
    records = history("A", 5)
    whole, cut = store_of(records), store_of(records[:left])
    assert verify(cut).is_clean  # nothing in the store shows it
    assert problems(cut, take_receipt(whole, time=NOON)) == [("history_end.missing", "", None, left + 1)]
    of_engagement = take_receipt(whole, time=NOON, engagement_id="A")
    assert problems(cut, of_engagement) == [("history_end.missing", "A", left + 1, None)]


def test_everything_cut_off_is_named() -> None:
    whole = store_of(history("A", 2))
    receipts = [take_receipt(whole, time=NOON), take_receipt(whole, time=NOON, engagement_id="A")]
    assert problems(MemoryStore(), *receipts) == [
        ("history_end.missing", "", None, 1),
        ("history_end.missing", "A", 1, None),
    ]
    assert verify(MemoryStore(), receipts).engagements == 0


@pytest.mark.parametrize("version", [1, 3, 5])
def test_a_rewritten_past_is_named(version: int) -> None:
    whole, rewritten = store_of(history("A", 5)), store_of(forged(7, version))
    assert verify(rewritten).is_clean  # nothing in the store shows it
    assert problems(rewritten, take_receipt(whole, time=NOON)) == [("history.changed", "", None, 1)]
    of_engagement = take_receipt(whole, time=NOON, engagement_id="A")
    assert problems(rewritten, of_engagement) == [("history.changed", "A", 1, None)]


def test_of_several_receipts_the_last_good_one_says_from_where() -> None:
    store = store_of(history("A", 2))
    receipts = [take_receipt(store, time=NOON)]
    for _ in range(3):
        store.write([Append("A", history("A", 2, after=store.head("A")), len(store.read("A")))])
        receipts.append(take_receipt(store, time=NOON))
    receipts.reverse()  # in any order
    rewritten = store_of(forged(6, 5))
    assert problems(rewritten, *receipts) == [
        ("history.changed", "", None, 5),
        ("history_end.missing", "", None, 7),
    ]


def test_engagements_that_changed_places_are_noticed_by_the_stores_receipt_alone() -> None:
    a, b = history("A", 1), history("B", 1)
    whole, swapped = store_of(a, b), store_of(b, a)
    of_engagements = [take_receipt(whole, time=NOON, engagement_id=engagement_id) for engagement_id in "AB"]
    assert problems(swapped, *of_engagements) == []
    assert problems(swapped, take_receipt(whole, time=NOON)) == [("history.changed", "", None, 1)]


class Broken(MemoryStore):
    """Cannot be read after position 2."""

    def read_all(self, after_position: int = 0, limit: int = 1000) -> Sequence[Numbered]:
        if after_position >= 2:
            raise Corrupt("store.damaged", "a page cannot be read")
        return super().read_all(after_position, min(limit, 2))


def test_where_damage_ends_the_reading_only_receipts_from_before_it_are_judged() -> None:
    whole, broken = store_of(history("A", 5)), Broken()
    receipts = [take_receipt(store_of(history("A", count)), time=NOON) for count in (1, 2, 3, 5)]
    broken.write([Append("A", history("A", 5), 0)])
    assert problems(whole, *receipts) == []
    assert [code for code, *_ in problems(broken, *receipts)] == ["store.damaged"]
    broken = Broken()
    broken.write([Append("A", forged(5, 2), 0)])
    assert problems(broken, *receipts) == [("store.damaged", "", None, None), ("history.changed", "", None, 2)]
    with pytest.raises(Corrupt):
        take_receipt(broken, time=NOON)


# -- a write-ahead log that was cut or flipped -------------------------------------------------------------------------

FRAME_HEAD, LOG_HEAD = 24, 32
"""Bytes; from the description of SQLite's file format."""


class CrashedStore:
    """The file and the write-ahead log of a store as a crash leaves them, and receipts that were taken before it."""

    def __init__(self, folder: Path) -> None:
        self.path, source = folder / "copy.db", folder / "open.db"
        self.log_path = Path(f"{self.path}-wal")
        self.receipts: list[Receipt] = []
        with SQLiteStore(source) as store:
            for engagement_id in "AB":
                store.write([Append(engagement_id, history(engagement_id, 2), 0)])
            with sqlite3.connect(source) as db:  # so that what follows is in the log alone, and the rest in the file
                db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            db.close()
            for version in range(2, 8):
                store.write([Append("A", history("A", 1, after=store.head("A")), version)])
            self.receipts = [take_receipt(store, time=NOON), take_receipt(store, time=NOON, engagement_id="A")]
            self.pages, self.log = source.read_bytes(), Path(f"{source}-wal").read_bytes()
            self.events = list(store.read_all())

    def is_noticed(self, log: bytes) -> bool:
        """Whether the receipts show that the log is another one. Where they do not, every event must be there."""
        for path, stored in ((self.path, self.pages), (self.log_path, log)):
            path.write_bytes(stored)
        Path(f"{self.path}-shm").unlink(missing_ok=True)
        try:
            with SQLiteStore(self.path, create=False) as store:
                codes = {problem.code for problem in verify(store, self.receipts).problems}
                if not codes:
                    assert list(store.read_all()) == self.events
                return bool(codes)
        except CoachcoreError:
            return True

    def frames(self) -> Iterator[int]:
        """Where frames begin; a cut there leaves a log that SQLite takes for a whole one."""
        page = int.from_bytes(self.log[8:12], "big")
        yield from range(LOG_HEAD, len(self.log), FRAME_HEAD + page)


@pytest.fixture(scope="module")
def crashed(tmp_path_factory: pytest.TempPathFactory) -> CrashedStore:
    crashed = CrashedStore(tmp_path_factory.mktemp("crashed"))
    assert not crashed.is_noticed(crashed.log)
    assert len(list(crashed.frames())) >= 6
    return crashed


def test_a_log_cut_at_any_frame_is_noticed(crashed: CrashedStore) -> None:
    assert all(crashed.is_noticed(crashed.log[:end]) for end in (0, *crashed.frames()))


def test_a_log_cut_or_flipped_anywhere_is_noticed(crashed: CrashedStore) -> None:
    check_logs(crashed, random.Random(11), 60)


@pytest.mark.soak
def test_many_cuts_and_flips_of_a_log_are_noticed(crashed: CrashedStore) -> None:
    check_logs(crashed, random.Random(12), 1000)


def check_logs(crashed: CrashedStore, rng: random.Random, count: int) -> None:
    for _ in range(count):
        assert crashed.is_noticed(crashed.log[: rng.randrange(len(crashed.log))])
        log = bytearray(crashed.log)
        log[rng.randrange(len(log))] ^= 1 << rng.randrange(8)
        assert crashed.is_noticed(bytes(log))
