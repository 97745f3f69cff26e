"""Verdicts: what a rule says of some facts, and why.

A verdict keeps the facts it was given, and looks for its reasons when it is asked for them: judging stays quick, and what
is explained is what was judged. Facts are values: give frozen instances, or mappings (which are copied).
"""

from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property
from typing import Any, Final

import attrs

from coachcore.rules.explaining import Decided, asked, deciding, in_the_way
from coachcore.rules.explaining.told import Branch, Reason, reason, told
from coachcore.rules.facts import FactSchema
from coachcore.rules.fixing import Change, Fix, fixes
from coachcore.rules.kinds import settled
from coachcore.rules.rule import Rule
from coachcore.rules.sentences import change_sentence, fix_sentence, sentence
from coachcore.rules.tree import Junction, Node, Not, applied_where, evaluate, facts_of

__all__ = ["Explanation", "Finding", "Outcome", "Prepared", "Verdict"]


class Outcome(StrEnum):
    """What a rule says of some facts."""

    HOLDS = "holds"
    FAILS = "fails"
    UNKNOWN = "unknown"


OUTCOMES: Final[Mapping[bool | None, Outcome]] = {True: Outcome.HOLDS, False: Outcome.FAILS, None: Outcome.UNKNOWN}


@attrs.frozen(kw_only=True)
class Prepared:
    """A rule that was read and checked. when, require: its trees."""

    rule: Rule
    schema: FactSchema
    when: Node | None
    require: Node

    @cached_property
    def whole(self) -> Node:
        """What the outcome is of: where the rule applies, what it requires."""
        return applied_where(self.when, self.require)

    @cached_property
    def run(self) -> Node:
        """The same, in the order in which it is quickest told."""
        return self.require if self.when is None else Junction(False, (Not(self.when), self.require))

    @cached_property
    def facts(self) -> tuple[str, ...]:
        """The facts it reads, as they are written, `require` first."""
        return facts_of(self.whole)

    def known(self, facts: Any) -> dict[str, Any]:
        """The facts it reads, in the form that rules compare."""
        return {name: settled(getattr(facts, name), self.schema.facts[name].kind) for name in self.facts}


@attrs.frozen(kw_only=True)
class Explanation:
    """Why a verdict is what it is, and what would make it another.

    tree: the rule as it is written, each part with how it came out. reasons: the smallest set of comparisons that decides
    the verdict: whatever the other facts are, while these come out as they do it stays. is_smallest: whether that is
    certain (comparisons between facts are taken as independent of each other). why_not: the fewest comparisons that would
    have to come out otherwise for the rule to hold. ask: the unknown facts that would settle it, the most telling first.
    fixes: the smallest changes to the rule's `fix` facts that make it hold, each checked by judging again.
    """

    verdict: "Verdict"
    tree: Branch | Reason
    reasons: tuple[Reason, ...]
    is_smallest: bool
    why_not: tuple[Reason, ...]
    ask: tuple[str, ...]
    fixes: tuple[Fix, ...]

    def as_dict(self, lang: str = "en") -> dict[str, Any]:
        """The explanation as JSON, for a host's own pages, with sentences in a language.

        rule, severity, outcome, applies, sentence, reasons, is_smallest, why_not, ask, fixes (each a list of changes with a
        sentence each), tree. Decimals, days, moments and durations are texts. Raises NotValid language.unknown.
        """
        verdict = self.verdict
        return {
            "rule": verdict.rule_id,
            "severity": verdict.rule.severity,
            "outcome": str(verdict.outcome),
            "applies": verdict.applies,
            "sentence": verdict.sentence(lang),
            "reasons": [each.as_dict() for each in self.reasons],
            "is_smallest": self.is_smallest,
            "why_not": [each.as_dict() for each in self.why_not],
            "ask": list(self.ask),
            "fixes": [
                [{**each.as_dict(), "sentence": verdict.change_sentence(each, lang)} for each in fix.changes]
                for fix in self.fixes
            ],
            "tree": self.tree.as_dict(),
        }


