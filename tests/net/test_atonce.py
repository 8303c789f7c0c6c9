"""What is answered where it was read, and what is left to the ordinary way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.errors import Conflict, LimitExceeded
from muster.net.atonce import AtOnce, Head, head_of, remembered, with_begun
from muster.net.front import Front
from muster.net.http import Begun, Public, Request, Response, Route, error_response

NOTHING = (b"", {})
GET = b"GET /q?a=b+c%2B&d= HTTP/1.1\r\nHost: hub:1\r\nAccept-Encoding: identity\r\n\r\n"
POST = b"POST /q HTTP/1.1\r\nHost: hub\r\nContent-Length: 3\r\n\r\na=b"


class Peer:
    address, peer, certificate = "127.0.0.1", None, b""
    fields, begun, usual = NOTHING, None, None


def at_once(answer, method="GET", front=None):
    route = Route(method=method, path="/q", allow=Public.CREDENTIALS, handler=print, at_once=answer)
    return AtOnce([route], front or Front())


def told(request):
    body = f"{request.method} {sorted(request.query.items())} {request.headers['host']}".encode()
    return Response(body=body + request.body, headers={"X-Id": "1"})


def parts(written):
    head, _, body = written.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    return first, dict(line.split(": ", 1) for line in lines), body


def test_a_whole_request_is_answered_by_one_write():
    first, headers, body = parts(at_once(told).answer(head_of(GET, NOTHING), Peer()))

    assert first == "HTTP/1.1 200 OK"
    assert body == b"GET [('a', 'b c+'), ('d', '')] hub:1"
    assert headers.pop("Date").endswith("GMT")
    assert headers == {
        "Server": "muster",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
        "Content-Type": "application/json",
        "X-Id": "1",
        "Content-Length": str(len(body)),
    }


def test_so_is_one_with_a_body():
    *_, body = parts(at_once(told, "POST").answer(head_of(POST, NOTHING), Peer()))

    assert body == b"POST [] huba=b"


@pytest.mark.parametrize("allow", [Public.CREDENTIALS, Public.PROOF])
def test_a_refusal_is_written_with_its_status(allow):
    refused = error_response(LimitExceeded("slow down", retry_after_s=3))
    route = Route(method="GET", path="/q", allow=allow, handler=print, at_once=lambda _: refused)
    answer = AtOnce([route], Front()).answer(head_of(GET, NOTHING), Peer())
    first, headers, body = parts(answer)

    assert (first, headers["Retry-After"]) == ("HTTP/1.1 429 Too Many Requests", "3")
    assert body == refused.body


def test_a_route_that_asks_who_it_is_has_no_answer_at_once():
    route = Route(method="GET", path="/q", allow=Public.PEER, handler=print, at_once=told)

    assert not AtOnce([route], Front())


@pytest.mark.parametrize(
    "data",
    [
        GET[:-1],
        GET + b"x",
        GET + GET,
        POST + b"c",
        POST[:-1],
        GET.replace(b"1.1", b"1.0"),
        GET.replace(b"GET", b"HEAD"),
        GET.replace(b"/q", b"http://hub/q"),
        GET.replace(b"/q", b"/q#"),
        GET.replace(b"hub:1", b"hub\n1"),
        GET.replace(b"hub:1", b"hub\r\n folded"),
        GET.replace(b"hub:1", "h\u00fcb".encode()),
        GET.replace(b"Host", b"Host "),
        GET.replace(b"Accept-Encoding", b"Host"),
        GET.replace(b"Accept-Encoding", b"Content-Length"),
        GET.replace(b"Accept-Encoding: identity", b"Content-Length: 0"),
        GET.replace(b"Accept-Encoding: identity", b"Connection: close"),
        POST.replace(b"Content-Length: 3", b"Transfer-Encoding: chunked"),
        POST.replace(b"Content-Length: 3", b"Content-Length: +3"),
        POST.replace(b"Host: hub", b"Expect: 100-continue"),
        GET.replace(b"a=b", b"a=" + b"b" * 8_190),
    ],
)
def test_what_is_not_common_goes_the_ordinary_way(data):
    assert head_of(data, NOTHING) is None


@given(st.binary(max_size=60))
def test_any_bytes_are_a_request_or_not(data):
    found = head_of(b"GET /q HTTP/1.1\r\n" + data, NOTHING)

    assert found is None or found.headers or data == b"\r\n"


def test_headers_that_come_again_are_not_read_again():
    head = head_of(GET, NOTHING)
    again = head_of(GET.replace(b"a=b", b"a=z"), remembered(head, GET))
    other = head_of(GET.replace(b"hub", b"web"), remembered(head, GET))

    assert again.headers is head.headers
    assert (again.target, other.headers["host"]) == ("/q?a=z+c%2B&d=", "web:1")


@pytest.mark.parametrize(
    "data", [GET + GET, GET.replace(b"a=b", b"a b"), GET.replace(b"a=b", b"a=" + b"b" * 8_190)]
)
def test_what_stands_before_headers_that_came_before_is_looked_at(data):
    assert head_of(data, remembered(head_of(GET, NOTHING), GET)) is None


def test_the_body_is_no_part_of_what_is_remembered():
    head = head_of(POST, NOTHING)

    assert head_of(POST.replace(b"a=b", b"c=d"), remembered(head, POST)).body == b"c=d"


@pytest.mark.parametrize(
    "response",
    [
        None,
        Response(status=204),
        Response(headers={"X": "a\r\nSet-Cookie: b"}),
        Response(headers={"X": "\u00e4"}),
        Response(headers={"X\r\nY": "a"}),
        Response(headers={"X%s": "a"}),
        Response(headers={"Date": "today"}),
        Response(headers={"Server": "other"}),
    ],
)
def test_an_answer_that_is_not_plain_is_not_written(response):
    assert at_once(lambda request: response).answer(head_of(GET, NOTHING), Peer()) is None


@pytest.mark.parametrize("error", [Conflict("taken"), ZeroDivisionError("secret")])
def test_an_error_is_left_to_be_met_again(error):
    def answer(request):
        raise error

    assert at_once(answer).answer(head_of(GET, NOTHING), Peer()) is None


def test_another_path_a_name_twice_an_unknown_host_and_cookies_go_the_ordinary_way():
    known = at_once(told, front=Front(hosts=lambda: ["hub"]))
    for data in (
        GET.replace(b"/q", b"/other"),
        GET.replace(b"d=", b"a="),
        GET.replace(b"hub:1", b"elsewhere"),
        GET.replace(b"Accept-Encoding: identity", b"Cookie: a=b"),
    ):
        assert known.answer(head_of(data, NOTHING), Peer()) is None
    assert known.answer(head_of(GET, NOTHING), Peer())


def test_routes_that_the_listener_has_to_let_by_are_not_answered():
    route = Route(method="GET", path="/q", allow=Public.PEER, handler=print, at_once=told)

    assert not AtOnce([route], Front())
    assert at_once(told)


def test_what_was_begun_is_handed_on_once():
    peer = Peer()

    assert at_once(lambda request: Begun("half")).answer(head_of(GET, NOTHING), peer) is None
    request = Request(method="GET", path="/q")
    assert with_begun(request, peer).begun == "half"
    assert with_begun(request, peer).begun is None


def test_a_head_says_what_it_has():
    assert head_of(POST, NOTHING) == Head(
        "POST", "/q", {"host": "hub", "content-length": "3"}, b"a=b"
    )


def again(answer, front=None):
    route = Route(
        method="GET",
        path="/q",
        allow=Public.CREDENTIALS,
        handler=print,
        at_once=told,
        again=answer,
    )
    return AtOnce([route], front or Front())


def asked_twice(known, second=GET):
    peer, seen = Peer(), head_of(GET, NOTHING)
    known.answer(seen, peer)
    return known.answer(head_of(second, remembered(seen, GET)), peer), peer


def test_one_with_the_same_headers_is_told_by_its_text_alone():
    other = GET.replace(b"a=b", b"a=c")
    answers = []

    def answer(request, text):
        answers.append((request.query_text, text))
        return Response(body=b"known") if len(answers) > 1 else None

    known = again(answer)
    first, peer = asked_twice(known, other)
    second = known.answer(head_of(other, remembered(head_of(GET, NOTHING), GET)), peer)

    assert parts(first)[2] == b"GET [('a', 'c c+'), ('d', '')] hub:1"
    assert parts(second)[2] == b"GET [('a', 'c c+'), ('d', '')] hub:1"  # other headers, as it seems
    assert answers == [("a=b+c%2B&d=", "a=c+c%2B&d=")]


def test_what_goes_on_elsewhere_may_be_known_too():
    written, peer = asked_twice(again(lambda request, text: Begun("half")))

    assert written is None
    assert peer.begun == "half"


@pytest.mark.parametrize(
    ("front", "second"),
    [
        (Front(hosts=lambda: ["hub"]), GET),
        (None, GET.replace(b"Accept", b"Accepts")),
        (None, GET.replace(b"GET /q", b"GET /p")),
    ],
)
def test_others_are_looked_at_whole(front, second):
    asked = []

    asked_twice(again(lambda request, text: asked.append(text), front), second)

    assert not asked


@pytest.mark.parametrize("data", [GET + GET, GET.replace(b"/q", b"/q "), GET[:-2] + b"x\r\n\r\n"])
def test_known_headers_hide_nothing(data):
    fields = remembered(head_of(GET, NOTHING), GET)

    assert head_of(data, fields) == head_of(data, NOTHING)
    assert head_of(GET, fields) == head_of(GET, NOTHING)
