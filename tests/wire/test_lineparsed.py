import pytest

from muster.errors import LimitExceeded
from muster.model.metric import Kind, Layout, Series
from muster.wire.lineparsed import (
    Fault,
    LineError,
    LineLimits,
    Refused,
    check_body,
    layout_of,
    line_errors,
    text_of,
    too_many,
)
from muster.wire.lineprotocol import parse

LIMITS = LineLimits()


def test_each_byte_that_is_no_utf8_becomes_one_replacement_character():
    assert text_of(b"a\xffb\xe2\x82") == "a\ufffdb\ufffd\ufffd"
    assert text_of("é\0☺".encode()) == "é\0☺"
    assert text_of(b"\xed\xa0\x80") == "\ufffd" * 3  # half of a pair


def test_a_layout_has_its_tags_sorted_and_its_fields_as_they_are_given():
    layout = layout_of(b"m", [(b"b", b"2"), (b"a", b"1")], [(b"y", 1), (b"x", 4)])

    tags = (("a", "1"), ("b", "2"))
    assert layout == Layout(
        (Series("m", tags, "y", Kind.INTEGER), Series("m", tags, "x", Kind.STRING))
    )


def test_layouts_share_a_tag_that_they_have_in_common():
    first, second = (
        layout_of(b"m", [(b"h", b"a"), (b"u", unit)], [(b"v", 1)]) for unit in (b"1", b"2")
    )

    assert first.series[0].tags[0] is second.series[0].tags[0]


@pytest.mark.parametrize("fault", Fault)
def test_every_fault_has_its_words(fault):
    (error,) = line_errors(b"line", [Refused(0, 4, fault, b"about")], LIMITS)

    assert error.text.startswith("unable to parse 'line")
    assert "{" not in error.text


def test_an_error_names_the_line_of_the_body():
    body = b"m v=1\n\n# x\nbad\nm v=1\n  worse"

    assert parse(body, 1, 0).errors == (
        LineError(4, "unable to parse 'bad': missing fields"),
        LineError(6, "unable to parse 'worse': missing fields"),
    )


def test_blocks_are_the_columns_of_each_layout():
    parsed = parse(b'a v=1,w="x" 1\nb n=3i 2\na v=2,w="y" 3', 1, 0)

    first, second = parsed.blocks()
    assert (list(first.times), list(second.times)) == ([1, 3], [2])
    assert first.strings == ("x", "y")
    assert list(first.values)[1::2] == [0, 1]
    assert list(second.values) == [3]
    assert list(parsed.order) == [0, 2, 1]
    assert parsed.points_total == 3


def test_errors_beyond_the_bound_are_counted_and_not_quoted():
    parsed = parse(b"bad1\nbad2\nbad3", 1, 0, LineLimits(error_bytes=9))

    assert parsed.errors_total == 3
    assert parsed.error_text == (
        "unable to parse 'bad1': missing fields\n"
        "unable to parse 'bad2': missing fields\nand 1 more lines"
    )


def test_a_body_over_its_limit_is_refused():
    check_body(b"12345", LineLimits(body_bytes=5))
    with pytest.raises(LimitExceeded, match="6 bytes, 5 are allowed") as refused:
        check_body(b"123456", LineLimits(body_bytes=5))
    assert refused.value.status == 413
    assert str(too_many("points", 7)) == "more than 7 points in one body: send smaller batches"
