"""The stores that seal: an `EventStore` and an `AsyncEventStore` over another, which then holds sealed contents."""

from collections.abc import Callable, Sequence
from typing import Any, Self

from coachcore.errors import check_type
from coachcore.flow import run, run_async, value_of
from coachcore.storage.contract import AsyncEventStore, Checkpoint, EventStore, Numbered, Promises, Write
from coachcore.storage.record import Record, StreamHead
from coachcore.storage.sealed.cipher import check_installed
from coachcore.storage.sealed.providers import KeyProvider, NoKeys
from coachcore.storage.sealed.sealing import KeyRotation, Sealing

__all__ = ["AsyncSealedStore", "SealedStore"]


class _Over:
    """What both stores have of the store beneath. What one kind of store has beyond the contract is found there too."""

    store: EventStore | AsyncEventStore
    _sealing: Sealing

    def __init__(self, store: Any, keys: KeyProvider | None) -> None:
        if keys is not None:
            check_type(keys, KeyProvider, "keys", "pass FileKeys, EnvironmentKeys, MemoryKeys or a KeyProvider")
            check_installed()
        self.store = store
        self._sealing = Sealing(store, NoKeys() if keys is None else keys)

    def __getattr__(self, name: str) -> Any:
        if name in ("store", "_sealing"):  # not yet made
            raise AttributeError(name)
        return getattr(self.store, name)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} over {type(self.store).__name__}>"

    @property
    def promises(self) -> Promises:
        return self.store.promises


class _Joined:
    """A `JoinedStore` that seals. All but `write` and `read` are those of the joined store beneath."""

    def __init__(self, sealing: Sealing, joined: Any) -> None:
        self._sealing = sealing
        self._joined = joined

    def __getattr__(self, name: str) -> Any:
        return getattr(self._joined, name)

    def write(self, writes: Sequence[Write]) -> Any:
        return run(self._sealing.write(writes, self._joined))

    def read(self, engagement_id: str, after_version: int = 0, limit: int | None = None) -> Any:
        return run(self._sealing.read(engagement_id, after_version, limit, self._joined))


class _AsyncJoined(_Joined):
    """A `JoinedStore` whose methods are coroutines, `on_commit` apart."""

    async def write(self, writes: Sequence[Write]) -> None:
        await run_async(self._sealing.write(writes, self._joined))

    async def read(self, engagement_id: str, after_version: int = 0, limit: int | None = None) -> Sequence[Record]:
        return await run_async(self._sealing.read(engagement_id, after_version, limit, self._joined))


class SealedStore(_Over):
    """An `EventStore` that seals what it writes to another and opens what it reads there.

    keys: the wrapping keys; None for a process without, which reads types, times and counts of what is sealed, and
    writes no content. Records that the other store held before stay as they are, and are read. Raises NotValid
    package.missing.
    """

    store: EventStore

    def __init__(self, store: EventStore, keys: KeyProvider | None = None) -> None:
        super().__init__(store, keys)

    @property
    def joined(self) -> Callable[[object], _Joined] | None:
        """As of the store beneath; None where it joins no host's transaction."""
        join = getattr(self.store, "joined", None)
        return None if join is None else lambda connection: _Joined(self._sealing, join(connection))

    def rotate_keys(self) -> KeyRotation:
        """Wrap every data key with the wrapping key in use now; see `Practice.rotate_keys`."""
        return run(self._sealing.rotated())

    def write(self, writes: Sequence[Write]) -> None:
        run(self._sealing.write(writes))

    def read(self, engagement_id: str, after_version: int = 0, limit: int | None = None) -> Sequence[Record]:
        return run(self._sealing.read(engagement_id, after_version, limit))

    def read_all(self, after_position: int = 0, limit: int = 1000) -> Sequence[Numbered]:
        return run(self._sealing.read_all(after_position, limit))

    def head(self, engagement_id: str) -> StreamHead | None:
        return self.store.head(engagement_id)

    def heads(self, after_id: str = "", limit: int | None = None) -> Sequence[StreamHead]:
        return self.store.heads(after_id, limit)

    def last_position(self) -> int:
        return self.store.last_position()

    def checkpoint(self, name: str) -> Checkpoint | None:
        return self.store.checkpoint(name)

    def checkpoints(self) -> Sequence[Checkpoint]:
        return run(self._sealing.checkpoints())

    def self_check(self) -> Sequence[str]:
        return self.store.self_check()

    def close(self) -> None:
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


class AsyncSealedStore(_Over):
    """An `AsyncEventStore` that seals what it writes to another store, asynchronous or not; see `SealedStore`."""

    def __init__(self, store: EventStore | AsyncEventStore, keys: KeyProvider | None = None) -> None:
        super().__init__(store, keys)

    @property
    def joined(self) -> Callable[[object], _AsyncJoined] | None:
        """As of the store beneath; None where it joins no host's transaction."""
        join = getattr(self.store, "joined", None)
        return None if join is None else lambda connection: _AsyncJoined(self._sealing, join(connection))

    async def rotate_keys(self) -> KeyRotation:
        """Wrap every data key with the wrapping key in use now; see `Practice.rotate_keys`."""
        return await run_async(self._sealing.rotated())

    async def write(self, writes: Sequence[Write]) -> None:
        await run_async(self._sealing.write(writes))

    async def read(self, engagement_id: str, after_version: int = 0, limit: int | None = None) -> Sequence[Record]:
        return await run_async(self._sealing.read(engagement_id, after_version, limit))

    async def read_all(self, after_position: int = 0, limit: int = 1000) -> Sequence[Numbered]:
        return await run_async(self._sealing.read_all(after_position, limit))

    async def head(self, engagement_id: str) -> StreamHead | None:
        return await run_async(value_of(self.store.head(engagement_id)))

    async def heads(self, after_id: str = "", limit: int | None = None) -> Sequence[StreamHead]:
        return await run_async(value_of(self.store.heads(after_id, limit)))

    async def last_position(self) -> int:
        return await run_async(value_of(self.store.last_position()))

    async def checkpoint(self, name: str) -> Checkpoint | None:
        return await run_async(value_of(self.store.checkpoint(name)))

    async def checkpoints(self) -> Sequence[Checkpoint]:
        return await run_async(self._sealing.checkpoints())

    async def self_check(self) -> Sequence[str]:
        return await run_async(value_of(self.store.self_check()))

    async def close(self) -> None:
        await run_async(value_of(self.store.close()))
