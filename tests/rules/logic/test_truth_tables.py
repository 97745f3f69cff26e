"""Worlds leave none out: however a fact is reckoned with, how its comparisons come out is among those looked at."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, localcontext
from itertools import pairwise, product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coachcore import NotValid
from coachcore.rules import Rule, RuleSet, Schema, Verdict
from coachcore.rules.explain import Interval, Intervals
from coachcore.rules.expr.evaluate import DURATION_UNITS, MAX_DURATION, evaluate
from coachcore.rules.expr.nodes import Atom, atoms_of, fact_names
from coachcore.rules.expr.parse import parse
from coachcore.rules.lint import LintReport
from coachcore.rules.logic.breakpoints import on_line
from coachcore.rules.logic.samples import is_bare, samples
from coachcore.rules.logic.truth_table import TruthTable, truth_table

ROWS: dict[str, Any] = {
    "load": {"type": "decimal"},
    "speed": {"type": "float"},
    "crates": {"type": "int"},
    "transit": {"type": "duration"},
    "sent_on": {"type": "date"},
    "left_at": {"type": "moment"},
    "arrived_at": {"type": "moment"},
    "is_insured": {"type": "bool"},
    "is_sealed": {"type": "bool", "unknown": False},
    "ports": {"type": "set", "of": "text"},
    "level": {"type": "int", "members": [1, 2, 5]},
    "depth": {"type": "int", "members": [1, 2, 5], "unknown": False},
}
FREIGHT = Schema.from_rows("freight", ROWS)


def ruled(*requires: str, **more: Any) -> RuleSet:
    rules = [Rule(id=f"r{at}", on="freight", require=each, **more) for at, each in enumerate(requires)]
    return RuleSet.of(rules, schemas={"freight": FREIGHT})


def linted(*requires: str, **more: Any) -> LintReport:
    return ruled(*requires, **more).lint()


def codes(*requires: str) -> list[str]:
    return [each.code for each in linted(*requires).diagnostics]


def verdict_of(require: str, facts: Mapping[str, Any], **more: Any) -> Verdict:
    (found,) = ruled(require, **more).evaluate({"is_sealed": True, "depth": 1, **facts}, on="freight")
    return found


def spans(verdict: Verdict) -> tuple[Interval, ...]:
    allowed = verdict.repairs[0].changes[0].allowed
    assert isinstance(allowed, Intervals)
    return allowed.spans


def is_among(found: TruthTable, told: Mapping[Atom, bool | None]) -> bool:
    """Whether comparisons come out in some world as they were told."""
    left = found.all
    for atom, value in told.items():
        left &= found.where(atom, value)
    return bool(left)


# --- by name ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("require", "holding", "failing"),
    [
        ("days(load) > days(2)", Decimal(3), Decimal(1)),
        ("days(speed) > days(2)", 3.0, 1.0),
        ("hours(load) <= days(1)", Decimal(20), Decimal(30)),
        ("load * days(1) <= days(7)", Decimal(7), Decimal(8)),
        ("weeks(load) * 2 >= days(7)", Decimal(1), Decimal("0.25")),
        ("date('2026-05-01') + days(load) <= date('2026-05-03')", Decimal(2), Decimal(3)),
        ("moment('2026-05-01T00:00Z') + hours(crates) < moment('2026-05-04T00:00Z')", 71, 72),
        ("moment('2026-05-01T12:00Z') + hours(load) <= moment('2026-05-02T12:00Z')", Decimal(24), Decimal(25)),
        ("transit * 0.5 <= days(1)", timedelta(days=2), timedelta(days=2.5)),
        ("transit * 0.25 > days(1)", timedelta(days=5), timedelta(days=4)),
        ("0.5 * transit != days(0)", timedelta(microseconds=2), timedelta(microseconds=1)),
        ("date('2026-05-10') - transit >= date('2026-05-01')", timedelta(days=9), timedelta(days=10)),
        ("date('2026-05-01') + transit <= date('2026-05-10')", timedelta(days=9), timedelta(days=10)),
        ("date('2026-05-01') - days(crates) == date('2026-04-30')", 1, 4),
        ("(sent_on + days(1)) + days(1) <= date('2026-05-10')", date(2026, 5, 8), date(2026, 5, 9)),
        ("sent_on - days(2) is not None", date(2026, 5, 8), date.min),
        ("left_at + days(1) is not None", datetime(2026, 5, 8, tzinfo=UTC), datetime.max.replace(tzinfo=UTC)),
        ("transit + days(1) is not None", timedelta(), MAX_DURATION),
        ("transit / days(1) is not None", timedelta(), timedelta(days=100_001)),
        ("left_at - moment('2026-05-01T12:00') > days(1)", datetime(2026, 5, 8), datetime(2026, 5, 1)),
        ("load + 1 != 1 or load == 0", Decimal(0), Decimal("1e-40")),
    ],
)
def test_what_can_come_out_both_ways_is_not_said_to_come_out_in_one(require: str, holding: Any, failing: Any) -> None:
    rules = ruled(require)
    case = rules.case("r0")
    (name,) = case.facts
    assert [evaluate(case.whole, {name: each}) for each in (holding, failing)] == [True, False]
    assert rules.lint().diagnostics == ()


def test_reasons_know_where_a_term_made_a_duration_changes_its_answer() -> None:
    verdict = verdict_of("is_insured or days(load) > days(2)", {"load": Decimal(1)})
    assert [reason.text for reason in verdict.reasons] == ["is_insured", "days(load) > days(2)"]
    assert [reason.text for reason in verdict.contrast] == ["is_insured"]


def test_reasons_know_where_the_calendar_ends() -> None:
    require = "sent_on + days(3) < date('2026-05-10') and sent_on - days(2) is not None"
    verdict = verdict_of(require, {"sent_on": date.min})
    assert [reason.text for reason in verdict.reasons] == ["sent_on - days(2) is not None"]


def test_a_repair_of_a_share_of_a_duration_ends_where_a_person_would_say() -> None:
    verdict = verdict_of("transit * 0.5 <= days(1)", {"transit": timedelta(days=3)}, fix=("transit",))
    (span,) = spans(verdict)
    assert (span.low, span.high) == (None, timedelta(days=2))  # a microsecond more would do too: its half is rounded
    assert not verdict.repairs[0].is_exact


def test_a_fix_of_days_is_a_number_that_a_person_would_write() -> None:
    verdict = verdict_of("days(load) <= days(2)", {"load": Decimal(3)}, fix=("load",))
    (span,) = spans(verdict)
    assert (span.low, span.high, span.high_open) == (None, Decimal(2), False)


def test_days_of_how_many_are_in_a_set_are_explained() -> None:
    assert codes("days(len(ports)) > days(2)") == []
    verdict = verdict_of("days(len(ports)) > days(2)", {"ports": frozenset({"riga"})})
    assert [reason.text for reason in verdict.reasons] == ["days(len(ports)) > days(2)"]


@pytest.mark.parametrize("text", ["1e999999999", "-1e999999999", "1e-999999999", "-1e-999999999", "1e500", "-1e-500"])
def test_a_decimal_is_on_the_line_however_far_out_it_is(text: str) -> None:
    number = Decimal(text)
    assert [on_line(number) < on_line(each) for each in (Decimal(-3), Decimal(0), Decimal(3))] == [
        number < each for each in (-3, 0, 3)
    ]


def test_a_duration_made_of_a_decimal_is_rounded_as_a_double_is() -> None:
    trees = [parse(text, FREIGHT) for text in ("hours(load) is None", "load * hours(1) is None")]
    found = truth_table(FREIGHT, *trees)
    assert found is not None
    load = Decimal("96000000.0000000041685070423")  # as a double it is the longest duration, and times an hour longer
    told = {atom: evaluate(atom, {"load": load}) for tree in trees for atom in atoms_of(tree)}
    assert list(told.values()) == [False, True]
    assert is_among(found, told)


def test_a_fact_that_cannot_be_unknown_and_is_comes_out_in_no_world() -> None:
    condition = parse("is_sealed", FREIGHT)
    found = truth_table(FREIGHT, condition)
    assert found is not None
    assert is_among(found, {condition: True})
    assert not is_among(found, {condition: None})


def test_a_fact_of_a_few_whole_numbers_is_each_of_them_and_no_other() -> None:
    assert codes("level <= 5") == ["tautology"]
    assert codes("depth > 2 and depth < 5") == ["unsatisfiable"]
    assert codes("depth * depth != 5") == ["tautology"]


def test_a_few_whole_numbers_are_told_where_they_are_reckoned_with() -> None:
    assert codes("level * level == 4", "level > 1 and level < 5") == ["duplicate"]


def test_terms_of_moments_without_a_zone_are_compared_without_one() -> None:
    assert codes("left_at + (left_at - arrived_at) < moment('2026-05-01T12:00')") == []


def test_comparisons_of_a_term_that_is_not_solved_come_out_by_its_order() -> None:
    condition = parse(" or ".join(f"crates * crates > {number}" for number in range(11)), FREIGHT)
    found = truth_table(FREIGHT, condition)
    assert found is not None
    assert (found.size, found.is_exact) == (13, False)  # twelve stretches, and unknown


def test_a_term_that_turns_too_often_is_not_solved() -> None:
    term = "speed"
    for number in range(14):
        term = f"abs({term} - {number})"
    found = truth_table(FREIGHT, parse(f"{term} > 0.3", FREIGHT))
    assert found is not None
    assert (found.size, found.is_exact) == (3, False)


def test_of_a_fact_those_comparisons_that_are_solved_are_told_together() -> None:
    condition = parse("crates * crates > 4 and crates > 1 and crates < 2", FREIGHT)
    found = truth_table(FREIGHT, condition)
    assert found is not None
    assert not found.of(condition)[0]


# --- by trying -------------------------------------------------------------------------------------------------------

NUMBERS = ["0", "1", "2", "7", "0.5", "0.25", "0.3", "0.1", "1.5", "10", "-2", "-0.5", "3.7", "1000000"]
FACTS = {
    "load": "number",
    "speed": "number",
    "crates": "number",
    "transit": "span",
    "sent_on": "day",
    "left_at": "moment",
}
written: Mapping[str, st.SearchStrategy[str]] = {
    "number": st.sampled_from(NUMBERS),
    "span": st.builds("{}({})".format, st.sampled_from(tuple(DURATION_UNITS)), st.sampled_from(NUMBERS[:-1])),
    "day": st.sampled_from(["date('2026-05-01')", "date('2026-05-03')", "date('0001-01-03')", "date('9999-12-30')"]),
    "moment": st.sampled_from(["moment('2026-05-01T12:00Z')", "moment('2026-05-02T00:00:00.000001Z')"]),
}
STEPS: Mapping[str, list[tuple[str, str]]] = {
    # what can be made of a term of a kind: the kind it gives, and how; of {0} the term and of {kind} something written
    "number": [
        *(("number", f"({{0}} {operator} {{number}})") for operator in "+-*/"),
        *(("number", f"({{number}} {operator} {{0}})") for operator in "-/"),
        *(("number", text) for text in ("(-{0})", "abs({0})", "min({0}, {number})", "max({0}, {number})")),
        *(("span", f"{name}({{0}})") for name in DURATION_UNITS),
        ("span", "({0} * {span})"),
    ],
    "span": [
        *(("span", text) for text in ("({0} + {span})", "({span} - {0})", "({0} * {number})", "max({0}, {span})")),
        *((fact_type, f"({{{fact_type}}} {operator} {{0}})") for fact_type in ("day", "moment") for operator in "+-"),
        ("number", "({0} / {span})"),
    ],
    "day": [
        *(("day", f"({{0}} {operator} {{span}})") for operator in "+-"),
        ("span", "({0} - {day})"),
        ("span", "({day} - {0})"),
    ],
    "moment": [*(("moment", f"({{0}} {operator} {{span}})") for operator in "+-"), ("span", "({0} - {moment})")],
}


@st.composite
def comparisons(draw: st.DrawFn, fact: str) -> str:
    """A comparison with a constant of a term that reads a fact once."""
    fact_type, term = FACTS[fact], fact
    for _ in range(draw(st.integers(0, 3))):
        fact_type, text = draw(st.sampled_from(STEPS[fact_type]))
        term = text.format(term, **{name: draw(each) for name, each in written.items()})
    if draw(st.integers(0, 5)) == 0:
        return f"{term} is not None"
    return f"{term} {draw(st.sampled_from(['<', '<=', '>', '>=', '==', '!=']))} {draw(written[fact_type])}"


ORIGIN = datetime(2026, 5, 1, 12, tzinfo=UTC)
AT: Mapping[str, Callable[[Any], Any]] = {
    "load": lambda at: Decimal(at),
    "speed": float,
    "crates": int,
    "transit": lambda at: timedelta(microseconds=int(at)),
    "sent_on": lambda at: ORIGIN.date() + timedelta(days=int(at)),
    "left_at": lambda at: ORIGIN + timedelta(microseconds=int(at)),
}
SPREADS = {
    **dict.fromkeys(("load", "speed", "crates"), (1, 10, 1_000, 10**6, 10**9, 10**13, 2 * 10**15)),
    **dict.fromkeys(("transit", "left_at"), (10, 36 * 10**8, 864 * 10**8, 864 * 10**10, 864 * 10**13, 4 * 10**17)),
    "sent_on": (3, 30, 10_000, 739_000),
}


def is_divided(fact: str) -> bool:
    return fact in ("load", "speed")


Told = tuple[bool | None, ...]


def by_trying(fact: str, atoms: Sequence[Atom], drawn: list[int]) -> dict[Told, Any]:
    """A value for each way that comparisons came out along a fact: where it was tried, and at both sides of a change."""
    found: dict[Told, Any] = {}

    def told(at: Any) -> Told | None:
        try:
            value = AT[fact](at)
        except (OverflowError, ValueError):
            return None
        how = tuple(evaluate(atom, {fact: value}) for atom in atoms)
        found.setdefault(how, value)
        return how

    tried = [(at, how) for at in sorted(set(drawn)) if (how := told(at)) is not None]
    for (low, before), (high, after) in pairwise(tried):
        for number in range(len(atoms)):
            one, other = Decimal(low), Decimal(high)
            while before[number] is not after[number] and other - one > Decimal("1e-18"):
                middle = (one + other) / 2 if is_divided(fact) else (one + other) // 2
                how = None if middle in (one, other) else told(middle)
                if how is None:
                    break
                one, other = (middle, other) if how[number] is before[number] else (one, middle)
    found.setdefault(tuple(evaluate(atom, {}) for atom in atoms), None)
    return found


def tried_values(data: st.DataObject, fact: str, atoms: Sequence[Atom]) -> dict[Told, Any]:
    spreads = data.draw(st.lists(st.sampled_from(SPREADS[fact]), min_size=6, max_size=20))
    with localcontext(prec=40):
        return by_trying(fact, atoms, [data.draw(st.integers(-each, each)) for each in spreads])


def is_in_range(text: str) -> bool:
    """Whether the constants of a condition come to numbers in range."""
    with suppress(NotValid):
        return parse(text, FREIGHT) is not None
    return False


@settings(max_examples=150, deadline=None)
@given(data=st.data(), fact=st.sampled_from(list(FACTS)))
def test_however_comparisons_of_a_fact_come_out_is_a_world(data: st.DataObject, fact: str) -> None:
    texts = data.draw(st.lists(comparisons(fact).filter(is_in_range), min_size=1, max_size=3))
    trees = [parse(each, FREIGHT) for each in texts]
    found = truth_table(FREIGHT, *trees)
    assert found is not None
    assert found.is_exact is all(is_bare(atom) for tree in trees for atom in atoms_of(tree))
    atoms = tuple(dict.fromkeys(atom for tree in trees for atom in atoms_of(tree)))
    for told in tried_values(data, fact, atoms):
        assert is_among(found, dict(zip(atoms, told, strict=True))), told


@st.composite
def rule_pairs(draw: st.DrawFn, facts: list[str]) -> list[Rule]:
    """Two rules on the same few comparisons, each of one of the facts with constants."""
    pool = [draw(comparisons(draw(st.sampled_from(facts))).filter(is_in_range)) for _ in range(3)]
    operand = st.builds("{}({})".format, st.sampled_from(["", "not "]), st.sampled_from(pool))
    joined = st.builds(
        lambda operator, operands: operator.join(operands),
        st.sampled_from([" and ", " or "]),
        st.lists(operand, min_size=1, max_size=2),
    )
    return [Rule(id=f"r{at}", on="freight", when=draw(st.none() | operand), require=draw(joined)) for at in range(2)]


@settings(max_examples=50, deadline=None)
@given(data=st.data(), facts=st.lists(st.sampled_from(list(FACTS)), min_size=1, max_size=2, unique=True))
def test_no_fact_that_is_tried_is_other_than_what_is_said_of_it(data: st.DataObject, facts: list[str]) -> None:
    rules = RuleSet.of(data.draw(rule_pairs(facts)), schemas={"freight": FREIGHT})
    cases = [rules.case(each.id) for each in rules.rules]
    atoms = [atom for case in cases for atom in atoms_of(case.whole)]
    values = [
        tried_values(data, name, [atom for atom in atoms if fact_names(atom) == (name,)]).values() for name in facts
    ]
    rows = [dict(zip(facts, each, strict=True)) for each in product(*values)]
    told = [
        [(True if case.when is None else evaluate(case.when, row), evaluate(case.require, row)) for case in cases]
        for row in rows
    ]
    report = rules.lint()
    assert bool(report.undecided) >= any(not is_bare(atom) for atom in atoms_of(cases[0].whole))
    for each in report.diagnostics:
        one, other = (int(str(name)[1:]) for name in (each.rule, each.other or each.rule))
        assert not [
            row for row, found in zip(rows, told, strict=True) if is_refuted(each.code, found[one], found[other])
        ]


Outcome = tuple[bool | None, bool | None]


def is_refuted(code: str, one: Outcome, other: Outcome) -> bool:
    """Whether how two rules apply and hold is other than a remark says; of a remark on one rule, it stands for both."""
    holds = [each == (True, True) for each in (one, other)]
    fails = [each == (True, False) for each in (one, other)]
    return {
        "unreachable": one[0] is True,
        "tautology": fails[0],
        "unsatisfiable": holds[0],
        "duplicate": one[0] is not other[0] or fails[0] != fails[1],
        "subsumed": fails[0] and not fails[1],
        "conflict": all(holds),
    }.get(code, False)


@settings(max_examples=50, deadline=None)
@given(data=st.data(), fact=st.sampled_from(list(FACTS)))
def test_a_rule_of_which_nothing_is_said_holds_of_some_values_and_fails_on_others(
    data: st.DataObject, fact: str
) -> None:
    texts = data.draw(st.lists(comparisons(fact).filter(is_in_range), min_size=1, max_size=2, unique=True))
    rules = ruled(" or ".join(texts))
    whole = rules.case("r0").whole
    found = samples(FREIGHT.facts[fact], atoms_of(whole))
    assert found.is_exact is all(is_bare(atom) for atom in atoms_of(whole))
    if not found.is_exact:
        assert rules.lint().undecided
        return
    told = {evaluate(whole, {fact: each}) for each in [*found.values, None]}
    faults = {each.code for each in rules.lint().diagnostics} & {"unsatisfiable", "tautology"}
    assert faults == ({"tautology"} if False not in told else {"unsatisfiable"} if True not in told else set())


@pytest.mark.parametrize("text", ["moment('2026-05-01T12:00Z') in seen", "at in seen", "at in seen and len(seen) > 1"])
def test_moments_looked_for_in_a_set_are_explained(text: str) -> None:
    schema = Schema.from_rows("log", {"seen": {"type": "set", "of": "moment"}, "at": {"type": "moment"}})
    rules = RuleSet.of([Rule(id="r", on="log", require=text)], schemas={"log": schema})
    noon = datetime(2026, 5, 1, 12, tzinfo=UTC)
    for seen in (frozenset(), frozenset({noon}), frozenset({noon.replace(tzinfo=None)}), None):
        (verdict,) = rules.evaluate({"seen": seen, "at": noon}, on="log")
        assert verdict.explain().reasons
    assert rules.lint().diagnostics == ()
