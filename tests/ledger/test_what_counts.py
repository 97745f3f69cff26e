"""What counts for each duty of the charter, beyond what its kind of schedule says: who may meet it, by when, counted from what."""

import itertools
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coachcore import Party, Reach, Role
from coachcore.charter.schedules import Of
from coachcore.errors import Refused
from coachcore.ledger import LapseReason, Obligation, ObligationState
from coachcore.report import build_report, plain
from tests.ledger.test_hard_cases import BEGIN, Course

OPEN, MET, LATE, MISSED, _, LAPSED = ObligationState
PARTIES = (
    Party(id="ann", name="Ann", role=Role.COACH),
    Party(id="ben", name="Ben", role=Role.CLIENT),
)


class Coaching(Course):
    """A course of two from Monday 5 January 2026 at 9:00 in Riga, where what lapsed is looked at too."""

    def __init__(self, **options: Any) -> None:
        super().__init__(PARTIES, **options)

    def obligation(self, obligation_id: str, day: float) -> Obligation:
        return self.ledger(day).obligation(obligation_id)

    def state(self, obligation: str, day: float) -> ObligationState:
        return self.obligation(obligation, day).state

    def ids(self, duty: str, day: float) -> list[str]:
        return [each.id.removeprefix(duty) for each in self.ledger(day).obligations if each.duty_id == duty]


@pytest.fixture
def coaching() -> Coaching:
    return Coaching()


# --- sessions --------------------------------------------------------------------------------------------------------


def test_a_summary_is_due_48_hours_after_the_end_of_the_session(coaching: Coaching) -> None:
    duty = "coach.structure.sessions/s1@held"
    coaching.session("s1", 10, minutes=90)
    assert coaching.obligation(duty, 11).due_at == coaching.time(12).add(minutes=90)
    coaching.on(12 + 80 / 1440).coach.summarise_session("s1", "What we said")
    assert coaching.state(duty, 13) is MET


def test_a_session_that_was_cut_short_ended_earlier(coaching: Coaching) -> None:
    coaching.session("s1", 10, minutes=90, is_held=False)
    coaching.on(10.1).coach.hold_session("s1", minutes=30)
    assert coaching.obligation("coach.structure.sessions/s1@held", 11).due_at == coaching.time(12).add(minutes=30)


def test_a_week_after_a_session_its_coach_is_asked_how_it_went(coaching: Coaching) -> None:
    duty, asked = "coach.ethics.professionalism", "coach.ethics.professionalism/s1@no_outcome"
    coaching.session("s1", 10, is_held=False)
    assert coaching.ids(duty, 17) == ["/standing", "/s1"]
    obligation = coaching.obligation(asked, 18)
    assert (obligation.role, obligation.state, obligation.due_at) == (Role.COACH, OPEN, coaching.end_of_day(25))
    coaching.on(20).coach.miss_session("s1", ["ben"])
    assert coaching.state(asked, 21) is MET


def test_who_never_says_how_a_session_went_misses_saying_so_and_the_rest_stays_open(coaching: Coaching) -> None:
    coaching.session("s1", 10, is_held=False)
    assert coaching.state("coach.ethics.professionalism/s1@no_outcome", 60) is MISSED
    assert coaching.state("coach.ethics.professionalism/s1", 60) is OPEN


@pytest.mark.parametrize("outcome", ["hold_session", "cancel_session"])
def test_nobody_is_asked_about_a_session_whose_outcome_was_recorded(coaching: Coaching, outcome: str) -> None:
    coaching.session("s1", 10, is_held=False)
    getattr(coaching.on(10.1).coach, outcome)("s1")
    assert "/s1@no_outcome" not in coaching.ids("coach.ethics.professionalism", 60)


# --- decisions -------------------------------------------------------------------------------------------------------


def test_the_consequence_of_a_decision_is_due_by_the_second_session_after_it(coaching: Coaching) -> None:
    duty = "client.action.consequences/d@decision"
    coaching.on(1).client.make_decision("I take the post", decision_id="d")
    assert coaching.obligation(duty, 2).due_at == coaching.end_of_day(31)
    coaching.session("s1", 8)
    coaching.session("s2", 15, is_held=False)
    assert coaching.obligation(duty, 13).due_at == coaching.end_of_day(15)
    assert coaching.state(duty, 16) is MISSED


