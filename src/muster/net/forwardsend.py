"""Points sent to one destination: an HTTP request with a body, or datagrams.

What an answer means: 2xx is taken; 400, 404 and 422 are refused for good, 413 is too large;
anything else (401, 403, 429, 5xx, no answer) may be taken later. Redirects are not followed.
That a datagram came is never known; only a machine that says that nobody listens there.

Source: docs/guide/neighbours.md; InfluxDB 1.x, services/subscriber; Remote-Write 1.0
"""

import asyncio
import base64
import gzip
import re
import socket
import ssl
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlencode, urlsplit

import msgspec

from muster.errors import MusterError, ProtocolError, SettingsError
from muster.log import Secret
from muster.model.address import join_address
from muster.net.client import Answer, Target, request
from muster.net.proxy import ProxySetting
from muster.ports.forwarding import Chunk, Form, Outcome, Packet, Verdict
from muster.trust import public_context
from muster.wire.snappy import SNAPPY

TIMEOUT_S = 30.0
_ANSWER_BYTES = 256 << 10
_SHOWN = 300  # characters of a peer's words
_GZIP_LEVEL = 4
_SECRET_BYTES = 4_096
_PATHS = {Form.LINES: "/write", Form.DATAGRAMS: "/write", Form.SAMPLES: "/api/v1/write"}
_FOR_GOOD = (400, 404, 422)
_DROPPED = re.compile(r"partial write: .*dropped=(\d+)", re.DOTALL)
_AGENT = {Form.LINES: "InfluxDBClient", Form.DATAGRAMS: "InfluxDBClient", Form.SAMPLES: "Muster"}


class HttpOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How a destination is spoken to."""

    database: str = ""  # there; empty: named as here
    policy: str | None = None  # there; None: named as here, empty: its default one
    is_base: bool = False  # the path of the address is what `/write` stands below
    gzip: bool = False
    ca_file: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    credentials_file: Path | None = None


class HttpSender:
    """Implements muster.ports.forwarding.Sender. Files are read again when they change."""

    def __init__(
        self,
        url: str,
        form: Form,
        options: HttpOptions,
        *,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        parts = urlsplit(url)
        self._is_secure = parts.scheme == "https"
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if self._is_secure else 80)
        self._path = parts.path if parts.path not in ("", "/") else _PATHS[form]
        if options.is_base:
            self._path = parts.path.rstrip("/") + _PATHS[form]
        self._query = parts.query
        self._form = form
        self._options = options
        self._environment = environment or {}
        self._proxies = ProxySetting("environment")
        self._contexts = _Contexts()
        self._basic = Secret("")
        if parts.username is not None:
            self._basic = Secret(f"{unquote(parts.username)}:{unquote(parts.password or '')}")
        self.where = f"{parts.scheme}://{join_address(self._host, self._port)}{self._path}"

    def way_of(self, packet: Packet) -> tuple[str, str]:
        """See muster.ports.forwarding.Sender."""
        if self._form is Form.SAMPLES:
            return "", ""
        policy = self._options.policy
        database = self._options.database or packet.database
        return database, packet.policy if policy is None else policy

    async def send(self, chunk: Chunk) -> Outcome:
        """One request. Nothing is raised: all that can go wrong is an Outcome."""
        try:
            target, headers, body = await asyncio.to_thread(self._prepared, chunk)
            answer = await request(
                target,
                "POST",
                self._path_for(chunk),
                body=body,
                headers=headers,
                timeout_s=TIMEOUT_S,
                max_body_bytes=_ANSWER_BYTES,
            )
        except MusterError as error:
            return Outcome(Verdict.LATER, str(error)[:_SHOWN])
        return outcome_of(answer)

    def _prepared(self, chunk: Chunk) -> tuple[Target, dict[str, str], bytes]:
        """Errors: SettingsError for files that cannot be used."""
        headers = {"User-Agent": _AGENT[self._form], "Accept": "*/*", **self._authorization()}
        body = body_of(self._form, chunk)
        if self._form is Form.SAMPLES:
            body = SNAPPY.pack(body)
            headers |= {
                "Content-Type": "application/x-protobuf",
                "Content-Encoding": "snappy",
                "X-Prometheus-Remote-Write-Version": "0.1.0",
            }
        else:
            headers["Content-Type"] = ""
            if self._options.gzip:
                body = gzip.compress(body, _GZIP_LEVEL)
                headers["Content-Encoding"] = "gzip"
        return self._target(), headers, body

    def _target(self) -> Target:
        proxy = None
        if self._is_secure:
            proxy = self._proxies.choose(self._host, self._port, self._environment)
        context = self._contexts.of(self._options) if self._is_secure else None
        return Target(host=self._host, port=self._port, context=context, proxy=proxy)

    def _path_for(self, chunk: Chunk) -> str:
        words = [self._query] if self._query else []
        if self._form is not Form.SAMPLES:
            asked = {"consistency": "", "db": chunk.database, "precision": "ns"}
            words.append(urlencode(asked | {"rp": chunk.policy}))
        return self._path + (f"?{'&'.join(words)}" if words else "")

    def _authorization(self) -> dict[str, str]:
        told = self._basic.reveal()
        if self._options.credentials_file is not None:
            told = read_credentials(self._options.credentials_file).reveal()
        if not told:
            return {}
        if told.startswith(("Token ", "Bearer ")):
            return {"Authorization": told}
        return {"Authorization": f"Basic {base64.b64encode(told.encode()).decode()}"}


class _Contexts:
    """The TLS context of the files as they are: to read what a system trusts takes long."""

    def __init__(self) -> None:
        self._known: tuple[tuple[int, ...], ssl.SSLContext] | None = None

    def of(self, options: HttpOptions) -> ssl.SSLContext:
        """Errors: SettingsError for files that cannot be used."""
        files = (options.ca_file, options.certificate, options.key)
        changed = tuple(_changed_ns(file) for file in files if file is not None)
        if self._known is None or self._known[0] != changed:
            self._known = (changed, context_of(options))
        return self._known[1]


class UdpSender:
    """Implements muster.ports.forwarding.Sender."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or 0
        self.where = f"udp://{join_address(self._host, self._port)}"

    def way_of(self, packet: Packet) -> tuple[str, str]:
        """Datagrams name no database."""
        return "", ""

    async def send(self, chunk: Chunk) -> Outcome:
        """A datagram for each point."""
        try:
            await asyncio.to_thread(self._send, chunk)
        except OSError as error:
            return Outcome(Verdict.LATER, f"{self.where}: {error.strerror or error}")
        return Outcome(Verdict.TAKEN)

    def _send(self, chunk: Chunk) -> None:
        found = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_DGRAM)
        family, kind, protocol, _name, address = found[0]
        with socket.socket(family, kind, protocol) as out:
            out.settimeout(TIMEOUT_S)
            out.connect(address)
            for body in chunk.bodies:
                for line in msgspec.msgpack.decode(body, type=list[bytes]):
                    out.send(line)


