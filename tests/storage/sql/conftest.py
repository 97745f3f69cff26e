"""Engines and stores on an empty database of each kind."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, create_engine

from coachcore.storage.contract import Append
from coachcore.storage.sql import SQLStore
from coachcore.testing.stores import history


def append(engagement_id: str, count: int = 1) -> Append:
    """The first events of an engagement."""
    return Append(engagement_id, history(engagement_id, count), 0)


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    """A host's own engine."""
    engine = create_engine(url)
    yield engine
    engine.dispose()


@pytest.fixture
def postgresql_engine(postgresql_url: str) -> Iterator[Engine]:
    engine = create_engine(postgresql_url)
    yield engine
    engine.dispose()


@pytest.fixture
def store(engine: Engine) -> Iterator[SQLStore]:
    """A store on a host's engine."""
    with SQLStore(engine) as opened:
        yield opened
