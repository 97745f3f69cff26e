"""The SMART review: each criterion fails with what is missing, unknown is not false, achievable is computed."""

from decimal import Decimal

import pendulum
import pytest

import coachcore
from coachcore import Agreement, Party, Reach, Role
from coachcore.events import GoalSet
from coachcore.facts import GoalFacts
from coachcore.practice import Engagement
from coachcore.rules import Outcome
from coachcore.smart import CRITERIA, default_rules, review_draft, review_of_facts
from coachcore.text import catalogue

WHOLE = {
    "title": "Lead the weekly meeting myself",
    "why": "I want the team to hear it from me",
    "measure": Reach(metric="meetings led", unit="meetings", baseline=0, target=8),  # type: ignore[arg-type]
    "due_on": "2026-05-29",
    "confidence": 8,
    "within_control": True,
}


@pytest.fixture
def engagement() -> Engagement:
    clock = {"now": pendulum.datetime(2026, 3, 2, 9)}
    made = coachcore.open(clock=lambda: clock["now"]).propose(
        Agreement(
            title="Leading",
            starts_on="2026-03-01",  # type: ignore[arg-type]
            ends_on="2026-06-30",  # type: ignore[arg-type]
            parties=(Party(id="c", name="Ann", role=Role.COACH), Party(id="k", name="Ben", role=Role.CLIENT)),
        )
    )
    made.coach.accept(), made.client.accept(), made.coach.start()
    made.clock = clock  # type: ignore[attr-defined]
    return made


def failing(engagement: Engagement, **changes: object) -> set[str]:
    goal = engagement.client.set_goal(**{**WHOLE, **changes})  # type: ignore[arg-type]
    return {each.rule_id for each in engagement.smart(goal.id).findings if each.verdict.outcome is Outcome.FAILS}


def test_a_goal_that_says_everything_is_smart(engagement: Engagement) -> None:
    goal = engagement.client.set_goal(**WHOLE)  # type: ignore[arg-type]
    engagement.client.plan_action("Ask for the slot", goal_id=goal.id)
    engagement.client.record_progress(goal.id, 0)
    review = engagement.smart(goal.id)
    assert review.is_smart
    assert set(review.criteria) == set(CRITERIA)
    assert {each for each, outcome in review.criteria.items() if outcome is Outcome.FAILS} == set()


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"title": "Meetings"}, "smart.specific.title_says_enough"),
        ({"title": "a " * 26 + "b"}, "smart.specific.one_thing"),
        ({"measure": None}, "smart.measurable.has_measure"),
        ({"confidence": 5}, "smart.achievable.confidence"),
        ({"within_control": False}, "smart.achievable.within_control"),
        ({"why": None}, "smart.relevant.says_why"),
        ({"why": "My boss"}, "smart.relevant.why_says_enough"),
        ({"due_on": None}, "smart.time_bound.has_due_day"),
        ({"due_on": "2026-07-15"}, "smart.time_bound.within_engagement"),
        ({"due_on": "2026-03-01"}, "smart.time_bound.not_past"),
        ({}, "smart.achievable.has_actions"),
    ],
)
def test_what_is_missing_fails_its_rule(engagement: Engagement, changes: dict[str, object], rule: str) -> None:
    assert rule in failing(engagement, **changes)


def test_what_is_not_known_is_unknown_and_keeps_no_goal_from_being_smart(engagement: Engagement) -> None:
    goal = engagement.client.set_goal(**{**WHOLE, "confidence": None, "within_control": None})  # type: ignore[arg-type]
    review = engagement.smart(goal.id)
    assert review.is_smart
    assert review.criteria["A"] is Outcome.UNKNOWN
    missing = {name for each in review.findings for name in each.verdict.missing_facts}
    assert {"confidence", "within_control"} <= missing


