"""All that is wrong with a rule file is told at once, each with its place, and nothing of it is taken."""

import json
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest

from coachcore.errors import NotFound, NotValid
from coachcore.rules import Outcome, Rule, RuleSet, Schema, fact
from coachcore.text import lexicon

BAD = """id = 3
[facts.parcel]
weight = { type = "decimal", unit = "kg" }
size = { type = "text", members = ["s", "m"] }
count = { type = "nit" }

[[rule]]
id = "heavy"
on = "parcel"
whne = "size == 's'"
when = "size == 'x'"
require = "wieght <= 30"
severity = "eror"
fix = ["weight", "siez"]

[[rule]]
id = "counted"
on = "parcel"
require = "count > 1"

[[rule]]
id = "heavy"
on = "parsel"
require = "weight > 1"

[[rule]]
on = "parcel"
require = 5

[[example]]
name = "one"
on = "parcel"
facts = { weight = "much", size = "s", clour = "red" }
expect = { heavy = "holds", heavi = "fails" }
"""


def problems(text: str, **given: Any) -> list[tuple[Any, str, Any]]:
    with pytest.raises(NotValid) as caught:
        RuleSet.from_toml(text, source="p.toml", **given)
    assert caught.value.code == caught.value.data["problems"][0]["code"]
    return [
        (each["data"].get("line"), each["code"], each["data"].get("nearest")) for each in caught.value.data["problems"]
    ]


def test_every_rule_fact_and_example_tells_what_is_wrong_with_it() -> None:
    assert problems(BAD) == [
        (1, "rule_key.invalid", None),
        (5, "fact_type.unknown", "int"),
        (10, "rule_key.unknown", "when"),
        (11, "rule.type_clash", None),
        (12, "fact.unknown", "weight"),
        (13, "severity.unknown", "error"),
        (14, "fact.unknown", "size"),
        (22, "rule.duplicate", None),
        (23, "schema.unknown", None),
        (26, "rule_key.missing", None),
        (28, "rule_key.invalid", None),
        (33, "fact.invalid", None),
        (33, "fact.unknown", None),
        (34, "example_rule.unknown", None),
    ]


def test_the_error_that_is_raised_is_the_first_and_says_how_many_more_there_are() -> None:
    with pytest.raises(NotValid, match=r"id is 3 \(13 more problems in this file\)") as caught:
        RuleSet.from_toml(BAD, source="p.toml")
    assert caught.value.path == "p.toml, line 1"
    assert all(each["hint"] and each["data"]["file"] == "p.toml" for each in caught.value.data["problems"])
    assert all(each["path"].startswith("p.toml, line ") for each in caught.value.data["problems"])


def test_facts_that_could_not_be_read_are_told_once() -> None:
    assert problems(BAD.partition("[[rule]]")[0].partition("\n")[2] + '[[rule]]\nid = "a"\non = "parcel"\nrequire = "count > 1"') == [
        (4, "fact_type.unknown", "int")
    ]  # fmt: skip
    assert problems('[facts]\nx = 3\n[[rule]]\nid = "a"\non = "x"\nrequire = "y > 1"') == [
        (2, "fact_table.invalid", None)
    ]


BASE = """id = "parcels"
version = "1"
[facts.parcel]
weight = { type = "decimal", unit = "kg" }
size = { type = "text", members = ["s", "m"] }

[[rule]]
id = "light"
on = "parcel"
require = "weight <= 30"

[[rule]]
id = "small"
on = "parcel"
require = "size == 's'"

[[example]]
name = "both"
on = "parcel"
facts = { weight = 40, size = "s" }
expect = { light = "fails", small = "holds" }
"""


def base() -> RuleSet:
    return RuleSet.from_toml(BASE, source="base.toml")


