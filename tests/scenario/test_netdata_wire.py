"""Claims by the bytes that agents send: curl as the script of 1.x runs it, raw HTTP as 2.x."""

import json
import re
import shutil
import socket
import ssl
import subprocess
import uuid
from urllib.parse import quote

import pytest
from processes import Hub, free_port_base, until

from muster.log import Secret
from muster.testing.rsakeys import open_challenge, public_pem
from muster.wire.netdata import discovery
from muster.wire.netdata.claim import ClaimPut, Dialect, format_claim
from muster.wire.netdata.discovery import PasswordRequest, format_password_request

pytestmark = pytest.mark.scenario
curl = pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
wget = pytest.mark.skipif(not shutil.which("wget"), reason="wget is not installed")


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    base = free_port_base()
    port = free_port_base()
    data = tmp_path_factory.mktemp("hub") / "data"
    hub = Hub(data, base, "--netdata-port", str(port), command="hub")
    hub.ports = (base, port)
    hub.root = data / "ca" / "root.pem"
    yield hub
    assert hub.stop() == 0, hub.said()


def token_of(hub, *words):
    made = hub.muster("token", "create", "--dialect", "netdata", *words, "--json")
    return made["token"]


def put_of(token, **changed):
    given = {
        "node_id": str(uuid.uuid4()),
        "hostname": "web-1",
        "token": Secret(token) if isinstance(token, str) else token,
        "public_key": public_pem(),
        "machine_guid": str(uuid.uuid4()),
    }
    return ClaimPut(**(given | changed))


