"""verify finds whatever was done to the books behind the store's back, and names the event."""

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coachcore.storage import Record, StreamHead, digest_of
from coachcore.storage.admission import stored_checkpoint
from coachcore.storage.contract import Append, Checkpoint, EventStore, Numbered
from coachcore.storage.memory import MemoryStore
from coachcore.storage.sqlite import SQLiteStore
from coachcore.storage.verify import ERASURE_TYPE, PROBLEMS, Problem, Report, verify
from coachcore.testing.stores import history, make_record

A, B = history("A", 5), history("B", 5)
EVENTS = [*A[:3], *B[:2], *A[3:], *B[2:]]
"""Two engagements of five events, A at positions 1-3, 6, 7 and B at 4, 5, 8-10."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store of `EVENTS`."""
    path = tmp_path / "books.db"
    with SQLiteStore(path) as store:
        for record in EVENTS:
            store.write([Append(record.engagement_id, [record], record.version - 1)])
    return path


@pytest.fixture
def old_path(tmp_path: Path, write_old_store: Callable[..., Path]) -> Path:
    """The same as coachcore 0.1 wrote it, with the head of each engagement in a table of its own."""
    return write_old_store(tmp_path / "old.db", EVENTS, {})


@contextmanager
def edited(path: Path) -> Iterator[sqlite3.Connection]:
    """The file behind the store's back."""
    db = sqlite3.connect(path, isolation_level=None)
    yield db
    db.close()


def change(path: Path, statement: str, *values: object) -> Report:
    with edited(path) as db:
        assert db.execute(statement, values).rowcount >= 1
    return looked_at(path)


def looked_at(path: Path) -> Report:
    with SQLiteStore(path) as store:
        return verify(store)


def named(report: Report) -> set[tuple[str, str, int | None, int | None]]:
    assert all(problem.code in PROBLEMS and problem.message for problem in report.problems)
    return {(p.code, p.engagement_id, p.version, p.position) for p in report.problems}


def test_untouched_books_are_clean_and_counted(path: Path) -> None:
    report = looked_at(path)
    assert report == Report(events=10, engagements=2, problems=())
    assert report.is_clean


# -- one event changed -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("version", "position"), [(1, 1), (3, 3), (5, 7)])
def test_a_changed_byte_of_content_is_named(path: Path, version: int, position: int) -> None:
    report = change(path, 'UPDATE events SET content = CAST(\'{"text":"other"}\' AS BLOB) WHERE position = ?', position)
    assert named(report) == {("event_content.changed", "A", version, position)}
    assert report.problems[0].event_id == f"A/{version}"


def test_a_changed_salt_is_named(path: Path) -> None:
    report = change(path, "UPDATE events SET salt = zeroblob(16) WHERE position = 3")
    assert named(report) == {("event_content.changed", "A", 3, 3)}


@pytest.mark.parametrize(("version", "position"), [(1, 1), (3, 3), (5, 7)])
@pytest.mark.parametrize(
    "new",
    [
        "CAST(replace(CAST(head AS TEXT), 'GoalSet', 'GoalGot') AS BLOB)",
        "CAST(replace(CAST(head AS TEXT), '\"A', '\"B') AS BLOB)",
        "CAST('{' AS BLOB)",
        "CAST('[1, 2]' AS BLOB)",
        "CAST('null' AS BLOB)",
        "x'ff00fe'",
        "zeroblob(0)",
        "CAST(replace(hex(zeroblob(50000)), '0', '[') AS BLOB)",
        "CAST(head AS TEXT) || ' '",
        "7",
    ],
)
def test_a_changed_head_is_named_whatever_it_is_now(path: Path, new: str, version: int, position: int) -> None:
    report = change(path, f"UPDATE events SET head = {new} WHERE position = ?", position)
    assert named(report) == {("event_head.changed", "A", version, position)}


@pytest.mark.parametrize("digest", ["0" * 64, "", "ž"])
def test_a_changed_digest_is_told_from_a_changed_head(path: Path, digest: str) -> None:
    report = change(path, "UPDATE events SET digest = ? WHERE position = 3", digest)
    assert named(report) == {("event_digest.changed", "A", 3, 3)}


