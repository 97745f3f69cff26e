"""Cases that version 0.1 got wrong, as they were found: clearing one's own record, and judging. Most have tests beside what they are about."""

import pytest

from coachcore.charter import load
from coachcore.errors import NotAllowed, Refused
from coachcore.ledger import ObligationState
from coachcore.model import Role
from tests.ledger.test_hard_cases import LAPSED, MISSED, REFLECTION, Course

MET = (ObligationState.MET, ObligationState.MET_LATE)


def test_handing_all_duties_over_on_the_first_day_clears_nothing() -> None:
    """The coach offered all 16 duties on day 1, ethics included, and their misses became the client's."""
    plain, clever = Course(), Course()
    clever.on(1)
    for duty in load().duties:
        if duty.role is Role.COACH and duty.is_transferable:
            clever.coach.hand_over_duty(duty.id, "client")
        elif duty.role is Role.COACH:
            with pytest.raises(Refused, match=r"handover_duty\.not_allowed"):
                clever.coach.hand_over_duty(duty.id, "client")
    for role in ("coach", "client"):
        before, after = plain.ledger(90).statement(role).total, clever.ledger(90).statement(role).total
        assert (after.missed, after.met, after.owed) == (before.missed, before.met, before.owed)


def test_a_nonsense_duty_is_handed_over_by_nobody_and_reported_by_nobody() -> None:
    """Handing over a duty that nobody has met the duty to hand responsibility over."""
    coaching = Course()
    with pytest.raises(Refused, match=r"duty\.unknown"):
        coaching.coach.hand_over_duty("coach.nonsense.duty", "client")
    with pytest.raises(Refused, match=r"duty\.unknown"):
        coaching.client.report_breach("coach.nonsense.duty", "It was broken")
    assert coaching.state("coach.ownership.handover#1", 110) not in MET


def test_the_code_of_ethics_is_waived_by_nobody() -> None:
    coaching = Course()
    coaching.session("s1", 5)
    for obligation in ("coach.ethics.code/first_session", "coach.ethics.code/standing", "coach.ethics.code#1"):
        with pytest.raises(Refused, match=r"waiver\.not_allowed"):
            coaching.client.waive_obligation(obligation, "I trust you")


def test_nobody_contests_in_advance_or_dates_speech_back() -> None:
    """A contest dated before the evidence took back what was met; one of nothing was accepted."""
    coaching = Course()
    with pytest.raises(Refused, match=r"contested_evidence\.missing"):
        coaching.coach.contest_evidence(f"{REFLECTION}#1", "It will not be true")
    coaching.on(3).client.reflect("One")
    with pytest.raises(Refused, match=r"time\.not_allowed"):
        coaching.on(4).coach.contest_evidence(f"{REFLECTION}#1", "Was it?", occurred_at=coaching.time(2))
    with pytest.raises(Refused, match=r"time\.not_allowed"):
        coaching.coach.hand_over_duty("coach.structure.review", "client", occurred_at=coaching.time(1))
    assert coaching.state(f"{REFLECTION}#1", 5) in MET


def test_nobody_erases_anothers_entry() -> None:
    coaching = Course()
    rating = coaching.on(2).client.rate_safety(2)
    with pytest.raises(NotAllowed, match=r"erasure_author\.not_allowed"):
        coaching.coach.erase_content([rating.id], "It hurts")


def test_twelve_weekly_reflections_of_one_evening_are_not_twelve_times_in_time() -> None:
    """A quarter of reflections entered in one evening was 12 times met, and nothing showed it."""
    coaching = Course()
    coaching.on(84)
    for week in range(12):
        coaching.client.reflect("Of that week", occurred_at=coaching.time(7 * week + 3))
    ledger = coaching.ledger(84.1)
    states = [ledger.obligation(f"{REFLECTION}#{number}").state for number in range(1, 13)]
    assert states.count(ObligationState.MET) <= 4  # those whose 14 days to enter them are not over
    assert {each.obligation.id for each in ledger.statement("client").entered_late} >= {
        f"{REFLECTION}#{number}" for number in range(1, 12)
    }


def test_three_and_a_half_months_in_which_nothing_happens_meet_nothing() -> None:
    coaching = Course()
    ledger = coaching.ledger(106)
    assert [obligation.id for obligation in ledger.obligations if obligation.state in MET] == []
    for role in ("coach", "client"):
        assert ledger.statement(role).total.met == 0


def test_a_goal_revised_three_times_on_one_day_opens_one_obligation() -> None:
    coaching = Course()
    coaching.client.set_goal("Lead the weekly meeting", goal_id="g")
    for hour in (1, 2, 3):
        coaching.on(10 + hour / 24).client.revise_goal("g", "Clearer", title=f"Lead meeting number {hour}")
    assert [each for each in coaching.ids("client.goals.smart", 11) if each.startswith("/g")] == ["/g.1"]


def test_a_pause_in_the_grace_of_what_was_due_excuses_nothing() -> None:
    """A pause recorded in the grace of a missed duty turned it into met late two months on."""
    coaching = Course()
    coaching.on(8).client.pause("Busy")  # the first reflection was due on day 7, with two days of grace
    coaching.on(30).client.resume()
    coaching.on(31).client.reflect("At last")
    assert coaching.state(f"{REFLECTION}#1", 32) is MISSED


def test_a_waiver_before_the_duty_is_done_does_not_take_it_from_who_does_it() -> None:
    coaching = Course()
    coaching.on(2).client.waive_obligation("coach.structure.review#1", "No need")
    coaching.on(20).coach.review_plan("We looked at it all the same")
    assert coaching.state("coach.structure.review#1", 21) is ObligationState.MET


def test_the_clients_misses_do_not_go_on_after_the_agreed_end() -> None:
    coaching = Course(ends_on="2026-03-01")
    at_the_end, a_year_later = (coaching.ledger(day).statement("client").total.missed for day in (80, 420))
    assert a_year_later == at_the_end


def test_what_the_coach_promised_is_not_the_clients_miss() -> None:
    """A coach's "I will send you the reading list" became the client's missed action."""
    coaching = Course()
    coaching.coach.plan_action("Send the reading list", action_id="list", due_on="2026-01-10", owner="ann")
    ledger = coaching.ledger(20)
    missed = [each for each in ledger.obligations if each.subject_id == "list" and each.role is Role.CLIENT]
    assert missed == []
    assert ledger.statement("client").total.met == 0


def test_an_hour_late_within_the_grace_is_late_and_asks_for_no_lesson() -> None:
    """Done two hours late, an action was met late and missed at once, and asked for consequences and encouragement."""
    coaching = Course()
    coaching.client.plan_action("Ask", action_id="a", due_on="2026-01-08")
    coaching.on(3.7).client.do_action("a")
    ledger = coaching.ledger(30)
    assert ledger.obligation("client.action.accountability/a").state is ObligationState.MET_LATE
    assert [each.id for each in ledger.obligations if each.subject_id == "a" and each.state is not LAPSED] == [
        "client.action.accountability/a"
    ]
