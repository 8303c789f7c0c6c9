"""PromQL of panels and of variables, as the columns and values that InfluxQL gives as well.

A series has its labels for tags, and one column of the metric's name. Who asks reads what their
login may: without a database all databases and what agents send, as Prometheus' query API does.
Units: the steps of a range are whole multiples of its interval, so that they stay where they are
       when the range moves on.
"""

import asyncio
import re
from collections.abc import Callable
from typing import TypeVar

import numpy as np

from muster.core.promql.promqueries import Asked, PromQueries
from muster.errors import InputError, LimitExceeded
from muster.influxql.answers.results import ResultSeries
from muster.influxql.syntax.ast import DataType
from muster.influxql.values.columns import Column, full, texts
from muster.model.filling import MS_NS, Range
from muster.promql.ast import Expr
from muster.promql.columns import Vector
from muster.promql.labels import NAME, Labels, nameless, value_of
from muster.promql.limits import Limits
from muster.promql.listing import parse_listing
from muster.promql.parser import parse
from muster.promql.query import Answer, check_range, instant, over_range
from muster.promql.source import F64, I64, Samples, Source

T = TypeVar("T")
MAX_STEPS = 11_000
_EXACT = 1 << 53  # below it a float says each integer
VALUE = "value"  # a column whose metric has no name
_SHORT = 1_000  # characters of a query that is read at once
_LABEL = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}\}")


class PanelPromql:
    """Answers out of the store; errors are those of PromQueries, and PromqlError."""

    def __init__(self, queries: PromQueries) -> None:
        self._queries = queries

    async def series(
        self, asked: Asked, span: Range, most_series: int, *, at_end: bool
    ) -> list[ResultSeries]:
        """At each step of the range, or at its end alone. Errors: as above, LimitExceeded."""
        node = await _aside(asked.text, parse)
        start_ms, end_ms, step_ms = _steps(span)
        if not at_end:
            check_range(node)

        def answer(source: Source, limits: Limits) -> list[ResultSeries]:
            found = _answer(source, node, limits, (start_ms, end_ms, step_ms), at_end)
            return _shown(found, 0 if at_end else step_ms, most_series)

        return await self._queries.work(asked, answer)

    async def listed(self, asked: Asked, span: Range) -> list[str]:
        """What a variable offers."""
        listing = await _aside(asked.text, parse_listing)
        from_ms, to_ms = span.from_ns // MS_NS, span.to_ns // MS_NS
        return await self._queries.work(
            asked, lambda source, limits: listing(source, limits, from_ms, to_ms)
        )


def legend_of(legend: str) -> str:
    """`{{NAME}}`, as Prometheus' users write it, in the words of all legends."""
    return _LABEL.sub(lambda found: "$m" if found[1] == NAME else f"${{tag_{found[1]}}}", legend)


async def _aside(text: str, work: Callable[[str], T]) -> T:
    return work(text) if len(text) <= _SHORT else await asyncio.to_thread(work, text)


def _steps(span: Range) -> tuple[int, int, int]:
    """Errors: InputError."""
    step_ms = max(span.interval_ns // MS_NS, 1)
    start_ms = -(-span.from_ns // MS_NS // step_ms) * step_ms
    end_ms = span.to_ns // MS_NS
    if (end_ms - start_ms) // step_ms >= MAX_STEPS:
        raise InputError(f"more than {MAX_STEPS} steps: ask for less time, or a longer interval")
    return min(start_ms, end_ms), end_ms, step_ms


def _answer(
    source: Source, node: Expr, limits: Limits, steps: tuple[int, int, int], at_end: bool
) -> Answer:
    if at_end:
        return instant(source, node, steps[1], limits)
    return over_range(source, node, *steps, limits)


def _shown(answer: Answer, step_ms: int, most_series: int) -> list[ResultSeries]:
    """Errors: LimitExceeded."""
    value = answer.value
    if answer.series:
        _check(len(answer.series), most_series)
        return [_of_samples(each, step_ms) for each in answer.series]
    if isinstance(value, Vector):
        _check(len(value.labels), most_series)
        rows = zip(value.labels, value.values, strict=True)
        return [_series(labels, answer.steps, number) for labels, number in rows]
    if isinstance(value, str):
        return [_of_text(answer.steps, value)] if value else []
    return [_series((), answer.steps, value)]


def _of_samples(samples: Samples, step_ms: int) -> ResultSeries:
    """Steps between two samples without a value are gaps, and drawn as such."""
    times, values = samples.times, samples.values
    if not step_ms:  # as they were sent
        return _series(samples.labels, times, values)
    steps = (times - times[0]) // step_ms
    if int(steps[-1]) + 1 == len(times):
        return _series(samples.labels, times, values)
    whole = np.full(int(steps[-1]) + 1, np.nan)
    whole[steps] = values
    return _series(samples.labels, times[0] + np.arange(len(whole)) * step_ms, whole)


def _series(labels: Labels, times: I64, values: F64) -> ResultSeries:
    return _one(labels, times, _column(np.asarray(values, np.float64)))


def _column(values: F64) -> Column:
    """Counts are whole, as those who read them know them, though PromQL has floats alone."""
    there = np.isfinite(values)
    whole = np.where(there, values, 0.0)
    if there.any() and (whole == np.floor(whole)).all() and (np.abs(whole) < _EXACT).all():
        return Column(DataType.INTEGER, whole.astype(np.int64), there)
    return full(DataType.FLOAT, values)


def _of_text(times: I64, text: str) -> ResultSeries:
    return _one((), times, texts([text]))


def _one(labels: Labels, times: I64, column: Column) -> ResultSeries:
    name = value_of(labels, NAME)
    columns = ("time", name or VALUE)
    return ResultSeries(name, nameless(labels), columns, times * MS_NS, (column,))


def _check(series: int, most: int) -> None:
    if series > most:
        raise LimitExceeded(
            f"the answer has {series} series, a panel at most {most}: choose fewer values, or sum"
            " by fewer labels",
            too_large=True,
        )


def check_text(text: str, *, at_end: bool) -> None:
    """Whether a query of a panel can be read. Errors: PromqlError."""
    node = parse(text)
    if not at_end:
        check_range(node)


def check_listing(text: str) -> None:
    """Whether a query of a variable can be read. Errors: PromqlError."""
    parse_listing(text)
