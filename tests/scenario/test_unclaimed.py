"""Nothing leaves a machine before it is claimed: counted where its only wire ends."""

import contextlib
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from processes import DEADLINE_S, ENVIRONMENT, MUSTER, free_port_base
from processes import Hub as RunningHub

import muster.hub
from muster.agent.exits import Exit

pytestmark = pytest.mark.scenario
ENTRYPOINT = Path(muster.hub.__file__).parent / "packaging/docker/entrypoint.sh"
HERE, THERE = "10.94.7.1", "10.94.7.2"


def why_not() -> str:
    if os.geteuid() != 0:
        return "network namespaces take root"
    probe = subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False)
    return "" if probe.returncode == 0 else "no network namespace may be made here"


def ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True)


class Wire:
    """A machine in a namespace of its own, and this end of its only wire, which counts."""

    def __init__(self):
        mark = f"u{os.getpid() % 100_000}"
        self.machine, self._here, self._there = f"{mark}-mac", f"{mark}a", f"{mark}b"

    def set_up(self):
        ip("netns", "add", self.machine)
        ip("link", "add", self._here, "type", "veth", "peer", "name", self._there,
           "netns", self.machine)  # fmt: skip
        # A kernel greets its neighbours by IPv6 of its own accord.
        for name, prefix in ((self._here, ()), (self._there, self.inside)):
            setting = f"net.ipv6.conf.{name}.disable_ipv6=1"
            subprocess.run([*prefix, "sysctl", "-qw", setting], check=True, capture_output=True)
        ip("address", "add", f"{HERE}/24", "dev", self._here)
        ip("link", "set", self._here, "up")
        for words in (("address", "add", f"{THERE}/24", "dev", self._there),
                      ("link", "set", self._there, "up"), ("link", "set", "lo", "up"),
                      ("route", "add", "default", "via", HERE)):  # fmt: skip
            ip("-n", self.machine, *words)
        # Nor shall either kernel ask who the other is, as they do seconds after they last spoke.
        ends = ((self._there, self.inside, (), THERE), (self._here, (), self.inside, HERE))
        for (name, enter, other, address), (peer, *_) in zip(ends, reversed(ends), strict=True):
            read = [*enter, "cat", f"/sys/class/net/{name}/address"]
            mac = subprocess.run(read, check=True, capture_output=True, text=True).stdout.strip()
            known = ("neigh", "replace", address, "lladdr", mac, "dev", peer, "nud", "permanent")
            subprocess.run([*other, "ip", *known], check=True, capture_output=True)

    def take_down(self):
        subprocess.run(["ip", "netns", "delete", self.machine], capture_output=True, check=False)

    @property
    def inside(self):
        return ("ip", "netns", "exec", self.machine)

    def bytes(self):
        """All that ever came out of the machine."""
        return int(Path(f"/sys/class/net/{self._here}/statistics/rx_bytes").read_text())

    def run(self, *words, stdin="", limit_s=DEADLINE_S):
        """A muster command on the machine; None when it runs on until the limit."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return subprocess.run(
                [*self.inside, *words], input=stdin, capture_output=True, text=True,
                timeout=limit_s, check=False, env=os.environ | ENVIRONMENT,
            )  # fmt: skip
        return None


@pytest.fixture(scope="module")
def wire():
    if reason := why_not():
        pytest.skip(reason)
    made = Wire()
    try:
        made.set_up()
        yield made
    finally:
        made.take_down()


def test_an_agent_that_is_not_claimed_sends_no_byte_and_a_claim_does(wire, tmp_path):
    data, before = tmp_path / "agent", wire.bytes()
    folder = ("--data", str(data))
    started = wire.run(*MUSTER, "agent", "run", *folder)
    assert started.returncode == Exit.NOT_CLAIMED
    assert wire.run(*MUSTER, "doctor", *folder).returncode == 8
    assert wire.run(*MUSTER, "doctor", "--machine").returncode in (0, 8)
    assert wire.run(*MUSTER, "agent", "dump", "--only", "cpu,mem,net").returncode == 0
    assert wire.run(*MUSTER, "agent", "where", *folder).returncode in (0, 8)

    assert wire.bytes() == before
    hub = RunningHub(tmp_path / "hub", free_port_base(), command="hub")
    try:
        token = hub.muster("token", "create", "--json")["token"]
    finally:
        hub.stop()
    words = ("agent", "claim", "--token-file", "-", *folder, "--url", f"https://{HERE}:9")
    assert wire.run(*MUSTER, *words, stdin=token).returncode == Exit.CANNOT_CONNECT
    assert wire.bytes() > before, "the wire does count"


def test_a_container_that_waits_to_be_claimed_sends_no_byte(wire, tmp_path):
    program, before = tmp_path / "muster", wire.bytes()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m muster "$@"\n')
    program.chmod(0o755)
    variables = {"MUSTER_PROGRAM": str(program), "MUSTER_AGENT_DATA": str(tmp_path / "agent")}
    process = subprocess.Popen(
        [*wire.inside, "sh", ENTRYPOINT], stderr=subprocess.PIPE, text=True,
        env=os.environ | ENVIRONMENT | variables,
    )  # fmt: skip
    limit = threading.Timer(DEADLINE_S, process.kill)
    limit.start()
    try:
        said = ""
        while "docker exec" not in said:
            line = process.stderr.readline()
            assert line, said
            said += line
        assert "it sends nothing" in said
        assert wire.bytes() == before
    finally:
        limit.cancel()
        process.terminate()
        process.wait(DEADLINE_S)
        process.stderr.close()
