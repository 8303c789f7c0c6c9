"""What hub and signer say to each other: each question has one answer, in turn.

A frame is four bytes of length, big endian, and MessagePack. Bounds on numbers and texts are
part of the types, on both sides. No private key can be said here, by either of them.

Source: docs/formats/signer.md
"""

import socket
from typing import Annotated, TypeVar

import msgspec

from muster.errors import ProtocolError
from muster.pki.crl import MAX_ENTRIES, Revoked
from muster.pki.keys import MAX_REQUEST_BYTES
from muster.pki.names import MAX_NAMES
from muster.pki.trust import Trust

MAX_FRAME_BYTES = 16 << 20  # revocation lists are long, all else is short
MAX_ANSWER_TEXT = 49_152  # characters
_LENGTH_BYTES = 4
T = TypeVar("T")

Request = Annotated[str, msgspec.Meta(max_length=MAX_REQUEST_BYTES)]
Uri = Annotated[str, msgspec.Meta(max_length=200)]
Names = Annotated[
    list[Annotated[str, msgspec.Meta(max_length=253)]],
    msgspec.Meta(min_length=1, max_length=MAX_NAMES),
]
Lifetime = Annotated[int, msgspec.Meta(ge=0, le=100 * 366 * 86_400)]
Number = Annotated[int, msgspec.Meta(ge=0, le=(1 << 63) - 1)]


class Describe(msgspec.Struct, frozen=True, tag=True):
    """What does this CA trust? Answer: Described."""


class IssueAgent(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """Certify the key of a request for a node. Answer: Certified."""

    request: Request
    identity: Uri
    lifetime_s: Lifetime = 0


class IssueServer(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """Certify the key of a request for a listener of the hub. Answer: Certified."""

    request: Request
    names: Names
    lifetime_s: Lifetime = 0


class IssueService(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """Certify the key of a request for something that is no part of Muster. Answer: Certified."""

    request: Request
    names: Names
    client: bool
    server: bool
    lifetime_s: Lifetime = 0


class SignLists(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """Sign a list for each issuer, or that of the CA for other services. Answer: Lists."""

    entries: Annotated[list[Revoked], msgspec.Meta(max_length=MAX_ENTRIES)]
    number: Number
    services: bool = False


class SignAnswer(msgspec.Struct, frozen=True, tag=True):
    """Vouch for an answer that goes to a node by hand. Answer: Signed."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_ANSWER_TEXT)]


class Prepare(msgspec.Struct, frozen=True, tag=True):
    """Trust a new root, made now or `staged`. Answer: Described, as to the next five."""

    staged: bool


class Activate(msgspec.Struct, frozen=True, tag=True):
    """Let the new root sign."""


class Retire(msgspec.Struct, frozen=True, tag=True):
    """Trust the old root no more."""


class Abort(msgspec.Struct, frozen=True, tag=True):
    """Forget what was prepared."""


class RenewIssuers(msgspec.Struct, frozen=True, tag=True):
    """Take new issuing certificates, made now or `staged`."""

    staged: bool


class TakeServices(msgspec.Struct, frozen=True, tag=True):
    """Let another CA issue for other services: one made now, or that staged."""

    staged: bool


class Described(msgspec.Struct, frozen=True, tag=True):
    """The public side, as of now."""

    trust: Trust


class Certified(msgspec.Struct, frozen=True, tag=True):
    """A certificate and what stands behind it (PEM)."""

    chain: str


class Lists(msgspec.Struct, frozen=True, tag=True):
    """Revocation lists (PEM)."""

    pem: str


class Signed(msgspec.Struct, frozen=True, tag=True):
    """A signature of the issuer for agents, base64url."""

    proof: str


class Refused(msgspec.Struct, frozen=True, tag=True):
    """What became of a question that has no other answer. `kind` is one of signer.KINDS."""

    kind: str
    text: str


Question = (
    Describe
    | IssueAgent
    | IssueServer
    | IssueService
    | SignLists
    | SignAnswer
    | Prepare
    | Activate
    | Retire
    | Abort
    | RenewIssuers
    | TakeServices
)
Answer = Described | Certified | Lists | Signed | Refused

_ENCODER = msgspec.msgpack.Encoder()
_QUESTIONS = msgspec.msgpack.Decoder(Question)
_ANSWERS = msgspec.msgpack.Decoder(Answer)


def send(peer: socket.socket, message: Question | Answer) -> None:
    """Say one thing. Errors: ProtocolError when it is too long; OSError of the socket."""
    body = _ENCODER.encode(message)
    if len(body) > MAX_FRAME_BYTES:
        raise ProtocolError(f"a frame of {len(body)} bytes (at most {MAX_FRAME_BYTES})")
    peer.sendall(len(body).to_bytes(_LENGTH_BYTES, "big") + body)


def receive_question(peer: socket.socket) -> Question | None:
    """The next question; None when the hub has gone. Errors: ProtocolError; OSError."""
    body = _receive(peer)
    return None if body is None else _decoded(_QUESTIONS, body)


def receive_answer(peer: socket.socket) -> Answer | None:
    """The answer; None when the signer has gone. Errors: ProtocolError; OSError."""
    body = _receive(peer)
    return None if body is None else _decoded(_ANSWERS, body)


def _decoded(decoder: "msgspec.msgpack.Decoder[T]", body: bytes) -> T:
    try:
        return decoder.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise ProtocolError(f"a frame that can't be read: {error}") from error


def _receive(peer: socket.socket) -> bytes | None:
    head = _exactly(peer, _LENGTH_BYTES)
    if head is None:
        return None
    length = int.from_bytes(head, "big")
    if length > MAX_FRAME_BYTES:
        raise ProtocolError(f"a frame of {length} bytes (at most {MAX_FRAME_BYTES})")
    return _exactly(peer, length)


def _exactly(peer: socket.socket, length: int) -> bytes | None:
    """So many bytes; None when the other end is gone, also in the middle."""
    parts = bytearray()
    while len(parts) < length:
        part = peer.recv(min(length - len(parts), 1 << 18))
        if not part:
            return None
        parts += part
    return bytes(parts)
