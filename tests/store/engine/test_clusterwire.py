"""Tables in ClickHouse's Native format: what goes over it comes back."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.errors import ProtocolError
from muster.store.engine.arrow import numbers_to_arrow, texts_to_arrow
from muster.store.engine.clusterwire import block_of, empty_table, table_of

TABLE = pa.table(
    {
        "field": numbers_to_arrow(np.array([1, 1 << 63, 3], np.uint64)),
        "ts": numbers_to_arrow(np.array([-1, 0, 1 << 62], np.int64)),
        "v": numbers_to_arrow(np.array([0.5, -0.0, np.inf])),
        "on": numbers_to_arrow(np.array([0, 1, 1], np.uint8)),
        "text": texts_to_arrow(["", "é" * 100, "x" * 20_000]),
    }
)


def test_a_block_has_columns_with_their_names_and_types():
    one = pa.table({"a": numbers_to_arrow(np.array([258], np.uint64)), "b": texts_to_arrow(["hi"])})

    assert block_of(one) == (b"\x02\x01\x01a\x06UInt64\x02\x01\0\0\0\0\0\0\x01b\x06String\x02hi")


def test_what_is_written_is_read_again():
    assert table_of(block_of(TABLE)).to_pylist() == TABLE.to_pylist()


def test_blocks_come_one_after_another_and_an_answer_may_have_none():
    assert table_of(block_of(TABLE) * 3).to_pylist() == TABLE.to_pylist() * 3
    assert table_of(b"") is None
    assert table_of(block_of(TABLE.slice(0, 0))).column_names == TABLE.column_names


def test_numbers_that_may_be_absent_are_none():
    answer = b"\x01\x03\x01a\x0fNullable(UInt8)\0\x01\0\x05\0\x07"

    assert table_of(answer).to_pylist() == [{"a": 5}, {"a": None}, {"a": 7}]


def test_an_empty_table_has_its_columns():
    table = empty_table([("day", "Int64"), ("table", "String"), ("n", "Nullable(UInt64)")])

    assert (table.column_names, table.num_rows) == (["day", "table", "n"], 0)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"\x01\x01\x01a\x05Int64\0", "8 bytes are announced"),
        (b"\x01\x01\x01a\x06String\x05abc", "5 bytes are announced"),
        (b"\x01\xff\xff\xff\xff\x7f\x01a\x06String\0", "34359738367 texts"),
        (b"\x01\x01\x01a\x04Date\0\0", "type 'Date'"),
        (b"\xff", "cut off"),
        (b"\xff\xff\x7f\x01", "more than 1000"),
    ],
)
def test_what_is_cut_off_or_not_known_is_said(answer, why):
    with pytest.raises(ProtocolError, match=why):
        table_of(answer)


@given(st.binary(max_size=60))
def test_whatever_arrives_is_a_table_or_an_error(data):
    for answer in (data, b"\x01\x02\x01a" + data, block_of(TABLE)[: len(data)] + data):
        try:
            table_of(answer)
        except ProtocolError:
            continue
