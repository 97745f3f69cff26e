"""A rules engine: rules as data over flat, typed facts, three-valued, with verdicts that say why.

Usable alone: it knows nothing of coaching. `FactSchema.of` reads a facts class, `RuleSet.from_toml` reads and checks the
rules, `evaluate` judges, `findings` says what to look at, a verdict's `explain` says why and what would change it. What is
unknown is never called false.
"""

from coachcore.rules.composing import Step
from coachcore.rules.condition import Condition
from coachcore.rules.explaining.told import Branch, Reason
from coachcore.rules.facts import Fact, FactSchema, fact
from coachcore.rules.failures import Failure
from coachcore.rules.files import Example
from coachcore.rules.fixing import AnythingBut, Change, Fix, Items, NotGiven, OneOf, Span, Within
from coachcore.rules.judging import Watch
from coachcore.rules.kinds import Kind
from coachcore.rules.rule import Rule
from coachcore.rules.ruleset import RuleSet
from coachcore.rules.verdicts import Explanation, Finding, Outcome, Verdict

__all__ = [
    "AnythingBut",
    "Branch",
    "Change",
    "Condition",
    "Example",
    "Explanation",
    "Fact",
    "FactSchema",
    "Failure",
    "Finding",
    "Fix",
    "Items",
    "Kind",
    "NotGiven",
    "OneOf",
    "Outcome",
    "Reason",
    "Rule",
    "RuleSet",
    "Span",
    "Step",
    "Verdict",
    "Watch",
    "Within",
    "fact",
]
