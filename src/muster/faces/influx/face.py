"""All routes of this face, with what every answer has, and OPTIONS for each path."""

from collections.abc import Callable, Sequence

import msgspec

from muster.faces.influx.responses import dressed, stamp_of
from muster.net.http import Begun, Handler, Public, Repeat, Request, Response, Route


def face(routes: Sequence[Route]) -> list[Route]:
    """Routes whose answers have the headers of this face."""
    paths = dict.fromkeys(route.path for route in routes)
    options = [
        Route(
            method="OPTIONS",
            path=path,
            allow=Public.HEALTH,
            handler=_options,
            summary="What a page of another site may ask for",
        )
        for path in paths
    ]
    return [_dressed(route) for route in (*routes, *options)]


async def _options(request: Request) -> Response:
    return Response()


def _dressed(route: Route) -> Route:
    if route.handler is None:
        return route
    answer: Handler = route.handler

    async def call(request: Request) -> Response:
        return dressed(request.headers, await answer(request))

    return msgspec.structs.replace(
        route, handler=call, at_once=_dressed_at_once(route), again=_dressed_again(route)
    )


def _dressed_at_once(route: Route) -> Callable[[Request], Response | Begun | None] | None:
    answer = route.at_once
    if answer is None:
        return None

    def call(request: Request) -> Response | Begun | None:
        response = answer(request)
        return dressed(request.headers, response) if isinstance(response, Response) else response

    return call


def _dressed_again(route: Route) -> Callable[[Request], Repeat | None] | None:
    again = route.again
    if again is None:
        return None

    def call(request: Request) -> Repeat | None:
        found = again(request)
        stamp = None if found is None else stamp_of(request.headers)
        return None if found is None or stamp is None else found._replace(stamp=stamp)

    return call
