"""What holds of every score: unit, order of recording and later readings change nothing; better is never worse."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coachcore import Avoid, Habit, Reach, Reduce, StayWithin
from coachcore.progress import GoalProgress, off_track_by_reading, readings
from coachcore.snapshot import Snapshot
from tests.progress.test_faults import Goals

ROWS = st.lists(st.tuples(st.integers(0, 40), st.decimals(0, 120, places=1)), min_size=1, max_size=6)
MEASURES = {
    "reach": lambda by: Reach(metric="m", unit="u", baseline=0, target=100 * by),
    "falling": lambda by: Reach(metric="m", unit="u", baseline=100 * by, target=0),
    "reduce": lambda by: Reduce(metric="m", unit="u", baseline=100 * by, target=10 * by, per_day="mean"),
    "sum": lambda by: Reach(metric="m", unit="u", baseline=0, target=300 * by, counts="sum"),
    "within": lambda by: StayWithin(metric="m", unit="u", low=20 * by, high=80 * by, share="0.5"),
    "habit": lambda by: Habit(metric="m", times=2, per="P1W", at_least=50 * by),
}
FEW = settings(max_examples=12)
"""Each example records a history of its own."""


def seen_on(measure: Any, rows: list[tuple[int, Decimal]], day: int = 45, hour: int = 0) -> Snapshot:
    """A goal due after 60 days, with readings that are all recorded on the 50th, as of an hour of a day."""
    goals = Goals("UTC").goal(measure, "2026-05-01").on("2026-04-21")
    for after, value in rows:
        moment = goals.time("2026-03-02").add(days=after, hours=12)
        goals.engagement.client.record_progress("g", value, occurred_at=moment)
    return goals.engagement.snapshot(as_of=goals.time("2026-03-02").add(days=day, hours=hour))


def scored(measure: Any, rows: list[tuple[int, Decimal]], day: int = 45) -> GoalProgress:
    return seen_on(measure, rows, day).progress.goals["g"]


def figures(goal: GoalProgress) -> tuple[Any, ...]:
    habit = goal.habit
    shares = None if habit is None else (habit.adherence, habit.current_streak, habit.best_streak)
    return goal.status, goal.attainment, goal.score.raw, goal.expected, goal.reason.code, shares


@pytest.mark.parametrize("kind", MEASURES)
@FEW
@given(rows=ROWS, factor=st.sampled_from(["0.001", "0.5", "1000"]).map(Decimal))
def test_another_unit_leaves_every_score_alone(kind: str, rows: list[tuple[int, Decimal]], factor: Decimal) -> None:
    converted = [(day, value * factor) for day, value in rows]
    assert figures(scored(MEASURES[kind](factor), converted)) == figures(scored(MEASURES[kind](Decimal(1)), rows))


@pytest.mark.parametrize("kind", MEASURES)
@FEW
@given(rows=ROWS, data=st.data())
def test_the_order_of_recording_does_not_matter(
    kind: str, rows: list[tuple[int, Decimal]], data: st.DataObject
) -> None:
    measure = MEASURES[kind](Decimal(1))
    assert figures(scored(measure, data.draw(st.permutations(rows)))) == figures(scored(measure, rows))


@pytest.mark.parametrize("kind", MEASURES)
@FEW
@given(rows=ROWS, day=st.integers(0, 45))
def test_nothing_after_the_moment_counts(kind: str, rows: list[tuple[int, Decimal]], day: int) -> None:
    measure = MEASURES[kind](Decimal(1))
    until_then = [(after, value) for after, value in rows if after < day]
    assert figures(scored(measure, rows, day)) == figures(scored(measure, until_then, day))


@pytest.mark.parametrize("measure", [*(make(Decimal(1)) for make in MEASURES.values()), Avoid(metric="m", per="P1W")])
@FEW
@given(rows=ROWS)
def test_whether_a_goal_is_off_track_is_what_its_status_says(measure: Any, rows: list[tuple[int, Decimal]]) -> None:
    now = seen_on(measure, rows, max(day for day, _ in rows), 12)
    goal = now.state.goals["g"]
    answers = off_track_by_reading(now.history.timeline, goal, readings(now.history, "g"))
    assert answers[-1] is (now.progress.goals["g"].status == "off_track")


@pytest.mark.parametrize(("kind", "better"), [("reach", 1), ("falling", -1), ("reduce", -1), ("sum", 1), ("habit", 1)])
@FEW
@given(rows=ROWS, index=st.integers(0, 5), more=st.decimals("0.1", 50, places=1))
def test_a_better_value_never_scores_less(
    kind: str, better: int, rows: list[tuple[int, Decimal]], index: int, more: Decimal
) -> None:
    measure, at_index = MEASURES[kind](Decimal(1)), index % len(rows)
    improved = [
        (day, max(value + better * more, Decimal(0)) if number == at_index else value)
        for number, (day, value) in enumerate(rows)
    ]
    before, after = scored(measure, rows), scored(measure, improved)
    assert (before.score.raw or 0) <= (after.score.raw or 0)
    for raw in (before.score.raw, after.score.raw, before.expected):
        assert raw is None or -raw.as_tuple().exponent <= 12  # type: ignore[operator]
