"""What lean routes answer, and what is left to the ordinary way."""

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from muster.errors import Denied, NotFound
from muster.model.access import Action
from muster.net.atonce import head_of
from muster.net.front import Front, ProxySettings
from muster.net.http import Request, Response, Route
from muster.net.lean import Lean, _pairs
from muster.net.routing import Router

GET = b"GET /n/a%20b/data?c=x+y&d= HTTP/1.1\r\nHost: hub:1\r\n\r\n"


class Asker:
    address, peer, certificate = "192.0.2.1", None, b""

    def when_gone(self, told): ...


def told(request):
    return Response(
        body=f"{request.path} {dict(request.match)} {dict(request.query)}".encode(),
        headers={"X-Id": request.address},
    )


class Desk:
    """A listener's part of it."""

    def __init__(self, answer=told, *, front=None, browser=False, **options):
        self.answer = answer
        path, allow = "/n/{id}/data", Action.DATA_READ
        options = {"lean": True} | options
        router = Router([Route(method="GET", path=path, allow=allow, handler=print, **options)])
        self.lean = Lean(router, front or Front(), self.serve, 9, browser=browser)
        self.lean.jobs = asyncio.TaskGroup()

    async def serve(self, route, request):
        assert isinstance(request, Request)
        return self.answer(request)

    async def ask(self, data=GET):
        """The answer's first line, headers and body; None when it is left to others."""
        head = head_of(data, (b"", {}))
        if head is None or (found := self.lean.route_of(head)) is None:
            return None
        request = self.lean.request_of(head, *found, Asker())
        if request is None:
            return None
        head, _, body = (await self.lean.answer(found[0], request)).partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        return first, dict(line.split(": ", 1) for line in lines), body


async def test_a_request_of_a_lean_route_is_answered_in_one_piece():
    first, headers, body = await Desk().ask()

    assert first == "HTTP/1.1 200 OK"
    assert body == b"/n/a b/data {'id': 'a b'} {'c': 'x y', 'd': ''}"
    assert headers.pop("Date").endswith("GMT")
    assert headers == {
        "Server": "muster",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
        "Content-Type": "application/json",
        "X-Id": "192.0.2.1",
        "Content-Length": str(len(body)),
    }


async def test_browsers_are_told_what_they_are_told_elsewhere():
    _, headers, _ = await Desk(browser=True).ask()

    assert "default-src 'self'" in headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("error", "first"),
    [
        (NotFound("no such node"), "HTTP/1.1 404 Not Found"),
        (Denied("no"), "HTTP/1.1 403 Forbidden"),
    ],
)
async def test_a_refusal_is_worded_as_elsewhere(error, first):
    def refuse(request):
        raise error

    told, _, body = await Desk(refuse).ask()

    assert told == first
    assert json.loads(body) == {"error": {"code": error.code, "text": str(error)}}


@pytest.mark.parametrize(
    "fault",
    [
        lambda request: 1 // 0,
        lambda request: Response(headers={"X-Id": "a\r\nb"}),
        lambda request: Response(headers={"X-Id": "\u00fc"}),
        lambda request: Response(stream=iter(())),
    ],
)
async def test_a_fault_of_ours_is_logged_and_told_without_detail(fault, caplog):
    first, _, body = await Desk(fault).ask()

    assert first == "HTTP/1.1 500 Internal Server Error"
    assert b"internal error; the hub's log has it as" in body
    assert "request failed" in caplog.text


@pytest.mark.parametrize(
    "data",
    [
        GET.replace(b"GET", b"POST"),
        GET.replace(b"/data", b"/other"),
        GET.replace(b"d=", b"c="),  # twice
        GET.replace(b"\r\n\r\n", b"\r\nCookie: a=b; a=c\r\n\r\n"),
        GET.replace(b"Host: hub:1", b"Content-Length: 0\r\nUpgrade: websocket"),
    ],
)
async def test_other_requests_go_the_ordinary_way(data):
    assert await Desk().ask(data) is None


