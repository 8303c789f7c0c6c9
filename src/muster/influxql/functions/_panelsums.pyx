# distutils: language=c++
# cython: language_level=3, boundscheck=False, wraparound=False
"""Compiled twin of muster.influxql.functions.panelsums: the cells themselves are panelsums.hpp."""

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
cdef enum:
    COUNT, SUM, MEAN, LEAST, MOST, FIRST, LAST, MEDIAN


def whole_cells(str name, values, const int64_t[::1] times, starts, tuple windows):
    """See muster.influxql.functions.panelsums."""
    cdef int function = _FUNCTIONS[name]
    cdef int64_t first = windows[0], length = windows[1], count = windows[2]
    cdef Py_ssize_t series = len(values), rows = times.shape[0], place, at
    cdef const int64_t[::1] begins = np.arange(series) if starts is None else starts
    cdef Py_ssize_t groups = begins.shape[0], begin, end
    cdef vector[Run] runs
    cdef const char* data = NULL
    cdef int64_t step = 0
    cdef const double[:, ::1] reals
    cdef const int64_t[:, ::1] integers
    cdef const uint64_t[:, ::1] wholes
    counts = np.zeros((groups, count), np.int64)
    cdef int64_t[:, ::1] counted = counts
    kind = values.dtype.kind
    if values.shape[1] != rows or length < 1 or not groups or not rows:
        raise ValueError("values of other times")
    if not runs_of(&times[0], rows, first, length, count, runs):
        raise ValueError("times that are in no window")
    if kind == "f":
        reals = values
        data, step = <const char*>&reals[0, 0], reals.strides[0]
    elif kind == "i":
        integers = values
        data, step = <const char*>&integers[0, 0], integers.strides[0]
    else:
        wholes = values
        data, step = <const char*>&wholes[0, 0], wholes.strides[0]
    made_kind = np.float64 if function == MEDIAN else values.dtype
    found = counts if function == COUNT else np.zeros((groups, count), made_kind)
    cdef double[:, ::1] real_cells
    cdef int64_t[:, ::1] integer_cells
    cdef uint64_t[:, ::1] whole_cells
    cdef vector[double] held_reals
    cdef vector[int64_t] held_integers
    cdef vector[uint64_t] held_wholes
    if function == COUNT:
        pass
    elif kind == "f" or function == MEDIAN:
        real_cells = found
    elif kind == "i":
        integer_cells = found
    else:
        whole_cells = found
    for place in range(groups):
        begin, end = begins[place], begins[place + 1] if place + 1 < groups else series
        if not 0 <= begin < end <= series:
            raise ValueError("groups of no series")
        for at in range(<Py_ssize_t>runs.size()):
            counted[place, runs[at].window] = (runs[at].end - runs[at].begin) * (end - begin)
        if function == COUNT:
            continue
        if function == MEDIAN:
            if end - begin > 1:
                raise ValueError("a median of several series")
            if kind == "f":
                medians(data + begin * step, runs, held_reals, &real_cells[place, 0])
            elif kind == "i":
                medians(data + begin * step, runs, held_integers, &real_cells[place, 0])
            else:
                medians(data + begin * step, runs, held_wholes, &real_cells[place, 0])
        elif kind == "f":
            cells_of(function, data, step, begin, end, runs, &real_cells[place, 0])
        elif kind == "i":
            cells_of(function, data, step, begin, end, runs, &integer_cells[place, 0])
        else:
            cells_of(function, data, step, begin, end, runs, &whole_cells[place, 0])
    if function != MEAN:
        return found, counts
    made = found if kind == "f" else np.zeros((groups, count))
    cdef double[:, ::1] mean_cells = made
    if kind == "f":
        means(&real_cells[0, 0], &counted[0, 0], groups * count, &mean_cells[0, 0])
    elif kind == "i":
        means(&integer_cells[0, 0], &counted[0, 0], groups * count, &mean_cells[0, 0])
    else:
        means(&whole_cells[0, 0], &counted[0, 0], groups * count, &mean_cells[0, 0])
    return made, counts
