"""The shipped SMART rules, read once."""

from functools import cache
from importlib.resources import files

from coachcore.facts import schemas
from coachcore.rules import RuleSet

__all__ = ["default_rules"]


@cache
def default_rules() -> RuleSet:
    """The rules of `smart.toml`, over a goal, and of `smart_text.toml`, over a goal's wording."""
    text = "\n".join(
        (files(__package__) / f"{name}.toml").read_text(encoding="utf-8") for name in ("smart", "smart_text")
    )
    return RuleSet.from_toml(text, schemas=schemas(), source="smart.toml, smart_text.toml")
