"""A running hub under attack: each attacker is told what is wrong, nobody else notices.

After every test: the hub is the same process and well, its own agent has no gap, its memory is
bounded. After all of them: nothing secret and no traceback in its log.
"""

import json
import os
import ssl
import time
from array import array
from contextlib import ExitStack
from pathlib import Path

import pytest
import zstandard
from attacker import (
    HOST,
    HandLink,
    Peer,
    ask,
    call,
    claim,
    claim_body,
    connect,
    exchange,
    forge,
    new_node,
    operator,
    parse,
    tls,
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID
from processes import Hub, free_port_base, until

from muster.clock import SECOND_NS, SystemClock
from muster.model.inventory import Facts
from muster.model.metric import Block, Kind, Layout, Series
from muster.pki import authority, keys
from muster.wire.claimtoken import decode_token
from muster.wire.columns import ColumnEncoder
from muster.wire.link import LinkCodec, Role
from muster.wire.messages import Ack, Answer, Goodbye, Hello, Later, Push, Renew, Welcome

pytestmark = pytest.mark.scenario

# Short waits, so that who is slow is cut off within a test, yet longer than a busy machine keeps
# an honest one from its turn; a small share of series per node.
CONFIG = """
[listen.web]
handshake = "8s"
idle = "8s"
[listen.agents]
handshake = "8s"
idle = "8s"
answer = "8s"
[listen.enrol]
handshake = "8s"
idle = "8s"
[link]
hello = "8s"
heartbeat = "2s"
silence = "12s"
[store.catalogue]
node_series = 2000
"""
GROWTH_BYTES = 300 << 20
DOORS = ("web", "agents", "enrol")
JSON = {"content_type": "application/json"}


def now_ns() -> int:
    return SystemClock().now_ns()


def memory_bytes(hub: Hub) -> int:
    pages = Path(f"/proc/{hub.process.pid}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


# --- the good agent


def local(hub: Hub) -> dict:
    nodes = operator(hub, "GET", "/api/v1/nodes")
    return next(node for node in nodes if node["local"])


def live(hub: Hub) -> dict:
    """The good agent's node, live: a busy machine may keep it silent for a while."""

    def ask_hub() -> dict | None:
        node = local(hub)
        return node if node["state"] == "live" else None

    return until("the good agent is live", ask_hub)


def how_it_ended(hub: Hub, peer: Peer, *words: str) -> str:
    """Why the hub ended the last link of a node, once it says one of these."""

    def ask_hub() -> str | None:
        ended = operator(hub, "GET", f"/api/v1/nodes/{peer.node}")["link"]["ended"]
        return ended if any(word in ended for word in words) else None

    return until(f"it has ended: {' or '.join(words)}", ask_hub)


def times_of(hub: Hub, node: str, start_ns: int) -> list[int]:
    query = {
        "select": {"measurement": "system", "fields": ["uptime"], "nodes": [node]},
        "start_ns": start_ns,
        "end_ns": now_ns() + SECOND_NS,
    }
    return operator(hub, "POST", "/api/v1/query", query)["times"]


def missed_ticks(hub: Hub) -> int:
    """Seconds the agent itself did not collect, because the machine was too busy."""
    status, told = ask(hub.data / "agent" / "agent.sock", "GET", "/v1/status")
    assert status == 200
    return told["missed_ticks"]


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "hub.toml").write_text(CONFIG)
    hub = Hub(folder / "data", free_port_base(), "--config", str(folder / "hub.toml"))
    hub.live(until("the local node", lambda: operator(hub, "GET", "/api/v1/nodes"))[0]["id"])
    hub.began_ns = now_ns() - SECOND_NS
    hub.first_bytes = memory_bytes(hub)
    yield hub
    password = (hub.data / "admin-password").read_text().strip()
    assert hub.stop() == 0, hub.said()
    log = "".join(hub.err)
    assert "Traceback" not in log, log[log.index("Traceback") - 500 :][:3000]
    for fault in ("internal error", "writer tries again", "could not be moved"):
        assert fault not in log
    for secret in (password, "mst1.", "PRIVATE KEY", "SECRET", "__Host-muster="):
        assert secret not in log


@pytest.fixture(autouse=True)
def nobody_else_notices(hub):
    """The hub stays up, the good agent's values come without a gap, memory is bounded."""
    yield
    assert hub.process.poll() is None, hub.said()
    assert call(hub, "web", "GET", "/api/v1/health").status == 200
    node = live(hub)
    asked_ns = now_ns()
    times = until(
        "values of now",
        lambda: _reach(times_of(hub, node["id"], hub.began_ns), asked_ns - SECOND_NS),
    )
    seconds = (times[-1] - times[0]) // SECOND_NS + 1
    assert len(times) == len(set(times))
    assert seconds - len(times) <= missed_ticks(hub)
    assert memory_bytes(hub) - hub.first_bytes < GROWTH_BYTES


def _reach(times: list[int], end_ns: int) -> list[int] | None:
    return times if times and times[-1] >= end_ns else None


@pytest.fixture(scope="module")
def peer(hub) -> Peer:
    """A node that was let in and turns hostile."""
    return new_node(hub, "hostile")


# --- certificates


def refusal(hub: Hub, peer: Peer | None, **options: object) -> str:
    """How TLS itself refuses somebody at the agents' port."""
    with (
        pytest.raises(ssl.SSLError) as refused,
        connect(hub, "agents", tls(hub, peer, **options)) as opened,
    ):
        opened.sendall(b"GET /v1/link HTTP/1.1\r\nHost: hub\r\n\r\n")
        opened.recv(1)
    return refused.value.reason


@pytest.fixture(scope="module")
def foreign(hub):
    """Another hub's CA, which an attacker can make at home."""
    made = authority.make_hierarchy(now_ns())
    folder = hub.data.parent / "foreign"
    folder.mkdir()
    (folder / "agents.key").write_text(made.agents_key.reveal())
    (folder / "agents.pem").write_text(made.agents)
    return folder


def test_a_certificate_is_demanded_at_the_handshake(hub):
    assert refusal(hub, None).endswith("CERTIFICATE_REQUIRED")


def test_another_hubs_certificate_is_refused_at_the_handshake(hub, peer, foreign):
    assert refusal(hub, forge(hub, peer, folder=foreign)).endswith("UNKNOWN_CA")


@pytest.mark.parametrize(
    ("faults", "alert"),
    [
        ({"begins_s": -7200, "ends_s": -3600}, "CERTIFICATE_EXPIRED"),
        ({"begins_s": 3600, "ends_s": 7200}, "BAD_CERTIFICATE"),
        ({"usage": ExtendedKeyUsageOID.SERVER_AUTH}, "UNSUPPORTED_CERTIFICATE"),
        ({"authority": ("servers.key", "servers.pem")}, "UNSUPPORTED_CERTIFICATE"),
    ],
)
def test_a_certificate_that_does_not_hold_is_refused_at_the_handshake(hub, peer, faults, alert):
    assert refusal(hub, forge(hub, peer, **faults)).endswith(alert)


def test_tls_1_2_is_refused_by_agents_and_enrol(hub, peer):
    assert refusal(hub, peer, most=ssl.TLSVersion.TLSv1_2).endswith("PROTOCOL_VERSION")
    with pytest.raises(ssl.SSLError, match="PROTOCOL_VERSION"):
        connect(hub, "enrol", tls(hub, most=ssl.TLSVersion.TLSv1_2))


@pytest.mark.parametrize(
    "faults",
    [
        {"is_authority": True},
        {"uri": "spiffe://somebody/else"},
        {"usage": ExtendedKeyUsageOID.CLIENT_AUTH, "uri": "https://hub/node"},
    ],
)
def test_a_certificate_that_names_no_node_gets_401(hub, peer, faults):
    context = tls(hub, forge(hub, peer, **faults))
    answer = call(hub, "agents", "GET", "/v1/link", context=context)

    assert (answer.status, answer.code) == (401, "unauthenticated")


def greeted(hub: Hub, peer: Peer) -> Goodbye | Welcome:
    with HandLink(hub, peer) as link:
        return link.hello()


@pytest.mark.parametrize(
    "faults", [{}, {"authority": ("root.key", "root.pem")}], ids=["issuer", "root"]
)
def test_a_certificate_made_with_a_stolen_key_is_not_known(hub, peer, faults):
    told = greeted(hub, forge(hub, peer, **faults))

    assert told.code == "credential_unknown"


def test_a_certificate_for_another_node_of_the_hub_is_not_known(hub, peer):
    victim = local(hub)
    identity = f"spiffe://{_hub_id(hub)}/space/{victim['space']['id']}/node/{victim['id']}"
    told = greeted(hub, forge(hub, peer, uri=identity))

    assert told.code == "credential_unknown"
    live(hub)


def _hub_id(hub: Hub) -> str:
    return operator(hub, "GET", "/api/v1/session")["hub"]["id"]


@pytest.mark.parametrize(("act", "code"), [("revoke", "node_revoked"), ("remove", "node_unknown")])
def test_who_was_shut_out_is_cut_at_once_and_refused_by_name(hub, act, code):
    node = new_node(hub, f"to-{act}")
    with HandLink(hub, node) as link:
        assert isinstance(link.hello(), Welcome)
        path = f"/api/v1/nodes/{node.node}"
        if act == "revoke":
            operator(hub, "POST", f"{path}/revoke", {"reason": "stolen"})
        else:
            operator(hub, "DELETE", path)
        cut = link.goodbye()
    told = greeted(hub, node)

    assert cut.code == f"{act}d"
    assert told.code == code


# --- the link


def block(times=(), series=1, *, first=0, measurement="hostile", tags=()) -> Block:
    layout = Layout(
        tuple(Series(measurement, tags, f"f{first + n}", Kind.FLOAT) for n in range(series))
    )
    times = array("q", times or [now_ns()])
    return Block(layout, times, array("q", bytes(8 * series * len(times))))


def frame(*blocks: Block) -> bytes:
    return ColumnEncoder().encode(blocks, key=True)


def push(body: bytes, sequence: int = 1, *, key: bool = True) -> bytes:
    """A Push as bytes, whatever is in it."""
    head = bytes((3, key)) + sequence.to_bytes(8, "little") + bytes(8)
    return head + body


def hello(*versions: int) -> bytes:
    """A first message as bytes."""
    message = Hello(versions=versions, epoch="e", first=1, last=0, time_ns=now_ns(), facts=Facts())
    return LinkCodec(Role.AGENT).send(message)


def bomb(*, declared: bool) -> bytes:
    """256 MiB of zeros in a few kilobytes."""
    packer = zstandard.ZstdCompressor(write_content_size=declared)
    stream = packer.compressobj(size=256 << 20 if declared else -1)
    parts = [stream.compress(bytes(16 << 20)) for _ in range(16)]
    return b"".join((*parts, stream.flush()))


def _nested(depth: int) -> bytes:
    return b"\x08\x82\xa2id\x01\xa6result" + b"\x91" * depth + b"\xc0"


@pytest.mark.parametrize(
    ("data", "code", "text"),
    [
        (b"\xff\xfe", "protocol_error", "begins with byte 255"),
        (b"", "protocol_error", "empty"),
        (b"\x01\x80", "protocol_error", "missing required field"),
        (b"\x01" + b"\xff" * 70_000, "protocol_error", "70001 bytes"),
        (hello(77), "unsupported_version", "[77], the hub [1]"),
        (hello(), "unsupported_version", "update the older"),
        (push(b""), "protocol_error", "can't say push now (the link is new)"),
        (b"\x02\x80", "protocol_error", "welcome"),
    ],
    ids=["garbage", "empty", "fields", "length", "version", "none", "push", "role"],
)
def test_a_wrong_first_message_is_told_why(hub, peer, data, code, text):
    with HandLink(hub, peer) as link:
        link.send(data)
        told = link.goodbye()

    assert told.code == code
    assert text in told.text
    assert link.close_code == 1000


def test_a_link_that_says_nothing_is_given_up(hub, peer):
    with HandLink(hub, peer) as link:
        told = link.goodbye()

    assert (told.code, told.text) == ("protocol_error", "no hello in time")


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (push(frame(block()), key=False), "without a key frame"),
        (push(os.urandom(1000)), "zstd frame"),
        (push(zstandard.compress(b"\xff" * 1000)), ""),
        (push(zstandard.compress(bytes(8 << 20))), "too many"),
        (push(frame(block()) + b"x"), "zstd"),
        (push(bomb(declared=True)), "declares 268435456 bytes"),
        (push(bomb(declared=False)), "declares"),
        (hello(1), "can't say hello now (the link is open)"),
        (b"\x04\x81\xa8sequence\x01", "can't say ack now"),
        (b"\x06\x81\xa7time_ns\xff", ">= 0"),
        (_nested(40), "32 deep"),
        (_nested(100_000), ""),
        (b"\x03\x02" + bytes(16), "unknown flags"),
    ],
    ids=range(13),
)
def test_a_wrong_message_on_an_open_link_is_told_why(hub, peer, data, text):
    with HandLink(hub, peer) as link:
        assert isinstance(link.hello(), Welcome)
        link.send(data)
        told = link.goodbye()

    assert told.code == "protocol_error"
    assert text in told.text
    assert link.close_code == 1000


