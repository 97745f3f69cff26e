"""The ledger: obligations of each kind of schedule, opened and settled, through pauses, late events, disputes and closings."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import attrs
import pendulum
import pytest

import coachcore
from coachcore import DutyTerms, Party, Period, Reach, Role, StayWithin
from coachcore.charter import load
from coachcore.ledger import LapseReason, ObligationState, Tally
from tests.ledger.test_hard_cases import Course

OPEN, MET, LATE, MISSED, WAIVED, LAPSED = ObligationState


PARTIES = (
    Party(id="ann", name="Ann", role=Role.COACH),
    Party(id="ben", name="Ben", role=Role.CLIENT),
    Party(id="wise", name="Eve", role=Role.SUPERVISOR),
)


class Coaching(Course):
    """A course with a supervisor, where what lapsed has a state too."""

    def __init__(self, **options: Any) -> None:
        super().__init__(PARTIES, **options)

    def state(self, obligation: str, day: float) -> ObligationState:
        return self.ledger(day).obligation(obligation).state

    def has(self, obligation: str, day: float) -> bool:
        """Whether an obligation is owed: it was opened, and did not lapse."""
        return obligation in {each.id for each in self.owed(day)}


REFLECTION = "client.development.reflection"


def test_a_cadence_opens_an_obligation_for_each_period_and_misses_it_after_the_grace() -> None:
    coaching = Coaching()
    assert coaching.state(f"{REFLECTION}#1", 1) is OPEN
    assert coaching.state(f"{REFLECTION}#1", 8) is OPEN
    last = coaching.end_of_day(9)  # due on the seventh day after the start, with two days of grace
    assert coaching.eng.ledger(last).obligation(f"{REFLECTION}#1").state is OPEN
    assert coaching.eng.ledger(last.add(microseconds=1)).obligation(f"{REFLECTION}#1").state is MISSED
    assert coaching.state(f"{REFLECTION}#2", 9) is OPEN
    assert not coaching.has(f"{REFLECTION}#3", 9)


def test_evidence_in_time_meets_in_the_grace_meets_late_and_is_used_once() -> None:
    coaching = Coaching()
    coaching.on(3).client.reflect("One")
    coaching.on(15).client.reflect("Late for the second week")
    assert coaching.state(f"{REFLECTION}#1", 4) is MET
    assert coaching.state(f"{REFLECTION}#2", 15.5) is LATE
    assert coaching.state(f"{REFLECTION}#3", 24) is MISSED


def test_private_evidence_counts_by_its_id_alone() -> None:
    coaching = Coaching()
    coaching.on(3).client.reflect("My secret")
    obligation = coaching.ledger(4).obligation(f"{REFLECTION}#1")
    assert len(obligation.evidence) == 1
    assert "secret" not in str([attrs.asdict(each) for each in coaching.ledger(4).obligations])


def test_a_pause_stops_the_clock() -> None:
    coaching = Coaching()
    coaching.on(5).coach.pause("Illness")
    paused = coaching.ledger(30).obligation(f"{REFLECTION}#1")
    assert (paused.state, paused.due_at, paused.closes_at, paused.days_left) == (OPEN, None, None, 2)
    coaching.on(35).coach.resume()
    assert coaching.ledger(36).obligation(f"{REFLECTION}#1").due_at == coaching.end_of_day(37)
    coaching.on(36).client.reflect("Back")
    assert coaching.state(f"{REFLECTION}#1", 36.5) is MET


def test_a_late_event_meets_what_was_due_when_it_occurred_and_only_once_it_is_known() -> None:
    coaching = Coaching()
    coaching.on(20).client.reflect("Written on day three, entered now", occurred_at=coaching.time(3))
    assert coaching.state(f"{REFLECTION}#1", 20) is MET
    known = coaching.eng.ledger(as_of=coaching.time(19), known_at=coaching.time(19))
    assert known.obligation(f"{REFLECTION}#1").state is MISSED


def test_months_are_calendar_months_and_return_to_the_31st() -> None:
    coaching = Coaching(begin=pendulum.datetime(2026, 1, 31, 9, tz="Europe/Riga"))
    due = [
        coaching.ledger(100).obligation(f"coach.structure.review#{number}").due_at.in_timezone("Europe/Riga")
        for number in (1, 2, 3)
    ]
    assert [each.to_date_string() for each in due] == ["2026-02-28", "2026-03-31", "2026-04-30"]
    assert {(each.hour, each.minute) for each in due} == {(23, 59)}  # across the change of clocks


def test_each_session_asks_for_an_agenda_before_and_a_summary_after() -> None:
    coaching = Coaching()
    coaching.session("s1", 10)
    assert coaching.state("coach.structure.sessions/s1", 11) is MET
    assert coaching.state("coach.structure.sessions/s1@held", 11) is OPEN
    coaching.coach.summarise_session("s1", "What it came to")
    assert coaching.state("coach.structure.sessions/s1@held", 12) is MET
    coaching.session("s2", 20, agenda=())
    coaching.coach.summarise_session("s2", "No agenda had been sent")
    assert coaching.state("coach.structure.sessions/s2", 23) is MISSED
    assert coaching.state("coach.structure.sessions/s2@held", 23) is MET


def test_preparing_late_is_late_and_not_attending_is_missed() -> None:
    coaching = Coaching()
    coaching.session("s1", 10, is_held=False)
    coaching.on(9.9).client.prepare_session("s1", "On the morning of the day")
    coaching.on(10.05).coach.hold_session("s1")
    assert coaching.state("client.engagement.participation/s1", 10.1) is LATE
    coaching.session("s2", 20, is_held=False)
    coaching.on(18).client.prepare_session("s2", "Early")
    coaching.on(20.1).coach.miss_session("s2", ["ben"])
    assert coaching.state("client.engagement.participation/s2", 22) is OPEN  # until the client could answer
    assert coaching.state("client.engagement.participation/s2", 35) is MISSED
    # nor does it help who entered it before
    assert [coaching.state("coach.ethics.professionalism/s2", day) for day in (22, 35)] == [OPEN, MET]


def test_what_only_the_other_side_missed_is_not_owed() -> None:
    coaching = Coaching()
    coaching.session("s1", 10, is_held=False)
    coaching.on(10.1).client.miss_session("s1", ["ann"])
    both = ("client.engagement.participation/s1", "coach.ethics.professionalism/s1")
    assert [coaching.state(each, 12) for each in both] == [OPEN, OPEN]  # until the coach could answer
    assert not coaching.has(both[0], 25)
    assert coaching.state(both[1], 25) is MISSED


def test_cancelling_in_good_time_is_no_failure_and_no_credit_and_late_is_a_miss() -> None:
    coaching = Coaching()
    coaching.session("s1", 10, is_held=False)
    coaching.on(8).coach.cancel_session("s1")
    coaching.session("s2", 20, is_held=False)
    coaching.on(19.5).coach.cancel_session("s2")
    ledger = coaching.ledger(21)
    cancelled = ledger.obligation("coach.ethics.professionalism/s1")
    assert (cancelled.state, cancelled.lapse_reason) == (ObligationState.LAPSED, LapseReason.CANCELLED)
    assert cancelled.settled_at == coaching.time(8)
    assert cancelled.lapsed_by is not None
    assert cancelled.lapsed_by.role is Role.COACH
    assert coaching.state("coach.ethics.professionalism/s2", 21) is MISSED
    assert not coaching.has("coach.structure.sessions/s2@held", 25)


def test_every_third_session_opens_its_own_obligations() -> None:
    coaching = Coaching()
    for number in (1, 2, 3):
        coaching.session(f"s{number}", number * 7)
    assert not coaching.has("coach.environment.support/s1", 22)
    assert coaching.state("coach.environment.support/s3", 22) is OPEN
    coaching.on(23).client.rate_safety(5)
    assert coaching.state("coach.environment.support/s3", 23) is MET


def test_a_low_rating_is_no_miss_and_asks_for_an_answer() -> None:
    coaching = Coaching()
    for number in (1, 2, 3):
        coaching.session(f"s{number}", number * 7)
    rating = coaching.on(22).client.rate_safety(2)
    answer = f"coach.environment.support/{rating.id}@low_rating"
    assert coaching.state("coach.environment.support/s3", 22) is MET
    assert [coaching.state(answer, day) for day in (22, 29)] == [OPEN, OPEN]
    unanswered = coaching.ledger(31).obligation(answer)
    assert unanswered.state is MISSED
    assert unanswered.due_at == coaching.end_of_day(29)
    openness = coaching.on(32).coach.rate_openness(1)
    coaching.on(34).client.send_message("I find this hard, let us talk about it")
    assert coaching.state(f"client.engagement.openness/{openness.id}@low_rating", 35) is MET
    assert coaching.state("client.engagement.openness/s3", 35) is LAPSED  # nobody rated it within the week


def test_a_rating_that_the_rated_may_not_read_judges_nobody() -> None:
    coaching = Coaching()
    before = len(coaching.ledger(3).obligations)
    coaching.on(4).coach.rate_openness(1, visibility="author")
    assert len(coaching.ledger(5).obligations) == before


def test_the_silence_of_the_other_side_is_nobodys_miss() -> None:
    coaching = Coaching()
    for number in (1, 2, 3):
        coaching.session(f"s{number}", number * 7)
    for obligation in ("client.engagement.openness/s3", "coach.environment.support/s3"):
        unrated = coaching.ledger(60).obligation(obligation)
        assert (unrated.state, unrated.lapse_reason) == (LAPSED, LapseReason.NOT_JUDGED)
    assert coaching.state("coach.feedback.constructive#1", 60) is MISSED  # the coach owed the rating of openness
    assert coaching.state("client.progress.feedback#1", 60) is MISSED  # and the client that of safety


def test_where_nothing_was_asked_nothing_is_met() -> None:
    coaching = Coaching()
    for duty in ("client.motivation.discipline", "client.goals.action_plan"):
        idle = coaching.ledger(60).obligation(f"{duty}#1")
        assert (idle.state, idle.lapse_reason) == (LAPSED, LapseReason.NOT_ASKED)
    met = [each.id for each in coaching.ledger(105).obligations if each.state in (MET, LATE)]
    assert met == []  # three and a half months of silence


def test_no_period_opens_after_the_agreed_end() -> None:
    coaching = Coaching(ends_on="2026-03-01")
    last = max(each.opened_at for each in coaching.ledger(400).obligations)
    assert last <= coaching.end_of_day(55)  # 1 March
    assert len(coaching.ledger(90).obligations) == len(coaching.ledger(400).obligations)


@pytest.mark.parametrize(
    ("ends_on", "amended_on", "new_end", "due_days"),
    [
        ("2026-01-18", 40, "2026-12-31", [7, 14, 47, 54]),  # extended long after it: nothing was owed meanwhile
        ("2026-01-18", 13, "2026-12-31", [7, 14, 21, 28]),  # before it: nothing changes
        ("2026-12-31", 30, "2026-01-18", [7, 14, 21, 28, 35]),  # shortened as of a day before: what was opened stays
        ("2026-01-18", 40, None, [7, 14, 47, 54]),
        ("2026-01-18", 40, "2026-01-25", [7, 14]),  # to a day that is over too
    ],
)
def test_an_agreed_end_that_is_amended_opens_and_takes_away_nothing_of_before(
    ends_on: str, amended_on: int, new_end: str | None, due_days: list[int]
) -> None:
    coaching = Coaching(ends_on=ends_on)
    before = coaching.ledger(amended_on).obligations
    coaching.amend(ends_on=new_end)
    after = {each.id: each for each in coaching.eng.ledger(as_of=coaching.time(amended_on)).obligations}
    assert all(after[each.id] == each for each in before)
    reflections = [each for each in coaching.ledger(60).obligations if each.duty_id == REFLECTION]
    assert [each.due_at for each in reflections][: len(due_days)] == [coaching.end_of_day(day) for day in due_days]
    if new_end is not None and new_end < "2026-02-01":
        assert len(reflections) == len(due_days)


def test_an_event_settles_one_obligation_of_a_schedule() -> None:
    coaching = Coaching()
    for number in (1, 2):
        coaching.session(f"s{number}", 10 + number / 10)
    coaching.on(10.5).coach.give_feedback("Good", strength="Calm", next_step="Again")
    coaching.coach.prompt_reflection("What was new?")
    assert [coaching.state(f"coach.feedback.constructive/s{n}", 11) for n in (1, 2)] == [MET, OPEN]
    assert [coaching.state(f"coach.reflection.prompting/s{n}", 11) for n in (1, 2)] == [MET, OPEN]


def test_self_assessments_of_a_period_may_cover_the_goals_together() -> None:
    coaching = Coaching()
    for goal in ("g", "h"):
        coaching.client.set_goal("Lead the weekly meeting", goal_id=goal)
    coaching.on(3).client.assess_self("Steady", goal_ids=["g"])
    assert coaching.state("client.progress.self_assessment#1", 4) is OPEN
    coaching.on(9).client.assess_self("Slower", goal_ids=["h"])
    obligation = coaching.ledger(10).obligation("client.progress.self_assessment#1")
    assert (obligation.state, len(obligation.evidence)) == (MET, 2)


def test_a_measure_may_be_the_plan_and_a_plan_of_the_coach_is_not_the_clients() -> None:
    coaching = Coaching()
    coaching.client.set_goal(
        "Sleep enough", goal_id="sleep", measure=StayWithin(metric="sleep", unit="h", low=7, high=9)
    )
    coaching.client.set_goal("Lead the weekly meeting", goal_id="g")
    coaching.coach.plan_action("Ask the team", goal_id="g", due_on="2026-01-20")
    assert coaching.state("client.goals.action_plan/sleep", 1) is MET
    assert coaching.state("client.goals.action_plan/g", 1) is OPEN
    coaching.on(2).client.plan_action("Ask the team", goal_id="g", due_on="2026-01-20")
    assert coaching.state("client.goals.action_plan/g", 3) is MET
    assert coaching.state("client.goals.action_plan#1", 60) is MET


def test_a_plan_is_confirmed_only_where_something_is_planned() -> None:
    coaching = Coaching()
    coaching.client.set_goal("Lead the weekly meeting", goal_id="g")
    coaching.coach.confirm_plan("g")
    assert coaching.state("coach.goals.action_plans/g", 2) is OPEN
    assert coaching.ledger(30).obligation("coach.goals.action_plans/g").lapse_reason is LapseReason.NOT_ASKED


def test_a_plan_that_is_made_and_confirmed_after_the_grace_makes_no_miss_of_what_was_not_asked() -> None:
    coaching = Coaching()
    coaching.client.set_goal("Lead the weekly meeting", goal_id="g")
    coaching.on(40).client.plan_action("Ask the team", goal_id="g", due_on="2026-02-20")
    coaching.on(41).coach.confirm_plan("g")
    assert coaching.ledger(50).obligation("coach.goals.action_plans/g").lapse_reason is LapseReason.NOT_ASKED


def test_an_empty_review_reviews_nothing() -> None:
    coaching = Coaching()
    coaching.client.set_goal("Lead the weekly meeting", goal_id="g")
    coaching.on(1).coach.review_goal("g")
    assert coaching.state("coach.goals.setting/g", 2) is OPEN
    coaching.coach.review_goal("g", note="Say by when")
    assert coaching.state("coach.goals.setting/g", 2) is MET


def test_a_concern_obliges_the_coach_to_answer() -> None:
    coaching = Coaching()
    coaching.on(1).client.raise_concern("I am worried", concern_id="c")
    duty = "coach.environment.support/c@concern"
    assert coaching.state(duty, 2) is OPEN
    coaching.coach.answer_concern("c", "Let us look at it")
    assert coaching.state(duty, 3) is MET


def test_what_the_new_owner_does_counts_in_the_period_of_a_hand_over() -> None:
    coaching = Coaching()
    coaching.on(10).coach.hand_over_duty("coach.structure.review", "client")
    coaching.client.accept_handover("coach.structure.review")
    coaching.on(15).client.review_plan("We looked at it together")
    first = coaching.ledger(16).obligation("coach.structure.review#1")
    assert (first.role, first.state) == (Role.COACH, MET)


def test_a_session_that_the_coach_missed_asks_nobody_for_a_summary() -> None:
    coaching = Coaching()
    coaching.session("s1", 10, is_held=False)
    coaching.on(10.1).client.miss_session("s1", ["ann"])
    assert not [each.id for each in coaching.ledger(40).obligations if each.id.endswith("s1@held")]


@pytest.mark.parametrize(("mine", "of_coach", "state"), [(3, 2, MET), (1, 4, LAPSED)])
def test_responsibility_passes_over_where_the_client_begins_more(
    mine: int, of_coach: int, state: ObligationState
) -> None:
    """At least half; with less, the period before decides, and here there is none to compare with."""
    coaching = Coaching()
    for number in range(mine):
        coaching.on(10).client.plan_action("Mine", action_id=f"m{number}")
    for number in range(of_coach):
        coaching.on(10).coach.plan_action("Yours", action_id=f"c{number}")
    assert coaching.ledger(101).obligation("coach.ownership.handover#1").state is state


def test_too_few_acts_are_not_judged_and_messages_are_none() -> None:
    coaching = Coaching()
    for _ in range(20):
        coaching.on(10).client.send_message("Hello")
    handover = coaching.ledger(101).obligation("coach.ownership.handover#1")
    assert (handover.state, handover.lapse_reason) == (LAPSED, LapseReason.NOT_JUDGED)


def test_each_goal_asks_for_a_plan_and_a_review() -> None:
    coaching = Coaching()
    coaching.on(1).client.set_goal("Lead the weekly meeting", goal_id="g")
    coaching.on(2).coach.review_goal("g", specific=True)
    assert coaching.state("coach.goals.setting/g", 3) is MET
    assert coaching.state("client.goals.action_plan/g", 3) is OPEN
    assert coaching.state("client.goals.action_plan/g", 9) is MISSED


def test_a_goal_that_is_dropped_first_owes_nothing_more() -> None:
    coaching = Coaching()
    coaching.on(1).client.set_goal("Lead the weekly meeting", goal_id="g")
    coaching.on(3).client.drop_goal("g", "Another matters more")
    assert not coaching.has("client.goals.action_plan/g", 20)


def test_a_smart_goal_meets_the_first_duty() -> None:
    coaching = Coaching()
    coaching.on(2).client.set_goal("Meetings", goal_id="g")
    assert coaching.state("client.goals.smart/start", 3) is OPEN
    measure = Reach(metric="led", unit="meetings", baseline=Decimal(0), target=Decimal(8))
    coaching.on(4).client.revise_goal(
        "g",
        "Clearer",
        title="Lead the weekly meeting",
        why="The team should hear it",
        measure=measure,
        due_on="2026-05-01",
    )
    assert coaching.state("client.goals.smart/start", 5) is MET
    assert coaching.state("client.goals.smart/g.1", 5) is MET


def test_an_action_is_done_in_time_late_missed_or_moved_before_it_is_due() -> None:
    coaching = Coaching()
    for name in ("a", "b", "c", "d"):
        coaching.client.plan_action("Do it", action_id=name, due_on="2026-01-10")  # ends on day 5.625
    coaching.on(5).client.do_action("a")
    coaching.client.reschedule_action("c", "2026-01-20", "Ill")
    coaching.on(6).client.do_action("b")
    duty = "client.action.accountability"
    assert [coaching.state(f"{duty}/{name}", 8) for name in ("a", "b", "c", "d")] == [MET, LATE, OPEN, MISSED]
    assert coaching.ledger(8).obligation(f"{duty}/c").due_at == coaching.end_of_day(15)  # 20 January
    assert not coaching.has("client.action.consequences/b", 8)  # late is not missed
    assert coaching.state("client.action.consequences/d", 8) is OPEN
    coaching.client.note_consequence("Begin earlier", action_id="d")
    coaching.coach.encourage("It happens", action_id="d")
    assert coaching.state("client.action.consequences/d", 9) is MET
    assert coaching.state("coach.feedback.encouragement/d", 9) is MET
    assert not coaching.has("client.action.consequences/a", 20)


def test_closing_lapses_what_is_not_due_and_keeps_what_was_met() -> None:
    coaching = Coaching()
    coaching.on(3).client.reflect("One")
    coaching.on(8).client.reflect("Two")
    coaching.on(10).coach.complete()
    assert coaching.state(f"{REFLECTION}#2", 30) is MET
    assert not coaching.has("coach.structure.review#1", 60)
    assert not coaching.has(f"{REFLECTION}#3", 60)
    assert coaching.state("coach.ethics.code/standing", 60) is MET


def test_an_agreement_tunes_cadence_grace_and_weight_and_leaves_duties_out() -> None:
    terms = (
        DutyTerms(duty_id=REFLECTION, every=Period.parse("P2W"), grace=Period.parse("P5D"), weight=Decimal(3)),
        DutyTerms(duty_id="coach.structure.review", off=True),
    )
    coaching = Coaching(terms=terms)
    obligation = coaching.ledger(10).obligation(f"{REFLECTION}#1")
    due = (coaching.end_of_day(14), coaching.end_of_day(19))
    assert ((obligation.due_at, obligation.closes_at), obligation.weight) == (due, 3)
    assert not coaching.has("coach.structure.review#1", 10)


def test_contested_evidence_counts_until_the_dispute_is_upheld() -> None:
    coaching = Coaching()
    coaching.session("s1", 10)
    coaching.coach.give_feedback("Good", strength="Calm", next_step="Again", session_id="s1")
    duty = "coach.feedback.constructive/s1"
    assert coaching.state(duty, 11) is MET
    coaching.on(12).client.contest_evidence(duty, "That is not feedback", dispute_id="d")
    assert coaching.ledger(12.5).obligation(duty).is_contested
    assert coaching.state(duty, 12.5) is MET
    assert coaching.state(duty, 20) is MET
    assert [each.id for each in coaching.ledger(20).statement("coach").contested] == [duty]
    coaching.eng.as_party("wise").resolve_dispute("d", True, "It names neither")  # type: ignore[union-attr]
    assert coaching.state(duty, 21) is MISSED


def test_a_contest_that_is_upheld_leaves_it_missed() -> None:
    coaching = Coaching()
    coaching.session("s1", 10)
    coaching.coach.give_feedback("Good", strength="Calm", next_step="Again", session_id="s1")
    coaching.on(11).client.contest_evidence("coach.feedback.constructive/s1", "No", dispute_id="d")
    coaching.coach.resolve_dispute("d", True, "True enough")
    assert coaching.state("coach.feedback.constructive/s1", 30) is MISSED


def test_the_other_side_may_waive_and_confirm_and_not_the_owner() -> None:
    coaching = Coaching()
    coaching.on(2).coach.waive_obligation(f"{REFLECTION}#1", "A hard week")
    assert coaching.state(f"{REFLECTION}#1", 7.5) is WAIVED
    coaching.on(8).coach.confirm_evidence(f"{REFLECTION}#2")
    assert coaching.state(f"{REFLECTION}#2", 9) is MET
    assert coaching.ledger(9).obligation(f"{REFLECTION}#2").is_confirmed
    with pytest.raises(coachcore.NotAllowed, match="own"):
        coaching.client.waive_obligation(f"{REFLECTION}#2", "Please")
    with pytest.raises(coachcore.Refused, match=r"obligation\.unknown"):
        coaching.coach.confirm_evidence(f"{REFLECTION}#99")


def test_a_breach_keeps_a_standing_duty_in_dispute_until_it_is_settled() -> None:
    coaching = Coaching()
    duty = "coach.environment.confidentiality"
    coaching.on(4).client.report_breach(duty, "Spoke to my manager", breach_id="b")
    assert coaching.ledger(5).obligation(f"{duty}/standing").is_contested
    coaching.on(6).coach.resolve_breach("b", True, "I did")
    assert coaching.state(f"{duty}/standing", 7) is MISSED
    coaching.client.report_breach(duty, "Again", breach_id="b2")
    with pytest.raises(coachcore.NotAllowed, match="their own breach"):
        coaching.coach.resolve_breach("b2", False, "I did not")


def test_a_duty_handed_over_is_carried_by_the_other_role_from_then_on() -> None:
    coaching = Coaching()
    coaching.on(10).coach.hand_over_duty("coach.structure.review", "client")
    coaching.client.accept_handover("coach.structure.review")
    ledger = coaching.ledger(45)
    assert ledger.obligation("coach.structure.review#1").role is Role.COACH
    assert ledger.obligation("coach.structure.review#2").role is Role.CLIENT
    coaching.client.review_plan("We looked at it together")
    assert coaching.state("coach.structure.review#2", 46) is MET
    assert "coach.structure.review" in coaching.ledger(46).statement("client").taken_over
    assert "coach.structure.review" in coaching.ledger(46).statement("coach").handed_over


MEETING: dict[str, Callable[[Coaching], object]] = {
    "client.goals.smart": lambda c: c.client.set_goal(
        "Lead the weekly meeting",
        goal_id="g",
        why="The team should hear it",
        due_on="2026-05-01",
        measure=Reach(metric="m", unit="u", baseline=Decimal(0), target=Decimal(1)),
    ),
    "client.progress.self_assessment": lambda c: (
        c.client.set_goal("A goal here", goal_id="g"),
        c.client.assess_self("Steady"),
    ),
    "client.development.learning": lambda c: c.client.log_learning("A book"),
    "client.development.reflection": lambda c: c.client.reflect("A thought"),
    "client.communication.open": lambda c: c.client.check_in("Fine", no_concerns=True),
    "client.motivation.practice": lambda c: c.client.use_motivation_practice("A walk first"),
    "coach.structure.review": lambda c: c.coach.review_plan("Looked at it"),
    "coach.feedback.encouragement": lambda c: c.coach.encourage("Well done"),
    "coach.reflection.development": lambda c: c.coach.suggest_development("Speaking"),
    "coach.methods.education": lambda c: (
        c.coach.log_learning("Supervision", hours=2),
        c.coach.log_learning("A course", hours=4),
    ),
    "coach.ethics.code": lambda c: c.coach.affirm_ethics("A code", "2024"),
    "coach.ownership.handover": lambda c: (
        c.coach.hand_over_duty("coach.structure.sessions", "client"),
        c.client.accept_handover("coach.structure.sessions"),
    ),
    "coach.ownership.motivation": lambda c: (c.client.rate_motivation(6), c.coach.rate_motivation(6)),
}
"""What meets the duties that do not depend on a session, a goal or an action; the others have tests of their own above and below."""


@pytest.mark.parametrize("duty", list(MEETING))
def test_what_a_duty_asks_for_meets_it_and_nothing_misses_it(duty: str) -> None:
    idle, coaching = Coaching(), Coaching()
    if duty == "client.progress.self_assessment":
        idle.client.set_goal("A goal here", goal_id="g")
    MEETING[duty](coaching.on(2))
    first = [
        each.id for each in idle.ledger(3).obligations if each.duty_id == duty and not each.id.endswith("/standing")
    ]
    assert first
    for obligation in first:
        assert coaching.state(obligation, 3) is MET
        # too few acts to judge by, and no rating of the client's to answer
        nothing_done = LAPSED if duty in ("coach.ownership.handover", "coach.ownership.motivation") else MISSED
        assert idle.state(obligation, 600) is nothing_done


SESSION: dict[str, tuple[int, Callable[[Coaching, str], object]]] = {
    "client.progress.feedback": (2, lambda c, s: c.client.give_feedback("It helped", session_id=s)),
    "client.communication.partnership": (3, lambda c, s: (c.client.rate_alliance(5), c.coach.rate_alliance(4))),
    "coach.feedback.constructive": (
        1,
        lambda c, s: c.coach.give_feedback("G", strength="S", next_step="N", session_id=s),
    ),
    "coach.reflection.prompting": (1, lambda c, s: c.coach.prompt_reflection("What was new?", session_id=s)),
    "coach.methods.fit": (2, lambda c, s: c.coach.choose_technique("Scaling", "Ben thinks in numbers")),
}


@pytest.mark.parametrize("duty", list(SESSION))
def test_what_a_duty_asks_for_around_sessions_meets_it_and_nothing_misses_it(duty: str) -> None:
    nth, act = SESSION[duty]
    idle, coaching = Coaching(), Coaching()
    for engagement in (idle, coaching):
        for number in range(1, nth + 1):
            engagement.session(f"s{number}", number * 7, is_held=False)
            engagement.client.prepare_session(f"s{number}", agenda=["Mine"])
            engagement.on(number * 7 + 0.05).coach.hold_session(f"s{number}")
    act(coaching.on(nth * 7 + 1), f"s{nth}")
    assert coaching.state(f"{duty}/s{nth}", nth * 7 + 1.1) is MET
    assert idle.state(f"{duty}/s{nth}", nth * 7 + 30) is MISSED


def test_confidentiality_and_the_plan_are_met_and_missed_too() -> None:
    idle, coaching = Coaching(), Coaching()
    coaching.coach.affirm_confidentiality()
    for engagement in (idle, coaching):
        engagement.session("s1", 10)
        engagement.client.set_goal("Lead the weekly meeting", goal_id="g")
    coaching.client.plan_action("Ask", goal_id="g", action_id="a", due_on="2026-01-20")
    coaching.coach.confirm_plan("g")
    coaching.client.do_action("a")
    idle.client.plan_action("Ask", action_id="a", due_on="2026-01-20")
    assert coaching.state("coach.environment.confidentiality/first_session", 11) is MET
    assert idle.state("coach.environment.confidentiality/first_session", 60) is MISSED
    assert coaching.state("coach.goals.action_plans/g", 11) is MET
    assert coaching.state("client.motivation.discipline#1", 60) is MET
    assert idle.state("client.motivation.discipline#1", 60) is MISSED


def test_every_duty_is_met_and_missed_in_some_test_of_this_file() -> None:
    alone = {
        "client.goals.action_plan",
        "client.engagement.openness",
        "client.engagement.participation",
        "client.action.accountability",
        "client.action.consequences",
        "client.motivation.discipline",
        "coach.environment.confidentiality",
        "coach.environment.support",
        "coach.goals.setting",
        "coach.goals.action_plans",
        "coach.structure.sessions",
        "coach.ethics.professionalism",
    }
    assert {*MEETING, *SESSION, *alone} == {each.id for each in load().duties}


def test_a_statement_adds_up_by_duty_area_and_role() -> None:
    coaching = Coaching()
    coaching.on(3).client.reflect("One")
    coaching.session("s1", 10)
    for day in (0, 1, 8, 11, 40, 90, 400):
        ledger = coaching.ledger(day)
        for role in ("client", "coach"):
            statement = ledger.statement(role)
            lines = [line for area in statement.areas for line in area.duties]
            for name in ("owed", "met", "met_late", "missed", "waived", "open"):
                assert getattr(statement.total, name) == sum(getattr(line.tally, name) for line in lines)
            assert statement.total.weight_owed == sum((line.tally.weight_owed for line in lines), Decimal(0))
        totals = [ledger.statement(role).total for role in ("client", "coach")]
        assert sum(total.owed + total.lapsed for total in totals) == len(ledger.obligations)


def test_reliability_counts_late_by_half() -> None:
    weights = {"met": Decimal(2), "met_late": Decimal(1), "missed": Decimal(1)}
    assert Tally(met=2, met_late=1, missed=1, weights=weights).reliability == Decimal("0.625")
    assert Tally().reliability is None


# --- moving ----------------------------------------------------------------------------------------------------------


def test_a_session_that_is_moved_stays_the_same_session() -> None:
    coaching = Coaching()
    coaching.session("s1", 10, is_held=False)
    coaching.on(5).client.move_session("s1", coaching.time(12), "A funeral")
    coaching.on(6).coach.move_session("s1", coaching.time(13), "A train", moved_by="ben")
    session = coaching.eng.state().sessions["s1"]
    assert session.starts_at == coaching.time(13)
    assert [(move.moved_by, move.starts_at) for move in session.moves] == [
        ("ben", coaching.time(10)),
        ("ben", coaching.time(12)),
    ]
    due = coaching.ledger(7).obligation("client.engagement.participation/s1").due_at
    assert due == coaching.end_of_day(14)
    coaching.on(11).client.prepare_session("s1", "Two questions")
    coaching.on(13.1).coach.hold_session("s1")
    ledger = coaching.ledger(14)
    assert ledger.obligation("client.engagement.participation/s1").state is MET
    assert ledger.obligation("coach.ethics.professionalism/s1").state is MET


def moved_to_today_and_held(by: str) -> Coaching:
    coaching = Coaching()
    coaching.session("s1", 10, is_held=False)
    party = coaching.on(9.2).eng.as_party(by)
    party.move_session("s1", coaching.time(9.4), "I am free today")  # type: ignore[union-attr]
    coaching.on(9.5).coach.hold_session("s1")
    return coaching


def test_a_session_moved_a_day_ahead_is_not_missed_by_who_came() -> None:
    coaching = moved_to_today_and_held(by="coach")  # the rest of the day was left to prepare for it
    assert coaching.state("client.engagement.participation/s1", 12) is MET


def test_who_moves_a_session_ahead_themselves_has_prepared_for_it() -> None:
    coaching = moved_to_today_and_held(by="client")
    participation = coaching.ledger(12).obligation("client.engagement.participation/s1")
    assert participation.state is MISSED  # it was announced a week before, and nothing was prepared
    coaching.client.prepare_session("s1", "Two questions", occurred_at=coaching.time(8.5))
    assert coaching.state("client.engagement.participation/s1", 12) is MET


@pytest.mark.parametrize(("day", "state"), [(8, MET), (9.5, MISSED)])
def test_moving_a_session_within_the_notice_is_cancelling_it_late(day: float, state: ObligationState) -> None:
    coaching = Coaching()
    coaching.session("s1", 10, is_held=False)
    coaching.on(day).coach.move_session("s1", coaching.time(12), "A train")
    coaching.on(12.1).coach.hold_session("s1")
    duty = "coach.ethics.professionalism/s1"
    assert coaching.state(duty, 13) is (OPEN if state is MISSED else state)  # the client may still agree
    assert coaching.state(duty, 24) is state
    if state is MISSED:
        coaching.client.confirm_evidence(duty, "It suited me too")
        assert coaching.state(duty, 25) is LATE


def test_moving_is_refused_once_the_session_began_and_to_the_past() -> None:
    coaching = Coaching()
    coaching.session("s1", 10, is_held=False)
    with pytest.raises(coachcore.Refused, match=r"session_start\.not_allowed"):
        coaching.coach.move_session("s1", coaching.time(3), "Sooner")
    coaching.on(10.01)
    with pytest.raises(coachcore.Refused, match=r"session\.begun"):
        coaching.coach.move_session("s1", coaching.time(12), "Later")
    with pytest.raises(coachcore.Refused, match=r"participant\.unknown"):
        coaching.session("s2", 20, is_held=False)
        coaching.coach.move_session("s2", coaching.time(22), "Later", moved_by="nobody")


def test_an_action_is_moved_twice_at_most_and_never_to_a_day_that_is_past() -> None:
    coaching = Coaching()
    coaching.client.plan_action("Do it", action_id="a", due_on="2026-01-10")
    with pytest.raises(coachcore.Refused, match=r"due_day\.not_allowed"):
        coaching.client.reschedule_action("a", "2026-01-04", "Ill")
    coaching.client.reschedule_action("a", "2026-01-12", "Ill")
    coaching.client.reschedule_action("a", "2026-01-14", "Ill")
    with pytest.raises(coachcore.Refused, match=r"action_moves\.closed"):
        coaching.client.reschedule_action("a", "2026-01-16", "Ill")
