"""The ledger where it is hard: amended agreements, disputes and new evidence, events not recorded yet, erased, or recorded twice."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Self

import pendulum
import pytest

import coachcore
from coachcore import Agreement, DutyTerms, Party, Period, Reach, Role
from coachcore.charter import Charter
from coachcore.errors import NotAllowed, NotFound, Refused
from coachcore.events import ConcernRaised, SafetyRated
from coachcore.ledger import Dispute, LapseReason, Ledger, Obligation, ObligationState, ledger
from coachcore.model.value import with_changes
from coachcore.practice import Engagement
from coachcore.rules import RuleSet

BEGIN = pendulum.datetime(2026, 1, 5, 9, tz="Europe/Riga")
OPEN, MET, LATE, MISSED, WAIVED, LAPSED = ObligationState
REFLECTION, FEEDBACK = "client.development.reflection", "coach.feedback.constructive"
PARTIES = (
    Party(id="ann", name="Ann", role=Role.COACH),
    Party(id="ben", name="Ben", role=Role.CLIENT),
    Party(id="dee", name="Dee", role=Role.SPONSOR),
)
SMART: dict[str, Any] = {
    "why": "The team should hear it",
    "due_on": "2026-12-01",
    "measure": Reach(metric="m", unit="u", baseline=Decimal(0), target=Decimal(1)),
}


class Course:
    """An engagement under way since day 0, and a clock in days."""

    def __init__(
        self,
        parties: tuple[Party, ...] = PARTIES,
        charters: Sequence[Charter] = (),
        rules: RuleSet | None = None,
        *,
        begin: pendulum.DateTime = BEGIN,
        is_started: bool = True,
        **agreement: Any,
    ) -> None:
        self.begin, self.day = begin, 0.0
        self.practice = coachcore.open(clock=lambda: self.time(self.day), charters=charters, rules=rules)
        self.eng: Engagement = self.practice.propose(
            Agreement(title="T", zone="Europe/Riga", parties=parties, **agreement)
        )
        self.everybody("accept")
        self.coach: Any = self.eng.as_party("ann")
        self.client: Any = self.eng.as_party("ben")
        if is_started:
            self.coach.start()

    def everybody(self, verb: str) -> None:
        for signatory in self.eng.state().newest.signatories:
            getattr(self.eng.as_party(signatory.id), verb)()

    def time(self, day: float) -> pendulum.DateTime:
        return self.begin.add(seconds=round(day * 86400))

    def end_of_day(self, day: float) -> pendulum.DateTime:
        """The last microsecond of the local day."""
        return self.time(day).in_timezone("Europe/Riga").end_of("day").in_timezone("UTC")

    def on(self, day: float) -> Self:
        self.day = max(self.day, day)
        return self

    def amend(self, **changes: Any) -> None:
        self.coach.amend(with_changes(self.eng.state().agreement, **changes), "It suits us better")
        self.everybody("accept")

    def ledger(self, day: float) -> Ledger:
        self.on(day)
        return self.eng.ledger(as_of=self.time(day))

    def state(self, obligation: str, day: float) -> ObligationState | None:
        """Its state; None where it is not owed: it was never opened, or it lapsed."""
        states = [each.state for each in self.owed(day) if each.id == obligation]
        return states[0] if states else None

    def owed(self, day: float) -> list[Obligation]:
        return [each for each in self.ledger(day).obligations if each.state is not LAPSED]

    def ids(self, duty: str, day: float) -> list[str]:
        return [each.id.removeprefix(duty) for each in self.owed(day) if each.duty_id == duty]

    def session(
        self, name: str, day: float, agenda: Sequence[str] = ("Topic",), *, is_held: bool = True, **fields: Any
    ) -> None:
        self.on(day - 3)
        self.coach.schedule_session(self.time(day), session_id=name, agenda=agenda, **fields)
        if is_held:
            self.on(day + 0.05)
            self.coach.hold_session(name)

    def feedback(self, day: float, session: str = "s1") -> None:
        self.on(day).coach.give_feedback("Good", strength="Calm", next_step="Again", session_id=session)


# --- amended agreements ----------------------------------------------------------------------------------------------


def test_switching_a_duty_off_keeps_what_was_due_and_lapses_what_was_not() -> None:
    coaching = Course()
    assert [coaching.state(f"{REFLECTION}#{n}", 20) for n in (1, 2, 3)] == [MISSED, MISSED, OPEN]
    coaching.amend(terms=(DutyTerms(duty_id=REFLECTION, off=True),))
    assert [coaching.state(f"{REFLECTION}#{n}", 60) for n in (1, 2, 3)] == [MISSED, MISSED, None]
    gone = next(each for each in coaching.ledger(60).lapsed if each.id == f"{REFLECTION}#3")
    assert (gone.settled_at, gone.lapse_reason) == (coaching.time(20), LapseReason.NO_LONGER_APPLIES)
    coaching.amend(terms=())
    assert coaching.ids(REFLECTION, 61) == ["#1", "#2", "#4"]
    assert coaching.ledger(61).obligation(f"{REFLECTION}#4").due_at == coaching.end_of_day(67)


def test_an_amended_cadence_holds_from_the_next_period_on() -> None:
    coaching = Course()
    coaching.on(10).amend(terms=(DutyTerms(duty_id=REFLECTION, every=Period.parse("P4W"), weight=Decimal(3)),))
    obligations = [coaching.ledger(50).obligation(f"{REFLECTION}#{n}") for n in (1, 2, 3)]
    assert [each.due_at for each in obligations] == [coaching.end_of_day(day) for day in (7, 14, 42)]
    assert [each.weight for each in obligations] == [1, 1, 3]


def test_grace_is_that_of_the_agreement_when_it_was_opened() -> None:
    coaching = Course()
    coaching.on(8).amend(terms=(DutyTerms(duty_id=REFLECTION, grace=Period.parse("P6D")),))
    coaching.on(12).client.reflect("Late for the first")
    assert [coaching.state(f"{REFLECTION}#{n}", 13) for n in (1, 2)] == [MISSED, MET]
    coaching.on(25).client.reflect("Late for the third")
    assert coaching.state(f"{REFLECTION}#3", 26) is LATE


def test_a_cadence_of_less_than_a_day_is_taken_as_a_day() -> None:
    coaching = Course(terms=(DutyTerms(duty_id=REFLECTION, every=Period.parse("PT1S")),))
    assert len(coaching.ids(REFLECTION, 30)) == 30


def test_who_has_left_the_agreement_was_there_all_the_same() -> None:
    second = Party(id="coach2", name="Art", role=Role.COACH)
    coaching = Course(parties=(*PARTIES, second))
    coaching.session("s1", 10, is_held=False)
    coaching.on(9).client.prepare_session("s1", "Two questions")
    coaching.on(10.1).coach.hold_session("s1", attended=["coach2", "ben"])
    assert coaching.state("client.engagement.participation/s1", 11) is MET
    coaching.session("s2", 20, is_held=False)
    coaching.on(20.1).client.miss_session("s2", ["coach2"])
    coaching.on(25).amend(parties=PARTIES)
    assert coaching.state("coach.ethics.professionalism/s2", 30) is OPEN  # the coaches have two weeks to answer
    assert coaching.state("coach.ethics.professionalism/s2", 35) is MISSED


def test_notice_is_that_of_the_agreement_when_the_session_was_cancelled() -> None:
    coaching = Course(notice_hours=48)
    coaching.session("s1", 10, is_held=False)
    coaching.on(8.5).coach.cancel_session("s1")
    coaching.on(9).amend(notice_hours=1)
    assert coaching.state("coach.ethics.professionalism/s1", 12) is MISSED


def test_a_goal_is_judged_by_the_agreement_in_force_when_it_was_set() -> None:
    coaching = Course(ends_on="2026-06-30")
    coaching.on(2).client.set_goal("Lead the weekly meeting", goal_id="g", **SMART)  # due after the agreed end
    coaching.on(40).amend(ends_on="2026-12-31")
    assert coaching.state("client.goals.smart/start", 41) is MISSED


# --- what is not known yet -------------------------------------------------------------------------------------------


def test_a_session_that_nobody_has_recorded_yet_is_missed_by_nobody() -> None:
    coaching = Course()
    coaching.session("s1", 10, is_held=False)
    coaching.on(8).client.prepare_session("s1", "Two questions")
    for duty in ("coach.ethics.professionalism", "client.engagement.participation"):
        assert coaching.state(f"{duty}/s1", 30) is OPEN
    coaching.coach.hold_session("s1")
    for duty in ("coach.ethics.professionalism", "client.engagement.participation"):
        assert coaching.state(f"{duty}/s1", 31) is MET


def test_cancelling_at_the_last_minute_counts_as_not_attending() -> None:
    coaching = Course()
    for name, day, called_off in (("s1", 10, 8.0), ("s2", 20, 19.9)):
        coaching.session(name, day, is_held=False)
        coaching.on(called_off).client.cancel_session(name)
    assert coaching.state("client.engagement.participation/s1", 40) is None
    assert coaching.state("client.engagement.participation/s2", 40) is MISSED
    assert coaching.state("coach.structure.sessions/s2@held", 40) is None


def test_every_nth_session_is_counted_in_the_order_recorded_as_held() -> None:
    coaching = Course()
    coaching.session("s1", 8)
    coaching.session("s2", 10, is_held=False)
    coaching.session("s3", 12)
    before = coaching.ids("coach.methods.fit", 13)
    coaching.on(20).coach.hold_session("s2")
    assert before == coaching.ids("coach.methods.fit", 21) == ["/s3"]


def test_asking_of_a_moment_before_the_history_ends_leaves_out_what_came_later() -> None:
    coaching = Course()
    coaching.on(3).client.reflect("One")
    coaching.on(20).coach.complete()
    before = coaching.eng.ledger(as_of=coaching.time(5))
    coaching.on(31).client.reflect("Two")
    assert coaching.eng.ledger(as_of=coaching.time(5)) == before
    with pytest.raises(NotFound, match=r"engagement\.not_yet"):
        coaching.eng.ledger(as_of=coaching.time(-1))


# --- evidence --------------------------------------------------------------------------------------------------------


def test_a_lesson_from_a_decision_is_not_one_from_a_missed_action() -> None:
    coaching = Course()
    coaching.client.plan_action("Do it", action_id="a", due_on="2026-01-08")
    coaching.on(5).client.make_decision("To stay", decision_id="d")
    coaching.client.note_consequence("It was right", decision_id="d")
    assert coaching.state("client.action.consequences/a", 6) is OPEN
    assert coaching.state("client.action.consequences/d@decision", 6) is MET


def test_the_lesson_of_one_miss_is_not_that_of_the_next() -> None:
    coaching = Course()
    for name in ("a", "b"):
        coaching.client.plan_action("Do it", action_id=name, due_on="2026-01-08")
    assert coaching.state("client.action.consequences/a", 5.6) is None  # within the grace it may still be done
    coaching.on(6).client.note_consequence("Begin earlier", action_id="a")
    assert [coaching.state(f"client.action.consequences/{name}", 7) for name in ("a", "b")] == [MET, OPEN]
    coaching.on(8).client.note_consequence("In general, begin earlier")
    assert coaching.state("client.action.consequences/b", 9) is MET


def test_moving_an_action_after_its_day_does_not_undo_that_it_was_missed() -> None:
    coaching = Course()
    coaching.client.plan_action("Do it", action_id="a", due_on="2026-01-08")  # ends on day 3.625
    assert coaching.state("client.motivation.discipline#1", 35) is MISSED
    coaching.client.reschedule_action("a", "2026-03-20", "Later")
    assert coaching.state("client.action.accountability/a", 36) is MISSED
    assert coaching.state("client.motivation.discipline#1", 36) is MISSED
    assert coaching.ids("client.action.accountability", 36) == ["/a"]


def test_moving_an_action_before_its_day_ends_moves_the_day_and_later_it_does_not() -> None:
    coaching = Course()
    for name in ("a", "b"):
        coaching.client.plan_action("Do it", action_id=name, due_on="2026-01-08")  # ends on day 3.625
    coaching.on(3.5).client.reschedule_action("a", "2026-01-20", "Ill")
    coaching.on(4.5).client.reschedule_action("b", "2026-01-20", "Ill")
    assert [coaching.state(f"client.action.accountability/{name}", 6) for name in ("a", "b")] == [OPEN, MISSED]
    assert coaching.ledger(6).obligation("client.action.accountability/a").due_at == coaching.end_of_day(15)
    assert coaching.state("client.action.accountability/a", 18) is MISSED  # moving it has met nothing


def test_an_action_is_owed_by_the_day_to_which_it_was_moved() -> None:
    coaching = Course()
    coaching.client.plan_action("Do it", action_id="a", due_on="2026-01-08")
    for day, moved_to in ((1, "2026-01-10"), (2, "2026-01-12")):
        coaching.on(day).client.reschedule_action("a", moved_to, "Later")
    assert coaching.ledger(4).obligation("client.action.accountability/a").due_at == coaching.end_of_day(7)


def test_what_could_not_be_done_in_time_is_not_asked_for() -> None:
    coaching = Course()
    coaching.on(9.8).coach.schedule_session(coaching.time(10), session_id="s1", agenda=["Today"])
    coaching.on(10.1).coach.hold_session("s1")
    participation = coaching.ledger(11).obligation("client.engagement.participation/s1")
    assert participation.state is MET  # by coming: there was no day before on which to prepare
    agenda = coaching.ledger(11).obligation("coach.structure.sessions/s1")
    assert (agenda.state, agenda.lapse_reason) == (LAPSED, LapseReason.NOT_ASKED)


def test_a_due_day_within_a_pause_is_not_missed_while_it_lasts() -> None:
    coaching = Course()
    coaching.client.plan_action("Do it", action_id="a", due_on="2026-01-15")
    coaching.on(5).coach.pause("Illness")
    assert coaching.state("client.action.accountability/a", 30) is OPEN
    assert coaching.state("client.action.consequences/a", 30) is None
    coaching.on(31).coach.resume()
    moved = coaching.ledger(31.5).obligation("client.action.accountability/a")
    assert moved.due_at == coaching.end_of_day(36)  # 26 days of pause after 15 January, the tenth day
    assert coaching.state("client.action.consequences/a", 38) is None  # with two days of grace
    assert coaching.state("client.action.consequences/a", 39) is OPEN


def test_feedback_for_two_sessions_is_not_feedback_for_four() -> None:
    coaching = Course()
    for number in range(1, 5):
        coaching.session(f"s{number}", number * 2.0 + 2)
    coaching.on(10.5).client.give_feedback("It helps")
    assert [coaching.state(f"client.progress.feedback/s{n}", 11) for n in (2, 4)] == [MET, OPEN]


def test_a_waived_period_leaves_the_evidence_to_the_next() -> None:
    coaching = Course()
    coaching.on(2).coach.waive_obligation(f"{REFLECTION}#1", "A hard week")
    coaching.on(8).client.reflect("In the second week")
    assert [coaching.state(f"{REFLECTION}#{n}", 20) for n in (1, 2)] == [WAIVED, MET]


def test_a_goal_is_judged_by_its_version_then_and_not_by_later_ones() -> None:
    coaching = Course()
    coaching.on(2).client.set_goal("Meetings", goal_id="g")
    assert coaching.state("client.goals.smart/start", 31) is MISSED
    coaching.client.drop_goal("g", "Another matters more")
    assert coaching.state("client.goals.smart/start", 60) is MISSED


def test_each_change_of_a_goal_is_judged_by_itself() -> None:
    coaching = Course(ends_on="2026-12-31")
    coaching.client.set_goal("Lead the weekly meeting", goal_id="g", **SMART)
    assert coaching.state("client.goals.smart/start", 1) is MET
    coaching.on(40).client.revise_goal("g", "Shorter", title="Lead")
    assert coaching.state("client.goals.smart/g.1", 41) is OPEN
    coaching.on(42).client.revise_goal("g", "Clearer", title="Lead the weekly meeting")
    assert [coaching.state(f"client.goals.smart/g.{n}", 43) for n in (1, 2)] == [MET, MET]
    assert coaching.state("client.goals.smart/start", 43) is MET


def test_a_dropped_action_does_not_count_as_a_plan() -> None:
    coaching = Course()
    for name in ("kept", "done", "dropped"):
        coaching = Course()
        coaching.client.set_goal("Lead the weekly meeting", goal_id="g")
        coaching.client.plan_action("Ask", goal_id="g", action_id="a")
        if name != "kept":
            getattr(coaching.on(2).client, "do_action" if name == "done" else "drop_action")(
                "a", **({} if name == "done" else {"reason": "No"})
            )
        states = [coaching.state(f"client.goals.action_plan#{n}", 70) for n in (1, 2)]
        assert states == {"kept": [MET, MET], "done": [MET, MISSED], "dropped": [MISSED, MISSED]}[name]


def test_the_coach_s_learning_says_how_many_hours() -> None:
    coaching = Course()
    coaching.coach.log_learning("Something")
    assert coaching.state("coach.methods.education#1", 5) is OPEN
    coaching.coach.log_learning("Supervision", hours=4)
    assert coaching.state("coach.methods.education#1", 5) is OPEN
    coaching.on(30).coach.log_learning("A course", hours=2)
    assert coaching.state("coach.methods.education#1", 31) is MET


def test_what_follows_from_a_private_entry_asks_nothing_of_whom_it_is_closed_to() -> None:
    coaching = Course()
    coaching.on(2).client.reflect("Mine", event_id="private")
    for number, cause in enumerate(("private", "c1", None), 1):
        concern = ConcernRaised(concern_id=f"n{number}", text="The pace")
        coaching.eng.record(concern, coaching.client.actor, event_id=f"c{number}", caused_by=cause)
        rating = SafetyRated(rating=number)
        coaching.eng.record(rating, coaching.client.actor, event_id=f"r{number}", caused_by=cause)
    assert set(coaching.ids("coach.environment.support", 20)) >= {"/n3@concern", "/r3@low_rating"}
    assert not [
        each for each in coaching.ids("coach.environment.support", 20) if each[:3] in ("/n1", "/n2", "/r1", "/r2")
    ]


def test_only_the_other_side_s_concerns_ask_for_an_answer() -> None:
    coaching = Course()
    coaching.eng.as_party("dee").raise_concern("The budget", concern_id="c1")
    coaching.client.raise_concern("The pace", concern_id="c2")
    coaching.coach.raise_concern("The mood", concern_id="c3")
    assert [each for each in coaching.ids("client.communication.open", 1) if "/" in each] == ["/c3"]


# --- disputes, confirmations, erasure --------------------------------------------------------------------------------


def test_what_is_recorded_after_an_upheld_contest_counts() -> None:
    coaching = Course()
    coaching.session("s1", 10)
    coaching.feedback(10.5)
    coaching.on(11).client.contest_evidence(f"{FEEDBACK}/s1", "That is not feedback", dispute_id="d")
    contested = coaching.ledger(11).obligation(f"{FEEDBACK}/s1")
    assert (contested.state, contested.dispute) == (MET, Dispute.RAISED)
    coaching.coach.resolve_dispute("d", True, "True; I write it anew")
    coaching.feedback(12)
    obligation = coaching.ledger(12).obligation(f"{FEEDBACK}/s1")
    assert (obligation.state, obligation.settled_at, obligation.is_contested) == (MET, coaching.time(12), False)


def test_after_a_contest_recording_one_of_all_needed_events_anew_is_enough() -> None:
    coaching = Course()
    for number in (1, 2, 3):
        coaching.session(f"s{number}", 7 * number, is_held=False)
        coaching.client.prepare_session(f"s{number}", agenda=["Mine"])
        coaching.on(7 * number + 0.05).coach.hold_session(f"s{number}")
    coaching.on(21.5).client.rate_alliance(5)
    duty = "client.communication.partnership/s3"
    coaching.on(22).coach.contest_evidence(duty, "Was it?", dispute_id="d")
    coaching.client.resolve_dispute("d", True, "True")
    assert coaching.state(duty, 22) is OPEN
    coaching.on(23).client.rate_alliance(4)
    assert coaching.state(duty, 23) is MET


def test_a_dispute_that_nobody_decides_changes_nothing_and_is_listed() -> None:
    coaching = Course()
    coaching.on(3).client.reflect("One")
    coaching.on(4).coach.contest_evidence(f"{REFLECTION}#1", "Was it?", dispute_id="d")
    for day, dispute in ((33, Dispute.RAISED), (35, Dispute.UNDECIDED)):
        obligation = coaching.ledger(day).obligation(f"{REFLECTION}#1")
        assert (obligation.state, obligation.dispute) == (MET, dispute)
    with pytest.raises(Refused, match=r"window\.closed"):
        coaching.client.resolve_dispute("d", True, "True after all")


def test_evidence_is_contested_within_14_days_from_when_it_can_be_read() -> None:
    coaching = Course()
    coaching.session("s1", 10)
    coaching.on(20)
    coaching.coach.give_feedback("G", strength="S", next_step="N", session_id="s1", occurred_at=coaching.time(11))
    coaching.on(34.1)
    with pytest.raises(Refused, match=r"window\.closed"):
        coaching.client.contest_evidence(f"{FEEDBACK}/s1", "That is not feedback")


def test_a_waiver_takes_nothing_from_the_evidence() -> None:
    coaching = Course()
    coaching.on(2).coach.waive_obligation(f"{REFLECTION}#1", "A hard week")
    assert coaching.state(f"{REFLECTION}#1", 3) is WAIVED
    coaching.on(4).client.reflect("All the same")
    assert coaching.state(f"{REFLECTION}#1", 5) is MET
    with pytest.raises(Refused, match=r"waiver\.closed"):
        coaching.coach.waive_obligation(f"{REFLECTION}#1", "Again")


def test_what_was_met_late_is_not_waived_and_what_lapsed_is_neither_waived_nor_confirmed() -> None:
    coaching = Course()
    coaching.on(8).client.reflect("Late for the first week")
    with pytest.raises(Refused, match=r"waiver\.closed"):
        coaching.coach.waive_obligation(f"{REFLECTION}#1", "Never mind")
    assert coaching.state(f"{REFLECTION}#1", 9) is LATE
    nothing_due = coaching.ledger(35).obligation("client.motivation.discipline#1")
    assert nothing_due.state is LAPSED
    with pytest.raises(Refused, match=r"confirmation\.closed"):
        coaching.coach.confirm_evidence(nothing_due.id)
    with pytest.raises(Refused, match=r"waiver\.closed"):
        coaching.coach.waive_obligation(nothing_due.id, "Never mind")


def test_a_miss_is_waived_within_30_days() -> None:
    coaching = Course()
    assert coaching.state(f"{REFLECTION}#1", 20) is MISSED
    coaching.coach.waive_obligation(f"{REFLECTION}#1", "You were ill")
    assert coaching.state(f"{REFLECTION}#1", 21) is WAIVED
    coaching.on(47)
    with pytest.raises(Refused, match=r"window\.closed"):
        coaching.coach.waive_obligation(f"{REFLECTION}#2", "You were ill")


def test_who_was_owed_may_waive_what_opened_before_the_hand_over_and_who_owed_it_may_not() -> None:
    coaching = Course()
    coaching.on(5).coach.hand_over_duty("coach.structure.review", "client")
    coaching.client.accept_handover("coach.structure.review")
    with pytest.raises(NotAllowed, match=r"obligation\.not_allowed"):
        coaching.coach.waive_obligation("coach.structure.review#1", "I have handed it over")
    coaching.client.waive_obligation("coach.structure.review#1", "We looked at it anyway")
    assert coaching.state("coach.structure.review#1", 6) is WAIVED


def test_a_contest_that_fails_restores_what_was_met_and_when() -> None:
    coaching = Course()
    coaching.on(3).client.reflect("One")
    coaching.on(4).coach.contest_evidence(f"{REFLECTION}#1", "Was it?", dispute_id="d")
    assert coaching.state(f"{REFLECTION}#1", 5) is MET
    coaching.coach.resolve_dispute("d", False, "It was")
    obligation = coaching.ledger(6).obligation(f"{REFLECTION}#1")
    assert (obligation.state, obligation.settled_at, obligation.dispute) == (
        MET,
        coaching.time(3),
        Dispute.NOT_UPHELD,
    )


def test_what_was_met_and_is_contested_stays_in_the_ledger_when_the_engagement_closes() -> None:
    coaching = Course()
    coaching.on(3).client.reflect("For the first week")
    coaching.on(8).client.reflect("For the second week")
    coaching.on(9).coach.contest_evidence(f"{REFLECTION}#2", "Was it?", dispute_id="d")
    coaching.on(10).coach.complete()
    assert [coaching.state(f"{REFLECTION}#2", day) for day in (11, 17)] == [MET, MET]
    coaching.client.resolve_dispute("d", True, "It was not")
    assert coaching.state(f"{REFLECTION}#2", 18) is MISSED


def test_contested_evidence_does_not_pass_to_the_next_period() -> None:
    coaching = Course()
    coaching.on(8).client.reflect("Late for the first")
    coaching.on(8.5).coach.contest_evidence(f"{REFLECTION}#1", "Too short", dispute_id="d")
    coaching.client.resolve_dispute("d", True, "True")
    assert [coaching.state(f"{REFLECTION}#{n}", 20) for n in (1, 2)] == [MISSED, MISSED]


def test_a_confirmation_by_the_other_side_meets_it_even_after_it_closed() -> None:
    coaching = Course()
    assert coaching.state(f"{REFLECTION}#1", 12) is MISSED
    coaching.coach.confirm_evidence(f"{REFLECTION}#1")
    obligation = coaching.ledger(12).obligation(f"{REFLECTION}#1")
    assert (obligation.state, obligation.is_confirmed) == (LATE, True)


def test_erasing_the_content_of_an_event_does_not_undo_what_it_met() -> None:
    coaching = Course()
    coaching.session("s1", 10)
    coaching.on(10.1).coach.summarise_session("s1", "T")
    coaching.feedback(10.5)
    entries = [
        each.id for each in coaching.eng._event_log.recorded if each.type in ("SessionSummarised", "FeedbackGiven")
    ]
    coaching.on(11).coach.erase_content(entries, "As asked")
    for obligation in ("coach.structure.sessions/s1@held", f"{FEEDBACK}/s1"):
        assert coaching.state(obligation, 20) is MET


def test_what_cannot_be_read_counts_once() -> None:
    coaching = Course()
    coaching.session("s1", 10)
    coaching.session("s2", 11)
    coaching.feedback(11.5, "s2")
    entries = [each.id for each in coaching.eng._event_log.recorded if each.type == "FeedbackGiven"]
    coaching.on(12).coach.erase_content(entries, "As asked")
    assert sorted(str(coaching.state(f"{FEEDBACK}/{each}", 20)) for each in ("s1", "s2")) == ["met", "missed"]


# --- closings, hand-overs, breaches ----------------------------------------------------------------------------------


def test_what_was_due_before_the_closing_is_owed_though_its_grace_was_not_over() -> None:
    coaching = Course()
    coaching.on(9).coach.complete()
    assert [coaching.state(f"{REFLECTION}#{n}", 30) for n in (1, 2)] == [MISSED, None]
    assert {each.id for each in coaching.ledger(30).lapsed} >= {f"{REFLECTION}#2"}


def test_what_was_due_and_in_its_grace_may_still_be_done_after_the_end() -> None:
    coaching = Course()
    coaching.client.plan_action("Do it", action_id="a", due_on="2026-01-08")
    coaching.on(4).coach.complete()  # a day after the action was due, with a day of grace left
    coaching.on(5).client.do_action("a")
    assert coaching.state("client.action.accountability/a", 6) is LATE


def test_what_is_recorded_after_the_closing_restores_nothing_that_lapsed() -> None:
    coaching = Course()
    coaching.session("s1", 10)
    coaching.on(10.1).coach.complete()
    coaching.on(10.5).coach.summarise_session("s1", "T")
    assert coaching.state("coach.structure.sessions/s1@held", 20) is None
    assert "coach.structure.sessions/s1@held" in [each.id for each in coaching.ledger(20).lapsed]


def test_what_lapsed_is_listed_with_its_time() -> None:
    coaching = Course()
    coaching.on(1).client.set_goal("Lead the weekly meeting", goal_id="g")
    coaching.on(2).client.plan_action("Ask", action_id="a", due_on="2026-03-01")
    coaching.on(3).client.drop_goal("g", "Another matters more")
    coaching.on(4).client.drop_action("a", "No")
    lapsed = {each.id: each.settled_at for each in coaching.ledger(5).lapsed}
    assert lapsed["client.goals.action_plan/g"] == lapsed["coach.goals.setting/g"] == coaching.time(3)
    assert lapsed["client.action.accountability/a"] == coaching.time(4)


def test_a_duty_that_applied_for_a_while_is_listed_too() -> None:
    coaching = Course()
    duty = "client.progress.self_assessment#1"
    assert coaching.state(duty, 1) is None
    assert not coaching.ledger(1).lapsed
    coaching.on(2).client.set_goal("Lead the weekly meeting", goal_id="g")
    assert coaching.state(duty, 3) is OPEN
    coaching.client.drop_goal("g", "Another matters more")
    assert coaching.state(duty, 20) is None
    assert {each.id: each.settled_at for each in coaching.ledger(20).lapsed}[duty] == coaching.time(3)


def test_a_breach_is_of_whoever_carried_the_duty_when_it_was_reported() -> None:
    coaching = Course()
    duty = "coach.house.keys"
    charter = Charter.from_toml(
        """
