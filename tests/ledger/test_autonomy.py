"""The autonomy index: what the client begins of all that moves the coaching forward, in the last three months."""

from decimal import Decimal, localcontext

import pendulum
from hypothesis import given
from hypothesis import strategies as st

from coachcore.ledger.autonomy import FEWEST_ACTS, Autonomy, AutonomyIndex
from coachcore.progress.intervals import Interval
from tests.ledger.test_hard_cases import BEGIN, Course


def index(coaching: Course, day: float) -> AutonomyIndex:
    coaching.on(day)
    return coaching.eng.snapshot(as_of=coaching.time(day)).autonomy


def test_goals_actions_sessions_and_topics_count_and_answers_and_reports_do_not() -> None:
    coaching = Course()
    coaching.on(1).client.set_goal("Lead", goal_id="g")
    coaching.client.plan_action("Call", action_id="a")
    coaching.client.schedule_session(coaching.time(9), session_id="s", agenda=["One", "Two"])
    coaching.client.prepare_session("s", agenda=["Three"])
    coaching.coach.plan_action("Read", action_id="b")
    coaching.coach.schedule_session(coaching.time(12), session_id="t", agenda=["Four"])
    assert index(coaching, 2).latest == Autonomy(by_client=6, acts=9)
    coaching.client.do_action("a")
    coaching.client.reflect("Well")
    coaching.client.send_message("Hello")
    coaching.client.rate_safety(5)
    coaching.on(2).client.move_session("t", coaching.time(13), "A wedding")
    assert index(coaching, 3).latest == Autonomy(by_client=6, acts=9)


def test_three_calendar_months_are_compared_with_the_three_before() -> None:
    coaching = Course()  # since 5 January
    for number in range(6):
        coaching.on(1).client.plan_action("Call", action_id=f"a{number}")
    for number in range(6):
        coaching.on(100).coach.plan_action("Read", action_id=f"b{number}")
    middle = pendulum.datetime(2026, 4, 6, 9, tz="Europe/Riga")  # three months after the first six, to the minute
    just_before, just_after = (
        coaching.eng.snapshot(as_of=moment).autonomy.latest.acts for moment in (middle.subtract(seconds=1), middle)
    )
    assert (just_before, just_after) == (6, 0)
    after = index(coaching, 120)
    assert (after.latest, after.before) == (Autonomy(0, 6), Autonomy(6, 6))
    assert after.is_up is False
    assert BEGIN.add(days=1).add(months=3) == middle


def test_fewer_than_five_acts_are_not_judged() -> None:
    four, five = Autonomy(4, FEWEST_ACTS - 1), Autonomy(4, FEWEST_ACTS)
    assert (four.share, four.interval) == (None, None)
    assert five.share == Decimal("0.8")
    assert AutonomyIndex(five, four).is_up is AutonomyIndex(four, five).is_up is None


def test_the_interval_is_wilsons_whatever_the_decimal_context() -> None:
    expected = Interval(Decimal("0.3755"), Decimal("0.9638"))  # 4 of 5, by Wilson (1927)
    with localcontext(prec=3):
        interval = Autonomy(4, 5).interval
    assert interval is not None
    assert Interval(round(interval.low, 4), round(interval.high, 4)) == expected


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 40), st.integers(0, 40))
def test_up_is_higher_than_before(by_client: int, others: int, by_client_before: int, others_before: int) -> None:
    latest = Autonomy(by_client, by_client + others)
    before = Autonomy(by_client_before, by_client_before + others_before)
    is_up = AutonomyIndex(latest, before).is_up
    if latest.acts < 5 or before.acts < 5:
        assert is_up is None
    else:  # by cross-multiplication, without division
        assert is_up is (by_client * before.acts > by_client_before * latest.acts)