def test_a_text_message_is_refused(hub, peer):
    with HandLink(hub, peer) as link:
        link.hello()
        link.send(b"hello", is_text=True)

        assert "text message" in link.goodbye().text


def head(opcode: int, size: int) -> bytes:
    """The head of a masked WebSocket frame that announces `size` bytes."""
    return bytes((opcode, 0xFF)) + size.to_bytes(8, "big") + bytes(4)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (head(0x82, 1 << 62), 1009),
        (head(0x82, 5 << 20), 1009),
        (bytes((0x02, 0x80)) + bytes(4) + (head(0x00, 1 << 20) + bytes(1 << 20)) * 5, 1009),
        (b"\xf2\x80" + bytes(4), 1002),
        (b"\x85\x80" + bytes(4), 1002),
        (b"\x80\x80" + bytes(4), 1002),
        (b"\x81\x82" + bytes(4) + b"\xff\xfe", 1007),
        (b"\x89\xfe\x00\xff" + bytes(4 + 255), 1002),
    ],
    ids=["huge", "long", "parts", "reserved", "opcode", "continuation", "utf8", "ping"],
)
def test_what_breaks_the_websocket_is_closed_with_its_code(hub, peer, data, code):
    with HandLink(hub, peer) as link:
        link.hello()
        link.socket.sendall(data)
        link.goodbye()

    assert link.close_code == code
    assert how_it_ended(hub, peer, "broken WebSocket message")


