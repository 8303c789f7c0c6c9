from muster.testing.remotewriting import label, part
from muster.wire.protowriter import put_labels, put_message


def test_labels_are_byte_for_byte_those_of_a_sender():
    out = bytearray()

    put_labels(out, (("__name__", "up"), ("job", "")))

    assert out == part(1, label("__name__", "up")) + part(1, label("job", ""))


def test_a_long_field_has_its_length_in_more_than_one_byte():
    out = bytearray(b"before")

    put_message(out, 0x2A, b"x" * 300)

    assert out == b"before" + part(5, b"x" * 300)
