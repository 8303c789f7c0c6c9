"""The web listener's certificate from a real ACME server: Pebble, strict, refusing nonces.

`MUSTER_PEBBLE` names a folder with the programs `pebble` and `pebble-challtestsrv`, as
`go install github.com/letsencrypt/pebble/v2/cmd/...@latest` makes them.
"""

import json
import os
import socket
import ssl
import subprocess
import urllib.request
from pathlib import Path

import pytest
from processes import Hub, free_port_base, until

from muster.clock import SystemClock
from muster.pki.authority import Authority, make_hierarchy

PEBBLE = os.environ.get("MUSTER_PEBBLE", "")
SETTINGS = """
[acme]
directory = "https://localhost:{directory}/dir"
agree = true
names = ["hub.example", "other.example"]
contact = ["ada@example.org"]
ca_file = "{ca}"
{way}
"""

pytestmark = [
    pytest.mark.scenario,
    pytest.mark.e2e,
    pytest.mark.skipif(not PEBBLE, reason="MUSTER_PEBBLE names no folder of Pebble's programs"),
]


class Pebble:
    """The server and the DNS that it asks; every name leads to this machine."""

    def __init__(self, folder):
        self.folder = folder
        self.directory = free_port_base()
        self.dns = free_port_base()
        self.http = free_port_base()
        authority = Authority(make_hierarchy(SystemClock().now_ns()))
        issued = authority.issue_server(["localhost"], now_ns=SystemClock().now_ns())
        self.ca = folder / "pebble-ca.pem"
        self.ca.write_text(authority.anchors)
        (folder / "pebble.pem").write_text(issued.chain)
        (folder / "pebble.key").write_text(issued.key.reveal())
        config = {
            "listenAddress": f"127.0.0.1:{self.directory}",
            "managementListenAddress": f"127.0.0.1:{self.directory + 1}",
            "certificate": str(folder / "pebble.pem"),
            "privateKey": str(folder / "pebble.key"),
            "httpPort": self.http,
            "tlsPort": self.http + 1,
            "ocspResponderURL": "",
            "externalAccountBindingRequired": False,
            "retryAfter": {"authz": 1, "order": 1},
            "profiles": {"default": {"description": "usual", "validityPeriod": 7_776_000}},
        }
        (folder / "pebble.json").write_text(json.dumps({"pebble": config}))
        self._programs = []

    def __enter__(self):
        off = [
            word for name in ("http01", "https01", "tlsalpn01", "doh") for word in (f"-{name}", "")
        ]
        dns, manage = f"127.0.0.1:{self.dns}", f"127.0.0.1:{self.dns + 1}"
        self._run(
            "pebble-challtestsrv",
            "-dnsserver",
            dns,
            "-management",
            manage,
            "-defaultIPv6",
            "",
            *off,
        )
        self._run("pebble", "-strict", "-config", self.folder / "pebble.json", "-dnsserver", dns)
        until("Pebble answers", self._answers)
        return self

    def __exit__(self, *_):
        for each in self._programs:
            each.kill()
            each.wait()

    def _run(self, name, *words):
        environment = {**os.environ, "PEBBLE_WFE_NONCEREJECT": "33", "PEBBLE_VA_NOSLEEP": "1"}
        with (self.folder / f"{name}.log").open("wb") as log:
            command = [Path(PEBBLE) / name, *words]
            started = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        self._programs.append(started)

    def _answers(self):
        try:
            return self.get(self.directory, "/dir")
        except OSError:
            return b""

    def get(self, port, path):
        context = ssl.create_default_context(cafile=self.ca)
        with urllib.request.urlopen(f"https://localhost:{port}{path}", context=context) as answer:
            return answer.read()

    @property
    def root(self):
        """Of the certificates it gives; another one at each start."""
        return self.get(self.directory + 1, "/roots/0").decode()

    def hook(self, *, path="set-txt"):
        """A program that sets records in the DNS above."""
        file = self.folder / "hook"
        manage = f"http://127.0.0.1:{self.dns + 1}"
        data = '{\\"host\\": \\"$2\\", \\"value\\": \\"$3\\"}'
        file.write_text(
            "#!/bin/sh\nset -e\n"
            f'[ "$1" = present ] || exec curl -sSf -d "{data}" {manage}/clear-txt\n'
            f'curl -sSf -d "{data}" {manage}/{path}\n'
        )
        file.chmod(0o755)
        return file


@pytest.fixture
def pebble(tmp_path):
    with Pebble(tmp_path) as pebble:
        yield pebble


def start(pebble, way):
    settings = pebble.folder / "hub.toml"
    settings.write_text(SETTINGS.format(directory=pebble.directory, ca=pebble.ca, way=way))
    words = ("--config", str(settings))
    return Hub(pebble.folder / "hub", free_port_base(), *words, command="hub")


def shown(hub, pebble):
    """The serial that browsers see for the name, verified by the server's root."""
    context = ssl.create_default_context(cadata=pebble.root)
    port = int(hub.ready["web"].rpartition(":")[2])
    with (
        socket.create_connection(("127.0.0.1", port)) as plain,
        context.wrap_socket(plain, server_hostname="hub.example") as safe,
    ):
        return safe.getpeercert()["serialNumber"]


def by_acme(hub):
    found = hub.muster("pki", "web", "--json")
    return found if found["source"] == "acme" else None


def test_names_are_proved_by_http_and_the_listener_shows_the_certificate(pebble):
    hub = start(pebble, f"http_port = {pebble.http}")
    try:
        found = until("a certificate by ACME", lambda: by_acme(hub))
        first = shown(hub, pebble)
        assert (found["names"], found["fault"]) == (["hub.example", "other.example"], "")
        hub.muster("pki", "web", "--renew")
        assert shown(hub, pebble) != first
    finally:
        hub.stop()


def test_names_are_proved_in_dns_and_a_failure_says_why(pebble):
    hub = start(pebble, f'dns_hook = "{pebble.hook(path="no-such-path")}"\ndns_wait = "0s"')
    try:
        found = until(
            "a failure",
            lambda: (told := hub.muster("pki", "web", "--json"))["fault"] and told,
        )
        assert found["source"] == "own"
        assert "hook present ended with 22" in found["fault"]
        pebble.hook()
        hub.muster("pki", "web", "--renew")
        assert by_acme(hub)["fault"] == ""
        shown(hub, pebble)
        outcomes = [
            each["outcome"]
            for each in hub.muster("audit", "list", "--json")
            if each["action"] == "web.certificate"
        ]
        assert outcomes == ["ok", "unavailable"]
    finally:
        hub.stop()
