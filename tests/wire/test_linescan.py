import pytest

from muster.model.metric import Kind
from muster.wire.lineparsed import Fault, LineLimits
from muster.wire.linescan import LineFault, bounded, line_end, scan_point

LIMITS = LineLimits()


def scan(line: bytes, *, uint_support: bool = False):
    return scan_point(line, 1, LIMITS, uint_support=uint_support)


def fault_of(line: bytes) -> Fault:
    with pytest.raises(LineFault) as refused:
        scan(line)
    return refused.value.fault


@pytest.mark.parametrize(
    ("body", "end"),
    [
        (b"m v=1\nm v=2", 5),
        (b'm v="a\nb"\nm', 9),
        (b'm,t="a v=1\nm v="b"', 10),  # no quotes in tags
        (b'm v="a\\"\nb"\n', 11),
        (b"m\\\nx v=1\n", 8),
        (b"m v=1\\", 6),
        (b"m v=1\\\n", 6),
        (b'  m=a,t="x\n', 11),  # leading blanks begin the fields, as InfluxDB has it
    ],
)
def test_a_line_ends_where_no_quote_and_no_backslash_hides_it(body, end):
    assert line_end(body, 0) == end


def test_names_lose_the_backslashes_that_hide_something():
    point = scan(rb"m\,\ \=\"\\x,a\ b=c\,d,e\=\"=f f\ \,\=\"\x=1 7")

    assert point.measurement == rb'm, ="\\x'
    assert point.tags == ((b"a b", b"c,d"), (rb"e=\"", b"f"))
    assert point.fields == {rb'f ,="\x': (Kind.FLOAT, 0x3FF0000000000000)}
    assert point.time_ns == 7


def test_tags_are_sorted_as_they_are_written():
    point = scan(rb"m,b=1,\ =2,a=3 v=1i")

    assert point.key == rb"m,\ =2,a=3,b=1"
    assert point.time_ns is None


@pytest.mark.parametrize(
    ("text", "string"),
    [
        (b'""', b""),
        (rb'"a\"b\\c\n\,"', rb'a"b\c\n\,'),
        (b'"a"b', b'a"'),  # what is between the first and the last byte
        (b'"a"="b"', b'a"="b'),
    ],
)
def test_strings_are_what_is_between_their_ends(text, string):
    fields = b"v=" + text + (b",,w=1" if b"=" in text else b"")

    assert scan(b"m " + fields).fields[b"v"] == (Kind.STRING, string)


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (b",t=a v=1", Fault.MEASUREMENT),
        (b"m,t=a\\ v=1", Fault.TAG_FORMAT),
        (b"m \t=1", Fault.FIELD_KEY),
        (b"m a=1,b", Fault.FIELD_FORMAT),
        (b"m a,b=1", Fault.FIELD_FORMAT),
        (rb"m v\\=1i", Fault.FIELD_END),
        (b"m v=1 -", Fault.TIME_SYNTAX),
        (b"m v=1 " + b"9" * 6_000, Fault.TIME_DIGITS),
        (b"m v=" + b"9" * 6_000 + b"i", Fault.INTEGER_RANGE),
        (b"m v=" + b"9" * 6_000, Fault.FLOAT),
        (b'm k="x"="y",k"=zz"', Fault.BOOLEAN),
    ],
)
def test_what_is_malformed_has_its_fault(line, fault):
    assert fault_of(line) is fault


def test_a_digit_that_is_no_ascii_is_no_digit():
    assert fault_of("m v=1\u0661".encode()) is Fault.NUMBER


@pytest.mark.parametrize(
    ("limits", "line", "fault", "about"),
    [
        (LineLimits(tags=1), b"m,a=1,b=2 v=1", Fault.TAGS, 2),
        (LineLimits(fields=1), b"m v=1,v=2", Fault.FIELD_COUNT, 2),
    ],
)
def test_what_is_too_much_has_its_fault(limits, line, fault, about):
    with pytest.raises(LineFault) as refused:
        scan_point(line, 1, limits, uint_support=False)
    assert (refused.value.fault, refused.value.about) == (fault, about)


@pytest.mark.parametrize(
    ("text", "number"),
    [(b"-0", 0), (b"0" * 9_999 + b"7", 7), (b"-128", -128), (b"-129", None), (b"9" * 25, None)],
)
def test_digits_are_a_number_within_bounds(text, number):
    assert bounded(text, -128, 127) == number
