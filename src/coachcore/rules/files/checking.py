"""Rules and examples of a file, read and checked against their schemas; what is wrong with any of them is gathered."""

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
    """Schemas with the facts that a file adds to them. A fact that is there already keeps its kind."""
    found = dict(schemas)
    for name, more in file.schemas.items():
        if name not in found:
            found[name] = more
            continue
        for fact in more.facts.values():
            with problems.noting("facts", name, fact.name):
                found[name] = found[name].with_fact(fact)
    return found


def checked_rules(file: RuleFile, schemas: Mapping[str, Schema], problems: Problems) -> dict[str, CheckedRule]:
    """The rules of a file, read and checked."""
    found: dict[str, CheckedRule] = {}
    seen: set[str] = set()
    for at, rule in file.numbered():
        inner = f"rule {rule.id}"
        if rule.id in seen:
            error = NotValid("rule.duplicate", f"rule {rule.id!r} stands twice", "give each its own id", rule=rule.id)
            problems.note(error, "rule", at, "id", inner=inner)
        seen.add(rule.id)
        schema = schemas.get(rule.on)
        if schema is None:
            if rule.on not in file.broken:
                problems.note(_no_schema(rule.on, schemas, rule=rule.id), "rule", at, "on", inner=inner)
            continue
        broken = file.broken.get(rule.on) or frozenset()
        for name in rule.fix:
            if name not in schema.facts and name not in broken:
                problems.note(_no_fact(name, schema, rule.id), "rule", at, "fix", inner=f"{inner}, fix")
        trees: dict[str, Node] = {}
        for key, text in (("when", rule.when), ("require", rule.require)):
            path = ("rule", at, key)
            spreads = path in file.lines.spread
            place = Place(source=file.source, rule=rule.id, key=key, line=file.lines.of_text(*path), spreads=spreads)
            try:
                if text is not None:
                    trees[key] = parse(text, schema, place)
            except NotValid as error:
                if error.code != "rule.fact_unknown" or error.data.get("found") not in broken:
                    problems.add(error)
        if "require" in trees:
            found[rule.id] = CheckedRule(rule=rule, schema=schema, when=trees.get("when"), require=trees["require"])
    return found


def _no_schema(on: str, schemas: Mapping[str, Schema], **data: str) -> NotValid:
    hint = did_you_mean(on, schemas, f"one of: {', '.join(schemas) or 'none are given'}")
    return NotValid("rule.schema_unknown", f"there are no facts {on!r}", hint, key="on", found=on, **data)


def _no_fact(name: str, schema: Schema, rule_id: str) -> NotValid:
    hint = did_you_mean(name, schema.facts, f"the facts of {schema.name}: {', '.join(schema.facts)}")
    near = nearest(name, schema.facts)
    data = misfit(name, f"a fact of {schema.name}", near, rule=rule_id, key="fix")
    return NotValid("rule.fact_unknown", f"there is no fact {name!r}", hint, **data)


def checked_examples(
    file: RuleFile, schemas: Mapping[str, Schema], rules: Mapping[str, Rule], problems: Problems
) -> tuple[Example, ...]:
    """The examples of a file, their facts in their kinds; each checked. rules: those of the set, by id."""
    found = []
    for at, example in file.numbered_examples():
        inner = f"example {example.name}"
        schema = schemas.get(example.on)
        if schema is None:
            if example.on not in file.broken:
                problems.note(_no_schema(example.on, schemas), "example", at, "on", inner=inner)
            continue
        for rule_id in example.expect:
            wrong = _expectation(example, rule_id, rules, file.named)
            if wrong is not None:
                problems.note(wrong, "example", at, "expect", rule_id, inner=inner)
        broken = file.broken.get(example.on) or frozenset()
        facts = {
            name: value_from_file(given, schema.facts[name].type) if name in schema.facts else given
            for name, given in example.facts.items()
            if name not in broken
        }
        needed = (each.name for each in schema.facts.values() if not each.unknown_allowed and each.default is None)
        for name in dict.fromkeys([*facts, *needed]):
            with problems.noting("example", at, "facts", name, inner=inner):
                schema.check_fact(name, facts.get(name))
        known = {name: given for name, given in facts.items() if plain(given) is not None}  # NaN and null are unknown
        found.append(attrs.evolve(example, facts=known))
    return tuple(found)


def _expectation(example: Example, rule_id: str, rules: Mapping[str, Rule], named: Collection[str]) -> NotValid | None:
    """What is wrong with an example's expectation of a rule; None where nothing is."""
    rule = rules.get(rule_id)
    expected = example.expect[rule_id]
    if expected not in EXPECTED:
        hint = did_you_mean(str(expected), EXPECTED, f"one of: {', '.join(EXPECTED)}")
        data = misfit(shown(expected), f"one of {', '.join(EXPECTED)}", nearest(expected, EXPECTED), key="expect")
        return NotValid("rule.example", f"{rule_id} is to be {shown(expected)}", hint, **data)
    if rule is not None and rule.on != example.on:
        what = f"{rule_id} is on {rule.on}, and the example on {example.on}"
        return NotValid("rule.example", what, "give its facts `on` the same schema", key="expect")
    if rule is None and rule_id not in named:
        hint = did_you_mean(rule_id, rules, "name a rule of the set")
        return NotValid("rule.example", f"there is no rule {shown(rule_id)}", hint, key="expect", found=str(rule_id))
    return None
