"""A sequence that changes by making another one, which shares almost all of it.

An engagement's events are read by several threads while others record, a unit of work that fails goes back to the events before
it, and neither may take time in proportion to all events. So the items are stored in chunks: a change copies one chunk and the
tuple of chunks, about the square root of the length::

    before = PersistentSequence(["a", "b"])
    after = before.with_item(1, "c")  # a, c, b; `before` is unchanged
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, chain, islice
from typing import TypeVar, overload

__all__ = ["PersistentSequence"]

T = TypeVar("T")
CHUNK = 256
"""Items in a new chunk: near the square root of 40,000, the events of a long engagement, where a change copies least."""


class PersistentSequence(Sequence[T]):
    """An immutable sequence; `extended`, `with_item` and `without` return a changed one."""

    __slots__ = ("_chunks", "_ends")

    def __init__(self, items: Iterable[T] = ()) -> None:
        flat = tuple(items)
        self._chunks = tuple(flat[begin : begin + CHUNK] for begin in range(0, len(flat), CHUNK))
        self._ends: tuple[int, ...] | None = None

    @property
    def _chunk_ends(self) -> tuple[int, ...]:
        """The index after each chunk, computed at the first need."""
        if self._ends is None:
            self._ends = tuple(accumulate(map(len, self._chunks)))
        return self._ends

    def __len__(self) -> int:
        return self._chunk_ends[-1] if self._chunks else 0

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PersistentSequence | tuple | list):
            return NotImplemented
        return self is other or tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __iter__(self) -> Iterator[T]:
        return chain.from_iterable(self._chunks)

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[T, ...]: ...
    def __getitem__(self, index: int | slice) -> T | tuple[T, ...]:
        if isinstance(index, slice):
            first, last, step = index.indices(len(self))
            return tuple(islice(self.starting_at(first), max(last - first, 0))) if step == 1 else tuple(self)[index]
        if index == -1 and self._chunks:
            return self._chunks[-1][-1]
        place, offset = self._located(range(len(self))[index])
        return self._chunks[place][offset]

    def _located(self, index: int) -> tuple[int, int]:
        """The chunk of an index, and its place there."""
        place = bisect_right(self._chunk_ends, index)
        return place, index - (self._chunk_ends[place - 1] if place else 0)

    def starting_at(self, first: int) -> Iterator[T]:
        """The items from an index on, without passing those before."""
        if first >= len(self):
            return iter(())
        place, offset = self._located(first)
        return chain(self._chunks[place][offset:], chain.from_iterable(islice(self._chunks, place + 1, None)))

    def extended(self, items: Iterable[T]) -> "PersistentSequence[T]":
        """This sequence, followed by the items."""
        last = self._chunks[-1] if self._chunks and len(self._chunks[-1]) < CHUNK else ()
        further = PersistentSequence((*last, *items))
        further._chunks = (*(self._chunks[:-1] if last else self._chunks), *further._chunks)
        return further

    def with_item(self, index: int, item: T) -> "PersistentSequence[T]":
        """This sequence with one more item, which is at the index then."""
        if index == len(self):
            return self.extended((item,))
        place, offset = self._located(index)
        chunk = self._chunks[place]
        return self._with_chunk(place, (*chunk[:offset], item, *chunk[offset:]))

    def without(self, index: int) -> "PersistentSequence[T]":
        """This sequence without the item at the index."""
        place, offset = self._located(index)
        chunk = self._chunks[place]
        return self._with_chunk(place, (*chunk[:offset], *chunk[offset + 1 :]))

    def _with_chunk(self, place: int, chunk: tuple[T, ...]) -> "PersistentSequence[T]":
        """This sequence with a chunk replaced; one that has doubled is split, one that is empty is left out."""
        changed = PersistentSequence(chunk if len(chunk) >= 2 * CHUNK else ())
        chunks = changed._chunks or ((chunk,) if chunk else ())
        changed._chunks = (*self._chunks[:place], *chunks, *self._chunks[place + 1 :])
        return changed
