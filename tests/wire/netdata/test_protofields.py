from typing import Annotated

import pytest

from muster.wire.netdata.protofields import Int32, UInt64, Wire, field_of


@pytest.mark.parametrize(
    ("hint", "tag", "wire"),
    [
        (Annotated[str, 1], 0x0A, Wire.LENGTH),
        (Annotated[float, 25], 0xC9, Wire.FIXED64),
        (Annotated[bool, 22], 0xB0, Wire.VARINT),
        (Annotated[UInt64, 8], 0x40, Wire.VARINT),
        (Annotated[dict[str, str], 21], 0xAA, Wire.LENGTH),
    ],
)
def test_a_row_has_the_tag_that_its_annotation_says(hint, tag, wire):
    field = field_of("x", hint)

    assert (field.tag, field.wire) == (tag, wire)


@pytest.mark.parametrize("hint", [Annotated[set, 1], Annotated[dict[str, int], 2]])
def test_an_annotation_without_a_row_is_a_mistake_of_ours(hint):
    with pytest.raises(TypeError):
        field_of("x", hint)


@pytest.mark.parametrize(("number", "raw"), [(-1, 2**64 - 1), (-(2**31), 2**64 - 2**31), (5, 5)])
def test_signed_numbers_are_read_in_their_width(number, raw):
    assert field_of("x", Annotated[Int32, 1]).value(raw, None) == number
