"""An index out of the catalogue's file, and out of another one most of which is gone."""

from array import array
from itertools import chain, islice
from sys import intern
from typing import NamedTuple

import numpy as np

from muster.ports.series import U64
from muster.store.catalogue.cataloguefile import CatalogueFile, TagSetRow
from muster.store.catalogue.columns import Column
from muster.store.catalogue.names import parse_tags, unsigned
from muster.store.catalogue.seriesindex import SeriesIndex
from muster.store.catalogue.seriestypes import keys_of
from muster.store.catalogue.tagsets import TagSets

try:
    from muster.store.catalogue import _cataloguefill  # type: ignore[attr-defined]  # compiled
except ImportError:  # no compiler here: this file does the work
    _cataloguefill = None

COMPILED = _cataloguefill is not None


def filled(file: CatalogueFile) -> SeriesIndex:
    """The index of all that is on disk. Errors: Unavailable."""
    index = SeriesIndex()
    filling = _Filling(index.tagsets)
    for tagsets in file.tagsets():
        filling.add(tagsets)
    for fields in file.fields():
        for number, measurement, field, salt in fields:
            index.know_name(measurement, field, unsigned(number), salt)
    places = np.argsort(index.name_hashes.all)
    ordered = index.name_hashes.all[places]
    for series in file.series():
        rows = np.fromiter(chain.from_iterable(series), np.int64, 3 * len(series)).reshape(-1, 3)
        sets = index.tagsets.with_hashes(_unsigned(rows[:, 0]))
        at = np.searchsorted(ordered, _unsigned(rows[:, 1]))
        at[at == len(ordered)] = 0
        there = sets >= 0
        if len(ordered):
            there &= ordered[at] == _unsigned(rows[:, 1])
            index.add(keys_of(sets[there], places[at[there]], rows[there, 2].astype(np.uint8)))
    index.settle()
    return index


def renewed(old: SeriesIndex) -> SeriesIndex:
    """The same index without what is gone."""
    index = SeriesIndex()
    for name in old.named:
        index.know_name(name.measurement, name.field, name.hash, name.salt)
    sets = np.flatnonzero(old.tagsets.series.all)
    own, lengths = old.tagsets.pieces(sets)
    used, which = np.unique(own, return_inverse=True)
    numbers = index.tagsets.tags.take_in(old.tagsets.tags.tags[one] for one in used.tolist())
    index.tagsets.extend(old.tagsets.hashes.all[sets], lengths, np.array(numbers, np.uint32)[which])
    places = np.zeros(old.tagsets.total, np.int64)
    places[sets] = np.arange(len(sets))
    for one, salt in old.tagsets.salts.items():
        if old.tagsets.series.all[one]:
            index.tagsets.note_salt(int(places[one]), old.tagsets.tags_of(one), salt)
    of, names, kinds = old.parts(np.flatnonzero(old.alive.all))
    index.add(keys_of(places[of], names, kinds))
    index.settle()
    return index


class Split(NamedTuple):
    """Rows of tag sets as columns: hashes, how many tags each has, and the numbers of these.

    `new` are the parts (`key=value`) that have the next numbers, `odd` rows that have to be
    looked at one by one.
    """

    hashes: "array[int]"
    lengths: "array[int]"
    own: "array[int]"
    new: list[str]
    odd: list[TagSetRow]


class PureParts:
    """Numbers the parts of canonical texts in the order in which they come."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def split(self, rows: list[TagSetRow]) -> Split:
        """The next rows. What needs an escape or a salt, or has no tag, is odd."""
        found, numbers = Split(array("q"), array("q"), array("I"), [], []), self._numbers
        before = len(numbers)
        for row in rows:
            number, text, salt = row
            if not text or salt or "\\" in text:
                found.odd.append(row)
                continue
            parts = text.split(",")
            found.hashes.append(number)
            found.lengths.append(len(parts))
            found.own.extend([numbers.setdefault(part, len(numbers)) for part in parts])
        found.new.extend(islice(numbers, before, None))
        return found


class _Filling:
    """Takes rows of tag sets into an index."""

    def __init__(self, tagsets: TagSets) -> None:
        self._tagsets = tagsets
        self._parts = PureParts() if _cataloguefill is None else _cataloguefill.CompiledParts()
        self._tags: Column[np.uint32] = Column(np.uint32)  # of each part

    def add(self, rows: list[TagSetRow]) -> None:
        split, tags = Split(*self._parts.split(rows)), self._tagsets.tags
        self._tags.extend(np.array(tags.take_in(map(_tag, split.new)), np.uint32))
        own = self._tags.all[np.frombuffer(split.own, np.uint32)]
        hashes, lengths = (np.frombuffer(some, np.int64) for some in split[:2])
        self._tagsets.extend(_unsigned(hashes), lengths, own)
        for row in split.odd:
            self._add_one(*row)

    def _add_one(self, number: int, text: str, salt: int) -> None:
        one, tagsets = parse_tags(text), self._tagsets
        if salt:
            tagsets.note_salt(tagsets.total, one, salt)
        numbers = tagsets.tags.take_in(one)
        tagsets.extend(np.array([unsigned(number)], np.uint64), np.array([len(one)]), numbers)


def _tag(part: str) -> tuple[str, str]:
    key, _, value = part.partition("=")
    return intern(key), value


def _unsigned(numbers: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> U64:
    return np.ascontiguousarray(numbers).view(np.uint64)
