"""The ledger where it is hard: amended agreements, disputes and new evidence, entries not made yet, erased, or made twice over."""

from decimal import Decimal
from typing import Any

import pendulum
import pytest

import coachcore
from coachcore import Agreement, DutyTerms, Party, Period, Reach, Role
from coachcore.charter import Charter
from coachcore.errors import NotFound
from coachcore.ledger import Ledger, ObligationState, ledger
from coachcore.model.value import with_changes
from coachcore.practice import Engagement

BEGIN = pendulum.datetime(2026, 1, 5, 9, tz="Europe/Riga")
OPEN, MET, LATE, MISSED, WAIVED = ObligationState
REFLECTION, FEEDBACK = "client.development.reflection", "coach.feedback.constructive"
PARTIES = (
    Party(id="coach", name="Ann", role=Role.COACH),
    Party(id="client", name="Ben", role=Role.CLIENT),
    Party(id="sponsor", name="Dee", role=Role.SPONSOR),
)
SMART: dict[str, Any] = {
    "why": "The team should hear it",
    "due_on": "2026-12-01",
    "measure": Reach(metric="m", unit="u", baseline=Decimal(0), target=Decimal(1)),
}


class Course:
    """An engagement under way since day 0, and a clock in days."""

    def __init__(self, parties: tuple[Party, ...] = PARTIES, **agreement: Any) -> None:
        self.day = 0.0
        self.practice = coachcore.open(clock=lambda: self.time(self.day))
        self.eng: Engagement = self.practice.propose(
            Agreement(title="T", zone="Europe/Riga", parties=parties, **agreement)
        )
        self.everybody("accept")
        self.coach: Any = self.eng.as_party("coach")
        self.client: Any = self.eng.as_party("client")
        self.coach.start()

    def everybody(self, verb: str) -> None:
        for each in self.eng.state().newest.signatories:
            getattr(self.eng.as_party(each.id), verb)()

    def time(self, day: float) -> pendulum.DateTime:
        return BEGIN.add(seconds=round(day * 86400))

    def on(self, day: float) -> "Course":
        self.day = max(self.day, day)
        return self

    def amend(self, **changes: Any) -> None:
        self.coach.amend(with_changes(self.eng.state().agreement, **changes), "It suits us better")
        self.everybody("accept")

    def ledger(self, day: float) -> Ledger:
        self.on(day)
        return self.eng.ledger(as_of=self.time(day))

    def state(self, obligation: str, day: float) -> ObligationState | None:
        """Its state; None where it is not on the books."""
        found = [each.state for each in self.ledger(day).obligations if each.id == obligation]
        return found[0] if found else None

    def ids(self, duty: str, day: float) -> list[str]:
        return [each.id.removeprefix(duty) for each in self.ledger(day).obligations if each.duty_id == duty]

    def session(self, name: str, day: float, *, held: bool = True) -> None:
        self.on(day - 3)
        self.coach.schedule_session(self.time(day), session_id=name, agenda=["Topic"])
        if held:
            self.on(day + 0.05)
            self.coach.hold_session(name)

    def feedback(self, day: float, session: str = "s1") -> None:
        self.on(day).coach.give_feedback("Good", strength="Calm", next_step="Again", session_id=session)


# --- amended agreements ----------------------------------------------------------------------------------------------


def test_putting_a_duty_off_leaves_what_was_owed_before_and_lets_go_of_what_was_not_due() -> None:
    made = Course()
    assert [made.state(f"{REFLECTION}#{n}", 20) for n in (1, 2, 3)] == [MISSED, MISSED, OPEN]
    made.amend(terms=(DutyTerms(duty_id=REFLECTION, off=True),))
    assert [made.state(f"{REFLECTION}#{n}", 60) for n in (1, 2, 3)] == [MISSED, MISSED, None]
    gone = next(each for each in made.ledger(60).fell_away if each.id == f"{REFLECTION}#3")
    assert gone.at == made.time(20)
    made.amend(terms=())
    assert made.ids(REFLECTION, 61) == ["#1", "#2", "#4"]
    assert made.ledger(61).obligation(f"{REFLECTION}#4").due_at == made.time(67)


