"""Rules over frames say what they say fact by fact, on every back end, or are refused by name."""

import sys
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import duckdb
import narwhals as nw
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from coachcore.errors import NotValid
from coachcore.rules import Outcome, Rule, RuleSet, Schema, fact
from coachcore.testing.rules import conditions, facts


class Size(Enum):
    """An enum whose members are no texts themselves."""

    SMALL = "small"
    LARGE = "large"


@attrs.frozen(kw_only=True)
class Crate:
    """Facts of a crate, of every kind."""

    count: int | None = fact("how many pieces")
    spare: int | None = fact("how many more")
    price: Decimal | None = fact("what it costs")
    paid: Decimal | None = fact("what was paid")
    fill: float | None = fact("how full it is")
    load: float | None = fact("how laden it is")
    size: Size | None = fact("its size class")
    label: str | None = fact("what the label says")
    sent_on: date | None = fact("the day it was sent")
    due_on: date | None = fact("the day it is due")
    seen_at: datetime | None = fact("when it was last seen")
    left_at: datetime | None = fact("when it left")
    late_by: timedelta | None = fact("how late it is")
    marks: frozenset[str] | None = fact("what is written on it")
    slots: frozenset[int] | None = fact("where it may stand")
    is_fragile: bool | None = fact("whether it breaks")


SCHEMA = Schema.of(Crate, name="crate")
TYPES: Mapping[str, Any] = {
    "count": pl.Int64,
    "spare": pl.Int64,
    "price": pl.Decimal(30, 4),
    "paid": pl.Decimal(24, 2),
    "fill": pl.Float64,
    "load": pl.Float64,
    "size": pl.String,
    "label": pl.String,
    "sent_on": pl.Date,
    "due_on": pl.Date,
    "seen_at": pl.Datetime("us", "UTC"),
    "left_at": pl.Datetime("us", "UTC"),
    "late_by": pl.Duration("us"),
    "marks": pl.List(pl.String),
    "slots": pl.List(pl.Int64),
    "is_fragile": pl.Boolean,
}
BACK_ENDS: Mapping[str, Callable[[pl.DataFrame], Any]] = {
    "polars": lambda frame: frame,
    "polars, lazy": lambda frame: frame.lazy(),
    "polars, through narwhals": lambda frame: nw.from_native(frame),
    "pyarrow": lambda frame: frame.to_arrow(),
    "pandas": lambda frame: frame.to_pandas(),
    "pandas on pyarrow": lambda frame: frame.to_pandas(use_pyarrow_extension_array=True),
    "duckdb": lambda frame: duckdb.from_arrow(frame.to_arrow()),
}
TOLD = {Outcome.HOLDS: True, Outcome.FAILS: False, Outcome.UNKNOWN: None}


def rule_set(*texts: str, when: str | None = None) -> RuleSet:
    rules = [Rule(id=f"r.{number}", on="crate", require=text, when=when) for number, text in enumerate(texts)]
    return RuleSet.of(rules, schemas={"crate": SCHEMA})


def in_polars(rows: list[dict[str, Any]]) -> pl.DataFrame:
    listed = [
        {name: sorted(each) if isinstance(each, frozenset) else each for name, each in row.items()} for row in rows
    ]
    return pl.DataFrame(listed, schema=TYPES)


def told(judged: Any, name: str) -> list[bool | None]:
    """A column of verdicts as a list."""
    if isinstance(judged, nw.DataFrame):
        judged = judged.to_native()
    if isinstance(judged, duckdb.DuckDBPyRelation):
        judged = judged.to_arrow_table()
    if isinstance(judged, pl.LazyFrame):
        judged = judged.collect()
    if isinstance(judged, pd.DataFrame):
        assert judged[name].dtype == pd.BooleanDtype()
        return [None if each is pd.NA else bool(each) for each in judged[name]]
    found = judged[name]
    assert str(found.type if isinstance(judged, pa.Table) else found.dtype) in ("Boolean", "bool")
    return list(found.to_pylist() if isinstance(judged, pa.Table) else found.to_list())


