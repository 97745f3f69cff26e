"""Every rule over the wording of a goal by itself: facts on which it holds, on which it fails, and on which it cannot be decided."""

from decimal import Decimal
from typing import Any

import attrs
import pytest
from pendulum import Date

from coachcore.facts import TextFacts
from coachcore.rules import Outcome, Verdict
from coachcore.smart import default_rules

DAY = Date(2026, 5, 1)
CASES: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any] | None]] = {
    "specific.deed_not_state": (
        {"verb_kind": "state", "has_amount": True},
        {"verb_kind": "state", "has_amount": False},
        {},
    ),
    "specific.change_says_how": (
        {"verb_kind": "change", "has_amount": False, "means_named": True},
        {"verb_kind": "change", "has_amount": False, "means_named": False},
        {"verb_kind": "change", "has_amount": False},
    ),
    "specific.open_ended_has_bound": (
        {"verb_kind": "open_ended", "due_on": DAY},
        {
            "verb_kind": "open_ended",
            "has_amount": False,
            "has_duration": False,
            "has_rhythm": False,
            "has_due_event": False,
        },
        {"verb_kind": "open_ended"},
    ),
    "specific.names_a_thing": ({"named_things": 1}, {"named_things": 0, "has_unit": False}, {"named_things": 0}),
    "specific.activity_or_bound": (
        {"verb_kind": "action", "names_activity": False, "has_rhythm": True},
        {
            "verb_kind": "action",
            "names_activity": False,
            "has_amount": False,
            "has_duration": False,
            "has_rhythm": False,
            "has_time": False,
            "has_due_event": False,
            "means_named": False,
            "has_cue": False,
        },
        {"verb_kind": "action"},
    ),
    "specific.better_says_how": (
        {"compares_quality": True, "has_amount": True},
        {"compares_quality": True, "has_amount": False, "has_rhythm": False, "means_named": False},
        {},
    ),
    "specific.more_says_how_much": (
        {"compares_amount": True, "has_rhythm": True},
        {"compares_amount": True, "has_amount": False, "has_rhythm": False, "has_duration": False},
        {},
    ),
    "specific.one_goal": ({"states_two_goals": False}, {"states_two_goals": True}, {}),
    "specific.not_hedged": ({"is_hedged": False}, {"is_hedged": True}, {}),
    "specific.output_not_outcome": (
        {"quality_words": 1, "verb_kind": "deed"},
        {"quality_words": 1, "verb_kind": "change", "means_named": False},
        {},
    ),
    "specific.approach_not_avoidance": ({"is_avoidance": False}, {"is_avoidance": True}, {}),
    "specific.has_cue": (
        {"kind": "habit", "has_cue": True},
        {"kind": "habit", "has_cue": False, "has_time": False},
        {"kind": "habit"},
    ),
    "measurable.can_be_seen": (
        {"verb_kind": "action", "compares_quality": False, "compares_amount": False, "named_things": 1, "due_on": DAY},
        {
            "verb_kind": "action",
            "compares_quality": False,
            "compares_amount": False,
            "has_amount": False,
            "has_duration": False,
            "has_rhythm": False,
            "has_time": False,
            "has_due_event": False,
        },
        {},
    ),
    "measurable.change_has_amount": (
        {"verb_kind": "degree", "has_frequency": True},
        {"verb_kind": "degree", "has_amount": False, "has_duration": False, "has_frequency": False},
        {},
    ),
    "measurable.has_baseline": (
        {"verb_kind": "degree", "has_amount": True, "has_baseline": True},
        {"verb_kind": "degree", "has_amount": True, "has_baseline": False},
        {"verb_kind": "degree", "has_amount": True},
    ),
    "achievable.pace_is_plausible": ({"pace_ratio": Decimal(1)}, {"pace_ratio": Decimal("1.01")}, {}),
    "achievable.confidence": ({"confidence": Decimal(7)}, {"confidence": Decimal("6.9")}, {}),
    "achievable.plans_for_obstacles": (
        {"has_support": True},
        {"has_support": False, "has_plan_for_obstacles": False},
        {},
    ),
    "relevant.says_why": ({"has_reason": True}, {"has_reason": False}, {}),
    "time_bound.has_due_day": (
        {"has_rhythm": False, "kind": "deed", "has_due_event": True},
        {"has_rhythm": False, "kind": "deed", "has_due_event": False},
        {"has_rhythm": False, "kind": "deed"},
    ),
    "time_bound.not_past": ({"days_to_due": 0}, {"days_to_due": -1}, None),
    "time_bound.long_goal_has_steps": (
        {"days_to_due": 91, "has_rhythm": False, "kind": "deed"},
        {"days_to_due": 92, "has_rhythm": False, "kind": "deed"},
        {"days_to_due": 92, "has_rhythm": False},
    ),
    "time_bound.one_reading": ({"several_readings": 0}, {"several_readings": 1}, {}),
}


def verdict(rule_id: str, facts: dict[str, Any]) -> Verdict:
    verdicts = default_rules().evaluate(TextFacts(**facts), on="goal_text")
    return next(verdict for verdict in verdicts if verdict.rule_id == f"smart.text.{rule_id}")


def test_every_rule_over_the_wording_stands_here() -> None:
    assert [f"smart.text.{name}" for name in CASES] == [rule.id for rule in default_rules().running("goal_text")]


@pytest.mark.parametrize("rule_id", CASES)
def test_a_rule_over_the_wording_can_hold_and_fail_and_be_unknown(rule_id: str) -> None:
    holds, fails, unknown = CASES[rule_id]
    assert verdict(rule_id, holds).outcome is Outcome.HOLDS
    failing = verdict(rule_id, fails)
    assert failing.outcome is Outcome.FAILS
    assert set(failing.rule.fix) <= set(attrs.fields_dict(TextFacts))
    assert failing.rule.tags["source"]
    if unknown is not None:
        assert verdict(rule_id, unknown).outcome is Outcome.UNKNOWN
