import gzip
import json
import zlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.errors import LimitExceeded
from muster.testing.codec_rules import check_any_bytes
from muster.wire.netdata.query import (
    MAX_QUERY_BYTES,
    HttpQuery,
    HttpReply,
    QueryError,
    encode_query,
    encode_reply,
    parse_query,
    parse_reply,
)

QUERY = HttpQuery(
    msg_id="9d1c",
    callback_topic="/agent/0f6e/outbox/http/9d1c",
    timeout_ms=10_000,
    target="/api/v1/data?chart=system.cpu&after=-60",
    headers=(("Accept-Encoding", "gzip"),),
)
HEADER = b'{"type":"http","msg-id":"9d1c","http-code":200,"version":2}'
REPLY = HttpReply(msg_id="9d1c", status=200, body=b'{"a":1}')


def reply(*lines, body=b"", status=b"HTTP/1.1 200 OK"):
    return HEADER + b"\r\n\r\n" + b"\r\n".join((status, *lines, b"", b"")) + body


def test_a_query_is_that_of_the_format_page():
    assert encode_query(QUERY) == (
        b'{"type":"http","msg-id":"9d1c","callback-topic":"/agent/0f6e/outbox/http/9d1c",'
        b'"timeout":10000,"version":2}\r\n\r\n'
        b"GET /api/v1/data?chart=system.cpu&after=-60 HTTP/1.1\r\nAccept-Encoding: gzip\r\n\r\n"
    )


def test_a_query_comes_back():
    posted = msgspec.structs.replace(QUERY, method="POST", body=b"a\r\n\r\nb", headers=())

    assert b"Content-Length: 6\r\n" in encode_query(posted)
    assert parse_query(encode_query(posted)) == posted
    assert parse_query(encode_query(QUERY)).headers == (("accept-encoding", "gzip"),)


@pytest.mark.parametrize(
    "changes",
    [
        {"method": "HEAD"},
        {"method": "GET /x HTTP/1.1\r\nA: b"},
        {"target": "api/v1/info"},
        {"target": "/a b"},
        {"target": "/a\r\nX-Netdata-Role: admin"},
        {"target": "/\u00e4"},
        {"headers": (("A\r\nB", "c"),)},
        {"headers": (("A", "b\r\nX-Netdata-Role: admin"),)},
        {"headers": (("A", "b\nc"),)},
        {"headers": (("A", "b\0"),)},
        {"headers": (("A:", "b"),)},
        {"headers": (("", "b"),)},
        {"headers": (("A", "\N{SNOWMAN}"),)},
        {"headers": (("Content-Length", "5"),)},
        {"headers": (("transfer-encoding", "chunked"),)},
        {"headers": (("Host", "x"),)},
        {"msg_id": "\ud800"},
    ],
)
def test_a_query_that_could_be_read_in_two_ways_is_not_written(changes):
    with pytest.raises(QueryError):
        encode_query(msgspec.structs.replace(QUERY, **changes))


def test_a_query_stays_below_what_an_agent_takes():
    with pytest.raises(LimitExceeded) as caught:
        encode_query(msgspec.structs.replace(QUERY, method="POST", body=bytes(MAX_QUERY_BYTES)))

    assert caught.value.status == 413


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}\r\n\r\nGET / HTTP/1.1\r\n\r\n",
        encode_query(QUERY)[:-2],
        encode_query(QUERY).replace(b'"http"', b'"ftp"'),
        encode_query(QUERY).replace(b"HTTP/1.1", b"HTTP/1.0"),
        encode_query(QUERY).replace(b"Accept-Encoding: gzip", b"Content-Length: 5"),
        encode_query(QUERY).replace(b"Accept-Encoding: gzip", b" folded: gzip"),
    ],
)
def test_what_is_no_query_is_refused(data):
    with pytest.raises(QueryError):
        parse_query(data)


