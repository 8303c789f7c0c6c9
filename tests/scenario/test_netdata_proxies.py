"""Netdata agents reach their hub through real proxies, where nothing else leads to it.

Simulated ones, and a real one of 2.x where `MUSTER_TEST_NETDATA` names it.
"""

import json
import os
import subprocess
import sys

import pytest
from netdatareal import Netdata, need
from netlab import HUB, net, proxies, why_not
from processes import DEADLINE_S, free_port_base, run, until

pytestmark = [
    pytest.mark.scenario,
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
]
USER, PASSWORD = "ada", "hunter2secret"
PYTHON = [sys.executable, "-m"]
CLEAN = {name: text for name, text in os.environ.items() if not name.lower().endswith("_proxy")}


class Lab:
    """A hub in its namespace, and agents in the machine's."""

    def __init__(self, made, urls, data, url):
        self.net, self.urls, self.data, self.url = made, urls, data, url

    def hub(self, *words):
        return run("--data", str(self.data), *words)

    def agent(self, dialect, proxy):
        words = [
            *self.net.inside(self.net.machine), *PYTHON, "muster.testing.netdata",
            "--url", self.url, "--trust", str(self.data / "ca/root.pem"),
            "--dialect", dialect, "--hostname", f"behind-{dialect}",
        ]  # fmt: skip
        process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=CLEAN | {"NETDATA_CLAIM_PROXY": proxy},
        )  # fmt: skip
        token = self.hub("token", "create", "--dialect", "netdata", "--json")["token"]
        process.stdin.write(token)
        process.stdin.close()
        return process


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    data, base = tmp_path_factory.mktemp("hub"), free_port_base()
    with net() as made, proxies(made, user=USER, password=PASSWORD) as urls:
        words = ["hub", "--data", str(data), "--port-base", str(base), "--json"]
        process = subprocess.Popen(
            [*made.inside(made.hub), *PYTHON, "muster", *words],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env=CLEAN | {"MUSTER_LISTEN_ADDRESSES": HUB, "MUSTER_INSTALL_STANDALONE": "false"},
        )  # fmt: skip
        try:
            web = json.loads(process.stdout.readline())["web"].rstrip("/")
            yield Lab(made, urls, data, f"https://{HUB}:{web.rpartition(':')[2]}")
        finally:
            process.terminate()
            process.wait(DEADLINE_S)
            process.stdout.close()


@pytest.mark.parametrize(
    ("dialect", "kind"),
    [
        ("1.45", "http"),
        ("1.45", "http with password"),
        ("2.10", "http"),
        ("2.10", "socks5"),
        ("2.10", "socks5 with password"),
    ],
)
def test_claim_and_link_go_through_a_proxy(lab, dialect, kind):
    process = lab.agent(dialect, lab.urls[kind])
    try:
        claim, online = (json.loads(process.stdout.readline()) for _ in range(2))
        assert claim["exit_code"] == 0, claim
        (node_id,) = online["nodes"]

        def live():
            nodes = lab.hub("node", "list", "--json")
            return [node for node in nodes if node["id"] == node_id and node["state"] == "live"]

        assert until("the node is live", live)
        node = lab.hub("node", "show", node_id, "--json")
        assert node["link"]["address"].startswith("10.93.1."), "the hub sees the proxy"
    finally:
        process.terminate()
        process.wait(DEADLINE_S)
        process.stdout.close()
    lab.hub("node", "remove", node_id)


@pytest.mark.parametrize("kind", ["http", "http with password", "socks5", "socks5 with password"])
def test_a_real_agent_goes_through_a_proxy(lab, tmp_path_factory, kind):
    need(oldest=(2, 0))
    name = kind.replace(" ", "-")
    token = lab.hub("token", "create", "--dialect", "netdata", "--json")["token"]
    root = (lab.data / "ca/root.pem").read_text()
    inside = lab.net.inside(lab.net.machine)
    agent = Netdata(tmp_path_factory.mktemp("nd") / "a", name, root, inside=inside)
    agent.write_claim(lab.url, token, proxy=lab.urls[kind])
    try:
        agent.start()
        agent.until_online()
        node = lab.hub("node", "show", agent.node_id(), "--json")
    finally:
        agent.stop()

    assert node["link"]["address"].startswith("10.93.1."), "the hub sees the proxy"
