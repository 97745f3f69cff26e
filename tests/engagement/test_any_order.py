"""Histories recorded in any order: the state is that of the order of occurrence, and an entry costs the same wherever it belongs."""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from random import Random
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coachcore import events as e
from coachcore.engagement import EventLog, State, effective_events, fold
from coachcore.engagement import history as history_module
from coachcore.engagement import late as late_module
from coachcore.engagement.evolve import HANDLERS, evolve
from coachcore.events import Event
from coachcore.model.measures import Reach
from coachcore.model.times import as_moment
from coachcore.practice import Engagement
from coachcore.testing.strategies import histories

SESSIONS = (
    e.SessionScheduled,
    e.SessionHeld,
    e.SessionMissed,
    e.EntryCorrected,
    e.AgreementAmended,
    e.EngagementStarted,
)
GOALS = (
    e.GoalSet,
    e.GoalRevised,
    e.GoalScored,
    e.GoalPaused,
    e.GoalResumed,
    e.DaySkipped,
    e.GoalDropped,
    e.ProgressRecorded,
    e.EntryCorrected,
)


def recorded(events: Iterable[Event]) -> list[Event]:
    """Events as if they had been recorded in this order."""
    return [attrs.evolve(event, version=version) for version, event in enumerate(events, 1)]


def assert_same(state: State, other: State, *, but: Sequence[str] = ()) -> None:
    for field in attrs.fields(State):
        if field.name not in but:
            assert getattr(state, field.name) == getattr(other, field.name), field.name


def test_every_event_that_changes_a_goal_is_folded_again_with_a_late_one() -> None:
    about_goals = {
        kind for kind in HANDLERS if "goal_id" in kind.__annotations__ and "action_id" not in kind.__annotations__
    }
    assert about_goals <= set(late_module.PARTS)


def test_a_pause_that_is_recorded_after_its_confirmation_counts_as_confirmed(begun: Engagement) -> None:
    pause = begun.coach.pause("Holidays", until="2026-02-01")
    begun.client.confirm_pause()
    *before, paused, confirmed = begun.recorded()
    assert paused.id == pause.id
    event_log = EventLog()
    for event in recorded([*before, confirmed, paused]):
        event_log.extend([event])
    assert_same(event_log.state, begun.state(), but=("version", "events"))
    assert event_log.state.pause_ends_at is None


@pytest.mark.parametrize("kinds", [(), SESSIONS, GOALS], ids=["all", "sessions", "goals"])
@settings(max_examples=40, deadline=None)
@given(data=st.data(), random=st.randoms(use_true_random=False))
def test_one_by_one_in_any_order_is_the_fold_of_all(kinds: Any, data: st.DataObject, random: Random) -> None:
    """Corrections may come before what they correct, and events before the proposal: what is stored is folded all the same."""
    entries = data.draw(histories(kinds=kinds))
    shuffled = entries[:]
    random.shuffle(shuffled)
    for order in (shuffled, [entries[0], *reversed(entries[1:])]):
        event_log = EventLog()
        entries_in_order = recorded(order)
        for number, entry in enumerate(entries_in_order, 1):
            event_log.extend([entry])
            expected = fold(effective_events(entries_in_order[:number]))
            assert event_log.version == number
            if expected is None:
                assert event_log._state is None
            else:
                assert_same(event_log.state, expected)
                assert list(
                    event_log.history(expected.last_at, entry.recorded_at.add(years=9)).effective
                ) == effective_events(entries_in_order[:number])