id = "house"
version = "1"

[[duty]]
id = "coach.house.keys"
title = { en = "Keys", lv = "Atslēgas" }
text = { en = "Keeps the keys.", lv = "Glabā atslēgas." }
schedules = [{ kind = "standing" }]
"""
    )
    coaching = Course(charters=[charter], charter="house", charter_version="1")
    coaching.on(5).coach.hand_over_duty(duty, "client")
    coaching.client.accept_handover(duty)
    coaching.on(8).coach.report_breach(duty, "Lent them to a friend", breach_id="b")
    coaching.client.resolve_breach("b", True, "I did")
    obligations = {each.id: (each.role, each.state) for each in coaching.ledger(10).obligations if each.duty_id == duty}
    assert obligations == {f"{duty}/standing": (Role.COACH, MET), f"{duty}/standing.2": (Role.CLIENT, MISSED)}


def test_a_breach_that_is_not_upheld_leaves_the_duty_met() -> None:
    coaching = Course()
    duty = "coach.ethics.code"
    coaching.on(5).client.report_breach(duty, "I thought so", breach_id="b")
    assert coaching.ledger(6).obligation(f"{duty}/standing").is_contested
    coaching.client.resolve_breach("b", False, "I was wrong")
    assert not coaching.ledger(7).obligation(f"{duty}/standing").is_contested
    coaching.on(8).coach.complete()
    assert coaching.state(f"{duty}/standing", 9) is MET


def test_a_breach_that_nobody_decided_leaves_what_ended_as_it_was() -> None:
    coaching = Course()
    duty = "coach.ethics.code/standing"
    coaching.on(5).client.report_breach("coach.ethics.code", "I think so", breach_id="b")
    coaching.on(8).coach.complete()
    standing = coaching.ledger(10).obligation(duty)
    assert (standing.state, standing.settled_at, standing.dispute) == (MET, coaching.time(8), Dispute.RAISED)
    coaching.coach.resolve_breach("b", True, "It was so")
    upheld = coaching.ledger(11).obligation(duty)
    assert [change.state for change in upheld.history] == [OPEN, MET, MISSED]


def test_a_rating_that_its_author_keeps_secret_is_no_evidence_for_the_other_side() -> None:
    coaching = Course()
    for number in (1, 2, 3):
        coaching.session(f"s{number}", 7 * number)
    coaching.on(22).client.rate_safety(5, visibility="author")
    assert coaching.state("coach.environment.support/s3", 22) is OPEN
    coaching.client.rate_safety(5)
    assert coaching.state("coach.environment.support/s3", 22) is MET


def test_a_cancelled_first_session_lapses_its_obligation_until_there_is_another() -> None:
    coaching = Course()
    duty = "coach.environment.confidentiality/first_session"
    coaching.session("s1", 10, is_held=False)
    assert coaching.state(duty, 8) is OPEN
    coaching.coach.cancel_session("s1")
    assert coaching.state(duty, 20) is None
    assert duty in [each.id for each in coaching.ledger(20).lapsed]
    coaching.session("s2", 30)
    assert coaching.state(duty, 31) is MISSED


# --- ids -------------------------------------------------------------------------------------------------------------


def test_no_two_obligations_share_an_id_whatever_ids_hosts_use() -> None:
    coaching = Course()
    for name in ("standing", "start", "first_session", "standing.2", "a@b", "a@"):
        coaching.session(name, coaching.day + 4)
    for name in ("a", "a.2", "a.2@", "x", "start", "a@decision", "a#2", "a/b", "g" * 128):
        coaching.client.plan_action("Do it", action_id=name, due_on=coaching.time(coaching.day).date())
        coaching.client.make_decision("So be it", decision_id=name)
        coaching.client.set_goal("Lead the weekly meeting", goal_id=name, **SMART)
        for _ in range(2):
            coaching.client.reschedule_action(name, coaching.time(coaching.day).date(), "Later")
            coaching.client.revise_goal(name, "Clearer", why="Since it matters to all of us")
    ids = [each.id for each in coaching.ledger(coaching.day + 40).obligations]
    assert len(set(ids)) == len(ids)
    assert max(map(len, ids)) <= 128


def test_an_obligation_about_a_subject_with_a_long_id_can_be_waived() -> None:
    coaching = Course()
    coaching.client.set_goal("Lead the weekly meeting", goal_id="g" * 128)
    duty = "client.goals.action_plan"
    (obligation,) = (each for each in coaching.ids(duty, 1) if each.startswith("/"))
    coaching.coach.waive_obligation(f"{duty}{obligation}", "Not needed")
    assert coaching.state(f"{duty}{obligation}", 2) is WAIVED


def test_an_ordinary_id_names_the_duty_and_the_subject() -> None:
    coaching = Course()
    coaching.session("2026.01", 4)
    assert "/2026.01" in coaching.ids(FEEDBACK, 5)


# --- a host's charter ------------------------------------------------------------------------------------------------


def test_a_duty_may_depend_on_the_facts_when_it_was_due() -> None:
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
    coaching = Course()
    coaching.session("s1", 4)
    coaching.client.plan_action("Ask", action_id="a")
    coaching.on(25).client.do_action("a")
    ledger_then = ledger(charter, coaching.eng.snapshot(as_of=coaching.time(60)).history)
    states = {each.id: each.state for each in ledger_then.obligations}
    assert states == {"client.progress.weekly#3": MISSED, "client.progress.weekly#4": LAPSED}


def test_a_session_held_before_the_time_it_was_corrected_to_counts_when_it_was_held() -> None:
    coaching = Course()
    coaching.session("s1", 10, is_held=False)
    coaching.on(9).client.prepare_session("s1", "Two questions")
    coaching.on(10.05).coach.hold_session("s1")
    entry = next(each for each in coaching.eng.recorded() if each.type == "SessionScheduled")
    coaching.on(11).coach.correct_entry(
        entry.id, "The start was wrong", with_changes(entry.content, starts_at=coaching.time(60))
    )
    (proposal,) = coaching.eng.state().proposed_corrections
    coaching.client.confirm_correction(proposal)
    ledger_then = coaching.ledger(20)
    assert ledger_then.obligation("client.engagement.participation/s1").settled_at == coaching.time(10.05)
    assert all(each.posted_at <= ledger_then.as_of for each in ledger_then.postings)
