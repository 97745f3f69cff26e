"""Stores: where the events of a practice lie, in order, and never change.

A store knows bytes, versions, positions and digests, and nothing of coaching. `contract` says what every store promises
(`EventStore`); `open_store` finds the store that a path or URL names, and none is imported before it is
asked for. `coachcore.testing.stores.StoreConformance` holds a store to every promise made here.
"""

import os
import re
from collections.abc import Callable

from coachcore.errors import NotValid, StoreUnavailable, shown
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