def test_sessions_later_than_thirty_days_leave_a_decision_due_after_thirty(coaching: Coaching) -> None:
    coaching.on(1).client.make_decision("I take the post", decision_id="d")
    coaching.session("s1", 29)
    coaching.session("s2", 40, is_held=False)
    assert coaching.obligation("client.action.consequences/d@decision", 37).due_at == coaching.end_of_day(31)


def test_a_lesson_that_names_nothing_settles_one_decision(coaching: Coaching) -> None:
    for name in ("d1", "d2"):
        coaching.on(coaching.day + 1).client.make_decision("So be it", decision_id=name)
    coaching.on(3).client.note_consequence("I should have asked first")
    states = [coaching.state(f"client.action.consequences/{name}@decision", 4) for name in ("d1", "d2")]
    assert states == [MET, OPEN]


# --- motivation ------------------------------------------------------------------------------------------------------

MOTIVATION = "coach.ownership.motivation#1"


def test_motivation_is_kept_up_by_answering_what_the_client_said_of_it(coaching: Coaching) -> None:
    coaching.on(3).coach.rate_motivation(8)
    coaching.on(4).client.rate_motivation(4)
    assert coaching.state(MOTIVATION, 5) is OPEN  # the coach's own number came before, and answers nothing
    coaching.on(6).coach.send_message("What would make it a five?")
    obligation = coaching.obligation(MOTIVATION, 7)
    assert (obligation.state, obligation.settled_at) == (MET, coaching.time(6))


@pytest.mark.parametrize(
    "answer",
    [
        lambda coach: coach.rate_motivation(6),
        lambda coach: coach.give_feedback("You went on all the same"),
        lambda coach: coach.encourage("Well done"),
        lambda coach: coach.check_in("How is it today?"),
    ],
)
def test_any_words_to_the_client_answer(coaching: Coaching, answer: Any) -> None:
    coaching.on(4).client.rate_motivation(4)
    answer(coaching.on(5).coach)
    assert coaching.state(MOTIVATION, 6) is MET


def test_a_client_who_says_nothing_of_motivation_leaves_nothing_to_answer(coaching: Coaching) -> None:
    coaching.on(3).coach.rate_motivation(8)
    obligation = coaching.obligation(MOTIVATION, 40)
    assert (obligation.state, obligation.lapse_reason) == (LAPSED, LapseReason.NOT_JUDGED)
    assert coaching.state("client.progress.feedback#1", 40) is MISSED  # it is the client who owes the rating


def test_a_rating_that_nobody_answers_is_missed_and_a_message_without_words_is_no_answer(coaching: Coaching) -> None:
    coaching.on(4).client.rate_motivation(4)
    coaching.on(5).coach.send_message()
    assert coaching.state(MOTIVATION, 40) is MISSED


def test_who_was_asked_only_in_the_grace_may_answer_and_misses_nothing() -> None:
    silent, answering = Coaching(), Coaching()
    for coaching in (silent, answering):
        coaching.on(33).client.rate_motivation(4)
    answering.on(33.1).coach.encourage("Well done")
    assert answering.state(MOTIVATION, 60) is LATE
    assert silent.obligation(MOTIVATION, 60).lapse_reason is LapseReason.NOT_JUDGED


def test_one_answer_settles_one_month(coaching: Coaching) -> None:
    coaching.on(4).client.rate_motivation(4)
    coaching.on(32).client.rate_motivation(5)
    coaching.on(33).coach.encourage("Well done")  # late for the first month, whose rating came first
    assert coaching.state(MOTIVATION, 34) is LATE
    assert coaching.state("coach.ownership.motivation#2", 34) is OPEN


def test_the_client_rates_safety_and_motivation_each_month(coaching: Coaching) -> None:
    coaching.on(3).client.rate_safety(5)
    assert coaching.state("client.progress.feedback#1", 4) is OPEN
    coaching.client.rate_motivation(6)
    assert coaching.state("client.progress.feedback#1", 4) is MET


# --- ethics ----------------------------------------------------------------------------------------------------------


def test_the_code_is_affirmed_a_year_from_the_last_time(coaching: Coaching) -> None:
    duty = "coach.ethics.code"
    coaching.on(100).coach.affirm_ethics("A code", "2025")
    first, second = (coaching.obligation(f"{duty}#{number}", 101) for number in (1, 2))
    assert (first.state, first.due_at) == (MET, coaching.end_of_day(365))
    assert (second.state, second.due_at) == (OPEN, coaching.end_of_day(100 + 365))
    assert coaching.state(f"{duty}#2", 100 + 365 + 14) is OPEN
    coaching.on(100 + 365 + 14.2).coach.affirm_ethics("A code", "2026")
    assert coaching.state(f"{duty}#2", 480) is LATE
    assert coaching.obligation(f"{duty}#3", 480).due_at == coaching.end_of_day(479 + 366)  # 2028 has a day more


