"""Rule files that are bad in every way, and evaluation over everything that can be written."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coachcore.errors import NotFound, NotValid
from coachcore.rules import Condition, Outcome, Rule, RuleSet, Schema, fact


@attrs.frozen(kw_only=True)
class Parcel:
    count: int | None = fact("how many")
    weight: Decimal | None = fact("how heavy")
    ratio: float | None = fact("how full")
    sent_on: date | None = fact("when it was sent")
    late_by: timedelta | None = fact("how late it is")
    marks: frozenset[str] | None = fact("what is written on it")
    is_paid: bool | None = fact("whether it is paid")


SCHEMAS = {"parcel": Schema.of(Parcel, name="parcel")}
RULE = '[[rule]]\nid = "a"\non = "parcel"\nrequire = "count > 1"\n'


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("rule = 5", "rule_table.invalid", "r.toml"),
        ("rule = [5]", "rule_row.invalid", "rule 1"),
        ("[[rules]]\nid = 'a'", "rule_key.unknown", "r.toml"),
        (RULE + "fix = [1]", "rule_key.invalid", "rule a"),
        (RULE + "fix = [['count']]", "rule_key.invalid", "rule a"),
        (RULE + "fix = 'count'", "rule_key.invalid", "rule a"),
        (RULE + "tags = { x = 2026-01-01 }", "rule_key.invalid", "rule a"),
        (RULE + "tags = 'x'", "rule_key.invalid", "rule a"),
        (RULE + "when = true", "rule_key.invalid", "rule a"),
        (RULE + "whne = 'is_paid'", "rule_key.unknown", "rule a"),
        (RULE + "when = 'weihgt > 1'", "fact.unknown", "line 5: rule a, when, column 1"),
        (
            RULE.replace("[[rule]]", "\n# one\n[[ rule ]] # two").replace(">", ">>"),
            "rule.not_allowed",
            "line 6: rule a",
        ),
        (RULE.replace('"a"', '"a" # the first').replace("1", "'x'"), "rule.type_clash", "line 4: rule a"),
        (RULE + RULE, "rule.duplicate", "rule a"),
        ("[[rule]]\nid = 'b'\non = 'parcel'", "rule_key.missing", "rule b"),
        ("[[rule]]\non = 'parcel'", "rule_key.missing", "rule 1"),
        ("x = [" + "[" * 3000, "toml.invalid", "r.toml"),
        (RULE + "id = 'again'", "toml.invalid", "r.toml"),
    ],
)
def test_a_bad_file_is_refused_with_its_place_and_a_hint(text: str, code: str, place: str) -> None:
    with pytest.raises(NotValid) as caught:
        RuleSet.from_toml(text, schemas=SCHEMAS, source="r.toml")
    assert caught.value.code == code
    assert "r.toml" in caught.value.path
    assert place in caught.value.path
    assert caught.value.hint


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "json.invalid"),
        ("[" * 100_000, "json.invalid"),
        ('{"rules": []}', "rule_key.unknown"),
        ('{"rule": 3}', "rule_table.invalid"),
        ("3", "rule_table.invalid"),
        ("[1]", "rule_row.invalid"),
        ('[{"id": 1}]', "rule_key.invalid"),
    ],
    ids=lambda value: value[:20],
)
def test_bad_json_is_refused(text: str, code: str) -> None:
    with pytest.raises(NotValid) as caught:
        RuleSet.from_json(text, schemas=SCHEMAS)
    assert caught.value.code == code


def test_what_is_asked_for_by_a_wrong_name_is_refused_with_the_nearest() -> None:
    rules = RuleSet.from_toml(RULE.replace('"a"', '"parcel.count"'), schemas=SCHEMAS)
    with pytest.raises(NotFound, match=r"parcel\.count"):
        rules.rule("parcel.cuont")
    for ask in (rules.evaluate, rules.findings):
        with pytest.raises(NotValid) as caught:
            ask({}, on="parcels")
        assert caught.value.code == "schema.unknown"
    with pytest.raises(NotValid):
        rules.condition("count > 1", "parcels")


def test_missing_names_only_the_facts_that_matter() -> None:
    rules = RuleSet.of(
        [Rule(id="r", on="parcel", when="ratio is None and is_paid", require="count > 1 and weight > 2")],
        schemas=SCHEMAS,
    )
    assert rules.evaluate({"count": 0}, on="parcel")[0].missing_facts == ("is_paid",)
    assert rules.evaluate({"count": 2, "is_paid": True}, on="parcel")[0].missing_facts == ("weight",)
    assert rules.evaluate({"ratio": 0.5}, on="parcel")[0].outcome is Outcome.HOLDS


REFUSED = {"rule.out_of_range", "rule.division_by_zero", "rule.part_of_day", "rule.too_large"}
"""What may be wrong with a condition that is generated."""
NUMBERS = st.sampled_from(
    ["count", "weight", "ratio", "0", "1", "0.3", "1000000000000", "len(marks)", "(late_by / days(2))"]
)
DURATIONS = st.sampled_from(
    ["late_by", "days(1000000000)", "hours(0.5)", "weeks(weight)", "(sent_on - date('0001-01-01'))"]
)
DAYS = st.sampled_from(["sent_on", "date('9999-12-31')", "date('0001-01-01')"])


def _numbers(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pairs = st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda each: f"({' '.join(each)})")
    return pairs | inner.map(lambda each: f"-abs({each})") | st.tuples(inner, inner).map("min({0[0]}, {0[1]})".format)


numbers = st.recursive(NUMBERS, _numbers, max_leaves=8)
durations = DURATIONS | st.tuples(DURATIONS, numbers).map("({0[0]} * {0[1]})".format)
days = DAYS | st.tuples(DAYS, st.sampled_from("+-"), durations).map("({0[0]} {0[1]} {0[2]})".format)
signs = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
conditions = st.recursive(
    st.one_of(
        *(st.tuples(each, signs, each).map(" ".join) for each in (numbers, durations, days)),
        numbers.filter(lambda text: any(map(text.count, ("count", "weight", "ratio")))).map("{} is None".format),
        st.sampled_from(["is_paid", "'x' in marks", "count in (1, 2.5)", "marks == {'x', 'y'}"]),
    ),
    lambda inner: (
        inner.map("(not {})".format)
        | st.tuples(inner, st.sampled_from([" and ", " or "]), inner).map(lambda each: f"({each[0]}{each[1]}{each[2]})")
    ),
    max_leaves=5,
)
facts_of_a_parcel: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "count": st.none() | st.integers(),
        "weight": st.none() | st.decimals(),
        "ratio": st.none() | st.floats(),
        "sent_on": st.none() | st.dates(),
        "late_by": st.none() | st.timedeltas(),
        "marks": st.none() | st.frozensets(st.sampled_from("xyz")),
        "is_paid": st.none() | st.booleans(),
    }
)


@given(text=conditions, facts=facts_of_a_parcel)
def test_evaluation_is_total(text: str, facts: dict[str, Any]) -> None:
    try:
        condition = Condition.of(text, SCHEMAS["parcel"])
    except NotValid as refused:
        assert refused.code in REFUSED  # noqa: PT017
        return
    assert condition.evaluate(facts) in (True, False, None)
    verdict = RuleSet.of([Rule(id="r", on="parcel", require=text)], schemas=SCHEMAS).evaluate(facts, on="parcel")[0]
    assert set(verdict.missing_facts) <= set(condition.facts)


@given(text=conditions.filter(lambda text: "None" not in text), facts=facts_of_a_parcel, more=facts_of_a_parcel)
def test_learning_more_never_overturns_a_verdict(text: str, facts: dict[str, Any], more: dict[str, Any]) -> None:
    try:
        condition = Condition.of(text, SCHEMAS["parcel"])
    except NotValid as refused:
        assert refused.code in REFUSED  # noqa: PT017
        return
    told = condition.evaluate(facts)
    if told is not None:
        learnt = {name: more[name] if given_ is None else given_ for name, given_ in facts.items()}
        assert condition.evaluate(learnt) is told
