"""The revocation lists that the hub publishes, made when its number has grown.

What is on it is decided by the records alone, in the transaction of each revocation; so the
next who asks gets it. Once a day it has a new number, so that none runs out.
"""

import asyncio
import logging

from muster.clock import SECOND_NS, Clock
from muster.errors import MusterError
from muster.pki import profile
from muster.ports.ca import ListRecords
from muster.ports.signer import Authority

log = logging.getLogger(__name__)

EVERY_S = 3600.0


class Revocations:
    """One list per issuing CA that is trusted, all in one PEM text.

    `services`: of the CAs for other services, and nothing where there is none.
    """

    def __init__(
        self,
        *,
        authority: Authority,
        records: ListRecords,
        clock: Clock,
        services: bool = False,
    ) -> None:
        self._services = services
        self._authority = authority
        self._records = records
        self._clock = clock
        self._turn = asyncio.Lock()
        self._made: tuple[int, str, int] = (0, "", 0)  # number, issuers, when
        self._pem = ""

    async def lists(self) -> str:
        """The lists as of now (PEM).

        Errors: Unavailable when the signer is away; never an older list than the newest known.
        """
        async with self._turn:  # those who ask at once share one signature
            return await asyncio.to_thread(self._lists)

    def _lists(self) -> str:
        now_ns, trust = self._clock.now_ns(), self._authority.trust
        issuers = trust.services if self._services else trust.agents + trust.servers
        if not issuers:
            return ""
        number, made_for, made_ns = self._made
        fresh = now_ns < made_ns + profile.CRL_REFRESH_S * SECOND_NS
        if fresh and made_for == issuers and number == self._records.list_number():
            return self._pem
        if not fresh:
            self._records.renumber(now_ns - profile.CRL_LIFETIME_S * SECOND_NS)
        listed = self._records.listed(now_ns)
        self._pem = self._authority.sign_lists(
            listed.entries, number=listed.number, now_ns=now_ns, services=self._services
        )
        self._made = (listed.number, issuers, now_ns)
        return self._pem

    async def run(self) -> None:
        """Have a list that is fresh although nobody asks, until cancelled."""
        while True:
            try:
                await self.lists()
            except MusterError as error:
                log.warning("revocation list not made", extra={"error": str(error)})
            await asyncio.sleep(EVERY_S)
