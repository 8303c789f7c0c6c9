"""What is answered where it was read, and what is left to the ordinary way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.errors import Conflict, LimitExceeded
from muster.net.atonce import AtOnce, Head, head_of, remembered, with_begun
from muster.net.front import Front
from muster.net.http import Begun, Public, Repeat, Request, Response, Route, error_response

NOTHING = (b"", {})
GET = b"GET /q?a=b+c%2B&d= HTTP/1.1\r\nHost: hub:1\r\nAccept-Encoding: identity\r\n\r\n"
POST = b"POST /q HTTP/1.1\r\nHost: hub\r\nContent-Length: 3\r\n\r\na=b"


class Peer:
    address, peer, certificate = "127.0.0.1", None, b""
    begun = repeats = None


def at_once(answer, method="GET", front=None):
    route = Route(method=method, path="/q", allow=Public.CREDENTIALS, handler=print, at_once=answer)
    return AtOnce([route], front or Front())


def told(request):
    body = f"{request.method} {sorted(request.query.items())} {request.headers['host']}".encode()
    return Response(body=body + request.body, headers={"X-Id": "1"})


def parts(written):
    head, _, body = b"".join(written).partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    return first, dict(line.split(": ", 1) for line in lines), body


def test_a_whole_request_is_answered_by_one_write():
    first, headers, body = parts(at_once(told).answer(GET, head_of(GET, NOTHING), Peer()))

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
    *_, body = parts(at_once(told, "POST").answer(POST, head_of(POST, NOTHING), Peer()))

    assert body == b"POST [] huba=b"


@pytest.mark.parametrize("allow", [Public.CREDENTIALS, Public.PROOF])
def test_a_refusal_is_written_with_its_status(allow):
    refused = error_response(LimitExceeded("slow down", retry_after_s=3))
    route = Route(method="GET", path="/q", allow=allow, handler=print, at_once=lambda _: refused)
    answer = AtOnce([route], Front()).answer(GET, head_of(GET, NOTHING), Peer())
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
        Response(headers={"X s": "a"}),
        Response(headers={"Date": "today"}),
        Response(headers={"Server": "other"}),
    ],
)
def test_an_answer_that_is_not_plain_is_not_written(response):
    assert at_once(lambda request: response).answer(GET, head_of(GET, NOTHING), Peer()) is None


@pytest.mark.parametrize("error", [Conflict("taken"), ZeroDivisionError("secret")])
def test_an_error_is_left_to_be_met_again(error):
    def answer(request):
        raise error

    assert at_once(answer).answer(GET, head_of(GET, NOTHING), Peer()) is None


def test_another_path_a_name_twice_an_unknown_host_and_cookies_go_the_ordinary_way():
    known = at_once(told, front=Front(hosts=lambda: ["hub"]))
    for data in (
        GET.replace(b"/q", b"/other"),
        GET.replace(b"d=", b"a="),
        GET.replace(b"hub:1", b"elsewhere"),
        GET.replace(b"Accept-Encoding: identity", b"Cookie: a=b"),
    ):
        assert known.answer(data, head_of(data, NOTHING), Peer()) is None
    assert known.answer(GET, head_of(GET, NOTHING), Peer())


def test_routes_that_the_listener_has_to_let_by_are_not_answered():
    route = Route(method="GET", path="/q", allow=Public.PEER, handler=print, at_once=told)

    assert not AtOnce([route], Front())
    assert at_once(told)


def test_what_was_begun_is_handed_on_once():
    peer = Peer()

    assert at_once(lambda request: Begun("half")).answer(GET, head_of(GET, NOTHING), peer) is None
    request = Request(method="GET", path="/q")
    assert with_begun(request, peer).begun == "half"
    assert with_begun(request, peer).begun is None


def test_a_head_says_what_it_has():
    assert head_of(POST, NOTHING) == Head(
        "POST", "/q", {"host": "hub", "content-length": "3"}, b"a=b"
    )


NUMBERED = GET.replace(b"b+c%2B", b"17")
A = slice(2, 4)


class Known:
    """A route that knows how to answer its requests again: with `answers`, one after the other."""

    def __init__(self, answers, front=None, places=(A,)):
        self.answers, self.asked, self.looked = list(answers), [], []
        self.places = places
        route = Route(
            method="GET",
            path="/q",
            allow=Public.CREDENTIALS,
            handler=print,
            at_once=told,
            again=self.again,
        )
        self.routes, self.peer = AtOnce([route], front or Front()), Peer()

    def again(self, request):
        self.looked.append(request.query_text)
        return Repeat(self.places, self.answer, lambda: "X-Stamp: 1\r\n") if self.places else None

    def answer(self, numbers):
        self.asked.append(list(numbers))
        found = self.answers.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    def ask(self, data=NUMBERED):
        """As a connection does."""
        self.peer.begun = None
        written = self.routes.again(data, self.peer)
        if written is not None or self.peer.begun is not None:
            return written
        return self.routes.answer(data, head_of(data, NOTHING), self.peer)


def test_one_that_is_known_is_looked_at_once_and_from_then_on_told_by_its_numbers():
    known = Known([Response(body=b"known", headers={"X-Own": "2"})] * 2)
    first, second = known.ask(), known.ask(NUMBERED.replace(b"17", b"99"))

    assert parts(first)[2] == parts(second)[2] == b"known"
    assert parts(second)[1].items() >= {("X-Stamp", "1"), ("X-Own", "2"), ("Content-Length", "5")}
    assert (known.looked, known.asked) == (["a=17&d="], [[17], [99]])


@pytest.mark.parametrize("none", [None, Conflict("gone"), ZeroDivisionError("secret")])
def test_what_does_not_answer_any_more_is_looked_at_whole(none):
    known = Known([Response(body=b"known"), none, None, Response(body=b"new")])
    bodies = [parts(known.ask())[2] for _ in range(3)]

    assert bodies == [b"known", b"GET [('a', '17'), ('d', '')] hub:1", b"new"]
    assert len(known.looked) == 3


def test_what_goes_on_elsewhere_may_be_known_too():
    known = Known([Begun("half")] * 2)
    written = [known.ask(), known.ask()]

    assert written == [None, None]
    assert known.peer.begun == "half"
    assert len(known.looked) == 1


def test_an_answer_that_is_not_plain_is_known_no_more():
    known = Known([Response(status=204)] * 2)
    bodies = [parts(known.ask())[2] for _ in range(2)]

    assert set(bodies) == {b"GET [('a', '17'), ('d', '')] hub:1"}
    assert len(known.looked) == 2


@pytest.mark.parametrize(("front", "places"), [(Front(hosts=lambda: ["hub"]), (A,)), (None, None)])
def test_others_are_looked_at_whole_each_time(front, places):
    known = Known([], front, places)
    bodies = [parts(known.ask())[2] for _ in range(2)]

    assert set(bodies) == {b"GET [('a', '17'), ('d', '')] hub:1"}
    assert not known.asked


def test_a_request_of_another_connection_is_looked_at_there():
    known = Known([Response(body=b"known")] * 2)
    known.ask()
    known.peer = Peer()
    known.ask()

    assert len(known.looked) == 2


@pytest.mark.parametrize("data", [GET + GET, GET.replace(b"/q", b"/q "), GET[:-2] + b"x\r\n\r\n"])
def test_known_headers_hide_nothing(data):
    fields = remembered(head_of(GET, NOTHING), GET)

    assert head_of(data, fields) == head_of(data, NOTHING)
    assert head_of(GET, fields) == head_of(GET, NOTHING)
