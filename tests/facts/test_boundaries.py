"""Facts at the very boundary: the end of a due day, the day of the last reading, and counts of days by hand."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from coachcore import Reach
from coachcore.facts import engagement_facts, goal_facts
from coachcore.model.times import as_moment
from coachcore.practice import Engagement

END_OF_20TH = as_moment("2026-01-20T22:00:00Z")  # in Riga, UTC+2 in January
BEFORE = END_OF_20TH - timedelta(microseconds=1)


def facts_at(eng: Engagement, moment: Any) -> Any:
    return engagement_facts(eng.snapshot(moment).history)


def test_an_action_is_overdue_from_the_end_of_its_due_day_on(begun: Engagement, clock: Any) -> None:
    begun.client.plan_action("Buy shoes", action_id="shoes", due_on="2026-01-20")
    begun.client.plan_action("Find a lake", action_id="lake", due_on="2026-01-21")
    clock.now = END_OF_20TH
    before, after = facts_at(begun, BEFORE), facts_at(begun, END_OF_20TH)
    assert (before.overdue_actions, after.overdue_actions) == (0, 1)
    assert (before.actions_due, after.actions_due) == (0, 1)
    assert (before.open_actions, after.open_actions) == (2, 2)


def test_an_action_done_at_the_end_of_its_due_day_is_late_and_a_microsecond_before_in_time(
    begun: Engagement, clock: Any
) -> None:
    for action_id in ("in-time", "late"):
        begun.client.plan_action(action_id, action_id=action_id, due_on="2026-01-20")
    clock.now = BEFORE
    begun.client.do_action("in-time")
    assert facts_at(begun, BEFORE).done_in_time_share == Decimal(1)
    clock.now = END_OF_20TH
    begun.client.do_action("late")
    assert facts_at(begun, END_OF_20TH).done_in_time_share == Decimal("0.5")


def test_days_are_counted_between_days_of_the_zone(begun: Engagement, clock: Any) -> None:
    clock.now = as_moment("2026-01-09T21:30:00Z")  # 23:30 on the 9th in Riga
    begun.client.set_goal(
        "Run", goal_id="run", due_on="2026-01-31", measure=Reach(metric="m", unit="km", baseline=0, target=10)
    )
    clock.now = as_moment("2026-01-10T12:00:00Z")
    begun.client.record_progress("run", 1)
    clock.now = as_moment("2026-01-15T21:59:00Z")  # still the 15th
    begun.client.record_progress("run", 2)
    clock.now = as_moment("2026-01-17T22:30:00Z")  # the 18th
    facts = goal_facts(begun.snapshot().history, "run")
    assert (facts.days_since_set, facts.days_since_reading, facts.days_to_due, facts.days_planned) == (9, 3, 13, 22)
    assert (facts.readings, facts.planned_actions, facts.other_active_goals) == (2, 0, 0)


def test_no_pace_is_required_when_there_is_no_time_left(begun: Engagement, clock: Any) -> None:
    begun.client.set_goal(
        "Run", goal_id="run", due_on="2026-01-20", measure=Reach(metric="m", unit="km", baseline=0, target=10)
    )
    clock.now = END_OF_20TH
    week_before = END_OF_20TH - timedelta(days=7)
    paces = [
        goal_facts(begun.snapshot(moment).history, "run").required_pace for moment in (week_before, BEFORE, END_OF_20TH)
    ]
    assert paces[0] == 10  # 10 km in one week
    assert paces[1] is not None
    assert paces[2] is None
