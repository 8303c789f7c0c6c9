"""A link's heartbeats: what they measure, and the fence that one of them can be.

A link on which both ends have spoken needs none to show that they are there. Ten thousand links
would have a thousand a second, there and back, beside what they are for.

Each Beat of ours has a later time than any before it, whatever the clock does: the one that
comes back tells which of them the agent has read.
"""

import asyncio
from collections.abc import Awaitable, Callable

from muster.clock import SECOND_NS, Clock
from muster.wire.messages import Beat, Message

_MEASURED_EVERY = 6  # heartbeats: how often a busy link is measured all the same


async def say_nothing(_: Message) -> None:
    """What is said of a link that ended."""


class LinkBeats:
    """Both directions of one link's Beats."""

    __slots__ = (
        *("_awaited", "_clock", "_looked", "_newest_ns", "_over", "_peer_time_ns", "_probes"),
        *("_say", "_turns", "clock_skew_s", "has_said", "round_trip_ms"),
    )

    def __init__(self, clock: Clock, say: Callable[[Message], Awaitable[None]]) -> None:
        self._clock = clock
        self._say = say
        self._newest_ns = 0
        self._awaited: tuple[int, float] = (0, 0.0)  # time in the newest Beat, when it was said
        self._peer_time_ns = 0
        self._probes: tuple[tuple[int, asyncio.Future[bool]], ...] = ()
        self._over = False
        self._turns, self._looked = 0, 0.0
        self.has_said = False  # whether we have said anything since the last turn
        self.round_trip_ms = 0.0
        self.clock_skew_s = 0.0  # the agent's clock minus ours

    async def turn(self, heard: float) -> None:
        """To be called each heartbeat, with the monotonic time of the agent's newest message."""
        is_busy = self.has_said and heard > self._looked
        if not is_busy or self._turns % _MEASURED_EVERY == 0:
            await self.say(self.next_ns())
        self._turns += 1
        self.has_said, self._looked = False, self._clock.monotonic()

    def next_ns(self) -> int:
        """The time for the next Beat."""
        self._newest_ns = max(self._clock.now_ns(), self._newest_ns + 1)
        return self._newest_ns

    async def say(self, time_ns: int) -> None:
        self._awaited = (time_ns, self._clock.monotonic())
        await self._say(Beat(time_ns=time_ns, echo_ns=self._peer_time_ns))

    def take(self, beat: Beat, received: float) -> None:
        """A Beat of the agent came at this monotonic time."""
        self.note_time(beat.time_ns)
        for time_ns, answer in self._probes:
            if beat.echo_ns >= time_ns and not answer.done():
                answer.set_result(True)
        sent_ns, at = self._awaited
        if beat.echo_ns == sent_ns and sent_ns:
            self._awaited = (0, 0.0)
            self.round_trip_ms = round((received - at) * 1000, 3)

    async def probe(self) -> bool:
        """Say a Beat; True when it, or a later one, comes back, False when the link ends."""
        time_ns = self.next_ns()
        probe = (time_ns, asyncio.get_running_loop().create_future())
        self._probes = (*self._probes, probe)
        try:
            if self._over:
                return False
            await self.say(time_ns)
            return bool(await probe[1])
        finally:
            self._probes = tuple(one for one in self._probes if one is not probe)

    def end(self) -> None:
        """Nothing comes back any more."""
        self._over = True
        self._say = say_nothing
        for _, answer in self._probes:
            if not answer.done():
                answer.set_result(False)

    def note_time(self, time_ns: int) -> None:
        """What the agent's clock says now."""
        self._peer_time_ns = time_ns
        self.clock_skew_s = round((time_ns - self._clock.now_ns()) / SECOND_NS, 3)
