# distutils: language=c++
# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Compiled twin of muster.faces.netdata.tables.cut_rows: each byte is looked at once."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.stdint cimport int64_t, uint32_t
from libc.string cimport memcmp, memcpy
from libcpp.vector cimport vector

cdef int64_t MILLISECONDS = 100_000_000_000
cdef uint32_t MOST_COLUMNS = 4_096

cdef struct Cell:
    uint32_t at
    uint32_t size


cdef struct Text:
    const char* data
    const char* place
    const char* end
    Py_ssize_t parts  # of each value; 0: it is no list, -1: none was read


def cut_rows(bytes data, Py_ssize_t start):
    """See muster.faces.netdata.tables."""
    cdef Text text
    cdef vector[Cell] cells  # without times
    cdef vector[int64_t] times
    cdef vector[size_t] sizes  # of each column's texts
    if not 0 <= start <= PyBytes_GET_SIZE(data) < 0x7FFF_FFFF:
        return None
    text.data = PyBytes_AS_STRING(data)
    text.place, text.end = text.data + start, text.data + PyBytes_GET_SIZE(data)
    text.parts = -1
    if not _rows(&text, &cells, &times, &sizes):
        return None
    cdef int order = _order(&times)
    if not order:
        return None
    found = [
        _column(text.data, &cells, times.size(), sizes.size(), place, sizes[place], order)
        for place in range(sizes.size())
    ]
    return text.place - text.data, _seconds(&times, order), found


cdef bint _rows(
    Text* text, vector[Cell]* cells, vector[int64_t]* times, vector[size_t]* sizes
) noexcept:
    """`[time, cell, …], …`, all of the same width."""
    cdef const char* last
    cdef size_t place
    cdef int64_t time
    cdef Cell cell
    while True:
        if not _sign(text, b"[") or not _time(text, &time):
            return False
        times.push_back(time)
        place = 0
        while not _sign(text, b"]"):
            if not _sign(text, b",") or not _cell(text, &cell):
                return False
            if times.size() == 1:
                if place >= MOST_COLUMNS:
                    return False
                sizes.push_back(0)
            elif place >= sizes.size():
                return False
            sizes[0][place] += cell.size
            cells.push_back(cell)
            place += 1
        if place != sizes.size():
            return False
        last = text.place
        if not _sign(text, b","):
            text.place = last
            return True


cdef inline bint _sign(Text* text, char wanted) noexcept:
    """Whether it comes next, white space aside; then it is behind us."""
    cdef const char* at = text.place
    while at < text.end and (at[0] == b" " or at[0] == b"\n" or at[0] == b"\t" or at[0] == b"\r"):
        at += 1
    text.place = at
    if at >= text.end or at[0] != wanted:
        return False
    text.place = at + 1
    return True


cdef bint _time(Text* text, int64_t* time) noexcept:
    """A whole number of seconds or milliseconds."""
    cdef Cell cell
    cdef int64_t number = 0
    cdef uint32_t place
    cdef char digit
    if not _number(text, &cell) or cell.size > 15:
        return False
    for place in range(cell.size):
        digit = text.data[cell.at + place]
        if not b"0" <= digit <= b"9":
            return False
        number = number * 10 + (digit - 48)
    time[0] = number
    return True


cdef bint _cell(Text* text, Cell* cell) noexcept:
    """A value, or a list of which it is the first; all are alike."""
    cdef Cell remark
    cdef Py_ssize_t parts = 0
    if not _sign(text, b"["):
        if not _value(text, cell):
            return False
    else:
        if not _value(text, cell):
            return False
        parts = 1
        while not _sign(text, b"]"):
            if not _sign(text, b",") or not _value(text, &remark):
                return False
            parts += 1
    if text.parts < 0:
        text.parts = parts
    return text.parts == parts


cdef inline bint _value(Text* text, Cell* cell) noexcept:
    if not _number(text, cell):
        if text.end - text.place < 4 or memcmp(text.place, b"null", 4):
            return False
        cell.at, cell.size = text.place - text.data, 4
        text.place += 4
    return True


cdef inline bint _number(Text* text, Cell* cell) noexcept:
    """A number as RFC 8259 has it; otherwise only white space is behind us."""
    _sign(text, 0)
    cdef const char* at = text.place
    cdef const char* end = text.end
    if at < end and at[0] == b"-":
        at += 1
    if at < end and at[0] == b"0":
        at += 1
    elif not _digits(&at, end):
        return False
    if at < end and at[0] == b".":
        at += 1
        if not _digits(&at, end):
            return False
    if at < end and (at[0] == b"e" or at[0] == b"E"):
        at += 1
        if at < end and (at[0] == b"+" or at[0] == b"-"):
            at += 1
        if not _digits(&at, end):
            return False
    cell.at, cell.size = text.place - text.data, at - text.place
    text.place = at
    return True


cdef inline bint _digits(const char** at, const char* end) noexcept:
    cdef const char* first = at[0]
    while at[0] < end and b"0" <= at[0][0] <= b"9":
        at[0] += 1
    return at[0] > first


cdef int _order(vector[int64_t]* times) noexcept:
    """1 for the oldest first, -1 for the newest; 0 for neither."""
    cdef size_t row
    cdef int order = 1
    if times.size() > 1 and times[0][1] < times[0][0]:
        order = -1
    for row in range(1, times.size()):
        if (times[0][row] - times[0][row - 1]) * order <= 0:
            return 0
    return order


cdef list _seconds(vector[int64_t]* times, int order):
    cdef int64_t time
    found = []
    for time in times[0]:
        found.append(time / 1_000 if time > MILLISECONDS else time)
    return found if order > 0 else found[::-1]


cdef bytes _column(
    const char* data,
    vector[Cell]* cells,
    size_t rows,
    size_t width,
    size_t place,
    size_t size,
    int order,
):
    """A JSON array of one column's texts."""
    cdef bytes made = PyBytes_FromStringAndSize(NULL, size + rows + 1)
    cdef char* out = PyBytes_AS_STRING(made)
    cdef Cell cell
    cdef size_t row
    for row in range(rows):
        out[0] = b"," if row else b"["
        cell = cells[0][(row if order > 0 else rows - 1 - row) * width + place]
        memcpy(out + 1, data + cell.at, cell.size)
        out += 1 + cell.size
    out[0] = b"]"
    return made