def test_a_hosts_file_adds_facts_to_those_there_are() -> None:
    more = base().with_overlay(
        '[facts.parcel]\ndepth = { type = "int", unit = "cm" }\nweight = { type = "decimal", unit = "kg", label = "the load" }\n'
        '[[rule]]\nid = "flat"\non = "parcel"\nrequire = "depth <= 20"\n'
    )
    found = more.outcomes({"weight": 3, "size": "m", "depth": 30}, on="parcel")
    assert found == (Outcome.HOLDS, Outcome.FAILS, Outcome.FAILS)
    assert more.sentence("light", lexicon("en")) == "The load is at most 30 kg."
    assert more.test() == ()
    assert RuleSet.from_toml(more.to_toml()) == more
    assert RuleSet.from_json(more.to_json()) == more
    labels = {(each.code, each.part, each.language) for each in more.lint().diagnostics}
    assert labels == {("missing_label", "size", "en"), ("missing_label", "depth", "en")}
    assert list(base().schema("parcel").facts) == ["weight", "size"]


@pytest.mark.parametrize(
    "declared", ['type = "int"', 'type = "decimal"', 'type = "decimal", unit = "g"', 'type = "decimal", unit = "kg", unknown = false']
)  # fmt: skip
def test_a_hosts_file_that_declares_a_fact_otherwise_is_refused(declared: str) -> None:
    with pytest.raises(NotValid) as caught:
        base().with_overlay(f"[facts.parcel]\nweight = {{ {declared} }}\n", source="host.toml")
    assert (caught.value.code, caught.value.path) == ("fact.duplicate", "host.toml, line 2: weight")
    assert caught.value.hint


def test_what_a_hosts_file_gets_wrong_is_told_all_at_once() -> None:
    with pytest.raises(NotFound) as caught:
        base().with_overlay(
            'disable = ["smal"]\n[[rule]]\nid = "ligth"\non = "parcel"\nrequire = "weight <= 3"\nreplace = true\n'
            '[[rule]]\nid = "small"\non = "parcel"\nrequire = "wieght > 1"\n'
        )
    assert [(each["data"]["line"], each["code"]) for each in caught.value.data["problems"]] == [
        (1, "rule.unknown"),
        (3, "rule.unknown"),
        (8, "rule.duplicate"),
        (10, "fact.unknown"),
    ]
    assert caught.value.hint == "did you mean 'small'?"


def test_a_rule_that_is_disabled_or_replaced_takes_its_expectations_with_it() -> None:
    silent = base().with_disabled("light")
    again = RuleSet.from_toml(silent.to_toml())
    assert [each.expect for each in again.examples] == [{"small": "holds"}]
    assert again.test() == silent.test() == ()
    looser = base().with_replaced(Rule(id="light", on="parcel", require="weight <= 50"))
    assert looser.test() == ()
    assert looser.with_disabled("small").to_toml().count("[[example]]") == 0


def test_sets_are_equal_wherever_they_came_from() -> None:
    assert RuleSet.from_json(base().to_json()) == base() == RuleSet.from_toml(BASE, source="elsewhere.toml")
    assert repr(base()) == "<RuleSet parcels 1: 2 rules on parcel>"
    assert repr(base().with_disabled("light")) == "<RuleSet parcels 1: 2 rules on parcel, 1 disabled>"


@attrs.frozen(kw_only=True)
class Loan:
    """What is known of a loan."""

    months: int | None = fact("how long it runs")


def test_a_schema_may_be_given_as_its_class() -> None:
    rules = RuleSet.of([Rule(id="short", on="loan", require="months < 12")], schemas={"loan": Loan})
    assert rules.outcomes(Loan(months=3), on="loan") == (Outcome.HOLDS,)
    assert rules == RuleSet.from_toml(rules.to_toml(), schemas={"loan": Schema.of(Loan, name="loan")})


@pytest.mark.parametrize("given", [Path("rules.toml"), b"", None, "rules.toml", " a b.json "])
def test_what_is_no_text_of_a_file_is_refused_with_how_to_get_it(given: Any) -> None:
    for read in (RuleSet.from_toml, RuleSet.from_json):
        with pytest.raises(NotValid, match="read_text") as caught:
            read(given)
        assert caught.value.code == "rule_file.invalid"


