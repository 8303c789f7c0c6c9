# distutils: language=c++
# cython: language_level=3, boundscheck=False, wraparound=False
"""Compiled twin of muster.wire.netdata.questionpackets: reading, which is done for each answer."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.unicode cimport PyUnicode_DecodeASCII
from libc.string cimport memchr, memcmp, strlen

cdef Py_ssize_t MOST_HEAD = 16_384
cdef int MOST_HEADERS = 64
cdef Py_ssize_t MOST_NAME = 128

cdef struct Text:
    const char* at
    const char* end


cdef struct Part:
    const char* data
    Py_ssize_t size


def reply_of(bytes data, Py_ssize_t max_bytes):
    """See muster.wire.netdata.questionpackets."""
    cdef const unsigned char* text = <const unsigned char*>PyBytes_AS_STRING(data)
    cdef Py_ssize_t size = PyBytes_GET_SIZE(data), length = 0, at = 0, end, place
    cdef int packet_id = 0
    if size < 2 or size > max_bytes or text[0] & 0xFD != 0x30:
        return None
    for place in range(1, min(size, 5)):
        length |= <Py_ssize_t>(text[place] & 0x7F) << 7 * (place - 1)
        if text[place] < 0x80:
            at = place + 1
            break
    if not at or at + length != size or at + 2 > size:
        return None
    end = at + 2 + (text[at] << 8 | text[at + 1])
    place = end
    if text[0] & 2:
        place += 2
        if place >= size:
            return None
        packet_id = text[end] << 8 | text[end + 1]
        if not packet_id:
            return None
    if place >= size or text[place]:  # properties, or a length of none
        return None
    try:
        topic = PyUnicode_DecodeASCII(<const char*>text + at + 2, end - at - 2, NULL)
    except UnicodeDecodeError:
        return None
    place += 1
    return topic, packet_id, PyBytes_FromStringAndSize(<const char*>text + place, size - place)


def plain_reply(bytes data, Py_ssize_t max_bytes):
    """See muster.wire.netdata.questionpackets."""
    cdef Text text
    cdef Part id
    cdef Py_ssize_t length = -1
    cdef int status = 0
    cdef const char* start = PyBytes_AS_STRING(data)
    text.at, text.end = start, start + PyBytes_GET_SIZE(data)
    id.data, id.size = start, 0
    if not _header(&text, &id) or text.at - start > MOST_HEAD or not _takes(&text, b"\r\n\r\n"):
        return None
    start = text.at
    if not _response(&text, &status, &length) or text.at - start > MOST_HEAD:
        return None
    if length < 0:
        length = text.end - text.at
    if length > max_bytes or length > text.end - text.at:
        return None
    return (
        PyUnicode_DecodeASCII(id.data, id.size, NULL),
        status,
        PyBytes_FromStringAndSize(text.at, length),
    )


cdef bint _takes(Text* text, const char* wanted) noexcept:
    """Whether this comes next; then it is behind us."""
    cdef Py_ssize_t size = strlen(wanted)
    if text.end - text.at < size or memcmp(text.at, wanted, size):
        return False
    text.at += size
    return True


cdef bint _is(Part part, const char* wanted) noexcept:
    return part.size == <Py_ssize_t>strlen(wanted) and not memcmp(part.data, wanted, part.size)


cdef bint _header(Text* text, Part* id) noexcept:
    """The JSON object, of members that agents are known to send, and no error among them."""
    cdef Part name, told
    cdef long long number
    cdef bint is_text, has_type = False, has_id = False
    if not _takes(text, b"{"):
        return False
    while True:
        if not _string(text, &name) or not _takes(text, b":"):
            return False
        is_text = text.at < text.end and text.at[0] == b'"'
        number = -1
        if is_text:
            if not _string(text, &told):
                return False
        else:
            number = _natural(text)
        if _is(name, b"type"):
            has_type = is_text and _is(told, b"http")
            if not has_type:
                return False
        elif _is(name, b"msg-id"):
            has_id, id[0] = is_text, told
            if not is_text:
                return False
        elif number < 0 or not _is_known(name, number):
            return False
        if _takes(text, b"}"):
            return has_type and has_id
        if not _takes(text, b","):
            return False


cdef bint _is_known(Part name, long long number) noexcept:
    """Of numbers."""
    if _is(name, b"error-code"):
        return number == 0
    return (
        _is(name, b"timestamp")
        or _is(name, b"timestamp-offset-usec")
        or _is(name, b"connect")
        or _is(name, b"connect-offset-usec")
        or _is(name, b"version")
        or _is(name, b"t-exec")
        or _is(name, b"t-rx")
        or (_is(name, b"http-code") and number < 1_000)
    )


cdef bint _string(Text* text, Part* part) noexcept:
    """ASCII without escapes."""
    if not _takes(text, b'"'):
        return False
    part.data = text.at
    while text.at < text.end and 0x20 <= text.at[0] < 0x7F and text.at[0] != b"\\":
        if text.at[0] == b'"':
            part.size = text.at - part.data
            text.at += 1
            return True
        text.at += 1
    return False


cdef long long _natural(Text* text) noexcept:
    """Up to 15 digits; -1 for anything else."""
    cdef const char* first = text.at
    cdef long long number = 0
    while text.at < text.end and b"0" <= text.at[0] <= b"9" and text.at - first < 16:
        number = number * 10 + (text.at[0] - 48)
        text.at += 1
    if not 0 < text.at - first < 16 or (first[0] == b"0" and text.at - first > 1):
        return -1
    return number


cdef bint _response(Text* text, int* status, Py_ssize_t* length) noexcept:
    """The head of an HTTP answer, up to its body, which is not packed."""
    cdef Part line, name, value
    cdef int headers = 0
    if not _line(text, &line) or line.size < 12 or memcmp(line.data, b"HTTP/1.", 7):
        return False
    if line.data[7] not in b"01" or line.data[8] != b" " or line.data[9] == b"0":
        return False
    if line.size > 12 and line.data[12] != b" ":
        return False
    value.data, value.size = line.data + 9, 3
    status[0] = <int>_number(value)
    if status[0] < 0:
        return False
    while _line(text, &line):
        if not line.size:
            return True
        headers += 1
        name.data, name.size = line.data, 0
        while name.size < line.size and _is_token(name.data[name.size]):
            name.size += 1
        if not 0 < name.size <= MOST_NAME or name.size == line.size or headers > MOST_HEADERS:
            return False
        value.data, value.size = line.data + name.size + 1, line.size - name.size - 1
        if name.data[name.size] != b":" or not _is_plain(name, value, length):
            return False
    return False


cdef bint _is_plain(Part name, Part value, Py_ssize_t* length) noexcept:
    """Notes the body's length; False for a header that makes more of the body than bytes."""
    if _means(name, b"transfer-encoding") or _means(name, b"content-encoding"):
        return False
    if not _means(name, b"content-length"):
        return True
    while value.size and value.data[0] == b" ":
        value.data += 1
        value.size -= 1
    if length[0] >= 0 or not 0 < value.size <= 12:
        return False
    length[0] = _number(value)
    return length[0] >= 0


