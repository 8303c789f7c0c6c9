"""The CA of a hub that runs: where its keys are, how its root is replaced, what is revoked."""

import json
import os
import re
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest
from attacker import operator
from processes import Agent, Hub, claim, free_port_base, run, until

from muster.log import Secret
from muster.pki import keys
from muster.store.archive import read_archive

pytestmark = pytest.mark.scenario
SECOND_NS = 1_000_000_000
SHORT = """
[link]
heartbeat = "1s"
silence = "10s"

[ca]
renew_within = "2s"
"""


def data_folder(tmp_path, text=SHORT):
    data = tmp_path / "hub"
    data.mkdir(mode=0o700)
    (data / "hub.toml").write_text(text)
    return data


def signer_of(hub):
    """The process of the signer, a child of the hub."""
    for threads in Path(f"/proc/{hub.process.pid}/task").glob("*/children"):
        for child in text_of(threads).split():
            if "muster.hub.keys.signer" in text_of(Path(f"/proc/{child}/cmdline")):
                return int(child)
    raise AssertionError("the hub has no signer")


def text_of(path):
    """Of a process or a thread that has ended meanwhile it is empty."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return path.read_text()
    return ""


def traces(folder):
    """What shows each key of a CA in memory: its number, both ways round, and its PEM."""
    found = {}
    for path in folder.glob("*.key"):
        key = keys.load_signing_key(Secret(path.read_text()))
        number = key.private_numbers().private_value.to_bytes(32, "big")
        found[f"{path.name} as a number"] = number
        found[f"{path.name} as OpenSSL has it"] = number[::-1]
        found[f"{path.name} as PEM"] = path.read_text().splitlines()[2].encode()
    return found


REGION = re.compile(
    r"^([0-9a-f]+)-([0-9a-f]+) (r\S+) \S+ \S+ (\d+) *(.*)\n(?:(?!VmFlags).*\n)*?"
    r"Rss: +(\d+) kB\n(?:(?!VmFlags).*\n)*?Swap: +(\d+) kB",
    re.MULTILINE,
)


def written(pid):
    """Spans of memory that a process may have written to: a library's own text is not read."""
    for found in REGION.finditer(Path(f"/proc/{pid}/smaps").read_text()):
        start, end, mode, file, name, *there = found.groups()
        if ("w" not in mode and file != "0") or name.startswith("[v") or there == ["0", "0"]:
            continue
        yield int(start, 16), int(end, 16)


def held(pid, wanted):
    """Which of these bytes the memory of a process has. Needs the right to look into it."""
    seen = set()
    longest = max(map(len, wanted.values()))
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for start, end in written(pid):
            tail = b""
            for at in range(start, end, 1 << 24):
                try:
                    part = os.pread(memory.fileno(), min(1 << 24, end - at), at)
                except OSError:
                    break
                block = tail + part
                seen |= {name for name, trace in wanted.items() if trace in block}
                tail = block[-longest:]
    return seen


def kept(backup):
    """The names of what a backup holds."""
    return {entry.path for entry in read_archive(backup, lambda *_file: None).files}


def may_look_into(pid):
    try:
        with Path(f"/proc/{pid}/mem").open("rb"):
            return True
    except PermissionError:
        return False


def test_no_key_of_the_ca_is_in_the_memory_of_the_hub(tmp_path):
    base = free_port_base()
    hub = Hub(data_folder(tmp_path), base, command="hub")
    try:
        token = hub.muster("token", "create", "--json")["token"]
        assert claim(tmp_path / "a", token).returncode == 0
        wanted = traces(hub.data / "ca")
        assert len(wanted) == 9
        # The look itself works: this process has just read them.
        assert held(os.getpid(), wanted) >= {
            f"{part}.key as PEM" for part in ("root", "agents", "servers")
        }

        assert held(hub.process.pid, wanted) == set()
        # Nor does a backup bring one there, though it holds them all.
        backup = tmp_path / "b.tar.zst"
        hub.muster("backup", "create", str(backup), "--json")
        assert kept(backup) >= {f"ca/{name}" for name in ("root.key", "agents.key", "servers.key")}
        assert held(hub.process.pid, wanted) == set()

        signer = signer_of(hub)
        if may_look_into(signer):  # it takes CAP_SYS_PTRACE, also for its own user
            assert {name.split()[0] for name in held(signer, wanted)} >= {
                "agents.key",
                "servers.key",
            }
        assert os.getpgid(signer) != os.getpgid(hub.process.pid)
    finally:
        assert hub.stop() == 0
    until("the signer has ended with its hub", lambda: not Path(f"/proc/{signer}").exists())


