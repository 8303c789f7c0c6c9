"""From a method and a path to a Route. Pure; a listener asks it once per request.

A path's `{name}` takes one segment, a last `{name...}` all that follow. Fixed segments win
over variables, and the rest-of-path comes last. Segments are split before they are decoded,
so `%2F` never makes a new one.
"""

from collections.abc import Iterable, Mapping
from urllib.parse import unquote

from muster.errors import MusterError, NotFound
from muster.model.access import Action
from muster.net.http import Public, Route

MAX_SEGMENTS = 16


class MethodNotAllowed(MusterError):
    """The path exists, but not for this method."""

    code = "method_not_allowed"
    status = 405

    def __init__(self, method: str, path: str, allowed: Iterable[str]) -> None:
        takes = ", ".join(sorted(allowed))
        self.headers = {"Allow": takes}
        super().__init__(f"{method} is not offered at {path!r}; it takes {takes}")


class _Place:
    """One segment of the tree of paths."""

    def __init__(self) -> None:
        self.fixed: dict[str, _Place] = {}
        self.variable: _Place | None = None
        self.here: dict[str, tuple[Route, tuple[str, ...]]] = {}  # method -> route, its names
        self.rest: dict[str, tuple[Route, tuple[str, ...]]] = {}


class Router:
    """The routes of one listener.

    Errors: ValueError for a route that says not who may use it, has no or two handlers, or
            takes the place of another. The program does not start with it.
    """

    def __init__(self, routes: Iterable[Route]) -> None:
        self._root = _Place()
        self.routes = tuple(routes)
        self._has_foreign = any(route.foreign for route in self.routes)
        for route in self.routes:
            check(route)
            self._add(route)

    def _add(self, route: Route) -> None:
        place, names = self._root, []
        segments = _segments(route.path)
        rest = bool(segments) and segments[-1].endswith("...}")
        for segment in segments[:-1] if rest else segments:
            if segment.startswith("{"):
                names.append(segment[1:-1])
                place.variable = place.variable or _Place()
                place = place.variable
            else:
                place = place.fixed.setdefault(segment, _Place())
        table = place.rest if rest else place.here
        if rest:
            names.append(segments[-1][1:-4])
        if route.method in table:
            raise ValueError(f"two routes for {route.method} {route.path}")
        table[route.method] = (route, tuple(names))

    def is_foreign(self, method: str, path: str) -> bool:
        """Whether a request is for a route of other programs' agents."""
        if not self._has_foreign:
            return False
        try:
            return self.find(method, path)[0].foreign
        except MusterError:
            return False

    def find(self, method: str, path: str) -> tuple[Route, Mapping[str, str]]:
        """The route and its decoded variables.

        Errors: NotFound; MethodNotAllowed with the methods that are offered.
        """
        segments = _segments(path)
        if len(segments) > MAX_SEGMENTS:
            raise NotFound(f"nothing at {path[:80]!r}")
        for table, values, whole in _matches(self._root, segments, ()):
            found = table.get(method) or (table.get("GET") if method == "HEAD" else None)
            if found is not None:
                route, names = found
                decoded = (unquote(value) for value in values)
                return route, dict(zip(names, decoded, strict=True))
            if table and whole:
                raise MethodNotAllowed(method, path, table)
        raise NotFound(f"nothing at {path[:80]!r}")


def check(route: Route) -> None:
    """Refuse a route that forgot something. Errors: ValueError."""
    name = f"{route.method} {route.path}"
    if not isinstance(route.allow, Action | Public):
        raise ValueError(f"route {name} does not say who may use it: {route.allow!r}")
    if (route.handler is None) == (route.socket is None):
        raise ValueError(f"route {name} must have either a handler or a socket")
    if route.socket is not None and route.method != "GET":
        raise ValueError(f"route {name}: a WebSocket opens with GET")
    if not route.path.startswith("/"):
        raise ValueError(f"route {name} must start with a slash")


def _segments(path: str) -> list[str]:
    parts = path[1:].split("/")
    return [] if parts == [""] else parts


_Found = tuple[dict[str, tuple[Route, tuple[str, ...]]], tuple[str, ...], bool]


def _matches(place: _Place, segments: list[str], values: tuple[str, ...]) -> Iterable[_Found]:
    """Tables that fit, most specific first, with their variables' values.

    The last part says whether the whole path was named rather than taken as a rest.
    """
    if not segments:
        yield place.here, values, True
    else:
        head, *tail = segments
        if head in place.fixed:
            yield from _matches(place.fixed[head], tail, values)
        if place.variable is not None and head:
            yield from _matches(place.variable, tail, (*values, head))
    yield place.rest, (*values, "/".join(segments)), False
