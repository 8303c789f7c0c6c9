"""What may ask disks how they are: a program of its own, that does this and nothing else.

systemd starts it for each connection to its socket, with the capabilities that smartctl needs
and no others, and its standard input and output are the connection (docs/guide/smart.md). An
agent that runs as root starts it by itself. It reads one line, which has one form, and answers
with one JSON document a line, as smartctl gave them; nothing that is sent decides what is run.
Disks that are asleep are not woken.

It stands alone: it imports nothing of ours, so that it runs as `python3 -I -S smarthelper.py`.

Source: smartctl(8)
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

REQUEST = b"smart 1\n"
SMARTCTL = ("/usr/sbin/smartctl", "/sbin/smartctl", "/usr/bin/smartctl", "/usr/local/sbin/smartctl")
MAX_DISKS = 64
MAX_BYTES = 1 << 20  # of one document
TIMEOUT_S = 30.0  # for one disk
_NAME = re.compile(r"/dev/[A-Za-z0-9][A-Za-z0-9/_.-]{0,100}")
_TYPE = re.compile(r"[a-z0-9][A-Za-z0-9,+_/-]{0,60}")

Run = Callable[[list[str]], bytes]


def run(argv: list[str]) -> bytes:
    """Standard output, whatever the exit code: smartctl's is of the disk's health."""
    try:
        done = subprocess.run(  # noqa: S603 - its words are checked below
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"LC_ALL": "C", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
            cwd="/",
            timeout=TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return b""
    return done.stdout


def answers(smartctl: str, run: Run = run) -> Iterator[bytes]:
    """A line for each disk that smartctl finds."""
    for name, kind in devices(run([smartctl, "--json=c", "--scan"])):
        # -n standby: a disk that is asleep is left to sleep; the answer then says just that.
        said = run([smartctl, "--json=c", "-a", "-n", "standby", "-d", kind, name])
        line = _one_line(said)
        if line:
            yield line


def devices(scanned: bytes) -> list[tuple[str, str]]:
    """Names and types of what was found; whatever has another form is passed over."""
    found: list[tuple[str, str]] = []
    listed = _object(scanned).get("devices", [])
    for each in listed if isinstance(listed, list) else []:
        name, kind = (
            str(each.get(key, "") if isinstance(each, dict) else "") for key in ("name", "type")
        )
        if _NAME.fullmatch(name) and _TYPE.fullmatch(kind) and ".." not in name:
            found.append((name, kind))
    return found[:MAX_DISKS]


def _object(text: bytes) -> dict[str, Any]:
    try:
        found = json.loads(text) if len(text) <= MAX_BYTES else None
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _one_line(said: bytes) -> bytes:
    """The document as one line of ASCII; empty for what is none."""
    found = _object(said)
    return json.dumps(found, separators=(",", ":")).encode() + b"\n" if found else b""


def main(run: Run = run) -> int:
    """Answer one request; 2 for any other, 3 without smartctl."""
    if sys.stdin.buffer.readline(len(REQUEST) + 1) != REQUEST:
        return 2
    smartctl = next((path for path in SMARTCTL if os.access(path, os.X_OK)), "")
    if not smartctl:
        return 3
    for line in answers(smartctl, run):
        sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