def test_a_missed_affirmation_begins_the_next_year_on_its_due_day(coaching: Coaching) -> None:
    assert coaching.state("coach.ethics.code#1", 380) is MISSED
    assert coaching.obligation("coach.ethics.code#2", 380).due_at == coaching.end_of_day(2 * 365)


def test_an_affirmation_before_the_start_counts_from_its_day() -> None:
    coaching = Coaching(is_started=False)
    coaching.coach.affirm_ethics("A code", "2025")
    coaching.on(20).coach.start()
    assert coaching.obligation("coach.ethics.code#1", 21).due_at == coaching.end_of_day(365)


# --- what survives ---------------------------------------------------------------------------------------------------


def test_a_concern_is_answered_though_the_engagement_is_paused_or_over(coaching: Coaching) -> None:
    duty = "coach.environment.support/c@concern"
    coaching.on(5).client.raise_concern("I am worried", concern_id="c")
    coaching.on(6).coach.pause("Holidays")
    assert coaching.obligation(duty, 8).due_at == coaching.end_of_day(12)
    coaching.on(9).coach.resume()
    coaching.on(10).client.raise_concern("And this", concern_id="later")
    coaching.on(11).coach.complete()
    assert coaching.state(duty, 13) is MISSED
    assert coaching.state("coach.environment.support/later@concern", 13) is OPEN
    coaching.on(14).coach.answer_concern("later", "I see")
    assert coaching.state("coach.environment.support/later@concern", 15) is MET


def test_a_pause_moves_no_day_of_a_code_of_ethics_and_the_end_ends_its_year(coaching: Coaching) -> None:
    coaching.on(10).coach.pause("Holidays")
    coaching.on(40).coach.resume()
    assert coaching.obligation("coach.ethics.code#1", 41).due_at == coaching.end_of_day(365)
    coaching.on(50).coach.complete()
    obligation = coaching.obligation("coach.ethics.code#1", 51)
    assert (obligation.state, obligation.lapse_reason) == (LAPSED, LapseReason.ENDED)


def test_what_was_due_by_a_session_that_cannot_come_any_more_ends_with_the_engagement(coaching: Coaching) -> None:
    coaching.coach.schedule_session(coaching.time(10), session_id="s1")
    coaching.on(5).coach.terminate("Moved away")
    for duty in ("coach.environment.confidentiality/first_session", "coach.ethics.professionalism/s1"):
        obligation = coaching.obligation(duty, 20)
        assert (obligation.state, obligation.lapse_reason) == (LAPSED, LapseReason.ENDED)
        assert obligation.lapsed_by is not None
        assert obligation.lapsed_by.party == "ann"


def test_an_answer_to_a_concern_is_not_waived_and_other_support_may_be(coaching: Coaching) -> None:
    coaching.client.raise_concern("I am worried", concern_id="c")
    coaching.client.rate_safety(2)
    low = next(each.id for each in coaching.ledger(1).obligations if each.id.endswith("@low_rating"))
    with pytest.raises(Refused, match=r"waiver\.not_allowed"):
        coaching.client.waive_obligation("coach.environment.support/c@concern", "No need")
    coaching.client.waive_obligation(low, "We talked")
    assert coaching.state(low, 20) is ObligationState.WAIVED


def test_the_weight_of_what_is_asked_is_that_of_its_duty(coaching: Coaching) -> None:
    coaching.session("s1", 10, is_held=False)
    assert coaching.obligation("coach.ethics.professionalism/s1@no_outcome", 18).weight == Decimal(1)


def test_an_answer_without_words_is_none_though_its_author_erases_it(coaching: Coaching) -> None:
    coaching.on(4).client.rate_motivation(4)
    coaching.on(5).coach.send_message()
    coaching.on(6).coach.send_message("What would make it a five?")
    before = coaching.obligation(MOTIVATION, 7)
    messages = [event.id for event in coaching.eng.recorded() if event.type == "MessageSent"]
    coaching.on(8).coach.erase_content(messages, "As asked")
    assert coaching.obligation(MOTIVATION, 9) == before


