"""The HTTP interface as an OpenAPI document, made from the routes themselves.

What a route takes and gives stands beside it (net/http.py); a route that says nothing of it
is listed with its path, its summary and who may use it.
Source: OpenAPI 3.1.0
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from muster.model.access import ALLOWED, ALLOWED_IN_ROOM, Action, Role
from muster.net.http import Public, Request, Response, Route, small_route

_VARIABLE = re.compile(r"{(\w+)(:path)?}")
_REF = "#/components/schemas/{name}"
_COOKIE, _BEARER = "cookie", "apiToken"
_FRESH = (
    " A session whose user has a passkey shows it again first, unless it did minutes ago"
    " (403 `step_up_required`)."
)


class ErrorBody(msgspec.Struct, frozen=True):
    """What is wrong: `code` is stable, `text` is for people."""

    code: str
    text: str


class ErrorAnswer(msgspec.Struct, frozen=True):
    """The body of every answer that is no success."""

    error: ErrorBody


class OpenApiFace:
    """One route; `all_routes` are those of the listener it is on."""

    def __init__(self, *, all_routes: Callable[[], Sequence[Route]], version: str) -> None:
        self._all_routes = all_routes
        self._version = version
        self._made = b""

    def routes(self) -> list[Route]:
        path = "/api/v1/openapi.json"
        return [
            small_route(
                "GET",
                path,
                Public.ASSET,
                self._show,
                "this interface as OpenAPI 3.1",
                gives=dict[str, Any],
            )
        ]

    async def _show(self, request: Request) -> Response:
        if not self._made:
            self._made = msgspec.json.encode(document(self._all_routes(), self._version))
        return Response(body=self._made)


def document(known: Sequence[Route], version: str) -> dict[str, Any]:
    """All routes of a listener that answer HTTP."""
    known = [route for route in known if route.handler is not None and _is_api(route)]
    types = [kind for route in known for kind in (route.takes, route.gives) if kind is not None]
    schemas, components = msgspec.json.schema_components([*types, ErrorAnswer], ref_template=_REF)
    _drop_stand_ins(components)
    shapes = dict(zip(map(repr, types), schemas, strict=False))
    paths: dict[str, dict[str, Any]] = {}
    for route in known:
        path = _VARIABLE.sub(r"{\1}", route.path)
        paths.setdefault(path, {})[route.method.lower()] = _operation(route, shapes)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Muster", "version": version, "license": {"name": "Apache-2.0"}},
        "paths": dict(sorted(paths.items())),
        "components": {"schemas": components, "securitySchemes": _schemes()},
    }


def _is_api(route: Route) -> bool:
    return route.path.startswith("/api/")


def _schemes() -> dict[str, Any]:
    return {
        _COOKIE: {"type": "apiKey", "in": "cookie", "name": "__Host-muster"},
        _BEARER: {"type": "http", "scheme": "bearer", "description": "an API token"},
    }


def _operation(route: Route, shapes: Mapping[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": _operation_id(route),
        "summary": route.summary[:1].upper() + route.summary[1:],
        "responses": _responses(route, shapes),
    }
    if parameters := _parameters(route):
        operation["parameters"] = parameters
    if route.takes is not None:
        content = {"application/json": {"schema": shapes[repr(route.takes)]}}
        operation["requestBody"] = {"required": True, "content": content}
    if isinstance(route.allow, Action):
        operation["security"] = [{_COOKIE: []}, {_BEARER: []}]
        operation["description"] = _who(route.allow) + (_FRESH if route.fresh else "")
    else:
        operation["security"] = []
    return operation


def _operation_id(route: Route) -> str:
    words = _VARIABLE.sub(r"by_\1", route.path.removeprefix("/api/v1/"))
    return "_".join([route.method.lower(), *re.findall(r"[A-Za-z0-9]+", words)])


def _parameters(route: Route) -> list[dict[str, Any]]:
    inner = [
        {"name": match[1], "in": "path", "required": True, "schema": {"type": "string"}}
        for match in _VARIABLE.finditer(route.path)
    ]
    behind = [
        {"name": name, "in": "query", "description": text, "schema": {"type": "string"}}
        for name, text in route.query.items()
    ]
    return [*inner, *behind]


def _responses(route: Route, shapes: Mapping[str, Any]) -> dict[str, Any]:
    status = route.status or (204 if route.method == "DELETE" else 200)
    good: dict[str, Any] = {"description": "Done"}
    if route.gives is not None:
        good["content"] = {"application/json": {"schema": shapes[repr(route.gives)]}}
    error = {"application/json": {"schema": {"$ref": _REF.format(name="ErrorAnswer")}}}
    return {
        str(status): good,
        "default": {"description": "An error, with its reason", "content": error},
    }


def _who(action: Action) -> str:
    lowest = next(role for role in Role if action in ALLOWED[role])
    rooms = any(action in allowed for allowed in ALLOWED_IN_ROOM.values())
    where = "of the space, or of a room it is in" if rooms else "of the space"
    return f"Takes the role {lowest.value} {where} (`{action.value}`)."


def _drop_stand_ins(components: dict[str, Any]) -> None:
    """A default that a value may not have means "left out": said by the field's being optional."""
    for schema in components.values():
        for field in schema.get("properties", {}).values():
            if "default" in field and field["default"] is not None:
                least = field.get("minimum")
                if least is not None and field["default"] < least:
                    del field["default"]
