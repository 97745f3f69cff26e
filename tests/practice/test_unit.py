"""Units of work: all or nothing over several engagements, on every store; handles, snapshots and handlers follow the commit."""

import asyncio
import sys
import tracemalloc
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier, Event, Thread
from types import FrameType
from typing import Any

import pytest

import coachcore
from coachcore.engagement.decide import Draft
from coachcore.envelope import encode
from coachcore.errors import Conflict, Refused, StoreUnavailable
from coachcore.events import AgreementAccepted, ConcernRaised, Content, MessageSent
from coachcore.hooks import Pending, Stored
from coachcore.model import Agreement
from coachcore.practice import Engagement, Practice
from coachcore.practice.unit import Unit
from coachcore.snapshot import Snapshot
from coachcore.storage.contract import Append


@pytest.fixture
def practice(practice_on_each_store: Practice) -> Practice:
    return practice_on_each_store


@pytest.fixture
def notified(practice: Practice) -> list[tuple[str, int, int]]:
    """What an after handler was given: engagement, version, and how many events the state has."""
    calls: list[tuple[str, int, int]] = []
    practice.after(Content)(
        lambda stored: calls.append((stored.event.engagement_id, stored.event.version, stored.state.version))
    )
    return calls


def in_order(practice: Practice) -> list[tuple[str, int, int]]:
    """All that is stored, in the store's own order, as `notified` names it; what an engagement's state has is its events so far."""
    return [
        (record.engagement_id, record.version, record.version) for _, record in practice.store.read_all(0, limit=10_000)
    ]


def assert_as_stored(*engagements: Engagement) -> None:
    """Each handle shows what another practice reads from the store, from the first event on."""
    for engagement in engagements:
        fresh = Practice(engagement.practice.store, clock=engagement.practice._clock).load(engagement.id)
        assert engagement.state() == fresh.state()
        assert engagement.recorded() == fresh.recorded()


# --- all or nothing --------------------------------------------------------------------------------------------------


def test_a_unit_stores_events_of_several_engagements_and_handlers_learn_of_them_in_the_order_stored(
    practice: Practice, anna: Engagement, ben: Engagement, notified: list[tuple[str, int, int]]
) -> None:
    with practice.unit() as unit:
        first, second = unit.load("anna"), unit.load("ben")
        assert unit.load("anna") is first
        first.client.send_message()
        second.client.send_message()
        first.client.raise_concern("Hello")
        assert (first.version, second.version) == (3, 2)
        assert (anna.state().version, ben.state().version, practice.load("anna").version) == (1, 1, 1)
        assert (practice.store.last_position(), notified) == (2, [])
    assert notified == in_order(practice)[2:]
    assert sorted(notified) == [("anna", 2, 2), ("anna", 3, 3), ("ben", 2, 2)]
    assert_as_stored(anna, ben, first, second)
    first.client.send_message()
    assert practice.store.last_position() == 6, "the handles go on after the unit"


def test_a_unit_that_raises_stores_nothing_and_restores_its_handles(
    practice: Practice, anna: Engagement, agreement: Agreement, notified: list[tuple[str, int, int]]
) -> None:
    with pytest.raises(KeyError), practice.unit() as unit:
        mine = unit.load("anna")
        mine.client.send_message()
        assert mine.state().version == 2
        new = unit.propose(agreement, engagement_id="new")
        new.client.send_message()
        raise KeyError
    assert (mine.version, new.version, practice.ids(), notified) == (1, 0, ("anna",), [])
    mine.client.send_message()
    assert_as_stored(anna, mine)
    with pytest.raises(Refused) as caught:
        unit.load("anna")
    assert caught.value.code == "unit.closed"