@pytest.mark.parametrize(("version", "position"), [(1, 1), (3, 3)])
def test_an_event_replaced_with_its_digest_is_named_by_what_follows(path: Path, version: int, position: int) -> None:
    with SQLiteStore(path) as store:
        previous = store.read("A")[version - 2].digest if version > 1 else ""
    forged = make_record("A", version, previous, content="never said")
    report = change(
        path,
        "UPDATE events SET head = ?, content = ?, salt = ?, digest = ? WHERE position = ?",
        *(forged.head, forged.content, forged.salt, forged.digest, position),
    )
    assert named(report) == {("event.replaced", "A", version, position)}


def test_a_last_event_replaced_with_its_digest_is_named_by_the_engagements_head(old_path: Path) -> None:
    with SQLiteStore(old_path) as store:
        forged = make_record("A", 5, store.read("A")[3].digest, content="never said")
    report = change(
        old_path,
        "UPDATE events SET head = ?, content = ?, salt = ?, digest = ? WHERE position = 7",
        *(forged.head, forged.content, forged.salt, forged.digest),
    )
    assert named(report) == {("event.replaced", "A", 5, 7)}


@pytest.mark.parametrize(("column", "value"), [("event_id", "other"), ("event_id", b"A/3"), ("version", 33)])
def test_a_column_that_disagrees_with_the_head_is_named(old_path: Path, column: str, value: object) -> None:
    report = change(old_path, f"UPDATE events SET {column} = ? WHERE position = 3", value)
    assert [problem.code for problem in report.problems] == ["event_column.changed"]
    assert column in report.problems[0].message
    assert report.problems[0].position == 3


def test_an_event_moved_to_another_engagement_is_named_in_both(old_path: Path) -> None:
    report = change(old_path, "UPDATE events SET engagement_id = 'B', version = 9 WHERE position = 3")
    assert named(report) == {("event_column.changed", "B", 9, 3), ("event.missing", "A", 3, None)}


# -- content gone ------------------------------------------------------------------------------------------------------


def test_content_that_is_gone_without_a_word_is_named(path: Path) -> None:
    report = change(path, "UPDATE events SET content = NULL, salt = NULL WHERE position = 3")
    assert named(report) == {("event_content.missing", "A", 3, 3)}


@pytest.mark.parametrize("column", ["content", "salt"])
def test_half_an_erasure_is_named(path: Path, column: str) -> None:
    with SQLiteStore(path) as store:
        last = store.read("A")[-1]
        store.write([Append("A", [make_record("A", 6, last.digest, type_=ERASURE_TYPE)], 5)])
    report = change(path, f"UPDATE events SET {column} = NULL WHERE position = 3")
    assert named(report) == {("event_content.missing", "A", 3, 3)}


def test_an_erasure_accounts_for_what_came_before_it_in_its_engagement(path: Path) -> None:
    with SQLiteStore(path) as store:
        last = store.read("A")[-1]
        notice = make_record("A", 6, last.digest, type_=ERASURE_TYPE)
        store.write([Append("A", [notice], 5, erase=["A/2", "A/5"])])
        assert verify(store).problems == ()
        store.write([Append("A", history("A", 1, after=store.head("A")), 6)])
    report = change(path, "UPDATE events SET content = NULL, salt = NULL WHERE position IN (5, 12)")
    assert named(report) == {("event_content.missing", "A", 7, 12), ("event_content.missing", "B", 2, 5)}


# -- events gone -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("version", "position"), [(1, 1), (2, 2), (4, 6)])
def test_a_missing_event_is_named_with_its_place(path: Path, version: int, position: int) -> None:
    report = change(path, "DELETE FROM events WHERE position = ?", position)
    assert named(report) == {("event.missing", "A", version, position)}


def test_missing_events_in_a_row_are_one_problem(path: Path) -> None:
    report = change(path, "DELETE FROM events WHERE engagement_id = 'B' AND version BETWEEN 2 AND 4")
    assert named(report) == {("event.missing", "B", 2, 5)}
    assert "2 to 4" in report.problems[0].message


@pytest.mark.parametrize("first", [2, 4, 5])
def test_a_missing_tail_is_named(old_path: Path, first: int) -> None:
    report = change(old_path, "DELETE FROM events WHERE engagement_id = 'B' AND version >= ?", first)
    assert {(p.code, p.engagement_id, p.version) for p in report.problems} == {("event.missing", "B", first)}