def test_an_amended_cadence_holds_from_the_next_period_on() -> None:
    made = Course()
    made.on(10).amend(terms=(DutyTerms(duty_id=REFLECTION, every=Period.parse("P4W"), weight=Decimal(3)),))
    found = [made.ledger(50).obligation(f"{REFLECTION}#{n}") for n in (1, 2, 3)]
    assert [each.due_at for each in found] == [made.time(7), made.time(14), made.time(42)]
    assert [each.weight for each in found] == [1, 1, 3]


def test_grace_is_that_of_the_agreement_when_it_was_opened() -> None:
    made = Course()
    made.on(8).amend(terms=(DutyTerms(duty_id=REFLECTION, grace=Period.parse("P6D")),))
    made.on(12).client.reflect("Late for the first")
    assert [made.state(f"{REFLECTION}#{n}", 13) for n in (1, 2)] == [MISSED, MET]
    made.on(25).client.reflect("Late for the third")
    assert made.state(f"{REFLECTION}#3", 26) is LATE


def test_a_cadence_of_less_than_a_day_is_taken_as_a_day() -> None:
    made = Course(terms=(DutyTerms(duty_id=REFLECTION, every=Period.parse("PT1S")),))
    assert len(made.ids(REFLECTION, 30)) == 30


def test_who_has_left_the_agreement_was_there_all_the_same() -> None:
    second = Party(id="coach2", name="Art", role=Role.COACH)
    made = Course(parties=(*PARTIES, second))
    made.session("s1", 10, held=False)
    made.on(9).client.prepare_session("s1")
    made.on(10.1).coach.hold_session("s1", attended=["coach2", "client"])
    assert made.state("client.engagement.participation/s1", 11) is MET
    made.session("s2", 20, held=False)
    made.on(20.1).client.miss_session("s2", ["coach2"])
    made.on(25).amend(parties=PARTIES)
    assert made.state("coach.ethics.professionalism/s2", 30) is MISSED


def test_notice_is_that_of_the_agreement_when_the_session_was_called_off() -> None:
    made = Course(notice_hours=48)
    made.session("s1", 10, held=False)
    made.on(8.5).coach.cancel_session("s1")
    made.on(9).amend(notice_hours=1)
    assert made.state("coach.ethics.professionalism/s1", 12) is MISSED


def test_a_goal_is_judged_by_the_agreement_of_when_it_was_put() -> None:
    made = Course(ends_on="2026-06-30")
    made.on(2).client.set_goal("Lead the weekly meeting", goal_id="g", **SMART)  # due after the agreed end
    made.on(40).amend(ends_on="2026-12-31")
    assert made.state("client.goals.smart/start", 41) is MISSED


# --- what is not known yet -------------------------------------------------------------------------------------------


def test_a_session_nobody_has_entered_yet_is_not_held_against_anybody() -> None:
    made = Course()
    made.session("s1", 10, held=False)
    made.on(8).client.prepare_session("s1")
    for duty in ("coach.ethics.professionalism", "client.engagement.participation"):
        assert made.state(f"{duty}/s1", 30) is OPEN
    made.coach.hold_session("s1")
    for duty in ("coach.ethics.professionalism", "client.engagement.participation"):
        assert made.state(f"{duty}/s1", 31) is MET


def test_calling_off_at_the_last_minute_is_not_coming() -> None:
    made = Course()
    for name, day, called_off in (("s1", 10, 8.0), ("s2", 20, 19.9)):
        made.session(name, day, held=False)
        made.on(called_off).client.cancel_session(name)
    assert made.state("client.engagement.participation/s1", 40) is None
    assert made.state("client.engagement.participation/s2", 40) is MISSED
    assert made.state("coach.structure.sessions/s2", 40) is None


def test_every_nth_session_is_counted_in_the_order_it_was_known() -> None:
    made = Course()
    made.session("s1", 8)
    made.session("s2", 10, held=False)
    made.session("s3", 12)
    before = made.ids("coach.methods.fit", 13)
    made.on(20).coach.hold_session("s2")
    assert before == made.ids("coach.methods.fit", 21) == ["/s3"]


def test_asking_of_a_moment_before_the_history_ends_leaves_out_what_came_later() -> None:
    made = Course()
    made.on(3).client.reflect("One")
    made.on(20).coach.complete()
    before = made.eng.ledger(as_of=made.time(5))
    made.on(31).client.reflect("Two")
    assert made.eng.ledger(as_of=made.time(5)) == before
    with pytest.raises(NotFound, match=r"engagement\.not_yet"):
        made.eng.ledger(as_of=made.time(-1))


