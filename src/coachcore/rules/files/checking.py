"""Rules and examples of a file, checked against their schemas; the problems of all of them are gathered."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import attrs

from coachcore.errors import NotValid, did_you_mean, excerpt
from coachcore.rules.expr.names import misnamed, nearest_hint
from coachcore.rules.expr.nodes import Node
from coachcore.rules.expr.parse import Place, parse
from coachcore.rules.expr.schema import Schema
from coachcore.rules.expr.values import value_from_file
from coachcore.rules.files.problems import Problems
from coachcore.rules.files.rule_file import EXPECTED, Example, RuleFile
from coachcore.rules.rule import CheckedRule, Rule

__all__ = ["checked_examples", "checked_rules", "merged_schemas"]


def merged_schemas(schemas: Mapping[str, Schema], file: RuleFile, problems: Problems) -> dict[str, Schema]:
    """Schemas with the facts that a file adds to them. A fact that is declared already keeps its type."""
    merged = {**schemas, **file.schemas, **schemas}  # in the order of both
    for name, more in file.schemas.items():
        for fact in more.facts.values() if name in schemas else ():
            with problems.noting("facts", name, fact.name):
                merged[name] = merged[name].with_fact(fact)
    return merged


def checked_rules(file: RuleFile, schemas: Mapping[str, Schema], problems: Problems) -> dict[str, CheckedRule]:
    """The rules of a file, by id, with their conditions parsed."""
    checked: dict[str, CheckedRule] = {}
    for index, rule, inner, schema in _on_schemas(file.rule_rows, "rule", file, schemas, problems):
        for name in rule.fix:
            if name not in schema.facts and (rule.on, name) not in file.broken:
                message, listing = f"there is no fact {name!r}", f"the facts of {schema.name}: "
                error = misnamed("fact.unknown", message, name, schema.facts, listing, rule=rule.id, key="fix")
                problems.note(error, "rule", index, "fix", inner=f"{inner}, fix")
        trees: dict[str, Node] = {}
        for key, text in (("when", rule.when), ("require", rule.require)):
            path = ("rule", index, key)
            spreads = path in file.lines.spread
            place = Place(source=file.source, rule=rule.id, key=key, line=file.lines.of_text(*path), spreads=spreads)
            try:
                if text is not None:
                    trees[key] = parse(text, schema, place)
            except NotValid as error:
                if error.code != "fact.unknown" or (rule.on, error.data.get("found")) not in file.broken:
                    problems.errors.append(error)
        if "require" in trees:
            checked[rule.id] = CheckedRule(rule=rule, schema=schema, when=trees.get("when"), require=trees["require"])
    return checked


def _on_schemas(
    rows: Iterable[Any], table: str, file: RuleFile, schemas: Mapping[str, Schema], problems: Problems
) -> Iterator[tuple[int, Any, str, Schema]]:
    """The rules or examples that could be read, each with its index, its place in words, and its schema.

    An id that stands twice is noted, and a schema that there is not, unless the file has it, broken.
    """
    ids: set[str] = set()
    for index, row in enumerate(rows):
        if row is None:
            continue
        rule = {"rule": row.id} if isinstance(row, Rule) else {}
        inner = f"{table} {row.id if rule else row.name}"
        if not ids.isdisjoint(rule.values()):
            error = NotValid("rule.duplicate", f"two rules have the id {row.id!r}", "give each its own id", **rule)
            problems.note(error, table, index, "id", inner=inner)
        ids.update(rule.values())
        if row.on in schemas:
            yield index, row, inner, schemas[row.on]
        elif (row.on, None) not in file.broken:
            _, hint = nearest_hint(row.on, schemas)
            error = NotValid("schema.unknown", f"there is no schema {row.on!r}", hint, key="on", found=row.on, **rule)
            problems.note(error, table, index, "on", inner=inner)


def checked_examples(
    file: RuleFile, schemas: Mapping[str, Schema], rules: Mapping[str, Rule], problems: Problems
) -> tuple[Example, ...]:
    """The examples of a file, checked, with their facts in the types of the schema. rules: those of the set, by id."""
    checked = []
    for index, example, inner, schema in _on_schemas(file.example_rows, "example", file, schemas, problems):
        for rule_id in example.expect:
            with problems.noting("example", index, "expect", rule_id, inner=inner):
                _check_expectation(example, rule_id, rules, file.named)
        needed = (fact.name for fact in schema.facts.values() if not fact.unknown_allowed and fact.default is None)
        facts: dict[str, Any] = {}
        for name in dict.fromkeys([*example.facts, *needed]):
            if (example.on, name) not in file.broken:
                with problems.noting("example", index, "facts", name, inner=inner):
                    value = value_from_file(example.facts.get(name), schema.fact(name).type)
                    facts[name] = schema.check_fact(name, value)
        known = {name: value for name, value in facts.items() if value is not None}
        checked.append(attrs.evolve(example, facts=known, expect=dict(example.expect)))
    return tuple(checked)


def _check_expectation(example: Example, rule_id: str, rules: Mapping[str, Rule], named: Collection[str]) -> None:
    """Raises NotValid expectation.invalid, example_schema.conflict, example_rule.unknown where an example cannot expect this of a rule. named: also of rules that cannot be read."""
    rule, expected = rules.get(rule_id), example.expect[rule_id]
    if expected not in EXPECTED:
        raise misnamed(
            "expectation.invalid", f"{rule_id} is to be {excerpt(expected)}", expected, EXPECTED, key="expect"
        )
    if rule is not None and rule.on != example.on:
        message = f"{rule_id} is on {rule.on}, and the example on {example.on}"
        raise NotValid("example_schema.conflict", message, "give its facts `on` the same schema", key="expect")
    if rule is None and rule_id not in named:
        hint = did_you_mean(rule_id, rules, "name a rule of the set")
        raise NotValid(
            "example_rule.unknown", f"there is no rule {excerpt(rule_id)}", hint, key="expect", found=str(rule_id)
        )
