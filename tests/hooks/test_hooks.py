"""Hooks: before may veto and add, after may fail; what is refused leaves nothing, what is stored stays."""

import asyncio
import logging
import sys
import traceback
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from threading import Event as Signal
from threading import Thread
from typing import Any

import attrs
import pytest

import coachcore
from coachcore.engagement.history import effective_events, fold
from coachcore.errors import NotAllowed, NotFound, NotValid, Refused
from coachcore.events import (
    ActionPlanned,
    CheckInMade,
    ConcernRaised,
    Content,
    EngagementProposed,
    EngagementStarted,
    EntryCorrected,
    Event,
    GoalSet,
    MessageSent,
    ReflectionPrompted,
    ReflectionWritten,
    SessionHeld,
)
from coachcore.flow import run_async
from coachcore.hooks import AsyncHooks, Pending, PendingView, Stored, StoredView
from coachcore.model import Agreement, Party, Role
from coachcore.practice import Engagement, Practice
from coachcore.serial import to_json
from coachcore.storage.memory import MemoryStore


def assert_nothing_stored(eng: Engagement, before: int) -> None:
    assert eng.version == before
    assert eng.practice.store.last_position() == before
    assert eng.practice.load(eng.id).version == before


def test_a_veto_refuses_with_its_reason_and_stores_nothing(begun: Engagement) -> None:
    @begun.practice.before(GoalSet)
    def limit(pending: Pending[GoalSet]) -> None:
        assert pending.state is not None
        if len(pending.state.goals) >= 1:
            pending.veto("one goal at a time", "close the other first")

    begun.client.set_goal("Run")
    before = begun.version
    with pytest.raises(Refused) as caught:
        begun.client.set_goal("Swim")
    assert (caught.value.code, caught.value.message) == ("hook.vetoed", "one goal at a time")
    assert caught.value.hint == "close the other first"
    assert_nothing_stored(begun, before)
    begun.client.plan_action("Shoes")


def test_a_before_handler_that_fails_refuses_and_names_the_failure(begun: Engagement) -> None:
    @begun.practice.before(GoalSet)
    def broken(pending: Pending[GoalSet]) -> None:
        raise ZeroDivisionError("oh")

    before = begun.version
    with pytest.raises(Refused) as caught:
        begun.client.set_goal("Run")
    assert caught.value.code == "hook.failed"
    assert "ZeroDivisionError" in caught.value.message
    assert (
        str(caught.value.__cause__) == "ZeroDivisionError"
    )  # with the lines where it was raised, and without its text
    assert ", in broken\n" in "".join(traceback.format_exception(caught.value))
    assert_nothing_stored(begun, before)


def test_a_before_handler_that_recurses_is_refused_as_that_and_not_as_damage(
    begun: Engagement, agreement: Agreement
) -> None:
    practice, before = begun.practice, begun.practice.store.last_position()

    @practice.before(EngagementProposed)
    def another_one(pending: Pending[EngagementProposed]) -> None:
        practice.propose(agreement)

    with pytest.raises(Refused) as caught:
        practice.propose(agreement)
    assert caught.value.code == "hook.recursion"
    assert practice.store.last_position() == before
    assert practice.load(begun.id).version == begun.version


def test_a_before_handler_may_refuse_with_a_code_of_its_own(begun: Engagement) -> None:
    @begun.practice.before(GoalSet)
    def licence(pending: Pending[GoalSet]) -> None:
        raise NotAllowed("host.no_licence", "the licence has run out", "renew it")

    with pytest.raises(NotAllowed) as caught:
        begun.client.set_goal("Run")
    assert caught.value.code == "host.no_licence"


def test_what_a_before_handler_adds_may_be_about_what_it_adds_to(begun: Engagement) -> None:
    @begun.practice.before(GoalSet)
    def first_step(pending: Pending[GoalSet]) -> list[Content]:
        return [
            ActionPlanned(action_id=f"first-{pending.content.goal_id}", title="Begin", goal_id=pending.content.goal_id)
        ]

    before = begun.version
    stored = begun.client.record(GoalSet(goal_id="g", title="Run"), event_id="e")
    assert [(each.type, each.id, each.caused_by) for each in stored] == [
        ("GoalSet", "e", None),
        ("ActionPlanned", "e.1", "e"),
    ]
    assert begun.version == before + 2
    assert begun.state().actions["first-g"].goal_id == "g"
    assert begun.state() == begun.practice.load(begun.id).state()
    assert begun.client.record(GoalSet(goal_id="g", title="Run"), event_id="e") == stored


