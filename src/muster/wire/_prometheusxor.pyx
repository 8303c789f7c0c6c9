# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Compiled twin of muster.wire.prometheusxor.PureSampleWriter: same bytes."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport free, malloc

from muster.wire.prometheusparts import check_columns

cdef extern from "prometheusxor.hpp" namespace "muster::remote" nogil:
    size_t most_samples(size_t)
    size_t most_chunk(size_t)
    uint8_t* put_samples(uint8_t*, const int64_t*, const uint64_t*, size_t)
    uint8_t* put_chunk(uint8_t*, const int64_t*, const uint64_t*, size_t)
    uint32_t _crc32c "muster::remote::crc32c"(const uint8_t*, size_t)


cdef bytes _written(const int64_t[::1] times, const int64_t[::1] values, bint is_chunk):
    cdef size_t n = times.shape[0]
    check_columns(n, values.shape[0], is_chunk)
    cdef uint8_t* room = <uint8_t*>malloc(most_chunk(n) if is_chunk else most_samples(n) + 1)
    cdef uint8_t* end
    cdef const int64_t* first = &times[0] if n else NULL
    cdef const uint64_t* bits = <const uint64_t*>&values[0] if n else NULL
    if room == NULL:
        raise MemoryError()
    try:
        with nogil:
            if is_chunk:
                end = put_chunk(room, first, bits, n)
            else:
                end = put_samples(room, first, bits, n)
        return PyBytes_FromStringAndSize(<char*>room, end - room)
    finally:
        free(room)


class CompiledSampleWriter:
    """The interpreter is free while samples are written."""

    def samples(self, times, values):
        return _written(times, values, False)

    def chunk(self, times, values):
        return _written(times, values, True)

    def crc32c(self, bytes data):
        return _crc32c(<const uint8_t*>PyBytes_AS_STRING(data), len(data))
