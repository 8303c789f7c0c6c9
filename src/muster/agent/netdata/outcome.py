"""How a claim in Netdata's words ends: codes 0 to 18 of its script, what each means, what to do.

The code of an answer is that of the cloud's error key, or of its status where there is no key;
the original knows the key alone, and takes every other answer for "unknown".

Source: netdata-claim.sh of 1.37 and 1.45 (exit codes), claim.c of the same (messages)
"""

from enum import IntEnum

import msgspec

from muster.errors import MusterError

MAX_ANSWER_BYTES = 16 << 10


class ClaimExit(IntEnum):
    """Exit code of the claim command."""

    CLAIMED = 0
    UNKNOWN_ARGUMENT = 1
    FOLDER = 2
    MISSING = 3
    NO_CONNECTION = 4
    NOT_TOLD = 5
    WRONG_USER = 6
    UNKNOWN_ANSWER = 7
    NODE_ID = 8
    NODE_NAME = 9
    ROOM_ID = 10
    PUBLIC_KEY = 11
    FORBIDDEN = 12
    ALREADY_CLAIMED = 13
    PROCESSING = 14
    SERVER_FAULT = 15
    GATEWAY_TIMEOUT = 16
    BUSY = 17
    NO_MACHINE_ID = 18


# What the original says: scripts look for these words.
MESSAGE = {
    ClaimExit.CLAIMED: "Agent claimed successfully",
    ClaimExit.UNKNOWN_ARGUMENT: "Unknown argument",
    ClaimExit.FOLDER: "Problems with claiming working directory",
    ClaimExit.MISSING: "Missing dependencies",
    ClaimExit.NO_CONNECTION: "Failure to connect to endpoint",
    ClaimExit.NOT_TOLD: "The CLI didn't work",
    ClaimExit.WRONG_USER: "Wrong user",
    ClaimExit.UNKNOWN_ANSWER: "Unknown HTTP error message",
    ClaimExit.NODE_ID: "invalid node id",
    ClaimExit.NODE_NAME: "invalid node name",
    ClaimExit.ROOM_ID: "invalid room id",
    ClaimExit.PUBLIC_KEY: "invalid public key",
    ClaimExit.FORBIDDEN: "token expired/token not found/invalid token",
    ClaimExit.ALREADY_CLAIMED: "already claimed",
    ClaimExit.PROCESSING: "processing claiming",
    ClaimExit.SERVER_FAULT: "Internal Server Error",
    ClaimExit.GATEWAY_TIMEOUT: "Gateway Timeout",
    ClaimExit.BUSY: "Service Unavailable",
    ClaimExit.NO_MACHINE_ID: "Agent Unique Id Not Readable",
}

REMEDY = {
    ClaimExit.UNKNOWN_ARGUMENT: "see muster agent netdata-claim --help",
    ClaimExit.FOLDER: "make the folder writable for the agent's user, or free its disk",
    ClaimExit.MISSING: "unset NETDATA_DISABLE_CLOUD, or set `[netdata] enabled = true`",
    ClaimExit.NO_CONNECTION: "check the address, the proxy, the firewall, and that the cloud's"
    " certificate is trusted here (cloud.d/cloud_fullchain.pem)",
    ClaimExit.NOT_TOLD: "restart the agent: it takes up the claim when it starts",
    ClaimExit.WRONG_USER: "run it as that user, or as root",
    ClaimExit.UNKNOWN_ANSWER: "is that address a hub's? -verbose shows its answer",
    ClaimExit.NODE_ID: "give a UUID: -id=$(uuidgen)",
    ClaimExit.NODE_NAME: "give a host name of up to 255 plain characters: -hostname=NAME",
    ClaimExit.ROOM_ID: "take the rooms from the hub's Connect page, or leave -rooms= out",
    ClaimExit.PUBLIC_KEY: "remove private.pem and public.pem from cloud.d: they are made anew",
    ClaimExit.FORBIDDEN: "make a new token at the hub; this one has expired, is used up or revoked,"
    " or is not for this machine",
    ClaimExit.ALREADY_CLAIMED: "take a new identity with -id=$(uuidgen), or remove the node there",
    ClaimExit.PROCESSING: "an admin of the hub has to let this machine in; then claim again",
    ClaimExit.SERVER_FAULT: "look at the hub's log, then claim again",
    ClaimExit.GATEWAY_TIMEOUT: "claim again in a minute; if it stays so, look at the hub",
    ClaimExit.BUSY: "claim again in a minute: the hub has too much to do",
    ClaimExit.NO_MACHINE_ID: "make registry/netdata.public.unique.id readable, or remove it",
}

# Beside that of a claim which is forbidden, where nothing was checked.
UNCHECKED_REMEDY = (
    "Or: hubs forbid -insecure unless enrol.insecure is set there. Trust the hub's root, as its"
    " Connect page says, and claim without it"
)

_OF_KEY = {
    "ErrInvalidNodeID": ClaimExit.NODE_ID,
    "ErrInvalidNodeName": ClaimExit.NODE_NAME,
    "ErrInvalidRoomID": ClaimExit.ROOM_ID,
    "ErrInvalidPublicKey": ClaimExit.PUBLIC_KEY,
    "ErrForbidden": ClaimExit.FORBIDDEN,
    "ErrAlreadyClaimed": ClaimExit.ALREADY_CLAIMED,
    "ErrProcessingClaim": ClaimExit.PROCESSING,
    "ErrInternalServerError": ClaimExit.SERVER_FAULT,
    "ErrGatewayTimeout": ClaimExit.GATEWAY_TIMEOUT,
    "ErrServiceUnavailable": ClaimExit.BUSY,
}
KEY = {exit_code: key for key, exit_code in _OF_KEY.items()}
_OF_STATUS = {
    102: ClaimExit.PROCESSING,
    403: ClaimExit.FORBIDDEN,
    409: ClaimExit.ALREADY_CLAIMED,
    500: ClaimExit.SERVER_FAULT,
    503: ClaimExit.BUSY,
    504: ClaimExit.GATEWAY_TIMEOUT,
}
# Trying the very same again may end otherwise; the rest asks for a person.
PASSING = frozenset(
    (
        ClaimExit.NO_CONNECTION,
        ClaimExit.PROCESSING,
        ClaimExit.SERVER_FAULT,
        ClaimExit.GATEWAY_TIMEOUT,
        ClaimExit.BUSY,
        ClaimExit.UNKNOWN_ANSWER,
    )
)


class ClaimFailed(MusterError):
    """A claim that did not happen: the text says why in this case, REMEDY what to do."""

    code = "netdata_claim_failed"

    def __init__(self, exit_code: ClaimExit, text: str = "") -> None:
        super().__init__(text or MESSAGE[exit_code])
        self.exit_code = exit_code


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a claim, as it travels from the program that made it to the agent."""

    exit_code: ClaimExit
    text: str = ""
    claim_id: str = ""


class _Told(msgspec.Struct, frozen=True):
    error_key: str = msgspec.field(name="errorMsgKey", default="")


def key_in(body: bytes) -> str:
    """The error key of an answer, however its JSON is spaced; "" when there is none."""
    try:
        return msgspec.json.decode(body[:MAX_ANSWER_BYTES], type=_Told).error_key
    except msgspec.DecodeError:
        return ""


def judge(status: int, body: bytes) -> ClaimExit:
    """What a cloud's answer to a claim means."""
    if status == 204:
        return ClaimExit.CLAIMED
    by_key = _OF_KEY.get(key_in(body))
    return by_key or _OF_STATUS.get(status, ClaimExit.UNKNOWN_ANSWER)