# --- evidence --------------------------------------------------------------------------------------------------------


def test_a_lesson_from_a_decision_is_not_one_from_a_missed_action() -> None:
    made = Course()
    made.client.plan_action("Do it", action_id="a", due_on="2026-01-08")
    made.on(5).client.make_decision("To stay", decision_id="d")
    made.client.note_consequence("It was right", decision_id="d")
    assert made.state("client.action.consequences/a", 6) is OPEN
    assert made.state("client.action.consequences/d@decision", 6) is MET


def test_the_lesson_of_one_miss_is_not_that_of_the_next() -> None:
    made = Course()
    made.client.plan_action("Do it", action_id="a", due_on="2026-01-08")
    made.on(5).client.note_consequence("Begin earlier", action_id="a")
    made.on(6).client.reschedule_action("a", "2026-01-20", "Ill")
    assert made.state("client.action.consequences/a", 20) is MET
    assert made.state("client.action.consequences/a.2", 20) is OPEN


def test_moving_an_action_after_its_day_does_not_undo_that_it_was_missed() -> None:
    made = Course()
    made.client.plan_action("Do it", action_id="a", due_on="2026-01-08")  # ends on day 3.625
    assert made.state("client.motivation.discipline#1", 35) is MISSED
    made.client.reschedule_action("a", "2026-03-20", "Later")
    assert made.state("client.action.accountability/a", 36) is MISSED
    assert made.state("client.motivation.discipline#1", 36) is MISSED
    assert made.state("client.action.accountability/a.2", 36) is OPEN


def test_moving_an_action_counts_before_its_day_ends_and_not_in_the_grace() -> None:
    made = Course()
    for name in ("a", "b"):
        made.client.plan_action("Do it", action_id=name, due_on="2026-01-08")  # ends on day 3.625
    made.on(3.5).client.reschedule_action("a", "2026-01-20", "Ill")
    made.on(4.5).client.reschedule_action("b", "2026-01-20", "Ill")
    assert [made.state(f"client.action.accountability/{name}", 6) for name in ("a", "b")] == [MET, MISSED]


def test_what_could_not_be_there_sooner_is_in_time_when_it_is_there_at_once() -> None:
    made = Course()
    made.on(9.8).coach.schedule_session(made.time(10), session_id="s1", agenda=["Today"])
    made.on(10.1).coach.hold_session("s1")
    made.coach.summarise_session("s1", "T")
    assert made.state("coach.structure.sessions/s1", 11) is MET


def test_a_due_day_within_a_pause_is_not_missed_while_it_lasts() -> None:
    made = Course()
    made.client.plan_action("Do it", action_id="a", due_on="2026-01-15")
    made.on(5).coach.pause("Illness")
    assert made.state("client.action.accountability/a", 30) is OPEN
    assert made.state("client.action.consequences/a", 30) is None
    made.on(31).coach.resume()
    assert made.ledger(31.5).obligation("client.action.accountability/a").due_at == made.time(31)
    assert made.state("client.action.consequences/a", 32) is OPEN


def test_feedback_for_two_sessions_is_not_feedback_for_four() -> None:
    made = Course()
    for number in range(1, 5):
        made.session(f"s{number}", number * 2.0 + 2)
    made.on(10.5).client.give_feedback("It helps")
    assert [made.state(f"client.progress.feedback/s{n}", 11) for n in (2, 4)] == [MET, OPEN]


def test_a_waived_period_leaves_the_evidence_to_the_next() -> None:
    made = Course()
    made.on(2).coach.waive_obligation(f"{REFLECTION}#1", "A hard week")
    made.on(7.5).client.reflect("In the second week")
    assert [made.state(f"{REFLECTION}#{n}", 20) for n in (1, 2)] == [WAIVED, MET]


def test_a_goal_is_judged_by_how_it_was_put_then_and_not_by_what_became_of_it() -> None:
    made = Course()
    made.on(2).client.set_goal("Meetings", goal_id="g")
    assert made.state("client.goals.smart/start", 31) is MISSED
    made.client.drop_goal("g", "Another matters more")
    assert made.state("client.goals.smart/start", 60) is MISSED


