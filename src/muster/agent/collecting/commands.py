"""Runs a program for its output: no shell, no input, C locale, a limit of time and of bytes.

It waits, so it belongs in a lane.
"""

import os
import subprocess
from select import POLLHUP, POLLIN, poll

from muster.clock import Clock
from muster.errors import InputError, Unavailable

FOLDERS = ("/usr/bin", "/bin", "/usr/sbin", "/sbin")  # where programs are looked for
MAX_OUTPUT_BYTES = 4 << 20


def find_program(name: str) -> str | None:
    """The program's path; None when this machine has no such program."""
    places = (f"{folder}/{name}" for folder in FOLDERS)
    return next((place for place in places if os.access(place, os.X_OK)), None)


def run(argv: tuple[str, ...], timeout_s: float, clock: Clock) -> bytes:
    """Standard output of a program that succeeds in time; it is killed when it does not.

    Errors: Unavailable when it cannot be started, takes too long or fails; InputError when it
            says too much.
    """
    deadline = clock.monotonic() + timeout_s
    environment = {"LC_ALL": "C", "PATH": ":".join(FOLDERS)}
    try:
        process = subprocess.Popen(  # noqa: S603 - a collector's own constant words
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            cwd="/",
            start_new_session=True,
        )
    except OSError as error:
        raise Unavailable(f"{argv[0]} cannot be started: {error.strerror}") from error
    with process:
        try:
            output = _output(process, argv[0], deadline, clock)
            code = process.wait(max(deadline - clock.monotonic(), 0.01))
        except subprocess.TimeoutExpired as error:
            raise Unavailable(f"{argv[0]} did not end within {timeout_s} s") from error
        finally:
            process.kill()  # does nothing to one that has ended
    if code:
        raise Unavailable(f"{argv[0]} ended with exit code {code}")
    return output


def _output(process: subprocess.Popen[bytes], name: str, deadline: float, clock: Clock) -> bytes:
    if process.stdout is None:
        return b""
    descriptor = process.stdout.fileno()
    waiting = poll()
    waiting.register(descriptor, POLLIN | POLLHUP)
    parts: list[bytes] = []
    length = 0
    while True:
        left = deadline - clock.monotonic()
        if left <= 0 or not waiting.poll(left * 1000):
            raise subprocess.TimeoutExpired(name, left)
        part = os.read(descriptor, 1 << 16)
        if not part:
            return b"".join(parts)
        parts.append(part)
        length += len(part)
        if length > MAX_OUTPUT_BYTES:
            raise InputError(f"{name}: more than {MAX_OUTPUT_BYTES} bytes of output")
