"""Parts of rule sets: rules and schemas as hosts pass them, the provenance of each rule, examples that stay or fail."""

from collections.abc import Container, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Literal

import attrs

from coachcore.errors import NotValid, excerpt
from coachcore.rules.engine.verdicts import Verdict
from coachcore.rules.expr.schema import Schema
from coachcore.rules.expr.types import FactType
from coachcore.rules.files.rule_file import Example, RuleFile
from coachcore.rules.rule import Rule

__all__ = ["Failure", "ProvenanceStep", "Rows", "Schemas", "as_schema", "digested", "rules_of", "steps", "without"]

Rows = Sequence[Mapping[str, Any]] | Mapping[str, Any]
"""Rules as data: each a mapping with the keys of a rule; or one mapping with the keys of a file."""
Schemas = Mapping[str, Schema | type]
"""The facts that rules are on, by the name that rules give: a schema, or an attrs class whose fields are made with `fact`."""


@attrs.frozen(kw_only=True)
class ProvenanceStep:
    """One thing that was done to a rule: it was read, added, replaced or disabled. by: the file, or who. why: in words."""

    action: Literal["read", "added", "replaced", "disabled"]
    by: str
    version: str | None = None
    why: str | None = None


@attrs.frozen(kw_only=True)
class Failure:
    """An example whose verdict is not the one it expects."""

    example: Example
    expected: str
    verdict: Verdict


def steps(
    before: Mapping[str, tuple[ProvenanceStep, ...]], file: RuleFile, action: Literal["read", "added"], why: str | None
) -> dict[str, tuple[ProvenanceStep, ...]]:
    """What was done to each rule, a file included. action: on rules that are new. why: rules are disabled."""
    step = partial(ProvenanceStep, by=file.source, version=file.version)
    news = [(rule.id, step(action="replaced" if rule.id in before else action)) for rule in file.rules]
    all_steps = dict(before)
    for rule_id, new in [*news, *((rule_id, step(action="disabled", why=why)) for rule_id in file.disable)]:
        all_steps[rule_id] = (*all_steps.get(rule_id, ()), new)
    return all_steps


def rules_of(objects: Iterable[Any]) -> tuple[Rule, ...]:
    """Rules as they were given. Raises NotValid rule.invalid where one is none."""
    rules = tuple(objects)
    for rule in rules:
        if not isinstance(rule, Rule):
            hint = "give Rule(id=..., on=..., require=...); a mapping goes to from_rows"
            raise NotValid("rule.invalid", f"{excerpt(rule)} is not a Rule", hint)
    return rules


def as_schema(name: str, source: Schema | type) -> Schema:
    """A schema, also of an attrs class. Raises NotValid facts_class.invalid where it is neither."""
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