def test_each_change_of_a_goal_is_judged_by_itself() -> None:
    made = Course(ends_on="2026-12-31")
    made.client.set_goal("Lead the weekly meeting", goal_id="g", **SMART)
    assert made.state("client.goals.smart/start", 1) is MET
    made.on(40).client.revise_goal("g", "Shorter", title="Lead")
    assert made.state("client.goals.smart/g.1", 41) is OPEN
    made.on(42).client.revise_goal("g", "Clearer", title="Lead the weekly meeting")
    assert [made.state(f"client.goals.smart/g.{n}", 43) for n in (1, 2)] == [MET, MET]
    assert made.state("client.goals.smart/start", 43) is MET


def test_a_plan_that_was_given_up_does_not_keep_the_plan_up() -> None:
    made = Course()
    for name in ("kept", "done", "dropped"):
        made = Course()
        made.client.set_goal("Lead the weekly meeting", goal_id="g")
        made.client.plan_action("Ask", goal_id="g", action_id="a")
        if name != "kept":
            getattr(made.on(2).client, "do_action" if name == "done" else "drop_action")(
                "a", **({} if name == "done" else {"reason": "No"})
            )
        found = [made.state(f"client.goals.action_plan#{n}", 70) for n in (1, 2)]
        assert found == {"kept": [MET, MET], "done": [MET, MISSED], "dropped": [MISSED, MISSED]}[name]


def test_the_coach_s_learning_says_how_many_hours() -> None:
    made = Course()
    made.coach.log_learning("Something")
    assert made.state("coach.methods.education#1", 5) is OPEN
    made.coach.log_learning("Supervision", hours=2)
    assert made.state("coach.methods.education#1", 5) is MET


def test_only_the_other_side_s_concerns_ask_for_an_answer() -> None:
    made = Course()
    made.eng.as_party("sponsor").raise_concern("The budget", concern_id="c1")
    made.client.raise_concern("The pace", concern_id="c2")
    made.coach.raise_concern("The mood", concern_id="c3")
    assert [each for each in made.ids("client.communication.open", 1) if "/" in each] == ["/c3"]


# --- disputes, confirmations, erasure --------------------------------------------------------------------------------


def test_what_is_entered_after_an_upheld_contest_counts() -> None:
    made = Course()
    made.session("s1", 10)
    made.feedback(10.5)
    made.on(11).client.contest_evidence(f"{FEEDBACK}/s1", "That is not feedback", dispute_id="d")
    assert made.state(f"{FEEDBACK}/s1", 11) is OPEN
    made.coach.resolve_dispute("d", True, "True; I write it anew")
    made.feedback(12)
    found = made.ledger(12).obligation(f"{FEEDBACK}/s1")
    assert (found.state, found.settled_at, found.is_contested) == (MET, made.time(12), False)


def test_of_all_that_is_asked_for_entering_one_anew_is_enough_after_a_contest() -> None:
    made = Course()
    made.session("s1", 10)
    made.on(10.5).coach.summarise_session("s1", "T")
    duty = "coach.structure.sessions/s1"
    made.on(11).client.contest_evidence(duty, "A summary of what?", dispute_id="d")
    made.coach.resolve_dispute("d", True, "True")
    assert made.state(duty, 11) is OPEN
    made.on(11.5).coach.summarise_session("s1", "Of this")
    assert made.state(duty, 11.5) is MET


def test_a_contest_that_fails_restores_what_was_met_and_when() -> None:
    made = Course()
    made.on(3).client.reflect("One")
    made.on(4).coach.contest_evidence(f"{REFLECTION}#1", "Was it?", dispute_id="d")
    assert made.state(f"{REFLECTION}#1", 5) is OPEN
    made.coach.resolve_dispute("d", False, "It was")
    found = made.ledger(6).obligation(f"{REFLECTION}#1")
    assert (found.state, found.settled_at) == (MET, made.time(3))


def test_what_was_met_and_is_contested_stays_on_the_books_when_the_engagement_closes() -> None:
    made = Course()
    made.on(3).client.reflect("For the first week")
    made.on(8).client.reflect("For the second week")
    made.on(9).coach.contest_evidence(f"{REFLECTION}#2", "Was it?", dispute_id="d")
    made.on(10).coach.complete()
    assert [made.state(f"{REFLECTION}#2", day) for day in (11, 17)] == [OPEN, MISSED]
    made.coach.resolve_dispute("d", False, "It was")
    assert made.state(f"{REFLECTION}#2", 18) is MET


