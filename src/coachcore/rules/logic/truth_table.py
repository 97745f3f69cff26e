"""Truth tables: every case that a set of conditions can tell apart, and in which of them each condition holds.

A fact that is compared with constants has finitely many breakpoints; one value from each gap between them, and unknown, stand for
all its values. A case is one choice for every fact. Over n cases a condition is two integers of n bits: the cases in which it
holds, and those in which it fails; in the others it is unknown. `and`, `or` and `not` are operations on these integers.

Example: `amount <= 6000 and is_insured`. The amount is below, at or above 6000 or unknown, which makes three outcomes of its atom;
`is_insured` is true, false or unknown: nine cases. The condition holds in one, fails in five and is unknown in three.

Two facts that are compared with each other and with constants, and stand in no other comparison, are enumerated together.
All else that compares several facts, and arithmetic, counts as independent of the facts in it: comparisons of one term by the
term's value, comparisons of a pair of terms by which is larger. Such a table may hold cases that cannot be (a < b, b < c, c < a),
never one too few, and `is_exact` is False: what holds in all its cases is certain; what holds in some may be impossible.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from itertools import combinations, pairwise, product
from math import floor, prod
from typing import Any, Final

import attrs

from coachcore.rules.expr.evaluate import evaluate
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
from coachcore.rules.limits import LIMITS
from coachcore.rules.logic.breakpoints import LINES, STEPS, breakpoints, points, value_at

__all__ = ["TruthTable", "samples", "truth_table"]

Outcomes = tuple[bool | None, ...]
"""The values of a group's atoms in one case."""
Group = tuple[tuple[Atom, ...], list[Outcomes]]
"""Atoms whose values depend on each other, and the ways they can turn out."""


@attrs.frozen
class TruthTable:
    """The cases of some conditions. size: how many. holds, fails: of each atom, the cases, as bits.

    is_exact: whether each case can occur; otherwise some atoms were taken as independent that may not be.
    """

    size: int
    holds: Mapping[Atom, int]
    fails: Mapping[Atom, int]
    is_exact: bool

    @property
    def all(self) -> int:
        """Every case."""
        return (1 << self.size) - 1

    def of(self, node: Node) -> tuple[int, int]:
        """The cases in which a condition holds, and those in which it fails; in the others it is unknown."""
        match node:
            case Not(operand):
                holds, fails = self.of(operand)
                return fails, holds
            case And(operands) | Or(operands):
                is_and = isinstance(node, And)
                (holds, fails), *others = [self.of(operand) for operand in operands]
                for more_holds, more_fails in others:
                    holds = holds & more_holds if is_and else holds | more_holds
                    fails = fails | more_fails if is_and else fails & more_fails
                return holds, fails
        return self.holds[node], self.fails[node]  # type: ignore[index]

    def where(self, node: Node, value: bool | None) -> int:
        """The cases in which a condition has a value."""
        holds, fails = self.of(node)
        return holds if value else self.all & ~(holds | fails) if value is None else fails


def truth_table(schema: Schema, *conditions: Node, most: int = LIMITS.cases) -> TruthTable | None:
    """The cases that conditions can tell apart; None where there are more than `most`."""
    atoms = tuple(dict.fromkeys(atom for condition in conditions for atom in atoms_of(condition)))
    groups, is_exact = _groups(schema, atoms)
    size = prod(len(outcomes) for _, outcomes in groups)
    if size > most:
        return None
    holds, fails = dict.fromkeys(atoms, 0), dict.fromkeys(atoms, 0)
    period = 1
    for members, outcomes in groups:
        # a number that, multiplied with a pattern of `period` bits, repeats it over all cases
        repeat = ((1 << size) - 1) // ((1 << period * len(outcomes)) - 1)
        for number, atom in enumerate(members):
            for rows, value in ((holds, True), (fails, False)):
                where = [place for place, outcome in enumerate(outcomes) if outcome[number] is value]
                rows[atom] = sum(((1 << period) - 1) << (place * period) for place in where) * repeat
        period *= len(outcomes)
    return TruthTable(size, holds, fails, is_exact)


