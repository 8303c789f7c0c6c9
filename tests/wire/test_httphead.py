import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.errors import ProtocolError
from muster.wire.httphead import chunk_bytes, parse_head


def test_status_and_headers_are_read():
    head = parse_head(b"HTTP/1.1 301 Moved\r\nLocation: /x\r\nCONTENT-LENGTH: 5\r\n\r\n")

    assert (head.status, head.headers["location"], head.body_bytes("GET")) == (301, "/x", 5)


def test_an_answer_may_have_no_reason():
    assert parse_head(b"HTTP/1.0 204 \r\n\r\n").status == 204
    assert parse_head(b"HTTP/1.1 200\r\n\r\n").status == 200


def test_some_answers_have_no_body_whatever_they_tell():
    assert parse_head(b"HTTP/1.1 204 x\r\nContent-Length: 9\r\n\r\n").body_bytes("GET") == 0
    assert parse_head(b"HTTP/1.1 200 x\r\nContent-Length: 9\r\n\r\n").body_bytes("HEAD") == 0


def test_chunks_come_before_a_length():
    head = parse_head(
        b"HTTP/1.1 200 x\r\nContent-Length: 9\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n"
    )

    assert head.is_chunked
    assert head.body_bytes("GET") is None


@pytest.mark.parametrize("text", [b"", b"SSH-2.0-x\r\n\r\n", b"HTTP/2 200\r\n\r\n", b"HTTP/1.1 OK"])
def test_what_is_no_http_is_refused(text):
    with pytest.raises(ProtocolError):
        parse_head(text)


@pytest.mark.parametrize("length", ["-1", "+5", "1e3", "", "9" * 30, "٣"])
def test_a_length_is_a_plain_number(length):
    head = parse_head(f"HTTP/1.1 200 x\r\nContent-Length: {length}\r\n\r\n".encode())

    with pytest.raises(ProtocolError):
        head.body_bytes("GET")


def test_a_chunk_tells_its_length():
    assert chunk_bytes(b"1aF;name=x\r\n") == 0x1AF
    for line in (b"\r\n", b"-1\r\n", b"xyz\r\n", b"f" * 20):
        with pytest.raises(ProtocolError):
            chunk_bytes(line)


@given(st.binary(max_size=60))
def test_any_bytes_are_a_head_or_a_protocol_error(data):
    try:
        parse_head(data)
    except ProtocolError as error:
        assert str(error)
