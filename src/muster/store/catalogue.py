"""The catalogue of series: names <-> (tags, field) hashes, and an index to find them.

All in memory, used on the event loop's thread; `flush` and `mark` run in the writer's thread
and only take what is new. Names of the journal's unstored segments are learnt again at start.

Format: docs/formats/catalogue.md
"""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from muster.errors import LimitExceeded
from muster.model.ids import NodeId, SpaceId
from muster.model.metric import Kind, Layout, Series, Tags
from muster.model.query import Selector
from muster.ports.series import Cohort, SeriesRef
from muster.store.cataloguefile import Additions, CatalogueFile, Marks
from muster.store.names import field_text, hash_of, parse_tags, signed, tags_text, unsigned

_COHORTS = 64  # layouts of a node that are remembered


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of the catalogue."""

    node_series: int = 50_000  # of one node
    total_series: int = 5_000_000  # of the whole hub
    layout_bytes: int = 8 << 20  # names of one layout


class _TagSet(NamedTuple):
    tags: Tags
    hash: int
    salt: int
    node: str
    space: str


class _Field(NamedTuple):
    measurement: str
    field: str
    hash: int
    salt: int


class Catalogue:
    """See ports.series.Catalogue."""

    def __init__(self, *, path: Path, settings: Settings) -> None:
        self._file = CatalogueFile(path)
        self._settings = settings
        self._lock = threading.Lock()  # of what is new
        self._new = Additions([], [], [])
        self._next_cohort = 1
        self._cohorts: dict[NodeId, OrderedDict[Layout, Cohort]] = {}
        self._tagsets: dict[Tags, _TagSet] = {}
        self._tags_of: dict[int, Tags] = {}  # hash -> whole key
        self._fields: dict[tuple[str, str], _Field] = {}
        self._names_of: dict[int, tuple[str, str]] = {}
        self._refs: dict[tuple[int, int, int], SeriesRef] = {}  # (tags, field, kind)
        self._by_node: dict[str, dict[str, list[SeriesRef]]] = {}  # node -> measurement
        self._by_name: dict[str, dict[str, list[SeriesRef]]] = {}  # measurement -> field
        self._by_tag: dict[tuple[str, str], list[SeriesRef]] = {}
        self._per_node: dict[str, int] = {}

    # Life.

    def open(self) -> Marks:
        """Read what is on disk; what the engine has. Blocks. Errors: Unavailable."""
        self._file.open()
        names = self._file.names()
        tagsets = {}
        for number, text, salt in names.tagsets:
            tagsets[number] = self._know_tags(parse_tags(text), unsigned(number), salt)
        fields = {}
        for number, measurement, field, salt in names.fields:
            fields[number] = self._know_field(measurement, field, unsigned(number), salt)
        for tags, field_hash, kind in names.series:
            if tags in tagsets and field_hash in fields:
                self._know_series(tagsets[tags], fields[field_hash], Kind(kind))
        return self._file.marks()

    def close(self) -> None:
        self._file.close()

    def flush(self) -> None:
        """Make new names durable. Blocks; any thread. Errors: Unavailable."""
        self.mark(None)

    def mark(self, marks: Marks | None) -> None:
        """Make new names durable and say what the engine has, in one transaction."""
        with self._lock:
            new, self._new = self._new, Additions([], [], [])
        try:
            self._file.write(new, marks)
        except Exception:
            with self._lock:
                self._new = Additions(
                    new.tagsets + self._new.tagsets,
                    new.fields + self._new.fields,
                    new.series + self._new.series,
                )
            raise

    # Names to numbers.

    def cohort(self, node: NodeId, layout: Layout) -> Cohort:
        """See ports.series.Catalogue."""
        known = self._cohorts.setdefault(node, OrderedDict())
        cohort = known.get(layout)
        if cohort is not None:
            known.move_to_end(layout)
            return cohort
        if self._look_up(layout) is None:
            self._check_limits(node, layout)
            for series in layout.series:
                self._intern(series, 0, 0)
        cohort = self._make(node, layout)
        known[layout] = cohort
        if len(known) > _COHORTS:
            known.popitem(last=False)
        return cohort

    def learn(self, series: Series, tags_salt: int, field_salt: int) -> None:
        """Take in a series of the journal with the salts it was stored under."""
        self._intern(series, tags_salt, field_salt)

    def _look_up(self, layout: Layout) -> tuple[list[_TagSet], list[_Field]] | None:
        """Tag set and field of every series; None when one is new."""
        tagsets, fields = [], []
        tags: Tags | None = None
        tagset: _TagSet | None = None
        for series in layout.series:
            if series.tags is not tags:  # neighbours mostly share theirs
                tags = series.tags
                tagset = self._tagsets.get(tags)
            field = self._fields.get((series.measurement, series.field))
            if tagset is None or field is None:
                return None
            if (tagset.hash, field.hash, series.kind) not in self._refs:
                return None
            tagsets.append(tagset)
            fields.append(field)
        return tagsets, fields

    def _make(self, node: NodeId, layout: Layout) -> Cohort:
        found = self._look_up(layout)
        if found is None:
            raise RuntimeError(f"a layout of node {node} was not taken in")
        tagsets, fields = found
        salts = {one.hash: one.salt for one in tagsets if one.salt}
        salts |= {one.hash: one.salt for one in fields if one.salt}
        number, self._next_cohort = self._next_cohort, self._next_cohort + 1
        return Cohort(
            number,
            node,
            layout,
            np.array([one.hash for one in tagsets], np.uint64),
            np.array([one.hash for one in fields], np.uint64),
            np.frombuffer(layout.kinds, np.uint8),
            salts,
        )

    def _check_limits(self, node: NodeId, layout: Layout) -> None:
        new = sum(1 for series in layout.series if not self._is_known(series))
        count = self._per_node.get(node, 0) + new
        if count > self._settings.node_series:
            example = next(one for one in layout.series if not self._is_known(one))
            raise LimitExceeded(
                f"node {node} has {count} series, {self._settings.node_series} are allowed; "
                f"one of the new ones is {example.measurement}.{example.field} "
                f"{tags_text(example.tags)!r}"
            )
        if len(self._refs) + new > self._settings.total_series:
            raise LimitExceeded(f"the hub has {len(self._refs)} series and takes no more")
        size = sum(
            len(series.measurement)
            + len(series.field)
            + sum(len(k) + len(v) for k, v in series.tags)
            for series in layout.series
        )
        if size > self._settings.layout_bytes:
            raise LimitExceeded(f"node {node} sent {size} bytes of names in one layout")

    def _is_known(self, series: Series) -> bool:
        tagset = self._tagsets.get(series.tags)
        field = self._fields.get((series.measurement, series.field))
        return (
            tagset is not None
            and field is not None
            and (tagset.hash, field.hash, int(series.kind)) in self._refs
        )

    def _intern(self, series: Series, tags_salt: int, field_salt: int) -> None:
        tagset = self._tagsets.get(series.tags)
        if tagset is None:
            text = tags_text(series.tags)
            number, salt = _free_hash(text, tags_salt, self._tags_of)
            tagset = self._know_tags(series.tags, number, salt)
            with self._lock:
                self._new.tagsets.append((signed(number), text, salt))
        field = self._fields.get((series.measurement, series.field))
        if field is None:
            text = field_text(series.measurement, series.field)
            number, salt = _free_hash(text, field_salt, self._names_of)
            field = self._know_field(series.measurement, series.field, number, salt)
            with self._lock:
                self._new.fields.append((signed(number), series.measurement, series.field, salt))
        if (tagset.hash, field.hash, int(series.kind)) not in self._refs:
            self._know_series(tagset, field, series.kind)
            with self._lock:
                self._new.series.append((signed(tagset.hash), signed(field.hash), int(series.kind)))

    def _know_tags(self, tags: Tags, number: int, salt: int) -> _TagSet:
        named = dict(tags)
        tagset = _TagSet(tags, number, salt, named.get("node", ""), named.get("space", ""))
        self._tagsets[tags] = tagset
        self._tags_of[number] = tags
        return tagset

    def _know_field(self, measurement: str, field: str, number: int, salt: int) -> _Field:
        known = _Field(measurement, field, number, salt)
        self._fields[measurement, field] = known
        self._names_of[number] = (measurement, field)
        return known

    def _know_series(self, tagset: _TagSet, field: _Field, kind: Kind) -> None:
        series = Series(field.measurement, tagset.tags, field.field, kind)
        ref = SeriesRef(tagset.hash, field.hash, series)
        self._refs[tagset.hash, field.hash, int(kind)] = ref
        self._per_node[tagset.node] = self._per_node.get(tagset.node, 0) + 1
        self._by_node.setdefault(tagset.node, {}).setdefault(field.measurement, []).append(ref)
        self._by_name.setdefault(field.measurement, {}).setdefault(field.field, []).append(ref)
        for pair in tagset.tags:
            if pair[0] not in _COARSE:
                self._by_tag.setdefault(pair, []).append(ref)

    # Finding.

    @property
    def series_total(self) -> int:
        return len(self._refs)

    def nodes(self) -> set[NodeId]:
        """Every node that has a series, be it known to the inventory or not."""
        return {NodeId(node) for node in self._by_node}

    def series_of(self, node: NodeId) -> int:
        """How many series a node has."""
        return self._per_node.get(node, 0)

    def find(self, select: Selector, space: SpaceId | None) -> list[SeriesRef]:
        """See ports.series.Catalogue. Looks only at the shortest list that holds all."""
        tags = {key: frozenset(values) for key, values in select.tags.items() if values}
        fields = frozenset(select.fields)
        nodes = frozenset(select.nodes)
        found = []
        for ref in self._candidates(select):
            series = ref.series
            if select.measurement and series.measurement != select.measurement:
                continue
            if fields and series.field not in fields:
                continue
            named = dict(series.tags)
            if space is not None and named.get("space") != space:
                continue
            if nodes and named.get("node") not in nodes:
                continue
            if all(named.get(key) in values for key, values in tags.items()):
                found.append(ref)
        found.sort(key=_order)
        return found

    def _candidates(self, select: Selector) -> Iterable[SeriesRef]:
        lists: list[list[list[SeriesRef]]] = []
        if select.nodes:
            lists.append(self._of_nodes(select))
        if select.measurement:
            named = self._by_name.get(select.measurement, {})
            wanted = select.fields or tuple(named)
            lists.append([named[field] for field in set(wanted) if field in named])
        for key, values in select.tags.items():
            if values and key not in _COARSE:
                pairs = {(key, value) for value in values}
                lists.append([self._by_tag[pair] for pair in pairs if pair in self._by_tag])
        if not lists:
            return self._refs.values()
        return chain.from_iterable(sorted(lists, key=_length)[0])

    def _of_nodes(self, select: Selector) -> list[list[SeriesRef]]:
        found = []
        for node in set(select.nodes):
            measurements = self._by_node.get(node, {})
            if select.measurement:
                found += (
                    [measurements[select.measurement]] if select.measurement in measurements else []
                )
            else:
                found += list(measurements.values())
        return found

    # Forgetting.

    def remove(self, node: NodeId) -> None:
        """See ports.series.Catalogue."""
        gone = list(chain.from_iterable(self._by_node.pop(node, {}).values()))
        self._cohorts.pop(node, None)
        self._per_node.pop(node, None)
        for ref in gone:
            del self._refs[ref.tags, ref.field, int(ref.series.kind)]
            self._tagsets.pop(ref.series.tags, None)
            self._tags_of.pop(ref.tags, None)
        touched = {(ref.series.measurement, ref.series.field) for ref in gone}
        for measurement, field in touched:
            named = self._by_name[measurement]
            named[field] = [ref for ref in named[field] if self._lives(ref)]
        pairs = {pair for ref in gone for pair in ref.series.tags if pair in self._by_tag}
        for pair in pairs:
            kept = [ref for ref in self._by_tag[pair] if self._lives(ref)]
            if kept:
                self._by_tag[pair] = kept
            else:
                del self._by_tag[pair]
        hashes = {signed(ref.tags) for ref in gone}
        with self._lock:
            self._new = Additions(
                [row for row in self._new.tagsets if row[0] not in hashes],
                self._new.fields,
                [row for row in self._new.series if row[0] not in hashes],
            )
        self._file.remove(node, list(hashes))

    def _lives(self, ref: SeriesRef) -> bool:
        return (ref.tags, ref.field, int(ref.series.kind)) in self._refs


# Tags that nearly all series of a node or hub share: their lists would be as long as all.
_COARSE = frozenset(("host", "node", "space"))


def _length(lists: list[list[SeriesRef]]) -> int:
    return sum(len(one) for one in lists)


def _order(ref: SeriesRef) -> tuple[str, Tags, str, int]:
    series = ref.series
    return series.measurement, series.tags, series.field, int(series.kind)


def _free_hash(text: str, salt: int, taken: Mapping[int, object]) -> tuple[int, int]:
    """(hash, salt): the first salt from the given one whose hash no other text has."""
    while (number := hash_of(text, salt)) in taken:
        salt += 1
    return number, salt
