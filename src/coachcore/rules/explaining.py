"""Why a verdict is what it is: the fewest comparisons that decide it, those that stand in its way, and what to ask.

A set of comparisons decides a verdict when every world in which they come out as they did has the same verdict; the
smallest such set is a prime implicant of what is the case. The search goes by size over the worlds of `worlds`; where
there are too many, the tree itself is followed, which finds a set that decides, if not always the smallest.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import combinations
from typing import Any, Final, Literal

import attrs

from coachcore.rules.facts import FactSchema
from coachcore.rules.tree import Constant, Junction, Leaf, Node, Not, evaluate, facts_of, leaves_of
from coachcore.rules.worlds import Worlds, worlds

__all__ = ["Decided", "asked", "deciding", "in_the_way"]

MOST_TRIED: Final = 4_000
"""Sets of comparisons that are tried before the tree is followed instead."""


@attrs.frozen
class Decided:
    """Comparisons, and whether no smaller set would do."""

    leaves: tuple[Leaf, ...]
    is_smallest: bool


@lru_cache(maxsize=1024)
def _worlds_of(key: "_Key") -> Worlds | None:
    return worlds(key.schema, key.tree)


@attrs.frozen(eq=False)
class _Key:
    """A tree and its schema, told apart by the tree alone, so that looking up is quick."""

    schema: FactSchema
    tree: Node

    def __hash__(self) -> int:
        return id(self.tree)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and self.tree is other.tree and self.schema is other.schema


def deciding(schema: FactSchema, tree: Node, facts: Mapping[str, Any]) -> Decided:
    """The fewest comparisons that decide a condition's value. facts: in the form that rules compare."""
    value = evaluate(tree, facts)
    told = {leaf: evaluate(leaf, facts) for leaf in leaves_of(tree)}
    leaves: tuple[Leaf, ...] = tuple(leaf for leaf in told if not isinstance(leaf, Constant))
    all_worlds = _worlds_of(_Key(schema, tree))
    if all_worlds is not None:
        there = {leaf: all_worlds.where(leaf, told[leaf]) for leaf in leaves}
        other = all_worlds.all & ~all_worlds.where(tree, value)
        # what is never otherwise decides nothing; a world that cannot be is not looked at
        found = _smallest(leaves, lambda chosen: not _met(all_worlds, there, chosen) & other)
        if found is not None:
            return Decided(found, all_worlds.is_exact)
    return Decided(_by_tree(tree, value, told), is_smallest=False)


def in_the_way(schema: FactSchema, tree: Node, facts: Mapping[str, Any], wanted: bool) -> Decided:
    """The fewest comparisons that would have to come out otherwise for a condition to be as wanted; none where it is.

    Of several such sets the first, as they are written. Nothing, not the smallest, where no change would do or it is not
    found.
    """
    told = {leaf: evaluate(leaf, facts) for leaf in leaves_of(tree)}
    leaves: tuple[Leaf, ...] = tuple(leaf for leaf in told if not isinstance(leaf, Constant))
    all_worlds = _worlds_of(_Key(schema, tree))
    if evaluate(tree, facts) is wanted:
        return Decided((), is_smallest=True)
    if all_worlds is None:
        return Decided((), is_smallest=False)
    there = {leaf: all_worlds.where(leaf, told[leaf]) for leaf in leaves}
    where = all_worlds.where(tree, wanted)

    def would_do(chosen: Iterable[Leaf]) -> bool:
        gone = set(chosen)
        return bool(_met(all_worlds, there, [leaf for leaf in leaves if leaf not in gone]) & where)

    found = _smallest(leaves, would_do)
    return Decided(found or (), is_smallest=found is not None and all_worlds.is_exact)


def _met(all_worlds: Worlds, there: Mapping[Leaf, int], chosen: Iterable[Leaf]) -> int:
    """The worlds in which the chosen comparisons come out as they did."""
    found = all_worlds.all
    for leaf in chosen:
        found &= there[leaf]
    return found


