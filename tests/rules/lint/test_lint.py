"""Lint reports of rules what trying every assignment finds, and names the rules it cannot decide."""

import random
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coachcore.rules import Example, Rule, RuleSet, Schema
from coachcore.rules.expr.evaluate import evaluate
from coachcore.rules.expr.nodes import atoms_of, fact_names
from coachcore.rules.lint import DIAGNOSTICS, LintReport, Undecided, pairs

ROWS: dict[str, Any] = {
    "count": {"type": "int"},
    "other": {"type": "int"},
    "weight": {"type": "decimal"},
    "ratio": {"type": "float"},
    "size": {"type": "text", "members": ["s", "m", "l"]},
    "note": {"type": "text"},
    "day": {"type": "date"},
    "until": {"type": "date"},
    "at": {"type": "moment"},
    "marks": {"type": "set", "of": "text"},
    "colours": {"type": "set", "of": "text", "members": ["red", "green"]},
    "is_paid": {"type": "bool"},
    "is_sent": {"type": "bool", "unknown": False},
}
SCHEMA = Schema.from_rows("parcel", ROWS)
DAYS = [date(2026, 5, 1) + timedelta(days=by) for by in range(-1, 5)]
GRID: Mapping[str, list[Any]] = {
    "count": [-(10**16), *range(-1, 7), 10**16, None],  # so far out nothing is reckoned
    "other": [*range(-1, 7), None],
    "size": ["s", "m", "l", None],
    "day": [*DAYS, None],
    "until": [*DAYS, None],
    "marks": [None, *(frozenset(each) for each in ("", "x", "y", "xy", "z", "xz", "yz", "xyz", "xyzw", "zw"))],
    "is_paid": [True, False, None],
    "is_sent": [True, False],
}


def report(*rules: Rule | tuple[str | None, str], examples: tuple[Example, ...] = ()) -> LintReport:
    made = [
        each if isinstance(each, Rule) else Rule(id=f"r{number}", on="parcel", when=each[0], require=each[1])
        for number, each in enumerate(rules)
    ]
    return RuleSet.of(made, schemas={"parcel": SCHEMA}, examples=examples).lint()


def codes(*rules: Rule | tuple[str | None, str]) -> list[tuple[Any, ...]]:
    return [
        tuple(each for each in (one.code, one.rule, one.other, one.part) if each is not None)
        for one in report(*rules).diagnostics
    ]


