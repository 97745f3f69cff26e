"""Event logs and histories: however the events arrive, and at whatever times one asks, the fold is the same."""

from collections.abc import Sequence
from itertools import pairwise
from random import Random

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coachcore.engagement import EventLog, State, effective_events, evolve, fold
from coachcore.engagement.permissions import LIFECYCLE
from coachcore.errors import NotFound
from coachcore.events import EVENT_TYPES, EngagementProposed, Erased, Event, Unknown
from coachcore.testing.strategies import BEGAN, contents, histories


def assert_same(state: State, other: State) -> None:
    for field in attrs.fields(State):
        assert getattr(state, field.name) == getattr(other, field.name), field.name


def in_parts(entries: Sequence[Event], cuts: Sequence[int]) -> EventLog:
    event_log, last = EventLog(), 0
    for cut in sorted({*(event % (len(entries) + 1) for event in cuts), len(entries)}):
        event_log.extend(entries[last:cut])
        last = cut
    return event_log


@given(histories(), st.lists(st.integers(0, 60), max_size=6))
@settings(max_examples=60)
def test_events_in_any_parts_fold_to_the_same_state(entries: list[Event], cuts: list[int]) -> None:
    whole = EventLog(entries)
    parts = in_parts(entries, cuts)
    assert parts.recorded == whole.recorded == entries
    assert_same(parts.state, whole.state)
    folded = fold(effective_events(entries))
    assert folded is not None
    assert_same(whole.state, folded)


@given(histories(), st.integers(0, 60), st.booleans(), st.randoms(use_true_random=False))
@settings(max_examples=80)
def test_a_fold_of_many_is_that_of_one_event_after_the_other(
    entries: list[Event], cut: int, is_shuffled: bool, random: Random
) -> None:
    events = list(effective_events(entries))
    if is_shuffled:
        random.shuffle(events)
    expected = None
    for event in events:
        expected = evolve(expected, event)
    assert expected is not None
    for state in (fold(events), fold(events[cut:], fold(events[:cut]))):
        assert state is not None
        assert_same(state, expected)


@given(histories())
@settings(max_examples=40)
def test_the_state_at_any_two_times_is_the_fold_of_what_had_occurred_and_was_known(entries: list[Event]) -> None:
    event_log = EventLog(entries)
    moments = sorted({event.recorded_at for event in entries} | {event.occurred_at for event in entries})
    for known in moments[:: max(1, len(moments) // 5)]:
        for as_of in moments[:: max(1, len(moments) // 5)]:
            events = [
                event
                for event in effective_events([e for e in entries if e.recorded_at <= known])
                if event.occurred_at <= as_of
            ]
            history = event_log.history(as_of, known)
            assert list(history.effective) == events
            folded = fold(events)
            assert folded is not None
            assert_same(history.state, folded)
            stages = [stage for _, stage in history.state.stages]
            assert all(after in LIFECYCLE[before] for before, after in pairwise(stages))


@given(histories(most=12), st.randoms(use_true_random=False))
@settings(max_examples=40)
def test_the_fold_is_total_in_whatever_order_events_come(entries: list[Event], random: Random) -> None:
    shuffled = entries[:]
    random.shuffle(shuffled)
    state = fold(shuffled)
    began = next(number for number, event in enumerate(shuffled) if isinstance(event.content, EngagementProposed))
    assert state is not None
    assert len(state.events) == len(entries) - began


@given(histories(most=5), st.data())
@settings(max_examples=150)
def test_an_event_that_no_guard_would_allow_changes_only_the_events_of_the_state(
    entries: list[Event], data: st.DataObject
) -> None:
    state = EventLog(entries).state
    content = data.draw(
        contents() | st.just(Erased(type="GoalSet")) | st.just(Unknown(type="New", schema=1)), label="content"
    )
    event = attrs.evolve(entries[-1], id="strange", version=len(entries) + 1, content=content)
    changed = evolve(state, event)
    assert changed is not None
    assert changed.version == event.version
    assert changed.events["strange"] == event
    assert all(after in LIFECYCLE[before] for (_, before), (_, after) in pairwise(changed.stages))
    assert state.events.get("strange") is None, "the earlier state is as it was"


def test_before_the_proposal_there_is_no_state() -> None:
    event_log = EventLog()
    for ask in (lambda: event_log.state, lambda: event_log.history(BEGAN, BEGAN)):
        with pytest.raises(NotFound):
            ask()
    assert fold([]) is None
    assert event_log.event("e1") is None


@given(histories(most=4), st.integers(1, 200), st.integers(0, 200))
@settings(max_examples=25)
def test_a_late_event_anywhere_in_a_long_history_folds_as_if_sorted(
    entries: list[Event], size: int, place: int
) -> None:
    last = entries[-1]
    filler = EVENT_TYPES["CheckInMade"]()
    more = [
        attrs.evolve(
            last, id=f"f{n}", version=len(entries) + n + 1, content=filler, occurred_at=last.recorded_at.add(hours=n)
        )
        for n in range(size)
    ]
    late = attrs.evolve(
        last,
        id="late",
        version=len(entries) + size + 1,
        content=EVENT_TYPES["GoalSet"](goal_id="late", title="Late"),
        occurred_at=last.recorded_at.add(hours=min(place, size)).subtract(minutes=30),
    )
    event_log = EventLog([*entries, *more])
    event_log.extend([late])
    assert_same(event_log.state, EventLog([*entries, *more, late]).state)
    folded = fold(
        sorted([*effective_events(entries), *more, late], key=lambda event: (event.occurred_at, event.version))
    )
    assert folded is not None
    assert_same(event_log.state, folded)
