"""The program that the agent runs for what takes cryptography, so that it stays small itself.

`python -m muster.agent.netdata.program claim|adopt` reads what it needs from standard input
(a token, a proxy's password: never from arguments) and writes its result as JSON. It ends at once.
"""

import asyncio
import os
import sys
from pathlib import Path

import msgspec

from muster.agent.netdata.adopt import adopt
from muster.agent.netdata.adopted import Adopted
from muster.agent.netdata.claiming import Place, claim_wanted
from muster.agent.netdata.outcome import Outcome
from muster.agent.netdata.task import MODULE, Task, wanted_of
from muster.clock import SystemClock
from muster.errors import InputError, MusterError
from muster.net.proxy import ProxySetting

_MAX_INPUT = 256 << 10


def place_of(task: Task) -> Place:
    return Place(
        data=Path(task.data),
        lib=Path(task.lib),
        hostname=task.hostname,
        environment=dict(os.environ),
        proxy=ProxySetting(task.proxy),
    )


async def run_step(step: str, task: Task) -> Outcome | Adopted:
    """Errors: those of adopt(); InputError for another step."""
    if step == "claim":
        return await claim_wanted(wanted_of(task), place_of(task))
    if step == "adopt":
        return await adopt(place_of(task), SystemClock())
    raise InputError(f"usage: python -m {MODULE} claim|adopt")


def main(arguments: list[str]) -> int:
    """Result on standard output, cause of failure on the other."""
    os.umask(0o077)
    try:
        task = msgspec.json.decode(sys.stdin.buffer.read(_MAX_INPUT), type=Task)
        result = asyncio.run(run_step(arguments[0] if arguments else "", task))
    except msgspec.DecodeError as error:
        sys.stderr.write(f"standard input: {error}")
        return 1
    except MusterError as error:
        sys.stderr.write(str(error))
        return 1
    sys.stdout.write(msgspec.json.encode(result).decode())
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