def test_a_part_of_a_unit_is_taken_back_alone(
    practice: Practice, anna: Engagement, ben: Engagement, notified: list[tuple[str, int, int]]
) -> None:
    with practice.unit() as unit:
        mine = unit.load("anna")
        mine.client.send_message()
        with pytest.raises(KeyError), unit.unit() as part:
            mine.client.raise_concern("Lost")
            part.load("ben").client.send_message()
            with mine.batch() as batch:
                batch.client.raise_concern("Lost too")
            with pytest.raises(Conflict) as caught:
                unit.unit()
            assert caught.value.code == "unit_part.open"
            raise KeyError
        assert (mine.version, unit.load("ben").version) == (2, 1)
        with pytest.raises(KeyError), mine.batch() as batch:
            batch.client.raise_concern("Lost")
            raise KeyError
        with unit.unit():
            mine.client.raise_concern("Stored")
    assert [event.type for event in anna.recorded()] == ["EngagementProposed", "MessageSent", "ConcernRaised"]
    assert notified == [("anna", 2, 2), ("anna", 3, 3)] == in_order(practice)[2:]
    assert_as_stored(anna, ben, mine)


def test_a_unit_that_another_process_overtook_stores_nothing(
    practice: Practice, anna: Engagement, ben: Engagement, notified: list[tuple[str, int, int]]
) -> None:
    elsewhere = Practice(practice.store, clock=practice._clock).load("ben")
    with pytest.raises(Conflict) as caught, practice.unit() as unit:
        unit.load("anna").client.send_message()
        elsewhere.client.send_message()
        unit.load("ben")
        Practice(practice.store, clock=practice._clock).load("ben").client.send_message()
        unit.load("ben").client.send_message()
    assert caught.value.code == "store.conflict"
    assert (anna.refresh().version, ben.refresh().version, notified) == (1, 3, [])
    assert_as_stored(anna, ben)


def test_work_in_a_unit_is_done_again_where_another_writer_came_first(
    practice: Practice, anna: Engagement, ben: Engagement, notified: list[tuple[str, int, int]]
) -> None:
    elsewhere = Practice(practice.store, clock=practice._clock).load("ben")
    attempts: list[tuple[int, int]] = []

    def work(unit: Unit) -> str:
        first, second = unit.load("anna"), unit.load("ben")
        attempts.append((first.version, second.version))
        first.client.send_message()
        if len(attempts) < 3:
            elsewhere.client.send_message()
        return second.client.raise_concern("Hello").id

    concern_id = practice.in_unit(work)
    assert attempts == [(1, 1), (1, 2), (1, 3)]
    assert list(ben.state().concerns) == [concern_id]
    assert notified == [("anna", 2, 2), ("ben", 4, 4)]
    assert_as_stored(anna, ben)


def test_work_in_a_unit_that_fails_or_is_always_overtaken_stores_nothing(practice: Practice, anna: Engagement) -> None:
    elsewhere = Practice(practice.store, clock=practice._clock).load("anna")
    attempts: list[Unit] = []

    def fails(unit: Unit) -> None:
        unit.load("anna").client.send_message()
        raise KeyError

    def is_overtaken(unit: Unit) -> None:
        attempts.append(unit)
        unit.load("anna").client.raise_concern("Lost")
        elsewhere.client.send_message()

    with pytest.raises(KeyError):
        practice.in_unit(fails)
    assert anna.refresh().version == 1
    with pytest.raises(Conflict) as caught:
        practice.in_unit(is_overtaken)
    assert caught.value.code == "store.conflict"
    assert anna.refresh().version == 1 + len(attempts) == 33
    assert not anna.state().concerns
    with pytest.raises(Refused) as closed:
        attempts[0].load("anna")
    assert closed.value.code == "unit.closed"
    assert_as_stored(anna)


def test_a_command_that_is_refused_leaves_the_rest_of_its_unit(practice: Practice, anna: Engagement) -> None:
    @practice.before(ConcernRaised)
    def veto(pending: Pending[ConcernRaised]) -> None:
        pending.unit.load("anna")
        pending.veto("no messages")

    with practice.unit() as unit:
        mine = unit.load("anna")
        mine.client.send_message()
        with pytest.raises(Refused):
            mine.client.raise_concern("Hello")
        mine.client.send_message()
    assert anna.refresh().version == 3
    assert_as_stored(anna, mine)


