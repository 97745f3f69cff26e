"""The ways a condition can turn out, from the ways of its atoms.

A set of the three values of Kleene's logic is one integer: HOLDS, FAILS and UNKNOWN added together. Atoms count as independent of
each other, so a way may be listed that cannot occur, and never one too few. Example: of `a and b`, where `a` fails and `b` may have
any value, the only way is FAILS.
"""

from collections.abc import Callable
from typing import Final

from coachcore.rules.expr.nodes import And, Atom, Node, Not, Or

__all__ = ["ANY", "EITHER", "FAILS", "HOLDS", "UNKNOWN", "Ways", "way_of", "ways"]

Ways = int
HOLDS, FAILS, UNKNOWN = 1, 2, 4
EITHER: Final = HOLDS | FAILS
ANY: Final = EITHER | UNKNOWN


def way_of(value: bool | None) -> Ways:
    """The one way that a value is."""
    return UNKNOWN if value is None else HOLDS if value else FAILS


def ways(node: Node, ways_of_atom: Callable[[Atom], Ways]) -> Ways:
    """The ways a condition can turn out."""
    match node:
        case Not(operand):
            return _contrary(ways(operand, ways_of_atom))
        case And(operands):
            return _all_of([ways(operand, ways_of_atom) for operand in operands])
        case Or(operands):
            return _contrary(_all_of([_contrary(ways(operand, ways_of_atom)) for operand in operands]))
    return ways_of_atom(node)  # type: ignore[arg-type]


def _contrary(possible: Ways) -> Ways:
    return possible & UNKNOWN | (HOLDS if possible & FAILS else 0) | (FAILS if possible & HOLDS else 0)


def _all_of(operands: list[Ways]) -> Ways:
    """How an `and` can turn out: as the least of its operands."""
    holds = HOLDS if all(operand & HOLDS for operand in operands) else 0
    fails = FAILS if any(operand & FAILS for operand in operands) else 0
    is_open = all(operand & (HOLDS | UNKNOWN) for operand in operands) and any(
        operand & UNKNOWN for operand in operands
    )
    return holds | fails | (UNKNOWN if is_open else 0)
