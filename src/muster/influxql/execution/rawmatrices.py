"""Fields as they are, of series that share their times: rows of matrices in place of each series'.

What comes is the stream that points read series by series make (reading.py, ordering.py): where
anything is not plain that way is gone instead.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from muster.influxql.execution.merging import merge
from muster.influxql.execution.options import Options
from muster.influxql.execution.panels import Layout, layout_of
from muster.influxql.execution.reading import is_finer
from muster.influxql.source import Matrix, Place, SeriesInfo, Source, Wanted
from muster.influxql.syntax.ast import DataType
from muster.influxql.values.columns import NUMERIC, Ints, Values, empty, full
from muster.influxql.values.streams import Stream

_MOST_ORDERS = 128
_APART = "apart"  # in a plan's memo: its series have times of their own
_MOST_MERGED = 10_000  # rows of an order that is remembered


def raw_stream(
    source: Source, places: Sequence[Place], options: Options, most: int = 0, members: int = 0
) -> Stream | None:
    """All rows of `aux`; with `most` those that a limit of so many rows leaves, and maybe more.

    None: they have to be read series by series; with `most` also where not all that the limit
    leaves of `members` series is in the range.
    """
    fields = [Wanted(each.val, each.type) for each in options.aux]
    is_plain = not (options.slimit or options.soffset or is_finer(options))
    if len(places) != 1 or not is_plain or not all(each.kind in NUMERIC for each in fields):
        return None
    layout = layout_of(source, places[0], options)
    if layout is None or (layout.starts is not None and len(layout.heads) > 1):
        return None
    if most and len(layout.numbers) < members:
        return None
    if options.memo.get(_APART):
        return None
    span = options.start_ns, options.end_ns
    found = source.matrices(places[0], layout.numbers, fields, *span)
    if not found or not is_one(found, len(layout.numbers) * len(fields)):
        options.memo[_APART] = bool(found)
        return None
    if layout.starts is None:
        return each_series(layout, found, fields, options, most)
    return _merged(source, places[0], layout, found, fields, options, most)


def is_one(found: Sequence[Matrix], rows: int) -> bool:
    """Whether all series have all fields at the same times."""
    times = found[0].times
    return sum(len(each.rows) for each in found) == rows and all(
        each.times is times or np.array_equal(each.times, times) for each in found[1:]
    )


def each_series(
    layout: Layout,
    found: Sequence[Matrix],
    fields: Sequence[Wanted],
    options: Options,
    most: int = 0,
) -> Stream | None:
    """Of groups that are one series each, one after the other."""
    times, size = found[0].times, len(layout.numbers)
    if most and len(times) < most:
        return None
    kept = slice(None) if options.ascending else slice(None, None, -1)
    aux = []
    for at, field in enumerate(fields):
        values = values_of_field(found, at * size, size)[:, kept]
        aux.append(full(field.kind, values[kept].ravel()))
    every = times[kept] if size == 1 else np.tile(times[kept], size)
    owner = np.zeros(len(times), np.int64)
    if size > 1:
        owner = np.repeat(np.arange(size, dtype=np.int64)[kept], len(times))
    return Stream(layout.heads, owner, every, empty(DataType.FLOAT, len(every)), tuple(aux))


def _merged(
    source: Source,
    place: Place,
    layout: Layout,
    found: Sequence[Matrix],
    fields: Sequence[Wanted],
    options: Options,
    most: int,
) -> Stream | None:
    """Of one group of several series, of which each has a row at each time."""
    times, size = found[0].times, len(layout.numbers)
    if most:
        wanted = -(-most // size)
        if len(times) <= wanted:  # a merge goes by what is beyond
            return None
        kept = slice(None, wanted + 1) if options.ascending else slice(-wanted - 1, None)
    else:
        kept = slice(None)
        if len(times) * size > _MOST_MERGED:
            return None
    infos = source.series(place, options.start_ns, options.end_ns)
    times = times[kept]
    if not _is_of_one_shard([infos[number] for number in layout.numbers], times):
        return None
    order = _order(size, len(times), most)
    series, row = np.divmod(order, len(times))
    if not options.ascending:
        series, row = size - 1 - series, len(times) - 1 - row
    aux = tuple(
        full(field.kind, values_of_field(found, at * size, size)[:, kept][series, row])
        for at, field in enumerate(fields)
    )
    owner = np.zeros(len(order), np.int64)
    return Stream(layout.heads, owner, times[row], empty(DataType.FLOAT, len(order)), aux)


def values_of_field(found: Sequence[Matrix], start: int, size: int) -> Values:
    """The rows of a field of so many series, of matrices that are one."""
    parts = []
    for each in found:
        low, high = each.rows.searchsorted((start, start + size)).tolist()
        if high - low == size:
            return each.values[low:high]
        parts.append((each.rows[low:high] - start, each.values[low:high]))
    parts = [part for part in parts if len(part[0])]
    values = np.empty((size, len(found[0].times)), parts[0][1].dtype)
    for rows, cells in parts:
        values[rows] = cells
    return values


def _is_of_one_shard(infos: Sequence[SeriesInfo], times: Ints) -> bool:
    """Whether no shard group of any series begins among the times: each is merged by itself."""
    first, last = int(times[0]), int(times[-1])
    starts = {start for info in infos for start in info.shards}
    return not any(first < start <= last for start in starts)


@lru_cache(_MOST_ORDERS)
def _order(streams: int, rows: int, most: int) -> Ints:
    """The order in which a merge leaves so many series with the same times, each row by row."""
    series = [range(at * rows, (at + 1) * rows) for at in range(streams)]
    return np.array(merge(series, lambda row, other: row % rows < other % rows, most), np.int64)
