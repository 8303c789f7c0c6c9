"""Deletions at a real hub, which is killed while they are under way.

MUSTER_TEST_KILLS sets how often it is killed (default 4).
"""

import http.client
import json
import os
import random
import signal
import threading
import time
from urllib.parse import urlencode

import pytest
from processes import free_port_base
from test_influx_write import FORM, clients, hub_of  # noqa: F401 - a fixture
from test_netdata_doors import free_port

pytestmark = pytest.mark.scenario

HOSTS = 30
POINTS = 40
KEPT = {"MUSTER_STORE_WRITER_RETENTION": "36500d"}


class Asking:
    """Statements to a hub that may die; what of them was answered."""

    def __init__(self, client):
        self.client = client

    def query(self, text):
        """What a statement answers; None when the hub died over it."""
        form = urlencode({"q": text, "db": "d", "epoch": "ns"})
        try:
            status, body = self.client.ask("POST", "/query", form, FORM)
        except (OSError, http.client.HTTPException):
            return None
        (result,) = json.loads(body)["results"]
        assert status == 200 and "error" not in result, body
        return result

    def points(self):
        """(host, time) -> value of all points."""
        result = self.query("SELECT v, host FROM m")
        rows = [row for series in result.get("series", ()) for row in series["values"]]
        return {(host, time_ns): value for time_ns, value, host in rows}

    def write(self, points):
        lines = [f"m,host={host} v={value} {at}" for (host, at), value in points.items()]
        assert self.client.flush(lines, db="d") == (204, "")


def test_a_hub_that_is_killed_over_deletions_brings_nothing_back_and_loses_nothing_else(
    tmp_path,
    clients,  # noqa: F811 - the fixture
):
    kills, chance = int(os.environ.get("MUSTER_TEST_KILLS", "4")), random.Random(5)
    base, port = free_port_base(), free_port()
    start = time.time_ns() // 10**9 * 10**9 - 3600 * 10**9
    known = {}
    hub = hub_of(tmp_path, base, port, "off", env=KEPT)
    clients(port).create("d")
    for turn in range(kills):
        asking = Asking(clients(port))
        fresh = {
            (f"h{host}", start + at * 10**9): turn
            for host in range(HOSTS)
            for at in chance.sample(range(POINTS), 10)
        }
        asking.write(fresh)
        known |= fresh
        host = f"h{chance.randrange(HOSTS)}"
        asking.query(f"DELETE FROM m WHERE host = '{host}'")
        known = {key: value for key, value in known.items() if key[0] != host}
        assert asking.points() == known
        # One more, over which it is killed at some moment.
        cut = start + chance.randrange(POINTS) * 10**9
        killer = threading.Timer(chance.random() * 0.15, hub.process.send_signal, (signal.SIGKILL,))
        killer.start()
        answered = asking.query(f"DELETE FROM m WHERE time < {cut}") is not None
        killer.join()
        hub.stop(signal.SIGKILL)
        hub = hub_of(tmp_path, base, port, "off", env=KEPT)
        found = Asking(clients(port)).points()
        left = {key: value for key, value in known.items() if key[1] >= cut}
        assert {key: value for key, value in found.items() if key[1] >= cut} == left
        if answered:
            assert found == left
        assert all(known[key] == value for key, value in found.items())
        again = Asking(clients(port))
        again.query(f"DELETE FROM m WHERE time < {cut}")
        assert again.points() == left
        known = left
    assert hub.stop() == 0, hub.said()
