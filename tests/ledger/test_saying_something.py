"""Evidence says something: blanks, signs of no width and punctuation are evidence of nothing, wherever words are asked for."""

from collections.abc import Callable
from typing import Any

import pytest

import coachcore
from coachcore.events import EncouragementGiven
from coachcore.interop import parse_journal
from coachcore.interop.importing import import_journal
from coachcore.interop.journal import write_journal
from coachcore.ledger import ObligationState
from coachcore.ledger.autonomy import autonomy
from tests.ledger.test_what_counts import Coaching

MET = ObligationState.MET
EMPTY = ("\u200b\u2060", "...", "…", "\u3164")
WORDS = "To the point"


def booked(coaching: Coaching) -> None:
    coaching.session("s1", 8, agenda=(), is_held=False)


def held(coaching: Coaching) -> None:
    coaching.session("s1", 3)
    coaching.session("s2", 3.5)
    coaching.on(3.6)


def with_goal(coaching: Coaching) -> None:
    coaching.client.set_goal("Lead the weekly meeting", goal_id="g", due_on="2026-06-01")


def with_plan(coaching: Coaching) -> None:
    with_goal(coaching)
    coaching.client.plan_action("Ask two colleagues", goal_id="g")
    coaching.on(2).coach.confirm_plan("g")


def concerned(coaching: Coaching) -> None:
    coaching.client.raise_concern("It is too fast", concern_id="c")
    coaching.client.rate_safety(2)


def decided(coaching: Coaching) -> None:
    coaching.client.make_decision("I take the post", decision_id="d")


def nothing(coaching: Coaching) -> None:
    pass


Act = Callable[[Coaching, str], Any]
CASES: dict[str, tuple[Callable[[Coaching], None], Act, str]] = {
    "reflection": (nothing, lambda c, text: c.client.reflect(text), "client.development.reflection#1"),
    "learning": (nothing, lambda c, text: c.client.log_learning(text), "client.development.learning#1"),
    "check-in": (nothing, lambda c, text: c.client.check_in(text), "client.communication.open#1"),
    "concern": (nothing, lambda c, text: c.client.raise_concern(text), "client.communication.open#1"),
    "practice": (nothing, lambda c, text: c.client.use_motivation_practice(text), "client.motivation.practice#1"),
    "consequence": (
        decided,
        lambda c, text: c.client.note_consequence(text, decision_id="d"),
        "client.action.consequences/d@decision",
    ),
    "plan": (with_goal, lambda c, text: c.client.plan_action(text, goal_id="g"), "client.goals.action_plan/g"),
    "preparing": (booked, lambda c, text: c.client.prepare_session("s1", text), "client.engagement.participation/s1"),
    "topics": (
        booked,
        lambda c, text: c.client.prepare_session("s1", agenda=[text]),
        "client.engagement.participation/s1",
    ),
    "feedback": (
        held,
        lambda c, text: c.client.give_feedback(text, about="session", session_id="s2"),
        "client.progress.feedback/s2",
    ),
    "agenda": (
        booked,
        lambda c, text: c.coach.schedule_session(c.time(8), session_id="s1", agenda=[text]),
        "coach.structure.sessions/s1",
    ),
    "agenda of a preparation": (
        booked,
        lambda c, text: c.coach.prepare_session("s1", agenda=[text]),
        "coach.structure.sessions/s1",
    ),
    "summary": (held, lambda c, text: c.coach.summarise_session("s1", text), "coach.structure.sessions/s1@held"),
    "strength": (
        held,
        lambda c, text: c.coach.give_feedback("Well", strength=text, next_step="Again", session_id="s1"),
        "coach.feedback.constructive/s1",
    ),
    "question": (held, lambda c, text: c.coach.prompt_reflection(text), "coach.reflection.prompting/s1"),
    "technique": (
        held,
        lambda c, text: c.coach.choose_technique("GROW", text),
        "coach.methods.fit/s2",
    ),
    "encouragement": (nothing, lambda c, text: c.coach.encourage(text), "coach.feedback.encouragement#1"),
    "suggestion": (nothing, lambda c, text: c.coach.suggest_development(text), "coach.reflection.development#1"),
    "review": (with_goal, lambda c, text: c.coach.review_goal("g", note=text), "coach.goals.setting/g"),
    "answer": (concerned, lambda c, text: c.coach.answer_concern("c", text), "coach.environment.support/c@concern"),
    "code": (held, lambda c, text: c.coach.affirm_ethics(text, "2025"), "coach.ethics.code#1"),
}


