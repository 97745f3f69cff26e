"""Every world that a set of conditions can tell apart, and which of them each condition holds in.

A fact that is compared with constants has finitely many places where an answer can change; one value from each, and
`unknown`, stand for all its values. Comparisons between facts are taken to come out in any way, each pair of terms in one
way at a time. A condition is then two big integers, a bit a world: where it holds, and where it fails. So what is said
from them (always, never, both, enough) is exact where facts are compared with constants, and elsewhere errs to one side:
worlds may be counted that cannot be, never one left out.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Context
from fractions import Fraction
from itertools import combinations
from math import inf, nextafter, prod
from typing import Any, Final

import attrs

from coachcore.rules.expr.evaluate import DECIMAL_CONTEXT, evaluate
from coachcore.rules.expr.facts import Fact
from coachcore.rules.expr.nodes import (
    And,
    Arithmetic,
    Atom,
    Call,
    Comparison,
    Constant,
    FactRef,
    IsKnown,
    Node,
    Not,
    Or,
    atoms_of,
    fact_names,
)
from coachcore.rules.expr.schema import Schema
from coachcore.rules.logic.breakpoints import LINES, STEPS, criticals, points, value_at

__all__ = ["TruthTable", "samples", "truth_table"]

MOST_WORLDS: Final = 2**16
MOST_ITEMS: Final = 6
DIGITS: Final = Context(prec=2 * DECIMAL_CONTEXT.prec)
Told = tuple[bool | None, ...]
"""The answers of a group's comparisons in one world."""
Group = tuple[tuple[Atom, ...], list[Told]]
"""Comparisons that hang together, and the ways they can come out."""


@attrs.frozen
class TruthTable:
    """The worlds of some conditions. size: how many. holds, fails: of each comparison, the worlds, as bits.

    is_exact: whether each of them can be; otherwise comparisons between facts were taken as independent.
    """

    size: int
    holds: Mapping[Atom, int]
    fails: Mapping[Atom, int]
    is_exact: bool

    @property
    def all(self) -> int:
        return (1 << self.size) - 1

    def of(self, node: Node) -> tuple[int, int]:
        """The worlds a condition holds in, and those it fails in; in the others it is unknown."""
        match node:
            case Not(operand):
                holds, fails = self.of(operand)
                return fails, holds
            case And(operands) | Or(operands):
                is_and = isinstance(node, And)
                both = [self.of(each) for each in operands]
                holds, fails = both[0]
                for more_holds, more_fails in both[1:]:
                    holds, fails = (
                        (holds & more_holds, fails | more_fails) if is_and else (holds | more_holds, fails & more_fails)
                    )
                return holds, fails
        return self.holds[node], self.fails[node]  # type: ignore[index]

    def where(self, node: Node, value: bool | None) -> int:
        """The worlds in which a condition has a value."""
        holds, fails = self.of(node)
        return holds if value else self.all & ~(holds | fails) if value is None else fails


def truth_table(schema: Schema, *trees: Node, most: int = MOST_WORLDS) -> TruthTable | None:
    """The worlds that conditions can tell apart; None where there are more than `most`."""
    atoms = tuple(dict.fromkeys(atom for tree in trees for atom in atoms_of(tree)))
    groups, is_exact = _groups(schema, atoms)
    size = prod(len(told) for _, told in groups)
    if size > most:
        return None
    holds, fails = dict.fromkeys(atoms, 0), dict.fromkeys(atoms, 0)
    period = 1
    for members, told in groups:
        repeat = _repeated(period * len(told), size)
        for number, atom in enumerate(members):
            for into, value in ((holds, True), (fails, False)):
                row = sum(((1 << period) - 1) << (at * period) for at, each in enumerate(told) if each[number] is value)
                into[atom] = row * repeat
        period *= len(told)
    return TruthTable(size, holds, fails, is_exact)


def _repeated(period: int, size: int) -> int:
    """A number that, multiplied with a pattern of `period` bits, repeats it over `size` bits."""
    return ((1 << size) - 1) // ((1 << period) - 1)


def _groups(schema: Schema, atoms: Sequence[Atom]) -> tuple[list[Group], bool]:
    """Comparisons that hang together, each group with the ways it can come out; and whether each of these can be."""
    groups: list[Group] = []
    is_exact = True
    for key, members in _keyed(atoms, axis_key).items():
        if isinstance(key, str):
            told = _by_values(schema, key, members) if key else [tuple(evaluate(atom, {}) for atom in members)]
            found = _apart(schema, members) if told is None else [(tuple(members), told)]
            is_exact = is_exact and told is not None
        else:
            found = _compared(schema, key, members)
            is_exact = False
        groups += found
    return groups, is_exact