def test_what_is_added_late_is_decided_on_the_past_it_belongs_to(begun: Engagement, clock: Any) -> None:
    @begun.practice.before(GoalSet)
    def first_step(pending: Pending[GoalSet]) -> list[Content]:
        return [ActionPlanned(action_id="a", title="Begin", goal_id=pending.content.goal_id)]

    then = clock.now
    clock.forward(days=2)
    begun.client.check_in()
    begun.client.set_goal("Run", occurred_at=then)
    assert begun.state().actions["a"].planned_at == then


def test_what_is_added_passes_the_hooks_and_the_rules_itself(begun: Engagement) -> None:
    @begun.practice.before(GoalSet)
    def add(pending: Pending[GoalSet]) -> list[Content]:
        return (
            [MessageSent(text="A goal!")] if pending.content.title == "Run" else [ReflectionPrompted(question="And?")]
        )

    @begun.practice.before(MessageSent)
    def silence(pending: Pending[MessageSent]) -> None:
        pending.veto("no messages")

    before = begun.version
    for title, code in (("Run", "hook.vetoed"), ("Swim", "role.not_allowed")):  # a client prompts nobody
        with pytest.raises(Refused) as caught:
            begun.client.set_goal(title)
        assert caught.value.code == code
        assert_nothing_stored(begun, before)


def test_handlers_that_feed_each_other_without_end_are_refused(begun: Engagement) -> None:
    @begun.practice.before(CheckInMade)
    def echo(pending: Pending[CheckInMade]) -> list[Content]:
        return [CheckInMade()]

    before = begun.version
    with pytest.raises(Refused) as caught:
        begun.client.check_in()
    assert caught.value.code == "hook.endless"
    assert_nothing_stored(begun, before)


def test_only_events_can_be_added(begun: Engagement) -> None:
    added: list[Any] = []
    begun.practice.before(CheckInMade)(lambda _: added[0])
    before = begun.version

    async def awaited() -> None: ...

    for returned in (5, ["hello"], "hello", "", b"x", {"a": 1}, True, False, 0, CheckInMade(), awaited()):
        added[:] = [returned]
        with pytest.raises(Refused) as caught:
            begun.client.check_in()
        assert caught.value.code == "hook.returned"
        assert "list of events" in caught.value.hint
        assert_nothing_stored(begun, before)


def test_before_handlers_see_what_follows_from_an_event_too(agreed: Engagement, clock: Any) -> None:
    calls: list[str] = []

    @agreed.practice.before(SessionHeld, EngagementStarted)
    def note(pending: Pending[Any]) -> None:
        calls.append(type(pending.content).__name__)
        assert pending.engagement_id == agreed.id
        assert pending.draft.content == pending.content

    agreed.coach.schedule_session(clock.now, session_id="s")
    agreed.coach.hold_session("s")
    assert calls == ["SessionHeld", "EngagementStarted"]


def test_handlers_run_in_the_order_they_were_added_and_one_for_content_runs_for_every_type(
    agreement: Agreement, clock: Any
) -> None:
    calls: list[tuple[str, str]] = []
    with coachcore.open(clock=clock) as practice:
        for name in ("first", "second"):
            practice.before(Content)(
                lambda pending, name=name: calls.append((f"before {name}", pending.draft.event_id))
            )
            practice.after(Content)(lambda stored, name=name: calls.append((f"after {name}", stored.event.id)))
        practice.before(GoalSet)(lambda _: pytest.fail("no goal was set"))
        eng = practice.propose(agreement)
        proposed = eng.recorded()[0].id
        assert calls == [(each, proposed) for each in ("before first", "before second", "after first", "after second")]
        assert isinstance(eng.recorded()[0].content, EngagementProposed)


def test_an_after_handler_that_fails_undoes_nothing_and_the_others_still_run(
    begun: Engagement, caplog: pytest.LogCaptureFixture
) -> None:
    ran: list[int] = []

    @begun.practice.after(GoalSet)
    def broken(stored: Stored[GoalSet]) -> None:
        raise ZeroDivisionError("oh")

    @begun.practice.after(GoalSet)
    def counts(stored: Stored[GoalSet]) -> None:
        assert stored.content.goal_id in stored.state.goals
        assert stored.event.version == begun.practice.store.last_position()
        ran.append(stored.event.version)

    with caplog.at_level(logging.ERROR, "coachcore.hooks"):
        goal = begun.client.set_goal("Run")
    assert ran == [begun.version]
    assert goal.id in begun.practice.load(begun.id).state().goals
    assert "an after handler failed on GoalSet" in caplog.text
    assert "ZeroDivisionError" in caplog.text


