"""The hub's side of the process that reads the CA's files for a backup (keypacker.py).

Both questions block. Once nobody waits for the answer (`given_up`), the process is ended.
"""

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from threading import Event

import msgspec

from muster.errors import Unavailable
from muster.hub.keys.keypacker import Checked, Done, Failed, Outcome
from muster.hub.keys.signerclient import signer_environment
from muster.store.archive import BackupDamaged, Packed

PACK_S = 60.0
CHECK_S = 120.0  # and as long again as the slowest disk needs
_SLOWEST_BYTES_S = 5e6
_MAX_OUTCOME = 65_536
_LOOK_S = 0.1  # how often it is looked whether somebody still waits


def pack_keys(folder: Path, descriptor: int, given_up: Event) -> Packed:
    """Have the CA's files written to an open file, as one frame. Errors: Unavailable."""
    words = ["pack", "--folder", str(folder), "--to", str(descriptor)]
    outcome = _run(words, PACK_S, given_up, descriptor)
    if not isinstance(outcome, Done):
        raise _unexpected(outcome)
    return outcome.packed


def check_archive(file: Path, given_up: Event) -> Checked:
    """Have a backup read whole. Errors: BackupDamaged, Unavailable."""
    try:
        size = file.stat().st_size
    except OSError as error:
        raise Unavailable(f"{str(file)!r}: {error.strerror}") from error
    outcome = _run(["check", str(file)], CHECK_S + size / _SLOWEST_BYTES_S, given_up)
    if not isinstance(outcome, Checked):
        raise _unexpected(outcome)
    return outcome


def _run(words: list[str], wait_s: float, given_up: Event, *passed: int) -> Outcome:
    try:
        process = subprocess.Popen(  # noqa: S603 - our own program, paths as single arguments
            [sys.executable, "-P", "-m", "muster.hub.keys.keypacker", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            env=signer_environment(os.environ),
            pass_fds=passed,
        )
    except OSError as error:
        raise Unavailable(f"the process that packs the CA cannot be started: {error}") from error
    with process:
        try:
            out = _said(process, wait_s, given_up)
        finally:
            process.kill()
    try:
        outcome: Outcome = msgspec.json.decode(out[:_MAX_OUTCOME], type=Outcome)
    except msgspec.MsgspecError as error:
        text = f"the process that packs the CA ended with {process.returncode}; see the hub's log"
        raise Unavailable(text) from error
    if isinstance(outcome, Failed):
        raise (BackupDamaged if outcome.damaged else Unavailable)(outcome.text)
    return outcome


def _said(process: subprocess.Popen[bytes], wait_s: float, given_up: Event) -> bytes:
    for _ in range(round(wait_s / _LOOK_S)):
        if given_up.is_set():
            raise Unavailable("the backup was given up")
        with suppress(subprocess.TimeoutExpired):
            return process.communicate(timeout=_LOOK_S)[0]
    raise Unavailable(f"the process that packs the CA took over {wait_s:.0f} s")


def _unexpected(outcome: Outcome) -> Unavailable:
    return Unavailable(f"the process that packs the CA said {type(outcome).__name__.lower()}")
