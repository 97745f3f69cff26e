"""The facts that a duty depends on are the facts of that moment, whenever they are asked for."""

from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coachcore.engagement.history import EventLog
from coachcore.errors import NotFound
from coachcore.events import Event
from coachcore.facts import engagement_facts
from coachcore.facts.engagement import FACTS, EngagementFacts, FactsOverTime
from coachcore.model.times import as_moment
from coachcore.practice import Engagement
from coachcore.testing.strategies import BEGAN, histories

END = as_moment("2199-01-01T00:00:00Z")


def test_every_fact_is_computed_in_one_place() -> None:
    assert set(FACTS) == {field.name for field in attrs.fields(EngagementFacts)}


@settings(max_examples=60)
@given(events=histories(most=40, late=False), days=st.lists(st.floats(0, 300), min_size=1, max_size=4))
def test_facts_of_an_earlier_moment_are_those_that_were_asked_for_then(events: list[Event], days: list[float]) -> None:
    if any(event.type == "EntryCorrected" for event in events):
        return  # a correction is known now, and was not then
    event_log = EventLog(events)
    for day in days:
        moment = as_moment(BEGAN.add(seconds=int(day * 86400)))
        try:
            now, then = event_log.history(END, END), event_log.history(moment, END)
        except NotFound:
            continue
        facts, expected = FactsOverTime(now).as_of(moment), engagement_facts(then)
        for name in FACTS:
            assert getattr(facts, name) == getattr(expected, name), name


@pytest.mark.parametrize("hours", [0, 13, 15, 23, 25, 24 * 30])
def test_only_what_is_asked_for_is_computed(begun: Engagement, clock: Any, hours: int) -> None:
    clock.now = clock.now.add(hours=hours)
    history = begun.snapshot().history
    facts = FactsOverTime(history).as_of(history.as_of, ["days_since_start"])
    assert facts.days_since_start == engagement_facts(history).days_since_start
    assert facts.stage is None


def test_a_concern_is_open_until_its_first_answer(begun: Engagement, clock: Any) -> None:
    concern = begun.client.raise_concern("Too fast", concern_id="c")
    opened_at = clock.now
    clock.now = clock.now.add(days=1)
    begun.coach.answer_concern(concern.id, "Let us go slower")
    answered_at = clock.now
    clock.now = clock.now.add(days=5)
    begun.coach.answer_concern(concern.id, "And I moved the next session")
    facts = FactsOverTime(begun.snapshot().history)
    moments = (opened_at, answered_at, clock.now)
    assert [facts.as_of(moment).open_concerns for moment in moments] == [1, 0, 0]
    assert begun.state().concerns["c"].closed_at == answered_at


def test_the_share_done_in_time_is_what_the_duty_counts(begun: Engagement, clock: Any) -> None:
    client = begun.client
    for name in ("kept", "late", "moved in time", "moved too late", "dropped in time"):
        client.plan_action(name, action_id=name.replace(" ", "-"), due_on="2026-01-20")
    clock.now = as_moment("2026-01-19T10:00:00Z")
    client.do_action("kept")
    client.reschedule_action("moved-in-time", "2026-01-30", reason="Ill")
    client.drop_action("dropped-in-time", reason="Not needed")
    clock.now = as_moment("2026-01-25T10:00:00Z")
    client.do_action("late")
    client.reschedule_action("moved-too-late", "2026-01-30", reason="Forgot")
    clock.now = as_moment("2026-01-26T10:00:00Z")
    client.do_action("moved-too-late")
    facts = begun.snapshot().facts
    # due by the 20th: kept, late, moved too late; done early of its second day: moved too late
    assert facts.actions_due == 4
    assert facts.done_in_time_share == Decimal(2) / 4
    assert facts.overdue_actions == 0
    clock.now = as_moment("2026-02-20T10:00:00Z")
    assert begun.snapshot().facts.overdue_actions == 1
    assert begun.ledger().obligation("client.motivation.discipline#1").state == "missed"
