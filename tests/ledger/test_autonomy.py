"""The autonomy index: what the client begins of all that moves the coaching forward, in the last three months."""

from datetime import timedelta
from decimal import Decimal, localcontext
from typing import Any

import pendulum
import pytest
from hypothesis import given
from hypothesis import strategies as st

import coachcore
from coachcore import Party, Role
from coachcore.events import SessionPrepared
from coachcore.interop import parse_message_log
from coachcore.interop.importing import import_journal
from coachcore.ledger import LapseReason, Obligation, ObligationState
from coachcore.ledger.autonomy import FEWEST_ACTS, Autonomy, AutonomyIndex
from coachcore.model.times import as_moment
from coachcore.progress.intervals import Interval
from tests.ledger.test_hard_cases import BEGIN, PARTIES, Course

HANDOVER = "coach.ownership.handover"


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


# --- which moments belong to the three months ------------------------------------------------------------------------


def local(text: str) -> pendulum.DateTime:
    """A time in Riga; of a day, when it begins."""
    year, month, day = map(int, text[:10].split("-"))
    return pendulum.datetime(year, month, day, int(text[11:13] or 0), tz="Europe/Riga")


def planned(*times: pendulum.DateTime) -> Course:
    """A course in which the client planned an action at each of some times."""
    coaching = Course(begin=pendulum.datetime(2025, 8, 1, 9, tz="Europe/Riga"), ends_on="2027-12-31")
    coaching.on(700)
    for number, moment in enumerate(times):
        coaching.client.plan_action("Call", action_id=f"a{number}", occurred_at=moment)
    return coaching


@pytest.mark.parametrize(
    ("as_of", "begin_before", "begin"),
    [
        # the same day of the month three months earlier is the last of the months before, and its month's last where it is shorter
        ("2026-06-30", "2025-12-31", "2026-03-31"),
        ("2026-05-31", "2025-12-01", "2026-03-01"),
        ("2026-05-29", "2025-11-30", "2026-03-01"),
        ("2026-05-28", "2025-11-29", "2026-03-01"),
        ("2026-08-31", "2026-03-01", "2026-06-01"),
        ("2026-02-28", "2025-08-29", "2025-11-29"),
        # the clock goes forward on 29 March 2026, and back on 25 October
        ("2026-06-28", "2025-12-29", "2026-03-29"),
        ("2026-06-29", "2025-12-30", "2026-03-30"),
        ("2027-01-24", "2026-07-25", "2026-10-25"),
        ("2027-01-25", "2026-07-26", "2026-10-26"),
    ],
)
def test_three_months_begin_with_a_local_day(as_of: str, begin_before: str, begin: str) -> None:
    first, middle = local(begin_before), local(begin)
    moment = timedelta(microseconds=1)
    coaching = planned(first - moment, first, middle - moment, middle, local(as_of).end_of("day"))
    index = coaching.eng.snapshot(as_of=as_of).autonomy
    assert (index.before.acts, index.latest.acts) == (2, 2)


def test_what_was_planned_elsewhere_counts_for_when_it_was_and_from_when_it_is_known() -> None:
    coaching = planned(local("2026-01-10T10"))
    coaching.client.plan_action("Call", action_id="b", occurred_at=local("2026-02-10T10"))
    recorded = coaching.time(700)
    before, after = (
        coaching.eng.snapshot(as_of="2026-03-01", known_at=known_at).autonomy.latest.acts
        for known_at in (recorded.subtract(days=1), recorded)
    )
    assert (before, after) == (0, 2)


def test_a_proposal_is_begun_by_whoever_proposes_it() -> None:
    coaching = Course()
    coaching.on(1).coach.plan_action("Read", action_id="a", owner="ben")
    coaching.client.plan_action("Send the list", action_id="b", owner="ann")
    coaching.coach.set_goal("Lead", goal_id="g")
    coaching.client.accept_goal("g")
    assert index(coaching, 2).latest == Autonomy(by_client=1, acts=3)


def test_in_a_group_the_clients_count_together_and_in_a_pause_acts_count_too() -> None:
    coaching = Course(parties=(*PARTIES, Party(id="cat", name="Cat", role=Role.CLIENT)))
    coaching.on(1).client.set_goal("Lead", goal_id="g")
    coaching.coach.pause("Summer")
    cat: Any = coaching.on(3).eng.as_party("cat")
    cat.plan_action("Call", action_id="a")
    coaching.coach.schedule_session(coaching.time(40), session_id="s")
    assert index(coaching, 4).latest == Autonomy(by_client=2, acts=3)


def test_what_is_taken_back_corrected_or_kept_to_oneself_counts_as_it_is_now() -> None:
    coaching = Course()
    coaching.on(1).client.plan_action("Call", action_id="a")
    coaching.coach.schedule_session(coaching.time(9), session_id="s", agenda=["One"])
    coaching.coach.prepare_session("s", agenda=["Two"], visibility="author")
    coaching.client.prepare_session("s", agenda=["Three", "Four"])
    coaching.client.prepare_session("s", agenda=["Five"])
    *_, first, second = coaching.eng.snapshot().history.recorded
    assert index(coaching, 1).latest == Autonomy(by_client=4, acts=6)
    coaching.client.correct_entry(
        first.id, "Only one of them", replacement=SessionPrepared(session_id="s", agenda=["Three"])
    )
    coaching.client.correct_entry(second.id, "It was of another coaching")
    assert index(coaching, 2).latest == Autonomy(by_client=2, acts=4)


# --- what nobody makes more of ---------------------------------------------------------------------------------------


