"""A ledger that goes on from an earlier one is the ledger that is computed anew, however the history goes on."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pendulum import DateTime

import coachcore
from coachcore.charter import load
from coachcore.engagement import EventLog, History
from coachcore.events import Event
from coachcore.facts import schemas
from coachcore.interop import parse_message_log
from coachcore.interop.importing import import_journal
from coachcore.ledger import Ledger, ledger
from coachcore.ledger import continuation as module
from coachcore.ledger.opening import Opening
from coachcore.model.times import as_moment
from coachcore.rules import RuleSet
from coachcore.testing.strategies import histories
from tests.ledger.test_any_history import busy
from tests.ledger.test_hard_cases import Course
from tests.ledger.test_sources import log


def moments_of(events: Sequence[Event], gaps: Sequence[int]) -> list[tuple[int, DateTime]]:
    """After how many events, and how long after the last of them was recorded, somebody looks."""
    looks, version = [], 1
    for index, gap in enumerate(gaps):
        version = min(version + index % 5, len(events))
        looks.append((version, as_moment(events[version - 1].recorded_at + timedelta(hours=gap))))
    looks.append((len(events), as_moment(events[-1].recorded_at + timedelta(days=90))))
    return looks


@pytest.fixture(autouse=True, scope="module")
def _every_ledger_goes_on() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "KEPT_FROM", 0)
        yield


@settings(max_examples=30)
@given(
    st.booleans().flatmap(lambda late: busy(late=late, most=120)) | histories(most=60),
    st.lists(st.sampled_from([0, 1, 30, 100, 400]), min_size=3, max_size=40),
)
def test_going_on_is_computing_anew(events: list[Event], gaps: list[int]) -> None:
    event_log, earlier = EventLog(), None
    for version, moment in moments_of(events, gaps):
        event_log.extend(events[event_log.version : version])
        history = event_log.history(moment, max(moment, events[version - 1].recorded_at))
        anew = ledger(load(), history)
        earlier = ledger(load(), history, earlier=earlier)
        assert earlier == anew
        assert [opening.id for opening in earlier._outlook.openings] == [each.id for each in anew.obligations]
        assert earlier.due(as_moment(moment + timedelta(days=30))) == anew.due(as_moment(moment + timedelta(days=30)))


@settings(max_examples=20)
@given(busy(late=True, most=120), st.lists(st.sampled_from([0, 30, 400]), min_size=3, max_size=20))
def test_a_ledger_stays_as_it_was_when_others_go_on_from_it(events: list[Event], gaps: list[int]) -> None:
    event_log, ledgers, histories = EventLog(), list[Ledger](), list[History]()
    for version, moment in moments_of(events, gaps):
        event_log.extend(events[event_log.version : version])
        histories.append(event_log.history(moment, max(moment, events[version - 1].recorded_at)))
        ledgers.append(ledger(load(), histories[-1], earlier=ledgers[-1] if ledgers else None))
    for went_on, history in zip(ledgers, histories, strict=True):  # of none has anything been asked until now
        anew = ledger(load(), history)
        assert [went_on.obligation(obligation.id) for obligation in anew.obligations] == [*anew.obligations]
        assert went_on == anew


def test_what_is_over_is_not_settled_again(monkeypatch: pytest.MonkeyPatch) -> None:
    settled: list[str] = []
    settle = module.settle

    def counted(opening: Opening, *others: Any) -> Any:
        settled.append(opening.id)
        return settle(opening, *others)

    monkeypatch.setattr(module, "settle", counted)
    course = Course().on(300)
    number = len(course.eng.ledger().obligations)
    settled.clear()
    course.on(301).client.reflect("Slept well.")
    later = course.eng.ledger()
    assert number > 100
    assert 0 < len(settled) < number / 5
    snapshot = course.eng.snapshot()
    assert later == ledger(snapshot.charter, snapshot.history)


def test_a_late_entry_an_assertion_and_a_correction_reach_what_was_over() -> None:
    course = Course()
    reflection = "client.development.reflection#2"
    course.on(60)
    assert course.eng.ledger().obligation(reflection).state == "missed"
    course.client.reflect("Written down at last.", occurred_at=course.time(10))
    assert course.eng.ledger().obligation(reflection).state == "met_late"  # it came too late to be in time
    waived = "client.communication.open#3"
    assert course.eng.ledger().obligation(waived).state == "missed"
    course.on(61).coach.waive_obligation(waived, "We had agreed on a quiet week.")
    assert course.eng.ledger().obligation(waived).state == "waived"


def test_a_ledger_of_the_past_and_one_of_the_present_do_not_disturb_each_other() -> None:
    course = Course().on(100)
    now, past = course.eng.ledger(), course.eng.ledger(as_of=course.time(50))
    assert course.on(101).eng.ledger(as_of=course.time(50)) == past
    assert course.eng.ledger(as_of=course.time(100)) == now
    assert len(past.obligations) < len(now.obligations)


def test_of_two_ledgers_that_go_on_from_one_each_is_right() -> None:
    course = Course().on(50)
    charter, earlier = course.eng.snapshot().charter, course.eng.ledger()
    histories = [course.on(day).eng.snapshot().history for day in (60, 70)]
    assert [ledger(charter, history, earlier=earlier) for history in histories] == [
        ledger(charter, history) for history in histories
    ]


def anew(course: Course) -> Ledger:
    """The ledger, computed by itself."""
    snapshot = course.eng.snapshot()
    return ledger(snapshot.charter, snapshot.history, snapshot.rules)


def test_an_occasion_that_comes_to_stand_before_others_is_put_in_its_place() -> None:
    course = Course().on(1)
    course.coach.set_goal("Walk home", goal_id="walk", owner="ben")
    course.on(2).client.set_goal("Sleep more", goal_id="sleep")
    asked = "client.goals.action_plan/sleep"
    assert course.on(13).eng.ledger().obligation(asked).state == "missed"
    course.client.accept_goal("walk")
    assert course.eng.ledger() == anew(course)
    assert "client.goals.action_plan/walk" in {obligation.id for obligation in course.eng.ledger().obligations}


def test_a_pause_moves_the_day_to_which_an_action_was_moved_after_it_was_missed() -> None:
    course, discipline = Course().on(1), "client.motivation.discipline#2"
    course.client.plan_action("Call the dentist", action_id="call", due_on=course.time(3).date())
    course.on(40).client.reschedule_action("call", course.time(50).date(), "Forgot")
    course.client.pause("On leave")
    assert course.on(42).eng.ledger().obligation(discipline).state == "open"
    course.on(44).client.resume()
    assert course.on(120).eng.ledger().obligation(discipline).state == "missed"
    assert course.eng.ledger() == anew(course)


def test_a_late_entry_changes_how_a_goal_is_judged_that_was_set_after_it() -> None:
    rules = RuleSet.from_toml(
        """
        [[rule]]
        id = "own.alone"
        on = "goal"
        require = "other_active_goals == 0 and title_words > 2"
        severity = "error"
        """,
        schemas=schemas(),
    )
    course = Course(rules=rules)
    course.on(3).client.set_goal("Sleep eight hours", goal_id="sleep")
    met = course.on(4).eng.ledger().obligation("client.goals.smart/start")
    course.client.set_goal("Walk home", goal_id="walk", occurred_at=course.time(2))
    assert met.settled_at == course.time(3)
    assert course.eng.ledger() == anew(course)
    assert course.eng.ledger().obligation(met.id).state == "open"


def test_an_engagement_of_a_message_log_is_left_by_what_the_log_cannot_hold() -> None:
    clock = [as_moment("2026-06-20T08:00:00Z")]
    engagement = import_journal(coachcore.open(clock=lambda: clock[0]), parse_message_log(log()))
    days = (
        ("2026-07-01", "send_message"),
        ("2026-07-02", "reflect"),
        ("2026-07-03", "send_message"),
        ("2026-08-09", "reflect"),
    )
    for day, act in days:
        clock[0] = as_moment(f"{day}T08:00:00Z")
        getattr(engagement.as_party("client"), act)("Slept well")
        snapshot = engagement.snapshot()
        assert snapshot.ledger == ledger(snapshot.charter, snapshot.history)
    assert any(each.state == "missed" for each in engagement.ledger().obligations)


def handed_over(course: Course) -> None:
    course.coach.hand_over_duty("coach.structure.review", "client")
    course.client.accept_handover("coach.structure.review")


@pytest.mark.parametrize(
    ("act", "is_same"),
    [
        (lambda course: course.client.reflect("Slept well"), True),
        (lambda course: course.client.pause("On leave"), False),
        (lambda course: course.coach.complete("We are there"), False),
        (handed_over, False),
        (lambda course: course.amend(title="Another"), False),
    ],
)
def test_a_timeline_goes_on_while_only_time_passes(act: Callable[[Course], Any], *, is_same: bool) -> None:
    course = Course().on(20)
    before = course.eng.snapshot().history.timeline
    act(course)
    history = course.on(40).eng.snapshot().history
    later = before.going_on(history.state, history.as_of)
    assert (later is not None) is is_same
    if later is not None:
        assert (later.as_of, before.as_of) == (history.as_of, course.time(20))


def test_no_timeline_goes_on_in_a_pause_which_is_longer_at_every_moment() -> None:
    course = Course().on(20)
    course.client.pause("On leave")
    before = course.eng.snapshot().history.timeline
    history = course.on(25).eng.snapshot().history
    assert before.going_on(history.state, history.as_of) is None


def test_a_short_ledger_keeps_nothing_and_is_computed_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    course = Course().on(20)
    monkeypatch.setattr(module, "KEPT_FROM", len(course.eng.ledger().obligations) + 1)
    earlier = course.on(21).eng.ledger()
    assert earlier._continuation.take(earlier.charter, course.eng.snapshot().rules) is None
    assert course.on(22).eng.ledger() == anew(course)


def agreed_to_a_move(course: Course) -> None:
    course.coach.schedule_session(course.time(5), session_id="m")
    course.on(4.5).coach.move_session("m", course.time(6), "Ill")
    course.on(6.1).coach.hold_session("m")
    course.on(15).client.agree_to_move("m")


def decided_a_breach(course: Course) -> None:
    course.on(5).client.report_breach("coach.ethics.code", "It was said aloud", breach_id="b")
    course.on(15).coach.resolve_breach("b", True, "So it was")


def changed_the_terms(course: Course) -> None:
    course.on(15).amend(ends_on="2026-01-30")


def confirmed_a_pause(course: Course) -> None:
    course.on(6).client.pause("Away")
    course.on(15).coach.confirm_pause()


def corrected_an_entry(course: Course) -> None:
    reflection = course.on(5).client.reflect("Slept well")
    course.on(15).client.correct_entry(reflection.id, "It was not mine")


@pytest.mark.parametrize(
    "act", [agreed_to_a_move, decided_a_breach, changed_the_terms, confirmed_a_pause, corrected_an_entry]
)
def test_from_a_moment_before_an_act_that_was_recorded_already_the_ledger_goes_on_to_one_after_it(
    act: Callable[[Course], None],
) -> None:
    course = Course()
    act(course)
    course.on(60)
    snapshots = [course.eng.snapshot(as_of=course.time(day)) for day in (10, 14, 15.5, 40)]
    earlier = None
    for snapshot in snapshots:
        anew = ledger(snapshot.charter, snapshot.history)
        earlier = ledger(snapshot.charter, snapshot.history, earlier=earlier)
        assert earlier == anew
