"""The engine's answers, Arrow tables, as the arrays of ports.series.

An answer may hold keys that were not asked for (store/engine/questions.py, Range): they are left
out here.
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from muster.model.metric import Kind
from muster.ports.series import I64, U64, Buckets, Rows, SeriesRef
from muster.store.engine.arrow import numbers_from_arrow


def no_rows(kind: Kind) -> Rows:
    """An answer without a row."""
    none = np.zeros(0, np.int64)
    hashes = np.zeros(0, np.uint64)
    return Rows(hashes, hashes, none, none, () if kind is Kind.STRING else None)


def no_buckets(kind: Kind) -> Buckets:
    """An answer without a bucket."""
    none = np.zeros(0, np.int64)
    texts = () if kind is Kind.STRING else None
    real = np.zeros(0)
    return Buckets(none, none, none, real, none, none, none, none, none, none, real, none, texts)


def rows_of(kind: Kind, table: pa.Table, keys: Sequence[SeriesRef], time: str, value: str) -> Rows:
    """Rows in the order of the keys. The table is ordered by field, tags and time."""
    fields, tags = numbers_from_arrow(table["field"]), numbers_from_arrow(table["tags"])
    order = _by_key(fields, tags, keys)
    texts: list[str] | None = None
    if kind is Kind.STRING:
        plain = table[value].to_pylist()
        texts = [plain[row] for row in order]
        patterns = np.zeros(len(order), np.int64)
    else:
        patterns = patterns_of(table[value])[order]
    return Rows(tags[order], fields[order], numbers_from_arrow(table[time])[order], patterns, texts)


def buckets_of(
    kind: Kind, table: pa.Table, keys: Sequence[SeriesRef], start_ns: int, step_ns: int
) -> Buckets:
    """Buckets of a table with any of the columns that questions.aggregate names."""
    key, rows = places_of(table, keys)
    none = np.zeros(len(key), np.int64)

    def numbers(name: str) -> I64:
        if name not in table.column_names:
            return none
        return patterns_of(table[name])[rows]

    texts: list[str] | None = None
    first, last = none, none
    if kind is Kind.STRING:
        texts = []
        first, last = _texts(table, "first", rows, texts), _texts(table, "last", rows, texts)
    else:
        first, last = numbers("first"), numbers("last")
    return Buckets(
        key=key,
        start=numbers("bucket") * step_ns if step_ns else none + start_ns,
        counts=numbers("counts"),
        total=numbers("total").view(np.float64),
        low=numbers("low"),
        high=numbers("high"),
        first=first,
        first_time=numbers("first_time"),
        last=last,
        last_time=numbers("last_time"),
        rise=numbers("rise").view(np.float64),
        spent=numbers("spent"),
        texts=texts,
    )


def _texts(table: pa.Table, name: str, rows: slice | I64, texts: list[str]) -> I64:
    """Indexes into `texts`, which grows by what a column holds."""
    if name not in table.column_names:
        return np.zeros(table.num_rows, np.int64)[rows]
    before = len(texts)
    texts += table[name].to_pylist()
    return np.arange(before, len(texts))[rows]


def places_of(table: pa.Table, keys: Sequence[SeriesRef]) -> tuple[I64, slice | I64]:
    """The asked rows, and the index of the key of each."""
    asked_fields = np.array([ref.field for ref in keys], np.uint64)
    asked_tags = np.array([ref.tags for ref in keys], np.uint64)
    fields, field_at = np.unique(asked_fields, return_inverse=True)
    tags, tags_at = np.unique(asked_tags, return_inverse=True)
    codes, first = np.unique(field_at * len(tags) + tags_at, return_index=True)
    found = _ranks(table, "field", fields) * len(tags) + _ranks(table, "tags", tags)
    if len(codes) == len(fields) * len(tags):
        return first[found], slice(None)
    place = np.minimum(np.searchsorted(codes, found), len(codes) - 1)
    rows = np.flatnonzero(codes[place] == found)
    return first[place[rows]], rows


def _ranks(table: pa.Table, name: str, ordered: U64) -> I64:
    """Where each value stands among those asked; a column of one value may be absent."""
    if len(ordered) < 2:
        return np.zeros(table.num_rows, np.int64)
    return np.searchsorted(ordered, numbers_from_arrow(table[name]))


def _by_key(fields: U64, tags: U64, keys: Sequence[SeriesRef]) -> NDArray[np.intp]:
    """The asked rows in the order of the keys; rows of one key lie together."""
    if not len(fields):
        return np.zeros(0, np.intp)
    place: dict[tuple[int, int], int] = {}
    for at, ref in enumerate(keys):
        place.setdefault((ref.field, ref.tags), at)
    edges = (fields[1:] != fields[:-1]) | (tags[1:] != tags[:-1])
    starts = np.flatnonzero(np.concatenate(([True], edges)))
    pairs = zip(fields[starts].tolist(), tags[starts].tolist(), strict=True)
    found = np.array([place.get(pair, -1) for pair in pairs], np.int64)
    key = np.repeat(found, np.diff(np.append(starts, len(fields))))
    order = np.argsort(key, kind="stable")
    return order[np.count_nonzero(key < 0) :]


def patterns_of(column: pa.ChunkedArray) -> I64:
    """Whole numbers and doubles as 64-bit patterns."""
    values = numbers_from_arrow(column)
    return values.view(np.int64) if values.itemsize == 8 else values.astype(np.int64)