# --- beside a unit ---------------------------------------------------------------------------------------------------


def test_recording_beside_a_unit_is_refused_in_its_thread_and_never_joins(
    practice: Practice, anna: Engagement, ben: Engagement
) -> None:
    with pytest.raises(KeyError), practice.unit() as unit:
        unit.load("anna").client.send_message()
        for way in (anna.client.send_message, practice.load("anna").client.send_message, anna.batch().__enter__):
            with pytest.raises(Conflict) as caught:
                way()
            assert caught.value.code == "unit.open"
            assert "handles of the unit" in caught.value.hint
        ben.client.send_message()
        raise KeyError
    assert (anna.refresh().version, ben.version) == (1, 2)
    anna.client.send_message()
    assert_as_stored(anna, ben)


def test_recording_beside_a_unit_waits_in_another_thread(practice: Practice, anna: Engagement) -> None:
    is_waiting = Event()

    def beside() -> int:
        is_waiting.set()
        return anna.client.send_message().version

    with ThreadPoolExecutor(1) as pool:
        with practice.unit() as unit:
            mine = unit.load("anna")
            waiting = pool.submit(beside)
            is_waiting.wait()
            mine.client.send_message()
            assert not waiting.done()
        assert waiting.result() == 3
    assert_as_stored(anna, mine)


def test_two_tasks_with_units_are_two_units(practice: Practice, anna: Engagement, ben: Engagement) -> None:
    async def record(name: str, fails: bool, first: asyncio.Event, second: asyncio.Event) -> None:
        async with practice.unit() as unit:
            unit.load(name).client.send_message()
            first.set()
            await second.wait()
            if fails:
                raise KeyError

    async def both() -> tuple[BaseException | None, BaseException | None]:
        one, two = asyncio.Event(), asyncio.Event()
        return await asyncio.gather(
            record("anna", True, one, two), record("ben", False, two, one), return_exceptions=True
        )

    failure, success = asyncio.run(both())
    assert isinstance(failure, KeyError)
    assert success is None
    assert (anna.refresh().version, ben.refresh().version) == (1, 2)
    assert_as_stored(anna, ben)


def test_a_task_that_is_cancelled_leaves_nothing_and_the_next_call_works(practice: Practice, anna: Engagement) -> None:
    async def cancelled() -> None:
        begun = asyncio.Event()

        async def record() -> None:
            async with practice.unit() as unit:
                unit.load("anna").client.send_message()
                begun.set()
                await asyncio.Event().wait()

        task = asyncio.create_task(record())
        await begun.wait()
        with pytest.raises(Conflict):
            anna.client.send_message()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert anna.client.send_message().version == 2

    asyncio.run(cancelled())
    assert_as_stored(anna)


def test_what_a_before_handler_records_elsewhere_in_its_unit_is_stored_with_the_event_or_not_at_all(
    practice: Practice, anna: Engagement, ben: Engagement
) -> None:
    @practice.before(MessageSent)
    def elsewhere(pending: Pending[MessageSent]) -> None:
        if pending.engagement_id == "anna":
            pending.unit.load("ben").client.raise_concern("Anna is there")
            if pending.content.text == "vetoed":
                pending.veto("not today")

    with pytest.raises(Refused):
        anna.client.send_message("vetoed")
    assert (anna.version, ben.state().version) == (1, 1)
    assert_as_stored(anna, ben)
    assert anna.client.send_message("Hello").version == 2
    assert_as_stored(anna, ben)
    assert [event.type for event in ben.recorded()] == ["EngagementProposed", "ConcernRaised"]
    with practice.unit() as unit:
        with pytest.raises(Refused):
            unit.load("anna").client.send_message("vetoed")
        unit.load("anna").client.raise_concern("Hello")
    assert (anna.state().version, ben.state().version) == (3, 2)