# --- by name ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("when", "require", "code"),
    [
        ("count > 2 and count < 3", "is_paid", "unreachable"),
        ("count == 2.5", "is_paid", "unreachable"),
        ("count in (2.5, 3.5)", "is_paid", "unreachable"),
        ("size not in ('s', 'm', 'l')", "is_paid", "unreachable"),
        ("day > date('2026-05-01') and day < date('2026-05-02')", "is_paid", "unreachable"),
        ("is_sent is None", "is_paid", "unreachable"),
        ("is_paid and not is_paid", "count > 1", "unreachable"),
        ("'x' in marks and len(marks) == 0", "is_paid", "unreachable"),
        ("marks == {'x'} and len(marks) > 1", "is_paid", "unreachable"),
        ("day < date('0001-01-01')", "is_paid", "unreachable"),
        ("note < ''", "is_paid", "unreachable"),
        ("1 > 2 and is_paid", "is_paid", "unreachable"),
        ("is_paid and False", "is_paid", "unreachable"),
        (None, "1 < count < 2", "unsatisfiable"),
        ("count > 4", "count < 3", "unsatisfiable"),
        ("count is not None", "count is None", "unsatisfiable"),
        ("count is None", "count is not None", "unsatisfiable"),
        ("count is None", "count > 3 and is_paid", "unsatisfiable"),
        ("count is None", "count > 3", "tautology"),
        (None, "size != 's' and size != 'm' and size != 'l'", "unsatisfiable"),
        (None, "len(colours) > 2", "unsatisfiable"),
        (None, "weight > 1 and weight < 1.0", "unsatisfiable"),
        (None, "count > 2 or count < 3", "tautology"),
        (None, "count >= 3 or count <= 2", "tautology"),
        (None, "size in ('s', 'm', 'l')", "tautology"),
        (None, "is_sent is not None", "tautology"),
        (None, "is_paid or not is_paid", "tautology"),
        (None, "count is None or count is not None", "tautology"),
        (None, "len(marks) >= 0", "tautology"),
        (None, "len(marks) >= -5", "tautology"),
        (None, "note >= ''", "tautology"),
        (None, "at >= moment('2026-05-01T12:00Z') or at < moment('2026-05-01T14:00+02:00')", "tautology"),
        (None, "1 < 2", "tautology"),
        ("at > moment('2026-05-01T12:00')", "at > moment('2026-05-01T12:00Z')", "tautology"),  # it is unknown there
        (
            "at is not None or at > moment('2026-05-01T12:00')",
            "at > moment('2026-05-01T12:00Z')",
            "redundant_condition",
        ),
        ("count > 4", "count > 3", "tautology"),
        (None, "count > 2 and count < 4", None),
        (None, "weight > 2 and weight < 3", None),
        (None, "count == 3.0", None),
        (None, "day > date('2026-05-01') and day < date('2026-05-03')", None),
        (None, "count is None", None),
        (None, "count is not None", None),
        (None, "'x' in marks and len(marks) == 2", None),
        (None, "'x' in marks and len(marks) == 1 and marks != {'y'}", "redundant_condition"),
        (None, "note > 'a' and note < 'b'", None),
        (None, "abs(count) < 1", None),
        (None, "ratio * 3 == 0.3", None),
        (None, "at > moment('2026-05-01T12:00Z') and at < moment('2026-05-01T12:01Z')", None),
    ],
)
def test_a_rule_that_never_applies_holds_or_fails_is_reported_and_another_is_not(
    when: str | None, require: str, code: str | None
) -> None:
    found = {each.code for each in report((when, require)).diagnostics}
    assert found == ({code} if code else set())


