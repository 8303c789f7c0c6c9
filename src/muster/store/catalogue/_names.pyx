# cython: language_level=3, boundscheck=False, wraparound=False
"""Compiled twin of muster.store.catalogue.names: same texts, same hashes.

What is not ASCII is left to the pure twin, but for its hash. The bytes are made in names.hpp.
"""

from libc.stdint cimport uint64_t
from libcpp.string cimport string

cdef extern from "Python.h":
    bint PyUnicode_IS_COMPACT_ASCII(object)
    void* PyUnicode_DATA(object)
    Py_ssize_t PyUnicode_GET_LENGTH(object)
    str PyUnicode_DecodeASCII(const char*, Py_ssize_t, const char*)

cdef extern from "names.hpp" namespace "muster::names" nogil:
    uint64_t hash_text "muster::names::hash_of"(const char*, size_t)
    void put(string&, const char*, size_t) except +


cdef size_t ROOM = 256  # bytes of most texts


cdef bint put_tags(string& out, tuple tags) except -1:
    """Whether a canonical text could be made."""
    cdef tuple tag
    cdef str key, value
    out.clear()
    out.reserve(ROOM)
    for tag in tags:
        key, value = <str>tag[0], <str>tag[1]
        if not PyUnicode_IS_COMPACT_ASCII(key) or not PyUnicode_IS_COMPACT_ASCII(value):
            return False
        if not out.empty():
            out.push_back(b",")
        put(out, <const char*>PyUnicode_DATA(key), PyUnicode_GET_LENGTH(key))
        out.push_back(b"=")
        put(out, <const char*>PyUnicode_DATA(value), PyUnicode_GET_LENGTH(value))
    return True


cdef str text_in(string& out):
    return PyUnicode_DecodeASCII(out.data(), out.size(), NULL)


def tags_text(tuple tags):
    """None: not here."""
    cdef string out
    return text_in(out) if put_tags(out, tags) else None


def named(list tagsets, list texts, uint64_t[::1] hashes):
    """Texts and hashes of tag sets; how many were done, up to the first that is not ASCII."""
    cdef string out
    cdef Py_ssize_t at
    for at in range(len(tagsets)):
        if not put_tags(out, <tuple>tagsets[at]):
            return at
        texts.append(text_in(out))
        hashes[at] = hash_text(out.data(), out.size())
    return len(tagsets)


def hash_of(str text):
    """Of a text as it is."""
    if PyUnicode_IS_COMPACT_ASCII(text):
        return hash_text(<const char*>PyUnicode_DATA(text), PyUnicode_GET_LENGTH(text))
    cdef bytes encoded = text.encode()
    return hash_text(encoded, len(encoded))
