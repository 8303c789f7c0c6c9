# distutils: language=c++
# cython: language_level=3, boundscheck=False, wraparound=False
"""Compiled twin of muster.wire.websocket: masks, and frames that come whole."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.stdint cimport uint8_t, uint64_t
from libc.string cimport memcpy


def apply_mask(const uint8_t[::1] data, bytes mask):
    """See muster.wire.websocket."""
    if len(mask) != 4:
        raise ValueError("a mask has four bytes")
    if not data.shape[0]:
        return b""
    return _unmasked(&data[0], data.shape[0], PyBytes_AS_STRING(mask))


def whole_message(bytes data, Py_ssize_t limit):
    """See muster.wire.websocket."""
    cdef const uint8_t* text = <const uint8_t*>PyBytes_AS_STRING(data)
    cdef Py_ssize_t size = PyBytes_GET_SIZE(data), at = 2, length
    if size < 8 or text[0] != 0x82 or text[1] < 0x80:
        return None
    length = text[1] - 0x80
    if length == 126:
        at, length = 4, text[2] << 8 | text[3]
        if length < 126:
            return None
    elif length == 127:
        return None
    if length > limit or size != at + 4 + length:
        return None
    return _unmasked(text + at + 4, length, <const char*>text + at)


cdef bytes _unmasked(const uint8_t* data, Py_ssize_t size, const char* mask):
    cdef Py_ssize_t at = 0
    cdef bytes made = PyBytes_FromStringAndSize(NULL, size)
    cdef char* out = PyBytes_AS_STRING(made)
    cdef char pattern[8]
    cdef uint64_t wide, eight
    memcpy(pattern, mask, 4)
    memcpy(pattern + 4, mask, 4)
    memcpy(&wide, pattern, 8)
    while at + 8 <= size:
        memcpy(&eight, data + at, 8)
        eight ^= wide
        memcpy(out + at, &eight, 8)
        at += 8
    while at < size:
        out[at] = data[at] ^ mask[at & 3]
        at += 1
    return made
