import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.net.hosts import require_known
from muster.net.plainhttp import answer_plain, is_plain


def known(host):
    require_known(host, {"hub.example"})


def answered(head, require=known):
    head, _, body = answer_plain(head, require).partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    return first, dict(line.split(": ", 1) for line in lines), body


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_what_a_browser_asks_for_it_is_sent_to_by_https(method):
    head = f"{method} /nodes?a=b HTTP/1.1\r\nHost: hub.example:7443\r\nX: y\r\n\r\n"
    first, headers, body = answered(head.encode())

    assert first == "HTTP/1.1 308 Permanent Redirect"
    assert headers["Location"] == "https://hub.example:7443/nodes?a=b"
    assert headers["Content-Length"] == str(len(body))


def test_a_host_that_the_hub_does_not_go_by_is_sent_nowhere():
    first, headers, body = answered(b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n")

    assert first == "HTTP/1.1 421 Misdirected Request"
    assert "Location" not in headers
    assert b"listen.names" in body


@pytest.mark.parametrize(
    "head",
    [
        b"POST /api/v1/session HTTP/1.1\r\nHost: hub.example\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: hub.example\r\nHost: hub.example\r\n\r\n",
        b"GET http://hub.example/ HTTP/1.1\r\nHost: hub.example\r\n\r\n",
        b"GET /\r\nHost: hub.example\r\n\r\n",
        b"GET /a b HTTP/1.1\r\nHost: hub.example\r\n\r\n",
        b"SSH-2.0-OpenSSH\r\n",
        b"\xff" * 50,
    ],
)
def test_all_else_is_told_to_speak_https(head):
    first, headers, body = answered(head)

    assert first == "HTTP/1.1 400 Bad Request"
    assert "Location" not in headers
    assert b"HTTPS alone" in body


def test_a_listener_of_machines_redirects_nobody():
    first, _, _ = answered(b"GET / HTTP/1.1\r\nHost: hub.example\r\n\r\n", None)

    assert first == "HTTP/1.1 400 Bad Request"


def test_a_tls_record_does_not_begin_like_a_method():
    assert is_plain(ord("G")) and not is_plain(0x16) and not is_plain(0x80)


@given(st.binary(max_size=200))
def test_no_bytes_make_a_header_of_their_own(junk):
    answer = answer_plain(b"GET /" + junk + b" HTTP/1.1\r\nHost: hub.example\r\n\r\n", known)
    head = answer.partition(b"\r\n\r\n")[0]

    assert len(head.split(b"\r\n")) <= 8