def by_curl(hub, put, file, port):
    """(status, body), as netdata-claim.sh asks."""
    file.write_bytes(format_claim(put, Dialect.SCRIPT))
    done = subprocess.run(
        [
            *("curl", "--silent", "--cacert", str(hub.root), "--connect-timeout", "30"),
            *("--retry", "0", "-X", "PUT", "-d", f"@{file}", "-w", "%{http_code}"),
            f"https://localhost:{port}/api/v1/spaces/nodes/{put.node_id}",
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout[-3:]), done.stdout[:-3]


def by_wget(hub, put, file, port):
    """(exit code, all it says), as the script asks where there is no curl."""
    file.write_bytes(format_claim(put, Dialect.SCRIPT))
    done = subprocess.run(
        [
            *("wget", "-T", "15", "-O", "-", "-q", "--server-response", "--content-on-error=on"),
            *("--method=PUT", f"--body-file={file}", "--ca-certificate", str(hub.root)),
            f"https://localhost:{port}/api/v1/spaces/nodes/{put.node_id}",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout


class Raw:
    """Requests as the small HTTP client of an agent writes them; answers as it reads them."""

    def __init__(self, hub, port):
        self._context = ssl.create_default_context(cafile=str(hub.root))
        self._port = port

    def ask(self, method, path, body=b"", *headers):
        lines = [
            f"{method} {path} HTTP/1.1",
            "Host: localhost",
            "User-Agent: Netdata/rocks newhttpclient",
            *headers,
            *([f"Content-Length: {len(body)}"] if body else []),
        ]
        head = "\r\n".join((*lines, "", "")).encode()
        with (
            socket.create_connection(("127.0.0.1", self._port), 60) as plain,
            self._context.wrap_socket(plain, server_hostname="localhost") as tls,
        ):
            tls.sendall(head + body)
            answer = b""
            while not self._is_whole(answer):  # the agent closes
                part = tls.recv(65_536)
                assert part, "the hub closes first: an agent may lose the answer by that"
                answer += part
        return self._read(answer)

    @staticmethod
    def _is_whole(answer):
        head, end, body = answer.partition(b"\r\n\r\n")
        length = re.search(rb"Content-Length: (\d+)", head)
        return bool(end) and len(body) >= (int(length[1]) if length else 0)

    @staticmethod
    def _read(answer):
        assert len(answer) < 16_384
        head, _, body = answer.partition(b"\r\n\r\n")
        first, *lines = head.split(b"\r\n")
        assert first.startswith(b"HTTP/1.1 ") and first[12:13] == b" "
        headers = dict(line.split(b": ", 1) for line in lines)
        assert all(0 < len(each) < 1_024 for line in headers.items() for each in line)
        names = {name.lower() for name in headers}
        assert names <= {b"server", b"date", b"content-type", b"content-length"}
        assert len(body) == int(headers.get(b"Content-Length", 0))
        return int(first[9:12]), body


@curl
def test_the_scripts_claim_by_curl_makes_a_node_at_either_port(hub, tmp_path):
    for port in hub.ports:
        put = put_of(token_of(hub, "--room", "Lab"), rooms=("Lab",), public_key=public_pem(port))
        assert by_curl(hub, put, tmp_path / "tmpin.txt", port) == (204, "")
        again = by_curl(hub, put, tmp_path / "tmpin.txt", port)
        assert again == (204, "")
        node = hub.node(put.hostname) if port == hub.ports[0] else hub.node("web-1-2")

        assert node["link"]["dialect"] == "netdata"
        assert node["state"] == "pending"
        assert node["credential"] is None
        assert node["rooms"] == ["Lab"]
        assert hub.muster("node", "show", node["name"], "--json")["credentials"] == []


@curl
def test_errors_are_found_by_the_scripts_text_tools(hub, tmp_path):
    for changed, status, key in (
        ({"token": Secret("A" * 135)}, 403, "ErrForbidden"),
        ({"rooms": ("nowhere",)}, 422, "ErrInvalidRoomID"),
        ({"public_key": "x"}, 422, "ErrInvalidPublicKey"),
    ):
        put = put_of(**({"token": token_of(hub)} | changed))
        told, body = by_curl(hub, put, tmp_path / "tmpin.txt", hub.ports[1])
        assert told == status
        assert f'"errorMsgKey":"{key}"' in body


@wget
def test_the_scripts_claim_by_wget_is_answered_like_that_by_curl(hub, tmp_path):
    good = put_of(token_of(hub), hostname="by-wget", public_key=public_pem(11))
    code, said = by_wget(hub, good, tmp_path / "tmpin.txt", hub.ports[1])
    wrong = put_of(Secret("A" * 135))
    refused, why = by_wget(hub, wrong, tmp_path / "tmpin.txt", hub.ports[1])

    assert (code, "HTTP/1.1 204" in said) == (0, True), said
    assert hub.node("by-wget")["link"]["dialect"] == "netdata"
    assert refused == 8  # the script takes it for an answer
    assert '"errorMsgKey":"ErrForbidden"' in why


def test_a_daemon_claims_with_five_ids_and_opens_the_way_to_its_link(hub):
    raw, token = Raw(hub, hub.ports[1]), token_of(hub)
    machine, key = str(uuid.uuid4()), public_pem(5)
    for _ in range(5):
        put = put_of(token, machine_guid=machine, public_key=key, hostname="daemon")
        path = f"/api/v1/spaces/nodes/{put.node_id}"
        body = format_claim(put)
        assert raw.ask("PUT", path, body, "Content-Type: application/json") == (204, b"")
    nodes = hub.muster("node", "list", "--json")
    assert len([node for node in nodes if node["name"].startswith("daemon")]) == 1

    asked = f"/api/v1/env?v=2.10.4&cap=proto,ctx&claim_id={put.node_id}"
    status, body = raw.ask("GET", asked)
    env = discovery.parse_env(body)
    assert status == 200
    assert env.auth_endpoint == f"https://localhost:{hub.ports[1]}/api/v1/auth"

    node = f"/api/v1/auth/node/{put.node_id}"
    status, body = raw.ask("GET", f"{node}/challenge")
    assert status == 200
    assert len(json.loads(body)["challenge"]) == 344
    nonce = open_challenge(discovery.parse_challenge(body), 5)
    status, body = raw.ask(
        "POST", f"{node}/password", format_password_request(PasswordRequest(nonce))
    )
    assert status == 201
    assert discovery.parse_credentials(body).client_id == put.node_id


def test_any_name_of_the_hub_will_do_for_agents_and_for_them_alone(hub):
    raw = Raw(hub, hub.ports[0])
    for path, status in (("/api/v1/env", 200), ("/api/v1/health", 421)):
        with (
            socket.create_connection(("127.0.0.1", hub.ports[0]), 60) as plain,
            raw._context.wrap_socket(plain, server_hostname="localhost") as tls,
        ):
            tls.sendall(f"GET {path} HTTP/1.1\r\nHost: cloud.example\r\n\r\n".encode())
            assert tls.recv(65_536).startswith(f"HTTP/1.1 {status} ".encode())


def test_who_is_revoked_or_removed_is_banned_and_claims_no_more(hub):
    raw, token = Raw(hub, hub.ports[1]), token_of(hub, "--uses", "9")
    for number, verb in ((6, "revoke"), (7, "remove")):
        put = put_of(token, public_key=public_pem(number), hostname=f"gone-{verb}")
        path = f"/api/v1/spaces/nodes/{put.node_id}"
        assert raw.ask("PUT", path, format_claim(put))[0] == 204
        hub.muster("node", verb, put.hostname, *(("--reason", "lost") if number == 6 else ()))
        asked = f"/api/v1/env?v=1.45.0&cap=proto,ctx&claim_id={quote(put.node_id)}"
        for ask in (asked, f"/api/v1/auth/node/{put.node_id}/challenge"):
            status, body = raw.ask("GET", ask)
            assert status == 403
            assert discovery.parse_failure(body).error_non_retryable
        assert raw.ask("PUT", path, format_claim(put)) == (
            403,
            b'{"errorMsgKey":"ErrForbidden"}',
        )


def test_a_claim_that_waits_comes_in_by_claiming_once_more_after_it_was_approved(hub):
    space = hub.muster("space", "create", "asking", "--json")
    hub.muster("space", "set", "asking", "--approval", "always")
    raw, token = Raw(hub, hub.ports[1]), token_of(hub, "--space", space["id"])

    def claim():
        put = put_of(token, machine_guid=machine, public_key=public_pem(8), hostname="patient")
        return raw.ask("PUT", f"/api/v1/spaces/nodes/{put.node_id}", format_claim(put))

    machine = str(uuid.uuid4())
    for _ in range(3):
        status, body = claim()
        assert (status, body.startswith(b'{"errorMsgKey":"ErrProcessingClaim"')) == (422, True)
    (waiting,) = hub.muster("approval", "list", "--json")
    hub.muster("approval", "approve", waiting["id"])
    assert claim() == (204, b"")
    node = until("the node is listed", lambda: hub.node("patient"))
    assert node["link"]["dialect"] == "netdata"
