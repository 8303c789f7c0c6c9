"""Writers of InfluxDB's wire at a real hub: Telegraf, nodes, and a hub that is killed."""

import gzip
import http.client
import json
import signal
import ssl
import time
from urllib.parse import urlencode

import pytest
from processes import Hub, Process, claim, free_port_base, patiently
from test_netdata_doors import free_port

from muster.agent.joining.identity import load_identity
from muster.net.tls import client_context

pytestmark = pytest.mark.scenario

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
IDLE_S = 5.0  # a hub ends what says nothing for twenty seconds
TELEGRAF = {
    "Content-Type": "text/plain; charset=utf-8",
    "Content-Encoding": "gzip",
    "User-Agent": "Telegraf/1.30.0 Go/1.22.2",
}


class Client:
    """One connection, as Telegraf has it: after a pause it is made anew."""

    def __init__(self, port: int, context: ssl.SSLContext | None = None):
        if context is None:
            self.http = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        else:
            self.http = http.client.HTTPSConnection("127.0.0.1", port, timeout=60, context=context)
        self._answered = 0.0

    def ask(self, method, path, body=None, headers=None, **query):
        """Status and text."""
        where = f"{path}?{urlencode(query)}" if query else path
        if not isinstance(body, bytes | str | None):  # it can be told once only
            return self._ask(method, where, body, headers, chunked=True)
        return patiently(
            lambda: self._ask(method, where, body, headers, chunked=False),
            lambda answer: answer[1],
        )

    def _ask(self, method, where, body, headers, *, chunked):
        answer, data = self.send(method, where, body, headers, chunked=chunked)
        return answer.status, data.decode()

    def send(self, method, where, body=None, headers=None, *, chunked=False):
        """The answer, and its bytes."""
        if time.monotonic() - self._answered > IDLE_S:
            self.http.close()
        self.http.request(method, where, body, headers or {}, encode_chunked=chunked)
        answer = self.http.getresponse()
        data = answer.read()
        self._answered = time.monotonic()
        return answer, data

    def close(self):
        self.http.close()

    def create(self, name):
        form = urlencode({"q": f'CREATE DATABASE "{name}"'})
        return self.ask("POST", "/query", form, FORM)

    def flush(self, lines, **query):
        """A batch as Telegraf sends it: packed, in chunks, without a length."""
        packed = gzip.compress("".join(f"{line}\n" for line in lines).encode())
        half = len(packed) // 2
        headers = {**TELEGRAF, "Transfer-Encoding": "chunked"}
        return self.ask("POST", "/write", iter((packed[:half], packed[half:])), headers, **query)


@pytest.fixture
def clients():
    """Makes clients, and closes them."""
    made = []

    def make(*words):
        made.append(Client(*words))
        return made[-1]

    yield make
    for each in made:
        each.close()


def hub_of(tmp_path, base, port, auth, **more):
    words = ("--influx-port", str(port), "--influx-auth", auth)
    return Hub(tmp_path / "hub", base, *words, command="hub", **more)


def values(hub, measurement, field="v"):
    """What the hub answers of the last minutes, by time."""
    return hub.muster(
        "query", "--measurement", measurement, "--field", field, "--last", "10m", "--json"
    )


def test_telegraf_writes_and_nothing_is_lost_when_the_hub_is_killed(tmp_path, clients):
    base, port = free_port_base(), free_port()
    hub = hub_of(tmp_path, base, port, "off")
    assert hub.ready["influx"] == f"http://127.0.0.1:{port}"
    now = time.time_ns() // 10**9 * 10**9
    telegraf = clients(port)

    assert telegraf.create("telegraf")[0] == 200
    status, text = telegraf.flush([f"lost,host=a v=1 {now}"], db="nodb")
    assert (status, json.loads(text)) == (404, {"error": 'database not found: "nodb"'})
    for number in range(20):
        lines = [f"kept,host=h{host} v={number} {now - number * 10**9}" for host in range(50)]
        assert telegraf.flush(lines, db="telegraf") == (204, "")
    hub.stop(signal.SIGKILL)

    again = hub_of(tmp_path, base, port, "off")
    try:
        answer = again.muster(
            "query", "--measurement", "kept", "--field", "v", "--last", "10m", "--fn", "count",
            "--json",
        )  # fmt: skip
        found = {dict(series["tags"])["host"] for series in answer["series"]}
        counted = sum(sum(filter(None, row[1:])) for row in answer["rows"])
        assert len(found) == 50
        assert counted == 1_000
        assert clients(port).flush([f"kept,host=h0 v=1i {now}"], db="telegraf")[0] == 400
        (database,) = json.loads(clients(port).ask("GET", "/query", q="SHOW DATABASES")[1])[
            "results"
        ][0]["series"][0]["values"]
        assert database == ["telegraf"]
    finally:
        assert again.stop() == 0, again.said()


def test_a_node_writes_by_its_certificate_as_itself(tmp_path, clients):
    base, port = free_port_base(), free_port()
    hub = hub_of(tmp_path, base, port, "mtls")
    try:
        token = hub.muster("token", "create", "--json")["token"]
        assert claim(tmp_path / "agent", token).returncode == 0
        identity = load_identity(tmp_path / "agent")
        context = client_context(identity.anchors(), key=identity.key, chain=identity.chain)
        node = clients(port, context)
        api = hub.muster("user", "token", "create", "--json")["token"]
        signed = {"Authorization": f"Token {api}", **FORM}
        form = urlencode({"q": "CREATE DATABASE telegraf"})
        now = time.time_ns()

        assert node.ask("POST", "/query", form, FORM)[0] == 403
        assert node.ask("POST", "/query", form, signed)[0] == 200
        assert node.flush([f"own,host=liar,node=x v=1 {now}"], db="telegraf") == (204, "")
        (series,) = values(hub, "own")["series"]
        tags = dict(series["tags"])
        assert tags["node"] == identity.node.node
        assert tags["host"] != "liar"

        untrusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        untrusting.check_hostname = False
        untrusting.verify_mode = ssl.CERT_NONE
        with pytest.raises((ssl.SSLError, OSError)):
            clients(port, untrusting).ask("GET", "/ping")
        hub.muster("node", "revoke", identity.node.node)
        refused = clients(port, context)
        status, _ = refused.flush([f"own v=2 {now}"], db="telegraf")
        assert status == 403
    finally:
        assert hub.stop() == 0, hub.said()


def test_without_sign_in_the_hub_does_not_start_off_loopback(tmp_path):
    words = ("hub", "--data", str(tmp_path), "--port-base", str(free_port_base()))
    off = ("--influx-port", str(free_port()), "--influx-auth", "off")
    hub = Process(*words, *off, env={"MUSTER_INFLUX_ADDRESSES": "0.0.0.0"})

    assert hub.ends() == 2, hub.said()
    assert "influx.auth" in hub.said()
    assert "this machine alone" in hub.said()
