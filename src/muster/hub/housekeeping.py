"""What the hub forgets once an hour: sessions, tokens and audit events past their time."""

import asyncio
import logging

from muster.clock import Clock, span_ns
from muster.core.accounts import Accounts
from muster.core.audit import Audit
from muster.core.tokens import TokenSettings
from muster.errors import MusterError
from muster.ports.records import TokenRecords

log = logging.getLogger(__name__)

EVERY_S = 3600.0


class Housekeeping:
    """Runs beside the hub; what fails is tried again an hour later."""

    def __init__(
        self,
        *,
        accounts: Accounts,
        audit: Audit,
        tokens: TokenRecords,
        clock: Clock,
        settings: TokenSettings,
    ) -> None:
        self._accounts = accounts
        self._audit = audit
        self._tokens = tokens
        self._clock = clock
        self._settings = settings

    async def run(self) -> None:
        """Tidy up at once and then every hour, until cancelled."""
        while True:
            try:
                await self.tidy()
            except MusterError as error:
                log.warning("housekeeping put off", extra={"error": str(error)})
            await asyncio.sleep(EVERY_S)

    async def tidy(self) -> None:
        """Forget what is past its time now. Errors: Unavailable."""
        before_ns = self._clock.now_ns() - span_ns(self._settings.keep)
        counts = {
            "sessions": await self._accounts.prune(),
            "tokens": await asyncio.to_thread(self._tokens.prune, before_ns),
            "events": await self._audit.prune(),
        }
        if any(counts.values()):
            log.info("old records forgotten", extra=counts)
