"""Regions: the cases in which a condition holds as boxes over the values of facts, and an index of boxes that meet.

Whether one rule follows from another, or contradicts it, is a question about two sets of cases. Among many rules it is
answered for all partners of a rule at once, without a loop over pairs:

1. An axis is a fact, or what a comparison of several facts is about (a term, or a pair of terms), with finitely many points
   that stand for all its values. An atom reads one axis: it holds on some of the points and fails on others.
2. A box names sets of points on some axes and is free on the others. The cases in which a condition has a value are a union of
   boxes, its disjunctive normal form. Two boxes meet when they have points in common on every axis that both name.
3. The points of an axis are in order, and the boxes over a point change only where a box begins or ends (sort and sweep). Each
   stretch between two such edges has its boxes as the bits of one integer. The boxes that meet a box are these integers,
   joined by `|` over its stretches and by `&` over its axes: a few operations on integers of as many bits as there are boxes.

Example: `a` requires `x <= 3`, `b` requires `x <= 5 or is_paid`. `b` fails in one box, {x: 6 and more, is_paid: no}; `a` does not
fail in the boxes {x: up to 3} and {x: unknown}. These do not meet, so wherever `b` fails, `a` fails too.

Every point is a value that the axis can have, so that boxes which meet prove that the two conditions have a case in common. A
region may lack boxes (`is_complete` is False): conditions with too many of them keep some. Boxes that do not meet then prove
nothing, and the truth table decides.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from itertools import accumulate, pairwise
from operator import and_, or_, xor
from random import Random
from typing import Any, Final

import attrs

from coachcore.rules.expr.evaluate import evaluate
from coachcore.rules.expr.facts import Fact
from coachcore.rules.expr.nodes import And, Atom, Node, Not, Or, atoms_of
from coachcore.rules.expr.schema import Schema
from coachcore.rules.limits import LIMITS
from coachcore.rules.logic.breakpoints import LINES, breakpoints, on_line
from coachcore.rules.logic.samples import compared_with, is_bare, samples
from coachcore.rules.logic.truth_table import Term, TruthTable, axis_facts, axis_key, axis_outcomes, combined, keyed

__all__ = ["EVERYWHERE", "BoxIndex", "Region", "RegionMaker"]

Box = Mapping[int, int]
"""By the number of an axis, its points as bits."""


@attrs.frozen
class Region:
    """Cases, as a union of boxes. is_complete: whether none is left out."""

    boxes: tuple[Box, ...]
    is_complete: bool = True

    def __and__(self, other: "Region") -> "Region":
        common = [_common(box, other_box) for box in self.boxes for other_box in other.boxes]
        return self._joined(other, [box for box in common if all(box.values())])

    def __or__(self, other: "Region") -> "Region":
        return self._joined(other, [*self.boxes, *other.boxes])

    def _joined(self, other: "Region", boxes: Sequence[Box]) -> "Region":
        is_complete = self.is_complete and other.is_complete and len(boxes) <= LIMITS.region_boxes
        return Region(tuple(boxes[: LIMITS.region_boxes]), is_complete)


EVERYWHERE: Final = Region(({},))


def _common(box: Box, other: Box) -> Box:
    return {**box, **other, **{axis: box[axis] & other[axis] for axis in box.keys() & other.keys()}}


class RegionMaker:
    """The axes of some conditions on one schema, and the regions of these conditions over them."""

    def __init__(self, schema: Schema, conditions: Iterable[Node]) -> None:
        all_atoms = dict.fromkeys(atom for condition in conditions for atom in atoms_of(condition))
        self._axes: dict[Atom, tuple[int, TruthTable]] = {}
        for number, (key, atoms) in enumerate(keyed(all_atoms, axis_key).items()):
            axis = _axis(schema, key, atoms)
            self._axes |= dict.fromkeys(atoms, (number, axis))

    def region(self, condition: Node, value: bool, *, is_value: bool = True) -> Region:
        """Where a condition has a value; with is_value=False, where it has another, or is unknown."""
        match condition:
            case Not(operand):
                return self.region(operand, not value, is_value=is_value)
            case And(operands) | Or(operands):
                is_every = isinstance(condition, And) == (value == is_value)
                regions = (self.region(operand, value, is_value=is_value) for operand in operands)
                return reduce(and_ if is_every else or_, regions)
        number, axis = self._axes[condition]  # type: ignore[index]
        points = (axis.holds if value else axis.fails)[condition]  # type: ignore[index]
        points = points if is_value else axis.all & ~points
        return Region(({number: points},) if points else (), axis.is_exact)


# --- axes ------------------------------------------------------------------------------------------------------------


def _axis(schema: Schema, key: Any, atoms: Sequence[Atom]) -> TruthTable:
    """The points of an axis as cases of the atoms that read it; `is_exact` where they stand for all its values."""
    if isinstance(key, Term) or (isinstance(key, str) and key):
        (fact,), stand_ins = axis_facts(schema, key, atoms)
        return _axis_of_fact(fact, atoms, stand_ins)
    return combined([(tuple(atoms), axis_outcomes(schema, key, atoms))], is_exact=True)


def _axis_of_fact(fact: Fact, atoms: Sequence[Atom], stand_ins: Sequence[Atom]) -> TruthTable:
    """stand_ins: the same atoms as they read the fact, which may stand for a term of theirs."""
    solved = samples(fact, stand_ins)
    values = solved.values if fact.type.item is None or solved.is_exact else _some_sets(fact, stand_ins)
    is_zone_mixed = fact.type.name == "moment" and len({value.tzinfo is None for value in values}) > 1
    places_by_atom = [None if is_zone_mixed else _places(fact, atom) for atom in stand_ins]
    evaluations = len(values) * sum(places is None for places in places_by_atom)
    thinned = values[:: -(-evaluations // LIMITS.axis_evaluations) or 1]
    key: Any = on_line if fact.type.name in LINES else None
    known = sorted(thinned, key=key) if fact.type.name in (*LINES, "text") else thinned
    keys = [key(value) for value in known] if key else known
    points = [*known, None] if fact.unknown_allowed else known
    holds, fails = dict.fromkeys(atoms, 0), dict.fromkeys(atoms, 0)
    for atom, stand_in, places in zip(atoms, stand_ins, places_by_atom, strict=True):
        starts: Iterable[int] = range(len(points))
        if places is not None:
            sides = (side(keys, place) for place in places for side in (bisect_left, bisect_right))
            starts = sorted(start for start in {0, len(known), *sides} if start < len(points))
        for start, end in pairwise([*starts, len(points)]):
            value = evaluate(stand_in, {fact.name: points[start]})
            if value is not None:
                (holds if value else fails)[atom] |= (1 << end) - (1 << start)
    return TruthTable(len(points), holds, fails, is_exact=solved.is_exact and len(thinned) == len(values))


def _some_sets(fact: Fact, atoms: Sequence[Atom]) -> list[Any]:
    """Sets where not every combination can be tried: those of single atoms, and random choices of all members.

    Of 128 random sets 8 on average have and lack any four members as two rules want them.
    """
    values = [value for atom in atoms[:64] for value in samples(fact, [atom]).values]
    members = sorted({value for atom in atoms if is_bare(atom) for value in compared_with(atom, fact.name)}, key=repr)
    random = Random(0)  # the same values every time
    values += [frozenset(member for member in members if random.random() < 0.5) for _ in range(128)]
    return list(dict.fromkeys(values))


def _places(fact: Fact, atom: Atom) -> Iterable[Any] | None:
    """Places between which an atom's value does not change; None where it has to be evaluated on every point.

    Through arithmetic it may change a rounding step away from a breakpoint.
    """
    if fact.type.name not in (*LINES, "text") or not is_bare(atom):
        return None
    return compared_with(atom, fact.name) if fact.type.name == "text" else breakpoints(atom, fact.name, {}) or ()


# --- the index -------------------------------------------------------------------------------------------------------


class _Stretches:
    """The boxes over each stretch of an axis, from one of the starts up to the next.

    They are the leaves of a tree in which each node joins two of the level below (a segment tree), so that those over a run of
    points are joined from at most two nodes a level.
    """

    def __init__(self, edges: Mapping[int, int], free: int) -> None:
        self._starts = sorted(edges)
        self._levels = [list(accumulate((edges[start] for start in self._starts), xor))]
        while len(nodes := self._levels[-1]) > 1:
            self._levels.append([reduce(or_, nodes[place : place + 2]) for place in range(0, len(nodes), 2)])
        self._free = free
        self._over: dict[int, int] = {}

    def over(self, points: int) -> int:
        """The boxes over any of the points, and those that are free on the axis."""
        if points not in self._over:
            edges = _bits(points ^ (points << 1))
            runs = zip(edges[::2], edges[1::2], strict=True)
            self._over[points] = reduce(or_, (self._over_run(start, end) for start, end in runs), self._free)
        return self._over[points]

    def _over_run(self, start: int, end: int) -> int:
        first, last = max(bisect_right(self._starts, start) - 1, 0), bisect_left(self._starts, end)
        boxes = 0
        for nodes in self._levels:
            if first >= last:
                break
            if first & 1:
                boxes |= nodes[first]
            if last & 1:
                boxes |= nodes[last - 1]
            first, last = (first + 1) // 2, last // 2
        return boxes


class BoxIndex:
    """Regions of rules, and which of them meet a region.

    marks: a bit per rule, by which answers name it. Below it are bits for the rule's boxes, at most as many as fit above the mark
    before. Adding all of these to a set of boxes carries into the mark of every rule that has a box in the set.
    """

    def __init__(self, regions: Sequence[Region], marks: Sequence[int]) -> None:
        self._marks = sum(marks)
        edges: dict[int, dict[int, int]] = {}
        named: dict[int, int] = {}
        self._all = 0
        for region, mark in zip(regions, marks, strict=True):
            for place, box in enumerate(region.boxes, 1):
                bit = mark >> place
                self._all |= bit
                for axis, points in box.items():
                    named[axis] = named.get(axis, 0) | bit
                    of_axis = edges.setdefault(axis, {})
                    for edge in _bits(points ^ (points << 1)):
                        of_axis[edge] = of_axis.get(edge, 0) ^ bit
        self._axes = {axis: _Stretches(of_axis, self._all & ~named[axis]) for axis, of_axis in edges.items()}

    def meeting(self, region: Region) -> int:
        """The marks of the rules that have a box which meets one of the region's."""
        boxes = 0
        for box in region.boxes:
            over = (self._axes[axis].over(points) for axis, points in box.items() if axis in self._axes)
            boxes |= reduce(and_, over, self._all)
        return (boxes + self._all) & self._marks


def _bits(number: int) -> list[int]:
    """The places of the bits that are set, from the lowest."""
    places = []
    while number:
        places.append((number & -number).bit_length() - 1)
        number &= number - 1
    return places
