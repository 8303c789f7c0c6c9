"""The agents' link: messages to WebSocket messages and back, in their legal order.

One LinkCodec per connection and side. One binary WebSocket message is one message: a byte
that names its type, then its fields as a MessagePack map; only Push has a fixed head and
the raw frame behind it. Fields that are not known are passed over, so that a newer peer
may say more.

Rules: what may be said when is the table LEGAL. After a ProtocolError nothing more is
received, and a Goodbye is all that may still be sent.
Source: docs/formats/link.md
"""

import struct
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec

from muster.errors import InputError, LimitExceeded, ProtocolError
from muster.wire.messages import (
    PROTOCOL_VERSION,
    Ack,
    Anchors,
    AnchorsKept,
    Answer,
    Ask,
    Beat,
    Fork,
    Goodbye,
    Hello,
    Later,
    Message,
    Push,
    Renew,
    Renewed,
    Welcome,
)

VERSIONS = (PROTOCOL_VERSION,)
MAX_FRAME_BYTES = 4 << 20  # until a Welcome says otherwise
MAX_TEXT = 4_096  # characters of a reason: longer ones are cut when sent
MAX_DEPTH = 32  # of the values in an Ask or Answer


class Role(StrEnum):
    """The two ends of a link."""

    AGENT = "agent"
    HUB = "hub"


class State(StrEnum):
    """How far a link is, as one end sees it."""

    NEW = "new"
    GREETED = "greeted"  # the agent said hello
    OPEN = "open"  # the hub welcomed it
    AGENT_LEFT = "agent left"
    HUB_LEFT = "hub left"
    ENDED = "ended"


class UnsupportedVersion(ProtocolError):
    """The two ends have no protocol version in common."""

    code = "unsupported_version"


class Form(NamedTuple):
    """How a message looks as bytes."""

    number: int  # its first byte
    limit: int  # most bytes behind it; a Push may have MAX_FRAME_BYTES besides


_PUSH = struct.Struct("<BQQ")  # flags, sequence, unsent
_KEY = 1  # flag
_MOST = (1 << 63) - 1

FORMS: dict[type, Form] = {
    Hello: Form(1, 65_536),
    Welcome: Form(2, 65_536),
    Push: Form(3, _PUSH.size),
    Ack: Form(4, 32_768),
    Later: Form(5, 32_768),
    Beat: Form(6, 1_024),
    Ask: Form(7, 65_536),
    Answer: Form(8, 1 << 20),
    Renew: Form(9, 16_384),
    Renewed: Form(10, 262_144),
    Goodbye: Form(11, 32_768),
    Fork: Form(20, 16_384),
    Anchors: Form(21, 66_560),
    AnchorsKept: Form(22, 1_024),
}
_TYPES = {form.number: kind for kind, form in FORMS.items()}
_DECODERS: dict[type, msgspec.msgpack.Decoder[Any]] = {
    kind: msgspec.msgpack.Decoder(kind) for kind in FORMS
}
_ENCODER = msgspec.msgpack.Encoder()

_AGENT_TALK = (Push, Beat, Answer, Renew, AnchorsKept)
_HUB_TALK = (Ack, Later, Beat, Ask, Renewed, Fork, Anchors)

LEGAL: dict[tuple[Role, State, type], State] = {
    (Role.AGENT, State.NEW, Hello): State.GREETED,
    (Role.HUB, State.GREETED, Welcome): State.OPEN,
    (Role.HUB, State.GREETED, Fork): State.GREETED,  # a copy is not welcomed
    **{(Role.AGENT, State.OPEN, kind): State.OPEN for kind in _AGENT_TALK},
    **{(Role.HUB, State.OPEN, kind): State.OPEN for kind in _HUB_TALK},
    (Role.AGENT, State.GREETED, Goodbye): State.AGENT_LEFT,
    (Role.AGENT, State.OPEN, Goodbye): State.AGENT_LEFT,
    (Role.HUB, State.NEW, Goodbye): State.HUB_LEFT,
    (Role.HUB, State.GREETED, Goodbye): State.HUB_LEFT,
    (Role.HUB, State.OPEN, Goodbye): State.HUB_LEFT,
    # Who left says nothing more, but what the other end had under way still arrives.
    **{(Role.AGENT, State.HUB_LEFT, kind): State.HUB_LEFT for kind in (Hello, *_AGENT_TALK)},
    **{(Role.HUB, State.AGENT_LEFT, kind): State.AGENT_LEFT for kind in (Welcome, *_HUB_TALK)},
    (Role.AGENT, State.HUB_LEFT, Goodbye): State.ENDED,
    (Role.HUB, State.AGENT_LEFT, Goodbye): State.ENDED,
}


