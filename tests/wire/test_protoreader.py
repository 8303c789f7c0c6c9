import pytest

from muster.wire.prometheusparts import End
from muster.wire.protoreader import Malformed, ProtoReader, Wire


def reader(data: bytes) -> ProtoReader:
    return ProtoReader(data, 0, len(data))


def test_numbers_have_up_to_64_bits():
    assert reader(b"\xff" * 9 + b"\x01").varint() == (1 << 64) - 1
    assert reader(b"\xff" * 9 + b"\x01").signed() == -1


@pytest.mark.parametrize("data", [b"\xff" * 9 + b"\x02", b"\x80" * 10 + b"\x01"], ids=bytes.hex)
def test_wider_numbers_are_a_fault(data):
    with pytest.raises(Malformed) as caught:
        reader(data).varint()
    assert (caught.value.end, caught.value.offset) == (End.WIDE, 0)


def test_known_fields_come_and_others_are_passed_over():
    fields = reader(b"\x08\x05\x12\x01a\x1d\0\0\0\0").fields({2: Wire.LENGTH})

    assert next(fields) == 2


def test_a_known_field_in_another_form_is_a_fault_at_its_tag():
    with pytest.raises(Malformed) as caught:
        list(reader(b"\x18\x01\x08\x05").fields({1: Wire.LENGTH}))
    assert (caught.value.end, caught.value.offset) == (End.TAG, 2)


def test_a_message_within_ends_where_it_says():
    inside = reader(b"\x02ab\x01c").inner()

    assert (inside.at, inside.end) == (1, 3)
