"""Certificates renewed over one link, one after the other."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from muster.errors import LimitExceeded, ProtocolError, Unavailable
from muster.faces.native.linkcontext import Enrols
from muster.model.identity import Identity
from muster.wire.messages import Message

log = logging.getLogger(__name__)


class LinkRenewals:
    """Those that one agent asks for; `say` tells it what came of each."""

    __slots__ = ("_certificate", "_enrolment", "_identity", "_job", "_next", "_say")

    def __init__(
        self,
        enrolment: Enrols,
        identity: Identity,
        certificate: bytes,
        say: Callable[[Message], Awaitable[None]],
    ) -> None:
        self._enrolment = enrolment
        self._identity = identity
        self._certificate = certificate
        self._say = say
        self._next = ""
        self._job: asyncio.Task[None] | None = None

    def take(self, request: str, jobs: asyncio.TaskGroup) -> None:
        """Begin it; one more may wait, for an agent asks again when it has waited long."""
        if self._next:
            raise ProtocolError("a renewal was asked for while one is under way")
        self._next = request
        if self._job is None or self._job.done():
            self._job = jobs.create_task(self._renew())

    def cancel(self) -> None:
        """The link is over."""
        if self._job is not None:
            self._job.cancel()

    async def _renew(self) -> None:
        while self._next:
            request, self._next = self._next, ""
            try:
                renewed = await self._enrolment.renew(
                    self._identity, request, certificate=self._certificate
                )
            except (Unavailable, LimitExceeded) as error:
                # The agent's own time-out makes it ask again; its certificate lives on.
                about = {"node": self._identity.node, "error": str(error)}
                log.warning("renewal put off", extra=about)
                continue
            await self._say(renewed)
