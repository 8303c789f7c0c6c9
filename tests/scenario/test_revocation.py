"""One action ends a node: link, handshake, sessions and renewal; and the list says so."""

import json
import ssl
import subprocess

import pytest
from attacker import HandLink, anchors, call, connect, new_node, operator, tls
from processes import Agent, Hub, claim, free_port_base, run, until

from muster.pki import keys
from muster.wire.messages import Goodbye, Renew, Welcome

pytestmark = pytest.mark.scenario


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    started = Hub(tmp_path_factory.mktemp("hub") / "data", free_port_base(), command="hub")
    yield started
    started.stop()


def revoke(hub, node):
    operator(hub, "POST", f"/api/v1/nodes/{node}/revoke", {"reason": "stolen"})


def test_the_live_link_is_cut(hub):
    node = new_node(hub, "cut")
    with HandLink(hub, node) as link:
        assert isinstance(link.hello(), Welcome)
        revoke(hub, node.node)
        assert link.goodbye().code == "revoked"


def test_a_new_connection_is_refused_by_name(hub):
    node = new_node(hub, "handshake")
    revoke(hub, node.node)

    with HandLink(hub, node) as link:
        told = link.hello()

    assert isinstance(told, Goodbye)
    assert told.code == "node_revoked"


def test_no_session_can_be_resumed_so_every_connection_shows_its_certificate(hub):
    node = new_node(hub, "ticket")
    context = tls(hub, node)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    with connect(hub, "agents", context) as first:
        first.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        while first.recv(4096):
            pass
        session = first.session
    assert not session.has_ticket
    revoke(hub, node.node)

    raw = connect(hub, "agents", None)
    with context.wrap_socket(raw, server_hostname="127.0.0.1", session=session) as second:
        assert not second.session_reused
        second.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert second.recv(12) != b"HTTP/1.1 101"


def test_an_old_session_cannot_be_forced_with_tls_of_before(hub):
    node = new_node(hub, "older")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        connect(hub, "agents", tls(hub, node, most=ssl.TLSVersion.TLSv1_2)).recv(1)


def test_a_renewal_is_refused(hub):
    node = new_node(hub, "renewal")
    with HandLink(hub, node) as link:
        assert isinstance(link.hello(), Welcome)
        revoke(hub, node.node)
        try:
            link.say(Renew(request=keys.make_request(keys.make_key())))
            answer = link.goodbye()
        except ConnectionError:  # it was cut before it could ask
            answer = Goodbye(code="revoked")
    assert answer.code in ("revoked", "node_revoked")
    credentials = operator(hub, "GET", f"/api/v1/nodes/{node.node}")["credentials"]
    assert {each["state"] for each in credentials} == {"revoked"}


def verify(hub, tmp_path, chain):
    """What `openssl verify -crl_check` says of a certificate, with the hub's published lists."""
    lists = call(hub, "enrol", "GET", "/v1/crl")
    assert lists.status == 200
    assert call(hub, "web", "GET", "/crl.pem").body == lists.body
    (tmp_path / "crl.pem").write_bytes(lists.body)
    (tmp_path / "root.pem").write_text(anchors(hub))
    (tmp_path / "chain.pem").write_text(chain)
    command = ["openssl", "verify", "-x509_strict", "-crl_check"]
    command += ["-CAfile", str(tmp_path / "root.pem"), "-CRLfile", str(tmp_path / "crl.pem")]
    command += ["-untrusted", str(tmp_path / "chain.pem"), str(tmp_path / "chain.pem")]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_published_list_names_it_at_once_and_openssl_goes_by_it(hub, tmp_path):
    node = new_node(hub, "listed")
    good = verify(hub, tmp_path, node.chain)
    assert good.returncode == 0, good.stderr

    revoke(hub, node.node)
    bad = verify(hub, tmp_path, node.chain)

    assert "certificate revoked" in bad.stderr + bad.stdout


def test_a_removed_nodes_certificate_stays_on_the_list(hub, tmp_path):
    node = new_node(hub, "removed")
    operator(hub, "DELETE", f"/api/v1/nodes/{node.node}")

    assert "certificate revoked" in verify(hub, tmp_path, node.chain).stderr


def test_neither_its_folder_nor_the_token_it_kept_brings_it_back(hub, tmp_path):
    token = hub.muster("token", "create", "--uses", "5", "--json")["token"]
    assert claim(tmp_path / "a", token).returncode == 0
    agent = Agent(tmp_path / "a")
    id = json.loads((tmp_path / "a/identity/node.json").read_text())["node"]
    until("it is live", lambda: hub.node(id)["state"] == "live")
    try:
        revoke(hub, id)
        until("the agent knows", lambda: (agent.status() or {"link": {}})["link"].get("code"))
    finally:
        agent.stop()

    kept = {"MUSTER_CLAIM_TOKEN": token, "MUSTER_CLAIM_ID": id}
    again = run("agent", "claim", "--data", str(tmp_path / "a"), ok=False, env=kept)
    elsewhere = run("agent", "claim", "--data", str(tmp_path / "b"), "--id", id, ok=False, env=kept)
    again_run = Agent(tmp_path / "a")
    try:
        until("it is refused", lambda: refused(again_run))
    finally:
        again_run.stop()

    assert again.returncode != 0, again.stdout
    assert elsewhere.returncode != 0, elsewhere.stdout
    assert hub.node(id)["state"] == "revoked"


def refused(agent):
    status = agent.status()
    return status is not None and status["link"]["code"] == "node_revoked"
