"""Where back ends differ, columns say what is said fact by fact, or it is refused by name."""

import math
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

import duckdb
import narwhals as nw
import narwhals.stable.v1 as narwhals_v1
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coachcore.errors import NotValid
from coachcore.rules import Outcome, Rule, RuleSet, Schema
from coachcore.rules.columns import JudgedFrame

TOLD = {Outcome.HOLDS: True, Outcome.FAILS: False, Outcome.UNKNOWN: None}
FRAMES: dict[str, Any] = {
    "polars": lambda frame: frame,
    "pyarrow": lambda frame: frame.to_arrow(),
    "pandas": lambda frame: frame.to_pandas(use_pyarrow_extension_array=True),
    "duckdb": lambda frame: duckdb.from_arrow(frame.to_arrow()),
}
every_frame = pytest.mark.parametrize("back_end", FRAMES)


def rule_set(*texts: str, **facts: Any) -> RuleSet:
    """Rules r0, r1, ... on loads. facts: their types, or what a schema says of them."""
    named = {f"r{number}": text for number, text in enumerate(texts)}
    return named_rules(named, **facts)


def named_rules(texts: dict[str, str], **facts: Any) -> RuleSet:
    rows = {name: each if isinstance(each, dict) else {"type": each} for name, each in facts.items()}
    rules = [Rule(id=name, on="load", require=text) for name, text in texts.items()]
    return RuleSet.of(rules, schemas={"load": Schema.from_rows("load", rows)})


def told(rules: RuleSet, frame: Any) -> list[list[bool | None]]:
    """What columns say, by rule."""
    judged = nw.from_native(rules.columns(frame, on="load")).lazy().select(*(each.id for each in rules.rules))
    judged = judged.collect().to_arrow()
    return [judged[each.id].to_pylist() for each in rules.rules]


def live(rules: RuleSet, rows: list[dict[str, Any]]) -> list[list[bool | None]]:
    verdicts = [rules.outcomes(each, on="load") for each in rows]
    return [[TOLD[each[number]] for each in verdicts] for number in range(len(rules.rules))]


def refused(rules: RuleSet, frame: Any) -> NotValid:
    with pytest.raises(NotValid) as caught:
        rules.columns(frame, on="load")
    assert caught.value.hint
    return caught.value


# --- moments ---------------------------------------------------------------------------------------------------------

ACROSS = {"left": datetime(2026, 3, 28, 10, tzinfo=UTC), "seen": datetime(2026, 3, 30, 9, tzinfo=UTC)}
"""Across the night in which the clocks of Riga are set forward."""
ACROSS_TEXTS = (
    "seen - left == hours(47)",
    "left + hours(24) == moment('2026-03-29T13:00:00+03:00')",
    "seen - hours(24) > moment('2026-03-29T08:59:59.999999Z')",
    "left in (moment('2026-03-28T10:00Z'), moment('2026-03-28T11:00Z'))",
)


@pytest.fixture
def in_riga() -> Iterator[None]:
    duckdb.execute("set timezone = 'Europe/Riga'")
    yield
    duckdb.execute("reset timezone")


@pytest.mark.usefixtures("in_riga")
@every_frame
def test_time_passed_is_exact_whatever_the_zone_of_the_session(back_end: str) -> None:
    rules = rule_set(*ACROSS_TEXTS, left="moment", seen="moment")
    frame = pl.DataFrame([ACROSS], schema=dict.fromkeys(ACROSS, pl.Datetime("us", "UTC")))
    assert told(rules, FRAMES[back_end](frame)) == live(rules, [ACROSS]) == [[True]] * 4


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
@every_frame
def test_moments_are_compared_to_the_microsecond_whatever_their_columns_unit(back_end: str, unit: Any) -> None:
    rules = rule_set(
        "seen == moment('2024-02-29T12:00:59.999999')",
        "seen < moment('2024-02-29T12:00:59.999001')",
        "seen - moment('2024-02-29T12:00') == hours(1)",
        seen="moment",
    )
    row = {"seen": datetime(2024, 2, 29, 12, 0, 59, 999000)}
    frame = pl.DataFrame([row], schema={"seen": pl.Datetime(unit)})
    assert told(rules, FRAMES[back_end](frame)) == live(rules, [row]) == [[False], [True], [False]]


