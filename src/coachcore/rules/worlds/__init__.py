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

from coachcore.rules.facts import Fact, FactSchema
from coachcore.rules.tree import (
    DECIMALS,
    Arithmetic,
    Call,
    Comparison,
    Constant,
    Junction,
    Known,
    Leaf,
    Node,
    Not,
    Reading,
    evaluate,
    facts_of,
    leaves_of,
)
from coachcore.rules.worlds.axis import LINES, STEPS, criticals, points, value_at

__all__ = ["Worlds", "samples", "worlds"]

MOST_WORLDS: Final = 2**16
MOST_ITEMS: Final = 6
DIGITS: Final = Context(prec=2 * DECIMALS.prec)
Told = tuple[bool | None, ...]
"""The answers of a group's comparisons in one world."""
Group = tuple[tuple[Leaf, ...], list[Told]]
"""Comparisons that hang together, and the ways they can come out."""


@attrs.frozen
class Worlds:
    """The worlds of some conditions. size: how many. holds, fails: of each comparison, the worlds, as bits.

    is_exact: whether each of them can be; otherwise comparisons between facts were taken as independent.
    """

    size: int
    holds: Mapping[Leaf, int]
    fails: Mapping[Leaf, int]
    is_exact: bool

    @property
    def all(self) -> int:
        return (1 << self.size) - 1

    def of(self, node: Node) -> tuple[int, int]:
        """The worlds a condition holds in, and those it fails in; in the others it is unknown."""
        match node:
            case Not(part):
                holds, fails = self.of(part)
                return fails, holds
            case Junction(is_and, parts):
                both = [self.of(each) for each in parts]
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


def worlds(schema: FactSchema, *trees: Node, most: int = MOST_WORLDS) -> Worlds | None:
    """The worlds that conditions can tell apart; None where there are more than `most`."""
    leaves = tuple(dict.fromkeys(leaf for tree in trees for leaf in leaves_of(tree)))
    groups, is_exact = _groups(schema, leaves)
    size = prod(len(told) for _, told in groups)
    if size > most:
        return None
    holds, fails = dict.fromkeys(leaves, 0), dict.fromkeys(leaves, 0)
    period = 1
    for members, told in groups:
        repeat = _repeated(period * len(told), size)
        for number, leaf in enumerate(members):
            for into, value in ((holds, True), (fails, False)):
                row = sum(((1 << period) - 1) << (at * period) for at, each in enumerate(told) if each[number] is value)
                into[leaf] = row * repeat
        period *= len(told)
    return Worlds(size, holds, fails, is_exact)


def _repeated(period: int, size: int) -> int:
    """A number that, multiplied with a pattern of `period` bits, repeats it over `size` bits."""
    return ((1 << size) - 1) // ((1 << period) - 1)


def _groups(schema: FactSchema, leaves: Sequence[Leaf]) -> tuple[list[Group], bool]:
    """Comparisons that hang together, each group with the ways it can come out; and whether each of these can be."""
    groups: list[Group] = []
    is_exact = True
    for key, members in _keyed(leaves, _key).items():
        if isinstance(key, str):
            told = _by_values(schema, key, members) if key else [tuple(evaluate(leaf, {}) for leaf in members)]
            found = _apart(schema, members) if told is None else [(tuple(members), told)]
            is_exact = is_exact and told is not None
        else:
            found = _compared(schema, key, members)
            is_exact = False
        groups += found
    return groups, is_exact


def _keyed(leaves: Iterable[Leaf], key: Callable[[Leaf], Any]) -> dict[Any, list[Leaf]]:
    found: dict[Any, list[Leaf]] = {}
    for leaf in leaves:
        found.setdefault(key(leaf), []).append(leaf)
    return found


def _apart(schema: FactSchema, leaves: Sequence[Leaf]) -> list[Group]:
    """Groups of one fact's comparisons that are not solved together: those that are, and each term of the others."""
    name = facts_of(leaves[0])[0]
    solved = [leaf for leaf in leaves if samples(schema.facts[name], [leaf]) is not None]
    told = _by_values(schema, name, solved) if solved else None
    rest = leaves if told is None else [leaf for leaf in leaves if leaf not in solved]
    groups = [] if told is None else [(tuple(solved), told)]
    return groups + [
        group for key, members in _keyed(rest, _terms).items() for group in _compared(schema, key, members)
    ]


