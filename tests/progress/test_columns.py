"""Many goals as columns: every figure is that of the goal scored by itself."""

from typing import Any

import numpy
import pandas
import pendulum
import polars
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import coachcore
from coachcore import Agreement, Party, Reach, Reduce, Role
from coachcore.errors import NotValid
from coachcore.progress import GoalProgress, progress_columns

BEGIN = pendulum.datetime(2026, 3, 2)

goals = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["reach", "reduce"]),
        "baseline": st.integers(50, 60),
        "target": st.integers(0, 49),
        "days": st.integers(5, 80),
        "readings": st.dictionaries(st.integers(0, 70), st.integers(-5, 70), max_size=14),
    }
)


def one_by_one(specs: list[dict[str, Any]], today: int) -> dict[str, GoalProgress]:
    """The goals as an engagement scores them: readings are taken as a day begins."""
    clock = [BEGIN]
    practice = coachcore.open(clock=lambda: clock[0])
    parties = (Party(id="c", name="Ann", role=Role.COACH), Party(id="k", name="Ben", role=Role.CLIENT))
    engagement = practice.propose(Agreement(title="T", zone="UTC", parties=parties))
    engagement.coach.accept(), engagement.client.accept(), engagement.coach.start()
    for index, spec in enumerate(specs):
        kind = Reach if spec["kind"] == "reach" else Reduce
        engagement.client.set_goal(
            "A goal to score",
            goal_id=f"g{index}",
            measure=kind(metric="m", unit="u", baseline=spec["baseline"], target=spec["target"]),
            starts_on=BEGIN.date(),
            due_on=BEGIN.add(days=spec["days"]).date(),
        )
    for day in range(today + 1):
        clock[0] = BEGIN.add(days=day)
        for index, spec in enumerate(specs):
            if day in spec["readings"]:
                engagement.client.record_progress(f"g{index}", spec["readings"][day])
    clock[0] = BEGIN.add(days=today + 1)
    return dict(engagement.progress(as_of=BEGIN.add(days=today).date()).goals)


def as_columns(specs: list[dict[str, Any]]) -> tuple[dict[str, Any], dict[str, Any]]:
    rows = [
        (f"g{i}", BEGIN.add(days=day).date(), value)
        for i, spec in enumerate(specs)
        for day, value in spec["readings"].items()
    ]
    frame = {
        "goal_id": [f"g{i}" for i in range(len(specs))],
        "kind": [spec["kind"] for spec in specs],
        "baseline": [spec["baseline"] for spec in specs],
        "target": [spec["target"] for spec in specs],
        "starts_on": [BEGIN.date() for _ in specs],
        "due_on": [BEGIN.add(days=spec["days"]).date() for spec in specs],
    }
    return frame, {"goal_id": [r[0] for r in rows], "day": [r[1] for r in rows], "value": [r[2] for r in rows]}


def number(figure: Any) -> float:
    return float("nan") if figure is None else float(figure)


