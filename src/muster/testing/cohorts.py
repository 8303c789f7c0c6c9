"""Cohorts, Blocks and a catalogue made by hand: what a test of head and queries starts from."""

import hashlib
from array import array
from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np

from muster.errors import LimitExceeded
from muster.model.access import Scope
from muster.model.ids import NodeId, SpaceId
from muster.model.influx import STOCK
from muster.model.metric import (
    Block,
    Kind,
    Layout,
    Series,
    Tags,
    Value,
    pattern_of,
    sorted_tags,
)
from muster.model.query import Selector
from muster.ports.series import Cohort, Rows, SeriesRef
from muster.store.catalogue.tagvalues import written_tags


def series_of(
    measurement: str,
    field: str,
    kind: Kind = Kind.FLOAT,
    *,
    node: str = "n1",
    space: str = "s1",
    **tags: str,
) -> Series:
    """A stamped Series."""
    stamped = sorted_tags({**tags, "host": f"host-{node}", "node": node, "space": space})
    return Series(measurement, stamped, field, kind)


def number_of(*parts: str) -> int:
    """A 64-bit number made of names, as the catalogue's hashes are."""
    return int.from_bytes(hashlib.sha256("\0".join(parts).encode()).digest()[:8], "little")


def ref_of(series: Series) -> SeriesRef:
    tags = number_of(*(text for pair in series.tags for text in pair))
    return SeriesRef(tags, number_of(series.measurement, series.field), series)


def block_of(layout: Layout, rows: Mapping[int, Sequence[Value | None]]) -> Block:
    """A Block of time -> values in the order of the layout's series; None is absent."""
    times, values, present, strings = array("q"), array("q"), bytearray(), dict[str, int]()
    for time_ns, row in rows.items():
        times.append(time_ns)
        for series, value in zip(layout.series, row, strict=True):
            present.append(value is not None)
            if value is None:
                values.append(0)
            elif isinstance(value, str):
                values.append(strings.setdefault(value, len(strings)))
            else:
                values.append(pattern_of(value, series.kind))
    marks = None if all(present) else bytes(present)
    return Block(layout, times, values, marks, tuple(strings))


class MemoryCatalogue:
    """Implements ports.series.Catalogue: every lookup reads all series."""

    def __init__(self) -> None:
        self._cohorts: dict[tuple[NodeId, Layout], Cohort] = {}
        self._refs: dict[tuple[int, int, Kind], SeriesRef] = {}

    def cohort(self, node: NodeId, layout: Layout) -> Cohort:
        known = self._cohorts.get((node, layout))
        if known is None:
            refs = [ref_of(series) for series in layout.series]
            self._refs |= {(ref.tags, ref.field, ref.series.kind): ref for ref in refs}
            known = Cohort(
                number=len(self._cohorts) + 1,
                node=node,
                layout=layout,
                tags=np.array([ref.tags for ref in refs], np.uint64),
                fields=np.array([ref.field for ref in refs], np.uint64),
                kinds=np.array([ref.series.kind for ref in refs], np.uint8),
            )
            self._cohorts[node, layout] = known
        return known

    def find(
        self, select: Selector, scope: Scope | None, most: int | None = None
    ) -> list[SeriesRef]:
        found = [ref for ref in self._refs.values() if _matches(ref.series, select, scope)]
        if most is not None and len(found) > most:
            raise LimitExceeded(f"more than {most} series match", too_large=True)
        return sorted(
            found, key=lambda ref: (ref.series.measurement, ref.series.tags, ref.series.field)
        )

    @property
    def edition(self) -> object:
        return object()  # it may have changed: nobody looks

    def reach(self, select: Selector) -> int:
        return len(self._refs)

    def remove(self, node: NodeId) -> None:
        kept = {key: ref for key, ref in self._refs.items() if _tag(ref.series, "node") != node}
        self._refs = kept

    def names(self) -> Collection[tuple[str, str]]:
        return {(ref.series.measurement, ref.series.field) for ref in self._refs.values()}

    def values_of(self, key: str) -> set[str]:
        return {_tag(ref.series, key) for ref in self._refs.values()} - {""}

    def tag_values(self, stock: str, measurement: str) -> Mapping[str, Collection[str]]:
        found: dict[str, set[str]] = {}
        for ref in self._refs.values():
            if _tag(ref.series, STOCK) == stock and ref.series.measurement == measurement:
                for key, value in written_tags(ref.series.tags):
                    found.setdefault(key, set()).add(value)
        return found

    def remove_tagged(self, key: str, value: str) -> set[NodeId]:
        gone = [at for at, ref in self._refs.items() if _tag(ref.series, key) == value]
        return {NodeId(_tag(self._refs.pop(at).series, "node")) for at in gone}

    def owners(self, hashes: Iterable[int]) -> dict[int, NodeId]:
        known = {ref.tags: NodeId(_tag(ref.series, "node")) for ref in self._refs.values()}
        return {one: known[one] for one in hashes if one in known}

    def of_space(self, space: SpaceId) -> list[SeriesRef]:
        return [ref for ref in self._refs.values() if _tag(ref.series, "space") == space]

    def measurements(self, space: SpaceId) -> set[str]:
        return {
            ref.series.measurement
            for ref in self._refs.values()
            if _tag(ref.series, "space") == space and not _tag(ref.series, STOCK)
        }

    def tagged(self, key: str, value: str, measurement: str = "") -> list[SeriesRef]:
        return [
            ref
            for ref in self._refs.values()
            if _tag(ref.series, key) == value and measurement in ("", ref.series.measurement)
        ]

    def drop(self, refs: Collection[SeriesRef]) -> set[NodeId]:
        for ref in refs:
            self._refs.pop((ref.tags, ref.field, ref.series.kind), None)
        nodes = {NodeId(_tag(ref.series, "node")) for ref in refs}
        self._cohorts = {at: one for at, one in self._cohorts.items() if at[0] not in nodes}
        return nodes

    @property
    def series_total(self) -> int:
        return len(self._refs)

    def flush(self) -> None:
        """Nothing is durable here."""


