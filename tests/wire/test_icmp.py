from hypothesis import given
from hypothesis import strategies as st

from muster.wire.icmp import checksum, format_echo, parse_reply


def test_a_request_of_ip_4_has_a_checksum_that_makes_it_whole():
    echo = format_echo(4, 7, b"payload!x")

    assert echo[:2] == b"\x08\0"
    assert checksum(echo) == 0


def test_a_request_of_ip_6_leaves_the_checksum_to_the_kernel():
    assert format_echo(6, 258, b"x") == b"\x80\0\0\0\0\0\x01\x02x"


def test_a_reply_gives_its_sequence_and_payload():
    assert parse_reply(4, b"\0\0\xab\xcd\0\5\0\7payload") == (7, b"payload")
    assert parse_reply(6, b"\x81\0\xab\xcd\0\5\0\7") == (7, b"")


def test_what_is_no_reply_is_none():
    assert parse_reply(4, format_echo(4, 1, b"")) is None
    assert parse_reply(4, b"\x03\1\0\0\0\0\0\0") is None
    assert parse_reply(6, b"\x81\0") is None


@given(st.sampled_from((4, 6)), st.binary(max_size=40))
def test_any_bytes_are_read_without_an_error(version, data):
    found = parse_reply(version, data)

    assert found is None or len(found) == 2