def test_scheduling_a_session_again_moves_it_and_begins_nothing() -> None:
    coaching = Course()
    coaching.on(1).coach.schedule_session(coaching.time(9), session_id="s", agenda=["One", "One"])
    for day in range(3):
        coaching.on(2).client.schedule_session(coaching.time(10 + day), session_id="s", agenda=["One"])
    assert index(coaching, 2).latest == Autonomy(by_client=0, acts=2)
    coaching.on(3).client.schedule_session(coaching.time(13), session_id="s", agenda=["One", "Two", "Three"])
    assert index(coaching, 3).latest == Autonomy(by_client=2, acts=4)
    coaching.coach.schedule_session(coaching.time(120), session_id="t", agenda=["Four"])
    coaching.on(100).client.schedule_session(coaching.time(110), session_id="t", agenda=["Four"])
    assert index(coaching, 100).latest.acts == 0


def test_erasing_topics_leaves_their_number() -> None:
    coaching = Course()
    coaching.on(1).coach.schedule_session(coaching.time(9), session_id="s", agenda=["One", "Two"])
    coaching.client.prepare_session("s", agenda=["Two", "Three", "Three", "...", "?"])
    assert index(coaching, 1).latest == Autonomy(by_client=2, acts=5)
    for event in coaching.eng.snapshot().history.recorded[-2:]:
        (coaching.coach if event.actor.party == "ann" else coaching.client).erase_content(
            [event.id], "It names somebody"
        )
    assert index(coaching, 1).latest == Autonomy(by_client=2, acts=5)
    coaching.on(2).client.schedule_session(coaching.time(10), session_id="s", agenda=["Four", "Five", "Six"])
    assert index(coaching, 2).latest == Autonomy(by_client=3, acts=6)


def begun(coaching: Course, day: float, by_client: int, acts: int) -> None:
    """On a day the client plans so many actions, of so many in all."""
    coaching.on(day)
    for number in range(acts):
        actor = coaching.client if number < by_client else coaching.coach
        actor.plan_action("Call", action_id=f"{day}-{number}")


def handover(coaching: Course, number: int, day: float) -> Obligation:
    return coaching.ledger(day).obligation(f"{HANDOVER}#{number}")


def test_acts_that_are_dated_back_long_after_a_period_change_nothing_in_it() -> None:
    coaching = Course(ends_on="2027-06-01")
    begun(coaching, 10, by_client=2, acts=6)
    begun(coaching, 100, by_client=2, acts=9)  # less than a half, and less than before
    assert handover(coaching, 2, 200).state is ObligationState.MISSED
    for number in range(20):
        coaching.on(205).coach.plan_action("Read", action_id=f"late{number}", occurred_at=coaching.time(20))
        coaching.client.plan_action("Call", action_id=f"later{number}", occurred_at=coaching.time(120))
    assert handover(coaching, 2, 206).state is ObligationState.MISSED


def test_acts_that_are_entered_soon_after_a_period_count_in_it() -> None:
    coaching = Course(ends_on="2027-06-01")
    begun(coaching, 10, by_client=2, acts=6)
    begun(coaching, 100, by_client=2, acts=9)
    coaching.on(184)  # 181 is the last day of the period, and 188 that of its grace
    for number in range(5):
        coaching.client.plan_action("Call", action_id=f"late{number}", occurred_at=coaching.time(120))
    assert handover(coaching, 2, 200).state is ObligationState.MET


@pytest.mark.parametrize(("day", "state"), [(1.5, "missed"), (0.5, "met")])
def test_the_period_before_is_the_whole_of_it(day: float, state: str) -> None:
    """From 5 February to 5 May are 90 days, and to 5 August 92 more: what was begun on the first day belongs to the first period."""
    coaching = Course(begin=pendulum.datetime(2026, 2, 4, 9, tz="Europe/Riga"), is_started=False, ends_on="2027-06-01")
    coaching.on(1).coach.start()
    coaching.on(2).client.plan_action("Call", action_id="first", occurred_at=coaching.time(day))
    begun(coaching, 30, by_client=1, acts=5)
    begun(coaching, 150, by_client=2, acts=8)  # a quarter: more than 1 of 5, less than 2 of 6
    assert handover(coaching, 2, 230).state == state


def test_of_a_pause_in_the_period_before_the_whole_counts() -> None:
    coaching = Course(ends_on="2027-06-01")
    begun(coaching, 5, by_client=4, acts=10)
    coaching.on(20).coach.pause("An operation", until=coaching.time(110).date())
    coaching.client.confirm_pause(coaching.eng.snapshot().history.recorded[-1].id)
    coaching.on(110).coach.resume()
    begun(coaching, 200, by_client=3, acts=10)
    obligation = handover(coaching, 2, 290)
    assert (obligation.opened_at, obligation.state) == (coaching.end_of_day(180).add(microseconds=1), "missed")


def test_a_message_log_says_nothing_of_who_begins_what() -> None:
    lines = [
        f"{speaker},Text,{(BEGIN.add(days=7 * week)).to_datetime_string()}"
        for week in range(12)
        for speaker in ("Coach", "Ada")
    ]
    practice = coachcore.open(clock=lambda: as_moment("2026-04-20T08:00:00Z"))
    text = "\n".join(["speaker,utterance,time", *lines]) + "\n"
    eng = import_journal(practice, parse_message_log(text))
    assert eng.snapshot().autonomy.latest == Autonomy(0, 0)
    assert eng.ledger().obligation(f"{HANDOVER}#1").lapse_reason is LapseReason.SOURCE_CANNOT_TELL
    eng.client.set_goal("Lead")
    assert eng.snapshot().autonomy.latest == Autonomy(1, 1)
