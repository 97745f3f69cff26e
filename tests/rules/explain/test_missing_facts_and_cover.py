"""What to ask, against brute force; and reasons where what is the case is in no world, or comparisons are many."""

from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import combinations, product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coachcore.rules import Rule, RuleSet, Schema
from coachcore.rules.explain.questions import missing_facts
from coachcore.rules.explain.reasons import contrast_set, sufficient_reasons
from coachcore.rules.expr.evaluate import evaluate
from coachcore.rules.expr.nodes import Node, fact_names
from coachcore.rules.logic.cover import fewest_otherwise, minimum_cover
from coachcore.testing.rules import conditions

LOAN = Schema.from_rows(
    "loan",
    {
        "amount": {"type": "int"},
        "income": {"type": "int"},
        "is_resident": {"type": "bool"},
        "purpose": {"type": "text", "members": ["home", "car"]},
    },
)
GRID: Mapping[str, list[Any]] = {
    "amount": [-4, -1, 0, 1, 2, 3, 5, 6, 9],
    "income": [-4, -1, 0, 1, 2, 3, 5, 6, 9],
    "is_resident": [True, False],
    "purpose": ["home", "car"],
}
NOTHING: Mapping[str, Any] = dict.fromkeys(GRID)


def condition(text: str, schema: Schema = LOAN) -> Node:
    return RuleSet.of([Rule(id="r", on=schema.name, require=text)], schemas={schema.name: schema}).case("r").whole


def learnt(known: Mapping[str, Any], names: tuple[str, ...]) -> list[dict[str, Any]]:
    return [{**known, **dict(zip(names, each, strict=True))} for each in product(*(GRID[name] for name in names))]


def check_asked(tree: Node, known: Mapping[str, Any]) -> None:
    ask = missing_facts(tree, known)
    if evaluate(tree, known) is not None:
        assert ask == ()
        return
    unknown = [name for name in fact_names(tree) if known[name] is None]
    assert ask
    assert set(ask) <= set(unknown)
    assert all(evaluate(tree, each) is not None for each in learnt(known, ask))
    others = tuple(name for name in unknown if name not in ask)
    for some in (each for size in range(len(others) + 1) for each in combinations(others, size)):
        assert all(evaluate(tree, each) is None for each in learnt(known, some)), some


@settings(max_examples=300, deadline=None)
@given(
    text=conditions(LOAN).filter(lambda text: "/" not in text),  # a division by zero has no result, whatever is known
    known=st.fixed_dictionaries({name: st.none() | st.sampled_from(each) for name, each in GRID.items()}),
)
def test_what_is_asked_settles_it_and_nothing_else_does_also_where_it_asks_what_is_known(
    text: str, known: dict[str, Any]
) -> None:
    check_asked(condition(text), known)


@pytest.mark.parametrize(
    ("text", "known", "wanted"),
    [
        ("amount is not None or income > 3", {}, ("amount", "income")),
        ("(amount is None or income > 3) and amount > 2", {}, ("amount", "income")),
        ("(amount is None or income > 3) and amount > 2", {"income": 5}, ("amount",)),
        ("(amount is None or income > 3) and amount > 2", {"amount": 5}, ("income",)),
        ("(amount > 1 or income > 2) and is_resident", {}, ("is_resident", "amount", "income")),
        ("(amount > 1 or income > 2) and is_resident", {"amount": 5}, ("is_resident",)),
        ("is_resident == (amount > 3 or income > 2)", {"is_resident": True}, ("amount", "income")),
        ("is_resident == (amount is None)", {}, ("is_resident",)),
        ("amount + income > 3", {"amount": 1}, ("income",)),
        ("amount > 3", {"amount": 1}, ()),
    ],
)
def test_those_that_may_settle_it_alone_are_asked_first(text: str, known: Any, wanted: tuple[str, ...]) -> None:
    tree = condition(text)
    assert missing_facts(tree, {**NOTHING, **known}) == wanted
    check_asked(tree, {**NOTHING, **known})


def test_a_fact_that_would_only_make_the_rule_not_apply_is_not_asked() -> None:
    rule = Rule(id="r", on="loan", when="income is None and is_resident", require="amount > 3")
    rules = RuleSet.of([rule], schemas={"loan": LOAN})
    assert rules.evaluate({"amount": 1}, on="loan")[0].missing_facts == ("is_resident",)
    assert rules.evaluate({"is_resident": True}, on="loan")[0].missing_facts == ("amount",)
    rule = Rule(id="r", on="loan", when="is_resident", require="income is not None or amount > 3")
    rules = RuleSet.of([rule], schemas={"loan": LOAN})
    assert rules.evaluate({"is_resident": True}, on="loan")[0].missing_facts == ("income", "amount")


