"""Tables of the engine as arrays."""

import numpy as np
import pyarrow as pa
import pytest

from muster.model.metric import Kind, Series
from muster.ports.series import SeriesRef
from muster.store.engine.answers import buckets_of, no_buckets, no_rows, rows_of


def ref(field, tags):
    return SeriesRef(tags, field, Series("m", (), "f", Kind.INTEGER))


def table(**columns):
    kinds = {"field": pa.uint64(), "tags": pa.uint64()}
    return pa.table({name: pa.array(c, kinds.get(name, pa.int64())) for name, c in columns.items()})


def test_rows_come_in_the_order_of_the_keys_and_without_those_not_asked():
    found = rows_of(
        Kind.INTEGER,
        table(field=[1, 1, 1, 2], tags=[7, 7, 8, 7], ts=[1, 2, 1, 1], v=[10, 20, 30, 40]),
        [ref(2, 7), ref(1, 7)],
        "ts",
        "v",
    )

    assert found.patterns.tolist() == [40, 10, 20]
    assert found.tags.tolist() == [7, 7, 7]


def test_a_key_that_is_asked_twice_is_answered_for_the_first():
    one = table(field=[1], tags=[7], counts=[5])

    assert buckets_of(Kind.INTEGER, one, [ref(1, 7), ref(1, 7)], 3, 0).key.tolist() == [0]
    assert len(rows_of(Kind.INTEGER, table(field=[1], tags=[7], ts=[1], v=[1]),
                       [ref(1, 7), ref(1, 7)], "ts", "v").times) == 1  # fmt: skip


@pytest.mark.parametrize(
    ("columns", "keys"),
    [
        ({}, [ref(1, 7)]),
        ({"tags": [9, 7, 8]}, [ref(1, 8), ref(1, 7), ref(1, 9)]),
        ({"field": [5, 3, 4]}, [ref(4, 7), ref(3, 7), ref(5, 7)]),
    ],
)
def test_a_column_that_is_the_same_for_all_keys_may_be_absent(columns, keys):
    numbers = [1, 2, 3][: len(keys)]

    found = buckets_of(Kind.INTEGER, table(**columns, bucket=numbers, counts=numbers), keys, 0, 10)

    assert found.key.tolist() == ([2, 1, 0] if len(keys) == 3 else [0])
    assert found.start.tolist() == [10 * number for number in numbers]
    assert found.counts.tolist() == numbers


def test_pairs_that_were_not_asked_are_left_out():
    found = buckets_of(
        Kind.INTEGER,
        table(field=[1, 1, 2, 2], tags=[7, 8, 7, 8], counts=[1, 2, 3, 4], low=[5, 6, 7, 8]),
        [ref(2, 8), ref(1, 7), ref(2, 7)],
        100,
        0,
    )

    assert found.key.tolist() == [1, 2, 0]
    assert found.counts.tolist() == [1, 3, 4]
    assert found.low.tolist() == [5, 7, 8]
    assert found.high.tolist() == [0, 0, 0]
    assert found.start.tolist() == [100] * 3


def test_texts_are_indexed():
    answer = pa.table({"tags": np.array([7, 8], np.uint64), "counts": [1, 1], "last": ["a", "b"]})

    found = buckets_of(Kind.STRING, answer, [ref(1, 8), ref(1, 7)], 0, 0)

    assert [found.texts[at] for at in found.last] == ["a", "b"]
    assert found.key.tolist() == [1, 0]


@pytest.mark.parametrize("kind", list(Kind))
def test_nothing_is_empty_arrays(kind):
    assert {len(column) for column in no_buckets(kind)[:-1]} == {0}
    assert len(no_rows(kind).times) == 0
    assert (no_rows(kind).texts is None) == (kind is not Kind.STRING)
