"""Running rules: those on one schema compiled to one function, and for changed facts, those that read them.

What is compiled is kept and only ever added to, so that several threads may share a plan: at worst two compile the same.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from coachcore.rules.engine.generate import Placement, Program, compile_rules
from coachcore.rules.engine.rows import Row, compile_rows, row_class
from coachcore.rules.engine.verdicts import Outcome, Verdict
from coachcore.rules.expr.schema import Schema
from coachcore.rules.limits import LIMITS
from coachcore.rules.rule import CheckedRule

__all__ = ["Plan"]

OUTCOMES: Final = (Outcome.HOLDS, Outcome.FAILS, Outcome.UNKNOWN)


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
        self.program: Program = compile_rules(schema, [rule.run for rule in rules], OUTCOMES)
        self.run: Callable[[Any], tuple[Outcome, ...]] = self.program.run
        self.row_class = row_class(tuple(schema.facts))
        self.changes: dict[Any, Change] = {}
        self._row: Callable[[dict[str, Any]], Row] | None = None

    def row(self, facts: object) -> Any:
        """Facts with an attribute each: a mapping checked, anything else as it is. Raises as `Schema.read` does."""
        if facts.__class__ is not dict:
            if not isinstance(facts, Mapping):
                return facts
            facts = dict(facts)
        if self._row is None:
            self._row = compile_rows(self.schema)
        return self._row(facts)

    def row_after(self, last: Verdict | None, facts: object, change: "Change") -> Any:
        """The same after a change: a mapping whose other facts were checked before is checked for the changed ones."""
        if (
            last is not None
            and last.facts.__class__ is self.row_class
            and last.checked_rule is self.last
            and facts.__class__ is dict
        ):
            return change.row(facts, last.facts)
        return self.row(facts)

    def is_of(self, verdicts: Sequence[Verdict]) -> bool:
        """Whether verdicts, as many as there are rules, are of these."""
        return all(verdict.rule == checked.rule for verdict, checked in zip(verdicts, self.rules, strict=True))

    def change(self, changed: Iterable[str]) -> "Change":
        """What a change of these facts touches. Raises NotValid fact.unknown."""
        names = frozenset((changed,) if isinstance(changed, str) else changed)
        for name in sorted(names - set(self.schema.facts)):
            self.schema.fact(name)
        change = self.changes.get(names)
        if change is None:
            change = Change(self, names)
            if len(self.changes) >= LIMITS.compiled_changes:
                self.changes.clear()
            self.changes[names] = change
        if isinstance(changed, str | tuple):
            self.changes[changed] = change
        return change


class Change:
    """The rules that read one of some facts, compiled.

    run(facts, verdicts) puts their verdicts in their places among all.
    """

    def __init__(self, plan: Plan, names: frozenset[str]) -> None:
        places = tuple(place for place, rule in enumerate(plan.rules) if not names.isdisjoint(rule.facts))
        rules = [plan.rules[place] for place in places]
        placement = Placement(Verdict, rules, places)
        self.run = compile_rules(plan.schema, [rule.run for rule in rules], OUTCOMES, placement).run
        self._schema, self._names = plan.schema, names
        self._row: Callable[..., Row] | None = None

    def row(self, facts: object, before: Row) -> Row:
        """The row after the change: the changed facts from a dict, the others as before. Raises as `Schema.read` does."""
        if self._row is None:
            self._row = compile_rows(self._schema, self._names)
        return self._row(facts, before)
