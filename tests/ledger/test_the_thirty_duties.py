"""Each of the 30 duties through what is particular to it: what meets it, what misses it, and when nobody can be blamed.

One table, from a duty to short courses of an engagement and what becomes of one obligation in each. Dates, grace and disputes, which
all duties share, are in `test_schedules`.
"""

from collections.abc import Callable
from typing import Any

import attrs
import pytest

from coachcore import Avoid, Habit, Reach
from coachcore.charter import load
from coachcore.ledger import LapseReason, ObligationState
from tests.ledger.test_hard_cases import SMART
from tests.ledger.test_what_counts import Coaching

OPEN, MET, LATE, MISSED, _, LAPSED = ObligationState
NOT_ASKED, NOT_JUDGED = LapseReason.NOT_ASKED, LapseReason.NOT_JUDGED
EVENING = 0.6
"""Of a day that begins at 9:00, as the courses do: 23:24."""


@attrs.frozen
class Case:
    """A course, the end of the id of one of its obligations, and its state long after; None where there is no such obligation."""

    course: Callable[[Coaching], object]
    obligation: str
    state: ObligationState | None
    reason: LapseReason | None = None
    day: float = 80


def nothing(c: Coaching) -> None:
    """Nobody does anything."""


def in_turn(*steps: tuple[float, Callable[[Coaching], object]]) -> Callable[[Coaching], None]:
    """What happens on one day after another."""

    def course(c: Coaching) -> None:
        for day, step in steps:
            step(c.on(day))

    return course


def sessions(
    number: int,
    *,
    after: Callable[[Coaching], object] = nothing,
    before: Callable[[Coaching, str], object] = lambda c, session: None,
) -> Callable[[Coaching], None]:
    """Sessions s1, s2 and so on, a week apart and held. before: on the day before each. after: on the day after the last."""

    def course(c: Coaching) -> None:
        for count in range(1, number + 1):
            c.session(f"s{count}", 7 * count, is_held=False)
            before(c.on(7 * count - 1), f"s{count}")
            c.on(7 * count + 0.05).coach.hold_session(f"s{count}")
        after(c.on(7 * number + 1))

    return course


def booked(step: Callable[[Coaching], object], day: float, *, agenda: tuple[str, ...] = ("Topic",)) -> Any:
    """A session s1 on day 10, booked on day 5, and what happens on a day."""
    return in_turn(
        (5, lambda c: c.coach.schedule_session(c.time(10), session_id="s1", agenda=agenda)),
        (day, step),
    )


def booked_today(c: Coaching) -> None:
    c.on(9.9).coach.schedule_session(c.time(10), session_id="s1")
    c.on(10.1).coach.hold_session("s1")


def goal(c: Coaching, goal_id: str = "g", **fields: Any) -> Any:
    return c.client.set_goal("Lead the meeting", goal_id=goal_id, **fields)


def action(c: Coaching, action_id: str = "a", day: float = 10, **fields: Any) -> Any:
    return c.client.plan_action("Ask", action_id=action_id, due_on=c.time(day).date(), **fields)


def two_goals(c: Coaching) -> None:
    goal(c, "g")
    goal(c, "h")


def two_actions(c: Coaching) -> None:
    action(c, "a")
    action(c, "b")


def breach(c: Coaching) -> str:
    """The id of the only breach that there is."""
    (breach_id,) = c.eng.state().breaches
    return breach_id


def initiative(c: Coaching, by_client: int, by_coach: int) -> None:
    for party, count in ((c.client, by_client), (c.coach, by_coach)):
        for _ in range(count):
            party.plan_action("Something")


FALLING = Reach(metric="meetings", unit="meetings", baseline=0, target=10)
FIT = {"strength": "Calm", "next_step": "Again"}