def _groups(schema: Schema, atoms: Sequence[Atom]) -> tuple[list[Group], bool]:
    """Atoms whose values depend on each other, each group with its outcomes; and whether each combination can occur."""
    atoms_by_key = _keyed(atoms, axis_key)
    groups: list[Group] = []
    is_exact = True
    for pair in [key for key in atoms_by_key if isinstance(key, frozenset)]:
        outcomes = _outcomes_of_pair(schema, pair, atoms_by_key, atoms)
        if outcomes is not None:
            names = [operand.fact for operand in pair]
            members = [atom for key in [pair, *names] for atom in atoms_by_key.pop(key, ())]
            groups.append((tuple(members), outcomes))
    for key, members in atoms_by_key.items():
        if isinstance(key, str):
            is_solved = {atom: not key or samples(schema.facts[key], [atom]) is not None for atom in members}
            solved = tuple(atom for atom in members if is_solved[atom])
            values = samples(schema.facts[key], solved) if key and solved else None
            rest = [atom for atom in members if values is None or not is_solved[atom]] if key else []
            if len(rest) < len(members):
                groups.append((solved, _outcomes_of_values(schema.facts.get(key), values or (), solved)))
            is_exact = is_exact and not rest
            for term, terms_atoms in _keyed(rest, _terms).items():
                groups += _compared(schema, term, terms_atoms)
        else:
            is_exact = False
            groups += _compared(schema, key, members)
    return groups, is_exact


def _keyed(atoms: Iterable[Atom], key: Callable[[Atom], Any]) -> dict[Any, list[Atom]]:
    atoms_by_key: dict[Any, list[Atom]] = {}
    for atom in atoms:
        atoms_by_key.setdefault(key(atom), []).append(atom)
    return atoms_by_key


def group_outcomes(schema: Schema, key: Any, atoms: Sequence[Atom]) -> list[Outcomes]:
    """The ways that the atoms of an axis turn out together, of constants or of a pair of terms."""
    return _compared(schema, key, atoms)[0][1] if key else [tuple(evaluate(atom, {}) for atom in atoms)]


def _compared(schema: Schema, key: Any, atoms: Sequence[Any]) -> list[Group]:
    """Groups of comparisons of one term, or of one pair of terms; others turn out in any way."""
    if isinstance(key, Term):
        stand_ins = [key.replaced(atom) for atom in atoms]
        fact = Fact(name="", type=key.node.type, meaning="", unknown_allowed=True)
        return [(tuple(atoms), _outcomes_of_values(fact, samples(fact, stand_ins) or (), stand_ins))]
    if isinstance(key, frozenset):
        return [(tuple(atoms), _outcomes_by_order(schema, atoms))]
    return [
        ((atom,), [(True,), (False,)] if isinstance(atom, IsKnown) else [(True,), (False,), (None,)]) for atom in atoms
    ]


@attrs.frozen
class Term:
    """A term of several facts, or an arithmetic one, compared with constants."""

    node: Node

    def replaced(self, atom: Any) -> Any:
        """The atom with a fact of its own, named "", in the term's place."""
        stand_in = FactRef("", self.node.type)
        operands = tuple(stand_in if operand == self.node else operand for operand in atom.operands)
        return attrs.evolve(atom, operands=operands)


def axis_key(atom: Atom) -> Any:
    """What an atom is about: a fact ("" of constants alone), a term, a pair of terms in either order, or itself."""
    names = fact_names(atom)
    return _terms(atom) if len(names) > 1 else names[0] if names else ""


def _terms(atom: Atom) -> Any:
    """The term that a comparison has beside constants, or its pair of terms; itself where it has neither."""
    if isinstance(atom, Comparison):
        terms = [operand for operand in atom.operands if not isinstance(operand, Constant)]
        if len(terms) == 1 and terms[0].type.name in LINES:
            return Term(terms[0])
    if isinstance(atom, Comparison) and atom.operator not in ("in", "not in"):
        return frozenset(atom.operands)
    return atom


def _outcomes_of_values(fact: Fact | None, values: Sequence[Any], atoms: Sequence[Atom]) -> list[Outcomes]:
    """The ways that comparisons of one fact with constants turn out together; of constants alone without a fact."""
    if fact is None:
        return [tuple(evaluate(atom, {}) for atom in atoms)]
    tried = [*values, None] if fact.unknown_allowed else values
    return list(dict.fromkeys(tuple(evaluate(atom, {fact.name: value}) for atom in atoms) for value in tried))


# --- values that stand for all values of a fact ------------------------------------------------------------------------


