"""Probes over real processes: given by the hub, changed while the agent runs, seen as values."""

import contextlib
import http.server
import json
import socket
import threading

import pytest
from processes import Hub, free_port_base, run, until

from muster.cli.exits import Exit

pytestmark = pytest.mark.scenario
STATUS = b"STATUS   : ONLINE \nSTATFLAG : 0x05000008\nLOADPCT  : 13.0 Percent\n"


class Page(http.server.BaseHTTPRequestHandler):
    """Says what the test wants."""

    text = b"welcome"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.text)))
        self.end_headers()
        self.wfile.write(self.text)

    def log_message(self, *_):
        pass


class WebServer(http.server.ThreadingHTTPServer):
    daemon_threads = True


@pytest.fixture
def web():
    server = WebServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture
def ups():
    """apcupsd's network information server."""
    own = socket.create_server(("127.0.0.1", 0))

    def serve():
        with contextlib.suppress(OSError):
            while True:
                connection, _ = own.accept()
                with connection:
                    connection.recv(100)
                    for line in (*STATUS.splitlines(keepends=True), b""):
                        connection.sendall(len(line).to_bytes(2, "big") + line)

    threading.Thread(target=serve, daemon=True).start()
    yield own.getsockname()[1]
    own.shutdown(socket.SHUT_RDWR)
    own.close()


@pytest.fixture
def settings(tmp_path, ups):
    file = tmp_path / "hub" / "agent" / "agent.toml"
    file.parent.mkdir(parents=True, mode=0o700)
    (tmp_path / "hub").chmod(0o700)
    file.write_text(
        f'[probes]\nreach = "any"\n[collect.addresses]\napcupsd = "tcp:127.0.0.1:{ups}"\n'
        '[collect.intervals]\napcupsd = "2s"\n'
    )
    return file


@pytest.fixture
def hub(tmp_path, settings):
    hub = Hub(tmp_path / "hub", free_port_base(), command="up")
    yield hub
    hub.stop()


def newest(hub, measurement, field, **tags):
    """The newest value of a field, of the series with these tags."""
    given = [word for name, value in tags.items() for word in ("--tag", f"{name}={value}")]
    words = ("--measurement", measurement, "--field", field, "--last", "1m", "--fn", "last")
    frame = hub.muster("query", *words, *given, "--json")
    values = [value for row in frame["rows"] for value in row[1:] if value is not None]
    return values[-1] if values else None


def test_a_probe_is_made_told_changed_and_ended_while_all_runs(hub, web, settings):
    (node,) = until("the hub's own agent", lambda: hub.muster("node", "list", "--json"))
    hub.live(node["name"])
    words = ("http", web, "--match", "wel+come", "--timeout", "2s")
    until(
        "it is made in time and fits",
        lambda: (
            [each["fields"].get("response_string_match") for each in attempt(hub, *words)] == [1]
        ),
    )
    made = hub.muster("probe", "add", *words, "--interval", "5s", "--json")
    assert [each["name"] for each in made["runners"]] == [node["name"]]
    until("a value of it", lambda: newest(hub, "http_response", "response_string_match") == 1)
    Page.text = b"something else"
    until(
        "the page does not fit",
        lambda: newest(hub, "http_response", "result_code", result="response_string_mismatch") == 1,
    )
    (listed,) = hub.muster("probe", "list", "--json")
    assert listed["runners"][0]["fault"] == ""
    with settings.open("a") as file:
        file.write(f'[[probes.http_response]]\nurl = "{web}own"\ninterval_s = 5\ntimeout_s = 1.0\n')
    until(
        "a probe of the settings",
        lambda: newest(hub, "http_response", "result_code", server=f"{web}own") is not None,
    )
    hub.muster("probe", "set", web, "--off")
    until("only its own is left", lambda: targets(hub) == [f"{web}own"])
    hub.muster("probe", "remove", web)
    assert hub.muster("probe", "list", "--json") == []
    actions = [each["action"] for each in hub.muster("audit", "list", "--json")]
    assert {"probe.test", "probe.add", "probe.edit", "probe.remove"} <= set(actions)


def attempt(hub, *words):
    """What a probe found, if it was made."""
    done = hub.muster("probe", "test", *words, "--json", ok=False)
    return json.loads(done.stdout)["points"] if done.returncode == Exit.OK else []


def targets(hub):
    done = run("agent", "status", "--data", str(hub.data / "agent"), "--json", ok=False)
    return done.returncode == 0 and [each["target"] for each in json.loads(done.stdout)["probes"]]


def test_a_ups_is_asked_where_the_settings_say(hub):
    until("a value of the UPS", lambda: newest(hub, "apcupsd", "load_percent") == 13.0)
