"""Numbers as they are written in rules: exact to the last digit in every form, or refused; and what written parts come to."""

from datetime import timedelta
from decimal import Decimal, localcontext
from typing import Any

import polars as pl
import pytest

from coachcore.errors import NotValid
from coachcore.rules import Outcome, Rule, RuleSet, Schema
from coachcore.rules.expr.evaluate import evaluate
from coachcore.text import lexicon

SCHEMA = Schema.from_rows(
    "dose",
    {
        "amount": {"type": "decimal"},
        "tablets": {"type": "int"},
        "share": {"type": "float"},
        "wait": {"type": "duration"},
        "given": {"type": "set", "of": "int"},
        "shares": {"type": "set", "of": "float"},
        "amounts": {"type": "set", "of": "decimal"},
    },
)


def rules(text: str) -> RuleSet:
    return RuleSet.of([Rule(id="r", on="dose", require=text)], schemas={"dose": SCHEMA})


def holds(text: str, **facts: Any) -> bool:
    """Whether it holds, by the tree and by the generated Python, which say the same."""
    found = rules(text)
    told = evaluate(found.case("r").whole, SCHEMA.read(facts))
    assert found.outcomes(facts, on="dose") == (Outcome.HOLDS if told else Outcome.FAILS,)
    assert isinstance(told, bool)
    return told


def refused(text: str) -> NotValid:
    with pytest.raises(NotValid) as caught:
        rules(text)
    assert caught.value.hint
    assert caught.value.data["found"]
    return caught.value


@pytest.mark.parametrize(
    "written",
    ["0.1234567890123456789", "999999999999.99999999", "1.234567890123456789e-7", "1_0.000_000_000_000_000_000_01", "1e-200", ".5", "5."],
)  # fmt: skip
def test_a_written_decimal_keeps_each_of_its_digits(written: str) -> None:
    exact = Decimal(written.replace("_", ""))
    assert holds(f"amount == {written}", amount=exact)
    assert not holds(f"amount < {written}", amount=exact)
    assert holds(f"amount in (1000, {written})", amount=exact)
    assert not holds(f"amount == {written}", amount=exact.next_plus())


def test_a_number_stands_where_it_was_written_whatever_letters_are_before_it() -> None:
    schema = Schema.from_rows("dose", {"name": {"type": "text"}, "amount": {"type": "decimal"}})
    text = "name == 'Ķekavā 💊'\n and # šis\n amount == 0.1234567890123456789"
    found = RuleSet.of([Rule(id="r", on="dose", require=text)], schemas={"dose": schema})
    facts = {"name": "Ķekavā 💊", "amount": Decimal("0.1234567890123456789")}
    assert found.outcomes(facts, on="dose") == (Outcome.HOLDS,)


@pytest.mark.parametrize(
    "written",
    [
        "0.12345678901234567890123456789", "123456789012.12345678901234567", "1e-400", "1e-999999999999", "1e-99999999999999999999", "1e99999999999999999999",
        "1e13", "1000000000000.1",
    ],
)  # fmt: skip
def test_a_number_that_not_every_form_keeps_is_refused(written: str) -> None:
    error = refused(f"amount > {written}")
    code = "rule.too_precise" if written.startswith(("0.", "123")) else "rule.out_of_range"
    assert (error.code, error.data["column"]) == (code, 10)


@pytest.mark.parametrize("number", ["1e9999999", "1e+9999999", "1e-9999999"])
@pytest.mark.parametrize("fact", ["amount", "tablets", "share"])
def test_a_huge_exponent_is_refused_without_being_converted(fact: str, number: str) -> None:
    for text in (f"{fact} > {number}", f"{fact} == -{number}", f"{fact} in (1, {number})", f"{fact} + {number} > 1"):
        assert refused(text).code == "rule.out_of_range"
    for a_set in ("amounts", "given", "shares"):
        assert refused(f"{a_set} == (1, {number})").code == "rule.out_of_range"


def test_noughts_are_no_digits() -> None:
    assert holds("amount == 0.1000000000000000000000000000000000000000", amount=Decimal("0.1"))
    assert holds("amount == 0.0000000000000000000000000000000000000001", amount=Decimal("1e-40"))
    assert holds(
        "amount > 0e-400 and amount != 0e999999999999 and tablets != 0e-999999999999", amount=Decimal("0.1"), tablets=1
    )


def test_beside_a_float_a_number_is_the_nearest_double() -> None:
    assert holds("share == 0.1234567890123456789", share=0.1234567890123456789)
    assert holds("share + 0.2000000000000000000001 == 0.30000000000000004", share=0.1)


def test_digits_do_not_hang_on_the_precision_of_the_hosts_thread() -> None:
    exact = Decimal("0.1234567890123456789")
    with localcontext(prec=3):
        for text in (
            "abs(amount) == 0.1234567890123456789",
            "-amount == -0.1234567890123456789",
            "-abs(-amount) == -amount",
        ):
            assert holds(text, amount=exact)
        assert holds("wait * 1.234567 == days(1.234567)", wait=timedelta(days=1))
        assert not holds("amount == 0.123", amount=exact)


