"""The main job, with real processes: machines join, are seen live, leave."""

import json
import socket
import ssl
import urllib.error
import urllib.request
from itertools import pairwise

import pytest
from processes import Agent, Hub, claim, free_port_base, run, until

pytestmark = pytest.mark.scenario


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    hub = Hub(tmp_path_factory.mktemp("hub") / "data", free_port_base())
    yield hub
    assert hub.stop() == 0, hub.said()


def token(hub: Hub, *words: str) -> str:
    return hub.muster("token", "create", *words, "--json")["token"]


@pytest.fixture
def second(hub, tmp_path):
    """A second agent on this machine, live; its node and process."""
    assert claim(tmp_path / "second", token(hub)).returncode == 0
    agent = Agent(tmp_path / "second")
    status = until("the agent answers", agent.status)
    yield hub.live(status["node"]["node"]), agent
    agent.stop()


def local(hub: Hub):
    """The hub's own machine."""
    nodes = until("the local node", lambda: hub.muster("node", "list", "--json"))
    return hub.live(nodes[0]["id"])


def test_the_ready_line_says_where_everything_is(hub):
    base = int(hub.ready["web"].rsplit(":", 1)[1])

    assert hub.ready["ready"] is True
    assert hub.ready["agents"].endswith(f":{base + 1}")
    assert hub.ready["enrol"].endswith(f":{base + 2}")
    assert hub.ready["data"] == str(hub.data)


def test_the_hubs_own_machine_is_seen_live_second_by_second(hub):
    node = local(hub)
    words = ("query", "--measurement", "cpu", "--field", "usage_idle", "--tag", "cpu=cpu-total",
             "--node", node["name"], "--last", "60s", "--fn", "raw", "--json")  # fmt: skip
    answer = until("five seconds of values", lambda: _if_rows(hub.muster(*words), 5))

    times = [row[0] for row in answer["rows"]]
    assert answer["columns"] == ["time", "usage_idle"]
    steps = [after - before for before, after in pairwise(times)]
    assert all(step > 0 and step % 10**9 == 0 for step in steps)
    # None is missing but those that the agent itself could not collect.
    own = run("agent", "status", "--data", str(hub.data / "agent"), "--json")
    assert sum(steps) // 10**9 - len(steps) <= own["missed_ticks"]
    assert all(0 <= row[1] <= 100 for row in answer["rows"])
    assert dict(answer["series"][0]["tags"])["host"] == node["name"]


def _if_rows(answer, count):
    return answer if len(answer["rows"]) >= count else None


def test_a_second_agent_is_another_node_with_a_name_of_its_own(hub, second):
    node, _ = second
    names = {each["name"] for each in hub.muster("node", "list", "--json")}

    assert node["id"] != local(hub)["id"]
    assert len(names) >= 2
    assert hub.muster("node", "show", node["id"], "--json")["renamed_from"] == local(hub)["name"]


def test_a_removed_node_is_gone_and_its_agent_is_told_why(hub, second):
    node, agent = second
    hub.muster("node", "remove", node["id"])

    assert hub.node(node["id"]) is None
    status = until("the refusal", lambda: _if_refused(agent.status()))
    assert status["link"]["failures"] >= 1


def _if_refused(status):
    return status if status and status["link"]["cause"] else None


def test_a_revoked_node_is_cut_and_refused_and_stays_listed(hub, second):
    node, agent = second
    hub.muster("node", "revoke", node["id"], "--reason", "disk sold")

    assert hub.node(node["id"])["state"] == "revoked"
    until("the refusal", lambda: _if_refused(agent.status()))
    assert hub.node(node["id"])["state"] == "revoked"
    assert hub.muster("node", "show", node["id"], "--json")["revoked_reason"] == "disk sold"


def test_a_node_joins_the_rooms_of_its_token(hub, tmp_path):
    hub.muster("room", "create", "lab")
    assert claim(tmp_path / "a", token(hub, "--room", "lab")).returncode == 0

    assert [node["rooms"] for node in hub.muster("node", "list", "--room", "lab", "--json")] == [
        ["lab"]
    ]


def test_a_claimed_folder_is_not_claimed_again(hub, tmp_path):
    assert claim(tmp_path / "a", token(hub)).returncode == 0
    again = claim(tmp_path / "a", token(hub))

    assert again.returncode == 25
    assert "unclaim" in again.stderr


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda text: text[:-1] + ("A" if text[-1] != "A" else "B"), 28),
        (lambda text: text.split(".")[0], 28),
        (lambda text: "", 28),
    ],
)
def test_a_damaged_token_is_found_without_asking_the_hub(hub, tmp_path, spoil, code):
    refused = claim(tmp_path / "a", spoil(token(hub)))

    assert refused.returncode == code
    assert not (tmp_path / "a" / "identity").exists()


def test_a_token_is_used_up_revoked_or_unknown_each_with_its_own_code(hub, tmp_path):
    once = token(hub, "--uses", "1")
    assert claim(tmp_path / "a", once).returncode == 0
    assert claim(tmp_path / "b", once).returncode == 24

    revoked = hub.muster("token", "create", "--json")
    hub.muster("token", "revoke", revoked["id"])
    assert claim(tmp_path / "c", revoked["token"]).returncode == 23

    short = hub.muster("token", "create", "--ttl", "1s", "--json")["token"]
    assert until("it expires", lambda: _code(claim(tmp_path / "d", short), tmp_path)) == 23


