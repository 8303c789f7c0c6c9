# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Compiled twin of muster.wire.prometheus.PureRemoteParser: same columns, same refusals.

The rules are in prometheus.hpp; here their results become Python's, and each layout once.
"""

from array import array
from cpython cimport array as carray
from cpython.bytes cimport PyBytes_AS_STRING
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy
from libcpp cimport bool as cbool
from libcpp.string cimport string
from libcpp.vector cimport vector

from muster.errors import InputError
from muster.wire.lineparsed import names_time
from muster.wire.prometheusparts import End as Ended
from muster.wire.prometheusparts import Fault, Received, Refused, check_body, ended
from muster.wire.prometheusparts import Native as NativeOf
from muster.wire.prometheusparts import layout_of_labels, metadata_of, parsed_of, series_errors

cdef extern from "prometheus.hpp" namespace "muster::remote" nogil:
    cdef cppclass Limits:
        size_t points, series, labels, symbols, metadata, errors, remembered, natives

    cdef cppclass Native:
        uint32_t series
        size_t start, end

    cdef cppclass Refusal:
        uint32_t series
        int fault
        string metric, about
        uint64_t number

    cdef cppclass Metadata:
        string metric, help, unit
        uint64_t type

    cpdef enum class End:
        whole, cut, wide, tag, symbols, points, series, first_symbol, natives

    cdef cppclass Parser:
        Parser(const Limits&, uint64_t) except +
        vector[uint32_t] touched
        vector[uint32_t] rows
        vector[Refusal] refusals
        vector[Metadata] metadata
        vector[Native] natives
        uint64_t refused_total, refused_samples, dropped, histograms, exemplars
        const uint8_t* where
        End parse(const uint8_t*, const uint8_t*, int, cbool) except +
        size_t points()
        void gather(int64_t*, uint32_t*, int64_t*) except +
        vector[string] labels(uint32_t) except +
        cbool is_full()
        void forget()

cdef carray.array LONGS = array("q")
cdef carray.array WORDS = array("I")


cdef class CompiledRemoteParser:
    """One message at a time; the interpreter is free while one is read."""

    cdef Parser* parser
    cdef object limits
    cdef dict layouts  # by number of a series
    cdef set with_time  # numbers of series
    cdef cbool busy

    def __cinit__(self, limits):
        cdef Limits bounds
        bounds.points = limits.points
        bounds.series = limits.series
        bounds.labels = limits.labels
        bounds.symbols = limits.symbols
        bounds.metadata = limits.metadata
        bounds.errors = limits.errors
        bounds.remembered = limits.remembered
        bounds.natives = limits.natives
        self.limits = limits
        self.layouts = {}
        self.with_time = set()
        self.parser = new Parser(bounds, <uint64_t>hash(b"muster.wire.prometheus"))

    def __dealloc__(self):
        del self.parser

    def parse(self, bytes body, int version, cbool finite=False):
        check_body(body, self.limits)
        if self.busy:
            raise InputError("this parser is at work on another body: each thread needs its own")
        self.busy = True
        try:
            received = self.received(body, version, finite)
            if self.parser.is_full():
                self.forget()
            return received
        except BaseException:  # what a body that was not taken left behind is of no use
            self.forget()
            raise
        finally:
            self.busy = False

    cdef forget(self):
        self.parser.forget()
        self.layouts.clear()
        self.with_time.clear()

    cdef received(self, bytes body, int version, cbool finite):
        cdef const uint8_t* begin = <const uint8_t*>PyBytes_AS_STRING(body)
        cdef const uint8_t* end = begin + len(body)
        cdef Parser* parser = self.parser
        cdef End why
        with nogil:
            why = parser.parse(begin, end, version, finite)
        if why != End.whole:
            offset = parser.where - begin if parser.where != NULL else 0
            raise ended(Ended(<int>why), offset, self.limits)
        cdef size_t groups = parser.touched.size(), points = parser.points()
        cdef carray.array times = carray.clone(LONGS, points, zero=False)
        cdef carray.array order = carray.clone(WORDS, points, zero=False)
        cdef carray.array values = carray.clone(LONGS, points, zero=False)
        cdef carray.array rows = carray.clone(WORDS, groups, zero=False)
        with nogil:
            parser.gather(
                <int64_t*>times.data.as_voidptr,
                <uint32_t*>order.data.as_voidptr,
                <int64_t*>values.data.as_voidptr,
            )
            if groups:
                memcpy(rows.data.as_voidptr, parser.rows.data(), groups * sizeof(uint32_t))
        layouts = tuple([self.layout(parser.touched[i]) for i in range(groups)])
        columns = times, order, values
        return Received(
            parsed=parsed_of(
                layouts, rows, columns, self.timed(groups), self.errors(), parser.refused_total
            ),
            samples=points,
            refused=parser.refused_samples,
            dropped=parser.dropped,
            histograms=parser.histograms,
            exemplars=parser.exemplars,
            metadata=self.metadata(),
            natives=self.natives(),
        )

    cdef layout(self, uint32_t number):
        layout = self.layouts.get(number)
        if layout is None:
            layout = self.layouts[number] = layout_of_labels(self.parser.labels(number))
            if names_time(layout):
                self.with_time.add(number)
        return layout

    cdef tuple timed(self, size_t groups):
        if not self.with_time:
            return ()
        return tuple([i for i in range(groups) if self.parser.touched[i] in self.with_time])

    cdef tuple natives(self):
        found = []
        for each in range(self.parser.natives.size()):
            layout = self.layout(self.parser.natives[each].series)
            found.append(
                NativeOf(layout, self.parser.natives[each].start, self.parser.natives[each].end)
            )
        return tuple(found)

    cdef tuple errors(self):
        refused = []
        for each in range(self.parser.refusals.size()):
            refused.append(
                Refused(
                    self.parser.refusals[each].series,
                    Fault(self.parser.refusals[each].fault),
                    self.parser.refusals[each].metric,
                    self.parser.refusals[each].about,
                    <int64_t>self.parser.refusals[each].number,
                )
            )
        return series_errors(refused, self.limits)

    cdef tuple metadata(self):
        found = []
        for each in range(self.parser.metadata.size()):
            found.append(
                metadata_of(
                    self.parser.metadata[each].metric,
                    self.parser.metadata[each].type,
                    self.parser.metadata[each].help,
                    self.parser.metadata[each].unit,
                )
            )
        return tuple(found)
