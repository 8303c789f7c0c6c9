"""`muster up`: a hub and, as a child process, the agent of its own machine.

The agent is claimed with a real token, fed to it on standard input, and connects over the
real link. It is started again when it ends, later and later. It ends with the hub, also
when the hub is killed: the kernel tells it.
"""

import asyncio
import logging
import os
import random
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from muster.clock import Clock, SystemClock
from muster.core.enrolment.tokens import ClaimTokens
from muster.core.nodes.inventory import Inventory
from muster.errors import MusterError
from muster.faces.native.hub import ConfigRow
from muster.hub.app import Hub
from muster.hub.settings import Settings
from muster.model.access import Actor
from muster.model.probe import BESIDE_HUB
from muster.net.backoff import Backoff

log = logging.getLogger(__name__)

_TOKEN_LIFE = timedelta(minutes=5)
_CLAIM_S = 60.0
_STEADY_S = 60.0  # an agent that ran so long starts anew without a wait
_END_S = 5.0
_SELF = Actor(name="hub", operator=True)

# PR_SET_PDEATHSIG (1) with SIGTERM, then the real command in the same process. The parent is
# looked at again, for it may have died before. -P: no module is taken from the folder the hub
# happens to run in, where others may write.
_BOUND = (
    "import ctypes,os,sys;"
    "ctypes.CDLL(None).prctl(1,15,0,0,0);"
    "os.getppid()==int(sys.argv[1]) or os._exit(0);"
    "os.execv(sys.executable,[sys.executable,'-P','-m','muster',*sys.argv[2:]])"
)


class Spawn(Protocol):
    """Starts `muster` with some words; a pipe as standard input where `feed` is set."""

    async def __call__(self, words: Sequence[str], *, feed: bool) -> Process: ...


async def spawn(words: Sequence[str], *, feed: bool) -> Process:
    """The real one. What the child prints goes where our log goes."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        "-c",
        _BOUND,
        str(os.getpid()),
        *words,
        stdin=PIPE if feed else DEVNULL,
        stdout=2,
        env=child_environment(os.environ),
    )


def child_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Without proxies: the hub is on this machine; and the agent is told that it is the hub's."""
    kept = {name: text for name, text in environment.items() if not name.lower().endswith("_proxy")}
    return kept | {BESIDE_HUB: "1"}


class LocalAgent:
    """The agent beside the hub. `run` until cancelled."""

    def __init__(
        self,
        *,
        data: Path,
        tokens: Callable[[], ClaimTokens],
        inventory: Callable[[], Inventory],
        clock: Clock,
        start: Spawn = spawn,
        wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._data = data
        self._tokens = tokens
        self._inventory = inventory
        self._clock = clock
        self._start = start
        self._wait = wait
        self._backoff = Backoff(random=random.random)

    async def run(self) -> None:
        """Claim when that is needed, then keep the agent running."""
        while True:
            began = self._clock.monotonic()
            try:
                await self._once()
            except (MusterError, OSError) as error:
                log.warning("local agent cannot be started", extra={"error": str(error)})
            if self._clock.monotonic() - began >= _STEADY_S:
                self._backoff.reset()
            await self._wait(self._backoff.next_s(1.0))

    async def _once(self) -> None:
        if not self._is_claimed() and not await self._claim():
            return
        process = await self._start(["agent", "run", "--data", str(self._data)], feed=False)
        code = await _ended(process)
        log.warning("local agent ended", extra={"exit": code})

    def _is_claimed(self) -> bool:
        return os.path.lexists(self._data / "identity")

    async def _claim(self) -> bool:
        space = self._inventory().spaces()[0].id
        token = await self._tokens().create(
            _SELF, space, lifetime=_TOKEN_LIFE, description="the hub's own machine"
        )
        words = ["agent", "claim", "--token-file", "-", "--proxy", "none"]
        process = await self._start([*words, "--data", str(self._data)], feed=True)
        try:
            async with asyncio.timeout(_CLAIM_S):
                await process.communicate(token.text.reveal().encode() + b"\n")
        except TimeoutError:
            log.warning("local agent's claim takes too long")
        finally:
            await _end(process)
        if process.returncode:
            log.warning("local agent not claimed", extra={"exit": process.returncode})
        return process.returncode == 0


async def _ended(process: Process) -> int:
    try:
        return await process.wait()
    finally:
        await _end(process)


async def _end(process: Process) -> None:
    """Ask it to end, insist after a while."""
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(_END_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def hub_and_agent(settings: Settings, *, config: Sequence[ConfigRow] = ()) -> Hub:
    """A hub beside which the agent of this machine runs."""
    clock = SystemClock()
    hub = Hub(settings, clock=clock, config=config)
    agent = LocalAgent(
        data=settings.data / "agent",
        tokens=lambda: hub.parts.local_tokens,
        inventory=lambda: hub.parts.inventory,
        clock=clock,
    )
    hub.beside(agent.run)
    return hub
