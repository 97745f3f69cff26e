"""Rule sets: put together from several hands, with what was done to each rule; and what a bad file is told."""

from datetime import date
from decimal import Decimal
from typing import Any

import attrs
import pytest

from coachcore.errors import NotFound, NotValid
from coachcore.rules import Outcome, Rule, RuleSet, Schema, fact


@attrs.frozen(kw_only=True)
class Shipment:
    """Facts of a shipment."""

    distance: Decimal | None = fact("how far it goes", unit="km", label="the distance", labels={"lv": "attālums"})
    wait: int | None = fact("how long it waits", unit="days")
    speed: Decimal | None = fact("how fast it goes", unit="km/days")
    load: Decimal | None = fact("what it weighs", unit="kg")
    fee: Decimal | None = fact("what is paid", unit="EUR")
    mode: str | None = fact("how it goes")
    due_on: date | None = fact("the day it is due")


SCHEMAS = {"shipment": Schema.of(Shipment, name="shipment")}
OURS = """
id = "shipping"
version = "2"

[[rule]]
id = "ship.near"
on = "shipment"
require = "distance <= 500"

[[rule]]
id = "ship.soon"
on = "shipment"
require = "wait <= 3"
severity = "warning"

[[rule]]
id = "ship.light"
on = "shipment"
require = "load <= 100"
"""
THEIRS = """
id = "harbour"
version = "7"
disable = ["ship.light"]

[[rule]]
id = "ship.soon"
on = "shipment"
require = "wait <= 5"
replace = true

[[rule]]
id = "harbour.paid"
on = "shipment"
require = "fee > 0"

[[example]]
name = "a far one"
on = "shipment"
facts = { distance = 600, wait = 4, fee = 1 }
expect = { "ship.near" = "fails", "ship.soon" = "holds", "harbour.paid" = "holds" }
"""


def ours() -> RuleSet:
    return RuleSet.from_toml(OURS, schemas=SCHEMAS, source="ours.toml")


def ids(rules: RuleSet) -> list[str]:
    return [each.id for each in rules.running("shipment")]


# --- putting together ------------------------------------------------------------------------------------------------


def test_a_hosts_file_adds_replaces_and_disables_and_each_rule_says_where_it_is_from() -> None:
    rules = ours().with_overlay(THEIRS, source="harbour.toml")
    assert ids(rules) == ["ship.near", "ship.soon", "harbour.paid"]
    assert rules.rule("ship.soon").require == "wait <= 5"
    assert (rules.id, rules.version) == ("shipping", "2+7")
    steps = {key: [(each.action, each.by, each.version) for each in steps] for key, steps in rules.provenance.items()}
    assert steps == {
        "ship.near": [("read", "ours.toml", "2")],
        "ship.soon": [("read", "ours.toml", "2"), ("replaced", "harbour.toml", "7")],
        "ship.light": [("read", "ours.toml", "2"), ("disabled", "harbour.toml", "7")],
        "harbour.paid": [("added", "harbour.toml", "7")],
    }
    facts = {"distance": Decimal(10), "wait": 4, "load": Decimal(900), "fee": Decimal(0)}
    assert [each.rule_id for each in rules.findings(facts, on="shipment")] == ["harbour.paid"]
    assert rules.test() == ()
    assert rules.rule("ship.light").id == "ship.light"


def test_the_same_in_python_and_ours_stays_as_it_was() -> None:
    mine = ours()
    before = mine.digest
    extra = Rule(id="harbour.paid", on="shipment", require="fee > 0")
    looser = Rule(id="ship.soon", on="shipment", require="wait <= 5")
    rules = (
        mine.with_rules(extra, by="harbour")
        .with_replaced(looser, by="harbour")
        .with_disabled("ship.light", why="no scales")
    )
    assert ids(rules) == ["ship.near", "ship.soon", "harbour.paid"]
    assert rules.provenance["ship.light"][-1].why == "no scales"
    assert rules.digest == ours().with_overlay(THEIRS).digest
    assert mine.digest == before != rules.digest
    assert ids(mine) == ["ship.near", "ship.soon", "ship.light"]
    again = rules.with_replaced(Rule(id="ship.light", on="shipment", require="load <= 200"))
    assert "ship.light" in ids(again)


