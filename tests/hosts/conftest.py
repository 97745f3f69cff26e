"""An empty database of each kind for the hosts of `examples/hosts`, which can be imported by their names."""

from pathlib import Path

import pytest

HOSTS = Path(__file__).parents[2] / "examples" / "hosts"


@pytest.fixture(params=["postgresql", "sqlite"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgresql":
        postgresql: str = request.getfixturevalue("postgresql_url")
        return postgresql
    return f"sqlite:///{tmp_path}/host.db"


@pytest.fixture(autouse=True)
def _importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(HOSTS))