def test_a_before_handler_that_records_with_a_handle_of_its_own_leaves_what_it_recorded(
    practice: Practice, anna: Engagement, ben: Engagement
) -> None:
    @practice.before(MessageSent)
    def elsewhere(pending: Pending[MessageSent]) -> None:
        ben.client.raise_concern("Anna was refused")
        pending.veto("not today")

    with pytest.raises(Refused):
        anna.client.send_message()
    assert (anna.state().version, ben.state().version) == (1, 2)
    assert_as_stored(anna, ben)


# --- notifying -------------------------------------------------------------------------------------------------------


def test_every_handler_of_an_event_runs_before_those_of_the_next(practice: Practice, anna: Engagement) -> None:
    calls: list[str] = []

    @practice.after(MessageSent)
    def answers(stored: Stored[MessageSent]) -> None:
        anna.coach.raise_concern("Thank you")
        calls.append("answered")

    practice.after(Content)(lambda stored: calls.append(stored.event.type))
    anna.client.send_message()
    assert calls == ["answered", "MessageSent", "ConcernRaised"]


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, asyncio.CancelledError, ZeroDivisionError])
def test_no_handler_is_skipped_because_another_failed_in_any_way(
    practice: Practice, anna: Engagement, kind: type[BaseException]
) -> None:
    calls: list[int] = []

    @practice.after(MessageSent)
    def fails(stored: Stored[MessageSent]) -> None:
        raise kind

    practice.after(MessageSent)(lambda stored: calls.append(stored.event.version))
    interrupt: BaseException | None = None
    try:
        with anna.batch() as batch:
            batch.client.send_message()
            batch.client.send_message()
    except BaseException as error:
        interrupt = error
    assert calls == [2, 3]
    assert (type(interrupt) is kind) is (not issubclass(kind, Exception))
    assert_as_stored(anna)


def test_a_handler_that_is_added_by_a_handler_runs_from_the_next_event_on(practice: Practice, anna: Engagement) -> None:
    calls: list[int] = []

    @practice.after(MessageSent)
    def adds(stored: Stored[MessageSent]) -> None:
        if stored.event.version == 2:
            practice.after(MessageSent)(lambda later: calls.append(later.event.version))

    anna.client.send_message()
    anna.client.send_message()
    assert calls == [3]


# --- shared between threads ------------------------------------------------------------------------------------------


def in_threads(*works: Callable[[], None]) -> None:
    barrier = Barrier(len(works))

    def run(work: Callable[[], None]) -> None:
        barrier.wait()
        work()

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # as many switches between threads as there can be
    try:
        with ThreadPoolExecutor(len(works)) as pool:
            for result in [pool.submit(run, work) for work in works]:
                result.result()
    finally:
        sys.setswitchinterval(interval)


@pytest.mark.parametrize("has_before", [False, True])
def test_four_threads_share_a_practice_and_one_engagement(
    practice: Practice, anna: Engagement, notified: list[tuple[str, int, int]], has_before: bool
) -> None:
    if has_before:
        practice.before(MessageSent)(lambda pending: None)

    def record() -> None:
        for number in range(15):
            event = anna.client.send_message() if number % 2 else practice.load("anna").client.send_message()
            assert anna.recorded()[event.version - 1].id == event.id
            assert anna.snapshot().progress is not None

    in_threads(*[record] * 4)
    recorded = anna.recorded()
    assert [event.version for event in recorded] == list(range(1, 62))
    assert len({event.id for event in recorded}) == 61
    assert notified == in_order(practice)[1:]
    assert [version for _, _, version in notified] == list(range(2, 62))
    assert_as_stored(anna)


