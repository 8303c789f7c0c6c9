"""Metrics of OTLP on their way into a database.

Steps: 1 a body is unpacked and read  2 its metrics become columns  3 these go the way of points
(core/writes/pointwrites.py): on disk before anybody is told that they are written.
"""

import asyncio
from collections.abc import Collection
from threading import Lock

from muster.clock import Clock
from muster.core.writes.metricmetadata import MetricMetadata
from muster.core.writes.pointwrites import PointWrites, Target, Writer
from muster.wire.otlp import OtlpLimits, decode_json, decode_protobuf
from muster.wire.otlpanswer import Encoding, OtlpAnswer
from muster.wire.otlpcolumns import OtlpColumns, Taken
from muster.wire.prometheusparts import RemoteLimits
from muster.wire.unpacking import unpack

_THREAD_BYTES = 4_096  # of a body that is read off the event loop
PRECISION_NS = 1


class OtlpWrites:
    """One object for all writes; used on the event loop's thread. It reads one body at a time."""

    def __init__(
        self,
        *,
        writes: PointWrites,
        metadata: MetricMetadata,
        clock: Clock,
        limits: OtlpLimits,
        columns: RemoteLimits,
        left_out: Collection[str] = (),
    ) -> None:
        self._writes = writes
        self._metadata = metadata
        self._clock = clock
        self.limits = limits
        self._columns = OtlpColumns(columns, left_out)
        self._turn = asyncio.Lock()
        self._reading = Lock()  # a thread reads on when nobody waits for it any more

    async def receive(self, body: bytes, encoding: Encoding, *, is_packed: bool) -> Taken:
        """Steps 1 and 2. Errors: InputError for what is no such request; LimitExceeded."""
        async with self._turn:
            now_ns = self._clock.now_ns()
            is_small = len(body) < _THREAD_BYTES and not is_packed
            if is_small and not self._reading.locked():
                return self._read(body, encoding, is_packed, now_ns)
            return await asyncio.to_thread(self._read, body, encoding, is_packed, now_ns)

    async def store(self, taken: Taken, target: Target, writer: Writer) -> OtlpAnswer:
        """Step 3. Errors: as PointWrites.store."""
        if taken.metadata:
            self._metadata.learn(target.space, target.database, taken.metadata)
        refusals = []
        if taken.parsed.points_total:
            written = await self._writes.store(taken.parsed, target, writer)
            refusals = sorted(written.refusals, key=lambda each: each.place)
        refused = sum(each.points for each in refusals)
        reasons = dict.fromkeys([*taken.reasons, *(each.reason for each in refusals)])
        rejected = min(taken.rejected + refused, taken.points)  # of a histogram several samples
        return OtlpAnswer(rejected=rejected, message="; ".join(reasons))

    def _read(self, body: bytes, encoding: Encoding, is_packed: bool, now_ns: int) -> Taken:
        if is_packed:
            body = unpack(body, self.limits.body_bytes)
        decode = decode_json if encoding is Encoding.JSON else decode_protobuf
        request = decode(body, self.limits)
        with self._reading:
            return self._columns.take(request, now_ns)
