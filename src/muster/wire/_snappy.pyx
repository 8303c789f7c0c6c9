# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Compiled twin of muster.wire.snappy.PureSnappy: same bytes, same refusals."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, malloc

from muster.wire.snappybounds import check_length, check_size, corrupt

cdef extern from "snappy.hpp" namespace "muster::snappy" nogil:
    size_t TABLE
    size_t most_packed(size_t)
    const uint8_t* length_at(const uint8_t*, const uint8_t*, uint64_t&)
    bint _unpack "muster::snappy::unpack"(const uint8_t*, const uint8_t*, uint8_t*, uint8_t*)
    uint8_t* _pack "muster::snappy::pack"(const uint8_t*, size_t, uint8_t*, uint32_t*)


class CompiledSnappy:
    """The interpreter is free while bytes are moved."""

    def unpack(self, bytes data, limit):
        cdef const uint8_t* start = <const uint8_t*>PyBytes_AS_STRING(data)
        cdef const uint8_t* end = start + len(data)
        cdef uint64_t length = 0
        cdef const uint8_t* p = length_at(start, end, length)
        cdef uint8_t* out
        cdef bint good
        if p == NULL:
            raise corrupt()
        check_length(length, len(data), limit)
        cdef bytes whole = PyBytes_FromStringAndSize(NULL, length)
        out = <uint8_t*>PyBytes_AS_STRING(whole)
        with nogil:
            good = _unpack(p, end, out, out + length)
        if not good:
            raise corrupt()
        return whole

    def pack(self, bytes data):
        check_size(len(data))
        cdef const uint8_t* start = <const uint8_t*>PyBytes_AS_STRING(data)
        cdef size_t size = len(data)
        cdef uint8_t* room = <uint8_t*>malloc(most_packed(size))
        cdef uint32_t* table = <uint32_t*>calloc(TABLE, sizeof(uint32_t))
        cdef uint8_t* end
        try:
            if room == NULL or table == NULL:
                raise MemoryError()
            with nogil:
                end = _pack(start, size, room, table)
            return PyBytes_FromStringAndSize(<char*>room, end - room)
        finally:
            free(room)
            free(table)
