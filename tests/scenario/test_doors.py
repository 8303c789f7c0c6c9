"""The doors as real processes have them: a node that is shut out, a certificate brought along."""

import json
import signal
import ssl
from pathlib import Path

import pytest
from attacker import operator
from processes import Hub, claim, free_port_base, run, until

from muster.clock import SystemClock
from muster.pki.authority import Authority, make_hierarchy

pytestmark = pytest.mark.scenario


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    folder = tmp_path_factory.mktemp("doors")
    data = folder / "data"
    data.mkdir(mode=0o700)
    (data / "hub.toml").write_text(
        f'[web]\ncertificate = "{folder}/cert.pem"\nkey = "{folder}/key.pem"\n'
    )
    bring(folder, "first.example")
    hub = Hub(data, free_port_base(), command="hub")
    yield hub
    assert hub.stop() == 0, hub.said()


def bring(folder: Path, name: str) -> None:
    """A certificate of another CA, and its key."""
    now_ns = SystemClock().now_ns()
    issued = Authority(make_hierarchy(now_ns)).issue_server([name], now_ns=now_ns)
    (folder / "cert.pem").write_text(issued.chain)
    (folder / "key.pem").write_text(issued.key.reveal())
    (folder / "key.pem").chmod(0o600)


def shown(hub: Hub, step: int = 0) -> str:
    port = int(hub.ready["web"].rpartition(":")[2]) + step
    return ssl.get_server_certificate(("127.0.0.1", port), timeout=60)


def is_first(pem: str, file: Path) -> bool:
    return file.read_text().startswith(pem.strip())


@pytest.mark.parametrize(("act", "code"), [("revoke", "node_revoked"), ("remove", "node_unknown")])
def test_the_doctor_of_a_node_that_is_shut_out_says_so(hub, tmp_path, act, code):
    made = hub.muster("token", "create", "--json")
    assert claim(tmp_path / "agent", made["token"]).returncode == 0
    well = run("doctor", "--data", str(tmp_path / "agent"), "--json")
    node = json.loads((tmp_path / "agent/identity/node.json").read_text())["node"]
    if act == "revoke":
        operator(hub, "POST", f"/api/v1/nodes/{node}/revoke", {"reason": "stolen"})
    else:
        operator(hub, "DELETE", f"/api/v1/nodes/{node}")
    ill = run("doctor", "--data", str(tmp_path / "agent"), "--json", ok=False)

    assert {step["step"]: step["ok"] for step in well}["admission"] is True
    *_, tls, last = json.loads(ill.stdout)
    assert (tls["step"], tls["ok"]) == ("tls", True)
    assert (last["step"], last["ok"]) == ("admission", False)
    assert code in last["text"] and "muster agent claim" in last["remedy"]


def test_a_certificate_brought_along_is_reloaded_and_a_broken_one_is_not_taken(hub):
    folder = hub.data.parent
    assert is_first(shown(hub), folder / "cert.pem")
    before = shown(hub, 2)  # the door for claims keeps to the hub's own CA
    bring(folder, "second.example")
    hub.process.send_signal(signal.SIGHUP)
    until("the new one is shown", lambda: is_first(shown(hub), folder / "cert.pem"))
    kept = shown(hub)
    (folder / "key.pem").write_text("no key")
    hub.process.send_signal(signal.SIGHUP)
    until("the log says so", lambda: any("not taken" in line for line in hub.err))

    assert shown(hub) == kept
    assert shown(hub, 2) == before
    doctor = run("--data", str(hub.data), "doctor", ok=False)
    assert "FAIL  hub    web cert" in doctor.stdout
