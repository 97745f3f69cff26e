"""The ledger and the facts answer the same about a moment."""

from typing import Any

import pytest

from coachcore.charter.charter import APPLIES
from coachcore.facts import engagement_facts
from coachcore.ledger.evidence import Evidence
from coachcore.ledger.opening import facts_at
from coachcore.practice import Engagement


@pytest.mark.parametrize("hours", [0, 1, 13, 15, 23, 24, 25, 36, 48, 24 * 30])
def test_what_a_duty_may_depend_on_is_what_the_facts_of_that_moment_are(
    begun: Engagement, clock: Any, hours: int
) -> None:
    clock.now = clock.now.add(hours=hours)
    snapshot = begun.snapshot()
    evidence = Evidence(snapshot.history, snapshot.rules)
    facts, expected = facts_at(snapshot.as_of, evidence), engagement_facts(snapshot.history)
    for name in APPLIES:
        assert getattr(facts, name) == getattr(expected, name), name
