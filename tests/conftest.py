"""How hypothesis runs here, and what many tests begin from: a clock that is moved by hand, engagements in memory, databases.

No deadlines, since machines are shared and noisy; more examples under `-m soak`.
"""

import os
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from pendulum import DateTime

import coachcore
from coachcore.events import AgreementAccepted
from coachcore.model import Agreement, Party, Role
from coachcore.model.times import MomentLike, as_moment
from coachcore.practice import Engagement, Practice
from coachcore.storage.verify import verify

settings.register_profile(
    "coachcore",
    deadline=None,
    derandomize=True,  # the same examples each time; new ones are looked for under `-m soak`
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.register_profile(
    "soak", settings.get_profile("coachcore"), derandomize=False, max_examples=5_000, stateful_step_count=80
)


def pytest_configure(config: pytest.Config) -> None:
    settings.load_profile("soak" if config.getoption("markexpr") == "soak" else "coachcore")


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, at: MomentLike = "2026-01-05T09:00:00Z") -> None:
        self.now = as_moment(at)

    def __call__(self) -> DateTime:
        return self.now

    def forward(self, **given: float) -> DateTime:
        """Move it on (or back), as `timedelta` reads it; the new moment."""
        self.now = as_moment(self.now + timedelta(**given))
        return self.now


AGREEMENT = Agreement(
    title="To run again",
    zone="Europe/Riga",
    parties=(
        Party(id="carla", name="Carla", role=Role.COACH),
        Party(id="anna", name="Anna", role=Role.CLIENT),
        Party(id="sam", name="Sam", role=Role.SPONSOR),
        Party(id="sue", name="Sue", role=Role.SUPERVISOR),
    ),
)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def agreement() -> Agreement:
    """Coach carla, client anna, sponsor sam, supervisor sue; days begin in Riga."""
    return AGREEMENT


@pytest.fixture
def practice(clock: Clock) -> Iterator[Practice]:
    with coachcore.open(":memory:", clock=clock) as opened:
        yield opened


@pytest.fixture
def anna(practice: Practice, agreement: Agreement) -> Engagement:
    """A proposed engagement."""
    return practice.propose(agreement, engagement_id="anna")


@pytest.fixture
def ben(practice: Practice, agreement: Agreement) -> Engagement:
    """Another of the same practice."""
    return practice.propose(agreement, engagement_id="ben")


@pytest.fixture
def agreed(practice: Practice, clock: Clock, agreement: Agreement) -> Engagement:
    """An engagement that every signatory has accepted, an hour after it was proposed."""
    eng = practice.propose(agreement, engagement_id="eng-1")
    clock.forward(hours=1)
    for party in agreement.signatories:
        eng.as_party(party.id).record(AgreementAccepted())
    return eng


@pytest.fixture
def begun(agreed: Engagement, clock: Clock) -> Engagement:
    """An active engagement, begun a day after it was proposed, another day ago."""
    clock.forward(hours=23)
    agreed.coach.start()
    clock.forward(days=1)
    return agreed


@pytest.fixture(params=["memory", "sqlite", "sql on sqlite", "sql on postgresql"])
def practice_on_each_store(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[Practice]:
    """A practice on each store that coachcore has; what it has stored is verified in the end."""
    if request.param in ("memory", "sqlite"):
        opened = coachcore.open(":memory:" if request.param == "memory" else tmp_path / "coaching.db", clock=clock)
    else:
        from coachcore.storage.sql import SQLStore

        is_server = request.param == "sql on postgresql"
        url = request.getfixturevalue("postgresql_url") if is_server else f"sqlite:///{tmp_path}/coaching.db"
        opened = Practice(SQLStore(url), clock=clock)
    with opened:
        yield opened
        assert verify(opened.store).is_clean


_schemas = count(1)


@pytest.fixture(scope="session")
def postgresql_database() -> Iterator[str]:
    """The URL of a database of this run, whose order of text and time zone are unlike those that a store needs."""
    server = os.environ.get("COACHCORE_TEST_POSTGRESQL")
    if not server:
        pytest.skip("COACHCORE_TEST_POSTGRESQL names no PostgreSQL server to test with; .ci/run starts one")
    import sqlalchemy

    name = f"coachcore_test_{os.getpid()}"
    engine = sqlalchemy.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in (
            f"DROP DATABASE IF EXISTS {name} WITH (FORCE)",
            f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'lv'",
            f"ALTER DATABASE {name} SET timezone TO 'Pacific/Chatham'",
        ):
            connection.exec_driver_sql(statement)
        yield engine.url.set(database=name).render_as_string(hide_password=False)
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    engine.dispose()


@pytest.fixture
def postgresql_url(postgresql_database: str) -> str:
    """The URL of an empty schema in PostgreSQL."""
    import sqlalchemy

    name = f"test_{next(_schemas)}"
    engine = sqlalchemy.create_engine(postgresql_database)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {name}")
    engine.dispose()
    url = engine.url.update_query_dict({"options": f"-csearch_path={name}"})
    return url.render_as_string(hide_password=False)


@pytest.fixture(params=["postgresql", "sqlite"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database of each kind, as SQLAlchemy reads it."""
    if request.param == "postgresql":
        postgresql: str = request.getfixturevalue("postgresql_url")
        return postgresql
    return f"sqlite:///{tmp_path}/coaching.db"