def test_duckdb_takes_moments_of_every_unit() -> None:
    rules = rule_set("seen < moment('1970-01-01T00:00')", seen="moment")
    for fact_type in ("timestamp_s", "timestamp_ms", "timestamp", "timestamp_ns", "timestamptz"):
        if fact_type != "timestamptz":
            assert told(rules, duckdb.sql(f"select {fact_type} '1969-12-31 23:59:59' seen")) == [[True]]
        else:
            zoned = rule_set("seen < moment('1970-01-01T00:00Z')", seen="moment")
            assert told(zoned, duckdb.sql("select timestamptz '1969-12-31 23:59:59Z' seen")) == [[True]]
    assert told(rules, duckdb.sql("select timestamp_ns '1969-12-31 23:59:59.999999999' seen")) == [[True]]


@every_frame
def test_the_latest_of_moments_and_the_first_of_texts_are_refused(back_end: str) -> None:
    frame = FRAMES[back_end](pl.DataFrame([ACROSS | {"size": "a"}]))
    for text in ("max(seen, left) == left", "min(size, 'b') == 'a'"):
        error = refused(rule_set(text, seen="moment", left="moment", size="text"), frame)
        assert (error.code, error.data["expression"]) == ("column.unsupported", text)
        assert "compare each of them" in error.hint


# --- sums and extremes of many parts ---------------------------------------------------------------------------------


@pytest.mark.parametrize("back_end", ["polars", "duckdb", "pyarrow"])
@pytest.mark.parametrize(
    "text",
    [
        " + ".join(["late"] * 24) + " > days(1)",
        "late" + " * 2" * 24 + " > days(1)",
        "late" + " * count" * 24 + " > days(1)",
        f"max({', '.join(f'late + hours({n})' for n in range(24))}) > days(1)",
        f"max({', '.join(f'fill + {n}' for n in range(24))}) > 20",
        f"min({', '.join(['count', 'spare'] * 12)}) >= 1",
        f"max({', '.join(['late', 'more'] * 8)}) / min({', '.join(['late', 'more'] * 8)}) > 2",
    ],
)
def test_what_is_reckoned_of_many_parts_grows_with_their_number_only(back_end: str, text: str) -> None:
    types = {"late": "duration", "more": "duration", "fill": "float", "count": "int", "spare": "int"}
    rules = rule_set(text, **types)
    rows: list[dict[str, Any]] = [
        {"late": timedelta(hours=2), "more": timedelta(hours=5), "fill": 1.5, "count": 1, "spare": 2},
        {"late": timedelta(days=400_000), "more": timedelta(0), "fill": -1e15, "count": 2**62, "spare": 1},
        {"late": None, "more": timedelta(1), "fill": math.inf, "count": None, "spare": 3},
        {"late": timedelta(days=-106_000_000), "more": None, "fill": None, "count": -5, "spare": None},
    ]
    types: Any = {"late": pl.Duration("us"), "more": pl.Duration("us"), "fill": pl.Float64, "count": pl.Int64, "spare": pl.Int64}  # fmt: skip
    frame = pl.DataFrame(rows, schema=types)
    assert told(rules, FRAMES[back_end](frame)) == live(rules, rows)
    checked = [rules.case(rule.id) for rule in rules.rules]
    judged = JudgedFrame.of(FRAMES[back_end](frame), checked, approximate=False, prefix="")
    assert len(str(judged.expressions()["r0"])) < 200_000
    added = sum(map(len, judged.backend.added.values()))
    assert added < 100  # columns that are added on the way: at most four for each part


@every_frame
@pytest.mark.parametrize("names", [["0"], ["1"], ["2"], ["0", "2"], ["1", "2", "3"]])
def test_columns_whose_names_are_numbers_change_no_verdict(back_end: str, names: list[str]) -> None:
    rules = rule_set("fill + 0.0 <= rate", "rate + 0.0 > fill", fill="float", rate="float")
    rows = [{"fill": 1.5, "rate": 2.5}, {"fill": 2.5, "rate": 1.5}, {"fill": math.inf, "rate": 1.5}]
    frame = pl.DataFrame(rows).with_columns(**dict.fromkeys(names, pl.lit(7)))
    assert told(rules, FRAMES[back_end](frame)) == live(rules, rows)