def test_a_failure_of_after_is_passed_to_on_failure_and_a_failing_on_failure_is_logged(
    agreement: Agreement, clock: Any, caplog: pytest.LogCaptureFixture
) -> None:
    failures: list[tuple[str, str]] = []

    def on_failure(stored: Stored[Any], error: Exception) -> None:
        failures.append((stored.event.type, str(error)))
        if len(failures) > 1:
            raise KeyError("the pager is down")

    with coachcore.open(clock=clock, on_failure=on_failure) as practice:

        @practice.after(Content)
        def broken(stored: Stored[Content]) -> None:
            raise ZeroDivisionError("oh")

        eng = practice.propose(agreement)
        assert failures == [("EngagementProposed", "oh")]
        assert not caplog.records
        eng.client.send_message("Hello")
        assert eng.version == 2
        assert "on_failure itself failed" in caplog.text


def test_an_after_handler_may_record_events_itself(begun: Engagement) -> None:
    @begun.practice.after(GoalSet)
    def greet(stored: Stored[GoalSet]) -> None:
        begun.coach.encourage(f"A fine goal: {stored.content.title}")

    begun.client.set_goal("Run")
    assert [each.type for each in begun.recorded()][-2:] == ["GoalSet", "EncouragementGiven"]


def test_after_a_batch_the_handlers_run_once_it_is_stored_and_not_when_it_fails(begun: Engagement) -> None:
    calls: list[int] = []
    begun.practice.after(CheckInMade)(lambda stored: calls.append(stored.event.version))
    with pytest.raises(KeyError), begun.batch() as batch:
        batch.client.check_in()
        raise KeyError
    assert calls == []
    with begun.batch() as batch:
        batch.client.check_in()
        batch.client.check_in()
        assert calls == []
    last = begun.practice.store.last_position()
    assert calls == [last - 1, last]


def test_a_veto_in_a_batch_refuses_the_event_and_the_batch_may_go_on(begun: Engagement) -> None:
    begun.practice.before(MessageSent)(lambda pending: pending.veto("no messages"))
    before = begun.version
    with begun.batch() as batch:
        batch.client.check_in()
        with pytest.raises(Refused):
            batch.client.send_message("Hello")
        batch.client.check_in()
    assert [each.type for each in begun.recorded()][before:] == ["CheckInMade", "CheckInMade"]


@pytest.mark.parametrize("kinds", [(), (str,), ("GoalSet",), (GoalSet(goal_id="g", title="T"),)])
def test_a_hook_names_the_types_of_events_it_is_for(begun: Engagement, kinds: tuple[Any, ...]) -> None:
    for way in (begun.practice.before, begun.practice.after):
        with pytest.raises(NotValid) as caught:
            way(*kinds)
        assert caught.value.code == "hook_event_type.missing"


def test_a_handler_may_query_the_engagement_and_the_command_is_decided_on_the_same_state(begun: Engagement) -> None:
    other = begun.practice.load(begun.id)

    @begun.practice.before(GoalSet)
    def ask(pending: Pending[GoalSet]) -> None:
        assert pending.state == other.state()

    begun.client.set_goal("Run", goal_id="g")
    with pytest.raises(Refused) as caught:
        other.client.set_goal("Run", goal_id="g")
    assert caught.value.code == "goal.duplicate"
    other.client.set_goal("Swim")
    assert other.version == begun.refresh().version


def test_a_before_handler_returns_what_it_adds_and_records_nothing_itself(begun: Engagement) -> None:
    @begun.practice.before(GoalSet)
    def greet(pending: Pending[GoalSet]) -> None:
        begun.coach.encourage("Well done")

    before = begun.version
    with pytest.raises(Refused) as caught:
        begun.client.set_goal("Run")
    assert caught.value.code == "hook.recorded"
    assert_nothing_stored(begun, before)
    begun.client.check_in()


# --- adding and removing ---------------------------------------------------------------------------------------------


def test_a_removed_handler_runs_no_more_for_any_type_and_is_removed_once(begun: Engagement) -> None:
    calls: list[str] = []

    def note(either: Any) -> None:
        calls.append(type(either).__name__)

    hooks = begun.practice.hooks
    for add in (hooks.before(CheckInMade), hooks.after(CheckInMade), hooks.after(MessageSent)):
        assert add(note) is note
    begun.client.check_in()
    assert calls == ["Pending", "Stored"]
    hooks.remove(note)
    begun.client.check_in()
    begun.client.send_message()
    assert calls == ["Pending", "Stored"]
    with pytest.raises(NotFound) as caught:
        hooks.remove(note)
    assert caught.value.code == "hook_handler.unknown"


