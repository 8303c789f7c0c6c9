# distutils: language=c++
# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Compiled twin of muster.influxql.answers.rowtexts."""

from cpython.buffer cimport (
    PyBUF_FORMAT,
    PyBUF_STRIDES,
    PyBuffer_Release,
    PyObject_GetBuffer,
)
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from libc.math cimport isfinite
from libc.stdint cimport int64_t, uint64_t
from libcpp cimport bool as flag
from libcpp.vector cimport vector

from muster.influxql.printing.celltexts import float_text

cdef extern from "rowtexts.hpp" namespace "rowtexts" nogil:
    cdef cppclass Writer:
        object taken()
        void reserve(size_t) except +
        void raw(const char*, size_t)
        void sign(char)
        void integer(int64_t, int64_t)
        void whole(uint64_t)
        flag real(double)

cdef struct Cells:
    int form
    const char* data
    Py_ssize_t step
    const char* valid  # NULL: all are there
    Py_ssize_t valid_step
    int64_t unit
    int64_t first  # of STEPS
    int64_t length

cdef struct Grid:
    const char* data
    Py_ssize_t columns, column_step, rows, step

cdef tuple _SIGNS = (b"lq", b"LQ", b"d", b"?")  # of buffers, by form

cdef enum:
    INTEGERS, WHOLES, REALS, BOOLEANS, TEXTS, STEPS


def row_texts(Py_ssize_t count, columns):
    """See muster.influxql.answers.rowtexts."""
    cdef Writer out
    cdef vector[Cells] cells
    cdef list texts = []
    cdef Py_ssize_t row
    for column in columns:
        cells.push_back(_cells(count, column, texts))
    out.reserve(2 + count * (3 + 12 * cells.size()))
    out.sign(b"[")
    for row in range(count):
        if row:
            out.sign(b",")
        _row(&out, cells, row, texts)
    out.sign(b"]")
    return out.taken()


def series_texts(owner, columns, before, bytes start=b"", bytes end=b""):
    """See muster.influxql.answers.rowtexts."""
    cdef vector[Cells] cells
    cdef list texts = []
    cdef Py_ssize_t count = len(owner), step = 0
    for column in columns:
        cells.push_back(_cells(count, column, texts))
    if not count:
        raise ValueError("columns of other lengths")
    cdef const char* owners = _numbers(owner, count, INTEGERS, &step)
    return _series(count, owners, step, 0, cells, texts, list(before), start, end)


def window_texts(tuple windows, int64_t unit, columns, before, bytes start=b"", bytes end=b""):
    """See muster.influxql.answers.rowtexts."""
    cdef vector[Cells] cells
    cdef list texts = [None], befores = list(before)
    cdef int64_t count = windows[2]
    cells.push_back(Cells(STEPS, NULL, 0, NULL, 0, unit, windows[0], windows[1]))
    for column in columns:
        cells.push_back(_cells(count * len(befores), column, texts))
    if count < 1 or not befores or unit < 1:
        raise ValueError("columns of other lengths")
    return _series(count * len(befores), NULL, 0, count, cells, texts, befores, start, end)


def newest_texts(
    int64_t time_ns, int64_t unit, bytes patterns, forms, before, bytes start=b"", bytes end=b"",
):
    """See muster.influxql.answers.rowtexts."""
    cdef vector[Cells] cells
    cdef list texts = [], befores = list(before)
    cdef Py_ssize_t rows = len(befores)
    cdef const char* at = PyBytes_AS_STRING(patterns)
    cdef int form
    cells.push_back(Cells(STEPS, NULL, 0, NULL, 0, unit, time_ns, 0))
    for form in forms:
        if form < INTEGERS or form > REALS:
            raise ValueError("columns of other lengths, or no numbers")
        cells.push_back(Cells(form, at, 8, NULL, 0, 1, 0, 0))
        at += 8 * rows
    if not rows or unit < 1 or at - PyBytes_AS_STRING(patterns) != PyBytes_GET_SIZE(patterns):
        raise ValueError("columns of other lengths")
    return _series(rows, NULL, 0, 1, cells, texts, befores, start, end)


def matrix_texts(
    times, int64_t unit, matrix, int form, bytes before, bytes start=b"", bytes end=b"",
):
    """See muster.influxql.answers.rowtexts."""
    cdef Writer out
    cdef Grid of_times = _grid(times), of_cells = _grid(matrix)
    cdef Cells cells = Cells(form, NULL, of_cells.step, NULL, 0, 1, 0, 0)
    cdef Py_ssize_t row, place, rows = of_times.rows, columns = of_cells.columns
    if not rows or of_cells.rows != rows or unit < 1 or form < INTEGERS or form > REALS:
        raise ValueError("columns of other lengths, or no numbers")
    out.reserve(1_000 + rows * (3 + 18 * (1 + columns)))
    out.raw(PyBytes_AS_STRING(start), PyBytes_GET_SIZE(start))
    out.raw(PyBytes_AS_STRING(before), PyBytes_GET_SIZE(before))
    for row in range(rows):
        out.raw(b",[" if row else b"[[", 2)
        out.integer((<const int64_t*>(of_times.data + row * of_times.step))[0], unit)
        for place in range(columns):
            out.sign(b",")
            cells.data = of_cells.data + place * of_cells.column_step
            _write(&out, &cells, row, None, place)
        out.sign(b"]")
    out.raw(b"]}", 2)
    out.raw(PyBytes_AS_STRING(end), PyBytes_GET_SIZE(end))
    return out.taken()


