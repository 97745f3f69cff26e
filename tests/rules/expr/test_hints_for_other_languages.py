"""What those are told who write rules as another language has it, or bring together what does not fit: the way out."""

import traceback
import warnings
from datetime import date
from typing import Any

import pytest

from coachcore.errors import NotValid
from coachcore.rules import Condition, Schema
from coachcore.rules.expr.parse import Place, parse

SCHEMA = Schema.from_rows(
    "parcel",
    {
        "pieces": {"type": "int"},
        "price": {"type": "decimal", "unit": "EUR"},
        "weight": {"type": "decimal", "unit": "kg"},
        "distance": {"type": "int", "unit": "km"},
        "lead": {"type": "int", "unit": "days"},
        "size": {"type": "text", "members": ["s", "m", "l"]},
        "standing": {"type": "text", "members": ["sent", "lost"]},
        "note": {"type": "text"},
        "marks": {"type": "set"},
        "stamps": {"type": "set", "members": ["s", "red"]},
        "wait": {"type": "duration"},
        "sent_on": {"type": "date"},
        "seen_at": {"type": "moment"},
        "is_paid": {"type": "bool"},
    },
)


def refused(text: Any) -> NotValid:
    with warnings.catch_warnings(), pytest.raises(NotValid) as caught:
        warnings.simplefilter("error")
        Condition.of(text, SCHEMA)
    error = caught.value
    assert error.hint
    assert error.data["found"]
    assert error.data["expected"]
    assert "see the rule grammar" not in error.hint
    return error


@pytest.mark.parametrize(
    ("text", "found", "hint"),
    [
        ("pieces % 2 == 0", "`%`", "pass it as a fact"),
        ("pieces ** 2 > 4", "`**`", "a * a"),
        ("pieces // 2 > 4", "`//`", "divide with /"),
        ("is_paid & is_paid", "`&`", "write a and b"),
        ("is_paid | is_paid", "`|`", "write a or b"),
        ("is_paid ^ is_paid", "`^`", "!="),
        ("pieces << 2 > 4", "`pieces << 2`", "write what must hold"),
        ("pieces >> 2 > 4", "`pieces >> 2`", "write what must hold"),
        ("pieces @ 2 > 4", "`pieces @ 2`", "write what must hold"),
        ("~is_paid", "`~`", "write not a"),
        ("+pieces > 1", "a `+` with nothing before it", "leave the + out"),
        ("sent_on.year == 2026", "an attribute (.year)", "pass it as a fact"),
        ("wait.days > 3", "an attribute (.days)", "wait / days(1)"),
        ("marks[0] == 'red'", "an index ([...])", "with in"),
        ("size.lower() == 's'", "a call of .lower()", "pass it as a fact"),
        ("(lambda: 1)() == 1", "`(lambda: 1)()`", "write what must hold"),
        ("min(pieces, key=3) > 1", "an argument with a name (key=)", "min(a, b)"),
        ("min(pieces, **marks) > 1", "an argument with a name (**=)", "min(a, b)"),
        ("pieces if is_paid else 2", "`... if ... else ...`", "or two rules"),
        ("f'{pieces}' == '3'", "a text with {}", "without f"),
        ("(pieces := 3) > 1", "`:=`", "write =="),
        ("(lambda: 1) == 1", "`lambda: 1`", "write what must hold"),
        ("[x for x in (1, 2)] == 1", "a comprehension", "write the list out"),
        ("x for x in (1, 2)", "a comprehension", "write the list out"),
        ("min(*(1, 2)) > 1", "a `*` before a part", "min(a, b)"),
        ("{} == 1", "a dictionary", "(1, 2)"),
        ("yield", "`yield`", "write what must hold"),
        ("pieces > 1, is_paid", "`,`", "join conditions with and"),
        ("price > 1,000", "`,`", "write 1000"),
        ("b'x' == note", "b'x'", "a text in quotes"),
    ],
)
def test_a_part_of_python_that_is_not_taken_is_called_by_its_sign_with_a_way_out(
    text: str, found: str, hint: str
) -> None:
    error = refused(text)
    assert (error.code, error.data["found"]) == ("rule.not_allowed", found)
    assert hint in error.hint