def live(rules: RuleSet, rows: list[dict[str, Any]]) -> list[list[bool | None]]:
    verdicts = [rules.outcomes(each, on="crate") for each in rows]
    return [[TOLD[each[number]] for each in verdicts] for number in range(len(rules.rules))]


def one(text: str, back_end: str = "polars", **values: Any) -> bool | None:
    """The verdict of one condition on one row, by column; and it is the live one."""
    row = {name: values.get(name) for name in SCHEMA.facts}
    rules = rule_set(text)
    found = told(rules.columns(BACK_ENDS[back_end](in_polars([row])), on="crate"), "r.0")
    assert [found] == live(rules, [row])
    return found[0]


ODD = st.sampled_from([float("nan"), float("inf"), float("-inf"), 1e15, -1e15, 1.0000001e15, 5e-324, 1e308])
ROWS = st.builds(
    lambda row, odd, name: row if odd is None else {**row, name: odd},
    facts(SCHEMA),
    st.none() | ODD,
    st.sampled_from(["fill", "load"]),
)
REFUSED = {
    "column.inexact": ("price", "paid"),
    "column.unsupported": ("late_by * 1.5",),
}
"""What may be refused of conditions made at random: its code, and what is then in it."""


CASES: dict[str, Any] = {
    "texts": st.lists(conditions(SCHEMA, max_leaves=5), min_size=1, max_size=4),
    "when": st.none() | conditions(SCHEMA, max_leaves=2),
    "rows": st.lists(ROWS, min_size=1, max_size=6),
}


@pytest.mark.parametrize("back_end", BACK_ENDS)
@settings(max_examples=60)
@given(**CASES)
def test_columns_say_what_is_said_fact_by_fact(
    back_end: str, texts: list[str], when: str | None, rows: list[dict[str, Any]]
) -> None:
    hold_to_live(back_end, texts, when, rows)


@pytest.mark.soak
@pytest.mark.parametrize("back_end", BACK_ENDS)
@settings(max_examples=2_000)
@given(**CASES)
def test_thousands_of_columns_say_what_is_said_fact_by_fact(
    back_end: str, texts: list[str], when: str | None, rows: list[dict[str, Any]]
) -> None:
    hold_to_live(back_end, texts, when, rows)


def hold_to_live(back_end: str, texts: list[str], when: str | None, rows: list[dict[str, Any]]) -> None:
    """Each text as a rule of its own: by column it says what it says live, or is refused for a reason we know."""
    frame = BACK_ENDS[back_end](in_polars(rows))
    for text in texts:
        rules = rule_set(text, when=when)
        judged = judged_or_refused(rules, frame)
        if not isinstance(judged, NotValid):
            assert [told(judged, "r.0")] == live(rules, rows)
            continue
        event(judged.code)
        assert judged.path.startswith("rule r.0: ")
        if "not in range" in judged.message:  # a whole number that no double holds, beside doubles
            assert judged.data["backend"] == "pyarrow"
            continue
        assert any(operand in judged.data["expression"] for operand in REFUSED[judged.code])


def judged_or_refused(rules: RuleSet, frame: Any) -> Any:
    try:
        return rules.columns(frame, on="crate")
    except NotValid as error:
        return error


