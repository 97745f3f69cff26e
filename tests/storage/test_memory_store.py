"""The store in memory keeps every promise of a store."""

from pathlib import Path

from coachcore.storage import EventStore
from coachcore.storage.memory import MemoryStore
from coachcore.testing.stores import StoreConformance, store_machine


class TestMemoryStore(StoreConformance):
    def make_store(self, directory: Path) -> EventStore:
        return MemoryStore()


TestMemoryStoreBesideAList = store_machine(MemoryStore).TestCase
