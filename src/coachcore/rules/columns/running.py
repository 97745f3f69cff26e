"""The rules of a set over one frame: which can be judged by columns, which cannot and why, and the frame with its verdicts.

All problems are found before anything is reported, so that one run shows what has to be changed. A rule has a problem for each
of its conditions that cannot be judged:

- the condition itself cannot be, or its column is missing or of another type: found while the expression is made;
- the library refuses the expression: found when it is given all of them, and then each alone, to name the one at fault;
- the column of the verdict would overwrite another one.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs

from coachcore.errors import NotValid
from coachcore.rules.columns.backend import Backend, Unsupported
from coachcore.rules.columns.conditions import Conditions
from coachcore.rules.columns.facts import FactColumns
from coachcore.rules.columns.terms import Builder
from coachcore.rules.expr.nodes import Node, atoms_of
from coachcore.rules.expr.schema import Schema
from coachcore.rules.rule import CheckedRule

__all__ = ["JudgedFrame"]


@attrs.define
class JudgedFrame:
    """A frame, and the rules to judge it by. prefix: of the names of the columns that are added."""

    backend: Backend
    rules: Sequence[CheckedRule]
    conditions: Conditions
    prefix: str

    @classmethod
    def of(
        cls, backend: Backend, schema: Schema, rules: Sequence[CheckedRule], *, approximate: bool, prefix: str
    ) -> "JudgedFrame":
        """Raises NotValid rule.column_twice where the frame itself has two columns of one name."""
        build = Builder(backend, approximate)
        known: dict[Any, Any] = {}
        for name in backend.names:
            if known.setdefault(_key(backend, name), name) is not name:
                twin = known[_key(backend, name)]
                reason = f"columns {twin!r} and {name!r} are one to {backend.name}, where names have no case"
                raise NotValid("rule.column_twice", reason, "rename one of them", backend=backend.name)
        return cls(backend, rules, Conditions(build, FactColumns(build, schema)), prefix)

    def column_of(self, rule: CheckedRule) -> str:
        """The name of the column of a rule's verdicts."""
        return self.prefix + rule.rule.id

    def clashes(self) -> list[NotValid]:
        """A problem for each rule whose column would overwrite another one."""
        known = {_key(self.backend, name): name for name in self.backend.names}
        problems = []
        for rule in self.rules:
            column = self.column_of(rule)
            twin = known.setdefault(_key(self.backend, column), column)
            if twin is not column:
                also = "" if twin == column else f", which {self.backend.name} does not tell from {column!r}"
                hint = 'give the columns of verdicts other names: prefix="judged."'
                unsupported = Unsupported(f"there is a column {twin!r} already{also}", hint, "twice")
                problems.append(self._problem(rule, rule.rule.require, unsupported))
        return problems

    def usable(self) -> tuple[dict[str, Any], list[NotValid]]:
        """The expressions that can be made, by rule id, and the problems of all other rules."""
        expressions, problems = {}, []
        for rule in self.rules:
            try:
                expressions[rule.rule.id] = self._expression(rule)
            except Unsupported:
                problems += self._problems_of(rule)
        return expressions, problems

    def refused(self, usable: Mapping[str, Any]) -> list[NotValid]:
        """A problem for each condition of these rules that the library cannot evaluate."""
        problems: list[NotValid] = []
        if self.backend.failure([*usable.values()]) is None:
            return problems
        for rule in self.rules:
            if rule.rule.id in usable:
                problems += self._refusals_of(rule)
        return problems

    def in_order(self, problems: Iterable[NotValid]) -> list[NotValid]:
        """Problems in the order of the rules."""
        order = {rule.rule.id: number for number, rule in enumerate(self.rules)}
        return sorted(problems, key=lambda problem: order[problem.data["rule"]])

    def _expression(self, rule: CheckedRule) -> Any:
        return self.conditions.expression(rule.run).alias(self.column_of(rule))

    def _problems_of(self, rule: CheckedRule) -> list[NotValid]:
        problems = []
        for atom in atoms_of(rule.whole):
            try:
                self.conditions.condition(atom)
            except Unsupported as unsupported:  # of the atom itself, or of a condition in it
                problems.append(self._problem(rule, _text(self.conditions.atom), unsupported))
        return problems

    def _refusals_of(self, rule: CheckedRule) -> list[NotValid]:
        problems = []
        for atom in atoms_of(rule.whole):
            failure = self.backend.failure([self.conditions.expression(atom).alias(self.column_of(rule))])
            if failure is not None:
                problems.append(self._refusal(rule, _text(atom), failure))
        if not problems:
            failure = self.backend.failure([self._expression(rule)])
            if failure is not None:
                problems.append(self._refusal(rule, rule.rule.require, failure))
        return problems

    def _refusal(self, rule: CheckedRule, text: str, failure: str) -> NotValid:
        return self._problem(rule, text, Unsupported(f"{self.backend.name} cannot do it: {failure}"))

    def _problem(self, rule: CheckedRule, text: str, unsupported: Unsupported) -> NotValid:
        rule_id, column = rule.rule.id, unsupported.column
        data = {"rule": rule_id, "expression": text, "backend": self.backend.name, **unsupported.data}
        path = f"rule {rule_id}.{column}" if column else f"rule {rule_id}: {text}"
        return NotValid(f"rule.column_{unsupported.code}", unsupported.reason, unsupported.hint, path=path, **data)


def _key(backend: Backend, name: Any) -> Any:
    """What tells a column from others."""
    return name.lower() if backend.ignores_case else name


def _text(atom: Node | None) -> str:
    """A condition as it is written; of a fact that is one, its name."""
    return str(getattr(atom, "text", None) or getattr(atom, "fact", ""))
