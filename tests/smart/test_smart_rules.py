"""Every SMART rule by itself: facts on which it holds, on which it fails, and on which it cannot be told."""

from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pendulum import Date

import coachcore
from coachcore.facts import GoalFacts, schemas
from coachcore.rules import Outcome, Rule, RuleSet, Verdict
from coachcore.smart import CRITERIA, GoalReview, SmartFinding, default_rules, review_of_facts, review_text

DAY, LATER = Date(2026, 5, 1), Date(2026, 6, 1)
MEASURED = {"has_measure": True, "measure_kind": "reach", "status": "active", "days_since_set": 28}
HABIT = {"measure_kind": "habit", "status": "active"}
CASES: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any] | None]] = {
    "smart.specific.title_says_enough": ({"title_words": 3}, {"title_words": 2}, {}),
    "smart.specific.one_thing": ({"title_words": 25}, {"title_words": 26}, {}),
    "smart.specific.has_cue": (
        {**HABIT, "has_cue": True},
        {**HABIT, "has_cue": False},
        HABIT,
    ),
    "smart.measurable.has_measure": ({"has_measure": True}, {"has_measure": False}, {}),
    "smart.measurable.range_is_plausible": ({"is_in_range": True}, {"is_in_range": False}, None),
    "smart.measurable.is_measured": (
        {**MEASURED, "readings": 1, "days_since_reading": 28},
        {**MEASURED, "readings": 1, "days_since_reading": 29},
        MEASURED,
    ),
    "smart.measurable.says_evidence": (
        {**HABIT, "has_evidence": True},
        {**HABIT, "has_evidence": False, "readings": 0},
        {**HABIT, "has_evidence": False},
    ),
    "smart.measurable.not_met_already": (
        {"status": "active", "is_met": False},
        {"status": "active", "is_met": True},
        None,
    ),
    "smart.measurable.levels_do_not_overlap": ({"levels_overlap": False}, {"levels_overlap": True}, None),
    "smart.measurable.levels_have_no_gap": ({"levels_gap": False}, {"levels_gap": True}, None),
    "smart.measurable.levels_go_one_way": ({"levels_in_order": True}, {"levels_in_order": False}, None),
    "smart.achievable.pace_can_be_kept": (
        {"required_pace": 3, "recorded_pace": 2, "pace_ratio": "1.5"},
        {"required_pace": "3.1", "recorded_pace": 2, "pace_ratio": "1.55"},
        {"required_pace": 3},
    ),
    "smart.achievable.pace_is_within_own": (
        {"required_pace": 4, "recorded_pace": 2, "pace_ratio": 2, "recorded_pace_high": 4},
        {"required_pace": 4, "recorded_pace": 2, "pace_ratio": 2, "recorded_pace_high": "3.9"},
        {"required_pace": 4, "recorded_pace_high": "3.9"},
    ),
    "smart.achievable.pace_is_plausible": ({"plausible_ratio": 1}, {"readings": 1, "plausible_ratio": "1.01"}, None),
    "smart.achievable.not_too_easy": (
        {"status": "active", "pace_ratio": "0.5", "is_met": False},
        {"status": "active", "pace_ratio": "0.49", "is_met": False},
        None,
    ),
    "smart.achievable.learning_first": (
        {"status": "active", "target_before_learning": False},
        {"status": "active", "target_before_learning": True},
        None,
    ),
    "smart.achievable.base_rate": (
        {"status": "active", "similar_goals_closed": 3, "base_rate": "0.5"},
        {"status": "active", "similar_goals_closed": 3, "base_rate": "0.49"},
        {"status": "active"},
    ),
    "smart.achievable.no_conflict": (
        {"status": "active", "conflicting_goals": 0},
        {"status": "active", "conflicting_goals": 1},
        {"status": "active"},
    ),
    "smart.achievable.weekly_load": (
        {"status": "active", "weekly_occasions": "21"},
        {"status": "active", "weekly_occasions": "21.5"},
        None,
    ),
    "smart.achievable.weekly_hours": (
        {"status": "active", "weekly_hours": 20},
        {"status": "active", "weekly_hours": "20.5"},
        None,
    ),
    "smart.achievable.confidence": ({"confidence": 7}, {"confidence": 6}, {}),
    "smart.achievable.load": (
        {"status": "active", "other_active_goals": 4},
        {"status": "active", "other_active_goals": 5},
        {"status": "active"},
    ),
    "smart.achievable.within_control": ({"within_control": True}, {"within_control": False}, {}),
    "smart.achievable.has_actions": (
        {"status": "active", "planned_actions": 1},
        {"status": "active", "planned_actions": 0},
        {"status": "active"},
    ),
    "smart.achievable.plans_for_obstacles": (
        {"status": "active", "has_measure": True, "has_obstacle_plan": True},
        {"status": "active", "has_measure": True, "has_obstacle_plan": False},
        {"status": "active", "has_measure": True},
    ),
    "smart.achievable.names_support": (
        {"status": "active", "confidence": 6, "has_support": True},
        {"status": "active", "within_control": False, "has_support": False},
        {"status": "active", "confidence": 6},
    ),
    "smart.relevant.says_why": ({"has_why": True}, {"has_why": False}, {}),
    "smart.relevant.why_says_enough": (
        {"has_why": True, "why_words": 4},
        {"has_why": True, "why_words": 3},
        {"has_why": True},
    ),
    "smart.relevant.reason_is_own": (
        {"has_why": True, "reason_is_own": True},
        {"has_why": True, "reason_is_own": False},
        None,
    ),
    "smart.relevant.serves_purpose": (
        {"has_why": True, "words_of_purpose": 1},
        {"has_why": True, "words_of_purpose": 0},
        None,
    ),
    "smart.time_bound.has_due_day": ({"due_on": DAY}, {}, None),
    "smart.time_bound.within_engagement": (
        {"due_on": DAY, "agreement_ends_on": DAY},
        {"due_on": LATER, "agreement_ends_on": DAY},
        None,
    ),
    "smart.time_bound.not_past": (
        {"status": "active", "due_on": DAY, "as_of": DAY},
        {"status": "active", "due_on": DAY, "as_of": LATER},
        {"status": "active", "due_on": DAY},
    ),
    "smart.time_bound.far_enough": ({"periods_planned": 1}, {"periods_planned": "0.9"}, None),
    "smart.time_bound.not_the_same_day": (
        {"kind": "target", "days_planned": 1},
        {"kind": "target", "days_planned": 0},
        None,
    ),
    "smart.time_bound.long_goal_has_steps": (
        {"status": "active", "days_planned": 92, "measure_kind": "reach", "steps": 2},
        {"status": "active", "days_planned": 92, "steps": 1, "planned_actions": 1},
        {"status": "active", "days_planned": 92},
    ),
}

