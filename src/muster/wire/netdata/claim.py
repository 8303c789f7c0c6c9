"""The claim of a Netdata agent: what it puts, what the cloud answers, what the agent makes of it.

    PUT {base}/api/v1/spaces/nodes/{claim_id}

Two programs send it: the script of 1.x, laid out for people, and the daemon of 2.x. The script
reads errors with text tools: the key has to stand in one line with no space behind the colon,
so bodies are written here and not by a server's own JSON. No cryptography: whether the key is
one is muster.pki's to say.

Source: docs/formats/netdata-link.md ("Claim")
"""

import re
import uuid
from enum import Enum

import msgspec

from muster.errors import InputError
from muster.log import Secret

# A header that no agent of Netdata's sends. Ours does, where -insecure was said: who is told says
# so, and the hub may refuse it.
UNCHECKED = "Muster-Unchecked"

MAX_BODY = 64 << 10
MAX_ROOMS = 64
MAX_ROOM = 128
MAX_HOSTNAME = 255
MAX_TOKEN = 2_048
MAX_KEY = 4_096
MAX_MESSAGE = 256

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_KEY = re.compile(rb'"errorMsgKey":"([^"]*)"')  # as the script looks for it


class Dialect(Enum):
    """Who sends a claim."""

    SCRIPT = "script"  # netdata-claim.sh of 1.x
    DAEMON = "daemon"  # the agent itself, 2.x


class Refusal(Enum):
    """Error keys: (key, status, exit code of the script)."""

    NODE_ID = ("ErrInvalidNodeID", 422, 8)
    NODE_NAME = ("ErrInvalidNodeName", 422, 9)
    ROOM_ID = ("ErrInvalidRoomID", 422, 10)
    PUBLIC_KEY = ("ErrInvalidPublicKey", 422, 11)
    FORBIDDEN = ("ErrForbidden", 403, 12)
    ALREADY_CLAIMED = ("ErrAlreadyClaimed", 409, 13)
    PROCESSING = ("ErrProcessingClaim", 102, 14)
    INTERNAL = ("ErrInternalServerError", 500, 15)
    GATEWAY_TIMEOUT = ("ErrGatewayTimeout", 504, 16)
    UNAVAILABLE = ("ErrServiceUnavailable", 503, 17)
    MALFORMED = ("ErrInvalidRequest", 422, 7)  # not one of theirs: shown as it is

    @property
    def key(self) -> str:
        return self.value[0]

    @property
    def status(self) -> int:
        return self.value[1]

    @property
    def exit_code(self) -> int:
        return self.value[2]


CLAIMED_STATUS = 204
UNKNOWN_EXIT = 7
_FINAL = frozenset({102, 204, 403, 409, 422})  # to the daemon; it tries again after all others
_BY_KEY = {refusal.key: refusal for refusal in Refusal if refusal is not Refusal.MALFORMED}


class BadClaim(InputError):
    """A claim that cannot be; `refusal` is what its sender is told."""

    code = "bad_claim"

    def __init__(self, text: str, refusal: Refusal) -> None:
        super().__init__(text)
        self.refusal = refusal


class ClaimPut(msgspec.Struct, frozen=True, kw_only=True):
    """What is put. Ids are lower-case UUIDs; `rooms` may be empty: the space's default."""

    node_id: str  # the claim id
    hostname: str
    token: Secret
    rooms: tuple[str, ...] = ()
    public_key: str  # PEM, SPKI
    machine_guid: str


class _Node(msgspec.Struct):
    id: str = ""
    hostname: str = ""


class _Body(msgspec.Struct, rename={"public_key": "publicKey", "machine_guid": "mGUID"}):
    node: _Node
    token: str = ""
    rooms: list[str] | None = None
    public_key: str = ""
    machine_guid: str = ""


def parse_claim(body: bytes, path_id: str) -> ClaimPut:
    """Read the body of a PUT, whatever its Content-Type; `path_id` is the path's last part.

    Errors: BadClaim with what to answer; nothing of the token is quoted.
    """
    read = _read(body)
    node_id = _uuid(read.node.id, "node.id")
    if node_id != _uuid(path_id, "the path's id"):
        raise BadClaim("node.id is not the id of the path", Refusal.NODE_ID)
    _check(read)
    return ClaimPut(
        node_id=node_id,
        hostname=read.node.hostname.strip(),
        token=Secret(read.token),
        rooms=_rooms(read.rooms or []),
        public_key=read.public_key,
        machine_guid=_uuid(read.machine_guid, "mGUID"),
    )


