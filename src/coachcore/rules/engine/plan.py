"""Running rules: those on one schema compiled to one function, and of changed facts, those that read them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import repeat
from typing import Any, Final

from coachcore.rules.engine.generate import Placement, Program, compile_rules
from coachcore.rules.engine.verdicts import Outcome, Verdict
from coachcore.rules.expr.schema import Schema
from coachcore.rules.limits import LIMITS
from coachcore.rules.rule import CheckedRule

__all__ = ["Plan", "Watch"]

OUTCOMES: Final = (Outcome.HOLDS, Outcome.FAILS, Outcome.UNKNOWN)
Part = Callable[[Any, list[Verdict]], list[Verdict]]
"""Some of the rules on a schema: judges facts, puts the verdicts in their places among all, and returns them."""


class Plan:
    """The rules on one schema that are run, compiled; and for changed facts, those that read them.

    What is asked of it stands on the path of every judgement, so it is plain attributes.
    """

    def __init__(self, schema: Schema, cases: tuple[CheckedRule, ...]) -> None:
        self.schema = schema
        self.source = schema.source
        self.cases = cases
        self.size = len(cases)
        self.last = cases[-1] if cases else None
        self.program: Program = compile_rules(schema, [each.run for each in cases], OUTCOMES)
        self.run: Callable[[Any], tuple[Outcome, ...]] = self.program.run
        self.operands: dict[Any, Part] = {}

    def taken(self, facts: object) -> Any:
        """Facts as an object: a mapping checked, anything else as it is."""
        return self.schema.row(facts) if isinstance(facts, Mapping) else facts

    def is_of(self, verdicts: Sequence[Verdict]) -> bool:
        """Whether verdicts, as many as there are rules, are of these."""
        return all(one.rule == other.rule for one, other in zip(verdicts, self.cases, strict=True))

    def operand(self, changed: Iterable[str]) -> Part:
        """The rules that read one of these facts. Raises NotValid fact.unknown."""
        names = frozenset((changed,) if isinstance(changed, str) else changed)
        for name in sorted(names - set(self.schema.facts)):
            self.schema.fact(name)
        found = self.operands.get(names)
        if found is None:
            places = tuple(at for at, each in enumerate(self.cases) if not names.isdisjoint(each.facts))
            cases = [self.cases[at] for at in places]
            putting = Placement(Verdict, cases, places)
            found = compile_rules(self.schema, [each.run for each in cases], OUTCOMES, putting).run
            if len(self.operands) >= LIMITS.compiled_changes:  # a host that changes ever other facts: begin again
                self.operands.clear()
            self.operands[names] = found
        if isinstance(changed, tuple):
            self.operands[changed] = found
        return found


class Watch:
    """The verdicts on facts that change, kept up to date. Made by `RuleSet.watch`. Not for several threads at once."""

    __slots__ = ("_found", "_plan", "_source")

    def __init__(self, plan: Plan, facts: Any) -> None:
        self._plan = plan
        self._source = plan.source
        self._found = list(map(Verdict, plan.cases, plan.run(facts), repeat(facts)))

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """All verdicts, as `evaluate` would give them on the facts of the last change."""
        return tuple(self._found)

    def change(self, facts: object, changed: Iterable[str]) -> list[Verdict]:
        """The facts anew; the verdicts of the rules that read a changed fact, in order.

        facts: all of them. changed: the names of all facts that may differ from before. Where it raises (NotValid
        fact.unknown, fact.type, fact.missing), the verdicts stay as they were.
        """
        try:
            put = self._plan.operands[changed]
        except (KeyError, TypeError):  # not asked before, or a list
            put = self._plan.operand(changed)
        kept = facts if facts.__class__ is self._source else self._plan.taken(facts)
        return put(kept, self._found)
