import math
import random
import struct
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.errors import LimitExceeded
from muster.model.metric import Kind, value_of
from muster.testing.fuzz_lines import Parsers
from muster.wire.lineparsed import LineLimits
from muster.wire.lineprotocol import COMPILED, PureLineParser, line_parser, parse

NOW_NS = 1_700_000_000_123_456_789
TWINS = {"pure": PureLineParser, "compiled": line_parser} if COMPILED else {"pure": PureLineParser}
both = pytest.mark.parametrize("twin", TWINS.values(), ids=TWINS.keys())
needs_compiled = pytest.mark.skipif(not COMPILED, reason="no compiled twin was built here")

NAMES = st.text(st.characters(exclude_characters="\n\\", exclude_categories=["Cs"]), min_size=1)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
INTEGERS = st.integers(-(1 << 63), (1 << 63) - 1)


def escaped(text: str, specials: str) -> str:
    return "".join(f"\\{char}" if char in specials else char for char in text)


def first_byte_is_plain(name: str) -> bool:
    return name[0] not in '#\t\0 ,="'


def line_of(measurement, tags, fields, time_ns) -> str:
    """A point as a careful client writes it."""
    key = [escaped(measurement, ", ")]
    key += [f"{escaped(k, ', =')}={escaped(v, ', =')}" for k, v in tags.items()]
    texts = []
    for name, value in fields.items():
        match value:
            case bool():
                text = str(value)
            case int():
                text = f"{value}i"
            case float():
                text = repr(value)
            case _:
                text = '"' + escaped(value, '"\\') + '"'
        texts.append(f"{escaped(name, ', =')}={text}")
    return f"{','.join(key)} {','.join(texts)} {time_ns}"


POINTS = st.tuples(
    NAMES.filter(first_byte_is_plain),
    st.dictionaries(NAMES, NAMES, max_size=3),
    st.dictionaries(
        NAMES.filter(lambda name: '"' not in name and first_byte_is_plain(name)),
        st.one_of(st.booleans(), INTEGERS, st.floats(allow_nan=False, allow_infinity=False), TEXTS),
        min_size=1,
        max_size=4,
    ),
    st.integers(-(1 << 63) + 2, (1 << 63) - 2),
)


def read_back(parsed) -> list:
    points: list = [None] * parsed.points_total
    row = cell = 0
    for layout, rows, strings in zip(parsed.layouts, parsed.rows, parsed.strings, strict=True):
        series = layout.series
        for _ in range(rows):
            cells = parsed.values[cell : cell + len(series)]
            fields = {
                each.field: value_of(pattern, each.kind, strings)
                for each, pattern in zip(series, cells, strict=True)
            }
            place = parsed.order[row]
            points[place] = (
                series[0].measurement,
                dict(series[0].tags),
                fields,
                parsed.times[row],
            )
            row, cell = row + 1, cell + len(series)
    return points


@both
@given(st.lists(POINTS, max_size=4))
def test_what_a_careful_client_writes_comes_back(twin, points):
    body = "\n".join(line_of(*point) for point in points).encode()

    parsed = twin().parse(body, 1, NOW_NS)
    assert parsed.error_text == ""
    assert read_back(parsed) == points


@both
@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(["r", ".3f", ".17e"]))
def test_a_float_is_the_double_that_is_nearest(twin, value, form):
    text = repr(value) if form == "r" else format(value, form)
    parsed = twin().parse(f"m v={text}".encode(), 1, NOW_NS)

    expected = struct.unpack("<q", struct.pack("<d", float(text)))[0]
    if not math.isinf(float(text)):
        assert list(parsed.values) == [expected]


@both
@pytest.mark.parametrize(
    "text", ["1e-400", "-1e-400", "0e999", "-0", "5e-324", "2e-324", "1e-99999999999999999999"]
)
def test_a_float_too_small_is_zero_and_keeps_its_sign(twin, text):
    parsed = twin().parse(f"m v={text}".encode(), 1, NOW_NS)

    assert list(parsed.values) == [struct.unpack("<q", struct.pack("<d", float(text)))[0]]


@both
def test_points_of_one_series_are_one_layout_however_they_are_written(twin):
    body = b'm,a=1,b=2 x=1,y="s" 1\nm,b=2,a=1 y="t",x=2 2\nm,a=1,b=2 x=3i 3\nm,a=1,b=2 y="s",x=4 4'

    parsed = twin().parse(body, 1, NOW_NS)
    first, second = parsed.layouts
    assert [series.field for series in first.series] == ["x", "y"]
    assert list(parsed.rows) == [3, 1]
    assert list(parsed.order) == [0, 1, 3, 2]
    assert parsed.strings == (("s", "t"), ())
    assert list(parsed.values)[1:6:2] == [0, 1, 0]
    assert second.series[0].kind is Kind.INTEGER


@both
def test_the_last_of_fields_that_share_a_name_wins(twin):
    parsed = twin().parse(b'm a=1,b="x",a="y",b=2i,\\"c=1,"c=2', 1, NOW_NS)

    (point,) = read_back(parsed)
    assert point[2] == {"a": "y", "b": 2, '"c': 2.0}
    assert parsed.strings == (("y",),)