def test_a_missing_engagement_is_named_while_its_head_is_there(old_path: Path) -> None:
    report = change(old_path, "DELETE FROM events WHERE engagement_id = 'A'")
    assert [(p.code, p.engagement_id) for p in report.problems] == [("engagement.missing", "A")]


@pytest.mark.parametrize(
    ("where", "gaps"),
    [
        ("position = 10", {10}),  # the last of all, which was noted when the store was closed
        ("position > 8", {9}),
        ("position = 7", {7}),
        ("engagement_id = 'A'", {1, 6}),
        ("engagement_id = 'B'", {4, 8}),
        ("position > 0", {1}),
    ],
)
def test_events_gone_at_an_end_leave_empty_positions_where_no_heads_are_kept(
    path: Path, where: str, gaps: set[int]
) -> None:
    assert named(change(path, f"DELETE FROM events WHERE {where}")) == {
        ("position.missing", "", None, position) for position in gaps
    }


def test_a_last_event_of_all_that_was_replaced_with_its_digest_is_not_the_one_that_was_noted(path: Path) -> None:
    forged = make_record("B", 5, B[3].digest, content="never said")
    columns = (forged.head, forged.content, forged.salt, forged.digest)
    report = change(path, "UPDATE events SET head = ?, content = ?, salt = ?, digest = ? WHERE position = 10", *columns)
    assert ["position 10 is not the one that was noted" in problem.message for problem in report.problems] == [True]


@pytest.mark.parametrize(("engagement_id", "gaps"), [("A", {1, 6}), ("B", {4, 8})])
def test_an_engagement_gone_with_its_head_leaves_empty_positions(
    old_path: Path, engagement_id: str, gaps: set[int]
) -> None:
    with edited(old_path) as db:
        db.execute("DELETE FROM streams WHERE engagement_id = ?", (engagement_id,))
    report = change(old_path, "DELETE FROM events WHERE engagement_id = ?", engagement_id)
    assert named(report) == {("position.missing", "", None, position) for position in gaps}


def test_events_gone_in_several_ways_are_each_named(tmp_path: Path, write_old_store: Callable[..., Path]) -> None:
    path = write_old_store(tmp_path / "old.db", [*EVENTS, *history("C", 2), *history("D", 1)], {})
    with edited(path) as db:
        db.execute("DELETE FROM streams WHERE engagement_id = 'C'")
    report = change(path, "DELETE FROM events WHERE position IN (2, 10, 11, 12)")
    assert {(p.code, p.engagement_id, p.version) for p in report.problems} == {
        ("event.missing", "A", 2),
        ("event.missing", "B", 5),
        ("position.missing", "", None),
    }


def test_a_missing_head_is_named_and_its_events_still_checked(old_path: Path) -> None:
    with edited(old_path) as db:
        db.execute("UPDATE events SET salt = zeroblob(16) WHERE position = 3")
    report = change(old_path, "DELETE FROM streams WHERE engagement_id = 'A'")
    assert named(report) == {
        ("engagement_head.missing", "A", None, None),
        ("event_content.changed", "A", 3, 3),
    }


# -- events in another order, or too many ------------------------------------------------------------------------------


def swap(path: Path, column: str, one: int, other: int) -> Report:
    with edited(path) as db:
        db.execute(f"UPDATE events SET {column} = -1 WHERE {column} = ? AND engagement_id = 'A'", (one,))
        db.execute(f"UPDATE events SET {column} = ? WHERE {column} = ? AND engagement_id = 'A'", (one, other))
        db.execute(f"UPDATE events SET {column} = ? WHERE {column} = -1 AND engagement_id = 'A'", (other,))
    return looked_at(path)


@pytest.mark.parametrize(("one", "other"), [(2, 3), (1, 7), (2, 6)])
def test_two_events_that_swapped_positions_are_both_named(path: Path, one: int, other: int) -> None:
    report = swap(path, "position", one, other)
    assert {p.code for p in report.problems} == {"event.reordered"}
    assert {p.position for p in report.problems} == {one, other}


