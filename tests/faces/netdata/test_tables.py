"""Tables of agents: rows become columns, and what are no rows of numbers is refused."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.faces.netdata.chartwords import _Newer
from muster.faces.netdata.queries import BadAnswer
from muster.faces.netdata.tables import (
    Columns,
    Named,
    columns_of,
    cut_rows,
    pure_cut_rows,
    read_table,
)


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


class Told(msgspec.Struct):
    result: Named | list[msgspec.Raw]


def found(body):
    told, labels, columns = read_table(body, Told)
    assert isinstance(told, Told)
    return labels, columns.times, [json.loads(bytes(each)) for each in columns.values]


NAMED = (
    b'{"x":{"data":[[1,2]]},"result":{"labels":["time","a","b"],"data":[%b]},"y":{"data":[[7]]}}'
)
LISTED = b'{"result":[["time","a","b"],\n%b],"y":[[7,8]]}'


@pytest.mark.parametrize("around", [NAMED, LISTED])
@pytest.mark.parametrize(
    "rows",
    [
        b"[103,3,null],[102,2.5,1e-7],[101,-1,0]",
        b" [101 ,-1, 0 ]\n,[102,2.5,1e-7]\t,[103,3,null]\n",
        b"[102,2.5,1e-7],[101,-1,0],[103,3,null]",
    ],
)
def test_an_answer_is_read_with_its_table(around, rows):
    assert found(around % rows) == (["a", "b"], [101, 102, 103], [[-1, 2.5, 3], [0, 1e-7, None]])


@pytest.mark.parametrize("around", [NAMED, LISTED])
@pytest.mark.parametrize(
    "rows", [b"[1,2]", b"[1,2,3],[2,3]", b"[1,2,3,4]", b"[1,true,2]", b'[1,"a",2]', b"[1,01,2]"]
)
def test_a_table_that_does_not_fit_its_labels_is_refused(around, rows):
    with pytest.raises(BadAnswer):
        found(around % rows)


@pytest.mark.parametrize("around", [NAMED, LISTED])
def test_an_answer_that_is_cut_off_behind_its_rows_is_refused(around):
    whole = around % b"[1,2,3]"
    for size in range(whole.index(b"[1,2,3]"), len(whole)):
        with pytest.raises(BadAnswer):
            found(whole[:size])


def test_rows_elsewhere_are_not_taken_for_the_table():
    body = b'{"result":{"labels":["time","a"],"inner":{"data":[[5,6]]},"data":[[1,2]]}}'
    assert found(body) == (["a"], [1], [[2]])
    words = b'{"result":[["time","],[5,6]"],[1,2]]}'
    assert found(words) == (["],[5,6]"], [1], [[2]])
    assert found(b'{"result":[]}') == ([], [], [])


VALUES = CELLS | st.lists(CELLS, min_size=1, max_size=3)
LISTS = st.lists(st.tuples(st.integers(0, 9), VALUES, VALUES), max_size=5)


@given(rows=LISTS, spaces=st.sampled_from([b"", b" ", b"\n\t"]), ahead=st.binary(max_size=3))
def test_rows_that_were_cut_out_are_those_that_all_of_it_would_give(rows, spaces, ahead):
    text = msgspec.json.encode(rows)[1:-1].replace(b",", spaces + b"," + spaces)
    cut = cut_rows(ahead + text + b"]", len(ahead))
    if cut is None:
        return
    end, times, values = cut

    assert end == len(ahead + text)
    assert Columns(times, list(map(msgspec.Raw, values))) == columns_of(b"[" + text + b"]", 2)


@given(data=st.binary(max_size=12) | st.text("[],-0123.e nul", max_size=24).map(str.encode))
def test_whatever_is_cut_out_is_json(data):
    if (cut := cut_rows(data, 0)) is None:
        return
    end, times, values = cut

    assert len(json.loads(b"[" + data[:end] + b"]")) == len(times)
    assert all(len(json.loads(each)) == len(times) for each in values)


def test_without_its_twin_nothing_is_cut_out():
    assert pure_cut_rows(b"[1,2]", 0) is None


def test_a_table_of_nothing_that_is_closed_twice_is_empty():
    body = b'{"api":2,"functions":[],"result":[]],"db":{"tiers":1},"view":{"update_every":5}}'
    told, labels, columns = read_table(body, _Newer)

    assert (told.view.update_every, labels, columns) == (5, [], ([], []))
    with pytest.raises(BadAnswer):
        read_table(body.replace(b"[]]", b"[]]]"), _Newer)
