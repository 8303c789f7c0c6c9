"""Values of Netdata nodes: seen live and kept nowhere, or copied whole where a space wants that."""

import json
import os
import struct
import subprocess
import sys

import pytest
from processes import DEADLINE_S, ENVIRONMENT, Hub, free_port_base, until

from muster.cli.hub_client import Hub as Api
from muster.cli.hub_client import operator
from muster.clock import SECOND_NS
from muster.errors import MusterError
from muster.testing.netdata.machine import CHARTS

pytestmark = pytest.mark.scenario

LOAD = next(chart for chart in CHARTS if chart.id == "system.load")


class Simulated:
    """A simulated Netdata agent as a process, claimed and online."""

    def __init__(self, hub, base):
        token = hub.muster("token", "create", "--dialect", "netdata", "--json")["token"]
        words = ["--url", f"https://127.0.0.1:{base}", "--trust", str(hub.data / "ca" / "root.pem")]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "muster.testing.netdata", *words, "--hostname", "rack-7"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **ENVIRONMENT},
        )
        self.process.stdin.write(token)
        self.process.stdin.close()
        claimed = json.loads(self.process.stdout.readline())
        assert claimed["exit_code"] == 0, claimed
        self.node = json.loads(self.process.stdout.readline())["nodes"][0]

    def stop(self):
        self.process.terminate()
        assert self.process.wait(DEADLINE_S) == 0
        self.process.stdout.close()


@pytest.fixture
def town(tmp_path):
    """A hub and an agent: (hub, its API, agent)."""
    base = free_port_base()
    hub = Hub(tmp_path / "hub", base, command="hub")
    agent = None
    try:
        agent = Simulated(hub, base)
        yield hub, Api(operator(hub.data)), agent, base
    finally:
        if agent is not None:
            agent.stop()
        hub.stop()


def values(hub, node, field="load1"):
    """Copied values by their second."""
    words = ("--measurement", "system", "--field", field, "--tag", "context=system.load")
    answer = hub.muster("query", *words, "--node", node, "--fn", "raw", "--last", "10m", "--json")
    return {time_ns // SECOND_NS: value for time_ns, value in answer["rows"]}


def asked(api, path):
    """An answer of the API; None while there is none."""
    try:
        return api.get(path)
    except MusterError:
        return None


def test_by_default_values_are_seen_and_no_file_of_the_hub_holds_one(town):
    hub, api, agent, _ = town
    base = f"/api/v1/nodes/{agent.node}/netdata"
    until("its contexts are known", lambda: asked(api, f"{base}/contexts")["contexts"])
    query = "context=system.load&after=-30&points=30"
    data = until("it answers", lambda: asked(api, f"{base}/data?{query}"))
    assert data["labels"] == ["load1", "load5", "load15"]
    seen = [LOAD.value("load1", at) for at in data["times"]]
    assert data["values"][0] == seen
    table = api.post(f"{base}/function", {"name": "processes"})
    assert table["rows"][0][1] == "simulated"
    assert api.get("/api/v1/series", {"node": agent.node}) == []

    assert hub.stop() == 0
    telling = [value for value in seen if value * 4 % 1]  # others are found by chance
    assert len(telling) > 10
    wanted = [struct.pack("<d", value) for value in telling]
    wanted += [b"load15", b"simulated", *(f"{value},".encode() for value in telling)]
    for file in hub.data.rglob("*"):
        if file.is_file():
            held = file.read_bytes()
            assert not [each for each in wanted if each in held and len(each) > 5], file
    log = "".join(hub.err)
    assert not any(each.decode("latin-1") in log for each in wanted if len(each) > 5)


def test_chosen_contexts_are_copied_and_what_was_missed_is_fetched(town, tmp_path):
    hub, api, agent, base = town
    (space,) = hub.muster("space", "list", "--json")
    words = ("--netdata-keep", "system.load", "--netdata-step", "1s")
    hub.muster("space", "set", space["name"], *words)
    until("values are copied", lambda: len(values(hub, agent.node)) > 5)
    assert hub.stop() == 0
    before = json.loads(agent.process.stdout.readline())
    assert before["event"] == "offline"
    hub.__init__(hub.data, base, command="hub")
    assert json.loads(agent.process.stdout.readline())["event"] == "online"
    first = values(hub, agent.node)
    until("more are copied", lambda: max(values(hub, agent.node)) > max(first) + 10)

    copied = values(hub, agent.node)
    assert sorted(copied) == list(range(min(copied), max(copied) + 1))
    assert copied == {at: LOAD.value("load1", at) for at in copied}
    names = {each["measurement"] for each in api.get("/api/v1/series", {"node": agent.node})}
    assert names == {"system"}
