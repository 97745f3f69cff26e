"""Running rules: those on one schema compiled to one function, and for changed facts, those that read them.

What is compiled is kept and only ever added to, so that several threads may share a plan: at worst two compile the same.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, lru_cache, partial
from typing import Any

from coachcore.rules.engine.generate import compile_rules
from coachcore.rules.engine.rows import Row, compile_rows, row_class
from coachcore.rules.engine.verdicts import Outcome, Verdict
from coachcore.rules.expr.schema import Schema
from coachcore.rules.limits import LIMITS
from coachcore.rules.rule import CheckedRule

__all__ = ["Plan"]


class Plan:
    """The rules on one schema that are run, compiled; and for changed facts, those that read them.

    Everything here is on the path of every judgement, so it is plain attributes.
    """

    def __init__(self, schema: Schema, rules: tuple[CheckedRule, ...]) -> None:
        self.schema = schema
        self.source = schema.source
        self.rules = rules
        self.size = len(rules)
        self.last = rules[-1] if rules else None
        self.run: Callable[[Any], tuple[Outcome, ...]] = compile_rules(schema, rules)
        self.row_class = row_class(tuple(schema.facts))
        self.change = lru_cache(LIMITS.compiled_changes)(partial(Change, self))

    def row(self, facts: object) -> Any:
        """Facts with an attribute each: a mapping checked, anything else as it is. Raises as `Schema.read` does."""
        if facts.__class__ is not dict:
            if not isinstance(facts, Mapping):
                return facts
            facts = dict(facts)
        return self.checked_row(facts)

    @cached_property
    def checked_row(self) -> Callable[[dict[str, Any]], Row]:
        return compile_rows(self.schema)

    def is_of(self, verdicts: Sequence[Verdict]) -> bool:
        """Whether verdicts are of these rules."""
        return [verdict.rule for verdict in verdicts] == [checked.rule for checked in self.rules]


class Change:
    """The rules that read one of some facts, compiled. Raises NotValid fact.unknown.

    run(facts, verdicts) puts their verdicts in their places among all. For mappings, row(mapping, row) returns the row after the
    change, and run_row(row, verdicts) does what `run` does. Each is compiled when it is first used.
    """

    def __init__(self, plan: Plan, names: tuple[str, ...]) -> None:
        for name in names:
            plan.schema.fact(name)
        self.places = tuple(place for place, rule in enumerate(plan.rules) if not set(names).isdisjoint(rule.facts))
        self.rules = [plan.rules[place] for place in self.places]
        self.schema, self.names = plan.schema, names

    @cached_property
    def run(self) -> Callable[[Any, list[Verdict]], None]:
        return compile_rules(self.schema, self.rules, self.places)

    @cached_property
    def run_row(self) -> Callable[[Row, list[Verdict]], None]:
        return compile_rules(self.schema, self.rules, self.places, of_rows=True)

    @cached_property
    def row(self) -> Callable[[Any, Row], Row]:
        return compile_rows(self.schema, self.names)