DUTIES: dict[str, dict[str, Case]] = {
    "client.goals.smart": {
        "set by the client": Case(in_turn((2, lambda c: goal(c, **SMART))), "/start", MET),
        "set by the coach, accepted by the client": Case(
            in_turn(
                (2, lambda c: c.coach.set_goal("Lead the meeting", goal_id="g", **SMART)),
                (3, lambda c: c.client.accept_goal("g")),
            ),
            "/start",
            MET,
        ),
        "set by the coach alone": Case(
            in_turn((2, lambda c: c.coach.set_goal("Lead the meeting", goal_id="g", **SMART))), "/start", MISSED
        ),
        "a wish": Case(in_turn((2, goal)), "/start", MISSED),
        "a wish that the coach alone made SMART": Case(
            in_turn((2, goal), (4, lambda c: c.coach.revise_goal("g", "Clearer", **SMART))), "/start", MISSED
        ),
        "a wish that the coach made SMART, and the client their own": Case(
            in_turn(
                (2, goal),
                (4, lambda c: c.coach.revise_goal("g", "Clearer", **SMART)),
                (5, lambda c: c.client.revise_goal("g", "So be it", why="We all should hear it")),
            ),
            "/start",
            MET,
        ),
        "a wish of the coach that the coach made SMART, and the client accepted": Case(
            in_turn(
                (2, lambda c: c.coach.set_goal("Lead the meeting", goal_id="g")),
                (4, lambda c: c.coach.revise_goal("g", "Clearer", **SMART)),
                (5, lambda c: c.client.accept_goal("g")),
            ),
            "/start",
            MET,
        ),
        "changed, and still SMART": Case(
            in_turn(
                (2, lambda c: goal(c, **SMART)),
                (9, lambda c: c.client.revise_goal("g", "Later", title="Lead the next meeting")),
            ),
            "/g.1",
            MET,
        ),
        "changed from one wish to another": Case(
            in_turn((2, goal), (9, lambda c: c.client.revise_goal("g", "Later", title="Lead it"))), "/g.1", MISSED
        ),
    },
    "client.goals.action_plan": {
        "an own action": Case(in_turn((2, goal), (4, lambda c: action(c, goal_id="g"))), "/g", MET),
        "the coach's action": Case(
            in_turn((2, goal), (4, lambda c: c.coach.plan_action("Ask", goal_id="g"))), "/g", MISSED
        ),
        "an action that is only proposed": Case(
            in_turn((2, goal), (4, lambda c: c.coach.plan_action("Ask", goal_id="g", owner="ben"))), "/g", MISSED
        ),
        "a habit is a plan": Case(
            in_turn((2, lambda c: goal(c, measure=Habit(metric="walks", times=3, per="P1W")))), "/g", MET
        ),
        "so is what is to be avoided": Case(
            in_turn((2, lambda c: goal(c, measure=Avoid(metric="late evenings")))), "#1", MET
        ),
        "what the coach alone made a habit of": Case(
            in_turn(
                (2, goal),
                (4, lambda c: c.coach.revise_goal("g", "Easier", measure=Habit(metric="m", times=3, per="P1W"))),
            ),
            "/g",
            MISSED,
        ),
        "no goal": Case(nothing, "#1", LAPSED, NOT_ASKED),
        "a goal for a month without an action": Case(in_turn((2, goal)), "#1", MISSED),
    },
    "client.engagement.participation": {
        "prepared on the evening before": Case(
            sessions(1, before=lambda c, s: c.on(6 + EVENING).client.prepare_session(s, "The team")), "/s1", MET
        ),
        "prepared an hour before": Case(
            sessions(1, before=lambda c, s: c.on(6.95).client.prepare_session(s, "The team")), "/s1", LATE
        ),
        "prepared for oneself": Case(
            sessions(1, before=lambda c, s: c.client.prepare_session(s, "The team", visibility="author")), "/s1", MET
        ),
        "prepared once it had begun": Case(
            sessions(1, after=lambda c: c.client.prepare_session("s1", "The team")), "/s1", MISSED
        ),
        "prepared without a word": Case(sessions(1, before=lambda c, s: c.client.prepare_session(s)), "/s1", MISSED),
        "booked too late to prepare": Case(booked_today, "/s1", MET),
        "did not come, and says nothing against it": Case(
            booked(lambda c: c.coach.miss_session("s1", ["ben"]), 10.1), "/s1", MISSED
        ),
        "the coach did not come": Case(
            booked(lambda c: c.coach.miss_session("s1", ["ann"]), 10.1), "/s1", LAPSED, LapseReason.NO_LONGER_APPLIES
        ),
        "cancelled in good time": Case(
            booked(lambda c: c.client.cancel_session("s1"), 7), "/s1", LAPSED, LapseReason.CANCELLED
        ),
        "cancelled an hour before": Case(booked(lambda c: c.client.cancel_session("s1"), 9.95), "/s1", MISSED),
    },
    "client.engagement.openness": {
        "a middling rating": Case(sessions(3, after=lambda c: c.coach.rate_openness(3)), "/s3", MET),
        "a challenge taken up": Case(
            sessions(3, after=lambda c: c.coach.rate_openness(1, challenge_taken=True)), "/s3", MET
        ),
        "a low rating is no miss": Case(
            sessions(3, after=lambda c: c.coach.rate_openness(2)), "/s3", LAPSED, NOT_JUDGED
        ),
        "a low rating is to be answered": Case(
            sessions(3, after=lambda c: c.coach.rate_openness(2)), "@low_rating", MISSED
        ),
        "a low rating was answered": Case(
            in_turn((2, lambda c: c.coach.rate_openness(2)), (8, lambda c: c.client.send_message("Tell me more"))),
            "@low_rating",
            MET,
        ),
        "no rating": Case(sessions(3), "/s3", LAPSED, NOT_JUDGED),
    },
    "client.progress.self_assessment": {
        "both goals, one after the other": Case(
            in_turn(
                (2, two_goals),
                (5, lambda c: c.client.assess_self("Well", goal_ids=["g"])),
                (14 + EVENING, lambda c: c.client.assess_self("Less so", goal_ids=["h"])),
            ),
            "#1",
            MET,
        ),
        "one of two goals": Case(
            in_turn((2, two_goals), (5, lambda c: c.client.assess_self("Well", goal_ids=["g"]))), "#1", MISSED
        ),
        "no goal to assess": Case(nothing, "#1", None),
    },
    "client.progress.feedback": {
        "after the second session": Case(
            sessions(2, after=lambda c: c.client.give_feedback("It helps", about="session")), "/s2", MET
        ),
        "one for four sessions": Case(
            sessions(4, after=lambda c: c.client.give_feedback("It helps", about="session", session_id="s4")),
            "/s2",
            MISSED,
        ),
        "safety and motivation": Case(
            in_turn((5, lambda c: c.client.rate_safety(2)), (9, lambda c: c.client.rate_motivation(3))), "#1", MET
        ),
        "safety alone": Case(in_turn((5, lambda c: c.client.rate_safety(5))), "#1", MISSED),
    },
    "client.action.accountability": {
        "done on the evening of the day": Case(
            in_turn((2, action), (10 + EVENING, lambda c: c.client.do_action("a"))), "/a", MET
        ),
        "the coach says that it was done": Case(
            in_turn((2, action), (10, lambda c: c.coach.do_action("a"))), "/a", MET
        ),
        "done within the two days after it": Case(
            in_turn((2, action), (12 + EVENING, lambda c: c.client.do_action("a"))), "/a", LATE
        ),
        "moved twice, and done on the last day agreed": Case(
            in_turn(
                (2, action),
                (9, lambda c: c.client.reschedule_action("a", c.time(15).date(), "Ill")),
                (15, lambda c: c.client.reschedule_action("a", c.time(20).date(), "Still ill")),
                (20 + EVENING, lambda c: c.client.do_action("a")),
            ),
            "/a",
            MET,
        ),
        "not done": Case(in_turn((2, action)), "/a", MISSED),
        "dropped before its day": Case(
            in_turn((2, action), (9, lambda c: c.client.drop_action("a", "No use"))), "/a", LAPSED, LapseReason.DROPPED
        ),
        "dropped after its grace": Case(
            in_turn((2, action), (13, lambda c: c.client.drop_action("a", "No use"))), "/a", MISSED
        ),
    },
    "client.action.consequences": {
        "the lesson of one": Case(
            in_turn((2, two_actions), (14, lambda c: c.client.note_consequence("Ask earlier", "b"))), "/b", MET
        ),
        "is not that of the other": Case(
            in_turn((2, two_actions), (14, lambda c: c.client.note_consequence("Ask earlier", "b"))), "/a", MISSED
        ),
        "done late, nothing to learn from": Case(
            in_turn((2, action), (12, lambda c: c.client.do_action("a"))), "/a", None
        ),
        "of a decision, by the second session": Case(
            in_turn(
                (1, lambda c: c.client.make_decision("I stay", decision_id="d")),
                (4, sessions(2, before=lambda c, s: c.client.note_consequence("It holds", decision_id="d"))),
            ),
            "/d@decision",
            MET,
        ),
        "of a decision, after the second session": Case(
            in_turn(
                (1, lambda c: c.client.make_decision("I stay", decision_id="d")),
                (4, sessions(2, after=lambda c: c.client.note_consequence("It holds", decision_id="d"))),
            ),
            "/d@decision",
            MISSED,
        ),
    },
    "client.development.learning": {
        "a book": Case(in_turn((20, lambda c: c.client.log_learning("A book"))), "#1", MET),
        "the coach's own learning": Case(in_turn((20, lambda c: c.coach.log_learning("A book", 9))), "#1", MISSED),
        "two in a month, none in the next": Case(
            in_turn((20, lambda c: (c.client.log_learning("A book"), c.client.log_learning("A talk")))), "#2", MISSED
        ),
    },
    "client.development.reflection": {
        "on the evening of the due day": Case(in_turn((7 + EVENING, lambda c: c.client.reflect("So far"))), "#1", MET),
        "in the grace": Case(in_turn((9, lambda c: c.client.reflect("So far"))), "#1", LATE),
        "of a day in the week, entered a month later": Case(
            in_turn((40, lambda c: c.client.reflect("So far", occurred_at=c.time(3)))), "#1", LATE
        ),
        "none": Case(nothing, "#1", MISSED),
    },
    "client.communication.open": {
        "a worry": Case(in_turn((5, lambda c: c.client.check_in("It goes too fast"))), "#1", MET),
        "no worries": Case(in_turn((5, lambda c: c.client.check_in(no_concerns=True))), "#1", MET),
        "a check-in that says nothing": Case(in_turn((5, lambda c: c.client.check_in())), "#1", MISSED),
        "the coach's concern was answered": Case(
            in_turn(
                (3, lambda c: c.coach.raise_concern("You seem tired", concern_id="c")),
                (10 + EVENING, lambda c: c.client.answer_concern("c", "I am")),
            ),
            "/c",
            MET,
        ),
        "the coach's concern was not answered": Case(
            in_turn((3, lambda c: c.coach.raise_concern("You seem tired", concern_id="c"))), "/c", MISSED
        ),
    },
    "client.communication.partnership": {
        "topics and a rating, without any of the coach's": Case(
            sessions(
                3,
                before=lambda c, s: c.client.prepare_session(s, agenda=["The team"]),
                after=lambda c: c.client.rate_alliance(4),
            ),
            "/s3",
            MET,
        ),
        "a topic for one of the three sessions": Case(
            sessions(
                3,
                before=lambda c, s: c.client.prepare_session(s, "The team", agenda=["The team"] if s == "s3" else []),
                after=lambda c: c.client.rate_alliance(4),
            ),
            "/s3",
            MET,
        ),
        "a rating and topics for oneself": Case(
            sessions(
                3,
                before=lambda c, s: c.client.prepare_session(s, agenda=["The team"], visibility="author"),
                after=lambda c: c.client.rate_alliance(4),
            ),
            "/s3",
            MISSED,
        ),
        "a rating and no topics": Case(sessions(3, after=lambda c: c.client.rate_alliance(4)), "/s3", MISSED),
        "topics and the coach's rating": Case(
            sessions(
                3,
                before=lambda c, s: c.client.prepare_session(s, agenda=["The team"]),
                after=lambda c: c.coach.rate_alliance(4),
            ),
            "/s3",
            MISSED,
        ),
        "two sessions ask nothing": Case(sessions(2), "/s2", None),
    },
    "client.motivation.practice": {
        "a practice in the fourth week": Case(
            in_turn((28 + EVENING, lambda c: c.client.use_motivation_practice("A walk first"))), "#1", MET
        ),
        "a number": Case(in_turn((5, lambda c: c.client.rate_motivation(9))), "#1", MISSED),
    },
    "client.motivation.discipline": {
        "what was due was done": Case(in_turn((2, action), (10, lambda c: c.client.do_action("a"))), "#1", MET),
        "half of it": Case(in_turn((2, two_actions), (10, lambda c: c.client.do_action("a"))), "#1", MISSED),
        "done late": Case(in_turn((2, action), (11, lambda c: c.client.do_action("a"))), "#1", MISSED),
        "nothing was due": Case(nothing, "#1", LAPSED, NOT_ASKED),
        "moved to the next month": Case(
            in_turn((2, action), (9, lambda c: c.client.reschedule_action("a", c.time(40).date(), "Ill"))),
            "#1",
            LAPSED,
            NOT_ASKED,
        ),
        "counts there": Case(
            in_turn((2, action), (9, lambda c: c.client.reschedule_action("a", c.time(40).date(), "Ill"))), "#2", MISSED
        ),
    },
    "coach.environment.confidentiality": {
        "affirmed before the first session": Case(
            in_turn((6, lambda c: c.coach.affirm_confidentiality("But for danger")), (7, sessions(1))),
            "/first_session",
            MET,
        ),
        "affirmed after it": Case(
            sessions(1, after=lambda c: c.coach.affirm_confidentiality("But for danger")), "/first_session", MISSED
        ),
        "disclosed by law": Case(
            in_turn(
                (5, lambda c: c.coach.disclose_information("court", "Dates", "A summons", "law")),
                (9, lambda c: c.coach.complete()),
            ),
            "/standing",
            MET,
        ),
        "disclosed without consent, which the coach admits": Case(
            in_turn(
                (5, lambda c: c.coach.disclose_information("his manager", "Dates", "She asked")),
                (6, lambda c: c.coach.resolve_breach(breach(c), True, "I should not have")),
            ),
            "/standing",
            MISSED,
        ),
        "disclosed without consent, which nobody decides": Case(
            in_turn((5, lambda c: c.coach.disclose_information("his manager", "Dates", "She asked"))), "/standing", OPEN
        ),
        "disclosed with consent of that scope": Case(
            in_turn(
                (4, lambda c: c.client.give_consent("share_with_sponsor")),
                (
                    5,
                    lambda c: c.coach.disclose_information(
                        "sponsor", "Dates", "Agreed", "consent", scope="share_with_sponsor"
                    ),
                ),
                (9, lambda c: c.coach.complete()),
            ),
            "/standing",
            MET,
        ),
    },
    "coach.environment.support": {
        "asked, and rated low": Case(sessions(3, after=lambda c: c.client.rate_safety(1)), "/s3", MET),
        "a middling rating is to be answered": Case(
            sessions(3, after=lambda c: c.client.rate_safety(3)), "@low_rating", MISSED
        ),
        "it was answered": Case(
            in_turn((3, lambda c: c.client.rate_safety(3)), (10, lambda c: c.coach.encourage("I hear you"))),
            "@low_rating",
            MET,
        ),
        "a good rating asks for nothing": Case(in_turn((3, lambda c: c.client.rate_safety(4))), "@low_rating", None),
        "no rating": Case(sessions(3), "/s3", LAPSED, NOT_JUDGED),
        "a concern without an answer": Case(
            in_turn((3, lambda c: c.client.raise_concern("Too fast", concern_id="c"))), "/c@concern", MISSED
        ),
    },
    "coach.goals.setting": {
        "a criterion": Case(in_turn((2, goal), (5, lambda c: c.coach.review_goal("g", measurable=False))), "/g", MET),
        "a note": Case(in_turn((2, goal), (5, lambda c: c.coach.review_goal("g", note="By when?"))), "/g", MET),
        "a review that says nothing": Case(in_turn((2, goal), (5, lambda c: c.coach.review_goal("g"))), "/g", MISSED),
        "reviewed before it was changed": Case(
            in_turn(
                (2, goal),
                (5, lambda c: c.coach.review_goal("g", note="By when?")),
                (6, lambda c: c.client.revise_goal("g", "Clearer", title="Lead it")),
            ),
            "/g@goal_change.1",
            MISSED,
        ),
    },
    "coach.goals.action_plans": {
        "planned and confirmed": Case(
            in_turn((2, goal), (4, lambda c: action(c, goal_id="g")), (6, lambda c: c.coach.confirm_plan("g"))),
            "/g",
            MET,
        ),
        "confirmed before anything was planned": Case(
            in_turn((2, goal), (4, lambda c: c.coach.confirm_plan("g")), (6, lambda c: action(c, goal_id="g"))),
            "/g",
            MISSED,
        ),
        "planned on the last evening, too late to look at": Case(
            in_turn((2, goal), (16 + EVENING, lambda c: action(c, day=30, goal_id="g"))), "/g", LAPSED, NOT_ASKED
        ),
        "planned the day before that, not confirmed": Case(
            in_turn((2, goal), (15 + EVENING, lambda c: action(c, day=30, goal_id="g"))), "/g", MISSED
        ),
        "planned and confirmed on the last evening": Case(
            in_turn(
                (2, goal),
                (16.5, lambda c: action(c, day=30, goal_id="g")),
                (16 + EVENING, lambda c: c.coach.confirm_plan("g")),
            ),
            "/g",
            MET,
        ),
        "a measure of the coach's own is no plan to confirm": Case(
            in_turn(
                (2, goal),
                (4, lambda c: c.coach.revise_goal("g", "Easier", measure=Habit(metric="m", times=3, per="P1W"))),
            ),
            "/g",
            LAPSED,
            NOT_ASKED,
        ),
        "planned, not confirmed": Case(in_turn((2, goal), (4, lambda c: action(c, goal_id="g"))), "/g", MISSED),
        "nothing planned": Case(in_turn((2, goal), (6, lambda c: c.coach.confirm_plan("g"))), "/g", LAPSED, NOT_ASKED),
    },
    "coach.structure.sessions": {
        "an agenda in good time": Case(booked(nothing, 10), "/s1", MET),
        "no agenda": Case(booked(nothing, 10, agenda=()), "/s1", MISSED),
        "an agenda on the evening before": Case(
            booked(lambda c: c.coach.prepare_session("s1", agenda=["Topic"]), 9 + EVENING, agenda=()), "/s1", MET
        ),
        "an agenda on the morning": Case(
            booked(lambda c: c.coach.prepare_session("s1", agenda=["Topic"]), 9.95, agenda=()), "/s1", LATE
        ),
        "an agenda that the client cannot read": Case(
            booked(lambda c: c.coach.prepare_session("s1", agenda=["Topic"], visibility="author"), 7, agenda=()),
            "/s1",
            MISSED,
        ),
        "an agenda of the client's": Case(
            in_turn((5, lambda c: c.client.schedule_session(c.time(10), session_id="s1", agenda=["Topic"]))),
            "/s1",
            MISSED,
        ),
        "an agenda for a session that its coach cancels": Case(
            booked(lambda c: c.coach.cancel_session("s1"), 7), "/s1", LAPSED, LapseReason.CANCELLED
        ),
        "an agenda for a session that the client cancels": Case(
            booked(lambda c: c.client.cancel_session("s1"), 7), "/s1", MET
        ),
        "booked too late for one": Case(booked_today, "/s1", LAPSED, NOT_ASKED),
        "a summary on the next day": Case(
            sessions(1, after=lambda c: c.coach.summarise_session("s1", "So far")), "/s1@held", MET
        ),
        "no summary": Case(sessions(1), "/s1@held", MISSED),
        "no session, no summary": Case(booked(lambda c: c.coach.miss_session("s1", ["ann"]), 10.1), "/s1@held", None),
    },
    "coach.structure.review": {
        "once in the month": Case(in_turn((25, lambda c: c.coach.review_plan("On course"))), "#1", MET),
        "not in the month": Case(nothing, "#1", MISSED),
        "by the client who takes it over meanwhile": Case(
            in_turn(
                (10, lambda c: c.coach.hand_over_duty("coach.structure.review", "client")),
                (11, lambda c: c.client.accept_handover("coach.structure.review")),
                (25, lambda c: c.client.review_plan("On course")),
            ),
            "#1",
            MET,
        ),
        "by the client who does not": Case(in_turn((25, lambda c: c.client.review_plan("On course"))), "#1", MISSED),
        "a goal came off track": Case(
            in_turn(
                (0, lambda c: goal(c, measure=FALLING, starts_on=c.time(0).date(), due_on=c.time(60).date())),
                (39, lambda c: c.client.record_progress("g", 1)),
                (40, lambda c: c.client.record_progress("g", 1)),
            ),
            "/g",
            MISSED,
        ),
        "and was looked at within a week": Case(
            in_turn(
                (0, lambda c: goal(c, measure=FALLING, starts_on=c.time(0).date(), due_on=c.time(60).date())),
                (39, lambda c: c.client.record_progress("g", 1)),
                (40, lambda c: c.client.record_progress("g", 1)),
                (47, lambda c: c.coach.review_plan("Smaller steps")),
            ),
            "/g",
            MET,
        ),
    },
    "coach.feedback.constructive": {
        "a strength and a next step": Case(
            sessions(1, after=lambda c: c.coach.give_feedback("Good", session_id="s1", **FIT)), "/s1", MET
        ),
        "a strength alone": Case(
            sessions(1, after=lambda c: c.coach.give_feedback("Good", session_id="s1", strength="Calm")), "/s1", MISSED
        ),
        "one for two sessions": Case(sessions(2, after=lambda c: c.coach.give_feedback("Good", **FIT)), "/s1", MISSED),
        "openness was rated": Case(in_turn((20, lambda c: c.coach.rate_openness(2))), "#1", MET),
        "openness was not rated": Case(nothing, "#1", MISSED),
    },
    "coach.feedback.encouragement": {
        "once in a fortnight": Case(in_turn((14 + EVENING, lambda c: c.coach.encourage("Go on"))), "#1", MET),
        "not once": Case(nothing, "#1", MISSED),
        "after one setback": Case(
            in_turn((2, two_actions), (14, lambda c: c.coach.encourage("It happens", "b"))), "/b", MET
        ),
        "not after the other": Case(
            in_turn((2, two_actions), (14, lambda c: c.coach.encourage("It happens", "b"))), "/a", MISSED
        ),
        "done late is no setback": Case(in_turn((2, action), (12, lambda c: c.client.do_action("a"))), "/a", None),
    },
    "coach.reflection.prompting": {
        "a question on the next day": Case(
            sessions(1, after=lambda c: c.coach.prompt_reflection("What was new?")), "/s1", MET
        ),
        "a question before the session": Case(
            sessions(1, before=lambda c, s: c.coach.prompt_reflection("What is new?")), "/s1", MISSED
        ),
        "a question after four days": Case(
            in_turn((5, sessions(1)), (11, lambda c: c.coach.prompt_reflection("What was new?", "s1"))), "/s1", MISSED
        ),
        "one question for two sessions": Case(
            sessions(2, after=lambda c: c.coach.prompt_reflection("What was new?", "s2")), "/s1", MISSED
        ),
        "a session that was not held": Case(booked(lambda c: c.coach.miss_session("s1", ["ben"]), 10.1), "/s1", None),
    },
    "coach.reflection.development": {
        "a suggestion in the month": Case(in_turn((20, lambda c: c.coach.suggest_development("Speaking"))), "#1", MET),
        "in the three days after it": Case(
            in_turn((33, lambda c: c.coach.suggest_development("Speaking"))), "#1", LATE
        ),
        "one suggestion for two months": Case(
            in_turn((33, lambda c: c.coach.suggest_development("Speaking"))), "#2", MISSED
        ),
        "other words of the coach": Case(in_turn((20, lambda c: c.coach.encourage("Try speaking"))), "#1", MISSED),
        "what the client learns unprompted": Case(
            in_turn((20, lambda c: c.client.log_learning("Speaking"))), "#1", MISSED
        ),
    },
    "coach.methods.fit": {
        "a technique, and why": Case(
            sessions(2, after=lambda c: c.coach.choose_technique("Scaling", "He thinks in numbers")), "/s2", MET
        ),
        "one for four sessions": Case(
            sessions(4, after=lambda c: c.coach.choose_technique("Scaling", "He thinks in numbers")), "/s2", MISSED
        ),
        "the first session asks for none": Case(sessions(1), "/s1", None),
    },
    "coach.methods.education": {
        "six hours, on two days": Case(
            in_turn(
                (20, lambda c: c.coach.log_learning("A course", 4)), (60, lambda c: c.coach.log_learning("A talk", 2))
            ),
            "#1",
            MET,
            day=110,
        ),
        "five hours": Case(in_turn((20, lambda c: c.coach.log_learning("A course", 5))), "#1", MISSED, day=110),
        "the client's hours": Case(
            in_turn((20, lambda c: c.client.log_learning("A course", 9))), "#1", MISSED, day=110
        ),
    },
    "coach.ethics.code": {
        "affirmed before the first session": Case(
            in_turn((6, lambda c: c.coach.affirm_ethics("A code", "2025")), (7, sessions(1))), "/first_session", MET
        ),
        "affirmed after it": Case(
            sessions(1, after=lambda c: c.coach.affirm_ethics("A code", "2025")), "/first_session", MISSED
        ),
        "again within a year of the last time": Case(
            in_turn(*((day, lambda c: c.coach.affirm_ethics("A code", "2025")) for day in (100, 464))),
            "#2",
            MET,
            day=500,
        ),
        "again after a year and two weeks": Case(
            in_turn(*((day, lambda c: c.coach.affirm_ethics("A code", "2025")) for day in (100, 480))),
            "#2",
            MISSED,
            day=500,
        ),
        "kept to the end": Case(in_turn((30, lambda c: c.coach.complete())), "/standing", MET),
    },
    "coach.ethics.professionalism": {
        "the session was held": Case(sessions(1), "/s1", MET),
        "moved at short notice": Case(
            booked(lambda c: c.coach.move_session("s1", c.time(12), "A train"), 9.5), "/s1", MISSED
        ),
        "moved at short notice, and the client agreed": Case(
            in_turn(
                (9, booked(lambda c: c.coach.move_session("s1", c.time(12), "A train"), 9.5)),
                (9.6, lambda c: c.client.agree_to_move("s1")),
                (12.1, lambda c: c.coach.hold_session("s1")),
            ),
            "/s1",
            MET,
        ),
        "moved in good time": Case(
            in_turn(
                (6, booked(lambda c: c.coach.move_session("s1", c.time(12), "A train"), 8)),
                (12.1, lambda c: c.coach.hold_session("s1")),
            ),
            "/s1",
            MET,
        ),
        "cancelled in good time": Case(
            booked(lambda c: c.coach.cancel_session("s1"), 7), "/s1", LAPSED, LapseReason.CANCELLED
        ),
        "cancelled an hour before": Case(booked(lambda c: c.coach.cancel_session("s1"), 9.95), "/s1", MISSED),
        "cancelled by the client an hour before": Case(
            booked(lambda c: c.client.cancel_session("s1"), 9.95), "/s1", LAPSED, LapseReason.CANCELLED
        ),
        "moved at short notice, and cancelled later": Case(
            in_turn(
                (9, booked(lambda c: c.coach.move_session("s1", c.time(30), "A train"), 9.5)),
                (20, lambda c: c.coach.cancel_session("s1")),
            ),
            "/s1",
            MISSED,
        ),
        "the client did not come": Case(booked(lambda c: c.client.miss_session("s1", ["ben"]), 10.1), "/s1", MET),
        "nobody says how it went": Case(booked(nothing, 10), "/s1@no_outcome", MISSED),
        "an own promise was done": Case(
            in_turn(
                (2, lambda c: c.coach.plan_action("Send it", due_on=c.time(9).date(), action_id="p")),
                (9 + EVENING, lambda c: c.coach.do_action("p")),
            ),
            "/p@action_due",
            MET,
        ),
        "an own promise was forgotten": Case(
            in_turn((2, lambda c: c.coach.plan_action("Send it", due_on=c.time(9).date(), action_id="p"))),
            "/p@action_due",
            MISSED,
        ),
    },
    "coach.ownership.handover": {
        "the client accepted a duty": Case(
            in_turn(
                (10, lambda c: c.coach.hand_over_duty("coach.structure.review", "client")),
                (11, lambda c: c.client.accept_handover("coach.structure.review")),
            ),
            "#1",
            MET,
            day=110,
        ),
        "a duty was offered, and little was done": Case(
            in_turn((10, lambda c: c.coach.hand_over_duty("coach.structure.review", "client"))),
            "#1",
            LAPSED,
            NOT_JUDGED,
            day=110,
        ),
        "half of what was begun was the client's": Case(
            in_turn((10, lambda c: initiative(c, by_client=3, by_coach=3))), "#1", MET, day=110
        ),
        "four acts are too few to judge by": Case(
            in_turn((10, lambda c: initiative(c, by_client=4, by_coach=0))), "#1", LAPSED, NOT_JUDGED, day=110
        ),
        "less than a half, and more than before": Case(
            in_turn(
                (10, lambda c: initiative(c, by_client=1, by_coach=9)),
                (110, lambda c: initiative(c, by_client=2, by_coach=5)),
            ),
            "#2",
            MET,
            day=200,
        ),
        "less than before": Case(
            in_turn(
                (10, lambda c: initiative(c, by_client=3, by_coach=5)),
                (110, lambda c: initiative(c, by_client=1, by_coach=9)),
            ),
            "#2",
            MISSED,
            day=200,
        ),
    },
    "coach.ownership.motivation": {
        "asked, said and answered": Case(
            in_turn((20, lambda c: c.client.rate_motivation(2)), (25, lambda c: c.coach.send_message("Tell me more"))),
            "#1",
            MET,
        ),
        "said and not answered": Case(in_turn((20, lambda c: c.client.rate_motivation(2))), "#1", MISSED),
        "a message before it was said": Case(
            in_turn((10, lambda c: c.coach.send_message("Well?")), (20, lambda c: c.client.rate_motivation(2))),
            "#1",
            MISSED,
        ),
        "the coach's number alone": Case(in_turn((20, lambda c: c.coach.rate_motivation(9))), "#1", LAPSED, NOT_JUDGED),
        "nothing said": Case(nothing, "#1", LAPSED, NOT_JUDGED),
    },
}
CASES = [(duty, name) for duty, cases in DUTIES.items() for name in cases]


@pytest.mark.parametrize(("duty", "name"), CASES)
def test_a_duty_is_judged_by_what_is_particular_to_it(duty: str, name: str) -> None:
    case, coaching = DUTIES[duty][name], Coaching()
    case.course(coaching)
    obligations = [
        obligation
        for obligation in coaching.ledger(case.day).obligations
        if obligation.duty_id == duty and obligation.id.endswith(case.obligation)
    ]
    assert [(obligation.state, obligation.lapse_reason) for obligation in obligations] == (
        [] if case.state is None else [(case.state, case.reason)]
    )


def test_all_thirty_duties_are_in_the_table_each_met_and_not_met() -> None:
    assert list(DUTIES) == [duty.id for duty in load().duties]
    assert len(DUTIES) == 30
    for duty, cases in DUTIES.items():
        states = {case.state for case in cases.values()}
        assert MET in states, duty
        assert MISSED in states, duty