DURATIONS = st.timedeltas(timedelta(days=-106_751_990), timedelta(days=106_751_990)) | st.sampled_from(
    [timedelta(days=each) for each in (-4_000_000, 4_000_000, 4_000_001, 100_000, -100_000)]
)


@st.composite
def spans(draw: Any, depth: int = 3) -> str:
    """An expression of durations."""
    if not depth or draw(st.booleans()):
        return str(draw(st.sampled_from(["late", "more", "hours(7)", "days(count)", "max(late, more)"])))
    inner = spans(depth - 1)
    forms = ["({} + {})", "({} - {})", "({} * 3)", "min({}, {})", "(1000 * {})", "({} * count)", "((count + 1) * {})"]
    form = draw(st.sampled_from(forms))
    return str(form.format(*(draw(inner) for _ in range(form.count("{}")))))


@pytest.mark.parametrize("back_end", ["polars", "duckdb", "pyarrow"])
@settings(max_examples=40)
@given(
    one=spans(),
    other=spans(),
    rows=st.lists(
        st.fixed_dictionaries(
            {
                "late": st.none() | DURATIONS,
                "more": st.none() | DURATIONS,
                "count": st.none() | st.integers(-(2**63), 2**63 - 1) | st.integers(-9, 9),
            }
        ),
        min_size=1,
        max_size=4,
    ),
)
def test_sums_of_durations_are_the_live_ones(back_end: str, one: str, other: str, rows: list[dict[str, Any]]) -> None:
    texts = [f"{one} >= {other}", f"({one}) / {other} > 1.5"]
    types: Any = {"late": pl.Duration("us"), "more": pl.Duration("us"), "count": pl.Int64}
    frame = FRAMES[back_end](pl.DataFrame(rows, schema=types))
    for text in texts:
        try:
            rules = rule_set(text, late="duration", more="duration", count="int")
        except NotValid:  # what is written may divide by nothing, or be too large
            continue
        try:
            assert told(rules, frame) == live(rules, rows)
        except NotValid as error:
            assert error.code == "column.unsupported", error  # noqa: PT017


# --- names -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "texts", "code"),
    [
        ('select 5 as "a", 1 as "A"', {"lower": "a > 2", "upper": "A > 2"}, "column.duplicate"),
        ("select 5 as a", {"A": "a > 2"}, "verdict_column.conflict"),
        ("select 5 as a", {"low": "a > 2", "LOW": "a > 9"}, "verdict_column.conflict"),
        ('select 5 as a, 1 as "note", 2 as "NOTE"', {"low": "a > 2"}, "column.duplicate"),
    ],
)
def test_names_that_differ_by_case_only_are_refused_where_sql_takes_them_for_one(
    query: str, texts: dict[str, str], code: str
) -> None:
    rules = named_rules(texts, a="int", A="int")
    error = refused(rules, duckdb.sql(query))
    assert (error.code, error.data["backend"]) == (code, "duckdb")
    frame = duckdb.sql(query).pl() if '"A"' not in query else pl.DataFrame({"a": [5], "A": [1]})
    assert set(texts) <= set(rules.columns(frame.rename({"NOTE": "other"}, strict=False), on="load").columns)


def test_any_text_may_be_the_id_of_a_rule() -> None:
    rules = named_rules({"self": "a > 2", "exprs": "a > 5", 'it\'s "heavy"': "a > 9"}, a="int")
    for back_end in FRAMES:
        assert told(rules, FRAMES[back_end](pl.DataFrame({"a": [6]}))) == [[True], [True], [False]]


