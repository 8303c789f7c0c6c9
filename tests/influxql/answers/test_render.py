"""Answers as bytes."""

import json

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from muster.influxql.answers import render
from muster.influxql.answers.render import (
    Style,
    chunks,
    error_csv,
    error_json,
    error_msgpack,
    to_csv,
    to_json,
    to_json_chunks,
    to_msgpack,
)
from muster.influxql.answers.results import (
    Message,
    Parts,
    ResultSeries,
    StatementResult,
    listing,
    series_of,
)
from muster.influxql.answers.tables import MatrixTable, NewestTable, Table, WindowTable
from muster.influxql.printing.celltexts import float_text, times_text
from muster.influxql.syntax.ast import DataType
from muster.influxql.values.columns import Column, full, texts
from muster.influxql.values.streams import Head
from muster.influxql.values.zones import SECOND_NS, Zone

TIMES = np.array([0, 1_500_000_000, 2_000_000_001], np.int64)


def answer(column, times=TIMES, tags=(), zone=None):
    series = ResultSeries("m", tags, ("time", "v"), times[: len(column)], (column,), zone)
    return StatementResult(0, (series,))


def values(column, **style):
    document = to_json([answer(column)], Style(**style))
    return json.loads(document)["results"][0]["series"][0]["values"]


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.1, "0.1"),
        (25.0, "25"),
        (1e300, "1e+300"),
        (1e-300, "1e-300"),
        (1e21, "1e+21"),
        (1e20, "100000000000000000000"),
        (1e-6, "0.000001"),
        (9.9e-7, "9.9e-7"),
        (-0.0, "-0"),
        (1234567890123456.7, "1234567890123456.8"),
        (1.2345678901234567e20, "123456789012345670000"),
    ],
)
def test_floats_are_written_as_go_writes_them(number, text):
    body = to_json([answer(full(DataType.FLOAT, np.array([number])))])

    assert f",{text}]]".encode() in body


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_each_float_is_read_back_as_it_was(number):
    assert float(float_text(number)) == number
    assert json.loads(to_json([answer(full(DataType.FLOAT, np.array([number])))]))["results"][0][
        "series"
    ][0]["values"][0][1] == pytest.approx(number, rel=0, abs=0)


def test_what_is_no_number_is_null():
    numbers = Column(DataType.FLOAT, np.array([np.nan, np.inf, 1.0]), np.array([True, True, False]))

    assert [row[1] for row in values(numbers)] == [None, None, None]


def test_integers_have_all_their_digits():
    body = to_json([answer(full(DataType.INTEGER, np.array([9007199254740993])))])

    assert b"9007199254740993" in body


@pytest.mark.parametrize(
    ("epoch", "times"),
    [
        ("", ["1970-01-01T00:00:00Z", "1970-01-01T00:00:01.5Z", "1970-01-01T00:00:02.000000001Z"]),
        ("ns", [0, 1_500_000_000, 2_000_000_001]),
        ("x", [0, 1_500_000_000, 2_000_000_001]),
        ("u", [0, 1_500_000, 2_000_000]),
        ("ms", [0, 1_500, 2_000]),
        ("s", [0, 1, 2]),
        ("h", [0, 0, 0]),
    ],
)
def test_times_are_in_the_unit_that_is_asked_for(epoch, times):
    assert [row[0] for row in values(texts(["a", "b", "c"]), epoch=epoch)] == times


def test_local_times_have_their_offset():
    winter = np.array([-1, 1_577_836_800 * SECOND_NS], np.int64)

    assert times_text(winter, Zone("Europe/Berlin")) == [
        "1970-01-01T00:59:59.999999999+01:00",
        "2020-01-01T01:00:00+01:00",
    ]
    assert times_text(winter[1:], Zone("America/New_York")) == ["2019-12-31T19:00:00-05:00"]
    assert times_text(winter[1:], Zone("UTC")) == ["2020-01-01T00:00:00Z"]


