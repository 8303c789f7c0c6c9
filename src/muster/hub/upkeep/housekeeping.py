"""What the hub forgets once an hour: sessions, tokens and audit events past their time.

What is forgotten is gone, so the wall clock must be plausible first (hub/upkeep/walltime.py).
"""

import asyncio
import logging

from muster.clock import Clock, span_ns
from muster.core.audit import Audit
from muster.core.enrolment.tokens import TokenSettings
from muster.core.people.accounts import Accounts
from muster.core.people.invitations import Invitations
from muster.errors import MusterError
from muster.hub.upkeep.walltime import WallTime
from muster.ports.records import AuditRecords, TokenRecords

log = logging.getLogger(__name__)

EVERY_S = 3600.0
_EVENTS = 1000  # looked through for one from before this start


class Housekeeping:
    """Runs beside the hub; what fails is tried again an hour later."""

    def __init__(
        self,
        *,
        accounts: Accounts,
        invitations: Invitations,
        audit: Audit,
        tokens: TokenRecords,
        clock: Clock,
        settings: TokenSettings,
        wall: WallTime,
    ) -> None:
        self._accounts = accounts
        self._invitations = invitations
        self._audit = audit
        self._tokens = tokens
        self._clock = clock
        self._settings = settings
        self._wall = wall

    async def run(self) -> None:
        """Tidy up at once and then every hour, until cancelled."""
        while True:
            try:
                await self.tidy()
            except MusterError as error:
                log.warning("housekeeping put off", extra={"error": str(error)})
            await asyncio.sleep(EVERY_S)

    async def tidy(self) -> None:
        """Forget what is past its time now, if now can be believed. Errors: Unavailable."""
        if not await asyncio.to_thread(self._wall.is_plausible):
            return
        before_ns = self._clock.now_ns() - span_ns(self._settings.keep)
        counts = {
            "sessions": await self._accounts.sessions.prune(),
            "invitations": await self._invitations.prune(),
            "tokens": await asyncio.to_thread(self._tokens.prune, before_ns),
            "events": await self._audit.prune(),
        }
        await asyncio.to_thread(self._wall.tidied)
        if any(counts.values()):
            log.info("old records forgotten", extra=counts)


def newest_event(audit: AuditRecords, before_ns: int) -> int:
    """When the newest of the audit's latest events from before a moment was; 0 for none."""
    times = (each.event.time_ns for each in audit.events(spaces=None, limit=_EVENTS))
    return max((time_ns for time_ns in times if time_ns < before_ns), default=0)