@pytest.mark.parametrize(
    ("when", "require", "operands"),
    [
        (None, "count > 3 and count > 1", ["count > 1"]),
        (None, "count > 1 and count > 3", ["count > 1"]),
        (None, "count > 3 or count > 1", ["count > 3"]),
        (None, "0 < count <= 10 and count != 12", ["count != 12"]),
        (None, "is_paid and (is_paid or is_sent)", ["is_paid or is_sent"]),
        (None, "size in ('s', 'm', 'l') and count > 1", ["size in ('s', 'm', 'l')"]),
        (None, "not (count > 3 and count > 1)", ["count > 1"]),
        (
            None,
            "not (day > date('2026-05-01') and not is_paid and day >= date('2026-05-02'))",
            ["day >= date('2026-05-02')"],
        ),
        (None, "count > 1 or False", ["False"]),
        ("size == 's'", "size != 'm' and count > 2", ["size != 'm'"]),
        ("count > 1 and count > 2", "is_paid", ["count > 1"]),
        ("size in ('s', 'm', 'l')", "is_paid", ["size in ('s', 'm', 'l')"]),
        ("count > 1", "count is not None and is_paid", ["count is not None"]),
        (None, "count is not None and count > 3", []),
        (None, "count is None or count > 3", []),
        ("is_paid", "count > 1 and other > 1", []),
    ],
)
def test_a_part_that_changes_no_value_is_reported(when: str | None, require: str, operands: list[str]) -> None:
    found = report((when, require)).diagnostics
    assert [each.part for each in found if each.code == "redundant_condition"] == operands
    assert len(found) == len(operands)


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        ((None, "count > 1"), (None, "count > 1"), ("duplicate", "r1", "r0")),
        ((None, "count > 1"), (None, "not count <= 1"), ("duplicate", "r1", "r0")),
        ((None, "count > 1"), (None, "1 < count"), ("duplicate", "r1", "r0")),
        ((None, "count > 1 and is_paid"), (None, "is_paid and count >= 2"), ("duplicate", "r1", "r0")),
        ((None, "day > date('2026-05-01')"), (None, "day >= date('2026-05-02')"), ("duplicate", "r1", "r0")),
        (("size == 's'", "is_paid"), ("size not in ('m', 'l')", "is_paid"), ("duplicate", "r1", "r0")),
        ((None, "count > 3"), (None, "count > 1"), ("subsumed", "r1", "r0")),
        ((None, "count > 1"), (None, "count > 3"), ("subsumed", "r0", "r1")),
        ((None, "count > 1 and is_paid"), (None, "is_paid"), ("subsumed", "r1", "r0")),
        ((None, "is_paid"), ("count > 1", "is_paid"), ("subsumed", "r1", "r0")),
        ((None, "count > 3"), (None, "count < 2"), ("conflict", "r1", "r0")),
        ((None, "count is None"), (None, "count == 3"), ("conflict", "r1", "r0")),
        (("size == 's'", "is_paid"), ("size != 'm'", "not is_paid"), ("conflict", "r1", "r0")),
        ((None, "day <= date('2026-05-01')"), (None, "day >= date('2026-05-02')"), ("conflict", "r1", "r0")),
        (("size == 's'", "is_paid"), ("size == 'm'", "not is_paid"), None),
        (("size == 's'", "count > 3"), (None, "count > 1"), None),  # else nothing would be asked of other sizes
        ((None, "count > 3"), (None, "count is not None"), None),  # a count that is missing fails only the second
        ((None, "count > 1"), (None, "count < 4"), None),
        ((None, "count > 1"), (None, "is_paid"), None),
        ((None, "weight > 1"), (None, "weight < 1.0000001"), None),
    ],
)
def test_two_rules_that_mean_the_same_or_contradict_each_other_are_reported(
    one: tuple[str | None, str], other: tuple[str | None, str], found: tuple[str, ...] | None
) -> None:
    assert codes(one, other) == ([found] if found else [])


def test_a_rule_subsumed_by_several_is_reported_with_the_first() -> None:
    assert codes((None, "count > 9"), (None, "count > 1"), (None, "count > 5")) == [
        ("subsumed", "r1", "r0"),
        ("subsumed", "r2", "r0"),
    ]


def test_a_rule_that_contradicts_several_is_reported_with_the_first() -> None:
    found = codes(*((None, f"count == {number}") for number in range(6)))
    assert found == [("conflict", f"r{number}", "r0") for number in range(1, 6)]


def test_a_rule_that_contradicts_one_is_also_reported_as_a_duplicate_of_another() -> None:
    assert codes((None, "count < 2"), (None, "count > 3"), (None, "count >= 4")) == [
        ("conflict", "r1", "r0"),
        ("conflict", "r2", "r0"),
        ("duplicate", "r2", "r1"),
    ]


@pytest.mark.parametrize("when", ["note == '{}'", "is_paid and count == {}", "day == date('2026-05-{:02}')"])
def test_no_truth_table_is_made_of_rules_that_never_apply_together(when: str, monkeypatch: pytest.MonkeyPatch) -> None:
    examined: list[Any] = []
    monkeypatch.setattr(pairs, "truth_table", lambda *trees, **_: examined.append(trees))
    rules = [(when.format(number), f"weight > {number} and other < {30 - number}") for number in range(1, 29)]
    assert report(*rules) == LintReport((), ())
    assert examined == []


def test_rules_that_never_apply_together_for_several_facts_are_not_reported() -> None:
    whens = ("count > 3 or is_paid", "count < 2 and not is_paid")
    assert codes((whens[0], "other > 1"), (whens[1], "other < 1")) == []


