"""Remote read: series that fit matchers, as Prometheus asks its other stores for them.

What may be read and what a series is called is said by core/promql/promqueries.py.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from muster.core.promql.promqueries import Asked, PromQueries
from muster.errors import InputError
from muster.promql.limits import Limits
from muster.promql.matchers import Matcher
from muster.promql.source import Samples, Source
from muster.wire.prometheusread import (
    LabelMatcher,
    ReadLimits,
    ReadQuery,
    ReadRequest,
    ReadSeries,
    ResponseType,
    answer_of_chunks,
    answer_of_samples,
    decode_read,
)
from muster.wire.snappy import SNAPPY


class ReadAnswer(NamedTuple):
    """An answer as it is sent; samples are packed, chunks are not."""

    form: ResponseType
    body: bytes


class RemoteReads:
    """Used on the event loop's thread."""

    def __init__(self, *, queries: PromQueries, limits: ReadLimits) -> None:
        self._queries = queries
        self.limits = limits

    async def read(self, asked: Asked, block: bytes, *, samples: bool = False) -> ReadAnswer:
        """The answer to a packed request; with `samples` as InfluxDB: of a database, no chunks.

        Errors: InputError for what is no such request; else as PromQueries.work.
        """
        request = decode_read(SNAPPY.unpack(block, self.limits.body_bytes), self.limits)
        if samples and not asked.database:
            raise InputError("database is required")
        form = ResponseType.SAMPLES if samples else request.response_type
        wanted = [[_matcher_of(each) for each in query.matchers] for query in request.queries]

        def answer(source: Source, limits: Limits) -> bytes:
            found = _selected(source, request, wanted, limits)
            if form is ResponseType.CHUNKS:
                return b"".join(answer_of_chunks(found))
            return SNAPPY.pack(answer_of_samples(found))

        return ReadAnswer(form, await self._queries.work(asked, answer))


def _matcher_of(each: LabelMatcher) -> Matcher:
    """Errors: PromqlError for a pattern that is none."""
    matcher = Matcher(each.name, each.operator, each.value)
    matcher.test()
    return matcher


def _selected(
    source: Source, request: ReadRequest, wanted: Sequence[Sequence[Matcher]], limits: Limits
) -> Iterator[Iterator[ReadSeries]]:
    for query, matchers in zip(request.queries, wanted, strict=True):
        limits.look()
        yield _series(source, query, matchers)


def _series(source: Source, query: ReadQuery, matchers: Sequence[Matcher]) -> Iterator[ReadSeries]:
    if query.start_ms <= query.end_ms:
        for found in source.select(matchers, query.start_ms, query.end_ms).samples():
            yield _columns(found)


def _columns(found: Samples) -> ReadSeries:
    """Without a copy."""
    times = np.ascontiguousarray(found.times, np.int64)
    values = np.ascontiguousarray(found.values, np.float64).view(np.int64)
    return ReadSeries(found.labels, times.data, values.data)