def pushed(hub: Hub, peer: Peer, *blocks: Block) -> Ack | Later | Goodbye:
    """Push one batch in an epoch of its own."""
    with HandLink(hub, peer) as link:
        link.hello(os.urandom(8).hex())
        link.send(push(frame(*blocks)))
        return link.wait(Ack, Later, Goodbye)


def test_whose_values_they_are_says_the_certificate(hub, peer):
    victim = local(hub)
    lies = (("host", victim["name"]), ("node", victim["id"]), ("space", "elsewhere"))
    assert pushed(hub, peer, block(measurement="lies", tags=lies)) == Ack(sequence=1)
    found = operator(
        hub,
        "POST",
        "/api/v1/query",
        {
            "select": {"measurement": "lies"},
            "start_ns": now_ns() - 600 * SECOND_NS,
            "end_ns": now_ns() + SECOND_NS,
        },
    )

    assert [dict(series["tags"]) for series in found["series"]] == [
        {"host": "hostile", "node": peer.node, "space": peer.space}
    ]


@pytest.mark.parametrize(
    "time_ns",
    [-(1 << 63), -1, 0, 4 * 10**18, (1 << 63) - 1],
    ids=range(5),
)
def test_values_of_absurd_times_are_kept_apart_and_do_no_harm(hub, peer, time_ns):
    assert pushed(hub, peer, block([time_ns], measurement="absurd")) == Ack(sequence=1)


