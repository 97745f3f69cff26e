"""Explanations against brute force: the reasons decide and are the fewest, what is in the way is, and fixes fix."""

import json
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal, localcontext
from itertools import combinations, product
from typing import Any, Literal

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coachcore.rules import Outcome, Rule, RuleSet, Schema, Verdict, fact
from coachcore.rules.explain import Interval, Intervals, NoneOf, OneOf, TracedAtom
from coachcore.rules.explain.questions import missing_facts
from coachcore.rules.explain.reasons import contrast_set, sufficient_reasons
from coachcore.rules.expr.evaluate import evaluate
from coachcore.rules.expr.nodes import Node, atoms_of, fact_names
from coachcore.testing.rules import conditions, facts
from coachcore.text import lexicon

OUTCOMES = {True: Outcome.HOLDS, False: Outcome.FAILS, None: Outcome.UNKNOWN}


@attrs.frozen(kw_only=True)
class Dose:
    """Facts of a dose of medicine, few enough to try all."""

    drops: int | None = fact("how many drops")
    route: Literal["oral", "vein"] | None = fact("how it is given")
    given_on: date | None = fact("the day it was given")
    is_fasting: bool | None = fact("whether the patient fasts")


DOSE = Schema.of(Dose, name="dose")
GRID: Mapping[str, list[Any]] = {
    "drops": [None, -1, 0, 1, 2, 3, 5, 6],
    "route": [None, "oral", "vein"],
    "given_on": [None, *(date(2026, 3, day) for day in range(26, 32))],
    "is_fasting": [None, True, False],
}
"""A value from each part of a fact that the constants of `conditions` can tell apart."""

FLAGS = Schema.of(
    attrs.make_class("Flags", {f"f{n}": attrs.field(type=bool) for n in range(10)}, kw_only=True), name="flags"
)
SIMPLE = conditions(DOSE, arithmetic=False, between_facts=False)


def condition(text: str, schema: Schema) -> Node:
    return RuleSet.of([Rule(id="r", on=schema.name, require=text)], schemas={schema.name: schema}).case("r").whole


def grid(tree: Node, values: Mapping[str, list[Any]]) -> Iterator[dict[str, Any]]:
    names = fact_names(tree)
    for each in product(*(values[name] for name in names)):
        yield dict(zip(names, each, strict=True))


def brute_force(tree: Node, actual: Mapping[str, Any], truth_table: list[dict[str, Any]]) -> tuple[int, int | None]:
    """How many comparisons the smallest deciding set has; and how many must come out otherwise for it to hold."""
    atoms = atoms_of(tree)
    told = [evaluate(atom, actual) for atom in atoms]
    value = evaluate(tree, actual)
    rows = {(tuple(evaluate(atom, world) for atom in atoms), evaluate(tree, world)) for world in truth_table}
    fewest = next(
        size
        for size in range(len(atoms) + 1)
        for chosen in combinations(range(len(atoms)), size)
        if all(came == value for row, came in rows if all(row[at] is told[at] for at in chosen))
    )
    flips = [sum(one is not other for one, other in zip(row, told, strict=True)) for row, came in rows if came is True]
    return fewest, min(flips, default=None)


def decides(tree: Node, chosen: tuple[Any, ...], actual: Mapping[str, Any], truth_table: list[dict[str, Any]]) -> bool:
    value = evaluate(tree, actual)
    told = {atom: evaluate(atom, actual) for atom in chosen}
    return all(
        evaluate(tree, world) is value
        for world in truth_table
        if all(evaluate(atom, world) is came for atom, came in told.items())
    )


def check(tree: Node, schema: Schema, actual: Mapping[str, Any], truth_table: list[dict[str, Any]]) -> None:
    fewest, flips = brute_force(tree, actual, truth_table)
    found = sufficient_reasons(schema, tree, actual)
    assert found.is_minimal
    assert len(found.atoms) == fewest
    assert decides(tree, found.atoms, actual, truth_table)
    in_way = contrast_set(schema, tree, actual)
    assert len(in_way.atoms) == (flips or 0)


