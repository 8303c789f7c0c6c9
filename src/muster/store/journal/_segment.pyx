# cython: language_level=3, boundscheck=False, wraparound=False
"""Compiled twin of muster.store.journal.segment.unpack_names: equal tags become one object.

It reads what this hub packs. Of whatever has another form it says None, and the pure twin is
asked, which also knows what is wrong.
"""

from cpython.bytes cimport PyBytes_AS_STRING
from cpython.unicode cimport PyUnicode_DecodeUTF8
from libc.stdint cimport uint8_t, uint32_t, uint64_t

cdef extern from "segmentnames.hpp" namespace "muster::segmentnames" nogil:
    cdef cppclass Source:
        Source(const char*, size_t)
        const char* p
        const char* end
        bint array(size_t&)
        bint number(uint64_t&)
        bint text(const char*&, size_t&)
        bint binary(const char*&, size_t&)

    cdef cppclass Seen:
        Seen(uint64_t) except +
        uint32_t number_of(const char*, size_t) except +

cdef uint64_t SEED = <uint64_t>hash(b"muster.store.journal")


cdef str text_of(Source& source):
    cdef const char* p = NULL
    cdef size_t n = 0
    if not source.text(p, n):
        return None
    return PyUnicode_DecodeUTF8(p, n, NULL)


cdef tuple tag_of(Source& source):
    key, value = text_of(source), text_of(source)
    return None if key is None or value is None else (key, value)


cdef bint skip_text(Source& source) noexcept:
    cdef const char* p = NULL
    cdef size_t n = 0
    return source.text(p, n)


cdef tuple tags_in(Source& source, Seen& seen, list known):
    cdef size_t count = 0, two = 0, at
    cdef const char* begin
    cdef uint32_t number
    cdef tuple tag
    cdef list tags = []
    if not source.array(count) or count > <size_t>(source.end - source.p):
        return None
    for at in range(count):
        begin = source.p
        if not source.array(two) or two != 2 or not skip_text(source) or not skip_text(source):
            return None
        number = seen.number_of(begin, source.p - begin)
        if number == <uint32_t>len(known):
            tag = tag_again(begin, source.p)
            if tag is None:
                return None
            known.append(tag)
        tags.append(known[number])
    return tuple(tags)


cdef tuple tag_again(const char* begin, const char* end):
    cdef Source* source = new Source(begin, end - begin)
    cdef size_t two = 0
    try:
        source.array(two)
        return tag_of(source[0])
    finally:
        del source


cdef list tagsets_in(Source& source):
    cdef Seen* seen = new Seen(SEED)
    cdef size_t count = 0, two = 0, at
    cdef uint64_t salt = 0
    cdef tuple tags
    cdef list known = [], found = []
    try:
        if not source.array(count):
            return None
        for at in range(count):
            if not source.array(two) or two != 2 or not source.number(salt):
                return None
            tags = tags_in(source, seen[0], known)
            if tags is None:
                return None
            found.append((salt, tags))
        return found
    finally:
        del seen


cdef list fields_in(Source& source):
    cdef size_t count = 0, three = 0, at
    cdef uint64_t salt = 0
    cdef list found = []
    if not source.array(count):
        return None
    for at in range(count):
        if not source.array(three) or three != 3 or not source.number(salt):
            return None
        name = tag_of(source)
        if name is None:
            return None
        found.append((salt, *name))
    return found


def unpack_names(bytes plain):
    """(node, tag sets, fields, columns), or None."""
    cdef Source* source = new Source(PyBytes_AS_STRING(plain), len(plain))
    cdef size_t four = 0, n = 0
    cdef const char* p = NULL
    try:
        if not source.array(four) or four != 4:
            return None
        node = text_of(source[0])
        tagsets = None if node is None else tagsets_in(source[0])
        fields = None if tagsets is None else fields_in(source[0])
        if fields is None or not source.binary(p, n) or source.p != source.end:
            return None
        return node, tagsets, fields, p[:n]
    except UnicodeDecodeError:
        return None
    finally:
        del source