cdef bint _line(Text* text, Part* part) noexcept:
    """Up to CR LF, which is behind us then, and no control character but tabs in it."""
    cdef const char* found = <const char*>memchr(text.at, b"\r", text.end - text.at)
    cdef const char* each = text.at
    if found == NULL or found + 1 >= text.end or found[1] != b"\n":
        return False
    while each < found:
        if (<unsigned char>each[0] < 0x20 and each[0] != b"\t") or each[0] == 0x7F:
            return False
        each += 1
    part.data, part.size = text.at, found - text.at
    text.at = found + 2
    return True


cdef long long _number(Part part) noexcept:
    """Digits and nothing else; -1 otherwise."""
    cdef long long number = 0
    cdef Py_ssize_t place
    for place in range(part.size):
        if not b"0" <= part.data[place] <= b"9":
            return -1
        number = number * 10 + (part.data[place] - 48)
    return number


cdef bint _means(Part name, const char* wanted) noexcept:
    """Names of headers know no case; `wanted` is in lower case."""
    cdef Py_ssize_t place
    if name.size != <Py_ssize_t>strlen(wanted):
        return False
    for place in range(name.size):
        if (name.data[place] | 0x20) != wanted[place] and name.data[place] != wanted[place]:
            return False
    return True


cdef bint _is_token(char sign) noexcept:
    return (
        b"a" <= sign <= b"z"
        or b"A" <= sign <= b"Z"
        or b"0" <= sign <= b"9"
        or (sign > 0x20 and memchr(b"!#$%&'*+.^_`|~-", sign, 15) != NULL)
    )