def test_what_is_missing_or_does_not_fit_is_named_with_rule_expression_and_back_end() -> None:
    rules = rule_set("weight > 1 and is_frail", weight="int", is_frail="bool")
    for back_end, named in (("polars", "polars"), ("pandas", "pyarrow"), ("duckdb", "duckdb")):
        error = refused(rules, FRAMES[back_end](pl.DataFrame({"wieght": [1], "is_frail": [True]})))
        assert error.code == "column.missing"
        assert error.hint == "did you mean 'wieght'?"
        assert error.data == {
            "rule": "r0",
            "expression": "weight > 1",
            "backend": named,
            "nearest": "wieght",
            "problems": error.data["problems"],
        }
        error = refused(rules, FRAMES[back_end](pl.DataFrame({"weight": [1], "is_frail": ["no"]})))
        assert (error.code, error.path) == ("column.invalid", "rule r0.is_frail")
        data = {"rule": "r0", "expression": "is_frail", "backend": named}
        assert error.data == {**data, "problems": error.data["problems"]}
    error = refused(rules, pd.DataFrame({"weight": [1, "two"], "is_frail": [True, False]}))
    data = {"rule": "r0", "expression": "weight > 1", "backend": "pyarrow"}
    assert error.data == {**data, "problems": error.data["problems"]}
    assert [problem["data"] for problem in error.data["problems"]] == [data]


def test_a_frame_of_narwhals_comes_back_in_the_version_that_wrapped_it() -> None:
    rules = rule_set("weight > 1", weight="int")
    for native in (pl.DataFrame({"weight": [2]}), pd.DataFrame({"weight": [2]}), pl.LazyFrame({"weight": [2]})):
        for version in (nw, narwhals_v1):
            wrapped = version.from_native(native)
            assert type(rules.columns(wrapped, on="load")) is type(wrapped)


def test_a_frame_of_pandas_keeps_its_attributes_and_the_name_of_its_columns() -> None:
    frame = pd.DataFrame({"weight": [2]})
    frame.attrs["source"], frame.columns.name = "the harbour", "fact"
    judged = rule_set("weight > 1", weight="int").columns(frame, on="load")
    assert (judged.attrs, judged.columns.name) == ({"source": "the harbour"}, "fact")


def test_a_type_that_cannot_be_read_is_refused() -> None:
    table = pa.table({"price": pa.array([Decimal(100)], pa.decimal128(10, -2))})
    for frame in (table, table.to_pandas(types_mapper=pd.ArrowDtype)):
        assert refused(rule_set("price > 2", price="decimal"), frame).code == "column.invalid"


# --- decimals --------------------------------------------------------------------------------------------------------


PRICES = [
    Decimal(each) for each in ("1.50", "9999999999999999.99", "-9999999999999999.99", "0.33", "0.34", "0", "-0.01")
]


@pytest.mark.parametrize(
    "text",
    [
        "price > 1 / 127 / 1000000000000", "price > hours(1) / days(1)", "price >= 1 / 3", "price < 1 / 3",
        "price <= 0.335", "price != 1 / 3", "price == 1 / 3", "price in (1 / 3, 0.33, 1.5)", "price not in (1 / 3,)",
        "0.335 < price", "price < 1000000000000 * 100", "price > 0 - 1000000000000 * 100", "price == 1.5", "price <= 0",
        "-0.005 <= price", "price >= -0.005",
    ],
)  # fmt: skip
@every_frame
def test_decimals_are_compared_exactly_with_any_written_number(back_end: str, text: str) -> None:
    rules = rule_set(text, price="decimal")
    rows = [{"price": each} for each in (*PRICES, None)]
    for digits in ((18, 2), (38, 2), (38, 20)):
        frame = pl.DataFrame(rows, schema={"price": pl.Decimal(*digits)})
        assert told(rules, FRAMES[back_end](frame)) == live(rules, rows)


def test_numbers_past_all_that_a_column_can_hold_are_compared_too() -> None:
    rules = rule_set(
        "price < 1000", "price >= 1000", "price > -1000", "price == 1000", "price != 1000", "price > 99.995",
        "price > -99.995", "price < -100", price="decimal",
    )  # fmt: skip
    rows: list[dict[str, Any]] = [{"price": Decimal("99.99")}, {"price": Decimal("-99.99")}, {"price": None}]
    table = pa.table({"price": pa.array([each["price"] for each in rows], pa.decimal128(4, 2))})
    for frame in (table, duckdb.from_arrow(table), table.to_pandas(), pl.from_arrow(table)):
        assert told(rules, frame) == live(rules, rows)