def test_values_of_more_days_than_a_node_may_have_are_left_out_with_the_reason(hub, peer):
    days = [86_400 * SECOND_NS * day for day in range(1000)]
    told = pushed(hub, peer, block(days, measurement="absurd"))

    assert isinstance(told, Ack)
    assert told.refused >= 600
    assert "set its clock" in told.reason
    assert peer.node in told.reason


def test_values_of_three_hundred_days_in_one_batch_reach_the_engine(hub):
    node = new_node(hub, "wild-clock")
    days = [86_400 * SECOND_NS * day for day in range(300)]
    assert pushed(hub, node, block(days, measurement="wild")) == Ack(sequence=1)


def test_too_many_series_are_left_out_and_named_and_the_rest_is_kept(hub):
    node = new_node(hub, "many")
    assert pushed(hub, node, block(series=1500)) == Ack(sequence=1)
    told = pushed(hub, node, block(series=1500, first=1500))

    assert isinstance(told, Ack)
    assert told.refused == 1000
    assert f"new series of node {node.node} are not kept" in told.reason


def test_a_batch_that_repeats_an_old_one_is_stored_once(hub, peer):
    epoch = os.urandom(8).hex()
    with HandLink(hub, peer) as link:
        link.hello(epoch)
        link.send(push(frame(block(measurement="first"))))
        assert link.wait(Ack) == Ack(sequence=1)
    with HandLink(hub, peer) as link:
        assert link.hello(epoch).acked == 1
        link.send(push(frame(block(measurement="again"))))
        link.send(push(frame(block(measurement="second")), sequence=2))
        assert link.wait(Ack) == Ack(sequence=2)
    known = {offer["measurement"] for offer in operator(hub, "GET", "/api/v1/series")}

    assert {"first", "second"} <= known
    assert "again" not in known