def test_a_subsumed_rule_of_higher_severity_is_only_info() -> None:
    rules = [
        Rule(id="enough", on="parcel", require="count > 0"),
        Rule(id="plenty", on="parcel", require="count > 9", severity="info"),
    ]
    found = report(*rules)
    assert [(each.code, each.rule, each.severity) for each in found.diagnostics] == [("subsumed", "enough", "info")]
    assert found.is_clean


def test_a_fix_that_cannot_make_the_rule_hold_is_reported() -> None:
    rule = Rule(
        id="r",
        on="parcel",
        when="size == 's'",
        require="count > 3 and other > 0",
        fix=("count", "note", "other", "size"),
    )
    assert codes(rule) == [("ineffective_fix", "r", "note")]
    rule = Rule(id="r", on="parcel", require="count > 3 and (count > 2 or is_paid)", fix=("count", "is_paid"))
    assert ("ineffective_fix", "r", "is_paid") in codes(rule)


def test_unused_facts_of_the_file_are_reported_and_a_hosts_are_not() -> None:
    text = """
    [facts.box.width]
    type = "int"
    [facts.box.height]
    type = "int"
    [[rule]]
    id = "a"
    on = "box"
    require = "width > 1"
    """
    found = RuleSet.from_toml(text, schemas={"parcel": SCHEMA}).lint().diagnostics
    assert [(each.code, each.on, each.part, each.path) for each in found] == [
        ("unused_fact", "box", "height", "facts.box.height")
    ]


def test_rules_without_an_example_are_info_where_others_have_one() -> None:
    rules = (Rule(id="a", on="parcel", require="count > 1"), Rule(id="b", on="parcel", require="is_paid"))
    assert report(*rules).diagnostics == ()
    example = Example(name="one", on="parcel", facts={"count": 2, "is_sent": True}, expect={"a": "holds"})
    found = report(*rules, examples=(example,))
    assert [(each.code, each.rule, each.severity) for each in found.diagnostics] == [("untested", "b", "info")]
    assert found.is_clean


def test_disabled_rules_are_not_checked() -> None:
    rules = RuleSet.of(
        [Rule(id="a", on="parcel", require="count > 1"), Rule(id="b", on="parcel", require="count > 1")],
        schemas={"parcel": SCHEMA},
    )
    assert rules.with_disabled("b").lint().diagnostics == ()
    assert RuleSet.of([], schemas={"parcel": SCHEMA}).lint() == LintReport((), ())


def test_every_code_has_a_severity_and_words() -> None:
    for each in DIAGNOSTICS.values():
        assert each.severity in ("error", "warning", "info")
        assert each.message
        assert each.hint


# --- what is undecided -----------------------------------------------------------------------------------------------


def test_rules_that_compare_facts_with_each_other_are_undecided() -> None:
    found = report((None, "day <= until"), (None, "count > 1"))
    assert found == LintReport((), ())  # a pair by itself is fully checked, a chain is not
    found = report((None, "count < other and other < weight and weight < count"), (None, "count > 1"))
    assert found == LintReport((), (Undecided(("r0",), "compares_facts"),))


@pytest.mark.parametrize(
    ("when", "require"),
    [
        ("day - days(3000000) > date('2026-05-01')", "is_paid"),
        ("abs(count) < 0", "is_paid"),
        (None, "count * 2 == 3"),
        (None, "min(count, 3) <= 3"),
        (None, "day + days(3000000) > date('2026-05-01')"),
    ],
)
def test_through_arithmetic_nothing_is_proved_and_the_report_says_so(when: str | None, require: str) -> None:
    assert report((when, require)) == LintReport((), (Undecided(("r0",), "unsolved"),))