def samples(fact: Fact, atoms: Sequence[Atom]) -> list[Any] | None:
    """Values that stand for all values of a fact, as far as these atoms tell them apart.

    None where that is not certain: the atoms reach the fact through arithmetic, or combine too many members of a set.
    """
    fact_type = fact.type
    if fact_type.name == "bool":
        return [True, False]
    if fact_type.members:
        return list(fact_type.members)
    if fact_type.item is not None:
        return _sets(fact, atoms)
    if not all(is_bare(atom) for atom in atoms):
        return None
    if fact_type.name == "text":
        constants = sorted(str(constant) for constant in held_against(atoms, fact.name))
        return ["", *(text for constant in constants for text in (constant, constant + "\0"))]
    places = [place for atom in atoms for place in breakpoints(atom, fact.name, {}) or ()]
    return _values(points(places, fact_type), fact, atoms)


def approximate_samples(fact: Fact, atoms: Sequence[Atom]) -> list[Any]:
    """Values about where atoms change their values that reach the fact through arithmetic."""
    if fact.type.name not in LINES:
        return []
    return _values(
        points((place for atom in atoms for place in breakpoints(atom, fact.name, {}) or ()), fact.type), fact, atoms
    )


def _values(tried: Iterable[Fraction], fact: Fact, atoms: Sequence[Atom]) -> list[Any]:
    """The values at points; moments with a zone, without one, or both, as the moments are that they are compared with."""
    moments = {constant.tzinfo is not None for atom in atoms for constant in _constants(atom) if _is_moment(constant)}
    if fact.type.name == "moment" and any(len(fact_names(atom)) > 1 for atom in atoms):
        moments = {True, False}
    zones = sorted(moments, reverse=True) if fact.type.name == "moment" and moments else [True]
    values = (value_at(point, fact.type, is_zoned=is_zoned) for is_zoned in zones for point in tried)
    return list(dict.fromkeys(value for value in values if value is not None))


def _is_moment(value: Any) -> bool:
    return isinstance(value, datetime)


def held_against(atoms: Sequence[Atom], fact: str) -> set[Any]:
    """Constants the fact is compared with; for membership tests, the members."""
    return {
        value
        for atom in atoms
        if isinstance(atom, Comparison) and fact in fact_names(atom)
        for operand in atom.operands
        if isinstance(operand, Constant)
        for value in _constants(operand)
    }


def _constants(node: Node) -> Iterator[Any]:
    """The values written in an expression, however deep."""
    match node:
        case Constant(value):
            yield from value if isinstance(value, frozenset) else (value,)
        case IsKnown(operand):
            yield from _constants(operand)
        case Comparison(_, operands) | Arithmetic(_, operands) | Call(_, operands):
            for operand in operands:
                yield from _constants(operand)


def _sets(fact: Fact, atoms: Sequence[Atom]) -> list[Any] | None:
    named = held_against([atom for atom in atoms if is_bare(atom)], fact.name)
    members = fact.type.item.members if fact.type.item else ()
    if not all(is_bare(atom) or _is_size(atom) for atom in atoms) or len(members or named) > LIMITS.table_members:
        return None
    sizes = {int(size) for size in held_against([atom for atom in atoms if not is_bare(atom)], fact.name)}
    items = sorted(members or named, key=repr)
    subsets = [frozenset(chosen) for size in range(len(items) + 1) for chosen in combinations(items, size)]
    if members:
        return subsets
    more = max([0, *sizes]) + 2  # others, that no rule names: tuples, so that none is among those named
    return [subset | {("other", number) for number in range(count)} for subset in subsets for count in range(more)]


def is_bare(atom: Atom) -> bool:
    """Whether an atom reads its facts as they are."""
    if isinstance(atom, Comparison):
        return all(isinstance(operand, FactRef | Constant) for operand in atom.operands)
    return not isinstance(atom, IsKnown) or isinstance(atom.operand, FactRef)


def _is_size(atom: Atom) -> bool:
    """Whether an atom compares a set's length with a constant that is small enough to try."""
    return isinstance(atom, Comparison) and all(
        (isinstance(operand, Constant) and operand.type.is_number and abs(operand.value) < LIMITS.set_length)
        or (getattr(operand, "function", "") == "len" and isinstance(operand.operands[0], FactRef))  # type: ignore[union-attr]
        for operand in atom.operands
    )


