"""What cannot be judged over a frame is reported all at once, and the rest can be judged without it."""

from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import narwhals as nw
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from coachcore.errors import NotValid
from coachcore.rules import Rule, RuleSet, Schema

FACTS: dict[str, Any] = {
    "weight": {"type": "int"},
    "price": {"type": "decimal"},
    "paid": {"type": "decimal"},
    "is_frail": {"type": "bool"},
    "marks": {"type": "set"},
}
TEXTS = {
    "load.light": "weight < 10",
    "load.paid": "paid >= price * 1.21 and weight > 0",
    "load.soft": "is_frail or 'soft' in marks",
    "load.known": "weight is not None",
}
ROWS = {"weight": [5, 20, None], "price": [Decimal("1.00"), None, Decimal(2)], "is_frail": [1, 0, None]}
BACK_ENDS: dict[str, Any] = {
    "polars": lambda frame: frame,
    "polars, lazy": lambda frame: frame.lazy(),
    "pyarrow": lambda frame: frame.to_arrow(),
    "pandas": lambda frame: frame.to_pandas(),
    "duckdb": lambda frame: duckdb.from_arrow(frame.to_arrow()),
}
every_back_end = pytest.mark.parametrize("back_end", BACK_ENDS)


def rule_set(texts: dict[str, str]) -> RuleSet:
    rules = [Rule(id=rule_id, on="load", require=text) for rule_id, text in texts.items()]
    return RuleSet.of(rules, schemas={"load": Schema.from_rows("load", FACTS)})


def refused(rules: RuleSet, frame: Any, **options: Any) -> NotValid:
    with pytest.raises(NotValid) as caught:
        rules.columns(frame, on="load", **options)
    return caught.value


def rows_of(frame: Any) -> list[dict[str, Any]]:
    """A frame of any library as rows of Python's values."""
    if isinstance(frame, pd.DataFrame):
        frame = pa.Table.from_pandas(frame, preserve_index=False)
    rows: list[dict[str, Any]] = nw.from_native(frame).lazy().collect().to_arrow().to_pylist()
    return rows


@every_back_end
def test_all_problems_of_all_rules_are_reported_at_once(back_end: str) -> None:
    frame = BACK_ENDS[back_end](pl.DataFrame(ROWS))
    error = refused(rule_set(TEXTS), frame)
    backend = {"polars, lazy": "polars", "pandas": "pyarrow"}.get(back_end, back_end)
    problems = error.data["problems"]
    assert [(problem["code"], problem["data"]["rule"], problem["data"]["expression"]) for problem in problems] == [
        ("column.missing", "load.paid", "paid >= price * 1.21"),
        ("column.invalid", "load.soft", "is_frail"),
        ("column.missing", "load.soft", "'soft' in marks"),
    ]
    assert all(problem["hint"] and problem["data"]["backend"] == backend for problem in problems)
    assert (error.code, error.path, error.hint) == tuple(problems[0][key] for key in ("code", "path", "hint"))
    assert error.message == f"{problems[0]['message']} (2 more problems with this frame)"
    assert [each.as_dict() for each in rule_set(TEXTS).column_problems(frame, on="load")] == problems


@every_back_end
def test_usable_rules_are_judged_without_the_others(back_end: str) -> None:
    frame = BACK_ENDS[back_end](pl.DataFrame(ROWS))
    judged = rule_set(TEXTS).columns(frame, on="load", only_usable=True)
    assert type(judged) is type(frame)
    assert [(row["load.light"], row["load.known"]) for row in rows_of(judged)] == [
        (True, True), (False, True), (None, False),
    ]  # fmt: skip
    assert set(rows_of(judged)[0]) == {*ROWS, "load.light", "load.known"}
    unusable = rule_set({"load.paid": TEXTS["load.paid"]})
    assert rule_set({}).columns(frame, on="load", only_usable=True) is frame
    assert unusable.columns(frame, on="load", only_usable=True) is frame


@every_back_end
def test_a_frame_without_problems_has_none(back_end: str) -> None:
    usable = rule_set({name: TEXTS[name] for name in ("load.light", "load.known")})
    assert usable.column_problems(BACK_ENDS[back_end](pl.DataFrame(ROWS)), on="load") == ()