def test_diagnostics_of_rules_that_compare_facts_are_marked_where_they_are_not_certain() -> None:
    found = report((None, "day < until"), (None, "day > until"))
    assert [(each.code, each.is_certain) for each in found.diagnostics] == [("conflict", True)]
    found = report((None, "count < other and other < weight"), (None, "count > other"))
    assert [(each.code, each.is_certain) for each in found.diagnostics] == [("conflict", False)]
    found = report((None, "day < until"), (None, "day <= until"))
    assert [(each.code, each.rule, each.is_certain) for each in found.diagnostics] == [("subsumed", "r1", True)]


def test_rules_with_too_many_cases_are_undecided() -> None:
    rows = {f"n{number}": {"type": "int"} for number in range(24)}
    schemas = {"x": Schema.from_rows("x", rows)}
    wide = " and ".join(f"{name} > 0" for name in rows)
    rules = RuleSet.of([Rule(id="wide", on="x", require=wide, fix=("n1",))], schemas=schemas)
    assert rules.lint() == LintReport((), (Undecided(("wide",), "too_many"),))


def test_comparisons_that_are_not_solved_do_not_explode() -> None:
    many = " or ".join(f"count * count == {number}" for number in range(40))
    marked = " and ".join(f"'{number}' in marks" for number in range(40))
    found = report((None, many), (None, marked))
    assert [(each.rules, each.why) for each in found.undecided] == [(("r0",), "unsolved"), (("r1",), "too_many")]


def test_few_pairs_of_a_hundred_rules_are_examined(monkeypatch: pytest.MonkeyPatch) -> None:
    examined: list[Any] = []
    real = pairs.truth_table
    monkeypatch.setattr(pairs, "truth_table", lambda *trees, **most: examined.append(trees) or real(*trees, **most))
    dice = random.Random(1)
    atoms = [
        *(
            f"{name} {operator} {number}"
            for name in ("count", "other", "weight")
            for operator in "<>"
            for number in range(9)
        ),
        *("is_paid", "is_sent", "size == 's'", "size in ('s', 'm')", "day < until", "note is not None", "'x' in marks"),
    ]
    rules = [
        Rule(
            id=f"r{number}",
            on="parcel",
            when=dice.choice([None, " and ".join(dice.sample(atoms, 2))]),
            require=" or ".join(dice.sample(atoms, 3)),
        )
        for number in range(100)
    ]
    report(*rules)
    assert len(examined) < 200  # of 4,950


# --- by trying everything --------------------------------------------------------------------------------------------

ATOMS = [
    *(
        f"count {operator} {number}"
        for operator in ("<", "<=", ">", ">=", "==", "!=")
        for number in ("1", "2", "2.5", "3", "4")
    ),
    "count in (1, 3)",
    "count not in (2, 2.5)",
    "0 < count < 3",
    "count is None",
    "count is not None",
    "is_paid",
    "is_sent",
    "is_paid is None",
    "is_sent == True",
    "size == 's'",
    "size != 'm'",
    "size in ('s', 'm')",
    "size in ('s', 'm', 'l')",
    *(f"day {operator} date('2026-05-0{number}')" for operator in ("<", ">=", "==") for number in (1, 2, 4)),
    "'x' in marks",
    "'y' not in marks",
    "marks == {'x'}",
    "marks != {'x', 'y'}",
    "len(marks) > 1",
    "len(marks) == 0",
]
COMPARED = ["count < other", "count >= other", "count == other", "day < until", "day <= until", "until - day > days(1)"]


def conditions(atoms: list[str]) -> st.SearchStrategy[str]:
    return st.recursive(
        st.sampled_from(atoms),
        lambda inner: st.one_of(
            st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda each: f"({' '.join(each)})"),
            inner.map("(not {})".format),
        ),
        max_leaves=3,
    )


def bodies(atoms: list[str]) -> st.SearchStrategy[tuple[str | None, str]]:
    return st.tuples(st.none() | conditions(atoms), conditions(atoms))


