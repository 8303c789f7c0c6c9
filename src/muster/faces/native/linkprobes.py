"""What one link says of probes: an agent is told which it is to run, all of them at once.

Looked at with each heartbeat, as new roots are. The agent answers that it runs them or why it
does not; what it could not be told is tried again a minute later.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

import msgspec

from muster.clock import Clock
from muster.errors import MusterError, Unavailable
from muster.model.ids import NodeId
from muster.model.probe import Probe
from muster.wire.messages import Hello

log = logging.getLogger(__name__)

CAPABILITY = "probes"
AGAIN_S = 60.0


class Gives(Protocol):
    """core.nodes.probes.Probes, as far as a link needs it."""

    @property
    def version(self) -> int:
        """Counts what may change which probes a node runs."""
        ...

    def given_to(self, node: NodeId) -> tuple[Probe, ...]: ...

    def note(self, node: NodeId, probes: tuple[Probe, ...], fault: str) -> None:
        """What a node was given, and what it said of that."""
        ...


class LinkProbes:
    """One per link. Agents that know nothing of probes are told nothing."""

    __slots__ = ("_again", "_ask", "_clock", "_gives", "_is_able", "_node", "_seen", "_told")

    def __init__(
        self,
        gives: Gives | None,
        node: NodeId,
        clock: Clock,
        ask: Callable[[str, Mapping[str, Any]], Awaitable[Any]],
    ) -> None:
        self._gives = gives
        self._node = node
        self._clock = clock
        self._ask = ask
        self._is_able = False
        self._seen = -1
        self._told: tuple[Probe, ...] | None = None
        self._again = 0.0  # not before; 0: at once

    def begin(self, hello: Hello) -> None:
        """What the agent can, in its own words."""
        self._is_able = CAPABILITY in hello.capabilities
        if self._gives is not None and not self._is_able:
            self._gives.note(self._node, (), "the agent is too old for probes: update it")

    def end(self) -> None:
        """Nothing is told any more."""
        self._gives = None
        self._ask = _ask_nobody

    def is_due(self) -> bool:
        """Whether there may be something to tell; quick, for it is asked with each heartbeat."""
        gives = self._gives
        if gives is None or not self._is_able or gives.version == self._seen:
            return False
        return not self._again or self._clock.monotonic() >= self._again

    async def tell(self) -> None:
        """Tell the agent its probes, unless it has them. Never fails."""
        gives = self._gives
        if gives is None:
            return
        self._again = self._clock.monotonic() + AGAIN_S
        fault = ""
        try:
            seen, probes = gives.version, gives.given_to(self._node)
            if probes != self._told:
                fault = await self._fault_of(probes)
        except Unavailable as error:  # the agent, or the hub's records
            log.debug("probes not told", extra={"node": self._node, "cause": str(error)})
            return
        gives.note(self._node, probes, fault)
        self._seen, self._told, self._again = seen, probes, 0.0

    async def _fault_of(self, probes: tuple[Probe, ...]) -> str:
        """Why the agent does not take its probes; empty: it runs them. Errors: Unavailable."""
        try:
            await self._ask(CAPABILITY, {"probes": msgspec.to_builtins(probes)})
        except Unavailable:
            raise
        except MusterError as error:
            return str(error)
        return ""


async def _ask_nobody(_method: str, _arguments: Mapping[str, Any]) -> Any:  # noqa: ANN401
    """What is asked over a link that ended."""
    raise Unavailable("the link has ended")
