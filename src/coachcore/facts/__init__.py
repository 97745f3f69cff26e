"""Facts: flat, typed, documented values computed from a history, for rules to read. What is unknown is None, never a guess.

`GoalFacts` of one goal, `EngagementFacts` of the whole engagement, `TextFacts` of a goal's wording, and the fields of an event as
evidence; `ProgressFacts` only say what `coachcore.progress` computes for alerts. Pure functions of a
history at its `as_of`; they know nothing of rule sets, scores or duties.

    engagement_facts(history).days_since_session      # None where no session was held yet
"""

import attrs

from coachcore.facts.engagement import EngagementFacts, engagement_facts
from coachcore.facts.evidence import evidence_facts, evidence_schema
from coachcore.facts.goal import GoalFacts, goal_facts
from coachcore.facts.goal_text import TextFacts
from coachcore.facts.pace import PaceInterval, pace_interval, recorded_pace
from coachcore.facts.progress import ProgressFacts
from coachcore.rules import Fact, Schema
from coachcore.rules.expr.types import format_unit
from coachcore.text import LANGUAGES, fact_words

__all__ = [
    "EngagementFacts",
    "GoalFacts",
    "PaceInterval",
    "ProgressFacts",
    "TextFacts",
    "engagement_facts",
    "evidence_facts",
    "evidence_schema",
    "goal_facts",
    "pace_interval",
    "recorded_pace",
    "schemas",
]

SOURCES = {"goal": GoalFacts, "engagement": EngagementFacts, "progress": ProgressFacts, "goal_text": TextFacts}


def schemas() -> dict[str, Schema]:
    """The schemas that rules may be written for, by name: those of `SOURCES`. Their facts are named in every language."""
    return {name: _named(Schema.of(source, name=name)) for name, source in SOURCES.items()}


def _named(schema: Schema) -> Schema:
    """With the labels and units of its facts in each language that there is data for."""
    words = {lang: fact_words(lang) for lang in LANGUAGES}

    def named(fact: Fact) -> Fact:
        labels = {
            lang: tables[schema.name][fact.name] for lang, tables in words.items() if fact.name in tables[schema.name]
        }
        unit = format_unit(fact.type.unit) if fact.type.unit else ""
        units = {lang: tables["units"][unit] for lang, tables in words.items() if unit in tables["units"]}
        return attrs.evolve(fact, label=labels.pop("en", None), labels=labels, units=units)

    return attrs.evolve(schema, facts={name: named(fact) for name, fact in schema.facts.items()})
