"""Renewal of the node's certificate, without a gap and without cryptography in this process.

At half life, give or take a twentieth, a short-lived program makes a new key; the hub
certifies it over the link; the program checks the answer and puts both in force at once.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from muster.agent.joining.identity import Identity, NodeFile, load_identity
from muster.clock import SECOND_NS, Clock
from muster.errors import MusterError, Unavailable
from muster.pki.profile import renew_at
from muster.wire.messages import Renewed

_PROGRAM_S = 30.0
_PACE_S = 2.0  # from one renewal to the next, however short a life the hub gives
_MAX_OUTPUT = 64 << 10

RunProgram = Callable[[Sequence[str], bytes], Awaitable[str]]


class RenewalFailed(MusterError):
    """The helper program failed; the old credential stays in force."""

    code = "renewal_failed"


async def run_program(
    arguments: Sequence[str],
    data: bytes,
    *,
    module: str = "muster.agent.joining.credential",
    limit_s: float = _PROGRAM_S,
) -> str:
    """Run a program of ours once: standard input in, standard output back.

    Errors: RenewalFailed with what it said.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",  # no module of the folder we happen to run in: others may write there
        "-m",
        module,
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(limit_s):
            output, errors = await process.communicate(data)
    except TimeoutError as error:
        raise RenewalFailed(f"key program did not end within {limit_s:g} s") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        lines = errors.decode(errors="replace").strip().splitlines() or ["no reason given"]
        raise RenewalFailed(f"{module} failed: {lines[-1][:500]}")
    return output[:_MAX_OUTPUT].decode()


class Renewal:
    """When to renew, and the two steps that happen on this machine."""

    def __init__(
        self,
        *,
        data: Path,
        clock: Clock,
        random: Callable[[], float],
        program: RunProgram = run_program,
    ) -> None:
        self._data = data
        self._clock = clock
        self._random = random
        self._program = program
        self._planned: tuple[str, int] = ("", 0)  # serial, time
        self._failures = 0
        self._not_before_retry = 0.0
        self._hurry = asyncio.Event()

    def due_in_s(self, node: NodeFile) -> float:
        """Seconds until this credential is to be renewed; 0 when it is due."""
        retry_s = self._not_before_retry - self._clock.monotonic()
        return max(0.0, retry_s, (self.due_ns(node) - self._clock.now_ns()) / SECOND_NS)

    def due_ns(self, node: NodeFile) -> int:
        """When it is to be renewed: drawn once for each credential."""
        if self._planned[0] != node.serial:
            jitter = 2 * self._random() - 1
            due_ns = renew_at(node.not_before_ns, node.not_after_ns, jitter)
            self._planned = (node.serial, due_ns)
        return self._planned[1]

    def hasten(self, node: NodeFile, within_s: float) -> None:
        """Renew within this time, at a moment that is drawn, unless it is due before."""
        due_ns = self._clock.now_ns() + round(within_s * self._random() * SECOND_NS)
        self._planned = (node.serial, min(self.due_ns(node), due_ns))
        self._hurry.set()

    async def wait(self, seconds: float) -> None:
        """Sleep; whoever hastens a renewal ends it."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._hurry.wait()
        self._hurry.clear()

    async def make_request(self) -> str:
        """A request for a new key (PEM). Errors: RenewalFailed."""
        return await self._program(["request", str(self._data)], b"")

    async def install(self, renewed: Renewed) -> Identity:
        """Put the new credential in force. Errors: RenewalFailed; SettingsError."""
        certified = {"chain": renewed.chain, "anchors": renewed.anchors}
        await self._program(["install", str(self._data)], msgspec.json.encode(certified))
        self._failures = 0
        self._not_before_retry = self._clock.monotonic() + _PACE_S
        return load_identity(self._data)

    def put_off(self, node: NodeFile) -> float:
        """After a failure: seconds until the next try, more often as the end comes near."""
        left_s = max(0.0, (node.not_after_ns - self._clock.now_ns()) / SECOND_NS)
        bound_s = min(600.0, max(2.0, left_s / 20), 5.0 * 2.0 ** min(self._failures, 10))
        self._failures += 1
        wait_s = bound_s * (0.5 + 0.5 * self._random())
        self._not_before_retry = self._clock.monotonic() + wait_s
        return wait_s


class NoAnswer(Unavailable):
    code = "no_answer"
