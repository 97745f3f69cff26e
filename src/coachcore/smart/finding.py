"""A finding of the SMART rules, worded in a language."""

import attrs

from coachcore.rules import Outcome, Verdict
from coachcore.text import catalogue

__all__ = ["SmartFinding"]


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