@settings(max_examples=250, deadline=None)
@given(text=SIMPLE, actual=st.fixed_dictionaries({name: st.sampled_from(each) for name, each in GRID.items()}))
def test_the_reasons_decide_and_no_smaller_set_does(text: str, actual: dict[str, Any]) -> None:
    tree = condition(text, DOSE)
    check(tree, DOSE, actual, list(grid(tree, GRID)))


def _flag_conditions() -> st.SearchStrategy[str]:
    return conditions(FLAGS, arithmetic=False, between_facts=False, max_leaves=12)


@settings(max_examples=25, deadline=None)
@given(text=_flag_conditions(), actual=st.fixed_dictionaries({name: st.booleans() for name in FLAGS.facts}))
def test_so_it_is_with_up_to_ten_facts(text: str, actual: dict[str, Any]) -> None:
    tree = condition(text, FLAGS)
    check(tree, FLAGS, actual, list(grid(tree, {name: [True, False] for name in FLAGS.facts})))


@attrs.frozen(kw_only=True)
class Parcel:
    """Facts of a parcel that are reckoned with and compared with each other."""

    count: int | None = fact("how many pieces", unit="pieces")
    trucks: int | None = fact("how many trucks")
    weight: Decimal | None = fact("how heavy it is")
    fill: float | None = fact("how full it is")
    size: Literal["s", "m", "l"] | None = fact("its size class")
    label: str | None = fact("what the label says")
    sent_on: date | None = fact("the day it was sent")
    due_on: date | None = fact("the day it is due")
    late_by: timedelta | None = fact("how late it is")
    marks: frozenset[str] | None = fact("what is written on it")
    is_fragile: bool | None = fact("whether it breaks")


PARCEL = Schema.of(Parcel, name="parcel")


def judged(text: str, given_facts: Mapping[str, Any], *, when: str | None = None, fix: Any = ()) -> Verdict:
    rule = Rule(id="r", on="parcel", require=text, when=when, fix=fix)
    return RuleSet.of([rule], schemas={"parcel": PARCEL}).evaluate(given_facts, on="parcel")[0]


@settings(max_examples=300, deadline=None)
@given(text=conditions(PARCEL), actual=facts(PARCEL), others=st.lists(facts(PARCEL), min_size=8, max_size=8))
def test_reasons_decide_whatever_is_compared(text: str, actual: Any, others: list[dict[str, Any]]) -> None:
    """With facts compared with each other the set may not be the smallest, but it decides."""
    tree = condition(text, PARCEL)
    known = PARCEL.read(actual)
    found = sufficient_reasons(PARCEL, tree, known)
    # what the reasons read stays, or comes from another parcel if the reasons come out alike
    truth_table = [{**PARCEL.read(each), **operand} for each in others for operand in ({}, {n: known[n] for atom in found.atoms for n in fact_names(atom)})]  # fmt: skip
    assert decides(tree, found.atoms, known, truth_table)


NO_NONE = conditions(PARCEL).filter(lambda text: "None" not in text and "/" not in text)
IN_RANGE = facts(PARCEL).map(
    lambda given: {n: min(v, type(v)(9)) if isinstance(v, float | int | Decimal) else v for n, v in given.items()}
)


@settings(max_examples=300, deadline=None)
@given(text=NO_NONE, actual=IN_RANGE, learnt=IN_RANGE, gone=st.sets(st.sampled_from(sorted(PARCEL.facts)), min_size=5))
def test_what_is_asked_settles_it_and_nothing_else_does(text: str, actual: Any, learnt: Any, gone: set[str]) -> None:
    tree = condition(text, PARCEL)
    known, more = PARCEL.read({n: None if n in gone else v for n, v in actual.items()}), PARCEL.read(learnt)
    ask = missing_facts(tree, known)
    if evaluate(tree, known) is not None:
        assert ask == ()
        return
    assert ask
    assert all(known[name] is None for name in ask)
    others = {name: more[name] if name not in ask and known[name] is None else known[name] for name in known}
    assert evaluate(tree, others) is None
    if all(more[name] is not None for name in ask):
        assert evaluate(tree, {**known, **{name: more[name] for name in ask}}) is not None


# --- fixes -----------------------------------------------------------------------------------------------------------


