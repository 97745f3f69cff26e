"""The engines of SQL stores, made from URLs, with errors that say what to install or to correct."""

from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import URL, Engine, create_engine, make_url
from sqlalchemy.exc import ArgumentError, InvalidRequestError, NoSuchModuleError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from coachcore.errors import NotValid, StoreUnavailable

__all__ = ["async_engine", "sync_engine"]

E = TypeVar("E", Engine, AsyncEngine)

_EXTRAS = {"psycopg": "postgresql"}
"""Module of a driver -> the extra of coachcore that installs it."""


def sync_engine(database: str | URL | Engine) -> Engine:
    """The engine of a URL. Raises NotValid `store_url.invalid`, `package.missing`, StoreUnavailable `store_kind.unknown`."""
    # without a pool: `OwnConnections` keeps them
    engine = database if isinstance(database, Engine) else _engine(create_engine, database, poolclass=NullPool)
    if engine.dialect.is_async:
        raise NotValid(
            "store_url.not_allowed",
            f"{engine.dialect.driver} is an asynchronous driver",
            "open the store with open_async, or use a synchronous driver",
        )
    return engine


def async_engine(database: str | URL | AsyncEngine) -> AsyncEngine:
    """The asynchronous engine of a URL; raises as `sync_engine`."""
    return database if isinstance(database, AsyncEngine) else _engine(create_async_engine, database)


def _engine(create: Callable[..., E], url: str | URL, **options: Any) -> E:
    try:
        return create(make_url(url), hide_parameters=True, **options)
    except NoSuchModuleError as error:
        raise StoreUnavailable(
            "store_kind.unknown",
            f"SQLAlchemy knows no such database: {error}",
            "correct the URL, or install its dialect",
        ) from error
    except InvalidRequestError as error:  # from create_async_engine
        raise NotValid(
            "store_url.not_allowed",
            f"an asynchronous practice needs an asynchronous driver: {error}",
            "name one in the URL, such as postgresql+psycopg:// or sqlite+aiosqlite://",
        ) from error
    except ModuleNotFoundError as error:
        name = error.name or ""
        package = f"coachcore[{_EXTRAS[name]}]" if name in _EXTRAS else name
        reason = f"the database's driver, {name}, is not installed"
        raise NotValid("package.missing", reason, f"pip install '{package}'") from error
    except (ArgumentError, ValueError):  # not as the cause, since the message may quote a part of the password
        raise NotValid(
            "store_url.invalid", "the URL cannot be read", "write database+driver://user@host/name, as SQLAlchemy does"
        ) from None
