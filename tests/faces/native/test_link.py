import pytest

from muster.faces.native.link import LinkFace
from muster.net.http import Public, Request
from muster.net.routing import Router


def test_the_agents_listener_has_one_route_and_the_certificate_is_the_authority():
    routes = LinkFace(None).routes()

    assert [(route.method, route.path, route.allow) for route in routes] == [
        ("GET", "/v1/link", Public.PEER)
    ]
    assert routes[0].max_body_bytes > 4 << 20
    Router(routes)


async def test_a_link_without_an_identity_is_a_bug_of_the_listener():
    with pytest.raises(TypeError):
        await LinkFace(None).serve(Request(method="GET", path="/v1/link"), None)