def inside(allowed: Any, data: st.DataObject) -> Any:
    """A value that a change allows, other than the one it proposes, where that can be drawn."""
    if isinstance(allowed, NoneOf):
        return data.draw(st.sampled_from(["y", "zz"]))
    if isinstance(allowed, OneOf):
        return data.draw(st.sampled_from(allowed.members))
    if not isinstance(allowed, Intervals):
        return None
    span = data.draw(st.sampled_from(allowed.spans))
    low, high = span.low, span.high
    if isinstance(low or high, date):
        low, high = low or high - timedelta(days=40), high or low + timedelta(days=40)
        return data.draw(st.dates(low, high))
    if isinstance(low or high, timedelta):
        low, high = low if low is not None else high - timedelta(days=9), high if high is not None else low + timedelta(days=9)  # fmt: skip
        return data.draw(st.timedeltas(low, high))
    if isinstance(low if low is not None else high, Decimal | float):
        base = low if low is not None else high - 5
        top = high if high is not None else base + 5
        share = data.draw(st.sampled_from([0, 0.25, 0.5, 0.999999, 1]))
        value = base + (top - base) * (Decimal(str(share)) if isinstance(base, Decimal) else share)
        return value if value in span else None
    if isinstance(low if low is not None else high, int):
        base = low if low is not None else high - 50
        return data.draw(st.integers(base, high if high is not None else base + 50))
    return None


@settings(max_examples=300, deadline=None)
@given(text=conditions(PARCEL), actual=facts(PARCEL), data=st.data())
def test_fixes_fix(text: str, actual: dict[str, Any], data: st.DataObject) -> None:
    verdict = judged(text, actual, fix=tuple(PARCEL.facts))
    found = verdict.repairs
    assert not found or verdict.outcome is not Outcome.HOLDS
    sets = [frozenset(each.fact for each in fix.changes) for fix in found]
    assert all(not one < other for one in sets for other in sets)
    for fix in found:
        changed = {**actual, **{each.fact: each.to for each in fix.changes}}
        assert judged(text, changed).outcome is Outcome.HOLDS
        for change in fix.changes:
            assert change.to != change.was
            value = inside(change.allowed, data)
            if value is not None:
                news = {**changed, change.fact: value}
                is_far = any(isinstance(each, int | float | Decimal) and abs(each) > 10**12 for each in news.values())
                wanted = {Outcome.HOLDS, Outcome.UNKNOWN} if is_far else {Outcome.HOLDS}  # see `Change`: out of range
                assert judged(text, news).outcome in wanted, (change, value)


@settings(max_examples=200, deadline=None)
@given(text=SIMPLE, actual=st.fixed_dictionaries({name: st.sampled_from(each) for name, each in GRID.items()}))
def test_every_fact_and_every_two_that_could_repair_it_are_offered_and_no_more_than_needed(
    text: str, actual: Any
) -> None:
    rules = RuleSet.of([Rule(id="r", on="dose", require=text, fix=tuple(GRID))], schemas={"dose": DOSE})
    verdict = rules.evaluate(actual, on="dose")[0]
    tree = rules.case("r").whole
    if verdict.outcome is Outcome.HOLDS:
        assert verdict.repairs == ()
        return
    able: list[frozenset[str]] = []
    for size in (1, 2):
        for names in combinations(fact_names(tree), size):
            if any(each <= set(names) for each in able):
                continue
            tried = product(*(GRID[name] for name in names))
            if any(evaluate(tree, {**actual, **dict(zip(names, each, strict=True))}) is True for each in tried):
                able.append(frozenset(names))
    assert {frozenset(each.fact for each in fix.changes) for fix in verdict.repairs} == set(able)


