"""The hosts of `examples/hosts` can be imported by their names."""

from pathlib import Path

import pytest

HOSTS = Path(__file__).parents[2] / "examples" / "hosts"


@pytest.fixture(autouse=True)
def _importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(HOSTS))
