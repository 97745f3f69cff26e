"""The rule language and its verdicts, on facts of loans and dosing: what is taken, what is refused, and what is unknown."""

from datetime import date
from decimal import Decimal
from enum import IntEnum
from typing import Any, Literal

import pytest
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st

from coachcore.errors import NotValid
from coachcore.rules import Condition, Outcome, Rule, RuleSet, Schema, fact


@frozen(kw_only=True)
class Loan:
    """Facts of a loan."""

    amount: Decimal | None = fact("what was asked for", unit="EUR")
    income: Decimal | None = fact("what comes in a month", unit="EUR")
    months: int | None = fact("how long it runs", unit="months")
    purpose: Literal["home", "car", "study"] | None = fact("what it is for")
    applied_on: date | None = fact("the day it was asked for")
    decided_on: date | None = fact("the day it was decided")
    is_resident: bool | None = fact("whether the applicant lives here")
    marks: frozenset[str] | None = fact("what was noted")


SCHEMA = Schema.of(Loan, name="loan")
SCHEMAS = {"loan": SCHEMA}


def value(text: str, **facts: Any) -> bool | None:
    return Condition.of(text, SCHEMA).evaluate(Loan(**facts))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("amount > 1000", True),
        ("amount / income <= 3", True),
        ("1 < months <= 24", True),
        ("purpose in ('home', 'car')", True),
        ("purpose not in ('home', 'car')", False),
        ("decided_on - applied_on <= weeks(2)", True),
        ("applied_on >= date('2026-01-01')", True),
        ("'late' in marks and len(marks) == 1", True),
        ("is_resident", True),
        ("not is_resident or amount == 5000", True),
        ("max(amount, income) - min(amount, income) == 3000", True),
        ("amount > 1000 and is_resident is None", False),
        ("-months < 0", True),
        ("amount / (months - 24) > 1", None),
    ],
)
def test_expressions_mean_what_they_say(text: str, wanted: bool | None) -> None:
    found = value(
        text,
        amount=Decimal(5000),
        income=Decimal(2000),
        months=24,
        purpose="car",
        applied_on=date(2026, 3, 1),
        decided_on=date(2026, 3, 10),
        is_resident=True,
        marks=frozenset({"late"}),
    )
    assert found is wanted


KLEENE = {True: "months > 0", False: "months < 0", None: "amount > 0"}


@pytest.mark.parametrize("a", [True, False, None])
@pytest.mark.parametrize("b", [True, False, None])
def test_and_or_not_follow_kleene(a: bool | None, b: bool | None) -> None:
    both = False if a is False or b is False else None if a is None or b is None else True
    either = True if a is True or b is True else None if a is None or b is None else False
    assert value(f"({KLEENE[a]}) and ({KLEENE[b]})", months=1) is both
    assert value(f"({KLEENE[a]}) or ({KLEENE[b]})", months=1) is either
    assert value(f"not ({KLEENE[a]})", months=1) is (None if a is None else not a)


@pytest.mark.parametrize(
    ("text", "code", "hint"),
    [
        ("amuont > 3", "fact.unknown", "'amount'"),
        ("purpose == 'hose'", "rule.type_clash", "'home'"),
        ("applied_on > 3", "rule.type_clash", ""),
        ("amount > months", "rule.type_clash", "convert"),
        ("purpose > 3", "rule.type_clash", ""),
        ("applied_on + 3 > decided_on", "rule.type_clash", ""),
        ("is_resident < True", "rule.type_clash", ""),
        ("months in (1, 'a')", "rule.type_clash", ""),
        ("months", "condition.invalid", ""),
        ("amount.real > 1", "rule.not_allowed", ""),
        ("__import__('os')", "rule.not_allowed", ""),
        ("[x for x in (1, 2)]", "rule.not_allowed", ""),
        ("f'{months}' == '3'", "rule.not_allowed", ""),
        ("(lambda: 1)() == 1", "rule.not_allowed", ""),
        ("marks[0] == 'a'", "rule.not_allowed", ""),
        ("months ** 99 > 1", "rule.not_allowed", ""),
        ("months == None", "rule.not_allowed", "is None"),
        ("months is 3", "rule.not_allowed", "=="),
        ("days(1, 2) > days(1)", "rule.not_allowed", ""),
        ("abs(*marks) > 1", "rule.not_allowed", ""),
        ("(months := 3) > 1", "rule.not_allowed", ""),
        ("months >", "rule.syntax", ""),
        ("months > 1e400", "rule.out_of_range", ""),
        ("months > 9999999999999", "rule.out_of_range", ""),
        ("not " * 40 + "is_resident", "rule.too_large", ""),
        ("months > 1 and " * 200 + "is_resident", "rule.too_large", ""),
        ("(" * 300 + "months", "rule.syntax", ""),
    ],
)
def test_what_the_language_does_not_take_is_refused_with_place_and_hint(text: str, code: str, hint: str) -> None:
    with pytest.raises(NotValid) as refused:
        Condition.of(text, SCHEMA, source="loans.toml")
    assert refused.value.code == code
    assert refused.value.path.startswith("loans.toml, column ")
    assert hint in refused.value.hint


