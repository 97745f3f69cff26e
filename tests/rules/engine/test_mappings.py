"""Facts given as mappings: checked once, judged as an instance is, and kept whatever becomes of the mapping."""

import copy
import pickle
import subprocess
import sys
import threading
from collections import ChainMap, defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from math import isfinite
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coachcore.errors import NotValid
from coachcore.rules import Outcome, Rule, RuleSet, Schema
from coachcore.rules.expr.evaluate import evaluate
from coachcore.testing.rules import conditions, facts

ROWS: dict[str, dict[str, Any]] = {
    "flag": {"type": "bool"},
    "count": {"type": "int"},
    "floor": {"type": "int", "members": [0, 1, 2]},
    "price": {"type": "decimal"},
    "rate": {"type": "float"},
    "mark": {"type": "text", "members": ["a", "b"]},
    "note": {"type": "text"},
    "due_on": {"type": "date"},
    "seen_at": {"type": "moment"},
    "wait": {"type": "duration"},
    "marks": {"type": "set", "of": "text"},
    "rates": {"type": "set", "of": "float"},
}
SCHEMA = Schema.from_rows("box", ROWS)
REQUIRED = Schema.from_rows("box", {name: {**row, "unknown": False} for name, row in ROWS.items()})


def rule_set(*texts: str, schema: Schema = SCHEMA) -> RuleSet:
    rules = [Rule(id=f"r{number}", on="box", require=text) for number, text in enumerate(texts)]
    return RuleSet.of(rules, schemas={"box": schema})


def by_nodes(rules: RuleSet, values: dict[str, Any]) -> list[bool | None]:
    """The verdicts by the reference, of facts that are in compared form already."""
    return [evaluate(rules.case(rule.id).whole, values) for rule in rules.rules]


def outcomes_of(rules: RuleSet, mapping: Any) -> list[bool | None]:
    known = {Outcome.HOLDS: True, Outcome.FAILS: False, Outcome.UNKNOWN: None}
    return [known[outcome] for outcome in rules.outcomes(mapping, on="box")]


@settings(max_examples=200)
@given(texts=st.lists(conditions(SCHEMA), min_size=1, max_size=5), values=facts(SCHEMA), left_out=st.sets(st.sampled_from(sorted(ROWS))))  # fmt: skip
def test_a_mapping_is_judged_as_an_object_with_the_same_facts_and_as_the_reference_says(
    texts: list[str], values: dict[str, Any], left_out: set[str]
) -> None:
    rules = rule_set(*texts)
    sparse = {name: value for name, value in values.items() if name not in left_out}
    whole = {**dict.fromkeys(ROWS), **sparse}
    expected = by_nodes(rules, whole)
    for form in (sparse, whole, dict(reversed(whole.items())), ChainMap({}, sparse), SimpleNamespace(**whole)):
        assert outcomes_of(rules, form) == expected
    assert [verdict.values for verdict in rules.evaluate(sparse, on="box")] == [
        {name: whole[name] for name in rules.case(rule.id).facts} for rule in rules.rules
    ]


AS_SCALARS: dict[str, Callable[[Any], Any]] = {
    "flag": np.bool_,
    "count": lambda value: np.int64(value) if abs(value) < 2**63 else value,
    "floor": np.int8,
    "rate": np.float64,
    "mark": np.str_,
    "note": np.str_,
    "due_on": lambda value: np.datetime64(value, "D"),
    "seen_at": pd.Timestamp,
    "wait": pd.Timedelta,
}
MISSING = st.sampled_from([None, pd.NA, pd.NaT, float("nan"), np.float64("nan"), np.datetime64("NaT", "s"), np.timedelta64("NaT", "s")])  # fmt: skip


@settings(max_examples=200)
@given(texts=st.lists(conditions(SCHEMA), min_size=1, max_size=4), values=facts(SCHEMA), data=st.data())
def test_scalars_and_missing_values_of_numpy_and_pandas_are_what_they_stand_for(
    texts: list[str], values: dict[str, Any], data: st.DataObject
) -> None:
    rules = rule_set(*texts)
    foreign = {
        name: data.draw(MISSING) if value is None else AS_SCALARS.get(name, lambda plain: plain)(value)
        for name, value in values.items()
    }
    assert outcomes_of(rules, foreign) == by_nodes(rules, values)
    for verdict in rules.evaluate(foreign, on="box"):
        for name, value in verdict.values.items():
            assert value is None or type(value).__module__ in ("builtins", "datetime", "decimal"), name


