# distutils: language=c++
# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Compiled twin of muster.influxql.answers.rowtexts."""

from cpython.buffer cimport (
    PyBUF_FORMAT,
    PyBUF_STRIDES,
    PyBuffer_Release,
    PyObject_GetBuffer,
)
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.math cimport isfinite
from libc.stdint cimport int64_t, uint64_t
from libcpp cimport bool as flag
from libcpp.vector cimport vector

from muster.influxql.printing.celltexts import float_text

cdef extern from "rowtexts.hpp" namespace "rowtexts" nogil:
    cdef cppclass Writer:
        const char* data()
        size_t size()
        void reserve(size_t)
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

cdef tuple _SIGNS = (b"lq", b"LQ", b"d", b"?")  # of buffers, by form

cdef enum:
    INTEGERS, WHOLES, REALS, BOOLEANS, TEXTS


def row_texts(Py_ssize_t count, columns):
    """See muster.influxql.answers.rowtexts."""
    cdef Writer out
    cdef vector[Cells] cells
    cdef list texts = []
    cdef Py_ssize_t row
    cdef size_t place
    for column in columns:
        cells.push_back(_cells(count, column, texts))
    out.reserve(2 + count * (3 + 12 * cells.size()))
    out.sign(b"[")
    for row in range(count):
        if row:
            out.sign(b",")
        out.sign(b"[")
        for place in range(cells.size()):
            if place:
                out.sign(b",")
            _write(&out, &cells[place], row, texts, place)
        out.sign(b"]")
    out.sign(b"]")
    return PyBytes_FromStringAndSize(out.data(), out.size())


def series_texts(owner, columns, before):
    """See muster.influxql.answers.rowtexts."""
    cdef Writer out
    cdef vector[Cells] cells
    cdef list texts = [], befores = list(before)
    cdef Py_ssize_t row, count = len(owner)
    cdef int64_t now = 0
    cdef size_t place
    cdef Py_ssize_t step = 0
    cdef bytes text
    for column in columns:
        cells.push_back(_cells(count, column, texts))
    if not count:
        raise ValueError("columns of other lengths")
    cdef const char* owners = _numbers(owner, count, INTEGERS, &step)
    cdef int64_t own
    out.reserve(count * (3 + 18 * cells.size()))
    for row in range(count):
        own = (<const int64_t*>(owners + row * step))[0]
        if not row or own != now:
            if row:
                out.raw(b"]},", 3)
            now = own
            if not 0 <= now < len(befores):
                raise IndexError(now)
            text = befores[now]
            out.raw(PyBytes_AS_STRING(text), PyBytes_GET_SIZE(text))
            out.raw(b"[[", 2)
        else:
            out.raw(b",[", 2)
        for place in range(cells.size()):
            if place:
                out.sign(b",")
            _write(&out, &cells[place], row, texts, place)
        out.sign(b"]")
    out.raw(b"]}", 2)
    return PyBytes_FromStringAndSize(out.data(), out.size())


cdef Cells _cells(Py_ssize_t count, column, list texts) except *:
    cdef Cells made
    made.form, values, valid, made.unit = column
    made.data, made.step = <const char*>NULL, 0
    made.valid, made.valid_step = <const char*>NULL, 0
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


cdef int _write(Writer* out, Cells* cells, Py_ssize_t row, list texts, size_t place) except -1:
    cdef const char* at = cells.data + row * cells.step
    cdef double number
    cdef bytes text
    if cells.valid != NULL and not cells.valid[row * cells.valid_step]:
        out.raw(b"null", 4)
    elif cells.form == INTEGERS:
        out.integer((<const int64_t*>at)[0], cells.unit)
    elif cells.form == WHOLES:
        out.whole((<const uint64_t*>at)[0])
    elif cells.form == BOOLEANS:
        if at[0]:
            out.raw(b"true", 4)
        else:
            out.raw(b"false", 5)
    elif cells.form == REALS:
        number = (<const double*>at)[0]
        if not isfinite(number):
            out.raw(b"null", 4)
        elif not out.real(number):
            text = float_text(number).encode()
            out.raw(PyBytes_AS_STRING(text), PyBytes_GET_SIZE(text))
    else:
        text = (<list>texts[place])[row]
        out.raw(PyBytes_AS_STRING(text), PyBytes_GET_SIZE(text))
    return 0
