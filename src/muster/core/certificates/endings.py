"""What ends soon, of all certificates that the hub knows; said 30, 14, 7 and 1 days before.

Each threshold is said once for each certificate, as an event and in the log. A threshold that
is more than two thirds of a certificate's life is none: that one is renewed in its course.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence

import msgspec

from muster.clock import DAY_NS, Clock
from muster.core.access import require
from muster.core.audit import make_event
from muster.errors import MusterError
from muster.model.access import Action, Actor
from muster.model.service import Ending, ServiceState
from muster.ports.services import ServiceRecords

log = logging.getLogger(__name__)

THRESHOLDS = (30, 14, 7, 1, 0)  # days; 0: it has ended
EVERY_S = 3600.0
KEEP_NS = 90 * DAY_NS  # after the end of a certificate
_SELF = Actor(name="hub", operator=True)

Source = Callable[[], Sequence[Ending]]


class EndingView(msgspec.Struct, frozen=True, kw_only=True):
    """Something that ends within 30 days, or has ended and was not replaced."""

    kind: str  # service, imported, services_ca, web, server, issuer, root
    id: str
    name: str
    not_after_ns: int
    days: int  # whole days left; negative when it has ended
    remedy: str


class Endings:
    """Asks its sources what they know; they may block."""

    def __init__(
        self,
        *,
        sources: Sequence[Source],
        records: ServiceRecords,
        clock: Clock,
        is_plausible: Callable[[], bool] = lambda: True,
    ) -> None:
        self._sources = sources
        self._records = records
        self._clock = clock
        self._is_plausible = is_plausible

    async def soon(self, actor: Actor | None) -> list[EndingView]:
        """What ends within 30 days, that which ends first first. Errors: Denied; Unavailable."""
        require(actor, Action.HUB_MANAGE)
        return await asyncio.to_thread(self._soon)

    async def run(self) -> None:
        """Look every hour, until cancelled."""
        while True:
            try:
                await asyncio.to_thread(self.look)
            except MusterError as error:
                log.warning("what ends was not looked at", extra={"error": str(error)})
            await asyncio.sleep(EVERY_S)

    def look(self) -> None:
        """Say what has come to a threshold; forget what ended long ago. Blocks.

        Errors: Unavailable.
        """
        if not self._is_plausible():
            return
        now_ns = self._clock.now_ns()
        self._records.forget(now_ns - KEEP_NS)
        for each in self._known():
            days = threshold(each, now_ns)
            if days is None:
                continue
            text = f"{_when(each, now_ns)}: {each.remedy}"
            about = f"{each.kind} {each.name} ({each.id[:16]})"
            event = make_event(self._clock, _SELF, "pki.expires", about, detail=text)
            if self._records.warn(each.id, days, each.not_after_ns, event):
                log.warning(
                    "a certificate ends",
                    extra={"kind": each.kind, "certificate": each.name, "what": text},
                )

    def _soon(self) -> list[EndingView]:
        now_ns = self._clock.now_ns()
        found = [each for each in self._known() if threshold(each, now_ns) is not None]
        return [
            EndingView(
                kind=each.kind,
                id=each.id,
                name=each.name,
                not_after_ns=each.not_after_ns,
                days=(each.not_after_ns - now_ns) // DAY_NS,
                remedy=each.remedy,
            )
            for each in sorted(found, key=lambda each: each.not_after_ns)
        ]

    def _known(self) -> list[Ending]:
        return [each for source in self._sources for each in source()]


def threshold(ending: Ending, now_ns: int) -> int | None:
    """The nearest threshold that it has come to; None when it is not yet at any."""
    left_ns = ending.not_after_ns - now_ns
    life_ns = ending.not_after_ns - ending.not_before_ns
    due = [
        days for days in THRESHOLDS if left_ns <= days * DAY_NS and 3 * days * DAY_NS <= 2 * life_ns
    ]
    return min(due, default=None)


def _when(ending: Ending, now_ns: int) -> str:
    left_ns = ending.not_after_ns - now_ns
    if left_ns <= 0:
        return "has ended"
    days = left_ns // DAY_NS
    return f"ends in {days} day{'s' * (days != 1)}" if days else "ends within a day"


def services_source(records: ServiceRecords, clock: Clock) -> Source:
    """Those of other services that nothing has replaced yet."""

    def endings() -> list[Ending]:
        now_ns = clock.now_ns()
        states = (ServiceState.VALID, ServiceState.ENDED)
        return [
            Ending(
                kind="imported" if each.imported else "service",
                id=each.id,
                name=each.name,
                not_before_ns=each.not_before_ns,
                not_after_ns=each.not_after_ns,
                remedy=f"muster pki renew {each.id}",
            )
            for each in records.certificates()
            if each.state(now_ns) in states and not each.replaced_by
        ]

    return endings