@pytest.mark.parametrize(
    ("change", "error", "code"),
    [
        (
            lambda rules: rules.with_rules(Rule(id="ship.near", on="shipment", require="wait > 1")),
            NotValid,
            "rule.duplicate",
        ),
        (
            lambda rules: rules.with_replaced(Rule(id="ship.naer", on="shipment", require="wait > 1")),
            NotFound,
            "rule.unknown",
        ),
        (lambda rules: rules.with_disabled("ship.naer"), NotFound, "rule.unknown"),
        (
            lambda rules: rules.with_rules(Rule(id="x", on="shipment", require="wiat > 1")),
            NotValid,
            "fact.unknown",
        ),
        (lambda rules: rules.with_overlay("disable = 3"), NotValid, "rule_key.invalid"),
        (lambda rules: RuleSet.from_toml(THEIRS, schemas=SCHEMAS), NotValid, "overlay.not_allowed"),
    ],
)
def test_what_does_not_go_together_is_refused(change: Any, error: type[Exception], code: str) -> None:
    with pytest.raises(error) as caught:
        change(ours())
    assert caught.value.code == code  # type: ignore[attr-defined]
    assert caught.value.hint  # type: ignore[attr-defined]


def test_the_digest_is_of_what_is_judged() -> None:
    assert ours().digest == RuleSet.from_toml(OURS.replace("\n\n", "\n"), schemas=SCHEMAS, source="moved.toml").digest
    assert ours().digest != RuleSet.from_toml(OURS.replace("500", "501"), schemas=SCHEMAS).digest
    otherwise = Schema.from_rows("shipment", {**SCHEMAS["shipment"].as_rows(), "wait": {"type": "decimal"}})
    assert ours().digest != RuleSet.from_toml(OURS, schemas={"shipment": otherwise}).digest


def test_an_example_that_comes_out_otherwise_is_told() -> None:
    text = THEIRS.replace('"ship.near" = "fails"', '"ship.near" = "holds"')
    (failure,) = ours().with_overlay(text).test()
    assert (failure.verdict.rule_id, failure.expected, failure.verdict.result) == ("ship.near", "holds", "fails")
    assert failure.verdict.reasons[0].values == {"distance": 600}


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('"ship.near" = "fails"', '"ship.naer" = "fails"', "example_rule.unknown"),
        ('"ship.near" = "fails"', '"ship.near" = "fail"', "expectation.invalid"),
        ("distance = 600", "distnace = 600", "fact.unknown"),
        ("distance = 600", 'distance = "far"', "fact.invalid"),
        ('on = "shipment"\nfacts', 'on = "shipmnet"\nfacts', "schema.unknown"),
        ("facts =", "fatcs =", "rule_key.unknown"),
        ("expect = {", "expect = {} #", "rule_key.missing"),
    ],
)
def test_a_bad_example_is_refused_with_its_name(old: str, new: str, code: str) -> None:
    assert old in THEIRS
    with pytest.raises(NotValid) as caught:
        ours().with_overlay(THEIRS.replace(old, new), source="harbour.toml")
    assert caught.value.code == code
    assert "example a far one" in caught.value.path
    assert caught.value.hint


# --- what a bad rule is told -----------------------------------------------------------------------------------------


def refused(text: str, *, json: bool = False) -> NotValid:
    with pytest.raises(NotValid) as caught:
        (RuleSet.from_json if json else RuleSet.from_toml)(text, schemas=SCHEMAS, source="bad")
    return caught.value


@pytest.mark.parametrize(
    ("require", "code", "line", "column", "found", "expected", "nearest"),
    [
        ("wait <= distance", "rule.type_clash", 4, 9, "km", "days", None),
        ("distance / wait <= load", "rule.type_clash", 4, 20, "kg", "km/days", None),
        ("distance - load * 2 < 3", "rule.type_clash", 4, 12, "kg", "km", None),
        ("load > 1 and distence < 3", "fact.unknown", 4, 14, "distence", "a fact of shipment", "distance"),
        ("distance < 'far'", "rule.type_clash", 4, 12, "text", "decimal in km", None),
        ("dyas(3) > dyas(2)", "rule.not_allowed", 4, 1, "dyas", "a function of the language", "days"),
        ("load + due_on > 3", "rule.type_clash", 4, 8, "date", "decimal in kg + number", None),
    ],
)
def test_a_load_error_says_where_what_was_found_and_what_was_expected(
    require: str, code: str, line: int, column: int, found: str, expected: str, nearest: str | None
) -> None:
    error = refused(f'[[rule]]\nid = "a"\non = "shipment"\nrequire = "{require}"\n')
    assert error.code == code
    assert error.path == f"bad, line {line}: rule a, require, column {column}"
    data = {key: error.data.get(key) for key in ("file", "rule", "key", "line", "column", "found", "expected")}
    assert data == {
        "file": "bad", "rule": "a", "key": "require", "line": line, "column": column, "found": found, "expected": expected,
    }  # fmt: skip
    assert error.data.get("nearest") == nearest


