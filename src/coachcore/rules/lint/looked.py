"""One rule looked at: whether it ever applies, holds and fails, and which parts and fixes of it do nothing."""

from collections.abc import Iterator
from typing import Any, Final, Literal

import attrs

from coachcore.rules.facts import FactSchema
from coachcore.rules.lint.remarks import REMARKS, Key, Remark
from coachcore.rules.tree import Comparison, Constant, Junction, Known, Node, Not, Reading, applied_where
from coachcore.rules.verdicts import Prepared
from coachcore.rules.worlds import Worlds, worlds

__all__ = ["MOST_LOOKED_AT", "Looked", "applying"]

MOST_LOOKED_AT: Final = 2**18
"""Worlds of one rule, or of a pair, that are looked at."""
Fault = Literal["never_applies", "always_fails", "never_fails"]


@attrs.frozen
class Looked:
    """A rule, and its worlds where they are not too many. fault: what is wrong with all of it."""

    case: Prepared
    worlds: Worlds | None
    fault: Fault | None

    @classmethod
    def at(cls, case: Prepared) -> "Looked":
        found = worlds(case.schema, case.whole, most=MOST_LOOKED_AT)
        return cls(case, found, None if found is None else _fault(case, found))

    @property
    def why(self) -> Literal["too_many", "inexact"] | None:
        return "too_many" if self.worlds is None else None if self.worlds.is_exact else "inexact"

    def remarks(self) -> Iterator[Remark]:
        if self.fault is not None:
            yield self.remark(self.fault, key="when" if self.fault == "never_applies" else "require")
        elif self.worlds is not None:
            yield from self.constant_parts(self.worlds)
        for name in self.case.rule.fix:
            if self.fault is None and self.is_idle(name):
                yield self.remark("idle_fix", key="fix", part=name)

    def remark(self, code: str, *, key: Key | None = None, part: str | None = None) -> Remark:
        rule = self.case.rule
        return Remark(code=code, on=rule.on, rule=rule.id, key=key, part=part, severity=REMARKS[code].severity)

    def constant_parts(self, found: Worlds) -> Iterator[Remark]:
        """Parts that can be left out: the rule, where it can be told, says the same, and applies to the same facts."""
        when, require = self.case.when, self.case.require
        before = (applying(found, when), found.of(self.case.whole))

        def is_same(new_when: Node | None, new_require: Node) -> bool:
            after = (applying(found, new_when), found.of(applied_where(new_when, new_require)))
            return all(
                not old & ~new
                for one, other in zip(before, after, strict=True)
                for old, new in zip(one, other, strict=True)
            )

        if when is not None and is_same(None, require):
            yield self.remark("constant_part", key="when", part=_text(when))
            when = None
        while (spare := next((each for each in _without(require) if is_same(when, each[1])), None)) is not None:
            yield self.remark("constant_part", key="require", part=_text(spare[0]))
            require = spare[1]
        while when is not None:
            spare = next((each for each in _without(when) if is_same(each[1], require)), None)
            if spare is None:
                return
            yield self.remark("constant_part", key="when", part=_text(spare[0]))
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
        found = worlds(FactSchema(case.schema.name, facts), case.whole, other, most=MOST_LOOKED_AT)
        return found is not None and found.of(case.whole)[0] & ~found.of(other)[0] == 0


def _fault(case: Prepared, found: Worlds) -> Fault | None:
    applies = applying(found, case.when)[0]
    holds, fails = found.of(case.require)
    if not applies:
        return "never_applies"
    if not applies & holds and applies & fails:
        return "always_fails"
    return "never_fails" if not found.of(case.whole)[1] else None


def applying(found: Worlds, when: Node | None) -> tuple[int, int]:
    """The worlds in which a rule applies, and those in which it does not."""
    return (found.all, 0) if when is None else found.of(when)


def _without(node: Node) -> Iterator[tuple[Node, Node]]:
    """Each part that is joined to others, the last first, and what is left without it."""
    if isinstance(node, Not):
        yield from ((part, Not(left)) for part, left in _without(node.part))
    if isinstance(node, Junction):
        for at in reversed(range(len(node.parts))):
            rest = (*node.parts[:at], *node.parts[at + 1 :])
            yield node.parts[at], rest[0] if len(rest) == 1 else Junction(node.is_and, rest)
        for at, each in enumerate(node.parts):
            for part, left in _without(each):
                yield part, Junction(node.is_and, (*node.parts[:at], left, *node.parts[at + 1 :]))


def _renamed(node: Node, old: str, new: str) -> Node:
    """A tree that reads another fact in place of one."""
    if isinstance(node, Constant):
        return node
    if isinstance(node, Reading):
        return Reading(new, node.kind) if node.fact == old else node
    if isinstance(node, Not | Known):
        return attrs.evolve(node, part=_renamed(node.part, old, new))
    parts: Any = tuple(_renamed(each, old, new) for each in node.parts)
    return attrs.evolve(node, parts=parts)


def _text(node: Node, *, within: bool = False) -> str:
    """A condition as it is written, but for brackets and space."""
    match node:
        case Comparison(text=text) | Known(text=text):
            return text
        case Reading(name):
            return name
        case Not(part):
            return f"not {_text(part, within=True)}"
        case Junction(is_and, parts):
            joined = (" and " if is_and else " or ").join(_text(each, within=True) for each in parts)
            return f"({joined})" if within else joined
        case Constant(value):
            return repr(value)
    raise TypeError(f"{node!r} is no condition")
