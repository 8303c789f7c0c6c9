"""Messages of Prometheus remote write on their way into a database.

Steps: 1 a block is unpacked  2 its message becomes columns, its native histograms too  3 these
go the way of points (core/pointwrites.py): on disk before anybody is told that they are written.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from muster.core.metricmetadata import MetricMetadata
from muster.core.pointwrites import PointWrites, Target, Writer
from muster.wire.prometheus import RemoteParser, remote_parser
from muster.wire.prometheusnative import NativeHistograms
from muster.wire.prometheusparts import MS_NS, Received, RemoteLimits, Version
from muster.wire.prometheuswrite import RemoteAnswer, answer_of_remote
from muster.wire.snappy import SNAPPY

_PARSERS = 2  # at once; each remembers the series that it met
_THREAD_BYTES = 16_384  # of a block that is read off the event loop
PRECISION_NS = MS_NS


class _Decoder(NamedTuple):
    """What one thread at a time reads with; it remembers series."""

    parser: RemoteParser
    histograms: NativeHistograms


class RemoteWrites:
    """One object for all writes; used on the event loop's thread."""

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
        self._new_parser = new_parser
        self._idle: list[_Decoder] = []
        self._turns = asyncio.Semaphore(_PARSERS)

    async def receive(self, block: bytes, version: Version, *, finite: bool = False) -> Received:
        """Steps 1 and 2; with `finite` without NaN and infinities.

        Errors: InputError for what is no such message; LimitExceeded when it is over a limit.
        """
        async with self._turns:
            with self._decoder() as decoder:
                if len(block) < _THREAD_BYTES:
                    return self._read(decoder, block, version, finite)
                return await asyncio.to_thread(self._read, decoder, block, version, finite)

    async def store(self, received: Received, target: Target, writer: Writer) -> RemoteAnswer:
        """Step 3. Errors: as PointWrites.store."""
        if received.metadata:
            self._metadata.learn(target.space, target.database, received.metadata)
        if not received.parsed.points_total:
            return answer_of_remote(received)
        written = await self._writes.store(received.parsed, target, writer)
        return answer_of_remote(received, written.refusals)

    def _read(self, decoder: _Decoder, block: bytes, version: Version, finite: bool) -> Received:
        body = SNAPPY.unpack(block, self.limits.body_bytes)
        received = decoder.parser.parse(body, version, finite)
        return decoder.histograms.added(received, body, finite)

    @contextmanager
    def _decoder(self) -> Iterator[_Decoder]:
        limits = self.limits
        decoder = (
            self._idle.pop()
            if self._idle
            else _Decoder(self._new_parser(limits), NativeHistograms(limits))
        )
        try:
            yield decoder
        finally:
            self._idle.append(decoder)
