"""Facts: flat, typed, documented values computed from a history, for rules to read. What is unknown is None, never a guess.

`GoalFacts` of one goal, `EngagementFacts` of the whole engagement, and the fields of an event as evidence. Pure functions of a
history at its `as_of`; they know nothing of rule sets, scores or duties.

    engagement_facts(history).days_since_session      # None where no session was held yet
"""

from coachcore.facts.engagement import EngagementFacts, engagement_facts
from coachcore.facts.evidence import evidence_facts, evidence_schema
from coachcore.facts.goal import GoalFacts, goal_facts, recorded_pace
from coachcore.rules import Schema

__all__ = [
    "EngagementFacts",
    "GoalFacts",
    "engagement_facts",
    "evidence_facts",
    "evidence_schema",
    "goal_facts",
    "recorded_pace",
    "schemas",
]


def schemas() -> dict[str, Schema]:
    """The schemas that rules may be written for, by name: goal, engagement."""
    return {
        "goal": Schema.of(GoalFacts, name="goal"),
        "engagement": Schema.of(EngagementFacts, name="engagement"),
    }