@settings(max_examples=40, deadline=None)
@given(entries=histories(), random=st.randoms(use_true_random=False))
def test_the_same_events_are_the_same_state_in_whatever_order_they_were_recorded(
    entries: list[Event], random: Random
) -> None:
    began = entries[0].occurred_at
    uncorrected = [event for event in effective_events(entries) if not isinstance(event.content, e.EntryCorrected)]
    at_moments_of_their_own = [
        attrs.evolve(event, occurred_at=as_moment(began + timedelta(minutes=number)))
        for number, event in enumerate(uncorrected)
    ]
    shuffled = at_moments_of_their_own[:]
    random.shuffle(shuffled)
    in_order, in_any_order = EventLog(), EventLog()
    for event_log, order in ((in_order, at_moments_of_their_own), (in_any_order, shuffled)):
        for entry in recorded(order):
            event_log.extend([entry])
    assert_same(in_any_order.state, in_order.state, but=["version", "events"])
    assert {(id_, entry.content, entry.occurred_at) for id_, entry in in_any_order.state.events.items()} == {
        (id_, entry.content, entry.occurred_at) for id_, entry in in_order.state.events.items()
    }


@settings(max_examples=40, deadline=None)
@given(entries=histories(), data=st.data())
def test_events_between_two_moments_are_found(entries: list[Event], data: st.DataObject) -> None:
    event_log = EventLog(entries)
    moments = st.sampled_from(sorted({entry.occurred_at for entry in entries}))
    begin, end = sorted((data.draw(moments), data.draw(moments)))
    expected = [event for event in effective_events(entries) if begin <= event.occurred_at <= end]
    assert list(event_log.effective_between(begin, end)) == expected


# --- what it costs ---------------------------------------------------------------------------------------------------


@pytest.fixture
def folded(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How many steps of folding were done since the last call."""
    steps = 0

    def counting(*arguments: Any) -> Any:
        nonlocal steps
        steps += 1
        return evolve(*arguments)

    def counting_all(events: Iterable[Event], *state: Any) -> Any:
        nonlocal steps
        events = list(events)
        steps += len(events)
        return fold(events, *state)

    monkeypatch.setattr(history_module, "evolve", counting)
    monkeypatch.setattr(history_module, "fold", counting_all)
    monkeypatch.setattr(late_module, "evolve", counting)

    def since() -> int:
        nonlocal steps
        taken, steps = steps, 0
        return taken

    return since


def test_readings_newest_first_are_folded_once_each(begun: Engagement, clock: Any, folded: Callable[[], int]) -> None:
    began = clock.now
    begun.client.set_goal("Run", goal_id="run", measure=Reach(metric="run", unit="km", baseline=0, target=500))
    clock.forward(days=400)
    folded()
    for day in range(300, 0, -1):
        begun.client.record_progress("run", day, occurred_at=began + timedelta(days=day))
    assert folded() == 300
    assert begun.snapshot().progress.goals["run"].latest == 300


def test_sessions_held_newest_first_are_folded_once_each(
    agreed: Engagement, clock: Any, folded: Callable[[], int]
) -> None:
    """Each earlier session begins the engagement earlier."""
    began = clock.now
    clock.forward(days=400)
    starts = [began + timedelta(days=day) for day in range(200, 0, -1)]
    with agreed.batch() as batch:
        for number, starts_at in enumerate(starts):
            batch.coach.schedule_session(starts_at, session_id=f"s{number}", occurred_at=began + timedelta(hours=1))
    folded()
    for number, starts_at in enumerate(starts):
        agreed.coach.hold_session(f"s{number}", occurred_at=starts_at)
    assert folded() < 3 * 200
    assert agreed.state().stages[-1] == (starts[-1], "active")
    assert all(session.status == "held" for session in agreed.state().sessions.values())


def test_a_row_of_corrections_folds_nothing_but_themselves(
    begun: Engagement, clock: Any, folded: Callable[[], int]
) -> None:
    begun.client.set_goal("Run", goal_id="run", measure=Reach(metric="run", unit="km", baseline=0, target=500))
    readings = []
    for number in range(200):
        clock.forward(hours=1)
        readings.append(begun.client.record_progress("run", number))
    folded()
    for reading in readings:
        begun.client.correct_entry(reading.id, "Typo", replacement=e.ProgressRecorded(goal_id="run", value=1))
    assert folded() == 200
    assert {
        str(event.content.value) for event in begun.snapshot().history.effective if event.type == "ProgressRecorded"
    } == {"1"}  # type: ignore[union-attr]