@every_frame
def test_decimals_are_compared_with_decimals_of_as_many_places_only(back_end: str) -> None:
    row = {"paid": Decimal("2.50"), "price": Decimal("2.500"), "due": Decimal("2.49"), "count": 2, "fill": 2.5}
    types: Any = {"paid": pl.Decimal(38, 2), "price": pl.Decimal(30, 3), "due": pl.Decimal(9, 2), "count": pl.Int64, "fill": pl.Float64}  # fmt: skip
    frame = FRAMES[back_end](pl.DataFrame([row], schema=types))
    facts = {"paid": "decimal", "price": "decimal", "due": "decimal", "count": "int", "fill": "decimal"}
    exact = rule_set("paid > due", "due == paid", "due <= paid", **facts)
    assert told(exact, frame) == live(exact, [row]) == [[True], [False], [True]]
    for text in ("paid == price", "paid > count", "fill >= paid"):
        error = refused(rule_set(text, **facts), frame)
        assert (error.code, error.data["expression"]) == ("column.inexact", text)
        assert "one decimal type" in error.hint
        nearly = rule_set(text, **facts).columns(frame, on="load", approximate=True)
        assert nw.from_native(nearly).lazy().select("r0").collect().to_arrow()["r0"].to_pylist() == [True]


@every_frame
@settings(max_examples=30)
@given(
    digits=st.sampled_from([(18, 2), (38, 10), (38, 20)]), numbers=st.lists(st.integers(-(10**14), 10**14), min_size=9)
)
def test_decimals_of_a_float_fact_are_the_nearest_doubles(
    back_end: str, digits: tuple[int, int], numbers: list[int]
) -> None:
    rows = [{"price": Decimal(each).scaleb(-digits[1])} for each in numbers]
    rules = rule_set(*(f"price == {float(each['price'])!r}" for each in rows[:3]), price="float")
    frame = pl.DataFrame(rows, schema={"price": pl.Decimal(*digits)})
    assert told(rules, FRAMES[back_end](frame)) == live(rules, rows)


# --- conditions that are compared ------------------------------------------------------------------------------------


@every_frame
def test_conditions_of_empty_columns_are_compared_without_complaint(back_end: str) -> None:
    texts = ("(fill > 1) == (not frail)", "(frail is None) == (fill is not None)",
             "(frail is None) == (size is None)", "(1 > 2) != (frail is None)")  # fmt: skip
    rules = rule_set(*texts, fill="float", frail="bool", size="text")
    frame = pl.DataFrame({"fill": [2.0, None], "frail": [None, None], "size": [None, None]})
    wanted: list[list[bool | None]] = [[None, None], [True, False], [True, True], [True, True]]
    assert told(rules, FRAMES[back_end](frame)) == wanted


# --- zeros, sets -----------------------------------------------------------------------------------------------------


@every_frame
def test_zero_below_zero_is_zero(back_end: str) -> None:
    rules = rule_set(
        "fill in (0.0, 1.0, 2.0, 3.0, 4.0)", "fill not in (0.0, 1.0, 2.0, 3.0, 4.0)", "fill in (0.0,)", "0.0 in fills",
        fill="float", fills={"type": "set", "of": "float"},
    )  # fmt: skip
    rows = [{"fill": -0.0, "fills": frozenset({0.0, 7.0})}]
    frame = pl.DataFrame({"fill": [-0.0], "fills": [[0.0, -0.0, 7.0]]})
    assert told(rules, FRAMES[back_end](frame)) == live(rules, rows)


@every_frame
def test_items_of_a_set_of_floats_are_not_counted(back_end: str) -> None:
    lists = [[math.nan, math.inf], [math.inf, -math.inf, 1.0], [], [-math.inf, 0.0, -0.0], None]
    fact_type = {"type": "set", "of": "float"}
    frame = FRAMES[back_end](pl.DataFrame({"fills": lists}, schema={"fills": pl.List(pl.Float64)}))
    error = refused(rule_set("len(fills) == 1", fills=fact_type), frame)
    assert error.code == "column.unsupported"
    assert "declare their number as a fact" in error.hint
    rules = rule_set("1.0 in fills", "fills is None", fills=fact_type)
    assert told(rules, frame) == live(rules, [{"fills": None if each is None else frozenset(each)} for each in lists])