def test_what_only_the_library_refuses_is_a_problem_of_its_rule() -> None:
    rules = RuleSet.of(
        [
            Rule(id="equal", on="load", require="count == share"),
            Rule(id="many", on="load", require="count > 2"),
        ],
        schemas={"load": Schema.from_rows("load", {"count": {"type": "int"}, "share": {"type": "int"}})},
    )
    table = pa.table({"count": [2**62 + 1, 1], "share": [1.0, 1.0]})  # which no double holds
    error = refused(rules, table)
    assert (error.code, error.data["rule"], len(error.data["problems"])) == ("column.unsupported", "equal", 1)
    judged = rules.columns(table, on="load", only_usable=True)
    assert judged.column_names == ["count", "share", "many"]
    assert judged["many"].to_pylist() == [True, False]


def test_looking_for_problems_runs_no_lazy_frame() -> None:
    def explode(_: pl.Series) -> pl.Series:
        raise AssertionError("it was run")

    weights = pl.col("weight").map_batches(explode, return_dtype=pl.Int64)
    frame = pl.LazyFrame({"weight": [1], "price": [1]}).select(weights, "price")
    assert [each.data["rule"] for each in rule_set(TEXTS).column_problems(frame, on="load")] == [
        "load.paid", "load.soft", "load.soft",
    ]  # fmt: skip
    rule_set(TEXTS).columns(frame, on="load", only_usable=True)


# --- names of the columns of verdicts --------------------------------------------------------------------------------


@every_back_end
def test_two_versions_of_a_rule_set_are_judged_over_one_frame(back_end: str) -> None:
    old, new = rule_set({"load.light": "weight < 10"}), rule_set({"load.light": "weight < 30"})
    frame = BACK_ENDS[back_end](pl.DataFrame({"weight": [5, 20, 40]}))
    judged = new.columns(old.columns(frame, on="load", prefix="old."), on="load", prefix="new.")
    rows = rows_of(judged)
    assert list(rows[0]) == ["weight", "old.load.light", "new.load.light"]
    assert [(row["old.load.light"], row["new.load.light"]) for row in rows] == [
        (True, True), (False, True), (False, False),
    ]  # fmt: skip


@every_back_end
def test_no_column_is_overwritten(back_end: str) -> None:
    rules = rule_set({"weight": "weight < 10", "load.light": "weight < 10"})
    frame = BACK_ENDS[back_end](pl.DataFrame({"weight": [5], "load.light": ["yes"]}))
    for options in ({}, {"only_usable": True}):
        error = refused(rules, frame, **options)
        assert [problem["code"] for problem in error.data["problems"]] == ["verdict_column.conflict"] * 2
        assert "prefix=" in error.hint
    assert refused(rules, rules.columns(frame, on="load", prefix="v."), prefix="v.").code == "verdict_column.conflict"
    assert rows_of(rules.columns(frame, on="load", prefix="v.")) == [
        {"weight": 5, "load.light": "yes", "v.weight": True, "v.load.light": True}
    ]


def test_the_same_text_object_as_label_and_id_is_a_clash() -> None:
    name = "load.light"
    frame = pd.DataFrame({"weight": [5], "other": [1]})
    frame.columns = pd.Index(["weight", name], dtype=object)
    assert refused(rule_set({name: "weight < 10"}), frame).code == "verdict_column.conflict"


def test_duckdb_takes_a_prefix_of_another_case_for_the_same() -> None:
    rules = rule_set({"light": "weight < 10"})
    relation = duckdb.sql('select 5 weight, true "V.LIGHT"')
    assert refused(rules, relation, prefix="v.").code == "verdict_column.conflict"
    assert rules.columns(relation, on="load", prefix="w.").fetchall() == [(5, True, True)]


def test_a_prefix_that_is_no_text_is_refused() -> None:
    wrong: Any = None
    assert refused(rule_set(TEXTS), pl.DataFrame(ROWS), prefix=wrong).code == "prefix.invalid"


# --- frames of other libraries ---------------------------------------------------------------------------------------


class OtherFrame:
    """What narwhals takes for a frame of Dask."""

    _implementation = nw.Implementation.DASK
    _version: Any = None

    def __narwhals_lazyframe__(self) -> "OtherFrame":
        return self

    def _with_version(self, version: Any) -> "OtherFrame":
        return self


