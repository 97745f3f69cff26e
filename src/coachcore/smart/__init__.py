"""The SMART review of a goal: rules over its facts, criterion by criterion, each finding with its reasons and repairs.

Specific, measurable, relevant and time-bound are judged by the goal's wording and fields. Achievable is computed: from the pace that
the goal requires compared with the client's own, the number of other goals, and the stated confidence. Unknown is not false: a
criterion that cannot be decided is `unknown`, and never keeps a goal from being SMART. Pure functions; a host may bring its own rules.
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import attrs

from coachcore.engagement.history import History
from coachcore.engagement.state import Goal
from coachcore.events import GoalSet
from coachcore.facts import GoalFacts, goal_facts, schemas
from coachcore.facts.goal import facts_of_goal
from coachcore.model.answers import ById, answer_html, bounded_repr
from coachcore.model.goal import goal_fields
from coachcore.model.parties import Actor, Role
from coachcore.progress import alert_rules
from coachcore.rules import Outcome, RuleSet, Verdict
from coachcore.text import catalogue

__all__ = ["CRITERIA", "GoalReview", "SmartFinding", "default_rules", "review", "review_draft"]

CRITERIA = ("S", "M", "A", "R", "T")
"""Specific, measurable, achievable, relevant, time-bound."""


@attrs.frozen(kw_only=True)
class SmartFinding:
    """A rule that fails or is unknown. criterion: one of CRITERIA."""

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


@attrs.frozen(kw_only=True)
class GoalReview:
    """The review of a goal. criteria: for each, whether it holds, fails or is unknown. facts: those that were judged."""

    __repr__ = bounded_repr
    _repr_html_ = answer_html

    goal_id: str
    findings: tuple[SmartFinding, ...]
    criteria: Mapping[str, Outcome]
    facts: GoalFacts
    rules_digest: str

    @property
    def is_smart(self) -> bool:
        """Whether no rule of severity `error` fails."""
        return not self._failed_by_error

    @property
    def reservations(self) -> tuple[str, ...]:
        """The criteria that fail by warnings alone: the goal can be SMART, and they are worth a look."""
        failed = (criterion for criterion, outcome in self.criteria.items() if outcome is Outcome.FAILS)
        return tuple(criterion for criterion in failed if criterion not in self._failed_by_error)

    @property
    def _failed_by_error(self) -> set[str]:
        return {f.criterion for f in self.findings if f.severity == "error" and not f.is_unknown}


@cache
def default_rules() -> RuleSet:
    """The rules by which a practice judges goals: the SMART rules of `smart.toml`, and those of `progress/alerts.toml`."""
    text = (files(__name__) / "smart.toml").read_text(encoding="utf-8")
    return RuleSet.from_toml(text, schemas=schemas(), source="smart.toml").with_rules(
        *alert_rules().rules, by="alerts.toml"
    )


def review(history: History, goal_id: str, rules: RuleSet | None = None) -> GoalReview:
    """The SMART review of a recorded goal, at the history's `as_of`.

    rules: instead of the default ones, on the schema `goal`. Raises NotFound goal.unknown.
    """
    return _reviewed(goal_id, goal_facts(history, goal_id), rules or default_rules())


def review_draft(draft: GoalSet, history: History, rules: RuleSet | None = None) -> GoalReview:
    """The SMART review of a goal that is not recorded yet, as if it were set at the history's `as_of`."""
    goal = Goal(
        id=draft.goal_id,
        **goal_fields(draft),
        set_at=history.as_of,
        set_by=Actor(party=history.state.agreement.those(Role.CLIENT)[0].id, role=Role.CLIENT),
    )
    return _reviewed(goal.id, facts_of_goal(history, goal), rules or default_rules())


def _reviewed(goal_id: str, facts: GoalFacts, rules: RuleSet) -> GoalReview:
    findings = tuple(SmartFinding(verdict=each) for each in rules.findings(facts, on="goal"))
    return GoalReview(
        goal_id=goal_id,
        findings=findings,
        criteria=ById("criterion", {each: _outcome([f for f in findings if f.criterion == each]) for each in CRITERIA}),
        facts=facts,
        rules_digest=rules.digest,
    )


def _outcome(findings: list[SmartFinding]) -> Outcome:
    """The outcome of one criterion: it fails where an error or a warning fails, else is unknown where one of these is."""
    outcomes = [each.verdict.outcome for each in findings if each.severity != "info"]
    if Outcome.FAILS in outcomes:
        return Outcome.FAILS
    return Outcome.UNKNOWN if Outcome.UNKNOWN in outcomes else Outcome.HOLDS