@pytest.mark.parametrize("text", ["x = " + "9" * 5000, "x = 1e99999999999999999999", "x = nan"])
def test_numbers_that_cannot_be_read_are_refused(text: str) -> None:
    with pytest.raises(NotValid):
        RuleSet.from_toml(text)
    with pytest.raises(NotValid):
        RuleSet.from_json(text.replace("x =", '{"x":') + "}")
    with pytest.raises(NotValid):
        RuleSet.from_json('{"x": NaN}')


def test_a_rule_that_is_none_is_refused() -> None:
    for given in ({"id": "a"}, "a", None):
        with pytest.raises(NotValid, match="is not a Rule"):
            base().with_rules(given)  # type: ignore[arg-type]


def test_a_key_that_was_renamed_is_refused_with_its_new_name() -> None:
    with pytest.raises(NotValid) as caught:
        base().with_overlay('silence = ["light"]')
    assert (caught.value.code, caught.value.hint) == ("rule_key.unknown", "did you mean 'disable'?")


HUGE = """[facts.p]
whole = { type = "int" }
exact = { type = "decimal" }
near = { type = "float" }
wholes = { type = "set", of = "int" }
exacts = { type = "set", of = "decimal" }
nears = { type = "set", of = "float" }
[[rule]]
id = "r"
on = "p"
require = "exact > 1"
"""


@pytest.mark.parametrize("number", ["1e9999999", "-1e9999999", "1e-9999999"])
@pytest.mark.parametrize("is_json", [False, True])
def test_a_huge_exponent_in_an_example_is_answered_without_being_converted(number: str, is_json: bool) -> None:
    def read(name: str) -> RuleSet:
        value = f"[{number}]" if name.endswith("s") else number
        if not is_json:
            example = f'[[example]]\non = "p"\nfacts = {{ {name} = {value} }}\nexpect = {{ r = "unknown" }}\n'
            return RuleSet.from_toml(HUGE + example)
        content = tomllib.loads(HUGE) | {
            "example": [{"on": "p", "facts": {name: "number"}, "expect": {"r": "unknown"}}]
        }
        return RuleSet.from_json(json.dumps(content).replace('"number"', value))

    for name in ("whole", "wholes"):
        with pytest.raises(NotValid) as caught:
            read(name)
        # a number that is not whole is none of an int's; the others would have ten million digits as one
        assert caught.value.code == ("fact.invalid" if number == "1e-9999999" else "fact.out_of_range")
    (failure,) = read("exact").test()
    assert failure.verdict.result == ("holds" if number == "1e9999999" else "fails")
    assert failure.example.facts == {"exact": Decimal(number)}
    for name in ("near", "exacts", "nears"):
        assert read(name).test() == ()


def test_the_severity_that_was_renamed_is_refused_with_its_new_name() -> None:
    with pytest.raises(NotValid) as caught:
        Rule(id="a", on="parcel", require="weight > 1", severity="advice")
    assert (caught.value.code, caught.value.hint) == ("severity.unknown", "did you mean 'info'?")
    assert caught.value.data["nearest"] == "info"


@pytest.mark.parametrize("rule_id", ["a\nb", "a\x00b", "a\x1bb", "a\u200bb", "a\u202eb", " a", "a "])
def test_an_id_with_characters_that_cannot_be_seen_is_refused_and_shown_escaped(rule_id: str) -> None:
    text = json.dumps(
        {
            "facts": {"goal": {"amount": {"type": "decimal"}}},
            "rule": [{"id": rule_id, "on": "goal", "require": "amount > 1"}],
        }
    )
    with pytest.raises(NotValid) as caught:
        RuleSet.from_json(text, source="a.json")
    assert "rule_id.invalid" in {problem["code"] for problem in caught.value.data["problems"]}
    assert str(caught.value).replace("\n", "").isprintable()
