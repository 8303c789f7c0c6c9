"""A stand-in for a cloud that agents claim to in Netdata's words: real TLS, answers to order.

For tests of the agent's side. It remembers what came, byte by byte, and gives a certificate of
its hub to whoever proves the claimed key, unless it is told to be a cloud that knows no such thing.
"""

import asyncio
import base64
import tempfile
from pathlib import Path
from typing import Any

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from muster.net.client import hang_up
from muster.net.tls import server_context
from muster.testing.hub import FakeHub

NODE = "0de00000-0000-4000-8000-0000000000aa"


class Put(msgspec.Struct, frozen=True, kw_only=True):
    """One request as it came."""

    head: str
    body: bytes

    @property
    def path(self) -> str:
        return self.head.split(" ")[1]

    @property
    def headers(self) -> dict[str, str]:
        lines = (line.partition(": ") for line in self.head.split("\r\n")[1:])
        return {name.lower(): value for name, _, value in lines if name}

    def json(self) -> Any:  # noqa: ANN401 - undecoded data
        return msgspec.json.decode(self.body)


class FakeCloud:
    """Listens while it is a context. `hub` gives its certificate, and those of adoption."""

    def __init__(self, hub: FakeHub) -> None:
        self.hub = hub
        self.answers: list[tuple[int, bytes]] = []  # each for one claim; without one: 204
        self.adoptions: list[tuple[int, bytes]] = []  # each for one wish; without one: as a hub
        self.node = NODE  # whom it certifies
        self.claims: list[Put] = []
        self.wishes: list[Put] = []
        self.keys: dict[str, str] = {}  # claim id -> PEM
        self.port = 0
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> "FakeCloud":
        issued = self.hub.authority.issue_server(
            ["127.0.0.1", "localhost"], now_ns=self.hub.clock.now_ns()
        )
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "server.pem"
            file.write_text(issued.key.reveal() + issued.chain, encoding="ascii")
            context = server_context(file)
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=context)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    @property
    def trust(self) -> str:
        """What has to lie in cloud_fullchain.pem."""
        return self.hub.authority.anchors

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = int(head.lower().split("content-length:")[1].split("\r\n")[0])
            put = Put(head=head[:-4], body=await reader.readexactly(length))
            status, body = self._answer(put)
            writer.write(
                f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
            )
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass  # the peer did not like our certificate
        finally:
            await hang_up(writer)

    def _answer(self, put: Put) -> tuple[int, bytes]:
        claim_id = put.path.split("/nodes/")[1].split("/")[0]
        if put.path.endswith("/certificate"):
            self.wishes.append(put)
            return self.adoptions.pop(0) if self.adoptions else self._certify(claim_id, put)
        self.claims.append(put)
        status, body = self.answers.pop(0) if self.answers else (204, b"")
        if status == 204:
            self.keys[claim_id] = put.json()["publicKey"]
        return status, body

    def _certify(self, claim_id: str, put: Put) -> tuple[int, bytes]:
        """Errors: InvalidSignature when it is not the claimed key that asks."""
        wish = put.json()
        der = x509.load_pem_x509_csr(wish["request"].encode()).public_bytes(
            serialization.Encoding.DER
        )
        key = serialization.load_pem_public_key(self.keys[claim_id].encode())
        if not isinstance(key, rsa.RSAPublicKey):
            return 422, b""
        message = b"muster-adopt-v1\0" + claim_id.encode() + b"\0" + der
        key.verify(base64.b64decode(wish["proof"]), message, padding.PKCS1v15(), hashes.SHA256())
        given = self.hub.certify(wish["request"], self.node)
        told = {name: given[name] for name in ("node", "chain", "anchors", "agents")}
        return 200, msgspec.json.encode(told)
