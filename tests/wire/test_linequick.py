import pytest

from muster.wire.lineparsed import LineLimits
from muster.wire.linequick import QuickScanner
from muster.wire.linescan import ScannedPoint, scan_point

LIMITS = LineLimits(fields=3, remembered=2)


def careful(line: bytes) -> ScannedPoint:
    return scan_point(line, 10, LIMITS, uint_support=True)


def scanner(*lines: bytes) -> QuickScanner:
    quick = QuickScanner(LIMITS)
    for line in lines:
        quick.learn(line, careful(line))
    return quick


def scan(quick: QuickScanner, line: bytes) -> ScannedPoint | None:
    return quick.scan(line, 10, uint_support=True)


@pytest.mark.parametrize(
    "line",
    [
        b"m,b=1,a=2 v=1 5",
        b"m,b=1,a=2  v=1i,w=t,v=2u   -5  ",
        b"m,b=1,a=2 x\ty=1e5",
    ],
)
def test_a_plain_line_of_a_known_series_is_taken_as_with_care(line):
    quick = scanner(b"m,b=1,a=2 v=0")

    assert scan(quick, line) == careful(line)


@pytest.mark.parametrize(
    "line",
    [
        b"m,a=2,b=1 v=1",  # not met in this order
        b'm,b=1,a=2 v="x"',
        b"m,b=1,a=2 v\\ w=1",
        b"m,b=1,a=2 v=1=2",
        b"m,b=1,a=2 v",
        b"m,b=1,a=2 =1",
        b"m,b=1,a=2 v=",
        b"m,b=1,a=2 v=1,w=1,x=1,y=1",
        b"m,b=1,a=2 v=1 922337203685477581",  # ten times that is out of range
        b"m,b=1,a=2 v=1 5 6",
        b"m,b=1,a=2 v=1 5\r",
        b"m,b=1,a=2 \tv=1",
        b"m,b=1,a=2 v=tru",
        b"m,b=1,a=2 " + b"v" * 65_530 + b"=1",
    ],
)
def test_all_else_is_left_to_the_careful_way(line):
    assert scan(scanner(b"m,b=1,a=2 v=0"), line) is None


def test_only_so_many_keys_are_remembered():
    quick = scanner(b"a v=1", b"b v=1", rb"d\ e v=1", b"c v=1")

    assert [scan(quick, name + b" v=1") is None for name in (b"a", b"b", b"c")] == [
        True,
        True,
        False,
    ]
