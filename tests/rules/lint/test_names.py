"""Lint of names: rule ids that are names of facts, and facts without a label where others have one."""

from typing import Any

import pytest

from coachcore.facts import schemas
from coachcore.rules import Rule, RuleSet, Schema
from coachcore.smart import default_rules

LABELLED = {"label": "the count", "labels": {"lv": "skaits"}}


def codes(facts: dict[str, dict[str, Any]], *rules: Rule) -> list[tuple[str, str | None, str | None, str | None]]:
    found = RuleSet.of(rules, schemas={"box": Schema.from_rows("box", facts)}).lint().diagnostics
    return [(each.code, each.rule, each.part, each.language) for each in found]


def test_a_rule_with_the_name_of_a_fact_of_its_schema_is_reported() -> None:
    facts = {"count": {"type": "int"}, "width": {"type": "int"}}
    rules = [
        Rule(id=name, on="box", require="count > 1" if name == "width" else "width > 1") for name in ("width", "wide")
    ]
    assert codes(facts, *rules) == [("name_clash", "width", None, None)]


def test_a_rule_with_the_name_of_a_fact_of_another_schema_is_not() -> None:
    schemas_of = {name: Schema.from_rows(name, {f"{name}_width": {"type": "int"}}) for name in ("box", "bag")}
    rules = [Rule(id="bag_width", on="box", require="box_width > 1"), Rule(id="b", on="bag", require="bag_width > 1")]
    assert RuleSet.of(rules, schemas=schemas_of).lint().diagnostics == ()


def test_a_rule_that_can_never_fail_is_reported_for_its_name_too() -> None:
    assert [code for code, *_ in codes({"count": {"type": "int"}}, Rule(id="count", on="box", require="1 < 2"))] == [
        "name_clash",
        "tautology",
    ]


@pytest.mark.parametrize(
    ("other", "languages"),
    [
        ({"type": "int"}, ["en", "lv"]),
        ({"type": "int", "meaning": "how wide it is", "meanings": {"lv": "cik plats"}}, ["en", "lv"]),
        ({"type": "int", "label": "the width"}, ["lv"]),
        ({"type": "int", "labels": {"lv": "platums"}}, ["en"]),
        ({"type": "int", "label": "the width", "labels": {"lv": "platums"}}, []),
        ({"type": "bool", "meaning": "whether it is wide", "meanings": {"lv": "vai tā ir plata"}}, []),
        ({"type": "bool", "meaning": "whether it is wide"}, ["lv"]),
    ],
)
def test_a_fact_without_a_label_in_a_language_that_others_have_one_in_is_reported(
    other: dict[str, Any], languages: list[str]
) -> None:
    require = "other" if other["type"] == "bool" else "other > 1"
    rules = [Rule(id="a", on="box", require="count > 1"), Rule(id="b", on="box", require=require)]
    found = codes({"count": {"type": "int", **LABELLED}, "other": other}, *rules)
    assert found == [("missing_label", None, "other", language) for language in languages]


def test_labels_are_not_asked_for_where_no_fact_has_one_or_the_fact_is_not_read() -> None:
    plain = {"type": "int"}
    rules = [Rule(id="a", on="box", require="count > 1"), Rule(id="b", on="box", require="other > 1")]
    assert codes({"count": plain, "other": plain}, *rules) == []
    assert codes({"count": {**plain, **LABELLED}, "other": plain}, rules[0]) == []


def test_our_own_facts_and_rules_have_no_fault_in_their_names() -> None:
    every = [
        Rule(id=f"{on}.{name}", on=on, require=f"{name} is not None")
        for on, schema in schemas().items()
        for name in schema.facts
    ]
    for rules in (RuleSet.of(every, schemas=schemas()), default_rules()):
        assert not {each.code for each in rules.lint().diagnostics} & {"name_clash", "missing_label"}
