"""Becoming a node of its own, when the hub says that this folder is a copy of another's.

The agent runs `python -m muster.agent.joining.fork DIR`: it claims with the token that the hub
sent, with a new key, and puts the new identity in force in place of the copied one. Then the agent
drops what of the spool was copied; what it gathered itself goes on under the new identity.

`DIR/fork` names the copied node from before the claim until the spool is cleaned, so that a
kill between the two sends nothing of the original's under the new name.
"""

import asyncio
import contextlib
import os
import sys
from pathlib import Path
from typing import Protocol

import msgspec

from muster.agent.joining.identity import load_identity
from muster.clock import SystemClock
from muster.errors import InputError, MusterError
from muster.files import sync
from muster.log import Secret
from muster.model.inventory import Facts

FILE = "fork"
_MAX_INPUT = 64 << 10


class Rebases(Protocol):
    """spool.buffer.Spool, as far as a fork needs it."""

    def rebase(self) -> None:
        """Keep what this life made, in a new epoch."""
        ...


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """Standard input of the program. Nothing secret goes into an argument."""

    token: str
    proxy: str
    facts: Facts = Facts()  # as the agent that has the settings gathers them


def mark_fork(data: Path, node: str) -> None:
    """Note that the spool holds another's batches. Errors: OSError."""
    file = os.open(data / FILE, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(file, "w", encoding="ascii") as stream:
        stream.write(node)
        stream.flush()
        os.fsync(file)
    sync(data)


def finish_fork(data: Path, spool: Rebases) -> bool:
    """Drop the copied batches if the identity has changed since; whether it had."""
    try:
        copied = (data / FILE).read_text(encoding="ascii")
    except OSError:
        return False
    with contextlib.suppress(MusterError):
        if load_identity(data).node.node == copied:
            return False  # the claim did not come through yet
    spool.rebase()
    with contextlib.suppress(OSError):
        (data / FILE).unlink()
        sync(data)
    return True


async def fork(data: Path, order: Order) -> str:
    """Claim anew and put that in force; the new node's id. Errors: as joining.claim.claim."""
    from muster.agent.joining.claim import claim
    from muster.net.proxy import ProxySetting

    try:
        mark_fork(data, load_identity(data).node.node)
    except OSError as error:
        raise InputError(f"{error.filename}: {error.strerror}") from error
    claimed = await claim(
        data,
        Secret(order.token),
        clock=SystemClock(),
        facts=lambda: order.facts,
        proxy=ProxySetting(order.proxy),
        replaces=True,
    )
    return claimed.node.node


def main(arguments: list[str]) -> int:
    """Fork one folder, whose lock the agent holds that runs this."""
    try:
        order = msgspec.json.decode(sys.stdin.buffer.read(_MAX_INPUT), type=Order)
        sys.stdout.write(asyncio.run(fork(Path(arguments[0]), order)))
    except (MusterError, msgspec.DecodeError, IndexError) as error:
        sys.stderr.write(str(error) or "usage: python -m muster.agent.joining.fork DIR")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