def common_version(ours: Sequence[int], theirs: Sequence[int]) -> int:
    """The highest version both ends speak. Errors: UnsupportedVersion names both lists."""
    both = set(ours) & set(theirs)
    if not both:
        raise UnsupportedVersion(
            f"the agent speaks protocol versions {sorted(theirs)}, the hub {sorted(ours)}:"
            " update the older of the two"
        )
    return max(both)


class LinkCodec:
    """One end of one link."""

    __slots__ = (
        *("_broken", "_max_frame_bytes", "_peer", "_role", "_state", "_versions", "version"),
    )

    def __init__(self, role: Role, *, versions: Sequence[int] = VERSIONS) -> None:
        self._role = role
        self._peer = Role.HUB if role is Role.AGENT else Role.AGENT
        self._versions = tuple(versions)
        self._state = State.NEW
        self._broken = False
        self._max_frame_bytes = MAX_FRAME_BYTES
        self.version = 0  # agreed upon; 0 before it is

    @property
    def state(self) -> State:
        return self._state

    @property
    def max_message_bytes(self) -> int:
        """The longest message this end will take or give: a bound for the WebSocket."""
        return 1 + max(
            self._max_frame_bytes + _PUSH.size, max(form.limit for form in FORMS.values())
        )

    def send(self, message: Message) -> bytes:
        """The bytes of a message to the peer; reasons that are too long are cut.

        Errors: InputError when it may not be said now or a field breaks its bound,
        LimitExceeded when it is too long. The link is then as it was.
        """
        kind = type(message)
        after = LEGAL.get((self._role, self._state, kind))
        if after is None or (self._broken and kind is not Goodbye):
            raise InputError(f"the {self._role} can't say {_name(kind)} now ({self._where()})")
        if isinstance(message, Push):
            data = self._push_bytes(message)
        else:
            data = _control_bytes(_shortened(message))
        if isinstance(message, Welcome) and message.version != self.version:
            raise InputError(f"version {message.version} where {self.version} was agreed upon")
        self._note(message)
        self._state = after
        return data

    def receive(self, data: bytes) -> list[Message]:
        """The message in one binary WebSocket message of the peer.

        Errors: ProtocolError when it is malformed, too long or out of order;
        UnsupportedVersion for a Hello or Welcome without a common version.
        """
        if self._broken:
            raise ProtocolError("nothing is taken any more after a broken message")
        self._broken = True
        message = self._parse(data)
        after = LEGAL.get((self._peer, self._state, type(message)))
        if after is None:
            said = f"the {self._peer} can't say {_name(type(message))} now"
            raise ProtocolError(f"{said} (the link is {self._state})")
        if isinstance(message, Hello) and self._state is State.NEW:
            self.version = common_version(self._versions, message.versions)
        if isinstance(message, Welcome) and message.version not in self._versions:
            raise UnsupportedVersion(
                f"the hub chose protocol version {message.version},"
                f" the agent speaks {sorted(self._versions)}"
            )
        self._note(message)
        self._state = after
        self._broken = False
        return [message]

    def _where(self) -> str:
        return "after a broken message" if self._broken else f"the link is {self._state}"

    def _note(self, message: Message) -> None:
        """What both ends learn from a message, whoever of them said it."""
        if isinstance(message, Welcome):
            self.version = message.version
            self._max_frame_bytes = message.max_frame_bytes

    def _push_bytes(self, push: Push) -> bytes:
        if len(push.body) > self._max_frame_bytes:
            raise LimitExceeded(
                f"a frame of {len(push.body)} bytes (at most {self._max_frame_bytes})",
                too_large=True,
            )
        if not (0 <= push.sequence <= _MOST and 0 <= push.unsent <= _MOST):
            raise InputError(f"no numbers of a push: {push.sequence}, {push.unsent}")
        head = _PUSH.pack(_KEY if push.key else 0, push.sequence, push.unsent)
        return b"".join((bytes((FORMS[Push].number,)), head, push.body))

    def _parse(self, data: bytes) -> Message:
        if not data:
            raise ProtocolError("an empty message")
        kind = _TYPES.get(data[0])
        if kind is None:
            raise ProtocolError(f"no message begins with byte {data[0]}")
        limit = 1 + FORMS[kind].limit + (self._max_frame_bytes if kind is Push else 0)
        if len(data) > limit:
            raise ProtocolError(
                f"a {_name(kind)} of {len(data)} bytes (at most {limit})", offset=limit
            )
        return _parse_push(data) if kind is Push else _parse_control(kind, data)


