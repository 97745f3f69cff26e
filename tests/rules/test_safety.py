"""What cannot get in: mutated rule texts are taken or refused, and what is run was written by us, node by node."""

import ast
import random
from datetime import date
from decimal import Decimal
from typing import Any, Literal

import attrs
import pytest

from coachcore.errors import NotFound, NotValid
from coachcore.rules import Outcome, Rule, RuleSet, Schema, fact
from coachcore.rules.expr.evaluate import evaluate
from coachcore.text import lexicon


@attrs.frozen(kw_only=True)
class Loan:
    """Facts of a loan."""

    amount: Decimal | None = fact("what was asked for", unit="EUR")
    months: int | None = fact("how long it runs")
    rate: float | None = fact("the yearly interest")
    purpose: Literal["home", "car"] | None = fact("what it is for")
    signed_on: date | None = fact("the day it was signed")
    marks: frozenset[str] | None = fact("what was noted")
    is_resident: bool | None = fact("whether the applicant lives here")


SCHEMAS = {"loan": Schema.of(Loan, name="loan")}
SEEDS = (
    "months > 3",
    "amount <= 100 and not is_resident",
    "purpose in ('home', 'car') or months is None",
    "signed_on + weeks(2) < date('2026-05-01')",
    "1 < months <= 24",
    "'late' in marks and len(marks) < 3",
    "abs(rate - 0.5) / 2 <= max(rate, 0.1)",
    "amount * 1.5 == 3 or amount / months > 2",
)
HOSTILE = (
    "__import__('os').system('x')", "().__class__.__bases__[0].__subclasses__()", "open('/etc/passwd').read()",
    "exec('x=1')", "eval('1')", "(lambda: months)()", "[months for months in (1,)]", "{**{}}", "f'{months}'", "f'{(1).__class__}'",
    "months.__class__", "marks[0]", "marks.pop()", "globals()", "getattr(months, 'real')", "(x := months)", "months if 1 else 2",
    "yield", "await months", "print(months)", "__facts", "__out()", "__t", "*marks", "months ** 9 ** 9", "1 << 999999", "'a' * 10 ** 10",
    "months\n__import__('os')", "months; import os", "months # and is_resident", "'\\x00'", "not not " * 40 + "is_resident", "b'x'", "...",
    "len(open)", "len('x')", "date(date('2026-01-01'))", "date('2026-01-01').today()", "moment('now')", "days(1e400)",
    "months.lower().__globals__ == 1", "months % '{0.__class__}' == 1", "'%s' % months == ''", "months @ marks", "~months", "+months > 0",
    "f'{months!r:{months}}' == ''", "f'{months' == 1", "rf'\\d{months}' == ''", "b'\\d' == 1", "'\\d' == purpose", "'\\N{BULLET}' == 1",
    "purpose == '\\ud800'", "purpose == '\ud800'", "marks in (('a',),)", "marks in ({'a'},)", "months in ((1, 2),)", "purpose in ((),)",
    "months > 1e-999999999999999999999", "months > 1e999999999999999999999", "rate == 0." + "1" * 1900, "months == 0x" + "f" * 1900,
    "months > 1or is_resident", "0xfor x", "days(amount) > days(1)", "minutes(__import__('os'))", "today(months := 3)", "now().__class__",
    "min(months, key=open)", "min(months, **globals())", "-marks == 1", "(((((((),),),),),),)", "months > 1, is_resident", "# is_resident",
    "moment('9999-12-31T23:59:59-23:59') is None", "date('0000-00-00') < signed_on", "abs(signed_on - signed_on) > days(1)",
    "float(months)", "Call", "True.real", "None", "months < None", "is_resident is True",
)  # fmt: skip
OPERATORS = (
    *"()[]{}<>=!+-*/.,:'\"\\ _#@%&|^~`$\x00\n\t",
    " and ",
    " or ",
    "not ",
    " in ",
    " is None",
    "0",
    "9",
    "1e9",
    "date",
    "é",
)
TAKEN: tuple[type[ast.AST], ...] = (
    ast.Module, ast.FunctionDef, ast.arguments, ast.arg, ast.Try, ast.ExceptHandler, ast.Pass, ast.Return, ast.Assign, ast.If,
    ast.BoolOp, ast.And, ast.Or, ast.UnaryOp, ast.Not, ast.USub, ast.Compare, ast.IfExp, ast.NamedExpr, ast.BinOp, ast.Call,
    ast.Name, ast.Attribute, ast.Constant, ast.Tuple, ast.Set, ast.Load, ast.Store,
    ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq, ast.In, ast.NotIn, ast.Is, ast.IsNot,
)  # fmt: skip


def read(text: str) -> RuleSet | None:
    """The rule, where it is taken; refused, where it is, by our own error with a place and a hint."""
    try:
        return RuleSet.of([Rule(id="r", on="loan", require=text)], schemas=SCHEMAS)
    except NotValid as error:
        refused = error
    assert (
        refused.code.startswith("rule.")
        or refused.code in ("fact.unknown", "condition.invalid")
        or refused.code in ("fact.unknown", "condition.invalid")
    )
    assert refused.hint
    assert "column " in refused.path
    assert {"found", "expected"} <= set(refused.data)
    return None


