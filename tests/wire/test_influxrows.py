import pytest

from muster.errors import InputError, ProtocolError
from muster.wire.influxrows import RowSeries, kinds_of, lines_of, read_answer

ROWS = RowSeries(
    columns=["time", "f", "i", "s", "b", "u v"],
    name="m",
    values=[[1, 2, 9007199254740993, 'a "b"', True, None], [2, 2.5, None, None, None, 1e300]],
    tags={"host": "a b", "empty": ""},
)
KINDS = {"f": ("float",), "i": ("integer",), "s": ("string",), "b": ("boolean",)}


def test_rows_become_lines_with_the_kinds_that_fields_have():
    assert list(lines_of(ROWS, "m 1", KINDS)) == [
        r'm\ 1,host=a\ b f=2.0,i=9007199254740993i,s="a \"b\"",b=true 1',
        r"m\ 1,host=a\ b f=2.5,u\ v=1e+300 2",
    ]


def test_chunks_are_put_together():
    series = b'{"name":"m","columns":["time"],"values":[[1]]}'
    chunk = b'{"results":[{"statement_id":0,"series":[%s]}]}\n' % series

    assert [each.values for each in read_answer(chunk + chunk)] == [[[1]], [[1]]]
    assert read_answer(b'{"results":[{"statement_id":0}]}\n') == []


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b'{"error":"no"}', InputError),
        (b'{"results":[{"error":"database not found: d"}]}', InputError),
        (b"<html>", ProtocolError),
        (b'{"results":[{"series":[{"columns":1}]}]}', ProtocolError),
        (b"[" * 5_000, ProtocolError),
    ],
)
def test_what_is_no_answer_and_what_is_refused_is_told(body, error):
    with pytest.raises(error):
        read_answer(body)


def test_of_several_kinds_the_one_that_influxdb_shows_comes_first():
    answer = [
        RowSeries(
            columns=["fieldKey", "fieldType"],
            values=[["v", "string"], ["v", "float"], ["n", "integer"], ["v", "integer"]],
        )
    ]

    assert kinds_of(answer) == {"v": ("float", "integer", "string"), "n": ("integer",)}


@pytest.mark.parametrize(
    "series",
    [
        RowSeries(columns=["f"], values=[[1]]),
        RowSeries(columns=["time", "f"], values=[[1]]),
        RowSeries(columns=["time", "f"], values=[["2020-01-01T00:00:00Z", 1]]),
    ],
)
def test_rows_of_another_shape_are_refused(series):
    with pytest.raises(ProtocolError):
        list(lines_of(series, "m", {}))


def test_cells_that_no_line_can_hold_are_left_out():
    series = RowSeries(columns=["time", "i", "f"], values=[[1, 1 << 64, 5], [2, {}, None]])

    assert list(lines_of(series, "m", {"i": ("integer",)})) == ["m f=5.0 1"]