def test_empty_keys_are_left_out():
    nameless = listing("", ("name",), [])
    result = StatementResult(3, (nameless,), (Message("warning", "w"),))

    assert json.loads(to_json([result, StatementResult(4, error="e")])) == {
        "results": [
            {
                "statement_id": 3,
                "series": [{"columns": ["name"]}],
                "messages": [{"level": "warning", "text": "w"}],
            },
            {"statement_id": 4, "error": "e"},
        ]
    }


def test_signs_of_html_are_escaped():
    assert to_json([StatementResult(0, error="<a> & \u2028")]) == (
        b'{"results":[{"statement_id":0,"error":"\\u003ca\\u003e \\u0026 \\u2028"}]}\n'
    )
    assert error_json("no") == b'{"error":"no"}\n'


def test_pretty_json_has_four_spaces():
    assert b'\n    "results": [' in to_json([StatementResult(0)], Style(pretty=True))


def test_chunks_say_that_more_follows():
    parts = list(chunks(answer(texts(["a", "b", "c"])), 2))

    assert [(part.partial, part.series[0].partial) for part in parts] == [
        (True, True),
        (False, False),
    ]
    assert list(chunks(StatementResult(1), 2)) == [StatementResult(1)]
    assert len(list(to_json_chunks([answer(texts(["a", "b", "c"]))], 1))) == 3


def test_chunks_may_be_series_or_all_of_it():
    rows = listing("n", ("key",), [["k"], ["l"]])
    both = StatementResult(0, (rows, rows), parts=Parts.SERIES)
    whole = replace(both, parts=Parts.WHOLE)

    assert [(part.series, part.partial) for part in chunks(both, 1)] == [((rows,), False)] * 2
    assert list(chunks(whole, 1)) == [whole]


def test_csv_has_a_header_for_each_set_of_columns():
    result = answer(texts(['x"y', "b,c", " d"]), tags=(("h", "a"), ("k", "b")))
    other = StatementResult(1, (listing("n", ("key",), [["k"], [True]]),))

    assert to_csv([result, other]) == (
        "name,tags,time,v\n"
        'm,"h=a,k=b",0,"x""y"\n'
        'm,"h=a,k=b",1500000000,"b,c"\n'
        'm,"h=a,k=b",2000000001," d"\n'
        "\n"
        "name,tags,key\n"
        "n,,k\n"
        "n,,true\n"
    )
    assert to_csv([other, other]).count("name,tags,key") == 2
    assert to_csv([StatementResult(0, error="e")]) == ""
    numbers = answer(Column(DataType.FLOAT, np.array([1e21, 1.0]), np.array([True, False])))
    assert to_csv([numbers], "s").splitlines()[1:] == ["m,,0,1000000000000000000000", "m,,1,"]


def test_messagepack_says_the_same_with_stamps():
    some = [answer(full(DataType.FLOAT, np.array([1.5])))]
    (result,) = msgspec.msgpack.decode(to_msgpack(some))["results"]
    ((stamp, value),) = result["series"][0]["values"]

    assert (stamp.code, bytes(stamp.data), value) == (5, bytes(12), 1.5)
    (result,) = msgspec.msgpack.decode(to_msgpack(some, "s"))["results"]
    assert result["series"][0]["values"] == [[0, 1.5]]


def test_messagepack_has_empty_lists_and_errors_alone():
    some = [StatementResult(0), StatementResult(1, error="no")]

    assert msgspec.msgpack.decode(to_msgpack(some)) == {
        "results": [{"statement_id": 0, "series": []}, {"error": "no"}]
    }


def test_errors_have_every_form():
    assert error_csv('a "b"') == b'error\n"a ""b"""\n'
    assert msgspec.msgpack.decode(error_msgpack("no")) == {"error": "no"}


def test_a_table_is_written_as_its_series_are():
    heads = (Head("m<", (("k", "a&b"),)), Head("m<", (("k", ""),)))
    owner = np.array([0, 0, 1, 0], np.int64)
    times = np.array([1, 2, 3, 4], np.int64) * 1_500_000_000
    texts = np.array(["a", "<", "", "x"], np.object_)
    numbers = Column(DataType.FLOAT, np.array([1, 2.5, 1e-9, 4]), np.array([1, 0, 1, 1], np.bool_))
    for column in (numbers, full(DataType.STRING, texts)):
        table = Table(heads, owner, times, ("v",), (column,))
        found = series_of(table, "time", None)
        for style in (Style("ms"), Style("s", pretty=True), Style()):
            result = to_json([StatementResult(0, found)], style)
            assert result == to_json([StatementResult(0, tuple(found))], style)
    assert b"m\\u003c" in result
    assert b"a\\u0026b" in result