def test_an_old_version_and_a_missing_slash_are_the_agents_to_judge():
    data = encode_query(msgspec.structs.replace(QUERY, version=1, callback_topic="x"))

    assert (parse_query(data).version, parse_query(data).callback_topic) == (1, "x")


def test_a_reply_is_that_of_the_format_page():
    told = msgspec.structs.replace(
        REPLY, sent_us=1_700_000_000_000_005, session_us=1_600_000_000_000_006, executed_us=42
    )
    data = encode_reply(told)

    assert data == (
        b'{"type":"http","msg-id":"9d1c","timestamp":1700000000,"timestamp-offset-usec":5,'
        b'"connect":1600000000,"connect-offset-usec":6,"version":2,"t-exec":42,"t-rx":0,'
        b'"http-code":200}\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n{"a":1}'
    )
    read = parse_reply(data)
    assert read == msgspec.structs.replace(told, headers=(("content-length", "7"),))


@pytest.mark.parametrize("encoding", ["", "gzip", "deflate"])
def test_stale_bytes_behind_the_body_are_left_alone(encoding):
    assert (
        parse_reply(encode_reply(REPLY, encoding=encoding, stale=b'{"old":1}')).body == REPLY.body
    )


def test_a_body_without_a_length_goes_to_the_end_of_the_packet():
    assert parse_reply(reply(b"Connection: close", body=b"No metrics")).body == b"No metrics"


def test_gzip_is_unpacked_whatever_the_content_type_says():
    body = gzip.compress(b'{"a":1}')
    lines = (b"Content-Type: text/plain", b"Content-Encoding: gzip")
    read = parse_reply(reply(*lines, b"Content-Length: %d" % len(body), body=body))

    assert read.body == b'{"a":1}'
    assert read.headers[0] == ("content-type", "text/plain")


@pytest.mark.parametrize(
    ("body", "encoding", "why"),
    [
        (b"plain", b"gzip", "no gzip"),
        (gzip.compress(b"x", mtime=0)[:-1], b"gzip", "cut off"),
        (gzip.compress(b"x", mtime=0) + b"y", b"gzip", "followed"),
        (b"\x1f\x8b", b"gzip", "cut off"),
        (zlib.compress(b"x"), b"gzip", "no gzip"),
        (b"x", b"br", "no encoding"),
        (gzip.compress(b"x", mtime=0), b"gzip, gzip", "no encoding"),
    ],
)
def test_a_body_that_is_not_packed_as_it_says_is_refused(body, encoding, why):
    with pytest.raises(QueryError, match=why):
        parse_reply(reply(b"Content-Encoding: " + encoding, body=body))


def test_an_empty_body_may_call_itself_packed():
    lines = (b"Content-Encoding: gzip", b"Content-Length: 0")

    assert parse_reply(reply(*lines, body=b"stale")).body == b""


def test_identity_is_no_encoding():
    assert parse_reply(reply(b"Content-Encoding: identity", body=b"x")).body == b"x"


