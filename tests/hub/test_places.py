import json

import pytest

from muster.core.enrolment.tokens import Addresses
from muster.faces.influx.callers import Way
from muster.hub import places
from muster.hub.places import (
    LocalNode,
    OwnAddresses,
    addresses_of,
    for_others,
    for_this_machine,
    ready_info,
)
from muster.hub.settings import ListenSettings
from muster.hub.wires.influx import InfluxSettings


@pytest.fixture(autouse=True)
def machine(monkeypatch):
    """This machine has two addresses."""
    found = ["127.0.0.1", "::1", "192.0.2.7", "2001:db8::7"]
    monkeypatch.setattr(places, "machine_addresses", lambda: found)
    monkeypatch.setattr(places, "outward_addresses", set)


def test_names_come_first_then_addresses_then_loopback():
    hosts = addresses_of(ListenSettings(names=("hub.example",))).hosts

    assert hosts == (
        "hub.example",
        "192.0.2.7",
        "2001:db8::7",
        "127.0.0.1",
        "::1",
        "localhost",
    )


def test_the_address_with_the_default_route_comes_before_a_bridge_to_containers(monkeypatch):
    found = ["127.0.0.1", "172.17.0.1", "192.0.2.7"]
    monkeypatch.setattr(places, "machine_addresses", lambda: found)
    monkeypatch.setattr(places, "outward_addresses", lambda: {"192.0.2.7"})
    hosts = addresses_of(ListenSettings()).hosts

    assert hosts == ("192.0.2.7", "172.17.0.1", "127.0.0.1", "localhost")


def test_a_hub_that_listens_over_ipv4_offers_no_ipv6():
    hosts = addresses_of(ListenSettings(addresses=("0.0.0.0",))).hosts

    assert hosts == ("192.0.2.7", "127.0.0.1", "localhost")


def test_addresses_of_now_follow_the_machine(machine, monkeypatch):
    own = OwnAddresses(ListenSettings(addresses=("0.0.0.0",)))
    before = own().hosts
    monkeypatch.setattr(places, "machine_addresses", lambda: ["192.0.2.8", "127.0.0.1"])
    own.look()

    assert before == ("192.0.2.7", "127.0.0.1", "localhost")
    assert own().hosts == ("192.0.2.8", "127.0.0.1", "localhost")
    assert own.for_others().hosts == ("192.0.2.8",)
    assert own.for_this_machine().hosts == ("localhost", "127.0.0.1")


def test_a_hub_that_listens_at_one_address_offers_that_alone():
    assert addresses_of(ListenSettings(addresses=("192.0.2.7",))).hosts == ("192.0.2.7",)


def test_tokens_for_other_machines_hold_no_loopback():
    everywhere = addresses_of(ListenSettings())
    here_alone = addresses_of(ListenSettings(addresses=("127.0.0.1",)))

    assert for_others(everywhere).hosts == ("192.0.2.7", "2001:db8::7")
    assert for_others(here_alone).hosts == ("127.0.0.1",)


def test_the_local_agent_uses_loopback_where_the_hub_listens_there():
    elsewhere = addresses_of(ListenSettings(addresses=("192.0.2.7",)))

    assert for_this_machine(addresses_of(ListenSettings())).hosts[0] == "localhost"
    assert for_this_machine(elsewhere).hosts == ("192.0.2.7",)


def test_ports_follow_from_the_base():
    addresses = addresses_of(ListenSettings(port_base=9000))

    assert (addresses.agents_port, addresses.enrol_port) == (9001, 9002)
    assert isinstance(addresses, Addresses)


def test_people_on_this_machine_open_localhost(tmp_path):
    info = ready_info(tmp_path, ListenSettings(port_base=9000), "")

    assert info.web == "https://localhost:9000"
    assert (info.agents, info.enrol) == ("192.0.2.7:9001", "192.0.2.7:9002")
    assert info.data == str(tmp_path)


def test_a_hub_with_a_name_is_opened_by_it(tmp_path):
    listen = ListenSettings(names=("hub.example",), port_base=9000)

    assert ready_info(tmp_path, listen, "").web == "https://hub.example:9000"


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        ({}, ""),
        ({"port": 8086}, "https://192.0.2.7:8086"),
        ({"port": 8086, "auth": Way.OFF}, "http://127.0.0.1:8086"),
        ({"port": 8086, "auth": Way.OFF, "addresses": ("::1",)}, "http://[::1]:8086"),
        ({"port": 8086, "addresses": ("10.0.0.1",)}, "https://10.0.0.1:8086"),
        ({"port": 8086, "addresses": ("0.0.0.0",)}, "https://192.0.2.7:8086"),
    ],
)
def test_clients_of_influxdb_are_told_their_url(tmp_path, settings, url):
    info = ready_info(tmp_path, ListenSettings(), "", influx=InfluxSettings(**settings))

    assert info.influx == url


def test_the_local_node_is_who_the_agents_folder_says(tmp_path):
    local = LocalNode(tmp_path / "agent")
    before = local()
    folder = tmp_path / "agent" / "identity"
    folder.mkdir(parents=True)
    (folder / "node.json").write_text(json.dumps({"node": "a", "name": "pilot"}))

    assert not before
    assert local() == "a"


def test_a_broken_file_makes_no_node_local(tmp_path):
    folder = tmp_path / "identity"
    folder.mkdir()
    (folder / "node.json").write_text("{")

    assert LocalNode(tmp_path)() == ""
