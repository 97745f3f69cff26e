"""When an obligation comes due, becomes late, is missed or lapses, and when something of that may come next."""

from datetime import timedelta

from coachcore.ledger import Ledger, Transition, TransitionKind
from tests.ledger.test_hard_cases import FEEDBACK, REFLECTION, Course

DUE, LATE, MISSED, LAPSED = TransitionKind
PART = "client.engagement.participation/s1"


def of(ledger: Ledger, obligation_id: str) -> list[Transition]:
    return [transition for transition in ledger.transitions if transition.obligation.id == obligation_id]


def kinds(ledger: Ledger, obligation_id: str) -> list[TransitionKind]:
    return [transition.kind for transition in of(ledger, obligation_id)]


def test_what_is_done_as_its_day_begins_never_came_due() -> None:
    coaching = Course()
    midnight = coaching.end_of_day(6) + timedelta(microseconds=1)
    coaching.on(7).client.reflect("At midnight", occurred_at=midnight)
    assert kinds(coaching.ledger(20), f"{REFLECTION}#1") == []
    coaching = Course()
    coaching.on(7).client.reflect("A moment later", occurred_at=midnight + timedelta(microseconds=1))
    (due,) = of(coaching.ledger(20), f"{REFLECTION}#1")
    assert (due.kind, due.moment) == (DUE, midnight)


def test_what_is_opened_on_the_day_on_which_it_is_due_comes_due_when_it_is_opened() -> None:
    coaching = Course()
    coaching.on(1).client.plan_action("Call", action_id="a", due_on=coaching.time(1).date())
    (due,) = of(coaching.ledger(1.2), "client.action.accountability/a")
    assert (due.kind, due.moment) == (DUE, coaching.time(1))


def test_what_has_parts_is_due_by_the_first_of_them_and_late_once_all_of_it_is() -> None:
    coaching = Course()
    coaching.on(1).coach.schedule_session(coaching.time(9), session_id="s1", agenda=("Topic",))
    (due,) = of(coaching.ledger(9.2), PART)  # preparing is over since the evening of day 8, saying who came is not
    assert (due.kind, due.moment) == (DUE, coaching.end_of_day(7) + timedelta(microseconds=1))
    assert coaching.ledger(9.2).obligation(PART).due_at > coaching.time(9.2)


def test_what_has_no_grace_is_missed_and_never_late() -> None:
    coaching = Course()
    coaching.session("s1", 5)
    feedback = coaching.ledger(20).obligation(f"{FEEDBACK}/s1")
    assert feedback.due_at == feedback.closes_at
    assert kinds(coaching.ledger(20), f"{FEEDBACK}/s1") == [DUE, MISSED]
    assert kinds(coaching.ledger(20), f"{REFLECTION}#1") == [DUE, LATE, MISSED]


def test_they_are_in_order_of_time() -> None:
    coaching = Course()
    coaching.on(1).client.set_goal("Lead", goal_id="g")
    coaching.on(2).client.drop_goal("g", "Other plans")
    transitions = coaching.ledger(60).transitions
    moments = [transition.moment for transition in transitions]
    assert moments == sorted(moments)
    assert {transition.kind for transition in transitions} == set(TransitionKind)


def test_the_end_of_the_time_to_answer_is_waited_for() -> None:
    coaching = Course()
    coaching.on(1).coach.schedule_session(coaching.time(9), session_id="s1", agenda=("Topic",))
    coaching.on(9.1).coach.miss_session("s1", ["ben"])
    before = coaching.ledger(23.05)
    waits_until = before.obligation(PART).waits_until
    assert waits_until == coaching.time(23.1)
    after = waits_until + timedelta(microseconds=1)
    assert before.next_transition_at(coaching.time(23.3)) == after
    assert kinds(before, PART) == [DUE]  # what waits for an answer is not late
    missed = coaching.eng.ledger(as_of=after, known_at=after)
    assert of(missed, PART)[-1] == Transition(kind=MISSED, moment=after, obligation=missed.obligation(PART))