def test_contested_evidence_does_not_pass_to_the_next_period() -> None:
    made = Course()
    made.on(8).client.reflect("Late for the first")
    made.on(8.5).coach.contest_evidence(f"{REFLECTION}#1", "Too short", dispute_id="d")
    made.client.resolve_dispute("d", True, "True")
    assert [made.state(f"{REFLECTION}#{n}", 20) for n in (1, 2)] == [MISSED, MISSED]


def test_the_other_side_s_word_settles_it_even_after_it_closed() -> None:
    made = Course()
    assert made.state(f"{REFLECTION}#1", 12) is MISSED
    made.coach.confirm_evidence(f"{REFLECTION}#1")
    found = made.ledger(12).obligation(f"{REFLECTION}#1")
    assert (found.state, found.is_confirmed) == (LATE, True)


def test_erasing_what_an_entry_said_does_not_take_back_what_it_met() -> None:
    made = Course()
    made.session("s1", 10)
    made.on(10.1).coach.summarise_session("s1", "T")
    made.feedback(10.5)
    entries = [each.id for each in made.eng._event_log.recorded if each.type in ("SessionSummarised", "FeedbackGiven")]
    made.on(11).coach.erase_content(entries, "As asked")
    for duty in ("coach.structure.sessions", FEEDBACK):
        assert made.state(f"{duty}/s1", 20) is MET


def test_what_cannot_be_read_counts_once() -> None:
    made = Course()
    made.session("s1", 10)
    made.session("s2", 11)
    made.feedback(11.5, "s2")
    entries = [each.id for each in made.eng._event_log.recorded if each.type == "FeedbackGiven"]
    made.on(12).coach.erase_content(entries, "As asked")
    assert sorted(str(made.state(f"{FEEDBACK}/{each}", 20)) for each in ("s1", "s2")) == ["met", "missed"]


# --- closings, hand-overs, breaches ----------------------------------------------------------------------------------


def test_what_was_due_before_the_closing_is_owed_though_its_grace_was_not_over() -> None:
    made = Course()
    made.on(8).coach.complete()
    assert [made.state(f"{REFLECTION}#{n}", 30) for n in (1, 2)] == [MISSED, None]
    assert {each.id for each in made.ledger(30).fell_away} >= {f"{REFLECTION}#2"}


def test_what_is_entered_after_the_closing_brings_back_nothing_that_fell_away() -> None:
    made = Course()
    made.session("s1", 10)
    made.on(10.1).coach.complete()
    made.on(10.5).coach.summarise_session("s1", "T")
    assert made.state("coach.structure.sessions/s1", 20) is None
    assert "coach.structure.sessions/s1" in [each.id for each in made.ledger(20).fell_away]


def test_what_fell_away_is_listed_with_when() -> None:
    made = Course()
    made.on(1).client.set_goal("Lead the weekly meeting", goal_id="g")
    made.on(2).client.plan_action("Ask", action_id="a", due_on="2026-03-01")
    made.on(3).client.drop_goal("g", "Another matters more")
    made.on(4).client.drop_action("a", "No")
    found = {each.id: each.at for each in made.ledger(5).fell_away}
    assert found["client.goals.action_plan/g"] == found["coach.goals.setting/g"] == made.time(3)
    assert found["client.action.accountability/a"] == made.time(4)


def test_a_duty_that_applied_for_a_while_is_listed_too() -> None:
    made = Course()
    duty = "client.progress.self_assessment#1"
    assert made.state(duty, 1) is None
    assert not made.ledger(1).fell_away
    made.on(2).client.set_goal("Lead the weekly meeting", goal_id="g")
    assert made.state(duty, 3) is OPEN
    made.client.drop_goal("g", "Another matters more")
    assert made.state(duty, 20) is None
    assert {each.id: each.at for each in made.ledger(20).fell_away}[duty] == made.time(3)


def test_a_breach_is_of_whoever_carried_the_duty_when_it_was_reported() -> None:
    made = Course()
    duty = "coach.environment.confidentiality"
    made.on(5).coach.hand_over_duty(duty, "client")
    made.on(8).coach.report_breach(duty, "Told a friend", breach_id="b")
    made.client.resolve_breach("b", True, "I did")
    found = {each.id: (each.role, each.state) for each in made.ledger(10).obligations if each.duty_id == duty}
    assert found == {f"{duty}/standing": (Role.COACH, MET), f"{duty}/standing.2": (Role.CLIENT, MISSED)}


