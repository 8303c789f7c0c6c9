"""What the index has that is not on disk yet, as numbers; it becomes rows when it is written."""

from collections.abc import Iterator
from typing import Self

import numpy as np
from numpy.typing import NDArray

from muster.ports.series import I64
from muster.store.catalogue.cataloguefile import Additions, FieldRow, SeriesRow, TagSetRow
from muster.store.catalogue.names import signed
from muster.store.catalogue.seriesindex import SeriesIndex
from muster.store.catalogue.seriestypes import Name, Taken

_NOTHING: I64 = np.zeros(0, np.int64)
_AT_ONCE = 10_000  # rows that are Python objects at once
_Columns = tuple[I64, I64, NDArray[np.uint8]]


class News:
    """Numbers of one index. What went again before it was written is left out."""

    def __init__(self) -> None:
        self._sets: list[I64] = []
        self._series: list[I64] = []
        self._names: list[Name] = []

    @property
    def waits(self) -> bool:
        """Whether there is anything."""
        return bool(self._sets or self._series)

    def note(self, taken: Taken) -> None:
        if len(taken.born):
            self._sets.append(taken.born)
        if len(taken.rows):
            self._series.append(taken.rows)
        self._names += taken.named

    def before(self, later: Self) -> Self:
        """With what came later behind it."""
        self._sets += later._sets
        self._series += later._series
        self._names += later._names
        return self

    def additions(self, index: SeriesIndex) -> Additions:
        return Additions(self._tagsets(index), self._fields(), self._rows(index))

    def _tagsets(self, index: SeriesIndex) -> Iterator[TagSetRow]:
        """By hash, as they stand in the file: writing them takes half as long so."""
        tagsets = index.tagsets
        sets = np.concatenate([_NOTHING, *self._sets])
        sets = sets[tagsets.series.all[sets] > 0]
        hashes = tagsets.hashes.all[sets].view(np.int64)
        order = np.argsort(hashes)
        for first in range(0, len(order), _AT_ONCE):
            some = order[first : first + _AT_ONCE]
            texts = tagsets.texts_of(sets[some])
            salts = [tagsets.salts.get(one, 0) for one in sets[some].tolist()]
            yield from zip(hashes[some].tolist(), texts, salts, strict=True)

    def _fields(self) -> Iterator[FieldRow]:
        for name in self._names:
            yield signed(name.hash), name.measurement, name.field, name.salt

    def _rows(self, index: SeriesIndex) -> Iterator[SeriesRow]:
        rows = np.concatenate([_NOTHING, *self._series])
        tags, fields, kinds = _columns(index, rows[index.alive.all[rows]])
        order = np.lexsort((kinds, fields, tags))  # as they stand in the file
        for first in range(0, len(order), _AT_ONCE):
            some = order[first : first + _AT_ONCE]
            yield from _row_by_row(tags[some], fields[some], kinds[some])

    @staticmethod
    def rows(index: SeriesIndex, rows: I64) -> list[SeriesRow]:
        """Series as they stand in the file."""
        return list(_row_by_row(*_columns(index, rows)))


def _columns(index: SeriesIndex, rows: I64) -> _Columns:
    """Hashes, signed, and kinds of some series."""
    sets, names, kinds = index.parts(rows)
    tags = index.tagsets.hashes.all[sets].view(np.int64)
    return tags, index.name_hashes.all[names].view(np.int64), kinds


def _row_by_row(tags: I64, fields: I64, kinds: NDArray[np.uint8]) -> Iterator[SeriesRow]:
    return zip(tags.tolist(), fields.tolist(), kinds.tolist(), strict=True)