def _name(kind: type) -> str:
    return kind.__name__.lower()


def _parse_push(data: bytes) -> Push:
    if len(data) < 1 + _PUSH.size:
        raise ProtocolError("the message ends inside the head of a push", len(data))
    flags, sequence, unsent = _PUSH.unpack_from(data, 1)
    if flags & ~_KEY:
        raise ProtocolError(f"unknown flags of a push: {flags:#04x}", 1)
    if (sequence | unsent) >> 63:
        raise ProtocolError("a number of a push has more than 63 bits", 2)
    return Push(
        sequence=sequence, key=bool(flags & _KEY), body=data[1 + _PUSH.size :], unsent=unsent
    )


def _parse_control(kind: type, data: bytes) -> Message:
    try:
        return _decoded(kind, memoryview(data)[1:])
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        # ValueError: text that is not UTF-8. RecursionError: values nested without end.
        raise ProtocolError(f"{_name(kind)}: {error}", 1) from error


def _decoded(kind: type, body: bytes | memoryview) -> Message:
    message: Message = _DECODERS[kind].decode(body)
    if isinstance(message, Ask):
        _check_plain(message.arguments)
    elif isinstance(message, Answer):
        _check_plain(message.result)
    return message


def _check_plain(value: object, depth: int = 0) -> None:
    """Only what JSON has too goes on from here: no bytes, no extensions, no odd keys."""
    if depth > MAX_DEPTH:
        raise ValueError(f"values nested more than {MAX_DEPTH} deep")
    match value:
        case None | bool() | int() | float() | str():
            pass
        case list():
            for item in value:
                _check_plain(item, depth + 1)
        case dict():
            for key, item in value.items():
                if not isinstance(key, str):
                    raise ValueError(f"a key that is not text: {key!r}")
                _check_plain(item, depth + 1)
        case _:
            raise ValueError(f"a value of type {type(value).__name__}, which JSON does not have")


def _control_bytes(message: Message) -> bytes:
    kind = type(message)
    form = FORMS[kind]
    try:
        body = _ENCODER.encode(message)
        _decoded(kind, body)  # bounds are checked where data comes in only
    except (msgspec.MsgspecError, ValueError, TypeError, RecursionError) as error:
        raise InputError(f"a {_name(kind)} that can't be sent: {error}") from error
    if len(body) > form.limit:
        raise LimitExceeded(
            f"a {_name(kind)} of {len(body)} bytes (at most {form.limit})", too_large=True
        )
    return bytes((form.number,)) + body


def _shortened(message: Message) -> Message:
    """Reasons come from errors that quote what they met: cut them to what the peer takes."""
    changes: dict[str, Any] = {
        name: text[: MAX_TEXT - 1] + "…"
        for name in ("text", "reason", "error")
        if len(text := getattr(message, name, "")) > MAX_TEXT
    }
    return msgspec.structs.replace(message, **changes) if changes else message
