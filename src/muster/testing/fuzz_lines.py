"""Mutated line protocol against both twins of its parser.

    python -m muster.testing.fuzz_lines --inputs 1000000 [--seed 1] [--seconds 300]

Rules: a body gives columns and refusals, never another error; the pure twin, the compiled one and
one that remembers other bodies give the same; the columns fit each other; rows of many series hold
the same points. Inputs are made of sound
lines by putting pieces of the grammar where they do not belong; the same seed gives the same
inputs. A body that breaks a rule is printed as Python bytes: it belongs into
tests/wire/test_lineprotocol.py.
"""

import sys
from collections.abc import Callable
from random import Random

import msgspec

from muster.errors import LimitExceeded
from muster.model.metric import points_of
from muster.testing.fuzzedbytes import ByteFuzz, Check, spoil
from muster.wire.lineparsed import LineLimits, Parsed
from muster.wire.lineprotocol import LineParser, PureLineParser, line_parser, read
from muster.wire.widerows import Body, fields_of

NOW_NS = 1_700_000_000_123_456_789
PRECISIONS = (1, 1_000, 1_000_000, 1_000_000_000, 3_600_000_000_000)
LIMITS = LineLimits(
    points=40, layouts=12, tags=6, fields=8, line_bytes=400, error_bytes=500, remembered=60
)
_PIECES = (
    *(b"\\", b'"', b",", b"=", b" ", b"\n", b"\r", b"\t", b"\0", b"#", b"\xff", b"\xc3\xa9"),
    *(b'\\"', b"\\\\", b"\\ ", b"\\,", b"\\=", b"\\\n", b'="', b'",', b"i", b"u", b"e", b"-", b"."),
    *(b"1", b"-1i", b"1e3", b"1e400", b"1e-400", b"5e-324", b"2.4703282292062327e-324", b"NaN"),
    *(b"9223372036854775807", b"9223372036854775808i", b"18446744073709551615u", b"t", b"FALSE"),
    *(b"0.1234567890123456789", b"1.7976931348623159e308", b"9007199254740993", b"123456789.125"),
)
_LINES = (
    b"cpu,host=a,cpu=cpu0 usage_user=1.5,usage_system=2.25,usage_idle=96.25 1700000000000000000",
    b"cpu,cpu=cpu0,host=a usage_idle=96.25,usage_user=1,usage_system=2.25 1700000001000000000",
    b"mem,host=a free=12345678901i,total=99i,active=-5i,used_percent=33.333333333333336",
    b'sys,host=b msg="a, b=c \\"d\\" \\\\",ok=true,n=18446744073709551615u 1700000000',
    b"disk,path=/my\\ disk,x=a\\,b\\=c used\\ bytes=1i,used=0.1 -5",
    b'q s="two\nlines",t="",u=f',
    b"# a comment",
    b"m f=1",
)


class Parsers:
    """Both twins: fresh ones for each body, and ones that remember."""

    def __init__(self) -> None:
        self._fresh: tuple[Callable[[LineLimits], LineParser], ...] = (PureLineParser, line_parser)
        self._warm: tuple[LineParser, ...] = tuple(make(LIMITS) for make in self._fresh)

    def check(self, body: bytes, precision_ns: int, uint_support: bool) -> bool:
        """Whether the body was taken whole. Errors: AssertionError when a rule is broken."""
        careful = PureLineParser(LIMITS, quick=False)
        parsers = (careful, *(make(LIMITS) for make in self._fresh), *self._warm)
        first, *others = (_outcome(each, body, precision_ns, uint_support) for each in parsers)
        for other in others:
            if other != first:
                raise AssertionError(f"twins disagree: {first!r} is not {other!r}")
        if isinstance(first, Parsed):
            _check_columns(first)
            for parser in self._warm:
                _check_rows(read(parser, body, precision_ns, NOW_NS, uint_support), first)
        return isinstance(first, Parsed) and not first.errors


def _outcome(
    parser: LineParser, body: bytes, precision_ns: int, uint_support: bool
) -> Parsed | str:
    try:
        return parser.parse(body, precision_ns, NOW_NS, uint_support)
    except LimitExceeded as error:
        return str(error)


def _check_columns(parsed: Parsed) -> None:
    blocks = parsed.blocks()
    sizes = [block.rows * len(block.layout.series) for block in blocks]
    fits = (
        sum(parsed.rows) == len(parsed.times) == len(parsed.order)
        and sum(sizes) == len(parsed.values)
        and sorted(parsed.order) == list(range(parsed.points_total))
        and parsed.errors_total >= len(parsed.errors)
        and len(set(parsed.layouts)) <= len(parsed.layouts) == len(parsed.strings)
    )
    if not fits:
        raise AssertionError(f"columns do not fit each other: {parsed!r}")
    msgspec.json.encode([(block.layout, block.strings) for block in blocks])  # all of it is text


def _check_rows(found: Body, parsed: Parsed) -> None:
    if isinstance(found, Parsed):
        if found != parsed:
            raise AssertionError(f"two ways disagree: {found!r} is not {parsed!r}")
        return
    blocks = parsed.blocks()
    points = [point for block in found.blocks for point in points_of(block)]
    same = sorted(map(repr, points)) == sorted(
        repr(p) for block in blocks for p in points_of(block)
    )
    fields = {each for some in found.fields for each in some}
    if not same or found.points_total != parsed.points_total:
        raise AssertionError(f"rows do not hold the points: {found!r} of {parsed!r}")
    if fields != {fields_of(layout) for layout in parsed.layouts}:
        raise AssertionError(f"rows have other fields: {fields!r}")


def body_of(chance: Random) -> bytes:
    """Some lines, most of them with something wrong."""
    lines = [bytearray(chance.choice(_LINES)) for _ in range(chance.randrange(1, 6))]
    for line in lines:
        spoil(line, chance, _PIECES)
    return b"\n".join(lines) + chance.choice((b"", b"\n", b"\r\n", b"\\"))


def _parsers() -> Check:
    parsers = Parsers()
    return lambda body, chance: parsers.check(
        body, chance.choice(PRECISIONS), chance.random() < 0.5
    )


FUZZ = ByteFuzz("Fuzz the parser of line protocol.", body_of, _parsers)

if __name__ == "__main__":
    sys.exit(FUZZ.main())