def tried(rules: RuleSet) -> Iterator[tuple[bool, list[tuple[bool | None, bool | None, bool | None]]]]:
    """Of every assignment: whether every comparison is values_of, and of each rule when, require, and the two together."""
    cases = [rules.case(each.id) for each in rules.rules]
    names = sorted({name for case in cases for name in case.facts})
    atoms = [atom for case in cases for atom in atoms_of(case.whole)]
    for values in product(*(GRID[name] for name in names)):
        facts = dict(zip(names, values, strict=True))
        values_of = [
            (
                True if case.when is None else evaluate(case.when, facts),
                evaluate(case.require, facts),
                evaluate(case.whole, facts),
            )
            for case in cases
        ]
        yield all(evaluate(atom, facts) is not None for atom in atoms), values_of


def fault_by_trying(rules: RuleSet) -> str | None:
    rows = [(is_known, *values_of[0]) for is_known, values_of in tried(rules)]
    if not any(when for _, when, _, _ in rows):
        return "unreachable"
    values_of = [require for _, when, require, _ in rows if when and require is not None]
    if values_of and not any(values_of):
        return "unsatisfiable"
    return "tautology" if not any(whole is False for *_, whole in rows) else None


def small(bodies: list[tuple[str | None, str]]) -> RuleSet | None:
    made = [Rule(id=f"r{at}", on="parcel", when=when, require=require) for at, (when, require) in enumerate(bodies)]
    rules = RuleSet.of(made, schemas={"parcel": SCHEMA})
    read = {name for each in made for name in rules.case(each.id).facts}
    size = 1
    for name in read:
        size *= len(GRID[name])
    return rules if size <= 4_000 else None


@settings(max_examples=80)
@given(body=bodies(ATOMS))
def test_a_fault_is_reported_exactly_when_trying_every_value_finds_it(
    body: tuple[str | None, str],
) -> None:
    rules = small([body])
    if rules is not None:
        found = rules.lint()
        assert not found.undecided
        faults = {each.code for each in found.diagnostics} & {"unreachable", "unsatisfiable", "tautology"}
        assert faults == {fault_by_trying(rules)} - {None}


def pair_by_trying(rules: RuleSet) -> tuple[str, str] | None:
    """(code, the rule it is said of), by what each code means."""
    one, other = (rules.case(each.id) for each in rules.rules)
    if (one.when, one.require) == (other.when, other.require):
        return ("duplicate", "r1")
    alone = [fault_by_trying(RuleSet.of([each], schemas=rules.schemas)) for each in rules.rules]
    if any(alone) or not set(one.facts) & set(other.facts):
        return None
    rows = [values_of for _, values_of in tried(rules)]
    if all(a[0] == b[0] and a[2] == b[2] for a, b in rows):
        return ("duplicate", "r1")
    both = [(a[1], b[1]) for a, b in rows if a[0] and b[0]]
    can = all(any(row[at][0] and row[at][1] for row in rows) for at in (0, 1))
    if can and any(None not in each for each in both) and not any(a and b for a, b in both):
        return ("conflict", "r1")
    if all(a[2] is False for a, b in rows if b[2] is False):
        return ("subsumed", "r1")
    if all(b[2] is False for a, b in rows if a[2] is False):
        return ("subsumed", "r0")
    return None


@settings(max_examples=120)
@given(one=bodies(ATOMS), other=bodies(ATOMS))
def test_a_pair_is_reported_exactly_when_trying_every_value_finds_it(
    one: tuple[str | None, str], other: tuple[str | None, str]
) -> None:
    rules = small([one, other])
    if rules is not None:
        found = [(each.code, each.rule) for each in rules.lint().diagnostics if each.other is not None]
        wanted = pair_by_trying(rules)
        assert found == ([wanted] if wanted else [])


def same(rules: RuleSet, left_out: RuleSet) -> bool:
    """Whether a rule that is shortened says the same wherever it could be values_of, and applies to the same facts."""
    one, other = rules.case("r0"), left_out.case("r0")
    names = one.facts
    for values in product(*(GRID[name] for name in names)):
        facts = dict(zip(names, values, strict=True))
        for old, new in ((one.when, other.when), (one.whole, other.whole)):
            before = True if old is None else evaluate(old, facts)
            after = True if new is None else evaluate(new, facts)
            if before is not None and after is not before:
                return False
    return True


