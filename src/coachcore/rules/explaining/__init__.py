"""Why a verdict is what it is: the fewest comparisons that decide it, those that stand in its way, and what to ask.

A set of comparisons decides a verdict when every world in which they come out as they did has the same verdict; the
smallest such set is a prime implicant of what is the case. It is looked for over the worlds of `worlds`. Where there are too
many, or what is the case is none of them, the tree itself is followed, which finds a set that decides, if not always the
smallest.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache, reduce
from operator import and_
from typing import Any, Final, Literal

import attrs

from coachcore.rules.explaining.asking import asked
from coachcore.rules.explaining.smallest import fewest_otherwise, smallest_cover
from coachcore.rules.facts import FactSchema
from coachcore.rules.tree import Constant, Junction, Leaf, Node, Not, evaluate, leaves_of
from coachcore.rules.worlds import Worlds, worlds

__all__ = ["Decided", "asked", "deciding", "in_the_way"]


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
    value, seen = evaluate(tree, facts), _seen(schema, tree, facts)
    if seen.all_worlds is None:
        return Decided(_by_tree(tree, value, seen.told), is_smallest=False)
    other = seen.all_worlds.all & ~seen.all_worlds.where(tree, value)
    # to decide is to come out otherwise, one comparison or another, in every world that has another verdict
    chosen, is_smallest = smallest_cover([other & ~each for each in seen.alike], other)
    return Decided(tuple(seen.leaves[at] for at in chosen), is_smallest and seen.all_worlds.is_exact)


def in_the_way(schema: FactSchema, tree: Node, facts: Mapping[str, Any]) -> Decided:
    """The fewest comparisons that would have to come out otherwise for a condition to hold; none where it does.

    Of several such sets the first, as they are written. Nothing, not the smallest, where no change would do.
    """
    if evaluate(tree, facts) is True:
        return Decided((), is_smallest=True)
    seen = _seen(schema, tree, facts)
    if seen.all_worlds is None:
        return Decided(_turned(tree, True, seen.told) or (), is_smallest=False)
    found = fewest_otherwise(seen.alike, seen.all_worlds.where(tree, True))
    chosen = tuple(seen.leaves[at] for at in found or ())
    return Decided(chosen, is_smallest=found is not None and seen.all_worlds.is_exact)


@attrs.frozen
class _Seen:
    """The comparisons of a condition as they came out, and for each, the worlds in which it comes out alike.

    all_worlds: None where there are too many, or the facts are in none of them (a fact that is unknown though it may not be).
    """

    told: Mapping[Leaf, bool | None]
    leaves: tuple[Leaf, ...]
    all_worlds: Worlds | None
    alike: Sequence[int]


def _seen(schema: FactSchema, tree: Node, facts: Mapping[str, Any]) -> _Seen:
    told = {leaf: evaluate(leaf, facts) for leaf in leaves_of(tree)}
    leaves: tuple[Leaf, ...] = tuple(leaf for leaf in told if not isinstance(leaf, Constant))
    all_worlds = _worlds_of(_Key(schema, tree))
    if all_worlds is None:
        return _Seen(told, leaves, None, ())
    alike = [all_worlds.where(leaf, told[leaf]) for leaf in leaves]
    here = reduce(and_, alike, all_worlds.all)
    return _Seen(told, leaves, all_worlds if here else None, alike)


def _turned(node: Node, wanted: bool, told: Mapping[Leaf, bool | None]) -> tuple[Leaf, ...] | None:
    """Comparisons that are to come out otherwise, by the tree, as if each could by itself; None where none would do."""
    match node:
        case Not(part):
            return _turned(part, not wanted, told)
        case Junction(is_and, parts):
            found = [_turned(each, wanted, told) for each in parts]
            able = [each for each in found if each is not None]
            if is_and is not wanted:
                return min(able, key=len, default=None)
            return _together(able) if len(able) == len(found) else None
        case Constant(value):
            return () if value is wanted else None
    return () if told[node] is wanted else (node,)  # type: ignore[index,return-value]


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
