"""Settings of all tests: what hypothesis tries is the same on every run and has no clock; what is
logged holds no secret."""

import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# What all tests share lies beside this and is imported by name.
sys.path.insert(0, str(Path(__file__).parent))

from logcanary import LogCanary

settings.register_profile(
    "muster", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("muster")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(LogCanary())
