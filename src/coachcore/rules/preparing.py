"""Rules and examples of a file, read and checked against their schemas."""

from collections.abc import Mapping

import attrs

from coachcore.errors import NotValid, did_you_mean, shown
from coachcore.rules.facts import FactSchema
from coachcore.rules.files import Example, RuleFile, fact_value
from coachcore.rules.language import Place, parse
from coachcore.rules.rule import Rule
from coachcore.rules.verdicts import Prepared

__all__ = ["check_unique", "prepared", "prepared_examples"]


def check_unique(file: RuleFile) -> None:
    """Raises NotValid rule.twice where two rules of a file have one id."""
    seen: set[str] = set()
    for each in file.rules:
        if each.id in seen:
            path = f"{file.source}: rule {each.id}"
            raise NotValid("rule.twice", f"rule {each.id!r} stands twice", "give each its own id", path=path)
        seen.add(each.id)


def prepared(file: RuleFile, schemas: Mapping[str, FactSchema]) -> dict[str, Prepared]:
    """The rules of a file, read and checked."""
    found = {}
    for rule in file.rules:
        path = f"{file.source}: rule {rule.id}"
        schema = schemas.get(rule.on)
        if schema is None:
            hint = did_you_mean(rule.on, schemas, f"one of: {', '.join(schemas) or 'none are given'}")
            raise NotValid("rule.schema_unknown", f"there are no facts {rule.on!r}", hint, path=path)
        for name in rule.fix:
            if name not in schema.facts:
                hint = did_you_mean(name, schema.facts, "name facts of its schema")
                raise NotValid("rule.fact_unknown", f"there is no fact {name!r}", hint, path=f"{path}, fix")
        places = {
            key: Place(source=file.source, rule=rule.id, key=key, line=file.lines.get((rule.id, key)))
            for key in ("when", "require")
        }
        when = parse(rule.when, schema, places["when"]) if rule.when is not None else None
        require = parse(rule.require, schema, places["require"])
        found[rule.id] = Prepared(rule=rule, schema=schema, when=when, require=require)
    return found


def prepared_examples(
    file: RuleFile, schemas: Mapping[str, FactSchema], rules: Mapping[str, Rule]
) -> tuple[Example, ...]:
    """The examples of a file, their facts in their kinds; each checked."""
    found = []
    for example in file.examples:
        path = f"{file.source}: example {example.name}"
        schema = schemas.get(example.on)
        if schema is None:
            hint = f"one of: {', '.join(schemas) or 'none are given'}"
            raise NotValid("rule.schema_unknown", f"there are no facts {example.on!r}", hint, path=path)
        for rule_id in example.expect:
            if rule_id not in rules:
                hint = did_you_mean(rule_id, rules, "name a rule of the set")
                raise NotValid("rule.example", f"there is no rule {shown(rule_id)}", hint, path=path)
        facts = {
            name: fact_value(given, schema.facts[name].kind) if name in schema.facts else given
            for name, given in example.facts.items()
        }
        try:
            schema.check(facts)
        except NotValid as error:
            raise error.under(path) from None
        found.append(attrs.evolve(example, facts=facts))
    return tuple(found)