def test_two_events_that_swapped_versions_are_both_named(path: Path) -> None:
    report = swap(path, "version", 2, 4)
    assert named(report) == {("event_column.changed", "A", 4, 2), ("event_column.changed", "A", 2, 6)}


def test_two_events_that_swapped_places_whole_are_both_named(path: Path) -> None:
    with edited(path) as db:
        rows = db.execute(
            "SELECT event_id, head, salt, content, digest FROM events WHERE position IN (2, 6)"
        ).fetchall()
        db.execute("UPDATE events SET event_id = '' WHERE position = 6")
        for position, row in zip((2, 6), reversed(rows), strict=True):
            statement = "UPDATE events SET event_id = ?, head = ?, salt = ?, content = ?, digest = ? WHERE position = ?"
            db.execute(statement, (*row, position))
    assert {(p.code, p.position) for p in looked_at(path).problems} == {
        ("event_column.changed", 2),
        ("event_column.changed", 6),
        ("event.reordered", 2),
        ("event.reordered", 6),
    }


def insert(path: Path, record: Record, **columns: object) -> Report:
    values = record._asdict() | columns
    values = {name: value for name, value in values.items() if name != "position" or value}
    names, marks = ", ".join(values), ", ".join("?" * len(values))
    return change(path, f"INSERT INTO events ({names}) VALUES ({marks})", *values.values())


def test_an_event_inserted_after_the_end_is_named(old_path: Path) -> None:
    with SQLiteStore(old_path) as store:
        forged = make_record("A", 6, store.read("A")[-1].digest, event_id="forged")
    assert named(insert(old_path, forged)) == {("event.inserted", "A", 6, 11)}


@pytest.mark.parametrize("version", [0, -3, 6, 99])
def test_an_event_inserted_under_a_free_version_is_named(old_path: Path, version: int) -> None:
    with SQLiteStore(old_path) as store:
        forged = make_record("A", 3, store.read("A")[1].digest, event_id="forged", content="never said")
    assert ("event.inserted", "A", version, 11) in named(insert(old_path, forged, version=version))


def test_an_event_inserted_before_the_first_position_is_named(old_path: Path) -> None:
    report = insert(old_path, make_record("A", 6, "0" * 64, event_id="forged"), position=-5)
    assert named(report) == {("event.inserted", "A", 6, -5)}


def test_an_event_pushed_in_between_is_named_with_those_it_pushed(old_path: Path) -> None:
    with SQLiteStore(old_path) as store:
        forged = make_record("A", 3, store.read("A")[1].digest, event_id="forged", content="never said")
    with edited(old_path) as db:
        for version in (5, 4, 3):
            db.execute("UPDATE events SET version = version + 1 WHERE engagement_id = 'A' AND version = ?", (version,))
        db.execute("UPDATE streams SET version = 6 WHERE engagement_id = 'A'")
    report = insert(old_path, forged)
    forged_problems = {p.code for p in report.problems if p.event_id == "forged"}
    assert "event.inserted" in forged_problems
    assert {p.position for p in report.problems if p.code == "event_column.changed"} == {3, 6, 7}


def test_an_engagement_inserted_without_a_head_is_named(old_path: Path) -> None:
    assert ("engagement_head.missing", "C", None, None) in named(insert(old_path, make_record("C")))


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("version", 4, "event.inserted"),
        ("version", 6, "event.missing"),
        ("version", 10**15, "event.missing"),
        ("version", "many", "engagement_head.missing"),
        ("digest", "0" * 64, "event.replaced"),
    ],
)
def test_a_changed_head_of_an_engagement_is_noticed(old_path: Path, column: str, value: object, code: str) -> None:
    report = change(old_path, f"UPDATE streams SET {column} = ? WHERE engagement_id = 'A'", value)
    assert code in {problem.code for problem in report.problems}
    assert {problem.engagement_id for problem in report.problems} == {"A"}


def test_text_that_is_not_utf8_is_reported_and_the_rest_still_checked(path: Path) -> None:
    with edited(path) as db:
        db.execute("UPDATE events SET salt = zeroblob(16) WHERE position = 5")
    report = change(path, "UPDATE events SET event_id = CAST(x'ff' AS TEXT) WHERE position = 3")
    codes = {(problem.code, problem.engagement_id) for problem in report.problems}
    assert {("store.damaged", "A"), ("event_content.changed", "B")} <= codes


