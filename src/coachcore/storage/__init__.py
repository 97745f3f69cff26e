"""Stores: where the events of a practice lie, in order, and never change.

A store knows bytes, versions, positions and digests, and nothing of coaching. This module says what every store
promises (`EventStore`) and finds the store that a path or URL names (`open_store`); no store is imported before it is
asked for. `coachcore.testing.stores.StoreConformance` holds a store to every promise made here.
"""

import os
import re
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol, Self, runtime_checkable

from coachcore.errors import NotValid, StoreUnavailable, shown
from coachcore.storage.contract import (
    Append,
    AsyncEventStore,
    Checkpoint,
    JoinedStore,
    Numbered,
    Promises,
    SaveCheckpoint,
    Write,
)
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
    "open_store",
]


@runtime_checkable
class EventStore(Protocol):
    """A practice's events, as bytes. Safe to use from several threads.

    Every method may raise StoreUnavailable (closed, locked, full, read-only: the store is unchanged) and Corrupt (what
    is stored cannot be read).
    """

    def append(
        self, engagement_id: str, records: Sequence[Record], expected_version: int, *, erase: Sequence[str] = ()
    ) -> tuple[Record, ...]:
        """Store the next events of one engagement: all of them or none, durable when the call returns.

        records: versions `expected_version + 1` onwards, each chained to the one before; positions are ignored.
        expected_version: where the engagement must stand now, 0 for a new one. erase: ids of events of this engagement
        whose content and salt go in the same step; erasing twice is no error.
        Returns the records with their positions. No records, nothing to do: returns ().

        Idempotent by event id: when every record is stored already, byte for byte in its head, the stored records are
        returned (erased ones without content) and nothing is written, wherever the engagement stands by now.

        Raises Conflict: `store.conflict` (at another version; `data` has `expected` and `actual`), `record_id.duplicate`
        (an event id is taken by another event, or only some of the records are stored), `history.conflict` (at that version,
        but by another history). NotValid `record.invalid` (a record does not agree with itself or the call),
        `erasure_record.missing`. NotFound `erased_event.unknown` (an id to erase is not in this engagement).
        """
        ...

    def read(self, engagement_id: str, after_version: int = 0) -> Sequence[Record]:
        """The events of one engagement after a version, in order, as they stand together at one moment.

        Empty when there are none, or no such engagement.
        """
        ...

    def read_all(self, after_position: int = 0, limit: Any = None) -> Any:
        """The events of the whole practice after a position, in order, `limit` at most; read as they are consumed.

        Gap-free: an event becomes visible only after every event with a lower position, so a reader that goes on from
        the last position it saw, while others write, skips none.
        """
        ...

    def heads(self, after_id: str = "", limit: int | None = None) -> Sequence[StreamHead]:
        """Where each engagement stands, by engagement id (in order of code points): those after an id, `limit` at most."""
        ...

    def head(self, engagement_id: str) -> StreamHead | None:
        """Where one engagement stands; None when the store does not have it."""
        ...

    def last_position(self) -> int:
        """The last position ever handed out, 0 in an empty store; remembered beside the events, not counted off them."""
        ...

    def checkpoint(self, name: str) -> Any:
        """The position saved under a name, 0 when none was."""
        ...

    def transaction(self) -> AbstractContextManager[None]:
        """A scope whose appends and checkpoints are stored together when it ends well, and not at all when it raises.

        Others see nothing of it before it ends, and cannot write meanwhile. A call that raises inside leaves nothing of
        itself behind, and the scope may go on; scopes nest in the same way. A scope whose end an interrupt has prevented is
        taken back at the next call.
        """
        ...

    @property
    def in_transaction(self) -> bool:
        """Whether the calling thread is inside one of this store's transactions; waits for another thread's to end."""
        ...

    def self_check(self) -> Sequence[str]:
        """Damage that the store finds below the level of events (pages, indexes), a sentence each; usually empty."""
        ...

    def close(self) -> None:
        """Close the store. Closing it twice is not an error; any other use afterwards raises StoreUnavailable."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc_info: object) -> None: ...


def _memory(rest: str, create: bool) -> EventStore:
    from coachcore.storage.memory import MemoryStore

    if rest.strip("/"):
        raise NotValid(
            "store_path.not_allowed", f"a store in memory has no path, and {rest!r} was given", 'use ":memory:"'
        )
    return MemoryStore()


def _sqlite(rest: str, create: bool) -> EventStore:
    if not rest.startswith("/") or rest == "/":
        raise NotValid(
            "store_path.missing",
            f"'sqlite://{rest}' names no file",
            "write sqlite:///coaching.db for a relative path, sqlite:////srv/coaching.db for an absolute one",
        )
    return _path(rest.removeprefix("/"), create)


def _path(path: str, create: bool) -> EventStore:
    if path == ":memory:":
        return _memory("", create)
    from coachcore.storage.sqlite import SQLiteStore

    return SQLiteStore(path, create=create)


_STORES: dict[str, Callable[[str, bool], EventStore]] = {
    # URL scheme -> what opens the rest of the URL, after "://"; a new kind of store is one line here
    "memory": _memory,
    "sqlite": _sqlite,
}

_CONTROL = re.compile(
    r"[\x00-\x1f\x7f-\x9f]"
)  # a slip in a path, and they would reach terminals and logs through messages
_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<rest>.*)", re.DOTALL)


def open_store(path_or_url: str | os.PathLike[str], *, create: bool = True) -> EventStore:
    """The store that a path or URL names.

    path_or_url: ":memory:" (or "memory:") for a store that lives as long as the process; a path, or "sqlite:///path", for
    an SQLite file. The path in a URL is taken as it stands, without %-escapes or a query.
    create: make a file that is not there; otherwise its absence is an error, so that a slip of the pen in a question
    does not leave an empty practice behind.
    Raises NotFound: `store.missing`; StoreUnavailable: `store_kind.unknown`, `store_directory.missing`, `store.invalid`,
    `store_schema.unknown`, `store.locked`, `store.read_only`, `store.no_access`, `store.full`, `store.io`; Corrupt
    `store.damaged`; NotValid `store_path.invalid`.
    """
    name = os.fspath(path_or_url) if isinstance(path_or_url, str | os.PathLike) else ""
    if not isinstance(name, str) or not name or _CONTROL.search(name) or not _is_encodable(name):
        raise NotValid("store_path.invalid", f"{shown(path_or_url)} is not a path", 'give a path, a URL, or ":memory:"')
    if not isinstance(path_or_url, str):
        return _path(os.path.join(os.curdir, name) if name == ":memory:" else name, create)
    if name == "memory:":
        return _memory("", create)
    url = _URL.fullmatch(name)
    if url is None:
        return _path(name, create)
    opener = _STORES.get(url["scheme"].lower())
    if opener is None:
        kinds = ", ".join(f"{scheme}://" for scheme in sorted(_STORES))
        raise StoreUnavailable(
            "store_kind.unknown",
            f"there is no store for {url['scheme']}://",
            f'use a path, ":memory:", or a URL with one of: {kinds}',
            scheme=url["scheme"],
            known=sorted(_STORES),
        )
    return opener(url["rest"], create)


def _is_encodable(name: str) -> bool:
    """Whether the file system can be asked for a name; one with a lone surrogate of no encoded byte, it cannot."""
    try:
        os.fsencode(name)
    except UnicodeEncodeError:
        return False
    return True