def recorded(case: str, text: str) -> Coaching:
    prepare, act, _ = CASES[case]
    coaching = Coaching()
    coaching.on(1)
    prepare(coaching)
    act(coaching.on(max(coaching.day, 1.5)), text)
    if "s1" in coaching.eng.state().sessions and coaching.eng.state().sessions["s1"].status == "scheduled":
        coaching.on(8.1).coach.hold_session("s1")
    return coaching


@pytest.mark.parametrize("case", CASES)
def test_what_says_nothing_meets_nothing_and_words_do(case: str) -> None:
    obligation_id = CASES[case][2]
    assert recorded(case, WORDS).state(obligation_id, 10) is MET
    for text in EMPTY:
        assert recorded(case, text).state(obligation_id, 10) is not MET, ascii(text)


@pytest.mark.parametrize("case", CASES)
def test_erasing_what_said_something_or_nothing_changes_no_verdict(case: str) -> None:
    for text in (WORDS, *EMPTY):
        coaching = recorded(case, text)
        before = coaching.ledger(12).obligations
        event = next(each for each in reversed(coaching.eng.recorded()) if text in repr_of(each.content))
        coaching.eng.as_party(event.actor.party).erase_content([event.id], "As asked")  # type: ignore[union-attr]
        lines = list(write_journal(coaching.eng.recorded()))
        again = import_journal(coachcore.open(), parse_journal("".join(lines)))
        for eng in (coaching.eng, coaching.practice.load(coaching.eng.id)):
            assert eng.ledger(as_of=coaching.time(12)).obligations == before, ascii(text)
        assert states(again.ledger(as_of=coaching.time(12)).obligations) == states(before), ascii(text)


def repr_of(content: Any) -> list[str]:
    """The texts of a content, those of its lists too."""
    values = (getattr(content, field) for field in type(content).__annotations__ if hasattr(content, field))
    return [text for value in values for text in (value if isinstance(value, tuple) else (value,))]


def states(obligations: Any) -> list[tuple[str, str]]:
    return [(each.id, each.state) for each in obligations]


def test_words_that_are_put_in_later_count_from_the_other_sides_consent() -> None:
    coaching = recorded("encouragement", "...")
    (event,) = [each for each in coaching.eng.recorded() if each.type == "EncouragementGiven"]
    obligation_id = "coach.feedback.encouragement#1"
    correction = coaching.on(16).coach.correct_entry(event.id, "Here it is", EncouragementGiven(text=WORDS))
    assert coaching.state(obligation_id, 16.1) is ObligationState.OPEN
    coaching.client.confirm_correction(correction.id)
    assert coaching.state(obligation_id, 16.2) is MET


def test_an_answer_to_a_low_rating_says_something() -> None:
    coaching = Coaching()
    rating = coaching.on(1).client.rate_safety(2)
    answered = f"coach.environment.support/{rating.id}@low_rating"
    for answer in (coaching.coach.send_message, coaching.coach.give_feedback, coaching.coach.encourage):
        answer("\u200b")
    assert coaching.state(answered, 2) is ObligationState.OPEN
    coaching.coach.send_message("👍")
    assert coaching.state(answered, 3) is MET


def test_topics_and_titles_that_say_nothing_move_nothing_forward() -> None:
    coaching = Coaching()
    coaching.on(1).client.plan_action("...")
    coaching.client.set_goal("\u200b", goal_id="g")
    coaching.session("s1", 5, agenda=("?", "Delegating"), is_held=False)
    acts = autonomy(coaching.eng.snapshot().history.effective)
    assert (acts.acts, acts.by_client) == (2, 0)