@pytest.mark.parametrize(
    ("name", "value", "plain"),
    [
        ("seen_at", np.datetime64("2026-05-01T12:00:00.123456789"), datetime(2026, 5, 1, 12, 0, 0, 123456)),
        ("seen_at", np.datetime64("2026-05-01T12", "h"), datetime(2026, 5, 1, 12)),
        ("seen_at", pd.Timestamp("2026-05-01T15:00", tz="Europe/Riga"), datetime(2026, 5, 1, 12, tzinfo=UTC)),
        ("wait", np.timedelta64(90, "m"), timedelta(minutes=90)),
        ("wait", pd.Timedelta(1, "s"), timedelta(seconds=1)),
        ("rate", np.float32(0.5), 0.5),
        ("price", np.float64(0.1), Decimal("0.1")),
        ("price", np.int16(3), 3),
        ("count", np.float64(3), 3),
        ("rates", {np.float64(0.5), np.int64(2)}, frozenset({0.5, 2.0})),
    ],
)
def test_a_foreign_scalar_becomes_the_plain_value(name: str, value: Any, plain: Any) -> None:
    (verdict,) = rule_set(f"{name} is not None").evaluate({name: value}, on="box")
    assert verdict.values == {name: plain}
    assert type(verdict.values[name]) is type(plain)
    example = {"name": "foreign", "on": "box", "facts": {name: value}, "expect": {"r": "holds"}}
    rows = {"rule": [{"id": "r", "on": "box", "require": f"{name} is not None"}], "example": [example]}
    assert RuleSet.from_rows(rows, schemas={"box": SCHEMA}).test() == ()


@pytest.mark.parametrize(
    ("mapping", "code", "path"),
    [
        ({"cuont": 1}, "fact.unknown", "cuont"),
        ({**dict.fromkeys(list(ROWS)[1:]), "cuont": 1}, "fact.unknown", "cuont"),
        ({"count": "1"}, "fact.invalid", "count"),
        ({"count": 1.5}, "fact.invalid", "count"),
        ({"count": True}, "fact.invalid", "count"),
        ({"count": np.bool_(True)}, "fact.invalid", "count"),
        ({"flag": 1}, "fact.invalid", "flag"),
        ({"floor": 3}, "fact.invalid", "floor"),
        ({"mark": "c"}, "fact.invalid", "mark"),
        ({"due_on": datetime(2026, 5, 1)}, "fact.invalid", "due_on"),
        ({"due_on": pd.Timestamp("2026-05-01")}, "fact.invalid", "due_on"),
        ({"seen_at": date(2026, 5, 1)}, "fact.invalid", "seen_at"),
        ({"marks": ["a"]}, "fact.invalid", "marks"),
        ({"marks": {"a", 1}}, "fact.invalid", "marks"),
        ({"count": np.array([1, 2])}, "fact.invalid", "count"),
        ({"wait": np.timedelta64(1, "Y")}, "fact.invalid", "wait"),
        ({"count": Decimal("1e300000")}, "fact.out_of_range", "count"),
        ({3: 1}, "fact.unknown", "3"),
    ],
)
def test_errors_name_the_fact_and_are_those_of_a_whole_check(mapping: Any, code: str, path: str) -> None:
    rules = rule_set("count > 1")
    with pytest.raises(NotValid) as caught:
        rules.outcomes(mapping, on="box")
    with pytest.raises(NotValid) as reference:
        SCHEMA.read(mapping)
    assert (caught.value.code, caught.value.path) == (code, path)
    assert str(caught.value) == str(reference.value)
    if path in ROWS:
        before = rules.evaluate({}, on="box")
        with pytest.raises(NotValid) as after:
            rules.reevaluate(before, mapping, on="box", changed=path)
        assert str(after.value) == str(reference.value)


