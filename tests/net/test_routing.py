import pytest

from muster.errors import NotFound
from muster.model.access import Action
from muster.net.http import Public, Request, Response, Route
from muster.net.routing import MethodNotAllowed, Router


async def answer(request: Request) -> Response:
    return Response()


def route(method: str, path: str) -> Route:
    return Route(method=method, path=path, allow=Action.NODE_READ, handler=answer)


ROUTER = Router(
    [
        route("GET", "/"),
        route("GET", "/nodes"),
        route("POST", "/nodes"),
        route("GET", "/nodes/spark"),
        route("GET", "/nodes/{id}"),
        route("PATCH", "/nodes/{id}"),
        route("POST", "/nodes/{id}/revoke"),
        route("GET", "/files/{path...}"),
    ]
)


def test_a_fixed_segment_wins_over_a_variable():
    found, match = ROUTER.find("GET", "/nodes/spark")

    assert (found.path, match) == ("/nodes/spark", {})


def test_a_variable_takes_one_decoded_segment():
    found, match = ROUTER.find("POST", "/nodes/a%20b%2Fc/revoke")

    assert (found.path, match) == ("/nodes/{id}/revoke", {"id": "a b/c"})


def test_the_rest_of_a_path_is_one_variable():
    assert ROUTER.find("GET", "/files/a/b.js")[1] == {"path": "a/b.js"}
    assert ROUTER.find("GET", "/files")[1] == {"path": ""}


def test_the_root_is_a_path():
    assert ROUTER.find("GET", "/")[0].path == "/"


def test_head_is_answered_where_get_is():
    assert ROUTER.find("HEAD", "/nodes")[0].method == "GET"


@pytest.mark.parametrize("path", ["/nope", "/nodes/x/y", "/nodes/", "//", "/nodes/x" + "/y" * 99])
def test_an_unknown_path_is_not_found(path):
    with pytest.raises(NotFound):
        ROUTER.find("GET", path)


def test_a_wrong_method_names_the_right_ones():
    with pytest.raises(MethodNotAllowed) as error:
        ROUTER.find("DELETE", "/nodes")

    assert error.value.headers == {"Allow": "GET, POST"}


def test_a_rest_of_path_does_not_hide_that_a_path_is_unknown():
    with pytest.raises(NotFound):
        ROUTER.find("POST", "/files/a")


@pytest.mark.parametrize(
    "broken",
    [
        Route(method="GET", path="/x", allow=None, handler=answer),  # type: ignore[arg-type]
        Route(method="GET", path="/x", allow=Action.NODE_READ),
        Route(
            method="GET",
            path="/x",
            allow=Action.NODE_READ,
            handler=answer,
            socket=lambda request, socket: answer(request),  # type: ignore[arg-type]
        ),
        Route(
            method="POST",
            path="/x",
            allow=Public.PEER,
            socket=lambda request, socket: answer(request),  # type: ignore[arg-type]
        ),
        Route(method="GET", path="x", allow=Action.NODE_READ, handler=answer),
    ],
)
def test_a_route_that_forgot_something_does_not_start(broken):
    with pytest.raises(ValueError, match="route"):
        Router([broken])


def test_a_route_of_other_programs_agents_is_known_before_it_is_called():
    foreign = Route(method="PUT", path="/x/{id}", allow=Public.PROOF, handler=answer, foreign=True)
    router = Router([route("GET", "/nodes"), foreign])

    assert router.is_foreign("PUT", "/x/1")
    for method, path in (("GET", "/x/1"), ("GET", "/nodes"), ("PUT", "/nowhere")):
        assert not router.is_foreign(method, path)
    assert not ROUTER.is_foreign("GET", "/nodes")


def test_two_routes_for_one_place_do_not_start():
    with pytest.raises(ValueError, match="two routes"):
        Router([route("GET", "/a/{x}"), route("GET", "/a/{y}")])
