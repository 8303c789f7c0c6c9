# distutils: language=c++
# cython: language_level=3, boundscheck=False, wraparound=False
"""Compiled twin of muster.influxql.functions.panelsums: the cells themselves are panelsums.hpp."""

from cpython.buffer cimport (
    PyBUF_C_CONTIGUOUS,
    PyBUF_FORMAT,
    PyBuffer_Release,
    PyObject_GetBuffer,
)
from libc.stdint cimport int64_t, uint64_t
from libcpp cimport bool as flag
from libcpp.vector cimport vector

import numpy as np

cdef extern from "panelsums.hpp" namespace "panelsums" nogil:
    cdef struct Run:
        int64_t window
        int64_t begin
        int64_t end
    flag runs_of(const int64_t*, int64_t, int64_t, int64_t, int64_t, vector[Run]&)
    void cells_of[T](int, const char*, int64_t, int64_t, int64_t, const vector[Run]&, T*)
    void means[T](const T*, const int64_t*, int64_t, double*)
    void medians[T](const char*, const vector[Run]&, vector[T]&, double*)

cdef dict _FUNCTIONS = {
    name: number
    for number, name in enumerate(("count", "sum", "mean", "min", "max", "first", "last", "median"))
}
cdef dict _SIGNS = {"f": b"d", "i": b"lq", "u": b"LQ"}  # of buffers, by kind
cdef enum:
    COUNT, SUM, MEAN, LEAST, MOST, FIRST, LAST, MEDIAN


def whole_cells(str name, values, times, starts, tuple windows):
    """See muster.influxql.functions.panelsums."""
    cdef int function = _FUNCTIONS[name]
    cdef int64_t first = windows[0], length = windows[1], count = windows[2]
    cdef Py_ssize_t series = len(values), rows = len(times), place, at
    cdef Py_ssize_t groups = series if starts is None else len(starts), begin, end
    if values.shape != (series, rows) or length < 1 or count < 1 or not groups or not rows:
        raise ValueError("values of other times")
    cdef const int64_t* begins = NULL  # each group is a series
    if starts is not None:
        begins = <const int64_t*>_numbers(starts, b"lq")
    cdef vector[Run] runs
    if not runs_of(<const int64_t*>_numbers(times, b"lq"), rows, first, length, count, runs):
        raise ValueError("times that are in no window")
    kind = values.dtype.kind
    cdef const char* data = _numbers(values, _SIGNS.get(kind, b""))
    cdef int64_t step = 8 * rows
    counts = np.zeros((groups, count), np.int64)
    cdef int64_t* counted = <int64_t*>_numbers(counts, b"lq")
    made_kind = np.float64 if function == MEDIAN else values.dtype
    found = counts if function == COUNT else np.zeros((groups, count), made_kind)
    cdef char* cells = _numbers(found, _SIGNS[found.dtype.kind])
    cdef double* real_cells = <double*>cells
    cdef int64_t* integer_cells = <int64_t*>cells
    cdef uint64_t* whole_cells = <uint64_t*>cells
    cdef vector[double] held_reals
    cdef vector[int64_t] held_integers
    cdef vector[uint64_t] held_wholes
    for place in range(groups):
        begin, end = place, place + 1
        if begins != NULL:
            begin, end = begins[place], begins[place + 1] if place + 1 < groups else series
        if not 0 <= begin < end <= series:
            raise ValueError("groups of no series")
        for at in range(<Py_ssize_t>runs.size()):
            counted[place * count + runs[at].window] = (runs[at].end - runs[at].begin) * (end - begin)
        if function == COUNT:
            continue
        if function == MEDIAN:
            if end - begin > 1:
                raise ValueError("a median of several series")
            if kind == "f":
                medians(data + begin * step, runs, held_reals, real_cells + place * count)
            elif kind == "i":
                medians(data + begin * step, runs, held_integers, real_cells + place * count)
            else:
                medians(data + begin * step, runs, held_wholes, real_cells + place * count)
        elif kind == "f":
            cells_of(function, data, step, begin, end, runs, real_cells + place * count)
        elif kind == "i":
            cells_of(function, data, step, begin, end, runs, integer_cells + place * count)
        else:
            cells_of(function, data, step, begin, end, runs, whole_cells + place * count)
    if function != MEAN:
        return found, counts
    made = found if kind == "f" else np.zeros((groups, count))
    cdef double* mean_cells = <double*>_numbers(made, b"d")
    if kind == "f":
        means(real_cells, counted, groups * count, mean_cells)
    elif kind == "i":
        means(integer_cells, counted, groups * count, mean_cells)
    else:
        means(whole_cells, counted, groups * count, mean_cells)
    return made, counts


cdef char* _numbers(array, bytes signs) except NULL:
    """Where the numbers of an array are, which stay there while somebody has it.

    A memoryview does the same, in several times as long: most answers are short.
    """
    cdef Py_buffer view
    PyObject_GetBuffer(array, &view, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT)
    try:
        if view.itemsize != 8 or view.format[0] not in signs:
            raise ValueError("numbers of another kind")
        return <char*>view.buf
    finally:
        PyBuffer_Release(&view)
