"""Every promise of `EventStore`, as tests that any store can run.

A store's author writes a class and, if they like, a state machine:

    class TestMyStore(StoreConformance):
        is_persistent = True
        def make_store(self, directory): return MyStore(directory / "books")

    TestMyStoreModel = store_machine(lambda: MyStore(...)).TestCase

Knows the protocol and nothing of any one store. Needs pytest and hypothesis.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from coachcore.errors import CoachcoreError, Conflict, NotFound, NotValid, Refused, StoreUnavailable
from coachcore.storage import EventStore, Record, StreamHead, content_digest, digest_of
from coachcore.storage.record import SALT_BYTES
from coachcore.storage.verify import ERASURE_TYPE, verify

__all__ = ["OldStoreConformance", "old_store_machine"]


def make_record(
    engagement_id: str = "eng-1",
    version: int = 1,
    previous: str = "",
    *,
    event_id: str = "",
    type_: str = "GoalSet",
    content: object = None,
) -> Record:
    """A record as a practice would make it, the same for the same arguments.

    previous: the digest of the event before. event_id: made of engagement and version when left out. content: anything
    JSON can hold.
    """
    event_id = event_id or f"{engagement_id}/{version}"
    salt = sha256(event_id.encode()).digest()[:SALT_BYTES]
    content_bytes = _json({"text": f"event {version}"} if content is None else content)
    head = _json(
        {
            "content_digest": content_digest(salt, content_bytes),
            "engagement_id": engagement_id,
            "id": event_id,
            "previous": previous,
            "type": type_,
            "version": version,
        }
    )
    return Record(
        engagement_id=engagement_id,
        version=version,
        event_id=event_id,
        head=head,
        salt=salt,
        content=content_bytes,
        digest=digest_of(head),
    )


def history(engagement_id: str, count: int, after: StreamHead | Record | None = None) -> list[Record]:
    """`count` records that continue an engagement after `after`, or begin it."""
    version, previous = (after.version, after.digest) if after else (0, "")
    records: list[Record] = []
    for number in range(version + 1, version + 1 + count):
        records.append(make_record(engagement_id, number, previous))
        previous = records[-1].digest
    return records


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _unplaced(records: Iterable[Record]) -> list[Record]:
    return [record._replace(position=0) for record in records]


def _code(problem: pytest.ExceptionInfo[CoachcoreError]) -> str:
    return problem.value.code


class OldStoreConformance:
    """Subclass it under a name that pytest collects, and say how to make your store."""

    is_persistent: ClassVar[bool] = False
    """Whether a second store made for the same directory has the same events, also while the first is open."""

    def make_store(self, directory: Path) -> Any:
        """A store whose files, if it has any, are under `directory`; empty for an empty directory."""
        raise NotImplementedError

    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[EventStore]:
        with self.make_store(tmp_path) as store:
            yield store

    # -- appending and reading ---------------------------------------------------------------------------------------

    def test_it_is_an_event_store(self, store: Any) -> None:
        assert isinstance(store, EventStore)

    def test_an_empty_store_answers_every_question(self, store: Any) -> None:
        assert list(store.read("eng-1")) == []
        assert list(store.read_all()) == []
        assert list(store.heads()) == []
        assert store.head("eng-1") is None
        assert store.last_position() == 0
        assert store.checkpoint("reader") == 0
        assert list(store.self_check()) == []

    def test_what_was_appended_is_read_back_in_order(self, store: Any) -> None:
        records = history("eng-1", 5)
        stored = store.append("eng-1", records, 0)
        assert isinstance(stored, tuple)
        assert _unplaced(stored) == records
        assert [record.position for record in stored] == [1, 2, 3, 4, 5]
        assert tuple(store.read("eng-1")) == stored
        assert all(type(record) is Record for record in store.read("eng-1"))

    def test_appends_one_by_one_read_as_one_appended_together(self, store: Any) -> None:
        records = history("eng-1", 4)
        for record in records:
            store.append("eng-1", [record], record.version - 1)
        assert _unplaced(store.read("eng-1")) == records

    def test_reading_can_begin_after_any_version(self, store: Any) -> None:
        store.append("eng-1", history("eng-1", 5), 0)
        assert [record.version for record in store.read("eng-1", 3)] == [4, 5]
        assert [record.version for record in store.read("eng-1", -1)] == [1, 2, 3, 4, 5]
        assert list(store.read("eng-1", 5)) == []
        assert list(store.read("eng-1", 99)) == []

    def test_engagements_are_kept_apart_and_read_together(self, store: Any) -> None:
        first, second = history("eng-1", 2), history("eng-2", 2)
        store.append("eng-1", first[:1], 0)
        store.append("eng-2", second, 0)
        store.append("eng-1", first[1:], 1)
        assert _unplaced(store.read("eng-1")) == first
        assert _unplaced(store.read("eng-2")) == second
        assert _unplaced(store.read_all()) == [first[0], *second, first[1]]

    def test_read_all_begins_after_a_position_and_ends_at_a_limit(self, store: Any) -> None:
        store.append("eng-1", history("eng-1", 9), 0)
        assert [record.position for record in store.read_all()] == list(range(1, 10))
        assert [record.position for record in store.read_all(6)] == [7, 8, 9]
        assert [record.position for record in store.read_all(2, limit=3)] == [3, 4, 5]
        assert [record.position for record in store.read_all(7, limit=99)] == [8, 9]
        assert [record.position for record in store.read_all(-5, limit=1)] == [1]
        assert list(store.read_all(0, limit=0)) == []
        assert list(store.read_all(99)) == []

    def test_read_all_reads_more_than_any_page(self, store: Any) -> None:
        store.append("eng-1", history("eng-1", 2500), 0)
        assert [record.position for record in store.read_all()] == list(range(1, 2501))
        assert [record.position for record in store.read_all(100, limit=2000)] == list(range(101, 2101))

    def test_heads_say_where_each_engagement_stands(self, store: Any) -> None:
        first, second = history("eng-1", 3), history("eng-2", 1)
        store.append("eng-2", second, 0)
        store.append("eng-1", first, 0)
        heads = [
            StreamHead(engagement_id=r.engagement_id, version=r.version, digest=r.digest) for r in (first[2], second[0])
        ]
        assert list(store.heads()) == heads
        assert store.head("eng-1") == heads[0]
        assert store.last_position() == 4

    def test_heads_are_read_a_page_at_a_time(self, store: Any) -> None:
        for name in ("c", "ā", "a", "B", "b", "🧭"):
            store.append(name, history(name, 1), 0)
        ids = [head.engagement_id for head in store.heads()]
        assert ids == ["B", "a", "b", "c", "ā", "🧭"]  # by code points
        assert [head.engagement_id for head in store.heads("a", limit=2)] == ["b", "c"]
        assert [head.engagement_id for head in store.heads("bb")] == ["c", "ā", "🧭"]
        assert list(store.heads("🧭")) == list(store.heads(limit=0)) == []

    def test_nothing_to_append_changes_nothing(self, store: Any) -> None:
        assert store.append("eng-1", [], 0) == ()
        assert list(store.heads()) == []

    @pytest.mark.parametrize("text", ["ā", "ž'\"; --", "e\u0301", "🧭", "   "])
    def test_any_text_may_be_an_id_or_content(self, store: Any, text: str) -> None:
        record = make_record(text, event_id=f"{text}!", content={text: text})
        store.append(text, [record], 0)
        store.save_checkpoint(text, 1)
        assert _unplaced(store.read(text)) == [record]
        assert store.checkpoint(text) == 1

    def test_content_of_megabytes_comes_back_whole(self, store: Any) -> None:
        record = make_record(content="garš " * 1_000_000)
        store.append("eng-1", [record], 0)
        assert _unplaced(store.read("eng-1")) == [record]

    # -- conflict and idempotency ----------------------------------------------------------------------------------

    @pytest.mark.parametrize("expected", [0, 1, 3, 7])
    def test_an_append_to_another_version_is_a_conflict(self, store: Any, expected: int) -> None:
        store.append("eng-1", history("eng-1", 2), 0)
        late = make_record("eng-1", expected + 1, "" if expected == 0 else "0" * 64, event_id="late")
        with pytest.raises(Conflict) as problem:
            store.append("eng-1", [late], expected)
        assert _code(problem) == "store.conflict"
        assert problem.value.data["expected"] == expected
        assert problem.value.data["actual"] == 2
        assert store.last_position() == 2

    def test_an_engagement_that_is_not_there_is_at_version_0(self, store: Any) -> None:
        with pytest.raises(Conflict) as problem:
            store.append("eng-1", [make_record("eng-1", 4, "0" * 64)], 3)
        assert (_code(problem), problem.value.data["actual"]) == ("store.conflict", 0)
        assert store.head("eng-1") is None

    def test_the_right_version_of_another_history_is_a_conflict(self, store: Any) -> None:
        store.append("eng-1", history("eng-1", 2), 0)
        with pytest.raises(Conflict) as problem:
            store.append("eng-1", [make_record("eng-1", 3, digest_of(b"elsewhere"))], 2)
        assert _code(problem) == "history.conflict"
        assert store.last_position() == 2

    @pytest.mark.parametrize(("first", "last"), [(0, 4), (0, 1), (1, 3), (3, 4)])
    def test_repeating_an_append_returns_what_is_stored(self, store: Any, first: int, last: int) -> None:
        records = history("eng-1", 4)
        store.append("eng-1", records[:2], 0)
        stored = store.append("eng-1", records[2:], 2)
        store.append("eng-1", history("eng-1", 1, after=stored[-1]), 4)
        before = list(store.read_all())
        assert list(store.append("eng-1", records[first:last], first)) == before[first:last]
        assert list(store.read_all()) == before

    def test_an_append_that_is_half_stored_is_a_conflict(self, store: Any) -> None:
        records = history("eng-1", 4)
        store.append("eng-1", records[:2], 0)
        with pytest.raises(Conflict) as problem:
            store.append("eng-1", records, 0)
        assert _code(problem) == "record_id.duplicate"
        with pytest.raises(Conflict) as problem:
            store.append("eng-1", records[1:3], 1)
        assert _code(problem) == "record_id.duplicate"
        assert _unplaced(store.read("eng-1")) == records[:2]

    def test_an_event_id_cannot_be_used_for_another_event(self, store: Any) -> None:
        first = store.append("eng-1", history("eng-1", 1), 0)[0]
        other = [
            ("eng-1", make_record("eng-1", 1, event_id=first.event_id, content="other")),
            ("eng-1", make_record("eng-1", 2, first.digest, event_id=first.event_id)),
            ("eng-2", make_record("eng-2", 1, event_id=first.event_id)),
        ]
        for engagement_id, record in other:
            with pytest.raises(Conflict) as problem:
                store.append(engagement_id, [record], record.version - 1)
            assert _code(problem) == "record_id.duplicate"
        assert list(store.read_all()) == [first]
        assert [head.version for head in store.heads()] == [1]

    def test_a_failed_append_leaves_no_part_of_itself(self, store: Any) -> None:
        store.append("eng-1", [make_record("eng-1", event_id="taken")], 0)
        batch = history("eng-2", 2)
        batch.append(make_record("eng-2", 3, batch[-1].digest, event_id="taken"))
        with pytest.raises(Conflict):
            store.append("eng-2", batch, 0)
        assert store.head("eng-2") is None
        assert [record.event_id for record in store.read_all()] == ["taken"]
        assert store.append("eng-2", batch[:2], 0)[0].position == 2

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
    def test_a_record_that_does_not_agree_with_itself_is_refused(self, store: Any, change: dict[str, Any]) -> None:
        first, second = history("eng-1", 2)
        with pytest.raises(NotValid) as problem:
            store.append("eng-1", [first, second._replace(**change)], 0)
        assert problem.value.path.startswith("records[1]")
        assert list(store.read_all()) == []

    def test_records_that_do_not_follow_each_other_are_refused(self, store: Any) -> None:
        with pytest.raises(NotValid) as problem:
            store.append("eng-1", [make_record(), make_record(version=2, previous="0" * 64)], 0)
        assert problem.value.path == "records[1].head.previous"
        with pytest.raises(NotValid):
            store.append("eng-1", [make_record(previous="0" * 64)], 0)
        with pytest.raises(NotValid):
            store.append("eng-1", [make_record(version=0)], -1)
        assert list(store.read_all()) == []

    # -- erasing -------------------------------------------------------------------------------------------------------

    def test_erasing_takes_content_and_salt_and_leaves_the_rest(self, store: Any) -> None:
        records = history("eng-1", 3)
        store.append("eng-1", records, 0)
        notice = make_record("eng-1", 4, records[-1].digest, type_=ERASURE_TYPE)
        store.append("eng-1", [notice], 3, erase=[records[0].event_id, records[1].event_id])
        erased = [record._replace(salt=None, content=None) for record in records[:2]]
        assert _unplaced(store.read("eng-1")) == [*erased, records[2], notice]
        assert _unplaced(store.read_all()) == [*erased, records[2], notice]
        assert verify(store).problems == ()

    def test_erasing_twice_is_no_error(self, store: Any) -> None:
        first = store.append("eng-1", history("eng-1", 1), 0)[0]
        for _ in range(2):
            head = store.head("eng-1")
            assert head is not None
            notice = make_record("eng-1", head.version + 1, head.digest, type_=ERASURE_TYPE)
            store.append("eng-1", [notice], head.version, erase=[first.event_id])
        assert store.read("eng-1")[0].content is None

    def test_erased_events_still_make_an_append_idempotent(self, store: Any) -> None:
        records = history("eng-1", 1)
        store.append("eng-1", records, 0)
        notice = make_record("eng-1", 2, records[0].digest, type_=ERASURE_TYPE)
        store.append("eng-1", [notice], 1, erase=[records[0].event_id])
        again = store.append("eng-1", records, 0)
        assert again[0].content is None
        assert store.append("eng-1", [notice], 1, erase=[records[0].event_id])[0].position == 2
        assert store.last_position() == 2

    def test_erasing_an_event_of_another_engagement_stores_nothing(self, store: Any) -> None:
        store.append("eng-1", history("eng-1", 1), 0)
        for unknown in ("nowhere", "eng-1/1"):
            with pytest.raises(NotFound) as problem:
                store.append("eng-2", history("eng-2", 2), 0, erase=["eng-2/1", unknown])
            assert _code(problem) == "erased_event.unknown"
        assert store.head("eng-2") is None
        assert store.read("eng-1")[0].content is not None

    def test_erasing_needs_an_event_that_tells_of_it(self, store: Any) -> None:
        store.append("eng-1", history("eng-1", 1), 0)
        with pytest.raises(NotValid) as problem:
            store.append("eng-1", [], 1, erase=["eng-1/1"])
        assert _code(problem) == "erasure_record.missing"
        assert store.read("eng-1")[0].content is not None

    def test_events_erased_elsewhere_can_be_taken_over(self, store: Any) -> None:
        first = make_record()._replace(salt=None, content=None)
        notice = make_record(version=2, previous=first.digest, type_=ERASURE_TYPE)
        store.append("eng-1", [first, notice], 0)
        assert verify(store).is_clean

    # -- checkpoints and transactions ------------------------------------------------------------------------------

    def test_checkpoints_are_remembered_by_name(self, store: Any) -> None:
        store.save_checkpoint("mail", 3)
        store.save_checkpoint("search", 7)
        store.save_checkpoint("mail", 5)
        assert (store.checkpoint("mail"), store.checkpoint("search"), store.checkpoint("other")) == (5, 7, 0)
        store.save_checkpoint("mail", 0)
        assert store.checkpoint("mail") == 0
        with pytest.raises(NotValid) as problem:
            store.save_checkpoint("mail", -1)
        assert _code(problem) == "position.invalid"

    def test_a_transaction_stores_everything_together(self, store: Any) -> None:
        with store.transaction():
            store.append("eng-1", history("eng-1", 2), 0)
            store.append("eng-2", history("eng-2", 1), 0)
            store.save_checkpoint("mail", 3)
            assert store.last_position() == 3
        assert [record.position for record in store.read_all()] == [1, 2, 3]
        assert store.checkpoint("mail") == 3

    def test_a_transaction_that_raises_stores_nothing(self, store: Any) -> None:
        stored = store.append("eng-1", history("eng-1", 2), 0)
        notice = make_record("eng-1", 3, stored[-1].digest, type_=ERASURE_TYPE)

        def fail_at_the_end() -> None:
            with store.transaction():
                store.append("eng-1", [notice], 2, erase=["eng-1/1"])
                store.append("eng-2", history("eng-2", 1), 0)
                store.save_checkpoint("mail", 3)
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fail_at_the_end()
        assert tuple(store.read_all()) == stored
        assert [head.version for head in store.heads()] == [2]
        assert (store.checkpoint("mail"), store.last_position()) == (0, 2)
        assert store.append("eng-2", history("eng-2", 1), 0)[0].position == 3

    def test_a_call_that_fails_in_a_transaction_takes_only_itself_back(self, store: Any) -> None:
        def fail_inside() -> None:
            with store.transaction():
                store.append("eng-2", history("eng-2", 2), 0)
                raise ZeroDivisionError

        with store.transaction():
            store.append("eng-1", history("eng-1", 2), 0)
            with pytest.raises(Conflict):
                store.append("eng-1", [make_record("eng-1", 1, event_id="late")], 0)
            with pytest.raises(ZeroDivisionError):
                fail_inside()
            store.append("eng-3", history("eng-3", 1), 0)
        assert [head.engagement_id for head in store.heads()] == ["eng-1", "eng-3"]
        assert [record.position for record in store.read_all()] == [1, 2, 3]
        assert verify(store).problems == ()

    def test_a_store_is_not_closed_within_a_transaction(self, store: Any) -> None:
        with store.transaction():
            store.append("eng-1", history("eng-1", 2), 0)
            with pytest.raises(Refused) as caught:
                store.close()
            assert caught.value.code == "transaction.open"
        assert store.last_position() == 2

    # -- closing and opening -------------------------------------------------------------------------------------------

    def test_a_closed_store_says_so(self, store: Any) -> None:
        store.close()
        store.close()
        uses: list[Callable[[], object]] = [
            lambda: store.read("eng-1"),
            lambda: list(store.read_all()),
            lambda: store.append("eng-1", history("eng-1", 1), 0),
            store.heads,
            lambda: store.checkpoint("mail"),
            lambda: store.save_checkpoint("mail", 1),
        ]
        for use in uses:
            with pytest.raises(StoreUnavailable) as problem:
                use()
            assert _code(problem) == "store.closed"

    def test_books_outlive_the_store_object(self, tmp_path: Path) -> None:
        if not self.is_persistent:
            pytest.skip("the store keeps nothing")
        with self.make_store(tmp_path) as store:
            before = store.append("eng-1", history("eng-1", 3), 0)
            store.save_checkpoint("mail", 2)
        with self.make_store(tmp_path) as store:
            assert tuple(store.read_all()) == before
            assert store.checkpoint("mail") == 2
            assert store.append("eng-1", history("eng-1", 1, after=before[-1]), 3)[0].position == 4
            assert verify(store).is_clean

    def test_two_open_stores_share_the_books(self, tmp_path: Path) -> None:
        if not self.is_persistent:
            pytest.skip("the store keeps nothing")
        with self.make_store(tmp_path) as store, self.make_store(tmp_path) as other:
            with store.transaction():
                store.append("eng-1", history("eng-1", 2), 0)
                assert list(other.read_all()) == []
                assert other.head("eng-1") is None
            assert other.append("eng-1", history("eng-1", 2), 0) == tuple(store.read("eng-1"))
            with pytest.raises(Conflict):
                other.append("eng-1", [make_record(event_id="late")], 0)

    # -- many at once --------------------------------------------------------------------------------------------------

    def test_racing_writers_lose_nothing_and_a_reader_skips_nothing(self, store: Any) -> None:
        writers, appends = 4, 25

        def write(own: str) -> None:
            previous: Sequence[Record] = ()
            for version in range(appends):
                previous = store.append(own, history(own, 1, after=previous[-1] if previous else None), version)
                self._append_somehow(store, "shared", f"{own}:{version}")

        def follow() -> list[int]:
            positions: list[int] = []
            while len(positions) < 2 * writers * appends and not (
                failed := [w for w in running if w.done() and w.exception()]
            ):
                positions += [record.position for record in store.read_all(positions[-1] if positions else 0, limit=7)]
            assert not failed
            return positions

        with ThreadPoolExecutor(writers + 1) as pool:
            running = [pool.submit(write, f"own-{number}") for number in range(writers)]
            follower = pool.submit(follow)
            for writer in running:
                writer.result()
            assert follower.result() == list(range(1, 2 * writers * appends + 1))
        assert [record.version for record in store.read("shared")] == list(range(1, writers * appends + 1))
        assert verify(store).problems == ()

    @staticmethod
    def _append_somehow(store: Any, engagement_id: str, event_id: str) -> None:
        """Append to an engagement that others write to as well, as a host does: load again and retry."""
        while True:
            head = store.head(engagement_id)
            version, digest = (head.version, head.digest) if head else (0, "")
            try:
                store.append(
                    engagement_id, [make_record(engagement_id, version + 1, digest, event_id=event_id)], version
                )
            except Conflict as conflict:
                if conflict.code != "store.conflict":
                    raise
            else:
                return

    def test_one_of_several_who_write_the_same_version_wins(self, store: Any) -> None:
        def write(number: int) -> bool:
            try:
                store.append("eng-1", [make_record(event_id=f"writer-{number}")], 0)
            except Conflict:
                return False
            return True

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(write, range(8))) == 1
        assert len(store.read("eng-1")) == 1

    def test_several_who_repeat_the_same_append_all_succeed(self, store: Any) -> None:
        records = history("eng-1", 3)
        with ThreadPoolExecutor(8) as pool:
            answers = set(pool.map(lambda _: store.append("eng-1", records, 0), range(8)))
        assert len(answers) == 1
        assert store.last_position() == 3


_ENGAGEMENTS = st.sampled_from(["eng-1", "eng-2", "ēng-3"])


def old_store_machine(make_store: Callable[[], EventStore]) -> type[RuleBasedStateMachine]:
    """A hypothesis state machine that drives a store beside a list, and compares them after every step.

    make_store: a new, empty store for each run. Use the `TestCase` of what is returned.
    """

    class StoreMachine(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.store: Any = make_store()
            self.log: list[Record] = []
            self.checkpoints: dict[str, int] = {}
            self.fresh = 0

        def teardown(self) -> None:
            self.store.close()

        def stream(self, engagement_id: str) -> list[Record]:
            return [record for record in self.log if record.engagement_id == engagement_id]

        def following(self, engagement_id: str, count: int, type_: str = "GoalSet") -> list[Record]:
            """Fresh records that may be appended now."""
            stream = self.stream(engagement_id)
            version, previous = (stream[-1].version, stream[-1].digest) if stream else (0, "")
            records: list[Record] = []
            for _ in range(count):
                version, self.fresh = version + 1, self.fresh + 1
                records.append(make_record(engagement_id, version, previous, event_id=f"e{self.fresh}", type_=type_))
                previous = records[-1].digest
            return records

        def append(self, records: Sequence[Record], erase: Sequence[str] = ()) -> None:
            first = records[0]
            stored = self.store.append(first.engagement_id, records, first.version - 1, erase=erase)
            self.log += [record._replace(position=len(self.log) + 1 + index) for index, record in enumerate(records)]
            self.log = [
                record._replace(salt=None, content=None) if record.event_id in erase else record for record in self.log
            ]
            assert list(stored) == self.log[-len(records) :]

        def refused(self, records: Sequence[Record], code: str) -> None:
            first = records[0]
            with pytest.raises(Conflict) as problem:
                self.store.append(first.engagement_id, records, first.version - 1)
            assert problem.value.code == code

        @rule(engagement_id=_ENGAGEMENTS, count=st.integers(1, 3))
        def append_what_follows(self, engagement_id: str, count: int) -> None:
            self.append(self.following(engagement_id, count))

        @precondition(lambda self: self.log)
        @rule(pick=st.randoms(use_true_random=False))
        def append_to_an_old_version(self, pick: Any) -> None:
            old = pick.choice(self.log)
            self.fresh += 1
            previous = json.loads(old.head)["previous"]
            self.refused(
                [make_record(old.engagement_id, old.version, previous, event_id=f"e{self.fresh}")], "store.conflict"
            )

        @rule(engagement_id=_ENGAGEMENTS)
        def append_beyond_the_end(self, engagement_id: str) -> None:
            self.refused(self.following(engagement_id, 2)[1:], "store.conflict")

        @precondition(lambda self: self.log)
        @rule(pick=st.randoms(use_true_random=False))
        def repeat_an_append(self, pick: Any) -> None:
            stream = self.stream(pick.choice(self.log).engagement_id)
            first = pick.randrange(len(stream))
            again = stream[first : pick.randint(first + 1, len(stream))]
            assert list(self.store.append(again[0].engagement_id, again, again[0].version - 1)) == again

        @precondition(lambda self: self.log)
        @rule(pick=st.randoms(use_true_random=False))
        def append_what_is_half_stored(self, pick: Any) -> None:
            last = self.stream(pick.choice(self.log).engagement_id)[-1]
            self.refused([last, *self.following(last.engagement_id, 1)], "record_id.duplicate")

        @precondition(lambda self: self.log)
        @rule(engagement_id=_ENGAGEMENTS, pick=st.randoms(use_true_random=False))
        def reuse_an_id(self, engagement_id: str, pick: Any) -> None:
            used_id = pick.choice(self.log).event_id
            following = self.following(engagement_id, 1)[0]
            previous = json.loads(following.head)["previous"]
            self.refused(
                [make_record(engagement_id, following.version, previous, event_id=used_id, type_="Other")],
                "record_id.duplicate",
            )

        @precondition(lambda self: self.log)
        @rule(pick=st.randoms(use_true_random=False))
        def erase(self, pick: Any) -> None:
            stream = self.stream(pick.choice(self.log).engagement_id)
            ids = pick.sample([record.event_id for record in stream], pick.randint(1, len(stream)))
            self.append(self.following(stream[0].engagement_id, 1, ERASURE_TYPE), erase=ids)

        @rule(names=st.lists(_ENGAGEMENTS, min_size=1, max_size=3), is_kept=st.booleans())
        def append_in_a_transaction(self, names: list[str], is_kept: bool) -> None:
            log = list(self.log)
            try:
                with self.store.transaction():
                    for name in names:
                        self.append(self.following(name, 2))
                    if not is_kept:
                        raise ZeroDivisionError
            except ZeroDivisionError:
                self.log = log

        @rule(name=st.sampled_from(["mail", "search"]), position=st.integers(0, 50))
        def save_a_checkpoint(self, name: str, position: int) -> None:
            self.store.save_checkpoint(name, position)
            self.checkpoints[name] = position

        @rule(after=st.integers(0, 20), limit=st.none() | st.integers(0, 20))
        def read_some(self, after: int, limit: int | None) -> None:
            expected = self.log[after:] if limit is None else self.log[after : after + limit]
            assert list(self.store.read_all(after, limit)) == expected

        @rule(engagement_id=_ENGAGEMENTS, after=st.integers(0, 20))
        def read_an_engagement(self, engagement_id: str, after: int) -> None:
            assert list(self.store.read(engagement_id, after)) == self.stream(engagement_id)[after:]

        @invariant()
        def the_store_is_the_list(self) -> None:
            assert list(self.store.read_all()) == self.log
            ends = {record.engagement_id: record for record in self.log}
            assert list(self.store.heads()) == [
                StreamHead(engagement_id=name, version=ends[name].version, digest=ends[name].digest)
                for name in sorted(ends)
            ]
            assert self.store.last_position() == len(self.log)
            for name in ("mail", "search"):
                assert self.store.checkpoint(name) == self.checkpoints.get(name, 0)
            assert verify(self.store).problems == ()

    return StoreMachine
