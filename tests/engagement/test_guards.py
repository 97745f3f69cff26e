"""What each guard refuses, with its code and what would be possible; nothing of what is refused is stored."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import attrs
import pytest

from coachcore.engagement import EventLog
from coachcore.errors import NotAllowed, Refused
from coachcore.events import DutyHandedOver
from coachcore.model import Agreement, Habit, Milestone, Milestones, Reach
from coachcore.model.times import as_moment
from coachcore.practice import Engagement

Way = Callable[[Engagement], Any]
MILESTONES = Milestones(steps=(Milestone(id="m1", title="Shoes"), Milestone(id="m2", title="Race")))


@pytest.fixture
def eng(begun: Engagement, clock: Any) -> Engagement:
    """Active, with a goal of each sort, an action, sessions in each state, a concern, a breach."""
    client, coach = begun.client, begun.coach
    reach = Reach(metric="run", unit="km", baseline=0, target=10)
    client.set_goal(
        "Run", goal_id="run", measure=reach, starts_on="2026-01-10", due_on="2026-05-01", event_id="set-run"
    )
    client.set_goal("Race", goal_id="race", measure=MILESTONES)
    client.set_goal("Swim", goal_id="swim")
    client.drop_goal("swim", "Too cold")
    client.plan_action("Buy shoes", action_id="shoes", event_id="plan-shoes")
    client.plan_action("Find a lake", action_id="lake")
    client.do_action("lake", event_id="did-lake")
    coach.schedule_session(clock.now, session_id="held", event_id="scheduled-held")
    coach.schedule_session("2026-02-01T10:00:00Z", session_id="next")
    coach.schedule_session(clock.now, session_id="called-off")
    coach.cancel_session("called-off")
    client.raise_concern("Too fast", concern_id="pace")
    coach.report_breach("coach.ethics.code", "I was late", breach_id="late")
    client.report_breach("coach.ethics.code", "A word too many", breach_id="word")
    client.report_breach("coach.ethics.code", "Another word", breach_id="mine")
    client.send_message("Hello", event_id="hello")
    client.record_progress("run", 3, event_id="read-3")
    clock.forward(hours=1)
    coach.hold_session("held", event_id="held-held")
    begun.as_party("sue").resolve_breach("word", True, "It was")
    return begun


YESTERDAY = "2026-01-07T09:00:00Z"
WAYS: list[tuple[str, Way, str]] = [
    # goals
    ("goal.duplicate", lambda it: it.client.set_goal("Again", goal_id="run"), "another id"),
    ("goal_dates.conflict", lambda it: it.client.set_goal("G", starts_on="2026-03-02", due_on="2026-03-01"), "later"),
    ("goal_dates.conflict", lambda it: it.client.revise_goal("run", "Sooner", due_on="2026-01-09"), "later"),
    ("goal.unknown", lambda it: it.client.achieve_goal("rum"), "did you mean 'run'?"),
    ("goal.unknown", lambda it: it.client.achieve_goal("zzz"), "known: race, run, swim"),
    ("goal.closed", lambda it: it.client.achieve_goal("swim"), "retract the event that closed it"),
    ("goal.closed", lambda it: it.client.revise_goal("swim", "Warmer", title="Sauna"), "set a new goal"),
    ("goal.unknown", lambda it: it.client.plan_action("Train", goal_id="ruin"), "did you mean 'run'?"),
    ("goal.unknown", lambda it: it.client.assess_self("Well", goal_ids=["run", "zzz"]), "known"),
    ("goal.unknown", lambda it: it.coach.review_plan("Well", goal_ids=["zzz"]), "known"),
    ("goal.closed", lambda it: it.client.record_progress("swim", 1), "set a new goal"),
    ("milestone.not_allowed", lambda it: it.client.record_progress("run", milestone_id="m1"), "a value"),
    ("milestone.unknown", lambda it: it.client.record_progress("race", 5), "m1, m2"),
    ("milestone.unknown", lambda it: it.client.record_progress("race", milestone_id="m3"), "m1, m2"),
    # plan
    ("action.duplicate", lambda it: it.client.plan_action("Again", action_id="shoes"), "another id"),
    ("action.unknown", lambda it: it.client.do_action("shoe"), "did you mean 'shoes'?"),
    ("action.closed", lambda it: it.client.drop_action("lake", "Done"), "new action"),
    ("action.unknown", lambda it: it.coach.encourage("Well done", action_id="zzz"), "known"),
    ("action.unknown", lambda it: it.client.note_consequence("Sooner", action_id="zzz"), "known"),
    ("decision.unknown", lambda it: it.client.note_consequence("Sooner", decision_id="zzz"), "there is no decision yet"),
    # sessions
    ("session.closed", lambda it: it.coach.schedule_session("2026-03-01T10:00:00Z", session_id="held"), "new session"),
    ("session.closed", lambda it: it.coach.hold_session("called-off"), "correct that event"),
    ("session.not_begun", lambda it: it.coach.hold_session("next"), "afterwards"),
    ("session.not_begun", lambda it: it.coach.miss_session("next", ["anna"]), "afterwards"),
    ("session.unknown", lambda it: it.coach.hold_session("nxt"), "did you mean 'next'?"),
    ("session.not_held", lambda it: it.coach.summarise_session("next", "It was"), "that it was held"),
    ("session.not_held", lambda it: it.client.rate_session("called-off", 5), "that it was held"),
    ("session.unknown", lambda it: it.client.prepare_session("zzz"), "known"),
    ("session.unknown", lambda it: it.client.reflect("Hm", session_id="zzz"), "known"),
    ("participant.unknown", lambda it: it.coach.cancel_session("next", "zoe"), "carla, anna"),
    # matters
    ("concern.duplicate", lambda it: it.client.raise_concern("Again", concern_id="pace"), "another id"),
    ("concern.unknown", lambda it: it.coach.answer_concern("zzz", "Yes"), "known: pace"),
    ("concern.not_allowed", lambda it: it.client.answer_concern("pace", "It is well"), "other side"),
    ("breach.duplicate", lambda it: it.client.report_breach("coach.ethics.code", "Again", breach_id="late"), "another id"),
    ("breach.closed", lambda it: it.client.resolve_breach("word", True, "Again"), "a new breach"),
    ("breach.not_allowed", lambda it: it.coach.resolve_breach("late", False, "It was nothing"), "may withdraw it"),
    ("breach_report.not_allowed", lambda it: it.client.resolve_breach("mine", True, "It was"), "may withdraw it"),
    ("duty.unknown", lambda it: it.client.report_breach("sponsor.pay", "Late"), "coach. or client."),
    # ledger
    ("duty.unknown", lambda it: it.coach.hand_over_duty("nonsense", "client"), "coach. or client."),
    ("handover_role.invalid", lambda it: it.coach.hand_over_duty("coach.ethics.code", "sponsor"), "coach or the client"),
    ("handover.redundant", lambda it: it.coach.hand_over_duty("coach.ethics.code", "coach"), "nothing to do"),
    ("handover.not_allowed", lambda it: it.client.hand_over_duty("coach.ethics.code", "client"), "the coach may hand it over"),
    ("handover_duty.not_allowed", lambda it: it.coach.hand_over_duty("coach.ethics.code", "client"), "another duty"),
    ("waiver.not_allowed", lambda it: it.client.waive_obligation("coach.ethics.code/first_session", "W"), "how to meet it"),
    ("contested_evidence.missing", lambda it: it.client.contest_evidence("coach.ethics.code/first_session", "C"), "once there is some"),
    ("time.not_allowed", lambda it: it.coach.hand_over_duty("coach.structure.review", "client", occurred_at=YESTERDAY), "leave"),
    ("obligation.unknown", lambda it: it.client.confirm_evidence("coach.ethics.code#zzz"), ""),
    ("obligation.unknown", lambda it: it.client.waive_obligation("zzz", "Rain"), ""),
    ("dispute.unknown", lambda it: it.client.resolve_dispute("zzz", False, "Well"), "no dispute yet"),
    # lifecycle
    ("agreement.accepted", lambda it: it.client.accept(), "nothing to do"),
    ("agreement.outdated", lambda it: it.client.accept(7), "version 1"),
    ("engagement.duplicate", lambda it: it.practice.propose(it.state().agreement, engagement_id=it.id), "another id"),
    # corrections
    ("event.unknown", lambda it: it.client.correct_entry("zzz", "Typo"), "an event of this engagement"),
    ("event.not_own", lambda it: it.coach.correct_entry("hello", "Typo"), "only its author"),
    ("retraction.not_allowed", lambda it: it.client.correct_entry("set-run", "No"), "replace it"),
    ("event.unknown", lambda it: it.client.erase_content(["hello", "zzz"], "Asked"), "of this engagement"),
    ("erasure_author.not_allowed", lambda it: it.coach.erase_content(["hello"], "Asked"), "only its author"),
    ("erasure.not_allowed", lambda it: it.coach.erase_content([it.recorded()[0].id], "Asked"), "recorded under it"),
    ("time.out_of_engagement", lambda it: it.client.correct_entry("hello", "T", happened_at="2025-12-01T00:00:00Z"), "time"),
    # beside the event
    ("visibility.not_allowed", lambda it: it.client.set_goal("Mine", visibility="author"), "same record"),
    ("visibility.not_allowed", lambda it: it.coach.cancel_session("next", visibility="author"), "same record"),
    ("visibility.not_allowed", lambda it: it.client.raise_concern("Mine", visibility="author"), "same record"),
    ("time.in_future", lambda it: it.client.check_in(occurred_at="2026-12-01T00:00:00Z"), "what has happened"),
    ("time.before_start", lambda it: it.client.check_in(occurred_at="2026-01-04T00:00:00Z"), "the year"),
    ("goal.not_yet", lambda it: it.client.record_progress("run", 1, occurred_at="2026-01-06T12:00:00Z"), "the time"),
    ("session.not_yet", lambda it: it.client.prepare_session("next", occurred_at="2026-01-06T12:00:00Z"), "the time"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "way", "hint"), WAYS, ids=[f"{n} {code}" for n, (code, *_) in enumerate(WAYS)])
def test_a_guard_refuses_with_code_and_hint_and_stores_nothing(eng: Engagement, code: str, way: Way, hint: str) -> None:
    before = eng.practice.store.last_position()
    with pytest.raises(Refused) as caught:
        way(eng)
    assert caught.value.code == code
    assert hint in caught.value.hint
    assert caught.value.message
    assert eng.practice.store.last_position() == before
    assert eng.version == before


def test_each_side_may_admit_a_breach_and_the_others_decide_it(eng: Engagement) -> None:
    eng.coach.resolve_breach("late", True, "I admit it")
    breach = eng.state().breaches["late"]
    assert breach.upheld
    assert breach.about == "coach.ethics.code"


def obligation_of(eng: Engagement, role: str) -> str:
    return next(each.id for each in eng.ledger().obligations if each.role == role)


@pytest.mark.parametrize(("role", "other"), [("coach", "client"), ("client", "coach")])
def test_nobody_confirms_waives_or_contests_their_own_obligation(eng: Engagement, role: str, other: str) -> None:
    obligation = obligation_of(eng, role)
    own, counterpart = getattr(eng, role), getattr(eng, other)
    for way in (
        own.confirm_evidence,
        lambda it: own.waive_obligation(it, "W"),
        lambda it: own.contest_evidence(it, "C"),
    ):
        with pytest.raises(NotAllowed) as caught:
            way(obligation)
        assert caught.value.code == "obligation.not_allowed"
        assert other in caught.value.hint
    counterpart.confirm_evidence(obligation)


def test_a_dispute_is_withdrawn_by_who_raised_it_conceded_by_the_other_or_decided_by_a_supervisor(
    eng: Engagement,
) -> None:
    eng.client.set_goal("Rest", goal_id="rest")
    for number, goal_id in enumerate(("run", "race", "rest"), 1):
        eng.coach.review_goal(goal_id, specific=True)
        obligation = f"coach.goals.setting/{goal_id}"
        assert eng.client.contest_evidence(obligation, "Not so", dispute_id=f"d{number}").about == obligation
    for code, way in (
        ("upholding.not_allowed", lambda: eng.client.resolve_dispute("d1", True, "I am right")),
        ("dismissal.not_allowed", lambda: eng.coach.resolve_dispute("d1", False, "I am right")),
    ):
        with pytest.raises(NotAllowed) as caught:
            way()
        assert caught.value.code == code
        assert "supervisor" in caught.value.hint
    eng.client.resolve_dispute("d1", False, "Withdrawn")
    eng.coach.resolve_dispute("d2", True, "Conceded")
    eng.supervisor.resolve_dispute("d3", True, "Decided")
    assert [eng.state().disputes[f"d{n}"].upheld for n in (1, 2, 3)] == [False, True, True]
    with pytest.raises(Refused) as again:
        eng.supervisor.resolve_dispute("d3", False, "Otherwise")
    assert again.value.code == "dispute.closed"


def test_a_duty_may_be_handed_over_and_returned_by_the_responsible_role(eng: Engagement, clock: Any) -> None:
    duty = "coach.structure.review"
    eng.coach.hand_over_duty(duty, "client")
    eng.client.accept_handover(duty)
    clock.forward(days=1)
    with pytest.raises(NotAllowed):
        eng.coach.hand_over_duty(duty, "coach")
    eng.client.hand_over_duty(duty, "coach")
    eng.coach.accept_handover(duty)
    state = eng.state()
    assert [each.to for each in state.handovers] == ["client", "coach"]
    assert state.responsible_role(duty) == "coach"
    assert state.responsible_role(duty, as_moment(clock.now - timedelta(hours=1))) == "client"


def test_an_offer_changes_nothing_until_the_other_side_accepts_it(eng: Engagement, clock: Any) -> None:
    duty = "coach.structure.review"
    eng.coach.hand_over_duty(duty, "client")
    assert eng.state().responsible_role(duty) == "coach"
    with pytest.raises(Refused, match=r"offer\.missing"):
        eng.coach.accept_handover(duty)
    with pytest.raises(Refused, match=r"offer\.missing"):
        eng.client.accept_handover("coach.methods.fit")
    clock.forward(days=14)
    eng.client.accept_handover(duty)
    assert eng.state().responsible_role(duty) == "client"
    assert eng.state().offers == ()


def test_an_offer_that_nobody_accepts_lapses_after_14_days(eng: Engagement, clock: Any) -> None:
    duty = "coach.structure.review"
    eng.coach.hand_over_duty(duty, "client")
    clock.forward(days=15)
    with pytest.raises(Refused, match=r"offer\.closed"):
        eng.client.accept_handover(duty)
    eng.coach.hand_over_duty(duty, "client")
    eng.client.accept_handover(duty)
    assert eng.state().responsible_role(duty) == "client"


def test_a_hand_over_of_0_1_passed_the_duty_at_once(eng: Engagement) -> None:
    recorded = list(eng.recorded())
    handed_over = DutyHandedOver(duty_id="coach.structure.review", to="client")  # as 0.1 stored it
    last = recorded[-1]
    stored = attrs.evolve(last, id="old", version=last.version + 1, type="DutyHandedOver", content=handed_over)
    assert EventLog([*recorded, stored]).state.responsible_role("coach.structure.review") == "client"


def test_closing_needs_a_moment_after_the_last_event(eng: Engagement, clock: Any) -> None:
    earlier = clock.now - timedelta(minutes=90)
    for way in (lambda: eng.coach.complete(occurred_at=earlier), lambda: eng.coach.terminate("M", occurred_at=earlier)):
        with pytest.raises(Refused) as caught:
            way()
        assert caught.value.code == "time.events_after"
    eng.coach.complete()
    assert eng.state().stage == "completed"


def test_an_assessment_of_no_goals_in_particular_is_of_all_that_are_active(eng: Engagement) -> None:
    event = eng.client.assess_self("Well")
    assert event.content.goal_ids == ("race", "run")  # type: ignore[attr-defined]
    event = eng.coach.review_plan("Well", goal_ids=["swim"])
    assert event.content.goal_ids == ("swim",)  # type: ignore[attr-defined]


def test_a_moved_session_keeps_its_agenda_and_the_time_it_was_first_set(eng: Engagement, clock: Any) -> None:
    first = eng.coach.schedule_session("2026-02-03T10:00:00Z", session_id="moved", agenda=["Pace"], structure="grow")
    clock.forward(days=1)
    moved = eng.coach.schedule_session("2026-02-04T10:00:00Z", session_id="moved")
    assert (moved.agenda, moved.structure, moved.scheduled_at) == (("Pace",), "grow", first.scheduled_at)
    assert moved.starts_at > first.starts_at
    eng.client.prepare_session("moved", occurred_at=clock.now - timedelta(hours=12))
    assert eng.coach.schedule_session("2026-02-05T10:00:00Z", session_id="moved", agenda=["Rest"]).agenda == ("Rest",)


def test_the_first_session_held_begins_the_engagement_and_says_so(agreed: Engagement, clock: Any) -> None:
    agreed.coach.schedule_session(clock.now, session_id="first")
    clock.forward(hours=1)
    session = agreed.coach.hold_session("first")
    started = agreed.recorded()[-1]
    assert (started.type, started.caused_by, started.id) == ("EngagementStarted", session.id, f"{session.id}.1")
    assert agreed.state().stage == "active"
    assert agreed.state().sessions["first"].attended == ("carla", "anna")


def test_a_habit_is_a_goal_that_progress_is_recorded_of(eng: Engagement, agreement: Agreement) -> None:
    goal = eng.client.set_goal("Walk", measure=Habit(metric="steps", times=5, per="P1W", unit="steps", at_least=10_000))
    assert eng.client.record_progress(goal.id, 12_000).content.value == 12_000  # type: ignore[attr-defined]
