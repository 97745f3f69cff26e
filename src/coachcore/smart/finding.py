"""A finding of the SMART rules, worded in a language."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

import attrs

from coachcore.rules import Outcome, Verdict
from coachcore.text import catalogue

__all__ = ["SmartFinding", "grade_of", "mean_grade"]

WARNING_COSTS: Final = Decimal("0.25")
"""What a warning takes from a criterion's grade: four warnings weigh like an error. A convention of coachcore, not a result of research."""


def grade_of(findings: Iterable[tuple[str, bool]]) -> Decimal | None:
    """The grade of one criterion, 0 to 1: 0 where an error fails, None where one is unknown, else 1 less a quarter for each warning.

    findings: the severity of each, and whether it is unknown.
    """
    by_severity = list(findings)
    if ("error", False) in by_severity:
        return Decimal(0)
    if ("error", True) in by_severity:
        return None
    return max(1 - WARNING_COSTS * by_severity.count(("warning", False)), Decimal(0))


def mean_grade(grades: Iterable[Decimal | None]) -> Decimal | None:
    """The mean of the grades that are known, 0 to 1; None where none is."""
    known = [grade for grade in grades if grade is not None]
    return round(sum(known, Decimal(0)) / len(known), 4) if known else None


@attrs.frozen(kw_only=True)
class SmartFinding:
    """A rule that fails or is unknown. criterion: S, M, A, R or T."""

    verdict: Verdict

    @property
    def criterion(self) -> str:
        return self.verdict.rule.tags.get("criterion", "")

    @property
    def severity(self) -> str:
        return self.verdict.rule.severity

    @property
    def rule_id(self) -> str:
        return self.verdict.rule_id

    @property
    def fix(self) -> tuple[str, ...]:
        return self.verdict.rule.fix

    @property
    def is_unknown(self) -> bool:
        """Whether facts are missing; otherwise the rule fails."""
        return self.verdict.outcome is Outcome.UNKNOWN

    def title(self, lang: str) -> str:
        """What was found, in a language: what fails, or what is not known yet. Raises NotValid language.unknown.

        A rule of a host without messages of ours is put in words.
        """
        words, key = catalogue(lang), f"{self.rule_id}.{'unknown' if self.is_unknown else 'title'}"
        if words.has(key):
            return words.text(key)
        if self.is_unknown:
            return words.text("smart.unknown", facts=self._missing_facts(lang))
        return self.verdict.sentence(words.lexicon)

    def advice(self, lang: str) -> str:
        """What would put it right, or what to ask, in a language. Raises NotValid language.unknown.

        A rule of a host without messages of ours has the repairs that were found; empty where there is none.
        """
        words, key = catalogue(lang), f"{self.rule_id}.{'ask' if self.is_unknown else 'fix'}"
        if words.has(key):
            return words.text(key)
        if self.is_unknown:
            return words.text("smart.ask", facts=self._missing_facts(lang))
        return "; ".join(self.verdict.repair_sentences(words.lexicon))

    def _missing_facts(self, lang: str) -> str:
        schema = self.verdict.checked_rule.schema
        return ", ".join(schema.facts[name].called(lang) for name in self.verdict.missing_facts)