@settings(max_examples=60, deadline=None)
@given(st.lists(goals, min_size=1, max_size=6), st.integers(0, 75))
def test_columns_say_what_goals_say_one_by_one(specs: list[dict[str, Any]], today: int) -> None:
    alone = one_by_one(specs, today)
    frame, readings = as_columns(specs)
    if not readings["goal_id"]:
        readings = {
            "goal_id": numpy.array([], dtype="U2"),
            "day": numpy.array([], dtype="M8[D]"),
            "value": numpy.array([]),
        }
    columns = progress_columns(frame, readings, BEGIN.add(days=today).date())
    for index, goal_id in enumerate(frame["goal_id"]):
        goal, spec = alone[goal_id], specs[index]
        assert columns["status"][index] == goal.status
        assert columns["readings"][index] == goal.readings
        assert columns["attainment"][index] == pytest.approx(number(goal.attainment), abs=1e-9, nan_ok=True)
        assert columns["expected"][index] == pytest.approx(number(goal.expected), abs=1e-9)
        chance = goal.forecast.probability if goal.forecast.series is not None else None
        assert columns["probability"][index] == pytest.approx(number(chance), abs=1e-5, nan_ok=True)
        if goal.forecast.series is not None and today < spec["days"]:
            expected = goal.forecast.at(BEGIN.add(days=spec["days"]).date())
            assert columns["lower"][index] == pytest.approx(number(expected.lower), rel=1e-6, abs=1e-6)
            assert columns["median"][index] == pytest.approx(number(expected.median), rel=1e-6, abs=1e-6)
            assert columns["upper"][index] == pytest.approx(number(expected.upper), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("library", [polars.DataFrame, pandas.DataFrame])
def test_frames_of_polars_and_pandas_are_taken(library: Any) -> None:
    spec = {"kind": "reach", "baseline": 50, "target": 10, "days": 40, "readings": {3: 48, 9: 44, 15: 41, 20: 36}}
    frame, readings = as_columns([spec])
    plain = progress_columns(frame, readings, "2026-03-23")
    framed = progress_columns(library(frame), library(readings), "2026-03-23")
    for name, column in plain.items():
        assert list(framed[name]) == list(column), name


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"kind": ["habit"]}, "goals_kind.unknown"),
        ({"goal_id": ["g0", "g0"]}, "goals_row.duplicate"),
        ({"target": [50]}, "goals_target.invalid"),
        ({"due_on": None}, "goals_column.missing"),
        ({"due_on": [BEGIN.subtract(days=1).date()]}, "goals_dates.conflict"),
        ({"due_on": ["soon"]}, "goals_day.invalid"),
        ({"starts_on": numpy.array(["NaT"], dtype="M8[D]")}, "goals_day.invalid"),
        ({"baseline": [float("nan")]}, "goals_number.invalid"),
        ({"baseline": ["much"]}, "goals_number.invalid"),
        ({"target": [1e300]}, "goals_number.invalid"),
        ({"baseline": [50, 60]}, "goals_column.conflict"),
        ({"baseline": 50}, "goals_column.invalid"),
        ({"goal_id": [None]}, "goals_id.invalid"),
    ],
)
def test_what_cannot_be_scored_as_columns_is_refused(change: dict[str, Any], code: str) -> None:
    spec = {"kind": "reach", "baseline": 50, "target": 10, "days": 40, "readings": {3: 48}}
    frame, readings = as_columns([spec])
    frame = {name: column for name, column in (frame | change).items() if column is not None}
    with pytest.raises(NotValid) as caught:
        progress_columns(frame, readings, "2026-03-23")
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("change", "code", "path"),
    [
        ({"value": [float("inf")]}, "goals_number.invalid", "readings.value"),
        ({"value": [None]}, "goals_number.invalid", "readings.value"),
        ({"day": [None]}, "goals_day.invalid", "readings.day"),
        ({"value": [1, 2]}, "goals_column.conflict", "readings"),
        ({"goal_id": [None]}, "goals_id.invalid", "readings.goal_id"),
    ],
)
def test_what_is_no_reading_is_refused(change: dict[str, Any], code: str, path: str) -> None:
    spec = {"kind": "reach", "baseline": 50, "target": 10, "days": 40, "readings": {3: 48}}
    frame, readings = as_columns([spec, spec])
    with pytest.raises(NotValid) as caught:
        progress_columns(
            frame, readings | {"goal_id": ["g0"], "day": readings["day"][:1], "value": [48]} | change, "2026-03-23"
        )
    assert (caught.value.code, caught.value.path) == (code, path)


@pytest.mark.parametrize("library", [dict, polars.DataFrame, pandas.DataFrame])
def test_no_goals_and_no_readings_give_empty_columns(library: Any) -> None:
    spec = {"kind": "reach", "baseline": 50, "target": 10, "days": 40, "readings": {3: 48}}
    frame, readings = as_columns([spec])
    empty: dict[str, list[Any]] = {name: [] for name in frame}
    assert {len(column) for column in progress_columns(library(empty), library(readings), "2026-03-23").values()} == {0}
    without = progress_columns(library(frame), library({name: [] for name in readings}), "2026-03-23")
    assert (list(without["readings"]), list(without["status"])) == ([0], ["no_data"])
