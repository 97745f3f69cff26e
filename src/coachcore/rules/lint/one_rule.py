"""One rule by itself: whether it ever applies, holds and fails, and which of its parts and fixes have no effect."""

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import attrs

from coachcore.rules.expr.nodes import (
    And,
    Atom,
    Constant,
    FactRef,
    Node,
    Not,
    Or,
    atoms_of,
    fact_names,
    rule_condition,
)
from coachcore.rules.limits import LIMITS
from coachcore.rules.lint.diagnostics import Diagnostic, Key, Reason
from coachcore.rules.logic.truth_table import TruthTable, truth_table
from coachcore.rules.rule import CheckedRule

__all__ = ["LintedRule", "applies"]

Fault = Literal["unreachable", "unsatisfiable", "tautology"]


@attrs.frozen
class LintedRule:
    """A rule with its truth table; None where it has too many cases. fault: what makes the whole rule pointless."""

    checked: CheckedRule
    truth_table: TruthTable | None
    fault: Fault | None

    @classmethod
    def of(cls, checked: CheckedRule) -> "LintedRule":
        table = truth_table(checked.schema, checked.whole, most=LIMITS.lint_cases)
        return cls(checked, table, None if table is None else _fault(checked, table))

    @property
    def id(self) -> str:
        return self.checked.rule.id

    @property
    def why_undecided(self) -> Reason | None:
        """Why the absence of a diagnostic proves nothing; None where it does."""
        if self.truth_table is None:
            return "too_many"
        if self.truth_table.is_exact:
            return None
        is_compared = any(len(fact_names(atom)) > 1 for atom in atoms_of(self.checked.whole))
        return "compares_facts" if is_compared else "unsolved"

    def diagnostics(self) -> Iterator[Diagnostic]:
        rule = self.checked.rule
        if rule.id in self.checked.schema.facts:
            yield self.diagnostic("name_clash")
        if self.fault is not None:
            yield self.diagnostic(self.fault, key="when" if self.fault == "unreachable" else "require")
            return
        table, whole = self.truth_table, self.checked.whole
        if table is not None:
            yield from self._redundant_conditions(table)
        for name in rule.fix:
            others = [atom for atom in atoms_of(whole) if name not in fact_names(atom)]
            is_read = name in self.checked.facts
            if not is_read or (table is not None and not _is_mixed(table, table.all, table.of(whole)[0], others)):
                yield self.diagnostic("ineffective_fix", key="fix", part=name)

    def diagnostic(self, code: str, **details: Any) -> Diagnostic:
        """A diagnostic of the rule. details: other fields of `Diagnostic`."""
        return Diagnostic(code=code, on=self.checked.rule.on, rule=self.id, **details)

    def _redundant_conditions(self, table: TruthTable) -> Iterator[Diagnostic]:
        """Parts without which the rule keeps every known value, and applies to the same facts."""
        when, require = self.checked.when, self.checked.require
        before = (*applies(table, when), *table.of(self.checked.whole))

        def is_same(shorter_when: Node | None, shorter_require: Node) -> bool:
            after = (*applies(table, shorter_when), *table.of(rule_condition(shorter_when, shorter_require)))
            return all(not old & ~new for old, new in zip(before, after, strict=True))

        while True:
            shorter: list[tuple[Key, Node, Node | None, Node]] = [("when", when, None, require)] if when else []
            shorter += [("require", part, when, rest) for part, rest in _without_part(require)]
            shorter += [("when", part, rest, require) for part, rest in _without_part(when)] if when else []
            spare = next((choice for choice in shorter if is_same(*choice[2:])), None)
            if spare is None:
                return
            key, part, when, require = spare
            yield self.diagnostic("redundant_condition", key=key, part=_text(part))


def _is_mixed(table: TruthTable, cases: int, holding: int, atoms: Sequence[Atom]) -> bool:
    """Whether some of the cases that are alike in these atoms are holding and others not: what other atoms read then decides."""
    if not cases & holding or not cases & ~holding:
        return False
    if not atoms:
        return True
    parts = (cases & table.where(atoms[0], value) for value in (True, False, None))
    return any(_is_mixed(table, part, holding, atoms[1:]) for part in parts)


def _fault(checked: CheckedRule, table: TruthTable) -> Fault | None:
    applying = applies(table, checked.when)[0]
    holds, fails = table.of(checked.whole)
    if not applying:
        return "unreachable"
    if not fails:
        return "tautology"
    return None if applying & holds else "unsatisfiable"


def applies(table: TruthTable, when: Node | None) -> tuple[int, int]:
    """The cases in which a rule applies, and those in which it does not."""
    return (table.all, 0) if when is None else table.of(when)


def _without_part(node: Node) -> Iterator[tuple[Node, Node]]:
    """Each operand of an And or Or, the last first, with what is left without it."""
    if isinstance(node, Not):
        yield from ((part, Not(rest)) for part, rest in _without_part(node.operand))
    if isinstance(node, And | Or):
        for index in reversed(range(len(node.operands))):
            others = (*node.operands[:index], *node.operands[index + 1 :])
            yield node.operands[index], others[0] if len(others) == 1 else type(node)(others)
        for index, operand in enumerate(node.operands):
            for part, rest in _without_part(operand):
                yield part, type(node)((*node.operands[:index], rest, *node.operands[index + 1 :]))


def _text(node: Node, *, is_inner: bool = False) -> str:
    """A condition as it is written, but for brackets and space."""
    match node:
        case FactRef(name):
            return name
        case Not(operand):
            return f"not {_text(operand, is_inner=True)}"
        case And(operands) | Or(operands):
            word = " and " if isinstance(node, And) else " or "
            joined = word.join(_text(operand, is_inner=True) for operand in operands)
            return f"({joined})" if is_inner else joined
        case Constant(value):
            return repr(value)
    return str(getattr(node, "text", node))