def engine_rows(cohort: Cohort, block: Block) -> dict[Kind, Rows]:
    """A Block as the writer hands it to the engine."""
    found: dict[Kind, list[tuple[int, int, int, int, str]]] = {}
    width = len(cohort.kinds)
    for row, time_ns in enumerate(block.times):
        for column in range(width):
            cell = row * width + column
            if block.present is not None and not block.present[cell]:
                continue
            kind, pattern = Kind(cohort.kinds[column]), block.values[cell]
            text = block.strings[pattern] if kind is Kind.STRING else ""
            key = int(cohort.tags[column]), int(cohort.fields[column])
            found.setdefault(kind, []).append((*key, time_ns, pattern, text))
    return {kind: _rows(kind, rows) for kind, rows in found.items()}


def rows_of(ref: SeriesRef, values: Mapping[int, Value]) -> Rows:
    """Rows of one series."""
    layout = Layout((ref.series,))
    block = block_of(layout, {time_ns: [value] for time_ns, value in values.items()})
    cohort = MemoryCatalogue().cohort(NodeId("n1"), layout)
    return engine_rows(cohort, block)[ref.series.kind]


def _rows(kind: Kind, rows: list[tuple[int, int, int, int, str]]) -> Rows:
    tags, fields, times, patterns, texts = zip(*rows, strict=True)
    return Rows(
        np.array(tags, np.uint64),
        np.array(fields, np.uint64),
        np.array(times, np.int64),
        np.array(patterns, np.int64),
        list(texts) if kind is Kind.STRING else None,
    )


def _tag(series: Series, key: str) -> str:
    return dict(series.tags).get(key, "")


def _matches(series: Series, select: Selector, scope: Scope | None) -> bool:
    tags: Tags = series.tags
    wanted = {key: set(values) for key, values in select.tags.items()}
    return (
        (not select.measurement or series.measurement == select.measurement)
        and (not select.fields or series.field in select.fields)
        and (not select.nodes or _tag(series, "node") in select.nodes)
        and (scope is None or scope.holds(_tag(series, "space"), _tag(series, "node")))
        and all(dict(tags).get(key) in values for key, values in wanted.items())
    )
