"""Set cover over bits: the fewest sets that together contain everything, and the fewest claims that differ in one place.

An integer is a set of places, a bit each, so that a union of thousands of cases is one operation. Minimum set cover is NP-hard;
sets are few here (one for each atom of a rule), so it is searched by size, smallest first, with two cuts: places that no later set
covers end a branch, and so do more places than the remaining sets could hold. Sets are named by their index; of several of the
smallest covers, the first in that order is returned.

Example: of the sets {a, b}, {b, c}, {c, d} and {a, d}, the first and the third cover {a, b, c, d}: `minimum_cover((0b0011, 0b0110,
0b1100, 0b1001), 0b1111) == ((0, 2), True)`.
"""

from collections.abc import Callable, Sequence
from functools import reduce
from itertools import accumulate
from operator import or_
from typing import TypeVar

from coachcore.rules.limits import LIMITS

__all__ = ["fewest_otherwise", "irreducible", "minimum_cover"]

Chosen = tuple[int, ...]
T = TypeVar("T")


def minimum_cover(covers: Sequence[int], universe: int) -> tuple[Chosen, bool]:
    """The fewest covers that together have every place of the universe, and whether there are certainly no fewer.

    All of them together must cover it. Where the search takes too long: covers of which none can be left out.
    """
    needed = [index for index, others in enumerate(_all_but_one(covers)) if covers[index] & universe & ~others]
    for index in needed:
        universe &= ~covers[index]
    if not universe:
        return tuple(needed), True
    remaining: dict[int, int] = {}
    for index, cover in enumerate(covers):
        rest = cover & universe
        if rest and not any(rest | earlier == earlier for earlier in remaining.values()):
            remaining[index] = rest
    more, is_fewest = _search(list(remaining.values()), universe)
    indexes = list(remaining)
    return tuple(sorted([*needed, *(indexes[number] for number in more)])), is_fewest


def _all_but_one(covers: Sequence[int]) -> list[int]:
    """For each cover, what the others have together."""
    before = [0, *accumulate(covers, or_)]
    after = [0, *accumulate(reversed(covers), or_)][::-1]
    return [before[index] | after[index + 1] for index in range(len(covers))]


def _search(covers: Sequence[int], universe: int) -> tuple[Chosen, bool]:
    """The first of the smallest covers, by size; where that takes too long, one of which none can be left out."""
    lacking = [universe & ~cover for cover in covers]
    beyond = [0, *accumulate(reversed(covers), or_)][::-1]
    largest = max(cover.bit_count() for cover in covers)
    tries = LIMITS.cover_steps
    spare = irreducible(
        range(len(covers)), lambda rest: not universe & ~reduce(or_, (covers[index] for index in rest), 0)
    )

    def first(start: int, left: int, size: int) -> Chosen | None:
        nonlocal tries
        if left.bit_count() > size * largest:
            return None
        for index in range(start, len(covers)):
            if left & ~beyond[index]:  # the sets from this one on do not cover all
                return None
            tries -= 1
            if tries < 0:
                return None
            rest = left & lacking[index]
            if not rest:
                return (index,)
            if size > 1 and rest != left and (more := first(index + 1, rest, size - 1)) is not None:
                return (index, *more)
        return None

    for size in range(1, len(spare) + 1):
        cover = first(0, universe, size)
        if cover is not None:
            return cover, True
        if tries < 0:
            return spare, size == len(spare)
    return spare, True


def irreducible(items: Sequence[T], is_enough: Callable[[Sequence[T]], bool]) -> tuple[T, ...]:
    """Items that are enough, and of which none can be left out; the last are left out first."""
    chosen = list(items)
    for item in reversed(items):
        rest = [other for other in chosen if other != item]
        chosen = rest if is_enough(rest) else chosen
    return tuple(chosen)


def fewest_otherwise(unchanged: Sequence[int], within: int) -> Chosen | None:
    """The fewest of some claims that differ in one of the places; None where there is no place.

    unchanged: for each claim, the places in which it has its present value. within: the places to choose from.
    """
    if not within:
        return None
    by_count = [within]  # places by how many claims differ there
    for cover in unchanged:
        wider = [0, *by_count]
        by_count = [(same & cover) | (fewer & ~cover) for same, fewer in zip([*by_count, 0], wider, strict=True)]
    places = next(rows for rows in by_count if rows)
    chosen = []
    for index, cover in enumerate(unchanged):
        if differing := places & ~cover:
            chosen.append(index)
            places = differing
    return tuple(chosen)
