"""Every promise of `EventStore` and `AsyncEventStore`, as tests that any store can run.

A store's author writes a class and, if they like, a state machine:

    class TestMyStore(StoreConformance):
        is_persistent = True
        def make_store(self, directory): return MyStore(directory / "events")

    class TestMyAsyncStore(AsyncStoreConformance):
        async def make_async_store(self, directory): return await MyAsyncStore.open(directory / "events")

    TestMyStoreBesideAModel = store_machine(lambda: MyStore(...)).TestCase

Knows the protocols and nothing of any one store. Needs pytest and hypothesis.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar, NamedTuple, ParamSpec, Self, TypeVar

import pytest

from coachcore.errors import CoachcoreError, Conflict, Corrupt, NotFound, NotValid, StoreUnavailable
from coachcore.storage.contract import (
    Append,
    AsyncEventStore,
    Checkpoint,
    EventStore,
    Numbered,
    Promises,
    SaveCheckpoint,
    Write,
)
from coachcore.storage.record import Record, StreamHead, digest_of
from coachcore.storage.verify import ERASURE_TYPE, verify
from coachcore.testing.records import history, make_record
from coachcore.testing.store_machine import store_machine

__all__ = [
    "REPEATED_APPENDS",
    "AsyncStoreConformance",
    "BlockingStore",
    "RepeatedAppends",
    "StoreConformance",
    "history",
    "make_record",
    "store_machine",
]

P = ParamSpec("P")
T = TypeVar("T")


class RepeatedAppends(NamedTuple):
    """Appends to one engagement, some of which repeat others, and how the last of them ends.

    appends: numbers of events, and the version they expect; None where they expect whatever the engagement is at. All but the last
    succeed. code: of the Conflict that the last raises; "" where it succeeds and stores nothing new.
    """

    appends: Sequence[tuple[Sequence[int], int | None]]
    code: str = ""


_FIVE = [([number], number) for number in range(5)]  # events 0 to 4, one by one
_SIX = [*_FIVE, ([5], 5)]

REPEATED_APPENDS: Sequence[RepeatedAppends] = (
    RepeatedAppends([*_SIX, ([0], 0)]),
    RepeatedAppends([*_FIVE, ([4], 5), ([0], None)]),
    RepeatedAppends([*_SIX, ([0], 6)]),
    RepeatedAppends([*_SIX, ([0], 7)], "store.conflict"),
    RepeatedAppends([*_SIX, ([0], 5)], "store.conflict"),
    RepeatedAppends([([0], 0), ([0], 1)]),
    RepeatedAppends([([0], 0), ([0], None)]),
    RepeatedAppends([([0], 0), ([0], 0)]),
    RepeatedAppends([([0], 0), ([1], 1), ([2], 2), ([1], None), ([1], None)]),
    RepeatedAppends([([0, 1], 0), ([0], 0)]),
    RepeatedAppends([([0, 1], 0), ([0], None)]),
    RepeatedAppends([([0, 1], 0), ([1], 1)]),
    RepeatedAppends([([0, 1], 0), ([1], None)]),
    RepeatedAppends([([0, 1], 0), ([0, 1, 2], 0)], "record_id.duplicate"),
)
"""Sequences that writers get into when they do not learn that an append of theirs was stored."""


def _append(
    store: EventStore, engagement_id: str, records: Sequence[Record], expected_version: int, erase: Sequence[str] = ()
) -> None:
    store.write([Append(engagement_id, records, expected_version, erase)])


def _save(store: EventStore, checkpoint: Checkpoint) -> None:
    store.write([SaveCheckpoint(checkpoint, store.checkpoint(checkpoint.name))])


def _head(record: Record) -> StreamHead:
    return StreamHead(engagement_id=record.engagement_id, version=record.version, digest=record.digest)


def _records(store: EventStore) -> list[Record]:
    """Every event of the practice, by position, where there are no more than a page."""
    return [record for _, record in store.read_all()]


def _positions(store: EventStore, after_position: int = 0, limit: int = 1000) -> list[int]:
    return [position for position, _ in store.read_all(after_position, limit)]


def _erased(record: Record) -> Record:
    return record._replace(salt=None, content=None)


def _code(problem: pytest.ExceptionInfo[CoachcoreError]) -> str:
    return problem.value.code


@contextmanager
def _switching_threads_often() -> Iterator[None]:
    """So that threads meet within calls that are shorter than the time that Python otherwise gives each."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        yield
    finally:
        sys.setswitchinterval(interval)


