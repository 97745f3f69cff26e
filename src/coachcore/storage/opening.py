"""The store that a path or URL names. No store is imported before it is asked for.

Another distribution's store has a URL too, where the distribution offers an entry point in the group `coachcore.stores`: its name is the
URL's scheme, and it is called with the URL and the two keywords of `Opener`.
"""

import os
import re
from collections.abc import Awaitable
from functools import partial
from typing import Any, Protocol, cast

from coachcore.errors import CoachcoreError, Corrupt, NotFound, NotValid, StoreUnavailable, without_text
from coachcore.flow import Flow, run, run_async, value_of
from coachcore.plugins import load_plugin, plugin_failed
from coachcore.storage.contract import AsyncEventStore, EventStore
from coachcore.storage.paths import checked_name

__all__ = ["SEALED", "Opener", "has_sealed", "open_async_store", "open_store"]

AnyStore = EventStore | AsyncEventStore

SEALED = "coachcore.keys"
"""The name of the checkpoint that says that contents of a store are sealed (`coachcore.storage.sealed`)."""


class Opener(Protocol):
    """What opens the stores of one URL scheme.

    is_async: an asynchronous practice asks, which takes an `EventStore`, an `AsyncEventStore`, or an awaitable of either. create: make
    a store that is not there; otherwise raise NotFound `store.missing`.
    """

    def __call__(self, url: str, /, *, create: bool, is_async: bool) -> AnyStore | Awaitable[AnyStore]: ...


def _memory(url: str, /, *, create: bool, is_async: bool) -> EventStore:
    from coachcore.storage.memory import MemoryStore

    rest = url.partition("://")[2]
    if rest.strip("/"):
        raise NotValid(
            "store_path.not_allowed", f"a store in memory has no path, and {rest!r} was given", 'use ":memory:"'
        )
    return MemoryStore()


def _sqlite(url: str, /, *, create: bool, is_async: bool) -> EventStore:
    rest = url.partition("://")[2]
    if not rest.startswith("/") or rest == "/":
        raise NotValid(
            "store_path.missing",
            f"{url!r} names no file",
            "write sqlite:///coaching.db for a relative path, sqlite:////srv/coaching.db for an absolute one",
        )
    return _path(rest.removeprefix("/"), create)


def _path(path: str, create: bool) -> EventStore:
    if path == ":memory:":
        return _memory("", create=create, is_async=False)
    from coachcore.storage.sqlite import SQLiteStore

    return SQLiteStore(path, create=create)


def _sql(url: str, /, *, create: bool, is_async: bool) -> AnyStore | Awaitable[AnyStore]:
    try:
        from coachcore.storage.sql import AsyncSQLStore, SQLStore
    except ImportError as error:
        raise NotValid(
            "package.missing", "a store in an SQL database needs SQLAlchemy 2.1", "pip install 'coachcore[sql]'"
        ) from error
    scheme, _, rest = url.partition("://")
    scheme = scheme.lower().removeprefix("sql+")
    if scheme == "postgresql":
        scheme = "postgresql+psycopg"
    url = f"{scheme}://{rest}"
    return AsyncSQLStore.open(url, create=create) if is_async else SQLStore(url, create=create)


_OPENERS: dict[str, Opener] = {"memory": _memory, "sqlite": _sqlite, "postgresql": _sql, "sql": _sql}
"""URL scheme -> what opens its stores; of the last two also with a driver, or a URL of SQLAlchemy, after a `+`."""

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")


def open_store(path_or_url: str | os.PathLike[str], *, create: bool = True) -> EventStore:
    """The store that a path or URL names.

    path_or_url: ":memory:" (or "memory:") for a store that lives as long as the process; a path, or "sqlite:///path", for
    an SQLite file, where the path is taken as it stands, without %-escapes or a query; "postgresql://user@host/database"; "sql+" and
    a URL of SQLAlchemy for any other SQL database; or a URL of a scheme that an entry point in `coachcore.stores` opens.
    create: make what is not there; otherwise its absence is an error, so that a slip of the pen in a question does not leave an
    empty practice behind.
    Raises NotFound: `store.missing`; StoreUnavailable: `store_kind.unknown`, `store_directory.missing`, `store.is_directory`,
    `store.invalid`, `store_schema.unknown`, `store.locked`, `store.read_only`, `store.no_access`, `store.full`, `store.io`,
    `store.unreachable`; Corrupt `store.damaged`; NotValid `store_path.invalid`, `store_path.missing`, `store_path.not_allowed`,
    `store_url.invalid`, `store_url.not_allowed`, `package.missing`, `plugin.failed`.
    """
    store: EventStore = run(value_of(_opened(path_or_url, create, is_async=False)))
    return store


async def open_async_store(path_or_url: str | os.PathLike[str], *, create: bool = True) -> EventStore | AsyncEventStore:
    """The store for an asynchronous practice, as `open_store`: an `AsyncEventStore` where the database has an asynchronous driver.

    Memory and SQLite files have none: their calls are short, and run in the event loop.
    """
    return await run_async(value_of(_opened(path_or_url, create, is_async=True)))


def has_sealed(store: AnyStore) -> Flow[bool]:
    """Whether contents of a store are sealed, by the mark in it; a damaged mark is one."""
    try:
        return (yield from value_of(store.checkpoint(SEALED))) is not None
    except Corrupt:
        return True


def _opened(path_or_url: str | os.PathLike[str], create: bool, is_async: bool) -> Any:
    name = checked_name(path_or_url)
    if not isinstance(path_or_url, str):
        return _path(os.path.join(os.curdir, name) if name == ":memory:" else name, create)
    if name == "memory:":
        return _memory("", create=create, is_async=is_async)
    scheme = _SCHEME.match(name)
    if scheme is None:
        return _path(name, create)
    return _opener(scheme[1].lower())(name, create=create, is_async=is_async)


def _opener(scheme: str) -> Opener:
    kind, plus, _ = scheme.partition("+")
    if kind in _OPENERS and (not plus or _OPENERS[kind] is _sql):
        return _OPENERS[kind]
    try:
        loaded = load_plugin("coachcore.stores", scheme)
    except NotFound as error:
        kinds = ", ".join(f"{known}://" for known in sorted({*_OPENERS} - {"sql"}))
        raise StoreUnavailable(
            "store_kind.unknown",
            f"there is no store for {scheme}://",
            f'use a path, ":memory:", a URL with one of: {kinds}, or sql+ before a URL of SQLAlchemy',
            scheme=scheme,
            known=sorted(_OPENERS),
        ) from error
    return cast("Opener", partial(_plugged_in, scheme, loaded))


def _plugged_in(scheme: str, opener: Any, url: str, **options: bool) -> Any:
    try:
        return opener(url, **options)
    except CoachcoreError:
        raise
    except Exception as error:
        raise plugin_failed(scheme, error) from without_text(error)