def test_a_list_of_numbers_is_of_the_kind_of_the_set_it_is_compared_with() -> None:
    assert holds("shares == (0.1, 2)", shares=frozenset({0.1, 2.0}))
    assert holds("(0.1, 0.2000000000000000000001) == shares", shares=frozenset({0.1, 0.2}))
    assert holds("0.1 in shares and (0.1,) != shares", shares=frozenset({0.1, 0.2}))
    assert holds(
        "amounts == (hours(12) / days(5), 0.1234567890123456789)",
        amounts=frozenset({Decimal("0.1"), Decimal("0.1234567890123456789")}),
    )
    assert holds("given == (1, 2.0)", given=frozenset({1, 2}))


def test_what_is_not_whole_is_not_taken_for_a_whole_number() -> None:
    for text in ("tablets == 0.99999999999999999999", "tablets in (3, 0.99999999999999999999)"):
        assert refused(text).code == "rule.too_precise"
    assert not holds("tablets in (1, days(15) / days(2))", tablets=7)
    assert holds("tablets > 2.5", tablets=3)


def test_columns_keep_the_digits_and_compare_with_any() -> None:
    frame = pl.DataFrame(
        {"amount": [Decimal("0.1234567890123456789"), Decimal("0.1234567890123456788")]},
        schema={"amount": pl.Decimal(38, 19)},
    )
    found = rules("amount == 0.1234567890123456789").columns(frame, on="dose")
    assert found["r"].to_list() == [True, False]
    assert rules("amount > 1e-50").columns(frame, on="dose")["r"].to_list() == [True, True]


@pytest.mark.parametrize(
    "text",
    [
        "days(7) / days(1) == 7",
        "weeks(1) / days(1) + 1 > tablets",
        "min(1, weeks(1) / days(1)) == 1",
        "abs(weeks(1) / days(1)) == 7",
        "-(weeks(1) / days(1)) < tablets",
        "weeks(1) / days(1) in (7, 8)",
        "weeks(1) / days(1) in given",
        "weeks(1) / days(1) == 7.0",
        "days(15) / days(2) not in given",
        "amount == hours(12) / days(5)",
        "hours(12) / days(5) * 10 == amount * 10",
        "share < weeks(1) / days(1)",
    ],
)
def test_how_often_one_written_duration_goes_into_another_is_a_float(text: str) -> None:
    assert holds(text, tablets=5, amount=Decimal("0.1"), share=0.5, given=frozenset({7}))


def test_the_contrary_of_a_duration_is_as_long_the_other_way() -> None:
    assert holds("-days(3) == days(-3)")
    assert holds("-wait == hours(36)", wait=timedelta(hours=-36))
    assert holds("-days(2) <= wait <= days(2) and -(wait + wait) < wait", wait=timedelta(hours=36))
    frame = pl.DataFrame({"wait": [timedelta(hours=36), timedelta(days=-3), None]})
    found = rules("-wait < days(2)").columns(frame, on="dose")
    assert found["r"].to_list() == [True, False, None]


DURATION_UNITS = {"weeks": 7 * 86_400, "days": 86_400, "hours": 3_600, "minutes": 60, "seconds": 1}


@pytest.mark.parametrize("unit", DURATION_UNITS)
@pytest.mark.parametrize("many", [-3, 0, 2, 90])
def test_lengths_of_time_are_the_same_in_every_form(unit: str, many: int) -> None:
    wait, text = timedelta(seconds=DURATION_UNITS[unit] * many), f"wait <= {unit}(tablets)"
    assert holds(f"{unit}({many}) == wait and {unit}(tablets) == wait", wait=wait, tablets=many)
    assert holds(f"{unit}(share) == wait", wait=wait / 2, share=many / 2)
    assert holds(f"{unit}(tablets) < wait", wait=wait + timedelta(microseconds=1), tablets=many)
    waits = [wait - timedelta(seconds=1), wait, wait + timedelta(microseconds=1), None]
    frame = pl.DataFrame({"wait": waits, "tablets": [many] * 4}, schema_overrides={"wait": pl.Duration("us")})
    assert rules(text).columns(frame, on="dose")["r"].to_list() == [True, True, False, None]


def test_a_fix_of_a_number_of_minutes_is_solved_and_said() -> None:
    rule = Rule(id="r", on="dose", require="minutes(tablets) >= wait", fix=("tablets",))
    found = RuleSet.of([rule], schemas={"dose": SCHEMA})
    (verdict,) = found.evaluate({"tablets": 5, "wait": timedelta(minutes=90)}, on="dose")
    assert verdict.repairs[0].changes[0].allowed.spans[0].low == 90
    assert found.sentence("r", lexicon("en")) == "Tablets × 1 minute is at least wait."
    assert "× 1 minūte ir vismaz" in found.sentence("r", lexicon("lv"))


def test_a_number_with_a_unit_of_time_makes_durations_of_that_unit() -> None:
    rows = {name: {"type": "int", "unit": name} for name in DURATION_UNITS}
    schema = Schema.from_rows("pause", {**rows, "wait": {"type": "duration"}})
    for unit in DURATION_UNITS:
        found = RuleSet.of([Rule(id="r", on="pause", require=f"wait < {unit}({unit})")], schemas={"pause": schema})
        assert found.outcomes({"wait": timedelta(0), unit: 1}, on="pause") == (Outcome.HOLDS,)
        other = next(each for each in DURATION_UNITS if each != unit)
        with pytest.raises(NotValid) as caught:
            RuleSet.of([Rule(id="r", on="pause", require=f"wait < {other}({unit})")], schemas={"pause": schema})
        assert caught.value.hint == f"write {unit}(n)"