# --- goals off track -------------------------------------------------------------------------------------------------

REVIEW = "coach.structure.review"


def set_goal(coaching: Coaching, name: str) -> None:
    """A goal to reach 100 by day 100 from 0, so that one a day is expected."""
    measure = Reach(metric="pages", unit="page", baseline=0, target=100)
    coaching.client.set_goal(
        "Write", goal_id=name, starts_on=BEGIN.date(), due_on=BEGIN.add(days=99).date(), measure=measure
    )


def read(coaching: Coaching, name: str, day: float, value: int) -> None:
    coaching.on(day).client.record_progress(name, value)


def test_a_goal_that_comes_off_track_asks_for_a_review_within_a_week(coaching: Coaching) -> None:
    set_goal(coaching, "g")
    read(coaching, "g", 20, 19)
    read(coaching, "g", 40, 30)  # 10 points below what is expected
    assert coaching.eng.progress().goals["g"].status == "behind"
    assert f"{REVIEW}/g" not in [each.id for each in coaching.ledger(41).obligations]
    read(coaching, "g", 60, 31)
    assert coaching.eng.progress().goals["g"].status == "off_track"
    obligation = coaching.obligation(f"{REVIEW}/g", 61)
    assert (obligation.role, obligation.state, obligation.due_at) == (Role.COACH, OPEN, coaching.end_of_day(67))
    coaching.on(62).coach.review_plan("Fewer pages, more often")
    assert coaching.state(f"{REVIEW}/g", 63) is MET


def test_a_goal_that_stays_off_track_asks_once_and_one_that_falls_again_asks_again(coaching: Coaching) -> None:
    set_goal(coaching, "g")
    for day, value in ((20, 2), (25, 3), (40, 40), (80, 41)):
        read(coaching, "g", day, value)
    assert [each for each in coaching.ids(REVIEW, 90) if each.startswith("/")] == ["/g", "/g.2"]
    assert [coaching.state(f"{REVIEW}/{name}", 90) for name in ("g", "g.2")] == [MISSED, MISSED]


def test_a_second_goal_off_track_adds_nothing_while_the_review_is_owed(coaching: Coaching) -> None:
    for name in ("g", "h", "i"):
        set_goal(coaching, name)
        read(coaching, name, 10, 1)  # one alone is too early to judge by
    read(coaching, "g", 25, 2)
    read(coaching, "h", 26, 2)
    coaching.on(27).coach.review_plan("Both are slow")
    read(coaching, "i", 28, 2)
    assert [each for each in coaching.ids(REVIEW, 29) if each.startswith("/")] == ["/g", "/i"]
    assert [coaching.state(f"{REVIEW}/{name}", 29) for name in ("g", "i")] == [MET, OPEN]


def test_a_revised_goal_is_judged_by_what_it_was_when_the_reading_came(coaching: Coaching) -> None:
    set_goal(coaching, "g")
    read(coaching, "g", 40, 5)
    read(coaching, "g", 50, 10)
    coaching.on(51).client.revise_goal("g", reason="More time", due_on=BEGIN.add(years=2).date())
    assert coaching.eng.progress().goals["g"].status == "on_track"
    assert coaching.state(f"{REVIEW}/g", 52) is OPEN
    read(coaching, "g", 53, 10)
    assert [each for each in coaching.ids(REVIEW, 54) if each.startswith("/")] == ["/g"]


def test_a_goal_that_was_paused_is_not_off_track_by_the_time_of_its_pause(coaching: Coaching) -> None:
    set_goal(coaching, "g")
    read(coaching, "g", 5, 5)
    coaching.on(6).client.pause_goal("g", "An injury")
    coaching.on(46).client.resume_goal("g")
    read(coaching, "g", 50, 10)
    assert coaching.eng.progress().goals["g"].status == "on_track"
    assert not [each for each in coaching.ids(REVIEW, 51) if each.startswith("/")]


@pytest.mark.parametrize("who", ["coach", "client"])
def test_a_revision_that_is_dated_back_takes_no_review_back(coaching: Coaching, who: str) -> None:
    set_goal(coaching, "g")
    read(coaching, "g", 5, 5)
    read(coaching, "g", 50, 10)
    later = BEGIN.add(years=2).date()
    getattr(coaching.on(52), who).revise_goal("g", "More time", due_on=later, occurred_at=coaching.time(6))
    assert coaching.state(f"{REVIEW}/g", 53) is OPEN


