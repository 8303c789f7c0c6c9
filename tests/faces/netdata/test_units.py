"""Which values are averaged."""

import pytest

from muster.faces.netdata.units import are_shares


@pytest.mark.parametrize("units", ["percentage", "%", "Celsius", "MHz", "% of total"])
def test_shares_and_temperatures_are_averaged(units):
    assert are_shares(units)


@pytest.mark.parametrize("units", ["MiB", "kilobits/s", "operations/s", "processes", ""])
def test_amounts_are_added_up(units):
    assert not are_shares(units)
