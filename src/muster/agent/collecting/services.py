"""Asks programs over sockets for collectors: a connection, a deadline, a bound on what is said.

What is said, and when an answer is whole, is the collector's (collectors.api.Talk). It waits, so
it belongs in a lane.
"""

import os
import socket
import stat
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec

from muster.agent.collecting.commands import FOLDERS
from muster.clock import Clock
from muster.collectors.api import Service, Want
from muster.errors import InputError, Unavailable

MAX_BYTES = 8 << 20  # of all answers of one conversation
MAX_STEPS = 2_000
_PIECE = 64 << 10


def address_of(service: Service, root: str, given: str = "") -> str:
    """Whom to ask: the address given by settings, else the first that is there; empty: nobody."""
    for address in (given,) if given else service.addresses:
        kind, _, place = address.partition(":")
        if given or kind == "tcp":
            return address
        if kind == "unix" and _is_open_to_us(root + place):
            return f"unix:{root}{place}"
        if kind == "own" and os.geteuid() == 0 and root in ("", "/"):
            return address
    return ""


def converse(service: Service, address: str, clock: Clock) -> Mapping[str, bytes]:
    """What a conversation comes to.

    Errors: Unavailable when nobody answers in time; InputError when too much is said, or what
            the collector can make nothing of.
    """
    deadline = clock.monotonic() + service.timeout_s
    talk = service.talk()
    with _Line(service.name, address, deadline, clock) as line:
        try:
            want = next(talk)
            for _ in range(MAX_STEPS):
                want = talk.send(line.ask(want))
        except StopIteration as end:
            found: Mapping[str, bytes] = end.value
            return found
        except OSError as error:
            raise Unavailable(f"{service.name} at {address}: {_reason(error)}") from error
        except (ValueError, LookupError, RecursionError, msgspec.DecodeError) as error:
            raise InputError(f"{service.name} at {address}: {error}") from error
    raise InputError(f"{service.name}: more than {MAX_STEPS} questions")


class _Line:
    """The connection of a conversation, opened with its first step."""

    def __init__(self, name: str, address: str, deadline: float, clock: Clock) -> None:
        self._name = name
        self._address = address
        self._deadline = deadline
        self._clock = clock
        self._socket: socket.socket | None = None
        self._program: subprocess.Popen[bytes] | None = None
        self._waiting = bytearray()  # what came and is of no answer yet
        self._bytes = 0

    def __enter__(self) -> "_Line":
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def ask(self, want: Want) -> bytes:
        """Errors: OSError, InputError."""
        own = self._socket
        if own is None or want.anew:
            self._close()
            own = self._open()
        own.settimeout(self._left_s())
        own.sendall(want.say)
        while want.whole is None or not (length := want.whole(bytes(self._waiting))):
            own.settimeout(self._left_s())
            piece = own.recv(_PIECE)
            self._bytes += len(piece)
            if self._bytes > MAX_BYTES:
                raise InputError(f"{self._name}: more than {MAX_BYTES} bytes are said")
            self._waiting += piece
            if piece:
                continue
            if want.whole is not None:
                raise ConnectionResetError("closed before the answer was whole")
            length = len(self._waiting)
            break
        answer = bytes(self._waiting[:length])
        del self._waiting[:length]
        return answer

    def _left_s(self) -> float:
        left = self._deadline - self._clock.monotonic()
        if left <= 0:
            raise TimeoutError("no answer in time")
        return left

    def _open(self) -> socket.socket:
        kind, _, place = self._address.partition(":")
        self._waiting.clear()
        if kind == "own":
            own, self._program = _start(place)
        else:
            own = _connect(self._address, self._left_s())
        self._socket = own
        return own

    def _close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        if self._program is not None:
            self._program.kill()  # does nothing to one that has ended
            self._program.wait()
            self._program = None


def _connect(address: str, timeout_s: float) -> socket.socket:
    """Errors: OSError; InputError for an address of another form."""
    kind, _, place = address.partition(":")
    if kind == "unix":
        own = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        own.settimeout(timeout_s)
        try:
            own.connect(place)
        except OSError:
            own.close()
            raise
        return own
    host, _, port = place.rpartition(":")
    if kind != "tcp" or not host or not port.isdecimal() or not 0 < int(port[:6]) < 1 << 16:
        raise InputError(f"an address is unix:PATH or tcp:HOST:PORT, not {address[:80]!r}")
    return socket.create_connection((host.strip("[]"), int(port)), timeout_s)


def _start(module: str) -> tuple[socket.socket, "subprocess.Popen[bytes]"]:
    """A program of the agent's own at the other end of a socket, as systemd would start it."""
    near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    with far:
        try:
            process = subprocess.Popen(  # noqa: S603 - constant words
                [sys.executable, "-I", "-S", str(Path(__file__).parents[1] / f"{module}.py")],
                stdin=far.fileno(),
                stdout=far.fileno(),
                stderr=subprocess.DEVNULL,
                env={"PATH": ":".join(FOLDERS), "LC_ALL": "C"},
                cwd="/",
                start_new_session=True,
            )
        except OSError:
            near.close()
            raise
    return near, process


def _is_open_to_us(path: str) -> bool:
    """A socket that this agent has a right to: one it has none to is as good as not there."""
    try:
        is_socket = stat.S_ISSOCK(os.stat(path).st_mode)  # noqa: PTH116 - as sources.py does it
    except OSError:
        return False
    return is_socket and os.access(path, os.R_OK | os.W_OK)


def _reason(error: OSError) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return os.strerror(error.errno) if error.errno else str(error)
