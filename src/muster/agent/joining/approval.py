"""A claim that an admin has to decide on: asked again, patiently, until it is decided.

A hub that goes away or is busy meanwhile is waited for as well. Nothing is kept but the key that
waits (agent/joining/claim.py), so a machine that is killed or restarted asks on as the same claim.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec

from muster.clock import Clock
from muster.errors import MusterError
from muster.model.evidence import Evidence
from muster.net.client import Answer

T = TypeVar("T")
Gather = Callable[[str, str], Awaitable[Evidence]]  # of (hub's id, request)

_SHORTEST_S, _LONGEST_S = 1.0, 300.0  # between two questions, whatever the hub says
_AWAY_S = 15.0
# What passes by itself, and is no reason to stop waiting.
_PASSING = ("cannot_connect", "limit_exceeded", "unavailable", "starting", "token_busy")


class Waits(MusterError):
    """Not decided yet."""

    code = "claim_waiting"

    def __init__(self, where: str, told: "Told") -> None:
        why = f": {told.reason[:300]}" if told.reason else ""
        known = f" (id {told.request})" if told.request else ""
        super().__init__(f"{where}: an admin has to let this machine in{why}{known}")
        self.told = told


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What the hub says of a claim that waits."""

    request: str = ""
    reason: str = ""
    retry_after_s: float = 5.0


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """How long to wait, and who is told meanwhile: once, and again when the words change."""

    wait_s: float = 0.0
    tell: Callable[[Waits], None] = lambda waits: None
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


NO_PATIENCE = Patience()


async def no_evidence(hub: str, request: str) -> Evidence:
    """For those who show none."""
    return Evidence()


def waiting_of(answer: Answer, where: str) -> Waits:
    """The error that a 202 stands for. What the hub does not say is left empty."""
    try:
        told = msgspec.json.decode(answer.body, type=Told)
    except msgspec.DecodeError:
        told = Told()
    return Waits(where, msgspec.structs.replace(told, request=told.request[:40]))


async def settled(ask: Callable[[], Awaitable[T]], patience: Patience, clock: Clock) -> T:
    """The answer, once it is decided.

    Errors: Waits when patience ends; what the hub refuses with.
    """
    ends = clock.monotonic() + patience.wait_s
    waits: Waits | None = None
    while True:
        pause_s = _AWAY_S
        try:
            return await ask()
        except Waits as error:
            if waits is None or str(waits) != str(error):
                patience.tell(error)
            waits = error
            pause_s = min(max(error.told.retry_after_s, _SHORTEST_S), _LONGEST_S)
        except MusterError as error:
            if waits is None or error.code not in _PASSING:
                raise
        left_s = ends - clock.monotonic()
        if left_s <= 0:
            raise waits
        await patience.sleep(min(pause_s, left_s))
