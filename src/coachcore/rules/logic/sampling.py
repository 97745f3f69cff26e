"""A sample of worlds: facts drawn at random from values around the places where comparisons change their answer.

Each is one that can be, so a sample refutes what is not so of all worlds, quickly and for many rules at once; it proves
nothing. Of one fact by itself all values are there, and prove what they prove. The draw is the same every time.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from random import Random
from typing import Any, Final

import attrs

from coachcore.rules.expr.evaluate import evaluate
from coachcore.rules.expr.facts import Fact
from coachcore.rules.expr.nodes import And, Atom, Node, atoms_of, fact_names
from coachcore.rules.expr.schema import Schema
from coachcore.rules.logic.tables import TruthTable, samples

__all__ = ["Sample", "sampled"]

DRAWN: Final = 1_024
MOST_DRAWN: Final = 4_096
UNKNOWN_OF: Final = 8
"""In half of what is drawn one fact in so many is unknown; in the other half none is."""


@attrs.frozen
class Sample:
    """Worlds drawn for some conditions; and of each fact by itself all worlds, where they can be told."""

    drawn: TruthTable
    alone: Mapping[str, TruthTable]

    def values_of(self, node: Node) -> dict[str, int]:
        """By fact, those of its values with which a condition may hold, as bits: as far as parts of it read it alone."""
        found: dict[str, int] = {}
        for operand in _all_of(node):
            names = fact_names(operand)
            if len(names) == 1 and names[0] in self.alone:
                values = self.alone[names[0]]
                found[names[0]] = found.get(names[0], values.all) & values.of(operand)[0]
        return found


def _all_of(node: Node) -> Iterator[Node]:
    """The parts that must all hold."""
    if isinstance(node, And):
        for each in node.operands:
            yield from _all_of(each)
    else:
        yield node


def sampled(schema: Schema, trees: Iterable[Node]) -> Sample:
    """Worlds drawn for some conditions."""
    atoms = tuple(dict.fromkeys(atom for tree in trees for atom in atoms_of(tree)))
    own = _by_fact(atoms)
    pools = _pools(schema, atoms, own)
    size = min(max([DRAWN, *(2 * len(each.values) for each in pools.values())]), MOST_DRAWN)
    dice = Random(size)
    drawn = {name: _drawn(dice, each, size) for name, each in pools.items()}
    rows = [{name: pools[name].values[places[at]] for name, places in drawn.items()} for at in range(size)]
    constant = [atom for atom in atoms if not fact_names(atom)]
    alone = {name: _alone(name, pool, [*own[name], *constant]) for name, pool in pools.items()}
    where = {name: _where(drawn[name], len(pool.values)) for name, pool in pools.items()}
    told = {atom: _spread(alone[name], atom, where[name]) for name, found in own.items() for atom in found}
    told |= {atom: _told(atom, rows) for atom in atoms if atom not in told}
    holds, fails = ({atom: each[at] for atom, each in told.items()} for at in (0, 1))
    complete = {name: each for name, each in alone.items() if pools[name].is_complete}
    return Sample(TruthTable(size, holds, fails, is_exact=False), complete)


def _by_fact(atoms: Iterable[Atom]) -> dict[str, list[Atom]]:
    """By each fact that comparisons read, those of them that read no other."""
    found: dict[str, list[Atom]] = {}
    for atom in atoms:
        names = fact_names(atom)
        for name in names:
            found.setdefault(name, []).extend([atom] if len(names) == 1 else [])
    return found


def _spread(alone: TruthTable, atom: Atom, where: Sequence[int]) -> tuple[int, int]:
    """The same as `_told`, of a comparison of one fact: from how it came out on each value, and where that was drawn."""
    holds, fails = (
        sum(drawn for at, drawn in enumerate(where) if values >> at & 1)
        for values in (alone.holds[atom], alone.fails[atom])
    )
    return holds, fails


def _told(atom: Atom, rows: Sequence[Mapping[str, Any]]) -> tuple[int, int]:
    """In which of some facts a comparison holds, and in which it fails, as bits."""
    told = [evaluate(atom, facts) for facts in rows]
    holds, fails = (int.from_bytes(_packed([each is value for each in told]), "little") for value in (True, False))
    return holds, fails


def _alone(name: str, pool: "_Pool", atoms: Iterable[Atom]) -> TruthTable:
    """The worlds of comparisons that read no other fact."""
    rows = [{name: each} for each in pool.values]
    told = {atom: _told(atom, rows) for atom in atoms}
    holds, fails = ({atom: each[at] for atom, each in told.items()} for at in (0, 1))
    return TruthTable(len(rows), holds, fails, is_exact=True)


@attrs.frozen
class _Pool:
    """Values of a fact to draw from. is_unknown_last: whether the last is None. is_complete: whether they stand for all."""

    values: list[Any]
    is_unknown_last: bool
    is_complete: bool


def _pools(schema: Schema, atoms: Iterable[Atom], own: Mapping[str, list[Atom]]) -> dict[str, _Pool]:
    """What to draw from, by fact; with the values of other facts of its kind, where two facts are compared."""
    compared = {name for atom in atoms if len(fact_names(atom)) > 1 for name in fact_names(atom)}
    found = {name: samples(schema.facts[name], each) for name, each in own.items()}
    values = {name: each or _of_solved(schema.facts[name], own[name]) for name, each in found.items()}
    by_kind: dict[str, list[Any]] = {}
    for name, each in values.items():
        by_kind.setdefault(schema.facts[name].type.name, []).extend(each)
    pools = {}
    for name, each in values.items():
        fact = schema.facts[name]
        is_wider = name in compared and not fact.type.members
        pools[name] = _pool(fact, by_kind[fact.type.name] if is_wider else each, found[name] is not None)
    return pools


def _of_solved(fact: Fact, atoms: Sequence[Atom]) -> list[Any]:
    """Values around the places of those comparisons that are solved by themselves, where they are not all together."""
    return samples(fact, [atom for atom in atoms if samples(fact, [atom]) is not None]) or samples(fact, []) or []


def _pool(fact: Fact, values: Sequence[Any], is_complete: bool) -> _Pool:
    step = -(-len(values) // (MOST_DRAWN // 2))  # more than can be drawn are thinned out
    kept = list(values[:: max(step, 1)])
    is_unknown_last = fact.unknown_allowed or not kept
    return _Pool([*kept, None] if is_unknown_last else kept, is_unknown_last, is_complete and step <= 1)


def _drawn(dice: Random, pool: _Pool, size: int) -> list[int]:
    """Places of the values that are drawn: each value is drawn about as often as any other."""
    known = list(range(len(pool.values) - pool.is_unknown_last)) or [0]
    found: list[int] = []
    while len(found) < size:
        dice.shuffle(known)
        found += known
    for at in range(0, size if pool.is_unknown_last else 0, 2):
        if dice.randrange(UNKNOWN_OF) == 0:
            found[at] = len(pool.values) - 1
    return found[:size]


def _where(places: Sequence[int], count: int) -> list[int]:
    """By value, where it was drawn, as bits."""
    found = [0] * count
    for at, place in enumerate(places):
        found[place] |= 1 << at
    return found


def _packed(told: list[bool]) -> bytes:
    """Truths as bits, eight a byte, the first lowest."""
    return bytes(sum(each << place for place, each in enumerate(told[at : at + 8])) for at in range(0, len(told), 8))
