"""What a listener for browsers refuses, as one table over a real socket: wrong origins, forged
requests of other sites, spoofed forwarding headers, foreign names, and what redirects.
"""

import asyncio
from typing import NamedTuple

import pytest

from muster.errors import Denied
from muster.model.access import Action, Actor
from muster.net.bind import bind_tcp
from muster.net.front import Front, ProxySettings
from muster.net.http import Public, Request, Route, json_response
from muster.net.server import Listener, ListenerSettings

HUB = "hub.example:7443"
OWN = f"https://{HUB}"
SIGNED_IN = "__Host-muster=ada"


async def who(request: Request):
    return json_response({"address": request.address, "host": request.headers["host"]})


async def live(request: Request, socket) -> None:
    await socket.send("in")


async def authenticate(request: Request) -> Actor | None:
    name = request.cookies.get("__Host-muster")
    return Actor(name=name) if name else None


def authorize(actor: Actor, action: Action) -> None:
    if actor.name != "ada":
        raise Denied("not ada")


ROUTES = [
    Route(method="GET", path="/open", allow=Public.HEALTH, handler=who),
    Route(method="GET", path="/nodes", allow=Action.NODE_READ, handler=who),
    Route(method="POST", path="/nodes", allow=Action.NODE_EDIT, handler=who),
    Route(method="DELETE", path="/nodes", allow=Action.NODE_EDIT, handler=who),
    Route(method="GET", path="/live", allow=Action.DATA_READ, socket=live),
]
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


class Case(NamedTuple):
    """A request by somebody signed in, and its answer. `trusted`: the peer is a proxy of ours."""

    what: str
    method: str
    path: str
    headers: dict[str, str]
    status: int
    says: str = ""
    trusted: bool = False


def opens(**headers):
    return UPGRADE | {name.replace("_", "-"): text for name, text in headers.items()}