def test_a_fact_that_would_make_the_rule_apply_by_being_known_is_asked() -> None:
    rule = Rule(id="r", on="loan", when="amount > 5 or income is not None", require="is_resident")
    rules = RuleSet.of([rule], schemas={"loan": LOAN})
    assert set(rules.evaluate({"is_resident": False}, on="loan")[0].missing_facts) == {"amount", "income"}
    rule = Rule(id="r", on="loan", when="not (income is None) and amount > 5", require="is_resident")
    assert "income" not in rules.with_replaced(rule).evaluate({"amount": 9}, on="loan")[0].missing_facts
    assert rules.with_replaced(rule).evaluate({"amount": 9}, on="loan")[0].applies is False


# --- what is the case is in no world ---------------------------------------------------------------------------------

DOSE = Schema.from_rows(
    "dose",
    {
        "drops": {"type": "int", "unknown": False},
        "weight": {"type": "float", "unknown": False},
        "age": {"type": "int"},
        "given_at": {"type": "moment"},
        "seen_at": {"type": "moment"},
    },
)


def test_a_fact_that_is_unknown_though_it_may_not_be_is_explained_by_the_tree() -> None:
    tree = condition("drops > 3 and age > 5", DOSE)
    found = sufficient_reasons(DOSE, tree, {"drops": None, "age": 6})
    assert [getattr(each, "text", "") for each in found.atoms] == ["drops > 3", "age > 5"]
    assert not found.is_minimal
    way = contrast_set(DOSE, tree, {"drops": None, "age": 6})
    assert [getattr(each, "text", "") for each in way.atoms] == ["drops > 3"]
    assert not way.is_minimal


def test_so_are_a_number_that_is_none_and_a_moment_without_a_zone() -> None:
    tree = condition("weight > 3 and age > 5", DOSE)
    assert len(sufficient_reasons(DOSE, tree, DOSE.read({"drops": 1, "weight": float("nan"), "age": 6})).atoms) == 2
    tree = condition("given_at < moment('2026-03-01T08:00Z') and given_at is not None and age > 5", DOSE)
    found = sufficient_reasons(DOSE, tree, {"given_at": datetime(2026, 1, 1), "age": 6})
    assert {getattr(each, "text", "") for each in found.atoms} >= {
        "given_at < moment('2026-03-01T08:00Z')",
        "age > 5",
    }
    found = sufficient_reasons(DOSE, tree, {"given_at": datetime(2026, 1, 1, tzinfo=UTC), "age": 6})
    assert found.is_minimal


def test_where_worlds_are_too_many_what_is_in_the_way_is_told_by_the_tree() -> None:
    wide = Schema.from_rows("wide", {f"x{n}": {"type": "int"} for n in range(20)})
    tree = condition(" and ".join(f"(x{n} > 3 or x{n + 1} > 7)" for n in range(0, 20, 2)), wide)
    known = {f"x{n}": 5 for n in range(20)} | {"x4": 1}
    found = contrast_set(wide, tree, known)
    assert [getattr(each, "text", "") for each in found.atoms] == ["x4 > 3"]
    assert not found.is_minimal


# --- the smallest of many --------------------------------------------------------------------------------------------

PLACES = st.integers(0, 2**12 - 1)


@settings(max_examples=300, deadline=None)
@given(covers=st.lists(PLACES, min_size=1, max_size=9))
def test_the_smallest_cover_is_the_first_of_the_smallest(covers: list[int]) -> None:
    universe = 0
    for each in covers:
        universe |= each

    def has_all(chosen: tuple[int, ...]) -> bool:
        found = 0
        for at in chosen:
            found |= covers[at]
        return found & universe == universe

    sets = (each for size in range(len(covers) + 1) for each in combinations(range(len(covers)), size))
    assert minimum_cover(covers, universe) == (next(filter(has_all, sets)), True)


@settings(max_examples=300, deadline=None)
@given(alike=st.lists(PLACES, max_size=8), within=PLACES)
def test_the_fewest_that_are_otherwise_are_the_first_of_the_fewest(alike: list[int], within: int) -> None:
    places = [1 << at for at in range(12) if within >> at & 1]
    rows = [tuple(at for at, each in enumerate(alike) if not each & place) for place in places]
    assert fewest_otherwise(alike, within) == min(rows, key=lambda row: (len(row), row), default=None)


def test_of_a_great_many_comparisons_some_are_given_of_which_none_can_be_left_out() -> None:
    covers = [sum(1 << place for place in range(4000) if (place * 2654435761 >> at) % 3 == 0) for at in range(26)]
    universe = 0
    for each in covers:
        universe |= each
    chosen, _ = minimum_cover(covers, universe)
    for left_out in (None, *chosen):
        found = 0
        for at in chosen:
            found |= covers[at] if at != left_out else 0
        assert (found == universe) is (left_out is None)
