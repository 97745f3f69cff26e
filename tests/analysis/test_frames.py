"""Frames: columns and types that no row changes, numbers that are never lost, and rules that agree with those on one engagement."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import coachcore
from coachcore import examples
from coachcore.analysis import SCHEMAS, TABLES, frame, rows
from coachcore.analysis.frames import frame_maker
from coachcore.facts import GoalFacts, schemas
from coachcore.facts.numbers import fact_number
from coachcore.model.measures import Reach
from coachcore.practice import Engagement, Practice
from coachcore.rules import Outcome, Rule, RuleSet
from coachcore.rules.expr.evaluate import evaluate
from coachcore.smart import default_rules
from coachcore.testing.rules import facts

AS_OF = "2026-05-15"
VERDICTS = {Outcome.HOLDS: True, Outcome.FAILS: False, Outcome.UNKNOWN: None}


@pytest.fixture(scope="module")
def journals() -> Iterator[Practice]:
    with coachcore.open() as opened:
        for name in examples.NAMES:
            examples.load(name, opened)
        yield opened


def types(table_frame: Any) -> dict[str, str]:
    if isinstance(table_frame, pl.DataFrame):
        return {name: str(dtype) for name, dtype in table_frame.schema.items()}
    return {name: repr(dtype) for name, dtype in table_frame.dtypes.items()}


# --- columns ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", ["polars", "pandas"])
@pytest.mark.parametrize("table", TABLES)
def test_the_columns_are_the_same_of_none_one_and_many(journals: Practice, table: str, backend: str) -> None:
    engagement = journals.load(journals.ids()[0])
    of_none = frame(table, [], backend=backend)
    assert list(of_none.columns) == list(SCHEMAS[table].facts)
    assert types(of_none) == types(frame(table, engagement, AS_OF, backend=backend))
    assert types(of_none) == types(frame(table, journals, AS_OF, backend=backend))
    before_it_began = frame(table, journals, "2020-01-01", backend=backend)
    assert types(before_it_began) == types(of_none)


@pytest.mark.parametrize("table", TABLES)
def test_rows_have_the_columns_of_the_schema_in_their_order(journals: Practice, table: str) -> None:
    for row in rows(table, journals, AS_OF):
        assert list(row) == list(SCHEMAS[table].facts)
        assert SCHEMAS[table].read(row)  # every value is of its column's type, and not null where it may not be


def test_types_of_polars() -> None:
    column_types = types(frame("goals", []))
    assert column_types["goal_id"] == "String"
    assert column_types["status"] == "Enum(categories=['active', 'achieved', 'dropped'])"
    assert (column_types["readings"], column_types["has_why"], column_types["pace_ratio"]) == (
        "Int64",
        "Boolean",
        "Decimal(precision=38, scale=12)",
    )
    assert (column_types["attainment"], column_types["expected"]) == ("Float64", "Float64")
    assert types(frame("engagements", []))["client_reliability"] == "Float64"
    assert column_types["due_on"] == "Date"
    assert types(frame("obligations", []))["due_at"] == "Datetime(time_unit='us', time_zone='UTC')"


def test_pandas_has_numbers_moments_and_categories_and_no_python_objects(journals: Practice) -> None:
    api = pd.api.types
    goals = frame("goals", journals, AS_OF, backend="pandas")
    for name in ("attainment", "expected", "distance", "required_pace", "recorded_pace", "pace_ratio"):
        assert goals[name].dtype == "float64"
    assert api.is_integer_dtype(goals["readings"])
    assert api.is_datetime64_any_dtype(goals["due_on"])
    assert isinstance(goals["progress_status"].dtype, pd.CategoricalDtype)
    assert list(goals["status"].cat.categories) == ["active", "achieved", "dropped"]
    obligations = frame("obligations", journals, AS_OF, backend="pandas")
    assert obligations["due_at"].dtype == "datetime64[us, UTC]"
    for table in TABLES:
        assert not any(api.is_object_dtype(dtype) for dtype in frame(table, journals, AS_OF, backend="pandas").dtypes)
    late = [row["attainment"] for row in rows("goals", journals, AS_OF) if row["progress_status"] == "not_met"]
    by_status = goals.groupby("progress_status", observed=True)["attainment"].mean()
    assert by_status["not_met"] == pytest.approx(float(sum(late) / len(late)))
    dated = obligations.dropna(subset=["due_at"])  # what stands as long as the engagement is due at no time
    assert len(obligations) - len(dated) == sum(row["due_at"] is None for row in rows("obligations", journals, AS_OF))
    assert dated.set_index("due_at").resample("MS")["weight"].sum().sum() == dated["weight"].sum()


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("backend", ["polars", "pandas"])
def test_a_frame_holds_what_the_rows_hold(journals: Practice, table: str, backend: str) -> None:
    snapshots = [engagement.snapshot(AS_OF) for engagement in journals]
    table_frame, table_rows = frame(table, snapshots, backend=backend), list(rows(table, snapshots))
    for name in SCHEMAS[table].facts:
        cells, wanted = table_frame[name].to_list(), [row[name] for row in table_rows]
        assert [is_null(cell) for cell in cells] == [value is None for value in wanted]
        for cell, value in zip(cells, wanted, strict=True):
            if isinstance(value, datetime):
                assert cell == value
            elif isinstance(value, date):
                assert date(cell.year, cell.month, cell.day) == value
            elif isinstance(value, Decimal):
                assert Decimal(str(cell)) == value
            elif value is not None:
                assert cell == value


def is_null(cell: Any) -> bool:
    return cell is None or cell is pd.NA or cell is pd.NaT or cell != cell


# --- numbers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", ["polars", "pandas"])
@pytest.mark.parametrize(
    ("reading", "target"),
    [
        ("666666666666.5", "1333333333333"),
        ("0.000000000001", "0.000000000002"),
        ("4999999999999999.999999999999", "9999999999999999.999999999998"),
        ("1000000000000000000000000000", "2000000000000000000000000000"),
    ],
)
def test_no_known_number_is_lost(begun: Engagement, clock: Any, reading: str, target: str, backend: str) -> None:
    measure = Reach(metric="walked", unit="steps", baseline=0, target=Decimal(target))
    begun.client.set_goal("Walk it", goal_id="walk", measure=measure, starts_on="2026-01-05", due_on="2026-06-01")
    clock.now = clock.now.add(days=30)
    begun.client.record_progress("walk", Decimal(reading))
    (row,) = rows("goals", begun, clock.now)
    known = {name for name, value in row.items() if value is not None}
    assert {"distance", "required_pace", "recorded_pace", "pace_ratio", "attainment"} <= known
    table_frame = frame("goals", begun, clock.now, backend=backend)
    assert {name for name in row if not is_null(table_frame[name].to_list()[0])} == known
    assert float(table_frame["attainment"].to_list()[0]) == 0.5


# --- rules -----------------------------------------------------------------------------------------------------------


def judged(rules: RuleSet, goals: Any, backend: str) -> list[tuple[bool | None, ...]]:
    """The verdicts of each rule on each row of a polars or pandas frame, by a library."""
    if backend in ("pyarrow", "duckdb"):
        goals = goals.to_arrow()
    if backend == "duckdb":
        goals = duckdb.from_arrow(goals)
    verdicts = rules.columns(goals, on="goal", prefix="verdict.")
    if backend == "duckdb":
        verdicts = verdicts.pl()
    columns = [verdicts[f"verdict.{rule.id}"] for rule in rules.running("goal")]
    lists = [column.to_pylist() if backend == "pyarrow" else column.to_list() for column in columns]
    return [tuple(None if is_null(cell) else bool(cell) for cell in row) for row in zip(*lists, strict=True)]


LIBRARIES = ("polars", "pandas", "pyarrow", "duckdb")


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("as_of", ["2026-02-10", "2026-03-20", AS_OF])
def test_the_shipped_rules_judge_the_goals_frame_as_they_judge_each_goal(
    journals: Practice, as_of: str, library: str
) -> None:
    rules = default_rules()
    goals = frame("goals", journals, as_of, backend="pandas" if library == "pandas" else "polars")
    wanted = []
    for row in rows("goals", journals, as_of):
        snapshot = journals.load(row["engagement_id"]).snapshot(as_of)
        outcomes = rules.outcomes(snapshot.review(row["goal_id"]).facts, on="goal")
        wanted.append(tuple(VERDICTS[outcome] for outcome in outcomes))
    assert judged(rules, goals, library) == wanted
    assert len({verdict for verdicts in wanted for verdict in verdicts}) == 3


def test_no_shipped_rule_computes(journals: Practice) -> None:
    goals = frame("goals", journals, AS_OF)
    assert default_rules().column_problems(goals, on="goal") == ()


NUMBERS = ("distance", "required_pace", "recorded_pace", "pace_ratio")
exact = (
    st.decimals(-(10**28), 10**28, allow_nan=False)
    | st.decimals(-2, 2, places=14)
    | st.fractions(0, 9).map(lambda fraction: Decimal(fraction.numerator) / fraction.denominator)
)


@st.composite
def goals_and_rules(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[str]]:
    """Facts of goals, whose decimals are as facts hold any numbers, and comparisons of these with each other and with constants
    that are equal to one of them, or as near as another number of 12 digits can be."""
    rows_of_facts = draw(st.lists(facts(schemas()["goal"]), min_size=1, max_size=4))
    numbers = draw(st.lists(exact.map(fact_number), min_size=2, max_size=4))
    for row in rows_of_facts:
        row.update({name: draw(st.none() | st.sampled_from(numbers)) for name in NUMBERS})
    near = [
        fact_number(number + step.scaleb(number.adjusted() - 11))
        for number in numbers
        for step in map(Decimal, (-1, 0, 1))
    ]
    written = [f"{number:f}" for number in near if abs(number) <= 10**12]  # the largest constant of a rule
    operand = st.sampled_from([*NUMBERS, *written])
    compared = st.tuples(st.sampled_from(NUMBERS), st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), operand)
    return rows_of_facts, draw(st.lists(compared.map(" ".join), min_size=1, max_size=3))


@settings(max_examples=60, deadline=None)
@given(case=goals_and_rules())
def test_decimals_are_compared_the_same_way_in_every_form(case: tuple[list[dict[str, Any]], list[str]]) -> None:
    rows_of_facts, texts = case
    schema = schemas()["goal"]
    rules = RuleSet.of(
        [Rule(id=f"r{number}", on="goal", require=text) for number, text in enumerate(texts)], schemas=schemas()
    )
    by_tree = [
        tuple(evaluate(rules.case(rule.id).whole, schema.read(row)) for rule in rules.rules) for row in rows_of_facts
    ]
    generated = [rules.outcomes(GoalFacts(**row), on="goal") for row in rows_of_facts]
    assert [tuple(VERDICTS[outcome] for outcome in outcomes) for outcomes in generated] == by_tree
    for library in LIBRARIES:
        goals = frame_maker("pandas" if library == "pandas" else "polars")(schema, rows_of_facts)
        assert judged(rules, goals, library) == by_tree
