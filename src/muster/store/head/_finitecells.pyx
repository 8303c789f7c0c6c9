# distutils: language=c++
# cython: language_level=3, boundscheck=False, wraparound=False
"""Compiled twin of muster.store.head.finitecells."""

from cpython.buffer cimport PyBUF_C_CONTIGUOUS, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.math cimport isfinite
from libc.stdint cimport int64_t, uint8_t

cdef enum:
    FLOAT = 0
    UNSIGNED = 2  # up to which kinds are numbers


def finite_cells(held, Py_ssize_t row, columns, kinds):
    """See muster.store.head.finitecells."""
    cdef Py_ssize_t rows = 0, count = 0, known = 0, width = 0, at
    cdef const int64_t* cells = <const int64_t*>_content(held, 8, &rows, &width)
    cdef const int64_t* chosen = <const int64_t*>_content(columns, 8, &count, NULL)
    cdef const uint8_t* kind = <const uint8_t*>_content(kinds, 1, &known, NULL)
    cdef int64_t column
    if not 0 <= row < rows or known > width:
        raise IndexError(row)
    cells += row * width
    found = PyBytes_FromStringAndSize(NULL, 8 * count)
    cdef int64_t* out = <int64_t*>PyBytes_AS_STRING(found)
    for at in range(count):
        column = chosen[at]
        if not 0 <= column < known:
            raise IndexError(column)
        if kind[column] > UNSIGNED:
            return None
        if kind[column] == FLOAT and not isfinite((<const double*>cells)[column]):
            return None
        out[at] = cells[column]
    return found


cdef const void* _content(
    array, Py_ssize_t size, Py_ssize_t* count, Py_ssize_t* width
) except? NULL:
    """Where the items of an array are, which stay there while somebody has it."""
    cdef Py_buffer view
    cdef const void* content
    PyObject_GetBuffer(array, &view, PyBUF_C_CONTIGUOUS)
    try:
        if view.itemsize != size or view.ndim != (1 if width == NULL else 2):
            raise ValueError("cells of another shape")
        content, count[0] = view.buf, view.shape[0]
        if width != NULL:
            width[0] = view.shape[1]
    finally:
        PyBuffer_Release(&view)
    return content
