"""Points up to a LIMIT, without reading all of a range: the near end first, then ever more.

What is found near the end is what would be found in the whole range when each series of the
answer has its rows there. Where points share a time their order depends on all series that are
merged, so that then all of them have to have points there too.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from msgspec.structs import replace

from muster.influxql.execution.options import Options
from muster.influxql.execution.ordering import Part, ordered
from muster.influxql.execution.rawmatrices import raw_stream
from muster.influxql.execution.reading import (
    Group,
    groups_of,
    is_finer,
    parts_of,
    read,
    remembered,
    tags_of,
)
from muster.influxql.source import Place, SeriesInfo, Source
from muster.influxql.values.columns import MIN_TIME_NS
from muster.influxql.values.streams import Head, Stream, ends_of, limited, run_numbers, starts_of

_NEAR_NS = 60 * 1_000_000_000  # for each point that is wanted of a series
_MORE = 8  # times as much as before
_TIMES = 8

_Groups = Sequence[tuple[Place, Sequence[Group]]]


def read_near(source: Source, places: Sequence[Place], options: Options, now_ns: int) -> Stream:
    """Rows of all of `aux` as `options` limits them. What a limit of 0 says is read whole."""
    if not options.limit or options.slimit or options.soffset or is_finer(options):
        found = raw_stream(source, places, options)
        stream = read(source, places, None, options) if found is None else found
        return limited(stream, options.limit, options.offset)
    every = _groups(source, places, options)
    heads, members = _sizes(every, options)
    wanted = (options.limit + options.offset) * len(heads)
    most = options.limit + options.offset
    for near in _ranges(options, every, now_ns, _NEAR_NS * -(-wanted // max(members, 1))):
        found = raw_stream(source, places, near, most, members)
        if found is not None:
            return limited(found, options.limit, options.offset)
        parts = [
            part
            for place, groups in _groups(source, places, near)
            for part in parts_of(source, place, groups, None, near)
        ]
        if parts and _has_all(parts, heads, members, options):
            return limited(_stream(parts, options, most), options.limit, options.offset)
    return limited(read(source, places, None, options), options.limit, options.offset)


def _groups(source: Source, places: Sequence[Place], options: Options) -> _Groups:
    return [(place, groups_of(source, place, options)) for place in sorted(set(places))]


def _members(every: _Groups) -> Iterator[tuple[Place, SeriesInfo]]:
    for place, groups in every:
        for group in groups:
            for _, info, _ in group.members:
                yield place, info


def _heads(every: _Groups, options: Options) -> set[Head]:
    return {
        Head(place.measurement, tags_of(info, options.group_by)) for place, info in _members(every)
    }


def _sizes(every: _Groups, options: Options) -> tuple[set[Head], int]:
    """The series of the answer, and how many are read: of the same groups found once."""
    if len(every) != 1:
        return _heads(every, options), sum(1 for _ in _members(every))
    ((place, groups),) = every
    key = "near", place, options.group_by
    return remembered(options, key, groups, lambda: (_heads(every, options), _count(groups)))


def _count(groups: Sequence[Group]) -> int:
    return sum(len(group.members) for group in groups)


def _stream(parts: Sequence[Part], options: Options, most: int = 0) -> Stream:
    return ordered(
        parts,
        options.dimensions,
        ascending=options.ascending,
        merged=options.merged,
        most=most,
    )


def _has_all(parts: Sequence[Part], heads: set[Head], members: int, options: Options) -> bool:
    """Whether these parts have what all points would."""
    wanted = options.limit + options.offset
    found: dict[Head, list[Part]] = {}
    for part in parts:
        found.setdefault(part.head, []).append(part)
    if any(sum(len(part.times) for part in found.get(head, ())) < wanted for head in heads):
        return False
    if len(parts) == members and all(_go_on(of, wanted, options) for of in found.values()):
        return True
    stream = _stream(parts, options)
    run = run_numbers(stream.owner, stream.times)
    starts = starts_of(run)
    return bool((ends_of(starts, len(run)) - starts == 1).all())


def _go_on(parts: Sequence[Part], wanted: int, options: Options) -> bool:
    """Whether each part has points beyond those that are wanted of all: a merge goes by them."""
    times = np.concatenate([part.times for part in parts])
    if options.ascending:
        last = np.partition(times, wanted - 1)[wanted - 1]
        return all(part.times[-1] > last for part in parts)
    first = np.partition(times, len(times) - wanted)[len(times) - wanted]
    return all(part.times[0] < first for part in parts)


def _ranges(options: Options, every: _Groups, now_ns: int, near_ns: int) -> Iterator[Options]:
    """Ever longer pieces at the end of the range that rows are taken from."""
    begin = options.start_ns
    if begin == MIN_TIME_NS:
        begin = min((shard for _, info in _members(every) for shard in info.shards), default=begin)
    end = max(min(options.end_ns, now_ns), begin)
    for step in range(_TIMES):
        span = near_ns * _MORE**step
        if span * 2 > end - begin:
            return
        if options.ascending:
            yield replace(options, end_ns=begin + span)
        else:
            yield replace(options, start_ns=end - span)
