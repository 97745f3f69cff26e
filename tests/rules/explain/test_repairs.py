"""Fixes are right as they are told: together, to the end of each span, for texts and sets, and however many facts there are."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import islice, pairwise, product
from math import inf, nextafter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coachcore.rules import Outcome, Rule, RuleSet, Schema, Verdict
from coachcore.rules.explain import Interval, Intervals, NoneOf, OneOf, Repair, SetEdit
from coachcore.testing.rules import conditions, facts

TYPES: Mapping[str, Any] = {
    "crates": {"type": "int"},
    "trucks": {"type": "int"},
    "drivers": {"type": "int", "members": [1, 2, 5]},
    "fill": {"type": "float"},
    "load": {"type": "float"},
    "weight": {"type": "decimal"},
    "most": {"type": "decimal"},
    "label": {"type": "text"},
    "port": {"type": "text"},
    "size": {"type": "text", "members": ["s", "m", "l"]},
    "marks": {"type": "set"},
    "papers": {"type": "set", "members": ["cn22", "invoice", "permit"]},
    "sent_on": {"type": "date"},
    "due_on": {"type": "date"},
    "left_at": {"type": "moment"},
    "late_by": {"type": "duration"},
    "is_rush": {"type": "bool"},
}
SCHEMA = Schema.from_rows("freight", TYPES)
FAR = 10**12


def verdict(text: str, known: Mapping[str, Any], fix: Any = (), types: Mapping[str, Any] = TYPES) -> Verdict:
    schema = SCHEMA if types is TYPES else Schema.from_rows("freight", types)
    rule = Rule(id="r", on="freight", require=text, fix=tuple(fix))
    return RuleSet.of([rule], schemas={"freight": schema}).evaluate(known, on="freight")[0]


def repairs(text: str, known: Mapping[str, Any], *fix: str) -> list[dict[str, Any]]:
    """What each fact of each fix may become."""
    return [{each.fact: each.allowed for each in one.changes} for one in verdict(text, known, fix).repairs]


# --- right together --------------------------------------------------------------------------------------------------


def sampled(allowed: Any, to: Any) -> list[Any]:
    """Values that a change allows: its own, those at the ends of its spans and beside them, and some further in."""
    if isinstance(allowed, OneOf):
        return list(allowed.members)
    if isinstance(allowed, NoneOf):
        return [to, *(each for each in ("", "a", "b", "y", "zz") if each in allowed)]
    if not isinstance(allowed, Intervals):
        return [to]
    ends = [each for span in allowed.spans for each in (span.low, span.high) if each is not None]
    return [to, *(value for end in [*ends, to] for value in _around(end) if value in allowed)]


def _around(end: Any) -> Iterator[Any]:
    match end:
        case str():
            yield from (end, end + "\0", end + "a", end[:-1], "", "zz")
        case float():
            yield from (end, nextafter(end, inf), nextafter(end, -inf), end + 1e-9, end - 1e-9, end + 1, end - 7)
        case Decimal():
            yield from (end + Decimal(by) for by in ("0", "1e-9", "-1e-9", "1", "-7", "0.25"))
        case int():
            yield from (end + by for by in (0, 1, -1, 2, -7, 30))
        case datetime() | timedelta():
            yield from (end + timedelta(microseconds=by) for by in (0, 1, -1, 10**12, -(10**12)))
        case date():
            yield from (end + timedelta(days=by) for by in (0, 1, -1, 40, -40))


def is_far(known: Mapping[str, Any]) -> bool:
    return any(isinstance(each, int | float | Decimal) and abs(each) >= FAR for each in known.values())


def holds_throughout(text: str, known: Mapping[str, Any], fix: Repair, types: Mapping[str, Any] = TYPES) -> None:
    """Whatever each fact becomes within what it is allowed, the rule holds (out of range aside)."""
    names = [each.fact for each in fix.changes]
    assert all(each.to in each.allowed for each in fix.changes), fix
    changed = {**known, **{each.fact: each.to for each in fix.changes}}
    assert verdict(text, changed, types=types).outcome is Outcome.HOLDS
    for values in islice(product(*(sampled(each.allowed, each.to) for each in fix.changes)), 150):
        news = {**known, **dict(zip(names, values, strict=True))}
        wanted = {Outcome.HOLDS, Outcome.UNKNOWN} if is_far(news) else {Outcome.HOLDS}
        assert verdict(text, news, types=types).outcome in wanted, (fix, values)


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("crates + trucks <= 300", {}),
        ("crates - trucks >= 10 and crates < 50 and trucks > 20", {}),
        ("crates + trucks <= 10 and crates >= 1 and trucks >= 1", {}),
        ("(crates > 3 or trucks > 5) and (crates < 10 or trucks > 2) and crates != 0 and trucks != 0", {"crates": 0, "trucks": 0}),
        ("(crates == 1) == (trucks == 1) and crates > 0 and trucks > 0", {"crates": 0, "trucks": 0}),
        ("sent_on <= due_on and due_on <= date('2026-05-01') and sent_on > date('2026-04-01')", {}),
        ("weight <= most * 2 and most < 5 and weight > 3", {}),
    ],
)  # fmt: skip
def test_all_that_the_facts_of_a_fix_may_become_goes_together(text: str, known: Mapping[str, Any]) -> None:
    found = verdict(text, known, fix=TYPES).repairs
    assert found
    for each in found:
        holds_throughout(text, known, each)


@settings(max_examples=250, deadline=None)
@given(text=conditions(SCHEMA), known=facts(SCHEMA))
def test_so_it_is_whatever_the_condition(text: str, known: dict[str, Any]) -> None:
    for each in verdict(text, known, fix=TYPES).repairs:
        holds_throughout(text, known, each)


FEW: Mapping[str, Any] = {
    name: TYPES[name] for name in ("crates", "trucks", "drivers", "weight", "fill", "label", "is_rush")
}


@settings(max_examples=250, deadline=None)
@given(text=conditions(Schema.from_rows("freight", FEW)), known=facts(Schema.from_rows("freight", FEW)))
def test_so_it_is_where_the_facts_are_few_and_compared_with_each_other(text: str, known: dict[str, Any]) -> None:
    for each in verdict(text, known, fix=FEW, types=FEW).repairs:
        holds_throughout(text, known, each, types=FEW)


def test_facts_of_separate_comparisons_are_all_told_in_full() -> None:
    (found,) = repairs("crates > 3 and label != 'x'", {"crates": 0, "label": "x"}, *TYPES)
    assert found == {"crates": Intervals((Interval(low=4),)), "label": NoneOf(("x",))}
    assert repairs("crates > 3 and trucks > 1 and label != 'x'", {"crates": 0, "trucks": 0, "label": "x"}, *TYPES) == []


def test_of_facts_that_hang_on_each_other_one_is_told_in_full() -> None:
    (found,) = repairs("crates - trucks >= 10 and crates < 50 and trucks > 20", {}, "crates", "trucks")
    assert found == {
        "crates": Intervals((Interval(low=31, high=49),)),
        "trucks": Intervals((Interval(low=21, high=21),)),
    }


@pytest.mark.parametrize(
    ("text", "known", "facts_of_it"),
    [
        ("crates > trucks and trucks == 2", {"crates": 1}, {"crates", "trucks"}),
        ("crates * trucks >= 1", {}, {"crates", "trucks"}),
        ("not min(crates, trucks) < 2", {}, {"crates", "trucks"}),
        ("crates > trucks and trucks == load", {"crates": 2, "load": 4.0}, {"crates", "trucks"}),
        ("5 < trucks <= crates and trucks / crates <= 2", {"crates": -4, "trucks": 2}, {"crates", "trucks"}),
    ],
)  # fmt: skip
def test_facts_that_hang_on_each_other_are_found_whichever_is_told_first(
    text: str, known: Mapping[str, Any], facts_of_it: set[str]
) -> None:
    found = verdict(text, known, ["crates", "trucks", "drivers"]).repairs
    assert facts_of_it in [{each.fact for each in fix.changes} for fix in found]
    for fix in found:
        holds_throughout(text, known, fix)


# --- the end of a span -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "nearly"),
    [
        ("fill + 1000 > 1000.1", 0.1),
        ("fill + 1000000 > 1000000.5", 0.5),
        ("fill - 2 > -2", 0.0),
        ("fill * 3 > 0.3", 0.1),
    ],
)
def test_through_arithmetic_a_bound_is_a_short_number_that_was_tried_and_not_called_exact(
    text: str, nearly: float
) -> None:
    ((change,),) = (each.changes for each in verdict(text, {"fill": -5.0}, ["fill"]).repairs)
    assert not change.is_exact
    (span,) = change.allowed.spans
    assert (span.high, span.low_open) == (None, False)
    assert abs(span.low - nearly) <= 0.011
    assert len(repr(span.low)) <= 5
    assert verdict(text, {"fill": span.low}).outcome is Outcome.HOLDS
    assert verdict(text, {"fill": span.low - 0.02}).outcome is Outcome.FAILS


def test_a_float_under_a_ratio_may_become_a_short_number_near_zero() -> None:
    ((change,),) = (each.changes for each in verdict("10 / fill > 4", {"fill": -5.0}, ["fill"]).repairs)
    (span,) = change.allowed.spans
    assert (change.is_exact, span) == (False, Interval(low=0.01, high=2.49))


NUMBERS = st.sampled_from(["0.1", "0.25", "2.5", "3", "7", "33.33", "1000"])


def _wider(term: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    both = st.tuples(term, st.sampled_from("+-*/"), NUMBERS)
    return st.one_of(
        both.map("({0[0]} {0[1]} {0[2]})".format),
        both.map("({0[2]} {0[1]} {0[0]})".format),
        both.map("min({0[0]}, {0[2]})".format),
        term.map("abs({0})".format),
        term.map("-{0}".format),
    )


def reckoned(name: str) -> st.SearchStrategy[str]:
    """A comparison that reckons with a number, now and then as days."""
    term = st.recursive(st.just(name), _wider, max_leaves=3)
    signs = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])
    return st.one_of(
        st.tuples(term, signs, NUMBERS).map(" ".join),
        st.tuples(term, signs).map("days({0[0]}) {0[1]} days(1)".format),
        st.tuples(term, signs).map("sent_on + days({0[0]}) {0[1]} date('2026-03-03')".format),
        st.tuples(signs, NUMBERS).map("late_by * {0[1]} {0[0]} hours(7)".format),
    )


@settings(max_examples=200, deadline=None)
@given(
    operands=st.lists(st.sampled_from(["crates", "fill", "weight"]).flatmap(reckoned), min_size=1, max_size=3),
    operator=st.sampled_from([" and ", " or "]),
    known=facts(SCHEMA),
    fill=st.floats(-10, 10),
)
def test_all_that_is_told_is_so_however_what_is_reckoned_is_rounded(
    operands: list[str], operator: str, known: dict[str, Any], fill: float
) -> None:
    known = {**known, "fill": fill, "weight": Decimal(repr(fill)), "crates": round(fill)}
    for each in verdict(operator.join(operands), known, fix=TYPES).repairs:
        holds_throughout(operator.join(operands), known, each)


def test_a_duration_and_a_day_through_arithmetic_end_where_a_person_would_say() -> None:
    ((change,),) = (each.changes for each in verdict("late_by * 0.25 >= hours(7)", {}, ["late_by"]).repairs)
    assert (change.allowed, change.is_exact) == (Intervals((Interval(low=timedelta(hours=28)),)), False)
    text, known = (
        "sent_on + days(weight * -0.3) <= date('2026-03-03')",
        {"sent_on": date(2026, 3, 6), "weight": Decimal(0)},
    )
    ((change,),) = (each.changes for each in verdict(text, known, ["weight"]).repairs)
    (span,) = change.allowed.spans
    assert not change.is_exact
    assert Decimal(20) / 3 <= span.low <= 10  # a day that is moved by two days and a part goes a day more
    assert verdict(text, {**known, "weight": span.low}).outcome is Outcome.HOLDS


def test_a_decimal_that_is_rounded_to_what_is_asked_is_within_what_is_told() -> None:
    (fix,) = verdict("days((weight + 10) * -2) == days(0)", {"weight": Decimal("-5.123456789012")}, ["weight"]).repairs
    (change,) = fix.changes
    assert change.to in change.allowed
    assert Decimal(-10) in change.allowed


@pytest.mark.parametrize("digits", ["1e999999999", "-1e999999999", "1e1000000", "1e-999999999", "-1e-1000000"])
def test_a_decimal_beyond_all_measure_is_mended_or_left_but_not_reckoned_with(digits: str) -> None:
    far = Decimal(digits)
    for text in ("weight == 5", "weight < most", "weight + most == 7", "weight * most > 3 and weight > 5"):
        for known in ({"weight": far}, {"weight": far, "most": Decimal(3)}, {"weight": Decimal(3), "most": far}):
            for each in verdict(text, known, fix=("weight", "most")).repairs:
                assert all(change.to in change.allowed for change in each.changes)
    (found,) = repairs("weight == 5", {"weight": far}, "weight")
    assert found == {"weight": Intervals((Interval(low=Decimal(5), high=Decimal(5)),))}


# --- texts, members and sets -----------------------------------------------------------------------------------------


def test_a_text_looked_for_in_a_set_may_become_what_is_in_it_or_what_is_not() -> None:
    known = {"label": "c", "marks": frozenset({"c", "d"})}
    assert repairs("label not in marks", known, "label") == [{"label": NoneOf(("c", "d"))}]
    known["label"] = "x"
    assert repairs("label in marks", known, "label") == [{"label": OneOf(("c", "d"))}]
    assert repairs("label in marks", known, "marks") == [{"marks": SetEdit(("x",), ())}]
    assert repairs("label == port", {"label": "a", "port": "riga"}, "label") == [{"label": OneOf(("riga",))}]


def test_a_text_that_is_put_in_order_may_become_all_before_or_after() -> None:
    assert repairs("label < 'm'", {"label": "x"}, "label") == [
        {"label": Intervals((Interval(high="m", high_open=True),))}
    ]
    assert repairs("label > 'm'", {"label": "a"}, "label") == [
        {"label": Intervals((Interval(low="m", low_open=True),))}
    ]
    (found,) = repairs("'c' <= label < 'm' and label != 'd'", {"label": "x"}, "label")
    assert found["label"].spans == (
        Interval(low="c", high="d", high_open=True),
        Interval(low="d", low_open=True, high="m", high_open=True),
    )


def test_a_text_of_which_the_first_or_the_last_is_taken_is_solved() -> None:
    known = {"label": "p", "port": "c"}
    assert repairs("max(label, port) < 'm'", known, "label") == [
        {"label": Intervals((Interval(high="m", high_open=True),))}
    ]
    assert repairs("min(label, port) == 'c'", {"label": "a", "port": "c"}, "label") == [
        {"label": Intervals((Interval(low="c"),))}
    ]


def test_an_int_that_has_members_becomes_one_of_them() -> None:
    assert repairs("drivers > 1", {"drivers": 1}, "drivers") == [{"drivers": OneOf((2, 5))}]
    assert repairs("drivers + trucks == 9", {"drivers": 1, "trucks": 4}, "drivers") == [{"drivers": OneOf((5,))}]
    assert repairs("drivers + trucks == 9", {"drivers": 1, "trucks": 5}, "drivers") == []


def test_a_fact_within_a_comparison_of_conditions_is_solved() -> None:
    known = {"crates": 0, "is_rush": True}
    assert repairs("is_rush == (crates > 3)", known, "crates") == [{"crates": Intervals((Interval(low=4),))}]
    assert repairs("(crates > 3 or trucks > 2) is not None", {}, "trucks") == [
        {"trucks": Intervals((Interval(low=3),))}
    ]


def test_a_set_that_is_too_long_loses_items_and_one_too_short_gets_what_the_schema_names() -> None:
    assert repairs("len(marks) <= 2", {"marks": frozenset("abc")}, "marks") == [
        {"marks": SetEdit((), (each,), frozenset("abc") - {each})} for each in "abc"
    ]
    (found,) = repairs("len(marks) <= 2", {"marks": frozenset("abcdefgh")}, "marks")
    assert len(found["marks"].remove) == 6
    (found,) = repairs("len(marks) <= 2 and 'x' in marks", {"marks": frozenset("abcdefgh")}, "marks")
    assert (found["marks"].add, len(found["marks"].remove)) == (("x",), 7)
    assert repairs("len(marks) >= 1", {"marks": frozenset()}, "marks") == []
    assert repairs("len(papers) >= 1 and 'permit' not in papers", {"papers": frozenset()}, "papers") == [
        {"papers": SetEdit((each,), (), frozenset())} for each in ("cn22", "invoice")
    ]


def test_each_smallest_edit_of_a_set_is_a_fix_of_its_own() -> None:
    found = repairs("'cn22' in papers or 'invoice' in papers", {"papers": frozenset()}, "papers")
    assert found == [{"papers": SetEdit(("cn22",), ())}, {"papers": SetEdit(("invoice",), ())}]
    found = repairs("'a' in marks or 'b' in marks and 'c' in marks", {"marks": frozenset()}, "marks")
    assert found == [{"marks": SetEdit(("a",), ())}, {"marks": SetEdit(("b", "c"), ())}]


def test_a_set_gets_no_item_that_its_schema_does_not_name() -> None:
    known = {"marks": frozenset({"cn22", "late"}), "papers": frozenset()}
    assert repairs("marks == papers", known, "papers") == []
    assert repairs("marks == papers", known, "marks") == [{"marks": SetEdit((), ("cn22", "late"), frozenset())}]


def test_a_set_that_is_unknown_is_told_what_may_not_be_in_it() -> None:
    assert repairs("'late' not in marks", {}, "marks") == [{"marks": SetEdit((), ("late",))}]


def test_a_moment_that_nothing_bounds_is_proposed_beside_what_is_known() -> None:
    (fix,) = verdict("left_at is not None and sent_on is not None", {"sent_on": date(2026, 3, 4)}, ["left_at"]).repairs
    assert fix.changes[0].to == datetime(2026, 3, 4, tzinfo=UTC)
    (fix,) = verdict("due_on is not None and left_at > moment('2024-01-05T12:00Z')", {"left_at": datetime(2026, 1, 1, tzinfo=UTC)}, ["due_on"]).repairs  # fmt: skip
    assert fix.changes[0].to == date(2026, 1, 1)


# --- many facts ------------------------------------------------------------------------------------------------------

MANY: Mapping[str, Any] = {f"x{n}": {"type": "int"} for n in range(20)}
NONE: Mapping[str, Any] = dict.fromkeys(MANY, 0)


def test_of_facts_that_have_to_change_together_two_are_a_repair_and_more_are_none() -> None:
    names = list(MANY)
    (fix,) = verdict(" and ".join(f"{name} > 5" for name in names[:2]), NONE, MANY, MANY).repairs
    assert {each.fact: each.allowed for each in fix.changes} == dict.fromkeys(names[:2], Intervals((Interval(low=6),)))
    assert fix.is_exact
    for count in (3, 20):
        assert verdict(" and ".join(f"{name} > 5" for name in names[:count]), NONE, MANY, MANY).repairs == ()


def test_twenty_facts_of_which_one_has_to_change_are_twenty_fixes() -> None:
    found = verdict(" or ".join(f"{name} > 5" for name in MANY), NONE, MANY, MANY).repairs
    assert [[each.fact for each in fix.changes] for fix in found] == [[name] for name in MANY]


def test_of_two_pairs_every_choice_of_one_of_each_is_a_repair() -> None:
    found = verdict("(x0 > 5 or x1 > 5) and (x2 > 5 or x3 > 5)", NONE, MANY, MANY).repairs
    assert [{each.fact for each in fix.changes} for fix in found] == [
        {"x0", "x2"}, {"x0", "x3"}, {"x1", "x2"}, {"x1", "x3"}
    ]  # fmt: skip


def test_a_fact_that_cannot_be_repaired_does_not_hide_that_others_can() -> None:
    text = "x0 > 5"
    assert verdict(f"{text} and x12 > 5 and x12 < 3", NONE, MANY, MANY).repairs == ()
    (fix,) = verdict(f"{text} and (x12 > 5 and x12 < 3 or x13 > 1)", NONE, MANY, MANY).repairs
    assert {each.fact for each in fix.changes} == {"x0", "x13"}


def test_facts_in_a_chain_are_repaired_up_to_two() -> None:
    for links, is_repaired in ((3, True), (4, False)):
        names = list(MANY)[:links]
        text = " and ".join(f"{b} > {a} + 5" for a, b in pairwise(names))
        found = verdict(text, NONE, names, MANY).repairs
        assert bool(found) is is_repaired
        for fix in found:
            assert len(fix.changes) == links - 1
            holds_throughout(text, NONE, fix, types=MANY)


# --- rounding, and items of a set ------------------------------------------------------------------------------------

MIXED: Mapping[str, Any] = {
    "due_on": {"type": "date"},
    "sent_on": {"type": "date"},
    "wait": {"type": "float"},
    "pause": {"type": "decimal"},
    "fill": {"type": "float"},
    "weight": {"type": "decimal"},
    "crates": {"type": "int"},
    "weights": {"type": "set", "of": "decimal"},
    "counts": {"type": "set", "of": "int"},
    "fills": {"type": "set", "of": "float"},
}
DAYS: Mapping[str, Any] = {"due_on": date(2026, 5, 10), "sent_on": date(2026, 5, 1)}


@pytest.mark.parametrize(
    ("text", "known", "fix"),
    [
        ("due_on <= sent_on - days(wait / 1440)", {**DAYS, "wait": 5.0}, "wait"),
        ("due_on + days(wait / 1440) <= sent_on", {**DAYS, "wait": 5.0}, "wait"),
        ("due_on + days(pause / 86400) <= sent_on", {**DAYS, "pause": Decimal(5)}, "pause"),
        ("sent_on >= due_on + days(pause / 86400)", {**DAYS, "pause": Decimal(10)}, "pause"),
        ("sent_on == due_on + days(pause / 86400)", {**DAYS, "pause": Decimal(10)}, "pause"),
        ("due_on - days(wait / 24) < sent_on", {**DAYS, "wait": 1.0}, "wait"),
        ("fill != weight", {"fill": 0.1, "weight": Decimal("0.1")}, "weight"),
        ("fill > weight", {"fill": 0.1, "weight": Decimal("0.1")}, "weight"),
        ("weight != 0.5 * fill", {"fill": 0.2, "weight": Decimal("0.1")}, "weight"),
        ("weight > fill * 3", {"fill": 0.1, "weight": Decimal("0.3")}, "weight"),
    ],
)  # fmt: skip
def test_what_fails_is_not_among_what_a_fact_may_become(text: str, known: Mapping[str, Any], fix: str) -> None:
    found = verdict(text, known, [fix], MIXED)
    assert found.outcome is Outcome.FAILS
    (change,) = found.repairs[0].changes
    assert change.was not in change.allowed
    assert change.to in change.allowed
    assert isinstance(change.allowed, Intervals)
    for span in change.allowed.spans:
        for end, is_open in ((span.low, span.low_open), (span.high, span.high_open)):
            if end is not None and not is_open:
                assert verdict(text, {**known, fix: end}, (), MIXED).outcome is Outcome.HOLDS
    for far in (-(10**7), -(10**6), -(10**5), 10**5, 10**6):
        value = type(change.to)(far)
        holds = verdict(text, {**known, fix: value}, (), MIXED).outcome is Outcome.HOLDS
        assert (value in change.allowed) is holds


@pytest.mark.parametrize(
    ("text", "known", "fix"),
    [
        ("fill in weights", {"fill": 0.1, "weights": frozenset()}, "weights"),
        ("fill in counts", {"fill": 2.0, "counts": frozenset()}, "counts"),
        ("fill in counts", {"fill": 1.5, "counts": frozenset()}, "counts"),
        ("crates in fills", {"crates": 2**53 + 1, "fills": frozenset()}, "fills"),
        ("crates in fills", {"crates": 3, "fills": frozenset()}, "fills"),
        ("crates in weights", {"crates": 3, "weights": frozenset()}, "weights"),
    ],
)
def test_items_that_are_put_into_a_set_are_such_as_it_has(text: str, known: Mapping[str, Any], fix: str) -> None:
    found = verdict(text, known, [fix], MIXED).repairs
    assert bool(found) is (known.get("fill") != 1.5 and known.get("crates") != 2**53 + 1)
    for each in found:
        assert verdict(text, {**known, fix: each.changes[0].to}, (), MIXED).outcome is Outcome.HOLDS


def test_a_moment_without_a_zone_is_not_among_those_with_one() -> None:
    noon = datetime(2026, 5, 1, 12, tzinfo=UTC)
    ((change,),) = (
        each.changes
        for each in verdict("left_at <= moment('2026-04-01T12:00Z')", {"left_at": noon}, ["left_at"]).repairs
    )
    assert noon not in change.allowed
    assert noon.replace(month=3) in change.allowed
    assert noon.replace(month=3, tzinfo=None) not in change.allowed