def body_of(form: Form, chunk: Chunk) -> bytes:
    """The bodies of a chunk as that of one request."""
    if form is not Form.DATAGRAMS:
        return b"".join(chunk.bodies)
    lines = [
        line for body in chunk.bodies for line in msgspec.msgpack.decode(body, type=list[bytes])
    ]
    return b"\n".join([*lines, b""])


def outcome_of(answer: Answer) -> Outcome:
    """What an answer means for what was sent."""
    if 200 <= answer.status < 300:
        return Outcome(Verdict.TAKEN)
    told = answer.body[: 4 * _SHOWN].decode(errors="replace").strip()
    text = f"status {answer.status}: {told[:_SHOWN]}" if told else f"status {answer.status}"
    if answer.status == 413:
        return Outcome(Verdict.TOO_LARGE, text)
    if answer.status in _FOR_GOOD:
        dropped = _DROPPED.search(told) if answer.status == 400 else None
        return Outcome(Verdict.REFUSED, text, refused=int(dropped[1][:9]) if dropped else -1)
    retry = answer.headers.get("retry-after", "")
    wait_s = float(retry) if retry.isascii() and retry.isdigit() and len(retry) < 7 else 0.0
    return Outcome(Verdict.LATER, text, retry_after_s=wait_s)


def context_of(options: HttpOptions) -> ssl.SSLContext:
    """Errors: SettingsError for files that cannot be used."""
    context = public_context(options.ca_file)
    if options.certificate is not None:
        try:
            context.load_cert_chain(options.certificate, options.key, _no_password)
        except (OSError, ssl.SSLError) as error:
            text = f"cannot be used for TLS: {error}"
            raise SettingsError(text, str(options.certificate)) from error
    return context


def read_credentials(file: Path) -> Secret:
    """One line: NAME:PASSWORD, or `Token …` or `Bearer …`. Errors: SettingsError."""
    try:
        text = file.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"cannot be read: {error}", str(file)) from error
    is_known = text.startswith(("Token ", "Bearer ")) or ":" in text
    if not is_known or len(text) > _SECRET_BYTES or not text.isprintable():
        raise SettingsError(
            "credentials are one line: NAME:PASSWORD, or `Token …` or `Bearer …`", str(file)
        )
    return Secret(text)


def _changed_ns(file: Path) -> int:
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return 0  # the context says what is wrong with it


def _no_password() -> str:
    raise ProtocolError("the private key has a password; store it without one, mode 0600")
