"""Whom a correction helps: every change of an obligation between a ledger without it and one with it, of either side."""

from typing import Any

import pytest

from coachcore import events as e
from coachcore.charter import load
from coachcore.ledger.comparison import favours, may_matter
from coachcore.ledger.obligations import Obligation
from coachcore.model.parties import Role
from tests.ledger.test_hard_cases import SMART, Course
from tests.ledger.test_statements import day, obligation

NOW = day(10)


def stood(state: str | None, closes_on: int = 20) -> list[Obligation]:
    """An obligation of the coach in a state, which is due at the end of its time; none where there is no state."""
    if state is None:
        return []
    fields: dict[str, Any] = {"due_at": day(closes_on), "closes_at": day(closes_on)}
    return [obligation(state, 1, **fields)]


BETTER = [
    ("missed", "met_late"), ("missed", "met"), ("missed", "waived"), ("missed", "lapsed"), ("missed", "open"), ("missed", None),
    ("met_late", "met"), ("met_late", "waived"), ("met_late", "lapsed"), ("met_late", "open"), ("met_late", None),
    ("lapsed", "met"), ("lapsed", "met_late"), (None, "met"), (None, "met_late"),
]  # fmt: skip
"""What betters one's own record."""
WORSE = [
    ("met", "missed"), ("met", "met_late"), ("met", "open"), ("met", "lapsed"), ("met", None), ("met_late", "missed"),
    ("met_late", "open"), ("met_late", "lapsed"), ("met_late", None), ("waived", "missed"), ("waived", "met_late"),
    ("waived", "open"), ("waived", "lapsed"), ("waived", None), ("open", "missed"),
    ("lapsed", "missed"), ("lapsed", "met_late"), (None, "missed"), (None, "met_late"),
]  # fmt: skip
"""What worsens the record of the other side. That it is open gets less time is a change of another kind."""
STATES = (None, "open", "met", "met_late", "missed", "waived", "lapsed")
CHANGES = [(before, after) for before in STATES for after in STATES]


@pytest.mark.parametrize(("before", "after"), CHANGES)
def test_ones_own_record_is_bettered(before: str | None, after: str | None) -> None:
    assert favours(Role.COACH, stood(before), stood(after), NOW) is ((before, after) in BETTER)


@pytest.mark.parametrize(("before", "after"), CHANGES)
def test_the_record_of_the_other_side_is_worsened(before: str | None, after: str | None) -> None:
    assert favours(Role.CLIENT, stood(before), stood(after), NOW) is ((before, after) in WORSE)


@pytest.mark.parametrize(
    ("after", "is_better"), [("met", True), ("met_late", False), ("waived", True), ("missed", False)]
)
def test_what_is_late_by_now_an_entry_of_now_would_meet_late_at_best(after: str, is_better: bool) -> None:
    late = [obligation("open", 1, due_at=day(9), closes_at=day(20))]
    met = [obligation(after, 1, due_at=day(9), closes_at=day(20))]
    assert favours(Role.COACH, late, met, NOW) is is_better


def test_more_time_helps_whoever_owes_it_and_less_hurts_them() -> None:
    for role, longer, shorter in ((Role.COACH, True, False), (Role.CLIENT, False, True)):
        assert favours(role, stood("open", 20), stood("open", 21), NOW) is longer
        assert favours(role, stood("open", 20), stood("open", 19), NOW) is shorter


def test_the_correction_of_a_reading_matters_where_its_goal_was_revised_after_it() -> None:
    for revised_on, matters in ((None, False), (5, True), (2, False)):
        coaching = Course()
        coaching.client.set_goal("Lead", goal_id="g", **SMART)
        if revised_on is not None and revised_on < 3:
            coaching.on(revised_on).client.revise_goal("g", "Wider", title="Lead more")
        reading = coaching.on(3).client.record_progress("g", 0.5)
        if revised_on is not None and revised_on > 3:
            coaching.on(revised_on).client.revise_goal("g", "Wider", title="Lead more")
        correction = e.EntryCorrected(entry_id=reading.id, reason="Misread")
        assert may_matter(reading, correction, coaching.eng.state(), load()) is matters
    earlier = e.EntryCorrected(
        entry_id=reading.id, reason="Misread", happened_at=coaching.time(1), replacement=reading.content
    )
    assert may_matter(reading, earlier, coaching.eng.state(), load())  # it was before the revision then
