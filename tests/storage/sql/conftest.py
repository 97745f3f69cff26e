"""An empty database of each kind for the tests of SQL stores."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine

from coachcore.storage.sql import SQLStore


@pytest.fixture(params=["postgresql", "sqlite"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgresql":
        postgresql: str = request.getfixturevalue("postgresql_url")
        return postgresql
    return f"sqlite:///{tmp_path}/coaching.db"


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    """A host's own engine."""
    engine = create_engine(url)
    yield engine
    engine.dispose()


@pytest.fixture
def store(engine: Engine) -> Iterator[SQLStore]:
    """A store on a host's engine."""
    with SQLStore(engine) as opened:
        yield opened
