# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Compiled twin of muster.wire.cells.PureCells: same bytes, same refusals.

This file checks what comes in and owns memory; the loops are in cells.hpp.
"""

from array import array
from cpython cimport array as carray
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport free, malloc

from muster.errors import InputError, ProtocolError
from muster.model.metric import Kind

cdef extern from "cells.hpp" namespace "muster" nogil:
    cpdef enum class Fault:
        none, cut, wide, modes, mode_column, mode, head, range

    cdef struct Columns:
        const uint32_t* index
        const uint8_t* kinds
        size_t width
        int64_t* last
        uint8_t* modes

    cdef cppclass Source:
        const uint8_t* p
        const uint8_t* end
        Fault fault
        const uint8_t* where
        int64_t found
        int kind

    size_t BYTES_A_CELL
    size_t BYTES_A_MODE
    uint8_t* put_varint(uint8_t*, uint64_t)
    uint8_t* _encode_times "muster::encode_times"(uint8_t*, const int64_t*, size_t, int64_t, int64_t, bint)
    bint _decode_times "muster::decode_times"(Source&, int64_t*, size_t, int64_t, int64_t, bint)
    size_t _encode_modes "muster::encode_modes"(uint8_t*&, const Columns&, const int64_t*, const uint8_t*, size_t)
    uint8_t* _encode_cells "muster::encode_cells"(uint8_t*, const Columns&, const int64_t*, const uint8_t*, size_t)
    bint _decode_modes "muster::decode_modes"(Source&, const Columns&)
    bint _decode_cells "muster::decode_cells"(Source&, const Columns&, int64_t*, const uint8_t*, size_t, uint64_t)
    void _pack_bits "muster::pack_bits"(uint8_t*, const uint8_t*, size_t)
    void _unpack_bits "muster::unpack_bits"(uint8_t*, const uint8_t*, size_t)

cdef carray.array LONGS = array("q")


cdef class _Room:
    """Memory for what is written, freed with its owner."""

    cdef uint8_t* start

    def __cinit__(self, size_t size):
        self.start = <uint8_t*>malloc(size + 1)
        if self.start == NULL:
            raise MemoryError()

    def __dealloc__(self):
        free(self.start)


cdef inline bytes _bytes(_Room room, uint8_t* end):
    return PyBytes_FromStringAndSize(<char*>room.start, end - room.start)


cdef Source _source(bytes data, Py_ssize_t at) except *:
    cdef Source source
    if not 0 <= at <= len(data):
        raise ProtocolError("the data ends before its contents begin", len(data))
    source.p = <const uint8_t*>PyBytes_AS_STRING(data) + at
    source.end = <const uint8_t*>PyBytes_AS_STRING(data) + len(data)
    return source


cdef object _refusal(Source& source, bytes data, Columns* columns):
    cdef Py_ssize_t at = source.where - <const uint8_t*>PyBytes_AS_STRING(data)
    if source.fault == Fault.cut:
        text = "the data ends inside a number or a float"
    elif source.fault == Fault.wide:
        text = "a number has more than 64 bits"
    elif source.fault == Fault.modes:
        text = f"more new modes than {columns.width} columns"
    elif source.fault == Fault.mode_column:
        text = "a new mode for a column that has none"
    elif source.fault == Fault.mode:
        text = "no mode of floats"
    elif source.fault == Fault.head:
        text = f"no head of a float: {source.where[0]}"
    else:
        text = f"{source.found} in a column of {Kind(source.kind).name}"
    return ProtocolError(text, at)


cdef int _room_for(Source& source, Py_ssize_t cells, bytes data) except -1:
    """Every cell takes a byte at least: refuse before memory is spent on it."""
    if source.end - source.p < cells:
        raise ProtocolError(
            f"the data ends inside {cells} cells",
            source.p - <const uint8_t*>PyBytes_AS_STRING(data),
        )
    return 0


cdef Columns _columns(
    const uint32_t[::1] index, bytes kinds, int64_t[::1] last, uint8_t[::1] modes
) except *:
    """The columns' state, once every slot is known to exist."""
    cdef Columns columns
    cdef Py_ssize_t i
    columns.width = len(kinds)
    if index.shape[0] != <Py_ssize_t>columns.width or last.shape[0] != modes.shape[0]:
        raise InputError("columns and their state do not fit each other")
    columns.kinds = <const uint8_t*>PyBytes_AS_STRING(kinds)
    columns.index = NULL
    columns.last = NULL
    columns.modes = NULL
    if columns.width:
        for i in range(index.shape[0]):
            if index[i] >= <uint64_t>last.shape[0]:
                raise InputError(f"column {i} has no state")
        columns.index = &index[0]
        columns.last = &last[0]
        columns.modes = &modes[0]
    return columns


