# distutils: language=c++
# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Compiled twin of muster.influxql.answers.rowtexts."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.math cimport isfinite
from libc.stdint cimport int64_t, uint8_t, uint64_t
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
    cdef const int64_t[:] owners = owner
    cdef bytes text
    for column in columns:
        cells.push_back(_cells(count, column, texts))
    if not count:
        raise ValueError("columns of other lengths")
    out.reserve(count * (3 + 18 * cells.size()))
    for row in range(count):
        if not row or owners[row] != now:
            if row:
                out.raw(b"]},", 3)
            now = owners[row]
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
    cdef const int64_t[:] integers
    cdef const uint64_t[:] wholes
    cdef const double[:] reals
    cdef const uint8_t[:] marks
    made.form, values, valid, made.unit = column
    made.data, made.step = <const char*>NULL, 0
    made.valid, made.valid_step = <const char*>NULL, 0
    if len(values) != count or (valid is not None and len(valid) != count) or made.unit < 1:
        raise ValueError("columns of other lengths")
    texts.append(values if made.form == TEXTS else None)
    if not count:
        return made
    if valid is not None:
        marks = valid.view("u1")
        made.valid, made.valid_step = <const char*>&marks[0], marks.strides[0]
    if made.form == INTEGERS:
        integers = values
        made.data, made.step = <const char*>&integers[0], integers.strides[0]
    elif made.form == WHOLES:
        wholes = values
        made.data, made.step = <const char*>&wholes[0], wholes.strides[0]
    elif made.form == REALS:
        reals = values
        made.data, made.step = <const char*>&reals[0], reals.strides[0]
    elif made.form == BOOLEANS:
        marks = values.view("u1")
        made.data, made.step = <const char*>&marks[0], marks.strides[0]
    return made


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
