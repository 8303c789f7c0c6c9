# distutils: language=c++
# cython: language_level=3, boundscheck=False, wraparound=False
"""Compiled twin of muster.wire.websocket.apply_mask."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport uint8_t, uint64_t
from libc.string cimport memcpy


def apply_mask(const uint8_t[::1] data, bytes mask):
    """See muster.wire.websocket."""
    cdef Py_ssize_t size = data.shape[0], at = 0
    cdef const char* sign = PyBytes_AS_STRING(mask)
    cdef bytes made = PyBytes_FromStringAndSize(NULL, size)
    cdef char* out = PyBytes_AS_STRING(made)
    cdef char pattern[8]
    cdef uint64_t wide, eight
    if len(mask) != 4:
        raise ValueError("a mask has four bytes")
    memcpy(pattern, sign, 4)
    memcpy(pattern + 4, sign, 4)
    memcpy(&wide, pattern, 8)
    if size:
        while at + 8 <= size:
            memcpy(&eight, &data[at], 8)
            eight ^= wide
            memcpy(out + at, &eight, 8)
            at += 8
        while at < size:
            out[at] = data[at] ^ sign[at & 3]
            at += 1
    return made
