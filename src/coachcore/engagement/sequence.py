"""A sequence that changes by making another one, which shares almost all of it.

An engagement's events are read by several threads while others record, a unit of work that fails goes back to the events before
it, and neither may take time in proportion to all events. So the items are stored in chunks: a change copies one chunk and the
tuple of chunks, about the square root of the length. What follows the last chunk is a list that sequences share: each reads as far as
it knows, and an item appended to the longest copies nothing; to copy a hundred references means to touch a hundred objects, which are
in no cache by then::

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
    """An immutable sequence; `extended`, `appended`, `with_item` and `without` return a changed one. Threads may share it."""

    __slots__ = ("_chunks", "_ends", "_length", "_tail", "_tail_length")

    def __init__(self, items: Iterable[T] = ()) -> None:
        flat = tuple(items)
        self._length = len(flat)
        self._tail_length = len(flat) % CHUNK
        end = self._length - self._tail_length
        self._chunks = tuple([flat[begin : begin + CHUNK] for begin in range(0, end, CHUNK)])
        self._tail = list(flat[end:])  # may go on with what later sequences have appended
        self._ends: tuple[int, ...] | None = None

    def _with(self, chunks: tuple[tuple[T, ...], ...], tail: list[T], tail_length: int, length: int) -> Self:
        """A sequence of these chunks and so much of the tail; so many items in all."""
        sequence = self.__class__.__new__(self.__class__)
        sequence._chunks, sequence._tail, sequence._tail_length = chunks, tail, tail_length
        sequence._length, sequence._ends = length, None
        return sequence

    @property
    def _own_tail(self) -> list[T]:
        """A copy of the tail, as far as it belongs to this sequence."""
        return self._tail[: self._tail_length]

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
        return chain(chain.from_iterable(self._chunks), self._own_tail)

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[T, ...]: ...
    def __getitem__(self, index: int | slice) -> T | tuple[T, ...]:
        if isinstance(index, slice):
            first, last, step = index.indices(len(self))
            return tuple(islice(self.starting_at(first), max(last - first, 0))) if step == 1 else tuple(self)[index]
        if index == -1 and self._tail_length:
            return self._tail[self._tail_length - 1]
        place, offset = self._located(range(len(self))[index])
        return self._tail[offset] if place == len(self._chunks) else self._chunks[place][offset]

    def _located(self, index: int) -> tuple[int, int]:
        """The chunk of an index, and its place there; the tail counts as the chunk after all others."""
        place = bisect_right(self._chunk_ends, index)
        return place, index - (self._chunk_ends[place - 1] if place else 0)

    def starting_at(self, first: int) -> Iterator[T]:
        """The items from an index on, without passing those before."""
        place, offset = self._located(first)
        if place == len(self._chunks):
            return iter(self._own_tail[offset:])
        return chain(
            self._chunks[place][offset:], chain.from_iterable(islice(self._chunks, place + 1, None)), self._own_tail
        )

    def extended(self, items: Iterable[T]) -> Self:
        """This sequence, followed by the items."""
        further = PersistentSequence((*self._own_tail, *items))
        length = self._length - self._tail_length + further._length
        return self._with(self._chunks + further._chunks, further._tail, further._tail_length, length)

    def appended(self, item: T) -> Self:
        """This sequence with one more item, which is the last then."""
        tail, index = self._tail, self._tail_length
        if index >= CHUNK:
            return self._with((*self._chunks, tuple(self._own_tail)), [item], 1, self._length + 1)
        if len(tail) == index:
            tail.append(item)
        if len(tail) != index + 1 or tail[index] is not item:  # another sequence went on from here before, or just now
            tail = [*self._own_tail, item]
        return self._with(self._chunks, tail, index + 1, self._length + 1)

    def with_item(self, index: int, item: T) -> Self:
        """This sequence with one more item, which is at the index then."""
        if index == self._length:
            return self.appended(item)
        place, offset = self._located(index)
        if place == len(self._chunks):
            tail = self._own_tail
            tail.insert(offset, item)
            return self._with(self._chunks, tail, len(tail), self._length + 1)
        chunk = self._chunks[place]
        return self._with_chunk(place, (*chunk[:offset], item, *chunk[offset:]))

    def without(self, index: int) -> Self:
        """This sequence without the item at the index."""
        place, offset = self._located(index)
        if place == len(self._chunks):
            tail = self._own_tail
            del tail[offset]
            return self._with(self._chunks, tail, len(tail), self._length - 1)
        chunk = self._chunks[place]
        return self._with_chunk(place, (*chunk[:offset], *chunk[offset + 1 :]))

    def _with_chunk(self, place: int, chunk: tuple[T, ...]) -> Self:
        """This sequence with a chunk replaced; one that has doubled is split, one that is empty is left out."""
        before, after = self._chunks[:place], self._chunks[place + 1 :]
        half = len(chunk) // 2
        chunks = (chunk[:half], chunk[half:]) if len(chunk) >= 2 * CHUNK else (chunk,) if chunk else ()
        length = self._length + len(chunk) - len(self._chunks[place])
        return self._with(before + chunks + after, self._tail, self._tail_length, length)
