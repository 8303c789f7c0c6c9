"""What is sent to one agent: in order, each packet a frame, by whoever finds that some waits."""

import asyncio
from collections.abc import Callable

from muster.errors import LimitExceeded
from muster.net.http import Socket
from muster.wire.netdata.broker import Broker


class Outbox:
    """The packets that a broker wants sent. `most` is how many messages may wait."""

    __slots__ = ("_broker", "_is_sending", "_most", "_socket", "_waiting", "jobs")

    def __init__(self, broker: Broker, socket: Socket, most: int) -> None:
        self._broker = broker
        self._socket = socket
        self._most = most
        self._waiting = 0
        self._is_sending = False
        self.jobs: asyncio.TaskGroup | None = None  # while the link is read

    def publish(self, publish: Callable[[], int]) -> None:
        """Send soon what a call of the broker adds. Errors: LimitExceeded; the broker's."""
        if self._waiting >= self._most:
            raise LimitExceeded(f"{self._waiting} messages wait for the agent to take them")
        publish()
        self._waiting += 1
        if not self._is_sending and self.jobs is not None:
            self.jobs.create_task(self.flush())

    async def flush(self) -> None:
        """Send what waits. Who comes while another is at it leaves it to that one."""
        if self._is_sending:
            return
        self._is_sending = True
        try:
            while packets := self._broker.data_to_send():
                self._waiting = 0
                for each in packets:
                    await self._socket.send(each)
        finally:
            self._is_sending = False