def test_a_revision_that_is_dated_back_makes_no_review_overdue(coaching: Coaching) -> None:
    set_goal(coaching, "g")
    read(coaching, "g", 20, 15)
    read(coaching, "g", 30, 20)
    coaching.on(55).client.revise_goal(
        "g", "Less time", due_on=BEGIN.add(days=60).date(), occurred_at=coaching.time(21)
    )
    assert not [each for each in coaching.ids(REVIEW, 56) if each.startswith("/")]
    read(coaching, "g", 57, 20)
    assert coaching.obligation(f"{REVIEW}/g", 58).due_at == coaching.end_of_day(64)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("read"), st.integers(0, 100)),
        st.tuples(st.sampled_from(["pause", "resume"]), st.none()),
        st.tuples(st.just("revise"), st.integers(70, 400)),
    ),
    min_size=5,
    max_size=12,
)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(1, 20), min_size=12, max_size=12), STEPS)
def test_a_review_is_asked_for_whenever_progress_calls_a_goal_off_track_anew(days: list[int], steps: Any) -> None:
    coaching = Coaching()
    set_goal(coaching, "g")
    statuses, is_paused = ["not_started"], False
    for pause, (step, value) in zip(days, steps, strict=False):
        coaching.on(coaching.day + pause)
        if step == "read":
            coaching.client.record_progress("g", value)
            statuses.append(str(coaching.eng.progress().goals["g"].status))
            coaching.on(coaching.day + 0.1).coach.review_plan("As it is")  # what is owed asks for no second one
        elif step == "revise":
            coaching.client.revise_goal("g", "Another day", due_on=BEGIN.add(days=value).date())
        elif (step == "pause") is not is_paused:
            getattr(coaching.client, f"{step}_goal")("g", *(["An injury"] if step == "pause" else []))
            is_paused = step == "pause"
    turns = sum(now == "off_track" != before for before, now in itertools.pairwise(statuses))
    reviews = [each for each in coaching.ledger(coaching.day + 1).obligations if each.of == "off_track"]
    assert len(reviews) == turns


# --- repairs and periods ---------------------------------------------------------------------------------------------


def test_each_missed_action_asks_for_an_encouragement_of_its_own_and_stays_missed(coaching: Coaching) -> None:
    duty = "coach.feedback.encouragement"
    for number in range(3):
        coaching.client.plan_action("Run", action_id=f"a{number}", due_on=BEGIN.add(days=1).date())
    missed = [f"{duty}/a{number}" for number in range(3)]
    assert not {each.id for each in coaching.ledger(3).obligations} & set(missed)  # the grace goes on
    assert [coaching.state(each, 4) for each in missed] == [OPEN, OPEN, OPEN]
    coaching.coach.encourage("It was a hard week", action_id="a2")
    coaching.coach.encourage("And it will pass")
    assert [coaching.state(each, 5) for each in missed] == [MET, OPEN, MET]
    assert coaching.state("client.action.accountability/a2", 5) is MISSED


def test_a_practice_that_keeps_motivation_up_is_used_at_least_every_second_fortnight(coaching: Coaching) -> None:
    coaching.on(20).client.rate_motivation(7)  # a number is no practice
    assert coaching.state("client.motivation.practice#1", 27) is OPEN
    coaching.client.use_motivation_practice("A walk first")
    assert coaching.state("client.motivation.practice#1", 28) is MET
    assert coaching.obligation("client.motivation.practice#1", 28).due_at == coaching.end_of_day(28)


def test_a_good_rating_of_openness_or_a_challenge_taken_up_meets_it_and_a_low_one_asks_for_an_answer(
    coaching: Coaching,
) -> None:
    for number in range(1, 4):
        coaching.session(f"s{number}", 7 * number)
    openness = "client.engagement.openness/s3"
    coaching.on(22).coach.rate_openness(2)
    assert coaching.state(openness, 23) is OPEN
    low = [each for each in coaching.ledger(23).obligations if each.id.endswith("@low_rating")]
    assert [(each.role, each.due_at) for each in low] == [(Role.CLIENT, coaching.end_of_day(29))]
    coaching.on(24).client.send_message("That day I was tired")
    assert coaching.state(low[0].id, 25) is MET
    coaching.on(26).coach.rate_openness(2, challenge_taken=True)
    assert coaching.state(openness, 27) is MET


