"""Parts of rule sets: rules and schemas as hosts pass them, the provenance of each rule, the examples that stay."""

from collections.abc import Collection, Container, Iterable, Mapping
from typing import Any, Literal

import attrs

from coachcore.errors import NotValid, shown
from coachcore.rules.expr.schema import Schema
from coachcore.rules.expr.types import FactType
from coachcore.rules.files.rule_file import Example, RuleFile
from coachcore.rules.rule import Rule

__all__ = ["ProvenanceStep", "Schemas", "as_schema", "digested", "first_steps", "more_steps", "rules_of", "without"]

Schemas = Mapping[str, Schema | type]
"""The facts that rules are on, by the name that rules give: a schema, or an attrs class whose fields are made with `fact`."""


@attrs.frozen(kw_only=True)
class ProvenanceStep:
    """One thing that was done to a rule: it was read, added, replaced or disabled. by: the file, or who. why: in words."""

    action: Literal["read", "added", "replaced", "disabled"]
    by: str
    version: str | None = None
    why: str | None = None


def first_steps(file: RuleFile) -> dict[str, tuple[ProvenanceStep, ...]]:
    """Of each rule of a file, that it was read."""
    return {rule.id: (ProvenanceStep(action="read", by=file.source, version=file.version),) for rule in file.rules}


def more_steps(
    before: Mapping[str, tuple[ProvenanceStep, ...]], known: Collection[str], file: RuleFile, why: str | None
) -> dict[str, tuple[ProvenanceStep, ...]]:
    """What was done to each rule, an overlay included. known: the ids of the set's rules. why: rules are disabled."""
    steps = dict(before)
    for rule in file.rules:
        step = ProvenanceStep(action="replaced" if rule.id in known else "added", by=file.source, version=file.version)
        steps[rule.id] = (*steps.get(rule.id, ()), step)
    for rule_id in file.disable:
        step = ProvenanceStep(action="disabled", by=file.source, version=file.version, why=why)
        steps[rule_id] = (*steps.get(rule_id, ()), step)
    return steps


def rules_of(objects: Iterable[Any]) -> tuple[Rule, ...]:
    """Rules as they were given. Raises NotValid rule.not_object where one is none."""
    rules = tuple(objects)
    for rule in rules:
        if not isinstance(rule, Rule):
            hint = "give Rule(id=..., on=..., require=...); a mapping goes to from_rows"
            raise NotValid("rule.not_object", f"{shown(rule)} is no Rule", hint)
    return rules


def as_schema(name: str, source: Schema | type) -> Schema:
    """A schema, also of an attrs class. Raises TypeError where it is neither."""
    return source if isinstance(source, Schema) else Schema.of(source, name=name)


def without(examples: Iterable[Example], ids: Container[str]) -> tuple[Example, ...]:
    """Examples without what they expect of some rules; without those that expect nothing else."""
    reduced = (
        attrs.evolve(
            example, expect={rule_id: result for rule_id, result in example.expect.items() if rule_id not in ids}
        )
        for example in examples
    )
    return tuple(example for example in reduced if example.expect)


def digested(fact_type: FactType) -> list[Any]:
    """A type as a digest has it."""
    return [fact_type.name, fact_type.unit, fact_type.members, digested(fact_type.item) if fact_type.item else None]
