"""A rules engine: rules as data over flat, typed facts, three-valued, with verdicts that explain themselves.

Usable alone: it knows nothing of coaching. `Schema.of` reads a facts class, `RuleSet.from_toml` reads and checks rules,
`evaluate` gives verdicts, `findings` those to look at. What is unknown is never called false.

Explaining, repairs, sentences, lint and columns are packages of their own, loaded when they are used:
`coachcore.rules.explain`, `.sentences`, `.lint`, `.columns`.
"""

from coachcore.rules.engine.condition import Condition
from coachcore.rules.engine.ruleset import RuleSet
from coachcore.rules.engine.verdicts import Outcome, Verdict
from coachcore.rules.expr.facts import Fact, fact
from coachcore.rules.expr.schema import Schema
from coachcore.rules.expr.types import FactType
from coachcore.rules.files.rule_file import Example
from coachcore.rules.lexicon import Lexicon
from coachcore.rules.rule import Rule

__all__ = [
    "Condition",
    "Example",
    "Fact",
    "FactType",
    "Lexicon",
    "Outcome",
    "Rule",
    "RuleSet",
    "Schema",
    "Verdict",
    "fact",
]
