"""Missing facts: the unknown facts that would settle a condition.

Once some facts are known, each atom can turn out in certain ways, whatever their values are: an atom that reads a fact which stays
unknown stays unknown, another may hold or fail. The ways of the whole condition follow from these by Kleene's logic. A set of facts
settles a condition when unknown is no longer among its ways.

Example: `(amount > 1 or income > 2) and is_resident`, all unknown. `is_resident` may settle it alone, by being false, so it is asked
first; then the amount and the income.
"""

from collections.abc import Mapping
from typing import Any, Final

from coachcore.rules.expr.evaluate import evaluate
from coachcore.rules.expr.nodes import And, Atom, Constant, FactRef, IsKnown, Node, Not, Or, atoms_of, fact_names
from coachcore.rules.logic.ways import EITHER, UNKNOWN, Ways, way_of, ways

__all__ = ["missing_facts"]

NONE: Final[Ways] = frozenset()


def missing_facts(
    tree: Node, facts: Mapping[str, Any], require: Node | None = None, when: Node | None = None
) -> tuple[str, ...]:
    """The unknown facts that would settle a condition that is unknown, those first that may settle it alone.

    Once all of them are known, it is settled (unless there is no result, as in a division by zero); while they stay unknown,
    no other fact settles it. require, when: of a rule; a fact that could only make it not apply by being known is not asked,
    since giving it would get around the rule.
    """
    if evaluate(tree, facts) is not None:
        return ()
    unknown = [each for each in fact_names(tree) if facts.get(each) is None]
    asking = dict.fromkeys(unknown)
    compared = {name for atom in atoms_of(tree) if not isinstance(atom, IsKnown) for name in fact_names(atom)}
    elsewhere = compared | set(fact_names(require or tree))
    around = frozenset(each for each in unknown if each not in elsewhere and when and _is_against(when, each))

    def settles(names: frozenset[str]) -> bool:
        return UNKNOWN not in ways(tree, lambda atom: _ways_of_atom(atom, facts, names, has_result=True))

    def may_settle(names: frozenset[str]) -> bool:
        return bool(ways(tree, lambda atom: _ways_of_atom(atom, facts, names, has_result=False)) & EITHER)

    for name in reversed(unknown):
        rest = frozenset(asking) - {name}
        if settles(rest) and not may_settle(frozenset(unknown) - rest - around):
            del asking[name]
    alone = [name for name in asking if may_settle(frozenset({name}))]
    return tuple(dict.fromkeys([*alone, *asking]))


def _is_against(node: Node, name: str, wanted: bool = True) -> bool:
    """Whether a fact by being known can only keep a condition from coming out as wanted: it stands in `is None` and the like."""
    match node:
        case Not(operand):
            return _is_against(operand, name, not wanted)
        case And(operands) | Or(operands):
            return all(_is_against(each, name, wanted) for each in operands)
        case IsKnown(operand, is_known) if name in fact_names(operand):
            return is_known is not wanted
    return True


def _ways_of_atom(atom: Atom, facts: Mapping[str, Any], learnt: frozenset[str], *, has_result: bool) -> Ways:
    """The ways an atom can turn out once some facts are known. has_result: arithmetic is assumed to have one."""
    value = evaluate(atom, facts)
    unknown = {name for name in fact_names(atom) if facts.get(name) is None}
    if not unknown:
        return EITHER if value is None and has_result else way_of(value)
    if not unknown & learnt:
        return way_of(value)
    gone = frozenset(unknown - learnt)
    if isinstance(atom, IsKnown):
        known, lacking = _may_be(atom.operand, gone)
        lacking = lacking or not (isinstance(atom.operand, FactRef) or has_result)
        return (way_of(atom.wanted) if known else NONE) | (way_of(not atom.wanted) if lacking else NONE)
    known, lacking = _may_be(atom, gone)
    return (EITHER if known else NONE) | (way_of(None) if lacking else NONE)


def _may_be(node: Node, gone: frozenset[str]) -> tuple[bool, bool]:
    """Whether a term may be known, and whether it may be unknown, while some facts are unknown and all others known."""
    match node:
        case FactRef(name):
            return name not in gone, name in gone
        case Constant() | IsKnown():
            return True, False
        case Not(operand):
            return _may_be(operand, gone)
    both = [_may_be(each, gone) for each in node.operands]
    some_part_tells = isinstance(node, And | Or)
    known = (any if some_part_tells else all)(may_be_known for may_be_known, _ in both)
    return known, any(may_be_unknown for _, may_be_unknown in both)