def _smallest(leaves: Sequence[Leaf], does: Callable[[Sequence[Leaf]], bool]) -> tuple[Leaf, ...] | None:
    """The first of the smallest sets that do; None where that takes too many trials."""
    tried = 0
    for size in range(len(leaves) + 1):
        for chosen in combinations(leaves, size):
            tried += 1
            if tried > MOST_TRIED:
                return None
            if does(chosen):
                return chosen
    return None


Target = Literal["true", "false", "unknown", "not true", "not false"]
CONTRARY: Final[Mapping[Target, Target]] = {
    "true": "false",
    "false": "true",
    "unknown": "unknown",
    "not true": "not false",
    "not false": "not true",
}
MEANT: Final[Mapping[Target, tuple[bool | None, ...]]] = {
    "true": (True,),
    "false": (False,),
    "unknown": (None,),
    "not true": (False, None),
    "not false": (True, None),
}


def _by_tree(tree: Node, value: bool | None, told: Mapping[Leaf, bool | None]) -> tuple[Leaf, ...]:
    """Comparisons that decide a condition's value by its tree: as few as possible where each stands once."""

    def is_met(node: Node, target: Target) -> bool:
        return _value(node, told) in MEANT[target]

    def fewest(node: Node, target: Target) -> tuple[Leaf, ...]:
        match node:
            case Not(part):
                return fewest(part, CONTRARY[target])
            case Junction(is_and, parts):
                return junction(is_and, parts, target)
            case Constant():
                return ()
        return (node,)  # type: ignore[return-value]

    def junction(is_and: bool, parts: tuple[Node, ...], target: Target) -> tuple[Leaf, ...]:
        if not is_and:  # by de Morgan
            return junction(True, tuple(Not(each) for each in parts), CONTRARY[target])
        if target in ("false", "not true"):  # one part is enough
            return min((fewest(each, target) for each in parts if is_met(each, target)), key=len)
        if target in ("true", "not false"):
            return _together(fewest(each, target) for each in parts)
        ways = (
            _together(fewest(each, "unknown" if each is one else "not false") for each in parts)
            for one in parts
            if is_met(one, "unknown")
        )
        return min(ways, key=len)

    targets: Mapping[bool | None, Target] = {True: "true", False: "false", None: "unknown"}
    return fewest(tree, targets[value])


def _together(parts: Iterable[tuple[Leaf, ...]]) -> tuple[Leaf, ...]:
    return tuple(dict.fromkeys(leaf for part in parts for leaf in part))


def _value(node: Node, told: Mapping[Leaf, bool | None]) -> bool | None:
    match node:
        case Not(part):
            value = _value(part, told)
            return None if value is None else not value
        case Junction(is_and, parts):
            values = [_value(each, told) for each in parts]
            return (not is_and) if (not is_and) in values else None if None in values else is_and
    return told[node]  # type: ignore[index]


def asked(tree: Node, facts: Mapping[str, Any]) -> tuple[str, ...]:
    """The unknown facts that would settle a condition that is unknown, those first that may settle it alone.

    Once all of them are known, it is told (but for what has no result, as a division by zero); while they stay unknown,
    no other fact settles it.
    """
    rest = _rest(tree, facts)
    if not isinstance(rest, Junction):
        alone: tuple[str, ...] = () if isinstance(rest, Constant) else facts_of(rest)
    else:
        alone = tuple(name for part in rest.parts if not isinstance(part, Junction) for name in facts_of(part))
    names = [] if isinstance(rest, Constant) else facts_of(rest)
    unknown = [each for each in dict.fromkeys([*alone, *names]) if facts.get(each) is None]
    return tuple(unknown)


def _rest(node: Node, facts: Mapping[str, Any]) -> Node:
    """What is left of a condition once what is known is put in: its unknown comparisons, and how they are joined."""
    value = evaluate(node, facts)
    if value is not None:
        return Constant(value, node.kind)
    match node:
        case Not(part):
            return _rest(part, facts)
        case Junction(is_and, parts):
            left = [_rest(each, facts) for each in parts]
            left = [each for each in left if not isinstance(each, Constant)]
            return left[0] if len(left) == 1 else Junction(is_and, tuple(left))
    return node