# --- objects of pandas -----------------------------------------------------------------------------------------------


class Size(Enum):
    """An enum whose members are no texts themselves."""

    SMALL = "small"


def objects(**columns: list[Any]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(each, dtype=object) for name, each in columns.items()})


NAIVE, AWARE = datetime(2026, 5, 1, 12), datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "seen",
    [
        [NAIVE, AWARE], [AWARE, None, NAIVE], [pd.Timestamp(NAIVE), AWARE], [date(2026, 5, 1), NAIVE],
        [NAIVE, date(2026, 5, 1)], [None, NAIVE], [AWARE],
    ],
)  # fmt: skip
@pytest.mark.parametrize("fact_type", ["date", "moment"])
def test_moments_that_are_objects_are_refused_whatever_stands_beside_them(seen: list[Any], fact_type: str) -> None:
    error = refused(rule_set("seen is not None", seen=fact_type), objects(seen=seen))
    assert error.code == "column.invalid"
    assert "convert it with pandas.to_datetime" in error.message
    if len(seen) == 1:
        converted = pd.DataFrame({"seen": pd.to_datetime(pd.Series(seen, dtype=object))})
        assert told(rule_set("seen is not None", seen="moment"), converted) == [[True]]


def test_moments_of_pandas_are_cut_to_microseconds_downwards() -> None:
    rules = rule_set("seen < moment('1970-01-01T00:00')", "seen >= moment('1969-12-31T23:59:59.999999')", seen="moment")
    seen = pd.Series([pd.Timestamp(-1, unit="ns"), pd.Timestamp(-1000, unit="ns"), pd.Timestamp(0, unit="ns"), pd.NaT])
    assert seen.dtype == "datetime64[ns]"
    wanted: list[list[bool | None]] = [[True, True, False, None], [True, True, True, None]]
    assert told(rules, pd.DataFrame({"seen": seen})) == wanted
    assert told(rules, pl.DataFrame({"seen": pl.Series([-1, -1000, 0, None], dtype=pl.Datetime("ns"))})) == wanted
    assert told(rules, pa.table({"seen": pa.array([-1, -1000, 0, None], pa.timestamp("ns"))})) == wanted


def test_sets_and_members_of_enums_are_refused_and_lists_and_their_values_taken() -> None:
    rules = rule_set(
        "size == 'small'", "3 in slots", size={"type": "text", "members": ["small", "large"]},
        slots={"type": "set", "of": "int"},
    )  # fmt: skip
    error = refused(rules, objects(size=[Size.SMALL], slots=[frozenset({3, 4})]))
    assert [problem["code"] for problem in error.data["problems"]] == ["column.invalid"] * 2
    assert "convert members of enums to their values, sets to lists" in error.message
    assert told(rules, objects(size=[Size.SMALL.value, None], slots=[[3, 4], None])) == [[True, None]] * 2


@every_frame
def test_the_greatest_of_what_is_written_is_told(back_end: str) -> None:
    texts = (
        "min(1, 2) < count",
        "max(days(1), hours(30)) < late",
        "max(moment('2026-05-01T00:00'), moment('2026-05-02T00:00')) < seen",
        "min(date('2026-05-01'), date('2026-05-02')) < due",
        "max('a', 'b') < size",
    )
    types = {"count": "int", "late": "duration", "seen": "moment", "due": "date", "size": "text"}
    rules = rule_set(*texts, **types)
    row = {"count": 2, "late": timedelta(days=2), "seen": NAIVE, "due": date(2026, 5, 2), "size": "c"}
    assert told(rules, FRAMES[back_end](pl.DataFrame([row]))) == live(rules, [row])


def test_whole_numbers_past_what_a_column_holds_are_refused() -> None:
    assert refused(rule_set("count > 1", count="int"), objects(count=[1, 2**63])).code == "column.invalid"