@settings(max_examples=80)
@given(
    when=st.none() | st.sampled_from(ATOMS),
    operands=st.lists(st.sampled_from(ATOMS), min_size=2, max_size=3, unique=True),
    operator=st.sampled_from([" and ", " or "]),
)
def test_a_part_is_redundant_exactly_when_the_rule_is_the_same_without_it(
    when: str | None, operands: list[str], operator: str
) -> None:
    rules = small([(when, operator.join(f"({each})" for each in operands))])
    if rules is None or fault_by_trying(rules) is not None or "0 < count < 3" in operands:
        return
    spare = []
    for at, operand in enumerate(operands):
        rest = operands[:at] + operands[at + 1 :]
        shorter = small([(when, operator.join(f"({each})" for each in rest))])
        if shorter is not None and same(rules, shorter):
            spare.append(operand)
    found = [
        each.part for each in rules.lint().diagnostics if each.code == "redundant_condition" and each.key == "require"
    ]
    assert bool(found) == bool(spare)
    assert set(found) <= set(spare)


@settings(max_examples=80)
@given(body=bodies(ATOMS), name=st.sampled_from(["count", "is_paid", "size", "marks"]))
def test_a_fix_is_ineffective_exactly_when_no_change_of_it_alone_makes_the_rule_hold(
    body: tuple[str | None, str], name: str
) -> None:
    rules = small([body])
    if rules is None or fault_by_trying(rules) is not None:
        return
    case = rules.case("r0")
    others = [each for each in case.facts if each != name]
    is_idle = True
    for values in product(*(GRID[each] for each in others)):
        facts = dict(zip(others, values, strict=True))
        is_idle &= len({evaluate(case.whole, facts | {name: each}) is True for each in GRID[name]}) == 1
    found = RuleSet.of(
        [Rule(id="r0", on="parcel", when=body[0], require=body[1], fix=(name,))], schemas=rules.schemas
    ).lint()
    assert [each.part for each in found.diagnostics if each.code == "ineffective_fix"] == ([name] if is_idle else [])


@settings(max_examples=80)
@given(one=bodies(ATOMS[:6] + COMPARED), other=bodies(ATOMS[:6] + COMPARED))
def test_no_diagnostic_of_rules_that_compare_facts_is_wrong(
    one: tuple[str | None, str], other: tuple[str | None, str]
) -> None:
    rules = small([one, other])
    if rules is None:
        return
    rows = [values_of for _, values_of in tried(rules)]
    for each in rules.lint().diagnostics:
        a, b = (
            (row[int(str(each.rule)[1:])] for row in rows),
            (row[int(str(each.other or each.rule)[1:])] for row in rows),
        )
        both = list(zip(a, b, strict=True))
        if each.code == "unreachable":
            assert not any(x[0] for x, _ in both)
        elif each.code == "tautology":
            assert not any(x[2] is False for x, _ in both)
        elif each.code == "unsatisfiable":
            assert not any(x[0] and x[1] for x, _ in both)
        elif each.code == "duplicate":
            assert all(x[2] == y[2] and x[0] == y[0] for x, y in both)
        elif each.code == "subsumed":
            assert all(y[2] is False for x, y in both if x[2] is False)
        elif each.code == "conflict":
            assert not any(x[0] and x[1] and y[0] and y[1] for x, y in both)


def test_the_grid_has_every_fact_that_is_tried() -> None:
    for atom in (*ATOMS, *COMPARED):
        tree = RuleSet.of([Rule(id="r", on="parcel", require=atom)], schemas={"parcel": SCHEMA}).case("r").require
        assert set(fact_names(tree)) <= set(GRID)
