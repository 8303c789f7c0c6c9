"""The hub's side of the process that reads the CA's files for a backup (keypacker.py)."""

import os
import subprocess
import sys
from pathlib import Path

import msgspec

from muster.errors import Unavailable
from muster.hub.keys.keypacker import Checked, Done, Failed, Outcome
from muster.hub.keys.signerclient import signer_environment
from muster.store.archive import BackupDamaged, Packed

PACK_S = 60.0
CHECK_S = 120.0  # and as long again as the slowest disk needs
_SLOWEST_BYTES_S = 5e6
_MAX_OUTCOME = 65_536


def pack_keys(folder: Path, descriptor: int) -> Packed:
    """Have the CA's files written to an open file, as one frame. Blocks. Errors: Unavailable."""
    words = ["pack", "--folder", str(folder), "--to", str(descriptor)]
    outcome = _run(words, PACK_S, descriptor)
    if not isinstance(outcome, Done):
        raise _unexpected(outcome)
    return outcome.packed


def check_archive(file: Path) -> Checked:
    """Have a backup read whole. Blocks. Errors: BackupDamaged, Unavailable."""
    try:
        size = file.stat().st_size
    except OSError as error:
        raise Unavailable(f"{str(file)!r}: {error.strerror}") from error
    outcome = _run(["check", str(file)], CHECK_S + size / _SLOWEST_BYTES_S)
    if not isinstance(outcome, Checked):
        raise _unexpected(outcome)
    return outcome


def _run(words: list[str], wait_s: float, *passed: int) -> Outcome:
    try:
        ended = subprocess.run(  # noqa: S603 - our own program, and paths as single arguments
            [sys.executable, "-P", "-m", "muster.hub.keys.keypacker", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            env=signer_environment(os.environ),
            pass_fds=passed,
            timeout=wait_s,
            check=False,
        )
    except OSError as error:
        raise Unavailable(f"the process that packs the CA cannot be started: {error}") from error
    except subprocess.TimeoutExpired as error:
        raise Unavailable(f"the process that packs the CA took over {wait_s:.0f} s") from error
    try:
        outcome: Outcome = msgspec.json.decode(ended.stdout[:_MAX_OUTCOME], type=Outcome)
    except msgspec.MsgspecError as error:
        text = f"the process that packs the CA ended with {ended.returncode}; see the hub's log"
        raise Unavailable(text) from error
    if isinstance(outcome, Failed):
        raise (BackupDamaged if outcome.damaged else Unavailable)(outcome.text)
    return outcome


def _unexpected(outcome: Outcome) -> Unavailable:
    return Unavailable(f"the process that packs the CA said {type(outcome).__name__.lower()}")
