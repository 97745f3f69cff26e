"""Stores: where the events of a practice lie, in order, and never change.

A store knows bytes, versions, positions and digests, and nothing of coaching. `contract` says what every store promises
(`EventStore`); `open_store` finds the store that a path or URL names, and none is imported before it is
asked for. `coachcore.testing.stores.StoreConformance` holds a store to every promise made here.
"""

from coachcore.storage.contract import (
    Append,
    AsyncEventStore,
    Checkpoint,
    EventStore,
    JoinedStore,
    Numbered,
    Promises,
    SaveCheckpoint,
    Write,
)
from coachcore.storage.opening import open_async_store, open_store
from coachcore.storage.record import Record, StreamHead, content_digest, digest_of, is_same_event

__all__ = [
    "Append",
    "AsyncEventStore",
    "Checkpoint",
    "EventStore",
    "JoinedStore",
    "Numbered",
    "Promises",
    "Record",
    "SaveCheckpoint",
    "StreamHead",
    "Write",
    "content_digest",
    "digest_of",
    "is_same_event",
    "open_async_store",
    "open_store",
]