class StoreConformance:
    """Subclass it under a name that pytest collects, and say how to make your store."""

    is_persistent: ClassVar[bool] = False
    """Whether a second store made for the same directory has the same events, also while the first is open."""

    def make_store(self, directory: Path) -> EventStore:
        """A store whose files, if it has any, are under `directory`; empty for an empty directory."""
        raise NotImplementedError

    def change_checkpoint(self, store: EventStore, name: str, position: int) -> bool:
        """Change the stored position of a checkpoint behind the store's back; False where that is impossible."""
        return False

    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[EventStore]:
        with self.make_store(tmp_path) as store:
            yield store

    # -- what it is ----------------------------------------------------------------------------------------------------

    def test_it_is_an_event_store(self, store: EventStore) -> None:
        assert isinstance(store, EventStore)

    def test_it_says_what_it_promises(self, store: EventStore) -> None:
        assert isinstance(store.promises, Promises)
        assert store.promises.order in ("commit", "reading")
        assert (store.promises.durability != "none") == self.is_persistent

    def test_an_empty_store_answers_every_question(self, store: EventStore) -> None:
        assert list(store.read("eng-1")) == []
        assert list(store.read_all()) == []
        assert list(store.heads()) == []
        assert store.head("eng-1") is None
        assert store.last_position() == 0
        assert store.checkpoint("reader") is None
        assert list(store.checkpoints()) == []
        assert list(store.self_check()) == []
        assert verify(store).is_clean

    # -- writing and reading -------------------------------------------------------------------------------------------

    def test_what_was_written_is_read_as_it_was_in_order(self, store: EventStore) -> None:
        records = history("eng-1", 5)
        _append(store, "eng-1", records, 0)
        assert list(store.read("eng-1")) == records
        assert all(type(record) is Record for record in store.read("eng-1"))
        assert list(store.read_all()) == [Numbered(position, record) for position, record in enumerate(records, 1)]
        assert all(type(numbered) is Numbered for numbered in store.read_all())
        assert store.last_position() == 5

    def test_events_written_one_by_one_read_as_those_written_together(self, store: EventStore) -> None:
        records = history("eng-1", 4)
        for record in records:
            _append(store, "eng-1", [record], record.version - 1)
        assert list(store.read("eng-1")) == records
        assert _records(store) == records

    def test_positions_are_given_before_anybody_reads_them(self, store: EventStore) -> None:
        _append(store, "eng-1", history("eng-1", 3), 0)
        assert store.last_position() == 3
        assert _positions(store) == [1, 2, 3]

    def test_an_engagement_is_read_after_any_version_and_up_to_a_limit(self, store: EventStore) -> None:
        _append(store, "eng-1", history("eng-1", 5), 0)
        assert [record.version for record in store.read("eng-1", 3)] == [4, 5]
        assert [record.version for record in store.read("eng-1", -1)] == [1, 2, 3, 4, 5]
        assert [record.version for record in store.read("eng-1", 1, 2)] == [2, 3]
        assert [record.version for record in store.read("eng-1", 3, limit=9)] == [4, 5]
        assert [record.version for record in store.read("eng-1", limit=1)] == [1]
        for nothing in (store.read("eng-1", 5), store.read("eng-1", 99), store.read("eng-1", 0, 0)):
            assert list(nothing) == []

    def test_engagements_are_kept_apart_and_read_together(self, store: EventStore) -> None:
        first, second = history("eng-1", 2), history("eng-2", 2)
        _append(store, "eng-1", first[:1], 0)
        _append(store, "eng-2", second, 0)
        _append(store, "eng-1", first[1:], 1)
        assert list(store.read("eng-1")) == first
        assert list(store.read("eng-2")) == second
        assert _records(store) == [first[0], *second, first[1]]

    def test_a_page_of_all_events_begins_after_a_position_and_ends_at_a_limit(self, store: EventStore) -> None:
        _append(store, "eng-1", history("eng-1", 9), 0)
        assert _positions(store) == list(range(1, 10))
        assert _positions(store, 6) == [7, 8, 9]
        assert _positions(store, 2, 3) == [3, 4, 5]
        assert _positions(store, 7, 99) == [8, 9]
        assert _positions(store, -5, 1) == [1]
        assert _positions(store, 0, 0) == _positions(store, 9) == _positions(store, 99) == []

    def test_more_events_than_a_page_are_read_page_by_page(self, store: EventStore) -> None:
        records = history("eng-1", 2500)
        _append(store, "eng-1", records, 0)
        pages = [store.read_all()]
        while pages[-1] and len(pages) < 4:
            pages.append(store.read_all(pages[-1][-1].position))
        assert [len(page) for page in pages] == [1000, 1000, 500, 0]
        assert [numbered for page in pages for numbered in page] == [*map(Numbered, range(1, 2501), records)]
        assert _positions(store, 100, 2000) == list(range(101, 2101))
        assert list(store.read("eng-1")) == records

    def test_heads_say_where_each_engagement_stands(self, store: EventStore) -> None:
        first, second = history("eng-1", 3), history("eng-2", 1)
        _append(store, "eng-2", second, 0)
        _append(store, "eng-1", first, 0)
        assert list(store.heads()) == [_head(first[2]), _head(second[0])]
        assert store.head("eng-1") == _head(first[2])
        assert store.head("eng-2") == _head(second[0])
        assert store.head("eng-3") is None

    def test_heads_are_read_a_page_at_a_time(self, store: EventStore) -> None:
        for name in ("c", "ā", "a", "B", "b", "🧭"):
            _append(store, name, history(name, 2), 0)
        ids = [head.engagement_id for head in store.heads()]
        assert ids == ["B", "a", "b", "c", "ā", "🧭"]  # by code points
        assert [head.engagement_id for head in store.heads("a", limit=2)] == ["b", "c"]
        assert [head.engagement_id for head in store.heads("bb")] == ["c", "ā", "🧭"]
        assert list(store.heads("🧭")) == list(store.heads(limit=0)) == []

    @pytest.mark.parametrize(
        "text", ["ā", "ž'\"; --", "e\u0301", "é", "🧭" * 50, "a\nb", "   ", "Straße", "x" * 255, "%_\\"]
    )
    def test_any_text_may_be_an_id_a_name_or_content(self, store: EventStore, text: str) -> None:
        record = make_record(text, event_id=text, content={text: text})
        checkpoint = Checkpoint(name=text, position=1, state=text.encode())
        store.write([Append(text, [record], 0), SaveCheckpoint(checkpoint, None)])
        assert list(store.read(text)) == [record]
        assert store.checkpoint(text) == checkpoint

    def test_ids_that_differ_in_case_accents_or_spaces_are_different(self, store: EventStore) -> None:
        ids = ["anna", "Anna", "änna", "anna ", " anna", "an\u0303a", "aña"]
        for engagement_id in ids:
            _append(store, engagement_id, [make_record(engagement_id, event_id="first")], 0)
            first = store.head(engagement_id)
            assert first is not None
            _append(store, engagement_id, [make_record(engagement_id, 2, first.digest, event_id="First")], 1)
        assert [head.engagement_id for head in store.heads()] == sorted(ids)
        for engagement_id in ids:
            records = store.read(engagement_id)
            assert [(r.engagement_id, r.event_id) for r in records] == [(engagement_id, e) for e in ("first", "First")]

    @pytest.mark.parametrize("text", ["", "a\x00b", "\ud800", "x" * 256, "x" * 5000])
    def test_a_text_that_is_no_id_is_refused_and_not_there(self, store: EventStore, text: str) -> None:
        record = make_record(event_id="e")
        with pytest.raises(NotValid) as problem:
            _append(store, text, [record._replace(engagement_id=text)], 0)
        assert (_code(problem), problem.value.path) == ("record.invalid", "records[0].engagement_id")
        with pytest.raises(NotValid) as problem:
            _append(store, "eng-1", [record._replace(event_id=text)], 0)
        assert (_code(problem), problem.value.path) == ("record.invalid", "records[0].event_id")
        assert (list(store.read(text)), store.head(text), store.checkpoint(text)) == ([], None, None)
        assert list(store.heads()) == []

    def test_content_of_megabytes_is_read_whole(self, store: EventStore) -> None:
        record = make_record(content="garš " * 1_000_000)
        _append(store, "eng-1", [record], 0)
        assert list(store.read("eng-1")) == [record]

    # -- all or nothing ------------------------------------------------------------------------------------------------

    def test_nothing_to_write_changes_nothing(self, store: EventStore) -> None:
        store.write([])
        _append(store, "eng-1", [], 0)
        _append(store, "eng-1", [], 7)
        assert list(store.heads()) == []
        assert store.last_position() == 0

    def test_several_appends_and_checkpoints_are_stored_together(self, store: EventStore) -> None:
        first, second = history("eng-1", 3), history("eng-2", 2)
        mail, search = Checkpoint(name="mail", position=4), Checkpoint(name="search", position=1)
        store.write(
            [
                Append("eng-2", second[:1], 0),
                SaveCheckpoint(mail, None),
                Append("eng-1", first[:2], 0),
                Append("eng-2", second[1:], 1),
                SaveCheckpoint(search, None),
                Append("eng-1", first[2:], 2),
            ]
        )
        assert list(store.read("eng-1")) == first
        assert list(store.read("eng-2")) == second
        assert _positions(store) == [1, 2, 3, 4, 5]
        assert list(store.checkpoints()) == [mail, search]
        assert verify(store).is_clean

    @pytest.mark.parametrize("place", [0, 1, 2, 3])
    @pytest.mark.parametrize(
        ("fault", "code"),
        [
            (Append("eng-9", [make_record("eng-9", 4, "0" * 64)], 3), "store.conflict"),
            (Append("eng-1", [make_record(version=2, previous="0" * 64, event_id="x")], 1), "history.conflict"),
            (Append("eng-1", [make_record(content="other")], 0), "record_id.duplicate"),
            (
                Append("eng-1", [make_record(version=2, previous=make_record().digest)], 1, ["?"]),
                "erased_event.unknown",
            ),
            (Append("eng-9", [make_record("eng-8")], 0), "record.invalid"),
            (Append("eng-1", [], 1, ["eng-1/1"]), "erasure_record.missing"),
            (SaveCheckpoint(Checkpoint(name="mail", position=9), None), "checkpoint.conflict"),
            (
                SaveCheckpoint(Checkpoint(name="mail"), Checkpoint(name="mail", position=1)),
                "checkpoint.backwards",
            ),
        ],
        ids=lambda value: value if isinstance(value, str) else type(value).__name__,
    )
    def test_where_a_part_is_refused_nothing_is_stored(
        self, store: EventStore, place: int, fault: Write, code: str
    ) -> None:
        stored, mail = [make_record(), make_record("eng-3")], Checkpoint(name="mail", position=1)
        store.write([*(Append(r.engagement_id, [r], 0) for r in stored), SaveCheckpoint(mail, None)])
        notice = make_record("eng-3", 2, stored[1].digest, type_=ERASURE_TYPE)
        writes: list[Write] = [
            Append("eng-2", history("eng-2", 2), 0),
            Append("eng-3", [notice], 1, ["eng-3/1"]),
            SaveCheckpoint(Checkpoint(name="search", position=1), None),
        ]
        with pytest.raises(CoachcoreError) as problem:
            store.write([*writes[:place], fault, *writes[place:]])
        assert _code(problem) == code
        assert list(store.read_all()) == [*map(Numbered, (1, 2), stored)]
        assert list(store.heads()) == [*map(_head, stored)]
        assert list(store.checkpoints()) == [mail]
        store.write(writes)
        assert _positions(store) == [1, 2, 3, 4, 5], "no position is lost by what was refused"
        assert store.read("eng-3")[0].content is None

    def test_what_cannot_be_written_is_refused(self, store: EventStore) -> None:
        nonsense: Any = ("eng-1", history("eng-1", 1), 0)
        with pytest.raises(NotValid) as problem:
            store.write([nonsense])
        assert _code(problem) == "write.invalid"
        assert list(store.heads()) == []

    # -- expected versions ---------------------------------------------------------------------------------------------

    @pytest.mark.parametrize("expected", [0, 1, 3, 7])
    def test_a_write_to_another_version_is_a_conflict_with_the_newer_records(
        self, store: EventStore, expected: int
    ) -> None:
        records = history("eng-1", 2)
        _append(store, "eng-1", records, 0)
        _append(store, "eng-2", history("eng-2", 3), 0)
        late = make_record("eng-1", expected + 1, "" if expected == 0 else "0" * 64, event_id="late")
        with pytest.raises(Conflict) as problem:
            _append(store, "eng-1", [late], expected)
        assert _code(problem) == "store.conflict"
        assert (problem.value.data["expected"], problem.value.data["actual"]) == (expected, 2)
        assert problem.value.newer == tuple(records[expected:])
        assert list(store.read("eng-1")) == records

    def test_an_engagement_that_is_not_there_is_at_version_0(self, store: EventStore) -> None:
        with pytest.raises(Conflict) as problem:
            _append(store, "eng-1", [make_record("eng-1", 4, "0" * 64)], 3)
        assert (_code(problem), problem.value.data["actual"]) == ("store.conflict", 0)
        assert problem.value.newer == ()
        assert store.head("eng-1") is None

    def test_the_right_version_of_another_history_is_a_conflict(self, store: EventStore) -> None:
        _append(store, "eng-1", history("eng-1", 2), 0)
        with pytest.raises(Conflict) as problem:
            _append(store, "eng-1", [make_record("eng-1", 3, digest_of(b"elsewhere"))], 2)
        assert _code(problem) == "history.conflict"
        assert store.last_position() == 2

    def test_after_a_conflict_what_is_decided_again_is_stored(self, store: EventStore) -> None:
        records = history("eng-1", 2)
        _append(store, "eng-1", records, 0)
        with pytest.raises(Conflict) as problem:
            _append(store, "eng-1", [make_record("eng-1", 2, records[0].digest, event_id="late")], 1)
        last = problem.value.newer[-1]
        again = make_record("eng-1", last.version + 1, last.digest, event_id="late")
        _append(store, "eng-1", [again], last.version)
        assert list(store.read("eng-1")) == [*records, again]

    # -- repeated writes -----------------------------------------------------------------------------------------------

    @pytest.mark.parametrize("repeated", REPEATED_APPENDS, ids=lambda repeated: str(repeated.appends))
    def test_repeated_appends_end_as_they_should(self, store: EventStore, repeated: RepeatedAppends) -> None:
        *earlier, last = (_offered(store, numbers, expected) for numbers, expected in repeated.appends)
        for offer in earlier:
            store.write([offer()])
        before = list(store.read_all())
        if repeated.code:
            with pytest.raises(Conflict) as problem:
                store.write([last()])
            assert _code(problem) == repeated.code
        else:
            store.write([last()])
        assert list(store.read_all()) == before
        assert len(before) == len({number for numbers, _ in repeated.appends[:-1] for number in numbers})

    def test_an_event_made_anew_is_the_same_event_if_only_its_place_differs(self, store: EventStore) -> None:
        first, second = history("eng-1", 2)
        stored = make_record("eng-1", 3, second.digest, event_id="e", recorded_at="10:00", actor="client")
        _append(store, "eng-1", [first, second, stored], 0)
        for version, previous in ((3, second.digest), (4, stored.digest)):
            again = make_record(
                "eng-1",
                version,
                previous,
                event_id="e",
                content={"text": "event 3"},
                salt=b"another salt, 16",
                recorded_at="10:05",
                actor="client",
            )
            assert again.digest != stored.digest
            _append(store, "eng-1", [again], version - 1)
        assert list(store.read("eng-1")) == [first, second, stored]

    @pytest.mark.parametrize(
        "change",
        [{"content": "other"}, {"type_": "GoalDropped"}, {"actor": "coach"}, {"occurred_at": "11:00"}, {"more": 1}],
        ids=str,
    )
    @pytest.mark.parametrize("version", [1, 2])
    def test_an_id_is_refused_for_an_event_that_differs(
        self, store: EventStore, change: dict[str, Any], version: int
    ) -> None:
        fields: dict[str, Any] = {"content": "text", "actor": "client", "occurred_at": "10:00"}
        stored = make_record(event_id="e", **fields)
        _append(store, "eng-1", [stored], 0)
        previous = stored.digest if version == 2 else ""
        with pytest.raises(Conflict) as problem:
            _append(
                store, "eng-1", [make_record("eng-1", version, previous, event_id="e", **fields | change)], version - 1
            )
        assert _code(problem) == "record_id.duplicate"
        assert list(store.read_all()) == [Numbered(1, stored)]

    def test_events_of_which_some_are_stored_are_refused(self, store: EventStore) -> None:
        records = history("eng-1", 4)
        _append(store, "eng-1", records[:2], 0)
        for first, last in ((0, 3), (1, 3)):
            with pytest.raises(Conflict) as problem:
                _append(store, "eng-1", records[first:last], first)
            assert _code(problem) == "record_id.duplicate"
        again = make_record("eng-1", 4, records[2].digest, event_id="eng-1/2", content={"text": "event 2"})
        with pytest.raises(Conflict) as problem:
            _append(store, "eng-1", [records[2], again], 2)
        assert _code(problem) == "record_id.duplicate"
        assert list(store.read("eng-1")) == records[:2]

    def test_two_engagements_may_use_one_event_id(self, store: EventStore) -> None:
        records = [make_record(name, event_id="same", content=name) for name in ("eng-1", "eng-2")]
        for record in records:
            _append(store, record.engagement_id, [record], 0)
        third = make_record("eng-3", event_id="same")
        store.write([Append("eng-3", [third], 0), Append("eng-1", records[:1], 0)])
        assert _records(store) == [*records, third]
        assert verify(store).is_clean

    def test_a_repeated_write_of_several_appends_stores_nothing_new(self, store: EventStore) -> None:
        first, second = history("eng-1", 2), history("eng-2", 1)
        writes = [Append("eng-1", first[:1], 0), Append("eng-2", second, 0), Append("eng-1", first[1:], 1)]
        for _ in range(3):
            store.write(writes)
        third = history("eng-3", 1)
        store.write([Append("eng-3", third, 0), *writes, Append("eng-3", third, 0)])
        assert list(store.read("eng-1")) == first
        assert list(store.read("eng-2")) == second
        assert list(store.read("eng-3")) == third
        assert _positions(store) == [1, 2, 3, 4]

    # -- records that do not agree ---------------------------------------------------------------------------------------

    @pytest.mark.parametrize(
        "change",
        [
            {"engagement_id": "eng-2"},
            {"version": 3},
            {"event_id": "other"},
            {"head": b"{}"},
            {"head": b"not json"},
            {"head": b"\xff"},
            {"head": b"[" * 100_000},
            {"head": b"{} "},
            {"head": b"[]"},
            {"head": '{"id": 1}'},
            {"digest": "0" * 64},
            {"salt": None},
            {"salt": b"short"},
            {"content": None},
            {"content": b"other"},
            {"content": "text"},
        ],
        ids=str,
    )
    def test_a_record_that_does_not_agree_with_itself_is_refused(
        self, store: EventStore, change: dict[str, Any]
    ) -> None:
        first, second = history("eng-1", 2)
        with pytest.raises(NotValid) as problem:
            _append(store, "eng-1", [first, second._replace(**change)], 0)
        assert _code(problem) == "record.invalid"
        assert problem.value.path.startswith("records[1]")
        assert list(store.read_all()) == []

    def test_records_that_do_not_follow_each_other_are_refused(self, store: EventStore) -> None:
        offers: list[tuple[list[Any], Any, str]] = [
            ([make_record(), make_record(version=2, previous="0" * 64)], 0, "records[1].head.previous"),
            ([make_record(previous="0" * 64)], 0, "records[0].head.previous"),
            ([make_record(), make_record(version=2, previous=make_record().digest, event_id="eng-1/1")], 0, "records"),
            ([make_record(version=0)], -1, "expected_version"),
            ([make_record()], -(10**5000), "expected_version"),
            ([make_record()], "0", "expected_version"),
            ([tuple(make_record())], 0, "records[0]"),
        ]
        for records, expected, path in offers:
            with pytest.raises(NotValid) as problem:
                _append(store, "eng-1", records, expected)
            assert (_code(problem), problem.value.path) == ("record.invalid", path)
        assert list(store.read_all()) == []

    # -- erasing -------------------------------------------------------------------------------------------------------

    def test_erasing_takes_content_and_salt_and_leaves_the_rest(self, store: EventStore) -> None:
        records = history("eng-1", 3)
        _append(store, "eng-1", records, 0)
        _append(store, "eng-2", [make_record("eng-2", event_id="eng-1/1")], 0)
        notice = make_record("eng-1", 4, records[-1].digest, type_=ERASURE_TYPE)
        _append(store, "eng-1", [notice], 3, [records[0].event_id, records[1].event_id])
        remaining = [*map(_erased, records[:2]), records[2], notice]
        assert list(store.read("eng-1")) == remaining
        assert [record for record in _records(store) if record.engagement_id == "eng-1"] == remaining
        assert store.read("eng-2")[0].content is not None, "the same event id in another engagement is another event"
        assert verify(store).is_clean

    def test_an_event_is_erased_by_the_append_that_stores_it(self, store: EventStore) -> None:
        first = make_record()
        notice = make_record(version=2, previous=first.digest, type_=ERASURE_TYPE)
        _append(store, "eng-1", [first, notice], 0, [first.event_id])
        assert list(store.read("eng-1")) == [_erased(first), notice]

    def test_erasing_twice_is_no_error(self, store: EventStore) -> None:
        first = make_record()
        _append(store, "eng-1", [first], 0)
        for _ in range(2):
            head = store.head("eng-1")
            assert head is not None
            notice = make_record("eng-1", head.version + 1, head.digest, type_=ERASURE_TYPE)
            _append(store, "eng-1", [notice], head.version, [first.event_id, first.event_id])
        assert store.read("eng-1")[0] == _erased(first)

    def test_erased_content_counts_as_the_same_when_an_append_is_repeated(self, store: EventStore) -> None:
        first = make_record()
        notice = make_record("eng-1", 2, first.digest, type_=ERASURE_TYPE)
        _append(store, "eng-1", [first], 0)
        _append(store, "eng-1", [notice], 1, [first.event_id])
        _append(store, "eng-1", [first], 0)
        _append(store, "eng-1", [make_record(salt=b"another salt, 16")], 0)
        _append(store, "eng-1", [notice], 1, [first.event_id])
        _append(store, "eng-1", [first, notice], 0, [first.event_id])
        assert list(store.read("eng-1")) == [_erased(first), notice]
        with pytest.raises(Conflict) as problem:
            _append(store, "eng-1", [make_record(type_="Other")], 0)
        assert _code(problem) == "record_id.duplicate"

    def test_what_a_repeated_append_erases_is_erased(self, store: EventStore) -> None:
        first = make_record()
        notice = make_record("eng-1", 2, first.digest, type_=ERASURE_TYPE)
        _append(store, "eng-1", [first, notice], 0)
        _append(store, "eng-1", [notice], 1, [first.event_id])
        assert list(store.read("eng-1")) == [_erased(first), notice]

    def test_events_erased_elsewhere_can_be_stored(self, store: EventStore) -> None:
        first = _erased(make_record())
        notice = make_record(version=2, previous=first.digest, type_=ERASURE_TYPE)
        _append(store, "eng-1", [first, notice], 0)
        assert list(store.read("eng-1")) == [first, notice]
        assert verify(store).is_clean

    def test_erasing_an_event_of_another_engagement_stores_nothing(self, store: EventStore) -> None:
        _append(store, "eng-1", history("eng-1", 1), 0)
        for unknown in ("nowhere", "eng-1/1"):
            with pytest.raises(NotFound) as problem:
                _append(store, "eng-2", history("eng-2", 2), 0, ["eng-2/1", unknown])
            assert _code(problem) == "erased_event.unknown"
            assert problem.value.data["event_id"] == unknown
        assert store.head("eng-2") is None
        assert store.read("eng-1")[0].content is not None

    def test_erasing_needs_an_event_that_records_it(self, store: EventStore) -> None:
        _append(store, "eng-1", history("eng-1", 1), 0)
        with pytest.raises(NotValid) as problem:
            _append(store, "eng-1", [], 1, ["eng-1/1"])
        assert _code(problem) == "erasure_record.missing"
        text: Any = "eng-1/1"
        with pytest.raises(NotValid) as problem:
            _append(store, "eng-1", history("eng-1", 1, after=store.head("eng-1")), 1, text)
        assert (_code(problem), problem.value.path) == ("record.invalid", "erase")
        assert store.read("eng-1")[0].content is not None

    # -- checkpoints ---------------------------------------------------------------------------------------------------

    def test_checkpoints_are_remembered_by_name_with_all_their_fields(self, store: EventStore) -> None:
        mail = Checkpoint(name="mail", position=3, generation=2, failures=1, state=b'{"set_aside": ["eng-1"]}\x00\xff')
        search = Checkpoint(name="search", position=2**63 - 1)
        store.write([SaveCheckpoint(search, None)])
        store.write([SaveCheckpoint(mail, None)])
        assert store.checkpoint("mail") == mail
        assert store.checkpoint("other") is None
        assert list(store.checkpoints()) == [mail, search]
        assert store.last_position() == 0, "a checkpoint is no event"

    def test_a_checkpoint_goes_on_within_a_generation_and_back_with_the_next(self, store: EventStore) -> None:
        run = [
            Checkpoint(name="mail", position=3),
            Checkpoint(name="mail", position=3, failures=1),
            Checkpoint(name="mail", position=4),
            Checkpoint(name="mail", position=0, generation=1),
            Checkpoint(name="mail", position=9, generation=2),
        ]
        for checkpoint in run:
            _save(store, checkpoint)
            assert store.checkpoint("mail") == checkpoint

    @pytest.mark.parametrize(
        "next_",
        [
            Checkpoint(name="mail", position=4, generation=1),
            Checkpoint(name="mail", position=9, generation=0),
            Checkpoint(name="mail", position=9, generation=3),
        ],
    )
    def test_a_checkpoint_that_does_not_follow_the_stored_one_is_refused(
        self, store: EventStore, next_: Checkpoint
    ) -> None:
        stored = Checkpoint(name="mail", position=5, generation=1)
        _save(store, stored)
        with pytest.raises(NotValid) as problem:
            _save(store, next_)
        assert _code(problem) == "checkpoint.backwards"
        assert store.checkpoint("mail") == stored

    @pytest.mark.parametrize(
        "expected",
        [
            None,
            Checkpoint(name="mail", position=4),
            Checkpoint(name="mail", position=5, generation=1),
            Checkpoint(name="mail", position=5, failures=1),
            Checkpoint(name="mail", position=5, state=b"other"),
        ],
    )
    def test_a_checkpoint_made_from_another_than_the_stored_one_is_a_conflict(
        self, store: EventStore, expected: Checkpoint | None
    ) -> None:
        stored = Checkpoint(name="mail", position=5)
        for checkpoint in (Checkpoint(name="mail", position=4), stored):
            _save(store, checkpoint)
        with pytest.raises(Conflict) as problem:
            store.write([SaveCheckpoint(Checkpoint(name="mail", position=6), expected)])
        assert _code(problem) == "checkpoint.conflict"
        with pytest.raises(Conflict) as problem:
            store.write([SaveCheckpoint(stored, expected)])
        assert _code(problem) == "checkpoint.conflict", "who repeats a step has to learn that somebody has done it"
        assert list(store.checkpoints()) == [stored]

    def test_a_checkpoint_can_move_twice_in_one_write(self, store: EventStore) -> None:
        run = [Checkpoint(name="mail", position=position) for position in (1, 2)]
        store.write([SaveCheckpoint(run[0], None), SaveCheckpoint(run[1], run[0])])
        assert store.checkpoint("mail") == run[1]

    def test_a_changed_checkpoint_is_noticed(self, store: EventStore) -> None:
        _save(store, Checkpoint(name="mail", position=5))
        if not self.change_checkpoint(store, "mail", 6):
            pytest.skip("the test cannot change what the store holds")
        for read in (lambda: store.checkpoint("mail"), store.checkpoints):
            with pytest.raises(Corrupt) as problem:
                read()
            assert _code(problem) == "checkpoint.changed"
        assert [p.code for p in verify(store).problems] == ["checkpoint.changed"]

    # -- closing and opening -------------------------------------------------------------------------------------------

    def test_a_closed_store_says_so(self, store: EventStore) -> None:
        store.close()
        store.close()
        uses: list[Callable[[], object]] = [
            lambda: store.write([Append("eng-1", history("eng-1", 1), 0)]),
            lambda: store.read("eng-1"),
            store.read_all,
            lambda: store.head("eng-1"),
            store.heads,
            store.last_position,
            lambda: store.checkpoint("mail"),
            store.checkpoints,
            store.self_check,
        ]
        for use in uses:
            with pytest.raises(StoreUnavailable) as problem:
                use()
            assert _code(problem) == "store.closed"

    def test_what_was_written_outlives_the_store_object(self, tmp_path: Path) -> None:
        if not self.is_persistent:
            pytest.skip("the store keeps nothing")
        records, mail = history("eng-1", 3), Checkpoint(name="mail", position=2)
        notice = make_record("eng-1", 4, records[-1].digest, type_=ERASURE_TYPE)
        with self.make_store(tmp_path) as store:
            store.write([Append("eng-1", records, 0), SaveCheckpoint(mail, None)])
            _append(store, "eng-1", [notice], 3, ["eng-1/2"])
        expected = [records[0], _erased(records[1]), records[2], notice]
        with self.make_store(tmp_path) as store:
            assert list(store.read("eng-1")) == expected
            assert list(store.checkpoints()) == [mail]
            _append(store, "eng-1", history("eng-1", 1, after=notice), 4)
            assert _positions(store) == [1, 2, 3, 4, 5]
            assert verify(store).is_clean

    def test_two_open_stores_share_the_events(self, tmp_path: Path) -> None:
        if not self.is_persistent:
            pytest.skip("the store keeps nothing")
        records = history("eng-1", 3)
        with self.make_store(tmp_path) as store, self.make_store(tmp_path) as other:
            _append(store, "eng-1", records[:2], 0)
            assert list(other.read("eng-1")) == records[:2]
            _append(other, "eng-1", records[:2], 0)
            _append(other, "eng-1", records[2:], 2)
            with pytest.raises(Conflict) as problem:
                _append(store, "eng-1", [make_record("eng-1", 3, records[1].digest, event_id="late")], 2)
            assert problem.value.newer == (records[2],)
            _save(other, Checkpoint(name="mail", position=1))
            with pytest.raises(Conflict):
                store.write([SaveCheckpoint(Checkpoint(name="mail", position=1), None)])
            assert list(store.read_all()) == list(other.read_all()) == [*map(Numbered, (1, 2, 3), records)]

    # -- many at once --------------------------------------------------------------------------------------------------

    def test_racing_writers_lose_nothing_and_a_reader_skips_nothing(self, store: EventStore) -> None:
        writers, appends = 4, 25

        def write(own: str) -> None:
            previous: list[Record] = []
            for version in range(appends):
                previous = history(own, 1, after=previous[-1] if previous else None)
                _append(store, own, previous, version)
                self._append_somehow(store, "shared", f"{own}:{version}")

        def follow() -> list[Numbered]:
            entries: list[Numbered] = []
            while True:
                is_over = len(running) == writers and all(writer.done() for writer in running)
                last = entries[-1].position if entries else 0
                page = store.read_all(last, limit=7)
                assert all(entry.position > last for entry in page)
                entries += page
                if is_over and not page:
                    return entries

        running: list[Future[None]] = []
        with _switching_threads_often(), ThreadPoolExecutor(writers + 2) as pool:
            running += [pool.submit(write, f"own-{number}") for number in range(writers)]
            followers = [pool.submit(follow) for _ in range(2)]
            for writer in running:
                writer.result()
            first, second = (follower.result() for follower in followers)
        assert [position for position, _ in first] == list(range(1, 2 * writers * appends + 1))
        assert first == second == list(store.read_all())
        for engagement_id in ("shared", *(f"own-{number}" for number in range(writers))):
            assert [record for _, record in first if record.engagement_id == engagement_id] == list(
                store.read(engagement_id)
            )
        assert len(store.read("shared")) == writers * appends
        assert verify(store).problems == ()

    @staticmethod
    def _append_somehow(store: EventStore, engagement_id: str, event_id: str) -> None:
        """Append to an engagement that others write to as well: where somebody was faster, go on from the newer records."""
        head = store.head(engagement_id)
        version, digest = (head.version, head.digest) if head else (0, "")
        for _ in range(1000):  # each conflict is an append of another writer, or a database's choice between two
            record = make_record(engagement_id, version + 1, digest, event_id=event_id)
            try:
                _append(store, engagement_id, [record], version)
            except Conflict as conflict:
                if conflict.code == "store.conflict":
                    version, digest = conflict.newer[-1].version, conflict.newer[-1].digest
                elif conflict.code != "store.contention":
                    raise
            else:
                return
        raise AssertionError("a writer that tries again makes no progress")

    def test_no_reader_sees_a_part_of_a_write(self, store: EventStore) -> None:
        versions = 40

        def write() -> None:
            first, second = history("eng-1", versions), history("eng-2", versions)
            for version in range(versions):
                store.write([Append(r.engagement_id, [r], version) for r in (first[version], second[version])])

        with _switching_threads_often(), ThreadPoolExecutor(1) as pool:
            writer = pool.submit(write)
            while not writer.done():
                assert len({head.version for head in store.heads()}) <= 1
                assert len(store.heads()) in (0, 2)
                records = store.read("eng-1")
                assert [record.version for record in records] == list(range(1, len(records) + 1))
            writer.result()
        assert [head.version for head in store.heads()] == [versions, versions]

    def test_one_of_several_who_write_the_same_version_wins(self, store: EventStore) -> None:
        def write(number: int) -> bool:
            try:
                _append(store, "eng-1", [make_record(event_id=f"writer-{number}")], 0)
            except Conflict:
                return False
            return True

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(write, range(8))) == 1
        assert len(store.read("eng-1")) == 1

    def test_one_of_several_who_move_the_same_checkpoint_wins(self, store: EventStore) -> None:
        def move(number: int) -> bool:
            record = make_record(f"eng-{number}")
            moved = SaveCheckpoint(Checkpoint(name="mail", position=number + 1), None)
            try:
                store.write([Append(record.engagement_id, [record], 0), moved])
            except Conflict:
                return False
            return True

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(move, range(8))) == 1
        (head,), checkpoint = store.heads(), store.checkpoint("mail")
        assert checkpoint is not None
        assert head.engagement_id == f"eng-{checkpoint.position - 1}"

    def test_several_who_repeat_the_same_append_all_succeed(self, store: EventStore) -> None:
        records = history("eng-1", 3)
        with ThreadPoolExecutor(8) as pool:
            for future in [pool.submit(_append, store, "eng-1", records, 0) for _ in range(8)]:
                future.result()
        assert list(store.read("eng-1")) == records
        assert store.last_position() == 3

    def test_several_who_read_all_events_first_see_the_same_positions(self, store: EventStore) -> None:
        for number in range(30):
            _append(store, f"eng-{number}", history(f"eng-{number}", 2), 0)
        with ThreadPoolExecutor(4) as pool:
            pages = [future.result() for future in [pool.submit(store.read_all) for _ in range(4)]]
        assert [position for position, _ in pages[0]] == list(range(1, 61))
        assert all(list(page) == list(pages[0]) for page in pages)
        assert [record.event_id for _, record in pages[0]] == [
            f"eng-{number}/{version}" for number in range(30) for version in (1, 2)
        ]


