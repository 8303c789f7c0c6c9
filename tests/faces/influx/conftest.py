"""Servers of the face, in memory."""

import pytest

from muster.faces.influx.callers import Way
from muster.testing.influxface import InfluxServer


@pytest.fixture
def server():
    """One that asks nobody who they are."""
    with InfluxServer() as server:
        yield server


@pytest.fixture
def guarded():
    """One that asks for passwords and tokens."""
    with InfluxServer(Way.PASSWORD) as server:
        yield server


@pytest.fixture
def certified():
    """One that asks for certificates."""
    with InfluxServer(Way.MTLS) as server:
        yield server