@pytest.mark.parametrize(
    ("text", "given_facts", "fix", "wanted"),
    [
        ("due_on <= sent_on + weeks(1)", {"due_on": date(2026, 5, 9), "sent_on": date(2026, 5, 1)}, ("due_on",), [{"due_on": (Interval(high=date(2026, 5, 8)),)}]),
        ("0 < count <= trucks * 4", {"count": 9, "trucks": 2}, ("count", "trucks"), [{"count": (Interval(low=1, high=8),)}, {"trucks": (Interval(low=3),)}]),
        ("weight < 3.50", {"weight": Decimal("4.25")}, ("weight",), [{"weight": (Interval(high=Decimal("3.5"), high_open=True),)}]),
        ("weight / count <= 2.5", {"weight": Decimal(10), "count": 3}, ("weight", "count"), [{"weight": (Interval(high=Decimal("7.5")),)}, {"count": (Interval(high=-1), Interval(low=4))}]),
        ("abs(count) >= 3", {"count": 0}, ("count",), [{"count": (Interval(high=-3), Interval(low=3))}]),
        ("fill >= 0.5 and count > 3", {"fill": 0.25, "count": 1}, ("fill", "count"), [{"fill": (Interval(low=0.5),), "count": (Interval(low=4),)}]),
    ],
)  # fmt: skip
def test_bounds_are_those_a_person_would_name(text: str, given_facts: Any, fix: Any, wanted: Any) -> None:
    found = judged(text, given_facts, fix=fix).repairs
    assert [{each.fact: each.allowed.spans for each in one.changes} for one in found] == wanted


def test_a_fix_proposes_the_nearest_value_with_no_more_digits_than_needed() -> None:
    (fix,) = judged("weight < 3.5", {"weight": Decimal("4.25")}, fix=("weight",)).repairs
    assert fix.changes[0].to == Decimal("3.49")
    (fix,) = judged("due_on >= sent_on", {"sent_on": date(2026, 5, 1), "due_on": date(2026, 4, 1)}, fix=("due_on",)).repairs  # fmt: skip
    assert fix.changes[0].to == date(2026, 5, 1)
    (fix,) = judged("is_fragile", {"is_fragile": False}, fix=("is_fragile",)).repairs
    assert fix.changes[0].allowed.members == (True,)


def test_a_fix_is_the_same_whatever_the_precision_of_the_hosts_thread() -> None:
    verdict = judged("weight * 3 < 37037.04", {"weight": Decimal("12345.75")}, fix=("weight",))
    with localcontext(prec=3):
        (fix,) = verdict.repairs
    assert (fix,) == verdict.repairs
    assert fix.changes[0].to == Decimal("12345.67")


def test_items_of_a_set_are_added_and_removed() -> None:
    text = "'paid' in marks and 'late' not in marks"
    (fix,) = judged(text, {"marks": frozenset({"late", "own"})}, fix=("marks",)).repairs
    (change,) = fix.changes
    assert (change.allowed.add, change.allowed.remove) == (("paid",), ("late",))
    assert change.to == {"paid", "own"}


def test_texts_are_anything_but_or_one_of() -> None:
    (fix,) = judged("label != 'x'", {"label": "x"}, fix=("label",)).repairs
    assert fix.changes[0].allowed.members == ("x",)
    assert "y" in fix.changes[0].allowed
    (fix,) = judged("size in ('s', 'm')", {"size": "l"}, fix=("size",)).repairs
    assert fix.changes[0].allowed.members == ("s", "m")


def test_an_unknown_fact_is_to_be_given_and_a_given_one_may_have_to_go() -> None:
    (fix,) = judged("due_on is not None", {}, fix=("due_on",)).repairs
    assert fix.changes[0].allowed == Intervals((Interval(),))
    (fix,) = judged("due_on is None", {"due_on": date(2026, 1, 1)}, fix=("due_on",)).repairs
    assert fix.changes[0].to is None
    verdict = judged("count > 3", {"count": 1, "due_on": date(2026, 1, 1)}, when="due_on is not None", fix=("due_on",))
    assert verdict.repairs == ()  # leaving it out would only get around the rule
    verdict = judged("count <= 5", {}, fix=("count",))
    assert verdict.outcome is Outcome.UNKNOWN
    assert verdict.repairs[0].changes[0].allowed == Intervals((Interval(high=5),))


# --- verdicts --------------------------------------------------------------------------------------------------------


