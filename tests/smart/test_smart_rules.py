"""Every SMART rule by itself: facts on which it holds, on which it fails, and on which it cannot be told."""

from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pendulum import Date

from coachcore.facts import GoalFacts, schemas
from coachcore.rules import Outcome, Rule, RuleSet, Verdict
from coachcore.smart import CRITERIA, GoalReview, SmartFinding, default_rules, review_of_facts

DAY, LATER = Date(2026, 5, 1), Date(2026, 6, 1)
MEASURED = {"has_measure": True, "measure_kind": "reach", "status": "active", "days_since_set": 28}
CASES: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any] | None]] = {
    "smart.specific.title_says_enough": ({"title_words": 3}, {"title_words": 2}, {}),
    "smart.specific.one_thing": ({"title_words": 25}, {"title_words": 26}, {}),
    "smart.measurable.has_measure": ({"has_measure": True}, {"has_measure": False}, {}),
    "smart.measurable.is_measured": (
        {**MEASURED, "readings": 1, "days_since_reading": 28},
        {**MEASURED, "readings": 1, "days_since_reading": 29},
        MEASURED,
    ),
    "smart.measurable.not_met_already": (
        {"status": "active", "is_met": False},
        {"status": "active", "is_met": True},
        None,
    ),
    "smart.achievable.pace_can_be_kept": (
        {"required_pace": 3, "recorded_pace": 2, "pace_ratio": "1.5"},
        {"required_pace": "3.1", "recorded_pace": 2, "pace_ratio": "1.55"},
        {"required_pace": 3},
    ),
    "smart.achievable.pace_is_plausible": (
        {"readings": 1, "plausible_ratio": "1.01"},
        {"readings": 0, "plausible_ratio": "1.01"},
        {"plausible_ratio": "1.01"},
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
    "smart.relevant.says_why": ({"has_why": True}, {"has_why": False}, {}),
    "smart.relevant.why_says_enough": (
        {"has_why": True, "why_words": 4},
        {"has_why": True, "why_words": 3},
        {"has_why": True},
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
}

DECIMALS = ("required_pace", "recorded_pace", "pace_ratio", "plausible_ratio", "base_rate", "weekly_occasions")


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