def test_units_multiply_and_divide() -> None:
    for text in (
        "distance / speed <= 3 and speed * wait >= distance",
        "fee / load * 2 > 1",
        "distance / wait == speed",
    ):
        assert RuleSet.of([Rule(id="a", on="shipment", require=text)], schemas=SCHEMAS)
    assert refused('[[rule]]\nid="a"\non="shipment"\nrequire="distance / speed > load"').data["found"] == "kg"


def test_the_line_is_that_of_the_part_also_where_an_expression_goes_over_several() -> None:
    text = '[[rule]]\nid = "a"\non = "shipment"\nrequire = """\nload > 1\n  and distence < 3\n"""\n'
    error = refused(text)
    assert (error.data["line"], error.data["column"]) == (6, 7)
    assert text.splitlines()[5][6:].startswith("distence")
    assert ours().with_rules(Rule(id="b", on="shipment", require="load > 1\n  and # a note\n  wait < 3"))


def test_json_has_lines_too() -> None:
    text = """{"rule": [
      {"id": "fine", "on": "shipment", "require": "load > 1"},
      {"tags": {"id": "no"}, "on": "shipment",
       "require": "wiat > 1",
       "id": "b"}
    ]}"""
    assert refused(text, json=True).path == "bad, line 4: rule b, require, column 1"


@pytest.mark.parametrize("text", ["load > 1) or (load < 3", "(load > 1", "load > 1)", ") or (", "load > 1 and # ("])
def test_brackets_that_do_not_match_are_refused(text: str) -> None:
    with pytest.raises(NotValid) as caught:
        RuleSet.of([Rule(id="a", on="shipment", require=text)], schemas=SCHEMAS)
    assert caught.value.code == "rule.syntax"


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ("[facts.x.a]\ntype = 'decimel'", "fact_type.unknown"),
        ("[facts.x.a]\ntype = 'set'\nof = 'set'", "fact_type.unknown"),
        ("[facts.x.a]\ntype = 'int'\nunit = 'km//h'", "unit.invalid"),
        ("[facts.x.a]\ntype = 'int'\nmeening = 'x'", "fact_key.unknown"),
        ("[facts.x.a]\ntype = 'int'\nmeaning = 3", "fact_key.invalid"),
        ("[facts.x.'a b']\ntype = 'int'", "fact_name.invalid"),
        ("[facts.x.if]\ntype = 'int'", "fact_name.invalid"),
        ("[facts.x.__a]\ntype = 'int'", "fact_name.invalid"),
        ("[facts]\nx = 3", "fact_table.invalid"),
        ("[facts.x]\na = 3", "fact_key.invalid"),
    ],
)
def test_a_bad_declaration_of_facts_is_refused(facts: str, code: str) -> None:
    assert refused(facts).code == code
    assert refused(facts).hint


def test_a_misspelt_schema_has_its_nearest_named() -> None:
    error = refused('[[rule]]\nid = "a"\non = "shipmnet"\nrequire = "wait > 1"\n')
    assert error.hint == "did you mean 'shipment'?"


def test_verdicts_are_equal_by_what_their_rules_read() -> None:
    rules = ours()
    one = rules.evaluate({"distance": Decimal(3)}, on="shipment")
    other = rules.evaluate({"distance": Decimal(3), "fee": Decimal(9)}, on="shipment")
    assert one == other
    assert len({*one, *other}) == 3
    assert one[0] != rules.evaluate({"distance": Decimal(4)}, on="shipment")[0]
    assert one[0].outcome is Outcome.HOLDS


@pytest.mark.parametrize(
    ("key", "given", "code"),
    [
        ("require", True, "rule_key.invalid"),
        ("fix", "amount", "rule_key.invalid"),
        ("fix", (1,), "rule_key.invalid"),
        ("when", 1, "rule_key.invalid"),
        ("tags", {"a": 1}, "rule_key.invalid"),
        ("id", " ", "rule_key.invalid"),
        ("severity", "fatal", "severity.unknown"),
    ],
)
def test_a_rule_made_in_python_is_checked_as_one_in_a_file_is(key: str, given: Any, code: str) -> None:
    with pytest.raises(NotValid) as caught:
        Rule(**{"id": "loan.any", "on": "loan", "require": "amount > 1", key: given})
    assert caught.value.code == code
    assert key in caught.value.message or str(given) in caught.value.message
