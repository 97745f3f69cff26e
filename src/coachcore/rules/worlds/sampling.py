"""A sample of worlds: facts drawn at random from values around the places where comparisons change their answer.

Each is one that can be, so a sample refutes what is not so of all worlds, quickly and for many rules at once; it proves
nothing. Of one fact by itself all values are there, and prove what they prove. The draw is the same every time.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from random import Random
from typing import Any, Final

import attrs

from coachcore.rules.facts import Fact, FactSchema
from coachcore.rules.tree import Junction, Leaf, Node, evaluate, facts_of, leaves_of
from coachcore.rules.worlds import Worlds, samples

__all__ = ["Sample", "sampled"]

DRAWN: Final = 1_024
MOST_DRAWN: Final = 4_096
UNKNOWN_OF: Final = 8
"""In half of what is drawn one fact in so many is unknown; in the other half none is."""


@attrs.frozen
class Sample:
    """Worlds drawn for some conditions; and of each fact by itself all worlds, where they can be told."""

    drawn: Worlds
    alone: Mapping[str, Worlds]

    def values_of(self, node: Node) -> dict[str, int]:
        """By fact, those of its values with which a condition may hold, as bits: as far as parts of it read it alone."""
        found: dict[str, int] = {}
        for part in _all_of(node):
            names = facts_of(part)
            if len(names) == 1 and names[0] in self.alone:
                values = self.alone[names[0]]
                found[names[0]] = found.get(names[0], values.all) & values.of(part)[0]
        return found


def _all_of(node: Node) -> Iterator[Node]:
    """The parts that must all hold."""
    if isinstance(node, Junction) and node.is_and:
        for each in node.parts:
            yield from _all_of(each)
    else:
        yield node


def sampled(schema: FactSchema, trees: Iterable[Node]) -> Sample:
    """Worlds drawn for some conditions."""
    leaves = tuple(dict.fromkeys(leaf for tree in trees for leaf in leaves_of(tree)))
    own = _by_fact(leaves)
    pools = _pools(schema, leaves, own)
    size = min(max([DRAWN, *(2 * len(each.values) for each in pools.values())]), MOST_DRAWN)
    dice = Random(size)
    drawn = {name: _drawn(dice, each, size) for name, each in pools.items()}
    rows = [{name: pools[name].values[places[at]] for name, places in drawn.items()} for at in range(size)]
    constant = [leaf for leaf in leaves if not facts_of(leaf)]
    alone = {name: _alone(name, pool, [*own[name], *constant]) for name, pool in pools.items()}
    where = {name: _where(drawn[name], len(pool.values)) for name, pool in pools.items()}
    told = {leaf: _spread(alone[name], leaf, where[name]) for name, found in own.items() for leaf in found}
    told |= {leaf: _told(leaf, rows) for leaf in leaves if leaf not in told}
    holds, fails = ({leaf: each[at] for leaf, each in told.items()} for at in (0, 1))
    complete = {name: each for name, each in alone.items() if pools[name].is_complete}
    return Sample(Worlds(size, holds, fails, is_exact=False), complete)


def _by_fact(leaves: Iterable[Leaf]) -> dict[str, list[Leaf]]:
    """By each fact that comparisons read, those of them that read no other."""
    found: dict[str, list[Leaf]] = {}
    for leaf in leaves:
        names = facts_of(leaf)
        for name in names:
            found.setdefault(name, []).extend([leaf] if len(names) == 1 else [])
    return found


def _spread(alone: Worlds, leaf: Leaf, where: Sequence[int]) -> tuple[int, int]:
    """The same as `_told`, of a comparison of one fact: from how it came out on each value, and where that was drawn."""
    holds, fails = (
        sum(drawn for at, drawn in enumerate(where) if values >> at & 1)
        for values in (alone.holds[leaf], alone.fails[leaf])
    )
    return holds, fails


def _told(leaf: Leaf, rows: Sequence[Mapping[str, Any]]) -> tuple[int, int]:
    """In which of some facts a comparison holds, and in which it fails, as bits."""
    told = [evaluate(leaf, facts) for facts in rows]
    holds, fails = (int.from_bytes(_packed([each is value for each in told]), "little") for value in (True, False))
    return holds, fails


def _alone(name: str, pool: "_Pool", leaves: Iterable[Leaf]) -> Worlds:
    """The worlds of comparisons that read no other fact."""
    rows = [{name: each} for each in pool.values]
    told = {leaf: _told(leaf, rows) for leaf in leaves}
    holds, fails = ({leaf: each[at] for leaf, each in told.items()} for at in (0, 1))
    return Worlds(len(rows), holds, fails, is_exact=True)


@attrs.frozen
class _Pool:
    """Values of a fact to draw from. is_unknown_last: whether the last is None. is_complete: whether they stand for all."""

    values: list[Any]
    is_unknown_last: bool
    is_complete: bool


def _pools(schema: FactSchema, leaves: Iterable[Leaf], own: Mapping[str, list[Leaf]]) -> dict[str, _Pool]:
    """What to draw from, by fact; with the values of other facts of its kind, where two facts are compared."""
    compared = {name for leaf in leaves if len(facts_of(leaf)) > 1 for name in facts_of(leaf)}
    found = {name: samples(schema.facts[name], each) for name, each in own.items()}
    values = {name: each or _of_solved(schema.facts[name], own[name]) for name, each in found.items()}
    by_kind: dict[str, list[Any]] = {}
    for name, each in values.items():
        by_kind.setdefault(schema.facts[name].kind.name, []).extend(each)
    pools = {}
    for name, each in values.items():
        fact = schema.facts[name]
        is_wider = name in compared and not fact.kind.members
        pools[name] = _pool(fact, by_kind[fact.kind.name] if is_wider else each, found[name] is not None)
    return pools


def _of_solved(fact: Fact, leaves: Sequence[Leaf]) -> list[Any]:
    """Values around the places of those comparisons that are solved by themselves, where they are not all together."""
    return samples(fact, [leaf for leaf in leaves if samples(fact, [leaf]) is not None]) or samples(fact, []) or []


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
