"""Requests of InfluxDB's wire that were once answered otherwise than InfluxDB 1.6.7 recorded."""

from pathlib import Path

import pytest

from muster.faces.influx.callers import Way
from muster.testing.conformance.influx import load, outcomes
from muster.testing.conformance.inprocess import InProcess

CORPUS = load(Path(__file__).parents[1] / "golden/influx_wire")


@pytest.fixture(scope="module")
def found():
    """How each recording was answered."""
    with InProcess(Way.OFF) as server:
        return {outcome.name: outcome.told for outcome in outcomes(CORPUS, server, server)}


@pytest.mark.parametrize(
    "name", [case["name"] for cases in CORPUS.files.values() for case in cases]
)
def test_a_request_is_answered_as_recorded(found, name):
    assert found[name] == ""
