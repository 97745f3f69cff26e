"""A sample of worlds: facts drawn at random from values around the places where comparisons change their answer.

Each is one that can be, so a sample refutes what is not so of all worlds, quickly and for many rules at once; it proves
nothing. The draw is the same every time.
"""

from collections.abc import Iterable, Mapping
from random import Random
from typing import Any, Final

from coachcore.rules.facts import Fact, FactSchema
from coachcore.rules.tree import Leaf, Node, evaluate, facts_of, leaves_of
from coachcore.rules.worlds import Worlds, samples

__all__ = ["sampled"]

DRAWN: Final = 1_024
UNKNOWN_OF: Final = 8
"""In half of what is drawn one fact in so many is unknown; in the other half none is."""


def sampled(schema: FactSchema, trees: Iterable[Node]) -> Worlds:
    """Worlds drawn for some conditions."""
    leaves = tuple(dict.fromkeys(leaf for tree in trees for leaf in leaves_of(tree)))
    pools = _pools(schema, leaves)
    drawn = [_drawn(Random(number), schema, pools, number % 2 == 0) for number in range(DRAWN)]
    holds, fails = {}, {}
    for leaf in leaves:
        told = [evaluate(leaf, facts) for facts in drawn]
        holds[leaf], fails[leaf] = (
            int.from_bytes(_packed([each is value for each in told]), "little") for value in (True, False)
        )
    return Worlds(DRAWN, holds, fails, is_exact=False)


def _pools(schema: FactSchema, leaves: Iterable[Leaf]) -> dict[str, list[Any]]:
    """Values to draw from, by fact; those of other facts of its kind as well, since the two may be compared."""
    own: dict[str, list[Leaf]] = {}
    for leaf in leaves:
        for name in facts_of(leaf):
            own.setdefault(name, []).extend([leaf] if len(facts_of(leaf)) == 1 else [])
    pools = {name: _values(schema.facts[name], found) for name, found in own.items()}
    by_kind: dict[str, list[Any]] = {}
    for name, pool in pools.items():
        by_kind.setdefault(schema.facts[name].kind.name, []).extend(pool)
    alone = {leaf for leaf in leaves if len(facts_of(leaf)) > 1}
    compared = {name for leaf in alone for name in facts_of(leaf)}
    return {
        name: pool if name not in compared or schema.facts[name].kind.members else by_kind[schema.facts[name].kind.name]
        for name, pool in pools.items()
    }


def _values(fact: Fact, leaves: list[Leaf]) -> list[Any]:
    return samples(fact, leaves) or samples(fact, []) or []


def _drawn(dice: Random, schema: FactSchema, pools: Mapping[str, list[Any]], is_known: bool) -> dict[str, Any]:
    facts = {}
    for name, pool in pools.items():
        is_unknown = schema.facts[name].unknown_allowed and not is_known and dice.randrange(UNKNOWN_OF) == 0
        facts[name] = None if is_unknown or not pool else pool[dice.randrange(len(pool))]
    return facts


def _packed(told: list[bool]) -> bytes:
    """Truths as bits, eight a byte, the first lowest."""
    return bytes(sum(each << place for place, each in enumerate(told[at : at + 8])) for at in range(0, len(told), 8))
