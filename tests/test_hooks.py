"""Hooks: before may veto and add, after may fail; what is refused leaves nothing, what is stored stays."""

import logging
from typing import Any

import pytest

import coachcore
from coachcore.errors import NotAllowed, NotValid, Refused
from coachcore.events import (
    ActionPlanned,
    CheckInMade,
    Content,
    EngagementProposed,
    EngagementStarted,
    GoalSet,
    MessageSent,
    ReflectionPrompted,
    SessionHeld,
)
from coachcore.hooks import Pending, Stored
from coachcore.model import Agreement
from coachcore.practice import Engagement


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
    assert "ZeroDivisionError('oh')" in caught.value.message
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
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
        assert stored.event.position == begun.practice.store.last_position()
        ran.append(stored.event.version)

    with caplog.at_level(logging.ERROR, "coachcore.hooks"):
        goal = begun.client.set_goal("Run")
    assert ran == [begun.version]
    assert goal.id in begun.practice.load(begun.id).state().goals
    assert "an after handler failed on GoalSet" in caplog.text
    assert "ZeroDivisionError: oh" in caplog.text


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
    begun.practice.after(CheckInMade)(lambda stored: calls.append(stored.event.position))
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
