# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Compiled twin of muster.wire.lineprotocol.PureLineParser: same columns, same refusals.

The grammar is in linetext.hpp, tables and the quick way in lineprotocol.hpp, wide rows in
linehomes.hpp; here their results become Python's, and each layout once.
"""

from array import array
from cpython cimport array as carray
from cpython.bytes cimport PyBytes_AS_STRING
from libc.stdint cimport SIZE_MAX, int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy
from libcpp cimport bool as cbool
from libcpp.string cimport string
from libcpp.vector cimport vector
from cpython.bytes cimport PyBytes_FromStringAndSize

from muster.errors import InputError, LimitExceeded
from muster.wire.lineparsed import LAYOUTS, POINTS, Fault, Parsed, Refused, check_body
from muster.wire.lineparsed import layout_of, line_errors, text_of, too_many
from muster.wire.widerows import WideRows, block_of, fields_of, wide_layout

cdef extern from "lineprotocol.hpp" namespace "muster::lines" nogil:
    cdef struct Text:
        const char* p
        size_t n

    cdef struct About:
        Text text
        uint64_t number

    cdef cppclass Limits:
        size_t line_bytes, points, layouts, tags, fields, error_bytes, remembered

    cdef cppclass Name:
        Text text

    cdef cppclass Numbers "muster::lines::Few<uint32_t>":
        size_t size()
        uint32_t& operator[](size_t)

    cdef cppclass Kinds "muster::lines::Few<uint8_t>":
        uint8_t& operator[](size_t)

    cdef cppclass Shape:
        uint32_t key, fields
        Numbers names
        Kinds kinds
        cbool has_strings, timed

    cdef cppclass NameList "muster::lines::Chunks<muster::lines::Name>":
        Name& operator[](size_t)

    cdef cppclass ShapeList "muster::lines::Chunks<muster::lines::Shape>":
        Shape& operator[](size_t)

    cdef cppclass Refusal:
        size_t start, end
        int fault
        About about

    cpdef enum class End:
        whole, points, layouts, paused

    cdef cppclass Parser:
        Parser(const Limits&, uint64_t) except +
        vector[uint32_t] touched
        vector[uint32_t] key_of
        vector[uint32_t] rows
        vector[int64_t] times
        vector[int64_t] values
        vector[Refusal] refusals
        uint64_t refused_total
        NameList names
        ShapeList shapes
        End parse(const char*, const char*, int64_t, int64_t, cbool, size_t) except +
        End go_on() except +
        void gather(int64_t*, uint32_t*, int64_t*) except +
        vector[string] strings(size_t) except +
        vector[string] parts(uint32_t) except +
        cbool is_full()
        void forget()

cdef extern from "linehomes.hpp" namespace "muster::lines" nogil:
    cdef cppclass Home:
        vector[uint32_t] shapes
        size_t width

    cdef cppclass WideBlock:
        uint32_t home
        size_t first, rows, columns
        vector[uint32_t] groups

    cdef cppclass Homes:
        vector[Home] homes
        vector[WideBlock] blocks
        vector[int64_t] times
        cbool settle(Parser&) except +
        void aim(size_t, int64_t*, uint8_t*)
        void gather(const Parser&) except +
        void forget()

cdef size_t CAREFUL = 65_536  # bytes that `read` reads with care, which takes twenty times as long
cdef carray.array LONGS = array("q")
cdef carray.array WORDS = array("I")


cdef class CompiledLineParser:
    """One body at a time; the interpreter is free while one is read."""

    cdef Parser* parser
    cdef Homes homes
    cdef object limits
    cdef dict layouts  # by number of a shape, of those that came by themselves
    cdef list fields  # by the number that a shape has: what fields_of says, each once
    cdef dict numbers  # of fields
    cdef dict wide  # by number of a home: its layout, and the fields of all of it
    cdef bytes body  # that was read, and of which the columns may be asked for
    cdef object precision_ns, now_ns  # that it was read with
    cdef cbool paused  # it was not read to its end

    def __cinit__(self, limits):
        cdef Limits bounds
        bounds.line_bytes = limits.line_bytes
        bounds.points = limits.points
        bounds.layouts = limits.layouts
        bounds.tags = limits.tags
        bounds.fields = limits.fields
        bounds.error_bytes = limits.error_bytes
        bounds.remembered = limits.remembered
        self.limits = limits
        self.layouts = {}
        self.fields, self.numbers, self.wide = [], {}, {}
        self.parser = new Parser(bounds, <uint64_t>hash(b"muster.wire.lineprotocol"))

    def __dealloc__(self):
        del self.parser

    def parse(
        self, bytes body, int64_t precision_ns, object now_ns, cbool uint_support=False
    ):
        self.begin(body, precision_ns, now_ns, uint_support, SIZE_MAX)
        return self.taken(False)

    def read(
        self, bytes body, int64_t precision_ns, object now_ns, cbool uint_support=False
    ):
        self.begin(body, precision_ns, now_ns, uint_support, CAREFUL)
        try:
            self.precision_ns, self.now_ns = precision_ns, now_ns
            if self.paused or not self.settled():
                return None
            found = self.wide_rows()
        except BaseException:
            self.end(True)
            raise
        self.end(False)
        return found

    def columns(self):
        if self.body is None:
            raise InputError("this parser has read no body")
        return self.taken(True)

    cdef taken(self, cbool wide):
        cdef cbool settled = False
        try:
            if self.paused:
                self.finish()
                settled = self.settled()  # so that its series are known when they come again
            found = self.wide_rows() if settled and wide else self.parsed(self.body)
        except BaseException:
            self.end(True)
            raise
        self.end(False)
        return found

    cdef wide_rows(self):
        total = self.parser.times.size()
        return WideRows(*self.rows(), total, self.body, self.precision_ns, self.now_ns)

    cdef begin(
        self, bytes body, int64_t precision_ns, object now_ns, cbool uint_support, size_t careful
    ):
        check_body(body, self.limits)
        if self.body is not None:
            raise InputError("this parser is at work on another body: each thread needs its own")
        self.body = body
        try:
            default_ns = now_ns - now_ns % precision_ns
            self.scan(body, precision_ns, default_ns, uint_support, careful)
        except BaseException:
            self.end(True)
            raise

    cdef end(self, cbool failed):
        """What a body that was not taken left behind is of no use."""
        self.body = None
        if failed or self.parser.is_full():
            self.forget()

    cdef forget(self):
        self.parser.forget()
        self.homes.forget()
        self.layouts.clear()
        self.fields.clear()
        self.numbers.clear()
        self.wide.clear()

    cdef scan(
        self, bytes body, int64_t precision_ns, int64_t default_ns, cbool uint_support, size_t careful
    ):
        cdef const char* begin = PyBytes_AS_STRING(body)
        cdef const char* end = begin + len(body)
        cdef Parser* parser = self.parser
        cdef End ended
        with nogil:
            ended = parser.parse(begin, end, precision_ns, default_ns, uint_support, careful)
        self.paused = ended == End.paused
        self.check(ended)

    cdef finish(self):
        cdef End ended
        with nogil:
            ended = self.parser.go_on()
        self.check(ended)

    cdef check(self, End ended):
        if ended == End.points:
            raise too_many(POINTS, self.limits.points)
        if ended == End.layouts:
            raise too_many(LAYOUTS, self.limits.layouts)

    cdef cbool settled(self) except *:
        cdef cbool found
        with nogil:
            found = self.homes.settle(self.parser[0])
        return found

    cdef tuple rows(self):
        """Blocks of rows of homes, and for each the fields that it has."""
        cdef WideBlock* block
        cdef carray.array times, cells
        cdef uint8_t* marks
        cdef size_t width
        places, fields = [], []
        for i in range(self.homes.blocks.size()):
            block = &self.homes.blocks[i]
            width = self.homes.homes[block.home].width
            layout, every = self.home(block.home)
            times = carray.clone(LONGS, block.rows, zero=False)
            memcpy(times.data.as_voidptr, &self.homes.times[block.first], block.rows * 8)
            cells = carray.clone(LONGS, block.rows * width, zero=False)
            present, marks = None, <uint8_t*>NULL
            if block.columns < width:
                present = PyBytes_FromStringAndSize(NULL, block.rows * width)
                marks = <uint8_t*>PyBytes_AS_STRING(present)
                every = self.fields_in(block)
            self.homes.aim(i, <int64_t*>cells.data.as_voidptr, marks)
            places.append((layout, times, cells, present, self.texts(block)))
            fields.append(every)
        with nogil:
            self.homes.gather(self.parser[0])
        return tuple([block_of(*place) for place in places]), tuple(fields)

    cdef tuple home(self, uint32_t number):
        known = self.wide.get(number)
        if known is None:
            shapes = list(self.homes.homes[number].shapes)
            made = [self.layouts.pop(shape, None) or self.new_layout(shape) for shape in shapes]
            layout = wide_layout(made)
            fields = dict.fromkeys([self.fields_of(shape) for shape in shapes])
            known = self.wide[number] = (layout, tuple(fields))
        return known

    cdef fields_of(self, uint32_t number):
        return self.fields[self.parser.shapes[number].fields]

    cdef tuple fields_in(self, WideBlock* block):
        cdef dict found = {}
        for i in range(block.groups.size()):
            fields = self.fields_of(self.parser.touched[block.groups[i]])
            found[id(fields)] = fields
        return tuple(found.values())

    cdef tuple texts(self, WideBlock* block):
        cdef list found = []
        for i in range(block.groups.size()):
            if self.parser.shapes[self.parser.touched[block.groups[i]]].has_strings:
                found.extend(self.strings(block.groups[i]))
        return tuple(found)

    cdef parsed(self, bytes body):
        cdef Parser* parser = self.parser
        cdef size_t groups = parser.touched.size(), points = parser.times.size()
        cdef size_t cells = parser.values.size()
        cdef carray.array times = carray.clone(LONGS, points, zero=False)
        cdef carray.array order = carray.clone(WORDS, points, zero=False)
        cdef carray.array values = carray.clone(LONGS, cells, zero=False)
        cdef carray.array keys = carray.clone(WORDS, groups, zero=False)
        cdef carray.array rows = carray.clone(WORDS, groups, zero=False)
        with nogil:
            parser.gather(
                <int64_t*>times.data.as_voidptr,
                <uint32_t*>order.data.as_voidptr,
                <int64_t*>values.data.as_voidptr,
            )
            if groups:
                memcpy(keys.data.as_voidptr, parser.key_of.data(), groups * sizeof(uint32_t))
                memcpy(rows.data.as_voidptr, parser.rows.data(), groups * sizeof(uint32_t))
        layouts = tuple([self.layout(parser.touched[i]) for i in range(groups)])
        return Parsed(
            layouts=layouts,
            keys=keys,
            rows=rows,
            times=times,
            order=order,
            values=values,
            strings=tuple([self.strings(i) for i in range(groups)]),
            with_time=self.timed(groups),
            errors=self.errors(body),
            errors_total=parser.refused_total,
        )

    cdef layout(self, uint32_t number):
        layout = self.layouts.get(number)
        if layout is None:
            layout = self.layouts[number] = self.new_layout(number)
        return layout

    cdef new_layout(self, uint32_t number):
        cdef Shape* shape = &self.parser.shapes[number]
        cdef list parts = self.parser.parts(shape.key)
        cdef Text name
        fields = []
        for i in range(shape.names.size()):
            name = self.parser.names[shape.names[i]].text
            fields.append((name.p[: name.n], shape.kinds[i]))
        layout = layout_of(parts[0], zip(parts[1::2], parts[2::2]), fields)
        named = fields_of(layout)
        known = self.numbers.setdefault(named, len(self.fields))
        if known == len(self.fields):
            self.fields.append(named)
        shape.fields = known
        return layout

    cdef tuple timed(self, size_t groups):
        return tuple([i for i in range(groups) if self.parser.shapes[self.parser.touched[i]].timed])

    cdef tuple strings(self, size_t group):
        if not self.parser.shapes[self.parser.touched[group]].has_strings:
            return ()
        cdef list texts = self.parser.strings(group)
        return tuple([text_of(text) for text in texts])

    cdef tuple errors(self, bytes body):
        if not self.parser.refused_total:
            return ()
        cdef Refusal refusal
        refused = []
        for i in range(self.parser.refusals.size()):
            refusal = self.parser.refusals[i]
            about = refusal.about.number
            if refusal.about.text.p != NULL:
                about = refusal.about.text.p[: refusal.about.text.n]
            refused.append(Refused(refusal.start, refusal.end, Fault(refusal.fault), about))
        return line_errors(body, refused, self.limits)
