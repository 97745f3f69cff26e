"""Reasons and contrast: the smallest set of atoms that decides a condition, and the smallest that must change for it to hold.

A set of atoms decides a condition when in every case in which they have their present values the condition has its present value.
Each atom excludes the cases in which it has another value than now, so the smallest deciding set is a minimum set cover of the cases
in which the condition has another value: a prime implicant of the present case. The contrast is the case nearest to the present one,
by the number of atoms that differ, in which the condition holds.

Example: `amount <= 6000 and is_insured` with amount=9000, is_insured=False fails for either atom alone; the first written is the
reason. The contrast is both: in the nearest case in which it holds, both have changed.

Cases that cannot occur may be in the table (`TruthTable.is_exact`): the set then decides, but may not be the smallest. Where the
table would be too large, or has no case for the present facts, atoms are left out one by one, the last first, as long as the rest
still decides with the others having any value (`logic.ways`). For a contrast atoms are likewise left as they are while the condition
can still hold. Of such a set none can be left out, but there may be a smaller one.
"""

from collections.abc import Mapping, Sequence, Set
from functools import lru_cache, reduce
from operator import and_
from typing import Any

import attrs

from coachcore.rules.explain.questions import missing_facts
from coachcore.rules.expr.evaluate import evaluate
from coachcore.rules.expr.nodes import Atom, Constant, Node, atoms_of
from coachcore.rules.expr.schema import Schema
from coachcore.rules.logic.cover import fewest_otherwise, minimum_cover
from coachcore.rules.logic.truth_table import TruthTable, truth_table
from coachcore.rules.logic.ways import ANY, HOLDS, way_of, ways

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
        free: set[Atom] = set()
        for atom in reversed(present.atoms):
            if _ways_with(tree, present.values, {*free, atom}) == way_of(value):
                free.add(atom)
        return MinimalSet(tuple(atom for atom in present.atoms if atom not in free), is_minimal=False)
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
        free = set(present.atoms)
        if not _ways_with(tree, present.values, free) & HOLDS:
            return MinimalSet((), is_minimal=False)
        for atom in reversed(present.atoms):
            if _ways_with(tree, present.values, free - {atom}) & HOLDS:
                free.remove(atom)
        return MinimalSet(tuple(atom for atom in present.atoms if atom in free), is_minimal=False)
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


def _ways_with(tree: Node, values: Mapping[Atom, bool | None], free: Set[Atom]) -> int:
    """The ways a condition can turn out while some atoms are free to have any value, and the others have those given."""
    return ways(tree, lambda atom: ANY if atom in free else way_of(values[atom]))