def test_a_link_that_never_reads_is_cut_off_and_costs_nothing(hub, peer):
    before = memory_bytes(hub)
    ping = b"\x89\xfd" + bytes(4 + 125)  # each is answered by as many bytes
    with HandLink(hub, peer, receive_bytes=4096) as link:
        link.hello(os.urandom(8).hex())
        link.send(push(frame(block())))
        with pytest.raises(OSError, match=r"reset|Broken pipe|EOF|closed"):
            for _ in range(400):
                link.socket.sendall(ping * 1000)

    assert how_it_ended(hub, peer, "not a word for", "takes no messages")
    assert memory_bytes(hub) - before < 64 << 20


def test_a_second_renewal_while_one_is_under_way_ends_the_link(hub, peer):
    with HandLink(hub, peer) as link:
        link.hello(os.urandom(8).hex())
        request = keys.make_request(keys.make_key())
        for _ in range(20):
            link.say(Renew(request=request))
        told = link.goodbye()

    assert told.code in ("protocol_error", "limit_exceeded")


def test_answers_to_questions_never_asked_are_passed_over(hub, peer):
    with HandLink(hub, peer) as link:
        link.hello(os.urandom(8).hex())
        for number in range(100):
            link.say(Answer(id=number, result={"a": 1}))
        link.say(Push(sequence=1, key=True, body=frame(block())))

        assert link.wait(Ack).sequence == 1


def test_a_renewal_with_a_wrong_key_is_refused(hub, peer):
    with HandLink(hub, peer) as link:
        link.hello(os.urandom(8).hex())
        link.say(Renew(request=signing_request(rsa.generate_private_key(65537, 2048))))
        told = link.goodbye()

    assert told.code == "bad_csr"


# --- slow and many


def test_silent_handshakes_and_slow_headers_hold_nobody_up(hub):
    """200 half-open handshakes and 60 trickling requests at each door, and an honest claim."""
    with ExitStack() as held:
        for door in DOORS:
            for _ in range(200):
                held.enter_context(connect(hub, door, None))
        assert call(hub, "web", "GET", "/api/v1/health").status == 200
        slow = []
        for _ in range(60):
            slow.append(held.enter_context(connect(hub, "web", tls(hub))))
            slow[-1].sendall(b"GET / HTTP/1.1\r\nHost: hub\r\nX-Slow: ")
        assert call(hub, "web", "GET", "/api/v1/health").status == 200
        live(hub)
        for each in slow:  # the hub closes them
            with pytest.raises((OSError, AssertionError)):
                _trickle(each)
    assert new_node(hub, "after-the-flood").node


def _trickle(opened) -> None:
    """One byte of a header twice a second, until the hub has had enough."""
    opened.settimeout(0.5)
    for _ in range(120):
        opened.sendall(b"x")
        try:
            data = opened.recv(1)
        except TimeoutError:
            continue
        raise AssertionError(f"closed: {data!r}")


def test_one_network_cannot_take_all_places_of_the_enrol_port(hub):
    with ExitStack() as held:
        opened = [held.enter_context(connect(hub, "enrol", None)) for _ in range(100)]
        closed = 0
        for each in opened[64:]:
            each.settimeout(60)
            closed += each.recv(1) == b""
    assert closed >= 100 - 64


