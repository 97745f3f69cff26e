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

from collections.abc import Mapping, Set
from functools import lru_cache, reduce
from operator import and_
from typing import Any

import attrs

from coachcore.rules.expr.evaluate import evaluate
from coachcore.rules.expr.nodes import Atom, Constant, Node, atoms_of
from coachcore.rules.expr.schema import Schema
from coachcore.rules.logic.cover import fewest_otherwise, irreducible, minimum_cover
from coachcore.rules.logic.truth_table import TruthTable, truth_table
from coachcore.rules.logic.ways import ANY, HOLDS, Ways, way_of, ways

__all__ = ["MinimalSet", "contrast_set", "sufficient_reasons"]


@attrs.frozen
class MinimalSet:
    """Atoms, and whether there is certainly no smaller set that would do."""

    atoms: tuple[Atom, ...]
    is_minimal: bool


_table_of = lru_cache(maxsize=1024)(truth_table)


def sufficient_reasons(schema: Schema, tree: Node, facts: Mapping[str, Any]) -> MinimalSet:
    """The smallest set of atoms whose present values force the condition's value. facts: normalized."""
    value, values = evaluate(tree, facts), _present_values(tree, facts)
    atoms = tuple(atom for atom in values if not isinstance(atom, Constant))
    chosen, is_minimal = _decisive(schema, tree, value, tuple(values.values()))
    return MinimalSet(tuple(atoms[index] for index in chosen), is_minimal)


@lru_cache(maxsize=1024)  # a rule is judged of many goals, whose facts differ, but seldom what its atoms say of them
def _decisive(
    schema: Schema, tree: Node, value: bool | None, atom_values: tuple[bool | None, ...]
) -> tuple[tuple[int, ...], bool]:
    """The indexes of the smallest set among the atoms with facts, and whether it is minimal.

    No atoms, since those of an equal condition may have been written with another text.
    """
    values = dict(zip(atoms_of(tree), atom_values, strict=True))
    atoms, table, unchanged = _present_cases(schema, tree, values)
    if table is None:
        decisive = irreducible(
            atoms, lambda rest: _ways_with(tree, values, set(atoms).difference(rest)) == way_of(value)
        )
        return tuple(atoms.index(atom) for atom in decisive), False
    other = table.all & ~table.where(tree, value)
    # every case with another value must be excluded by an atom that has another value there
    chosen, is_minimal = minimum_cover([other & ~rows for rows in unchanged], other)
    return chosen, is_minimal and table.is_exact


def contrast_set(schema: Schema, tree: Node, facts: Mapping[str, Any]) -> MinimalSet:
    """The smallest set of atoms whose values would have to change for a condition to hold; none where it does.

    Of several such sets the first, as they are written. An empty set that is not minimal where no change would do.
    """
    if evaluate(tree, facts) is True:
        return MinimalSet((), is_minimal=True)
    values = _present_values(tree, facts)
    atoms, table, unchanged = _present_cases(schema, tree, values)
    if table is None:
        may_hold = HOLDS in _ways_with(tree, values, set(atoms))
        changed = irreducible(atoms, lambda rest: HOLDS in _ways_with(tree, values, set(rest))) if may_hold else ()
        return MinimalSet(changed, is_minimal=False)
    indexes = fewest_otherwise(unchanged, table.where(tree, True))
    return MinimalSet(tuple(atoms[index] for index in indexes or ()), indexes is not None and table.is_exact)


def _present_values(tree: Node, facts: Mapping[str, Any]) -> dict[Atom, bool | None]:
    return {atom: evaluate(atom, facts) for atom in atoms_of(tree)}


def _present_cases(
    schema: Schema, tree: Node, values: Mapping[Atom, bool | None]
) -> tuple[tuple[Atom, ...], TruthTable | None, list[int]]:
    """The atoms with facts, the truth table, and for each atom the cases in which it has its present value.

    The table is None where it would be too large, or has no case for the facts (a fact that is unknown though it may not be).
    """
    atoms: tuple[Atom, ...] = tuple(atom for atom in values if not isinstance(atom, Constant))
    table = _table_of(schema, tree)
    unchanged = [table.where(atom, values[atom]) for atom in atoms] if table is not None else []
    is_present = table is not None and reduce(and_, unchanged, table.all)
    return atoms, table if is_present else None, unchanged


def _ways_with(tree: Node, values: Mapping[Atom, bool | None], free: Set[Atom]) -> Ways:
    """The ways a condition can turn out while some atoms are free to have any value, and the others have those given."""
    return ways(tree, lambda atom: ANY if atom in free else way_of(values[atom]))
