"""Why a verdict is what it is: the fewest comparisons that decide it, those that stand in its way, and what to ask.

A set of comparisons decides a verdict when every world in which they come out as they did has the same verdict; the
smallest such set is a prime implicant of what is the case. It is looked for over the worlds of `worlds`. Where there are too
many, or what is the case is none of them, the tree itself is followed, which finds a set that decides, if not always the
smallest.
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
    """Comparisons, and whether no smaller set would do."""

    atoms: tuple[Atom, ...]
    is_minimal: bool


@lru_cache(maxsize=1024)
def _worlds_of(key: "_Key") -> TruthTable | None:
    return truth_table(key.schema, key.tree)


@attrs.frozen(eq=False)
class _Key:
    """A tree and its schema, told apart by the tree alone, so that looking up is quick."""

    schema: Schema
    tree: Node

    def __hash__(self) -> int:
        return id(self.tree)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and self.tree is other.tree and self.schema is other.schema


def sufficient_reasons(schema: Schema, tree: Node, facts: Mapping[str, Any]) -> MinimalSet:
    """The fewest comparisons that decide a condition's value. facts: in the form that rules compare."""
    value, seen = evaluate(tree, facts), _seen(schema, tree, facts)
    if seen.table is None:
        return MinimalSet(_by_tree(tree, value, seen.told), is_minimal=False)
    other = seen.table.all & ~seen.table.where(tree, value)
    # to decide is to come out otherwise, one comparison or another, in every world that has another verdict
    chosen, is_minimal = minimum_cover([other & ~each for each in seen.alike], other)
    return MinimalSet(tuple(seen.atoms[at] for at in chosen), is_minimal and seen.table.is_exact)


def contrast_set(schema: Schema, tree: Node, facts: Mapping[str, Any]) -> MinimalSet:
    """The fewest comparisons that would have to come out otherwise for a condition to hold; none where it does.

    Of several such sets the first, as they are written. Nothing, not the smallest, where no change would do.
    """
    if evaluate(tree, facts) is True:
        return MinimalSet((), is_minimal=True)
    seen = _seen(schema, tree, facts)
    if seen.table is None:
        return MinimalSet(_turned(tree, True, seen.told) or (), is_minimal=False)
    found = fewest_otherwise(seen.alike, seen.table.where(tree, True))
    chosen = tuple(seen.atoms[at] for at in found or ())
    return MinimalSet(chosen, is_minimal=found is not None and seen.table.is_exact)


@attrs.frozen
class _Seen:
    """The comparisons of a condition as they came out, and for each, the worlds in which it comes out alike.

    all_worlds: None where there are too many, or the facts are in none of them (a fact that is unknown though it may not be).
    """

    told: Mapping[Atom, bool | None]
    atoms: tuple[Atom, ...]
    table: TruthTable | None
    alike: Sequence[int]


def _seen(schema: Schema, tree: Node, facts: Mapping[str, Any]) -> _Seen:
    told = {atom: evaluate(atom, facts) for atom in atoms_of(tree)}
    atoms: tuple[Atom, ...] = tuple(atom for atom in told if not isinstance(atom, Constant))
    table = _worlds_of(_Key(schema, tree))
    if table is None:
        return _Seen(told, atoms, None, ())
    alike = [table.where(atom, told[atom]) for atom in atoms]
    here = reduce(and_, alike, table.all)
    return _Seen(told, atoms, table if here else None, alike)


def _turned(node: Node, wanted: bool, told: Mapping[Atom, bool | None]) -> tuple[Atom, ...] | None:
    """Comparisons that are to come out otherwise, by the tree, as if each could by itself; None where none would do."""
    match node:
        case Not(operand):
            return _turned(operand, not wanted, told)
        case And(operands) | Or(operands):
            is_and = isinstance(node, And)
            found = [_turned(each, wanted, told) for each in operands]
            able = [each for each in found if each is not None]
            if is_and is not wanted:
                return min(able, key=len, default=None)
            return _together(able) if len(able) == len(found) else None
        case Constant(value):
            return () if value is wanted else None
    return () if told[node] is wanted else (node,)  # type: ignore[index,return-value]


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


def _by_tree(tree: Node, value: bool | None, told: Mapping[Atom, bool | None]) -> tuple[Atom, ...]:
    """Comparisons that decide a condition's value by its tree: as few as possible where each stands once."""

    def is_met(node: Node, target: Target) -> bool:
        return _value(node, told) in MEANT[target]

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
            _together(fewest(each, "unknown" if each is one else "not false") for each in operands)
            for one in operands
            if is_met(one, "unknown")
        )
        return min(ways, key=len)

    targets: Mapping[bool | None, Target] = {True: "true", False: "false", None: "unknown"}
    return fewest(tree, targets[value])


def _together(operands: Iterable[tuple[Atom, ...]]) -> tuple[Atom, ...]:
    return tuple(dict.fromkeys(atom for operand in operands for atom in operand))


def _value(node: Node, told: Mapping[Atom, bool | None]) -> bool | None:
    match node:
        case Not(operand):
            value = _value(operand, told)
            return None if value is None else not value
        case And(operands) | Or(operands):
            is_and = isinstance(node, And)
            values = [_value(each, told) for each in operands]
            return (not is_and) if (not is_and) in values else None if None in values else is_and
    return told[node]  # type: ignore[index]
