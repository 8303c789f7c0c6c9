"""Every series in memory, with lists by node, by name and by tag to find them quickly.

Used on the event loop's thread. Numbers and what is on disk: store/catalogue.py.
"""

from collections.abc import Iterable, Set
from functools import lru_cache, reduce
from itertools import chain
from operator import and_

from muster.errors import LimitExceeded
from muster.model.access import Scope
from muster.model.ids import NodeId
from muster.model.influx import STOCK
from muster.model.metric import Kind, Layout, Series, Tags
from muster.model.query import Selector
from muster.ports.series import SeriesRef
from muster.store.fewrefs import FewRefs
from muster.store.names import memory_of, signed
from muster.store.tagvalues import TagValues

_KINDS = len(Kind)
# Tags that nearly all series of a node or hub share: their lists would be as long as all.
_COARSE = frozenset(("host", "node", "space"))
_MOST_LOOKED_AT = 250_000  # by one question: it is answered on the event loop
_PAIR = 320  # bytes that a tag takes beside its text: tuple, strings, its place in lists
_GIVEN = 80  # that one takes which the hub gives: its texts are the same for many series
_OF_HUB = frozenset(("db", "node", "rp", "space", STOCK))


class NodeSeries:
    """A node's series by measurement, and what they take."""

    __slots__ = ("lists", "name_bytes", "total")

    def __init__(self) -> None:
        self.lists: dict[str, list[SeriesRef]] = {}
        self.total = 0
        self.name_bytes = 0

    def forget(self, refs: list[SeriesRef], tags: Iterable[Tags]) -> None:
        """Some of them are gone, and some tag sets with them."""
        gone = set(map(id, refs))
        for measurement in {ref.series.measurement for ref in refs}:
            left = [ref for ref in self.lists[measurement] if id(ref) not in gone]
            if left:
                self.lists[measurement] = left
            else:
                del self.lists[measurement]
        self.total -= len(refs)
        self.name_bytes -= sum(bytes_of_name(ref.series) for ref in refs)
        self.name_bytes -= sum(map(bytes_of_tags, tags))


