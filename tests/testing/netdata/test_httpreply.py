import pytest

from muster.testing.netdata.httpreply import ReplyReader
from muster.testing.netdata.violation import Violation


def read(data):
    reader = ReplyReader()
    reader.feed(data)
    return reader.reply


def test_a_reply_with_a_length_is_read_in_any_pieces():
    data = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nServer: m\r\n\r\n{}"
    reader = ReplyReader()

    assert [reader.feed(data[at : at + 1]) for at in range(len(data))].index(True) == len(data) - 1
    assert reader.reply.status == 200
    assert reader.reply.headers == {"content-length": "2", "server": "m"}
    assert reader.reply.body == b"{}"
    assert reader.rest == b""


def test_a_reply_in_chunks_is_put_together():
    reply = read(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"
    )

    assert reply.body == b"abc"


def test_with_neither_header_the_body_is_empty():
    assert read(b"HTTP/1.1 204 No Content\r\n\r\n").body == b""


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"HTTP/1.0 200 OK\r\n\r\n", "status line"),
        (b"HTTP/1.1 200\r\n\r\n", "status line"),
        (b"HTTP/1.1 200 OK\r\nA:b\r\n\r\n", "without ': '"),
        (b"HTTP/1.1 200 OK\r\nA: " + b"b" * 1024 + b"\r\n\r\n", "1024"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n", "twice"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "Content-Length is"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 20000\r\n\r\n", "16 KiB"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n", "Transfer-Encoding is"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n", " and "),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "size of a chunk"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc", "without an end"),
        (b"HTTP/1.1 200 OK\r\nSet-Cookie: a\r\n\r\n", "set-cookie"),
        (b"HTTP/1.1 301 Moved\r\nLocation: /x\r\n\r\n", "location"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n", "content-encoding"),
        (b"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n\r\n", "keep-alive"),
        (b"x" * 20_000, "head of 16 KiB"),
    ],
)
def test_what_the_agents_client_cannot_read_is_a_violation(data, said):
    with pytest.raises(Violation, match=said) as raised:
        read(data)

    assert raised.value.section == "1.2"
