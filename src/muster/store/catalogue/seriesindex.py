"""Every series in memory, as rows of columns, with lists by node, by name and by tag.

Nothing is held as an object of its own but names of fields and single tags, of which there are
few: a series is made when somebody finds it (store/catalogue/seriesfind.py).
Used on the event loop's thread. Numbers and what is on disk: store/catalogue/catalogue.py.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.ma  # numpy.unique loads it: 40 ms that the first question would wait
from numpy.typing import NDArray

from muster.model.ids import NodeId
from muster.model.influx import STOCK
from muster.model.metric import Series, Tags
from muster.ports.series import I64, U64, SeriesRef
from muster.store.catalogue.columns import NONE, Column, number_table
from muster.store.catalogue.names import field_text, hash_of, memory_of
from muster.store.catalogue.rowlists import RowLists
from muster.store.catalogue.seriestypes import (
    KIND_BITS,
    NAME_BITS,
    NAME_SHIFT,
    SET_SHIFT,
    LookedAt,
    Name,
    Taken,
    keys_of,
)
from muster.store.catalogue.tagsets import HOST, NODE, SPACE, Looked, Tag, TagSets
from muster.store.catalogue.tagvalues import Offender, TagValues, Values, offender

# Tags that nearly all series of a node or hub share: their lists would be as long as all.
COARSE = frozenset((HOST, NODE, SPACE))
_FEWEST_GONE = 10_000  # rows of series that are gone before it is worth making the index anew
_HALF = np.uint64(32)  # bits: two numbers are one
_AT_ONCE = 100_000  # series that are listed together
_MOST_WAITING = 1_000  # layouts of which the lists have nothing yet


class SeriesIndex:
    """Adding is in the path of ingest."""

    def __init__(self) -> None:
        self.tagsets = TagSets()
        self.named: list[Name] = []
        self.names: dict[tuple[str, str], Name] = {}
        self.name_hashes: Column[np.uint64] = Column(np.uint64)
        self.by_measurement: dict[str, list[Name]] = {}
        self.by_name, self.by_tag, self.by_node = RowLists(), RowLists(), RowLists()
        self.by_host: dict[int, set[int]] = {}  # numbers of tags: host -> nodes
        self.keys: Column[np.uint64] = Column(np.uint64)  # tag set, name, kind
        self.alive: Column[np.bool_] = Column(np.bool_)
        self.total = 0
        self._table = number_table()
        self._hashes_of_names: set[int] = set()
        self._name_sizes: Column[np.uint32] = Column(np.uint32)
        self._measurements: dict[str, int] = {}
        self._measurement_of: Column[np.uint32] = Column(np.uint32)  # of each name
        self._name_bytes: dict[int, int] = {}  # by node
        self._measured: dict[int, dict[int, int]] = {}  # space -> measurement -> series
        (self._no_node,) = self.tagsets.tags.take_in([(NODE, "")])
        self._tag_values = TagValues(self._tags_written)
        self._waiting: list[tuple[I64, I64]] = []  # rows that no list has; tag sets that are born
        self._waiting_nodes: set[int] = set()

    def look(self, series: Sequence[Series]) -> LookedAt:
        """What is known of some series; changes nothing."""
        tags: list[Tags] = []
        places: dict[int, int] = {}
        which, names = [], []
        last, place = None, -1
        for one in series:
            if one.tags is not last:  # neighbours mostly share theirs
                last = one.tags
                place = places.setdefault(id(last), len(tags))
                if place == len(tags):
                    tags.append(last)
            which.append(place)
            name = self.names.get((one.measurement, one.field))
            names.append(-1 if name is None else name.place)
        sets = self.tagsets.look(tags)
        return self._looked(series, sets, np.array(which, np.int64), np.array(names, np.int64))

    def _looked(self, series: Sequence[Series], sets: Looked, which: I64, names: I64) -> LookedAt:
        kinds = np.frombuffer(bytes([one.kind for one in series]), np.uint8).copy()
        numbers = sets.numbers[which]
        rows = np.full(len(names), -1, np.int64)
        known = ((numbers >= 0) & (names >= 0)).nonzero()[0]
        if len(known):
            rows[known] = self._rows(keys_of(numbers[known], names[known], kinds[known]))
        return LookedAt(series, sets, which, names, kinds, rows)

    def _rows(self, keys: U64) -> I64:
        """Rows of series that are there."""
        rows = self._table.find(keys, self.keys.all)
        held = rows >= 0
        rows[held] = np.where(self.alive.all[rows[held]], rows[held], -1)
        return rows

    def has_tags(self, looked: LookedAt) -> NDArray[np.bool_]:
        """Of the tag sets of a layout: whether any series has it."""
        numbers = looked.sets.numbers
        has = np.zeros(len(numbers), np.bool_)
        has[numbers >= 0] = self.tagsets.series.all[numbers[numbers >= 0]] > 0
        return has

    def take_in(self, looked: LookedAt) -> Taken:
        """Take in all that is new of what was looked at; the index has not changed since."""
        before = len(self.named)
        names = looked.names.copy()
        for column in (names < 0).nonzero()[0].tolist():
            one = looked.series[column]
            names[column] = self.take_in_name(one.measurement, one.field, 0).place
        sets = self.tagsets.take_in(looked.sets)[looked.which]
        keys = keys_of(sets, names, looked.kinds)[looked.rows < 0]
        once = list(dict.fromkeys(keys.tolist()))  # a layout may hold a series twice
        rows, born = self.add(keys if len(once) == len(keys) else np.array(once, np.uint64))
        return Taken(sets, names, rows, born, self.named[before:])

    def learn(self, series: Series, tags_salt: int, field_salt: int) -> Taken | None:
        """Take in one that was stored under some salts; None when it is known."""
        before = len(self.named)
        name = self.take_in_name(series.measurement, series.field, field_salt)
        sets = self.tagsets.look_salted(series.tags, tags_salt)
        looked = self._looked([series], sets, np.zeros(1, np.int64), np.array([name.place]))
        new = self.named[before:]
        return None if looked.rows[0] >= 0 else self.take_in(looked)._replace(named=new)

    def take_in_name(self, measurement: str, field: str, salt: int) -> Name:
        """The Name of a measurement's field, a new one where it is new."""
        name = self.names.get((measurement, field))
        if name is None:
            text = field_text(measurement, field)
            while (number := hash_of(text, salt)) in self._hashes_of_names:
                salt += 1
            name = self.know_name(measurement, field, number, salt)
        return name

    def know_name(self, measurement: str, field: str, number: int, salt: int) -> Name:
        """A new Name."""
        name = Name(measurement, field, number, salt, len(self.named))
        self.names[measurement, field] = name
        self.named.append(name)
        self._hashes_of_names.add(number)
        self.by_measurement.setdefault(measurement, []).append(name)
        self.name_hashes.extend(np.array([number], np.uint64))
        size = memory_of(measurement) + memory_of(field)
        self._name_sizes.extend(np.array([size], np.uint32))
        place = self._measurements.setdefault(measurement, len(self._measurements))
        self._measurement_of.extend(np.array([place], np.uint32))
        return name

    def add(self, keys: U64) -> tuple[I64, I64]:
        """Take in different series that are new; their rows, and tag sets that had no series."""
        rows, tagsets = self._placed(keys), self.tagsets
        numbers = Counter((keys >> SET_SHIFT).tolist())
        different = np.array(list(numbers), np.int64)
        born = different[tagsets.series.all[different] == 0]
        tagsets.series.all[different] += np.array(list(numbers.values()), np.uint32)
        self._waiting.append((rows, born))
        self._waiting_nodes.update(self.nodes_of(different).tolist())
        if len(self._waiting) >= _MOST_WAITING:
            self.settle()
        return rows, born

    def settle(self) -> None:
        """Put what is new into the lists, all at once: nodes come one by one, in thousands."""
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, []
        self._waiting_nodes.clear()
        rows, born = (np.concatenate(some) for some in zip(*waiting, strict=True))
        for first in range(0, len(rows), _AT_ONCE):
            self._list(rows[first : first + _AT_ONCE])
        for first in range(0, len(born), _AT_ONCE):
            self._note_born(born[first : first + _AT_ONCE])

    def _settle_for(self, node: int) -> None:
        if node in self._waiting_nodes:
            self.settle()

    def _placed(self, keys: U64) -> I64:
        if self.total == self.keys.size:  # nothing has gone yet
            rows = np.arange(self.total, self.total + len(keys))
            self.keys.extend(keys)
            self.alive.extend(np.ones(len(keys), np.bool_))
            self._table.extend(self.keys.all)
            self.total += len(keys)
            return rows
        rows = self._table.find(keys, self.keys.all)
        new = rows < 0
        rows[new] = np.arange(self.keys.size, self.keys.size + int(new.sum()))
        self.keys.extend(keys[new])
        self.alive.extend(new[new])
        self._table.extend(self.keys.all)
        self.alive.all[rows] = True
        self.total += len(rows)
        return rows

    def parts(self, rows: I64) -> tuple[I64, I64, NDArray[np.uint8]]:
        """Tag set, name and kind of some rows."""
        keys = self.keys.all[rows]
        sets = (keys >> SET_SHIFT).astype(np.int64)
        names = (keys >> NAME_SHIFT) & np.uint64((1 << NAME_BITS) - 1)
        kinds = keys & np.uint64((1 << KIND_BITS) - 1)
        return sets, names.astype(np.int64), kinds.astype(np.uint8)

    def _list(self, rows: I64) -> None:
        sets, names, _ = self.parts(rows)
        own, lengths = self.tagsets.pieces(sets)
        fine = ~np.isin(self.tagsets.tags.key_of.all[own], self._coarse())
        self.by_tag.add(own[fine], np.repeat(rows, lengths)[fine])
        self.by_name.add(names, rows)
        nodes = self.nodes_of(sets)
        self.by_node.add(nodes, rows)
        self._count_bytes(nodes, self._name_sizes.all[names], 1)
        self._count_measured(sets, names, 1)

    def _note_born(self, sets: I64) -> None:
        nodes = self.nodes_of(sets)
        self._count_bytes(nodes, self.tagsets.sizes(sets), 1)
        hosts = self.tagsets.own(HOST)[sets].astype(np.uint64)
        for both in np.unique(hosts << _HALF | nodes.astype(np.uint64)).tolist():
            host, node = both >> 32, both & NONE
            if host != NONE:
                self.by_host.setdefault(host, set()).add(node)

    def _coarse(self) -> list[int]:
        return [self.tagsets.tags.keys.get(key, NONE) for key in COARSE]

    def nodes_of(self, sets: I64) -> I64:
        """For each tag set the number of its tag `node`."""
        nodes = self.tagsets.own(NODE)[sets].astype(np.int64)
        return np.where(nodes == NONE, self._no_node, nodes)

    def _count_bytes(self, nodes: I64, sizes: NDArray[np.integer], sign: int) -> None:
        different, which = np.unique(nodes, return_inverse=True)
        sums = np.bincount(which, weights=sizes, minlength=len(different))
        for node, size in zip(different.tolist(), sums.tolist(), strict=True):
            self._name_bytes[node] = self._name_bytes.get(node, 0) + sign * int(size)

    def _count_measured(self, sets: I64, names: I64, sign: int) -> None:
        """How many series agents have of a measurement; of policies the values of tags."""
        stocks = self.tagsets.own(STOCK)[sets]
        owners = np.where(stocks == NONE, self.tagsets.own(SPACE)[sets], stocks).astype(np.uint64)
        both = owners << _HALF | self._measurement_of.all[names].astype(np.uint64)
        different, first, which, counts = np.unique(
            both, return_index=True, return_inverse=True, return_counts=True
        )
        for at, (place, total) in enumerate(zip(first.tolist(), counts.tolist(), strict=True)):
            if stocks[place] == NONE:
                owner = int(different[at] >> _HALF)
                known = self._measured.setdefault(owner, {})
                measurement = int(self._measurement_of.all[names[place]])
                known[measurement] = known.get(measurement, 0) + sign * total
                if not known[measurement]:
                    del known[measurement]
                continue
            stock = self.tagsets.tags.tags[stocks[place]][1]
            measurement_name = self.named[names[place]].measurement
            if sign < 0:
                self._tag_values.forget(stock, measurement_name)
            elif self._tag_values.knows(stock, measurement_name):
                self._tag_values.add(stock, measurement_name, self._tags_in(sets[which == at]))

    def _tags_in(self, sets: I64) -> Iterable[Tag]:
        """The tags of some sets, each once."""
        seen = np.zeros(len(self.tagsets.tags.tags), np.bool_)
        seen[self.tagsets.pieces(sets)[0]] = True
        return map(self.tagsets.tags.tags.__getitem__, np.flatnonzero(seen).tolist())

    def values_written(self, stock: str, measurement: str) -> Values:
        """The values of each tag of a measurement of a policy."""
        self.settle()
        return self._tag_values.of(stock, measurement)

    def _tags_written(self, stock: str, measurement: str) -> Iterable[Tag]:
        return self._tags_in(self.parts(self.rows_tagged(STOCK, stock, measurement))[0])

    def nodes(self) -> set[NodeId]:
        self.settle()
        tags = self.tagsets.tags.tags
        return {NodeId(tags[node][1]) for node in self.by_node.filled()}

    def node_number(self, node: str) -> int:
        """The number of a tag `node`; -1 for none."""
        return self.tagsets.tags.by_tag.get((NODE, node), -1)

    def series_of(self, node: str) -> int:
        number = self.node_number(node)
        self._settle_for(number)
        return self.by_node.length(number)

    def rows_of_node(self, node: str) -> I64:
        """The series of a node."""
        number = self.node_number(node)
        self._settle_for(number)
        return self.by_node.of(number)

    def name_bytes_of(self, node: str) -> int:
        """Memory that the names of a node's series take, nearly."""
        number = self.node_number(node)
        self._settle_for(number)
        return self._name_bytes.get(number, 0)

    def offender_of(self, node: str) -> Offender | None:
        """The tag with the most values among a node's series."""
        sets, names, _ = self.parts(self.rows_of_node(node))
        measurements = self._measurement_of.all[names]
        return offender(
            (name, self._tags_in(sets[measurements == self._measurements[name]]))
            for name in {self.named[at].measurement for at in np.unique(names).tolist()}
        )

    def measurements(self, space: str) -> set[str]:
        """What agents of a space have sent."""
        self.settle()
        number = self.tagsets.tags.by_tag.get((SPACE, space), -1 if space else NONE)
        names = list(self._measurements)
        return {names[place] for place in self._measured.get(number, ())}

    def rows_tagged(self, key: str, value: str, measurement: str = "") -> I64:
        """The series with a tag, of one measurement or all; not of tags that nearly all share."""
        self.settle()
        rows = self.by_tag.of(self.tagsets.tags.by_tag.get((key, value), -1))
        if not measurement:
            return rows
        wanted = self._measurements.get(measurement, NONE)
        some: I64 = rows[self._measurement_of.all[self.parts(rows)[1]] == wanted]
        return some

    def values_of(self, key: str) -> set[str]:
        """The values that a tag has; not of tags that nearly all series share."""
        self.settle()
        numbers = self.tagsets.tags.of_key(key).tolist()
        return {self.tagsets.tags.tags[one][1] for one in numbers if self.by_tag.length(one)}

    def rows_of(self, refs: Iterable[SeriesRef]) -> I64:
        """The rows of series that were found; without those that are gone."""
        some = list(refs)
        hashes = np.array([ref.tags for ref in some], np.uint64)
        known = [self.names.get((ref.series.measurement, ref.series.field)) for ref in some]
        names = np.array([-1 if name is None else name.place for name in known], np.int64)
        kinds = np.array([ref.series.kind for ref in some], np.uint8)
        sets = self.tagsets.with_hashes(hashes)
        held = (sets >= 0) & (names >= 0)
        rows = np.unique(self._rows(keys_of(sets[held], names[held], kinds[held])))
        return rows[rows >= 0]

    def remove(self, rows: I64) -> I64:
        """Forget some series; the tag sets that have none any more."""
        self.settle()
        sets, names, _ = self.parts(rows)
        tagsets = self.tagsets
        self.alive.all[rows] = False
        self.total -= len(rows)
        different, counts = np.unique(sets, return_counts=True)
        tagsets.series.all[different] -= counts.astype(np.uint32)
        gone: I64 = different[tagsets.series.all[different] == 0]
        nodes = self.nodes_of(sets)
        self.by_tag.keep(np.unique(tagsets.pieces(different)[0]).tolist(), self.alive.all)
        self.by_name.keep(np.unique(names).tolist(), self.alive.all)
        self.by_node.keep(np.unique(nodes).tolist(), self.alive.all)
        self._count_bytes(nodes, self._name_sizes.all[names], -1)
        self._count_bytes(self.nodes_of(gone), tagsets.sizes(gone), -1)
        self._count_measured(sets, names, -1)
        self._forget_hosts(gone)
        return gone

    def _forget_hosts(self, gone: I64) -> None:
        """A node that has no series any more is found under no host."""
        hosts, nodes = self.tagsets.own(HOST)[gone].tolist(), self.nodes_of(gone).tolist()
        for host, node in {*zip(hosts, nodes, strict=True)}:
            if host == NONE or self.by_node.length(node):
                continue
            self._name_bytes.pop(node, None)
            self.by_host.get(host, set()).discard(node)
            if not self.by_host.get(host, True):
                del self.by_host[host]

    @property
    def is_worn(self) -> bool:
        """Whether most of what it holds is gone."""
        return self.keys.size - self.total > max(self.total, _FEWEST_GONE)
