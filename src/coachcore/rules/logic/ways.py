"""The ways a condition can turn out, from the ways of its atoms.

The three values of Kleene's logic are in order: an `and` is the least of its operands, an `or` the greatest. Atoms count as
independent of each other, so a way may be listed that cannot occur, and never one too few. Example: of `a and b`, where `a` fails and
`b` may have any value, the only way is FAILS.
"""

from collections.abc import Callable
from functools import reduce
from typing import Final

from coachcore.rules.expr.nodes import And, Atom, Node, Not, Or

__all__ = ["ANY", "EITHER", "FAILS", "HOLDS", "UNKNOWN", "Ways", "way_of", "ways"]

Ways = frozenset[int]
FAILS, UNKNOWN, HOLDS = 0, 1, 2
EITHER: Final[Ways] = frozenset((FAILS, HOLDS))
ANY: Final[Ways] = frozenset((FAILS, UNKNOWN, HOLDS))


def way_of(value: bool | None) -> Ways:
    """The one way that a value is."""
    return frozenset((UNKNOWN if value is None else HOLDS if value else FAILS,))


def ways(node: Node, ways_of_atom: Callable[[Atom], Ways]) -> Ways:
    """The ways a condition can turn out."""
    match node:
        case Not(operand):
            return frozenset(HOLDS - way for way in ways(operand, ways_of_atom))
        case And(operands) | Or(operands):
            join = min if isinstance(node, And) else max
            of_each = (ways(operand, ways_of_atom) for operand in operands)
            return reduce(lambda some, more: frozenset(join(way, other) for way in some for other in more), of_each)
    return ways_of_atom(node)  # type: ignore[arg-type]