@pytest.mark.parametrize("missing", [None, pd.NA, pd.NaT, float("nan")])
def test_a_fact_that_may_not_be_unknown_is_missing_whatever_stands_for_it(missing: Any) -> None:
    values = {"due_on": missing, "note": missing}
    schema = Schema.from_rows("box", {name: {**ROWS[name], "unknown": False} for name in values})
    for mapping in ({"due_on": date(2026, 5, 1)}, {"due_on": date(2026, 5, 1), "note": missing}):
        with pytest.raises(NotValid) as caught:
            rule_set("note == 'a'", schema=schema).outcomes(mapping, on="box")
        assert (caught.value.code, caught.value.path) == ("fact.missing", "note")


@settings(max_examples=200)
@given(
    texts=st.lists(conditions(SCHEMA), min_size=1, max_size=5),
    states=st.lists(facts(SCHEMA), min_size=2, max_size=5),
    data=st.data(),
)
def test_a_chain_of_changes_of_a_mapping_equals_judging_it_anew(
    texts: list[str], states: list[dict[str, Any]], data: st.DataObject
) -> None:
    rules = rule_set(*texts)
    mapping = dict(states[0])
    verdicts = rules.evaluate(mapping, on="box")
    for state in states[1:]:
        changed = data.draw(st.frozensets(st.sampled_from(sorted(ROWS)), max_size=3))
        mapping |= {name: state[name] for name in changed}
        as_object = data.draw(st.booleans())
        verdicts = rules.reevaluate(
            verdicts, SimpleNamespace(**mapping) if as_object else mapping, on="box", changed=sorted(changed)
        )
        assert verdicts == rules.evaluate(mapping, on="box")
        assert all(
            verdict.values == {name: mapping[name] for name in verdict.checked_rule.facts} for verdict in verdicts
        )
        assert vars_of(verdicts[-1].facts) == mapping


def vars_of(row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ROWS}


def test_after_a_change_only_the_changed_facts_are_read_from_the_mapping() -> None:
    rules = rule_set("count > 1 or rate > 1", "rate > 2")
    before = rules.evaluate({"count": 1, "rate": 0.5}, on="box")
    after = rules.reevaluate(before, {"count": 2, "rate": "never looked at"}, on="box", changed="count")
    assert [verdict.outcome for verdict in after] == [Outcome.HOLDS, Outcome.FAILS]
    assert after[0].values == {"count": 2, "rate": 0.5}


def test_a_change_that_leaves_a_fact_out_makes_it_unknown_and_adds_nothing_to_a_defaultdict() -> None:
    rules = rule_set("count > 1")
    before = rules.evaluate({"count": 2}, on="box")
    assert rules.reevaluate(before, {}, on="box", changed="count")[0].outcome is Outcome.UNKNOWN
    mapping: defaultdict[str, int] = defaultdict(int, rate=1)
    assert rules.outcomes(mapping, on="box") == (Outcome.UNKNOWN,)
    assert rules.reevaluate(before, mapping, on="box", changed="count")[0].outcome is Outcome.UNKNOWN
    assert mapping == {"rate": 1}


def test_a_mapping_that_changes_after_it_was_judged_changes_no_verdict() -> None:
    rules = rule_set("count > 1 and 'a' in marks", "rate > 1")
    marks = {"a"}
    mapping: dict[str, Any] = {"count": 2, "marks": marks, "rate": None}
    verdicts = rules.evaluate(mapping, on="box")
    mapping["count"] = 0
    marks.clear()
    mapping.pop("rate")
    assert verdicts[0].outcome is Outcome.HOLDS
    assert verdicts[0].values == {"count": 2, "marks": frozenset({"a"})}
    assert [str(atom.text) for atom in verdicts[0].reasons] == ["count > 1", "'a' in marks"]
    with pytest.raises(AttributeError):
        verdicts[0].facts.colour = 1


def test_verdicts_and_sets_are_copied_and_pickled() -> None:
    rules = rule_set("count > 1", "rate > 1")
    verdicts = rules.evaluate({"count": 2}, on="box")
    for again in (copy.deepcopy(verdicts), pickle.loads(pickle.dumps(verdicts)), tuple(map(copy.copy, verdicts))):
        assert again == verdicts
        assert rules.reevaluate(again, {"count": 0}, on="box", changed="count")[0].outcome is Outcome.FAILS
    stored = pickle.loads(pickle.dumps(rules))
    assert stored == rules
    assert stored.evaluate({"count": 2}, on="box") == verdicts