def test_achievable_is_computed_from_the_pace_so_far(engagement: Engagement) -> None:
    goal = engagement.client.set_goal(**WHOLE)  # type: ignore[arg-type]
    engagement.clock["now"] = pendulum.datetime(2026, 5, 1, 9)  # type: ignore[attr-defined]
    engagement.client.record_progress(goal.id, 1)
    slow = {each.rule_id: each for each in engagement.smart(goal.id).findings}
    assert slow["smart.achievable.pace_can_be_kept"].verdict.outcome is Outcome.FAILS
    engagement.client.record_progress(goal.id, 6)
    assert "smart.achievable.pace_can_be_kept" not in {each.rule_id for each in engagement.smart(goal.id).findings}


def test_no_reading_is_asked_of_what_is_to_be_avoided(engagement: Engagement) -> None:
    avoid = engagement.client.set_goal(**{**WHOLE, "measure": coachcore.Avoid(metric="late evenings")})  # type: ignore[arg-type]
    reach = engagement.client.set_goal(**WHOLE)  # type: ignore[arg-type]
    engagement.clock["now"] = pendulum.datetime(2026, 4, 12, 9)  # type: ignore[attr-defined]
    warned = {
        goal.id: "smart.measurable.is_measured" in {each.rule_id for each in engagement.smart(goal.id).findings}
        for goal in (avoid, reach)
    }
    assert warned == {avoid.id: False, reach.id: True}


def test_too_many_goals_at_once_are_a_load(engagement: Engagement) -> None:
    for _ in range(5):
        engagement.client.set_goal(**WHOLE)  # type: ignore[arg-type]
    assert "smart.achievable.load" in failing(engagement)


def test_a_criterion_has_a_grade_and_the_goal_a_total(engagement: Engagement) -> None:
    whole = engagement.smart(engagement.client.set_goal(**WHOLE).id)  # type: ignore[arg-type]
    assert [whole.grade(criterion) for criterion in CRITERIA] == [1, 1, 1, 1, 1]
    assert (whole.kind, whole.total()) == ("target", 1)
    changes = {"why": None, "confidence": 5, "within_control": False}
    poor = engagement.smart(engagement.client.set_goal(**{**WHOLE, **changes}).id)  # type: ignore[arg-type]
    # two warnings against achievable, an error against relevant: (1 + 1 + 0.5 + 0 + 1) / 5
    assert [poor.grade(criterion) for criterion in CRITERIA] == [1, 1, Decimal("0.5"), 0, 1]
    assert poor.total() == Decimal("0.7")
    nothing = review_of_facts("g", GoalFacts(), default_rules())
    assert [nothing.grade(criterion) for criterion in CRITERIA] == [None, None, 1, None, 0]
    assert nothing.kind is None


def test_a_draft_is_reviewed_as_it_would_be_once_set(engagement: Engagement) -> None:
    draft = GoalSet(goal_id="g", title="Meetings")
    before = review_draft(draft, engagement.snapshot().history)
    engagement.client.record(draft)
    after = engagement.smart("g")
    assert {each.rule_id for each in before.findings} == {each.rule_id for each in after.findings}


def test_every_rule_has_its_words_in_both_languages() -> None:
    for lang in ("en", "lv"):
        for rule in default_rules().rules:
            assert catalogue(lang).has(f"{rule.id}.{'why' if rule.id.startswith('alert.') else 'title'}")
            assert catalogue(lang).has(f"{rule.id}.fix")


@pytest.mark.parametrize(("confidence", "letter"), [(8, "holds"), (7, "holds"), (6, "fails")])
def test_a_warning_fails_its_letter_and_leaves_the_goal_smart(begun: Engagement, confidence: int, letter: str) -> None:
    goal = begun.client.set_goal(
        "Run ten kilometres",
        why="I want to be fit for my children",
        measure=coachcore.Habit(metric="runs", times=2, per="P1W"),
        due_on="2026-04-30",
        confidence=confidence,
        within_control=True,
    )
    review = begun.smart(goal.id)
    failing = [(each.rule_id, each.severity) for each in review.findings if each.verdict.outcome == "fails"]
    warned = [("smart.achievable.confidence", "warning")] if letter == "fails" else []
    assert [each for each in failing if each[1] != "info"] == warned
    assert (str(review.criteria["A"]), review.is_smart) == (letter, True)