def test_a_small_reply_does_not_become_a_large_one():
    packed = gzip.compress(bytes(1 << 20))

    with pytest.raises(LimitExceeded, match="more than 1000 bytes"):
        parse_reply(reply(b"Content-Encoding: gzip", body=packed), max_bytes=1_000)
    with pytest.raises(LimitExceeded) as caught:
        parse_reply(reply(body=bytes(1_001)), max_bytes=1_000)
    assert caught.value.status == 413
    assert len(parse_reply(reply(body=bytes(1_000)), max_bytes=1_000).body) == 1_000


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ((b"Content-Length: 2", b"Content-Length: 2"), "more than one"),
        ((b"Content-Length: 2", b"content-length: 1"), "more than one"),
        ((b"Content-Length: 3",), "where 2 bytes came"),
        ((b"Content-Length: -1",), "no Content-Length"),
        ((b"Content-Length: +1",), "no Content-Length"),
        ((b"Content-Length: 1, 1",), "no Content-Length"),
        ((b"Content-Length: 0x1",), "no Content-Length"),
        ((b"Content-Length: \xb2",), "no Content-Length"),
        ((b"Content-Length:",), "no Content-Length"),
        ((b"Content-Length: " + b"0" * 20,), "no Content-Length"),
        ((b"Transfer-Encoding: chunked",), "transfer encoding"),
        ((b"Content-Length : 2",), "no HTTP header"),
        ((b"Folded: a", b" b"), "no HTTP header"),
        ((b"no colon",), "no HTTP header"),
        ((b": empty",), "no HTTP header"),
        ((b"A: b\nContent-Length: 1",), "no HTTP header"),
        ((b"A: b\rc",), "no HTTP header"),
        ((b"A: \0",), "no HTTP header"),
        ((b"A: b",) * 65, "more than 64"),
        ((b"A: " + b"b" * 17_000,), "no end of HTTP headers"),
    ],
)
def test_header_tricks_are_refused(lines, why):
    with pytest.raises(QueryError, match=why):
        parse_reply(reply(*lines, body=b"ab"))


@pytest.mark.parametrize(
    "status", [b"HTTP/2 200 OK", b"HTTP/1.1 99 x", b"HTTP/1.1 0200", b"", b"x"]
)
def test_a_status_line_of_another_form_is_refused(status):
    with pytest.raises(QueryError, match="no HTTP status"):
        parse_reply(reply(status=status))


def test_a_failure_of_the_link_has_no_http_part():
    late = HttpReply(msg_id="9d1c", status=503, error_code=6, error_description="timeout")
    data = encode_reply(late)

    assert b"\r\n" not in data
    assert "t-exec" not in json.loads(data)
    assert parse_reply(data) == late


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "JSON header"),
        (b"\xff\r\n\r\n", "JSON header"),
        (b"[" * 10_000, "JSON header"),
        (HEADER, "without an HTTP part"),
        (HEADER.replace(b'"http"', b'"mqtt"') + b"\r\n\r\n", "another type"),
        (HEADER.replace(b"200", b'"200"'), "JSON header"),
        (b" " * 16_385, "more than 16384"),
        (b'{"type":"http","msg-id":"\\ud800"}', "JSON header"),
    ],
)
def test_what_is_no_reply_is_refused(data, why):
    with pytest.raises(QueryError, match=why):
        parse_reply(data)


def test_the_replys_own_status_counts_and_times_of_1_x_are_read():
    data = reply(status=b"HTTP/1.1 404 Not Found", body=b"no").replace(
        b'"version":2', b'"version":2,"t-rx":7,"t-exec":9,"new":{"a":[]}'
    )
    read = parse_reply(data)

    assert (read.status, read.received_us, read.executed_us) == (404, 7, 9)


@given(st.binary(max_size=100))
def test_any_bytes_are_a_query_or_reply_or_an_error(data):
    check_any_bytes(parse_query, data)
    check_any_bytes(parse_reply, data)
    check_any_bytes(parse_reply, HEADER + b"\r\n\r\nHTTP/1.1 200 OK\r\n" + data)


@pytest.mark.parametrize("encoding", ["br", "x"])
def test_no_other_encoding_is_written(encoding):
    with pytest.raises(QueryError, match="no encoding"):
        encode_reply(REPLY, encoding=encoding)


def test_times_that_cannot_be_are_no_reason_to_lose_a_reply():
    data = reply(body=b"x").replace(
        b'"version":2', b'"version":2,"t-exec":-5,"t-rx":18446744073709551615,"timestamp":-1'
    )
    read = parse_reply(data)

    assert (read.body, read.executed_us, read.sent_us) == (b"x", 0, 0)
    assert read.received_us == 2**53 - 1


def test_a_code_that_is_no_status_is_refused():
    with pytest.raises(QueryError, match="another type"):
        parse_reply(HEADER.replace(b"200", b"99999") + b"\r\n\r\n")