@both
@pytest.mark.parametrize(("unit", "time_ns"), [(1, NOW_NS), (10**9, NOW_NS - NOW_NS % 10**9)])
def test_a_point_without_a_time_gets_now_cut_to_the_precision(twin, unit, time_ns):
    assert list(twin().parse(b"m v=1", unit, NOW_NS).times) == [time_ns]


@both
def test_a_parser_that_remembers_answers_as_a_fresh_one(twin):
    bodies = [b'm,a=1 x=1,y="s" 1\nbad', b'm,a=1 y="t" 2', b'm,a=1 y="u",x=5 3\nm,a=1 x=1i,y=2']
    warm = twin(LineLimits(remembered=3))

    for _ in range(3):
        for body in bodies:
            assert warm.parse(body, 1, NOW_NS) == twin().parse(body, 1, NOW_NS)


@both
@pytest.mark.parametrize(
    ("limits", "text"),
    [
        (LineLimits(points=2), "more than 2 points in one body"),
        (LineLimits(layouts=2), "more than 2 sets of series in one body"),
        (LineLimits(body_bytes=9), "the body has 17 bytes, 9 are allowed"),
    ],
)
def test_a_body_over_a_limit_is_refused_whole_and_the_next_is_taken(twin, limits, text):
    parser = twin(limits)

    with pytest.raises(LimitExceeded, match=text) as refused:
        parser.parse(b"a v=1\nb v=1\nc v=1", 1, NOW_NS)
    assert refused.value.status == 413
    assert parser.parse(b"a v=1", 1, NOW_NS).points_total == 1


@both
def test_a_line_over_a_limit_is_refused_alone(twin):
    limits = LineLimits(tags=1, fields=2, line_bytes=20)
    body = b"m,a=1,b=2 v=1\nm a=1,b=2,a=3\nm v=1\n" + b"x" * 21 + b"\nm,a=1 b=2"

    parsed = twin(limits).parse(body, 1, NOW_NS)
    assert parsed.points_total == 2
    assert [error.text.partition("': ")[2] for error in parsed.errors] == [
        "too many tags: 2 > 1",
        "too many fields: 3 > 2",
        "line too long: 21 > 20 bytes",
    ]


@both
def test_a_line_over_a_limit_is_refused_too_when_its_series_is_known(twin):
    parser = twin(LineLimits(fields=2, line_bytes=20))
    parser.parse(b"m a=1,b=2\nm c=1", 1, NOW_NS)

    parsed = parser.parse(b"m a=1,b=2,c=3\nm a=1,b=2 1234567890123\nm a=1,b=2", 1, NOW_NS)
    assert (parsed.points_total, parsed.errors_total) == (1, 2)


@both
def test_a_key_is_measured_as_it_is_written(twin):
    tag = b"m,t=" + b"x" * 65_522
    for line, is_taken in [
        (tag + b" v=1", True),
        (tag + b" vvvvv=1", True),
        (tag + b" vvvvvv=1", False),
    ]:
        parsed = twin().parse(line, 1, NOW_NS)
        assert bool(parsed.points_total) is is_taken


@both
def test_ten_thousand_tags_and_a_million_backslashes_take_no_time(twin):
    tags = b"".join(b",t%d=v" % number for number in range(10_000))
    body = b"m" + tags + b" v=1\nm v=" + b"\\" * 1_000_000 + b"\n" + b'm v="' + b'\\"' * 300_000

    assert twin().parse(body, 1, NOW_NS).errors_total == 3


@given(st.binary(max_size=80))
def test_any_bytes_give_the_same_columns_in_both_twins(data):
    parsers = Parsers()
    parsers.check(data, 1, True)
    parsers.check(b"m " + data, 1_000, False)
    parsers.check(b"m,t=a v=" + data + b"\nm,t=a v=1", 1, True)


@needs_compiled
def test_ten_thousand_series_that_come_in_any_order_are_told_apart():
    chance, parser = random.Random(3), line_parser()
    lines = [b"m,s=%d v=%di,w=%d.5" % (n, n, n) for n in range(3_000)]
    for _ in range(2):
        chance.shuffle(lines)
        parsed = parser.parse(b"\n".join(lines), 1, NOW_NS)
        assert parsed == PureLineParser().parse(b"\n".join(lines), 1, NOW_NS)


def test_one_body_by_itself_is_parsed_by_whichever_twin_there_is():
    parsed = parse(b"m v=1u 5", 1_000, NOW_NS, uint_support=True)

    assert parsed.layouts[0].series[0].kind is Kind.UNSIGNED
    assert parsed.times == array("q", [5_000])


DECIMALS = st.tuples(st.integers(1, 10**19 - 1), st.integers(0, 24), st.sampled_from(["", "-"]))


@given(st.lists(DECIMALS, min_size=1, max_size=8))
def test_a_decimal_that_comes_again_is_the_nearest_double(decimals):
    texts = []
    for number, places, sign in decimals:
        digits = str(number).zfill(places + 1)
        texts.append(f"{sign}{digits[: len(digits) - places]}.{digits[len(digits) - places :]}0")
    body = "".join(f"m f={text},n={at}i {at}\n" for at, text in enumerate(texts)).encode()
    parsed = line_parser(LineLimits()).parse(body, 1, 0)

    assert [struct.pack("<q", pattern) for pattern in parsed.values[::2]] == [
        struct.pack("<d", float(text)) for text in texts
    ]
