"""The shipped rules, read once."""

from functools import cache
from importlib.resources import files
from typing import Final

from coachcore.errors import NotValid, shown
from coachcore.facts import schemas
from coachcore.progress import alert_rules
from coachcore.rules import RuleSet

__all__ = ["CRITERIA", "check_criteria", "default_rules"]

CRITERIA: Final = ("S", "M", "A", "R", "T")
"""Specific, measurable, achievable, relevant, time-bound."""


@cache
def default_rules() -> RuleSet:
    """The rules by which a practice judges goals.

    Those of `smart.toml`, over a goal, of `smart_text.toml`, over a goal's wording, and of `progress/alerts.toml`.
    """
    text = "\n".join(
        (files(__package__) / f"{name}.toml").read_text(encoding="utf-8") for name in ("smart", "smart_text")
    )
    rules = RuleSet.from_toml(text, schemas=schemas(), source="smart.toml, smart_text.toml")
    return rules.with_rules(*alert_rules().rules, by="alerts.toml")


def check_criteria(rules: RuleSet) -> None:
    """Whether the rules about goals name criteria that there are; one that names none belongs to none.

    Raises NotValid rule_criterion.unknown.
    """
    for rule in rules.rules:
        criterion = rule.tags.get("criterion", "")
        if rule.on in ("goal", "goal_text") and criterion not in ("", *CRITERIA):
            raise NotValid(
                "rule_criterion.unknown",
                f"rule {rule.id} has no criterion of SMART: {shown(criterion)}",
                "name one of S, M, A, R and T under `tags`, or none",
                path="rules",
            )
