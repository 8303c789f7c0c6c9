"""Telegraf by the recipe of Connect: its certificate, its settings, its points at a real hub."""

import http.client
import json
import os
import signal
import ssl
import subprocess
import time
import tomllib
from urllib.parse import urlencode, urlsplit

import pytest
from processes import Agent, Hub, claim, free_port_base, until
from test_influx_write import FORM, Client, hub_of
from test_netdata_doors import free_port

from muster.agent.joining.identity import load_identity
from muster.net.tls import client_context

pytestmark = pytest.mark.scenario
BINARY = "MUSTER_TEST_TELEGRAF"
INPUTS = """
[agent]
interval = "1s"
flush_interval = "1s"
[[inputs.mem]]
[[inputs.system]]
"""


# The inputs and the way in of the home stack's clients, and beside it the output of 2.x.
HOME_STACK = """
[agent]
interval = "1s"
flush_interval = "1s"
[[inputs.cpu]]
[[inputs.disk]]
[[inputs.diskio]]
[[inputs.kernel]]
[[inputs.mem]]
[[inputs.netstat]]
[[inputs.processes]]
[[inputs.swap]]
[[inputs.system]]
[[outputs.influxdb]]
urls = ["{url}"]
database = "telegraf1"
username = "masysmawriter"
password = "{password}"
tls_ca = "{ca}"
[[outputs.influxdb_v2]]
urls = ["{url}"]
token = "{token}"
organization = "muster"
bucket = "telegraf2/autogen"
tls_ca = "{ca}"
"""


class Telegraf:
    """A real one; skips, and says so, where MUSTER_TEST_TELEGRAF names none."""

    def __init__(self, folder):
        binary = os.environ.get(BINARY, "")
        if not binary:
            pytest.skip(f"{BINARY} names no telegraf: not tried with a real one")
        self.log = (folder / "telegraf.log").open("w+")
        words = [binary, "--config", str(folder / "telegraf.conf")]
        self.process = subprocess.Popen(words, stdout=self.log, stderr=subprocess.STDOUT)

    def reload(self):
        """What the units of Connect do when the certificate is another one."""
        self.process.send_signal(signal.SIGHUP)

    def stop(self):
        self.process.terminate()
        self.process.wait(60)
        self.log.close()

    def said(self):
        self.log.seek(0)
        return self.log.read()


def test_what_connect_says_is_all_that_telegraf_needs(tmp_path):
    port = free_port()
    hub = Hub(tmp_path / "hub", free_port_base(), "--influx-port", str(port), command="hub")
    try:
        made = hub.muster("connect", "telegraf", "--json")
        files = {file["name"]: file["text"] for file in made["files"]}
        output = tomllib.loads(files["muster.conf"])["outputs"]["influxdb_v2"][0]
        assert claim(tmp_path / "telegraf", made["token"]["token"]).returncode == 0
        identity = load_identity(tmp_path / "telegraf")
        where = urlsplit(output["urls"][0])
        assert where.port == port

        # As Telegraf's influxdb_v2 does: an empty token still makes a header.
        context = client_context(identity.anchors(), key=identity.key, chain=identity.chain)
        link = http.client.HTTPSConnection("127.0.0.1", port, timeout=60, context=context)
        query = urlencode({"bucket": output["bucket"], "org": output["organization"]})
        headers = {"Authorization": f"Token {output['token']}"}
        point = f"sent,host=liar v=1 {time.time_ns()}"
        link.request("POST", f"/api/v2/write?{query}", point, headers)
        answer = link.getresponse()
        assert (answer.status, answer.read()) == (204, b"")
        link.close()

        last = ("--field", "v", "--last", "10m", "--json")
        (series,) = hub.muster("query", "--measurement", "sent", *last)["series"]
        assert dict(series["tags"])["node"] == identity.node.node
    finally:
        assert hub.stop() == 0, hub.said()


def test_without_a_listener_for_it_telegraf_is_not_offered(tmp_path):
    hub = Hub(tmp_path / "hub", free_port_base(), command="hub")
    try:
        refused = hub.muster("connect", "telegraf", ok=False)
        assert "influx.port" in refused.stderr
        assert hub.muster("token", "list", "--json") == []
    finally:
        assert hub.stop() == 0, hub.said()


