"""The settings of the hub as the cloud of Netdata agents."""

import pytest

from muster.errors import SettingsError
from muster.hub.wires.netdata import NetdataSettings, check


def test_there_is_no_listener_for_netdata_agents_alone_unless_asked_for():
    assert NetdataSettings().port == 0


def test_a_silent_agent_has_one_and_a_half_keep_alives():
    assert NetdataSettings().link.silence.total_seconds() == 90


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"port": 7444}, "netdata.port"),
        ({"port": -1}, "netdata.port"),
        ({"port": 70_000}, "netdata.port"),
        ({"address": "no port"}, "netdata.address"),
    ],
)
def test_settings_that_nobody_can_reach_are_refused_by_key(settings, key):
    with pytest.raises(SettingsError) as refusal:
        check(NetdataSettings(**settings), range(7443, 7446))

    assert refusal.value.key == key


def test_a_port_of_their_own_or_none_and_an_address_are_taken():
    for settings in ({}, {"port": 7450}, {"address": "cloud.example:443"}):
        check(NetdataSettings(**settings), range(7443, 7446))
