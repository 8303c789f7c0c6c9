"""The messages of the agents' link: what hub and agent can say to each other.

Bytes are the business of wire/link.py; format page: docs/formats/link.md.
"""

from typing import Any

import msgspec

from muster.model.inventory import Facts

PROTOCOL_VERSION = 1


class Hello(msgspec.Struct, frozen=True, kw_only=True, tag="hello"):
    """Agent, first: who speaks and what its spool holds."""

    versions: tuple[int, ...]  # protocol versions it speaks
    capabilities: tuple[str, ...] = ()
    epoch: str  # of the spool
    first: int  # oldest sequence in the spool; last + 1 when it is empty
    last: int  # newest sequence ever made in this epoch, 0 for none
    time_ns: int  # the agent's wall clock
    facts: Facts


class Welcome(msgspec.Struct, frozen=True, kw_only=True, tag="welcome"):
    """Hub, in answer: what it has. The agent goes on with the key frame at or before `acked`+1."""

    version: int
    capabilities: tuple[str, ...] = ()
    node: str
    name: str
    acked: int  # newest sequence of this epoch on the hub's disk, 0 for none
    time_ns: int  # the hub's wall clock
    heartbeat_s: float = 10.0
    max_frame_bytes: int = 4 << 20


class Push(msgspec.Struct, frozen=True, kw_only=True, tag="push"):
    """Agent: one batch. `body` is a frame of wire/columns.py; a key frame needs no earlier one.

    `unsent` counts the values still in the spool behind this batch.
    """

    sequence: int
    key: bool
    body: bytes
    unsent: int = 0


class Ack(msgspec.Struct, frozen=True, kw_only=True, tag="ack"):
    """Hub: everything up to `sequence` is on disk."""

    sequence: int


class Later(msgspec.Struct, frozen=True, kw_only=True, tag="later"):
    """Hub: nothing after `acked` is taken now; try again from its key frame after a while."""

    acked: int
    retry_after_s: float
    reason: str


class Beat(msgspec.Struct, frozen=True, kw_only=True, tag="beat"):
    """Either side, every `heartbeat_s`: I am here. `echo_ns` returns the peer's newest time."""

    time_ns: int
    echo_ns: int = 0


class Ask(msgspec.Struct, frozen=True, kw_only=True, tag="ask"):
    """Hub: a live question to the agent ("status", "processes")."""

    id: int
    method: str
    arguments: dict[str, Any] = {}


class Answer(msgspec.Struct, frozen=True, kw_only=True, tag="answer"):
    """Agent: what an Ask came to. `error` is empty on success."""

    id: int
    result: Any = None
    error: str = ""


class Renew(msgspec.Struct, frozen=True, kw_only=True, tag="renew"):
    """Agent: certify this new key (PEM request) for the identity of this link."""

    request: str


class Renewed(msgspec.Struct, frozen=True, kw_only=True, tag="renewed"):
    """Hub: the new certificate and its issuers (PEM), and the trust anchors (PEM) of now."""

    chain: str
    anchors: str


class Goodbye(msgspec.Struct, frozen=True, kw_only=True, tag="goodbye"):
    """Either side, last: why the link ends. `code` is that of an error, or `shutdown`."""

    code: str
    text: str = ""
    retry_after_s: float = 0.0


Message = Hello | Welcome | Push | Ack | Later | Beat | Ask | Answer | Renew | Renewed | Goodbye