def test_four_threads_with_units_on_the_same_engagements_wait_for_each_other(
    practice: Practice, anna: Engagement, ben: Engagement, notified: list[tuple[str, int, int]]
) -> None:
    def record() -> None:
        for number in range(10):
            try:
                with practice.unit() as unit:
                    for name in ("anna", "ben"):
                        unit.load(name).client.send_message()
                    if number % 5 == 4:
                        raise ZeroDivisionError
            except ZeroDivisionError:
                pass

    in_threads(*[record] * 4)
    assert (anna.refresh().version, ben.refresh().version) == (33, 33)
    assert notified == in_order(practice)[2:]
    assert [name for name, _, _ in notified] == ["anna", "ben"] * 32
    assert_as_stored(anna, ben)


def test_four_threads_get_the_same_answers_of_a_shared_snapshot_as_one(
    practice: Practice, anna: Engagement, agreement: Agreement
) -> None:
    for party in agreement.signatories:
        anna.as_party(party.id).record(AgreementAccepted())
    anna.coach.start()
    anna.client.set_goal("Run", goal_id="run")
    anna.coach.schedule_session(practice.now(), session_id="s")
    anna.coach.hold_session("s")

    def answers_of(snapshot: Snapshot) -> tuple[Any, ...]:
        return snapshot.ledger, snapshot.progress, snapshot.review("run"), snapshot.view("sponsor"), snapshot.state

    snapshot = anna.snapshot()
    answers: list[Any] = []
    in_threads(*[lambda: answers.append(answers_of(snapshot))] * 4)
    alone = answers_of(Practice(practice.store, clock=practice._clock).load("anna").snapshot())
    assert answers == [alone] * 4


def test_four_threads_share_a_unit_and_its_handles(
    practice: Practice, anna: Engagement, ben: Engagement, notified: list[tuple[str, int, int]]
) -> None:
    with practice.unit() as unit:

        def record() -> None:
            client = unit.load("anna").client
            for _ in range(10):
                client.send_message()
                unit.load("ben").client.send_message()

        in_threads(*[record] * 4)
        assert (unit.load("anna").version, unit.load("ben").version) == (41, 41)
        assert (anna.refresh().version, notified) == (1, [])
    assert (anna.refresh().version, ben.refresh().version) == (41, 41)
    assert notified == in_order(practice)[2:]
    assert_as_stored(anna, ben, unit._handles["anna"])


def test_four_threads_add_and_remove_handlers_while_they_record(
    practice: Practice, anna: Engagement, notified: list[tuple[str, int, int]]
) -> None:
    calls: list[tuple[int, int]] = []

    def record_with_handlers(thread: int) -> None:
        for number in range(10):

            def note(stored: Stored[MessageSent], name: int = 10 * thread + number) -> None:
                calls.append((name, stored.event.version))

            def permit(pending: Pending[MessageSent]) -> None: ...

            practice.after(MessageSent)(note)
            practice.before(MessageSent)(permit)
            anna.client.send_message()
            practice.hooks.remove(permit)
            practice.hooks.remove(note)

    in_threads(*[partial(record_with_handlers, thread) for thread in range(4)])
    assert notified == in_order(practice)[1:]
    assert len(notified) == 40
    assert len(set(calls)) == len(calls) > 0, "a handler runs once per event"
    assert not practice.hooks.has_before
    anna.client.send_message()
    assert max(version for _, version in calls) <= 41, "all of them are removed"
    assert_as_stored(anna)


def test_a_slow_before_handler_holds_up_no_other_engagement(
    practice: Practice, anna: Engagement, ben: Engagement
) -> None:
    is_deciding, may_go_on = Event(), Event()

    @practice.before(ConcernRaised)
    def slow(pending: Pending[ConcernRaised]) -> None:
        is_deciding.set()
        may_go_on.wait(10)

    thread = Thread(target=lambda: anna.client.raise_concern("Hello"))
    thread.start()
    is_deciding.wait(10)
    assert anna.state().version == 1
    assert ben.client.send_message().version == 2
    assert thread.is_alive()
    may_go_on.set()
    thread.join()
    assert anna.state().version == 2