def test_an_explanation_says_all_of_it() -> None:
    found = judged(
        "count <= trucks * 4 and weight <= 30",
        {"count": 9, "trucks": 2, "weight": Decimal(12), "is_fragile": True},
        when="is_fragile",
        fix=("count",),
    ).explain()
    assert [each.text for each in found.reasons] == ["count <= trucks * 4", "is_fragile"]
    assert found.reasons[0].values == {"count": 9, "trucks": 2}
    assert found.reasons[0].meanings["count"] == "how many pieces"
    assert found.reasons[0].value is False
    assert [each.text for each in found.contrast] == ["count <= trucks * 4"]
    assert found.missing_facts == ()
    assert found.repairs[0].changes[0].to == 8


def test_two_comparisons_of_which_one_says_all_are_one_reason() -> None:
    verdict = judged("count > 3 and count > 5", {"count": 2})
    assert [each.text for each in verdict.reasons] == ["count > 3"]
    verdict = judged("0 < count <= 10", {"count": 5})
    assert [each.text for each in verdict.reasons] == ["0 < count", "count <= 10"]
    verdict = judged("count - trucks > 3 or count - trucks > 1", {"count": 9, "trucks": 1})
    assert [each.text for each in verdict.reasons] == ["count - trucks > 3"]


def test_what_to_ask_first_is_what_may_settle_it_alone() -> None:
    verdict = judged("(count > 1 or weight > 2) and is_fragile", {})
    assert verdict.missing_facts == ("is_fragile", "count", "weight")
    verdict = judged("(count > 1 or weight > 2) and is_fragile", {"count": 5})
    assert verdict.missing_facts == ("is_fragile",)


def test_a_rule_that_does_not_apply_is_explained_by_why_it_does_not() -> None:
    verdict = judged("count > 1", {"count": 5, "is_fragile": False}, when="is_fragile")
    assert verdict.applies is False
    assert [each.text for each in verdict.reasons] == ["is_fragile"]


def test_a_rule_too_large_for_all_worlds_is_still_explained() -> None:
    text = " and ".join(f"(count > {n} or weight > {n} or fill > {n} or size == 's')" for n in range(12))
    verdict = judged(text, {"count": 5, "weight": Decimal(7), "fill": 8.5, "size": "m"})
    assert verdict.outcome is Outcome.FAILS
    explained = verdict.explain()
    assert {each.text for each in explained.reasons} <= {f"{name} > {n}" for name in ("count", "weight", "fill") for n in range(12)} | {"size == 's'"}  # fmt: skip
    assert len(explained.reasons) <= 4


# --- the tree ------------------------------------------------------------------------------------------------------


def test_the_tree_tells_every_part_as_it_was_written() -> None:
    verdict = judged("0 < count <= 5 and (is_fragile or not size == 's')", {"count": 7, "size": "s"}, when="count > 1")
    assert str(verdict.trace).splitlines() == [
        "fails: if",
        "  holds: count > 1 (count = 7)",
        "  fails: and",
        "    holds: 0 < count (count = 7)",
        "    fails: count <= 5 (count = 7)",
        "    unknown: or",
        "      unknown: is_fragile (is_fragile = None)",
        "      fails: not",
        "        holds: size == 's' (size = s)",
    ]
    assert verdict.explain().trace == verdict.trace


def test_the_tree_of_one_comparison_is_that_comparison() -> None:
    verdict = judged("count > 3", {"count": 4})
    assert isinstance(verdict.trace, TracedAtom)
    assert verdict.trace.values == {"count": 4}
    assert isinstance(judged("True", {}).trace, TracedAtom)


@settings(max_examples=150, deadline=None)
@given(text=conditions(PARCEL), when=st.none() | conditions(PARCEL, max_leaves=2), actual=facts(PARCEL))
def test_the_tree_comes_out_as_the_verdict_does(text: str, when: str | None, actual: Any) -> None:
    verdict = judged(text, actual, when=when)
    assert OUTCOMES[verdict.trace.value] is verdict.outcome
    assert {operand.text for _, operand in verdict.trace.walk() if isinstance(operand, TracedAtom)} >= {
        r.text for r in verdict.reasons
    }
    again = json.loads(json.dumps(verdict.explain().as_dict(lexicon("lv")), allow_nan=False))
    assert again["outcome"] == verdict.outcome