RULES = """
[[rule]]
id = "loan.affordable"
on = "loan"
when = "purpose != 'study'"
require = "amount <= income * 4 and months <= 60"
severity = "error"
fix = ["amount", "months"]
tags = { desk = "retail" }

[[rule]]
id = "loan.resident"
on = "loan"
require = "is_resident"
severity = "warning"
"""


def test_a_rule_set_says_what_holds_what_fails_and_what_is_unknown() -> None:
    rules = RuleSet.from_toml(RULES, schemas=SCHEMAS)
    verdicts = {
        each.rule_id: each
        for each in rules.evaluate(
            Loan(amount=Decimal(9000), income=Decimal(2000), months=80, purpose="car"), on="loan"
        )
    }
    failing = verdicts["loan.affordable"]
    assert failing.outcome is Outcome.FAILS
    assert [each.text for each in failing.reasons] == ["amount <= income * 4", "purpose != 'study'"]
    unknown = verdicts["loan.resident"]
    assert unknown.outcome is Outcome.UNKNOWN
    assert unknown.missing_facts == ("is_resident",)
    assert [each.rule_id for each in rules.findings(Loan(purpose="study"), on="loan")] == ["loan.resident"]
    assert rules.rule("loan.affordable").tags == {"desk": "retail"}


def test_a_rule_that_does_not_apply_holds_and_says_so() -> None:
    rules = RuleSet.from_toml(RULES, schemas=SCHEMAS)
    verdict = rules.evaluate(Loan(purpose="study"), on="loan")[0]
    assert verdict.applies is False
    assert verdict.outcome is Outcome.HOLDS
    assert rules.evaluate(Loan(), on="loan")[0].applies is None


@pytest.mark.parametrize(
    ("change", "code", "place"),
    [
        (
            ('require = "is_resident"', 'require = "is_residentt"'),
            "fact.unknown",
            "line 14: rule loan.resident, require",
        ),
        (('severity = "warning"', 'severity = "fatal"'), "severity.unknown", "rule loan.resident"),
        (('fix = ["amount", "months"]', 'fix = ["amont"]'), "fact.unknown", "fix"),
        (('id = "loan.resident"', 'id = "loan.affordable"'), "rule.duplicate", "loan.affordable"),
        (('on = "loan"\nrequire', 'on = "lone"\nrequire'), "schema.unknown", "loan.resident"),
        (("severity", "severety"), "rule_key.unknown", ""),
        (("[[rule]]", "[[rule"), "toml.invalid", "bad.toml"),
        (('require = "is_resident"', ""), "rule_key.missing", "loan.resident"),
        (('require = "is_resident"', "require = 3"), "rule_key.invalid", "loan.resident"),
    ],
)
def test_a_bad_rule_file_is_refused_with_file_rule_and_place(change: tuple[str, str], code: str, place: str) -> None:
    with pytest.raises(NotValid) as refused:
        RuleSet.from_toml(RULES.replace(*change), schemas=SCHEMAS, source="bad.toml")
    assert refused.value.code == code
    assert "bad.toml" in refused.value.path
    assert place in refused.value.path


