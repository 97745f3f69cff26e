"""The trace of a rule on some facts: the rule as it was written, every part with its value.

The reasons of a verdict are the few atoms that decide it; a trace is the whole of it, to be walked or printed.
"""

from collections.abc import Iterator, Mapping
from textwrap import indent
from typing import Any, Literal

import attrs

from coachcore.rules.engine.verdicts import OUTCOMES
from coachcore.rules.expr.evaluate import evaluate
from coachcore.rules.expr.nodes import And, Atom, Constant, Node, Not, Or, fact_names, rule_condition
from coachcore.rules.expr.schema import Schema
from coachcore.rules.expr.values import JsonObject, jsonable

__all__ = ["TracedAtom", "TracedGroup", "traced", "traced_atom"]


@attrs.frozen(kw_only=True)
class TracedAtom(JsonObject):
    """An atom of a rule with its value on some facts.

    text: as written. value: whether it holds; None where that is unknown. values: of the facts it reads; None where
    unknown. meanings: what these facts say.
    """

    text: str
    value: bool | None
    values: Mapping[str, Any]
    meanings: Mapping[str, str]

    def __str__(self) -> str:
        values = ", ".join(f"{name} = {jsonable(value)}" for name, value in self.values.items())
        return f"{OUTCOMES[self.value]}: {self.text}" + (f" ({values})" if values else "")

    def walk(self, depth: int = 0) -> Iterator[tuple[int, "TracedAtom"]]:
        """Itself, as a tree of one part."""
        yield depth, self


@attrs.frozen(kw_only=True)
class TracedGroup(JsonObject):
    """Parts of a rule that are joined, with their value on some facts; as a text, a line for each part.

    operator: `and`, `or`, `not`; `if` for a rule that applies to some facts only: its first operand says when it applies, its
    second what it then requires. value: True, False, or None for unknown.
    """

    operator: Literal["and", "or", "not", "if"]
    value: bool | None
    operands: tuple["TracedGroup | TracedAtom", ...]

    def __str__(self) -> str:
        lines = [f"{OUTCOMES[self.value]}: {self.operator}", *(indent(str(operand), "  ") for operand in self.operands)]
        return "\n".join(lines)

    def walk(self, depth: int = 0) -> Iterator[tuple[int, "TracedGroup | TracedAtom"]]:
        """Itself and every part below it, each with how deep it lies, as they are written."""
        yield depth, self
        for operand in self.operands:
            yield from operand.walk(depth + 1)


def traced(schema: Schema, require: Node, when: Node | None, facts: Mapping[str, Any]) -> TracedGroup | TracedAtom:
    """The trace of a rule. facts: normalized."""
    if when is None:
        return _traced(schema, require, facts)
    value = evaluate(rule_condition(when, require), facts)
    return TracedGroup(
        operator="if", value=value, operands=(_traced(schema, when, facts), _traced(schema, require, facts))
    )


def _traced(schema: Schema, node: Node, facts: Mapping[str, Any]) -> TracedGroup | TracedAtom:
    match node:
        case And(operands) | Or(operands):
            operator: Literal["and", "or"] = "and" if isinstance(node, And) else "or"
            parts = tuple(_traced(schema, operand, facts) for operand in operands)
            return TracedGroup(operator=operator, value=evaluate(node, facts), operands=parts)
        case Not(operand):
            return TracedGroup(operator="not", value=evaluate(node, facts), operands=(_traced(schema, operand, facts),))
    return traced_atom(schema, node, facts)  # type: ignore[arg-type]


def traced_atom(schema: Schema, atom: Atom, facts: Mapping[str, Any]) -> TracedAtom:
    """An atom with its value. facts: normalized."""
    names = fact_names(atom)
    return TracedAtom(
        text=str(atom.value) if isinstance(atom, Constant) else getattr(atom, "text", None) or names[0],
        value=evaluate(atom, facts),
        values={name: facts[name] for name in names},
        meanings={name: schema.facts[name].meaning for name in names},
    )
