# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Compiled twin of muster.wire.linewriter.PureWriter: same lines, same pieces."""

from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stdint cimport int64_t, uint8_t
from libcpp.string cimport string
from libcpp.vector cimport vector

from muster.wire.linewriter import string_text

cdef extern from "linewriter.hpp" namespace "muster::lines" nogil:
    cdef cppclass Template:
        pass
    struct Block:
        const int64_t* times
        size_t rows
        const int64_t* values
        size_t width
        const uint8_t* present
    struct Piece:
        size_t end
        size_t points
    void add_line(Template&, string)
    void add_column(Template&, size_t, int, string)
    void write(const Template&, const Block&, const vector[string]&, size_t, string&,
               vector[Piece]&)


cdef class Prepared:
    """A template as the loops want it."""

    cdef Template lines


class CompiledWriter:
    """The interpreter is free while lines are written."""

    def prepare(self, template):
        cdef Prepared prepared = Prepared()
        for prefix, columns in template:
            add_line(prepared.lines, prefix.encode("utf-8", "replace"))
            for number, name, kind in columns:
                add_column(prepared.lines, number, int(kind), name.encode("utf-8", "replace"))
        return prepared

    def bodies(self, Prepared prepared, block, size_t most):
        cdef Block given
        cdef vector[string] strings
        cdef vector[Piece] pieces
        cdef string out
        cdef const int64_t[::1] times = block.times
        cdef const int64_t[::1] values = block.values
        cdef const uint8_t[::1] present
        cdef size_t start = 0, at
        given.rows, given.width = len(block.times), len(block.layout.series)
        if not given.rows or not given.width or given.rows * given.width != <size_t>len(values):
            return []
        given.times, given.values = &times[0], &values[0]
        given.present = <const uint8_t*>NULL
        if block.present is not None:
            present = block.present
            if len(present) != len(values):
                return []
            given.present = &present[0]
        for text in block.strings:
            strings.push_back(string_text(text).encode("utf-8", "replace"))
        with nogil:
            write(prepared.lines, given, strings, most, out, pieces)
        found = []
        for at in range(pieces.size()):
            data = PyBytes_FromStringAndSize(out.data() + start, pieces[at].end - start)
            found.append((data, pieces[at].points))
            start = pieces[at].end
        return found