def test_rules_come_from_json_and_python_alike_and_have_a_digest() -> None:
    row = '[{"id": "a", "on": "loan", "require": "months > 3", "fix": ["months"]}]'
    from_json = RuleSet.from_json(row, schemas=SCHEMAS)
    from_python = RuleSet.of([Rule(id="a", on="loan", require="months > 3", fix=("months",))], schemas=SCHEMAS)
    assert from_json.rules == from_python.rules
    assert from_json.digest == from_python.digest
    assert from_json.digest != RuleSet.of([Rule(id="a", on="loan", require="months > 4")], schemas=SCHEMAS).digest


ATOMS = ["months > 3", "amount <= 100", "is_resident", "purpose == 'car'", "months is None", "amount > income"]


def expressions() -> st.SearchStrategy[str]:
    return st.recursive(
        st.sampled_from(ATOMS),
        lambda inner: st.one_of(
            st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(
                lambda each: f"({each[0]} {each[1]} {each[2]})"
            ),
            inner.map(lambda each: f"(not {each})"),
        ),
        max_leaves=6,
    )


LOANS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "months": st.none() | st.integers(0, 6),
        "amount": st.none() | st.sampled_from([Decimal(50), Decimal(100), Decimal(101)]),
        "income": st.none() | st.just(Decimal(75)),
        "is_resident": st.none() | st.booleans(),
        "purpose": st.none() | st.sampled_from(["car", "home"]),
    }
)


@given(text=expressions().filter(lambda text: "None" not in text), facts=LOANS, more=LOANS)
def test_learning_an_unknown_fact_never_overturns_what_was_told(
    text: str, facts: dict[str, Any], more: dict[str, Any]
) -> None:
    told = value(text, **facts)
    if told is not None:
        learnt = {name: more[name] if given is None else given for name, given in facts.items()}
        assert value(text, **learnt) is told


@given(text=expressions(), when=st.none() | expressions(), facts=LOANS)
def test_the_facts_in_the_reasons_are_enough_for_the_verdict(
    text: str, when: str | None, facts: dict[str, Any]
) -> None:
    rules = RuleSet.of([Rule(id="r", on="loan", require=text, when=when)], schemas=SCHEMAS)
    verdict = rules.evaluate(Loan(**facts), on="loan")[0]
    named = {name for reason in verdict.reasons for name in reason.values}
    kept = {name: given if name in named else None for name, given in facts.items()}
    if verdict.outcome is not Outcome.UNKNOWN or "None" not in f"{text} {when or ''}":
        assert rules.evaluate(Loan(**kept), on="loan")[0].outcome is verdict.outcome


class Priority(IntEnum):
    """An enum of whole numbers: its members are numbers."""

    LOW = 1
    HIGH = 2


@frozen(kw_only=True)
class Task:
    """Facts with an enum of whole numbers."""

    priority: Priority | None = fact("how soon")


def test_members_of_an_enum_of_whole_numbers_are_numbers() -> None:
    schema = Schema.of(Task, name="task")
    assert Condition.of("priority >= 2", schema).evaluate(Task(priority=Priority.HIGH)) is True
    assert Condition.of("priority in [1]", schema).evaluate(Task(priority=Priority.HIGH)) is False
    assert Condition.of("priority < 1.5", schema).evaluate({"priority": 2}) is False
    for text in ("priority == 3", "priority in [1, 3]", "3 != priority"):
        with pytest.raises(NotValid, match="'3' is none of the values"):
            Condition.of(text, schema)
    with pytest.raises(NotValid, match="one of 1, 2"):
        Condition.of("priority == 1", schema).evaluate({"priority": 3})


def test_what_may_be_in_it_stands_in_any_brackets_and_is_not_nothing() -> None:
    for text in ("purpose in ('home', 'car')", "purpose in ['home', 'car']", "purpose in {'home', 'car'}"):
        assert value(text, purpose="car") is True
    with pytest.raises(NotValid, match="the list is empty"):
        Condition.of("purpose in ()", SCHEMA)