def _keyed(atoms: Iterable[Atom], key: Callable[[Atom], Any]) -> dict[Any, list[Atom]]:
    found: dict[Any, list[Atom]] = {}
    for atom in atoms:
        found.setdefault(key(atom), []).append(atom)
    return found


def _apart(schema: Schema, atoms: Sequence[Atom]) -> list[Group]:
    """Groups of one fact's comparisons that are not solved together: those that are, and each term of the others."""
    name = fact_names(atoms[0])[0]
    solved = [atom for atom in atoms if samples(schema.facts[name], [atom]) is not None]
    told = _by_values(schema, name, solved) if solved else None
    rest = atoms if told is None else [atom for atom in atoms if atom not in solved]
    groups = [] if told is None else [(tuple(solved), told)]
    return groups + [
        group for key, members in _keyed(rest, _terms).items() for group in _compared(schema, key, members)
    ]


def group_outcomes(schema: Schema, key: Any, atoms: Sequence[Atom]) -> list[Told]:
    """The ways that the atoms of an axis come out together, of constants or of a pair of terms."""
    return _compared(schema, key, atoms)[0][1] if key else [tuple(evaluate(atom, {}) for atom in atoms)]


def _compared(schema: Schema, key: Any, atoms: Sequence[Atom]) -> list[Group]:
    """Groups of comparisons of one term, or of one pair of terms; others come out in any way."""
    if isinstance(key, Term):
        return [(tuple(atoms), _by_term(key, atoms))]
    if isinstance(key, frozenset):
        return [(tuple(atoms), _by_order(schema, atoms))]
    return [
        ((atom,), [(True,), (False,)] if isinstance(atom, IsKnown) else [(True,), (False,), (None,)]) for atom in atoms
    ]


@attrs.frozen
class Term:
    """A term of several facts, compared with constants."""

    node: Node

    def replaced(self, atom: Any) -> Any:
        """The atom with a fact of its own, named "", in the term's place."""
        stand_in = FactRef("", self.node.type)
        operands = tuple(stand_in if operand == self.node else operand for operand in atom.operands)
        return attrs.evolve(atom, operands=operands)


def axis_key(atom: Atom) -> Any:
    """What a comparison is about: a fact ("" of constants alone), a term, a pair of terms in either order, or itself."""
    names = fact_names(atom)
    return _terms(atom) if len(names) > 1 else names[0] if names else ""


def _terms(atom: Atom) -> Any:
    """The term that a comparison holds against constants, or the pair of terms; itself where it is of neither."""
    if isinstance(atom, Comparison):
        terms = [each for each in atom.operands if not isinstance(each, Constant)]
        if len(terms) == 1 and terms[0].type.name in LINES:
            return Term(terms[0])
    if isinstance(atom, Comparison) and atom.operator not in ("in", "not in"):
        return frozenset(atom.operands)
    return atom


def _by_values(schema: Schema, name: str, atoms: Sequence[Atom]) -> list[Told] | None:
    """The ways that comparisons of one fact with constants come out together; None where that cannot be told."""
    fact = schema.facts[name]
    values = samples(fact, atoms)
    if values is None:
        return None
    tried = [*values, None] if fact.unknown_allowed else values
    return list(dict.fromkeys(tuple(evaluate(atom, {name: each}) for atom in atoms) for each in tried))


def _by_term(term: Term, atoms: Sequence[Any]) -> list[Told]:
    """The ways that comparisons of one term with constants come out together."""
    put = [term.replaced(atom) for atom in atoms]
    found = [point for atom in put for point in criticals(atom, "", {}) or []]
    zones = _zones(put) if term.node.type.name == "moment" else [True]
    tried = [value_at(each, term.node.type, zoned=zoned) for zoned in zones for each in points(found, term.node.type)]
    return list(dict.fromkeys(tuple(evaluate(atom, {"": each}) for atom in put) for each in [*tried, None]))


def samples(fact: Fact, atoms: Sequence[Atom]) -> list[Any] | None:
    """Values that stand for all values of a fact, as far as these comparisons tell them apart. None: cannot be told."""
    fact_type = fact.type
    if fact_type.name == "bool":
        return [True, False]
    if fact_type.members:
        return list(fact_type.members)
    if fact_type.name in LINES:
        found: list[Fraction] = []
        for atom in atoms:
            more = criticals(atom, fact.name, {})
            if more is None:
                return None
            found += more
        found_points = [
            *points(found, fact_type),
            *points((), fact_type),
        ]  # one in range, should the others all be out of it
        zones = _zones(atoms) if fact_type.name == "moment" else [True]
        tried = [value_at(each, fact_type, zoned=zoned) for zoned in zones for each in found_points]
        values = [each for each in tried if each is not None]
        if fact_type.name in STEPS or all(is_bare(atom) for atom in atoms):
            return list(dict.fromkeys(values))
        return list(dict.fromkeys(near for each in values for near in _near(each)))
    if fact_type.name == "text":
        return _texts(fact, atoms)
    return _sets(fact, atoms)