class TagSet:
    """A tag set, its number, and the series that have it."""

    __slots__ = (*("hash", "measured", "node", "of_node", "refs", "salt", "stock", "tags"),)

    def __init__(
        self, tags: Tags, number: int, salt: int, of_node: NodeSeries, measured: dict[str, int]
    ) -> None:
        self.tags = tags
        self.hash = number
        self.salt = salt
        named = dict(tags)
        self.node = named.get("node", "")
        self.stock = named.get(STOCK, "")  # of a database's policy; empty: what an agent sent
        self.measured = measured  # of its space, what agents sent: series by measurement
        self.refs = FewRefs()  # by Name.codes
        self.of_node = of_node

    @property
    def signed(self) -> int:
        return signed(self.hash)


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
    """Adding is in the path of ingest."""

    def __init__(self) -> None:
        self.tagsets: dict[Tags, TagSet] = {}
        self.names: dict[tuple[str, str], Name] = {}
        self.total = 0
        self._by_node: dict[str, NodeSeries] = {}
        self._by_host: dict[str, set[str]] = {}  # host -> nodes
        self._by_measurement: dict[str, dict[str, Name]] = {}  # measurement -> field
        self._by_tag: dict[tuple[str, str], list[SeriesRef]] = {}
        self._measured: dict[str, dict[str, int]] = {}  # space -> measurement -> series
        self._places = 0
        self.tag_values = TagValues(lambda stock, name: self.tagged(STOCK, stock, name))

    def know_tags(self, tags: Tags, number: int, salt: int) -> TagSet:
        named = dict(tags)
        node = named.get("node", "")
        of_node = self._by_node.get(node)
        if of_node is None:
            of_node = self._by_node[node] = NodeSeries()
        of_node.name_bytes += bytes_of_tags(tags)
        self._by_host.setdefault(named.get("host", ""), set()).add(node)
        measured = self._measured.setdefault(named.get("space", ""), {})
        tagset = self.tagsets[tags] = TagSet(tags, number, salt, of_node, measured)
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
        tagset.refs.put(name.codes[series.kind], ref)
        name.refs.append(ref)
        for pair in tagset.tags:
            if pair[0] not in _COARSE:
                self._by_tag.setdefault(pair, []).append(ref)
        if tagset.stock:
            self.tag_values.add(tagset.stock, series)
        else:
            tagset.measured[name.measurement] = tagset.measured.get(name.measurement, 0) + 1
        of_node = tagset.of_node
        of_measurement = of_node.lists.get(name.measurement)
        if of_measurement is None:
            of_node.lists[name.measurement] = [ref]
        else:
            of_measurement.append(ref)
        of_node.total += 1
        of_node.name_bytes += bytes_of_name(series)
        self.total += 1

    def nodes(self) -> set[NodeId]:
        return {NodeId(node) for node, known in self._by_node.items() if known.total}

    def series_of(self, node: str) -> int:
        known = self._by_node.get(node)
        return known.total if known is not None else 0

    def name_bytes_of(self, node: str) -> int:
        """Memory that the names of a node's series take, nearly."""
        known = self._by_node.get(node)
        return known.name_bytes if known is not None else 0

    def lists_of(self, node: str) -> Iterable[list[SeriesRef]]:
        """A node's series, each list of one measurement."""
        known = self._by_node.get(node)
        return known.lists.values() if known is not None else ()

    def of_space(self, space: str) -> list[SeriesRef]:
        """All series of a space, in any order."""
        tagsets = self.tagsets.values()
        mine = (tagset for tagset in tagsets if tag_of(tagset.tags, "space") == space)
        return [ref for tagset in mine for ref in tagset.refs.all()]

    def measurements(self, space: str) -> set[str]:
        """What agents of a space have sent."""
        return set(self._measured.get(space, ()))

    def find(
        self, select: Selector, scope: Scope | None, most: int | None = None
    ) -> list[SeriesRef]:
        """What matches, ordered by names. Looks only at the shortest list that holds all.

        Errors: LimitExceeded when more than `most` match, or when too many have to be looked at.
        """
        tags = {key: frozenset(values) for key, values in select.tags.items() if values}
        fields = frozenset(select.fields)
        nodes = frozenset(select.nodes)
        found = []
        for ref in chain.from_iterable(self._candidates(select, scope)):
            series = ref.series
            if select.measurement and series.measurement != select.measurement:
                continue
            if fields and series.field not in fields:
                continue
            named = dict(series.tags)
            if scope is not None and not scope.holds(named.get("space", ""), named.get("node", "")):
                continue
            if nodes and named.get("node") not in nodes:
                continue
            if all(named.get(key) in values for key, values in tags.items()):
                found.append(ref)
                if most is not None and len(found) > most:
                    raise LimitExceeded(
                        f"more than {most} series match, at most {most} are given: "
                        "narrow the selection or raise the limit",
                        too_large=True,
                    )
        found.sort(key=_order)
        return found

    def _candidates(self, select: Selector, scope: Scope | None) -> list[list[SeriesRef]]:
        lists: list[list[list[SeriesRef]]] = []
        nodes = self._nodes_of(select, scope)
        if nodes is not None:
            lists.append(self._lists_of(nodes, select.measurement))
        if select.measurement:
            named = self._by_measurement.get(select.measurement, {})
            wanted = select.fields or tuple(named)
            lists.append([named[field].refs for field in set(wanted) if field in named])
        for key, values in select.tags.items():
            if values and key not in _COARSE:
                pairs = {(key, value) for value in values}
                lists.append([self._by_tag[pair] for pair in pairs if pair in self._by_tag])
        if not lists:
            lists.append([name.refs for name in self.names.values()])
        shortest = min(lists, key=_length)
        if (length := _length(shortest)) > _MOST_LOOKED_AT:
            raise LimitExceeded(
                f"{length} series would have to be looked through, at most {_MOST_LOOKED_AT} are: "
                "name nodes, or a measurement and its fields",
                too_large=True,
            )
        return shortest

    def _nodes_of(self, select: Selector, scope: Scope | None) -> Set[str] | None:
        """The nodes that can have what is asked for; None for all."""
        wanted: list[Set[str]] = []
        if scope is not None and scope.spaces is not None and not scope.spaces:
            wanted.append(scope.nodes)
        if select.nodes:
            wanted.append(set(select.nodes))
        if named := select.tags.get("node"):
            wanted.append(set(named))
        if hosts := select.tags.get("host"):
            wanted.append({node for host in hosts for node in self._by_host.get(host, ())})
        return reduce(and_, wanted) if wanted else None

    def _lists_of(self, nodes: Set[str], measurement: str) -> list[list[SeriesRef]]:
        found: list[list[SeriesRef]] = []
        for lists in [self._by_node[node].lists for node in nodes if node in self._by_node]:
            if not measurement:
                found += lists.values()
            elif measurement in lists:
                found.append(lists[measurement])
        return found

    def remove(self, node: str) -> list[TagSet]:
        """Forget a node's series; the tag sets that are gone with them."""
        forgotten = self._by_node.pop(node, None)
        return self._drop(list(chain.from_iterable(forgotten.lists.values())) if forgotten else [])

    def tagged(self, key: str, value: str, measurement: str) -> list[SeriesRef]:
        """The series with a tag, of one measurement or all, in any order."""
        of_tag, pair = self._by_tag.get((key, value), []), (key, value)
        if not measurement:
            return list(of_tag)
        named = [name.refs for name in self._by_measurement.get(measurement, {}).values()]
        if _length(named) < len(of_tag):
            return [ref for refs in named for ref in refs if pair in ref.series.tags]
        return [ref for ref in of_tag if ref.series.measurement == measurement]

    def values_of(self, key: str) -> set[str]:
        """The values that a tag has; not of tags that nearly all series share."""
        return {value for name, value in self._by_tag if name == key}

    def remove_tagged(self, key: str, value: str) -> list[TagSet]:
        """Forget the series with a tag; the tag sets that are gone with them."""
        refs = list(self._by_tag.get((key, value), ()))
        by_node: dict[str, list[SeriesRef]] = {}
        for ref in refs:
            by_node.setdefault(tag_of(ref.series.tags, "node"), []).append(ref)
        for node, gone in by_node.items():
            self._by_node[node].forget(gone, {ref.series.tags for ref in gone})
        return self._drop(refs)

    def remove_series(self, refs: Iterable[SeriesRef]) -> list[TagSet]:
        """Forget single series; the tag sets that have no series any more."""
        gone: list[SeriesRef] = []
        emptied: dict[Tags, TagSet] = {}
        by_node: dict[int, tuple[NodeSeries, list[SeriesRef]]] = {}
        for ref in refs:
            series = ref.series
            tagset = self.tagsets.get(series.tags)
            code = self.names[series.measurement, series.field].codes[series.kind]
            found = tagset.refs.take(code) if tagset is not None else None
            if tagset is None or found is None:
                continue
            gone.append(found)
            of_node = tagset.of_node
            by_node.setdefault(id(of_node), (of_node, []))[1].append(found)
            if not tagset.refs:
                emptied[series.tags] = tagset
        for of_node, some in by_node.values():
            of_node.forget(some, emptied)
        self._unlist(gone)
        self.total -= len(gone)
        return self._without(emptied)

    def _drop(self, refs: list[SeriesRef]) -> list[TagSet]:
        """Take series with all of their tag sets out of all lists but those of their nodes."""
        self._unlist(refs)
        self.total -= len(refs)
        return self._without({ref.series.tags for ref in refs})

    def _unlist(self, refs: list[SeriesRef]) -> None:
        for ref in refs:
            self._uncount(ref.series, self.tagsets[ref.series.tags])
        gone = set(map(id, refs))
        names = {(ref.series.measurement, ref.series.field) for ref in refs}
        for name in map(self.names.__getitem__, names):
            name.refs[:] = [ref for ref in name.refs if id(ref) not in gone]
        tags = {ref.series.tags for ref in refs}
        for pair in {pair for one in tags for pair in one if pair in self._by_tag}:
            listed = self._by_tag[pair]
            listed[:] = [ref for ref in listed if id(ref) not in gone]

    def _uncount(self, series: Series, tagset: TagSet) -> None:
        measurement = series.measurement
        if tagset.stock:
            self.tag_values.forget(tagset.stock, measurement)
            return
        tagset.measured[measurement] -= 1
        if not tagset.measured[measurement]:
            del tagset.measured[measurement]

    def _without(self, tags: Iterable[Tags]) -> list[TagSet]:
        """Take out tag sets that have no series any more."""
        gone = [self.tagsets.pop(one) for one in tags]
        for pair in {pair for one in gone for pair in one.tags}:
            if pair in self._by_tag and not self._by_tag[pair]:
                del self._by_tag[pair]
        self._forget_hosts({(tag_of(one.tags, "host"), one.node) for one in gone})
        return gone

    def _forget_hosts(self, pairs: Set[tuple[str, str]]) -> None:
        """A node that has no series any more is found under no host."""
        for host, node in pairs:
            if self.series_of(node):
                continue
            self._by_host[host].discard(node)
            if not self._by_host[host]:
                del self._by_host[host]


