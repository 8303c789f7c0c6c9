"""Engines side by side: an embedded one, and a cluster's."""

import itertools
from contextlib import contextmanager

import pytest

from muster.store.engine import rollups
from muster.store.engine.clickhouse import ClickHouse, Settings
from muster.store.engine.clickhousehttp import ClusterSessions
from muster.store.engine.enginesessions import EmbeddedSessions
from muster.testing.clusternodes import running_nodes, why_not
from muster.testing.clusterrunning import running_server


@pytest.fixture(scope="session")
def engine_nodes(tmp_path_factory):
    if why := why_not():
        pytest.skip(why)
    with running_nodes(tmp_path_factory.mktemp("nodes") / "nodes") as found:
        yield found


@contextmanager
def own_database(engine_nodes, names=itertools.count()):  # noqa: B008 - each test has the next one
    yield engine_nodes.place(f"values{next(names)}"), engine_nodes.access


@pytest.fixture
def whole_hours(monkeypatch):
    """Hours are summed up in one piece, not in 64 that grow as fast as the machine is.

    With pieces: tests/conformance/test_long_ranges.py.
    """
    monkeypatch.setattr(rollups, "_FIRST_SLICES", 1)


@pytest.fixture(params=["stand-in", "nodes"])
def sides(request, tmp_path, whole_hours):
    """Stores and sessions: embedded, of a cluster."""
    limits = Settings().limits
    if request.param == "nodes":
        there = own_database(request.getfixturevalue("engine_nodes"))
    else:
        there = running_server(tmp_path)
    with there as (place, access):
        ways = EmbeddedSessions(tmp_path / "series", limits), ClusterSessions(place, access, limits)
        settings = Settings(sums_bytes=0, cache_bytes=0)
        stores = [
            ClickHouse(path=tmp_path / "series", settings=settings, sessions=way) for way in ways
        ]
        for store in stores:
            store.open()
        yield stores, ways
        for store in stores:
            store.close()