def test_openness_that_nobody_rated_is_not_judged(coaching: Coaching) -> None:
    for number in range(1, 4):
        coaching.session(f"s{number}", 7 * number)
    obligation = coaching.obligation("client.engagement.openness/s3", 40)
    assert (obligation.state, obligation.lapse_reason) == (LAPSED, LapseReason.NOT_JUDGED)


def test_six_hours_of_learning_a_quarter_educate_a_coach_and_fewer_do_not(coaching: Coaching) -> None:
    duty = "coach.methods.education"
    coaching.on(10).coach.log_learning("A talk", hours=2)
    coaching.on(30).coach.log_learning("A book")
    coaching.on(50).coach.log_learning("A course", hours="3.5")
    assert coaching.state(f"{duty}#1", 60) is OPEN
    coaching.on(70).coach.log_learning("Supervision", hours="0.5")
    obligation = coaching.obligation(f"{duty}#1", 71)
    assert (obligation.state, obligation.settled_at) == (MET, coaching.time(70))


# --- what is said to the other side ----------------------------------------------------------------------------------

PRIVATE: dict[str, tuple[str, Any]] = {
    "openness": ("coach.feedback.constructive#1", lambda c, **own: c.coach.rate_openness(4, **own)),
    "encouragement": ("coach.feedback.encouragement#1", lambda c, **own: c.coach.encourage("Go on", **own)),
    "development": ("coach.reflection.development#1", lambda c, **own: c.coach.suggest_development("Speak", **own)),
    "feedback": (
        "coach.feedback.constructive/s1",
        lambda c, **own: c.coach.give_feedback("Good", strength="Calm", next_step="Again", session_id="s1", **own),
    ),
    "question": ("coach.reflection.prompting/s1", lambda c, **own: c.coach.prompt_reflection("Why?", "s1", **own)),
    "summary": ("coach.structure.sessions/s1@held", lambda c, **own: c.coach.summarise_session("s1", "So far", **own)),
    "answer": ("coach.environment.support/c@concern", lambda c, **own: c.coach.answer_concern("c", "I see", **own)),
    "check-in": ("client.communication.open#1", lambda c, **own: c.client.check_in("I worry", **own)),
}


@pytest.mark.parametrize("said", PRIVATE)
def test_what_is_kept_to_oneself_was_said_to_nobody(said: str) -> None:
    obligation, say = PRIVATE[said]
    for own, counts in (({"visibility": "author"}, False), ({}, True)):
        coaching = Coaching()
        coaching.session("s1", 5)
        if said == "answer":
            coaching.client.raise_concern("It is too fast", concern_id="c")
        say(coaching.on(5.5), **own)
        assert (coaching.state(obligation, 40) is MET) is counts, own


def test_what_is_written_for_oneself_counts_for_oneself(coaching: Coaching) -> None:
    coaching.on(3).client.reflect("Mine", visibility="author")
    coaching.client.log_learning("A book", visibility="author")
    assert coaching.state("client.development.reflection#1", 4) is MET
    assert coaching.state("client.development.learning#1", 4) is MET


def test_the_clients_rating_of_motivation_is_asked_for_and_a_secret_one_is_not_given(coaching: Coaching) -> None:
    coaching.on(5).client.rate_safety(4)
    coaching.client.rate_motivation(7, visibility="author")
    assert coaching.state("client.progress.feedback#1", 40) is MISSED


# --- goals that are assessed -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("close", ["achieve_goal", "drop_goal"])
def test_goals_that_were_closed_need_no_assessment(coaching: Coaching, close: str) -> None:
    for goal in ("a", "b", "c"):
        coaching.client.set_goal(goal, goal_id=goal)
    coaching.on(5).client.assess_self("Half way", goal_ids=["a"])
    coaching.on(6).eng.as_party("ben").drop_goal("b", "Enough")
    assert coaching.state("client.progress.self_assessment#1", 8) is OPEN
    coaching.on(9)
    getattr(coaching.client, close)("c", "It is over")
    obligation = coaching.obligation("client.progress.self_assessment#1", 10)
    assert (obligation.state, obligation.settled_at) == (MET, coaching.time(9))
    assert coaching.state("client.progress.self_assessment#1", 8.5) is OPEN