def check(rules: RuleSet) -> None:
    """What was generated is of a short list of nodes, calls only what is passed in, and reads only facts."""
    for node in ast.walk(ast.parse(str(rules._plan("loan").run.__doc__))):
        assert isinstance(node, TAKEN), ast.dump(node)
        if isinstance(node, ast.Attribute):
            assert node.attr == "__class__" or (isinstance(node.value, ast.Name) and node.value.id == "__facts")
        if isinstance(node, ast.Call):
            assert isinstance(node.func, ast.Name)
            assert node.func.id.startswith("__")
        if isinstance(node, ast.Constant):
            assert isinstance(node.value, bool | int | float | str | None)
    tree = rules.case("r").whole
    for facts in (
        Loan(),
        Loan(months=3, amount=Decimal(5), rate=0.0, purpose="car", signed_on=date.max, marks=frozenset()),
    ):
        (outcome,) = rules.outcomes(facts, on="loan")
        wanted = evaluate(tree, SCHEMAS["loan"].read(facts))
        assert outcome is {True: Outcome.HOLDS, False: Outcome.FAILS, None: Outcome.UNKNOWN}[wanted]
    assert rules.sentence("r", lexicon("en"))


def mutated(text: str, dice: random.Random) -> str:
    for _ in range(dice.choice([1, 1, 2, 4])):
        place = dice.randrange(len(text) + 1)
        put = dice.choice(
            [dice.choice(["", "1", "0", " ", "not "]), dice.choice(OPERATORS), dice.choice([*SEEDS, *HOSTILE])]
        )
        text = text[:place] + put + text[place + dice.choice([0, 0, 1, 4]) :]
    return text


def fuzz(rounds: int, seed: int) -> tuple[int, int]:
    dice = random.Random(seed)
    taken = 0
    for _ in range(rounds):
        seeds = SEEDS if dice.random() < 0.8 else (*SEEDS, *HOSTILE)
        text = dice.choice([" and ", " or "]).join(dice.choices(seeds, k=dice.randint(1, 3)))
        rules = read(mutated(text, dice))
        if rules is not None:
            taken += 1
            check(rules)
    return taken, rounds - taken


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_meant_to_harm_is_refused(text: str) -> None:
    assert read(text) is None
    assert read(f"is_resident and {text}") is None or "#" in text


def test_mutated_texts_are_taken_or_refused_and_nothing_else() -> None:
    taken, refused = fuzz(3_000, 1)
    assert taken > 100
    assert refused > 1_000


@pytest.mark.soak
def test_a_hundred_thousand_mutated_texts_are_taken_or_refused_and_nothing_else() -> None:
    taken, refused = fuzz(100_000, 2)
    assert taken > 4_000
    assert refused > 50_000


def test_names_of_facts_cannot_carry_code() -> None:
    for name in ("a; import os", "a.b", "__class__", "lambda", "a b", "", "1a", "a\nb"):
        with pytest.raises(NotValid) as caught:
            Schema.from_rows("loan", {name: {"type": "int"}})
        assert caught.value.code == "fact_name.invalid"


def test_texts_with_quotes_and_odd_signs_stay_texts() -> None:
    @attrs.frozen
    class Note:
        text: str | None = fact("what it says")

    schemas = {"note": Schema.of(Note, name="note")}
    for odd in ("'", '"', "\\", "'''", "\\x00", "{0}", "ķ\u2028", "\U0001f600", "#"):
        rules = RuleSet.of([Rule(id="r", on="note", require=f"text == {odd!r}")], schemas=schemas)
        assert rules.outcomes(Note(odd), on="note") == (Outcome.HOLDS,)
        assert rules.outcomes(Note("other"), on="note") == (Outcome.FAILS,)
        again = RuleSet.from_toml(rules.to_toml(), schemas=schemas, source="rules")
        assert again == RuleSet.from_json(rules.to_json(), schemas=schemas, source="rules") == rules


def mutated_file(text: str, dice: random.Random) -> str:
    for _ in range(dice.choice([1, 1, 3])):
        place = dice.randrange(len(text) + 1)
        put = dice.choice(["", "", "1", "a", "\n", dice.choice([*OPERATORS, "[[rule]]", "= 3", '"'])])
        text = text[:place] + put + text[place + dice.choice([0, 0, 1, 6]) :]
    return text


FILE = """id = "loans"
[facts.fee.amount]
type = "decimal"
unit = "EUR"
[[rule]]
id = "a"
on = "fee"
require = "amount > 3"
fix = ["amount"]
tags = { x = "y" }
[[example]]
on = "fee"
facts = { amount = 3 }
expect = { a = "fails" }
"""


def files(rounds: int, seed: int) -> int:
    dice, taken = random.Random(seed), 0
    for _ in range(rounds):
        try:
            rules = RuleSet.from_toml(mutated_file(FILE, dice), source="f.toml")
            rules.test()
        except (NotValid, NotFound):
            continue
        taken += 1
        assert RuleSet.from_toml(rules.to_toml(), source="f.toml") == rules
    return taken


def test_mutated_files_are_taken_or_refused_and_nothing_else() -> None:
    assert files(1_500, 3) > 50


@pytest.mark.soak
def test_thirty_thousand_mutated_files_are_taken_or_refused_and_nothing_else() -> None:
    assert files(30_000, 4) > 1_000


def test_a_bomb_of_brackets_or_digits_is_refused_at_once() -> None:
    texts: list[Any] = [
        "(" * 1900,
        "9" * 1999,
        "-" * 1999,
        "not " * 480 + "is_resident",
        "months" + " + 1" * 480 + " > 1",
    ]
    for text in texts:
        assert read(text) is None
    assert read("months > 1 " * 10_000) is None
