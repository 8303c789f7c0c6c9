# distutils: language=c++
# cython: language_level=3, boundscheck=False, wraparound=False
"""Compiled twin of muster.influxql.functions.panelsums: the cells themselves are panelsums.hpp."""

from cpython.buffer cimport PyBUF_FORMAT, PyBUF_STRIDES, PyBuffer_Release, PyObject_GetBuffer
from libc.stdint cimport int64_t, uint64_t
from libcpp cimport bool as flag

import numpy as np

cdef extern from "panelsums.hpp" namespace "panelsums" nogil:
    cdef struct Windows:
        int64_t first
        int64_t length
        int64_t count
    cdef cppclass Points:
        const int64_t* times
        int64_t rows
        const char* values
        int64_t step
        int64_t series
        const int64_t* begins
        int64_t groups
        flag are_groups()
    int64_t cells_of[T](int, const Points&, const Windows&, char*)
    void there(const Points&, const Windows&, char*)
    flag under(char, double, flag, double*, int64_t)

cdef dict _FUNCTIONS = {
    name: number
    for number, name in enumerate(("count", "sum", "mean", "min", "max", "first", "last", "median"))
}
cdef enum:
    COUNT, SUM, MEAN, LEAST, MOST, FIRST, LAST, MEDIAN

cdef struct Numbers:
    char* data
    char kind  # "d", "l", "L"
    Py_ssize_t size
    Py_ssize_t length  # of a row, in cells; 1 of what has none
    Py_ssize_t step

cdef object _zeros = np.zeros, _bools = np.dtype(np.bool_)
cdef dict _KINDS = {sign: np.dtype(sign) for sign in "dlL"}


def whole_cells(str name, values, tuple span, times, starts, tuple windows, tuple then=None):
    """See muster.influxql.functions.panelsums."""
    cdef int function = _FUNCTIONS[name]
    cdef Windows of
    of.first, of.length, of.count = windows
    cdef Py_ssize_t low = span[0], high = span[1]
    cdef Numbers given = _numbers(values, 2), moments = _numbers(times, 1), begins
    cdef Points points
    points.times, points.rows = <const int64_t*>moments.data, moments.size
    points.values, points.step = given.data + low * given.step, given.step
    points.series = points.groups = high - low
    points.begins = NULL
    if starts is not None:
        begins = _numbers(starts, 1)
        points.begins, points.groups = <const int64_t*>begins.data, begins.size
    if given.length != points.rows or not points.rows or of.length < 1 or of.count < 1:
        raise ValueError("values of other times")
    if not 0 <= low < high <= given.size or not points.groups or not points.are_groups():
        raise ValueError("groups of no series")
    if function == MEDIAN and points.groups < points.series:
        raise ValueError("a median of several series")
    kind = "d" if function == MEAN or function == MEDIAN else chr(given.kind)
    found = _zeros(points.groups * of.count, _KINDS["l" if function == COUNT else kind])
    cdef Numbers made = _numbers(found, 1)
    cdef int64_t all
    if given.kind == b"d":
        all = cells_of[double](function, points, of, made.data)
    elif given.kind == b"l":
        all = cells_of[int64_t](function, points, of, made.data)
    else:
        all = cells_of[uint64_t](function, points, of, made.data)
    if all < 0:
        raise ValueError("times that are in no window")
    if then is not None:
        _calculate(made, then)
    if all == of.count:
        return found, None
    marks = _zeros(made.size, _bools)
    there(points, of, _numbers(marks, 1).data)
    return found, marks


cdef int _calculate(Numbers cells, tuple then) except -1:
    cdef str op = then[0]
    if cells.kind != b"d" or not under(ord(op), then[1], then[2], <double*>cells.data, cells.size):
        raise ValueError(f"no {op} of these")
    return 0


cdef Numbers _numbers(array, int dimensions) except *:
    """Where the numbers of an array are, which stay there while somebody has it.

    A memoryview does the same, in several times as long: most answers are short.
    """
    cdef Py_buffer view
    cdef Numbers found
    PyObject_GetBuffer(array, &view, PyBUF_STRIDES | PyBUF_FORMAT)
    try:
        found.kind = view.format[0]
        if found.kind == b"q":
            found.kind = b"l"
        elif found.kind == b"Q":
            found.kind = b"L"
        if view.ndim != dimensions or view.strides[dimensions - 1] != view.itemsize:
            raise ValueError("values of other times")
        if view.itemsize != (1 if found.kind == b"?" else 8) or found.kind not in b"dlL?":
            raise ValueError("numbers of another kind")
        found.data, found.size, found.step = <char*>view.buf, view.shape[0], view.strides[0]
        found.length = view.shape[1] if dimensions > 1 else 1
        return found
    finally:
        PyBuffer_Release(&view)
