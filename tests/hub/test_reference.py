from pathlib import Path

import pytest

from muster.clock import ManualClock
from muster.hub.assembly.foundation import Foundation
from muster.hub.assembly.parts import Parts
from muster.hub.places import Places
from muster.hub.reference import Section, http_page, render_http, sections
from muster.hub.settings import Settings
from muster.model.access import Action
from muster.net.http import Public, Response, Route
from muster.net.routing import Router

PAGE = Path(__file__).parents[2] / "docs/reference/http.md"


@pytest.fixture
def listeners(tmp_path):
    settings, places, clock = Settings(data=tmp_path), Places(tmp_path), ManualClock()
    foundation = Foundation(settings=settings, places=places, clock=clock)
    foundation.open()
    yield sections(Parts(settings=settings, places=places, clock=clock, foundation=foundation))
    foundation.close()


def test_the_page_of_the_http_interface_is_the_routes():
    assert PAGE.read_text() == http_page(), "write it again: .venv/bin/python tools/reference.py"


def test_every_route_says_what_it_does(listeners):
    silent = [
        f"{route.method} {route.path}"
        for section in listeners
        for route in section.routes
        if not route.summary
    ]

    assert silent == []


def test_the_routes_of_each_listener_fit_together(listeners):
    for section in listeners:
        Router(section.routes)


async def test_who_may_use_a_route_is_said_in_words():
    async def answer(request):
        return Response()

    route = Route(
        method="GET", path="/x", allow=Public.TRUST, handler=answer, summary="one | other"
    )
    page = render_http([Section("Title", "Text.", [route])])

    assert "| `GET /x` | everybody: public keys | One \\| other |" in page


async def test_what_is_asked_behind_the_path_and_who_may_in_rooms_is_said_too():
    async def answer(request):
        return Response()

    shared = {"method": "GET", "handler": answer, "summary": "things; ?a="}
    routes = [
        Route(path="/x", allow=Action.NODE_READ, query={"a": "", "b": ""}, **shared),
        Route(path="/y", allow=Action.TOKEN_MANAGE, **shared),
    ]
    page = render_http([Section("Title", "Text.", routes)])

    assert "| `GET /x` | viewer, of a room too (`node.read`) | Things; ?a=; `?b=` |" in page
    assert "| `GET /y` | admin (`token.manage`) | Things; ?a= |" in page
