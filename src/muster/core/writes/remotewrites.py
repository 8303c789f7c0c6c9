"""Messages of Prometheus remote write on their way into a database.

Steps: 1 a block is unpacked  2 its message becomes columns, its native histograms too  3 these
go the way of points (core/writes/pointwrites.py): on disk before anybody is told that they are
written.
"""

import asyncio
from collections.abc import Callable
from threading import Lock

from muster.core.writes.metricmetadata import MetricMetadata
from muster.core.writes.pointwrites import PointWrites, Target, Writer
from muster.wire.prometheus import RemoteParser, remote_parser
from muster.wire.prometheusnative import NativeHistograms
from muster.wire.prometheusparts import MS_NS, Received, RemoteLimits, Version
from muster.wire.prometheuswrite import RemoteAnswer, answer_of_remote
from muster.wire.snappy import SNAPPY

_THREAD_BYTES = 16_384  # of a block that is read off the event loop
PRECISION_NS = MS_NS


class RemoteWrites:
    """One object for all writes; used on the event loop's thread.

    It reads one message at a time, which takes a thousandth of the time of keeping it: so a series
    has one layout, whoever sends it, and what is known of layouts is known once.
    """

    def __init__(
        self,
        *,
        writes: PointWrites,
        metadata: MetricMetadata,
        limits: RemoteLimits,
        new_parser: Callable[[RemoteLimits], RemoteParser] = remote_parser,
    ) -> None:
        self._writes = writes
        self._metadata = metadata
        self.limits = limits
        self._parser = new_parser(limits)
        self._histograms = NativeHistograms(limits)
        self._turn = asyncio.Lock()
        self._reading = Lock()  # a thread reads on when nobody waits for it any more

    async def receive(self, block: bytes, version: Version, *, finite: bool = False) -> Received:
        """Steps 1 and 2; with `finite` without NaN and infinities.

        Errors: InputError for what is no such message; LimitExceeded when it is over a limit.
        """
        async with self._turn:
            if len(block) < _THREAD_BYTES and not self._reading.locked():
                return self._read(block, version, finite)
            return await asyncio.to_thread(self._read, block, version, finite)

    async def store(self, received: Received, target: Target, writer: Writer) -> RemoteAnswer:
        """Step 3. Errors: as PointWrites.store."""
        if received.metadata:
            self._metadata.learn(target.space, target.database, received.metadata)
        if not received.parsed.points_total:
            return answer_of_remote(received)
        written = await self._writes.store(received.parsed, target, writer)
        return answer_of_remote(received, written.refusals)

    def _read(self, block: bytes, version: Version, finite: bool) -> Received:
        body = SNAPPY.unpack(block, self.limits.body_bytes)
        with self._reading:
            received = self._parser.parse(body, version, finite)
            return self._histograms.added(received, body, finite)