def test_a_bound_method_is_removed_as_it_was_added(begun: Engagement) -> None:
    calls: list[Any] = []
    begun.practice.after(CheckInMade)(calls.append)
    begun.practice.hooks.remove(calls.append)
    begun.client.check_in()
    assert calls == []


def test_handlers_added_or_removed_while_those_of_an_event_run_do_so_from_the_next_event_on(begun: Engagement) -> None:
    calls: list[str] = []
    hooks = begun.practice.hooks

    def second(either: Any) -> None:
        calls.append("second")

    def third(either: Any) -> None:
        calls.append("third")

    def change(register: Callable[[Any], Any]) -> Callable[[Any], None]:
        def first(either: Any) -> None:
            calls.append("first")
            hooks.remove(first)
            hooks.remove(second)
            register(third)

        return first

    for register in (hooks.before(CheckInMade), hooks.after(CheckInMade)):
        register(change(register))
        register(second)
        with begun.batch() as batch:
            batch.client.check_in()
            batch.client.check_in()
        assert calls == ["first", "second", "third"]
        hooks.remove(third)
        calls.clear()


async def asynchronous(either: Any) -> None: ...


async def asynchronous_generator(either: Any) -> AsyncIterator[None]:
    yield


class Asynchronous:
    async def __call__(self, either: Any) -> None: ...


def generator(*either: Any) -> Iterator[Content]:
    yield MessageSent()


class Generator:
    def __call__(self, either: Any) -> Iterator[Content]:
        yield MessageSent()


@pytest.mark.parametrize(
    ("handler", "code"),
    [
        (asynchronous, "hook_handler.asynchronous"),
        (Asynchronous(), "hook_handler.asynchronous"),
        (asynchronous_generator, "hook_handler.invalid"),
        (None, "hook_handler.invalid"),
        ("note", "hook_handler.invalid"),
    ],
)
def test_what_could_never_handle_an_event_is_refused_when_it_is_added(
    begun: Engagement, handler: Any, code: str
) -> None:
    for add in (begun.practice.before(GoalSet), begun.practice.after(GoalSet)):
        with pytest.raises(NotValid) as caught:
            add(handler)
        assert (caught.value.code, caught.value.path) == (code, "handler")
    if callable(handler):
        with pytest.raises(NotValid) as caught:
            coachcore.open(on_failure=handler)
        assert (caught.value.code, caught.value.path) == (code, "on_failure")
    begun.client.set_goal("Run")


def test_a_generator_adds_events_before_and_is_refused_after_where_nothing_of_it_would_run(begun: Engagement) -> None:
    begun.practice.before(CheckInMade)(generator)
    with pytest.raises(NotValid) as caught:
        begun.practice.after(CheckInMade)(generator)
    assert caught.value.code == "hook_handler.invalid"
    with pytest.raises(NotValid) as caught:
        begun.practice.after(CheckInMade)(Generator())
    assert caught.value.code == "hook_handler.invalid"
    with pytest.raises(NotValid) as caught:
        coachcore.open(on_failure=generator)
    assert (caught.value.code, caught.value.path) == ("hook_handler.invalid", "on_failure")
    begun.client.check_in()
    assert [event.type for event in begun.recorded()][-2:] == ["CheckInMade", "MessageSent"]


# --- after, in any case ----------------------------------------------------------------------------------------------


def test_the_state_of_after_is_the_one_at_that_event_in_batches_and_of_late_and_corrected_events(
    begun: Engagement, clock: Any
) -> None:
    then, calls = clock.now, []
    clock.forward(days=3)

    @begun.practice.after(Content)
    def note(stored: Stored[Content]) -> None:
        calls.append(stored)

    with begun.batch() as batch:
        goal = batch.client.set_goal("Run", goal_id="run")
        batch.client.check_in("Late", occurred_at=then)
        batch.client.set_goal("Swim", goal_id="swim", occurred_at=then)
        batch.client.drop_goal("swim", "Too wet")
    first = calls[0].event
    begun.client.record(
        EntryCorrected(entry_id=first.id, replacement=GoalSet(goal_id="run", title="Walk"), reason="A typo")
    )
    assert goal.title == calls[0].state.goals["run"].title == "Run"
    assert calls[-1].state.goals["run"].title == "Walk"
    recorded = begun.recorded()
    assert [stored.event.version for stored in calls] == [event.version for event in recorded[-5:]]
    for stored in calls:
        assert stored.state == fold(effective_events(recorded[: stored.event.version]))


