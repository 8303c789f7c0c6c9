# distutils: language=c++
# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Compiled twin of muster.promql.pointtexts."""

from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.unicode cimport PyUnicode_AsUTF8AndSize
from libc.math cimport fabs, isinf, isnan
from libc.stdint cimport int64_t
from libcpp.string cimport string

from muster.promql.numbers import format_sample

cdef extern from *:
    """
    #include <charconv>
    #include <string>
    #include <string_view>
    static void write_fixed(std::string* out, double value) {
        char cell[64];
        out->append(
            cell, std::to_chars(cell, cell + 64, value, std::chars_format::fixed).ptr - cell);
    }
    static void write_time(std::string* out, int64_t time_ms) {
        uint64_t size = time_ms < 0 ? 0 - (uint64_t)time_ms : (uint64_t)time_ms;
        char cell[32];
        if (time_ms < 0) out->push_back('-');
        out->append(cell, std::to_chars(cell, cell + 32, size / 1000).ptr - cell);
        if (unsigned rest = size % 1000) {
            const char tail[] = {
                '.', char('0' + rest / 100), char('0' + rest / 10 % 10), char('0' + rest % 10)};
            out->append(tail, 4);
        }
    }
    /* As msgspec, and what Go's encoder keeps from pages: < > & and the two ends of lines. */
    static void write_quoted(std::string* out, const char* text, size_t size) {
        static const char* hex = "0123456789abcdef";
        out->push_back('"');
        for (size_t at = 0; at < size; ++at) {
            const unsigned char it = text[at];
            if (it == '"' || it == '\\\\') { out->push_back('\\\\'); out->push_back(it); }
            else if (it == '\\b') out->append("\\\\b");
            else if (it == '\\t') out->append("\\\\t");
            else if (it == '\\n') out->append("\\\\n");
            else if (it == '\\f') out->append("\\\\f");
            else if (it == '\\r') out->append("\\\\r");
            else if (it < 32 || it == '<' || it == '>' || it == '&') {
                out->append("\\\\u00");
                out->push_back(hex[it >> 4]);
                out->push_back(hex[it & 15]);
            }
            else if (it == 0xe2 && std::string_view(text + at, size - at).substr(1, 1) == "\\x80"
                     && size - at > 2 && ((unsigned char)text[at + 2] | 1) == 0xa9) {
                out->append((unsigned char)text[at + 2] == 0xa8 ? "\\\\u2028" : "\\\\u2029");
                at += 2;
            }
            else out->push_back(it);
        }
        out->push_back('"');
    }
    """
    void write_fixed(string*, double) noexcept nogil
    void write_time(string*, int64_t) noexcept nogil
    void write_quoted(string*, const char*, size_t) noexcept nogil

# Beyond these Go's digits are not those of to_chars: Python writes them.
cdef double LARGE = 1e15, SMALL = 1e-6


cdef int write_value(string* out, double value) except -1:
    cdef double size = fabs(value)
    cdef bytes text
    if isnan(value):
        out.append(b"NaN", 3)
    elif isinf(value):
        out.append(b"+Inf" if value > 0 else b"-Inf", 4)
    elif size < LARGE and (size >= SMALL or size == 0):
        write_fixed(out, value)
    else:
        text = (<str>format_sample(value)).encode()
        out.append(<string>text)
    return 0


cdef int write_text(string* out, str text) except -1:
    cdef Py_ssize_t size = 0
    cdef const char* data = PyUnicode_AsUTF8AndSize(text, &size)
    write_quoted(out, data, size)
    return 0


cdef int write_metric(string* out, labels, bint is_first) except -1:
    cdef bint is_next = False
    out.append(b'{"metric":{' if is_first else b',{"metric":{')
    for name, value in labels:
        if is_next:
            out.push_back(c",")
        is_next = True
        write_text(out, name)
        out.push_back(c":")
        write_text(out, value)
    return 0


cdef int write_point(string* out, int64_t time_ms, double value) except -1:
    write_time(out, time_ms)
    out.append(b',"')
    write_value(out, value)
    out.append(b'"]')
    return 0


def vector_text(labels, int64_t time_ms, const double[:] values):
    """See muster.promql.pointtexts."""
    cdef string out
    cdef Py_ssize_t at = 0, count = values.shape[0]
    if len(labels) != count:
        raise ValueError("as many labels as values are written")
    out.push_back(c"[")
    for each in labels:
        write_metric(&out, each, at == 0)
        out.append(b'},"value":[')
        write_point(&out, time_ms, values[at])
        out.push_back(c"}")
        at += 1
    out.push_back(c"]")
    return PyBytes_FromStringAndSize(out.data(), out.size())


def matrix_text(series):
    """See muster.promql.pointtexts."""
    cdef string out
    cdef Py_ssize_t at
    cdef const int64_t[:] times
    cdef const double[:] values
    cdef bint is_first = True
    out.push_back(c"[")
    for labels, own_times, own_values in series:
        times, values = own_times, own_values
        if times.shape[0] != values.shape[0]:
            raise ValueError("as many times as values are written")
        write_metric(&out, labels, is_first)
        is_first = False
        out.append(b'},"values":[')
        for at in range(times.shape[0]):
            out.append(b",[" if at else b"[")
            write_point(&out, times[at], values[at])
        out.append(b"]}")
    out.push_back(c"]")
    return PyBytes_FromStringAndSize(out.data(), out.size())