# -- any change at all -------------------------------------------------------------------------------------------------


def copy_of(
    numbered: Sequence[Numbered], heads: Sequence[StreamHead], last: int = 10, checkpoints: Sequence[Checkpoint] = ()
) -> EventStore:
    """A store that gives these records as they are: what a store would give whose files were edited."""

    class Edited(MemoryStore):
        def read(self, engagement_id: str, after_version: int = 0, limit: int | None = None) -> Sequence[Record]:
            records = (record for _, record in numbered if record.engagement_id == engagement_id)
            return sorted(records, key=lambda record: record.version)

        def read_all(self, after_position: int = 0, limit: int = 3) -> Sequence[Numbered]:
            return [entry for entry in sorted(numbered) if entry.position > after_position][:limit]

        def heads(self, after_id: str = "", limit: int | None = None) -> Sequence[StreamHead]:
            return heads

        def head(self, engagement_id: str) -> StreamHead | None:
            return next((head for head in heads if head.engagement_id == engagement_id), None)

        def last_position(self) -> int:
            return last

        def checkpoints(self) -> Sequence[Checkpoint]:
            return checkpoints

    return Edited()


def two_engagements() -> MemoryStore:
    """A and B of five events each, at positions 1-5 and 6-10."""
    store = MemoryStore()
    store.write([Append(engagement_id, history(engagement_id, 5), 0) for engagement_id in ("A", "B")])
    return store


def flipped(content: bytes, place: int, bit: int) -> bytes:
    place %= len(content)
    return content[:place] + bytes([content[place] ^ (1 << bit)]) + content[place + 1 :]


CHANGES: dict[str, Callable[[Record, int, int], Record]] = {
    "head": lambda record, place, bit: record._replace(head=flipped(record.head, place, bit)),
    "content": lambda record, place, bit: record._replace(content=flipped(record.content or b"", place, bit)),
    "salt": lambda record, place, bit: record._replace(salt=flipped(record.salt or b"", place, bit)),
    "head and digest": lambda record, place, bit: record._replace(
        head=flipped(record.head, place, bit), digest=digest_of(flipped(record.head, place, bit))
    ),
}


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 9), st.sampled_from(sorted(CHANGES)), st.integers(0, 10_000), st.integers(0, 7))
def test_any_flipped_bit_is_laid_at_its_events_door(index: int, what: str, place: int, bit: int) -> None:
    store = two_engagements()
    entries = list(store.read_all())
    changed = CHANGES[what](entries[index].record, place, bit)
    entries[index] = Numbered(index + 1, changed)
    problems = verify(copy_of(entries, store.heads())).problems
    assert changed.event_id in {problem.event_id for problem in problems}
    assert {problem.event_id for problem in problems} <= {changed.event_id, ""}


@given(st.sets(st.integers(0, 9), min_size=1))
def test_any_missing_events_are_named_and_counted(gone: set[int]) -> None:
    store = two_engagements()
    records = [record for _, record in store.read_all()]
    left = [Numbered(index + 1, record) for index, record in enumerate(records) if index not in gone]
    problems = verify(copy_of(left, store.heads())).problems
    assert {problem.code for problem in problems} <= {"event.missing", "engagement.missing"}
    firsts = {
        (record.engagement_id, record.version)
        for index, record in enumerate(records)
        if index in gone and (record.version == 1 or index - 1 not in gone)
    }
    assert {(problem.engagement_id, problem.version) for problem in problems} == firsts


@given(st.permutations(range(10)))
def test_any_other_reading_order_is_named_where_it_is_not_that_of_versions(order: list[int]) -> None:
    store = two_engagements()
    records = [record for _, record in store.read_all()]
    entries = [Numbered(position, records[index]) for position, index in enumerate(order, 1)]
    problems = verify(copy_of(entries, store.heads())).problems
    out_of_order = set()
    for first in (0, 5):  # the positions of an engagement, sorted, are those of its versions
        positions = [order.index(index) + 1 for index in range(first, first + 5)]
        out_of_order |= {p for p, due in zip(positions, sorted(positions), strict=True) if p != due}
    assert {(problem.code, problem.position) for problem in problems} == {("event.reordered", p) for p in out_of_order}