def test_a_frame_that_narwhals_takes_and_we_do_not_test_is_refused_with_those_that_we_do() -> None:
    for rules in (rule_set(TEXTS), rule_set({})):
        error = refused(rules, OtherFrame())
        assert (error.code, error.data) == ("frame.invalid", {"backend": "dask"})
        assert "dask" in error.message
        assert all(name in error.hint for name in ("polars", "pandas", "pyarrow", "DuckDB"))


# --- what analysts have ----------------------------------------------------------------------------------------------


def one_rule(text: str, **facts: Any) -> RuleSet:
    return RuleSet.of([Rule(id="r", on="load", require=text)], schemas={"load": Schema.from_rows("load", facts)})


WEIGHTS = [3, None, 30]
INT_COLUMNS: dict[str, Any] = {
    "floats with NaN": pd.Series([3.0, float("nan"), 30.0]),
    "objects with None": pd.Series(WEIGHTS, dtype=object),
    "objects with NaN": pd.Series([3, float("nan"), 30], dtype=object),
    "objects with NA": pd.Series([3, pd.NA, 30], dtype=object),
    "nullable": pd.Series(WEIGHTS, dtype="Int64"),
    "small and nullable": pd.Series(WEIGHTS, dtype="UInt8"),
    "arrow": pd.Series(WEIGHTS, dtype="int32[pyarrow]"),
    "categories": pd.Series(pd.Categorical(WEIGHTS)),
}


@pytest.mark.parametrize("column", INT_COLUMNS)
def test_whole_numbers_of_pandas_are_taken_however_they_are_held(column: str) -> None:
    frame = pd.DataFrame({"other": [object()] * 3, "weight": INT_COLUMNS[column]})
    rules = one_rule("weight < 10", weight={"type": "int"})
    judged = rules.columns(frame, on="load")
    assert [None if each is pd.NA else bool(each) for each in judged["r"]] == [True, None, False]
    assert list(judged.columns) == ["other", "weight", "r"]
    empty = rules.columns(frame.head(0), on="load")
    assert (len(empty), str(empty["r"].dtype)) == (0, "boolean")


def test_texts_days_and_bools_of_pandas_are_taken_however_they_are_held() -> None:
    texts = [pd.Series(["a", None], dtype=dtype) for dtype in (object, "string", "str", "category", "string[pyarrow]")]
    days = [
        pd.Series([date(2026, 5, 1), pd.NaT], dtype=object),
        pd.Series([pd.Timestamp("2026-05-01"), pd.NaT]),
        pd.Series([date(2026, 5, 1), None], dtype=pd.ArrowDtype(pa.date32())),
    ]
    bools = [pd.Series([True, None], dtype=dtype) for dtype in (object, "boolean", "bool[pyarrow]")]
    for text, type_name, columns in (
        ("fact == 'a'", "text", texts), ("fact == date('2026-05-01')", "date", days), ("fact", "bool", bools),
    ):  # fmt: skip
        for column in columns:
            judged = one_rule(text, fact={"type": type_name}).columns(pd.DataFrame({"fact": column}), on="load")
            assert [None if each is pd.NA else bool(each) for each in judged["r"]] == [True, None], column.dtype


def test_categories_of_numbers_are_no_texts() -> None:
    rules = one_rule("fact == '1'", fact={"type": "text"})
    categories = pd.DataFrame({"fact": pd.Categorical([1, 2])})
    for frame in (categories, pa.table({"fact": pa.array([1, 2]).dictionary_encode()})):
        assert refused(rules, frame).code == "column.invalid"


def test_unsigned_numbers_past_all_that_is_signed_are_unknown_in_durations() -> None:
    rules = one_rule("days(count) > late", count={"type": "int"}, late={"type": "duration"})
    schema: Any = {"count": pl.UInt64, "late": pl.Duration("us")}
    frame = pl.DataFrame({"count": [2**63 + 5, 1], "late": [0, 0]}, schema=schema)
    assert refused(rules, frame.to_arrow()).code == "column.unsupported"  # pyarrow compares them with no signed number
    for native in (frame, frame.lazy(), duckdb.from_arrow(frame.to_arrow())):
        assert [row["r"] for row in rows_of(rules.columns(native, on="load"))] == [None, True]
