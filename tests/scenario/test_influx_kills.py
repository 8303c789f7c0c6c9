"""A hub that is killed while points are written: what was acknowledged is there, once."""

import json
import os
import random
import signal
import threading
import time
from http.client import HTTPException

import pytest
from processes import Hub, free_port_base, until
from test_influx_write import Client
from test_netdata_doors import free_port

pytestmark = pytest.mark.scenario

ROWS, SERIES = 10, 20  # of a body


class Writer:
    """Writes one body after the other, and what was not acknowledged again."""

    def __init__(self, port, name, start_ns):
        self.port, self.name, self.start_ns = port, name, start_ns
        self.acknowledged = 0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def lines(self, body):
        return [
            f"kept,writer={self.name},unit=u{unit} v={row}i {self.start_ns + row * 10**6}"
            for row in range(body * ROWS, (body + 1) * ROWS)
            for unit in range(SERIES)
        ]

    def run(self):
        client = Client(self.port)
        while not self.over.is_set():
            try:
                status, _ = client.flush(self.lines(self.acknowledged), db="d")
                self.acknowledged += status == 204
            except (OSError, HTTPException):  # the latter: an answer that was cut off
                client.close()
                client = Client(self.port)
                self.over.wait(0.05)
        client.close()


def started(tmp_path, base, port):
    words = ("--influx-port", str(port), "--influx-auth", "off")
    return Hub(tmp_path / "hub", base, *words, command="hub")


def held(port, unit):
    """Every value of one series of each writer, by time."""
    client = Client(port)
    question = f"SELECT v FROM kept WHERE unit = 'u{unit}' GROUP BY writer"
    _, text = client.ask("GET", "/query", db="d", epoch="ns", q=question)
    client.close()
    found = json.loads(text)["results"][0].get("series", [])
    return {each["tags"]["writer"]: [row[1] for row in each["values"]] for each in found}


def test_what_was_acknowledged_is_there_once_after_each_kill(tmp_path):
    base, port = free_port_base(), free_port()
    kills, chance = int(os.environ.get("MUSTER_TEST_KILLS", "3")), random.Random(7)
    hub = started(tmp_path, base, port)
    client = Client(port)
    assert client.create("d")[0] == 200
    client.close()
    start_ns = time.time_ns() // 10**9 * 10**9 - 3_600 * 10**9
    writers = [Writer(port, f"w{number}", start_ns) for number in range(3)]
    try:
        for _ in range(kills):
            before = {each: each.acknowledged for each in writers}
            until(
                "all wrote",
                lambda before=before: all(each.acknowledged > before[each] for each in writers),
            )
            time.sleep(chance.uniform(0.2, 1.0))
            hub.stop(signal.SIGKILL)
            least = {each.name: each.acknowledged * ROWS for each in writers}
            hub = started(tmp_path, base, port)
            there = held(port, 0)
            for name, rows in least.items():
                assert set(range(rows)) <= set(there.get(name, ()))
    finally:
        for each in writers:
            each.over.set()
            each.thread.join()
    for unit in range(SERIES):
        there = held(port, unit)
        for each in writers:
            values = there[each.name]
            assert values == sorted(set(values))
            assert len(values) in (each.acknowledged * ROWS, (each.acknowledged + 1) * ROWS)
    words = ("--measurement", "kept", "--field", "v", "--last", "3h", "--fn", "count", "--json")
    counted = sum(sum(filter(None, row[1:])) for row in hub.muster("query", *words)["rows"])
    assert counted == sum(
        len(values) for unit in range(SERIES) for values in held(port, unit).values()
    )
    assert hub.stop() == 0, hub.said()
