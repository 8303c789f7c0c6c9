"""What an agent says of itself: on `DIR/agent.sock` and to the hub's questions.

The socket speaks just enough HTTP for `muster agent status` and curl --unix-socket; it is
0600 in a 0700 folder. What is not a read is a command in Netdata's words (agent/netdata).
"""

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec

from muster.agent.collecting.scheduler import CollectorStatus
from muster.agent.joining.identity import NodeFile
from muster.agent.linking.linkstatus import LinkStatus
from muster.agent.memberships.hublane import HubStatus
from muster.agent.probestatus import ProbeStatus
from muster.agent.spool.buffer import SpoolStatus
from muster.net.client import hang_up
from muster.net.socketpath import short_path

log = logging.getLogger(__name__)

SOCKET = "agent.sock"
PATH = "/v1/status"
COMMANDS = "/v1/netdata"
_TIMEOUT_S = 5.0
_COMMAND_S = 45.0  # one that waits for the hub
_AT_ONCE = 8
_MAX_COMMAND = 20 << 10

Command = Callable[[str], Awaitable[object]]


class ProcessStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What the agent costs."""

    pid: int
    uptime_s: float
    rss_bytes: int
    cpu_s: float  # with its start
    cpu_percent: float  # of one core, since it runs


class AgentStatus(msgspec.Struct, frozen=True, kw_only=True):
    """All of it. `refused_batches`: ticks that no frame could hold."""

    version: str
    compiled: bool
    data: str
    node: NodeFile | None
    link: LinkStatus
    spool: SpoolStatus
    collectors: list[CollectorStatus]
    process: ProcessStatus
    missed_ticks: int
    refused_batches: int
    hubs: list[HubStatus] = []  # all of them, the first too; a hub is told of none
    probes: list[ProbeStatus] = []


def cpu_seconds() -> float:
    """What this process has used so far."""
    times = os.times()
    return times.user + times.system


def measure_process(uptime_s: float, cpu_at_start_s: float = 0.0) -> ProcessStatus:
    """Read what this process costs now. Source: proc(5), statm."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        pages = 0
    cpu_s = cpu_seconds()
    spent_s = cpu_s - cpu_at_start_s
    return ProcessStatus(
        pid=os.getpid(),
        uptime_s=round(uptime_s, 1),
        rss_bytes=pages * os.sysconf("SC_PAGE_SIZE"),
        cpu_s=round(cpu_s, 2),
        cpu_percent=round(100 * spent_s / uptime_s, 3) if uptime_s else 0.0,
    )


class StatusServer:
    """Answers on a unix socket until cancelled. A socket that cannot be made is only logged."""

    def __init__(
        self, folder: Path, status: Callable[[], AgentStatus], command: Command | None = None
    ) -> None:
        self._path = folder / SOCKET
        self._status = status
        self._command = command
        self._open = 0

    async def run(self) -> None:
        try:
            listener = _listen(self._path)
        except OSError as error:
            log.warning("no status socket", extra={"path": str(self._path), "cause": str(error)})
            return
        try:
            async with await asyncio.start_unix_server(self._serve, sock=listener, limit=8192):
                await asyncio.Event().wait()
        finally:
            listener.close()
            with contextlib.suppress(OSError):
                self._path.unlink()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        try:
            if self._open <= _AT_ONCE:
                async with asyncio.timeout(_TIMEOUT_S):
                    head = await reader.readuntil(b"\r\n\r\n")
                    command = await _command_in(head, reader)
                async with asyncio.timeout(_COMMAND_S):
                    writer.write(await self._obey(command) if command else self._answer(head))
                    await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            log.debug("status not asked to the end")
        finally:
            self._open -= 1
            await hang_up(writer)

    async def _obey(self, command: str) -> bytes:
        if self._command is None:
            return _format(404, b'{"error":{"code":"not_found","text":"no commands here"}}')
        return _format(200, msgspec.json.encode(await self._command(command)))

    def _answer(self, head: bytes) -> bytes:
        method, _, rest = head.partition(b" ")
        if method != b"GET" or rest.partition(b" ")[0] != PATH.encode():
            return _format(404, b'{"error":{"code":"not_found","text":"GET %s"}}' % PATH.encode())
        return _format(200, msgspec.json.encode(self._status()))


async def _command_in(head: bytes, reader: asyncio.StreamReader) -> str:
    """The command that is posted; "" for any other request."""
    first, _, rest = head.partition(b"\r\n")
    if first != f"POST {COMMANDS} HTTP/1.1".encode():
        return ""
    for line in rest.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length" and value.strip().isdigit():
            length = min(int(value), _MAX_COMMAND)
            return (await reader.readexactly(length)).decode("utf-8", "replace")
    return ""


def _format(status: int, body: bytes) -> bytes:
    reason = "OK" if status == 200 else "Not Found"
    head = (
        f"HTTP/1.1 {status} {reason}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body


def _listen(path: Path) -> socket.socket:
    """A fresh 0600 socket; a dead one in its place is removed (the folder's lock is held)."""
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    listener = socket.socket(socket.AF_UNIX)
    before = os.umask(0o177)
    try:
        with short_path(path) as name:
            listener.bind(name)
    except BaseException:
        listener.close()
        raise
    finally:
        os.umask(before)
    return listener
