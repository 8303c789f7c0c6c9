"""The messages of the agents' link: what hub and agent can say to each other.

Bounds on numbers and texts are part of the types: what breaks one is refused where it
arrives. Bytes are the business of wire/link.py; format page: docs/formats/link.md.
"""

from typing import Annotated, Any

import msgspec

from muster.model.clone import Holder
from muster.model.inventory import Facts

PROTOCOL_VERSION = 1

Natural = Annotated[int, msgspec.Meta(ge=0, le=(1 << 63) - 1)]
Name = Annotated[str, msgspec.Meta(max_length=256)]
Text = Annotated[str, msgspec.Meta(max_length=4_096)]
Seconds = Annotated[float, msgspec.Meta(ge=0, le=86_400)]
Names = Annotated[tuple[Name, ...], msgspec.Meta(max_length=64)]
Versions = Annotated[
    tuple[Annotated[int, msgspec.Meta(ge=0, lt=65_536)], ...], msgspec.Meta(max_length=64)
]


class Hello(msgspec.Struct, frozen=True, kw_only=True):
    """Agent, first: who speaks and what its spool holds."""

    versions: Versions  # protocol versions it speaks
    capabilities: Names = ()
    epoch: Name  # of the spool
    first: Natural  # oldest sequence in the spool; last + 1 when it is empty
    last: Natural  # newest sequence ever made in this epoch, 0 for none
    time_ns: Natural  # the agent's wall clock
    facts: Facts
    holder: Holder = Holder()  # which run of an agent on which machine
    anchors: Name = ""  # SHA-256 of the text of the trust anchors it has


class Welcome(msgspec.Struct, frozen=True, kw_only=True):
    """Hub, in answer: what it has. The agent goes on with the key frame at or before `acked`+1."""

    version: Natural
    capabilities: Names = ()
    node: Name
    name: Text
    acked: Natural  # newest sequence of this epoch on the hub's disk, 0 for none
    time_ns: Natural  # the hub's wall clock
    heartbeat_s: Annotated[float, msgspec.Meta(ge=0.1, le=3_600)] = 10.0
    max_frame_bytes: Annotated[int, msgspec.Meta(ge=65_536, le=1 << 30)] = 4 << 20


class Push(msgspec.Struct, frozen=True, kw_only=True):
    """Agent: one batch. `body` is a frame of wire/columns.py; a key frame needs no earlier one.

    `unsent` counts the values still in the spool behind this batch.
    """

    sequence: Natural
    key: bool
    body: bytes
    unsent: Natural = 0


class Ack(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Hub: everything up to `sequence` is on disk, and need not be sent again.

    `refused` values since the last Ack are not, because the hub can never keep them: `reason`.
    """

    sequence: Natural
    refused: Natural = 0
    reason: Text = ""


class Later(msgspec.Struct, frozen=True, kw_only=True):
    """Hub: nothing after `acked` is taken now; try again from its key frame after a while."""

    acked: Natural
    retry_after_s: Seconds
    reason: Text


class Beat(msgspec.Struct, frozen=True, kw_only=True):
    """Either side, every `heartbeat_s`: I am here. `echo_ns` returns the peer's newest time."""

    time_ns: Natural
    echo_ns: Natural = 0


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """Hub: a live question to the agent ("status", "processes")."""

    id: Natural
    method: Name
    arguments: dict[str, Any] = {}


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """Agent: what an Ask came to. `error` is empty on success."""

    id: Natural
    result: Any = None
    error: Text = ""


class Renew(msgspec.Struct, frozen=True, kw_only=True):
    """Agent: certify this new key (PEM request) for the identity of this link."""

    request: str


class Renewed(msgspec.Struct, frozen=True, kw_only=True):
    """Hub: the new certificate and its issuers (PEM), and the trust anchors (PEM) of now."""

    chain: str
    anchors: str


class Fork(msgspec.Struct, frozen=True, kw_only=True):
    """Hub: this identity is another holder's. Make a new key and claim with this token."""

    token: Text  # a claim token for one use
    text: Text = ""  # why, for people

    def __repr__(self) -> str:
        return f"Fork(text={self.text!r})"  # the token is a secret


class Anchors(msgspec.Struct, frozen=True, kw_only=True):
    """Hub, to an agent that can "anchors": trust these roots (PEM) from now on, and no others.

    `renew_within_s` > 0 asks for a new certificate within that time: a new CA signs.
    """

    anchors: Annotated[str, msgspec.Meta(max_length=65_536)]
    renew_within_s: Annotated[float, msgspec.Meta(ge=0, le=86_400)] = 0.0


class AnchorsKept(msgspec.Struct, frozen=True, kw_only=True):
    """Agent, in answer: they are on its disk. Shapes: SHA-256 of the text, lower-case hex."""

    sha256: Name


class Goodbye(msgspec.Struct, frozen=True, kw_only=True):
    """Either side, last: why the link ends. `code` is that of an error, or `shutdown`."""

    code: Name
    text: Text = ""
    retry_after_s: Seconds = 0.0


Message = (
    Hello
    | Welcome
    | Push
    | Ack
    | Later
    | Beat
    | Ask
    | Answer
    | Renew
    | Renewed
    | Fork
    | Anchors
    | AnchorsKept
    | Goodbye
)