# --- the enrol listener


def error_of(data: bytes) -> tuple[int, str]:
    answer = parse(data)
    return answer.status, answer.code


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"x" * 70_000, 413, "limit_exceeded"),
        (b"[" * 60_000, 400, "bad_input"),
        (b'{"proof":"a","signed":"","facts":' + b'{"a":' * 9000, 400, "bad_input"),
        (b'{"signed":"\xff"}', 400, "bad_input"),
        (b"{}", 400, "bad_input"),
        (b'{"signed":1,"proof":"b"}', 400, "bad_input"),
        (b'{"signed":"{\\"token_id\\":\\"a\\"}","proof":"b"}', 400, "bad_input"),
        (b'{"signed":"\\ud800","proof":"b"}', 400, "bad_input"),
    ],
    ids=["large", "deep", "nested", "utf8", "fields", "type", "inner", "surrogate"],
)
def test_a_claim_that_is_none_is_refused(hub, body, status, code):
    answer = call(hub, "enrol", "POST", "/v1/claim", body)

    assert (answer.status, answer.code) == (status, code)


def test_a_body_that_only_claims_to_be_large_is_refused_unread(hub):
    data = b"POST /v1/claim HTTP/1.1\r\nHost: hub\r\nContent-Length: 99999999999\r\n\r\n"

    assert error_of(exchange(hub, "enrol", data)) == (413, "limit_exceeded")


@pytest.mark.parametrize(
    ("door", "method", "path", "allowed"),
    [
        ("enrol", "GET", "/v1/claim", "POST"),
        ("enrol", "DELETE", "/v1/trust", "GET"),
        ("web", "PUT", "/api/v1/nodes", "GET"),
        ("web", "POST", "/api/v1/health", "GET"),
        ("web", "TRACE", "/api/v1/health", "GET"),
    ],
)
def test_a_method_that_is_not_offered_gets_405(hub, door, method, path, allowed):
    answer = call(hub, door, method, path)

    assert (answer.status, answer.code) == (405, "method_not_allowed")
    assert answer.headers["allow"] == allowed


def test_the_api_is_not_reached_by_the_enrol_port(hub):
    for path in ("/api/v1/nodes", "/api/v1/session", "/", "/v1/link"):
        assert call(hub, "enrol", "GET", path).status == 404


def test_a_thousand_wrong_tokens_do_not_keep_an_honest_claim_out(hub):
    token = decode_token(operator(hub, "POST", "/api/v1/tokens", {})["token"])
    told, began = [], time.monotonic()
    with connect(hub, "enrol", tls(hub)) as opened:
        for number in range(1000):
            data = claim_body(token.id, f"{number:042d}A", "x")
            opened.sendall(
                b"POST /v1/claim HTTP/1.1\r\nHost: hub\r\nContent-Length: %d\r\n\r\n" % len(data)
                + data
            )
            answer = b""
            while not answer.endswith(b"}}"):
                more = opened.recv(4096)
                assert more, f"closed after {number}"
                answer += more
            told.append(error_of(answer))
    honest = claim(hub, token.id, token.secret.reveal(), keys.make_request(keys.make_key()))

    again = int((time.monotonic() - began) / 3) + 1  # 20 a minute: one more each three seconds
    assert set(told[:20]) == {(401, "token_unknown")}
    assert set(told[20:]) <= {(401, "token_unknown"), (429, "limit_exceeded")}
    assert told.count((401, "token_unknown")) <= 20 + again
    assert honest.status == 200


def signing_request(key) -> str:
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def test_a_request_for_a_wrong_kind_of_key_spends_no_token(hub):
    token = decode_token(operator(hub, "POST", "/api/v1/tokens", {"uses": 1})["token"])
    secret = token.secret.reveal()
    wrong = [
        signing_request(rsa.generate_private_key(65537, 2048)),
        signing_request(ec.generate_private_key(ec.SECP521R1())),
        signing_request(ec.generate_private_key(ec.SECP256K1())),
        keys.make_request(keys.make_key()).replace("M", "N", 3),
        "x" * 20_000,
        "",
    ]
    told = [claim(hub, token.id, secret, request) for request in wrong]

    assert {(answer.status, answer.code) for answer in told} == {(400, "bad_csr")}
    assert claim(hub, token.id, secret, keys.make_request(keys.make_key())).status == 200


