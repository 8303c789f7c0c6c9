"""Rows as JSON, by both twins."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.influxql.answers.rowtexts import (
    Cells,
    Form,
    matrix_texts,
    newest_texts,
    pure_matrix_texts,
    pure_newest_texts,
    pure_row_texts,
    pure_series_texts,
    pure_window_texts,
    row_texts,
    series_texts,
    window_texts,
)

_ANY = {
    Form.INTEGERS: (np.int64, st.integers(-(1 << 63) + 1, (1 << 63) - 1)),
    Form.WHOLES: (np.uint64, st.integers(0, (1 << 64) - 1)),
    Form.REALS: (np.float64, st.floats() | st.integers(-9_999, 9_999).map(lambda it: it / 10)),
    Form.BOOLEANS: (np.bool_, st.booleans()),
}


@st.composite
def columns(draw):
    count = draw(st.integers(0, 12))
    found = []
    for _ in range(draw(st.integers(1, 4))):
        form = draw(st.sampled_from(list(Form)))
        marks = draw(st.none() | st.lists(st.booleans(), min_size=count, max_size=count))
        valid = None if marks is None else np.array(marks, np.bool_)
        if form is Form.TEXTS:
            texts = draw(st.lists(st.text(max_size=5), min_size=count, max_size=count))
            found.append(Cells(form, [json.dumps(text).encode() for text in texts], valid))
            continue
        dtype, values = _ANY[form]
        array = np.array(draw(st.lists(values, min_size=2 * count, max_size=2 * count)), dtype)
        step = draw(st.sampled_from((1, 2)))
        unit = draw(st.sampled_from((1, 1_000))) if form is Form.INTEGERS else 1
        found.append(Cells(form, array[::step][:count], valid, unit))
    return count, found


@given(columns())
def test_both_twins_write_the_same(given_columns):
    count, cells = given_columns

    assert row_texts(count, cells) == pure_row_texts(count, cells)


@pytest.mark.parametrize("write", [row_texts, pure_row_texts])
def test_numbers_are_written_as_go_writes_them(write):
    reals = np.array([1.0, -0.0, 0.0, 1.5, 1e-7, 1e21, 123456789012345680.0, math.nan, 0.001])

    found = write(len(reals), [Cells(Form.REALS, reals)])

    assert found == b"[[1],[-0],[0],[1.5],[1e-7],[1e+21],[123456789012345680],[null],[0.001]]"


@given(
    st.integers(-(10**4), 10**4) | st.integers(-(10**19) // 2, 10**18 * 9),
    st.sampled_from((0, 1, 999, 1_000, -7_000, 10**11, 10**14)),
    st.sampled_from((1, 1_000, 10**6)),
)
def test_times_at_one_distance_are_written_as_all_others_are(first, step, unit):
    times = first + step * np.append(np.arange(40), (41, 39, 2, 3))
    cells = [Cells(Form.INTEGERS, times, None, each) for each in (unit, 1_000, 1)]

    found = row_texts(len(times), cells)

    assert found == pure_row_texts(len(times), cells)
    assert row_texts(len(times), cells[:1]) == pure_row_texts(len(times), cells[:1])


@given(st.lists(st.integers(-(10**14), 10**14), min_size=1), st.sampled_from((1, 10, 100)))
def test_decimals_are_written_as_they_are(numbers, scale):
    reals = np.array([number / scale for number in numbers])

    found = row_texts(len(reals), [Cells(Form.REALS, reals)])

    assert found == pure_row_texts(len(reals), [Cells(Form.REALS, reals)])


@pytest.mark.parametrize("write", [row_texts, pure_row_texts])
def test_what_is_missing_is_null_and_integers_are_divided_towards_zero(write):
    times = Cells(Form.INTEGERS, np.array([1_999, -1_999]), None, 1_000)
    texts = Cells(Form.TEXTS, [b'"a"', b"{}"], np.array([True, False]))

    assert write(2, [times, texts]) == b'[[1,"a"],[-1,null]]'
    assert write(0, [Cells(Form.INTEGERS, np.zeros(0, np.int64))]) == b"[]"


@pytest.mark.parametrize("write", [row_texts, pure_row_texts])
def test_columns_of_other_lengths_are_refused(write):
    with pytest.raises(ValueError, match="other lengths"):
        write(2, [Cells(Form.INTEGERS, np.zeros(3, np.int64))])


@given(columns(), st.data())
def test_both_twins_write_the_same_series(given_columns, data):
    count, cells = given_columns
    if not count:
        return
    numbers = st.integers(0, 2)
    owner = np.array(data.draw(st.lists(numbers, min_size=count, max_size=count)), np.int64)
    before = [b"a", b"", b'{"columns":[],"values":']

    assert series_texts(owner, cells, before) == pure_series_texts(owner, cells, before)


@pytest.mark.parametrize("write", [series_texts, pure_series_texts])
def test_each_run_of_an_owner_is_a_series(write):
    cells = [Cells(Form.INTEGERS, np.arange(4))]

    found = write(np.array([0, 0, 1, 0]), cells, [b'{"values":', b'{"n":1,"values":'])

    assert found == b'{"values":[[0],[1]]},{"n":1,"values":[[2]]},{"values":[[3]]}'


@pytest.mark.parametrize("write", [series_texts, pure_series_texts])
def test_series_that_do_not_fit_are_refused(write):
    none, two = np.zeros(0, np.int64), np.zeros(2, np.int64)
    for owner, values in ((two, none), (none, none)):
        with pytest.raises(ValueError, match="other lengths"):
            write(owner, [Cells(Form.INTEGERS, values)], [b""])
    with pytest.raises(IndexError):
        write(two + 1, [Cells(Form.INTEGERS, two)], [b""])


@given(columns(), st.integers(-(10**18), 10**18), st.sampled_from((1, 1_000, 10**9)), st.data())
def test_both_twins_write_the_same_windows(given_columns, first, unit, data):
    rows, cells = given_columns
    if not rows:
        return
    count = data.draw(st.sampled_from([each for each in (1, 2, 3, rows) if not rows % each]))
    windows = first, data.draw(st.sampled_from((1, 20 * 10**9))), count
    before = [b"%d" % series for series in range(rows // count)]

    found = window_texts(windows, unit, cells, before, b"<", b">")

    assert found == pure_window_texts(windows, unit, cells, before, b"<", b">")


@pytest.mark.parametrize("write", [window_texts, pure_window_texts])
def test_each_series_has_all_windows(write):
    cells = [Cells(Form.INTEGERS, np.arange(4))]

    found = write((-5, 10, 2), 1, cells, [b'{"values":', b'{"n":1,"values":'], b"[", b"]\n")

    assert found == b'[{"values":[[-5,0],[5,1]]},{"n":1,"values":[[-5,2],[5,3]]}]\n'


@pytest.mark.parametrize("write", [window_texts, pure_window_texts])
def test_windows_that_do_not_fit_are_refused(write):
    cells = [Cells(Form.INTEGERS, np.arange(4))]
    for count, before in ((3, [b""]), (4, [b"", b""]), (0, [b""]), (4, [])):
        with pytest.raises(ValueError, match="other lengths"):
            write((0, 10, count), 1, cells, before)


@given(
    st.lists(st.sampled_from((Form.INTEGERS, Form.WHOLES, Form.REALS)), min_size=1, max_size=3),
    st.integers(1, 4),
    st.integers(-(1 << 63) + 1, (1 << 63) - 1),
    st.sampled_from((1, 1_000, 10**9)),
    st.data(),
)
def test_both_twins_write_the_same_newest_numbers(forms, rows, time_ns, unit, data):
    size = 8 * rows * len(forms)
    patterns = data.draw(st.binary(min_size=size, max_size=size))
    before = [b"%d" % series for series in range(rows)]

    found = newest_texts(time_ns, unit, patterns, forms, before, b"<", b">")

    assert found == pure_newest_texts(time_ns, unit, patterns, forms, before, b"<", b">")


@pytest.mark.parametrize("write", [newest_texts, pure_newest_texts])
def test_each_series_has_one_row_of_newest_numbers(write):
    patterns = np.array([1, -2]).tobytes() + np.array([0.5, 3]).tobytes()
    before = [b'{"values":', b'{"n":1,"values":']

    found = write(-1_500, 1_000, patterns, [Form.INTEGERS, Form.REALS], before, b"[", b"]\n")

    assert found == b'[{"values":[[-1,1,0.5]]},{"n":1,"values":[[-1,-2,3]]}]\n'


@pytest.mark.parametrize("write", [newest_texts, pure_newest_texts])
def test_newest_numbers_that_do_not_fit_are_refused(write):
    for size, forms, before in (
        (8, [Form.REALS], []),
        (8, [Form.REALS, Form.REALS], [b""]),
        (16, [Form.REALS], [b""]),
        (8, [Form.TEXTS], [b""]),
        (8, [Form.BOOLEANS], [b""]),
    ):
        with pytest.raises(ValueError, match="columns of other lengths"):
            write(0, 1, bytes(size), forms, before)


@given(
    st.sampled_from((Form.INTEGERS, Form.WHOLES, Form.REALS)),
    st.integers(1, 12),
    st.integers(0, 3),
    st.sampled_from((1, 2)),
    st.sampled_from((1, 1_000, 10**9)),
    st.data(),
)
def test_both_twins_write_the_same_matrix(form, rows, count, step, unit, data):
    dtype, values = _ANY[form]
    integers = st.integers(-(1 << 63) + 1, (1 << 63) - 1)
    times = np.array(data.draw(st.lists(integers, min_size=rows * step, max_size=rows * step)))
    size = count * rows * step
    cells = np.array(data.draw(st.lists(values, min_size=size, max_size=size)), dtype)
    matrix = cells.reshape(count, rows * step)[:, ::step]

    found = matrix_texts(times[::step], unit, matrix, form, b"{", b"<", b">")

    assert found == pure_matrix_texts(times[::step], unit, matrix, form, b"{", b"<", b">")


@pytest.mark.parametrize("write", [matrix_texts, pure_matrix_texts])
def test_each_row_of_a_matrix_has_its_time(write):
    times, reals = np.array([-1_500, 2_000]), np.array([[0.5, 3], [math.nan, -math.inf]])

    found = write(times, 1_000, reals, Form.REALS, b'{"values":', b"[", b"]\n")

    assert found == b'[{"values":[[-1,0.5,null],[2,3,null]]}]\n'


@pytest.mark.parametrize("write", [matrix_texts, pure_matrix_texts])
def test_matrices_that_do_not_fit_are_refused(write):
    for rows, width, form in (
        (2, 3, Form.REALS),
        (0, 0, Form.REALS),
        (2, 2, Form.BOOLEANS),
        (2, 2, Form.TEXTS),
    ):
        with pytest.raises(ValueError, match="columns of other lengths"):
            write(np.arange(rows), 1, np.zeros((1, width)), form, b"")


@pytest.mark.parametrize("write", [series_texts, pure_series_texts])
def test_what_is_long_is_written_to_its_end(write):
    text = b'{"text":"' + b"x" * 5_000 + b'","values":'
    owner = np.arange(50) % 2

    found = write(owner, [Cells(Form.INTEGERS, np.arange(50))], [text, b"{"], b"(", b")")

    assert len(found) == 25 * (len(text) + 1) + 10 + 2 * 40 + 50 * 5 + 49 + 2
    assert found.endswith(b",{[[49]]})")