def _offered(store: EventStore, numbers: Sequence[int], expected: int | None) -> Callable[[], Append]:
    """Makes one append of `RepeatedAppends`, as a writer would that believes in the expected version."""

    def append() -> Append:
        stream = store.read("eng-1")
        start = len(stream) if expected is None else expected
        previous = "" if start == 0 else stream[start - 1].digest if start <= len(stream) else "0" * 64
        records = []
        for version, number in enumerate(numbers, start + 1):
            records.append(make_record("eng-1", version, previous, event_id=f"event-{number}", content=number))
            previous = records[-1].digest
        return Append("eng-1", records, start)

    return append


# -- asynchronous stores -----------------------------------------------------------------------------------------------


@cache
def _event_loop() -> asyncio.AbstractEventLoop:
    """An event loop that runs in a thread of its own until the process ends."""
    loop = asyncio.new_event_loop()
    Thread(target=loop.run_forever, name="coachcore.testing", daemon=True).start()
    return loop


class BlockingStore:
    """An `EventStore` over an `AsyncEventStore`: each call waits for its coroutine, which runs in the event loop of another thread.

    make: opens the store in that loop. Calls of several threads are several tasks of the loop.
    """

    def __init__(self, make: Callable[[], Awaitable[AsyncEventStore]]) -> None:
        self.store = self._wait(make)

    def _wait(self, call: Callable[P, Awaitable[T]], *arguments: P.args, **named: P.kwargs) -> T:
        async def called() -> T:
            return await call(*arguments, **named)

        return asyncio.run_coroutine_threadsafe(called(), _event_loop()).result()

    @property
    def promises(self) -> Promises:
        return self.store.promises

    def write(self, writes: Sequence[Write]) -> None:
        self._wait(self.store.write, writes)

    def read(self, engagement_id: str, after_version: int = 0, limit: int | None = None) -> Sequence[Record]:
        return self._wait(self.store.read, engagement_id, after_version, limit)

    def read_all(self, after_position: int = 0, limit: int = 1000) -> Sequence[Numbered]:
        return self._wait(self.store.read_all, after_position, limit)

    def head(self, engagement_id: str) -> StreamHead | None:
        return self._wait(self.store.head, engagement_id)

    def heads(self, after_id: str = "", limit: int | None = None) -> Sequence[StreamHead]:
        return self._wait(self.store.heads, after_id, limit)

    def last_position(self) -> int:
        return self._wait(self.store.last_position)

    def checkpoint(self, name: str) -> Checkpoint | None:
        return self._wait(self.store.checkpoint, name)

    def checkpoints(self) -> Sequence[Checkpoint]:
        return self._wait(self.store.checkpoints)

    def self_check(self) -> Sequence[str]:
        return self._wait(self.store.self_check)

    def close(self) -> None:
        self._wait(self.store.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


class AsyncStoreConformance(StoreConformance):
    """The same tests for an asynchronous store: subclass it as `StoreConformance`, and say how to open your store."""

    async def make_async_store(self, directory: Path) -> AsyncEventStore:
        """A store whose files, if it has any, are under `directory`; called in the event loop that it is used in."""
        raise NotImplementedError

    def make_store(self, directory: Path) -> BlockingStore:
        return BlockingStore(lambda: self.make_async_store(directory))

    def test_it_is_an_asynchronous_event_store(self, store: EventStore) -> None:
        assert isinstance(store, BlockingStore)
        assert isinstance(store.store, AsyncEventStore)
        calls = [store.store.head("eng-1"), store.store.last_position(), store.store.close()]
        assert all(isinstance(call, Awaitable) for call in calls)
        for call in calls:
            asyncio.run_coroutine_threadsafe(_awaited(call), _event_loop()).result()


async def _awaited(call: Awaitable[Any]) -> Any:
    return await call
