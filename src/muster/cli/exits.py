"""Exit codes, one table for every command; `muster --exits` and docs/reference/exits.md."""

from enum import IntEnum

from muster.agent.exits import MEANING as AGENT_MEANING
from muster.agent.exits import AgentFailed
from muster.errors import (
    Conflict,
    Denied,
    InputError,
    LimitExceeded,
    MusterError,
    NotFound,
    Unauthenticated,
    Unavailable,
)


class Exit(IntEnum):
    OK = 0
    BUG = 1
    USAGE = 2
    UNAVAILABLE = 3
    DENIED = 4
    NOT_FOUND = 5
    CONFLICT = 6
    LIMIT = 7
    CHECK_FAILED = 8
    NOT_INSTALLED = 9
    INTERRUPTED = 130


MEANING = {
    Exit.OK: "done",
    Exit.BUG: "a fault of Muster itself; the traceback says where",
    Exit.USAGE: "wrong arguments, settings or input; nothing was changed",
    Exit.UNAVAILABLE: "hub, disk or peer cannot be reached now; trying later may help",
    Exit.DENIED: "not signed in, or not allowed",
    Exit.NOT_FOUND: "there is no such thing",
    Exit.CONFLICT: "it is already so, or something else is in the way (a port, another hub)",
    Exit.LIMIT: "too much or too often",
    Exit.CHECK_FAILED: "a check found a fault (doctor, backup verify)",
    Exit.NOT_INSTALLED: "a part of Muster that this command needs is not installed",
    Exit.INTERRUPTED: "stopped from the keyboard",
}


class NotInstalled(MusterError):
    """A package that a rare command needs is not there."""

    code = "not_installed"
    exit_code = Exit.NOT_INSTALLED


_OF_ERROR = (
    (InputError, Exit.USAGE),
    (Unavailable, Exit.UNAVAILABLE),
    (Unauthenticated, Exit.DENIED),
    (Denied, Exit.DENIED),
    (NotFound, Exit.NOT_FOUND),
    (Conflict, Exit.CONFLICT),
    (LimitExceeded, Exit.LIMIT),
)


def exit_of(error: MusterError) -> int:
    """The exit code an error becomes: its own if it brings one, else that of its class."""
    if isinstance(error, AgentFailed | NotInstalled):
        return int(error.exit_code)
    return next((int(code) for kind, code in _OF_ERROR if isinstance(error, kind)), int(Exit.BUG))


def every_exit() -> dict[int, str]:
    """Code and meaning, common ones and the agent's own, in order."""
    return {int(code): text for code, text in sorted((MEANING | AGENT_MEANING).items())}