CASES = [
    Case("own page reads", "GET", "/nodes", {"Sec-Fetch-Site": "same-origin"}, 200),
    Case("own page changes", "POST", "/nodes", {"Sec-Fetch-Site": "same-origin"}, 200),
    Case("own page by origin", "POST", "/nodes", {"Origin": OWN}, 200),
    Case("a program", "POST", "/nodes", {}, 200),
    Case("an address typed", "POST", "/nodes", {"Sec-Fetch-Site": "none"}, 200),
    Case("other site's form", "POST", "/nodes", {"Sec-Fetch-Site": "cross-site"}, 403, "denied"),
    Case("sibling's form", "POST", "/nodes", {"Sec-Fetch-Site": "same-site"}, 403, "denied"),
    Case("other site's delete", "DELETE", "/nodes", {"Origin": "https://evil.example"}, 403),
    Case("origin of another port", "POST", "/nodes", {"Origin": "https://hub.example"}, 403),
    Case("origin without tls", "POST", "/nodes", {"Origin": f"http://{HUB}"}, 403),
    Case("opaque origin", "POST", "/nodes", {"Origin": "null"}, 403),
    Case("origin with a tail", "POST", "/nodes", {"Origin": f"{OWN}.evil.example"}, 403),
    Case("origin with a user", "POST", "/nodes", {"Origin": f"https://hub@{HUB}"}, 403),
    Case("own socket", "GET", "/live", opens(Origin=OWN), 101),
    Case("a program's socket", "GET", "/live", opens(), 101),
    Case("other site's socket", "GET", "/live", opens(Origin="https://evil.example"), 403),
    Case("opaque socket", "GET", "/live", opens(Origin="null"), 403),
    Case(
        "other site's socket that says it is ours",
        "GET",
        "/live",
        opens(Origin="https://evil.example", Sec_Fetch_Site="same-origin"),
        403,
    ),
    Case("a socket without tls", "GET", "/live", opens(Origin=f"http://{HUB}"), 403),
    Case("a socket asked for plainly", "GET", "/live", {}, 426, "upgrade_required"),
    Case("rebound name", "GET", "/open", {"Host": "evil.example"}, 421, "listen.names"),
    Case(
        "mistyped name in a browser",
        "GET",
        "/open",
        {"Host": "hub.lan:7443", "Accept": "text/html,*/*;q=0.8"},
        421,
        "this hub does not go by the name 'hub.lan'. If it should",
    ),
    Case("rebound name, own origin", "POST", "/nodes", {"Host": "evil.example:7443"}, 421),
    Case("rebound socket", "GET", "/live", opens(Host="evil.example"), 421),
    Case("no host at all", "GET", "/open", {"Host": "a b"}, 400, "malformed Host"),
    Case("an address", "GET", "/open", {"Host": "192.0.2.7:7443"}, 200),
    Case("spoofed client", "GET", "/open", {"X-Forwarded-For": "203.0.113.9"}, 200, "127.0.0.1"),
    Case("spoofed client, RFC", "GET", "/open", {"Forwarded": "for=203.0.113.9"}, 200, "127.0.0.1"),
    Case("spoofed host", "GET", "/open", {"X-Forwarded-Host": "evil.example"}, 200, HUB),
    Case(
        "spoofed host for a forged form",
        "POST",
        "/nodes",
        {"X-Forwarded-Host": "evil.example", "Origin": "https://evil.example"},
        403,
    ),
    Case("spoofed scheme", "GET", "/open", {"X-Forwarded-Proto": "http"}, 200),
    Case("broken header, passed over", "GET", "/open", {"Forwarded": 'for="'}, 200),
    Case("client by proxy", "GET", "/open", {"X-Forwarded-For": "::5"}, 200, '"::5"', True),
    Case(
        "client that spoofs through the proxy",
        "GET",
        "/open",
        {"X-Forwarded-For": "203.0.113.9, 198.51.100.7"},
        200,
        '"198.51.100.7"',
        True,
    ),
    Case(
        "client that spoofs the kind its proxy does not know",
        "GET",
        "/open",
        {"X-Forwarded-For": "198.51.100.7", "Forwarded": "for=203.0.113.9"},
        400,
        "different clients",
        True,
    ),
    Case(
        "broken header of a proxy", "GET", "/open", {"Forwarded": 'for="'}, 400, "malformed", True
    ),
    Case(
        "own page by proxy",
        "POST",
        "/nodes",
        {"X-Forwarded-Host": "www.example", "Origin": "https://www.example"},
        200,
        "www.example",
        True,
    ),
    Case(
        "other site's form by proxy",
        "POST",
        "/nodes",
        {"X-Forwarded-Host": "www.example", "Origin": OWN},
        403,
        "denied",
        True,
    ),
    Case(
        "other site's socket by proxy",
        "GET",
        "/live",
        opens(X_Forwarded_Host="www.example", Origin=OWN),
        403,
        "denied",
        True,
    ),
    Case(
        "browser without tls at the proxy",
        "GET",
        "/nodes?a=b",
        {"X-Forwarded-Proto": "http"},
        308,
        f"Location: {OWN}/nodes?a=b",
        True,
    ),
    Case(
        "form without tls at the proxy",
        "POST",
        "/nodes",
        {"X-Forwarded-Proto": "http"},
        403,
        "HTTPS alone",
        True,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.what)
async def test_each_request_gets_the_answer_of_the_table(case):
    settings = ProxySettings(trusted=("127.0.0.0/8",) if case.trusted else ())
    sockets = bind_tcp(["127.0.0.1"], 0, "test")
    listener = Listener(
        name="test",
        routes=ROUTES,
        sockets=sockets,
        settings=ListenerSettings(),
        authenticate=authenticate,
        authorize=authorize,
        browser=True,
        front=Front(settings, hosts=lambda: {"hub.example"}),
    )
    headers = {"Host": HUB, "Cookie": SIGNED_IN, "Content-Length": "0"} | case.headers
    lines = [f"{case.method} {case.path} HTTP/1.1"]
    lines += [f"{name}: {text}" for name, text in headers.items()]
    async with asyncio.TaskGroup() as jobs:
        jobs.create_task(listener.run())
        reader, writer = await asyncio.open_connection(*sockets[0].getsockname())
        writer.write("\r\n".join([*lines, "", ""]).encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        body = await reader.read(65_536)
        writer.close()
        listener.stop()

    assert head.startswith(f"HTTP/1.1 {case.status} ")
    assert case.says in head + body.decode(errors="replace")