def test_a_goal_that_is_still_active_is_assessed_though_others_were_closed(coaching: Coaching) -> None:
    for goal in ("a", "b", "c"):
        coaching.client.set_goal(goal, goal_id=goal)
    coaching.on(5).client.assess_self("Half way", goal_ids=["a"])
    coaching.on(6).client.drop_goal("b", "Enough")
    assert coaching.state("client.progress.self_assessment#1", 20) is MISSED


# --- an agenda -------------------------------------------------------------------------------------------------------


def test_a_coach_sends_the_agenda_of_a_session_that_the_client_booked_without_one(coaching: Coaching) -> None:
    coaching.on(1).client.schedule_session(coaching.time(6), session_id="s1")
    coaching.client.schedule_session(coaching.time(6.2), session_id="s2")
    coaching.on(4).coach.prepare_session("s1", agenda=["How it went"])
    coaching.client.prepare_session("s2", agenda=["What I want"])
    assert coaching.state("coach.structure.sessions/s1", 4.1) is MET
    assert coaching.state("coach.structure.sessions/s2", 7) is MISSED


# --- changes of a goal -----------------------------------------------------------------------------------------------


def test_while_a_review_is_owed_for_one_change_of_a_goal_the_next_asks_for_no_second(coaching: Coaching) -> None:
    duty = "coach.goals.setting"
    coaching.client.set_goal("Lead", goal_id="g")
    coaching.client.set_goal("Rest", goal_id="h")
    coaching.coach.review_goal("g", note="By when?")
    coaching.coach.review_goal("h", note="By when?")
    for day in (3, 4, 6):
        coaching.on(day).client.revise_goal("g", "Clearer", title=f"Lead {day}")
    coaching.client.revise_goal("h", "Clearer", title="Rest well")
    changes = ["/g@goal_change.1", "/h@goal_change.1"]
    assert [each for each in coaching.ids(duty, 7) if "@" in each] == changes
    coaching.coach.review_goal("h", note="Good")  # of another goal, which answers nothing about this one
    coaching.on(8).client.revise_goal("g", "Clearer", title="Lead 8")
    assert [each for each in coaching.ids(duty, 9) if "@" in each] == changes
    coaching.on(9).coach.review_goal("g", note="Better")
    assert coaching.state(f"{duty}/g@goal_change.1", 9.1) is MET
    coaching.on(10).client.revise_goal("g", "Clearer", title="Lead 10")
    assert [each for each in coaching.ids(duty, 11) if "@" in each] == [*changes, "/g@goal_change.5"]
    coaching.on(30).client.revise_goal("g", "Clearer", title="Lead 30")  # the one before is overdue
    assert f"{duty}/g@goal_change.6" in [each.id for each in coaching.ledger(31).obligations]


def test_what_was_missed_about_several_goals_or_actions_names_those_that_lacked_something(coaching: Coaching) -> None:
    client = coaching.on(1).client
    for goal_id in ("planned", "bare", "dropped", "later"):
        client.set_goal(f"Lead {goal_id}", goal_id=goal_id, due_on="2026-06-01")
    for action_id, goal_id, due_on in (
        ("done", "planned", "2026-01-20"),
        ("late", "dropped", "2026-01-21"),
        ("never", "planned", "2026-01-22"),
        ("next", "planned", "2026-03-01"),
    ):
        client.plan_action(f"Do {action_id}", action_id=action_id, goal_id=goal_id, due_on=due_on)
    coaching.on(14).client.do_action("done")
    coaching.on(18).client.do_action("late")
    coaching.on(25).client.drop_goal("dropped", "No time")
    ledger = coaching.ledger(34)  # the first month ends on day 31
    plans, discipline = (
        ledger.obligation(f"client.{duty}#1") for duty in ("goals.action_plan", "motivation.discipline")
    )
    assert {plans.state, discipline.state} == {ObligationState.MISSED}
    assert [part.subject_id for part in plans.lacking] == ["bare", "later"]
    assert [part.subject_id for part in discipline.lacking] == ["late", "never"]
    assert {part.of for part in (*plans.lacking, *discipline.lacking)} == {Of.GOAL, Of.ACTION_DUE}
    assert not ledger.obligation("client.development.reflection#1").lacking
    text = " ".join(plain(build_report(coaching.eng.snapshot(as_of=coaching.time(34)))).split())
    assert "Missed: Action plans – a plan for every goal: Lead bare; Lead later (5 February 2026)." in text
    assert "Missed: Discipline: Do late; Do never (5 February 2026)." in text