DECIMALS = tuple(name for name, field in attrs.fields_dict(GoalFacts).items() if field.type == Decimal | None)


def facts(**given_: Any) -> GoalFacts:
    pace = {name: given_[name] for name in DECIMALS if name in given_}
    return GoalFacts(**{**given_, **{name: Decimal(value) for name, value in pace.items()}})


def verdict(rule_id: str, of: GoalFacts) -> Verdict:
    return next(each for each in default_rules().evaluate(of, on="goal") if each.rule_id == rule_id)


def test_every_rule_stands_here() -> None:
    assert list(CASES) == [each.id for each in default_rules().running("goal")]


@pytest.mark.parametrize("rule_id", CASES)
def test_a_rule_can_hold_and_fail_and_be_unknown(rule_id: str) -> None:
    holds, fails, unknown = CASES[rule_id]
    assert verdict(rule_id, facts(**holds)).outcome is Outcome.HOLDS
    failing = verdict(rule_id, facts(**fails))
    assert failing.outcome is Outcome.FAILS
    assert set(failing.rule.fix) <= set(attrs.fields_dict(GoalFacts))
    if unknown is not None:
        found = verdict(rule_id, facts(**unknown))
        assert found.outcome is Outcome.UNKNOWN
        assert found.missing_facts


@pytest.mark.parametrize(
    "rule", [rule for rule in default_rules().rules if rule.on == "goal"], ids=lambda rule: rule.id
)
def test_a_rule_names_its_criterion_and_what_would_mend_it(rule: Rule) -> None:
    assert rule.tags["criterion"] in CRITERIA
    assert rule.tags["source"]
    assert rule.fix


