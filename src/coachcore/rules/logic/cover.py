"""The smallest of many sets, over bits: which few cover all, and which few are otherwise in some place.

Bits are places, and one large integer is a set of them; so a set is tried with a few operations, however many places there
are. Sets are given as positions in what was given; of several of the smallest, the one that stands first.
"""

from collections.abc import Sequence
from itertools import accumulate
from operator import or_
from typing import Final

__all__ = ["fewest_otherwise", "minimum_cover"]

MOST_SEARCHED: Final = 10
"""As many covers are searched to the end."""
MOST_TRIED: Final = 4_000
LEAST_TRIED: Final = 1_200
MOST_BITS: Final = 2**26
"""Bits that are gone through at most, where more covers are searched and that is more than the least that are tried."""

Chosen = tuple[int, ...]


def minimum_cover(covers: Sequence[int], universe: int) -> tuple[Chosen, bool]:
    """The fewest covers that together have every place of the universe, and whether there are surely no fewer.

    All of them together have to. Where looking for the fewest takes too long: some of which none can be left out.
    """
    needed = [at for at, others in enumerate(_all_but_one(covers)) if covers[at] & universe & ~others]
    for at in needed:
        universe &= ~covers[at]
    if not universe:
        return tuple(needed), True
    left: dict[int, int] = {}
    for at, cover in enumerate(covers):
        here = cover & universe
        if here and not any(here | earlier == earlier for earlier in left.values()):
            left[at] = here
    more, is_fewest = _search(list(left.values()), universe)
    positions = list(left)
    return tuple(sorted([*needed, *(positions[at] for at in more)])), is_fewest


def _all_but_one(covers: Sequence[int]) -> list[int]:
    """For each cover, what the others have together."""
    before = [0, *accumulate(covers, or_)]
    after = [0, *accumulate(reversed(covers), or_)][::-1]
    return [before[at] | after[at + 1] for at in range(len(covers))]


def _search(covers: Sequence[int], universe: int) -> tuple[Chosen, bool]:
    """The first of the smallest covers, by size; where that takes too long, one of which none can be left out."""
    lacking = [universe & ~cover for cover in covers]
    beyond = [0, *accumulate(reversed(covers), or_)][::-1]
    largest = max(cover.bit_count() for cover in covers)
    tries = max(LEAST_TRIED, min(MOST_TRIED, MOST_BITS // universe.bit_length()))
    tries = 2 ** (MOST_SEARCHED + 3) if len(covers) <= MOST_SEARCHED else tries
    spare = _irreducible(covers, universe)

    def first(start: int, left: int, size: int) -> Chosen | None:
        nonlocal tries
        if left.bit_count() > size * largest:
            return None
        for at in range(start, len(covers)):
            if left & ~beyond[at]:  # those from here on do not have all
                return None
            tries -= 1
            if tries < 0:
                return None
            rest = left & lacking[at]
            if not rest:
                return (at,)
            if size > 1 and rest != left and (more := first(at + 1, rest, size - 1)) is not None:
                return (at, *more)
        return None

    for size in range(1, len(spare) + 1):
        found = first(0, universe, size)
        if found is not None:
            return found, True
        if tries < 0:
            return spare, size == len(spare)
    return spare, True


def _irreducible(covers: Sequence[int], universe: int) -> Chosen:
    """Covers that have all, of which none can be left out; the last are left out first."""
    chosen = list(range(len(covers)))
    for at in reversed(range(len(covers))):
        others = 0
        for each in chosen:
            others |= covers[each] if each != at else 0
        if not universe & ~others:
            chosen.remove(at)
    return tuple(chosen)


def fewest_otherwise(alike: Sequence[int], within: int) -> Chosen | None:
    """The fewest of some claims that are otherwise in one of the places; None where there is no place.

    alike: of each claim, where it is as it is. within: the places.
    """
    if not within:
        return None
    by_count = [within]  # places by how many claims are otherwise there
    for each in alike:
        wider = [0, *by_count]
        by_count = [(as_is & each) | (one_less & ~each) for as_is, one_less in zip([*by_count, 0], wider, strict=True)]
    places = next(each for each in by_count if each)
    chosen = []
    for at, each in enumerate(alike):
        if otherwise := places & ~each:
            chosen.append(at)
            places = otherwise
    return tuple(chosen)
