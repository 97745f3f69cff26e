"""Reasons and contrast: the smallest set of atoms that decides a condition, and the smallest that must change for it to hold.

A set of atoms decides a condition when in every case in which they have their present values the condition has its present value.
Each atom excludes the cases in which it has another value than now, so the smallest deciding set is a minimum set cover of the cases
in which the condition has another value: a prime implicant of the present case. The contrast is the case nearest to the present one,
by the number of atoms that differ, in which the condition holds.

Example: `amount <= 6000 and is_insured` with amount=9000, is_insured=False fails for either atom alone; the first written is the
reason. The contrast is both: in the nearest case in which it holds, both have changed.

Cases that cannot occur may be in the table (`TruthTable.is_exact`): the set then decides, but may not be the smallest. Where the
table would be too large, or has no case for the present facts, the tree is followed with the same reservation.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache, reduce
from operator import and_
from typing import Any, Final, Literal

import attrs

from coachcore.rules.explain.questions import missing_facts
from coachcore.rules.expr.evaluate import evaluate
from coachcore.rules.expr.nodes import And, Atom, Constant, Node, Not, Or, atoms_of
from coachcore.rules.expr.schema import Schema
from coachcore.rules.logic.cover import fewest_otherwise, minimum_cover
from coachcore.rules.logic.truth_table import TruthTable, truth_table

__all__ = ["MinimalSet", "contrast_set", "missing_facts", "sufficient_reasons"]


@attrs.frozen
class MinimalSet:
    """Atoms, and whether there is certainly no smaller set that would do."""

    atoms: tuple[Atom, ...]
    is_minimal: bool


@lru_cache(maxsize=1024)
def _table_of(key: "_Key") -> TruthTable | None:
    return truth_table(key.schema, key.tree)


@attrs.frozen(eq=False)
class _Key:
    """A tree and its schema, compared by identity, because hashing a tree takes longer than a look-up should."""

    schema: Schema
    tree: Node

    def __hash__(self) -> int:
        return id(self.tree)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and self.tree is other.tree and self.schema is other.schema


def sufficient_reasons(schema: Schema, tree: Node, facts: Mapping[str, Any]) -> MinimalSet:
    """The smallest set of atoms whose present values force the condition's value. facts: normalized."""
    value, present = evaluate(tree, facts), _present(schema, tree, facts)
    if present.table is None:
        return MinimalSet(_by_tree(tree, value, present.values), is_minimal=False)
    other = present.table.all & ~present.table.where(tree, value)
    # every case with another value must be excluded by an atom that has another value there
    chosen, is_minimal = minimum_cover([other & ~rows for rows in present.unchanged], other)
    return MinimalSet(tuple(present.atoms[index] for index in chosen), is_minimal and present.table.is_exact)


def contrast_set(schema: Schema, tree: Node, facts: Mapping[str, Any]) -> MinimalSet:
    """The smallest set of atoms whose values would have to change for a condition to hold; none where it does.

    Of several such sets the first, as they are written. An empty set that is not minimal where no change would do.
    """
    if evaluate(tree, facts) is True:
        return MinimalSet((), is_minimal=True)
    present = _present(schema, tree, facts)
    if present.table is None:
        return MinimalSet(_turned(tree, True, present.values) or (), is_minimal=False)
    indexes = fewest_otherwise(present.unchanged, present.table.where(tree, True))
    chosen = tuple(present.atoms[index] for index in indexes or ())
    return MinimalSet(chosen, is_minimal=indexes is not None and present.table.is_exact)


@attrs.frozen
class _Present:
    """The atoms of a condition with their present values, and for each the cases in which it has that value.

    table: None where it would be too large, or has no case for the facts (a fact that is unknown though it may not be).
    """

    values: Mapping[Atom, bool | None]
    atoms: tuple[Atom, ...]
    table: TruthTable | None
    unchanged: Sequence[int]


def _present(schema: Schema, tree: Node, facts: Mapping[str, Any]) -> _Present:
    values = {atom: evaluate(atom, facts) for atom in atoms_of(tree)}
    atoms: tuple[Atom, ...] = tuple(atom for atom in values if not isinstance(atom, Constant))
    table = _table_of(_Key(schema, tree))
    if table is None:
        return _Present(values, atoms, None, ())
    unchanged = [table.where(atom, values[atom]) for atom in atoms]
    return _Present(values, atoms, table if reduce(and_, unchanged, table.all) else None, unchanged)


def _turned(node: Node, wanted: bool, values: Mapping[Atom, bool | None]) -> tuple[Atom, ...] | None:
    """The fewest atoms to change, by the tree, as if each could change by itself; None where no change would do."""
    match node:
        case Not(operand):
            return _turned(operand, not wanted, values)
        case And(operands) | Or(operands):
            is_and = isinstance(node, And)
            changes = [_turned(operand, wanted, values) for operand in operands]
            able = [atoms for atoms in changes if atoms is not None]
            if is_and is not wanted:
                return min(able, key=len, default=None)
            return _together(able) if len(able) == len(changes) else None
        case Constant(value):
            return () if value is wanted else None
    return () if values[node] is wanted else (node,)  # type: ignore[index,return-value]


Target = Literal["true", "false", "unknown", "not true", "not false"]
CONTRARY: Final[Mapping[Target, Target]] = {
    "true": "false",
    "false": "true",
    "unknown": "unknown",
    "not true": "not false",
    "not false": "not true",
}
MEANT: Final[Mapping[Target, tuple[bool | None, ...]]] = {
    "true": (True,),
    "false": (False,),
    "unknown": (None,),
    "not true": (False, None),
    "not false": (True, None),
}


def _by_tree(tree: Node, value: bool | None, values: Mapping[Atom, bool | None]) -> tuple[Atom, ...]:
    """Atoms that decide a condition's value by its tree: as few as possible where each stands once."""

    def is_met(node: Node, target: Target) -> bool:
        return _value(node, values) in MEANT[target]

    def fewest(node: Node, target: Target) -> tuple[Atom, ...]:
        match node:
            case Not(operand):
                return fewest(operand, CONTRARY[target])
            case And(operands) | Or(operands):
                is_and = isinstance(node, And)
                return junction(is_and, operands, target)
            case Constant():
                return ()
        return (node,)  # type: ignore[return-value]

    def junction(is_and: bool, operands: tuple[Node, ...], target: Target) -> tuple[Atom, ...]:
        if not is_and:  # by de Morgan
            return junction(True, tuple(Not(each) for each in operands), CONTRARY[target])
        if target in ("false", "not true"):  # one part is enough
            return min((fewest(each, target) for each in operands if is_met(each, target)), key=len)
        if target in ("true", "not false"):
            return _together(fewest(each, target) for each in operands)
        ways = (
            _together(fewest(operand, "unknown" if operand is unknown else "not false") for operand in operands)
            for unknown in operands
            if is_met(unknown, "unknown")
        )
        return min(ways, key=len)

    targets: Mapping[bool | None, Target] = {True: "true", False: "false", None: "unknown"}
    return fewest(tree, targets[value])


def _together(operands: Iterable[tuple[Atom, ...]]) -> tuple[Atom, ...]:
    return tuple(dict.fromkeys(atom for operand in operands for atom in operand))


def _value(node: Node, values: Mapping[Atom, bool | None]) -> bool | None:
    match node:
        case Not(operand):
            value = _value(operand, values)
            return None if value is None else not value
        case And(operands) | Or(operands):
            is_and = isinstance(node, And)
            inner = [_value(operand, values) for operand in operands]
            return (not is_and) if (not is_and) in inner else None if None in inner else is_and
    return values[node]  # type: ignore[index]
