"""What is sent to one agent: in order, each packet a frame, by whoever finds that some waits.

All that waits goes out in one write, since a write costs more than what is written. Of an answer
nothing is left to tell the agent but that it came; that goes with the next question, or by itself
when there is none for a moment.
"""

import asyncio
from collections.abc import Callable, Sequence

from muster.errors import LimitExceeded
from muster.net.http import Socket
from muster.wire.netdata.broker import Broker, Event, Published
from muster.wire.netdata.topics import HTTP

ALONE_S = 0.02  # until an acknowledgement goes by itself


class Outbox:
    """The packets that a broker wants sent. `most` is how many messages may wait."""

    __slots__ = (
        "_broker",
        "_is_sending",
        "_later",
        "_most",
        "_packets",
        "_socket",
        "_waiting",
        "jobs",
    )

    def __init__(self, broker: Broker, socket: Socket, most: int) -> None:
        self._broker = broker
        self._socket = socket
        self._most = most
        self._packets: list[bytes] = []
        self._waiting = 0
        self._is_sending = False
        self._later: asyncio.TimerHandle | None = None
        self.jobs: asyncio.TaskGroup | None = None  # while the link is read

    def publish(self, publish: Callable[[], int]) -> None:
        """Send soon what a call of the broker adds. Errors: LimitExceeded; the broker's."""
        if self._waiting >= self._most:
            raise LimitExceeded(f"{self._waiting} messages wait for the agent to take them")
        publish()
        self._waiting += 1
        self._begin()

    async def flush_after(self, events: Sequence[Event]) -> None:
        """Send what waits once these events of the agent are done with."""
        if self._waiting or not events or not all(map(_is_answer, events)):
            await self.flush()
        else:
            self.acknowledge_later()

    def acknowledge_later(self) -> None:
        """Send what waits with the next question, or soon. One timer does for many."""
        if self._waiting:
            self._begin()
        elif self._later is None:
            self._later = asyncio.get_running_loop().call_later(ALONE_S, self._send_late)

    def _send_late(self) -> None:
        self._later = None
        self._begin()

    async def flush(self) -> None:
        """Send what waits. Who comes while another is at it leaves it to that one."""
        if self._is_sending:
            return
        self._is_sending = True
        try:
            while not self._send_now():
                packets, self._packets, self._waiting = self._packets, [], 0
                for each in packets:
                    await self._socket.send(each)
        finally:
            self._is_sending = False

    def _begin(self) -> None:
        if not (self._is_sending or self.jobs is None or self._send_now()):
            self.jobs.create_task(self.flush())

    def _send_now(self) -> bool:
        """Send what waits, where that needs no waiting."""
        self._packets += self._broker.data_to_send()
        if self._packets and not self._socket.send_now(self._packets):
            return False
        self._packets, self._waiting = [], 0
        return True


def _is_answer(event: Event) -> bool:
    return isinstance(event, Published) and event.name == HTTP
