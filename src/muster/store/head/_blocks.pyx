# distutils: language=c++
# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Compiled twin of muster.store.head.blocks: the codec itself is blocks.hpp."""

from cpython.buffer cimport PyBUF_C_CONTIGUOUS, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport int64_t, uint8_t, uint32_t
from libcpp.vector cimport vector

import numpy as np

cdef extern from "blocks.hpp" namespace "blocks" nogil:
    ctypedef vector[uint8_t] Buffer
    cdef struct Summary:
        double total
        int64_t low
        int64_t high
    void c_seal "blocks::seal"(const int64_t*, const uint8_t*, int, int, const uint8_t*,
                               Buffer&, uint32_t*, Summary*)
    void c_decode "blocks::decode"(const uint8_t*, uint8_t, int, int, int64_t*)
    bint has_odd(const int64_t*, int64_t)

cdef object _empty = np.empty, _INTEGERS = np.dtype(np.int64), _FLOATS = np.dtype(np.float64)
cdef enum:
    FEW = 1 << 14  # cells: more of them are made in a room


def seal(const int64_t[:, ::1] matrix, const uint8_t[::1] kinds, present):
    """(data, offsets, totals, lows, highs); at least one row and one column."""
    cdef int rows = matrix.shape[0], columns = matrix.shape[1]
    cdef int k
    cdef Buffer out
    cdef const uint8_t[:, ::1] marks
    cdef const uint8_t* first_mark = NULL
    cdef vector[Summary] summaries
    if present is not None:
        marks = present
        first_mark = &marks[0, 0]
    offsets = np.empty(columns + 1, np.uint32)
    totals, lows, highs = (np.empty(columns), np.empty(columns, np.int64),
                           np.empty(columns, np.int64))
    cdef uint32_t[::1] offsets_view = offsets
    cdef double[::1] totals_view = totals
    cdef int64_t[::1] lows_view = lows
    cdef int64_t[::1] highs_view = highs
    with nogil:
        summaries.resize(columns)
        c_seal(&matrix[0, 0], first_mark, rows, columns, &kinds[0], out, &offsets_view[0],
               summaries.data())
        for k in range(columns):
            totals_view[k] = summaries[k].total
            lows_view[k] = summaries[k].low
            highs_view[k] = summaries[k].high
    data = PyBytes_FromStringAndSize(<const char*>out.data(), out.size())
    return data, offsets, totals, lows, highs


def decode(const uint8_t[::1] data, const uint32_t[::1] offsets, const uint8_t[::1] kinds,
           const int64_t[::1] columns, int first, int last, int64_t[:, :] out):
    """Rows [first, last) of the given columns into out[i]; its rows are contiguous."""
    cdef Py_ssize_t i
    cdef int64_t column
    with nogil:
        for i in range(columns.shape[0]):
            column = columns[i]
            c_decode(&data[offsets[column]], kinds[column], first, last, &out[i, 0])


cdef class Code:
    """What is packed, found again without a look at Python's objects."""

    cdef object _held  # arrays do not move while somebody has them
    cdef const uint8_t* data
    cdef const uint32_t* offsets
    cdef const uint8_t* kinds
    cdef int64_t first_ns, last_ns, step_ns

    def __init__(self, bytes data, const uint32_t[::1] offsets, const uint8_t[::1] kinds,
                 int64_t first_ns, int64_t last_ns, int64_t step_ns):
        self._held = data, offsets.base, kinds.base
        self.data = <const uint8_t*>PyBytes_AS_STRING(data)
        self.offsets, self.kinds = &offsets[0], &kinds[0]
        self.first_ns, self.last_ns, self.step_ns = first_ns, last_ns, step_ns

    cdef int64_t before(self, int64_t time_ns) noexcept:
        """How many of its rows, which lie at one distance, are before a time."""
        if time_ns <= self.first_ns:
            return 0
        return (min(time_ns, self.last_ns + 1) - self.first_ns + self.step_ns - 1) // self.step_ns


