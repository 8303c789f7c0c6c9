"""Points sent on by a real hub, while it and its neighbours are killed."""

import json
import signal
import time

import pytest
from neighbours import Neighbour
from processes import free_port_base, until
from test_influx_write import FORM, clients, hub_of  # noqa: F401 - a fixture
from test_netdata_doors import free_port

pytestmark = pytest.mark.scenario

SECOND_NS = 10**9


def ordered(client, text):
    from urllib.parse import urlencode

    status, told = client.ask("POST", "/query", urlencode({"q": text}), FORM)
    assert status == 200, told
    (result,) = json.loads(told)["results"]
    assert "error" not in result, result
    return result


def subscribe(client, mode, *urls):
    ordered(client, "CREATE DATABASE d")
    destinations = ", ".join(f"'{url}'" for url in urls)
    ordered(client, f"CREATE SUBSCRIPTION s ON d.autogen DESTINATIONS {mode} {destinations}")


def write(client, times, measurement="m"):
    lines = [f'{measurement},host=h{each % 3} v=2.50,s="a b" {each}' for each in times]
    assert client.flush(lines, db="d") == (204, "")


def test_nothing_is_lost_while_hub_and_destination_are_killed(tmp_path, clients):  # noqa: F811
    base, port, there = free_port_base(), free_port(), free_port()
    neighbour = Neighbour(there)
    hub = hub_of(tmp_path, base, port, "off")
    try:
        client = clients(port)
        subscribe(client, "ALL", f"http://127.0.0.1:{there}")
        start = time.time_ns() // SECOND_NS * SECOND_NS
        sent = set()
        for turn in range(6):
            times = [start - (turn * 50 + number) * SECOND_NS for number in range(50)]
            write(client, times)
            sent.update(times)
            if turn == 1:
                neighbour.stop()
            if turn == 3:
                client.close()
                hub.stop(signal.SIGKILL)
                hub = hub_of(tmp_path, base, port, "off")
                client = clients(port)
            if turn == 4:
                (state,) = hub.muster("forward", "list", "--json")
                assert state["queue"]["waiting_points"] >= 150
                assert state["destinations"][0]["failing"]
                neighbour.start()
        until("all points came", lambda: neighbour.times == sent)
        (state,) = hub.muster("forward", "list", "--json")
        assert state["queue"]["dropped_points"] == state["queue"]["refused_points"] == 0
        assert not neighbour.faults
        assert f'm,host=h0 s="a b",v=2.5 {next(iter(t for t in sent if t % 3 == 0))}' in (
            neighbour.lines
        )
    finally:
        neighbour.stop()
        assert hub.stop() == 0, hub.said()
