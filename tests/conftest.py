"""How hypothesis runs here: no deadlines, since the machines are shared and noisy; more examples under `-m soak`."""

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "coachcore",
    deadline=None,
    derandomize=False,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.register_profile("soak", settings.get_profile("coachcore"), max_examples=5_000, stateful_step_count=80)


def pytest_configure(config: pytest.Config) -> None:
    settings.load_profile("soak" if config.getoption("markexpr") == "soak" else "coachcore")
