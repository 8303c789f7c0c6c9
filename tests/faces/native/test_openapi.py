"""The interface as OpenAPI, made from the routes of a whole hub."""

import json

import msgspec
import pytest
from openapi_spec_validator import validate

from muster.clock import ManualClock
from muster.faces.native.openapi import OpenApiFace, document
from muster.hub.assembly.foundation import Foundation
from muster.hub.assembly.parts import Parts
from muster.hub.assembly.routes import Routes
from muster.hub.places import Places
from muster.hub.settings import Settings
from muster.model.access import Action
from muster.net.http import Public, Request, Route, small_route


class Wanted(msgspec.Struct):
    name: str
    rooms: tuple[str, ...] = ()


class Made(msgspec.Struct):
    """What was made."""

    id: str


async def serve(request):
    raise AssertionError("a route that is described is not called")


ROUTES = [
    small_route(
        "POST",
        "/api/v1/things",
        Action.ROOM_EDIT,
        serve,
        "make a thing",
        takes=Wanted,
        gives=list[Made],
        status=201,
        query={"space": "only here"},
    ),
    small_route("DELETE", "/api/v1/things/{id}", Action.USER_MANAGE, serve, "remove a thing"),
    small_route("GET", "/api/v1/health", Public.HEALTH, serve, "whether it answers"),
    small_route("GET", "/app.js", Public.ASSET, serve, "no part of the interface"),
    Route(method="GET", path="/api/v1/live", allow=Action.DATA_READ, socket=serve),
]


@pytest.fixture
def made():
    return msgspec.json.decode(msgspec.json.encode(document(ROUTES, "1.2")))


def test_a_route_says_what_it_takes_gives_and_who_may(made):
    post = made["paths"]["/api/v1/things"]["post"]

    assert post["operationId"] == "post_things"
    assert post["summary"] == "Make a thing"
    assert post["description"] == "Takes the role editor of the space (`room.edit`)."
    assert post["parameters"] == [
        {"name": "space", "in": "query", "description": "only here", "schema": {"type": "string"}}
    ]
    body = post["requestBody"]["content"]["application/json"]["schema"]
    assert body == {"$ref": "#/components/schemas/Wanted"}
    answer = post["responses"]["201"]["content"]["application/json"]["schema"]
    assert answer["items"] == {"$ref": "#/components/schemas/Made"}


def test_a_variable_of_the_path_is_a_parameter_and_an_end_has_no_body(made):
    delete = made["paths"]["/api/v1/things/{id}"]["delete"]

    assert [(each["name"], each["in"]) for each in delete["parameters"]] == [("id", "path")]
    assert delete["responses"]["204"] == {"description": "Done"}
    assert delete["operationId"] == "delete_things_by_id"


def test_what_is_public_needs_no_key_and_what_is_no_http_interface_is_left_out(made):
    assert made["paths"]["/api/v1/health"]["get"]["security"] == []
    assert set(made["paths"]) == {
        "/api/v1/health",
        "/api/v1/things",
        "/api/v1/things/{id}",
    }


async def test_the_document_of_a_whole_hub_is_valid_and_every_object_in_it_is_explained(tmp_path):
    settings, places, clock = Settings(data=tmp_path), Places(tmp_path), ManualClock()
    foundation = Foundation(settings=settings, places=places, clock=clock)
    foundation.open()
    try:
        parts = Parts(settings=settings, places=places, clock=clock, foundation=foundation)
        known = Routes(parts).all_api_routes()
    finally:
        foundation.close()
    (route,) = OpenApiFace(all_routes=lambda: known, version="1").routes()
    answer = await route.handler(Request(method="GET", path=route.path))
    told = json.loads(answer.body)
    validate(told)
    operations = [each for path in told["paths"].values() for each in path.values()]

    assert len({each["operationId"] for each in operations}) == len(operations)
    assert all(each["summary"] for each in operations)
    assert "NodeView" in told["components"]["schemas"]
    assert (await route.handler(Request(method="GET", path=route.path))).body is answer.body


def test_every_route_of_a_body_says_which(made):
    assert "requestBody" not in made["paths"]["/api/v1/things/{id}"]["delete"]
