# cython: language_level=3, boundscheck=False, wraparound=False
"""Compiled twin of muster.store.catalogue.cataloguefill.PureParts; the loop is in tagparts.hpp."""

from array import array
from cpython cimport array as carray
from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.string cimport memchr, memcpy
from libcpp.vector cimport vector

cdef extern from "Python.h":
    const char* PyUnicode_AsUTF8AndSize(object, Py_ssize_t*) except NULL

cdef extern from "tagparts.hpp" namespace "muster::tagparts" nogil:
    cdef struct Text "muster::tables::Text":
        const char* p
        size_t n

    cdef cppclass Parts:
        Parts(uint64_t) except +
        size_t split(const char*, size_t, vector[uint32_t]&) except +
        size_t size()
        const Text& operator[](size_t)

cdef carray.array LONGS = array("q")
cdef carray.array WORDS = array("I")


cdef class CompiledParts:
    """See PureParts."""

    cdef Parts* parts

    def __cinit__(self):
        self.parts = new Parts(<uint64_t>hash(b"muster.store.catalogue"))

    def __dealloc__(self):
        del self.parts

    def split(self, list rows):
        cdef carray.array hashes = carray.clone(LONGS, len(rows), zero=False)
        cdef carray.array lengths = carray.clone(LONGS, len(rows), zero=False)
        cdef vector[uint32_t] numbers
        cdef size_t before = self.parts.size(), at
        cdef Py_ssize_t size, plain = 0
        cdef const char* text
        cdef tuple row
        cdef Text part
        odd = []
        for row in rows:
            text = PyUnicode_AsUTF8AndSize(row[1], &size)
            if not size or row[2] or memchr(text, 92, size) != NULL:  # a backslash
                odd.append(row)
                continue
            hashes.data.as_longlongs[plain] = row[0]
            lengths.data.as_longlongs[plain] = self.parts.split(text, size, numbers)
            plain += 1
        carray.resize(hashes, plain)
        carray.resize(lengths, plain)
        cdef carray.array own = carray.clone(WORDS, numbers.size(), zero=False)
        if numbers.size():
            memcpy(own.data.as_voidptr, numbers.data(), numbers.size() * sizeof(uint32_t))
        new = []
        for at in range(before, self.parts.size()):
            part = self.parts[0][at]
            new.append(part.p[: part.n].decode())
        return hashes, lengths, own, new, odd
