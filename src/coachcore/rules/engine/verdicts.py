"""Verdicts: what a rule says of some facts.

A verdict is a plain value: the rule, the outcome and the facts it was judged on. Why it is so, and what would change it, are
functions over it in `coachcore.rules.explain`; the properties here call these, and load that package when they are first used.
Judging stays quick that way, and what is explained is exactly what was judged.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from coachcore.rules.expr.evaluate import evaluate
from coachcore.rules.lexicon import Lexicon
from coachcore.rules.rule import CheckedRule, Rule

if TYPE_CHECKING:
    from coachcore.rules.explain import Explanation, Repair, TracedAtom, TracedGroup

__all__ = ["OUTCOMES", "Outcome", "Verdict"]


class Outcome(StrEnum):
    """What a rule says of some facts."""

    HOLDS = "holds"
    FAILS = "fails"
    UNKNOWN = "unknown"


OUTCOMES: Final[Mapping[bool | None, Outcome]] = {True: Outcome.HOLDS, False: Outcome.FAILS, None: Outcome.UNKNOWN}
"""The outcome of a rule, by the value of its condition."""


class Verdict:
    """What a rule says of some facts.

    checked_rule: the rule, parsed. outcome: holds, fails or unknown; a rule that does not apply holds. facts: what was judged,
    an object with an attribute per fact; treat it as immutable.

    Verdicts are equal when the rule, the outcome and the facts that the rule reads are.
    """

    __slots__ = ("checked_rule", "facts", "outcome")

    def __init__(self, checked_rule: CheckedRule, outcome: Outcome, facts: Any) -> None:
        self.checked_rule = checked_rule
        self.outcome = outcome
        self.facts = facts

    def __repr__(self) -> str:
        return f"<Verdict {self.rule_id} {self.outcome}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Verdict):
            return NotImplemented
        return self.outcome is other.outcome and self.rule == other.rule and self.values == other.values

    def __hash__(self) -> int:
        return hash((self.rule_id, self.outcome))

    @property
    def rule(self) -> Rule:
        """The rule that was judged."""
        return self.checked_rule.rule

    @property
    def rule_id(self) -> str:
        """The rule's id."""
        return self.checked_rule.rule.id

    @property
    def values(self) -> Mapping[str, Any]:
        """The facts that the rule reads, normalized; None where unknown."""
        return self.checked_rule.known(self.facts)

    @property
    def applies(self) -> bool | None:
        """Whether the rule applies; None when that is unknown."""
        when = self.checked_rule.when
        applies: bool | None = True if when is None else evaluate(when, self.values)
        return applies

    @property
    def result(self) -> str:
        """The outcome as examples name it: holds, fails, unknown, or inapplicable."""
        return "inapplicable" if self.applies is False else str(self.outcome)

    # --- conveniences over other packages of the engine --------------------------------------------------------------

    @property
    def trace(self) -> "TracedGroup | TracedAtom":
        """`coachcore.rules.explain.trace_of` of this verdict."""
        from coachcore.rules.explain import trace_of

        return trace_of(self)

    @property
    def reasons(self) -> "tuple[TracedAtom, ...]":
        """`coachcore.rules.explain.reasons_of` of this verdict."""
        from coachcore.rules.explain import reasons_of

        return reasons_of(self)

    @property
    def contrast(self) -> "tuple[TracedAtom, ...]":
        """`coachcore.rules.explain.contrast_of` of this verdict."""
        from coachcore.rules.explain import contrast_of

        return contrast_of(self)

    @property
    def missing_facts(self) -> tuple[str, ...]:
        """`coachcore.rules.explain.missing_facts_of` of this verdict."""
        from coachcore.rules.explain import missing_facts_of

        return missing_facts_of(self)

    @property
    def repairs(self) -> "tuple[Repair, ...]":
        """`coachcore.rules.explain.repairs_of` of this verdict."""
        from coachcore.rules.explain import repairs_of

        return repairs_of(self)

    def explain(self) -> "Explanation":
        """`coachcore.rules.explain.explain` of this verdict."""
        from coachcore.rules.explain import explain

        return explain(self)

    def sentence(self, lexicon: Lexicon) -> str:
        """What the rule requires, as a sentence in the words of a lexicon."""
        from coachcore.rules.sentences import sentence

        return sentence(self.checked_rule.schema, self.checked_rule.require, self.checked_rule.when, lexicon)

    def repair_sentences(self, lexicon: Lexicon) -> tuple[str, ...]:
        """What would make the rule hold, a clause per repair: `set the due date to 1 May 2027 or earlier`."""
        from coachcore.rules.sentences import repair_sentence

        return tuple(repair_sentence(self.checked_rule.schema, repair, lexicon) for repair in self.repairs)