# --- the web listener


@pytest.fixture(scope="module")
def cookie(hub) -> str:
    answer = call(hub, "web", "POST", "/api/v1/session", sign_in(hub))
    assert answer.status == 200
    return answer.headers["set-cookie"].partition(";")[0]


def sign_in(hub: Hub) -> bytes:
    password = (hub.data / "admin-password").read_text().strip()
    return json.dumps({"name": "admin", "password": password}).encode()


@pytest.mark.parametrize(
    "path",
    [
        "/../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/..%2f..%2f..%2fetc/passwd",
        "/assets/..%2f..%2f..%2f..%2fcli/main.py",
        "/assets/../../callers.py",
        "/assets/%2e%2e/%2e%2e/callers.py",
        "/..%5c..%5cetc%5cpasswd",
        "/%252e%252e/%252e%252e/etc/passwd",
        "/%c0%ae%c0%ae/callers.py",
        "//etc/passwd",
        "/assets/%00.js",
    ],
)
def test_no_path_leads_out_of_the_web_files(hub, path):
    answer = call(hub, "web", "GET", path)

    # Whatever looks like no file is a view of the page.
    is_page = answer.status == 200 and answer.headers["content-type"].startswith("text/html")
    assert is_page or (answer.status, answer.code) == (404, "not_found")
    for inside in (b"root:", b"import ", b"-----BEGIN"):
        assert inside not in answer.body


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": f"http://{HOST}"},
        {"origin": "https://evil.example", "host": "hub.example"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
    ],
    ids=["other", "null", "http", "host", "cross-site", "same-site"],
)
def test_another_site_can_neither_sign_in_nor_open_the_live_socket(hub, cookie, headers):
    refusal = (421, "unknown_host") if "host" in headers else (403, "denied")
    posted = call(hub, "web", "POST", "/api/v1/session", sign_in(hub), **headers)
    assert (posted.status, posted.code) == refusal
    assert "set-cookie" not in posted.headers
    if "origin" in headers:
        opened = call(hub, "web", "GET", "/api/v1/live", cookie=cookie, **headers, **UPGRADE)
        assert (opened.status, opened.code) == refusal


UPGRADE = {
    "upgrade": "websocket",
    "connection": "Upgrade",
    "sec_websocket_key": "AAAAAAAAAAAAAAAAAAAAAA==",
    "sec_websocket_version": "13",
}


def test_a_session_that_was_planted_before_the_sign_in_is_not_taken_on(hub):
    planted = f"__Host-muster={'A' * 43}"
    answer = call(hub, "web", "POST", "/api/v1/session", sign_in(hub), cookie=planted)
    given = answer.headers["set-cookie"].partition(";")[0]

    assert given != planted
    assert call(hub, "web", "GET", "/api/v1/nodes", cookie=planted).status == 401
    assert call(hub, "web", "GET", "/api/v1/nodes", cookie=given).status == 200


def test_without_a_session_nothing_is_told(hub):
    asked = [
        call(hub, "web", "GET", "/api/v1/nodes"),
        call(hub, "web", "GET", "/api/v1/nodes", cookie="__Host-muster=SECRET"),
        call(hub, "web", "GET", "/api/v1/nodes", authorization="Bearer SECRET"),
        call(hub, "web", "POST", "/api/v1/query", b"{}"),
        call(hub, "web", "GET", "/api/v1/live", **UPGRADE),
        call(hub, "web", "GET", "/api/v1/config"),
    ]

    assert {(answer.status, answer.code) for answer in asked} == {(401, "unauthenticated")}