# --- the hard cases --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("back_end", BACK_ENDS)
@pytest.mark.parametrize(
    ("text", "values", "wanted"),
    [
        ("fill > 0", {"fill": float("nan")}, None),
        ("fill > 0 or is_fragile", {"fill": float("inf"), "is_fragile": True}, True),
        ("not fill > 0", {"fill": float("nan")}, None),
        ("fill is None", {"fill": float("-inf")}, True),
        ("fill is not None and fill == 0", {"fill": -0.0}, True),
        ("fill * 10 > 0", {"fill": 1e308}, None),
        ("fill - load > 0", {"fill": 2e15, "load": 1.9e15}, None),
        ("fill * 0.001 > 0", {"fill": 2e15}, None),
        ("fill / 1000 > 0", {"fill": 2e15}, None),
        ("1000 / fill < 1", {"fill": 2e15}, None),
        ("fill / load > 0", {"fill": 1.0, "load": 0.0}, None),
        ("fill / load is None", {"fill": 0.0, "load": 0.0}, True),
        ("fill + 0.2 == 0.3", {"fill": 0.1}, False),
        ("count * count > 0", {"count": 10**8}, None),
        ("count + 1 > 0", {"count": 10**15}, None),
        ("count * 1000000 > 0", {"count": 2**62}, None),
        ("count > 0", {"count": 2**62}, True),
        ("count / 3 * 3 == count", {"count": 7}, True),
        ("count in (1, 2.5)", {"count": 1}, True),
        ("count in (1.5, 2.5)", {"count": 1}, False),
        ("count in (1, 2, 3, 4, 5, 6.5)", {"count": None}, None),
        ("fill in (0.1, 0.2, 0.3, 0.4, 0.5)", {"fill": 0.3}, True),
        ("count < 2.5", {"count": 2}, True),
        ("max(count, spare, 3) == 3", {"count": 1, "spare": None}, None),
        ("max(sent_on, due_on) > date('2026-05-01')", {"sent_on": date(2026, 5, 2), "due_on": date(2026, 4, 1)}, True),
        ("price <= 0.1", {"price": Decimal("0.1000")}, True),
        ("price == 0.00001", {"price": Decimal(0)}, False),
        ("price in (0.1, 2)", {"price": Decimal("0.1")}, True),
        ("label < 'b'", {"label": "a"}, True),
        ("label > 'z'", {"label": "ķ"}, True),
        ("label == ''", {"label": ""}, True),
        ("size not in ('small',)", {"size": None}, None),
        ("sent_on + days(1) > due_on", {"sent_on": date.max, "due_on": date.max}, None),
        ("sent_on - days(2) == due_on", {"sent_on": date(2026, 5, 3), "due_on": date(2026, 5, 1)}, True),
        ("due_on - sent_on == days(59)", {"sent_on": date(2026, 1, 31), "due_on": date(2026, 3, 31)}, True),
        ("due_on - sent_on > hours(36)", {"sent_on": date(2026, 1, 1), "due_on": date(2026, 1, 2)}, False),
        ("date('2026-03-01') - sent_on == days(1)", {"sent_on": date(2026, 2, 28)}, True),
        ("due_on - sent_on >= days(count)", {"sent_on": date.min, "due_on": date.max, "count": 3_652_058}, True),
        ("due_on - sent_on >= days(count)", {"sent_on": date.min, "due_on": date.max, "count": 10**12}, None),
        ("(due_on - sent_on) / days(1) == 2", {"sent_on": date(2026, 1, 1), "due_on": date(2026, 1, 3)}, True),
        ("late_by * 3 > days(4)", {"late_by": timedelta(hours=36)}, True),
        ("late_by * 1000000 > days(4)", {"late_by": timedelta(days=10)}, None),
        ("late_by * count <= hours(24)", {"late_by": timedelta(hours=8), "count": 3}, True),
        ("count * late_by <= hours(24)", {"late_by": timedelta(hours=8, microseconds=1), "count": 3}, False),
        ("late_by * count < hours(-24)", {"late_by": timedelta(hours=8), "count": -4}, True),
        ("late_by * count == hours(0)", {"late_by": timedelta(0), "count": 10**15}, True),
        ("late_by * count == hours(0)", {"late_by": timedelta(0), "count": 10**15 + 1}, None),
        ("late_by * count > days(1)", {"late_by": timedelta(days=4), "count": 1_000_000}, True),
        ("late_by * count > days(1)", {"late_by": timedelta(days=4, microseconds=1), "count": 1_000_000}, None),
        ("late_by * count > days(1)", {"late_by": timedelta(days=2_000_000), "count": 2**62}, None),
        ("days(count) * spare == weeks(2)", {"count": 7, "spare": 2}, True),
        ("hours(0) * count == days(0)", {"count": 10**16}, None),
        ("hours(2) * count <= late_by", {"late_by": timedelta(hours=8), "count": 4}, True),
        ("(due_on - sent_on) * count > days(59)", {"sent_on": date(2026, 1, 1), "due_on": date(2026, 1, 31), "count": 2}, True),
        ("late_by / hours(0.5) == 3", {"late_by": timedelta(minutes=90)}, True),
        ("late_by / days(1) > 0", {"late_by": timedelta(days=200_000)}, None),
        ("late_by + (due_on - sent_on) > days(1)", {"late_by": None}, None),
        ("'a' in marks", {"marks": frozenset()}, False),
        ("'a' not in marks", {"marks": frozenset("ab")}, False),
        ("2 in slots", {"slots": frozenset((2, 3))}, True),
        ("2.5 in slots", {"slots": frozenset((2, 3))}, False),
        ("marks is None", {"marks": frozenset()}, False),
        ("is_fragile == (count > 1)", {"is_fragile": True, "count": 2}, True),
        ("(count > 1) is None", {"count": None}, True),
        ("True or count > 1", {}, True),
        ("1 < 2 and count > 1", {"count": 5}, True),
        ("1 > 2", {}, False),
    ],
)  # fmt: skip
def test_hard_cases(back_end: str, text: str, values: dict[str, Any], wanted: bool | None) -> None:
    assert one(text, back_end, **values) is wanted


