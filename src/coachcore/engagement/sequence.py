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
from typing import Self, TypeVar, overload

__all__ = ["PersistentSequence"]

T = TypeVar("T")
CHUNK = 128
"""Items in a new chunk. A change copies least where it is the square root of all, and most engagements have hundreds of events."""


class PersistentSequence(Sequence[T]):
    """An immutable sequence; `extended`, `with_item` and `without` return a changed one."""

    __slots__ = ("_chunks", "_ends", "_length")

    def __init__(self, items: Iterable[T] = ()) -> None:
        flat = tuple(items)
        self._chunks = tuple([flat[begin : begin + CHUNK] for begin in range(0, len(flat), CHUNK)])
        self._length = len(flat)
        self._ends: tuple[int, ...] | None = None

    @classmethod
    def _of(cls, chunks: tuple[tuple[T, ...], ...], length: int) -> Self:
        """A sequence of these chunks, which hold so many items."""
        sequence = cls.__new__(cls)
        sequence._chunks, sequence._length, sequence._ends = chunks, length, None
        return sequence

    @property
    def _chunk_ends(self) -> tuple[int, ...]:
        """The index after each chunk, computed at the first need."""
        if self._ends is None:
            self._ends = tuple(accumulate(map(len, self._chunks)))
        return self._ends

    def __len__(self) -> int:
        return self._length

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

    def extended(self, items: Iterable[T]) -> Self:
        """This sequence, followed by the items."""
        chunks = self._chunks
        last = chunks[-1] if chunks and len(chunks[-1]) < CHUNK else ()
        further = PersistentSequence(last + tuple(items))
        before = chunks[:-1] if last else chunks
        return self._of(before + further._chunks, self._length - len(last) + further._length)

    def appended(self, item: T) -> Self:
        """This sequence with one more item, which is the last then."""
        chunks = self._chunks
        if chunks and len(chunks[-1]) < CHUNK:
            return self._of((*chunks[:-1], (*chunks[-1], item)), self._length + 1)
        return self._of((*chunks, (item,)), self._length + 1)

    def with_item(self, index: int, item: T) -> Self:
        """This sequence with one more item, which is at the index then."""
        if index == self._length:
            return self.appended(item)
        place, offset = self._located(index)
        chunk = self._chunks[place]
        return self._with_chunk(place, (*chunk[:offset], item, *chunk[offset:]))

    def without(self, index: int) -> Self:
        """This sequence without the item at the index."""
        place, offset = self._located(index)
        chunk = self._chunks[place]
        return self._with_chunk(place, (*chunk[:offset], *chunk[offset + 1 :]))

    def _with_chunk(self, place: int, chunk: tuple[T, ...]) -> Self:
        """This sequence with a chunk replaced; one that has doubled is split, one that is empty is left out."""
        before, after = self._chunks[:place], self._chunks[place + 1 :]
        chunks = PersistentSequence(chunk)._chunks if len(chunk) >= 2 * CHUNK else (chunk,) if chunk else ()
        return self._of(before + chunks + after, self._length + len(chunk) - len(self._chunks[place]))
