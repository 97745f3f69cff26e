"""What is called exact is compared with a dense grid; what is offered is verified; what a repair breaks is named."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import combinations, product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coachcore.rules import Outcome, Rule, RuleSet, Schema, Verdict
from coachcore.rules.explain import SetEdit, explain, repairs_of
from coachcore.rules.explain.reasons import sufficient_reasons
from coachcore.rules.expr.evaluate import evaluate
from coachcore.rules.expr.nodes import atoms_of
from coachcore.rules.expr.parse import parse
from coachcore.rules.logic.truth_table import truth_table
from coachcore.testing.rules import conditions
from coachcore.text import lexicon

ROWS: Mapping[str, Any] = {
    "crates": {"type": "int"},
    "trucks": {"type": "int"},
    "weight": {"type": "decimal"},
    "sent_on": {"type": "date"},
    "marks": {"type": "set"},
    "papers": {"type": "set", "members": ["cn22", "invoice"]},
}
SCHEMA = Schema.from_rows("freight", ROWS)
NUMBERS = Schema.from_rows("freight", {name: ROWS[name] for name in ("crates", "trucks", "weight")})
SETS = Schema.from_rows("freight", {name: ROWS[name] for name in ("marks", "papers")})
GRID: Mapping[str, list[Any]] = {
    "crates": list(range(-4, 9)),
    "trucks": list(range(-4, 9)),
    "weight": [Decimal(number) / 20 for number in range(-40, 80)],
}


def verdict(text: str, known: Mapping[str, Any], fix: Any, schema: Schema = SCHEMA) -> Verdict:
    rules = RuleSet.of([Rule(id="r", on="freight", require=text, fix=tuple(fix))], schemas={"freight": schema})
    return rules.evaluate(known, on="freight")[0]


known_numbers = st.fixed_dictionaries({name: st.none() | st.sampled_from(values) for name, values in GRID.items()})


@settings(max_examples=150, deadline=None)
@given(text=conditions(NUMBERS, max_leaves=4), known=known_numbers)
def test_what_an_exact_repair_allows_is_all_that_makes_the_rule_hold(text: str, known: dict[str, Any]) -> None:
    judged = verdict(text, known, GRID, NUMBERS)
    for repair in judged.repairs:
        changed = {**known, **{change.fact: change.to for change in repair.changes}}
        for change in repair.changes:
            for value in GRID[change.fact]:
                holds = verdict(text, {**changed, change.fact: value}, (), NUMBERS).outcome is Outcome.HOLDS
                assert holds or value not in change.allowed
                assert not (change.is_exact and holds) or value in change.allowed


@settings(max_examples=100, deadline=None)
@given(
    atoms=st.lists(
        st.builds(
            "{} {} {}".format,
            st.sampled_from(["crates", "trucks"]),
            st.sampled_from(["<", "<=", ">", ">=", "==", "!="]),
            st.sampled_from(["crates", "trucks", "0", "2", "3"]),
        ).filter(lambda text: text.split()[0] != text.split()[2]),
        min_size=1,
        max_size=4,
        unique=True,
    ),
    operators=st.lists(st.sampled_from(["and", "or"]), min_size=3, max_size=3),
    known=st.fixed_dictionaries({name: st.sampled_from(GRID[name]) for name in ("crates", "trucks")}),
)
def test_cases_of_a_pair_of_facts_are_those_of_a_dense_grid(
    atoms: list[str], operators: list[str], known: dict[str, Any]
) -> None:
    text = atoms[0] + "".join(f" {operator} {atom}" for operator, atom in zip(operators, atoms[1:], strict=False))
    condition = parse(text, NUMBERS)
    table = truth_table(NUMBERS, condition)
    assert table is not None
    assert table.is_exact
    rows = [{"crates": crates, "trucks": trucks} for crates, trucks in product([*GRID["crates"], None], repeat=2)]
    leaves = atoms_of(condition)
    possible = {tuple(evaluate(leaf, row) for leaf in leaves) for row in rows}
    listed = {
        tuple(
            True if table.holds[leaf] >> case & 1 else False if table.fails[leaf] >> case & 1 else None
            for leaf in leaves
        )
        for case in range(table.size)
    }
    assert listed == possible
    reasons = sufficient_reasons(NUMBERS, condition, known)
    value, values = evaluate(condition, known), [evaluate(leaf, known) for leaf in leaves]
    smallest = next(
        size
        for size in range(len(leaves) + 1)
        for chosen in combinations(range(len(leaves)), size)
        if all(
            evaluate(condition, row) is value
            for row in rows
            if all(evaluate(leaves[index], row) is values[index] for index in chosen)
        )
    )
    assert reasons.is_minimal
    assert len(reasons.atoms) == smallest


TEXTS = ["", "\0", "\0\0", *(f"{letter}{end}" for letter in "bdf" for end in ("", "\0", "\0\0", "\0\0\0"))]
DAYS = [date(2026, 5, day) for day in range(1, 20)]
HOURS = [datetime(2026, 5, 1, hour, tzinfo=zone) for hour in range(12) for zone in (UTC, None)]
EIGHTHS = [Decimal(number) / 8 for number in range(-24, 56)]
PAIRS: Mapping[str, tuple[Mapping[str, Any], Mapping[str, list[Any]], list[str]]] = {
    "decimals": (
        {"a": {"type": "decimal"}, "b": {"type": "decimal"}},
        dict.fromkeys("ab", EIGHTHS),
        ["0", "0.5", "3"],
    ),
    "an int and a decimal": (
        {"a": {"type": "decimal"}, "b": {"type": "int"}},
        {"a": EIGHTHS, "b": list(range(-3, 8))},
        ["0", "1", "2.5", "4"],
    ),
    "an int with members and an int": (
        {"a": {"type": "int"}, "b": {"type": "int", "members": [1, 2, 5], "unknown": False}},
        {"a": list(range(-3, 9)), "b": [1, 2, 5]},
        ["1", "2"],
    ),
    "texts": ({"a": {"type": "text"}, "b": {"type": "text"}}, dict.fromkeys("ab", TEXTS), ["'b'", "'d'"]),
    "dates": (
        {"a": {"type": "date"}, "b": {"type": "date", "unknown": False}},
        dict.fromkeys("ab", DAYS),
        ["date('2026-05-04')", "date('2026-05-05')", "date('2026-05-10')"],
    ),
    "moments": (
        {"a": {"type": "moment", "unknown": False}, "b": {"type": "moment", "unknown": False}},
        dict.fromkeys("ab", HOURS),
        ["moment('2026-05-01T04:00Z')", "moment('2026-05-01T08:00')"],
    ),
}


@settings(max_examples=60, deadline=None)
@given(data=st.data(), name=st.sampled_from(list(PAIRS)))
def test_cases_of_a_pair_of_any_types_are_those_of_a_dense_grid(data: st.DataObject, name: str) -> None:
    rows, grid, constants = PAIRS[name]
    schema = Schema.from_rows("pair", rows)
    comparison = st.builds(
        "{} {} {}".format,
        st.sampled_from("ab"),
        st.sampled_from(["<", "<=", ">", ">=", "==", "!="]),
        st.sampled_from(["a", "b", *constants]),
    ).filter(lambda text: text.split()[0] != text.split()[2])
    texts = data.draw(st.lists(comparison, min_size=1, max_size=4, unique=True))
    leaves = atoms_of(parse(" and ".join(["a <= b", *texts]), schema))
    table = truth_table(schema, *leaves)
    assert table is not None
    assert table.is_exact
    values = [[*grid[fact], *([None] if schema.facts[fact].unknown_allowed else [])] for fact in "ab"]
    possible = {tuple(evaluate(leaf, dict(zip("ab", row, strict=True))) for leaf in leaves) for row in product(*values)}
    listed = {
        tuple(
            True if table.holds[leaf] >> case & 1 else False if table.fails[leaf] >> case & 1 else None
            for leaf in leaves
        )
        for case in range(table.size)
    }
    assert listed == possible


def test_a_chain_of_comparisons_counts_cases_that_cannot_be_and_is_not_exact() -> None:
    condition = parse("crates < trucks and trucks < weight and weight < crates", NUMBERS)
    table = truth_table(NUMBERS, condition)
    assert table is not None
    assert not table.is_exact


@settings(max_examples=150, deadline=None)
@given(
    text=conditions(SETS, max_leaves=4),
    marks=st.none() | st.frozensets(st.sampled_from("abc")),
    papers=st.none() | st.frozensets(st.sampled_from(["cn22", "invoice"])),
)
def test_every_set_that_an_edit_allows_makes_the_rule_hold(text: str, marks: Any, papers: Any) -> None:
    known = {"marks": marks, "papers": papers}
    for repair in verdict(text, known, known, SETS).repairs:
        pools = {"marks": "abcd", "papers": ("cn22", "invoice")}
        choices = [
            [
                value
                for size in range(len(pools[change.fact]) + 1)
                for value in map(frozenset, combinations(pools[change.fact], size))
                if value in change.allowed
            ]
            or [change.to]
            for change in repair.changes
        ]
        for values in product(*choices):
            changed = {**known, **dict(zip((change.fact for change in repair.changes), values, strict=True))}
            assert verdict(text, changed, (), SETS).outcome is Outcome.HOLDS, (repair, values)


def test_an_edit_does_not_name_a_set_that_lacks_what_the_rule_forbids() -> None:
    (repair,) = verdict("'a' in marks and 'b' not in marks", {"marks": frozenset()}, ["marks"]).repairs
    assert frozenset("a") in repair.changes[0].allowed
    assert frozenset("ab") not in repair.changes[0].allowed
    assert repair.changes[0].allowed == SetEdit(("a",), (), frozenset())


@pytest.mark.parametrize("item", ["int", "decimal", "float"])
def test_a_set_is_not_repaired_by_what_is_no_number(item: str) -> None:
    schema = Schema.from_rows("freight", {name: {"type": "set", "of": item} for name in ("loads", "others")})
    known = {"loads": frozenset({1}), "others": frozenset({2, float("nan")})}
    assert verdict("loads == others", known, ["loads"], schema).repairs == ()
    known["loads"] = known["others"]
    nearest = verdict("loads != others", known, ["loads"], schema).repairs[0].changes[0].to
    assert nearest < {2, None}


@pytest.mark.parametrize("value", [Decimal("1e9999999"), Decimal("-1e9999999"), Decimal("1e-9999999")])
@pytest.mark.parametrize("text", ["weight == 5", "weight + 1 == 7", "crates > weight and weight > 9"])
def test_a_decimal_of_any_size_is_answered_at_once(text: str, value: Decimal) -> None:
    # an exact conversion of such a value would not end
    explanation = explain(verdict(text, {"weight": value, "crates": 10**300}, ["weight", "crates"]))
    assert explanation.reasons
    assert all(change.to in change.allowed for repair in explanation.repairs for change in repair.changes)


def test_through_arithmetic_a_repair_is_verified_and_not_called_exact() -> None:
    found = verdict("crates * 12 + trucks <= 960", {"crates": 90, "trucks": 5}, ["crates"]).repairs
    (change,) = found[0].changes
    assert (change.to, change.is_exact, found[0].is_exact) == (79, False, False)
    assert change.allowed.spans[0].high == 79


def test_a_repair_names_the_rules_it_would_break() -> None:
    rules = RuleSet.of(
        [
            Rule(id="few", on="freight", require="crates <= 5", fix=("crates",)),
            Rule(id="enough", on="freight", require="crates >= 7"),
            Rule(id="some", on="freight", require="crates >= 1"),
            Rule(id="per_truck", on="freight", when="crates > 2", require="crates / trucks < 5"),
            Rule(id="off", on="freight", require="crates > 8"),
            Rule(id="early", on="freight", require="sent_on < date('2026-05-01')"),
        ],
        schemas={"freight": SCHEMA},
    ).with_disabled("off")
    known = {"crates": 9, "trucks": 2, "sent_on": date(2026, 4, 1)}
    failing = rules.evaluate(known, on="freight")[0]
    (repair,) = repairs_of(failing, rules)
    assert repair.breaks == ("enough",)
    assert failing.repairs[0].breaks == ()
    assert explain(failing, rules).as_dict(lexicon("en"))["repairs"][0]["breaks"] == ["enough"]