@pytest.mark.parametrize("back_end", ["polars", "pyarrow", "duckdb", "pandas on pyarrow"])
def test_moments_are_instants_whatever_the_zone_of_their_column(back_end: str) -> None:
    riga = ZoneInfo("Europe/Riga")
    rules = rule_set("seen_at - left_at == hours(23)", "left_at + hours(23) == seen_at", "seen_at > left_at")
    rows = [{"left_at": datetime(2026, 3, 28, 12, tzinfo=riga), "seen_at": datetime(2026, 3, 29, 12, tzinfo=riga)}]
    unit: Any = "us" if back_end == "duckdb" else "ns"  # which narwhals does not know there
    zones = {"left_at": pl.Datetime("ms", "Europe/Riga"), "seen_at": pl.Datetime(unit, "America/Lima")}
    frame = BACK_ENDS[back_end](pl.DataFrame(rows, schema_overrides=zones))
    judged = rules.columns(frame, on="crate")
    assert [told(judged, f"r.{number}") for number in range(3)] == [[True]] * 3


def test_the_length_of_a_set_counts_what_a_list_repeats_once() -> None:
    rules = rule_set("len(marks) == 1")
    for back_end in ("polars", "polars, lazy", "duckdb", "pyarrow", "pandas"):
        given_frame = pl.DataFrame({"marks": [["a", "a"], ["a", "b"], None, []], "how many marks": [0, 0, 0, 0]})
        judged = rules.columns(BACK_ENDS[back_end](given_frame), on="crate")
        assert told(judged, "r.0") == [True, False, None, False]
        assert list(nw.from_native(judged).collect_schema()) == ["marks", "how many marks", "r.0"]
    empty = pa.table({"marks": pa.chunked_array([], pa.list_(pa.string()))})
    assert told(rules.columns(empty, on="crate"), "r.0") == []


def test_a_frame_keeps_its_columns_and_lazy_stays_lazy() -> None:
    rules = rule_set("count > 1", when="is_fragile")
    frame = pl.DataFrame({"count": [1, 2], "note": ["x", "y"], "is_fragile": [True, None]})
    judged = rules.columns(frame, on="crate")
    assert judged.columns == ["count", "note", "is_fragile", "r.0"]
    assert judged["r.0"].to_list() == [False, True]
    assert isinstance(rules.columns(frame.lazy(), on="crate"), pl.LazyFrame)
    assert isinstance(rules.columns(duckdb.from_arrow(frame.to_arrow()), on="crate"), duckdb.DuckDBPyRelation)
    assert isinstance(rules.columns(nw.from_native(frame), on="crate"), nw.DataFrame)
    assert rules.columns(frame.head(0), on="crate").height == 0
    scanned = pl.LazyFrame({"count": [1]}).select(
        count=pl.col("count").map_batches(_explode, return_dtype=pl.Int64), is_fragile=pl.lit(True)
    )
    rules.columns(scanned, on="crate")  # nothing is run


