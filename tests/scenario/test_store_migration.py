"""A hub that is written to all the while moves its values from its own engine to a real cluster."""

import json
import threading
import time
from contextlib import contextmanager
from http.client import HTTPException

import pytest
from processes import Hub, free_port_base, run, until
from test_influx_write import Client
from test_netdata_doors import free_port

from muster.testing.clusternodes import running_nodes, why_not

pytestmark = [
    pytest.mark.scenario,
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
]
DAY_NS = 86_400 * 10**9
OLD = 3_000  # rows of four kinds, in two days that are over when anything is copied
KINDS = {
    "i": lambda n: n,
    "f": lambda n: n / 8,
    "b": lambda n: n % 3 == 0,
    "s": lambda n: f"text {n}",
}


def old_lines(start_ns):
    """Two thirds of the rows are of the first day."""
    for n in range(OLD):
        at = start_ns + n * (DAY_NS * 3 // 2 // OLD)
        yield f'old i={n}i,f={n / 8},b={str(n % 3 == 0).lower()},s="text {n}" {at}'


class Writing:
    """Bodies of one row of today and one of an old day, each written until it is acknowledged."""

    def __init__(self, port, today_ns, old_ns):
        self.port, self.today_ns, self.old_ns = port, today_ns, old_ns
        self.acknowledged = 0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        client = Client(self.port)
        while not self.over.wait(0.01):
            n = self.acknowledged
            lines = [f"new v={n}i {self.today_ns + n}", f"late v={n}i {self.old_ns + n}"]
            try:
                status, _ = client.flush(lines, db="d")
                self.acknowledged += status == 204
            except (OSError, HTTPException):  # the hub is stopped
                client.close()
                client = Client(self.port)
        client.close()

    def stop(self):
        self.over.set()
        self.thread.join()


class Asked:
    """What the hub answers of database `d`."""

    def __init__(self, port):
        self.port = port

    def column(self, what, measurement):
        client = Client(self.port)
        question = f"SELECT {what} FROM {measurement}"
        status, text = client.ask("GET", "/query", db="d", epoch="ns", q=question)
        client.close()
        assert status == 200, text
        (series,) = json.loads(text)["results"][0]["series"]
        return [row[1] for row in series["values"]]

    def has_old(self):
        for field, of in KINDS.items():
            assert self.column(field, "old") == [of(n) for n in range(OLD)]
            assert self.column(f"count({field})", "old") == [OLD]

    def has_written(self, least, most=None):
        """Each value once and in its order, none of the acknowledged ones missing."""
        for measurement in ("new", "late"):
            found = self.column("v", measurement)
            assert found == list(range(len(found)))
            assert least <= len(found) <= (most if most is not None else len(found))


@contextmanager
def hub_at(tmp_path, base, port, **env):
    hub = Hub(
        tmp_path / "hub", base, "--influx-port", str(port), "--influx-auth", "off",
        command="hub", env=env,
    )  # fmt: skip
    try:
        yield hub
    finally:
        assert hub.stop() == 0, hub.said()


def migrated(data, nodes, *more):
    """What the command says: the days in their order, and the end."""
    words = (
        "store", "migrate", "--data", str(data), "--to", nodes.url("moved"), "--credentials-file",
        nodes.credentials_file, "--ca-file", nodes.ca_file, "--json", *more,
    )  # fmt: skip
    done = run(*words, ok=False)
    assert done.returncode == 0, done.stderr
    *days, end = [json.loads(line) for line in done.stdout.splitlines()]
    assert end["done"]
    return days, end["rows"]


def test_a_hub_moves_to_a_cluster_while_it_is_written_to_and_each_value_is_there_once(tmp_path):
    base, port = free_port_base(), free_port()
    today_ns = time.time_ns() // DAY_NS * DAY_NS
    old_ns, asked = today_ns - 4 * DAY_NS, Asked(port)
    with hub_at(tmp_path, base, port):
        client = Client(port)
        assert client.create("d")[0] == 200
        assert client.flush(old_lines(old_ns), db="d") == (204, "")
        client.close()
    with running_nodes(tmp_path / "nodes") as nodes:
        writing = Writing(port, today_ns, old_ns)
        try:
            with hub_at(tmp_path, base, port) as hub:
                asked.has_old()
                archive, copy = str(tmp_path / "b.tar.zst"), str(tmp_path / "copy")
                hub.muster("backup", "create", archive)
                run("restore", archive, "--data", copy)
                days, ahead = migrated(copy, nodes, "--ahead")
                assert not any(day["was_there"] for day in days)
                assert ahead >= OLD * len(KINDS)
                asked.has_old()
                asked.has_written(writing.acknowledged)
            days, moved = migrated(tmp_path / "hub", nodes)
            # Late rows came to the first day's integers alone; all else of the old days was there.
            changed = {(day["day"], day["table"]) for day in days if not day["was_there"]}
            assert changed == {(at // DAY_NS, "integers") for at in (old_ns, today_ns)}
            assert moved > ahead

            store = {
                "MUSTER_STORE_URL": nodes.url("moved"),
                "MUSTER_STORE_CREDENTIALS_FILE": nodes.credentials_file,
                "MUSTER_STORE_CA_FILE": nodes.ca_file,
            }
            with hub_at(tmp_path, base, port, **store):
                asked.has_old()
                asked.has_written(writing.acknowledged)
                more = writing.acknowledged + 20
                until("more is written", lambda: writing.acknowledged >= more)
                writing.stop()
                asked.has_written(writing.acknowledged, writing.acknowledged)
            with hub_at(tmp_path, base, port, **store):  # all of it from the cluster
                asked.has_old()
                asked.has_written(writing.acknowledged, writing.acknowledged)
        finally:
            writing.stop()