def test_two_events_of_an_engagement_with_one_id_are_named() -> None:
    first = make_record("A", event_id="same")
    second = make_record("A", 2, first.digest, event_id="same")
    elsewhere = make_record("B", event_id="same")
    heads = [StreamHead(engagement_id=r.engagement_id, version=r.version, digest=r.digest) for r in (second, elsewhere)]
    report = verify(copy_of([*map(Numbered, (1, 2, 3), (first, second, elsewhere))], heads, last=3))
    assert named(report) == {("event.duplicate", "A", 2, 2)}


def test_positions_given_twice_are_named_and_end_the_reading() -> None:
    records = history("A", 3)
    head = StreamHead(engagement_id="A", version=3, digest=records[-1].digest)
    twice = [Numbered(position, record) for position, record in zip((1, 2, 2), records, strict=True)]
    assert ("event.reordered", 2) in {(p.code, p.position) for p in verify(copy_of(twice, [head], last=2)).problems}
    endless = copy_of(twice, [head], last=2)
    pages: list[list[Numbered]] = [twice[:2], twice[:2], twice[:2]]
    endless.read_all = lambda after_position=0, limit=2: pages.pop(0)  # type: ignore[method-assign]
    assert not verify(endless).is_clean
    assert len(pages) == 1


def test_a_head_with_a_right_digest_that_is_no_object_is_unreadable() -> None:
    head = json.dumps([1]).encode()
    record = make_record("A")._replace(head=head, digest=digest_of(head))
    heads = [StreamHead(engagement_id="A", version=1, digest=record.digest)]
    report = verify(copy_of([Numbered(1, record)], heads, last=1))
    assert named(report) == {("event.unreadable", "A", 1, 1)}


def test_events_that_others_write_meanwhile_are_no_problem() -> None:
    class Busy(MemoryStore):
        def heads(self, after_id: str = "", limit: int | None = None) -> Sequence[StreamHead]:
            before = super().heads(after_id, limit)
            self.write([Append("A", history("A", 2, after=self.head("A")), len(self.read("A")))])
            self.write([Append("B", history("B", 1), 0)])
            return before

    store = Busy()
    store.write([Append("A", history("A", 3), 0)])
    assert verify(store) == Report(events=3, engagements=1, problems=())
    assert verify(store).events == 6


# -- readers' checkpoints ----------------------------------------------------------------------------------------------


def test_a_tail_that_is_gone_is_noticed_by_the_checkpoint_of_a_reader_that_has_done_with_it() -> None:
    store, mail = two_engagements(), Checkpoint(name="mail", position=10)
    entries = store.read_all()
    assert verify(copy_of(entries, store.heads(), checkpoints=[mail])).is_clean
    head = StreamHead(engagement_id="B", version=4, digest=entries[8].record.digest)
    cut = copy_of(entries[:9], [store.heads()[0], head], last=9, checkpoints=[mail])
    report = verify(cut)
    assert named(report) == {("checkpoint.out_of_range", "", None, 10)}
    assert "mail" in report.problems[0].message


def test_a_changed_checkpoint_is_named_and_events_still_checked() -> None:
    class Changed(MemoryStore):
        def checkpoints(self) -> Sequence[Checkpoint]:
            mail = Checkpoint(name="mail", position=5)
            return [stored_checkpoint("mail", 6, 0, 0, b"", mail.digest)]

    store = Changed()
    store.write([Append("A", history("A", 2), 0)])
    report = verify(store)
    assert named(report) == {("checkpoint.changed", "", None, None)}
    assert "mail" in report.problems[0].message
    assert report.events == 2


def test_problems_come_by_engagement_and_version(path: Path) -> None:
    report = change(path, "UPDATE events SET salt = zeroblob(16)")
    order = [(problem.engagement_id, problem.version) for problem in report.problems]
    assert order == [(engagement_id, version) for engagement_id in "AB" for version in range(1, 6)]
    assert all(isinstance(problem, Problem) for problem in report.problems)


def test_the_reference_page_lists_every_problem() -> None:
    page = Path(__file__).parents[2] / "docs" / "reference" / "storage.md"
    for code, meaning in PROBLEMS.items():
        assert f"| `{code}` | {meaning} |" in page.read_text(encoding="utf-8")