class Falsy(Exception):
    def __bool__(self) -> bool:
        return False


def recursing(stored: Stored[Any]) -> None:
    recursing(stored)


def fails_with(kind: type[BaseException]) -> Callable[[Stored[Any]], None]:
    def fails(stored: Stored[Any]) -> None:
        raise kind

    return fails


FAILURES = [fails_with(kind) for kind in (KeyError, Falsy, StopIteration, GeneratorExit, SystemExit)]


@pytest.mark.parametrize("handler", [*FAILURES, recursing, lambda _: asynchronous(None)])
@pytest.mark.parametrize("does_report_fail", [False, True])
def test_every_handler_runs_whatever_another_raises_or_its_report(
    agreement: Agreement, clock: Any, handler: Any, does_report_fail: bool
) -> None:
    calls: list[int] = []
    failures: list[Exception] = []

    def on_failure(stored: Stored[Any], error: Exception) -> Any:
        failures.append(error)
        return handler(stored) if does_report_fail else None

    with coachcore.open(clock=clock, on_failure=on_failure) as practice:
        practice.after(Content)(handler)
        practice.after(Content)(lambda stored: calls.append(stored.event.version))
        interrupts: list[BaseException] = []
        for _ in range(2):
            try:
                practice.propose(agreement, engagement_id=f"eng-{len(calls)}").client.send_message()
            except BaseException as interrupt:
                interrupts.append(interrupt)
        ids = practice.ids()
    assert calls == ([1, 2, 1, 2] if not interrupts else [1, 1])
    assert ids == ("eng-0", f"eng-{len(calls) // 2}")
    is_interrupt = handler in FAILURES[-2:]
    assert (len(interrupts), len(failures)) == ((2, 0) if is_interrupt else (0, 4))