def reviewed(of: GoalFacts) -> GoalReview:
    return review_of_facts("g", of, default_rules())


def test_of_nothing_known_nothing_fails_but_the_due_day_that_is_not_there() -> None:
    review = reviewed(GoalFacts())
    assert {each.rule_id for each in review.findings if each.verdict.outcome is Outcome.FAILS} == {
        "smart.time_bound.has_due_day"
    }
    assert [review.criteria[each] for each in "SMAR"] == [Outcome.UNKNOWN] * 4


some_facts = st.fixed_dictionaries(
    {
        "status": st.none() | st.sampled_from(["active", "achieved", "dropped"]),
        "title_words": st.none() | st.integers(1, 30),
        "has_why": st.none() | st.booleans(),
        "why_words": st.none() | st.integers(1, 9),
        "has_measure": st.none() | st.booleans(),
        "due_on": st.none() | st.sampled_from([DAY, LATER]),
        "agreement_ends_on": st.none() | st.just(DAY),
        "as_of": st.none() | st.sampled_from([DAY, LATER]),
        "confidence": st.none() | st.integers(0, 10),
        "within_control": st.none() | st.booleans(),
        "other_active_goals": st.none() | st.integers(0, 9),
        "planned_actions": st.none() | st.integers(0, 3),
        "readings": st.none() | st.integers(0, 3),
        "days_since_reading": st.none() | st.integers(0, 60),
        "required_pace": st.none() | st.decimals(0, 9, places=1),
        "recorded_pace": st.none() | st.decimals(-9, 9, places=1),
        "pace_ratio": st.none() | st.decimals(0, 9, places=1),
    }
)


@given(given_=some_facts, hidden=st.sets(st.sampled_from(sorted(attrs.fields_dict(GoalFacts)))))
def test_forgetting_facts_never_makes_a_smart_goal_not_smart_but_for_a_due_day(
    given_: dict[str, Any], hidden: set[str]
) -> None:
    names = hidden - {"due_on", "agreement_ends_on"}
    known = GoalFacts(**given_)
    less = attrs.evolve(known, **dict.fromkeys(names))
    if reviewed(known).is_smart:
        assert reviewed(less).is_smart


@given(given_=some_facts)
def test_a_criterion_fails_just_when_an_error_or_a_warning_of_it_fails(given_: dict[str, Any]) -> None:
    review = reviewed(GoalFacts(**given_))
    for criterion, outcome in review.criteria.items():
        weighty = [each for each in review.findings if each.criterion == criterion and each.severity != "info"]
        failing = [each for each in weighty if each.verdict.outcome is Outcome.FAILS]
        assert (outcome is Outcome.FAILS) is bool(failing)
        assert (outcome is Outcome.HOLDS) is (not weighty)


def test_a_host_may_judge_by_rules_of_its_own() -> None:
    own = RuleSet.of([Rule(id="own.short", on="goal", require="title_words <= 5")], schemas=schemas())
    review = review_of_facts("g", GoalFacts(title_words=9), own)
    assert not review.is_smart
    assert isinstance(review.findings[0], SmartFinding)
    assert review.findings[0].criterion == ""
    assert review.rules_digest == own.digest != default_rules().digest


def test_the_shipped_rules_neither_contradict_nor_repeat_each_other() -> None:
    assert [problem for problem in default_rules().lint().diagnostics if problem.severity != "info"] == []


def test_a_criterion_that_there_is_not_is_refused_where_rules_are_handed_over() -> None:
    def rules(criterion: str) -> RuleSet:
        tags = {"criterion": criterion} if criterion else {}
        return RuleSet.of([Rule(id="own.short", on="goal", require="title_words <= 5", tags=tags)], schemas=schemas())

    for known in ("S", ""):
        assert coachcore.open(rules=rules(known))
    for refuse in (
        lambda: coachcore.open(rules=rules("Q")),
        lambda: review_text("Run", on="2026-03-02", rules=rules("Q")),
    ):
        with pytest.raises(coachcore.NotValid, match=r"own\.short has no criterion of SMART: 'Q'") as caught:
            refuse()
        assert caught.value.code == "rule_criterion.unknown"
