"""A rules engine: rules as data over flat, typed facts, three-valued, with verdicts that say why.

Usable alone: it knows nothing of coaching. `FactSchema.of` reads a facts class, `RuleSet.from_toml` reads and checks the
rules, `evaluate` judges, `findings` says what to look at. What is unknown is never called false.
"""

from coachcore.rules.facts import Fact, FactSchema, Kind, fact
from coachcore.rules.ruleset import Condition, Finding, Outcome, Reason, Rule, RuleSet, Verdict

__all__ = [
    "Condition",
    "Fact",
    "FactSchema",
    "Finding",
    "Kind",
    "Outcome",
    "Reason",
    "Rule",
    "RuleSet",
    "Verdict",
    "fact",
]