def test_a_real_telegraf_writes_on_when_its_certificate_is_renewed(tmp_path, monkeypatch):
    """The certificate lives for half a minute: by the end the first two are of no use."""
    monkeypatch.setenv("MUSTER_ENROL_AGENT_LIFETIME", "30s")
    port, folder = free_port(), tmp_path / "companion"
    words = ("--influx-port", str(port))
    if not os.environ.get(BINARY):
        pytest.skip(f"{BINARY} names no telegraf: not tried with a real one")
    hub = Hub(tmp_path / "hub", free_port_base(), *words, command="hub")
    made = hub.muster("connect", "telegraf", "--json")
    files = {file["name"]: file["text"] for file in made["files"]}
    here = files["muster.conf"].replace("/var/lib/muster-telegraf", str(folder))
    (tmp_path / "telegraf.conf").write_text(INPUTS + here)
    folder.mkdir(mode=0o700)
    (folder / "agent.toml").write_text(files["agent.toml"])
    assert claim(folder, made["token"]["token"]).returncode == 0
    first = load_identity(folder)
    companion, telegraf = Agent(folder), Telegraf(tmp_path)

    ends = [first.node.not_after_ns]

    def newest():
        """The time of the newest point; tells Telegraf of a renewed certificate before."""
        end_ns = load_identity(folder).node.not_after_ns
        if end_ns != ends[-1]:
            ends.append(end_ns)
            telegraf.reload()
        asked = ("--measurement", "system", "--field", "uptime", "--last", "10m", "--json")
        found = hub.muster("query", *asked)
        assert all(dict(s["tags"])["node"] == first.node.node for s in found["series"])
        return max((row[0] for row in found["rows"]), default=0)

    try:
        until("Telegraf's points are there", newest)
        hub.live(first.node.node)
        until("the certificate is renewed twice", lambda: newest() and len(ends) > 2)
        until("points come after the second one's end", lambda: newest() > ends[1])
        assert ends[1] > ends[0]
    finally:
        telegraf.stop()
        companion.stop()
        assert hub.stop() == 0, hub.said()


def test_a_real_telegraf_writes_by_name_and_password_and_by_token(tmp_path):
    """The database is there already: `CREATE DATABASE`, which v1 sends first, is refused."""
    if not os.environ.get(BINARY):
        pytest.skip(f"{BINARY} names no telegraf: not tried with a real one")
    port, secret = free_port(), "only-for-tests-8Hdp"
    hub = hub_of(tmp_path, free_port_base(), port, "password")
    ca = tmp_path / "ca.pem"
    ca.write_text(hub.muster("ca", "show", "--pem"))
    token = hub.muster("user", "token", "create", "--json")["token"]
    client = Client(port, ssl.create_default_context(cafile=str(ca)))
    signed = {"Authorization": f"Token {token}", **FORM}

    def ask(statement):
        status, text = client.ask("POST", "/query", urlencode({"q": statement}), signed)
        assert status == 200, text
        return json.loads(text)["results"][0].get("series", [])

    for statement in (
        "CREATE DATABASE telegraf1",
        "CREATE DATABASE telegraf2",
        f"CREATE USER masysmawriter WITH PASSWORD '{secret}'",
        "GRANT WRITE ON telegraf1 TO masysmawriter",
    ):
        ask(statement)
    known = {"url": f"https://127.0.0.1:{port}", "password": secret, "ca": ca, "token": token}
    (tmp_path / "telegraf.conf").write_text(HOME_STACK.format(**known))
    telegraf = Telegraf(tmp_path)

    def measured(database):
        found = ask(f"SHOW MEASUREMENTS ON {database}")
        return {row[0] for series in found for row in series["values"]}

    try:
        wanted = {"cpu", "disk", "kernel", "mem", "netstat", "processes", "swap", "system"}
        for database in ("telegraf1", "telegraf2"):
            until(f"all is in {database}", lambda at=database: wanted <= measured(at))
        (series,) = ask('SELECT last("n_cpus") FROM telegraf1..system WHERE time > now() - 10m')
        assert series["values"][0][1] == os.cpu_count()
        assert " E! " not in telegraf.said()
    finally:
        telegraf.stop()
        client.close()
        assert hub.stop() == 0, hub.said()