cdef object _series(
    Py_ssize_t count, const char* owners, Py_ssize_t step, Py_ssize_t each,
    vector[Cells]& cells, list texts, list befores, bytes start, bytes end,
):
    """Where `owners` is NULL there are so many rows of each, with the same steps first."""
    cdef Writer out
    cdef Py_ssize_t row, more = 0
    cdef int64_t own = -1, now = -1, first = cells[0].first
    cdef bytes text
    out.reserve(1_000 + count * (3 + 18 * cells.size()))
    out.raw(PyBytes_AS_STRING(start), PyBytes_GET_SIZE(start))
    for row in range(count):
        if owners != NULL:
            own = (<const int64_t*>(owners + row * step))[0]
        elif more == 0:
            own, more = own + 1, each
            cells[0].first = first - row * cells[0].length
        more -= 1
        if not row or own != now:
            if row:
                out.raw(b"]},", 3)
            now = own
            if not 0 <= now < len(befores):
                raise IndexError(now)
            text = befores[now]
            out.raw(PyBytes_AS_STRING(text), PyBytes_GET_SIZE(text))
            out.sign(b"[")
        else:
            out.sign(b",")
        _row(&out, cells, row, texts)
    out.raw(b"]}", 2)
    out.raw(PyBytes_AS_STRING(end), PyBytes_GET_SIZE(end))
    return out.taken()


cdef Cells _cells(Py_ssize_t count, column, list texts) except *:
    cdef Cells made
    made.form, values, valid, made.unit = column
    made.data, made.step = <const char*>NULL, 0
    made.valid, made.valid_step = <const char*>NULL, 0
    made.first = made.length = 0
    if made.unit < 1:
        raise ValueError("no unit")
    if valid is not None:
        made.valid = _numbers(valid, count, BOOLEANS, &made.valid_step)
    texts.append(values if made.form == TEXTS else None)
    if made.form != TEXTS:
        made.data = _numbers(values, count, made.form, &made.step)
    elif len(values) != count:
        raise ValueError("columns of other lengths")
    return made


cdef const char* _numbers(array, Py_ssize_t count, int form, Py_ssize_t* step) except? NULL:
    """Where the numbers of an array are, which stay there while somebody has it.

    A memoryview does the same, in several times as long: most answers are short.
    """
    cdef Py_buffer view
    cdef const char* data
    PyObject_GetBuffer(array, &view, PyBUF_STRIDES | PyBUF_FORMAT)
    try:
        if view.ndim != 1 or view.shape[0] != count:
            raise ValueError("columns of other lengths")
        if view.itemsize != (1 if form == BOOLEANS else 8) or view.format[0] not in _SIGNS[form]:
            raise ValueError("numbers of another kind")
        data, step[0] = <const char*>view.buf, view.strides[0]
    finally:
        PyBuffer_Release(&view)
    return data


cdef Grid _grid(array) except *:
    """Where numbers of 64 bits are, [column, row] or rows alone, likewise."""
    cdef Py_buffer view
    cdef Grid found
    PyObject_GetBuffer(array, &view, PyBUF_STRIDES)
    try:
        if not 1 <= view.ndim <= 2 or view.itemsize != 8:
            raise ValueError("columns of other lengths, or no numbers")
        found.columns, found.column_step = view.shape[0], view.strides[0]
        found.rows, found.step = view.shape[view.ndim - 1], view.strides[view.ndim - 1]
        found.data = <const char*>view.buf
    finally:
        PyBuffer_Release(&view)
    return found


cdef int _row(Writer* out, const vector[Cells]& cells, Py_ssize_t row, list texts) except -1:
    cdef size_t place
    out.sign(b"[")
    for place in range(cells.size()):
        if place:
            out.sign(b",")
        _write(out, &cells[place], row, texts, place)
    out.sign(b"]")
    return 0


cdef int _write(Writer* out, const Cells* cells, Py_ssize_t row, list texts, size_t place) except -1:
    cdef const char* at = cells.data + row * cells.step
    cdef double number
    cdef bytes text
    if cells.valid != NULL and not cells.valid[row * cells.valid_step]:
        out.raw(b"null", 4)
    elif cells.form == REALS:
        number = (<const double*>at)[0]
        if not isfinite(number):
            out.raw(b"null", 4)
        elif not out.real(number):
            text = float_text(number).encode()
            out.raw(PyBytes_AS_STRING(text), PyBytes_GET_SIZE(text))
    elif cells.form == STEPS:
        out.integer(cells.first + row * cells.length, cells.unit)
    elif cells.form == INTEGERS:
        out.integer((<const int64_t*>at)[0], cells.unit)
    elif cells.form == WHOLES:
        out.whole((<const uint64_t*>at)[0])
    elif cells.form == BOOLEANS:
        if at[0]:
            out.raw(b"true", 4)
        else:
            out.raw(b"false", 5)
    else:
        text = (<list>texts[place])[row]
        out.raw(PyBytes_AS_STRING(text), PyBytes_GET_SIZE(text))
    return 0