def _explode(_: pl.Series) -> pl.Series:
    raise AssertionError("it was run")


def test_a_frame_of_pandas_keeps_its_index_and_may_hold_python_objects() -> None:
    given_frame = pd.DataFrame(
        {
            "count": [1, None],
            "due_on": pd.to_datetime(["2026-05-01", None]),
            "price": [Decimal("1.5"), None],
            "marks": [["a"], None],
            "size": pd.Categorical(["small", None]),
            "other": [object(), object()],
        },
        index=["x", "y"],
    )
    texts = ("count > 1", "due_on == date('2026-05-01')", "price < 2", "'a' in marks", "size == 'small'")
    judged = rule_set(*texts).columns(given_frame, on="crate")
    assert list(judged.index) == ["x", "y"]
    assert list(judged.columns[:6]) == list(given_frame.columns)
    assert list(given_frame.columns) == ["count", "due_on", "price", "marks", "size", "other"]
    assert [told(judged, f"r.{number}") for number in range(5)] == [[False, None], *[[True, None]] * 4]
    assert told(rule_set("True").columns(given_frame, on="crate"), "r.0") == [True, True]


def test_whole_numbers_may_come_as_floats_and_broken_ones_are_unknown() -> None:
    frame = pl.DataFrame({"count": [2.0, 2.5, None, float("nan")]})
    assert told(rule_set("count > 1").columns(frame, on="crate"), "r.0") == [True, None, None, None]


def test_columns_with_nothing_in_them_are_unknown() -> None:
    frame = pl.DataFrame({"count": [None], "due_on": [None], "is_fragile": [True]})
    rules = rule_set(
        "count > 1", "due_on + days(1) > date('2026-05-01') or is_fragile", "count is None", "count in (1,)"
    )
    for back_end in ("polars", "pyarrow", "duckdb", "pandas"):
        judged = rules.columns(BACK_ENDS[back_end](frame), on="crate")
        assert [told(judged, f"r.{number}") for number in range(4)] == [[None], [True], [True], [None]]


def test_other_types_of_the_same_kind_are_taken() -> None:
    frame = pl.DataFrame(
        {"count": [3], "fill": [0.1], "price": [2], "size": ["small"], "load": [4]},
        schema={"count": pl.UInt8, "fill": pl.Float32, "price": pl.Int16, "size": pl.Enum(["small", "large"]), "load": pl.Int64},
    )  # fmt: skip
    texts = ("count * 2 == 6", "fill == 0.1", "price <= 2.5", "size == 'small'", "load / 8 == 0.5")
    judged = rule_set(*texts).columns(frame, on="crate")
    # a Float32 is the double that it is: not a tenth
    assert [judged[f"r.{number}"][0] for number in range(5)] == [True, False, True, True, True]
    money = pl.DataFrame({"price": [0.1, 0.3]})
    assert told(rule_set("price <= 0.1").columns(money, on="crate"), "r.0") == [True, False]


def test_approximate_reckons_decimals_as_floats() -> None:
    frame = pl.DataFrame({"price": [Decimal("100.00")], "paid": [Decimal("121.00")]})
    rules = rule_set("paid >= price * 1.21", "max(price, paid) == 121")
    assert rules.columns(frame, on="crate", approximate=True).row(0)[2:] == (True, True)


# --- what is refused -------------------------------------------------------------------------------------------------


def refused(frame: Any, *texts: str) -> NotValid:
    with pytest.raises(NotValid) as caught:
        rule_set(*texts).columns(frame, on="crate")
    assert caught.value.hint
    return caught.value