def _compared(schema: FactSchema, key: Any, leaves: Sequence[Leaf]) -> list[Group]:
    """Groups of comparisons of one term, or of one pair of terms; others come out in any way."""
    if isinstance(key, _Term):
        return [(tuple(leaves), _by_term(key.node, leaves))]
    if isinstance(key, frozenset):
        return [(tuple(leaves), _by_order(schema, leaves))]
    return [
        ((leaf,), [(True,), (False,)] if isinstance(leaf, Known) else [(True,), (False,), (None,)]) for leaf in leaves
    ]


@attrs.frozen
class _Term:
    """A term of several facts, compared with constants."""

    node: Node


def _key(leaf: Leaf) -> Any:
    """What a comparison is about: a fact ("" of constants alone), a term, a pair of terms in either order, or itself."""
    names = facts_of(leaf)
    return _terms(leaf) if len(names) > 1 else names[0] if names else ""


def _terms(leaf: Leaf) -> Any:
    """The term that a comparison holds against constants, or the pair of terms; itself where it is of neither."""
    if isinstance(leaf, Comparison):
        terms = [each for each in leaf.parts if not isinstance(each, Constant)]
        if len(terms) == 1 and terms[0].kind.name in LINES:
            return _Term(terms[0])
    if isinstance(leaf, Comparison) and leaf.sign not in ("in", "not in"):
        return frozenset(leaf.parts)
    return leaf


def _by_values(schema: FactSchema, name: str, leaves: Sequence[Leaf]) -> list[Told] | None:
    """The ways that comparisons of one fact with constants come out together; None where that cannot be told."""
    fact = schema.facts[name]
    values = samples(fact, leaves)
    if values is None:
        return None
    tried = [*values, None] if fact.unknown_allowed else values
    return list(dict.fromkeys(tuple(evaluate(leaf, {name: each}) for leaf in leaves) for each in tried))


def _by_term(term: Node, leaves: Sequence[Any]) -> list[Told]:
    """The ways that comparisons of one term with constants come out together."""
    stand_in = Reading("", term.kind)
    put = [
        attrs.evolve(leaf, parts=tuple(stand_in if each == term else each for each in leaf.parts)) for leaf in leaves
    ]
    found = [point for leaf in put for point in criticals(leaf, "", {}) or []]
    zones = _zones(put) if term.kind.name == "moment" else [True]
    tried = [value_at(each, term.kind, zoned=zoned) for zoned in zones for each in points(found, term.kind)]
    return list(dict.fromkeys(tuple(evaluate(leaf, {"": each}) for leaf in put) for each in [*tried, None]))


def samples(fact: Fact, leaves: Sequence[Leaf]) -> list[Any] | None:
    """Values that stand for all values of a fact, as far as these comparisons tell them apart. None: cannot be told."""
    kind = fact.kind
    if kind.name == "bool":
        return [True, False]
    if kind.members:
        return list(kind.members)
    if kind.name in LINES:
        found: list[Fraction] = []
        for leaf in leaves:
            more = criticals(leaf, fact.name, {})
            if more is None:
                return None
            found += more
        found_points = [*points(found, kind), *points((), kind)]  # one in range, should the others all be out of it
        zones = _zones(leaves) if kind.name == "moment" else [True]
        tried = [value_at(each, kind, zoned=zoned) for zoned in zones for each in found_points]
        values = [each for each in tried if each is not None]
        if kind.name in STEPS or all(_is_bare(leaf) for leaf in leaves):
            return list(dict.fromkeys(values))
        return list(dict.fromkeys(near for each in values for near in _near(each)))
    if kind.name == "text":
        return _texts(fact, leaves)
    return _sets(fact, leaves)


def _zones(leaves: Sequence[Leaf]) -> list[bool]:
    """Whether moments to try have a zone: as those have that they are reckoned and compared with, which may be either."""
    found = {each.tzinfo is not None for leaf in leaves for each in _constants(leaf) if isinstance(each, datetime)}
    return sorted(found, reverse=True) or [True]


