# distutils: language=c++
# cython: language_level=3, boundscheck=False, wraparound=False
"""Compiled twin of muster.promql.pointtexts."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.unicode cimport PyUnicode_DecodeASCII
from libc.math cimport fabs, isinf, isnan
from libcpp.string cimport string

from muster.promql.numbers import format_sample

cdef extern from *:
    """
    #include <charconv>
    #include <string>
    static void write_fixed(std::string* out, double value) {
        char cell[64];
        out->append(
            cell, std::to_chars(cell, cell + 64, value, std::chars_format::fixed).ptr - cell);
    }
    """
    void write_fixed(string*, double) noexcept nogil

# Beyond these Go's digits are not those of to_chars: Python writes them.
cdef double LARGE = 1e15, SMALL = 1e-6


cdef int write(string* out, double value) except -1:
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
        out.append(PyBytes_AS_STRING(text), PyBytes_GET_SIZE(text))
    return 0


def point_texts(list times, const double[:] values):
    """See muster.promql.pointtexts."""
    cdef string out
    cdef Py_ssize_t at, count = values.shape[0]
    cdef bytes time
    if len(times) != count:
        raise ValueError("as many times as values are written")
    out.reserve(count * 36)
    for at in range(count):
        time = <bytes?>times[at]
        out.append(b",[" if at else b"[", 2 if at else 1)
        out.append(PyBytes_AS_STRING(time), PyBytes_GET_SIZE(time))
        out.append(b',"', 2)
        write(&out, values[at])
        out.append(b'"]', 2)
    return PyUnicode_DecodeASCII(out.data(), out.size(), NULL)


def sample_texts(const double[:] values):
    """See muster.promql.pointtexts."""
    cdef string out
    cdef Py_ssize_t at
    cdef list texts = []
    for at in range(values.shape[0]):
        out.clear()
        write(&out, values[at])
        texts.append(PyUnicode_DecodeASCII(out.data(), out.size(), NULL))
    return texts