def _zones(atoms: Sequence[Atom]) -> list[bool]:
    """Whether moments to try have a zone: as those have that they are reckoned and compared with, which may be either."""
    found = {each.tzinfo is not None for atom in atoms for each in _constants(atom) if isinstance(each, datetime)}
    return sorted(found, reverse=True) or [True]


def held_against(atoms: Sequence[Atom], fact: str) -> set[Any]:
    """The values that comparisons hold a fact, or the items of a set of them, against."""
    found: set[Any] = set()
    for atom in atoms:
        if isinstance(atom, Comparison) and fact in fact_names(atom):
            for each in atom.operands:
                if isinstance(each, Constant):
                    found |= each.value if isinstance(each.value, frozenset) else {each.value}
    return found


def _constants(node: Node) -> Iterator[Any]:
    """The values written in a comparison, however deep."""
    match node:
        case Constant(value):
            yield from value if isinstance(value, frozenset) else (value,)
        case IsKnown(operand):
            yield from _constants(operand)
        case Comparison(_, operands) | Arithmetic(_, operands) | Call(_, operands):
            for each in operands:
                yield from _constants(each)


def _near(value: Any) -> tuple[Any, ...]:
    """A number and its neighbours: what is reckoned from it is rounded, and may come out equal a step away.

    A decimal may have more digits than are reckoned with, so that its neighbours are nearer than reckoning tells apart.
    """
    if isinstance(value, float):
        return (nextafter(value, -inf), value, nextafter(value, inf))
    return (DIGITS.next_minus(value), value, DIGITS.next_plus(value))


def _texts(fact: Fact, atoms: Sequence[Atom]) -> list[Any] | None:
    if not all(is_bare(atom) for atom in atoms):
        return None
    found = sorted(str(each) for each in held_against(atoms, fact.name))
    return ["", *(text for each in found for text in (each, each + "\0"))]


def _sets(fact: Fact, atoms: Sequence[Atom]) -> list[Any] | None:
    named = held_against([each for each in atoms if is_bare(each)], fact.name)
    item = fact.type.item
    assert item is not None
    if not all(is_bare(atom) or _is_size(atom) for atom in atoms) or len(item.members or named) > MOST_ITEMS:
        return None
    sizes = {int(each) for each in held_against([each for each in atoms if not is_bare(each)], fact.name)}
    items = sorted(item.members) if item.members else sorted(named, key=repr)
    subsets = [frozenset(each) for size in range(len(items) + 1) for each in combinations(items, size)]
    if item.members:
        return subsets
    more = max([0, *sizes]) + 2  # others, that no rule names: tuples, so that none is among those named
    return [each | {("other", number) for number in range(count)} for each in subsets for count in range(min(more, 40))]


def is_bare(atom: Atom) -> bool:
    """Whether a comparison reads its fact as it is."""
    if isinstance(atom, Comparison):
        return all(isinstance(each, FactRef | Constant) for each in atom.operands)
    return not isinstance(atom, IsKnown) or isinstance(atom.operand, FactRef)


def _is_size(atom: Atom) -> bool:
    """Whether a comparison is of a set's length with a constant, not too large to try."""
    return isinstance(atom, Comparison) and all(
        (isinstance(each, Constant) and each.type.is_number and abs(each.value) < 30)
        or (getattr(each, "function", "") == "len" and isinstance(each.operands[0], FactRef))  # type: ignore[union-attr]
        for each in atom.operands
    )


ORDERS: Final[Mapping[str, Callable[[int], bool]]] = {
    "<": lambda order: order < 0,
    "<=": lambda order: order <= 0,
    "==": lambda order: order == 0,
    "!=": lambda order: order != 0,
    ">=": lambda order: order >= 0,
    ">": lambda order: order > 0,
}


def _by_order(schema: Schema, atoms: Sequence[Any]) -> list[Told]:
    """The ways that comparisons of one pair of terms come out together: by which is the larger."""
    one = atoms[0].operands[0]
    told: list[Told] = [
        tuple(ORDERS[atom.operator](order if atom.operands[0] == one else -order) for atom in atoms)
        for order in (-1, 0, 1)
    ]
    return list(dict.fromkeys([*told, tuple(None for _ in atoms)] if _may_be_unknown(schema, atoms[0]) else told))


def _may_be_unknown(schema: Schema, atom: Comparison) -> bool:
    """Whether a comparison can be unknown: one of its facts can, or it reckons."""
    is_timed = any(each.type.name == "moment" for each in atom.operands)  # one with a zone against one without
    return is_timed or any(schema.facts[name].unknown_allowed for name in fact_names(atom)) or not is_bare(atom)