# --- pairs -----------------------------------------------------------------------------------------------------------


ORDERS: Final[Mapping[str, Callable[[int], bool]]] = {
    "<": lambda order: order < 0,
    "<=": lambda order: order <= 0,
    "==": lambda order: order == 0,
    "!=": lambda order: order != 0,
    ">=": lambda order: order >= 0,
    ">": lambda order: order > 0,
}


def _outcomes_by_order(schema: Schema, atoms: Sequence[Any]) -> list[Outcomes]:
    """The ways that comparisons of one pair of terms turn out together: by which is the larger."""
    first = atoms[0].operands[0]
    outcomes: list[Outcomes] = [
        tuple(ORDERS[atom.operator](order if atom.operands[0] == first else -order) for atom in atoms)
        for order in (-1, 0, 1)
    ]
    may_be_unknown = (
        not is_bare(atoms[0])
        or any(operand.type.name == "moment" for operand in atoms[0].operands)  # one with a zone against one without
        or any(schema.facts[name].unknown_allowed for name in fact_names(atoms[0]))
    )
    return list(dict.fromkeys([*outcomes, tuple(None for _ in atoms)] if may_be_unknown else outcomes))


def _outcomes_of_pair(
    schema: Schema, pair: frozenset[Any], atoms_by_key: Mapping[Any, Sequence[Atom]], atoms: Sequence[Atom]
) -> list[Outcomes] | None:
    """The outcomes of all atoms of two facts, by trying values of both; None where other atoms read them, or they are too many.

    Values of both are taken from the breakpoints of both, and two from each gap, so that within a gap either can be the larger.
    """
    if len(pair) != 2 or not all(isinstance(operand, FactRef) for operand in pair):
        return None
    facts = [schema.facts[name] for name in sorted(operand.fact for operand in pair)]
    members = [atom for key in [pair, *(operand.fact for operand in pair)] for atom in atoms_by_key.get(key, ())]
    reading = [atom for atom in atoms if any(fact.name in fact_names(atom) for fact in facts)]
    if len(members) < len(reading) or not all(is_bare(atom) for atom in members):
        return None
    values = _values_of_pair(facts, members)
    if values is None or prod(map(len, values)) * len(members) > LIMITS.pair_evaluations:
        return None
    tried = [[*known, None] if fact.unknown_allowed else known for fact, known in zip(facts, values, strict=True)]
    names = [fact.name for fact in facts]
    rows = (dict(zip(names, row, strict=True)) for row in product(*tried))
    return list(dict.fromkeys(tuple(evaluate(atom, row) for atom in members) for row in rows))


def _values_of_pair(facts: Sequence[Fact], atoms: Sequence[Atom]) -> list[list[Any]] | None:
    types = {fact.type.name for fact in facts}
    if all(fact.type.name == "bool" or fact.type.members for fact in facts):
        return [samples(fact, ()) or [] for fact in facts]
    if types == {"text"}:
        constants = {str(value) for fact in facts for value in held_against(atoms, fact.name)}
        constants |= {member for fact in facts for member in fact.type.members}
        texts = [
            "",
            *(text for constant in sorted(constants) for text in (constant, constant + "\0", constant + "\0\0")),
        ]
        texts = texts if constants else ["", "a", "b"]
        return [list(fact.type.members) or texts for fact in facts]
    if not all(fact.type.name in LINES for fact in facts):
        return None
    single = [atom for atom in atoms if len(fact_names(atom)) == 1]
    places = [place for fact in facts for atom in single for place in breakpoints(atom, fact.name, {}) or ()]
    places += [Fraction(member) for fact in facts for member in fact.type.members]
    fact_type = facts[0].type
    tried = set(points(places, fact_type))
    for step in {STEPS[name] for name in types & STEPS.keys()}:
        tried = {floor(point / step) * Fraction(step) + by * step for point in tried for by in range(-2, 3)} | tried
    if not types <= STEPS.keys():
        ends = sorted(tried)
        tried |= {(3 * low + high) / 4 for low, high in pairwise(ends)} | {
            (low + 3 * high) / 4 for low, high in pairwise(ends)
        }
        tried |= {ends[0] - 1, ends[-1] + 1, ends[-1] + 2}
    return [list(fact.type.members) or _values(sorted(tried), fact, atoms) for fact in facts]