def test_a_signed_in_admin_is_not_the_operator(hub, cookie):
    body = json.dumps({"target": "/tmp/stolen"}).encode()
    answer = call(hub, "web", "POST", "/api/v1/backup", body, cookie=cookie)

    assert (answer.status, answer.code) == (403, "denied")


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({}, 426, "upgrade_required"),
        (UPGRADE | {"sec_websocket_version": "99"}, 400, "bad_input"),
        (UPGRADE | {"sec_websocket_key": "x"}, 400, "bad_input"),
    ],
    ids=["plain", "version", "key"],
)
def test_a_handshake_that_is_none_is_refused(hub, cookie, headers, status, code):
    answer = call(hub, "web", "GET", "/api/v1/live", cookie=cookie, **headers)

    assert (answer.status, answer.code) == (status, code)


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/api/v1/query", b"x" * (2 << 20), 413),
        ("POST", "/api/v1/session", b"x" * 20_000, 413),
        ("POST", "/api/v1/query", b'{"select":' * 20_000, 400),
        ("POST", "/api/v1/rooms", b'{"name":"a\\r\\nX-Evil: 1"}', 400),
        ("POST", "/api/v1/rooms", b'{"name":"a\\u0000b"}', 400),
        ("POST", "/api/v1/rooms", b'{"name":"\\ud800"}', 400),
        ("POST", "/api/v1/rooms", b'{"name":"' + "\u202e".encode() + b'x"}', 400),
        ("GET", "/api/v1/nodes/%0d%0aX-Evil:1", b"", 404),
        ("GET", "/api/v1/nodes/" + "a" * 5000, b"", 404),
        ("GET", "/api/v1/nodes/spark?window_s=1e9", b"", 400),
    ],
    ids=range(10),
)
def test_input_that_is_too_much_or_malformed_is_refused(hub, cookie, method, path, body, status):
    answer = call(hub, "web", method, path, body, cookie=cookie)

    assert answer.status == status
    assert answer.code
    assert "x-evil" not in answer.headers


@pytest.mark.parametrize(
    "change",
    [
        {"start_ns": -(2**63), "end_ns": 2**63 - 1, "function": "mean", "step_ns": 1},
        {"start_ns": -(2**70), "end_ns": 2**70},
        {"start_ns": 0, "end_ns": 2**62, "function": "mean", "step_ns": 1},
        {"start_ns": 0, "end_ns": 10**9, "function": "mean", "step_ns": -1},
        {"start_ns": 0, "end_ns": 10**9, "function": "percentile", "percentile": 1000},
        {"start_ns": 0, "end_ns": 10**9, "limit": -1},
    ],
    ids=range(6),
)
def test_a_question_without_bounds_is_refused(hub, cookie, change):
    query = {"select": {"measurement": "cpu"}} | change
    body = json.dumps(query).encode()
    answer = call(hub, "web", "POST", "/api/v1/query", body, cookie=cookie)

    assert answer.status in (400, 429), answer


@pytest.mark.parametrize(
    "data",
    [
        b"\x00\x01garbage\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: hub\r\nCookie : SECRET\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: hub\r\nX: " + b"SECRET" * 4000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: hub\r\n" + b"X: SECRET\r\n" * 2000 + b"\r\n",
        b"POST /api/v1/session HTTP/1.1\r\nHost: hub\r\nContent-Length: 4\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /SECRET HTTP/1.1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: hub\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcd",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
    ids=["garbage", "header", "long", "many", "smuggled", "lengths", "http2"],
)
@pytest.mark.parametrize("door", ["web", "enrol"])
def test_what_is_no_http_gets_400_and_is_not_repeated(hub, door, data):
    answer = parse(exchange(hub, door, data))

    assert (answer.status, answer.code) == (400, "protocol_error")
    assert answer.headers["server"] == "muster"
    assert b"SECRET" not in answer.body


@pytest.mark.parametrize(
    ("door", "host", "status"),
    [("web", HOST, 308), ("web", "evil.example", 421), ("agents", HOST, 400), ("enrol", HOST, 400)],
)
def test_plain_http_at_a_tls_port_is_told_to_come_by_https_and_closed(hub, door, host, status):
    with connect(hub, door, None) as opened:
        opened.sendall(f"GET /SECRET HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        rest = b"".join(iter(lambda: opened.recv(4096), b""))

    assert rest.startswith(f"HTTP/1.1 {status} ".encode())
    assert (f"Location: https://{host}/SECRET".encode() in rest) == (status == 308)


@pytest.mark.parametrize("door", DOORS)
def test_plain_text_at_a_tls_port_is_closed(hub, door):
    with connect(hub, door, None) as opened:
        opened.sendall(b"220 mail.example ESMTP\r\n\r\n")
        rest = b"".join(iter(lambda: opened.recv(4096), b""))

    assert b"HTTP" not in rest
