"""An index out of the catalogue's file, and out of another one most of which is gone."""

from array import array
from sys import intern

import numpy as np

from muster.ports.series import U64
from muster.store.catalogue.cataloguefile import CatalogueFile, TagSetRow
from muster.store.catalogue.names import parse_tags, unsigned
from muster.store.catalogue.seriesindex import SeriesIndex
from muster.store.catalogue.seriestypes import keys_of
from muster.store.catalogue.tagsets import TagNumbers


def filled(file: CatalogueFile) -> SeriesIndex:
    """The index of all that is on disk. Errors: Unavailable."""
    index = SeriesIndex()
    parts = _Parts(index.tagsets.tags)
    for tagsets in file.tagsets():
        _add_tagsets(index, tagsets, parts)
    for fields in file.fields():
        for number, measurement, field, salt in fields:
            index.know_name(measurement, field, unsigned(number), salt)
    places = np.argsort(index.name_hashes.all)
    ordered = index.name_hashes.all[places]
    for series in file.series():
        rows = np.array(series, np.int64)
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


class _Parts(dict[str, int]):
    """The numbers of tags by their texts, as far as they need no escape."""

    def __init__(self, tags: TagNumbers) -> None:
        super().__init__()
        self.tags = tags

    def __missing__(self, part: str) -> int:
        key, _, value = part.partition("=")
        self[part] = number = self.tags.note((intern(key), value))
        return number


def _add_tagsets(index: SeriesIndex, rows: list[TagSetRow], parts: _Parts) -> None:
    tagsets, own, lengths = index.tagsets, array("I"), []
    before, first = len(tagsets.tags.tags), tagsets.total
    for at, (_, text, salt) in enumerate(rows):
        if "\\" in text or not text:
            numbers = [tagsets.tags.note(tag) for tag in parse_tags(text)]
        else:
            numbers = [parts[part] for part in text.split(",")]
        own.extend(numbers)
        lengths.append(len(numbers))
        if salt:
            tagsets.note_salt(first + at, parse_tags(text), salt)
    tagsets.tags.settle(before)
    hashes = _unsigned(np.array([row[0] for row in rows], np.int64))
    tagsets.extend(hashes, np.array(lengths, np.int64), own)


def _unsigned(numbers: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> U64:
    return np.ascontiguousarray(numbers).view(np.uint64)