async def test_so_do_those_of_other_routes_and_of_unknown_hosts():
    assert await Desk(lean=False).ask() is None
    assert await Desk(front=Front(hosts=lambda: ["other"])).ask() is None
    assert await Desk(front=Front(hosts=lambda: ["hub"])).ask() is not None


async def test_while_the_listener_does_not_run_nothing_is_begun():
    desk = Desk()
    desk.lean.jobs = None

    assert await desk.ask() is None


@given(st.text("a1=&;/?:@-._~!$'()*,", max_size=20))
def test_a_query_without_escapes_is_read_as_elsewhere(text):
    known = URL.build(path="/", query_string=text, encoded=True).query

    assert _pairs(text) == list(known.items())


async def test_paths_are_looked_up_once_and_no_more_are_remembered_than_there_is_room_for():
    desk = Desk()
    for number in range(300):
        await desk.ask(GET.replace(b"a%20b", b"%d" % number))
    answers = [await desk.ask(), await desk.ask()]

    assert answers[0][2] == answers[1][2]
    assert len(desk.lean._found) <= 256


class Telling(Desk):
    """A desk at which it is known without waiting who asks, and answers are told."""

    def __init__(self, admit=lambda route, request: request, **options):
        self.withdrawn, self.most_s = [], None
        super().__init__(asks=self.put, **options)
        self.lean._admit = admit

    def put(self, request, tell, most_s):
        self.tell, self.most_s = tell, most_s
        return lambda: self.withdrawn.append(request.path)

    def begin(self, told):
        head = head_of(GET, (b"", {}))
        route, match = self.lean.route_of(head)
        return self.lean.ask(route, self.lean.request_of(head, route, match, Asker()), told.append)


async def test_an_answer_is_told_in_one_piece_where_it_comes_in():
    desk, answers = Telling(), []
    withdraw = desk.begin(answers)
    desk.tell(Response(body=b"{}"))
    desk.tell(Response(body=b"{}"))
    desk.tell(NotFound("no such node"))
    withdraw()

    assert answers[0] == answers[1]
    assert answers[0].startswith(b"HTTP/1.1 200 OK\r\nServer: muster\r\n")
    assert answers[0].endswith(b"GMT\r\n\r\n{}")
    assert answers[2].startswith(b"HTTP/1.1 404 Not Found\r\n")
    assert (desk.withdrawn, desk.most_s) == (["/n/a b/data"], 9)


async def test_what_still_has_to_be_done_is_told_as_work():
    desk, answers = Telling(), []
    desk.begin(answers)

    async def late():
        return Response(body=b"late")

    desk.tell(late())

    assert (await answers[0]).endswith(b"\r\n\r\nlate")


async def test_a_fault_in_an_answer_that_is_told_is_told_without_detail(caplog):
    desk, answers = Telling(), []
    desk.begin(answers)
    desk.tell(Response(headers={"X-Id": "a\r\nb"}))

    assert answers[0].startswith(b"HTTP/1.1 500 ")
    assert "request failed" in caplog.text


async def test_who_is_not_known_or_not_let_in_at_once_is_not_asked_for():
    def refuse(route, request):
        raise Denied("no")

    assert Telling(lambda route, request: None).begin([]) is None
    assert Telling(refuse).begin([]) is None
    assert Telling(None).begin([]) is None


async def test_cookies_come_along_as_faces_name_them():
    seen = []
    data = GET.replace(b"\r\n\r\n", b"\r\nCookie: __Secure-a=b; c=d\r\n\r\n")

    def note(request):
        seen.append(request.cookies)
        return Response()

    await Desk(note).ask(data)
    await Desk(note, front=Front(ProxySettings(prefix="/m"))).ask(data)

    assert seen == [{"__Secure-a": "b", "c": "d"}, {"__Host-a": "b", "c": "d"}]