cdef const uint8_t* _marks(bytes present, Py_ssize_t cells) except? NULL:
    if present is None:
        return NULL
    if len(present) != cells:
        raise InputError(f"{len(present)} marks of presence for {cells} cells")
    return <const uint8_t*>PyBytes_AS_STRING(present)


def encode_times(const int64_t[::1] times, int64_t time, int64_t step, bint fresh):
    cdef size_t rows = times.shape[0]
    cdef _Room room = _Room(rows * BYTES_A_CELL)
    if not rows:
        return b""
    return _bytes(room, _encode_times(room.start, &times[0], rows, time, step, fresh))


def decode_times(bytes data, Py_ssize_t at, Py_ssize_t rows, int64_t time, int64_t step, bint fresh):
    cdef Source source = _source(data, at)
    _room_for(source, rows, data)
    cdef carray.array times = carray.clone(LONGS, rows, zero=False)
    if not _decode_times(source, <int64_t*>times.data.as_voidptr, rows, time, step, fresh):
        raise _refusal(source, data, NULL)
    return times, source.p - <const uint8_t*>PyBytes_AS_STRING(data)


def encode_cells(
    const uint32_t[::1] index,
    bytes kinds,
    const int64_t[::1] values,
    bytes present,
    int64_t[::1] last,
    uint8_t[::1] modes,
):
    cdef Columns columns = _columns(index, kinds, last, modes)
    cdef size_t cells = values.shape[0], changed
    cdef const uint8_t* marks = _marks(present, cells)
    cdef const int64_t* first = &values[0] if cells else NULL
    cdef _Room room = _Room(columns.width * BYTES_A_MODE)
    cdef _Room behind = _Room(BYTES_A_CELL + columns.width * BYTES_A_MODE + cells * BYTES_A_CELL)
    cdef uint8_t* end = room.start
    cdef uint8_t* out
    if cells and (not columns.width or cells % columns.width):
        raise InputError(f"{cells} values in rows of {columns.width} columns")
    changed = _encode_modes(end, columns, first, marks, cells)
    out = put_varint(behind.start, changed)
    for i in range(end - room.start):
        out[i] = room.start[i]
    out = _encode_cells(out + (end - room.start), columns, first, marks, cells)
    return _bytes(behind, out)


def decode_cells(
    bytes data,
    Py_ssize_t at,
    const uint32_t[::1] index,
    bytes kinds,
    Py_ssize_t rows,
    bytes present,
    int64_t[::1] last,
    uint8_t[::1] modes,
    uint64_t strings,
):
    cdef Source source = _source(data, at)
    cdef Columns columns = _columns(index, kinds, last, modes)
    cdef Py_ssize_t cells = rows * columns.width
    cdef const uint8_t* marks = _marks(present, cells)
    if not _decode_modes(source, columns):
        raise _refusal(source, data, &columns)
    _room_for(source, cells if present is None else present.count(1), data)
    cdef carray.array values = carray.clone(LONGS, cells, zero=present is not None)
    if not _decode_cells(source, columns, <int64_t*>values.data.as_voidptr, marks, cells, strings):
        raise _refusal(source, data, &columns)
    return values, source.p - <const uint8_t*>PyBytes_AS_STRING(data)


def pack_bits(bytes present):
    cdef size_t size = (len(present) + 7) // 8
    cdef _Room room = _Room(size)
    _pack_bits(room.start, <const uint8_t*>PyBytes_AS_STRING(present), len(present))
    return _bytes(room, room.start + size)


def unpack_bits(bytes data, Py_ssize_t at, Py_ssize_t cells):
    cdef Source source = _source(data, at)
    cdef Py_ssize_t size = (cells + 7) // 8
    _room_for(source, size, data)
    cdef bytes present = PyBytes_FromStringAndSize(NULL, cells)
    _unpack_bits(<uint8_t*>PyBytes_AS_STRING(present), source.p, cells)
    return present, at + size
