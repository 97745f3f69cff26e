"""The store in memory keeps every promise of a store; so does an asynchronous one over it."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from coachcore.storage.contract import Checkpoint, EventStore, Numbered, Promises, Write
from coachcore.storage.memory import MemoryStore
from coachcore.storage.record import Record, StreamHead
from coachcore.testing.stores import AsyncStoreConformance, StoreConformance, store_machine


class TestMemoryStore(StoreConformance):
    def make_store(self, directory: Path) -> EventStore:
        return MemoryStore()


TestMemoryStoreBesideAModel = store_machine(MemoryStore).TestCase


class CoroutineStore:
    """A store whose methods are coroutines, as a store's over an asynchronous driver are."""

    def __init__(self) -> None:
        self.store = MemoryStore()

    @property
    def promises(self) -> Promises:
        return self.store.promises

    async def write(self, writes: Sequence[Write]) -> None:
        await asyncio.sleep(0)
        self.store.write(writes)
        await asyncio.sleep(0)

    async def read(self, engagement_id: str, after_version: int = 0, limit: int | None = None) -> Sequence[Record]:
        await asyncio.sleep(0)
        return self.store.read(engagement_id, after_version, limit)

    async def read_all(self, after_position: int = 0, limit: int = 1000) -> Sequence[Numbered]:
        await asyncio.sleep(0)
        return self.store.read_all(after_position, limit)

    async def head(self, engagement_id: str) -> StreamHead | None:
        await asyncio.sleep(0)
        return self.store.head(engagement_id)

    async def heads(self, after_id: str = "", limit: int | None = None) -> Sequence[StreamHead]:
        await asyncio.sleep(0)
        return self.store.heads(after_id, limit)

    async def last_position(self) -> int:
        return self.store.last_position()

    async def checkpoint(self, name: str) -> Checkpoint | None:
        return self.store.checkpoint(name)

    async def checkpoints(self) -> Sequence[Checkpoint]:
        return self.store.checkpoints()

    async def self_check(self) -> Sequence[str]:
        return self.store.self_check()

    async def close(self) -> None:
        self.store.close()


class TestCoroutineStore(AsyncStoreConformance):
    async def make_async_store(self, directory: Path) -> CoroutineStore:
        return CoroutineStore()
