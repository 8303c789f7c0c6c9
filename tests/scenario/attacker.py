"""What an attacker brings: forged certificates, a link spoken by hand, raw HTTP.

Blocking sockets on 127.0.0.1, each with a time-out, so that no test waits for ever.
"""

import contextlib
import http.client
import json
import os
import socket
import ssl
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from processes import Hub, patiently

from muster.clock import SystemClock
from muster.log import Secret
from muster.model.inventory import Facts
from muster.net.socketpath import short_path
from muster.pki import keys
from muster.pki.proof import prove
from muster.wire.claim import Claim, format_claim, message_of
from muster.wire.claimtoken import decode_token
from muster.wire.link import LinkCodec, Role
from muster.wire.messages import Goodbye, Hello, Message
from muster.wire.websocket import Close, Data, Ping, Pong, WebSocketCodec, format_upgrade

HOST = "127.0.0.1"
WAIT_S = 60.0


class Peer(NamedTuple):
    """Somebody with a key and a certificate."""

    key: str
    chain: str
    node: str = ""
    space: str = ""


class Answer(NamedTuple):
    """Of an HTTP request. `code` is the error's."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def error(self) -> dict[str, str]:
        return json.loads(self.body)["error"]

    @property
    def code(self) -> str:
        return self.error["code"]


# --- the hub's own doors


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("hub", timeout=WAIT_S)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        with short_path(self._path) as name:
            self.sock.connect(name)


def ask(socket_path: Path, method: str, path: str, body: object = None) -> tuple[int, object]:
    """One request to a unix socket of hub or agent; status and JSON."""
    connection = _UnixConnection(socket_path)
    with contextlib.closing(connection):
        data = None if body is None else json.dumps(body)
        connection.request(method, path, data)
        answer = connection.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if text else None


def operator(hub: Hub, method: str, path: str, body: object = None) -> object:
    """What the operator is told; fails unless it is a success."""
    status, told = patiently(
        lambda: ask(hub.data / "hub.sock", method, path, body), lambda answer: str(answer[1])
    )
    assert status < 300, (status, told)
    return told


def port(hub: Hub, door: str) -> int:
    return int(hub.ready[door].rsplit(":", 1)[1])


def anchors(hub: Hub) -> str:
    return (hub.data / "ca" / "root.pem").read_text()


# --- certificates


def new_node(hub: Hub, name: str) -> Peer:
    """Claim honestly, by hand."""
    token = decode_token(operator(hub, "POST", "/api/v1/tokens", {})["token"])
    key = keys.make_key()
    answer = claim(hub, token.id, token.secret.reveal(), keys.make_request(key), name)
    assert answer.status == 200, answer
    told = json.loads(answer.body)
    return Peer(key.reveal(), told["chain"], told["node"], told["space"])


def claim(hub: Hub, token_id: str, secret: str, request: str, name: str = "hostile") -> Answer:
    return call(hub, "enrol", "POST", "/v1/claim", claim_body(token_id, secret, request, name))


def claim_body(token_id: str, secret: str, request: str, name: str = "hostile") -> bytes:
    text = format_claim(Claim(token_id=token_id, csr=request, facts=Facts(hostname=name)))
    proof = prove(Secret(secret), message_of(text))
    return json.dumps({"signed": text, "proof": proof}).encode()


def forge(
    hub: Hub,
    like: Peer,
    *,
    authority: tuple[str, str] = ("agents.key", "agents.pem"),
    begins_s: int = -60,
    ends_s: int = 3600,
    usage: x509.ObjectIdentifier = ExtendedKeyUsageOID.CLIENT_AUTH,
    is_authority: bool = False,
    uri: str = "",
    folder: Path | None = None,
) -> Peer:
    """A certificate that the hub never issued, signed with its stolen key or another's."""
    folder = folder or hub.data / "ca"
    signer = keys.load_key(Secret((folder / authority[0]).read_text()))
    issuer = keys.load_chain((folder / authority[1]).read_text())[0]
    real = keys.load_chain(like.chain)[0]
    names = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(uri)]) if uri else None
    key = keys.load_key(keys.make_key())
    now = keys.to_datetime(SystemClock().now_ns())
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, like.node)]))
        .issuer_name(issuer.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(seconds=begins_s))
        .not_valid_after(now + timedelta(seconds=ends_s))
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key()), critical=False
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        .add_extension(
            names or real.extensions.get_extension_for_class(x509.SubjectAlternativeName).value,
            critical=False,
        )
        .add_extension(_usage(sign=is_authority), critical=True)
    )
    made = builder.sign(signer, hashes.SHA256())
    return Peer(
        keys.format_key(key).reveal(), keys.format_chain(made, issuer), like.node, like.space
    )