@pytest.mark.parametrize(
    ("text", "column", "expected"),
    [
        ("note == '&&' and pieces > 1 && is_paid", 29, "and"),
        ("pieces > 1 || is_paid", 12, "or"),
        ("!is_paid", 1, "not"),
        ("pieces > 1 AND is_paid", 12, "and"),
        ("pieces > 1 OR is_paid", 12, "or"),
        ("is_paid and NOT is_paid", 13, "not"),
        ("pieces between 1 and 3", 8, "0 < a <= 10"),
        ("size = 's'", 6, "=="),
        ("size === 's'", 6, "=="),
        ("size !== 's'", 6, "!="),
        ("size <> 's'", 6, "!="),
        ("pieces ≤ 3", 8, "<="),
        ("pieces ≥ 3", 8, ">="),
        ("pieces ≠ 3", 8, "!="),
        ("pieces => 3", 8, ">="),
        ("pieces =< 3", 8, "<="),
        ("size == “s”", 9, "' or \""),
        ("note == '≤' and size == ‘s’", 25, "' or \""),
        ("pieces > −3", 10, "-"),
        ("pieces × 2 > 3", 8, "*"),
        ("pieces is not in (1, 2)", 8, "not in"),
        ("marks contains 'red'", 7, "in"),
        ("note LIKE 'red%'", 6, "== or in"),
        ("if is_paid then pieces > 1", 1, "a condition"),
        ("is_paid ? pieces : 3", 9, "a condition"),
        ("pieces > 10%", 12, "a number"),
        ("price > 5 €", 11, "a number"),
        ("pieces > 010", 10, "a number"),
        ("pieces > 1; is_paid", 11, "and"),
        ("pieces > 1\n  && is_paid", 3, "and"),
        ("pieces > 1or is_paid", 10, "1 or"),
    ],
)
def test_a_sign_or_word_of_another_language_has_its_place_and_what_to_write(
    text: str, column: int, expected: str
) -> None:
    error = refused(text)
    assert (error.code, error.data["column"], error.data["expected"]) == ("rule.syntax", column, expected)
    assert ":=" not in f"{error.message} {error.hint}"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("is_paid == true", "write True"),
        ("is_paid == FALSE", "write False"),
        ("pieces == null", "is None"),
        ("pieces == none", "is None"),
        ("pieces is NULL", "is None"),
        ("pieces is not nil", "is None"),
        ("pieces == None", "is None"),
        ("size == s", "'s', in quotes"),
        ("size in (s, m)", "'s', in quotes"),
        ("red in stamps", "'red', in quotes"),
        ("note == zzzzzz", "in quotes"),
        ("is_piad", "'is_paid'"),
        ("IS_PAID", "'is_paid'"),
        ("Pieces > 3", "'pieces'"),
        ("sentOn is None", "'sent_on'"),
        ("MAX(pieces, 3) > 1", "'max'"),
        ("size == 'M'", "'m'"),
    ],
)
def test_a_name_that_is_no_fact_is_told_for_what_it_was_meant(text: str, hint: str) -> None:
    assert hint in refused(text).hint


def test_a_fact_may_be_called_as_other_languages_call_a_value_a_word_or_a_function() -> None:
    names = ("true", "null", "between", "AND", "today", "days", "date", "len", "min", "minutes")
    schema = Schema.from_rows("odd", {**{name: {"type": "int"} for name in names}, "sent_on": {"type": "date"}})
    for name in names:
        assert Condition.of(f"{name} > 1", schema).evaluate({name: 2}) is True
    text = "days(days) > days(1) and min(min, days) == 2 and date('2026-05-01') < sent_on and date == 3"
    facts = {"days": 2, "min": 4, "date": 3, "sent_on": date(2026, 5, 2)}
    assert Condition.of(text, schema).evaluate(facts) is True
    with pytest.raises(NotValid) as caught:
        Condition.of("AND > 1 && today > 1", schema)
    assert caught.value.data["column"] == 9


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("sent_on < today()", "declare a fact such as today"),
        ("seen_at < now()", "rules read no clock"),
        ("wait > minute(3)", "minutes(3)"),
        ("wait > milliseconds(pieces)", "seconds(pieces / 1000)"),
        ("wait > milliseconds(pieces + 2)", "seconds((pieces + 2) / 1000)"),
        ("wait > months(3)", "days(3 * 30)"),
        ("NOT(is_paid)", "not"),
        ("IF(is_paid, 1, 2) > 1", "two rules"),
        ("any(is_paid, is_paid)", "or between them"),
        ("round(price) > 1", "pass it as a fact"),
        ("str(pieces) == '3'", "leave str() out"),
        ("isnull(pieces)", "pieces is None"),
        ("dyas(3) < wait", "'days'"),
        ("foo(3) > 1", "the functions: days"),
    ],
)
def test_a_function_of_another_language_has_a_way_out(text: str, hint: str) -> None:
    error = refused(text)
    assert error.code == "rule.not_allowed"
    assert hint in error.hint


