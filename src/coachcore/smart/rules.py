"""The shipped rules, read once."""

from functools import cache
from importlib.resources import files

from coachcore.facts import schemas
from coachcore.progress import alert_rules
from coachcore.rules import RuleSet

__all__ = ["default_rules"]


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
