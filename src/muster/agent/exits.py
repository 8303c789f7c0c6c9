"""Exit codes of `muster agent …` beyond the common ones: one table, printed in the docs.

A script can tell from the code alone whether to try again, fetch a new token or call a
person. Common codes (0 to 8) stand in cli/exits.py.
"""

from enum import IntEnum

from muster.errors import MusterError


class Exit(IntEnum):
    CANNOT_CONNECT = 20
    WRONG_PIN = 21
    TOKEN_UNKNOWN = 22
    TOKEN_EXPIRED = 23
    TOKEN_USED_UP = 24
    ALREADY_CLAIMED = 25
    CLOCK_WRONG = 26
    PERMISSION = 27
    BAD_TOKEN = 28
    HUB_ERROR = 29
    NOT_CLAIMED = 30
    ALREADY_RUNNING = 31
    DISK = 32
    WAITING = 33
    NOT_FOR_THIS = 34
    DENIED = 35
    WAS_REVOKED = 36
    BAD_RESPONSE = 37
    OTHER_REQUEST = 38
    TOO_LATE = 39
    FINGERPRINT = 40
    ROOM_UNKNOWN = 41


MEANING = {
    Exit.CANNOT_CONNECT: "the hub cannot be reached: name, network, proxy or port",
    Exit.WRONG_PIN: "what answers is not the hub the token was made by; nothing was sent to it",
    Exit.TOKEN_UNKNOWN: "the hub knows no such token",
    Exit.TOKEN_EXPIRED: "the token has expired or was revoked; make a new one",
    Exit.TOKEN_USED_UP: "the token has enrolled as many nodes as it may; make a new one",
    Exit.ALREADY_CLAIMED: "this folder, or this key, is a node already; unclaim it first",
    Exit.CLOCK_WRONG: "this machine's clock and the hub's certificate do not agree",
    Exit.PERMISSION: "a file or folder may not be read or written",
    Exit.BAD_TOKEN: "the token's text is damaged or incomplete; found without asking the hub",
    Exit.HUB_ERROR: "the hub refused or failed for another reason, which is shown",
    Exit.NOT_CLAIMED: "this folder is not claimed yet",
    Exit.ALREADY_RUNNING: "an agent runs on this folder",
    Exit.DISK: "the disk refuses: full, read-only or broken",
    Exit.WAITING: "an admin of the hub has to let this machine in; claim again to go on waiting",
    Exit.NOT_FOR_THIS: "the token is good, but not for this network, host name or hour",
    Exit.WAS_REVOKED: "an administrator took this folder's node away; --force-new joins as another",
    Exit.BAD_RESPONSE: "a response is damaged, altered or not what it should be",
    Exit.OTHER_REQUEST: "no request waits here that the response answers",
    Exit.TOO_LATE: "the response has ended; let the hub sign again, or make a new request",
    Exit.FINGERPRINT: "nobody said yet that the response's root is the right hub's",
    Exit.ROOM_UNKNOWN: "the token lets nobody into a room of that name or id; nothing was made",
    Exit.DENIED: "an admin of the hub, or its policy, refused this machine",
}

_OF_CODE = {
    "cannot_connect": Exit.CANNOT_CONNECT,
    "tls_refused": Exit.CANNOT_CONNECT,
    "protocol_error": Exit.CANNOT_CONNECT,  # what answers speaks something else
    "wrong_pin": Exit.WRONG_PIN,
    "token_unknown": Exit.TOKEN_UNKNOWN,
    "token_expired": Exit.TOKEN_EXPIRED,
    "token_used_up": Exit.TOKEN_USED_UP,
    "already_claimed": Exit.ALREADY_CLAIMED,
    "clock_wrong": Exit.CLOCK_WRONG,
    "permission": Exit.PERMISSION,
    "bad_token": Exit.BAD_TOKEN,
    "not_claimed": Exit.NOT_CLAIMED,
    "already_running": Exit.ALREADY_RUNNING,
    "disk_refused": Exit.DISK,
    "claim_waiting": Exit.WAITING,
    "token_network": Exit.NOT_FOR_THIS,
    "token_host": Exit.NOT_FOR_THIS,
    "token_busy": Exit.NOT_FOR_THIS,
    "claim_denied": Exit.DENIED,
    "was_revoked": Exit.WAS_REVOKED,
    "room_unknown": Exit.ROOM_UNKNOWN,
    "bad_armour": Exit.BAD_RESPONSE,
    "other_armour": Exit.BAD_RESPONSE,
    "bad_response": Exit.BAD_RESPONSE,
    "unfit_certificate": Exit.BAD_RESPONSE,
    "other_request": Exit.OTHER_REQUEST,
    "response_expired": Exit.TOO_LATE,
    "fingerprint_unknown": Exit.FINGERPRINT,
}


class AgentFailed(MusterError):
    """An error that brings its own exit code; `code` is that of the error it stands for."""

    def __init__(self, exit_code: Exit, code: str, text: str) -> None:
        super().__init__(text)
        self.exit_code = exit_code
        self.code = code


def failure_of(error: MusterError, otherwise: Exit | None = None) -> MusterError:
    """The error with its exit code; itself when the common table has it."""
    exit_code = _OF_CODE.get(error.code, otherwise)
    return error if exit_code is None else AgentFailed(exit_code, error.code, str(error))