@pytest.mark.parametrize(
    ("text", "column", "hint"),
    [
        ("sent_on > '2026-05-02'", 11, 'date("2026-05-02")'),
        ("'2026-05-02' < sent_on", 16, 'date("2026-05-02")'),
        ("sent_on > 20260502", 11, 'date("20260502")'),
        ("seen_at > '2026-05-01T10:00Z'", 11, 'moment("2026-05-01T10:00Z")'),
        ("seen_at > sent_on", 11, "pass the day of the moment as a fact"),
        ("sent_on in ('2026-05-02',)", 12, 'date("2026-05-02")'),
        ("wait > 3", 8, "days(3) or hours(3)"),
        ("wait > 0.5", 8, "days(0.5)"),
        ("is_paid == 1", 12, "is_paid, or not is_paid"),
        ("is_paid == 'yes'", 12, "is_paid, or not is_paid"),
        ("pieces > '3'", 10, "such as 3"),
        ("note == 3", 9, "'3'"),
        ("marks == 'red'", 10, "'red' in marks"),
        ("note == ('a', 'b')", 9, "write in instead of =="),
        ("note in note", 9, "(1, 2)"),
        ("5 in marks", 1, "'5'"),
        ("5 in stamps", 1, "'5'"),
        ("size in (1, 2)", 9, "in quotes"),
        ("sent_on + 3 > sent_on", 11, "days(3)"),
        ("wait + 3 > wait", 8, "days(3)"),
        ("note + 'x' == 'y'", 1, "pass it as a fact"),
        ("sent_on + sent_on > wait", 11, "subtracted: due_on - sent_on"),
        ("days(3) + sent_on > sent_on", 11, "the day first"),
        ("-is_paid", 2, "write not"),
        ("abs(wait) < days(3)", 5, "-days(3) <= wait <= days(3)"),
        ("len(note) > 3", 5, "pass it as a fact"),
        ("days(wait) > wait", 6, "a duration already"),
        ("days('3') > wait", 6, "without quotes"),
        ("date('2026-13-01') < sent_on", 1, 'date("2026-05-01")'),
        ("date(2026, 5, 1) < sent_on", 1, 'date("2026-05-01")'),
        ("price >= weight * 1.5", 10, "price / weight >= 1.5"),
        ("price >= 1.5 * weight", 10, "price / weight >= 1.5"),
        ("price >= weight", 10, "price / weight >= 1"),
        ("price + 1 >= weight", 14, "a ratio"),
    ],
)
def test_what_does_not_fit_is_pointed_at_and_put_right(text: str, column: int, hint: str) -> None:
    error = refused(text)
    assert error.data["column"] == column
    assert hint in error.hint


def test_what_is_wrong_with_a_day_is_said() -> None:
    assert "month must be in 1..12" in refused("date('2026-13-01') < sent_on").message


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("size in ('s', 'x')", 1, 15),
        ("size in (\n  's',\n  'x',\n)", 3, 3),
        ("pieces > 1 and\r\n  'x' == size", 2, 3),
        ("size in ('s',\r\n 'm', 'l',\r\n  'x')", 3, 3),
        ("'x' in stamps", 1, 1),
        ("pieces in (1, 2,\n 'x')", 2, 2),
        ("pieces in (1,\n pieces)", 2, 2),
        ("0 < pieces <\n note", 2, 2),
        ("max(0, distance, lead) > 5", 1, 18),
        ("min(pieces, weight, distance) > 1", 1, 21),
        ("pieces > 1 and (is_paid", 1, 24),
        ("pieces > 1\n and", 2, 5),
    ],
)
def test_the_place_is_that_of_the_part_at_fault(text: str, line: int, column: int) -> None:
    with pytest.raises(NotValid) as caught:
        parse(text, SCHEMA, Place(line=1))
    assert (caught.value.data["line"], caught.value.data["column"]) == (line, column)


