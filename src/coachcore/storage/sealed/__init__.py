"""Encryption at rest: a store over another one, which then holds sealed contents only. Needs the extra `crypto`.

    practice = coachcore.open("coaching.db", keys=FileKeys("/etc/coaching/keys"))

Each content is encrypted with AES-256-GCM, with a data key of its engagement and its visibility; data keys are
wrapped with a wrapping key that a host's key provider has, and stored with the events. Heads stay in clear: ids,
types, times, actors, visibilities and digests.
"""

from coachcore.storage.sealed.cipher import ForgedError
from coachcore.storage.sealed.providers import EnvironmentKeys, FileKeys, KeyProvider, MemoryKeys, new_wrapping_key
from coachcore.storage.sealed.sealing import KeyRotation
from coachcore.storage.sealed.store import AsyncSealedStore, SealedStore

__all__ = [
    "AsyncSealedStore",
    "EnvironmentKeys",
    "FileKeys",
    "ForgedError",
    "KeyProvider",
    "KeyRotation",
    "MemoryKeys",
    "SealedStore",
    "new_wrapping_key",
]