def test_a_signer_that_is_killed_is_started_again_and_one_ends_with_a_killed_hub(tmp_path):
    hub = Hub(data_folder(tmp_path), free_port_base(), command="hub")
    first = signer_of(hub)
    os.kill(first, signal.SIGTERM)  # not its to hear
    assert signer_of(hub) == first
    os.kill(first, signal.SIGKILL)
    token = hub.muster("token", "create", "--json")["token"]

    assert claim(tmp_path / "a", token).returncode == 0
    second = signer_of(hub)
    assert second != first

    hub.stop(signal.SIGKILL)
    until("the signer has ended", lambda: not Path(f"/proc/{second}").exists())


def node_of(agent):
    return json.loads((agent.data / "identity/node.json").read_text())["node"]


def times_of(hub, node):
    """The seconds of which the hub has values of a node."""
    now_ns = time.time_ns()
    query = {
        "select": {"measurement": "system", "fields": ["uptime"], "nodes": [node]},
        "start_ns": now_ns - 600 * SECOND_NS,
        "end_ns": now_ns + SECOND_NS,
    }
    return operator(hub, "POST", "/api/v1/query", query)["times"]


def check_no_gap(hub, agent):
    """Every second is there once, but those that the agent itself could not collect."""
    asked_ns = time.time_ns()

    def newest():
        times = times_of(hub, node_of(agent))
        return times if times and times[-1] > asked_ns else None

    times = until("values of now", newest)
    missing = (times[-1] - times[0]) // SECOND_NS + 1 - len(times)
    assert len(times) == len(set(times))
    assert missing <= agent.told()["missed_ticks"]


def start_agents(hub, tmp_path, count):
    token = hub.muster("token", "create", "--uses", str(count), "--json")["token"]
    agents = []
    for number in range(count):
        folder = tmp_path / f"agent{number}"
        assert claim(folder, token).returncode == 0
        agents.append(Agent(folder))
    return agents


def status(hub):
    return hub.muster("ca", "roll", "status", "--json")


def test_a_root_is_replaced_while_agents_are_connected(tmp_path):
    hub = Hub(data_folder(tmp_path), free_port_base(), command="hub")
    agents = []
    try:
        agents = start_agents(hub, tmp_path, 3)
        old_token = hub.muster("token", "create", "--uses", "5", "--json")["token"]
        until("all are live", lambda: all_live(hub, 3))
        old = hub.muster("ca", "show", "--json")

        hub.muster("ca", "roll", "prepare", "--json")
        until("all know the new root", lambda: status(hub)["confirmed"] == 3)
        refused = hub.muster("ca", "roll", "retire", ok=False)
        assert refused.returncode == 6

        hub.muster("ca", "roll", "activate", "--json")
        # A token of before lets a machine in, verified by the cross certificate.
        late = tmp_path / "late"
        done = claim(late, old_token)
        assert done.returncode == 0, done.stderr
        agents.append(Agent(late))
        until("all have renewed", lambda: status(hub)["renewed"] == 4)
        assert status(hub)["behind"] == []

        done = hub.muster("ca", "roll", "retire", "--json")
        assert done["phase"] == "steady"
        new = hub.muster("ca", "show", "--json")
        assert len(new["pins"]) == 1
        assert new["pins"] != old["pins"]

        anchors = new["anchors"]
        until(
            "all trust the new root alone",
            lambda: all((a.data / "identity/anchors.pem").read_text() == anchors for a in agents),
        )
        until("all are live again", lambda: all_live(hub, 4))
        for agent in agents:
            check_no_gap(hub, agent)
        refused = claim(tmp_path / "too-late", old_token)
        assert refused.returncode != 0
        assert "none of its roots is pinned" in refused.stderr
        actions = [each["action"] for each in operator(hub, "GET", "/api/v1/audit?limit=200")]
        assert {"ca.prepare", "ca.activate", "ca.retire"} <= set(actions)
    finally:
        for agent in agents:
            agent.stop()
        hub.stop()


def all_live(hub, count):
    nodes = hub.muster("node", "list", "--json")
    return len(nodes) == count and all(node["state"] == "live" for node in nodes)


PASSPHRASE = "correct horse battery"