def test_numbers_of_different_units_are_told_apart_wherever_they_stand() -> None:
    for text in (
        "max(0, distance, lead) > 5",
        "max(distance, 0, lead) > 5",
        "min(pieces, weight, distance) > 1",
        "days(distance) > wait",
        "hours(lead) > wait",
        "weeks(lead * 2) > wait",
    ):
        assert refused(text).code == "rule.type_clash"
    for text in (
        "max(0, distance, 3, distance) > 5",
        "days(lead) > wait",
        "days(lead / 2) > wait",
        "hours(pieces) > wait",
    ):
        assert Condition.of(text, SCHEMA)
    assert Condition.of("days(distance / distance) > wait", SCHEMA)


def test_a_number_in_another_unit_of_time_is_told_its_function() -> None:
    assert refused("hours(lead) > wait").hint == "write days(n)"
    assert "as a duration" in refused("hours(distance) > wait").hint


def test_facts_that_have_no_value_in_common_are_not_compared() -> None:
    for text in ("size == standing", "size != standing", "standing in stamps", "max(size, standing) == 's'"):
        error = refused(text)
        assert error.code == "rule.type_clash"
        assert "no value" in error.message
    assert Condition.of("size in stamps", SCHEMA).evaluate({"size": "s", "stamps": frozenset({"s"})}) is True


def test_a_set_has_no_sets_in_it() -> None:
    for text in ("marks in (('a', 'b'),)", "marks in ((1, 2),)", "note in ('a', ('b',))"):
        assert refused(text).code in ("rule.not_allowed", "rule.type_clash")


def test_a_moment_that_utc_has_not_is_out_of_range() -> None:
    for text in ("seen_at != moment('9999-12-31T23:59:59-12:00')", "seen_at > moment('0001-01-01T00:00+12:00')"):
        assert refused(text).code == "rule.out_of_range"


@pytest.mark.parametrize("text", ["", "  ", "# nothing", "  # one\n# two  ", None, 3, b"is_paid", ["is_paid"]])
def test_what_is_empty_or_no_text_is_told_as_such(text: Any) -> None:
    error = refused(text)
    if isinstance(text, str):
        assert (error.code, error.message) == ("rule.syntax", "the expression is empty")
    else:
        assert error.code == "rule_text.invalid"


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("note == '\\d'", 10),
        ("note == r'\\d' and note == 'a\\ b'", 29),
        ("note == b'\\d'", 11),
        ("note == b'\\N'", 11),
        ("note == '\\777'", 10),
        ("note == '\ud800'", 10),
    ],
)
def test_signs_that_python_would_warn_of_or_cannot_read_are_refused_without_a_warning(text: str, column: int) -> None:
    error = refused(text)
    assert (error.code, error.data["column"]) == ("rule.syntax", column)


def test_an_expression_may_begin_with_a_comment() -> None:
    for text in ("# few\npieces > 1", " # few\r\n\n (pieces) > 1 # or one, two", "# a\n# b\npieces > 1\n# c"):
        assert Condition.of(text, SCHEMA).evaluate({"pieces": 2}) is True
    assert refused("# few\npieces > 1, is_paid").data["column"] == 11


def test_signs_that_not_every_form_can_write_are_refused() -> None:
    for text in ("note == '\\x00'", "note == 'a\\ud800'", "note in ('a', '\\0')"):
        assert refused(text).code == "rule.not_allowed"
    for text in ("note == '\\n\\t\\\\'", "note == r'\\d'", "note == 'a' # \\d", "note == '\\U0001f600'"):
        assert Condition.of(text, SCHEMA)


@pytest.mark.parametrize("text", ["pieces > 'a'", "size == 'x'", "pieces >", "foo(1) > 2", "date('x') < sent_on"])
def test_an_error_drags_no_other_behind_it(text: str) -> None:
    lines = "".join(traceback.format_exception(refused(text)))
    assert "During handling" not in lines
    assert "direct cause" not in lines