@pytest.mark.parametrize("back_end", BACK_ENDS)
def test_a_frame_that_no_rule_judges_stays_as_it_is(back_end: str) -> None:
    frame = BACK_ENDS[back_end](in_polars([]))
    assert rule_set().columns(frame, on="crate") is frame


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("price * 2 > 3", "column.inexact"),
        ("abs(price) > 3", "column.inexact"),
        ("max(price, paid) > 3", "column.inexact"),
        ("marks == ('a', 'b')", "column.unsupported"),
        ("label in marks", "column.unsupported"),
        ("late_by * 1.5 > days(1)", "column.unsupported"),
        ("late_by * fill > days(1)", "column.unsupported"),
        ("days(fill) > late_by", "column.unsupported"),
        ("sent_on + late_by > due_on", "column.unsupported"),
        ("seen_at == moment('2026-03-29T12:00')", "column.invalid"),
    ],
)
def test_what_columns_cannot_say_is_refused_with_rule_expression_and_back_end(text: str, code: str) -> None:
    error = refused(in_polars([]), "count > 1", f"is_fragile or {text}")
    assert error.code == code
    assert error.path == f"rule r.1: {text}"
    data = {"rule": "r.1", "expression": text, "backend": "polars"}
    alone = NotValid(error.code, error.message, error.hint, path=error.path, **data)
    assert error.data == {**data, "problems": [alone.as_dict()]}


def test_what_a_back_end_has_not_is_refused_by_name() -> None:
    huge = pa.table({"count": [2**62 + 1], "spare": [2.0]})  # which no double holds
    error = refused(huge, "spare > 0", "spare < 0 or count > spare")
    assert (error.code, error.path) == ("column.unsupported", "rule r.1: count > spare")
    assert "pyarrow cannot do it: ArrowInvalid" in error.message


def test_columns_that_do_not_fit_are_refused() -> None:
    error = refused(pl.DataFrame({"cuont": [1]}), "count > 1")
    assert (error.code, error.path, error.hint) == ("column.missing", "rule r.0.count", "did you mean 'cuont'?")
    assert refused(pl.DataFrame({"count": ["many"]}), "count > 1").code == "column.invalid"
    assert refused(pl.DataFrame({"due_on": [datetime(2026, 5, 1)]}), "due_on is None").code == "column.invalid"
    assert refused(pd.DataFrame({"due_on": [datetime(2026, 5, 1, 8)]}), "due_on is None").code == "column.invalid"
    assert refused(pd.DataFrame({"count": [1, "a"]}), "count > 1").code == "column.invalid"
    assert refused(pd.DataFrame([[1, 2]], columns=["count", "count"]), "count > 1").code == "column.duplicate"
    for frame in (pl.DataFrame({"count": [1], "r.0": [True]}), pd.DataFrame({"count": [1], "r.0": [True]})):
        assert refused(frame, "count > 1").code == "verdict_column.conflict"
    assert refused([{"count": 1}], "count > 1").code == "frame.invalid"
    levels = pd.DataFrame([[1]], columns=pd.MultiIndex.from_tuples([("count", "a")]))
    assert refused(levels, "count > 1").code == "frame.invalid"


def test_moments_with_a_zone_do_not_meet_those_without() -> None:
    frame = pl.DataFrame({"seen_at": [datetime(2026, 5, 1, tzinfo=UTC)], "left_at": [datetime(2026, 5, 1)]})
    for text in ("seen_at > left_at", "seen_at == left_at", "seen_at - left_at > hours(1)"):
        assert refused(frame, text).code == "column.invalid"


@pytest.mark.parametrize(("absent", "frame"), [("narwhals", {"count": [1]}), ("pyarrow", pd.DataFrame({"count": [1]}))])
def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch, absent: str, frame: Any) -> None:
    monkeypatch.setitem(sys.modules, absent, None)
    for name in [name for name in sys.modules if name.startswith("coachcore.rules.columns")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr("coachcore.rules.columns", raising=False)
    error = refused(frame, "count > 1")
    assert error.code == "package.missing"
    assert absent in f"{error.message} {error.hint}"