def test_a_breach_that_is_not_upheld_leaves_the_duty_kept() -> None:
    made = Course()
    duty = "coach.ethics.code"
    made.on(5).client.report_breach(duty, "I thought so", breach_id="b")
    assert made.ledger(6).obligation(f"{duty}/standing").is_contested
    made.client.resolve_breach("b", False, "I was wrong")
    assert not made.ledger(7).obligation(f"{duty}/standing").is_contested
    made.on(8).coach.complete()
    assert made.state(f"{duty}/standing", 9) is MET


def test_a_first_session_called_off_lets_go_until_there_is_another() -> None:
    made = Course()
    duty = "coach.environment.confidentiality/first_session"
    made.session("s1", 10, held=False)
    assert made.state(duty, 8) is OPEN
    made.coach.cancel_session("s1")
    assert made.state(duty, 20) is None
    assert duty in [each.id for each in made.ledger(20).fell_away]
    made.session("s2", 30)
    assert made.state(duty, 31) is MISSED


# --- ids -------------------------------------------------------------------------------------------------------------


def test_no_two_obligations_share_an_id_whatever_things_are_called() -> None:
    made = Course()
    for name in ("standing", "start", "first_session", "standing.2", "a@b", "a@"):
        made.session(name, made.day + 4)
    for name in ("a", "a.2", "a.2@", "x", "start", "a@decision", "a#2", "a/b", "g" * 128):
        made.client.plan_action("Do it", action_id=name, due_on=made.time(made.day).date())
        made.client.make_decision("So be it", decision_id=name)
        made.client.set_goal("Lead the weekly meeting", goal_id=name, **SMART)
        for _ in range(2):
            made.client.reschedule_action(name, made.time(made.day).date(), "Later")
            made.client.revise_goal(name, "Clearer", why="Since it matters to all of us")
    ids = [each.id for each in made.ledger(made.day + 40).obligations]
    assert len(set(ids)) == len(ids)
    assert max(map(len, ids)) <= 128


def test_an_obligation_for_a_thing_with_a_long_id_can_be_waived() -> None:
    made = Course()
    made.client.set_goal("Lead the weekly meeting", goal_id="g" * 128)
    duty = "client.goals.action_plan"
    (obligation,) = (each for each in made.ids(duty, 1) if each.startswith("/"))
    made.coach.waive_obligation(f"{duty}{obligation}", "Not needed")
    assert made.state(f"{duty}{obligation}", 2) is WAIVED


def test_an_ordinary_id_says_the_duty_and_the_thing() -> None:
    made = Course()
    made.session("2026.01", 4)
    assert "/2026.01" in made.ids(FEEDBACK, 5)


# --- a host's charter ------------------------------------------------------------------------------------------------


def test_a_duty_may_hang_on_what_was_so_when_it_was_due() -> None:
    charter = Charter.from_toml(
        """
id = "house"
version = "1"

[[duty]]
id = "client.progress.weekly"
title = { en = "A word", lv = "Vārds" }
text = { en = "Says.", lv = "Saka." }
applies = "sessions_held >= 1 and open_actions > 0 and as_of >= date('2026-01-20')"
schedules = [{ kind = "every", every = "P1W", evidence = [{ type = "CheckInMade", by = "owner" }] }]
"""
    )
    made = Course()
    made.session("s1", 4)
    made.client.plan_action("Ask", action_id="a")
    made.on(25).client.do_action("a")
    found = ledger(charter, made.eng.snapshot(as_of=made.time(60)).history)
    assert [each.id for each in found.obligations] == [f"client.progress.weekly#{n}" for n in (3,)]
    assert [each.id for each in found.fell_away] == ["client.progress.weekly#4"]


def test_a_session_held_before_the_time_it_was_corrected_to_counts_when_it_was_held() -> None:
    made = Course()
    made.session("s1", 10)
    made.on(9).client.prepare_session("s1")
    entry = next(each for each in made.eng.events() if each.type == "SessionScheduled")
    made.on(11).coach.correct_entry(
        entry.id, "It was put down wrong", with_changes(entry.content, starts_at=made.time(60))
    )
    event_log = made.ledger(20)
    assert event_log.obligation("client.engagement.participation/s1").settled_at == made.time(10.05)
    assert all(each.at <= event_log.as_of for each in event_log.postings)