class Verdict:
    """What a rule says of some facts. outcome: holds, fails or unknown. facts: what was judged. case: the rule as it was read.

    An inapplicable rule holds. Verdicts are equal when the rule, the outcome and the facts that the rule reads are.
    """

    __slots__ = ("case", "facts", "outcome")

    def __init__(self, case: Prepared, outcome: Outcome, facts: Any) -> None:
        self.case = case
        self.outcome = outcome
        self.facts = facts

    def __repr__(self) -> str:
        return f"<Verdict {self.rule_id} {self.outcome}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Verdict):
            return NotImplemented
        return (
            self.outcome is other.outcome
            and self.rule == other.rule
            and self.case.known(self.facts) == other.case.known(other.facts)
        )

    def __hash__(self) -> int:
        return hash((self.rule_id, self.outcome))

    @property
    def rule(self) -> Rule:
        """The rule that was judged by."""
        return self.case.rule

    @property
    def rule_id(self) -> str:
        """Its id."""
        return self.case.rule.id

    @property
    def applies(self) -> bool | None:
        """Whether the rule applies; None when that cannot be told."""
        when = self.case.when
        if when is None:
            return True
        found: bool | None = evaluate(when, self.case.known(self.facts))
        return found

    @property
    def came_out(self) -> str:
        """How it came out as examples name it: holds, fails, unknown, or inapplicable."""
        return "inapplicable" if self.applies is False else str(self.outcome)

    @property
    def values(self) -> Mapping[str, Any]:
        """The facts that the rule reads, in the form that rules compare; None where unknown."""
        return self.case.known(self.facts)

    @property
    def tree(self) -> Branch | Reason:
        """The rule as it is written, each part with how it came out on the facts."""
        return told(self.case.schema, self.case.require, self.case.when, self.values)

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """The smallest set of comparisons that decides it; of a rule that does not apply, those that decide that."""
        return self._reasons(self._decided())

    @property
    def missing(self) -> tuple[str, ...]:
        """The unknown facts that would settle it, the most telling first; none where it is told."""
        case = self.case
        return asked(case.whole, self.values, case.require, case.when) if self.outcome is Outcome.UNKNOWN else ()

    @property
    def why_not(self) -> tuple[Reason, ...]:
        """The fewest comparisons that would have to come out otherwise for the rule to hold; none where it does."""
        return self._reasons(in_the_way(self.case.schema, self.case.whole, self.values))

    @property
    def fixes(self) -> tuple[Fix, ...]:
        """The smallest changes to the rule's `fix` facts that make it hold, each checked by judging again."""
        if self.outcome is Outcome.HOLDS:
            return ()
        case = self.case
        return fixes(case.schema, case.whole, case.rule.fix, self.values, case.require)

    def sentence(self, lang: str = "en") -> str:
        """What the rule requires, as a sentence in English or Latvian. Raises NotValid language.unknown."""
        return sentence(self.case.schema, self.case.require, self.case.when, lang)

    def change_sentence(self, change: Change, lang: str = "en") -> str:
        """One change of a fix, as a clause. Raises NotValid language.unknown."""
        return change_sentence(self.case.schema, change, lang)

    def fix_sentences(self, lang: str = "en") -> tuple[str, ...]:
        """What would make the rule hold, a clause a fix: `the due date becomes 1 May 2027 or earlier`.

        Raises NotValid language.unknown.
        """
        return tuple(fix_sentence(self.case.schema, each, lang) for each in self.fixes)

    def explain(self) -> Explanation:
        """All of it: why, why not, what to ask, what would change it."""
        decided = self._decided()
        return Explanation(
            verdict=self,
            tree=self.tree,
            reasons=self._reasons(decided),
            is_smallest=decided.is_smallest,
            why_not=self.why_not,
            ask=self.missing,
            fixes=self.fixes,
        )

    def _decided(self) -> Decided:
        case, values = self.case, self.values
        if case.when is not None and evaluate(case.when, values) is False:
            return deciding(case.schema, case.when, values)
        return deciding(case.schema, case.whole, values)

    def _reasons(self, decided: Decided) -> tuple[Reason, ...]:
        values = self.values
        return tuple(reason(self.case.schema, leaf, values) for leaf in decided.leaves)


@attrs.frozen(kw_only=True)
class Finding:
    """A verdict to look at: of a rule that applies and fails, or cannot be told. fix: facts that a person could change."""

    verdict: Verdict

    @property
    def rule(self) -> Rule:
        """The rule that fails, or cannot be told."""
        return self.verdict.rule

    @property
    def rule_id(self) -> str:
        """Its id."""
        return self.verdict.rule.id

    @property
    def severity(self) -> str:
        """How much it weighs: error, warning or advice."""
        return self.verdict.rule.severity

    @property
    def fix(self) -> tuple[str, ...]:
        """The facts that a person could change."""
        return self.verdict.rule.fix