def format_claim(put: ClaimPut, dialect: Dialect = Dialect.DAEMON) -> bytes:
    """The body of a PUT. Errors: InputError when it is no text."""
    body = _Body(
        node=_Node(put.node_id, put.hostname),
        token=put.token.reveal(),
        rooms=list(put.rooms),
        public_key=put.public_key,
        machine_guid=put.machine_guid,
    )
    try:
        data = msgspec.json.encode(body)
    except UnicodeError as error:
        raise InputError("the claim holds what is no text") from error
    return data if dialect is Dialect.DAEMON else _as_the_script(body)


def _as_the_script(body: _Body) -> bytes:
    """Its lay-out, blank by blank, without the line ends: curl takes them out of what it sends."""

    def text(value: str) -> str:
        return msgspec.json.encode(value).decode()

    rooms = ", ".join(text(room) for room in body.rooms or ())
    return (
        f'{{    "node": {{        "id": {text(body.node.id)},'
        f'        "hostname": {text(body.node.hostname)}    }},'
        f'    "token": {text(body.token)},    "rooms" : [ {rooms} ],'
        f'    "publicKey" : {text(body.public_key)},    "mGUID" : {text(body.machine_guid)}}}'
    ).encode()


def format_refusal(refusal: Refusal, message: str = "") -> bytes:
    """The body that goes with `refusal.status`: compact, in one line."""
    body = {"errorMsgKey": refusal.key}
    if message:
        body["errorMessage"] = message.encode(errors="replace").decode()[:MAX_MESSAGE]
    return msgspec.json.encode(body)


def refusal_of(body: bytes) -> Refusal | None:
    """The key of a reply's body, as the script finds it: by its bytes. None when it does not."""
    found = _KEY.search(body[:MAX_BODY])
    return _BY_KEY.get(found[1].decode(errors="replace")) if found else None


def exit_code_of(status: int, body: bytes) -> int:
    """What the script ends with: it looks at the key first, and at 204."""
    refusal = refusal_of(body)
    if refusal is not None:
        return refusal.exit_code
    return 0 if status == CLAIMED_STATUS else UNKNOWN_EXIT


def is_tried_again(status: int) -> bool:
    """Whether the daemon sends its claim once more: it looks at the status alone."""
    return status not in _FINAL


def _read(body: bytes) -> _Body:
    if len(body) > MAX_BODY:
        raise BadClaim(f"the claim is longer than {MAX_BODY} bytes", Refusal.MALFORMED)
    try:
        return msgspec.json.decode(body, type=_Body)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise BadClaim(f"the claim: {error}", Refusal.MALFORMED) from error


def _check(read: _Body) -> None:
    hostname = read.node.hostname.strip()
    if not 0 < len(hostname) <= MAX_HOSTNAME or _CONTROL.search(hostname):
        raise BadClaim(
            f"node.hostname is empty, long or no name: {hostname[:64]!r}", Refusal.NODE_NAME
        )
    if not 0 < len(read.public_key) <= MAX_KEY:
        raise BadClaim("publicKey is empty or too long", Refusal.PUBLIC_KEY)
    if not 0 < len(read.token) <= MAX_TOKEN:
        raise BadClaim("token is empty or too long", Refusal.FORBIDDEN)


def _rooms(rooms: list[str]) -> tuple[str, ...]:
    """Without blanks around them, without empty ones, each once."""
    names = tuple(dict.fromkeys(name for room in rooms if (name := room.strip())))
    if len(names) > MAX_ROOMS:
        raise BadClaim(f"more than {MAX_ROOMS} rooms", Refusal.ROOM_ID)
    for name in names:
        if len(name) > MAX_ROOM or _CONTROL.search(name):
            raise BadClaim(f"no room: {name[:64]!r}", Refusal.ROOM_ID)
    return names


def _uuid(text: str, what: str) -> str:
    lower = text.lower()
    try:
        if len(lower) == 36 and str(uuid.UUID(lower)) == lower:
            return lower
    except ValueError:
        pass
    raise BadClaim(f"{what} is no UUID: {text[:64]!r}", Refusal.NODE_ID)