# --- collations ------------------------------------------------------------------------------------------------------


def test_texts_that_duckdb_compares_under_a_collation_are_refused() -> None:
    types: dict[str, Any] = {"size": "text", "marks": {"type": "set"}, "count": "int"}
    exact = rule_set("size == 'A'", "size in ('A', 'B', 'C', 'D', 'E')", "'A' in marks", **types)
    for name in ("nocase", "noaccent", "nocase.noaccent", "de"):
        frame = duckdb.sql(f"select 'a' collate {name} size, ['a' collate {name}] marks, 1 count")
        for text in ("size == 'A'", "'A' in marks"):
            error = refused(rule_set(text, **types), frame)
            assert (error.code, error.data["expression"]) == ("column.unsupported", text)
        assert told(rule_set("count == 1", **types), frame) == [[True]]
        mended = duckdb.sql(f"""select 'a' collate {name} collate "binary" size, ['a'] marks, 1 count""")
        assert told(exact, mended) == [[False]] * 3
    frame = duckdb.sql("select 'a' size, ['a'] marks, 1 count")
    assert told(exact, frame) == [[False]] * 3
    duckdb.execute("set default_collation = 'nocase'")
    try:
        assert refused(exact, frame).code == "column.unsupported"
    finally:
        duckdb.execute("reset default_collation")


NOISE = st.builds(
    lambda count, power, noise: count / 10**power + noise,
    st.integers(-(10**9), 10**9),
    st.integers(0, 14),
    st.sampled_from([0.0, 1e-16, -1e-16, 1e-13, 4.9e-13, 5e-13, -5e-13, 5.1e-13, 1e-12]),
)


@every_frame
@given(amounts=st.lists(NOISE | st.floats(), min_size=1, max_size=8))
@settings(max_examples=50)
def test_floats_of_a_decimal_fact_are_rounded_to_12_places_in_every_form(back_end: str, amounts: list[float]) -> None:
    """Each is compared with the twelve places that it prints, with its neighbours there, and with the next float."""
    rows = [{"amount": amount, "other": math.nextafter(amount, 1)} for amount in amounts]
    printed = [f"{amount:.12f}" for amount in amounts if math.isfinite(amount) and abs(amount) < 1_000]
    texts = [f"amount {operator} {text}" for text in printed for operator in ("==", "<=")]
    rules = rule_set(*texts, "amount == other", "amount < 0", amount="decimal", other="decimal")
    frame = FRAMES[back_end](pl.DataFrame(rows, schema={"amount": pl.Float64, "other": pl.Float64}))
    assert told(rules, frame) == live(rules, rows)


@every_frame
def test_the_noise_of_a_computed_float_is_none_of_a_decimal_fact(back_end: str) -> None:
    amounts = [0.1 + 0.2, 1.1 + 2.2 - 3, 1e-13, 4999.1 + 0.2, 555.1 * 3, 0.3 + 1e-12]
    rules = rule_set("amount == 0.3", "amount in (0.3, 4999.3, 1665.3)", "amount == 0", amount="decimal")
    expected = [
        [True, True, False, False, False, False],
        [True, True, False, True, True, False],
        [False, False, True, False, False, False],
    ]
    frame = pl.DataFrame({"amount": amounts})
    assert told(rules, FRAMES[back_end](frame)) == expected
    assert live(rules, [{"amount": amount} for amount in amounts]) == expected


@every_frame
@given(loads=st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=8), divisor=st.sampled_from([3, 7, 10, 49, 0.3]))
@settings(max_examples=50)
def test_a_float_is_divided_by_a_constant_to_the_nearest_float(
    back_end: str, loads: list[float], divisor: float
) -> None:
    quotients = [load / divisor for load in loads]
    rows = [{"load": load, "quotient": quotient} for load, quotient in zip(loads, quotients, strict=True)]
    rules = rule_set(f"load / {divisor} == quotient", load="float", quotient="float")
    assert live(rules, rows) == [[True] * len(rows)]
    frame = pl.DataFrame(rows, schema={"load": pl.Float64, "quotient": pl.Float64})
    assert told(rules, FRAMES[back_end](frame)) == [[True] * len(rows)]
