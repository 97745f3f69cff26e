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

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from functools import reduce
from math import prod
from operator import and_, or_
from typing import Any

import attrs

from coachcore.rules.expr.evaluate import evaluate
from coachcore.rules.expr.facts import Fact
from coachcore.rules.expr.nodes import (
    And,
    Atom,
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
from coachcore.rules.logic.breakpoints import LINES, STEPS, on_line, points
from coachcore.rules.logic.samples import compared_with, is_bare, samples, text_samples, values_at

__all__ = ["Term", "TruthTable", "axis_facts", "axis_key", "axis_outcomes", "combined", "keyed", "truth_table"]

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
                of_holds, of_fails = (and_, or_) if isinstance(node, And) else (or_, and_)
                holds_of_each, fails_of_each = zip(*map(self.of, operands), strict=True)
                return reduce(of_holds, holds_of_each), reduce(of_fails, fails_of_each)
        return self.holds[node], self.fails[node]  # type: ignore[index]

    def where(self, node: Node, value: bool | None) -> int:
        """The cases in which a condition has a value."""
        holds, fails = self.of(node)
        return holds if value else self.all & ~(holds | fails) if value is None else fails


def truth_table(schema: Schema, *conditions: Node, most: int = LIMITS.cases) -> TruthTable | None:
    """The cases that conditions can tell apart; None where there are more than `most`."""
    atoms = tuple(dict.fromkeys(atom for condition in conditions for atom in atoms_of(condition)))
    groups, is_exact = _groups(schema, atoms)
    return None if prod(len(outcomes) for _, outcomes in groups) > most else combined(groups, is_exact=is_exact)


def combined(groups: Sequence[Group], *, is_exact: bool) -> TruthTable:
    """Every combination of the outcomes of groups."""
    size = prod(len(outcomes) for _, outcomes in groups)
    holds: dict[Atom, int] = {}
    fails: dict[Atom, int] = {}
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
    atoms_by_key = keyed(atoms, axis_key)
    groups: list[Group] = []
    is_exact = True
    for pair in [key for key in atoms_by_key if isinstance(key, frozenset)]:
        names = [operand.fact for operand in pair if isinstance(operand, FactRef) and operand.type.item is None]
        members = tuple(atom for atom in atoms if not set(names).isdisjoint(fact_names(atom)))
        constants = [value for atom in members for name in names for value in compared_with(atom, name)]
        is_alone = all(is_bare(atom) and set(names).issuperset(fact_names(atom)) for atom in members)
        if len(names) == 2 and is_alone and len(constants) <= LIMITS.pair_constants:
            groups.append((members, outcomes_of([schema.facts[name] for name in names], members)))
            atoms_by_key = {key: of_key for key, of_key in atoms_by_key.items() if key not in (pair, *names)}
    for key, of_key in atoms_by_key.items():
        solved = of_key
        if isinstance(key, str) and key:
            solved = [atom for atom in of_key if samples(schema.facts[key], [atom]).is_exact]
            solved = solved if samples(schema.facts[key], solved).is_exact else []
        rest = [atom for atom in of_key if atom not in solved]
        is_exact = is_exact and isinstance(key, str) and not rest
        by_term = {key: solved, **keyed(rest, _terms)} if solved else keyed(rest, _terms)
        groups += [(tuple(members), axis_outcomes(schema, term, members)) for term, members in by_term.items()]
    return groups, is_exact


def keyed(atoms: Iterable[Atom], key: Callable[[Atom], Any]) -> dict[Any, list[Atom]]:
    """Atoms by what a function says of them, in the order in which it first says so."""
    atoms_by_key: dict[Any, list[Atom]] = {}
    for atom in atoms:
        atoms_by_key.setdefault(key(atom), []).append(atom)
    return atoms_by_key


# --- axes: what atoms are about --------------------------------------------------------------------------------------


def axis_key(atom: Atom) -> Any:
    """What an atom is about: a fact ("" of constants alone), a term, a pair of terms in either order, or itself."""
    names = fact_names(atom)
    return _terms(atom) if len(names) > 1 else names[0] if names else ""


@attrs.frozen
class Term:
    """A term of several facts, or an arithmetic one, compared with constants."""

    node: Node


def _terms(atom: Atom) -> Any:
    """The term that a comparison has beside constants, or its pair of terms; itself where it has neither."""
    if isinstance(atom, Comparison):
        terms = [operand for operand in atom.operands if not isinstance(operand, Constant)]
        if len(terms) == 1 and terms[0].type.name in LINES:
            return Term(terms[0])
        if atom.operator not in ("in", "not in"):
            return frozenset(atom.operands)
    return atom


def axis_facts(schema: Schema, key: Any, atoms: Sequence[Any]) -> tuple[list[Fact], Sequence[Atom]]:
    """The facts of an axis, and the atoms on it. A term counts as a fact of its own, and so does each of a pair of terms."""
    if isinstance(key, str):
        return ([schema.facts[key]] if key else []), atoms
    terms = [key.node] if isinstance(key, Term) else list(key)
    may_be_unknown = not is_bare(atoms[0]) or any(schema.facts[name].unknown_allowed for name in fact_names(atoms[0]))
    facts = [
        Fact(name=str(number), type=term.type, meaning="", unknown_allowed=may_be_unknown)
        for number, term in enumerate(terms)
    ]
    refs = {term: FactRef(fact.name, term.type) for term, fact in zip(terms, facts, strict=True)}
    return facts, [
        attrs.evolve(atom, operands=tuple(refs.get(operand, operand) for operand in atom.operands)) for atom in atoms
    ]


def axis_outcomes(schema: Schema, key: Any, atoms: Sequence[Atom]) -> list[Outcomes]:
    """The ways that the atoms of an axis can turn out together."""
    if isinstance(key, Comparison | IsKnown):
        return [(True,), (False,)] if isinstance(key, IsKnown) else [(True,), (False,), (None,)]
    return outcomes_of(*axis_facts(schema, key, atoms))


def outcomes_of(facts: Sequence[Fact], atoms: Sequence[Atom]) -> list[Outcomes]:
    """The ways that atoms turn out together which read no more than two facts, by trying values of these.

    The second fact is tried at its breakpoints for each value of the first, and one value of the first in each gap between the
    constants of both shows all that the second can do. Of whole numbers two are needed in a gap, its ends, so that the second may
    be the smaller and the larger; of texts, the two least. So the first is the fact that has members or goes by longer steps.
    """
    ordered = sorted(facts, key=_is_tried_second)
    zones = (True, False) if len(facts) > 1 else ()
    rows: list[dict[str, Any]] = [{}]
    if len(facts) > 1:
        rows = [
            {ordered[0].name: value}
            for value in _with_unknown(ordered[0], _values_of_first(ordered[0], ordered[1], atoms))
        ]
    for fact in ordered[-1:]:
        rows = [
            {**row, fact.name: value}
            for row in rows
            for value in _with_unknown(fact, samples(fact, atoms, row, zones=zones).values)
        ]
    return list(dict.fromkeys(tuple(evaluate(atom, row) for atom in atoms) for row in rows))


def _is_finite(fact: Fact) -> bool:
    return bool(fact.type.members or fact.type.item) or fact.type.name == "bool"


def _is_tried_second(fact: Fact) -> tuple[bool, int]:
    return not _is_finite(fact), -STEPS.get(fact.type.name, 0)


def _with_unknown(fact: Fact, values: Sequence[Any]) -> list[Any]:
    return [*values, None] if fact.unknown_allowed else [*values]


def _values_of_first(first: Fact, second: Fact, atoms: Sequence[Atom]) -> list[Any]:
    if _is_finite(first):
        return samples(first, ()).values
    constants = [value for fact in (first, second) for atom in atoms for value in compared_with(atom, fact.name)]
    if first.type.name == "text":
        return text_samples(text for constant in ["", *constants] for text in (constant, constant + "\0"))
    step = STEPS.get(first.type.name, 1)
    places = {on_line(constant) for constant in constants} or {Fraction(0)}
    return values_at(points(places | {min(places) - step, max(places) + step}, first.type), first.type, (True, False))
