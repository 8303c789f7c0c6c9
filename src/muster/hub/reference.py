"""Writes docs/reference/http.md from the routes; a test keeps them equal."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from muster.clock import SystemClock
from muster.hub.assembly.foundation import Foundation
from muster.hub.assembly.parts import Parts
from muster.hub.assembly.routes import Routes
from muster.hub.places import Places
from muster.hub.settings import Settings
from muster.model.access import ALLOWED, ALLOWED_IN_ROOM, Action, Role
from muster.net.http import Public, Route

_PUBLIC = {
    Public.SIGN_IN: "everybody, to sign in",
    Public.PROOF: "who holds a claim token",
    Public.CREDENTIALS: "who signs in as the listener asks for it",
    Public.TRUST: "everybody: public keys",
    Public.ASSET: "everybody: files of the web UI and of installers",
    Public.HEALTH: "everybody",
    Public.PEER: "a node, by its client certificate",
}
_HEAD = """\
# HTTP interface

Written from the routes themselves. JSON unless said otherwise; times are nanoseconds UTC in
fields named `*_ns`. Errors are `{"error":{"code","text"}}`; `code` is stable, `text` is for people.
401: not signed in, or a wrong token; 403: not allowed; 404, 409: no such thing, or it is already
so; 413, 429, 503: too large, too often, not now (`Retry-After`). 503 with code `starting`: the hub
began to run a moment ago and does not leave out what it has not found yet. 421: asked for by a
name that the hub does not go by.

*fresh*: a session whose user has a passkey, and who neither signed in nor showed it within
`accounts.fresh`, gets 403 with code `step_up_required`; show the passkey at
`POST /api/v1/session/step-up` and ask again. 403 with code `second_factor_required` or
`first_passkey_required`: the session is begun and lacks its passkey.

A browser's request that changes something must come from the hub's own pages (`Sec-Fetch-Site`,
`Origin`); programs send neither header and pass.

The same as OpenAPI 3.1, with the shapes of bodies and answers: `GET /api/v1/openapi.json`.
"Of a room too": a role in a room opens it for the room's nodes. Who may what in words:
[people](../guide/people.md).
"""


class Section(NamedTuple):
    """One listener of the page."""

    title: str
    text: str
    routes: Sequence[Route]


def sections(parts: Parts) -> list[Section]:
    """The listeners of a hub and what each offers."""
    routes = Routes(parts)
    api = routes.all_api_routes()
    return [
        Section(
            "Web: port N, and `hub.sock`",
            "HTTPS for browsers, session in a cookie, and for programs, with an API token in"
            " `Authorization: Bearer`; both at once are refused. The same routes answer"
            " plain HTTP on the socket in the data folder, where whoever may open it is the"
            " operator and may do everything.",
            [*api, *parts.assets.routes()],
        ),
        Section(
            "Agents: port N+1",
            "TLS 1.3, client certificate demanded at the handshake.",
            routes.link_routes(),
        ),
        Section("Claims: port N+2", "TLS 1.3, server certificate only.", routes.enrol_routes()),
        Section(
            "InfluxDB: port `influx.port`",
            "As `influx.auth` says: TLS 1.3 with a client certificate; TLS with names and"
            " passwords or tokens; or plain HTTP on loopback. Errors have InfluxDB's shape.",
            routes.influx_routes(),
        ),
    ]


def http_page() -> str:
    """The page of a hub with default settings, built in a folder that is thrown away."""
    with tempfile.TemporaryDirectory() as folder:
        data, clock = Path(folder), SystemClock()
        settings, places = Settings(data=data), Places(data)
        foundation = Foundation(settings=settings, places=places, clock=clock)
        foundation.open()
        try:
            parts = Parts(settings=settings, places=places, clock=clock, foundation=foundation)
            return render_http(sections(parts))
        finally:
            foundation.close()


def render_http(listeners: Sequence[Section]) -> str:
    """The whole page."""
    return _HEAD + "".join(_section(section) for section in listeners)


def _section(section: Section) -> str:
    rows = "".join(_row(route) for route in sorted(section.routes, key=_order))
    return (
        f"\n## {section.title}\n\n{section.text}\n\n| request | may be used by | what it does |\n"
        f"|---|---|---|\n{rows}"
    )


def _order(route: Route) -> tuple[str, str]:
    return route.path, route.method


def _row(route: Route) -> str:
    method = "WebSocket" if route.socket is not None else route.method
    who = _who(route.allow) + (", fresh" if route.fresh else "")
    return f"| `{method} {route.path}` | {who} | {_summary(route)} |\n"


def _summary(route: Route) -> str:
    text = route.summary.replace("|", "\\|")
    told = ", ".join(f"`?{name}=`" for name in route.query if f"?{name}=" not in text)
    return text[:1].upper() + text[1:] + (f"; {told}" if told else "")


def _who(allow: Action | Public) -> str:
    if isinstance(allow, Public):
        return _PUBLIC[allow]
    lowest = next(role for role in Role if allow in ALLOWED[role])
    in_room = any(allow in allowed for allowed in ALLOWED_IN_ROOM.values())
    return f"{lowest.value}{', of a room too' if in_room else ''} (`{allow.value}`)"