def test_a_failing_log_skips_no_handler(begun: Engagement) -> None:
    calls: list[int] = []

    class Broken(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            raise OSError("the disk of logs is full")

    begun.practice.after(CheckInMade)(fails_with(KeyError))
    begun.practice.after(CheckInMade)(lambda stored: calls.append(stored.event.version))
    log, broken = logging.getLogger("coachcore.hooks"), Broken()
    log.addHandler(broken)
    try:
        with pytest.raises(OSError, match="disk of logs"):
            begun.client.check_in()
    finally:
        log.removeHandler(broken)
    assert calls == [begun.version]


def test_a_slow_after_handler_delays_neither_reads_nor_records_and_later_events_are_handled_in_order(
    practice: Any, agreement: Agreement
) -> None:
    anna, ben = (practice.propose(agreement, engagement_id=name) for name in ("anna", "ben"))
    is_running, may_go_on = Signal(), Signal()
    calls: list[tuple[str, int]] = []

    @practice.after(MessageSent)
    def slow(stored: Stored[MessageSent]) -> None:
        if stored.event.engagement_id == "anna":
            is_running.set()
            may_go_on.wait(30)
        calls.append((stored.event.engagement_id, stored.event.version))

    thread = Thread(target=anna.client.send_message)
    thread.start()
    try:
        assert is_running.wait(30)
        assert ben.state().version == 1
        ben.client.send_message()
        with practice.unit() as unit:
            unit.load("ben").client.send_message()
        assert practice.load("ben").state().version == 3
        assert anna.refresh().version == 2, "the event whose handler runs is stored"
        assert (calls, thread.is_alive()) == ([], True)
    finally:
        may_go_on.set()
        thread.join()
    assert calls == [("anna", 2), ("ben", 2), ("ben", 3)]


# --- readers ---------------------------------------------------------------------------------------------------------


def test_a_handler_that_names_a_reader_gets_what_that_role_may_read(begun: Engagement) -> None:
    pendings: list[PendingView] = []
    handled: list[StoredView] = []
    for reader in ("sponsor", Role.COACH):
        begun.practice.before(Content, reader=reader)(pendings.append)
        begun.practice.after(Content, reader=reader)(handled.append)
    begun.client.set_goal("Run")
    begun.client.record(ReflectionWritten(text="For me alone"), visibility="author")
    begun.coach.send_message("Dear sponsor", visibility="sponsor")
    may_read = [(False, True), (False, False), (True, True)]  # of each event: the sponsor, the coach
    assert [type(view.item) is Event for view in handled] == [answer for answers in may_read for answer in answers]
    assert [view.content is not None for view in pendings] == [answer for answers in may_read for answer in answers]
    assert [view.type for view in pendings] == [view.item.type for view in handled]
    for view in handled[-2:]:
        assert view.view == begun.view(view.reader)
        assert view.item == view.view.items[-1]
    for before, after in zip(pendings, handled, strict=True):
        assert before.view is not None
        assert before.view.items == after.view.items[:-1]
        items = (after.item, *before.view.items, *after.view.items)
        readable = [item.content if isinstance(item, Event) else item.fields for item in items]
        assert "For me alone" not in str(to_json([before.content, *readable]))


def test_a_reader_sees_of_a_correction_no_more_than_of_what_it_corrects(begun: Engagement) -> None:
    pendings: list[PendingView] = []
    begun.practice.before(EntryCorrected, reader="sponsor")(pendings.append)
    for visibility in ("sponsor", "shared"):
        (event,) = begun.client.record(MessageSent(text="Dear sponsor"), visibility=visibility)
        begun.client.record(EntryCorrected(entry_id=event.id, replacement=MessageSent(text="Hello"), reason="A typo"))
    assert [view.content is not None for view in pendings] == [True, False]


def test_a_reader_of_a_proposal_sees_no_engagement_before_it(practice: Practice, agreement: Agreement) -> None:
    pendings: list[PendingView] = []
    practice.before(EngagementProposed, reader="sponsor")(pendings.append)
    practice.propose(agreement)
    assert pendings[0].view is None
    assert isinstance(pendings[0].content, EngagementProposed)


def test_a_handler_that_names_a_reader_may_veto(begun: Engagement) -> None:
    @begun.practice.before(MessageSent, reader="supervisor")
    def veto(pending: PendingView) -> None:
        pending.veto("not today")

    with pytest.raises(Refused) as caught:
        begun.client.send_message()
    assert caught.value.code == "hook.vetoed"


def test_a_handler_that_reads_as_a_party_runs_for_their_engagements_with_what_they_may_read(
    begun: Engagement, agreement: Agreement
) -> None:
    practice = begun.practice
    readers: list[tuple[list[PendingView], list[StoredView]]] = []
    client, coach = begun.client.actor, begun.coach.actor
    for reader in (client.party, coach, "nobody-there"):
        pendings: list[PendingView] = []
        handled: list[StoredView] = []
        practice.before(Content, reader=reader)(pendings.append)
        practice.after(Content, reader=reader)(handled.append)
        readers.append((pendings, handled))
    begun.client.record(ReflectionWritten(text="For me alone"), visibility="author")
    others = (Party(id="cid", name="Cid", role=Role.CLIENT), Party(id="dora", name="Dora", role=Role.COACH))
    practice.propose(attrs.evolve(agreement, parties=others)).client.record(MessageSent(text="Elsewhere"))
    may_read = [True, False]
    for (pendings, handled), is_whole in zip(readers[:2], may_read, strict=True):
        assert [view.engagement_id for view in (*pendings, *handled)] == [begun.id] * 2
        assert [isinstance(view.item, Event) for view in handled] == [is_whole]
        assert [view.content is not None for view in pendings] == [is_whole]
    assert [view.reader for view in (*readers[0][0], *readers[1][1])] == [client, coach]
    assert readers[0][1][0].view == begun.view(client)
    assert readers[2] == ([], [])


def test_a_party_reads_the_agreement_that_is_proposed_to_them(practice: Practice, agreement: Agreement) -> None:
    pendings: list[PendingView] = []
    practice.before(EngagementProposed, reader=agreement.parties[0].id)(pendings.append)
    practice.propose(agreement)
    assert [type(view.content) for view in pendings] == [EngagementProposed]


@pytest.mark.parametrize("reader", ["Coach", "sponser", "clients", 5])
def test_what_is_nearly_a_roles_name_is_no_partys_id(begun: Engagement, reader: Any) -> None:
    with pytest.raises(NotValid, match=r"role\.unknown"):
        begun.practice.after(MessageSent, reader=reader)


@pytest.mark.parametrize("reader", ["", "no id"])
def test_a_reader_that_can_be_no_id_is_refused(begun: Engagement, reader: str) -> None:
    with pytest.raises(NotValid) as caught:
        begun.practice.after(MessageSent, reader=reader)
    assert caught.value.path == "reader"


def test_a_misspelt_role_is_no_reader(begun: Engagement) -> None:
    for add in (begun.practice.before, begun.practice.after):
        with pytest.raises(NotValid) as caught:
            add(MessageSent, reader="couch")
        assert (caught.value.code, caught.value.hint) == ("role.unknown", "did you mean 'coach'?")


# --- asynchronous handlers -------------------------------------------------------------------------------------------


@pytest.fixture
def stored(begun: Engagement) -> Stored[Any]:
    calls: list[Stored[Any]] = []
    begun.practice.after(CheckInMade)(calls.append)
    begun.client.check_in()
    return calls[0]


def test_an_asynchronous_practice_awaits_handlers_and_on_failure_in_order(stored: Stored[Any]) -> None:
    calls: list[str] = []

    async def on_failure(stored: Stored[Any], error: Exception) -> None:
        await asyncio.sleep(0)
        calls.append(f"reported {error}")

    hooks = AsyncHooks(on_failure)

    @hooks.after(CheckInMade)
    async def slow(stored: Stored[CheckInMade]) -> None:
        for _ in range(5):
            await asyncio.sleep(0)
        calls.append("slow")
        raise ValueError("oh")

    hooks.after(CheckInMade)(lambda _: calls.append("plain"))
    hooks.add_committed([stored, stored])
    asyncio.run(run_async(hooks.notify_flow()))
    assert calls == ["slow", "reported oh", "plain"] * 2


def test_a_before_handler_that_is_awaited_may_veto_and_add(begun: Engagement) -> None:
    pendings: list[Pending[Any]] = []
    begun.practice.before(CheckInMade)(pendings.append)
    begun.client.check_in()
    hooks = AsyncHooks()

    @hooks.before(CheckInMade)
    async def adds(pending: Pending[CheckInMade]) -> list[Content]:
        await asyncio.sleep(0)
        return [MessageSent()]

    assert asyncio.run(run_async(hooks.before_flow(pendings[0]))) == (MessageSent(),)

    @hooks.before(CheckInMade)
    async def vetoes(pending: Pending[CheckInMade]) -> None:
        await asyncio.sleep(0)
        pending.veto("not today")

    with pytest.raises(Refused) as caught:
        asyncio.run(run_async(hooks.before_flow(pendings[0])))
    assert caught.value.code == "hook.vetoed"


def test_a_task_that_is_cancelled_in_a_handler_runs_the_other_handlers_first(stored: Stored[Any]) -> None:
    hooks, calls = AsyncHooks(), []

    @hooks.after(CheckInMade)
    async def waits(stored: Stored[CheckInMade]) -> None:
        calls.append("waits")
        await asyncio.Event().wait()

    @hooks.after(CheckInMade)
    async def runs(stored: Stored[CheckInMade]) -> None:
        await asyncio.sleep(0)
        calls.append("runs")

    async def main() -> None:
        hooks.add_committed([stored])
        task = asyncio.create_task(run_async(hooks.notify_flow()))
        await asyncio.sleep(0)
        hooks.add_committed([stored])
        await run_async(hooks.notify_flow())
        assert calls == ["waits"], "one task at a time runs handlers, and no other waits for it"
        hooks.remove(waits)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert calls == ["waits", "runs", "runs"]


def test_handlers_that_are_left_when_nobody_awaits_them_any_longer_run_at_the_next_commit(stored: Stored[Any]) -> None:
    hooks, calls = AsyncHooks(), []

    @hooks.after(CheckInMade)
    async def waits(stored: Stored[CheckInMade]) -> None:
        calls.append("waits")
        await asyncio.sleep(0)

    hooks.after(CheckInMade)(lambda _: calls.append("runs"))
    hooks.add_committed([stored])
    abandoned = run_async(hooks.notify_flow())
    abandoned.send(None)
    abandoned.close()
    assert calls == ["waits"]
    hooks.add_committed([stored])
    asyncio.run(run_async(hooks.notify_flow()))
    assert calls == ["waits", "runs", "waits", "runs"]


# --- plug-ins --------------------------------------------------------------------------------------------------------

PLUGIN = """
from coachcore.events import ConcernRaised, GoalSet, MessageSent

def one_goal(pending):
    if pending.state.goals:
        pending.veto("one goal at a time")

def broken(either):
    raise ZeroDivisionError("oh")

def add_handlers(practice):
    practice.before(GoalSet)(one_goal)
    practice.before(MessageSent)(broken)
    practice.after(ConcernRaised)(broken)

def fails(practice):
    raise KeyError("no settings")

def adds_nothing_usable(practice):
    practice.before("GoalSet")(one_goal)

async def asynchronous(practice): ...

not_a_function = 5
"""


@pytest.fixture
def plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two distributions with entry points, as an installer would leave them."""
    offered = {
        "acme": ["audit = acme_plugins:add_handlers", "both = acme_plugins:fails", "fails = acme_plugins:fails"]
        + [f"{name} = acme_plugins:{name}" for name in ("adds_nothing_usable", "asynchronous", "not_a_function")]
        + ["absent = acme_plugins:absent", "unimportable = acme_elsewhere:add_handlers"],
        "umbrella": ["both = acme_plugins:add_handlers"],
    }
    (tmp_path / "acme_plugins.py").write_text(PLUGIN)
    for name, points in offered.items():
        folder = tmp_path / f"{name}-1.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (folder / "entry_points.txt").write_text("[coachcore.hooks]\n" + "\n".join(points) + "\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "acme_plugins", raising=False)


@pytest.mark.usefixtures("plugins")
def test_a_plug_in_is_loaded_by_name_and_named_where_its_handlers_fail(
    agreement: Agreement, caplog: pytest.LogCaptureFixture
) -> None:
    with coachcore.open(plugins=["audit"]) as practice:
        client = practice.propose(agreement).client
        with pytest.raises(Refused) as caught:
            client.send_message()
        assert "acme_plugins.broken (plug-in 'audit')" in caught.value.message
        client.raise_concern("Too far")
        assert "acme_plugins.broken (plug-in 'audit')" in caplog.text
        practice.after(ConcernRaised)(fails_with(KeyError))
        client.raise_concern("Too fast")
        assert "fails\n" in caplog.text, "a handler of the host's own is no plug-in's"


@pytest.mark.usefixtures("plugins")
def test_no_plug_in_is_loaded_because_it_is_installed(agreement: Agreement) -> None:
    with coachcore.open() as practice:
        assert practice.propose(agreement).client.send_message().version == 2
        assert not practice.hooks.has_before
    assert "acme_plugins" not in sys.modules


@pytest.mark.usefixtures("plugins")
@pytest.mark.parametrize(
    ("name", "code", "reason"),
    [
        ("fails", "plugin.failed", "'fails' failed: KeyError"),
        ("adds_nothing_usable", "plugin.failed", "[hook_event_type.missing]"),
        ("absent", "plugin.failed", "AttributeError"),
        ("unimportable", "plugin.failed", "ModuleNotFoundError"),
        ("asynchronous", "plugin.invalid", "'asynchronous' is function"),
        ("not_a_function", "plugin.invalid", "'not_a_function' is 5"),
        ("both", "plugin.ambiguous", "acme_plugins:add_handlers, acme_plugins:fails"),
        ("audits", "plugin.unknown", "did you mean 'audit'?"),
        (5, "plugin.unknown", "plug-in 5"),
    ],
)
def test_an_error_of_a_plug_in_has_its_name_and_leaves_no_open_store(
    monkeypatch: pytest.MonkeyPatch, name: Any, code: str, reason: str
) -> None:
    closed: list[MemoryStore] = []
    monkeypatch.setattr(MemoryStore, "close", lambda store: closed.append(store))
    with pytest.raises(NotFound if code == "plugin.unknown" else NotValid) as caught:
        coachcore.open(plugins=[name])
    assert caught.value.code == code
    assert reason in str(caught.value)
    assert len(closed) == 1


def test_plug_ins_are_a_list_of_names() -> None:
    for value in ("audit", True, None):
        with pytest.raises(NotValid) as caught:
            coachcore.open(plugins=value)  # type: ignore[arg-type]
        assert (caught.value.code, caught.value.path) == ("value.invalid", "plugins")


def test_a_handler_that_names_a_reader_gets_the_state_as_that_role_may_see_it(begun: Engagement) -> None:
    before: list[PendingView] = []
    after: list[StoredView] = []
    begun.practice.before(Content, reader="sponsor")(before.append)
    begun.practice.after(Content, reader="sponsor")(after.append)
    begun.client.set_goal("Leave", goal_id="tell-boss-I-quit", why="A marker")
    begun.client.revise_goal("tell-boss-I-quit", "A marker", event_id="a-marker-of-an-event")
    assert [dict(view.fields) for view in before] == [{}, {}]
    assert before[1].state is not None
    assert dict(before[1].state.goals) == dict(after[1].state.goals) == {}
    for view in after:
        assert "arker" not in str([view.item, list(vars(view.state).items())])
        assert "quit" not in str([view.item, list(vars(view.state).items())])
    assert begun.state().goals["tell-boss-I-quit"].why == "A marker"