def tag_of(tags: Tags, key: str) -> str:
    """The value of one tag; empty when it is not there."""
    return next((value for name, value in tags if name == key), "")


def is_stock(node: str, layout: Layout) -> bool:
    """Whether a layout is of a database's policy, and of no node."""
    return bool(layout.series) and tag_of(layout.series[0].tags, STOCK) == node


def bytes_of_tags(tags: Tags) -> int:
    """Memory that a tag set takes, nearly."""
    return sum(map(_bytes_of_tag, tags))


def text_of_tags(tags: Tags) -> int:
    """Bytes of a tag set's keys and values alone, at most."""
    return sum(map(_text_of_tag, tags))


@lru_cache(maxsize=16_384)
def _bytes_of_tag(tag: tuple[str, str]) -> int:
    """Remembered, as the tags of neighbours are mostly the same."""
    return _GIVEN if tag[0] in _OF_HUB else _text_of_tag(tag) + _PAIR


@lru_cache(maxsize=16_384)
def _text_of_tag(tag: tuple[str, str]) -> int:
    return memory_of(tag[0]) + memory_of(tag[1])


def bytes_of_name(series: Series) -> int:
    """Memory that measurement and field take, nearly."""
    return memory_of(series.measurement) + memory_of(series.field)


def _length(lists: list[list[SeriesRef]]) -> int:
    return sum(len(one) for one in lists)


def _order(ref: SeriesRef) -> tuple[str, Tags, str, int]:
    series = ref.series
    return series.measurement, series.tags, series.field, int(series.kind)
