# distutils: language=c++
# cython: language_level=3, boundscheck=False, wraparound=False
"""Compiled twin of muster.store.head.blocks: the codec itself is blocks.hpp."""

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

    def __init__(self, bytes data, const uint32_t[::1] offsets, const uint8_t[::1] kinds):
        self._held = data, offsets.base, kinds.base
        self.data = <const uint8_t*>PyBytes_AS_STRING(data)
        self.offsets, self.kinds = &offsets[0], &kinds[0]


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
