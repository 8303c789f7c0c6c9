import pytest

from muster.errors import Denied, StepUpRequired
from muster.model.access import Action, Actor
from muster.net.guards import answer_headers, require_fresh, require_same_origin
from muster.net.http import Public, Route

HOST = {"host": "hub.example:7443"}


async def serve(*_): ...


def route(method="POST", **kinds):
    kinds = kinds or {"handler": serve}
    return Route(method=method, path="/x", allow=Public.PROOF, **kinds)


SOCKET = route("GET", socket=serve)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "none"},
        {"origin": "https://hub.example:7443"},
        {"origin": "https://HUB.example:7443"},
    ],
)
def test_own_pages_and_programs_may_change_things(headers):
    require_same_origin(route(), HOST | headers)


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "cross-site", "origin": "https://hub.example:7443"},
        {"origin": "https://evil.example"},
        {"origin": "https://hub.example"},
        {"origin": "http://hub.example:7443"},
        {"origin": "null"},
    ],
)
def test_other_sites_may_not(headers):
    for method in ("POST", "PATCH", "DELETE", "PUT"):
        with pytest.raises(Denied):
            require_same_origin(route(method), HOST | headers)


def test_reading_is_left_to_the_same_origin_policy():
    require_same_origin(route("GET"), HOST | {"sec-fetch-site": "cross-site"})


def test_a_socket_of_another_site_is_refused():
    with pytest.raises(Denied):
        require_same_origin(SOCKET, HOST | {"origin": "https://evil.example"})

    require_same_origin(SOCKET, HOST | {"origin": "https://hub.example:7443"})
    require_same_origin(SOCKET, HOST)


def test_agents_of_other_programs_may_send_their_origin_and_no_page_may_pass_for_one():
    for kinds in ({"socket": serve}, {"handler": serve}):
        method = "GET" if "socket" in kinds else "PUT"
        foreign = route(method, foreign=True, **kinds)
        require_same_origin(foreign, HOST)
        for origin in ("", "http://example.com"):
            require_same_origin(foreign, HOST | {"origin": origin})
            with pytest.raises(Denied):
                require_same_origin(route(method, **kinds), HOST | {"origin": origin})
        for origin in ("https://evil.example", "https://example.com", "null"):
            with pytest.raises(Denied):
                require_same_origin(foreign, HOST | {"origin": origin})


def test_agents_of_other_programs_get_bare_answers():
    assert answer_headers("hub.example", browser=True, foreign=True) == {"Server": "muster"}


def test_browsers_are_told_to_load_nothing_from_elsewhere():
    headers = answer_headers("hub.example:7443", browser=True)

    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "require-trusted-types-for 'script'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Strict-Transport-Security"].startswith("max-age=")
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("host", ["localhost", "localhost:7443", "127.0.0.1:7443", "[::1]:7443"])
def test_a_developers_own_machine_gets_no_hsts(host):
    assert "Strict-Transport-Security" not in answer_headers(host, browser=True)


def test_a_dangerous_deed_takes_a_fresh_proof_of_who_can_give_one():
    async def serve(request): ...

    plain = Route(method="POST", path="/x", allow=Action.HUB_READ, handler=serve)
    dangerous = Route(method="POST", path="/y", allow=Action.HUB_READ, handler=serve, fresh=True)
    stale, fresh = Actor(name="ada", is_stale=True), Actor(name="ada")
    for route, actor in ((plain, stale), (dangerous, fresh), (dangerous, None)):
        require_fresh(route, actor)
    with pytest.raises(StepUpRequired) as refused:
        require_fresh(dangerous, stale)

    assert (refused.value.status, refused.value.code) == (403, "step_up_required")
