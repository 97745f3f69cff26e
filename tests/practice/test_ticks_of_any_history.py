"""Whatever happens in an engagement, and whenever anybody looks: ticks announce what a reader with an endless memory would."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from pendulum import DateTime

import coachcore
from coachcore.events import EngagementProposed, Event
from coachcore.ledger import ObligationState, TransitionKind
from coachcore.model.times import as_moment, day_of, start_of_day
from coachcore.practice import Practice
from coachcore.storage.contract import Append
from coachcore.testing.strategies import BEGAN
from tests.ledger.test_any_history import busy, of
from tests.recorded import records_of

MOMENTS = st.lists(st.integers(0, 24 * 90).map(lambda hours: as_moment(BEGAN + timedelta(hours=hours))), max_size=8)
LAST = as_moment(BEGAN + timedelta(days=150))


class Recorder:
    """A practice whose store gets the events of a history as its clock passes the moments at which they were recorded."""

    def __init__(self, events: Sequence[Event]) -> None:
        self.now = BEGAN
        self.practice: Practice = coachcore.open(clock=lambda: self.now)
        self.known = 0
        self._events = events
        self._records = records_of(events)

    def move_to(self, moment: DateTime) -> None:
        self.now = moment
        for event in self._events[self.known :]:
            if event.recorded_at > moment:
                break
            self.practice.store.write([Append("eng-1", [self._records[self.known]], self.known)])
            self.known += 1

    def ticks(self, moments: Sequence[DateTime]) -> Iterator[list[str]]:
        for moment in moments:
            self.move_to(moment)
            yield [item.id for item in self.practice.tick("reminders")]


def reached(events: Sequence[Event], known: int, moment: DateTime) -> dict[str, bool]:
    """The ids of what came to pass by a moment, as the first events show it, and whether each obligation is settled."""
    if not any(event.occurred_at <= moment for event in events[:known]):
        return {}
    ledger = of(events[:known], moment)
    zone = ledger_zone(events)
    return {
        f"eng-1:{each.obligation.id}:{each.kind}:{day_of(each.moment, zone)}": each.obligation.state
        is not ObligationState.OPEN
        for each in ledger.transitions
    }


def ledger_zone(events: Sequence[Event]) -> str:
    proposed = events[0].content
    assert isinstance(proposed, EngagementProposed)
    return proposed.agreement.zone


@settings(max_examples=20)
@given(busy(most=40), MOMENTS)
def test_ticks_announce_each_transition_once_and_none_is_lost(events: list[Event], moments: list[DateTime]) -> None:
    """But what is entered with its due day past, and done, is no news: a session recorded as held when all was done about it."""
    remembered: set[str] = set()
    recorder = Recorder(events)
    ids: Counter[str] = Counter()
    for moment, announced in zip([*sorted(moments), LAST], recorder.ticks([*sorted(moments), LAST]), strict=True):
        now = reached(events, recorder.known, moment)
        new = set(now) - remembered
        remembered |= new
        is_news = {each for each in new if ":missed:" in each or ":lapsed:" in each or not now[each]}
        assert is_news <= set(announced) <= new
        ids.update(announced)
    assert max(ids.values(), default=1) == 1


@settings(max_examples=20)
@given(busy(late=True, most=40), MOMENTS)
def test_with_late_entries_and_a_clock_that_is_set_back_no_miss_is_lost(
    events: list[Event], moments: list[DateTime]
) -> None:
    recorder = Recorder(events)
    announced = {each for ids in recorder.ticks([*moments, LAST]) for each in ids}
    final = reached(events, recorder.known, LAST)
    lost = set(final) - announced
    assert {each for each in lost if ":missed:" in each or ":lapsed:" in each or not final[each]} == set()


@settings(max_examples=20)
@given(busy(most=40), MOMENTS)
def test_whoever_ticks_and_however_often_the_ledger_is_the_same(events: list[Event], moments: list[DateTime]) -> None:
    recorder = Recorder(events)
    for _ in recorder.ticks([*moments, LAST]):
        pass
    assert recorder.practice.load("eng-1").ledger() == of(events, LAST)


@settings(max_examples=20)
@given(busy(most=40), st.integers(0, 24 * 90))
def test_what_is_open_on_its_due_day_came_due_and_in_its_grace_became_late(events: list[Event], hours: int) -> None:
    now = as_moment(BEGAN + timedelta(hours=hours))
    ledger = of(events, now, now)
    zone = ledger_zone(events)
    reached_now = {(each.obligation.id, each.kind) for each in ledger.transitions}
    for obligation in ledger.obligations:
        is_missed = obligation.state is ObligationState.MISSED
        assert ((obligation.id, TransitionKind.MISSED) in reached_now) == is_missed
        if obligation.state is not ObligationState.OPEN or "#" not in obligation.id:
            continue
        due_at = obligation.due_at
        came_due = due_at is not None and start_of_day(day_of(due_at, zone), zone) <= now
        assert ((obligation.id, TransitionKind.DUE) in reached_now) == came_due
        is_late = due_at is not None and due_at < now and due_at != obligation.closes_at
        assert ((obligation.id, TransitionKind.LATE) in reached_now) == is_late