# --- loading again ---------------------------------------------------------------------------------------------------


def test_a_fresh_handle_reads_only_what_was_recorded_since(
    practice: Practice, anna: Engagement, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        anna.client.send_message()
    Practice(practice.store, clock=practice._clock).load("anna").client.send_message()
    read_at_once: list[int] = []
    read = practice.store.read

    def counted(*arguments: Any) -> Any:
        records = read(*arguments)
        read_at_once.append(len(records))
        return records

    monkeypatch.setattr(practice.store, "read", counted)
    assert practice.load("anna").version == 7
    assert read_at_once == [2], "the last known event, which shows that the history is the same, and the new one"
    assert practice.load("anna").snapshot() is practice.load("anna").snapshot()
    assert set(read_at_once[1:]) == {1}


def calls_of(work: Callable[[], object]) -> int:
    """How many functions a block of work calls: a measure of its time that is the same each time."""
    count = 0

    def profile(frame: FrameType, event: str, _: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(profile)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def test_a_fresh_load_for_each_request_costs_little_more_than_a_shared_handle(
    practice: Practice, anna: Engagement
) -> None:
    with anna.batch() as batch:
        for _ in range(300):
            batch.client.send_message()

    def answer(engagement: Engagement) -> None:
        snapshot = engagement.snapshot()
        assert snapshot.state.version == 301
        assert snapshot.ledger is not None

    answer(anna)
    shared = calls_of(lambda: answer(anna))
    fresh = calls_of(lambda: answer(practice.load("anna")))
    elsewhere = calls_of(lambda: answer(Practice(practice.store, clock=practice._clock).load("anna")))
    assert fresh <= 3 * shared, "it was 35 times, when each load read everything"
    assert elsewhere > 10 * fresh, "what a practice that has read nothing does is seen by the measure"


def test_the_practice_drops_the_events_of_engagements_that_were_not_used_for_longest(
    practice: Practice, anna: Engagement, ben: Engagement, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coachcore.practice.cache, "CACHED_EVENTS", 4)
    for _ in range(3):
        anna.client.send_message()
    assert list(practice._cache._used_last) == ["anna"]
    ben.client.send_message()
    assert list(practice._cache._used_last) == ["ben"]
    assert practice._cache._cached_events == 2
    assert_as_stored(anna, ben)


# --- what it costs ---------------------------------------------------------------------------------------------------


def with_messages(practice: Practice, agreement: Agreement, count: int) -> Engagement:
    """An engagement of so many messages, which are written to the store at once."""
    eng = practice.propose(agreement, engagement_id=f"of-{count}")
    previous, records = eng._event_log.digest, []
    now, actor = practice.now(), eng.client.actor
    for version in range(2, count + 2):
        draft = Draft(
            event_id=f"m{version}",
            content=MessageSent(),
            occurred_at=now,
            actor=actor,
            visibility=MessageSent.visibility,
        )
        record, _ = encode(
            draft, engagement_id=eng.id, version=version, recorded_at=now, previous=previous, salt=bytes(16)
        )
        previous = record.digest
        records.append(record)
    practice.store.write([Append(eng.id, records, 1)])
    return eng.refresh()


def cost_of(work: Callable[[], object]) -> tuple[int, int]:
    """The calls that some work makes, of Python and of C, and the most bytes that it has at a time."""
    calls = 0

    def count(frame: FrameType, event: str, _: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    tracemalloc.start()
    try:
        work()
        return calls, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_what_a_batch_and_a_unit_cost_depends_on_the_new_events_alone(agreement: Agreement, clock: Any) -> None:
    with coachcore.open(":memory:", clock=clock) as practice:
        costs = []
        for count in (400, 40_000):
            eng = with_messages(practice, agreement, count)

            def batch(eng: Engagement = eng) -> None:
                with eng.batch() as batch:
                    batch.client.send_message()

            def unit(eng: Engagement = eng) -> None:
                with practice.unit() as unit:
                    unit.load(eng.id).client.send_message()

            batch()
            costs.append([cost_of(work) for work in (batch, unit, eng.client.send_message)])
    for (few_calls, few_bytes), (many_calls, many_bytes) in zip(*costs, strict=True):
        assert many_calls <= few_calls + 5
        assert many_bytes <= few_bytes + 20_000, "a list of the events alone has 320,000"


# --- interrupts ------------------------------------------------------------------------------------------------------


class InterruptedAt:
    """Raises KeyboardInterrupt at one of the lines of coachcore that a block runs, as a signal would."""

    def __init__(self, line: int) -> None:
        self.left = line

    def __enter__(self) -> None:
        self._trace_before = sys.gettrace()
        sys.settrace(self._trace)

    def __exit__(self, *exc: object) -> None:
        sys.settrace(self._trace_before)

    def _trace(self, frame: FrameType, event: str, _: object) -> Any:
        if "coachcore" not in frame.f_code.co_filename or "tests" in frame.f_code.co_filename:
            return None
        if event == "line":
            self.left -= 1
            if self.left == 0:
                raise KeyboardInterrupt
        return self._trace


def interrupted(line: int, work: Callable[[], object]) -> bool:
    """Whether the work was interrupted at its n-th line, rather than done before."""
    try:
        with InterruptedAt(line):
            work()
    except KeyboardInterrupt:
        return True
    return False


def test_after_an_interrupt_at_any_line_the_next_call_works_and_handles_equal_a_fresh_load(
    practice: Practice, anna: Engagement, ben: Engagement
) -> None:
    def in_a_unit() -> None:
        with practice.unit() as unit:
            unit.load("anna").client.send_message()
            unit.load("ben").client.send_message()

    works: list[Callable[[], object]] = [anna.client.send_message, in_a_unit]
    for work in works:
        line = 1
        while interrupted(line, work):
            before = practice.store.last_position()
            assert_as_stored(anna, ben)
            assert anna.client.record(MessageSent())[0].version == anna.version
            assert practice.store.last_position() == before + 1
            line += 23  # not a divisor of a loop's length; every line takes a minute
        assert line > 100
    assert_as_stored(anna, ben)


def test_an_interrupt_before_the_store_has_committed_stores_nothing(
    practice: Practice, anna: Engagement, ben: Engagement, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupting(writes: Sequence[Any]) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(practice.store, "write", interrupting)
    with pytest.raises(KeyboardInterrupt), practice.unit() as unit:
        unit.load("anna").client.send_message()
        unit.load("ben").client.send_message()
    monkeypatch.undo()
    assert practice.store.last_position() == 2
    assert_as_stored(anna, ben)
    anna.client.send_message()


def test_an_engagement_that_was_committed_without_an_answer_is_read_again(
    practice: Practice, anna: Engagement, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = practice.store.write

    def interrupting(writes: Sequence[Any]) -> None:
        write(writes)
        raise KeyboardInterrupt

    monkeypatch.setattr(practice.store, "write", interrupting)
    with pytest.raises(KeyboardInterrupt):
        anna.client.send_message(event_id="once")
    monkeypatch.undo()
    assert_as_stored(anna)
    assert anna.client.send_message(event_id="once").version == 2
    assert anna.client.send_message().version == 3


def test_a_unit_whose_store_is_closed_restores_its_handles(practice: Practice, anna: Engagement) -> None:
    if not hasattr(practice.store, "path"):
        pytest.skip("a store in memory cannot be opened again")
    with pytest.raises(StoreUnavailable), practice.unit() as unit:
        mine = unit.load("anna")
        mine.client.send_message()
        practice.close()
    assert mine.version == anna.version == 1
    practice.store.__init__(practice.store.path)  # type: ignore[misc]