def take_root_away(hub, tmp_path):
    """Export the root's key and take it off the hub; the words that give it back."""
    (tmp_path / "passphrase").write_text(PASSPHRASE)
    secret = ("--passphrase-file", str(tmp_path / "passphrase"))
    file = str(tmp_path / "exported.key")
    hub.muster("ca", "root", "export", file, *secret)
    hub.muster("ca", "root", "remove")
    return ("--root-key", file, *secret)


def test_with_its_root_offline_a_hub_rolls_by_the_exported_key_and_a_sleeper_follows(tmp_path):
    hub = Hub(data_folder(tmp_path), free_port_base(), command="hub")
    agents = []
    try:
        agents = start_agents(hub, tmp_path, 2)
        until("both are live", lambda: all_live(hub, 2))
        agents.pop().stop()  # sleeps through all of it
        key = take_root_away(hub, tmp_path)
        assert hub.muster("ca", "show", "--json")["root_key"] == "offline"
        assert hub.muster("ca", "roll", "prepare", ok=False).returncode == 6

        hub.muster("ca", "roll", "prepare", *key)
        hub.muster("ca", "roll", "activate")
        until("the other has renewed", lambda: status(hub)["renewed"] == 1)
        assert [each["name"] for each in status(hub)["behind"]]
        # Its anchors are the old ones alone: the cross certificate leads it back.
        agents.append(Agent(tmp_path / "agent1"))
        until("the sleeper has renewed", lambda: status(hub)["renewed"] == 2)
        hub.muster("ca", "roll", "retire")
        until("both go on", lambda: all_live(hub, 2))
        for agent in agents:
            agent.stop()
            assert agent.said().count("trust anchors not stored") == 0
    finally:
        for agent in agents:
            agent.stop()
        hub.stop()


def test_who_slept_until_the_old_root_was_retired_is_told_what_to_do(tmp_path):
    hub = Hub(data_folder(tmp_path), free_port_base(), command="hub")
    try:
        (agent,) = start_agents(hub, tmp_path, 1)
        until("it is live", lambda: all_live(hub, 1))
        agent.stop()
        for words in (("prepare",), ("activate",), ("retire", "--force")):
            hub.muster("ca", "roll", *words)
        late = Agent(tmp_path / "agent0")
        try:

            def told():
                found = late.status()
                return found["link"] if found and found["link"]["code"] == "untrusted" else None

            assert "claim it anew" in until("it says why", told)["cause"]
        finally:
            late.stop()
    finally:
        hub.stop()


def make_corporate_root(folder):
    """A root as a company may have it: made by openssl, RSA."""
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650"]
    command += ["-subj", "/O=Example/CN=Example Root", "-addext", "keyUsage=critical,keyCertSign"]
    command += ["-keyout", str(folder / "ca.key"), "-out", str(folder / "ca.cer")]
    subprocess.run(command, check=True, capture_output=True)
    return ("--root-cert", str(folder / "ca.cer"), "--root-key", str(folder / "ca.key"))


def test_a_root_of_ones_own_takes_over_a_running_hub(tmp_path):
    hub = Hub(data_folder(tmp_path), free_port_base(), command="hub")
    agents = []
    try:
        agents = start_agents(hub, tmp_path, 2)
        until("both are live", lambda: all_live(hub, 2))
        words = make_corporate_root(tmp_path)

        hub.muster("ca", "import", *words, "--offline")
        hub.muster("ca", "roll", "activate")
        until("both have renewed", lambda: status(hub)["renewed"] == 2)
        hub.muster("ca", "roll", "retire")

        shown = hub.muster("ca", "show", "--json")
        assert shown["root"]["subject"] == "Example Root"
        assert shown["root_key"] == "offline"
        token = hub.muster("token", "create", "--json")["token"]
        assert claim(tmp_path / "new", token).returncode == 0
        for agent in agents:
            check_no_gap(hub, agent)
    finally:
        for agent in agents:
            agent.stop()
        hub.stop()


def test_a_hub_begins_under_a_root_of_ones_own(tmp_path):
    data = data_folder(tmp_path)
    told = run("--data", str(data), "ca", "import", *make_corporate_root(tmp_path), "--json")
    hub = Hub(data, free_port_base(), command="hub")
    try:
        token = hub.muster("token", "create", "--json")["token"]
        assert claim(tmp_path / "a", token).returncode == 0
        assert hub.muster("ca", "show", "--json")["hub"] == told["hub"]
    finally:
        hub.stop()
