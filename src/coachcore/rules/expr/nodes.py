"""Nodes of an expression: what a rule's text is parsed into, and what every other module of the engine works on.

A condition is an And, Or, Not or an atom. An atom is a condition with no condition inside: a Comparison, an IsKnown, a FactRef or
a Constant of type bool. The terms of a comparison are facts, constants, arithmetic and function calls. For example
`0 < amount and not is_insured` is

    And((Comparison("<", (Constant(0), FactRef("amount"))), Not(FactRef("is_insured"))))

Nodes are immutable, compare by value (the text a comparison was written with does not count) and keep their hash, because
they are used as keys of deep look-ups. They know their type; they know nothing of schemas or of how they are evaluated.
"""

from typing import Any, Final

import attrs

from coachcore.rules.expr.types import FactType

__all__ = [
    "BOOL",
    "MIRRORED",
    "And",
    "Arithmetic",
    "Atom",
    "Call",
    "Comparison",
    "Constant",
    "FactRef",
    "IsKnown",
    "Node",
    "Not",
    "Or",
    "atoms_of",
    "fact_names",
    "operands_of",
    "rule_condition",
]

BOOL: Final = FactType("bool")
MIRRORED: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
"""The operator of a comparison whose sides changed places; the others stay the same."""


@attrs.frozen
class Constant:
    """A value written in the rule."""

    value: Any
    type: FactType


@attrs.frozen
class FactRef:
    """The value of a fact."""

    fact: str
    type: FactType


@attrs.frozen(cache_hash=True)
class Call:
    """A pure function of the language. `float` cannot be written: it converts an int or a decimal used beside a float."""

    function: str
    operands: tuple["Node", ...]
    type: FactType


@attrs.frozen(cache_hash=True)
class Arithmetic:
    """Two operands joined by + - * /, or one operand negated."""

    operator: str
    operands: tuple["Node", ...]
    type: FactType


@attrs.frozen(cache_hash=True)
class Comparison:
    """Two terms compared, or a term looked up in a set. text: as written."""

    operator: str
    operands: tuple["Node", "Node"]
    text: str = attrs.field(eq=False)
    type: FactType = BOOL


@attrs.frozen(cache_hash=True)
class IsKnown:
    """`is not None` (wanted is True) or `is None`; never unknown itself. text: as written."""

    operand: "Node"
    wanted: bool
    text: str = attrs.field(eq=False)
    type: FactType = BOOL


@attrs.frozen(cache_hash=True)
class Not:
    """Negation; unknown stays unknown."""

    operand: "Node"
    type: FactType = BOOL


@attrs.frozen(cache_hash=True)
class And:
    """Holds when all of two or more operands hold."""

    operands: tuple["Node", ...]
    type: FactType = BOOL


@attrs.frozen(cache_hash=True)
class Or:
    """Holds when one of two or more operands holds."""

    operands: tuple["Node", ...]
    type: FactType = BOOL


Atom = Comparison | IsKnown | FactRef | Constant
"""A condition that has no conditions in it."""
Node = Constant | FactRef | Call | Arithmetic | Comparison | IsKnown | Not | And | Or


def rule_condition(when: Node | None, require: Node) -> Node:
    """The condition whose value is a rule's outcome: where the rule applies, what it requires; elsewhere it holds."""
    return require if when is None else Or((require, Not(when)))


def fact_names(node: Node) -> tuple[str, ...]:
    """The names of the facts a node reads, each once, in the order they are written."""
    own = (node.fact,) if isinstance(node, FactRef) else ()
    return tuple(dict.fromkeys((*own, *(name for operand in operands_of(node) for name in fact_names(operand)))))


def operands_of(node: Node) -> tuple[Node, ...]:
    """The nodes that a node is directly made of; none of a fact and of a constant."""
    match node:
        case Constant() | FactRef():
            return ()
        case Not(operand) | IsKnown(operand):
            return (operand,)
    return node.operands


def atoms_of(condition: Node) -> tuple[Atom, ...]:
    """The atoms of a condition, each once, in the order they are written."""
    match condition:
        case And(operands) | Or(operands):
            return tuple(dict.fromkeys(atom for operand in operands for atom in atoms_of(operand)))
        case Not(operand):
            return atoms_of(operand)
        case Comparison() | IsKnown() | FactRef() | Constant():
            return (condition,)
    raise TypeError(f"{condition!r} is not a condition")
