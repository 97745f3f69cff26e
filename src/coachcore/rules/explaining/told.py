"""How a rule came out on some facts, part by part: its tree as it was written, each part with what it came to.

The reasons of a verdict are the few parts that decide it; here is the whole of it, to be walked or printed.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import attrs

from coachcore.rules.facts import FactSchema
from coachcore.rules.tree import Constant, Junction, Leaf, Node, Not, applied_where, evaluate, facts_of
from coachcore.rules.values import jsonable

__all__ = ["Branch", "Reason", "reason", "told"]


@attrs.frozen(kw_only=True)
class Reason:
    """A comparison of a rule, or a fact or constant that is a condition, as it came out on some facts.

    text: as written. came_out: whether it holds; None where that is unknown. values: of the facts it reads; None where
    unknown. meanings: what these facts say.
    """

    text: str
    came_out: bool | None
    values: Mapping[str, Any]
    meanings: Mapping[str, str]

    def __str__(self) -> str:
        return f"{_word(self.came_out)}: {self.text}" + (f" ({self.shown()})" if self.values else "")

    def walk(self, depth: int = 0) -> Iterator[tuple[int, "Reason"]]:
        """Itself, as a tree of one part."""
        yield depth, self

    def shown(self) -> str:
        """The values of its facts, as JSON has them; None where unknown."""
        return ", ".join(f"{name} = {jsonable(value)}" for name, value in self.values.items())

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON: text, came_out, values, meanings."""
        return {
            "text": self.text,
            "came_out": self.came_out,
            "values": {name: jsonable(value) for name, value in self.values.items()},
            "meanings": dict(self.meanings),
        }


@attrs.frozen(kw_only=True)
class Branch:
    """Parts of a rule that are joined, as they came out on some facts; as a text, a line a part.

    sign: `and`, `or`, `not`; `if` of a rule that applies to some facts only: its first part says when it applies, its
    second what it then requires. came_out: True, False, or None for unknown.
    """

    sign: Literal["and", "or", "not", "if"]
    came_out: bool | None
    parts: tuple["Branch | Reason", ...]

    def __str__(self) -> str:
        return "\n".join(f"{'  ' * depth}{_line(each)}" for depth, each in self.walk())

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON: sign, came_out, parts."""
        return {"sign": self.sign, "came_out": self.came_out, "parts": [each.as_dict() for each in self.parts]}

    def walk(self, depth: int = 0) -> Iterator[tuple[int, "Branch | Reason"]]:
        """Itself and every part below it, each with how deep it lies, as they are written."""
        yield depth, self
        for each in self.parts:
            yield from each.walk(depth + 1)


def _word(came_out: bool | None) -> str:
    return "unknown" if came_out is None else "holds" if came_out else "fails"


def _line(part: Branch | Reason) -> str:
    return f"{_word(part.came_out)}: {part.sign}" if isinstance(part, Branch) else str(part)


def told(schema: FactSchema, require: Node, when: Node | None, facts: Mapping[str, Any]) -> Branch | Reason:
    """The tree of a rule on some facts. facts: in the form that rules compare."""
    if when is None:
        return _told(schema, require, facts)
    came_out = evaluate(applied_where(when, require), facts)
    return Branch(sign="if", came_out=came_out, parts=(_told(schema, when, facts), _told(schema, require, facts)))


def _told(schema: FactSchema, node: Node, facts: Mapping[str, Any]) -> Branch | Reason:
    match node:
        case Junction(is_and, parts):
            sign: Literal["and", "or"] = "and" if is_and else "or"
            made = tuple(_told(schema, each, facts) for each in parts)
            return Branch(sign=sign, came_out=evaluate(node, facts), parts=made)
        case Not(part):
            return Branch(sign="not", came_out=evaluate(node, facts), parts=(_told(schema, part, facts),))
    return reason(schema, node, facts)  # type: ignore[arg-type]


def reason(schema: FactSchema, leaf: Leaf, facts: Mapping[str, Any]) -> Reason:
    """A comparison as it came out. facts: in the form that rules compare."""
    names = facts_of(leaf)
    return Reason(
        text=str(leaf.value) if isinstance(leaf, Constant) else getattr(leaf, "text", None) or names[0],
        came_out=evaluate(leaf, facts),
        values={name: facts[name] for name in names},
        meanings={name: schema.facts[name].meaning for name in names},
    )