def test_so_is_one_of_windows_whatever_stands_beside_it():
    heads = (Head("m", (("k", "a"),)), Head("m", (("k", ""),)))
    column = Column(DataType.FLOAT, np.array([1, 2.5, 3, 4]), np.array([1, 0, 1, 1], np.bool_))
    found = series_of(WindowTable(heads, (10**9, 20 * 10**9, 2), ("v",), (column,)), "time", None)
    some = StatementResult(0, found), StatementResult(1, found), StatementResult(0, found, (), "no")
    for results in ([some[0]], [some[1]], [some[2]], some):
        parts = [replace(each, series=tuple(each.series)) for each in results]
        for style in (Style("ms"), Style("s", pretty=True), Style()):
            assert to_json(results, style) == to_json(parts, style)
    assert to_json(some[:1], Style("s")).startswith(b'{"results":[{"statement_id":0,"series":[{')
    assert to_csv(some[:1], "s").splitlines()[1:3] == ["m,k=a,1,1", "m,k=a,21,"]


def test_so_is_one_of_newest_numbers():
    heads = (Head("m<", (("k", "a"),)), Head("m<", (("k", ""),)))
    patterns = np.array([1, 2]).tobytes() + np.array([0.5, np.nan]).tobytes()
    newest = NewestTable(heads, 10**9, patterns, ("n", "v"), (DataType.INTEGER, DataType.FLOAT))
    found = series_of(newest, "time", None)
    for style in (Style("ms"), Style("s", pretty=True), Style()):
        result = to_json([StatementResult(0, found)], style)
        assert result == to_json([StatementResult(0, tuple(found))], style)
    assert b'[["1970-01-01T00:00:01Z",2,null]]' in result


@pytest.mark.parametrize(
    ("kind", "matrix", "last"),
    [
        (DataType.FLOAT, np.array([[1, 2.5], [0.1, np.nan]]), b"2.5,null"),
        (DataType.INTEGER, np.array([[1, -2], [3, 1 << 62]]), b"-2,4611686018427387904"),
        (DataType.UNSIGNED, np.array([[1, 2], [3, 1 << 63]], np.uint64), b"2,9223372036854775808"),
        (DataType.FLOAT, np.array([[1, 2], [3, 4]], np.float32), b"2.0,4.0"),
    ],
)
def test_so_is_one_of_a_matrix(kind, matrix, last):
    times, heads = np.array([10**9, 21 * 10**9]), (Head("m<", (("k", "a"),)),)
    found = series_of(MatrixTable(heads, times, matrix, ("v", "w"), kind), "time", None)
    for style in (Style("s"), Style("ms", pretty=True), Style()):
        result = to_json([StatementResult(0, found)], style)
        assert result == to_json([StatementResult(0, tuple(found))], style)
    assert b'["1970-01-01T00:00:21Z",' + last + b"]]" in result


def test_heads_that_come_again_are_told_from_others(monkeypatch):
    monkeypatch.setattr(render, "_MOST_LISTS", 2)
    first, second = [Head("m", (("a", "1"),))], [Head("m", (("a", "2"),))]

    def shown(heads, name):
        times, column = np.array([7]), full(DataType.INTEGER, np.array([1]))
        found = Table(heads, np.zeros(1, np.int64), times, (name,), (column,))
        (told,) = json.loads(to_json([StatementResult(0, series_of(found, "time", None))]))[
            "results"
        ]
        return told["series"][0]["tags"]["a"], told["series"][0]["columns"][1]

    asked = [(first, "v"), (second, "v"), (first, "v"), (first, "w"), (list(second), "v")]

    assert [shown(*each) for each in asked] == [
        ("1", "v"),
        ("2", "v"),
        ("1", "v"),
        ("1", "w"),
        ("2", "v"),
    ]
    assert len(render._lists) <= 2