def decode_together(list codes, list columns, list spans, int64_t[:, :] out):
    """See muster.store.head.blocks; the rows of `out` are contiguous."""
    cdef Py_ssize_t place, i, at = 0
    cdef int first, last
    cdef int64_t column
    cdef Code code
    cdef const int64_t[::1] chosen
    cdef object latest = None
    if not len(codes) == len(columns) == len(spans):
        raise ValueError("lists of other lengths")
    for place in range(len(codes)):
        code = codes[place]
        first, last = <tuple>spans[place]
        if last <= first:
            continue
        if columns[place] is not latest:  # mostly they are the same of all
            latest = columns[place]
            chosen = latest
        if at + last - first > out.shape[1] or chosen.shape[0] > out.shape[0]:
            raise ValueError("more than there is room for")
        for i in range(chosen.shape[0]):
            column = chosen[i]
            c_decode(code.data + code.offsets[column], code.kinds[column], first, last,
                     &out[i, at])
        at += last - first


def plain_matrix(list sealed, held, int64_t rows, columns, tuple span, int64_t most, kind, room):
    """See muster.store.head.blocks."""
    cdef int64_t start_ns = span[0], end_ns = max(<int64_t>span[1], start_ns)
    cdef int64_t total = 0, every, at, first, last, row, series, wide, column, count
    cdef Py_ssize_t oldest = len(sealed), beyond = oldest, place, i
    cdef Code code, newer = None
    while oldest:
        code = sealed[oldest - 1].code
        if code.last_ns < start_ns:
            break
        oldest -= 1
        if code.first_ns >= end_ns:
            beyond = oldest
            continue
        if not code.step_ns or (newer is not None and not follows(newer, code)):
            return None
        total += code.before(end_ns) - code.before(start_ns)
        newer = code
    cdef int64_t* opened = numbers(held, &wide)
    cdef int64_t* chosen = numbers(columns, &series)
    first = rows_before(opened, rows, wide, start_ns)
    last = rows_before(opened, rows, wide, end_ns)
    every = total + last - first
    if series * every > most:
        return None
    times = _empty(every, _INTEGERS)
    is_small = series * every < FEW
    values = _empty((series, every), kind) if is_small else room.take(series, every).view(kind)
    cdef int64_t* at_times = numbers(times, &count)
    cdef int64_t* out = numbers(values, &count)
    cdef int64_t* to
    at = 0
    for place in range(oldest, beyond):
        code = sealed[place].code
        row, count = code.before(start_ns), code.before(end_ns)
        for i in range(series):
            column = chosen[i]
            c_decode(code.data + code.offsets[column], code.kinds[column], row, count,
                     out + i * every + at)
        while row < count:
            at_times[at] = code.first_ns + row * code.step_ns
            at += 1
            row += 1
    for row in range(first, last):
        at_times[at + row - first] = opened[row * wide + wide - 2]
    for i in range(series):
        to = out + i * every + at - first
        for row in range(first, last):
            to[row] = opened[row * wide + chosen[i]]
    return times, values, kind is _FLOATS and has_odd(out, series * every)


cdef bint follows(Code newer, Code older) noexcept:
    return newer.step_ns == older.step_ns and newer.first_ns == older.last_ns + older.step_ns


cdef int64_t rows_before(const int64_t* held, int64_t rows, int64_t wide, int64_t time_ns) noexcept:
    """Of rows in order, whose times are next to last in each, those before a time."""
    cdef int64_t first = 0, middle
    while first < rows:
        middle = (first + rows) // 2
        if held[middle * wide + wide - 2] < time_ns:
            first = middle + 1
        else:
            rows = middle
    return first


cdef int64_t* numbers(array, int64_t* wide) except NULL:
    """Where the numbers of an array are, which stay there while somebody has it; how long a row."""
    cdef Py_buffer view
    PyObject_GetBuffer(array, &view, PyBUF_C_CONTIGUOUS)
    try:
        if view.itemsize != 8:
            raise ValueError("numbers of another kind")
        wide[0] = view.shape[view.ndim - 1]
        return <int64_t*>view.buf
    finally:
        PyBuffer_Release(&view)
