"""Every series in memory, with lists by node, by name and by tag to find them quickly.

Used on the event loop's thread. Numbers and what is on disk: store/catalogue.py.
"""

from collections.abc import Iterable
from itertools import chain

from muster.model.ids import NodeId, SpaceId
from muster.model.metric import Kind, Series, Tags
from muster.model.query import Selector
from muster.ports.series import SeriesRef
from muster.store.names import signed

_KINDS = len(Kind)
# Tags that nearly all series of a node or hub share: their lists would be as long as all.
_COARSE = frozenset(("host", "node", "space"))


class TagSet:
    """A tag set, its number, and the series that have it."""

    __slots__ = ("hash", "lists", "node", "places", "refs", "salt", "signed", "tags")

    def __init__(self, tags: Tags, number: int, salt: int) -> None:
        self.tags = tags
        self.hash = number
        self.signed = signed(number)
        self.salt = salt
        self.node = dict(tags).get("node", "")
        self.refs: dict[int, SeriesRef] = {}  # by Name.codes
        self.places: dict[str, list[SeriesRef]] = {}  # its node's, by measurement
        self.lists: list[list[SeriesRef]] = []  # of its tags that are not coarse


class Name:
    """Measurement and field, their number, and the series that bear them.

    `codes` has a number for each Kind: what tells the series of one tag set apart.
    """

    __slots__ = ("codes", "field", "hash", "measurement", "refs", "salt", "signed")

    def __init__(self, measurement: str, field: str, number: int, salt: int, place: int) -> None:
        self.measurement = measurement
        self.field = field
        self.hash = number
        self.signed = signed(number)
        self.salt = salt
        self.codes = tuple(range(place * _KINDS, (place + 1) * _KINDS))
        self.refs: list[SeriesRef] = []


class SeriesIndex:
    """Adding is in the path of ingest: it touches only lists it was handed before."""

    def __init__(self) -> None:
        self.tagsets: dict[Tags, TagSet] = {}
        self.names: dict[tuple[str, str], Name] = {}
        self.total = 0
        self._by_node: dict[str, dict[str, list[SeriesRef]]] = {}  # node -> measurement
        self._by_measurement: dict[str, dict[str, Name]] = {}  # measurement -> field
        self._by_tag: dict[tuple[str, str], list[SeriesRef]] = {}
        self._places = 0

    def know_tags(self, tags: Tags, number: int, salt: int) -> TagSet:
        tagset = self.tagsets[tags] = TagSet(tags, number, salt)
        tagset.places = self._by_node.setdefault(tagset.node, {})
        tagset.lists = [
            self._by_tag.setdefault(pair, []) for pair in tags if pair[0] not in _COARSE
        ]
        return tagset

    def know_name(self, measurement: str, field: str, number: int, salt: int) -> Name:
        name = Name(measurement, field, number, salt, self._places)
        self._places += 1
        self.names[measurement, field] = name
        self._by_measurement.setdefault(measurement, {})[field] = name
        return name

    def add(self, series: Series, tagset: TagSet, name: Name) -> None:
        """Take in a series that is new: `name.codes[series.kind] not in tagset.refs`."""
        ref = SeriesRef(tagset.hash, name.hash, series)
        tagset.refs[name.codes[series.kind]] = ref
        name.refs.append(ref)
        for listed in tagset.lists:
            listed.append(ref)
        of_node = tagset.places.get(name.measurement)
        if of_node is None:
            tagset.places[name.measurement] = [ref]
        else:
            of_node.append(ref)
        self.total += 1

    def nodes(self) -> set[NodeId]:
        return {NodeId(node) for node, places in self._by_node.items() if places}

    def series_of(self, node: str) -> int:
        return sum(map(len, self._by_node.get(node, {}).values()))

    def find(self, select: Selector, space: SpaceId | None) -> list[SeriesRef]:
        """What matches, ordered by names. Looks only at the shortest list that holds all."""
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
            named = self._by_measurement.get(select.measurement, {})
            wanted = select.fields or tuple(named)
            lists.append([named[field].refs for field in set(wanted) if field in named])
        for key, values in select.tags.items():
            if values and key not in _COARSE:
                pairs = {(key, value) for value in values}
                lists.append([self._by_tag[pair] for pair in pairs if pair in self._by_tag])
        if not lists:
            return chain.from_iterable(name.refs for name in self.names.values())
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

    def remove(self, node: str) -> list[TagSet]:
        """Forget a node's series; the tag sets that are gone with them."""
        refs = list(chain.from_iterable(self._by_node.pop(node, {}).values()))
        gone = set(map(id, refs))
        names = {(ref.series.measurement, ref.series.field) for ref in refs}
        for name in map(self.names.__getitem__, names):
            name.refs[:] = [ref for ref in name.refs if id(ref) not in gone]
        tags = {ref.series.tags for ref in refs}
        for pair in {pair for one in tags for pair in one if pair in self._by_tag}:
            listed = self._by_tag[pair]
            listed[:] = [ref for ref in listed if id(ref) not in gone]
            if not listed:
                del self._by_tag[pair]
        self.total -= len(refs)
        return [self.tagsets.pop(one) for one in tags]


def _length(lists: list[list[SeriesRef]]) -> int:
    return sum(len(one) for one in lists)


def _order(ref: SeriesRef) -> tuple[str, Tags, str, int]:
    series = ref.series
    return series.measurement, series.tags, series.field, int(series.kind)
