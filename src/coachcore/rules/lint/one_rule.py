"""One rule looked at: whether it ever applies, holds and fails, and which parts and fixes of it do nothing."""

from collections.abc import Iterator
from typing import Any, Final, Literal

import attrs

from coachcore.rules.expr.nodes import And, Comparison, Constant, FactRef, IsKnown, Node, Not, Or, rule_condition
from coachcore.rules.expr.schema import Schema
from coachcore.rules.lint.diagnostics import DIAGNOSTICS, Diagnostic, Key
from coachcore.rules.logic.tables import TruthTable, truth_table
from coachcore.rules.rule import CheckedRule

__all__ = ["MAX_CASES", "Looked", "applying"]

MAX_CASES: Final = 2**18
"""Worlds of one rule, or of a pair, that are looked at."""
Fault = Literal["unreachable", "unsatisfiable", "tautology"]


@attrs.frozen
class Looked:
    """A rule, and its worlds where they are not too many. fault: what is wrong with all of it."""

    case: CheckedRule
    truth_table: TruthTable | None
    fault: Fault | None

    @classmethod
    def at(cls, case: CheckedRule) -> "Looked":
        found = truth_table(case.schema, case.whole, most=MAX_CASES)
        return cls(case, found, None if found is None else _fault(case, found))

    @property
    def why(self) -> Literal["too_many", "inexact"] | None:
        return "too_many" if self.truth_table is None else None if self.truth_table.is_exact else "inexact"

    def diagnostics(self) -> Iterator[Diagnostic]:
        if self.fault is not None:
            yield self.diagnostic(self.fault, key="when" if self.fault == "unreachable" else "require")
        elif self.truth_table is not None:
            yield from self.constant_parts(self.truth_table)
        for name in self.case.rule.fix:
            if self.fault is None and self.is_idle(name):
                yield self.diagnostic("ineffective_fix", key="fix", part=name)

    def diagnostic(self, code: str, *, key: Key | None = None, part: str | None = None) -> Diagnostic:
        rule = self.case.rule
        return Diagnostic(code=code, on=rule.on, rule=rule.id, key=key, part=part, severity=DIAGNOSTICS[code].severity)

    def constant_parts(self, found: TruthTable) -> Iterator[Diagnostic]:
        """Parts that can be left out: the rule, where it can be told, says the same, and applies to the same facts."""
        when, require = self.case.when, self.case.require
        before = (applying(found, when), found.of(self.case.whole))

        def is_same(new_when: Node | None, new_require: Node) -> bool:
            after = (applying(found, new_when), found.of(rule_condition(new_when, new_require)))
            return all(
                not old & ~new
                for one, other in zip(before, after, strict=True)
                for old, new in zip(one, other, strict=True)
            )

        if when is not None and is_same(None, require):
            yield self.diagnostic("redundant_condition", key="when", part=_text(when))
            when = None
        while (spare := next((each for each in _without(require) if is_same(when, each[1])), None)) is not None:
            yield self.diagnostic("redundant_condition", key="require", part=_text(spare[0]))
            require = spare[1]
        while when is not None:
            spare = next((each for each in _without(when) if is_same(each[1], require)), None)
            if spare is None:
                return
            yield self.diagnostic("redundant_condition", key="when", part=_text(spare[0]))
            when = spare[1]

    def is_idle(self, name: str) -> bool:
        """Whether no change of a fact alone makes the rule hold: whether it holds is the same with a twin in its place."""
        case = self.case
        if name not in case.facts:
            return True
        twin = name + "_"
        while twin in case.schema.facts:
            twin += "_"
        facts = {**case.schema.facts, twin: attrs.evolve(case.schema.facts[name], name=twin)}
        other = _renamed(case.whole, name, twin)
        found = truth_table(Schema(case.schema.name, facts), case.whole, other, most=MAX_CASES)
        return found is not None and found.of(case.whole)[0] & ~found.of(other)[0] == 0


def _fault(case: CheckedRule, found: TruthTable) -> Fault | None:
    applies = applying(found, case.when)[0]
    holds, fails = found.of(case.require)
    if not applies:
        return "unreachable"
    if not applies & holds and applies & fails:
        return "unsatisfiable"
    return "tautology" if not found.of(case.whole)[1] else None


def applying(found: TruthTable, when: Node | None) -> tuple[int, int]:
    """The worlds in which a rule applies, and those in which it does not."""
    return (found.all, 0) if when is None else found.of(when)


def _without(node: Node) -> Iterator[tuple[Node, Node]]:
    """Each part that is joined to others, the last first, and what is left without it."""
    if isinstance(node, Not):
        yield from ((operand, Not(left)) for operand, left in _without(node.operand))
    if isinstance(node, And | Or):
        for at in reversed(range(len(node.operands))):
            rest = (*node.operands[:at], *node.operands[at + 1 :])
            yield node.operands[at], rest[0] if len(rest) == 1 else type(node)(rest)
        for at, each in enumerate(node.operands):
            for operand, left in _without(each):
                yield operand, type(node)((*node.operands[:at], left, *node.operands[at + 1 :]))


def _renamed(node: Node, old: str, new: str) -> Node:
    """A tree that reads another fact in place of one."""
    if isinstance(node, Constant):
        return node
    if isinstance(node, FactRef):
        return FactRef(new, node.type) if node.fact == old else node
    if isinstance(node, Not | IsKnown):
        return attrs.evolve(node, operand=_renamed(node.operand, old, new))
    operands: Any = tuple(_renamed(each, old, new) for each in node.operands)
    return attrs.evolve(node, operands=operands)


def _text(node: Node, *, within: bool = False) -> str:
    """A condition as it is written, but for brackets and space."""
    match node:
        case Comparison(text=text) | IsKnown(text=text):
            return text
        case FactRef(name):
            return name
        case Not(operand):
            return f"not {_text(operand, within=True)}"
        case And(operands) | Or(operands):
            is_and = isinstance(node, And)
            joined = (" and " if is_and else " or ").join(_text(each, within=True) for each in operands)
            return f"({joined})" if within else joined
        case Constant(value):
            return repr(value)
    raise TypeError(f"{node!r} is no condition")