def _usage(*, sign: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=sign,
        crl_sign=sign,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


# --- connections


def tls(hub: Hub, peer: Peer | None = None, *, most: ssl.TLSVersion | None = None):
    """A client's context; with a peer, its certificate is shown."""
    context = ssl.create_default_context(cadata=anchors(hub))
    if most is not None:
        context.maximum_version = most
    if peer is not None:
        file = hub.data.parent / f"peer-{os.urandom(4).hex()}.pem"
        file.write_text(peer.key + peer.chain)
        context.load_cert_chain(file)
        file.unlink()
    return context


def connect(hub: Hub, door: str, context: ssl.SSLContext | None, *, receive_bytes: int = 0):
    """An open connection to one of the hub's ports; plain TCP without a context."""
    raw = socket.socket()
    raw.settimeout(WAIT_S)
    if receive_bytes:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    try:
        raw.connect((HOST, port(hub, door)))
        return raw if context is None else context.wrap_socket(raw, server_hostname=HOST)
    except BaseException:
        raw.close()
        raise


def exchange(hub: Hub, door: str, data: bytes, context: ssl.SSLContext | None = None) -> bytes:
    """Send bytes, read one answer whole, or until the hub closes."""
    with connect(hub, door, context or tls(hub)) as opened:
        with contextlib.suppress(ConnectionError, ssl.SSLEOFError):  # it has read enough
            opened.sendall(data)
        answer = b""
        while not _is_whole(answer) and (more := _some(opened)):
            answer += more
        return answer


def _is_whole(answer: bytes) -> bool:
    head, end, body = answer.partition(b"\r\n\r\n")
    length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
    return bool(end) and length != b"" and len(body) >= int(length)


def _some(opened: socket.socket) -> bytes:
    try:
        return opened.recv(65_536)
    except (ConnectionError, ssl.SSLEOFError):
        return b""


def call(
    hub: Hub,
    door: str,
    method: str,
    path: str,
    body: bytes = b"",
    *,
    context: ssl.SSLContext | None = None,
    **headers: str,
) -> Answer:
    """One HTTP request, its path sent as it is; header names with underscores."""
    known = {name.replace("_", "-").title(): text for name, text in headers.items()}
    lines = {
        "Host": f"{HOST}:{port(hub, door)}",
        "Content-Length": str(len(body)),
        "Connection": "close",
    } | known
    head = "".join(f"{name}: {text}\r\n" for name, text in lines.items())
    data = f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body
    return parse(exchange(hub, door, data, context))


def parse(data: bytes) -> Answer:
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    headers = {name.strip().lower(): text.strip() for name, _, text in pairs}
    return Answer(int(first.split()[1]) if first else 0, headers, body)


class HandLink:
    """A link to the hub, spoken by hand: whatever is said is sent, legal or not."""

    def __init__(self, hub: Hub, peer: Peer, *, receive_bytes: int = 0) -> None:
        self.socket = connect(hub, "agents", tls(hub, peer), receive_bytes=receive_bytes)
        nonce = os.urandom(16)
        self.socket.sendall(format_upgrade(HOST, "/v1/link", nonce))
        data = b""
        while b"\r\n\r\n" not in data:
            data += self.socket.recv(4096) or _ended()
        assert data.startswith(b"HTTP/1.1 101 "), data
        self._frames = WebSocketCodec(new_mask=lambda: os.urandom(4), max_message_bytes=1 << 30)
        self.codec = LinkCodec(Role.AGENT)
        self._events = self._frames.receive(data.partition(b"\r\n\r\n")[2])
        self.close_code = 0
        self.close_reason = ""

    def __enter__(self) -> "HandLink":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes, *, is_text: bool = False) -> None:
        self.socket.sendall(self._frames.send(Data(data, is_text)))

    def say(self, message: Message) -> None:
        """Within the protocol."""
        self.send(self.codec.send(message))

    def hello(self, epoch: str = "epoch") -> Message:
        """Greet; the hub's answer."""
        now_ns = SystemClock().now_ns()
        self.say(Hello(versions=(1,), epoch=epoch, first=1, last=0, time_ns=now_ns, facts=Facts()))
        return self.hear()

    def hear(self) -> Message | None:
        """The next message; None once the hub has closed, `close_code` says how."""
        while True:
            while self._events:
                match self._events.pop(0):
                    case Data(data=data):
                        return self.codec.receive(data)[0]
                    case Close(code=code, reason=reason):
                        self.close_code, self.close_reason = code, reason
                        return None
                    case Ping() | Pong():
                        pass
            data = self.socket.recv(65_536)
            if not data:
                return None
            self._events += self._frames.receive(data)

    def wait(self, *kinds: type) -> Message:
        """The next message of one of these kinds."""
        while (message := self.hear()) is not None:
            if isinstance(message, kinds):
                return message
        raise AssertionError(f"closed ({self.close_code} {self.close_reason}) before {kinds}")

    def goodbye(self) -> Goodbye | None:
        """What the hub says as it ends the link; then the close code is known."""
        last = None
        while (message := self.hear()) is not None:
            if isinstance(message, Goodbye):
                last = message
        return last


def _ended() -> bytes:
    raise ConnectionResetError("closed during the upgrade")