def _code(done, tmp_path):
    """The exit code; a claim that came too early is undone."""
    if done.returncode == 0:
        run("agent", "unclaim", "--data", str(tmp_path / "d"))
        return None
    return done.returncode if done.returncode != 24 else 23


def test_another_hub_behind_the_address_is_told_by_its_pin(hub, tmp_path):
    other = Hub(tmp_path / "other", free_port_base(), command="hub")
    try:
        from muster.log import Secret
        from muster.wire.claimtoken import decode_token, encode_token

        ours, theirs = decode_token(token(hub)), decode_token(token(other))
        crossed = type(ours)(
            id=ours.id,
            secret=Secret(ours.secret.reveal()),
            pins=ours.pins,
            addresses=theirs.addresses,
        )
        refused = claim(tmp_path / "a", encode_token(crossed).reveal())

        assert refused.returncode == 21
        assert ours.secret.reveal() not in other.said()
    finally:
        assert other.stop() == 0


def test_a_hub_that_is_not_there_cannot_be_claimed_to(tmp_path, hub):
    from muster.wire.claimtoken import decode_token, encode_token

    known = decode_token(token(hub))
    absent = type(known)(
        id=known.id, secret=known.secret, pins=known.pins, addresses=("127.0.0.1:1",)
    )

    assert claim(tmp_path / "a", encode_token(absent).reveal()).returncode == 20


def test_the_agents_port_refuses_who_brings_no_certificate(hub):
    host, _, port = hub.ready["agents"].rpartition(":")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with (
        socket.create_connection((host, int(port)), 60) as raw,
        context.wrap_socket(raw) as secured,
        pytest.raises(ssl.SSLError, match="CERTIFICATE_REQUIRED"),
    ):
        secured.sendall(b"GET /v1/link HTTP/1.1\r\nHost: hub\r\n\r\n")
        secured.recv(1)


def test_the_web_listener_asks_for_a_sign_in_and_gives_strict_cookies(hub):
    context = ssl.create_default_context(cadata=hub.muster("ca", "show", "--pem"))

    def call(path, body=None, **headers):
        request = urllib.request.Request(hub.ready["web"] + path, data=body, headers=headers)
        with urllib.request.urlopen(request, context=context, timeout=60) as answer:
            return answer.headers, answer.read()

    with pytest.raises(urllib.error.HTTPError) as refused:
        call("/api/v1/nodes")
    assert refused.value.code == 401
    refused.value.close()

    password = (hub.data / "admin-password").read_text().strip()
    assert (hub.data / "admin-password").stat().st_mode & 0o777 == 0o600
    body = json.dumps({"name": "admin", "password": password}).encode()
    headers, _ = call("/api/v1/session", body, **{"Content-Type": "application/json"})
    cookie = headers["Set-Cookie"]
    for word in ("HttpOnly", "Secure", "SameSite=Strict"):
        assert word.lower() in cookie.lower()

    headers, nodes = call("/api/v1/nodes", Cookie=cookie.partition(";")[0])
    assert json.loads(nodes)
    assert "default-src 'self'" in headers["Content-Security-Policy"]


def test_a_second_hub_on_the_same_folder_is_refused_and_names_the_first(hub):
    words = ("hub", "--data", str(hub.data), "--port-base", str(free_port_base()))
    refused = run(*words, ok=False)

    assert refused.returncode == 6
    assert str(hub.process.pid) in refused.stderr


def test_a_port_in_use_is_named(hub, tmp_path):
    base = hub.ready["web"].rsplit(":", 1)[1]
    refused = run("hub", "--data", str(tmp_path / "x"), "--port-base", base, ok=False)

    assert refused.returncode == 6
    assert base in refused.stderr


def test_a_wrong_setting_keeps_the_hub_from_starting_and_names_file_and_key(tmp_path):
    file = tmp_path / "hub.toml"
    file.write_text("[listen]\nport_base = 'x'\n")
    refused = run("hub", "--data", str(tmp_path / "x"), "--config", str(file), ok=False)

    assert refused.returncode == 2
    assert f"{file}: listen.port_base: " in refused.stderr


def test_a_ca_key_that_others_may_read_keeps_the_hub_from_starting(tmp_path):
    first = Hub(tmp_path / "x", free_port_base(), command="hub")
    assert first.stop() == 0
    (tmp_path / "x/ca/agents.key").chmod(0o644)
    refused = run("hub", "--data", str(tmp_path / "x"), ok=False)

    assert refused.returncode == 2
    assert "agents.key" in refused.stderr and "0644" in refused.stderr


def test_the_doctor_finds_nothing_and_then_the_fault(hub, second):
    _, agent = second
    healthy = run("--data", str(hub.data), "doctor", "--json")
    assert all(step["ok"] is not False for step in healthy)

    (agent.data / "identity" / "key.pem").resolve().chmod(0o644)
    faulty = run("doctor", "--data", str(agent.data), ok=False)
    assert faulty.returncode == 8
    assert "chmod 600" in faulty.stdout


def test_no_secret_shows_in_what_the_processes_said(hub, second):
    text = hub.said() + second[1].said()
    password = (hub.data / "admin-password").read_text().strip()

    assert password not in text
    assert "mst1." not in text
    assert "PRIVATE KEY" not in text
