"""Rules and examples of a file, checked against their schemas; the problems of all of them are gathered."""

from collections.abc import Collection, Mapping

import attrs

from coachcore.errors import NotValid, did_you_mean, misfit, nearest, shown
from coachcore.rules.expr.nodes import Node
from coachcore.rules.expr.parse import Place, parse
from coachcore.rules.expr.schema import Schema
from coachcore.rules.expr.values import plain, value_from_file
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
    ids: set[str] = set()
    for index, rule in enumerate(file.rule_rows):
        if rule is None:
            continue
        inner = f"rule {rule.id}"
        if rule.id in ids:
            error = NotValid("rule.duplicate", f"rule {rule.id!r} stands twice", "give each its own id", rule=rule.id)
            problems.note(error, "rule", index, "id", inner=inner)
        ids.add(rule.id)
        schema = _schema(rule, file, schemas, problems, "rule", index, inner)
        if schema is None:
            continue
        broken = file.broken.get(rule.on) or frozenset()
        for name in rule.fix:
            if name not in schema.facts and name not in broken:
                problems.note(_no_fact(name, schema, rule.id), "rule", index, "fix", inner=f"{inner}, fix")
        trees: dict[str, Node] = {}
        for key, text in (("when", rule.when), ("require", rule.require)):
            path = ("rule", index, key)
            spreads = path in file.lines.spread
            place = Place(source=file.source, rule=rule.id, key=key, line=file.lines.of_text(*path), spreads=spreads)
            try:
                if text is not None:
                    trees[key] = parse(text, schema, place)
            except NotValid as error:
                if error.code != "rule.fact_unknown" or error.data.get("found") not in broken:
                    problems.add(error)
        if "require" in trees:
            checked[rule.id] = CheckedRule(rule=rule, schema=schema, when=trees.get("when"), require=trees["require"])
    return checked


def _schema(
    row: Rule | Example,
    file: RuleFile,
    schemas: Mapping[str, Schema],
    problems: Problems,
    table: str,
    index: int,
    inner: str,
) -> Schema | None:
    """The schema that a rule or an example is on; None where there is none, which is noted unless the file has it, broken."""
    if row.on not in schemas and row.on not in file.broken:
        hint = did_you_mean(row.on, schemas, f"one of: {', '.join(schemas) or 'none are given'}")
        data = {"key": "on", "found": row.on, **({"rule": row.id} if isinstance(row, Rule) else {})}
        error = NotValid("rule.schema_unknown", f"there are no facts {row.on!r}", hint, **data)
        problems.note(error, table, index, "on", inner=inner)
    return schemas.get(row.on)


def _no_fact(name: str, schema: Schema, rule_id: str) -> NotValid:
    hint = did_you_mean(name, schema.facts, f"the facts of {schema.name}: {', '.join(schema.facts)}")
    near = nearest(name, schema.facts)
    data = misfit(name, f"a fact of {schema.name}", near, rule=rule_id, key="fix")
    return NotValid("rule.fact_unknown", f"there is no fact {name!r}", hint, **data)


def checked_examples(
    file: RuleFile, schemas: Mapping[str, Schema], rules: Mapping[str, Rule], problems: Problems
) -> tuple[Example, ...]:
    """The examples of a file, checked, with their facts in the types of the schema. rules: those of the set, by id."""
    checked = []
    for index, example in enumerate(file.example_rows):
        if example is None:
            continue
        inner = f"example {example.name}"
        schema = _schema(example, file, schemas, problems, "example", index, inner)
        if schema is None:
            continue
        for rule_id in example.expect:
            with problems.noting("example", index, "expect", rule_id, inner=inner):
                _check_expectation(example, rule_id, rules, file.named)
        broken = file.broken.get(example.on) or frozenset()
        facts = {
            name: value_from_file(value, schema.facts[name].type) if name in schema.facts else value
            for name, value in example.facts.items()
            if name not in broken
        }
        needed = (fact.name for fact in schema.facts.values() if not fact.unknown_allowed and fact.default is None)
        for name in dict.fromkeys([*facts, *needed]):
            with problems.noting("example", index, "facts", name, inner=inner):
                schema.check_fact(name, facts.get(name))
        known = {name: value for name, value in facts.items() if plain(value) is not None}  # NaN and null are unknown
        checked.append(attrs.evolve(example, facts=known))
    return tuple(checked)


def _check_expectation(example: Example, rule_id: str, rules: Mapping[str, Rule], named: Collection[str]) -> None:
    """Raises NotValid rule.example where an example cannot expect this of a rule. named: also of rules that cannot be read."""
    rule, expected = rules.get(rule_id), example.expect[rule_id]
    if expected not in EXPECTED:
        hint = did_you_mean(str(expected), EXPECTED, f"one of: {', '.join(EXPECTED)}")
        data = misfit(shown(expected), f"one of {', '.join(EXPECTED)}", nearest(expected, EXPECTED), key="expect")
        raise NotValid("rule.example", f"{rule_id} is to be {shown(expected)}", hint, **data)
    if rule is not None and rule.on != example.on:
        message = f"{rule_id} is on {rule.on}, and the example on {example.on}"
        raise NotValid("rule.example", message, "give its facts `on` the same schema", key="expect")
    if rule is None and rule_id not in named:
        hint = did_you_mean(rule_id, rules, "name a rule of the set")
        raise NotValid("rule.example", f"there is no rule {shown(rule_id)}", hint, key="expect", found=str(rule_id))
