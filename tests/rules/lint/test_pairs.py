"""Pairs of rules are found through an index; what is found is what comparing every rule with every other finds."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import combinations, product
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coachcore.rules import Rule, RuleSet, Schema
from coachcore.rules.expr.evaluate import evaluate
from coachcore.rules.lint import pairs
from coachcore.rules.logic.regions import RegionMaker

DAYS = [date(2026, 5, 1) + timedelta(days=by) for by in range(5)]
GRID: dict[str, list[Any]] = {
    "count": [*range(-1, 7), None],
    "size": ["s", "m", "l", None],
    "day": [*DAYS, None],
    "is_paid": [True, False, None],
}
SCHEMA = Schema.from_rows(
    "parcel",
    {
        "count": {"type": "int"},
        "size": {"type": "text", "members": ["s", "m", "l"]},
        "day": {"type": "date"},
        "is_paid": {"type": "bool"},
        "other": {"type": "int"},
        "weight": {"type": "decimal"},
        "ratio": {"type": "float"},
        "note": {"type": "text"},
        "until": {"type": "date"},
        "at": {"type": "moment"},
        "pause": {"type": "duration"},
        "marks": {"type": "set", "of": "text"},
    },
)
SINGLE = [
    *(f"count {operator} {number}" for operator in ("<", "<=", ">", "==", "!=") for number in (1, 3, 4)),
    "count in (1, 3)",
    "count is None",
    "is_paid",
    "is_paid is not None",
    "size == 's'",
    "size in ('s', 'm')",
    "day < date('2026-05-02')",
    "day >= date('2026-05-03')",
    "day == date('2026-05-03')",
]
OTHERS = [
    "count < other",
    "count >= other",
    "count + other > 3",
    "count + other <= 5",
    "count * count == 4",
    "count * 2 > 5",
    "weight * 3 <= 1",
    "weight > 0.33",
    "ratio / 3 < 0.1",
    "ratio >= 0.3",
    "note > 'b'",
    "note in ('a', 'c')",
    "note != 'b'",
    "day <= until",
    "until - day > days(1)",
    "at > moment('2026-05-01T12:00Z')",
    "at <= moment('2026-05-01T12:00')",
    "pause > hours(1)",
    "pause * 2 <= hours(1)",
    *(f"'{mark}' in marks" for mark in "abcdefgh"),
    "'a' not in marks",
    "marks == {'a'}",
    "len(marks) > 2",
    "1 < 2",
]
Bodies = list[tuple[str | None, str]]


def conditions(atoms: Sequence[str]) -> st.SearchStrategy[str]:
    return st.recursive(
        st.sampled_from(atoms),
        lambda inner: st.one_of(
            st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda parts: f"({' '.join(parts)})"),
            inner.map("(not {})".format),
        ),
        max_leaves=4,
    )


def sets_of_rules(atoms: Sequence[str]) -> st.SearchStrategy[Bodies]:
    return st.lists(st.tuples(st.none() | conditions(atoms), conditions(atoms)), min_size=2, max_size=8)


def rule_set(bodies: Bodies) -> RuleSet:
    rules = [Rule(id=f"r{at}", on="parcel", when=when, require=require) for at, (when, require) in enumerate(bodies)]
    return RuleSet.of(rules, schemas={"parcel": SCHEMA})


def pairs_by_trying(rules: RuleSet) -> list[tuple[str, str, str]]:
    """(code, rule, other) of every pair, by evaluating both rules on every combination of values."""
    checked = [rules.case(rule.id) for rule in rules.rules]
    rows = [dict(zip(GRID, values, strict=True)) for values in product(*GRID.values())]
    values = {
        rule.rule.id: [(rule.when is None or evaluate(rule.when, row), evaluate(rule.require, row)) for row in rows]
        for rule in checked
    }
    holds, fails, known, applies = (
        {rule_id: {row for row, pair in enumerate(of_rule) if test(*pair)} for rule_id, of_rule in values.items()}
        for test in (
            lambda when, require: when and require,
            lambda when, require: when and require is False,
            lambda when, require: when and require is not None,
            lambda when, require: when,
        )
    )
    passes = {
        rule_id: {row for row, (when, require) in enumerate(of_rule) if when is False or require}
        for rule_id, of_rule in values.items()
    }
    undecided_when = {
        rule_id: {row for row, (when, _) in enumerate(of_rule) if when is None} for rule_id, of_rule in values.items()
    }
    found, gone, contradicting = [], set(), set()
    first_written: dict[Any, str] = {}
    for rule in checked:
        same = first_written.setdefault((rule.when, rule.require), rule.rule.id)
        if same != rule.rule.id:
            found.append(("duplicate", rule.rule.id, same))
            gone.add(rule.rule.id)
    sound = [rule for rule in checked if fails[rule.rule.id] and holds[rule.rule.id]]
    for one, other in combinations(sound, 2):
        a, b = one.rule.id, other.rule.id
        if gone & {a, b}:
            continue
        same_applicability = applies[a] == applies[b] and undecided_when[a] == undecided_when[b]
        if same_applicability and passes[a] == passes[b] and fails[a] == fails[b]:
            found.append(("duplicate", b, a))
            gone.add(b)
        elif known[a] & known[b] and not holds[a] & holds[b]:
            if b not in contradicting:
                found.append(("conflict", b, a))
                contradicting.add(b)
        elif fails[b] <= fails[a]:
            found.append(("subsumed", b, a))
            gone.add(b)
        elif fails[a] <= fails[b]:
            found.append(("subsumed", a, b))
            gone.add(a)
    return found


def reported(rules: RuleSet) -> list[tuple[str, str, str]]:
    return [(each.code, str(each.rule), each.other) for each in rules.lint().diagnostics if each.other is not None]


@settings(max_examples=150)
@given(bodies=sets_of_rules(SINGLE))
def test_the_pairs_reported_of_a_set_are_those_that_trying_every_value_finds(bodies: Bodies) -> None:
    rules = rule_set(bodies)
    assert sorted(reported(rules)) == sorted(pairs_by_trying(rules))


@settings(max_examples=150)
@given(bodies=sets_of_rules(SINGLE + OTHERS))
def test_the_index_loses_nothing_that_comparing_every_pair_finds(bodies: Bodies) -> None:
    rules = rule_set(bodies)
    through_index = rules.lint()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pairs._Partners, "of", lambda self, _: (self._all, self._all, 0))
        every_pair = rules.lint()
    assert through_index.diagnostics == every_pair.diagnostics
    assert set(through_index.undecided) <= set(every_pair.undecided)


@settings(max_examples=100)
@given(
    condition=conditions(SINGLE), facts=st.fixed_dictionaries({name: st.sampled_from(v) for name, v in GRID.items()})
)
def test_a_complete_region_has_exactly_the_cases_in_which_its_condition_has_the_value(
    condition: str, facts: dict[str, Any]
) -> None:
    """Fixing the facts by conditions of their own, a box of these meets the region where the condition has the value."""
    node = rule_set([(None, condition)]).case("r0").require
    fixed = " and ".join(f"{name} is None" if value is None else _equal(name, value) for name, value in facts.items())
    fixing = rule_set([(None, fixed)]).case("r0").require
    maker = RegionMaker(SCHEMA, [node, fixing])
    here = maker.region(fixing, True)
    for value in (True, False):
        for is_value in (True, False):
            region = maker.region(node, value, is_value=is_value)
            assert region.is_complete
            assert bool((region & here).boxes) == ((evaluate(node, facts) is value) == is_value)


def _equal(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return name if value else f"not {name}"
    return f"{name} == date('{value}')" if isinstance(value, date) else f"{name} == {value!r}"


def dense(number: int, dice: Random) -> Rule:
    atoms = [
        f"{dice.choice(['count', 'other', 'weight', 'ratio'])} {dice.choice(['<', '<=', '>', '>='])} {dice.randrange(1000)}",
        f"day {dice.choice(['<', '>='])} date('2026-{dice.randrange(1, 13):02}-{dice.randrange(1, 29):02}')",
        f"note {dice.choice(['==', '!=', '<'])} '{dice.randrange(100)}'",
        dice.choice(["is_paid", "not is_paid", "size == 's'", "size in ('m', 'l')"]),
    ]
    when = " and ".join(dice.sample(atoms, 2)) if dice.random() < 0.5 else None
    return Rule(
        id=f"r{number}", on="parcel", when=when, require=dice.choice([" or ", " and "]).join(dice.sample(atoms, 3))
    )


def test_of_rules_over_the_same_facts_few_pairs_are_examined(monkeypatch: pytest.MonkeyPatch) -> None:
    """A truth table is made for a pair that is reported, and for few others: not more a rule than in a smaller set."""
    examined: list[Any] = []
    compared = pairs._compared
    monkeypatch.setattr(pairs, "_compared", lambda *of_pair: examined.append(of_pair) or compared(*of_pair))
    dice = Random(8)
    rules = RuleSet.of([dense(number, dice) for number in range(400)], schemas={"parcel": SCHEMA})
    count = len(reported(rules))
    assert count <= len(examined) <= count + 20  # of 79,800 pairs
