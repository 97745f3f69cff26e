"""Why a verdict is what it is, and what would make it another: functions over a verdict.

trace_of: the rule as written, each part with its value. reasons_of: the smallest set of atoms that decides the outcome.
contrast_of: the smallest set that would have to change for the rule to hold. missing_facts_of: the unknown facts that would
settle it. repairs_of: changes to facts that make it hold. explain: all of them.
"""

from collections.abc import Mapping
from typing import Any

import attrs

from coachcore.rules.engine.ruleset import RuleSet
from coachcore.rules.engine.verdicts import Outcome, Verdict
from coachcore.rules.explain.changes import Change, Interval, Intervals, LeftUnknown, NoneOf, OneOf, Repair, SetEdit
from coachcore.rules.explain.questions import missing_facts
from coachcore.rules.explain.reasons import MinimalSet, contrast_set, sufficient_reasons
from coachcore.rules.explain.repairs import repairs
from coachcore.rules.explain.trace import TracedAtom, TracedGroup, traced, traced_atom
from coachcore.rules.expr.evaluate import evaluate
from coachcore.rules.expr.values import jsonable
from coachcore.rules.lexicon import Lexicon

__all__ = [
    "Change",
    "Explanation",
    "Interval",
    "Intervals",
    "LeftUnknown",
    "NoneOf",
    "OneOf",
    "Repair",
    "SetEdit",
    "TracedAtom",
    "TracedGroup",
    "contrast_of",
    "explain",
    "missing_facts_of",
    "reasons_of",
    "repairs_of",
    "trace_of",
]


@attrs.frozen(kw_only=True)
class Explanation:
    """Why a verdict is what it is, and what would make it another.

    trace: the rule as written, each part with its value. reasons: the smallest set of atoms that decides the verdict: whatever
    the other facts are, it stays while these keep their values. is_minimal: whether no smaller set does, for certain.
    contrast: the fewest atoms whose values would have to change for the rule to hold. missing_facts: the unknown facts that
    would settle it, the most telling first. repairs: the smallest changes to the rule's `fix` facts that make it hold, each
    verified by judging again.
    """

    verdict: Verdict
    trace: TracedGroup | TracedAtom
    reasons: tuple[TracedAtom, ...]
    is_minimal: bool
    contrast: tuple[TracedAtom, ...]
    missing_facts: tuple[str, ...]
    repairs: tuple[Repair, ...]

    def as_dict(self, lexicon: Lexicon) -> dict[str, Any]:
        """The explanation as JSON, for a host's own pages, with sentences in the words of a lexicon.

        rule, severity, outcome, applies, sentence, reasons, is_minimal, contrast, missing_facts, repairs (each its changes with a
        sentence each, is_exact and breaks), trace. Decimals, days, moments and durations are texts.
        """
        from coachcore.rules.sentences import change_sentence

        verdict = self.verdict
        schema = verdict.checked_rule.schema
        return {
            "rule": verdict.rule_id,
            "severity": verdict.rule.severity,
            "outcome": str(verdict.outcome),
            "applies": verdict.applies,
            "sentence": verdict.sentence(lexicon),
            "reasons": jsonable(self.reasons),
            "is_minimal": self.is_minimal,
            "contrast": jsonable(self.contrast),
            "missing_facts": list(self.missing_facts),
            "repairs": [
                {
                    "changes": [
                        {**change.as_dict(), "sentence": change_sentence(schema, change, lexicon)}
                        for change in repair.changes
                    ],
                    "is_exact": repair.is_exact,
                    "breaks": list(repair.breaks),
                }
                for repair in self.repairs
            ],
            "trace": self.trace.as_dict(),
        }


def explain(verdict: Verdict, rule_set: RuleSet | None = None) -> Explanation:
    """All of it: why, why not, what to ask, what would change it. rule_set: as `repairs_of` has it."""
    values = verdict.values
    decisive = _decisive(verdict, values)
    return Explanation(
        verdict=verdict,
        trace=trace_of(verdict),
        reasons=_traced(verdict, decisive, values),
        is_minimal=decisive.is_minimal,
        contrast=contrast_of(verdict),
        missing_facts=missing_facts_of(verdict),
        repairs=repairs_of(verdict, rule_set),
    )


def trace_of(verdict: Verdict) -> TracedGroup | TracedAtom:
    """The rule as written, each part with its value on the facts."""
    rule = verdict.checked_rule
    return traced(rule.schema, rule.require, rule.when, verdict.values)


def reasons_of(verdict: Verdict) -> tuple[TracedAtom, ...]:
    """The smallest set of atoms that decides the verdict; of a rule that does not apply, those that decide that."""
    values = verdict.values
    return _traced(verdict, _decisive(verdict, values), values)


def contrast_of(verdict: Verdict) -> tuple[TracedAtom, ...]:
    """The fewest atoms whose values would have to change for the rule to hold; none where it does."""
    rule, values = verdict.checked_rule, verdict.values
    return _traced(verdict, contrast_set(rule.schema, rule.whole, values), values)


def missing_facts_of(verdict: Verdict) -> tuple[str, ...]:
    """The unknown facts that would settle the verdict, the most telling first; none where it is settled."""
    if verdict.outcome is not Outcome.UNKNOWN:
        return ()
    rule = verdict.checked_rule
    return missing_facts(rule.whole, verdict.values, rule.require, rule.when)


def repairs_of(verdict: Verdict, rule_set: RuleSet | None = None) -> tuple[Repair, ...]:
    """The smallest changes to the rule's `fix` facts that make it hold, of one fact or of two together, each verified by evaluating.

    Exact where the facts are compared with constants or with each other; through arithmetic they are searched, and
    `Change.is_exact` is False. rule_set: with it, each repair names the other running rules of the set that it would break.
    """
    if verdict.outcome is Outcome.HOLDS:
        return ()
    rule = verdict.checked_rule
    candidates = repairs(rule.schema, rule.whole, rule.rule.fix, verdict.values, rule.require)
    if rule_set is None or not candidates:
        return candidates
    others = [other for other in rule_set.evaluate(verdict.facts, on=rule.rule.on) if other.rule_id != verdict.rule_id]

    def is_broken(other: Verdict, repair: Repair) -> bool:
        changed = {change.fact: change.to for change in repair.changes if change.fact in other.checked_rule.facts}
        return bool(changed) and evaluate(other.checked_rule.whole, {**other.values, **changed}) is not True

    holding = [other for other in others if other.outcome is Outcome.HOLDS]
    return tuple(
        attrs.evolve(repair, breaks=tuple(other.rule_id for other in holding if is_broken(other, repair)))
        for repair in candidates
    )


def _decisive(verdict: Verdict, values: Mapping[str, Any]) -> MinimalSet:
    rule = verdict.checked_rule
    condition = rule.when if rule.when is not None and evaluate(rule.when, values) is False else rule.whole
    return sufficient_reasons(rule.schema, condition, values)


def _traced(verdict: Verdict, minimal_set: MinimalSet, values: Mapping[str, Any]) -> tuple[TracedAtom, ...]:
    schema = verdict.checked_rule.schema
    return tuple(traced_atom(schema, atom, values) for atom in minimal_set.atoms)
