"""Series as InfluxQL sees them: those of the core that differ in field or tags of the hub alone."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from operator import is_
from typing import NamedTuple

import numpy as np

from muster.core.writes.stocks import shown_tags
from muster.influxql.source import SeriesInfo
from muster.influxql.values.streams import Tags
from muster.model.influx import STOCK
from muster.model.metric import Kind
from muster.ports.series import I64, SeriesRef

_BATCH = 2_000  # core series that are read at once
_MOST = 64  # measurements
_MOST_SERIES = 500_000
_MOST_INFOS = 8  # ranges of shards of a list
_FEW_LINES = 500  # of which points are read again and again
_FEW, _MOST_CHOSEN = 5_000, 256  # series of one choice, and choices


class Line(NamedTuple):
    """One series, with its core series by field."""

    tags: Tags
    refs: Mapping[str, Sequence[SeriesRef]]


class _Known(NamedTuple):
    refs: Sequence[SeriesRef]
    lines: list[Line]
    infos: dict[tuple[int, ...], list[SeriesInfo]]


class Chosen(NamedTuple):
    """Of some series those of which a field is one core series of a kind, and the others."""

    single: I64
    refs: Sequence[SeriesRef]
    others: Sequence[int]


class Placed(NamedTuple):
    """Core series of several fields, and where each stands: field by field, of each all series."""

    places: I64
    refs: Sequence[SeriesRef]


class Owned(NamedTuple):
    """Core series of some fields of some lines, and whose each is: line's place, and field."""

    refs: list[SeriesRef]
    owners: list[tuple[int, str]]


class KnownLines:
    """The lines of lists of series that a catalogue gives, as long as it gives the same ones."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, bool], _Known] = {}
        self._chosen: dict[tuple[int, int, str, Kind], tuple[object, object, Chosen]] = {}
        self._owned: dict[tuple[object, ...], tuple[Sequence[Line], Owned]] = {}
        self._placed: dict[tuple[object, ...], tuple[object, object, Placed | None]] = {}

    def of(self, refs: Sequence[SeriesRef], *, is_own: bool) -> list[Line]:
        """Sorted by tags. `is_own`: of the database of what agents send."""
        key = id(refs), is_own
        known = self._known.get(key)
        if known is not None and known.refs is refs:
            return known.lines
        lines = lines_of(refs, is_own=is_own)
        held = sum(len(each.refs) for each in list(self._known.values()))
        if len(self._known) >= _MOST or held + len(refs) > _MOST_SERIES:
            self._known = {}
        if len(refs) <= _MOST_SERIES:
            self._known[key] = _Known(refs, lines, {})
        return lines

    def chosen(
        self, series: Sequence[int], lines: Sequence[Line], field: str, kind: Kind
    ) -> Chosen:
        """The core series of a field: of the same lists the same ones, by which the head looks."""
        key = id(series), id(lines), field, kind
        known = self._chosen.get(key)
        if known is not None and known[0] is series and known[1] is lines:
            return known[2]
        found = _chosen(series, lines, field, kind)
        if len(series) <= _FEW:
            if len(self._chosen) >= _MOST_CHOSEN:
                self._chosen.clear()
            self._chosen[key] = series, lines, found
        return found

    def chosen_fields(
        self, series: Sequence[int], lines: Sequence[Line], fields: Sequence[tuple[str, Kind]]
    ) -> Placed | None:
        """Those of several fields. None where some are not one core series of the kind."""
        key = id(series), id(lines), tuple(fields)
        known = self._placed.get(key)
        if known is not None and known[0] is series and known[1] is lines:
            return known[2]
        found = _placed(series, lines, fields)
        if len(series) * len(fields) <= _FEW:
            if len(self._placed) >= _MOST_CHOSEN:
                self._placed.clear()
            self._placed[key] = series, lines, found
        return found

    def owned(self, lines: Sequence[Line], fields: tuple[str, ...]) -> Owned:
        """All core series of some fields: of the same lines the same list."""
        key = (*map(id, lines), fields)
        known = self._owned.get(key) if len(lines) <= _FEW_LINES else None
        if known is not None and all(map(is_, known[0], lines)):
            return known[1]
        found = Owned([], [])
        for at, line in enumerate(lines):
            for field in fields:
                some = line.refs.get(field, ())
                found.refs.extend(some)
                found.owners.extend([(at, field)] * len(some))
        if len(lines) <= _FEW_LINES:
            if len(self._owned) >= _MOST_CHOSEN:
                self._owned.clear()
            self._owned[key] = lines, found
        return found

    def infos(
        self, refs: Sequence[SeriesRef], starts: tuple[int, ...], *, is_own: bool
    ) -> list[SeriesInfo]:
        """The lines of a list as series that all are in the same shards: again the same list."""
        lines = self.of(refs, is_own=is_own)
        known = self._known.get((id(refs), is_own))
        if known is None or known.lines is not lines:
            return [SeriesInfo(line.tags, starts) for line in lines]
        infos = known.infos.get(starts)
        if infos is None:
            if len(known.infos) >= _MOST_INFOS:
                known.infos.clear()
            infos = known.infos[starts] = [SeriesInfo(line.tags, starts) for line in lines]
        return infos


def _chosen(series: Sequence[int], lines: Sequence[Line], field: str, kind: Kind) -> Chosen:
    single: list[int] = []
    refs: list[SeriesRef] = []
    others: list[int] = []
    for number in series:
        some = lines[number].refs.get(field, ())
        if len(some) == 1 and some[0].series.kind is kind:
            single.append(number)
            refs.append(some[0])
        elif some:
            others.append(number)
    return Chosen(np.array(single, np.int64), refs, others)


def _placed(
    series: Sequence[int], lines: Sequence[Line], fields: Sequence[tuple[str, Kind]]
) -> Placed | None:
    places: list[int] = []
    refs: list[SeriesRef] = []
    for number, (field, kind) in enumerate(fields):
        found = [lines[each].refs.get(field, ()) for each in series]
        for at, some in enumerate(found, number * len(series)):
            if len(some) > 1 or (some and some[0].series.kind is not kind):
                return None
            if some:
                places.append(at)
                refs.append(some[0])
    return Placed(np.array(places, np.int64), refs)


def lines_of(refs: Sequence[SeriesRef], *, is_own: bool) -> list[Line]:
    """See KnownLines."""
    lines: dict[Tags, dict[str, list[SeriesRef]]] = {}
    shown: dict[Tags, Tags] = {}
    for ref in refs:
        series = ref.series
        tags = shown.get(series.tags)
        if tags is None:
            is_native = is_own and not stock_of(series.tags)
            native = tuple(tag for tag in series.tags if tag[0] != "space")
            tags = shown[series.tags] = native if is_native else shown_tags(series.tags)
        lines.setdefault(tags, {}).setdefault(series.field, []).append(ref)
    return [Line(tags, lines[tags]) for tags in sorted(lines)]


def stock_of(tags: Tags) -> str:
    """Empty for what agents send by Muster's own link."""
    return next((value for key, value in tags if key == STOCK), "")


def batches(
    numbers: Sequence[int], lines: Sequence[Line], names: Collection[str]
) -> Iterator[list[int]]:
    """Series in parts that are read at once."""
    batch: list[int] = []
    size = 0
    for number in numbers:
        batch.append(number)
        size += sum(len(lines[number].refs.get(name, ())) for name in names)
        if size >= _BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
