# cython: language_level=3, boundscheck=False, wraparound=False
"""Compiled twin of muster.store.catalogue.columns: one loop in place of many calls on arrays."""

from libc.stdint cimport int64_t, uint32_t, uint64_t
from libcpp.vector cimport vector

import secrets

import numpy as np

cdef uint32_t NONE = 0xFFFFFFFF
cdef size_t FIRST = 64


cdef class CompiledTable:
    """See PureTable."""

    cdef vector[uint32_t] slots
    cdef size_t used
    cdef uint64_t turn
    cdef int shift

    def __cinit__(self):
        self.turn = secrets.randbits(64) | 1
        self.resize(FIRST)

    cdef resize(self, size_t size):
        self.slots.assign(size, NONE)
        self.shift = 64
        while size > 1:
            size >>= 1
            self.shift -= 1

    def find(self, const uint64_t[::1] keys, const uint64_t[::1] held):
        found = np.empty(keys.shape[0], np.int64)
        cdef int64_t[::1] out = found
        cdef size_t mask = self.slots.size() - 1, at
        cdef uint32_t number
        cdef Py_ssize_t place
        for place in range(keys.shape[0]):
            at = (keys[place] * self.turn) >> self.shift
            number = self.slots[at]
            while number != NONE and held[number] != keys[place]:
                at = (at + 1) & mask
                number = self.slots[at]
            out[place] = -1 if number == NONE else <int64_t>number
        return found

    def extend(self, const uint64_t[::1] held):
        cdef size_t first = self.used, size = self.slots.size(), at, number
        self.used = held.shape[0]
        while 2 * self.used > size:
            size *= 2
        if size > self.slots.size():
            self.resize(size)
            first = 0
        for number in range(first, self.used):
            at = (held[number] * self.turn) >> self.shift
            while self.slots[at] != NONE:
                at = (at + 1) & (size - 1)
            self.slots[at] = <uint32_t>number


def firsts(
    const uint32_t[::1] numbers, const int64_t[::1] lengths, const uint32_t[::1] kind_of, int kinds
):
    """See firsts_plainly."""
    found = np.full(lengths.shape[0] * kinds, NONE, np.uint32)
    cdef uint32_t[::1] out = found
    cdef Py_ssize_t one, at = 0, end = 0
    cdef uint32_t kind
    for one in range(lengths.shape[0]):
        end += lengths[one]
        while at < end:
            kind = kind_of[numbers[at]]
            if kind < <uint32_t>kinds:
                out[one * kinds + kind] = numbers[at]
            at += 1
    return found
