"""Speaking to a running agent as netdatacli does to netdata: one command, code and text back."""

from pathlib import Path

import msgspec

from muster.agent.status import COMMANDS, SOCKET
from muster.errors import MusterError
from muster.net.client import Target, request

_LIMIT_S = 30.0  # a reload waits up to 10 s for the link


class Said(msgspec.Struct, frozen=True):
    """What a command came to. `code` 0: done."""

    code: int
    text: str


NOT_RUNNING = Said(255, "")


async def tell(data: Path, command: str) -> Said:
    """Give a command to the agent of a folder; NOT_RUNNING when none answers."""
    socket = data / SOCKET
    if not socket.exists():
        return NOT_RUNNING
    try:
        target = Target(socket=socket)
        answer = await request(target, "POST", COMMANDS, body=command.encode(), timeout_s=_LIMIT_S)
        if answer.status != 200:
            return NOT_RUNNING
        return msgspec.json.decode(answer.body, type=Said)
    except (MusterError, msgspec.DecodeError):
        return NOT_RUNNING