def test_threads_that_use_a_set_for_the_first_time_at_once_agree() -> None:
    texts = [f"count > {number} or rate > {number}" for number in range(40)]
    expected = rule_set(*texts).evaluate({"count": 20}, on="box")
    for _ in range(5):
        rules, barrier = rule_set(*texts), threading.Barrier(2)
        results: list[Any] = []

        def judge(rules: RuleSet = rules, barrier: threading.Barrier = barrier, results: list[Any] = results) -> None:
            barrier.wait()
            before = rules.evaluate({"count": 0}, on="box")
            results.append(rules.reevaluate(before, {"count": 20}, on="box", changed=("count",)))

        threads = [threading.Thread(target=judge) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert results == [expected, expected]


class Colour(Enum):
    RED = "red"


def test_a_member_of_an_enum_is_taken_by_its_value() -> None:
    schema = Schema.from_rows("box", {"mark": {"type": "text", "members": ["red", "blue"]}})
    (verdict,) = rule_set("mark == 'red'", schema=schema).evaluate({"mark": Colour.RED}, on="box")
    assert (verdict.outcome, verdict.values) == (Outcome.HOLDS, {"mark": "red"})


def test_a_moment_in_another_zone_is_brought_to_utc() -> None:
    there = datetime(2026, 5, 1, 15, tzinfo=timezone(timedelta(hours=3)))
    (verdict,) = rule_set("seen_at == moment('2026-05-01T12:00Z')").evaluate({"seen_at": there}, on="box")
    assert verdict.outcome is Outcome.HOLDS
    assert verdict.values["seen_at"].tzinfo is UTC


# --- magnitudes ------------------------------------------------------------------------------------------------------

HOSTILE = st.builds(
    lambda sign, digits, exponent: Decimal(f"{sign}{digits}E{exponent}"),
    st.sampled_from(["", "-"]),
    st.integers(0, 10**30),
    st.integers(-999_999_999, 999_999_000) | st.integers(-20, 20),
)


class Counted(Decimal):
    """A decimal that fails where it is converted exactly though it is huge."""

    def __int__(self) -> int:
        assert self.adjusted() <= 1000, "converted exactly"
        return super().__int__()


@settings(max_examples=200)
@given(number=HOSTILE)
def test_numbers_with_any_exponent_are_answered_at_once(number: Decimal) -> None:
    number = Counted(number)
    is_whole = number.adjusted() <= 1000 and number == Counted(number).to_integral_value()
    expected = Outcome.HOLDS if number > 5 else Outcome.FAILS
    for form in ({"count": number}, SimpleNamespace(**{**dict.fromkeys(ROWS), "count": number})):
        if is_whole:
            assert rule_set("count > 5").outcomes(form, on="box") == (expected,)
            continue
        with pytest.raises(NotValid) as caught:
            rule_set("count > 5").outcomes(form, on="box")
        assert caught.value.code == ("fact.out_of_range" if number.adjusted() > 1000 else "fact.invalid")
    assert rule_set("price > 5").outcomes({"price": number}, on="box") == (expected,)
    is_double = not number or number.adjusted() < 308 or (number.adjusted() == 308 and isfinite(float(number)))
    assert rule_set("rate > 5").outcomes({"rate": number}, on="box") == (expected if is_double else Outcome.UNKNOWN,)
    assert rule_set("len(rates) == 1").outcomes({"rates": {number}}, on="box") == (Outcome.HOLDS,)


# --- what importing loads --------------------------------------------------------------------------------------------


def test_importing_the_engine_loads_neither_its_explanations_nor_numpy_or_pandas() -> None:
    code = """
import sys
import coachcore.rules
from coachcore.rules import RuleSet, Schema, Rule
schema = Schema.from_rows("box", {"count": {"type": "int"}})
rules = RuleSet.of([Rule(id="r", on="box", require="count > 1")], schemas={"box": schema})
assert rules.reevaluate(rules.evaluate({"count": 1}, on="box"), {"count": 2}, on="box", changed="count")
heavy = ("explain", "lint", "sentences", "columns", "logic")
print(sorted(name for name in sys.modules if name in ("numpy", "pandas", "narwhals") or name.startswith(tuple(f"coachcore.rules.{part}" for part in heavy))))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