def held_against(leaves: Sequence[Leaf], fact: str) -> set[Any]:
    """The values that comparisons hold a fact, or the items of a set of them, against."""
    found: set[Any] = set()
    for leaf in leaves:
        if isinstance(leaf, Comparison) and fact in facts_of(leaf):
            for each in leaf.parts:
                if isinstance(each, Constant):
                    found |= each.value if isinstance(each.value, frozenset) else {each.value}
    return found


def _constants(node: Node) -> Iterator[Any]:
    """The values written in a comparison, however deep."""
    match node:
        case Constant(value):
            yield from value if isinstance(value, frozenset) else (value,)
        case Known(part):
            yield from _constants(part)
        case Comparison(_, parts) | Arithmetic(_, parts) | Call(_, parts):
            for each in parts:
                yield from _constants(each)


def _near(value: Any) -> tuple[Any, ...]:
    """A number and its neighbours: what is reckoned from it is rounded, and may come out equal a step away.

    A decimal may have more digits than are reckoned with, so that its neighbours are nearer than reckoning tells apart.
    """
    if isinstance(value, float):
        return (nextafter(value, -inf), value, nextafter(value, inf))
    return (DIGITS.next_minus(value), value, DIGITS.next_plus(value))


def _texts(fact: Fact, leaves: Sequence[Leaf]) -> list[Any] | None:
    if not all(_is_bare(leaf) for leaf in leaves):
        return None
    found = sorted(str(each) for each in held_against(leaves, fact.name))
    return ["", *(text for each in found for text in (each, each + "\0"))]


def _sets(fact: Fact, leaves: Sequence[Leaf]) -> list[Any] | None:
    named = held_against([each for each in leaves if _is_bare(each)], fact.name)
    item = fact.kind.item
    assert item is not None
    if not all(_is_bare(leaf) or _is_size(leaf) for leaf in leaves) or len(item.members or named) > MOST_ITEMS:
        return None
    sizes = {int(each) for each in held_against([each for each in leaves if not _is_bare(each)], fact.name)}
    items = sorted(item.members) if item.members else sorted(named, key=repr)
    subsets = [frozenset(each) for size in range(len(items) + 1) for each in combinations(items, size)]
    if item.members:
        return subsets
    more = max([0, *sizes]) + 2  # others, that no rule names: tuples, so that none is among those named
    return [each | {("other", number) for number in range(count)} for each in subsets for count in range(min(more, 40))]


def _is_bare(leaf: Leaf) -> bool:
    """Whether a comparison reads its fact as it is."""
    if isinstance(leaf, Comparison):
        return all(isinstance(each, Reading | Constant) for each in leaf.parts)
    return not isinstance(leaf, Known) or isinstance(leaf.part, Reading)


def _is_size(leaf: Leaf) -> bool:
    """Whether a comparison is of a set's length with a constant, not too large to try."""
    return isinstance(leaf, Comparison) and all(
        (isinstance(each, Constant) and each.kind.is_number and abs(each.value) < 30)
        or (getattr(each, "function", "") == "len" and isinstance(each.parts[0], Reading))  # type: ignore[union-attr]
        for each in leaf.parts
    )


ORDERS: Final[Mapping[str, Callable[[int], bool]]] = {
    "<": lambda order: order < 0,
    "<=": lambda order: order <= 0,
    "==": lambda order: order == 0,
    "!=": lambda order: order != 0,
    ">=": lambda order: order >= 0,
    ">": lambda order: order > 0,
}


def _by_order(schema: FactSchema, leaves: Sequence[Any]) -> list[Told]:
    """The ways that comparisons of one pair of terms come out together: by which is the larger."""
    one = leaves[0].parts[0]
    told: list[Told] = [
        tuple(ORDERS[leaf.sign](order if leaf.parts[0] == one else -order) for leaf in leaves) for order in (-1, 0, 1)
    ]
    return list(dict.fromkeys([*told, tuple(None for _ in leaves)] if _may_be_unknown(schema, leaves[0]) else told))


def _may_be_unknown(schema: FactSchema, leaf: Comparison) -> bool:
    """Whether a comparison can be unknown: one of its facts can, or it reckons."""
    is_timed = any(each.kind.name == "moment" for each in leaf.parts)  # one with a zone against one without
    return is_timed or any(schema.facts[name].unknown_allowed for name in facts_of(leaf)) or not _is_bare(leaf)
