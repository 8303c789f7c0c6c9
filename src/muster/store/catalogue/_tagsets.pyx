# cython: language_level=3, boundscheck=False, wraparound=False
"""Compiled twin of muster.store.catalogue.tagsets.numbers_plainly.

Neighbours mostly share the objects of their tags: these are known by their place.
"""

from array import array
from cpython cimport array as carray
from cpython.object cimport PyObject
from libc.stdint cimport uint32_t
from libc.string cimport memcpy
from libcpp.vector cimport vector

cdef extern from "Python.h":
    PyObject* PyDict_GetItemWithError(object, object) except? NULL

cdef carray.array LONGS = array("q")
cdef carray.array WORDS = array("I")


cdef uint32_t number_of(object tag, dict by_tag, list tags) except? 0xFFFFFFFF:
    cdef PyObject* known = PyDict_GetItemWithError(by_tag, tag)
    if known != NULL:
        return <object>known
    cdef uint32_t number = <uint32_t>len(tags)
    by_tag[tag] = number
    tags.append(tag)
    return number


def numbers_of(list sets, dict by_tag, list tags):
    cdef carray.array lengths = carray.clone(LONGS, len(sets), zero=False)
    cdef vector[uint32_t] numbers, last_numbers
    cdef vector[PyObject*] last
    cdef Py_ssize_t at = 0
    cdef size_t place
    cdef tuple one
    for one in sets:
        place = 0
        for tag in one:
            if place == last.size():
                last.push_back(NULL)
                last_numbers.push_back(0)
            if last[place] != <PyObject*>tag:
                last_numbers[place] = number_of(tag, by_tag, tags)
                last[place] = <PyObject*>tag
            numbers.push_back(last_numbers[place])
            place += 1
        lengths.data.as_longlongs[at] = place
        at += 1
    cdef carray.array own = carray.clone(WORDS, numbers.size(), zero=False)
    if numbers.size():
        memcpy(own.data.as_voidptr, numbers.data(), numbers.size() * sizeof(uint32_t))
    return own, lengths
