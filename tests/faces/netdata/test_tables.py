"""Tables of agents: rows become columns, and what are no rows of numbers is refused."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.faces.netdata.queries import BadAnswer
from muster.faces.netdata.tables import columns_of


def told(data, labels):
    times, values = columns_of(data, labels)
    return times, [json.loads(bytes(each)) for each in values]


def test_rows_become_columns_oldest_first():
    rows = b"[[103,3,null],[102,2.5,1e-7],[101,-1,0]]"
    assert told(rows, 2) == ([101, 102, 103], [[-1, 2.5, 3], [0, 1e-7, None]])


def test_of_a_value_with_remarks_the_value_alone_is_kept():
    rows = b"[[101,[1,0,0],[0.5,100,1]],[102,[null,0,1],[7,0,0]]]"
    assert told(rows, 2) == ([101, 102], [[1, None], [0.5, 7]])
    assert told(b"[[101,[1],[2]]]", 2) == ([101], [[1], [2]])


def test_white_space_and_order_do_not_matter():
    rows = b"[\n  [102, 2],\r\n\t[ 103,3 ],\n  [101, 1]\n]"
    assert told(rows, 1) == ([101, 102, 103], [[1, 2, 3]])


def test_times_may_be_milliseconds_or_have_a_fraction():
    assert told(b"[[1800000000000,1],[1800000001000,2]]", 1)[0] == [1_800_000_000, 1_800_000_001]
    assert told(b"[[1.8e9,1]]", 1)[0] == [1_800_000_000]


def test_no_rows_are_empty_columns():
    assert told(b"[]", 2) == ([], [[], []])
    assert told(b" [ ] ", 0) == ([], [])
    assert told(b"[[5],[4]]", 0) == ([4, 5], [])


@pytest.mark.parametrize(
    "rows",
    [
        b"[5]",
        b"[5,6]",
        b"null",
        b"[[]]",
        b"[[1]]",
        b"[[1,2],[3]]",
        b"[[1,2],[3,4,5]]",
        b"[[1,2],[3,[4]]]",
        b"[[1,[2,0]],[3,[4,0,0]]]",
        b"[[1,[]]]",
        b"[[1,[[2]]]]",
        b"[[[1],2]]",
        b'[[1,"2"]]',
        b"[[1,true]]",
        b"[[1,{}]]",
        b"[[null,2]]",
        b"[[1e999,2]]",
        b'{"a":1}',
    ],
)
def test_what_are_no_rows_of_one_value_is_refused(rows):
    with pytest.raises(BadAnswer):
        columns_of(rows, 1)


CELLS = st.none() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)


@given(
    times=st.lists(st.integers(0, 4_000_000_000), max_size=20, unique=True),
    labels=st.integers(0, 4),
    parts=st.integers(0, 4),
    data=st.data(),
)
def test_it_is_what_reading_all_of_it_would_give(times, labels, parts, data):
    rows = [[data.draw(CELLS) for _ in range(labels)] for _ in times]
    written = [
        [at, *([cell, *[0] * (parts - 1)] if parts else cell for cell in row)]
        for at, row in zip(times, rows, strict=True)
    ]
    ordered = sorted(zip(times, rows, strict=True), key=lambda each: each[0])

    assert told(msgspec.json.encode(written), labels) == (
        [at for at, _ in ordered],
        [[row[place] for _, row in ordered] for place in range(labels)],
    )


JSON = st.recursive(
    CELLS | st.booleans() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=12,
)


@given(value=JSON, labels=st.integers(0, 3))
def test_whatever_json_it_is_columns_of_numbers_come_or_an_error(value, labels):
    try:
        times, values = columns_of(msgspec.json.encode(value), labels)
    except BadAnswer:
        return

    assert len(values) == labels
    for each in values:
        cells = json.loads(bytes(each))
        assert len(cells) == len(times)
        assert all(cell is None or isinstance(cell, int | float) for cell in cells)
